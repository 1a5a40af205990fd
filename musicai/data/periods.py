"""Periods of a history: the last weeks or months, or from one day to another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from musicai.core.errors import QueryError

LENGTHS: Mapping[str, int | None] = {
    "all": None,
    "year": 365,
    "6-months": 182,
    "4-weeks": 28,
}
"""Periods that end with the last play, by their name in an address: length in days."""

CUSTOM = "custom"
"""Name of the period that has its days chosen by hand."""

TIMEZONE_SETTING = "timezone"
"""Key in a profile's settings: IANA name of its time zone."""


@dataclass(frozen=True)
class Period:
    """Whole days of a history: from a moment, up to but without another; None is open."""

    since: datetime | None = None
    until: datetime | None = None

    @property
    def days(self) -> int | None:
        """Length in days on the calendar; None if an end is open."""
        if self.since is None or self.until is None:
            return None
        return (self.until.date() - self.since.date()).days

    def before(self) -> Period | None:
        """The period of the same length that ends where this one begins; None if open."""
        if self.since is None or self.days is None:
            return None
        # midnight by the calendar, not 24 hours times n: clocks may have changed between
        start = self.since.date() - timedelta(days=self.days)
        return Period(datetime.combine(start, time.min, self.since.tzinfo), self.since)


ALL = Period()
"""The whole history."""


def zone(timezone: str) -> ZoneInfo:
    """The time zone of an IANA name.

    Raises:
        QueryError: there is no such zone.
    """
    try:
        return ZoneInfo(timezone)
    except (KeyError, ValueError, OSError) as error:
        raise QueryError(
            f"There is no time zone called {timezone!r}. Use an IANA name such as Europe/Berlin."
        ) from error


def ending_with(newest: datetime, days: int, timezone: str) -> Period:
    """The last ``days`` days of a history, the day of its newest play included.

    Args:
        newest: The newest play; without a zone it is in UTC.
        days: Length, 1 or more.
        timezone: IANA name of the zone that days begin and end in.

    Raises:
        QueryError: there is no such zone.
    """
    aware = newest if newest.tzinfo is not None else newest.replace(tzinfo=UTC)
    last = aware.astimezone(zone(timezone)).date()
    return between(last - timedelta(days=days - 1), last, timezone)


def between(first: date | None, last: date | None, timezone: str) -> Period:
    """From the beginning of one day to the end of another; None leaves an end open.

    Raises:
        QueryError: there is no such zone, or the last day lies before the first.
    """
    if first is not None and last is not None and last < first:
        raise QueryError(f"The period ends on {last}, before it begins on {first}.")
    where = zone(timezone)
    return Period(
        None if first is None else datetime.combine(first, time.min, where),
        None if last is None else datetime.combine(last + timedelta(days=1), time.min, where),
    )
