"""One rotated log file: what was done and how long it took, never whose music it was."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path

from musicai.settings import Settings

LOG_BYTES = 1_000_000
"""Size at which a new file is begun."""

LOG_FILES = 5
"""Old files that are kept."""

FORMAT = "%(asctime)s %(levelname)s %(process)d %(name)s: %(message)s"


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
    formatter = logging.Formatter(FORMAT, "%Y-%m-%dT%H:%M:%SZ")
    formatter.converter = time.gmtime
    added.setFormatter(formatter)
    root.addHandler(added)
    root.setLevel(logging.INFO)
    return path


@contextlib.contextmanager
def timed(logger: logging.Logger, what: str) -> Iterator[None]:
    """Log how long a block took, also where it failed. ``what`` holds no personal data."""
    started = time.perf_counter()
    try:
        yield
    except BaseException as error:
        seconds = time.perf_counter() - started
        logger.info("%s stopped after %.3f s (%s)", what, seconds, type(error).__name__)
        raise
    logger.info("%s took %.3f s", what, time.perf_counter() - started)
