"""Everything of a profile to take away: CSV and Parquet in a zip, or one JSON object.

What is written can be read back by ``sources.musicai_export`` without loss. Rows
are made and written in chunks, so that memory does not grow with the history.
"""

from __future__ import annotations

import hashlib
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from musicai.core.errors import QueryError, SettingsError
from musicai.core.files import atomic_write
from musicai.core.progress import Progress
from musicai.core.settings import Settings
from musicai.data.audio_descriptors import SOURCE
from musicai.data.feedback import Exclusion, Feedback, MatchDecision
from musicai.library.formats.musicai_export import FORMAT
from musicai.library.formats.musicai_rows import TABLES
from musicai.store import OwnData, Store
from musicai.store.own_data import OWNER

README = """\
This is everything musicai holds of one profile. The tables lie here twice with the same rows:
as CSV (UTF-8, commas, one header row) and, in parquet/, as Parquet. To bring it back, hand this
zip to musicai as it is. A spreadsheet must be told that the text is UTF-8.

Times are UTC, written 2024-05-01T12:00:00Z. An empty field means "not known".
A track id is Spotify's, or name: and 16 digits made from artist and title.
Several artists, and several genres, are joined by ";".

tracks.csv      what is known of each track
  track_id name artists album genres isrc
  year, duration_ms, popularity (0 to 100), explicit (true or false)
  danceability energy valence acousticness instrumentalness liveness speechiness (0 to 1)
  tempo (beats a minute), loudness (dB)
  key (0 to 11, 0 = C), mode (1 major, 0 minor)
plays.csv       each play (after a million also plays_2.csv and so on)
  played_at     when it began
  ms_played     for how long it was heard, milliseconds
  track_id name artists album
  skipped       true or false
  reason_start reason_end shuffle    as the player told them
  listener      empty for you, else who it was
  source        the export that the play came from
playlists.csv   each entry of each playlist
  playlist position (from 0) added_at track_id name artists album
  api_born      true if it came through Spotify's API; training on it needs your consent
exclusions.csv  what you left out of your taste
  kind          artist, track, playlist or period
  value         the artist's name, the track's id or the playlist's name
  since until   of a period: its first second, and the first one after it
matches.csv     what you said about two tracks: first, second (ids), same (true or false)
feedback.csv    your verdicts: track_id, verdict (like, dislike, not_now, never_artist), given_at
parquet/acousticbrainz.parquet    what AcousticBrainz measured, if you read its dumps
  track_id recording feature value word submissions spread source dated
  not read back: musicai reads the dumps again
musicai.json    the version of this format, and how many rows each table has
"""


KINDS = ("zip", "json")
"""What a profile can be written as."""

CHUNK = 50_000
"""Rows made at a time."""

ROWS_A_CSV = 1_000_000
"""Plays go into a further CSV after this many, so that each can be read back: a member of an
archive is read up to 500 MB."""

ALWAYS = ("tracks", "plays")
"""Tables that are written also without a row."""

NAMES = ("name", "artists", "album")
"""Columns that repeat what ``tracks`` says; the JSON, which holds both, leaves them out."""

MEASURES = "acousticbrainz"
"""A table that is written as Parquet alone, which no reader takes for plays or tracks."""

_TIME = pa.timestamp("s", tz="UTC")
_TYPES = {"str": pa.string(), "float32": pa.float32(), "boolean": pa.bool_()}


@dataclass(frozen=True)
class _Table:
    """One table of the export, made a chunk at a time."""

    name: str
    rows: int
    schema: pa.Schema
    make: Callable[[int, int], pa.Table]
    """The rows from the first number up to the second one."""

    def read_chunks(self, start: int, stop: int) -> Iterator[pa.Table]:
        """Rows ``start`` to ``stop`` in chunks; one empty chunk where there is none."""
        for first in range(start, max(stop, start + 1), CHUNK):
            yield self.make(first, min(first + CHUNK, stop))


def export_profile(
    store: Store,
    settings: Settings,
    profile: str,
    target: Path,
    kind: Literal["zip", "json"],
    progress: Progress,
) -> Path:
    """Write all that a profile holds to one file, which takes its name only when it is whole.

    Args:
        store: Where the profile is.
        settings: Whose database must not be written over.
        profile: The profile's name.
        target: The file; one that is there is replaced.
        kind: "zip" for CSV and Parquet, "json" for one object.
        progress: Raises ``Cancelled`` to stop; then nothing is left.

    Returns:
        The target.

    Raises:
        NotFound: there is no such profile.
        QueryError: the kind is unknown.
        SettingsError: the folder is not there, or the file cannot be written.
    """
    if kind not in KINDS:
        raise QueryError(f"{kind!r} is no kind of export; take one of {', '.join(KINDS)}.")
    if target.resolve() == settings.database.resolve():
        raise SettingsError(f"{target.name} is musicai's own database. Choose another file.")
    if not target.resolve().parent.is_dir():
        raise SettingsError(
            f"There is no folder {str(target.parent)!r}. Make it first, or choose another one."
        )
    tables = _build_tables(store, profile)
    if kind == "zip":
        tables += _build_descriptors(store, profile)
    about = {
        "musicai_export": FORMAT,
        "created_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "profile": store.profile(profile).label,
        "counts": {table.name: table.rows for table in tables},
    }
    write = _write_zip if kind == "zip" else _write_json
    try:
        with atomic_write(target) as beside:
            write(beside, tables, about, _Steps(tables, progress, 2 if kind == "zip" else 1))
    except OSError as error:
        raise SettingsError(
            f"{target.name} cannot be written ({error.strerror or error}). Choose another folder, "
            "or make room."
        ) from error
    progress(1.0, "Exported")
    return target


class _Steps:
    """Progress by rows written."""

    def __init__(self, tables: list[_Table], progress: Progress, times: int) -> None:
        self._total = max(times * sum(table.rows for table in tables), 1)
        self._done = 0
        self._progress = progress

    def __call__(self, table: _Table, rows: int) -> None:
        self._progress(self._done / self._total, f"Writing {table.name}")
        self._done += rows


def _build_tables(store: Store, profile: str) -> list[_Table]:
    """Those that have rows, and those that are always written."""
    own = store.own_data(profile)
    tracks = pa.table(
        {
            name: pa.array(own.tracks[name], type=_TYPES[kind], from_pandas=True)
            for name, kind in own.tracks.dtypes.astype(str).items()
        }
    )
    every = [
        _wrap_table("tracks", tracks),
        _build_plays(own, tracks),
        _build_playlists(own, tracks),
        _build_exclusions(store.exclusions(profile)),
        _build_matches(store.decisions(profile)),
        _build_feedback(store.feedback(profile)),
    ]
    return [table for table in every if table.rows or table.name in ALWAYS]


def _wrap_table(name: str, rows: pa.Table) -> _Table:
    return _Table(name, rows.num_rows, rows.schema, lambda start, stop: rows[start:stop])


def _build_table(
    name: str, size: int, columns: Callable[[int, int], dict[str, pa.Array]]
) -> _Table:
    """A table whose chunks are made of columns; they are put into the order of ``TABLES``."""

    def make_chunk(start: int, stop: int) -> pa.Table:
        made = columns(start, stop)
        return pa.table({column: made[column] for column in TABLES[name]})

    return _Table(name, size, make_chunk(0, 0).schema, make_chunk)


def _build_plays(own: OwnData, tracks: pa.Table) -> _Table:
    back = {f"{OWNER} (listener)": OWNER}  # how the store tells another "you" from the owner
    others = [back.get(name, name) for name in own.listeners[1:]]
    listeners = pa.array(["", *others], pa.string())

    def build_columns(start: int, stop: int) -> dict[str, pa.Array]:
        rows = own.plays.iloc[start:stop]
        return {
            **_name_rows(tracks, rows["track"]),
            "played_at": _convert_times(rows["played_at"]),
            "ms_played": pa.array(rows["ms_played"], pa.int64()),
            "skipped": pa.array(rows["skipped"], pa.bool_()),
            "reason_start": _decode_words(rows["reason_start"]),
            "reason_end": _decode_words(rows["reason_end"]),
            "shuffle": pa.array(rows["shuffle"], pa.bool_()),
            "listener": listeners.take(pa.array(rows["listener"])),
            "source": _decode_words(rows["source"]),
        }

    return _build_table("plays", len(own.plays), build_columns)


def _build_playlists(own: OwnData, tracks: pa.Table) -> _Table:
    def build_columns(start: int, stop: int) -> dict[str, pa.Array]:
        rows = own.playlist_items.iloc[start:stop]
        return {
            **_name_rows(tracks, rows["track"]),
            "playlist": _decode_words(rows["playlist"]),
            "position": pa.array(rows["position"], pa.int32()),
            "added_at": _convert_times(rows["added_at"]),
            "api_born": pa.array(rows["api_born"], pa.bool_()),
        }

    return _build_table("playlists", len(own.playlist_items), build_columns)


def _name_rows(tracks: pa.Table, rows: pd.Series) -> dict[str, pa.Array]:
    """Id and names of the tracks at some rows."""
    found = tracks.select(["track_id", *NAMES]).take(pa.array(rows))
    return {name: found[name] for name in found.column_names}


def _decode_words(column: pd.Series) -> pa.Array:
    """The words of a category; "" where there is none."""
    words = pa.array([*map(str, column.cat.categories), ""], pa.string())
    codes = column.cat.codes.to_numpy().astype(np.int32)
    return words.take(pa.array(np.where(codes < 0, len(words) - 1, codes)))


def _convert_times(column: pd.Series) -> pa.Array:
    return pa.array(column.to_numpy(dtype="datetime64[s]")).cast(_TIME)


def _build_exclusions(rules: tuple[Exclusion, ...]) -> _Table:
    columns = {
        "kind": pa.array([rule.kind for rule in rules], pa.string()),
        "value": pa.array([rule.value for rule in rules], pa.string()),
        "since": _convert_seconds([rule.since for rule in rules]),
        "until": _convert_seconds([rule.until for rule in rules]),
    }
    return _wrap_table("exclusions", pa.table(columns))


def _build_matches(decisions: tuple[MatchDecision, ...]) -> _Table:
    columns = {
        "first": pa.array([one.first for one in decisions], pa.string()),
        "second": pa.array([one.second for one in decisions], pa.string()),
        "same": pa.array([one.same for one in decisions], pa.bool_()),
    }
    return _wrap_table("matches", pa.table(columns))


def _build_feedback(given: tuple[Feedback, ...]) -> _Table:
    columns = {
        "track_id": pa.array([one.track_id for one in given], pa.string()),
        "verdict": pa.array([one.verdict for one in given], pa.string()),
        "given_at": _convert_seconds([one.given_at for one in given]),
    }
    return _wrap_table("feedback", pa.table(columns))


def _build_descriptors(store: Store, profile: str) -> list[_Table]:
    """What AcousticBrainz measured, one row a track and feature; none where it measured nothing."""
    found = store.measures(profile)
    columns = {
        "track_id": pa.array([track for track, _ in found], pa.string()),
        "recording": pa.array([one.recording for _, one in found], pa.string()),
        "feature": pa.array([one.feature for _, one in found], pa.string()),
        "value": pa.array([one.value for _, one in found], pa.float64(), from_pandas=True),
        "word": pa.array([one.word for _, one in found], pa.string()),
        "submissions": pa.array([one.n for _, one in found], pa.int32()),
        "spread": pa.array([one.spread for _, one in found], pa.float64()),
        "source": pa.array([f"{SOURCE} {one.source}" for _, one in found], pa.string()),
        "dated": pa.array([one.dated for _, one in found], pa.string()),
    }
    return [_wrap_table(MEASURES, pa.table(columns))] if found else []


def _convert_seconds(values: list[int]) -> pa.Array:
    return pa.array([None if value < 0 else value for value in values], pa.int64()).cast(_TIME)


def _format_times(chunk: pa.Table) -> pa.Table:
    """The chunk with its times as text, ISO 8601 in UTC to the second."""
    for place, column in enumerate(chunk.schema):
        if pa.types.is_timestamp(column.type):
            local = chunk[column.name].cast(pa.timestamp("s"))
            text = pc.strftime(local, format="%Y-%m-%dT%H:%M:%SZ")
            chunk = chunk.set_column(place, column.name, text)
    return chunk


# --- zip ------------------------------------------------------------------------------


def _write_zip(path: Path, tables: list[_Table], about: dict[str, Any], step: _Steps) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", README)
        archive.writestr("musicai.json", json.dumps(about, ensure_ascii=False, indent=1) + "\n")
        for table in (one for one in tables if one.name != MEASURES):
            for number, start in enumerate(range(0, max(table.rows, 1), ROWS_A_CSV), 1):
                name = f"{table.name}.csv" if number == 1 else f"{table.name}_{number}.csv"
                with archive.open(name, "w", force_zip64=True) as stream:
                    stop = min(start + ROWS_A_CSV, table.rows)
                    _write_csv(stream, table, start, stop, step)
        for table in tables:
            with archive.open(f"parquet/{table.name}.parquet", "w", force_zip64=True) as stream:
                _write_parquet(stream, table, step)


def _write_csv(stream: IO[bytes], table: _Table, start: int, stop: int, step: _Steps) -> None:
    header = True
    for chunk in table.read_chunks(start, stop):
        step(table, chunk.num_rows)
        lines = pa.BufferOutputStream()
        options = pa.csv.WriteOptions(include_header=header)
        pa.csv.write_csv(_format_times(chunk), lines, options)
        stream.write(lines.getvalue())
        header = False


def _write_parquet(stream: IO[bytes], table: _Table, step: _Steps) -> None:
    with (
        pa.PythonFile(_CountingStream(stream), mode="w") as sink,
        pq.ParquetWriter(sink, table.schema, compression="zstd") as writer,
    ):
        for chunk in table.read_chunks(0, table.rows):
            step(table, chunk.num_rows)
            writer.write_table(chunk)


class _CountingStream:
    """A member of a zip that knows how much was written to it, as Parquet must."""

    closed = False

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._place = 0

    def write(self, data: bytes) -> int:
        """Pass bytes on."""
        self._stream.write(data)
        self._place += len(data)
        return len(data)

    def tell(self) -> int:
        """Bytes written so far."""
        return self._place

    def flush(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        """The zip closes its member itself."""
        self.closed = True


def _write_json(path: Path, tables: list[_Table], about: dict[str, Any], step: _Steps) -> None:
    """One row a line, which is how it is read back."""
    by_name = {table.name: table for table in tables}
    with path.open("wb") as stream:
        stream.write(orjson.dumps(about).removesuffix(b"}"))
        for name in TABLES:
            stream.write(b',\n"%s": [' % name.encode())
            if name in by_name:
                _write_rows(stream, by_name[name], step)
            stream.write(b"]")
        stream.write(b"\n}\n")


def _write_rows(stream: IO[bytes], table: _Table, step: _Steps) -> None:
    between = b"\n"
    for chunk in table.read_chunks(0, table.rows):
        step(table, chunk.num_rows)
        left_out = () if table.name == "tracks" else NAMES
        names = [name for name in chunk.column_names if name not in left_out]
        columns = [_list_values(column) for column in _format_times(chunk.select(names)).columns]
        for row in zip(*columns, strict=True):
            stream.write(between + orjson.dumps(dict(zip(names, row, strict=True))))
            between = b",\n"
    stream.write(b"\n")


def _list_values(column: pa.ChunkedArray) -> list[Any]:
    if not pa.types.is_floating(column.type):
        return list(column.to_pylist())
    # the shortest text that is the same 32-bit number: 0.416 and not 0.41600000858306885
    texts = column.cast(pa.string()).to_pylist()
    return [None if text is None else orjson.loads(text) for text in texts]


def get_export_path(settings: Settings, profile: str, fingerprint: str, kind: str) -> Path:
    """Where the export of this state is put; a profile's name never becomes a path."""
    return _get_folder(settings) / f"{_hash_profile(profile)}-{fingerprint[:16]}.{kind}"


def delete_export(settings: Settings, profile: str) -> None:
    """Delete what was prepared for a profile."""
    for path in _get_folder(settings).glob(f"{_hash_profile(profile)}-*"):
        path.unlink(missing_ok=True)


def _hash_profile(profile: str) -> str:
    return hashlib.sha256(profile.encode()).hexdigest()[:12]


def _get_folder(settings: Settings) -> Path:
    return settings.home / "exports"
