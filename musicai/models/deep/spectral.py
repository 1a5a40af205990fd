"""Item vectors from how often tracks are played near each other, before anything is trained."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix

from musicai.data.library import BoolArray, FloatArray
from musicai.models.deep.session_features import Rows

WINDOW = 6
"""Plays before and after that count as near."""

CONTEXT_POWER = 0.75
"""Context counts are raised to it, so that rare tracks do not look telling by chance."""

RIDGE = 1.0
"""Of :func:`carry_vectors`; vectors have a length of about 1."""


def item_vectors(
    tracks: Rows,
    starts: Rows,
    n_items: int,
    size: int,
    seed: int,
) -> FloatArray:
    """Singular vectors of the positive pointwise mutual information of plays in one session.

    A pair d places apart counts 1/d, in both directions (Levy and Goldberg, "Neural word
    embedding as implicit matrix factorization", 2014; Levy, Goldberg and Dagan, 2015).

    Args:
        tracks: (n_events,) item of each play, 0 to n_items − 1.
        starts: (n_sessions + 1,) where sessions begin among them.
        n_items: Number of items.
        size: Length of a vector.
        seed: Of the randomised decomposition.

    Returns:
        (n_items, size) float32 with a mean length of 1 over the rows that are not 0. Items
        without company, and columns beyond the rank, are 0.
    """
    from sklearn.utils.extmath import randomized_svd  # noqa: PLC0415 (slow to import)

    telling = _mutual_information(_near(tracks, starts, n_items))
    rank = min(size, n_items - 1, int((np.diff(telling.indptr) > 0).sum()))
    found = np.zeros((n_items, size), dtype=np.float32)
    if rank < 1:
        return found
    left, strength, _ = randomized_svd(telling, rank, n_iter=3, random_state=seed)
    found[:, :rank] = left * np.sqrt(strength)
    length = np.linalg.norm(found, axis=1)
    return found / np.float32(length[length > 0].mean())


def _near(tracks: Rows, starts: Rows, n_items: int) -> csr_matrix:
    """(n_items, n_items) how often two items are near each other, symmetric."""
    session = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    total = csr_matrix((n_items, n_items), dtype=np.float64)
    for step in range(1, WINDOW + 1):
        together = session[step:] == session[:-step]
        before, after = tracks[:-step][together], tracks[step:][together]
        value = np.full(len(before), 1.0 / step)
        total = total + coo_matrix((value, (before, after)), shape=total.shape).tocsr()
    return csr_matrix(total + total.T)


def _mutual_information(near: csr_matrix) -> csr_matrix:
    """Its positive pointwise mutual information; what is not positive is left out."""
    pairs = near.tocoo()
    count = np.asarray(near.sum(axis=1)).ravel()
    context = count**CONTEXT_POWER
    expected = count[pairs.row] * context[pairs.col] / max(context.sum(), 1e-12)
    value = np.log(pairs.data / np.maximum(expected, 1e-12))
    kept = value > 0
    return csr_matrix((value[kept], (pairs.row[kept], pairs.col[kept])), shape=near.shape)


def carry_vectors(vectors: FloatArray, learned: FloatArray, there: BoolArray) -> FloatArray:
    """Learned vectors, with a place among them for items that have only spectral ones.

    Ridge regression from the spectral to the learned vectors of the items that have both.

    Args:
        vectors: (n, d) spectral.
        learned: (n, d), of which only the rows ``there`` count.
        there: (n,) True for learned ones.

    Returns:
        (n, d) float32.
    """
    known = vectors[there].astype(np.float64)
    both = known.T @ known + RIDGE * np.eye(vectors.shape[1])
    image = np.linalg.solve(both, known.T @ learned[there])
    return np.where(there[:, None], learned, vectors @ image.astype(np.float32))
