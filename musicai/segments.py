"""Listeners by how much of their listening is known: new, light and heavy.

A model can be good for those it knows well and poor for those it has just met; one mean
over both hides that. What counts is a listener's *events* before a cut (full plays; dated
playlist rows where there are no plays: ``holdout.events``).
"""

from __future__ import annotations

from typing import Literal, get_args

Segment = Literal["new", "light", "heavy"]
"""How much is known of a listener."""

SEGMENTS: tuple[Segment, ...] = get_args(Segment)
"""All of them, least known first."""

LIGHT_FROM = 50
"""Events from which a listener is no longer new. With fewer, nothing worth stating can be
measured on a listener alone (``holdout.MIN_EVENTS``), so nothing can be learned of them alone
either."""

HEAVY_FROM = 500
"""Events from which a listener is heavy: a month of some fifteen full plays a day."""


def segment_of(n_events: int) -> Segment:
    """The segment of a listener with ``n_events`` events before the cut (0 or more).

    "new" below ``LIGHT_FROM``, "light" from there on, "heavy" from ``HEAVY_FROM`` on.
    """
    if n_events < LIGHT_FROM:
        return "new"
    return "light" if n_events < HEAVY_FROM else "heavy"
