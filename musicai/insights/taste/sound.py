"""How the listening sounds: audio features, genres and diversity, each with its coverage."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from musicai.data.arrays import TrackFeatures
from musicai.data.genre_mix import mixes
from musicai.data.genres import GENRES, genre_shares
from musicai.data.library import (
    ARTIST_SEPARATOR,
    AUDIO_FEATURES,
    FEATURE_SOURCES,
    GENRE_SOURCES,
    BoolArray,
    Library,
)
from musicai.data.moods import MOODS, mood_matrix, mood_worth
from musicai.insights.taste.plays import Double
from musicai.insights.taste.profile import FeatureTaste, GenreDiversity, MoodMap, ProfileCoverage
from musicai.insights.taste.wording import axis_sentence, percent, subject

AXIS_RANGES: dict[str, tuple[float, float]] = {"tempo": (60.0, 180.0), "loudness": (-30.0, 0.0)}
"""What 0 and 1 stand for on the radar, for features that are not from 0 to 1: about the
slowest and fastest 2 % of popular music lie beyond 60 and 180 beats a minute. Values beyond
the ends are drawn at the ends."""

FEWEST_COMPARED = 50
"""A catalogue mean over fewer tracks than this would be an accident."""

MICRO_GENRES_SHOWN = 6
"""Micro-genres kept for each genre."""


@dataclass(frozen=True)
class SoundComparison:
    """The tracks that the listening is compared with."""

    rows: BoolArray
    """(n_tracks,) True for a track of the comparison."""
    words: str
    """What they are, to follow "than": "the tracks you have not played"; "" for none."""
    own: bool
    """True if they are the listener's own tracks, each counted once."""


def comparison(library: Library, weights: Double) -> SoundComparison:
    """The catalogue: tracks that are not the listener's own, else the own ones counted once."""
    rows = ~library.tracks["own"].to_numpy() & (weights == 0)
    if rows.sum() >= FEWEST_COMPARED:
        return SoundComparison(rows, "the tracks you have not played", own=False)
    everything = np.ones(len(rows), dtype=np.bool_)
    if len(rows) >= FEWEST_COMPARED:
        return SoundComparison(everything, "your library with every track counted once", own=True)
    return SoundComparison(np.zeros_like(everything), "", own=True)


def audio_features(
    features: TrackFeatures, weights: Double, compared: SoundComparison
) -> dict[str, FeatureTaste]:
    """Each feature's weighted mean and spread over the listening, beside the catalogue."""
    total = float(weights.sum())
    heard = np.flatnonzero(weights > 0)
    mine, other = features.audio[heard].astype(float), features.audio[compared.rows].astype(float)
    each = {}
    for at, name in enumerate(AUDIO_FEATURES):
        mean, spread, known = _moments(mine[:, at], weights[heard])
        catalogue, catalogue_spread, _ = _moments(other[:, at], np.ones(len(other)))
        low, high = AXIS_RANGES.get(name, (0.0, 1.0))
        each[name] = FeatureTaste(
            mean=mean,
            spread=spread,
            catalogue=catalogue,
            catalogue_spread=catalogue_spread,
            axis=_on_axis(mean, low, high),
            axis_catalogue=_on_axis(catalogue, low, high),
            axis_spread=None if spread is None else min(spread / (high - low), 1.0),
            coverage=known / total if total else 0.0,
            sentence=axis_sentence(name, mean, catalogue, catalogue_spread, compared.words),
        )
    return each


def _moments(values: Double, weights: Double) -> tuple[float | None, float | None, float]:
    """Weighted mean, standard deviation, and the weight of what is known."""
    known = np.isfinite(values)
    weight = weights[known]
    total = float(weight.sum())
    if total <= 0:
        return None, None, 0.0
    mean = float(values[known] @ weight) / total
    variance = float((values[known] - mean) ** 2 @ weight) / total
    return mean, math.sqrt(variance), total


def _on_axis(value: float | None, low: float, high: float) -> float | None:
    return None if value is None else min(max((value - low) / (high - low), 0.0), 1.0)


def coverage(library: Library, features: TrackFeatures, weights: Double) -> ProfileCoverage:
    """Shares of the listening by where its features and genres come from."""
    column = library.tracks["genre_source"]
    places = np.array([GENRE_SOURCES.index(str(name)) for name in column.cat.categories] + [-1])
    genre_source = places[column.cat.codes.to_numpy()]
    genre_source = np.where(genre_source < 0, GENRE_SOURCES.index("none"), genre_source)
    return ProfileCoverage(
        features=_shares(features.feature_source, FEATURE_SOURCES, weights),
        genres=_shares(genre_source, GENRE_SOURCES, weights),
    )


def _shares(
    codes: np.ndarray[tuple[int, ...], np.dtype[np.integer]],
    names: tuple[str, ...],
    weights: Double,
) -> dict[str, float]:
    sums = np.bincount(codes, weights=weights, minlength=len(names))
    total = float(sums.sum()) or 1.0
    return {name: float(value) / total for name, value in zip(names, sums, strict=True)}


def genre_rows(features: TrackFeatures) -> Double:
    """(n_tracks, 10) membership in each genre, rows summing to 1; 0 where none is known."""
    return mixes(features.genres)


def genres(rows: Double, weights: Double) -> tuple[dict[str, float], float]:
    """Shares of the 10 genres over listening of known genre, and the unknown share.

    Args:
        rows: :func:`genre_rows`.
        weights: (n_tracks,) the listening.
    """
    heard = np.flatnonzero(weights > 0)
    sums = weights[heard] @ rows[heard]
    known, total = float(sums.sum()), float(weights.sum())
    shares = {name: float(value) / (known or 1.0) for name, value in zip(GENRES, sums, strict=True)}
    return shares, max(0.0, 1.0 - known / total) if total else 0.0


def micro_genres(library: Library, weights: Double) -> dict[str, tuple[tuple[str, float], ...]]:
    """The most heard micro-genres of each genre, with their shares of the listening.

    A track's weight is split equally among its micro-genres; a micro-genre is listed
    under every genre it belongs to, in proportion.
    """
    heard = np.flatnonzero(weights > 0)
    codes, labels = pd.factorize(library.tracks["genres"].to_numpy(dtype=object)[heard])
    sums = np.bincount(codes, weights=weights[heard], minlength=len(labels))
    total = float(weights.sum()) or 1.0
    micro: dict[str, float] = defaultdict(float)
    for label, weight in zip(labels, sums.tolist(), strict=True):
        names = [name.strip() for name in label.split(ARTIST_SEPARATOR) if name.strip()]
        for name in names:
            micro[name] += weight / len(names) / total
    by_genre: dict[str, list[tuple[str, float]]] = {genre: [] for genre in GENRES}
    for name, share in micro.items():
        for genre, part in genre_shares(name).items():
            by_genre[genre].append((name, share * part))
    return {
        genre: tuple(sorted(found, key=lambda one: (-one[1], one[0]))[:MICRO_GENRES_SHOWN])
        for genre, found in by_genre.items()
        if found
    }


def diversity(shares: Mapping[str, float]) -> GenreDiversity:
    """Entropy, effective number and Gini-Simpson of genre shares.

    The effective number exp(H) is the Hill number of order 1 (Hill 1973, "Diversity
    and Evenness"): equal shares of k genres give exactly k.
    """
    present = sorted((share for share in shares.values() if share > 0), reverse=True)
    if not present:
        return GenreDiversity(None, None, None, "No genre is known of anything you played.")
    entropy = abs(-sum(share * math.log(share) for share in present))
    effective = math.exp(entropy)
    first = max(shares, key=lambda name: shares[name])
    count = f"{effective:.1f}".removesuffix(".0")
    if len(present) == 1:
        sentence = f"All of it is {subject(first)}."
    else:
        sentence = (
            f"Your listening spreads as widely as {count} equally loved genres would, of "
            f"{len(shares)}. The largest, {subject(first)}, is {percent(present[0])}."
        )
    return GenreDiversity(
        entropy=entropy,
        effective_genres=effective,
        gini_simpson=1.0 - sum(share**2 for share in present),
        sentence=sentence,
    )


CELLS = 20
"""Cells of the plane on either side."""

_VALENCE, _ENERGY = AUDIO_FEATURES.index("valence"), AUDIO_FEATURES.index("energy")


def mood_map(features: TrackFeatures, weights: Double) -> MoodMap | None:
    """The listening on the plane of valence and energy (Russell's circumplex, 1980).

    A track is counted to the mood of which it is the clearest case (``moods.mood_worth``);
    a mood's place is the mean of what is counted to it.

    Args:
        features: What is known of the tracks.
        weights: (n_tracks,) the listening.
    """
    heard = np.flatnonzero(weights > 0)
    valence, energy = (features.audio[heard, at].astype(float) for at in (_VALENCE, _ENERGY))
    known = np.isfinite(valence) & np.isfinite(energy)
    if not known.any():
        return None
    valence, energy, weight = valence[known], energy[known], weights[heard][known]
    total = float(weight.sum())
    mean_v, mean_e = float(valence @ weight) / total, float(energy @ weight) / total
    spread = (
        float(np.sqrt((valence - mean_v) ** 2 @ weight / total)),
        float(np.sqrt((energy - mean_e) ** 2 @ weight / total)),
    )
    column, row = (np.clip((v * CELLS + 1e-6).astype(int), 0, CELLS - 1) for v in (valence, energy))
    cells = np.bincount(row * CELLS + column, weights=weight, minlength=CELLS**2)
    shares, places = _by_mood(features.audio[heard][known], valence, energy, weight)
    return MoodMap(
        known=total / float(weights.sum()),
        valence=mean_v,
        energy=mean_e,
        spread=spread,
        cells=tuple(tuple(line) for line in np.rint(cells).astype(int).reshape(CELLS, -1).tolist()),
        moods=shares,
        places=places,
    )


def _by_mood(
    audio: np.ndarray, valence: Double, energy: Double, weight: Double
) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
    worth = mood_worth(mood_matrix(audio))
    told = ~np.isnan(worth).all(axis=1)
    best = np.full(len(worth), -1)
    best[told] = np.nanargmax(worth[told], axis=1)
    sums = np.bincount(best[told], weights=weight[told], minlength=len(MOODS))
    total = float(sums.sum()) or 1.0
    places = {}
    for at, mood in enumerate(MOODS):
        if sums[at]:
            mine = best == at
            part = weight[mine]
            places[mood] = (
                float(valence[mine] @ part / part.sum()),
                float(energy[mine] @ part / part.sum()),
            )
    return {mood: float(sums[at]) / total for at, mood in enumerate(MOODS)}, places
