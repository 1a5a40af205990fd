"""Which artists of open data a listener's artists are, and what their tracks are tagged."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Protocol, TypeVar

from musicai.core.progress import Progress, fixed, part
from musicai.data.text_keys import name_id
from musicai.integrations.enrichment.catalog import OwnTrack
from musicai.integrations.enrichment.limits import TAGS_ASKED
from musicai.integrations.enrichment.plan import LovedArtist, Plan, PlannedTrack
from musicai.integrations.metabrainz import OpenData, RecordingFacts, RecordingName, Resolved
from musicai.integrations.metabrainz.parsing import same_artist

_T = TypeVar("_T")


class Guard(Protocol):
    """Does something, or notes what stopped it."""

    def __call__(self, do: Callable[[], _T]) -> _T | None:
        """What ``do`` gives; None where open data did not answer."""


@dataclass
class Recognised:
    """What open data calls the listener's music."""

    artists: dict[str, str] = field(default_factory=dict)
    """Artist as the listener's tracks spell it → id."""
    own: list[OwnTrack] = field(default_factory=list)
    recordings: dict[str, str] = field(default_factory=dict)
    """Id of an own track → its recording."""
    tags: tuple[str, ...] = ()
    """The genres of the listener's tracks, most played first."""


def recognise(
    plan: Plan,
    client: OpenData,
    guard: Guard,
    progress: Progress,
    offline: Mapping[RecordingName, Resolved] = MappingProxyType({}),
) -> Recognised:
    """What a dump told; then Spotify ids, which are exact; then names, the artists' alone last."""
    found = Recognised()
    client.progress = part(progress, 0.0, 0.1)
    recordings = {t: offline[t.named].recording for t in plan.tracks if t.named in offline}
    recordings |= _by_spotify(plan, client, guard, recordings)
    recordings |= _by_name(plan, client, guard, recordings, part(progress, 0.1, 0.6))
    client.progress = part(progress, 0.6, 0.7)
    ids = list(dict.fromkeys(recordings.values()))
    facts = guard(lambda: client.recordings(ids)) or {}
    told = {track: known for track, one in recordings.items() if (known := facts.get(one))}
    for place, artist in enumerate(plan.artists):
        client.progress = fixed(progress, 0.7 + 0.3 * place / len(plan.artists))
        credits = [ref for t in artist.tracks if t in told for ref in told[t].artists]
        same = Counter(ref.mbid for ref in credits if same_artist(artist.name, [ref.name]))
        mbid: str | None = same.most_common(1)[0][0] if same else _alone(artist, offline)
        if mbid is None:
            mbid = guard(partial(client.artist_mbid, artist.name))
        if mbid:
            found.artists[artist.name] = mbid
    found.recordings = {_track_id(track): one for track, one in recordings.items()}
    found.own = [_own(track, known) for track, known in told.items()]
    found.tags = _tags(told)
    return found


def _alone(artist: LovedArtist, offline: Mapping[RecordingName, Resolved]) -> str | None:
    """The artist's id where a dump credits a track to this artist alone."""
    for track in artist.tracks:
        told = offline.get(track.named)
        if told and len(told.artists) == 1 and same_artist(artist.name, [told.artist_name]):
            return told.artists[0]
    return None


def _by_spotify(
    plan: Plan, client: OpenData, guard: Guard, known: Mapping[PlannedTrack, str]
) -> dict[PlannedTrack, str]:
    wanted = [track for track in plan.tracks if track.spotify and track not in known]
    ids = [track.spotify for track in wanted]
    told = guard(lambda: client.spotify_urls(ids)) or {} if ids else {}
    return {track: one for track in wanted if (one := told.get(track.spotify))}


def _by_name(
    plan: Plan,
    client: OpenData,
    guard: Guard,
    known: Mapping[PlannedTrack, str],
    progress: Progress,
) -> dict[PlannedTrack, str]:
    """Without a token each name costs a request, so one track stands for its artist."""
    recordings: dict[PlannedTrack, str] = {}
    wanted = []
    for artist in plan.artists:
        open_ones = [track for track in artist.tracks if track not in known]
        if client.has_token:
            wanted += open_ones
        elif len(open_ones) == len(artist.tracks):
            wanted += open_ones[:1]
    names = list(dict.fromkeys(track.named for track in wanted))
    # batches without a token are single searches: what came before a failure is worth keeping
    size = 50 if client.has_token else 1
    for start in range(0, len(names), size):
        client.progress = fixed(progress, start / len(names))
        told = guard(partial(client.resolve, names[start : start + size])) or {}
        for track in wanted:
            if (one := told.get(track.named)) is not None:
                recordings[track] = one.recording
    return recordings


def _own(track: PlannedTrack, facts: RecordingFacts) -> OwnTrack:
    return OwnTrack(_track_id(track), track.named.title, track.named.artist, facts)


def _track_id(track: PlannedTrack) -> str:
    return track.spotify or name_id(track.named.artist, track.named.title)


def _tags(told: Mapping[PlannedTrack, RecordingFacts]) -> tuple[str, ...]:
    """The genres with most plays behind them; a track's plays are shared among its genres."""
    weight: defaultdict[str, float] = defaultdict(float)
    for track, facts in told.items():
        genres = [one for one in facts.tags if one.is_genre]
        votes = sum(one.count for one in genres)
        for one in genres:
            weight[one.tag] += track.plays * one.count / votes
    return tuple(sorted(weight, key=lambda tag: (-weight[tag], tag))[:TAGS_ASKED])
