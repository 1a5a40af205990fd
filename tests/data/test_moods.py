"""Moods follow their names, and know when they cannot tell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from musicai.data.library import AUDIO_FEATURES, FloatArray
from musicai.data.moods import (
    MOOD_HELP,
    MOOD_LABELS,
    MOOD_PLANE,
    MOOD_WEIGHTS,
    MOODS,
    mood_features,
    mood_fit,
    mood_matrix,
    mood_sentence,
    mood_worth,
)
from tests import worlds

LOUD = np.array([worlds.LOUD[name] for name in AUDIO_FEATURES], dtype=np.float32)
CALM = np.array([worlds.CALM[name] for name in AUDIO_FEATURES], dtype=np.float32)

FOLLOWS = {
    "energetic": {"energy": 1},
    "chill": {"energy": -1},
    "happy": {"valence": 1},
    "melancholic": {"valence": -1, "energy": -1},
    "party": {"danceability": 1},
    "focused": {"instrumentalness": 1, "speechiness": -1},
    "romantic": {"acousticness": 1, "energy": -1},
    "workout": {"energy": 1},
}
"""Feature → direction that a mood's best tracks must take, one spread from the mean or more."""


def test_the_tables_are_whole() -> None:
    for table in (MOOD_WEIGHTS, MOOD_LABELS, MOOD_HELP, MOOD_PLANE):
        assert tuple(table) == MOODS


def test_loud_and_calm_go_to_their_moods() -> None:
    scores = dict(zip(MOODS, mood_matrix(np.stack([LOUD, CALM])).T.tolist(), strict=True))
    for mood in ("energetic", "workout", "party"):
        assert scores[mood][0] > scores[mood][1], mood
    for mood in ("chill", "melancholic", "romantic", "focused"):
        assert scores[mood][1] > scores[mood][0], mood


def test_no_features_no_mood_and_one_gap_is_bridged() -> None:
    silent = np.full((1, 9), np.nan, dtype=np.float32)
    assert np.isnan(mood_matrix(silent)).all()
    gap = LOUD.copy()
    gap[AUDIO_FEATURES.index("liveness")] = np.nan
    assert not np.isnan(mood_matrix(gap[None])).any()
    assert mood_matrix(np.zeros((0, 9), dtype=np.float32)).shape == (0, 8)


@pytest.mark.parametrize("mood", MOODS)
def test_what_a_sentence_names_first_moves_the_score_most(mood: str) -> None:
    """Without that feature the score falls, and further than without another one."""
    row = LOUD if mood in ("energetic", "happy", "party", "workout") else CALM
    named = mood_features(mood, row)
    column = MOODS.index(mood)

    def without(feature: str) -> float:
        blank = row.copy()
        blank[AUDIO_FEATURES.index(feature)] = np.nan
        return float(np.nan_to_num(mood_matrix(blank[None])[0, column]))

    whole = float(mood_matrix(row[None])[0, column])
    falls = {rule.feature: whole - without(rule.feature) for rule in MOOD_WEIGHTS[mood]}
    assert falls[named[0]] > 0
    essential = [rule.feature for rule in MOOD_WEIGHTS[mood] if rule.essential]
    assert falls[named[0]] >= max(fall for name, fall in falls.items() if name not in essential)


@given(arrays(np.float32, 9, elements=st.floats(0, 1, width=32) | st.just(float("nan"))))
def test_one_track_fits_as_it_does_among_all(row: FloatArray) -> None:
    scaled = row * np.array([1, 1, 1, 1, 1, 1, 1, 200, -30], dtype=np.float32)
    for mood, worth in zip(MOODS, mood_worth(mood_matrix(scaled[None]))[0].tolist(), strict=True):
        if not np.isnan(worth):
            assert mood_fit(mood, scaled) == pytest.approx(worth, abs=1e-4)


def test_worth_is_one_scale_for_all_moods() -> None:
    low, high = mood_worth(mood_matrix(np.stack([CALM, LOUD])))
    chill, energetic = MOODS.index("chill"), MOODS.index("energetic")
    assert high[chill] < 0 < low[chill]
    assert low[energetic] < 0 < high[energetic]


@given(arrays(np.float32, (5, 9), elements=st.floats(0, 1, width=32) | st.just(float("nan"))))
def test_scores_stay_between_zero_and_one(audio: FloatArray) -> None:
    scores = mood_matrix(audio)
    known = scores[~np.isnan(scores)]
    assert scores.dtype == np.float32
    assert ((known >= 0) & (known <= 1)).all()


@pytest.mark.parametrize("mood", MOODS)
def test_the_sentence_has_a_number(mood: str) -> None:
    row = LOUD if mood in ("energetic", "happy", "party", "workout") else CALM
    assert any(sign.isdigit() for sign in mood_sentence(mood, row))


@pytest.fixture(scope="module")
def songs() -> FloatArray:
    from tests.conftest import SHARED  # noqa: PLC0415

    path: Path = SHARED / "tracks" / "spotify_songs" / "spotify_songs.csv"
    if not path.is_file():
        pytest.skip(f"the shared track table is not at {path}")
    table = pd.read_csv(path).drop_duplicates("track_id")
    return table[list(AUDIO_FEATURES)].to_numpy(dtype=np.float32)


def test_top_lists_differ(songs: FloatArray) -> None:
    scores = mood_matrix(songs)
    tops = [set(np.argsort(-scores[:, k], kind="stable")[:100].tolist()) for k in range(8)]
    for one in range(8):
        for other in range(one):
            assert len(tops[one] & tops[other]) < 30, (MOODS[one], MOODS[other])


@pytest.mark.parametrize(("mood", "directions"), FOLLOWS.items())
def test_top_lists_follow_their_names(
    songs: FloatArray, mood: str, directions: dict[str, int]
) -> None:
    top = np.argsort(-mood_matrix(songs)[:, MOODS.index(mood)], kind="stable")[:100]
    for feature, direction in directions.items():
        column = songs[:, AUDIO_FEATURES.index(feature)]
        away = (column[top].mean() - column.mean()) / column.std()
        needed = 0.5 if feature == "speechiness" else 1.0
        assert direction * away >= needed, (feature, away)
