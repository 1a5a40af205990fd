"""The public door: lists that add up, follow what was asked, and fail in plain words."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from musicai.ai_model import MusicAI
from musicai.core.errors import NoCandidates, NotFound, QueryError
from musicai.core.settings import Settings
from musicai.models import COMPONENTS
from musicai.ranking.request import Recommendations, Request, Tuning
from tests import worlds


@pytest.fixture
def ai(settings: Settings) -> MusicAI:
    return MusicAI(settings=settings, library=worlds.two_camps(40, catalogue=60, listeners=30))


def ids(found: Recommendations) -> list[str]:
    return [item.track_id for item in found]


def loud(found: Recommendations) -> float:
    return float(np.mean([item.track % 2 == 0 for item in found]))


def test_contributions_add_up_and_ranks_count(ai: MusicAI) -> None:
    found = ai.get_hybrid_recommendations(mood="energetic", genre="rock", novelty=0.5)
    assert len(found) == 20
    assert [item.rank for item in found] == list(range(1, 21))
    for item in found:
        assert item.score == pytest.approx(sum(item.contributions.values()), abs=1e-9)
        assert set(item.contributions) == {*ai.components, "novelty"}
        assert item.reason
    frame = found.to_frame()
    assert frame["track_id"].tolist() == ids(found)
    parts = frame.filter(like="contribution_").sum(axis=1)
    np.testing.assert_allclose(parts, frame["score"], atol=1e-6)


def test_recommendations_are_a_sequence(ai: MusicAI) -> None:
    found = ai.get_hybrid_recommendations(n_recommendations=5)
    assert found[0] is next(iter(found))
    assert found[-1].rank == 5
    assert [item.rank for item in found[1:3]] == [2, 3]


def test_each_mode_keeps_to_its_tracks(ai: MusicAI) -> None:
    own = set(ai.library.tracks.query("own")["track_id"])
    assert set(ids(ai.get_hybrid_recommendations(mode="rediscover"))) <= own
    assert not set(ids(ai.get_hybrid_recommendations(mode="discover"))) & own
    assert ai.get_hybrid_recommendations().mode == "discover"
    many = ai.get_hybrid_recommendations(mode="mix", n_recommendations=100, artist_cap=100)
    assert {item.origin for item in many} == {"your history", "A catalogue"}


def test_without_a_catalogue_it_rediscovers_and_says_why(settings: Settings) -> None:
    ai = MusicAI(settings=settings, library=worlds.two_camps(40, catalogue=0))
    assert ai.get_hybrid_recommendations().mode == "rediscover"
    with pytest.raises(NoCandidates, match="catalogue"):
        ai.get_hybrid_recommendations(mode="discover")
    assert ai.modes()["rediscover"] is None


def test_the_list_follows_the_listener_and_the_seeds(ai: MusicAI) -> None:
    assert loud(ai.get_hybrid_recommendations(n_recommendations=10)) > 0.8
    calm = ["t001", "t003", "t005"]
    seeded = ai.get_hybrid_recommendations(seed_tracks=calm, n_recommendations=10, user_id="nobody")
    assert loud(seeded) < 0.2
    assert not set(calm) & set(ids(seeded))


def test_seeds_come_in_three_shapes(ai: MusicAI) -> None:
    by_id = ai.get_hybrid_recommendations(seed_tracks=["t001"])
    shaped = {"id": "unknown", "name": "Hush number 1", "artists": [{"name": "Calm artist 1"}]}
    frame = pd.DataFrame({"track_id": ["t001"]})
    assert ids(ai.get_hybrid_recommendations(seed_tracks=[shaped])) == ids(by_id)
    assert ids(ai.get_hybrid_recommendations(seed_tracks=frame)) == ids(by_id)
    assert ids(ai.get_hybrid_recommendations(seed_tracks=["spotify:track:t001"])) == ids(by_id)


def test_an_unknown_seed_is_stood_for_by_its_artist(ai: MusicAI) -> None:
    shaped = {"name": "Unheard", "artists": [{"name": "Calm artist 1"}]}
    found = ai.get_hybrid_recommendations(seed_tracks=[shaped])
    assert any("Unheard" in note for note in found.notes)
    with pytest.raises(QueryError, match="seed"):
        ai.get_hybrid_recommendations(seed_tracks=["nothing-like-it"])
    with pytest.raises(QueryError):
        ai.get_hybrid_recommendations(seed_tracks=[3])  # type: ignore[list-item]


def test_mood_and_genre_move_the_list(ai: MusicAI) -> None:
    plain = ai.get_hybrid_recommendations(mode="discover")
    calm = ai.get_hybrid_recommendations(
        mode="discover",
        mood="chill",
        mood_strength=1,
        artist_cap=9,
        weights={"rules": 0.8, "content": 0.2},
    )
    assert loud(calm) < 0.2 < loud(plain)
    only = ai.get_hybrid_recommendations(genre="classical", genre_strength=1)
    assert loud(only) == 0
    mixed = ai.get_hybrid_recommendations(mood={"chill": 0.7, "romantic": 0.3})
    assert len(mixed) == 20


def test_strength_moves_the_contribution(ai: MusicAI) -> None:
    weak = ai.score(Request(mood={"chill": 1}, mood_strength=0.2))
    strong = ai.score(Request(mood={"chill": 1}, mood_strength=0.8))
    np.testing.assert_allclose(strong.scaled["rules"], 4 * weak.scaled["rules"], rtol=1e-5)


def test_weights_decide(ai: MusicAI) -> None:
    scored = ai.score(Request(mode="mix"))
    content = ai.rank(scored, Tuning(weights={"content": 1}, diversity=0))
    popular = ai.rank(scored, Tuning(weights={"popularity": 1}, diversity=0))
    assert ids(content) != ids(popular)
    for item in popular:
        assert item.contributions["content"] == 0
    popularity = scored.scaled["popularity"]
    best = float(np.nanmax(popularity))
    assert popular[0].score == pytest.approx(best)


def test_familiar_and_obscure_pull_apart(ai: MusicAI) -> None:
    scored = ai.score(Request())
    obscure = ai.rank(scored, Tuning(novelty=1))
    familiar = ai.rank(scored, Tuning(novelty=-1))
    popularity = ai.components["popularity"].score(scored.query)
    mean = {
        name: float(np.mean([popularity[item.track] for item in found]))
        for name, found in (("obscure", obscure), ("familiar", familiar))
    }
    assert mean["obscure"] < mean["familiar"] - 0.1


def test_the_artist_cap_holds_and_a_short_list_says_so(ai: MusicAI) -> None:
    found = ai.get_hybrid_recommendations(artist_cap=1)
    artists = [item.artists[0] for item in found]
    assert len(set(artists)) == len(artists) < 20
    assert any("artist cap" in note for note in found.notes)


def test_a_stranger_gets_the_best_honest_answer(ai: MusicAI) -> None:
    found = ai.get_hybrid_recommendations(user_id="nobody", mood="energetic", n_recommendations=10)
    assert loud(found) > 0.8
    assert any("nobody" in note for note in found.notes)
    other = ai.get_hybrid_recommendations(user_id="listener-1", n_recommendations=10)
    assert not other.notes


def test_what_cannot_be_meant_is_refused_in_plain_words(ai: MusicAI) -> None:
    for wrong in (
        {"mood": "hungry"},
        {"genre": "polka"},
        {"mode": "shuffle"},
        {"weights": {"content": -1}},
        {"weights": {"magic": 1}},
        {"weights": {"content": 0}},
        {"diversity": 2},
        {"calibration": -0.1},
        {"novelty": float("nan")},
        {"n_recommendations": 0},
        {"artist_cap": 0},
        {"mood": {"chill": -1}},
        {"mood": {"chill": 0}},
        {"mood_strength": 1.5},
    ):
        with pytest.raises(QueryError):
            ai.get_hybrid_recommendations(**wrong)  # type: ignore[arg-type]


def test_moods_without_features_are_refused_with_the_remedy(settings: Settings) -> None:
    bare = [{"track_id": f"t{k}", "name": f"n{k}", "artists": f"a{k}"} for k in range(30)]
    ai = MusicAI(settings=settings, library=worlds.library(bare, [(k, k) for k in range(30)]))
    assert all(ai.mood_availability().values())
    assert all(ai.genre_availability().values())
    with pytest.raises(QueryError, match="Library page"):
        ai.get_hybrid_recommendations(mood="chill")
    assert len(ai.get_hybrid_recommendations()) == 20, "it still recommends what it can"


def test_genres_nobody_plays_are_not_offered(ai: MusicAI) -> None:
    found = ai.genre_availability()
    assert found["rock"] is None
    assert "Jazz" in str(found["jazz"])


def test_an_empty_library_is_a_clear_error(settings: Settings) -> None:
    ai = MusicAI(settings=settings, library=worlds.library([]))
    with pytest.raises(NoCandidates):
        ai.get_hybrid_recommendations()
    assert ai.search("x") == []
    assert ai.favourites() == []
    assert ai.list_forgotten() == []
    assert ai.coverage().n_tracks == 0


def test_three_plays_are_enough_for_a_list(settings: Settings) -> None:
    rows = [{"track_id": name, "name": name, "artists": name} for name in "abc"]
    ai = MusicAI(settings=settings, library=worlds.library(rows, [(0, 0), (1, 1), (2, 2)]))
    found = ai.get_hybrid_recommendations()
    assert sorted(ids(found)) == ["a", "b", "c"]
    assert any("3 tracks" in note for note in found.notes)


def test_equal_requests_give_equal_lists(ai: MusicAI) -> None:
    assert ai.get_hybrid_recommendations() == ai.get_hybrid_recommendations()


def test_untrained_components_are_named(ai: MusicAI) -> None:
    found = ai.get_hybrid_recommendations()
    trained = [name for name, kind in COMPONENTS.items() if kind.trained and not kind.optional]
    assert list(found.untrained) == trained
    assert found.version is None


def test_components_that_cannot_move_the_list_are_named(ai: MusicAI) -> None:
    plain = ai.get_hybrid_recommendations(mode="discover")
    assert set(plain.silent) == {"connections", "rules", "context", "history"}
    asked = ai.get_hybrid_recommendations(mode="rediscover", mood="chill")
    assert not {"rules", "history"} & set(asked.silent)
    scored = ai.score(Request(mode="discover"))
    louder = ai.rank(scored, Tuning(weights={"content": 1, "history": 5}))
    assert ids(louder) == ids(ai.rank(scored, Tuning(weights={"content": 1})))


def test_one_recording_is_listed_once_and_not_offered_as_new(settings: Settings) -> None:
    rows = [
        {"track_id": "mine", "name": "Song", "artists": "A"},
        {
            "track_id": "again",
            "name": "Song - Remastered 2011",
            "artists": "A",
            "own": False,
            "in_catalogue": True,
            "origin": "C",
        },
        {
            "track_id": "new",
            "name": "Other",
            "artists": "A",
            "own": False,
            "in_catalogue": True,
            "origin": "C",
        },
    ]
    ai = MusicAI(settings=settings, library=worlds.library(rows, [(0, 0)]))
    assert ids(ai.get_hybrid_recommendations(mode="discover")) == ["new"]
    assert len({"mine", "again"} & set(ids(ai.get_hybrid_recommendations(mode="mix")))) == 1


def test_the_reason_holds_when_its_cause_is_taken_away(ai: MusicAI) -> None:
    """Remove the seed that a reason names and the track's content score falls."""
    content = ai.components["content"]
    history = ai.history(0)
    seeds = history.rows[:4].astype(np.int32)
    empty = ai.history(None)
    scored = ai.score(Request(user_id="nobody", seed_tracks=tuple(f"t{row:03d}" for row in seeds)))
    query = dataclasses.replace(scored.query, history=empty)
    track = ai.rank(scored, Tuning(weights={"content": 1}))[0].track
    reason = content.reasons(query, track)[0]
    assert reason.seed in seeds.tolist()
    without = dataclasses.replace(query, seeds=seeds[seeds != reason.seed])
    assert content.score(without)[track] < content.score(query)[track]


def test_search_finds_all_words_own_tracks_first(ai: MusicAI) -> None:
    found = ai.search("NUMBER hush", limit=30)
    assert "t001" in found
    assert all(int(track_id[1:]) % 2 == 1 for track_id in found)
    assert [int(t[1:]) < 40 for t in found] == sorted(
        (int(t[1:]) < 40 for t in found), reverse=True
    )
    assert ai.search("") == []
    assert ai.search("no such words") == []


def test_forgotten_favourites_have_rested(settings: Settings) -> None:
    rows = [{"track_id": name, "name": name, "artists": name} for name in "abcd"]
    events = [(0, k) for k in range(10)] + [(1, k + 0.3) for k in range(6)]
    events += [(2, 24 * 300 + k) for k in range(20)] + [(3, 0.7)]
    ai = MusicAI(settings=settings, library=worlds.library(rows, events))
    found = ai.list_forgotten(2)
    assert [(item.track_id, item.plays) for item in found] == [("a", 10), ("b", 6)]
    assert found[0].last_played == (worlds.START + pd.Timedelta(hours=9)).to_pydatetime()
    assert ai.favourites(1) == ["c"]


def test_coverage_by_plays_and_tracks(settings: Settings) -> None:
    rows = [
        {"track_id": "a", "name": "a", "artists": "a", "genres": "rock", **worlds.LOUD},
        {
            "track_id": "b",
            "name": "b",
            "artists": "b",
            **worlds.LOUD,
            "feature_source": "estimated",
        },
        {"track_id": "c", "name": "c", "artists": "c", "own": False, "in_catalogue": True},
    ]
    ai = MusicAI(settings=settings, library=worlds.library(rows, [(0, 0), (0, 1), (0, 2), (1, 3)]))
    found = ai.coverage()
    assert found.features_by_plays == {"file": 0.75, "matched": 0, "estimated": 0.25, "none": 0}
    assert found.genres_by_tracks == {"file": 0.5, "matched": 0, "artist": 0, "none": 0.5}
    assert (found.n_tracks, found.n_plays) == (2, 4)


def test_taste_of_a_listener_of_tracks_and_of_artists(ai: MusicAI) -> None:
    whole = ai.analyze_user_taste()
    calm = ai.analyze_user_taste(user_tracks=["t001", "t003"])
    artists = ai.analyze_user_taste(user_artists=[{"name": "Loud artist 0"}])
    assert whole.to_dict() != calm.to_dict()
    assert calm.genre_shares["classical"] == pytest.approx(1.0)
    assert artists.genre_shares["rock"] == pytest.approx(1.0)
    with pytest.raises(NotFound):
        ai.analyze_user_taste(user_id="nobody")
    with pytest.raises(QueryError):
        ai.analyze_user_taste(user_artists=["Nobody At All"])
