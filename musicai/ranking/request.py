"""What one can ask for, and what comes back: plain values around the recommender."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol, overload

import numpy as np
import pandas as pd

from musicai.core.errors import QueryError
from musicai.data.arrays import Query, TrackFeatures
from musicai.data.context import SIZES, SLOTS
from musicai.data.genres import GENRES
from musicai.data.library import FloatArray, Library, RowArray
from musicai.data.moods import MOODS
from musicai.models.base import Component, Reason
from musicai.ranking.feedback import LatestFeedback

MODES = ("rediscover", "discover", "mix")
"""Own tracks, tracks never played, or both."""


_LAST_YEAR = 9999


def _nothing() -> Mapping[str, float]:
    return MappingProxyType({})


def shares(
    value: str | Mapping[str, float] | None, known: Sequence[str], what: str
) -> Mapping[str, float]:
    """A mood or genre, or a mix of them, as shares that sum to 1; empty for none.

    Raises:
        QueryError: a name is not known, a share is negative, or all are 0.
    """
    if value is None or value == "":
        return _nothing()
    mix = {value: 1.0} if isinstance(value, str) else dict(value)
    for name, share in mix.items():
        if name not in known:
            raise QueryError(f"There is no {what} {name!r}; choose from {', '.join(known)}.")
        if not np.isfinite(share) or share < 0:
            raise QueryError(f"The share of {what} {name!r} is {share}; it must be 0 or more.")
    total = float(sum(mix.values()))
    if mix and total <= 0:
        raise QueryError(f"All shares of the {what} mix are 0; raise one or leave the mix out.")
    return MappingProxyType({name: float(s) / total for name, s in mix.items() if s > 0})


@dataclass(frozen=True)
class Filters:
    """What a candidate must be; nothing is ruled out unless asked for."""

    origins: tuple[str, ...] = ()
    """Where a track may be known from (``Library.tracks["origin"]``); empty for anywhere."""
    years: tuple[int, int] | None = None
    """First and last year; tracks of unknown year are left out. None for any."""
    only_genres: tuple[str, ...] = ()
    """Genres of which a track must be one; empty for any."""
    fresh: bool = False
    """Only what open data found among the fresh releases of loved artists."""

    def __post_init__(self) -> None:
        shares(dict.fromkeys(self.only_genres, 1.0), GENRES, "genre")
        if self.years is not None and not 0 <= self.years[0] <= self.years[1] <= _LAST_YEAR:
            raise QueryError(
                f"The years {self.years[0]} to {self.years[1]} are no span; give the earlier one "
                "first."
            )

    def __bool__(self) -> bool:
        return self != Filters()


@dataclass(frozen=True)
class Request:
    """What decides the components' scores."""

    user_id: str | None = None
    """A listener's name; None for the profile's owner."""
    seed_tracks: tuple[str, ...] = ()
    """Ids of the tracks to start from; none for the listener's own history."""
    mood: Mapping[str, float] = field(default_factory=_nothing)
    """Mood → share."""
    genre: Mapping[str, float] = field(default_factory=_nothing)
    """Genre → share."""
    mode: str = "auto"
    """"auto", or one of ``MODES``."""
    mood_strength: float = 0.5
    """0 to 1; 0.5 is normal."""
    genre_strength: float = 0.5
    """0 to 1; 0.5 is normal, 1 shows that genre only."""
    filters: Filters = Filters()
    """What a candidate must be."""
    moment: int | None = None
    """Time of the week to listen at: a slot of ``moments``; None for any time."""
    occasion: Mapping[str, int] = field(default_factory=dict)
    """Occasion of ``occasions.SIZES`` → the kind of it to listen in; empty for any."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "mood", shares(self.mood, MOODS, "mood"))
        object.__setattr__(self, "genre", shares(self.genre, GENRES, "genre"))
        if self.mode not in ("auto", *MODES):
            raise QueryError(
                f"There is no mode {self.mode!r}; choose from auto, {', '.join(MODES)}."
            )
        _within("mood_strength", self.mood_strength, 0.0, 1.0)
        _within("genre_strength", self.genre_strength, 0.0, 1.0)
        if self.moment is not None:
            _within("moment", self.moment, 0, SLOTS - 1)
        for name, kind in self.occasion.items():
            if name not in SIZES:
                raise QueryError(f"There is no occasion {name!r}; choose from {', '.join(SIZES)}.")
            _within(name, kind, 0, SIZES[name] - 1)

    def key(self) -> str:
        """Equal for equal requests; a cache key."""
        return repr(
            (
                self.user_id,
                self.seed_tracks,
                sorted(self.mood.items()),
                sorted(self.genre.items()),
                self.mode,
                self.mood_strength,
                self.genre_strength,
                self.filters,
                self.moment,
                sorted(self.occasion.items()),
            )
        )


@dataclass(frozen=True)
class Tuning:
    """What decides only the blend and the order; cheap to change."""

    weights: Mapping[str, float] | None = None
    """Component → weight ≥ 0; None for the model's own."""
    curves: bool | None = None
    """Whether the learned curves bend what each component says; None for the model's own way."""
    diversity: float = 0.2
    """0 to 1: how much a track loses for being like one before it."""
    novelty: float = 0.0
    """−1 familiar to +1 obscure."""
    artist_cap: int = 3
    """Most tracks of one artist, at least 1."""
    n_recommendations: int = 20
    """Length of the list, 1 to 1,000."""
    calibration: float = 0.0
    """0 to 1: how far the list's genre mix follows the listener's; 0 not at all."""
    surprise: float = 0.0
    """0 to 1: how far a guess at what else the listener might like leads the list."""
    draw: int = 0
    """Which guess, 0 or more: the same one gives the same list."""

    def __post_init__(self) -> None:
        _within("diversity", self.diversity, 0.0, 1.0)
        _within("novelty", self.novelty, -1.0, 1.0)
        _within("artist_cap", self.artist_cap, 1, 1_000)
        _within("calibration", self.calibration, 0.0, 1.0)
        _within("surprise", self.surprise, 0.0, 1.0)
        _within("draw", self.draw, 0, 2**31)
        _within("n_recommendations", self.n_recommendations, 1, 1_000)


def _within(name: str, value: float, low: float, high: float) -> None:
    if not (np.isfinite(value) and low <= value <= high):
        raise QueryError(f"{name} is {value}; it must be between {low} and {high}.")


@dataclass(frozen=True)
class Scored:
    """A request's component scores, scaled, over its candidates."""

    request: Request
    query: Query
    mode: str
    """The mode in use, never "auto"."""
    candidates: RowArray
    """(n,) track rows one may recommend."""
    scaled: Mapping[str, FloatArray]
    """Component → (n,) scaled scores, NaN for no opinion."""
    stacked: FloatArray
    """(n_components, n) the same in order, 0 for no opinion: what the blend multiplies."""
    notes: tuple[str, ...] = ()
    """Plain sentences about what could not be done as asked."""
    silent: tuple[str, ...] = ()
    """Components without an opinion on any candidate: their weights change nothing here."""
    origins: Mapping[str, int] = field(default_factory=dict)
    """Origin → how many of the candidates are known from it, most first."""
    verdicts: LatestFeedback = field(default_factory=LatestFeedback)
    """What the listener said of single tracks."""
    leaning: FloatArray | None = None
    """(n,) how far verdicts speak for a candidate, −1 to 1; None without any."""
    reasons: dict[tuple[str, int], list[Reason]] = field(
        init=False, default_factory=dict, compare=False, repr=False
    )
    """Reasons told so far, by component and row: no weight changes them."""
    bent: list[tuple[Mapping[str, FloatArray], FloatArray]] = field(
        init=False, default_factory=list, compare=False, repr=False
    )
    """``scaled`` and ``stacked`` on the curves of the learned blend, once they were asked for."""


@dataclass(frozen=True)
class Recommendation:
    """One track of a list, and why it is there."""

    rank: int
    """1 for the first."""
    track_id: str
    name: str
    artists: tuple[str, ...]
    score: float
    """The blended score; the sum of ``contributions``."""
    contributions: dict[str, float]
    """Component → its part of the score; with them "novelty" and "surprise" where these dials
    are turned, and "verdicts" where the listener judged tracks."""
    reason: str
    """One sentence, from what moved the score most."""
    origin: str
    """Where the track is known from: "your history", "your playlists" or a catalogue."""
    track: int
    """Track row in the library."""
    opinions: dict[str, bool]
    """Component → whether it had an opinion on this track."""
    propensity: float | None = None
    """With surprise: the share of guesses that would have brought the track into the list."""


@dataclass(frozen=True)
class Recommendations(Sequence[Recommendation]):
    """A ranked list with what one should know about it."""

    items: tuple[Recommendation, ...]
    mode: str
    """The mode in use."""
    notes: tuple[str, ...] = ()
    """Plain sentences: what could not be done as asked, and what is missing."""
    version: str | None = None
    """The model version in use; None while nothing is trained."""
    untrained: tuple[str, ...] = ()
    """Components that wait for training."""
    silent: tuple[str, ...] = ()
    """Components without an opinion on any candidate: their weights change nothing here."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """The weights in use; they sum to 1."""
    curved: bool = False
    """Whether learned curves bend what each component says before it is weighed."""
    origins: Mapping[str, int] = field(default_factory=dict)
    """Origin → how many of the candidates are known from it, most first."""
    genres_wanted: Mapping[str, float] = field(default_factory=dict)
    """Genre → share of the listener's mix, largest first; empty unless the list follows it."""
    genres_listed: Mapping[str, float] = field(default_factory=dict)
    """Genre → share of the list, over its tracks of known genre; as ``genres_wanted``."""

    @overload
    def __getitem__(self, index: int) -> Recommendation: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Recommendation, ...]: ...
    def __getitem__(self, index: int | slice) -> Recommendation | tuple[Recommendation, ...]:
        return self.items[index]

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Recommendation]:
        return iter(self.items)

    def to_frame(self) -> pd.DataFrame:
        """One row a track; contributions in columns of their own, ``contribution_<name>``."""
        columns = ["rank", "track_id", "name", "artists", "score", "reason", "origin"]
        rows = [
            {
                **{name: getattr(item, name) for name in columns},
                "artists": ", ".join(item.artists),
                **{f"contribution_{name}": part for name, part in item.contributions.items()},
            }
            for item in self.items
        ]
        return pd.DataFrame(rows) if rows else pd.DataFrame(columns=columns)


class Recommender(Protocol):
    """What makes lists of a request: :class:`musicai.ai_model.MusicAI`, seen from its parts."""

    profile: str
    library: Library
    features: TrackFeatures
    components: dict[str, Component]

    def score(self, request: Request) -> Scored:
        """Score the candidates of a request."""

    def rank(self, scored: Scored, tuning: Tuning) -> Recommendations:
        """Blend, re-rank and explain what was scored."""
