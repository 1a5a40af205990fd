"""The autoencoder's arrays, as they are learned and as they are served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from musicai.data.library import FloatArray, IntArray

TABLES = ("encoder", "hidden", "decoder", "bias")
"""Names of the arrays."""


@dataclass(frozen=True)
class AutoencoderNetwork:
    """tanh(x·encoder + hidden)·decoderᵀ + bias, of rows x of length 1."""

    encoder: FloatArray
    """(n_columns, size)."""
    hidden: FloatArray
    """(size,)."""
    decoder: FloatArray
    """(n_columns, size)."""
    bias: FloatArray
    """(n_columns,)."""

    def of(self, columns: IntArray) -> Self:
        """The same of some columns."""
        encoder, decoder = self.encoder[columns], self.decoder[columns]
        return type(self)(encoder, self.hidden, decoder, self.bias[columns])

    def round_to_half(self) -> Self:
        """To half precision, as it is kept, so that what is loaded scores exactly the same."""
        halves = (getattr(self, name).astype(np.float16) for name in TABLES)
        return type(self)(*(np.ascontiguousarray(one.astype(np.float32)) for one in halves))
