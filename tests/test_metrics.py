"""Metrics against values worked out by hand, and properties that always hold."""

from __future__ import annotations

from math import log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicai.metrics import (
    bootstrap_interval,
    bootstrap_intervals,
    catalogue_coverage,
    diversity,
    hit_at,
    ndcg_at,
    ndcg_of_hits,
    novelty,
    paired_difference,
    precision_at,
    recall_at,
    reciprocal_rank,
)
from musicai.tables import IntArray


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


def test_only_the_first_k_count() -> None:
    assert precision_at(RANKED, TARGETS, 2) == pytest.approx(1 / 2)
    assert recall_at(RANKED, TARGETS, 1) == 0.0
    assert hit_at(RANKED, TARGETS, 1) == 0.0
    gain, ideal = 1 / log2(3), 1 + 1 / log2(3)
    assert ndcg_at(RANKED, TARGETS, 2) == pytest.approx(gain / ideal)


def test_the_ideal_is_over_min_k_targets() -> None:
    """A list of two hits is perfect at 2, however many targets there are."""
    assert ndcg_at(rows(3, 4), rows(3, 4, 5, 6), 2) == pytest.approx(1.0)
    assert ndcg_at(rows(3, 4), rows(3, 4, 5, 6), 4) < 1.0


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
        novelty(none, np.ones(3, dtype=np.int64)),
        catalogue_coverage([], 0),
    ):
        assert value == 0.0


def test_many_lists_at_once() -> None:
    hits = np.array([[[1, 0, 0], [0, 0, 1]], [[0, 0, 0], [1, 1, 1]]], dtype=bool)
    found = ndcg_of_hits(hits, np.array([[1], [3]]))
    np.testing.assert_allclose(found, [[1.0, 0.5], [0.0, 1.0]])


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


def test_a_paired_difference_sees_what_single_intervals_hide() -> None:
    """Units differ much more than methods do: only pairing shows that one is better."""
    rng = np.random.default_rng(0)
    units = rng.normal(0, 5, 100)
    a, b = units + 0.3 + rng.normal(0, 0.1, 100), units
    mean, low, high = paired_difference(a, b)
    assert mean == pytest.approx(0.3, abs=0.05)
    assert 0 < low < mean < high
    single_low, _ = bootstrap_interval(a)
    assert single_low < bootstrap_interval(b)[1]
    assert np.isnan(paired_difference(np.zeros(0), np.zeros(0))).all()
