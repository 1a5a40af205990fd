"""The Models page's figures: what is drawn of new, old and single-listener evaluations."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from musicai.data.sessions import HEAVY_FROM, LIGHT_FROM
from musicai.models.registry.registry import VersionInfo
from musicai.ui.charts.metric_labels import MEASURES
from musicai.ui.models import metrics as metrics_table

OLD: dict[str, Any] = {
    "n": 12,
    "reachable": 0.4,
    "metrics": {
        "hybrid": {
            "ndcg@20": 0.2,
            "recall@20": 0.3,
            "hit_rate@20": 0.9,
            "precision@20": 0.25,
            "coverage": 0.1,
            "opinions": 1.0,
        },
        "popularity": {"ndcg@20": 0.1, "recall@20": 0.1, "hit_rate@20": 0.5, "opinions": 1.0},
        "own_top": {"ndcg@20": 0.0, "recall@20": 0.0, "hit_rate@20": 0.0, "opinions": 0.0},
        "random": {"ndcg@20": 0.01, "recall@20": 0.01, "hit_rate@20": 0.1, "opinions": 1.0},
        "content": {"ndcg@20": 0.15, "recall@20": 0.2, "hit_rate@20": 0.7, "opinions": 1.0},
    },
    "intervals": {"hybrid": {"ndcg@20": [0.18, 0.22], "precision@20": [0.2, 0.3]}},
    "paired_difference": {"hybrid-vs-popularity": [0.1, 0.07, 0.13]},
}
"""As versions wrote it before there were segments and the later measures."""


def part(n: int, ndcg: float) -> dict[str, Any]:
    return {
        "n": n,
        "metrics": {"hybrid": {"ndcg@20": ndcg}, "popularity": {"ndcg@20": ndcg / 2}},
        "intervals": {"hybrid": {"ndcg@20": [ndcg - 0.01, ndcg + 0.01]}},
    }


LATER = {"map@20": 0.05, "mrr@20": 0.3, "serendipity@20": 0.14, "calibration_error": 0.6}
NEW: dict[str, Any] = {
    **OLD,
    "metrics": {
        **OLD["metrics"],
        "hybrid": {**OLD["metrics"]["hybrid"], **LATER, "gini": 0.7},
    },
    "intervals": {
        "hybrid": {
            **OLD["intervals"]["hybrid"],
            **{name: [value - 0.01, value + 0.01] for name, value in LATER.items()},
        }
    },
    "segments": {"new": part(4, 0.1), "light": part(250, 0.2), "heavy": part(47, 0.3)},
}


def info(result: dict[str, Any], **changes: Any) -> VersionInfo:
    metrics = {"k": 20, "units": "listener", "tasks": {"new": result}}
    return VersionInfo("v", "2026-01-01T00:00:00+00:00", metrics=metrics, **changes)


def drawn(version: VersionInfo) -> AppTest:
    def script(shown: object) -> None:
        from musicai.ui.models import metrics as table  # noqa: PLC0415 (runs on its own)

        table.draw(shown)

    app = AppTest.from_function(script, args=(version,), default_timeout=20).run()
    assert not app.exception
    return app


# --- tables ---------------------------------------------------------------------------


def test_the_blend_stands_first_with_its_interval_and_baselines_follow() -> None:
    table = metrics_table.table(OLD, 20)
    assert metrics_table.more(OLD, 20, "Hits")[""] == table[""]
    assert table[""] == [
        "**The blend in use**",
        "Popularity",
        "Your own top tracks",
        "Chance",
        "Sounds alike alone",
    ]
    assert table["nDCG"] == ["**0.200**", "0.100", "–", "0.010", "0.150"]
    assert table["95 % interval"][0].replace("\u2060", "") == "0.180–0.220"
    assert table["95 % interval"][2] == "no opinion"


def test_further_measures_are_those_that_the_version_has() -> None:
    assert set(metrics_table.more(OLD, 20, "Hits")) == {"", "Precision"}
    assert set(metrics_table.more(OLD, 20, "Surprise and taste")) == {""}
    assert metrics_table.more(NEW, 20, "Hits")["MAP"] == ["0.050", "–", "–", "–", "–"]
    found = {label for group in metrics_table._MORE for label in metrics_table.more(NEW, 20, group)}
    assert found >= {"MAP", "MRR", "Serendipity", "Calibration error", "Coverage", "Gini"}


def test_each_measure_has_its_place() -> None:
    shown = [*metrics_table._COLUMNS, *(m for group in metrics_table._MORE.values() for m in group)]
    assert sorted(shown) == sorted(MEASURES)


def test_the_charts_offer_what_has_intervals() -> None:
    assert metrics_table.list_charted([OLD], 20) == ["ndcg", "precision"]
    assert metrics_table.list_charted([OLD, NEW], 20) == [
        "ndcg",
        "precision",
        "map",
        "mrr",
        "serendipity",
        "calibration_error",
    ]
    assert metrics_table.list_charted([{}], 20) == ["ndcg"]


@pytest.mark.parametrize(
    ("ends", "verdict"),
    [
        ([0.1, 0.07, 0.13], "above popularity"),
        ([-0.1, -0.13, -0.07], "below popularity"),
        ([0.01, -0.02, 0.03], "cannot be told apart"),
    ],
)
def test_the_verdict_follows_the_interval(ends: list[float], verdict: str) -> None:
    result = {**OLD, "paired_difference": {"hybrid-vs-popularity": ends}}
    assert verdict in metrics_table._difference(result)


def test_a_version_without_metrics_has_no_headline() -> None:
    assert metrics_table.headline({}) is None
    assert metrics_table.headline({"metrics": {"hybrid": {"ndcg@20": 0.25}}}) == 0.25


# --- segments -------------------------------------------------------------------------


def test_segments_stand_in_order_with_n_and_interval() -> None:
    shuffled = dict(reversed(NEW["segments"].items()))
    table = metrics_table.segments({"segments": shuffled}, 20, "listener")
    assert table[""] == ["New", "Light", "Heavy"]
    assert table["Listeners"] == ["4", "250", "47"]
    assert table["nDCG"] == ["0.100", "0.200", "0.300"]
    assert table["95 % interval"][0] == "too few"
    assert table["95 % interval"][1].replace("\u2060", "") == "0.190–0.210"
    assert table["Popularity"] == ["0.050", "0.100", "0.150"]


def test_a_segment_in_which_the_blend_was_silent_has_no_figure() -> None:
    silent = {"n": 30, "metrics": {}, "intervals": {}}
    table = metrics_table.segments({"segments": {"new": silent, "light": part(20, 0.2)}}, 20, "day")
    assert table["Days"] == ["30", "20"]
    assert table["nDCG"][0] == table["95 % interval"][0] == table["Popularity"][0] == "–"


def test_the_words_name_the_segments_and_those_left_out() -> None:
    everyone = metrics_table.segment_words(NEW["segments"], "listener")
    assert f"new fewer than {LIGHT_FROM}" in everyone
    assert f"heavy {HEAVY_FROM} or more" in everyone
    assert "No one here" not in everyone
    two = metrics_table.segment_words({"light": {}, "heavy": {}}, "listener")
    assert "No one here is new." in two
    own = metrics_table.segment_words({"heavy": part(30, 0.2)}, "week")
    assert own.startswith("By how much was known before the cut, you are heavy (500 or more")


def test_one_segment_is_named_and_makes_no_table() -> None:
    assert metrics_table.segments({"segments": {"heavy": part(30, 0.2)}}, 20, "week") == {}
    assert metrics_table.segments(OLD, 20, "week") == {}


# --- the whole ------------------------------------------------------------------------


def test_a_new_version_shows_chart_tables_and_segments() -> None:
    app = drawn(info(NEW))
    assert len(app.get("plotly_chart")) == 1
    heads = [set(table.value.columns) for table in app.table]
    assert {"nDCG", "95 % interval", "Recall", "Any hit", ""} in heads
    assert {"Listeners", "nDCG", "95 % interval", "Popularity", ""} in heads
    assert any("Full plays before the cut" in c.value for c in app.caption)
    assert not any("Invented" in c.value for c in app.caption)


def test_the_chart_follows_the_chosen_measure() -> None:
    app = drawn(info(NEW))
    app.selectbox(key="models_measure").set_value("serendipity").run()
    assert not app.exception
    assert "Best in serendipity" in app.get("plotly_chart")[0].proto.alt
    assert any("neither the most popular" in c.value for c in app.caption)


def test_an_old_version_still_draws() -> None:
    """Versions trained before these measures have no segments, and fewer figures."""
    app = drawn(info(OLD))
    assert len(app.get("plotly_chart")) == 1
    assert app.selectbox(key="models_measure").options == ["nDCG", "Precision"]
    assert not any("Full plays" in c.value for c in app.caption)
    assert not any("Serendipity" in set(table.value.columns) for table in app.table)


def test_invented_figures_are_captioned_so() -> None:
    app = drawn(info(NEW, invented=True))
    assert any(metrics_table.MACHINERY in c.value for c in app.caption)
    assert app.get("plotly_chart")[0].proto.alt.endswith("Invented data.")


def test_nothing_measured_is_said() -> None:
    app = drawn(info({}))
    assert any("Not measured" in m.value for m in app.markdown)
    assert not app.get("plotly_chart")
