"""Tracks and artists as items of one matrix, so that taste in artists reaches their tracks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, hstack, vstack

from musicai.recommenders.base import NeighbourRows, TrackFeatures, TrainingData
from musicai.tables import BoolArray, IntArray

_NONE = np.zeros(0, dtype=bool)


@dataclass(frozen=True)
class Joint:
    """What is factorised: rows of listeners and baskets, columns of tracks, then of artists."""

    matrix: csr_matrix
    """(n_rows, n_heard + n_known + n_further) float32: tracks with an entry, artists of the
    library with one, artists whom only neighbour packs know."""
    tracks: IntArray
    """(n_heard,) track rows."""
    artists: IntArray
    """(n_known,) positions in ``TrackFeatures.artist_names``; empty without neighbour packs."""
    named: BoolArray
    """(n_known,) which of these artists listeners of packs play."""
    shared: bool
    """Whether rows other than the owner's, and baskets, name tracks."""

    @property
    def n_kept(self) -> int:
        """Columns that mean something to the library."""
        return len(self.tracks) + len(self.artists)


def with_artists(matrix: csr_matrix, data: TrainingData) -> Joint:
    """The matrix of a training; without neighbour packs its columns are tracks alone.

    Args:
        matrix: (n_rows, n_tracks) the checked confidences of listeners and baskets.
        data: What else there is.
    """
    n_tracks, others = data.features.n_tracks, data.neighbours
    shared = len(data.listeners) > 1 or (others is not None and others.tracks.nnz > 0)
    if others is None:
        heard = _filled(matrix, n_tracks)
        columns = np.flatnonzero(heard).astype(np.int32)
        return Joint(_compact(matrix, heard), columns, np.zeros(0, dtype=np.int32), _NONE, shared)
    tracks = _below(matrix, others.tracks)
    artists = _below(_by_artist(matrix, data.features, others), others.artists)
    heard, played = _filled(tracks, n_tracks), _filled(artists, artists.shape[1])
    both = hstack([_compact(tracks, heard), _compact(artists, played)], format="csr")
    known = np.flatnonzero(played[: len(data.features.artist_names)])
    return Joint(
        csr_matrix(both, dtype=np.float32),
        np.flatnonzero(heard).astype(np.int32),
        known.astype(np.int32),
        _filled(others.artists, artists.shape[1])[known],
        shared,
    )


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


def _filled(matrix: csr_matrix, n_columns: int) -> BoolArray:
    """(n_columns,) which columns hold anything."""
    found: BoolArray = np.bincount(matrix.indices, minlength=n_columns) > 0
    return found


def _compact(matrix: csr_matrix, filled: BoolArray) -> csr_matrix:
    """Only the columns that hold anything; cheaper than slicing by column."""
    place = np.cumsum(filled, dtype=np.int32) - 1
    return csr_matrix(
        (matrix.data, place[matrix.indices], matrix.indptr),
        shape=(matrix.shape[0], int(filled.sum())),
    )
