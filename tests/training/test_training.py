"""From a profile's data to an active version; chosen before the test part is opened."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.generate import extended_history
from benchmarks.generate import library as make_library
from musicai.ai_model import MusicAI
from musicai.core.errors import Cancelled, NoCandidates, NotFound, QueryError
from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.library import Library
from musicai.data.parsed import ReadOptions
from musicai.library.importing import import_files
from musicai.models import COMPONENTS, DEFAULT_WEIGHTS
from musicai.models.blend import LearnedWeights
from musicai.models.registry import registry
from musicai.models.registry.artifacts import NMF_PICKLE, VECTORIZER_PICKLE
from musicai.store import Store
from musicai.training import selection
from musicai.training.evaluation.methods import TASKS
from musicai.training.fit import TrainingConfig, fit_all
from musicai.training.selection import TOO_LITTLE
from musicai.training.train import prepare, train

QUICK = TrainingConfig(method="als", factors=8, epochs=3)


def take_in(store: Store, settings: Settings, profile: str, plays: int, tracks: int) -> None:
    packed = extended_history(plays, tracks, seed=2)
    report = import_files(
        store, settings, profile, [("my_spotify_data.zip", packed)], ReadOptions(), no_progress
    )
    assert report.plays.imported


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with Store(settings) as opened:
        yield opened


@pytest.fixture
def listener(store: Store, settings: Settings) -> str:
    """A profile with 900 plays of 120 tracks."""
    take_in(store, settings, "p", 900, 120)
    return "p"


@pytest.fixture(scope="module")
def world() -> Library:
    """Forty listeners with tastes, in memory."""
    return make_library(300, 10_000, seed=7)


def folders(settings: Settings) -> list[str]:
    return sorted(p.name for p in settings.models.iterdir()) if settings.models.is_dir() else []


def test_training_makes_a_version_that_serves(
    store: Store, settings: Settings, listener: str
) -> None:
    result = train(store, settings, listener, QUICK)
    assert registry.active(settings, store, listener) == result.version
    assert 0 < result.train_s < result.seconds
    assert result.metrics["metrics"]["hybrid"].keys() >= {"recall@20", "ndcg@20", "diversity"}
    assert set(result.default_weights) == set(COMPONENTS)
    assert sum(result.default_weights.values()) == pytest.approx(1.0)
    music = MusicAI(listener, settings=settings)
    assert music.version == result.version
    assert music.untrained_components == ()
    headline = TASKS[result.metrics["task"]]
    assert music.weights_for(mode=headline) == pytest.approx(dict(result.default_weights))
    assert music.weights.modes.keys() <= set(TASKS.values()) - {headline}
    assert len(music.get_hybrid_recommendations(n_recommendations=10)) == 10


@pytest.mark.slow
def test_the_manifest_holds_all_that_was_measured(
    store: Store, settings: Settings, listener: str
) -> None:
    result = train(store, settings, listener, QUICK)
    path = settings.models / result.version / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    assert manifest["metrics"]["metrics"] == result.metrics["metrics"]
    assert manifest["metrics"]["paired_difference"]
    assert manifest["fingerprint"] == store.fingerprint(listener)
    assert manifest["config"]["factors"] == 8
    assert manifest["sizes"]["tracks"] >= 100
    printed = result.to_json()
    assert {"version", "seconds", "train_s", "metrics", "intervals", "n", "task", "tasks"} <= set(
        printed
    )
    json.dumps(printed)


@pytest.mark.slow
def test_both_pickles_open_and_speak_of_this_data(
    store: Store, settings: Settings, listener: str
) -> None:
    version = train(store, settings, listener, QUICK).version
    vectorizer = registry.load_pickle(settings, store, version, VECTORIZER_PICKLE)
    assert any(term.startswith("a:") for term in vectorizer.get_feature_names_out())
    nmf = registry.load_pickle(settings, store, version, NMF_PICKLE)
    assert nmf.components_.shape[1] <= len(registry.load(settings, store, version).vocabulary)


@pytest.mark.slow
def test_training_again_brings_a_new_version_and_keeps_the_old(
    store: Store, settings: Settings, listener: str
) -> None:
    quick = TrainingConfig(method="nmf", factors=4, epochs=1, evaluate=False)
    first = train(store, settings, listener, quick).version
    second = train(store, settings, listener, quick).version
    assert first != second
    assert registry.active(settings, store, listener) == second
    assert {i.version for i in registry.list_versions(settings, store, listener)} == {first, second}
    registry.activate(settings, store, listener, first)
    assert MusicAI(listener, settings=settings).version == first


@pytest.mark.slow
@pytest.mark.parametrize("at", [0.0, 0.05, 0.3, 0.62, 0.93, 0.97])
def test_a_cancelled_training_leaves_nothing(
    store: Store, settings: Settings, listener: str, at: float
) -> None:
    def stop(fraction: float, note: str = "") -> None:
        if fraction >= at:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        train(store, settings, listener, QUICK, stop)
    assert folders(settings) == []
    assert store.versions_of(listener) == []
    assert registry.active(settings, store, listener) is None


def test_progress_goes_from_0_to_1_without_going_back(
    store: Store, settings: Settings, listener: str
) -> None:
    seen: list[tuple[float, str]] = []
    train(store, settings, listener, QUICK, lambda f, note="": seen.append((f, note)))
    fractions = [fraction for fraction, _ in seen]
    assert fractions[0] == 0.0
    assert fractions[-1] == 1.0
    assert all(a <= b + 1e-9 for a, b in pairwise(fractions))
    assert any("played together" in note for _, note in seen)


def test_three_plays_are_enough_to_train_and_too_few_to_measure(
    store: Store, settings: Settings
) -> None:
    take_in(store, settings, "tiny", 6, 3)
    result = train(store, settings, "tiny")
    assert TOO_LITTLE in result.notes
    assert "metrics" not in result.metrics
    assert dict(result.default_weights) == DEFAULT_WEIGHTS
    assert len(MusicAI("tiny", settings=settings).get_hybrid_recommendations()) > 0


def test_an_empty_or_absent_profile_is_a_clear_error(store: Store, settings: Settings) -> None:
    store.create_profile("empty")
    with pytest.raises(NoCandidates, match="Import"):
        train(store, settings, "empty")
    with pytest.raises(NotFound):
        train(store, settings, "nobody")


def test_values_that_cannot_be_meant() -> None:
    with pytest.raises(QueryError, match="method"):
        TrainingConfig(method="magic")
    with pytest.raises(QueryError):
        TrainingConfig(factors=0)
    with pytest.raises(QueryError):
        TrainingConfig(alpha=-1.0)


def test_same_seed_same_factors(world: Library) -> None:
    first, second = (fit_all(world, QUICK).components["collaborative"] for _ in range(2))
    np.testing.assert_array_equal(first.factors_, second.factors_)  # type: ignore[attr-defined]
    other = fit_all(world, TrainingConfig(method="als", factors=8, epochs=3, seed=1))
    changed = other.components["collaborative"].factors_  # type: ignore[attr-defined]
    assert not np.array_equal(changed, first.factors_)  # type: ignore[attr-defined]


@pytest.mark.slow
def test_auto_takes_the_better_method_on_validation(world: Library) -> None:
    trained = prepare(world, TrainingConfig(epochs=3))
    tried = trained.metrics["validation"]
    assert set(tried) == {"als", "nmf"}
    method = trained.components["collaborative"].config.to_json()["method"]
    assert tried[method] == max(tried.values())


@pytest.mark.slow
def test_nothing_after_the_cut_is_learned_from(
    world: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every fit before the last sees only plays from before its own cut."""
    cuts = selection.temporal_split(world)
    assert cuts is not None
    last: list[pd.Timestamp] = []
    units: list[pd.Timestamp] = []
    real_data, real_units = selection.build_training_data, selection.make_units

    def spy_data(library: Library, *args: object, **kwargs: object) -> object:
        last.append(library.plays["played_at"].max())
        return real_data(library, *args, **kwargs)  # type: ignore[arg-type]

    def spy_units(library: Library, cut: pd.Timestamp, **kwargs: object) -> object:
        units.append(cut)
        return real_units(library, cut, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(selection, "build_training_data", spy_data)
    monkeypatch.setattr(selection, "make_units", spy_units)
    prepare(world, QUICK)
    assert units == [cuts.validation, cuts.test]
    assert len(last) == 2
    assert last[0] < cuts.validation <= last[1] < cuts.test


@pytest.mark.slow
def test_metrics_do_not_change_what_goes_into_service(world: Library) -> None:
    """The served factors are those of one fit on everything, measured or not."""
    measured = prepare(world, QUICK)
    unmeasured = prepare(world, TrainingConfig(method="als", factors=8, epochs=3, evaluate=False))
    a, b = (t.components["collaborative"].factors_ for t in (measured, unmeasured))  # type: ignore[attr-defined]
    np.testing.assert_array_equal(a, b)
    assert measured.metrics
    assert not unmeasured.metrics


def test_a_version_knows_whose_data_it_holds(
    store: Store, settings: Settings, listener: str, tmp_path: Path
) -> None:
    quick = TrainingConfig(method="nmf", factors=4, epochs=1, evaluate=False)
    version = train(store, settings, listener, quick).version
    assert store.versions_of(listener) == [version]
    assert registry.retire_profile(settings, store, listener) == (version,)
    assert folders(settings) == []


# --- the gate -------------------------------------------------------------------------


def only(component: str) -> LearnedWeights:
    return LearnedWeights({name: float(name == component) for name in COMPONENTS})


@pytest.mark.slow
def test_a_worse_version_waits_and_the_old_one_serves_on(
    store: Store, settings: Settings, listener: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weights that know nothing but chance against learned ones, on the same hold-out."""
    first = train(store, settings, listener, QUICK)
    assert first.gate.promote
    assert first.gate.evidence is None, "there was nothing to compare with"
    monkeypatch.setattr(selection, "learn_by_mode", lambda *_: only("popularity"))
    second = train(store, settings, listener, QUICK)
    assert not second.gate.promote
    assert second.gate.evidence is not None
    assert second.gate.evidence.high < 0
    assert second.gate.evidence.n >= 6
    assert "worse than the version in service" in second.gate.reason
    assert registry.active(settings, store, listener) == first.version
    assert registry.info_of(settings, store, second.version).gate == second.gate.to_json()
    assert second.version in {v.version for v in registry.list_versions(settings, store)}
    forced = train(store, settings, listener, QUICK, gated=False)
    assert registry.active(settings, store, listener) == forced.version


@pytest.mark.slow
def test_a_version_that_is_not_worse_is_let_in_with_its_evidence(
    store: Store, settings: Settings, listener: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "learn_by_mode", lambda *_: only("popularity"))
    train(store, settings, listener, QUICK)
    monkeypatch.undo()
    second = train(store, settings, listener, QUICK)
    assert second.gate.promote
    assert second.gate.evidence is not None
    assert second.gate.evidence.low > 0
    assert registry.active(settings, store, listener) == second.version


def test_an_active_version_that_cannot_be_read_does_not_hold_a_new_one_back(
    store: Store, settings: Settings, listener: str
) -> None:
    first = train(store, settings, listener, QUICK)
    (settings.models / first.version / "manifest.json").write_text("{}", "utf-8")
    second = train(store, settings, listener, QUICK)
    assert second.gate.promote
    assert registry.active(settings, store, listener) == second.version
