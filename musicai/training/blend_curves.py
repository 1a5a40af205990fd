"""A learned blend: each component's scaled score is bent by a curve that never falls, then weighed.

Stacked generalisation (Wolpert, 1992) with an additive, monotone model (Breiman, "Stacked
regressions", 1996, for why weights ≥ 0): a track that a component likes better never loses by it,
and a score stays the sum of its parts. The curves are piecewise linear over ``KNOTS`` and are
fitted on the validation units by the softmax cross entropy of what was played (ListNet, Cao et
al., 2007), held back towards the straight blend that :mod:`musicai.training.blend_weights` learned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from musicai.data.library import FloatArray
from musicai.models.blend import Double, StackedBlend, _basis
from musicai.ranking.rerank import CEILING
from musicai.training.evaluation.metrics import compare_paired
from musicai.training.evaluation.pools import Packed, Pools

FOLDS = 3
ENOUGH = 60
"""Units below which curves would be those of chance."""

PULLS = (0.03, 0.3)
"""How hard coefficients are held towards the straight blend; the better on held-out units."""

STEPS = 60


def stack(
    pools: Pools,
    straight: Mapping[str, float],
    learned: Callable[[Pools], Mapping[str, float]],
    seed: int = 0,
) -> StackedBlend | None:
    """Learn a blend beside a straight one.

    Args:
        pools: The validation units.
        straight: Component → weight of the straight blend, learned on the same units.
        learned: How that was learned; the folds do it too, so that both are measured alike.
        seed: Of the folds and the bootstrap.

    Returns:
        The blend, with its gain over the straight one on units that neither was fitted on; None
        where there are too few units.
    """
    units = pools.pack()
    n = len(units.targets)
    begin = _vector(pools, straight)
    if n < ENOUGH or not begin.any() or not units.hits.any():
        return None
    fold = np.random.default_rng(seed).permutation(n) % FOLDS
    basis = _basis(units.scaled)
    plain, curved = np.zeros(n), np.zeros((len(PULLS), n))
    for number in range(FOLDS):
        inside, here = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        first = _vector(pools, learned(pools.select(inside.tolist())))
        plain[here] = units.ndcg(first)[here]
        for line, pull in enumerate(PULLS):
            fitted = _fit(units, basis, first, pull, inside)
            curved[line, here] = _ndcg(units, basis, fitted, here)
    best = int(curved.mean(axis=1).argmax())
    coefficients = _fit(units, basis, begin, PULLS[best], np.arange(n))
    return _build_blend(pools, straight, coefficients, compare_paired(curved[best], plain, seed), n)


def _vector(pools: Pools, weights: Mapping[str, float]) -> Double:
    return np.array([weights.get(name, 0.0) for name in pools.components])


def ndcg(learned: StackedBlend, pools: Pools) -> Double:
    """(n_units,) nDCG of a learned blend."""
    units = pools.pack()
    curved = learned.bend(pools.components, units.scaled)
    part = Packed(curved, units.hits, units.empty, units.targets, units.k)
    return part.ndcg(np.array([learned.weights.get(name, 0.0) for name in pools.components]))


def _ndcg(
    units: Packed, basis: FloatArray, coefficients: Double, chosen: npt.NDArray[np.intp]
) -> Double:
    score = np.tensordot(coefficients.astype(np.float32), basis[:, :, chosen], axes=2)
    part = Packed(
        score[None], units.hits[chosen], units.empty[chosen], units.targets[chosen], units.k
    )
    return part.ndcg(np.ones(1))


def _fit(
    units: Packed, basis: FloatArray, begin: Double, pull: float, chosen: npt.NDArray[np.intp]
) -> Double:
    """(n_components, 4) coefficients ≥ 0 with the least loss."""
    inside, empty = basis[:, :, chosen], units.empty[chosen]
    hits = units.hits[chosen] & ~empty
    asked = hits.any(axis=1)
    inside, empty, hits = inside[:, :, asked], empty[asked], hits[asked]
    wanted = (hits / np.maximum(hits.sum(axis=1, keepdims=True), 1)).astype(np.float32)
    pieces = basis.shape[1]
    straight = np.repeat(begin[:, None] * CEILING / pieces, pieces, axis=1)

    def loss(flat: Double, start: Double) -> tuple[float, Double]:
        now = flat.reshape(straight.shape)
        score = np.tensordot(now.astype(np.float32), inside, axes=2)
        score[empty] = -np.inf
        score -= score.max(axis=1, keepdims=True)
        chance = np.exp(score)
        total = chance.sum(axis=1, keepdims=True)
        chance /= total
        known = np.where(hits, score - np.log(total), 0.0)
        value = -float((wanted * known).sum()) / max(len(hits), 1)
        slope = np.tensordot(inside, chance - wanted, axes=([2, 3], [0, 1])) / max(len(hits), 1)
        away = now - start
        value += pull * float((away**2).sum()) / float((start**2).sum())
        slope = slope + 2 * pull * away / float((start**2).sum())
        return value, slope.ravel().astype(np.float64)

    # first how sharp the straight blend has to be, then the shape of the curves
    sharp = min((2.0**power for power in range(9)), key=lambda by: _value(loss, by * straight))
    start = sharp * straight
    found = minimize(
        loss,
        start.ravel(),
        args=(start,),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0.0, None)] * start.size,
        options={"maxiter": STEPS},
    )
    return np.asarray(found.x, dtype=np.float64).reshape(straight.shape)


def _value(loss: Any, at: Double) -> float:
    return float(loss(at.ravel(), at)[0])


def _build_blend(
    pools: Pools,
    straight: Mapping[str, float],
    coefficients: Double,
    gain: tuple[float, float, float],
    n: int,
) -> StackedBlend:
    """Weights and curves of the coefficients; the silent keep their share and stay straight."""
    kept = {name: straight.get(name, 0.0) for name in pools.silent}
    height = {
        name: float(one.sum())
        for name, one in zip(pools.components, coefficients, strict=True)
        if name not in kept
    }
    scale = (1.0 - sum(kept.values())) / max(sum(height.values()), 1e-12)
    curves = {
        name: tuple(float(v) for v in CEILING * np.concatenate([[0], np.cumsum(one)]) / one.sum())
        for name, one in zip(pools.components, coefficients, strict=True)
        if name not in kept and one.sum() > 0
    }
    weights = {name: kept.get(name, scale * height.get(name, 0.0)) for name in pools.components}
    return StackedBlend(weights, curves, gain, n)
