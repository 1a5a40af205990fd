"""How many threads linear algebra uses while one list is made."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any


@cache
def _controller() -> Any:
    """The libraries of linear algebra that are loaded, looked up once: that takes milliseconds."""
    import threadpoolctl  # noqa: PLC0415 (only where lists are made)

    return threadpoolctl.ThreadpoolController()


class _OneThread:
    """One thread from the first of several overlapping uses to the last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._limit: Any = None

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with self._lock:
            if not self._users:
                self._limit = _controller().limit(limits=1, user_api="blas")
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if not self._users:
                    self._limit.restore_original_limits()


one_thread = _OneThread()
"""``with one_thread():`` for products of a matrix and a vector.

They take a millisecond, in which waking and joining threads costs more than it gains, most of
all where other programs want the same cores. The limit is the whole process's; sessions that
overlap share it, and what was before is restored after the last one.
"""
