"""A database that an older musicai made is brought up to date with everything in it."""

from __future__ import annotations

import sqlite3
import zipfile
from contextlib import closing

import pytest

from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.feedback import Exclusion, MatchDecision
from musicai.data.library import KEY_COLUMNS
from musicai.data.parsed import ReadOptions
from musicai.library.importing import import_inputs
from musicai.store import Store, backup, restore
from musicai.store.schema import SCHEMA_VERSION
from tests.conftest import ROOT

VERSION_1 = (ROOT / "tests" / "files" / "schema_1.sql").read_text("utf-8")
"""Dump of a database of schema 1: two plays, of the owner and of another listener."""

VERSION_2 = (ROOT / "tests" / "files" / "schema_2.sql").read_text("utf-8")
"""Dump of a database of schema 2: two plays, a catalogue, and one choice of each kind."""

VERSION_3 = (ROOT / "tests" / "files" / "schema_3.sql").read_text("utf-8")
"""Dump of a database of schema 3: two plays, a catalogue, an exclusion, an answer and a leave."""

VERSION_4 = (ROOT / "tests" / "files" / "schema_4.sql").read_text("utf-8")
"""The same in schema 4, with a version that serves."""

VERSION_8 = (ROOT / "tests" / "files" / "schema_8.sql").read_text("utf-8")
"""Dump of a database of schema 8: a playlist of Exportify, and a catalogue."""

VERSION_8_FINGERPRINT = "0ea56217d209194a5d217bcbe1e569851490a757b747f97db510614df51e237d"
"""What the musicai of schema 8 called these data."""

VERSION_3_FINGERPRINT = "b3290951d1d172d4d2dd7d6d48a7a7e1eef439e94b25c5a171468cda51608c9c"
"""What the musicai of schema 3 called these data."""

VERSION_2_FINGERPRINT = "6e7f72ea3a5c633e84e24e40787b86ad70686ac4895ca5fc70b4663f525f28e4"
"""What the musicai of schema 2 called these data."""


def put_old(settings: Settings, dump: str = VERSION_1) -> None:
    with closing(sqlite3.connect(settings.database)) as old:
        old.executescript(dump)


def check(store: Store) -> None:
    own = store.own_data("p")
    assert own.tracks["name"].tolist() == ["Jóga"]
    assert own.listeners == ("you", "ann")
    assert own.plays["listener"].tolist() == [1, 0]
    assert own.plays["source"].astype(str).tolist() == ["listeners", "spotify_extended"]
    assert own.plays["reason_end"].tolist()[1] == "trackdone"
    assert [record.file for record in store.imports("p")[0].files] == ["v1.csv", "v1.json"]


def test_schema_1_is_migrated_with_its_rows_and_a_copy_is_kept(settings: Settings) -> None:
    put_old(settings)
    with Store(settings) as store:
        check(store)
        store.add_exclusion("p", Exclusion("artist", "Björk"))
        assert store.exclusions("p") == (Exclusion("artist", "Björk"),)
        record = store.imports("p")[0]
        store.undo_import(record.id)
        assert len(store.own_data("p").plays) == 0
    copy = settings.home / "musicai.db.before-schema-2"
    with (
        closing(sqlite3.connect(copy)) as before,
        closing(sqlite3.connect(settings.database)) as now,
    ):
        assert before.execute("PRAGMA user_version").fetchone() == (1,)
        assert before.execute("SELECT COUNT(*) FROM plays").fetchone() == (2,)
        assert now.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)


def test_other_listeners_and_exact_repeats_are_known_from_schema_1(settings: Settings) -> None:
    """An owner who came after others has another number than 0; a repeat stays hidden."""
    put_old(settings)
    with closing(sqlite3.connect(settings.database)) as old:
        old.executescript(
            """
            INSERT INTO imports VALUES (2, 'q', 'visible', 0, 1795502021, 0.1);
            INSERT INTO imports VALUES (3, 'q', 'visible', 0, 1795502022, 0.1);
            INSERT INTO listeners VALUES (2, 1, 'ann');
            INSERT INTO listeners VALUES (2, 2, '');
            INSERT INTO listeners VALUES (3, 2, '');
            INSERT INTO tracks (import_id, "row", track_id, name) VALUES (2, 0, 'a', 'Pluto');
            INSERT INTO tracks (import_id, "row", track_id, name) VALUES (3, 0, 'a', 'Pluto');
            INSERT INTO plays VALUES (3, 2, 0, 1, 1600000000, 1, 0, 0, 0, -1, NULL);
            INSERT INTO plays VALUES (4, 2, 0, 2, 1600000001, 1, 0, 0, 0, -1, NULL);
            INSERT INTO plays VALUES (5, 3, 0, 2, 1600000001, 1, 0, 0, 0, -1, 2);
            INSERT INTO profiles VALUES ('q', '', 0, 1795502021, NULL, NULL, '{}');
            """
        )
    with Store(settings) as store:
        own = store.own_data("q")
        assert own.plays["source"].astype(str).tolist() == ["listeners", "spotify_extended"]
        store.undo_import(2)
        assert store.own_data("q").plays["source"].astype(str).tolist() == ["spotify_extended"]


def test_schema_2_is_migrated_with_its_rows_and_a_copy_is_kept(settings: Settings) -> None:
    put_old(settings, VERSION_2)
    with Store(settings) as store:
        own = store.own_data("p")
        assert own.tracks["name"].tolist() == ["Jóga", "Pluto"]
        assert len(own.plays) == 2
        assert store.fingerprint("p") == VERSION_2_FINGERPRINT  # its models stay its models
        [songs] = store.catalogues("p")
        assert (songs.name, songs.origin, songs.n_tracks) == ("songs", "songs.csv", 2)
        assert (songs.kind, songs.owner, songs.n_listeners) == ("tracks", "", 0)
        assert (songs.enabled, songs.updated_at) == (True, None)
        assert store.exclusions("p") == (Exclusion("artist", "Ada"),)
        assert store.decisions("p") == (MatchDecision.of("a", "b", True),)
        assert [one.verdict for one in store.feedback("p")] == ["liked"]
        [mapping] = store.mappings()
        assert mapping.header == ("when", "what")
        assert store.rename_catalogue("songs", "Old songs").name == "Old songs"
        assert store.catalogue("Old songs", "p").enabled
    copy = settings.home / "musicai.db.before-schema-3"
    with (
        closing(sqlite3.connect(copy)) as before,
        closing(sqlite3.connect(settings.database)) as now,
    ):
        assert before.execute("PRAGMA user_version").fetchone() == (2,)
        assert before.execute("SELECT name FROM catalogues").fetchall() == [("songs",)]
        assert now.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        assert now.execute("SELECT COUNT(*) FROM answers").fetchone() == (0,)


def test_schema_3_is_migrated_with_its_rows_and_a_copy_is_kept(settings: Settings) -> None:
    put_old(settings, VERSION_3)
    with Store(settings) as store:
        assert store.own_data("p").tracks["name"].tolist() == ["Jóga", "Pluto"]
        assert store.fingerprint("p") == VERSION_3_FINGERPRINT
        assert store.answers_counts() == {"lookup": (1, 1)}
        assert store.settings_of("p") == {"open_data": ["artists", "tags"]}
        assert store.recordings("p") == {}
        store.put_recordings("p", {"0" * 22: "m"})
        assert store.list_wanted_recordings("p") == {"m": "m"}
    with closing(sqlite3.connect(settings.home / "musicai.db.before-schema-4")) as before:
        assert before.execute("PRAGMA user_version").fetchone() == (3,)


def test_schema_4_is_migrated_and_the_serving_version_can_be_gone_back_to(
    settings: Settings,
) -> None:
    put_old(settings, VERSION_4)
    old = "2026-01-01T00-00-00-aaaa"
    with Store(settings) as store:
        assert store.recordings("p") == {"0" * 22: "m"}
        assert store.profile("p").active_version == old
        assert store.list_served("p") == [old]
        store.activate_version("p", "2026-01-02T00-00-00-bbbb")
        assert store.list_served("p") == ["2026-01-02T00-00-00-bbbb", old]
        assert store.version_marks() == {}
    with closing(sqlite3.connect(settings.home / "musicai.db.before-schema-5")) as before:
        assert before.execute("PRAGMA user_version").fetchone() == (4,)


def test_schema_8_is_migrated_and_keys_can_come(settings: Settings) -> None:
    """Tracks that are there have no key until a further file tells one."""
    put_old(settings, VERSION_8)
    with Store(settings) as store:
        assert store.fingerprint("p") == VERSION_8_FINGERPRINT  # its models stay its models
        own = store.own_data("p").tracks
        assert own["name"].tolist() == ["Jóga"]
        assert own["energy"].tolist() == pytest.approx([0.6])
        assert own[list(KEY_COLUMNS)].isna().all(axis=None)
        header = "Track URI,Track Name,Artist Name(s),Added At,Key,Mode"
        row = f"spotify:track:{'0' * 22},Jóga,Björk,2024-01-01T00:00:00Z,3,0"
        files = [("Again.csv", f"{header}\n{row}\n".encode())]
        import_inputs(store, settings, "p", files, ReadOptions(), no_progress)
        own = store.own_data("p").tracks
        assert own[list(KEY_COLUMNS)].to_numpy().tolist() == [[3.0, 0.0]]
        assert own["energy"].tolist() == pytest.approx([0.6])
    with closing(sqlite3.connect(settings.home / "musicai.db.before-schema-9")) as before:
        assert before.execute("PRAGMA user_version").fetchone() == (8,)


@pytest.mark.parametrize(
    "dump",
    [VERSION_1, VERSION_2, VERSION_3, VERSION_4, VERSION_8],
    ids=["1", "2", "3", "4", "8"],
)
def test_a_migrated_database_has_the_tables_of_a_new_one(settings: Settings, dump: str) -> None:
    put_old(settings, dump)
    Store(settings).close()
    other = Settings(home=settings.home / "new")
    Store(other).close()
    shapes = []
    for database in (settings.database, other.database):
        with closing(sqlite3.connect(database)) as opened:
            names = [
                row[0]
                for row in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            ]
            shapes.append(
                {
                    name: [
                        opened.execute(f"PRAGMA {what}({name})").fetchall()
                        for what in ("table_info", "foreign_key_list")
                    ]
                    for name in names
                }
            )
            shapes[-1]["indexes"] = sorted(
                row[0]
                for row in opened.execute("SELECT name FROM sqlite_master WHERE type = 'index'")
            )
    assert shapes[0] == shapes[1]


def test_a_backup_of_schema_1_is_restored_through_the_migration(settings: Settings) -> None:
    put_old(settings)
    with closing(sqlite3.connect(settings.database)) as old:
        old.execute("PRAGMA journal_mode = DELETE").close()
    saved = settings.home / "old.zip"
    with zipfile.ZipFile(saved, "w") as archive:
        archive.write(settings.database, "musicai.db")
    other = Settings(home=settings.home / "new")
    with Store(other) as store:
        restore(store, saved)
        check(store)
        again = backup(store, settings.home / "again.zip")
        restore(store, again)
        check(store)
