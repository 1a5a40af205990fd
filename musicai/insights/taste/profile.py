"""What a taste profile holds: frozen plain values, ready for the screen and for JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any


@dataclass(frozen=True)
class FeatureTaste:
    """One audio feature over the listening, weighted by plays; None where nothing is known."""

    mean: float | None
    """Mean in the feature's own unit (0 to 1, beats a minute, dB)."""
    spread: float | None
    """Standard deviation over the listening, in the same unit."""
    catalogue: float | None
    """Unweighted mean over the tracks compared with (``TasteProfile.compared_with``)."""
    catalogue_spread: float | None
    """Standard deviation over those tracks."""
    axis: float | None
    """``mean`` on the radar's axis, 0 to 1; see ``sound.AXIS_RANGES`` for tempo and loudness."""
    axis_catalogue: float | None
    """``catalogue`` on the radar's axis."""
    axis_spread: float | None
    """``spread`` in lengths of the radar's axis."""
    coverage: float
    """Share of the listening, 0 to 1, whose tracks have this feature."""
    sentence: str
    """What it says, in plain words."""


@dataclass(frozen=True)
class ProfileCoverage:
    """What the profile stands on: shares of the listening by where the knowledge is from."""

    features: Mapping[str, float]
    """``tables.FEATURE_SOURCES`` → share of the listening; sums to 1, or all 0 if empty."""
    genres: Mapping[str, float]
    """``tables.GENRE_SOURCES`` → share of the listening; sums to 1, or all 0 if empty."""

    @property
    def features_known(self) -> float:
        """Share of the listening with audio features, estimated ones included."""
        return 1.0 - self.features["none"] if any(self.features.values()) else 0.0


@dataclass(frozen=True)
class GenreDiversity:
    """How widely the listening spreads over the 10 genres."""

    entropy: float | None
    """Shannon entropy H of the genre shares, in nats."""
    effective_genres: float | None
    """exp(H): so many equally loved genres would spread as widely (Hill number of order 1)."""
    gini_simpson: float | None
    """Chance that two plays drawn at random are of different genres."""
    sentence: str
    """The same in plain words."""


@dataclass(frozen=True)
class Top:
    """One line of a list of favourites."""

    name: str
    """Artist, track or album."""
    artists: str
    """Who made it, joined by ", "; empty for an artist."""
    plays: float
    """Completed plays (or playlist entries)."""
    share: float
    """Of all the listening, 0 to 1."""
    track: int | None = None
    """A track row of it, for its ring; None for an artist."""


@dataclass(frozen=True)
class Month:
    """One calendar month in the listener's time zone."""

    month: str
    """``YYYY-MM``."""
    plays: int
    """Completed plays."""
    first_listens: int
    """Tracks completed for the first time ever in the loaded history."""
    settled: int
    """Of those, the ones first completed 90 days or more before the last play."""
    stayed: int
    """Of the settled ones, those completed again 30 days or more after the first time."""


@dataclass(frozen=True)
class Sessions:
    """Listening sessions: plays with pauses of at most 30 minutes between them."""

    count: int
    median_minutes: float | None
    """From the first start to the last end."""
    median_plays: float | None


@dataclass(frozen=True)
class ListeningPatterns:
    """When and how somebody listens. Counts are of completed plays unless they say otherwise."""

    plays: int
    """All plays of the period, skipped and short ones included."""
    completed: int
    """Plays of 30 seconds or more that were not skipped."""
    hours: float
    """Listening time of all plays, hours."""
    first_play: str | None
    """Start of the first play, ISO 8601 in the listener's time zone."""
    last_play: str | None
    """Start of the last play, ISO 8601 in the listener's time zone."""
    active_days: int
    """Days with at least one completed play."""
    by_hour: tuple[int, ...]
    """(24,) by local hour."""
    by_weekday: tuple[int, ...]
    """(7,) Monday first."""
    by_weekday_hour: tuple[tuple[int, ...], ...]
    """(7, 24) Monday first."""
    completed_share: float | None
    """completed / plays."""
    skip_rate: float | None
    """Skipped / plays that say whether they were skipped; None if none says so."""
    skip_known: int
    """Plays that say whether they were skipped."""
    repeat_share: float | None
    """Share of completed plays of a track already completed in this period."""
    sessions: Sessions
    """Of all plays."""
    months: tuple[Month, ...]
    """Every month from the first to the last play, empty months included."""


@dataclass(frozen=True)
class Loyalty:
    """How much of the listening keeps to few artists, and how many of them are kept."""

    artists: int
    """First artists with a completed play."""
    top_1: float
    """Share of the plays of the most played artist."""
    top_5: float
    top_10: float
    effective_artists: float
    """exp of the Shannon entropy of the artists' shares (Hill number of order 1)."""
    settled: int
    """Artists first completed in the period, 90 days or more before the last play."""
    kept: int
    """Of those, the ones completed again 30 days or more after the first time."""


@dataclass(frozen=True)
class SkipHabits:
    """What is skipped; only plays that say whether they were."""

    n: int
    skipped: int
    first_n: int
    """Plays of tracks never completed before, that say whether they were skipped."""
    first_skipped: int
    by_genre: tuple[tuple[str, int, int], ...]
    """Genre, skipped, n, for genres with enough plays; most skipped first."""
    median_seconds: float | None
    """Half of the skipped plays were left sooner; None without any."""
    ends: Mapping[str, int]
    """What ended the plays, in words → plays; empty where nothing says so."""


@dataclass(frozen=True)
class Quarter:
    """Genre diversity of three months."""

    quarter: str
    """``YYYY-Qn``."""
    plays: int
    """Completed plays of known genre."""
    effective_genres: float


@dataclass(frozen=True)
class Peers:
    """The genre diversity of other listeners of the same kind (real, or all invented)."""

    n: int
    """Other listeners with enough plays of known genre."""
    median: float
    """Of their effective numbers of genres."""
    below: float
    """Share of them with a smaller one than the listener's."""


@dataclass(frozen=True)
class MoodMap:
    """Where the listening lies on the plane of valence and energy, and near which moods."""

    known: float
    """Share of the listening of which both are known."""
    valence: float
    """Mean."""
    energy: float
    """Mean."""
    spread: tuple[float, float]
    """Standard deviations of valence and energy."""
    cells: tuple[tuple[int, ...], ...]
    """(20, 20) plays by energy (rows, from 0 up) and valence; weights are rounded."""
    moods: Mapping[str, float]
    """Mood → share of the known listening that it fits best; sums to 1."""
    places: Mapping[str, tuple[float, float]]
    """Mood → valence and energy of the listening that it fits best; absent where it fits none."""


@dataclass(frozen=True)
class Insight:
    """One finding: a sentence with its numbers, its evidence and its rank."""

    text: str
    """The sentence, numbers in it."""
    kind: str
    """night, weekend, morning, change, past, peers, skips, artist, hour, genre, sound,
    diversity or repeats."""
    numbers: Mapping[str, float]
    """The figures of the sentence by name."""
    n: int
    """Plays it stands on."""
    evidence: str
    """What was compared with what, and how many plays on each side."""
    weight: float
    """How surprising: the cautious end of the effect, in standard deviations."""
    chart: str = ""
    """Which part of the page shows it: "sound", "moods", "genres", "diversity", "favourites",
    "habits" or "skips"; "" for none."""


@dataclass(frozen=True)
class Cluster:
    """One of several tastes: tracks that are alike, and how much of the listening they are."""

    name: str
    """From its genre, its mood and its top artists."""
    share: float
    """Of the listening that is clustered."""
    plays: float
    tracks: int
    genre: str
    """The genre it has most more of than the rest; "" where none is known."""
    mood: str
    """The mood it fits best; "" where none can be told."""
    artists: tuple[str, ...]
    """The most played first artists."""
    rows: tuple[int, ...]
    """Track rows: its most played recordings."""
    audio: Mapping[str, float | None]
    """Audio feature → mean over its plays; None where none is known."""


@dataclass(frozen=True)
class TasteProfile:
    """Everything the taste page shows, as data.

    Absent knowledge is None, 0 or empty, and ``missing`` says in sentences what is not
    known and why.
    """

    basis: str
    """What counts: "plays", "playlists", "tracks" (rows handed in) or "nothing"."""
    amount: float
    """Completed plays, playlist entries or summed weights the profile stands on."""
    timezone: str
    """IANA name of the zone that hours, days and months are in."""
    compared_with: str
    """Which tracks the catalogue means are over, in words; "" if there are none."""
    audio_features: Mapping[str, FeatureTaste]
    """``tables.AUDIO_FEATURES`` → taste; all nine are always there."""
    coverage: ProfileCoverage
    genre_shares: Mapping[str, float]
    """The 10 genres; sums to 1 over listening of known genre, all 0 if none is known."""
    unknown_genre_share: float
    """Share of the listening without a known genre."""
    micro_genres: Mapping[str, tuple[tuple[str, float], ...]]
    """Genre → its most heard micro-genres, each with its share of the listening."""
    genre_diversity: GenreDiversity
    distinct_tracks: int
    distinct_artists: int
    top_artists: tuple[Top, ...]
    top_tracks: tuple[Top, ...]
    top_albums: tuple[Top, ...]
    eras: Mapping[str, float]
    """Decade ("1990s") → share of the listening with a known year; sums to 1."""
    mainstream: float | None
    """Mean popularity, 0 to 100, of the listening where it is known."""
    mainstream_catalogue: float | None
    """Mean popularity of the tracks compared with."""
    popularity: tuple[float, ...]
    """(10,) shares of the listening of known popularity: 0 to 9, 10 to 19 … 90 to 100; empty
    where none is known."""
    moods: MoodMap | None
    """None where valence and energy of nothing are known."""
    clusters: tuple[Cluster, ...]
    """The several tastes of the listener, largest first; one where they do not part."""
    listening_patterns: ListeningPatterns | None
    """None where plays carry no times: playlists only, or tracks handed in."""
    loyalty: Loyalty | None
    """None likewise."""
    skips: SkipHabits | None
    """None likewise, and where no play says whether it was skipped."""
    diversity_over_time: tuple[Quarter, ...]
    """Quarters with enough plays, in order; empty likewise."""
    diversity_peers: Peers | None
    """None where fewer than 20 other listeners of the same kind are loaded."""
    insights: tuple[Insight, ...]
    """Most surprising first."""
    missing: tuple[str, ...] = field(default=())
    """What is not known and why, in sentences."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values only, fit for JSON; numbers that are not finite become None."""
        plain = _plain(self)
        assert isinstance(plain, dict)
        return plain


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
