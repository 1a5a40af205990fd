"""An import that is killed at any moment leaves all of it or nothing, and can be run again."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from benchmarks.generate import extended_history
from musicai.core.errors import JobRunning
from musicai.core.progress import no_progress
from musicai.core.settings import PROJECT_ROOT, Settings
from musicai.data.parsed import ReadOptions
from musicai.library.importing import WORKERS_FROM, ZIP_GROWTH, import_files
from musicai.store import Store

ENDS_WITHIN_S = 2.0
"""How soon the workers must be gone after the import was killed."""


@dataclass(frozen=True)
class Export:
    """A history to import, and what comes of it when nobody interferes."""

    path: Path
    read: int
    imported: int
    seconds: float


def start(path: Path, home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "musicai", "import", str(path), "--profile", "p", "--json"],
        cwd=PROJECT_ROOT,
        env={**os.environ, "MUSICAI_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(path: Path, home: Path) -> dict[str, dict[str, int]]:
    with start(path, home) as process:
        output, errors = process.communicate(timeout=110)
    assert process.returncode == 0, errors
    result: dict[str, dict[str, int]] = json.loads(output.splitlines()[-1])
    return result


def measured(folder: Path, plays: int) -> Export:
    path = folder / "my_spotify_data.zip"
    path.write_bytes(extended_history(plays, plays // 10, seed=3, rows_per_file=4_000))
    assert path.stat().st_size * ZIP_GROWTH > WORKERS_FROM  # else no worker could be orphaned
    started = time.monotonic()
    counts = finish(path, folder / "whole")["plays"]
    return Export(path, plays, counts["imported"], time.monotonic() - started)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Export:
    return measured(tmp_path_factory.mktemp("small"), 24_000)


def kill(export: Export, home: Path, delay: float) -> None:
    """Start, wait, kill -9; nothing of it may go on."""
    with start(export.path, home) as process:
        time.sleep(delay)
        try:
            children = psutil.Process(process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            children = []
        process.kill()
        process.wait()
        until = time.monotonic() + ENDS_WITHIN_S
        while any(runs(child) for child in children):
            assert time.monotonic() < until, "a worker outlived its import"
            time.sleep(0.01)


def runs(process: psutil.Process) -> bool:
    """A process that has ended and that nobody has asked about is a zombie for ever."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def plays_in(home: Path) -> int:
    with Store(Settings(home=home)) as store:
        return len(store.own_data("p").plays) if store.has_profile("p") else 0


def moments(n: int, seconds: float) -> Iterator[float]:
    """The whole time, each tenth of it about as often as any other, in no order."""
    chance = random.Random(50)
    every = [(place + chance.random()) / n * seconds for place in range(n)]
    return iter(chance.sample(every, n))


def all_or_nothing(export: Export, folder: Path, n: int) -> None:
    for number, delay in enumerate(moments(n, export.seconds)):
        home = folder / str(number)
        home.mkdir()
        kill(export, home, delay)
        there = plays_in(home)
        assert there in (0, export.imported), f"killed after {delay:.2f} s"
        settings = Settings(home=home)
        with Store(settings) as store:
            again = import_files(store, settings, "p", [export.path], ReadOptions(), no_progress)
            assert again.plays.read == export.read
            assert again.plays.imported == export.imported - there
            assert len(store.own_data("p").plays) == export.imported


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_killed_a_few_times(small: Export, tmp_path: Path) -> None:
    all_or_nothing(small, tmp_path, 5)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_killed_at_fifty_moments(small: Export, tmp_path: Path) -> None:
    all_or_nothing(small, tmp_path, 50)


@pytest.mark.slow
def test_killed_again_and_again_in_one_home(small: Export, tmp_path: Path) -> None:
    """What one killed import left is taken away by the next, itself killed or not."""
    for share in (0.6, 0.75, 0.9):
        kill(small, tmp_path, small.seconds * share)
    assert plays_in(tmp_path) in (0, small.imported)
    finish(small.path, tmp_path)
    assert plays_in(tmp_path) == small.imported
    with Store(Settings(home=tmp_path)) as store:
        assert len(store.imports("p")) == 1


@pytest.mark.slow
def test_two_imports_at_once(small: Export, tmp_path: Path) -> None:
    """The command line and the app: the second says so, and the first comes in whole."""
    with start(small.path, tmp_path) as first:
        holder = tmp_path / "jobs" / "holder.json"
        while not holder.exists():
            assert first.poll() is None
            time.sleep(0.01)
        first.send_signal(signal.SIGSTOP)  # so that it is not done before the second begins
        with start(small.path, tmp_path) as second:
            output, errors = second.communicate(timeout=60)
        first.send_signal(signal.SIGCONT)
        assert second.returncode == 1
        assert "An import for the profile 'p' is running. Wait until it ends" in errors
        assert "Wait until it ends" in json.loads(output.splitlines()[-1])["error"]
        output, errors = first.communicate(timeout=60)
    assert first.returncode == 0, errors
    assert json.loads(output.splitlines()[-1])["plays"]["imported"] == small.imported
    assert plays_in(tmp_path) == small.imported


@pytest.mark.slow
def test_a_second_import_beside_the_one_that_writes(small: Export, settings: Settings) -> None:
    """Without a job's lock, as from a notebook, the import's own lock says so."""
    with Store(settings) as store, Store(settings) as other:
        refused = []

        def meanwhile(fraction: float, note: str = "") -> None:
            if not refused:
                with pytest.raises(JobRunning, match="Another import is being written") as error:
                    import_files(other, settings, "q", [small.path], ReadOptions(), no_progress)
                refused.append(error.value)

        report = import_files(store, settings, "p", [small.path], ReadOptions(), meanwhile)
        assert refused
        assert report.plays.imported == small.imported == len(store.own_data("p").plays)
        assert not store.has_profile("q")
