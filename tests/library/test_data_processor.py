"""Arrays from tables, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from musicai import data_processor as dp
from musicai.core.settings import Settings
from musicai.data.arrays import TrackFeatures
from musicai.data.library import Library
from tests import worlds

THREE = [
    {
        "track_id": "a",
        "name": "Blue Night - Remastered 2011",
        "artists": "Ada;Bo",
        "genres": "bebop",
        **worlds.CALM,
    },
    {"track_id": "b", "name": "Blue Night", "artists": "ADA", "genres": "bebop", **worlds.CALM},
    {"track_id": "c", "name": "Red Day", "artists": "Cy", "popularity": 40.0},
]


# three recordings, where THREE has two: its first tracks are releases of one
APART = [THREE[0], {**THREE[1], "name": "Green Dawn"}, THREE[2]]


def same(one: TrackFeatures, other: TrackFeatures) -> None:
    np.testing.assert_array_equal(one.tfidf.toarray(), other.tfidf.toarray())
    arrays = ("artist", "recording", "idf", "audio", "feature_source", "genres", "popularity")
    for name in (*arrays, "year", "duration"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert (one.names, one.artist_names, one.terms) == (
        other.names,
        other.artist_names,
        other.terms,
    )


def test_terms_are_marked_by_field() -> None:
    document = dp.build_documents(worlds.library(THREE).tracks)[0]
    assert dp.document_terms(document) == [
        "a:ada",
        "a:bo",
        "t:blue",
        "t:night",
        "t:remastered",
        "t:2011",
        "g:bebop",
    ]


def test_features_by_hand() -> None:
    found = dp.build_features(worlds.library(THREE))
    assert found.artist.tolist() == [0, 0, 1]
    assert found.artist_names == ("Ada", "Cy")
    assert found.recording.tolist() == [0, 0, 1]
    assert np.isnan(found.audio[2]).all()
    assert np.isnan(found.genres[2]).all()
    assert found.popularity[2] == 40
    lengths = np.sqrt(found.tfidf.multiply(found.tfidf).sum(axis=1))
    np.testing.assert_allclose(np.asarray(lengths).ravel(), 1, rtol=1e-5)
    likeness = (found.tfidf @ found.tfidf.T).toarray()
    assert likeness[0, 1] > 0.5 > likeness[0, 2]


@pytest.mark.parametrize("library", [worlds.library(THREE), worlds.two_camps(120)])
def test_reading_each_text_once_gives_the_same_bits(library: Library) -> None:
    """Below and above the size from which terms of one track only are left out."""
    once, twice = dp.build_features(library), dp.build_features(library, dp.fit_vectorizer(library))
    assert once.terms == twice.terms
    for name in ("data", "indices", "indptr"):
        one, other = getattr(once.tfidf, name), getattr(twice.tfidf, name)
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(once.idf, twice.idf)


def test_the_side_file_gives_the_same_and_heals(settings: Settings) -> None:
    library = worlds.library(THREE)
    built = dp.load_features(settings, library)
    same(built, dp.load_features(settings, library))
    [path] = settings.cache.glob("features-*.npz")
    path.write_bytes(b"broken")
    same(built, dp.load_features(settings, library))
    path.write_bytes(path.read_bytes()[:200])
    same(built, dp.load_features(settings, library))


def test_a_session_ends_after_half_an_hour_of_silence() -> None:
    plays = worlds.plays([(0, 0, 600_000), (1, 0.6), (2, 1.3), (0, 0.1, 200_000, False, 1)])
    # starts at 0:00 (ends 0:10), 0:06 of another listener, 0:36 (26 min later), 1:18 (39 later)
    assert dp.sessions(plays).tolist() == [0, 2, 0, 1]
    assert dp.sessions(worlds.plays([])).tolist() == []


def test_a_play_counts_if_heard_for_thirty_seconds() -> None:
    plays = worlds.plays(
        [(0, 0, 30_000), (0, 1, 29_999), (0, 2, 90_000, True), (0, 3, 90_000, None)]
    )
    assert dp.mark_completed(plays).tolist() == [True, False, False, True]


def test_history_by_hand() -> None:
    events = [(0, 0), (0, 24), (1, 24, 5_000, True), (2, 24 * 365, 60_000)]
    past = dp.build_history(worlds.library(APART, events))
    assert past.rows.tolist() == [0, 1, 2]
    assert past.plays.tolist() == [2, 0, 1]
    assert past.last_played[0] == worlds.START.timestamp() + 86_400
    assert past.confidence[2] == pytest.approx(np.log1p(1.0))
    old = [0.25 + 0.75 * 0.5 ** (days / 365) for days in (365, 364)]
    assert past.confidence[0] == pytest.approx(np.log1p(sum(old)), rel=1e-5)
    assert past.confidence[1] == pytest.approx(0.02)


def test_playlists_are_part_of_the_owners_history() -> None:
    library = worlds.library(APART, [(0, 0)], items=worlds.playlist("mine", [0, 2]))
    past = dp.build_history(library)
    assert past.rows.tolist() == [0, 2]
    assert past.plays.tolist() == [1, 0]
    assert past.confidence[1] == pytest.approx(np.log1p(1))


def test_releases_of_one_recording_count_together_and_stay_apart_in_the_plays() -> None:
    items = worlds.playlist("mine", [1, 2])
    library = worlds.library(THREE, [(0, 0), (1, 24), (1, 30), (2, 40)], items=items)
    assert library.canonical.tolist() == [0, 0, 2]
    past = dp.build_history(library)
    assert past.rows.tolist() == [0, 2]
    assert past.plays.tolist() == [3, 1]
    assert library.plays["track"].tolist() == [0, 1, 1, 2]
    data = dp.build_training_data(library, dp.build_features(library))
    assert not data.interactions[:, 1].nnz
    assert data.interactions[-1].toarray().tolist() == [[1, 0, 1]]


def test_a_stranger_has_no_history() -> None:
    past = dp.build_history(worlds.library(THREE, [(0, 0)]), listener=-1)
    assert len(past.rows) == 0


def test_training_rows_are_listeners_sessions_and_playlists() -> None:
    events = [(0, 0), (1, 0.1), (2, 10, 5_000, True), (0, 20), (2, 3, 200_000, False, 1)]
    items = worlds.playlist("mine", [1, 2])
    library = worlds.library(APART, events, items=items, listeners=("you", "other"))
    data = dp.build_training_data(library, dp.build_features(library))
    matrix = data.interactions.toarray()
    assert matrix.shape == (4, 3)
    assert (matrix[:2] > 0).tolist() == [[True, True, False], [False, False, True]]
    assert matrix[2:].tolist() == [[1, 1, 0], [0, 1, 1]]
    assert data.n_listeners == 2
    assert dp.build_training_data(library, data.features, baskets=False).interactions.shape == (
        2,
        3,
    )


def test_api_rows_do_not_train_without_consent() -> None:
    items = worlds.playlist("api", [0, 1], api_born=True)
    for consent, rows in ((False, 1), (True, 2)):
        library = worlds.library(APART, [(2, 0)], items=items, consent=consent)
        data = dp.build_training_data(library, dp.build_features(library))
        assert data.interactions.shape[0] == rows


def test_an_empty_library_gives_empty_arrays() -> None:
    library = worlds.library([])
    features = dp.build_features(library)
    data = dp.build_training_data(library, features)
    assert features.n_tracks == 0
    assert data.interactions.shape == (1, 0)
    assert len(dp.build_history(library).rows) == 0
