"""Neighbour packs -> rows for training: other listeners, over the library's tracks and artists."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix, vstack

from musicai.data.arrays import NeighbourRows, TrackFeatures
from musicai.data.library import BoolArray, Library, RowArray
from musicai.data.neighbour_data import Pack
from musicai.data.text_keys import first_artist, normalise, recording_key

logger = logging.getLogger(__name__)

MAX_NEIGHBOURS = 20_000
"""Listeners of packs who enter training; of more, those who share the most artists with the
profile's owner. Their tastes are the ones that can say something about the owner's."""

MIN_LISTENERS = 2
"""An artist whom the library does not know is kept as a bridge between listeners if so many of
them play it; one listener's own bridges nothing."""


@dataclass(frozen=True)
class PackCoverage:
    """How much a pack says about a profile's music."""

    n_listeners: int
    n_items: int
    """Artists, or tracks, that the pack names."""
    n_artists: int
    """Artists the owner has played."""
    artists: float
    """Share of them that the pack names."""
    artists_before: float
    """Share of them that the other enabled packs name."""
    artists_together: float
    """Share of them that these name together with the pack."""
    n_plays: int
    """The owner's plays."""
    plays: float
    """Share of them whose artist the pack names."""
    sharing: int
    """Listeners of the pack who play at least one of the owner's artists."""
    new_tracks: int
    """Tracks of enabled catalogues, never played, by an artist whom the pack names."""


def neighbour_rows(library: Library, features: TrackFeatures) -> NeighbourRows | None:
    """What the listeners of all enabled packs play, as confidences.

    A count becomes log(1 + count / the listener's median count): packs count plays
    over years, or weeks, and a listener's own scale is the one thing they share.

    Returns:
        None where no pack is enabled, or none knows anything of the library.
    """
    if not library.neighbours:
        return None
    started = time.perf_counter()
    columns = _Columns(library, features)
    parts = [columns.rows_of(pack) for pack in library.neighbours]
    width = columns.n_artists
    tracks = csr_matrix(vstack([part[0] for part in parts], format="csr"), dtype=np.float32)
    artists = csr_matrix(
        vstack([_widen_matrix(part[1], width) for part in parts], format="csr"), dtype=np.float32
    )
    chosen = _closest(tracks, artists, _own_artists(library, features))
    friends = _friends([pack.tables.friends for pack in library.neighbours], parts)
    rows = NeighbourRows(
        tracks[chosen], artists[chosen], friends[chosen][:, chosen] if friends.nnz else None
    )
    logger.info("%d listeners of packs in %.2f s", len(chosen), time.perf_counter() - started)
    return rows if rows.n_listeners(len(features.artist_names)) else None


def _widen_matrix(matrix: csr_matrix, width: int) -> csr_matrix:
    return csr_matrix((matrix.data, matrix.indices, matrix.indptr), shape=(matrix.shape[0], width))


def _friends(tables: list[pd.DataFrame], parts: list[tuple[csr_matrix, csr_matrix]]) -> csr_matrix:
    """(n, n) 1 where two listeners of a pack are friends; packs below one another."""
    row, column, first = [], [], 0
    for table, (tracks, _) in zip(tables, parts, strict=True):
        pairs = table[["listener", "friend"]].to_numpy()
        pairs = pairs[(pairs < tracks.shape[0]).all(axis=1)] + first
        row += [pairs[:, 0], pairs[:, 1]]
        column += [pairs[:, 1], pairs[:, 0]]
        first += tracks.shape[0]
    rows, columns = np.concatenate(row), np.concatenate(column)
    return csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=(first, first))


def _own_artists(library: Library, features: TrackFeatures) -> BoolArray:
    """(n_artists,) whether the owner has met an artist."""
    met = np.zeros(len(features.artist_names), dtype=bool)
    own = features.artist[library.tracks["own"].to_numpy(dtype=bool)]
    met[own[own >= 0]] = True
    return met


def _closest(tracks: csr_matrix, artists: csr_matrix, met: BoolArray) -> RowArray:
    """Rows of the listeners who enter training, ascending."""
    n = artists.shape[0]
    if n <= MAX_NEIGHBOURS:
        return np.arange(n)
    met = np.concatenate([met, np.zeros(artists.shape[1] - len(met), dtype=bool)])
    shared = np.asarray((artists > 0) @ met.astype(np.float32)).ravel()
    shared += np.diff(tracks.indptr)
    return np.sort(np.argsort(-shared, kind="stable")[:MAX_NEIGHBOURS])


class _Columns:
    """Where the items of packs stand among the library's tracks and artists."""

    def __init__(self, library: Library, features: TrackFeatures) -> None:
        self._library = library
        self._artists = artist_columns(features.artist_names)
        self.n_artists = len(features.artist_names)

    def rows_of(self, pack: Pack) -> tuple[csr_matrix, csr_matrix]:
        """One pack's listeners over tracks and over artists."""
        tables = pack.tables
        listens = tables.listens
        confidence = _confidence(listens)
        n = int(listens["listener"].max()) + 1 if len(listens) else 0
        item = listens["item"].to_numpy()
        artist = self._artist_of(tables.items, item)
        track = self._track_of(tables.items)[item]
        who = listens["listener"].to_numpy()
        return (
            _matrix(who, track, confidence, (n, self._library.n_tracks)),
            _matrix(who, artist[item], confidence, (n, self.n_artists)),
        )

    def _artist_of(self, items: pd.DataFrame, played: npt.NDArray[np.int32]) -> RowArray:
        """(n_items,) artist column, −1 for none; artists new here get further columns."""
        often = np.bincount(played, minlength=len(items))
        found = np.full(len(items), -1, dtype=np.intp)
        for place, name in enumerate(items["artist"].astype(object)):
            key = normalise(name)
            column = self._artists.get(key)
            if column is None and key and often[place] >= MIN_LISTENERS:
                column = self._artists[key] = self.n_artists
                self.n_artists += 1
            found[place] = -1 if column is None else column
        return found

    def _track_of(self, items: pd.DataFrame) -> RowArray:
        """(n_items,) track row, the first of its recording; −1 for artists and unknown tracks."""
        found = np.full(len(items), -1, dtype=np.intp)
        titled = np.flatnonzero((items["title"] != "").to_numpy())
        if not len(titled):
            return found
        names = items.iloc[titled][["artist", "title"]].astype(object).to_numpy()
        wanted: dict[str, list[int]] = {}
        for place, (by, title) in zip(titled.tolist(), names.tolist(), strict=True):
            wanted.setdefault(recording_key(by, title), []).append(place)
        tracks = self._library.tracks
        both = zip(tracks["artists"].astype(object), tracks["name"].astype(object), strict=True)
        canonical = self._library.canonical
        for row, (by, title) in enumerate(both):
            for place in wanted.pop(recording_key(by, title), ()):
                found[place] = canonical[row]
        return found


def _confidence(listens: pd.DataFrame) -> npt.NDArray[np.float32]:
    count = listens["count"]
    usual = count.groupby(listens["listener"]).transform("median")
    return np.asarray(np.log1p(count / usual), dtype=np.float32)


def _matrix(
    who: npt.NDArray[np.int32],
    column: RowArray,
    confidence: npt.NDArray[np.float32],
    shape: tuple[int, int],
) -> csr_matrix:
    """Entries of known columns; of two entries in one place the larger counts."""
    known = column >= 0
    key = who[known].astype(np.int64) * shape[1] + column[known]
    order = np.lexsort((-confidence[known], key))
    unique, first = np.unique(key[order], return_index=True)
    row, place = np.divmod(unique, max(shape[1], 1))
    return csr_matrix((confidence[known][order][first], (row, place)), shape=shape)


def artist_columns(names: tuple[str, ...]) -> dict[str, int]:
    """Normalised name → position, of artists that have a name."""
    return {key: place for place, name in enumerate(names) if (key := normalise(name))}


def pack_coverage(library: Library, pack: Pack) -> PackCoverage:
    """How much a pack says about the owner's music and the enabled catalogues."""
    items, listens = pack.tables.items, pack.tables.listens
    keys = [normalise(name) for name in items["artist"].astype(object)]
    named = set(keys)
    artist = library.tracks["artists"].astype(object).map(_first_key)
    plays = library.plays.loc[library.plays["listener"] == 0, "track"].to_numpy()
    played = artist.iloc[plays]
    mine = set(played[played != ""])
    others = [_names(one) for one in library.neighbours if one.name != pack.name]
    before = mine.intersection(set().union(*others))
    by_mine = np.array([key in mine for key in keys], dtype=bool)
    known = artist.isin(named).to_numpy()
    fresh = (library.tracks["in_catalogue"] & ~library.tracks["own"]).to_numpy(dtype=bool)
    return PackCoverage(
        n_listeners=pack.n_listeners,
        n_items=len(items),
        n_artists=len(mine),
        artists=len(mine & named) / len(mine) if mine else 0.0,
        artists_before=len(before) / len(mine) if mine else 0.0,
        artists_together=len(before | (mine & named)) / len(mine) if mine else 0.0,
        n_plays=len(plays),
        plays=float(known[plays].mean()) if len(plays) else 0.0,
        sharing=int(listens.loc[by_mine[listens["item"].to_numpy()], "listener"].nunique()),
        new_tracks=int((known & fresh).sum()),
    )


def _names(pack: Pack) -> set[str]:
    return {normalise(name) for name in pack.tables.items["artist"].astype(object)}


def _first_key(artists: str) -> str:
    return normalise(first_artist(artists))
