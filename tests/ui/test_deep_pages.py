"""The deep components in the app: trained where torch is, served where it is not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from musicai.core.settings import Settings
from musicai.store import Store
from musicai.training.fit import TrainingConfig
from musicai.training.train import TrainingResult, train
from musicai.training.update import update
from tests import browser as real
from tests.conftest import ROOT
from tests.pages import opened, run

DEEP = ("transformer", "autoencoder")
SLIDER = "discover_w_transformer"
SMALL = TrainingConfig(
    method="als",
    music_map=False,
    settings={
        "transformer": {"size": 16, "layers": 1, "epochs": 2},
        "autoencoder": {"size": 16, "steps": 100},
    },
)


@pytest.fixture(scope="module")
def deep_home(
    own_history_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, TrainingResult]:
    """A home whose version holds a trained deep sequence; copy it, never write to it."""
    pytest.importorskip("torch", reason="this test needs torch: requirements-deep.txt")
    home = tmp_path_factory.mktemp("deep")
    shutil.copytree(own_history_home, home, dirs_exist_ok=True)
    settings = Settings(home=home)
    with Store(settings) as store:
        return home, train(store, settings, "me", SMALL)


@pytest.fixture
def deep(deep_home: tuple[Path, TrainingResult], home: Path) -> TrainingResult:
    """This test's home, with that version."""
    shutil.copytree(deep_home[0], home, dirs_exist_ok=True)
    return deep_home[1]


def listed(app: object) -> list[str]:
    return [b.key for b in app.button if (b.key or "").startswith("more_")]  # type: ignore[attr-defined]


def test_without_torch_nothing_of_it_is_shown(own_history: Path) -> None:
    app = opened("discover.py")
    assert not {f"discover_w_{name}" for name in DEEP} & {slider.key for slider in app.slider}
    assert not any("Deep sequence" in c.value for c in app.caption)
    app = opened("models.py")
    assert "models_deep" not in [toggle.key for toggle in app.toggle]
    keys = [one.key or "" for one in app.number_input]
    assert not [key for key in keys if any(name in key for name in DEEP)]
    assert any("requirements-deep.txt" in c.value for c in app.caption)


def test_without_torch_the_rest_trains_on_and_says_so(own_history: Path) -> None:
    settings = Settings(home=own_history)
    with Store(settings) as store:
        found = train(store, settings, "me", SMALL)
        assert sum("requirements-deep.txt" in note for note in found.notes) == 1
        assert all(found.default_weights[name] == 0.0 for name in DEEP)
        again = update(store, settings, "me")
    assert not any("torch" in note for note in again.notes)


@pytest.mark.deep
def test_they_are_trained_measured_and_weighed(deep: TrainingResult) -> None:
    assert not any("torch" in note for note in deep.notes)
    assert set(DEEP) <= set(deep.default_weights)


@pytest.mark.deep
@pytest.mark.parametrize("name", DEEP)
def test_its_slider_moves_the_list(deep: TrainingResult, name: str) -> None:
    app = opened("discover.py")
    before = listed(app)
    for slider in [one for one in app.slider if (one.key or "").startswith("discover_w_")]:
        slider.set_value(1.0 if slider.key == f"discover_w_{name}" else 0.0)
    run(app)
    assert listed(app) != before
    app = opened("models.py")
    assert app.toggle(key="models_deep").value


@pytest.mark.deep
def test_a_training_can_leave_it_out(own_history: Path) -> None:
    settings = Settings(home=own_history)
    without = TrainingConfig(method="als", music_map=False, evaluate=False, deep=False)
    with Store(settings) as store:
        found = train(store, settings, "me", without)
    components = own_history / "models" / found.version / "components"
    assert not any((components / name).exists() for name in DEEP)


@pytest.mark.deep
@pytest.mark.parametrize(
    ("name", "words"), [("transformer", "follow"), ("autoencoder", "together")]
)
def test_a_saved_one_serves_where_torch_is_not_installed(
    deep: TrainingResult, home: Path, name: str, words: str
) -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from musicai import MusicAI\n"
        f"items = MusicAI('me').get_hybrid_recommendations(weights={{{name!r}: 1.0}})\n"
        f"assert all(item.contributions[{name!r}] for item in list(items)[:5])\n"
        "print(items[0].reason)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr
    assert words in told.stdout


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    if real.CHROMIUM is None:
        pytest.skip("no chromium here; apt-get install chromium to run this")
    with real.chromium() as opened_:
        yield opened_


@pytest.mark.deep
@pytest.mark.timeout(300)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_in_a_real_browser(deep: TrainingResult, home: Path, chromium: object) -> None:
    with real.server(home) as address, real.page(chromium) as page:  # type: ignore[arg-type]
        page.goto(address)
        walk = real.Story(page, "deep", None)
        walk.settle()
        walk.go("Discover")
        before, after = walk.moved_list(SLIDER)
        assert before != after
        page.get_by_text("it tends to follow").first.wait_for()
        before, after = walk.moved_list("discover_w_autoencoder")
        assert before != after
        page.get_by_role("radio", name="Last session").click()
        walk.settle()
        assert walk.listed()
        walk.go("Autoplay")
        page.get_by_text("You heard last:").wait_for()
