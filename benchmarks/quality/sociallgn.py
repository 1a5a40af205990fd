"""Quality 1: Last.fm with tags and friendships, on the split of SocialLGN (2022).

1,892 listeners, 17,632 artists. A tag that a listener gave to an artist of that listener's
own hidden pairs would betray them, and is left out; play counts serve the training pairs only.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix, diags_array

from benchmarks.quality.scoring import Problem
from musicai.data.arrays import TrackFeatures
from musicai.data.library import AUDIO_FEATURES, Vocabulary

RAREST = 3
"""A tag on fewer artists is left out."""

SEARCH = {
    "content": ({"rarity": 0.5}, {"rarity": 0.3}, {"saturation": 1.0}),
    "collaborative": (
        {"factors": 128, "regularization": 50.0, "alpha": 10.0, "epochs": 15},
        {"regularization": 70.0, "alpha": 15.0},
        {"factors": 256},
        {"bridge": False},
        {"genre_weight": 1.0},
        {"friend_weight": 0.6},
        {"regularization": 100.0, "alpha": 25.0},
    ),
    "item_item": (
        {"ease_side": 4_000},
        {"regularization": 200.0},
        {"neighbours": 400},
        {"friend_weight": 0.6},
    ),
}


def load(data: Path) -> Problem:
    """The split and what belongs to it."""
    split, raw = data / "interactions/lastfm_sociallgn", data / "interactions/hetrec_lastfm2k"
    items = _numbers(split / "itemReindex.json")
    users = _numbers(split / "userReindex.json")
    shape = (len(users), len(items))
    train, test = (
        _pairs(pd.read_csv(split / f"{part}_set.txt"), shape) for part in ("train", "test")
    )
    friends = _pairs(pd.read_csv(split / "trust.txt"), (shape[0], shape[0]))
    names = pd.read_csv(raw / "artists.dat", sep="\t", quoting=3)
    names.index = names["id"].map(items)
    tags = pd.read_csv(raw / "user_taggedartists.dat", sep="\t")
    tags = pd.DataFrame(
        {
            "user": tags["userID"].map(users),
            "item": tags["artistID"].map(items),
            "tag": tags["tagID"],
        }
    ).dropna()
    tag_names = pd.read_csv(raw / "tags.dat", sep="\t", encoding="latin-1", quoting=3)
    words = dict(zip(tag_names["tagID"], tag_names["tagValue"].astype(str), strict=True))
    artists = tuple(names["name"].astype(str).reindex(range(shape[1])).fillna(""))
    return Problem(
        name="Last.fm (HetRec 2011) with tags and friends",
        split="SocialLGN, Information Sciences 589 (2022): train_set.txt, test_set.txt",
        train=_counted(train, raw / "user_artists.dat", users, items),
        test=test,
        features=lambda hidden: _features(artists, tags.astype(int), words, hidden),
        friends=friends,
        search=SEARCH,
    )


def _numbers(path: Path) -> dict[int, int]:
    return {int(old): new for old, new in json.loads(path.read_text()).items()}


def _pairs(frame: pd.DataFrame, shape: tuple[int, int]) -> csr_matrix:
    row, column = frame.iloc[:, 0].to_numpy(), frame.iloc[:, 1].to_numpy()
    return csr_matrix((np.ones(len(frame), dtype=np.float32), (row, column)), shape=shape)


def _counted(
    train: csr_matrix, path: Path, users: dict[int, int], items: dict[int, int]
) -> csr_matrix:
    """Training pairs with log(1 + plays / the listener's median), as neighbour packs have them."""
    counts = pd.read_csv(path, sep="\t")
    row, column = counts["userID"].map(users), counts["artistID"].map(items)
    plays = csr_matrix((counts["weight"].astype(float), (row, column)), shape=train.shape)
    known = csr_matrix(plays.multiply(train))
    per_user = np.split(known.data, known.indptr[1:-1])
    usual = np.array([np.median(values) if len(values) else 1.0 for values in per_user])
    known.data = np.log1p(known.data / np.repeat(usual, np.diff(known.indptr)))
    return csr_matrix(known, dtype=np.float32)


def _features(
    artists: tuple[str, ...], tags: pd.DataFrame, words: dict[int, str], hidden: csr_matrix
) -> TrackFeatures:
    """Artists as items; their documents are the tags that may be known."""
    n = len(artists)
    row, column = hidden.nonzero()
    secret = set((row.astype(np.int64) * n + column).tolist())
    key = tags["user"].to_numpy() * n + tags["item"].to_numpy()
    known = tags[~np.isin(key, np.fromiter(secret, dtype=np.int64, count=len(secret)))]
    code, ids = pd.factorize(known["tag"], sort=True)
    counts = csr_matrix(
        (np.ones(len(known)), (known["item"].to_numpy(), code)), shape=(n, len(ids))
    )
    n_items = np.asarray((counts > 0).sum(axis=0)).ravel()
    counts = csr_matrix(counts[:, n_items >= RAREST])
    ids, n_items = ids[n_items >= RAREST], n_items[n_items >= RAREST]
    idf = np.log((1 + n) / (1 + n_items)) + 1
    counts.data = np.log1p(counts.data)
    weighted = csr_matrix(counts @ diags_array(idf))
    length = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    tfidf = diags_array(1 / np.where(length > 0, length, 1)) @ weighted
    unknown = np.full(n, np.nan, dtype=np.float32)
    return TrackFeatures(
        vocabulary=Vocabulary(f"artist-{k}" for k in range(n)),
        names=artists,
        artist_names=artists,
        artist=np.arange(n, dtype=np.int32),
        recording=np.arange(n, dtype=np.int32),
        tfidf=csr_matrix(tfidf, dtype=np.float32),
        terms=tuple(f"g:{words.get(int(tag), tag)}" for tag in ids),
        idf=idf.astype(np.float32),
        audio=np.full((n, len(AUDIO_FEATURES)), np.nan, dtype=np.float32),
        feature_source=np.zeros(n, dtype=np.int32),
        genres=np.full((n, 10), np.nan, dtype=np.float32),
        popularity=unknown,
        year=unknown,
        duration=unknown,
    )
