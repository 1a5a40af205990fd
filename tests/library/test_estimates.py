"""Estimates say what they are made from, and their error is measured on hidden values."""

from __future__ import annotations

import numpy as np
import pytest

from musicai.core.settings import Settings
from musicai.data.library import AUDIO_FEATURES, Library
from musicai.library.feature_estimates import (
    EstimateError,
    collect_known_features,
    estimate_by_artist,
    estimate_by_genre,
    estimate_by_neighbours,
    estimate_features,
    load_estimate_errors,
    measure_errors,
    rank_methods,
)
from tests import worlds

ENERGY = AUDIO_FEATURES.index("energy")


def library(n: int = 0) -> Library:
    """Loud and calm tracks played in sessions of their kind; the last one has no features."""
    rows = [
        {
            "track_id": f"t{i}",
            "name": f"N{i}",
            "artists": f"Artist {i % 2}",
            "genres": "metal" if i % 2 else "bebop",
            **(worlds.LOUD if i % 2 else worlds.CALM),
        }
        for i in range(8 + n)
    ]
    rows.append({"track_id": "bare", "name": "Bare", "artists": "Unknown one"})
    bare = len(rows) - 1
    plays = []
    for day in range(4):
        for place, track in enumerate([1, 3, 5, 7, bare]):
            plays.append((track, 24.0 * day + place * 0.06))
        for place, track in enumerate([0, 2, 4, 6]):
            plays.append((track, 24.0 * day + 10 + place * 0.06))
    return worlds.library(rows, plays)


def test_a_track_sounds_like_what_is_played_beside_it() -> None:
    made = library()
    facts = collect_known_features(made.tracks, made.plays, made.playlist_items)
    bare = np.array([made.n_tracks - 1])
    guess = estimate_by_neighbours(facts, bare)
    assert guess[0, ENERGY] == pytest.approx(worlds.LOUD["energy"])
    assert np.isnan(estimate_by_artist(facts, bare)).all()
    assert np.isnan(estimate_by_genre(facts, bare)).all()
    found = estimate_features(made.tracks, facts)
    assert found["estimate"].iloc[-1] == "neighbours"
    assert found["feature_source"].iloc[-1] == "estimated"
    assert found["energy"].iloc[-1] == pytest.approx(worlds.LOUD["energy"])
    assert (found["estimate"].iloc[:-1] == "").all()


def test_artist_and_genre_means_are_plain_means() -> None:
    made = library()
    facts = collect_known_features(made.tracks, made.plays, made.playlist_items)
    rows = np.array([0, 1])
    for way in (estimate_by_artist, estimate_by_genre):
        guess = way(facts, rows)
        assert guess[:, ENERGY].tolist() == pytest.approx(
            [worlds.CALM["energy"], worlds.LOUD["energy"]]
        )


def test_two_neighbours_are_too_few() -> None:
    rows = [{"track_id": f"t{i}", "name": f"N{i}", "artists": "A", **worlds.LOUD} for i in range(2)]
    rows.append({"track_id": "bare", "name": "Bare", "artists": "B"})
    made = worlds.library(rows, [(0, 0.0), (1, 0.06), (2, 0.12)])
    facts = collect_known_features(made.tracks, made.plays, made.playlist_items)
    assert np.isnan(estimate_by_neighbours(facts, np.array([2]))).all()


def test_the_error_is_measured_without_the_hidden_values(settings: Settings) -> None:
    made = library(400)
    errors = load_estimate_errors(settings, made)
    artist = {e.feature: e for e in errors if e.method == "artist"}
    # every track of an artist sounds the same here: the mean of the others is exact
    assert artist["energy"].error == pytest.approx(0.0, abs=1e-6)
    half = abs(worlds.LOUD["energy"] - worlds.CALM["energy"]) / 2
    assert artist["energy"].baseline == pytest.approx(half, rel=0.2)
    assert artist["energy"].n == 408 // 5
    assert load_estimate_errors(settings, made) == errors  # now from the side file
    assert list(settings.cache.glob("errors-*.json"))


def test_nothing_known_measures_nothing() -> None:
    made = worlds.library([{"track_id": "a", "name": "N", "artists": "A"}], [(0, 0.0)])
    facts = collect_known_features(made.tracks, made.plays, made.playlist_items)
    assert measure_errors(facts) == ()
    assert estimate_features(made.tracks, facts) is made.tracks


def test_the_way_with_the_smallest_error_comes_first() -> None:
    errors = tuple(
        EstimateError(way, "energy", error, 1.0, n)
        for way, error, n in (("artist", 0.5, 100), ("genre", 0.4, 100), ("neighbours", 0.1, 10))
    )
    assert rank_methods(errors) == ("genre", "artist", "neighbours")
    assert rank_methods(()) == ("artist", "genre", "neighbours")


def test_a_value_is_never_guessed_from_another_release_of_the_same_recording() -> None:
    random = np.random.default_rng(0)
    rows = []
    for i in range(300):
        sound = dict.fromkeys(AUDIO_FEATURES, 0.5) | {"energy": float(random.random())}
        for release in ("a", "b"):
            rows.append({"track_id": f"{release}{i}", "name": f"N{i}", "artists": f"A{i}", **sound})
    made = worlds.library(rows, [(0, 0.0)])
    errors = measure_errors(collect_known_features(made.tracks, made.plays, made.playlist_items))
    assert not [e for e in errors if e.method == "artist"]


def test_a_feature_that_no_track_has_is_measured_for_none() -> None:
    """A table may hold some of the nine alone, and a mean of nothing is not a warning."""
    rows: list[dict[str, object]] = [
        {"track_id": f"t{i}", "name": f"N{i}", "artists": "A", "energy": i / 50} for i in range(50)
    ]
    made = worlds.library(rows, [(0, 0.0)])
    facts = collect_known_features(made.tracks, made.plays, made.playlist_items)
    assert {error.feature for error in measure_errors(facts)} == {"energy"}
