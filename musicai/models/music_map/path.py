"""A path between two tracks: a list that walks from one to the other in small steps."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from musicai.core.errors import NoCandidates, QueryError
from musicai.data.library import BoolArray, FloatArray, IntArray, RowArray
from musicai.models.music_map.model import MusicMap

MOST_STEPS = 50

NEAR = 60
"""Tracks to choose from at each step."""

LANDMARKS = 200
"""Tracks that are linked with all others, so that there is a way between islands."""

MISSED = 1e6
"""Price of leaving out a step: more than any path costs, so that it happens only where tracks of
other artists run out."""

_LEAP = 6
"""So many steps at most are left out at one place, but before the last."""

_BLOCK = 262_144


class _Step(NamedTuple):
    """The tracks that may come at one step."""

    rows: RowArray
    away: FloatArray
    """Squared distance of each from where the step should be."""


def path_between(
    music_map: MusicMap,
    start: int,
    end: int,
    steps: int,
    *,
    artist: IntArray,
    recording: IntArray,
    allowed: BoolArray | None = None,
) -> IntArray:
    """Track rows from ``start`` to ``end``, both included.

    The way is the shortest over the graph of neighbours, squared lengths, so that it goes
    through what is there instead of across a void (as in Isomap; Tenenbaum, de Silva and
    Langford, 2000). Along it, at equal lengths, the tracks are chosen by dynamic programming:
    near the way and near each other.

    Args:
        music_map: The map.
        start: Row of the first track.
        end: Row of the last.
        steps: How many tracks, 2 to 50. Fewer come where there are not enough to choose from.
        artist: (n,) the first artist of each track, −1 unknown.
        recording: (n,) tracks with the same number are the same music.
        allowed: (n,) which tracks may come between the two; all if None.

    Returns:
        (m ≤ steps,) rows; no recording twice, no artist twice in a row (unknown artists
        are taken to differ).

    Raises:
        QueryError: the two are the same music, one is not on the map, or ``steps`` is out of
            range.
        NoCandidates: there is no such path, as when all tracks are by one artist.
    """
    _check(music_map, start, end, steps, recording)
    way = _way(music_map, start, end)
    targets = _along(music_map.vectors[way], steps)[1:-1]
    free = music_map.is_placed if allowed is None else music_map.is_placed & allowed
    free &= (recording != recording[start]) & (recording != recording[end])
    between = _choices(music_map.vectors, targets, np.flatnonzero(free), recording)
    ends = [_Step(np.array([row]), np.zeros(1, dtype=np.float32)) for row in (start, end)]
    return _cheapest([ends[0], *between, ends[1]], music_map.vectors, artist)


def _check(music_map: MusicMap, start: int, end: int, steps: int, recording: IntArray) -> None:
    if not 2 <= steps <= MOST_STEPS:
        raise QueryError(f"A path has 2 to {MOST_STEPS} tracks, not {steps}.")
    if recording[start] == recording[end]:
        raise QueryError("Both ends of the path are the same music. Choose two different tracks.")
    if not music_map.is_placed[[start, end]].all():
        raise QueryError(
            "One of the two tracks is not on the map: it came after the map was made, or nothing "
            "is known of it. Retrain, or choose another track."
        )


def _way(music_map: MusicMap, start: int, end: int) -> IntArray:
    """Rows on the shortest way, both ends included."""
    from scipy.sparse.csgraph import dijkstra  # noqa: PLC0415 (the first page does without)

    graph = _graph(music_map)
    _, before = dijkstra(graph, directed=False, indices=start, return_predecessors=True)
    found = [end]
    while found[-1] != start:
        found.append(int(before[found[-1]]))
    return np.array(found[::-1], dtype=np.int32)


def _graph(music_map: MusicMap) -> csr_matrix:
    """(n, n) squared distances between neighbours, and to and between landmarks."""
    points, near = music_map.vectors, music_map.neighbours
    n, k = near.shape
    placed = np.flatnonzero(music_map.is_placed)
    marks = placed[np.linspace(0, len(placed) - 1, min(LANDMARKS, len(placed))).astype(int)]
    gap = _compute_squares(points[placed], points[marks])
    low, high = np.triu_indices(len(marks), 1)
    rows = np.concatenate([placed, marks[low]])
    others = np.concatenate([marks[gap.argmin(axis=1)], marks[high]])
    new = (rows != others) & ~(near[rows] == others[:, None]).any(axis=1)
    kept = near.ravel() >= 0
    rows = np.concatenate([np.repeat(np.arange(n), k)[kept], rows[new]])
    others = np.concatenate([near.ravel()[kept], others[new]])
    length = np.empty(len(rows), dtype=np.float64)
    for first in range(0, len(rows), _BLOCK):
        some = slice(first, first + _BLOCK)
        length[some] = ((points[rows[some]] - points[others[some]]) ** 2).sum(axis=1)
    return csr_matrix((length + 1e-6, (rows, others)), shape=(n, n))  # 0 would be no edge


def _compute_squares(ones: FloatArray, others: FloatArray) -> FloatArray:
    """(a, b) squared distances."""
    lengths = (ones**2).sum(axis=1)[:, None] + (others**2).sum(axis=1)
    gap: FloatArray = np.maximum(lengths - 2.0 * ones @ others.T, np.float32(0.0))
    return gap


def _along(points: FloatArray, steps: int) -> FloatArray:
    """(steps, d) points at equal lengths along a line through ``points``."""
    pieces = np.sqrt(((points[1:] - points[:-1]) ** 2).sum(axis=1))
    at = np.concatenate([[0.0], np.cumsum(pieces)])
    wanted = np.linspace(0.0, at[-1], steps)
    return np.stack([np.interp(wanted, at, axis) for axis in points.T], axis=1)


def _choices(
    points: FloatArray, targets: FloatArray, free: RowArray, recording: IntArray
) -> list[_Step]:
    """For each target its nearest free tracks; no recording at two of them.

    The targets take turns in choosing the nearest that is left, so that each has some.
    """
    if not len(targets) or not len(free):
        return []
    gap = _compute_squares(points[free], targets.astype(np.float32))
    size = min(len(free), NEAR * len(targets))
    near = np.argpartition(gap, size - 1, axis=0)[:size]
    order = np.take_along_axis(near, np.take_along_axis(gap, near, 0).argsort(axis=0), 0)
    waiting = [iter(column) for column in order.T.tolist()]
    chosen: list[list[int]] = [[] for _ in waiting]
    taken: set[int] = set()
    heard = recording[free].tolist()
    for _ in range(NEAR):
        for left, mine in zip(waiting, chosen, strict=True):
            place = next((one for one in left if heard[one] not in taken), None)
            if place is not None:
                taken.add(heard[place])
                mine.append(place)
    return [_Step(free[mine], gap[mine, step]) for step, mine in enumerate(chosen) if mine]


def _cheapest(steps: list[_Step], points: FloatArray, artist: IntArray) -> IntArray:
    """The path with the least squared lengths and distances among those of most steps.

    Raises:
        NoCandidates: every way plays an artist twice in a row.
    """
    costs: list[npt.NDArray[np.float64]] = [np.zeros(1)]
    origins: list[list[tuple[int, int]]] = [[]]
    for here in range(1, len(steps)):
        cost = np.full(len(steps[here].rows), np.inf)
        origin = [(-1, -1)] * len(cost)
        for before in range(max(here - _LEAP, 0) if here < len(steps) - 1 else 0, here):
            hop = _hops(steps[before].rows, steps[here].rows, points, artist)
            total = costs[before][:, None] + hop + MISSED * (here - before - 1)
            best = total.argmin(axis=0)
            value = total[best, np.arange(len(cost))]
            for place in np.flatnonzero(value < cost):
                cost[place], origin[place] = value[place], (before, int(best[place]))
        costs.append(cost + steps[here].away)
        origins.append(origin)
    if not np.isfinite(costs[-1][0]):
        raise NoCandidates(
            "There is no path between these two that does not play an artist twice in a row. "
            "Choose an end by another artist, or allow more tracks on the way."
        )
    found, at = [], (len(steps) - 1, 0)
    while at[0] > 0:
        found.append(int(steps[at[0]].rows[at[1]]))
        at = origins[at[0]][at[1]]
    return np.array([int(steps[0].rows[0]), *found[::-1]], dtype=np.int32)


def _hops(
    ones: RowArray, others: RowArray, points: FloatArray, artist: IntArray
) -> npt.NDArray[np.float64]:
    """(a, b) squared lengths; infinite between tracks by one artist."""
    hop = _compute_squares(points[ones], points[others]).astype(np.float64)
    same = (artist[ones][:, None] == artist[others]) & (artist[ones] >= 0)[:, None]
    hop[same] = np.inf
    return hop
