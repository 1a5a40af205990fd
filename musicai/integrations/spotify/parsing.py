"""Answers of the Web API as plain values. Every field may be missing, and rows may be null.

Since February 2026 rows of playlists have ``item`` where they had ``track``, and playlists have
``items`` where they had ``tracks``; both are read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from musicai.library.formats.fields import clean_text, parse_iso_times, parse_isrc

SOURCE = "spotify_api"
"""Where all of this came from; rows so marked are not trained on and not kept without consent."""

_ID = re.compile(r"[0-9A-Za-z]{22}")
_LONGEST = 500
"""Characters of a name that are read."""


@dataclass(frozen=True)
class ApiTrack:
    """A track as the Web API tells it."""

    source: ClassVar[str] = SOURCE

    name: str
    artists: tuple[str, ...]
    track_id: str = ""
    """Spotify's id; "" for a file of the person's own."""
    album: str = ""
    released: str = ""
    """YYYY, YYYY-MM or YYYY-MM-DD; "" where it is not told."""
    duration_ms: float | None = None
    explicit: bool | None = None
    isrc: str = ""
    noted_at: int = -1
    """When it was saved, added or played, seconds since 1970; −1 for not known."""

    @property
    def uri(self) -> str:
        """What playlists hold; "" for a file of the person's own."""
        return f"spotify:track:{self.track_id}" if self.track_id else ""

    @property
    def url(self) -> str:
        """Its page at Spotify; "" for a file of the person's own."""
        return f"https://open.spotify.com/track/{self.track_id}" if self.track_id else ""


@dataclass(frozen=True)
class ApiArtist:
    """An artist as the Web API tells it; genres are no longer told reliably."""

    source: ClassVar[str] = SOURCE

    name: str
    artist_id: str

    @property
    def url(self) -> str:
        """Its page at Spotify."""
        return f"https://open.spotify.com/artist/{self.artist_id}"


@dataclass(frozen=True)
class ApiPlaylist:
    """A playlist's head; its rows are read apart."""

    source: ClassVar[str] = SOURCE

    playlist_id: str
    name: str
    owner_id: str = ""
    owner: str = ""
    collaborative: bool = False
    total: int | None = None
    """How many rows it has; None where it is not told, as for playlists of others."""

    @property
    def url(self) -> str:
        """Its page at Spotify."""
        return f"https://open.spotify.com/playlist/{self.playlist_id}"


@dataclass(frozen=True)
class SkippedRow:
    """A row that is no track, and why."""

    why: str


def track_of(row: Any) -> ApiTrack | SkippedRow:
    """The track of a row of a list, or of a track itself."""
    if not isinstance(row, Mapping):
        return SkippedRow("an empty row")
    wrapped = any(name in row for name in ("item", "track", "added_at", "played_at"))
    track = (row.get("item") or row.get("track")) if wrapped else row
    if not isinstance(track, Mapping):
        return SkippedRow("no longer available")
    if track.get("type") == "episode":
        return SkippedRow("a podcast episode")
    name = _text(track.get("name"))
    track_id = _id(track.get("id"))
    local = bool(row.get("is_local") or track.get("is_local"))
    if not name or not (track_id or local):
        return SkippedRow("without a name or an id")
    return ApiTrack(
        name=name,
        artists=_names(track.get("artists")),
        track_id="" if local else track_id,
        album=_text(_mapping(track.get("album")).get("name")),
        released=_text(_mapping(track.get("album")).get("release_date"))[:10],
        duration_ms=_length(track.get("duration_ms")),
        explicit=track["explicit"] if isinstance(track.get("explicit"), bool) else None,
        isrc=parse_isrc(_text(_mapping(track.get("external_ids")).get("isrc"))),
        noted_at=int(parse_iso_times([_text(row.get("added_at") or row.get("played_at"))])[0]),
    )


def artist_of(row: Any) -> ApiArtist | SkippedRow:
    """An artist."""
    told = _mapping(row)
    name, artist_id = _text(told.get("name")), _id(told.get("id"))
    return (
        ApiArtist(name, artist_id) if name and artist_id else SkippedRow("without a name or an id")
    )


def playlist_of(row: Any) -> ApiPlaylist | SkippedRow:
    """A playlist's head."""
    told = _mapping(row)
    playlist_id = _id(told.get("id"))
    if not playlist_id:
        return SkippedRow("without an id")
    owner = _mapping(told.get("owner"))
    rows = told.get("items") if isinstance(told.get("items"), Mapping) else told.get("tracks")
    total = _mapping(rows).get("total")
    return ApiPlaylist(
        playlist_id=playlist_id,
        name=_text(told.get("name")) or "Untitled",
        owner_id=_text(owner.get("id")),
        owner=_text(owner.get("display_name")) or _text(owner.get("id")),
        collaborative=told.get("collaborative") is True,
        total=total if isinstance(total, int) and total >= 0 else None,
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return clean_text(value)[:_LONGEST] if isinstance(value, str) else ""


def _id(value: Any) -> str:
    return value if isinstance(value, str) and _ID.fullmatch(value) else ""


def _names(value: Any) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else []
    return tuple(name for one in listed if (name := _text(_mapping(one).get("name"))))


def _length(value: Any) -> float | None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if number and 0 < value < 24 * 3600 * 1000 else None
