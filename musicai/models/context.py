"""The occasion: what is played then, at this hour or for this, more than otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from musicai.core.errors import QueryError
from musicai.core.progress import Progress
from musicai.data.arrays import History, Query, TrainingData
from musicai.data.context import A_DAY, ACTIVITIES, HOUR, PLACE, PLACES, SEASON, SEASONS
from musicai.data.library import BoolArray, FloatArray, IntArray
from musicai.models.base import Component, ComponentConfig, Reason

Double = npt.NDArray[np.float64]

_NO_COUNTS = np.zeros((0, 1), dtype=np.int32)

CEILING = 2.0
"""Largest score: e² times as often as otherwise."""


@dataclass(frozen=True)
class ContextConfig(ComponentConfig):
    """Settings of :class:`Context`."""

    track_plays: float = 48.0
    """Plays (> 0) at which a track's own hours count as much as those of its artist."""
    artist_plays: float = 160.0
    """Plays (> 0) at which an artist's hours count as much as those of the genre."""
    genre_plays: float = 600.0
    """Plays (> 0) at which a genre's hours count as much as the listener's average.

    So many, as the plays of a session are one occasion and not twenty: of the settings tried,
    these foretold the slots of a validation slice of the sample best."""
    others_plays: float = 1_000.0
    """Plays (> 0) by other listeners at which a track's, an artist's or a genre's hours count as
    much as what is wider."""
    fewest: int = 50
    """Plays (≥ 1) with a time below which nothing is said of hours."""

    def __post_init__(self) -> None:
        strengths = (self.track_plays, self.artist_plays, self.genre_plays, self.others_plays)
        if min(strengths) <= 0 or self.fewest < 1:
            raise QueryError(
                "The plays of tracks, artists, genres and others and fewest must be above 0."
            )


@dataclass(frozen=True)
class _Usual:
    """How many times as often as all else music is played on one kind of occasion, by others."""

    genre: Double
    """(10,) by genre."""
    track: Double
    """(n_tracks,) by track."""
    known: BoolArray
    """(n_tracks,) which tracks this is known of."""


@dataclass(frozen=True)
class _Shares:
    """P(kind | …) of one listener, or of several taken together."""

    average: float
    """Of all that is played."""
    genre: Double
    """(10,) of each genre."""
    track: Double
    """(n_tracks,) of each track."""
    known: BoolArray
    """(n_tracks,) which tracks this is known of."""


class Context(Component):
    """Σ log(P(kind | track) / P(kind)) over the occasions asked for, of this listener's own plays.

    A kind is a time of the week, a season, a place in the session, an activity
    (:mod:`musicai.data.context`). P(kind | track) is drawn towards that of the track's artist, that
    one towards the genre's, and the genre's towards the listener's average: each by as many plays
    as the settings say (empirical Bayes with Dirichlet priors; as in hierarchical smoothing of
    language models, MacKay and Peto, 1995). Where other listeners' plays are loaded, each is drawn
    the way of theirs: towards the listener's own average times how many times as often as all
    else *they* play the genre, and the track, then. Nothing is fixed about hours: a listener
    without a habit gets no opinion worth a place.
    It speaks only where an occasion is asked for.
    """

    name = "context"
    label = "The occasion"
    help = "Lifts what you play at this time, or while doing this, more than otherwise."
    trained = False
    scaling = "calibrated"
    config_class = ContextConfig
    config: ContextConfig

    def __init__(self, config: ComponentConfig | None = None) -> None:
        super().__init__(config)
        self._count_others: Callable[[], Mapping[str, IntArray]] = dict
        self._worked_out: dict[tuple[str, int], _Usual] = {}

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Keep tracks' artists and genres, and what others play when; own plays are the query's."""
        features = data.features
        self.artist_ = features.artist
        self.genres_ = features.genres
        self.artist_names_ = features.artist_names
        self._count_others = data.occasions
        self.__dict__.pop("others_", None)
        self._worked_out = {}
        return self

    @cached_property
    def others_(self) -> Mapping[str, IntArray]:
        """Occasion → (n_tracks, its kinds) completed plays by others, counted once."""
        return self._count_others()

    # --- scoring ----------------------------------------------------------------------

    def _shares(
        self,
        rows: IntArray,
        counts: IntArray,
        kind: int,
        usual: _Usual,
        strength: tuple[float, float, float],
    ) -> _Shares | None:
        """Each share drawn towards the next wider one, and that one the way of others.

        Args:
            rows: (k,) tracks, ascending.
            counts: (k, kinds) completed plays of each.
            kind: A column of ``counts``.
            usual: What other listeners play more then.
            strength: Plays at which a track, an artist and a genre count as much as what is wider.
        """
        if not len(counts) or counts.sum() < self.config.fewest:
            return None
        plays = counts.sum(axis=1).astype(np.float64)
        here = counts[:, kind].astype(np.float64)
        average = float(max(here.sum(), 0.5) / plays.sum())
        member = np.nan_to_num(self.genres_).astype(np.float64)
        of_track, of_artist, of_genre = strength
        genre = member[rows].T @ here + of_genre * average * usual.genre
        genre /= member[rows].T @ plays + of_genre
        prior = (
            _average_genres(member, genre, average)
            * usual.track
            / _average_genres(member, usual.genre, 1.0)
        )
        n_artists = int(self.artist_.max(initial=-1)) + 2
        artist = self.artist_[rows]  # −1, unknown, is the last place
        played = _by_artist(artist, plays, n_artists)[self.artist_]
        share = _by_artist(artist, here, n_artists)[self.artist_] + of_artist * prior
        share /= played + of_artist
        share[rows] = (here + of_track * share[rows]) / (plays + of_track)
        known = (played > 0) | (member.sum(axis=1) > 0) | usual.known
        known[rows] |= plays > 0
        return _Shares(average, genre, share, known)

    def _usual(self, occasion: str, kind: int) -> _Usual:
        """Of the other listeners; 1 everywhere where there are none, or too few plays."""
        if (occasion, kind) not in self._worked_out:
            n = len(self.artist_)
            flat = _Usual(np.ones(self.genres_.shape[1]), np.ones(n), np.zeros(n, dtype=bool))
            counts = self.others_.get(occasion, _NO_COUNTS)
            rows = np.flatnonzero(counts.any(axis=1)).astype(np.int32)
            strength = 3 * (self.config.others_plays,)
            found = self._shares(rows, counts[rows], kind, flat, strength)
            self._worked_out[occasion, kind] = (
                flat
                if found is None
                else _Usual(found.genre / found.average, found.track / found.average, found.known)
            )
        return self._worked_out[occasion, kind]

    def score(self, query: Query) -> FloatArray:
        """(n_tracks,) NaN where nothing is asked, too little is played, or nothing is known.

        The hour and every other occasion that is asked for are added up.
        """
        total = np.full(len(self.artist_), np.nan, dtype=np.float32)
        for occasion, kind in _list_asked(query):
            own = self._scores(query.history, occasion, kind)
            total = np.where(np.isnan(total), own, total + np.nan_to_num(own))
        return np.clip(total, -CEILING, CEILING)

    def _scores(self, past: History, occasion: str, kind: int) -> FloatArray:
        """Of one occasion: worked out once, as each reason of a list asks for it too."""
        key = self.token, occasion, kind
        if key not in past.memo:
            counts, usual = _counts(past, occasion), self._usual(occasion, kind)
            past.memo[key] = self._compute_scores(past, counts, kind, usual)
        found: FloatArray = past.memo[key]
        return found

    def _compute_scores(
        self, past: History, counts: IntArray, kind: int, usual: _Usual
    ) -> FloatArray:
        config = self.config
        strength = (config.track_plays, config.artist_plays, config.genre_plays)
        found = self._shares(past.rows, counts, kind, usual, strength)
        if found is None:
            return np.full(len(self.artist_), np.nan, dtype=np.float32)
        score = np.clip(np.log(found.track / found.average), -CEILING, CEILING)
        return np.where(found.known, score, np.nan).astype(np.float32)

    # --- reasons ----------------------------------------------------------------------

    def reasons(self, query: Query, track: int) -> list[Reason]:
        """Of each occasion: how many plays of the track, or else of its artist, fall on it."""
        found = []
        for occasion, kind in _list_asked(query):
            score = float(self._scores(query.history, occasion, kind)[track])
            if not np.isnan(score):
                found.append(self._explain_own(query.history, occasion, kind, track, score))
        return sorted(found, key=lambda reason: -reason.strength)

    def _explain_own(
        self, past: History, occasion: str, kind: int, track: int, score: float
    ) -> Reason:
        words = _words(occasion, kind)
        if score <= 0:
            return Reason(self.name, f"you play it no more {words.then} than at others", score)
        others = float(np.log(self._usual(occasion, kind).track[track]))
        if others > score / 2:
            return self._explain_others(words, track, score, others)
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

    def _explain_others(self, words: _Words, track: int, score: float, others: float) -> Reason:
        """Where more than half of a score comes from how many times as often others play it."""
        text = (
            f"{np.exp(others):.1f} times as many of other listeners' plays of it {words.fall} "
            "as of all they play"
        )
        return Reason(self.name, text, score, feature="listeners")

    # --- disk and vocabularies --------------------------------------------------------

    def save(self, folder: Path) -> None:
        """Artists and genres of the tracks, as npz."""
        names = "\n".join(name.replace("\n", " ") for name in self.artist_names_)
        arrays: dict[str, Any] = {f"others_{name}": one for name, one in self.others_.items()}
        np.savez_compressed(
            folder / "context.npz",
            artist=self.artist_,
            genres=self.genres_,
            names=np.frombuffer(names.encode(), dtype=np.uint8),
            n_names=np.int64(len(self.artist_names_)),
            **arrays,
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
            component.others_ = {
                key.removeprefix("others_"): stored[key]
                for key in stored.files
                if key.startswith("others_")
            }
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
        other.others_ = {
            name: np.where(there[:, None], counts[rows], 0).astype(np.int32)
            for name, counts in self.others_.items()
        }
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


def _list_asked(query: Query) -> list[tuple[str, int]]:
    """Occasion and kind of all that is asked for."""
    hour = [] if query.moment is None else [(HOUR, query.moment)]
    return [*hour, *query.occasion.items()]


def _counts(past: History, occasion: str) -> IntArray:
    """(k, kinds) completed plays of each track; (0, …) where none are known."""
    return past.occasions.get(occasion, _NO_COUNTS)


def _average_genres(member: Double, genre: Double, average: float) -> Double:
    """(n_tracks,) the mean of a track's genres' values; the average for a track without any."""
    total = member.sum(axis=1)
    found: Double = np.where(total > 0, member @ genre / np.maximum(total, 1e-9), average)
    return found


def _by_artist(artist: IntArray, values: Double, n: int) -> Double:
    """(n,) sums by artist; unknown ones (−1) have the last place, where nothing is kept."""
    places = np.where(artist >= 0, artist, n - 1)
    found: Double = np.bincount(places, weights=values, minlength=n).astype(np.float64)
    found[n - 1] = 0.0
    return found
