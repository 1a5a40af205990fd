"""Status files of jobs: written beside and renamed, read by anybody."""

from __future__ import annotations

import contextlib
import json
import re
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from filelock import BaseFileLock, FileLock

from musicai.core.errors import NotFound
from musicai.core.files import atomic_write
from musicai.core.settings import Settings

Kind = Literal["import", "train", "export", "enrich", "measure", "catalogue", "prepare", "duel"]
State = Literal["queued", "running", "done", "failed", "cancelled"]

FINISHED: tuple[State, ...] = ("done", "failed", "cancelled")

_ID = re.compile(r"[a-z]+-[0-9]{8}-[0-9]{6}-[0-9a-f]{8}")


@dataclass(frozen=True)
class Job:
    """A job that was started."""

    id: str
    kind: str
    profile: str


@dataclass(frozen=True)
class JobStatus:
    """What is known of a job."""

    id: str
    kind: str
    profile: str
    state: State
    fraction: float = 0.0
    """0 to 1."""
    note: str = ""
    """One plain line about what is being done."""
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    seconds: float = 0.0
    """How long it has run, or ran."""
    error: str | None = None
    """Why it failed, in plain words."""
    result: dict[str, Any] = field(default_factory=dict)
    """What it leaves: numbers of an import, the version of a training."""
    pid: int = 0
    cancelling: bool = False
    """The person asked it to stop, and it has not stopped yet."""
    stages: list[tuple[float, str]] = field(default_factory=list)
    """Seconds since the start, and what was begun then; the log of the job."""

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will come."""
        return self.state in FINISHED


def job_ids(settings: Settings) -> list[str]:
    """All jobs, newest first: their ids end in the moment they were started."""
    ids = [path.stem for path in settings.jobs.glob("*.json") if _ID.fullmatch(path.stem)]
    return sorted(ids, key=lambda job_id: _parse_start(settings, job_id), reverse=True)


def _parse_start(settings: Settings, job_id: str) -> tuple[str, str]:
    try:
        return read(settings, job_id).started_at.isoformat(), job_id
    except NotFound:
        return "", job_id


def job_file(settings: Settings, job_id: str, ending: str) -> Path:
    """A file of a job. Ids come from pages, so only what ``start`` makes is let through.

    Raises:
        NotFound: it is not an id.
    """
    if not _ID.fullmatch(job_id):
        raise NotFound(f"There is no job {job_id[:60]!r}.")
    return settings.jobs / f"{job_id}.{ending}"


def file_lock(path: Path) -> BaseFileLock:
    """A lock that is had at once or not at all, and that the system frees with the process."""
    return FileLock(path, timeout=0, thread_local=False)


def age(path: Path, now: float) -> float | None:
    """Seconds since the file was written; None if it is not there."""
    try:
        return now - path.stat().st_mtime
    except OSError:
        return None


def read_write_time(settings: Settings, job_id: str) -> float:
    """When the job last wrote its status, seconds since 1970."""
    try:
        return job_file(settings, job_id, "json").stat().st_mtime
    except OSError:
        return time.time()


def read(settings: Settings, job_id: str) -> JobStatus:
    """The status as the job wrote it.

    Raises:
        NotFound: there is no such job, or its file cannot be read.
    """
    path = job_file(settings, job_id, "json")
    for attempt in range(5):  # Windows refuses to read in the moment of a rename
        try:
            values = json.loads(path.read_text("utf-8"))
            values["started_at"] = datetime.fromisoformat(values["started_at"])
            values["stages"] = [(at, note) for at, note in values.get("stages", [])]
            return JobStatus(**values)
        except PermissionError:
            time.sleep(0.02 * (attempt + 1))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise NotFound(f"There is no job {job_id!r}; it may have been deleted.") from error
    raise NotFound(f"The status of the job {job_id!r} cannot be read.")


def write(settings: Settings, job: JobStatus) -> None:
    """Write the status so that nobody ever reads half of it."""
    values = asdict(job)
    values["started_at"] = job.started_at.isoformat()
    write_text(job_file(settings, job.id, "json"), json.dumps(values, default=str))


def write_text(path: Path, text: str) -> None:
    """Write a small text file whole or not at all."""
    with atomic_write(path) as beside:
        beside.write_text(text, "utf-8")


def delete(settings: Settings, job_id: str) -> None:
    """Delete everything of a job."""
    for ending in ("json", "log", "cancel", "lock"):
        with contextlib.suppress(OSError):
            job_file(settings, job_id, ending).unlink(missing_ok=True)
