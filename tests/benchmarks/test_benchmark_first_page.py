"""The benchmark of the first page and of growth: their arithmetic, and refusals."""

from __future__ import annotations

import pytest

from benchmarks import growth


def test_ratios_are_of_medians() -> None:
    pytest.importorskip("playwright", reason="the benchmark drives a browser")
    from benchmarks import first_page  # noqa: PLC0415 (imports playwright)

    taken = {"app": [(3.0, 5.0), (9.0, 9.0), (2.0, 4.0)], "one_line": [(1.5, 2.5)] * 3}
    assert first_page.summary(taken) == {
        "rounds": 3,
        "app_s": 3.0,
        "one_line_s": 1.5,
        "ratio": 2.0,
        "start_app_s": 5.0,
        "start_one_line_s": 2.5,
        "start_ratio": 2.0,
    }


def test_linear_growth_is_one() -> None:
    small = {"tracks": 100, "train_s": 1.0, "recommend_p95_ms": 2.0, "reblend_p95_ms": 1.0}
    large = {"tracks": 1_000, "train_s": 10.0, "recommend_p95_ms": 4.0, "reblend_p95_ms": 20.0}
    assert growth.per_track_growth([small | {"peak_mb": 100.0}, large | {"peak_mb": 300.0}]) == [
        {
            "from": 100,
            "to": 1_000,
            "train_s": 1.0,
            "recommend_p95_ms": 0.2,
            "reblend_p95_ms": 2.0,
            "peak_mb": 0.3,
        }
    ]


@pytest.mark.slow
def test_a_small_series_runs_each_size_apart() -> None:
    found = growth.series([400, 300], per_track=5, most=2_000, seed=0)
    assert [row["tracks"] for row in found["sizes"]] == [300, 400]
    assert [row["interactions"] for row in found["sizes"]] == [1_500, 2_000]
    assert all(row["recommend_p95_ms"] > 0 and row["peak_mb"] > 50 for row in found["sizes"])
