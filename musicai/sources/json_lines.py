"""JSON files of rows, one object a line or one array, read so that a bad row costs itself alone."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import Any

import orjson

from musicai.sources.text import decode, encoding_of

MAX_LINE = 4 * 1024**2
"""Longest line that is parsed, bytes."""

_HEAD_BYTES = 1024**2
"""By which the encoding is told, so that a large file is not decoded for it."""

_LOOKS = 20
"""Places at which the first whole object is looked for."""

_BLANK = "\ufeff\0 \t\r\n"
_NEXT_LINE = re.compile(r"\n(?=\{)")
_NEXT_IN_ARRAY = re.compile(r"(?:\}\s*,|\[)\s*(?=\{)")


def first_object(head: bytes) -> dict[str, Any] | None:
    """The first object that the head of a file holds whole, be it of lines or of an array.

    One that is damaged is passed over. Of an array whose first object is longer than the head,
    an object inside that one is given.
    """
    text = decode(head).lstrip(_BLANK)
    beginning = _NEXT_IN_ARRAY if text.startswith("[") else _NEXT_LINE
    read_value = json.JSONDecoder().raw_decode
    place = 0
    for _ in range(_LOOKS):
        try:
            value = read_value(text, place)[0]
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict):
            return value
        following = beginning.search(text, place)
        if not following:
            return None
        place = following.end()
    return None


def is_array(data: bytes) -> bool:
    """Whether the file is one array, and not one object a line."""
    return decode(data[:256]).lstrip(_BLANK).startswith("[")


def lines(data: bytes) -> Iterator[tuple[str, Any]]:
    """(place, value) of every line that is not blank, one line in memory at a time.

    A ``ValueError`` stands for the value of a line that cannot be read.
    """
    if encoding_of(data[:_HEAD_BYTES])[0] != "utf-8-sig":
        data = decode(data).encode("utf-8", "replace")
    for number, line in enumerate(io.BytesIO(data.removeprefix(b"\xef\xbb\xbf")), 1):
        if line.strip(b"\0 \t\r\n"):
            yield f"line {number}", _value(line)


def _value(line: bytes) -> Any:
    if len(line) > MAX_LINE:
        return ValueError("longer than any row")
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        pass
    try:  # damaged characters and NaN, which orjson refuses, cost only the field they are in
        return json.loads(line.decode("utf-8", "replace"))
    except RecursionError:
        return ValueError("nested deeper than any row")
    except ValueError as error:
        return error
