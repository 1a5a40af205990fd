"""Tracks that rows name by artist and title, with an id or without."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from musicai.sources.track_rows import track_id_of, tracks_frame
from musicai.sources.values import clean, one_artist


class NamedTracks:
    """The tracks of one file, one a track id, in the order in which they were first met."""

    def __init__(self) -> None:
        self._row: dict[str, int] = {}
        self._names: list[str] = []
        self._artists: list[str] = []
        self._albums: list[str] = []
        self._durations: list[float] = []

    def of(
        self, name: str, artist: str, album: str = "", uri: str = "", duration: float = math.nan
    ) -> int:
        """The row of a track, or −1 where neither an id nor names say which it is."""
        title, by = clean(name), one_artist(artist)
        track_id = track_id_of(uri, by, title) if title else ""
        if not track_id:
            return -1
        row = self._row.setdefault(track_id, len(self._row))
        if row == len(self._names):
            self._names.append(title)
            self._artists.append(by)
            self._albums.append(clean(album))
            self._durations.append(duration)
        return row

    def frame(self) -> pd.DataFrame:
        """``SOURCE_TRACK_COLUMNS``."""
        return tracks_frame(
            {
                "track_id": list(self._row),
                "name": self._names,
                "artists": self._artists,
                "album": self._albums,
                "duration_ms": np.array(self._durations, dtype=np.float32),
            }
        )
