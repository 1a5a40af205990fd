"""What is held out: cuts in time, and the units a model is measured on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from musicai.data.library import IntArray, Library
from musicai.data.sessions import Segment, mark_completed, seconds, segment_of

MIN_EVENTS = 50
"""With fewer dated plays (or playlist rows) nothing worth stating can be measured."""

MIN_LISTENERS = 20
"""From this many listeners on, a unit is a listener; below, a week of the owner's."""

MIN_TARGETS = 3
"""Tracks a listener must have in the hold-out to be a unit."""

MIN_WEEKS = 8
"""With fewer weeks in the hold-out the owner's days are the units."""

MAX_UNITS = 500
"""More units are sampled down to this many: intervals are narrow enough then."""

WEEK, DAY = 7 * 86_400, 86_400


@dataclass(frozen=True)
class Cuts:
    """Two moments: choose on [validation, test), measure on [test, end]."""

    validation: pd.Timestamp
    test: pd.Timestamp


@dataclass(frozen=True)
class Unit:
    """One thing to foretell: what a listener listened to in a stretch of time."""

    listener: int
    """Position in ``Library.listeners``."""
    targets: IntArray
    """Track rows, unique and ascending."""


@dataclass(frozen=True)
class Units:
    """The units after one cut."""

    cut: pd.Timestamp
    """Nothing from here on may have been seen."""
    kind: Literal["listener", "week", "day"]
    """What a unit is: a listener, or a week or day of the owner's."""
    units: tuple[Unit, ...]

    def __len__(self) -> int:
        return len(self.units)


def events(library: Library) -> pd.DataFrame:
    """What can be foretold: ``listener``, ``track``, ``time`` (seconds), in time order.

    Completed plays (not skipped, 30 seconds or more). A profile without plays, such
    as one made of playlists, has its dated playlist rows instead.
    """
    if len(library.plays):
        plays = library.plays[mark_completed(library.plays)]
        return pd.DataFrame(
            {
                "listener": plays["listener"].to_numpy(),
                "track": library.canonical[plays["track"].to_numpy()].astype(np.int32),
                "time": seconds(plays["played_at"]),
            }
        )
    items = library.playlist_items.dropna(subset=["added_at"]).sort_values("added_at")
    return pd.DataFrame(
        {
            "listener": np.zeros(len(items), dtype=np.int32),
            "track": library.canonical[items["track"].to_numpy()].astype(np.int32),
            "time": seconds(items["added_at"]),
        }
    )


def temporal_split(
    library: Library, share: float = 0.2, min_events: int = MIN_EVENTS
) -> Cuts | None:
    """One cut for all listeners, so that nothing from the future is learned from anyone.

    The last ``share`` of the events is the test part; of what is before it, the last
    ``share`` is for validation.

    Returns:
        None if there are fewer than ``min_events``, or too few moments to cut between.
    """
    times = np.sort(events(library)["time"].to_numpy())
    if len(times) < min_events:
        return None
    test = times[int(len(times) * (1.0 - share))]
    before = times[times < test]
    if not len(before):
        return None
    validation = before[int(len(before) * (1.0 - share))]
    if validation <= times[0]:
        return None
    return Cuts(_moment(validation), _moment(test))


def make_units(
    library: Library,
    cut: pd.Timestamp,
    *,
    until: pd.Timestamp | None = None,
    seed: int = 0,
    limit: int = MAX_UNITS,
) -> Units:
    """The units in [cut, until), or to the end.

    Args:
        library: All of the data.
        cut: Start of the stretch that is held out.
        until: Its end, for validation: the test cut.
        seed: Of the sample, where there are more than ``limit``.
        limit: Most units.
    """
    found = events(library)
    found = found[found["time"] >= cut.timestamp()]
    if until is not None:
        found = found[found["time"] < until.timestamp()]
    targets = found.groupby("listener")["track"].nunique()
    enough = targets.index[targets >= MIN_TARGETS]
    kind: Literal["listener", "week", "day"] = "listener"
    if len(enough) >= MIN_LISTENERS:
        found = found[found["listener"].isin(enough)]
        group = found["listener"].to_numpy()
    else:
        found = found[found["listener"] == 0]
        since = found["time"].to_numpy() - int(cut.timestamp())
        kind = "week" if len(np.unique(since // WEEK)) >= MIN_WEEKS else "day"
        group = since // (WEEK if kind == "week" else DAY)
    return Units(cut, kind, _sample_listeners(_group_listeners(found, group), seed, limit))


def listener_segments(library_before: Library) -> tuple[Segment, ...]:
    """(n_listeners,) the segment of each, by its events in ``library.before(cut)``."""
    listener = events(library_before)["listener"].to_numpy()
    counts = np.bincount(listener, minlength=len(library_before.listeners))
    return tuple(segment_of(int(count)) for count in counts)


def _group_listeners(found: pd.DataFrame, group: np.ndarray[Any, Any]) -> list[Unit]:
    return [
        Unit(int(part["listener"].iloc[0]), np.unique(part["track"].to_numpy(dtype=np.int32)))
        for _, part in found.groupby(group, sort=True)
    ]


def _sample_listeners(units: list[Unit], seed: int, limit: int) -> tuple[Unit, ...]:
    if len(units) <= limit:
        return tuple(units)
    drawn = np.random.default_rng(seed).choice(len(units), limit, replace=False)
    return tuple(units[place] for place in np.sort(drawn))


def _moment(time: np.integer) -> pd.Timestamp:
    return pd.Timestamp(int(time), unit="s", tz="UTC")
