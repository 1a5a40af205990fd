"""The border: what a Library refuses, and what was known before a moment."""

from __future__ import annotations

import pandas as pd
import pytest

from musicai.core.errors import DataError
from musicai.data.frames import conform, empty_frame
from musicai.data.library import TRACK_COLUMNS, Library, Vocabulary
from tests import worlds


def parts(**changes: object) -> dict[str, object]:
    base = worlds.two_camps(4, catalogue=2)
    return {
        "profile": "p",
        "invented": False,
        "tracks": base.tracks,
        "plays": base.plays,
        "playlist_items": base.playlist_items,
        "listeners": ("you",),
        "fingerprint": "f",
        **changes,
    }


def test_a_fair_library_passes_and_is_sorted() -> None:
    base = worlds.two_camps(4)
    shuffled = base.plays.sample(frac=1, random_state=0)
    found = Library.validate(**parts(tracks=base.tracks, plays=shuffled))  # type: ignore[arg-type]
    assert found.plays["played_at"].is_monotonic_increasing


def test_misfits_are_refused() -> None:
    base = worlds.two_camps(4, catalogue=2)
    outside = base.plays.assign(track=99)
    twice = pd.concat([base.tracks, base.tracks.head(1)])
    nameless = base.tracks.assign(track_id=["", *base.tracks["track_id"][1:]])
    invented = base.tracks.assign(track_id=["invented00000000000001", *base.tracks["track_id"][1:]])
    for change in (
        {"plays": outside},
        {"tracks": twice},
        {"tracks": nameless},
        {"tracks": invented},
        {"invented": True},
        {"tracks": base.tracks.drop(columns="energy")},
        {"tracks": base.tracks.assign(energy="loud")},
        {"plays": base.plays.assign(listener=3)},
    ):
        with pytest.raises(DataError):
            Library.validate(**parts(**change))  # type: ignore[arg-type]


def test_vocabulary_finds_rows_both_ways() -> None:
    words = Vocabulary(["a", "b", "c"])
    assert words.rows(["c", "x", "a"]).tolist() == [2, -1, 0]
    assert words.id(1) == "b"
    assert "b" in words
    assert words.fingerprint != Vocabulary(["a", "c", "b"]).fingerprint
    assert Vocabulary([]).rows(["a"]).tolist() == [-1]


def test_before_forgets_what_came_later() -> None:
    rows = [{"track_id": name, "name": name, "artists": "A"} for name in "abc"]
    items = worlds.playlist("mine", [2])
    whole = worlds.library(rows, [(0, 1), (1, 10)], items=items)
    cut = worlds.START + pd.Timedelta(hours=5)
    past = whole.before(cut)
    assert past.tracks["own"].tolist() == [True, False, True]
    assert past.plays["track"].tolist() == [0]
    assert whole.tracks["own"].all(), "the whole library is untouched"
    assert past.fingerprint != whole.fingerprint


def test_api_rows_wait_for_consent() -> None:
    rows = [{"track_id": name, "name": name, "artists": "A"} for name in "ab"]
    items = pd.concat(
        [worlds.playlist("own", [0]), worlds.playlist("api", [1], api_born=True)],
        ignore_index=True,
    )
    items["playlist"] = items["playlist"].astype("category")
    assert worlds.library(rows, items=items).training_items()["track"].tolist() == [0]
    assert worlds.library(rows, items=items, consent=True).training_items()["track"].tolist() == [
        0,
        1,
    ]


def test_conform_names_the_missing_column() -> None:
    with pytest.raises(DataError, match="energy"):
        conform(empty_frame(TRACK_COLUMNS).drop(columns="energy"), TRACK_COLUMNS, "tracks")
