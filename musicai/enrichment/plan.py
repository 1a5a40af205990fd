"""Whose music is asked about: the artists that a listener plays most, with their best known tracks.

The plan is made of the library alone and asks nobody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from musicai.core.errors import DataError
from musicai.data.library import Library
from musicai.data.text_keys import first_artist, recording_key
from musicai.open_data import Named

ARTISTS = 100
"""Most played artists that are asked about; at a request a second each costs a few."""

TRACKS = 3
"""Tracks of an artist that are asked about to tell it from others of its name."""

LEAST_PLAYS = 2
"""Plays from which an artist counts as loved; a track heard once may have been an accident."""

_SPOTIFY_ID = re.compile(r"[0-9A-Za-z]{22}")


@dataclass(frozen=True)
class PlannedTrack:
    """An own track that is asked about."""

    named: Named
    spotify: str
    """Its Spotify id, or ""."""
    plays: int


@dataclass(frozen=True)
class LovedArtist:
    """An artist that the listener plays; ``plays`` never leaves the machine."""

    name: str
    """The first artist, as the listener's tracks spell it."""
    plays: int
    tracks: tuple[PlannedTrack, ...]
    """Most played first, at most ``TRACKS``."""


@dataclass(frozen=True)
class Plan:
    """What open data is asked about for one listener."""

    artists: tuple[LovedArtist, ...]
    """Most played first."""
    played: frozenset[str]
    """``matching.recording_key`` of everything that is in the history or a playlist."""

    @property
    def tracks(self) -> tuple[PlannedTrack, ...]:
        """All tracks that are asked about."""
        return tuple(track for artist in self.artists for track in artist.tracks)


def plan_for(library: Library, *, n_artists: int = ARTISTS) -> Plan:
    """The artists to ask about; what the listener left out of their taste is not among them.

    Raises:
        DataError: the library is the invented sample, of which no host knows anything.
    """
    if library.invented:
        raise DataError("The invented sample has no open data: nothing in it is real.")
    tracks = library.tracks
    plays = np.bincount(library.plays["track"].to_numpy(), minlength=len(tracks))
    own = np.flatnonzero(tracks["own"].to_numpy(dtype=bool))
    names, artists = tracks["name"].to_numpy(), tracks["artists"].to_numpy()
    excluded = tracks["excluded"].to_numpy(dtype=bool)
    by_artist: dict[str, list[int]] = {}
    for row in own[(plays[own] > 0) & ~excluded[own]]:
        by_artist.setdefault(first_artist(artists[row]), []).append(int(row))
    by_artist.pop("", None)
    total = {name: int(plays[rows].sum()) for name, rows in by_artist.items()}
    loved = sorted((n for n in total if total[n] >= LEAST_PLAYS), key=lambda n: (-total[n], n))

    def planned(row: int) -> PlannedTrack:
        album, track_id = str(tracks["album"].iat[row]), str(tracks["track_id"].iat[row])
        spotify = track_id if _SPOTIFY_ID.fullmatch(track_id) else ""
        return PlannedTrack(Named(artists[row], names[row], album), spotify, int(plays[row]))

    return Plan(
        tuple(
            LovedArtist(name, total[name], tuple(map(planned, _best(by_artist[name], plays))))
            for name in loved[:n_artists]
        ),
        frozenset(recording_key(artists[row], names[row]) for row in own),
    )


def _best(rows: list[int], plays: np.ndarray) -> list[int]:
    return sorted(rows, key=lambda row: (-plays[row], row))[:TRACKS]
