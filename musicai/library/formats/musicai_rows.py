"""The tables of musicai's own export, and how their fields become rows again."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from musicai.data.feedback import (
    EXCLUSION_KINDS,
    VERDICTS,
    Choices,
    Exclusion,
    Feedback,
    MatchDecision,
)
from musicai.data.frames import conform
from musicai.data.library import ARTIST_SEPARATOR, KEY_COLUMNS, SOURCE_TRACK_COLUMNS
from musicai.data.parsed import (
    MAX_PLAY_MS,
    PLAY_SOURCES,
    SOURCE_ITEM_COLUMNS,
    SOURCE_PLAY_COLUMNS,
    ParsedFile,
)
from musicai.library.formats.csv_text import CsvChunk, normalise_header
from musicai.library.formats.fields import (
    Complaints,
    clean_artist,
    clean_text,
    get_latest_time,
    parse_flag,
    parse_genres,
    parse_iso_times,
    parse_spotify_id,
    parse_year,
)
from musicai.library.formats.tracks import (
    RANGES,
    build_tracks_frame,
    mark_believable,
    parse_numbers,
)

NAME = "musicai_export"

TABLES: dict[str, tuple[str, ...]] = {
    "tracks": tuple(SOURCE_TRACK_COLUMNS),
    "plays": (
        "played_at",
        "ms_played",
        "track_id",
        "name",
        "artists",
        "album",
        "skipped",
        "reason_start",
        "reason_end",
        "shuffle",
        "listener",
        "source",
    ),
    "playlists": (
        "playlist",
        "position",
        "added_at",
        "track_id",
        "name",
        "artists",
        "album",
        "api_born",
    ),
    "exclusions": ("kind", "value", "since", "until"),
    "matches": ("first", "second", "same"),
    "feedback": ("track_id", "verdict", "given_at"),
}
"""The tables of an export and their columns, in the order in which they are written."""

LATER: dict[str, tuple[str, ...]] = {"tracks": KEY_COLUMNS}
"""Columns that exports of format 1 lack; what is not there is not known."""

LAST_POSITION = 2**31 - 1
"""Largest position in a playlist."""

_NAME_ID = re.compile(r"name:[0-9a-f]{16}")

Bad = dict[int, str]
"""Place in the chunk of each row that is left out, and why."""


@lru_cache(maxsize=200_000)
def parse_track_id(text: str) -> str:
    """The id as it stands, if it is a Spotify id or one made of names; "" otherwise."""
    text = text.strip()
    return text if _NAME_ID.fullmatch(text) else parse_spotify_id(text)


@lru_cache(maxsize=50_000)
def clean_artists(text: str) -> str:
    """Artists joined by ";", each cleaned."""
    names = map(clean_artist, text.split(ARTIST_SEPARATOR))
    return ARTIST_SEPARATOR.join(name for name in names if name)


@lru_cache(maxsize=50_000)
def _clean_reason(text: str) -> str:
    return clean_text(text)[:40]


@lru_cache(maxsize=50_000)
def _clean_name(text: str) -> str:
    return clean_text(text)


class Rows(ABC):
    """Rows of one kind, taken in chunk by chunk.

    Args:
        file: The file's shown name.
        unit: What a row's number counts: "line" or "row".
    """

    def __init__(self, file: str, unit: str) -> None:
        self.file = file
        self.unit = unit
        self.complaints = Complaints(file)
        self.rejected = 0

    def reject(self, table: str, number: int, why: str) -> None:
        """Count a row that is left out, and say where it stands and why."""
        self.rejected += 1
        where = f"line {number}" if self.unit == "line" else f"{table}, row {number}"
        self.complaints.add(where, f"The row {why}; it was left out.")

    def take(self, table: str, chunk: CsvChunk) -> None:
        """Sort the rows of a chunk out."""
        there = {name: normalise_header(name) for name in TABLES[table]}
        get = {
            name: chunk.get_column(c if c in chunk.columns else None) for name, c in there.items()
        }
        bad = self._sort(table, get)
        for place in sorted(bad):
            self.reject(table, chunk.lines[place], bad[place])

    @abstractmethod
    def _sort(self, table: str, get: dict[str, Sequence[str]]) -> Bad:
        """Keep the good rows; returns the others."""

    @abstractmethod
    def build_parts(self) -> list[ParsedFile]:
        """What was kept; the first part carries all that was left out."""

    @abstractmethod
    def create_empty(self) -> ParsedFile:
        """A part without rows."""

    def _count_rejected(self, parts: list[ParsedFile]) -> list[ParsedFile]:
        """The parts with their rejected rows; an empty one where there is nothing else to tell."""
        problems = self.complaints.list_problems()
        if not parts and (self.rejected or problems):
            parts = [self.create_empty()]
        if not parts:
            return []
        first, *others = parts
        read = first.read + self.rejected
        return [replace(first, read=read, rejected=self.rejected, problems=problems), *others]


# --- tracks ---------------------------------------------------------------------------


class TrackFacts(Rows):
    """``tracks``: what is known of own tracks; the first row of an id counts."""

    def __init__(self, file: str, unit: str) -> None:
        super().__init__(file, unit)
        self._seen: set[str] = set()
        self._frames: list[pd.DataFrame] = []
        self._duplicate = 0

    def _sort(self, table: str, get: dict[str, Sequence[str]]) -> Bad:
        ids = [parse_track_id(text) for text in get["track_id"]]
        bad = {place: _NO_ID for place, one in enumerate(ids) if not one}
        keep = []
        for place, one in enumerate(ids):
            if one and one not in self._seen:
                self._seen.add(one)
                keep.append(place)
        self._duplicate += len(ids) - len(bad) - len(keep)
        columns: dict[str, Any] = {
            name: [change(get[name][place]) for place in keep] for name, change in _FACTS.items()
        }
        columns["year"] = np.array(
            [parse_year(get["year"][place]) for place in keep], dtype=np.float32
        )
        for name in RANGES:
            values = parse_numbers([get[name][place] for place in keep], decimal_comma=False)
            values[~mark_believable(name, values)] = np.nan
            columns[name] = values.astype(np.float32)
        self._frames.append(build_tracks_frame(columns))
        return bad

    def build_parts(self) -> list[ParsedFile]:
        """One part of kind "tracks"."""
        if not self._seen:
            return self._count_rejected([])
        tracks = pd.concat(self._frames, ignore_index=True)
        read = len(tracks) + self._duplicate
        part = replace(self.create_empty(), tracks=tracks, duplicate=self._duplicate, read=read)
        return self._count_rejected([part])

    def create_empty(self) -> ParsedFile:
        """A part without rows."""
        return ParsedFile(file=self.file, format=NAME, kind="tracks")


def _parse_optional_flag(text: str) -> bool | None:
    code = parse_flag(text)
    return None if code < 0 else bool(code)


_FACTS: dict[str, Callable[[str], object]] = {
    "track_id": parse_track_id,
    "name": clean_text,
    "artists": clean_artists,
    "album": clean_text,
    "genres": parse_genres,
    "isrc": lambda text: clean_text(text)[:12],
    "explicit": _parse_optional_flag,
}

_NO_ID = "has no track id that musicai made or Spotify gave"


class _Names:
    """The tracks that rows name, with what the rows say of them."""

    def __init__(self) -> None:
        self.index: dict[str, int] = {}
        self._said: list[tuple[str, str, str]] = []

    def add_rows(self, ids: Sequence[str], get: dict[str, Sequence[str]]) -> npt.NDArray[np.int32]:
        """(n,) the row of each track here, −1 for one without an id."""
        found = np.full(len(ids), -1, dtype=np.int32)
        for place, one in enumerate(ids):
            if not one:
                continue
            row = self.index.get(one)
            if row is None:
                row = self.index[one] = len(self.index)
                names = (clean_text(get["name"][place]), clean_artists(get["artists"][place]))
                self._said.append((*names, clean_text(get["album"][place])))
            found[place] = row
        return found

    def build_part(self, rows: npt.NDArray[np.int32]) -> tuple[pd.DataFrame, npt.NDArray[np.int32]]:
        """The tracks that ``rows`` name as a table of their own, and the rows in it."""
        used, place = np.unique(rows, return_inverse=True)
        ids = list(self.index)
        chosen = [(ids[row], *self._said[row]) for row in used.tolist()]
        columns = zip(
            ("track_id", "name", "artists", "album"), zip(*chosen, strict=True), strict=True
        )
        return build_tracks_frame(dict(columns)), place.astype(np.int32)


# --- plays and playlists --------------------------------------------------------------


class _Columns(Rows):
    """Rows that are kept as columns and name tracks."""

    def __init__(self, file: str, unit: str) -> None:
        super().__init__(file, unit)
        self._names = _Names()
        self._chunks: list[dict[str, npt.NDArray[Any]]] = []

    def _keep(self, columns: dict[str, Any], failed: dict[str, npt.NDArray[np.bool_]]) -> Bad:
        """Keep the rows that failed no check; the first failed check is a row's reason."""
        bad: Bad = {}
        for why, wrong in failed.items():
            for place in np.flatnonzero(wrong).tolist():
                bad.setdefault(place, why)
        good = np.ones(len(columns["track"]), dtype=bool)
        good[list(bad)] = False
        self._chunks.append({name: np.asarray(col)[good] for name, col in columns.items()})
        return bad

    def _split(self, by: str) -> Iterator[tuple[int, pd.DataFrame, dict[str, npt.NDArray[Any]]]]:
        """The rows of each value of a column of codes: the value, their tracks, their columns."""
        if not self._chunks:
            return
        joined = {n: np.concatenate([chunk[n] for chunk in self._chunks]) for n in self._chunks[0]}
        codes = joined.pop(by)
        for code in np.unique(codes).tolist():
            of = {name: column[codes == code] for name, column in joined.items()}
            tracks, of["track"] = self._names.build_part(of["track"])
            yield code, tracks, of


class PlayRows(_Columns):
    """``plays``: one part for each source that the plays came from."""

    def _sort(self, table: str, get: dict[str, Sequence[str]]) -> Bad:
        ids = [parse_track_id(text) for text in get["track_id"]]
        played_at = parse_iso_times(get["played_at"])
        ms_played = parse_numbers(get["ms_played"], decimal_comma=False)
        ms_played[~((ms_played >= 0) & (ms_played <= MAX_PLAY_MS))] = -1
        source = np.array([_SOURCE_CODES.get(text.strip(), -1) for text in get["source"]])
        columns = {
            "track": self._names.add_rows(ids, get),
            "listener": _convert_texts(_clean_name, get["listener"]),
            "played_at": played_at,
            "ms_played": ms_played.astype(np.int64),
            "skipped": np.array([parse_flag(text) for text in get["skipped"]], dtype=np.int8),
            "reason_start": _convert_texts(_clean_reason, get["reason_start"]),
            "reason_end": _convert_texts(_clean_reason, get["reason_end"]),
            "shuffle": np.array([parse_flag(text) for text in get["shuffle"]], dtype=np.int8),
            "source": source,
        }
        return self._keep(
            columns,
            {
                _NO_ID: columns["track"] < 0,
                "has no believable time (played_at)": (played_at <= 0)
                | (played_at > get_latest_time()),
                "has no believable ms_played (0 to 24 hours)": ms_played < 0,
                "names no source of plays that this musicai knows": source < 0,
            },
        )

    def build_parts(self) -> list[ParsedFile]:
        """Parts of kind "plays", the most exact source first."""
        parts = []
        for code, tracks, of in self._split("source"):
            plays = conform(_build_frame(of), SOURCE_PLAY_COLUMNS, "exported plays")
            source, read = PLAY_SOURCES[code], len(plays)
            part = replace(
                self.create_empty(), tracks=tracks, plays=plays, play_source=source, read=read
            )
            parts.append(part)
        return self._count_rejected(parts)

    def create_empty(self) -> ParsedFile:
        """A part without rows; plays always have a source, also where there is none of them."""
        return ParsedFile(file=self.file, format=NAME, kind="plays", play_source=PLAY_SOURCES[0])


class ItemRows(_Columns):
    """``playlists``: rows that came through Spotify's API are a part of their own."""

    def _sort(self, table: str, get: dict[str, Sequence[str]]) -> Bad:
        ids = [parse_track_id(text) for text in get["track_id"]]
        position = parse_numbers(get["position"], decimal_comma=False)
        position[~((position >= 0) & (position <= LAST_POSITION))] = -1
        added_at = parse_iso_times(get["added_at"])
        added_at[(added_at <= 0) | (added_at > get_latest_time())] = -1
        playlist = _convert_texts(_clean_name, get["playlist"])
        columns = {
            "playlist": playlist,
            "track": self._names.add_rows(ids, get),
            "position": position.astype(np.int32),
            "added_at": added_at,
            # a row that does not say is kept out of training until the person was asked
            "api_born": np.array([parse_flag(text) != 0 for text in get["api_born"]], dtype=bool),
        }
        unread = np.array([bool(text.strip()) for text in get["added_at"]]) & (added_at < 0)
        return self._keep(
            columns,
            {
                _NO_ID: columns["track"] < 0,
                "names no playlist": playlist == "",
                "has no position in its playlist": position < 0,
                "has no believable time (added_at)": unread,
            },
        )

    def build_parts(self) -> list[ParsedFile]:
        """Up to two parts of kind "playlist"."""
        parts = []
        for born, tracks, of in self._split("api_born"):
            items = conform(_build_frame(of), SOURCE_ITEM_COLUMNS, "exported playlists")
            part = replace(
                self.create_empty(), tracks=tracks, playlist_items=items, read=len(items)
            )
            parts.append(replace(part, api_born=bool(born)))
        return self._count_rejected(parts)

    def create_empty(self) -> ParsedFile:
        """A part without rows."""
        return ParsedFile(file=self.file, format=NAME, kind="playlist")


def _convert_texts(change: Callable[[str], str], fields: Sequence[str]) -> npt.NDArray[np.object_]:
    return np.array([change(text) for text in fields], dtype=object)


def _build_frame(columns: dict[str, npt.NDArray[Any]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            name: pd.Series(column, dtype="str") if column.dtype == object else column
            for name, column in columns.items()
        }
    )


_SOURCE_CODES = {name: code for code, name in enumerate(PLAY_SOURCES)}


class ChoiceRows(Rows):
    """``exclusions``, ``matches`` and ``feedback``: what the person decided."""

    def __init__(self, file: str, unit: str) -> None:
        super().__init__(file, unit)
        self._made: dict[str, list[Any]] = {name: [] for name in _CHOICES}

    def _sort(self, table: str, get: dict[str, Sequence[str]]) -> Bad:
        bad: Bad = {}
        for place, fields in enumerate(zip(*get.values(), strict=True)):
            made = _CHOICES[table](*(field.strip() for field in fields))
            if isinstance(made, str):
                bad[place] = made
            else:
                self._made[table].append(made)
        return bad

    def build_parts(self) -> list[ParsedFile]:
        """One part of kind "choices"."""
        made = self._made
        choices = Choices(
            tuple(made["exclusions"]), tuple(made["matches"]), tuple(made["feedback"])
        )
        part = replace(self.create_empty(), choices=choices, read=len(choices))
        return self._count_rejected([part] if len(choices) else [])

    def create_empty(self) -> ParsedFile:
        """A part without rows."""
        return ParsedFile(file=self.file, format=NAME, kind="choices")


def _parse_second(text: str) -> int:
    return int(parse_iso_times([text])[0]) if text else -1


def _parse_exclusion(kind: str, value: str, since: str, until: str) -> Exclusion | str:
    if kind not in EXCLUSION_KINDS:
        return f"excludes neither of {', '.join(EXCLUSION_KINDS)}"
    if kind == "period":
        start, end = _parse_second(since), _parse_second(until)
        return Exclusion("period", "", start, end) if 0 <= start < end else "is no period of time"
    value = parse_track_id(value) if kind == "track" else clean_text(value)
    return Exclusion(kind, value) if value else f"does not say which {kind} is meant"  # type: ignore[arg-type]


def _parse_decision(first: str, second: str, same: str) -> MatchDecision | str:
    one, other, answer = parse_track_id(first), parse_track_id(second), parse_flag(same)
    if not one or not other or one == other or answer < 0:
        return "is no decision on two tracks"
    return MatchDecision.of(one, other, bool(answer))


def _parse_feedback(track: str, verdict: str, given_at: str) -> Feedback | str:
    one, given = parse_track_id(track), _parse_second(given_at)
    if not one or verdict not in VERDICTS or not 0 <= given <= get_latest_time():
        return "is no verdict on a track at a time"
    return Feedback(one, verdict, given)  # type: ignore[arg-type]


_CHOICES: dict[str, Callable[..., object]] = {
    "exclusions": _parse_exclusion,
    "matches": _parse_decision,
    "feedback": _parse_feedback,
}
