"""Finding tracks: seeds in any shape to track rows, and search as one types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from musicai.core.errors import QueryError
from musicai.data.arrays import History, TrackFeatures
from musicai.data.library import IntArray, Library
from musicai.data.text_keys import first_artist, normalise, recording_key

Tracks = Sequence[str] | Sequence[Mapping[str, Any]] | pd.DataFrame
"""Track ids, Spotify-shaped dicts, or a frame with ``track_id`` (or name and artists)."""

ARTIST_SEEDS = 3
"""Tracks that stand for a seed which is not known here, but whose artist is."""


class TrackFinder:
    """Looks up tracks of one library by id, by name, by artist, and by words."""

    def __init__(self, library: Library, features: TrackFeatures) -> None:
        self._library = library
        self._features = features

    def resolve(self, tracks: Tracks | None) -> tuple[IntArray, tuple[str, ...]]:
        """Rows of tracks given as ids, Spotify-shaped dicts or a frame, and notes.

        A track is found by id, then by normalised artist and title. One that is not
        known, but whose artist is, is stood for by that artist's best-known tracks.

        Raises:
            QueryError: the value has none of these shapes, or no track is found.
        """
        wanted = [_as_seed(track) for track in _list_given(tracks)]
        rows: list[int] = []
        notes: list[str] = []
        for track_id, artist, name in wanted:
            found = self._find(track_id, artist, name)
            if found is not None:
                rows.append(found)
                continue
            stand_ins = self.by_artist(artist)[:ARTIST_SEEDS]
            shown = f"“{name}”" if name else repr(track_id)
            if len(stand_ins):
                rows += [int(row) for row in stand_ins]
                notes.append(f"Seed {shown} is not known here; tracks by its artist stand for it.")
            else:
                notes.append(f"Seed {shown} is not known here and was left out.")
        if wanted and not rows:
            raise QueryError(
                "None of the seed tracks is known in this profile or its catalogues. "
                "Choose seeds by searching here, or add a catalogue that holds them."
            )
        return np.array(list(dict.fromkeys(rows)), dtype=np.int32), tuple(notes)

    def _find(self, track_id: str, artist: str, name: str) -> int | None:
        if track_id:
            row = int(self._library.vocabulary.rows([track_id])[0])
            if row >= 0:
                return row
        if name and artist:
            return self._by_recording.get(recording_key(artist, name))
        return None

    @cached_property
    def _by_recording(self) -> dict[str, int]:
        tracks = self._library.tracks
        pairs = zip(tracks["artists"], tracks["name"], strict=True)
        keys = [recording_key(artists, name) for artists, name in pairs]
        return {key: row for row, key in reversed(list(enumerate(keys)))}

    @cached_property
    def _artist_places(self) -> dict[str, int]:
        names = self._features.artist_names
        return {normalise(name): place for place, name in enumerate(names) if name}

    def by_artist(self, artist: str) -> IntArray:
        """Rows of all tracks by this first artist, best known first."""
        place = self._artist_places.get(normalise(first_artist(artist)), -1) if artist else -1
        if place < 0:
            return np.zeros(0, dtype=np.int32)
        rows = np.flatnonzero(self._features.artist == place)
        order = np.argsort(-np.nan_to_num(self._features.popularity[rows]), kind="stable")
        return rows[order].astype(np.int32)

    def search(self, text: str, past: History, limit: int = 20) -> list[str]:
        """Ids of tracks whose artist and title hold all words of ``text``; own ones first."""
        words = normalise(text).split()
        if not words:
            return []
        hit = np.ones(self._library.n_tracks, dtype=bool)
        for word in words:
            hit &= self._texts.str.contains(word, regex=False).to_numpy(dtype=bool)
        rows = np.flatnonzero(hit)
        plays = np.zeros(self._library.n_tracks, dtype=np.int32)
        plays[past.rows] = past.plays + 1  # met, even if never heard out
        popular = np.nan_to_num(self._features.popularity[rows])
        order = np.lexsort((rows, -popular, -plays[rows]))[:limit]
        return [self._library.vocabulary.id(int(row)) for row in rows[order]]

    @cached_property
    def _texts(self) -> pd.Series:
        tracks = self._library.tracks
        return (tracks["artists"] + " " + tracks["name"]).map(normalise).astype("str")


def _list_given(tracks: Tracks | None) -> Iterable[Any]:
    if tracks is None:
        return []
    if isinstance(tracks, pd.DataFrame):
        return tracks.to_dict("records")
    return [tracks] if isinstance(tracks, str) else list(tracks)


def _as_seed(track: Any) -> tuple[str, str, str]:
    """(id, first artist, title) of an id, a URI, a link, or a Spotify-shaped dict."""
    if isinstance(track, str):
        return _bare_id(track), "", ""
    if not isinstance(track, Mapping):
        raise QueryError(
            f"A seed track is a {type(track).__name__}; give an id, a Spotify-shaped dict, "
            "or a frame with the column track_id."
        )
    name = str(track.get("name") or track.get("track_name") or "")
    artists = track.get("artists") or track.get("artist") or track.get("track_artist") or ""
    if not isinstance(artists, str):
        first = next(iter(artists), "")
        artists = str(first.get("name", "")) if isinstance(first, Mapping) else str(first)
    track_id = str(track.get("track_id") or track.get("id") or track.get("uri") or "")
    return _bare_id(track_id), first_artist(artists), name


def _bare_id(text: str) -> str:
    """The id inside a ``spotify:track:`` URI or an open.spotify.com link."""
    text = text.strip().removeprefix("spotify:track:")
    if "open.spotify.com/" in text:
        text = text.rsplit("/", 1)[-1].split("?", 1)[0]
    return text
