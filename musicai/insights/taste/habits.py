"""How somebody listens: to how few artists, what stays of what is new, and what is skipped."""

from __future__ import annotations

import math

import numpy as np

from musicai.data.arrays import TrackFeatures
from musicai.data.genres import GENRES
from musicai.insights.taste.plays import DAY, ENDS, SETTLED_DAYS, STAY_DAYS, Double, Long, Plays
from musicai.insights.taste.profile import Loyalty, Peers, Quarter, SkipHabits
from musicai.insights.taste.sound import diversity

GENRE_PLAYS = 30
"""Plays of a genre before its skips are told, and of a quarter before its diversity is."""

PEERS_LEAST = 20
"""Other listeners needed for a comparison."""

PEER_PLAYS = 50
"""Completed plays of known genre that another listener needs to count."""


def loyalty(features: TrackFeatures, plays: Plays, everything: Plays) -> Loyalty | None:
    """How much keeps to few artists; None where no artist is known.

    Args:
        features: What is known of the tracks.
        plays: Those of the period.
        everything: All of the listener's: whether an artist was new, and whether it was kept.
    """
    artist = features.artist[plays.track[plays.done]].astype(np.int64)
    counts = np.sort(np.bincount(artist[artist >= 0]))[::-1].astype(float)
    counts = counts[counts > 0]
    if not len(counts):
        return None
    shares = counts / counts.sum()
    settled, kept = _count_kept_artists(features, plays, everything)
    return Loyalty(
        artists=len(counts),
        top_1=float(shares[0]),
        top_5=float(shares[:5].sum()),
        top_10=float(shares[:10].sum()),
        effective_artists=math.exp(-float(shares @ np.log(shares))),
        settled=settled,
        kept=kept,
    )


def _count_kept_artists(
    features: TrackFeatures, plays: Plays, everything: Plays
) -> tuple[int, int]:
    """Artists new in the period and long enough ago, and how many of them came again."""
    whose = features.artist[everything.track].astype(np.int64)
    at = np.flatnonzero(everything.done & (whose >= 0))
    whose, start = whose[at], everything.start[at]
    first = np.full(len(features.artist_names), np.iinfo(np.int64).max, dtype=np.int64)
    np.minimum.at(first, whose, start)
    again = np.zeros(len(first), dtype=np.bool_)
    again[whose[start - first[whose] >= STAY_DAYS * DAY]] = True
    begin, end = int(plays.start[0]), int(plays.start[-1])
    last = int(everything.start[-1])
    new = (first >= begin) & (first <= end) & (last - first >= SETTLED_DAYS * DAY)
    return int(new.sum()), int((new & again).sum())


def skips(plays: Plays, genre_rows: Double) -> SkipHabits | None:
    """What is skipped; None where no play says whether it was.

    Args:
        plays: Those of the period.
        genre_rows: (n_tracks, 10) membership; a track counts for its main genre.
    """
    said = plays.skipped >= 0
    if not said.any():
        return None
    skipped = plays.skipped == 1
    unheard = said & ~_mark_repeats(plays)
    main = np.where(genre_rows.any(axis=1), genre_rows.argmax(axis=1), -1)[plays.track]
    known = said & (main >= 0)
    n = np.bincount(main[known], minlength=len(GENRES))
    gone = np.bincount(main[known & skipped], minlength=len(GENRES))
    by_genre = [
        (name, int(gone[at]), int(n[at])) for at, name in enumerate(GENRES) if n[at] >= GENRE_PLAYS
    ]
    ended = np.bincount(plays.ended[plays.ended >= 0], minlength=len(ENDS))
    return SkipHabits(
        n=int(said.sum()),
        skipped=int((said & skipped).sum()),
        first_n=int(unheard.sum()),
        first_skipped=int((unheard & skipped).sum()),
        by_genre=tuple(sorted(by_genre, key=lambda one: -one[1] / one[2])),
        median_seconds=float(np.median(plays.ms[skipped])) / 1000 if skipped.any() else None,
        ends={name: int(count) for name, count in zip(ENDS, ended, strict=True) if count},
    )


def _mark_repeats(plays: Plays) -> Long:
    """(n,) whether the track of a play was completed before, in the period."""
    n = int(plays.track.max(initial=-1)) + 1
    first = np.full(n, len(plays), dtype=np.int64)
    at = np.flatnonzero(plays.done)[::-1]
    first[plays.track[at]] = at
    return np.asarray(np.arange(len(plays)) > first[plays.track])


def diversity_over_time(plays: Plays, genre_rows: Double) -> tuple[Quarter, ...]:
    """The effective number of genres of each quarter with enough plays of known genre."""
    track = plays.track[plays.done]
    month = plays.local[plays.done].astype("datetime64[s]").astype("datetime64[M]")
    quarter = month.astype(np.int64) // 3
    if not len(track):
        return ()
    first, n = int(quarter.min()), int(quarter.max() - quarter.min()) + 1
    sums = np.stack(
        [
            np.bincount(quarter - first, weights=genre_rows[track, genre], minlength=n)
            for genre in range(len(GENRES))
        ],
        axis=1,
    )
    found = []
    for at in range(n):
        total = float(sums[at].sum())
        if total < GENRE_PLAYS:
            continue
        year, part = divmod(first + at, 4)
        value = _effective(sums[at])
        found.append(Quarter(f"{1970 + year}-Q{part + 1}", round(total), value))
    return tuple(found)


def _effective(sums: Double) -> float:
    shares = dict(zip(GENRES, (sums / sums.sum()).tolist(), strict=True))
    return diversity(shares).effective_genres or 0.0


def peers(
    plays: tuple[Long, Long], n_listeners: int, genre_rows: Double, own: float | None
) -> Peers | None:
    """The genre diversity of the other listeners; None where there are too few.

    Args:
        plays: Listener and track of each completed play of the library.
        n_listeners: How many listeners the library has; 0 is the owner.
        genre_rows: (n_tracks, 10) membership in each genre.
        own: The owner's effective number of genres; None where it is not known.
    """
    if own is None or n_listeners <= PEERS_LEAST:
        return None
    listener, track = plays
    sums = np.stack(
        [
            np.bincount(listener, weights=genre_rows[track, genre], minlength=n_listeners)
            for genre in range(len(GENRES))
        ],
        axis=1,
    )
    enough = np.flatnonzero(sums[1:].sum(axis=1) >= PEER_PLAYS) + 1
    if len(enough) < PEERS_LEAST:
        return None
    values = np.array([_effective(sums[at]) for at in enough])
    return Peers(len(values), float(np.median(values)), float((values < own).mean()))
