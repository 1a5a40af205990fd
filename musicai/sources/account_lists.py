"""The playlists and the library of Spotify's account data, from JSON already read."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from musicai.data.frames import conform
from musicai.data.parsed import SOURCE_ITEM_COLUMNS
from musicai.sources.complaints import Complaints
from musicai.sources.local_tracks import local_track
from musicai.sources.named_tracks import NamedTracks
from musicai.sources.values import EARLIEST, clean, iso_seconds, latest

LIKED = "Liked Songs"
"""The playlist that the tracks of ``YourLibrary.json`` become, as Spotify itself calls it."""

NOT_MUSIC_URIS = ("spotify:episode:", "spotify:show:", "spotify:chapter:", "spotify:audiobook:")

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")


class ListItems:
    """The rows of the playlists of one file."""

    def __init__(self, complaints: Complaints) -> None:
        self.tracks = NamedTracks()
        self.read = self.not_music = self.rejected = 0
        self.complaints = complaints
        self._playlists: list[str] = []
        self._rows: list[int] = []
        self._positions: list[int] = []
        self._dates: list[str] = []

    def add(self, playlist: str, position: int, row: int, date: object = None) -> None:
        """Keep a row of ``tracks`` in its place of a playlist; a row of −1 is rejected."""
        if row < 0:
            self.reject(
                _where(playlist, position), "names no track, or only a title without an artist"
            )
            return
        self._playlists.append(playlist)
        self._rows.append(row)
        self._positions.append(position)
        self._dates.append(date if isinstance(date, str) else "")

    def reject(self, where: str, what: str) -> None:
        """Leave a row out and say so."""
        self.rejected += 1
        self.complaints.add(where, f"The row {what}; it was left out.")

    def frame(self) -> pd.DataFrame:
        """``SOURCE_ITEM_COLUMNS``."""
        seconds = iso_seconds(self._dates)
        known = (seconds >= EARLIEST) & (seconds <= latest())
        for place in np.flatnonzero(~known & (seconds != 0)).tolist():
            if text := self._dates[place].strip():
                self.complaints.add(
                    _where(self._playlists[place], self._positions[place]),
                    f"{clean(text)[:40]!r} is no believable date of adding. The row was kept; "
                    "the date counts as not known.",
                )
        items = pd.DataFrame(
            {
                "playlist": pd.Series(self._playlists, dtype="str"),
                "track": np.array(self._rows, dtype=np.int32),
                "position": np.array(self._positions, dtype=np.int32),
                "added_at": np.where(known, seconds, -1).astype(np.int64),
            }
        )
        return conform(items, SOURCE_ITEM_COLUMNS, "source playlist items")


def _where(playlist: str, position: int) -> str:
    return f"playlist “{playlist}”, row {position + 1}"


def playlists_of(playlists: list[Any], complaints: Complaints) -> ListItems:
    """The items of the playlists in ``Playlist*.json``, each list under a name of its own."""
    items = ListItems(complaints)
    names = playlist_names(
        [_text(entry, "name") if isinstance(entry, dict) else "" for entry in playlists]
    )
    for number, (name, playlist) in enumerate(zip(names, playlists, strict=True), 1):
        rows = None
        if isinstance(playlist, dict):
            rows = playlist.get("items", playlist.get("tracks", []))
        if not isinstance(rows, list):
            items.read += 1
            items.reject(f"playlist {number}", "is no playlist with a list of items")
            continue
        for position, item in enumerate(rows):
            items.read += 1
            _take_item(items, name, position, item)
    return items


def _take_item(items: ListItems, playlist: str, position: int, item: Any) -> None:
    """One item: a track, a local file, an episode or a chapter, or nothing at all."""
    if not isinstance(item, dict):
        items.reject(_where(playlist, position), "is empty")
        return
    # the oldest files put the names of the track into the item itself
    track = item if "trackName" in item else item.get("track")
    local = item.get("localTrack")
    if isinstance(track, dict) and not _text(track, "trackUri").startswith(NOT_MUSIC_URIS):
        name, artist, album = (
            unescaped(_text(track, key)) for key in ("trackName", "artistName", "albumName")
        )
        row = _row_of(items.tracks, name, artist, album, _text(track, "trackUri"))
    elif isinstance(local, dict):
        row = _row_of(items.tracks, "", "", "", _text(local, "uri"))
    elif isinstance(track, dict) or item.get("episode") or item.get("audiobook"):
        items.not_music += 1
        return
    else:
        what = "names nothing: what stood here was gone from Spotify at the export"
        items.reject(_where(playlist, position), what)
        return
    items.add(playlist, position, row, item.get("addedDate"))


def library_of(content: Mapping[str, Any], complaints: Complaints) -> ListItems:
    """The liked tracks of ``YourLibrary.json``; its shows and episodes are counted as no music."""
    items = ListItems(complaints)
    for position, track in enumerate(_list(content, "tracks", complaints)):
        items.read += 1
        if not isinstance(track, dict):
            items.reject(_where(LIKED, position), "is empty")
            continue
        name, artist, album = (_text(track, key) for key in ("track", "artist", "album"))
        items.add(LIKED, position, _row_of(items.tracks, name, artist, album, _text(track, "uri")))
    for key in ("shows", "episodes"):
        n_rows = len(_list(content, key, complaints))
        items.read += n_rows
        items.not_music += n_rows
    return items


def _row_of(tracks: NamedTracks, name: str, artist: str, album: str, uri: str) -> int:
    """The row of a track by what its item says, and of a local file by what its URI adds."""
    local = local_track(uri)
    if local is None:
        return tracks.of(name, artist, album, uri)
    return tracks.of(
        name or local.name,
        artist or local.artists,
        album or local.album,
        duration=local.duration_ms,
    )


def _list(content: Mapping[str, Any], key: str, complaints: Complaints) -> list[Any]:
    found = content.get(key)
    if isinstance(found, list):
        return found
    if found is not None:
        complaints.add(key, "This part of the file is no list and was passed over.")
    return []


def _text(entry: Mapping[str, Any], key: str) -> str:
    """A name; one that a program wrote as a number (the album 1989) is its digits."""
    value = entry.get(key)
    return value if isinstance(value, str) else str(value) if type(value) is int else ""


def unescaped(text: str) -> str:
    """The text with HTML entities read; only complete ones, for a name may hold a bare "&"."""
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)


def playlist_names(names: Sequence[str]) -> tuple[str, ...]:
    """One name a playlist: of several with the same, the later ones get " (2)", " (3)" and so on.

    A name that a playlist really bears is never given to another one, so the names stay the
    same whenever the same file is read.
    """
    return tuple(_apart([clean(unescaped(name))[:200] or "Playlist" for name in names]))


def _apart(names: list[str]) -> Iterator[str]:
    borne, given = set(names), set[str]()
    count: dict[str, int] = {}
    for name in names:
        shown = name
        while shown in given or (shown != name and shown in borne):
            count[name] = count.get(name, 1) + 1
            shown = f"{name} ({count[name]})"
        given.add(shown)
        yield shown
