"""How long work tells where it is, and how it is told to stop."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called often by long work.

    A caller that wants the work to stop raises :class:`musicai.core.errors.Cancelled`
    from this call; the work lets it pass and leaves nothing half-written.
    """

    def __call__(self, fraction: float, note: str = "") -> None:
        """Report that ``fraction`` (0 to 1) of the work is done; ``note`` is one plain line."""


def no_progress(fraction: float, note: str = "") -> None:
    """Take no notice."""


def part(progress: Progress, start: float, stop: float) -> Progress:
    """A progress whose 0 to 1 fills ``start`` to ``stop`` of the outer one."""

    def report(fraction: float, note: str = "") -> None:
        progress(start + (stop - start) * min(max(fraction, 0.0), 1.0), note)

    return report


def fixed(progress: Progress, at: float) -> Progress:
    """A progress that stays at ``at`` and passes notes on: for one of many small works."""

    def report(fraction: float, note: str = "") -> None:
        progress(at, note)

    return report
