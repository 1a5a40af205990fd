"""Weights learned on validation: what they promise, on pools made by hand and by chance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicai.models.blend import LearnedWeights
from musicai.ranking import rerank
from musicai.training.blend_weights import (
    ENOUGH_OF_SEGMENT,
    ENOUGH_UNITS,
    FLOOR,
    learn,
    learn_by_mode,
)
from musicai.training.evaluation.metrics import ndcg_at
from musicai.training.evaluation.pools import Pools

NAMES = ("good", "noise", "silent")
DEFAULT = {"good": 0.3, "noise": 0.5, "silent": 0.2}
K = 10


def unit(
    rng: np.random.Generator, strength: float, n: int = 60
) -> tuple[np.ndarray, np.ndarray, int]:
    """Scores of which the first component's tell targets from others, by ``strength``."""
    hits = np.zeros(n, dtype=bool)
    hits[rng.choice(n, 4, replace=False)] = True
    raw = rng.normal(size=(3, n))
    raw[0] += strength * hits
    scaled = np.array([rerank.anchor(row.astype(np.float32)) for row in raw])
    scaled[2] = np.nan
    return scaled, hits, 4


def pools_of(n_units: int, strength: float = 2.0, seed: int = 0) -> Pools:
    rng = np.random.default_rng(seed)
    pools = Pools(NAMES, K)
    for _ in range(n_units):
        pools.add(*unit(rng, strength))
    return pools


def mean_ndcg(pools: Pools, weights: dict[str, float]) -> float:
    vector = np.array([weights[name] for name in pools.components])
    return float(pools.pack().ndcg(vector).mean())


def test_weights_sum_to_one_and_lean_to_what_is_right() -> None:
    found = learn(pools_of(100), DEFAULT).everyone
    assert sum(found.values()) == pytest.approx(1.0)
    assert found["good"] > 0.6 > found["noise"]


def test_a_silent_component_keeps_its_share_and_the_others_a_floor() -> None:
    found = learn(pools_of(100, strength=6.0), DEFAULT).everyone
    assert found["silent"] == DEFAULT["silent"], "it could not be judged"
    heard = found["good"] + found["noise"]
    assert found["noise"] >= 0.9 * FLOOR / 10 * heard, "for a stranger it may speak alone"


def test_the_default_stays_where_too_little_was_seen() -> None:
    few = learn(pools_of(ENOUGH_UNITS - 1), DEFAULT)
    assert few == LearnedWeights(DEFAULT)
    assert learn(pools_of(ENOUGH_UNITS), DEFAULT).everyone != DEFAULT


def test_the_default_stays_where_nobody_spoke() -> None:
    pools = Pools(NAMES, K)
    for _ in range(ENOUGH_UNITS + 5):
        pools.add(np.full((3, 10), np.nan, dtype=np.float32), np.ones(10, dtype=bool), 10)
    assert learn(pools, {"good": 3.0, "noise": 5.0, "silent": 2.0}).everyone == pytest.approx(
        DEFAULT
    )


def test_units_without_targets_do_not_count() -> None:
    pools = pools_of(ENOUGH_UNITS - 1)
    pools.add(np.zeros((3, 5), dtype=np.float32), np.zeros(5, dtype=bool), 0)
    assert len(pools) == ENOUGH_UNITS - 1
    assert learn(pools, DEFAULT).everyone == DEFAULT


def test_a_mode_learns_its_own_weights_and_others_have_the_headlines() -> None:
    """What is right for new music may be wrong for what comes back."""
    mirrored = Pools(NAMES, K)
    rng = np.random.default_rng(1)
    for _ in range(ENOUGH_UNITS * 3):
        scaled, hits, n = unit(rng, 3.0)
        mirrored.add(scaled[[1, 0, 2]], hits, n)
    few = pools_of(ENOUGH_UNITS - 1)
    pools = {"discover": pools_of(80), "rediscover": mirrored, "mix": few}
    found = learn_by_mode(pools, "discover", DEFAULT)
    assert found.everyone["good"] > 0.6 > 0.2 > found.everyone["noise"]
    assert found.modes.keys() == {"rediscover"}, "too few units of mix"
    own = found.of("heavy", "rediscover")
    assert own["noise"] > 0.6 > 0.2 > own["good"]
    assert found.of("heavy", "mix") == found.of("heavy") == found.everyone
    for name in ("good", "noise"):
        assert mean_ndcg(mirrored, own) >= mean_ndcg(mirrored, dict.fromkeys(NAMES, 0) | {name: 1})
    assert LearnedWeights.from_json(found.to_json()) == found


@given(seed=st.integers(0, 10_000), strength=st.floats(0.0, 4.0), sparse=st.floats(0.0, 0.9))
@settings(max_examples=25, deadline=None)
def test_never_below_the_best_single_on_validation(
    seed: int, strength: float, sparse: float
) -> None:
    rng = np.random.default_rng(seed)
    pools = Pools(("a", "b", "c", "d"), K)
    for _ in range(30):
        hits = rng.random(40) < 0.15
        raw = rng.normal(size=(4, 40)) + strength * rng.random((4, 1)) * hits
        raw[rng.random(raw.shape) < sparse] = np.nan
        scaled = np.array([rerank.anchor(row.astype(np.float32)) for row in raw])
        pools.add(scaled, hits, int(hits.sum()))
    found = learn(pools, {"a": 1.0, "b": 1.0, "c": 1.0, "d": 1.0}).everyone
    assert sum(found.values()) == pytest.approx(1.0)
    assert min(found.values()) >= 0.0
    singles = [
        mean_ndcg(pools, {other: float(other == name) for other in pools.components})
        for name in pools.components
    ]
    assert mean_ndcg(pools, found) >= max(singles) - 1e-9


def test_a_blend_is_measured_as_the_metric_says() -> None:
    rng = np.random.default_rng(3)
    pools = Pools(NAMES, K)
    scaled, hits, n = unit(rng, 2.0)
    pools.add(scaled, hits, n)
    vector = np.array([0.6, 0.4, 0.0])
    score = vector[:2] @ np.nan_to_num(scaled[:2])
    ranked = np.argsort(-score, kind="stable").astype(np.int32)
    expected = ndcg_at(ranked, np.flatnonzero(hits).astype(np.int32), K)
    assert pools.pack().ndcg(vector)[0] == pytest.approx(expected)


def test_the_same_pools_give_the_same_weights() -> None:
    assert learn(pools_of(80), DEFAULT, seed=4) == learn(pools_of(80), DEFAULT, seed=4)


# --- segments -------------------------------------------------------------------------


def of_segments(differ: bool, n_units: int = 2 * ENOUGH_OF_SEGMENT) -> Pools:
    """Light listeners are told by one component, heavy ones by the other; or all by chance."""
    rng = np.random.default_rng(7)
    pools = Pools(("one", "other"), K)
    for segment, teller in (("light", 0), ("heavy", 1)):
        for _ in range(n_units):
            hits = np.zeros(60, dtype=bool)
            hits[rng.choice(60, 4, replace=False)] = True
            raw = rng.normal(size=(2, 60))
            if differ:
                raw[teller] += 2.0 * hits
            scaled = np.array([rerank.anchor(row.astype(np.float32)) for row in raw])
            pools.add(scaled, hits, 4, segment)
    return pools


def test_a_segment_that_differs_gets_weights_of_its_own() -> None:
    found = learn(of_segments(differ=True), {"one": 0.5, "other": 0.5})
    assert set(found.segments) == {"light", "heavy"}
    assert found.of("light")["one"] > 0.7 > 0.3 > found.of("heavy")["one"]
    assert found.of("new") == found.everyone
    assert all(sum(own.values()) == pytest.approx(1.0) for own in found.segments.values())


def test_noise_gives_no_segment_weights_of_its_own() -> None:
    assert learn(of_segments(differ=False), {"one": 0.5, "other": 0.5}).segments == {}


def test_a_small_segment_has_everyones() -> None:
    pools = of_segments(differ=True, n_units=ENOUGH_OF_SEGMENT - 1)
    assert learn(pools, {"one": 0.5, "other": 0.5}).segments == {}
