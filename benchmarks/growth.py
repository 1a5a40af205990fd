"""How training, lists and memory grow with the number of tracks.

    python -m benchmarks.growth --sizes 1000 10000 100000 1000000 --json

Each size is measured in a process of its own, so that its peak of memory is its own:
an invented library (``benchmarks.generate``), all components fitted, 200 varied lists of 20
with explanations, each blended anew. There are ``--plays-per-track`` plays a track, up to
``--most-plays``. Linear growth between two sizes is a ratio of 1 in ``per_track``.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from benchmarks.generate import library as make_library
from benchmarks.speed import latencies, timed
from musicai.ai_model import MusicAI
from musicai.core.progress import no_progress
from musicai.training.fit import TrainingConfig, fit_all

SIZES = (1_000, 10_000, 100_000, 1_000_000)
GROWING = ("train_s", "recommend_p95_ms", "reblend_p95_ms", "peak_mb")


def measure(tracks: int, plays: int, seed: int = 0) -> dict[str, Any]:
    """The figures of one size, with the peak of this process's memory so far."""
    made_s, library = timed(lambda: make_library(tracks, plays, seed))
    train_s, fitted = timed(lambda: fit_all(library, TrainingConfig(), no_progress))
    features, components = fitted.described.features, fitted.components
    music = MusicAI(library=library, features=features, components=components)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    return {
        "tracks": tracks,
        "interactions": plays,
        "made_s": made_s,
        "train_s": train_s,
        **latencies(music),
        "peak_mb": peak,
    }


def series(sizes: Sequence[int], per_track: int, most: int, seed: int) -> dict[str, Any]:
    """All sizes, smallest first, and how each figure grew beside the number of tracks."""
    rows = [_apart(n, min(n * per_track, most), seed) for n in sorted(sizes)]
    return {"sizes": rows, "per_track": per_track_growth(rows)}


def per_track_growth(rows: Sequence[dict[str, Any]]) -> list[dict[str, float]]:
    """From each size to the next: a figure's ratio over that of the tracks; 1 is linear."""
    return [
        {"from": small["tracks"], "to": large["tracks"]}
        | {
            name: round(large[name] / small[name] / (large["tracks"] / small["tracks"]), 3)
            for name in GROWING
        }
        for small, large in pairwise(rows)
    ]


def _apart(tracks: int, plays: int, seed: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.growth", "--one", str(tracks), str(plays)]
    command += ["--seed", str(seed)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main(argv: list[str] | None = None) -> int:
    """Measure the series and print it; with ``--json``, one object as the last line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=main.__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--plays-per-track", type=int, default=10)
    parser.add_argument("--most-plays", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--one", type=int, nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    if options.one:
        print(json.dumps(_rounded(measure(*options.one, options.seed))))
        return 0
    found = series(options.sizes, options.plays_per_track, options.most_plays, options.seed)
    for row in found["sizes"]:
        print(", ".join(f"{name} {value}" for name, value in row.items()))
    if options.json:
        print(json.dumps(found))
    return 0


def _rounded(figures: dict[str, Any]) -> dict[str, Any]:
    return {k: round(v, 3) if isinstance(v, float) else v for k, v in figures.items()}


if __name__ == "__main__":
    raise SystemExit(main())
