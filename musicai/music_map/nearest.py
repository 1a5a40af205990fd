"""The nearest tracks of every track, without comparing all with all."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from musicai.core.progress import Progress, no_progress
from musicai.data.library import FloatArray, IntArray, RowArray

EXACT = 4_000
"""Up to so many tracks all are compared with all."""

CELL = 330
"""Tracks a cell; with ``PROBED`` cells a track of 100,000 is compared with 5 % of them, and
finds 99.9 % of its true neighbours."""

PROBED = 16

MOST = 24_000
"""A track is compared with at most so many: where thousands are alike, any of them is near."""

_BLOCK = 1_024
_STEPS = 8


class Nearest(NamedTuple):
    """Neighbours, nearest first; arrays (n, k)."""

    rows: IntArray
    distances: FloatArray
    """Euclidean, ascending."""


def nearest(points: FloatArray, k: int, seed: int = 0, progress: Progress = no_progress) -> Nearest:
    """The ``k`` nearest other points of each point.

    Exact for small sets; else an inverted file (Sivic and Zisserman, 2003; "IVF-Flat" in
    Johnson, Douze and Jégou, 2017): points are gathered in cells by k-means on a sample, and
    compared with those of the nearest cells.

    Args:
        points: (n, d) finite.
        k: Fewer where there are no more than k points.
        seed: Which points the cells begin with.
        progress: As in ``training.train``.
    """
    n = len(points)
    k = max(min(k, n - 1), 0)
    found = Nearest(np.zeros((n, k), np.int32), np.zeros((n, k), np.float32))
    if not k:
        return found
    points = np.ascontiguousarray(points, dtype=np.float32)
    with threadpool_limits(1, "blas"):
        if n <= EXACT:
            _compare(points, np.arange(n), np.arange(n), found)
            return found
        centres = _centres(points, n // CELL, seed)
        home = _home(points, centres)
        order = np.argsort(home, kind="stable")
        starts = np.searchsorted(home[order], np.arange(len(centres) + 1))
        members = [order[a:b] for a, b in pairwise(starts)]
        for cell, rows in enumerate(members):
            progress(cell / len(members), "Finding the neighbours of every track…")
            if len(rows):
                around = np.argsort(((centres - centres[cell]) ** 2).sum(axis=1), kind="stable")
                _compare(points, rows, _gathered(members, around, k), found)
    return found


def _gathered(members: list[RowArray], around: RowArray, k: int) -> RowArray:
    """The points of the nearest cells, of so many that there are more than ``k``."""
    sizes = np.cumsum([len(members[cell]) for cell in around])
    cells = max(PROBED, int(np.searchsorted(sizes, k + 1)) + 1)
    pool = np.concatenate([members[cell] for cell in around[:cells]])
    return pool[:: -(-len(pool) // MOST)]


def _compare(points: FloatArray, rows: RowArray, pool: RowArray, found: Nearest) -> None:
    """Write the nearest of ``pool`` for each of ``rows``."""
    k = found.rows.shape[1]
    lengths = (points[pool] ** 2).sum(axis=1)
    for first in range(0, len(rows), _BLOCK):
        some = rows[first : first + _BLOCK]
        gap = lengths - 2.0 * points[some] @ points[pool].T
        gap[pool[None, :] == some[:, None]] = np.inf
        near = np.argpartition(gap, k - 1, axis=1)[:, :k]
        distance = np.take_along_axis(gap, near, 1) + (points[some] ** 2).sum(axis=1)[:, None]
        order = np.lexsort((pool[near], distance))
        found.rows[some] = pool[np.take_along_axis(near, order, 1)]
        found.distances[some] = np.sqrt(np.maximum(np.take_along_axis(distance, order, 1), 0.0))


def _centres(points: FloatArray, cells: int, seed: int) -> FloatArray:
    """(cells, d) k-means centres of a sample."""
    random = np.random.default_rng(seed)
    sample = points[random.choice(len(points), min(len(points), 40 * cells), replace=False)]
    centres = sample[:cells].copy()
    for _ in range(_STEPS):
        home = _home(sample, centres)
        size = np.bincount(home, minlength=cells)
        order = np.argsort(home, kind="stable")
        filled = np.flatnonzero(size)
        starts = np.searchsorted(home[order], filled)
        centres[filled] = np.add.reduceat(sample[order], starts) / size[filled, None]
    return centres


def _home(points: FloatArray, centres: FloatArray) -> IntArray:
    """(n,) the nearest centre of each point."""
    lengths = (centres**2).sum(axis=1)
    found = np.empty(len(points), dtype=np.int32)
    for first in range(0, len(points), 8 * _BLOCK):
        some = slice(first, first + 8 * _BLOCK)
        found[some] = (lengths - 2.0 * points[some] @ centres.T).argmin(axis=1)
    return found
