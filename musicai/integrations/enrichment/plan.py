"""Whose music is asked about: the artists that a listener plays most, with their best known tracks.

The plan is made of the library alone and asks nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from musicai.core.errors import DataError, QueryError
from musicai.data.library import Library
from musicai.data.text_keys import first_artist, recording_key
from musicai.integrations.enrichment.limits import (
    BROWSED,
    FURTHER_ARTISTS,
    FURTHER_SEEDS,
    SIMILAR_ARTISTS,
    SIMILAR_SEEDS,
    TAGS_ASKED,
    TOP_SEEDS,
)
from musicai.integrations.metabrainz import RecordingName
from musicai.store import Store

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

    named: RecordingName
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

    def add_step(row: int) -> PlannedTrack:
        album, track_id = str(tracks["album"].iat[row]), str(tracks["track_id"].iat[row])
        spotify = track_id if _SPOTIFY_ID.fullmatch(track_id) else ""
        return PlannedTrack(
            RecordingName(artists[row], names[row], album), spotify, int(plays[row])
        )

    return Plan(
        tuple(
            LovedArtist(name, total[name], tuple(map(add_step, _best(by_artist[name], plays))))
            for name in loved[:n_artists]
        ),
        frozenset(recording_key(artists[row], names[row]) for row in own),
    )


def _best(rows: list[int], plays: np.ndarray) -> list[int]:
    return sorted(rows, key=lambda row: (-plays[row], row))[:TRACKS]


_SETTING = "open_data"
"""Key of the allowed steps in a profile's settings."""


@dataclass(frozen=True)
class EnrichmentStep:
    """Something that a person may allow."""

    name: str
    label: str
    brings: str
    """What it is good for, one sentence."""
    leaves: str
    """What leaves the machine for it."""
    hosts: tuple[str, ...]
    """Who is asked."""


_MUSICBRAINZ, _LISTENBRAINZ = "MusicBrainz", "ListenBrainz"
_LABS = "ListenBrainz labs"

RECOGNISE = EnrichmentStep(
    "artists",
    "Recognise your artists",
    "Tells your artists from others of their names; every other step needs it.",
    "names and Spotify ids of your most played artists and of three tracks of each",
    (_MUSICBRAINZ, _LISTENBRAINZ),
)
SIMILAR = EnrichmentStep(
    "similar",
    "Similar artists",
    "Tracks of artists whom listeners of yours play too.",
    "ids of your artists, of artists like them, and of their tracks",
    (_LABS, _LISTENBRAINZ, _MUSICBRAINZ),
)
TOP = EnrichmentStep(
    "top",
    "More of your artists",
    "What others play most of your artists and you never did.",
    "ids of your artists and of their tracks",
    (_LISTENBRAINZ, _MUSICBRAINZ),
)
TAGS = EnrichmentStep(
    "tags",
    "Your genres",
    "Tracks that carry the genres that your most played tracks carry.",
    "names of genres, and ids of tracks",
    (_LISTENBRAINZ,),
)
FRESH = EnrichmentStep(
    "fresh",
    "Fresh releases",
    "What your artists released in the last 90 days.",
    "ids of new releases by your artists",
    (_LISTENBRAINZ, _MUSICBRAINZ),
)
FURTHER = EnrichmentStep(
    "further",
    "One step further",
    "Tracks of artists similar to the similar ones.",
    "ids of artists like yours, of artists like those, and of their tracks",
    (_LABS, _LISTENBRAINZ, _MUSICBRAINZ),
)
SPOTIFY = EnrichmentStep(
    "spotify",
    "Links to Spotify",
    "Spotify ids of what was found, so that it opens in Spotify.",
    "ids of the tracks that were found",
    (_LABS,),
)

STEPS: tuple[EnrichmentStep, ...] = (RECOGNISE, SIMILAR, TOP, TAGS, FRESH, FURTHER, SPOTIFY)
"""In the order in which they are done."""

_NAMES = tuple(step.name for step in STEPS)


def order_steps(names: Iterable[str]) -> tuple[EnrichmentStep, ...]:
    """The steps of these names in their order, with those that they need.

    Raises:
        QueryError: a name is no step's, or none of them brings tracks.
    """
    wanted = set(names)
    unknown = sorted(wanted - set(_NAMES))
    if unknown:
        raise QueryError(f"There is no step {unknown[0]!r}; the steps are {', '.join(_NAMES)}.")
    if not wanted - {RECOGNISE.name, SPOTIFY.name}:
        raise QueryError(
            "Choose at least one step that finds music: similar, top, tags, fresh or further."
        )
    wanted.add(RECOGNISE.name)
    if FURTHER.name in wanted:
        wanted.add(SIMILAR.name)
    return tuple(step for step in STEPS if step.name in wanted)


def list_allowed_steps(store: Store, profile: str) -> tuple[str, ...]:
    """The names of the steps that the person allowed for a profile; none at first."""
    kept = store.settings_of(profile).get(_SETTING)
    return tuple(name for name in _NAMES if isinstance(kept, list) and name in kept)


def allow(store: Store, profile: str, steps: Sequence[EnrichmentStep]) -> None:
    """Remember what the person allowed; an empty one takes it all back."""
    store.change_settings(profile, {_SETTING: [step.name for step in steps]})


EXAMPLES = 5
"""Names that a preview lists of many."""

_BATCH = 50
"""Names or ids of one request, at worst."""


@dataclass(frozen=True)
class StepPreview:
    """One step before it is done."""

    step: EnrichmentStep
    examples: tuple[str, ...]
    """Some of what leaves, as it is sent; empty where that follows from earlier answers."""
    n_known: int
    """Names and ids that are known now to be sent."""
    requests: int
    """At most; what was answered before costs none."""


@dataclass(frozen=True)
class Preview:
    """All steps before they are done."""

    steps: tuple[StepPreview, ...]

    @property
    def requests(self) -> int:
        """At most, over all steps."""
        return sum(step.requests for step in self.steps)

    @property
    def minutes(self) -> int:
        """At most, at one request a second."""
        return ceil(self.requests / 60)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Who is asked, each once."""
        return tuple(dict.fromkeys(host for one in self.steps for host in one.step.hosts))


def preview(plan: Plan, steps: Sequence[EnrichmentStep], *, has_token: bool) -> Preview:
    """What the steps would send for a plan; asks nobody."""
    return Preview(tuple(_of(step, plan, has_token) for step in steps))


def _of(step: EnrichmentStep, plan: Plan, has_token: bool) -> StepPreview:
    names = tuple(artist.name for artist in plan.artists)
    if step is RECOGNISE:
        tracks = plan.tracks
        sent = tuple(f"{track.named.artist}: {track.named.title}" for track in tracks)
        known = len(tracks) + sum(bool(track.spotify) for track in tracks) + len(names)
        by_name = len(names) if not has_token else ceil(len(names) / _BATCH)
        requests = ceil(len(tracks) / _BATCH) + 2 * by_name + ceil(len(tracks) / 500)
        return StepPreview(step, sent[:EXAMPLES], known, requests)
    seeds, requests = {
        SIMILAR: (SIMILAR_SEEDS, 1 + SIMILAR_ARTISTS * BROWSED),
        TOP: (TOP_SEEDS, BROWSED),
        TAGS: (0, 0),
        FRESH: (len(names), 1),
        FURTHER: (FURTHER_SEEDS, 1 + FURTHER_ARTISTS * BROWSED),
        SPOTIFY: (0, 0),
    }[step]
    seeds = min(seeds, len(names))
    if step is TAGS:
        return StepPreview(step, (), 0, TAGS_ASKED + 4)
    if step is SPOTIFY:
        return StepPreview(step, (), 0, 40)
    return StepPreview(step, names[: min(EXAMPLES, seeds)], seeds, seeds * requests + 1)
