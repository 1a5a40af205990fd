"""Extended streaming histories made for tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Track = tuple[int, str, str, str]
"""Number of the Spotify id, title, artist, album."""

NASTY = "*Bold* [x](http://e.org) $a$ <b>hi</b> :red[x] :tada: www.e.org"
"""A title that must reach the screen as it is."""


def unknown_tracks(n: int = 40) -> Callable[[int], Track]:
    """``n`` tracks of seven artists that no catalogue knows, the first with a nasty title."""

    def track(place: int) -> Track:
        which = (place * 7 + place // 5) % n
        return which, f"Song {which - 1}" if which else NASTY, f"Nobody Known {which % 7}", "Album"

    return track


def history(tracks: Callable[[int], Track], plays: int = 360) -> bytes:
    """Six plays a day; which track is the n-th."""
    start = datetime(2024, 1, 1, 18, tzinfo=UTC)
    rows = []
    for place in range(plays):
        number, name, artist, album = tracks(place)
        ended = start + timedelta(days=place // 6, minutes=4 * (place % 6))
        rows.append(
            {
                "ts": ended.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "ms_played": 200_000,
                "master_metadata_track_name": name,
                "master_metadata_album_artist_name": artist,
                "master_metadata_album_album_name": album,
                "spotify_track_uri": f"spotify:track:{number:022d}",
                "reason_start": "trackdone",
                "reason_end": "trackdone",
                "shuffle": False,
                "skipped": False,
                "offline": False,
                "incognito_mode": False,
            }
        )
    return json.dumps(rows).encode()
