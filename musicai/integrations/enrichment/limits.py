"""How much is asked for and taken of each step, and how strongly what is found is connected."""

from __future__ import annotations

SIMILAR_SEEDS = 40
"""Most played artists whose similar artists are asked for."""

SIMILAR_ARTISTS = 3
"""Similar artists of one seed whose tracks are taken: those that are not the listener's own."""

TOP_SEEDS = 40
"""Most played artists of whom more is looked for."""

FURTHER_SEEDS = 10
"""Similar artists from which a second step is made."""

FURTHER_ARTISTS = 2
"""Artists that each of them leads to."""

TRACKS_OF = 5
"""Tracks taken of one artist."""

TAGS_ASKED = 8
"""Genres that are asked about."""

TRACKS_TAGGED = 30
"""Tracks taken of one genre."""

FRESH_RELEASES = 40
"""New releases whose tracks are asked for, those of the most played artists first."""

TRACKS_FRESH = 20
"""Tracks taken of one new release."""

BROWSED = 2
"""Requests for what is played most of one artist, at most."""

_HALF = 5.0
_HALF_TAGGED = 15.0


def falloff(rank: int, *, tagged: bool = False) -> float:
    """1 for the most played track of an artist or a genre, halved every 5 or 15 places.

    Likeness is told of artists, not of tracks: among these, what most people play stands best
    for the artist.
    """
    return float(0.5 ** (rank / (_HALF_TAGGED if tagged else _HALF)))
