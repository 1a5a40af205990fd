"""Own tracks and catalogues joined: what each track learns, and from where."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from musicai.data.feedback import MatchDecision
from musicai.data.library import AUDIO_FEATURES, KEY_COLUMNS, TRACK_COLUMNS
from musicai.library.assemble import join_tracks, stack_catalogues
from musicai.store import OwnData
from tests import worlds

OWN = [
    {"track_id": "by-id", "name": "One", "artists": "Ada"},
    {"track_id": "by-name", "name": "Two - Remastered 2011", "artists": "ADA"},
    {"track_id": "has", "name": "Three", "artists": "Bo", "genres": "bebop", **worlds.CALM},
    {"track_id": "same-artist", "name": "Four", "artists": "Bo"},
    {"track_id": "same-genre", "name": "Five", "artists": "Cy", "genres": "bebop"},
    {"track_id": "unknown", "name": "Six", "artists": "Di"},
    {"track_id": "famous", "name": "Yesterday", "artists": "The Beatles"},
]
CATALOGUE = [
    {"track_id": "by-id", "name": "One", "artists": "Ada", "popularity": 70, **worlds.LOUD},
    {"track_id": "other-id", "name": "Two", "artists": "Ada", "genres": "hard rock", **worlds.LOUD},
    {"track_id": "new", "name": "Seven", "artists": "Ed", **worlds.LOUD},
    {"track_id": "bare", "name": "Eight", "artists": "Ed"},
]


def own_data(rows: list[dict[str, Any]], played: Iterable[int], listed: Iterable[int]) -> OwnData:
    """Tracks of which some were played, an hour apart, and some stand in a playlist."""
    return OwnData(
        tracks=worlds.source_tracks(rows),
        plays=worlds.plays([(row, 2.0 * row) for row in played]),
        playlist_items=worlds.playlist("Listed", list(listed)),
        listeners=("you",),
        fingerprint="test",
    )


@pytest.fixture(scope="module")
def joined() -> pd.DataFrame:
    frames = [("C", worlds.source_tracks(CATALOGUE))]
    found = join_tracks(own_data(OWN, range(6), [6]), stack_catalogues(frames))
    return found.set_index("track_id", drop=False)


def test_own_tracks_keep_their_rows_and_new_ones_follow(joined: pd.DataFrame) -> None:
    assert list(joined.columns) == list(TRACK_COLUMNS)
    assert joined["track_id"].tolist() == [
        *(row["track_id"] for row in OWN),
        "other-id",
        "new",
        "bare",
    ]


@pytest.mark.parametrize(
    ("track", "source"),
    [
        ("by-id", "matched"),
        ("by-name", "matched"),
        ("has", "file"),
        ("same-artist", "estimated"),
        ("same-genre", "estimated"),
        ("unknown", "none"),
        ("new", "file"),
        ("bare", "estimated"),
    ],
)
def test_features_say_where_they_come_from(joined: pd.DataFrame, track: str, source: str) -> None:
    assert joined.loc[track, "feature_source"] == source
    has = bool(joined.loc[track, list(AUDIO_FEATURES)].notna().any())
    assert has == (source != "none")


def test_values_come_from_the_right_place(joined: pd.DataFrame) -> None:
    assert joined.loc["by-id", "energy"] == pytest.approx(worlds.LOUD["energy"])
    assert joined.loc["by-id", "popularity"] == 70
    assert joined.loc["same-artist", "energy"] == pytest.approx(worlds.CALM["energy"])
    assert joined.loc["same-genre", "tempo"] == pytest.approx(worlds.CALM["tempo"])


def test_a_key_comes_whole_from_the_file_or_the_matched_catalogue() -> None:
    own = [
        {"track_id": "none", "name": "One", "artists": "Ada", **worlds.CALM},
        {"track_id": "has", "name": "Two", "artists": "Ada", "key": 9, "mode": 0},
        {"track_id": "half", "name": "Three", "artists": "Ada", "key": 4},
        {"track_id": "half-there", "name": "Four", "artists": "Ada"},
        {"track_id": "alone", "name": "Five", "artists": "Ada"},
    ]
    catalogue = [
        {"track_id": "none", "name": "One", "artists": "Ada", "key": 7, "mode": 1, **worlds.LOUD},
        {"track_id": "has", "name": "Two", "artists": "Ada", "key": 0, "mode": 1},
        {"track_id": "half", "name": "Three", "artists": "Ada", "key": 2, "mode": 0},
        {"track_id": "half-there", "name": "Four", "artists": "Ada", "mode": 1},
        {"track_id": "new", "name": "Six", "artists": "Ada", "key": 0, "mode": 0},
    ]
    frames = stack_catalogues([("C", worlds.source_tracks(catalogue))])
    found = join_tracks(own_data(own, range(5), []), frames).set_index("track_id")
    keys = {row: tuple(found.loc[row, list(KEY_COLUMNS)]) for row in found.index}
    assert found["key_source"].to_dict() == {
        "none": "matched",
        "has": "file",
        "half": "matched",
        "half-there": "none",
        "alone": "none",
        "new": "file",
    }
    assert keys["none"] == (7.0, 1.0)
    assert found.loc["none", "energy"] == pytest.approx(worlds.CALM["energy"]), "its own file"
    assert (keys["has"], keys["half"]) == ((9.0, 0.0), (2.0, 0.0))
    assert np.isnan(keys["half-there"]).all()
    assert found.loc["alone", "feature_source"] == "estimated"
    assert np.isnan(keys["alone"]).all(), "a key is not estimated"


def test_genres_say_where_they_come_from(joined: pd.DataFrame) -> None:
    found = joined["genre_source"].to_dict()
    assert found["has"] == "file"
    assert found["by-name"] == "matched"
    assert joined.loc["by-name", "genres"] == "hard rock"
    assert found["same-artist"] == "artist"
    assert joined.loc["same-artist", "genres"] == "bebop"
    assert found["famous"] == "artist", "the table of well-known artists"
    assert joined.loc["famous", "genres"] != ""
    assert found["unknown"] == "none"


def test_origin_and_flags(joined: pd.DataFrame) -> None:
    assert joined["own"].tolist() == [True] * 7 + [False] * 3
    assert joined.loc["has", "origin"] == "your history"
    assert joined.loc["famous", "origin"] == "your playlists"
    assert joined.loc["new", "origin"] == "C"
    assert joined["in_catalogue"].tolist() == [True, True] + [False] * 5 + [True] * 3


def test_tracks_of_other_listeners_are_not_own() -> None:
    frames = [("C", worlds.source_tracks(CATALOGUE))]
    found = join_tracks(own_data(CATALOGUE[:2], [], []), stack_catalogues(frames))
    assert not found["own"].any()
    assert found["origin"].tolist() == ["C"] * 4


def test_earlier_catalogues_win_and_nothing_is_fine() -> None:
    other = worlds.source_tracks([{"track_id": "new", "name": "Elsewhere", "artists": "X"}])
    frames = [("C", worlds.source_tracks(CATALOGUE)), ("D", other)]
    found = join_tracks(own_data([], [], []), stack_catalogues(frames))
    assert found.set_index("track_id").loc["new", "origin"] == "C"
    assert join_tracks(own_data([], [], []), stack_catalogues([])).empty


def test_no_feature_anywhere_estimates_nothing() -> None:
    found = join_tracks(own_data([OWN[0], OWN[1]], [0, 1], []), stack_catalogues([]))
    assert found["feature_source"].tolist() == ["none", "none"]
    assert np.isnan(found["energy"]).all()


def test_each_match_says_how_it_was_made() -> None:
    own = [
        {"track_id": "i", "name": "Anything", "artists": "Ada", "isrc": "GBAYE8100053"},
        {"track_id": "n", "name": "Two - Remastered 2011", "artists": "ADA"},
        {"track_id": "f", "name": "Golden Browne", "artists": "The Stranglers"},
        {"track_id": "c", "name": "Other name", "artists": "Nobody"},
        {"track_id": "d", "name": "Three", "artists": "Ada", "duration_ms": 100_000},
        {"track_id": "-", "name": "Alone", "artists": "Solo"},
    ]
    catalogue = [
        {"track_id": "I", "name": "Something", "artists": "Ada", "isrc": "GBAYE8100053"},
        {"track_id": "N", "name": "Two", "artists": "Ada"},
        {"track_id": "F", "name": "Golden Brown", "artists": "The Stranglers"},
        {"track_id": "C", "name": "Quite another", "artists": "Somebody"},
        {"track_id": "D", "name": "Three", "artists": "Ada", "duration_ms": 300_000},
    ]
    full = [{**row, **worlds.LOUD} for row in catalogue]
    said = [MatchDecision.of("c", "C", same=True), MatchDecision.of("n", "N", same=False)]
    frames = stack_catalogues([("C", worlds.source_tracks(full))])
    found = join_tracks(own_data(own, range(6), []), frames, said).set_index("track_id")
    assert found["match"].iloc[:6].tolist() == ["isrc", "", "fuzzy", "confirmed", "", ""]
    number = found["recording"]
    assert number["i"] == number["I"]
    assert number["f"] == number["F"]
    assert number["c"] == number["C"]
    assert number["n"] != number["N"]
