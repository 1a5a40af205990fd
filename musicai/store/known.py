"""What a profile holds already, as an import needs to know it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Table, func, select

from musicai.data.library import SOURCE_TRACK_COLUMNS
from musicai.store import schema
from musicai.store.dedupe import Int64, KnownRows, item_keys, play_keys


@dataclass
class Numbers:
    """Names of a profile and their numbers; a new name gets the next one."""

    known: dict[str, int]
    next: int = field(init=False)
    before: int = field(init=False)
    """How many names were known at first."""

    def __post_init__(self) -> None:
        self.next = max(self.known.values(), default=-1) + 1
        self.before = len(self.known)

    @property
    def new(self) -> int:
        """How many names came since."""
        return len(self.known) - self.before

    def of(self, names: Iterable[str]) -> Int64:
        """(len(names),) their numbers."""
        numbers = []
        for name in names:
            number = self.known.get(name)
            if number is None:
                number = self.known[name] = self.next
                self.next += 1
            numbers.append(number)
        return np.array(numbers, dtype=np.int64)


_NAMED = {
    "tracks": ("track_id", "row"),
    "listeners": ("name", "code"),
    "playlists": ("name", "code"),
}


def numbers(connection: Connection, profile: str, table: Table) -> Numbers:
    """Track ids, listeners or playlists with their numbers."""
    name, number = _NAMED[table.name]
    rows = connection.execute(
        select(table.c[name], table.c[number])
        .where(table.c.import_id.in_(schema.visible_imports(profile)))
        .distinct()
    )
    return Numbers({str(key): int(value) for key, value in rows})


def listeners(connection: Connection, profile: str) -> Numbers:
    """Listeners with their numbers; 0 is kept for the owner, who is called ""."""
    return Numbers({"": 0} | numbers(connection, profile, schema.listeners).known)


def told(connection: Connection, profile: str) -> dict[int, int]:
    """Which facts are known of each track: number → mask with a bit a column."""
    c = schema.tracks.c
    columns = [c.row, *(c[name] for name in SOURCE_TRACK_COLUMNS)]
    rows = schema.raw_rows(
        connection, select(*columns).where(c.import_id.in_(schema.visible_imports(profile)))
    )
    known: dict[int, int] = {}
    for row, *values in rows:
        mask = sum(1 << i for i, value in enumerate(values) if value is not None and value != "")
        known[row] = known.get(row, 0) | mask
    return known


def plays(connection: Connection, profile: str) -> tuple[KnownRows, set[tuple[int, int]]]:
    """The plays, each row once, and which sources tell of whom: (listener, source) pairs."""
    c = schema.plays.c
    columns = (c.source, c.listener, c.track, c.played_at, c.ms_played, c.import_id)
    source, listener, track, played_at, ms_played, holder = _integers(
        connection, profile, schema.plays, columns, c.duplicate == 0
    )
    rows = KnownRows()
    rows.add(played_at, *play_keys(source, listener, track, played_at, ms_played), holder)
    pairs = np.unique((listener << 8) | source).tolist()
    return rows, {(pair >> 8, pair & 0xFF) for pair in pairs}


def items(connection: Connection, profile: str) -> KnownRows:
    """The playlist rows that count."""
    c = schema.playlist_items.c
    columns = (c.playlist, c.track, c.position, c.added_at, c.import_id)
    playlist, track, position, added_at, holder = _integers(
        connection, profile, schema.playlist_items, columns, c.superseded_by.is_(None)
    )
    first, second = item_keys(playlist, track, position, added_at)
    rows = KnownRows()
    rows.add(first, first, second, holder)
    return rows


def _integers(
    connection: Connection,
    profile: str,
    table: Table,
    columns: Sequence[Any],
    which: ColumnElement[bool],
) -> Int64:
    """(len(columns), n) of the visible rows for which a condition holds."""
    statement = select(*columns).where(
        table.c.import_id.in_(schema.visible_imports(profile)), which
    )
    return schema.raw_integers(connection, statement)


def has_api_rows(connection: Connection, profile: str, importing: int = 0) -> bool:
    """Whether the profile holds rows that came through Spotify's API."""
    items, imports = schema.playlist_items.c, schema.imports.c
    mine = select(imports.id).where(
        imports.profile == profile, (imports.state == "visible") | (imports.id == importing)
    )
    query = select(items.id).where(items.api_born == 1, items.import_id.in_(mine)).limit(1)
    return connection.execute(query).first() is not None


def next_play(connection: Connection) -> int:
    """The id that the next stored play gets; only the import that is writing stores any."""
    last = connection.execute(select(func.max(schema.plays.c.id))).scalar_one()
    return int(last or 0) + 1
