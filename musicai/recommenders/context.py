"""The hour: what this listener plays at this time of the week more than at others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from musicai.errors import QueryError
from musicai.moments import A_DAY
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

CEILING = 2.0
"""Largest score: e² times as often as at other hours."""


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
    """What one listener plays in one slot."""

    average: float
    """Share of all plays that fall into it."""
    genre: Double
    """(10,) the same of each genre, drawn towards the average."""
    artist_plays: Double
    """(n_artists + 1,) plays of each artist; the last place for unknown artists."""
    artist_here: Double
    """(n_artists + 1,) those of them in this slot."""


class Context(Component):
    """log(P(slot | track) / P(slot)) over this listener's own plays.

    P(slot | track) is drawn towards that of the track's artist, that one towards the genre's, and
    the genre's towards the listener's average: each by as many plays as the settings say (empirical
    Bayes with Dirichlet priors; as in hierarchical smoothing of language models, MacKay and Peto,
    1995). Nothing is fixed about hours: a listener without a habit gets no opinion worth a place.
    It speaks only where a moment is asked for.
    """

    name = "context"
    label = "The hour"
    help = "Lifts what you play at this time of the week more than at others."
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

    def _counted(self, past: History, slot: int) -> _Hours | None:
        if not len(past.when) or past.when.sum() < self.config.fewest:
            return None
        plays = past.when.sum(axis=1).astype(np.float64)
        here = past.when[:, slot].astype(np.float64)
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

    def _shares(self, past: History, hours: _Hours, slot: int) -> tuple[Double, Double]:
        """(n_tracks,) P(slot | track), and of how many plays it is made beyond the average."""
        member = np.nan_to_num(self.genres_).astype(np.float64)
        total = member.sum(axis=1)
        prior = np.where(total > 0, member @ hours.genre / np.maximum(total, 1e-9), hours.average)
        strength = self.config.artist_plays
        played, here = hours.artist_plays[self.artist_], hours.artist_here[self.artist_]
        share = (here + strength * prior) / (played + strength)
        known = played + total
        strength = self.config.track_plays
        mine, own = past.when[:, slot], past.when.sum(axis=1)
        share[past.rows] = (mine + strength * share[past.rows]) / (own + strength)
        known[past.rows] += own
        return share, known

    def score(self, query: Query) -> FloatArray:
        """(n_tracks,) NaN without a moment, without enough plays, or for tracks of no kind."""
        if query.moment is None:
            return np.full(len(self.artist_), np.nan, dtype=np.float32)
        return self._scores(query.history, query.moment).copy()

    def _scores(self, past: History, slot: int) -> FloatArray:
        """What ``score`` gives: worked out once, as each reason of a list asks for it too."""
        key = self.token, slot
        if key not in past.memo:
            past.memo[key] = self._scored(past, slot)
        found: FloatArray = past.memo[key]
        return found

    def _scored(self, past: History, slot: int) -> FloatArray:
        hours = self._counted(past, slot)
        if hours is None:
            return np.full(len(self.artist_), np.nan, dtype=np.float32)
        share, known = self._shares(past, hours, slot)
        score = np.clip(np.log(share / hours.average), -CEILING, CEILING)
        return np.where(known > 0, score, np.nan).astype(np.float32)

    # --- reasons ----------------------------------------------------------------------

    def reasons(self, query: Query, track: int) -> list[Reason]:
        """How many plays of the track, or else of its artist, fall on this time."""
        if query.moment is None:
            return []
        score = float(self._scores(query.history, query.moment)[track])
        if np.isnan(score):
            return []
        if score <= 0:
            return [Reason(self.name, "you play it no more at this time than at others", score)]
        past, slot = query.history, query.moment
        average = float(past.when[:, slot].sum() / past.when.sum())
        when = "at weekends" if slot >= A_DAY else "on weekdays"
        usual = f"{average:.0%} of all you play do"
        place = int(np.searchsorted(past.rows, track))
        if place < len(past.rows) and past.rows[place] == track and past.when[place, slot]:
            here, all_ = int(past.when[place, slot]), int(past.when[place].sum())
            text = f"{here} of your {all_} plays of it fall on this time {when}, as {usual}"
            return [Reason(self.name, text, score, track)]
        artist = int(self.artist_[track])
        same = self.artist_[past.rows] == artist
        here, all_ = int(past.when[same, slot].sum()), int(past.when[same].sum())
        if artist >= 0 and here:
            name = self.artist_names_[artist]
            text = f"{here} of your {all_} plays of {name} fall on this time {when}, as {usual}"
            seed = int(past.rows[np.argmax(np.where(same, past.when[:, slot], -1))])
            return [Reason(self.name, text, score, seed)]
        text = f"you play its genre more at this time {when} than at others"
        return [Reason(self.name, text, score, feature="genre")]

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


def _by_artist(artist: IntArray, values: Double, n: int) -> Double:
    """(n,) sums by artist; unknown ones (−1) have the last place, where nothing is kept."""
    places = np.where(artist >= 0, artist, n - 1)
    found: Double = np.bincount(places, weights=values, minlength=n).astype(np.float64)
    found[n - 1] = 0.0
    return found
