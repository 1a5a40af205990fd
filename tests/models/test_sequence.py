"""What comes next: by hand on few sessions, and on data that no one would wish for."""

from __future__ import annotations

from collections.abc import Sequence as Listed
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicai import data_processor as dp
from musicai.core.errors import QueryError
from musicai.core.progress import no_progress
from musicai.data.arrays import NO_SEQUENCES, History, Query, Sequences, TrainingData
from musicai.data.library import IntArray
from musicai.models import sequence as module
from musicai.models.sequence import Sequence, SequenceConfig
from musicai.ranking.feedback import LatestFeedback, apply_feedback
from tests import worlds
from tests.component_contract import STRANGER, ComponentContract


class TestSequence(ComponentContract):
    component = Sequence
    floor = 0.4


def rows(*found: int) -> IntArray:
    return np.array(found, dtype=np.int32)


def played(
    *sessions: Listed[int], skipped: Listed[tuple[int, int]] = (), own: bool = True
) -> Sequences:
    """Sessions one after the other; ``skipped`` are (session, place)."""
    length = [len(one) for one in sessions]
    starts = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    listened = np.ones(starts[-1], dtype=bool)
    for session, place in skipped:
        listened[starts[session] + place] = False
    flat = [row for one in sessions for row in one]
    return Sequences(rows(*flat), starts, listened, np.full(len(sessions), own))


def data_of(found: Sequences, n_tracks: int = 8) -> TrainingData:
    tracks = [{"track_id": f"t{n}", "name": f"Song {n}", "artists": "A"} for n in range(n_tracks)]
    library = worlds.library(tracks)
    data = dp.build_training_data(library, dp.build_features(library))
    return replace(data, sequences=found)


def fitted(found: Sequences, n_tracks: int = 8, **config: Any) -> Sequence:
    return Sequence(SequenceConfig(**config)).fit(data_of(found, n_tracks), no_progress)


def after(*seeds: int) -> Query:
    return Query(STRANGER, rows(*seeds))


# --- by hand --------------------------------------------------------------------------


def test_surroundings_by_hand() -> None:
    """Near 0: 1 at +1 twice, 2 at +2, 3 at −1; a window of 2, distance 1, backward ½."""
    found = played([0, 1, 2], [3, 0, 1])
    model = fitted(found, window=2, distance=1.0, backward=0.5, neighbour_share=0.0)
    weights = np.array([0.0, 2.0, 0.5, 0.5])
    expected = weights / weights.sum()
    np.testing.assert_allclose(model.score(after(0))[:4], expected, rtol=1e-6)
    assert np.isnan(model.score(after(0))[4:]).all()


def test_a_skip_counts_in_the_sum_alone() -> None:
    plain = fitted(played([0, 1], [0, 2]), neighbour_share=0.0, window=1)
    broken = played([0, 1], [0, 2], skipped=[(1, 1)])
    skipped = fitted(broken, neighbour_share=0.0, window=1)
    np.testing.assert_allclose(plain.score(after(0))[:3], [0, 0.5, 0.5])
    near = skipped._around(skipped._session_of(after(0)))
    assert dict(zip(near.tracks.tolist(), near.given.tolist(), strict=True)) == {1: 0.5, 2: 0.0}


def test_the_last_track_counts_most() -> None:
    model = fitted(played([0, 2], [1, 3]), neighbour_share=0.0, decay=0.5)
    scores = model.score(after(0, 1))
    assert scores[3] == pytest.approx(2 * scores[2])
    scores = model.score(after(1, 0))
    assert scores[2] == pytest.approx(2 * scores[3])


def test_a_skipped_track_of_the_session_speaks_against() -> None:
    model = fitted(played([0, 2], [1, 3]), neighbour_share=0.0, decay=1.0, skip_weight=0.5)
    past = replace(STRANGER, recent=rows(0, 1), recent_heard=np.array([True, False]))
    scores = model.score(Query(past, rows()))
    assert scores[2] > 0
    assert scores[3] < 0


def test_sessions_like_it_by_hand() -> None:
    """Both hold 0; the one that holds 1 too is twice as like, so its 2 leads."""
    found = played([0, 1, 2], [0, 3], [4, 5])
    model = fitted(found, neighbour_share=1.0, length_penalty=0.0, decay=1.0)
    alike = model._alike(model._session_of(after(0, 1)))
    idf = np.log1p(3 / np.array([2, 1]))
    assert alike[2] == pytest.approx(idf.sum())
    assert alike[3] == pytest.approx(idf[0])
    assert alike[4] == 0


def test_seeds_go_before_the_last_session() -> None:
    model = fitted(played([0, 2], [1, 3]))
    past = replace(STRANGER, recent=rows(1), recent_heard=np.array([True]))
    assert np.nanargmax(model.score(Query(past, rows()))) in (1, 3)
    assert np.nanargmax(model.score(Query(past, rows(0)))) in (0, 2)


def test_reasons_name_the_track_and_how_often() -> None:
    found = played([0, 1], [0, 5, 1], [0, 3])
    model = fitted(found)
    (first, *_) = model.reasons(after(3, 0), 1)
    assert first.seed == 0
    assert first.text == "you played it near “Song 0” in 2 sessions"
    others = fitted(replace(found, own=np.zeros(3, dtype=bool)))
    assert others.reasons(after(0), 3)[0].text == "others played it near “Song 0” in one session"
    others.others_ = True
    assert others.reasons(after(0), 3)[0].text == "listeners played it near “Song 0” in one session"
    assert fitted(played([0, 0])).reasons(after(0), 0)[0].text == (
        "you played it again near “Song 0” in one session"
    )


def test_beyond_the_window_sessions_are_the_reason() -> None:
    model = fitted(played([0, 1, 2, 3, 4]), window=1)
    (reason,) = model.reasons(after(0), 4)
    assert reason.text == "it is in sessions like the one with “Song 0”"
    assert model.score(after(0))[4] > 0


# --- odd data -------------------------------------------------------------------------


def test_nothing_known_is_no_opinion() -> None:
    model = fitted(played([0, 1]))
    for query in (after(), after(7), Query(STRANGER, rows())):
        assert np.isnan(model.score(query)).all()
        assert model.reasons(query, 0) == []
    assert np.isnan(fitted(NO_SEQUENCES).score(after(0))).all()


def test_a_session_of_one_play_tells_nothing() -> None:
    model = fitted(played([0], [1, 2], [3]))
    assert np.isnan(model.score(after(0))).all()
    assert model.sequences_.tracks.tolist() == [1, 2]


def test_ten_thousand_plays_in_one_session_are_cut_into_pieces() -> None:
    long = np.arange(10_000) % 50
    model = fitted(played(long.tolist()), n_tracks=50)
    assert np.diff(model.sequences_.starts).max() == module.LONGEST
    assert len(model.sequences_.tracks) == 10_000
    assert np.nanargmax(model.score(after(7))) in (6, 8)


def test_only_the_latest_plays_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_EVENTS", 5)
    model = fitted(played([0, 1], [2, 3, 4], [5, 6]))
    assert model.sequences_.tracks.tolist() == [2, 3, 4, 5, 6]
    assert len(model.sequences_.own) == 2


def test_a_track_with_very_many_plays_is_looked_at_from_the_latest() -> None:
    sessions = [[0, 1]] * 50 + [[0, 2]] * 3
    model = fitted(played(*sessions), occurrences=3, neighbour_share=0.0)
    scores = model.score(after(0))
    assert scores[2] == 1.0
    assert scores[1] == 0.0


@pytest.mark.parametrize(
    "config",
    [
        {"session_tracks": 0},
        {"window": 0},
        {"neighbours": 0},
        {"occurrences": 0},
        {"decay": 0.0},
        {"decay": 1.1},
        {"backward": -0.1},
        {"neighbour_share": 1.1},
        {"skip_weight": 2.0},
        {"distance": -1.0},
        {"length_penalty": -1.0},
    ],
)
def test_settings_that_cannot_be(config: dict[str, Any]) -> None:
    with pytest.raises(QueryError):
        SequenceConfig(**config)


@pytest.mark.slow
@given(
    st.lists(st.lists(st.integers(0, 7), max_size=6), max_size=6),
    st.lists(st.integers(0, 7), max_size=5),
)
def test_any_sessions_give_shares_that_sum_to_one(
    sessions: list[list[int]], seeds: list[int]
) -> None:
    model = fitted(played(*sessions))
    scores = model.score(after(*seeds))
    assert not (scores < 0).any()
    if not np.isnan(scores).all():
        assert np.nansum(scores) == pytest.approx(1.0, abs=1e-5)


# --- from the library -----------------------------------------------------------------


def library(plays: list[tuple[int, float]]) -> Any:
    tracks = [{"track_id": f"t{n}", "name": f"Song {n}", "artists": "A"} for n in range(6)]
    return worlds.library(tracks, plays)


def test_sessions_end_with_a_pause_and_keep_their_order() -> None:
    found = dp.build_sequences(library([(0, 0.0), (1, 0.1), (2, 10.0), (3, 10.1), (1, 10.1)]))
    assert found.tracks.tolist() == [0, 1, 2, 3, 1]
    assert found.starts.tolist() == [0, 2, 5]
    assert found.own.all()


def test_two_listeners_at_once_have_sessions_of_their_own() -> None:
    tracks = [{"track_id": f"t{n}", "name": f"Song {n}", "artists": "A"} for n in range(6)]
    plays = [(0, 0.0, 200_000, False, 1), (1, 0.05, 200_000, False, 0), (2, 0.1, 200_000, False, 1)]
    found = dp.build_sequences(worlds.library(tracks, plays, listeners=["me", "you"]))
    assert found.tracks.tolist() == [0, 2, 1]
    assert found.own.tolist() == [False, True]


def test_skips_and_short_plays_are_not_heard() -> None:
    tracks = [{"track_id": f"t{n}", "name": f"Song {n}", "artists": "A"} for n in range(3)]
    plays = [(0, 0.0, 200_000, True), (1, 0.1, 5_000, False), (2, 0.2, 200_000, False)]
    assert dp.build_sequences(worlds.library(tracks, plays)).heard.tolist() == [False, False, True]


def test_the_last_session_is_what_one_goes_on_from() -> None:
    past = dp.build_history(library([(0, 0.0), (1, 0.1), (2, 10.0), (3, 10.1)]))
    assert past.recent.tolist() == [2, 3]
    assert past.recent_heard.all()
    assert dp.build_history(library([])).recent.tolist() == []


def test_a_disliked_track_is_not_gone_on_from() -> None:
    past = dp.build_history(library([(2, 10.0), (3, 10.1)]))
    again: History = apply_feedback(past, LatestFeedback(disliked=rows(3)))
    assert again.recent.tolist() == [2]
    assert len(again.recent_heard) == 1
