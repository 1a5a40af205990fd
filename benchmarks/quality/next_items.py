"""The next item of a session: the product's component for what comes next, on public splits.

One ask is a prefix and the item that followed. All items are ranked; the item that followed has
one rank, ties counted half. P@K, which is HR@K here, is the share of asks with a rank of at most
K (one item is relevant), MRR@K the mean of 1 / rank, 0 beyond K, nDCG@K the mean of
1 / log2(1 + rank).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from benchmarks.quality.interactions import unknown_features
from musicai.core.errors import DataError
from musicai.core.progress import Progress, no_progress
from musicai.data.arrays import History, Query, Sequences, TrainingData
from musicai.models.base import Component, ComponentConfig
from musicai.models.deep.config import TransformerConfig
from musicai.models.deep.transformer import Transformer
from musicai.models.sequence import Sequence as WhatComesNext
from musicai.models.sequence import SequenceConfig

logger = logging.getLogger(__name__)

Rows = npt.NDArray[np.int32]
Ranks = npt.NDArray[np.float64]

_NONE: Rows = np.zeros(0, dtype=np.int32)
STRANGER = History(_NONE, _NONE.astype(np.float32), _NONE, _NONE.astype(np.int64), 0)

MODELS: Mapping[str, type[Component]] = {
    WhatComesNext.name: WhatComesNext,
    Transformer.name: Transformer,
}
"""What can be measured here."""

WHOLE_PASSES = 100_000_000
"""The transformer's time is bounded by its passes alone here; the product bounds it further."""

PARTS: Mapping[str, SequenceConfig | None] = {
    "popularity": None,
    "first-order Markov": SequenceConfig(
        session_tracks=1, window=1, backward=0.0, neighbour_share=0.0
    ),
    "sequential rules": SequenceConfig(
        session_tracks=1, window=10, backward=0.0, neighbour_share=0.0
    ),
    "surroundings alone": SequenceConfig(neighbour_share=0.0),
    "session kNN alone": SequenceConfig(neighbour_share=1.0),
}
"""Name → what comes next with less in it; None for how often an item occurs."""

PEERS: Mapping[str, SequenceConfig | None] = {
    "popularity": None,
    "what comes next": SequenceConfig(),
}
"""The same beside the transformer."""


@dataclass(frozen=True)
class Ask:
    """What was played, and what came next."""

    prefix: Rows
    target: int


@dataclass(frozen=True)
class NextItems:
    """A split."""

    name: str
    split: str
    sessions: Sequence[Rows]
    """For training, older ones first."""
    test: Sequence[Ask]
    n_items: int
    valid: Sequence[Ask] = ()
    """Chosen on, where there are any."""
    valid_sessions: Sequence[Rows] = ()
    """What may be seen by the choice."""
    masked: bool = False
    """Items of the prefix are no candidates."""
    cutoffs: tuple[int, ...] = (10, 20)
    hits: str = "p"
    """What a hit within a cutoff is called: "p" or "hr"."""
    facts: Mapping[str, Any] = field(default_factory=dict)


def training_data(sessions: Sequence[Rows], n_items: int) -> TrainingData:
    """Sessions as the product's training data."""
    length = np.array([len(one) for one in sessions], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    tracks = np.concatenate(sessions) if len(sessions) else _NONE
    return TrainingData(
        features=unknown_features(n_items),
        interactions=csr_matrix((1, n_items), dtype=np.float32),
        listeners=("",),
        sequences=Sequences(
            tracks.astype(np.int32),
            starts,
            np.ones(len(tracks), dtype=bool),
            np.zeros(len(length), dtype=bool),
        ),
    )


def ranks(
    model: Component | npt.NDArray[np.floating], asks: Sequence[Ask], *, masked: bool
) -> Ranks:
    """(n_asks,) rank of each target, infinite where the model has no good word for it."""
    found = np.full(len(asks), np.inf)
    for place, ask in enumerate(asks):
        if isinstance(model, Component):
            scores = np.nan_to_num(model.score(Query(STRANGER, ask.prefix)))
        else:
            scores = np.asarray(model, dtype=np.float64).copy()
        if masked:
            scores[ask.prefix] = 0.0
        own = scores[ask.target]
        if own > 0:
            equal = int((scores == own).sum()) - 1
            found[place] = 1 + int((scores > own).sum()) + equal / 2
    return found


def metrics(found: Ranks, cutoffs: Sequence[int], hits: str = "p") -> dict[str, Ranks]:
    """Metric → (n_asks,) its values."""
    told: dict[str, Ranks] = {}
    for k in cutoffs:
        hit = found <= k
        told[f"{hits}@{k}"] = hit.astype(np.float64)
        told[f"mrr@{k}"] = np.where(hit, 1.0 / np.where(hit, found, 1.0), 0.0)
        gain = 1.0 / np.log2(1.0 + np.where(hit, found, 1.0))
        told[f"ndcg@{k}"] = np.where(hit, gain, 0.0)
    return told


def run(
    problem: NextItems,
    *,
    candidates: Sequence[SequenceConfig] = (),
    model: str = WhatComesNext.name,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Everything, as one JSON object.

    Args:
        problem: The split.
        candidates: Settings of what comes next to choose from on validation; its own without any.
        model: One of ``MODELS``.
        progress: Of the fit.

    Raises:
        DataError: there is nothing to ask, or the model cannot be trained here.
    """
    if not problem.test:
        raise DataError("No session has a next item to foretell, so there is nothing to measure.")
    started = time.perf_counter()
    config: ComponentConfig = MODELS[model].config_class()
    if isinstance(config, TransformerConfig):
        config = replace(config, most_plays=WHOLE_PASSES)
    tried: list[dict[str, Any]] = []
    if model == WhatComesNext.name:
        config, tried = _chosen(problem, candidates)
    data = training_data(problem.sessions, problem.n_items)
    began = time.perf_counter()
    fitted = MODELS[model](config).fit(data, progress)
    if fitted.silent:
        raise DataError(" ".join(fitted.notes_))
    fit_s = time.perf_counter() - began
    found = ranks(fitted, problem.test, masked=problem.masked)
    asked_s = time.perf_counter() - began - fit_s
    values = metrics(found, problem.cutoffs, problem.hits)
    return {
        "dataset": problem.name,
        "split": problem.split,
        "n": len(problem.test),
        "metrics": {name: _percent(value.mean()) for name, value in values.items()},
        "intervals": {name: _interval(value) for name, value in values.items()},
        "baselines": _baselines(problem, data, PARTS if model == WhatComesNext.name else PEERS),
        "data": dict(problem.facts),
        "config": {
            "model": model,
            model: config.to_json(),
            "notes": list(fitted.notes_),
            "masked": problem.masked,
            "tried_on_validation": tried,
        },
        "fit_s": round(fit_s, 2),
        "ms_a_query": round(1_000 * asked_s / len(problem.test), 3),
        "seconds": round(time.perf_counter() - started, 1),
    }


def _chosen(
    problem: NextItems, candidates: Sequence[SequenceConfig]
) -> tuple[SequenceConfig, list[dict[str, Any]]]:
    """The settings with the best nDCG at the largest cutoff on validation."""
    if not candidates or not problem.valid:
        return SequenceConfig(), []
    data = training_data(problem.valid_sessions, problem.n_items)
    key = f"ndcg@{problem.cutoffs[-1]}"
    tried = []
    for config in candidates:
        model = WhatComesNext(config).fit(data, no_progress)
        found = ranks(model, problem.valid, masked=problem.masked)
        score = float(metrics(found, problem.cutoffs, problem.hits)[key].mean())
        tried.append((score, config))
        logger.info("%s: %s %.4f", config, key, score)
    best = max(tried, key=lambda one: one[0])[1]
    return best, [{key: round(score, 5), **one.to_json()} for score, one in tried]


def _baselines(
    problem: NextItems, data: TrainingData, wanted: Mapping[str, SequenceConfig | None]
) -> dict[str, dict[str, float]]:
    told = {}
    counts = np.bincount(data.sequences.tracks, minlength=problem.n_items)
    for name, config in wanted.items():
        model: Component | npt.NDArray[np.floating] = counts.astype(np.float64)
        if config is not None:
            model = WhatComesNext(config).fit(data, no_progress)
        found = ranks(model, problem.test, masked=problem.masked)
        values = metrics(found, problem.cutoffs, problem.hits)
        told[name] = {metric: _percent(value.mean()) for metric, value in values.items()}
        logger.info("%s: %s", name, told[name])
    return told


def _percent(share: float) -> float:
    return round(100.0 * float(share), 3)


def _interval(values: Ranks) -> list[float]:
    """95 % of the mean, by the normal approximation: asks are many."""
    half = 1.96 * float(values.std()) / max(len(values), 1) ** 0.5
    return [_percent(values.mean() - half), _percent(values.mean() + half)]
