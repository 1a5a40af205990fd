"""The benchmark of drift: its keys on a tiny world, and measures known by construction."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import drift
from benchmarks.generate import extended_history
from benchmarks.generate import library as make_library
from musicai.data.library import Library

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world() -> Library:
    return make_library(120, 16_000, seed=3)


@pytest.fixture(scope="module")
def figures(world: Library) -> dict[str, Any]:
    return drift.measure(world)


def test_each_step_has_its_figures(world: Library, figures: dict[str, Any]) -> None:
    json.dumps(figures)
    assert [step["share"] for step in figures["steps"]] == [0.85, 0.9, 0.95, 1.0]
    assert figures["events"] > 10_000
    new = [step["new_events"] for step in figures["steps"]]
    assert sum(new) == pytest.approx(0.2 * figures["events"], abs=2)
    assert figures["first_training_s"].keys() == {"collaborative", "item_item", "sequence", "all"}
    for step in figures["steps"]:
        for kind in ("update_s", "retrain_s"):
            assert step[kind]["all"] > 0
            assert step[kind].keys() == {"collaborative", "item_item", "sequence", "all"}
        assert step["likeness"].keys() == {"stale", "updated", "reseeded"}
        for alike in step["likeness"].values():
            assert 60 <= alike["n"] <= len(world.listeners) == 64
            assert alike["hybrid"].keys() == {"overlap@20", "jaccard", "rbo"}
            assert alike["collaborative"].keys() == {"overlap@20", "jaccard", "rbo", "correlation"}
            assert all(0 <= value <= 1 for value in alike["hybrid"].values())
    measured = [step["ndcg@20"] for step in figures["steps"]]
    assert measured[-1] is None  # nothing comes after the last
    for told in measured[:-1]:
        assert told["n"] > 0
        assert told["units"] in ("listener", "week", "day")
        for model in ("stale", "updated", "retrained"):
            mean, low, high = told[model]["hybrid"]
            assert low <= mean <= high
        mean, low, high = told["updated_minus_retrained"]["hybrid"]
        expected = told["updated"]["hybrid"][0] - told["retrained"]["hybrid"][0]
        assert mean == pytest.approx(expected, abs=3e-4)


@pytest.mark.parametrize("kind", ["fold_in_ms", "fold_in_one_thread_ms"])
def test_a_new_listener_is_folded_in_each_time_anew(figures: dict[str, Any], kind: str) -> None:
    told = figures[kind]
    assert told["n"] >= 40
    assert told["tracks_of_a_listener"] > 3
    for name in ("collaborative", "item_item"):
        assert 0 < told[name]["p50"] <= told[name]["p95"]


def test_of_one_person_lists_begin_at_single_tracks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "my_spotify_data.zip").write_bytes(extended_history(900, 60, seed=2))
    assert drift.main(["--data", str(tmp_path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["world"] == "history"
    assert found["listeners"] == 1
    assert found["steps"][0]["likeness"]["updated"]["n"] > 20
    assert found["steps"][0]["task"] == "all"  # no catalogue offers anything new


def test_too_little_history_is_said(world: Library) -> None:
    with pytest.raises(SystemExit, match="too little"):
        drift.measure(replace(world, plays=world.plays.iloc[:20].reset_index(drop=True)))


# --- measures by construction ---------------------------------------------------------


def rows(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int32)


def test_rank_biased_overlap_by_hand() -> None:
    overlap = drift.rank_biased_overlap
    assert overlap(rows(1, 2, 3), rows(1, 2, 3)) == pytest.approx(1.0)
    assert overlap(rows(1, 2, 3), rows(4, 5, 6)) == 0.0
    # agreement 0 at depth 1, 1 at depth 2: (1 - p) / p * p^2 + p^2
    assert overlap(rows(1, 2), rows(2, 1)) == pytest.approx(0.1 / 0.9 * 0.81 + 0.81)
    # a change at the top weighs more than one at the end
    assert overlap(rows(1, 2, 3, 4), rows(9, 2, 3, 4)) < overlap(rows(1, 2, 3, 4), rows(1, 2, 3, 9))
    assert overlap(rows(), rows()) == 1.0


def test_likeness_by_hand() -> None:
    def made(top: np.ndarray, scores: list[float]) -> Any:
        return dict.fromkeys(drift.METHODS, top), np.array(scores, dtype=np.float32)

    nan = float("nan")
    told = drift.likeness(
        [made(rows(1, 2, 3, 4), [1, 2, 3, nan])], [made(rows(3, 4, 5, 6), [2, 4, 6, 1])]
    )
    assert told["n"] == 1
    assert told["hybrid"]["overlap@20"] == 0.5
    assert told["hybrid"]["jaccard"] == pytest.approx(2 / 6, abs=1e-4)
    assert told["collaborative"]["correlation"] == 1.0
    silent = drift.likeness([made(rows(), [nan] * 4)], [made(rows(), [nan] * 4)])
    assert silent["collaborative"]["correlation"] is None
