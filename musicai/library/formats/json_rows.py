"""Rows of a JSON array, also of one that breaks off."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import Any

import orjson

from musicai.core.errors import UnreadableFile
from musicai.library.formats.csv_text import decode_text, detect_encoding
from musicai.library.formats.fields import Complaints
from musicai.library.formats.scrobbles import Scrobbles

MAX_LINE = 4 * 1024**2
"""Longest line that is parsed, bytes."""

_HEAD_BYTES = 1024**2
"""By which the encoding is told, so that a large file is not decoded for it."""

_LOOKS = 20
"""Places at which the first whole object is looked for."""

_BLANK = "\ufeff\0 \t\r\n"
_NEXT_LINE = re.compile(r"\n(?=\{)")
_NEXT_IN_ARRAY = re.compile(r"(?:\}\s*,|\[)\s*(?=\{)")


def read_first_object(head: bytes) -> dict[str, Any] | None:
    """The first object that the head of a file holds whole, be it of lines or of an array.

    One that is damaged is passed over. Of an array whose first object is longer than the head,
    an object inside that one is given.
    """
    text = decode_text(head).lstrip(_BLANK)
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
    return decode_text(data[:256]).lstrip(_BLANK).startswith("[")


def read_lines(data: bytes) -> Iterator[tuple[str, Any]]:
    """(place, value) of every line that is not blank, one line in memory at a time.

    A ``ValueError`` stands for the value of a line that cannot be read.
    """
    if detect_encoding(data[:_HEAD_BYTES])[0] != "utf-8-sig":
        data = decode_text(data).encode("utf-8", "replace")
    for number, line in enumerate(io.BytesIO(data.removeprefix(b"\xef\xbb\xbf")), 1):
        if line.strip(b"\0 \t\r\n"):
            yield f"line {number}", _parse_value(line)


def _parse_value(line: bytes) -> Any:
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


MAX_BREAKS = 100
"""Damaged places after which the rest of a file is given up."""

_BETWEEN = re.compile(r"[\s,]*")
_NEXT_ROW = re.compile(r"\}\s*,\s*(?=\{)")


def recover_rows(text: str, complaints: Complaints) -> tuple[list[Any], int]:
    """Read an array row by row, passing over what is broken.

    Returns:
        The rows, and the number of damaged places, each of which has a complaint.

    Raises:
        UnreadableFile: the text is no array, or is nested beyond reason.
    """
    opening = re.match(r"\s*\[", text)
    if not opening:
        raise UnreadableFile(
            "The file holds no plays: it is neither a JSON array nor the beginning of one. Hand "
            "in the files as Spotify sent them."
        )
    read_value = json.JSONDecoder().raw_decode
    rows: list[Any] = []
    breaks, place = 0, opening.end()
    while True:
        between = _BETWEEN.match(text, place)
        place = between.end() if between else place
        if text[place : place + 1] == "]" and not text[place + 1 :].strip("\0 \t\r\n"):
            return rows, breaks
        try:
            row, place = read_value(text, place)
            rows.append(row)
            continue
        except ValueError:
            breaks += 1
        except RecursionError as error:
            raise UnreadableFile(
                "The file is nested far deeper than any export. Download it again."
            ) from error
        following = _NEXT_ROW.search(text, place) if breaks < MAX_BREAKS else None
        byte = len(text[:place].encode("utf-8", "replace"))
        rest = (
            "Reading went on at the next row."
            if following
            else "Everything after it is missing. Download the export again."
        )
        complaints.add(
            f"row {len(rows) + breaks}, byte {byte}",
            f"The file is damaged or cut off here; the {len(rows)} rows before it were read. "
            f"{rest}",
        )
        if not following:
            return rows, breaks
        place = following.end()


def read_array_rows(data: bytes, rows: Scrobbles, key: str = "") -> Iterator[tuple[str, Any]]:
    """(place, value) of an array's rows; damaged places count as rejected rows.

    Args:
        data: The file.
        rows: Counts the damaged places and has their complaints.
        key: Where the file is an object, the array in it; the file may still be an array itself.

    Raises:
        UnreadableFile: there is no such array.
    """
    values = _parse_whole(data)
    if values is None:
        values, lost = recover_rows(_find_array(decode_text(data), key), rows.complaints)
        rows.read += lost
        rows.rejected += lost
    if isinstance(values, dict):
        values = values.get(key)
    if not isinstance(values, list):
        raise UnreadableFile("The file holds no array of rows. Hand it in as it was exported.")
    for number, value in enumerate(values, 1):
        yield f"row {number}", value


def _parse_whole(data: bytes) -> Any:
    """The JSON value, None if it is damaged or holds what JSON does not allow."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        pass
    try:
        return orjson.loads(decode_text(data))
    except orjson.JSONDecodeError:
        return None


def _find_array(text: str, key: str) -> str:
    """What belongs to the array called ``key``, where the text is an object."""
    begin = re.search(rf'"{re.escape(key)}"\s*:\s*(?=\[)', text) if key else None
    if begin is None or not text.lstrip().startswith("{"):
        return text
    return text[begin.end() :].rstrip("\0 \t\r\n").removesuffix("}")
