"""What was imported, and what became of each file."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from types import TracebackType
from typing import Any, Self

import numpy as np
import pandas as pd
from filelock import Timeout
from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from musicai.core.errors import JobRunning
from musicai.core.settings import Settings
from musicai.data.neighbour_data import PackTables
from musicai.data.parsed import ParsedFile, Problem
from musicai.store import catalogs, deduplication, deletion, feedback, import_rows, own_data, schema
from musicai.store.connection import import_lock
from musicai.store.deduplication import Int64, is_possible
from musicai.store.import_rows import BATCH, RowWriter
from musicai.store.profiles import ProfileStore
from musicai.store.records import Counts, FileRecord, ImportRecord, moment


def imports_of(connection: Connection, profile: str) -> list[ImportRecord]:
    """The profile's imports, newest first, with their files and problems."""
    imports, files, problems = schema.imports, schema.import_files, schema.problems
    visible = schema.visible_imports(profile)
    heads = connection.execute(
        select(imports).where(imports.c.id.in_(visible)).order_by(imports.c.id.desc())
    ).all()
    file_rows = connection.execute(
        select(files).where(files.c.import_id.in_(visible)).order_by(files.c.id)
    ).all()
    problem_rows = connection.execute(
        select(problems).where(problems.c.import_id.in_(visible)).order_by(problems.c.id)
    ).all()
    return [
        ImportRecord(
            id=head.id,
            profile=profile,
            created_at=moment(head.created_at),
            seconds=head.seconds,
            files=tuple(_file(row) for row in file_rows if row.import_id == head.id),
            problems=tuple(
                Problem(row.file, row.where, row.why)
                for row in problem_rows
                if row.import_id == head.id
            ),
        )
        for head in heads
    ]


def first_records(
    connection: Connection, settings: Settings, profile: str, digest: str, include_private: bool
) -> tuple[FileRecord, ...]:
    """The parts of a file with these bytes as it was first imported.

    Empty if it never was with these options, or a catalogue that it became is gone.
    """
    files, imports = schema.import_files.c, schema.imports.c
    query = (
        select(schema.import_files, imports.include_private)
        .join_from(schema.import_files, schema.imports)
        .where(
            imports.profile == profile,
            imports.state == "visible",
            files.digest == digest,
            files.repeated.is_(False),
        )
        .order_by(files.id)
    )
    times: dict[int, list[Row[Any]]] = {}
    for row in connection.execute(query):
        times.setdefault(row.import_id, []).append(row)
    for parts in times.values():
        if all(part.include_private == include_private or not part.private for part in parts):
            there = all(_is_there(connection, settings, part.catalogue) for part in parts)
            return tuple(map(_file, parts)) if there else ()
    return ()


def _is_there(connection: Connection, settings: Settings, catalogue: str | None) -> bool:
    if catalogue is None:
        return True
    known = catalogs.by_digest(connection, catalogue) is not None
    return known and catalogs.is_whole(catalogs.file_of(settings, catalogue))


def _file(row: Row[Any]) -> FileRecord:
    return FileRecord(
        file=row.file,
        digest=row.digest,
        format=row.format,
        kind=row.kind,
        counts=Counts(
            read=row.read,
            imported=row.imported,
            duplicate=row.duplicate,
            not_music=row.not_music,
            private=row.private,
            rejected=row.rejected,
        ),
        repeated=bool(row.repeated),
        catalogue=row.catalogue,
    )


logger = logging.getLogger(__name__)


class ImportWriter:
    """One import while it is written. A context manager: left early, it leaves nothing.

    Made by ``Store.begin_import``. One import writes at a time in one home;
    everybody may read, and write other things, meanwhile.

    Raises:
        JobRunning: another import is writing.
    """

    def __init__(self, store: ProfileStore, profile: str, *, include_private: bool = False) -> None:
        self.profile = profile
        self.include_private = include_private
        self.records: list[FileRecord] = []
        """One a part, in the order they were taken; counts are final after ``finish``."""
        self.problems: list[Problem] = []
        self.superseded = 0
        """Plays of earlier imports of which this one knows better; filled by ``finish``."""
        self._store = store
        self._taken: dict[str, list[FileRecord]] = {}
        self._new_catalogues: dict[str, catalogs.NewCatalogue] = {}
        self._new_packs: dict[str, catalogs.NewPack] = {}
        self._enable: list[str] = []
        self._starts: list[tuple[int, int]] = []
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
            self._rows = RowWriter(store, profile, self.id)
        except BaseException:
            self._lock.release()
            raise

    def _open(self) -> int:
        deletion.purge(self._store)
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

    @cached_property
    def _options(self) -> set[tuple[object, ...]]:
        with self._store.reading() as connection:
            choices = feedback.read(connection, self.profile)
        return set(map(feedback.key_of, feedback.each(choices)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            deletion.purge(self._store)
        finally:
            self._lock.release()

    # --- files ------------------------------------------------------------------------

    def find_known_parts(self, digest: str) -> tuple[FileRecord, ...]:
        """The parts of the same bytes, taken in before for this profile with these options."""
        if digest in self._taken:
            return tuple(self._taken[digest])
        with self._store.reading() as connection:
            return first_records(
                connection, self._store.settings, self.profile, digest, self.include_private
            )

    def repeat(self, file: str, parts: Sequence[FileRecord]) -> None:
        """Note a file whose bytes are known: nothing is stored, all kept rows are duplicates."""
        for part in parts:
            if part.catalogue is not None:
                self._enable.append(part.catalogue)
            self.records.append(
                replace(part, file=file, counts=part.counts.count_as_repeated(), repeated=True)
            )

    def add_rows(self, parsed: ParsedFile, digest: str) -> FileRecord:
        """Take in a part: plays, a playlist, or facts about own tracks."""
        if parsed.kind == "tracks":
            imported, kept = self._rows.facts(parsed.tracks), len(parsed.tracks)
        elif parsed.kind == "plays":
            rows = self._rows.tracks(parsed.tracks)
            self._starts.append((self._rows.next_play, len(self.records)))
            imported, kept = self._rows.plays(parsed, rows), len(parsed.plays)
        else:
            rows = self._rows.tracks(parsed.tracks)
            imported = self._rows.items(parsed.playlist_items, rows, parsed.api_born)
            kept = len(parsed.playlist_items)
        return self._note(parsed, digest, imported, kept - imported + parsed.duplicate)

    def add_choices(self, parsed: ParsedFile, digest: str) -> FileRecord:
        """Take in what the person decided elsewhere; what is decided here already stays."""
        self._rows.tracks(parsed.tracks)
        every = list(feedback.each(parsed.choices))
        new = {feedback.key_of(choice) for choice in every} - self._options
        self._options.update(new)
        for start in range(0, len(every), BATCH):
            with self._store.writing() as connection:
                some = every[start : start + BATCH]
                feedback.add_imported(connection, self.profile, some, self.id)
        duplicate = len(every) - len(new) + parsed.duplicate
        return self._note(parsed, digest, len(new), duplicate)

    def add_catalogue(
        self, parsed: ParsedFile, digest: str, name: str, *, invented: bool
    ) -> FileRecord:
        """Take in a track table: a catalogue, enabled for the profile when the import ends."""
        new = catalogs.prepare(
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
        return self._note(parsed, digest, len(parsed.tracks), parsed.duplicate, catalogue=digest)

    def add_pack(
        self, tables: PackTables | None, files: Sequence[tuple[ParsedFile, str]], name: str
    ) -> None:
        """Take in what other listeners play, enabled for the profile when the import ends.

        Args:
            tables: The pack; None where nothing of its files can be used.
            files: The files it was put together from, with their digests.
            name: What it is called.
        """
        digest = catalogs.digest_of([one for _, one in files])
        there = False
        if tables is not None:
            with self._store.reading() as connection:
                there = catalogs.by_digest(connection, digest) is not None
            self._new_packs[digest] = catalogs.prepare_pack(
                self._store.settings,
                name,
                tables,
                origin=files[0][0].file,
                licence="",
                digest=digest,
            )
            self._enable.append(digest)
        for parsed, one in files:
            kept = parsed.read - parsed.rejected if tables is not None else 0
            known_before = self.find_known_parts(one) if there else ()
            catalogue = digest if tables is not None else None
            if known_before:
                self.repeat(parsed.file, known_before)
            else:
                self._note(parsed, one, kept, 0, catalogue=catalogue)

    def add_empty(self, parsed: ParsedFile, digest: str) -> FileRecord:
        """Note a file of which no row was taken, so that its counts and problems are kept."""
        return self._note(parsed, digest, 0, parsed.duplicate)

    @property
    def new_tracks(self) -> int:
        """Tracks that the profile did not know before this import."""
        return self._rows.new_tracks

    def _note(
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
        record = FileRecord(
            file=parsed.file,
            digest=digest,
            format=parsed.format,
            kind=parsed.kind,
            counts=counts,
            catalogue=catalogue,
        )
        self.problems.extend(parsed.problems)
        self.records.append(record)
        self._taken.setdefault(digest, []).append(record)
        return record

    # --- the end ----------------------------------------------------------------------

    def finish(self, *, consent: bool | None = None, invented: bool = False) -> float:
        """Make the import visible, in one small transaction; returns the seconds it took.

        Args:
            consent: The person's answer to whether rows that came through Spotify's
                API may be trained on; noted only if the profile has such rows.
            invented: For a profile that this import creates.
        """
        if not self.records and not self._store.has_profile(self.profile):
            return time.perf_counter() - self._started
        with self._store.reading() as connection:
            names = catalogs.names_found(
                connection, self._store.settings, self.profile, self.id, self._enable
            )
        earlier = self._settle(names)
        seconds = time.perf_counter() - self._started
        with self._store.writing() as connection:
            profile = {"name": self.profile, "invented": invented, "created_at": int(time.time())}
            connection.execute(upsert(schema.profiles).values(**profile).on_conflict_do_nothing())
            self._write_records(connection)
            for new in self._new_catalogues.values():
                catalogs.insert_new(connection, new)
            for pack in self._new_packs.values():
                catalogs.insert_new_pack(connection, pack)
            for digest in self._enable:
                catalogs.enable_digest(connection, self.profile, digest)
            deduplication.write(connection, earlier)
            if len(names):
                catalogs.fill_names(connection, names)
                own_data.forget_all(connection, self._store.settings, self.profile)
            if consent is not None and import_rows.has_api_rows(connection, self.profile, self.id):
                self._note_consent(connection, consent)
            if self.problems or not all(record.repeated for record in self.records):
                imports = schema.imports
                connection.execute(
                    update(imports)
                    .where(imports.c.id == self.id)
                    .values(state="visible", seconds=seconds)
                )
        logger.info("import of %d files written in %.2f s", len(self.records), seconds)
        return seconds

    def _note_consent(self, connection: Connection, consent: bool) -> None:
        profiles = schema.profiles
        connection.execute(
            update(profiles)
            .where(profiles.c.name == self.profile)
            .values(train_on_api_rows=consent)
        )

    def _settle(self, names: pd.DataFrame) -> deduplication.ChangedPlays:
        """Mark this import's plays that a better source tells; returns the marks of earlier ones.

        Those of earlier imports must not change before this one is visible.
        """
        tracks = self._rows.described_tracks | set(names["row"].tolist())
        sources = self._rows.sources
        if not tracks or (sources and not is_possible(sources)):
            return deduplication.NO_MARKS
        called = dict(zip(names["row"].tolist(), names["name"].tolist(), strict=True))
        with self._store.reading() as connection:
            if not (sources or deduplication.is_needed(connection, self.profile)):
                return deduplication.NO_MARKS
            marks = deduplication.changes(connection, self.profile, self.id, tracks, called)
        own = marks.import_id == self.id
        mine, earlier = marks.of(own), marks.of(~own)
        for start in range(0, len(mine), BATCH):
            with self._store.writing() as connection:
                deduplication.write(connection, mine.of(slice(start, start + BATCH)))
        self._count_as_duplicates(mine.id)
        self.superseded = int(((earlier.before == 0) & (earlier.after != 0)).sum())
        return earlier

    def _count_as_duplicates(self, plays: Int64) -> None:
        """Plays of this import that a better source tells are no new ones in their file."""
        starts = np.array([first for first, _ in self._starts], dtype=np.int64)
        part, lost = np.unique(np.searchsorted(starts, plays, side="right") - 1, return_counts=True)
        for place, times in zip(part.tolist(), lost.tolist(), strict=True):
            index = self._starts[place][1]
            record = self.records[index]
            counts = replace(
                record.counts,
                imported=record.counts.imported - times,
                duplicate=record.counts.duplicate + times,
            )
            self.records[index] = replace(record, counts=counts)

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
