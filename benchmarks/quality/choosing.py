"""What is chosen on validation, never on test: settings, weights, and blend or single."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from benchmarks.quality.budget import Budget
from benchmarks.quality.scoring import Lists, Problem, Times, rank_all, score_users
from musicai.core.progress import no_progress
from musicai.data.arrays import TrainingData
from musicai.data.sessions import segment_of
from musicai.models import COMPONENTS, DEFAULT_WEIGHTS
from musicai.models.base import Component, ComponentConfig
from musicai.models.blend import LearnedWeights
from musicai.training.blend_weights import ENOUGH_UNITS, learn
from musicai.training.evaluation.pools import Pools

logger = logging.getLogger(__name__)

VALIDATION_SHARE = 0.2
FEWEST = 5
"""A user with fewer training items keeps them all when validation is cut."""

KEY = "ndcg@20"
"""What is chosen by."""


def cut(train: csr_matrix, seed: int) -> tuple[csr_matrix, csr_matrix]:
    """A validation part: ``VALIDATION_SHARE`` of each user's training items, drawn by chance."""
    rng = np.random.default_rng(seed)
    row = np.repeat(np.arange(train.shape[0]), np.diff(train.indptr))
    order = np.lexsort((rng.random(train.nnz), row))
    place = np.arange(train.nnz) - np.repeat(train.indptr[:-1], np.diff(train.indptr))
    size = np.diff(train.indptr)[row]
    held = np.zeros(train.nnz, dtype=bool)
    held[order] = (place < np.round(size * VALIDATION_SHARE)) & (size >= FEWEST)
    parts = []
    for kept in (~held, held):
        part = csr_matrix((train.data[kept], (row[kept], train.indices[kept])), shape=train.shape)
        parts.append(part)
    return parts[0], parts[1]


def sampled(targets: csr_matrix, most: int, seed: int) -> csr_matrix:
    """The targets of ``most`` users who have any, drawn by chance."""
    users = np.flatnonzero(np.diff(targets.indptr))
    if len(users) <= most:
        return csr_matrix(targets)
    asked = np.zeros(targets.shape[0], dtype=targets.dtype)
    asked[np.random.default_rng(seed).choice(users, most, replace=False)] = 1
    kept = csr_matrix(targets.multiply(asked[:, None]))
    kept.eliminate_zeros()
    return kept


def fit(data: TrainingData, configs: Mapping[str, ComponentConfig]) -> dict[str, Component]:
    """Components fitted on the data."""
    return {
        name: kind(configs.get(name)).fit(data, no_progress) for name, kind in COMPONENTS.items()
    }


def choose_configs(
    problem: Problem, data: TrainingData, train: csr_matrix, valid: csr_matrix, budget: Budget
) -> dict[str, ComponentConfig]:
    """For each searched component the settings with the best nDCG@20 on validation.

    One setting after another is tried from the best so far, until the budget is spent.
    """
    found: dict[str, ComponentConfig] = {}
    for turn, (name, changes) in enumerate(problem.search.items()):
        budget.begin(name, len(problem.search) - turn)
        kind = COMPONENTS[name]
        best, value = kind.config_class(), -1.0
        tried: set[Any] = set()
        for change in ({}, *changes) if valid.nnz else ():
            config = _changed(best, change)
            if config in tried or not budget.allows(name):
                continue
            tried.add(config)
            component = kind(config).fit(data, no_progress)
            score = rank_all(problem, {name: component}, {}, train, valid)[name].mean(KEY)
            logger.info("%s %s: nDCG@20 %.4f", name, _differs(config), score)
            if score > value:
                best, value = config, score
        found[name] = best
    return found


def _changed(config: ComponentConfig, change: Mapping[str, Any]) -> ComponentConfig:
    values = {
        name: getattr(config, name) * value.factor if isinstance(value, Times) else value
        for name, value in change.items()
    }
    return replace(config, **values)


def _differs(config: ComponentConfig) -> dict[str, Any]:
    usual = type(config)().to_json()
    return {name: value for name, value in config.to_json().items() if value != usual[name]}


def choose_weights(
    problem: Problem,
    components: Mapping[str, Component],
    train: csr_matrix,
    valid: csr_matrix,
    k: int = 20,
) -> LearnedWeights:
    """The blend's weights, as the product learns them."""
    users = np.flatnonzero(np.diff(valid.indptr))
    pools = Pools(tuple(components), k)
    for scored in score_users(problem, components, train, users):
        hits = np.zeros(scored.scaled.shape[1], dtype=bool)
        hits[valid.indices[valid.indptr[scored.user] : valid.indptr[scored.user + 1]]] = True
        seen = int(train.indptr[scored.user + 1] - train.indptr[scored.user])
        pools.add(scored.scaled, hits, int(hits.sum()), segment_of(seen))
    return learn(pools, DEFAULT_WEIGHTS)


def best_single(validation: Mapping[str, Lists], components: Mapping[str, Any]) -> str:
    """The component with the best nDCG@20 on validation."""
    return max(components, key=lambda name: validation[name].mean(KEY))


def hybrid_weights(
    weights: Mapping[str, float], validation: Mapping[str, Lists], single: str
) -> dict[str, float]:
    """The blend's weights where it is better than the best single component by a standard error.

    Else that component alone: a smaller lead may turn into a loss on test, where the components
    have learned from more than the weights were learned on (the one-standard-error rule of
    Breiman et al., 1984). With fewer than ``ENOUGH_UNITS`` users neither can be told to be better,
    and the weights stay.
    """
    hybrid, alone = (validation[name].per_user()[KEY] for name in ("hybrid", single))
    lead = hybrid - alone
    if len(lead) < ENOUGH_UNITS or lead.mean() > lead.std(ddof=1) / np.sqrt(len(lead)):
        return dict(weights)
    logger.info("the blend does not lead %s by a standard error; that is taken alone", single)
    return {name: float(name == single) for name in weights}
