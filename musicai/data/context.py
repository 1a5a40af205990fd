"""Moments of the week: sixteen slots, three hours each, on weekdays and at weekends.

Slots are counted in UTC, for what was played and for what is asked alike: a listener's evening is
the same slot all year, but for the hour of daylight saving.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from musicai.data.library import BoolArray, IntArray, Library
from musicai.data.periods import zone
from musicai.data.sessions import SESSION_GAP_MINUTES, mark_completed, seconds, sessions
from musicai.data.text_keys import normalise

HOURS = 3
"""Length of a slot."""

A_DAY = 24 // HOURS
SLOTS = 2 * A_DAY
"""Weekday slots from midnight on, then those of Saturday and Sunday."""

_DAY = 86_400
_SINCE_MONDAY = 3
"""1 January 1970 was a Thursday."""


def slots(seconds: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
    """(n,) the slot of each moment, given in seconds since 1970."""
    day, within = np.divmod(np.asarray(seconds, dtype=np.int64), _DAY)
    weekend = (day + _SINCE_MONDAY) % 7 >= 5
    return np.asarray(weekend * A_DAY + within // (3600 * HOURS), dtype=np.int32)


def slot_of(moment: datetime) -> int:
    """The slot of one moment."""
    return int(slots(np.array([moment.timestamp()]))[0])


def name_slot(slot: int, timezone: str, near: datetime | None = None) -> str:
    """A slot in a listener's own hours: "weekdays, 18:00 to 21:00".

    Args:
        slot: 0 to ``SLOTS`` − 1.
        timezone: Of the listener, such as "Europe/Berlin".
        near: When it is asked, which decides on daylight saving; now if left out.

    Raises:
        QueryError: there is no such zone.
    """
    now = datetime.now(UTC) if near is None else near
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    begins = today + timedelta(hours=HOURS * (slot % A_DAY))
    local = begins.astimezone(zone(timezone))
    ends = local + timedelta(hours=HOURS)
    days = "weekends" if slot >= A_DAY else "weekdays"
    return f"{days}, {local:%H:%M} to {ends:%H:%M}"


SEASONS = ("December to February", "March to May", "June to August", "September to November")
PLACES = ("the start of a session", "the middle of a session", "late in a session")
ACTIVITIES = ("focus", "workout", "commute", "party", "sleep", "cooking")

HOUR, SEASON, PLACE, ACTIVITY = "hour", "season", "place", "activity"
"""``HOUR``: the slot of the week (``musicai.data.context``), which a query's moment asks for."""

SIZES: Mapping[str, int] = {
    SEASON: len(SEASONS),
    PLACE: len(PLACES),
    ACTIVITY: len(ACTIVITIES) + 1,
}
"""Occasion → number of its kinds; the last kind of an activity is none of them."""

EARLY, LATE = 3, 12
"""The first so many plays are the start of a session; from the other on it is late."""

FEWEST_TRACKS = 5
"""Tracks in playlists of an activity below which it is not known."""

SEEMING = 3.0
"""An activity is inferred where its tracks are so many times more frequent than usual."""

_WORDS: Mapping[str, str] = {
    "focus": "focus|concentrat\\w*|study|studying|studies|work|working|coding|deep work|lernen|"
    "arbeit|arbeiten|estudiar|estudio|travail|etudier|bureau|office|reading|lesen",
    "workout": "workouts?|work out|gym|run|running|runs|jog|jogging|train|training|fitness|"
    "sports?|cardio|lifting|laufen|entreno|entrenamiento|musculation|yoga|cycling",
    "commute": "commut\\w*|drive|driving|drives|car|road ?trip|roadtrip|auto|autofahrt|fahrt|"
    "bus|subway|zug|coche|voiture|carretera|on the way|unterwegs",
    "party": "party|parties|dance|dancing|dancefloor|club|clubbing|disco|feier|tanzen|fiesta|"
    "fete|soiree|bailar|rave",
    "sleep": "sleep|sleeping|sleepy|asleep|bedtime|bed|lullab\\w*|schlaf\\w*|einschlafen|dormir|"
    "sommeil|sueno|nap",
    "cooking": "cook|cooking|kitchen|dinner|supper|bak(?:e|ing)|kochen|kuche|cocina|cocinar|"
    "cuisine|diner|breakfast|brunch",
}
"""Whole words of a playlist's name, folded: case and accents do not count."""

_PATTERNS = {name: re.compile(rf"\b(?:{words})\b") for name, words in _WORDS.items()}


def activities_of(playlist: str) -> tuple[str, ...]:
    """What a playlist's name says it is for."""
    folded = normalise(playlist)
    return tuple(name for name, pattern in _PATTERNS.items() if pattern.search(folded))


def season_of(moment: datetime) -> int:
    """The season of a moment, as a place in ``SEASONS``."""
    return int(_season(np.array(moment.month)))


def place_of(number: int) -> int:
    """Where the play after ``number`` plays of a session stands, as a place in ``PLACES``."""
    return int(_place(np.array(number)))


def _season(month: Any) -> Any:
    return month % 12 // 3


def _place(number: Any) -> Any:
    return (number >= EARLY).astype(int) + (number >= LATE)


def count_context_plays(
    library: Library, plays: pd.DataFrame, rows: IntArray, done: BoolArray
) -> dict[str, IntArray]:
    """Completed plays of each track by slot of the week, season and place.

    Args:
        library: The data.
        plays: Of any listeners, in time order.
        rows: (k,) the tracks, ascending.
        done: (n_plays,) which plays were completed.

    Returns:
        Occasion → (k, its kinds).
    """
    at = np.searchsorted(rows, library.canonical[plays["track"].to_numpy()])[done]
    kinds = {
        HOUR: slots(seconds(plays["played_at"])),
        SEASON: _season(plays["played_at"].dt.month.to_numpy()),
        PLACE: _place(_number_within(sessions(plays))),
    }
    return {name: _table(at, kind[done], len(rows), name) for name, kind in kinds.items()}


def _number_within(session: IntArray) -> IntArray:
    """(n_plays,) how many plays of its session are before each."""
    order = np.argsort(session, kind="stable")
    first = np.flatnonzero(np.diff(session[order], prepend=-1))
    found = np.empty(len(session), dtype=np.int32)
    sizes = np.diff(first, append=len(session))
    found[order] = np.arange(len(session)) - np.repeat(first, sizes)
    return found


def of_others(library: Library) -> dict[str, IntArray]:
    """Count as :func:`count_context_plays`, by the other listeners; empty without any."""
    plays = library.plays[library.plays["listener"] != 0]
    if plays.empty:
        return {}
    return count_context_plays(
        library, plays, np.arange(library.n_tracks, dtype=np.int32), mark_completed(plays)
    )


def _table(at: Any, kind: Any, n: int, occasion: str) -> IntArray:
    size = SLOTS if occasion == HOUR else SIZES[occasion]
    counts = np.bincount(at * size + kind, minlength=n * size)
    return counts.reshape(n, size).astype(np.int32)


def count_activity_plays(library: Library, rows: IntArray, plays: IntArray) -> IntArray:
    """(k, 7) plays of each track by the activities that its playlists name; the last for none.

    A track that was never played counts once where a playlist holds it.

    Args:
        library: The data.
        rows: (k,) the tracks, ascending.
        plays: (k,) completed plays of each.
    """
    found = np.zeros((len(rows), SIZES[ACTIVITY]), dtype=np.int32)
    items = library.playlist_items
    for name in items["playlist"].cat.categories:
        kinds = activities_of(str(name))
        if not kinds:
            continue
        held = library.canonical[items.loc[items["playlist"] == name, "track"].to_numpy()]
        there = np.isin(rows, held)
        for kind in kinds:
            found[there, ACTIVITIES.index(kind)] = np.maximum(plays[there], 1)
    none = ~found.any(axis=1)
    found[none, -1] = plays[none]
    return found


def list_known_activities(counts: IntArray) -> tuple[str, ...]:
    """List those with enough tracks in playlists; ``counts`` of :func:`count_activity_plays`."""
    if not len(counts):
        return ()
    tracks = (counts[:, :-1] > 0).sum(axis=0)
    return tuple(name for name, n in zip(ACTIVITIES, tracks, strict=True) if n >= FEWEST_TRACKS)


def infer_activity(counts: IntArray, rows: IntArray, recent: IntArray) -> str | None:
    """The activity that the last session looks like; None where it looks like none.

    Args:
        counts: (k, 7) as :func:`count_activity_plays` has it.
        rows: (k,) its tracks, ascending.
        recent: (r,) tracks of the last session.
    """
    known = list_known_activities(counts)
    here = np.isin(rows, recent)
    if not known or not here.any():
        return None
    share = (counts[here, :-1] > 0).mean(axis=0)
    usual = (counts[:, :-1] > 0).mean(axis=0)
    lift = np.where(share >= 0.5, share / np.maximum(usual, 1e-9), 0.0)
    best = ACTIVITIES[int(np.argmax(lift))]
    return best if best in known and lift.max() >= SEEMING else None


def session_place(plays: pd.DataFrame, now: int) -> int:
    """Where the next of one listener's plays stands: at the start, unless a session goes on."""
    latest = plays.iloc[-LATE - 1 :]
    if latest.empty:
        return 0
    number = sessions(latest)
    running = int((number == number[-1]).sum())
    begun = int(seconds(latest["played_at"])[-1])
    end = begun + int(latest["ms_played"].fillna(0).iloc[-1]) // 1000
    return place_of(running) if now - end <= 60 * SESSION_GAP_MINUTES else 0
