"""Problems of one file, counted all and listed up to a limit."""

from __future__ import annotations

import re
import string
import time
import unicodedata
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from musicai.data.library import ARTIST_SEPARATOR
from musicai.data.parsed import Problem

MAX_LISTED = 1_000
"""Problems of one file that are listed one by one."""


class Complaints:
    """Collects what was not taken in from one file."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._listed: list[Problem] = []
        self._more = 0

    def add(self, where: str, why: str) -> None:
        """Note one problem."""
        if len(self._listed) < MAX_LISTED:
            self._listed.append(Problem(self._file, where, why))
        else:
            self._more += 1

    def list_problems(self) -> tuple[Problem, ...]:
        """The first problems, and one that counts the rest."""
        if not self._more:
            return tuple(self._listed)
        rest = Problem(
            self._file,
            f"{self._more} more places",
            f"Only the first {MAX_LISTED} problems of a file are listed; these are not.",
        )
        return (*self._listed, rest)


MAX_NAME = 1_000
"""Longest name kept, characters."""


EARLIEST = int(datetime(2006, 1, 1, tzinfo=UTC).timestamp())
"""Before this nobody streamed; seconds since 1970."""

FUTURE_SLACK = 2 * 24 * 3600
"""How far ahead of this machine's clock a time may be, seconds."""

MILLISECONDS_FROM = 10**11
"""A time as large as this counts milliseconds, a smaller one seconds."""

_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
_SPOTIFY_ID = re.compile(r"(?:spotify:track:|https?://open\.spotify\.com/track/)?([0-9A-Za-z]{22})")
_YES = {"true": 1, "1": 1, "yes": 1, "1.0": 1, "false": 0, "0": 0, "no": 0, "0.0": 0}
_GENRE_EDGES = " \t\"'[]"


def clean_text(text: str) -> str:
    """A name on one line: outer blanks and control characters dropped, markup kept as text."""
    if text.isprintable() and "  " not in text:  # the usual name
        return text.strip()[:MAX_NAME]
    kept = "".join(
        " " if ch.isspace() else ch
        for ch in text
        if ch.isspace() or unicodedata.category(ch) not in ("Cc", "Cs")
    )
    return " ".join(kept.split())[:MAX_NAME]


def clean_artist(name: str) -> str:
    """A single artist's name; the separator between artists must not occur inside it."""
    return clean_text(name.replace(ARTIST_SEPARATOR, ","))


def join_artists(names: Sequence[str]) -> str:
    """Artists joined by ";", blank ones dropped."""
    return ARTIST_SEPARATOR.join(name for name in map(clean_artist, names) if name)


def parse_isrc(text: str) -> str:
    """An International Standard Recording Code without hyphens; "" for what is none."""
    code = text.strip().replace("-", "").upper()
    return code if _ISRC.fullmatch(code) else ""


def parse_spotify_id(text: str) -> str:
    """The 22 characters of a track's id, bare or in a URI or web address; "" if it has none."""
    match = _SPOTIFY_ID.fullmatch(text.strip().split("?", 1)[0])
    return match[1] if match else ""


def get_latest_time() -> int:
    """The latest believable time, seconds since 1970."""
    return int(time.time()) + FUTURE_SLACK


def parse_iso_times(texts: Sequence[str]) -> npt.NDArray[np.int64]:
    """(n,) seconds since 1970 of ISO 8601 times, −1 where a text is none.

    Times without a zone are UTC.
    """
    try:
        if all(
            len(text) == 20 and text[19] == "Z" and text[10] == "T" and text[13] == text[16] == ":"
            for text in texts
        ):
            days = np.array([text[:19] for text in texts], dtype="datetime64[s]")
            return np.where(np.isnat(days), -1, days.astype(np.int64))
    except ValueError:
        pass
    return np.array([_parse_iso(text) for text in texts], dtype=np.int64)


@lru_cache(maxsize=50_000)
def _parse_iso(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(int(moment.timestamp()), -1)
    except (ValueError, OverflowError):
        return -1


@lru_cache(maxsize=50_000)
def parse_year(text: str) -> float:
    """The year of YYYY, YYYY-MM or YYYY-MM-DD; NaN for none, and for 0000."""
    digits = text.strip()[:4]
    if len(digits) == 4 and digits.isascii() and digits.isdigit() and 1000 <= int(digits) <= 2200:
        return float(digits)
    return float("nan")


def parse_flag(text: str) -> int:
    """1 for yes, 0 for no, −1 where the text says neither."""
    return _YES.get(text.strip().casefold(), -1)


@lru_cache(maxsize=50_000)
def parse_genres(text: str) -> str:
    """Genres joined by "," or ";" (also written as a list) as ";"-joined lower case, each once."""
    parts = (
        clean_text(part).strip(_GENRE_EDGES).casefold()
        for part in text.replace(ARTIST_SEPARATOR, ",").split(",")
    )
    return ARTIST_SEPARATOR.join(dict.fromkeys(part for part in parts if part))


Int64 = npt.NDArray[np.int64]

_TOGETHER = 200
"""Names looked at together: one that needs care costs its neighbours a look of their own."""

_PREFIX = "spotify:track:"
_LETTERS = np.zeros(128, dtype=bool)
_LETTERS[[ord(letter) for letter in string.ascii_letters + string.digits]] = True


def parse_all_times(texts: list[str]) -> Int64:
    """(n,) ``parse_iso_times``; the usual form is taken from one buffer, which is faster."""
    try:
        joined = "".join(texts).encode("ascii")
        if texts and len(joined) == 20 * len(texts):
            letters = np.frombuffer(joined, dtype="S1").reshape(-1, 20)
            marks = {10: b"T", 13: b":", 16: b":", 19: b"Z"}
            if all((letters[:, place] == mark).all() for place, mark in marks.items()):
                moments = np.ndarray(len(texts), dtype="S19", buffer=joined, strides=(20,))
                return moments.astype("datetime64[s]").astype(np.int64)
    except ValueError:  # a text that is no time, or not in ASCII
        pass
    return parse_iso_times(texts)


def parse_all_spotify_ids(uris: list[Any]) -> list[str]:
    """The id in each, "" where there is none; the usual form is checked in one buffer."""
    try:
        joined = "".join(uris).encode("ascii")
    except (TypeError, ValueError):
        joined = b""
    size = len(_PREFIX) + 22
    if joined and len(joined) == size * len(uris) == joined.count(b":track:") * size:
        letters = np.frombuffer(joined, dtype=np.uint8).reshape(-1, size)
        head = np.frombuffer(_PREFIX.encode(), dtype=np.uint8)
        if (letters[:, : len(head)] == head).all() and _LETTERS[letters[:, len(head) :]].all():
            return [uri[14:] for uri in uris]
    return [parse_spotify_id(uri) if type(uri) is str else "" for uri in uris]


def clean_all(texts: list[str], cleaning: Callable[[str], str]) -> list[str]:
    """Each text through ``cleaning``, which some hundred that need none pass together."""
    result: list[str] = []
    for start in range(0, len(texts), _TOGETHER):
        some = texts[start : start + _TOGETHER]
        joined = "|" + "|".join(some) + "|"
        if (
            joined.isprintable()
            and not any(mark in joined for mark in ("  ", "| ", " |", ARTIST_SEPARATOR))
            and max(map(len, some)) <= MAX_NAME
        ):
            result += some
        else:
            result += map(cleaning, some)
    return result
