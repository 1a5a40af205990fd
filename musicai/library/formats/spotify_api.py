"""Lists that the person chose to keep from Spotify's Web API.

``musicai.integrations.spotify.consent`` writes this form, after the person has read what Spotify's
terms say. The rows are marked as born in the API like those of Exportify: without consent nothing
is trained on them, and a disconnect deletes them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import orjson
import pandas as pd

from musicai.core.errors import UnreadableFile
from musicai.data.frames import conform
from musicai.data.parsed import SOURCE_ITEM_COLUMNS, ParsedFile, ReadOptions, Source
from musicai.library.formats.fields import (
    Complaints,
    clean_text,
    get_latest_time,
    join_artists,
    parse_isrc,
    parse_year,
)
from musicai.library.formats.tracks import RANGES, build_tracks_frame, make_track_id

NAME = "spotify_api"

MARK = "musicai_spotify_api"
"""The first key of the object, which says what it is."""


def sniff(head: bytes) -> bool:
    """An object whose first key says so."""
    return head.lstrip().startswith(b'{"' + MARK.encode() + b'"')


def parse(data: bytes, file: str, options: ReadOptions) -> ParsedFile:
    """The playlists of the file with their tracks.

    Raises:
        UnreadableFile: it is damaged as a whole.
    """
    try:
        told = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise UnreadableFile(
            f"The lists kept from Spotify are damaged ({error}). Keep them again on Connect."
        ) from error
    rows = _Rows(Complaints(file))
    for name, place, row in _read_playlist_rows(told):
        rows.take(name, place, row)
    return rows.build_file(file)


def _read_playlist_rows(told: Any) -> Iterator[tuple[str, int, Any]]:
    """(playlist, place, row) of all rows."""
    playlists = told.get("playlists") if isinstance(told, Mapping) else None
    for playlist in playlists if isinstance(playlists, list) else []:
        if isinstance(playlist, Mapping) and isinstance(playlist.get("rows"), list):
            name = clean_text(str(playlist.get("name") or ""))[:200] or "Playlist"
            for place, row in enumerate(playlist["rows"], 1):
                yield name, place, row


class _Rows:
    def __init__(self, complaints: Complaints) -> None:
        self._complaints = complaints
        self._row: dict[str, int] = {}
        self._tracks: dict[str, list[Any]] = {
            name: []
            for name in ("name", "artists", "album", "isrc", "year", "duration_ms", "explicit")
        }
        self._items: dict[str, list[Any]] = {name: [] for name in SOURCE_ITEM_COLUMNS}
        self._read = self._rejected = 0

    def take(self, playlist: str, place: int, row: Any) -> None:
        self._read += 1
        told = row if isinstance(row, Mapping) else {}
        name = _clean_value(told.get("name"))
        listed = told.get("artists")
        artists = join_artists(
            [_clean_value(a) for a in listed] if isinstance(listed, list) else []
        )
        track_id = make_track_id(_clean_value(told.get("id")), artists, name) if name else ""
        if not track_id:
            self._rejected += 1
            self._complaints.add(
                f"{playlist}, row {place}", "It names no track: the title or an artist is missing."
            )
            return
        at = self._row.setdefault(track_id, len(self._row))
        if at == len(self._tracks["name"]):
            self._describe(told, name, artists)
        added = told.get("added_at")
        dated = isinstance(added, int) and 0 <= added <= get_latest_time()
        values = (playlist, at, place - 1, added if dated else -1)
        for column, value in zip(SOURCE_ITEM_COLUMNS, values, strict=True):
            self._items[column].append(value)

    def _describe(self, told: Mapping[str, Any], name: str, artists: str) -> None:
        low, high = RANGES["duration_ms"]
        length = told.get("duration_ms")
        explicit = told.get("explicit")
        for column, value in {
            "name": name,
            "artists": artists,
            "album": _clean_value(told.get("album")),
            "isrc": parse_isrc(_clean_value(told.get("isrc"))),
            "year": parse_year(_clean_value(told.get("released"))),
            "duration_ms": (
                float(length)
                if isinstance(length, int | float) and low <= length <= high
                else math.nan
            ),
            "explicit": explicit if isinstance(explicit, bool) else pd.NA,
        }.items():
            self._tracks[column].append(value)

    def build_file(self, file: str) -> ParsedFile:
        numbers = {
            name: np.array(self._tracks[name], dtype=np.float32) for name in ("year", "duration_ms")
        }
        return ParsedFile(
            file=file,
            format=NAME,
            kind="playlist",
            tracks=build_tracks_frame({**self._tracks, **numbers, "track_id": list(self._row)}),
            playlist_items=conform(pd.DataFrame(self._items), SOURCE_ITEM_COLUMNS, "items"),
            read=self._read,
            rejected=self._rejected,
            problems=self._complaints.list_problems(),
            api_born=True,
        )


def _clean_value(value: Any) -> str:
    return clean_text(value) if isinstance(value, str) else ""


SOURCE = Source(name=NAME, label="lists kept from Spotify's API", sniff=sniff, parse=parse)
