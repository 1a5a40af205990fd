"""Collaborative: what is played together, by listeners and in sessions (ALS or NMF)."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.linalg.lapack import dposv

from musicai.core.errors import DataError, QueryError
from musicai.core.progress import Progress
from musicai.data.arrays import Query, TrainingData
from musicai.data.library import FloatArray, IntArray
from musicai.models.base import Component, ComponentConfig, Reason, write_json
from musicai.models.cold_start import bridge
from musicai.models.factorization import UNEVEN, als, n_nmf_factors, nmf, start_from
from musicai.models.item_index import Entries, ItemIndex
from musicai.models.side_information import SideInformation, SideWeights, confidences, join

logger = logging.getLogger(__name__)

Float64Array = npt.NDArray[np.float64]

METHODS = ("als", "nmf")

UPDATE_SWEEPS = 3
"""Sweeps of an update: enough for new plays to spread, and a third of a training's time."""


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
    alpha: float = 15.0
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
    artist_weight: float = 1.0
    """Confidence (≥ 0) of an entry that says who made a track; 0 leaves artists out."""
    genre_weight: float = 2.0
    """Confidence (≥ 0) of an entry that says of which genre or tag a track is."""
    audio_weight: float = 0.0
    """Confidence (≥ 0) of an entry that says how a track sounds, nine a track."""
    friend_weight: float = 0.3
    """Confidence (≥ 0) of a friendship between listeners."""
    bridge: bool = True
    """Whether tracks that nobody in the data has played get factors regressed from their content
    (:mod:`musicai.models.cold_start`) instead of what their side rows give them (ALS only)."""
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
        self.side()

    def side(self) -> SideWeights:
        """What else than plays enters the factorisation."""
        return SideWeights(
            self.artist_weight, self.genre_weight, self.audio_weight, self.friend_weight
        )


LEAST_USED = 1e-9
"""Of the largest of a listener's factors: below it a factor of the NMF is rounding noise."""


@dataclass(frozen=True)
class _Folded:
    """A query as a listener of the model: x = M⁻¹ · Σ pullᵢ profileᵢ on the factors used."""

    entries: Entries
    """What of the query the model has factors for."""
    profile: FloatArray
    """(e, f) the entries' item factors."""
    x: Float64Array
    """(f,) the listener's factors."""
    inner: Float64Array
    """(f, f) M of the normal equations. No inverse: few tracks are asked reasons for."""
    pull: FloatArray
    """(e,) weight of each entry on the right-hand side."""
    used: npt.NDArray[np.intp]
    """(≤ f,) the factors on which the solution is linear in the entries."""

    def toward(self, target: Float64Array) -> Float64Array:
        """(f,) M⁻¹ · target (f,), from which a score can be taken apart."""
        found = np.zeros(len(target))
        found[self.used] = _solve_cholesky(
            self.inner[np.ix_(self.used, self.used)], target[self.used]
        )
        return found


class Collaborative(Component):
    """Matrix factorisation of listeners and baskets by tracks, folded in at query time.

    ALS: Hu, Koren and Volinsky, "Collaborative filtering for implicit feedback
    datasets" (2008), fitted by ``implicit`` with conjugate gradients (Takács,
    Pilászy and Tikk, 2011). A listener is not looked up but folded in from the
    query's tracks, x = (YᵀY + Yᵀ(C − I)Y + λI)⁻¹ Yᵀ C p, so strangers, seeds and
    new plays are all served alike. NMF: scikit-learn's, a query being the
    non-negative least-squares fit of its weights to the item factors.

    Artists, genres and tags, sound and friendships enter as further rows and columns
    (:mod:`musicai.models.side_information`), each with its own weight, so that a track nobody
    in the data has played gets factors from what it is. Where neighbour packs name artists,
    artists are items beside the tracks: a row that plays tracks of an artist plays the
    artist, and an unplayed track gets ``artist_share`` of its artist's score.

    Only tracks with an entry in the joint matrix have an opinion.
    """

    name = "collaborative"
    label = "Played together"
    help = "Lifts tracks that are played by the same listeners and in the same sessions as yours."
    trained = True
    config_class = CollaborativeConfig
    config: CollaborativeConfig
    goes_on = True
    sweeps_: int = 0
    """Sweeps of the fit or update that made it; not kept on disk."""

    # --- training ---------------------------------------------------------------------

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Factorise; O(epochs · factors · (interactions + factors · tracks)).

        After NMF, ``sklearn_model_`` is the estimator; its columns are ``tracks_``, then artists.

        Raises:
            DataError: a confidence is negative, not a number, or beyond 1,000,000.
        """
        started = time.perf_counter()
        joint = self._build_matrix(data)
        self._learn(joint, data, self.config.epochs, progress)
        logger.info("%s in %.2f s", self._words(joint), time.perf_counter() - started)
        return self

    def update(self, data: TrainingData, progress: Progress) -> Self:
        """A new component that goes on from these factors for ``UPDATE_SWEEPS`` sweeps.

        What is new begins as :func:`musicai.models.factorization.start_from` says. Where
        these factors cannot be gone on from (there are none, or the data now bear another
        number of them) it is a full fit.

        Raises:
            DataError: a confidence is negative, not a number, or beyond 1,000,000.
        """
        started = time.perf_counter()
        other = type(self)(self.config)
        joint = other._build_matrix(data)
        wanted = self._n_factors
        if self.config.method == "nmf":
            wanted = n_nmf_factors(joint.matrix, wanted)
        start, sweeps = None, self.config.epochs
        if len(self.factors_) and joint.matrix.nnz and self.factors_.shape[1] == wanted:
            start = start_from(self.items_, self.factors_, other.items_, joint)
            sweeps = min(UPDATE_SWEEPS, sweeps)
        other._learn(joint, data, sweeps, progress, start)
        logger.info("updated %s in %.2f s", self._words(joint), time.perf_counter() - started)
        return other

    def _build_matrix(self, data: TrainingData) -> SideInformation:
        """What is factorised; remembers whose columns these are."""
        joint = join(confidences(data, self.config.basket_weight), data, self.config.side())
        self._know(ItemIndex.of(joint, data, self.config.artist_share, self.config.friend_weight))
        return joint

    def _words(self, joint: SideInformation) -> str:
        rows, columns = joint.matrix.shape
        return f"{self.config.method} of {rows} x {columns}, {joint.matrix.nnz} entries,"

    def _learn(
        self,
        joint: SideInformation,
        data: TrainingData,
        sweeps: int,
        progress: Progress,
        start: FloatArray | None = None,
    ) -> None:
        """Factorise, from ``start`` (n_columns, f) or from the beginning."""
        config, self.sweeps_ = self.config, sweeps
        seed = config.seed + data.seed
        self.sklearn_model_: Any = None
        if not joint.matrix.nnz:
            factors = np.zeros((0, self._n_factors), dtype=np.float32)
        elif config.method == "als":
            factors = als(
                joint.matrix,
                factors=config.factors,
                regularization=config.regularization,
                alpha=config.alpha,
                sweeps=sweeps,
                threads=config.threads,
                seed=seed,
                progress=progress,
                start=start,
            )
        else:
            factors, self.sklearn_model_ = nmf(
                joint.matrix,
                factors=config.nmf_factors,
                sweeps=sweeps,
                seed=seed,
                progress=progress,
                start=start,
            )
        if config.bridge and config.method == "als":
            factors = _regress_unplayed(factors, joint, data, seed)
        self._set_factors(factors, joint.n_kept)
        progress(1.0, "Learned what is played together")

    @property
    def _n_factors(self) -> int:
        return self.config.factors if self.config.method == "als" else self.config.nmf_factors

    def _know(self, items: ItemIndex) -> None:
        self.items_ = items
        self.n_tracks_, self.n_listeners_ = items.n_tracks, items.n_listeners

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
        """What every query needs again, computed once."""
        self.factors_ = np.ascontiguousarray(factors)
        """(n_slots, f) item factors of tracks, artists and friends."""
        n_scored = len(self.items_.tracks) + len(self.items_.artists)
        self._scored = self.factors_[:n_scored]
        self._base = self.gram_.copy()
        self._base[np.diag_indices_from(self._base)] += self._ridge

    @property
    def _ridge(self) -> float:
        """What is added to the diagonal; a trace of it keeps unused factors harmless."""
        trace = 1e-9 * (float(np.trace(self.gram_)) or 1.0)
        return trace + (self.config.regularization if self.config.method == "als" else 0.0)

    # --- scoring ----------------------------------------------------------------------

    def score(self, query: Query) -> FloatArray:
        """(n_tracks,) NaN where a track, or all of the query, was not in training."""
        listener = self._fold_query(query)
        if listener is None:
            return np.full(self.n_tracks_, np.nan, dtype=np.float32)
        return self.items_.by_track(self._scored @ listener.x.astype(np.float32))

    def _fold_query(self, query: Query) -> _Folded | None:
        """The query as a listener, worked out once; None where nothing of it is known here."""
        if self.token not in query.memo:
            entries = self.items_.entries(query, self.config.profile_tracks)
            query.memo[self.token] = None
            if entries is not None:
                query.memo[self.token] = self._fold_in(entries)
        found: _Folded | None = query.memo[self.token]
        return found

    def _fold_in(self, entries: Entries) -> _Folded:
        """What of a query the model knows as a listener."""
        profile = self.factors_[entries.slots]
        if self.config.method == "als":
            inner, pull = self._normal_equations(profile, entries.weights)
            x = _solve_cholesky(inner, (pull @ profile).astype(np.float64))
            return _Folded(entries, profile, x, inner, pull, np.arange(len(x)))
        x = self._non_negative(profile, entries.weights)
        used = np.flatnonzero(x > LEAST_USED * x.max(initial=0.0))
        # what the solver leaves on the way is not quite the solution that takes scores apart
        target = (entries.weights @ profile).astype(np.float64)[used]
        x = np.zeros_like(x)
        x[used] = _solve_cholesky(self._base[np.ix_(used, used)], target)
        return _Folded(entries, profile, x, self._base, entries.weights, used)

    def _normal_equations(
        self, profile: FloatArray, weights: FloatArray
    ) -> tuple[Float64Array, FloatArray]:
        """M = YᵀY + Yᵀ(C − I)Y + λI and c = 1 + αr (Hu et al., section 4)."""
        extra = weights * np.float32(self.config.alpha)
        inner = np.asarray(self._base + (profile * extra[:, None]).T @ profile, dtype=np.float64)
        return inner, extra + np.float32(1.0)

    def _non_negative(self, profile: FloatArray, weights: FloatArray) -> Float64Array:
        """Non-negative least squares of the weights on the item factors.

        On the factors that are not 0 the solution is linear in the weights,
        which is what takes a score apart.
        """
        from scipy.optimize import nnls  # noqa: PLC0415 (slow to import)

        upper = np.linalg.cholesky(self._base).T
        target = (weights @ profile).astype(np.float64)
        x, _ = nnls(upper, np.linalg.solve(upper.T, target), maxiter=100 * len(target))
        return np.asarray(x, dtype=np.float64)

    # --- reasons ----------------------------------------------------------------------

    def contributions(self, query: Query, track: int) -> tuple[IntArray, FloatArray]:
        """The score of ``track`` taken apart by the query's tracks.

        s = Σᵢ yₜᵀ M⁻¹ yᵢ wᵢ (Hu et al., section 5). The parts sum to the score, less what
        friends add, who are no tracks.

        Returns:
            rows (k,) of the query's tracks that are known here; parts (k,) float32.
        """
        listener, slot = self._fold_query(query), int(self.items_.slot[track])
        if listener is None or slot < 0:
            return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32)
        target = self.factors_[slot].astype(np.float64) * self.items_.share_of(track)
        toward = listener.toward(target).astype(np.float32)
        parts = listener.pull * (listener.profile @ toward)
        return listener.entries.rows, listener.entries.of_tracks(parts)

    def reasons(self, query: Query, track: int) -> list[Reason]:
        """The played track or seed that moved it most."""
        rows, parts = self.contributions(query, track)
        return self.items_.reasons(self.name, query, track, rows, parts)

    # --- disk -------------------------------------------------------------------------

    def save(self, folder: Path) -> None:
        """Item factors in half precision with their YᵀY, and titles as JSON."""
        np.savez(
            folder / "collaborative.npz",
            factors=_halve(self.factors_, self._scale),
            scale=np.float64(self._scale),
            gram=self.gram_,
            **self.items_.arrays(),
        )
        write_json(folder / "collaborative.json", self.items_.texts())

    @classmethod
    def load(cls, folder: Path, config: ComponentConfig) -> Self:
        """Read what ``save`` wrote; the scikit-learn estimator is not part of it."""
        component = cls(config)
        texts = json.loads((folder / "collaborative.json").read_text("utf-8"))
        component.sklearn_model_ = None
        with np.load(folder / "collaborative.npz", allow_pickle=False) as stored:
            component._scale = float(stored["scale"])
            component.gram_ = stored["gram"]
            items = ItemIndex.restore(
                stored, texts, component.config.artist_share, component.config.friend_weight
            )
            component._know(items)
            component._prepare(_restore(stored["factors"], component._scale))
        return component

    def align(self, rows: IntArray) -> Self:
        """The same factors for another vocabulary; YᵀY stays that of the training."""
        other = type(self)(self.config)
        items, kept = self.items_.align(rows)
        other._know(items)
        other.sklearn_model_ = None
        other._scale, other.gram_ = self._scale, self.gram_
        other._prepare(self.factors_[kept])
        return other


def _regress_unplayed(
    factors: FloatArray, joint: SideInformation, data: TrainingData, seed: int
) -> FloatArray:
    """The factors with those of unplayed tracks regressed from their content."""
    n, played = len(joint.tracks), np.flatnonzero(joint.played)
    known = joint.tracks[played]
    found = bridge(data.features, factors[played], known, seed=seed)[joint.tracks]
    changed = factors.copy()
    changed[:n] = np.where(np.isnan(found), factors[:n], found)
    return changed


def _solve_cholesky(inner: Float64Array, target: Float64Array) -> Float64Array:
    """(f,) inner⁻¹ · target by Cholesky, of a symmetric positive definite (f, f) matrix.

    Raises:
        DataError: the matrix is not, as factors so uneven cannot be told apart.
    """
    _, x, failed = dposv(inner, target, lower=True)
    if failed:
        raise DataError(UNEVEN)
    return np.asarray(x, dtype=np.float64)


def _halve(factors: FloatArray, scale: float) -> npt.NDArray[np.float16]:
    return (factors / np.float32(scale)).astype(np.float16)


def _restore(half: npt.NDArray[np.float16], scale: float) -> FloatArray:
    return half.astype(np.float32) * np.float32(scale)
