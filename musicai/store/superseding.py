"""One play in several sources: which row tells again what a better one tells.

Somebody who scrobbles to Last.fm and asks Spotify for a history has most plays
twice, under other ids and with times to the second, to the minute, or of the end
instead of the start. Rows of one title whose times agree as far as they are known
are one play. Of each source at most one row tells the same play, and the nearest in
time are taken first; only a scrobbling service can tell one play twice by itself, in
exports of different tools.

What comes out depends on the rows alone, not on the order in which they came.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musicai.data.parsed import PLAY_SOURCES
from musicai.sources.values import NOMINAL_MS

Int64 = npt.NDArray[np.int64]

EXTENDED = PLAY_SOURCES.index("spotify_extended")
ACCOUNT = PLAY_SOURCES.index("spotify_account")
SCROBBLES = frozenset(
    PLAY_SOURCES.index(name)
    for name in ("listenbrainz", "pano_scrobbler", "lastfm", "librefm", "maloja", "rockbox")
)
"""Their exports differ by the tool that made them: in lengths, or in the seconds of times."""

UNSURE = (PLAY_SOURCES.index("rockbox"), PLAY_SOURCES.index("itunes"))
"""Their time may be that of a play's end, or of the last of several."""

NEAR = 120
"""Seconds between the starts of one play as two programs note it."""

MINUTE = 60
"""Account data know the end of a play to the minute, and may be a minute off; seconds."""

SAME_LENGTH = 1_000
"""Milliseconds by which the lengths of one play may differ between Spotify's two histories."""

CROWD = 16
"""Of so many rows of one title on either side a row is compared with the nearest alone."""


@dataclass(frozen=True)
class Played:
    """Plays of one listener, no two of them equal in everything: arrays of one length."""

    source: Int64
    """Position in ``PLAY_SOURCES``: the lower, the better."""
    title: Int64
    """Numbers from 0 on, equal for tracks of one normalised title."""
    start: Int64
    """Seconds since 1970."""
    ms: Int64
    """How long it was heard, milliseconds."""
    track: Int64
    """The track's place among all by id: settles what is otherwise equal."""


def is_possible(sources: Collection[int]) -> bool:
    """Whether plays of these sources can hold one play twice."""
    return len(sources) > 1 or not SCROBBLES.isdisjoint(sources)


def superseded(plays: Played) -> Int64:
    """Which rows tell again what a better row tells.

    Returns:
        (n,) the position of the best row that tells the same play, −1 for a row that is
        itself the best.
    """
    best = _of_one_service(plays)
    every = np.arange(len(best), dtype=np.int64)
    rows = _told_by_several(plays, np.flatnonzero(best == every))
    rows = rows[np.lexsort([column[rows] for column in (plays.track, plays.ms, plays.start)])]
    by_source = {int(s): rows[plays.source[rows] == s] for s in np.unique(plays.source[rows])}
    for weak, mine in by_source.items():
        for strong in (source for source in by_source if source < weak):
            free = mine[best[mine] == mine]
            theirs = by_source[strong]
            theirs = theirs[~np.isin(best[theirs], best[mine])]
            found, partner = _pairs(plays, free, theirs, strong, weak)
            best[found] = best[partner]
    best = best[best]
    return np.where(best == every, -1, best)


def _of_one_service(plays: Played) -> Int64:
    """(n,) the position of the best of the rows that one scrobbling service has of one play.

    Such rows have one moment, or one minute where the time of one has no seconds. The best has
    the exact time, then a length that is known.
    """
    best = np.arange(len(plays.source), dtype=np.int64)
    rows = np.flatnonzero(np.isin(plays.source, list(SCROBBLES)))
    if not len(rows):
        return best
    minute = (plays.start % MINUTE == 0).astype(np.int64)
    nominal = (plays.ms == NOMINAL_MS).astype(np.int64)
    columns = (plays.track, plays.ms, nominal, plays.start, plays.title, plays.source)
    rows = rows[np.lexsort([column[rows] for column in columns])]
    one, other = rows[:-1], rows[1:]
    same = (plays.source[one] == plays.source[other]) & (plays.title[one] == plays.title[other])
    moment = same & (plays.start[one] == plays.start[other])
    within = same & (minute[one] == 1) & (plays.start[other] - plays.start[one] < MINUTE)
    group = np.cumsum(np.r_[True, ~(moment | within)])
    order = np.lexsort((np.arange(len(rows)), minute[rows], group))
    _, first = np.unique(group[order], return_index=True)
    best[rows] = rows[order][first][group - 1]
    return best


def _told_by_several(plays: Played, rows: Int64) -> Int64:
    """Rows whose title is in more than one source: no others can have a partner."""
    sources = np.zeros(int(plays.title.max(initial=-1)) + 1, dtype=np.int64)
    for source in np.unique(plays.source[rows]):
        sources[np.unique(plays.title[rows][plays.source[rows] == source])] += 1
    return rows[sources[plays.title[rows]] > 1]


def _pairs(
    plays: Played, mine: Int64, theirs: Int64, strong: int, weak: int
) -> tuple[Int64, Int64]:
    """Rows of a weaker source and the rows of a stronger one that tell the same plays."""
    my_time, their_time = plays.start[mine], plays.start[theirs]
    slack = np.full(len(mine), NEAR, dtype=np.int64)
    both_exact = (strong, weak) == (EXTENDED, ACCOUNT)
    if both_exact:
        their_time = their_time + plays.ms[theirs] // 1000
        my_end = my_time + plays.ms[mine] // 1000
        my_time = my_end // MINUTE * MINUTE + MINUTE // 2
        slack[:] = MINUTE // 2 + MINUTE
    elif weak in UNSURE:
        slack = np.maximum(slack, plays.ms[mine] // 1000 + MINUTE)
    row, place = _near(plays.title[mine], my_time, slack, plays.title[theirs], their_time)
    away = np.abs(my_time[row] - their_time[place])
    other_length = np.zeros_like(away)
    if both_exact:
        other_length = np.abs(plays.ms[mine[row]] - plays.ms[theirs[place]])
        same = other_length <= SAME_LENGTH
        row, place, away, other_length = row[same], place[same], away[same], other_length[same]
    order = np.lexsort((place, row, away, other_length))
    taken = _one_to_one(zip(row[order].tolist(), place[order].tolist(), strict=True))
    return mine[taken[:, 0]], theirs[taken[:, 1]]


def _near(
    my_title: Int64, my_time: Int64, slack: Int64, their_title: Int64, their_time: Int64
) -> tuple[Int64, Int64]:
    """All pairs of one title whose times differ by at most ``slack``: places in both."""
    if not len(my_time) or not len(their_time):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    reach = int(slack.max()) + 1
    first = min(int(my_time.min()), int(their_time.min())) - reach
    width = max(int(my_time.max()), int(their_time.max())) + reach - first + 1
    code = their_title * width + (their_time - first)
    order = np.argsort(code, kind="stable")
    code = code[order]
    wanted = my_title * width + (my_time - first)
    middle = np.searchsorted(code, wanted)
    low = np.maximum(np.searchsorted(code, wanted - slack), middle - CROWD)
    high = np.minimum(np.searchsorted(code, wanted + slack, side="right"), middle + CROWD)
    count = high - low
    row = np.repeat(np.arange(len(wanted), dtype=np.int64), count)
    place = np.arange(len(row), dtype=np.int64) + np.repeat(low - (np.cumsum(count) - count), count)
    return row, order[place]


def _one_to_one(pairs: Iterable[tuple[int, int]]) -> Int64:
    """(n, 2) the pairs taken in their order, each of both sides once."""
    left: set[int] = set()
    right: set[int] = set()
    taken: list[tuple[int, int]] = []
    for row, place in pairs:
        if row not in left and place not in right:
            left.add(row)
            right.add(place)
            taken.append((row, place))
    return np.array(taken, dtype=np.int64).reshape(len(taken), 2)
