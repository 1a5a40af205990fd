"""The job's own side: the lock, the status file, the flag that asks it to stop."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from filelock import Timeout

from musicai.core.errors import Cancelled, JobRunning, MusicAIError
from musicai.core.jobs.status import (
    JobStatus,
    State,
    file_lock,
    job_file,
    read,
    write,
    write_text,
)
from musicai.core.settings import Settings

logger = logging.getLogger(__name__)

_NUMBERS = re.compile(r"[\d.,]+")

MOST_STAGES = 200
"""Lines that the log of a job keeps."""

WRITE_EVERY_S = 0.2
"""A running job writes its status at most this often, seconds."""


class JobProgress:
    """The child's side of a job: a context manager that is also its ``Progress``.

    Entering takes the lock; leaving notes how it ended. An error passes through.

    Args:
        settings: Whose home.
        job_id: The id that ``--job`` gave.
        queue_seconds: How long to wait for another job to end.

    Raises:
        JobRunning: on entering, another job holds the lock.
        Cancelled: from a call, once the person asked to stop.
    """

    def __init__(self, settings: Settings, job_id: str, *, queue_seconds: float = 0.0) -> None:
        self._settings = settings
        self._queue_seconds = queue_seconds
        self._status = read(settings, job_id)
        self._alive = file_lock(job_file(settings, job_id, "lock"))
        self._stack = contextlib.ExitStack()
        self._written = 0.0

    def __enter__(self) -> Self:
        try:
            self._stack.enter_context(self._alive)
            self._status = replace(self._status, pid=os.getpid())
            write(self._settings, self._status)
            self._wait_for_lock()
        except BaseException as error:
            self._end(error)
            raise
        self._status = replace(self._status, state="running", note="")
        write(self._settings, self._status)
        return self

    def _wait_for_lock(self) -> None:
        until = time.monotonic() + self._queue_seconds
        while True:
            try:
                self._stack.enter_context(
                    exclusive(self._settings, self._status.kind, self._status.profile)
                )
            except JobRunning as error:
                if time.monotonic() >= until:
                    raise
                self._status = replace(self._status, note=f"Waiting. {error}")
                write(self._settings, self._status)
                self._stop_if_asked()
                time.sleep(0.3)
            else:
                return

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end(error)

    def __call__(self, fraction: float, note: str = "") -> None:
        """Note how far the work is; see ``musicai.core.progress.Progress``."""
        self._status = replace(
            self._status,
            fraction=min(max(fraction, 0.0), 1.0),
            note=note or self._status.note,
            stages=self._append_stage(note),
        )
        now = time.monotonic()
        if now - self._written < WRITE_EVERY_S:
            return
        self._written = now
        self._stop_if_asked()
        write(self._settings, self._with_seconds())

    def _append_stage(self, note: str) -> list[tuple[float, str]]:
        """The log with a note; one that differs from the last by its numbers takes its place."""
        stages = self._status.stages
        if not note or (stages and stages[-1][1] == note):
            return stages
        at = round(self._with_seconds().seconds, 1)
        if stages and _NUMBERS.sub("#", stages[-1][1]) == _NUMBERS.sub("#", note):
            return [*stages[:-1], (stages[-1][0], note)]
        return [*stages, (at, note)][-MOST_STAGES:]

    def result(self, values: Mapping[str, Any]) -> None:
        """Leave plain values for the page; several calls add up."""
        self._status = replace(self._status, result={**self._status.result, **values})
        write(self._settings, self._with_seconds())

    def _stop_if_asked(self) -> None:
        if job_file(self._settings, self._status.id, "cancel").exists():
            raise Cancelled("Stopped as you asked; nothing half-done was kept.")

    def _with_seconds(self) -> JobStatus:
        seconds = max(0.0, time.time() - self._status.started_at.timestamp())
        return replace(self._status, seconds=seconds)

    def _end(self, error: BaseException | None) -> None:
        state: State = "done"
        message: str | None = None
        if isinstance(error, Cancelled | KeyboardInterrupt):
            state = "cancelled"
        elif isinstance(error, SystemExit) and not error.code:
            pass
        elif isinstance(error, MusicAIError):
            state, message = "failed", str(error)
        elif error is not None:
            state = "failed"
            message = f"A fault of musicai stopped the job ({type(error).__name__}); see its log."
        fraction = 1.0 if state == "done" else self._status.fraction
        self._status = replace(
            self._with_seconds(), state=state, error=message, fraction=fraction, note=""
        )
        try:
            write(self._settings, self._status)
            logger.info("job %s: %s after %.1f s", self._status.kind, state, self._status.seconds)
        finally:
            self._stack.close()


@contextlib.contextmanager
def exclusive(settings: Settings, kind: str, profile: str) -> Iterator[None]:
    """Hold the one job lock of a home.

    Raises:
        JobRunning: another job holds it; the message says which.
    """
    settings.jobs.mkdir(parents=True, exist_ok=True)
    holder = settings.jobs / "holder.json"
    lock = file_lock(settings.jobs / "job.lock")
    try:
        lock.acquire()
    except Timeout as error:
        raise JobRunning(_who_holds(holder)) from error
    try:
        write_text(holder, json.dumps({"kind": kind, "profile": profile}))
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _who_holds(holder: Path) -> str:
    words = {
        "import": "An import",
        "train": "A training",
        "export": "An export",
        "enrich": "A search in open data",
        "measure": "A reading of dumps",
        "catalogue": "The work on a catalogue",
        "prepare": "The joining of catalogues",
        "duel": "A comparison of versions",
    }
    try:
        known = json.loads(holder.read_text("utf-8"))
        who = f"{words.get(known['kind'], 'Another job')} for the profile {known['profile']!r}"
    except (OSError, ValueError, KeyError, TypeError):
        who = "Another job"
    return f"{who} is running. Wait until it ends, or cancel it."
