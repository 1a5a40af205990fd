"""What a person leaves out of their taste is out of sight, and comes back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from musicai.data.feedback import Exclusion
from musicai.data.library import Library
from musicai.library.exclusions import count_excluded, leave_out
from tests import worlds

START = int(worlds.START.timestamp())


@pytest.fixture
def library() -> Library:
    """Five tracks: two of one artist, one with her as a guest, one in two releases."""
    tracks = [
        {"track_id": "a1", "name": "One", "artists": "Ada"},
        {"track_id": "a2", "name": "Two", "artists": "Ada"},
        {"track_id": "b1", "name": "Three", "artists": "Bob;ADA"},
        {"track_id": "c1", "name": "Four", "artists": "Cid"},
        {"track_id": "c2", "name": "Four - Remastered 2011", "artists": "Cid"},
    ]
    plays = [
        (0, 0.0),
        (1, 1.0),
        (2, 2.0),
        (3, 3.0),
        (4, 4.0),
        (3, 50.0),
        (3, 51.0, 200_000, False, 1),
    ]
    made = worlds.library(tracks, plays, listeners=("you", "other"))
    items = pd.concat([worlds.playlist("Sleep", [1, 3]), worlds.playlist("Gym", [3])])
    return replace(made, playlist_items=items.astype({"playlist": "category"}))


def kept(library: Library) -> list[int]:
    mine = library.plays[library.plays["listener"] == 0]
    return mine["track"].tolist()


def test_an_artist_goes_also_as_a_guest(library: Library) -> None:
    left = leave_out(library, [Exclusion("artist", "ada")])
    assert kept(left) == [3, 4, 3]
    assert left.excluded_plays == 3 == count_excluded(library, Exclusion("artist", "ada"))
    assert left.tracks["excluded"].tolist() == [True, True, True, False, False]
    assert left.playlist_items["track"].tolist() == [3, 3]


def test_a_track_goes_with_all_its_releases_and_others_keep_their_plays(library: Library) -> None:
    left = leave_out(library, [Exclusion("track", "c2")])
    assert kept(left) == [0, 1, 2]
    assert (left.plays["listener"] == 1).sum() == 1
    assert left.tracks["excluded"].tolist() == [False, False, False, True, True]


def test_a_playlist_goes_with_the_plays_of_its_tracks(library: Library) -> None:
    left = leave_out(library, [Exclusion("playlist", "Sleep")])
    assert kept(left) == [0, 2]
    assert left.playlist_items["playlist"].tolist() == ["Gym"]


def test_a_period_is_half_open_and_marks_only_tracks_of_which_nothing_is_left(
    library: Library,
) -> None:
    rule = Exclusion("period", "", START + 3600, START + 4 * 3600)
    left = leave_out(library, [rule])
    assert kept(left) == [0, 4, 3]
    # track 1 stands in a playlist still, track 2 has nothing left, track 3 was played later
    assert left.tracks["excluded"].tolist() == [False, False, True, False, False]


def test_rules_add_up_and_are_taken_back_by_not_naming_them(library: Library) -> None:
    rules = [Exclusion("track", "a1"), Exclusion("artist", "Ada")]
    assert leave_out(library, rules).excluded_plays == 3
    assert leave_out(library, []) is library
    assert not library.tracks["excluded"].any()


@pytest.mark.parametrize("kind", ["artist", "track", "playlist"])
def test_a_name_that_is_not_there_takes_nothing(library: Library, kind: str) -> None:
    left = leave_out(library, [Exclusion(kind, "nobody")])  # type: ignore[arg-type]
    assert left.excluded_plays == 0
    assert len(left.plays) == len(library.plays)


def test_before_a_cut_an_excluded_track_is_still_no_new_one(library: Library) -> None:
    left = leave_out(library, [Exclusion("artist", "Ada")])
    early = left.before(worlds.START + pd.Timedelta(hours=3.5))
    assert np.flatnonzero(early.tracks["own"]).tolist() == [0, 1, 2, 3]
