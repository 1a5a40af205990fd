"""Playlists as CSV from Exportify: exportify.net, and watsonbox's in all its languages.

Both come through Spotify's API, so training on them needs consent. Who added a
row is never taken, nor what AcousticBrainz says of a recording: its "danceability"
and moods are other measures than Spotify's of the same name.

``data/exportify_headers.json`` holds the column names that watsonbox's site writes in
languages other than English, by language and meaning; they come from its own translations
(github.com/watsonbox/exportify, MIT licence).
"""

from __future__ import annotations

import itertools
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import PurePosixPath

import numpy as np
import pandas as pd

from musicai.core.errors import UnreadableFile
from musicai.core.settings import PACKAGE_DATA
from musicai.data.frames import conform
from musicai.data.library import ARTIST_SEPARATOR, AUDIO_FEATURES, KEY_COLUMNS
from musicai.data.parsed import SOURCE_ITEM_COLUMNS, ParsedFile, ReadOptions, Source
from musicai.library.formats.csv_text import (
    CsvChunk,
    CsvHeader,
    CsvReading,
    normalise_header,
    read_csv_header,
)
from musicai.library.formats.fields import (
    EARLIEST,
    Complaints,
    clean_artist,
    clean_text,
    get_latest_time,
    parse_genres,
    parse_iso_times,
)
from musicai.library.formats.tracks import PREFIX as LOCAL
from musicai.library.formats.tracks import (
    TrackRows,
    make_track_id,
    parse_descriptors,
    parse_local_track,
)

NAME = "exportify"

ALIASES: dict[str, tuple[str, ...]] = {
    "uri": ("track uri", "spotify uri", "spotify id"),
    "name": ("track name",),
    "artists": ("artist name(s)", "artist name"),
    "artist_uris": ("artist uri(s)", "artist uri"),
    "artist_ids": ("artist ids",),
    "album": ("album name",),
    "date": ("release date", "album release date"),
    "duration_ms": ("duration (ms)", "track duration (ms)"),
    "popularity": ("popularity",),
    "explicit": ("explicit", "explicit?"),
    "added_at": ("added at",),
    "genres": ("genres", "artist genres"),
    "isrc": ("isrc",),
    **{name: (name,) for name in (*AUDIO_FEATURES, *KEY_COLUMNS)},
}
"""Column names through ``normalise_header``, by what they mean; the first that is there counts."""

NEEDED = ("uri", "name", "artists", "added_at")

_BASE = (
    *("uri", "name", "artist_uris", "artists", "", "album", "", "", "date", "", "", ""),
    *("duration_ms", "", "explicit", "popularity", "isrc"),
)
_GROUPS: tuple[tuple[str, ...], ...] = (
    ("genres",),
    (
        *("danceability", "energy", "key", "loudness", "mode", "speechiness", "acousticness"),
        *("instrumentalness", "liveness", "valence", "tempo", ""),
    ),
    ("", "", ""),
)
"""What watsonbox's columns mean, in their order: ``_BASE``, then (in newer files) whether the
track can be played, who added it, when, and any of the groups. "" is a column not taken."""

_ADDED_AT = (len(_BASE) + 1, len(_BASE) + 2)
"""Where the time of adding can stand in watsonbox's layout, from 0."""

_HEAD_BYTES = 64 * 1024
_URI = re.compile(r"spotify:(?:track|local|episode):")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_UNESCAPED_COMMA = re.compile(r"(?<!\\),\s*")
_BARE_COMMA = re.compile(r"(?<!\d),(?=\S)|,(?=[^\s\d])")
_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}\d{7}")


def map_columns(header: CsvHeader | None) -> dict[str, str] | None:
    """Column name by meaning, or None if the names are not those of an Exportify file."""
    if header is None:
        return None
    names = set(header.names)
    english = {
        meaning: next(alias for alias in aliases if alias in names)
        for meaning, aliases in ALIASES.items()
        if names.intersection(aliases)
    }
    folded = {_fold_header(name): name for name in reversed(header.names)}
    translated = (
        {meaning: folded[name] for name, meaning in meanings.items() if name in folded}
        for meanings in _load_translations()
    )
    found = max((english, *translated), key=len)
    return found if all(name in found for name in NEEDED) else None


@cache
def _load_translations() -> tuple[Mapping[str, str], ...]:
    """For each language, meaning by column name."""
    languages = json.loads((PACKAGE_DATA / "exportify_headers.json").read_text("utf-8"))
    return tuple(
        {_fold_header(normalise_header(name)): meaning for meaning, name in names.items()}
        for names in languages.values()
    )


def _fold_header(name: str) -> str:
    """A column name without accents, so that it is the same however they were encoded."""
    plain = unicodedata.normalize("NFKD", name)
    return normalise_header("".join(ch for ch in plain if not unicodedata.combining(ch)))


def map_header(data: bytes) -> CsvHeader | None:
    """The header with what each column means in place of its name, or None for another file.

    Names decide, in any of the languages; where some are not known (a spreadsheet has spoilt
    them, or the site speaks one more language) and the first row proves watsonbox's layout, the
    place of a column does.
    """
    header = read_csv_header(data)
    if header is None:
        return None
    meaning_of = {name: meaning for meaning, name in (map_columns(header) or {}).items()}
    by_name = [meaning_of.pop(name, "") for name in header.names]
    if not any(by_name) and len(header.names) <= len(_BASE):
        return None
    by_place = _map_by_place(_read_first_row(data)) if len(header.names) > len(_BASE) else ()
    if not any(by_name) and not by_place:
        return None
    meanings = [
        named or (placed if placed not in by_name else "")
        for named, placed in itertools.zip_longest(by_name, by_place, fillvalue="")
    ]
    names = (meaning or f"column {place}" for place, meaning in enumerate(meanings, 1))
    return CsvHeader(tuple(names), header.delimiter)


def _read_first_row(data: bytes) -> list[str]:
    """The fields of the first row below the header; none if there is not one."""
    reading = CsvReading(data[:_HEAD_BYTES], Complaints(""))
    # numbered, because spoilt names may be the same
    numbered = tuple(str(place) for place in range(len(reading.header.names)))
    reading.header = CsvHeader(numbered, reading.header.delimiter)
    chunk = next(reading.read_chunks(1), None)
    return [chunk.get_column(name)[0] for name in numbered] if chunk else []


def _map_by_place(row: Sequence[str]) -> tuple[str, ...]:
    """What each column means by its place, or () where a row is not of watsonbox's layout."""
    if not row or not _URI.match(row[0].strip()):
        return ()
    for added_at in _ADDED_AT:
        if added_at < len(row) and _MOMENT.match(row[added_at].strip()):
            start = (*_BASE, *[""] * (added_at - len(_BASE)), "added_at")
            ends = (end for end in _list_endings() if len(start) + len(end) == len(row))
            return next(((*start, *end) for end in ends), ())
    return ()


def _list_endings() -> Iterator[tuple[str, ...]]:
    """The columns that may follow the time of adding; no two choices are equally long."""
    for size in range(len(_GROUPS) + 1):
        for groups in itertools.combinations(_GROUPS, size):
            yield tuple(itertools.chain(*groups))


def sniff(head: bytes) -> bool:
    """A header with a track URI, its names and the time it was added, or rows laid out so."""
    return map_header(head[:_HEAD_BYTES]) is not None


def parse(data: bytes, file: str, options: ReadOptions) -> ParsedFile:
    """One playlist; duplicates in it stay rows.

    Raises:
        UnreadableFile: the file has no header of Exportify.
    """
    complaints = Complaints(file)
    reading = CsvReading(data, complaints)
    header = map_header(data[:_HEAD_BYTES])
    if header is None:
        raise UnreadableFile(
            "The file is no playlist of Exportify: columns for the track's URI and name, its "
            "artists and the time it was added are missing. Export it again."
        )
    reading.header = header
    playlist = _Playlist(complaints, reading.header, get_playlist_name(file))
    for chunk in reading.read_chunks():
        playlist.take(chunk)
    read = playlist.read + reading.rejected
    if not read:
        complaints.add("", "The playlist has no rows. If it should have some, export it again.")
    return ParsedFile(
        file=file,
        format=NAME,
        kind="playlist",
        tracks=playlist.tracks.build_frame(),
        playlist_items=playlist.build_items(),
        read=read,
        not_music=playlist.not_music,
        rejected=playlist.rejected + reading.rejected,
        problems=complaints.list_problems(),
        api_born=True,
    )


def get_playlist_name(file: str) -> str:
    """The playlist's name from the file's: "Liked_Songs.csv" is "Liked Songs"."""
    last = PurePosixPath(file.rsplit(" › ", 1)[-1].replace("\\", "/")).name
    for ending in (".gz", ".csv", ".txt", ".tsv"):
        if last.casefold().endswith(ending):
            last = last[: -len(ending)]
    return clean_text(unicodedata.normalize("NFC", last).replace("_", " "))[:200] or "Playlist"


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
        known = [meaning for meaning in ALIASES if meaning in self.header.names]
        self.columns = dict(zip(known, known, strict=True))

    def take(self, chunk: CsvChunk) -> None:
        """Sort the rows of a chunk out."""
        get = {meaning: chunk.get_column(self.columns.get(meaning)) for meaning in ALIASES}
        found = parse_descriptors(
            chunk, self.columns, self.complaints, decimal_comma=self.header.decimal_comma
        )
        if "popularity" in found:
            local = np.array([uri.startswith(LOCAL) for uri in get["uri"]], dtype=bool)
            found["popularity"][local] = np.nan
        times = self._parse_added(chunk, get["added_at"])
        artists = self._parse_artists(get["artists"], get["artist_ids"])
        for place, (uri, raw_name) in enumerate(zip(get["uri"], get["name"], strict=True)):
            self.read += 1
            name, by, album = _read_names(uri, raw_name, artists[place], get["album"][place])
            if uri.startswith(("spotify:episode:", "spotify:chapter:")) or not (uri or name):
                self.not_music += 1
                continue
            track_id = make_track_id(uri, by, name) if name else ""
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
                    artists=by,
                    album=album,
                    genre_text=parse_genres(get["genres"][place]),
                    isrc=isrc if _ISRC.fullmatch(isrc) else "",
                    explicit=get["explicit"][place],
                    date=get["date"][place],
                )
            self._rows.append(row)
            self._positions.append(self.read - 1)
            self._times.append(times[place])
        self.tracks.close_chunk(found)

    def build_items(self) -> pd.DataFrame:
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

    def _parse_added(self, chunk: CsvChunk, fields: Sequence[str]) -> list[int]:
        """Seconds since 1970, −1 for not known; 1970 itself is Spotify's "not known"."""
        seconds = parse_iso_times(fields)
        known = (seconds >= EARLIEST) & (seconds <= get_latest_time())
        for place in np.flatnonzero(~known).tolist():
            text = fields[place].strip()
            if text and seconds[place] != 0:
                self.complaints.add(
                    f"line {chunk.lines[place]}",
                    f"{clean_text(text)[:40]!r} is no believable time of adding. The row was "
                    "kept; the "
                    "time counts as not known.",
                )
        return [int(time) for time in np.where(known, seconds, -1)]

    def _parse_artists(self, fields: Sequence[str], ids: Sequence[str]) -> list[str]:
        """Artists joined by ";", whichever way the exporter joined them."""
        if "artist_uris" in self.columns:
            return [_join_artists(_split_watsonbox(text)) for text in fields]
        if any(ARTIST_SEPARATOR in text for text in fields):
            return [_join_artists(text.split(ARTIST_SEPARATOR)) for text in fields]
        return [
            _join_artists(_split_old_commas(text, some_ids))
            for text, some_ids in zip(fields, ids, strict=True)
        ]


def _read_names(uri: str, name: str, artists: str, album: str) -> tuple[str, str, str]:
    """Name, artists and album of a row; what is blank of a local file comes from its URI."""
    name, album = clean_text(name), clean_text(album)
    local = parse_local_track(uri)
    if local is None:
        return name, artists, album
    return name or local.name, artists or local.artists, album or local.album


def _split_watsonbox(text: str) -> list[str]:
    """Names joined by ", "; a backslash stands before a comma inside a name."""
    return [part.replace("\\,", ",") for part in _UNESCAPED_COMMA.split(text)]


def _split_old_commas(text: str, ids: str) -> list[str]:
    """Older files of exportify.net join by a bare comma; a name's own comma has a blank.

    Where the file lists the artists' ids, their number decides.
    """
    parts = _BARE_COMMA.split(text)
    if ids.strip() and len(parts) != len(ids.split(",")):
        every = text.split(",")
        return every if len(every) == len(ids.split(",")) else [text]
    return parts


def _join_artists(names: Sequence[str]) -> str:
    return ARTIST_SEPARATOR.join(name for name in map(clean_artist, names) if name)


SOURCE = Source(name=NAME, label="Exportify playlist", sniff=sniff, parse=parse)
