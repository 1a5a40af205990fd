"""Small files that only their owner may read: a token, a client id."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

LARGEST = 10_000
"""Bytes of such a file."""


def write_private(path: Path, body: str) -> None:
    """Write a file beside its place, readable by its owner alone, and rename it.

    Raises:
        OSError: it cannot be written; what was there stays.
    """
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        beside.unlink(missing_ok=True)
        # made with its final rights: there is no moment in which others could read it
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def read_private(path: Path) -> bytes:
    """What such a file holds.

    Raises:
        OSError: it cannot be read, or is not there.
        ValueError: it is longer than any that we write.
    """
    with path.open("rb") as file:
        body = file.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise ValueError("too long")
    return body
