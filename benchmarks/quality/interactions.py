"""Any public split of user–item pairs: two files, or three with a validation part.

A file's first two columns are user and item, apart by spaces, tabs or commas, with a header
or without one. Nothing else is known of the items, so what cannot speak stays silent.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csr_matrix

from benchmarks.quality.protocol import Problem
from musicai.errors import DataError
from musicai.recommenders.base import TrackFeatures
from musicai.tables import AUDIO_FEATURES, Vocabulary

logger = logging.getLogger(__name__)

SEARCH = {
    "collaborative": (
        {"factors": 128, "regularization": 10.0, "alpha": 2.0},
        {"regularization": 30.0, "alpha": 5.0},
        {"regularization": 50.0, "alpha": 10.0, "epochs": 15},
        {"factors": 256},
        {"regularization": 100.0, "alpha": 10.0},
        {"regularization": 5.0, "alpha": 1.0},
    ),
    "item_item": (
        {"neighbours": 400},
        {"regularization": 300.0},
        {"regularization": 30.0},
        {"dropout": 0.5},
        {"method": "knn"},
    ),
}

_HEADER = re.compile(r"user|item|artist|track|song|rating|id", re.IGNORECASE)


def read_pairs(path: Path) -> pd.DataFrame:
    """The file's pairs as strings, each once; rows without two values are counted and left out.

    Raises:
        DataError: the file holds no pair.
    """
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        first = file.readline()
    separator = "," if "," in first else "\t" if "\t" in first else r"\s+"
    cells = [cell.strip() for cell in re.split(separator, first.strip())]
    header = len(cells) >= 2 and all(_HEADER.search(c) and not c.isdigit() for c in cells[:2])
    frame = pd.read_csv(
        path,
        sep=separator,
        header=None,
        skiprows=1 if header else 0,
        usecols=[0, 1],
        names=["user", "item"],
        dtype=str,
        keep_default_na=False,
        encoding="utf-8-sig",
        encoding_errors="replace",
        on_bad_lines="skip",
        engine="python" if separator == r"\s+" else "c",
        quoting=3,
    )
    frame = frame.fillna("")
    whole = (frame["user"].str.strip() != "") & (frame["item"].str.strip() != "")
    found = frame[whole].drop_duplicates(ignore_index=True)
    logger.info(
        "%s: %d pairs, %d rows without two values, %d repeated",
        path.name,
        len(found),
        int((~whole).sum()),
        int(whole.sum()) - len(found),
    )
    if found.empty:
        raise DataError(f"{path} holds no pair of user and item in its first two columns.")
    return found


def load(train: Path, test: Path, valid: Path | None = None) -> Problem:
    """The split as a problem.

    Pairs of items never seen in training stay targets that cannot be found; pairs of users
    without training items are left out and counted.

    Raises:
        DataError: a file holds no pair, or no test user is in the training part.
    """
    frames = {"train": read_pairs(train), "test": read_pairs(test)}
    if valid is not None:
        frames["valid"] = read_pairs(valid)
    users = pd.Index(pd.unique(frames["train"]["user"]))
    items = pd.Index(pd.unique(pd.concat([frame["item"] for frame in frames.values()])))
    parts = {name: _matrix(frame, users, items, name) for name, frame in frames.items()}
    seen = parts["train"]
    hidden = {name: _without(part, seen) for name, part in parts.items() if name != "train"}
    if not hidden["test"].nnz:
        raise DataError(f"No pair of {test} is of a user of {train} and new to that user.")
    nothing = _features(len(items))
    return Problem(
        name=f"{train.name} / {test.name}",
        split="as given",
        train=seen,
        test=hidden["test"],
        valid=hidden.get("valid"),
        features=lambda _: nothing,
        search=SEARCH,
    )


def _matrix(frame: pd.DataFrame, users: pd.Index, items: pd.Index, name: str) -> csr_matrix:
    row, column = users.get_indexer(frame["user"]), items.get_indexer(frame["item"])
    known = row >= 0
    if not known.all():
        logger.info("%s: %d pairs of users without training items", name, int((~known).sum()))
    ones = np.ones(int(known.sum()), dtype=np.float32)
    return csr_matrix((ones, (row[known], column[known])), shape=(len(users), len(items)))


def _without(part: csr_matrix, seen: csr_matrix) -> csr_matrix:
    found = csr_matrix(part - part.multiply(seen))
    found.eliminate_zeros()
    return found


def _features(n: int) -> TrackFeatures:
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
