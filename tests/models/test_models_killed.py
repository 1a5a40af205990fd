"""kill -9 while training, activating and judging: what was confirmed is there, and all of it loads.

Children are forked from a server that has everything imported, so that a kill falls into the
work and not into starting Python.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from benchmarks.generate import extended_history
from musicai.ai_model import MusicAI
from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.feedback import Feedback
from musicai.data.parsed import ReadOptions
from musicai.library.importing import import_files
from musicai.models.registry import registry
from musicai.models.registry.registry import BUNDLED
from musicai.store import Store
from musicai.training.fit import TrainingConfig
from musicai.training.train import train

KILLS = 50
QUICK = TrainingConfig(method="als", factors=8, epochs=3, music_map=False)

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.models.test_models_killed"])

pytestmark = pytest.mark.slow


# --- what the children do -------------------------------------------------------------


def keeps_training(home: str, told: Connection) -> None:
    settings = Settings(home=Path(home))
    with Store(settings) as store:
        told.send("ready")
        while True:
            told.send(train(store, settings, "p", QUICK, gated=False).version)


def keeps_switching(home: str, told: Connection) -> None:
    settings = Settings(home=Path(home))
    with Store(settings) as store:
        mine = [v.version for v in registry.list_versions(settings, store) if not v.bundled]
        told.send("ready")
        while True:
            for version in mine:
                registry.activate(settings, store, "p", version)
                told.send(version)


def keeps_judging(home: str, told: Connection) -> None:
    with Store(Settings(home=Path(home))) as store:
        told.send("ready")
        for number in range(1_000_000):
            verdict = Feedback(f"track-{os.getpid()}-{number}", "like", number)
            store.add_feedback("p", verdict)
            told.send(verdict.track_id)


def killed(work: Callable[[str, Connection], None], home: Path, after: float) -> list[str]:
    """What the child had confirmed when it was killed."""
    ours, theirs = CONTEXT.Pipe(duplex=False)
    child: Any = CONTEXT.Process(target=work, args=(str(home), theirs))
    child.start()
    theirs.close()
    assert ours.recv() == "ready"
    time.sleep(after)
    child.kill()
    child.join()
    confirmed = []
    try:
        while True:
            confirmed.append(ours.recv())
    except EOFError:
        return confirmed


# --- the tests ------------------------------------------------------------------------


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A profile with a history and two trained versions."""
    made = Settings(home=tmp_path / "home")
    export = tmp_path / "my_spotify_data.zip"
    export.write_bytes(extended_history(1_500, 150, seed=3))
    with Store(made) as store:
        import_files(store, made, "p", [export], ReadOptions(), no_progress)
        for _ in range(2):
            train(store, made, "p", QUICK, gated=False)
    return made


def check_versions(settings: Settings) -> str:
    """Every version that is listed loads, the active one serves; its name."""
    with Store(settings) as store:
        versions = registry.list_versions(settings, store)
        assert [v.problem for v in versions] == [None] * len(versions)
        for version in versions:
            registry.load(settings, store, version.version)
        active = registry.active(settings, store, "p")
    assert active is not None
    music = MusicAI("p", settings=settings)
    assert music.version == active
    assert music.notes == ()
    assert len(music.get_hybrid_recommendations(n_recommendations=5)) == 5
    return active


@pytest.mark.timeout(600)
def test_training_killed_at_random_moments(settings: Settings) -> None:
    started = time.monotonic()
    with Store(settings) as store:
        train(store, settings, "p", QUICK, gated=False)
    whole = time.monotonic() - started
    chance = random.Random(5)
    for _ in range(KILLS):
        confirmed = killed(keeps_training, settings.home, chance.uniform(0, 1.1 * whole))
        active = check_versions(settings)
        assert active != BUNDLED
        if confirmed:
            with Store(settings) as store:
                known = [v.version for v in registry.list_versions(settings, store)]
            assert confirmed[-1] in known


@pytest.mark.timeout(600)
def test_activation_killed_at_random_moments(settings: Settings) -> None:
    chance = random.Random(6)
    for _ in range(KILLS):
        confirmed = killed(keeps_switching, settings.home, chance.uniform(0, 0.05))
        active = check_versions(settings)
        with Store(settings) as store:
            mine = [v.version for v in registry.list_versions(settings, store) if not v.bundled]
        if confirmed:
            # killed after the last confirmed one, before or after the next
            following = mine[(mine.index(confirmed[-1]) + 1) % len(mine)]
            assert active in (confirmed[-1], following)


@pytest.mark.timeout(600)
def test_feedback_killed_at_random_moments_loses_nothing_confirmed(settings: Settings) -> None:
    chance = random.Random(7)
    confirmed: list[str] = []
    for _ in range(KILLS):
        confirmed += killed(keeps_judging, settings.home, chance.uniform(0, 0.1))
    with Store(settings) as store:
        there = {one.track_id for one in store.feedback("p")}
    assert len(confirmed) > KILLS
    assert set(confirmed) <= there
    # of each child one more may have been written before it could say so
    assert len(there) <= len(confirmed) + KILLS
    assert check_versions(settings) != BUNDLED
