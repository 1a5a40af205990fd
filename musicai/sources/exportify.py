"""Playlists as CSV from Exportify: exportify.net, and watsonbox's with English headers.

Both come through Spotify's API, so training on them needs consent. Who added a
row is never taken.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import numpy as np
import pandas as pd

from musicai.sources.base import SOURCE_ITEM_COLUMNS, ParsedFile, ReadOptions, Source
from musicai.sources.complaints import Complaints
from musicai.sources.text import CsvChunk, CsvHeader, CsvReading, csv_header
from musicai.sources.track_rows import TrackRows, measures, track_id_of
from musicai.sources.values import EARLIEST, clean, genres, iso_seconds, latest, one_artist
from musicai.tables import ARTIST_SEPARATOR, AUDIO_FEATURES, conform

NAME = "exportify"

ALIASES: dict[str, tuple[str, ...]] = {
    "uri": ("track uri", "spotify uri", "spotify id"),
    "name": ("track name",),
    "artists": ("artist name(s)", "artist name"),
    "artist_ids": ("artist uri(s)", "artist ids"),
    "album": ("album name",),
    "date": ("release date", "album release date"),
    "duration_ms": ("duration (ms)", "track duration (ms)"),
    "popularity": ("popularity",),
    "explicit": ("explicit",),
    "added_at": ("added at",),
    "genres": ("genres", "artist genres"),
    "isrc": ("isrc",),
    **{name: (name,) for name in AUDIO_FEATURES},
}
"""Column names through ``header_name``, by what they mean; the first that is there counts."""

NEEDED = ("uri", "name", "artists", "added_at")

_UNESCAPED_COMMA = re.compile(r"(?<!\\),\s*")
_BARE_COMMA = re.compile(r"(?<!\d),(?=\S)|,(?=[^\s\d])")
_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}\d{7}")


def columns_of(header: CsvHeader | None) -> dict[str, str] | None:
    """Column name by meaning, or None if this is not an Exportify file."""
    if header is None:
        return None
    names = set(header.names)
    found = {
        meaning: next(alias for alias in aliases if alias in names)
        for meaning, aliases in ALIASES.items()
        if names.intersection(aliases)
    }
    return found if all(name in found for name in NEEDED) else None


def sniff(head: bytes) -> bool:
    """A header with a track URI, its names and the time it was added."""
    return columns_of(csv_header(head)) is not None


def parse(data: bytes, file: str, options: ReadOptions) -> ParsedFile:
    """One playlist; duplicates in it stay rows.

    Raises:
        UnreadableFile: the file has no header of Exportify.
    """
    complaints = Complaints(file)
    reading = CsvReading(data, complaints)
    playlist = _Playlist(complaints, reading.header, playlist_name(file))
    for chunk in reading.chunks():
        playlist.take(chunk)
    read = playlist.read + reading.rejected
    if not read:
        complaints.add("", "The playlist has no rows. If it should have some, export it again.")
    return ParsedFile(
        file=file,
        format=NAME,
        kind="playlist",
        tracks=playlist.tracks.frame(),
        playlist_items=playlist.items(),
        read=read,
        not_music=playlist.not_music,
        rejected=playlist.rejected + reading.rejected,
        problems=complaints.problems(),
        api_born=True,
    )


def playlist_name(file: str) -> str:
    """The playlist's name from the file's: "Liked_Songs.csv" is "Liked Songs"."""
    last = PurePosixPath(file.rsplit(" › ", 1)[-1].replace("\\", "/")).name
    for ending in (".gz", ".csv", ".txt", ".tsv"):
        if last.casefold().endswith(ending):
            last = last[: -len(ending)]
    return clean(unicodedata.normalize("NFC", last).replace("_", " "))[:200] or "Playlist"


@dataclass
class _Playlist:
    complaints: Complaints
    header: CsvHeader
    name: str
    tracks: TrackRows = field(default_factory=TrackRows)
    read: int = 0
    not_music: int = 0
    rejected: int = 0
    _rows: list[int] = field(default_factory=list)
    _positions: list[int] = field(default_factory=list)
    _times: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.columns = columns_of(self.header) or {}

    def take(self, chunk: CsvChunk) -> None:
        """Sort the rows of a chunk out."""
        get = {meaning: chunk.column(self.columns.get(meaning)) for meaning in ALIASES}
        found = measures(
            chunk, self.columns, self.complaints, decimal_comma=self.header.decimal_comma
        )
        if "popularity" in found:
            local = np.array([uri.startswith("spotify:local:") for uri in get["uri"]], dtype=bool)
            found["popularity"][local] = np.nan
        times = self._added(chunk, get["added_at"])
        artists = self._artists(get["artists"], get["artist_ids"])
        for place, (uri, raw_name) in enumerate(zip(get["uri"], get["name"], strict=True)):
            self.read += 1
            name = clean(raw_name)
            if uri.startswith(("spotify:episode:", "spotify:chapter:")) or not (uri or name):
                self.not_music += 1
                continue
            track_id = track_id_of(uri, artists[place], name) if name else ""
            if not track_id:
                self._reject(chunk.lines[place])
                continue
            row = self.tracks.index.get(track_id)
            if row is None:
                isrc = get["isrc"][place].strip().replace("-", "").upper()
                row = self.tracks.add(
                    place,
                    track_id,
                    name=name,
                    artists=artists[place],
                    album=clean(get["album"][place]),
                    genre_text=genres(get["genres"][place]),
                    isrc=isrc if _ISRC.fullmatch(isrc) else "",
                    explicit=get["explicit"][place],
                    date=get["date"][place],
                )
            self._rows.append(row)
            self._positions.append(self.read - 1)
            self._times.append(times[place])
        self.tracks.close_chunk(found)

    def items(self) -> pd.DataFrame:
        """``SOURCE_ITEM_COLUMNS``."""
        size = len(self._rows)
        return conform(
            pd.DataFrame(
                {
                    "playlist": pd.Series(self.name, index=range(size), dtype="str"),
                    "track": np.array(self._rows, dtype=np.int32),
                    "position": np.array(self._positions, dtype=np.int32),
                    "added_at": np.array(self._times, dtype=np.int64),
                }
            ),
            SOURCE_ITEM_COLUMNS,
            "source playlist items",
        )

    def _reject(self, line: int) -> None:
        self.rejected += 1
        self.complaints.add(
            f"line {line}",
            "The row has no track name, or neither a Spotify id nor an artist; it was left out.",
        )

    def _added(self, chunk: CsvChunk, fields: Sequence[str]) -> list[int]:
        """Seconds since 1970, −1 for not known; 1970 itself is Spotify's "not known"."""
        seconds = iso_seconds(fields)
        known = (seconds >= EARLIEST) & (seconds <= latest())
        for place in np.flatnonzero(~known).tolist():
            text = fields[place].strip()
            if text and seconds[place] != 0:
                self.complaints.add(
                    f"line {chunk.lines[place]}",
                    f"{clean(text)[:40]!r} is no believable time of adding. The row was kept; the "
                    "time counts as not known.",
                )
        return [int(time) for time in np.where(known, seconds, -1)]

    def _artists(self, fields: Sequence[str], ids: Sequence[str]) -> list[str]:
        """Artists joined by ";", whichever way the exporter joined them."""
        if "artist uri(s)" in self.header.names:
            return [_joined(_watsonbox(text)) for text in fields]
        if any(ARTIST_SEPARATOR in text for text in fields):
            return [_joined(text.split(ARTIST_SEPARATOR)) for text in fields]
        return [
            _joined(_old_commas(text, some_ids)) for text, some_ids in zip(fields, ids, strict=True)
        ]


def _watsonbox(text: str) -> list[str]:
    """Names joined by ", "; a backslash stands before a comma inside a name."""
    return [part.replace("\\,", ",") for part in _UNESCAPED_COMMA.split(text)]


def _old_commas(text: str, ids: str) -> list[str]:
    """Older files of exportify.net join by a bare comma; a name's own comma has a blank.

    Where the file lists the artists' ids, their number decides.
    """
    parts = _BARE_COMMA.split(text)
    if ids.strip() and len(parts) != len(ids.split(",")):
        every = text.split(",")
        return every if len(every) == len(ids.split(",")) else [text]
    return parts


def _joined(names: Sequence[str]) -> str:
    return ARTIST_SEPARATOR.join(name for name in map(one_artist, names) if name)


SOURCE = Source(name=NAME, label="Exportify playlist", sniff=sniff, parse=parse)
