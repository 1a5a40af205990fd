"""What a history holds: frozen plain values, ready for the screen and for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Figures:
    """A period in a few numbers; "full" plays are 30 seconds or more without a skip."""

    hours: float
    """Of all plays."""
    plays: int
    """Full plays."""
    tracks: int
    """Distinct recordings with a full play."""
    artists: int
    """Distinct first artists with a full play."""
    albums: int
    """Distinct albums with a full play."""
    active_days: int
    """Days with a full play."""
    days: int
    """Days from the first play of the period to its last, both included."""
    new_tracks: int
    """Tracks with their first full play ever in the period."""

    @property
    def plays_a_day(self) -> float:
        """Full plays on an active day."""
        return self.plays / self.active_days if self.active_days else 0.0


@dataclass(frozen=True)
class Streak:
    """Days in a row with a full play."""

    days: int
    first: str
    """``YYYY-MM-DD`` in the listener's time zone."""
    last: str


@dataclass(frozen=True)
class Days:
    """Every day from the first to the last play of the period, in the listener's zone."""

    first: str
    """``YYYY-MM-DD`` of the first one."""
    plays: tuple[int, ...]
    """Full plays of each day."""
    hours: tuple[float, ...]
    """Hours of all plays of each day."""


@dataclass(frozen=True)
class SessionSummary:
    """Listening sessions: plays with pauses of at most 30 minutes between them."""

    count: int
    median_minutes: float
    """From the first start to the last end."""
    median_plays: float
    longest_minutes: float
    longest_day: str
    """``YYYY-MM-DD`` on which the longest one began; "" without any."""
    begin_hours: tuple[int, ...]
    """(24,) sessions by the local hour they began in."""
    lengths: Mapping[str, int]
    """"under 15 min", "15 to 30 min" … → sessions."""
    moods: Mapping[str, int]
    """Mood → sessions whose full plays lie nearest to it."""
    mood_unknown: int
    """Sessions in which the features of fewer than half of the full plays are known."""


@dataclass(frozen=True)
class Place:
    """One line of a chart list."""

    rank: int
    name: str
    artists: str
    """Who made it, joined by ", "; empty for an artist or a genre."""
    plays: float
    """Full plays; of a genre, the sum of its share in each."""
    hours: float
    share: float
    """Of the full plays of the period, 0 to 1."""
    before: int | None
    """Rank in the period before; None where it was not played then or there is none."""
    row: int | None
    """A track row of it, for ring and id; None for an artist or a genre."""


@dataclass(frozen=True)
class ForgottenTrack:
    """A track that was played much, and not for long."""

    row: int
    """A track row."""
    plays: int
    """Full plays in all."""
    year: int
    """The year with most of them."""
    in_year: int
    """Full plays in that year."""
    last_day: str
    """``YYYY-MM-DD`` of the last full play."""

    @property
    def only_then(self) -> bool:
        """Whether the year of most plays is also that of the last."""
        return self.last_day.startswith(f"{self.year}-")


@dataclass(frozen=True)
class ListeningHistory:
    """Everything that the history page shows of a period."""

    timezone: str
    """IANA name of the zone that days and hours are in."""
    figures: Figures
    before: Figures | None
    """The period of the same length before; None where the period is open, or holds no play."""
    days: Days | None
    """None without a play."""
    by_weekday_hour: tuple[tuple[int, ...], ...]
    """(7, 24) full plays, Monday first."""
    longest_streak: Streak | None
    current_streak: Streak | None
    """The one that reaches the last day with a play."""
    sessions: SessionSummary
    top_tracks: tuple[Place, ...]
    top_artists: tuple[Place, ...]
    top_albums: tuple[Place, ...]
    top_genres: tuple[Place, ...]
    forgotten: tuple[ForgottenTrack, ...]
    """Of the whole history, whatever the period; the most missed first."""
    missing: tuple[str, ...] = ()
    """What is not known and why, in sentences."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values only, fit for JSON."""
        return asdict(self)
