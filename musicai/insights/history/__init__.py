"""Somebody's listening over time: figures, days, streaks, sessions, chart lists with changes."""

from __future__ import annotations

import logging
import time

import numpy as np

from musicai.data.arrays import TrackFeatures
from musicai.data.library import Library
from musicai.data.periods import ALL, Period
from musicai.insights.history import charts, detail, drift, recap, summary
from musicai.insights.history.detail import Detail
from musicai.insights.history.model import (
    Days,
    Figures,
    ForgottenTrack,
    ListeningHistory,
    Place,
    SessionSummary,
    Streak,
)
from musicai.insights.history.summary import TopTracks
from musicai.insights.taste import plays as listening
from musicai.insights.taste.plays import Plays

__all__ = [
    "Days",
    "Detail",
    "Figures",
    "ForgottenTrack",
    "ListeningHistory",
    "Place",
    "SessionSummary",
    "Streak",
    "TopTracks",
    "detail",
    "drift",
    "listening_history",
    "played",
    "recap",
    "tops",
]

logger = logging.getLogger(__name__)

_NO_PLAYS = (
    "There are no plays with a time, so there is no history to show. Import a streaming history "
    "on Home: Spotify's extended one, Last.fm or ListenBrainz."
)


def listening_history(
    library: Library,
    features: TrackFeatures,
    period: Period = ALL,
    timezone: str = "UTC",
    listener: int = 0,
    plays: Plays | None = None,
) -> ListeningHistory:
    """What one listener played in a period, and how that differs from the period before.

    Args:
        library: The data.
        features: ``data_processor.build_features(library)``.
        period: Which days.
        timezone: IANA name of the zone for hours and days; daylight saving is kept to.
        listener: Position in ``library.listeners``; 0 is the owner.
        plays: All of the listener's in that zone (``listening.timed``), if laid out already.

    Raises:
        QueryError: no such listener or time zone.
    """
    started = time.perf_counter()
    everything = listening.list_timed_plays(library, listener, timezone) if plays is None else plays
    now = everything.between(period.since, period.until)
    earlier = period.before()
    before = everything.between(earlier.since, earlier.until) if earlier else None
    if before is not None and not before.done.any():
        before = None
    made = _describe(library, features, everything, now, before, timezone)
    logger.info("history of %d plays in %.3f s", len(now.track), time.perf_counter() - started)
    return made


def _describe(
    library: Library,
    features: TrackFeatures,
    everything: Plays,
    now: Plays,
    before: Plays | None,
    timezone: str,
) -> ListeningHistory:
    codes = charts.codes(library, features)
    hour, weekday = now.hour[now.done], now.weekday[now.done]
    matrix = np.bincount(weekday * 24 + hour, minlength=7 * 24).reshape(7, 24)
    lists = charts.lists(features, codes, now, before)
    return ListeningHistory(
        timezone=timezone,
        figures=summary.figures(now, codes),
        before=None if before is None else summary.figures(before, codes),
        days=summary.days(now),
        by_weekday_hour=tuple(tuple(row) for row in matrix.tolist()),
        longest_streak=summary.longest_streak(now),
        current_streak=summary.current_streak(now),
        sessions=summary.summary(now, features),
        top_tracks=lists["tracks"],
        top_artists=lists["artists"],
        top_albums=lists["albums"],
        top_genres=lists["genres"],
        forgotten=charts.find_forgotten(everything, codes, features),
        missing=_missing(everything, now),
    )


def _missing(everything: Plays, now: Plays) -> tuple[str, ...]:
    if not len(everything.track):
        return (_NO_PLAYS,)
    if not len(now.track):
        return ("There are no plays in this period; choose a longer one.",)
    if not now.done.any():
        return (
            f"None of the {len(now.track):,} plays of this period was listened to for 30 seconds "
            "without a skip, so there is nothing to count.",
        )
    return ()
