"""The several tastes of one listener, instead of one average that fits none of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from musicai.data.arrays import TrackFeatures
from musicai.data.genres import GENRE_LABELS, GENRES
from musicai.data.library import AUDIO_FEATURES, IntArray
from musicai.data.moods import MOODS, mood_matrix, mood_worth
from musicai.insights.taste.plays import Double, Long
from musicai.insights.taste.profile import Cluster

MOST_TRACKS = 800
"""The most played recordings are clustered; of longer tails hardly anything is heard."""

MOST = 6
"""Clusters, at most."""

LEAST_TRACKS = 12
"""Recordings needed before any clustering."""

LEAST_SHARE = 0.05
"""Of the listening: a smaller cluster is no taste of its own."""

APART = 0.2
"""Mean silhouette from which on clusters count as apart (Rousseeuw, 1987: below .25 there is
hardly any structure; genres overlap in sound, so that a little less is let pass)."""

GENRE_WEIGHT = 1.5
"""Worth of the genres beside the sound, whose features are standardised."""

SPREADS: dict[str, float] = {
    "danceability": 0.15,
    "energy": 0.18,
    "valence": 0.23,
    "acousticness": 0.22,
    "instrumentalness": 0.22,
    "liveness": 0.15,
    "speechiness": 0.10,
    "tempo": 27.0,
    "loudness": 3.0,
}
"""Standard deviations over 28,000 tracks of popular music, in the features' own units: by the
listener's own, the noise of somebody who keeps to one kind of music would look like structure."""

BEYOND = 0.05
"""By how much the silhouette must lie above that of the same values shuffled column by column."""

ARTISTS, ROWS = 3, 10
"""Artists and tracks told of each."""

_ROUNDS, _STARTS, _SHUFFLES = 20, 2, 2


def clusters(features: TrackFeatures, genre_rows: Double, weights: Double) -> tuple[Cluster, ...]:
    """The listening gathered by sound and genre, largest first.

    Weighted k-means (Lloyd) with k-means++ starts (Arthur and Vassilvitskii, 2007) on the
    recordings by sound and genre, weighed by the root of their plays, so that one song played
    a thousand times is not a taste of its own; the number of clusters is the one with the best
    mean simplified silhouette (Hruschka et al., 2004). Deterministic.

    Args:
        features: What is known of the tracks.
        genre_rows: (n_tracks, 10) membership in each genre, rows summing to 1; 0 where unknown.
        weights: (n_tracks,) the listening.

    Returns:
        One cluster where the music does not part; none where too little of it is known.
    """
    rows, plays = _heaviest(features, genre_rows, weights)
    if len(rows) < LEAST_TRACKS:
        return ()
    vectors = _vectors(features, genre_rows, rows)
    group = _best_grouping(vectors, np.sqrt(plays))
    told = [
        _describe_cluster(
            features, genre_rows, rows[group == one], plays[group == one], (rows, plays)
        )
        for one in np.unique(group)
    ]
    return _distinct(sorted(told, key=lambda one: -one.plays))


def _heaviest(
    features: TrackFeatures, genre_rows: Double, weights: Double
) -> tuple[IntArray, Double]:
    """A row of each of the most played recordings of which anything is known, and its plays."""
    heard = np.flatnonzero(weights > 0)
    known = genre_rows[heard].any(axis=1) | np.isfinite(features.audio[heard]).any(axis=1)
    heard = heard[known]
    recording = features.recording[heard]
    unique, first = np.unique(recording, return_index=True)
    plays = np.bincount(np.searchsorted(unique, recording), weights=weights[heard])
    best = np.argsort(-plays, kind="stable")[:MOST_TRACKS]
    return heard[first[best]].astype(np.int32), np.asarray(plays[best], dtype=np.float64)


def _vectors(features: TrackFeatures, genre_rows: Double, rows: IntArray) -> Double:
    """(n, 19) standardised sound, what is not known at the mean, and weighted genres."""
    audio = features.audio[rows].astype(float)
    known = np.isfinite(audio)
    n = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, audio, 0.0).sum(axis=0) / n
    spread = np.array([SPREADS[name] for name in AUDIO_FEATURES])
    sound = np.where(known, (audio - mean) / spread, 0.0)
    return np.hstack([sound / np.sqrt(len(AUDIO_FEATURES)), GENRE_WEIGHT * genre_rows[rows]])


def _best_grouping(vectors: Double, weight: Double) -> Long:
    """(n,) the grouping whose clusters are furthest apart; all 0 where none are."""
    best, sharpest = np.zeros(len(vectors), dtype=np.int64), APART
    random = np.random.default_rng(0)
    shuffled = [
        np.stack([random.permutation(column) for column in vectors.T], axis=1)
        for _ in range(_SHUFFLES)
    ]
    for k in range(2, min(MOST, len(vectors) // 4) + 1):
        group, value = _group_tracks(vectors, weight, k, random)
        share = np.bincount(group, weights=weight, minlength=k) / weight.sum()
        if share.min() < LEAST_SHARE or value <= sharpest:
            continue
        chance = max(_group_tracks(other, weight, k, random)[1] for other in shuffled)
        if value > chance + BEYOND:
            best, sharpest = group, value
    return best


def _group_tracks(
    vectors: Double, weight: Double, k: int, random: np.random.Generator
) -> tuple[Long, float]:
    """The tightest of some groupings, and its mean simplified silhouette."""
    group, distance = min(
        (_gather(vectors, weight, k, random) for _ in range(_STARTS)),
        key=lambda one: float(weight @ one[1].min(axis=1)),
    )
    ordered = np.sqrt(np.sort(distance, axis=1)[:, :2])
    apart = 1.0 - ordered[:, 0] / np.maximum(ordered[:, 1], 1e-12)
    return group, float(weight @ apart / weight.sum())


def _gather(
    vectors: Double, weight: Double, k: int, random: np.random.Generator
) -> tuple[Long, Double]:
    """(n,) groups and (n, k) squared distances to their centres."""
    centres = vectors[[int(random.choice(len(vectors), p=weight / weight.sum()))]]
    for _ in range(k - 1):
        near = _distances(vectors, centres).min(axis=1) * weight
        chance = near / near.sum() if near.sum() > 0 else weight / weight.sum()
        centres = np.vstack([centres, vectors[int(random.choice(len(vectors), p=chance))]])
    group = np.full(len(vectors), -1)
    for _ in range(_ROUNDS):
        distance = _distances(vectors, centres)
        new = distance.argmin(axis=1)
        if (new == group).all():
            break
        group = new
        member = (group[:, None] == np.arange(k)) * weight[:, None]
        mass = member.sum(axis=0)
        centres = np.where(
            mass[:, None] > 0, member.T @ vectors / np.maximum(mass[:, None], 1e-12), centres
        )
    return group.astype(np.int64), _distances(vectors, centres)


def _distances(vectors: Double, centres: Double) -> Double:
    own = np.einsum("ij,ij->i", vectors, vectors)[:, None]
    gap = own - 2 * vectors @ centres.T + np.einsum("ij,ij->i", centres, centres)
    return np.asarray(np.maximum(gap, 0.0), dtype=np.float64)


# --- names ----------------------------------------------------------------------------


def _describe_cluster(
    features: TrackFeatures,
    genre_rows: Double,
    rows: IntArray,
    plays: Double,
    whole: tuple[IntArray, Double],
) -> Cluster:
    artist = features.artist[rows]
    counts = np.bincount(artist[artist >= 0], weights=plays[artist >= 0])
    first = [int(at) for at in np.argsort(-counts, kind="stable")[:ARTISTS] if counts[at] > 0]
    artists = tuple(features.artist_names[at] for at in first)
    genre, mood = _genre(genre_rows, rows, plays, whole), _mood(features, rows, plays)
    return Cluster(
        name=_name(genre, mood, artists),
        share=float(plays.sum() / whole[1].sum()),
        plays=float(plays.sum()),
        tracks=len(rows),
        genre=genre,
        mood=mood,
        artists=artists,
        rows=tuple(rows[np.argsort(-plays, kind="stable")[:ROWS]].tolist()),
        audio=_audio(features, rows, plays),
    )


def _genre(
    genre_rows: Double, rows: IntArray, plays: Double, whole: tuple[IntArray, Double]
) -> str:
    """The genre with the largest share, weighed by how much more of it there is than elsewhere."""
    here, everywhere = plays @ genre_rows[rows], whole[1] @ genre_rows[whole[0]]
    if not here.sum():
        return ""
    share, usual = here / here.sum(), everywhere / everywhere.sum()
    return GENRES[int(np.argmax(share * np.sqrt(share / np.maximum(usual, 1e-9))))]


def _mood(features: TrackFeatures, rows: IntArray, plays: Double) -> str:
    """The mood that its plays are worth most on the mean."""
    worth = mood_worth(mood_matrix(features.audio[rows])).astype(float)
    known = ~np.isnan(worth).any(axis=1)
    if plays[known].sum() < plays.sum() / 2:
        return ""
    return MOODS[int(np.argmax(plays[known] @ worth[known]))]


def _audio(features: TrackFeatures, rows: IntArray, plays: Double) -> dict[str, float | None]:
    audio = features.audio[rows].astype(float)
    known = np.isfinite(audio)
    mass = plays @ known
    sums = plays @ np.where(known, audio, 0.0)
    return {
        name: float(sums[at] / mass[at]) if mass[at] else None
        for at, name in enumerate(AUDIO_FEATURES)
    }


def _name(genre: str, mood: str, artists: Sequence[str]) -> str:
    """Such as "Chill jazz"; the first artist where neither is known."""
    words = " ".join(part for part in (mood, GENRE_LABELS[genre] if genre else "") if part)
    return words[:1].upper() + words[1:] if words else (artists[0] if artists else "Unnamed")


def _distinct(told: Sequence[Cluster]) -> tuple[Cluster, ...]:
    """With the first artist in the name where two would be called the same."""
    names = [one.name for one in told]
    found = []
    for one in told:
        twice = names.count(one.name) > 1 and one.artists
        name = f"{one.name}, as by {one.artists[0]}" if twice else one.name
        found.append(Cluster(**{**vars(one), "name": name}))
    return tuple(found)
