"""Tracks of Spotify -> tracks of the library, with a report of how each was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from musicai.data.library import Library, RowArray
from musicai.data.text_keys import name_id
from musicai.library.formats.fields import joined_artists, year
from musicai.library.formats.tracks import tracks_frame
from musicai.library.matching import pair
from musicai.spotify.items import ApiTrack

HOW = {
    "id": "by Spotify's id",
    "isrc": "by the recording's code",
    "name": "by name and length",
    "fuzzy": "by likeness of the name",
    "confirmed": "as you confirmed",
}
"""``pairing``'s methods → how the screen says it."""


@dataclass(frozen=True)
class Matched:
    """Where tracks of Spotify are found in a library."""

    tracks: tuple[ApiTrack, ...]
    rows: RowArray
    """(n,) track row of the library, −1 for none."""
    methods: tuple[str, ...]
    """(n,) how it was found; "" for one that was not."""

    @property
    def found(self) -> RowArray:
        """Rows of the library, in the order of the tracks, none twice."""
        rows = self.rows[self.rows >= 0]
        return rows[np.sort(np.unique(rows, return_index=True)[1])]

    @property
    def by_method(self) -> dict[str, int]:
        """Method → how many, most first."""
        return dict(Counter(method for method in self.methods if method).most_common())

    @property
    def missing(self) -> list[ApiTrack]:
        """Tracks that are not in the library."""
        return [t for t, row in zip(self.tracks, self.rows, strict=True) if row < 0]


def match(library: Library, tracks: Sequence[ApiTrack]) -> Matched:
    """Find tracks in a library: id, recording code, name and length, likeness, in this order.

    Only what is certain counts; nothing of this is kept.

    Args:
        library: Own music and catalogues.
        tracks: As the Web API told them.
    """
    frame = frame_of(tracks)
    pairs = pair(frame, library.tracks)
    return Matched(tuple(tracks), pairs.partner, tuple(pairs.method))


def frame_of(tracks: Sequence[ApiTrack]) -> pd.DataFrame:
    """``SOURCE_TRACK_COLUMNS``, one row a track in the same order."""
    artists = [joined_artists(track.artists) for track in tracks]
    return tracks_frame(
        {
            "track_id": [
                track.track_id or name_id(by, track.name)
                for track, by in zip(tracks, artists, strict=True)
            ],
            "name": [track.name for track in tracks],
            "artists": artists,
            "album": [track.album for track in tracks],
            "isrc": [track.isrc for track in tracks],
            "year": np.array([year(track.released) for track in tracks], dtype=np.float32),
            "duration_ms": np.array(
                [np.nan if t.duration_ms is None else t.duration_ms for t in tracks],
                dtype=np.float32,
            ),
            "explicit": [pd.NA if t.explicit is None else t.explicit for t in tracks],
        }
    )
