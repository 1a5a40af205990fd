"""Whether comparing two models finds the better one, and names none among equals.

    python -m benchmarks.experiments --runs 2000 --json

Invented listeners judge interleaved lists (``benchmarks.simulation``), and each
comparison is looked at after every judgement, at most 200 of them, with alpha .05.
``false_positive_rate`` is the share of comparisons of equally good models that named a winner:
at most .05 by construction, however often one looks. ``power`` is the share of comparisons with
a better model that named it, and ``median_judgements`` how many of them it took, over those that
named anybody. How clearly the better model is better is invented too, so that ``power`` and
``median_judgements`` check the machinery and foretell no real comparison.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.simulation import BETTER, EQUAL, simulate


def measure(runs: int, seed: int = 0) -> dict[str, Any]:
    """The figures of so many comparisons of each kind."""
    started = time.perf_counter()
    random = np.random.default_rng(seed)
    equal = simulate(EQUAL, runs, random)
    better = simulate(BETTER, runs, random)
    median = better.median_judgements
    return {
        "runs": runs,
        "false_positive_rate": round(1.0 - equal.share(0), 5),
        "power": round(better.share(1), 5),
        "median_judgements": None if np.isnan(median) else median,
        "seconds": round(time.perf_counter() - started, 2),
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; with ``--json`` one object as the last line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.experiments", description=main.__doc__
    )
    parser.add_argument("--runs", type=int, default=2_000, metavar="N", help="comparisons (2000)")
    parser.add_argument("--seed", type=int, default=0, help="of the random numbers (0)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    found = measure(options.runs, options.seed)
    if options.json:
        print(json.dumps(found))
        return 0
    for name, value in found.items():
        print(f"{name}: {value}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
