"""What counts as listening, and when it happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from musicai.core.errors import QueryError
from musicai.data.library import BoolArray, IntArray, Library
from musicai.data.periods import zone
from musicai.data.sessions import mark_completed, seconds, sessions
from musicai.insights.taste.profile import ListeningPatterns, Month, Sessions

Long = npt.NDArray[np.int64]
Double = npt.NDArray[np.float64]

DAY = 86_400
HOUR = 3_600
STAY_DAYS = 30
"""A track stayed if it was completed again so many days or more after the first time."""
SETTLED_DAYS = 90
"""Days after a first play before it is said that a track did not stay."""
ENDS: dict[str, tuple[str, ...]] = {
    "to the end": ("trackdone",),
    "skipped on": ("fwdbtn", "nextbtn"),
    "skipped back": ("backbtn",),
    "another was chosen": ("endplay", "clickrow", "clickside", "playbtn", "remote"),
    "the player was closed": (
        "logout",
        "unexpected-exit",
        "unexpected-exit-while-paused",
        "appload",
    ),
}
"""What ended a play, in words → Spotify's names for it (``reason_end``)."""
_EPOCH_WEEKDAY = 3
"""1 January 1970 was a Thursday; Monday is 0."""


@dataclass(frozen=True)
class Plays:
    """One listener's plays in a period, in time order, as arrays of the same length."""

    track: IntArray
    start: Long
    """Seconds since 1970, UTC."""
    local: Long
    """The clock on the wall, as seconds since 1970 on that clock."""
    ms: Long
    """Milliseconds played."""
    done: BoolArray
    """Completed: 30 seconds or more and not skipped."""
    skipped: npt.NDArray[np.int8]
    """1 skipped, 0 not, −1 not said."""
    first: BoolArray
    """The first completed play of its track in the whole history, not only the period."""
    session: IntArray
    """Listening session, ascending."""
    stayed: npt.NDArray[np.int8]
    """Of a first completed play: 1 if its track was completed again a month or more later, 0 if
    not, though there was time enough; −1 for every other play, and where it is too early to say."""
    ended: npt.NDArray[np.int8]
    """Position in ``ENDS`` of what ended the play; −1 where it is not said."""

    def between(self, since: datetime | None, until: datetime | None) -> Plays:
        """The plays from one moment, up to but without another; None leaves an end open.

        A moment without a zone is in UTC.
        """
        return self.only(
            slice(_position(self.start, since, 0), _position(self.start, until, len(self)))
        )

    def only(self, which: slice | BoolArray) -> Plays:
        """Some of the plays, in the same order."""
        return Plays(**{one.name: getattr(self, one.name)[which] for one in fields(self)})

    def __len__(self) -> int:
        return len(self.track)

    @property
    def hour(self) -> Long:
        """(n,) local hour, 0 to 23."""
        return self.local // HOUR % 24

    @property
    def weekday(self) -> Long:
        """(n,) local weekday, Monday 0."""
        return (self.local // DAY + _EPOCH_WEEKDAY) % 7


@dataclass(frozen=True)
class Listening:
    """The weight of every track, and the plays behind it where they have times."""

    basis: str
    weights: Double
    """(n_tracks,) completed plays, playlist entries or handed-in weights; ≥ 0."""
    plays: Plays | None
    missing: tuple[str, ...]
    """What could not be counted, in sentences."""
    everything: Plays | None = None
    """The plays of all time, of which ``plays`` are a part."""


def select(
    library: Library,
    listener: int,
    timezone: str,
    since: datetime | None,
    until: datetime | None,
    whole: Plays | None = None,
) -> Listening:
    """The listening of one listener: plays, else the owner's playlists, else nothing.

    Args:
        library: The data.
        listener: Position in ``library.listeners``; 0 is the owner.
        timezone: IANA name; a ``since`` or ``until`` without a zone is in it.
        since: First moment of the period, or None for the beginning.
        until: First moment after the period, or None for the end.
        whole: ``list_timed_plays(library, listener, timezone)``, if it is there already.
    """
    whole = list_timed_plays(library, listener, timezone) if whole is None else whole
    if not len(whole):
        return _without_plays(library, listener)
    where = zone(timezone)
    plays = whole.between(_aware(since, where), _aware(until, where))
    weights = np.bincount(plays.track[plays.done], minlength=library.n_tracks).astype(float)
    missing: tuple[str, ...] = ()
    if not len(plays.track):
        missing = ("There are no plays in this period; choose a longer one.",)
    elif not plays.done.any():
        missing = (
            f"None of the {len(plays.track):,} plays was listened to for 30 seconds "
            "without a skip, so there is no taste to show yet.",
        )
    return Listening("plays", weights, plays, missing, whole)


def of_tracks(
    n_tracks: int, tracks: Sequence[int] | IntArray, weights: Sequence[float] | Double | None
) -> Listening:
    """Listening from a bare list of track rows; rows below 0 are tracks that are not known.

    Raises:
        QueryError: a row is beyond the tracks, a weight is negative or not finite, or
            there are not as many weights as tracks.
    """
    rows = np.asarray(tracks, dtype=np.int64).reshape(-1)
    given = np.ones(len(rows)) if weights is None else np.asarray(weights, dtype=float).reshape(-1)
    if len(given) != len(rows):
        raise QueryError(f"{len(rows)} tracks came with {len(given)} weights; give one each.")
    if not np.isfinite(given).all() or (given < 0).any():
        raise QueryError("Weights of tracks must be 0 or more.")
    if len(rows) and rows.max() >= n_tracks:
        raise QueryError(f"Track row {rows.max()} is beyond the {n_tracks} tracks of this profile.")
    known = rows >= 0
    missing = ["A list of tracks has no times, so there are no listening patterns."]
    if not known.all():
        missing.append(f"{int((~known).sum()):,} of {len(rows):,} tracks are not known here.")
    summed = np.bincount(rows[known], weights=given[known], minlength=n_tracks)
    return Listening("tracks", summed.astype(float), None, tuple(missing))


def _without_plays(library: Library, listener: int) -> Listening:
    if listener == 0 and len(library.playlist_items):
        rows = library.playlist_items["track"].to_numpy()
        return Listening(
            "playlists",
            np.bincount(rows, minlength=library.n_tracks).astype(float),
            None,
            (
                "There are no plays, only playlists: each playlist entry counts once, and "
                "listening patterns need a streaming history.",
            ),
        )
    return Listening(
        "nothing",
        np.zeros(library.n_tracks),
        None,
        ("There are no plays yet. Import a streaming history to see this listener's taste.",),
    )


def list_timed_plays(library: Library, listener: int, timezone: str) -> Plays:
    """All plays of one listener, in time order.

    Raises:
        QueryError: no such listener or time zone.
    """
    where = zone(timezone)
    if not 0 <= listener < len(library.listeners):
        raise QueryError(f"There is no listener number {listener} in this profile.")
    mine = library.plays["listener"].to_numpy() == listener
    frame = library.plays if mine.all() else library.plays[mine]
    start = seconds(frame["played_at"])
    done = np.asarray(mark_completed(frame), dtype=np.bool_)
    track = frame["track"].to_numpy()
    first = np.zeros(len(frame), dtype=np.bool_)
    at = np.flatnonzero(done)[::-1]
    earliest = np.full(library.n_tracks, -1, dtype=np.int64)
    earliest[track[at]] = at  # of several, the last one written stays: the first play
    firsts = earliest[earliest >= 0]
    first[firsts] = True
    return Plays(
        track=track,
        start=start,
        local=_local(start, where),
        ms=frame["ms_played"].to_numpy(),
        done=done,
        skipped=_mark_skipped(frame["skipped"]),
        first=first,
        session=sessions(frame),
        stayed=_mark_stayed(track, start, done, earliest, firsts),
        ended=_find_session_ends(frame["reason_end"]),
    )


def list_completed_plays(library: Library) -> tuple[Long, Long]:
    """Listener and track of each completed play of every listener."""
    done = np.asarray(mark_completed(library.plays), dtype=np.bool_)
    listener, track = (library.plays[name].to_numpy()[done] for name in ("listener", "track"))
    return listener.astype(np.int64), track.astype(np.int64)


def _mark_stayed(
    track: IntArray, start: Long, done: BoolArray, earliest: Long, firsts: Long
) -> npt.NDArray[np.int8]:
    """``Plays.stayed``: ``earliest`` is the first completed play of each track, −1 for none."""
    found = np.full(len(track), -1, dtype=np.int8)
    if not len(firsts):
        return found
    began = np.where(earliest >= 0, start[earliest], np.iinfo(np.int64).max)
    again = done & (start - began[track] >= STAY_DAYS * DAY)
    kept = np.zeros(len(earliest), dtype=np.bool_)
    kept[track[again]] = True
    settled = start[-1] - start[firsts] >= SETTLED_DAYS * DAY
    told = firsts[settled]
    found[told] = kept[track[told]]
    return found


def _find_session_ends(column: pd.Series) -> npt.NDArray[np.int8]:
    places = {name: at for at, names in enumerate(ENDS.values()) for name in names}
    categories = [places.get(str(name).lower(), -1) for name in column.cat.categories]
    # one more for the code −1, which stands for a missing value
    return np.array([*categories, -1], dtype=np.int8)[column.cat.codes.to_numpy()]


def _aware(moment: datetime | None, where: ZoneInfo) -> datetime | None:
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=where)


def _position(start: Long, moment: datetime | None, default: int) -> int:
    """Where a moment falls in the sorted starts."""
    if moment is None:
        return default
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return int(np.searchsorted(start, aware.timestamp(), side="left"))


def _local(start: Long, where: ZoneInfo) -> Long:
    """The wall clock, daylight saving included."""
    times = pd.DatetimeIndex(start.astype("datetime64[s]"), tz="UTC")
    wall = times.tz_convert(where).tz_localize(None)
    return wall.to_numpy(dtype="datetime64[s]").astype(np.int64)


def _mark_skipped(column: pd.Series) -> npt.NDArray[np.int8]:
    said: Any = column.notna().to_numpy(dtype=bool)
    value = column.fillna(False).to_numpy(dtype=bool)
    return np.where(said, value, np.int8(-1)).astype(np.int8)


def patterns(plays: Plays) -> ListeningPatterns:
    """When and how the plays of a period happened."""
    done = plays.done
    hour, weekday = plays.hour[done], plays.weekday[done]
    matrix = np.bincount(weekday * 24 + hour, minlength=7 * 24).reshape(7, 24)
    said = plays.skipped >= 0
    n, n_done, n_said = len(plays.track), int(done.sum()), int(said.sum())
    distinct = len(np.unique(plays.track[done]))
    return ListeningPatterns(
        plays=n,
        completed=n_done,
        hours=float(plays.ms.sum()) / 3_600_000,
        first_play=_iso(plays.local[0]) if n else None,
        last_play=_iso(plays.local[-1]) if n else None,
        active_days=len(np.unique(plays.local[done] // DAY)),
        by_hour=tuple(matrix.sum(axis=0).tolist()),
        by_weekday=tuple(matrix.sum(axis=1).tolist()),
        by_weekday_hour=tuple(tuple(row) for row in matrix.tolist()),
        completed_share=n_done / n if n else None,
        skip_rate=float((plays.skipped == 1).sum()) / n_said if n_said else None,
        skip_known=n_said,
        repeat_share=1 - distinct / n_done if n_done else None,
        sessions=_session_summary(plays),
        months=_months(plays),
    )


def _iso(local: np.int64) -> str:
    return str(np.datetime64(int(local), "s"))


def _session_summary(plays: Plays) -> Sessions:
    if not len(plays.track):
        return Sessions(count=0, median_minutes=None, median_plays=None)
    starts = np.flatnonzero(np.r_[True, np.diff(plays.session) != 0])
    size = np.diff(np.r_[starts, len(plays.track)])
    end = np.maximum.reduceat(plays.start + plays.ms // 1000, starts)
    return Sessions(
        count=len(starts),
        median_minutes=float(np.median(end - plays.start[starts])) / 60,
        median_plays=float(np.median(size)),
    )


def _months(plays: Plays) -> tuple[Month, ...]:
    if not plays.done.any():
        return ()
    month = plays.local[plays.done].astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
    start, length = month.min(), int(month.max() - month.min()) + 1
    counts = np.bincount(month - start, minlength=length)
    fresh = np.bincount(month[plays.first[plays.done]] - start, minlength=length)
    told = plays.stayed[plays.done]
    settled = np.bincount(month[told >= 0] - start, minlength=length)
    stayed = np.bincount(month[told == 1] - start, minlength=length)
    return tuple(
        Month(
            month=str(np.datetime64(int(start) + at, "M")),
            plays=int(counts[at]),
            first_listens=int(fresh[at]),
            settled=int(settled[at]),
            stayed=int(stayed[at]),
        )
        for at in range(length)
    )
