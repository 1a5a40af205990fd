"""The learned blend: curves that never fall, contributions that add up, a gain that is real."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicai.ai_model import MusicAI
from musicai.data.library import BoolArray, FloatArray
from musicai.models.blend import KNOTS, StackedBlend, apply_curve
from musicai.ranking.request import Request, Tuning
from musicai.ranking.rerank import CEILING
from musicai.ranking.serving import Serving
from musicai.training.blend_curves import ENOUGH, ndcg, stack
from musicai.training.blend_weights import learn
from musicai.training.evaluation.pools import Pools
from tests.pages import opened, run

STRAIGHT = {"a": 0.5, "b": 0.5}


def pools(n: int = 120, *, step: bool = True, seed: int = 0) -> Pools:
    """Units in which what "a" or "b" likes was played.

    With ``step`` only the very top of either tells anything: a curve knows, a weight does not.
    """
    rng = np.random.default_rng(seed)
    found = Pools(("a", "b"), 10)
    for _ in range(n):
        scaled = rng.uniform(0, 2, size=(2, 60)).astype(np.float32)
        chance = np.where(scaled.max(axis=0) > 1.7, 0.5, 0.01) if step else scaled.sum(axis=0) / 9
        hits = rng.random(60) < chance
        found.add(scaled, hits, max(int(hits.sum()), 1))
    return found


def learned_straight(units: Pools) -> dict[str, float]:
    return learn(units, dict.fromkeys(units.components, 1 / len(units.components))).everyone


def test_a_curve_by_hand() -> None:
    curve = (0.0, 0.0, 0.5, 2.0, 2.0)
    scores = np.array([-1.0, 0.0, 0.5, 0.75, 1.0, 1.25, 2.0, np.nan], dtype=np.float32)
    np.testing.assert_allclose(
        apply_curve(scores, curve), [-1.0, 0.0, 0.0, 0.25, 0.5, 1.25, 2.0, np.nan]
    )
    assert apply_curve(scores, None) is scores
    np.testing.assert_allclose(apply_curve(scores, KNOTS), scores)


def test_it_finds_what_a_weight_cannot_say() -> None:
    learned = stack(pools(), STRAIGHT, learned_straight)
    assert learned is not None
    assert learned.better
    assert learned.gain[1] > 0.0
    assert learned.n == 120
    later = pools(seed=9)
    assert ndcg(learned, later).mean() > later.ndcg(STRAIGHT).mean() + 0.05


def test_where_straight_is_right_it_is_no_default_by_chance() -> None:
    alike = [stack(pools(step=False, seed=seed), STRAIGHT, learned_straight) for seed in range(4)]
    assert sum(one is not None and one.better for one in alike) <= 1


@pytest.mark.parametrize("n", [0, ENOUGH - 1])
def test_too_few_units_learn_nothing(n: int) -> None:
    assert stack(pools(n), STRAIGHT, learned_straight) is None


def test_without_any_hit_or_weight_nothing_is_learned() -> None:
    found = Pools(("a", "b"), 10)
    for _ in range(ENOUGH):
        found.add(np.ones((2, 5), dtype=np.float32), np.zeros(5, dtype=bool), 2)
    assert stack(found, STRAIGHT, learned_straight) is None
    assert stack(pools(), {"a": 0.0, "b": 0.0}, learned_straight) is None


def test_the_silent_keep_their_share() -> None:
    rng = np.random.default_rng(3)
    found = Pools(("a", "b", "mute"), 10)
    for _ in range(ENOUGH):
        scaled = rng.uniform(0, 2, size=(3, 30)).astype(np.float32)
        scaled[2] = np.nan
        hits: BoolArray = scaled[0] > 1.6
        found.add(scaled, hits, max(int(hits.sum()), 1))
    learned = stack(found, {"a": 0.4, "b": 0.4, "mute": 0.2}, learned_straight)
    assert learned is not None
    assert learned.weights["mute"] == pytest.approx(0.2)
    assert "mute" not in learned.curves
    assert sum(learned.weights.values()) == pytest.approx(1.0)


@pytest.mark.slow
@given(st.integers(0, 20))
def test_curves_never_fall_and_end_at_the_ceiling(seed: int) -> None:
    learned = stack(pools(ENOUGH, step=bool(seed % 2), seed=seed), STRAIGHT, learned_straight)
    assert learned is not None
    for curve in learned.curves.values():
        assert curve[0] == 0.0
        assert curve[-1] == pytest.approx(CEILING)
        assert (np.diff(curve) >= 0).all()
    assert min(learned.weights.values()) >= 0
    scores: FloatArray = np.linspace(-2, 2, 41).astype(np.float32)
    assert (np.diff(apply_curve(scores, learned.curves.get("a"))) >= -1e-6).all()


def test_the_same_seed_learns_the_same_and_survives_json() -> None:
    learned = stack(pools(), STRAIGHT, learned_straight, seed=4)
    assert learned == stack(pools(), STRAIGHT, learned_straight, seed=4)
    assert learned is not None
    assert StackedBlend.from_json(json.loads(json.dumps(learned.to_json()))) == learned


# --- in lists -------------------------------------------------------------------------

STEEP = StackedBlend(
    {"content": 0.5, "history": 0.5},
    {"content": (0.0, 0.0, 0.0, 0.5, 2.0)},
    (0.02, 0.01, 0.03),
    200,
)


@pytest.fixture
def blended(with_sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample's version as if it had learned a blend for lists of own tracks."""
    real = MusicAI._take

    def taking(self: MusicAI, served: Serving) -> None:
        real(self, replace(served, stacked={"rediscover": STEEP}))

    monkeypatch.setattr(MusicAI, "_take", taking)


def test_the_model_uses_it_where_it_led_and_nothing_is_set_by_hand(blended: None) -> None:
    ai = MusicAI("sample")
    hand = {"content": 1.0}
    assert ai.find_learned_blend("rediscover", Tuning()) == STEEP
    assert ai.find_learned_blend("discover", Tuning()) is None
    assert ai.find_learned_blend("rediscover", Tuning(curves=False)) is None
    assert ai.find_learned_blend("rediscover", Tuning(weights=hand)) is None
    assert ai.find_learned_blend("rediscover", Tuning(weights=hand, curves=True)) == STEEP
    ai.stacked = {"rediscover": replace(STEEP, gain=(0.01, -0.01, 0.03))}
    assert ai.find_learned_blend("rediscover", Tuning()) is None


def test_contributions_add_up_on_curves(blended: None) -> None:
    ai = MusicAI("sample")
    scored = ai.score(Request(mode="rediscover"))
    found = ai.rank(scored, Tuning(diversity=0.0))
    assert found.curved
    for item in found:
        assert sum(item.contributions.values()) == pytest.approx(item.score, abs=1e-6)
        place = int(np.flatnonzero(scored.candidates == item.track)[0])
        raw = np.array([scored.scaled["content"][place]])
        expected = found.weights["content"] * float(apply_curve(raw, STEEP.curves["content"])[0])
        assert item.contributions["content"] == pytest.approx(expected, abs=1e-5)
    straight = ai.rank(scored, Tuning(diversity=0.0, curves=False))
    assert not straight.curved
    assert [i.track_id for i in straight] != [i.track_id for i in found]


def test_discover_has_a_switch_for_it(blended: None) -> None:
    app = opened("discover.py")
    run(app.segmented_control(key="discover_mode").set_value("rediscover"))
    switch = app.toggle(key="discover_curves_rediscover")
    assert switch.value
    assert app.slider(key="discover_w_content").value == 0.5

    def listed() -> list[str]:
        return [b.key for b in app.button if (b.key or "").startswith("more_")]

    before = listed()
    run(switch.set_value(False))
    assert listed() != before
    assert app.slider(key="discover_w_content").value != 0.5
    run(app.segmented_control(key="discover_mode").set_value("discover"))
    assert not [one for one in app.toggle if "curves" in (one.key or "")]
