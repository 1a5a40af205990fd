"""Maloja's own export: ``{"maloja": …, "scrobbles": […]}``, times and lengths in seconds.

``length`` is the track's, ``duration`` is how long it was heard.
"""

from __future__ import annotations

import re
from typing import Any

from musicai.data.parsed import ParsedFile, ReadOptions, Source
from musicai.library.formats.csv_text import decode_text
from musicai.library.formats.fields import Complaints
from musicai.library.formats.json_rows import read_array_rows
from musicai.library.formats.scrobbles import Scrobbles, parse_length

NAME = "maloja"

_MARK = re.compile(r'\s*\{\s*"maloja"\s*:\s*\{[^{}]{0,1000}\}\s*,\s*"scrobbles"\s*:')


def sniff(head: bytes) -> bool:
    """An object with Maloja's own mark before the scrobbles."""
    return bool(_MARK.match(decode_text(head)))


def parse(data: bytes, file: str, options: ReadOptions) -> ParsedFile:
    """The scrobbles.

    Raises:
        UnreadableFile: the file holds no list of scrobbles.
    """
    rows = Scrobbles(file, NAME, Complaints(file))
    for where, row in read_array_rows(data, rows, "scrobbles"):
        _add_scrobble(rows, where, row)
    return rows.build_file()


def _add_scrobble(rows: Scrobbles, where: str, row: Any) -> None:
    track = row.get("track") if isinstance(row, dict) else None
    if not isinstance(track, dict):
        rows.refuse(where, "is no scrobble of a track")
        return
    album = track.get("album")
    rows.add(
        where,
        track.get("artists"),
        track.get("title"),
        row.get("time"),
        album=album.get("albumtitle") if isinstance(album, dict) else "",
        duration_ms=parse_length(track.get("length"), unit_ms=1000),
        heard_ms=parse_length(row.get("duration"), unit_ms=1000),
    )


SOURCE = Source(name=NAME, label="Maloja", sniff=sniff, parse=parse)
