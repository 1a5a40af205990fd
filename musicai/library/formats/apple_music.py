"""Apple Music's ``Apple Music Play Activity.csv``: one row an event.

Names, case and number of the columns vary by year (38 to 150). Only ends of plays of songs
are plays; addresses, devices and accounts are never taken.

Files since about 2022 have no column for the track's artist. There the container's artist
stands for it where the container is an album or an artist; of a playlist or a radio it is
whoever put it together, so such rows cannot be matched to a recording and are rejected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from musicai.data.frames import conform
from musicai.data.parsed import MAX_PLAY_MS, SOURCE_PLAY_COLUMNS, ParsedFile, ReadOptions, Source
from musicai.library.formats.csv_text import CsvChunk, CsvReading, read_csv_header
from musicai.library.formats.fields import (
    EARLIEST,
    Complaints,
    clean_text,
    get_latest_time,
    parse_iso_times,
)
from musicai.library.formats.scrobbles import Scrobbles, parse_length
from musicai.library.formats.tracks import parse_numbers

NAME = "apple_music"

COLUMNS: dict[str, tuple[str, ...]] = {
    "artist": ("artist name",),
    "container artist": ("container artist name",),
    "container type": ("container type",),
    "title": ("song name", "content name", "title"),
    "album": ("album name", "container album name", "container name"),
    "start": ("event start timestamp",),
    "end": ("event end timestamp",),
    "received": ("event received timestamp",),
    "played": ("play duration milliseconds",),
    "length": ("media duration in milliseconds",),
    "ended": ("end reason type",),
    "event": ("event type",),
    "item": ("item type",),
    "media": ("media type",),
}
"""Column names through ``normalise_header``, by what they mean; the first that is not blank
counts."""

SKIPPED: dict[str, int] = {
    "natural_end_of_track": 0,
    "track_skipped_forwards": 1,
    "track_skipped_backwards": 1,
    "manually_selected_playback_of_a_diff_item": 1,
}
"""Whether a play was broken off in favour of another track, by its "End Reason Type"; of the
rest (paused, closed, device switched, unknown) nobody can say."""

SONGS = ("", "itunes_store_content", "song")
"""Values of "Item Type" that are songs. The others are radio, clips, advertisements, uploads,
films, and time played outside the catalogue, which names nothing."""

OTHER_MEDIA = ("video", "podcast", "radio", "audiobook", "movie")
"""Values of "Media Type" that are not music."""

CURATED = ("playlist", "radio", "station", "itunes_radio")
"""Containers whose artist is not the track's."""

Int64 = npt.NDArray[np.int64]


def map_columns(names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The columns that are there, by what they mean."""
    return {
        meaning: tuple(alias for alias in aliases if alias in names)
        for meaning, aliases in COLUMNS.items()
    }


def sniff(head: bytes) -> bool:
    """A header with a play duration, an end reason, a time and a song."""
    header = read_csv_header(head)
    if header is None:
        return False
    there = map_columns(header.names)
    timed = there["start"] or there["end"] or there["received"]
    return bool(timed and there["played"] and there["ended"] and there["title"])


def parse(data: bytes, file: str, options: ReadOptions) -> ParsedFile:
    """The ends of plays.

    Raises:
        UnreadableFile: the file has no header.
    """
    rows = Scrobbles(file, NAME, Complaints(file))
    reading = CsvReading(data, rows.complaints)
    events = _Events(rows, map_columns(reading.header.names), reading.header.decimal_comma)
    for chunk in reading.read_chunks():
        events.take(chunk)
    if not rows.read + reading.rejected:
        rows.complaints.add("", "The file has no rows below its header. Download it again.")
    return ParsedFile(
        file=file,
        format=NAME,
        kind="plays",
        tracks=rows.build_tracks(),
        plays=events.build_frame(),
        read=rows.read + reading.rejected,
        not_music=rows.not_music,
        rejected=rows.rejected + reading.rejected,
        problems=rows.complaints.list_problems(),
    )


def compute_start_times(starts: Int64, ends: Int64, received: Int64, played_ms: Int64) -> Int64:
    """(n,) seconds since 1970 of the starts of plays, −1 where no column tells.

    The start as it is written, else the end, else when Apple's server heard of it, less the
    time played.
    """
    told = np.where(ends > 0, ends, received)
    return np.where(starts > 0, starts, np.where(told > 0, told - played_ms // 1000, -1))


def get_artist(artist: str, container_artist: str, container_type: str) -> str:
    """The track's artist, or "" where the row does not say it."""
    if artist.strip():
        return artist
    return "" if container_type.strip().casefold() in CURATED else container_artist


@dataclass
class _Events:
    rows: Scrobbles
    columns: dict[str, tuple[str, ...]]
    decimal_comma: bool
    kept: list[tuple[int, int, int, int, str]] = field(default_factory=list)

    def take(self, chunk: CsvChunk) -> None:
        """Sort the rows of a chunk out."""
        get = {meaning: self._read_column(chunk, meaning) for meaning in COLUMNS}
        played = parse_numbers(get["played"], decimal_comma=self.decimal_comma)
        good = (played >= 0) & (played <= MAX_PLAY_MS)
        ms = np.where(good, played, -1).astype(np.int64)
        start, end, received = (parse_iso_times(get[name]) for name in ("start", "end", "received"))
        at = compute_start_times(start, end, received, ms)
        for place, line in enumerate(chunk.lines):
            self.rows.read += 1
            values = {meaning: column[place] for meaning, column in get.items()}
            if _is_song_played(values):
                self._add_play(f"line {line}", values, int(ms[place]), int(at[place]))
            else:
                self.rows.not_music += 1

    def _read_column(self, chunk: CsvChunk, meaning: str) -> Sequence[str]:
        names = self.columns[meaning]
        if len(names) < 2:
            return chunk.get_column(names[0] if names else None)
        fields = zip(*(chunk.get_column(name) for name in names), strict=True)
        return [next((text for text in texts if text.strip()), "") for texts in fields]

    def _add_play(self, where: str, values: dict[str, str], ms: int, at: int) -> None:
        if ms < 0:
            self.rows.reject(where, "has no believable play duration (0 to 24 hours)")
            return
        if not EARLIEST <= at <= get_latest_time():
            self.rows.reject(where, "has no believable time since 2006")
            return
        artist = get_artist(values["artist"], values["container artist"], values["container type"])
        length = parse_length(values["length"])
        track = self.rows.add_track(artist, values["title"], values["album"], duration_ms=length)
        if track is None:
            self.rows.reject(where, "has no artist or no title; Apple leaves many artists out")
            return
        word = clean_text(values["ended"]).casefold()[:60]
        self.kept.append((track, at, ms, SKIPPED.get(word, -1), word))

    def build_frame(self) -> pd.DataFrame:
        """``SOURCE_PLAY_COLUMNS``."""
        names = ["track", "played_at", "ms_played", "skipped", "reason_end"]
        frame = pd.DataFrame(self.kept, columns=names)
        frame = frame.assign(listener="", reason_start="", shuffle=-1)
        return conform(frame, SOURCE_PLAY_COLUMNS, "plays of Apple Music")


def _is_song_played(values: dict[str, str]) -> bool:
    """Whether a row is the end of a play of a song."""
    event, item, media = (values[name].strip().casefold() for name in ("event", "item", "media"))
    return event in ("", "play_end") and item in SONGS and media not in OTHER_MEDIA


SOURCE = Source(name=NAME, label="Apple Music play activity", sniff=sniff, parse=parse)
