"""What is there more than once: releases of one recording, and repeats in playlists."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from musicai.data.library import Library
from musicai.data.text_keys import recording_key


@dataclass(frozen=True)
class Release:
    """One of several own tracks of a recording."""

    track_id: str
    name: str
    artists: str
    album: str
    plays: int


@dataclass(frozen=True)
class Merged:
    """A recording with several own tracks: one for taste, apart in the history."""

    releases: tuple[Release, ...]
    """The most played first."""
    how: str
    """``isrc``, ``name`` or ``confirmed``: what made them one."""

    @property
    def plays(self) -> int:
        """Of all releases together."""
        return sum(release.plays for release in self.releases)


@dataclass(frozen=True)
class Repeated:
    """A recording that a playlist holds more than once."""

    playlist: str
    track_id: str
    name: str
    artists: str
    times: int


@dataclass(frozen=True)
class Audit:
    """All of it, the most played and the most repeated first."""

    merged: tuple[Merged, ...]
    repeated: tuple[Repeated, ...]


def audit(library: Library) -> Audit:
    """Look through the own tracks and playlists of a library."""
    return Audit(tuple(_merged(library)), tuple(_repeated(library)))


def _merged(library: Library) -> list[Merged]:
    tracks = library.tracks
    own = np.flatnonzero(tracks["own"].to_numpy(dtype=bool))
    number = tracks["recording"].to_numpy()
    recording = number[own]
    unique, count = np.unique(recording, return_counts=True)
    several = own[np.isin(recording, unique[count > 1])]
    mine = library.plays.loc[library.plays["listener"] == 0, "track"].to_numpy()
    plays = np.bincount(mine, minlength=library.n_tracks)
    groups: dict[int, list[int]] = {}
    for row in several.tolist():
        groups.setdefault(int(number[row]), []).append(row)
    found = []
    for rows in groups.values():
        rows.sort(key=lambda row: (-int(plays[row]), row))
        releases = tuple(_release(tracks, row, int(plays[row])) for row in rows)
        found.append(Merged(releases, _how(library, rows)))
    return sorted(found, key=lambda one: (-one.plays, one.releases[0].track_id))


def _release(tracks: pd.DataFrame, row: int, plays: int) -> Release:
    track_id, name, artists, album = (
        str(tracks[column].iat[row]) for column in ("track_id", "name", "artists", "album")
    )
    return Release(track_id, name, artists, album, plays)


def _how(library: Library, rows: list[int]) -> str:
    tracks = library.tracks
    keys = {recording_key(str(tracks["artists"].iat[r]), str(tracks["name"].iat[r])) for r in rows}
    if len(keys) == 1:
        return "name"
    codes = {str(tracks["isrc"].iat[row]) for row in rows}
    return "isrc" if len(codes) == 1 and codes != {""} else "confirmed"


def _repeated(library: Library) -> list[Repeated]:
    items = library.playlist_items
    if items.empty:
        return []
    recording = library.tracks["recording"].to_numpy()[items["track"].to_numpy()]
    rows = items.assign(recording=recording).groupby(["playlist", "recording"], observed=True)
    counted = rows["track"].agg(["size", "first"])
    counted = counted[counted["size"] > 1].sort_values("size", ascending=False, kind="stable")
    found = []
    for (playlist, _), size, first in counted.itertuples():
        one = _release(library.tracks, int(first), 0)
        found.append(Repeated(str(playlist), one.track_id, one.name, one.artists, int(size)))
    return found
