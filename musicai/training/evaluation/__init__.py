"""Measuring a model: temporal hold-out, metrics with intervals, baselines, choice of weights.

The way of a measurement::

    cuts = temporal_split(library)                       # None: too little to measure
    before = library.before(cuts.test)
    fitted = …                                           # components fitted on ``before``
    units = make_units(library, cuts.test)
    evaluation = evaluate(before, features, fitted, units, weights=weights)

Weights are chosen the same way one cut earlier: fit on ``library.before(cuts.validation)``,
``make_units(library, cuts.validation, until=cuts.test)``, ``evaluate(…,
learning=True)``, then ``weights.learn_by_mode(validation.pools, validation.mode, …)``.

Three tasks: ``new`` (tracks the listener had not met; the candidates are those of
"discover"), ``repeat`` (tracks met before; "rediscover") and ``all`` ("mix"). A track that
is known only from the future is never a candidate. Targets that are no candidates cannot
be foretold by any method: they are left out, and their share is told (``reachable``).
Lists are the blend's, before re-ranking for diversity.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from musicai.core.progress import Progress, no_progress
from musicai.data.arrays import TrackFeatures
from musicai.data.library import Library
from musicai.models.base import Component
from musicai.models.blend import LearnedWeights, StackedBlend
from musicai.training.evaluation.methods import NO_CURVES, TASKS, Asked, Ranker
from musicai.training.evaluation.metrics import (
    Float64Array,
    bootstrap_interval,
    catalogue_coverage,
    compare_paired,
    diversity,
    hit_at,
    ndcg_at,
    novelty,
    precision_at,
    recall_at,
    reciprocal_rank,
)
from musicai.training.evaluation.pools import Pools
from musicai.training.evaluation.report import (
    MetricAccumulator,
    SegmentResult,
    TaskResult,
    World,
    track_mixes,
)
from musicai.training.evaluation.splits import (
    Cuts,
    Unit,
    Units,
    events,
    listener_segments,
    make_units,
    temporal_split,
)

__all__ = [
    "TASKS",
    "Cuts",
    "Evaluation",
    "SegmentResult",
    "TaskResult",
    "Unit",
    "Units",
    "bootstrap_interval",
    "by_listener",
    "catalogue_coverage",
    "compare_paired",
    "diversity",
    "evaluate",
    "events",
    "headline_task",
    "hit_at",
    "listener_segments",
    "make_units",
    "ndcg_at",
    "novelty",
    "precision_at",
    "reachable",
    "recall_at",
    "reciprocal_rank",
    "temporal_split",
]

logger = logging.getLogger(__name__)

MIN_REACHABLE = 0.2
"""Share of new targets that must be candidates before "new" is the headline."""


# --- results --------------------------------------------------------------------------


@dataclass(frozen=True)
class Evaluation:
    """All that was measured at one cut."""

    task: str
    """The headline: "new" where enough new targets are reachable, else "repeat"."""
    tasks: dict[str, TaskResult]
    """Every task that has units."""
    units: str
    """What a unit is: "listener", "week" or "day"."""
    cut: str
    """ISO date and time; nothing from there on was seen."""
    k: int
    """Length of the lists."""
    reachable: float
    """Share of the new targets that are candidates."""
    pools: Mapping[str, Pools] = field(default_factory=dict)
    """Mode → what its weights can be learned from; empty unless asked for."""

    @property
    def headline(self) -> TaskResult | None:
        """The headline task's result; None if no unit could be measured."""
        return self.tasks.get(self.task)

    @property
    def mode(self) -> str:
        """The mode whose lists the headline task is about."""
        return TASKS[self.task]

    @property
    def n(self) -> int:
        """Units of the headline task; 0 if nothing could be measured."""
        return self.headline.n if self.headline else 0

    def mean_ndcg(self, method: str) -> float:
        """Mean nDCG of a method on the headline task; 0 if nothing could be measured."""
        return float(self.headline.ndcg[method].mean()) if self.headline else 0.0

    def to_json(self) -> dict[str, Any]:
        """The object kept in a version's manifest and printed by the command line."""
        head = self.headline.to_json() if self.headline else {}
        return {
            "task": self.task,
            "n": self.n,
            "units": self.units,
            "k": self.k,
            "cut": self.cut,
            "reachable": round(self.reachable, 5),
            "metrics": head.get("metrics", {}),
            "intervals": head.get("intervals", {}),
            "paired_difference": head.get("paired_difference", {}),
            "tasks": {name: result.to_json() for name, result in self.tasks.items()},
        }


# --- measuring ------------------------------------------------------------------------


def evaluate(
    library_before: Library,
    features: TrackFeatures,
    components: Mapping[str, Component],
    units: Units,
    *,
    weights: Mapping[str, float] | LearnedWeights,
    stacked: Mapping[str, StackedBlend] = NO_CURVES,
    learning: bool = False,
    k: int = 20,
    seed: int = 0,
    progress: Progress = no_progress,
) -> Evaluation:
    """Rank for every unit and compare with what was really played.

    Args:
        library_before: ``library.before(units.cut)``.
        features: Of the library's tracks; their words and sounds are not of the future.
        components: Fitted on ``library_before``.
        units: What to foretell, from :func:`make_units`.
        weights: Component → weight of the method "hybrid", or such by segment.
        stacked: Mode → learned blend; "hybrid" is made with it where it is the default.
        learning: Keep what weights can be learned from (``Evaluation.pools``).
        k: Length of the lists.
        seed: Of the random baseline, of ties and of the bootstrap.
        progress: Called once a listener.
    """
    started = time.perf_counter()
    learned = weights if isinstance(weights, LearnedWeights) else LearnedWeights(dict(weights))
    ranker = Ranker(library_before, features, components, learned, k, seed, stacked)
    asked = by_listener(units, ranker)
    reach = {task: reachable(asked, task) for task in TASKS}
    headline = headline_task(reach)
    tallies = {task: MetricAccumulator(ranker.methods, k) for task in TASKS}
    pools = {mode: Pools(tuple(components), k) for mode in TASKS.values()} if learning else {}
    for done, one in enumerate(asked):
        progress(done / len(asked), f"Measuring: {done} of {len(asked)}")
        raw = ranker.raw(one.history)
        for task in TASKS:
            if any(len(found.targets) for found in one.found[task]):
                scaled = ranker.scale_scores(raw, one, task)
                lists = ranker.lists(raw, one, task, scaled)
                for found in one.found[task]:
                    rows = one.rows[task]
                    tallies[task].add(ranker, lists, rows, found.targets, one.listener)
                    if learning:
                        hits = np.isin(rows, found.targets)
                        segment = ranker.segments[one.listener]
                        pools[TASKS[task]].add(scaled, hits, len(found.targets), segment)
    world = _world(library_before, features, asked, ranker)
    results = {
        task: tally.result(world, task, reach[task], seed)
        for task, tally in tallies.items()
        if tally.top
    }
    progress(1.0, f"Measured {len(units)} units")
    logger.info("evaluated %d units in %.2f s", len(units), time.perf_counter() - started)
    return Evaluation(
        task=headline,
        tasks=results,
        units=units.kind,
        cut=units.cut.isoformat(),
        k=k,
        reachable=reach["new"],
        pools=pools,
    )


def by_listener(units: Units, ranker: Ranker) -> list[Asked]:
    """Each listener with all units about them, in the order of the units."""
    grouped: dict[int, list[Unit]] = {}
    for unit in units.units:
        grouped.setdefault(unit.listener, []).append(unit)
    return [ranker.ask(listener, about) for listener, about in grouped.items()]


def reachable(asked: list[Asked], task: str) -> float:
    """Share of a task's targets that are candidates; 0 where it has no targets."""
    found = [entry for one in asked for entry in one.found[task]]
    total = sum(entry.asked for entry in found)
    return sum(len(entry.targets) for entry in found) / total if total else 0.0


def headline_task(reach: Mapping[str, float]) -> str:
    """The task that stands for a measurement, by the share of each task's reachable targets."""
    return "new" if reach["new"] >= MIN_REACHABLE else "repeat"


def _world(library: Library, features: TrackFeatures, asked: list[Asked], ranker: Ranker) -> World:
    counts = np.bincount(library.plays["track"].to_numpy(), minlength=library.n_tracks)
    return World(
        features=features,
        plays=counts.astype(np.int64),
        offered=ranker.count_candidates(asked),
        taste=_taste(asked, features, len(library.listeners)),
        segments=listener_segments(library),
    )


def _taste(asked: list[Asked], features: TrackFeatures, n_listeners: int) -> Float64Array:
    """(n_listeners, n_genres) genres of what each listener played in full; NaN: not asked."""
    mixes = track_mixes(features)
    found = np.full((n_listeners, mixes.shape[1]), np.nan)
    for one in asked:
        past = one.history
        # a profile of playlists has no plays: there every entry counts
        amount = past.plays if past.plays.any() else past.confidence
        found[one.listener] = amount.astype(np.float64) @ mixes[past.rows]
    return found
