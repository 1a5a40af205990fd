"""What was shown to a listener, and the blind experiments it was shown in, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Impression:
    """One track of one list that was shown."""

    track_id: str
    shown_at: int
    """Seconds since 1970."""
    rank: int
    """1 for the first."""
    mode: str
    """The list's mode."""
    version: str = ""
    """The model version that answered; "" while none was trained."""
    propensity: float | None = None
    """How likely it was to be listed at all, where that was left to chance."""
    experiment: int | None = None
    """In which experiment, if any."""
    team: str = ""
    """"a" or "b": which side of the experiment put it there; "" for none."""


@dataclass(frozen=True)
class Experiment:
    """Two models that are judged blind."""

    id: int
    a: Mapping[str, Any]
    """What the first side is: ``version``, and ``weights`` where they are not the version's."""
    b: Mapping[str, Any]
    started_at: int
    """Seconds since 1970."""
    ended_at: int | None = None
    """None while it goes on."""
    verdict: Mapping[str, Any] = field(default_factory=dict)
    """What was found when it ended."""
