"""Commands about what a person said of tracks: list it, say it, take it back."""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime
from typing import cast

from musicai.cli.arguments import Commands, add_action, add_command, add_profile, repeat_profile
from musicai.cli.output import Outcome, choose_profile, show_table
from musicai.core.errors import NotFound
from musicai.core.settings import Settings
from musicai.data.feedback import Feedback
from musicai.data.library import Library
from musicai.library.assemble import load_library
from musicai.ranking.feedback import WORDS, Verdict, standing
from musicai.store import Store


def feedback(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """One of the actions; the list without one."""
    profile = choose_profile(options, store, settings)
    if options.action in (None, "list"):
        return _list_feedback(options, settings, store, profile)
    if options.action == "undo":
        return _undone(options, store, profile)
    verdict = cast(Verdict, options.action.replace("-", "_"))
    library = load_library(store, settings, profile)
    for track_id in options.tracks:
        _name(library, track_id)  # all or nothing
    now = int(time.time())
    for track_id in options.tracks:
        store.add_feedback(profile, Feedback(track_id, verdict, now))
        if not options.json:
            print(f"{WORDS[verdict]}: {_name(library, track_id)}. The next list follows it.")
    return 0, {"profile": profile, "verdict": verdict, "tracks": options.tracks}


def _list_feedback(
    options: argparse.Namespace, settings: Settings, store: Store, profile: str
) -> Outcome:
    told = sorted(standing(store.feedback(profile)).values(), key=lambda one: -one.given_at)
    library = load_library(store, settings, profile)
    known = set(library.vocabulary.ids)
    rows = [
        {
            "track_id": one.track_id,
            "name": _name(library, one.track_id) if one.track_id in known else None,
            "verdict": one.verdict,
            "given_at": datetime.fromtimestamp(one.given_at, UTC).isoformat(),
        }
        for one in told
    ]
    if not options.json:
        show_table(
            ("verdict", "track", "id", "given"),
            [
                (WORDS[r["verdict"] or ""], r["name"] or "", r["track_id"], r["given_at"])
                for r in rows
            ],
        )
    return 0, {"profile": profile, "feedback": rows}


def _undone(options: argparse.Namespace, store: Store, profile: str) -> Outcome:
    wanted = set(options.tracks)
    gone = [one for one in store.feedback(profile) if one.track_id in wanted]
    strange = sorted(wanted - {one.track_id for one in gone})
    if strange:
        raise NotFound(
            f"Nothing was said of {strange[0]!r} in profile {profile!r}. "
            "`musicai feedback list` shows what was."
        )
    for one in gone:
        store.remove_feedback(profile, one)
    if not options.json:
        print(f"Taken back: {len(gone)}.")
    return 0, {"profile": profile, "taken_back": options.tracks}


def _name(library: Library, track_id: str) -> str:
    row = int(library.vocabulary.rows([track_id])[0])
    if row < 0:
        raise NotFound(
            f"There is no track {track_id!r} in profile {library.profile!r} or its catalogues. "
            "`musicai recommend --json` prints the ids of a list."
        )
    name, artists = library.tracks.loc[row, ["name", "artists"]]
    return f"{name} — {artists}"


def add_commands(commands: Commands) -> None:
    """Declare the command and its actions."""
    text = "say what you think of tracks, list what you said, or take it back"
    parser = add_command(commands, "feedback", text, feedback)
    add_profile(parser)
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    repeat_profile(actions.add_parser("list", help="what was said, newest first"))
    for name, text in (
        ("like", "lift what is like these tracks"),
        ("dislike", "leave these tracks out, and hold back what is like them"),
        ("not-now", "hold these tracks back for some days"),
        ("never-artist", "never show the artists of these tracks"),
        ("undo", "forget what was said of these tracks"),
    ):
        one = add_action(actions, name, text)
        one.add_argument("tracks", nargs="+", metavar="TRACK", help="a track id")
        repeat_profile(one)
