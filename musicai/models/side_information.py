"""One matrix of everything that says what belongs together: rows who play, columns what is played.

Rows are listeners and baskets, listeners of neighbour packs, and *side rows*: an artist, a
genre or tag, a stretch of an audio feature, each "playing" its tracks. Columns are tracks,
artists where neighbour packs name them, and friends: a listener's friends are played by the
listener. Side information so enters a factorisation as further rows and columns with weights
of their own (collective matrix factorisation, Singh and Gordon, 2008), and a track that
nobody in the data has played still has a column with something in it.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np
from scipy.sparse import block_diag, csr_matrix, hstack, vstack

from musicai.core.errors import DataError, QueryError
from musicai.data.arrays import NeighbourRows, TrackFeatures, TrainingData
from musicai.data.library import BoolArray, FloatArray, IntArray

_NONE = np.zeros(0, dtype=bool)

MAX_CONFIDENCE = 1e6
"""Larger values are a mistake upstream, and would overflow the factors."""

AUDIO_BINS = 5
"""Stretches of equal content that an audio feature is cut in."""


@dataclass(frozen=True)
class SideWeights:
    """Confidence of an entry of each kind of side information; 0 leaves the kind out."""

    artists: float = 0.0
    genres: float = 0.0
    audio: float = 0.0
    friends: float = 0.0

    def __post_init__(self) -> None:
        if not all(0 <= value <= MAX_CONFIDENCE for value in astuple(self)):
            raise QueryError("The weights of side information must be 0 or more.")


@dataclass(frozen=True)
class SideInformation:
    """What is factorised.

    Columns in order: tracks, artists of the library, friends; then artists whom only
    neighbour packs know, and the packs' friends, which no query can name.
    """

    matrix: csr_matrix
    """(n_rows, n_columns) float32."""
    n_side: int
    """The last so many rows are side rows."""
    tracks: IntArray
    """(n_heard,) track rows that have a column: played, or known by side information."""
    played: BoolArray
    """(n_heard,) which of them anybody in the data has played."""
    artists: IntArray
    """(n_known,) positions in ``TrackFeatures.artist_names``; empty without neighbour packs."""
    named: BoolArray
    """(n_known,) which of these artists listeners of packs play."""
    n_friends: int
    """Columns of listeners as friends, in the order of ``TrainingData.listeners``."""
    shared: bool
    """Whether rows other than the owner's, and baskets, name tracks."""

    @property
    def n_kept(self) -> int:
        """Columns that a query can name."""
        return len(self.tracks) + len(self.artists) + self.n_friends


def confidences(data: TrainingData, basket_weight: float) -> csr_matrix:
    """(n_rows, n_tracks) checked confidences, the baskets' scaled by ``basket_weight``.

    Raises:
        DataError: a confidence is negative, not a number, or beyond 1,000,000.
    """
    matrix = csr_matrix(data.interactions, dtype=np.float32, copy=True)
    if not np.isfinite(matrix.data).all() or (matrix.data < 0).any():
        raise DataError("A training confidence is negative or not a number.")
    if matrix.data.max(initial=0) > MAX_CONFIDENCE:
        raise DataError(f"A training confidence is above {MAX_CONFIDENCE:,.0f}.")
    first_basket = matrix.indptr[min(len(data.listeners), matrix.shape[0])]
    matrix.data[first_basket:] *= np.float32(basket_weight)
    if not matrix.data.all():
        matrix.eliminate_zeros()
    return matrix


def join(matrix: csr_matrix, data: TrainingData, weights: SideWeights) -> SideInformation:
    """The matrix of a training.

    Args:
        matrix: (n_rows, n_tracks) the checked confidences of listeners and baskets.
        data: What else there is.
        weights: What of it enters, and how strongly.
    """
    features, others = data.features, data.neighbours
    tracks, artists = matrix, csr_matrix((matrix.shape[0], 0), dtype=np.float32)
    known, named = np.zeros(0, dtype=np.int32), _NONE
    if others is not None:
        tracks = _below(matrix, others.tracks)
        artists = _below(_by_artist(matrix, features, others), others.artists)
        known = np.flatnonzero(_mark_filled(artists, len(features.artist_names))).astype(np.int32)
        named = _mark_filled(others.artists, artists.shape[1])[known]
    side = side_rows(features, weights)
    played = _mark_filled(tracks, features.n_tracks)
    by_artist = np.zeros(len(features.artist_names) + 1, dtype=bool)
    by_artist[known] = True  # of these, an unplayed track takes its artist's column instead
    heard = played | (_mark_filled(side, features.n_tracks) & ~by_artist[features.artist])
    own, theirs = _friends(data, tracks.shape[0], weights.friends)
    further = np.ones(artists.shape[1], dtype=bool)
    further[known] = False
    further &= _mark_filled(artists, artists.shape[1])
    upper = hstack(
        [_compact(tracks, heard), artists[:, known], own, _compact(artists, further), theirs],
        format="csr",
    )
    lower = _compact(side, heard)
    lower.resize((lower.shape[0], upper.shape[1]))
    columns = np.flatnonzero(heard).astype(np.int32)
    return SideInformation(
        matrix=_below(csr_matrix(upper, dtype=np.float32), lower),
        n_side=lower.shape[0],
        tracks=columns,
        played=played[columns],
        artists=known,
        named=named,
        n_friends=own.shape[1],
        shared=len(data.listeners) > 1 or (others is not None and others.tracks.nnz > 0),
    )


# --- side rows ------------------------------------------------------------------------


def side_rows(features: TrackFeatures, weights: SideWeights) -> csr_matrix:
    """(n_values, n_tracks) float32: artists, genres and stretches of sound, over their tracks.

    A value that only one track has brings nothing together, and is left out.
    """
    n = features.n_tracks
    parts = [csr_matrix((0, n), dtype=np.float32)]
    for prefix, weight in (("a:", weights.artists), ("g:", weights.genres)):
        if weight > 0:
            parts.append(_of_terms(features, prefix, weight))
    if weights.audio > 0 and n:
        parts.append(_of_sound(features.audio, weights.audio))
    found = csr_matrix(vstack(parts, format="csr"), dtype=np.float32)
    return found[np.diff(found.indptr) > 1]


def _of_terms(features: TrackFeatures, prefix: str, weight: float) -> csr_matrix:
    """Tracks by the terms of one field.

    The square root of the field's TF-IDF of length 1, times ``weight``: a track's one
    genre weighs ``weight``, thirty tags less each, and a common tag is not drowned.
    """
    wanted = np.array([term.startswith(prefix) for term in features.terms], dtype=bool)
    terms = _compact(features.tfidf, wanted)
    length = np.sqrt(np.asarray(terms.multiply(terms).sum(axis=1)).ravel())
    scale = np.divide(1.0, length, out=np.zeros(len(length)), where=length > 0)
    share = terms.data * np.repeat(scale, np.diff(terms.indptr))
    terms.data = (weight * np.sqrt(share)).astype(np.float32)
    return csr_matrix(terms.T)


def _of_sound(audio: FloatArray, weight: float) -> csr_matrix:
    """Tracks by the stretch that each known feature of theirs falls in."""
    n, n_features = audio.shape
    row, column = [], []
    for feature in range(n_features):
        values = audio[:, feature]
        known = np.flatnonzero(~np.isnan(values))
        if not len(known):
            continue
        edges = np.quantile(values[known], np.arange(1, AUDIO_BINS) / AUDIO_BINS)
        column.append(known)
        row.append(feature * AUDIO_BINS + np.searchsorted(edges, values[known]))
    shape = (n_features * AUDIO_BINS, n)
    if not row:
        return csr_matrix(shape, dtype=np.float32)
    rows, columns = np.concatenate(row), np.concatenate(column)
    entries = np.full(len(rows), weight, dtype=np.float32)
    return csr_matrix((entries, (rows, columns)), shape=shape)


def _friends(data: TrainingData, n_rows: int, weight: float) -> tuple[csr_matrix, csr_matrix]:
    """Friends as columns: of the data's listeners, and of the listeners of packs."""
    first = data.interactions.shape[0]
    packs = data.neighbours.friends if data.neighbours is not None else None
    own, theirs = (
        csr_matrix((n_rows, 0), dtype=np.float32) if friends is None or not weight else friends
        for friends in (data.friends, packs)
    )
    if own.shape[1]:
        own = csr_matrix(own * np.float32(weight))
        own.resize((n_rows, own.shape[1]))
    if theirs.shape[1]:
        above = csr_matrix((first, 0), dtype=np.float32)
        theirs = csr_matrix(block_diag([above, theirs * np.float32(weight)], format="csr"))
    return own, theirs


# --- artists as items -----------------------------------------------------------------


def _by_artist(matrix: csr_matrix, features: TrackFeatures, others: NeighbourRows) -> csr_matrix:
    """(n_rows, n_artists) a row's confidence in an artist: log(1 + Σ over the artist's tracks)."""
    has = np.flatnonzero(features.artist >= 0)
    ones = np.ones(len(has), dtype=np.float32)
    of = csr_matrix(
        (ones, (has, features.artist[has])), shape=(features.n_tracks, others.artists.shape[1])
    )
    found = csr_matrix(matrix @ of, dtype=np.float32)
    found.data = np.log1p(found.data)
    return found


def _below(upper: csr_matrix, lower: csr_matrix) -> csr_matrix:
    return csr_matrix(vstack([upper, lower], format="csr"), dtype=np.float32)


def _mark_filled(matrix: csr_matrix, n_columns: int) -> BoolArray:
    """(n_columns,) which of the first columns hold anything."""
    found: BoolArray = np.bincount(matrix.indices, minlength=n_columns)[:n_columns] > 0
    return found


def _compact(matrix: csr_matrix, wanted: BoolArray) -> csr_matrix:
    """Only the wanted columns; cheaper than slicing by column."""
    place = np.cumsum(wanted, dtype=np.int32) - 1
    kept = wanted[matrix.indices]
    if kept.all():
        indptr = matrix.indptr
    else:
        counts = np.concatenate([[0], np.cumsum(kept)])
        indptr = counts[matrix.indptr]
    return csr_matrix(
        (matrix.data[kept], place[matrix.indices[kept]], indptr),
        shape=(matrix.shape[0], int(wanted.sum())),
    )
