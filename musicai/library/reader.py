"""Files to rows: in this process, or in worker processes that read while this one writes.

    import ── data ──> worker: recognise, parse
           <── rows ──         (stdin and stdout of a child process)

A worker (``musicai.core.jobs.worker_pool``) is a plain Python process, not one of
``multiprocessing``: it starts in the same way on every system, is never forked
from a process with threads, and runs nothing of the program that started it.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import pickle
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import IO, NoReturn, Self

from musicai.core.errors import Cancelled, MusicAIError
from musicai.core.jobs.worker_pool import Messages, receive, send
from musicai.core.settings import PROJECT_ROOT
from musicai.data.parsed import ParsedFile, Problem, ReadOptions
from musicai.library.formats import HEAD_BYTES, SOURCES, recognise_format
from musicai.library.formats.csv_text import read_csv_header

logger = logging.getLogger(__name__)

MAX_WORKERS = 3
"""More do not help: the process that writes is the slowest of four."""

PIPE_BYTES = 1 << 20
"""Buffer of the pipes where it can be chosen; a file crosses with fewer turns."""

WORKER = (
    "from musicai.core.jobs import worker_pool; pipes = worker_pool.listen(); "
    "from musicai.library import reader; reader.serve(*pipes)"
)
"""What a worker runs. It listens before it imports what takes most of a second."""

_GC_ROWS = 200_000
"""Objects between two looks for cycles: rows hold none, and there are millions."""


@dataclass(frozen=True)
class Reading:
    """What became of one file: its rows, or why there are none."""

    parsed: ParsedFile | None = None
    problem: Problem | None = None
    fault: str = ""
    """Where a reader failed, for the log; without values, which may be personal."""


# --- one file -----------------------------------------------------------------------------


def read_file(data: bytes, file: str, options: ReadOptions) -> Reading:
    """Recognise a file and read it; nothing that is in a file raises.

    Raises:
        Cancelled: from ``options.progress`` alone.
    """
    source = recognise_format(data, options)
    if source is None:
        return Reading(problem=Problem(file, "", _explain_unknown(data)))
    try:
        return Reading(parsed=source.parse(data, file, options))
    except Cancelled:
        raise
    except MusicAIError as error:
        return Reading(problem=Problem(file, "", str(error)))
    except Exception as error:  # a reader's bug must not cost the other files
        frames = traceback.format_list(traceback.extract_tb(error.__traceback__))
        why = (
            f"Reading it as {source.label} failed ({type(error).__name__}). The file may "
            "be damaged: download it again. If it is whole, this is a fault of musicai."
        )
        fault = f"reader {source.name} failed on {len(data)} bytes: {type(error).__name__}\n"
        return Reading(problem=Problem(file, "", why), fault=fault + "".join(frames))


def _explain_unknown(data: bytes) -> str:
    *most, last = (source.label for source in SOURCES)
    message = f"This is not a format musicai knows. It reads {', '.join(most)} and {last}."
    if read_csv_header(data[:HEAD_BYTES]) is None:
        return message
    return f"{message} What the columns of another table mean can be said on the Library page."


@contextlib.contextmanager
def limit_garbage_collection() -> Iterator[None]:
    """Look for cycles of objects rarely while rows are made by the million."""
    before = gc.get_threshold()
    gc.set_threshold(_GC_ROWS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


# --- the parent's side --------------------------------------------------------------------


def count_workers() -> int:
    """How many workers this machine is good for; 0 where reading here is as fast."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on Windows and macOS
        cores = os.cpu_count() or 1
    return min(cores, MAX_WORKERS) if cores > 1 else 0


class Workers:
    """Reads files in worker processes. A context manager: leaving it ends them at once.

    Args:
        count: Worker processes, at least 1; each is started when it is needed.
        environment: Their environment variables.
    """

    def __init__(self, count: int, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="reading")
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []
        self._all: list[_Worker] = []
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._closed = True
            workers, self._all = self._all, []
        for worker in workers:
            worker.kill()
        self._threads.shutdown(wait=True, cancel_futures=True)
        for worker in workers:  # not before: a thread may still be reading from its pipe
            worker.close()

    def submit(self, data: bytes, file: str, options: ReadOptions) -> Future[Reading]:
        """Begin to read a file; a worker that dies over it makes it a problem."""
        return self._threads.submit(self._read_in_worker, data, file, options)

    @property
    def process_ids(self) -> list[int]:
        """Process ids of the workers that were started and not ended."""
        return [worker.pid for worker in self._all]

    def _read_in_worker(self, data: bytes, file: str, options: ReadOptions) -> Reading:
        worker: _Worker | None = None
        try:
            worker = self._take_worker()
            reading = worker.ask(data, file, options)
        except (OSError, EOFError, pickle.UnpicklingError):
            if worker is not None:
                self._drop_worker(worker)
            why = (
                "The process that read it stopped before it was done. Close other programs to "
                "free memory, or hand the file in on its own, then import again."
            )
            return Reading(problem=Problem(file, "", why), fault="a reading process died")
        with self._lock:
            self._idle.append(worker)
        return reading

    def _take_worker(self) -> _Worker:
        with self._lock:
            if self._closed:
                raise EOFError
            if self._idle:
                return self._idle.pop()
            worker = _Worker(self._environment)
            self._all.append(worker)
            return worker

    def _drop_worker(self, worker: _Worker) -> None:
        worker.kill()
        worker.close()
        with self._lock:
            if worker in self._all:
                self._all.remove(worker)


class _Worker:
    """One worker process and the pipes to it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._process: subprocess.Popen[bytes] = subprocess.Popen(
            [sys.executable, "-c", WORKER],
            cwd=PROJECT_ROOT,
            env={**environment, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            pipesize=PIPE_BYTES,
        )
        self.pid = self._process.pid

    def ask(self, data: bytes, file: str, options: ReadOptions) -> Reading:
        """Hand over a file and wait for its rows."""
        to, back = self._process.stdin, self._process.stdout
        assert to is not None  # both are pipes
        assert back is not None
        send(to, pickle.dumps((file, options)))
        send(to, data)
        reading = pickle.loads(receive(back))  # from our own child, over a pipe of our own
        assert isinstance(reading, Reading)
        return reading

    def kill(self) -> None:
        """End it at once, and wait until it is gone."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """Close the pipes to it."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


# --- the worker's side --------------------------------------------------------------------


def serve(messages: Messages, answers: IO[bytes]) -> NoReturn:
    """Read one file after the other, as ``_Worker.ask`` sends them, without end."""
    with limit_garbage_collection():
        while True:
            file, options = pickle.loads(messages.get())  # from our own parent
            reading = read_file(bytes(messages.get()), file, options)
            send(answers, pickle.dumps(reading, protocol=5))
            del reading
