"""Other recommenders beside ours: same pairs, same validation slice, same metric code.

python -m benchmarks.peers [--data DIR] [--train FILE --test FILE] [--env DIR] [--json]

Peers are ``implicit`` (ALS, BPR, cosine neighbours), RecTools (EASE, PureSVD) and LensKit
(ALS, item neighbours). Each family is installed by pip into an environment of its own under
``--env``; one that cannot be is named with the reason, and the others go on. Every peer's
settings are chosen from a small grid on the validation users that ours are chosen on.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from pathlib import Path
from typing import Any

from benchmarks.peers import comparing
from benchmarks.peers.environments import FAMILIES
from benchmarks.quality import interactions
from musicai.core.errors import MusicAIError
from musicai.core.settings import load_settings

SHOWN = ("recall@10", "ndcg@10", "recall@20", "ndcg@20", "recall@100")


def main(arguments: list[str] | None = None) -> int:
    """Compare; 0, or 2 with a message where the data cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="public data")
    parser.add_argument("--train", type=Path, help="a split of one's own, instead of Last.fm's")
    parser.add_argument("--test", type=Path)
    parser.add_argument("--env", type=Path, help="folder of the environments")
    parser.add_argument("--peers", nargs="+", choices=tuple(FAMILIES), default=tuple(FAMILIES))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    asked = parser.parse_args(arguments)
    if (asked.train is None) != (asked.test is None):
        parser.error("--train and --test go together")
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        folder = asked.env or load_settings().cache / "peers"
        result = comparing.compare(_problem(asked), folder, asked.peers, asked.seed)
    except (MusicAIError, OSError) as error:
        print(f"benchmarks.peers: {error}", file=sys.stderr)
        return 2
    _print(result)
    if asked.json:
        print(json.dumps(result))
    return 0


def _problem(asked: argparse.Namespace) -> Any:
    split = asked.data / "interactions/lastfm_sociallgn"
    train, test = asked.train or split / "train_set.txt", asked.test or split / "test_set.txt"
    return interactions.load(train, test)


def _print(result: dict[str, Any]) -> None:
    print(f"{result['dataset']}, n = {result['n']}, {result['seconds']} s")
    print(f"{'':24}" + "".join(f"{name:>12}" for name in SHOWN) + f"{'fit s':>9}{'rank s':>9}")
    for name, row in result["methods"].items():
        figures = "".join(f"{row['metrics'][shown]:12.4f}" for shown in SHOWN)
        times = "".join(f"{row[key]:9.2f}" if key in row else f"{'':9}" for key in TIMES)
        print(f"{name:24}{figures}{times}")
    for name, reason in result["not_run"].items():
        print(f"{name}: not run: {reason}")


TIMES = ("fit_s", "rank_s")

if __name__ == "__main__":
    sys.exit(main())
