"""The methods an evaluation compares, and the lists each of them makes for a listener."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musicai.data.arrays import History, Query, TrackFeatures
from musicai.data.library import BoolArray, FloatArray, IntArray, Library
from musicai.data.sessions import SEGMENTS
from musicai.data_processor import build_history
from musicai.models.base import Component
from musicai.models.blend import LearnedWeights, StackedBlend
from musicai.ranking import rerank
from musicai.ranking.candidates import Candidates
from musicai.training.evaluation.splits import Unit, listener_segments

TASKS = {"all": "mix", "new": "discover", "repeat": "rediscover"}
"""Task → the mode whose candidates it has."""

BASELINES = ("random", "own_top")
"""Beside the components: chance, and the listener's own most played tracks."""

HYBRID = "hybrid"

NO_CURVES: Mapping[str, StackedBlend] = {}
"""Of a blend that is straight in every mode."""


@dataclass(frozen=True)
class Found:
    """One unit's targets on one task."""

    targets: IntArray
    """Reachable ones."""
    asked: int
    """All of the task, reachable or not."""


@dataclass(frozen=True)
class Asked:
    """One listener, and all units about this listener."""

    listener: int
    """Position in ``Library.listeners``."""
    history: History
    rows: dict[str, IntArray]
    """Task → candidate rows in the ranker's fixed random order."""
    found: dict[str, list[Found]]
    """Task → one entry a unit."""


class Ranker:
    """Turns component scores into lists, by every method."""

    def __init__(
        self,
        library: Library,
        features: TrackFeatures,
        components: Mapping[str, Component],
        weights: LearnedWeights,
        k: int,
        seed: int,
        stacked: Mapping[str, StackedBlend] = NO_CURVES,
    ) -> None:
        self.library = library
        self.components = components
        self.recording = features.recording
        self.k = k
        self.methods = (HYBRID, *components, *BASELINES)
        self.segments = listener_segments(library)
        self._weights = {
            (task, name): self._vector(weights.of(name, mode))
            for task, mode in TASKS.items()
            for name in SEGMENTS
        }
        self._curved = {
            task: (stacked[mode], self._vector(stacked[mode].weights))
            for task, mode in TASKS.items()
            if mode in stacked and stacked[mode].better
        }
        self._candidates = Candidates(library, features)
        self._random = np.random.default_rng(seed)
        # the library has own tracks first, future ones among them: ties must not follow it
        self._order = self._random.permutation(library.n_tracks).astype(np.int32)

    def _vector(self, weights: Mapping[str, float]) -> FloatArray:
        return np.array([weights.get(name, 0.0) for name in self.components], dtype=np.float32)

    def ask(self, listener: int, units: list[Unit]) -> Asked:
        """The listener's past and candidates, and each unit's targets."""
        past = build_history(self.library, listener)
        own = np.zeros(self.library.n_tracks, dtype=bool)
        own[past.rows] = True
        rows, found = {}, {}
        for task, mode in TASKS.items():
            candidates = self._candidates.rows(own, mode)
            offered = np.zeros(len(own), dtype=bool)
            offered[candidates] = True
            asked = [unit.targets[self._of_task(unit.targets, own, task)] for unit in units]
            found[task] = [Found(targets[offered[targets]], len(targets)) for targets in asked]
            rows[task] = self._order[offered[self._order]]
        return Asked(listener, past, rows, found)

    def _of_task(self, targets: IntArray, own: BoolArray, task: str) -> BoolArray:
        if task == "all":
            return np.ones(len(targets), dtype=bool)
        if task == "repeat":
            return own[targets]
        met = np.zeros(int(self.recording.max(initial=-1)) + 1, dtype=bool)
        met[self.recording[own]] = True
        return ~met[self.recording[targets]]

    def raw(self, past: History) -> dict[str, FloatArray]:
        """Component and own_top scores of all tracks; they serve every task."""
        query = Query(history=past, seeds=np.zeros(0, dtype=np.int32))
        scores = {name: component.score(query) for name, component in self.components.items()}
        own = np.full(self.library.n_tracks, np.nan, dtype=np.float32)
        own[past.rows] = past.plays
        return {**scores, "own_top": own}

    def scale_scores(self, raw: Mapping[str, FloatArray], one: Asked, task: str) -> FloatArray:
        """(n_components, n_candidates) scaled as the blend has them; NaN for no opinion."""
        rows = one.rows[task]
        found = np.zeros((len(self.components), len(rows)), dtype=np.float32)
        for line, (name, component) in enumerate(self.components.items()):
            here = raw[name][rows]
            found[line] = rerank.anchor(here) if component.scaling == "anchored" else here
        return found

    def lists(
        self, raw: Mapping[str, FloatArray], one: Asked, task: str, scaled: FloatArray
    ) -> list[IntArray]:
        """(≤ k,) rows by method; empty for "random", which each unit draws."""
        rows = one.rows[task]
        single = [top_places(raw[name][rows], self.k) for name in self.components]
        nothing = np.zeros(0, dtype=np.intp)
        own = top_places(raw["own_top"][rows], self.k)
        others = [rows[chosen] for chosen in (*single, nothing, own)]
        return [self.rank_blend(one, task, scaled), *others]

    def rank_blend(self, one: Asked, task: str, scaled: FloatArray) -> IntArray:
        """(≤ k,) rows of the blend alone, as it is served.

        On curves where these are the default, else with the weights of task and segment.
        """
        if task in self._curved:
            learned, weights = self._curved[task]
            scaled = learned.bend(tuple(self.components), scaled)
        else:
            weights = self._weights[task, self.segments[one.listener]]
        return one.rows[task][top_places(weights @ np.nan_to_num(scaled, nan=0.0), self.k)]

    def draw(self, rows: IntArray) -> IntArray:
        """A list by chance."""
        size = min(self.k, len(rows))
        return rows[self._random.choice(len(rows), size, replace=False, shuffle=True)]

    def count_candidates(self, asked: list[Asked]) -> dict[str, int]:
        """Task → number of tracks that are a candidate for anyone."""
        found = {}
        for task in TASKS:
            seen = np.zeros(self.library.n_tracks, dtype=bool)
            for one in asked:
                seen[one.rows[task]] = True
            found[task] = int(seen.sum())
        return found


def top_places(scores: FloatArray, k: int) -> npt.NDArray[np.intp]:
    """Places of the ``k`` best scores, best first, ties by place; NaN is never among them."""
    best = rerank.top_values(scores, k)
    if not len(best):
        return np.zeros(0, dtype=np.intp)
    above = np.flatnonzero(scores > best[-1])
    level = np.flatnonzero(scores == best[-1])[: len(best) - len(above)]
    ordered: npt.NDArray[np.intp] = above[np.argsort(-scores[above], kind="stable")]
    return np.concatenate([ordered, level])
