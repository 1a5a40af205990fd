"""Opening SQLite: pragmas, transactions, migrations, and errors in plain words."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from filelock import BaseFileLock, FileLock, Timeout
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from musicai.core.errors import JobRunning, StoreError
from musicai.core.files import atomic_write
from musicai.core.settings import Settings
from musicai.store.migrations import (
    MIGRATIONS,
    OLDEST_VERSION,
    SCHEMA_VERSION,
    Migration,
    bring_up_to_date,
    current_version,
)

logger = logging.getLogger(__name__)


def open_engine(path: Path, busy_seconds: float) -> Engine:
    """An engine on the file, which is made where it is absent.

    SQLAlchemy leaves transactions to us here: ``BEGIN`` for readers, ``BEGIN
    IMMEDIATE`` for writers, because a reader that turns writer half-way fails
    at once with "database is locked" however long the timeout is.
    """
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"timeout": busy_seconds},
        pool_size=5,
        max_overflow=20,
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        _write_ahead(connection, busy_seconds)
        for pragma in (
            "synchronous = NORMAL",
            "foreign_keys = ON",
            "secure_delete = ON",
            "cache_size = -32768",
            "wal_autocheckpoint = 4000",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("musicai_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _write_ahead(connection: Any, busy_seconds: float) -> None:
    """Switch the file to write-ahead logging, which only the first of all connections does.

    SQLite does not wait its busy timeout for this switch, so two programs that
    open a new file at once must try again themselves.
    """
    until = time.monotonic() + busy_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.02)


@contextmanager
def plain_errors(path: Path) -> Iterator[None]:
    """Turn the driver's errors into ``StoreError`` with what to do next."""
    try:
        yield
    except DBAPIError as error:
        raise StoreError(explain(path, str(error.orig))) from error
    except sqlite3.Error as error:
        raise StoreError(explain(path, str(error))) from error


def explain(path: Path, message: str) -> str:
    """What a message of SQLite means for the person."""
    if "locked" in message or "busy" in message:
        return (
            f"The database {path} is in use by another program and stayed locked. "
            "Close other musicai windows or wait for the running job, then try again."
        )
    if "not a database" in message or "malformed" in message:
        return (
            f"The database {path} is damaged ({message}). Move it away and import your files "
            "again, or put back a copy: copies made before updates lie beside it."
        )
    if "full" in message:
        return f"The disk with {path} is full. Free some space, then try again."
    return f"The database {path} cannot be used ({message}). Check the folder's permissions."


def prepare(engine: Engine, path: Path, migrations: Mapping[int, Migration] = MIGRATIONS) -> None:
    """Create or migrate the schema; a copy of the file is made before a migration.

    Raises:
        StoreError: a newer musicai made the file, or one that was never released.
    """
    with engine.begin() as connection:
        version = current_version(connection)
    if version == SCHEMA_VERSION:
        return
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"The database {path} was made by a newer musicai (schema {version}, this one knows "
            f"{SCHEMA_VERSION}). Update musicai, or set MUSICAI_HOME to another folder."
        )
    if 0 < version < OLDEST_VERSION:
        raise StoreError(
            f"The database {path} was made by a musicai before its first release (schema "
            f"{version}), and nothing in it was changed. With that musicai, write each profile to "
            "a file: `python -m musicai export FILE --profile NAME`. Then set MUSICAI_HOME to an "
            "empty folder and import the files here."
        )
    if version:
        copy_database(path, path.with_name(f"{path.name}.before-schema-{version + 1}"))
        logger.info("migrating the database from schema %d to %d", version, SCHEMA_VERSION)
    writer = engine.execution_options(musicai_write=True)
    with writer.begin() as connection:
        if current_version(connection) < SCHEMA_VERSION:
            bring_up_to_date(connection, migrations)


def copy_database(source: Path, target: Path) -> None:
    """A consistent copy, also while others write; written beside and renamed."""
    with (
        atomic_write(target) as beside,
        closing(sqlite3.connect(source)) as reading,
        closing(sqlite3.connect(beside)) as writing,
    ):
        reading.backup(writing)
        writing.execute("PRAGMA journal_mode = DELETE").close()


def import_lock(settings: Settings) -> BaseFileLock:
    """The lock that a writing import holds; the system frees it if the process dies."""
    settings.home.mkdir(parents=True, exist_ok=True)
    return FileLock(settings.home / "import.lock", timeout=0.5, thread_local=False)


class OpenStore:
    """What every part of the store works through.

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
            except BaseException:
                self.engine.dispose()
                raise

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
