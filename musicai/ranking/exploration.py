"""Exploration behind one dial: Thompson sampling of what the listener might also like.

A linear bandit (Agrawal & Goyal, "Thompson sampling for contextual bandits with linear
payoffs", 2013): the reward of a like is 1, of a dislike −1, and the expected reward is linear
in what a track is (its sound, genres and artist, the vectors by which lists are spread). A
draw from the posterior of the weights is one guess at the taste that plays do not show; a list
follows it as far as the dial says. Where little was judged guesses differ widely; what was
judged is guessed right more and more often, so that exploring costs less with every verdict.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from musicai.data.library import FloatArray, IntArray, RowArray

NAME = "surprise"
"""What the contribution is called beside the components'."""

WEIGHT = 0.5
"""Worth of the dial at its end, in units of the blended score, where a guess is one standard
deviation above the mean."""

DRAWS = 200
"""Draws from which a propensity is estimated: its standard error is .035 at most."""

POOL = 2_000
"""Only so many of the best candidates by score can reach a list by surprise."""

Float64Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Bandit:
    """What was judged, in the space of what tracks are."""

    vectors: FloatArray
    """(n_tracks, d), of length about 1."""
    liked: IntArray
    disliked: IntArray

    @cached_property
    def _posterior(self) -> tuple[Float64Array, Float64Array]:
        """(d,) mean and (d, d) a root R of the covariance, RᵀR = A⁻¹, with A = I + Σ φφᵀ."""
        rows = np.concatenate([self.liked, self.disliked])
        reward = np.concatenate([np.ones(len(self.liked)), -np.ones(len(self.disliked))])
        seen = self.vectors[rows].astype(np.float64)
        lower = np.linalg.cholesky(np.eye(self.vectors.shape[1]) + seen.T @ seen)
        root = np.linalg.inv(lower)
        mean: Float64Array = root.T @ (root @ (seen.T @ reward))
        return mean, root

    def draws(self, rng: np.random.Generator, n: int) -> FloatArray:
        """(n, d) weights drawn from the posterior."""
        mean, root = self._posterior
        return (mean + rng.normal(size=(n, len(mean))) @ root).astype(np.float32)

    def guess(self, rows: RowArray, seed: int) -> FloatArray:
        """(n,) the reward of ``rows`` under one draw; the same seed guesses the same."""
        weights = self.draws(np.random.default_rng(seed), 1)[0]
        found: FloatArray = self.vectors[rows] @ weights
        return found

    def propensities(
        self, score: FloatArray, rows: RowArray, listed: IntArray | RowArray, dial: float, seed: int
    ) -> FloatArray:
        """How likely each listed track was to be among the best, over all draws.

        What off-policy estimates need to be fair to tracks that were rarely shown. It is of
        the best by score, before lists are spread.

        Args:
            score: (n,) without any surprise.
            rows: (n,) the candidates' track rows.
            listed: (k,) places among the candidates that the list holds.
            dial: 0 to 1.
            seed: Of the draws.

        Returns:
            (k,) 0 to 1, a multiple of 1 / ``DRAWS``.
        """
        size = min(POOL, len(score))
        pool = np.union1d(np.argpartition(-score, size - 1)[:size], listed)
        # other draws than the one that made the list
        weights = self.draws(np.random.default_rng([seed, 1]), DRAWS)
        moved = np.float32(dial * WEIGHT) * (self.vectors[rows[pool]] @ weights.T)
        values = score[pool, None] + moved
        k = min(len(listed), len(pool))
        least = np.partition(values, len(pool) - k, axis=0)[len(pool) - k]
        within = values[np.searchsorted(pool, listed)] >= least
        found: FloatArray = within.mean(axis=1).astype(np.float32)
        return found
