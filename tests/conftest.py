"""Shared fixtures: every test gets its own empty home, and no test leaves the machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from musicai.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("MUSICAI_SHARED") or ROOT.parent / "shared") / "data"
"""Public data for tests; not part of the project."""

# speed is kept by benchmarks: a busy machine must not fail a test
hypothesis_settings.register_profile("musicai", deadline=None)
hypothesis_settings.load_profile("musicai")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh MUSICAI_HOME for every test."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("MUSICAI_HOME", str(folder))
    return folder


@pytest.fixture
def settings(home: Path) -> Settings:
    """Settings for the fresh home."""
    return Settings(home=home)


@pytest.fixture
def shared() -> Path:
    """The public data folder; the test is skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"the shared test data are not at {SHARED}; set MUSICAI_SHARED")
    return SHARED
