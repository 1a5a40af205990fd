"""What was played most, how that changed, and what was much loved and then forgotten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from musicai.data.arrays import TrackFeatures
from musicai.data.genres import GENRE_LABELS, GENRES
from musicai.data.library import Library
from musicai.insights.history.model import ForgottenTrack, Place
from musicai.insights.taste import sound, top_items
from musicai.insights.taste.plays import DAY, Double, Long, Plays

TOP = 50
"""Lines of each list."""

FORGOTTEN = 30
"""Forgotten tracks told."""

LEAST_PLAYS = 5
"""Full plays a track needs to have been a favourite."""

REST_DAYS = 180
"""Days without a full play after which a favourite counts as forgotten."""

AN_ARTIST = 2
"""Forgotten tracks of one artist, at most."""

_HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Codes:
    """What each track counts as; (n_tracks,) each, −1 unknown."""

    tracks: Long
    """Recordings: re-releases count together."""
    artists: Long
    """First artists."""
    albums: Long
    """Albums: equal titles by different first artists stay apart."""
    genres: Double
    """(n_tracks, 10) membership in each genre, rows summing to 1; 0 where none is known."""
    names: Callable[[int], tuple[str, str, str]]
    """Track row → title, artists, album."""


def codes(library: Library, features: TrackFeatures) -> Codes:
    """What the tracks of a library count as."""
    titles = library.tracks["name"].to_numpy(dtype=object)
    albums = library.tracks["album"].to_numpy(dtype=object)
    artists = library.tracks["artists"].to_numpy(dtype=object)

    def names(row: int) -> tuple[str, str, str]:
        return str(titles[row]), top_items.artists_of(artists[row]), str(albums[row])

    return Codes(
        features.recording.astype(np.int64),
        features.artist.astype(np.int64),
        top_items.album_codes(library, features),
        sound.genre_rows(features),
        names,
    )


def lists(
    features: TrackFeatures, known: Codes, now: Plays, before: Plays | None
) -> dict[str, tuple[Place, ...]]:
    """The most played tracks, artists, albums and genres, with their ranks of before."""
    n = features.n_tracks
    plays, hours = _weights(now, n)
    earlier = None if before is None else _weights(before, n)[0]
    total = float(plays.sum()) or 1.0

    def rank_items(
        code: Long, name: Callable[[int], tuple[str, str]], *, rows: bool
    ) -> list[Place]:
        best = top_items.rank_codes(code, plays, TOP)
        was = _ranks(code, earlier)
        time = np.bincount(code[code >= 0], weights=hours[code >= 0])
        return [
            Place(
                rank=rank,
                name=name(leader)[0],
                artists=name(leader)[1],
                plays=count,
                hours=float(time[one]),
                share=count / total,
                before=was.get(one),
                row=leader if rows else None,
            )
            for rank, (one, count, _, leader) in enumerate(best, start=1)
        ]

    def artist(row: int) -> tuple[str, str]:
        return features.artist_names[features.artist[row]], ""

    def album(row: int) -> tuple[str, str]:
        _, artists, title = known.names(row)
        return title, artists

    return {
        "tracks": tuple(rank_items(known.tracks, lambda row: known.names(row)[:2], rows=True)),
        "artists": tuple(rank_items(known.artists, artist, rows=False)),
        "albums": tuple(rank_items(known.albums, album, rows=True)),
        "genres": tuple(_genres(known.genres, plays, hours, earlier)),
    }


def _weights(plays: Plays, n: int) -> tuple[Double, Double]:
    """(n_tracks,) full plays, and hours of all plays."""
    full = np.bincount(plays.track[plays.done], minlength=n).astype(float)
    return full, np.bincount(plays.track, weights=plays.ms, minlength=n) / _HOUR_MS


def _ranks(code: Long, weights: Double | None) -> dict[int, int]:
    """Code → its rank in a period, 1 for the most played; equal plays share the better rank."""
    if weights is None:
        return {}
    rows = np.flatnonzero((weights > 0) & (code >= 0))
    sums = np.bincount(code[rows], weights=weights[rows])
    present = np.flatnonzero(sums > 0)
    ordered = np.sort(sums[present])
    rank = len(ordered) - np.searchsorted(ordered, sums[present], side="right") + 1
    return dict(zip(present.tolist(), rank.tolist(), strict=True))


def _genres(rows: Double, plays: Double, hours: Double, earlier: Double | None) -> list[Place]:
    now, time = plays @ rows, hours @ rows
    was = {} if earlier is None else _ranks(np.arange(len(GENRES)), earlier @ rows)
    total = float(plays.sum()) or 1.0
    order = [int(at) for at in np.argsort(-now, kind="stable") if now[at] > 0]
    return [
        Place(
            rank=rank,
            name=GENRE_LABELS[GENRES[at]],
            artists="",
            plays=float(now[at]),
            hours=float(time[at]),
            share=float(now[at]) / total,
            before=was.get(at),
            row=None,
        )
        for rank, at in enumerate(order, start=1)
    ]


def find_forgotten(
    plays: Plays, known: Codes, features: TrackFeatures
) -> tuple[ForgottenTrack, ...]:
    """Favourites that rest: many full plays, and none for half a year; the most missed first.

    Missed is ln(1 + plays) · (1 − exp(−days / 180)): the much played, and those that rest long.
    """
    track, day = plays.track[plays.done].astype(np.int64), plays.local[plays.done] // DAY
    if not len(track):
        return ()
    code = known.tracks[track]
    n = int(code.max()) + 1
    count = np.bincount(code, minlength=n)
    last = np.zeros(n, dtype=np.int64)
    np.maximum.at(last, code, day)
    rest = int(plays.local[-1] // DAY) - last
    found = np.flatnonzero((count >= LEAST_PLAYS) & (rest >= REST_DAYS))
    missed = np.log1p(count[found]) * (1.0 - np.exp(-rest[found] / REST_DAYS))
    told: list[ForgottenTrack] = []
    used: dict[int, int] = {}
    leaders = _leaders(code, track, n)
    for one in found[np.lexsort((found, -missed))].tolist():
        row = int(leaders[one])
        maker = int(features.artist[row])
        if used.get(maker, 0) >= AN_ARTIST and maker >= 0:
            continue
        used[maker] = used.get(maker, 0) + 1
        year, most = _best_year(day[code == one])
        told.append(
            ForgottenTrack(
                row, int(count[one]), year, most, str(np.datetime64(int(last[one]), "D"))
            )
        )
        if len(told) == FORGOTTEN:
            break
    return tuple(told)


def _leaders(code: Long, track: Long, n: int) -> Long:
    """(n,) a track row of each code: the lowest that was played."""
    found = np.full(n, np.iinfo(np.int64).max, dtype=np.int64)
    np.minimum.at(found, code, track)
    return found


def _best_year(day: Long) -> tuple[int, int]:
    years = day.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    unique, counts = np.unique(years, return_counts=True)
    best = int(len(counts) - 1 - np.argmax(counts[::-1]))  # the latest of equal ones
    return int(unique[best]), int(counts[best])
