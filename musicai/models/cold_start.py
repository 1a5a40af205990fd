"""From content to collaborative factors, for tracks that nobody in the training has played."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy import sparse

from musicai.core.errors import DataError
from musicai.data.arrays import TrackFeatures
from musicai.data.library import FloatArray, IntArray
from musicai.models.audio_similarity import rank_normal

HIDDEN = 256
"""Random units of the hidden layer."""

TEXT = 64
"""Directions that the documents are brought to."""

RIDGE = 30.0
"""Weight of the squared coefficients, in tracks, the factors having a spread of 1."""

LONGEST = 3.0
"""Bridged factors are made at most so many times longer."""

BLOCK = 16_384
"""Tracks worked on at once: what bounds the memory."""


def bridge(
    features: TrackFeatures, factors: FloatArray, known: IntArray, *, seed: int = 0
) -> FloatArray:
    """Factors for all tracks: known ones as they are, the others regressed from their content.

    The content of a track is the mean factor of its artist's and of its release's
    other tracks, directions of its text, its sound and its genres. On these, and on
    ``HIDDEN`` random units over them, the known factors are regressed by ridge: a
    neural network with one hidden layer of which only the outer one is fitted, in
    closed form (an extreme learning machine: Huang, Zhu and Siew, 2006). A regression
    draws to the mean, so the result is brought back to the length that the known
    factors have: else no track from here could ever lead.

    On the continuation of public playlists (validation; 28,356 tracks, a third of them and most of
    those to be found in no playlist; R@10 / N@10 / R@100) the scores of ALS with 128 factors,
    and their equal blend with those of content, which alone has .151 / .175 / .399:

    - no bridge: .009 / .013 / .047, blend .132 / .155 / .327
    - the artist's mean factor: .160 / .190 / .340, blend .179 / .218 / .387
    - scikit-learn's MLPRegressor, 128 units: .162 / .199 / .343, blend .182 / .220 / .403
    - ridge without hidden units: .174 / .213 / .358, blend .184 / .223 / .401
    - this: .173 / .211 / .360, blend .184 / .223 / .404, a quarter of MLPRegressor's time

    Most of that rise is not knowledge of which unplayed track fits: that catalogue is the
    union of its playlists, so a track in none of the training part is sure to be in a held-out
    one, and any score that does not hold unplayed tracks back rises. Ranked among unplayed
    tracks alone, content has .217 / .234 / .550 and the equal blend .222 / .242 / .462; among
    played ones .093 / .055 / .340 and .128 / .079 / .389. So the bridge lets what is played
    together speak of tracks that nobody played without putting them last or first, and
    content, not it, tells them apart further down the list.

    Args:
        features: What is known of each of n tracks.
        factors: (k, f) factors of tracks with interactions.
        known: (k,) their rows, unique, ascending.
        seed: Of the random units and directions.

    Returns:
        (n, f) float32; rows of NaN for tracks of which nothing is known, and for all
        if no factors are.

    Raises:
        DataError: factors and rows differ in number, or a factor is not a number.
    """
    if factors.ndim != 2 or len(factors) != len(known) or not np.isfinite(factors).all():
        raise DataError(f"{len(known)} tracks need as many rows of finite factors.")
    found = np.full((features.n_tracks, factors.shape[1]), np.nan, dtype=np.float32)
    spread = float(np.sqrt((factors.astype(np.float64) ** 2).mean())) if factors.size else 0.0
    if spread > 0:
        scaled = (factors / np.float32(spread)).astype(np.float32)
        layer = _Layer(_inputs(features, scaled, known, seed), known, seed)
        weights, mean = layer.fit(scaled)
        length = _length(layer, weights, mean, scaled, known)
        for rows in _blocks(np.flatnonzero(_mark_described(features)).astype(np.int32)):
            found[rows] = (layer.units(rows) @ weights + mean) * np.float32(spread * length)
    found[known] = factors
    return found


class _Layer:
    """The inputs, standardised, beside random units of them."""

    def __init__(self, inputs: FloatArray, known: IntArray, seed: int) -> None:
        self.known = known
        self._inputs = inputs
        self._mean = inputs[known].mean(axis=0)
        self._scale = np.float32(1.0) / (inputs[known].std(axis=0) + np.float32(1e-6))
        width = inputs.shape[1]
        drawn = np.random.default_rng(seed).standard_normal((width, HIDDEN)) * 1.5
        self._hidden = (drawn / np.sqrt(width)).astype(np.float32)

    def units(self, rows: IntArray) -> FloatArray:
        """(len(rows), n_inputs + HIDDEN) what the outer layer is fitted on."""
        inputs = (self._inputs[rows] - self._mean) * self._scale
        # a constant among the known tracks says nothing of the others
        np.clip(inputs, np.float32(-10.0), np.float32(10.0), out=inputs)
        return np.hstack([inputs, np.tanh(inputs @ self._hidden)]).astype(np.float32)

    def fit(self, target: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Ridge weights (n_units, f) and mean (f,) of the known tracks' factors."""
        mean = target.mean(axis=0)
        width = self._inputs.shape[1] + HIDDEN
        gram = RIDGE * np.eye(width)
        pull = np.zeros((width, target.shape[1]))
        for places in _blocks(np.arange(len(target), dtype=np.int32)):
            units = self.units(self.known[places])
            gram += units.T @ units
            pull += units.T @ (target[places] - mean)
        return np.linalg.solve(gram, pull).astype(np.float32), mean


def _length(
    layer: _Layer, weights: FloatArray, mean: FloatArray, target: FloatArray, known: IntArray
) -> float:
    """How much longer the known factors are than what the regression makes of them."""
    made = 0.0
    for rows in _blocks(known):
        made += float(((layer.units(rows) @ weights + mean).astype(np.float64) ** 2).sum())
    total = float((target.astype(np.float64) ** 2).sum())
    return min(float(np.sqrt(total / made)), LONGEST) if made > 0 else 1.0


def _inputs(features: TrackFeatures, factors: FloatArray, known: IntArray, seed: int) -> FloatArray:
    """(n_tracks, n_inputs) group means of factors, text, sound, genres."""
    sound = rank_normal(features)
    genres = features.genres
    parts = [
        _others_mean(_by_artist(features), factors, known),
        _others_mean(_by_release(features), factors, known),
        _directions(features.tfidf, seed),
        np.nan_to_num(sound),
        np.isfinite(sound).any(axis=1, keepdims=True),
        np.nan_to_num(genres),
        np.isfinite(genres).any(axis=1, keepdims=True),
    ]
    return np.hstack(parts).astype(np.float32)


def _by_artist(features: TrackFeatures) -> sparse.csr_matrix:
    """(n_tracks, n_artists) 1 for the first artist."""
    named = np.flatnonzero(features.artist >= 0)
    ones = np.ones(len(named), dtype=np.float32)
    shape = (features.n_tracks, len(features.artist_names))
    return sparse.csr_matrix((ones, (named, features.artist[named])), shape=shape)


def _by_release(features: TrackFeatures) -> sparse.csr_matrix:
    """(n_tracks, n_releases) 1 for the release."""
    columns = [place for place, term in enumerate(features.terms) if term.startswith("r:")]
    found = sparse.csr_matrix(features.tfidf[:, columns], dtype=np.float32)
    found.data = np.ones_like(found.data)
    return found


def _others_mean(group: sparse.csr_matrix, factors: FloatArray, known: IntArray) -> FloatArray:
    """(n_tracks, f + 1) mean factor of the group's other known tracks, and log(1 + their number).

    The mean is drawn to 0 as if by one track more. A track's own factors never enter:
    they are what the regression is to find.
    """
    filled = np.zeros((group.shape[0], factors.shape[1] + 1), dtype=np.float32)
    filled[known, :-1] = factors
    filled[known, -1] = 1.0
    members = np.asarray(group.sum(axis=1), dtype=np.float32).reshape(-1, 1)
    total = group @ (group.T @ filled) - filled * members
    count = np.maximum(total[:, -1:], 0.0)
    return np.hstack([total[:, :-1] / (count + 1.0), np.log1p(count)]).astype(np.float32)


def _directions(tfidf: sparse.csr_matrix, seed: int) -> FloatArray:
    """(n_tracks, ≤ TEXT) a basis that nearly spans the documents' first singular vectors.

    The randomised range finder with one power iteration (Halko, Martinsson and Tropp, 2011).
    """
    size = min(TEXT, *tfidf.shape)
    if not size or not tfidf.nnz:
        return np.zeros((tfidf.shape[0], 0), dtype=np.float32)
    drawn = np.random.default_rng(seed).standard_normal((tfidf.shape[1], size))
    basis, _ = np.linalg.qr(tfidf @ drawn.astype(np.float32))
    basis, _ = np.linalg.qr(tfidf @ (tfidf.T @ basis))
    return np.asarray(basis, dtype=np.float32)


def _mark_described(features: TrackFeatures) -> npt.NDArray[np.bool_]:
    """(n_tracks,) whether anything is known that the regression could go by."""
    found: npt.NDArray[np.bool_] = (
        (np.diff(features.tfidf.indptr) > 0)
        | (features.artist >= 0)
        | np.isfinite(features.audio).any(axis=1)
        | np.isfinite(features.genres).any(axis=1)
    )
    return found


def _blocks(rows: IntArray) -> Iterator[IntArray]:
    for first in range(0, len(rows), BLOCK):
        yield rows[first : first + BLOCK]
