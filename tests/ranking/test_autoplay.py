"""Sessions along an arc: in the library on an invented world, and on the page."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from musicai import data_processor as dp
from musicai.ai_model import MusicAI
from musicai.core.errors import QueryError
from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.arrays import Query
from musicai.data.parsed import ReadOptions
from musicai.library.importing import import_files
from musicai.models.sequence import Sequence
from musicai.ranking import autoplay as module
from musicai.ranking import playlists
from musicai.ranking.autoplay import ARCS, AutoplayOptions, AutoplayStep, autoplay
from musicai.ranking.request import Request, Tuning
from musicai.store import Store
from tests import worlds
from tests.integrations.test_spotify_lists import history as four_songs_a_day
from tests.pages import opened, run

N = 120


@pytest.fixture(scope="module")
def ai(tmp_path_factory: pytest.TempPathFactory) -> MusicAI:
    """120 own tracks by 30 artists, of every energy, played in sessions of six."""
    rng = np.random.default_rng(3)
    energy = rng.uniform(0.05, 0.95, N)
    tempo = rng.uniform(80, 160, N)
    tracks = [
        {
            "track_id": f"t{row:03d}",
            "name": f"Song {row}",
            "artists": f"Artist {row % 30}",
            **worlds.CALM,
            "energy": float(energy[row]),
            "tempo": float(tempo[row]),
        }
        for row in range(N)
    ]
    plays = [
        (int(row), 24.0 * day + place / 15)
        for day in range(80)
        for place, row in enumerate(rng.choice(N, 6, replace=False))
    ]
    library = worlds.library(tracks, plays)
    features = dp.build_features(library)
    data = dp.build_training_data(library, features)
    settings = Settings(home=tmp_path_factory.mktemp("autoplay"))
    trained = {"sequence": Sequence().fit(data, no_progress)}
    return MusicAI(settings=settings, library=library, features=features, components=trained)


REDISCOVER = Request(mode="rediscover")


@pytest.mark.parametrize("arc", ARCS)
def test_the_energy_follows_the_arc(ai: MusicAI, arc: str) -> None:
    middle = int(np.argmin(np.abs(ai.features.audio[:, module._ENERGY] - 0.5)))
    start = replace(REDISCOVER, seed_tracks=(f"t{middle:03d}",))
    steps = autoplay(ai, start, AutoplayOptions(20, arc)).steps
    assert len(steps) == 20
    energy = np.array([step.energy for step in steps])
    wanted = np.array([step.wanted for step in steps])
    assert wanted[-1] - wanted[0] == pytest.approx(ARCS[arc] * 19 / 20, abs=0.051)
    assert np.abs(energy - wanted).mean() < 0.15
    slope = np.polyfit(np.arange(20), energy, 1)[0] * 19
    assert slope == pytest.approx(ARCS[arc], abs=0.2)


def test_the_tempo_is_smoother_than_by_chance(ai: MusicAI) -> None:
    steps = autoplay(ai, REDISCOVER, AutoplayOptions(25)).steps
    tempo = np.log2([step.tempo for step in steps])
    away = np.abs(np.diff(tempo)) % 1.0
    mine = np.minimum(away, 1 - away).mean()
    drawn = np.log2(ai.features.audio[:, module._TEMPO])
    chance = np.abs(np.diff(np.random.default_rng(0).permutation(drawn))) % 1.0
    assert mine < np.minimum(chance, 1 - chance).mean() / 2


@pytest.mark.parametrize("apart", [1, 3, 10])
def test_no_artist_comes_twice_within_so_many(ai: MusicAI, apart: int) -> None:
    steps = autoplay(ai, REDISCOVER, AutoplayOptions(30, apart=apart)).steps
    artist = [int(ai.features.artist[step.track]) for step in steps]
    before = [int(ai.features.artist[row]) for row in ai.history(0).recent]
    whole = [*before[len(before) - (apart - 1) :], *artist] if apart > 1 else artist
    for place in range(len(whole)):
        window = whole[place : place + apart]
        assert len(set(window)) == len(window)


def test_no_recording_comes_twice_nor_what_was_just_heard(ai: MusicAI) -> None:
    steps = autoplay(ai, REDISCOVER, AutoplayOptions(40)).steps
    rows = [step.track for step in steps]
    assert len(set(rows)) == 40
    assert not set(rows) & set(ai.history(0).recent.tolist())


def test_the_parts_are_what_a_step_was_chosen_by(ai: MusicAI) -> None:
    for step in autoplay(ai, REDISCOVER, AutoplayOptions(10)).steps:
        assert set(step.parts) == {"liking", "follows", "tempo", "energy", "key"}
        assert 0 <= step.parts["liking"] <= 1
        assert 0 <= step.parts["follows"] <= 1
        assert -1 <= step.parts["tempo"] <= 0
        assert -1 <= step.parts["energy"] <= 0
        assert step.why.endswith(".")
        assert "BPM after" in step.why
        assert "is wanted" in step.why


def test_a_seed_decides_what_follows(ai: MusicAI) -> None:
    seeded = replace(REDISCOVER, seed_tracks=("t007",))
    steps = autoplay(ai, seeded, AutoplayOptions(5)).steps
    query = Query(ai.history(0), np.array([7], dtype=np.int32))
    (reason,) = ai.components["sequence"].reasons(query, steps[0].track)
    assert reason.seed == 7
    assert "near" in reason.text
    assert 7 not in [step.track for step in steps]
    assert [s.track for s in autoplay(ai, seeded, AutoplayOptions(5)).steps] == [
        s.track for s in steps
    ]


def test_without_the_component_the_rest_decides_and_it_says_so(ai: MusicAI) -> None:
    bare = MusicAI(settings=ai.settings, library=ai.library, features=ai.features, components={})
    found = autoplay(bare, REDISCOVER, AutoplayOptions(8))
    assert len(found.steps) == 8
    assert any("not trained yet" in note for note in found.notes)
    assert all(step.parts["follows"] == 0 for step in found.steps)


def test_unknown_sound_costs_nothing_and_is_said(own_history: Path) -> None:
    found = autoplay(MusicAI("me"), REDISCOVER, AutoplayOptions(6, "rising"))
    assert any("No energy is known" in note for note in found.notes)
    assert all(step.parts["energy"] == step.parts["tempo"] == 0 for step in found.steps)
    assert all("BPM" not in step.why for step in found.steps)


def test_too_few_artists_end_it_early_with_a_word(own_history: Path) -> None:
    found = autoplay(MusicAI("me"), REDISCOVER, AutoplayOptions(30, apart=12))
    assert len(found.steps) < 30
    assert any("Only" in note and "artists 12 tracks apart" in note for note in found.notes)


def test_where_all_was_just_heard_it_does_not_blame_the_artists(
    home: Path, settings: Settings
) -> None:
    with Store(settings) as store:
        files = [("Streaming_History_Audio_2024.json", four_songs_a_day())]
        import_files(store, settings, "me", files, ReadOptions(), no_progress)
    found = autoplay(MusicAI("me"), REDISCOVER, AutoplayOptions(5))
    assert not found.steps
    assert (
        found.notes[-1]
        == "No track: what else there is was heard just before. Choose another mode."
    )


# --- keys -----------------------------------------------------------------------------


Key = tuple[float, float] | None
A_MINOR, C_MAJOR, G_MAJOR, E_FLAT_MINOR = (9.0, 0.0), (0.0, 1.0), (7.0, 1.0), (3.0, 0.0)


def walk(keys: list[Key], settings: Settings, liking: float = 0.0) -> module._Walk:
    """From the first track through the others, which sound the same but for the key.

    ``liking``: how much better than each the track behind it is liked; equally without it.
    """
    tracks = [
        {
            "track_id": f"t{row}",
            "name": f"Song {row}",
            "artists": f"Artist {row}",
            **worlds.CALM,
            **(dict(zip(("key", "mode"), key, strict=True)) if key else {}),
        }
        for row, key in enumerate(keys)
    ]
    library = worlds.library(tracks, [(row, 24.0 * row) for row in range(len(keys))])
    features = dp.build_features(library)
    ai = MusicAI(settings=settings, library=library, features=features, components={})
    scored = ai.score(replace(REDISCOVER, seed_tracks=("t0",)))
    found = ai.rank(scored, Tuning(n_recommendations=50, diversity=0.0, artist_cap=50))
    pool = sorted((item for item in found if item.track), key=lambda item: item.track)
    assert len(pool) == len(keys) - 1
    equal = [replace(item, score=liking * item.track) for item in pool]
    return module._Walk(ai, scored.query, equal, AutoplayOptions(2, apart=1))


def walked(keys: list[Key], settings: Settings, liking: float = 0.0) -> tuple[AutoplayStep, ...]:
    """The two steps of that walk."""
    return walk(keys, settings, liking).session(()).steps


@pytest.mark.parametrize("near", [1, 2])
def test_of_two_alike_the_nearer_key_comes_and_it_says_so(settings: Settings, near: int) -> None:
    keys: list[Key] = [A_MINOR, E_FLAT_MINOR, E_FLAT_MINOR]
    keys[near] = C_MAJOR
    first, second = walked(keys, settings)
    assert first.track == near
    assert first.key == "C major"
    assert first.why.endswith(", from A minor to C major, its relative.")
    # a sixth and the whole of the way round: half the way between them is won, and then lost
    assert first.parts["key"] == pytest.approx(0.5 * (7 / 12 - 1 / 6))
    assert second.why.endswith("from C major to D♯/E♭ minor, six steps on the circle of fifths.")
    assert second.parts["key"] == 0, "there was no other to choose"


def test_an_unknown_key_stands_between_near_and_far_ones(settings: Settings) -> None:
    """Were each distance a cost, it would come before every key but the very same."""
    keys: list[Key] = [A_MINOR, E_FLAT_MINOR, None, C_MAJOR]
    nearer = walk(keys, settings)._nearer([], np.ones(3, dtype=bool))
    np.testing.assert_allclose(nearer, [-5 / 12, 0.0, 5 / 12])
    # those that cannot come do not make another one look far
    nearer = walk(keys, settings)._nearer([], np.array([True, True, False]))
    np.testing.assert_allclose(nearer, [0.0, 0.0, 5 / 6])
    first, second = walked([A_MINOR, None, C_MAJOR], settings, liking=-1.0)
    assert (first.track, first.key, first.parts["key"]) == (1, "", 0.0)
    assert " major" not in second.why, "what came before it is not known"


def test_the_only_known_key_is_neither_favoured_nor_held_back(settings: Settings) -> None:
    for key in (A_MINOR, E_FLAT_MINOR):
        liked_less = walked([A_MINOR, key, None], settings, liking=0.001)
        assert [step.track for step in liked_less] == [2, 1]
        liked_more = walked([A_MINOR, None, key], settings, liking=0.001)
        assert [step.track for step in liked_more] == [2, 1]


@pytest.mark.parametrize(
    "keys", [[None, None, None], [A_MINOR, None, None], [None, *[G_MAJOR] * 2]]
)
def test_without_two_keys_to_compare_nothing_is_said(settings: Settings, keys: list[Key]) -> None:
    first = walked(keys, settings)[0]
    assert first.parts["key"] == 0
    assert " major" not in first.why
    assert " minor" not in first.why


def test_half_and_double_tempo_are_near() -> None:
    away = module._octaves(np.array([120.0, 60.0, 240.0, 170.0, np.nan]), 120.0)
    np.testing.assert_allclose(away[[0, 1, 2, 4]], 0.0, atol=1e-12)
    assert away[3] == pytest.approx(0.5, abs=0.01)
    assert module._octaves(np.array([120.0]), float("nan")).tolist() == [0.0]


@pytest.mark.parametrize("wish", [{"n": 1}, {"n": 51}, {"arc": "up"}, {"apart": 0}, {"apart": 21}])
def test_wishes_that_cannot_be_meant(wish: dict[str, object]) -> None:
    with pytest.raises(QueryError):
        AutoplayOptions(**wish)  # type: ignore[arg-type]


def test_a_session_is_made_anew_from_its_recipe(own_history: Path) -> None:
    ai = MusicAI("me")
    wish = AutoplayOptions(6, "rising", 2)
    recipe = json.loads(json.dumps(playlists.of_session(REDISCOVER, wish)))
    with Store(Settings(home=own_history)) as store:
        made = [one.track_id for one in playlists.make_list(recipe, ai, store)]
    steps = autoplay(ai, REDISCOVER, wish).steps
    assert made == [ai.library.vocabulary.id(step.track) for step in steps]
    assert playlists.describe_recipe(recipe) == "a session (rising)"


# --- the page -------------------------------------------------------------------------


def test_the_page_goes_on_from_the_last_session(with_sample: Path) -> None:
    app = opened("autoplay.py")
    assert any("You heard last" in c.value for c in app.caption)
    added = [b.key for b in app.button if (b.key or "").startswith("autoplay_add_inv")]
    assert len(added) == 15
    run(app.slider(key="autoplay_n").set_value(8))
    assert len([b for b in app.button if (b.key or "").startswith("autoplay_add_inv")]) == 8
    run(app.button(key="autoplay_add_all").click())
    assert app.button(key="staging_open").label == "Your list · 8 tracks"


def test_an_arc_and_a_start_change_the_session(with_sample: Path) -> None:
    app = opened("autoplay.py")

    def shown() -> list[str]:
        return [b.key for b in app.button if (b.key or "").startswith("autoplay_add_inv")]

    before = shown()
    run(app.segmented_control(key="autoplay_arc").set_value("rising"))
    assert shown() != before
    run(app.segmented_control(key="autoplay_start").set_value("track"))
    run(app.text_input(key="autoplay_search").set_value("a"))
    pick = next(b for b in app.button if (b.key or "").startswith("autoplay_pick_"))
    rising = shown()
    run(pick.click())
    assert shown() != rising


def test_where_nothing_is_new_the_way_on_is_one_press(own_history: Path) -> None:
    app = opened("autoplay.py")
    run(app.segmented_control(key="autoplay_mode").set_value("discover"))
    assert not [b for b in app.button if (b.key or "").startswith("autoplay_add_")]
    run(app.button(key="discover_instead").click())
    assert app.segmented_control(key="autoplay_mode").value == "rediscover"
    assert [b for b in app.button if (b.key or "").startswith("autoplay_add_")]


def test_the_page_without_sound_or_training_says_so(own_history: Path) -> None:
    app = opened("autoplay.py")
    told = " ".join(c.value for c in app.caption)
    assert "not trained yet" in told
    assert "No energy is known" in told
    assert "tracks to choose from" not in told, "the pool is no list"
    assert not app.get("plotly_chart"), "an empty chart"
