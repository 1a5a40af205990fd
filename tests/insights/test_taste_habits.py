"""Loyalty, what stays, skips, moods, popularity, diversity and clusters: by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from musicai.data.genres import GENRES
from musicai.data.library import Library
from musicai.data.moods import MOODS
from musicai.data_processor import build_features
from musicai.insights.taste import TasteProfile, taste_profile
from musicai.insights.taste.habits import peers
from musicai.ui import charts
from tests.constructed import night_and_weekend
from tests.ui.test_charts import in_house_style
from tests.worlds import CALM, LOUD, library

DAY = 24.0
TRACKS: list[dict[str, Any]] = [
    {"track_id": "a", "name": "Alpha", "artists": "Ann", "genres": "jazz", "popularity": 5, **CALM},
    {"track_id": "b", "name": "Beta", "artists": "Ann", "genres": "jazz", "popularity": 95, **CALM},
    {
        "track_id": "c",
        "name": "Gamma",
        "artists": "Bob",
        "genres": "techno",
        "popularity": 99,
        **LOUD,
    },
    {"track_id": "d", "name": "Delta", "artists": "Cy"},
]


def of(data: Library, **options: Any) -> TasteProfile:
    return taste_profile(data, build_features(data), **options)


def made(plays: list[tuple[Any, ...]]) -> TasteProfile:
    return of(library(TRACKS, plays))


# --- loyalty and discovery ------------------------------------------------------------


def test_loyalty_by_hand() -> None:
    told = made([(0, 1), (0, 2), (1, 3), (2, 4), (3, 5, 1_000)]).loyalty
    assert told is not None
    assert (told.artists, told.top_1, told.top_5) == (2, 0.75, 1.0)
    expected = math.exp(-(0.75 * math.log(0.75) + 0.25 * math.log(0.25)))
    assert told.effective_artists == pytest.approx(expected)
    assert (told.settled, told.kept) == (0, 0)  # too early to say


def test_artists_and_tracks_that_stayed_came_again_after_a_month() -> None:
    plays = [(0, 0), (1, DAY * 40), (2, DAY), (2, DAY * 20), (3, DAY * 2), (0, DAY * 200)]
    told = made(plays)
    assert told.loyalty is not None
    # Ann came again with another track; Bob only within the month; Cy never
    assert (told.loyalty.settled, told.loyalty.kept) == (3, 1)
    assert told.listening_patterns is not None
    months = {one.month: one for one in told.listening_patterns.months}
    january = months["2025-01"]
    # Alpha came again after 200 days; Gamma after 19; Delta never
    assert (january.first_listens, january.settled, january.stayed) == (3, 3, 1)
    assert (months["2025-02"].first_listens, months["2025-02"].settled) == (1, 1)
    assert sum(one.first_listens for one in months.values()) == 4


def test_a_recent_first_listen_is_not_judged() -> None:
    told = made([(0, 0), (1, DAY * 100), (2, DAY * 150)]).listening_patterns
    assert told is not None
    assert [one.settled for one in told.months if one.first_listens] == [1, 0, 0]


# --- skips ----------------------------------------------------------------------------


def test_skips_by_hand() -> None:
    plays = [
        (0, 1),
        (0, 2, 20_000, True),
        (2, 3, 10_000, True),
        (2, 4, 200_000),
        (2, 5, 40_000, True),
        (3, 6),
    ]
    told = made(plays).skips
    assert told is not None
    assert (told.n, told.skipped) == (6, 3)
    # not yet heard out: Alpha's first, Gamma's first two, Delta
    assert (told.first_n, told.first_skipped) == (4, 1)
    assert told.median_seconds == 20
    assert told.by_genre == ()  # fewer than 30 plays each
    assert told.ends == {"to the end": 6}


def test_skips_of_genres_with_enough_plays_are_ranked() -> None:
    plays = [(0, n, 5_000, n < 10) for n in range(40)]
    plays += [(2, 100 + n, 5_000, n < 30) for n in range(40)]
    told = made(plays).skips
    assert told is not None
    assert told.by_genre == (("electronic", 30, 40), ("jazz", 10, 40))
    in_house_style(charts.plot_skips(told, {name: name for name in GENRES}))
    assert "electronic, 75" in charts.plot_skips(told, {name: name for name in GENRES}).alt


# --- moods and popularity -------------------------------------------------------------


def test_the_mood_map_by_hand() -> None:
    told = made([(0, 1), (0, 2), (2, 3), (3, 4)]).moods
    assert told is not None
    assert told.known == 0.75
    assert told.valence == pytest.approx((2 * CALM["valence"] + LOUD["valence"]) / 3)
    assert told.energy == pytest.approx((2 * CALM["energy"] + LOUD["energy"]) / 3)
    assert sum(map(sum, told.cells)) == 3
    assert told.cells[3][6] == 2  # energy .15, valence .3
    assert told.cells[18][14] == 1
    assert sum(told.moods.values()) == pytest.approx(1)
    assert set(told.moods) == set(MOODS)
    assert len(told.places) == 2
    in_house_style(charts.plot_moods(told))


def test_unknown_sound_has_no_place() -> None:
    told = made([(3, 1)])
    assert (told.moods, told.popularity, told.clusters) == (None, (), ())


def test_popularity_in_tens() -> None:
    told = made([(0, 1), (1, 2), (2, 3), (3, 4)])
    assert told.popularity == pytest.approx((1 / 3, 0, 0, 0, 0, 0, 0, 0, 0, 2 / 3))
    assert told.mainstream == pytest.approx((5 + 95 + 99) / 3)


# --- diversity ------------------------------------------------------------------------


def test_quarters_need_thirty_plays() -> None:
    plays = [(0, n) for n in range(30)]
    plays += [(n % 2 * 2, DAY * 100 + n) for n in range(40)] + [(0, DAY * 200)]
    told = made(plays).diversity_over_time
    assert [(one.quarter, one.plays) for one in told] == [("2025-Q1", 30), ("2025-Q2", 40)]
    assert told[0].effective_genres == pytest.approx(1)
    assert told[1].effective_genres == pytest.approx(2)
    in_house_style(charts.plot_diversity_over_time(told))
    assert "two quarters" in charts.plot_diversity_over_time(told[:1]).alt


def test_peers_need_twenty_with_enough_plays() -> None:
    rows = np.eye(10)[[0, 1]]  # two tracks of two genres
    listener = np.repeat(np.arange(1, 26), 60)
    # the first ten of the others keep to one genre, the rest share evenly
    track = np.where(listener <= 10, 0, np.arange(len(listener)) % 2)
    told = peers((listener, track), 26, rows, own=1.5)
    assert told is not None
    assert (told.n, told.below) == (25, 0.4)
    assert told.median == pytest.approx(2)
    few = listener <= 19
    assert peers((listener[few], track[few]), 26, rows, own=1.5) is None
    assert peers((listener, track), 26, rows, own=None) is None


# --- clusters -------------------------------------------------------------------------


def test_the_constructed_listener_has_three_tastes() -> None:
    told = of(night_and_weekend()).clusters
    assert {one.genre for one in told} == {"jazz", "electronic", "classical"}
    assert sum(one.share for one in told) == pytest.approx(1)
    assert [one.plays for one in told] == sorted((one.plays for one in told), reverse=True)
    by_genre = {one.genre: one for one in told}
    assert by_genre["electronic"].share == pytest.approx(0.4, abs=0.01)
    assert all(name.startswith("Jazz artist") for name in by_genre["jazz"].artists)
    assert len({one.name for one in told}) == 3
    for one in told:
        assert one.genre in one.name.lower()


def test_one_kind_of_music_is_one_taste() -> None:
    data = night_and_weekend(months=6)
    jazz = np.flatnonzero(data.tracks["genres"] == "jazz")
    told = of(data, tracks=jazz.tolist()).clusters
    assert len(told) == 1
    assert told[0].share == 1


def test_few_tracks_make_no_clusters() -> None:
    assert made([(0, 1), (1, 2), (2, 3)]).clusters == ()


@given(st.integers(0, 2**32 - 1))
@hypothesis_settings(max_examples=8, deadline=None)
def test_clusters_do_not_depend_on_the_order_of_plays(seed: int) -> None:
    data = night_and_weekend(months=6, switch=3)
    rows = np.unique(data.plays["track"].to_numpy())
    weights = np.bincount(data.plays["track"].to_numpy())[rows]
    order = np.random.default_rng(seed).permutation(len(rows))
    one = of(data, tracks=rows.tolist(), weights=weights.tolist())
    other = of(data, tracks=rows[order].tolist(), weights=weights[order].tolist())
    assert one.clusters == other.clusters


# --- findings -------------------------------------------------------------------------


def test_findings_lead_to_their_chart() -> None:
    told = of(night_and_weekend())
    assert told.insights
    parts = {"sound", "moods", "genres", "diversity", "favourites", "habits", "skips"}
    assert {one.chart for one in told.insights} <= parts
    assert next(one for one in told.insights if one.kind == "night").chart in ("genres", "sound")


def test_a_period_is_held_against_what_was_before() -> None:
    from datetime import UTC, datetime  # noqa: PLC0415

    data = night_and_weekend()
    told = of(data, since=datetime(2025, 4, 1, tzinfo=UTC))
    past = [one for one in told.insights if one.kind == "past"]
    assert past
    assert any("in all before" in one.text or "than before" in one.text for one in past)
    assert not [one for one in of(data).insights if one.kind == "past"]


def test_every_shape_is_plain_data() -> None:
    for told in (of(night_and_weekend()), made([(3, 1)]), made([])):
        assert isinstance(told.to_dict(), dict)
