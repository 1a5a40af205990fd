"""Periods: whole days in the listener's own zone, daylight saving included."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicai.core.errors import QueryError
from musicai.data.periods import ALL, between, ending_with


def test_four_weeks_end_with_the_day_of_the_newest_play() -> None:
    newest = datetime(2026, 3, 29, 23, 30, tzinfo=UTC)  # already 30 March in Berlin
    period = ending_with(newest, 28, "Europe/Berlin")
    assert period.since is not None
    assert period.until is not None
    assert period.since.isoformat() == "2026-03-03T00:00:00+01:00"
    assert period.until.isoformat() == "2026-03-31T00:00:00+02:00"
    assert period.days == 28


def test_a_moment_without_a_zone_is_in_utc() -> None:
    naive, aware = datetime(2026, 1, 1, 23), datetime(2026, 1, 1, 23, tzinfo=UTC)
    assert ending_with(naive, 7, "Asia/Tokyo") == ending_with(aware, 7, "Asia/Tokyo")


def test_the_period_before_meets_this_one_without_a_gap() -> None:
    period = between(date(2026, 3, 16), date(2026, 4, 12), "Europe/Berlin")
    before = period.before()
    assert before is not None
    assert before.until == period.since
    assert before.since is not None
    assert before.since.isoformat() == "2026-02-16T00:00:00+01:00"
    assert before.days == period.days == 28


@given(
    st.dates(date(1990, 1, 1), date(2035, 1, 1)),
    st.integers(1, 800),
    st.sampled_from(["UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
)
def test_any_period_holds_its_days_and_the_one_before_is_as_long(
    last: date, days: int, timezone: str
) -> None:
    period = between(last - timedelta(days=days - 1), last, timezone)
    before = period.before()
    assert period.days == days
    assert before is not None
    assert before.days == days
    assert before.until == period.since


def test_open_ends_have_no_length_and_nothing_before() -> None:
    for period in (
        ALL,
        between(None, date(2026, 1, 1), "UTC"),
        between(date(2026, 1, 1), None, "UTC"),
    ):
        assert period.days is None
        assert period.before() is None


def test_nonsense_is_told() -> None:
    with pytest.raises(QueryError, match="before it begins"):
        between(date(2026, 2, 1), date(2026, 1, 1), "UTC")
    with pytest.raises(QueryError, match="Mars/Phobos"):
        ending_with(datetime(2026, 1, 1), 7, "Mars/Phobos")
