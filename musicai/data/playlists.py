"""A playlist as a file: CSV, M3U8, XSPF and JSPF.

M3U8 is the extended M3U in UTF-8 (as in RFC 8216, section 4, for the text format); XSPF is
version 1 of the XML Shareable Playlist Format, JSPF the same in JSON.
"""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_XSPF = "http://xspf.org/ns/0/"
_ILLEGAL_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FORMULA = tuple("=+-@\t\r")


@dataclass(frozen=True)
class Line:
    """One track of a playlist."""

    track_id: str
    title: str
    artists: tuple[str, ...]
    album: str
    """"" where it is not known."""
    milliseconds: float | None
    """Length; None where it is not known."""
    address: str | None
    """Where it can be heard; None where no address is known."""

    @property
    def creator(self) -> str:
        """The artists in one line."""
        return ", ".join(self.artists)


def csv_file(name: str, lines: Sequence[Line]) -> bytes:
    """A table, in UTF-8 with a mark for spreadsheets.

    A cell that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(["position", "title", "artists", "album", "seconds", "track_id", "address"])
    for position, line in enumerate(lines, start=1):
        length = "" if line.milliseconds is None else round(line.milliseconds / 1000)
        texts = (line.title, "; ".join(line.artists), line.album)
        row = [plain_cell(text) for text in texts]
        writer.writerow([position, *row, length, plain_cell(line.track_id), line.address or ""])
    return buffer.getvalue().encode("utf-8-sig")


def plain_cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def m3u8_file(name: str, lines: Sequence[Line]) -> bytes:
    """An extended M3U; a track without an address is named as a file might be."""
    told = ["#EXTM3U", f"#PLAYLIST:{_one_line(name)}"]
    for line in lines:
        seconds = -1 if line.milliseconds is None else round(line.milliseconds / 1000)
        shown = f"{_one_line(line.creator)} - {_one_line(line.title)}"
        told += [f"#EXTINF:{seconds},{shown}", line.address or shown.replace("/", "-") + ".mp3"]
    return ("\n".join(told) + "\n").encode()


def _one_line(text: str) -> str:
    return " ".join(text.split())


def xspf_file(name: str, lines: Sequence[Line]) -> bytes:
    """XSPF version 1."""
    ET.register_namespace("", _XSPF)
    root = ET.Element(f"{{{_XSPF}}}playlist", {"version": "1"})
    _add(root, "title", name)
    tracks = ET.SubElement(root, f"{{{_XSPF}}}trackList")
    for line in lines:
        track = ET.SubElement(tracks, f"{{{_XSPF}}}track")
        for tag, value in _fields(line).items():
            _add(track, tag, str(value))
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _add(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, f"{{{_XSPF}}}{tag}").text = _ILLEGAL_IN_XML.sub("", text)


def jspf_file(name: str, lines: Sequence[Line]) -> bytes:
    """XSPF in JSON."""
    tracks = []
    for line in lines:
        fields: dict[str, Any] = _fields(line)
        for one in ("location", "identifier"):  # lists in JSPF
            if one in fields:
                fields[one] = [fields[one]]
        tracks.append(fields)
    playlist = {"playlist": {"title": name, "track": tracks}}
    return json.dumps(playlist, ensure_ascii=False, indent=1).encode()


def _fields(line: Line) -> dict[str, Any]:
    """The elements of a track, in the order of the specification; only those known."""
    uri = f"spotify:track:{line.track_id}" if line.address and "/track/" in line.address else None
    known = {
        "location": line.address,
        "identifier": uri,
        "title": line.title,
        "creator": line.creator,
        "album": line.album,
        "duration": None if line.milliseconds is None else round(line.milliseconds),
    }
    return {tag: value for tag, value in known.items() if value not in (None, "")}


FORMATS: Mapping[str, tuple[str, str, Callable[[str, Sequence[Line]], bytes]]] = {
    "csv": ("CSV", "text/csv", csv_file),
    "m3u8": ("M3U8", "audio/x-mpegurl", m3u8_file),
    "xspf": ("XSPF", "application/xspf+xml", xspf_file),
    "jspf": ("JSPF", "application/json", jspf_file),
}
"""Ending → what it is called, its media type, and what writes it."""


@dataclass(frozen=True)
class SentPlaylist:
    """One playlist at Spotify that musicai made."""

    playlist_id: str
    account_id: str
    """Whose account it was made in."""
    name: str
    """As it was named when it was made."""
    recipe: Mapping[str, Any]
    """What it was made from; ``musicai.recipes`` makes it anew."""
    tracks: int
    """How many tracks it was last written with."""
    made_at: int
    """Seconds since 1970."""
    written_at: int
    """When it was last written to its end, seconds since 1970; 0 for never."""

    @property
    def url(self) -> str:
        """Its page at Spotify."""
        return f"https://open.spotify.com/playlist/{self.playlist_id}"
