"""Writing one import: short batches under a pending mark, made visible at the end."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from filelock import BaseFileLock, FileLock, Timeout
from sqlalchemy import Connection, Table, insert, update
from sqlalchemy.dialects.sqlite import insert as upsert

from musicai.choices import Choices
from musicai.errors import JobRunning
from musicai.settings import Settings
from musicai.sources.base import PLAY_SOURCES, ParsedFile, Problem
from musicai.store import cataloguing, choosing, known, removing, schema, settling
from musicai.store.dedupe import Int64, KnownRows, item_keys, play_keys
from musicai.store.known import Numbers
from musicai.store.records import Counts, FileRecord
from musicai.tables import SOURCE_TRACK_COLUMNS, BoolArray

if TYPE_CHECKING:
    from musicai.store.core import Store

logger = logging.getLogger(__name__)

BATCH = 50_000
"""Rows in one transaction; others can write in between."""

TOGETHER = 80
"""Plays in one statement: with nine values each fewer than the 999 that SQLite always takes."""

_TRACK_BITS = 2 ** np.arange(len(SOURCE_TRACK_COLUMNS), dtype=np.int64)


def import_lock(settings: Settings) -> BaseFileLock:
    """The lock that a writing import holds; the system frees it if the process dies."""
    settings.home.mkdir(parents=True, exist_ok=True)
    return FileLock(settings.home / "import.lock", timeout=0.5, thread_local=False)


def _each(choices: Choices) -> Iterator[choosing.Choice]:
    yield from choices.exclusions
    yield from choices.decisions
    yield from choices.feedback


class ImportWriter:
    """One import while it is written. A context manager: left early, it leaves nothing.

    Made by ``Store.begin_import``. One import writes at a time in one home;
    everybody may read, and write other things, meanwhile.

    Raises:
        JobRunning: another import is writing.
    """

    def __init__(self, store: Store, profile: str, *, include_private: bool = False) -> None:
        self.profile = profile
        self.include_private = include_private
        self.records: list[FileRecord] = []
        self.problems: list[Problem] = []
        self._store = store
        self._new_catalogues: dict[str, cataloguing.NewCatalogue] = {}
        self._enable: list[str] = []
        self._told: Int64 = np.zeros(0, dtype=np.int64)
        self._named: set[tuple[str, int]] = set()
        self._hidden: dict[int, KnownRows] = {}
        self._choices: list[choosing.Choice] = []
        self._brought: list[tuple[int, int, int]] = []
        self.superseded = 0
        self._started = time.perf_counter()
        self._lock = import_lock(store.settings)
        try:
            self._lock.acquire()
        except Timeout as error:
            raise JobRunning(
                "Another import is being written. Wait until it ends, or cancel it, "
                "then import these files again."
            ) from error
        try:
            self.id = self._open()
            with self._store.reading() as connection:
                self._next_play = known.next_play(connection)
        except BaseException:
            self._lock.release()
            raise

    def _open(self) -> int:
        removing.purge(self._store)
        with self._store.writing() as connection:
            done = connection.execute(
                insert(schema.imports).values(
                    profile=self.profile,
                    state="pending",
                    include_private=self.include_private,
                    created_at=int(time.time()),
                )
            )
            key = done.inserted_primary_key
            assert key is not None  # an INSERT of one row always has one
            return int(key[0])

    # What the profile holds is read when a row needs it: files that are all known need none
    # of it. Nothing changes meanwhile, for the lock keeps other imports and undoing away.

    @cached_property
    def _words(self) -> dict[str, int]:
        with self._store.reading() as connection:
            return schema.word_codes(connection)

    @cached_property
    def _tracks(self) -> Numbers:
        return self._numbers(schema.tracks)

    @cached_property
    def _listeners(self) -> Numbers:
        listeners = self._numbers(schema.listeners)
        listeners.of([""])  # the owner has a number also without a play
        return listeners

    @cached_property
    def _playlists(self) -> Numbers:
        return self._numbers(schema.playlists)

    def _numbers(self, table: Table) -> Numbers:
        with self._store.reading() as connection:
            return known.numbers(connection, self.profile, table)

    @cached_property
    def _plays(self) -> KnownRows:
        with self._store.reading() as connection:
            return known.plays(connection, self.profile)

    @cached_property
    def _items(self) -> KnownRows:
        with self._store.reading() as connection:
            return known.items(connection, self.profile)

    @cached_property
    def _chosen(self) -> set[choosing.Choice]:
        with self._store.reading() as connection:
            return set(_each(choosing.read(connection, self.profile)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            removing.purge(self._store)
        finally:
            self._lock.release()

    # --- files ------------------------------------------------------------------------

    def known(self, digest: str) -> tuple[FileRecord, ...]:
        """The parts of the same bytes, taken in before for this profile with these options."""
        here = [r for r in self.records if r.digest == digest and not r.repeated]
        return tuple(here) or self._store.file_records(self.profile, digest, self.include_private)

    def repeat(self, file: str, parts: Sequence[FileRecord]) -> None:
        """Note a file whose bytes are known: nothing is stored, all kept rows are duplicates."""
        for part in parts:
            if part.catalogue is not None:
                self._enable.append(part.catalogue)
            self._note(replace(part, file=file, counts=part.counts.repeated(), repeated=True))

    def add_rows(self, parsed: ParsedFile, digest: str) -> FileRecord:
        """Take in a part: plays, a playlist, or facts about own tracks."""
        rows, told = self._add_tracks(parsed.tracks)
        if parsed.kind == "plays":
            imported, kept = self._add_plays(parsed, rows), len(parsed.plays)
        elif parsed.kind == "tracks":
            imported, kept = told, len(parsed.tracks)
        else:
            imported = self._add_items(parsed.playlist_items, rows, parsed.api_born)
            kept = len(parsed.playlist_items)
        return self._note_parsed(parsed, digest, imported, kept - imported)

    def add_choices(self, parsed: ParsedFile, digest: str) -> FileRecord:
        """Take in what the person decided elsewhere."""
        self._add_tracks(parsed.tracks)
        every = list(_each(parsed.choices))
        new = [choice for choice in dict.fromkeys(every) if choice not in self._chosen]
        self._choices += new
        self._chosen.update(new)
        return self._note_parsed(parsed, digest, len(new), len(every) - len(new))

    def add_catalogue(
        self, parsed: ParsedFile, digest: str, name: str, *, invented: bool
    ) -> FileRecord:
        """Take in a track table: a catalogue, enabled for the profile when the import ends."""
        new = cataloguing.prepare(
            self._store.settings,
            name,
            parsed.tracks,
            origin=parsed.file,
            licence="",
            invented=invented,
            digest=digest,
        )
        self._new_catalogues[digest] = new
        self._enable.append(digest)
        return self._note_parsed(
            parsed, digest, len(parsed.tracks), parsed.duplicate, catalogue=digest
        )

    def add_empty(self, parsed: ParsedFile, digest: str) -> FileRecord:
        """Note a file of which no row was taken, so that its counts and problems are kept."""
        return self._note_parsed(parsed, digest, 0, parsed.duplicate)

    @property
    def new_tracks(self) -> int:
        """Tracks that the profile did not know before this import."""
        return self._tracks.new

    def _note_parsed(
        self,
        parsed: ParsedFile,
        digest: str,
        imported: int,
        duplicate: int,
        catalogue: str | None = None,
    ) -> FileRecord:
        counts = Counts(
            read=parsed.read,
            imported=imported,
            duplicate=duplicate,
            not_music=parsed.not_music,
            private=parsed.private,
            rejected=parsed.rejected,
        )
        self.problems.extend(parsed.problems)
        return self._note(
            FileRecord(
                file=parsed.file,
                digest=digest,
                format=parsed.format,
                kind=parsed.kind,
                counts=counts,
                catalogue=catalogue,
            )
        )

    def _note(self, record: FileRecord) -> FileRecord:
        self.records.append(record)
        return record

    # --- rows -------------------------------------------------------------------------

    def _add_tracks(self, tracks: pd.DataFrame) -> tuple[Int64, int]:
        """(len(tracks),) the profile's number of each, and of how many something new was stored."""
        rows = self._tracks.of(tracks["track_id"].astype(object))
        filled = np.column_stack(
            [
                (tracks[name] != "").to_numpy()
                if kind == "str"
                else tracks[name].notna().to_numpy()
                for name, kind in SOURCE_TRACK_COLUMNS.items()
            ]
        )
        masks = filled @ _TRACK_BITS
        news = np.flatnonzero(masks & ~self._told_of(rows))
        self._told[rows] |= masks
        told_now = tracks.iloc[news]
        columns: list[Sequence[Any]] = [rows[news].tolist()]
        for name, kind in SOURCE_TRACK_COLUMNS.items():
            values = told_now[name]
            if kind == "str":
                columns.append(values.astype(object).tolist())
            elif values.isna().all():
                columns.append([None] * len(news))
            else:
                columns.append(values.astype(object).where(values.notna(), None).tolist())
        self._insert(schema.tracks, ("row", *SOURCE_TRACK_COLUMNS), columns)
        return rows, len(news)

    def _told_of(self, rows: Int64) -> Int64:
        """(len(rows),) bits of the columns that this import has stored of each track."""
        size = int(rows.max(initial=-1)) + 1
        if size > len(self._told):
            grown = np.zeros(2 * size, dtype=np.int64)
            grown[: len(self._told)] = self._told
            self._told = grown
        return self._told[rows]

    def _add_plays(self, parsed: ParsedFile, rows: Int64) -> int:
        """Store the plays; returns how many are new."""
        plays = parsed.plays
        codes, names = pd.factorize(plays["listener"])
        listener = self._named_codes(schema.listeners, self._listeners, names)[codes]
        track = rows[plays["track"].to_numpy()]
        played_at = plays["played_at"].to_numpy(dtype=np.int64)
        ms_played = plays["ms_played"].to_numpy(dtype=np.int64)
        first, second = play_keys(listener, track, played_at, ms_played)
        holder = self._plays.holders(played_at, first, second)
        keep = self._keep(holder, self._plays, (played_at, first, second))
        columns = {
            "track": track,
            "listener": listener,
            "played_at": played_at,
            "ms_played": ms_played,
            "skipped": plays["skipped"].to_numpy(),
            "shuffle": plays["shuffle"].to_numpy(),
            "reason_start": self._word_codes(plays["reason_start"]),
            "reason_end": self._word_codes(plays["reason_end"]),
        }
        source = PLAY_SOURCES.index(parsed.play_source or parsed.format)
        self._insert_plays(columns, holder, keep, source)
        end = self._next_play + int(keep.sum())
        self._brought.append((len(self.records), self._next_play, end))
        self._next_play = end
        return int((holder == 0).sum())

    def _add_items(self, items: pd.DataFrame, rows: Int64, api_born: bool) -> int:
        """Store the playlist rows; returns how many are new."""
        codes, names = pd.factorize(items["playlist"])
        playlist = self._named_codes(schema.playlists, self._playlists, names)[codes]
        track = rows[items["track"].to_numpy()]
        position = items["position"].to_numpy(dtype=np.int64)
        added_at = items["added_at"].to_numpy(dtype=np.int64)
        first, second = item_keys(playlist, track, position, added_at)
        holder = self._items.holders(first, first, second)
        keep = self._keep(holder, self._items, (first, first, second))
        columns = [column[keep].tolist() for column in (playlist, track, position, added_at)]
        columns.append([int(api_born)] * len(columns[0]))
        columns.append([value or None for value in holder[keep].tolist()])
        self._insert(
            schema.playlist_items,
            ("playlist", "track", "position", "added_at", "api_born", "superseded_by"),
            columns,
        )
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

    def _named_codes(self, table: Table, numbers: Numbers, names: Iterable[str]) -> Int64:
        """The numbers of listeners or playlists, each noted once in this import."""
        every = [str(name) for name in names]
        codes = numbers.of(every)
        fresh = [
            (code, name)
            for code, name in zip(codes.tolist(), every, strict=True)
            if (table.name, code) not in self._named
        ]
        self._named.update((table.name, code) for code, _ in fresh)
        self._insert(table, ("code", "name"), list(zip(*fresh, strict=True)) or [[], []])
        return codes

    def _insert(self, table: Table, names: Sequence[str], columns: Sequence[Sequence[Any]]) -> None:
        marks = ", ".join("?" * len(names))
        statement = (
            f"INSERT INTO {table.name} (import_id, {', '.join(names)}) VALUES ({self.id}, {marks})"
        )
        rows = list(zip(*columns, strict=True))
        for start in range(0, len(rows), BATCH):
            with self._store.writing() as connection:
                connection.exec_driver_sql(statement, rows[start : start + BATCH])

    def _insert_plays(
        self, columns: Mapping[str, Int64], holder: Int64, keep: BoolArray, source: int
    ) -> None:
        """Store the plays to keep; a million take half the time if many share a statement."""
        values = np.column_stack([*columns.values(), holder])[keep]
        names = ", ".join(("import_id", *columns, "superseded_by", "source"))
        marks = "?, " * len(columns)
        one = f"({self.id}, {marks}nullif(?, 0), {source})"
        if not values[:, -1].any():
            values, one = values[:, :-1], f"({self.id}, {marks}NULL, {source})"
        head = f"INSERT INTO plays ({names}) VALUES "
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

    # --- the end ----------------------------------------------------------------------

    def finish(self, *, consent: bool | None = None, invented: bool = False) -> float:
        """Make the import visible, in one small transaction; returns the seconds it took.

        Args:
            consent: The person's answer to whether rows that came through Spotify's
                API may be trained on; noted only if the profile has such rows.
            invented: For a profile that this import creates.
        """
        seconds = time.perf_counter() - self._started
        if not self.records and not self._store.has_profile(self.profile):
            return seconds
        with self._store.writing() as connection:
            profile = {"name": self.profile, "invented": invented, "created_at": int(time.time())}
            connection.execute(upsert(schema.profiles).values(**profile).on_conflict_do_nothing())
            self._settle(connection)
            choosing.add(connection, self.profile, self._choices, self.id)
            self._write_records(connection)
            for new in self._new_catalogues.values():
                cataloguing.insert_new(connection, new)
            for digest in self._enable:
                cataloguing.enable_digest(connection, self.profile, digest)
            cataloguing.fill_names(connection, self._store.settings, self.profile, self.id)
            if consent is not None and known.has_api_rows(connection, self.profile, self.id):
                profiles = schema.profiles
                connection.execute(
                    update(profiles)
                    .where(profiles.c.name == self.profile)
                    .values(train_on_api_rows=consent)
                )
            if self.problems or not all(record.repeated for record in self.records):
                imports = schema.imports
                connection.execute(
                    update(imports)
                    .where(imports.c.id == self.id)
                    .values(state="visible", seconds=seconds)
                )
        logger.info("import of %d files written in %.2f s", len(self.records), seconds)
        return seconds

    def _settle(self, connection: Connection) -> None:
        """Plays that a stronger source has too no longer count.

        Those of this import are duplicates in their own file, those of earlier ones are
        counted apart.
        """
        if not any(end > first for _, first, end in self._brought):
            return
        marked = settling.settle(connection, self.profile, self.id)
        left = len(marked)
        for record, first, end in self._brought:
            lost = int(((marked >= first) & (marked < end)).sum())
            counts = self.records[record].counts
            self.records[record] = replace(
                self.records[record],
                counts=replace(
                    counts, imported=counts.imported - lost, duplicate=counts.duplicate + lost
                ),
            )
            left -= lost
        self.superseded = left

    def _write_records(self, connection: Connection) -> None:
        files = [
            {
                "import_id": self.id,
                "file": record.file,
                "digest": record.digest,
                "format": record.format,
                "kind": record.kind,
                "repeated": record.repeated,
                "catalogue": record.catalogue,
                **record.counts.to_json(),
            }
            for record in self.records
        ]
        problems = [
            {"import_id": self.id, "file": p.file, "where": p.where, "why": p.why}
            for p in self.problems
        ]
        if files:
            connection.execute(insert(schema.import_files), files)
        if problems:
            connection.execute(insert(schema.problems), problems)
