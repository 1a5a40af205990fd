"""From vectors to two dimensions, and how much of who is near whom survives it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from musicai.core.progress import Progress, no_progress
from musicai.data.library import BoolArray, FloatArray, IntArray, RowArray
from musicai.models.audio_similarity import rank_normal
from musicai.models.collaborative import Collaborative

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from musicai.data.arrays import TrackFeatures
    from musicai.models.base import Component

EXACT = 4_000
"""Up to so many tracks all are compared with all."""

CELL = 330
"""Tracks a cell; with ``PROBED`` cells a track of 100,000 is compared with 5 % of them, and
finds 99.9 % of its true neighbours."""

PROBED = 16

MOST = 24_000
"""A track is compared with at most so many: where thousands are alike, any of them is near."""

_BLOCK = 1_024
_STEPS = 8


class Nearest(NamedTuple):
    """Neighbours, nearest first; arrays (n, k)."""

    rows: IntArray
    distances: FloatArray
    """Euclidean, ascending."""


def nearest(points: FloatArray, k: int, seed: int = 0, progress: Progress = no_progress) -> Nearest:
    """The ``k`` nearest other points of each point.

    Exact for small sets; else an inverted file (Sivic and Zisserman, 2003; "IVF-Flat" in
    Johnson, Douze and Jégou, 2017): points are gathered in cells by k-means on a sample, and
    compared with those of the nearest cells.

    Args:
        points: (n, d) finite.
        k: Fewer where there are no more than k points.
        seed: Which points the cells begin with.
        progress: As in ``training.train``.
    """
    n = len(points)
    k = max(min(k, n - 1), 0)
    found = Nearest(np.zeros((n, k), np.int32), np.zeros((n, k), np.float32))
    if not k:
        return found
    points = np.ascontiguousarray(points, dtype=np.float32)
    with threadpool_limits(1, "blas"):
        if n <= EXACT:
            _compare(points, np.arange(n), np.arange(n), found)
            return found
        centres = _centres(points, n // CELL, seed)
        home = _home(points, centres)
        order = np.argsort(home, kind="stable")
        starts = np.searchsorted(home[order], np.arange(len(centres) + 1))
        members = [order[a:b] for a, b in pairwise(starts)]
        for cell, rows in enumerate(members):
            progress(cell / len(members), "Finding the neighbours of every track…")
            if len(rows):
                around = np.argsort(((centres - centres[cell]) ** 2).sum(axis=1), kind="stable")
                _compare(points, rows, _gather_cells(members, around, k), found)
    return found


def _gather_cells(members: list[RowArray], around: RowArray, k: int) -> RowArray:
    """The points of the nearest cells, of so many that there are more than ``k``."""
    sizes = np.cumsum([len(members[cell]) for cell in around])
    cells = max(PROBED, int(np.searchsorted(sizes, k + 1)) + 1)
    pool = np.concatenate([members[cell] for cell in around[:cells]])
    return pool[:: -(-len(pool) // MOST)]


def _compare(points: FloatArray, rows: RowArray, pool: RowArray, found: Nearest) -> None:
    """Write the nearest of ``pool`` for each of ``rows``."""
    k = found.rows.shape[1]
    lengths = (points[pool] ** 2).sum(axis=1)
    for first in range(0, len(rows), _BLOCK):
        some = rows[first : first + _BLOCK]
        gap = lengths - 2.0 * points[some] @ points[pool].T
        gap[pool[None, :] == some[:, None]] = np.inf
        near = np.argpartition(gap, k - 1, axis=1)[:, :k]
        distance = np.take_along_axis(gap, near, 1) + (points[some] ** 2).sum(axis=1)[:, None]
        order = np.lexsort((pool[near], distance))
        found.rows[some] = pool[np.take_along_axis(near, order, 1)]
        found.distances[some] = np.sqrt(np.maximum(np.take_along_axis(distance, order, 1), 0.0))


def _centres(points: FloatArray, cells: int, seed: int) -> FloatArray:
    """(cells, d) k-means centres of a sample."""
    random = np.random.default_rng(seed)
    sample = points[random.choice(len(points), min(len(points), 40 * cells), replace=False)]
    centres = sample[:cells].copy()
    for _ in range(_STEPS):
        home = _home(sample, centres)
        size = np.bincount(home, minlength=cells)
        order = np.argsort(home, kind="stable")
        filled = np.flatnonzero(size)
        starts = np.searchsorted(home[order], filled)
        centres[filled] = np.add.reduceat(sample[order], starts) / size[filled, None]
    return centres


def _home(points: FloatArray, centres: FloatArray) -> IntArray:
    """(n,) the nearest centre of each point."""
    lengths = (centres**2).sum(axis=1)
    found = np.empty(len(points), dtype=np.int32)
    for first in range(0, len(points), 8 * _BLOCK):
        some = slice(first, first + 8 * _BLOCK)
        found[some] = (lengths - 2.0 * points[some] @ centres.T).argmin(axis=1)
    return found


PERPLEXITY = 5.0
"""Neighbours that count, softly; with three times as many looked at, as is usual."""

EARLY = 100
LATE = 220
"""Steps with exaggerated and with true attraction."""

_FEW = 5
"""Fewer tracks than this are laid out by their principal components alone."""

_TELL_EVERY = 10


def layout(
    points: FloatArray, near: Nearest, seed: int = 0, progress: Progress = no_progress
) -> FloatArray:
    """(n, 2) float32, around 0, at most 1 from it: t-SNE begun with the principal components.

    t-SNE (van der Maaten and Hinton, 2008) by openTSNE (Poličar, Stražar and Zupan, 2024):
    Barnes-Hut for few tracks, interpolation (Linderman et al., 2019) for many. Begun with
    the principal components it keeps the large view too (Kobak and Berens, 2019). The same
    points and seed give the same bytes, on any number of threads.

    Args:
        points: (n, d) principal components, largest first.
        near: Neighbours of each.
        seed: Of what tells equal points apart.
        progress: As in ``training.train``.
    """
    start = compute_start(points, seed)
    if len(points) < _FEW:
        return fit_to_unit(start)
    from openTSNE import TSNEEmbedding  # noqa: PLC0415 (serving never needs it)
    from openTSNE.affinity import PerplexityBasedNN  # noqa: PLC0415
    from openTSNE.nearest_neighbors import PrecomputedNeighbors  # noqa: PLC0415

    affinities = PerplexityBasedNN(
        perplexity=min(PERPLEXITY, near.rows.shape[1] / 3.0),
        knn_index=PrecomputedNeighbors(
            near.rows.astype(np.int64), near.distances.astype(np.float64)
        ),
        n_jobs=-1,
    )
    drawn: Any = TSNEEmbedding(
        start * 1e-4,
        affinities,
        n_jobs=-1,
        random_state=seed,
        learning_rate="auto",
    )

    def tell(before: int) -> Any:
        def callback(step: int, error: float, embedding: Any) -> None:
            progress((before + step) / (EARLY + LATE), "Drawing the music map…")

        return callback

    for steps, before, settings in (
        (EARLY, 0, {"exaggeration": 12, "momentum": 0.5}),
        (LATE, EARLY, {"momentum": 0.8}),
    ):
        drawn = drawn.optimize(
            steps, callbacks=tell(before), callbacks_every_iters=_TELL_EVERY, **settings
        )
    return fit_to_unit(np.asarray(drawn))


def compute_start(points: FloatArray, seed: int) -> npt.NDArray[np.float64]:
    """(n, 2) float64 the first two components, the first with spread 1, equal points apart."""
    flat = np.zeros((len(points), 2))
    flat[:, : min(2, points.shape[1])] = points[:, :2]
    spread = float(flat[:, 0].std()) if len(flat) else 0.0
    flat /= spread if spread > 1e-9 else 1.0
    return flat + 0.01 * np.random.default_rng(seed).standard_normal(flat.shape)


def fit_to_unit(flat: npt.NDArray[np.floating[Any]]) -> FloatArray:
    """The same picture around 0, its farthest point 1 from it."""
    if not len(flat):
        return np.zeros((0, 2), dtype=np.float32)
    moved = flat - (flat.min(axis=0) + flat.max(axis=0)) / 2
    reach = float(np.sqrt((moved**2).sum(axis=1)).max())
    return np.asarray(moved / reach if reach > 0 else moved, dtype=np.float32)


# --- what survives --------------------------------------------------------------------


def trustworthiness(
    points: FloatArray, flat: FloatArray, k: int = 12, sample: RowArray | None = None
) -> tuple[float, float]:
    """How far neighbours on the map are neighbours in truth.

    Trustworthiness (Venna and Kaski, 2001): 1 where every neighbour on the map is a true
    one; a false one counts by how far down the true list it stands. Beside it the share of
    the k true neighbours that are among the k on the map.

    Args:
        points: (n, d) the vectors.
        flat: (n, 2) the map.
        k: Neighbours looked at, fewer than half of the points.
        sample: Rows to measure at; all if None. O(rows · n · (d + k)).

    Returns:
        Trustworthiness, 0 to 1; share kept, 0 to 1. Both 1 for fewer than 3 points.
    """
    n = len(points)
    k = min(k, (n - 1) // 2)
    if k < 1:
        return 1.0, 1.0
    rows = np.arange(n) if sample is None else sample
    penalty, kept = 0, 0
    for row in rows:
        true, drawn = ((a - a[row]) ** 2 for a in (points, flat))
        far, seen = true.sum(axis=1), drawn.sum(axis=1)
        far[row] = seen[row] = np.inf
        shown = np.argpartition(seen, k)[:k]
        # the place of each in the true list, ties in its favour
        places = 1 + (far[None, :] < far[shown][:, None]).sum(axis=1)
        penalty += int(np.maximum(places - k, 0).sum())
        kept += int((places <= k).sum())
    worst = len(rows) * k * (2 * n - 3 * k - 1) / 2
    return 1.0 - penalty / worst, kept / (len(rows) * k)


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
    words = reduce_dimensions(features.tfidf, WORDS, seed)
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
    ready = [scale_block(block) for block in blocks]
    ready = [ready[0], *(fill_missing(block, ready[0]) for block in ready[1:])]
    joined = np.hstack([np.nan_to_num(block) for block in ready])
    return principal(joined, KEPT), known


def reduce_dimensions(tfidf: csr_matrix, dimensions: int, seed: int) -> FloatArray:
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


def scale_block(block: FloatArray) -> FloatArray:
    """The block around its mean, rows of mean squared length 1: blocks then count alike."""
    known = np.isfinite(block).all(axis=1)
    if not known.any():
        return block
    moved = block - block[known].mean(axis=0)
    length = float(np.sqrt((moved[known] ** 2).sum(axis=1).mean()))
    return np.asarray(moved / length if length > 1e-6 else moved * 0, dtype=np.float32)


def fill_missing(block: FloatArray, words: FloatArray) -> FloatArray:
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
