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

from musicai.tables import BoolArray, FloatArray, IntArray

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
    hits = np.zeros((1, k), dtype=bool)
    top = hits_of(ranked[:k], targets)
    hits[0, : len(top)] = top
    return float(ndcg_of_hits(hits, np.array([len(targets)]))[0])


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


def bootstrap_intervals(
    values: npt.NDArray[np.floating], seed: int = 0
) -> tuple[Float64Array, Float64Array]:
    """95 % percentile bootstrap of the mean over units, for many columns at once.

    Args:
        values: (n_units, ...) one value a unit.
        seed: Of the resamples; all columns share them.

    Returns:
        low (...), high (...); NaN without units.
    """
    shape = values.shape[1:]
    if not len(values):
        return np.full(shape, np.nan), np.full(shape, np.nan)
    flat = values.reshape(len(values), -1).astype(np.float64)
    means = _resamples(len(values), seed) @ flat
    low, high = np.quantile(means, [0.025, 0.975], axis=0)
    return low.reshape(shape), high.reshape(shape)


def bootstrap_interval(values: npt.NDArray[np.floating], seed: int = 0) -> tuple[float, float]:
    """95 % percentile bootstrap of the mean of (n_units,) values."""
    low, high = bootstrap_intervals(np.asarray(values), seed)
    return float(low), float(high)


def paired_difference(
    a: npt.NDArray[np.floating], b: npt.NDArray[np.floating], seed: int = 0
) -> tuple[float, float, float]:
    """Mean of a − b over the same units, with its 95 % bootstrap interval."""
    difference = np.asarray(a, dtype=np.float64) - np.asarray(b, dtype=np.float64)
    low, high = bootstrap_interval(difference, seed)
    return (float(difference.mean()) if len(difference) else float("nan")), low, high
