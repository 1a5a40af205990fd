"""A playlist as a file: CSV, M3U8, XSPF and JSPF.

M3U8 is the extended M3U in UTF-8 (as in RFC 8216, section 4, for the text format); XSPF is
version 1 of the XML Shareable Playlist Format, JSPF the same in JSON.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from musicai.core.errors import QueryError
from musicai.data.library import ARTIST_SEPARATOR, INVENTED_PREFIX, Library


@dataclass(frozen=True)
class ListEntry:
    """One track of a list that a person made."""

    track_id: str
    name: str
    """Title, as it was when the track was added."""
    artists: str
    """Who made it, joined by ";"."""


@dataclass(frozen=True)
class MadeList:
    """A playlist that a person made here."""

    name: str
    """"" for the one that is being put together."""
    tracks: int
    made_at: int
    """Seconds since 1970."""
    changed_at: int


_XSPF = "http://xspf.org/ns/0/"
_ILLEGAL_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FORMULA = tuple("=+-@\t\r")


@dataclass(frozen=True)
class PlaylistLine:
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


def csv_file(name: str, lines: Sequence[PlaylistLine]) -> bytes:
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


def m3u8_file(name: str, lines: Sequence[PlaylistLine]) -> bytes:
    """An extended M3U; a track without an address is named as a file might be."""
    told = ["#EXTM3U", f"#PLAYLIST:{_flatten_line(name)}"]
    for line in lines:
        seconds = -1 if line.milliseconds is None else round(line.milliseconds / 1000)
        shown = f"{_flatten_line(line.creator)} - {_flatten_line(line.title)}"
        told += [f"#EXTINF:{seconds},{shown}", line.address or shown.replace("/", "-") + ".mp3"]
    return ("\n".join(told) + "\n").encode()


def _flatten_line(text: str) -> str:
    return " ".join(text.split())


def xspf_file(name: str, lines: Sequence[PlaylistLine]) -> bytes:
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


def jspf_file(name: str, lines: Sequence[PlaylistLine]) -> bytes:
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


def _fields(line: PlaylistLine) -> dict[str, Any]:
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


FORMATS: Mapping[str, tuple[str, str, Callable[[str, Sequence[PlaylistLine]], bytes]]] = {
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
    """What it was made from; ``musicai.ranking.playlists`` makes it anew."""
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


_SPOTIFY_ID = 22
"""Length of a Spotify track id."""


@dataclass(frozen=True)
class Duplicate:
    """A track of a list that is the same recording as one before it."""

    track_id: str
    """The later one."""
    first: str
    """Id of the one before it."""


def list_entries(library: Library, track_ids: Sequence[str]) -> list[ListEntry]:
    """Tracks as a list keeps them; ids that are not here are left out."""
    rows = library.vocabulary.rows(track_ids)
    names = library.tracks["name"].to_numpy(dtype=object)
    artists = library.tracks["artists"].to_numpy(dtype=object)
    return [
        ListEntry(track_id, str(names[row]), str(artists[row]))
        for track_id, row in zip(track_ids, rows, strict=True)
        if row >= 0
    ]


def duplicates(library: Library, tracks: Sequence[ListEntry]) -> list[Duplicate]:
    """Tracks that are a recording which the list has before: the same song, released again."""
    rows = library.vocabulary.rows([track.track_id for track in tracks])
    recording = library.tracks["recording"].to_numpy()
    first: dict[int, str] = {}
    found = []
    for track, row in zip(tracks, rows, strict=True):
        if row < 0:
            continue
        known = first.setdefault(int(recording[row]), track.track_id)
        if known != track.track_id:
            found.append(Duplicate(track.track_id, known))
    return found


def lines(library: Library, tracks: Sequence[ListEntry]) -> list[PlaylistLine]:
    """What a file says of each track of a list."""
    rows = library.vocabulary.rows([track.track_id for track in tracks])
    albums = library.tracks["album"].to_numpy(dtype=object)
    lengths = library.tracks["duration_ms"].to_numpy()
    return [
        PlaylistLine(
            track.track_id,
            track.name,
            artists_of(track),
            str(albums[row]) if row >= 0 else "",
            None if row < 0 or math.isnan(lengths[row]) else float(lengths[row]),
            address(track.track_id),
        )
        for track, row in zip(tracks, rows, strict=True)
    ]


def total_ms(library: Library, tracks: Sequence[ListEntry]) -> tuple[float, int]:
    """The length of a list in milliseconds, and of how many of its tracks none is known."""
    known = [line.milliseconds for line in lines(library, tracks)]
    return sum(length for length in known if length is not None), known.count(None)


def artists_of(track: ListEntry) -> tuple[str, ...]:
    """The artists of a track, one by one."""
    return tuple(part.strip() for part in track.artists.split(ARTIST_SEPARATOR) if part.strip())


def address(track_id: str) -> str | None:
    """The track's page at Spotify; None where the id is not one of Spotify's."""
    if track_id.startswith(INVENTED_PREFIX):
        return None
    if len(track_id) == _SPOTIFY_ID and track_id.isalnum():
        return f"https://open.spotify.com/track/{track_id}"
    return None


def search_address(track_id: str, words: str) -> str | None:
    """The track's page, or a search for it where it has none; None if it is invented."""
    if track_id.startswith(INVENTED_PREFIX):
        return None
    found = f"https://open.spotify.com/search/{quote(words, safe='')}"
    return address(track_id) or found


def write_playlist(library: Library, name: str, tracks: Sequence[ListEntry], ending: str) -> bytes:
    """A list as a file.

    Args:
        library: Where lengths and albums are known from.
        name: The playlist's title.
        tracks: In order.
        ending: One of ``playlist_formats.FORMATS``.

    Raises:
        QueryError: there is no such format.
    """
    if ending not in FORMATS:
        raise QueryError(f"There is no format {ending!r}; choose from {', '.join(FORMATS)}.")
    return FORMATS[ending][2](name, lines(library, tracks))
