"""Commands about trained versions: list, compare, go back, keep, take along."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from musicai.cli.arguments import (
    Commands,
    add_action,
    add_command,
    add_job,
    add_profile,
    repeat_profile,
)
from musicai.cli.output import Outcome, choose_profile, figure, show_rows, show_table, work_of
from musicai.core.progress import part
from musicai.core.settings import Settings
from musicai.data_processor import load_features
from musicai.library.assemble import load_library
from musicai.models.registry import bundles, registry, versions
from musicai.models.registry.compare import compare
from musicai.models.registry.registry import VersionInfo
from musicai.store import Store
from musicai.training.experiments import PairedComparison, contestant_of, duel


def models(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """One of the actions below; the list without one."""
    return _ACTIONS[options.action or "list"](options, settings, store)


def _list_versions(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
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


def _show_version(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    info = _find_version(options.version, settings, store)
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


def _compare_versions(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    before, after = (
        _find_version(name, settings, store) for name in (options.before, options.after)
    )
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


def _run_comparison(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    options.profile = choose_profile(options, store, settings)
    a, b = (contestant_of(_find_version(name, settings, store)) for name in (options.a, options.b))
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


def _show_duel(found: PairedComparison) -> None:
    rows: list[tuple[object, ...]] = []
    for name, task in found.tasks.items():
        for one in task.metrics.values():
            ends = _interval((one.low, one.high))
            row = (name, task.n, one.metric, figure(one.a), figure(one.b), figure(one.difference))
            rows.append((*row, ends))
    show_table(("task", "n", "metric", found.a, found.b, "difference", "95 %"), rows)
    for note in found.notes:
        print(f"Note: {note}")
    print(found.describe())


def _activate_version(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    profile = choose_profile(options, store, settings)
    version = _find_version(options.version, settings, store).version
    registry.activate(settings, store, profile, version)
    return _serves(options, profile, version)


def _roll_back(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    profile = choose_profile(options, store, settings)
    return _serves(options, profile, versions.roll_back(settings, store, profile))


def _serves(options: argparse.Namespace, profile: str, version: str) -> Outcome:
    if not options.json:
        print(f"Version {version} now serves profile {profile!r}.")
    return 0, {"profile": profile, "version": version}


def _rename_version(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    version = _find_version(options.version, settings, store).version
    versions.rename(settings, store, version, options.name)
    if not options.json:
        print(f"Version {version} is called {options.name!r}." if options.name else "No name.")
    return 0, {"version": version, "name": options.name.strip()}


def _pin_version(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    version = _find_version(options.version, settings, store).version
    pinned = options.action == "pin"
    versions.pin(settings, store, version, pinned)
    if not options.json:
        print(f"Version {version} is {'kept' if pinned else 'no longer kept'} by name.")
    return 0, {"version": version, "pinned": pinned}


def _delete_version(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    version = _find_version(options.version, settings, store).version
    registry.delete(settings, store, version)
    if not options.json:
        print(f"Version {version} is deleted.")
    return 0, {"deleted": version}


def _prune_versions(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    profile = choose_profile(options, store, settings)
    gone = versions.prune(settings, store, profile, options.keep)
    if not options.json:
        print(f"Deleted: {', '.join(gone)}." if gone else "Nothing to delete.")
    return 0, {"profile": profile, "deleted": list(gone)}


def _export_version(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    version = _find_version(options.version, settings, store).version
    target = bundles.export_version(settings, store, version, Path(options.file))
    if not options.json:
        print(f"Version {version} is in {target}. It holds what was learned from the listening.")
    return 0, {"version": version, "file": str(target), "bytes": target.stat().st_size}


def _import_version(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    profile = choose_profile(options, store, settings)
    version = bundles.import_version(settings, store, profile, Path(options.file))
    if not options.json:
        print(f"Version {version} is there; `musicai models activate {version}` lets it serve.")
    return 0, {"profile": profile, "version": version}


def _find_version(asked: str, settings: Settings, store: Store) -> VersionInfo:
    return versions.find(registry.list_versions(settings, store), asked)


_ACTIONS: Mapping[str, Callable[[argparse.Namespace, Settings, Store], Outcome]] = {
    "list": _list_versions,
    "show": _show_version,
    "compare": _compare_versions,
    "duel": _run_comparison,
    "activate": _activate_version,
    "rollback": _roll_back,
    "rename": _rename_version,
    "pin": _pin_version,
    "unpin": _pin_version,
    "delete": _delete_version,
    "prune": _prune_versions,
    "export": _export_version,
    "import": _import_version,
}


def add_commands(commands: Commands) -> None:
    """Declare the command and its actions."""
    text = "list the trained versions, show, compare, test, go back, name, keep, delete, take along"
    parser = add_command(commands, "models", text, models)
    add_profile(parser)
    actions = parser.add_subparsers(dest="action", metavar="ACTION")

    def action(name: str, text: str, *arguments: str) -> argparse.ArgumentParser:
        one = add_action(actions, name, text)
        for argument in arguments:
            one.add_argument(argument, metavar=argument.upper())
        repeat_profile(one)
        return one

    action("list", "the versions, newest first")
    action("show", "everything that is known of a version", "version")
    action("compare", "what changed from one version to another", "before", "after")
    text = "train the settings of two versions anew and see which foretells the last plays better"
    add_job(action("duel", text, "a", "b"))
    action("activate", "make a version the one that serves a profile", "version")
    action("rollback", "let the version serve that served before")
    action("rename", "give a version a name of its own", "version", "name")
    action("pin", "keep a version however many newer ones there are", "version")
    action("unpin", "no longer keep it", "version")
    action("delete", "delete a version for good", "version")
    keep = action("prune", "delete old versions; in use, pinned and rollback ones stay")
    keep.add_argument("--keep", type=int, metavar="N", help="newest versions to keep")
    action("export", "write a version as one file, without anything executable", "version", "file")
    action("import", "take a version from such a file; it is not activated", "file")
