"""The learned arrays of the network, as they are saved and served."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from musicai.data.library import FloatArray
from musicai.recommenders.base import TrackFeatures

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
