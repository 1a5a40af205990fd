"""What a picture of the map needs: which tracks to draw, what each is, who is in a region."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

import numpy as np
import pandas as pd

from musicai.data.library import BoolArray, FloatArray, IntArray, Library, RowArray
from musicai.data.periods import Period
from musicai.data.sessions import mark_completed
from musicai.models.music_map.model import MusicMap

NO_GENRE = -1
"""Of a track whose genre is not known."""


def choose_drawn(music_map: MusicMap, own: BoolArray, limit: int, seed: int = 0) -> IntArray:
    """Rows to draw where there are too many: a fixed random part of those not one's own.

    Args:
        music_map: The map.
        own: (n,) the listener's tracks; all of them are drawn.
        limit: Most others.
        seed: Which others; the same on every call.

    Returns:
        Rows, ascending.
    """
    placed = music_map.is_placed
    mine, others = np.flatnonzero(placed & own), np.flatnonzero(placed & ~own)
    if len(others) > limit:
        others = np.random.default_rng(seed).choice(others, limit, replace=False)
    rows = np.concatenate([mine, others]).astype(np.int32)
    rows.sort()
    return rows


def count_full_plays(library: Library, period: Period) -> IntArray:
    """(n,) full plays of each track by the owner in a period; O(plays)."""
    plays = library.plays
    counted = (plays["listener"].to_numpy() == 0) & mark_completed(plays)
    moments = plays["played_at"]
    for bound, later in ((period.since, True), (period.until, False)):
        if bound is not None:
            moment = pd.Timestamp(bound).tz_convert(UTC)
            counted &= ((moments >= moment) if later else (moments < moment)).to_numpy()
    rows = plays["track"].to_numpy()[counted]
    return np.bincount(rows, minlength=library.n_tracks).astype(np.int32)


def foremost(music_map: MusicMap, rows: RowArray, plays: IntArray, n: int) -> RowArray:
    """The tracks that stand for a region: the most played, then those nearest to its middle.

    Args:
        music_map: The map.
        rows: (k,) the region's tracks.
        plays: (n_tracks,) plays of each.
        n: How many at most.
    """
    points = music_map.vectors[rows]
    away = ((points - points.mean(axis=0)) ** 2).sum(axis=1) if len(rows) else rows
    return rows[np.lexsort((rows, away, -plays[rows]))[:n]]


def main_genre(genres: FloatArray) -> IntArray:
    """(n,) the genre with most of each track's membership; ``NO_GENRE`` where not known.

    Args:
        genres: (n, 10) membership, NaN where not known.
    """
    filled = np.nan_to_num(genres)
    found: IntArray = filled.argmax(axis=1).astype(np.int32)
    found[filled.max(axis=1) <= 0] = NO_GENRE
    return found


def over_tracks(n: int, rows: IntArray, values: FloatArray) -> FloatArray:
    """(n,) float32 values at their rows, NaN elsewhere."""
    found = np.full(n, np.nan, dtype=np.float32)
    found[rows] = values
    return found


def within(music_map: MusicMap, outline: Sequence[tuple[float, float]]) -> BoolArray:
    """(n,) which tracks lie inside a closed outline, by the even-odd rule; O(n · corners).

    Args:
        music_map: The map.
        outline: Corners in order; the last is joined with the first. Two opposite corners
            stand for the rectangle between them.
    """
    corners = np.asarray(outline, dtype=np.float64).reshape(-1, 2)
    if len(corners) == 2:
        (x0, y0), (x1, y1) = corners
        corners = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
    inside = np.zeros(len(music_map.xy), dtype=bool)
    if len(corners) < 3:
        return inside
    x, y = music_map.xy[:, 0].astype(np.float64), music_map.xy[:, 1].astype(np.float64)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if y0 == y1:
            continue
        between = (y0 <= y) != (y1 <= y)
        inside ^= between & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return inside
