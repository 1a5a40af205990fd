"""Your own plays: favourites that have rested, and deep cuts of loved artists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import numpy as np

from musicai.core.errors import QueryError
from musicai.core.progress import Progress
from musicai.data.arrays import Query, TrackFeatures, TrainingData
from musicai.data.library import FloatArray, IntArray
from musicai.models.base import Component, ComponentConfig, Reason

DAY = 86_400


@dataclass(frozen=True)
class OwnPlaysConfig(ComponentConfig):
    """Settings of :class:`OwnPlays`."""

    rest_days: float = 60.0
    """Days (> 0) after which a favourite counts as about two thirds rested."""
    artist_share: float = 0.3
    """0 to 1: how much love for the artist lifts tracks of theirs that were hardly played."""

    def __post_init__(self) -> None:
        if self.rest_days <= 0 or not 0 <= self.artist_share <= 1:
            raise QueryError("rest_days must be above 0 and artist_share between 0 and 1.")


class OwnPlays(Component):
    """log(1 + plays) × (1 − e^(−days since the last play / rest_days)), plus the artist's share.

    Speaks only of tracks in the listener's own history. The forgetting curve
    is Ebbinghaus's exponential, turned around: the longer a favourite has
    rested, the more it is worth bringing back.
    """

    name = "history"
    label = "Your favourites"
    help = "Brings back tracks you played much and have not heard for a while."
    trained = False
    config_class = OwnPlaysConfig
    config: OwnPlaysConfig

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Keep who made each track; the plays themselves come with the query."""
        return self._know(data.features)

    def _know(self, features: TrackFeatures) -> Self:
        self.artist_ = features.artist
        return self

    def _own(self, query: Query) -> FloatArray:
        if self.token not in query.history.memo:
            query.history.memo[self.token] = self._worth(query)
        return np.asarray(query.history.memo[self.token], dtype=np.float32)

    def _worth(self, query: Query) -> FloatArray:
        """(k,) of each track of the history."""
        past = query.history
        days = np.maximum(past.now - past.last_played, 0) / DAY
        rested = 1.0 - np.exp(-days / self.config.rest_days)
        own = np.log1p(past.plays) * rested
        artist = self.artist_[past.rows]
        known = artist >= 0
        # place 0 stands for artists that are not known
        love = np.bincount(artist + 1, weights=past.plays * known, minlength=1)
        beloved = love[artist + 1]
        love_share = self.config.artist_share * np.log1p(beloved) * rested
        return np.asarray(own + love_share, dtype=np.float32)

    def score(self, query: Query) -> FloatArray:
        """(n_tracks,) NaN outside the listener's history."""
        scores = np.full(len(self.artist_), np.nan, dtype=np.float32)
        if len(query.history.rows):
            scores[query.history.rows] = self._own(query)
        return scores

    def reasons(self, query: Query, track: int) -> list[Reason]:
        """How often and when it was last played."""
        past = query.history
        place = int(np.searchsorted(past.rows, track))
        if place >= len(past.rows) or past.rows[place] != track:
            return []
        plays = int(past.plays[place])
        strength = float(self._own(query)[place])
        if past.last_played[place] == 0 and track in past.liked:
            return [Reason(self.name, "you liked it", strength, track)]
        if past.last_played[place] == 0:
            return [Reason(self.name, "it is in your playlists", strength, track)]
        last = datetime.fromtimestamp(int(past.last_played[place]), UTC)
        day = f"{last.day} {last:%B %Y}"
        if plays == 0:
            return [
                Reason(self.name, f"you met it on {day} and never heard it out", strength, track)
            ]
        times = "once" if plays == 1 else f"{plays} times"
        when = f"on {day}" if plays == 1 else f"last on {day}"
        return [Reason(self.name, f"you played it {times}, {when}", strength, track)]

    def save(self, folder: Path) -> None:
        """The artist of each track, as npz."""
        np.savez_compressed(folder / "history.npz", artist=self.artist_)

    @classmethod
    def load(cls, folder: Path, config: ComponentConfig) -> Self:
        """Read what ``save`` wrote."""
        component = cls(config)
        with np.load(folder / "history.npz", allow_pickle=False) as stored:
            component.artist_ = stored["artist"]
        return component

    def align(self, rows: IntArray) -> Self:
        """The same for another vocabulary."""
        other = type(self)(self.config)
        other.artist_ = np.where(rows >= 0, self.artist_[rows], -1).astype(np.int32)
        return other
