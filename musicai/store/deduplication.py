"""Which rows are there already: exact keys, compared with numpy."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, Connection, ScalarSelect, func, select

from musicai.data.parsed import NOMINAL_MS, PLAY_SOURCES
from musicai.data.text_keys import title_key
from musicai.store import schema

Int64 = npt.NDArray[np.int64]


@dataclass
class KnownRows:
    """Rows met so far, as pairs of 64-bit keys with a time to narrow the search.

    Two rows are the same exactly if both keys are. A unique index in the
    database would say the same, at several times the cost of the import.
    """

    chunks: list[tuple[Int64, Int64, Int64, Int64]] = field(default_factory=list)
    """(time, first key, second key, import id) of each batch."""

    def add(self, time: Int64, first: Int64, second: Int64, import_id: Int64) -> None:
        """Remember rows."""
        if len(time):
            self.chunks.append((time, first, second, import_id))

    def holders(self, time: Int64, first: Int64, second: Int64) -> Int64:
        """For each row, who holds it.

        Returns:
            (n,) the import that holds an equal row, −1 if an equal row comes
            earlier in this very batch, 0 for a row that is new.
        """
        if not len(time):
            return np.zeros(0, dtype=np.int64)
        known = self._between(int(time.min()), int(time.max()))
        n_known = len(known[0])
        first_all = np.concatenate([known[0], first])
        second_all = np.concatenate([known[1], second])
        holder = np.concatenate([known[2], np.full(len(time), -1, dtype=np.int64)])
        order = np.lexsort((second_all, first_all))  # stable: known rows stay before new ones
        a, b = first_all[order], second_all[order]
        opens = np.ones(len(order), dtype=bool)
        opens[1:] = (a[1:] != a[:-1]) | (b[1:] != b[:-1])
        group = np.cumsum(opens) - 1
        found = np.where(opens, 0, holder[order[np.flatnonzero(opens)]][group])
        result = np.empty(len(order), dtype=np.int64)
        result[order] = found
        return result[n_known:]

    def _between(self, low: int, high: int) -> tuple[Int64, Int64, Int64]:
        parts: list[tuple[Int64, Int64, Int64]] = []
        for time, first, second, import_id in self.chunks:
            near = (time >= low) & (time <= high)
            if near.any():
                parts.append((first[near], second[near], import_id[near]))
        if not parts:
            empty = np.zeros(0, dtype=np.int64)
            return empty, empty, empty
        firsts, seconds, ids = zip(*parts, strict=True)
        return np.concatenate(firsts), np.concatenate(seconds), np.concatenate(ids)


def play_keys(
    source: Int64, listener: Int64, track: Int64, played_at: Int64, ms_played: Int64
) -> tuple[Int64, Int64]:
    """The exact key of a play: (listener, source, track) and (start, length).

    24, 8 and 32 bits, then 32 bits each. What two sources tell alike is one play too, but the
    better of them must win, whichever came first: ``superseding`` sees to that.
    """
    first = (listener << 40) | (source << 32) | track
    return first, (played_at << 32) | (ms_played & 0xFFFFFFFF)


def item_keys(
    playlist: Int64, track: Int64, position: Int64, added_at: Int64
) -> tuple[Int64, Int64]:
    """The key of a playlist row: when it was added, or its position where that is not known.

    A list that is exported again later has other positions and the same times.
    """
    dated = added_at > 0
    return (playlist << 32) | track, np.where(dated, added_at, -1 - position)


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
class ListenerPlays:
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


def find_superseded(plays: ListenerPlays) -> Int64:
    """Which rows tell again what a better row tells.

    Returns:
        (n,) the position of the best row that tells the same play, −1 for a row that is
        itself the best.
    """
    best = _of_one_service(plays)
    every = np.arange(len(best), dtype=np.int64)
    rows = _find_shared_titles(plays, np.flatnonzero(best == every))
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


def _of_one_service(plays: ListenerPlays) -> Int64:
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


def _find_shared_titles(plays: ListenerPlays, rows: Int64) -> Int64:
    """Rows whose title is in more than one source: no others can have a partner."""
    sources = np.zeros(int(plays.title.max(initial=-1)) + 1, dtype=np.int64)
    for source in np.unique(plays.source[rows]):
        sources[np.unique(plays.title[rows][plays.source[rows] == source])] += 1
    return rows[sources[plays.title[rows]] > 1]


def _pairs(
    plays: ListenerPlays, mine: Int64, theirs: Int64, strong: int, weak: int
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
    taken = _pair_once(zip(row[order].tolist(), place[order].tolist(), strict=True))
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


def _pair_once(pairs: Iterable[tuple[int, int]]) -> Int64:
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


FEW_TRACKS = 5_000
"""So many tracks are named in the query; of more, the plays of all are read."""


@dataclass(frozen=True)
class ChangedPlays:
    """Plays whose mark is another one now: arrays of one length."""

    id: Int64
    import_id: Int64
    before: Int64
    """The import whose source was better so far, 0 where the play counted."""
    after: Int64
    """The import whose source is better now, 0 where the play counts."""

    def __len__(self) -> int:
        return len(self.id)

    def of(self, which: npt.NDArray[np.bool_] | slice) -> ChangedPlays:
        """Some of them."""
        return ChangedPlays(
            self.id[which], self.import_id[which], self.before[which], self.after[which]
        )


_NONE = np.zeros(0, dtype=np.int64)

NO_MARKS = ChangedPlays(_NONE, _NONE, _NONE, _NONE)


def is_needed(connection: Connection, profile: str) -> bool:
    """Whether one of the owner's plays can be there twice, or was so far."""
    plays = schema.plays.c
    seen = connection.execute(
        select(plays.source, plays.superseded_by.is_not(None))
        .where(*_of_owner(_mine(profile, 0)))
        .distinct()
    ).all()
    return is_possible({source for source, _ in seen}) or any(marked for _, marked in seen)


def changes(
    connection: Connection,
    profile: str,
    importing: int = 0,
    tracks: Collection[int] | None = None,
    names: Mapping[int, str] | None = None,
) -> ChangedPlays:
    """What marking the owner's plays afresh changes.

    Args:
        connection: A transaction.
        profile: Whose plays.
        importing: The import that is being written, whose rows count already.
        tracks: Numbers of tracks of which something new is known: only plays of their titles
            can be concerned. None for all.
        names: Names that tracks without one are about to get.
    """
    mine = _mine(profile, importing)
    titles, places = _titles(connection, mine, names or {})
    plays = schema.plays.c
    where = _of_owner(mine)
    concerned = np.ones(len(titles), dtype=bool)
    if tracks is not None:
        concerned = np.isin(titles, titles[np.fromiter(tracks, dtype=np.int64)])
        if concerned.sum() <= FEW_TRACKS:
            where.append(plays.track.in_(np.flatnonzero(concerned).tolist()))
    holder = func.coalesce(plays.superseded_by, 0)
    columns = (plays.id, plays.import_id, holder, plays.source, plays.track, plays.played_at)
    table = schema.raw_integers(connection, select(*columns, plays.ms_played).where(*where))
    ids, imports, before, source, track, start, ms = table[:, concerned[table[4]]]
    best = find_superseded(ListenerPlays(source, titles[track], start, ms, places[track]))
    after = np.where(best >= 0, imports[best], 0)
    return ChangedPlays(ids, imports, before, after).of(before != after)


def write(connection: Connection, marks: ChangedPlays) -> None:
    """Note the marks."""
    if len(marks):
        after = [value or None for value in marks.after.tolist()]
        connection.exec_driver_sql(
            "UPDATE plays SET superseded_by = ? WHERE id = ?",
            list(zip(after, marks.id.tolist(), strict=True)),
        )


def _mine(profile: str, importing: int) -> ScalarSelect[int]:
    imports = schema.imports.c
    mine = (imports.state == "visible") | (imports.id == importing)
    return select(imports.id).where(imports.profile == profile, mine).scalar_subquery()


def _of_owner(mine: ScalarSelect[int]) -> list[ColumnElement[bool]]:
    """Plays of the profile's owner, each row once."""
    plays, listeners = schema.plays.c, schema.listeners.c
    owner = select(listeners.code).where(listeners.name == "", listeners.import_id.in_(mine))
    return [
        plays.import_id.in_(mine),
        plays.duplicate == 0,
        plays.listener.in_(owner.distinct().scalar_subquery()),
    ]


def _titles(
    connection: Connection, mine: ScalarSelect[int], names: Mapping[int, str]
) -> tuple[Int64, Int64]:
    """By track number: a number for its normalised title, and its place among all by id.

    A track without a name has a title of its own.
    """
    c = schema.tracks.c
    rows = schema.raw_rows(
        connection,
        select(c.row, c.track_id, c.name).where(c.import_id.in_(mine)).order_by(c.import_id, c.id),
    )
    ids = {row: track_id for row, track_id, _ in rows}
    called: dict[int, str] = {}
    for row, _, name in rows:
        if name:
            called.setdefault(row, name)
    numbers: dict[str, int] = {}
    titles = np.full(max(ids, default=-1) + 1, -1, dtype=np.int64)
    for row, track_id in ids.items():
        name = called.get(row) or names.get(row, "")
        key = f"title {title_key(name)}" if name else f"id {track_id}"
        titles[row] = numbers.setdefault(key, len(numbers))
    places = np.full(len(titles), -1, dtype=np.int64)
    places[sorted(ids, key=lambda row: str(ids[row]))] = np.arange(len(ids))
    return titles, places
