"""Verdicts on tracks: what each does to the past, to the candidates and to the next list."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from musicai import data_processor as dp
from musicai.ai_model import MusicAI
from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.arrays import History
from musicai.data.feedback import VERDICTS, Feedback
from musicai.data.library import Library
from musicai.models import COMPONENTS
from musicai.ranking import feedback
from musicai.ranking.request import Recommendations
from tests import worlds

NOW = 1_800_000_000
DAY = 86_400


def small() -> Library:
    """Six tracks: a pair of releases of one recording, two artists, a guest, a catalogue track."""
    return worlds.library(
        [
            {"track_id": "a", "name": "Dawn", "artists": "Ada", "genres": "dub"},
            {"track_id": "b", "name": "Dusk", "artists": "Ada", "genres": "dub"},
            {"track_id": "c", "name": "Noon", "artists": "Bea;Ada", "genres": "ska"},
            {"track_id": "d", "name": "Dawn", "artists": "Ada", "genres": "dub"},
            {"track_id": "e", "name": "Night", "artists": "Adam", "genres": "ska"},
            {
                "track_id": "n",
                "name": "New",
                "artists": "Cy",
                "genres": "dub",
                "own": False,
                "in_catalogue": True,
            },
        ],
        [(0, 1.0), (1, 2.0), (1, 3.0), (2, 4.0), (4, 5.0)],
    )


def said(*given: tuple[str, str], at: int = NOW) -> list[Feedback]:
    return [Feedback(track, verdict, at + n) for n, (track, verdict) in enumerate(given)]  # type: ignore[arg-type]


def resolved(library: Library, *given: tuple[str, str], now: int = NOW) -> feedback.LatestFeedback:
    return feedback.resolve(library, dp.build_features(library), said(*given), now)


# --- what counts ----------------------------------------------------------------------


def test_the_latest_verdict_on_a_track_counts() -> None:
    told = [Feedback("a", "dislike", 5), Feedback("a", "like", 3), Feedback("b", "like", 4)]
    assert {i: one.verdict for i, one in feedback.standing(told).items()} == {
        "a": "dislike",
        "b": "like",
    }


def test_of_two_in_the_same_second_the_last_given_counts() -> None:
    told = [Feedback("a", "dislike", 5), Feedback("a", "like", 5)]
    assert feedback.standing(told)["a"].verdict == "like"


def test_verdicts_become_rows_at_the_first_release() -> None:
    found = resolved(small(), ("d", "like"), ("c", "dislike"), ("gone", "like"))
    assert found.liked.tolist() == [0]
    assert found.disliked.tolist() == [2]


def test_not_now_rests_for_a_week() -> None:
    library, features = small(), dp.build_features(small())
    told = said(("a", "not_now"))
    almost = NOW + feedback.REST_DAYS * DAY - 1
    assert feedback.resolve(library, features, told, almost).resting.tolist() == [0]
    assert not feedback.resolve(library, features, told, almost + 1)


def test_never_this_artist_takes_guests_and_no_namesakes() -> None:
    found = resolved(small(), ("b", "never_artist"))
    assert found.banned.tolist() == [0, 1, 2, 3], "Adam is another"
    assert found.disliked.tolist() == [1]


def test_every_release_of_a_recording_leaves_the_list() -> None:
    library = small()
    features = dp.build_features(library)
    for verdict in ("dislike", "not_now"):
        shown = resolved(library, ("d", verdict)).mark_showable(features, "mix")
        assert shown is not None
        assert shown.tolist() == [False, True, True, False, True, True], verdict
    liked = resolved(library, ("n", "like"))
    assert liked.mark_showable(features, "discover").tolist()[-1] is False  # type: ignore[union-attr]
    assert liked.mark_showable(features, "mix") is None
    assert feedback.LatestFeedback().mark_showable(features, "discover") is None


# --- the past -------------------------------------------------------------------------


def test_a_like_is_worth_plays_and_a_dislike_takes_a_track_out() -> None:
    library = small()
    past = dp.build_history(library, 0)
    found = feedback.apply_feedback(
        past, resolved(library, ("b", "like"), ("n", "like"), ("e", "dislike"))
    )
    assert found.rows.tolist() == [0, 1, 2, 5]
    gained = found.confidence - np.append(past.confidence[:3], 0.0)
    np.testing.assert_allclose(gained, [0, np.log(9), 0, np.log(9)], rtol=1e-6)
    assert found.plays.tolist() == [1, 2, 1, 0], "nobody played it"
    assert found.last_played.tolist() == [*past.last_played[:3].tolist(), 0]
    assert found.liked.tolist() == [1, 5]
    assert past.rows.tolist() == [0, 1, 2, 4], "the past itself is as it was"


def test_training_hears_the_same() -> None:
    library = small()
    features = dp.build_features(library)
    data = dp.build_training_data(library, features)
    told = resolved(library, ("n", "like"), ("e", "dislike"), ("a", "like"))
    taught = feedback.taught(data, told).interactions.toarray()
    before = data.interactions.toarray()
    assert taught[0, 5] == pytest.approx(np.log(9))
    assert taught[0, 4] == 0 < before[0, 4]
    assert taught[0, 0] == pytest.approx(before[0, 0] + np.log(9))
    np.testing.assert_array_equal(taught[1:], before[1:])
    np.testing.assert_array_equal(taught[0, 1:4], before[0, 1:4])
    assert feedback.taught(data, feedback.LatestFeedback()) is data


@pytest.mark.slow
@given(
    judged=st.lists(st.tuples(st.sampled_from("abcden"), st.sampled_from(VERDICTS)), max_size=12)
)
@hypothesis_settings(max_examples=60, deadline=None)
def test_whatever_was_said_the_past_stays_well_formed(judged: list[tuple[str, str]]) -> None:
    library = small()
    found = resolved(library, *judged)
    past: History = feedback.apply_feedback(dp.build_history(library, 0), found)
    assert (np.diff(past.rows) > 0).all()
    assert (past.confidence > 0).all()
    assert len(past.rows) == len(past.confidence) == len(past.plays) == len(past.last_played)
    assert not np.isin(found.disliked, past.rows).any()
    assert np.isin(found.liked, past.rows).all()
    assert not np.isin(found.liked, found.disliked).any(), "one verdict a recording"


# --- likeness -------------------------------------------------------------------------


def test_leaning_by_hand() -> None:
    library = small()
    features = dp.build_features(library)
    told = resolved(library, ("b", "like"), ("e", "dislike"))
    words = features.tfidf.toarray()
    expected = np.tanh(words @ words[1] - words @ words[4])
    np.testing.assert_allclose(feedback.leaning(features, told), expected, rtol=1e-5)
    assert feedback.leaning(features, feedback.LatestFeedback()) is None


def test_without_the_like_that_a_reason_names_the_leaning_falls() -> None:
    library = worlds.two_camps(40, catalogue=20)
    features = dp.build_features(library)
    ids = library.vocabulary.ids
    told = resolved(library, *[(str(ids[row]), "like") for row in (0, 3, 8, 11)])
    found = feedback.leaning(features, told)
    assert found is not None
    for track in range(40, 60):
        named = feedback.reasons(features, told, track)
        if not named:
            continue
        rest = told.liked[told.liked != named[0].seed]
        other = feedback.leaning(features, feedback.LatestFeedback(liked=rest))
        assert other is not None
        assert other[track] < found[track]


# --- the list -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> MusicAI:
    library = worlds.two_camps(60, catalogue=60, listeners=25)
    features = dp.build_features(library)
    data = dp.build_training_data(library, features, seed=1)
    trained = {n: kind().fit(data, no_progress) for n, kind in COMPONENTS.items() if kind.trained}
    settings = Settings(home=tmp_path_factory.mktemp("verdicts"))
    return MusicAI(settings=settings, library=library, features=features, components=trained)


def ids_of(found: Recommendations) -> list[str]:
    return [item.track_id for item in found]


def test_a_verdict_moves_the_list_at_once_and_can_be_taken_back(music: MusicAI) -> None:
    before = music.get_hybrid_recommendations(mode="mix", artist_cap=20)
    gone = before[0].track_id
    other = music.heeding(said((gone, "dislike")), NOW)
    after = other.get_hybrid_recommendations(mode="mix", artist_cap=20)
    assert gone not in ids_of(after)
    assert ids_of(other.heeding([]).get_hybrid_recommendations(mode="mix", artist_cap=20)) == (
        ids_of(before)
    )
    assert ids_of(music.get_hybrid_recommendations(mode="mix", artist_cap=20)) == ids_of(before)


def test_likes_draw_the_list_to_what_is_like_them_and_say_so(music: MusicAI) -> None:
    """The other camp is what the owner hardly plays."""
    ids = music.library.vocabulary.ids
    artist = music.features.artist
    new = music.candidates("discover")
    wanted = int(music.features.artist[new[-1]])
    liked = [int(row) for row in new if artist[row] == wanted][:2]
    other = music.heeding(said(*[(str(ids[row]), "like") for row in liked]), NOW)
    share = {}
    for name, one in (("before", music), ("after", other)):
        found = one.get_hybrid_recommendations(mode="discover", n_recommendations=30, artist_cap=30)
        assert not set(ids_of(found)) & {str(ids[row]) for row in liked} or name == "before"
        place = {item.track: item.score for item in found}
        share[name] = sum(artist[row] == wanted for row in list(place)[:10])
        for item in found:
            assert item.score == pytest.approx(sum(item.contributions.values()), abs=1e-5)
            assert ("verdicts" in item.contributions) == (name == "after")
    assert share["after"] > share["before"]
    listed = other.get_hybrid_recommendations(mode="discover", artist_cap=30)
    assert any("you liked" in item.reason for item in listed)


def test_other_listeners_do_not_hear_the_owners_verdicts(music: MusicAI) -> None:
    name = music.library.listeners[3]
    other = music.heeding(said((str(music.library.vocabulary.ids[0]), "dislike")), NOW)
    for mode in ("mix", "rediscover"):
        assert ids_of(other.get_hybrid_recommendations(name, mode=mode)) == ids_of(
            music.get_hybrid_recommendations(name, mode=mode)
        )


def test_never_this_artist_holds_in_every_mode(music: MusicAI) -> None:
    row = int(music.candidates("rediscover")[0])
    other = music.heeding(said((str(music.library.vocabulary.ids[row]), "never_artist")), NOW)
    for mode in ("mix", "rediscover", "discover"):
        rows = other.candidates(mode)
        assert len(rows)
        assert not (music.features.artist[rows] == music.features.artist[row]).any()
