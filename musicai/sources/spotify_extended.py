"""Spotify's extended streaming history: ``Streaming_History_*.json`` and ``endsong_*.json``.

Both layouts are an array of objects, one a stream. ``ts`` is the moment a stream
ended. Address, device and user names are never taken.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pandas as pd

from musicai.errors import UnreadableFile
from musicai.matching import name_id
from musicai.sources.base import SOURCE_PLAY_COLUMNS, ParsedFile, ReadOptions, Source
from musicai.sources.complaints import Complaints
from musicai.sources.recovery import recover_rows
from musicai.sources.text import decode
from musicai.sources.track_rows import tracks_frame
from musicai.sources.values import (
    EARLIEST,
    MAX_PLAY_MS,
    MILLISECONDS_FROM,
    clean,
    iso_seconds,
    latest,
    one_artist,
    spotify_id,
)
from musicai.tables import BoolArray, conform

NAME = "spotify_extended"

Int64 = npt.NDArray[np.int64]

TRACK, ARTIST, ALBUM = (
    "master_metadata_track_name",
    "master_metadata_album_artist_name",
    "master_metadata_album_album_name",
)
URI = "spotify_track_uri"

NOT_MUSIC_KEYS = (
    "spotify_episode_uri",
    "episode_name",
    "episode_show_name",
    "audiobook_uri",
    "audiobook_title",
    "audiobook_chapter_uri",
    "audiobook_chapter_title",
)
"""One of these is filled in a row that is a podcast or an audiobook."""

LATE_UPLOAD = 24 * 3600
"""If ``ts`` is later than the device's own clock by more than this, seconds, then ``ts`` is
when the play was sent in, not when it ended. Pauses make up to some hours of difference."""

CLOCK_SLACK = 3600
"""A device clock later than ``ts`` by more than this, seconds, is wrong."""

_EMPTY_ARRAY = re.compile(r"\s*\[\s*\]\s*")


def sniff(head: bytes) -> bool:
    """An array whose objects have the keys of a stream, or an empty array."""
    text = decode(head).lstrip()
    if _EMPTY_ARRAY.fullmatch(text):
        return True
    return (
        text[:1] in ("[", "{")
        and '"ts"' in text
        and ('"ms_played"' in text or f'"{TRACK}"' in text)
    )


def parse(data: bytes, file: str, options: ReadOptions) -> ParsedFile:
    """The plays of one file; a file that breaks off gives the rows before the break.

    Raises:
        UnreadableFile: it is not an array, or no row can be read.
    """
    complaints = Complaints(file)
    rows, lost = _load(data, complaints)
    plays = _Plays(complaints, options.include_private)
    plays.take(rows)
    tracks = plays.tracks()
    frame = plays.frame()
    return ParsedFile(
        file=file,
        format=NAME,
        kind="plays",
        tracks=tracks,
        plays=frame,
        read=len(rows) + lost,
        not_music=plays.not_music,
        private=plays.private,
        rejected=plays.rejected + lost,
        problems=complaints.problems(),
    )


def _load(data: bytes, complaints: Complaints) -> tuple[list[Any], int]:
    """The rows, and how many places could not be read."""
    lost = 0
    try:
        rows = orjson.loads(data)
    except orjson.JSONDecodeError:
        text = decode(data)
        try:
            rows = orjson.loads(text)
        except orjson.JSONDecodeError:
            rows, lost = recover_rows(text, complaints)
    if not isinstance(rows, list):
        raise UnreadableFile(
            "The file holds no plays: a streaming history is a JSON array of rows. Hand in the "
            "files as Spotify sent them."
        )
    if not rows:
        raise UnreadableFile(
            "The file holds no plays: it is an empty array or broken from the first row on. "
            "Download the export again if it should hold some."
        )
    return rows, lost


class _Plays:
    """The plays of one file: which rows are kept, and of which track each is."""

    def __init__(self, complaints: Complaints, include_private: bool) -> None:
        self._complaints = complaints
        self._include_private = include_private
        self._by_key: dict[Any, int] = {}
        self._by_id: dict[str, int] = {}
        self._names: list[tuple[str, str, str]] = []
        self._kept: list[dict[str, Any]] = []
        self._numbers: list[int] = []
        self._track: list[int] = []
        self.not_music = self.private = self.rejected = 0

    def take(self, rows: list[Any]) -> None:
        """Sort the rows out. The loop runs a million times: it does no more than it must."""
        known, include_private = self._by_key.get, self._include_private
        keep, keep_number, keep_track = (
            self._kept.append,
            self._numbers.append,
            self._track.append,
        )
        for number, row in enumerate(rows, 1):
            if type(row) is not dict:
                self._reject(number, "is not an object of a stream")
                continue
            get = row.get
            name, artist, ms = get(TRACK), get(ARTIST), get("ms_played")
            if not name and any(map(get, NOT_MUSIC_KEYS)):
                self.not_music += 1
            elif get("incognito_mode") is True and not include_private:
                self.private += 1
            elif type(ms) is not int or not 0 <= ms <= MAX_PLAY_MS:
                self._reject(number, "has no believable ms_played (0 to 24 hours)")
            elif type(name) is not str or type(get("ts")) is not str:
                self._reject(number, "has no track name or no time (ts)")
            else:
                uri = get(URI)
                try:
                    track = known((uri, name, artist))
                except TypeError:  # a list where a name belongs
                    track = None
                if track is None:
                    track = self._new_track(uri, name, artist, get(ALBUM))
                if track < 0:
                    self._reject(number, "has neither a Spotify id nor an artist and a title")
                    continue
                keep(row)
                keep_number(number)
                keep_track(track)

    def _reject(self, number: int, what: str) -> None:
        self.rejected += 1
        self._complaints.add(f"row {number}", f"The row {what}; it was left out.")

    def _new_track(self, uri: object, name: str, artist: object, album: object) -> int:
        """The track's place in the table, or −1 for a row that names none."""
        title = clean(name)
        by = one_artist(artist) if isinstance(artist, str) else ""
        if not title or not (artist is None or isinstance(artist, str)):
            return -1
        track_id = spotify_id(uri) if isinstance(uri, str) else ""
        if not track_id:
            if not by:
                return -1
            track_id = name_id(by, title)
        track = self._by_id.setdefault(track_id, len(self._by_id))
        if track == len(self._names):
            self._names.append((title, by, clean(album) if isinstance(album, str) else ""))
        if uri is None or isinstance(uri, str):
            self._by_key[uri, name, artist] = track
        return track

    def tracks(self) -> pd.DataFrame:
        """``SOURCE_TRACK_COLUMNS``."""
        names, artists, albums = zip(*self._names, strict=True) if self._names else ((), (), ())
        return tracks_frame(
            {"track_id": list(self._by_id), "name": names, "artists": artists, "album": albums}
        )

    def frame(self) -> pd.DataFrame:
        """``SOURCE_PLAY_COLUMNS``; rows whose time is none are rejected here."""
        kept = self._kept
        ms = np.array([row["ms_played"] for row in kept], dtype=np.int64)
        start, good = self._starts(ms)
        for place in np.flatnonzero(~good).tolist():
            self._reject(self._numbers[place], "has no believable time (ts) since 2006")
        plays = pd.DataFrame(
            {
                "track": np.array(self._track, dtype=np.int32),
                "listener": pd.Series("", index=range(len(kept)), dtype="str"),
                "played_at": start,
                "ms_played": ms,
                "skipped": _flags([row.get("skipped") for row in kept], missing=0),
                "reason_start": _words([row.get("reason_start") for row in kept]),
                "reason_end": _words([row.get("reason_end") for row in kept]),
                "shuffle": _flags([row.get("shuffle") for row in kept], missing=-1),
            }
        )
        return conform(plays if good.all() else plays[good], SOURCE_PLAY_COLUMNS, "plays")

    def _starts(self, ms: Int64) -> tuple[Int64, BoolArray]:
        """When each play began, seconds since 1970, and whether that can be.

        ``ts`` is the end. Plays without a connection are sent in later, with ``ts``
        as the time of sending: there the device's own clock counts, which old files
        write in milliseconds.
        """
        kept = self._kept
        end = iso_seconds([row["ts"] for row in kept])
        start = (end * 1000 - ms) // 1000
        clocks = (row.get("offline_timestamp") for row in kept)
        device = np.array(
            [clock if type(clock) is int and 0 < clock < 10**14 else 0 for clock in clocks],
            dtype=np.int64,
        )
        device = np.where(device >= MILLISECONDS_FROM, device // 1000, device)
        trusted = (device >= EARLIEST) & (device <= end + CLOCK_SLACK)
        offline = np.array([row.get("offline") is True for row in kept], dtype=bool)
        start = np.where(trusted & (offline | (start - device > LATE_UPLOAD)), device, start)
        return start, (end >= EARLIEST) & (end <= latest()) & (start >= EARLIEST)


def _flags(values: list[Any], missing: int) -> npt.NDArray[np.int8]:
    """(n,) 1 for true, 0 for false, ``missing`` for null, −1 for anything else."""
    codes = [
        1 if value is True else 0 if value is False else missing if value is None else -1
        for value in values
    ]
    return np.array(codes, dtype=np.int8)


def _words(values: list[Any]) -> pd.Series:
    """Reasons as words; whatever is not one is not known."""
    known = {value: clean(value)[:40] for value in {v for v in values if type(v) is str}}
    return pd.Series([known[v] if type(v) is str else "" for v in values], dtype="str")


SOURCE = Source(name=NAME, label="Spotify extended streaming history", sniff=sniff, parse=parse)
