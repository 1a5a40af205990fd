"""Rows of a JSON array, also of one that breaks off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import orjson

from musicai.core.errors import UnreadableFile
from musicai.sources.recovery import recover_rows
from musicai.sources.scrobbles import Scrobbles
from musicai.sources.text import decode


def array_rows(data: bytes, rows: Scrobbles, key: str = "") -> Iterator[tuple[str, Any]]:
    """(place, value) of an array's rows; damaged places count as rejected rows.

    Args:
        data: The file.
        rows: Counts the damaged places and has their complaints.
        key: Where the file is an object, the array in it; the file may still be an array itself.

    Raises:
        UnreadableFile: there is no such array.
    """
    values = _whole(data)
    if values is None:
        values, lost = recover_rows(_array_text(decode(data), key), rows.complaints)
        rows.read += lost
        rows.rejected += lost
    if isinstance(values, dict):
        values = values.get(key)
    if not isinstance(values, list):
        raise UnreadableFile("The file holds no array of rows. Hand it in as it was exported.")
    for number, value in enumerate(values, 1):
        yield f"row {number}", value


def _whole(data: bytes) -> Any:
    """The JSON value, None if it is damaged or holds what JSON does not allow."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        pass
    try:
        return orjson.loads(decode(data))
    except orjson.JSONDecodeError:
        return None


def _array_text(text: str, key: str) -> str:
    """What belongs to the array called ``key``, where the text is an object."""
    begin = re.search(rf'"{re.escape(key)}"\s*:\s*(?=\[)', text) if key else None
    if begin is None or not text.lstrip().startswith("{"):
        return text
    return text[begin.end() :].rstrip("\0 \t\r\n").removesuffix("}")
