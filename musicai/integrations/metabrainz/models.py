"""What is asked by name, and what comes back, as frozen values.

Ids of recordings, artists and releases (MBIDs) are lower-case text of 36 characters.
An unknown text is "", an unknown number NaN or None, and never 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class RecordingName:
    """A recording by its names; several artists are joined by ";", and the first is asked for."""

    artist: str
    title: str
    album: str = ""


@dataclass(frozen=True)
class Resolved:
    """The recording that a name stands for."""

    recording: str
    name: str
    artists: tuple[str, ...]
    """Artist ids, in the order of the credit."""
    artist_name: str
    release: str = ""
    """Release id."""


@dataclass(frozen=True)
class ArtistRef:
    """An artist by id and name."""

    mbid: str
    name: str


@dataclass(frozen=True)
class ArtistTag:
    """What people call a recording, its album or its artists."""

    tag: str
    count: int
    """Votes, at least 1."""
    is_genre: bool
    """Whether MusicBrainz lists it as a genre; "seen live" is none."""


@dataclass(frozen=True)
class RecordingFacts:
    """What is known of a recording."""

    recording: str
    name: str
    artist_name: str
    """The whole credit, such as "A feat. B"."""
    artists: tuple[ArtistRef, ...]
    length_ms: float = math.nan
    year: float = math.nan
    """Year of the first release."""
    isrc: str = ""
    release_name: str = ""
    tags: tuple[ArtistTag, ...] = ()
    """Most votes first, each tag once."""


@dataclass(frozen=True)
class SimilarArtist:
    """An artist whom listeners of a seed play too."""

    artist: str
    name: str
    score: float
    """Above 0; 1 for the most similar artist of the seed."""


@dataclass(frozen=True)
class Listened:
    """A recording that people listen to; a radio tells little more than its id."""

    recording: str
    name: str = ""
    artist_name: str = ""
    artists: tuple[str, ...] = ()
    release_name: str = ""
    length_ms: float = math.nan
    listeners: int | None = None
    listens: int | None = None


@dataclass(frozen=True)
class NewRelease:
    """A new release."""

    artists: tuple[str, ...]
    artist_name: str
    release_group: str
    name: str
    date: str
    """``YYYY-MM-DD``, or "" where it is not told."""
