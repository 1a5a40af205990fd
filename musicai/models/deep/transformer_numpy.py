"""The network of ``transformer_torch`` in NumPy, for serving without torch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import erf

from musicai.data.arrays import TrackFeatures
from musicai.data.library import BoolArray, FloatArray, IntArray
from musicai.models.deep.config import TransformerConfig
from musicai.models.deep.session_features import Rows

Arrays = Mapping[str, FloatArray]
"""Name of a parameter, as torch names it → its values."""

SOFTENING = 0.01
"""Added to the squared length of an item's vector, so that one near 0 stays short."""

OWN, BIAS = "items.own.weight", "items.bias"
ARTIST, CONTENT_MAP = "items.artist.weight", "items.content.weight"
"""What an item's vector and score are made of."""

CONTENT = 23
"""Columns of :func:`content_of`."""


_CENTRES = np.array([0.5] * 7 + [120.0, -9.0] + [0.15] * 10 + [2005.0], dtype=np.float32)
_SPREADS = np.array([0.3] * 7 + [30.0, 5.0] + [0.3] * 10 + [15.0], dtype=np.float32)
"""Usual values, the same for every library, so that what is learned fits the next one too."""


def content_of(features: TrackFeatures) -> FloatArray:
    """(n_tracks, ``CONTENT``) float32: what is known of a track's sound, genres and year.

    Nine audio features, ten genres and the year, each from its usual value in usual spreads, 0
    where it is not known; then three columns that say which of the three are known.
    """
    parts = [features.audio, features.genres, features.year[:, None]]
    known = [~np.isnan(part).all(axis=1, keepdims=True) for part in parts]
    scaled = (np.hstack(parts) - _CENTRES) / _SPREADS
    filled = np.nan_to_num(np.clip(scaled, -4.0, 4.0))
    return np.hstack([filled, *known]).astype(np.float32)


_EPSILON = 1e-5
"""Torch's own, of a layer norm."""


@dataclass(frozen=True)
class SessionInput:
    """Sessions to go on from, all of one length."""

    vectors: FloatArray
    """(t, d) of their plays, the same for each."""
    absent: BoolArray
    """(b, t) True for plays that are hidden."""
    gap: Rows
    """(t,)."""
    slot: Rows
    """(t,)."""
    skip: Rows
    """(t,)."""


@dataclass(frozen=True)
class Ahead:
    """What the network expects after the last play; (b, …) each."""

    pointed: FloatArray
    """(b, d): its product with an item's vector is the item's score, before bias and copies."""
    copies: FloatArray
    """(b, t) what each play's own item gets on top."""


def unit(found: FloatArray) -> FloatArray:
    """(m, d) vectors of about unit length, of the summed parts (m, d) of items."""
    length = np.sqrt((found * found).sum(axis=1, keepdims=True) + np.float32(SOFTENING))
    return np.asarray(found / length, dtype=np.float32)


def ahead(arrays: Arrays, config: TransformerConfig, given: SessionInput) -> Ahead:
    """What comes after the last play of each session; equal to torch within rounding."""
    t = given.absent.shape[1]
    state = given.vectors * np.float32(math.sqrt(config.size)) * ~given.absent[:, :, None]
    state = state + arrays["gap.weight"][given.gap] + arrays["slot.weight"][given.slot]
    state = state + arrays["skip.weight"][given.skip]
    step = np.arange(t)
    apart = step[:, None] - step
    hidden = ((apart < 0) | given.absent[:, None, :]) & ~np.eye(t, dtype=bool)
    for number in range(config.layers):
        state = _block(arrays, f"blocks.{number}.", config, state, hidden, np.maximum(apart, 0))
    state = _norm(arrays, "norm", state)
    last = state[:, -1]
    length = np.maximum(np.linalg.norm(last, axis=1, keepdims=True), 1e-12)
    query, key = _linear(arrays, "copy_query", last), _linear(arrays, "copy_key", state)
    copies = (key @ query[:, :, None])[:, :, 0] / np.float32(math.sqrt(config.size))
    copies = copies + arrays["copy_distance"][t - 1 - step] + arrays["copy_gate"]
    pointed = last / length / np.float32(config.temperature)
    return Ahead(pointed, np.where(given.absent, np.float32(0.0), copies))


def _block(
    arrays: Arrays,
    name: str,
    config: TransformerConfig,
    state: FloatArray,
    hidden: BoolArray,
    apart: Rows,
) -> FloatArray:
    b, t, size = state.shape
    each = size // config.heads
    split = _linear(arrays, f"{name}qkv", _norm(arrays, f"{name}norm1", state))
    query, key, value = split.reshape(b, t, 3, config.heads, each).transpose(2, 0, 3, 1, 4)
    weight = query @ key.transpose(0, 1, 3, 2) / np.float32(math.sqrt(each))
    weight = weight + arrays[f"{name}distance"][:, apart]
    weight = np.where(hidden[:, None], np.float32(-np.inf), weight)
    weight = np.exp(weight - weight.max(axis=-1, keepdims=True))
    weight /= weight.sum(axis=-1, keepdims=True)
    mixed = (weight @ value).transpose(0, 2, 1, 3).reshape(b, t, size)
    state = state + _linear(arrays, f"{name}out", mixed)
    up = _linear(arrays, f"{name}up", _norm(arrays, f"{name}norm2", state))
    gelu = up * (0.5 * (1.0 + erf(up / np.float32(math.sqrt(2.0))))).astype(np.float32)
    return np.asarray(state + _linear(arrays, f"{name}down", gelu), dtype=np.float32)


def _norm(arrays: Arrays, name: str, values: FloatArray) -> FloatArray:
    centred = values - values.mean(axis=-1, keepdims=True)
    spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + np.float32(_EPSILON))
    return np.asarray(centred / spread * arrays[f"{name}.weight"] + arrays[f"{name}.bias"])


def _linear(arrays: Arrays, name: str, values: FloatArray) -> FloatArray:
    return np.asarray(values @ arrays[f"{name}.weight"].T + arrays[f"{name}.bias"])


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


def select_served_arrays(
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
