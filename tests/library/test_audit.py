"""What is there more than once is found, with what made it one."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from musicai.library.match_review import find_duplicates
from tests import worlds

TRACKS = [
    {"track_id": "a", "name": "Song", "artists": "Ada", "album": "First"},
    {"track_id": "b", "name": "Song - Remastered 2011", "artists": "Ada", "album": "Best of"},
    {"track_id": "c", "name": "Lied", "artists": "Ada", "isrc": "GBAYE8100053"},
    {"track_id": "d", "name": "Chanson", "artists": "Ada", "isrc": "GBAYE8100053"},
    {"track_id": "e", "name": "Alone", "artists": "Bo"},
    {"track_id": "f", "name": "Song", "artists": "Ada", "own": False},
]


def test_releases_and_repeats() -> None:
    items = pd.concat([worlds.playlist("Gym", [0, 1, 4]), worlds.playlist("Sleep", [4])])
    plays = [(1, 0.0), (1, 1.0), (0, 2.0), (3, 3.0)]
    made = worlds.library(TRACKS, plays)
    tracks = made.tracks.assign(recording=pd.array([0, 0, 1, 1, 2, 0], dtype="int32"))
    made = replace(made, tracks=tracks, playlist_items=items.astype({"playlist": "category"}))
    found = find_duplicates(made)
    assert [[r.track_id for r in one.releases] for one in found.merged] == [["b", "a"], ["d", "c"]]
    assert [(one.how, one.plays) for one in found.merged] == [("name", 3), ("isrc", 1)]
    [repeat] = found.repeated
    assert (repeat.playlist, repeat.name, repeat.times) == ("Gym", "Song", 2)


def test_nothing_twice_is_nothing() -> None:
    found = find_duplicates(worlds.library(TRACKS[3:5], [(0, 0.0)]))
    assert (found.merged, found.repeated) == ((), ())
