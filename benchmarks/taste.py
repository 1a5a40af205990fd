"""How long it takes to know a taste and a history.

    python -m benchmarks.taste --plays 1000000 --json

Everything timed is the product's own code on an invented library in memory
(``benchmarks.generate``) whose plays are all the owner's, over 100,000 tracks with
features and genres. ``cold_s`` is the whole profile, plays loaded; ``cached_ms`` the same
again through the cache of the pages; ``period_ms`` the profile of another period, the plays
laid out as the pages keep them (the median of year, six months and four weeks). Beside
them the same of the history page, and the figures of the music map
(``benchmarks.music_map``) at 100,000 tracks.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from benchmarks import music_map
from benchmarks.generate import library as make_library
from musicai.data.arrays import TrackFeatures
from musicai.data.library import Library
from musicai.data.periods import ALL, LENGTHS, Period, ending_with
from musicai.data_processor import build_features
from musicai.insights.history import listening_history
from musicai.insights.history.drift import drift
from musicai.insights.taste import taste_profile
from musicai.insights.taste.plays import Plays
from musicai.insights.taste.plays import list_timed_plays as all_plays
from musicai.ui import state

TRACKS = 100_000
TIMEZONE = "Europe/Berlin"


def seconds(work: Callable[[], Any]) -> float:
    """How long the work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def own_library(plays: int, tracks: int, seed: int) -> Library:
    """A library whose plays are all the owner's."""
    made = make_library(tracks, plays, seed)
    frame = made.plays.assign(listener=0).astype({"listener": "int32"})
    return replace(made, plays=frame, listeners=("you",))


def measure(
    plays: int, tracks: int = TRACKS, seed: int = 0, *, maps: bool = True
) -> dict[str, Any]:
    """All figures of one size."""
    library = own_library(plays, tracks, seed)
    features = build_features(library)
    newest = library.plays["played_at"].iloc[-1].to_pydatetime()
    periods = [ending_with(newest, days, TIMEZONE) for days in LENGTHS.values() if days]
    mine = all_plays(library, 0, TIMEZONE)
    figures: dict[str, Any] = {
        "plays": len(library.plays),
        "cold_s": seconds(lambda: _taste(library, features, ALL)),
        "cached_ms": 1e3 * _cached(library, features),
        "period_ms": 1e3
        * statistics.median(
            seconds(lambda one=one: _taste(library, features, one, mine)) for one in periods
        ),
        "history_cold_s": seconds(lambda: listening_history(library, features, ALL, TIMEZONE)),
        "history_period_ms": 1e3
        * statistics.median(
            seconds(lambda one=one: listening_history(library, features, one, TIMEZONE, plays=mine))
            for one in periods
        ),
        "drift_ms": 1e3 * seconds(lambda: drift(features, mine)),
        "map_train_s": None,
        "map_draw_s": None,
    }
    if maps:
        told = music_map.measure(tracks, seed)
        figures |= {name: told[name] for name in ("map_train_s", "map_draw_s")}
    return figures


def _taste(
    library: Library, features: TrackFeatures, period: Period, plays: Plays | None = None
) -> None:
    since, until = period.since, period.until
    taste_profile(library, features, since=since, until=until, timezone=TIMEZONE, plays=plays)


def _cached(library: Library, features: TrackFeatures) -> float:
    ai: Any = SimpleNamespace(library=library, features=features)
    state.get_taste(ai, ALL, TIMEZONE)
    return seconds(lambda: state.get_taste(ai, ALL, TIMEZONE))


def main(argv: list[str] | None = None) -> int:
    """Measure and print; with ``--json``, one object as the last line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.taste", description=main.__doc__)
    parser.add_argument("--plays", type=int, default=1_000_000)
    parser.add_argument("--tracks", type=int, default=TRACKS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-map", action="store_true", help="leave the map's figures out (null)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    figures = measure(options.plays, options.tracks, options.seed, maps=not options.no_map)
    shown = {k: round(v, 3) if isinstance(v, float) else v for k, v in figures.items()}
    if options.json:
        print(json.dumps(shown))
    else:
        for name, value in shown.items():
            print(f"{name:18} {value}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
