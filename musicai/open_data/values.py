"""Single values out of a host's answer, which is not to be trusted: the right type or nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from typing import Any

LONGEST_TEXT = 500
"""Characters of a name that are kept."""

DEEPEST = 8
"""Levels of an answer that are kept."""

_MBID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_SPOTIFY = re.compile(r"[0-9A-Za-z]{22}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YEAR = re.compile(r"([0-9]{4})(?:-|$)")
YEARS = range(1850, 2200)
"""Years that a recording can be of."""


def mbid(value: Any) -> str:
    """The id in lower case, or "" for what is none."""
    lower = value.lower() if isinstance(value, str) else ""
    return lower if _MBID.fullmatch(lower) else ""


def mbids(value: Any) -> tuple[str, ...]:
    """The ids of a list, each once."""
    return tuple(dict.fromkeys(one for one in map(mbid, items(value)) if one))


def spotify_id(value: Any) -> str:
    """The id of a Spotify track, or "" for what is none."""
    return value if isinstance(value, str) and _SPOTIFY.fullmatch(value) else ""


def text(value: Any) -> str:
    """A name on one line without control characters; "" for what is no text."""
    if not isinstance(value, str):
        return ""
    shown = "".join(ch if ch.isprintable() else " " for ch in value[:LONGEST_TEXT])
    return " ".join(shown.split())


def count(value: Any) -> int | None:
    """A whole number from 0 on; None for null and everything else."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value < 2**53 else None


def positive(value: Any) -> float:
    """A finite number above 0; NaN for everything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    return float(value) if math.isfinite(value) and 0 < value < 1e15 else math.nan


def year(value: Any) -> float:
    """The year of a date or a number; NaN where there is none."""
    if isinstance(value, str):
        found = _YEAR.match(value)
        value = int(found[1]) if found else None
    if isinstance(value, bool) or not isinstance(value, int) or value not in YEARS:
        return math.nan
    return float(value)


def date(value: Any) -> str:
    """A whole date, or ""."""
    return value if isinstance(value, str) and _DATE.fullmatch(value) else ""


def items(value: Any) -> list[Any]:
    """The list, or an empty one for what is none."""
    return value if isinstance(value, list) else []


def entries(value: Any) -> dict[str, Any]:
    """The object, or an empty one for what is none."""
    return value if isinstance(value, dict) else {}


def rows(value: Any) -> Iterator[dict[str, Any]]:
    """The objects of a list; anything else in it is passed over."""
    return (row for row in items(value) if isinstance(row, dict))


def pruned(value: Any, keys: Iterable[str], depth: int = DEEPEST) -> Any:
    """The answer with these fields alone and no deeper than ``depth``, so that little is kept."""
    if isinstance(value, dict | list) and not depth:
        return None
    if isinstance(value, dict):
        return {k: pruned(value[k], keys, depth - 1) for k in keys if k in value}
    if isinstance(value, list):
        return [pruned(one, keys, depth - 1) for one in value]
    return value
