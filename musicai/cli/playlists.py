"""Commands about the playlists that a person made: list, show, rename, delete, write as a file."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

from musicai.cli.arguments import Commands, add_action, add_command, add_profile, repeat_profile
from musicai.cli.output import Outcome, choose_profile, show_rows, show_table
from musicai.core.errors import QueryError
from musicai.core.files import atomic_write
from musicai.core.settings import Settings
from musicai.data.playlists import FORMATS, artists_of, write_playlist
from musicai.library.assemble import load_library
from musicai.store import Store
from musicai.store.playlists import STAGING


def playlists(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """One of the actions below; the list without one."""
    return _ACTIONS[options.action or "list"](options, settings, store)


def _list_playlists(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    profile = choose_profile(options, store, settings)
    rows = [asdict(one) for one in store.list_playlists(profile)]
    show_rows(options, rows)
    return 0, {
        "profile": profile,
        "playlists": rows,
        "being_put_together": len(store.list_tracks(profile, STAGING)),
    }


def _show_playlist(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    profile = choose_profile(options, store, settings)
    tracks = store.list_tracks(profile, options.name)
    if not options.json:
        rows = [(n, one.name, ", ".join(artists_of(one))) for n, one in enumerate(tracks, 1)]
        show_table(("#", "track", "by"), rows)
    return 0, {"profile": profile, "name": options.name, "tracks": [asdict(one) for one in tracks]}


def _rename_playlist(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    profile = choose_profile(options, store, settings)
    store.rename_list(profile, options.name, options.new)
    if not options.json:
        print(f"{options.name!r} is called {options.new!r} now.")
    return 0, {"profile": profile, "name": options.new.strip()}


def _delete_playlist(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    profile = choose_profile(options, store, settings)
    store.delete_list(profile, options.name)
    if not options.json:
        print(f"The playlist {options.name!r} is deleted; its tracks stay in the library.")
    return 0, {"profile": profile, "deleted": options.name}


def _export_playlist(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    profile = choose_profile(options, store, settings)
    tracks = store.list_tracks(profile, options.name)
    target = Path(options.file)
    ending = target.suffix.lower().removeprefix(".")
    data = write_playlist(load_library(store, settings, profile), options.name, tracks, ending)
    try:
        with atomic_write(target) as beside:
            beside.write_bytes(data)
    except OSError as error:
        raise QueryError(
            f"{target} cannot be written: {error.strerror}. Choose another folder; the ending "
            f"says the format ({', '.join(FORMATS)})."
        ) from error
    if not options.json:
        print(f"{len(tracks)} tracks are in {target}.")
    return 0, {"profile": profile, "name": options.name, "file": str(target), "tracks": len(tracks)}


_ACTIONS: Mapping[str, Callable[[argparse.Namespace, Settings, Store], Outcome]] = {
    "list": _list_playlists,
    "show": _show_playlist,
    "rename": _rename_playlist,
    "delete": _delete_playlist,
    "export": _export_playlist,
}


def add_commands(commands: Commands) -> None:
    """Declare the command and its actions."""
    text = "list the playlists made here, show, rename, delete one, or write it as a file"
    parser = add_command(commands, "playlists", text, playlists)
    add_profile(parser)
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    for name, text, arguments in (
        ("list", "the playlists by name", ()),
        ("show", "the tracks of a playlist in order", ("name",)),
        ("rename", "give a playlist another name", ("name", "new")),
        ("delete", "delete a playlist; its tracks stay", ("name",)),
        ("export", "write a playlist; the ending is csv, m3u8, xspf or jspf", ("name", "file")),
    ):
        one = add_action(actions, name, text)
        for argument in arguments:
            one.add_argument(argument, metavar=argument.upper())
        repeat_profile(one)
