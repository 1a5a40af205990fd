"""Which rows are there already: exact keys, compared with numpy."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

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
