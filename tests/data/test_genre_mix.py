"""A list that follows the listener's genres, on hand-worked mixes and by property."""

from __future__ import annotations

import math

import hypothesis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from musicai.ai_model import MusicAI
from musicai.core.settings import Settings
from musicai.data import genre_mix
from musicai.data.genre_mix import GenreGoal
from musicai.data.genres import GENRES
from musicai.ranking import rerank
from tests import worlds

ROCK, JAZZ = GENRES.index("rock"), GENRES.index("jazz")


def mix(**shares: float) -> np.ndarray:
    found = np.zeros(len(GENRES))
    for name, share in shares.items():
        found[GENRES.index(name)] = share
    return found


def test_the_divergence_by_hand() -> None:
    wanted = mix(rock=0.7, jazz=0.3)
    assert genre_mix.divergence(wanted, wanted) == pytest.approx(0, abs=1e-12)
    rock = 0.7 * math.log(0.7 / 0.997) + 0.3 * math.log(0.3 / 0.003)
    assert genre_mix.divergence(wanted, mix(rock=1)) == pytest.approx(rock)
    assert genre_mix.divergence(wanted, mix()) == pytest.approx(-math.log(0.01))


def test_a_mix_is_weighed_and_knows_the_unknown() -> None:
    membership = np.array([[1, 1], [0, 1], [np.nan, np.nan], [0, 0]], dtype=np.float32)
    tracks = genre_mix.mixes(membership)
    np.testing.assert_allclose(tracks, [[0.5, 0.5], [0, 1], [0, 0], [0, 0]])
    np.testing.assert_allclose(genre_mix.mix_of(tracks, np.array([3, 1, 9, 9])), [0.375, 0.625])
    assert not genre_mix.mix_of(tracks[2:]).any()
    assert list(genre_mix.list_shares(mix(jazz=0.3, rock=0.7))) == ["rock", "jazz"]


def goal_of(strength: float, wanted: np.ndarray, tracks: np.ndarray) -> GenreGoal:
    return GenreGoal(strength, wanted, tracks, genre_mix.main_genres(tracks))


def pool(tracks: np.ndarray) -> dict[str, np.ndarray]:
    n = len(tracks)
    return {
        "rows": np.arange(n),
        "artist": np.full(n, -1, dtype=np.int32),
        "recording": np.arange(n, dtype=np.int32),
        "likeness": np.eye(n, 5, dtype=np.float32),
    }


def reranked(score: np.ndarray, tracks: np.ndarray, strength: float, n: int = 10) -> np.ndarray:
    goal = goal_of(strength, mix(rock=0.7, jazz=0.3), tracks) if strength else None
    rules = rerank.RerankRules(n, artist_cap=100, genres=goal)
    return rerank.rerank(score.astype(np.float32), **pool(tracks), rules=rules)


def test_the_smaller_interest_gets_its_place() -> None:
    """Rock scores best throughout, and there are too many for jazz to be in the usual pool."""
    tracks = np.zeros((1_000, len(GENRES)))
    tracks[:900, ROCK] = tracks[900:, JAZZ] = 1
    score = np.linspace(1, 0, 1_000)
    assert tracks[reranked(score, tracks, 0)][:, JAZZ].sum() == 0
    listed = tracks[reranked(score, tracks, 1)]
    assert listed[:, ROCK].sum() == 7
    assert listed[:, JAZZ].sum() == 3
    steps = [
        float(
            genre_mix.divergence(
                mix(rock=0.7, jazz=0.3), genre_mix.mix_of(tracks[reranked(score, tracks, c)])
            )
        )
        for c in (0, 0.2, 0.5, 1)
    ]
    assert steps == sorted(steps, reverse=True)
    assert steps[0] > steps[-1]


def test_of_a_genre_the_best_come_first() -> None:
    tracks = np.zeros((40, len(GENRES)))
    tracks[::2, ROCK] = tracks[1::2, JAZZ] = 1
    listed = reranked(np.linspace(1, 0, 40), tracks, 1).tolist()
    assert [row for row in listed if row % 2 == 0] == list(range(0, 14, 2))
    assert [row for row in listed if row % 2] == [1, 3, 5]


def test_an_unknown_genre_neither_helps_nor_hurts() -> None:
    """Where rock and unknown alternate in score, rock is not taken before its better."""
    tracks = np.zeros((20, len(GENRES)))
    tracks[1::2, ROCK] = 1
    goal = goal_of(0.5, mix(rock=1.0), tracks)
    rules = rerank.RerankRules(10, genres=goal)
    score = np.linspace(1, 0, 20, dtype=np.float32)
    assert rerank.rerank(score, **pool(tracks), rules=rules).tolist() == list(range(10))
    nothing = goal_of(1.0, mix(rock=1.0), np.zeros_like(tracks))
    rules = rerank.RerankRules(10, genres=nothing)
    assert rerank.rerank(score, **pool(tracks), rules=rules).tolist() == list(range(10))


@hypothesis.settings(deadline=None)
@given(
    arrays(np.float32, st.integers(1, 60), elements=st.floats(-10, 10, width=32)),
    st.integers(1, 30),
    st.floats(0, 1),
    st.floats(0.01, 1),
    st.integers(1, 3),
    st.data(),
)
def test_a_calibrated_list_keeps_its_rules(
    score: np.ndarray, n: int, diversity: float, strength: float, cap: int, data: st.DataObject
) -> None:
    size = len(score)
    artist = data.draw(arrays(np.int32, size, elements=st.integers(-1, 4)))
    recording = data.draw(arrays(np.int32, size, elements=st.integers(0, size)))
    member = data.draw(arrays(np.float32, (size, 10), elements=st.sampled_from([0.0, 0.5, 1.0])))
    goal = goal_of(strength, mix(rock=0.7, jazz=0.3), genre_mix.mixes(member))
    rules = rerank.RerankRules(n, diversity, cap, goal)
    arrays_ = pool(goal.tracks) | {"artist": artist, "recording": recording}
    found = rerank.rerank(score, **arrays_, rules=rules)
    assert len(set(found.tolist())) == len(found) <= n
    assert set(found.tolist()) <= set(range(size))
    assert len(set(recording[found])) == len(found)
    known = artist[found][artist[found] >= 0]
    assert not len(known) or np.bincount(known).max() <= cap
    if len(found) < n:  # whatever was left out could not have been added
        for row in set(range(size)) - set(found.tolist()):
            full = artist[row] >= 0 and (known == artist[row]).sum() >= cap
            assert full or recording[row] in recording[found]


# --- through the public door ----------------------------------------------------------


@pytest.fixture
def listener(settings: Settings) -> MusicAI:
    """Who hears 70 % rock and 30 % jazz, and a catalogue of both."""
    rows = [
        {
            "track_id": f"t{k:03d}",
            "name": f"Song {k}",
            "artists": f"Artist {k}",
            "genres": ("hard rock" if k % 10 < 7 else "bebop") if k < 200 else "",
            **(worlds.LOUD if k % 10 < 7 else worlds.CALM),
            "own": k < 100,
            "in_catalogue": k >= 100,
        }
        for k in range(220)
    ]
    events = [(k, k) for k in range(100)]
    return MusicAI(settings=settings, library=worlds.library(rows, events))


def far(found_wanted: dict[str, float], found_listed: dict[str, float]) -> float:
    wanted, listed = (
        np.array([shares.get(name, 0.0) for name in GENRES])
        for shares in (found_wanted, found_listed)
    )
    return float(genre_mix.divergence(wanted, listed))


def test_the_list_comes_nearer_to_the_listener(listener: MusicAI) -> None:
    plain = listener.get_hybrid_recommendations(mood="energetic", artist_cap=20)
    followed = listener.get_hybrid_recommendations(mood="energetic", artist_cap=20, calibration=1)
    assert dict(plain.genres_wanted) == dict(plain.genres_listed) == {}
    wanted = dict(followed.genres_wanted)
    assert wanted["rock"] > wanted["jazz"] > 0.2
    mixes = genre_mix.mixes(listener.features.genres)
    before = genre_mix.list_shares(genre_mix.mix_of(mixes[[item.track for item in plain]]))
    assert far(wanted, dict(followed.genres_listed)) < far(wanted, before)
    assert far(wanted, dict(followed.genres_listed)) < 0.01
    for item in followed:
        assert item.score == pytest.approx(sum(item.contributions.values()), abs=1e-9)


def test_without_genres_the_list_stays_and_says_why(settings: Settings) -> None:
    rows = [
        {"track_id": f"t{k}", "name": f"n{k}", "artists": f"a{k}", "popularity": float(k)}
        for k in range(9)
    ]
    music = MusicAI(settings=settings, library=worlds.library(rows, [(0, 0), (1, 1)]))
    plain = music.get_hybrid_recommendations(mode="rediscover")
    asked = music.get_hybrid_recommendations(mode="rediscover", calibration=1)
    assert [item.track for item in plain] == [item.track for item in asked]
    assert any("No genre is known" in note for note in asked.notes)
    assert not any("No genre is known" in note for note in plain.notes)
