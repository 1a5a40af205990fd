"""Taste profiles: hand-worked figures, a constructed listener, and honest partial profiles."""

from __future__ import annotations

import dataclasses
import json
import math
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from musicai.core.errors import QueryError
from musicai.data.arrays import TrackFeatures
from musicai.data.frames import empty_frame
from musicai.data.genres import GENRES
from musicai.data.library import AUDIO_FEATURES, FEATURE_SOURCES, PLAYLIST_COLUMNS, Library
from musicai.data_processor import build_features
from musicai.insights.taste import TasteProfile, taste_profile
from musicai.insights.taste.significance import side
from musicai.insights.taste.wording import amount, axis_sentence, decimal, percent
from tests.constructed import night_and_weekend

MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
"""A Monday, midnight."""


def track(at: int, genre: str = "", **values: Any) -> dict[str, Any]:
    """One row of the track table; audio features are missing unless given."""
    audio = {name: values.pop(name, float("nan")) for name in AUDIO_FEATURES}
    known = any(not math.isnan(value) for value in audio.values())
    return {
        "track_id": f"t{at}",
        "name": f"Title {at}",
        "artists": f"Artist {at}",
        "album": f"Album {at}",
        "genres": genre,
        "isrc": "",
        "year": float("nan"),
        "duration_ms": 200_000.0,
        "popularity": float("nan"),
        "explicit": pd.NA,
        "feature_source": "file" if known else "none",
        "genre_source": "file" if genre else "none",
        "key": float("nan"),
        "mode": float("nan"),
        "key_source": "none",
        "origin": "your history",
        "own": True,
        "in_catalogue": False,
        "recording": at,
        "match": "",
        "estimate": "",
        "excluded": False,
        **audio,
        **values,
    }


def library(
    tracks: Sequence[dict[str, Any]],
    plays: Sequence[tuple[Any, ...]] = (),
    items: Sequence[tuple[str, int]] = (),
    listeners: Sequence[str] = ("me",),
) -> Library:
    """A library. A play is (track, start, seconds=200, skipped=False, listener=0)."""
    full = [(*play, *(200, False, 0)[len(play) - 2 :]) for play in plays]
    frame = pd.DataFrame(
        {
            "track": [play[0] for play in full],
            "listener": [play[4] for play in full],
            "played_at": pd.to_datetime([play[1] for play in full], utc=True),
            "ms_played": [play[2] * 1000 for play in full],
            "skipped": pd.array([play[3] for play in full], dtype="boolean"),
            "reason_start": "clickrow",
            "reason_end": "trackdone",
            "shuffle": False,
        }
    )
    listed = empty_frame(PLAYLIST_COLUMNS)
    if items:
        listed = pd.DataFrame(
            {
                "playlist": [name for name, _ in items],
                "track": [row for _, row in items],
                "position": range(len(items)),
                "added_at": pd.to_datetime([None] * len(items), utc=True),
                "api_born": False,
            }
        )
    return Library.validate(
        profile="p",
        invented=False,
        tracks=pd.DataFrame(tracks),
        plays=frame,
        playlist_items=listed,
        listeners=listeners,
        fingerprint="f",
    )


def features(data: Library) -> TrackFeatures:
    """Features by hand, without text: each micro-genre must be one of the 10."""
    tracks = data.tracks
    genres = np.full((len(tracks), len(GENRES)), np.nan, dtype=np.float32)
    for row, joined in enumerate(tracks["genres"]):
        for name in filter(None, joined.split(";")):
            genres[row] = np.nan_to_num(genres[row])
            genres[row, GENRES.index(name)] = 1
    names = tuple(dict.fromkeys(tracks["artists"]))
    return TrackFeatures(
        vocabulary=data.vocabulary,
        names=tuple(tracks["name"]),
        artist_names=names,
        artist=np.array([names.index(name) for name in tracks["artists"]], dtype=np.int32),
        recording=np.arange(len(tracks), dtype=np.int32),
        tfidf=csr_matrix((len(tracks), 0), dtype=np.float32),
        terms=(),
        idf=np.zeros(0, dtype=np.float32),
        audio=tracks[list(AUDIO_FEATURES)].to_numpy(dtype=np.float32),
        feature_source=np.array(
            [FEATURE_SOURCES.index(name) for name in tracks["feature_source"]], dtype=np.int32
        ),
        genres=genres,
        popularity=tracks["popularity"].to_numpy(dtype=np.float32),
        year=np.full(len(tracks), np.nan, dtype=np.float32),
        duration=np.full(len(tracks), np.nan, dtype=np.float32),
    )


def profile(data: Library, **options: Any) -> TasteProfile:
    return taste_profile(data, features(data), **options)


def at(day: int, hour: float) -> datetime:
    return MONDAY + timedelta(days=day, hours=hour)


# --- hand-worked figures ----------------------------------------------------------------

SMALL = library(
    [
        track(0, "jazz", energy=0.2, tempo=90.0, year=1959.0, popularity=40.0),
        track(1, "rock;pop", energy=0.8, year=1994.0, popularity=80.0),
        track(2, energy=0.5),
        track(3, "rock"),
    ],
    [
        (0, at(0, 22)),  # Monday
        (0, at(0, 22.1)),
        (1, at(1, 9)),  # Tuesday
        (2, at(1, 9.2)),
        (1, at(1, 9.3), 200, True),  # skipped: weighs nothing
        (1, at(1, 9.4), 29),  # too short: weighs nothing
    ],
)


def test_means_are_weighted_by_completed_plays() -> None:
    energy = profile(SMALL).audio_features["energy"]
    assert energy.mean == pytest.approx((2 * 0.2 + 0.8 + 0.5) / 4)
    mean = 0.425
    variance = (2 * (0.2 - mean) ** 2 + (0.8 - mean) ** 2 + (0.5 - mean) ** 2) / 4
    assert energy.spread == pytest.approx(math.sqrt(variance), rel=1e-5)
    assert energy.coverage == 1


def test_tempo_stands_on_its_own_axis_and_its_own_coverage() -> None:
    tempo = profile(SMALL).audio_features["tempo"]
    assert tempo.mean == 90
    assert tempo.axis == pytest.approx((90 - 60) / 120)
    assert tempo.coverage == pytest.approx(2 / 4)


def test_genre_shares_split_a_track_and_sum_to_one_over_known_genre() -> None:
    taste = profile(SMALL)
    assert taste.genre_shares["jazz"] == pytest.approx(2 / 3)
    assert taste.genre_shares["rock"] == pytest.approx(1 / 6)
    assert taste.genre_shares["pop"] == pytest.approx(1 / 6)
    assert taste.unknown_genre_share == pytest.approx(1 / 4)


def test_diversity_is_the_exponential_of_shannon_entropy() -> None:
    diversity = profile(SMALL).genre_diversity
    entropy = -(2 / 3 * math.log(2 / 3) + 2 * (1 / 6) * math.log(1 / 6))
    assert diversity.entropy == pytest.approx(entropy)
    assert diversity.effective_genres == pytest.approx(math.exp(entropy))
    assert diversity.gini_simpson == pytest.approx(1 - 4 / 9 - 2 / 36)
    assert "Jazz, is 67\u00a0%" in diversity.sentence


def test_equal_genres_count_fully_and_one_genre_counts_as_one() -> None:
    four = [track(i, name) for i, name in enumerate(("jazz", "rock", "pop", "r&b"))]
    even = profile(library(four), tracks=[0, 1, 2, 3]).genre_diversity
    assert even.effective_genres == pytest.approx(4)
    one = profile(library(four), tracks=[3]).genre_diversity
    assert one.effective_genres == pytest.approx(1)
    assert one.sentence == "All of it is R&B."


def test_patterns_by_hand() -> None:
    patterns = profile(SMALL).listening_patterns
    assert patterns is not None
    assert (patterns.plays, patterns.completed) == (6, 4)
    assert patterns.by_hour[22] == 2
    assert patterns.by_hour[9] == 2
    assert patterns.by_weekday == (2, 2, 0, 0, 0, 0, 0)
    assert patterns.by_weekday_hour[0][22] == 2
    assert patterns.skip_rate == pytest.approx(1 / 6)
    assert patterns.completed_share == pytest.approx(4 / 6)
    assert patterns.repeat_share == pytest.approx(1 / 4)
    assert patterns.hours == pytest.approx((5 * 200 + 29) / 3600)
    assert patterns.active_days == 2
    assert patterns.first_play == "2024-01-01T22:00:00"
    assert patterns.sessions.count == 2
    # Monday 22:00:00 to 22:09:20; Tuesday 9:00:00 to 9:24:29.
    assert patterns.sessions.median_minutes == pytest.approx((560 + 1469) / 2 / 60)
    assert patterns.sessions.median_plays == 3
    assert [(m.month, m.plays, m.first_listens) for m in patterns.months] == [("2024-01", 4, 3)]


def test_favourites_eras_and_popularity_by_hand() -> None:
    taste = profile(SMALL)
    assert [(top.name, top.plays, top.share) for top in taste.top_artists] == [
        ("Artist 0", 2, 0.5),
        ("Artist 1", 1, 0.25),
        ("Artist 2", 1, 0.25),
    ]
    assert taste.top_tracks[0].track == 0
    assert taste.top_albums[0].name == "Album 0"
    assert taste.eras == {"1950s": pytest.approx(2 / 3), "1990s": pytest.approx(1 / 3)}
    assert taste.mainstream == pytest.approx((2 * 40 + 80) / 3)
    assert (taste.distinct_tracks, taste.distinct_artists) == (3, 3)


def test_coverage_is_by_plays() -> None:
    coverage = profile(SMALL).coverage
    assert coverage.features["file"] == 1
    assert coverage.genres["file"] == pytest.approx(3 / 4)
    assert coverage.genres["none"] == pytest.approx(1 / 4)


def test_albums_of_one_title_by_two_artists_stay_apart_and_untitled_ones_are_left_out() -> None:
    rows = [
        track(0, album="Greatest Hits"),
        track(1, album="Greatest Hits"),
        track(2, album=""),
        track(3, album="Greatest Hits", artists="Artist 0"),
    ]
    albums = profile(library(rows), tracks=[0, 1, 2, 2, 3]).top_albums
    assert [(top.name, top.artists, top.plays) for top in albums] == [
        ("Greatest Hits", "Artist 0", 2),
        ("Greatest Hits", "Artist 1", 1),
    ]


def test_catalogue_is_the_tracks_not_played() -> None:
    others = [track(i, energy=0.9, own=False) for i in range(1, 61)]
    data = library([track(0, energy=0.3), *others], [(0, at(0, 1))])
    energy = profile(data).audio_features["energy"]
    assert energy.catalogue == pytest.approx(0.9)
    assert energy.sentence == "Calmer than the tracks you have not played: energy .30 against .90."


# --- periods and time zones -------------------------------------------------------------


def test_a_period_holds_its_start_and_not_its_end() -> None:
    taste = profile(SMALL, since=at(0, 22.1), until=at(1, 9.2))
    assert taste.listening_patterns is not None
    assert taste.listening_patterns.plays == 2
    assert taste.amount == 2


def test_a_first_listen_is_first_in_the_whole_history() -> None:
    patterns = profile(SMALL, since=at(0, 22.05)).listening_patterns
    assert patterns is not None
    assert [(m.plays, m.first_listens) for m in patterns.months] == [(3, 2)]


def test_a_time_zone_moves_the_clock_and_nothing_else() -> None:
    here, there = profile(SMALL), profile(SMALL, timezone="Asia/Tokyo")
    assert here.listening_patterns is not None
    assert there.listening_patterns is not None
    assert there.listening_patterns.by_hour[7] == 2
    assert there.listening_patterns.by_weekday == (0, 4, 0, 0, 0, 0, 0)
    assert there.genre_shares == here.genre_shares
    assert there.audio_features == here.audio_features
    assert there.listening_patterns.sessions == here.listening_patterns.sessions


def test_daylight_saving_is_kept() -> None:
    plays = [(0, datetime(2024, month, 1, 12, tzinfo=UTC)) for month in (1, 7)]
    patterns = profile(library([track(0)], plays), timezone="Europe/Berlin").listening_patterns
    assert patterns is not None
    assert patterns.by_hour[13] == 1
    assert patterns.by_hour[14] == 1


def test_a_period_without_a_zone_is_in_the_listeners_zone() -> None:
    data = library([track(0)], [(0, datetime(2024, 1, 1, 23, 30, tzinfo=UTC))])
    day = datetime(2024, 1, 2)
    assert profile(data, since=day, timezone="Europe/Berlin").amount == 1
    assert profile(data, since=day, timezone="UTC").amount == 0


# --- the constructed listener -----------------------------------------------------------


def constructed() -> Library:
    """200 days: nights of 6 jazz and 4 pop, weekend noons of 8 electronic, weekday noons of 5
    rock, and from day 100 on each noon ends with two pieces of classical music. Pop is skipped
    half of the time, at night as often as in the morning."""
    names = ("jazz", "pop", "electronic", "rock", "classical")
    rows = [
        track(5 * i + k, name, energy=0.2 if name == "jazz" else 0.7)
        for i in range(10)
        for k, name in enumerate(names)
    ]
    plays: list[tuple[Any, ...]] = []

    def play(name: str, start: datetime, number: int, skipped: bool = False) -> None:
        row = 5 * (number % 10) + names.index(name)
        plays.append((row, start, 200, skipped))

    for day in range(200):
        for k in range(6):
            play("jazz", at(day, 22.5) + timedelta(minutes=4 * k), day + k)
        for k in range(8):
            play("pop", at(day, 22.9) + timedelta(minutes=4 * k), day + k, skipped=k % 2 == 0)
        weekend = day % 7 >= 5
        for k in range(8 if weekend else 5):
            name = "electronic" if weekend else "rock"
            play(name, at(day, 12) + timedelta(minutes=4 * k), day + k)
        if day >= 100:
            for k in range(2):
                play("classical", at(day, 13) + timedelta(minutes=4 * k), day + k)
    return library(rows, plays)


@pytest.fixture(scope="module")
def found() -> TasteProfile:
    return profile(constructed())


def texts(taste: TasteProfile, kind: str) -> list[str]:
    return [one.text for one in taste.insights if one.kind == kind]


def test_jazz_at_night_comes_out(found: TasteProfile) -> None:
    night = next(one for one in found.insights if one.kind == "night" and "Jazz" in one.text)
    assert night.text == "Jazz is 60\u00a0% of your listening after 22:00, 0\u00a0% before."
    assert night.numbers == {"jazz one": pytest.approx(0.6), "jazz other": 0}
    completed_at_night = 200 * 10
    noon = 56 * 8 + 144 * 5 + 100 * 2
    assert night.n == completed_at_night + noon
    assert "22:00 to 5:00" in night.evidence


def test_weekends_come_out(found: TasteProfile) -> None:
    weekend = texts(found, "weekend")
    assert any(
        text.startswith("Electronic is") and "0\u00a0% on weekdays" in text for text in weekend
    )


def test_the_switch_comes_out(found: TasteProfile) -> None:
    change = texts(found, "change")
    assert len(change) == 1
    assert change[0].startswith("Classical is")
    assert "since 10 April 2024" in change[0]


def test_skips_come_out(found: TasteProfile) -> None:
    assert texts(found, "skips")[0] == (
        "You skip 50\u00a0% of Pop plays, 0\u00a0% of everything else."
    )


def test_insights_are_ranked_and_carry_their_evidence(found: TasteProfile) -> None:
    weights = [one.weight for one in found.insights]
    assert weights == sorted(weights, reverse=True)
    assert all(one.n > 0 and one.evidence and one.numbers for one in found.insights)


def test_noise_is_not_reported() -> None:
    """Listeners who choose at random: hardly ever is a difference claimed."""
    rows = [track(i, GENRES[i % 10], energy=(i % 7) / 7) for i in range(200)]
    claimed = 0
    for seed in range(30):
        random = np.random.default_rng(seed)
        gaps = random.choice([4, 600], size=1500, p=[0.85, 0.15]).cumsum()
        plays = [
            (int(random.integers(200)), MONDAY + timedelta(minutes=int(gap)), 200, bool(skip))
            for gap, skip in zip(gaps, random.random(1500) < 0.3, strict=True)
        ]
        kinds = [one.kind for one in profile(library(rows, plays)).insights]
        claimed += sum(kind in ("night", "weekend", "morning", "change", "skips") for kind in kinds)
    assert claimed <= 4


def test_one_long_album_night_is_one_decision() -> None:
    """Sixty plays in one session say less than sixty plays in sixty sessions."""
    y, m = np.ones((60, 1)), np.ones((60, 1))
    y[30:] = 0
    together = side(np.repeat([0, 1], 30).astype(np.int64), y, m)
    apart = side(np.arange(60, dtype=np.int64), y, m)
    assert together.value == apart.value == 0.5
    assert together.variance[0] > 20 * apart.variance[0]


# --- honest partial profiles ------------------------------------------------------------


def well_formed(taste: TasteProfile) -> None:
    assert set(taste.audio_features) == set(AUDIO_FEATURES)
    assert tuple(taste.genre_shares) == GENRES
    total = sum(taste.genre_shares.values())
    assert total == pytest.approx(1) or total == 0
    assert json.loads(json.dumps(taste.to_dict(), allow_nan=False))["basis"] == taste.basis
    assert all(one.sentence for one in taste.audio_features.values())
    assert taste.genre_diversity.sentence


def test_an_empty_library() -> None:
    data = library([track(0)]).before(pd.Timestamp(MONDAY))
    taste = profile(data)
    well_formed(taste)
    assert taste.basis == "nothing"
    assert taste.listening_patterns is None
    assert taste.insights == ()
    assert any("no plays yet" in line for line in taste.missing)


def test_a_library_without_any_track() -> None:
    data = library([track(0)])
    none = Library.validate(
        profile="p",
        invented=False,
        tracks=data.tracks.iloc[:0],
        plays=data.plays,
        playlist_items=data.playlist_items,
        listeners=("me",),
        fingerprint="f",
    )
    well_formed(profile(none))


def test_three_plays_without_features_or_genres() -> None:
    taste = profile(library([track(i) for i in range(3)], [(i, at(i, 8)) for i in range(3)]))
    well_formed(taste)
    assert taste.amount == 3
    assert taste.audio_features["energy"].mean is None
    assert taste.unknown_genre_share == 1
    assert taste.insights == ()
    said = " ".join(taste.missing)
    assert "No audio features" in said
    assert "No genres" in said
    assert "stands on 3 full plays" in said


def test_nothing_completed() -> None:
    taste = profile(library([track(0, "jazz")], [(0, at(0, 8), 5), (0, at(0, 9), 200, True)]))
    well_formed(taste)
    assert taste.amount == 0
    assert any("None of the 2 plays" in line for line in taste.missing)


def test_an_empty_period() -> None:
    taste = profile(SMALL, since=at(500, 0))
    well_formed(taste)
    assert taste.basis == "plays"
    assert any("no plays in this period" in line for line in taste.missing)


def test_skips_that_are_not_said_are_not_counted_as_none() -> None:
    data = library([track(0)], [(0, at(0, 8), 200, pd.NA), (0, at(0, 9), 200, pd.NA)])
    patterns = profile(data).listening_patterns
    assert patterns is not None
    assert patterns.skip_rate is None
    assert patterns.completed == 2


def test_playlists_stand_in_for_plays_and_say_so() -> None:
    data = library([track(0, "jazz"), track(1, "rock")], items=[("a", 0), ("b", 0), ("b", 1)])
    taste = profile(data)
    well_formed(taste)
    assert taste.basis == "playlists"
    assert taste.genre_shares["jazz"] == pytest.approx(2 / 3)
    assert taste.listening_patterns is None
    assert any("only playlists" in line for line in taste.missing)


def test_other_listeners_are_not_the_owner() -> None:
    data = library(
        [track(0, "jazz"), track(1, "rock")],
        [(0, at(0, 8)), (1, at(0, 9), 200, False, 1)],
        listeners=("me", "you"),
    )
    assert profile(data).genre_shares["jazz"] == 1
    assert profile(data, listener=1).genre_shares["rock"] == 1


def test_given_tracks_with_weights() -> None:
    taste = profile(SMALL, tracks=[0, 3, -1], weights=[3.0, 1.0, 5.0])
    well_formed(taste)
    assert taste.basis == "tracks"
    assert taste.genre_shares["jazz"] == pytest.approx(3 / 4)
    assert any("1 of 3 tracks" in line for line in taste.missing)
    assert any("no listening patterns" in line for line in taste.missing)


def test_no_tracks_given() -> None:
    well_formed(profile(SMALL, tracks=[]))


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"timezone": "Mars/Olympus"}, "time zone"),
        ({"timezone": "../etc"}, "time zone"),
        ({"listener": 7}, "listener"),
        ({"tracks": [99]}, "99"),
        ({"tracks": [0], "weights": [1.0, 2.0]}, "weights"),
        ({"tracks": [0], "weights": [-1.0]}, "0 or more"),
        ({"tracks": [0], "weights": [float("nan")]}, "0 or more"),
    ],
)
def test_misuse_is_said(options: dict[str, Any], part: str) -> None:
    with pytest.raises(QueryError, match=part):
        profile(SMALL, **options)


# --- properties -------------------------------------------------------------------------

PLAYS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 400_000), st.integers(0, 300), st.booleans()),
    max_size=30,
    unique_by=lambda play: play[1],
)


@given(PLAYS)
@hypothesis_settings(max_examples=40, deadline=None)
def test_shares_sum_to_one_and_counts_agree(
    plays: list[tuple[int, int, int, bool]],
) -> None:
    rows = [(row, MONDAY + timedelta(minutes=m), sec, skip) for row, m, sec, skip in plays]
    taste = profile(library(SMALL.tracks.to_dict("records"), rows))
    well_formed(taste)
    assert sum(taste.coverage.features.values()) == pytest.approx(1 if taste.amount else 0)
    assert 0 <= taste.unknown_genre_share <= 1
    if taste.listening_patterns is not None:
        patterns = taste.listening_patterns
        assert sum(patterns.by_hour) == sum(patterns.by_weekday) == patterns.completed
        assert sum(month.plays for month in patterns.months) == patterns.completed
        assert sum(month.first_listens for month in patterns.months) == len(
            {row for row, _, sec, skip in plays if sec >= 30 and not skip}
        )


@pytest.mark.slow
@given(PLAYS, st.randoms(use_true_random=False))
@hypothesis_settings(max_examples=40, deadline=None)
def test_the_order_of_plays_changes_nothing(
    plays: list[tuple[int, int, int, bool]], random: Any
) -> None:
    rows = [(row, MONDAY + timedelta(minutes=m), sec, skip) for row, m, sec, skip in plays]
    mixed = list(rows)
    random.shuffle(mixed)
    tracks = SMALL.tracks.to_dict("records")
    assert profile(library(tracks, rows)).to_dict() == profile(library(tracks, mixed)).to_dict()


# --- words ------------------------------------------------------------------------------


def test_numbers_in_words() -> None:
    assert [percent(v) for v in (0, 0.0004, 0.034, 0.0996, 0.41, 1)] == [
        "0\u00a0%",
        "under\u00a00.1\u00a0%",
        "3.4\u00a0%",
        "10\u00a0%",
        "41\u00a0%",
        "100\u00a0%",
    ]
    assert [decimal(0.416), decimal(1.0), decimal(0.0)] == [".42", "1.00", ".00"]
    assert amount("loudness", -8.14) == "−8.1\u00a0dB"


def test_a_small_difference_is_about_the_same() -> None:
    line = axis_sentence("valence", 0.5, 0.52, 0.2, "the rest")
    assert line == "About as happy as the rest: valence .50 against .52."
    assert axis_sentence("valence", None, 0.5, 0.2, "x").startswith("Valence is not known")
    assert axis_sentence("tempo", 120, None, None, "") == "Tempo 120\u00a0BPM on average."


# --- speed ------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_million_plays_take_a_second() -> None:
    """Processor time, so that a busy machine does not fail it."""
    n, tracks = 1_000_000, 50_000
    random = np.random.default_rng(0)
    rows = pd.DataFrame([track(0, "jazz")]).loc[[0] * tracks].reset_index(drop=True)
    rows["track_id"] = [f"t{i}" for i in range(tracks)]
    rows["name"] = rows["track_id"]
    rows["artists"] = [f"a{i // 10}" for i in range(tracks)]
    rows["genres"] = [GENRES[i % 10] for i in range(tracks)]
    rows[list(AUDIO_FEATURES)] = random.random((tracks, 9))
    rows["feature_source"] = "file"
    gaps = random.choice([200, 40_000], n, p=[0.94, 0.06])
    plays = pd.DataFrame(
        {
            "track": random.integers(0, tracks, n),
            "listener": 0,
            "played_at": pd.to_datetime(1_400_000_000 + gaps.cumsum(), unit="s", utc=True),
            "ms_played": random.integers(1_000, 240_000, n),
            "skipped": pd.array(random.random(n) < 0.2, dtype="boolean"),
            "reason_start": "clickrow",
            "reason_end": "trackdone",
            "shuffle": False,
        }
    )
    data = Library.validate(
        profile="p",
        invented=False,
        tracks=rows,
        plays=plays,
        playlist_items=empty_frame(PLAYLIST_COLUMNS),
        listeners=("me",),
        fingerprint="f",
    )
    known = dataclasses.replace(
        features(library([track(0)])),
        vocabulary=data.vocabulary,
        names=tuple(data.tracks["name"]),
        artist_names=tuple(dict.fromkeys(data.tracks["artists"])),
        artist=(np.arange(tracks) // 10).astype(np.int32),
        recording=np.arange(tracks, dtype=np.int32),
        audio=data.tracks[list(AUDIO_FEATURES)].to_numpy(dtype=np.float32),
        feature_source=np.zeros(tracks, dtype=np.int32),
        genres=np.eye(10, dtype=np.float32)[np.arange(tracks) % 10],
        popularity=np.full(tracks, np.nan, dtype=np.float32),
    )
    took = []
    for _ in range(2):
        started = time.thread_time()
        taste = taste_profile(data, known, timezone="Europe/Berlin")
        took.append(time.thread_time() - started)
    assert taste.listening_patterns is not None
    assert taste.listening_patterns.plays == n
    assert min(took) < 1


# --- 60 % jazz at night, 40 % techno at weekends, a switch in March -------------------


def test_the_night_and_weekend_listener_comes_out() -> None:
    data = night_and_weekend()
    before = taste_profile(data, build_features(data), until=datetime(2025, 3, 1, tzinfo=UTC))
    assert before.genre_shares["jazz"] == pytest.approx(0.6, abs=0.01)
    assert before.genre_shares["electronic"] == pytest.approx(0.4, abs=0.01)
    assert before.genre_diversity.effective_genres == pytest.approx(1.96, abs=0.01)
    patterns = before.listening_patterns
    assert patterns is not None
    assert set(np.flatnonzero(patterns.by_hour)) == {12, 22}
    assert any("Jazz" in text for text in texts(before, "night"))
    whole = taste_profile(data, build_features(data))
    assert any("Classical" in text for text in texts(whole, "change"))
