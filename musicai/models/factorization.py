"""The item factors of a joint matrix: from the beginning, or from factors of before."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from musicai.core.errors import DataError
from musicai.core.progress import Progress
from musicai.data.library import BoolArray, FloatArray
from musicai.models.item_index import ItemIndex
from musicai.models.side_information import SideInformation

UNEVEN = "The training confidences are too uneven to be factorised; raise regularization."

NMF_ROUNDS = 10
"""Rounds of NMF a sweep, as one of its is cheaper than one of ALS."""


def als(
    matrix: csr_matrix,
    *,
    factors: int,
    regularization: float,
    alpha: float,
    sweeps: int,
    threads: int,
    seed: int,
    progress: Progress,
    start: FloatArray | None = None,
) -> FloatArray:
    """Alternating least squares by ``implicit``, rows first.

    Args:
        matrix: (n_rows, n_columns) confidences r > 0; they become 1 + alpha·r here.
        factors: Size f of the factors.
        regularization: Weight of the factors' squared length.
        alpha: Weight of one unit of confidence.
        sweeps: Times that the rows', then the columns' factors are solved for.
        threads: Of the solver, 0 for one a core; the result does not depend on it.
        seed: Of the beginning.
        progress: Called once a sweep.
        start: (n_columns, f) factors to go on from; at random if None.

    Returns:
        (n_columns, f) float32.

    Raises:
        DataError: the factors overflow.
    """
    import threadpoolctl  # noqa: PLC0415 (training only)
    from implicit.cpu.als import AlternatingLeastSquares  # noqa: PLC0415 (training only)
    from implicit.recommender_base import ModelFitError  # noqa: PLC0415 (training only)

    def report(sweep: int, _seconds: float, _loss: float | None) -> None:
        progress((sweep + 1) / sweeps, f"Played together: sweep {sweep + 1} of {sweeps}")

    matrix.data *= np.float32(alpha)
    matrix.data += np.float32(1.0)
    # one BLAS thread: the solver has its own, and sums then have one order
    with threadpoolctl.threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(
            factors=factors,
            regularization=regularization,
            iterations=sweeps,
            num_threads=threads,
            random_state=seed,
        )
        if start is not None:  # the rows are solved for first, from nothing
            model.item_factors = start.copy()
            model.user_factors = np.zeros((matrix.shape[0], factors), dtype=np.float32)
        try:
            model.fit(matrix, show_progress=False, callback=report)
        except ModelFitError as error:
            raise DataError(UNEVEN) from error
    return np.asarray(model.item_factors, dtype=np.float32)


def nmf(
    matrix: csr_matrix,
    *,
    factors: int,
    sweeps: int,
    seed: int,
    progress: Progress,
    start: FloatArray | None = None,
) -> tuple[FloatArray, Any]:
    """Non-negative factors by scikit-learn (coordinate descent).

    Args:
        matrix: (n_rows, n_columns) confidences.
        factors: Most factors; fewer where the matrix is smaller.
        sweeps: At most ``NMF_ROUNDS`` times as many rounds.
        seed: Of the beginning.
        progress: Called once.
        start: (n_columns, f) factors to go on from, f as :func:`n_nmf_factors` says;
            from the singular vectors if None.

    Returns:
        (n_columns, f) float32, and the estimator.
    """
    import threadpoolctl  # noqa: PLC0415 (training only)
    from sklearn.decomposition import NMF, non_negative_factorization  # noqa: PLC0415 (3 s)
    from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415

    filled = matrix[np.diff(matrix.indptr) > 0]
    progress(0.05, "Played together: non-negative factors")
    n_factors, rounds = n_nmf_factors(matrix, factors), NMF_ROUNDS * sweeps
    model = NMF(
        n_components=n_factors,
        init="nndsvda" if start is None else "custom",
        solver="cd",
        max_iter=rounds,
        tol=1e-3,
        random_state=seed,
    )
    with (
        threadpoolctl.threadpool_limits(1, "blas"),
        np.errstate(invalid="ignore"),  # a perfect fit's error may round to below 0
        warnings.catch_warnings(),
    ):
        # stopping early is a choice here, not an accident
        warnings.simplefilter("ignore", ConvergenceWarning)
        if start is None:
            model.fit(filled)
        else:
            columns = np.ascontiguousarray(start.T)
            rows, _, _ = non_negative_factorization(
                filled, H=columns, n_components=n_factors, update_H=False, max_iter=rounds, tol=1e-3
            )
            model.fit_transform(filled, W=rows, H=columns.copy())
    return np.ascontiguousarray(model.components_.T, dtype=np.float32), model


def n_nmf_factors(matrix: csr_matrix, most: int) -> int:
    """``most``, or the shorter side of the rows that hold anything, where that is less."""
    return int(min(most, (np.diff(matrix.indptr) > 0).sum(), matrix.shape[1]))


# --- going on from before -------------------------------------------------------------


def start_from(
    old: ItemIndex, factors: FloatArray, new: ItemIndex, joint: SideInformation
) -> FloatArray:
    """The factors that a new training begins with, from those of an earlier one.

    Tracks are matched by row, artists by name, friends by place where they are as many as
    before. What is new begins as the mean of what it shares an artist, genre or sound with;
    without any such, and for columns that were not kept, at 0: the rows are solved for
    first, and the column then from the rows that hold it (folding in).

    Args:
        old: What was known, for the same vocabulary as ``new``.
        factors: (old.n_slots, f) its factors.
        new: The columns of ``joint`` that a query can name.
        joint: What is about to be factorised, confidences as they are.

    Returns:
        (n_columns, f) float32.
    """
    place = places(old, new)
    start = np.zeros((joint.matrix.shape[1], factors.shape[1]), dtype=np.float32)
    known = np.zeros(len(start), dtype=bool)
    known[: len(place)] = place >= 0
    start[known] = factors[place[place >= 0]]
    _from_what_they_are(start, known, joint)
    return start


def places(old: ItemIndex, new: ItemIndex) -> npt.NDArray[np.int64]:
    """(new.n_slots,) the old slot of each new one, -1 where there is none."""
    track = np.full(new.n_tracks, -1, dtype=np.int64)
    track[old.tracks] = np.arange(len(old.tracks))
    names = {name: len(old.tracks) + number for number, name in enumerate(old.artists)}
    artists = np.array([names.get(name, -1) for name in new.artists], dtype=np.int64)
    first = old.n_slots - old.n_friends
    same = old.n_friends == new.n_friends
    friends = np.arange(new.n_friends) + first if same else np.full(new.n_friends, -1)
    return np.concatenate([track[new.tracks], artists, friends])


def _from_what_they_are(start: FloatArray, known: BoolArray, joint: SideInformation) -> None:
    """Fill the unknown columns that side rows hold with the means of those rows."""
    if not joint.n_side or known.all():
        return
    side = csr_matrix(joint.matrix[joint.matrix.shape[0] - joint.n_side :])
    weight = np.asarray(side @ known.astype(np.float32))
    told = weight > 0  # of these rows some column is known
    means = (side @ start)[told] / weight[told, None]
    unknown = np.flatnonzero(~known)
    holds = csr_matrix(side[told][:, unknown].T)
    total = np.asarray(holds.sum(axis=1)).ravel()
    some = total > 0
    start[unknown[some]] = (holds @ means)[some] / total[some, None]
