"""Calibrated genres: a list whose genre mix follows the listener's (Steck, 2018).

Lists that only rank best tracks crowd out the smaller of a listener's interests: who hears 70 %
rock and 30 % jazz gets rock alone. How far the mix q of a list is from the mix p of the listener
is told by the Kullback-Leibler divergence of p from q̃ = (1 − α)·q + α·p, which is finite
whatever the list lacks. Re-ranking (``ranking.rerank``) weighs it against the scores while the
list grows. H. Steck, "Calibrated recommendations", RecSys 2018, with its α of .01.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musicai.data.genres import GENRES
from musicai.data.library import RowArray

Double = npt.NDArray[np.float64]

SMOOTHING = 0.01
"""α: the part of the listener's mix that is added to the list's."""

WORTH_LOOKING = 0.005
"""A genre with a smaller share of the listener's mix is not looked for beyond the best tracks."""


def mixes(membership: npt.NDArray[np.floating]) -> Double:
    """(n_tracks, 10) shares of each genre, rows summing to 1; rows of 0 where none is known."""
    known = np.nan_to_num(membership.astype(np.float64))
    sums = known.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(known, sums, out=np.zeros_like(known), where=sums > 0))


def main_genres(tracks: Double) -> npt.NDArray[np.int8]:
    """(n_tracks,) the genre that is half of a track or more, −1 for none, of :func:`mixes`."""
    first = tracks.argmax(axis=1)
    most = np.take_along_axis(tracks, first[:, None], axis=1)[:, 0]
    return np.where(most >= 0.5, first, -1).astype(np.int8)


def mix_of(tracks: Double, weights: npt.NDArray[np.generic] | None = None) -> Double:
    """(10,) the mix of some rows of :func:`mixes`; zeros where no genre is known."""
    sums = tracks.sum(axis=0) if weights is None else weights.astype(np.float64) @ tracks
    total = float(sums.sum())
    return np.asarray(sums / total if total > 0 else sums, dtype=np.float64)


def list_shares(mix: Double) -> dict[str, float]:
    """Genre → share, largest first, without those that are 0."""
    order = np.argsort(-mix, kind="stable")
    return {GENRES[place]: float(mix[place]) for place in order if mix[place] > 0}


def divergence(wanted: Double, listed: Double) -> Double:
    """How far mixes are from the wanted one, 0 for the same, −log α at most.

    Args:
        wanted: (10,) the listener's mix.
        listed: (..., 10) mixes of lists.
    """
    asked = wanted > 0
    share = wanted[asked]
    smooth = (1 - SMOOTHING) * listed[..., asked] + SMOOTHING * share
    return np.asarray((share * np.log(share / smooth)).sum(axis=-1), dtype=np.float64)


@dataclass(frozen=True)
class GenreGoal:
    """The mix that a list should come near, and how much that counts."""

    strength: float
    """Above 0, up to 1: 0 would be the scores alone, 1 is the mix alone."""
    wanted: Double
    """(10,) the listener's mix, sum 1."""
    tracks: Double
    """(n_tracks, 10) :func:`mixes` of all tracks."""

    main: npt.NDArray[np.int8]
    """(n_tracks,) :func:`main_genres` of ``tracks``."""

    def members(self, rows: RowArray) -> list[npt.NDArray[np.intp]]:
        """For each genre of the wanted mix, the places in ``rows`` of its tracks."""
        main = self.main[rows]
        wanted = np.flatnonzero(self.wanted >= WORTH_LOOKING)
        return [np.flatnonzero(main == genre) for genre in wanted]


class GrowingMix:
    """The mix of a list while it grows by tracks of a pool."""

    def __init__(self, goal: GenreGoal, rows: RowArray) -> None:
        self._goal = goal
        self._pool = goal.tracks[rows]
        self._known = self._pool.any(axis=1)
        self._sum = np.zeros(self._pool.shape[1])
        self._n = 0

    def weigh_candidates(self, value: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """(pool,) ``value`` (0 to 1) traded against the divergence after adding each track.

        (1 − c)·(mean value of the list) − c·divergence, times the list's length; what is the
        same for all is left out. A track of no known genre leaves the list's mix as it is; for
        the first place, where there is none, it counts as the mean of the others.
        """
        c = self._goal.strength
        added = self._sum + self._pool
        size = added.sum(axis=1, keepdims=True)
        listed = np.divide(added, size, out=np.zeros_like(added), where=size > 0)
        far = divergence(self._goal.wanted, listed)
        if not self._sum.any() and self._known.any():
            far[~self._known] = far[self._known].mean()
        return np.asarray((1 - c) * value - c * (self._n + 1) * far, dtype=np.float32)

    def take(self, place: int) -> None:
        """Add a track of the pool to the list."""
        self._sum += self._pool[place]
        self._n += 1
