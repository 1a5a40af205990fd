"""Is everything as it should be? What ``musicai doctor`` and the Models page look at.

Each check says what it found, where, and what to do. Nothing is changed by looking.
"""

from __future__ import annotations

import platform
import shutil
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib import metadata, util
from typing import Any, Literal

from musicai.core import jobs
from musicai.core.errors import JobRunning, MusicAIError, StoreError
from musicai.core.settings import PROJECT_ROOT, Settings
from musicai.data.library import Library
from musicai.data_processor import load_features
from musicai.library.assemble import load_library
from musicai.models import COMPONENTS
from musicai.models.registry import freshness, registry
from musicai.models.registry.registry import BUNDLED, VersionInfo
from musicai.ranking.serving import serving
from musicai.store import Store
from musicai.training.monitoring import measure_drift

State = Literal["ok", "warning", "problem"]

LEAST_FREE = 500 * 1024**2
"""Bytes of free disk below which a training may not fit."""

FAR = 0.5
"""Divergence of the genre mix (nats) from which the taste counts as another."""

LIBRARIES = ("streamlit", "pandas", "numpy", "scipy", "scikit-learn", "implicit", "SQLAlchemy")
OPTIONAL = {
    "openTSNE": ("openTSNE", "the music map"),
    "optuna": ("optuna", "the search for better settings"),
    "fpdf": ("fpdf2", "the year as a PDF"),
    "PIL": ("pillow", "the year as a picture"),
    "spotipy": ("spotipy", "a Spotify login"),
}
"""Module → package, and what goes without it."""


@dataclass(frozen=True)
class HealthCheck:
    """One thing that was looked at."""

    name: str
    state: State
    detail: str
    """What was found, and what to do where it is not ok."""


@dataclass(frozen=True)
class Health:
    """All of them."""

    profile: str | None
    checks: tuple[HealthCheck, ...]

    @property
    def state(self) -> State:
        """The worst."""
        found = {one.state for one in self.checks}
        return "problem" if "problem" in found else "warning" if "warning" in found else "ok"

    @property
    def summary(self) -> str:
        """One sentence."""
        problems = [one for one in self.checks if one.state == "problem"]
        warnings = [one for one in self.checks if one.state == "warning"]
        if not problems and not warnings:
            return f"All {len(self.checks)} checks are in order."
        parts = [
            f"{len(found)} {word}{'' if len(found) == 1 else 's'}"
            for found, word in ((problems, "problem"), (warnings, "warning"))
            if found
        ]
        return f"{' and '.join(parts)} in {len(self.checks)} checks."

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "profile": self.profile,
            "state": self.state,
            "summary": self.summary,
            "checks": [asdict(one) for one in self.checks],
        }


def examine(settings: Settings, store: Store, profile: str | None) -> Health:
    """Look at everything.

    Args:
        settings: Which data folder.
        store: Its database.
        profile: Whose music and model; None for the machine alone.
    """
    checks = [*_machine(settings), _database(store), *_models(settings, store), _lock(settings)]
    if profile is not None:
        checks += _profile(settings, store, profile)
    return Health(profile, tuple(checks))


# --- the machine ----------------------------------------------------------------------


def _machine(settings: Settings) -> Iterator[HealthCheck]:
    told = ", ".join(f"{name} {metadata.version(name)}" for name in LIBRARIES)
    yield HealthCheck("libraries", "ok", f"Python {platform.python_version()}; {told}.")
    missing = [pair for module, pair in OPTIONAL.items() if util.find_spec(module) is None]
    if missing:
        lost = "; ".join(f"without {package} there is no {what}" for package, what in missing)
        names = " ".join(package for package, _ in missing)
        yield HealthCheck(
            "optional packages", "warning", f"{lost}. `pip install {names}` brings it."
        )
    else:
        yield HealthCheck("optional packages", "ok", "All are installed.")
    yield _writable(settings)
    free = shutil.disk_usage(settings.home).free
    enough = free >= LEAST_FREE
    yield HealthCheck(
        "disk",
        "ok" if enough else "warning",
        f"{free / 1024**3:.1f} GB are free where your data are."
        + ("" if enough else " A training may not fit; free some space."),
    )
    yield _address()


def _writable(settings: Settings) -> HealthCheck:
    for folder in (settings.home, settings.models, settings.logs):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            return HealthCheck(
                "data folder",
                "problem",
                f"{folder} cannot be written ({error.strerror}). What is there serves on, and "
                "nothing new is kept. Make it writable, or set MUSICAI_HOME to another folder.",
            )
    return HealthCheck("data folder", "ok", "Data, models and logs can be written.")


def _address() -> HealthCheck:
    """Whether the dashboard listens on this machine alone and tells nobody."""
    path = PROJECT_ROOT / ".streamlit" / "config.toml"
    try:
        config = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        return HealthCheck(
            "privacy",
            "problem",
            f".streamlit/config.toml cannot be read ({type(error).__name__}), so that the "
            "dashboard may listen on every address. Put it back from the project.",
        )
    address = config.get("server", {}).get("address")
    statistics = config.get("browser", {}).get("gatherUsageStats")
    if address != "127.0.0.1" or statistics is not False:
        return HealthCheck(
            "privacy",
            "problem",
            "In .streamlit/config.toml server.address must be 127.0.0.1 and "
            "browser.gatherUsageStats false; else others on your network can open the dashboard, "
            "or statistics leave the machine.",
        )
    return HealthCheck(
        "privacy", "ok", "The dashboard listens on 127.0.0.1 and sends no statistics."
    )


# --- what is kept ---------------------------------------------------------------------


def _database(store: Store) -> HealthCheck:
    try:
        found = store.quick_check()
    except StoreError as error:
        return HealthCheck("database", "problem", str(error))
    if found != "ok":
        return HealthCheck(
            "database",
            "problem",
            f"It is damaged: {found}. Put back a copy (`musicai restore`); copies made before "
            "updates lie beside it.",
        )
    return HealthCheck("database", "ok", "It is whole, and its schema is current.")


def _models(settings: Settings, store: Store) -> Iterator[HealthCheck]:
    versions = registry.list_versions(settings, store)
    damaged = [one for one in versions if one.problem]
    for one in damaged:
        yield HealthCheck(f"version {one.version}", "warning", str(one.problem))
    if not damaged:
        yield HealthCheck("versions", "ok", f"{len(versions)} on disk, all complete.")


def _lock(settings: Settings) -> HealthCheck:
    job = jobs.find_latest(settings)
    if job is not None and not job.is_finished:
        return HealthCheck("jobs", "ok", f"A job works: {job.kind}, {job.fraction:.0%}.")
    try:
        with jobs.exclusive(settings, "doctor", ""):
            return HealthCheck("jobs", "ok", "None works, and no lock is left.")
    except JobRunning as error:
        return HealthCheck("jobs", "warning", f"No job is known, yet the lock is held. {error}")
    except OSError as error:
        return HealthCheck("jobs", "problem", f"The lock cannot be taken ({error.strerror}).")


# --- one listener ---------------------------------------------------------------------


def _profile(settings: Settings, store: Store, profile: str) -> Iterator[HealthCheck]:
    try:
        library = load_library(store, settings, profile)
    except MusicAIError as error:
        yield HealthCheck("library", "problem", str(error))
        return
    if not library.n_tracks:
        yield HealthCheck(
            "library", "warning", "It is empty. Import an export or a table of tracks."
        )
        return
    yield HealthCheck(
        "library", "ok", f"{library.n_tracks:,} tracks and {len(library.plays):,} plays."
    )
    yield from _list_served(settings, store, library)


def _list_served(settings: Settings, store: Store, library: Library) -> Iterator[HealthCheck]:
    served = serving(settings, store, library, None)
    if served.version is None:
        why = " ".join(served.notes) or "No version is trained, or none knows this library."
        yield HealthCheck(
            "model", "warning", f"{why} What needs no training answers; train a version."
        )
        return
    missing = [
        kind.label
        for name, kind in COMPONENTS.items()
        if kind.trained and not kind.optional and name not in served.components
    ]
    if missing:
        yield HealthCheck(
            "model",
            "warning",
            f"Version {served.version} serves without {', '.join(missing)}, which came later. "
            "Train a new version.",
        )
    else:
        yield HealthCheck("model", "ok", f"Version {served.version} loads and serves.")
    info = registry.info_of(settings, store, served.version)
    if info.version != BUNDLED:
        yield _fresh(settings, library, info)


def _fresh(settings: Settings, library: Library, info: VersionInfo) -> HealthCheck:
    """How far the data have moved since the version was trained."""
    behind = freshness.behind(info, library)
    shift = measure_drift(
        library, load_features(settings, library), datetime.fromisoformat(info.created_at)
    )
    told = f"{max(behind.new_plays, 0):,} new plays and playlist rows since it was made."
    if shift.divergence is not None:
        told += (
            f" The genres played since differ from those before by {shift.divergence:.2f} nats "
            f"(n {shift.since:,})."
        )
    if behind.advice:
        return HealthCheck("training data", "warning", f"{told} {behind.advice}")
    if shift.divergence is not None and shift.divergence > FAR:
        return HealthCheck("training data", "warning", f"{told} That is another taste; train anew.")
    return HealthCheck("training data", "ok", told)
