"""The XML file of an iTunes library: last plays, and playlists.

A track tells how often it was played and when last; the earlier plays have no time,
so one play a track is taken and the rest is named in the report. File locations and
people's names are never taken.
"""

from __future__ import annotations

import plistlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from xml.parsers.expat import ExpatError

import pandas as pd

from musicai.core.errors import UnreadableFile
from musicai.data.frames import conform
from musicai.data.parsed import SOURCE_ITEM_COLUMNS, ParsedFile, ReadOptions, Source
from musicai.library.formats.csv_text import decode_text
from musicai.library.formats.fields import Complaints, clean_text, get_latest_time
from musicai.library.formats.scrobbles import Scrobbles, parse_length

NAME = "itunes"

LIBRARY = "iTunes library"
"""The playlist that all tracks of the library become."""

NEVER = (1904, 2040)
"""Years of the first and the last second that a Mac's clock of 32 bits can show; iTunes writes
them (4294963696) as the play date of tracks that were never played."""

MOST_PLAYS = 1_000_000
"""A larger play count is damage, not love; it counts as one play."""

DEEPEST = 50
"""Levels of ``dict`` and ``array`` in a file; a library has five."""

_KEYS = ("Tracks", "Playlist Items", "Library Persistent ID")
_NOT_MUSIC = ("Podcast", "Movie", "TV Show", "Audiobook", "iTunesU", "Voice Memo", "Ringtone")
_SPOKEN = frozenset(("podcast", "podcasts", "audiobook", "audiobooks", "books & spoken"))
_NOT_SONGS = ("audible", "book", "pdf", "epub", "ringtone", "app")
_CONTAINER = re.compile(rb"<(/?)(?:dict|array)>")


def sniff(head: bytes) -> bool:
    """A property list with the keys of a music library; in sorted files the playlists lead."""
    text = decode_text(head)
    return "<plist" in text[:2000] and any(f"<key>{key}</key>" in text for key in _KEYS)


def parse(data: bytes, file: str, options: ReadOptions) -> ParsedFile:
    """The last plays, and as a further part the playlists.

    Raises:
        UnreadableFile: the XML is damaged, or is no library.
    """
    library = _load(data)
    tracks = library.get("Tracks")
    if not isinstance(tracks, dict):
        raise UnreadableFile("The file holds no tracks. Export the library from iTunes again.")
    plays = Scrobbles(file, NAME, Complaints(file))
    undated = sum(_take_play(plays, key, track) for key, track in tracks.items())
    if undated:
        plays.complaints.add(
            "",
            f"{undated:,} further plays have no date in this file, only their number; they were "
            "not taken in.",
        )
    lists = _Lists(Scrobbles(file, NAME, Complaints(file)))
    for key, track in tracks.items():
        lists.take_track(key, track)
    playlists = library.get("Playlists")
    for number, playlist in enumerate(playlists if isinstance(playlists, list) else [], 1):
        lists.take_playlist(number, playlist)
    return replace(plays.build_file(), further=(lists.build_part(),))


def _load(data: bytes) -> Mapping[str, Any]:
    """The property list.

    Entities are the known way to make XML dangerous: a few of them that name each other grow to
    gigabytes, and external ones make the reader open other files and addresses. Property lists
    need none. plistlib refuses a file that declares one before it is used, in any encoding, and
    its parser (expat) opens nothing besides the file, the DTD in its second line included. It
    does not call itself for nested elements either; their depth is limited all the same, since
    whoever walks or frees such a tree later might.
    """
    if _measure_depth(data) > DEEPEST:
        raise UnreadableFile("The file is nested far deeper than any library. Export it again.")
    try:
        library = plistlib.loads(data, fmt=plistlib.FMT_XML)
    except plistlib.InvalidFileException as error:
        raise UnreadableFile(
            "The XML declares entities or is no property list; iTunes writes neither. Export the "
            "library again."
        ) from error
    except (ExpatError, ValueError, TypeError, LookupError, AttributeError, OverflowError,
            RecursionError) as error:  # fmt: skip
        raise UnreadableFile(
            f"The XML is damaged or cut off ({str(error)[:100]}). Export the library again."
        ) from error
    if not isinstance(library, dict):
        raise UnreadableFile("The file is no library. Export the library from iTunes again.")
    return library


def _measure_depth(data: bytes) -> int:
    deepest = depth = 0
    for tag in _CONTAINER.finditer(data):
        depth += -1 if tag[1] else 1
        deepest = max(deepest, depth)
    return deepest


def _to_seconds(value: object) -> int:
    """Seconds since 1970 of a date; −1 for none, and for one that is not yet."""
    if not isinstance(value, datetime):
        return -1
    seconds = int(value.replace(tzinfo=UTC).timestamp())
    return seconds if 0 < seconds <= get_latest_time() else -1


def _is_music(track: Mapping[str, Any]) -> bool:
    """Whether a track is a song, or a song's video."""
    if any(track.get(key) is True for key in _NOT_MUSIC) or track.get("Track Type") == "URL":
        return False
    if track.get("Has Video") is True and track.get("Music Video") is not True:
        return False
    kind, genre = (str(track.get(key) or "")[:100].casefold() for key in ("Kind", "Genre"))
    words = set(re.findall(r"[a-z]+", kind))
    return genre not in _SPOKEN and not words.intersection(_NOT_SONGS)


def _get_artist(track: Mapping[str, Any]) -> object:
    return track.get("Artist") or track.get("Album Artist")


def _take_play(plays: Scrobbles, key: str, track: Any) -> int:
    """Take the last play, if there was one; returns how many more have no date."""
    if not isinstance(track, dict):
        return 0  # counted with the library's tracks
    count, at = track.get("Play Count"), track.get("Play Date UTC")
    if type(count) is not int or count < 1:
        return 0
    count = count if count <= MOST_PLAYS else 1
    dated = isinstance(at, datetime) and NEVER[0] < at.year < NEVER[1]
    if not _is_music(track):
        plays.read += dated
        plays.not_music += dated
        return 0
    if not dated:
        return count
    length = parse_length(track.get("Total Time"))
    ended = _to_seconds(at)
    plays.add(
        f"track {key[:20]}",
        _get_artist(track),
        track.get("Name"),
        ended - length // 1000 if ended > 0 else -1,  # iTunes notes when a play was over
        album=track.get("Album"),
        duration_ms=length,
    )
    return count - 1


@dataclass
class _Lists:
    """The library and its playlists on their way to a part of their own."""

    rows: Scrobbles
    tracks: dict[str, int | None] = field(default_factory=dict)
    """Row of a track by its id in the file; None for one without names."""
    other: set[str] = field(default_factory=set)
    """Ids of what is not music."""
    items: list[tuple[str, int, int, int]] = field(default_factory=list)

    def take_track(self, key: str, track: Any) -> None:
        """One track of the library."""
        self.rows.read += 1
        row = None
        if isinstance(track, dict) and not _is_music(track):
            self.rows.not_music += 1
            self.other.add(key)
            return
        if isinstance(track, dict):
            row = self.rows.add_track(
                _get_artist(track),
                track.get("Name"),
                track.get("Album"),
                duration_ms=parse_length(track.get("Total Time")),
                genre=track.get("Genre"),
                year=track.get("Year"),
            )
        self.tracks[key] = row
        if row is None:
            self.rows.reject(f"track {key[:20]}", "has no artist or no title")
        else:
            self.items.append((LIBRARY, row, len(self.items), _to_seconds(track.get("Date Added"))))

    def take_playlist(self, number: int, playlist: Any) -> None:
        """One list of tracks, made by hand, by rules, or of a folder's lists."""
        if not isinstance(playlist, dict) or playlist.get("Master") is True:
            return  # the master list is the library itself
        given = playlist.get("Name")
        name = clean_text(given)[:200] if isinstance(given, str) else ""
        entries = playlist.get("Playlist Items")
        for place, entry in enumerate(entries if isinstance(entries, list) else [], 1):
            where = f"playlist {number} ({name[:60]}), item {place}"
            self.take_item(where, name or f"Playlist {number}", place - 1, entry)

    def take_item(self, where: str, name: str, position: int, entry: Any) -> None:
        """One row of a playlist."""
        self.rows.read += 1
        track_id = entry.get("Track ID") if isinstance(entry, dict) else None
        key = str(track_id) if isinstance(track_id, int | str) else ""
        row = self.tracks.get(key)
        if key in self.other:
            self.rows.not_music += 1
        elif row is not None:
            self.items.append((name, row, position, -1))
        elif key in self.tracks:
            self.rows.reject(where, "points at a track that has no artist or no title")
        else:
            self.rows.reject(where, "points at no track of this file")

    def build_part(self) -> ParsedFile:
        """The part with the playlists."""
        frame = pd.DataFrame(self.items, columns=list(SOURCE_ITEM_COLUMNS))
        return ParsedFile(
            file=self.rows.file,
            format=NAME,
            kind="playlist",
            tracks=self.rows.build_tracks(),
            playlist_items=conform(frame, SOURCE_ITEM_COLUMNS, "iTunes playlists"),
            read=self.rows.read,
            not_music=self.rows.not_music,
            rejected=self.rows.rejected,
            problems=self.rows.complaints.list_problems(),
        )


SOURCE = Source(name=NAME, label="iTunes library", sniff=sniff, parse=parse)
