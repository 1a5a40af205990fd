"""Which tracks were played on a day, or at an hour of the week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from musicai.data.library import BoolArray
from musicai.taste.listening import DAY, Long, Plays


@dataclass(frozen=True)
class Played:
    """Tracks by full plays, most first; arrays of the same length."""

    rows: Long
    """Track rows."""
    plays: Long


def on_day(plays: Plays, day: date) -> Played:
    """The tracks of one day in the listener's zone; equally played ones as they were played."""
    number = int(np.datetime64(day, "D").astype(np.int64))
    return _counted(plays, plays.local // DAY == number)


def at_hour(plays: Plays, weekday: int | None, hour: int) -> Played:
    """The tracks of one hour of the week, or of the day.

    Args:
        plays: Those to look at.
        weekday: Monday 0; None for every day.
        hour: 0 to 23, of the listener's zone.
    """
    wanted = plays.hour == hour
    return _counted(plays, wanted if weekday is None else wanted & (plays.weekday == weekday))


def _counted(plays: Plays, wanted: BoolArray) -> Played:
    track = plays.track[wanted & plays.done]
    rows, first, counts = np.unique(track, return_index=True, return_counts=True)
    order = np.lexsort((first, -counts))
    return Played(rows[order].astype(np.int64), counts[order].astype(np.int64))
