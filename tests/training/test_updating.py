"""An update goes on from the active version, and comes near to a full training."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from benchmarks.generate import extended_history
from benchmarks.generate import library as make_library
from musicai.ai_model import MusicAI
from musicai.core.errors import Cancelled, NoCandidates, NotFound
from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.arrays import NeighbourRows, Query, TrainingData
from musicai.data.library import Library
from musicai.data.parsed import ReadOptions
from musicai.data.sessions import SEGMENTS
from musicai.data_processor import build_features, build_history, build_training_data
from musicai.library.importing import import_files
from musicai.models import COMPONENTS
from musicai.models.blend import LearnedWeights
from musicai.models.collaborative import UPDATE_SWEEPS, Collaborative, CollaborativeConfig
from musicai.models.factorization import start_from
from musicai.models.item_item import ItemItem
from musicai.models.registry import freshness, registry
from musicai.models.registry.artifacts import NMF_PICKLE, VECTORIZER_PICKLE
from musicai.models.registry.registry import VersionInfo
from musicai.store import Store
from musicai.training.checks import check_model
from musicai.training.fit import TrainingConfig
from musicai.training.train import train
from musicai.training.update import update, update_components
from tests.component_contract import NO_SEEDS, STRANGER, saved_bytes
from tests.training.test_training import folders

QUICK = TrainingConfig(method="als", factors=8, epochs=6)
UNMEASURED = replace(QUICK, evaluate=False)
BOTH = pytest.mark.parametrize("method", ["als", "nmf"])


# --- components -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def world() -> Library:
    """Forty listeners with tastes, in memory."""
    return make_library(300, 10_000, seed=7)


@pytest.fixture(scope="module")
def parts(world: Library) -> dict[float, TrainingData]:
    """What was known when 70 % and 100 % of the plays had happened."""
    features = build_features(world)
    times = world.plays["played_at"]
    cut = times.iloc[int(0.7 * len(times))]
    return {
        0.7: build_training_data(world.before(cut), features),
        1.0: build_training_data(world, features),
    }


def config(method: str) -> CollaborativeConfig:
    # enough sweeps to converge, so that what differs is what was learned from
    return CollaborativeConfig(method=method, factors=8, nmf_factors=8, epochs=30)


def likeness(one: Collaborative, other: Collaborative, library: Library) -> float:
    """Mean correlation of two components' scores over the listeners."""
    found = []
    for listener in range(len(library.listeners)):
        query = Query(build_history(library, listener), NO_SEEDS)
        a, b = one.score(query), other.score(query)
        both = ~np.isnan(a) & ~np.isnan(b)
        found.append(np.corrcoef(a[both], b[both])[0, 1])
    return float(np.mean(found))


@BOTH
def test_an_update_on_the_same_data_hardly_moves_a_score(
    world: Library, parts: dict[float, TrainingData], method: str
) -> None:
    model = Collaborative(config(method)).fit(parts[1.0], no_progress)
    again = model.update(parts[1.0], no_progress)
    assert likeness(model, again, world) > 0.99
    assert again.sweeps_ == UPDATE_SWEEPS < model.sweeps_


@BOTH
def test_an_update_is_nearer_to_a_full_training_than_the_old_model(
    world: Library, parts: dict[float, TrainingData], method: str
) -> None:
    old = Collaborative(config(method)).fit(parts[0.7], no_progress)
    updated = old.update(parts[1.0], no_progress)
    full = Collaborative(config(method)).fit(parts[1.0], no_progress)
    assert likeness(updated, full, world) > likeness(old, full, world) + 0.005


@BOTH
def test_an_update_is_the_same_bytes_each_time_and_leaves_the_old_model(
    parts: dict[float, TrainingData], method: str, tmp_path: Path
) -> None:
    old = Collaborative(config(method)).fit(parts[0.7], no_progress)
    before = saved_bytes(old, tmp_path / "before")
    made = [saved_bytes(old.update(parts[1.0], no_progress), tmp_path / name) for name in "ab"]
    assert made[0] == made[1] != before
    assert saved_bytes(old, tmp_path / "after") == before


@BOTH
def test_a_loaded_version_updates_to_the_same_bytes(
    parts: dict[float, TrainingData], method: str, tmp_path: Path
) -> None:
    old = Collaborative(config(method)).fit(parts[0.7], no_progress)
    saved_bytes(old, tmp_path / "old")
    loaded = Collaborative.load(tmp_path / "old", old.config)
    first, second = (
        saved_bytes(model.update(parts[1.0], no_progress), tmp_path / name)
        for name, model in (("a", old), ("b", loaded))
    )
    assert first == second


def test_rows_that_moved_are_still_the_same_tracks(
    world: Library, parts: dict[float, TrainingData]
) -> None:
    """The vocabulary is turned round: aligned, the update of the same data still agrees."""
    model = Collaborative(config("als")).fit(parts[1.0], no_progress)
    turned = np.arange(world.n_tracks, dtype=np.int32)[::-1]
    place = np.argsort(turned)
    tracks = world.tracks.iloc[turned].reset_index(drop=True)
    plays = world.plays.assign(track=place[world.plays["track"].to_numpy()])
    other = replace(world, tracks=tracks, plays=plays)
    data = build_training_data(other, build_features(other))
    updated = model.align(turned).update(data, no_progress)
    query, there = (Query(build_history(one, 0), NO_SEEDS) for one in (world, other))
    before, after = model.score(query), updated.score(there)[place]
    both = ~np.isnan(before) & ~np.isnan(after)
    assert np.corrcoef(before[both], after[both])[0, 1] > 0.99


def test_a_track_that_is_new_begins_where_its_artist_is(world: Library) -> None:
    data = build_training_data(world, build_features(world))
    model = Collaborative(config("als")).fit(data, no_progress)
    rows = np.arange(world.n_tracks, dtype=np.int32)
    new = int(np.argmax(np.bincount(data.features.artist)[data.features.artist]))
    rows[new] = -1
    old = model.align(rows)
    joint = model._build_matrix(data)
    slot = int(np.searchsorted(joint.tracks, new))
    start = start_from(old.items_, old.factors_, model.items_, joint)
    others = np.delete(np.arange(len(joint.tracks)), slot)
    np.testing.assert_array_equal(start[others], model.factors_[others])
    by_it = data.features.artist[joint.tracks] == data.features.artist[new]
    by_it[slot] = False

    def cosine(a: np.ndarray, b: np.ndarray) -> float:
        return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))

    toward = [cosine(start[slot], model.factors_[k]) for k in np.flatnonzero(by_it)]
    away = [cosine(start[slot], model.factors_[k]) for k in others[~by_it[others]]]
    assert np.mean(toward) > np.mean(away)


def test_artists_and_friends_go_on_too(parts: dict[float, TrainingData]) -> None:
    """Artists by their names, friends by their places, and artists of packs alone from 0."""
    plain = parts[1.0]
    rng = np.random.default_rng(1)
    n_artists = len(plain.features.artist_names)

    def some(rows: int, columns: int) -> sparse.csr_matrix:
        dense = rng.random((rows, columns)) * (rng.random((rows, columns)) < 0.2)
        return sparse.csr_matrix(dense.astype(np.float32))

    others = NeighbourRows(some(30, plain.features.n_tracks), some(30, n_artists + 4))
    friends = sparse.csr_matrix((some(40, 40) > 0), dtype=np.float32)
    data = replace(plain, neighbours=others, friends=friends)
    model = Collaborative(config("als")).fit(data, no_progress)
    n_tracks, n_known = len(model.items_.tracks), len(model.items_.artists)
    assert n_known > 10
    assert model.items_.n_friends == 40
    turned = replace(model.items_, artists=model.items_.artists[::-1])
    order = np.arange(model.items_.n_slots)
    order[n_tracks : n_tracks + n_known] = order[n_tracks : n_tracks + n_known][::-1]
    joint = model._build_matrix(data)
    start = start_from(turned, model.factors_[order], model.items_, joint)
    np.testing.assert_array_equal(start[: joint.n_kept], model.factors_)
    assert len(start) == joint.n_kept + 4
    assert not start[joint.n_kept :].any()
    again = model.update(data, no_progress)
    history = replace(STRANGER, friends=np.array([3, 5], dtype=np.int32))
    query = Query(history, np.array([1, 7], dtype=np.int32))
    a, b = model.score(query), again.score(query)
    both = ~np.isnan(a)
    assert np.corrcoef(a[both], b[both])[0, 1] > 0.99


@BOTH
def test_nothing_learned_before_is_a_full_fit(
    world: Library, parts: dict[float, TrainingData], method: str, tmp_path: Path
) -> None:
    data = parts[1.0]
    silent = replace(world, plays=world.plays.iloc[:0])
    nothing = Collaborative(replace(config(method), artist_weight=0.0, genre_weight=0.0)).fit(
        build_training_data(silent, data.features), no_progress
    )
    assert not len(nothing.factors_)
    updated = nothing.update(data, no_progress)
    full = Collaborative(nothing.config).fit(data, no_progress)
    assert saved_bytes(updated, tmp_path / "a") == saved_bytes(full, tmp_path / "b")


def test_item_item_is_fitted_anew(parts: dict[float, TrainingData], tmp_path: Path) -> None:
    old = ItemItem().fit(parts[0.7], no_progress)
    full = ItemItem().fit(parts[1.0], no_progress)
    updated = update_components({"item_item": old}, parts[1.0])["item_item"]
    assert not ItemItem.goes_on
    assert saved_bytes(updated, tmp_path / "a") == saved_bytes(full, tmp_path / "b")


# --- versions -------------------------------------------------------------------------


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with Store(settings) as opened:
        yield opened


def take_in(store: Store, settings: Settings, plays: int, tracks: int, seed: int) -> None:
    packed = extended_history(plays, tracks, seed=seed)
    report = import_files(
        store, settings, "p", [(f"history{seed}.zip", packed)], ReadOptions(), no_progress
    )
    assert report.plays.imported


@pytest.fixture
def trained(store: Store, settings: Settings) -> str:
    """A profile with 900 plays of 120 tracks, and its measured version."""
    take_in(store, settings, 900, 120, 2)
    return train(store, settings, "p", QUICK).version


def manifest(settings: Settings, version: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(
        (settings.models / version / "manifest.json").read_text("utf-8")
    )
    return found


def test_new_plays_bring_a_new_version_with_opinions_on_new_tracks(
    store: Store, settings: Settings, trained: str
) -> None:
    known = set(registry.load(settings, store, trained).vocabulary.ids)
    take_in(store, settings, 300, 80, 3)
    result = update(store, settings, "p")
    assert result.update["new_tracks"] > 20
    assert registry.active(settings, store, "p") == result.version != trained
    music = MusicAI("p", settings=settings)
    assert music.version == result.version
    assert music.untrained_components == ()
    past = music.history(0)
    ids = music.library.vocabulary.ids
    fresh = [row for row in past.rows[past.plays > 0] if ids[row] not in known]
    assert len(fresh) > 20
    query = Query(past, NO_SEEDS)
    for name in ("collaborative", "item_item"):
        assert not np.isnan(music.components[name].score(query)[fresh]).any(), name
    old = MusicAI("p", settings=settings, version=trained)
    assert np.isnan(old.components["collaborative"].score(query)[fresh]).all()
    assert len(music.get_hybrid_recommendations(n_recommendations=10)) == 10


def test_the_weights_of_segments_and_modes_are_kept_and_used(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {name: float(name == "content") for name in COMPONENTS}
    usual = dict.fromkeys(COMPONENTS, 1 / len(COMPONENTS))
    played = {name: float(name == "history") for name in COMPONENTS}
    modes = {"rediscover": LearnedWeights(played, {"new": usual})}
    learned = LearnedWeights(usual, dict.fromkeys(SEGMENTS, own), modes)
    monkeypatch.setattr("musicai.training.selection.learn_by_mode", lambda *_: learned)
    take_in(store, settings, 300, 40, 2)
    first = train(store, settings, "p", QUICK).version
    take_in(store, settings, 60, 20, 3)
    result = update(store, settings, "p")
    assert result.update["updated_from"] == first
    for version in (first, result.version):
        music = MusicAI("p", settings=settings, version=version)
        assert music.weights == learned
        assert music.weights_for(mode="mix") == music.weights_for("a stranger", "mix") == own
        assert music.weights_for(mode="rediscover") == played
        found = music.get_hybrid_recommendations(mode="rediscover")
        assert found.weights == played


def test_the_manifest_says_where_it_came_from(
    store: Store, settings: Settings, trained: str
) -> None:
    before = manifest(settings, trained)
    assert "updated_from" not in before
    take_in(store, settings, 60, 20, 3)
    result = update(store, settings, "p")
    after = manifest(settings, result.version)
    told = after["update"]
    assert isinstance(told, dict)
    assert after["updated_from"] == told["updated_from"] == told["trained_as"] == trained
    assert (told["in_a_row"], told["sweeps"]) == (1, UPDATE_SWEEPS)
    assert told["refitted"] == ["item_item", "sequence"]
    assert told["new_plays"] == told["now"] - told["trained_on"] > 20
    assert told["new_tracks"] > 0
    # nothing is measured anew, and the choices stay
    for name in ("metrics", "default_weights", "mode_weights", "config"):
        assert after[name] == before[name], name
    assert before["metrics"]
    assert after["fingerprint"] == store.fingerprint("p") != before["fingerprint"]
    printed = result.to_json()
    assert printed["updated_from"] == printed["metrics_of"] == trained
    json.dumps(printed)
    second = update(store, settings, "p").update
    assert (second["updated_from"], second["trained_as"]) == (result.version, trained)
    assert (second["in_a_row"], second["new_plays"]) == (2, 0)


def test_an_updated_version_passes_the_checks_of_its_files(
    store: Store, settings: Settings, trained: str
) -> None:
    take_in(store, settings, 60, 20, 3)
    version = update(store, settings, "p").version
    checks = {c.name: c.passed for c in check_model(MusicAI("p", settings=settings), store).checks}
    assert checks[VECTORIZER_PICKLE]
    assert checks[NMF_PICKLE] is None  # an update of ALS has none
    assert registry.load_pickle(settings, store, version, VECTORIZER_PICKLE)


def test_an_updated_nmf_is_the_pickle_too(store: Store, settings: Settings) -> None:
    take_in(store, settings, 600, 80, 2)
    train(store, settings, "p", TrainingConfig(method="nmf", factors=5, evaluate=False))
    take_in(store, settings, 60, 20, 3)
    result = update(store, settings, "p")
    assert (result.method, result.update["sweeps"]) == ("nmf", UPDATE_SWEEPS)
    model = registry.load_pickle(settings, store, result.version, NMF_PICKLE)
    component = registry.load(settings, store, result.version).components["collaborative"]
    assert isinstance(component, Collaborative)
    rounded = component.factors_
    assert model.components_.shape[0] == 5
    np.testing.assert_allclose(model.components_.T[: len(rounded)], rounded, atol=2e-2)


def test_the_same_data_and_version_give_the_same_files(
    store: Store, settings: Settings, trained: str
) -> None:
    take_in(store, settings, 60, 20, 3)
    first = update(store, settings, "p").version
    registry.activate(settings, store, "p", trained)
    second = update(store, settings, "p").version
    one, other = (manifest(settings, version)["files"] for version in (first, second))
    assert isinstance(one, dict)
    assert isinstance(other, dict)
    kept = [name for name in one if not name.endswith(".pkl")]
    assert len(kept) >= 5
    assert {name: one[name] for name in kept} == {name: other[name] for name in kept}


@pytest.mark.parametrize("at", [0.0, 0.1, 0.5, 0.9, 0.95])
def test_a_cancelled_update_leaves_nothing(
    store: Store, settings: Settings, trained: str, at: float
) -> None:
    def stop(fraction: float, note: str = "") -> None:
        if fraction >= at:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        update(store, settings, "p", stop)
    assert folders(settings) == [trained]
    assert store.versions_of("p") == [trained]
    assert registry.active(settings, store, "p") == trained


# --- where there is nothing to go on from ---------------------------------------------


def test_without_a_version_it_trains_in_full_and_says_so(store: Store, settings: Settings) -> None:
    take_in(store, settings, 300, 60, 2)
    result = update(store, settings, "p", config=UNMEASURED)
    assert result.update == {}
    assert "no version of your own" in result.notes[0]
    assert result.to_json()["updated_from"] is None
    written = manifest(settings, result.version)
    assert "updated_from" not in written
    assert written["notes"] == list(result.notes)
    assert isinstance(written["config"], dict)
    assert written["config"]["factors"] == 8


def test_an_altered_version_is_not_gone_on_from(
    store: Store, settings: Settings, trained: str
) -> None:
    path = settings.models / trained / "components" / "collaborative" / "collaborative.json"
    path.write_bytes(path.read_bytes().replace(b'"shared"', b'"Shared"'))
    result = update(store, settings, "p", config=UNMEASURED)
    assert result.update == {}
    assert "collaborative.json" in result.notes[0]


@pytest.mark.slow
def test_a_version_that_knows_too_little_is_not_gone_on_from(
    store: Store, settings: Settings
) -> None:
    take_in(store, settings, 60, 10, 2)
    train(store, settings, "p", UNMEASURED)
    take_in(store, settings, 900, 300, 3)
    result = update(store, settings, "p", config=UNMEASURED)
    assert result.update == {}
    assert "less than half" in result.notes[0]


def test_an_empty_or_absent_profile_is_a_clear_error(store: Store, settings: Settings) -> None:
    store.create_profile("empty")
    with pytest.raises(NoCandidates, match="Import"):
        update(store, settings, "empty")
    with pytest.raises(NotFound):
        update(store, settings, "nobody")


# --- when an update is not enough -----------------------------------------------------


def test_advice_comes_with_many_updates_or_much_new_music(world: Library) -> None:
    sizes = {"plays": len(world.plays), "own_tracks": int(world.tracks["own"].sum())}
    fresh = VersionInfo("v", "now", sizes=sizes, fingerprint="other")
    found = freshness.behind(fresh, world)
    assert (found.changed, found.new_plays, found.new_tracks, found.share) == (True, 0, 0, 0.0)
    assert not found.advice
    told = {"trained_as": "first", "trained_on": len(world.plays), "in_a_row": 4}
    assert not freshness.behind(replace(fresh, update=told), world).advice
    often = replace(fresh, update=told | {"in_a_row": freshness.MOST_UPDATES})
    assert "5 updates in a row" in freshness.behind(often, world).advice
    # each step was small; what counts is the way from the full training
    for first, recommended in ((0.9, False), (0.8, True), (1.15, False), (1.5, True)):
        since = replace(fresh, update=told | {"trained_on": int(first * len(world.plays))})
        assert bool(freshness.behind(since, world).advice) == recommended, first


def test_why_a_version_cannot_be_updated(world: Library) -> None:
    own = VersionInfo("v", "now", fingerprint="other")
    assert freshness.why_not(own, world) == ""
    assert "Retrain" in freshness.why_not(None, world)
    assert "came with musicai" in freshness.why_not(replace(own, bundled=True), world)
    same = replace(own, fingerprint=world.fingerprint)
    assert "Nothing is new" in freshness.why_not(same, world)
    assert freshness.why_not(same, world, feedback=2) == "", "verdicts are new as well"
    heard = replace(same, sizes={**same.sizes, "feedback": 2})
    assert "Nothing is new" in freshness.why_not(heard, world, feedback=2)
    assert freshness.verdicts_since(heard, 1) == -1


def test_all_trained_components_are_updated_and_no_other(
    world: Library, parts: dict[float, TrainingData]
) -> None:
    given = {name: kind() for name, kind in COMPONENTS.items() if not kind.trained}
    assert update_components(given, parts[1.0]) == {}
    seen: list[float] = []
    model = Collaborative(config("als")).fit(parts[0.7], no_progress)
    update_components(
        {**given, "collaborative": model}, parts[1.0], lambda f, note="": seen.append(f)
    )
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(1.0)
