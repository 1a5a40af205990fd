"""Plays of many listeners in one CSV: ``listener,track_id,played_at,ms_played,skipped``.

The file knows tracks by id alone: their names and artists stay "", and whoever
loads the plays joins them with a catalogue by id.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from musicai.data.frames import conform
from musicai.data.parsed import MAX_PLAY_MS, SOURCE_PLAY_COLUMNS, ParsedFile, ReadOptions, Source
from musicai.library.formats.csv_text import CsvChunk, CsvReading, read_csv_header
from musicai.library.formats.fields import (
    EARLIEST,
    MILLISECONDS_FROM,
    Complaints,
    clean_text,
    get_latest_time,
    parse_flag,
    parse_iso_times,
    parse_spotify_id,
)
from musicai.library.formats.tracks import build_tracks_frame, parse_numbers

NAME = "listeners"

COLUMNS = ("listener", "track id", "played at", "ms played", "skipped")
"""As ``normalise_header`` gives them; the last two may be absent."""

NEEDED = COLUMNS[:3]

Int64 = npt.NDArray[np.int64]

_NAME_ID = re.compile(r"name:[0-9a-f]{16}")


def sniff(head: bytes) -> bool:
    """A header with a listener, a track id and a time."""
    header = read_csv_header(head)
    return header is not None and set(NEEDED) <= set(header.names)


def parse(data: bytes, file: str, options: ReadOptions) -> ParsedFile:
    """The plays, with tracks that have an id and no name.

    Raises:
        UnreadableFile: the file has no header.
    """
    complaints = Complaints(file)
    reading = CsvReading(data, complaints)
    rows = _Rows(complaints, reading.header.names)
    for chunk in reading.read_chunks():
        rows.take(chunk)
    read = rows.read + reading.rejected
    if not read:
        complaints.add("", "The file has no plays below its header. Download it again.")
    blank = [""] * len(rows.index)
    return ParsedFile(
        file=file,
        format=NAME,
        kind="plays",
        tracks=build_tracks_frame({"track_id": list(rows.index), "name": blank, "artists": blank}),
        plays=rows.build_frame(),
        read=read,
        rejected=rows.rejected + reading.rejected,
        problems=complaints.list_problems(),
    )


@lru_cache(maxsize=200_000)
def _clean_listener(text: str) -> str:
    return clean_text(text)[:200]


@lru_cache(maxsize=200_000)
def _parse_track_id(text: str) -> str:
    text = text.strip()
    return text if _NAME_ID.fullmatch(text) else parse_spotify_id(text)


def parse_times(fields: Sequence[str]) -> Int64:
    """(n,) seconds since 1970 of ISO times or of epoch seconds or milliseconds; −1 for none."""
    seconds = parse_iso_times(fields)
    for place in np.flatnonzero(seconds < 0).tolist():
        text = fields[place].strip()
        if text.isascii() and text.isdigit() and len(text) <= 14:
            number = int(text)
            seconds[place] = number // 1000 if number >= MILLISECONDS_FROM else number
    return seconds


@dataclass
class _Rows:
    complaints: Complaints
    names: tuple[str, ...]
    index: dict[str, int] = field(default_factory=dict)
    read: int = 0
    rejected: int = 0
    _parts: list[dict[str, npt.NDArray[np.generic]]] = field(default_factory=list)

    def take(self, chunk: CsvChunk) -> None:
        """Sort the rows of a chunk out."""
        self.read += len(chunk)
        get = {name: chunk.get_column(name if name in self.names else None) for name in COLUMNS}
        listener = np.array([_clean_listener(text) for text in get["listener"]], dtype=object)
        ids = [_parse_track_id(text) for text in get["track id"]]
        played_at = parse_times(get["played at"])
        ms_played = self._parse_lengths(get["ms played"])
        checks = {
            "names no listener": listener == "",
            "has no Spotify track id": np.array([not track_id for track_id in ids], dtype=bool),
            "has no believable time (played_at) since 2006": (played_at < EARLIEST)
            | (played_at > get_latest_time()),
            "has no believable ms_played (0 to 24 hours)": ms_played < 0,
        }
        bad = np.zeros(len(chunk), dtype=bool)
        for what, failed in checks.items():
            for place in np.flatnonzero(failed & ~bad).tolist():
                where = f"line {chunk.lines[place]}"
                self.complaints.add(where, f"The row {what}; it was left out.")
            bad |= failed
        good = [place for place, left_out in enumerate(bad.tolist()) if not left_out]
        self.rejected += len(chunk) - len(good)
        self._parts.append(
            {
                "listener": listener[good],
                "track": np.array(
                    [self.index.setdefault(ids[place], len(self.index)) for place in good],
                    dtype=np.int32,
                ),
                "played_at": played_at[good],
                "ms_played": ms_played[good],
                "skipped": np.array([parse_flag(get["skipped"][p]) for p in good], dtype=np.int8),
            }
        )

    def _parse_lengths(self, fields: Sequence[str]) -> Int64:
        """Milliseconds, −1 where there is no believable number; a column that is absent is 0."""
        if "ms played" not in self.names:
            return np.zeros(len(fields), dtype=np.int64)
        values = parse_numbers(fields, decimal_comma=False)
        good = (values >= 0) & (values <= MAX_PLAY_MS)
        return np.where(good, values, -1).astype(np.int64)

    def build_frame(self) -> pd.DataFrame:
        """``SOURCE_PLAY_COLUMNS``."""
        if not self._parts:
            return pd.DataFrame({n: pd.Series(dtype=d) for n, d in SOURCE_PLAY_COLUMNS.items()})
        columns = {
            name: np.concatenate([part[name] for part in self._parts]) for name in self._parts[0]
        }
        plays = pd.DataFrame(
            {
                **columns,
                "listener": pd.Series(columns["listener"], dtype="str"),
                "reason_start": "",
                "reason_end": "",
                "shuffle": np.int8(-1),
            }
        )
        return conform(plays, SOURCE_PLAY_COLUMNS, "plays of listeners")


SOURCE = Source(name=NAME, label="Plays of several listeners", sniff=sniff, parse=parse)
