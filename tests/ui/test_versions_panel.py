"""The list of versions on the Models page, pressed as a person would."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.library.sample import SAMPLE_PROFILE
from musicai.models.registry import bundles, registry
from musicai.store import Store
from musicai.training.train import TrainingConfig, train
from tests.pages import opened, run


@pytest.fixture(scope="module")
def trained_home(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home with the sample and a version trained on it, made once; copy it."""
    home = tmp_path_factory.mktemp("trained")
    shutil.copytree(sample_home, home, dirs_exist_ok=True)
    settings = Settings(home=home)
    with Store(settings) as store:
        config = TrainingConfig(method="nmf", evaluate=False)
        return home, train(store, settings, SAMPLE_PROFILE, config, no_progress).version


@pytest.fixture
def trained(trained_home: tuple[Path, str], with_sample: Path) -> str:
    """A version trained on the sample; it serves, and the bundled one did before."""
    shutil.copytree(trained_home[0], with_sample, dirs_exist_ok=True)
    return trained_home[1]


def serving(home: Path) -> str | None:
    settings = Settings(home=home)
    with Store(settings) as store:
        return registry.active(settings, store, SAMPLE_PROFILE)


def told(app: AppTest) -> str:
    return " ".join(element.value for element in (*app.markdown, *app.caption, *app.error))


def test_going_back_is_one_press(with_sample: Path, trained: str) -> None:
    app = opened("models.py")
    assert serving(with_sample) == trained
    run(app.button(key="models_rollback").click())
    assert serving(with_sample) == registry.BUNDLED
    assert not any(b.key == "models_rollback" for b in app.button)
    run(app.button(key=f"activate_{trained}").click())
    assert serving(with_sample) == trained


def test_without_an_earlier_version_there_is_no_way_back(with_sample: Path) -> None:
    assert not any(b.key == "models_rollback" for b in opened("models.py").button)


def test_two_versions_are_compared(with_sample: Path, trained: str) -> None:
    app = opened("models.py")
    assert {app.selectbox(key="models_before").value, app.selectbox(key="models_after").value} == {
        trained,
        registry.BUNDLED,
    }
    changes = next(f.value for f in app.dataframe if "Changed" in f.value.columns)
    row = changes[changes["Changed"] == "training.method"].iloc[0]
    assert (row["From"], row["To"]) == ("auto", "nmf")
    assert f"Nothing was measured for version {trained} itself." in told(app).replace("\\", "")
    run(app.selectbox(key="models_before").select(trained))
    assert "Choose two different versions." in told(app)


@pytest.mark.slow
def test_the_number_to_keep_is_remembered_and_clears_out(with_sample: Path, trained: str) -> None:
    settings = Settings(home=with_sample)
    config = TrainingConfig(method="nmf", evaluate=False)
    with Store(settings) as store:
        for _ in range(2):
            train(store, settings, SAMPLE_PROFILE, config, no_progress)
    app = opened("models.py")
    run(app.number_input(key="models_keep").set_value(1))
    run(app.button(key="models_prune").click())
    with Store(settings) as store:
        left = [v.version for v in registry.list_versions(settings, store) if not v.bundled]
        assert store.settings_of(SAMPLE_PROFILE)["keep_versions"] == 1
    # the one in use and the one before it
    assert len(left) == 2
    assert trained not in left
    assert opened("models.py").number_input(key="models_keep").value == 1


def test_a_bundle_is_taken_in_but_not_used(with_sample: Path, trained: str, tmp_path: Path) -> None:
    settings = Settings(home=with_sample)
    with Store(settings) as store:
        path = bundles.export_version(settings, store, trained, tmp_path / "b")
    app = opened("models.py")
    run(app.file_uploader(key="models_bundle").upload("../../b.musicai-model", path.read_bytes()))
    run(app.button(key="models_take_in").click())
    assert serving(with_sample) == trained
    assert "from another machine" in told(app)


def test_a_file_that_is_no_bundle_is_told(with_sample: Path) -> None:
    app = opened("models.py")
    run(app.file_uploader(key="models_bundle").upload("song.mp3", b"ID3"))
    run(app.button(key="models_take_in").click())
    assert "song.mp3 cannot be read as a bundle" in told(app).replace("\\", "")
