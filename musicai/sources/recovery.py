"""What can be saved of a JSON array that is damaged or was cut off."""

from __future__ import annotations

import json
import re
from typing import Any

from musicai.core.errors import UnreadableFile
from musicai.sources.complaints import Complaints

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
