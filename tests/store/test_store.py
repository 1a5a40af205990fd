from __future__ import annotations

import hashlib
import io
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from musicai.core.errors import (
    DataError,
    JobRunning,
    NotFound,
    StoreError,
    UnreadableFile,
    UnsafeFile,
)
from musicai.core.settings import PROJECT_ROOT, Settings
from musicai.data.frames import conform, empty_frame
from musicai.data.library import (
    KEY_COLUMNS,
    PLAY_COLUMNS,
    PLAYLIST_COLUMNS,
    SOURCE_TRACK_COLUMNS,
    Library,
)
from musicai.data.parsed import SOURCE_ITEM_COLUMNS, SOURCE_PLAY_COLUMNS, ParsedFile, Problem
from musicai.store import Store, backup, restore
from musicai.store import connection as store_database
from musicai.store.deduplication import KnownRows, play_keys
from musicai.store.migrations import SCHEMA_VERSION

EVE, BOB = "Eve", "Bob"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def track_frame(ids: Sequence[str], **columns: object) -> pd.DataFrame:
    """Tracks with these ids; text named after the id where not given."""
    frame = pd.DataFrame({"track_id": list(ids)})
    for name, kind in SOURCE_TRACK_COLUMNS.items():
        if name in columns:
            frame[name] = columns[name]
        elif name in ("name", "artists"):
            frame[name] = [f"{name} of {track_id}" for track_id in ids]
        elif name != "track_id":
            frame[name] = "" if kind == "str" else None
    return conform(frame, SOURCE_TRACK_COLUMNS, "tracks")


def play_frame(rows: Sequence[tuple[int, int, int]], listener: str = "") -> pd.DataFrame:
    """Plays from (track row, start, length)."""
    return pd.DataFrame(
        {
            "track": [row[0] for row in rows],
            "listener": listener,
            "played_at": [row[1] for row in rows],
            "ms_played": [row[2] for row in rows],
            "skipped": -1,
            "reason_start": "trackdone",
            "reason_end": "",
            "shuffle": 1,
        }
    ).astype(SOURCE_PLAY_COLUMNS)


def plays_file(
    file: str,
    ids: Sequence[str],
    rows: Sequence[tuple[int, int, int]],
    *,
    listener: str = "",
    tracks: pd.DataFrame | None = None,
) -> ParsedFile:
    return ParsedFile(
        file=file,
        format="spotify_extended",
        kind="plays",
        tracks=track_frame(ids) if tracks is None else tracks,
        plays=play_frame(rows, listener),
        read=len(rows),
    )


def playlist_file(
    file: str, ids: Sequence[str], added: Sequence[int], name: str = "Road", api_born: bool = True
) -> ParsedFile:
    items = pd.DataFrame(
        {
            "playlist": name,
            "track": range(len(ids)),
            "position": range(len(ids)),
            "added_at": list(added),
        }
    ).astype(SOURCE_ITEM_COLUMNS)
    return ParsedFile(
        file=file,
        format="spotify_extended",
        kind="playlist",
        tracks=track_frame(ids),
        playlist_items=items,
        read=len(ids),
        api_born=api_born,
    )


def put(store: Store, *files: ParsedFile, profile: str = "p", consent: bool | None = None) -> None:
    """Import parsed files; the digest is that of the name."""
    with store.begin_import(profile) as writer:
        for parsed in files:
            parts = writer.find_known_parts(digest(parsed.file))
            if parts:
                writer.repeat(parsed.file, parts)
            elif parsed.kind == "catalogue":
                writer.add_catalogue(parsed, digest(parsed.file), parsed.file, invented=False)
            else:
                writer.add_rows(parsed, digest(parsed.file))
        writer.finish(consent=consent)


HISTORY = plays_file("history", ["a" * 22, "b" * 22], [(0, 1000, 60_000), (1, 1500, 70_000)])
CATALOGUE = ParsedFile(
    file="songs",
    format="spotify_extended",
    kind="catalogue",
    tracks=track_frame(["a" * 22, "c" * 22], energy=[0.5, 0.25]),
    read=2,
)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with Store(settings) as opened:
        yield opened


# --- profiles -------------------------------------------------------------------------


def test_a_profile_is_made_read_changed_and_deleted(store: Store) -> None:
    made = store.create_profile("p", "Person")
    assert store.profile("p") == made
    assert made.train_on_api_rows is None
    store.set_consent("p", True)
    store.activate_version("p", "v1")
    store.change_settings("p", {"theme": "dark", "n": 3})
    changed = store.profile("p")
    assert changed.train_on_api_rows is True
    assert changed.active_version == "v1"
    store.change_settings("p", {"n": 4, "theme": None})
    assert store.settings_of("p") == {"n": 4}
    store.delete_profile("p")
    assert store.profiles() == []


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "two\nlines", "nul\0"])
def test_a_name_that_cannot_be_one_is_refused(store: Store, name: str) -> None:
    with pytest.raises(DataError, match="1 to 80"):
        store.create_profile(name)


@pytest.mark.parametrize("name", ["../../x", "<script>alert(1)</script>", "a'; DROP TABLE plays"])
def test_markup_and_paths_in_names_are_inert(store: Store, settings: Settings, name: str) -> None:
    nasty = plays_file(name, ["a" * 22], [(0, 1000, 1)], tracks=track_frame(["a" * 22], name=name))
    put(store, nasty, profile=name)
    put(store, CATALOGUE, profile=name)
    own = store.own_data(name)
    assert own.tracks["name"].tolist() == [name]
    assert store.imports(name)[1].files[0].file == name
    outside = {path for path in settings.home.parent.rglob("*") if path.is_file()}
    assert all(path.is_relative_to(settings.home) for path in outside)


def test_missing_things_are_named(store: Store) -> None:
    with pytest.raises(NotFound, match="no profile 'q'"):
        store.own_data("q")
    with pytest.raises(NotFound, match="no catalogue"):
        store.catalogue_tracks("q")
    with pytest.raises(NotFound, match="import number 7"):
        store.undo_import(7)
    store.create_profile("p")
    with pytest.raises(DataError, match="already"):
        store.create_profile("p")


# --- imports --------------------------------------------------------------------------


def test_what_is_imported_comes_back_in_canonical_tables(store: Store) -> None:
    put(store, HISTORY, playlist_file("list", ["c" * 22, "a" * 22], [5000, -1]))
    own = store.own_data("p")
    assert own.tracks["track_id"].tolist() == ["a" * 22, "b" * 22, "c" * 22]
    assert own.plays["track"].tolist() == [0, 1]
    assert own.plays["ms_played"].tolist() == [60_000, 70_000]
    assert own.plays["played_at"].tolist() == [
        pd.Timestamp(1000, unit="s", tz="UTC"),
        pd.Timestamp(1500, unit="s", tz="UTC"),
    ]
    assert own.plays["skipped"].isna().all()
    assert own.plays["shuffle"].tolist() == [True, True]
    assert own.plays["reason_start"].tolist() == ["trackdone", "trackdone"]
    assert own.plays["reason_end"].isna().all()
    assert own.playlist_items["track"].tolist() == [2, 0]
    assert own.playlist_items["added_at"].isna().tolist() == [False, True]
    assert own.playlist_items["api_born"].all()
    assert own.listeners == ("you",)
    for frame, columns in (
        (own.tracks, SOURCE_TRACK_COLUMNS),
        (own.plays, {**PLAY_COLUMNS, "source": own.plays["source"].dtype}),
        (own.playlist_items, PLAYLIST_COLUMNS),
    ):
        pd.testing.assert_frame_equal(frame, conform(frame, columns, "t"))


def test_an_empty_profile_has_empty_tables(store: Store) -> None:
    store.create_profile("p")
    for _ in range(2):  # from the database, then from the side files
        own = store.own_data("p")
        assert len(own.tracks) == len(own.plays) == len(own.playlist_items) == 0
        assert own.listeners == ("you",)
        plain = own.plays.drop(columns="source")
        pd.testing.assert_frame_equal(plain, conform(own.plays, PLAY_COLUMNS, "plays"))


def test_own_data_make_a_library(store: Store) -> None:
    put(store, HISTORY)
    own = store.own_data("p")
    extra = {"feature_source": "none", "genre_source": "none", "origin": "your history"}
    extra |= {"key_source": "none", "recording": 0, "match": "", "estimate": "", "excluded": False}
    library = Library.validate(
        profile="p",
        invented=False,
        tracks=own.tracks.assign(**extra, own=True, in_catalogue=False),
        plays=own.plays,
        playlist_items=own.playlist_items,
        listeners=own.listeners,
        fingerprint=own.fingerprint,
    )
    assert library.n_tracks == 2


def test_the_same_bytes_again_are_a_look_up(store: Store) -> None:
    put(store, HISTORY)
    before = store.fingerprint("p")
    with store.begin_import("p") as writer:
        writer.repeat("renamed", writer.find_known_parts(digest("history")))
        writer.finish()
    (again,) = writer.records
    assert (again.counts.imported, again.counts.duplicate, again.counts.read) == (0, 2, 2)
    assert store.fingerprint("p") == before
    assert len(store.imports("p")) == 1
    assert store.file_records("q", digest("history")) == ()


def test_the_parts_of_a_file_are_known_together(store: Store) -> None:
    parts = (HISTORY, playlist_file("history", ["a" * 22], [5], api_born=False))
    with store.begin_import("p") as writer:
        for part in parts:
            writer.add_rows(part, digest("history"))
        assert writer.find_known_parts(digest("history")) == tuple(writer.records)
        writer.repeat("again", writer.find_known_parts(digest("history")))
        assert len(writer.find_known_parts(digest("history"))) == 2
        writer.finish()
    assert [(r.kind, r.counts.imported, r.counts.duplicate) for r in writer.records] == [
        ("plays", 2, 0),
        ("playlist", 1, 0),
        ("plays", 0, 2),
        ("playlist", 0, 1),
    ]
    assert store.file_records("p", digest("history")) == tuple(writer.records[:2])
    put(store, HISTORY)  # the same bytes again
    assert len(store.imports("p")) == 1


def test_a_file_is_known_only_with_the_same_choice_of_private_plays(store: Store) -> None:
    listed = playlist_file("history", ["a" * 22], [5], api_born=False)
    with store.begin_import("p", include_private=False) as writer:
        writer.add_rows(replace(HISTORY, read=3, private=1), digest("history"))
        writer.add_rows(listed, digest("history"))
        writer.finish()
    assert len(store.file_records("p", digest("history"))) == 2
    assert store.file_records("p", digest("history"), include_private=True) == ()
    with store.begin_import("p", include_private=True) as writer:
        writer.add_rows(replace(HISTORY, read=2), digest("history"))
        writer.add_rows(listed, digest("history"))
        writer.finish()
    assert len(store.file_records("p", digest("history"), include_private=True)) == 2
    assert store.file_records("p", digest("history"))[0].counts.private == 1


def facts_file(file: str, ids: Sequence[str], **columns: object) -> ParsedFile:
    tracks = track_frame(ids, **columns)
    return ParsedFile(file, "musicai_export", "tracks", tracks=tracks, read=len(ids))


def test_facts_about_tracks_count_as_new_only_where_they_tell_something(store: Store) -> None:
    put(store, HISTORY)
    known = facts_file("known", ["a" * 22, "b" * 22])
    richer = facts_file("richer", ["a" * 22, "b" * 22, "c" * 22], energy=[0.5, None, None])
    put(store, known, richer, replace(richer, file="once more", read=4, duplicate=1))
    counts = [(r.counts.imported, r.counts.duplicate) for r in store.imports("p")[0].files]
    assert counts == [(0, 2), (2, 1), (0, 4)]
    assert all(r.counts.adds_up for r in store.imports("p")[0].files)
    assert store.imports("p")[0].further.imported == 2
    own = store.own_data("p").tracks.set_index("track_id")
    assert own.loc["a" * 22, "energy"] == 0.5
    assert len(own) == 3


def test_rows_that_are_there_count_as_duplicates(store: Store) -> None:
    put(store, HISTORY)
    more = plays_file(
        "more",
        ["b" * 22, "c" * 22],
        [(0, 1500, 70_000), (1, 1500, 70_000), (1, 1500, 70_000), (0, 1500, 69_999)],
    )
    put(store, more)
    counts = store.imports("p")[0].plays
    assert (counts.read, counts.imported, counts.duplicate) == (4, 2, 2)
    assert counts.adds_up
    assert len(store.own_data("p").plays) == 4


def test_a_playlist_exported_again_adds_only_what_is_new(store: Store) -> None:
    put(store, playlist_file("first", ["a" * 22, "b" * 22], [100, 200]))
    put(store, playlist_file("second", ["c" * 22, "b" * 22, "a" * 22], [300, 200, 100]))
    counts = store.imports("p")[0].playlist_rows
    assert (counts.imported, counts.duplicate) == (1, 2)
    assert len(store.own_data("p").playlist_items) == 3


def test_files_of_one_import_complete_each_other(store: Store) -> None:
    bare = plays_file("bare", ["a" * 22], [(0, 10, 1)], tracks=track_frame(["a" * 22]))
    rich = track_frame(["a" * 22], name=["Other name"], energy=[0.75], explicit=[True])
    put(store, bare, plays_file("rich", ["a" * 22], [(0, 20, 1)], tracks=rich))
    track = store.own_data("p").tracks.iloc[0]
    assert track["name"] == f"name of {'a' * 22}"
    assert track["energy"] == 0.75
    assert track["explicit"] is np.True_ or track["explicit"] is True


def test_listeners_have_codes_and_the_owner_is_first(store: Store) -> None:
    ids = ["a" * 22]
    put(
        store,
        plays_file("1", ids, [(0, 10, 1)], listener=EVE),
        plays_file("2", ids, [(0, 11, 1)], listener=BOB),
        plays_file("3", ids, [(0, 12, 1)], listener="you"),
        plays_file("4", ids, [(0, 13, 1)]),
    )
    own = store.own_data("p")
    assert own.listeners == ("you", BOB, EVE, "you (listener)")
    assert own.plays["listener"].tolist() == [2, 1, 3, 0]


def test_undo_takes_back_one_import_and_leaves_the_others_whole(store: Store) -> None:
    put(store, HISTORY)
    alone = store.own_data("p")
    overlapping = plays_file(
        "second", ["b" * 22, "c" * 22], [(0, 1500, 70_000), (0, 1500, 70_000), (1, 9000, 5)]
    )
    put(store, overlapping, playlist_file("list", ["a" * 22], [50]))
    first, second = store.imports("p")[1], store.imports("p")[0]
    assert len(store.own_data("p").plays) == 3
    store.undo_import(first.id)
    own = store.own_data("p")
    assert sorted(own.tracks["track_id"]) == ["a" * 22, "b" * 22, "c" * 22]
    assert own.plays["played_at"].astype("int64").tolist() == [1500, 9000]
    put(store, HISTORY)
    store.undo_import(second.id)
    pd.testing.assert_frame_equal(store.own_data("p").plays, alone.plays)
    assert store.data_fingerprint("p") == alone.fingerprint


def test_an_undone_playlist_gives_its_rows_to_the_next(store: Store) -> None:
    put(store, playlist_file("first", ["a" * 22], [100]))
    put(store, playlist_file("second", ["b" * 22, "a" * 22], [200, 100]))
    put(store, playlist_file("third", ["c" * 22, "b" * 22, "a" * 22], [300, 200, 100]))
    store.undo_import(store.imports("p")[2].id)
    assert len(store.own_data("p").playlist_items) == 3
    store.undo_import(store.imports("p")[1].id)
    assert len(store.own_data("p").playlist_items) == 3


def test_an_import_left_early_leaves_nothing(store: Store, settings: Settings) -> None:
    def fail() -> None:
        with store.begin_import("p") as writer:
            writer.add_rows(HISTORY, digest("history"))
            assert not store.has_profile("p")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not store.has_profile("p")
    assert rows_of(settings, "imports", "plays", "tracks", "listeners") == [0, 0, 0, 0]


def rows_of(settings: Settings, *tables: str) -> list[int]:
    connection = sqlite3.connect(settings.database)
    try:
        return [connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in tables]
    finally:
        connection.close()


def test_pending_rows_are_invisible_and_purged_on_open(store: Store, settings: Settings) -> None:
    put(store, HISTORY)
    with store.begin_import("p") as writer:
        writer.add_rows(plays_file("x", ["c" * 22], [(0, 5, 5)]), digest("x"))
        with Store(settings) as beside:  # the import is alive: nothing is purged
            assert len(beside.own_data("p").plays) == 2
        assert rows_of(settings, "imports") == [2]
        with pytest.raises(JobRunning, match="being written"):
            store.begin_import("q")
        with pytest.raises(JobRunning, match="undoing"):
            store.undo_import(1)
        writer.finish()
    assert len(store.own_data("p").plays) == 3
    connection = sqlite3.connect(settings.database)
    connection.execute("UPDATE imports SET state = 'pending' WHERE id = 2")
    connection.commit()
    connection.close()
    with Store(settings) as again:
        assert rows_of(settings, "imports", "plays") == [1, 2]
        assert len(again.own_data("p").plays) == 2


KILLED = """
    import sys
    from pathlib import Path
    from musicai.core.settings import Settings
    from musicai.store import Store, backup, restore
    from tests.store.test_store import digest, plays_file

    store = Store(Settings(home=Path(sys.argv[1])))
    with store.begin_import("p") as writer:
        for number in range(40):
            rows = [(0, number * 1000 + i, 1) for i in range(500)]
            writer.add_rows(plays_file(f"f{number}", ["a" * 22], rows), digest(f"f{number}"))
            print(number, flush=True)
        writer.finish()
    print("finished", flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("line", ["0", "7", "39", "finished"])
def test_kill_9_leaves_the_whole_import_or_nothing(settings: Settings, line: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(settings.home)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT_ROOT,
    ) as child:
        assert child.stdout is not None
        for seen in child.stdout:
            if seen.strip() == line:
                child.send_signal(signal.SIGKILL)
                break
    with Store(settings) as store:
        plays = len(store.own_data("p").plays) if store.has_profile("p") else 0
        assert plays in ((0, 20_000) if line != "finished" else (20_000,))
        assert rows_of(settings, "plays") == [plays]
        put(store, HISTORY)
        assert len(store.own_data("p").plays) == plays + 2


def test_problems_are_kept_and_a_profile_of_nothing_is_not_made(store: Store) -> None:
    with store.begin_import("p") as writer:
        writer.problems.append(Problem("x", "", "broken"))
        writer.finish()
    assert not store.has_profile("p")
    put(store, HISTORY)
    with store.begin_import("p") as writer:
        writer.problems.append(Problem("<b>x</b>", "row 3", "broken"))
        writer.finish()
    assert store.imports("p")[0].problems == (Problem("<b>x</b>", "row 3", "broken"),)


def test_consent_is_asked_only_where_it_matters(store: Store) -> None:
    put(store, HISTORY, consent=True)
    assert store.profile("p").train_on_api_rows is None
    assert not store.consent_needed("p")
    exported = playlist_file("list", ["a" * 22], [1])
    put(store, exported)
    assert store.consent_needed("p")
    before = store.fingerprint("p")
    put(store, exported, consent=True)  # the same file again, this time with an answer
    assert store.profile("p").train_on_api_rows is True
    assert not store.consent_needed("p")
    assert store.own_data("p").train_on_api_rows
    assert store.fingerprint("p") != before
    put(store, playlist_file("list 2", ["a" * 22], [2]), consent=False)
    assert store.profile("p").train_on_api_rows is False


# --- catalogues -----------------------------------------------------------------------


def test_a_catalogue_is_stored_once_and_enabled_where_it_was_imported(store: Store) -> None:
    put(store, HISTORY, CATALOGUE)
    store.create_profile("q")
    [mine], [other] = store.catalogues("p"), store.catalogues("q")
    assert (mine.name, mine.n_tracks, mine.enabled, other.enabled) == ("songs", 2, True, False)
    assert store.imports("p")[0].tracks.imported == 2
    pd.testing.assert_frame_equal(store.catalogue_tracks("songs"), CATALOGUE.tracks)
    before = store.fingerprint("p")
    store.enable_catalogue("p", "songs", False)
    assert store.fingerprint("p") != before
    store.enable_catalogue("p", "songs", True)
    assert store.fingerprint("p") == before
    same = store.add_catalogue("other", CATALOGUE.tracks, origin="x", digest=digest("songs"))
    assert same.name == "songs"
    new = store.add_catalogue("songs", CATALOGUE.tracks, origin="x", digest=digest("y"))
    assert new.name == "songs (2)"
    store.remove_catalogue("songs")
    assert [c.name for c in store.catalogues()] == ["songs (2)"]
    assert not mine.path.exists()


def test_invented_and_real_never_meet(store: Store) -> None:
    invented = track_frame(["invented" + "x" * 14])
    with pytest.raises(DataError, match="mix"):
        store.add_catalogue("w", invented, origin="o", digest=digest("w"))
    mixed = pd.concat([invented, CATALOGUE.tracks])
    with pytest.raises(DataError, match="mix"):
        store.add_catalogue("w", mixed, origin="o", invented=True, digest=digest("w"))
    store.add_catalogue("w", invented, origin="o", invented=True, digest=digest("w"))
    store.add_catalogue("r", CATALOGUE.tracks, origin="o", digest=digest("r"))
    store.create_profile("real")
    store.create_profile("sample", invented=True)
    with pytest.raises(DataError, match="never mixed"):
        store.enable_catalogue("real", "w", True)
    with pytest.raises(DataError, match="never mixed"):
        store.enable_catalogue("sample", "r", True)
    store.enable_catalogue("sample", "w", True)


def test_a_bad_catalogue_is_refused(store: Store) -> None:
    with pytest.raises(DataError, match="no tracks"):
        store.add_catalogue("e", empty_frame(SOURCE_TRACK_COLUMNS), origin="o", digest="d")
    with pytest.raises(DataError, match="twice"):
        store.add_catalogue("e", track_frame(["a", "a"]), origin="o", digest="d")
    assert store.catalogues() == []


def test_undo_removes_a_catalogue_that_nobody_else_has(store: Store) -> None:
    put(store, CATALOGUE)
    put(store, CATALOGUE, profile="q")
    store.undo_import(store.imports("p")[0].id)
    assert [c.enabled for c in store.catalogues("p")] == [False]
    store.undo_import(store.imports("q")[0].id)
    assert store.catalogues() == []
    put(store, CATALOGUE)
    assert store.catalogues("p")[0].enabled


def test_a_damaged_catalogue_says_so_and_comes_back_by_importing_again(store: Store) -> None:
    put(store, CATALOGUE)
    path = store.catalogues()[0].path
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(NotFound, match="Import 'songs' again"):
        store.catalogue_tracks("songs")
    put(store, CATALOGUE)
    assert len(store.catalogue_tracks("songs")) == 2


def test_tracks_known_by_id_alone_take_their_names_from_the_catalogue(store: Store) -> None:
    bare = track_frame(["a" * 22, "z" * 22], name="", artists="")
    put(store, plays_file("ids", [], [(0, 1, 1), (1, 2, 1)], tracks=bare), CATALOGUE)
    names = store.own_data("p").tracks.set_index("track_id")["name"]
    assert names["a" * 22] == f"name of {'a' * 22}"
    assert names["z" * 22] == ""
    put(store, plays_file("ids", [], [(0, 1, 1)], tracks=bare), profile="q")
    put(store, CATALOGUE, profile="q")  # the catalogue may come later, too
    assert (store.own_data("q").tracks["name"] != "").tolist() == [True, False]


# --- fingerprints and side files --------------------------------------------------------


def test_the_fingerprint_is_the_same_in_another_home(store: Store, tmp_path: Path) -> None:
    files = [HISTORY, CATALOGUE, playlist_file("list", ["a" * 22], [1])]
    put(store, plays_file("undone", ["q" * 22], [(0, 1, 1)]))
    store.undo_import(store.imports("p")[0].id)
    put(store, *files, consent=True)
    with Store(Settings(home=tmp_path / "another")) as other:
        put(other, *files, profile="someone else", consent=True)
        assert other.fingerprint("someone else") == store.fingerprint("p")
        here, there = store.own_data("p"), other.own_data("someone else")
    pd.testing.assert_frame_equal(here.tracks, there.tracks)
    pd.testing.assert_frame_equal(here.plays, there.plays)
    pd.testing.assert_frame_equal(here.playlist_items, there.playlist_items)
    put(store, plays_file("more", ["q" * 22], [(0, 1, 1)]))
    assert store.data_fingerprint("p") != here.fingerprint


@pytest.mark.parametrize("part", ["tracks", "plays", "items"])
@pytest.mark.parametrize("damage", ["gone", "cut", "flipped", "other", "older"])
def test_a_damaged_side_file_is_made_again(
    store: Store, settings: Settings, part: str, damage: str
) -> None:
    put(store, HISTORY, playlist_file("list", ["a" * 22], [1]))
    before = store.own_data("p")
    [path] = settings.cache.glob(f"*-{part}.parquet")
    whole = path.read_bytes()
    if damage == "gone":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    elif damage == "flipped":
        path.write_bytes(whole[:30] + bytes([whole[30] ^ 255]) + whole[31:])
    elif damage == "older":
        table = pq.read_table(path)
        kept = table.select([name for name in table.column_names if name not in KEY_COLUMNS])
        notes = {**table.schema.metadata, b"musicai.format": b"2"}
        pq.write_table(kept.replace_schema_metadata(notes), path, write_page_checksum=True)
    else:
        put(store, plays_file("x", ["c" * 22], [(0, 5, 5)]), profile="q")
        store.own_data("q")
        fingerprint = store.data_fingerprint("q")[:32]
        other = settings.cache / f"own-{fingerprint}-{part}.parquet"
        path.write_bytes(other.read_bytes())
    after = store.own_data("p")
    pd.testing.assert_frame_equal(before.tracks, after.tracks)
    pd.testing.assert_frame_equal(before.plays, after.plays)
    pd.testing.assert_frame_equal(before.playlist_items, after.playlist_items)


def test_own_data_come_from_the_side_files(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    put(store, HISTORY)
    store.own_data("p")

    def never(*_: object) -> None:
        raise AssertionError("read the database")

    monkeypatch.setattr("musicai.store.own_data.read_database", never)
    assert len(store.own_data("p").plays) == 2


def test_an_unwritable_cache_costs_only_speed(store: Store, settings: Settings) -> None:
    put(store, HISTORY)
    settings.cache.write_text("a file in the way")
    assert len(store.own_data("p").plays) == 2


def test_deleting_a_profile_leaves_nothing_of_it(store: Store, settings: Settings) -> None:
    secret = "Zyzzyva Quixotry"
    mine = plays_file("m", ["a" * 22], [(0, 1, 1)], tracks=track_frame(["a" * 22], name=secret))
    put(store, mine, CATALOGUE)
    put(store, HISTORY, profile="q")
    fingerprint = store.own_data("p").fingerprint
    store.own_data("q")
    made_by_others = settings.cache / f"features-{fingerprint[:32]}.npz"
    made_by_others.write_bytes(b"x")
    store.record_version("p", "v1")
    assert any(secret.encode() in p.read_bytes() for p in settings.home.rglob("*") if p.is_file())
    store.delete_profile("p")
    assert [p.name for p in store.profiles()] == ["q"]
    assert store.catalogues() == []
    assert store.versions_of("p") == []
    for path in settings.home.rglob("*"):
        assert fingerprint[:32] not in path.name
        assert not (path.is_file() and secret.encode() in path.read_bytes()), path
    assert len(store.own_data("q").plays) == 2


def test_names_that_a_catalogue_tells_later_reach_the_side_files(store: Store) -> None:
    bare = track_frame(["a" * 22], name="", artists="")
    put(store, plays_file("ids", [], [(0, 1, 1)], tracks=bare))
    assert store.own_data("p").tracks["name"].tolist() == [""]
    put(store, CATALOGUE)
    assert store.own_data("p").tracks["name"].tolist() == [f"name of {'a' * 22}"]


def test_old_side_files_are_cleared_away(store: Store, settings: Settings) -> None:
    for number in range(6):
        put(store, plays_file(f"f{number}", ["a" * 22], [(0, number, 1)]))
        store.own_data("p")
    assert len(list(settings.cache.glob("own-*-plays.parquet"))) == 3


def test_undone_data_are_not_left_in_the_cache(store: Store, settings: Settings) -> None:
    put(store, HISTORY)
    gone = store.own_data("p").fingerprint
    store.undo_import(store.imports("p")[0].id)
    assert not list(settings.cache.glob(f"*{gone[:32]}*"))


# --- versions -------------------------------------------------------------------------


def test_versions_and_their_hashes(store: Store) -> None:
    store.create_profile("p")
    store.record_version("p", "v2")
    store.record_version("p", "v1")
    store.record_version("p", "v1")
    store.record_artifacts("v1", {"a.npz": "1", "b.pkl": "2"})
    store.record_artifacts("v1", {"a.npz": "3"})
    store.activate_version("p", "v1")
    assert store.versions_of("p") == ["v1", "v2"]
    assert store.artifact_hashes("v1") == {"a.npz": "3"}
    store.forget_version("v1")
    assert store.artifact_hashes("v1") == {}
    assert store.versions_of("p") == ["v2"]
    assert store.profile("p").active_version is None


# --- the file -------------------------------------------------------------------------


def test_a_locked_database_says_so(store: Store, settings: Settings) -> None:
    store.create_profile("p")
    blocker = sqlite3.connect(settings.database, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    try:
        with Store(settings, busy_seconds=0.1) as impatient:
            assert impatient.profile("p").name == "p"  # reading goes on
            with pytest.raises(StoreError, match="in use by another program"):
                impatient.set_consent("p", True)
    finally:
        blocker.close()


def test_a_new_database_can_be_opened_by_many_at_once(tmp_path: Path) -> None:
    """SQLite does not wait its timeout when two switch a new file to write-ahead logging."""
    for number in range(20):
        folder = tmp_path / f"home-{number}"
        folder.mkdir()
        together = threading.Barrier(8)

        def open_one(folder: Path = folder, together: threading.Barrier = together) -> int:
            together.wait()
            with Store(Settings(home=folder)) as store:
                return len(store.profiles())

        with ThreadPoolExecutor(8) as pool:
            opened = [pool.submit(open_one) for _ in range(8)]
        assert [one.result() for one in opened] == [0] * 8


def test_a_damaged_database_says_so(settings: Settings) -> None:
    settings.database.write_bytes(b"this is not a database" * 100)
    with pytest.raises(StoreError, match="damaged"):
        Store(settings)


def test_a_home_that_is_a_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot be used"):
        Store(Settings(home=tmp_path / "file"))


def test_a_newer_database_is_refused(store: Store, settings: Settings) -> None:
    connection = sqlite3.connect(settings.database)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="newer musicai"):
        Store(settings)


def test_a_copy_is_made_before_a_migration(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.create_profile("p")
    monkeypatch.setattr("musicai.store.connection.SCHEMA_VERSION", SCHEMA_VERSION + 1)
    monkeypatch.setattr("musicai.store.migrations.SCHEMA_VERSION", SCHEMA_VERSION + 1)

    def broken(connection: object) -> None:
        step(connection)
        raise ZeroDivisionError

    def step(connection: object) -> None:
        connection.exec_driver_sql("ALTER TABLE profiles ADD COLUMN colour TEXT")  # type: ignore[attr-defined]

    engine = store_database.open_engine(settings.database, 1.0)
    try:
        with pytest.raises(ZeroDivisionError):
            store_database.prepare(engine, settings.database, {SCHEMA_VERSION: broken})
        store_database.prepare(engine, settings.database, {SCHEMA_VERSION: step})
    finally:
        engine.dispose()
    copy = sqlite3.connect(settings.home / f"musicai.db.before-schema-{SCHEMA_VERSION + 1}")
    columns = [row[1] for row in copy.execute("PRAGMA table_info(profiles)")]
    names = copy.execute("SELECT name FROM profiles").fetchall()
    copy.close()
    assert "colour" not in columns
    assert names == [("p",)]
    with sqlite3.connect(settings.database) as now:
        assert now.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION + 1,)
        assert now.execute("SELECT colour FROM profiles").fetchall() == [(None,)]
    now.close()


def test_threads_share_a_store(store: Store) -> None:
    put(store, HISTORY)
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for _ in range(10):
                store.change_settings("p", {"n": number})
                store.settings_of("p")
                assert len(store.own_data("p").plays) == 2
        except BaseException as error:  # shown by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def _write_in_a_process(home: str, number: int) -> None:
    with Store(Settings(home=Path(home))) as store:
        for _ in range(20):
            store.record_version("p", f"v{number}-{time.time_ns()}")


@pytest.mark.slow
def test_processes_open_a_new_home_at_once_and_write(settings: Settings) -> None:
    # processes of our own, not multiprocessing's: that would run pytest's main module again
    code = (
        "import sys; from tests.store.test_store import _write_in_a_process; "
        "_write_in_a_process(sys.argv[1], int(sys.argv[2]))"
    )
    workers = [
        subprocess.Popen([sys.executable, "-c", code, str(settings.home), str(n)], cwd=PROJECT_ROOT)
        for n in range(2)
    ]
    assert [worker.wait(60) for worker in workers] == [0, 0]
    with Store(settings) as store:
        assert len(store.versions_of("p")) == 40


def test_others_write_while_an_import_is_open(store: Store) -> None:
    store.create_profile("q")
    with store.begin_import("p") as writer:
        writer.add_rows(HISTORY, digest("history"))
        store.set_consent("q", True)
        writer.finish()
    assert store.profile("q").train_on_api_rows is True


# --- backups --------------------------------------------------------------------------


def test_a_backup_brings_everything_back_in_another_home(store: Store, tmp_path: Path) -> None:
    put(store, HISTORY, CATALOGUE)
    store.record_version("p", "v1")
    store.record_artifacts("v1", {"a": "1"})
    store.activate_version("p", "v1")
    path = backup(store, tmp_path / "copy.zip")
    with Store(Settings(home=tmp_path / "another")) as other:
        put(other, plays_file("x", ["q" * 22], [(0, 1, 1)]), profile="gone")
        other.record_artifacts("mine", {"b": "2"})
        kept = restore(other, path)
        assert kept.is_file()
        assert [p.name for p in other.profiles()] == ["p"]
        assert other.fingerprint("p") == store.fingerprint("p")
        pd.testing.assert_frame_equal(other.own_data("p").plays, store.own_data("p").plays)
        pd.testing.assert_frame_equal(other.catalogue_tracks("songs"), CATALOGUE.tracks)
        assert other.profile("p").active_version is None  # its pickles are not ours
        assert other.artifact_hashes("v1") == {}
        assert other.artifact_hashes("mine") == {"b": "2"}
    restore(store, path)
    assert store.profile("p").active_version == "v1"


def test_what_is_no_backup_changes_nothing(store: Store, tmp_path: Path) -> None:
    put(store, HISTORY)
    whole = backup(store, tmp_path / "whole.zip").read_bytes()
    trap = sqlite3.connect(tmp_path / "trap.db")
    trap.executescript(
        "CREATE TABLE profiles (x); CREATE VIEW v AS SELECT 1; PRAGMA user_version=1"
    )
    trap.close()
    cases = {
        "text.zip": b"no zip",
        "cut.zip": whole[: len(whole) // 2],
        "path.zip": zip_of({"../../x": b"1"}),
        "other.zip": zip_of({"musicai.db": b"no database at all" * 99}),
        "trap.zip": zip_of({"musicai.db": (tmp_path / "trap.db").read_bytes()}),
        "empty.zip": zip_of({}),
    }
    for name, data in cases.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(UnreadableFile):
            restore(store, tmp_path / name)
    with pytest.raises(UnreadableFile):
        restore(store, tmp_path / "absent.zip")
    small = Settings(home=store.settings.home, max_unpacked_bytes=1000)
    with Store(small) as careful, pytest.raises(UnsafeFile, match="nothing was changed"):
        restore(careful, tmp_path / "whole.zip")
    assert len(store.own_data("p").plays) == 2


def zip_of(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


# --- duplicates, by property -------------------------------------------------------------

KEY = st.tuples(
    st.integers(0, 2),
    st.integers(0, 2),
    st.integers(0, 3),
    st.integers(-5, 5),
    st.sampled_from([0, 1, 2**31]),
)


@given(st.lists(st.lists(KEY, max_size=12), max_size=5))
def test_known_rows_agree_with_a_set(batches: list[list[tuple[int, int, int, int, int]]]) -> None:
    known, seen = KnownRows(), dict[tuple[int, int, int, int, int], int]()
    for number, batch in enumerate(batches, start=1):
        columns = np.array(batch, dtype=np.int64).reshape(len(batch), 5).T
        first, second = play_keys(*columns)
        holder = known.holders(columns[3], first, second)
        here: set[tuple[int, int, int, int, int]] = set()
        for row, found in zip(batch, holder.tolist(), strict=True):
            assert found == seen.get(row, -1 if row in here else 0)
            here.add(row)
        new = holder == 0
        ids = np.full(int(new.sum()), number, dtype=np.int64)
        known.add(columns[3][new], first[new], second[new], ids)
        for row in here:
            seen.setdefault(row, number)


ROW = st.tuples(st.integers(0, 3), st.integers(1, 6), st.integers(1, 2))


@pytest.mark.slow
@hypothesis_settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.lists(ROW, min_size=1, max_size=6), min_size=1, max_size=4), st.data())
def test_undo_is_as_if_it_had_never_been(
    tmp_path_factory: pytest.TempPathFactory,
    batches: list[list[tuple[int, int, int]]],
    data: st.DataObject,
) -> None:
    ids = [letter * 22 for letter in "abcd"]
    files = [plays_file(f"f{n}", ids, rows) for n, rows in enumerate(batches)]
    undone = data.draw(st.integers(0, len(files) - 1))
    home = tmp_path_factory.mktemp("homes")
    with Store(Settings(home=home / "a")) as one, Store(Settings(home=home / "b")) as other:
        one.create_profile("p")
        other.create_profile("p")
        for number, parsed in enumerate(files):
            put(one, parsed)
            if number != undone:
                put(other, parsed)
        one.undo_import(one.imports("p")[len(files) - 1 - undone].id)
        assert one.fingerprint("p") == other.fingerprint("p")
        left, right = one.own_data("p"), other.own_data("p")
        pd.testing.assert_frame_equal(left.tracks, right.tracks)
        pd.testing.assert_frame_equal(left.plays, right.plays)
