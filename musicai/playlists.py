"""The lists that a person makes: from ids to lines, duplicates, and more of the same kind."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from musicai.ai_model import MusicAI
from musicai.core.errors import QueryError
from musicai.data.feedback import Listed
from musicai.data.library import ARTIST_SEPARATOR, INVENTED_PREFIX, Library
from musicai.data.playlists import FORMATS, Line

MOST_SEEDS = 50
"""Of a longer list, the last so many say what more shall be like."""

_SPOTIFY_ID = 22
"""Length of a Spotify track id."""


@dataclass(frozen=True)
class Duplicate:
    """A track of a list that is the same recording as one before it."""

    track_id: str
    """The later one."""
    first: str
    """Id of the one before it."""


def listed(library: Library, track_ids: Sequence[str]) -> list[Listed]:
    """Tracks as a list keeps them; ids that are not here are left out."""
    rows = library.vocabulary.rows(track_ids)
    names = library.tracks["name"].to_numpy(dtype=object)
    artists = library.tracks["artists"].to_numpy(dtype=object)
    return [
        Listed(track_id, str(names[row]), str(artists[row]))
        for track_id, row in zip(track_ids, rows, strict=True)
        if row >= 0
    ]


def duplicates(library: Library, tracks: Sequence[Listed]) -> list[Duplicate]:
    """Tracks that are a recording which the list has before: the same song, released again."""
    rows = library.vocabulary.rows([track.track_id for track in tracks])
    recording = library.tracks["recording"].to_numpy()
    first: dict[int, str] = {}
    found = []
    for track, row in zip(tracks, rows, strict=True):
        if row < 0:
            continue
        known = first.setdefault(int(recording[row]), track.track_id)
        if known != track.track_id:
            found.append(Duplicate(track.track_id, known))
    return found


def more_like(ai: MusicAI, tracks: Sequence[Listed], n: int) -> list[str]:
    """Ids of ``n`` tracks that go with a list and are not in it, best first.

    Raises:
        QueryError: none of the list's tracks is in this profile any more.
        NoCandidates: there is nothing to choose from.
    """
    there = {track.track_id for track in tracks}
    seeds = [track.track_id for track in tracks if track.track_id in ai.library.vocabulary]
    if not seeds:
        raise QueryError(
            "None of the list's tracks is in this profile any more, so there is nothing to go by. "
            "Add a track that is, or import the music again."
        )
    found = ai.get_hybrid_recommendations(
        seed_tracks=seeds[-MOST_SEEDS:], mode="mix", n_recommendations=min(n + len(there), 1_000)
    )
    return [item.track_id for item in found if item.track_id not in there][:n]


def lines(library: Library, tracks: Sequence[Listed]) -> list[Line]:
    """What a file says of each track of a list."""
    rows = library.vocabulary.rows([track.track_id for track in tracks])
    albums = library.tracks["album"].to_numpy(dtype=object)
    lengths = library.tracks["duration_ms"].to_numpy()
    return [
        Line(
            track.track_id,
            track.name,
            artists_of(track),
            str(albums[row]) if row >= 0 else "",
            None if row < 0 or math.isnan(lengths[row]) else float(lengths[row]),
            address(track.track_id),
        )
        for track, row in zip(tracks, rows, strict=True)
    ]


def total_ms(library: Library, tracks: Sequence[Listed]) -> tuple[float, int]:
    """The length of a list in milliseconds, and of how many of its tracks none is known."""
    known = [line.milliseconds for line in lines(library, tracks)]
    return sum(length for length in known if length is not None), known.count(None)


def artists_of(track: Listed) -> tuple[str, ...]:
    """The artists of a track, one by one."""
    return tuple(part.strip() for part in track.artists.split(ARTIST_SEPARATOR) if part.strip())


def address(track_id: str) -> str | None:
    """The track's page at Spotify; None where the id is not one of Spotify's."""
    if track_id.startswith(INVENTED_PREFIX):
        return None
    if len(track_id) == _SPOTIFY_ID and track_id.isalnum():
        return f"https://open.spotify.com/track/{track_id}"
    return None


def search_address(track_id: str, words: str) -> str | None:
    """The track's page, or a search for it where it has none; None if it is invented."""
    if track_id.startswith(INVENTED_PREFIX):
        return None
    found = f"https://open.spotify.com/search/{quote(words, safe='')}"
    return address(track_id) or found


def written(library: Library, name: str, tracks: Sequence[Listed], ending: str) -> bytes:
    """A list as a file.

    Args:
        library: Where lengths and albums are known from.
        name: The playlist's title.
        tracks: In order.
        ending: One of ``playlist_formats.FORMATS``.

    Raises:
        QueryError: there is no such format.
    """
    if ending not in FORMATS:
        raise QueryError(f"There is no format {ending!r}; choose from {', '.join(FORMATS)}.")
    return FORMATS[ending][2](name, lines(library, tracks))
