"""A profile's own data as tables, and the side files that serve them in a moment."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection, Table, delete, select
from sqlalchemy.dialects.sqlite import insert as upsert

from musicai.core.files import atomic_write
from musicai.core.settings import Settings
from musicai.data.frames import conform
from musicai.data.library import SOURCE_TRACK_COLUMNS
from musicai.data.parsed import PLAY_SOURCES
from musicai.store import feedback, schema
from musicai.store.records import OwnData

logger = logging.getLogger(__name__)

OWNER = "you"
"""How the profile's owner is called among the listeners."""

KEEP_STATES = 3
"""Side files of this many states of a profile are kept, so that switching a catalogue or an
exclusion off and on again costs nothing."""

_FORMAT = b"3"
_PARTS = ("tracks", "plays", "items")


@dataclass(frozen=True)
class Stored:
    """Own data as it lies on disk: Arrow tables with plain integers."""

    tables: Mapping[str, pa.Table]
    listeners: tuple[str, ...]


def fingerprint_of(connection: Connection, profile: str, *, exclusions: bool = True) -> str:
    """SHA-256 over what the data are made of; no play is read.

    Built from digests of files and choices alone, so the same files imported
    in the same order on another machine have the same fingerprint.

    Args:
        connection: A transaction.
        profile: Whose data.
        exclusions: Whether what is left out of taste takes part.
    """
    profiles = schema.profiles.c
    enabled = connection.execute(
        select(schema.catalogues.c.digest)
        .join_from(schema.catalogues, schema.profile_catalogues)
        .where(schema.profile_catalogues.c.profile == profile, schema.profile_catalogues.c.enabled)
    ).scalars()
    one = connection.execute(
        select(profiles.invented, profiles.train_on_api_rows).where(profiles.name == profile)
    ).one()
    parts = {
        "format": 1,
        "files": _files(connection, profile),
        "catalogues": sorted(enabled),
        "invented": bool(one.invented),
        "train_on_api_rows": bool(one.train_on_api_rows),
        **feedback.fingerprint_parts(feedback.read(connection, profile)),
    }
    if not exclusions:
        parts.pop("exclusions", None)
    return _digest(parts)


def data_fingerprint_of(connection: Connection, profile: str) -> str:
    """SHA-256 over what was imported alone; it names the side files of the own data."""
    return _digest({"own": 1, "profile": profile, "files": _files(connection, profile)})


def _digest(parts: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _files(connection: Connection, profile: str) -> list[list[object]]:
    """Digest, kind and choice of every file that brought rows, in the order they came."""
    files, imports = schema.import_files.c, schema.imports.c
    read = connection.execute(
        select(files.digest, files.kind, imports.include_private)
        .join_from(schema.import_files, schema.imports)
        .where(
            imports.profile == profile,
            imports.state == "visible",
            files.repeated.is_(False),
            files.kind.not_in(("catalogue", "neighbours")),
        )
        .order_by(imports.id, files.id)
    )
    return [[row.digest, row.kind, bool(row.include_private)] for row in read]


# --- side files -----------------------------------------------------------------------


def side_file(settings: Settings, fingerprint: str, part: str) -> Path:
    """Where one table of that state lies."""
    return settings.cache / f"own-{fingerprint[:32]}-{part}.parquet"


def read_side_files(settings: Settings, fingerprint: str) -> Stored | None:
    """The tables, or None if one is absent, damaged or of another format."""
    mark = fingerprint.encode()
    try:
        tables = {
            part: pq.read_table(
                side_file(settings, fingerprint, part), page_checksum_verification=True
            )
            for part in _PARTS
        }
        for table in tables.values():
            notes = table.schema.metadata
            if notes[b"musicai.format"] != _FORMAT or notes[b"musicai.data"] != mark:
                return None
        return Stored(tables, tuple(json.loads(notes[b"musicai.listeners"])))
    except FileNotFoundError:
        return None
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError):
        logger.warning("a side file is damaged and will be made again")
        return None


def write_side_files(settings: Settings, fingerprint: str, stored: Stored) -> None:
    """Each table beside its place, then renamed; a full disk costs only the speed."""
    notes = {
        "musicai.format": _FORMAT,
        "musicai.data": fingerprint,
        "musicai.listeners": json.dumps(stored.listeners),
    }
    try:
        for part, table in stored.tables.items():
            marked = table.replace_schema_metadata({**(table.schema.metadata or {}), **notes})
            with atomic_write(side_file(settings, fingerprint, part)) as beside:
                pq.write_table(marked, beside, compression="lz4", write_page_checksum=True)
    except OSError:
        logger.warning("the side files could not be written; loading stays slow")


def note_state(
    connection: Connection, settings: Settings, profile: str, fingerprints: Collection[str]
) -> None:
    """Remember the names of a state as just used, and delete side files of states long past."""
    seen = schema.fingerprints
    used_at = time.time_ns()
    for fingerprint in fingerprints:
        values = {"profile": profile, "fingerprint": fingerprint, "used_at": used_at}
        connection.execute(
            upsert(seen).values(**values).on_conflict_do_update(set_={"used_at": used_at})
        )
    mine = select(seen.c.fingerprint, seen.c.used_at).where(seen.c.profile == profile)
    states = connection.execute(mine).all()
    kept = sorted({state.used_at for state in states})[-KEEP_STATES:]
    old = [state.fingerprint for state in states if state.used_at not in kept]
    forget_fingerprints(connection, settings, profile, old)


def list_noted_states(connection: Connection, profile: str) -> list[str]:
    """The states of a profile that side files were made for."""
    seen = schema.fingerprints.c
    query = select(seen.fingerprint).where(seen.profile == profile)
    return list(connection.execute(query).scalars())


def forget_all(connection: Connection, settings: Settings, profile: str) -> None:
    """Delete every side file of a profile, whoever made it."""
    forget_fingerprints(connection, settings, profile, list_noted_states(connection, profile))


def forget_fingerprints(
    connection: Connection, settings: Settings, profile: str, fingerprints: list[str]
) -> None:
    """Delete every side file made for these states, whoever made it."""
    seen = schema.fingerprints.c
    for fingerprint in fingerprints:
        for path in settings.cache.glob(f"*{fingerprint[:32]}*"):
            with contextlib.suppress(OSError):
                path.unlink()
    connection.execute(
        delete(schema.fingerprints).where(
            seen.profile == profile, seen.fingerprint.in_(fingerprints)
        )
    )


# --- from the database ----------------------------------------------------------------


def read_database(connection: Connection, profile: str) -> Stored:
    """The same tables from SQL: about three seconds for a million plays."""
    tracks, position = _tracks(connection, profile)
    names = _codes(connection, profile, "listeners")
    plays = _plays(connection, profile, position)
    used = set(np.unique(plays["listener"]).tolist())
    others = sorted(name for name, code in names.items() if name and code in used)
    order = ["", *others]
    place = np.zeros(max(names.values(), default=0) + 1, dtype=np.int32)
    for new, name in enumerate(order):
        place[names.get(name, 0)] = new
    plays["listener"] = place[plays["listener"]]
    items = _items(connection, profile, position)
    shown = (OWNER, *(f"{name} (listener)" if name == OWNER else name for name in others))
    tables = {
        "tracks": pa.Table.from_pandas(tracks, preserve_index=False),
        "plays": pa.table(plays),
        "items": pa.table(items),
    }
    return Stored(tables, shown)


def _tracks(connection: Connection, profile: str) -> tuple[pd.DataFrame, npt.NDArray[np.int32]]:
    """The merged tracks sorted by id, and for each number of the profile its row."""
    table = schema.tracks
    columns = [table.c.row, *(table.c[name] for name in SOURCE_TRACK_COLUMNS)]
    rows = schema.raw_rows(
        connection,
        select(*columns)
        .where(table.c.import_id.in_(schema.visible_imports(profile)))
        .order_by(table.c.import_id, table.c.id),
    )
    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    number = np.array(values[0], dtype=np.int64)
    unique = np.unique(number)
    merged: dict[str, Any] = {}
    for (name, kind), column in zip(SOURCE_TRACK_COLUMNS.items(), values[1:], strict=True):
        told = np.array([value is not None and value != "" for value in column], dtype=bool)
        at, first = np.unique(number[told], return_index=True)
        whole = np.full(len(unique), "" if kind == "str" else None, dtype=object)
        whole[np.searchsorted(unique, at)] = np.array(column, dtype=object)[told][first]
        if kind == "boolean":
            whole = np.array([None if v is None else bool(v) for v in whole], dtype=object)
        merged[name] = pd.Series(whole, dtype=kind)
    frame = pd.DataFrame(merged)
    order = np.argsort(frame["track_id"].to_numpy(dtype=object), kind="stable")
    position = np.full(int(number.max(initial=-1)) + 1, -1, dtype=np.int32)
    position[unique[order]] = np.arange(len(order), dtype=np.int32)
    return conform(frame.iloc[order], SOURCE_TRACK_COLUMNS, "tracks"), position


def _codes(connection: Connection, profile: str, table_name: str) -> dict[str, int]:
    table = schema.metadata.tables[table_name]
    rows = connection.execute(
        select(table.c.name, table.c.code)
        .where(table.c.import_id.in_(schema.visible_imports(profile)))
        .distinct()
    )
    return {str(name): int(code) for name, code in rows}


def _current(
    connection: Connection, profile: str, table: Table, names: tuple[str, ...]
) -> dict[str, npt.NDArray[np.int64]]:
    """Columns of the rows that are visible and not superseded, in the order they came."""
    values = schema.raw_integers(
        connection,
        select(*(table.c[name] for name in names))
        .where(
            table.c.import_id.in_(schema.visible_imports(profile)),
            table.c.superseded_by.is_(None),
        )
        .order_by(table.c.import_id, table.c.id),
    )
    return dict(zip(names, values, strict=True))


def _plays(connection: Connection, profile: str, position: npt.NDArray[np.int32]) -> dict[str, Any]:
    names = ("track", "listener", "played_at", "ms_played", "skipped", "shuffle", "source")
    reasons = ("reason_start", "reason_end")
    columns = _current(connection, profile, schema.plays, (*names, *reasons))
    order = np.argsort(columns["played_at"], kind="stable")
    plays: dict[str, Any] = {name: column[order] for name, column in columns.items()}
    plays["track"] = position[plays["track"]]
    for name in ("skipped", "shuffle", "source"):
        plays[name] = plays[name].astype(np.int8)
    known = {code: word for word, code in schema.word_codes(connection).items()}
    for name in reasons:
        used, codes = np.unique(plays[name], return_inverse=True)
        words = [known[code] for code in used.tolist()]
        by_name = sorted(range(len(words)), key=words.__getitem__)
        place = np.argsort(by_name).astype(np.int32)
        plays[name] = pa.DictionaryArray.from_arrays(
            pa.array(place[codes] if len(place) else codes.astype(np.int32)),
            pa.array([words[i] for i in by_name], pa.string()),
        )
    return plays


def _items(connection: Connection, profile: str, position: npt.NDArray[np.int32]) -> dict[str, Any]:
    names = ("playlist", "track", "position", "added_at", "api_born")
    items: dict[str, Any] = dict(_current(connection, profile, schema.playlist_items, names))
    codes = _codes(connection, profile, "playlists")
    words = sorted(codes)
    place = np.zeros(max(codes.values(), default=0) + 1, dtype=np.int32)
    for new, name in enumerate(words):
        place[codes[name]] = new
    items["playlist"] = place[items["playlist"]]
    order = np.lexsort((items["position"], items["playlist"]))
    items = {name: column[order] for name, column in items.items()}
    items["track"] = position[items["track"]]
    items["position"] = items["position"].astype(np.int32)
    items["playlist"] = pa.DictionaryArray.from_arrays(
        pa.array(items["playlist"]), pa.array(words, pa.string())
    )
    return items


# --- Arrow to pandas ------------------------------------------------------------------


def to_own_data(
    stored: Stored, fingerprint: str, *, train_on_api_rows: bool, invented: bool
) -> OwnData:
    """The canonical tables; built column by column because that is ten times faster."""
    plays, items = stored.tables["plays"], stored.tables["items"]
    frame = pd.DataFrame(
        {
            "track": _numpy(plays, "track"),
            "listener": _numpy(plays, "listener"),
            "played_at": _times(_numpy(plays, "played_at")),
            "ms_played": _numpy(plays, "ms_played"),
            "skipped": _three_valued(_numpy(plays, "skipped")),
            "reason_start": _category(plays, "reason_start"),
            "reason_end": _category(plays, "reason_end"),
            "shuffle": _three_valued(_numpy(plays, "shuffle")),
            "source": pd.Categorical.from_codes(
                _numpy(plays, "source"), categories=pd.Index(PLAY_SOURCES, dtype="str")
            ),
        }
    )
    listed = pd.DataFrame(
        {
            "playlist": _category(items, "playlist"),
            "track": _numpy(items, "track"),
            "position": _numpy(items, "position"),
            "added_at": _times(_numpy(items, "added_at")),
            "api_born": _numpy(items, "api_born").astype(bool),
        }
    )
    return OwnData(
        tracks=conform(stored.tables["tracks"].to_pandas(), SOURCE_TRACK_COLUMNS, "tracks"),
        plays=frame,
        playlist_items=listed,
        listeners=stored.listeners,
        fingerprint=fingerprint,
        train_on_api_rows=train_on_api_rows,
        invented=invented,
    )


def _numpy(table: pa.Table, name: str) -> npt.NDArray[Any]:
    values: npt.NDArray[Any] = table.column(name).to_numpy()
    return values


def _times(seconds: npt.NDArray[np.int64]) -> pd.DatetimeIndex:
    stamps = seconds.copy()
    stamps[stamps <= 0] = np.iinfo(np.int64).min  # NaT
    return pd.DatetimeIndex(stamps.view("datetime64[s]")).tz_localize("UTC")


def _three_valued(codes: npt.NDArray[np.int8]) -> pd.arrays.BooleanArray:
    return pd.arrays.BooleanArray(codes == 1, codes < 0)


def _category(table: pa.Table, name: str) -> pd.Categorical:
    """The words as categories; the empty word means "not known" and becomes missing."""
    column = table.column(name).unify_dictionaries().combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = pa.concat_arrays(column.chunks) if column.num_chunks else column
    codes = column.indices.to_numpy()
    words = column.dictionary.to_pylist()
    if "" in words:
        blank = words.index("")
        codes = np.where(codes == blank, -1, codes - (codes > blank))
        words.remove("")
    return pd.Categorical.from_codes(codes, categories=pd.Index(words, dtype="str"))
