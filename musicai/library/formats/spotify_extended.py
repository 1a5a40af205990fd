"""Spotify's extended streaming history: ``Streaming_History_*.json`` and ``endsong_*.json``.

Both layouts are an array of objects, one a stream. ``ts`` is the moment a stream
ended. Address, device and user names are never taken.
"""

from __future__ import annotations

import re
from itertools import compress
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pandas as pd

from musicai.core.errors import UnreadableFile
from musicai.data.frames import conform
from musicai.data.library import BoolArray, IntArray
from musicai.data.parsed import MAX_PLAY_MS, SOURCE_PLAY_COLUMNS, ParsedFile, ReadOptions, Source
from musicai.data.text_keys import name_id
from musicai.library.formats.csv_text import decode_text
from musicai.library.formats.fields import (
    EARLIEST,
    MILLISECONDS_FROM,
    Complaints,
    clean_all,
    clean_artist,
    clean_text,
    get_latest_time,
    parse_all_spotify_ids,
    parse_all_times,
)
from musicai.library.formats.json_rows import recover_rows
from musicai.library.formats.tracks import build_tracks_frame

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

BLOCK_BYTES = 300_000
"""About how much of a file is read at a time."""

_EMPTY_ARRAY = re.compile(r"\s*\[\s*\]\s*")
_OPENING = re.compile(rb"\s*\[")
_BETWEEN = re.compile(rb"(?<=\})\s*,(?=\s*\{)")

_KEYS = (
    *("ts", "ms_played", TRACK, ARTIST, ALBUM, URI, "reason_start", "reason_end", "shuffle"),
    *("skipped", "offline", "offline_timestamp", "incognito_mode"),
)
_values = itemgetter(*_KEYS)

_Columns = dict[str, list[Any]]


def sniff(head: bytes) -> bool:
    """An array whose objects have the keys of a stream, or an empty array."""
    text = decode_text(head).lstrip()
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
    found = _StreamColumns()
    lost = _load(data, complaints, found)
    sorting = _StreamSorter(found)
    sorting.leave_out(include_private=options.include_private)
    sorting.name_tracks()
    start = sorting.compute_starts()
    for number, what in sorted(sorting.rejected.items()):
        complaints.add(f"row {number}", f"The row {what}; it was left out.")
    tracks, track = _build_tracks(sorting.columns)
    return ParsedFile(
        file=file,
        format=NAME,
        kind="plays",
        tracks=tracks,
        plays=_build_plays(sorting.columns, track, start),
        read=found.read + lost,
        not_music=sorting.not_music,
        private=sorting.private,
        rejected=len(sorting.rejected) + lost,
        problems=complaints.list_problems(),
    )


def _load(data: bytes, complaints: Complaints, found: _StreamColumns) -> int:
    """Take all rows; returns how many places could not be read."""
    if _take_blocks(data, found):
        return 0
    found.clear()
    lost = 0
    try:
        rows = orjson.loads(data)
    except orjson.JSONDecodeError:
        text = decode_text(data)
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
    found.take(rows)
    return lost


def _take_blocks(data: bytes, found: _StreamColumns) -> bool:
    """Take a whole array block by block; False if it is not one, or is damaged anywhere.

    Rows that fit into the processor's cache are read in two thirds of the time,
    and memory follows the block. A cut between ``}`` and ``{`` that were not the
    end of one row and the start of the next would leave a string or a bracket of
    its block open, so a block that can be read holds whole rows.
    """
    opening = _OPENING.match(data)
    if opening is None:
        return False
    start = opening.end()
    try:
        while cut := _BETWEEN.search(data, start + BLOCK_BYTES):
            found.take(orjson.loads(b"[%b]" % data[start : cut.start()]))
            start = cut.end()
        found.take(orjson.loads(b"[" + data[start:]))
    except orjson.JSONDecodeError:
        return False
    return found.read > 0


class _StreamColumns:
    """The rows of one file as columns."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self.read = 0
        """Rows met."""
        self.strange: list[int] = []
        """Numbers, from 1, of rows that are no objects; they are in no column."""
        self.other: list[int] = []
        """Places in the columns of podcasts and audiobooks."""
        self.columns: _Columns = {key: [] for key in _KEYS}
        """The values by key, None where a row has not the key, as in older files."""

    def take(self, rows: list[Any]) -> None:
        """Add the rows of a block."""
        if set(map(type, rows)) - {dict}:
            self.strange += [
                number for number, row in enumerate(rows, self.read + 1) if type(row) is not dict
            ]
            self.read += len(rows)
            rows = [row for row in rows if type(row) is dict]
        else:
            self.read += len(rows)
        if not rows:
            return
        before = len(self.columns[TRACK])
        try:
            block = zip(*map(_values, rows), strict=True)
            for column, values in zip(self.columns.values(), block, strict=True):
                column.extend(values)
        except KeyError:
            for key, column in self.columns.items():
                column.extend([row.get(key) for row in rows])
        names = self.columns[TRACK][before:]
        if not all(names):
            self.other += [
                before + place
                for place, name in enumerate(names)
                if not name and any(map(rows[place].get, NOT_MUSIC_KEYS))
            ]


class _StreamSorter:
    """The rows of one file, column by column; each step keeps fewer of them.

    A million rows pass here, so the work of each is done in comprehensions and numpy.
    """

    def __init__(self, found: _StreamColumns) -> None:
        self.not_music = self.private = 0
        self.rejected = dict.fromkeys(found.strange, "is not an object of a stream")
        """What is wrong, by the number of the row from 1."""
        every: Int64 = np.arange(1, found.read + 1)
        self._numbers = np.delete(every, np.array(found.strange, dtype=np.intp) - 1)
        self._other = found.other
        self.columns = found.columns
        """Values of the rows that are kept, by key."""

    def _reject(self, which: BoolArray, what: str) -> None:
        self.rejected.update(dict.fromkeys(self._numbers[which].tolist(), what))

    def _keep(self, which: BoolArray) -> None:
        if not which.all():
            mask = which.tolist()
            self._numbers = self._numbers[which]
            self.columns = {key: list(compress(of, mask)) for key, of in self.columns.items()}

    def leave_out(self, *, include_private: bool) -> None:
        """Keep the plays of music whose fields can be read."""
        names, lengths = self.columns[TRACK], self.columns["ms_played"]
        words = zip(names, self.columns["ts"], strict=True)
        good = np.array([bool(n) and type(n) is type(t) is str for n, t in words], dtype=bool)
        other = np.zeros(len(names), dtype=bool)
        other[self._other] = True
        hidden = np.array([v is True for v in self.columns["incognito_mode"]], dtype=bool) & ~other
        if include_private:
            hidden[:] = False
        sound = [type(ms) is int and 0 <= ms <= MAX_PLAY_MS for ms in lengths]
        short = np.array(sound, dtype=bool)
        left = ~other & ~hidden
        self._reject(left & ~good, "has no track name or no time (ts)")
        self._reject(left & ~short, "has no believable ms_played (0 to 24 hours)")
        self.not_music, self.private = int(other.sum()), int(hidden.sum())
        self._keep(left & good & short)

    def name_tracks(self) -> None:
        """Add the column ``id``; keep the rows that name a track."""
        names, artists = self.columns[TRACK], self.columns[ARTIST]
        ids = parse_all_spotify_ids(self.columns[URI])
        good = [
            ("!" <= name[0] <= "~" or clean_text(name) != "") and (by is None or type(by) is str)
            for name, by in zip(names, artists, strict=True)
        ]
        if "" in ids:
            for place in [place for place, known in enumerate(ids) if not known and good[place]]:
                by = clean_artist(artists[place] or "")
                good[place] = by != ""
                ids[place] = name_id(by, clean_text(names[place])) if by else ""
        self.columns["id"] = ids
        named = np.array(good, dtype=bool)
        self._reject(~named, "has neither a Spotify id nor an artist and a title")
        self._keep(named)

    def compute_starts(self) -> Int64:
        """When each play began, seconds since 1970; rows for which that cannot be are rejected.

        ``ts`` is the end. Plays without a connection are sent in later, with ``ts``
        as the time of sending: there the device's own clock counts, which old files
        write in milliseconds.
        """
        end = parse_all_times(self.columns["ts"])
        ms = np.array(self.columns["ms_played"], dtype=np.int64)
        start = (end * 1000 - ms) // 1000
        clocks = self.columns["offline_timestamp"]
        device = np.array(
            [clock if type(clock) is int and 0 < clock < 10**14 else 0 for clock in clocks],
            dtype=np.int64,
        )
        device = np.where(device >= MILLISECONDS_FROM, device // 1000, device)
        trusted = (device >= EARLIEST) & (device <= end + CLOCK_SLACK)
        offline = np.array([value is True for value in self.columns["offline"]], dtype=bool)
        start = np.where(trusted & (offline | (start - device > LATE_UPLOAD)), device, start)
        good = (end >= EARLIEST) & (end <= get_latest_time()) & (start >= EARLIEST)
        self._reject(~good, "has no believable time (ts) since 2006")
        self._keep(good)
        return start[good]


def _build_tracks(columns: _Columns) -> tuple[pd.DataFrame, IntArray]:
    """``SOURCE_TRACK_COLUMNS`` as each track is first named, and (n,) the row of each play."""
    ids = columns["id"]
    place = {track_id: row for row, track_id in enumerate(dict.fromkeys(ids))}
    first = dict(zip(reversed(ids), range(len(ids) - 1, -1, -1), strict=True))
    at = [first[track_id] for track_id in place]
    names, artists, albums = columns[TRACK], columns[ARTIST], columns[ALBUM]
    frame = build_tracks_frame(
        {
            "track_id": list(place),
            "name": clean_all([names[row] for row in at], clean_text),
            "artists": clean_all([artists[row] or "" for row in at], clean_artist),
            "album": clean_all(
                [albums[row] if type(albums[row]) is str else "" for row in at], clean_text
            ),
        }
    )
    return frame, np.array([place[track_id] for track_id in ids], dtype=np.int32)


def _build_plays(columns: _Columns, track: IntArray, start: Int64) -> pd.DataFrame:
    """``SOURCE_PLAY_COLUMNS``."""
    plays = pd.DataFrame(
        {
            "track": track,
            "listener": _clean_reasons([None] * len(track)),
            "played_at": start,
            "ms_played": np.array(columns["ms_played"], dtype=np.int64),
            "skipped": _parse_flags(columns["skipped"], missing=0),
            "reason_start": _clean_reasons(columns["reason_start"]),
            "reason_end": _clean_reasons(columns["reason_end"]),
            "shuffle": _parse_flags(columns["shuffle"], missing=-1),
        }
    )
    return conform(plays, SOURCE_PLAY_COLUMNS, "plays")


def _parse_flags(values: list[Any], missing: int) -> npt.NDArray[np.int8]:
    """(n,) 1 for true, 0 for false, ``missing`` for null, −1 for anything else."""
    codes = [
        1 if value is True else 0 if value is False else missing if value is None else -1
        for value in values
    ]
    return np.array(codes, dtype=np.int8)


def _clean_reasons(values: list[Any]) -> pd.Series:
    """Reasons as words; whatever is not one is not known."""
    try:
        distinct = set(values)
    except TypeError:  # a list where a word belongs
        values = [value if type(value) is str else "" for value in values]
        distinct = set(values)
    words = {value: clean_text(value)[:40] if type(value) is str else "" for value in distinct}
    place = {value: row for row, value in enumerate(words)}
    codes = np.array([place[value] for value in values], dtype=np.intp)
    return pd.Series(pd.array(list(words.values()), dtype="str").take(codes))


SOURCE = Source(name=NAME, label="Spotify extended streaming history", sniff=sniff, parse=parse)
