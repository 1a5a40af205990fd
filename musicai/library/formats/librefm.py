"""Libre.fm's CSV: lines of comments, then ``Artist,Track,Album,Time`` in any case.

The comments look like UTF-7 ("+ACM- Data export …"); nothing else does. An album
and a column with the user's number may be there or not; the latter is not kept.
"""

from __future__ import annotations

import re

from musicai.core.errors import UnreadableFile
from musicai.data.parsed import ParsedFile, ReadOptions, Source
from musicai.library.formats.csv_text import CsvReading, decode_text, read_csv_header
from musicai.library.formats.fields import Complaints
from musicai.library.formats.scrobbles import Scrobbles, read_table_rows

NAME = "librefm"

NEEDED = frozenset(("artist", "track", "time"))
OPTIONAL = frozenset(("album", "userid"))

_COMMENTS = re.compile(r"(?:[ \t\"]*(?:#|\+ACM-)[^\n]*\n)*")


def _blank_comments(text: str) -> bytes:
    """The text with the comments above the header blanked, so that lines keep their numbers."""
    match = _COMMENTS.match(text)
    end = match.end() if match else 0
    return ("\n" * text.count("\n", 0, end) + text[end:]).encode("utf-8", "replace")


def _is_header(names: tuple[str, ...]) -> bool:
    return set(names) >= NEEDED and set(names) <= NEEDED | OPTIONAL


def sniff(head: bytes) -> bool:
    """A header with artist, track and time, and none that only others have."""
    header = read_csv_header(_blank_comments(decode_text(head)))
    return header is not None and _is_header(header.names)


def parse(data: bytes, file: str, options: ReadOptions) -> ParsedFile:
    """The scrobbles; times are seconds since 1970.

    Raises:
        UnreadableFile: the file has no header of Libre.fm.
    """
    rows = Scrobbles(file, NAME, Complaints(file))
    reading = CsvReading(_blank_comments(decode_text(data)), rows.complaints)
    names = reading.header.names
    if not _is_header(names):
        raise UnreadableFile(
            "The file has no header row with Artist, Track and Time. Export it from Libre.fm "
            "again and hand it in without changing it."
        )
    album = "album" if "album" in names else None
    for where, (artist, title, at, of) in read_table_rows(
        reading, ("artist", "track", "time", album)
    ):
        rows.add(where, artist, title, at, album=of)
    rows.read += reading.rejected
    rows.rejected += reading.rejected
    return rows.build_file()


SOURCE = Source(name=NAME, label="Libre.fm", sniff=sniff, parse=parse)
