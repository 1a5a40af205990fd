"""The side of those who start jobs and look at them."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from filelock import Timeout

from musicai.core.errors import JobError, NotFound
from musicai.core.jobs.status import (
    Job,
    JobStatus,
    Kind,
    age,
    delete,
    file_lock,
    job_file,
    job_ids,
    read,
    read_write_time,
    write,
)
from musicai.core.settings import PROJECT_ROOT, Settings, child_environment

START_GRACE_S = 60.0
"""How long a started job may take until it shows itself, seconds."""

CANCEL_GRACE_S = 10.0
"""How long a job may take to stop by itself before it is killed, seconds."""

KEEP_JOBS = 20
"""Finished jobs that are remembered."""

SPOOL_KEEP_S = 24 * 3600
"""Uploads that no job has taken are deleted after this time, seconds."""

STOPPED = (
    "The job stopped unexpectedly; nothing half-done was kept. Start it again. If it stops again, "
    "free memory or take fewer files at once."
)

_children: dict[str, subprocess.Popen[bytes]] = {}
"""Children of this very process, kept so that they are reaped when they end."""


def start(
    settings: Settings, kind: Kind, argv: Sequence[str], *, profile: str | None = None
) -> Job:
    """Start ``python -m musicai ARGV… --job ID`` as a process of its own.

    Args:
        settings: Whose home.
        kind: What it is, for lists and messages.
        argv: The command and its arguments; paths absolute, for the job runs in
            the project's folder. After a bare ``--`` stands what may begin with a dash and is
            no option.
        profile: Whose data; read from ``--profile`` in ``argv`` where not given.

    Raises:
        JobError: the process could not be started.
    """
    prune(settings)
    if profile is None:
        profile = _option(argv, "--profile")
    now = datetime.now(UTC)
    job = Job(f"{kind}-{now:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}", kind, profile)
    write(settings, JobStatus(job.id, kind, profile, "queued", note="Starting", started_at=now))
    words = list(argv)
    end = words.index("--") if "--" in words else len(words)
    words[end:end] = ["--job", job.id]
    command = [sys.executable, "-m", "musicai", *words]
    try:
        with job_file(settings, job.id, "log").open("wb") as log:
            _children[job.id] = subprocess.Popen(
                command,
                cwd=PROJECT_ROOT,
                env=child_environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except OSError as error:
        message = f"The background job could not start ({error.strerror}). Try again."
        write(settings, replace(read(settings, job.id), state="failed", error=message))
        raise JobError(message) from error
    return job


def _option(argv: Sequence[str], name: str) -> str:
    for i, word in enumerate(argv):
        if word == name and i + 1 < len(argv):
            return argv[i + 1]
        if word.startswith(f"{name}="):
            return word.removeprefix(f"{name}=")
    return ""


def read_status(settings: Settings, job_id: str) -> JobStatus:
    """How a job stands. A job whose process is gone is shown, and noted, as failed.

    Raises:
        NotFound: there is no such job.
    """
    job = read(settings, job_id)
    if job.is_finished:
        _children_reap(job_id)
        return job
    now = time.time()
    flag = job_file(settings, job_id, "cancel")
    if _is_gone(settings, job, now):
        job = read(settings, job_id)  # it may have ended well in between
        return job if job.is_finished else _note_gone(settings, job, cancelled=flag.exists())
    asked = age(flag, now)
    if asked is not None and asked > CANCEL_GRACE_S and job.pid:
        with contextlib.suppress(OSError):
            os.kill(job.pid, signal.SIGTERM)
    seconds = max(0.0, now - job.started_at.timestamp())
    return replace(job, seconds=seconds, cancelling=asked is not None)


def find_latest(
    settings: Settings, profile: str | None = None, kind: str | None = None
) -> JobStatus | None:
    """The job started last, of that profile and kind where they are given."""
    for job_id in job_ids(settings):
        with contextlib.suppress(NotFound):
            job = read(settings, job_id)
            if profile in (None, job.profile) and kind in (None, job.kind):
                return read_status(settings, job_id)
    return None


def cancel(settings: Settings, job_id: str) -> None:
    """Ask a job to stop. It is killed if it has not after a grace period.

    Raises:
        NotFound: there is no such job.
    """
    if not read(settings, job_id).is_finished:
        job_file(settings, job_id, "cancel").touch()


def forget(settings: Settings, profile: str) -> None:
    """Delete what is kept of a profile's finished jobs."""
    for job_id in job_ids(settings):
        with contextlib.suppress(NotFound):
            job = read_status(settings, job_id)
            if job.profile == profile and job.is_finished:
                delete(settings, job_id)


def prune(settings: Settings) -> None:
    """Delete all but the newest finished jobs, and uploads that nobody took."""
    settings.jobs.mkdir(parents=True, exist_ok=True)
    for job_id in job_ids(settings)[KEEP_JOBS:]:
        with contextlib.suppress(NotFound):
            if read_status(settings, job_id).is_finished:
                delete(settings, job_id)
    for folder in settings.jobs.glob("spool-*"):
        old = age(folder, time.time())
        if old is not None and old > SPOOL_KEEP_S:
            shutil.rmtree(folder, ignore_errors=True)


def _is_gone(settings: Settings, job: JobStatus, now: float) -> bool:
    """Whether the process has ended. A living job holds its own lock from its first moment."""
    child = _children.get(job.id)
    if child is not None:
        return child.poll() is not None
    if job.state == "queued" and now - job.started_at.timestamp() < START_GRACE_S:
        return False
    try:
        with file_lock(job_file(settings, job.id, "lock")):
            return True
    except Timeout:
        return False


def _note_gone(settings: Settings, job: JobStatus, *, cancelled: bool) -> JobStatus:
    _children_reap(job.id)
    seconds = max(0.0, read_write_time(settings, job.id) - job.started_at.timestamp())
    ended = replace(job, seconds=seconds, error=None if cancelled else STOPPED)
    ended = replace(ended, state="cancelled" if cancelled else "failed", note="")
    write(settings, ended)
    return ended


def _children_reap(job_id: str) -> None:
    child = _children.get(job_id)
    if child is not None and child.poll() is not None:
        del _children[job_id]
