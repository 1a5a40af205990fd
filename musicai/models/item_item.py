"""Item to item: which tracks go directly with which (EASE, or cosine neighbours)."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, diags_array, vstack

from musicai.core.errors import QueryError
from musicai.core.progress import Progress
from musicai.data.arrays import Query, TrainingData
from musicai.data.library import FloatArray, IntArray
from musicai.models.base import Component, ComponentConfig, Reason, write_json
from musicai.models.item_index import Entries, ItemIndex
from musicai.models.side_information import SideInformation, SideWeights, confidences, join

logger = logging.getLogger(__name__)

METHODS = ("auto", "ease", "knn")

MAX_COLUMNS = 20_000
"""EASE weighs every pair of columns: up to so many it takes seconds on two cores."""

MAX_WORK = 8e9
"""Products that the weights of all pairs may take, likewise."""

MAX_ROW = 500
"""For cosine neighbours a row keeps so many of its heaviest entries, and a side row that has
more is left out: what nearly everything shares tells nothing apart."""

MAX_ENTRIES = 3_000_000
"""Weights that are kept in all; about 18 MB on disk."""

BLOCK = 1_024
"""Columns whose weights are worked out at once."""


@dataclass(frozen=True)
class ItemItemConfig(ComponentConfig):
    """Settings of :class:`ItemItem`."""

    method: str = "auto"
    """``ease``, ``knn`` (cosine), or ``auto``: EASE where the data are small enough for it."""
    ease_side: int = 2_500
    """Shorter side (≥ 1) of the matrix up to which ``auto`` takes EASE, which inverts its square;
    side rows are left out, the least filled first, to get there."""
    regularization: float = 100.0
    """Ridge (> 0) of EASE, in units of squared confidence."""
    dropout: float = 0.5
    """0 to below 1: share of a listener's tracks that EASE is made to do without; as in EDLAE it
    regularises much-played tracks more."""
    neighbours: int = 200
    """Weights (≥ 1) kept for each track, the strongest ones; fewer in large libraries."""
    shrinkage: float = 20.0
    """Confidence (≥ 0) by which a cosine that rests on few rows is pulled towards 0."""
    basket_weight: float = 1.0
    """Confidence (> 0) of a basket's entry, where a listener's own is about 0.5 to 4."""
    profile_tracks: int = 1_000
    """At most this many (≥ 1) of the query's heaviest tracks count."""
    artist_share: float = 0.5
    """As in the collaborative component: part (0 to 1] of the artist's score."""
    presence: float = 0.75
    """0 to 1: how much an entry counts by being there at all, beside its confidence r: it enters
    as r^(1 − presence)."""
    artist_weight: float = 1.0
    """Weight (≥ 0) of an entry that says who made a track; 0 leaves artists out."""
    genre_weight: float = 2.0
    """Weight (≥ 0) of all that says of which genre or tag a track is."""
    audio_weight: float = 0.0
    """Weight (≥ 0) of an entry that says how a track sounds, nine a track."""
    friend_weight: float = 0.3
    """Weight (≥ 0) of a friendship between listeners."""

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise QueryError(f"method is {self.method!r}; choose from {', '.join(METHODS)}.")
        if not 0 <= self.presence <= 1:
            raise QueryError("presence must be between 0 and 1.")
        if not 0 <= self.dropout < 1 or not 0 < self.artist_share <= 1:
            raise QueryError("dropout must be 0 to below 1, artist_share above 0 and at most 1.")
        if min(self.neighbours, self.profile_tracks, self.ease_side) < 1:
            raise QueryError("neighbours, profile_tracks and ease_side must be at least 1.")
        if self.regularization <= 0 or self.basket_weight <= 0 or self.shrinkage < 0:
            raise QueryError(
                "regularization and basket_weight must be above 0, shrinkage at least 0."
            )
        self.side()

    def side(self) -> SideWeights:
        """What else than plays enters."""
        return SideWeights(
            self.artist_weight, self.genre_weight, self.audio_weight, self.friend_weight
        )


class ItemItem(Component):
    """The sum of the query's tracks' weights towards a track.

    EASE (Steck, "Embarrassingly shallow autoencoders for sparse data", 2019): the weights
    B that best foretell each column of the matrix from all others, B = I − P diag(P)⁻¹ with
    P = (XᵀX + Λ)⁻¹, worked out on the shorter side of X (Woodbury's identity). Λ is
    λ + p/(1 − p)·diag(XᵀX), the dropout of EDLAE (Steck, "Autoencoders that don't overfit
    towards the identity", 2020). Where the data are too large: shrunk cosine of columns,
    found by ``implicit`` (Sarwar et al., "Item-based collaborative filtering", 2001). Of
    either the strongest positive weights of each track are kept.

    An update is a full fit: the weights are a closed form (EASE) or counted (cosine), so that
    there is nothing to go on from, and what a fit gives is exact.

    The matrix is the collaborative component's, with artists, genres and friends as further
    rows and columns (for EASE: "collective" EASE, Jeunen et al., 2020).
    """

    name = "item_item"
    label = "Goes with"
    help = "Lifts tracks that go directly with single tracks of yours, in sessions and by kind."
    trained = True
    config_class = ItemItemConfig
    config: ItemItemConfig

    # --- training ---------------------------------------------------------------------

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Weights of all pairs; ``method_`` says how they were made.

        Raises:
            DataError: a confidence is negative, not a number, or beyond 1,000,000.
        """
        started = time.perf_counter()
        joint = join(self._present(data), data, self.config.side())
        self.items_ = ItemIndex.of(joint, data, self.config.artist_share, self.config.friend_weight)
        matrix = _drop_sparse_rows(joint, self.config.ease_side)
        self.method_ = self.config.method
        if self.method_ == "auto":
            self.method_ = "ease" if _small_enough(matrix, self.config.ease_side) else "knn"
        progress(0.1, "What goes with what")
        keep = max(1, min(self.config.neighbours, MAX_ENTRIES // max(joint.n_kept, 1)))
        if not matrix.nnz:
            weights = csr_matrix((joint.n_kept, joint.n_kept), dtype=np.float32)
        elif self.method_ == "ease":
            weights = self._ease(matrix, joint.n_kept, keep, progress)
        else:
            weights = self._cosine(joint, keep)
        self._set_weights(weights)
        progress(1.0, "Learned what goes with what")
        logger.info("%s in %.2f s", self.method_, time.perf_counter() - started)
        return self

    def _present(self, data: TrainingData) -> csr_matrix:
        """The checked confidences, as they enter."""
        matrix = confidences(data, self.config.basket_weight)
        np.power(matrix.data, np.float32(1.0 - self.config.presence), out=matrix.data)
        return matrix

    def _ease(self, matrix: csr_matrix, n_kept: int, keep: int, progress: Progress) -> csr_matrix:
        """(n_kept, n_kept) from row to column, the ``keep`` largest positive of each column."""
        import threadpoolctl  # noqa: PLC0415 (training only)

        square = np.asarray(matrix.multiply(matrix).sum(axis=0)).ravel()
        drop = self.config.dropout / (1.0 - self.config.dropout)
        ridge = (self.config.regularization + drop * square).astype(np.float32)
        wide = matrix.shape[1] > matrix.shape[0]
        with threadpoolctl.threadpool_limits(1, "blas"):  # sums then have one order
            towards = _OverRows(matrix, ridge) if wide else _OverColumns(matrix, ridge)
            blocks = []
            for first in range(0, n_kept, BLOCK):
                progress(0.3 + 0.65 * first / max(n_kept, 1), "What goes with what")
                columns = np.arange(first, min(first + BLOCK, n_kept))
                found = towards(columns)[:n_kept]
                found[columns, columns - first] = 0.0
                blocks.append(_strongest(found, keep))
        return csr_matrix(vstack(blocks, format="csr").T)

    def _cosine(self, joint: SideInformation, keep: int) -> csr_matrix:
        """(n_kept, n_kept) shrunk cosine of columns, the ``keep`` largest of each."""
        from implicit.nearest_neighbours import all_pairs_knn  # noqa: PLC0415 (training only)

        matrix = _cap_rows(joint)[:, : joint.n_kept]
        square = np.asarray(matrix.multiply(matrix).sum(axis=0)).ravel()
        scale = 1.0 / np.sqrt(np.maximum(square, 1e-12) + self.config.shrinkage)
        scaled = csr_matrix(matrix @ diags_array(scale), dtype=np.float64)
        found = csr_matrix(all_pairs_knn(scaled, keep + 1, show_progress=False), dtype=np.float32)
        found.setdiag(0.0)
        found.eliminate_zeros()
        return csr_matrix(found.T)

    def _set_weights(self, weights: csr_matrix) -> None:
        """Rounded as ``save`` keeps them, so that a loaded component scores the same."""
        largest = float(np.abs(weights.data).max(initial=0.0)) or 1.0
        self._scale = 2.0 ** np.ceil(np.log2(largest))
        half = (weights.data / np.float32(self._scale)).astype(np.float16)
        rounded = half.astype(np.float32) * np.float32(self._scale)
        self.weights_ = csr_matrix((rounded, weights.indices, weights.indptr), shape=weights.shape)
        """(n_slots, n_slots) float32: from the row's item towards the column's."""
        self.weights_.sort_indices()

    # --- scoring ----------------------------------------------------------------------

    def _entries(self, query: Query) -> Entries | None:
        if self.token not in query.memo:
            entries = self.items_.entries(query, self.config.profile_tracks)
            if entries is not None:
                present = entries.weights ** np.float32(1.0 - self.config.presence)
                entries = replace(entries, weights=present)
            query.memo[self.token] = entries
        found: Entries | None = query.memo[self.token]
        return found

    def score(self, query: Query) -> FloatArray:
        """(n_tracks,) NaN where a track, or all of the query, was not in training."""
        entries = self._entries(query)
        if entries is None:
            return np.full(self.items_.n_tracks, np.nan, dtype=np.float32)
        found = self.weights_[entries.slots].T @ entries.weights
        return self.items_.by_track(np.asarray(found, dtype=np.float32))

    def contributions(self, query: Query, track: int) -> tuple[IntArray, FloatArray]:
        """The score of ``track`` taken apart by the query's tracks.

        The parts sum to the score, less what friends add, who are no tracks.

        Returns:
            rows (k,) of the query's tracks that are known here; parts (k,) float32.
        """
        entries, slot = self._entries(query), int(self.items_.slot[track])
        if entries is None or slot < 0:
            return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32)
        start, stop = self._by_target.indptr[slot], self._by_target.indptr[slot + 1]
        column = np.zeros(self.items_.n_slots, dtype=np.float32)
        column[self._by_target.indices[start:stop]] = self._by_target.data[start:stop]
        parts = entries.weights * column[entries.slots] * np.float32(self.items_.share_of(track))
        return entries.rows, entries.of_tracks(parts)

    @cached_property
    def _by_target(self) -> csr_matrix:
        """The weights by the item they lead to; laid out when a reason is first asked for."""
        return csr_matrix(self.weights_.T)

    def reasons(self, query: Query, track: int) -> list[Reason]:
        """The played track or seed that moved it most."""
        rows, parts = self.contributions(query, track)
        return self.items_.reasons(self.name, query, track, rows, parts)

    # --- disk and vocabularies --------------------------------------------------------

    def save(self, folder: Path) -> None:
        """Weights in half precision as npz, and titles as JSON."""
        np.savez_compressed(
            folder / "item_item.npz",
            data=(self.weights_.data / np.float32(self._scale)).astype(np.float16),
            indices=self.weights_.indices.astype(np.int32),
            indptr=self.weights_.indptr.astype(np.int64),
            scale=np.float64(self._scale),
            **self.items_.arrays(),
        )
        write_json(folder / "item_item.json", self.items_.texts() | {"method": self.method_})

    @classmethod
    def load(cls, folder: Path, config: ComponentConfig) -> Self:
        """Read what ``save`` wrote."""
        component = cls(config)
        texts = json.loads((folder / "item_item.json").read_text("utf-8"))
        component.method_ = str(texts["method"])
        with np.load(folder / "item_item.npz", allow_pickle=False) as stored:
            component.items_ = ItemIndex.restore(
                stored, texts, component.config.artist_share, component.config.friend_weight
            )
            component._scale = float(stored["scale"])
            data = stored["data"].astype(np.float32) * np.float32(component._scale)
            size = component.items_.n_slots
            component.weights_ = csr_matrix(
                (data, stored["indices"], stored["indptr"]), shape=(size, size)
            )
        return component

    def align(self, rows: IntArray) -> Self:
        """The same weights for another vocabulary."""
        other = type(self)(self.config)
        other.items_, kept = self.items_.align(rows)
        other.method_, other._scale = self.method_, self._scale
        other.weights_ = csr_matrix(self.weights_[kept][:, kept])
        return other


# --- the two ways to the weights ------------------------------------------------------


class _OverRows:
    """EASE's weights where rows are fewer than columns.

    P = Λ⁻¹ − Λ⁻¹Xᵀ(I + XΛ⁻¹Xᵀ)⁻¹XΛ⁻¹, so that the inverse is of (n_rows, n_rows).
    """

    def __init__(self, matrix: csr_matrix, ridge: FloatArray) -> None:
        scaled = csr_matrix(matrix @ diags_array(1.0 / np.sqrt(ridge)), dtype=np.float32)
        inner = np.asarray((scaled @ scaled.T).todense(), dtype=np.float32)
        inner[np.diag_indices_from(inner)] += np.float32(1.0)
        inverse = np.linalg.inv(inner)
        self._right = csr_matrix(matrix @ diags_array(1.0 / ridge), dtype=np.float32)
        self._left = csr_matrix(self._right.T)
        # (n_rows, n_columns): the largest array here, bounded by ease_side and MAX_COLUMNS
        self._solved = np.ascontiguousarray((self._right.T @ inverse).T)
        fitted = np.asarray(self._right.multiply(self._solved).sum(axis=0)).ravel()
        self._diagonal = (1.0 / ridge - fitted).astype(np.float32)

    def __call__(self, columns: npt.NDArray[np.intp]) -> FloatArray:
        found = self._left @ self._solved[:, columns]
        return np.asarray(found / self._diagonal[columns], dtype=np.float32)


class _OverColumns:
    """EASE's weights where columns are fewer than rows: −P / diag(P), P of (n, n) columns."""

    def __init__(self, matrix: csr_matrix, ridge: FloatArray) -> None:
        inner = np.asarray((matrix.T @ matrix).todense(), dtype=np.float64)
        inner[np.diag_indices_from(inner)] += ridge
        self._inverse = np.linalg.inv(inner).astype(np.float32)
        self._diagonal = np.diag(self._inverse)

    def __call__(self, columns: npt.NDArray[np.intp]) -> FloatArray:
        found: FloatArray = -self._inverse[:, columns] / self._diagonal[columns]
        return found


def _small_enough(matrix: csr_matrix, most: int) -> bool:
    n_rows, n_columns = matrix.shape
    work = float(n_columns) * (matrix.nnz if n_rows < n_columns else n_columns)
    small = min(n_rows, n_columns) <= most and n_columns <= MAX_COLUMNS
    return bool(small and work <= MAX_WORK)


def _drop_sparse_rows(joint: SideInformation, most: int) -> csr_matrix:
    """Without the least filled side rows, where there are more than ``most`` rows in all."""
    matrix = joint.matrix
    too_many = matrix.shape[0] - most
    if too_many <= 0 or too_many > joint.n_side or matrix.shape[1] <= most:
        return matrix
    plain = matrix.shape[0] - joint.n_side
    filled = np.diff(matrix.indptr)[plain:]
    fullest = np.sort(np.argsort(-filled, kind="stable")[: joint.n_side - too_many]) + plain
    return csr_matrix(matrix[np.concatenate([np.arange(plain), fullest])])


def _cap_rows(joint: SideInformation) -> csr_matrix:
    """Rows of at most ``MAX_ROW`` entries, so that pairs stay countable."""
    matrix = joint.matrix
    length = np.diff(matrix.indptr)
    if length.max(initial=0) <= MAX_ROW:
        return matrix
    row = np.repeat(np.arange(matrix.shape[0]), length)
    order = np.lexsort((-matrix.data, row))
    place = np.arange(matrix.nnz) - np.repeat(matrix.indptr[:-1], length)
    plain = matrix.shape[0] - joint.n_side
    keep = (place < MAX_ROW) & ((row < plain) | (length[row] <= MAX_ROW))
    chosen = np.sort(order[keep])
    return csr_matrix(
        (matrix.data[chosen], (row[chosen], matrix.indices[chosen])), shape=matrix.shape
    )


def _strongest(found: FloatArray, keep: int) -> csr_matrix:
    """(n_columns, n) rows of the transpose with the ``keep`` largest positive entries each."""
    towards = np.ascontiguousarray(found.T)
    if keep < towards.shape[1]:
        least = -np.partition(-towards, keep - 1, axis=1)[:, keep - 1 : keep]
        towards = np.where(towards >= least, towards, np.float32(0.0))
    return csr_matrix(np.maximum(towards, np.float32(0.0)))
