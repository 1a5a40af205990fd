"""An open database: connections, transactions, and the lock that a writing import holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from filelock import BaseFileLock, FileLock, Timeout
from sqlalchemy import Connection

from musicai.core.errors import JobRunning, StoreError
from musicai.core.settings import Settings
from musicai.store import removing
from musicai.store.database import explain, open_engine, plain_errors, prepare


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
