"""Quality on public splits; one JSON object on the last line with ``--json``.

python -m benchmarks.quality sociallgn --data ../shared/data --json
python -m benchmarks.quality playlists --data ../shared/data --json
python -m benchmarks.quality interactions --train FILE --test FILE [--valid FILE]
    [--budget SECONDS] --json
python -m benchmarks.quality nowplaying --data ../shared/data [--model transformer] --json
python -m benchmarks.quality sequences --file FILE [--model transformer] --json
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from pathlib import Path
from typing import Any

from benchmarks.quality import (
    interactions,
    next_items,
    nowplaying,
    playlists,
    sequences,
    sociallgn,
)
from benchmarks.quality.protocol import run
from musicai.core.errors import MusicAIError

SHOWN = ("recall@10", "ndcg@10", "recall@20", "ndcg@20", "recall@100")


def main(arguments: list[str] | None = None) -> int:
    """Run one benchmark; 0, or 2 with a message where the data cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    which = parser.add_subparsers(dest="which", required=True)
    for name in ("sociallgn", "playlists"):
        one = which.add_parser(name)
        one.add_argument("--data", type=Path, required=True, help="folder of public data")
    one = which.add_parser("interactions")
    one.add_argument("--train", type=Path, required=True)
    one.add_argument("--test", type=Path, required=True)
    one.add_argument("--valid", type=Path)
    one.add_argument(
        "--budget",
        type=_seconds,
        default=interactions.BUDGET,
        metavar="SECONDS",
        help="for trying settings (default %(default)s); the best so far then stand",
    )
    one = which.add_parser("nowplaying", help="the next track of a session, by date")
    one.add_argument("--data", type=Path, required=True, help="folder of public data")
    one = which.add_parser("sequences", help="lines of `user item item …` in time order")
    one.add_argument("--file", type=Path, required=True)
    for name in ("nowplaying", "sequences"):
        which.choices[name].add_argument(
            "--model",
            choices=tuple(next_items.MODELS),
            default="sequence",
            help="the transformer needs torch",
        )
    for one in which.choices.values():
        one.add_argument("--seed", type=int, default=0)
        one.add_argument("--json", action="store_true", help="print one JSON object last")
    asked = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        result = _result(asked)
    except (MusicAIError, OSError) as error:
        print(f"benchmarks.quality: {error}", file=sys.stderr)
        return 2
    _print(result)
    if asked.json:
        print(json.dumps(result))
    return 0


def _result(asked: argparse.Namespace) -> dict[str, Any]:
    if asked.which == "sociallgn":
        return run(sociallgn.load(asked.data), seed=asked.seed)
    if asked.which == "playlists":
        return run(playlists.load(asked.data), seed=asked.seed)
    if asked.which == "nowplaying":
        return next_items.run(nowplaying.load(asked.data), model=asked.model)
    if asked.which == "sequences":
        asks = sequences.load(asked.file, asked.seed)
        return next_items.run(asks, candidates=sequences.CANDIDATES, model=asked.model)
    problem = interactions.load(asked.train, asked.test, asked.valid)
    return run(problem, seed=asked.seed, budget_s=asked.budget)


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds, 0 or more")
    return value


def _print(result: dict[str, Any]) -> None:
    print(f"{result['dataset']}, n = {result['n']}, {result['seconds']} s")
    search = result["config"].get("search", {"spent": False})
    if search["spent"]:
        left = sum(search["left_out"].values())
        print(f"The {search['budget_s']:g} s for settings were spent: {left} were not tried.")
    columns = SHOWN if SHOWN[0] in result["metrics"] else tuple(result["metrics"])
    print(f"{'':20}" + "".join(f"{name:>12}" for name in columns))
    rows = {result["config"].get("model", "hybrid"): result["metrics"], **result["baselines"]}
    for name, metrics in rows.items():
        print(f"{name:20}" + "".join(f"{metrics[shown]:12.4f}" for shown in columns))


if __name__ == "__main__":
    sys.exit(main())
