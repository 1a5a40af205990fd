"""Shared fixtures: every test gets its own empty home, and no test leaves the machine."""

from __future__ import annotations

import functools
import ipaddress
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings

from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.parsed import ReadOptions
from musicai.library.importing import import_files
from musicai.library.sample import load_sample
from musicai.models.deep import availability
from musicai.store import Store
from tests.histories import history, unknown_tracks

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("MUSICAI_SHARED") or ROOT.parent / "shared") / "data"
"""Public data for tests; not part of the project."""

# speed is kept by benchmarks: a busy machine must not fail a test
hypothesis_settings.register_profile("musicai", deadline=None, max_examples=25)
hypothesis_settings.register_profile("thorough", deadline=None, max_examples=200)
hypothesis_settings.load_profile("musicai")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh MUSICAI_HOME for every test."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("MUSICAI_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True, scope="session")
def _no_test_leaves_this_machine() -> Iterator[None]:
    """A connection to anywhere but loopback fails loudly: a stub is missing."""
    real = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = str(address[0])
            assert host == "localhost" or ipaddress.ip_address(host).is_loopback, (
                f"a test wants to connect to {host}"
            )
        real(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


@pytest.fixture(autouse=True)
def _without_torch(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The default install, whatever is installed here; ``deep`` tests alone have torch."""
    if not request.node.get_closest_marker("deep"):
        monkeypatch.setattr(availability, "is_installed", lambda: False)


@pytest.fixture(autouse=True)
def _the_main_module_stays() -> Iterator[None]:
    """AppTest leaves its script as ``__main__``, which child processes of later tests would run."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture
def settings(home: Path) -> Settings:
    """Settings for the fresh home."""
    return Settings(home=home)


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the invented sample, loaded once for all tests; copy it, never write to it."""
    home = tmp_path_factory.mktemp("prepared")
    settings = Settings(home=home)
    with Store(settings) as store:
        load_sample(store, settings)
    return home


@pytest.fixture
def with_sample(sample_home: Path, home: Path) -> Path:
    """This test's home, as if the sample had just been loaded."""
    shutil.copytree(sample_home, home, dirs_exist_ok=True)
    return home


def _with_history(home: Path, plays: int) -> Path:
    """A home with the profile "me", whose plays nothing else is known of."""
    settings = Settings(home=home)
    files = [("Streaming_History_Audio_2024.json", history(unknown_tracks(), plays))]
    with Store(settings) as store:
        import_files(store, settings, "me", files, ReadOptions(), no_progress)
    return home


@pytest.fixture(scope="session")
def own_history_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with 360 plays of 40 tracks, imported once; copy it, never write to it."""
    return _with_history(tmp_path_factory.mktemp("own_history"), 360)


@pytest.fixture
def own_history(own_history_home: Path, home: Path) -> Path:
    """A profile "me" with 360 plays of 40 tracks of which nothing else is known."""
    shutil.copytree(own_history_home, home, dirs_exist_ok=True)
    return home


@pytest.fixture
def three_plays(home: Path) -> Path:
    """A profile "me" with three plays of three tracks."""
    return _with_history(home, 3)


@pytest.fixture(autouse=True, scope="session")
def _installed_packages_are_searched_once() -> Iterator[None]:
    """Every AppTest makes Streamlit read the metadata of all installed packages, for components.

    No test installs a package, so that the first answer holds for all.
    """
    if "streamlit.testing.v1" not in sys.modules:  # no test of this run has an AppTest
        yield
        return
    from streamlit.components.v2 import manifest_scanner  # noqa: PLC0415

    with pytest.MonkeyPatch.context() as patch:
        once = functools.cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", lambda: list(once()))
        yield


@pytest.fixture
def shared() -> Path:
    """The public data folder; the test is skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"the shared test data are not at {SHARED}; set MUSICAI_SHARED")
    return SHARED
