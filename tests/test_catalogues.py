"""Own tracks and catalogues joined: what each track learns, and from where."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from musicai.catalogues import join
from musicai.tables import AUDIO_FEATURES, TRACK_COLUMNS
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


@pytest.fixture(scope="module")
def joined() -> pd.DataFrame:
    frames = [("C", worlds.source_tracks(CATALOGUE))]
    found = join(worlds.source_tracks(OWN), range(6), [6], frames)
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
    found = join(worlds.source_tracks(CATALOGUE[:2]), [], [], frames)
    assert not found["own"].any()
    assert found["origin"].tolist() == ["C"] * 4


def test_earlier_catalogues_win_and_nothing_is_fine() -> None:
    other = worlds.source_tracks([{"track_id": "new", "name": "Elsewhere", "artists": "X"}])
    frames = [("C", worlds.source_tracks(CATALOGUE)), ("D", other)]
    found = join(worlds.source_tracks([]), [], [], frames)
    assert found.set_index("track_id").loc["new", "origin"] == "C"
    assert join(worlds.source_tracks([]), [], [], []).empty


def test_no_feature_anywhere_estimates_nothing() -> None:
    found = join(worlds.source_tracks([OWN[0], OWN[1]]), [0, 1], [], [])
    assert found["feature_source"].tolist() == ["none", "none"]
    assert np.isnan(found["energy"]).all()
