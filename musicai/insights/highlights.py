"""What stands out in one's own plays: recent favourites, forgotten ones, what is known of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from musicai.data.arrays import History, TrackFeatures
from musicai.data.library import FEATURE_SOURCES, GENRE_SOURCES, IntArray, Library, Shown


@dataclass(frozen=True)
class ForgottenFavorite:
    """A favourite that has not been played for long."""

    track_id: str
    name: str
    artists: tuple[str, ...]
    plays: int
    """Completed plays."""
    last_played: datetime
    """UTC."""


@dataclass(frozen=True)
class ProvenanceShares:
    """How much is known of the profile's own tracks: provenance → share, sums to 1."""

    features_by_plays: Mapping[str, float]
    features_by_tracks: Mapping[str, float]
    genres_by_plays: Mapping[str, float]
    genres_by_tracks: Mapping[str, float]
    n_tracks: int
    """Own tracks."""
    n_plays: int
    """Plays of the owner."""


DAY = 86_400.0

FAVOURITE_HALF_LIFE_DAYS = 90.0
"""A favourite's worth halves when it has not been played for this long."""

FORGOTTEN_BARS = ((5, 90), (2, 30), (1, 0))
"""(least plays, least days of rest): the first pair that fills the list is used."""


def favourites(past: History, n: int) -> IntArray:
    """Rows of the ``n`` recent favourites, best first."""
    days = np.maximum(past.now - past.last_played, 0) / DAY
    worth = past.confidence * 0.5 ** (days / FAVOURITE_HALF_LIFE_DAYS)
    return past.rows[np.lexsort((past.rows, -worth))[:n]]


def find_forgotten(
    past: History, features: TrackFeatures, shown: Shown, n: int
) -> list[ForgottenFavorite]:
    """Favourites not played for long, the most missed first, one an artist."""
    days = (past.now - past.last_played) / DAY
    rested = (past.last_played > 0) & (past.plays > 0)
    chosen: list[int] = []
    for least, rest in FORGOTTEN_BARS:
        hit = np.flatnonzero(rested & (past.plays >= least) & (days >= rest))
        missed = np.log1p(past.plays[hit]) * (1.0 - np.exp(-days[hit] / (2 * 90.0)))
        chosen = _keep_one_per_artist(hit[np.lexsort((hit, -missed))], past, features, n)
        if len(chosen) >= n:
            break
    return [_as_forgotten(past, place, shown) for place in chosen]


def _keep_one_per_artist(
    places: npt.NDArray[np.intp], past: History, features: TrackFeatures, n: int
) -> list[int]:
    seen: set[int] = set()
    chosen: list[int] = []
    for place in places:
        artist = int(features.artist[past.rows[place]])
        if artist not in seen:
            seen.add(artist)
            chosen.append(int(place))
        if len(chosen) == n:
            break
    return chosen


def _as_forgotten(past: History, place: int, shown: Shown) -> ForgottenFavorite:
    track_id, name, artists, _ = shown[int(past.rows[place])]
    last = datetime.fromtimestamp(int(past.last_played[place]), UTC)
    return ForgottenFavorite(track_id, name, artists, int(past.plays[place]), last)


def coverage(library: Library) -> ProvenanceShares:
    """Where the features and genres of the own tracks come from, by tracks and by plays."""
    tracks = library.tracks[library.tracks["own"]]
    counts = library.plays.loc[library.plays["listener"] == 0, "track"].value_counts()
    by_plays = counts.reindex(tracks.index, fill_value=0).astype(float)
    by_tracks = pd.Series(1.0, index=tracks.index)

    def shares(column: str, names: tuple[str, ...], weight: pd.Series) -> dict[str, float]:
        total = weight.groupby(tracks[column].astype("str")).sum().reindex(names, fill_value=0.0)
        whole = float(total.sum())
        return {name: float(total[name]) / whole if whole else 0.0 for name in names}

    return ProvenanceShares(
        features_by_plays=shares("feature_source", FEATURE_SOURCES, by_plays),
        features_by_tracks=shares("feature_source", FEATURE_SOURCES, by_tracks),
        genres_by_plays=shares("genre_source", GENRE_SOURCES, by_plays),
        genres_by_tracks=shares("genre_source", GENRE_SOURCES, by_tracks),
        n_tracks=len(tracks),
        n_plays=int(counts.sum()),
    )
