"""Commands that tell a listener about themselves: taste and history."""

from __future__ import annotations

import argparse
from datetime import date, datetime
from typing import cast

from musicai.cli.arguments import Commands, add_command, add_profile
from musicai.cli.output import Outcome, choose_profile, figure, show_table
from musicai.core.errors import NotFound, QueryError
from musicai.core.settings import Settings
from musicai.data import periods
from musicai.data.library import Library
from musicai.data.periods import ALL, LENGTHS, TIMEZONE_SETTING, Period
from musicai.data_processor import load_features
from musicai.insights.history import listening_history
from musicai.insights.taste import taste_profile
from musicai.library.assemble import load_library
from musicai.store import Store


def taste(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """The taste profile of a listener in a period."""
    library, listener, zone = _load_listener(options, settings, store)
    period = _period(options, library, listener, zone)
    told = taste_profile(
        library,
        load_features(settings, library),
        listener=listener,
        since=period.since,
        until=period.until,
        timezone=zone,
    )
    result = told.to_dict()
    if not options.json:
        show_table(
            ("feature", "you", "catalogue"),
            [
                (name, figure(row.get("mean")), figure(row.get("catalogue")))
                for name, row in result["audio_features"].items()
            ],
        )
        show_table(("genre", "share"), [(n, figure(v)) for n, v in result["genre_shares"].items()])
        tastes = [(one["name"], figure(one["share"])) for one in result["clusters"]]
        show_table(("taste", "share"), tastes)
        for line in (*told.missing, *(insight.text for insight in told.insights)):
            print(line)
    return 0, result


def history(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """The history of a listener in a period."""
    library, listener, zone = _load_listener(options, settings, store)
    period = _period(options, library, listener, zone)
    told = listening_history(library, load_features(settings, library), period, zone, listener)
    if not options.json:
        figures = told.figures
        print(
            f"{figures.hours:,.0f} hours, {figures.plays:,} full plays, {figures.tracks:,} tracks"
        )
        for title, places in (("track", told.top_tracks), ("artist", told.top_artists)):
            rows = [(p.rank, p.name, p.artists, f"{p.plays:,.0f}") for p in places[:10]]
            show_table(("#", title, "by", "plays"), rows)
        for line in told.missing:
            print(line)
    return 0, told.to_dict()


def _load_listener(
    options: argparse.Namespace, settings: Settings, store: Store
) -> tuple[Library, int, str]:
    """The library, the listener's position in it, and the time zone."""
    profile = choose_profile(options, store, settings)
    library = load_library(store, settings, profile)
    zone = options.timezone or store.settings_of(profile).get(TIMEZONE_SETTING) or "UTC"
    if options.user is None or options.user == profile:
        return library, 0, str(zone)
    if options.user not in library.listeners:
        raise NotFound(
            f"There is no listener {options.user!r} in profile {profile!r}; "
            "leave --user out for its owner."
        )
    return library, library.listeners.index(options.user), str(zone)


def _period(options: argparse.Namespace, library: Library, listener: int, zone: str) -> Period:
    by_days = options.since is not None or options.until is not None
    length = periods.LENGTHS[options.period]
    if by_days and length is not None:
        raise QueryError("Give --period, or --since and --until, but not both.")
    if by_days:
        return periods.between(options.since, options.until, zone)
    periods.zone(zone)
    mine = library.plays["played_at"][library.plays["listener"] == listener]
    if length is None or mine.empty:
        return ALL
    return periods.ending_with(cast(datetime, mine.max().to_pydatetime()), length, zone)


def add_commands(commands: Commands) -> None:
    """Declare the commands of this module."""
    for name, text, run in (
        ("taste", "the taste profile of a listener", taste),
        ("history", "what a listener played, when, and most", history),
    ):
        parser = add_command(commands, name, text, run)
        parser.add_argument("--user", metavar="LISTENER", help="a listener; without it the owner")
        add_profile(parser)
        _add_period(parser)


def _add_period(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--period",
        choices=sorted(LENGTHS),
        default="all",
        help="counted back from the last play (all)",
    )
    for name, what in (("--since", "first"), ("--until", "last")):
        parser.add_argument(
            name, type=date.fromisoformat, metavar="DAY", help=f"{what} day, such as 2025-03-01"
        )
    parser.add_argument("--timezone", metavar="ZONE", help="IANA name; the profile's own, else UTC")
