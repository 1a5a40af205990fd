"""What a track is on the map: what the trained components know of it, as one vector.

Three blocks with the same say: *words* (artist, genre, album and title, the content
component's TF-IDF), *sound* (its rank-normal audio features, popularity, year and length) and
*played together* (the collaborative factors' direction; their length is how much a track is
played). Any one of them alone leaves tracks without a place: new ones are played by nobody,
some have no features, some share no word with others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from musicai.data.library import BoolArray, FloatArray
from musicai.recommenders.collaborative import Collaborative
from musicai.recommenders.sound import rank_normal

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from musicai.recommenders.base import Component, TrackFeatures

WORDS = 48
"""Dimensions that the TF-IDF is reduced to."""

KEPT = 32
"""Dimensions of a vector, the principal components of the three blocks."""

RIDGE = 1e-2
"""Pull towards 0 of the regression that stands in for a missing block, as a share of the rows."""


def vectors(
    features: TrackFeatures, collaborative: Component | None, seed: int = 0
) -> tuple[FloatArray, BoolArray]:
    """Every track as one vector; O(tracks · (``WORDS`` + ``KEPT``)).

    A block that is not known of a track is what its words let expect (ridge regression on
    the tracks that have it), else the mean.

    Args:
        features: The tracks.
        collaborative: The fitted component; None, or another, leaves its block out.
        seed: Of the randomised decomposition.

    Returns:
        (n_tracks, d ≤ 32) float32 principal components, largest first; (n_tracks,) whether
        anything is known of the track: no other row has a place.
    """
    words = reduced(features.tfidf, WORDS, seed)
    sound = rank_normal(features)
    some = np.isfinite(sound).any(axis=1)
    # a feature that alone is missing is taken to be the catalogue's middle, 0
    sound[some] = np.nan_to_num(sound[some])
    blocks = [words, sound]
    if isinstance(collaborative, Collaborative):
        blocks.append(directions(collaborative))
    known: BoolArray = np.zeros(features.n_tracks, dtype=bool)
    for block in blocks:
        known |= np.isfinite(block).any(axis=1)
    ready = [scaled(block) for block in blocks]
    ready = [ready[0], *(filled(block, ready[0]) for block in ready[1:])]
    joined = np.hstack([np.nan_to_num(block) for block in ready])
    return principal(joined, KEPT), known


def reduced(tfidf: csr_matrix, dimensions: int, seed: int) -> FloatArray:
    """(n, ≤ dimensions) the TF-IDF's left singular vectors times its values; NaN for empty rows.

    Randomised (Halko, Martinsson and Tropp, 2011); latent semantic analysis (Deerwester
    et al., 1990).
    """
    from sklearn.utils.extmath import randomized_svd  # noqa: PLC0415 (only training needs it)

    size = min(dimensions, *tfidf.shape)
    if size < 1 or not tfidf.nnz:
        return np.full((tfidf.shape[0], 1), np.nan, dtype=np.float32)
    with threadpool_limits(1, "blas"):
        left, values, _ = randomized_svd(tfidf, size, n_iter=3, random_state=seed)
    found: FloatArray = (left * values).astype(np.float32)
    found[np.diff(tfidf.indptr) == 0] = np.nan
    return found


def directions(collaborative: Collaborative) -> FloatArray:
    """(n_tracks, f) unit collaborative factors; NaN where a track has none."""
    items = collaborative.items_
    found = np.full((items.n_tracks, max(collaborative.factors_.shape[1], 1)), np.nan, np.float32)
    factors = np.asarray(collaborative.factors_[: len(items.tracks)], dtype=np.float32)
    length = np.linalg.norm(factors, axis=1)
    some = np.isfinite(length) & (length > 0)
    found[items.tracks[some]] = factors[some] / length[some, None]
    return found


def scaled(block: FloatArray) -> FloatArray:
    """The block around its mean, rows of mean squared length 1: blocks then count alike."""
    known = np.isfinite(block).all(axis=1)
    if not known.any():
        return block
    moved = block - block[known].mean(axis=0)
    length = float(np.sqrt((moved[known] ** 2).sum(axis=1).mean()))
    return np.asarray(moved / length if length > 1e-6 else moved * 0, dtype=np.float32)


def filled(block: FloatArray, words: FloatArray) -> FloatArray:
    """The block with what the words let expect where it is missing."""
    known, told = np.isfinite(block).all(axis=1), np.isfinite(words).all(axis=1)
    both, missing = known & told, ~known & told
    if not missing.any() or not both.any():
        return block
    given = words[both].astype(np.float64)
    inner = given.T @ given + RIDGE * both.sum() * np.eye(words.shape[1])
    slope = np.linalg.solve(inner, given.T @ block[both])
    found = block.copy()
    found[missing] = words[missing] @ slope
    return found


def principal(points: FloatArray, dimensions: int) -> FloatArray:
    """(n, ≤ dimensions) float32 principal components, largest first, with fixed signs."""
    centred = points - points.mean(axis=0) if len(points) else points
    with threadpool_limits(1, "blas"):
        values, axes = np.linalg.eigh((centred.T @ centred).astype(np.float64))
        order = np.argsort(-values, kind="stable")[:dimensions]
        axes = axes[:, order]
        axes *= _signs(axes)
        return np.asarray(centred @ axes.astype(np.float32), dtype=np.float32)


def _signs(axes: FloatArray) -> FloatArray:
    """An axis and its opposite are the same to a decomposition; its largest part is made > 0."""
    largest = np.abs(axes).argmax(axis=0)
    signs: FloatArray = np.where(axes[largest, np.arange(axes.shape[1])] < 0, -1.0, 1.0)
    return signs


def names(collaborative: Component | None) -> Sequence[str]:
    """What the vectors are made of, in words."""
    played = isinstance(collaborative, Collaborative) and len(collaborative.items_.tracks) > 0
    return ("artist, genre and title", "sound", *(("what is played together",) if played else ()))
