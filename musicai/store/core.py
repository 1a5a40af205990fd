"""The store: one class over one SQLite file and the Parquet files beside it."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import pandas as pd
from filelock import Timeout
from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from musicai.choices import Choices, Exclusion, Feedback, MatchDecision
from musicai.errors import DataError, JobRunning, NotFound, StoreError
from musicai.settings import Settings
from musicai.sources.base import ColumnMapping
from musicai.store import cataloguing, choosing, known, owndata, past, removing, schema
from musicai.store.database import explain, open_engine, plain_errors, prepare
from musicai.store.records import (
    Catalogue,
    FileRecord,
    ImportRecord,
    OwnData,
    Profile,
    moment,
)
from musicai.store.writing import ImportWriter, import_lock

logger = logging.getLogger(__name__)

LONGEST_NAME = 80
"""Characters of a profile's name."""


class Store:
    """Profiles, imports, catalogues and what is known of model versions.

    Thread-safe: every method is one or a few short transactions of its own.
    Several stores, also in several processes, can be open on one home.

    Args:
        settings: Where the data are.
        busy_seconds: How long a write waits for another program's write.

    Raises:
        StoreError: the database cannot be opened, or a newer musicai made it.
    """

    def __init__(self, settings: Settings, *, busy_seconds: float = 10.0) -> None:
        self.settings = settings
        self._path = settings.database
        try:
            settings.home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(explain(self._path, str(error.strerror))) from error
        with plain_errors(self._path):
            self.engine = open_engine(self._path, busy_seconds)
            self._writer = self.engine.execution_options(musicai_write=True)
            try:
                prepare(self.engine, self._path)
                self._purge_if_idle()
            except BaseException:
                self.engine.dispose()
                raise

    def _purge_if_idle(self) -> None:
        """Remove imports that were cut off, unless one is being written right now."""
        if not removing.any_pending(self):
            return
        lock = import_lock(self.settings)
        try:
            with lock:
                removing.purge(self)
        except Timeout:
            return

    def close(self) -> None:
        """Close every connection; the store can not be used any more."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read transaction: one consistent moment of the data. For this package."""
        with plain_errors(self._path), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A write transaction; keep it short. For this package."""
        with plain_errors(self._path), self._writer.begin() as connection:
            yield connection

    def refresh(self) -> None:
        """Open the connections anew, after the whole file was replaced. For this package."""
        self.engine.dispose()

    def clear_log(self) -> None:
        """Empty the write-ahead log, so that deleted rows are gone from the disk."""
        with plain_errors(self._path), self.engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert raw is not None  # a live connection always has one
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()

    @contextmanager
    def exclusive(self, doing: str) -> Iterator[None]:
        """Keep imports away meanwhile.

        Raises:
            JobRunning: an import is being written.
        """
        lock = import_lock(self.settings)
        try:
            lock.acquire()
        except Timeout as error:
            raise JobRunning(
                f"An import is being written. Wait until it ends, or cancel it, before {doing}."
            ) from error
        try:
            yield
        finally:
            lock.release()

    # --- profiles ---------------------------------------------------------------------

    def profiles(self) -> list[Profile]:
        """All profiles, oldest first."""
        query = select(schema.profiles).order_by(
            schema.profiles.c.created_at, schema.profiles.c.name
        )
        with self.reading() as connection:
            return [_profile(row) for row in connection.execute(query)]

    def has_profile(self, name: str) -> bool:
        """Whether there is a profile of that name."""
        query = select(schema.profiles.c.name).where(schema.profiles.c.name == name)
        with self.reading() as connection:
            return connection.execute(query).first() is not None

    def profile(self, name: str) -> Profile:
        """One profile.

        Raises:
            NotFound: there is none of that name.
        """
        query = select(schema.profiles).where(schema.profiles.c.name == name)
        with self.reading() as connection:
            row = connection.execute(query).first()
        if row is None:
            names = [profile.name for profile in self.profiles()]
            there = f"There are: {', '.join(names)}." if names else "There are none yet."
            raise NotFound(f"There is no profile {name!r}. {there} Import files to make a new one.")
        return _profile(row)

    def create_profile(self, name: str, label: str = "", invented: bool = False) -> Profile:
        """A new, empty profile.

        Raises:
            DataError: the name is taken or cannot be one.
        """
        check_name(name)
        values = {"name": name, "label": label, "invented": invented}
        with self.writing() as connection:
            done = connection.execute(
                upsert(schema.profiles)
                .values(**values, created_at=int(time.time()))
                .on_conflict_do_nothing()
            )
        if done.rowcount == 0:
            raise DataError(f"There is a profile {name!r} already; choose another name.")
        return self.profile(name)

    def delete_profile(self, name: str) -> None:
        """Delete a profile with all its data and side files.

        Model versions that contain it are listed by :meth:`versions_of`; ask before.

        Raises:
            NotFound: there is no profile of that name.
            JobRunning: an import is being written.
        """
        self.profile(name)
        with self.exclusive("deleting a profile"):
            removing.delete_profile(self, name)

    def set_active_version(self, profile: str, version: str | None) -> None:
        """Note the model version that serves the profile."""
        self._set(profile, active_version=version)

    def set_consent(self, profile: str, consent: bool) -> None:
        """Note whether rows that came through Spotify's API may be trained on."""
        self._set(profile, train_on_api_rows=consent)

    def consent_needed(self, profile: str) -> bool:
        """Whether there are rows from Spotify's API and the person was not asked about them."""
        if self.profile(profile).train_on_api_rows is not None:
            return False
        with self.reading() as connection:
            return known.has_api_rows(connection, profile)

    def settings_of(self, profile: str) -> dict[str, Any]:
        """The profile's own settings, plain JSON values."""
        self.profile(profile)
        query = select(schema.profiles.c.settings).where(schema.profiles.c.name == profile)
        with self.reading() as connection:
            values: dict[str, Any] = json.loads(connection.execute(query).scalar_one())
        return values

    def set_settings(self, profile: str, values: Mapping[str, Any]) -> None:
        """Replace the profile's own settings."""
        self._set(profile, settings=json.dumps(dict(values)))

    def _set(self, profile: str, **values: object) -> None:
        self.profile(profile)
        with self.writing() as connection:
            connection.execute(
                update(schema.profiles).where(schema.profiles.c.name == profile).values(**values)
            )

    # --- imports ----------------------------------------------------------------------

    def begin_import(self, profile: str, *, include_private: bool = False) -> ImportWriter:
        """Start an import; see :class:`ImportWriter`. The profile need not exist yet."""
        check_name(profile)
        return ImportWriter(self, profile, include_private=include_private)

    def imports(self, profile: str) -> list[ImportRecord]:
        """The profile's imports, newest first, with their files and problems."""
        self.profile(profile)
        with self.reading() as connection:
            return past.imports_of(connection, profile)

    def file_records(
        self, profile: str, digest: str, include_private: bool = False
    ) -> tuple[FileRecord, ...]:
        """The parts of a file with these bytes in its first import; empty if it is not known."""
        with self.reading() as connection:
            return past.first_records(connection, self.settings, profile, digest, include_private)

    def undo_import(self, import_id: int) -> None:
        """Take an import back: its rows, its digests, and catalogues that only it brought.

        Plays that a later import held too stay, with that import.

        Raises:
            NotFound: there is no such import.
            JobRunning: an import is being written.
        """
        with self.exclusive("undoing an import"):
            removing.undo_import(self, import_id)

    # --- catalogues -------------------------------------------------------------------

    def catalogues(self, profile: str | None = None) -> list[Catalogue]:
        """All catalogues; ``enabled`` as that profile has it."""
        with self.reading() as connection:
            return cataloguing.listing(connection, self.settings, profile)

    def catalogue(self, name: str, profile: str | None = None) -> Catalogue:
        """One catalogue.

        Raises:
            NotFound: there is none of that name.
        """
        for catalogue in self.catalogues(profile):
            if catalogue.name == name:
                return catalogue
        raise NotFound(f"There is no catalogue {name!r}. Import a track table to add one.")

    def add_catalogue(
        self,
        name: str,
        frame: pd.DataFrame,
        *,
        origin: str,
        licence: str = "",
        invented: bool = False,
        digest: str,
    ) -> Catalogue:
        """Add a track table; the same digest gives the catalogue that is there already.

        Raises:
            DataError: no tracks, an id twice, or invented tracks among real ones.
        """
        new = cataloguing.prepare(
            self.settings,
            name,
            frame,
            origin=origin,
            licence=licence,
            invented=invented,
            digest=digest,
        )
        with self.writing() as connection:
            cataloguing.insert_new(connection, new)
        return next(c for c in self.catalogues() if c.digest == digest)

    def enable_catalogue(self, profile: str, name: str, on: bool) -> None:
        """Recommend from a catalogue, or no longer.

        Raises:
            NotFound: no such profile or catalogue.
            DataError: it would mix invented tracks with real ones.
        """
        catalogue = self.catalogue(name)
        if on and catalogue.invented != self.profile(profile).invented:
            raise DataError(
                f"The catalogue {name!r} cannot be used for the profile {profile!r}: invented "
                "sample tracks and real ones are never mixed."
            )
        self.profile(profile)
        with self.writing() as connection:
            cataloguing.set_enabled(connection, profile, catalogue.id, on)

    def remove_catalogue(self, name: str) -> None:
        """Remove a catalogue from every profile, with its file."""
        catalogue = self.catalogue(name)
        with self.exclusive("removing a catalogue"), self.writing() as connection:
            cataloguing.drop(connection, self.settings, catalogue.id)

    def catalogue_tracks(self, name: str) -> pd.DataFrame:
        """``SOURCE_TRACK_COLUMNS`` of a catalogue.

        Raises:
            NotFound: there is none of that name, or its file is gone.
        """
        return cataloguing.read_tracks(self.catalogue(name))

    # --- model versions ---------------------------------------------------------------

    def record_artifacts(self, version: str, hashes: Mapping[str, str]) -> None:
        """Note the SHA-256 of each file of a version trained here."""
        rows = [{"version": version, "file": f, "sha256": s} for f, s in hashes.items()]
        table = schema.artifacts
        with self.writing() as connection:
            connection.execute(delete(table).where(table.c.version == version))
            if rows:
                connection.execute(insert(table), rows)

    def artifact_hashes(self, version: str) -> dict[str, str]:
        """File → SHA-256; empty for a version that was not trained here."""
        table = schema.artifacts.c
        query = select(table.file, table.sha256).where(table.version == version)
        with self.reading() as connection:
            return {row.file: row.sha256 for row in connection.execute(query)}

    def record_version(self, profile: str, version: str) -> None:
        """Note that a version was trained on the profile's data."""
        values = {"profile": profile, "version": version}
        with self.writing() as connection:
            connection.execute(
                upsert(schema.profile_versions).values(**values).on_conflict_do_nothing()
            )

    def versions_of(self, profile: str) -> list[str]:
        """The versions that contain the profile, by name."""
        table = schema.profile_versions.c
        query = select(table.version).where(table.profile == profile).order_by(table.version)
        with self.reading() as connection:
            return list(connection.execute(query).scalars())

    def forget_version(self, version: str) -> None:
        """Remove all that is noted of a version; profiles that it served have none then."""
        profiles = schema.profiles
        with self.writing() as connection:
            for table in (schema.artifacts, schema.profile_versions):
                connection.execute(delete(table).where(table.c.version == version))
            connection.execute(
                update(profiles)
                .where(profiles.c.active_version == version)
                .values(active_version=None)
            )

    # --- choices ----------------------------------------------------------------------

    def choices(self, profile: str) -> Choices:
        """Everything the person decided about the profile's music."""
        with self.reading() as connection:
            return choosing.read(connection, profile)

    def choose(self, profile: str, choice: choosing.Choice) -> None:
        """Note an exclusion, a decision on a match (which replaces an earlier one) or feedback.

        Raises:
            NotFound: there is no profile of that name.
        """
        self.profile(profile)
        with self.writing() as connection:
            choosing.add(connection, profile, [choice])

    def take_back(self, profile: str, choice: choosing.Choice) -> None:
        """Forget a choice; one that is not there is no error."""
        with self.writing() as connection:
            choosing.remove(connection, profile, choice)

    def exclusions(self, profile: str) -> tuple[Exclusion, ...]:
        """What is left out of the profile's taste."""
        return self.choices(profile).exclusions

    def add_exclusion(self, profile: str, rule: Exclusion) -> None:
        """Leave something out of the profile's taste."""
        self.choose(profile, rule)

    def remove_exclusion(self, profile: str, rule: Exclusion) -> None:
        """Take an exclusion back."""
        self.take_back(profile, rule)

    def decisions(self, profile: str) -> tuple[MatchDecision, ...]:
        """Which tracks the person said are one recording, or are not."""
        return self.choices(profile).decisions

    def decide(self, profile: str, decision: MatchDecision) -> None:
        """Note whether two tracks are one recording."""
        self.choose(profile, decision)

    def undecide(self, profile: str, first: str, second: str) -> None:
        """Take a decision back."""
        self.take_back(profile, MatchDecision.of(first, second, same=True))

    def feedback(self, profile: str) -> tuple[Feedback, ...]:
        """Verdicts on tracks."""
        return self.choices(profile).feedback

    def add_feedback(self, profile: str, verdict: Feedback) -> None:
        """Note a verdict."""
        self.choose(profile, verdict)

    def remove_feedback(self, profile: str, verdict: Feedback) -> None:
        """Take a verdict back."""
        self.take_back(profile, verdict)

    def mappings(self) -> tuple[ColumnMapping, ...]:
        """What the person said of tables that no reader knows; the same for all profiles."""
        with self.reading() as connection:
            return choosing.mappings(connection)

    def save_mapping(self, mapping: ColumnMapping) -> None:
        """Keep what the columns of a table mean, for every table with this header."""
        with self.writing() as connection:
            choosing.save_mapping(connection, mapping)

    def remove_mapping(self, header: Sequence[str]) -> None:
        """Forget what a header means."""
        with self.writing() as connection:
            choosing.remove_mapping(connection, header)

    # --- own data ---------------------------------------------------------------------

    def data_fingerprint(self, profile: str) -> str:
        """The name of what was imported, whatever was chosen since.

        Raises:
            NotFound: there is no profile of that name.
        """
        self.profile(profile)
        with self.reading() as connection:
            return owndata.data_fingerprint_of(connection, profile)

    def fingerprint(self, profile: str) -> str:
        """The name of the profile's data as they are now; reads no plays.

        Raises:
            NotFound: there is no profile of that name.
        """
        self.profile(profile)
        with self.reading() as connection:
            return owndata.fingerprint_of(connection, profile)

    def joined_fingerprint(self, profile: str) -> str:
        """The name of the joined tracks: the fingerprint without what is left out of taste.

        Raises:
            NotFound: there is no profile of that name.
        """
        self.profile(profile)
        with self.reading() as connection:
            return owndata.fingerprint_of(connection, profile, exclusions=False)

    def own_data(self, profile: str) -> OwnData:
        """Everything the profile imported, from side files where they are whole.

        Raises:
            NotFound: there is no profile of that name.
        """
        started = time.perf_counter()
        one = self.profile(profile)
        fingerprint = self.data_fingerprint(profile)
        stored = owndata.read_side_files(self.settings, fingerprint)
        if stored is None:
            with self.reading() as connection:  # one moment for the name and the data
                fingerprint = owndata.data_fingerprint_of(connection, profile)
                stored = owndata.read_database(connection, profile)
            owndata.write_side_files(self.settings, fingerprint, stored)
        self._note(profile, fingerprint)
        self._note(profile, self.joined_fingerprint(profile))
        self._note(profile, self.fingerprint(profile))
        data = owndata.to_own_data(
            stored,
            fingerprint,
            train_on_api_rows=bool(one.train_on_api_rows),
            invented=one.invented,
        )
        logger.info("own data: %d plays in %.2f s", len(data.plays), time.perf_counter() - started)
        return data

    def _note(self, profile: str, fingerprint: str) -> None:
        """Remember that side files may exist for this state of the profile."""
        with self.reading() as connection:
            if owndata.is_noted(connection, profile, fingerprint):
                return
        with self.writing() as connection:
            owndata.note_fingerprint(connection, self.settings, profile, fingerprint)


def check_name(name: str) -> None:
    """A profile's name: something to read, on one line; it never becomes a path.

    Raises:
        DataError: it is empty, too long, or holds control characters.
    """
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise DataError(
            f"A profile's name needs 1 to {LONGEST_NAME} visible characters on one line; "
            f"{name[:LONGEST_NAME]!r} is not one."
        )


def _profile(row: Row[Any]) -> Profile:
    consent = row.train_on_api_rows
    return Profile(
        name=row.name,
        label=row.label or row.name,
        invented=bool(row.invented),
        created_at=moment(row.created_at),
        active_version=row.active_version,
        train_on_api_rows=None if consent is None else bool(consent),
    )
