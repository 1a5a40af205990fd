"""Figures of a period, its days one by one, and days in a row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from musicai.data.arrays import TrackFeatures
from musicai.data.library import BoolArray
from musicai.data.moods import MOODS, mood_matrix, mood_worth
from musicai.insights.history.charts import Codes
from musicai.insights.history.model import Days, Figures, SessionSummary, Streak
from musicai.insights.taste.plays import DAY, Double, Long, Plays

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


@dataclass(frozen=True)
class TopTracks:
    """Tracks by full plays, most first; arrays of the same length."""

    rows: Long
    """Track rows."""
    plays: Long


def on_day(plays: Plays, day: date) -> TopTracks:
    """The tracks of one day in the listener's zone; equally played ones as they were played."""
    number = int(np.datetime64(day, "D").astype(np.int64))
    return _count_items(plays, plays.local // DAY == number)


def at_hour(plays: Plays, weekday: int | None, hour: int) -> TopTracks:
    """The tracks of one hour of the week, or of the day.

    Args:
        plays: Those to look at.
        weekday: Monday 0; None for every day.
        hour: 0 to 23, of the listener's zone.
    """
    wanted = plays.hour == hour
    return _count_items(plays, wanted if weekday is None else wanted & (plays.weekday == weekday))


def _count_items(plays: Plays, wanted: BoolArray) -> TopTracks:
    track = plays.track[wanted & plays.done]
    rows, first, counts = np.unique(track, return_index=True, return_counts=True)
    order = np.lexsort((first, -counts))
    return TopTracks(rows[order].astype(np.int64), counts[order].astype(np.int64))


LENGTHS: tuple[tuple[str, float], ...] = (
    ("under 15 min", 15),
    ("15 to 30 min", 30),
    ("30 to 60 min", 60),
    ("1 to 2 h", 120),
    ("2 to 4 h", 240),
    ("4 h or more", np.inf),
)
"""Classes of length: what they are called, and below how many minutes they end."""

MIN_KNOWN = 0.5
"""Share of a session's full plays whose features must be known before it has a mood."""


def summary(plays: Plays, features: TrackFeatures) -> SessionSummary:
    """The sessions of a period. One that began before it counts from its first play in it."""
    if not len(plays):
        lengths = dict.fromkeys((name for name, _ in LENGTHS), 0)
        return SessionSummary(0, 0.0, 0.0, 0.0, "", (0,) * 24, lengths, {}, 0)
    starts, size, minutes = _measure_sessions(plays)
    first = int(np.argmax(minutes))
    counts = np.bincount(_classes(minutes), minlength=len(LENGTHS))
    moods, unknown = _moods(plays, features, np.repeat(np.arange(len(starts)), size), len(starts))
    return SessionSummary(
        count=len(starts),
        median_minutes=float(np.median(minutes)),
        median_plays=float(np.median(size)),
        longest_minutes=float(minutes[first]),
        longest_day=_day(plays, int(starts[first])),
        begin_hours=tuple(np.bincount(plays.hour[starts], minlength=24).tolist()),
        lengths={name: int(n) for (name, _), n in zip(LENGTHS, counts, strict=True)},
        moods=moods,
        mood_unknown=unknown,
    )


def longest(plays: Plays, length: str, n: int = 5) -> tuple[tuple[str, float, int], ...]:
    """Day, minutes and plays of the longest sessions of a class of ``LENGTHS``, longest first."""
    names = [name for name, _ in LENGTHS]
    if not len(plays) or length not in names:
        return ()
    starts, size, minutes = _measure_sessions(plays)
    mine = np.flatnonzero(_classes(minutes) == names.index(length))
    best = mine[np.argsort(-minutes[mine], kind="stable")[:n]]
    return tuple((_day(plays, int(starts[at])), float(minutes[at]), int(size[at])) for at in best)


def _measure_sessions(plays: Plays) -> tuple[Long, Long, Double]:
    """Place of the first play, number of plays and minutes of each session."""
    starts = np.flatnonzero(np.r_[True, np.diff(plays.session) != 0])
    end = np.maximum.reduceat(plays.start + plays.ms // 1000, starts)
    size = np.diff(np.r_[starts, len(plays)])
    return starts, size, (end - plays.start[starts]) / 60


def _classes(minutes: Double) -> Long:
    """The place in ``LENGTHS`` of each session."""
    found = np.searchsorted([top for _, top in LENGTHS], minutes, side="right")
    return np.asarray(found, dtype=np.int64)


def _day(plays: Plays, at: int) -> str:
    return str(np.datetime64(int(plays.local[at] // DAY), "D"))


def _moods(
    plays: Plays, features: TrackFeatures, session: Long, n: int
) -> tuple[dict[str, int], int]:
    """Mood → sessions nearest to it, most first; and sessions of which too little is known.

    The mood of a session is that which its full plays are worth most on the mean; one whose
    plays are less like every mood than the middle track still has the nearest.
    """
    track, session = plays.track[plays.done], session[plays.done]
    heard = np.flatnonzero(np.bincount(track, minlength=features.n_tracks))
    place = np.zeros(features.n_tracks, dtype=np.int64)
    place[heard] = np.arange(len(heard))
    place = place[track]
    worth = mood_worth(mood_matrix(features.audio[heard])).astype(np.float64)
    known: BoolArray = np.asarray(~np.isnan(worth).any(axis=1), dtype=np.bool_)
    full = np.bincount(session, minlength=n)
    told = np.bincount(session[known[place]], minlength=n)
    sums = np.stack([_sum_plays(worth[:, mood], known, place, session, n) for mood in range(8)])
    sure = (told > 0) & (told >= MIN_KNOWN * full)
    nearest = np.bincount(sums[:, sure].argmax(axis=0), minlength=len(MOODS))
    counted = {mood: int(count) for mood, count in zip(MOODS, nearest, strict=True) if count}
    ordered = dict(sorted(counted.items(), key=lambda one: -one[1]))
    return ordered, int(((full > 0) & ~sure).sum())


def _sum_plays(worth: Double, known: BoolArray, place: Long, session: Long, n: int) -> Double:
    filled = np.where(known, worth, 0.0)
    return np.bincount(session, weights=filled[place], minlength=n).astype(np.float64)
