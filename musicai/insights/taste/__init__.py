"""Somebody's taste as data: what they hear, when, how widely, and what is surprising in it."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import Any

import numpy as np

from musicai.data.arrays import TrackFeatures
from musicai.data.library import IntArray, Library
from musicai.data.periods import zone
from musicai.insights.taste import clusters, findings, habits, significance, sound, top_items
from musicai.insights.taste import plays as listening
from musicai.insights.taste import sound as moods
from musicai.insights.taste.plays import Double, Listening, Plays
from musicai.insights.taste.profile import (
    Cluster,
    FeatureTaste,
    GenreDiversity,
    Insight,
    ListeningPatterns,
    Loyalty,
    Month,
    MoodMap,
    Peers,
    ProfileCoverage,
    Quarter,
    Sessions,
    SkipHabits,
    TasteProfile,
    Top,
)

__all__ = [
    "Cluster",
    "FeatureTaste",
    "GenreDiversity",
    "Insight",
    "ListeningPatterns",
    "Loyalty",
    "Month",
    "MoodMap",
    "Peers",
    "ProfileCoverage",
    "Quarter",
    "Sessions",
    "SkipHabits",
    "TasteProfile",
    "Top",
    "taste_profile",
]

logger = logging.getLogger(__name__)

_UNITS = {
    "plays": ("full plays", "full play"),
    "playlists": ("playlist entries", "playlist entry"),
    "tracks": ("tracks", "track"),
    "nothing": ("plays", "play"),
}
"""What the weights of each basis count: many, one."""


def taste_profile(
    library: Library,
    features: TrackFeatures,
    *,
    listener: int = 0,
    tracks: Sequence[int] | IntArray | None = None,
    weights: Sequence[float] | Double | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    timezone: str = "UTC",
    plays: Plays | None = None,
) -> TasteProfile:
    """The taste of one listener in a period, or of a list of tracks.

    A play weighs 1 if it was completed (30 seconds or more, not skipped), else 0. An
    owner without plays is described by their playlists, each entry weighing 1.

    Args:
        library: The data.
        features: ``data_processor.build_features(library)``.
        listener: Position in ``library.listeners``; 0 is the owner.
        tracks: Track rows to describe instead of the plays; −1 is a track not known.
        weights: One weight, 0 or more, for each of ``tracks``; 1 each without.
        since: First moment of the period; without a zone it is in ``timezone``.
        until: First moment after the period.
        timezone: IANA name of the zone for hours, weekdays and months.
        plays: All of the listener's in that zone (``listening.timed``), if laid out already.

    Raises:
        QueryError: no such listener, row or time zone, or a weight that cannot be meant.
    """
    started = time.perf_counter()
    if tracks is None:
        heard = listening.select(library, listener, timezone, since, until, plays)
    else:
        zone(timezone)
        heard = listening.of_tracks(library.n_tracks, tracks, weights)
    profile = _describe(library, features, heard, timezone)
    logger.info(
        "taste over %d plays in %.3f s",
        len(heard.plays.track) if heard.plays is not None else 0,
        time.perf_counter() - started,
    )
    return profile


def _describe(
    library: Library, features: TrackFeatures, heard: Listening, timezone: str
) -> TasteProfile:
    weights = heard.weights
    compared = sound.comparison(library, weights)
    genre_rows = sound.genre_rows(features)
    audio = sound.audio_features(features, weights, compared)
    coverage = sound.coverage(library, features, weights)
    shares, unknown = sound.genres(genre_rows, weights)
    mainstream, mainstream_catalogue = top_items.mainstream(features, weights, compared)
    own = weights > 0
    artist = features.artist[own]
    profile = TasteProfile(
        basis=heard.basis,
        amount=float(weights.sum()),
        timezone=timezone,
        compared_with=compared.words,
        audio_features=audio,
        coverage=coverage,
        genre_shares=shares,
        unknown_genre_share=unknown,
        micro_genres=sound.micro_genres(library, weights),
        genre_diversity=sound.diversity(shares),
        distinct_tracks=len(set(features.recording[own].tolist())),
        distinct_artists=len(set(artist[artist >= 0].tolist())),
        top_artists=top_items.top_artists(features, weights),
        top_tracks=top_items.top_tracks(library, features, weights),
        top_albums=top_items.top_albums(library, features, weights),
        eras=top_items.eras(library, weights),
        mainstream=mainstream,
        mainstream_catalogue=mainstream_catalogue,
        popularity=top_items.popularity(features, weights),
        moods=moods.mood_map(features, weights),
        clusters=clusters.clusters(features, genre_rows, weights),
        **_habits(library, features, heard, genre_rows, shares),
        listening_patterns=listening.patterns(heard.plays) if heard.plays is not None else None,
        insights=(),
        missing=heard.missing
        + tuple(_gaps(heard.basis, coverage, shares, unknown, float(weights.sum()))),
    )
    found = _insights(profile, features, heard, genre_rows, compared)
    return replace(profile, insights=findings.rank_findings(found))


def _habits(
    library: Library,
    features: TrackFeatures,
    heard: Listening,
    genre_rows: Double,
    shares: dict[str, float],
) -> dict[str, Any]:
    """What takes times: loyalty, skips, and how diversity moved and compares."""
    found: dict[str, Any] = {
        "loyalty": None,
        "skips": None,
        "diversity_over_time": (),
        "diversity_peers": None,
    }
    if heard.plays is None or heard.everything is None or not len(heard.plays):
        return found
    own = sound.diversity(shares).effective_genres
    return found | {
        "loyalty": habits.loyalty(features, heard.plays, heard.everything),
        "skips": habits.skips(heard.plays, genre_rows),
        "diversity_over_time": habits.diversity_over_time(heard.plays, genre_rows),
        "diversity_peers": habits.peers(
            listening.list_completed_plays(library), len(library.listeners), genre_rows, own
        )
        if len(library.listeners) > habits.PEERS_LEAST
        else None,
    }


def _insights(
    profile: TasteProfile,
    features: TrackFeatures,
    heard: Listening,
    genre_rows: Double,
    compared: sound.SoundComparison,
) -> Iterator[Insight]:
    effective = profile.genre_diversity.effective_genres
    found = [
        findings.artist(profile.top_artists, profile.amount),
        findings.against_catalogue(
            profile.audio_features, profile.genre_shares, genre_rows, compared, profile.amount
        ),
    ]
    pattern = profile.listening_patterns
    if heard.plays is not None and pattern is not None:
        table = significance.cells(heard.plays, genre_rows, features)
        found.append(findings.contrasts(table, profile.audio_features))
        found.append(findings.skips(heard.plays, genre_rows))
        found.append(findings.busiest_hour(pattern.by_hour))
        found.append(findings.among_peers(profile.diversity_peers))
        found.append(_against_past(profile, features, heard, genre_rows))
    repeats = pattern.repeat_share if pattern else None
    found.append(findings.plain_facts(effective, repeats, profile.amount))
    return chain.from_iterable(found)


def _against_past(
    profile: TasteProfile, features: TrackFeatures, heard: Listening, genre_rows: Double
) -> Iterator[Insight]:
    """What is different from before the period; nothing where it is the whole history."""
    plays, everything = heard.plays, heard.everything
    if plays is None or everything is None or not len(plays):
        return
    begin = int(np.searchsorted(everything.start, plays.start[0], side="left"))
    if everything.done[:begin].sum() < significance.PLAYS_LEAST:
        return
    table = significance.cells(everything.only(slice(0, begin + len(plays))), genre_rows, features)
    first, last = int(plays.local[0]), int(plays.local[-1])
    yield from findings.past(table, first, last, profile.audio_features)


def _gaps(
    basis: str, coverage: ProfileCoverage, shares: dict[str, float], unknown: float, amount: float
) -> Iterator[str]:
    """What the profile cannot say, and how to help it."""
    if amount == 0:
        return
    known = coverage.features_known
    if known == 0:
        yield (
            "No audio features are known for this music. Load a track table that holds them, "
            "or an Exportify file, in the Library."
        )
    elif known < 0.5:
        yield (
            f"Audio features are known for only {known:.0%} of the listening; "
            "a track table in the Library would add more."
        )
    if not any(shares.values()):
        yield "No genres are known for this music; a track table with genres would add them."
    elif unknown >= 0.5:
        yield f"The genre of {unknown:.0%} of the listening is not known."
    if amount < significance.PLAYS_LEAST:
        yield (
            f"This stands on {amount:,.0f} {_UNITS[basis][amount == 1]}; comparisons and insights "
            f"begin at {significance.PLAYS_LEAST}."
        )
