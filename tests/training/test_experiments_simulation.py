"""Invented listeners: the better model is found, and equals are left equal, with peeking."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from benchmarks import experiments
from benchmarks.simulation import BETTER, EQUAL, Scenario, draft_many, outcomes, simulate
from musicai.core.errors import QueryError
from musicai.training.experiments.interleaving import draft
from musicai.training.experiments.sequential_test import decide

RUNS = 1_000


def test_among_equals_a_winner_is_named_in_at_most_a_twentieth() -> None:
    found = simulate(EQUAL, RUNS, np.random.default_rng(1))
    false = int((found.winner != 0).sum())
    assert 0 < false <= stats.binom.ppf(0.999, RUNS, 0.05), "with the tolerance of so many runs"
    assert found.share(1) + found.share(-1) + found.share(0) == pytest.approx(1.0)


def test_the_better_model_is_found() -> None:
    found = simulate(BETTER, RUNS, np.random.default_rng(1))
    assert found.share(1) > 0.8
    assert found.share(-1) < 0.01
    assert 8 <= found.median_judgements <= BETTER.judgements


def test_swapping_the_models_mirrors_the_winner() -> None:
    swapped = replace(BETTER, error_a=BETTER.error_b, error_b=BETTER.error_a)
    found = simulate(swapped, RUNS, np.random.default_rng(1))
    assert found.share(-1) > 0.8
    assert found.share(1) < 0.01


def test_a_greater_lead_needs_fewer_judgements() -> None:
    clear = replace(BETTER, error_a=0.0, error_b=5.0)
    quick = simulate(clear, 200, np.random.default_rng(2))
    slow = simulate(BETTER, 200, np.random.default_rng(2))
    assert quick.share(1) >= slow.share(1)
    assert quick.median_judgements < slow.median_judgements


def test_a_run_ends_where_the_verdict_says() -> None:
    """One run at a time, its judgements drawn again with the same generator."""
    scenario = replace(BETTER, judgements=120)
    for seed in range(12):
        found = simulate(scenario, 1, np.random.default_rng(seed))
        random = np.random.default_rng(seed)
        told = decide([int(outcomes(scenario, 1, random)[0]) for _ in range(120)])
        assert int(found.winner[0]) == {"a": 1, "b": -1, None: 0}[told.winner]
        assert int(found.decided_at[0]) == (told.decided_at or 0)


@pytest.mark.parametrize("k", [1, 2, 5, 8])
def test_many_drafts_at_once_are_the_drafts_one_by_one(k: int) -> None:
    random = np.random.default_rng(k)
    a, b = (np.argsort(random.random((50, 12)), axis=1)[:, :k] for _ in range(2))
    coins = random.random((50, (k + 1) // 2)) < 0.5
    shown, of_a = draft_many(a, b, coins, 12)
    for line in range(50):
        one = draft(a[line], b[line], k, coins[line].tolist())
        assert one.tracks == tuple(shown[line].tolist())
        assert one.teams == tuple("a" if mine else "b" for mine in of_a[line])


def test_nobody_judges_and_nobody_wins() -> None:
    found = simulate(replace(BETTER, judged=0.0, judgements=5), 3, np.random.default_rng(0))
    assert found.share(0) == 1.0
    assert np.isnan(found.median_judgements)


def test_values_that_cannot_be_meant() -> None:
    for wrong in ({"error_a": -1.0}, {"judged": 2.0}, {"k": 50}, {"judgements": 0}):
        with pytest.raises(QueryError):
            Scenario(**wrong)  # type: ignore[arg-type]
    with pytest.raises(QueryError, match="0 runs"):
        simulate(EQUAL, 0, np.random.default_rng(0))


def test_the_benchmark_ends_with_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert experiments.main(["--runs", "150", "--json"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found.keys() == {"runs", "false_positive_rate", "power", "median_judgements", "seconds"}
    assert found["runs"] == 150
    assert found["false_positive_rate"] <= stats.binom.ppf(0.999, 150, 0.05) / 150
    assert found["power"] > 0.7
    assert experiments.main(["--runs", "5"]) == 0
    assert "power" in capsys.readouterr().out
