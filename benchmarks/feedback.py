"""How long it takes from a verdict on a track to the list that follows it.

    python -m benchmarks.feedback --tracks 100000 --json

Each round gives a verdict on a track of the list as it stands: the verdict is written to the
database (which is what the screen waits for before it says so), the listener's past and vector
follow it, all components score anew, and 20 tracks are blended, re-ranked and explained. The
database is a real file; a commit is on disk before it returns. ``written_ms`` is the first
part alone.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.generate import library as make_library
from musicai.ai_model import MusicAI
from musicai.core.settings import Settings
from musicai.data.feedback import VERDICTS, Feedback
from musicai.ranking.request import Request, Tuning
from musicai.store import Store
from musicai.training.fit import TrainingConfig, fit_all

ROUNDS = 100
"""Verdicts timed; those before them stand."""

WARM_UP = 5


def measure(tracks: int, interactions: int, rounds: int = ROUNDS) -> dict[str, Any]:
    """The figures that are printed."""
    library = make_library(tracks, interactions)
    fitted = fit_all(library, TrainingConfig(method="als"))
    taken: list[float] = []
    written: list[float] = []
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home))
        with Store(settings) as store:
            store.create_profile(library.profile)
            music = MusicAI(
                settings=settings,
                library=library,
                features=fitted.described.features,
                components=fitted.components,
            )
            listed = music.rank(music.score(Request()), Tuning())
            for number in range(rounds + WARM_UP):
                item = listed[number % len(listed)]
                started = time.perf_counter()
                verdict = VERDICTS[number % len(VERDICTS)]
                given = Feedback(item.track_id, verdict, int(time.time()))  # type: ignore[arg-type]
                store.add_feedback(library.profile, given)
                between = time.perf_counter()
                heeding = music.heeding(store.feedback(library.profile))
                listed = heeding.rank(heeding.score(Request()), Tuning())
                if number >= WARM_UP:
                    written.append(between - started)
                    taken.append(time.perf_counter() - started)
    return {
        "tracks": tracks,
        "interactions": interactions,
        "p50_ms": round(1e3 * float(np.percentile(taken, 50)), 2),
        "p95_ms": round(1e3 * float(np.percentile(taken, 95)), 2),
        "written_ms": round(1e3 * float(np.percentile(written, 50)), 2),
    }


def main(argv: list[str] | None = None) -> int:
    """Measure and print; with ``--json``, one object as the last line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.feedback", description=__doc__)
    parser.add_argument("--tracks", type=int, default=100_000)
    parser.add_argument("--interactions", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    found = measure(options.tracks, options.interactions, options.rounds)
    if options.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:18} {value}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
