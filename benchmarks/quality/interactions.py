"""Any public split of user–item pairs: two files, or three with a validation part.

The layouts are those of :mod:`benchmarks.quality.pairs`. Nothing else is known of the items,
so what cannot speak stays silent.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse import csr_matrix

from benchmarks.quality.pairs import Pairs, layout_of, read_pairs
from benchmarks.quality.scoring import Problem, Times
from musicai.core.errors import DataError
from musicai.data.arrays import TrackFeatures
from musicai.data.library import AUDIO_FEATURES, Vocabulary
from musicai.models.item_item import MAX_COLUMNS, MAX_WORK

logger = logging.getLogger(__name__)

MANY_PAIRS = 300_000
"""From here on fewer settings are tried, for the time that fitting takes: …"""

TOO_MANY_PAIRS = 3_000_000
"""… and from here on none: the components keep their own settings."""

BUDGET = 300.0
"""Seconds in which settings are tried, of the ten minutes that the whole may take on two cores."""

_ALS: tuple[Mapping[str, Any], ...] = (
    {"regularization": Times(3.0), "alpha": Times(3.0)},
    {"regularization": Times(3.0)},
    {"regularization": Times(3.0)},
    {"regularization": Times(1 / 3)},
    {"regularization": Times(1 / 3)},
    {"alpha": Times(3.0)},
    {"alpha": Times(3.0)},
    {"alpha": Times(1 / 3)},
    {"regularization": Times(1 / 1.7)},
    {"regularization": Times(1.7)},
    {"factors": 128},
    {"factors": 256},
)

_FINER: tuple[Mapping[str, Any], ...] = (
    {"regularization": Times(1 / 1.5)},
    {"regularization": Times(1.5)},
    {"factors": 32},
)

_EASE: tuple[Mapping[str, Any], ...] = (
    {"regularization": Times(3.0)},
    {"regularization": Times(3.0)},
    {"regularization": Times(1 / 3)},
    {"dropout": 0.6},
    {"dropout": 0.1},
    {"neighbours": 400},
    {"method": "knn"},
)

_KNN: tuple[Mapping[str, Any], ...] = (
    {"method": "knn", "shrinkage": 60.0},
    {"method": "knn", "shrinkage": 200.0},
    {"method": "knn", "shrinkage": 5.0},
    {"method": "knn", "shrinkage": 1.0},
    {"method": "knn", "neighbours": 50},
)


EASE_SIDE = 5_000
"""Shorter side up to which EASE is tried; the product stops earlier, to train in seconds."""


def search_for(train: csr_matrix) -> dict[str, tuple[Mapping[str, Any], ...]]:
    """The settings to try on a matrix, so many as ten minutes on two cores allow.

    The steps are wide, as data differ by a factor of 100 in the regularization they want.
    """
    if train.nnz > TOO_MANY_PAIRS:
        return {}
    als = _ALS if train.nnz > MANY_PAIRS else (*_ALS, *_FINER)
    short, long = sorted(train.shape)
    work = float(train.shape[1]) * (train.nnz if train.shape[0] == short else long)
    small = short <= EASE_SIDE and train.shape[1] <= MAX_COLUMNS and work <= MAX_WORK
    ease = ({"ease_side": EASE_SIDE}, *_EASE, *_KNN)
    return {"collaborative": als, "item_item": ease if small else _KNN}


def load(train: Path, test: Path, valid: Path | None = None) -> Problem:
    """The split as a problem.

    Pairs of items never seen in training stay targets that cannot be found. Left out and
    counted are pairs of users without training items, test pairs that are in training, and
    validation pairs that are in training or test.

    Raises:
        DataError: a file holds no pair, or no test pair is left.
    """
    layout = layout_of(train)
    read = {"train": read_pairs(train, layout), "test": read_pairs(test, layout)}
    if valid is not None:
        read["valid"] = read_pairs(valid, layout)
    users = {name: row for row, name in enumerate(read["train"].users)}
    items: dict[str, int] = {}
    for pairs in read.values():
        for name in pairs.items:
            items.setdefault(name, len(items))
    parts = {name: _matrix(pairs, users, items) for name, pairs in read.items()}
    kept = {"train": parts["train"], "test": _without(parts["test"], parts["train"])}
    if valid is not None:
        kept["valid"] = _without(_without(parts["valid"], parts["train"]), kept["test"])
    if not kept["test"].nnz:
        raise DataError(f"No pair of {test} is of a user of {train} and new to that user.")
    facts = {"users": len(users), "items": len(items)}
    for name, part in kept.items():
        facts |= {f"{name}_pairs": part.nnz, f"{name}_left_out": len(read[name]) - part.nnz}
    logger.info("%s", ", ".join(f"{value:,} {name}" for name, value in facts.items()))
    nothing = unknown_features(len(items))
    return Problem(
        name=f"{train.name} / {test.name}",
        split="as given",
        train=kept["train"],
        test=kept["test"],
        valid=kept.get("valid"),
        features=lambda _: nothing,
        search=search_for(kept["train"]),
        facts=facts,
    )


def _matrix(pairs: Pairs, users: dict[str, int], items: dict[str, int]) -> csr_matrix:
    row = np.array([users.get(name, -1) for name in pairs.users], dtype=np.int32)[pairs.user]
    column = np.array([items[name] for name in pairs.items], dtype=np.int32)[pairs.item]
    known = row >= 0
    ones = np.ones(int(known.sum()), dtype=np.float32)
    return csr_matrix((ones, (row[known], column[known])), shape=(len(users), len(items)))


def _without(part: csr_matrix, seen: csr_matrix) -> csr_matrix:
    """The part's pairs that the other does not have."""
    found = csr_matrix(part - part.multiply(seen))
    found.eliminate_zeros()
    return found


def unknown_features(n: int) -> TrackFeatures:
    """Items of which nothing is known."""
    unknown = np.full(n, np.nan, dtype=np.float32)
    return TrackFeatures(
        vocabulary=Vocabulary(f"item-{k}" for k in range(n)),
        names=tuple(f"item {k}" for k in range(n)),
        artist_names=(),
        artist=np.full(n, -1, dtype=np.int32),
        recording=np.arange(n, dtype=np.int32),
        tfidf=sparse.csr_matrix((n, 1), dtype=np.float32),
        terms=("t:",),
        idf=np.ones(1, dtype=np.float32),
        audio=np.full((n, len(AUDIO_FEATURES)), np.nan, dtype=np.float32),
        feature_source=np.zeros(n, dtype=np.int32),
        genres=np.full((n, 10), np.nan, dtype=np.float32),
        popularity=unknown,
        year=unknown,
        duration=unknown,
    )
