"""The learned blend: weights of the components, and monotone curves over their scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from musicai.data.library import FloatArray

Double = npt.NDArray[np.float64]


KNOTS = (0.0, 0.5, 1.0, 1.5, 2.0)
"""Scaled scores at which a curve may turn; ``CEILING`` is the last."""


Curve = tuple[float, ...]
"""What each of ``KNOTS`` counts as."""


@dataclass(frozen=True)
class StackedBlend:
    """A learned blend."""

    weights: dict[str, float]
    """Component → weight; they sum to 1."""
    curves: dict[str, Curve]
    """Component → what each of ``KNOTS`` counts as: from 0 to 2, never falling."""
    gain: tuple[float, float, float]
    """nDCG beyond the straight blend on held-out validation units: mean, and 95 % of it."""
    n: int
    """Those units."""

    @property
    def better(self) -> bool:
        """True where it leads beyond chance: then it is the default."""
        return self.gain[1] > 0

    def bend(self, components: Sequence[str], scaled: FloatArray) -> FloatArray:
        """(n_components, …) scaled scores on the curves; NaN stays."""
        rows = zip(components, scaled, strict=True)
        return np.stack([apply_curve(row, self.curves.get(name)) for name, row in rows])

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> StackedBlend:
        """What :meth:`to_json` wrote."""
        mean, low, high = (float(one) for one in stored["gain"])
        return cls(
            {name: float(one) for name, one in stored["weights"].items()},
            {name: tuple(map(float, curve)) for name, curve in stored["curves"].items()},
            (mean, low, high),
            int(stored["n"]),
        )


def apply_curve(scores: FloatArray, curve: Curve | None) -> FloatArray:
    """(…) scaled scores on a curve; below 0, and without a curve, as they are. NaN stays."""
    if curve is None:
        return scores
    found = np.interp(scores, KNOTS, curve).astype(np.float32)
    return np.where(scores < 0, scores, np.where(np.isnan(scores), scores, found))


def _basis(scaled: FloatArray) -> FloatArray:
    """(n_components, 4, n_units, width) how far a score has come within each piece.

    A score below 0 stays straight: each piece has a quarter of it.
    """
    below = np.minimum(scaled, 0.0) / np.float32(len(KNOTS) - 1)
    pieces = [
        np.clip((scaled - low) / (high - low), 0.0, 1.0) + below for low, high in pairwise(KNOTS)
    ]
    return np.stack(pieces, axis=1).astype(np.float32)


@dataclass(frozen=True)
class LearnedWeights:
    """Component → weight for everyone, and for segments that differ."""

    everyone: dict[str, float]
    """They sum to 1."""
    segments: dict[str, dict[str, float]] = field(default_factory=dict)
    """Segment → weights, of segments whose own are better beyond chance."""
    modes: dict[str, LearnedWeights] = field(default_factory=dict)
    """Mode → weights of its own lists: what foretells new music is not what foretells the
    tracks that come back. They have no modes in turn; a mode that is not here has the above."""

    def of(self, segment: str, mode: str = "") -> dict[str, float]:
        """The weights of a segment, for lists of a mode."""
        here = self.modes.get(mode, self)
        return here.segments.get(segment, here.everyone)

    def to_json(self) -> dict[str, Any]:
        """Plain values; :meth:`from_json` reads them."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> LearnedWeights:
        """What :meth:`to_json` wrote."""
        return cls(
            _plain(stored["everyone"]),
            {name: _plain(own) for name, own in stored.get("segments", {}).items()},
            {name: cls.from_json(own) for name, own in stored.get("modes", {}).items()},
        )


def _plain(stored: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(weight) for name, weight in stored.items()}
