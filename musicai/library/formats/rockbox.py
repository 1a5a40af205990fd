"""Rockbox and other players' ``.scrobbler.log``: tab-separated, "L" listened, "S" skipped.

Layout: AUDIOSCROBBLER/1.1 (https://www.rockbox.org/wiki/LastFMLog). ``#TZ/UTC`` says that
times are UTC. With ``#TZ/UNKNOWN`` they are the player's own clock, of whatever zone; it is
taken for UTC, so that such plays may be some hours off.
"""

from __future__ import annotations

import io

from musicai.data.parsed import ParsedFile, ReadOptions, Source
from musicai.library.formats.csv_text import decode_text
from musicai.library.formats.fields import Complaints
from musicai.library.formats.scrobbles import Scrobbles, parse_length

NAME = "rockbox"

FIELDS = 7
"""Artist, album, title, number, length in seconds, rating, time; further ones may follow."""

_RATINGS = {"L": 0, "S": 1}
_UNTAGGED = "<untagged>"


def sniff(head: bytes) -> bool:
    """The mark of the format in the first line."""
    return decode_text(head[:256]).lstrip().upper().startswith("#AUDIOSCROBBLER/")


def parse(data: bytes, file: str, options: ReadOptions) -> ParsedFile:
    """The plays, those that were skipped marked so."""
    rows = Scrobbles(file, NAME, Complaints(file))
    for number, line in enumerate(io.StringIO(decode_text(data), newline="\n"), 1):
        fields = line.rstrip("\r\n\0").split("\t")
        played = len(fields) >= FIELDS and fields[5].strip().upper() in _RATINGS
        if played:
            _add_play(rows, f"line {number}", fields)
        elif line.strip("\0 \t\r\n") and not line.startswith("#"):
            rows.refuse(f"line {number}", "has not the seven fields of a play, or no rating L or S")
    return rows.build_file()


def _add_play(rows: Scrobbles, where: str, fields: list[str]) -> None:
    artist, album, title, _, length, rating, at = fields[:FIELDS]
    rows.add(
        where,
        "" if artist.strip().casefold() == _UNTAGGED else artist,
        title,
        at,
        album="" if album.strip().casefold() == _UNTAGGED else album,
        duration_ms=parse_length(length, unit_ms=1000),
        skipped=_RATINGS[rating.strip().upper()],
    )


SOURCE = Source(name=NAME, label="Rockbox scrobbler log", sniff=sniff, parse=parse)
