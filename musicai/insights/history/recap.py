"""A year of listening on one page, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np

from musicai.core.errors import NotFound
from musicai.data.arrays import TrackFeatures
from musicai.data.library import UNIT_FEATURES, Library
from musicai.data.periods import between
from musicai.insights.history import charts, summary
from musicai.insights.history.charts import Codes
from musicai.insights.history.model import Figures, Place, Streak
from musicai.insights.taste import taste_profile
from musicai.insights.taste.plays import DAY, Plays

TOP = 5


@dataclass(frozen=True)
class Recap:
    """What a year was like."""

    year: int
    invented: bool
    first_day: str
    """``YYYY-MM-DD`` of the year's first play, in the listener's zone."""
    last_day: str
    whole: bool
    """False for a year of which the history holds only a part: it begins or ends within."""
    figures: Figures
    new_artists: int
    """Artists with their first full play ever in the year."""
    months: tuple[float, ...]
    """(12,) hours of each month."""
    tracks: tuple[Place, ...]
    artists: tuple[Place, ...]
    genres: tuple[Place, ...]
    busiest_day: str
    """``YYYY-MM-DD`` with most full plays; "" without one."""
    busiest_plays: int
    longest_streak: Streak | None
    shape: Mapping[str, float]
    """``UNIT_FEATURES`` → mean over the full plays; empty unless all are known."""
    surprise: str
    """The most surprising finding of the year; "" where nothing stands out."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values only."""
        return asdict(self)


def recap_years(plays: Plays) -> list[int]:
    """The calendar years with a full play, latest first."""
    year = plays.local[plays.done].astype("datetime64[s]").astype("datetime64[Y]")
    return [int(one) for one in np.unique(year.astype(np.int64) + 1970)[::-1]]


def recap(
    library: Library,
    features: TrackFeatures,
    codes: Codes,
    plays: Plays,
    year: int,
    timezone: str,
) -> Recap:
    """One calendar year of the owner, in the listener's zone.

    Args:
        library: The data.
        features: What is known of its tracks.
        codes: ``tops.codes(library, features)``.
        plays: All of the owner's.
        year: One of :func:`recap_years`.
        timezone: IANA name of the zone the year begins and ends in.

    Raises:
        NotFound: there is no full play in that year.
        QueryError: there is no such zone.
    """
    period = between(date(year, 1, 1), date(year, 12, 31), timezone)
    mine = plays.between(period.since, period.until)
    if not mine.done.any():
        raise NotFound(f"There is no full play in {year}; choose another year.")
    lists = charts.lists(features, codes, mine, None)
    profile = taste_profile(
        library, features, since=period.since, until=period.until, timezone=timezone
    )
    shape = {name: profile.audio_features[name].mean for name in UNIT_FEATURES}
    known = {name: mean for name, mean in shape.items() if mean is not None}
    told = summary.days(mine)
    assert told is not None
    best = int(np.argmax(told.plays))
    return Recap(
        year=year,
        invented=library.invented,
        first_day=_iso(mine, 0),
        last_day=_iso(mine, -1),
        whole=_is_whole(plays, year),
        figures=summary.figures(mine, codes),
        new_artists=_new_artists(plays, mine, codes),
        months=_months(mine),
        tracks=lists["tracks"][:TOP],
        artists=lists["artists"][:TOP],
        genres=lists["genres"][:TOP],
        busiest_day=str(np.datetime64(told.first) + best),
        busiest_plays=told.plays[best],
        longest_streak=summary.longest_streak(mine),
        shape=known if len(known) == len(UNIT_FEATURES) else {},
        surprise=profile.insights[0].text if profile.insights else "",
    )


def _iso(plays: Plays, at: int) -> str:
    return str(np.datetime64(int(plays.local[at] // DAY), "D"))


def _is_whole(plays: Plays, year: int) -> bool:
    """Whether the history begins before the year's first week and ends after its last."""
    return _iso(plays, 0) <= f"{year}-01-07" and _iso(plays, -1) >= f"{year}-12-25"


def _new_artists(plays: Plays, mine: Plays, codes: Codes) -> int:
    """Artists of these plays who have no full play before the first of them."""
    earlier = plays.only(plays.start < mine.start[0])
    before = codes.artists[earlier.track[earlier.done]]
    now = np.unique(codes.artists[mine.track[mine.done]])
    return int((~np.isin(now[now >= 0], before)).sum())


def _months(plays: Plays) -> tuple[float, ...]:
    month = plays.local.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64) % 12
    return tuple((np.bincount(month, weights=plays.ms, minlength=12) / summary.HOUR_MS).tolist())
