"""The music map of a version: made at training, kept beside it, read when the page asks."""

from __future__ import annotations

import io
import logging
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from musicai.core.errors import IncompatibleModel
from musicai.core.progress import Progress, no_progress, part
from musicai.data.arrays import TrackFeatures
from musicai.data.library import BoolArray, FloatArray, IntArray, RowArray
from musicai.models.base import Component
from musicai.models.music_map.layout import (
    Nearest,
    compute_start,
    fit_to_unit,
    layout,
    names,
    nearest,
    trustworthiness,
    vectors,
)

logger = logging.getLogger(__name__)

NEIGHBOURS = 15
"""Neighbours kept of each track: three times the layout's perplexity, and the steps a path may
take."""

SAMPLE = 400
"""Tracks at which the map's truth is measured; fewer where there are more than 100,000."""

LAID_OUT = 150_000
"""Tracks that are laid out by t-SNE, chosen at random where there are more; the rest lie amid
their nearest of those. A million tracks so take a minute and a half on two cores."""


@dataclass(frozen=True)
class MusicMap:
    """All tracks in two dimensions, and who is near whom; rows are the library's.

    A track without a place has NaN and no neighbours: nothing is known of it that others
    share, or it came after the version was made.
    """

    xy: FloatArray
    """(n, 2) float32, at most 1 from the middle. Near is alike; axes and size have no unit."""
    vectors: FloatArray
    """(n, d) float32, what the map is made of."""
    neighbours: IntArray
    """(n, k) int32 rows of the nearest tracks, nearest first; −1 for none."""
    told: Mapping[str, Any] = field(default_factory=dict)
    """What the manifest says of it: tracks, seconds, how true it is."""

    @property
    def is_placed(self) -> BoolArray:
        """(n,) which tracks are on the map."""
        return np.isfinite(self.xy[:, 0])

    def align(self, rows: IntArray) -> MusicMap:
        """The same map for another vocabulary.

        Args:
            rows: (n_new,) for each new row its row here, −1 where it is not known.
        """
        known = rows >= 0
        xy = np.full((len(rows), 2), np.nan, dtype=np.float32)
        spread = np.zeros((len(rows), self.vectors.shape[1]), dtype=np.float32)
        near = np.full((len(rows), self.neighbours.shape[1]), -1, dtype=np.int32)
        xy[known], spread[known] = self.xy[rows[known]], self.vectors[rows[known]]
        # one place more, so that −1 stays −1
        back = np.full(len(self.xy) + 1, -1, dtype=np.int32)
        back[rows[known]] = np.flatnonzero(known)
        near[known] = back[self.neighbours[rows[known]]]
        return replace(self, xy=xy, vectors=spread, neighbours=near)


def build(
    features: TrackFeatures,
    components: Mapping[str, Component],
    seed: int = 0,
    progress: Progress = no_progress,
) -> MusicMap:
    """The map of a library, from its features and the fitted components.

    Args:
        features: The tracks.
        components: Name → fitted component; only "collaborative" is asked.
        seed: Same data and seed give the same bytes.
        progress: As in ``training.train``.
    """
    return _build_map(features, components, None, seed, progress)


def extend_map(
    before: MusicMap,
    features: TrackFeatures,
    components: Mapping[str, Component],
    seed: int = 0,
    progress: Progress = no_progress,
) -> MusicMap:
    """The map of an updated version: who was on it stays where it is, new tracks join them.

    A new track lies amid its nearest tracks that have a place. Neighbours are found anew.

    Args:
        before: The map so far, aligned to these features' rows.
        features: The tracks.
        components: As in :func:`build`.
        seed: As in :func:`build`.
        progress: As in ``training.train``.
    """
    return _build_map(features, components, before, seed, progress)


def _build_map(
    features: TrackFeatures,
    components: Mapping[str, Component],
    before: MusicMap | None,
    seed: int,
    progress: Progress,
) -> MusicMap:
    started = time.perf_counter()
    progress(0.0, "Gathering what is known of every track…")
    collaborative = components.get("collaborative")
    whole, known = vectors(features, collaborative, seed)
    rows = np.flatnonzero(known)
    # as they are kept, so that a map read back is the same map
    points = whole[rows].astype(np.float16).astype(np.float32)
    near = nearest(points, NEIGHBOURS, seed, part(progress, 0.1, 0.25))
    placed = before.xy[rows] if before is not None else np.zeros((0, 2), np.float32)
    again = bool(np.isfinite(placed).any())
    if again:
        flat = _place_joined(placed, near)
    else:
        flat = _lay_out(points, near, seed, part(progress, 0.25, 0.97))
    truth = _truth(points, flat, seed)
    if not again and truth["trustworthiness_pca"] > truth["trustworthiness"]:
        # few tracks with little in common: there is no neighbourhood for t-SNE to unfold
        flat = fit_to_unit(points[:, :2] if points.shape[1] > 1 else compute_start(points, seed))
        truth = _truth(points, flat, seed)
    told = {
        "tracks": len(rows),
        "made_of": list(names(collaborative)),
        "grown": again,
        **truth,
        "seconds": round(time.perf_counter() - started, 2),
    }
    logger.info("music map of %d tracks in %.2f s", len(rows), time.perf_counter() - started)
    progress(1.0)
    return _spread(len(known), rows, flat, points, near, told)


def _lay_out(points: FloatArray, near: Nearest, seed: int, progress: Progress) -> FloatArray:
    """(n, 2) the picture; of very many, through those that stand for them."""
    if len(points) <= LAID_OUT:
        return layout(points, near, seed, progress)
    chosen = np.random.default_rng(seed).choice(len(points), LAID_OUT, replace=False)
    chosen.sort()
    some = points[chosen]
    among = nearest(some, NEIGHBOURS, seed, part(progress, 0.0, 0.2))
    flat = np.full((len(points), 2), np.nan, dtype=np.float32)
    flat[chosen] = layout(some, among, seed, part(progress, 0.2, 1.0))
    return _place_joined(flat, near)


def _spread(
    n: int,
    rows: RowArray,
    flat: FloatArray,
    points: FloatArray,
    near: Nearest,
    told: Mapping[str, Any],
) -> MusicMap:
    """The map over all tracks of a library, of which ``rows`` have a place."""
    xy = np.full((n, 2), np.nan, dtype=np.float32)
    spread = np.zeros((n, points.shape[1]), dtype=np.float32)
    neighbours = np.full((n, near.rows.shape[1]), -1, dtype=np.int32)
    xy[rows], spread[rows], neighbours[rows] = flat, points, rows[near.rows]
    return MusicMap(xy, spread, neighbours, told)


def _place_joined(flat: FloatArray, near: Nearest) -> FloatArray:
    """Places for those without one: the mean of their nearest, from known ones outwards."""
    found = flat.copy()
    while (lost := np.flatnonzero(np.isnan(found[:, 0]))).size:
        around = found[near.rows[lost]]
        there = np.isfinite(around[:, :, 0])
        some = there.any(axis=1)
        if not some.any():  # near each other alone
            found[lost] = np.nanmean(found, axis=0)
            break
        closeness = there / (near.distances[lost] + 1e-3)
        middle = np.einsum("nk,nkd->nd", closeness[some], np.nan_to_num(around[some]))
        found[lost[some]] = middle / closeness[some].sum(axis=1, keepdims=True)
    return found


def _truth(points: FloatArray, flat: FloatArray, seed: int) -> dict[str, float]:
    """How true the map is, beside the first two principal components alone."""
    size = min(SAMPLE, len(points), max(SAMPLE * 100_000 // max(len(points), 1), 1))
    rows = np.random.default_rng(seed).choice(len(points), size, replace=False)
    trust, kept = trustworthiness(points, flat, sample=rows)
    alone, kept_alone = trustworthiness(points, points[:, :2], sample=rows)
    return {
        "trustworthiness": round(trust, 4),
        "kept": round(kept, 4),
        "trustworthiness_pca": round(alone, 4),
        "kept_pca": round(kept_alone, 4),
    }


# --- the file -------------------------------------------------------------------------


def pack_map(one: MusicMap) -> bytes:
    """The map as an npz file; what is told of it stands in the manifest."""
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        xy=one.xy.astype(np.float32),
        vectors=one.vectors.astype(np.float16),
        neighbours=one.neighbours.astype(np.int32),
    )
    return buffer.getvalue()


def unpack_map(data: bytes, told: Mapping[str, Any]) -> MusicMap:
    """The map of :func:`pack_map`. Never unpickles.

    Raises:
        IncompatibleModel: its arrays do not belong together.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            found = MusicMap(
                stored["xy"], stored["vectors"].astype(np.float32), stored["neighbours"], told
            )
    except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise IncompatibleModel("The music map cannot be read. Train a new version.") from error
    n = len(found.xy)
    if found.xy.shape != (n, 2) or len(found.vectors) != n or len(found.neighbours) != n:
        raise IncompatibleModel("The music map's arrays differ in length. Train a new version.")
    return found
