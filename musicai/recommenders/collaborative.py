"""Collaborative: what is played together, by listeners and in sessions (ALS or NMF)."""

from __future__ import annotations

import json
import logging
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from musicai.errors import DataError, QueryError
from musicai.progress import Progress
from musicai.recommenders.base import (
    Component,
    ComponentConfig,
    Query,
    Reason,
    TrainingData,
    write_json,
)
from musicai.recommenders.joint import Joint, with_artists
from musicai.tables import BoolArray, FloatArray, IntArray

logger = logging.getLogger(__name__)

Float64Array = npt.NDArray[np.float64]

METHODS = ("als", "nmf")

ENOUGH_LISTENERS = 20
"""From this many listeners on a reason may speak of "listeners like you"."""

UNEVEN = "The training confidences are too uneven to be factorised; raise regularization."

SPREAD_FROM = 0.8
"""Share of known tracks from which the factors are laid out by track row."""

MAX_CONFIDENCE = 1e6
"""Larger values are a mistake upstream, and would overflow the factors."""


@dataclass(frozen=True)
class CollaborativeConfig(ComponentConfig):
    """Settings of :class:`Collaborative`."""

    method: str = "als"
    """``als`` (implicit) or ``nmf`` (scikit-learn, as in the original design)."""
    factors: int = 64
    """Item factors of ALS (1 to 512)."""
    nmf_factors: int = 20
    """Item factors of NMF (1 to 512)."""
    epochs: int = 10
    """Sweeps over the data (≥ 1); for NMF ten times as many, as one of its is cheaper."""
    regularization: float = 30.0
    """Weight (> 0) of the factors' squared length in the loss."""
    alpha: float = 5.0
    """Weight (> 0) of one unit of confidence r: an entry counts 1 + alpha·r (ALS only)."""
    basket_weight: float = 1.0
    """Confidence (> 0) of a basket's entry, where a listener's own is about 0.5 to 4."""
    profile_tracks: int = 1_000
    """At most this many (≥ 1) of the query's heaviest tracks are folded in."""
    seed: int = 0
    """Where the factors begin, joined with the seed of the training data."""
    artist_share: float = 0.5
    """Part (0 to 1] of an artist's score that a track of theirs gets which nobody in the data has
    played: who plays an artist plays only some of the artist's tracks."""
    threads: int = 0
    """Threads of the ALS solver; 0 for one a core. The result does not depend on it."""

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise QueryError(f"method is {self.method!r}; choose from {', '.join(METHODS)}.")
        for name in ("factors", "nmf_factors"):
            if not 1 <= getattr(self, name) <= 512:
                raise QueryError(f"{name} must be between 1 and 512.")
        if self.epochs < 1 or self.profile_tracks < 1 or self.threads < 0 or self.seed < 0:
            raise QueryError(
                "epochs and profile_tracks must be at least 1; seed and threads 0 or more."
            )
        if min(self.regularization, self.alpha, self.basket_weight) <= 0:
            raise QueryError("regularization, alpha and basket_weight must be above 0.")
        if not 0 < self.artist_share <= 1:
            raise QueryError("artist_share must be above 0 and at most 1.")


@dataclass(frozen=True)
class _Folded:
    """A query as a listener of the model: x = inverse · Σ pullᵢ profileᵢ."""

    rows: IntArray
    """(k,) the query's tracks that are known here."""
    entries: _Entries
    """What of them the model has factors for."""
    profile: FloatArray
    """(e, f) the entries' item factors."""
    x: Float64Array
    """(f,) the listener's factors."""
    inverse: Float64Array
    """(f, f) M⁻¹ of the normal equations."""
    pull: FloatArray
    """(e,) weight of each entry on the right-hand side."""


@dataclass(frozen=True)
class _Entries:
    """A query's tracks as the items that the model was trained on."""

    slots: IntArray
    """(e,) rows of the factors."""
    weights: FloatArray
    """(e,) confidences."""
    share: csr_matrix | None
    """(k, e) each track's part in each entry, columns sum to 1; None where they are the same."""


_NO_ARTISTS = np.zeros(0, dtype=np.int32)


@dataclass(frozen=True)
class _Artists:
    """Artists as items beside the tracks; none where no neighbour pack names any."""

    names: tuple[str, ...]
    """(n_artists,) in the order of their factors."""
    of_track: IntArray
    """(n_tracks,) position in ``names``, −1 for none; empty where there are no artists."""
    named: BoolArray
    """(n_artists,) whether listeners of packs play them; of the others only the owner's rows
    tell."""
    shared: bool
    """Whether other listeners' rows name tracks, and not only artists."""

    @classmethod
    def of(cls, joint: Joint, data: TrainingData) -> _Artists:
        """The artists that have factors of their own."""
        names = data.features.artist_names
        if not len(joint.artists):
            return cls((), _NO_ARTISTS, joint.named, joint.shared)
        position = np.full(len(names) + 1, -1, dtype=np.int32)  # the last for tracks of no artist
        position[joint.artists] = np.arange(len(joint.artists))
        known = tuple(names[artist] for artist in joint.artists)
        return cls(known, position[data.features.artist], joint.named, joint.shared)

    def slot_of(self, rows: IntArray, n_heard: int) -> IntArray:
        """(len(rows),) rows of the factors of the tracks' artists, −1 for none."""
        found = self.of_track[rows]
        return np.where(found >= 0, found + n_heard, -1).astype(np.int32)

    def slots(self, n_heard: int, n_tracks: int) -> IntArray:
        """(n_tracks,) the artist's row of the factors for every track, −1 for none."""
        if not self.names:
            return np.full(n_tracks, -1, dtype=np.int32)
        return self.slot_of(np.arange(n_tracks, dtype=np.int32), n_heard)

    def align(self, rows: IntArray) -> _Artists:
        """The same artists for another vocabulary; see ``Component.align``."""
        if not self.names:
            return self
        of_track = np.append(self.of_track, np.int32(-1))[rows]
        return _Artists(self.names, of_track, self.named, self.shared)


class Collaborative(Component):
    """Matrix factorisation of listeners and baskets by tracks, folded in at query time.

    ALS: Hu, Koren and Volinsky, "Collaborative filtering for implicit feedback
    datasets" (2008), fitted by ``implicit`` with conjugate gradients (Takács,
    Pilászy and Tikk, 2011). A listener is not looked up but folded in from the
    query's tracks, x = (YᵀY + Yᵀ(C − I)Y + λI)⁻¹ Yᵀ C p, so strangers, seeds and
    new plays are all served alike. NMF: scikit-learn's, a query being the
    non-negative least-squares fit of its weights to the item factors.

    Where neighbour packs name artists, artists are items beside the tracks: a row
    that plays tracks of an artist plays the artist. A track that nobody in the data
    has played then gets its artist's factors, of whose score it has ``artist_share``.

    Only tracks with an interaction in training, and tracks of such artists, have an
    opinion.
    """

    name = "collaborative"
    label = "Played together"
    help = "Lifts tracks that are played by the same listeners and in the same sessions as yours."
    trained = True
    config_class = CollaborativeConfig
    config: CollaborativeConfig

    # --- training ---------------------------------------------------------------------

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Factorise; O(epochs · factors · (interactions + factors · tracks)).

        After NMF, ``sklearn_model_`` is the estimator; its columns are ``tracks_``, then artists.

        Raises:
            DataError: a confidence is negative, not a number, or beyond 1,000,000.
        """
        started = time.perf_counter()
        matrix = self._weighted(data)
        self.n_tracks_ = data.features.n_tracks
        self.n_listeners_ = data.n_listeners + data.n_neighbours
        joint = with_artists(matrix, data)
        self.tracks_: IntArray = joint.tracks
        self.names_ = tuple(data.features.names[row] for row in self.tracks_)
        self.artists_ = _Artists.of(joint, data)
        self.sklearn_model_: Any = None
        matrix = joint.matrix
        seed = self.config.seed + data.seed
        if not matrix.nnz:
            factors = np.zeros((0, self._n_factors), dtype=np.float32)
        elif self.config.method == "als":
            factors = self._fit_als(matrix, seed, progress)
        else:
            factors = self._fit_nmf(matrix, seed, progress)
        self._set_factors(factors, joint.n_kept)
        progress(1.0, "Learned what is played together")
        logger.info(
            "%s of %d x %d, %d entries, in %.2f s",
            self.config.method,
            *matrix.shape,
            matrix.nnz,
            time.perf_counter() - started,
        )
        return self

    @property
    def _n_factors(self) -> int:
        return self.config.factors if self.config.method == "als" else self.config.nmf_factors

    def _weighted(self, data: TrainingData) -> csr_matrix:
        """Checked confidences, the baskets' scaled by ``basket_weight``."""
        matrix = csr_matrix(data.interactions, dtype=np.float32, copy=True)
        if not np.isfinite(matrix.data).all() or (matrix.data < 0).any():
            raise DataError("A training confidence is negative or not a number.")
        if matrix.data.max(initial=0) > MAX_CONFIDENCE:
            raise DataError(f"A training confidence is above {MAX_CONFIDENCE:,.0f}.")
        first_basket = matrix.indptr[min(len(data.listeners), matrix.shape[0])]
        matrix.data[first_basket:] *= np.float32(self.config.basket_weight)
        if not matrix.data.all():
            matrix.eliminate_zeros()
        return matrix

    def _fit_als(self, matrix: csr_matrix, seed: int, progress: Progress) -> FloatArray:
        import threadpoolctl  # noqa: PLC0415 (training only)
        from implicit.cpu.als import AlternatingLeastSquares  # noqa: PLC0415 (training only)
        from implicit.recommender_base import ModelFitError  # noqa: PLC0415 (training only)

        epochs = self.config.epochs

        def report(epoch: int, _seconds: float, _loss: float | None) -> None:
            progress((epoch + 1) / epochs, f"Played together: sweep {epoch + 1} of {epochs}")

        matrix.data *= np.float32(self.config.alpha)
        matrix.data += np.float32(1.0)
        # one BLAS thread: the solver has its own, and sums then have one order
        with threadpoolctl.threadpool_limits(1, "blas"):
            model = AlternatingLeastSquares(
                factors=self.config.factors,
                regularization=self.config.regularization,
                iterations=epochs,
                num_threads=self.config.threads,
                random_state=seed,
            )
            try:
                model.fit(matrix, show_progress=False, callback=report)
            except ModelFitError as error:
                raise DataError(UNEVEN) from error
        return np.asarray(model.item_factors, dtype=np.float32)

    def _fit_nmf(self, matrix: csr_matrix, seed: int, progress: Progress) -> FloatArray:
        import threadpoolctl  # noqa: PLC0415 (training only)
        from sklearn.decomposition import NMF  # noqa: PLC0415 (3 s to import)
        from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415

        filled = matrix[np.diff(matrix.indptr) > 0]
        progress(0.05, "Played together: non-negative factors")
        model = NMF(
            n_components=min(self.config.nmf_factors, *filled.shape),
            init="nndsvda",
            solver="cd",
            max_iter=10 * self.config.epochs,
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
            model.fit(filled)
        self.sklearn_model_ = model
        return np.ascontiguousarray(model.components_.T, dtype=np.float32)

    def _set_factors(self, factors: FloatArray, kept: int) -> None:
        """Round to half precision around the largest factor, as ``save`` keeps them.

        All factors enter YᵀY; the first ``kept`` are of tracks and artists that the
        library knows, and stay.

        Rounding here, not in ``save``, makes a loaded component score exactly
        the same. The scale is a power of two, so that undoing it loses nothing.
        """
        if not np.isfinite(factors).all():
            raise DataError(UNEVEN)
        largest = float(np.abs(factors).max(initial=0.0))
        self._scale = 2.0 ** np.ceil(np.log2(largest)) if largest > 0 else 1.0
        rounded = _restore(_halve(factors, self._scale), self._scale)
        wide = rounded.astype(np.float64)
        self.gram_: Float64Array = wide.T @ wide
        self._prepare(rounded[:kept])

    def _prepare(self, factors: FloatArray) -> None:
        """Lay the factors of ``tracks_``, then of artists, out for queries.

        Where nearly all tracks are known the others get rows of NaN: one product
        then gives all scores, and nothing has to be put in its place afterwards.
        """
        alone = not len(self.artists_.names)
        self._spread = alone and len(self.tracks_) >= SPREAD_FROM * self.n_tracks_
        self._slot = self.artists_.slots(len(self.tracks_), self.n_tracks_)
        if self._spread:
            self._slot[self.tracks_] = self.tracks_
            self._factors = np.full((self.n_tracks_, factors.shape[1]), np.nan, dtype=np.float32)
            self._factors[self.tracks_] = factors
        else:
            self._slot[self.tracks_] = np.arange(len(self.tracks_), dtype=np.int32)
            self._factors = np.ascontiguousarray(factors)
        self._base = self.gram_.copy()
        self._base[np.diag_indices_from(self._base)] += self._ridge

    @property
    def factors_(self) -> FloatArray:
        """(len(tracks_) + n_artists, f) item factors of the tracks, then of the artists."""
        return self._factors[self.tracks_] if self._spread else self._factors

    @property
    def _ridge(self) -> float:
        """What is added to the diagonal; a trace of it keeps unused factors harmless."""
        trace = 1e-9 * (float(np.trace(self.gram_)) or 1.0)
        return trace + (self.config.regularization if self.config.method == "als" else 0.0)

    # --- scoring ----------------------------------------------------------------------

    def _known_profile(self, query: Query) -> tuple[IntArray, FloatArray]:
        """The query's tracks that were in training, and their weights."""
        rows, weights = query.profile()
        known = self._slot[rows] >= 0
        rows, weights = rows[known], weights[known]
        most = self.config.profile_tracks
        if len(rows) <= most:
            return rows, weights
        heaviest = np.sort(np.argpartition(-weights, most)[:most])
        return rows[heaviest], weights[heaviest]

    def score(self, query: Query) -> FloatArray:
        """(n_tracks,) NaN where a track, or all of the query, was not in training."""
        listener = self._folded(query)
        if listener is None:
            return np.full(self.n_tracks_, np.nan, dtype=np.float32)
        found: FloatArray = self._factors @ listener.x.astype(np.float32)
        if self._spread:
            return found
        found[len(self.tracks_) :] *= np.float32(self.config.artist_share)
        scores: FloatArray = np.append(found, np.float32(np.nan))[self._slot]  # −1: no opinion
        return scores

    def _folded(self, query: Query) -> _Folded | None:
        """The query as a listener, worked out once; None where nothing of it is known here."""
        if self.token not in query.memo:
            rows, weights = self._known_profile(query)
            query.memo[self.token] = None
            if len(rows):
                entries = self._entries(rows, weights)
                profile = self._factors[entries.slots]
                query.memo[self.token] = _Folded(
                    rows, entries, profile, *self._fold_in(profile, entries.weights)
                )
        found: _Folded | None = query.memo[self.token]
        return found

    def _entries(self, rows: IntArray, weights: FloatArray) -> _Entries:
        """The tracks, and as in training their artists where artists are items, too."""
        if not len(self.artists_.names):
            return _Entries(self._slot[rows], weights, None)
        heard = np.flatnonzero(self._slot[rows] < len(self.tracks_))
        slot = self.artists_.slot_of(rows, len(self.tracks_))
        by = np.flatnonzero(slot >= 0)
        artists, place = np.unique(slot[by], return_inverse=True)
        total = np.bincount(place, weights=weights[by], minlength=len(artists))
        share = csr_matrix(
            (
                np.concatenate([np.ones(len(heard)), weights[by] / total[place]]),
                (
                    np.concatenate([heard, by]),
                    np.concatenate([np.arange(len(heard)), len(heard) + place]),
                ),
            ),
            shape=(len(rows), len(heard) + len(artists)),
        )
        return _Entries(
            np.concatenate([self._slot[rows[heard]], artists]).astype(np.int32),
            np.concatenate([weights[heard], np.log1p(total)]).astype(np.float32),
            share,
        )

    def _fold_in(
        self, profile: FloatArray, weights: FloatArray
    ) -> tuple[Float64Array, Float64Array, FloatArray]:
        """The query as a listener.

        Args:
            profile: (e, f) item factors of the query's entries.
            weights: (e,) their weights.

        Returns:
            x (f,), the listener's factors; M⁻¹ (f, f) and w (e,) with
            x = M⁻¹ Σ wᵢ yᵢ, from which a score can be taken apart.
        """
        if self.config.method == "als":
            inner, pull = self._normal_equations(profile, weights)
            inverse = np.asarray(np.linalg.inv(inner), dtype=np.float64)
            return inverse @ (pull @ profile).astype(np.float64), inverse, pull
        return self._non_negative(profile, weights)

    def _normal_equations(
        self, profile: FloatArray, weights: FloatArray
    ) -> tuple[Float64Array, FloatArray]:
        """M = YᵀY + Yᵀ(C − I)Y + λI and c = 1 + αr (Hu et al., section 4)."""
        extra = weights * np.float32(self.config.alpha)
        inner = np.asarray(self._base + (profile * extra[:, None]).T @ profile, dtype=np.float64)
        return inner, extra + np.float32(1.0)

    def _non_negative(
        self, profile: FloatArray, weights: FloatArray
    ) -> tuple[Float64Array, Float64Array, FloatArray]:
        """Non-negative least squares of the weights on the item factors.

        On the factors that are not 0 the solution is linear in the weights,
        which is what takes a score apart.
        """
        from scipy.optimize import nnls  # noqa: PLC0415 (slow to import)

        upper = np.linalg.cholesky(self._base).T
        target = (weights @ profile).astype(np.float64)
        x, _ = nnls(upper, np.linalg.solve(upper.T, target), maxiter=100 * len(target))
        used = np.flatnonzero(x > 0)
        inverse = np.zeros_like(self._base)
        inverse[np.ix_(used, used)] = np.linalg.inv(self._base[np.ix_(used, used)])
        return x, inverse, weights

    # --- reasons ----------------------------------------------------------------------

    def contributions(self, query: Query, track: int) -> tuple[IntArray, FloatArray]:
        """The score of ``track`` taken apart by the query's tracks; the parts sum to it.

        s = Σᵢ yₜᵀ M⁻¹ yᵢ wᵢ (Hu et al., section 5).

        Returns:
            rows (k,) of the query's tracks that are known here; parts (k,) float32.
        """
        listener = self._folded(query)
        slot = int(self._slot[track])
        if listener is None or slot < 0:
            return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32)
        target = self._factors[slot].astype(np.float64)
        if slot >= len(self.tracks_) and not self._spread:
            target = target * self.config.artist_share
        toward = (listener.inverse @ target).astype(np.float32)
        parts = listener.pull * (listener.profile @ toward)
        if listener.entries.share is not None:
            parts = np.asarray(listener.entries.share @ parts, dtype=np.float32)
        return listener.rows, parts

    def reasons(self, query: Query, track: int) -> list[Reason]:
        """The played track or seed that moved it most."""
        rows, parts = self.contributions(query, track)
        if not len(rows):
            return []
        others = np.where(self._told_by(rows, track), parts, -np.inf)
        best = int(np.argmax(others))
        if others[best] > 0:
            row = int(rows[best])
            return [Reason(self.name, self._together(row, track), float(parts[best]), row)]
        own = rows == track
        if parts[own].sum() > 0:
            text = "you start from it" if track in query.seeds else "you play it yourself"
            return [Reason(self.name, text, float(parts[own].sum()), track)]
        return []

    def _told_by(self, rows: IntArray, track: int) -> BoolArray:
        """(k,) which of the query's tracks can be named as what leads to a track.

        Where the track is known by its artist alone, those of whose artists the
        listeners of packs say something.
        """
        told: BoolArray = rows != track
        if self._spread or self._slot[track] < len(self.tracks_):
            return told
        by, what = self.artists_.of_track[rows], self.artists_.of_track[track]
        named = np.append(self.artists_.named, False)  # the last for tracks of no artist
        told &= (by == what) | (named[by] & named[what])
        return told

    def _together(self, row: int, track: int) -> str:
        """What links a played track to another, in words that the training rows bear out."""
        enough, n_heard = self.n_listeners_ >= ENOUGH_LISTENERS, len(self.tracks_)
        artists, target = self.artists_, int(self._slot[track])
        who = "listeners like you" if enough else "a few listeners"
        if self._spread or target < n_heard:
            played = self._played(row)
            # packs of artists say nothing of single tracks
            if artists.shared if artists.names else enough:
                return f"{who} who play {played} also play it"
            return f"it goes together with {played} in your sessions"
        by, what = int(artists.of_track[row]), target - n_heard
        if by == what:
            as_they = f", as {who} do" if artists.named[what] else ""
            return f"you play {artists.names[what]}{as_they}"
        played = artists.names[by] if by >= 0 else self._played(row)
        return f"{who} who play {played} also play {artists.names[what]}"

    def _played(self, row: int) -> str:
        """A track of the query, by its title; by its artist where only the artist is known."""
        slot = int(self._slot[row])
        if self._spread or slot < len(self.tracks_):
            return f"“{self.names_[int(np.searchsorted(self.tracks_, row))]}”"
        return self.artists_.names[slot - len(self.tracks_)]

    # --- disk -------------------------------------------------------------------------

    def save(self, folder: Path) -> None:
        """Item factors in half precision with their YᵀY, and titles as JSON."""
        np.savez(
            folder / "collaborative.npz",
            factors=_halve(self.factors_, self._scale),
            scale=np.float64(self._scale),
            gram=self.gram_,
            tracks=self.tracks_,
            n_tracks=np.int64(self.n_tracks_),
            artist_of=self.artists_.of_track,
            artist_named=self.artists_.named,
        )
        state = {
            "n_listeners": self.n_listeners_,
            "names": list(self.names_),
            "artists": list(self.artists_.names),
            "shared": self.artists_.shared,
        }
        write_json(folder / "collaborative.json", state)

    @classmethod
    def load(cls, folder: Path, config: ComponentConfig) -> Self:
        """Read what ``save`` wrote; the scikit-learn estimator is not part of it."""
        component = cls(config)
        state = json.loads((folder / "collaborative.json").read_text("utf-8"))
        component.names_ = tuple(state["names"])
        component.n_listeners_ = int(state["n_listeners"])
        component.sklearn_model_ = None
        with np.load(folder / "collaborative.npz", allow_pickle=False) as stored:
            component._scale = float(stored["scale"])
            component.gram_ = stored["gram"]
            component.tracks_ = stored["tracks"]
            component.n_tracks_ = int(stored["n_tracks"])
            # versions of before there were packs know no artists
            known = tuple(state.get("artists", ()))
            component.artists_ = _Artists(
                known,
                stored["artist_of"] if known else _NO_ARTISTS,
                stored["artist_named"] if known else np.zeros(0, dtype=bool),
                bool(state.get("shared")),
            )
            component._prepare(_restore(stored["factors"], component._scale))
        return component

    def align(self, rows: IntArray) -> Self:
        """The same factors for another vocabulary; YᵀY stays that of the training."""
        other = type(self)(self.config)
        heard = np.zeros(self.n_tracks_ + 1, dtype=bool)  # the last for rows that are not known
        heard[self.tracks_] = True
        other.n_tracks_ = len(rows)
        other.n_listeners_ = self.n_listeners_
        other.sklearn_model_ = None
        other.tracks_ = np.flatnonzero(heard[rows]).astype(np.int32)
        kept = np.searchsorted(self.tracks_, rows[other.tracks_])
        other.names_ = tuple(self.names_[place] for place in kept)
        other.artists_ = self.artists_.align(rows)
        other._scale, other.gram_ = self._scale, self.gram_
        factors = self.factors_
        other._prepare(np.concatenate([factors[kept], factors[len(self.tracks_) :]]))
        return other


def _halve(factors: FloatArray, scale: float) -> npt.NDArray[np.float16]:
    return (factors / np.float32(scale)).astype(np.float16)


def _restore(half: npt.NDArray[np.float16], scale: float) -> FloatArray:
    return half.astype(np.float32) * np.float32(scale)
