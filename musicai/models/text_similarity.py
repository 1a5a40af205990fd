"""What a track shares with a query in names: artists, release, album words, genres, title."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from musicai.data.library import BoolArray, FloatArray, IntArray

FIELD_OF = {"a": "artists", "r": "release", "l": "album", "g": "genre", "t": "title"}
"""Field of a term by the mark it begins with (``TrackFeatures.terms``)."""

NAMES = ("artist", *FIELD_OF.values())
"""Fields in which tracks can differ; the first is the first artist's."""

DENSE_FROM = 4
"""The whole matrix is read where the query's postings are more than one in so many of it: in order
it is read about that much faster than by postings."""


@dataclass(frozen=True)
class Wanted:
    """A query as terms."""

    total: float
    """Σ of the query's counts."""
    columns: IntArray
    """(q,) terms that the query's tracks hold."""
    worth: FloatArray
    """(q,) what each adds to a track that holds it, > 0."""


@dataclass(frozen=True)
class Losses:
    """What the terms of a query would lose without each of its tracks."""

    by_term: sparse.csc_matrix
    """(k, n_terms + n_artists) by term, whatever part of it a track has."""
    any: FloatArray
    """(k,) what all tracks would lose, whatever they hold."""


class TextSimilarity:
    """Which track holds which term, and what a term is worth.

    A term t of field f that tracks of a query hold c times, of ``df`` tracks in all,
    adds φ_f cᵃ / (df + 2)ᵇ. With a = b = 1 that is the share of the term's tracks
    that the query holds, each added as a guess of how likely the next one is (the
    diagonal of a ridge regression on the terms); a < 1 is the sublinear term frequency
    and b a softer inverse document frequency (Salton and Buckley, 1988). Lengths are
    not divided by: a track with two known artists is the better for it. Only genres and
    tags share a length of 1 by their TF-IDF (``part``), as the much-tagged would else be
    like everything.

    To the terms comes one that every track holds, of the field ``any``: by how much a
    track counts that shares nothing, so that sound can tell those apart.
    """

    def __init__(
        self,
        tfidf: sparse.csr_matrix,
        terms: tuple[str, ...],
        artist: IntArray,
        worth: FloatArray,
        saturation: float,
    ) -> None:
        """Lay the terms that are worth anything out by track and by term.

        Args:
            tfidf: (n_tracks, n_terms); which entries there are, and of genres their values.
            terms: (n_terms,) each marked by its field.
            artist: (n_tracks,) number of the first artist, −1 for none.
            worth: (n_terms + n_artists + 1,) of :func:`worth_of`.
            saturation: a.
        """
        self.saturation = saturation
        self.worth, self.any = worth[:-1], float(worth[-1])
        n_artists = len(self.worth) - len(terms)
        marks = [NAMES.index(FIELD_OF[term[0]]) for term in terms]
        self.field = np.array([*marks, *[0] * n_artists], dtype=np.int32)
        """(n_terms + n_artists,) position in ``NAMES``."""
        held = _build_terms(tfidf, artist, n_artists)
        held.data = _parts(held, self.field == NAMES.index("genre"))
        held.data *= self.worth[held.indices] > 0
        held.eliminate_zeros()
        self.by_track: sparse.csr_matrix = held
        self.by_term: sparse.csc_matrix = held.tocsc()
        self.count = np.diff(self.by_term.indptr)

    def collect_query_terms(self, held: sparse.csr_matrix, counts: FloatArray) -> Wanted:
        """The terms of a query.

        Args:
            held: (k, n_terms + n_artists) what its tracks hold, of :meth:`holding`.
            counts: (k,) by how much each counts, > 0.
        """
        total = np.asarray(held.T @ counts, dtype=np.float32)
        columns = np.flatnonzero(total).astype(np.int32)
        worth = total[columns] ** np.float32(self.saturation) * self.worth[columns]
        return Wanted(float(counts.sum()), columns, worth.astype(np.float32))

    def score(self, wanted: Wanted) -> FloatArray:
        """(n_tracks,) float32 > 0, by the postings of the query's terms; O(postings)."""
        columns, worth = wanted.columns, wanted.worth
        if DENSE_FROM * int(self.count[columns].sum()) > self.by_track.nnz:
            whole = np.zeros(self.by_track.shape[1], dtype=np.float32)
            whole[columns] = worth
            found = np.asarray(self.by_track @ whole, dtype=np.float32)
        else:
            found = np.asarray(self.by_term[:, columns] @ worth, dtype=np.float32)
        found += np.float32(self.any * wanted.total**self.saturation)
        return found

    def of(self, wanted: Wanted, track: int) -> float:
        """The score of one track."""
        mine = np.searchsorted(wanted.columns, self.terms_of(track))
        known = mine < len(wanted.columns)
        places = mine[known]
        same = wanted.columns[places] == self.terms_of(track)[known]
        shared = wanted.worth[places[same]] * self._parts_of(track)[known][same]
        return float(shared.sum() + self.any * wanted.total**self.saturation)

    def losses(self, held: sparse.csr_matrix, counts: FloatArray) -> Losses:
        """What each term would lose if one of the query's tracks were not there.

        Args:
            held: (k, n_terms + n_artists) what the query's tracks hold, of :meth:`holding`.
            counts: (k,) by how much each counts.
        """
        power = np.float32(self.saturation)
        share = held.multiply(counts[:, None]).tocsc()
        both = np.asarray(share.sum(axis=0), dtype=np.float32).ravel()
        column = np.repeat(np.arange(share.shape[1]), np.diff(share.indptr))
        whole = both[column]
        left = np.maximum(whole - share.data, np.float32(0.0)) ** power
        share.data = ((whole**power - left) * self.worth[column]).astype(np.float32)
        total = np.float32(counts.sum())
        rest = np.maximum(total - counts, np.float32(0.0))
        return Losses(share, np.float32(self.any) * (total**power - rest**power))

    def without(self, losses: Losses, track: int) -> tuple[FloatArray, dict[str, FloatArray]]:
        """What a track would lose if one of the query's tracks were not there.

        Returns:
            (k,) what all fields lose together; and by field, (k,) what it loses.
        """
        by_term = losses.by_term
        found = np.zeros((len(NAMES) + 1, len(losses.any)), dtype=np.float32)
        for term, part in zip(self.terms_of(track), self._parts_of(track), strict=True):
            one = slice(by_term.indptr[term], by_term.indptr[term + 1])
            found[self.field[term], by_term.indices[one]] += part * by_term.data[one]
        found[-1] = losses.any
        return found.sum(axis=0), dict(zip((*NAMES, "any"), found, strict=True))

    def holding(self, rows: IntArray) -> sparse.csr_matrix:
        """(k, n_terms + n_artists) what some tracks hold."""
        return sparse.csr_matrix(self.by_track[rows])

    def terms_of(self, track: int) -> IntArray:
        """The columns that a track holds, ascending."""
        start, stop = self.by_track.indptr[track], self.by_track.indptr[track + 1]
        return np.asarray(self.by_track.indices[start:stop], dtype=np.int32)

    def _parts_of(self, track: int) -> FloatArray:
        """The part that each of :meth:`terms_of` has."""
        start, stop = self.by_track.indptr[track], self.by_track.indptr[track + 1]
        return np.asarray(self.by_track.data[start:stop], dtype=np.float32)


def _parts(held: sparse.csr_matrix, shares: BoolArray) -> FloatArray:
    """(nnz,) 1; of terms that share a length, their value over the length of the track's."""
    sharing = shares[held.indices]
    row = np.repeat(np.arange(held.shape[0]), np.diff(held.indptr))
    square = np.bincount(row, weights=sharing * held.data.astype(np.float64) ** 2)
    length = np.sqrt(np.maximum(square, 1e-30)).astype(np.float32)
    return np.where(sharing, held.data / length[row], np.float32(1.0)).astype(np.float32)


def worth_of(
    tfidf: sparse.csr_matrix,
    terms: tuple[str, ...],
    artist: IntArray,
    weights: Mapping[str, float],
    rarity: float,
) -> FloatArray:
    """(n_terms + n_artists + 1,) φ / (df + 2)ᵇ of each term, each first artist, and of ``any``.

    Args:
        tfidf: (n_tracks, n_terms).
        terms: (n_terms,) each marked by its field.
        artist: (n_tracks,) number of the first artist, −1 for none.
        weights: φ of ``artist`` (the first one), of the fields of ``FIELD_OF`` and of ``any``.
        rarity: b.
    """
    n_artists = int(artist.max(initial=-1)) + 1
    factor = [weights[FIELD_OF[term[0]]] for term in terms]
    factor += [weights["artist"]] * n_artists + [weights["any"]]
    held = _build_terms(tfidf, artist, n_artists)
    count = np.append(np.bincount(held.indices, minlength=held.shape[1]), len(artist))
    return np.asarray(np.array(factor) / (count + 2.0) ** rarity, dtype=np.float32)


def _build_terms(tfidf: sparse.csr_matrix, artist: IntArray, n_artists: int) -> sparse.csr_matrix:
    """(n_tracks, n_terms + n_artists) the documents' terms, then the first artists."""
    named = np.flatnonzero(artist >= 0)
    first = sparse.csr_matrix(
        (np.ones(len(named), dtype=np.float32), (named, artist[named])),
        shape=(len(artist), n_artists),
    )
    held = sparse.csr_matrix(sparse.hstack([tfidf, first], format="csr"), dtype=np.float32)
    held.sort_indices()
    return held
