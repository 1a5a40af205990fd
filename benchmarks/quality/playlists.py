"""Quality 3: playlist continuation with unseen tracks (spotify_songs, split of seed 7).

460 playlists, full ranking over 28,356 tracks, 82 % of the test tracks in no training
playlist. What belongs to a playlist (its id, name, genre, subgenre) is no feature.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from benchmarks.quality.scoring import Problem
from musicai.data.frames import conform, empty_frame
from musicai.data.library import (
    AUDIO_FEATURES,
    KEY_COLUMNS,
    PLAY_COLUMNS,
    PLAYLIST_COLUMNS,
    TRACK_COLUMNS,
    Library,
)
from musicai.data.text_keys import recordings
from musicai.data_processor import build_features
from musicai.models import DEFAULT_WEIGHTS


def load(data: Path) -> Problem:
    """The split and the tracks' own columns."""
    folder = data / "tracks/spotify_songs"
    rows = pd.read_csv(folder / "spotify_songs.csv", keep_default_na=False)
    tracks = rows.drop_duplicates("track_id", ignore_index=True)
    parts = [pd.read_csv(folder / f"playlist_split_seed7/{part}.csv") for part in ("train", "test")]
    lists = pd.Index(pd.unique(parts[0]["playlist_id"]))
    ids = pd.Index(tracks["track_id"])
    train, test = (_matrix(part, lists, ids) for part in parts)
    features = build_features(_library(tracks))
    return Problem(
        name="Playlist continuation (spotify_songs)",
        split="playlist_split_seed7, 20 % of each playlist of 10 or more",
        train=train,
        test=test,
        features=lambda _: features,
        users_are_listeners=False,
        weights=DEFAULT_WEIGHTS,
    )


def _matrix(part: pd.DataFrame, lists: pd.Index, ids: pd.Index) -> csr_matrix:
    row, column = lists.get_indexer(part["playlist_id"]), ids.get_indexer(part["track_id"])
    ones = np.ones(len(part), dtype=np.float32)
    return csr_matrix((ones, (row, column)), shape=(len(lists), len(ids)))


def _library(rows: pd.DataFrame) -> Library:
    """The tracks as the catalogue that the product would make of them: own columns only."""
    audio = {
        name: pd.to_numeric(rows[name], errors="coerce").astype("float32")
        for name in AUDIO_FEATURES
    }
    audio["tempo"] = audio["tempo"].where(audio["tempo"] > 0)
    tracks = pd.DataFrame(
        {
            "track_id": rows["track_id"],
            "name": rows["track_name"],
            "artists": rows["track_artist"],
            "album": rows["track_album_name"],
            "genres": "",
            "isrc": "",
            "year": pd.to_numeric(rows["track_album_release_date"].str[:4], errors="coerce"),
            "duration_ms": rows["duration_ms"],
            "popularity": rows["track_popularity"],
            "explicit": None,
            **audio,
            **dict.fromkeys(KEY_COLUMNS, np.nan),
            "feature_source": "file",
            "genre_source": "none",
            "key_source": "none",
            "origin": "spotify_songs",
            "own": False,
            "in_catalogue": True,
            "recording": recordings(rows["track_artist"], rows["track_name"], rows["track_id"]),
            "match": "",
            "estimate": "",
            "excluded": False,
        }
    )
    return Library.validate(
        profile="playlists",
        invented=False,
        tracks=conform(tracks, TRACK_COLUMNS, "tracks"),
        plays=empty_frame(PLAY_COLUMNS),
        playlist_items=empty_frame(PLAYLIST_COLUMNS),
        listeners=("playlists",),
        fingerprint="spotify_songs",
    )
