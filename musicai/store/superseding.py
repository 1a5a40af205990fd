"""One play in several sources: which row repeats which.

Somebody who scrobbles to Last.fm and asks Spotify for a history has most plays
twice, under other ids and with times to the second, to the minute, or of the end
instead of the start. A row of a weaker source repeats one of a stronger source if
the titles are the same and the times agree as far as both are known; each row is
repeated at most once by one source, the nearest in time first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musicai.sources.base import PLAY_SOURCES

Int64 = npt.NDArray[np.int64]

EXTENDED = PLAY_SOURCES.index("spotify_extended")
ACCOUNT = PLAY_SOURCES.index("spotify_account")
SCROBBLES = tuple(
    PLAY_SOURCES.index(name)
    for name in ("listenbrainz", "pano_scrobbler", "lastfm", "librefm", "maloja", "rockbox")
)
LAST_PLAY = PLAY_SOURCES.index("itunes")

NEAR = 120
"""Seconds between the starts of one play as two programs note it."""

MINUTE = 60
"""Account data know the end of a play to the minute."""

_ROUNDS = 8
"""Rows that lost their nearest partner look again so often."""


@dataclass(frozen=True)
class Played:
    """Plays of one listener, as arrays of one length."""

    id: Int64
    """The row in the database."""
    import_id: Int64
    source: Int64
    """Position in ``PLAY_SOURCES``."""
    title: Int64
    """Equal for tracks of one normalised title; −1 for a track without a name."""
    start: Int64
    """Seconds since 1970."""
    ms: Int64


def repeated(plays: Played) -> Int64:
    """(n,) for each row the position of the stronger row that it repeats, −1 for none."""
    found = _twice(plays)
    present = np.unique(plays.source).tolist()
    for weak in present:
        for strong in (source for source in present if source < weak):
            mine = np.flatnonzero((plays.source == weak) & (found < 0) & (plays.title >= 0))
            theirs = np.flatnonzero((plays.source == strong) & (found < 0) & (plays.title >= 0))
            if len(mine) and len(theirs):
                for row, partner in _pairs(plays, mine, theirs, weak, strong):
                    found[row] = partner
    return found


def _twice(plays: Played) -> Int64:
    """Scrobbles that one service gave in two exports; the row that came first counts.

    They have the same moment, or the same minute where one of the exports knows no seconds.
    """
    found = np.full(len(plays.id), -1, dtype=np.int64)
    rows = np.flatnonzero(np.isin(plays.source, SCROBBLES) & (plays.title >= 0))
    order = rows[
        np.lexsort((plays.id[rows], plays.start[rows], plays.title[rows], plays.source[rows]))
    ]
    one, other = order[:-1], order[1:]
    start = plays.start
    to_the_minute = (start[one] % MINUTE == 0) & (start[one] == start[other] // MINUTE * MINUTE)
    same = (plays.source[one] == plays.source[other]) & (plays.title[one] == plays.title[other])
    same &= (start[one] == start[other]) | to_the_minute
    for a, b in zip(one[same].tolist(), other[same].tolist(), strict=True):
        first, later = (a, b) if plays.id[a] < plays.id[b] else (b, a)
        found[later] = first if found[first] < 0 else found[first]
    return found


def _pairs(
    plays: Played, mine: Int64, theirs: Int64, weak: int, strong: int
) -> Iterator[tuple[Int64, Int64]]:
    title, start = plays.title, plays.start
    slack = np.full(len(mine), NEAR, dtype=np.int64)
    if (strong, weak) == (EXTENDED, ACCOUNT):
        # both tell the length to the millisecond, so the ends are compared and lengths must agree
        title = (title << 27) | plays.ms
        start = start + plays.ms // 1000
        slack[:] = MINUTE // 2 + MINUTE
        start = np.where(plays.source == weak, start + MINUTE // 2, start)
    elif weak == LAST_PLAY:
        slack = np.maximum(slack, plays.ms[mine] // 1000 + MINUTE)
    yield from _nearest(title, start, mine, theirs, slack)


def _nearest(
    key: Int64, time: Int64, mine: Int64, theirs: Int64, slack: Int64
) -> Iterator[tuple[Int64, Int64]]:
    """One-to-one, the nearest pairs first: (rows, partners) of each round."""
    for _ in range(_ROUNDS):
        order = np.lexsort((time[theirs], key[theirs]))
        theirs = theirs[order]
        away, place = _closest(key, time, mine, theirs)
        close = away <= slack
        if not close.any():
            return
        rows, partners = mine[close], place[close]
        by_distance = np.lexsort((rows, away[close], partners))
        _, first = np.unique(partners[by_distance], return_index=True)
        winners = by_distance[first]
        yield rows[winners], theirs[partners[winners]]
        done = np.isin(mine, rows[winners])
        mine, slack = mine[close & ~done], slack[close & ~done]
        theirs = np.delete(theirs, partners[winners])
        if not len(mine) or not len(theirs):
            return


def _closest(key: Int64, time: Int64, mine: Int64, theirs: Int64) -> tuple[Int64, Int64]:
    """For each of ``mine`` how far the nearest of ``theirs`` of its key is, and its place."""
    base = int(min(time[mine].min(), time[theirs].min()))
    width = int(max(time[mine].max(), time[theirs].max())) - base + 1
    codes = np.unique(np.concatenate([key[mine], key[theirs]]), return_inverse=True)[1]
    wanted = codes[: len(mine)].astype(np.int64) * 2 * width + (time[mine] - base)
    there = codes[len(mine) :].astype(np.int64) * 2 * width + (time[theirs] - base)
    after = np.minimum(np.searchsorted(there, wanted), len(there) - 1)
    before = np.maximum(after - 1, 0)
    place = np.where(np.abs(there[before] - wanted) <= np.abs(there[after] - wanted), before, after)
    same = codes[len(mine) :][place] == codes[: len(mine)]
    away = np.where(same, np.abs(there[place] - wanted), np.iinfo(np.int64).max)
    return away, place
