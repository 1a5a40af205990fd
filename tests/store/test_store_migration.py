"""A home that an older musicai made opens with everything in it, or says what to do."""

from __future__ import annotations

import sqlite3
import zipfile
from contextlib import closing

import pytest

from musicai import MusicAI
from musicai.core.errors import MusicAIError, StoreError
from musicai.core.settings import Settings
from musicai.data.feedback import Exclusion
from musicai.store import Store, backup, migrations, restore
from tests.conftest import ROOT

HOME = ROOT / "tests" / "files" / "home_schema_9.zip"
"""A home made by musicai at schema 9, before its rooms: the profile "me" with 400 plays, a
catalogue, an exclusion, a like, and a version trained on them. All names are invented."""

RECOMMENDED = (
    "0000000000800000000000",
    "0000000000800000000001",
    "0000000000800000000002",
    "0000000001000000000000",
    "0000000000900000000000",
)
"""The first tracks of the list that the musicai of then made of that home."""


@pytest.fixture
def home(settings: Settings) -> Settings:
    with zipfile.ZipFile(HOME) as archive:
        archive.extractall(settings.home)
    return settings


def set_version(settings: Settings, version: int) -> None:
    with closing(sqlite3.connect(settings.database)) as opened:
        opened.execute(f"PRAGMA user_version = {version}")
        opened.commit()


def check(store: Store) -> None:
    own = store.own_data("me")
    assert (len(own.plays), len(own.tracks)) == (400, 40)
    assert store.exclusions("me") == (Exclusion("artist", "Artist 7"),)
    assert [one.verdict for one in store.feedback("me")] == ["like"]
    [songs] = store.catalogues("me")
    assert (songs.name, songs.n_tracks, songs.enabled) == ("Songs", 60, True)


def test_a_home_of_schema_9_opens_and_makes_the_same_list(home: Settings) -> None:
    with Store(home) as store:
        check(store)
        version = store.profile("me").active_version
    ai = MusicAI("me", settings=home)
    assert ai.version == version
    found = ai.get_hybrid_recommendations(n_recommendations=10)
    assert tuple(item.track_id for item in found)[:5] == RECOMMENDED
    assert found[0].score == pytest.approx(0.4509, abs=1e-3)


def test_its_backup_is_restored(home: Settings) -> None:
    with Store(home) as store:
        saved = backup(store, home.home / "saved.zip")
    other = Settings(home=home.home / "new")
    with Store(other) as store:
        restore(store, saved)
        check(store)


@pytest.mark.parametrize("version", [1, 8])
def test_a_schema_before_the_first_release_is_told_and_left_alone(
    home: Settings, version: int
) -> None:
    set_version(home, version)
    before = home.database.read_bytes()
    with pytest.raises(StoreError, match=r"schema \d.*musicai export FILE.*import the files"):
        Store(home)
    assert home.database.read_bytes() == before


def test_a_newer_schema_is_told(home: Settings) -> None:
    set_version(home, migrations.SCHEMA_VERSION + 1)
    with pytest.raises(StoreError, match="newer musicai"):
        Store(home)


def test_a_backup_before_the_first_release_replaces_nothing(home: Settings) -> None:
    set_version(home, 8)
    with closing(sqlite3.connect(home.database)) as opened:
        opened.execute("PRAGMA journal_mode = DELETE").close()
    saved = home.home / "old.zip"
    with zipfile.ZipFile(saved, "w") as archive:
        archive.write(home.database, "musicai.db")
    set_version(home, migrations.SCHEMA_VERSION)
    with Store(home) as store:
        with pytest.raises(MusicAIError):
            restore(store, saved)
        check(store)
