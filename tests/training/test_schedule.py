"""Trainings that nobody asked for: when one is due, and what an import leads to."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from benchmarks.generate import extended_history
from musicai.cli import main
from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.feedback import Feedback
from musicai.data.parsed import ReadOptions
from musicai.library.importing import import_files
from musicai.models.registry import registry
from musicai.store import Store
from musicai.training.fit import TrainingConfig
from musicai.training.schedule import AFTER_IMPORT, EVERY_DAYS, after_import, due
from musicai.training.train import train
from musicai.ui.components import job_panel
from tests.pages import opened, run

QUICK = TrainingConfig(method="als", factors=8, epochs=2, evaluate=False, music_map=False)


def exported(folder: Path, plays: int, seed: int) -> Path:
    path = folder / f"my_spotify_data_{seed}.zip"
    path.write_bytes(extended_history(plays, 60, seed=seed))
    return path


@pytest.fixture
def store(settings: Settings, tmp_path: Path) -> Iterator[Store]:
    with Store(settings) as opened:
        files = [exported(tmp_path, 400, 3)]
        import_files(opened, settings, "p", files, ReadOptions(), no_progress)
        yield opened


def test_a_training_is_due_when_it_is_old_and_something_is_new(
    settings: Settings, store: Store
) -> None:
    later = datetime.now(UTC) + timedelta(days=8)
    assert "No schedule" in due(store, settings, "p", later).why
    store.change_settings("p", {EVERY_DAYS: 7})
    assert "first training is started by hand" in due(store, settings, "p", later).why
    version = train(store, settings, "p", QUICK).version
    assert due(store, settings, "p").why == "The last training was 0 days ago."
    assert due(store, settings, "p", later).why == "There is nothing new to learn."
    store.add_feedback("p", Feedback("x", "like", int(time.time())))
    found = due(store, settings, "p", later)
    assert found.due
    assert re.fullmatch(
        r"The last training was [78] days ago, and there is something new\.", found.why
    )
    (settings.models / version / "manifest.json").write_text("{}")
    assert due(store, settings, "p").due


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ("train", "train"),
        ("update", "update"),
        ("nothing", "nothing"),
        (None, "train"),
        (3, "train"),
    ],
)
def test_what_follows_an_import(chosen: object, expected: str) -> None:
    assert after_import({AFTER_IMPORT: chosen}) == expected


def test_an_import_trains_updates_or_leaves_it_as_the_profile_says(
    settings: Settings, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSICAI_HOME", str(settings.home))
    train(store, settings, "p", QUICK)
    made = []
    for plays, how in ((450, "nothing"), (500, "update")):
        store.change_settings("p", {AFTER_IMPORT: how})
        path = exported(tmp_path, plays, 3)
        assert main(["import", str(path), "--profile", "p", "--train"]) == 0
        made.append(registry.active(settings, store, "p"))
    assert made[0] != made[1]
    assert made[1] is not None
    assert registry.info_of(settings, store, made[1]).update["updated_from"] == made[0]


def test_the_command_line_trains_only_if_due(
    settings: Settings,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MUSICAI_HOME", str(settings.home))
    assert main(["train", "--profile", "p", "--if-due"]) == 0
    assert capsys.readouterr().out.strip() == "No schedule is set."


def test_the_dashboard_starts_what_is_due_once(
    with_sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(job_panel, "start_job", lambda kind, command: started.append(command))
    app = opened("models.py")
    run(app.selectbox(key="schedule_days").select(7))
    assert "Nothing was trained yet" in " ".join(c.value for c in app.caption)
    assert started == []
    monkeypatch.setattr(
        "musicai.training.schedule.due", lambda *_: type("Due", (), {"due": True, "why": ""})
    )
    again = opened("models.py")
    run(again)
    assert started == [["train", "--profile", "sample"]]
    assert again.selectbox(key="schedule_days").value == 7
