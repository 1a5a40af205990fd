"""Catalogues in the store: names, notes, other tracks, what open data found, and kinds."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from musicai.core.errors import DataError, JobRunning, NotFound, UnreadableFile
from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.frames import conform, empty_frame
from musicai.data.library import KEY_COLUMNS, LINK_COLUMNS, SOURCE_TRACK_COLUMNS
from musicai.data.parsed import ReadOptions
from musicai.library.assemble import get_joined_path, load_library, load_own_and_catalogue
from musicai.library.catalogs import read_catalogue
from musicai.library.importing import import_files
from musicai.store import Store, backup, restore, schema
from musicai.store.catalog_changes import LONGEST_NAME, check_catalog_name
from tests import worlds
from tests.conftest import ROOT

FEATURES = (
    "danceability,energy,valence,acousticness,instrumentalness,liveness,speechiness,tempo,loudness"
)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with Store(settings) as opened:
        opened.create_profile("p")
        opened.create_profile("q")
        yield opened


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def some_tracks(*names: str, prefix: str = "t") -> pd.DataFrame:
    return worlds.source_tracks(
        [{"track_id": f"{prefix}{name}", "name": name, "artists": "Ada"} for name in names]
    )


def add(store: Store, name: str, *titles: str) -> None:
    store.add_catalogue(name, some_tracks(*titles), origin=f"{name}.csv", digest=digest(name))


def links_of(*rows: tuple[str, str, float]) -> pd.DataFrame:
    """(track id, kind, strength)"""
    frame = pd.DataFrame(rows, columns=["track_id", "kind", "strength"])
    return conform(frame.assign(via="Ada", through=""), LINK_COLUMNS, "links")


def files(settings: Settings) -> set[str]:
    return {path.name for path in settings.catalogues.iterdir()}


def table(*rows: str, header: str = "track_id,track_name,artists,track_genre,duration_ms") -> bytes:
    return "\n".join([f"{header},{FEATURES}", *rows]).encode()


def row(number: int, name: str, by: str = "Ada", energy: str = "0.5") -> str:
    return f"{number:022d},{name},{by},rock,200000,0.5,{energy},0.5,0.5,0.5,0.5,0.5,120,-7"


# --- names and notes ------------------------------------------------------------------


def test_a_catalogue_is_called_otherwise_in_every_profile(store: Store) -> None:
    add(store, "songs", "One")
    store.enable_catalogue("p", "songs", True)
    before = store.fingerprint("p")
    renamed = store.rename_catalogue("songs", "  Songs of mine ")
    assert renamed.name == "Songs of mine"
    assert store.catalogue("Songs of mine", "p").enabled
    assert not store.catalogue("Songs of mine", "q").enabled
    assert store.fingerprint("p") == before  # no model grows old by a name
    with pytest.raises(NotFound, match="songs"):
        store.catalogue("songs")


def test_the_library_says_the_new_name_at_once(store: Store, settings: Settings) -> None:
    add(store, "songs", "One")
    store.enable_catalogue("p", "songs", True)
    assert set(load_library(store, settings, "p").tracks["origin"]) == {"songs"}
    store.enable_catalogue("p", "songs", False)
    store.rename_catalogue("songs", "others")
    store.enable_catalogue("p", "others", True)  # a state whose tables are kept in side files
    assert set(load_library(store, settings, "p").tracks["origin"]) == {"others"}


@pytest.mark.parametrize(
    "name",
    ["", "   ", "two\nlines", "a\x00b", "x" * (LONGEST_NAME + 1), "Your history", "other", "OTHER"],
)
def test_a_name_that_is_taken_or_none_is_refused(store: Store, name: str) -> None:
    add(store, "songs", "One")
    add(store, "other", "Two")
    with pytest.raises(DataError, match="name"):
        store.rename_catalogue("songs", name)
    assert [one.name for one in store.catalogues()] == ["songs", "other"]


def test_its_own_name_in_other_capitals_is_free(store: Store) -> None:
    add(store, "songs", "One")
    assert store.rename_catalogue("songs", "Songs").name == "Songs"


@given(st.text(max_size=LONGEST_NAME + 5))
def test_a_name_that_passes_is_one_visible_line(name: str) -> None:
    try:
        found = check_catalog_name(name)
    except DataError:
        return
    assert 1 <= len(found) <= LONGEST_NAME
    assert found == found.strip()
    assert len(found.splitlines()) == 1
    assert check_catalog_name(found) == found


def test_origin_and_licence_are_noted_each_by_itself(store: Store) -> None:
    add(store, "songs", "One")
    assert store.describe_catalogue("songs", licence=" CC0 ").licence == "CC0"
    noted = store.describe_catalogue("songs", origin="a friend")
    assert (noted.origin, noted.licence) == ("a friend", "CC0")
    assert store.describe_catalogue("songs", licence="").licence == ""
    for wrong in ({"origin": " "}, {"licence": "x" * 201}, {"origin": "a\nb"}):
        with pytest.raises(DataError):
            store.describe_catalogue("songs", **wrong)
    assert store.catalogue("songs").origin == "a friend"


# --- other tracks ---------------------------------------------------------------------


def test_an_update_keeps_the_name_and_who_has_it_on(store: Store, settings: Settings) -> None:
    add(store, "songs", "One", "Two")
    store.enable_catalogue("p", "songs", True)
    store.enable_catalogue("q", "songs", False)
    store.describe_catalogue("songs", licence="CC0")
    before = store.fingerprint("p")
    [old] = store.catalogues()
    new = store.update_catalogue(
        "songs", some_tracks("Three"), origin="newer.csv", digest=digest("newer")
    )
    assert (new.id, new.name, new.licence) == (old.id, "songs", "CC0")
    assert (new.n_tracks, new.origin) == (1, "newer.csv")
    assert old.updated_at is None
    assert new.updated_at is not None
    assert store.catalogue_tracks("songs")["name"].tolist() == ["Three"]
    assert [store.catalogue("songs", who).enabled for who in ("p", "q")] == [True, False]
    assert store.fingerprint("p") != before
    assert files(settings) == {new.path.name}


def test_an_update_that_is_refused_changes_nothing(store: Store, settings: Settings) -> None:
    add(store, "songs", "One")
    add(store, "other", "Two")
    there = files(settings)
    twice = pd.concat([some_tracks("A"), some_tracks("A")])
    for frame, of, word in (
        (some_tracks("Two"), "other", "'other' already"),
        (twice, "x", "twice"),
        (empty_frame(SOURCE_TRACK_COLUMNS), "x", "no tracks"),
        (some_tracks("A", prefix="invented"), "x", "invented"),
    ):
        with pytest.raises(DataError, match=word):
            store.update_catalogue("songs", frame, origin="x", digest=digest(of))
    assert store.catalogue_tracks("songs")["name"].tolist() == ["One"]
    assert files(settings) == there
    with pytest.raises(NotFound):
        store.update_catalogue("none", some_tracks("A"), origin="x", digest=digest("x"))


def test_an_update_brings_a_lost_file_back(store: Store) -> None:
    add(store, "songs", "One")
    store.catalogue("songs").path.unlink()
    store.update_catalogue("songs", some_tracks("One"), origin="x", digest=digest("songs"))
    assert len(store.catalogue_tracks("songs")) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("killed_in", "left"), [("_replace", "One"), ("sweep", "Two")], ids=["before", "after"]
)
def test_killed_while_updating_the_old_or_the_new_tracks_are_there(
    store: Store, settings: Settings, killed_in: str, left: str
) -> None:
    add(store, "songs", "One")
    store.enable_catalogue("p", "songs", True)
    program = f"""
import os
from musicai.core.settings import load_settings
from musicai.store import Store, catalog_changes
from tests.store.test_catalogue_store import digest, some_tracks
catalog_changes.{killed_in} = lambda *given: os._exit(9)
store = Store(load_settings())
store.update_catalogue("songs", some_tracks("Two"), origin="x", digest=digest("new"))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False)
    assert done.returncode == 9
    assert store.catalogue_tracks("songs")["name"].tolist() == [left]
    assert store.catalogue("songs", "p").enabled
    assert len(files(settings)) == 2  # one of them is nobody's
    add(store, "other", "Three")
    store.remove_catalogue("other")
    assert files(settings) == {store.catalogue("songs").path.name}


def test_while_an_import_is_written_nothing_is_changed(store: Store) -> None:
    add(store, "songs", "One")
    with store.begin_import("p"):
        with pytest.raises(JobRunning):
            store.update_catalogue("songs", some_tracks("A"), origin="x", digest=digest("x"))
        with pytest.raises(JobRunning):
            store.add_catalogue("more", some_tracks("A"), origin="x", digest=digest("x"))
        with pytest.raises(JobRunning):
            store.remove_catalogue("songs")


def test_undoing_the_import_leaves_a_catalogue_that_was_updated_since(
    store: Store, settings: Settings
) -> None:
    given = ("songs.csv", table(row(1, "One")))
    import_files(store, settings, "p", [given], ReadOptions(), no_progress)
    store.update_catalogue("songs", some_tracks("Two"), origin="x", digest=digest("x"))
    store.undo_import(store.imports("p")[0].id)
    assert store.catalogue_tracks("songs")["name"].tolist() == ["Two"]
    assert store.catalogue("songs", "p").enabled


# --- what open data found -------------------------------------------------------------


def test_what_open_data_found_belongs_to_one_profile(store: Store, settings: Settings) -> None:
    links = links_of(("tOne", "tag", 0.5), ("tOne", "fresh release", 1.0))
    made = store.put_personal_catalogue("p", "Open data", some_tracks("One"), links, "CC0")
    assert (made.kind, made.owner, made.enabled) == ("open", "p", True)
    assert (made.licence, made.n_tracks) == ("CC0", 1)
    pd.testing.assert_frame_equal(store.catalogue_links("Open data"), links)
    assert [one.name for one in store.catalogues("p")] == ["Open data"]
    assert store.catalogues("q") == []
    with pytest.raises(NotFound):
        store.enable_catalogue("q", "Open data", True)
    assert set(load_library(store, settings, "p").tracks["track_id"]) == {"tOne"}
    assert len(load_library(store, settings, "q").tracks) == 0


def test_finding_again_replaces_it_and_keeps_the_switch(store: Store, settings: Settings) -> None:
    links = links_of(("tOne", "tag", 0.5))
    first = store.put_personal_catalogue("p", "Open data", some_tracks("One"), links, "CC0")
    store.enable_catalogue("p", "Open data", False)
    store.rename_catalogue("Open data", "Mine")
    second = store.put_personal_catalogue(
        "p", "Open data", some_tracks("One", "Two"), links_of(("tTwo", "tag", 0.1)), "CC0"
    )
    assert (second.id, second.name, second.enabled) == (first.id, "Mine", False)
    assert second.digest != first.digest
    assert store.catalogue_links("Mine")["track_id"].tolist() == ["tTwo"]
    assert {name[:32] for name in files(settings)} == {second.digest[:32]}
    same = store.put_personal_catalogue(
        "p", "Open data", some_tracks("One", "Two"), links_of(("tTwo", "tag", 0.1)), "CC0"
    )
    assert same.digest == second.digest
    assert len(store.catalogue_tracks("Mine")) == 2


def test_other_links_alone_make_other_data(store: Store) -> None:
    tracks = some_tracks("One")
    store.put_personal_catalogue("p", "Open", tracks, links_of(("tOne", "tag", 0.5)), "")
    before = store.fingerprint("p")
    store.put_personal_catalogue("p", "Open", tracks, links_of(("tOne", "tag", 0.6)), "")
    assert store.fingerprint("p") != before


def test_two_profiles_may_find_the_same(store: Store, settings: Settings) -> None:
    tracks, links = some_tracks("One"), links_of()
    store.put_personal_catalogue("p", "Open", tracks, links, "")
    other = store.put_personal_catalogue("q", "Open", tracks, links, "")
    assert other.name == "Open (2)"
    store.delete_profile("p")
    assert [one.name for one in store.catalogues()] == ["Open (2)"]
    assert len(store.catalogue_tracks("Open (2)")) == 1
    assert {name[:32] for name in files(settings)} == {other.digest[:32]}
    store.remove_catalogue("Open (2)")
    assert files(settings) == set()


def test_links_are_checked(store: Store) -> None:
    tracks = some_tracks("One")
    for links, word in (
        (links_of(("tTwo", "tag", 0.5)), "does not hold"),
        (links_of(("tOne", "tag", 1.5)), "strength"),
        (links_of(("tOne", "tag", float("nan"))), "strength"),
        (links_of(("tOne", "rumour", 0.5)), "known kind"),
    ):
        with pytest.raises(DataError, match=word):
            store.put_personal_catalogue("p", "Open", tracks, links, "")
    with pytest.raises(NotFound):
        store.put_personal_catalogue("nobody", "Open", tracks, links_of(), "")
    store.create_profile("sample", invented=True)
    with pytest.raises(DataError, match="invented"):
        store.put_personal_catalogue("sample", "Open", tracks, links_of(), "")
    assert store.catalogues() == []


def test_a_table_has_no_links_and_damaged_ones_are_said(store: Store, settings: Settings) -> None:
    add(store, "songs", "One")
    assert store.catalogue_links("songs").dtypes.astype(str).to_dict() == LINK_COLUMNS
    assert len(store.catalogue_links("songs")) == 0
    made = store.put_personal_catalogue(
        "p", "Open", some_tracks("One"), links_of(("tOne", "tag", 0.5)), ""
    )
    (settings.catalogues / f"{made.digest[:32]}-links.parquet").write_bytes(b"no table")
    with pytest.raises(NotFound, match="Fetch open data again"):
        store.catalogue_links("Open")


def test_a_table_is_no_update_for_what_open_data_found(store: Store) -> None:
    store.put_personal_catalogue("p", "Open", some_tracks("One"), links_of(), "")
    with pytest.raises(DataError, match="no table of tracks"):
        store.update_catalogue("Open", some_tracks("A"), origin="x", digest=digest("x"))


def test_a_backup_holds_tracks_and_links(store: Store, tmp_path: Path) -> None:
    links = links_of(("tOne", "tag", 0.5))
    store.put_personal_catalogue("p", "Open", some_tracks("One"), links, "CC0")
    path = backup(store, tmp_path / "copy.zip")
    with Store(Settings(home=tmp_path / "another")) as other:
        restore(other, path)
        assert other.catalogue_tracks("Open")["name"].tolist() == ["One"]
        pd.testing.assert_frame_equal(other.catalogue_links("Open"), links)


# --- kinds ----------------------------------------------------------------------------


def test_neighbours_are_never_read_as_tracks(store: Store, settings: Settings) -> None:
    """Their file holds no tracks; the naming of bare tracks and the library leave it alone."""
    add(store, "pack", "One")
    named = worlds.source_tracks([{"track_id": "2" * 22, "name": "Two", "artists": "Ada"}])
    store.add_catalogue("songs", named, origin="x", digest=digest("songs"))
    pack = store.catalogue("pack")
    pd.DataFrame({"listener": [1], "item": [2]}).to_parquet(pack.path)
    with store.writing() as connection:
        connection.execute(
            update(schema.catalogues)
            .where(schema.catalogues.c.id == pack.id)
            .values(kind="neighbours")
        )
    for name in ("pack", "songs"):
        store.enable_catalogue("p", name, True)
    _, catalogue = load_own_and_catalogue(store, "p")
    assert catalogue["track_id"].tolist() == ["2" * 22]
    plays = f"listener,track_id,played_at\nann,{'2' * 22},2024-01-01T00:00:00Z\n".encode()
    report = import_files(store, settings, "p", [("l.csv", plays)], ReadOptions(), no_progress)
    assert report.plays.imported == 1
    assert store.own_data("p").tracks["name"].tolist() == ["Two"]


# --- reading a file for a catalogue ---------------------------------------------------


def test_good_rows_are_kept_and_the_others_are_said(settings: Settings) -> None:
    data = table(
        row(1, "One"),
        row(1, "One again"),
        row(2, "Two", energy="7.5"),
        row(3, ""),
        row(4, "Four", energy="loud"),
        "short",
    )
    found = read_catalogue(settings, ("songs.csv", data))
    assert found.tracks["name"].tolist() == ["One", "Two", "Four"]
    assert (found.read, found.duplicate, found.rejected) == (6, 1, 2)
    assert found.tracks["energy"].isna().tolist() == [False, True, True]
    assert found.tracks["valence"].notna().all()
    said = {one.where: one.why for one in found.problems}
    assert "energy 7.5" in said["line 4"]
    assert "name" in said["line 5"]
    assert "energy loud" in said["line 6"]
    assert found.digest == hashlib.sha256(data).hexdigest()


def test_tracks_without_ids_get_them_from_their_names(settings: Settings) -> None:
    header = "track_name,artists"
    rows = [f"{name},{by},{','.join(['0.5'] * 7)},120,-7" for name, by in
            (("One", "Ada"), ("one", "ADA"), ("Two", "Ada"))]  # fmt: skip
    found = read_catalogue(settings, ("songs.csv", table(*rows, header=header)))
    assert found.tracks["name"].tolist() == ["One", "Two"]
    assert found.tracks["track_id"].str.startswith("name:").all()
    assert (found.read, found.duplicate) == (3, 1)


def test_a_public_playlist_from_exportify_is_a_table_here(settings: Settings) -> None:
    header = "Track URI,Track Name,Album Name,Artist Name(s),Added At"
    rows = [f"spotify:track:{n:022d},Song {n},Album,Ada,2024-01-01T00:00:00Z" for n in (1, 2, 2)]
    found = read_catalogue(settings, ("road.csv", "\n".join([header, *rows]).encode()))
    assert found.tracks["name"].tolist() == ["Song 1", "Song 2"]
    assert (found.read, found.duplicate, found.rejected) == (3, 1, 0)


@pytest.mark.parametrize(
    ("file", "data", "word"),
    [
        ("a.csv", b"", "empty"),
        ("a.csv", b"one,two\n1,2\n", "not a format"),
        ("a.csv", table(), "no rows"),
        ("a.csv", table(row(1, "")), "no name"),
        ("a.json", json.dumps([]).encode(), "a.json"),
        ("a.csv", table(f"invented{1:014d},One,Ada,rock,200000,{'0.5,' * 7}120,-7"), "invented"),
    ],
)
def test_what_is_no_catalogue_is_refused_with_the_reason(
    settings: Settings, file: str, data: bytes, word: str
) -> None:
    with pytest.raises(UnreadableFile, match=word):
        read_catalogue(settings, (file, data))


def test_a_history_is_no_catalogue_and_two_tables_are_no_one(
    settings: Settings, tmp_path: Path
) -> None:
    history = f"listener,track_id,played_at\nann,{1:022d},2024-01-01T00:00:00Z\n".encode()
    with pytest.raises(UnreadableFile, match=r"l\.csv"):
        read_catalogue(settings, ("l.csv", history))
    for name in ("a", "b"):
        (tmp_path / "two").mkdir(exist_ok=True)
        (tmp_path / "two" / f"{name}.csv").write_bytes(table(row(1, name)))
    with pytest.raises(UnreadableFile, match="2 tables"):
        read_catalogue(settings, tmp_path / "two")


# --- files of an older musicai ----------------------------------------------------------


def without_keys(path: Path, *, further: tuple[str, ...] = ()) -> None:
    pd.read_parquet(path).drop(columns=[*KEY_COLUMNS, *further]).to_parquet(path, index=False)


def test_files_from_before_keys_are_read(store: Store, settings: Settings) -> None:
    add(store, "songs", "One", "Two")
    store.enable_catalogue("p", "songs", True)
    whole = load_library(store, settings, "p").tracks
    without_keys(store.catalogue("songs").path)
    without_keys(get_joined_path(settings, store.compute_joined_name("p")), further=("key_source",))
    assert store.catalogue_tracks("songs")[list(KEY_COLUMNS)].isna().all(axis=None)
    assert store.catalogue_tracks("songs", ["key", "name"])["name"].tolist() == ["One", "Two"]
    pd.testing.assert_frame_equal(load_library(store, settings, "p").tracks, whole)
    before = store.fingerprint("p")
    store.remove_catalogue("songs")
    keyed = some_tracks("One", "Two").assign(key=np.float32(9), mode=np.float32(0))
    store.add_catalogue("songs", keyed, origin="songs.csv", digest=digest("songs"))
    store.enable_catalogue("p", "songs", True)
    assert store.fingerprint("p") == before
    assert load_library(store, settings, "p").tracks["key"].tolist() == [9.0, 9.0]
