"""How a track sounds beside a query: Gaussians of its own spread against the catalogue's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from musicai.data.arrays import TrackFeatures
from musicai.data.library import AUDIO_FEATURES, BoolArray, FloatArray, IntArray

COLUMNS = (*AUDIO_FEATURES, "popularity", "release year", "length")
"""What counts as sound here: the audio features, and three figures that go along with them."""

PRIOR = 1.0
"""Tracks' worth of the catalogue's spread that a centre's spread begins with."""

PULL = 0.5
"""Tracks' worth of the catalogue's mean that a centre's mean begins with."""

PENALTY = 2.0
"""A further centre must raise the log-likelihood by so many times what the Bayesian information
criterion asks (Schwarz, 1978): one broad centre continues a list better than two narrow ones."""

MOST = 8.0
"""Log-likelihood ratios end here on both sides: a strange sound lowers a known artist by so much
and no more (8, 12 and 20 rank alike on playlists)."""


def rank_normal(features: TrackFeatures) -> FloatArray:
    """(n_tracks, 12) each of ``COLUMNS`` as the normal quantile of its rank; NaN where not known.

    Audio features are skewed and pile up at 0: in ranks, "as instrumental as yours" means as
    much at both ends (van der Waerden's scores). Equal values share the middle of their ranks.
    """
    raw = [*features.audio.T, features.popularity, features.year, features.duration]
    found = np.full((features.n_tracks, len(raw)), np.nan, dtype=np.float32)
    for place, values in enumerate(raw):
        known = np.flatnonzero(np.isfinite(values))
        if len(known):
            _, inverse, count = np.unique(values[known], return_inverse=True, return_counts=True)
            middle = np.cumsum(count) - count / 2.0
            found[known, place] = ndtri(middle / len(known))[inverse]
    return found


@dataclass(frozen=True)
class Centres:
    """Where a query's tracks lie; arrays over (centres, columns)."""

    mean: FloatArray
    variance: FloatArray
    group: IntArray
    """(k,) the centre of each of the query's tracks."""


@dataclass(frozen=True)
class LeaveOneOut:
    """Centres without one track each; arrays over (the query's tracks, columns)."""

    mean: FloatArray
    half_inverse: FloatArray
    """½ / variance."""
    half_log: FloatArray
    """½ log variance."""


class AudioSimilarity:
    """Log-likelihood ratios of tracks: the query's centres against the catalogue.

    In rank-normal columns the catalogue is N(0, 1). A centre's mean μ and variance v
    are those of its tracks, drawn to the catalogue's as if ``PULL`` and ``PRIOR``
    further tracks were of it. A known column adds ½x² − ½(x − μ)²/v − ½ log v, one
    that is not known adds 0: nothing is learned from it. Columns in which a query
    keeps to a narrow range thereby count most.
    """

    def __init__(self, values: FloatArray) -> None:
        """Lay values of :func:`rank_normal` out by column: a query reads memory in order."""
        self.known: BoolArray = np.isfinite(values)
        self.filled = np.nan_to_num(values).astype(np.float32)
        self.stack = np.ascontiguousarray(np.hstack([self.filled**2, self.filled]).T)
        self.deaf: BoolArray = self.known.sum(axis=1) == 0
        key = self.known @ (1 << np.arange(values.shape[1]))
        found, pattern = np.unique(key, return_inverse=True)
        self.patterns = (found[:, None] >> np.arange(values.shape[1])) & 1
        """(p, 12) which columns are known, of every pattern that occurs."""
        self.pattern = pattern.astype(np.int32).ravel()

    def centres(self, rows: IntArray, counts: FloatArray, most: int) -> Centres | None:
        """The centres of a query's tracks; None where no track's sound is known.

        Args:
            rows: (k,) track rows.
            counts: (k,) by how much each counts, > 0.
            most: At most this many centres.
        """
        values, known = self.filled[rows], self.known[rows].astype(np.float32)
        heard = int((~self.deaf[rows]).sum())
        if not heard:
            return None
        best, worth = None, -np.inf
        # a mean and a variance in each column, half the logarithm of the sample for either
        cost = PENALTY * int(known.any(axis=0).sum()) * float(np.log1p(counts.sum()))
        for k in range(1, min(most, heard) + 1):
            group = _gather(values, known, counts, k)
            found = _moments(values, known, counts, group, k)
            fit = _log_ratio(values, known, found)[np.arange(len(rows)), group]
            value = float(counts @ fit) - cost * k
            if value <= worth:  # where two do not pay, three hardly do
                break
            best, worth = found, value
        return best

    def score(self, centres: Centres) -> FloatArray:
        """(n_tracks,) float32 log-likelihood ratio of the nearest centre, −8 to 8; 0 unknown."""
        inverse = np.float32(1.0) / centres.variance
        scale = np.hstack([np.float32(0.5) - np.float32(0.5) * inverse, centres.mean * inverse])
        ratio = scale.astype(np.float32) @ self.stack
        constant = np.float32(-0.5) * (centres.mean**2 * inverse + np.log(centres.variance))
        fixed = (constant @ self.patterns.T).astype(np.float32)
        if fixed.shape[1] == 1:
            ratio += fixed
        else:
            ratio += np.take(fixed, self.pattern, axis=1)
        nearest: FloatArray = ratio.max(axis=0)
        return np.clip(nearest, np.float32(-MOST), np.float32(MOST), out=nearest)

    def leave_each_out(self, rows: IntArray, counts: FloatArray, centres: Centres) -> LeaveOneOut:
        """The centre of each of the query's tracks as it would be without that track."""
        values, known = self.filled[rows], self.known[rows].astype(np.float32)
        weight = known * counts[:, None]
        member = (centres.group[:, None] == np.arange(len(centres.mean))).astype(np.float32)
        n, first, second = (
            (member.T @ part)[centres.group] - part
            for part in (weight, weight * values, weight * values**2)
        )
        mean = first / (n + np.float32(PULL))
        spread = np.maximum(second - 2 * mean * first + mean**2 * n, 0)
        variance = (spread + np.float32(PRIOR)) / (n + np.float32(PRIOR))
        return LeaveOneOut(mean, np.float32(0.5) / variance, np.float32(0.5) * np.log(variance))

    def without(self, centres: Centres, left: LeaveOneOut, track: int) -> tuple[float, FloatArray]:
        """The ratio of a track, and (k,) what it would be without each of the query's tracks."""
        mine, told = self.filled[track], self.known[track].astype(np.float32)
        ratio = _log_ratio(mine[None], told[None], centres)[0]
        best = int(np.argmax(ratio))
        ratio[best], here = -np.inf, ratio[best]
        gap = (mine - left.mean) ** 2 * left.half_inverse + left.half_log
        moved = np.float32(0.5) * (told @ mine**2) - gap @ told
        moved = np.where(centres.group == best, np.maximum(moved, ratio.max()), here)
        return float(np.clip(here, -MOST, MOST)), np.clip(moved, -MOST, MOST).astype(np.float32)

    def near(self, one: int, other: int) -> list[str]:
        """The two columns in which two tracks are nearest, of those known of both."""
        gap = np.abs(self.filled[one] - self.filled[other])
        known = self.known[one] & self.known[other]
        order = np.argsort(np.where(known, gap, np.inf), kind="stable")[:2]
        return [COLUMNS[place] for place in order if known[place] and gap[place] < 1.0]


def _moments(
    values: FloatArray, known: FloatArray, counts: FloatArray, group: IntArray, k: int
) -> Centres:
    """The mean and variance of each group, drawn to the catalogue's."""
    member = (group[:, None] == np.arange(k)).astype(np.float32) * counts[:, None]
    n, first = member.T @ known, member.T @ values
    mean = first / (n + np.float32(PULL))
    spread = np.maximum(member.T @ (values**2) - 2 * mean * first + mean**2 * n, 0)
    variance = (spread + np.float32(PRIOR)) / (n + np.float32(PRIOR))
    return Centres(mean.astype(np.float32), variance.astype(np.float32), group)


def _log_ratio(values: FloatArray, known: FloatArray, centres: Centres) -> FloatArray:
    """(m, centres) log-likelihood ratios of a few tracks."""
    inverse = 1.0 / centres.variance
    scale = np.hstack([0.5 - 0.5 * inverse, centres.mean * inverse])
    constant = -0.5 * (centres.mean**2 * inverse + np.log(centres.variance))
    found = np.hstack([values**2, values]) @ scale.T + known @ constant.T
    return np.asarray(found, dtype=np.float32)


def _gather(values: FloatArray, known: FloatArray, weights: FloatArray, k: int) -> IntArray:
    """(n,) weighted k-means groups; missing values count as the mean, 0.

    Deterministic: it begins with the weighted mean's farthest tracks, and takes
    five Lloyd steps, after which the centres of a listener hardly move.
    """
    if k == 1:
        return np.zeros(len(values), dtype=np.int32)
    mean = (weights @ values) / np.maximum(weights @ known, np.float32(1e-9))
    picked = [int(np.argmax(weights * ((values - mean) ** 2).sum(axis=1)))]
    nearest = ((values - values[picked[0]]) ** 2).sum(axis=1)
    for _ in range(k - 1):
        picked.append(int(np.argmax(weights * nearest)))
        nearest = np.minimum(nearest, ((values - values[picked[-1]]) ** 2).sum(axis=1))
    centres = values[picked]
    for _ in range(5):
        group = _nearest(values, centres)
        pull = (group[:, None] == np.arange(k)).astype(np.float32) * weights[:, None]
        total = pull.T @ known
        moved = np.divide(pull.T @ values, total, out=centres.copy(), where=total > 0)
        centres = moved.astype(np.float32)
    return _nearest(values, centres)


def _nearest(values: FloatArray, centres: FloatArray) -> IntArray:
    distance = (centres**2).sum(axis=1) - 2.0 * values @ centres.T
    found: IntArray = distance.argmin(axis=1).astype(np.int32)
    return found
