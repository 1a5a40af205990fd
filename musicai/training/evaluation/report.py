"""The lists of one task, unit by unit, and what is measured on them.

A unit is one thing to foretell, a method is one way to make a list of ``k`` tracks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from musicai.data.arrays import TrackFeatures
from musicai.data.library import BoolArray, IntArray
from musicai.data.sessions import SEGMENTS, Segment
from musicai.ranking import rerank
from musicai.training.evaluation.methods import HYBRID, Ranker
from musicai.training.evaluation.metrics import (
    Float64Array,
    average_precision_of_hits,
    bootstrap_intervals,
    calibration_error,
    catalogue_coverage,
    compare_paired,
    diversity,
    exposure_gini,
    mean_of_known,
    ndcg_of_hits,
    novelty,
    serendipity_of_hits,
)

PRIMITIVE = ("popularity", "own_top")
"""Methods whose lists anyone would expect: what they hold is no surprise."""

Figures = dict[str, dict[str, float]]
"""Method → metric → value."""

Ends = dict[str, dict[str, tuple[float, float]]]
"""Method → metric → 95 % bootstrap interval over units."""


# --- results --------------------------------------------------------------------------


@dataclass(frozen=True)
class SegmentResult:
    """What was measured on the listeners of one segment.

    Coverage and Gini are not in it: they grow with the number of lists, so that segments
    of different size could not be compared.
    """

    n: int
    """Number of units."""
    metrics: Figures
    """Method → metric → mean over units; only methods that had an opinion here."""
    intervals: Ends
    """Method → metric → 95 % bootstrap interval over units."""

    def to_json(self) -> dict[str, Any]:
        """Plain values, rounded to five places."""
        return {"n": self.n, **_plain(self.metrics, self.intervals)}


@dataclass(frozen=True)
class TaskResult:
    """What was measured on one task; units without a reachable target are not in it."""

    n: int
    """Number of units."""
    reachable: float
    """Share of the targets that are candidates."""
    metrics: Figures
    """Method → metric → mean over units. ``opinions`` is the share of units to which the
    method had anything to say; a method without opinions has zeros. A metric that is
    defined for no unit of a method is left out."""
    intervals: Ends
    """Method → metric → 95 % bootstrap interval over units. ``coverage`` and ``gini`` are
    of all lists together and have none."""
    ndcg: dict[str, npt.NDArray[np.float64]]
    """Method → (n,) nDCG a unit, for paired differences."""
    segments: dict[Segment, SegmentResult] = field(default_factory=dict)
    """The same by segment of listeners; only those that occur."""

    def to_json(self) -> dict[str, Any]:
        """Plain values, rounded to five places."""
        return {
            "n": self.n,
            "reachable": round(self.reachable, 5),
            **_plain(self.metrics, self.intervals),
            "paired_difference": self.compute_differences(),
            "segments": {name: part.to_json() for name, part in self.segments.items()},
        }

    def compute_differences(self, method: str = HYBRID) -> dict[str, list[float]]:
        """For "hybrid-vs-x", [mean, low, high] of the difference in nDCG over the same units."""
        return {
            f"{method}-vs-{other}": [
                round(value, 5) for value in compare_paired(self.ndcg[method], values)
            ]
            for other, values in self.ndcg.items()
            if other != method and method in self.ndcg
        }


def _plain(metrics: Figures, intervals: Ends) -> dict[str, Any]:
    return {
        "metrics": {
            method: {name: round(value, 5) for name, value in values.items()}
            for method, values in metrics.items()
        },
        "intervals": {
            method: {name: [round(low, 5), round(high, 5)] for name, (low, high) in ends.items()}
            for method, ends in intervals.items()
        },
    }


# --- tallying -------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """What lists are judged against, beside the targets."""

    features: TrackFeatures
    plays: npt.NDArray[np.int64]
    """(n_tracks,) plays of all listeners before the cut."""
    offered: Mapping[str, int]
    """Task → number of tracks that are a candidate for anyone."""
    taste: Float64Array
    """(n_listeners, n_genres) genre mix of each listener before the cut; NaN: not known."""
    segments: tuple[Segment, ...]
    """(n_listeners,) by their events before the cut."""


def track_mixes(features: TrackFeatures) -> Float64Array:
    """(n_tracks, n_genres) shares of each track's genres; they sum to 1, or 0 where unknown."""
    membership = np.nan_to_num(features.genres.astype(np.float64))
    total = membership.sum(axis=1, keepdims=True)
    return membership / np.where(total > 0, total, 1.0)


def accuracy_of_hits(
    hits: BoolArray, n_targets: npt.NDArray[np.integer]
) -> dict[str, Float64Array]:
    """Recall, nDCG and precision of many lists at once, by the names that reports give them.

    Args:
        hits: (..., k) whether each place is a target.
        n_targets: (...) number of targets, 1 or more, broadcastable.

    Returns:
        Metric → (...) values.
    """
    k, found = hits.shape[-1], hits.sum(axis=-1)
    return {
        f"recall@{k}": found / n_targets,
        f"ndcg@{k}": ndcg_of_hits(hits, n_targets),
        f"precision@{k}": found / k,
    }


class MetricAccumulator:
    """The lists of one task, unit by unit."""

    def __init__(self, methods: tuple[str, ...], k: int) -> None:
        self.methods, self.k = methods, k
        self.top: list[IntArray] = []
        self.hits: list[BoolArray] = []
        self.n_targets: list[int] = []
        self.listeners: list[int] = []

    def add(
        self,
        ranker: Ranker,
        lists: list[IntArray],
        rows: IntArray,
        targets: IntArray,
        listener: int,
    ) -> None:
        """Take in one unit; one without reachable targets is passed over."""
        if not len(targets):
            return
        top = np.full((len(lists), self.k), -1, dtype=np.int32)
        for line, ranked in enumerate(lists):
            top[line, : len(ranked)] = ranked
        drawn = ranker.draw(rows)
        top[self.methods.index("random"), : len(drawn)] = drawn
        self.top.append(top)
        self.hits.append(np.isin(top, targets))
        self.n_targets.append(len(targets))
        self.listeners.append(listener)

    def result(self, world: World, task: str, reachable: float, seed: int) -> TaskResult:
        """Means and intervals of everything, over all units and by segment."""
        top = np.stack(self.top)
        columns = dict(self._per_unit(top, world))
        stacked = np.stack(list(columns.values()), axis=-1)
        metrics, intervals = self._summary(stacked, list(columns), seed)
        for line, method in enumerate(self.methods):
            metrics[method]["coverage"] = catalogue_coverage([top[:, line]], world.offered[task])
            metrics[method]["gini"] = exposure_gini(top[:, line], world.offered[task])
        ndcg = columns[f"ndcg@{self.k}"]
        segment = np.array([world.segments[listener] for listener in self.listeners])
        return TaskResult(
            n=len(top),
            reachable=reachable,
            metrics=metrics,
            intervals=intervals,
            ndcg={method: ndcg[:, line] for line, method in enumerate(self.methods)},
            segments={
                name: self._segment(stacked[segment == name], list(columns), seed)
                for name in SEGMENTS
                if (segment == name).any()
            },
        )

    def _segment(self, stacked: Float64Array, names: list[str], seed: int) -> SegmentResult:
        metrics, intervals = self._summary(stacked, names, seed)
        spoke = [method for method in self.methods if metrics[method]["opinions"]]
        return SegmentResult(
            len(stacked),
            {method: metrics[method] for method in spoke},
            {method: intervals[method] for method in spoke},
        )

    def _summary(self, stacked: Float64Array, names: list[str], seed: int) -> tuple[Figures, Ends]:
        """Means and intervals of (n_units, n_methods, n_metrics); undefined ones left out."""
        means = mean_of_known(stacked)
        low, high = bootstrap_intervals(stacked, seed)
        metrics: Figures = {}
        intervals: Ends = {}
        for line, method in enumerate(self.methods):
            known = [c for c in range(len(names)) if not np.isnan(means[line, c])]
            metrics[method] = {names[c]: float(means[line, c]) for c in known}
            intervals[method] = {
                names[c]: (float(low[line, c]), float(high[line, c])) for c in known
            }
        return metrics, intervals

    def _per_unit(self, top: IntArray, world: World) -> Iterator[tuple[str, Float64Array]]:
        """Metric → (n_units, n_methods); NaN where it is not defined."""
        hits = np.stack(self.hits)
        n_targets = np.array(self.n_targets)[:, None]
        found = hits.sum(axis=-1)
        yield from accuracy_of_hits(hits, n_targets).items()
        yield f"map@{self.k}", average_precision_of_hits(hits, n_targets)
        yield f"hit_rate@{self.k}", (found > 0).astype(float)
        first = np.where(found > 0, hits.argmax(axis=-1) + 1, np.inf)
        yield f"mrr@{self.k}", 1.0 / first
        yield f"serendipity@{self.k}", serendipity_of_hits(hits, self._mark_expected(top))
        yield "calibration_error", self._calibration(top, world)
        vectors = rerank.likeness_vectors(
            world.features.audio, world.features.genres, world.features.artist
        )
        lists = [rows[rows >= 0] for unit in top for rows in unit]
        yield "diversity", np.reshape([diversity(vectors[rows]) for rows in lists], found.shape)
        yield "novelty", np.reshape([novelty(rows, world.plays) for rows in lists], found.shape)
        yield "opinions", (top >= 0).any(axis=-1).astype(float)

    def _mark_expected(self, top: IntArray) -> BoolArray:
        """(n_units, n_methods, k) whether a primitive method lists the track for the unit."""
        lines = [self.methods.index(name) for name in PRIMITIVE if name in self.methods]
        return np.stack([np.isin(unit, unit[lines]) for unit in top])

    def _calibration(self, top: IntArray, world: World) -> Float64Array:
        genres = track_mixes(world.features)
        taste = world.taste[self.listeners][:, None]
        # one method at a time: all at once would hold n_units · n_methods · k · n_genres numbers
        return np.concatenate(
            [
                calibration_error(taste, (genres[rows] * (rows >= 0)[..., None]).sum(axis=-2))
                for rows in np.split(top, top.shape[1], axis=1)
            ],
            axis=1,
        )
