"""From recognised artists and genres to recordings, each with the path that led there."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import TypeVar

from musicai.core.progress import Progress, fixed, no_progress
from musicai.data.text_keys import normalise, recording_key
from musicai.integrations.enrichment import limits
from musicai.integrations.enrichment.artist_matching import Guard, Recognised
from musicai.integrations.enrichment.catalog import Candidate, Link
from musicai.integrations.enrichment.plan import LovedArtist, Plan
from musicai.integrations.metabrainz import Listened, OpenData

_T = TypeVar("_T")

FACTS_AT_ONCE = 500
"""Recordings whose facts are asked for at once, so that a failure costs no more."""


@dataclass
class CandidateFinder:
    """Asks for candidates step by step; whatever was found stays when a step is stopped.

    Seeds are asked for in an order drawn by chance: the order of loved artists would tell how
    much each is played.
    """

    plan: Plan
    client: OpenData
    guard: Guard
    known: Recognised
    today: date
    chance: random.Random
    candidates: dict[str, Candidate] = field(default_factory=dict)
    """By recording id."""
    progress: Progress = no_progress
    _near: dict[str, tuple[str, list[tuple[str, float]]]] = field(default_factory=dict)
    """Similar artist's id → its name, and (own artist, likeness) pairs."""
    _top: dict[str, list[Listened]] = field(default_factory=dict)

    # --- steps --------------------------------------------------------------------------

    def similar(self) -> None:
        """Tracks of artists whom listeners of the loved ones play."""
        seeds = self._seeds(limits.SIMILAR_SEEDS)
        for seed in self._each(seeds, 0.0, 0.4):
            for mbid, name, score in self._similar_to(self.known.artists[seed.name]):
                self._near.setdefault(mbid, (name, []))[1].append((seed.name, score))
        for mbid in self._each(sorted(self._near), 0.4, 1.0):
            name, begun = self._near[mbid]
            for via, score in begun:
                self._take(mbid, name, Link("similar artist", via, score))

    def further(self) -> None:
        """Tracks of artists similar to the similar ones, from the nearest of these on."""
        near = sorted(self._near, key=lambda one: (-self._nearness(one), one))
        seeds = near[: limits.FURTHER_SEEDS]
        self.chance.shuffle(seeds)
        for mbid in self._each(seeds, 0.0, 1.0):
            through, begun = self._near[mbid]
            via, first = max(begun, key=lambda pair: (pair[1], pair[0]))
            found = self._similar_to(mbid, besides=set(self._near))
            for other, name, second in found[: limits.FURTHER_ARTISTS]:
                self._take(other, name, Link("similar artist", via, first * second, through))

    def top(self) -> None:
        """What others play most of the loved artists."""
        for seed in self._each(self._seeds(limits.TOP_SEEDS), 0.0, 1.0):
            link = Link("top recording", seed.name, 1.0)
            self._take(self.known.artists[seed.name], seed.name, link)

    def tags(self) -> None:
        """Tracks of the genres that the own tracks carry, those that most people play."""
        for tag in self._each(list(self.known.tags), 0.0, 1.0):
            found = self.guard(partial(self.client.tag_radio, tag)) or []
            listeners = self._listeners(found)
            found.sort(key=lambda one: (-(listeners[one.recording] or 0), one.recording))
            for rank, one in enumerate(found[: limits.TRACKS_TAGGED]):
                self._add(one, Link("tag", tag, limits.falloff(rank, tagged=True)))

    def fresh(self) -> None:
        """Tracks of new releases by the loved artists; what is still to come is left out."""
        rank = {mbid: place for place, mbid in enumerate(self.known.artists.values())}
        own = {mbid: name for name, mbid in self.known.artists.items()}
        released = [
            (min(rank[one] for one in release.artists if one in rank), release)
            for release in self.guard(self.client.fresh_releases) or []
            if any(one in rank for one in release.artists)
            and release.date <= self.today.isoformat()
        ]
        chosen = sorted(released, key=lambda pair: (pair[0], pair[1].release_group))
        mine = [release for _, release in chosen[: limits.FRESH_RELEASES]]
        self.chance.shuffle(mine)
        for release in self._each(mine, 0.0, 1.0):
            via = next(own[one] for one in release.artists if one in own)
            tracks = self.guard(partial(self.client.release_tracks, release.release_group)) or []
            for one in tracks[: limits.TRACKS_FRESH]:
                self._add(one, Link("fresh release", via, 1.0))

    def spotify(self) -> None:
        """Spotify ids of what was found."""
        told = self.guard(partial(self.client.spotify_ids, list(self.candidates))) or {}
        for mbid, ids in told.items():
            self.candidates[mbid].spotify = ids[0] if ids else ""

    def describe(self) -> None:
        """Names, years, genres and listeners of what was found."""
        mbids = list(self.candidates)
        for start in range(0, len(mbids), FACTS_AT_ONCE):
            some = mbids[start : start + FACTS_AT_ONCE]
            facts = self.guard(partial(self.client.recordings, some)) or {}
            listeners = self.guard(partial(self.client.popularity, some)) or {}
            for mbid in some:
                one = self.candidates[mbid]
                one.facts = facts.get(mbid)
                told = listeners.get(mbid)
                one.listeners = one.listeners if told is None else told

    # --- what steps share ---------------------------------------------------------------

    def _each(self, seeds: Sequence[_T], start: float, stop: float) -> Iterator[_T]:
        """The seeds, with the client's progress within the step moving along."""
        for place, seed in enumerate(seeds):
            low = start + (stop - start) * place / len(seeds)
            self.client.progress = fixed(self.progress, low)
            yield seed

    def _seeds(self, n: int) -> list[LovedArtist]:
        seeds = [one for one in self.plan.artists if one.name in self.known.artists][:n]
        self.chance.shuffle(seeds)
        return seeds

    def _similar_to(
        self, mbid: str, besides: frozenset[str] | set[str] = frozenset()
    ) -> list[tuple[str, str, float]]:
        """(id, name, likeness) of the artists most like one that are not the listener's own."""
        ids = set(self.known.artists.values()) | besides
        names = {normalise(artist.name) for artist in self.plan.artists}
        found = self.guard(partial(self.client.similar_artists, mbid)) or []
        new = [
            (one.artist, one.name, one.score)
            for one in found
            if one.name and one.artist not in ids and normalise(one.name) not in names
        ]
        return new[: limits.SIMILAR_ARTISTS]

    def _nearness(self, mbid: str) -> float:
        return sum(score for _, score in self._near[mbid][1])

    def _take(self, mbid: str, name: str, link: Link) -> None:
        """Add the most played recordings of an artist that the listener does not have."""
        if mbid not in self._top:
            self._top[mbid] = self._most_played(mbid)
        new = [
            one
            for one in self._top[mbid]
            if recording_key(one.artist_name or name, one.name) not in self.plan.played
        ]
        for rank, one in enumerate(new[: limits.TRACKS_OF]):
            strength = link.strength * limits.falloff(rank)
            self._add(one, Link(link.kind, link.via, strength, link.through))

    def _most_played(self, mbid: str) -> list[Listened]:
        """An artist's recordings, most listeners first; without a token out of 100 of them."""
        if self.client.has_token:
            found = self.guard(partial(self.client.top_recordings, mbid)) or []
            if found:
                return found
        found = self.guard(partial(self.client.artist_recordings, mbid)) or []
        listeners = self._listeners(found)
        return sorted(found, key=lambda one: (-(listeners[one.recording] or 0), one.recording))

    def _listeners(self, found: Sequence[Listened]) -> dict[str, int | None]:
        ids = [one.recording for one in found]
        told = self.guard(partial(self.client.popularity, ids)) or {} if ids else {}
        return {one.recording: told.get(one.recording, one.listeners) for one in found}

    def _add(self, one: Listened, link: Link) -> None:
        candidate = self.candidates.setdefault(one.recording, Candidate(one))
        candidate.links.append(link)
        if candidate.listeners is None:
            candidate.listeners = one.listeners
