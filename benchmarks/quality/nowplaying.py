"""#nowplaying: the next track of a session, by date; files as the shared data hold them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.quality.next_items import Ask, NextItems, Rows

FOLDER = Path("interactions") / "nowplaying_session"


def load(data: Path) -> NextItems:
    """The split of GCE-GNN (SIGIR 2020): sessions to learn from, and prefixes with their target.

    Raises:
        OSError: a file is not there.
    """
    folder = data / FOLDER
    sessions = list(_sessions(folder / "train_sessions.txt"))
    test = list(_asks(folder / "test_prefix_target.tsv"))
    largest = max(int(one.max()) for one in sessions)
    n_items = 1 + max(largest, *(ask.target for ask in test))
    return NextItems(
        name="#nowplaying",
        split="by date, the last 60 days are the test part (GCE-GNN's files)",
        sessions=sessions,
        test=test,
        n_items=n_items,
        facts={
            "train_sessions": len(sessions),
            "train_plays": sum(map(len, sessions)),
            "test_examples": len(test),
        },
    )


def _sessions(path: Path) -> Iterator[Rows]:
    with path.open(encoding="ascii") as lines:
        for line in lines:
            if line.strip():
                yield np.array(line.split(), dtype=np.int32)


def _asks(path: Path) -> Iterator[Ask]:
    with path.open(encoding="ascii") as lines:
        for line in lines:
            prefix, _, target = line.partition("\t")
            if target.strip():
                yield Ask(np.array(prefix.split(), dtype=np.int32), int(target))
