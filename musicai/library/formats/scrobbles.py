"""What all logs of scrobbles have in common: one row a play that was heard.

By the rule of Audioscrobbler (https://www.last.fm/api/scrobbling) a scrobble means
that half of a track, or four minutes of it, was heard. Few logs write down how long
it really was; else the track's length stands for it, or a nominal one. Of a play
that a log calls skipped no length is known, and it counts none.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from musicai.data.frames import conform
from musicai.data.parsed import MAX_PLAY_MS, NOMINAL_MS, SOURCE_PLAY_COLUMNS, ParsedFile
from musicai.data.text_keys import name_id
from musicai.library.formats.csv_text import CsvReading
from musicai.library.formats.fields import (
    MILLISECONDS_FROM,
    Complaints,
    clean_text,
    get_latest_time,
    join_artists,
    parse_genres,
    parse_isrc,
)
from musicai.library.formats.tracks import build_tracks_frame

EARLIEST_SCROBBLE = int(datetime(2002, 11, 1, tzinfo=UTC).timestamp())
"""Audioscrobbler began in November 2002, before anybody streamed; seconds since 1970."""


def parse_epoch(value: object) -> int:
    """Seconds since 1970 of a number or digits, counted in seconds or milliseconds; −1 for none."""
    if isinstance(value, str):
        text = value.strip()
        if not (text.isascii() and text.isdigit() and len(text) <= 15):
            return -1
        value = int(text)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e15:
        return -1
    seconds = int(value)
    return seconds // 1000 if seconds >= MILLISECONDS_FROM else seconds


def is_believable(moment: int) -> bool:
    """Whether anybody can have scrobbled then."""
    return EARLIEST_SCROBBLE <= moment <= get_latest_time()


def parse_length(value: object, *, unit_ms: int = 1) -> int:
    """A length in milliseconds; 0 for none that can be."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return 0
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return int(value * unit_ms) if 0 < value * unit_ms <= MAX_PLAY_MS else 0


def read_table_rows(
    reading: CsvReading, columns: Sequence[str | None]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(place, fields of these columns) of every row of a table; None gives empty fields."""
    for chunk in reading.read_chunks():
        fields = zip(*(chunk.get_column(name) for name in columns), strict=True)
        for line, row in zip(chunk.lines, fields, strict=True):
            yield f"line {line}", row


@dataclass
class Scrobbles:
    """The rows of one log on their way to a ``ParsedFile``."""

    file: str
    format: str
    complaints: Complaints
    read: int = 0
    rejected: int = 0
    not_music: int = 0
    _index: dict[str, int] = field(default_factory=dict)
    _known: dict[tuple[object, ...], int] = field(default_factory=dict)
    _facts: list[dict[str, Any]] = field(default_factory=list)
    _plays: tuple[array[int], ...] = field(
        default_factory=lambda: tuple(array("q") for _ in range(4))
    )

    def reject(self, where: str, what: str) -> None:
        """Leave out a row that was counted as read, and say why."""
        self.rejected += 1
        self.complaints.add(where, f"The row {what}; it was left out.")

    def refuse(self, where: str, what: str) -> None:
        """Count a row that is no scrobble at all, and say why it is left out."""
        self.read += 1
        self.reject(where, what)

    def add(
        self,
        where: str,
        artists: object,
        title: object,
        at: object,
        *,
        album: object = "",
        track_id: str = "",
        duration_ms: int = 0,
        heard_ms: int = 0,
        code: object = "",
        skipped: int = 0,
    ) -> None:
        """One scrobble: taken, or rejected with its reason.

        Args:
            where: The place in the file.
            artists: A name, or several.
            title: Of the track.
            at: When it began: seconds or milliseconds since 1970.
            album: Its name.
            track_id: A Spotify id where the row has one.
            duration_ms: The track's length, 0 if it is not known.
            heard_ms: How long it was heard, 0 if the row does not say it.
            code: Its ISRC.
            skipped: 1 where the log says so.
        """
        self.read += 1
        moment = parse_epoch(at)
        if not is_believable(moment):
            self.reject(where, "has no believable time (none, before November 2002, or to come)")
            return
        track = self.add_track(artists, title, album, track_id, duration_ms, code)
        if track is None:
            self.reject(where, "has no artist or no title")
            return
        row = (track, moment, heard_ms or (0 if skipped else duration_ms), skipped)
        for column, value in zip(self._plays, row, strict=True):
            column.append(value)

    def add_track(
        self,
        artists: object,
        title: object,
        album: object = "",
        track_id: str = "",
        duration_ms: int = 0,
        code: object = "",
        genre: object = "",
        year: object = None,
    ) -> int | None:
        """The row of a track, made where it is new; None for one without names."""
        by_names = tuple(artists) if isinstance(artists, list) else artists
        key = (by_names, title, album, track_id, duration_ms, code, genre, year)
        try:  # most rows say what an earlier one said
            return self._known[key]
        except KeyError:
            row = self._find_or_add(*key)
        except TypeError:  # a name that is a list or an object
            return self._find_or_add(*key)
        if row is not None:
            self._known[key] = row
        return row

    def _find_or_add(
        self,
        artists: object,
        title: object,
        album: object,
        track_id: str,
        duration_ms: int,
        code: object,
        genre: object,
        year: object,
    ) -> int | None:
        names = artists if isinstance(artists, tuple) else (artists,)
        by = join_artists([name for name in names if isinstance(name, str)])
        name = clean_text(title) if isinstance(title, str) else ""
        if not by or not name:
            return None
        track_id = track_id or name_id(by, name)
        facts: dict[str, Any] = {
            "name": name,
            "artists": by,
            "album": clean_text(album) if isinstance(album, str) else "",
            "isrc": parse_isrc(code) if isinstance(code, str) else "",
            "genres": parse_genres(genre) if isinstance(genre, str) else "",
            "duration_ms": float(duration_ms) if duration_ms else None,
            "year": float(year) if isinstance(year, int) and 1000 <= year <= 2200 else None,
        }
        row = self._index.setdefault(track_id, len(self._index))
        if row == len(self._facts):
            self._facts.append(facts)
        else:  # what an earlier row did not tell
            told = self._facts[row]
            told.update({name: value for name, value in facts.items() if not told[name]})
        return row

    def list_track_ids(self) -> list[str]:
        """The tracks' ids, by row."""
        return list(self._index)

    def build_tracks(self) -> pd.DataFrame:
        """``SOURCE_TRACK_COLUMNS``."""
        columns: dict[str, Any] = {
            name: [facts[name] for facts in self._facts]
            for name in ("name", "artists", "album", "isrc", "genres")
        }
        for name in ("duration_ms", "year"):
            columns[name] = np.array([facts[name] for facts in self._facts], dtype=np.float32)
        return build_tracks_frame({"track_id": self.list_track_ids(), **columns})

    def build_file(self) -> ParsedFile:
        """The file with its plays."""
        tracks = self.build_tracks()
        track, at, heard, skipped = (np.array(column, dtype=np.int64) for column in self._plays)
        lengths = tracks["duration_ms"].fillna(NOMINAL_MS).to_numpy(dtype=np.int64)
        frame = pd.DataFrame(
            {
                "track": track,
                "played_at": at,
                "ms_played": _estimate_play_time(heard, skipped, lengths[track]),
                "skipped": skipped,
            }
        ).assign(listener="", reason_start="", reason_end="", shuffle=-1)
        return ParsedFile(
            file=self.file,
            format=self.format,
            kind="plays",
            tracks=tracks,
            plays=conform(frame, SOURCE_PLAY_COLUMNS, "scrobbles"),
            read=self.read,
            not_music=self.not_music,
            rejected=self.rejected,
            problems=self.complaints.list_problems(),
        )


def _estimate_play_time(
    heard: npt.NDArray[np.int64], skipped: npt.NDArray[np.int64], length: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """(n,) milliseconds heard: what the row says, else the track's length if it was not skipped."""
    return np.where((heard == 0) & (skipped == 0), length, heard)
