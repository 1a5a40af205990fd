"""``models duel`` on a small profile."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pytest

from musicai import cli
from musicai.core import jobs
from musicai.core.jobs import manager
from musicai.core.settings import Settings
from musicai.models.registry import registry
from musicai.store import Store


@pytest.fixture(scope="module")
def duel_home(own_history_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The profile "me" with two versions that differ in method."""
    home = tmp_path_factory.mktemp("duel")
    shutil.copytree(own_history_home, home, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MUSICAI_HOME", str(home))
        for method in ("als", "nmf"):
            arguments = ["--method", method, "--factors", "4", "--epochs", "2", "--no-map"]
            assert cli.main(["train", *arguments, "--no-evaluation", "--profile", "me"]) == 0
    return home


@pytest.fixture
def versions(duel_home: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    monkeypatch.setenv("MUSICAI_HOME", str(duel_home))
    settings = Settings(home=duel_home)
    with Store(settings) as store:
        new, old = (info.version for info in registry.list_versions(settings, store, "me"))
    return old, new


def test_two_versions_are_compared(
    versions: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert cli.main(["models", "duel", *versions, "--profile", "me", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["profile"], told["a"], told["b"]) == ("me", *versions)
    assert told["tasks"]["repeat"]["n"] > 0
    assert told["units"] in ("week", "day")
    assert set(told["tasks"]["repeat"]["metrics"]) == {"ndcg@20", "recall@20", "precision@20"}
    assert versions[0] in told["sentence"]

    assert cli.main(["models", "duel", *versions, "--profile", "me"]) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[-1] == told["sentence"]
    assert "ndcg@20" in printed


def test_a_version_against_itself_says_so(
    versions: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["models", "duel", versions[0], versions[0], "--profile", "me"]) == 0
    printed = capsys.readouterr().out
    assert "Note: Both have the same settings and weights" in printed
    assert "+0.000" in printed


def test_what_is_not_there_is_named(
    versions: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["models", "duel", versions[0], "winter", "--profile", "me"]) == 1
    assert "winter" in capsys.readouterr().err
    assert cli.main(["models", "duel", *versions, "--profile", "nobody"]) == 1


@pytest.mark.slow
def test_it_runs_as_a_job_and_leaves_its_result(versions: tuple[str, str], duel_home: Path) -> None:
    settings = Settings(home=duel_home)
    job = jobs.start(settings, "measure", ["models", "duel", *versions, "--profile", "me"])
    deadline = time.monotonic() + 100
    while not jobs.read_status(settings, job.id).is_finished and time.monotonic() < deadline:
        time.sleep(0.1)
    ended = jobs.read_status(settings, job.id)
    if job.id in manager._children:  # it has written its last word and is about to end
        manager._children.pop(job.id).wait(timeout=30)
    assert ended.state == "done", ended.error
    assert (ended.result["a"], ended.result["b"]) == versions
    assert ended.result["tasks"]["repeat"]["n"] > 0
