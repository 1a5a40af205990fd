"""How a taste changed: sound and genres month by month, and the moments at which they turned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import sparse

from musicai.data.arrays import TrackFeatures
from musicai.data.genres import GENRE_LABELS, GENRES
from musicai.data.library import AUDIO_FEATURES
from musicai.insights.taste import sound
from musicai.insights.taste.plays import Double, Long, Plays
from musicai.insights.taste.wording import amount, month, percent

MIN_PLAYS = 20
"""Full plays a month needs to be looked at for changes."""

MIN_MONTHS = 3
"""Months of either side of a change, at least."""

PERMUTATIONS = 499
ALPHA = 0.01
"""A change is told where at most this share of shuffled histories has as sharp a one."""

TOLD = 3
"""Series named with a change, at most."""

NOTICEABLE = 0.3
"""Of a feature, standard deviations by which its mean must move to be named."""

NOTICEABLE_SHARE = 0.05
"""Of a genre, what its share must move by to be named."""


@dataclass(frozen=True)
class DriftMonth:
    """One calendar month in the listener's zone."""

    month: str
    """``YYYY-MM``."""
    plays: int
    """Full plays."""
    features: Mapping[str, float | None]
    """Audio feature → mean over the full plays of which it is known; None where of none."""
    genres: Mapping[str, float]
    """Genre → share of the full plays of known genre; empty where of none."""


@dataclass(frozen=True)
class TasteChange:
    """A month from which on the taste is another."""

    month: str
    """``YYYY-MM``, the first month of the new taste."""
    text: str
    """What changed, with its numbers."""
    plays_before: int
    """Full plays of the months back to the change before."""
    plays_after: int
    """Full plays of the months up to the next change."""
    p: float
    """Share of shuffled histories with as sharp a change, the history itself among them."""


@dataclass(frozen=True)
class Drift:
    """The months and the changes between them."""

    months: tuple[DriftMonth, ...]
    """Every month from the first full play to the last, empty ones included."""
    changes: tuple[TasteChange, ...]
    """In the order of time."""
    missing: str
    """Why no change could be looked for; "" where it was."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values only."""
        return asdict(self)


def drift(features: TrackFeatures, plays: Plays) -> Drift:
    """The months of a history and its changes.

    Binary segmentation of the monthly means (Vostrikova, 1981): the month that parts them
    best, by the weighted distance of the means before and after, is a change if hardly any
    shuffling of the months has as sharp a one (a permutation test, as in Matteson and James,
    "A nonparametric approach for multiple change point analysis of multivariate data", 2014);
    both sides are then searched on their own. Months are weighed by their full plays; features
    count in standard deviations over the months' plays, genres as square roots of shares, so
    that rare ones count too (Hellinger distance).

    Args:
        features: What is known of the tracks.
        plays: Those of the period.
    """
    table = _Table(features, plays)
    told = tuple(table.months())
    enough = np.flatnonzero(table.count >= MIN_PLAYS)
    if len(enough) < 2 * MIN_MONTHS:
        need = f"{2 * MIN_MONTHS} months with {MIN_PLAYS} full plays or more"
        return Drift(told, (), f"Moments of change need {need}; here are {len(enough)}.")
    series = table.series(enough)
    if not series.shape[1]:
        return Drift(told, (), "Neither audio features nor genres of this music are known.")
    weights = table.count[enough].astype(float)
    found = sorted(_split(series, weights, 0, len(enough), np.random.default_rng(0)))
    edges = [0, *(at for at, _ in found), len(enough)]
    changes = tuple(
        _describe_change(table, enough[edges[n] : at], enough[at : edges[n + 2]], p)
        for n, (at, p) in enumerate(found)
    )
    return Drift(told, changes, "")


class _Table:
    """Sums of features and genres by month."""

    def __init__(self, features: TrackFeatures, plays: Plays) -> None:
        track = plays.track[plays.done]
        number = plays.local[plays.done].astype("datetime64[s]").astype("datetime64[M]")
        index: Long = number.astype(np.int64)
        self.first = int(index.min()) if len(index) else 0
        n = int(index.max()) - self.first + 1 if len(index) else 0
        shape = (n, features.n_tracks)
        ones = np.ones(len(track))
        held = sparse.csr_matrix((ones, (index - self.first, track)), shape=shape)
        self.count: Long = np.asarray(held.sum(axis=1)).ravel().astype(np.int64)
        audio = features.audio.astype(np.float64)
        known = ~np.isnan(audio)
        filled = np.where(known, audio, 0.0)
        self.known: Double = held @ known.astype(np.float64)
        """(months, 9) full plays of which a feature is known."""
        self.sums: Double = held @ filled
        self.squares: Double = held @ filled**2
        self.genres: Double = held @ sound.genre_rows(features)
        """(months, 10) full plays by genre."""

    def months(self) -> Iterator[DriftMonth]:
        """All months in order."""
        for at in range(len(self.count)):
            genre = self.genres[at]
            yield DriftMonth(
                month=self.name(at),
                plays=int(self.count[at]),
                features={
                    name: float(self.sums[at, column] / self.known[at, column])
                    if self.known[at, column]
                    else None
                    for column, name in enumerate(AUDIO_FEATURES)
                },
                genres={
                    name: float(value)
                    for name, value in zip(GENRES, genre / genre.sum(), strict=True)
                }
                if genre.sum()
                else {},
            )

    def name(self, at: int) -> str:
        """``YYYY-MM`` of a month by its place."""
        return str(np.datetime64(self.first + at, "M"))

    def series(self, months: Long) -> Double:
        """(m, d) what is compared: features in standard deviations, roots of genre shares."""
        known, sums = self.known[months], self.sums[months]
        usable = (known > 0).all(axis=0)
        mean = sums[:, usable] / known[:, usable]
        spread = self.spread()[usable]
        parts = [mean[:, spread > 0] / spread[spread > 0]]
        heard = self.genres[months]
        total = heard.sum(axis=1, keepdims=True)
        if (total > 0).all():
            shares = np.sqrt(heard / total)
            parts.append(shares[:, shares.any(axis=0)])
        return np.hstack(parts)

    def spread(self) -> Double:
        """(9,) standard deviation of each feature over all full plays; 0 where not known."""
        n = np.maximum(self.known.sum(axis=0), 1)
        mean = self.sums.sum(axis=0) / n
        return np.asarray(np.sqrt(np.maximum(self.squares.sum(axis=0) / n - mean**2, 0.0)))


def _split(
    series: Double, weights: Double, start: int, stop: int, random: np.random.Generator
) -> Iterator[tuple[int, float]]:
    """(place, p) of the changes between two places; each place begins a new taste."""
    size = stop - start
    if size < 2 * MIN_MONTHS:
        return
    part, mass = series[start:stop], weights[start:stop]
    sharpest = _sharpness(part, mass)
    place = int(np.argmax(sharpest))
    as_sharp = 1  # the history itself
    for _ in range(PERMUTATIONS):
        order = random.permutation(size)
        as_sharp += bool(_sharpness(part[order], mass[order]).max() >= sharpest[place])
    p = as_sharp / (PERMUTATIONS + 1)
    if p > ALPHA:
        return
    at = start + MIN_MONTHS + place
    yield at, p
    yield from _split(series, weights, start, at, random)
    yield from _split(series, weights, at, stop, random)


def _sharpness(series: Double, weights: Double) -> Double:
    """How far apart the means before and after each place lie, weighed by both sides.

    w₁w₂ / (w₁ + w₂) · ‖mean₁ − mean₂‖² for every place that leaves enough months on both sides.
    """
    mass = np.cumsum(weights)
    sums = np.cumsum(series * weights[:, None], axis=0)
    at = np.arange(MIN_MONTHS, len(series) - MIN_MONTHS + 1) - 1
    before, after = mass[at], mass[-1] - mass[at]
    gap = sums[at] / before[:, None] - (sums[-1] - sums[at]) / after[:, None]
    return np.asarray(before * after / mass[-1] * (gap**2).sum(axis=1))


def _describe_change(table: _Table, before: Long, after: Long, p: float) -> TasteChange:
    first = table.name(int(after[0]))
    moved = sorted(_find_moved_series(table, before, after), key=lambda one: -one[0])[:TOLD]
    what = ", ".join(text for _, text in moved) or "many things a little"
    plays = [int(table.count[side].sum()) for side in (before, after)]
    text = f"Around {month(first)}: {what}; {plays[0]:,} and {plays[1]:,} plays."
    return TasteChange(first, text, plays[0], plays[1], p)


def _find_moved_series(table: _Table, before: Long, after: Long) -> Iterator[tuple[float, str]]:
    """(size, words) of every series that moved noticeably; sizes in units of what is noticeable."""
    genres = [table.genres[side].sum(axis=0) for side in (before, after)]
    if all(side.sum() for side in genres):
        old, new = (side / side.sum() for side in genres)
        for name, was, now in zip(GENRES, old, new, strict=True):
            if abs(now - was) >= NOTICEABLE_SHARE:
                label = GENRE_LABELS[name]
                size = abs(now - was) / NOTICEABLE_SHARE / 2
                yield size, f"{label} from {percent(was)} to {percent(now)}"
    spread = table.spread()
    for column, name in enumerate(AUDIO_FEATURES):
        counts = [table.known[side, column].sum() for side in (before, after)]
        if not all(counts) or not spread[column]:
            continue
        was, now = (
            float(table.sums[side, column].sum() / n)
            for side, n in zip((before, after), counts, strict=True)
        )
        size = abs(now - was) / float(spread[column]) / NOTICEABLE
        if size >= 1:
            yield size, f"{name} from {amount(name, was)} to {amount(name, now)}"
