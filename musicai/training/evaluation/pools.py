"""The best tracks of every component, unit by unit: what blends are learned and compared on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musicai.data.library import BoolArray, FloatArray
from musicai.ranking import rerank
from musicai.training.evaluation.metrics import ndcg_of_hits

Float64Array = npt.NDArray[np.float64]

DEPTH = 100
"""So many of each component's best tracks take part."""


@dataclass(frozen=True)
class Packed:
    """Units as arrays of one width."""

    scaled: FloatArray
    """(n_components, n_units, width)."""
    hits: BoolArray
    """(n_units, width)."""
    empty: BoolArray
    """(n_units, width) padding."""
    targets: npt.NDArray[np.int64]
    """(n_units,)."""
    k: int

    def ndcg(self, weights: Float64Array) -> Float64Array:
        """(n_units,) nDCG@k of the blend with (n_components,) weights."""
        score = np.tensordot(weights.astype(np.float32), self.scaled, axes=1)
        score[self.empty] = -1.0
        size = min(self.k, score.shape[1])
        if not size:
            return np.zeros(len(score))
        best = np.argpartition(-score, size - 1, axis=1)[:, :size]
        values = np.take_along_axis(score, best, axis=1)
        best = np.take_along_axis(best, np.argsort(-values, axis=1, kind="stable"), axis=1)
        found = np.zeros((len(score), self.k), dtype=bool)
        found[:, :size] = np.take_along_axis(self.hits, best, axis=1)
        return ndcg_of_hits(found, self.targets)


class Pools:
    """The best tracks of every component, unit by unit, and which of them were right."""

    def __init__(self, components: Sequence[str], k: int) -> None:
        self.components = tuple(components)
        self.k = k
        self._scaled: list[FloatArray] = []
        self._hits: list[BoolArray] = []
        self._targets: list[int] = []
        self._segments: list[str] = []
        self._spoken = np.zeros(len(self.components), dtype=bool)

    def __len__(self) -> int:
        return len(self._targets)

    def add(self, scaled: FloatArray, hits: BoolArray, n_targets: int, segment: str = "") -> None:
        """Take in one unit.

        Args:
            scaled: (n_components, n_candidates) scaled scores, NaN for no opinion.
            hits: (n_candidates,) which candidates are targets.
            n_targets: All targets, candidates or not; a unit without any is passed over.
            segment: Of the listener.
        """
        if not n_targets:
            return
        self._spoken |= ~np.isnan(scaled).all(axis=1)
        filled = np.nan_to_num(scaled, nan=0.0)
        wanted = np.zeros(filled.shape[1], dtype=bool)
        for row in filled:
            best = rerank.top_values(row, DEPTH)
            if len(best) and best[-1] > 0:
                wanted |= row >= best[-1]
            else:
                wanted |= row > 0
        places = np.flatnonzero(wanted)
        self._scaled.append(filled[:, places].astype(np.float32))
        self._hits.append(hits[places])
        self._targets.append(n_targets)
        self._segments.append(segment)

    def select(self, places: Sequence[int]) -> Pools:
        """Some of the units; what had nothing to say to any of all stays silent."""
        found = Pools(self.components, self.k)
        found._spoken = self._spoken
        for at in places:
            found._scaled.append(self._scaled[at])
            found._hits.append(self._hits[at])
            found._targets.append(self._targets[at])
            found._segments.append(self._segments[at])
        return found

    @property
    def silent(self) -> frozenset[str]:
        """Components that had nothing to say to any unit."""
        return frozenset(np.array(self.components, dtype=object)[~self._spoken].tolist())

    def mean_ndcg(self, weights: Mapping[str, float]) -> float:
        """Mean nDCG@k of a blend over all units; 0 without any."""
        values = self.ndcg(weights)
        return float(values.mean()) if len(values) else 0.0

    def ndcg(self, weights: Mapping[str, float]) -> Float64Array:
        """(n_units,) nDCG@k of a blend."""
        vector = np.array([weights.get(name, 0.0) for name in self.components])
        return self.pack().ndcg(vector)

    def pack(self, segment: str | None = None) -> Packed:
        """All units, or those of a segment, as arrays of one width."""
        chosen = [at for at, name in enumerate(self._segments) if segment in (None, name)]
        width = max((len(self._hits[at]) for at in chosen), default=0)
        scaled = np.full((len(self.components), len(chosen), width), -np.inf, dtype=np.float32)
        hits = np.zeros((len(chosen), width), dtype=bool)
        for line, at in enumerate(chosen):
            size = len(self._hits[at])
            scaled[:, line, :size] = self._scaled[at]
            hits[line, :size] = self._hits[at]
        empty = np.isneginf(scaled[0]) if len(self.components) else np.ones_like(hits)
        scaled[:, empty] = 0.0
        targets = np.array([self._targets[at] for at in chosen], dtype=np.int64)
        return Packed(scaled, hits, empty, targets, self.k)
