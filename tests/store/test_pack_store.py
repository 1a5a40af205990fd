"""Neighbour packs go with the data: into backups and back, and away with the last profile."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from musicai import data_processor as dp
from musicai.core.errors import NotFound
from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.neighbour_data import PACK_TABLES, path_of
from musicai.data.parsed import ReadOptions
from musicai.library.assemble import load_library
from musicai.library.export import export_profile
from musicai.library.importing import import_files
from musicai.store import Store, backup, restore
from musicai.store.catalogs import NEIGHBOURS
from tests.library.test_neighbours import HETREC, catalogue, counts, history, take

PACK = [(f"hetrec/{name}", text.encode()) for name, text in HETREC.items()]


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    """The profile "p" with a history, a catalogue, and a pack with tags and friends."""
    with Store(settings) as opened:
        given = [("h.json", history("Björk", "Radiohead")), ("t.csv", catalogue("Portishead"))]
        take(opened, settings, *given, *PACK)
        yield opened


def test_a_backup_brings_every_table_of_a_pack_back(store: Store, tmp_path: Path) -> None:
    path = backup(store, tmp_path / "copy.zip")
    with zipfile.ZipFile(path) as archive:
        packed = [name for name in archive.namelist() if name.startswith("catalogues/")]
    assert len(packed) == 1 + len(PACK_TABLES)
    (old,) = store.neighbours("p")
    elsewhere = Settings(home=tmp_path / "another")
    with Store(elsewhere) as other:
        take(other, elsewhere, ("counts.csv", counts()))  # what is there before goes
        restore(other, path)
        (new,) = other.neighbours("p")
        assert (new.name, new.n_listeners) == (old.name, old.n_listeners) == ("hetrec", 2)
        assert new.base.parent == elsewhere.catalogues
        for table in PACK_TABLES:
            frame: pd.DataFrame = getattr(new.tables, table)
            pd.testing.assert_frame_equal(frame, getattr(old.tables, table))
            assert len(frame), f"{table} was filled"
        assert other.fingerprint("p") == store.fingerprint("p")
        library = load_library(other, elsewhere, "p")
        assert dp.build_training_data(library, dp.build_features(library)).n_neighbours == 2
        again = take(other, elsewhere, *PACK)
        assert again.neighbours.imported == 0, "its files are recognised"


def test_a_pack_that_is_switched_off_comes_back_so(store: Store, tmp_path: Path) -> None:
    store.enable_catalogue("p", "hetrec", False)
    path = backup(store, tmp_path / "copy.zip")
    with Store(Settings(home=tmp_path / "another")) as other:
        restore(other, path)
        assert other.neighbours("p") == ()
        other.enable_catalogue("p", "hetrec", True)
        assert other.neighbours("p")[0].tables.n_listeners == 2


@pytest.mark.parametrize("table", PACK_TABLES)
def test_a_damaged_table_stays_out_and_is_named_after_the_way_back(
    store: Store, tmp_path: Path, table: str
) -> None:
    path_of(store.catalogue("hetrec").path, table).write_bytes(b"PAR1 and no more")
    path = backup(store, tmp_path / "copy.zip")
    elsewhere = Settings(home=tmp_path / "another")
    with Store(elsewhere) as other:
        restore(other, path)
        (pack,) = other.neighbours("p")
        with pytest.raises(NotFound, match="'hetrec' is gone or damaged"):
            _ = pack.tables
        take(other, elsewhere, *PACK)
        assert other.neighbours("p")[0].tables.n_listeners == 2, "as the message says"


def test_restoring_an_older_backup_takes_a_newer_pack_away(
    settings: Settings, tmp_path: Path
) -> None:
    with Store(settings) as store:
        take(store, settings, ("h.json", history("Björk")))
        path = backup(store, tmp_path / "copy.zip")
        take(store, settings, ("counts.csv", counts()))
        restore(store, path)
        assert store.neighbours("p") == ()
        assert not [one for one in store.catalogues() if one.kind == NEIGHBOURS]
        take(store, settings, ("counts.csv", counts()))
        assert store.neighbours("p")[0].n_listeners == 30


def test_a_pack_goes_with_the_last_profile_that_has_it(store: Store, settings: Settings) -> None:
    files = sorted(settings.catalogues.glob("*.parquet"))
    assert len(files) == 1 + len(PACK_TABLES)
    store.create_profile("ann")
    store.enable_catalogue("ann", "hetrec", True)
    store.delete_profile("p")
    (kept,) = store.neighbours("ann")
    assert kept.tables.n_listeners == 2
    assert len(list(settings.catalogues.glob("*.parquet"))) == len(PACK_TABLES)
    store.delete_profile("ann")
    assert store.catalogues() == []
    assert not list(settings.catalogues.glob("*.parquet"))


@pytest.mark.parametrize("kind", ["zip", "json"])
def test_an_export_holds_nothing_of_what_others_play(
    store: Store, settings: Settings, tmp_path: Path, kind: str
) -> None:
    """It is the person's own; a pack is handed on by those who offer it."""
    with_pack = tmp_path / f"with.{kind}"
    export_profile(store, settings, "p", with_pack, kind, no_progress)  # type: ignore[arg-type]
    blobs = [with_pack.read_bytes()]
    if kind == "zip":
        with zipfile.ZipFile(with_pack) as archive:
            blobs = [archive.read(name) for name in archive.namelist()]
    assert not any(b"Weird Al" in blob for blob in blobs)
    assert any("Björk".encode() in blob for blob in blobs), "one's own artists are there"
    elsewhere = Settings(home=tmp_path / "another")
    with Store(elsewhere) as other:
        report = import_files(other, elsewhere, "p", [with_pack], ReadOptions(), no_progress)
        assert report.plays.imported == 12
        assert other.neighbours("p") == ()
