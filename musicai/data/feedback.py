"""What a person decided about their music, as frozen values.

They are kept apart from what was imported: a choice can be taken back, and the
plays it concerned are still there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

EXCLUSION_KINDS = ("artist", "track", "playlist", "period")

VERDICTS = ("like", "dislike", "not_now", "never_artist")


@dataclass(frozen=True)
class Exclusion:
    """Listening that says nothing about one's taste: a child's songs, a sleep playlist, a party."""

    kind: Literal["artist", "track", "playlist", "period"]
    value: str
    """The artist's name, the track's id, the playlist's name; "" for a period."""
    since: int = -1
    """First second since 1970 of a period; −1 for the other kinds."""
    until: int = -1
    """First second after the period; −1 for the other kinds."""


@dataclass(frozen=True)
class MatchDecision:
    """The person's word on whether two tracks are one recording."""

    first: str
    """A track id; the smaller of the two, so that a pair has one form."""
    second: str
    same: bool

    @classmethod
    def of(cls, one: str, other: str, same: bool) -> MatchDecision:
        """The decision on a pair given in any order."""
        return cls(min(one, other), max(one, other), same)


@dataclass(frozen=True)
class Feedback:
    """A verdict on one track, or on its artist."""

    track_id: str
    verdict: Literal["like", "dislike", "not_now", "never_artist"]
    given_at: int
    """Seconds since 1970."""


@dataclass(frozen=True)
class Choices:
    """All of them together, as an export carries them."""

    exclusions: tuple[Exclusion, ...] = ()
    decisions: tuple[MatchDecision, ...] = ()
    feedback: tuple[Feedback, ...] = ()

    def __len__(self) -> int:
        return len(self.exclusions) + len(self.decisions) + len(self.feedback)


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
