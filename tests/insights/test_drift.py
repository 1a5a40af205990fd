"""Moments of change: those that are there come out, and noise gives none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from musicai.data.library import Library
from musicai.data_processor import build_features
from musicai.insights.history.drift import ALPHA, MIN_PLAYS, Drift, drift
from musicai.insights.taste.plays import list_timed_plays
from musicai.ui import charts
from tests.constructed import night_and_weekend
from tests.ui.test_charts import in_house_style
from tests.worlds import CALM, LOUD, library

MONTH = 730.5
"""Hours of a mean month."""

TRACKS: list[dict[str, Any]] = [
    {"track_id": "a", "name": "Alpha", "artists": "Ann", "genres": "jazz", **CALM},
    {"track_id": "b", "name": "Beta", "artists": "Bob", "genres": "techno", **LOUD},
    {"track_id": "c", "name": "Gamma", "artists": "Cy"},
]


def of(data: Library) -> Drift:
    return drift(build_features(data), list_timed_plays(data, 0, "UTC"))


def history(shares: list[float], seed: int, plays: int = 60) -> Drift:
    """A month for each share of calm plays, the rest loud, drawn at random."""
    random = np.random.default_rng(seed)
    rows = [
        (int(random.random() >= share), number * MONTH + 10 + at)
        for number, share in enumerate(shares)
        for at in range(plays)
    ]
    return of(library(TRACKS, rows))


def test_a_switch_is_found_in_its_month_and_told_with_its_numbers() -> None:
    told = history([0.9] * 8 + [0.2] * 8, seed=1)
    [change] = told.changes
    assert change.month == "2025-09"
    assert change.p <= ALPHA
    assert (change.plays_before, change.plays_after) == (480, 480)
    assert change.text.startswith("Around September 2025: ")
    assert "Jazz from 9" in change.text
    assert "Electronic from" in change.text
    assert change.text.endswith("480 and 480 plays.")


def test_two_switches_are_found_in_order() -> None:
    told = history([0.9] * 7 + [0.1] * 7 + [0.6] * 7, seed=2, plays=120)
    assert [change.month for change in told.changes] == ["2025-08", "2026-03"]


def test_the_constructed_listener_switches_in_march() -> None:
    [change] = of(night_and_weekend()).changes
    assert change.month == "2025-03"
    assert "Jazz from 60" in change.text
    assert "Classical from 0" in change.text
    assert "Electronic" not in change.text  # weekends stayed as they were


@pytest.mark.slow
def test_noise_gives_hardly_any_change() -> None:
    """Of 60 histories without a change, at most 3 may show one at a level of 1 %."""
    false = sum(bool(history([0.5] * 14, seed=seed, plays=40).changes) for seed in range(60))
    assert false <= 3


def test_months_by_hand() -> None:
    told = of(library(TRACKS, [(0, 1), (0, 2), (1, 3), (2, 4), (0, 2 * MONTH), (1, 5, 1_000)]))
    first, second, third = told.months
    assert [(one.month, one.plays) for one in told.months] == [
        ("2025-01", 4),
        ("2025-02", 0),
        ("2025-03", 1),
    ]
    assert first.features["energy"] == pytest.approx((2 * CALM["energy"] + LOUD["energy"]) / 3)
    assert first.genres["jazz"] == pytest.approx(2 / 3)
    assert sum(first.genres.values()) == pytest.approx(1)
    assert second.features["energy"] is None
    assert second.genres == {}
    assert third.genres["jazz"] == 1
    assert f"6 months with {MIN_PLAYS} full plays" in told.missing


def test_unknown_music_has_months_and_no_changes() -> None:
    told = of(library(TRACKS, [(2, n * 24.0) for n in range(300)]))
    assert len(told.months) == 10
    assert "Neither audio features nor genres" in told.missing
    assert of(library(TRACKS, [])).months == ()


def test_the_charts_mark_the_changes() -> None:
    told = history([0.9] * 8 + [0.2] * 8, seed=1)
    for chart in (
        charts.plot_genre_drift(told),
        charts.plot_feature_drift(told, ("energy", "valence")),
    ):
        in_house_style(chart)
        [line] = chart.figure.layout.shapes
        assert line.x0 == "2025-09-01"
        assert "Around September 2025" in chart.alt
    nothing = of(library(TRACKS, [(2, 1)]))
    assert charts.plot_genre_drift(nothing).alt == "No genre of this listening is known."
    assert "No audio feature" in charts.plot_feature_drift(nothing, ("energy",)).alt
