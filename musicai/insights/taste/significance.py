"""When a difference is more than noise.

Plays are not independent of each other (an album is one decision, not ten), so the
standard error of every share is taken over listening sessions: a share R = Σy / Σm has
the variance k / (k − 1) · Σ (y − R·m)² / (Σm)² over its k sessions (the ratio estimator of
Cochran, "Sampling Techniques", 1977, chapter 2), and never less than that of independent
plays. About fifty comparisons are made, so one is reported only from ``Z_LEAST`` standard
errors on: with no structure at all, about five listeners in a hundred would see one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from musicai.data.arrays import TrackFeatures
from musicai.data.genres import GENRES
from musicai.data.library import AUDIO_FEATURES, BoolArray
from musicai.insights.taste.plays import DAY, HOUR, Double, Long, Plays

Z_LEAST = 3.3
"""Standard errors of a reported difference: two-sided 5 % over about fifty comparisons."""
PLAYS_LEAST = 50
"""Completed plays needed on each side of a comparison."""
SESSIONS_LEAST = 10
"""Sessions needed on each side of a comparison."""
POINTS_LEAST = 0.05
"""Smallest difference of two shares that is worth a sentence."""
EFFECT_LEAST = 0.2
"""Smallest difference of two means, in standard deviations."""
CAUTION = 2.58
"""Standard errors taken off an effect before it is ranked: the near end of 99 %."""

SOUNDS = ("energy", "valence", "acousticness")
"""Features that are compared between parts of the listening."""


@dataclass(frozen=True)
class Side:
    """Shares, or means, over the plays on one side of a comparison."""

    value: Double
    """(columns,) Σy / Σm."""
    variance: Double
    """(columns,) variance of ``value``."""
    n: Long
    """(columns,) plays it stands on."""
    sessions: int


@dataclass(frozen=True)
class Cells:
    """Completed plays summed over runs of one session in one hour: all that splits need."""

    session: Long
    local: Long
    """Start of the hour on the wall clock, seconds since 1970."""
    genre: Double
    """(cells, 10) sums of genre membership."""
    genre_known: Double
    """(cells,) plays with a known genre."""
    sound: Double
    """(cells, len(SOUNDS)) sums of the features."""
    sound_known: Double
    """(cells, len(SOUNDS)) plays with the feature."""

    @property
    def hour(self) -> Long:
        """(cells,) local hour."""
        return self.local // HOUR % 24

    @property
    def weekend(self) -> BoolArray:
        """(cells,) Saturday or Sunday; 1 January 1970 was a Thursday."""
        return np.asarray((self.local // DAY + 3) % 7 >= 5, dtype=np.bool_)


def cells(plays: Plays, genre_rows: Double, features: TrackFeatures) -> Cells:
    """The completed plays in cells.

    Args:
        plays: One listener's plays in time order.
        genre_rows: (n_tracks, 10) membership, rows summing to 1 or 0.
        features: For the audio features.
    """
    track, session = plays.track[plays.done], plays.session[plays.done].astype(np.int64)
    hour = plays.local[plays.done] // HOUR
    starts = np.flatnonzero(np.r_[True, (np.diff(session) != 0) | (np.diff(hour) != 0)])
    starts = starts if len(track) else starts[:0]
    gather = csr_matrix(
        (np.ones(len(track)), track, np.r_[starts, len(track)]),
        shape=(len(starts), len(genre_rows)),
    )
    sound = features.audio[:, [AUDIO_FEATURES.index(name) for name in SOUNDS]].astype(float)
    known = np.isfinite(sound)
    table = np.hstack(
        [genre_rows, genre_rows.sum(axis=1, keepdims=True), np.where(known, sound, 0.0), known]
    )
    sums = np.asarray(gather @ table)
    ten, many = len(GENRES), len(SOUNDS)
    return Cells(
        session=session[starts],
        local=hour[starts] * HOUR,
        genre=sums[:, :ten],
        genre_known=sums[:, ten],
        sound=sums[:, ten + 1 : ten + 1 + many],
        sound_known=sums[:, ten + 1 + many :],
    )


def side(session: Long, y: Double, m: Double, spread: Double | None = None) -> Side:
    """Ratio estimates with their variances over sessions.

    Args:
        session: (cells,) ascending.
        y: (cells, columns) what is counted or summed.
        m: (cells, columns) plays, or (cells, 1) where they are the same for all columns.
        spread: (columns,) standard deviation of one play, for means; None for shares.
    """
    columns = y.shape[1]
    if not len(session):
        empty = np.full(columns, np.nan)
        return Side(empty, empty, np.zeros(columns, dtype=np.int64), 0)
    starts = np.flatnonzero(np.r_[True, np.diff(session) != 0])
    y, m = np.add.reduceat(y, starts, axis=0), np.add.reduceat(m, starts, axis=0)
    k, total = len(starts), m.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = y.sum(axis=0) / total
        clustered = k / max(k - 1, 1) * ((y - value * m) ** 2).sum(axis=0) / total**2
        smooth = (y.sum(axis=0) + 1) / (total + 2)
        alone = (smooth * (1 - smooth) if spread is None else spread**2) / total
    return Side(value, np.maximum(clustered, alone), _counts(total, columns), k)


def _counts(total: Double, columns: int) -> Long:
    return np.broadcast_to(np.round(total).astype(np.int64), (columns,))


def compare(a: Side, b: Side, spread: Double | None, least: float) -> Iterator[tuple[int, float]]:
    """The columns that truly differ, each with the cautious end of its effect.

    The effect is in standard deviations of one play, at the near end of its 99 % interval.
    """
    if min(a.sessions, b.sessions) < SESSIONS_LEAST:
        return
    for at in np.flatnonzero((a.n >= PLAYS_LEAST) & (b.n >= PLAYS_LEAST)):
        difference = abs(float(a.value[at] - b.value[at]))
        error = math.sqrt(float(a.variance[at] + b.variance[at]))
        if spread is None:
            middle = (a.value[at] * a.n[at] + b.value[at] * b.n[at]) / (a.n[at] + b.n[at])
            unit = math.sqrt(max(float(middle * (1 - middle)), 0.01))
            enough = difference >= least
        else:
            unit = float(spread[at])
            enough = unit > 0 and difference >= least * unit
        if enough and difference >= Z_LEAST * error:
            yield int(at), (difference - CAUTION * error) / unit
