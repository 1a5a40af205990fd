"""Scaling, blending and re-ranking, on hand-worked numbers and by property."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from musicai.core.errors import QueryError
from musicai.ranking import rerank

NAN = np.float32(np.nan)


def scores(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)


finite = st.floats(-1e3, 1e3, width=32) | st.just(float("nan"))
some_scores = arrays(np.float32, st.integers(1, 60), elements=finite)
many_scores = arrays(np.float32, st.integers(2_001, 5_000), elements=finite)


def test_anchor_by_hand() -> None:
    # 21 scores 0..20: the median is 10, the 11th best is 10, so the best (20) sets the span
    scaled = rerank.anchor(scores(*range(21)))
    assert scaled[20] == pytest.approx(1.0)
    assert scaled[15] == pytest.approx(0.5)
    assert scaled[10] == 0
    assert scaled[0] == 0


def test_the_eleventh_best_is_worth_one() -> None:
    raw = scores(*[0.0] * 100, *range(1, 12), 500.0)
    scaled = rerank.anchor(raw)
    assert scaled[101] == pytest.approx(1.0)  # value 2 is the 11th best
    assert scaled[-1] == rerank.CEILING


def test_no_opinion_stays_and_equal_scores_are_none() -> None:
    assert np.isnan(rerank.anchor(scores(NAN, NAN))).all()
    assert np.isnan(rerank.anchor(scores(3, 3, 3, 3))).all()
    scaled = rerank.anchor(scores(1, NAN, 3, 2))
    assert np.isnan(scaled[1])
    assert not np.isnan(scaled[[0, 2, 3]]).any()


def test_only_rare_opinions_are_found_between_the_sampled_places() -> None:
    raw = np.full(10_000, np.nan, dtype=np.float32)
    raw[[3, 5, 7]] = [1, 2, 3]
    scaled = rerank.anchor(raw)
    assert scaled[7] == pytest.approx(1.0)
    assert np.isnan(scaled[0])


@given(some_scores | many_scores)
def test_anchor_keeps_order_and_range(raw: np.ndarray) -> None:
    scaled = rerank.anchor(raw)
    assert scaled.dtype == np.float32
    assert scaled.shape == raw.shape
    known = ~np.isnan(scaled)
    assert (np.isnan(raw) <= ~known).all()
    assert (scaled[known] >= 0).all()
    assert (scaled[known] <= rerank.CEILING).all()
    order = np.argsort(raw[known], kind="stable")
    assert (np.diff(scaled[known][order]) >= -1e-6).all()


@given(some_scores | many_scores, st.integers(1, 250))
def test_top_values_are_the_sorted_head(raw: np.ndarray, n: int) -> None:
    known = np.sort(raw[~np.isnan(raw)])[::-1]
    np.testing.assert_array_equal(rerank.top_values(raw, n), known[:n])


def test_blend_by_hand_and_absent_opinions_are_neutral() -> None:
    scaled = {"a": scores(1, NAN, 0.5), "b": scores(0, 2, NAN)}
    total = rerank.blend(scaled, {"a": 0.75, "b": 0.25})
    np.testing.assert_allclose(total, [0.75, 0.5, 0.375])
    [parts] = rerank.contributions(scaled, {"a": 0.75, "b": 0.25}, np.array([1], dtype=np.int32))
    assert parts == {"a": None, "b": 0.5}


@given(some_scores, st.floats(0, 1), st.floats(0, 1))
def test_contributions_add_up(raw: np.ndarray, first: float, second: float) -> None:
    scaled = {"a": rerank.anchor(raw), "b": rerank.anchor(raw[::-1].copy())}
    weights = {"a": first, "b": second}
    total = rerank.blend(scaled, weights)
    told = rerank.contributions(scaled, weights, np.arange(len(raw), dtype=np.int32))
    for row, parts in enumerate(told):
        whole = sum(part or 0.0 for part in parts.values())
        assert whole == pytest.approx(float(total[row]), abs=1e-5)


def test_a_silent_component_does_not_lift_tracks_without_opinion() -> None:
    """Taking opinions away from random tracks must not raise their share of the top."""
    rng = np.random.default_rng(1)
    raw = {name: rng.normal(size=5_000).astype(np.float32) for name in "abc"}
    silenced = rng.random(5_000) < 0.3
    for name in "ab":
        raw[name][silenced] = np.nan
    total = rerank.blend({n: rerank.anchor(s) for n, s in raw.items()}, dict.fromkeys("abc", 1))
    top = np.argsort(-total)[:20]
    assert silenced[top].mean() <= 0.3


def test_weights_are_checked_and_sum_to_one() -> None:
    assert rerank.check_weights({"a": 3, "b": 1}, ["a", "b", "c"]) == {
        "a": 0.75,
        "b": 0.25,
        "c": 0,
    }
    for wrong in ({"z": 1.0}, {"a": -1.0}, {"a": float("nan")}, {"a": 0.0}, {}):
        with pytest.raises(QueryError):
            rerank.check_weights(wrong, ["a", "b"])


def test_obscurity_by_hand() -> None:
    found = rerank.obscurity(scores(10, NAN, 30, 20))
    np.testing.assert_allclose(found, [1, 0, -1, 0])
    np.testing.assert_allclose(rerank.obscurity(scores(5, 5, 5)), 0, atol=1e-6)
    assert (rerank.obscurity(scores(NAN, 4)) == 0).all()


def line(n: int) -> dict[str, np.ndarray]:
    vectors = np.zeros((n, 2), dtype=np.float32)
    vectors[:, 0] = 1
    return {
        "rows": np.arange(n),
        "artist": np.arange(n, dtype=np.int32),
        "recording": np.arange(n, dtype=np.int32),
        "likeness": vectors,
    }


def test_without_diversity_the_order_is_the_score() -> None:
    found = rerank.rerank(scores(1, 3, 2), **line(3), rules=rerank.RerankRules(3))
    assert found.tolist() == [1, 2, 0]


def test_ties_go_to_the_lower_row() -> None:
    found = rerank.rerank(scores(1, 1, 1, 1), **line(4), rules=rerank.RerankRules(3))
    assert found.tolist() == [0, 1, 2]


def test_diversity_prefers_the_unlike() -> None:
    arrays_ = line(3)
    arrays_["likeness"] = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    found = rerank.rerank(
        scores(1.0, 0.9, 0.5), **arrays_, rules=rerank.RerankRules(2, diversity=0.6)
    )
    assert found.tolist() == [0, 2]


def test_artist_cap_and_one_entry_a_recording() -> None:
    arrays_ = line(5)
    arrays_["artist"] = np.array([7, 7, 7, -1, -1], dtype=np.int32)
    arrays_["recording"] = np.array([0, 1, 2, 3, 3], dtype=np.int32)
    found = rerank.rerank(
        scores(5, 4, 3, 2, 1), **arrays_, rules=rerank.RerankRules(5, artist_cap=2)
    )
    assert found.tolist() == [0, 1, 3]


def test_the_pool_grows_until_the_list_is_full() -> None:
    n = 3_000
    arrays_ = line(n)
    arrays_["artist"] = np.where(np.arange(n) < 2_900, 0, np.arange(n)).astype(np.int32)
    found = rerank.rerank(
        np.arange(n, 0, -1).astype(np.float32),
        **arrays_,
        rules=rerank.RerankRules(20, artist_cap=1),
    )
    assert found.tolist() == [0, *range(2_900, 2_919)]


@settings(deadline=None)
@given(
    some_scores.map(np.nan_to_num),
    st.integers(1, 30),
    st.floats(0, 1),
    st.integers(1, 3),
    st.data(),
)
def test_rerank_keeps_its_rules(
    raw: np.ndarray, n: int, diversity: float, cap: int, data: st.DataObject
) -> None:
    size = len(raw)
    artist = data.draw(arrays(np.int32, size, elements=st.integers(-1, 4)))
    recording = data.draw(arrays(np.int32, size, elements=st.integers(0, size)))
    likeness = np.eye(size, 5, dtype=np.float32)
    rules = rerank.RerankRules(n, diversity, cap)
    found = rerank.rerank(raw, np.arange(size), artist, recording, likeness, rules)
    assert len(found) <= n
    assert len(set(recording[found])) == len(found)
    named = artist[found][artist[found] >= 0]
    assert not len(named) or np.bincount(named).max() <= cap
    # whatever was left out could not have been added
    if len(found) < n:
        for row in set(range(size)) - set(found.tolist()):
            full = artist[row] >= 0 and (named == artist[row]).sum() >= cap
            assert full or recording[row] in recording[found]


def test_likeness_vectors_tell_like_from_unlike() -> None:
    audio = np.array([[0.9] * 9, [0.88] * 9, [0.1] * 9], dtype=np.float32)
    genres = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    vectors = rerank.likeness_vectors(audio, genres, np.array([0, 0, 1], dtype=np.int32))
    alike = vectors @ vectors.T
    assert alike[0, 1] == pytest.approx(1.0, abs=0.05)
    assert alike[0, 2] < 0.2
