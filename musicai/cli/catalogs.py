"""Commands about catalogues: what there is to discover from, and what is done to it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
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
from musicai.cli.output import Outcome, Work, choose_profile, show_rows, show_table, work_of
from musicai.core import jobs
from musicai.core.errors import QueryError
from musicai.core.settings import Settings
from musicai.library import catalogs
from musicai.library.archives import Input
from musicai.library.catalogs import CatalogueChange
from musicai.library.coverage import CatalogCoverage, Reach, measure_coverage
from musicai.store import Catalogue, Store
from musicai.store.catalogs import NEIGHBOURS


def catalogues(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """One of the actions; listing where none is named."""
    return _ACTIONS[options.action or "list"](options, settings, store)


# --- listing --------------------------------------------------------------------------


def _list(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """The catalogues that the profile may use, and what each covers of its music."""
    profile = choose_profile(options, store, settings)
    looked = not getattr(options, "no_coverage", False)
    found = measure_coverage(store, settings, profile) if looked else None
    there = [one for one in store.catalogues(profile) if one.kind != NEIGHBOURS]
    rows = [_row(one, found) for one in there]
    show_rows(options, [_format_row(row) for row in rows])
    result: dict[str, Any] = {"profile": profile, "catalogues": rows}
    if found is not None:
        result["coverage"] = {
            "artists": found.n_artists,
            "plays": found.n_plays,
            "enabled": _reach(found.enabled, found),
        }
        if not options.json:
            print(_total(found))
    return 0, result


def _row(one: Catalogue, found: CatalogCoverage | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": one.name,
        "enabled": one.enabled,
        "tracks": one.n_tracks,
        "licence": one.licence,
        "origin": one.origin,
        "kind": one.kind,
        "invented": one.invented,
        "added": f"{one.created_at:%Y-%m-%d}",
        "updated": f"{one.updated_at:%Y-%m-%d}" if one.updated_at else None,
    }
    if found is not None:
        reach = found.each.get(one.name)
        row["coverage"] = reach and {
            "alone": _reach(reach.alone, found),
            "without": _reach(reach.without, found),
            "with": _reach(reach.together, found),
        }
    return row


def _reach(reach: Reach, found: CatalogCoverage) -> dict[str, Any]:
    """Counts, and shares of the own artists and plays; null where there are none."""
    return {
        "artists": reach.artists,
        "artists_share": _share(reach.artists, found.n_artists),
        "plays_matched": reach.plays_matched,
        "plays_matched_share": _share(reach.plays_matched, found.n_plays),
        "plays_of_artists": reach.plays_of_artists,
        "plays_of_artists_share": _share(reach.plays_of_artists, found.n_plays),
        "new_tracks_of_own_artists": reach.new_tracks,
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def _format_row(row: Mapping[str, Any]) -> dict[str, object]:
    """A row as the table on a terminal has room for it."""
    shown = {name: row[name] for name in ("name", "enabled", "tracks", "licence", "origin")}
    if "coverage" in row:
        alone = (row["coverage"] or {}).get("alone", {})
        shown["your artists"] = _percent(alone.get("artists_share"))
        shown["your plays"] = _percent(alone.get("plays_matched_share"))
        shown["new by them"] = f"{alone['new_tracks_of_own_artists']:,}" if alone else "–"
    return shown


def _total(found: CatalogCoverage) -> str:
    enabled = found.enabled
    return (
        f"Enabled together: {enabled.artists:,} of {found.n_artists:,} of your artists, "
        f"{enabled.plays_matched:,} of {found.n_plays:,} plays matched, {enabled.new_tracks:,} "
        "tracks of your artists that you have never played."
    )


# --- changing -------------------------------------------------------------------------


def _add(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """A new catalogue, enabled for the named profile or the only one with real data."""
    with _taking(options, settings) as work:
        profile = _of_person(options, store)
        taken = catalogs.add_catalogue(
            store,
            settings,
            _open_given_file(options, settings),
            profile=profile,
            name=options.name or "",
            licence=options.licence,
            origin=options.origin,
            progress=work.progress,
        )
        work.result(taken.summarise())
    added = taken.catalogue
    if not options.json:
        whom = f"enabled for {profile!r}" if profile else "enabled for nobody yet"
        print(f"Catalogue {added.name!r} has {added.n_tracks:,} tracks; {whom}.")
    return _report(options, taken, _row(added, None))


@contextmanager
def _taking(options: argparse.Namespace, settings: Settings) -> Iterator[Work]:
    """The work of taking a file; an upload is deleted afterwards, however it ends."""
    try:
        with work_of(options, settings, "catalogue") as work:
            yield work
    finally:
        if options.spool is not None:
            jobs.discard_spool(settings, options.spool)


def _open_given_file(options: argparse.Namespace, settings: Settings) -> Input:
    """The file that is meant: a path, or an upload."""
    uploads = jobs.read_spool(settings, options.spool) if options.spool else []
    given: list[Input] = [*([options.file] if options.file else []), *uploads]
    if len(given) != 1:
        raise QueryError(f"{len(given)} files were handed in. Give one file a catalogue.")
    return given[0]


def _of_person(options: argparse.Namespace, store: Store) -> str | None:
    if options.profile:
        return store.profile(options.profile).name
    real = [profile.name for profile in store.profiles() if not profile.invented]
    return real[0] if len(real) == 1 else None


def _report(options: argparse.Namespace, taken: CatalogueChange, row: dict[str, Any]) -> Outcome:
    """What became of the rows of a file, and what is covered before and after."""
    summary = taken.summarise()
    problems = [{"file": p.file, "where": p.where, "why": p.why} for p in taken.file.problems]
    if not options.json:
        print(", ".join(f"{number:,} {what}" for what, number in summary["rows"].items()))
        if taken.before is not None and taken.after is not None:
            print(f"Before: {_total(taken.before)}\nNow: {_total(taken.after)}")
        show_table(("file", "where", "why"), [list(problem.values()) for problem in problems])
    told = {name: summary[name] for name in ("rows", "coverage")}
    return 0, {"catalogue": row, **told, "problems": problems}


def _update(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """Other tracks under the same name."""
    with _taking(options, settings) as work:
        name = _find_catalog(options, store).name
        taken = catalogs.update_catalogue(
            store,
            settings,
            name,
            _open_given_file(options, settings),
            profile=_of_person(options, store),
            licence=options.licence,
            progress=work.progress,
        )
        work.result(taken.summarise())
    new = taken.catalogue
    if not options.json:
        print(f"Catalogue {name!r} has {new.n_tracks:,} tracks now; it had {taken.replaced:,}.")
    return _report(options, taken, {**_row(new, None), "tracks_before": taken.replaced})


def _prepare(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """The side files that make opening a large library quick."""
    with work_of(options, settings, "prepare") as work:
        profile = choose_profile(options, store, settings)
        # told before, so that a look at the job says what it was for, however it ends
        work.result({"joined": store.compute_joined_name(profile)})
        joined = catalogs.prepare_library(store, settings, profile, work.progress)
        work.result({"joined": joined})
    if not options.json:
        print(f"The library of {profile!r} is prepared.")
    return 0, {"profile": profile, "joined": joined}


def _rename(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """Another name."""
    new = store.rename_catalogue(_find_catalog(options, store).name, options.to)
    return _report_result(options, new, f"Catalogue {options.name!r} is called {new.name!r} now.")


def _describe(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """Its licence and origin."""
    if options.licence is None and options.origin is None:
        raise QueryError("Say what to note: --licence, --origin, or both.")
    name = _find_catalog(options, store).name
    new = store.describe_catalogue(name, origin=options.origin, licence=options.licence)
    said = f"{new.name!r} is from {new.origin}; licence: {new.licence or 'not known'}."
    return _report_result(options, new, said)


def _switch(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """On or off for a profile."""
    profile = choose_profile(options, store, settings)
    name = _find_catalog(options, store, profile).name
    store.enable_catalogue(profile, name, options.action == "enable")
    options.no_coverage = True
    return _list(options, settings, store)


def _remove(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """It is gone, with its file."""
    name = _find_catalog(options, store).name
    store.remove_catalogue(name)
    if not options.json:
        print(f"Catalogue {name!r} is removed.")
    return 0, {"removed": name}


def _report_result(options: argparse.Namespace, one: Catalogue, said: str) -> Outcome:
    if not options.json:
        print(said)
    return 0, {"catalogue": _row(one, None)}


def _find_catalog(
    options: argparse.Namespace, store: Store, profile: str | None = None
) -> Catalogue:
    """The catalogue that is meant.

    Raises:
        QueryError: there is none of that name.
    """
    known = {one.name: one for one in store.catalogues(profile)}
    if options.name not in known:
        there = f"are {', '.join(sorted(known))}" if known else "is none yet; add a table"
        raise QueryError(f"There is no catalogue {options.name!r}. There {there}.")
    return known[options.name]


_ACTIONS: Mapping[str, Callable[[argparse.Namespace, Settings, Store], Outcome]] = {
    "list": _list,
    "add": _add,
    "rename": _rename,
    "describe": _describe,
    "enable": _switch,
    "disable": _switch,
    "update": _update,
    "remove": _remove,
    "prepare": _prepare,
}


def add_commands(commands: Commands) -> None:
    """Declare the command and its actions."""
    text = "list the catalogues, add one, rename, describe, enable, update or remove one"
    parser = add_command(commands, "catalogues", text, catalogues)
    add_profile(parser)
    actions = parser.add_subparsers(dest="action", metavar="ACTION")

    def action(name: str, text: str) -> argparse.ArgumentParser:
        one = add_action(actions, name, text)
        repeat_profile(one)
        return one

    def add_named(name: str, text: str) -> argparse.ArgumentParser:
        one = action(name, text)
        one.add_argument("name", metavar="NAME")
        return one

    lister = action("list", "list them, with what each covers of your music")
    lister.add_argument("--no-coverage", action="store_true", help="do not look at their tracks")
    adding = action("add", "make a table of tracks a catalogue, enabled for the profile")
    _add_file(adding)
    adding.add_argument("--name", metavar="NAME", help="without it the file's name")
    adding.add_argument("--licence", default="", metavar="TEXT", help="under which it may be used")
    adding.add_argument("--origin", metavar="TEXT", help="where it is from; else the file's name")
    renaming = action("rename", "call a catalogue otherwise")
    renaming.add_argument("name", metavar="OLD")
    renaming.add_argument("to", metavar="NEW")
    describing = add_named("describe", "note where a catalogue is from, and its licence")
    describing.add_argument("--licence", metavar="TEXT")
    describing.add_argument("--origin", metavar="TEXT")
    add_named("enable", "recommend from a catalogue")
    add_named("disable", "recommend from a catalogue no longer")
    updating = add_named("update", "replace the tracks of a catalogue by those of a newer file")
    _add_file(updating)
    updating.add_argument("--licence", metavar="TEXT", help="without it what was noted stays")
    add_named("remove", "remove a catalogue from every profile")
    add_job(action("prepare", "join the enabled catalogues with your music, so that it opens fast"))


def _add_file(parser: argparse.ArgumentParser) -> None:
    """The file that a catalogue's tracks come from, taken by a job or at once."""
    parser.add_argument("file", type=Path, nargs="?", metavar="FILE")
    parser.add_argument(
        "--spool", type=Path, metavar="FOLDER", help="a folder of one upload, deleted afterwards"
    )
    add_job(parser)
