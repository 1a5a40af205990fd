"""Our metrics beside an independent implementation: ranx (Bassani, 2022)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from musicai.data.library import IntArray
from musicai.training.evaluation.metrics import (
    average_precision_at,
    hit_at,
    ndcg_at,
    precision_at,
    recall_at,
    reciprocal_rank,
)

OURS = {
    "precision": precision_at,
    "recall": recall_at,
    "ndcg": ndcg_at,
    "map": average_precision_at,
    "hit_rate": hit_at,
    "mrr": lambda ranked, targets, k: reciprocal_rank(ranked[:k], targets),
}


@pytest.fixture(scope="module")
def ranx(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The library, interpreted: compiling would take longer than all that is compared."""
    folder = tmp_path_factory.mktemp("ranx")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NUMBA_DISABLE_JIT", "1")
        # what it brings along keeps folders in the home directory
        patch.setenv("IR_DATASETS_HOME", str(folder))
        patch.setenv("MPLCONFIGDIR", str(folder))
        import ranx  # noqa: PLC0415 (read after the settings above)
    return ranx


def units(n: int, k: int, *, shortest: int) -> list[tuple[IntArray, IntArray]]:
    """Ranked rows and targets, with and without hits, more and fewer targets than places."""
    rng = np.random.default_rng(k)
    return [
        (
            rng.permutation(60)[: rng.integers(shortest, 2 * k + 1)].astype(np.int32),
            rng.permutation(60)[: rng.integers(1, 30)].astype(np.int32),
        )
        for _ in range(n)
    ]


@pytest.mark.parametrize("k", [1, 5, 20])
def test_the_same_figures_for_every_list(ranx: Any, k: int) -> None:
    compare(ranx, units(60, k, shortest=k), k, OURS)


def test_the_same_figures_for_lists_that_are_too_short(ranx: Any) -> None:
    """Precision is left out: ranx divides by the length of the list, we by ``k``."""
    compare(
        ranx, units(60, 20, shortest=1), 20, {n: f for n, f in OURS.items() if n != "precision"}
    )


def compare(
    ranx: Any, listed: list[tuple[IntArray, IntArray]], k: int, metrics: dict[str, Any]
) -> None:
    qrels = {f"u{u}": {f"t{t}": 1 for t in targets} for u, (_, targets) in enumerate(listed)}
    run = {
        f"u{u}": {f"t{t}": float(len(ranked) - place) for place, t in enumerate(ranked)}
        for u, (ranked, _) in enumerate(listed)
    }
    theirs = ranx.evaluate(
        ranx.Qrels(qrels), ranx.Run(run), [f"{name}@{k}" for name in metrics], return_mean=False
    )
    order = [int(name[1:]) for name in sorted(qrels)]
    for name, ours in metrics.items():
        mine = [ours(*listed[u], k) for u in order]
        assert len(set(mine)) > 1, "lists that differ"
        np.testing.assert_allclose(mine, theirs[f"{name}@{k}"], atol=1e-9, err_msg=name)
