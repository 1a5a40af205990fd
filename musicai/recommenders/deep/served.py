"""What serving needs of a trained network, and how it meets tracks and artists that are new."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from musicai.data.library import BoolArray, FloatArray, IntArray
from musicai.recommenders.base import TrackFeatures
from musicai.recommenders.deep.sessions import Rows
from musicai.recommenders.deep.weights import ARTIST, BIAS, CONTENT_MAP, OWN, Arrays, content_of

LEAST = 1e-3
"""A track with a vector shorter than this is not known at all."""

TABLES = ("rows", "vectors", "bias", "played", "artist")
"""The arrays of :class:`Served` that grow with the library."""


@dataclass(frozen=True)
class Served:
    """What serving needs."""

    arrays: Arrays
    """The network without its item tables."""
    rows: IntArray
    """(m,) track rows that have a vector, ascending."""
    vectors: npt.NDArray[np.float16]
    """(m, d) sums of an item's parts."""
    bias: FloatArray
    """(m,) float32."""
    played: BoolArray
    """(m,) False where artist and sound are all there is."""
    artists: tuple[str, ...]
    """(a,) names behind ``artist``."""
    artist: npt.NDArray[np.float16]
    """(a, d) what each artist gives to a track."""


def artists_of(
    features: TrackFeatures, items: IntArray, before: Served | None
) -> tuple[tuple[str, ...], Rows]:
    """Names with a vector, those of ``before`` first; and 1 + the place of each item's, 0 none."""
    place = {name: k + 1 for k, name in enumerate(before.artists if before else ())}
    artist = np.zeros(len(items), dtype=np.int64)
    for at, number in enumerate(features.artist[items]):
        if number >= 0:
            name = features.artist_names[number].casefold()
            artist[at] = place.setdefault(name, len(place) + 1)
    return tuple(place), artist


def start_again(
    before: Served, items: IntArray, artist: Rows, n_artists: int, content: FloatArray
) -> tuple[dict[str, FloatArray], BoolArray]:
    """Arrays of an update, and (n_items,) which items were learned; nothing of the new ones."""
    size = before.vectors.shape[1]
    artists = np.zeros((n_artists + 1, size), dtype=np.float32)
    artists[1 : len(before.artist) + 1] = before.artist
    given = artists[artist] + content @ before.arrays[CONTENT_MAP].T
    place = np.minimum(np.searchsorted(before.rows, items), max(len(before.rows) - 1, 0))
    known = (before.rows[place] == items) & before.played[place]
    own = np.where(known[:, None], before.vectors[place] - given, 0.0).astype(np.float32)
    bias = np.where(known, before.bias[place], 0.0).astype(np.float32)
    return {**before.arrays, OWN: own, BIAS: bias, ARTIST: artists}, known


def served_from(
    arrays: Arrays,
    items: IntArray,
    artists: tuple[str, ...],
    artist: Rows,
    content: FloatArray,
) -> Served:
    """What serving needs of the learned arrays."""
    summed = arrays[OWN] + arrays[ARTIST][artist] + content @ arrays[CONTENT_MAP].T
    return Served(
        arrays={n: one for n, one in arrays.items() if n not in (OWN, ARTIST, BIAS)},
        rows=items.astype(np.int32),
        vectors=summed.astype(np.float16),
        bias=arrays[BIAS],
        played=np.ones(len(items), dtype=bool),
        artists=artists,
        artist=arrays[ARTIST][1:].astype(np.float16),
    )


def with_new(learned: Served, features: TrackFeatures) -> Served:
    """The same with vectors for tracks that nobody played, from their artist and sound."""
    played = np.zeros(features.n_tracks, dtype=bool)
    played[learned.rows[learned.played]] = True
    new = np.flatnonzero(~played).astype(np.int32)
    place = {name: k for k, name in enumerate(learned.artists)}
    of = np.array([place.get(name.casefold(), -1) for name in features.artist_names] + [-1])
    artist = of[features.artist[new]]
    given = np.where(artist[:, None] >= 0, learned.artist[artist], 0.0) if place else 0.0
    vectors = given + content_of(features)[new] @ learned.arrays[CONTENT_MAP].T
    told = (vectors * vectors).sum(axis=1) > LEAST**2
    old = np.flatnonzero(learned.played)
    rows = np.concatenate([learned.rows[old], new[told]])
    order = np.argsort(rows)
    fresh = np.zeros(int(told.sum()))
    return replace(
        learned,
        rows=rows[order].astype(np.int32),
        vectors=np.concatenate([learned.vectors[old], vectors[told]])[order].astype(np.float16),
        bias=np.concatenate([learned.bias[old], fresh])[order].astype(np.float32),
        played=np.concatenate([np.ones(len(old), dtype=bool), fresh > 0])[order],
    )
