"""A copy of everything a person's data became, in one zip, and the way back.

Trained models stay out: they are made again in minutes, and a pickle from a
file that somebody hands over must never be trusted.
"""

from __future__ import annotations

import logging
import re
import shutil
import sqlite3
import tempfile
import zipfile
from contextlib import closing
from pathlib import Path

from sqlalchemy import delete, select, update

from musicai.core.errors import UnreadableFile, UnsafeFile
from musicai.core.files import atomic_write
from musicai.core.settings import Settings
from musicai.store import catalogs, migrations, schema
from musicai.store.connection import copy_database, plain_errors, prepare
from musicai.store.store import Store

logger = logging.getLogger(__name__)

_DATABASE = "musicai.db"
_CATALOGUE = re.compile(r"catalogues/([0-9a-f]{32}(?:-[a-z]{1,20})?\.parquet)")
"""The tracks of a catalogue, or a table that lies beside them."""


def backup(store: Store, path: Path) -> Path:
    """Write the database and the catalogues to a zip; others may work meanwhile.

    Raises:
        StoreError: the database cannot be read.
    """
    with tempfile.TemporaryDirectory() as folder, atomic_write(path) as beside:
        copy = Path(folder) / _DATABASE
        with plain_errors(store.settings.database):
            copy_database(store.settings.database, copy)
        with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(copy, _DATABASE)
            for catalogue in store.catalogues():
                for file in catalogs.files_of(store.settings, catalogue.digest):
                    if catalogs.is_whole(file):
                        archive.write(file, f"catalogues/{file.name}", zipfile.ZIP_STORED)
    logger.info("backup of %d bytes written", path.stat().st_size)
    return path


def restore(store: Store, path: Path) -> Path:
    """Replace everything in the store by a backup.

    What was there before is kept as a copy of the database, whose path is
    returned. Models trained on this machine stay trusted; others are not.

    Raises:
        UnreadableFile: it is not a backup of musicai, or it is damaged.
        UnsafeFile: it is larger than what may be unpacked.
        JobRunning: an import is being written.
    """
    settings = store.settings
    with tempfile.TemporaryDirectory() as name, store.exclusive("restoring a backup"):
        folder = Path(name)
        found = _unpack(settings, path, folder)
        _check(folder / _DATABASE)
        before = settings.database.with_name(f"{_DATABASE}.before-restore")
        with plain_errors(settings.database):
            copy_database(settings.database, before)
        with store.reading() as connection:
            trusted = connection.execute(select(schema.artifacts)).mappings().all()
        _replace(store, folder / _DATABASE)
        for file in found:
            with atomic_write(settings.catalogues / file) as beside:
                shutil.copyfile(folder / file, beside)
        with store.writing() as connection:
            profiles = schema.profiles
            connection.execute(delete(schema.artifacts))
            if trusted:
                connection.execute(schema.artifacts.insert(), [dict(row) for row in trusted])
            here = {row["version"] for row in trusted}
            for table in (schema.profile_versions, schema.version_marks, schema.activations):
                connection.execute(delete(table).where(table.c.version.not_in(here)))
            connection.execute(
                update(profiles)
                .where(profiles.c.active_version.not_in(here))
                .values(active_version=None)
            )
    return before


def _unpack(settings: Settings, path: Path, folder: Path) -> list[str]:
    """The database and the catalogues' files; returns the files' names, which are checked."""
    files: list[str] = []
    left = settings.max_unpacked_bytes
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                match = _CATALOGUE.fullmatch(name)
                if match is None and name != _DATABASE:
                    raise UnreadableFile(f"{path.name} is not a backup of musicai.")
                target = folder / (match[1] if match else _DATABASE)
                with archive.open(name) as packed, target.open("wb") as unpacked:
                    while block := packed.read(1024**2):
                        left -= len(block)
                        if left < 0:
                            raise UnsafeFile(
                                f"{path.name} unpacks to more than "
                                f"{settings.max_unpacked_bytes // 1024**2} MB; nothing was changed."
                            )
                        unpacked.write(block)
                if match:
                    files.append(match[1])
    except (OSError, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise UnreadableFile(
            f"{path.name} cannot be read as a backup ({error}); nothing was changed."
        ) from error
    return files


def _check(database: Path) -> None:
    """A whole database of ours, without triggers or views that would run by themselves."""
    refused = UnreadableFile("The backup holds no usable database; nothing was changed.")
    if not database.is_file():
        raise refused
    try:
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA trusted_schema = OFF").close()
            kinds = connection.execute("SELECT type, name FROM sqlite_master").fetchall()
            whole = connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            version = connection.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.Error as error:
        raise refused from error
    tables = {name for kind, name in kinds if kind == "table"}
    known = set(schema.metadata.tables) | {"sqlite_sequence"}
    if not whole or not migrations.OLDEST_VERSION <= version <= migrations.SCHEMA_VERSION:
        raise refused
    if {kind for kind, _ in kinds} - {"table", "index"} or not {"profiles"} <= tables <= known:
        raise refused


def _replace(store: Store, source: Path) -> None:
    """Copy page by page into the open database: whoever has it open sees all of it or none."""
    with (
        plain_errors(store.settings.database),
        closing(sqlite3.connect(source)) as reading,
        closing(sqlite3.connect(store.settings.database)) as writing,
    ):
        reading.backup(writing)
    store.refresh()
    prepare(store.engine, store.settings.database)
