"""Figures of a period, its days one by one, and days in a row."""

from __future__ import annotations

import numpy as np

from musicai.history.model import Days, Figures, Streak
from musicai.history.tops import Codes
from musicai.taste.listening import DAY, Long, Plays

HOUR_MS = 3_600_000


def figures(plays: Plays, codes: Codes) -> Figures:
    """A period in a few numbers."""
    heard = np.flatnonzero(np.bincount(plays.track[plays.done]))
    active = _active(plays)
    span = int(plays.local[-1] // DAY - plays.local[0] // DAY) + 1 if len(plays) else 0
    return Figures(
        hours=float(plays.ms.sum()) / HOUR_MS,
        plays=int(plays.done.sum()),
        tracks=len(np.unique(codes.tracks[heard])),
        artists=_distinct(codes.artists[heard]),
        albums=_distinct(codes.albums[heard]),
        active_days=len(active),
        days=span,
        new_tracks=int(plays.first.sum()),
    )


def _distinct(codes: Long) -> int:
    return len(np.unique(codes[codes >= 0]))


def _active(plays: Plays) -> Long:
    """Days since 1970 with a full play, ascending."""
    day = plays.local[plays.done] // DAY
    first = day.min(initial=np.iinfo(np.int64).max)
    return np.asarray(np.flatnonzero(np.bincount(day - first)) + first, dtype=np.int64)


def days(plays: Plays) -> Days | None:
    """Every day from the first play to the last; None without a play."""
    if not len(plays):
        return None
    day = plays.local // DAY
    first, length = int(day.min()), int(day.max() - day.min()) + 1
    full = np.bincount(day[plays.done] - first, minlength=length)
    hours = np.bincount(day - first, weights=plays.ms, minlength=length) / HOUR_MS
    return Days(_iso(first), tuple(full.tolist()), tuple(hours.tolist()))


def longest_streak(plays: Plays) -> Streak | None:
    """The longest run of days with a full play; the latest of equally long ones."""
    runs = _runs(_active(plays))
    if not runs:
        return None
    return max(reversed(runs), key=lambda run: run.days)


def current_streak(plays: Plays) -> Streak | None:
    """The run of days that reaches the last play; None where that day has no full play."""
    runs = _runs(_active(plays))
    if not runs or runs[-1].last != _iso(int(plays.local.max() // DAY)):
        return None
    return runs[-1]


def _runs(active: Long) -> list[Streak]:
    if not len(active):
        return []
    starts = np.flatnonzero(np.r_[True, np.diff(active) != 1])
    ends = np.r_[starts[1:], len(active)] - 1
    return [
        Streak(int(stop - start) + 1, _iso(int(active[start])), _iso(int(active[stop])))
        for start, stop in zip(starts, ends, strict=True)
    ]


def _iso(day: int) -> str:
    return str(np.datetime64(day, "D"))
