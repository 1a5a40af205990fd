"""Paths across the music map: real tracks, in small steps, from one end to the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from musicai.core.errors import NoCandidates, QueryError
from musicai.models.music_map import MOST_STEPS, MusicMap, path_between
from musicai.models.music_map.layout import nearest


def map_of(points: np.ndarray, k: int = 5) -> MusicMap:
    """A map whose picture is the first two of its vectors."""
    points = np.asarray(points, dtype=np.float32)
    flat = np.zeros((len(points), 2), dtype=np.float32)
    flat[:, : min(2, points.shape[1])] = points[:, :2]
    return MusicMap(flat, points, nearest(points, k).rows)


def path(
    one: MusicMap,
    start: int,
    end: int,
    steps: int,
    artist: list[int] | np.ndarray | None = None,
    recording: list[int] | np.ndarray | None = None,
    allowed: np.ndarray | None = None,
) -> list[int]:
    each = np.arange(len(one.xy), dtype=np.int32)
    found = path_between(
        one,
        start,
        end,
        steps,
        artist=each if artist is None else np.asarray(artist, dtype=np.int32),
        recording=each if recording is None else np.asarray(recording, dtype=np.int32),
        allowed=allowed,
    )
    return found.tolist()


def line(n: int) -> MusicMap:
    """Tracks 0 … n − 1 at 0 … n − 1."""
    return map_of(np.arange(n)[:, None])


def test_along_a_line_it_goes_in_order() -> None:
    assert path(line(9), 0, 8, 9) == list(range(9))
    assert path(line(9), 8, 0, 5) == [8, 6, 4, 2, 0]
    assert path(line(9), 2, 6, 3) == [2, 4, 6]


def test_two_tracks_are_a_path() -> None:
    assert path(line(9), 1, 7, 2) == [1, 7]


def test_it_follows_what_is_there_instead_of_crossing_the_void() -> None:
    """Three quarters of a ring, beside a lone track in its middle: the way is round."""
    angle = np.linspace(0, 1.5 * np.pi, 40)
    points = np.stack([np.cos(angle), np.sin(angle)], axis=1) * 10
    one = map_of(np.vstack([points, [[2.0, -2.0]]]), k=3)
    found = path(one, 0, 39, 10)
    assert found == sorted(found)
    assert 40 not in found
    assert len(found) == 10


def test_islands_are_bridged() -> None:
    random = np.random.default_rng(0)
    islands = np.repeat([0.0, 100.0], 30)
    one = map_of(islands[:, None] + random.standard_normal((60, 2)), k=4)
    assert (one.neighbours[:30] < 30).all(), "they are not linked"
    found = path(one, 0, 59, 8)
    assert len(found) == 8
    crossings = np.diff((np.array(found) >= 30).astype(int))
    assert np.abs(crossings).sum() == 1, "it crosses once"


def test_no_artist_plays_twice_in_a_row() -> None:
    artist = np.arange(12) // 3
    found = path(line(12), 0, 11, 8, artist=artist)
    assert (np.diff(artist[found]) != 0).all()
    assert found[0] == 0
    assert found[-1] == 11


def test_unknown_artists_are_taken_to_differ() -> None:
    assert path(line(5), 0, 4, 5, artist=[-1] * 5) == [0, 1, 2, 3, 4]


def test_one_artist_alone_makes_no_path() -> None:
    with pytest.raises(NoCandidates, match="artist twice in a row"):
        path(line(5), 0, 4, 3, artist=[7] * 5)


def test_where_tracks_run_out_the_path_is_shorter() -> None:
    assert path(line(4), 0, 3, 10) == [0, 1, 2, 3]
    assert path(line(9), 0, 8, 9, allowed=np.zeros(9, dtype=bool)) == [0, 8]


def test_only_allowed_tracks_lie_between() -> None:
    allowed = np.zeros(9, dtype=bool)
    allowed[[1, 5, 6]] = True
    assert path(line(9), 0, 8, 5, allowed=allowed) == [0, 1, 5, 6, 8]


def test_the_same_music_comes_once() -> None:
    """Track 3 is the first one's other release, 5 is 4's."""
    recording = np.array([0, 1, 2, 0, 4, 4, 6, 7, 8])
    found = path(line(9), 0, 8, 9, recording=recording)
    assert 3 not in found
    assert len({*recording[found].tolist()}) == len(found)


def test_what_cannot_be_meant_is_said() -> None:
    one = line(5)
    for steps in (1, 0, -3, MOST_STEPS + 1):
        with pytest.raises(QueryError, match="2 to"):
            path(one, 0, 4, steps)
    with pytest.raises(QueryError, match="same music"):
        path(one, 2, 2, 5)
    with pytest.raises(QueryError, match="not on the map"):
        path(one.align(np.array([0, 1, -1], dtype=np.int32)), 0, 2, 3)


@hypothesis_settings(max_examples=60)
@given(
    n=st.integers(2, 40),
    seed=st.integers(0, 10_000),
    steps=st.integers(2, 12),
    artists=st.integers(1, 12),
)
def test_every_path_keeps_its_promises(n: int, seed: int, steps: int, artists: int) -> None:
    random = np.random.default_rng(seed)
    one = map_of(random.standard_normal((n, 3)).round(1))
    artist = random.integers(0, artists, n).astype(np.int32)
    recording = random.integers(0, n, n).astype(np.int32)
    start, end = 0, n - 1
    try:
        found = path(one, start, end, steps, artist, recording)
    except QueryError:
        assert recording[start] == recording[end]
        return
    except NoCandidates:
        assert artist[start] == artist[end], "else the two alone would be a path"
        return
    assert found[0] == start
    assert found[-1] == end
    assert 2 <= len(found) <= steps
    assert all(0 <= row < n for row in found)
    assert len(set(recording[found].tolist())) == len(found)
    assert (artist[found][1:] != artist[found][:-1]).all()
    assert found == path(one, start, end, steps, artist, recording)


@hypothesis_settings(max_examples=20)
@given(seed=st.integers(0, 1_000))
def test_its_steps_are_shorter_than_those_of_a_random_list(seed: int) -> None:
    random = np.random.default_rng(seed)
    one = map_of(random.standard_normal((400, 4)), k=10)
    start, end = (int(row) for row in random.choice(400, 2, replace=False))
    found = path(one, start, end, 10)

    def mean_hop(rows: list[int]) -> float:
        return float(np.linalg.norm(np.diff(one.vectors[rows], axis=0), axis=1).mean())

    others = [start, *(int(r) for r in random.choice(400, 8, replace=False)), end]
    assert mean_hop(found) < 0.75 * mean_hop(others)
