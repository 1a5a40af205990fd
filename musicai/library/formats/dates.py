"""Times as people and spreadsheets write them, a whole column at once.

"03/04/2023" is the third of April for most of the world and the fourth of March for some.
One row cannot tell which, a column mostly can: a number above 12 is a day wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from musicai.library.formats.fields import MILLISECONDS_FROM, parse_iso_times

LONGEST = 60
"""Characters; no time is written longer."""

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            *("jan ene gen", "feb fev", "mar mrz", "apr abr avr", "may mai mag", "jun giu"),
            *("jul lug", "aug ago", "sep set", "oct okt ott out", "nov", "dec dez dic"),
        ),
        1,
    )
    for name in names.split()
}
"""First three letters of months, lower case: English, German, Spanish, Portuguese, Italian, and
French where three letters tell ("juin" and "juillet" do not, and are in ``_LONGER``)."""

_LONGER = {"juin": 6, "juil": 7, "aout": 8}

_CLOCK = (
    r"(?:,?\s+(?:at\s+|um\s+)?|T)(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d{1,6})?)?\s*([ap])?\.?(?:m\.?)?"
)
_ZONE = r"\s*(?:UTC|GMT|Z)?"
_NUMERIC = re.compile(
    rf"(\d{{1,2}})([./-])(\d{{1,2}})\2(\d{{4}}|\d\d)(?:{_CLOCK})?{_ZONE}", re.IGNORECASE
)
_DAY_NAMED = re.compile(
    rf"(\d{{1,2}})\.?[ -]([^\W\d_]{{3,10}})\.?,?[ -](\d{{4}})(?:{_CLOCK})?{_ZONE}", re.IGNORECASE
)
_NAMED_DAY = re.compile(
    rf"([^\W\d_]{{3,10}})\.?\s(\d{{1,2}}),?\s(\d{{4}})(?:{_CLOCK})?{_ZONE}", re.IGNORECASE
)
_NUMBER = re.compile(r"\d{9,14}(?:\.\d{1,9})?")
_ACCENTS = str.maketrans("äéèêáíóúûç", "aeeeaiouuc")


@dataclass
class DayOrder:
    """Which of two numbers is the day, as a column shows it."""

    first: int = 0
    """Rows whose first number can only be a day."""
    second: int = 0
    """Rows whose second number can only be a day."""
    open: int = 0
    """Rows that may be read either way."""
    twelve_hours: bool = False
    """Whether AM or PM occurs, which goes with the month first."""

    def add_rows(self, texts: Iterable[str]) -> int:
        """Take in some rows; returns how many of them are dates of three numbers."""
        met = 0
        for text in texts:
            found = _NUMERIC.fullmatch(text.strip()) if len(text) <= LONGEST else None
            if found is None:
                continue
            met += 1
            one, other = int(found[1]), int(found[3])
            self.twelve_hours |= found[8] is not None
            points = found[2] == "."  # with which nobody writes the month first
            if points or one > 12 >= other:
                self.first += 1
            elif other > 12 >= one:
                self.second += 1
            elif one != other:
                self.open += 1
        return met

    @property
    def is_day_first(self) -> bool:
        """What most rows show; where none does, the day is first unless AM or PM occurs."""
        if self.first == self.second:
            return not self.twelve_hours
        return self.first > self.second

    @property
    def is_guessed(self) -> bool:
        """Whether there were rows to decide and none that decides."""
        return bool(self.open) and not self.first and not self.second


def parse_times(texts: Sequence[str], *, day_first: bool) -> npt.NDArray[np.int64]:
    """(n,) seconds since 1970 in UTC, −1 where a text is no time.

    Understood: seconds and milliseconds since 1970, ISO 8601 (also with a blank and without
    seconds), "14 Nov 2023, 22:13", "November 14, 2023 at 10:13PM", and dates of three numbers.
    A date alone is its first second.

    Args:
        texts: The column.
        day_first: Whether in dates of three numbers the day comes before the month.
    """
    short = [text if len(text) <= LONGEST else "" for text in texts]
    seconds = np.array([_parse_epoch(text) for text in short], dtype=np.int64)
    rest = np.flatnonzero(seconds < 0).tolist()
    seconds[rest] = parse_iso_times([short[place] for place in rest])
    for place in np.flatnonzero(seconds < 0).tolist():
        seconds[place] = _parse_written_date(short[place].strip(), day_first)
    return seconds


def _parse_epoch(text: str) -> int:
    text = text.strip()
    if not text.isascii() or not _NUMBER.fullmatch(text):
        return -1
    number = int(float(text))
    return number // 1000 if number >= MILLISECONDS_FROM else number


@lru_cache(maxsize=50_000)
def _parse_written_date(text: str, day_first: bool) -> int:
    if found := _NUMERIC.fullmatch(text):
        day, month = (found[1], found[3]) if day_first else (found[3], found[1])
        return _to_seconds(found[4], int(month), day, found.groups()[4:])
    if found := _DAY_NAMED.fullmatch(text):
        return _to_seconds(found[3], _parse_month(found[2]), found[1], found.groups()[3:])
    if found := _NAMED_DAY.fullmatch(text):
        return _to_seconds(found[3], _parse_month(found[1]), found[2], found.groups()[3:])
    return -1


def _parse_month(name: str) -> int:
    plain = name.casefold().translate(_ACCENTS)
    return _LONGER.get(plain[:4]) or MONTHS.get(plain[:3], 0)


def _to_seconds(year: str, month: int, day: str, clock: Sequence[str | None]) -> int:
    hour, minute, second = (int(part or 0) for part in clock[:3])
    half = (clock[3] or "").casefold()
    if half:
        if not 1 <= hour <= 12:
            return -1
        hour = hour % 12 + 12 * (half == "p")
    full_year = int(year) + 2000 * (len(year) == 2)
    try:
        moment = datetime(full_year, month, int(day), hour, minute, second, tzinfo=UTC)
    except ValueError:
        return -1
    return max(int(moment.timestamp()), -1)
