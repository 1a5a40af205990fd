"""Rules: the mood and the genre a person asks for, as calibrated scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from musicai.core.errors import QueryError
from musicai.core.progress import Progress
from musicai.data.arrays import Query, TrainingData
from musicai.data.genres import GENRE_LABELS, GENRES
from musicai.data.library import FEATURE_SOURCES, FloatArray, IntArray
from musicai.data.moods import (
    MOODS,
    mood_features,
    mood_fit,
    mood_matrix,
    mood_sentence,
    mood_worth,
)
from musicai.models.base import Component, ComponentConfig, Reason


@dataclass(frozen=True)
class RulesConfig(ComponentConfig):
    """Settings of :class:`Rules`."""

    top_quantile: float = 0.99
    """Quantile (0.5 to 1) of a mood's scores over all tracks here that is worth 1 beside them."""
    own_share: float = 0.5
    """0 to 1: how much a track's place among the tracks here counts; the rest is how clearly it
    fits the mood by ``moods.MOOD_ANCHORS``, whatever else is here."""
    ceiling: float = 1.5
    """Largest worth of a mood; the few tracks above the quantile differ up to here."""

    def __post_init__(self) -> None:
        if not 0.5 < self.top_quantile <= 1 or self.ceiling < 1:
            raise QueryError("top_quantile must be above 0.5 up to 1, ceiling at least 1.")
        if not 0 <= self.own_share <= 1:
            raise QueryError("own_share must be between 0 and 1.")


FITS = 0.25
"""From this worth by ``moods.MOOD_ANCHORS`` on a reason says that a track fits the mood; below,
only that it is nearer to it than others."""


class Rules(Component):
    """Mood and genre scores: 0 for the median track, 1 for a clear case.

    A mood's raw score (``moods.mood_matrix``) is anchored twice: between the median and the
    top quantile of all tracks here, and between two fixed marks of broad music
    (``moods.MOOD_ANCHORS``). The worth is the mean of both, each at least 0. The first
    alone would call the mildest track of a metal library chill; the second alone could
    not put that library in order. A genre is the track's membership. Strength .5 leaves
    both as they are, 1 doubles them.
    """

    name = "rules"
    label = "Mood & genre"
    help = "Pulls the list towards the mood and genre you chose."
    trained = False
    scaling = "calibrated"
    config_class = RulesConfig
    config: RulesConfig

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Score every track for the 8 moods and take over its genres; O(tracks)."""
        features = data.features
        self.audio_ = features.audio
        self.estimated_ = features.feature_source == FEATURE_SOURCES.index("estimated")
        self.genres_ = _as_stored(features.genres)
        self.moods_ = _as_stored(calibrate_moods(mood_matrix(features.audio), self.config))
        self._prepare()
        progress(1.0, "Scored moods and genres")
        return self

    def _prepare(self) -> None:
        """Moods and genres by tracks: a query then reads only the rows it asks for."""
        self._moods_t = np.ascontiguousarray(self.moods_.T)
        self._genres_t = np.ascontiguousarray(self.genres_.T)

    def score(self, query: Query) -> FloatArray:
        """(n_tracks,) NaN where neither mood nor genre is known, or none was asked for."""
        parts = []
        if query.mood:
            parts.append(_mix(self._moods_t, MOODS, query.mood, 2 * query.mood_strength))
        if query.genre:
            parts.append(_mix(self._genres_t, GENRES, query.genre, 2 * query.genre_strength))
        if not parts:
            return np.full(len(self.audio_), np.nan, dtype=np.float32)
        if len(parts) == 1:
            return parts[0]
        both: FloatArray = np.nan_to_num(parts[0]) + np.nan_to_num(parts[1])
        both[np.isnan(parts[0]) & np.isnan(parts[1])] = np.nan
        return both

    def reasons(self, query: Query, track: int) -> list[Reason]:
        """The feature values behind the mood, and the genre's share."""
        found = []
        for mood, share in query.mood.items():
            worth = float(self.moods_[track, MOODS.index(mood)])
            if worth > 0:
                strength = 2 * query.mood_strength * share * worth
                found.append(self._mood_reason(mood, track, strength))
        for genre, share in query.genre.items():
            worth = float(self.genres_[track, GENRES.index(genre)])
            if worth > 0:
                text = f"it is {GENRE_LABELS[genre]}"
                if worth < 1:
                    text = f"it is partly {GENRE_LABELS[genre]}"
                strength = 2 * query.genre_strength * share * worth
                found.append(Reason(self.name, text, strength, feature="genre"))
        return sorted(found, key=lambda reason: -reason.strength)

    def _mood_reason(self, mood: str, track: int, strength: float) -> Reason:
        audio = self.audio_[track]
        clause = mood_sentence(mood, audio)
        text = (
            f"it fits {mood}"
            if mood_fit(mood, audio) >= FITS
            else f"it is nearer to {mood} than most tracks here"
        )
        if clause:
            text += f": {clause}" + (", estimated" if self.estimated_[track] else "")
        return Reason(
            self.name, text, strength, feature=next(iter(mood_features(mood, audio)), None)
        )

    def save(self, folder: Path) -> None:
        """Mood and genre scores, as npz."""
        np.savez_compressed(
            folder / "rules.npz",
            moods=self.moods_.astype(np.float16),
            genres=self.genres_.astype(np.float16),
            audio=self.audio_.astype(np.float32),
            estimated=self.estimated_,
        )

    @classmethod
    def load(cls, folder: Path, config: ComponentConfig) -> Self:
        """Read what ``save`` wrote."""
        component = cls(config)
        with np.load(folder / "rules.npz", allow_pickle=False) as stored:
            component.moods_ = stored["moods"].astype(np.float32)
            component.genres_ = stored["genres"].astype(np.float32)
            component.audio_ = stored["audio"]
            component.estimated_ = stored["estimated"]
        component._prepare()
        return component

    def align(self, rows: IntArray) -> Self:
        """The same scores for another vocabulary."""
        other = type(self)(self.config)
        known = rows >= 0
        other.estimated_ = np.where(known, self.estimated_[rows], False)
        for name in ("moods_", "genres_", "audio_"):
            values = getattr(self, name)[rows].copy()
            values[~known] = np.nan
            setattr(other, name, values)
        other._prepare()
        return other


def calibrate_moods(raw: FloatArray, config: RulesConfig) -> FloatArray:
    """(n, 8) the worth of ``moods.mood_matrix``: 0 to ``config.ceiling``, NaN stays NaN."""
    fixed, ceiling = mood_worth(raw), config.ceiling
    worth = np.full(raw.shape, np.nan, dtype=np.float32)
    for column in range(raw.shape[1]):
        scores = raw[:, column]
        known = scores[~np.isnan(scores)]
        if not len(known):
            continue
        centre, top = np.quantile(known, [0.5, config.top_quantile])
        own = np.clip((scores - centre) / (top - centre if top > centre else 1.0), 0.0, ceiling)
        clear = np.clip(fixed[:, column], 0.0, ceiling)
        worth[:, column] = config.own_share * own + (1 - config.own_share) * clear
    return worth


def _mix(
    worth: FloatArray, names: tuple[str, ...], shares: Mapping[str, float], strength: float
) -> FloatArray:
    """(n_tracks,) the rows of ``worth`` (n_names, n_tracks) weighted by their shares."""
    total: FloatArray | None = None
    for name, share in shares.items():
        part = worth[names.index(name)] * np.float32(strength * share)
        total = part if total is None else np.add(total, part, out=total)
    assert total is not None, "asked only with shares"
    return total


def _as_stored(values: FloatArray) -> FloatArray:
    """Rounded as ``save`` rounds, so that a loaded component scores exactly the same."""
    return values.astype(np.float16).astype(np.float32)
