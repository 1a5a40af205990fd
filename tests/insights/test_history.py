"""Listening over time: every figure worked out by hand, and what must hold of any history."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from musicai.data.periods import ALL, Period, between
from musicai.data_processor import build_features
from musicai.insights.history import ListeningHistory, Streak, listening_history, summary
from musicai.insights.taste.plays import list_timed_plays
from tests.worlds import CALM, LOUD, library

TRACKS: list[dict[str, Any]] = [
    {"track_id": "a", "name": "Alpha", "artists": "Ann", "album": "One", "genres": "jazz", **CALM},
    {"track_id": "b", "name": "Beta", "artists": "Ann", "album": "One", "genres": "jazz", **CALM},
    {
        "track_id": "c",
        "name": "Gamma",
        "artists": "Bob;Ann",
        "album": "One",
        "genres": "techno",
        **LOUD,
    },
    {"track_id": "d", "name": "Delta", "artists": "Cy", "album": "", "genres": ""},
]


def told(
    plays: list[tuple[Any, ...]], period: Period = ALL, timezone: str = "UTC"
) -> ListeningHistory:
    """The history of plays (track row, hours after 1 January 2025 UTC, …)."""
    data = library(TRACKS, plays)
    return listening_history(data, build_features(data), period, timezone)


def days(*numbers: int) -> list[tuple[Any, ...]]:
    """One full play of the first track at noon of each day."""
    return [(0, 24 * number + 12) for number in numbers]


def test_figures_by_hand() -> None:
    made = told([(0, 1), (1, 2), (2, 3, 10_000), (0, 25, 400_000), (3, 74, 200_000, True)])
    figures = made.figures
    assert (figures.plays, figures.tracks, figures.artists, figures.albums) == (3, 2, 1, 1)
    assert figures.hours == pytest.approx((200 + 200 + 10 + 400 + 200) / 3600)
    assert (figures.active_days, figures.days, figures.new_tracks) == (2, 4, 2)
    assert figures.plays_a_day == 1.5
    assert made.before is None


def test_days_hold_full_plays_and_the_hours_of_all() -> None:
    made = told([(0, 1), (1, 2, 10_000), (0, 49)])
    assert made.days is not None
    assert made.days.first == "2025-01-01"
    assert made.days.plays == (1, 0, 1)
    assert made.days.hours == pytest.approx((210 / 3600, 0.0, 200 / 3600))


def test_streaks_by_hand() -> None:
    made = told(days(0, 1, 2, 4, 5, 9, 10, 11))
    assert made.longest_streak == Streak(3, "2025-01-10", "2025-01-12")  # the later of two
    assert made.current_streak == made.longest_streak
    broken = told([*days(0, 1), (1, 24 * 3, 5_000)])
    assert broken.longest_streak == Streak(2, "2025-01-01", "2025-01-02")
    assert broken.current_streak is None


def test_a_streak_runs_on_over_the_change_of_clocks() -> None:
    """Just after midnight of Berlin, the night in March that has 23 hours among them."""
    first = datetime(2025, 3, 28, 23, 5, tzinfo=UTC)
    start = datetime(2025, 1, 1, tzinfo=UTC)
    moments = [first, first + timedelta(hours=24), first + timedelta(hours=47)]
    plays = [(0, (moment - start).total_seconds() / 3600) for moment in moments]
    made = told(plays, timezone="Europe/Berlin")
    assert made.longest_streak == Streak(3, "2025-03-29", "2025-03-31")
    assert told(plays).longest_streak == Streak(3, "2025-03-28", "2025-03-30")


def test_sessions_by_hand() -> None:
    # 10 plays without a pause from 20:00 on, then one of the next morning
    evening = [(0, 20 + 200 * n / 3600) for n in range(10)]
    made = told([*evening, (2, 32)]).sessions
    assert made.count == 2
    assert made.median_plays == 5.5
    assert made.longest_minutes == pytest.approx(2000 / 60, abs=0.1)
    assert made.longest_day == "2025-01-01"
    assert made.begin_hours[20] == made.begin_hours[8] == 1
    assert sum(made.begin_hours) == 2
    assert made.lengths["30 to 60 min"] == made.lengths["under 15 min"] == 1
    assert sum(made.moods.values()) == 2
    assert len(made.moods) == 2  # the calm evening and the loud morning differ


def test_a_session_without_known_sound_has_no_mood() -> None:
    made = told([(3, 1), (3, 1.1)]).sessions
    assert (dict(made.moods), made.mood_unknown) == ({}, 1)


def test_the_longest_sessions_of_a_class_in_order() -> None:
    data = library(
        TRACKS, [*((0, 20 + 200 * n / 3600) for n in range(4)), (1, 50), (2, 80), (2, 80.06)]
    )
    plays = list_timed_plays(data, 0, "UTC")
    found = summary.longest(plays, "under 15 min")
    assert [(day, round(minutes, 1), n) for day, minutes, n in found] == [
        ("2025-01-01", 13.3, 4),
        ("2025-01-04", 6.9, 2),
        ("2025-01-03", 3.3, 1),
    ]
    assert summary.longest(plays, "under 15 min", 1) == found[:1]
    assert summary.longest(plays, "4 h or more") == ()
    assert summary.longest(plays, "for ever") == ()


def test_what_is_played_at_an_hour_of_the_week_or_of_any_day() -> None:
    plays = list_timed_plays(library(TRACKS, [(0, 18), (1, 42), (1, 42.2), (2, 43)]), 0, "UTC")
    any_day = summary.at_hour(plays, None, 18)
    assert (any_day.rows.tolist(), any_day.plays.tolist()) == ([1, 0], [2, 1])
    wednesday = summary.at_hour(plays, 2, 18)  # 1 January 2025
    assert wednesday.rows.tolist() == [0]


def test_ranks_change_against_the_period_before() -> None:
    second = between(date(2025, 1, 11), date(2025, 1, 20), "UTC")
    before = [(0, n) for n in range(3)] + [(1, n + 0.5) for n in range(3)] + [(2, 9)]
    now = [(2, 240 + n) for n in range(4)] + [(0, 250), (0, 251), (3, 252)]
    made = told([*before, *now], second)
    assert [(p.name, p.plays, p.before) for p in made.top_tracks] == [
        ("Gamma", 4, 3),
        ("Alpha", 2, 1),  # shared the first place with Beta
        ("Delta", 1, None),
    ]
    assert [(p.name, p.artists, p.before) for p in made.top_artists] == [
        ("Bob", "", 2),
        ("Ann", "", 1),
        ("Cy", "", None),
    ]
    assert [(p.name, p.artists, p.plays) for p in made.top_albums] == [
        ("One", "Bob, Ann", 4),
        ("One", "Ann", 2),
    ]
    assert made.top_tracks[0].share == pytest.approx(4 / 7)
    assert made.top_tracks[0].hours == pytest.approx(4 * 200 / 3600)
    assert made.before is not None
    assert made.before.plays == 7


def test_genres_are_shared_out_and_ranked() -> None:
    made = told([(0, 1), (1, 2), (2, 3), (3, 4)])
    assert [(p.name, p.plays, p.share) for p in made.top_genres] == [
        ("Jazz", 2, 0.5),
        ("Electronic", 1, 0.25),
    ]


def test_a_favourite_that_rests_is_forgotten_with_its_best_year() -> None:
    loved = [(0, 24 * n) for n in range(6)] + [(1, 24 * n + 1) for n in range(4)]
    still = [(2, 24 * n) for n in range(6)] + [(2, 24 * 400)]
    [one] = told([*loved, *still]).forgotten
    assert (one.row, one.plays, one.year, one.in_year) == (0, 6, 2025, 6)
    assert one.last_day == "2025-01-06"
    assert one.only_then


def test_a_track_of_two_years_is_not_only_of_one() -> None:
    plays = [(0, 24 * n) for n in range(6)] + [(0, 24 * 370), (1, 24 * 900)]
    [one] = told(plays).forgotten
    assert (one.year, one.in_year, one.last_day) == (2025, 6, "2026-01-06")
    assert not one.only_then


def test_nothing_to_tell_is_told() -> None:
    empty = told([])
    assert "no plays with a time" in empty.missing[0]
    assert empty.days is None
    assert empty.top_tracks == ()
    outside = told(days(0), between(date(2030, 1, 1), date(2030, 1, 2), "UTC"))
    assert "no plays in this period" in outside.missing[0]
    skipped = told([(0, 1, 5_000)])
    assert "None of the 1 plays" in skipped.missing[0]
    assert skipped.figures.hours > 0
    for one in (empty, outside, skipped):
        assert isinstance(one.to_dict(), dict)


some_plays = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(0, 24 * 900).map(float),
        st.sampled_from([10_000, 200_000]),
        st.booleans(),
    ),
    min_size=1,
    max_size=40,
    unique_by=lambda play: play[1],
)


@given(some_plays, st.sampled_from(["UTC", "America/New_York", "Asia/Kolkata"]))
@hypothesis_settings(max_examples=25, deadline=None)
def test_counts_add_up_in_any_zone(plays: list[tuple[Any, ...]], timezone: str) -> None:
    made = told(plays, timezone=timezone)
    assert made.days is not None
    assert sum(made.days.plays) == made.figures.plays
    assert sum(made.days.hours) == pytest.approx(made.figures.hours)
    assert sum(map(sum, made.by_weekday_hour)) == made.figures.plays
    assert sum(made.sessions.lengths.values()) == made.sessions.count
    assert sum(p.plays for p in made.top_tracks) == made.figures.plays
    assert sum(p.share for p in made.top_artists) == pytest.approx(1.0 if made.figures.plays else 0)
    assert [p.rank for p in made.top_tracks] == list(range(1, len(made.top_tracks) + 1))


@pytest.mark.slow
@given(some_plays, st.randoms(use_true_random=False))
@hypothesis_settings(max_examples=15, deadline=None)
def test_the_order_of_rows_and_the_zone_change_no_count(
    plays: list[tuple[Any, ...]], chance: random.Random
) -> None:
    shuffled = plays.copy()
    chance.shuffle(shuffled)
    one, other = told(plays), told(shuffled, timezone="UTC")
    assert one == other
    away = told(plays, timezone="Pacific/Auckland")
    assert away.top_tracks == one.top_tracks
    assert away.figures.hours == one.figures.hours
    assert away.sessions.lengths == one.sessions.lengths
