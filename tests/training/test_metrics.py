"""Metrics against values worked out by hand, and properties that always hold."""

from __future__ import annotations

from math import log, log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicai.data.library import IntArray
from musicai.training.evaluation.metrics import (
    CALIBRATION_SHARE,
    Float64Array,
    average_precision_at,
    average_precision_of_hits,
    bootstrap_interval,
    bootstrap_intervals,
    calibration_error,
    catalogue_coverage,
    compare_paired,
    diversity,
    exposure_gini,
    hit_at,
    mean_of_known,
    ndcg_at,
    ndcg_of_hits,
    novelty,
    precision_at,
    recall_at,
    reciprocal_rank,
    serendipity_at,
    serendipity_of_hits,
)


def rows(*values: int) -> IntArray:
    return np.array(values, dtype=np.int32)


RANKED = rows(7, 3, 9, 1, 4)
TARGETS = rows(3, 4, 8)


def test_worked_by_hand() -> None:
    """Hits at places 2 and 5 of 5; three targets, one of them not ranked."""
    assert precision_at(RANKED, TARGETS, 5) == pytest.approx(2 / 5)
    assert recall_at(RANKED, TARGETS, 5) == pytest.approx(2 / 3)
    assert hit_at(RANKED, TARGETS, 5) == 1.0
    assert reciprocal_rank(RANKED, TARGETS) == pytest.approx(1 / 2)
    gain = 1 / log2(3) + 1 / log2(6)
    ideal = 1 / log2(2) + 1 / log2(3) + 1 / log2(4)
    assert ndcg_at(RANKED, TARGETS, 5) == pytest.approx(gain / ideal)
    assert average_precision_at(RANKED, TARGETS, 5) == pytest.approx((1 / 2 + 2 / 5) / 3)
    assert serendipity_at(RANKED, TARGETS, rows(3, 7), 5) == pytest.approx(1 / 5), "4 is left"


def test_only_the_first_k_count() -> None:
    assert precision_at(RANKED, TARGETS, 2) == pytest.approx(1 / 2)
    assert recall_at(RANKED, TARGETS, 1) == 0.0
    assert hit_at(RANKED, TARGETS, 1) == 0.0
    assert average_precision_at(RANKED, TARGETS, 2) == pytest.approx(1 / 2 / 3)
    assert serendipity_at(RANKED, TARGETS, rows(), 2) == pytest.approx(1 / 2)
    gain, ideal = 1 / log2(3), 1 + 1 / log2(3)
    assert ndcg_at(RANKED, TARGETS, 2) == pytest.approx(gain / ideal)


def test_the_ideal_is_over_min_k_targets() -> None:
    """A list of two hits is perfect at 2, however many targets there are."""
    assert ndcg_at(rows(3, 4), rows(3, 4, 5, 6), 2) == pytest.approx(1.0)
    assert ndcg_at(rows(3, 4), rows(3, 4, 5, 6), 4) < 1.0


def test_average_precision_is_over_all_targets() -> None:
    """As trec_eval's map_cut: two of four targets found at once is a half, not 1."""
    assert average_precision_at(rows(3, 4), rows(3, 4, 5, 6), 2) == pytest.approx(0.5)


def test_a_short_list_is_padded_with_misses() -> None:
    assert precision_at(rows(3), TARGETS, 4) == pytest.approx(1 / 4)
    assert ndcg_at(rows(3), rows(3), 20) == pytest.approx(1.0)


def test_nothing_is_zero() -> None:
    none = rows()
    for value in (
        precision_at(none, TARGETS, 5),
        recall_at(RANKED, none, 5),
        ndcg_at(RANKED, none, 5),
        ndcg_at(none, TARGETS, 5),
        hit_at(none, none, 5),
        reciprocal_rank(none, TARGETS),
        average_precision_at(RANKED, none, 5),
        average_precision_at(none, TARGETS, 5),
        serendipity_at(none, TARGETS, none, 5),
        exposure_gini(rows(-1, -1), 5),
        exposure_gini(rows(0, 0), 1),
        novelty(none, np.ones(3, dtype=np.int64)),
        catalogue_coverage([], 0),
    ):
        assert value == 0.0


def test_many_lists_at_once() -> None:
    hits = np.array([[[1, 0, 0], [0, 0, 1]], [[0, 0, 0], [1, 1, 1]]], dtype=bool)
    found = ndcg_of_hits(hits, np.array([[1], [3]]))
    np.testing.assert_allclose(found, [[1.0, 0.5], [0.0, 1.0]])
    found = average_precision_of_hits(hits, np.array([[1], [3]]))
    np.testing.assert_allclose(found, [[1.0, 1 / 3], [0.0, 1.0]])
    expected = np.array([[[1, 0, 0], [0, 0, 0]], [[1, 1, 1], [0, 1, 0]]], dtype=bool)
    found = serendipity_of_hits(hits, expected)
    np.testing.assert_allclose(found, [[0.0, 1 / 3], [0.0, 2 / 3]])


lists = st.lists(st.integers(0, 40), unique=True, max_size=30).map(lambda v: rows(*v))


@settings(max_examples=100, deadline=None)
@given(ranked=lists, targets=lists, k=st.integers(1, 25))
def test_bounds_and_relations(ranked: IntArray, targets: IntArray, k: int) -> None:
    precision, recall = precision_at(ranked, targets, k), recall_at(ranked, targets, k)
    ndcg = ndcg_at(ranked, targets, k)
    for value in (precision, recall, ndcg, reciprocal_rank(ranked, targets)):
        assert 0.0 <= value <= 1.0 + 1e-12
    assert (ndcg > 0) == (hit_at(ranked, targets, k) > 0) == (precision > 0)
    assert precision * k == pytest.approx(recall * len(targets))
    if len(ranked) >= 2 and len(targets):
        better = np.concatenate([ranked[np.isin(ranked, targets)], ranked]).astype(np.int32)
        _, first = np.unique(better, return_index=True)
        better = better[np.sort(first)]
        assert ndcg_at(better, targets, k) >= ndcg - 1e-12, "hits first is never worse"


@settings(max_examples=100, deadline=None)
@given(ranked=lists, targets=lists, primitive=lists, k=st.integers(1, 25), seed=st.integers(0, 99))
def test_only_the_order_above_the_cut_matters(
    ranked: IntArray, targets: IntArray, primitive: IntArray, k: int, seed: int
) -> None:
    """What stands below the cut, and more tracks that nobody plays, change nothing."""
    below = np.random.default_rng(seed).permutation(ranked[k:])
    longer = np.concatenate([ranked[:k], below, [50, 51]] if len(ranked) >= k else [ranked])
    padded = np.concatenate([ranked, [60, 61]])
    for other in (longer.astype(np.int32), padded.astype(np.int32)):
        assert average_precision_at(other, targets, k) == average_precision_at(ranked, targets, k)
        assert ndcg_at(other, targets, k) == ndcg_at(ranked, targets, k)
        found = serendipity_at(ranked, targets, primitive, k)
        assert serendipity_at(other, targets, primitive, k) == found
        more = np.concatenate([primitive, [60, 61, 70]]).astype(np.int32)
        assert serendipity_at(ranked, targets, more, k) == found


@settings(max_examples=100, deadline=None)
@given(ranked=lists, targets=lists, primitive=lists, k=st.integers(1, 25))
def test_bounds_of_average_precision_and_serendipity(
    ranked: IntArray, targets: IntArray, primitive: IntArray, k: int
) -> None:
    ap, recall = average_precision_at(ranked, targets, k), recall_at(ranked, targets, k)
    assert 0.0 <= ap <= recall + 1e-12
    assert (ap > 0) == (recall > 0)
    hits = np.isin(ranked, targets)
    first = np.concatenate([ranked[hits], ranked[~hits]]).astype(np.int32)
    best = average_precision_at(first, targets, k)
    assert best >= ap - 1e-12, "hits first is never worse"
    assert best == pytest.approx(recall_at(first, targets, k)), "and as good as can be"
    surprising = serendipity_at(ranked, targets, primitive, k)
    assert 0.0 <= surprising <= precision_at(ranked, targets, k)
    assert serendipity_at(ranked, targets, rows(), k) == precision_at(ranked, targets, k)
    assert serendipity_at(ranked, targets, ranked, k) == 0.0, "the primitive list itself"


# --- calibration ----------------------------------------------------------------------


def test_calibration_worked_by_hand() -> None:
    """Half jazz and half rock, and a list of jazz only."""
    found = float(calibration_error(np.array([5.0, 5.0]), np.array([20.0, 0.0])))
    jazz, rock = 0.99 * 1 + 0.01 * 0.5, 0.01 * 0.5
    assert found == pytest.approx(0.5 * log(0.5 / jazz) + 0.5 * log(0.5 / rock))
    assert found == pytest.approx(1.9585, abs=1e-4)


def test_calibration_of_the_same_and_of_nothing_in_common() -> None:
    listener = np.array([[1.0, 0.0], [3.0, 1.0], [1.0, 0.0], [0.0, 0.0], [1.0, 1.0]])
    listed = np.array([[0.0, 4.0], [6.0, 2.0], [1.0, 3.0], [1.0, 0.0], [0.0, 0.0]])
    found = calibration_error(listener, listed)
    assert found[0] == pytest.approx(-log(CALIBRATION_SHARE)), "the worst there is"
    assert found[1] == pytest.approx(0.0, abs=1e-12)
    assert found[2] == pytest.approx(-log(0.99 * 0.25 + 0.01))
    assert np.isnan(found[3:]).all(), "no known genre on one side"


amounts = st.lists(st.floats(0, 100), min_size=4, max_size=4).map(np.array)


@settings(max_examples=100, deadline=None)
@given(p=amounts, q=amounts, scale=st.floats(0.1, 10), seed=st.integers(0, 99))
def test_calibration_is_bounded_and_blind_to_scale_and_order(
    p: Float64Array, q: Float64Array, scale: float, seed: int
) -> None:
    p, q = p + np.array([1.0, 0, 0, 0]), q + np.array([0, 1.0, 0, 0])
    found = float(calibration_error(p, q))
    assert 0.0 <= found <= -log(CALIBRATION_SHARE) + 1e-9
    assert float(calibration_error(p * scale, q / scale)) == pytest.approx(found, abs=1e-9)
    order = np.random.default_rng(seed).permutation(4)
    assert float(calibration_error(p[order], q[order])) == pytest.approx(found, abs=1e-9)
    nearer = float(calibration_error(p, q / q.sum() + p / p.sum()))
    assert nearer <= found + 1e-9, "half way to the listener's mix is no further off"


# --- exposure -------------------------------------------------------------------------


def test_gini_worked_by_hand() -> None:
    """Of four tracks one is listed three times and one once: shares 0, 0, 1/4, 3/4."""
    listed = np.array([[7, 9], [7, -1], [7, -1]], dtype=np.int32)
    shares = [0, 0, 1 / 4, 3 / 4]
    by_hand = sum((2 * j - 4 - 1) * p for j, p in enumerate(shares, start=1)) / 3
    assert exposure_gini(listed, 4) == pytest.approx(by_hand)
    assert exposure_gini(listed, 4) == pytest.approx(10 / 12)
    assert exposure_gini(rows(0, 1, 2, 3), 4) == pytest.approx(0.0)
    assert exposure_gini(rows(2, 2, 2), 4) == pytest.approx(1.0)


listings = st.lists(st.integers(-1, 12), min_size=1, max_size=60).map(lambda v: rows(*v))


@settings(max_examples=100, deadline=None)
@given(listed=listings, extra=st.integers(0, 20), seed=st.integers(0, 99))
def test_gini_is_bounded_and_blind_to_names_and_length(
    listed: IntArray, extra: int, seed: int
) -> None:
    n = 13 + extra
    found = exposure_gini(listed, n)
    assert -1e-12 <= found <= 1 + 1e-12
    renamed = np.append(np.random.default_rng(seed).permutation(13), -1).astype(np.int32)[listed]
    assert exposure_gini(renamed, n) == pytest.approx(found)
    assert exposure_gini(np.tile(listed, 3), n) == pytest.approx(found)
    assert exposure_gini(listed, n + 5) >= found - 1e-12, "more left out is never more even"


def test_diversity_is_one_minus_the_mean_of_the_pairs() -> None:
    same = np.tile(np.array([[0.6, 0.8]], dtype=np.float32), (4, 1))
    assert diversity(same) == pytest.approx(0.0, abs=1e-6)
    assert diversity(np.eye(3, dtype=np.float32)) == pytest.approx(1.0)
    mixed = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    assert diversity(mixed) == pytest.approx(1 - 1 / 3), "one pair of three is alike"
    assert diversity(mixed[:1]) == 0.0


def test_coverage_counts_each_track_once() -> None:
    assert catalogue_coverage([rows(1, 2), rows(2, 3), rows(-1)], 6) == pytest.approx(3 / 6)


def test_novelty_is_self_information() -> None:
    plays = np.array([6, 0, 0], dtype=np.int64)
    assert novelty(rows(0), plays) == pytest.approx(-log2(7 / 9))
    assert novelty(rows(1, 2, -1), plays) == pytest.approx(-log2(1 / 9))


def test_bootstrap_is_the_same_for_the_same_seed_and_holds_the_mean() -> None:
    values = np.random.default_rng(0).normal(3.0, 1.0, 200)
    low, high = bootstrap_interval(values, seed=1)
    assert (low, high) == bootstrap_interval(values, seed=1)
    assert low < values.mean() < high
    assert high - low == pytest.approx(2 * 1.96 / np.sqrt(200), rel=0.2)


def test_bootstrap_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(7)
    held = 0
    for _ in range(200):
        low, high = bootstrap_interval(rng.normal(0, 1, 60))
        held += low <= 0 <= high
    assert 0.88 <= held / 200 <= 0.99


def test_bootstrap_edge_cases() -> None:
    assert bootstrap_interval(np.array([0.4])) == pytest.approx((0.4, 0.4))
    assert np.isnan(bootstrap_interval(np.zeros(0))).all()
    low, _high = bootstrap_intervals(np.zeros((5, 2, 3)))
    assert low.shape == (2, 3)


def test_values_that_are_not_defined_are_passed_over() -> None:
    """NaN is no 0: mean and interval are those of the units that have a value."""
    values = np.array([[1.0, np.nan, 2.0], [3.0, np.nan, np.nan], [5.0, np.nan, 4.0]])
    np.testing.assert_array_equal(mean_of_known(values), [3.0, np.nan, 3.0])
    low, high = bootstrap_intervals(values)
    np.testing.assert_array_equal([low[0], high[0]], bootstrap_interval(values[:, 0]))
    assert np.isnan([low[1], high[1]]).all()
    assert 2.0 == low[2] < high[2] == 4.0


def test_a_paired_difference_sees_what_single_intervals_hide() -> None:
    """Units differ much more than methods do: only pairing shows that one is better."""
    rng = np.random.default_rng(0)
    units = rng.normal(0, 5, 100)
    a, b = units + 0.3 + rng.normal(0, 0.1, 100), units
    mean, low, high = compare_paired(a, b)
    assert mean == pytest.approx(0.3, abs=0.05)
    assert 0 < low < mean < high
    single_low, _ = bootstrap_interval(a)
    assert single_low < bootstrap_interval(b)[1]
    assert np.isnan(compare_paired(np.zeros(0), np.zeros(0))).all()
