"""The components that need no training: the contract, and hand-worked cases."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from musicai import data_processor as dp
from musicai.core.errors import QueryError
from musicai.core.progress import no_progress
from musicai.data.arrays import History, Query, TrainingData
from musicai.data.library import Library
from musicai.models import COMPONENTS, DEFAULT_WEIGHTS, PRESETS
from musicai.models.content import Content, ContentConfig
from musicai.models.graph_links import Connections
from musicai.models.own_plays import OwnPlays, OwnPlaysConfig
from musicai.models.popularity import Popularity, PopularityConfig
from musicai.models.rules import Rules, RulesConfig
from tests import worlds
from tests.component_contract import ComponentContract

NOBODY = dp.build_history(worlds.library([]), listener=-1)


class TestContent(ComponentContract):
    component = Content
    # the sounds of a camp are one but for invented noise, which ranks make as large as any
    floor = 0.68


class TestConnections(ComponentContract):
    component = Connections
    floor = 0.3


class TestRules(ComponentContract):
    component = Rules
    floor = 0.65


class TestOwnPlays(ComponentContract):
    component = OwnPlays
    floor = 0.50


class TestPopularity(ComponentContract):
    component = Popularity
    floor = 0.18


def data(library: Library) -> TrainingData:
    return dp.build_training_data(library, dp.build_features(library))


def seeds(*rows: int, past: History = NOBODY) -> Query:
    return Query(past, np.array(rows, dtype=np.int32))


def test_the_table_of_components_is_whole() -> None:
    assert list(DEFAULT_WEIGHTS) == list(COMPONENTS)
    for weights in (DEFAULT_WEIGHTS, *PRESETS.values()):
        assert sum(weights.values()) == pytest.approx(1.0)
        assert set(weights) == set(COMPONENTS)
    for name, component in COMPONENTS.items():
        assert component.name == name
        assert component.label
        assert component.help.endswith(".")


def test_wrong_settings_are_refused() -> None:
    for make in (
        lambda: ContentConfig(artist=-1),
        lambda: ContentConfig(any=0),
        lambda: ContentConfig(saturation=0),
        lambda: ContentConfig(sound=2),
        lambda: ContentConfig(centres=0),
        lambda: OwnPlaysConfig(rest_days=0),
        lambda: RulesConfig(top_quantile=0.1),
        lambda: RulesConfig(own_share=1.1),
        lambda: PopularityConfig.from_json({"colour": 1}),
    ):
        with pytest.raises(QueryError):
            make()


# --- content --------------------------------------------------------------------------

SONGS = [
    {"track_id": "a", "name": "One", "artists": "Ada", "genres": "bebop", **worlds.CALM},
    {"track_id": "b", "name": "Two", "artists": "Ada", "genres": "bebop", **worlds.CALM},
    {"track_id": "c", "name": "Three", "artists": "Bo", "genres": "bebop"},
    {"track_id": "d", "name": "Four", "artists": "Cy", "genres": "thrash metal", **worlds.LOUD},
]


def crowded(rows: list[dict[str, object]], n: int = 60) -> Library:
    """The rows among further tracks, each by its own artist and of its own sound."""
    rng = np.random.default_rng(4)
    low, high = (np.array(list(sound.values())) for sound in (worlds.CALM, worlds.LOUD))
    further = [
        {"track_id": f"x{k}", "name": f"X{k}", "artists": f"X{k}"}
        | dict(zip(worlds.CALM, low + rng.random(len(low)) * (high - low), strict=True))
        for k in range(n)
    ]
    return worlds.library([*rows, *further])


def test_content_prefers_artist_then_genre() -> None:
    silent = {name: value for name, value in SONGS[1].items() if name not in worlds.CALM}
    rows = [SONGS[0], silent, *SONGS[2:]]
    content = Content().fit(data(crowded(rows)), no_progress)
    scores = content.score(seeds(0))
    assert scores[1] > scores[2] > scores[3]
    assert "by Ada" in content.reasons(seeds(0), 1)[0].text
    assert "bebop" in content.reasons(seeds(0), 2)[0].text


def test_a_guest_counts_and_is_named() -> None:
    rows = [*SONGS, {"track_id": "e", "name": "Five (feat. Ada)", "artists": "Di", **worlds.LOUD}]
    content = Content(ContentConfig(sound=0)).fit(data(crowded(rows)), no_progress)
    scores = content.score(seeds(0))
    assert scores[1] > scores[4] > scores[3]
    assert content.reasons(seeds(0), 4)[0].text == "ada is on it, as on “One”"


def test_a_release_is_an_album_of_one_year() -> None:
    album = {"album": "Best of", "artists": "Ada"}
    rows = [
        {"track_id": f"t{k}", "name": f"n{k}", "year": year, **album}
        for k, year in enumerate((1999.0, 1999.0, 2011.0))
    ]
    content = Content().fit(data(crowded(rows)), no_progress)
    scores = content.score(seeds(0))
    assert scores[1] > scores[2]


def test_a_prolific_artist_says_less_than_a_rare_one() -> None:
    rows = [{"track_id": f"r{k}", "name": f"R{k}", "artists": "Rare"} for k in range(3)]
    rows += [{"track_id": f"m{k}", "name": f"M{k}", "artists": "Many"} for k in range(30)]
    content = Content().fit(data(worlds.library(rows)), no_progress)
    scores = content.score(seeds(0, 3))
    assert scores[1] > scores[4]


def test_another_release_of_a_seed_gets_no_opinion() -> None:
    rows = [*SONGS, {**SONGS[0], "track_id": "again"}]
    content = Content().fit(data(worlds.library(rows)), no_progress)
    scores = content.score(seeds(0))
    assert np.isnan(scores[4])
    assert not np.isnan(scores[:4]).any()
    assert content.reasons(seeds(0), 4) == []


@pytest.mark.parametrize("config", [ContentConfig(), ContentConfig(sound=1, centres=2)])
def test_without_the_seed_that_is_named_the_score_falls_most(config: ContentConfig) -> None:
    """Every seed is taken away in turn: the fall is the pull, and the named one's is largest."""
    content = Content(config).fit(data(worlds.two_camps(40)), no_progress)
    rows = np.array([0, 1, 2, 10, 12, 21], dtype=np.int32)
    query, told = seeds(*rows), 0
    scores = content.score(query)
    asked = content._read_query(query)
    assert asked is not None
    for track in range(40, 60):
        pulls = content.pulls(query, track)
        for place, row in enumerate(rows):
            if asked.centres is not None and len(asked.centres.mean) == 1:
                without = content.score(seeds(*rows[rows != row]))[track]
                assert scores[track] - without == pytest.approx(pulls[place], rel=1e-3, abs=1e-5)
        for reason in content.reasons(query, track):
            told += 1
            assert reason.seed is not None
            assert content.score(seeds(*rows[rows != reason.seed]))[track] < scores[track]
            assert reason.strength == pytest.approx(pulls.max())
    assert told >= 10


def test_the_feature_that_is_named_moves_the_score() -> None:
    """Without the artist's or the genre's field, tracks told by it fall."""
    library = crowded(SONGS)
    whole = Content().fit(data(library), no_progress)
    for field, track in (("artist", 1), ("genre", 2)):
        less = Content(dataclasses.replace(ContentConfig(), **{field: 0.0}))
        assert less.fit(data(library), no_progress).score(seeds(0))[track] < 0.8 * float(
            whole.score(seeds(0))[track]
        )


SOUND_ALONE = ContentConfig(artist=0, artists=0, release=0, album=0, genre=0, sound=1)


def test_sound_alone_finds_the_alike() -> None:
    rows = [
        {"track_id": f"t{k}", "name": f"n{k}", "artists": f"a{k}", **sound}
        for k, sound in enumerate((worlds.CALM, worlds.CALM, worlds.LOUD, worlds.LOUD))
    ]
    content = Content(SOUND_ALONE).fit(data(worlds.library(rows)), no_progress)
    scores = content.score(seeds(0))
    assert scores[1] == pytest.approx(scores[0])
    assert scores[3] < 0.3 * scores[1]
    assert "sounds like “n0”" in content.reasons(seeds(0), 1)[0].text


def test_several_centres_serve_both_sides_of_a_taste() -> None:
    """A listener of calm and loud gets both, not the lukewarm middle."""
    middle = {k: (worlds.CALM[k] + worlds.LOUD[k]) / 2 for k in worlds.CALM}
    sounds = [worlds.CALM] * 3 + [worlds.LOUD] * 3 + [middle] * 3
    rows = [
        {"track_id": f"t{k}", "name": f"n{k}", "artists": f"a{k}", **sound}
        for k, sound in enumerate(sounds)
    ]
    features = data(worlds.library(rows))
    content = Content(dataclasses.replace(SOUND_ALONE, centres=2)).fit(features, no_progress)
    scores = content.score(seeds(0, 1, 3, 4))
    assert min(scores[2], scores[5]) > scores[6]


def test_missing_features_count_as_the_median() -> None:
    content = Content(SOUND_ALONE).fit(data(worlds.library(SONGS)), no_progress)
    scores = content.score(seeds(0))
    assert scores[3] <= scores[2] <= scores[0]


# --- rules ----------------------------------------------------------------------------


def test_rules_follow_mood_and_genre_and_their_strength() -> None:
    rules = Rules().fit(data(worlds.two_camps(40)), no_progress)
    calm = Query(NOBODY, seeds().seeds, mood={"chill": 1.0})
    scores = rules.score(calm)
    assert scores[1::2].min() >= scores[0::2].max()
    doubled = rules.score(dataclasses.replace(calm, mood_strength=1.0))
    np.testing.assert_allclose(doubled, 2 * scores, rtol=1e-6)
    rock = rules.score(Query(NOBODY, seeds().seeds, genre={"rock": 1.0}))
    assert rock[0::2].min() > rock[1::2].max()
    assert np.isnan(rules.score(seeds())).all(), "nothing asked, no opinion"


def test_the_mildest_of_a_loud_library_is_nearer_to_chill_but_does_not_fit_it() -> None:
    rows = [
        {
            "track_id": f"t{k}",
            "name": f"n{k}",
            "artists": "A",
            **worlds.LOUD,
            "energy": 0.84 - k / 80,
        }
        for k in range(20)
    ]
    rules = Rules().fit(data(worlds.library(rows)), no_progress)
    query = Query(NOBODY, seeds().seeds, mood={"chill": 1.0})
    scores = rules.score(query)
    assert (np.diff(scores[10:]) > 0).all(), "its own order is kept"
    assert scores.max() < 0.8, "no track of it is a clear case"
    text = rules.reasons(query, 19)[0].text
    assert text.startswith("it is nearer to chill than most tracks here")


def test_rules_have_no_opinion_without_features() -> None:
    rows = [*SONGS, {"track_id": "x", "name": "X", "artists": "X"}]
    rules = Rules().fit(data(worlds.library(rows)), no_progress)
    both = Query(NOBODY, seeds().seeds, mood={"chill": 1.0}, genre={"jazz": 1.0})
    scores = rules.score(both)
    assert np.isnan(scores[4])
    assert scores[2] == pytest.approx(rules.genres_[2].max()), "the genre alone speaks"


def test_estimated_features_are_said_to_be() -> None:
    rows = [dict(SONGS[0]), *[{**SONGS[3], "track_id": f"loud{k}"} for k in range(9)]]
    rows[0]["feature_source"] = "estimated"
    rules = Rules().fit(data(worlds.library(rows)), no_progress)
    found = rules.reasons(Query(NOBODY, seeds().seeds, mood={"chill": 1.0}), 0)
    assert "estimated" in found[0].text


# --- own plays ------------------------------------------------------------------------


def test_a_rested_favourite_beats_a_fresh_one_and_a_rare_one() -> None:
    events = [(0, k) for k in range(20)] + [(1, 24 * 200 + k) for k in range(20)] + [(3, 5)]
    library = worlds.library(SONGS, events)
    plays = OwnPlays().fit(data(library), no_progress)
    query = seeds(past=dp.build_history(library))
    scores = plays.score(query)
    assert scores[0] > scores[3]
    assert scores[0] > scores[1]
    assert np.isnan(scores[2])
    assert plays.reasons(query, 0)[0].text == "you played it 20 times, last on 1 January 2025"
    assert plays.reasons(query, 3)[0].text == "you played it once, on 1 January 2025"
    assert plays.reasons(query, 2) == []


# --- popularity -----------------------------------------------------------------------


def test_one_person_is_not_popularity() -> None:
    alone = Popularity().fit(data(worlds.library(SONGS, [(0, 0)])), no_progress)
    assert np.isnan(alone.score(seeds())).all()
    crowd = Popularity().fit(data(worlds.two_camps(20, listeners=30)), no_progress)
    assert not np.isnan(crowd.score(seeds())).any()
    assert "listeners play it" in crowd.reasons(seeds(), 0)[0].text
