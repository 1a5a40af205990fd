"""Listening sessions, and what counts as listened to."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from scipy import sparse

from musicai.data.library import BoolArray, IntArray

COMPLETED_MS = 30_000
"""A play shorter than this (milliseconds) is not counted as listened to, as on Spotify."""

SESSION_GAP_MINUTES = 30
"""A pause longer than this ends a listening session; the customary value for music logs."""


def mark_completed(plays: pd.DataFrame) -> BoolArray:
    """(n_plays,) True where the track was listened to: not skipped, 30 seconds or more."""
    skipped = plays["skipped"].fillna(False).to_numpy(dtype=bool)
    return ~skipped & (plays["ms_played"].to_numpy() >= COMPLETED_MS)


def seconds(times: pd.Series) -> np.ndarray[Any, np.dtype[np.int64]]:
    """(n,) whole seconds since 1970."""
    return times.to_numpy(dtype="datetime64[s]").astype(np.int64)


def sessions(plays: pd.DataFrame, gap_minutes: int = SESSION_GAP_MINUTES) -> IntArray:
    """(n_plays,) the number of the listening session of each play.

    A session ends where the same listener pauses longer than ``gap_minutes``
    between the end of one play and the start of the next.
    """
    if plays.empty:
        return np.zeros(0, dtype=np.int32)
    start = seconds(plays["played_at"])
    listener = plays["listener"].to_numpy()
    order = np.lexsort((start, listener))
    end = start + plays["ms_played"].to_numpy() // 1000
    pause = start[order][1:] - end[order][:-1]
    breaks = (pause > gap_minutes * 60) | (np.diff(listener[order]) != 0)
    numbers = np.empty(len(plays), dtype=np.int32)
    numbers[order] = np.concatenate([[0], np.cumsum(breaks)])
    return numbers


def basket_rows(
    basket: np.ndarray[Any, Any], track: np.ndarray[Any, Any], n_tracks: int
) -> sparse.csr_matrix:
    """Baskets of two or more distinct tracks, each a row of ones."""
    unique = np.unique(basket.astype(np.int64) * max(n_tracks, 1) + track)
    row, column = np.divmod(unique, max(n_tracks, 1))
    size = np.unique(row, return_counts=True)[1]
    if not len(size):
        return sparse.csr_matrix((0, n_tracks), dtype=np.float32)
    matrix = sparse.csr_matrix(
        (np.ones(len(unique), dtype=np.float32), column, np.concatenate([[0], size.cumsum()])),
        shape=(len(size), n_tracks),
    )
    return matrix[size >= 2]


Segment = Literal["new", "light", "heavy"]
"""How much is known of a listener."""

SEGMENTS: tuple[Segment, ...] = get_args(Segment)
"""All of them, least known first."""

LIGHT_FROM = 50
"""Events from which a listener is no longer new. With fewer, nothing worth stating can be
measured on a listener alone (``holdout.MIN_EVENTS``), so nothing can be learned of them alone
either."""

HEAVY_FROM = 500
"""Events from which a listener is heavy: a month of some fifteen full plays a day."""


def segment_of(n_events: int) -> Segment:
    """The segment of a listener with ``n_events`` events before the cut (0 or more).

    "new" below ``LIGHT_FROM``, "light" from there on, "heavy" from ``HEAVY_FROM`` on.
    """
    if n_events < LIGHT_FROM:
        return "new"
    return "light" if n_events < HEAVY_FROM else "heavy"
