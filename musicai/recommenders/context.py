"""The occasion: what this listener plays then, at this hour or for this, more than otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from musicai.errors import QueryError
from musicai.moments import A_DAY
from musicai.occasions import ACTIVITIES, PLACE, PLACES, SEASON, SEASONS
from musicai.progress import Progress
from musicai.recommenders.base import (
    Component,
    ComponentConfig,
    History,
    Query,
    Reason,
    TrackFeatures,
    TrainingData,
)
from musicai.tables import FloatArray, IntArray

Double = npt.NDArray[np.float64]

HOUR = "hour"
"""The occasion that a query's moment asks for."""

CEILING = 2.0
"""Largest score: e² times as often as otherwise."""


@dataclass(frozen=True)
class ContextConfig(ComponentConfig):
    """Settings of :class:`Context`."""

    track_plays: float = 12.0
    """Plays (> 0) at which a track's own hours count as much as those of its artist."""
    artist_plays: float = 40.0
    """Plays (> 0) at which an artist's hours count as much as those of the genre."""
    genre_plays: float = 150.0
    """Plays (> 0) at which a genre's hours count as much as the listener's average."""
    fewest: int = 50
    """Plays (≥ 1) with a time below which nothing is said of hours."""

    def __post_init__(self) -> None:
        if min(self.track_plays, self.artist_plays, self.genre_plays) <= 0 or self.fewest < 1:
            raise QueryError("The plays of tracks, artists and genres and fewest must be above 0.")


@dataclass(frozen=True)
class _Hours:
    """What one listener plays on one kind of occasion."""

    average: float
    """Share of all plays that fall into it."""
    genre: Double
    """(10,) the same of each genre, drawn towards the average."""
    artist_plays: Double
    """(n_artists + 1,) plays of each artist; the last place for unknown artists."""
    artist_here: Double
    """(n_artists + 1,) those of them on it."""


class Context(Component):
    """Σ log(P(kind | track) / P(kind)) over the occasions asked for, of this listener's own plays.

    A kind is a time of the week, a season, a place in the session, an activity
    (:mod:`musicai.occasions`). P(kind | track) is drawn towards that of the track's artist, that
    one towards the genre's, and the genre's towards the listener's average: each by as many plays
    as the settings say (empirical Bayes with Dirichlet priors; as in hierarchical smoothing of
    language models, MacKay and Peto, 1995). Nothing is fixed about hours: a listener without a
    habit gets no opinion worth a place.
    It speaks only where an occasion is asked for.
    """

    name = "context"
    label = "The occasion"
    help = "Lifts what you play at this time, or while doing this, more than otherwise."
    trained = False
    scaling = "calibrated"
    config_class = ContextConfig
    config: ContextConfig

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Keep who made each track and of which genre it is; plays come with the query."""
        return self._know(data.features)

    def _know(self, features: TrackFeatures) -> Self:
        self.artist_ = features.artist
        self.genres_ = features.genres
        self.artist_names_ = features.artist_names
        return self

    # --- scoring ----------------------------------------------------------------------

    def _counted(self, past: History, counts: IntArray, kind: int) -> _Hours | None:
        if not len(counts) or counts.sum() < self.config.fewest:
            return None
        plays = counts.sum(axis=1).astype(np.float64)
        here = counts[:, kind].astype(np.float64)
        average = max(here.sum(), 0.5) / plays.sum()
        member = np.nan_to_num(self.genres_[past.rows]).astype(np.float64)
        strength = self.config.genre_plays
        genre = (member.T @ here + strength * average) / (member.T @ plays + strength)
        n_artists = int(self.artist_.max(initial=-1)) + 2
        artist = self.artist_[past.rows]  # −1, unknown, is the last place
        return _Hours(
            average=float(average),
            genre=genre,
            artist_plays=_by_artist(artist, plays, n_artists),
            artist_here=_by_artist(artist, here, n_artists),
        )

    def _shares(
        self, past: History, hours: _Hours, counts: IntArray, kind: int
    ) -> tuple[Double, Double]:
        """(n_tracks,) P(kind | track), and of how many plays it is made beyond the average."""
        member = np.nan_to_num(self.genres_).astype(np.float64)
        total = member.sum(axis=1)
        prior = np.where(total > 0, member @ hours.genre / np.maximum(total, 1e-9), hours.average)
        strength = self.config.artist_plays
        played, here = hours.artist_plays[self.artist_], hours.artist_here[self.artist_]
        share = (here + strength * prior) / (played + strength)
        known = played + total
        strength = self.config.track_plays
        mine, own = counts[:, kind], counts.sum(axis=1)
        share[past.rows] = (mine + strength * share[past.rows]) / (own + strength)
        known[past.rows] += own
        return share, known

    def score(self, query: Query) -> FloatArray:
        """(n_tracks,) NaN where nothing is asked, too little is played, or nothing is known.

        The hour and every other occasion that is asked for are added up.
        """
        total = np.full(len(self.artist_), np.nan, dtype=np.float32)
        for occasion, kind in _asked(query):
            own = self._scores(query.history, occasion, kind)
            total = np.where(np.isnan(total), own, total + np.nan_to_num(own))
        return np.clip(total, -CEILING, CEILING)

    def _scores(self, past: History, occasion: str, kind: int) -> FloatArray:
        """Of one occasion: worked out once, as each reason of a list asks for it too."""
        key = self.token, occasion, kind
        if key not in past.memo:
            past.memo[key] = self._scored(past, _counts(past, occasion), kind)
        found: FloatArray = past.memo[key]
        return found

    def _scored(self, past: History, counts: IntArray, kind: int) -> FloatArray:
        hours = self._counted(past, counts, kind)
        if hours is None:
            return np.full(len(self.artist_), np.nan, dtype=np.float32)
        share, known = self._shares(past, hours, counts, kind)
        score = np.clip(np.log(share / hours.average), -CEILING, CEILING)
        return np.where(known > 0, score, np.nan).astype(np.float32)

    # --- reasons ----------------------------------------------------------------------

    def reasons(self, query: Query, track: int) -> list[Reason]:
        """Of each occasion: how many plays of the track, or else of its artist, fall on it."""
        found = []
        for occasion, kind in _asked(query):
            score = float(self._scores(query.history, occasion, kind)[track])
            if not np.isnan(score):
                found.append(self._told(query.history, occasion, kind, track, score))
        return sorted(found, key=lambda reason: -reason.strength)

    def _told(self, past: History, occasion: str, kind: int, track: int, score: float) -> Reason:
        words = _words(occasion, kind)
        if score <= 0:
            return Reason(self.name, f"you play it no more {words.then} than at others", score)
        counts = _counts(past, occasion)
        average = float(counts[:, kind].sum() / counts.sum())
        usual = f"as {average:.0%} of all you play do"
        place = int(np.searchsorted(past.rows, track))
        if place < len(past.rows) and past.rows[place] == track and counts[place, kind]:
            here, all_ = int(counts[place, kind]), int(counts[place].sum())
            text = f"{here} of your {all_} plays of it {words.fall}, {usual}"
            return Reason(self.name, words.held or text, score, track)
        artist = int(self.artist_[track])
        same = self.artist_[past.rows] == artist
        here, all_ = int(counts[same, kind].sum()), int(counts[same].sum())
        if artist >= 0 and here:
            name = self.artist_names_[artist]
            text = f"{here} of your {all_} plays of {name} {words.fall}, {usual}"
            seed = int(past.rows[np.argmax(np.where(same, counts[:, kind], -1))])
            return Reason(self.name, text, score, seed)
        text = f"you play its genre more {words.then} than at others"
        return Reason(self.name, text, score, feature="genre")

    # --- disk and vocabularies --------------------------------------------------------

    def save(self, folder: Path) -> None:
        """Artists and genres of the tracks, as npz."""
        names = "\n".join(name.replace("\n", " ") for name in self.artist_names_)
        np.savez_compressed(
            folder / "context.npz",
            artist=self.artist_,
            genres=self.genres_,
            names=np.frombuffer(names.encode(), dtype=np.uint8),
            n_names=np.int64(len(self.artist_names_)),
        )

    @classmethod
    def load(cls, folder: Path, config: ComponentConfig) -> Self:
        """Read what ``save`` wrote."""
        component = cls(config)
        with np.load(folder / "context.npz", allow_pickle=False) as stored:
            component.artist_ = stored["artist"]
            component.genres_ = stored["genres"]
            names = stored["names"].tobytes().decode().split("\n")
            component.artist_names_ = tuple(names[: int(stored["n_names"])])
        return component

    def align(self, rows: IntArray) -> Self:
        """The same for another vocabulary."""
        other = type(self)(self.config)
        there = rows >= 0
        other.artist_ = np.where(there, self.artist_[rows], -1).astype(np.int32)
        genres = self.genres_[rows].copy()
        genres[~there] = np.nan
        other.genres_ = genres
        other.artist_names_ = self.artist_names_
        return other


@dataclass(frozen=True)
class _Words:
    """How an occasion is spoken of."""

    then: str
    """… "than at others"."""
    fall: str
    """"3 of your 5 plays" …"""
    held: str = ""
    """What is said of a track itself, where that is no count."""


def _words(occasion: str, kind: int) -> _Words:
    if occasion == HOUR:
        when = "at weekends" if kind >= A_DAY else "on weekdays"
        return _Words(f"at this time {when}", f"fall on this time {when}")
    if occasion == SEASON:
        return _Words(f"in the months {SEASONS[kind]}", f"fall on the months {SEASONS[kind]}")
    if occasion == PLACE:
        at = PLACES[kind] if kind == len(PLACES) - 1 else f"at {PLACES[kind]}"
        at = at.replace("at the middle", "in the middle")
        return _Words(at, f"come {at}")
    named = ACTIVITIES[kind]
    return _Words(
        f"for {named}",
        f"are of tracks in your playlists for {named}",
        f"your playlists for {named} hold it",
    )


def _asked(query: Query) -> list[tuple[str, int]]:
    """Occasion and kind of all that is asked for."""
    hour = [] if query.moment is None else [(HOUR, query.moment)]
    return [*hour, *query.occasion.items()]


def _counts(past: History, occasion: str) -> IntArray:
    """(k, kinds) completed plays of each track; (0, …) where none are known."""
    empty = np.zeros((0, 1), dtype=np.int32)
    return past.when if occasion == HOUR else past.occasions.get(occasion, empty)


def _by_artist(artist: IntArray, values: Double, n: int) -> Double:
    """(n,) sums by artist; unknown ones (−1) have the last place, where nothing is kept."""
    places = np.where(artist >= 0, artist, n - 1)
    found: Double = np.bincount(places, weights=values, minlength=n).astype(np.float64)
    found[n - 1] = 0.0
    return found
