"""What all commands share: whom they are about, where they report to, what they print."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from musicai.core import jobs
from musicai.core.errors import QueryError
from musicai.core.progress import Progress, no_progress
from musicai.core.settings import Settings
from musicai.library.sample import SAMPLE_PROFILE, load_sample
from musicai.store import Store

WIDEST = 60
"""Characters of a table's cell; longer text is cut."""


def json_line(value: object) -> str:
    """Strict JSON on one line; what is not a number (NaN) becomes null."""
    return json.dumps(_strict(value), allow_nan=False)


def _strict(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _strict(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(item) for item in value]
    return value


def figure(value: float | None) -> str:
    """Three places; a dash for what is not known."""
    return "–" if value is None or math.isnan(value) else f"{value:.3f}"


def table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """Lines of a plain table with columns as wide as they need to be; none without rows."""
    if not rows:
        return []
    cells = [list(headers), *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(headers))]
    return [
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells
    ]


def _cell(value: object) -> str:
    if isinstance(value, list | tuple):
        value = ", ".join(map(str, value))
    # a name with line breaks or control characters must not break the table or the terminal
    text = "".join(c if c.isprintable() else " " for c in str("" if value is None else value))
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"


QUEUE_SECONDS = 3600.0
"""How long a background job waits for the one before it."""

Outcome = tuple[int, Mapping[str, Any]]
"""Exit code, and what ``--json`` prints."""


def choose_profile(options: argparse.Namespace, store: Store, settings: Settings) -> str:
    """The profile named, else the only one with real data, else the sample."""
    if options.profile:
        store.profile(options.profile)
        return str(options.profile)
    real = [profile.name for profile in store.profiles() if not profile.invented]
    if len(real) > 1:
        raise QueryError(f"Say which profile with --profile: {', '.join(sorted(real))}.")
    if real:
        return real[0]
    load_sample(store, settings, no_progress)
    return SAMPLE_PROFILE


@dataclass(frozen=True)
class Work:
    """Where a job reports to."""

    progress: Progress
    result: Callable[[Mapping[str, Any]], None]


@contextmanager
def work_of(
    options: argparse.Namespace, settings: Settings, kind: str, *, alone: bool = True
) -> Iterator[Work]:
    """Progress to the job's status file, or to a terminal.

    One job works at a time; a command that changes nothing (not ``alone``) waits for none.
    """
    if options.job:
        with jobs.JobProgress(settings, options.job, queue_seconds=QUEUE_SECONDS) as job:
            yield Work(job, job.result)
        return
    profile = options.profile or SAMPLE_PROFILE
    with jobs.exclusive(settings, kind, profile) if alone else nullcontext():
        try:
            yield Work(_terminal_progress, lambda values: None)
        finally:
            if sys.stderr.isatty():
                print(file=sys.stderr)


def _terminal_progress(fraction: float, note: str = "") -> None:
    if sys.stderr.isatty():
        print(f"\r{fraction:4.0%} {note:<70.70}", end="", file=sys.stderr, flush=True)


def show_rows(options: argparse.Namespace, rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows as a table, unless JSON was asked for."""
    if options.json:
        return
    if not rows:
        print("None yet.")
        return
    show_table(tuple(rows[0]), [list(row.values()) for row in rows])


def show_table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A plain table."""
    for line in table(headers, rows):
        print(line)
