"""What is missing or broken: something serves on, and it is said what and what to do."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.generate import extended_history
from musicai.ai_model import MusicAI
from musicai.core.errors import ModelError
from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.parsed import ReadOptions
from musicai.library.importing import import_files
from musicai.models.registry import registry
from musicai.models.registry.artifacts import write_version
from musicai.store import Store
from musicai.training import selection
from musicai.training import train as training
from musicai.training.fit import TrainingConfig
from musicai.training.health import Health, examine
from musicai.training.train import train

QUICK = TrainingConfig(method="als", factors=8, epochs=2, evaluate=False, music_map=False)


@pytest.fixture
def store(settings: Settings, tmp_path: Path) -> Iterator[Store]:
    """A profile "p" with a history, and an empty one "empty"."""
    export = tmp_path / "my_spotify_data.zip"
    export.write_bytes(extended_history(400, 60, seed=3))
    with Store(settings) as opened:
        import_files(opened, settings, "p", [export], ReadOptions(), no_progress)
        opened.create_profile("empty")
        yield opened


def state_of(found: Health, name: str) -> tuple[str, str]:
    [one] = [check for check in found.checks if check.name == name]
    return one.state, one.detail


def serves(settings: Settings) -> MusicAI:
    music = MusicAI("p", settings=settings)
    assert len(music.get_hybrid_recommendations(n_recommendations=5)) == 5
    return music


def test_all_in_order(settings: Settings, store: Store) -> None:
    train(store, settings, "p", QUICK)
    found = examine(settings, store, "p")
    assert found.state == "ok", found.to_json()
    assert found.summary == f"All {len(found.checks)} checks are in order."


def test_no_model(settings: Settings, store: Store) -> None:
    assert serves(settings).version is None
    state, told = state_of(examine(settings, store, "p"), "model")
    assert state == "warning"
    assert "train a version" in told


@pytest.mark.parametrize("how", ["changed", "cut", "gone"])
def test_a_damaged_artifact_is_refused_by_its_name(
    settings: Settings, store: Store, how: str
) -> None:
    version = train(store, settings, "p", QUICK).version
    file = settings.models / version / "components" / "collaborative" / "collaborative.npz"
    data = file.read_bytes()
    if how == "gone":
        file.unlink()
    else:
        file.write_bytes(data[:-9] if how == "cut" else data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(ModelError, match=r"collaborative\.npz"):
        MusicAI("p", settings=settings, version=version)
    music = serves(settings)
    assert music.version is None
    assert "collaborative.npz" in music.notes[0]
    assert "untrained components answer" in music.notes[0]
    found = examine(settings, store, "p")
    assert found.state == "warning"
    assert "collaborative.npz" in state_of(found, "model")[1]


def test_the_version_that_served_before_takes_the_place_of_a_damaged_one(
    settings: Settings, store: Store
) -> None:
    first, second = (train(store, settings, "p", QUICK).version for _ in range(2))
    file = settings.models / second / "components" / "item_item" / "item_item.npz"
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    music = serves(settings)
    assert music.version == first
    [note] = music.notes
    assert second in note
    assert f"version {first} serves" in note
    assert len(music.untrained_components) == 0


def test_a_version_from_before_a_component_serves_and_says_so(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def older(folder: Path, version: str, trained: Any) -> dict[str, str]:
        fewer = {n: c for n, c in trained.components.items() if n != "item_item"}
        return write_version(folder, version, training.replace(trained, components=fewer))

    monkeypatch.setattr(registry, "write_version", older)
    version = train(store, settings, "p", QUICK).version
    music = serves(settings)
    assert music.version == version
    assert music.untrained_components == ("item_item",)
    state, told = state_of(examine(settings, store, "p"), "model")
    assert (state, "Goes with" in told) == ("warning", True)


def test_a_missing_optional_package_costs_its_part_alone(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (training, selection):
        monkeypatch.setattr(module, "find_spec", lambda name: None)
    monkeypatch.setattr(selection, "temporal_split", selection.temporal_split)
    config = TrainingConfig(method="als", factors=8, epochs=2, tune_s=1.0)
    result = train(store, settings, "p", config)
    assert training.NO_MAP in result.notes
    assert selection.NO_OPTUNA in result.notes
    assert "tuning" not in result.metrics
    assert serves(settings).version == result.version
    monkeypatch.setattr("musicai.training.health.util.find_spec", lambda name: None)
    state, told = state_of(examine(settings, store, None), "optional packages")
    assert state == "warning"
    assert "pip install openTSNE optuna" in told


def test_an_empty_library(settings: Settings, store: Store) -> None:
    state, told = state_of(examine(settings, store, "empty"), "library")
    assert (state, "Import an export" in told) == ("warning", True)
    assert all(MusicAI("empty", settings=settings).modes().values())


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS])
def test_a_full_disk_or_a_folder_that_cannot_be_written_leaves_the_old_version(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    first = train(store, settings, "p", QUICK).version
    error = OSError(code, "No space left on device" if code == errno.ENOSPC else "Read-only")

    def half(folder: Path, version: str, trained: Any) -> dict[str, str]:
        folder.mkdir(parents=True)
        (folder / "vocabulary.npz").write_bytes(b"half")
        raise error

    monkeypatch.setattr(registry, "write_version", half)
    with pytest.raises(ModelError, match=f"could not be written to .*{error.strerror}.*serves on"):
        train(store, settings, "p", QUICK)
    assert [p.name for p in settings.models.iterdir()] == [first]
    assert serves(settings).version == first


def test_a_home_that_cannot_be_written_is_told(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("musicai.training.health.tempfile.TemporaryFile", refuse)
    found = examine(settings, store, None)
    assert found.state == "problem"
    assert "Read-only file system" in state_of(found, "data folder")[1]


def test_little_disk_a_damaged_version_and_an_open_address_are_told(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    version = train(store, settings, "p", QUICK).version
    (settings.models / version / "manifest.json").write_text("{}")
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr("musicai.training.health.shutil.disk_usage", lambda _: usage)
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "config.toml").write_text('[server]\naddress = "0.0.0.0"\n')
    monkeypatch.setattr("musicai.training.health.PROJECT_ROOT", tmp_path)
    found = examine(settings, store, "p")
    assert state_of(found, "disk")[0] == "warning"
    assert state_of(found, f"version {version}")[0] == "warning"
    assert state_of(found, "privacy")[0] == "problem"
    assert found.summary.startswith("1 problem and 3 warnings in ")


def test_a_lock_that_is_held_by_nobody_known_is_told(settings: Settings, store: Store) -> None:
    from musicai.core import jobs  # noqa: PLC0415

    with jobs.exclusive(settings, "train", "p"):
        assert state_of(examine(settings, store, None), "jobs")[0] == "warning"
    assert state_of(examine(settings, store, None), "jobs")[0] == "ok"
