"""What can be recommended: own tracks and the tracks of enabled catalogues, as one Library.

Here each track gets its features and genres, with where they came from:
from its own file, else matched by id, then by normalised artist and title, else
estimated from the same artist's known tracks, then from its genre, else none.
"""

from __future__ import annotations

import logging
import os
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from musicai.genres import artist_genres, genre_matrix
from musicai.matching import first_artist, normalise, recording_key, recordings
from musicai.settings import Settings
from musicai.store import Store
from musicai.tables import (
    AUDIO_FEATURES,
    SOURCE_TRACK_COLUMNS,
    TRACK_COLUMNS,
    FloatArray,
    Library,
    conform,
    empty_frame,
)

logger = logging.getLogger(__name__)

HISTORY_ORIGIN = "your history"
PLAYLIST_ORIGIN = "your playlists"

_TEXT = ("album", "genres", "isrc")
_NUMBERS = ("year", "duration_ms", "popularity")


def load_library(store: Store, settings: Settings, profile: str) -> Library:
    """The profile's own data joined with its enabled catalogues.

    The joined track table is kept in a side file named by the fingerprint, so
    only the first call after a change pays for the matching.
    """
    started = time.perf_counter()
    own = store.own_data(profile)
    fingerprint = store.fingerprint(profile)
    path = settings.cache / f"tracks-{fingerprint[:32]}.parquet"
    try:
        tracks = pd.read_parquet(path)
    except (OSError, ValueError, pa.ArrowException):
        enabled = [c for c in store.catalogues(profile) if c.enabled]
        played = own.plays.loc[own.plays["listener"] == 0, "track"].unique()
        listed = own.playlist_items["track"].unique()
        tracks = join(
            own.tracks, played, listed, [(c.name, store.catalogue_tracks(c.name)) for c in enabled]
        )
        _write_parquet(path, tracks)
    record = store.profile(profile)
    library = Library.checked(
        profile=profile,
        invented=record.invented,
        tracks=tracks,
        plays=own.plays,
        playlist_items=own.playlist_items,
        listeners=own.listeners,
        fingerprint=fingerprint,
        train_on_api_rows=bool(record.train_on_api_rows),
    )
    logger.info(
        "library of %d tracks, %d plays in %.2f s",
        library.n_tracks,
        len(library.plays),
        time.perf_counter() - started,
    )
    return library


def _write_parquet(path: Path, frame: pd.DataFrame) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    os.close(handle)
    frame.to_parquet(beside, index=False)
    Path(beside).replace(path)


def join(
    own: pd.DataFrame,
    played: Iterable[int],
    listed: Iterable[int],
    catalogues: list[tuple[str, pd.DataFrame]],
) -> pd.DataFrame:
    """One track table: own tracks in their order, then the catalogues' further tracks.

    Args:
        own: ``SOURCE_TRACK_COLUMNS``; rows that plays and playlists point to.
        played: Rows of ``own`` that the listener played.
        listed: Rows of ``own`` that stand in the listener's playlists.
        catalogues: Name and tracks of each enabled catalogue; earlier ones win.

    Returns:
        ``TRACK_COLUMNS``.
    """
    own = own.reset_index(drop=True)
    catalogue = _stack(catalogues)
    flags = np.zeros(len(own), dtype=bool)
    origin = np.full(len(own), PLAYLIST_ORIGIN, dtype=object)
    flags[list(listed)] = True
    flags[list(played)] = True
    origin[list(played)] = HISTORY_ORIGIN
    own = own.assign(own=flags, origin=origin, recording=0, match="", estimate="", excluded=False)
    partner, by_id = _partners(own, catalogue)
    own = _adopt(own, catalogue, partner, by_id)
    # a track that only other listeners played belongs to the catalogue it is known from
    foreign = ~flags & (partner >= 0)
    own.loc[foreign, "origin"] = catalogue["origin"].to_numpy()[partner[foreign]]
    rest = catalogue[~catalogue["track_id"].isin(own["track_id"])].assign(
        own=False,
        in_catalogue=True,
        feature_source="none",
        genre_source="none",
        recording=0,
        match="",
        estimate="",
        excluded=False,
    )
    rest["feature_source"] = np.where(_has_audio(rest), "file", "none")
    rest["genre_source"] = np.where(rest["genres"] != "", "file", "none")
    columns = list(TRACK_COLUMNS)
    tracks = pd.concat([own[columns], rest[columns]], ignore_index=True)
    tracks["recording"] = recordings(
        *(tracks[name].astype(object).tolist() for name in ("artists", "name", "track_id"))
    )
    tracks = _estimate(_name_genres(tracks))
    return conform(tracks, TRACK_COLUMNS, "tracks")


def _stack(catalogues: list[tuple[str, pd.DataFrame]]) -> pd.DataFrame:
    frames = [frame.assign(origin=name) for name, frame in catalogues if len(frame)]
    if not frames:
        return empty_frame(SOURCE_TRACK_COLUMNS).assign(origin="")
    return pd.concat(frames, ignore_index=True).drop_duplicates("track_id", ignore_index=True)


def _has_audio(frame: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return frame[list(AUDIO_FEATURES)].notna().any(axis=1).to_numpy(dtype=bool)


def _keys(frame: pd.DataFrame) -> pd.Series:
    pairs = zip(frame["artists"], frame["name"], strict=True)
    keys = [recording_key(artists, name) if name else "" for artists, name in pairs]
    return pd.Series(keys, index=frame.index, dtype=object)


def _partners(
    own: pd.DataFrame, catalogue: pd.DataFrame
) -> tuple[np.ndarray[tuple[int], np.dtype[np.intp]], np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """(n_own,) the catalogue row of each own track, −1 where none; and whether by id.

    Of several catalogue rows of one recording, the first with audio features is taken.
    """
    if catalogue.empty:
        nothing = np.full(len(own), -1, dtype=np.intp)
        return nothing, nothing >= 0
    partner = pd.Index(catalogue["track_id"]).get_indexer(own["track_id"])
    by_id = partner >= 0
    best_first = np.argsort(~_has_audio(catalogue), kind="stable")
    keys = _keys(catalogue).iloc[best_first]
    first = keys[(keys != "") & ~keys.duplicated()]
    named = pd.Index(first).get_indexer(_keys(own))
    by_name = np.where(named >= 0, first.index.to_numpy()[named], -1)
    return np.where(by_id, partner, by_name), by_id


def _adopt(
    own: pd.DataFrame,
    catalogue: pd.DataFrame,
    partner: np.ndarray[tuple[int], np.dtype[np.intp]],
    by_id: np.ndarray[tuple[int], np.dtype[np.bool_]],
) -> pd.DataFrame:
    """Own tracks with what their catalogue partner knows and they do not."""
    own = own.copy()
    own["in_catalogue"] = partner >= 0
    own["feature_source"] = np.where(_has_audio(own), "file", "none")
    own["genre_source"] = np.where(own["genres"] != "", "file", "none")
    matched = np.flatnonzero(partner >= 0)
    if not len(matched):
        return own
    found = catalogue.iloc[partner[matched]].set_axis(matched)
    gains = matched[~_has_audio(own)[matched] & _has_audio(found)]
    own.loc[gains, list(AUDIO_FEATURES)] = found.loc[gains, list(AUDIO_FEATURES)]
    own.loc[gains, "feature_source"] = "matched"
    labelled = matched[(own.loc[matched, "genres"] == "") & (found["genres"] != "")]
    own.loc[labelled, "genre_source"] = "matched"
    for column in _TEXT:
        lacking = matched[own.loc[matched, column] == ""]
        own.loc[lacking, column] = found.loc[lacking, column]
    for column in _NUMBERS:
        lacking = matched[own.loc[matched, column].isna()]
        own.loc[lacking, column] = found.loc[lacking, column]
    nameless = matched[by_id[matched] & (own.loc[matched, "name"] == "")]
    own.loc[nameless, ["name", "artists"]] = found.loc[nameless, ["name", "artists"]]
    return own


def _name_genres(tracks: pd.DataFrame) -> pd.DataFrame:
    """Genres for tracks without: their artist's in these tables, then in the artist table."""
    artist = _first_artists(tracks)
    known = tracks["genres"] != ""
    # the artist's most frequent label set speaks for the artist's other tracks
    counted = tracks[known].groupby([artist[known], "genres"], sort=True).size()
    best = counted.sort_values(kind="stable").groupby(level=0).tail(1).reset_index(level=1)
    here = {str(name): str(genres) for name, genres in best["genres"].items()}
    table = artist_genres()
    guess = pd.Series(
        [here.get(name) or table.get(name, "") for name in artist], index=tracks.index, dtype="str"
    )
    fill = ~known & (guess != "")
    tracks.loc[fill, "genres"] = guess[fill]
    tracks.loc[fill, "genre_source"] = "artist"
    return tracks


def _first_artists(tracks: pd.DataFrame) -> pd.Series:
    """The normalised first artist of each track."""
    names = [normalise(first_artist(value)) for value in tracks["artists"]]
    return pd.Series(names, index=tracks.index, dtype="str", name="artist")


def _estimate(tracks: pd.DataFrame) -> pd.DataFrame:
    """Audio features for tracks without: their artist's mean, then their genre's mean."""
    lacking = ~_has_audio(tracks)
    if not lacking.any() or lacking.all():
        return tracks
    audio = tracks[list(AUDIO_FEATURES)]
    artist = _first_artists(tracks)
    means = audio[~lacking].groupby(artist[~lacking]).mean()
    guess = means.reindex(artist[lacking]).set_axis(tracks.index[lacking])
    guess[(artist[lacking] == "").to_numpy()] = np.nan
    guess = guess.fillna(_genre_means(tracks, audio, lacking))
    found = guess.index[guess.notna().any(axis=1)]
    tracks.loc[found, list(AUDIO_FEATURES)] = guess.loc[found].astype("float32")
    tracks.loc[found, "feature_source"] = "estimated"
    return tracks


def _genre_means(
    tracks: pd.DataFrame,
    audio: pd.DataFrame,
    lacking: np.ndarray[tuple[int], np.dtype[np.bool_]],
) -> pd.DataFrame:
    """For each lacking track the mean of its genres' known tracks, weighted by membership."""
    members: FloatArray = np.nan_to_num(genre_matrix(tracks["genres"]))
    known = audio[~lacking].to_numpy(dtype=np.float64)
    weights = members[~lacking].astype(np.float64)
    present = ~np.isnan(known)
    total = weights.T @ present
    centre = np.divide(
        weights.T @ np.nan_to_num(known), total, out=np.full(total.shape, np.nan), where=total > 0
    )
    mine = members[lacking].astype(np.float64)
    usable = ~np.isnan(centre)
    share = mine @ usable
    guess = np.divide(
        mine @ np.nan_to_num(centre), share, out=np.full(share.shape, np.nan), where=share > 0
    )
    return pd.DataFrame(guess, index=tracks.index[lacking], columns=list(AUDIO_FEATURES))
