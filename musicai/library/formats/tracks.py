"""From columns of text to track tables: numbers, ranges, one row a track."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus

import numpy as np
import numpy.typing as npt
import pandas as pd

from musicai.data.frames import conform
from musicai.data.library import (
    ARTIST_SEPARATOR,
    AUDIO_FEATURES,
    KEY_COLUMNS,
    SOURCE_TRACK_COLUMNS,
    UNIT_FEATURES,
)
from musicai.data.parsed import MAX_PLAY_MS
from musicai.data.text_keys import name_id
from musicai.library.formats.csv_text import CsvChunk
from musicai.library.formats.fields import (
    Complaints,
    clean_artist,
    clean_text,
    parse_flag,
    parse_genres,
    parse_spotify_id,
    parse_year,
)

Numbers = npt.NDArray[np.float64]

RANGES: dict[str, tuple[float, float]] = {
    **dict.fromkeys(UNIT_FEATURES, (0.0, 1.0)),
    "tempo": (1.0, 400.0),
    "loudness": (-100.0, 20.0),
    "popularity": (0.0, 100.0),
    "duration_ms": (1.0, 24 * 3600 * 1000.0),
    "key": (0.0, 11.0),
    "mode": (0.0, 1.0),
}
"""What a number may be, both ends included. Loudness above 0 dB does occur."""

_UNKNOWN = {"tempo": 0.0, "duration_ms": 0.0, "key": -1.0, "mode": -1.0}
"""What stands for "not measured"; Spotify writes −1 where it found no key or mode."""


def build_tracks_frame(columns: Mapping[str, Any]) -> pd.DataFrame:
    """``SOURCE_TRACK_COLUMNS`` from the columns that are there; the rest is not known."""
    size = len(columns["track_id"])
    filled: dict[str, Any] = {}
    for name, dtype in SOURCE_TRACK_COLUMNS.items():
        if name in columns:
            values = columns[name]
            filled[name] = (
                pd.Series(list(values), dtype=dtype) if dtype in ("str", "boolean") else values
            )
        elif dtype == "str":
            filled[name] = pd.Series("", index=range(size), dtype="str")
        elif dtype == "boolean":
            filled[name] = pd.Series(pd.NA, index=range(size), dtype="boolean")
        else:
            filled[name] = np.full(size, np.nan, dtype=np.float32)
    return conform(pd.DataFrame(filled), SOURCE_TRACK_COLUMNS, "source tracks")


def parse_numbers(fields: Sequence[str], *, decimal_comma: bool) -> Numbers:
    """(n,) the fields as numbers; NaN where a field is blank or no finite number."""
    if decimal_comma:
        fields = [text.replace(",", ".") for text in fields]
    values = pd.to_numeric(pd.Series(fields, dtype=object), errors="coerce")
    result = values.to_numpy(dtype=np.float64, copy=True)
    result[~np.isfinite(result)] = np.nan
    return result


def mark_believable(name: str, values: Numbers) -> npt.NDArray[np.bool_]:
    """(n,) whether each value can be that measure: in its range, and a key or mode is whole."""
    low, high = RANGES[name]
    inside: npt.NDArray[np.bool_] = (values >= low) & (values <= high)
    return inside & (np.floor(values) == values) if name in KEY_COLUMNS else inside


def parse_descriptors(
    chunk: CsvChunk, names: Mapping[str, str], complaints: Complaints, *, decimal_comma: bool
) -> dict[str, Numbers]:
    """Audio features, key, popularity and duration of the rows of a chunk.

    A value that is no number or out of its range becomes NaN, with a complaint;
    its row stays. What means "not measured" becomes NaN without one: a tempo or a
    duration of 0, a key or a mode of −1, and all features and the key of a row whose
    unit features are all 0.

    Args:
        chunk: The rows.
        names: Column of the file by the name of the measure.
        complaints: Where to say what was not taken.
        decimal_comma: Whether numbers may be written as ``0,5``.
    """
    found: dict[str, Numbers] = {}
    strange: dict[int, list[str]] = {}
    for name in RANGES:
        if name not in names:
            continue
        fields = chunk.get_column(names[name])
        values = parse_numbers(fields, decimal_comma=decimal_comma)
        unknown = values == _UNKNOWN.get(name, np.nan)
        bad = ~mark_believable(name, values) & ~unknown
        for place in np.flatnonzero(bad).tolist():
            if fields[place].strip().casefold() not in ("", "na", "nan", "null", "none"):
                strange.setdefault(place, []).append(f"{name} {fields[place].strip()[:20]}")
        values[bad | unknown] = np.nan
        found[name] = values
    _drop_unmeasured(found)
    for place in sorted(strange):
        complaints.add(
            f"line {chunk.lines[place]}",
            f"Out of range or no number: {', '.join(strange[place])}. The row was kept; these "
            "values count as not known.",
        )
    return found


def _drop_unmeasured(found: dict[str, Numbers]) -> None:
    if not all(name in found for name in UNIT_FEATURES):
        return
    empty = np.all([found[name] == 0 for name in UNIT_FEATURES], axis=0)
    for name in (*AUDIO_FEATURES, *KEY_COLUMNS):
        if name in found:
            found[name][empty] = np.nan


@dataclass
class TrackRows:
    """The tracks of one file, one a track id, in the order in which they were first met."""

    index: dict[str, int] = field(default_factory=dict)
    """Row by track id."""
    names: list[str] = field(default_factory=list)
    artists: list[str] = field(default_factory=list)
    albums: list[str] = field(default_factory=list)
    genres: list[str] = field(default_factory=list)
    isrcs: list[str] = field(default_factory=list)
    explicit: list[bool | None] = field(default_factory=list)
    years: list[float] = field(default_factory=list)
    _measures: list[dict[str, Numbers]] = field(default_factory=list)
    _sizes: list[int] = field(default_factory=list)
    _pending: list[int] = field(default_factory=list)

    def add(
        self,
        place: int,
        track_id: str,
        *,
        name: str,
        artists: str,
        album: str,
        genre_text: str,
        isrc: str,
        explicit: str,
        date: str,
    ) -> int:
        """Take the row at ``place`` of the chunk as a new track; returns its row here."""
        row = len(self.index)
        self.index[track_id] = row
        self.names.append(name)
        self.artists.append(artists)
        self.albums.append(album)
        self.genres.append(genre_text)
        self.isrcs.append(isrc)
        mark = parse_flag(explicit)
        self.explicit.append(None if mark < 0 else bool(mark))
        self.years.append(parse_year(date))
        self._pending.append(place)
        return row

    def merge_genres(self, row: int, genre_text: str) -> None:
        """Add the genres of another row of the same track."""
        if genre_text and genre_text != self.genres[row]:
            self.genres[row] = parse_genres(f"{self.genres[row]}{ARTIST_SEPARATOR}{genre_text}")

    def close_chunk(self, found: Mapping[str, Numbers]) -> None:
        """Keep the measures of the rows that were added since the last call."""
        places = np.array(self._pending, dtype=np.intp)
        self._measures.append(
            {name: values[places].astype(np.float32) for name, values in found.items()}
        )
        self._sizes.append(len(places))
        self._pending = []

    def build_frame(self) -> pd.DataFrame:
        """``SOURCE_TRACK_COLUMNS``."""
        columns: dict[str, Any] = {
            "track_id": list(self.index),
            "name": self.names,
            "artists": self.artists,
            "album": self.albums,
            "genres": self.genres,
            "isrc": self.isrcs,
            "explicit": self.explicit,
            "year": np.array(self.years, dtype=np.float32),
        }
        for name in RANGES:
            parts = [
                chunk.get(name, np.full(size, np.nan, dtype=np.float32))
                for chunk, size in zip(self._measures, self._sizes, strict=True)
            ]
            if parts:
                columns[name] = np.concatenate(parts)
        return build_tracks_frame(columns)


def make_track_id(uri: str, artists: str, name: str) -> str:
    """The Spotify id in ``uri``, else the id made of the names, else ""."""
    found = parse_spotify_id(uri)
    if found:
        return found
    return name_id(artists, name) if name and artists else ""


PREFIX = "spotify:local:"


@dataclass(frozen=True)
class LocalTrack:
    """What the URI of a local file says; "" or NaN for what it does not."""

    name: str
    artists: str
    album: str
    duration_ms: float


def parse_local_track(uri: str) -> LocalTrack | None:
    """A local file by its URI, or None for any other URI.

    The parts are percent-encoded, with "+" for a blank; each may be empty. A colon inside a
    part is encoded too; where an old client left it bare it is taken into the title.
    """
    uri = uri.strip()
    if not uri.startswith(PREFIX):
        return None
    parts = uri.removeprefix(PREFIX).split(":")
    duration = math.nan
    if len(parts) > 3 and parts[-1].isascii() and parts[-1].isdigit():
        seconds = parts.pop()
        if len(seconds) < 7 and 0 < int(seconds) * 1000 <= MAX_PLAY_MS:
            duration = int(seconds) * 1000.0
    artist, album, *title = (unquote_plus(part) for part in (*parts, "", "")[: max(len(parts), 2)])
    return LocalTrack(
        clean_text(":".join(title)), clean_artist(artist), clean_text(album), duration
    )


class NamedTracks:
    """The tracks of one file, one a track id, in the order in which they were first met."""

    def __init__(self) -> None:
        self._row: dict[str, int] = {}
        self._names: list[str] = []
        self._artists: list[str] = []
        self._albums: list[str] = []
        self._durations: list[float] = []

    def add_track(
        self, name: str, artist: str, album: str = "", uri: str = "", duration: float = math.nan
    ) -> int:
        """The row of a track, or −1 where neither an id nor names say which it is."""
        title, by = clean_text(name), clean_artist(artist)
        track_id = make_track_id(uri, by, title) if title else ""
        if not track_id:
            return -1
        row = self._row.setdefault(track_id, len(self._row))
        if row == len(self._names):
            self._names.append(title)
            self._artists.append(by)
            self._albums.append(clean_text(album))
            self._durations.append(duration)
        return row

    def build_frame(self) -> pd.DataFrame:
        """``SOURCE_TRACK_COLUMNS``."""
        return build_tracks_frame(
            {
                "track_id": list(self._row),
                "name": self._names,
                "artists": self._artists,
                "album": self._albums,
                "duration_ms": np.array(self._durations, dtype=np.float32),
            }
        )
