"""Pure functions from component scores to a list: scale, blend, and re-rank."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from musicai.core.errors import QueryError
from musicai.data.genre_mix import GenreGoal, GrowingMix
from musicai.data.library import BoolArray, FloatArray, IntArray, RowArray

SAMPLE_STEP = 16
"""The centre is the median of every 16th candidate: fixed, so that equal queries agree."""

TOP_PLACE = 11
"""The score in this place is worth 1. Not the best one: a single outlier would flatten
all others (figures in BENCHMARKS, "anchored at the top")."""

CEILING = 2.0
"""Scaled scores end here."""

FLAT = 1e-6
"""A span below this share of the scores themselves is rounding noise, not an opinion."""

SMALL = 2_000
"""Up to this many candidates the median is taken over all of them."""

NOVELTY_WEIGHT = 0.5
"""Worth of the familiar ↔ obscure dial at its end, in units of the blended score."""

FURTHER = 0.5
"""What a second step adds to a track's obscurity, of which the whole range is 2: as much as a
quarter of all tracks lie between."""

POOL = 200
"""Re-ranking looks at this many of the best, and at more only when they run out."""


def top_values(values: FloatArray, n: int) -> FloatArray:
    """The ``n`` largest values that are not NaN, largest first (fewer if there are fewer).

    A threshold from a fixed sample leaves a handful to sort: about ten times
    cheaper than partitioning 100,000 scores.
    """
    if len(values) > SMALL:
        sample = values[::SAMPLE_STEP]
        sample = sample[~np.isnan(sample)]
        depth = 2 * (1 + n // SAMPLE_STEP) + 2
        if len(sample) > depth:
            threshold = np.partition(sample, len(sample) - depth)[len(sample) - depth]
            top = values[values >= threshold]
            if len(top) >= n:
                values = top
    known = values[~np.isnan(values)]
    if len(known) > 8 * n:
        known = np.partition(known, len(known) - n)[len(known) - n :]
    return np.sort(known)[::-1][:n]


def anchor(scores: FloatArray, out: FloatArray | None = None) -> FloatArray:
    """Scores scaled within the query: 0 for the middle, 1 for the 11th best, at most 2.

    Args:
        scores: (n,) raw scores of one component, NaN for no opinion.
        out: (n,) float32 where the result goes, which may be ``scores``; new if None.

    Returns:
        (n,) float32, (s − centre) / span clipped to [0, 2]. The centre is the median
        of a fixed sample, the span reaches from there to the 11th best score, or to
        the best where those are equal. If that is 0 too, all is NaN: a component
        that finds every track equal has no opinion.
    """
    found = np.empty(len(scores), dtype=np.float32) if out is None else out
    known = scores if len(scores) <= SMALL else scores[::SAMPLE_STEP]
    known = known[~np.isnan(known)]
    top = top_values(scores, TOP_PLACE)
    if not len(top):
        found.fill(np.nan)
        return found
    centre = float(np.median(known)) if len(known) else float(np.nanmedian(scores))
    span = float(top[min(TOP_PLACE, len(top)) - 1]) - centre
    if span <= 0:
        span = float(top[0]) - centre
    if not np.isfinite(span) or span <= FLAT * max(abs(centre), abs(float(top[0])), 1e-30):
        found.fill(np.nan)
        return found
    np.multiply(scores, np.float32(1.0 / span), out=found)
    found -= np.float32(centre / span)
    return np.clip(found, np.float32(0.0), np.float32(CEILING), out=found)


def check_weights(weights: Mapping[str, float], names: Sequence[str]) -> dict[str, float]:
    """Weights for all ``names``, scaled to sum to 1; a missing one is 0.

    Raises:
        QueryError: a name is unknown, a weight is negative or not a number, or all are 0.
    """
    for name, value in weights.items():
        if name not in names:
            raise QueryError(f"There is no component {name!r}; choose from {', '.join(names)}.")
        if not np.isfinite(value) or value < 0:
            raise QueryError(f"The weight of {name!r} is {value}; it must be 0 or more.")
    total = float(sum(weights.values()))
    if total <= 0:
        raise QueryError("All weights are 0, so nothing would rank the tracks; raise one.")
    return {name: float(weights.get(name, 0.0)) / total for name in names}


def is_silent(scores: FloatArray) -> bool:
    """Whether a component has no opinion at all; most speak in the first place looked at."""
    return bool(np.isnan(scores[:1]).all() and np.isnan(scores).all())


def stack(scaled: Mapping[str, FloatArray]) -> FloatArray:
    """(n_components, n) the scores in order, with the neutral 0 for no opinion."""
    stacked = np.array(list(scaled.values()), dtype=np.float32)
    stacked[np.isnan(stacked)] = 0.0
    return stacked


def blend(scaled: Mapping[str, FloatArray], weights: Mapping[str, float]) -> FloatArray:
    """(n,) the weighted sum; an absent opinion (NaN) adds the neutral 0.

    Its weight is not handed to the other components: that would favour tracks
    of which little is known.
    """
    return blend_stack(stack(scaled), list(scaled), weights)


def blend_stack(
    stacked: FloatArray, names: Sequence[str], weights: Mapping[str, float]
) -> FloatArray:
    """:func:`blend` of scores that are already stacked, rows in the order of ``names``."""
    wanted = np.array([weights.get(name, 0.0) for name in names], dtype=np.float32)
    return np.asarray(wanted @ stacked, dtype=np.float32)


def contributions(
    scaled: Mapping[str, FloatArray], weights: Mapping[str, float], places: IntArray
) -> list[dict[str, float | None]]:
    """For each of ``places``, what each component adds to its score; None for no opinion."""
    columns = {
        name: (scores[places].astype(np.float64) * weights.get(name, 0.0)).tolist()
        for name, scores in scaled.items()
    }
    return [
        {name: None if math.isnan(values[at]) else values[at] for name, values in columns.items()}
        for at in range(len(places))
    ]


def obscurity(popularity: FloatArray) -> FloatArray:
    """(n,) −1 for the most popular to +1 for the least; 0 where popularity is not known."""
    known = ~np.isnan(popularity)
    found = np.zeros(len(popularity), dtype=np.float32)
    count = int(known.sum())
    if count < 2:
        return found
    values = popularity[known]
    ordered = np.sort(values)
    # the middle of the ties' places, so that equal popularity is equally obscure
    low = np.searchsorted(ordered, values, side="left")
    high = np.searchsorted(ordered, values, side="right") - 1
    found[known] = 1.0 - (low + high) / (count - 1)
    return found


def shift_obscurity(obscurity: FloatArray, further: BoolArray) -> FloatArray:
    """(n,) obscurity with tracks of a second step moved towards the obscure, at most to +1.

    Args:
        obscurity: (n,) −1 to +1.
        further: (n,) similar to what is similar to the listener's music, and not nearer.
    """
    return np.minimum(obscurity + FURTHER * further, 1.0).astype(np.float32)


def likeness_vectors(audio: FloatArray, genres: FloatArray, artist: IntArray) -> FloatArray:
    """(n, d) vectors for diversity; a well-known track's product with itself is about 1.

    .4 sound (cosine of standardised features, missing ones at the mean), .3 genre,
    .3 artist. An artist is one of many fixed sign patterns, so that different
    artists are nearly at right angles.
    """
    known = ~np.isnan(audio)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, audio, 0).sum(axis=0) / count
    spread = np.sqrt(np.where(known, (audio - mean) ** 2, 0).sum(axis=0) / count)
    sound = np.where(known, (audio - mean) / np.where(spread > 0, spread, 1), 0)
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (int(artist.max(initial=-1)) + 2, 12))
    parts = [
        np.sqrt(0.4) * _unit(sound),
        np.sqrt(0.3) * _unit(np.nan_to_num(genres)),
        np.sqrt(0.3) * _unit(signs[artist]),
    ]
    return np.ascontiguousarray(np.hstack(parts), dtype=np.float32)


def _unit(rows: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.floating[Any]]:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(length > 0, length, 1)


@dataclass(frozen=True)
class RerankRules:
    """What re-ranking keeps to."""

    n: int
    """Length of the list."""
    diversity: float = 0.0
    """0 to 1: how much a track loses for being like one already chosen."""
    artist_cap: int = 3
    """Most tracks of one first artist."""
    genres: GenreGoal | None = None
    """The genre mix to come near; None for whatever the scores bring."""


def rerank(
    score: FloatArray,
    rows: RowArray,
    artist: IntArray,
    recording: IntArray,
    likeness: FloatArray,
    rules: RerankRules,
) -> IntArray:
    """Places (positions in ``score``) of the chosen tracks, in order.

    Maximal marginal relevance (Carbonell and Goldstein, 1998): the next track
    maximises (1 − d)·score − d·(likeness to the nearest chosen one), with the
    score scaled to 0..1 over the pool. The artist cap and "one entry a
    recording" are never broken; the list may be shorter for it. Where a genre mix is
    wanted, that value is traded against the distance from it (``genre_mix``), and the
    pool holds the best tracks of each wanted genre too.

    Args:
        score: (n,) blended scores.
        rows: (n,) the track row of each score.
        artist: (n_tracks,) first artist, −1 unknown (never capped).
        recording: (n_tracks,) recording number.
        likeness: (n_tracks, d) float32 vectors; their dot product is the likeness.
        rules: Length, diversity, cap and genre mix.
    """
    pool = POOL
    while True:
        best = _pool(score, rows, min(pool, len(score)), rules)
        pooled = rows[best]
        mix = GrowingMix(rules.genres, pooled) if rules.genres else None
        one = (score[best], artist[pooled], recording[pooled], likeness[pooled])
        chosen = _select(*one, rules, mix)
        if len(chosen) >= min(rules.n, len(score)) or pool >= len(score):
            return best[chosen].astype(np.int32)
        pool *= 8


def _best(score: FloatArray, size: int) -> npt.NDArray[np.intp]:
    """The ``size`` best places, best first, ties by place."""
    if size < len(score):
        least = top_values(score, size)[-1]
        places = np.flatnonzero(score >= least)
    else:
        places = np.arange(len(score))
    return places[np.lexsort((places, -score[places]))][:size]


def _pool(score: FloatArray, rows: RowArray, size: int, rules: RerankRules) -> npt.NDArray[np.intp]:
    """The best places, best first, and for a genre mix the best of each wanted genre."""
    best = _best(score, size)
    if rules.genres is None or size == len(score):
        return best
    deep = 2 * rules.n  # more of one genre than a list holds: caps leave some out
    each = [
        places[_best(score[places], min(deep, len(places)))]
        for places in rules.genres.members(rows)
        if len(places)
    ]
    places = np.unique(np.concatenate([best, *each]))
    return places[np.lexsort((places, -score[places]))]


def _select(
    values: FloatArray,
    who: IntArray,
    what: IntArray,
    vectors: FloatArray,
    rules: RerankRules,
    mix: GrowingMix | None = None,
) -> list[int]:
    """Positions in the pool, in order; all arrays are (pool,), best first."""
    spread = float(values.max(initial=0.0) - values.min(initial=0.0))
    worth = (values - values.min(initial=0.0)) / np.float32(spread) if spread > 0 else values * 0
    nearest = np.zeros(len(values), dtype=np.float32)
    open_: BoolArray = np.ones(len(values), dtype=bool)
    used: dict[int, int] = {}
    chosen: list[int] = []
    keep = np.float32(1.0 - rules.diversity)
    while len(chosen) < rules.n and open_.any():
        value = keep * worth - np.float32(rules.diversity) * nearest
        if mix is not None:
            value = mix.weigh_candidates(value)
        place = int(np.argmax(np.where(open_, value, -np.inf)))
        chosen.append(place)
        if mix is not None:
            mix.take(place)
        open_ &= what != what[place]
        maker = int(who[place])
        used[maker] = used.get(maker, 0) + 1
        if maker >= 0 and used[maker] >= rules.artist_cap:
            open_ &= who != maker
        if rules.diversity > 0:
            np.maximum(nearest, vectors @ vectors[place], out=nearest)
    return chosen
