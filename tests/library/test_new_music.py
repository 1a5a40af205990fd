"""A file of tracks taken in as a whole, or not at all; and the side files that pages need."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from musicai.cli import main
from musicai.core.errors import Cancelled, QueryError, UnreadableFile
from musicai.core.jobs import JobStatus, read_status, spool, start
from musicai.core.jobs import status as files
from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.library import KEY_COLUMNS
from musicai.data.parsed import ReadOptions
from musicai.library import catalogs
from musicai.library.assemble import load_library
from musicai.library.importing import import_files
from musicai.store import Store
from tests.library.test_neighbours import TEN_SCRIPTS
from tests.ui.test_ui_library import history, table

OLD = [(n, f"Song {n}", f"Artist {n % 8}", "Album") for n in range(20)]
NEW = [(n, f"New {n}", f"Artist {n % 8}", "Album") for n in range(100, 130)]


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    """A listener "me" with a history of 40 songs and one catalogue of 20 of them."""
    with Store(settings) as opened:
        given = [("Streaming_History_Audio_2024.json", history()), ("old.csv", table(OLD))]
        import_files(opened, settings, "me", given, ReadOptions(), no_progress)
        yield opened


def state_of(store: Store, settings: Settings) -> list[object]:
    """What a cancelled job must not change."""
    there = [
        (c.name, c.digest, c.n_tracks, c.enabled, c.origin, c.licence)
        for c in store.catalogues("me")
    ]
    kept = [path.name for path in sorted(settings.catalogues.iterdir())]
    tracks = [store.catalogue_tracks(c.name).to_csv() for c in store.catalogues()]
    return [there, kept, store.fingerprint("me"), tracks]


class Stop:
    """A progress that asks to stop at its n-th call, and remembers what it was told."""

    def __init__(self, at: int) -> None:
        self.at, self.told = at, list[tuple[float, str]]()

    def __call__(self, fraction: float, note: str = "") -> None:
        self.told.append((fraction, note))
        if len(self.told) > self.at:
            raise Cancelled("Stopped.")


def test_what_is_taken_is_reported_and_prepared(store: Store, settings: Settings) -> None:
    heard = Stop(10_000)
    bad = b"\n" + table([(1, "", "Nobody", "")]).split(b"\n")[1]
    taken = catalogs.add_catalogue(
        store, settings, ("new.csv", table(NEW) + bad), profile="me", licence="CC0", progress=heard
    )
    told = taken.summarise()
    assert told["catalogue"] == "new"
    assert told["enabled"]
    assert told["replaced"] is None
    assert told["rows"] == {"read": 31, "kept": 30, "duplicate": 0, "rejected": 1}
    assert told["n_problems"] == 1
    assert told["problems"][0]["file"] == "new.csv"
    assert told["problems"][0]["where"] == "line 32"
    assert "no name" in told["problems"][0]["why"]
    covered = told["coverage"]
    assert (covered["artists"], covered["plays"]) == (8, 360)
    # 20 of 40 songs are matched before and after, and 30 recordings of the same artists are new
    assert covered["before"]["plays_matched"] == covered["after"]["plays_matched"] == 180
    assert (covered["before"]["new_tracks"], covered["after"]["new_tracks"]) == (0, 30)
    fractions = [fraction for fraction, _ in heard.told]
    assert fractions == sorted(fractions)
    made = list(settings.cache.glob(f"*{store.compute_joined_name('me')[:32]}*"))
    assert {path.name.split("-")[0] for path in made} >= {"joined", "features"}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["add", "update"])
def test_stopped_anywhere_nothing_is_changed(store: Store, settings: Settings, kind: str) -> None:
    store.describe_catalogue("old", licence="CC BY")

    def take(progress: Stop) -> None:
        given = ("new.csv", table(NEW))
        if kind == "add":
            catalogs.add_catalogue(store, settings, given, profile="me", progress=progress)
        else:
            catalogs.update_catalogue(
                store, settings, "old", given, profile="me", licence="x", progress=progress
            )

    before = state_of(store, settings)
    steps = 0
    while True:
        stop = Stop(steps)
        try:
            take(stop)
        except Cancelled:
            assert state_of(store, settings) == before, f"stopped after {stop.told[-1]}"
            steps += 1
            continue
        break
    assert steps >= 8, "the steps in which a large catalogue would have been deaf"
    assert state_of(store, settings) != before
    assert not list(settings.cache.glob("aside-*"))
    assert not list(settings.cache.glob("*.tmp"))


def test_an_error_half_way_takes_it_back(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: object, **named: object) -> None:
        raise MemoryError

    before = state_of(store, settings)
    monkeypatch.setattr(catalogs, "load_features", broken)
    with pytest.raises(MemoryError):
        catalogs.add_catalogue(store, settings, ("new.csv", table(NEW)), profile="me")
    assert state_of(store, settings) == before


def test_a_catalogue_from_before_keys_is_put_back(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: object, **named: object) -> None:
        raise MemoryError

    old = store.catalogue("old").path
    pd.read_parquet(old).drop(columns=list(KEY_COLUMNS)).to_parquet(old, index=False)
    before = state_of(store, settings)
    monkeypatch.setattr(catalogs, "load_features", broken)
    with pytest.raises(MemoryError):
        catalogs.update_catalogue(store, settings, "old", ("new.csv", table(NEW)), profile="me")
    assert state_of(store, settings) == before


def test_a_lost_catalogue_is_brought_back_by_an_update(store: Store, settings: Settings) -> None:
    store.catalogue("old").path.unlink()
    taken = catalogs.update_catalogue(store, settings, "old", ("new.csv", table(NEW)), profile="me")
    assert (taken.replaced, taken.catalogue.n_tracks, taken.catalogue.enabled) == (20, 30, True)


def test_the_same_tracks_or_name_twice_are_refused(store: Store, settings: Settings) -> None:
    before = state_of(store, settings)
    with pytest.raises(QueryError, match="very tracks are the catalogue 'old'"):
        catalogs.add_catalogue(store, settings, ("x.csv", table(OLD)), profile="me")
    with pytest.raises(QueryError, match="'old' already"):
        catalogs.add_catalogue(store, settings, ("x.csv", table(NEW)), profile="me", name=" old ")
    with pytest.raises(UnreadableFile):
        catalogs.add_catalogue(store, settings, ("x.csv", b"one,two\n1,2\n"), profile="me")
    assert state_of(store, settings) == before


def test_without_a_listener_nothing_is_enabled_or_prepared(
    store: Store, settings: Settings
) -> None:
    taken = catalogs.add_catalogue(store, settings, ("new.csv", table(NEW)), profile=None)
    assert taken.summarise()["coverage"] is None
    assert not store.catalogue("new", "me").enabled


def test_only_a_large_library_without_side_files_is_unprepared(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert catalogs.find_unprepared(store, settings, "me") is None, "20 tracks are no work"
    monkeypatch.setattr(catalogs, "LARGE", 20)
    joined = store.compute_joined_name("me")
    assert catalogs.find_unprepared(store, settings, "me") == joined
    assert catalogs.prepare_library(store, settings, "me") == joined
    assert catalogs.find_unprepared(store, settings, "me") is None
    store.enable_catalogue("me", "old", False)
    assert catalogs.find_unprepared(store, settings, "me") is None, "none is enabled"


# --- bad input ------------------------------------------------------------------------


def test_a_table_without_ids_in_ten_scripts_matches_by_name(
    store: Store, settings: Settings
) -> None:
    """With repeated rows and values out of their range: all of it is told, what is good is kept."""
    listened = history([(n, f"Song {n}", by, "Album") for n, by in enumerate(TEN_SCRIPTS)])
    import_files(store, settings, "ten", [("h.json", listened)], ReadOptions(), no_progress)
    header = "track_name,artists,danceability,energy,valence,tempo,duration_ms"
    rows = [f"Song {n},{by},0.5,0.6,0.7,120,200000" for n, by in enumerate(TEN_SCRIPTS)]
    rows += [f"SONG {n},{by.upper()},0.1,0.1,0.1,60,200000" for n, by in enumerate(TEN_SCRIPTS)]
    rows += [f"New,{by},1.5,-3,nan,0,-1" for by in TEN_SCRIPTS]
    given = ("ten.csv", "\n".join([header, *rows]).encode())
    told = catalogs.add_catalogue(store, settings, given, profile="ten").summarise()
    assert told["rows"] == {"read": 30, "kept": 20, "duplicate": 10, "rejected": 0}
    assert [one["where"] for one in told["problems"]] == [f"line {n}" for n in range(22, 32)]
    for one in told["problems"]:
        assert "danceability 1.5, energy -3" in one["why"]
        assert "The row was kept" in one["why"]
    after = told["coverage"]["after"]
    assert (after["artists"], after["plays_matched"], after["new_tracks"]) == (10, 360, 10)
    tracks = load_library(store, settings, "ten").tracks
    own = tracks[tracks["own"]]
    assert set(own["match"]) == {"name"}
    assert set(own["energy"].round(2)) == {np.float32(0.6)}, "of repeated rows the first counts"
    new = tracks[tracks["name"] == "New"]
    assert len(new) == 10
    assert set(new["feature_source"]) == {"estimated"}
    assert new["energy"].between(0, 1).all()


def test_repeated_ids_are_one_track(store: Store, settings: Settings) -> None:
    first = (500, "Once", "Artist 1", "Album")
    again = (500, "Otherwise", "Artist 2", "Album")
    given = ("twice.csv", table([first, again, (501, "Two", "Artist 1", "Album")]))
    told = catalogs.add_catalogue(store, settings, given, profile="me").summarise()
    assert told["rows"] == {"read": 3, "kept": 2, "duplicate": 1, "rejected": 0}
    assert store.catalogue_tracks("twice")["name"].tolist() == ["Once", "Two"]


# --- as a job -------------------------------------------------------------------------


def as_job(settings: Settings, kind: str, *argv: str) -> tuple[int, JobStatus]:
    """The job's command in this process; its exit code and the status that it leaves."""
    job = f"{kind}-20260101-120000-0000abcd"
    settings.jobs.mkdir(parents=True, exist_ok=True)
    files.write(settings, JobStatus(job, kind, "me", "queued"))
    code = main(["catalogues", *argv, "--job", job])
    return code, read_status(settings, job)


def test_the_job_leaves_its_report_and_no_upload(store: Store, settings: Settings) -> None:
    folder = spool(settings, [("more.csv", table(NEW))])
    code, job = as_job(
        settings, "catalogue", "add", "--spool", str(folder), "--profile", "me", "--name", "More"
    )
    assert (code, job.state, job.fraction) == (0, "done", 1.0)
    assert job.result["catalogue"] == "More"
    assert job.result["coverage"]["after"]["new_tracks"] == 30
    assert store.catalogue("More", "me").enabled
    assert not folder.exists()


def test_a_job_that_is_refused_says_why(store: Store, settings: Settings, tmp_path: Path) -> None:
    folder = spool(settings, [("x.csv", b"one,two\n1,2\n")])
    code, job = as_job(
        settings, "catalogue", "update", "old", "--spool", str(folder), "--profile", "me"
    )
    assert (code, job.state) == (1, "failed")
    assert "not a format" in (job.error or "")
    assert not folder.exists()
    code, job = as_job(settings, "catalogue", "add", "--profile", "nobody", str(tmp_path / "x"))
    assert job.state == "failed"
    assert "nobody" in (job.error or "")


def test_a_job_that_is_asked_to_stop_changes_nothing(store: Store, settings: Settings) -> None:
    before = state_of(store, settings)
    settings.jobs.mkdir(parents=True, exist_ok=True)
    (settings.jobs / "catalogue-20260101-120000-0000abcd.cancel").touch()
    folder = spool(settings, [("more.csv", table(NEW))])
    code, job = as_job(settings, "catalogue", "add", "--spool", str(folder), "--profile", "me")
    assert (code, job.state) == (130, "cancelled")
    assert state_of(store, settings) == before
    assert not folder.exists()


def test_the_job_that_prepares_says_what_it_prepared(store: Store, settings: Settings) -> None:
    code, job = as_job(settings, "prepare", "prepare", "--profile", "me")
    assert (code, job.state) == (0, "done")
    assert job.result == {"joined": store.compute_joined_name("me")}
    assert list(settings.cache.glob("features-*"))


@pytest.mark.slow
def test_in_a_process_of_its_own_with_a_name_like_an_option(
    store: Store, settings: Settings
) -> None:
    store.rename_catalogue("old", "--old")
    folder = spool(settings, [("newer.csv", table(NEW))])
    argv = ["catalogues", "update", "--profile", "me", "--spool", str(folder), "--", "--old"]
    job = start(settings, "catalogue", argv)
    end = time.monotonic() + 60
    while not (now := read_status(settings, job.id)).is_finished and time.monotonic() < end:
        time.sleep(0.1)
    assert (now.state, now.error, now.profile) == ("done", None, "me")
    assert now.result["replaced"] == 20
    assert store.catalogue("--old", "me").n_tracks == 30
