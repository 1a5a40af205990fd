"""How long settings may be tried: a share for each component, and a record of what was left out."""

from __future__ import annotations

import time
from typing import Any


class Budget:
    """Seconds for the choice of settings, told apart by component.

    A component gets an equal share of what is left when its turn comes, so that a slow one
    does not take the time of the next. A setting is begun only if it would end in time, as
    long as the slowest one before it took; the settings that stand are the best so far.

    Args:
        seconds: For all components together; None for as long as it takes.
    """

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self.tried: dict[str, int] = {}
        self.left_out: dict[str, int] = {}
        self._ends: float | None = None if seconds is None else time.perf_counter() + seconds
        self._share_ends: float | None = None
        self._began = 0.0
        self._slowest = 0.0

    def begin(self, name: str, components_left: int) -> None:
        """The turn of a component, of so many that still wait, itself included."""
        self.tried[name] = self.left_out[name] = 0
        self._began, self._slowest = 0.0, 0.0
        if self._ends is not None:
            now = time.perf_counter()
            self._share_ends = now + max(self._ends - now, 0.0) / components_left

    def allows(self, name: str) -> bool:
        """Whether another setting of the component may be tried; the answer is counted."""
        now = time.perf_counter()
        if self._began:
            self._slowest = max(self._slowest, now - self._began)
        open_ = self._share_ends is None or now + self._slowest < self._share_ends
        counted = self.tried if open_ else self.left_out
        counted[name] += 1
        self._began = now if open_ else 0.0
        return open_

    def report(self) -> dict[str, Any]:
        """What was asked for and what became of it, for the JSON."""
        return {
            "budget_s": self.seconds,
            "spent": any(self.left_out.values()),
            "tried": dict(self.tried),
            "left_out": dict(self.left_out),
        }
