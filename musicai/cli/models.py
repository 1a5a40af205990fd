"""Commands about trained versions: list, compare, go back, keep, take along."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from musicai.cli.output import Outcome, chosen_profile, figure, show_rows, show_table, work_of
from musicai.core.progress import part
from musicai.core.settings import Settings
from musicai.data_processor import load_features
from musicai.library.assemble import load_library
from musicai.models.registry import bundles, registry, versions
from musicai.models.registry.compare import compare
from musicai.models.registry.registry import VersionInfo
from musicai.store import Store
from musicai.training.experiments import Duel, contestant_of, duel


def models(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """One of the actions below; the list without one."""
    return _ACTIONS[options.action or "list"](options, settings, store)


def _listed(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    serving = {p.active_version for p in store.profiles()}
    rows = [
        {
            "version": info.version,
            "name": info.name,
            "created_at": info.created_at,
            "profiles": list(info.profiles),
            "in_use": info.version in serving,
            "pinned": info.pinned,
            "mb": round(info.size_bytes / 2**20, 2),
            "problem": info.problem,
        }
        for info in registry.list_versions(settings, store, options.profile)
    ]
    show_rows(options, rows)
    return 0, {"versions": rows}


def _shown(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    info = _found(options.version, settings, store)
    told = asdict(info)
    if not options.json:
        for name in ("version", "name", "created_at", "profiles", "problem"):
            print(f"{name}: {told[name]}")
        for name in ("sizes", "weights", "config", "components", "libraries", "imported"):
            print(f"{name}: {told[name]}")
        metrics: Mapping[str, Any] = info.metrics.get("metrics", {}).get("hybrid", {})
        show_table(("metric", "value"), [(name, figure(value)) for name, value in metrics.items()])
        for note in info.notes:
            print(f"Note: {note}")
    return 0, told


def _compared(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    before, after = (_found(name, settings, store) for name in (options.before, options.after))
    told = compare(before, after)
    if not options.json:
        rows = [(one.what, one.before, one.after) for one in (*told.data, *told.config)]
        show_table(("changed", before.version, after.version), rows)
        show_table(
            ("metric", before.version, "", after.version, ""),
            [
                (
                    one.metric,
                    figure(one.before),
                    _interval(one.before_interval),
                    figure(one.after),
                    _interval(one.after_interval),
                )
                for one in told.metrics
            ],
        )
        print(told.note)
    return 0, told.to_json()


def _interval(ends: tuple[float, float] | None) -> str:
    return f"({figure(ends[0])} to {figure(ends[1])})" if ends else ""


def _duelled(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    options.profile = chosen_profile(options, store, settings)
    a, b = (contestant_of(_found(name, settings, store)) for name in (options.a, options.b))
    with work_of(options, settings, "duel", alone=False) as work:
        work.progress(0.0, "Reading your library…")
        library = load_library(store, settings, options.profile)
        features = load_features(settings, library)
        found = duel(library, features, a, b, progress=part(work.progress, 0.1, 1.0))
        told = {"profile": options.profile, **found.to_json()}
        work.result(told)
    if not options.json:
        _show_duel(found)
    return 0, told


def _show_duel(found: Duel) -> None:
    rows: list[tuple[object, ...]] = []
    for name, task in found.tasks.items():
        for one in task.metrics.values():
            ends = _interval((one.low, one.high))
            row = (name, task.n, one.metric, figure(one.a), figure(one.b), figure(one.difference))
            rows.append((*row, ends))
    show_table(("task", "n", "metric", found.a, found.b, "difference", "95 %"), rows)
    for note in found.notes:
        print(f"Note: {note}")
    print(found.told())


def _activated(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    profile = chosen_profile(options, store, settings)
    version = _found(options.version, settings, store).version
    registry.activate(settings, store, profile, version)
    return _serves(options, profile, version)


def _rolled_back(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    profile = chosen_profile(options, store, settings)
    return _serves(options, profile, versions.roll_back(settings, store, profile))


def _serves(options: argparse.Namespace, profile: str, version: str) -> Outcome:
    if not options.json:
        print(f"Version {version} now serves profile {profile!r}.")
    return 0, {"profile": profile, "version": version}


def _renamed(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    version = _found(options.version, settings, store).version
    versions.rename(settings, store, version, options.name)
    if not options.json:
        print(f"Version {version} is called {options.name!r}." if options.name else "No name.")
    return 0, {"version": version, "name": options.name.strip()}


def _pinned(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    version = _found(options.version, settings, store).version
    pinned = options.action == "pin"
    versions.pin(settings, store, version, pinned)
    if not options.json:
        print(f"Version {version} is {'kept' if pinned else 'no longer kept'} by name.")
    return 0, {"version": version, "pinned": pinned}


def _deleted(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    version = _found(options.version, settings, store).version
    registry.delete(settings, store, version)
    if not options.json:
        print(f"Version {version} is deleted.")
    return 0, {"deleted": version}


def _pruned(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    profile = chosen_profile(options, store, settings)
    gone = versions.prune(settings, store, profile, options.keep)
    if not options.json:
        print(f"Deleted: {', '.join(gone)}." if gone else "Nothing to delete.")
    return 0, {"profile": profile, "deleted": list(gone)}


def _exported(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    version = _found(options.version, settings, store).version
    target = bundles.export_version(settings, store, version, Path(options.file))
    if not options.json:
        print(f"Version {version} is in {target}. It holds what was learned from the listening.")
    return 0, {"version": version, "file": str(target), "bytes": target.stat().st_size}


def _imported(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    profile = chosen_profile(options, store, settings)
    version = bundles.import_version(settings, store, profile, Path(options.file))
    if not options.json:
        print(f"Version {version} is there; `musicai models activate {version}` lets it serve.")
    return 0, {"profile": profile, "version": version}


def _found(asked: str, settings: Settings, store: Store) -> VersionInfo:
    return versions.find(registry.list_versions(settings, store), asked)


_ACTIONS: Mapping[str, Callable[[argparse.Namespace, Settings, Store], Outcome]] = {
    "list": _listed,
    "show": _shown,
    "compare": _compared,
    "duel": _duelled,
    "activate": _activated,
    "rollback": _rolled_back,
    "rename": _renamed,
    "pin": _pinned,
    "unpin": _pinned,
    "delete": _deleted,
    "prune": _pruned,
    "export": _exported,
    "import": _imported,
}
