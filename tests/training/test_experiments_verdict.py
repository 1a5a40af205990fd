"""The always-valid test: numbers by hand, the martingale by enumeration, the bound exactly."""

from __future__ import annotations

import itertools
import json
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from musicai.core.errors import QueryError
from musicai.training.experiments.sequential_test import (
    chance_a_better,
    decide,
    e_value,
    fewest,
    log_e_value,
)

judgements = st.lists(st.sampled_from((-1, 0, 1)), max_size=60)


def exact(wins: int, losses: int) -> Fraction:
    """2^n · w! l! / (n + 1)! in whole numbers."""
    n = wins + losses
    return Fraction(2**n * math.factorial(wins) * math.factorial(losses), math.factorial(n + 1))


@pytest.mark.parametrize(
    ("wins", "losses", "expected"),
    [
        (0, 0, 1),
        (1, 0, 1),
        (1, 1, 2 / 3),
        (2, 0, 4 / 3),
        (3, 1, 4 / 5),
        (7, 0, 16),
        (8, 0, 256 / 9),
    ],
)
def test_the_bet_by_hand(wins: int, losses: int, expected: float) -> None:
    assert e_value(wins, losses) == pytest.approx(expected, rel=1e-12)
    assert e_value(losses, wins) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("n", range(11))
def test_the_bet_is_fair_over_all_sequences(n: int) -> None:
    """Its mean over all 2^n sequences of a fair coin is 1."""
    sequences = list(itertools.product((-1, 1), repeat=n))
    worth = [decide(sequence).e_value for sequence in sequences]
    assert len(worth) == 2**n
    assert sum(worth) / len(worth) == pytest.approx(1.0, rel=1e-12)


@given(st.integers(0, 30), st.integers(0, 30))
def test_the_bet_is_fair_at_every_step(wins: int, losses: int) -> None:
    now = exact(wins, losses)
    assert (exact(wins + 1, losses) + exact(wins, losses + 1)) / 2 == now
    assert e_value(wins, losses) == pytest.approx(float(now), rel=1e-10)


def test_among_equals_a_winner_is_ever_named_in_at_most_a_twentieth() -> None:
    """Exactly, over all sequences of 1,500 fair judgements with a look after each of them."""
    n = 1_500
    still = {0: 1.0}
    named = 0.0
    for step in range(1, n + 1):
        wins = np.array(sorted({w + more for w in still for more in (0, 1)}))
        chance = np.array([(still.get(w, 0.0) + still.get(w - 1, 0.0)) / 2 for w in wins])
        over = log_e_value(wins, step - wins) >= math.log(20)
        named += float(chance[over].sum())
        still = dict(zip(wins[~over].tolist(), chance[~over].tolist(), strict=True))
    assert sum(still.values()) + named == pytest.approx(1.0)
    assert 0.02 < named <= 0.05


def test_eight_in_a_row_decide_and_seven_do_not() -> None:
    assert fewest() == 8
    assert decide([1] * 7).winner is None
    found = decide([1] * 8)
    assert (found.winner, found.decided_at, found.more) == ("a", 8, 0)
    assert decide([0, *[-1] * 8, 0]).winner == "b"
    assert decide([0, *[-1] * 8, 0]).decided_at == 9, "the tie is counted, not weighed"
    assert "decided at judgement 8" in found.describe("Old", "New")
    assert found.describe("Old", "New").startswith("Old is better than New: 8 : 0")


def test_a_winner_stays_named() -> None:
    """The bound is on ever passing the bar: later losses make the bet poorer, not the claim."""
    found = decide([1] * 8 + [-1] * 4)
    assert found.winner == "a"
    assert found.decided_at == 8
    assert found.e_value < 20


@given(judgements, st.sampled_from((0.01, 0.05, 0.2)))
def test_the_winner_is_the_first_to_pass_the_bar(outcomes: list[int], alpha: float) -> None:
    expected = None
    for at in range(1, len(outcomes) + 1):
        seen = outcomes[:at]
        if exact(seen.count(1), seen.count(-1)) >= Fraction(1 / alpha):
            expected = ("a" if sum(seen) > 0 else "b", at)
            break
    found = decide(outcomes, alpha)
    assert (found.winner, found.decided_at) == (expected or (None, None))


@given(judgements)
def test_swapping_the_sides_mirrors_the_verdict(outcomes: list[int]) -> None:
    one, other = decide(outcomes), decide([-outcome for outcome in outcomes])
    assert (one.wins, one.losses, one.ties) == (other.losses, other.wins, other.ties)
    assert one.p_a_better == pytest.approx(1 - other.p_a_better)
    assert one.e_value == pytest.approx(other.e_value)
    assert {"a": "b", "b": "a", None: None}[one.winner] == other.winner
    assert (one.decided_at, one.more) == (other.decided_at, other.more)


@given(st.integers(0, 40), st.integers(0, 40))
def test_the_chance_that_a_is_better_is_that_of_the_beta_posterior(wins: int, losses: int) -> None:
    expected = stats.beta.sf(0.5, wins + 1, losses + 1)
    assert chance_a_better(wins, losses) == pytest.approx(expected, abs=1e-12)


@pytest.mark.slow
def test_many_judgements_are_no_trouble() -> None:
    found = decide([1, 1, -1] * 2_000)
    assert found.p_a_better == pytest.approx(1.0)
    assert math.isfinite(found.e_value)
    json.dumps(found.to_json(), allow_nan=False)


# --- the hint -------------------------------------------------------------------------


def test_the_hint_comes_true() -> None:
    """Four to nothing: four more of the same decide. With a tie for each, eight more."""
    assert decide([1] * 4).more == 4
    assert decide([1, 0] * 4).more == 8
    assert decide([1] * 7).more == 1
    assert "about 1 more judgement would" in decide([1] * 7).describe()
    one_to_two = [-1, 1, 1]  # in this order the bet is worth most at the end of a round
    more = decide(one_to_two * 4).more
    assert more is not None
    decided_at = decide(one_to_two * 100).decided_at
    assert decided_at is not None
    assert 0 <= decided_at - (12 + more) < 3


def test_nothing_known_and_nothing_in_sight_are_said() -> None:
    for outcomes in ([], [0, 0, 0]):
        found = decide(outcomes)
        assert (found.p_a_better, found.e_value, found.more) == (0.5, 1.0, None)
        assert "no judgement so far" in found.describe()
        assert "At least 8" in found.describe()
    even = decide([1, -1] * 20)
    assert even.more is None
    assert "about equally good" in even.describe("X", "Y")
    assert "Not enough yet: 20 : 20 for X" in even.describe("X", "Y")


def test_json_has_the_counts_and_the_sentence() -> None:
    told = json.loads(json.dumps(decide([1, 0, -1, 1]).to_json(), allow_nan=False))
    assert (told["wins"], told["losses"], told["ties"], told["n"]) == (2, 1, 1, 3)
    assert told["sentence"].startswith("Not enough yet: 2 : 1 for A")
    assert told["p_a_better"] == pytest.approx(11 / 16)


def test_values_that_cannot_be_meant() -> None:
    with pytest.raises(QueryError, match="outcome is 2"):
        decide([1, 2])
    for alpha in (0.0, 1.0, -1.0):
        with pytest.raises(QueryError, match="alpha"):
            decide([1], alpha)
