"""Factors of unplayed tracks from content, where the truth is known."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from musicai import data_processor as dp
from musicai.core.errors import DataError
from musicai.data.arrays import TrackFeatures
from musicai.data.library import AUDIO_FEATURES, FloatArray, IntArray
from musicai.models.cold_start import bridge
from tests import worlds

N_ARTISTS, PER_ARTIST, N_FACTORS = 60, 10, 6
N_TRACKS = N_ARTISTS * PER_ARTIST


@cache
def world() -> tuple[TrackFeatures, FloatArray]:
    """Tracks whose true factors are half their artist's and half a bend of their sound."""
    rng = np.random.default_rng(1)
    taste = rng.standard_normal((N_ARTISTS, N_FACTORS))
    sound = rng.random((N_TRACKS, len(AUDIO_FEATURES)))
    bend = np.sin(3 * sound @ rng.standard_normal((len(AUDIO_FEATURES), N_FACTORS)))
    rows = [
        {"track_id": f"t{k}", "name": f"n{k}", "artists": f"artist {k % N_ARTISTS}"}
        | dict(zip(AUDIO_FEATURES, sound[k], strict=True))
        for k in range(N_TRACKS)
    ]
    # nothing is known of the last one
    library = worlds.library([*rows, {"track_id": "x", "name": "", "artists": ""}])
    factors = taste[np.arange(N_TRACKS) % N_ARTISTS] + bend
    return dp.build_features(library), factors.astype(np.float32)


def split() -> tuple[IntArray, IntArray]:
    order = np.random.default_rng(2).permutation(N_TRACKS).astype(np.int32)
    return np.sort(order[: N_TRACKS // 2]), np.sort(order[N_TRACKS // 2 :])


def likeness(one: FloatArray, other: FloatArray) -> float:
    """Mean cosine."""
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return float(((one * other).sum(axis=1) / lengths).mean())


def test_unplayed_tracks_get_nearly_their_true_factors() -> None:
    features, truth = world()
    known, cold = split()
    found = bridge(features, truth[known], known)
    assert likeness(found[cold], truth[cold]) > 0.6
    # and length: else none of them could ever be among the best
    ratio = np.linalg.norm(found[cold]) / np.linalg.norm(truth[cold])
    assert ratio == pytest.approx(1.0, abs=0.25)


def test_known_factors_are_kept_and_the_same_seed_gives_the_same() -> None:
    features, truth = world()
    known, cold = split()
    found = bridge(features, truth[known], known, seed=4)
    np.testing.assert_array_equal(found[known], truth[known])
    np.testing.assert_array_equal(found, bridge(features, truth[known], known, seed=4))
    assert (found[cold] != bridge(features, truth[known], known, seed=5)[cold]).any()


def test_a_tracks_own_factors_do_not_make_its_input() -> None:
    """Were they in the artist's mean, the regression would copy them and fail on all others:
    factors that are noise must then seem well explained, and give long cold ones."""
    features, truth = world()
    known, cold = split()
    noise = np.random.default_rng(3).standard_normal(truth.shape).astype(np.float32)
    assert abs(likeness(bridge(features, noise[known], known)[cold], noise[cold])) < 0.1


def test_of_nothing_comes_nothing() -> None:
    features, truth = world()
    known, _ = split()
    assert np.isnan(bridge(features, truth[known], known)[N_TRACKS]).all()
    none = bridge(features, truth[:0], known[:0])
    assert none.shape == (N_TRACKS + 1, N_FACTORS)
    assert np.isnan(none).all()
    empty = dp.build_features(worlds.library([]))
    assert bridge(empty, truth[:0], known[:0]).shape == (0, N_FACTORS)


def test_misuse_is_refused() -> None:
    features, truth = world()
    known, _ = split()
    with pytest.raises(DataError, match="as many rows"):
        bridge(features, truth[:3], known)
    broken = truth[known].copy()
    broken[0, 0] = np.nan
    with pytest.raises(DataError):
        bridge(features, broken, known)
