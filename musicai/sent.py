"""Playlists that were made at Spotify from here: the only ones that may ever be written again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SentPlaylist:
    """One playlist at Spotify that musicai made."""

    playlist_id: str
    account_id: str
    """Whose account it was made in."""
    name: str
    """As it was named when it was made."""
    recipe: Mapping[str, Any]
    """What it was made from; ``musicai.recipes`` makes it anew."""
    tracks: int
    """How many tracks it was last written with."""
    made_at: int
    """Seconds since 1970."""
    written_at: int
    """When it was last written to its end, seconds since 1970; 0 for never."""

    @property
    def url(self) -> str:
        """Its page at Spotify."""
        return f"https://open.spotify.com/playlist/{self.playlist_id}"
