"""The blind experiment as a person runs it: start, judge on Discover, look, end, promote."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.library.sample import SAMPLE_PROFILE
from musicai.models import PRESETS
from musicai.models.registry import registry
from musicai.store import Store
from musicai.training.experiments.online import sides
from musicai.training.train import TrainingConfig, train
from musicai.ui.components import job_panel
from tests.pages import opened, run
from tests.ui.test_app import listed


@pytest.fixture
def trained(with_sample: Path) -> str:
    """A version trained on the sample; it serves, and the bundled one did before."""
    settings = Settings(home=with_sample)
    with Store(settings) as store:
        config = TrainingConfig(method="nmf", evaluate=False, music_map=False)
        return train(store, settings, SAMPLE_PROFILE, config, no_progress).version


def begun(home: Path, *named: str) -> None:
    with Store(Settings(home=home)) as store:
        store.begin_experiment(SAMPLE_PROFILE, *sides(*named))


def told(app: AppTest) -> str:
    parts = (*app.markdown, *app.caption, *app.warning, *app.error, *app.info)
    return " ".join(e.value for e in parts)


@pytest.mark.slow
def test_a_test_is_started_judged_and_ended(with_sample: Path, trained: str) -> None:
    app = opened("models.py")
    (start,) = [b for b in app.button if b.label == "Start a blind test"]
    run(start.click())
    with Store(Settings(home=with_sample)) as store:
        running = store.running_experiment(SAMPLE_PROFILE)
    assert running is not None
    assert {running.a["version"], running.b["version"]} == {trained, registry.BUNDLED}
    discover = opened("discover.py")
    assert "A blind test is on" in told(discover)
    shown = listed(discover)
    assert len(shown) == 20
    with Store(Settings(home=with_sample)) as store:
        noted = store.impressions(SAMPLE_PROFILE, experiment=running.id)
    assert [one.track_id for one in noted] == shown
    teams = [one.team for one in noted]
    assert teams.count("a") == teams.count("b") == 10
    assert all(one.version == "" for one in noted)
    run(discover)
    assert listed(discover) == shown, "the coins are not thrown again for the same list"
    run(discover.feedback(key=f"discover_{shown[0]}_thumbs").set_value(1))
    app = opened("models.py")
    table = next(t.value for t in app.table if "So far" in t.value.columns)
    won = dict(zip(table.iloc[:, 0], table["So far"], strict=True))
    first = "A" if teams[0] == "a" else "B"
    assert won[f"Lists won by {first}"] == "1"
    assert "Not enough yet" in told(app)
    assert not any(b.key == "experiment_promote" for b in app.button)
    run(app.button(key="experiment_end").click())
    with Store(Settings(home=with_sample)) as store:
        [ended] = store.experiments(SAMPLE_PROFILE)
        assert registry.active(Settings(home=with_sample), store, SAMPLE_PROFILE) == trained
    assert ended.verdict["wins"] + ended.verdict["losses"] == 1
    assert "A blind test is on" not in told(opened("discover.py"))


@pytest.mark.slow
def test_a_winner_is_promoted_with_its_weights(
    with_sample: Path, trained: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(with_sample, trained, registry.BUNDLED, "", "Deep cuts")
    monkeypatch.setattr("musicai.training.experiments.online.outcomes", lambda *_: [-1] * 8)
    app = opened("models.py")
    assert "B is better than A" in told(app)
    run(app.button(key="experiment_promote").click())
    settings = Settings(home=with_sample)
    with Store(settings) as store:
        assert registry.active(settings, store, SAMPLE_PROFILE) == registry.BUNDLED
        assert store.running_experiment(SAMPLE_PROFILE) is None
    discover = opened("discover.py")
    assert discover.slider(key="discover_w_content").value == pytest.approx(
        PRESETS["Deep cuts"]["content"]
    )
    assert discover.slider(key="discover_w_popularity").value == 0.0


@pytest.mark.slow
def test_two_equal_sides_are_told(with_sample: Path, trained: str) -> None:
    app = opened("models.py")
    app.selectbox(key="experiment_version_A").select(trained)
    app.selectbox(key="experiment_version_B").select(trained)
    (start,) = [b for b in app.button if b.label == "Start a blind test"]
    run(start.click())
    assert "Both sides are the same" in told(app)


@pytest.mark.slow
def test_a_side_that_is_gone_pauses_the_test_and_the_list_goes_on(
    with_sample: Path, trained: str
) -> None:
    begun(with_sample, trained, "2026-01-01T00-00-00-aaaaa")
    app = opened("discover.py")
    assert "The blind test pauses" in told(app)
    assert len(listed(app)) == 20


def test_versions_are_compared_on_the_history_as_a_job(
    with_sample: Path, trained: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(
        job_panel, "start_job", lambda kind, command: started.append([kind, *command])
    )
    app = opened("models.py")
    run(app.button(key="duel_start").click())
    assert started == [
        ["duel", "models", "duel", registry.BUNDLED, trained, "--profile", SAMPLE_PROFILE]
    ] or started == [
        ["duel", "models", "duel", trained, registry.BUNDLED, "--profile", SAMPLE_PROFILE]
    ]
