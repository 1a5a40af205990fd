from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from musicai.core import jobs
from musicai.core.errors import Cancelled, InputError, JobError, JobRunning, NotFound
from musicai.core.jobs import manager
from musicai.core.jobs import status as files
from musicai.core.settings import Settings

BODIES = {
    "fine": "progress(0.5, 'half'); progress.result({'n': 1}); progress.result({'m': 2})",
    "slow": "\n".join(
        [
            "for i in range(600):",
            "    progress(i / 600, f'step {i}')",
            "    time.sleep(0.05)",
        ]
    ),
    "deaf": "time.sleep(60)",
    "bad": "raise InputError('The file is not one.')",
    "bug": "raise ZeroDivisionError('with a secret in it')",
    "gone": "os._exit(9)",
}

CHILD = """
import os, sys, time
from pathlib import Path
from musicai.core.errors import InputError
from musicai.core.jobs import JobProgress
from musicai.core.settings import load_settings

with JobProgress(load_settings(), sys.argv[sys.argv.index("--job") + 1]) as progress:
{body}
"""


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    """Start a job whose work is one of BODIES; processes left over are ended."""
    real, started = subprocess.Popen, []

    def start(body: str, profile: str = "p") -> str:
        code = CHILD.format(body=textwrap.indent(BODIES[body], "    "))

        def popen(command: list[str], **options: object) -> subprocess.Popen[bytes]:
            assert command[:3] == [sys.executable, "-m", "musicai"]
            child = real([sys.executable, "-c", code, *command[3:]], **options)  # type: ignore[call-overload]
            started.append(child)
            return child

        monkeypatch.setattr(manager.subprocess, "Popen", popen)
        job = jobs.start(settings, "train", ["train", "--profile", profile])
        assert (job.kind, job.profile) == ("train", profile)
        return job.id

    yield start
    for child in started:
        child.kill()
        child.wait()
    for child in manager._children.values():  # children of other tests, which have done their work
        child.wait(timeout=30)
    manager._children.clear()


def wait(
    settings: Settings, job_id: str, until: Callable[[jobs.JobStatus], bool], seconds: float = 30
) -> jobs.JobStatus:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        status = jobs.read_status(settings, job_id)
        if until(status):
            return status
        time.sleep(0.05)
    raise AssertionError(f"waited in vain: {status}")


def finished(status: jobs.JobStatus) -> bool:
    return status.is_finished


def test_a_job_runs_and_leaves_its_result(settings: Settings, run: Callable[[str], str]) -> None:
    job_id = run("fine")
    first = jobs.read_status(settings, job_id)
    assert first.state in ("queued", "running", "done")
    done = wait(settings, job_id, finished)
    assert (done.state, done.fraction, done.error) == ("done", 1.0, None)
    assert done.result == {"n": 1, "m": 2}
    assert 0 < done.seconds < 30
    assert jobs.find_latest(settings) == done
    assert jobs.find_latest(settings, profile="p", kind="train") == done
    assert jobs.find_latest(settings, profile="q") is None
    assert jobs.find_latest(settings, kind="import") is None


def test_a_job_in_the_home_of_the_settings(settings: Settings, run: Callable[[str], str]) -> None:
    wait(settings, run("fine"), finished)
    names = {path.name.split("-")[0] for path in settings.jobs.iterdir()}
    assert names <= {"train", "job.lock"}


def test_progress_is_seen_and_cancel_is_heard(
    settings: Settings, run: Callable[[str], str]
) -> None:
    job_id = run("slow")
    seen = wait(settings, job_id, lambda s: s.fraction > 0)
    assert seen.state == "running"
    assert seen.note.startswith("step ")
    jobs.cancel(settings, job_id)
    assert jobs.read_status(settings, job_id).cancelling
    ended = wait(settings, job_id, finished)
    assert (ended.state, ended.error) == ("cancelled", None)
    jobs.cancel(settings, job_id)  # too late: nothing happens
    assert jobs.read_status(settings, job_id).state == "cancelled"


def test_a_job_that_does_not_hear_is_ended(
    settings: Settings, run: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manager, "CANCEL_GRACE_S", 0.2)
    job_id = run("deaf")
    wait(settings, job_id, lambda s: s.state == "running")
    jobs.cancel(settings, job_id)
    assert wait(settings, job_id, finished).state == "cancelled"


def test_an_error_is_told_in_its_own_words(settings: Settings, run: Callable[[str], str]) -> None:
    failed = wait(settings, run("bad"), finished)
    assert (failed.state, failed.error) == ("failed", "The file is not one.")


def test_a_bug_is_told_without_its_data(settings: Settings, run: Callable[[str], str]) -> None:
    failed = wait(settings, run("bug"), finished)
    assert failed.state == "failed"
    assert "ZeroDivisionError" in str(failed.error)
    assert "secret" not in str(failed.error)


@pytest.mark.parametrize("own_child", [True, False])
def test_a_process_that_is_gone_is_failed(
    settings: Settings, run: Callable[[str], str], own_child: bool
) -> None:
    job_id = run("gone")
    if not own_child:  # as after a restart of the page's server
        wait_for_exit = manager._children.pop(job_id)
        wait_for_exit.wait()
    failed = wait(settings, job_id, finished)
    assert failed.state == "failed"
    assert "stopped unexpectedly" in str(failed.error)
    assert jobs.read_status(settings, job_id) == failed
    with jobs.exclusive(settings, "import", "p"):  # its lock is free again
        pass


def test_one_job_at_a_time(settings: Settings, run: Callable[[str], str]) -> None:
    job_id = run("slow")
    wait(settings, job_id, lambda s: s.state == "running")
    with (
        pytest.raises(JobRunning, match="A training for the profile 'p' is running"),
        jobs.exclusive(settings, "import", "q"),
    ):
        pass
    second = wait(settings, run("fine"), finished)
    assert second.state == "failed"
    assert "A training for the profile 'p'" in str(second.error)
    assert not jobs.read_status(settings, job_id).is_finished


def new_job(settings: Settings, number: int = 0, profile: str = "p") -> str:
    """A status file as ``start`` writes it, without a process."""
    settings.jobs.mkdir(exist_ok=True)
    job = jobs.JobStatus(
        f"train-20260101-0000{number:02d}-{number:08x}", "train", profile, "queued"
    )
    files.write(settings, job)
    return job.id


def test_a_job_can_wait_for_another(settings: Settings) -> None:
    job_id = new_job(settings)
    release = threading.Event()

    def hold() -> None:
        with jobs.exclusive(settings, "import", "p"):
            release.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    time.sleep(0.1)
    timer = threading.Timer(0.5, release.set)
    timer.start()
    with jobs.JobProgress(settings, job_id, queue_seconds=10) as progress:
        progress(1.0)
    holder.join()
    timer.join()
    assert jobs.read_status(settings, job_id).state == "done"


def test_a_waiting_job_can_be_cancelled(settings: Settings) -> None:
    job_id = new_job(settings)
    jobs.cancel(settings, job_id)
    with (
        jobs.exclusive(settings, "import", "p"),
        pytest.raises(Cancelled),
        jobs.JobProgress(settings, job_id, queue_seconds=10),
    ):
        pass
    assert jobs.read_status(settings, job_id).state == "cancelled"


def test_the_status_is_written_seldom_and_never_half(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = new_job(settings)
    writes: list[str] = []
    real = files.write_text
    monkeypatch.setattr(files, "write_text", lambda p, t: (writes.append(t), real(p, t)))
    with jobs.JobProgress(settings, job_id) as progress:
        for step in range(10_000):
            progress(step / 10_000)
    assert len(writes) < 12
    assert all(json.loads(text)["id"] == job_id for text in writes)


@pytest.mark.parametrize("job_id", ["", "../../etc/passwd", "train-1", "x" * 200, "a\0b"])
def test_a_strange_id_is_not_found(settings: Settings, job_id: str) -> None:
    for ask in (jobs.read_status, jobs.cancel):
        with pytest.raises(NotFound, match="no job"):
            ask(settings, job_id)


def test_a_damaged_status_is_not_found(settings: Settings) -> None:
    job_id = new_job(settings)
    (settings.jobs / f"{job_id}.json").write_text("{")
    with pytest.raises(NotFound):
        jobs.read_status(settings, job_id)
    assert jobs.find_latest(settings) is None


def test_a_start_that_fails_says_so(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(12, "no memory")

    monkeypatch.setattr(manager.subprocess, "Popen", refuse)
    with pytest.raises(JobError, match="no memory"):
        jobs.start(settings, "import", ["import", "--profile=p"])
    last = jobs.find_latest(settings, profile="p")
    assert last is not None
    assert last.state == "failed"


def test_old_jobs_are_forgotten_and_running_ones_kept(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manager, "KEEP_JOBS", 2)
    ids = [new_job(settings, number) for number in range(5)]
    for job_id in ids[1:]:
        files.write(settings, replace(files.read(settings, job_id), state="done"))
    jobs.prune(settings)
    assert {path.stem for path in settings.jobs.glob("train-*.json")} == {ids[0], *ids[3:]}


def test_a_deleted_profile_has_no_jobs(settings: Settings) -> None:
    mine, other = new_job(settings, 1), new_job(settings, 2, profile="q")
    for job_id in (mine, other):
        files.write(settings, replace(files.read(settings, job_id), state="done"))
    jobs.forget(settings, "p")
    assert [path.stem for path in settings.jobs.glob("*.json")] == [other]


def test_uploads_keep_their_names_and_never_become_paths(settings: Settings) -> None:
    given = [("../../evil.csv", b"1"), ("<b>x</b>.zip", b"2"), ("../../evil.csv", b"3")]
    folder = jobs.spool(settings, given)
    assert folder.parent == settings.jobs
    assert sorted(path.name for path in folder.iterdir()) == ["0000", "0001", "0002", "names.json"]
    assert jobs.read_spool(settings, folder) == given
    jobs.discard_spool(settings, folder)
    assert not folder.exists()
    with pytest.raises(NotFound, match="choose them again"):
        jobs.read_spool(settings, folder)
    with pytest.raises(InputError):
        jobs.spool(settings, [])


def test_only_uploads_are_deleted(settings: Settings, tmp_path: Path) -> None:
    precious = tmp_path / "spool-mine"
    precious.mkdir()
    (settings.home / "keep").mkdir()
    for folder in (precious, settings.home / "keep", settings.jobs / ".." / "keep"):
        jobs.discard_spool(settings, folder)
        with pytest.raises(NotFound):
            jobs.read_spool(settings, folder)
    assert precious.exists()
    assert (settings.home / "keep").exists()


def test_uploads_that_nobody_took_are_deleted(settings: Settings) -> None:
    old, new = jobs.spool(settings, [("a", b"")]), jobs.spool(settings, [("b", b"")])
    os.utime(old, (0, 0))
    jobs.prune(settings)
    assert (old.exists(), new.exists()) == (False, True)


def test_the_log_keeps_each_stage_once_with_its_latest_numbers(settings: Settings) -> None:
    job_id = new_job(settings)
    with jobs.JobProgress(settings, job_id) as progress:
        for note in ("Reading", "Fold 1 of 9", "Fold 2 of 9", ""):
            progress(0.1, note)
        progress(0.5, "Saving")
    told = jobs.read_status(settings, job_id).stages
    assert [note for _, note in told] == ["Reading", "Fold 2 of 9", "Saving"]
    assert all(seconds >= 0 for seconds, _ in told)
