"""Weights learned on validation: for all listeners, for each segment, and for each mode.

What is learned is the blend that the screen shows: non-negative weights over the components'
scaled scores (:func:`musicai.ranking.anchor`). Only the best of each component are looked at,
as a track that no component has among its best has no chance in any blend.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from musicai.data.sessions import SEGMENTS
from musicai.models.blend import LearnedWeights
from musicai.training.evaluation.metrics import compare_paired
from musicai.training.evaluation.pools import Float64Array, Packed, Pools

logger = logging.getLogger(__name__)

FLOOR = 0.01
"""Least weight of a component: for a stranger it may be the only one that speaks."""

ENOUGH_UNITS = 20
"""With fewer validation units the best of many blends is the luckiest one."""

ENOUGH_OF_SEGMENT = 50
"""Units from which a segment may get weights of its own."""

FACTORS = (0.0, 0.5, 0.8, 1.25, 2.0)
"""A step of the search multiplies one weight by one of these."""

ADDED = (0.02, 0.1, 0.3)
"""… or adds one of these shares of the sum to it."""

ROUNDS = 6
"""Passes over all components, at most; one without a gain is the last."""

GAIN = 1e-5
"""A step is taken from this gain in nDCG on."""


def learn(
    pools: Pools,
    default: Mapping[str, float],
    starts: Mapping[str, Mapping[str, float]] | None = None,
    seed: int = 0,
    *,
    segments: bool = True,
) -> LearnedWeights:
    """The weights with the best mean nDCG on validation.

    A coordinate ascent from the best of the starts (the default, all equal, each component
    alone, and those given): it so never ends below the best component on validation. A
    component that had nothing to say, such as mood and genre rules where none is asked for,
    could not be judged and keeps its default share; the others keep ``FLOOR`` at least.
    With fewer than ``ENOUGH_UNITS`` units the default stays. A segment of
    ``ENOUGH_OF_SEGMENT`` units gets weights of its own where they are better than
    everyone's on one half of its units, learned on the other, beyond chance (95 %).

    Args:
        pools: The validation units.
        default: Component → weight where nothing can be learned.
        starts: More weights to begin from.
        seed: Of the halves of segments and their bootstrap.
        segments: Whether segments may get weights of their own.
    """
    total = sum(default.get(name, 0.0) for name in pools.components)
    shares = {name: default.get(name, 0.0) / (total or 1.0) for name in pools.components}
    if len(pools) < ENOUGH_UNITS or len(pools.silent) == len(pools.components):
        return LearnedWeights(shares)
    search = _Search(pools, shares)
    begun = [search.vector(weights) for weights in (starts or {}).values()]
    units = pools.pack()
    everyone = search.ascend(units, [*begun, *search.usual_starts()])
    found: dict[str, dict[str, float]] = {}
    for segment in SEGMENTS if segments else ():
        theirs = pools.pack(segment)
        own = search.of_segment(theirs, everyone, seed)
        if own is not None:
            found[segment] = search.weights(own, theirs)
    learned = LearnedWeights(search.weights(everyone, units), found)
    logger.info("weights learned on %d units; own for %s", len(pools), sorted(found) or "none")
    return learned


def learn_by_mode(
    pools: Mapping[str, Pools],
    headline: str,
    default: Mapping[str, float],
    starts: Mapping[str, Mapping[str, float]] | None = None,
    seed: int = 0,
) -> LearnedWeights:
    """:func:`learn` for the headline mode, and for every other with ``ENOUGH_UNITS`` units.

    Args:
        pools: Mode → its validation units.
        headline: The mode whose weights serve wherever a mode has none of its own.
        default: As in :func:`learn`.
        starts: As in :func:`learn`; the headline's weights are one more for the other modes.
        seed: As in :func:`learn`.
    """
    found = learn(pools[headline], default, starts, seed)
    begun = {**(starts or {}), headline: found.everyone}
    modes = {
        mode: learn(units, default, begun, seed)
        for mode, units in pools.items()
        if mode != headline and len(units) >= ENOUGH_UNITS
    }
    return replace(found, modes=modes)


class _Search:
    def __init__(self, pools: Pools, shares: Mapping[str, float]) -> None:
        self.pools, self.shares = pools, shares
        self.names = pools.components
        self.heard = np.array([name not in pools.silent for name in self.names])

    def vector(self, weights: Mapping[str, float]) -> Float64Array:
        """Weights of what could be judged, summing to 1 (all 0 where none is given)."""
        values = np.array([weights.get(name, 0.0) for name in self.names]) * self.heard
        scaled: Float64Array = values / (values.sum() or 1.0)
        return scaled

    def usual_starts(self) -> list[Float64Array]:
        singles = [np.eye(len(self.names))[at] for at in np.flatnonzero(self.heard)]
        return [self.vector(self.shares), self.heard / self.heard.sum(), *singles]

    def ascend(self, units: Packed, starts: Sequence[Float64Array]) -> Float64Array:
        """The best weights that steps from the best start lead to."""
        scored = [(float(units.ndcg(start).mean()), -at) for at, start in enumerate(starts)]
        value, at = max(scored)
        weights = starts[-at]
        for _ in range(ROUNDS):
            before = value
            for place in np.flatnonzero(self.heard):
                for stepped in _steps(weights, int(place)):
                    score = float(units.ndcg(stepped).mean())
                    if score > value + GAIN:
                        weights, value = stepped, score
            if value <= before + GAIN:
                break
        return weights

    def of_segment(self, units: Packed, everyone: Float64Array, seed: int) -> Float64Array | None:
        """Weights of a segment's own; None where they are not better beyond chance."""
        if len(units.targets) < ENOUGH_OF_SEGMENT:
            return None
        order = np.random.default_rng(seed).permutation(len(units.targets))
        halves = [_choose_weights(units, order[part::2]) for part in (0, 1)]
        gained, lost = [], []
        for learned, judged in (halves, halves[::-1]):
            own = self.ascend(learned, [everyone])
            gained.append(judged.ndcg(own))
            lost.append(judged.ndcg(everyone))
        _, low, _ = compare_paired(np.concatenate(gained), np.concatenate(lost), seed)
        return self.ascend(units, [everyone]) if low > 0 else None

    def weights(self, vector: Float64Array, units: Packed) -> dict[str, float]:
        """By name, summing to 1: the silent keep their share, the others get the floor.

        The floor is given up where it would cost the lead over the best single component.
        """
        best = max(float(units.ndcg(one).mean()) for one in self.usual_starts()[2:])
        for floor in (FLOOR, FLOOR / 10, 0.0):
            raised = np.maximum(vector, floor) * self.heard
            if float(units.ndcg(raised).mean()) >= best:
                break
        kept = sum(self.shares[name] for name in self.pools.silent)
        raised *= (1.0 - kept) / raised.sum()
        return {
            name: float(value) if heard else self.shares[name]
            for name, value, heard in zip(self.names, raised, self.heard, strict=True)
        }


def _steps(weights: Float64Array, place: int) -> list[Float64Array]:
    found = []
    tries: list[Any] = [weights[place] * factor for factor in FACTORS if weights[place] > 0]
    tries += [weights[place] + added for added in ADDED]
    for value in tries:
        stepped = weights.copy()
        stepped[place] = value
        if stepped.sum() > 0:
            found.append(stepped / stepped.sum())
    return found


def _choose_weights(units: Packed, rows: npt.NDArray[np.intp]) -> Packed:
    return Packed(
        units.scaled[:, rows], units.hits[rows], units.empty[rows], units.targets[rows], units.k
    )
