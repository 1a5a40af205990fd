"""Worker processes: they give the same rows, die alone, and never outlive their parent."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import psutil
import pytest

from musicai.core.errors import UnreadableFile
from musicai.core.jobs import worker_pool
from musicai.core.settings import PROJECT_ROOT
from musicai.data.parsed import Problem, ReadOptions, Source
from musicai.library import reader
from musicai.library.formats import SOURCES
from musicai.library.reader import Reading, Workers, read_file
from tests.library.test_importing import history

ENDS_WITHIN_S = 2.0
"""How soon a worker must be gone after its parent."""


@pytest.fixture
def workers() -> Iterator[Workers]:
    with Workers(2, dict(os.environ)) as opened:
        yield opened


def until(true: Callable[[], bool], seconds: float = 20.0) -> float:
    """Wait until something holds; how long that took."""
    started = time.monotonic()
    while not true():
        assert time.monotonic() < started + seconds, "it never came"
        time.sleep(0.01)
    return time.monotonic() - started


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


# --- one file ---------------------------------------------------------------------------


def test_an_unknown_file_is_told_every_format() -> None:
    problem = read_file(b"\0\1\2", "x.bin", ReadOptions()).problem
    assert problem is not None
    assert all(source.label in problem.why for source in SOURCES)
    assert "Library page" not in problem.why


def test_an_unknown_table_can_be_mapped() -> None:
    problem = read_file(b"alpha,beta\n1,2\n", "x.csv", ReadOptions()).problem
    assert problem is not None
    assert "columns of another table mean can be said on the Library page" in problem.why


def test_a_fault_names_the_place_and_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "a song's name"

    def fail(data: bytes, file: str, options: ReadOptions) -> None:
        raise MemoryError(name)

    source = Source("mine", "My format", lambda head: True, fail)  # type: ignore[arg-type]
    monkeypatch.setattr(reader, "recognise_format", lambda data, options: source)
    read = read_file(b"12345", "secret.json", ReadOptions())
    assert read.problem is not None
    assert read.problem.why.startswith("Reading it as My format failed (MemoryError).")
    assert "on 5 bytes" in read.fault
    assert "in fail" in read.fault
    assert name not in read.fault
    assert "secret" not in read.fault


# --- workers ----------------------------------------------------------------------------


def test_a_worker_reads_what_this_process_reads(workers: Workers) -> None:
    files = {f"{n}.json": history(30, start=40 * n, private=n == 2) for n in range(5)}
    options = ReadOptions(include_private=True)
    futures = [workers.submit(data, file, options) for file, data in files.items()]
    for (file, data), future in zip(files.items(), futures, strict=True):
        there, here = future.result(60).parsed, read_file(data, file, options).parsed
        assert there is not None
        assert here is not None
        assert there.file == file
        pd.testing.assert_frame_equal(there.plays, here.plays)
        pd.testing.assert_frame_equal(there.tracks, here.tracks)
    assert len(workers.process_ids) <= 2


def test_what_cannot_be_read_comes_back_as_a_problem(workers: Workers) -> None:
    assert workers.submit(b"[]", "e.json", ReadOptions()).result(60) == read_file(
        b"[]", "e.json", ReadOptions()
    )
    with pytest.raises(UnreadableFile) as error:
        SOURCES[1].parse(b"[]", "e.json", ReadOptions())
    found = workers.submit(b"[]", "e.json", ReadOptions()).result(60)
    assert found == Reading(problem=Problem("e.json", "", str(error.value)))


def test_a_worker_that_is_killed_costs_its_file_only(workers: Workers) -> None:
    assert workers.submit(history(3), "a.json", ReadOptions()).result(60).parsed is not None
    [pid] = workers.process_ids
    os.kill(pid, signal.SIGSTOP)  # it takes the next file and never ends
    stuck = workers.submit(history(3), "b.json", ReadOptions())
    time.sleep(0.1)
    assert not stuck.done()
    os.kill(pid, signal.SIGKILL)
    problem = stuck.result(20).problem
    assert problem is not None
    assert (problem.file, problem.where) == ("b.json", "")
    assert "stopped before it was done" in problem.why
    assert gone(pid)
    assert workers.submit(history(3), "c.json", ReadOptions()).result(60).parsed is not None
    assert pid not in workers.process_ids


def test_leaving_ends_a_worker_in_the_middle_of_a_file() -> None:
    with Workers(1, dict(os.environ)) as workers:
        workers.submit(history(3), "a.json", ReadOptions()).result(60)
        [pid] = workers.process_ids
        os.kill(pid, signal.SIGSTOP)
        waiting = [workers.submit(history(3), f"{n}.json", ReadOptions()) for n in range(4)]
        started = time.monotonic()
    assert time.monotonic() - started < ENDS_WITHIN_S
    assert gone(pid)
    assert all(one.done() for one in waiting)


PARENT = """
import os, time
from musicai.library.reader import Workers
from musicai.data.parsed import ReadOptions
workers = Workers(2, dict(os.environ))
for number in range(2):
    workers.submit(b"[]", "x.json", ReadOptions())
while len(workers.process_ids) < 2:
    time.sleep(0.01)
print(*workers.process_ids, flush=True)
time.sleep(60)
"""


def test_workers_end_when_their_parent_is_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True
    )
    with parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 2
        assert not any(gone(pid) for pid in pids)
        parent.kill()
    assert until(lambda: all(gone(pid) for pid in pids)) < ENDS_WITHIN_S


BUSY = """
import time
from pathlib import Path
from musicai.library import reader
from musicai.core.jobs import worker_pool
def read_file(*_):
    Path("{mark}").touch()
    print("anything that is printed")
    time.sleep(60)
reader.read_file = read_file
reader.serve(*worker_pool.listen())
"""


def test_a_busy_worker_ends_when_its_parent_is_gone(tmp_path: Path) -> None:
    mark = tmp_path / "busy"
    process = subprocess.Popen(
        [sys.executable, "-c", BUSY.format(mark=mark)],
        cwd=PROJECT_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        worker_pool.send(process.stdin, pickle.dumps(("x.json", ReadOptions())))
        worker_pool.send(process.stdin, b"[]")
        until(mark.exists)
        process.send_signal(signal.SIGINT)  # Ctrl-C goes to all processes of a terminal
        time.sleep(0.1)
        assert process.poll() is None
        process.stdin.close()
        assert until(lambda: process.poll() is not None) < ENDS_WITHIN_S
        assert process.stdout.read() == b""


def test_one_core_reads_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0}, raising=False)
    assert reader.count_workers() == 0
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(64)), raising=False)
    assert reader.count_workers() == reader.MAX_WORKERS


def test_the_collector_is_as_before() -> None:
    import gc  # noqa: PLC0415

    before = gc.get_threshold()
    with reader.limit_garbage_collection():
        assert gc.get_threshold()[0] > before[0]
    assert gc.get_threshold() == before
