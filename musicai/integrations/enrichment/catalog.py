"""What was found → the personal catalogue: its tracks, and the links that led to them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from musicai.data.frames import conform
from musicai.data.library import (
    ARTIST_SEPARATOR,
    AUDIO_FEATURES,
    LINK_COLUMNS,
    SOURCE_TRACK_COLUMNS,
)
from musicai.data.text_keys import name_id, recording_key
from musicai.integrations.metabrainz import ArtistTag, Listened, RecordingFacts

LICENCE = (
    "MetaBrainz: names and ids CC0; tags CC BY-NC-SA 3.0; listening counts non-commercial. "
    "For your own use."
)

GENRES = 6
"""Genres of a track that are kept, those with most votes."""

MOST_LISTENERS = 300_000
"""Listeners at which popularity is 100; it grows with the logarithm of the listeners."""


@dataclass(frozen=True)
class Link:
    """One path to a track; see ``tables.LINK_COLUMNS``."""

    kind: str
    via: str
    strength: float
    through: str = ""


@dataclass
class Candidate:
    """A recording that was found, with what is known of it so far."""

    listened: Listened
    links: list[Link] = field(default_factory=list)
    facts: RecordingFacts | None = None
    listeners: int | None = None
    spotify: str = ""

    @property
    def name(self) -> str:
        """The title, or "" while only its id is known."""
        return self.facts.name if self.facts else self.listened.name

    @property
    def artists(self) -> str:
        """The artists, joined as in every track table."""
        if self.facts and self.facts.artists:
            return ARTIST_SEPARATOR.join(one.name for one in self.facts.artists)
        return self.facts.artist_name if self.facts else self.listened.artist_name

    @property
    def key(self) -> str:
        """Equal for two recordings that are taken to be one; see ``matching.recording_key``."""
        return recording_key(self.artists, self.name)


@dataclass(frozen=True)
class OwnTrack:
    """A track of the listener of which open data knows genres."""

    track_id: str
    name: str
    artists: str
    facts: RecordingFacts


def genres_of(tags: Iterable[ArtistTag]) -> str:
    """The real genres among tags, most votes first."""
    return ARTIST_SEPARATOR.join([one.tag for one in tags if one.is_genre][:GENRES])


def popularity_of(listeners: int | None) -> float:
    """0 to 100 from a number of listeners; NaN where it is not known."""
    if listeners is None:
        return math.nan
    return min(100.0, 100.0 * math.log1p(listeners) / math.log1p(MOST_LISTENERS))


def tables(
    candidates: Iterable[Candidate], own: Iterable[OwnTrack], played: frozenset[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The catalogue and its links.

    A recording that the listener has, by its names, is no candidate; one that nothing names
    is left out. Own tracks are added where their genres are known, without links.

    Returns:
        ``SOURCE_TRACK_COLUMNS`` and ``LINK_COLUMNS``; both may have no rows.
    """
    kept = _distinct(one for one in candidates if one.name and one.artists)
    new = {key: one for key, one in kept.items() if key not in played and one.links}
    rows: dict[str, dict[str, object]] = {}
    links: list[dict[str, object]] = []
    for one in new.values():
        row = _row(one)
        key = str(row["track_id"])
        if key not in rows:
            rows[key] = row
            links += [{"track_id": key, **vars(link)} for link in _strongest(one.links)]
    for mine in own:
        if genres_of(mine.facts.tags) and mine.track_id not in rows:
            rows[mine.track_id] = _own_row(mine)
    frame = conform(pd.DataFrame(list(rows.values()), columns=list(SOURCE_TRACK_COLUMNS)),
                    SOURCE_TRACK_COLUMNS, "open data")  # fmt: skip
    found = pd.DataFrame(links, columns=list(LINK_COLUMNS))
    return frame, conform(found, LINK_COLUMNS, "open data")


def _distinct(candidates: Iterable[Candidate]) -> Mapping[str, Candidate]:
    """One candidate a recording: the one with most listeners, with the links of all."""
    found: dict[str, Candidate] = {}
    for one in sorted(candidates, key=lambda c: (-(c.listeners or 0), c.listened.recording)):
        first = found.setdefault(one.key, one)
        if first is not one:
            first.links.extend(one.links)
    return found


def _strongest(links: Iterable[Link]) -> list[Link]:
    """Each path once, with its greatest strength."""
    best: dict[tuple[str, str, str], Link] = {}
    for link in links:
        path = (link.kind, link.via, link.through)
        if path not in best or best[path].strength < link.strength:
            best[path] = link
    return list(best.values())


def track_id(one: Candidate) -> str:
    """The id of its track: Spotify's, else one made of its names."""
    return one.spotify or name_id(one.artists, one.name)


def _row(one: Candidate) -> dict[str, object]:
    facts, listened = one.facts, one.listened
    return {
        "track_id": track_id(one),
        "name": one.name,
        "artists": one.artists,
        "album": (facts.release_name if facts else "") or listened.release_name,
        "genres": genres_of(facts.tags) if facts else "",
        "isrc": facts.isrc if facts else "",
        "year": facts.year if facts else math.nan,
        "duration_ms": facts.length_ms if facts else listened.length_ms,
        "popularity": popularity_of(one.listeners),
        "explicit": None,
        **dict.fromkeys(AUDIO_FEATURES, math.nan),
    }


def _own_row(mine: OwnTrack) -> dict[str, object]:
    as_found = Candidate(Listened(mine.facts.recording), facts=mine.facts)
    names = {"track_id": mine.track_id, "name": mine.name, "artists": mine.artists}
    return _row(as_found) | names
