"""Local files in Spotify's lists: ``spotify:local:Artist:Album:Title:seconds``.

Spotify has no id for a file that lies on the person's own disk; all it tells is in the URI.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from urllib.parse import unquote_plus

from musicai.sources.values import MAX_PLAY_MS, clean, one_artist

PREFIX = "spotify:local:"


@dataclass(frozen=True)
class LocalTrack:
    """What the URI of a local file says; "" or NaN for what it does not."""

    name: str
    artists: str
    album: str
    duration_ms: float


def local_track(uri: str) -> LocalTrack | None:
    """A local file by its URI, or None for any other URI.

    The parts are percent-encoded, with "+" for a blank; each may be empty. A colon inside a
    part is encoded too; where an old client left it bare it is taken into the title.
    """
    uri = uri.strip()
    if not uri.startswith(PREFIX):
        return None
    parts = uri.removeprefix(PREFIX).split(":")
    duration = math.nan
    if len(parts) > 3 and parts[-1].isascii() and parts[-1].isdigit():
        seconds = parts.pop()
        if len(seconds) < 7 and 0 < int(seconds) * 1000 <= MAX_PLAY_MS:
            duration = int(seconds) * 1000.0
    artist, album, *title = (unquote_plus(part) for part in (*parts, "", "")[: max(len(parts), 2)])
    return LocalTrack(clean(":".join(title)), one_artist(artist), clean(album), duration)
