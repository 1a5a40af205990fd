"""Ranking metrics and their uncertainty: pure functions over lists of track rows.

Relevance is binary. A list shorter than ``k`` counts as padded with misses.
Conventions as in BARS and LightGCN's code: recall divides by all targets, the
ideal DCG is over min(k, number of targets).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from musicai.data.library import BoolArray, FloatArray, IntArray

Float64Array = npt.NDArray[np.float64]

RESAMPLES = 1_000
"""Bootstrap resamples: the ends of a 95 % interval then stand on 25 values each."""


def hits_of(ranked: IntArray, targets: IntArray) -> BoolArray:
    """(n,) whether each ranked row is a target; rows below 0 are padding."""
    return np.isin(ranked, targets) & (np.asarray(ranked) >= 0)


def precision_at(ranked: IntArray, targets: IntArray, k: int) -> float:
    """Hits among the first ``k``, divided by ``k``."""
    return float(hits_of(ranked[:k], targets).sum() / k)


def recall_at(ranked: IntArray, targets: IntArray, k: int) -> float:
    """Hits among the first ``k``, divided by the number of targets; 0 without targets."""
    return float(hits_of(ranked[:k], targets).sum() / len(targets)) if len(targets) else 0.0


def hit_at(ranked: IntArray, targets: IntArray, k: int) -> float:
    """1 if there is any hit among the first ``k``; its mean over units is the hit rate."""
    return float(hits_of(ranked[:k], targets).any())


def reciprocal_rank(ranked: IntArray, targets: IntArray) -> float:
    """1 divided by the place of the first hit, 0 without one; its mean is the MRR."""
    places = np.flatnonzero(hits_of(ranked, targets))
    return float(1.0 / (places[0] + 1)) if len(places) else 0.0


def ndcg_at(ranked: IntArray, targets: IntArray, k: int) -> float:
    """Discounted gain of the first ``k``, over that of the best possible list."""
    return float(ndcg_of_hits(_pad_hits(ranked, targets, k), np.array([len(targets)]))[0])


def _pad_hits(ranked: IntArray, targets: IntArray, k: int) -> BoolArray:
    """(1, k) hits of the first ``k``; places that a short list lacks are misses."""
    hits = np.zeros((1, k), dtype=bool)
    top = hits_of(ranked[:k], targets)
    hits[0, : len(top)] = top
    return hits


def ndcg_of_hits(hits: BoolArray, n_targets: npt.NDArray[np.integer]) -> Float64Array:
    """Compute the nDCG of many lists at once.

    Args:
        hits: (..., k) whether each place is a target.
        n_targets: (...) number of targets, broadcastable; 0 gives 0.
    """
    k = hits.shape[-1]
    discount = 1.0 / np.log2(np.arange(2, k + 2))
    ideal = np.concatenate([[np.inf], np.cumsum(discount)])
    found: Float64Array = (hits @ discount) / ideal[np.minimum(n_targets, k)]
    return found


def average_precision_at(ranked: IntArray, targets: IntArray, k: int) -> float:
    """Average precision of the first ``k``; its mean over units is the MAP."""
    hits = _pad_hits(ranked, targets, k)
    return float(average_precision_of_hits(hits, np.array([len(targets)]))[0])


def average_precision_of_hits(hits: BoolArray, n_targets: npt.NDArray[np.integer]) -> Float64Array:
    """Compute the average precision of many lists at once.

    The precision at the place of each hit, summed and divided by the number of *all*
    targets, as ``map_cut`` of trec_eval has it (Buckley and Voorhees, 2000, "Evaluating
    Evaluation Measure Stability"): a list that is too short for all targets cannot reach 1.

    Args:
        hits: (..., k) whether each place is a target.
        n_targets: (...) number of targets, broadcastable; 0 gives 0.

    Returns:
        (...) from 0 to the recall of the list.
    """
    precision = hits.cumsum(axis=-1) / np.arange(1, hits.shape[-1] + 1)
    found: Float64Array = (precision * hits).sum(axis=-1) / np.maximum(n_targets, 1)
    return found


# --- the list beside the listener -----------------------------------------------------


def serendipity_at(ranked: IntArray, targets: IntArray, primitive: IntArray, k: int) -> float:
    """Hits among the first ``k`` that a primitive recommender does not list, over ``k``."""
    top = np.full(k, -1, dtype=np.int32)
    top[: len(ranked[:k])] = ranked[:k]
    return float(serendipity_of_hits(hits_of(top, targets), np.isin(top, primitive)))


def serendipity_of_hits(hits: BoolArray, expected: BoolArray) -> Float64Array:
    """Unexpectedness times relevance, both 0 or 1, averaged over the list.

    After Ge, Delgado-Battenfeld and Jannach, 2010, "Beyond Accuracy: Evaluating
    Recommender Systems by Coverage and Serendipity", who follow Murakami et al., 2008: a
    track is unexpected if a primitive recommender would not have listed it.

    Args:
        hits: (..., k) whether each place is a target.
        expected: (..., k) whether a primitive recommender lists the track as well.

    Returns:
        (...) from 0 to the precision of the list.
    """
    found: Float64Array = (hits & ~expected).mean(axis=-1)
    return found


CALIBRATION_SHARE = 0.01
"""Steck's α: so much of the listener's mix is added to the list's, so that a genre that the
list lacks costs much, but not infinitely much."""


def calibration_error(listener: Float64Array, listed: Float64Array) -> Float64Array:
    """How far the genre mix of a list is from the listener's: KL divergence, nats.

    Steck, 2018, "Calibrated Recommendations": C(p, q) = Σ p log(p / q̃), where
    q̃ = (1 − α) q + α p with α = ``CALIBRATION_SHARE``.

    Args:
        listener: (..., n_genres) amounts of each genre in the listener's past, 0 or more.
        listed: (..., n_genres) the same of the list. Amounts are scaled to sum to 1.

    Returns:
        (...) from 0, the same mix, to −log α (about 4.6), no genre in common. NaN where
        either side has no known genre.
    """
    p, q = _mix(listener), _mix(listed)
    blended = (1.0 - CALIBRATION_SHARE) * q + CALIBRATION_SHARE * p
    ratio = np.divide(p, blended, out=np.ones_like(blended), where=p > 0)
    # never below 0 but for rounding
    found: Float64Array = np.maximum((p * np.log(ratio)).sum(axis=-1), 0.0)
    return found


def _mix(amounts: Float64Array) -> Float64Array:
    """Amounts scaled to sum to 1; NaN where there are none."""
    total = amounts.sum(axis=-1, keepdims=True)
    shares: Float64Array = np.divide(
        amounts, total, out=np.full_like(amounts, np.nan), where=total > 0
    )
    return shares


def diversity(vectors: FloatArray) -> float:
    """1 − the mean likeness of all pairs in one list; 0 for fewer than two tracks.

    Args:
        vectors: (n, d) of the listed tracks; their dot products are the likeness
            (``ranking.likeness_vectors``: sound, genre and artist).
    """
    n = len(vectors)
    if n < 2:
        return 0.0
    wide = vectors.astype(np.float64)
    pairs = float((wide.sum(axis=0) ** 2).sum() - (wide**2).sum())
    return 1.0 - pairs / (n * (n - 1))


def catalogue_coverage(lists: Sequence[IntArray], n_candidates: int) -> float:
    """Share of the candidates that occur in at least one list."""
    if not n_candidates or not lists:
        return 0.0
    rows = np.unique(np.concatenate([np.asarray(rows).ravel() for rows in lists]))
    return float((rows >= 0).sum() / n_candidates)


def exposure_gini(lists: IntArray, n_candidates: int) -> float:
    """How unevenly the lists spread over the candidates.

    The Gini index of how often each candidate is listed, unlisted ones among them, in the
    form of Shani and Gunawardana, 2011, "Evaluating Recommendation Systems" (after Fleder
    and Hosanagar, 2009): Σ (2j − n − 1) p_j / (n − 1), shares p ascending.

    Args:
        lists: (..., k) track rows; rows below 0 are padding.
        n_candidates: Number of tracks that could have been listed.

    Returns:
        From 0, all equally often, to 1, always the same one; 0 for no list.
    """
    rows = np.asarray(lists).ravel()
    counts = np.sort(np.unique(rows[rows >= 0], return_counts=True)[1])
    if n_candidates < 2 or not len(counts):
        return 0.0
    # the unlisted stand first and add nothing to the sum
    place = np.arange(n_candidates - len(counts), n_candidates) + 1
    weighted = float(((2 * place - n_candidates - 1) * counts).sum())
    return weighted / (float(counts.sum()) * (n_candidates - 1))


def novelty(ranked: IntArray, plays: npt.NDArray[np.integer]) -> float:
    """Mean self-information of one list, bits: −log2 of each track's share of all plays.

    Every track is given one play more than it has, so that unplayed ones have a share.
    """
    rows = np.asarray(ranked)
    rows = rows[rows >= 0]
    if not len(rows):
        return 0.0
    share = (plays[rows] + 1.0) / (plays.sum() + len(plays))
    return float(-np.log2(share).mean())


# --- uncertainty ----------------------------------------------------------------------


@lru_cache(maxsize=8)
def _resamples(n: int, seed: int) -> Float64Array:
    """(RESAMPLES, n) weights: how often each unit is drawn, divided by n."""
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1.0 / n), size=RESAMPLES)
    return drawn / n


def mean_of_known(values: Float64Array) -> Float64Array:
    """(...) mean over the units of (n_units, ...) values; NaN ones are passed over.

    NaN where no unit has a value.
    """
    known = ~np.isnan(values)
    count = known.sum(axis=0)
    total = np.where(known, values, 0.0).sum(axis=0)
    mean: Float64Array = np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)
    return mean


def bootstrap_intervals(
    values: npt.NDArray[np.floating], seed: int = 0
) -> tuple[Float64Array, Float64Array]:
    """95 % percentile bootstrap of the mean over units, for many columns at once.

    Args:
        values: (n_units, ...) one value a unit; NaN ones are passed over.
        seed: Of the resamples; all columns share them.

    Returns:
        low (...), high (...); NaN without units that have a value.
    """
    shape = values.shape[1:]
    if not len(values):
        return np.full(shape, np.nan), np.full(shape, np.nan)
    flat = values.reshape(len(values), -1).astype(np.float64)
    known = ~np.isnan(flat)
    drawn = _resamples(len(values), seed)
    means = drawn @ np.where(known, flat, 0.0)
    if not known.all():
        # a resample without any known unit says nothing; quantiles pass it over
        share = drawn @ known.astype(np.float64)
        means = np.divide(means, share, out=np.full_like(means, np.nan), where=share > 0)
    low, high = _quantiles(means)
    return low.reshape(shape), high.reshape(shape)


def _quantiles(means: Float64Array) -> tuple[Float64Array, Float64Array]:
    """The ends of the middle 95 % of (resamples, columns), NaN where a column has no value."""
    some = ~np.isnan(means).all(axis=0)
    ends = np.full((2, means.shape[1]), np.nan)
    if some.any():
        ends[:, some] = np.nanquantile(means[:, some], [0.025, 0.975], axis=0)
    return ends[0], ends[1]


def bootstrap_interval(values: npt.NDArray[np.floating], seed: int = 0) -> tuple[float, float]:
    """95 % percentile bootstrap of the mean of (n_units,) values."""
    low, high = bootstrap_intervals(np.asarray(values), seed)
    return float(low), float(high)


def compare_paired(
    a: npt.NDArray[np.floating], b: npt.NDArray[np.floating], seed: int = 0
) -> tuple[float, float, float]:
    """Mean of a − b over the same units, with its 95 % bootstrap interval."""
    difference = np.asarray(a, dtype=np.float64) - np.asarray(b, dtype=np.float64)
    low, high = bootstrap_interval(difference, seed)
    return (float(difference.mean()) if len(difference) else float("nan")), low, high
