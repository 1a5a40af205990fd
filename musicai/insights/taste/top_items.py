"""What is heard most: artists, tracks, albums, decades, and how well known it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from musicai.data.arrays import TrackFeatures
from musicai.data.library import ARTIST_SEPARATOR, BoolArray, Library
from musicai.insights.taste.plays import Double
from musicai.insights.taste.profile import Top
from musicai.insights.taste.sound import SoundComparison

TOP = 50
"""Lines kept of each list of favourites."""

_EARLIEST_YEAR = 1_860
"""Before the first sound recording a year is a mistake in the file."""

Codes = npt.NDArray[np.int64]


def top_artists(features: TrackFeatures, weights: Double) -> tuple[Top, ...]:
    """First artists by listening."""
    return tuple(
        Top(features.artist_names[code], "", plays, share)
        for code, plays, share, _ in rank_codes(features.artist.astype(np.int64), weights)
    )


def top_tracks(library: Library, features: TrackFeatures, weights: Double) -> tuple[Top, ...]:
    """Recordings by listening; re-releases of one recording count together."""
    artists = library.tracks["artists"]
    return tuple(
        Top(features.names[row], artists_of(artists.iat[row]), plays, share, row)
        for _, plays, share, row in rank_codes(features.recording.astype(np.int64), weights)
    )


def top_albums(library: Library, features: TrackFeatures, weights: Double) -> tuple[Top, ...]:
    """Albums by listening; equal titles by different first artists stay apart."""
    albums = library.tracks["album"].to_numpy(dtype=object)
    artists = library.tracks["artists"]
    return tuple(
        Top(str(albums[row]), artists_of(artists.iat[row]), plays, share, row)
        for _, plays, share, row in rank_codes(album_codes(library, features, weights > 0), weights)
    )


def album_codes(
    library: Library, features: TrackFeatures, wanted: BoolArray | None = None
) -> Codes:
    """(n_tracks,) a number for each album by each first artist; −1 where none is known.

    Args:
        library: The data.
        features: What is known of its tracks.
        wanted: (n_tracks,) the tracks to number, others are −1; all where left out.
    """
    rows = np.flatnonzero(wanted) if wanted is not None else np.arange(library.n_tracks)
    album, titles = pd.factorize(library.tracks["album"].to_numpy(dtype=object)[rows])
    named = np.array([bool(title) for title in titles], dtype=np.bool_)[album]
    pairs = album * (len(features.artist_names) + 1) + features.artist[rows] + 1
    found = np.full(library.n_tracks, -1, dtype=np.int64)
    # numbered from 0 on, so that counting needs no more room than there are albums
    found[rows[named]] = np.unique(pairs[named], return_inverse=True)[1]
    return found


def artists_of(joined: Any) -> str:
    """The artists of a track as one reads them."""
    return ", ".join(name.strip() for name in str(joined).split(ARTIST_SEPARATOR))


def rank_codes(
    codes: Codes, weights: Double, top: int = TOP
) -> list[tuple[int, float, float, int]]:
    """The heaviest codes: code, weight, share of all, and its heaviest row.

    Ties go to the lower code, so that the order of plays changes nothing.
    """
    rows = np.flatnonzero((weights > 0) & (codes >= 0))
    if not len(rows):
        return []
    unique, place = np.unique(codes[rows], return_inverse=True)
    sums = np.bincount(place, weights=weights[rows])
    order = np.lexsort((rows, -weights[rows], place))
    leader = rows[order[np.r_[True, np.diff(place[order]) != 0]]]
    best = np.argsort(-sums, kind="stable")[:top]
    total = float(weights.sum())
    return [
        (int(unique[at]), float(sums[at]), float(sums[at]) / total, int(leader[at])) for at in best
    ]


def eras(library: Library, weights: Double) -> dict[str, float]:
    """Decade → share of the listening with a known year, oldest first."""
    year = library.tracks["year"].to_numpy(dtype=float)
    rows = np.flatnonzero((weights > 0) & (year >= _EARLIEST_YEAR))
    decades, place = np.unique(year[rows].astype(np.int64) // 10 * 10, return_inverse=True)
    sums = np.bincount(place, weights=weights[rows], minlength=len(decades))
    total = float(sums.sum()) or 1.0
    return {f"{decade}s": float(value) / total for decade, value in zip(decades, sums, strict=True)}


def mainstream(
    features: TrackFeatures, weights: Double, compared: SoundComparison
) -> tuple[float | None, float | None]:
    """Mean popularity, 0 to 100, of the listening and of the tracks compared with."""
    known = np.isfinite(features.popularity)
    mine = np.where(known, weights, 0.0)
    other = known & compared.rows
    popularity = features.popularity.astype(float)
    return (
        float(popularity[mine > 0] @ mine[mine > 0] / mine.sum()) if mine.any() else None,
        float(popularity[other].mean()) if other.any() else None,
    )


def popularity(features: TrackFeatures, weights: Double) -> tuple[float, ...]:
    """(10,) shares of the listening of known popularity: 0 to 9, 10 to 19 … 90 to 100."""
    known = np.isfinite(features.popularity) & (weights > 0)
    if not known.any():
        return ()
    place = np.clip(features.popularity[known] // 10, 0, 9).astype(np.int64)
    sums = np.bincount(place, weights=weights[known], minlength=10)
    return tuple((sums / sums.sum()).tolist())
