"""Any file of ``user item item …`` lines in time order: leave-one-out, full ranking.

The last item of a user is the test item, the one before it chooses the settings; everything
before is learned from, and for the test the validation item too.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.quality.next_items import Ask, NextItems, Rows
from musicai.core.errors import DataError
from musicai.models.sequence import SequenceConfig

FEWEST = 3
"""Items a user needs: one to learn from, one to choose on, one to measure."""

IN_CHOICE = 3_000
"""Validation users that the settings are chosen on; of more, so many are drawn by chance."""

CANDIDATES = [
    SequenceConfig(decay=decay, neighbour_share=share, backward=backward, window=window)
    for decay, share, backward, window in product((0.4, 0.7, 0.9), (0.2, 0.5, 0.8), (0.5,), (6,))
] + [
    SequenceConfig(decay=0.7, neighbour_share=0.2, backward=0.0, window=6),
    SequenceConfig(decay=0.7, neighbour_share=0.2, backward=0.2, window=3),
    SequenceConfig(decay=0.7, neighbour_share=0.5, backward=0.5, window=12),
]
"""What is chosen from."""


def load(path: Path, seed: int = 0) -> NextItems:
    """The file as a problem. Where no user has an item twice, items of a user are masked.

    Raises:
        DataError: a line is no user with items, or no user has enough of them.
        OSError: the file is not there.
    """
    items: dict[str, int] = {}
    lines: list[Rows] = []
    short = 0
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            fields = line.replace(",", " ").split()
            if not fields:
                continue
            if len(fields) < 2:
                raise DataError(f"{path}, line {number}: a user without items.")
            rows = [items.setdefault(name, len(items)) for name in fields[1:]]
            if len(rows) < FEWEST:
                short += 1
            else:
                lines.append(np.array(rows, dtype=np.int32))
    if not lines:
        raise DataError(f"No user of {path} has {FEWEST} items or more.")
    repeats = any(len(np.unique(one)) < len(one) for one in lines)
    chosen = np.arange(len(lines))
    if len(chosen) > IN_CHOICE:
        drawn = np.random.default_rng(seed).choice(len(lines), IN_CHOICE, replace=False)
        chosen = np.sort(drawn)
    return NextItems(
        name=path.name,
        split="leave one out: each user's last item",
        sessions=[one[:-1] for one in lines],
        test=[Ask(one[:-1], int(one[-1])) for one in lines],
        valid_sessions=[one[:-2] for one in lines],
        valid=[Ask(lines[k][:-2], int(lines[k][-2])) for k in chosen],
        n_items=len(items),
        masked=not repeats,
        cutoffs=(5, 10, 20),
        hits="hr",
        facts={
            "users": len(lines),
            "items": len(items),
            "users_with_too_few_items": short,
            "items_come_again": repeats,
        },
    )
