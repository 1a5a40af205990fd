"""The model in use: what the log and the database say, day by day."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime

import pytest

from musicai import data_processor as dp
from musicai.core.logging import setup_logging
from musicai.core.settings import Settings
from musicai.data.feedback import Feedback, Impression
from musicai.training.monitoring import (
    ENOUGH,
    log_lines,
    measure_drift,
    note_list,
    serving_days,
    summarize_days,
)
from tests import worlds
from tests.core.test_logs import quiet

__all__ = ["quiet"]

DAY = 86_400
START = int(worlds.START.timestamp())


def test_lists_are_noted_and_read_by_day(settings: Settings) -> None:
    setup_logging(settings)
    for taken in (0.010, 0.020, 0.030):
        note_list(taken, 20, "mix", None)
    logging.getLogger("musicai.test").info("something else")
    [found] = serving_days(settings)
    assert found.day == datetime.now(UTC).date()
    assert (found.n, found.p50_ms) == (3, pytest.approx(20.0))
    assert found.p95_ms == pytest.approx(29.0)


def test_broken_and_old_lines_are_passed_over_and_old_files_read(settings: Settings) -> None:
    settings.logs.mkdir(parents=True)
    line = '{"time": "2026-01-0%dT10:00:00+00:00", "event": "list", "seconds": 0.5}\n'
    (settings.logs / "musicai.log.1").write_text("2026-01-01T00:00:00Z INFO old\n" + line % 1)
    (settings.logs / "musicai.log").write_text('{"event": "list"}\n{"half\n[1]\n' + line % 2)
    assert [one.day.day for one in serving_days(settings)] == [1, 2]
    assert len(list(log_lines(settings))) == 3


def test_what_was_shown_and_what_became_of_it() -> None:
    library = worlds.library(
        [
            {"track_id": "a", "name": "A", "artists": "X"},
            {"track_id": "b", "name": "B", "artists": "X"},
            {"track_id": "c", "name": "C", "artists": "Y"},
        ],
        [(1, 30.0), (2, 1.0)],
    )
    features = dp.build_features(library)

    def seen(track: str, at: int) -> Impression:
        return Impression(track, at, 1, "mix")

    shown = [seen("a", START), seen("b", START), seen("b", START + 5), seen("c", START + DAY)]
    said = [Feedback("a", "like", START + 60), Feedback("c", "dislike", START + DAY + 60)]
    first, second = summarize_days(library, features, shown, said)
    assert (first.day, first.shown, first.tracks) == (date(2025, 1, 1), 3, 2)
    assert first.artists == 0.5
    # a was liked, b was heard out thirty hours later
    assert (first.accepted, first.refused) == (2, 0)
    # c was heard before it was shown
    assert (second.accepted, second.refused, second.artists) == (0, 1, 1.0)


def test_a_taste_that_turned_is_told_from_one_that_did_not() -> None:
    tracks = [
        {"track_id": "r", "name": "R", "artists": "X", "genres": "hard rock"},
        {"track_id": "j", "name": "J", "artists": "Y", "genres": "bebop"},
    ]
    early = [(0, float(hour)) for hour in range(ENOUGH)]
    since = datetime.fromtimestamp(START + ENOUGH * 3600, UTC)
    for later, far in ((0, False), (1, True)):
        late = [(later, float(ENOUGH + hour)) for hour in range(ENOUGH)]
        library = worlds.library(tracks, early + late)
        found = measure_drift(library, dp.build_features(library), since)
        assert (found.before, found.since) == (ENOUGH, ENOUGH)
        assert found.divergence is not None
        assert (found.divergence > 1) == far
        assert far or found.divergence == pytest.approx(0.0, abs=1e-9)
    few = worlds.library(tracks, early)
    assert measure_drift(few, dp.build_features(few), since).divergence is None
