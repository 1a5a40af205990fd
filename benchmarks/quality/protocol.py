"""The protocol: fit on the training part, choose on validation, rank everything, read test once.

Binary relevance, full ranking over all items, training positives masked, mean over the users
with test items, IDCG over min(K, targets). What is fitted and blended are the product's own
components, with the product's own scaling and search for weights; only the data differ.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from musicai import ranking
from musicai.metrics import bootstrap_interval, ndcg_of_hits, paired_difference
from musicai.progress import no_progress
from musicai.recommenders import COMPONENTS, DEFAULT_WEIGHTS
from musicai.recommenders.base import (
    Component,
    ComponentConfig,
    History,
    Query,
    TrackFeatures,
    TrainingData,
)
from musicai.segments import segment_of
from musicai.tables import FloatArray
from musicai.weights import LearnedWeights, Pools, learn

logger = logging.getLogger(__name__)

CUTOFFS = (10, 20, 100)
NO_SEEDS = np.zeros(0, dtype=np.int32)
VALIDATION_SHARE = 0.2
FEWEST = 5
"""A user with fewer training items keeps them all when validation is cut."""


@dataclass(frozen=True)
class Problem:
    """One public split, as data for the product's components."""

    name: str
    split: str
    """Where the split comes from, in words."""
    train: csr_matrix
    """(n_users, n_items) float32 confidences, > 0 where a pair is in the training part."""
    test: csr_matrix
    """(n_users, n_items) 1 for a pair of the test part."""
    features: Callable[[csr_matrix], TrackFeatures]
    """Items as features, without what belongs to the given hidden pairs (n_users, n_items)."""
    valid: csr_matrix | None = None
    """A validation part of the split's own; else one is cut from the training part."""
    users_are_listeners: bool = True
    """False where they are baskets, such as playlists."""
    friends: csr_matrix | None = None
    """(n_users, n_users) 1 for a friend."""
    search: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    """Component → settings to choose among on validation."""
    weights: Mapping[str, float] | None = None
    """Fixed weights of the blend; None to learn them on validation."""

    def data(self, train: csr_matrix, hidden: csr_matrix) -> TrainingData:
        """What components are fitted on."""
        names = tuple(f"u{k}" for k in range(train.shape[0])) if self.users_are_listeners else ()
        return TrainingData(
            features=self.features(hidden),
            interactions=train,
            listeners=names,
            friends=self.friends,
        )


# --- scoring --------------------------------------------------------------------------


def history_of(problem: Problem, train: csr_matrix, user: int) -> History:
    """A user's training items as a history; without times, as the splits have none."""
    start, stop = train.indptr[user], train.indptr[user + 1]
    rows, order = np.unique(train.indices[start:stop], return_index=True)
    friends = NO_SEEDS
    if problem.friends is not None:
        friends = problem.friends[user].indices.astype(np.int32)
    return History(
        rows=rows.astype(np.int32),
        confidence=train.data[start:stop][order].astype(np.float32),
        plays=np.ones(len(rows), dtype=np.int32),
        last_played=np.zeros(len(rows), dtype=np.int64),
        now=0,
        friends=friends,
    )


def scaled_scores(
    problem: Problem, components: Mapping[str, Component], train: csr_matrix, users: Any
) -> Iterator[tuple[int, FloatArray]]:
    """For each user the components' scaled scores.

    (n_components, n_items), NaN for no opinion and for the user's training items.
    """
    for user in users:
        query = Query(history_of(problem, train, int(user)), NO_SEEDS)
        seen = query.history.rows
        rows = []
        for component in components.values():
            raw = component.score(query).copy()
            raw[seen] = np.nan
            rows.append(ranking.anchor(raw) if component.scaling == "anchored" else raw)
        yield int(user), np.array(rows, dtype=np.float32)


def top(scores: FloatArray, k: int) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Places of the ``k`` best, best first; NaN and −inf are never among them."""
    filled = np.where(np.isnan(scores), -np.inf, scores)
    best = np.argpartition(-filled, min(k, len(filled) - 1))[:k]
    best = best[np.argsort(-filled[best], kind="stable")]
    return best[np.isfinite(filled[best])]


@dataclass
class Lists:
    """Hits of one method, user by user."""

    hits: list[np.ndarray[Any, np.dtype[np.bool_]]] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)

    def add(self, ranked: np.ndarray[Any, Any], wanted: np.ndarray[Any, Any]) -> None:
        """Take in one user's list and targets."""
        row = np.zeros(max(CUTOFFS), dtype=bool)
        row[: len(ranked)] = np.isin(ranked, wanted)
        self.hits.append(row)
        self.targets.append(len(wanted))

    def per_user(self) -> dict[str, np.ndarray[Any, np.dtype[np.float64]]]:
        """Metric → (n_users,)."""
        hits, targets = np.stack(self.hits), np.array(self.targets)
        found = {}
        for k in CUTOFFS:
            count = hits[:, :k].sum(axis=1)
            found[f"precision@{k}"] = count / k
            found[f"recall@{k}"] = count / targets
            found[f"ndcg@{k}"] = ndcg_of_hits(hits[:, :k], targets)
        return found


def rank_all(
    problem: Problem,
    components: Mapping[str, Component],
    weights: Mapping[str, Mapping[str, float]],
    train: csr_matrix,
    targets: csr_matrix,
) -> dict[str, Lists]:
    """Lists of every blend in ``weights`` and of every component, for users with targets."""
    users = np.flatnonzero(np.diff(targets.indptr))
    vectors = {
        name: np.array([blend.get(c, 0.0) for c in components], dtype=np.float32)
        for name, blend in weights.items()
    }
    found: dict[str, Lists] = {name: Lists() for name in (*weights, *components)}
    for user, scaled in scaled_scores(problem, components, train, users):
        wanted = targets[user].indices
        seen = train.indices[train.indptr[user] : train.indptr[user + 1]]
        filled = np.nan_to_num(scaled, nan=0.0)
        for name, vector in vectors.items():
            blended = vector @ filled
            blended[seen] = -np.inf
            found[name].add(top(blended, max(CUTOFFS)), wanted)
        for row, name in zip(scaled, components, strict=True):
            found[name].add(top(row, max(CUTOFFS)), wanted)
    return found


# --- choosing -------------------------------------------------------------------------


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


def fit(
    data: TrainingData, configs: Mapping[str, ComponentConfig], names: Any = None
) -> dict[str, Component]:
    """Components fitted on the data."""
    return {
        name: COMPONENTS[name](configs.get(name)).fit(data, no_progress)
        for name in (names or COMPONENTS)
    }


def choose_configs(
    problem: Problem, data: TrainingData, train: csr_matrix, valid: csr_matrix, most: int, seed: int
) -> dict[str, ComponentConfig]:
    """For each searched component the settings with the best nDCG@20 on validation users.

    One setting after another is tried from the best so far, ``most`` users each.
    """
    users = np.flatnonzero(np.diff(valid.indptr))
    if len(users) > most:
        users = np.sort(np.random.default_rng(seed).choice(users, most, replace=False))
    kept = csr_matrix(valid)
    asked = np.zeros(valid.shape[0], dtype=bool)
    asked[users] = True
    kept = csr_matrix(kept.multiply(asked[:, None]))
    kept.eliminate_zeros()
    found: dict[str, ComponentConfig] = {}
    for name, changes in problem.search.items():
        kind = COMPONENTS[name]
        best, value = kind.config_class(), -1.0
        for change in ({}, *changes):
            config = replace(best, **change)
            component = kind(config).fit(data, no_progress)
            lists = rank_all(problem, {name: component}, {}, train, kept)[name]
            score = float(lists.per_user()["ndcg@20"].mean())
            logger.info("%s %s: nDCG@20 %.4f", name, change, score)
            if score > value:
                best, value = config, score
        found[name] = best
    return found


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
    for user, scaled in scaled_scores(problem, components, train, users):
        hits = np.zeros(scaled.shape[1], dtype=bool)
        hits[valid[user].indices] = True
        seen = int(train.indptr[user + 1] - train.indptr[user])
        pools.add(scaled, hits, int(hits.sum()), segment_of(seen))
    return learn(pools, DEFAULT_WEIGHTS)


# --- a whole run ----------------------------------------------------------------------


def run(problem: Problem, *, seed: int = 0, users_in_search: int = 800) -> dict[str, Any]:
    """Everything, as one JSON object."""
    # one BLAS thread: the solvers have their own, and small products lose by waiting for two
    with threadpool_limits(1, "blas"):
        return _run(problem, seed, users_in_search)


def _run(problem: Problem, seed: int, users_in_search: int) -> dict[str, Any]:
    started = time.perf_counter()
    given = problem.valid is not None
    train, valid = (problem.train, problem.valid) if given else cut(problem.train, seed)
    assert valid is not None
    hidden = csr_matrix(problem.test + valid)
    data = problem.data(train, hidden)
    configs = choose_configs(problem, data, train, valid, users_in_search, seed)
    fitted = fit(data, configs)
    learned = choose_weights(problem, fitted, train, valid)
    weights = dict(problem.weights) if problem.weights is not None else learned.everyone
    validation = rank_all(problem, fitted, {"hybrid": weights}, train, valid)
    chosen = time.perf_counter() - started
    everything = csr_matrix(problem.train + (valid if given else 0 * valid))
    data = problem.data(everything, problem.test)
    began = time.perf_counter()
    fitted = fit(data, configs)
    fit_s = time.perf_counter() - began
    blends = {"hybrid": weights, "learned": learned.everyone}
    found = rank_all(problem, fitted, blends, everything, problem.test)
    return _report(problem, found, validation) | {
        "config": {
            "weights": _rounded(weights),
            "weights_learned_on_validation": _rounded(learned.everyone),
            "weights_from": "defaults" if problem.weights is not None else "validation",
            "validation": "given" if given else f"{VALIDATION_SHARE:.0%} of each user's training",
            "components": {name: fitted[name].config.to_json() for name in fitted},
            "seed": seed,
        },
        "seconds": round(time.perf_counter() - started, 1),
        "seconds_choosing": round(chosen, 1),
        "fit_s": round(fit_s, 1),
    }


def _report(
    problem: Problem, found: Mapping[str, Lists], validation: Mapping[str, Lists]
) -> dict[str, Any]:
    values = {name: lists.per_user() for name, lists in found.items()}
    means = {
        name: _rounded({m: float(v.mean()) for m, v in metrics.items()})
        for name, metrics in values.items()
    }
    hybrid = values["hybrid"]
    singles = [name for name in values if name not in ("hybrid", "learned")]
    key = "ndcg@20"
    best = max(singles, key=lambda name: float(validation[name].per_user()[key].mean()))
    return {
        "dataset": problem.name,
        "split": problem.split,
        "n": len(hybrid[key]),
        "metrics": means["hybrid"],
        "intervals": {
            metric: [round(end, 5) for end in bootstrap_interval(column)]
            for metric, column in hybrid.items()
        },
        "learned": means["learned"],
        "baselines": {name: means[name] for name in singles},
        "best_single_on_validation": best,
        "paired_difference": {
            f"hybrid-vs-{name}": [
                round(end, 5) for end in paired_difference(hybrid[key], values[name][key])
            ]
            for name in singles
        },
        "validation": {
            name: _rounded({m: float(v.mean()) for m, v in lists.per_user().items()})
            for name, lists in validation.items()
        },
    }


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 5) for name, value in values.items()}
