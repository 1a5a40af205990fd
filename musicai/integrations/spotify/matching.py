"""Tracks of the library -> tracks of Spotify: by id, else by search; what is unsure is asked."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from musicai.core.progress import Progress, no_progress
from musicai.data.library import INVENTED_PREFIX, Library, RowArray
from musicai.data.playlists import ListEntry, artists_of
from musicai.data.text_keys import name_id, normalise, title_key
from musicai.integrations.spotify.parsing import ApiTrack, track_of
from musicai.library.formats.fields import join_artists, parse_spotify_id, parse_year
from musicai.library.formats.tracks import build_tracks_frame
from musicai.library.matching import can_match_lengths, find_versions, match_records

How = Literal["id", "found", "chosen", "unsure", "missing", "invented"]

SHOWN = 5
"""Candidates to choose from, at most."""

Search = Callable[[str], Sequence[Any]]
"""Words -> rows of the Web API, best first."""


@dataclass(frozen=True)
class Addressed:
    """One track of a list, and what it is at Spotify."""

    listed: ListEntry
    how: How
    """By its own id, found by search without doubt, chosen by the person; several are likely, none
    was found, or the track is invented."""
    spotify_id: str = ""
    """"" where it cannot be sent."""
    candidates: tuple[ApiTrack, ...] = ()
    """What it might be, where it is unsure."""

    @property
    def uri(self) -> str:
        """What a playlist holds; "" where it cannot be sent."""
        return f"spotify:track:{self.spotify_id}" if self.spotify_id else ""


def address_tracks(
    library: Library,
    tracks: Sequence[ListEntry],
    search: Search,
    known: dict[str, Addressed] | None = None,
    progress: Progress = no_progress,
) -> dict[str, Addressed]:
    """Track id -> what it is at Spotify, in the list's order.

    Args:
        library: Where lengths and recording codes are known from.
        tracks: What is to be sent.
        search: Asked for tracks without an id of Spotify's.
        known: What was found before, which is not asked again; what is found now joins it at
            once, so that it stays when a later search fails.
        progress: Told after each search; what it raises stops the search.

    Raises:
        SpotifyError: the search fails.
    """
    known = {} if known is None else known
    for place, track in enumerate(tracks):
        if track.track_id in known:
            continue
        known[track.track_id] = _match_one(library, track, search)
        if known[track.track_id].how not in ("id", "invented"):
            note = f"Searching at Spotify, {place + 1:,} of {len(tracks):,}"
            progress((place + 1) / len(tracks), note)
    return {track.track_id: known[track.track_id] for track in tracks}


def choose_candidate(one: Addressed, track_id: str) -> Addressed:
    """The same track with one of its candidates chosen; "" takes the choice back."""
    if not track_id:
        return Addressed(one.listed, "unsure", "", one.candidates)
    return Addressed(one.listed, "chosen", track_id, one.candidates)


def _match_one(library: Library, track: ListEntry, search: Search) -> Addressed:
    if track.track_id.startswith(INVENTED_PREFIX):
        return Addressed(track, "invented")
    if parse_spotify_id(track.track_id):
        return Addressed(track, "id", track.track_id)
    row = int(library.vocabulary.rows([track.track_id])[0])
    code, length = "", math.nan
    if row >= 0:
        code = str(library.tracks["isrc"].iloc[row])
        length = float(library.tracks["duration_ms"].iloc[row])
    likely: dict[str, ApiTrack] = {}
    for words in _questions(track, code):
        for raw in search(words):
            hit = track_of(raw)
            if not isinstance(hit, ApiTrack) or not hit.track_id:
                continue
            if (code and hit.isrc == code) or _surely(track, length, hit):
                return Addressed(track, "found", hit.track_id)
            likely.setdefault(hit.track_id, hit)
    candidates = tuple(likely.values())[:SHOWN]
    return Addressed(track, "unsure" if candidates else "missing", "", candidates)


def _questions(track: ListEntry, code: str) -> list[str]:
    """What to ask in turn: the recording's code, the fields by name, the words alone."""
    artist = next(iter(artists_of(track)), "")
    name = _strip_quotes(track.name)
    asked = [f"isrc:{code}"] if code else []
    if artist:
        asked.append(f'track:"{name}" artist:"{_strip_quotes(artist)}"')
    return [*asked, f"{_strip_quotes(artist)} {name}".strip()]


def _strip_quotes(text: str) -> str:
    return " ".join(text.replace('"', " ").split())[:100]


def _surely(track: ListEntry, length: float, hit: ApiTrack) -> bool:
    """Whether a hit is the recording: title, version, an artist and the length agree."""
    mine = {normalise(artist) for artist in artists_of(track)[:1]}
    theirs = {normalise(artist) for artist in hit.artists}
    return (
        title_key(track.name) == title_key(hit.name)
        and find_versions(track.name) == find_versions(hit.name)
        and bool(mine & theirs)
        and can_match_lengths(length, math.nan if hit.duration_ms is None else hit.duration_ms)
    )


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
    def matched_rows(self) -> RowArray:
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
    pairs = match_records(frame, library.tracks)
    return Matched(tuple(tracks), pairs.partner, tuple(pairs.method))


def frame_of(tracks: Sequence[ApiTrack]) -> pd.DataFrame:
    """``SOURCE_TRACK_COLUMNS``, one row a track in the same order."""
    artists = [join_artists(track.artists) for track in tracks]
    return build_tracks_frame(
        {
            "track_id": [
                track.track_id or name_id(by, track.name)
                for track, by in zip(tracks, artists, strict=True)
            ],
            "name": [track.name for track in tracks],
            "artists": artists,
            "album": [track.album for track in tracks],
            "isrc": [track.isrc for track in tracks],
            "year": np.array([parse_year(track.released) for track in tracks], dtype=np.float32),
            "duration_ms": np.array(
                [np.nan if t.duration_ms is None else t.duration_ms for t in tracks],
                dtype=np.float32,
            ),
            "explicit": [pd.NA if t.explicit is None else t.explicit for t in tracks],
        }
    )
