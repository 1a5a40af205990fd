"""The version of the database, and the steps that bring an older one up to date."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import Connection, text

from musicai.store import schema

SCHEMA_VERSION = 9
"""Written to ``PRAGMA user_version``; raised by one with every migration."""

OLDEST_VERSION = 9
"""The oldest that can be brought up to date: those before were never released."""

Migration = Callable[[Connection], None]

MIGRATIONS: Mapping[int, Migration] = {}
"""From schema n, the key, to n + 1, each written out as it was then. None yet."""


def current_version(connection: Connection) -> int:
    """The version of the file; 0 where it is new and empty."""
    return int(connection.execute(text("PRAGMA user_version")).scalar_one())


def bring_up_to_date(connection: Connection, migrations: Mapping[int, Migration]) -> None:
    """Create the tables, or run the migrations from the file's version on.

    Runs inside one transaction of the caller: all of it holds, or nothing.
    """
    version = current_version(connection)
    if version == 0:
        schema.metadata.create_all(connection)
    else:
        for step in range(version, SCHEMA_VERSION):
            migrations[step](connection)
    connection.execute(text(f"PRAGMA user_version = {SCHEMA_VERSION}"))
