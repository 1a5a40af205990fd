"""The promotion gate: held back only where the whole interval lies below 0."""

from __future__ import annotations

import json

import pytest

from musicai.training.experiments.promotion import NO_ACTIVE, Gate, gate
from musicai.training.experiments.results import (
    FEWEST_UNITS,
    Paired,
    PairedComparison,
    TaskDuel,
    UnitSplit,
)


def found(low: float, high: float, *, n: int = 40) -> PairedComparison:
    """A comparison on new tracks whose difference in nDCG has these ends."""
    middle = (low + high) / 2
    ndcg = Paired("ndcg@20", 0.2 + middle, 0.2, middle, low, high)
    whole = UnitSplit(n, 0, 0, n, middle, low, high)
    task = TaskDuel("new", n, {"ndcg@20": ndcg}, whole, {}, ())
    return PairedComparison(
        "new", "old", 20, "2026-01-01T00:00:00+00:00", "week", "new", {"new": task}
    )


@pytest.mark.parametrize(
    ("low", "high", "promote", "words"),
    [
        (-0.04, -0.01, False, "worse than the version in service"),
        (-0.04, 0.0, True, "no worse"),
        (-0.04, 0.01, True, "no worse"),
        (0.0, 0.0, True, "no worse"),
        (0.01, 0.04, True, "better than"),
    ],
)
def test_only_what_is_worse_beyond_chance_is_held_back(
    low: float, high: float, promote: bool, words: str
) -> None:
    told = gate(found(low, high))
    assert told.promote is promote
    assert words in told.reason
    assert told.evidence is not None
    assert (told.evidence.low, told.evidence.high, told.evidence.n) == (low, high, 40)
    assert f"{(low + high) / 2:+.3f}" in told.reason
    assert "tracks" not in told.reason


def test_without_anything_to_compare_it_goes_into_service() -> None:
    assert gate(None) == Gate(True, NO_ACTIVE)
    told = gate(PairedComparison("new", "old", 20, notes=("Too little.",)))
    assert told.promote
    assert told.evidence is None
    assert "nothing to foretell" in told.reason


def test_a_handful_of_units_holds_nothing_back() -> None:
    few = gate(found(-0.04, -0.01, n=FEWEST_UNITS - 1))
    assert few.promote
    assert "Too little" in few.reason
    assert not gate(found(-0.04, -0.01, n=FEWEST_UNITS)).promote


@pytest.mark.parametrize("told", [gate(None), gate(found(-0.04, -0.01))])
def test_it_goes_through_json(told: Gate) -> None:
    assert Gate.from_json(json.loads(json.dumps(told.to_json(), allow_nan=False))) == told
