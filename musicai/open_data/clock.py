"""Time as the client sees it, so that a test can make an hour pass in a moment."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """A watch, a calendar and a pause."""

    def now(self) -> float:
        """Seconds on a watch that never goes back."""

    def wall(self) -> float:
        """Seconds since 1970."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's own time."""

    def now(self) -> float:
        """Seconds on a watch that never goes back."""
        return time.monotonic()

    def wall(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
