"""Hyper-parameters: their table, what can be set, and what tuning may take."""

from __future__ import annotations

import time
from dataclasses import fields

import numpy as np
import pytest

from benchmarks.generate import library as make_library
from musicai.core.errors import Cancelled, QueryError
from musicai.core.progress import Progress, no_progress
from musicai.models import COMPONENTS
from musicai.models.hyperparameters import HYPERPARAMETERS, PRESETS, Settings, parse_settings
from musicai.training.evaluation.metrics import Float64Array
from musicai.training.fit import TrainingConfig, configs
from musicai.training.train import prepare
from musicai.training.tuning import LEAST_TRIALS, list_changed, tune

APART = {"method", "seed", "threads", "bridge", "ease_side"}
"""Fields that are no hyper-parameters: chosen elsewhere, or of the machine."""


@pytest.mark.parametrize("component", [n for n, kind in COMPONENTS.items() if kind.trained])
def test_every_field_of_a_trained_component_is_in_the_table(component: str) -> None:
    known = {one.name for one in HYPERPARAMETERS if one.component == component}
    assert known == {f.name for f in fields(COMPONENTS[component].config_class)} - APART


@pytest.mark.parametrize("one", HYPERPARAMETERS, ids=lambda one: one.key)
def test_a_default_lies_within_its_range_and_the_ends_can_be_set(one: object) -> None:
    assert isinstance(one, type(HYPERPARAMETERS[0]))
    assert one.low <= one.default <= one.high
    for value in (one.low, one.default, one.high):
        made = configs(TrainingConfig(settings=parse_settings([(one.key, value)])), "als")
        assert getattr(made[one.component], one.name) == value
    with pytest.raises(QueryError, match=one.key):
        parse_settings([(one.key, one.high * 2 + 1)])
    assert one.help.endswith(".")


def test_names_and_fractions_that_cannot_be_meant_are_told() -> None:
    with pytest.raises(QueryError, match=r"choose from collaborative\.alpha"):
        parse_settings([("collaborative.alfa", 1)])
    with pytest.raises(QueryError, match="begin with one of collaborative, item_item"):
        parse_settings([("alpha", 1)])
    with pytest.raises(QueryError, match="whole number"):
        parse_settings([("collaborative.factors", 2.5)])
    with pytest.raises(QueryError, match="no trained component 'rules'"):
        TrainingConfig(settings={"rules": {}})
    with pytest.raises(QueryError, match="Tuning takes"):
        TrainingConfig(tune_s=-1)


def test_presets_are_choices_of_a_training() -> None:
    for name, chosen in PRESETS.items():
        assert TrainingConfig(**chosen).method in ("auto", "als"), name


def test_an_own_field_goes_before_the_settings() -> None:
    config = TrainingConfig(factors=8, settings={"collaborative": {"factors": 16, "alpha": 3.0}})
    made = config.collaborative("als")
    assert (made.factors, made.alpha) == (8, 3.0)
    assert config.settle(config.list_chosen("als")).collaborative("als") == made


# --- the search -----------------------------------------------------------------------


def judged(best: float, spread: float = 0.0) -> object:
    """nDCG that is highest where dropout is ``best``."""

    def judge(settings: Settings, progress: Progress) -> Float64Array:
        progress(0.5)
        at = settings.get("item_item", {}).get("dropout", 0.5)
        noise = np.random.default_rng(int(at * 1e6)).normal(0, spread, 40)
        return np.full(40, 1 - abs(at - best)) + noise

    return judge


@pytest.mark.slow
def test_it_finds_what_is_better_and_says_by_how_much() -> None:
    found = tune(judged(0.1), {}, "als", 2.0, 3, no_progress)  # type: ignore[arg-type]
    assert found.before == pytest.approx(0.6)
    assert abs(found.settings["item_item"]["dropout"] - 0.1) < 0.1
    assert found.after > 0.9
    assert "item_item.dropout" in list_changed(found.settings)


def test_what_one_began_with_stays_where_nothing_leads_it() -> None:
    begin = {"item_item": {"dropout": 0.25}}
    found = tune(judged(0.25), begin, "als", 0.5, 3, no_progress)  # type: ignore[arg-type]
    assert found.settings["item_item"]["dropout"] == 0.25
    assert found.after == found.before


def test_a_lead_by_luck_is_none() -> None:
    """Forty noisy units: the best of many trials leads, but not by a standard error a unit."""

    def judge(settings: Settings, progress: Progress) -> Float64Array:
        number = int(settings["item_item"]["dropout"] * 1e6)
        return 0.5 + np.random.default_rng(number).normal(0, 1e-9, 40) * np.arange(40)

    before = judge({"item_item": {"dropout": 0.5}}, no_progress)
    found = tune(judge, {}, "als", 0.3, 3, no_progress)
    if found.settings.get("item_item", {}).get("dropout", 0.5) != 0.5:
        after = judge(found.settings, no_progress)
        lead = after - before
        assert lead.mean() > lead.std(ddof=1) / len(lead) ** 0.5


def test_a_budget_is_kept_and_a_wish_to_stop_is_heard() -> None:
    started = time.monotonic()
    found = tune(judged(0.1), {}, "nmf", 0.0, 3, no_progress)  # type: ignore[arg-type]
    assert found.trials == LEAST_TRIALS + 1
    assert time.monotonic() - started < 20
    assert "factors" not in found.settings["collaborative"], "NMF has others"

    def stop(fraction: float, note: str = "") -> None:
        raise Cancelled("stop")

    with pytest.raises(Cancelled):
        tune(judged(0.1), {}, "als", 5.0, 3, stop)  # type: ignore[arg-type]


@pytest.mark.slow
def test_a_training_tunes_uses_and_tells_what_it_found() -> None:
    library = make_library(200, 6_000, seed=7)
    config = TrainingConfig(method="als", factors=8, epochs=2, music_map=False, tune_s=0.1)
    trained = prepare(library, config)
    told = trained.metrics["tuning"]
    assert told["trials"] == LEAST_TRIALS + 1
    assert told["after"] >= told["before"]
    assert any(note.startswith("Tuning tried") for note in trained.notes)
    assert trained.config["settings"] == told["settings"]
    used = trained.components["collaborative"].config.to_json()
    for name, value in told["settings"].get("collaborative", {}).items():
        assert used[name] == value
