"""The protocol: fit on the training part, choose on validation, rank everything, read test once.

Binary relevance, full ranking over all items, training positives masked, mean over the users
with test items, IDCG over min(K, targets). What is fitted and blended are the product's own
components, with the product's own scaling and search for weights; only the data differ.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

import threadpoolctl
from scipy.sparse import csr_matrix

from benchmarks.quality.budget import Budget
from benchmarks.quality.choosing import (
    KEY,
    VALIDATION_SHARE,
    best_single,
    choose_configs,
    choose_weights,
    cut,
    fit,
    hybrid_weights,
    sampled,
)
from benchmarks.quality.scoring import Lists, Problem, rank_all
from musicai.core.errors import DataError
from musicai.models import COMPONENTS
from musicai.training.evaluation.metrics import bootstrap_interval, compare_paired

logger = logging.getLogger(__name__)

USERS_IN_SEARCH = 2_000
"""Validation users whose lists choose the settings."""

USERS_IN_BLEND = 4_000
"""Validation users whose lists choose the weights."""

USERS_IN_TEST = 30_000
"""Test users whose lists are measured; of more, so many are drawn by chance, and ``n`` says it."""


def run(problem: Problem, *, seed: int = 0, budget_s: float | None = None) -> dict[str, Any]:
    """Everything, as one JSON object; settings are tried for ``budget_s`` seconds at most."""
    # one thread: a product of small matrices is far slower on two cores than on one
    with threadpoolctl.threadpool_limits(1, "blas"):
        return _run(problem, seed, Budget(budget_s))


def _run(problem: Problem, seed: int, budget: Budget) -> dict[str, Any]:
    started = time.perf_counter()
    if not problem.test.nnz:
        raise DataError("No user has a test item, so there is nothing to measure.")
    given = problem.valid is not None
    train, valid = (problem.train, problem.valid) if given else cut(problem.train, seed)
    assert valid is not None
    data = problem.data(train, csr_matrix(problem.test + valid))
    asked = sampled(valid, USERS_IN_SEARCH, seed)
    configs = choose_configs(problem, data, train, asked, budget)
    fitted = fit(data, configs)
    judged = sampled(valid, USERS_IN_BLEND, seed + 1)
    learned = choose_weights(problem, fitted, train, judged).everyone
    weights = dict(problem.weights) if problem.weights is not None else learned
    validation = rank_all(problem, fitted, {"hybrid": weights}, train, judged)
    single = best_single(validation, fitted)
    if problem.weights is None:
        weights = hybrid_weights(weights, validation, single)
    blends = {"hybrid": weights, "learned": learned}
    chosen = time.perf_counter() - started
    everything = csr_matrix(problem.train + valid) if given else problem.train
    began = time.perf_counter()
    fitted = fit(problem.data(everything, problem.test), configs)
    fit_s = time.perf_counter() - began
    measured = sampled(problem.test, USERS_IN_TEST, seed)
    found = rank_all(problem, fitted, blends, everything, measured)
    if weights.get(single) == 1.0:
        found["hybrid"] = found[single]  # its own ranking, without the ceiling of scaled scores
    return _report(found, validation, single) | {
        "dataset": problem.name,
        "split": problem.split,
        "data": dict(problem.facts),
        "config": {
            "weights": _rounded(weights),
            "weights_learned_on_validation": _rounded(learned),
            "weights_from": "defaults" if problem.weights is not None else "validation",
            "validation": "given" if given else f"{VALIDATION_SHARE:.0%} of each user's training",
            "validation_users": len(validation["hybrid"].hits),
            "components": {name: fitted[name].config.to_json() for name in fitted},
            "search": budget.report(),
            "seed": seed,
        },
        "seconds": round(time.perf_counter() - started, 1),
        "seconds_choosing": round(chosen, 1),
        "fit_s": round(fit_s, 1),
    }


def _report(
    found: Mapping[str, Lists], validation: Mapping[str, Lists], single: str
) -> dict[str, Any]:
    values = {name: lists.per_user() for name, lists in found.items()}
    means = {
        name: _rounded({m: float(v.mean()) for m, v in metrics.items()})
        for name, metrics in values.items()
    }
    hybrid = values["hybrid"]
    return {
        "n": len(hybrid[KEY]),
        "metrics": means["hybrid"],
        "intervals": {
            metric: [round(end, 5) for end in bootstrap_interval(column)]
            for metric, column in hybrid.items()
        },
        "learned": means["learned"],
        "baselines": {name: means[name] for name in COMPONENTS},
        "best_single_on_validation": single,
        "paired_difference": {
            f"hybrid-vs-{name}": [
                round(end, 5) for end in compare_paired(hybrid[KEY], values[name][KEY])
            ]
            for name in COMPONENTS
        },
        "validation": {
            name: _rounded({m: lists.mean(m) for m in lists.per_user()})
            for name, lists in validation.items()
        },
    }


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 5) for name, value in values.items()}
