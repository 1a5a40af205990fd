"""Writing one import: short batches under a pending mark, made visible at the end."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from filelock import BaseFileLock, FileLock, Timeout
from sqlalchemy import Connection, Table, insert, update
from sqlalchemy.dialects.sqlite import insert as upsert

from musicai.errors import JobRunning
from musicai.settings import Settings
from musicai.sources.base import ParsedFile, Problem
from musicai.store import cataloguing, known, removing, schema
from musicai.store.dedupe import Int64, KnownRows, item_keys, play_keys
from musicai.store.known import Numbers
from musicai.store.records import Counts, FileRecord
from musicai.tables import SOURCE_TRACK_COLUMNS

if TYPE_CHECKING:
    from musicai.store.core import Store

logger = logging.getLogger(__name__)

BATCH = 50_000
"""Rows in one transaction; others can write in between."""

_TRACK_BITS = 2 ** np.arange(len(SOURCE_TRACK_COLUMNS), dtype=np.int64)


def import_lock(settings: Settings) -> BaseFileLock:
    """The lock that a writing import holds; the system frees it if the process dies."""
    settings.home.mkdir(parents=True, exist_ok=True)
    return FileLock(settings.home / "import.lock", timeout=0.5, thread_local=False)


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
        self._told: dict[int, int] = {}
        self._named: set[tuple[str, int]] = set()
        self._hidden: dict[int, KnownRows] = {}
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
            self._load_known()
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

    def _load_known(self) -> None:
        with self._store.reading() as connection:
            self._words = schema.word_codes(connection)
            self._tracks = known.numbers(connection, self.profile, schema.tracks)
            self._listeners = known.numbers(connection, self.profile, schema.listeners)
            self._listeners.of([""])  # the owner has a number also without a play
            self._playlists = known.numbers(connection, self.profile, schema.playlists)
            self._plays = known.plays(connection, self.profile)
            self._items = known.items(connection, self.profile)
        self._tracks_before = len(self._tracks.known)

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

    def known(self, digest: str) -> FileRecord | None:
        """The record of the same bytes, taken in before for this profile with these options."""
        for record in self.records:
            if record.digest == digest:
                return record
        return self._store.file_record(self.profile, digest, self.include_private)

    def repeat(self, file: str, record: FileRecord) -> FileRecord:
        """Note a file whose bytes are known: nothing is stored, all kept rows are duplicates."""
        if record.catalogue is not None:
            self._enable.append(record.catalogue)
        return self._note(
            FileRecord(
                file=file,
                digest=record.digest,
                format=record.format,
                kind=record.kind,
                counts=record.counts.repeated(),
                repeated=True,
                catalogue=record.catalogue,
            )
        )

    def add_rows(self, parsed: ParsedFile, digest: str) -> FileRecord:
        """Take in a file of plays or a playlist."""
        rows = self._add_tracks(parsed.tracks)
        if parsed.kind == "plays":
            imported, kept = self._add_plays(parsed.plays, rows), len(parsed.plays)
        else:
            imported = self._add_items(parsed.playlist_items, rows, parsed.api_born)
            kept = len(parsed.playlist_items)
        return self._note_parsed(parsed, digest, imported, kept - imported)

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
        return len(self._tracks.known) - self._tracks_before

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

    def _add_tracks(self, tracks: pd.DataFrame) -> Int64:
        """(len(tracks),) the profile's number of each; what is new about them is stored."""
        rows = self._tracks.of(tracks["track_id"].astype(object))
        filled = np.column_stack(
            [
                (tracks[name] != "").to_numpy()
                if kind == "str"
                else tracks[name].notna().to_numpy()
                for name, kind in SOURCE_TRACK_COLUMNS.items()
            ]
        )
        news: list[int] = []
        masks = filled @ _TRACK_BITS
        for i, (row, mask) in enumerate(zip(rows.tolist(), masks.tolist(), strict=True)):
            told = self._told.get(row, 0)
            if mask & ~told:
                self._told[row] = told | mask
                news.append(i)
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
        return rows

    def _add_plays(self, plays: pd.DataFrame, rows: Int64) -> int:
        """Store the plays; returns how many are new."""
        codes, names = pd.factorize(plays["listener"])
        listener = self._named_codes(schema.listeners, self._listeners, names)[codes]
        track = rows[plays["track"].to_numpy()]
        played_at = plays["played_at"].to_numpy(dtype=np.int64)
        ms_played = plays["ms_played"].to_numpy(dtype=np.int64)
        first, second = play_keys(listener, track, played_at, ms_played)
        holder = self._plays.holders(played_at, first, second)
        keep = self._keep(holder, self._plays, (played_at, first, second))
        rest = ("skipped", "shuffle", "reason_start", "reason_end")
        columns = [column[keep].tolist() for column in (track, listener, played_at, ms_played)]
        columns += [plays[name].to_numpy()[keep].tolist() for name in rest[:2]]
        columns += [self._word_codes(plays[name])[keep].tolist() for name in rest[2:]]
        columns.append([value or None for value in holder[keep].tolist()])
        self._insert(
            schema.plays,
            ("track", "listener", "played_at", "ms_played", *rest, "superseded_by"),
            columns,
        )
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
