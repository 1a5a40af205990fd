"""The network of :mod:`musicai.recommenders.deep.network` in NumPy, for serving without torch."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import erf

from musicai.data.library import BoolArray, FloatArray
from musicai.recommenders.deep.config import TransformerConfig
from musicai.recommenders.deep.sessions import Rows
from musicai.recommenders.deep.weights import SOFTENING, Arrays

_EPSILON = 1e-5
"""Torch's own, of a layer norm."""


@dataclass(frozen=True)
class Given:
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


def ahead(arrays: Arrays, config: TransformerConfig, given: Given) -> Ahead:
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
