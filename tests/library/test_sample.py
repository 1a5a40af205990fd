from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from musicai.core.errors import NotFound
from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.library import INVENTED_PREFIX
from musicai.library.importing import SAMPLE_CATALOGUE
from musicai.library.sample import FILES, SAMPLE_LABEL, SAMPLE_PROFILE, is_loaded, load_sample
from musicai.store import Store
from tests.library.test_importing import TABLE, history, zipped


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with Store(settings) as opened:
        yield opened


def test_the_sample_comes_in_once_and_is_marked(store: Store) -> None:
    assert not is_loaded(store)
    report = load_sample(store, store.settings, no_progress)
    assert report is not None
    assert report.problems == ()
    assert report.plays.adds_up
    assert report.plays.imported > 100_000
    assert report.tracks.imported >= 2_500
    assert is_loaded(store)
    assert load_sample(store, store.settings, no_progress) is None

    profile = store.profile(SAMPLE_PROFILE)
    assert (profile.label, profile.invented) == (SAMPLE_LABEL, True)
    assert "invented" in SAMPLE_LABEL
    [catalogue] = store.catalogues(SAMPLE_PROFILE)
    assert (catalogue.name, catalogue.enabled, catalogue.invented) == (SAMPLE_CATALOGUE, True, True)
    own = store.own_data(SAMPLE_PROFILE)
    assert own.tracks["track_id"].str.startswith(INVENTED_PREFIX).all()
    assert (own.tracks["name"] != "").all()
    assert len(own.listeners) == 301
    assert own.listeners[0] == "you"
    assert (own.plays["listener"] == 0).sum() > 1_000


@pytest.fixture
def tiny(settings: Settings, tmp_path: Path) -> Settings:
    """A sample world of a few rows, in the files of the real one."""
    folder = tmp_path / "sample"
    folder.mkdir()
    plays = history(40).replace(b"spotify:track:" + b"0" * 8, b"spotify:track:invented")
    listeners = "listener,track_id,played_at,ms_played,skipped\n" + "".join(
        f"Listener {n},invented{n:014d},2024-01-01T00:00:{n:02d}Z,60000,0\n" for n in range(30)
    )
    table = TABLE.replace(b"\n" + b"0" * 8, b"\ninvented")
    (folder / FILES[0]).write_bytes(gzip.compress(table))
    (folder / FILES[1]).write_bytes(zipped(**{"My Data/Streaming_History_Audio_0.json": plays}))
    (folder / FILES[2]).write_bytes(gzip.compress(listeners.encode()))
    return replace(settings, sample_data=folder)


def test_the_fingerprint_is_the_same_on_another_machine(tiny: Settings, tmp_path: Path) -> None:
    elsewhere = replace(tiny, home=tmp_path / "another home")
    with Store(tiny) as one, Store(elsewhere) as other:
        report = load_sample(one, tiny, no_progress)
        assert report is not None
        assert (report.plays.imported, report.problems) == (70, ())
        load_sample(other, elsewhere, no_progress)
        assert one.fingerprint(SAMPLE_PROFILE) == other.fingerprint(SAMPLE_PROFILE)


def test_it_waits_for_an_import_that_is_being_written(tiny: Settings) -> None:
    with Store(tiny) as store:
        begun = threading.Event()

        def write_slowly() -> None:
            with store.begin_import("p"):
                begun.set()
                time.sleep(0.8)

        thread = threading.Thread(target=write_slowly)
        thread.start()
        begun.wait()
        assert load_sample(store, tiny, no_progress) is not None
        thread.join()


def test_two_that_ask_at_once_share_one_import(tiny: Settings) -> None:
    reports: list[object] = []

    def ask() -> None:
        with Store(tiny) as own:
            reports.append(load_sample(own, tiny, no_progress))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(report is None for report in reports) == [False, True]
    with Store(tiny) as store:
        assert len(store.imports(SAMPLE_PROFILE)) == 1


def test_missing_sample_files_are_named(settings: Settings, tmp_path: Path) -> None:
    empty = replace(settings, sample_data=tmp_path)
    with Store(empty) as store:
        with pytest.raises(NotFound, match=r"catalogue_sample\.csv\.gz"):
            load_sample(store, empty, no_progress)
        assert store.profiles() == []
