"""Files that are never half there, and small ones that only their owner may read."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LARGEST = 10_000
"""Bytes of a small private file."""

_ATTEMPTS = 5
"""Windows refuses to replace what somebody reads just now; a moment later it does not."""


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Write a file beside its place; it takes the name when the block ends well.

    Whoever reads ``path`` finds the old content or the new one, also where the process is killed
    or the power fails. Only the owner may read what is written, from its first byte on.

    Args:
        path: The file's place; its folder is made where it is not there.

    Yields:
        The temporary file to write, in the same folder.

    Raises:
        OSError: it cannot be written; what was there stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".tmp")  # readable by the owner alone
    os.close(handle)
    beside = Path(name)
    try:
        yield beside
        with beside.open("rb+") as written:
            os.fsync(written.fileno())
        _replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _replace(beside: Path, path: Path) -> None:
    for attempt in range(_ATTEMPTS):
        try:
            beside.replace(path)
            return
        except PermissionError:
            if attempt == _ATTEMPTS - 1:
                raise
            time.sleep(0.02 * (attempt + 1))


def read_private(path: Path) -> bytes:
    """Read a small private file.

    Raises:
        OSError: it cannot be read, or is not there.
        ValueError: it is longer than any that we write.
    """
    with path.open("rb") as file:
        body = file.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise ValueError("too long")
    return body
