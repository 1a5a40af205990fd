"""The steps that bring an older database up to date, with everything in it.

Each is written out as it was then: the tables of today may have moved on.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from musicai.store.schema import Migration

_CHOICE = """
    CREATE TABLE {name} (
        id INTEGER NOT NULL,
        profile TEXT NOT NULL,
        import_id INTEGER,
        created_at INTEGER NOT NULL,
        {columns},
        PRIMARY KEY (id),
        UNIQUE (profile, import_id, {key}),
        FOREIGN KEY(import_id) REFERENCES imports (id) ON DELETE CASCADE
    )
"""

_CHOICES = {
    "exclusions": (
        "kind TEXT NOT NULL, value TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL",
        "kind, value, since, until",
    ),
    "match_decisions": (
        "first TEXT NOT NULL, second TEXT NOT NULL, same BOOLEAN NOT NULL",
        "first, second",
    ),
    "feedback": (
        "track_id TEXT NOT NULL, verdict TEXT NOT NULL, given_at INTEGER NOT NULL",
        "track_id, verdict, given_at",
    ),
}

_OTHER_LISTENERS = 11
"""Position of "listeners" in ``PLAY_SOURCES``."""


def _to_2(connection: Connection) -> None:
    """Whose word each play is, and the tables of what the person decides.

    Version 1 knew two readers of plays: the owner's came from extended history.
    """
    for column in ("duplicate", "source"):
        connection.exec_driver_sql(
            f"ALTER TABLE plays ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0"
        )
    connection.exec_driver_sql("UPDATE plays SET duplicate = 1 WHERE superseded_by IS NOT NULL")
    connection.exec_driver_sql(
        f"UPDATE plays SET source = {_OTHER_LISTENERS} WHERE NOT EXISTS (SELECT 1 FROM listeners "
        "WHERE listeners.import_id = plays.import_id AND listeners.code = plays.listener "
        "AND listeners.name = '')"
    )
    for name, (columns, key) in _CHOICES.items():
        connection.exec_driver_sql(_CHOICE.format(name=name, columns=columns, key=key))
        connection.exec_driver_sql(f"CREATE INDEX {name}_by_import ON {name} (import_id)")
    connection.exec_driver_sql(
        "CREATE TABLE mappings (header TEXT NOT NULL, mapping TEXT NOT NULL, PRIMARY KEY (header))"
    )


def _to_3(connection: Connection) -> None:
    """Catalogues of further kinds, and what open data hosts answered."""
    for column in (
        "kind TEXT NOT NULL DEFAULT 'tracks'",
        "owner TEXT NOT NULL DEFAULT ''",
        "n_listeners INTEGER NOT NULL DEFAULT 0",
        "updated_at INTEGER NOT NULL DEFAULT 0",
    ):
        connection.exec_driver_sql(f"ALTER TABLE catalogues ADD COLUMN {column}")
    connection.exec_driver_sql(
        "CREATE TABLE answers (endpoint TEXT NOT NULL, question TEXT NOT NULL, body TEXT, "
        "fetched_at INTEGER NOT NULL, PRIMARY KEY (endpoint, question))"
    )
    connection.exec_driver_sql("CREATE INDEX answers_by_age ON answers (fetched_at)")


def _to_4(connection: Connection) -> None:
    """Which recordings the tracks are, their other ids, and what was measured of them."""
    for name, columns, key in (
        (
            "recordings",
            "profile TEXT NOT NULL, track_id TEXT NOT NULL, mbid TEXT NOT NULL, "
            "noted_at INTEGER NOT NULL",
            "profile, track_id",
        ),
        ("aliases", "alias TEXT NOT NULL, mbid TEXT NOT NULL", "alias"),
        (
            "measures",
            "mbid TEXT NOT NULL, feature TEXT NOT NULL, source TEXT NOT NULL, value FLOAT, "
            "word TEXT NOT NULL, n INTEGER NOT NULL, spread FLOAT NOT NULL, dated TEXT NOT NULL, "
            "noted_at INTEGER NOT NULL",
            "mbid, feature, source",
        ),
        (
            "read_dumps",
            "profile TEXT NOT NULL, file TEXT NOT NULL, state TEXT NOT NULL, "
            "read_at INTEGER NOT NULL",
            "profile, file",
        ),
    ):
        connection.exec_driver_sql(f"CREATE TABLE {name} ({columns}, PRIMARY KEY ({key}))")
    for name in ("recordings", "aliases"):
        connection.exec_driver_sql(f"CREATE INDEX {name}_by_mbid ON {name} (mbid)")


def _to_5(connection: Connection) -> None:
    """Names and pins of versions, and which versions served a profile one after the other."""
    connection.exec_driver_sql(
        "CREATE TABLE version_marks (version TEXT NOT NULL, name TEXT NOT NULL, "
        "pinned BOOLEAN NOT NULL, PRIMARY KEY (version))"
    )
    connection.exec_driver_sql(
        "CREATE TABLE activations (id INTEGER NOT NULL, profile TEXT NOT NULL, "
        "version TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (id))"
    )
    connection.exec_driver_sql("CREATE INDEX ix_activations_profile ON activations (profile)")
    connection.exec_driver_sql(
        "INSERT INTO activations (profile, version, at) SELECT name, active_version, created_at "
        "FROM profiles WHERE active_version IS NOT NULL"
    )


def _to_6(connection: Connection) -> None:
    """The playlists that a person makes."""
    connection.exec_driver_sql(
        "CREATE TABLE lists (id INTEGER NOT NULL, profile TEXT NOT NULL, name TEXT NOT NULL, "
        "made_at INTEGER NOT NULL, changed_at INTEGER NOT NULL, PRIMARY KEY (id), "
        "CONSTRAINT lists_by_name UNIQUE (profile, name))"
    )
    connection.exec_driver_sql(
        "CREATE TABLE list_tracks (list INTEGER NOT NULL, position INTEGER NOT NULL, "
        "track_id TEXT NOT NULL, name TEXT NOT NULL, artists TEXT NOT NULL, "
        "PRIMARY KEY (list, position))"
    )


def _to_7(connection: Connection) -> None:
    """What was shown, and the experiments that it was shown in."""
    connection.exec_driver_sql(
        "CREATE TABLE impressions (id INTEGER NOT NULL, profile TEXT NOT NULL, "
        "track_id TEXT NOT NULL, shown_at INTEGER NOT NULL, rank INTEGER NOT NULL, "
        "mode TEXT NOT NULL, version TEXT NOT NULL, propensity FLOAT, experiment INTEGER, "
        "team TEXT NOT NULL, PRIMARY KEY (id))"
    )
    connection.exec_driver_sql(
        "CREATE INDEX impressions_by_time ON impressions (profile, shown_at)"
    )
    connection.exec_driver_sql(
        "CREATE INDEX impressions_by_experiment ON impressions (profile, experiment)"
    )
    connection.exec_driver_sql(
        "CREATE TABLE experiments (id INTEGER NOT NULL, profile TEXT NOT NULL, a TEXT NOT NULL, "
        "b TEXT NOT NULL, started_at INTEGER NOT NULL, ended_at INTEGER, verdict TEXT, "
        "PRIMARY KEY (id))"
    )
    connection.exec_driver_sql("CREATE INDEX ix_experiments_profile ON experiments (profile)")


def _to_8(connection: Connection) -> None:
    """Which playlists at Spotify were made from here."""
    connection.exec_driver_sql(
        "CREATE TABLE sent_playlists (playlist_id TEXT NOT NULL, profile TEXT NOT NULL, "
        "account_id TEXT NOT NULL, name TEXT NOT NULL, recipe TEXT NOT NULL, "
        "tracks INTEGER NOT NULL, made_at INTEGER NOT NULL, written_at INTEGER NOT NULL, "
        "PRIMARY KEY (playlist_id, profile))"
    )


def _to_9(connection: Connection) -> None:
    """The musical key of tracks."""
    for column in ("key", "mode"):
        connection.exec_driver_sql(f'ALTER TABLE tracks ADD COLUMN "{column}" FLOAT')


MIGRATIONS: Mapping[int, Migration] = {
    1: _to_2,
    2: _to_3,
    3: _to_4,
    4: _to_5,
    5: _to_6,
    6: _to_7,
    7: _to_8,
    8: _to_9,
}
"""From version n (the key) to n + 1. A copy of the database is made before the first."""
