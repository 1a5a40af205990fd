"""An invented split of any size with tastes to find, in LightGCN's layout; for timing.

python -m benchmarks.quality.synthetic FOLDER --users 10000 --items 30000 --pairs 600000
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

TEST_SHARE = 0.2
FEWEST = 5


def write_split(
    folder: Path, *, users: int, items: int, pairs: int, seed: int = 0, topics: int = 120
) -> tuple[Path, Path]:
    """Write ``train.txt`` and ``test.txt``: about ``pairs`` pairs, a fifth of each user's in test.

    A user draws items from a few of the topics, a topic's items by a long tail, and one in
    five by popularity alone.
    """
    rng = np.random.default_rng(seed)
    taste = rng.gamma(0.03, size=(users, topics)) + 1e-9
    taste /= taste.sum(axis=1, keepdims=True)
    popular = (rng.permutation(items) + 20.0) ** -0.9
    weight = rng.gamma(0.03, size=(topics, items)) * popular + 1e-12
    among = np.cumsum(np.vstack([weight, popular]), axis=1)
    among /= among[:, -1:]
    size = rng.lognormal(0.0, 0.8, users)
    size = np.clip((size * 1.35 * pairs / size.sum()).astype(int), FEWEST, items // 2)
    lines: tuple[list[str], list[str]] = ([], [])
    for user in range(users):
        drawn = _drawn(rng, taste[user], among, int(size[user]))
        cut = round(len(drawn) * TEST_SHARE)
        for part, chosen in zip(lines, (drawn[cut:], drawn[:cut]), strict=True):
            part.append(" ".join(map(str, [user, *chosen])))
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / "train.txt", folder / "test.txt"
    for path, part in zip(paths, lines, strict=True):
        path.write_text("\n".join(part) + "\n", "utf-8")
    return paths


def _drawn(
    rng: np.random.Generator,
    taste: npt.NDArray[np.float64],
    among: npt.NDArray[np.float64],
    size: int,
) -> npt.NDArray[np.intp]:
    topic = rng.choice(len(taste), size, p=taste)
    topic[rng.random(size) < 0.2] = len(taste)
    chance = rng.random(size)
    found = [np.searchsorted(among[at], chance[topic == at]) for at in np.unique(topic)]
    return rng.permutation(np.unique(np.concatenate(found)))


def main(arguments: list[str] | None = None) -> int:
    """Write the two files."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality.synthetic")
    parser.add_argument("folder", type=Path)
    for name, usual in (("users", 10_000), ("items", 30_000), ("pairs", 600_000), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    asked = parser.parse_args(arguments)
    paths = write_split(
        asked.folder, users=asked.users, items=asked.items, pairs=asked.pairs, seed=asked.seed
    )
    print(*paths)
    return 0


if __name__ == "__main__":
    sys.exit(main())
