"""Measuring a model: temporal hold-out, metrics with intervals, baselines, choice of weights.

The way of a measurement::

    cuts = temporal_split(library)                       # None: too little to measure
    before = library.before(cuts.test)
    fitted = …                                           # components fitted on ``before``
    units = make_units(library, cuts.test)
    evaluation = evaluate(before, features, fitted, units, weights=weights)

Weights are chosen the same way one cut earlier: fit on ``library.before(cuts.validation)``,
``make_units(library, cuts.validation, until=cuts.test)``, ``evaluate(…,
blends=weight_candidates(…))``, then ``choose_weights``.

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
import numpy.typing as npt

from musicai.contenders import TASKS, Asked, Ranker
from musicai.holdout import (
    Cuts,
    Unit,
    Units,
    events,
    listener_segments,
    make_units,
    temporal_split,
)
from musicai.metrics import (
    Float64Array,
    bootstrap_interval,
    catalogue_coverage,
    diversity,
    hit_at,
    ndcg_at,
    novelty,
    paired_difference,
    precision_at,
    recall_at,
    reciprocal_rank,
)
from musicai.progress import Progress, no_progress
from musicai.recommenders.base import Component, TrackFeatures
from musicai.tables import Library
from musicai.tallies import SegmentResult, Tally, TaskResult, World, track_mixes

__all__ = [
    "TASKS",
    "Cuts",
    "Evaluation",
    "SegmentResult",
    "TaskResult",
    "Unit",
    "Units",
    "bootstrap_interval",
    "catalogue_coverage",
    "choose_weights",
    "diversity",
    "evaluate",
    "events",
    "hit_at",
    "listener_segments",
    "make_units",
    "ndcg_at",
    "novelty",
    "paired_difference",
    "precision_at",
    "recall_at",
    "reciprocal_rank",
    "temporal_split",
    "weight_candidates",
]

logger = logging.getLogger(__name__)

FLOOR = 0.01
"""Least chosen weight of a component: for a stranger it may be the only one that speaks."""

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
    blends: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    """Name of a weight vector → (n,) nDCG a unit on the headline task."""

    @property
    def headline(self) -> TaskResult | None:
        """The headline task's result; None if no unit could be measured."""
        return self.tasks.get(self.task)

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
    weights: Mapping[str, float],
    blends: Mapping[str, Mapping[str, float]] | None = None,
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
        weights: Component → weight of the method "hybrid".
        blends: More weight vectors by name, measured on the headline task only.
        k: Length of the lists.
        seed: Of the random baseline, of ties and of the bootstrap.
        progress: Called once a listener.
    """
    started = time.perf_counter()
    ranker = Ranker(library_before, features, components, weights, blends or {}, k, seed)
    asked = _by_listener(units, ranker)
    reach = {task: _reach(asked, task) for task in TASKS}
    headline = "new" if reach["new"] >= MIN_REACHABLE else "repeat"
    tallies = {task: Tally(ranker.methods, tuple(ranker.blends), k) for task in TASKS}
    for done, one in enumerate(asked):
        progress(done / len(asked), f"Measuring: {done} of {len(asked)}")
        raw = ranker.raw(one.history)
        for task in TASKS:
            if any(len(found.targets) for found in one.found[task]):
                lists = ranker.lists(raw, one, task, with_blends=task == headline)
                for found in one.found[task]:
                    tallies[task].add(ranker, lists, one.rows[task], found.targets, one.listener)
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
        blends=tallies[headline].blend_ndcg(),
    )


def _by_listener(units: Units, ranker: Ranker) -> list[Asked]:
    grouped: dict[int, list[Unit]] = {}
    for unit in units.units:
        grouped.setdefault(unit.listener, []).append(unit)
    return [ranker.ask(listener, about) for listener, about in grouped.items()]


def _reach(asked: list[Asked], task: str) -> float:
    found = [entry for one in asked for entry in one.found[task]]
    total = sum(entry.asked for entry in found)
    return sum(len(entry.targets) for entry in found) / total if total else 0.0


def _world(library: Library, features: TrackFeatures, asked: list[Asked], ranker: Ranker) -> World:
    counts = np.bincount(library.plays["track"].to_numpy(), minlength=library.n_tracks)
    return World(
        features=features,
        plays=counts.astype(np.int64),
        offered=ranker.offered(asked),
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


# --- weights --------------------------------------------------------------------------


def weight_candidates(
    default: Mapping[str, float], presets: Mapping[str, Mapping[str, float]] | None = None
) -> dict[str, dict[str, float]]:
    """The weight vectors among which a model chooses, by name.

    The default; the presets; all equal; the default without each component; the default
    shared half and half with each component; each pair; each component alone.
    """
    names = list(default)
    found = {"default": dict(default)}
    found |= {f"preset {name}": dict(weights) for name, weights in (presets or {}).items()}
    found["equal"] = dict.fromkeys(names, 1.0)
    for name in names:
        found[f"without {name}"] = {**default, name: 0.0}
        half = {other: 0.5 * weight for other, weight in default.items()}
        found[f"more {name}"] = {**half, name: half[name] + 0.5 * sum(default.values())}
    for place, one in enumerate(names):
        for other in names[place + 1 :]:
            found[f"{one} and {other}"] = {one: 0.5, other: 0.5}
    for name in names:
        found[f"only {name}"] = {name: 1.0}
    return {name: weights for name, weights in found.items() if sum(weights.values()) > 0}


ENOUGH_UNITS = 20
"""With fewer validation units the best of some thirty blends is the luckiest one."""


def choose_weights(
    validation: Evaluation,
    candidates: Mapping[str, Mapping[str, float]],
    default: Mapping[str, float],
) -> dict[str, float]:
    """The weights of the best blend by mean nDCG on validation; they sum to 1.

    If the best blend is not above the best single component, that component alone
    (house rule). Components that had no opinion on the headline task, such as mood and
    genre rules when none is asked for, could not be judged: they keep their default share.
    None falls below ``FLOOR``. With fewer than ``ENOUGH_UNITS`` units the default stays.

    Args:
        validation: Made with ``blends=candidates``.
        candidates: From :func:`weight_candidates`.
        default: Returned where nothing could be measured.
    """
    total = sum(default.values())
    shares = {name: weight / total for name, weight in default.items()}
    units = min((len(values) for values in validation.blends.values()), default=0)
    if validation.headline is None or units < ENOUGH_UNITS:
        return shares
    opinions = validation.headline.metrics
    silent = {n for n in shares if n not in opinions or not opinions[n]["opinions"]}
    means = {name: float(values.mean()) for name, values in validation.blends.items()}
    spoken = {n for n in means if any(candidates[n].get(c, 0) > 0 for c in shares.keys() - silent)}
    if not spoken:
        return shares
    alone = {n for n in spoken if len([c for c, w in candidates[n].items() if w > 0]) == 1}
    best = max((means[n] for n in alone), default=-1.0)
    blended = [n for n in means if n in spoken - alone]
    chosen = max(blended, key=means.__getitem__, default=None)
    if chosen is None or means[chosen] <= best:
        chosen = max((n for n in means if n in alone), key=means.__getitem__)
    logger.info("weights chosen on validation: %s", chosen)
    rest = {n: w for n, w in candidates[chosen].items() if n in shares and n not in silent}
    free = 1.0 - sum(shares[name] for name in silent)
    scale = free / sum(rest.values())
    found = {n: shares[n] if n in silent else rest.get(n, 0.0) * scale for n in shares}
    raised = {n: max(weight, FLOOR) for n, weight in found.items()}
    return {n: weight / sum(raised.values()) for n, weight in raised.items()}
