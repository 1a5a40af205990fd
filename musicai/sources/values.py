"""What single fields mean: names, ids, dates, genres, yes and no."""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from musicai.data.library import ARTIST_SEPARATOR

MAX_NAME = 1_000
"""Longest name kept, characters."""

MAX_PLAY_MS = 24 * 3600 * 1000
"""Longest believable single play, milliseconds."""

NOMINAL_MS = 180_000
"""How long a play counts whose log does not say it and whose track's length is not known."""

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


def clean(text: str) -> str:
    """A name on one line: outer blanks and control characters dropped, markup kept as text."""
    if text.isprintable() and "  " not in text:  # the usual name
        return text.strip()[:MAX_NAME]
    kept = "".join(
        " " if ch.isspace() else ch
        for ch in text
        if ch.isspace() or unicodedata.category(ch) not in ("Cc", "Cs")
    )
    return " ".join(kept.split())[:MAX_NAME]


def one_artist(name: str) -> str:
    """A single artist's name; the separator between artists must not occur inside it."""
    return clean(name.replace(ARTIST_SEPARATOR, ","))


def joined_artists(names: Sequence[str]) -> str:
    """Artists joined by ";", blank ones dropped."""
    return ARTIST_SEPARATOR.join(name for name in map(one_artist, names) if name)


def isrc(text: str) -> str:
    """An International Standard Recording Code without hyphens; "" for what is none."""
    code = text.strip().replace("-", "").upper()
    return code if _ISRC.fullmatch(code) else ""


def spotify_id(text: str) -> str:
    """The 22 characters of a track's id, bare or in a URI or web address; "" if it has none."""
    match = _SPOTIFY_ID.fullmatch(text.strip().split("?", 1)[0])
    return match[1] if match else ""


def latest() -> int:
    """The latest believable time, seconds since 1970."""
    return int(time.time()) + FUTURE_SLACK


def iso_seconds(texts: Sequence[str]) -> npt.NDArray[np.int64]:
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
    return np.array([_one_iso(text) for text in texts], dtype=np.int64)


@lru_cache(maxsize=50_000)
def _one_iso(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(int(moment.timestamp()), -1)
    except (ValueError, OverflowError):
        return -1


@lru_cache(maxsize=50_000)
def year(text: str) -> float:
    """The year of YYYY, YYYY-MM or YYYY-MM-DD; NaN for none, and for 0000."""
    digits = text.strip()[:4]
    if len(digits) == 4 and digits.isascii() and digits.isdigit() and 1000 <= int(digits) <= 2200:
        return float(digits)
    return float("nan")


def yes(text: str) -> int:
    """1 for yes, 0 for no, −1 where the text says neither."""
    return _YES.get(text.strip().casefold(), -1)


@lru_cache(maxsize=50_000)
def genres(text: str) -> str:
    """Genres joined by "," or ";" (also written as a list) as ";"-joined lower case, each once."""
    parts = (
        clean(part).strip(_GENRE_EDGES).casefold()
        for part in text.replace(ARTIST_SEPARATOR, ",").split(",")
    )
    return ARTIST_SEPARATOR.join(dict.fromkeys(part for part in parts if part))
