"""Two ranked lists shown as one, so that a person's verdicts tell which of them is better.

Team-draft interleaving (Radlinski, Kurup and Joachims, 2008, "How Does Clickthrough Data
Reflect Retrieval Quality?"): in each round a coin says which list picks first, and each puts
its best track that is not taken yet into the common list. A track belongs to the team that
drafted it, also where both lists hold it. Where the lists begin alike, each coin gives either
team the same chance of the same track: the shared beginning adds chance to an outcome, and
favours nobody.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

import numpy as np

from musicai.core.errors import QueryError
from musicai.data.feedback import VERDICTS

Team = Literal["a", "b"]

Track = TypeVar("Track", bound=Hashable)
"""A track's row or its id."""

CREDIT = {"like": 1, "dislike": -1, "not_now": 0, "never_artist": -1}
"""Verdict → what the team that drafted the track gets.

A dislike and a ban of the artist are credit to the other team: taking a point from one and
giving it to the other leave the same difference. "Not now" is about the moment, not the track.
"""

assert set(CREDIT) == set(VERDICTS)


@dataclass(frozen=True)
class Interleaved(Generic[Track]):
    """One list out of two, and who drafted each place of it."""

    tracks: tuple[Track, ...]
    """Rows or ids as they were given, best first, none twice."""
    teams: tuple[Team, ...]
    """The team of each place."""

    def __len__(self) -> int:
        return len(self.tracks)

    def team_of(self, track: Track) -> Team | None:
        """The team that drafted a track; None for one that is not in the list."""
        return self.teams[self.tracks.index(track)] if track in self.tracks else None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"tracks": list(self.tracks), "teams": list(self.teams)}


@dataclass(frozen=True)
class ListOutcome:
    """What one list that was shown says about the two models."""

    credit_a: int
    """Sum of ``CREDIT`` over the judged tracks of team a."""
    credit_b: int

    @property
    def outcome(self) -> int:
        """+1: a is better, −1: b is better, 0: a tie.

        Only the sign counts: one evening of many verdicts is one judgement, as verdicts on
        the same list are not independent of each other.
        """
        return (self.credit_a > self.credit_b) - (self.credit_a < self.credit_b)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"credit_a": self.credit_a, "credit_b": self.credit_b, "outcome": self.outcome}


# --- drafting -------------------------------------------------------------------------


def interleave(
    a: Iterable[Track], b: Iterable[Track], k: int, random: np.random.Generator
) -> Interleaved[Track]:
    """Interleave two ranked lists.

    Args:
        a: Rows or ids, best first; a track that stands twice counts where it stands first.
        b: Likewise.
        k: Length of the common list, 0 or more. It ends earlier where a team whose turn it is
            has nothing left: what the other would fill up alone could not be judged fairly.
            Two lists of ``k`` tracks each always give ``k``.
        random: Of the coins; the same state gives the same list.

    Raises:
        QueryError: ``k`` is negative.
    """
    return draft(a, b, k, _coins(random))


def _coins(random: np.random.Generator) -> Iterator[bool]:
    while True:
        yield bool(random.integers(2))


def draft(
    a: Iterable[Track], b: Iterable[Track], k: int, coins: Iterable[bool]
) -> Interleaved[Track]:
    """The same with given coins, one a round: true if team a picks first.

    Coins that run out end the list.

    Raises:
        QueryError: ``k`` is negative.
    """
    if k < 0:
        raise QueryError(f"The length of the common list is {k}; it must be 0 or more.")
    lists: dict[Team, list[Track]] = {"a": _plain(a), "b": _plain(b)}
    tracks: dict[Track, Team] = {}
    for team in _turns(coins):
        best = next((track for track in lists[team] if track not in tracks), None)
        if best is None or len(tracks) >= k:
            break
        tracks[best] = team
    return Interleaved(tuple(tracks), tuple(tracks.values()))


def _plain(tracks: Iterable[Track]) -> list[Track]:
    """Numbers of an array as Python's own, which go through JSON."""
    found: list[Track] = tracks.tolist() if isinstance(tracks, np.ndarray) else list(tracks)
    return found


def _turns(coins: Iterable[bool]) -> Iterator[Team]:
    for a_first in coins:
        yield from (("a", "b") if a_first else ("b", "a"))


# --- credit ---------------------------------------------------------------------------


def judge(
    shown: Interleaved[Track], events: Iterable[tuple[Track, str]], *, seen: int | None = None
) -> ListOutcome:
    """What the verdicts on a shown list say.

    Args:
        shown: The common list.
        events: (track, verdict) in the order in which they were given, verdicts from
            ``choices.VERDICTS``. The last one on a track counts; tracks that were not shown
            are passed over.
        seen: How many places were on the screen; None for all.

    Raises:
        QueryError: a verdict is not one of them.
    """
    places = len(shown) if seen is None else seen
    teams = dict(zip(shown.tracks[:places], shown.teams[:places], strict=True))
    last: dict[Track, str] = {}
    for track, verdict in events:
        if verdict not in CREDIT:
            raise QueryError(f"There is no verdict {verdict!r}; choose from {', '.join(CREDIT)}.")
        last[track] = verdict
    credit = {"a": 0, "b": 0}
    for track, verdict in last.items():
        if track in teams:
            credit[teams[track]] += CREDIT[verdict]
    return ListOutcome(credit["a"], credit["b"])
