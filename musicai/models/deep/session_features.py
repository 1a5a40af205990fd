"""Plays as the network reads them: items, time gaps, times of the week, skips."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musicai.data.context import slots
from musicai.data.library import BoolArray, IntArray

Rows = npt.NDArray[np.int64]

GAPS = 17
"""Kinds of a gap: 0 for unknown, then by powers of two, from seconds to nine hours and more."""


def gap_kinds(seconds: Rows) -> Rows:
    """(n,) the kind of each gap to the play before; 0 where it is unknown or the clock jumped.

    Args:
        seconds: (n,) when each play began, 0 where unknown.
    """
    kind = np.zeros(len(seconds), dtype=np.int64)
    if len(seconds) > 1:
        gap = np.diff(seconds)
        known = (gap >= 0) & (seconds[1:] > 0) & (seconds[:-1] > 0)
        power = np.floor(np.log2(np.maximum(gap, 1))).astype(np.int64)
        kind[1:] = np.where(known, np.minimum(power + 1, GAPS - 1), 0)
    return kind


def slot_kinds(seconds: Rows) -> Rows:
    """(n,) 1 + the time of the week of each play; 0 where it is unknown."""
    return np.where(seconds > 0, slots(seconds) + 1, 0).astype(np.int64)


@dataclass(frozen=True)
class SessionEvents:
    """Sessions one after the other, older ones first; (n_events,) each but ``starts``."""

    items: Rows
    starts: Rows
    """(n_sessions + 1,)."""
    gap: Rows
    slot: Rows
    skip: Rows
    """1 where the play was skipped."""

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def length(self) -> Rows:
        """(n_sessions,) plays of each."""
        return np.diff(self.starts)

    def between(self, first: int, last: int) -> SessionEvents:
        """The sessions from ``first`` up to ``last``."""
        begin, end = int(self.starts[first]), int(self.starts[last])
        return SessionEvents(
            self.items[begin:end],
            self.starts[first : last + 1] - begin,
            self.gap[begin:end],
            self.slot[begin:end],
            self.skip[begin:end],
        )


@dataclass(frozen=True)
class Batch:
    """Sessions side by side, the first play first; (b, t) each, padded at the end."""

    items: Rows
    """−1 where there is no play."""
    gap: Rows
    slot: Rows
    skip: Rows
    first: BoolArray
    """True where the item comes for the first time in its session."""


def read(
    items: IntArray | Rows,
    starts: Rows,
    heard: BoolArray,
    times: Rows,
    longest: int,
) -> SessionEvents:
    """Sessions cut into pieces of at most ``longest`` + 1 plays; single plays are left out.

    A piece begins with the last play of the one before, so that no step is lost.

    Args:
        items: (n_events,) item of each play.
        starts: (n_sessions + 1,).
        heard: (n_events,) False where skipped.
        times: (n_events,) seconds since 1970, 0 unknown; empty where no times are known.
        longest: Plays that the network sees at once.
    """
    seconds = times if len(times) else np.zeros(len(items), dtype=np.int64)
    gap = gap_kinds(seconds)
    length = np.diff(starts)
    gap[starts[:-1][length > 0]] = 0
    pieces = np.maximum(-(-(length - 1) // longest), 0)
    session = np.repeat(np.arange(len(length)), pieces)
    number = np.arange(len(session)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    begin = starts[session] + number * longest
    size = np.minimum(begin + longest + 1, starts[session + 1]) - begin
    bounds = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    place = np.arange(int(bounds[-1])) + np.repeat(begin - bounds[:-1], size)
    return SessionEvents(
        items[place].astype(np.int64),
        bounds,
        gap[place],
        slot_kinds(seconds)[place],
        (~heard[place]).astype(np.int64),
    )


def batch(plays: SessionEvents, chosen: Rows) -> Batch:
    """Some sessions side by side."""
    size = plays.length[chosen]
    step = np.arange(int(size.max()))
    there = step < size[:, None]
    place = np.where(there, plays.starts[:-1][chosen][:, None] + step, 0)
    items = np.where(there, plays.items[place], -1)
    same = items[:, :, None] == items[:, None, :]
    earlier = np.tri(len(step), k=-1, dtype=bool)
    return Batch(
        items,
        np.where(there, plays.gap[place], 0),
        np.where(there, plays.slot[place], 0),
        np.where(there, plays.skip[place], 0),
        there & ~(same & earlier).any(axis=2),
    )


def groups(
    plays: SessionEvents, chosen: Rows, plays_a_batch: int, rng: np.random.Generator
) -> Iterator[Rows]:
    """Sessions of about one length together, at most about so many plays, in chance order."""
    size = plays.length[chosen]
    order = chosen[np.argsort(size + 3 * rng.random(len(size)), kind="stable")]
    total = np.cumsum(plays.length[order])
    cuts = np.flatnonzero(np.diff(total // plays_a_batch)) + 1
    found = np.split(order, cuts)
    yield from (found[place] for place in rng.permutation(len(found)))
