"""Popularity: what many listeners play, or what the catalogue's own figure says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import numpy as np

from musicai.core.progress import Progress
from musicai.data.arrays import Query, TrainingData
from musicai.data.library import FloatArray, IntArray
from musicai.models.base import Component, ComponentConfig, Reason


@dataclass(frozen=True)
class PopularityConfig(ComponentConfig):
    """Settings of :class:`Popularity`."""

    min_listeners: int = 20
    """From this many listeners on, their number counts; below, it is one person's taste."""


class Popularity(Component):
    """Listeners a track has in the data (log), joined with the file's 0 to 100 where known."""

    name = "popularity"
    label = "Popular"
    help = "Lifts tracks that many people play."
    trained = False
    config_class = PopularityConfig
    config: PopularityConfig
    _no_opinion: ClassVar[np.float32] = np.float32(np.nan)

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Count listeners a track; O(interactions)."""
        rows = data.interactions[: len(data.listeners)]
        self.n_listeners_ = data.n_listeners
        self.listeners_ = np.asarray((rows > 0).sum(axis=0)).ravel().astype(np.int32)
        self.file_ = data.features.popularity
        self._combine()
        progress(1.0, "Counted listeners")
        return self

    def _combine(self) -> None:
        file = self.file_ / np.float32(100.0)
        self.scores_: FloatArray = file.astype(np.float32)
        self._most = np.log1p(max(int(self.listeners_.max(initial=0)), 1))
        if self.n_listeners_ >= self.config.min_listeners:
            counted = self._scale_counts(self.listeners_)
            both = 0.5 * (np.nan_to_num(file) + counted)
            self.scores_ = np.where(np.isnan(file), counted, both).astype(np.float32)

    def _scale_counts(self, listeners: IntArray) -> FloatArray:
        """Listeners on a logarithmic scale, 1 for the track that has the most."""
        return np.asarray(np.log1p(listeners) / self._most, dtype=np.float64)

    def score(self, query: Query) -> FloatArray:
        """(n_tracks,) the same for every query, 0 to 1."""
        return self.scores_

    def reasons(self, query: Query, track: int) -> list[Reason]:
        """The count and the figure, if they lift the score; first without which it falls most.

        Without listeners a track counts as played by none; without the file's figure the count
        stands alone, so that a figure below the count is no reason.
        """
        score = float(self.scores_[track])
        if np.isnan(score):
            return []
        file, shared = (
            float(self.file_[track]) / 100,
            self.n_listeners_ >= self.config.min_listeners,
        )
        counted = float(self._scale_counts(self.listeners_[track])) if shared else 0.0
        found: list[tuple[float, str, str]] = []
        if shared:
            told = f"{int(self.listeners_[track])} of {self.n_listeners_} listeners play it"
            found.append((counted if np.isnan(file) else counted / 2, "listeners", told))
        if not np.isnan(file):
            told = f"its popularity is {100 * file:.0f} of 100"
            found.append(((file - counted) / 2 if shared else file, "popularity", told))
        found.sort(key=lambda part: -part[0])
        words = [told for fall, _, told in found if fall > 0] or [found[0][2]]
        return [Reason(self.name, " and ".join(words), score, feature=found[0][1])]

    def save(self, folder: Path) -> None:
        """Counts and figures as npz."""
        np.savez_compressed(
            folder / "popularity.npz",
            listeners=self.listeners_,
            popularity=self.file_,
            n_listeners=np.int32(self.n_listeners_),
        )

    @classmethod
    def load(cls, folder: Path, config: ComponentConfig) -> Self:
        """Read what ``save`` wrote."""
        component = cls(config)
        with np.load(folder / "popularity.npz", allow_pickle=False) as stored:
            component.listeners_ = stored["listeners"]
            component.file_ = stored["popularity"]
            component.n_listeners_ = int(stored["n_listeners"])
        component._combine()
        return component

    def align(self, rows: IntArray) -> Self:
        """The same counts for another vocabulary."""
        other = type(self)(self.config)
        known = rows >= 0
        other.n_listeners_ = self.n_listeners_
        other.listeners_ = np.where(known, self.listeners_[rows], 0).astype(np.int32)
        other.file_ = np.where(known, self.file_[rows], self._no_opinion).astype(np.float32)
        other._combine()
        other.scores_ = np.where(known, other.scores_, self._no_opinion).astype(np.float32)
        return other
