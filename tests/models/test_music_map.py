"""The music map: who is near whom, in two dimensions, and what is kept of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.manifold import trustworthiness as reference

from benchmarks.generate import extended_history
from benchmarks.generate import library as make_library
from musicai.ai_model import MusicAI
from musicai.cli import build_parser
from musicai.cli.training import _config
from musicai.core.errors import Cancelled, IncompatibleModel, UntrustedArtifact
from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.arrays import TrackFeatures
from musicai.data.parsed import ReadOptions
from musicai.data_processor import build_features, build_training_data
from musicai.library.assemble import load_library
from musicai.library.importing import import_files
from musicai.models.base import Component
from musicai.models.collaborative import Collaborative, CollaborativeConfig
from musicai.models.music_map import (
    NO_GENRE,
    MusicMap,
    build,
    choose_drawn,
    extend_map,
    main_genre,
    model,
    over_tracks,
    pack_map,
    unpack_map,
    within,
)
from musicai.models.music_map import layout as nearest_module
from musicai.models.music_map.layout import (
    KEPT,
    fill_missing,
    layout,
    nearest,
    trustworthiness,
    vectors,
)
from musicai.models.registry import bundles, registry
from musicai.store import Store
from musicai.training.checks import _map_check
from musicai.training.fit import TrainingConfig
from musicai.training.train import prepare, train
from musicai.training.update import update
from tests import worlds
from tests.conftest import ROOT

SMALL = CollaborativeConfig(factors=8, epochs=3)


def known(n: int = 60, plays: int = 3_000) -> tuple[TrackFeatures, dict[str, Component]]:
    """An invented library's features, and what is played together in it."""
    library = make_library(n, plays, seed=3)
    features = build_features(library)
    data = build_training_data(library, features)
    return features, {"collaborative": Collaborative(SMALL).fit(data, no_progress)}


@pytest.fixture(scope="module")
def world() -> tuple[TrackFeatures, dict[str, Component]]:
    return known()


@pytest.fixture(scope="module")
def drawn_map(world: tuple[TrackFeatures, dict[str, Component]]) -> MusicMap:
    return build(*world, seed=1)


def same(one: MusicMap, other: MusicMap) -> None:
    np.testing.assert_array_equal(one.xy, other.xy)
    np.testing.assert_array_equal(one.vectors, other.vectors)
    np.testing.assert_array_equal(one.neighbours, other.neighbours)


# --- the space ------------------------------------------------------------------------


def test_all_blocks_enter_and_signs_are_fixed(
    world: tuple[TrackFeatures, dict[str, Component]],
) -> None:
    features, components = world
    alone, _ = vectors(features, None)
    both, on_map = vectors(features, components["collaborative"])
    again, _ = vectors(features, components["collaborative"])
    assert both.dtype == np.float32
    assert both.shape == (60, KEPT)
    assert on_map.all()
    assert not np.allclose(alone, both)
    np.testing.assert_array_equal(both, again)
    assert (np.diff(both.var(axis=0)) < 1e-5).all(), "largest component first"


def test_a_track_of_which_nothing_is_known_has_no_place() -> None:
    library = worlds.library(
        [
            *({"name": f"n{i}", "artists": "Both", "track_id": f"t{i}"} for i in range(120)),
            {"name": "zzz", "artists": "Nobody Else", "track_id": "alone"},
        ]
    )
    found = build(build_features(library), {})
    assert found.is_placed.sum() == 120
    assert not found.is_placed[120]
    assert (found.neighbours[120] == -1).all()
    assert found.told["tracks"] == 120


def test_a_missing_block_is_what_the_words_let_expect() -> None:
    words = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]], dtype=np.float32)
    block = np.array([[3.0], [np.nan], [-3.0], [-3.0]], dtype=np.float32)
    found = fill_missing(block, words)
    # one row says 3, pulled towards 0 by 1 % of three rows: 3 / 1.03
    assert found[1, 0] == pytest.approx(3 / 1.03, rel=1e-5)
    np.testing.assert_array_equal(found[[0, 2, 3]], block[[0, 2, 3]])


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6])
def test_a_few_tracks_make_a_map(n: int) -> None:
    rows = [
        {"name": f"Song {i}", "artists": "A", "track_id": f"t{i}", **worlds.LOUD} for i in range(n)
    ]
    found = build(build_features(worlds.library(rows)), {})
    assert found.is_placed.all()
    assert found.neighbours.shape == (n, n - 1)
    assert np.abs(found.xy).max() <= 1.0


def test_no_track_at_all_makes_an_empty_map() -> None:
    found = build(build_features(worlds.library([])), {})
    assert found.xy.shape == (0, 2)
    assert not found.is_placed.any()
    same(found, unpack_map(pack_map(found), found.told))


def test_tracks_that_are_all_alike_have_finite_places_apart() -> None:
    points = np.zeros((80, 4), dtype=np.float32)
    found = layout(points, nearest(points, 15))
    assert np.isfinite(found).all()
    assert len(np.unique(found, axis=0)) > 60


def test_nan_in_what_is_known_is_no_opinion(
    world: tuple[TrackFeatures, dict[str, Component]],
) -> None:
    features, components = world
    audio = features.audio.copy()
    audio[::2] = np.nan
    audio[1] = np.nan
    audio[1, 0] = 0.5
    found = build(replace(features, audio=audio), components)
    assert np.isfinite(found.xy).all()
    assert np.isfinite(found.vectors).all()


# --- neighbours -----------------------------------------------------------------------


def brute(points: np.ndarray, k: int) -> np.ndarray:
    gap = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    np.fill_diagonal(gap, np.inf)
    return np.argsort(gap, axis=1, kind="stable")[:, :k]


def test_neighbours_of_few_points_are_exact() -> None:
    points = np.random.default_rng(0).standard_normal((200, 6)).astype(np.float32)
    found = nearest(points, 7)
    np.testing.assert_array_equal(found.rows, brute(points, 7))
    gap = np.linalg.norm(points[:, None] - points[found.rows], axis=2)
    np.testing.assert_allclose(found.distances, gap, rtol=1e-4, atol=1e-4)


def test_cells_find_nearly_all_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest_module, "EXACT", 100)
    monkeypatch.setattr(nearest_module, "CELL", 50)
    points = np.random.default_rng(0).standard_normal((3_000, 4)).astype(np.float32)
    found, true = nearest(points, 10, seed=1), brute(points, 10)
    hit = np.mean([len(set(a) & set(b)) for a, b in zip(found.rows, true, strict=True)]) / 10
    assert hit > 0.97
    assert (found.rows != np.arange(3_000)[:, None]).all(), "nobody is their own neighbour"
    assert (np.diff(found.distances, axis=1) >= 0).all()
    np.testing.assert_array_equal(found.rows, nearest(points, 10, seed=1).rows)


def test_thousands_of_equal_points_are_compared_with_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest_module, "EXACT", 100)
    monkeypatch.setattr(nearest_module, "MOST", 200)
    found = nearest(np.ones((2_000, 3), dtype=np.float32), 5)
    assert (found.distances == 0).all()
    assert (found.rows != np.arange(2_000)[:, None]).all()
    assert all(len(set(row)) == 5 for row in found.rows.tolist())


# --- the picture ----------------------------------------------------------------------


def test_the_picture_is_truer_than_two_components() -> None:
    found = build(*known(400, 8_000), seed=0)
    told = found.told
    assert told["trustworthiness"] > 0.93
    assert told["trustworthiness"] > told["trustworthiness_pca"]
    assert told["kept"] > 2 * told["kept_pca"]


@pytest.mark.slow
def test_very_many_lie_amid_those_that_stand_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "LAID_OUT", 150)
    told_of = known(400, 8_000)
    found = build(*told_of, seed=0)
    assert found.is_placed.all()
    assert found.told["trustworthiness"] > found.told["trustworthiness_pca"]
    same(found, build(*told_of, seed=0))


def test_where_two_components_are_truer_they_are_the_picture(
    world: tuple[TrackFeatures, dict[str, Component]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has two dimensions from the start needs no unfolding."""
    plane = np.random.default_rng(0).uniform(-2, 2, (60, 2)).astype(np.float32)
    monkeypatch.setattr(model, "vectors", lambda *_: (plane, np.ones(60, dtype=bool)))
    found = build(*world)
    assert found.told["trustworthiness"] == found.told["trustworthiness_pca"] == 1.0
    steps = np.diff(found.vectors, axis=0)
    ratio = np.diff(found.xy, axis=0) / steps
    np.testing.assert_allclose(ratio, ratio[0, 0], rtol=1e-3)


def test_two_camps_lie_apart() -> None:
    random = np.random.default_rng(0)
    camps = np.repeat([0, 1], 50)
    points = (10 * camps[:, None] + random.standard_normal((100, 5))).astype(np.float32)
    flat = layout(points, nearest(points, 15))
    near = nearest(flat, 5).rows
    assert (camps[near] == camps[:, None]).all()


def test_the_same_seed_draws_the_same_bytes(
    world: tuple[TrackFeatures, dict[str, Component]], drawn_map: MusicMap
) -> None:
    assert pack_map(build(*world, seed=1)) == pack_map(drawn_map)
    assert pack_map(build(*world, seed=2)) != pack_map(drawn_map)


@pytest.mark.parametrize("k", [1, 5, 12])
def test_trustworthiness_is_that_of_scikit_learn(k: int) -> None:
    random = np.random.default_rng(k)
    points, flat = random.standard_normal((70, 6)), random.standard_normal((70, 2))
    found, _ = trustworthiness(points, flat, k)
    assert found == pytest.approx(reference(points, flat, n_neighbors=k))


def test_a_picture_that_keeps_all_is_wholly_true() -> None:
    points = np.random.default_rng(0).standard_normal((50, 2))
    assert trustworthiness(points, points * 3 + 1) == (1.0, 1.0)


def test_cancelling_stops_it_while_it_draws(
    world: tuple[TrackFeatures, dict[str, Component]],
) -> None:
    heard: list[str] = []

    def stop(fraction: float, note: str = "") -> None:
        heard.append(note)
        if note == "Drawing the music map…" and fraction > 0.5:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        build(*world, progress=stop)
    assert heard.count("Drawing the music map…") > 10


# --- kept -----------------------------------------------------------------------------


def test_it_comes_back_as_it_was(drawn_map: MusicMap) -> None:
    same(drawn_map, unpack_map(pack_map(drawn_map), drawn_map.told))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 no zip", b"\x93NUMPY"])
def test_a_broken_file_is_told(data: bytes) -> None:
    with pytest.raises(IncompatibleModel, match="Train a new version"):
        unpack_map(data, {})


def test_rows_of_another_vocabulary(drawn_map: MusicMap) -> None:
    rows = np.array([5, -1, 3, 0], dtype=np.int32)
    found = drawn_map.align(rows)
    np.testing.assert_array_equal(found.xy[[0, 2, 3]], drawn_map.xy[[5, 3, 0]])
    np.testing.assert_array_equal(found.is_placed, [True, False, True, True])
    back = {5: 0, 3: 2, 0: 3}
    for new, old in ((0, 5), (2, 3), (3, 0)):
        wanted = [back.get(int(row), -1) for row in drawn_map.neighbours[old]]
        assert found.neighbours[new].tolist() == wanted
    assert (found.neighbours[1] == -1).all()


def test_after_an_update_everybody_stays_and_the_new_join(
    world: tuple[TrackFeatures, dict[str, Component]], drawn_map: MusicMap
) -> None:
    rows = np.arange(60, dtype=np.int32)
    rows[50:] = -1
    after = extend_map(drawn_map.align(rows), *world, seed=1)
    np.testing.assert_array_equal(after.xy[:50], drawn_map.xy[:50])
    assert after.is_placed.all()
    assert after.told["grown"]
    # a new track lies within what surrounds it
    low, high = drawn_map.xy[:50].min(axis=0), drawn_map.xy[:50].max(axis=0)
    assert ((after.xy[50:] >= low) & (after.xy[50:] <= high)).all()


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with Store(settings) as opened:
        yield opened


def saved(store: Store, settings: Settings, *, music_map: bool) -> tuple[str, MusicAI]:
    library = make_library(60, 2_000, seed=3)
    config = TrainingConfig(method="als", factors=8, epochs=3, evaluate=False, music_map=music_map)
    trained = prepare(library, config)
    return registry.save(settings, store, trained), MusicAI(
        library=library, components=trained.components, settings=settings
    )


def test_a_version_keeps_its_map_and_gives_it_when_asked(store: Store, settings: Settings) -> None:
    version, music = saved(store, settings, music_map=True)
    found = registry.load_map(settings, store, version, music.library.vocabulary)
    assert found is not None
    assert found.is_placed.all()
    told = registry.info_of(settings, store, version).music_map
    assert told["tracks"] == 60
    assert told == found.told
    same(found, build(music.features, music.components))
    (settings.models / version / "map.npz").write_bytes(pack_map(found) + b" ")
    with pytest.raises(UntrustedArtifact):
        registry.load_map(settings, store, version, music.library.vocabulary)
    assert registry.load(settings, store, version).components, "it still serves"


def test_a_version_without_a_map_serves_and_says_so(store: Store, settings: Settings) -> None:
    version, music = saved(store, settings, music_map=False)
    assert not (settings.models / version / "map.npz").exists()
    assert "music_map" not in json.loads((settings.models / version / "manifest.json").read_text())
    assert registry.load_map(settings, store, version, music.library.vocabulary) is None
    assert registry.info_of(settings, store, version).music_map == {}


def test_a_version_taken_along_brings_its_map(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    store.create_profile("p")
    version, music = saved(store, settings, music_map=True)
    file = bundles.export_version(settings, store, version, tmp_path / "version.zip")
    other = bundles.import_version(settings, store, "p", file)
    before, after = (
        registry.load_map(settings, store, name, music.library.vocabulary)
        for name in (version, other)
    )
    assert before is not None
    assert after is not None
    same(before, after)


def test_the_checks_look_at_the_map(store: Store, settings: Settings) -> None:
    for wanted in (True, False):
        version, music = saved(store, settings, music_map=wanted)
        music.version = version
        found = _map_check(music, store, version)
        assert found.passed is (True if wanted else None)
    version, music = saved(store, settings, music_map=True)
    (settings.models / version / "map.npz").unlink()
    assert _map_check(music, store, version).passed is False


def test_an_update_keeps_the_map_and_adds_the_new(store: Store, settings: Settings) -> None:
    for number, plays, tracks in ((1, 400, 80), (2, 60, 10)):
        file = ("my_spotify_data.zip", extended_history(plays, tracks, seed=number))
        import_files(store, settings, "p", [file], ReadOptions(), no_progress)
        if number == 1:
            config = TrainingConfig(method="als", factors=8, epochs=3, evaluate=False)
            first = train(store, settings, "p", config).version
    library = load_library(store, settings, "p")
    before = registry.load_map(settings, store, first, library.vocabulary)
    after = registry.load_map(
        settings, store, update(store, settings, "p").version, library.vocabulary
    )
    assert before is not None
    assert after is not None
    assert 0 < before.is_placed.sum() < after.is_placed.sum()
    np.testing.assert_array_equal(after.xy[before.is_placed], before.xy[before.is_placed])
    assert after.told["grown"]


def test_the_command_line_leaves_it_out() -> None:
    parser = build_parser()
    assert _config(parser.parse_args(["train"])).music_map
    assert not _config(parser.parse_args(["train", "--no-map"])).music_map
    assert not _config(parser.parse_args(["all", "--no-map"])).music_map


def test_reading_a_map_imports_nothing_heavy() -> None:
    code = (
        "import sys, musicai.models.music_map, musicai.models.registry.registry\n"
        "print([n for n in ('openTSNE', 'sklearn', 'plotly') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"


# --- what a picture needs -------------------------------------------------------------


def flat_map(xy: list[tuple[float, float]]) -> MusicMap:
    places = np.array(xy, dtype=np.float32)
    return MusicMap(places, places, np.full((len(places), 1), -1, dtype=np.int32))


def test_who_is_in_a_region() -> None:
    one = flat_map([(0, 0), (0.5, 0.5), (0.9, 0.1), (0.5, 0.9), (np.nan, np.nan)])
    square = [(0.25, 0.25), (1.0, 0.25), (1.0, 1.0), (0.25, 1.0)]
    assert within(one, square).tolist() == [False, True, False, True, False]
    assert within(one, [(1.0, 1.0), (0.25, 0.25)]).tolist() == [False, True, False, True, False]
    # a "U" turned upside down: its notch, from below, holds (.5, .5)
    notched = [(0.1, -0.1), (0.1, 1), (1, 1), (1, 0), (0.7, 0), (0.7, 0.8), (0.3, 0.8), (0.3, -0.1)]
    assert within(one, notched).tolist() == [False, False, True, True, False]
    assert not within(one, []).any()
    assert not within(one, [(0.0, 0.0)]).any()


def test_all_of_ones_own_are_drawn_and_a_part_of_the_rest() -> None:
    xy = np.zeros((1_000, 2), dtype=np.float32)
    xy[7] = np.nan
    one = MusicMap(xy, xy, np.zeros((1_000, 0), dtype=np.int32))
    own = np.zeros(1_000, dtype=bool)
    own[:20] = True
    rows = choose_drawn(one, own, 100)
    assert len(rows) == 19 + 100
    assert set(rows[:19].tolist()) == set(range(20)) - {7}
    np.testing.assert_array_equal(rows, choose_drawn(one, own, 100))
    assert len(choose_drawn(one, own, 5_000)) == 999


def test_the_main_genre() -> None:
    genres = np.zeros((3, 10), dtype=np.float32)
    genres[0, 4], genres[0, 2] = 0.6, 0.4
    genres[1] = np.nan
    assert main_genre(genres).tolist() == [4, NO_GENRE, NO_GENRE]
    found = over_tracks(4, np.array([1, 3], dtype=np.int32), np.array([0.5, 2.0], dtype=np.float32))
    np.testing.assert_array_equal(found, np.array([np.nan, 0.5, np.nan, 2.0], dtype=np.float32))
