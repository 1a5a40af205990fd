"""How many threads linear algebra uses while one list is made."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

_turn = threading.RLock()


@cache
def _controller() -> Any:
    """The libraries of linear algebra that are loaded, looked up once: that takes milliseconds."""
    import threadpoolctl  # noqa: PLC0415 (only where lists are made)

    return threadpoolctl.ThreadpoolController()


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread for products of a matrix and a vector; afterwards what was before.

    They take a millisecond, in which waking and joining threads costs more than it gains, most
    of all where other programs want the same cores. The limit is the whole process's, so lists
    of several sessions are made one after another: what was before could not be told apart from
    the limit of another one. Where another thread that is alive has set a limit of its own,
    ``threadpoolctl`` keeps to that one; it costs time and nothing else.
    """
    with _turn, _controller().limit(limits=1, user_api="blas"):
        yield
