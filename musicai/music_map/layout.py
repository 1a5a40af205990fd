"""From vectors to two dimensions, and how much of who is near whom survives it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from musicai.core.progress import Progress, no_progress
from musicai.data.library import FloatArray, RowArray
from musicai.music_map.nearest import Nearest

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
    start = begun(points, seed)
    if len(points) < _FEW:
        return fitted(start)
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
    return fitted(np.asarray(drawn))


def begun(points: FloatArray, seed: int) -> npt.NDArray[np.float64]:
    """(n, 2) float64 the first two components, the first with spread 1, equal points apart."""
    flat = np.zeros((len(points), 2))
    flat[:, : min(2, points.shape[1])] = points[:, :2]
    spread = float(flat[:, 0].std()) if len(flat) else 0.0
    flat /= spread if spread > 1e-9 else 1.0
    return flat + 0.01 * np.random.default_rng(seed).standard_normal(flat.shape)


def fitted(flat: npt.NDArray[np.floating[Any]]) -> FloatArray:
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
