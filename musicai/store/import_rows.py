"""The rows of one import: tracks, plays and playlists, stored in short batches, each once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import ColumnElement, Connection, Table, func, select
from sqlalchemy.dialects.sqlite import insert as upsert

from musicai.data.library import SOURCE_TRACK_COLUMNS
from musicai.data.parsed import PLAY_SOURCES, ParsedFile
from musicai.store import schema
from musicai.store.connection import OpenStore
from musicai.store.deduplication import Int64, KnownRows, item_keys, play_keys


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


def read_known_facts(connection: Connection, profile: str) -> dict[int, int]:
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


BATCH = 50_000
"""Rows in one transaction; others can write in between."""

LISTENERS = PLAY_SOURCES.index("listeners")

TOGETHER = 80
"""Plays in one statement: of at most 11 values each, fewer than the 999 SQLite always takes."""

_TRACK_BITS = 2 ** np.arange(len(SOURCE_TRACK_COLUMNS), dtype=np.int64)


class RowWriter:
    """Stores rows under an import's mark, and knows which the profile has already.

    Args:
        store: Where to; the caller holds the import lock.
        profile: Whose rows.
        import_id: The pending import.
    """

    def __init__(self, store: OpenStore, profile: str, import_id: int) -> None:
        self.id = import_id
        self._store = store
        self._profile = profile
        self._told = np.zeros(0, dtype=np.int64)
        self._named: set[tuple[str, int]] = set()
        self._hidden: dict[int, KnownRows] = {}
        self._sources: set[int] = set()
        with store.reading() as connection:
            self.next_play = next_play(connection)
            """The id that the next stored play gets."""

    # What the profile holds is read when a row needs it: files that are all known need none
    # of it. Nothing changes meanwhile, for the lock keeps other imports and undoing away.

    @cached_property
    def _words(self) -> dict[str, int]:
        with self._store.reading() as connection:
            return schema.word_codes(connection)

    @cached_property
    def _tracks(self) -> Numbers:
        with self._store.reading() as connection:
            return numbers(connection, self._profile, schema.tracks)

    @cached_property
    def _listeners(self) -> Numbers:
        with self._store.reading() as connection:
            return listeners(connection, self._profile)

    @cached_property
    def _playlists(self) -> Numbers:
        with self._store.reading() as connection:
            return numbers(connection, self._profile, schema.playlists)

    @cached_property
    def _plays(self) -> KnownRows:
        with self._store.reading() as connection:
            rows, told = plays(connection, self._profile)
        self._sources |= {source for listener, source in told if listener == self._owner}
        return rows

    @cached_property
    def _items(self) -> KnownRows:
        with self._store.reading() as connection:
            return items(connection, self._profile)

    @cached_property
    def _facts_before(self) -> dict[int, int]:
        with self._store.reading() as connection:
            return read_known_facts(connection, self._profile)

    @property
    def _owner(self) -> int:
        return self._listeners.known[""]

    @property
    def new_tracks(self) -> int:
        """Tracks that the profile did not know before this import."""
        return self._tracks.new

    @property
    def sources(self) -> set[int]:
        """Which sources tell of the owner's plays; empty as long as none was stored."""
        return self._sources

    @property
    def described_tracks(self) -> set[int]:
        """Numbers of the tracks of which this import says something."""
        return set(np.flatnonzero(self._told).tolist())

    # --- tracks -----------------------------------------------------------------------

    def facts(self, tracks: pd.DataFrame) -> int:
        """Store facts about tracks; returns of how many the profile learns something new."""
        rows = self._tracks.of(tracks["track_id"].astype(object))
        before = np.array([self._facts_before.get(row, 0) for row in rows.tolist()], dtype=np.int64)
        news = _masks(tracks) & ~before & ~self._read_facts(rows)
        self.tracks(tracks)
        return int(np.count_nonzero(news))

    def tracks(self, tracks: pd.DataFrame) -> Int64:
        """(len(tracks),) the profile's number of each; what is new about them is stored."""
        rows = self._tracks.of(tracks["track_id"].astype(object))
        masks = _masks(tracks)
        news = np.flatnonzero(masks & ~self._read_facts(rows))
        self._told[rows] |= masks
        told_now = tracks.iloc[news]
        columns: dict[str, Sequence[Any]] = {"row": rows[news].tolist()}
        for name, kind in SOURCE_TRACK_COLUMNS.items():
            values = told_now[name]
            if kind == "str":
                columns[name] = values.astype(object).tolist()
            elif values.isna().all():
                columns[name] = [None] * len(news)
            else:
                columns[name] = values.astype(object).where(values.notna(), None).tolist()
        self._insert(schema.tracks, columns)
        return rows

    def _read_facts(self, rows: Int64) -> Int64:
        """(len(rows),) bits of the columns that this import has stored of each track."""
        size = int(rows.max(initial=-1)) + 1
        if size > len(self._told):
            grown = np.zeros(2 * size, dtype=np.int64)
            grown[: len(self._told)] = self._told
            self._told = grown
        return self._told[rows]

    # --- plays and playlists ----------------------------------------------------------

    def plays(self, parsed: ParsedFile, rows: Int64) -> int:
        """Store the plays of a part; returns how many are new.

        Args:
            parsed: The part.
            rows: The profile's number of each of its tracks.
        """
        plays = parsed.plays
        codes, names = pd.factorize(plays["listener"])
        listener = self._number_names(schema.listeners, self._listeners, names)[codes]
        source = self._source_of(parsed, listener)
        track = rows[plays["track"].to_numpy()]
        played_at = plays["played_at"].to_numpy(dtype=np.int64)
        ms_played = plays["ms_played"].to_numpy(dtype=np.int64)
        first, second = play_keys(source, listener, track, played_at, ms_played)
        holder = self._plays.holders(played_at, first, second)
        keep = self._keep(holder, self._plays, (played_at, first, second))
        columns: dict[str, Int64] = {
            "track": track,
            "listener": listener,
            "played_at": played_at,
            "ms_played": ms_played,
            "skipped": plays["skipped"].to_numpy(),
            "shuffle": plays["shuffle"].to_numpy(),
            "reason_start": self._word_codes(plays["reason_start"]),
            "reason_end": self._word_codes(plays["reason_end"]),
            "source": source,
        }
        if holder[keep].any():
            columns |= {"superseded_by": holder, "duplicate": (holder != 0).astype(np.int64)}
        self._insert_plays({name: column[keep] for name, column in columns.items()})
        self.next_play += int(keep.sum())
        return int((holder == 0).sum())

    def _source_of(self, parsed: ParsedFile, listener: Int64) -> Int64:
        """(n,) whose word each play is; plays of other listeners are kept apart."""
        name = parsed.play_source or parsed.format
        code = PLAY_SOURCES.index(name) if name in PLAY_SOURCES else 0
        mine = listener == self._owner
        if mine.any():
            self._sources.add(code)
        return np.where(mine, code, LISTENERS)

    def items(self, items: pd.DataFrame, rows: Int64, api_born: bool) -> int:
        """Store playlist rows; returns how many are new."""
        codes, names = pd.factorize(items["playlist"])
        playlist = self._number_names(schema.playlists, self._playlists, names)[codes]
        track = rows[items["track"].to_numpy()]
        position = items["position"].to_numpy(dtype=np.int64)
        added_at = items["added_at"].to_numpy(dtype=np.int64)
        first, second = item_keys(playlist, track, position, added_at)
        holder = self._items.holders(first, first, second)
        keep = self._keep(holder, self._items, (first, first, second))
        columns = {
            "playlist": playlist[keep].tolist(),
            "track": track[keep].tolist(),
            "position": position[keep].tolist(),
            "added_at": added_at[keep].tolist(),
            "api_born": [int(api_born)] * int(keep.sum()),
            "superseded_by": [value or None for value in holder[keep].tolist()],
        }
        self._insert(schema.playlist_items, columns)
        return int((holder == 0).sum())

    def _keep(
        self, holder: Int64, rows: KnownRows, keys: tuple[Int64, Int64, Int64]
    ) -> npt.NDArray[np.bool_]:
        """Rows to store: new ones, and those that only another import holds.

        The latter are stored once, as superseded, so that undoing the other
        import leaves this one whole.
        """
        keep: npt.NDArray[np.bool_] = holder == 0
        self._remember(rows, keys, keep)
        elsewhere = np.flatnonzero((holder > 0) & (holder != self.id))
        if len(elsewhere):
            hidden = self._hidden.setdefault(id(rows), KnownRows())
            parts = (keys[0][elsewhere], keys[1][elsewhere], keys[2][elsewhere])
            unseen = hidden.holders(*parts) == 0
            self._remember(hidden, parts, unseen)
            keep[elsewhere[unseen]] = True
        return keep

    def _remember(
        self, rows: KnownRows, keys: tuple[Int64, Int64, Int64], which: npt.NDArray[np.bool_]
    ) -> None:
        ids = np.full(int(which.sum()), self.id, dtype=np.int64)
        rows.add(keys[0][which], keys[1][which], keys[2][which], ids)

    def _word_codes(self, column: pd.Series) -> Int64:
        """(len(column),) codes of the words; new words are noted for everybody."""
        place, words = pd.factorize(column)
        new = [str(word) for word in words if word not in self._words]
        if new:
            with self._store.writing() as connection:
                for word in new:
                    values = {"text": word}
                    connection.execute(
                        upsert(schema.words).values(**values).on_conflict_do_nothing()
                    )
                self._words = schema.word_codes(connection)
        codes = np.array([self._words[str(word)] for word in words], dtype=np.int64)
        return codes[place] if len(codes) else np.zeros(0, dtype=np.int64)

    def _number_names(self, table: Table, numbers: Numbers, names: Iterable[str]) -> Int64:
        """The numbers of listeners or playlists, each noted once in this import."""
        every = [str(name) for name in names]
        codes = numbers.of(every)
        fresh = [
            (code, name)
            for code, name in zip(codes.tolist(), every, strict=True)
            if (table.name, code) not in self._named
        ]
        self._named.update((table.name, code) for code, _ in fresh)
        self._insert(
            table, {"code": [code for code, _ in fresh], "name": [name for _, name in fresh]}
        )
        return codes

    def _insert(self, table: Table, columns: Mapping[str, Sequence[Any]]) -> None:
        marks = ", ".join("?" * len(columns))
        names = ", ".join(columns)
        statement = f"INSERT INTO {table.name} (import_id, {names}) VALUES ({self.id}, {marks})"
        rows = list(zip(*columns.values(), strict=True))
        for start in range(0, len(rows), BATCH):
            with self._store.writing() as connection:
                connection.exec_driver_sql(statement, rows[start : start + BATCH])

    def _insert_plays(self, columns: dict[str, Int64]) -> None:
        """Store plays; a million take half the time if many share a statement."""
        source = columns["source"]
        marks = dict.fromkeys(columns, "?")
        if len(source) and (source == source[0]).all():  # as a rule a part has but one
            del columns["source"]
            marks["source"] = str(source[0])
        if "superseded_by" in marks:
            marks["superseded_by"] = "nullif(?, 0)"
        values = np.column_stack(list(columns.values()))
        head = f"INSERT INTO plays (import_id, {', '.join(marks)}) VALUES "
        one = f"({self.id}, {', '.join(marks.values())})"
        whole = len(values) // TOGETHER * TOGETHER
        many = values[:whole].reshape(-1, TOGETHER * values.shape[1])
        for part, statement in (
            (many, head + ", ".join([one] * TOGETHER)),
            (values[whole:], head + one),
        ):
            for start in range(0, len(part), BATCH // TOGETHER):
                rows = list(map(tuple, part[start : start + BATCH // TOGETHER].tolist()))
                with self._store.writing() as connection:
                    connection.exec_driver_sql(statement, rows)


def _masks(tracks: pd.DataFrame) -> Int64:
    """(len(tracks),) which facts each row tells, a bit a column of ``SOURCE_TRACK_COLUMNS``."""
    filled = np.column_stack(
        [
            (tracks[name] != "").to_numpy() if kind == "str" else tracks[name].notna().to_numpy()
            for name, kind in SOURCE_TRACK_COLUMNS.items()
        ]
    )
    masks: Int64 = filled @ _TRACK_BITS
    return masks
