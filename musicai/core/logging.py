"""One rotated log file, a JSON object a line: what was done and how long it took.

It never says whose music it was. Fields: ``time`` (UTC), ``level``, ``process``, ``logger``,
``message``, and whatever a call adds as ``extra={"fields": {...}}``.
"""

from __future__ import annotations

import contextlib
import json
import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from musicai.core.settings import Settings

LOG_BYTES = 1_000_000
"""Size at which a new file is begun."""

LOG_FILES = 5
"""Old files that are kept."""


class _Json(logging.Formatter):
    """One object a line. Of an exception the kind is told, not what it was about."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC)
        told: dict[str, Any] = {
            "time": at.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "process": record.process,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            told["exception"] = record.exc_info[0].__name__
        return json.dumps(told, ensure_ascii=False, default=str)


class _SharedFile(RotatingFileHandler):
    """Goes on in the same file where another process holds it open (Windows)."""

    def doRollover(self) -> None:  # noqa: N802 (the standard library's name)
        with contextlib.suppress(OSError):
            super().doRollover()
        if self.stream is None:
            self.stream = self._open()


def setup_logging(settings: Settings) -> Path:
    """Log to ``musicai.log`` under the home; calling it again changes nothing.

    A home that cannot be written costs the log, not the work.
    """
    path = settings.logs / "musicai.log"
    root = logging.getLogger("musicai")
    for handler in list(root.handlers):
        if isinstance(handler, _SharedFile):
            if Path(handler.baseFilename) == path.absolute():
                return path
            root.removeHandler(handler)
            handler.close()
    try:
        settings.logs.mkdir(parents=True, exist_ok=True)
        added = _SharedFile(
            path, maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8", delay=True
        )
    except OSError:
        root.warning("no log file can be written")
        return path
    added.setFormatter(_Json())
    root.addHandler(added)
    root.setLevel(logging.INFO)
    return path


@contextlib.contextmanager
def log_duration(logger: logging.Logger, what: str) -> Iterator[None]:
    """Log how long a block took, also where it failed. ``what`` holds no personal data."""
    started = time.perf_counter()
    try:
        yield
    except BaseException as error:
        seconds = time.perf_counter() - started
        logger.info("%s stopped after %.3f s (%s)", what, seconds, type(error).__name__)
        raise
    logger.info("%s took %.3f s", what, time.perf_counter() - started)
