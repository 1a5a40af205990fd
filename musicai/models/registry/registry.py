"""Trained versions: save, list, load, activate, delete.

A version is a folder of files (``musicai.models.registry.artifacts``). Those trained here live
under ``Settings.models`` and are trusted by the digests the database recorded when they
were made; the one that ships with the project is trusted by a constant in the source.
Serving reads npz and JSON only; a pickle is opened by :func:`load_pickle` alone, after
its digest is verified. A version appears in one rename, so none is ever half there.
"""

from __future__ import annotations

import io
import json
import logging
import os
import re
import secrets
import shutil
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musicai.core.errors import IncompatibleModel, ModelError, NotFound, UntrustedArtifact
from musicai.core.settings import Settings
from musicai.data.library import Vocabulary
from musicai.models import COMPONENTS
from musicai.models.base import Component
from musicai.models.blend import LearnedWeights, StackedBlend
from musicai.models.registry import trusted as bundled
from musicai.models.registry.artifacts import (
    FORMAT,
    MUSIC_MAP,
    Trained,
    pickle_problem,
    read_verified,
    read_vocabulary,
    verify_component,
    write_version,
)
from musicai.store import Store, VersionMark

if TYPE_CHECKING:
    from musicai.models.music_map import MusicMap

logger = logging.getLogger(__name__)

BUNDLED = "bundled"
"""Name of the version that ships with the project."""

_SAFE_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}")
PARTIAL = ".partial-"
"""Begins the name of a folder that is being written."""
_STALE_SECONDS = 24 * 3600


@dataclass(frozen=True)
class VersionInfo:
    """One version as the Models page lists it."""

    version: str
    created_at: str
    """ISO 8601, UTC; "" where the manifest cannot be read."""
    name: str = ""
    """What the person calls it; "" where they gave it no name."""
    pinned: bool = False
    """Kept, however many newer versions there are."""
    profiles: tuple[str, ...] = ()
    """Profiles whose data the version contains."""
    invented: bool = False
    """Trained on the invented sample: its metrics check the machinery, no more."""
    bundled: bool = False
    fingerprint: str = ""
    sizes: Mapping[str, int] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    weights: LearnedWeights = field(default_factory=lambda: LearnedWeights({}))
    stacked: Mapping[str, StackedBlend] = field(default_factory=dict)
    """Mode → the learned blend of its lists."""
    config: Mapping[str, Any] = field(default_factory=dict)
    components: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Component → its configuration."""
    libraries: Mapping[str, str] = field(default_factory=dict)
    """Library → its version when this was trained."""
    imported: Mapping[str, Any] = field(default_factory=dict)
    """Where it came from, if it was not trained here; see ``bundles``."""
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    size_bytes: int = 0
    problem: str | None = None
    """Why it cannot be used, and what to do; None for a usable version."""
    pickle_problem: str | None = None
    """Why its two pickles cannot be opened here; it serves all the same."""
    gate: Mapping[str, Any] = field(default_factory=dict)
    """Whether it was let into service when it was made, and why (``experiments.Gate``)."""
    update: Mapping[str, Any] = field(default_factory=dict)
    """How it was updated from another version (``freshness.Update``); empty for a training."""
    music_map: Mapping[str, Any] = field(default_factory=dict)
    """``MusicMap.told``; empty for a version without a map."""


@dataclass(frozen=True)
class LoadedVersion:
    """A verified version in memory."""

    version: str
    manifest: Mapping[str, Any]
    vocabulary: Vocabulary
    components: dict[str, Component]
    """Those that need training; the others are fitted on the data at hand."""
    weights: LearnedWeights
    stacked: Mapping[str, StackedBlend] = field(default_factory=dict)
    """Mode → the learned blend of its lists."""


# --- saving ---------------------------------------------------------------------------


def save(settings: Settings, store: Store, trained: Trained) -> str:
    """Write a version, record its digests in the database, and let it appear.

    Returns:
        The new version's name.
    """

    def write(folder: Path, version: str) -> dict[str, str]:
        return write_version(folder, version, trained)

    return keep(settings, store, trained.profile, write)


def keep(
    settings: Settings,
    store: Store,
    profile: str,
    write: Callable[[Path, str], Mapping[str, str]],
) -> str:
    """Let a version of a profile appear whose files ``write`` makes.

    The digests are recorded before the rename: killed in between, nothing is
    left but a record without a folder.

    Args:
        settings: Where versions go.
        store: Where digests are recorded.
        profile: Whose data it holds.
        write: Called with a folder that is not there yet and the version's name; makes it
            and returns the SHA-256 of each file.

    Returns:
        The new version's name.

    Raises:
        ModelError: the disk is full, or the folder cannot be written.
    """
    try:
        return _list_kept(settings, store, profile, write)
    except OSError as error:
        raise ModelError(
            f"The new version could not be written to {settings.models} ({error.strerror}). "
            "Nothing of it is left, and the version in use serves on. Free some space or make the "
            "folder writable, then train again."
        ) from error


def _list_kept(
    settings: Settings,
    store: Store,
    profile: str,
    write: Callable[[Path, str], Mapping[str, str]],
) -> str:
    now = datetime.now(UTC)
    # to the millisecond, as versions are listed by name, newest first
    version = f"{now:%Y-%m-%dT%H-%M-%S}-{now.microsecond // 1000:03d}{secrets.token_hex(1)}"
    _sweep(settings.models)
    partial = settings.models / f"{PARTIAL}{version}"
    try:
        digests = write(partial, version)
        store.record_artifacts(version, digests)
        store.record_version(profile, version)
        partial.rename(settings.models / version)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        store.forget_version(version)
        raise
    logger.info("saved version %s", version)
    return version


def _sweep(models: Path) -> None:
    """Remove what killed runs left behind; young folders may belong to a living one."""
    models.mkdir(parents=True, exist_ok=True)
    for path in models.glob(f"{PARTIAL}*"):
        if time.time() - path.stat().st_mtime > _STALE_SECONDS:
            shutil.rmtree(path, ignore_errors=True)


# --- reading --------------------------------------------------------------------------


def _folder(settings: Settings, version: str) -> Path:
    if version == BUNDLED:
        return settings.bundled_models / BUNDLED
    if not _SAFE_NAME.fullmatch(version):
        raise NotFound(f"{version!r} is not a version's name. `musicai models list` lists them.")
    return settings.models / version


def open_trusted(
    settings: Settings, store: Store, version: str
) -> tuple[Path, dict[str, Any], dict[str, str]]:
    """Folder, verified manifest, and the digest of each file from where it is trusted.

    Raises:
        NotFound: no such folder.
        UntrustedArtifact: the manifest is not the recorded one.
        IncompatibleModel: its layout is not known here.
    """
    folder = _folder(settings, version)
    if not folder.is_dir():
        raise NotFound(f"There is no version {version!r}. `musicai models list` lists them.")
    if version == BUNDLED:
        known = {"manifest.json": bundled.BUNDLED_SHA256}
    else:
        known = dict(store.artifact_hashes(version))
        if not known:
            raise UntrustedArtifact(
                f"Version {version} was not trained on this machine: its digests are not in the "
                "database, so none of its files (manifest.json first) is opened. Train a new one."
            )
    manifest = json.loads(read_verified(folder, "manifest.json", known.get("manifest.json")))
    if manifest.get("format") != FORMAT:
        raise IncompatibleModel(
            f"Version {version} has the layout {manifest.get('format')}, and this musicai reads "
            f"layout {FORMAT}. Train a new version."
        )
    listed = {name: entry["sha256"] for name, entry in manifest["files"].items()}
    return folder, manifest, listed if version == BUNDLED else known


def load(settings: Settings, store: Store, version: str) -> LoadedVersion:
    """Verify and read a version for serving; opens npz and JSON only.

    Raises:
        NotFound: there is no such version.
        UntrustedArtifact: a file is absent or altered; the message names it.
        IncompatibleModel: it needs a component or layout that is not known here.
    """
    started = time.perf_counter()
    folder, manifest, digests = open_trusted(settings, store, version)
    vocabulary = read_vocabulary(folder, digests)
    components = {}
    for name, entry in manifest["components"].items():
        if not entry["saved"]:
            continue
        kind = COMPONENTS.get(name)
        if kind is None:
            raise IncompatibleModel(
                f"Version {version} holds a component {name!r} that this musicai does not know. "
                "Train a new version."
            )
        verify_component(folder, name, digests)
        config = kind.config_class.from_json(entry["config"])
        components[name] = kind.load(folder / "components" / name, config)
    logger.info("loaded version %s in %.2f s", version, time.perf_counter() - started)
    return LoadedVersion(
        version=version,
        manifest=manifest,
        vocabulary=vocabulary,
        components=components,
        weights=_weights(manifest),
        stacked=_read_blend(manifest),
    )


def _read_blend(manifest: Mapping[str, Any]) -> dict[str, StackedBlend]:
    return {mode: StackedBlend.from_json(one) for mode, one in manifest.get("stacked", {}).items()}


def _weights(manifest: Mapping[str, Any]) -> LearnedWeights:
    # versions of before there were segments, or weights by mode, have one set for everyone
    return LearnedWeights.from_json(
        {
            "everyone": manifest["default_weights"],
            "segments": manifest.get("segment_weights", {}),
            "modes": manifest.get("mode_weights", {}),
        }
    )


def load_map(
    settings: Settings, store: Store, version: str, vocabulary: Vocabulary
) -> MusicMap | None:
    """The music map of a version over another vocabulary's rows; None where it has none.

    Not part of :func:`load`: it is read when the map is asked for.

    Raises:
        NotFound: there is no such version.
        UntrustedArtifact: a file is absent or altered.
        IncompatibleModel: its layout is not known here.
    """
    folder, manifest, digests = open_trusted(settings, store, version)
    if MUSIC_MAP not in manifest["files"]:
        return None
    data = read_verified(folder, MUSIC_MAP, digests.get(MUSIC_MAP))
    known = read_vocabulary(folder, digests)
    from musicai.models.music_map import unpack_map  # noqa: PLC0415 (only the Map page needs it)

    found = unpack_map(data, manifest.get("music_map", {}))
    if known.fingerprint == vocabulary.fingerprint:
        return found
    return found.align(known.rows(vocabulary.ids))


def load_pickle(settings: Settings, store: Store, version: str, name: str) -> Any:
    """Open ``tfidf_vectorizer.pkl`` or ``nmf_model.pkl`` of a version.

    The digest is taken over the very bytes that are then opened.

    Raises:
        NotFound: the version has no such file.
        UntrustedArtifact: the file is absent or altered.
        IncompatibleModel: another scikit-learn made it.
    """
    folder, manifest, digests = open_trusted(settings, store, version)
    if name not in digests or not name.endswith(".pkl"):
        raise NotFound(f"Version {version} has no file {name!r}.")
    problem = pickle_problem(manifest)
    if problem:
        raise IncompatibleModel(f"Version {version}: {problem}")
    data = read_verified(folder, name, digests[name])
    import joblib  # noqa: PLC0415 (serving never needs it)

    with warnings.catch_warnings():
        # a patch release apart is fine, scikit-learn warns all the same
        warnings.filterwarnings("ignore", message="Trying to unpickle estimator")
        return joblib.load(io.BytesIO(data))


# --- listing --------------------------------------------------------------------------


def list_versions(
    settings: Settings, store: Store, profile: str | None = None
) -> list[VersionInfo]:
    """Every version, newest first; the bundled one last. Never raises for a bad one.

    Args:
        settings: Where versions live.
        store: Where their digests are recorded.
        profile: Only versions that contain it, and folders that cannot tell.
    """
    names = []
    if settings.models.is_dir():
        names = [p.name for p in settings.models.iterdir() if p.is_dir() and p.name[0] != "."]
    marks = store.version_marks()
    infos = [
        replace(info_of(settings, store, name), **asdict(marks.get(name, VersionMark())))
        for name in sorted(names, reverse=True)
    ]
    if (settings.bundled_models / BUNDLED).is_dir():
        infos.append(info_of(settings, store, BUNDLED))
    return [i for i in infos if profile is None or profile in i.profiles or not i.created_at]


def info_of(settings: Settings, store: Store, version: str) -> VersionInfo:
    """What the manifest says, after the quick checks: its digest, and each file's size."""
    try:
        folder, manifest, _ = open_trusted(settings, store, version)
        return VersionInfo(
            version=version,
            created_at=manifest["created_at"],
            profiles=tuple(manifest["profiles"]),
            invented=bool(manifest["invented"]),
            bundled=version == BUNDLED,
            fingerprint=manifest["fingerprint"],
            sizes=manifest["sizes"],
            metrics=manifest["metrics"],
            weights=_weights(manifest),
            stacked=_read_blend(manifest),
            config=manifest["config"],
            components={n: c["config"] for n, c in manifest["components"].items()},
            libraries=manifest["libraries"],
            imported=manifest.get("imported", {}),
            notes=tuple(manifest["notes"]),
            seconds=float(manifest["seconds"]),
            size_bytes=sum(entry["bytes"] for entry in manifest["files"].values()),
            problem=_missing(folder, manifest),
            pickle_problem=pickle_problem(manifest),
            gate=manifest.get("gate", {}),
            update=manifest.get("update", {}),
            music_map=manifest.get("music_map", {}),
        )
    except (ModelError, NotFound) as error:
        problem = str(error)
    except (ValueError, KeyError, TypeError, AttributeError):
        problem = f"Version {version}: manifest.json cannot be read. Delete it and train a new one."
    return VersionInfo(version=version, created_at="", bundled=version == BUNDLED, problem=problem)


def _missing(folder: Path, manifest: Mapping[str, Any]) -> str | None:
    for name, entry in manifest["components"].items():
        if entry["saved"] and name not in COMPONENTS:
            return f"It holds a component {name!r} that is not known here. Train a new version."
    for name, entry in manifest["files"].items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != entry["bytes"]:
            return f"The file {name} is absent or altered. Delete the version and train a new one."
    return None


# --- active version -------------------------------------------------------------------


def activate(settings: Settings, store: Store, profile: str, version: str) -> None:
    """Make a version the one that serves the profile.

    Raises:
        NotFound: there is no such version.
        ModelError: it cannot be used, or it does not contain the profile.
    """
    info = info_of(settings, store, version)
    if not _folder(settings, version).is_dir():
        raise NotFound(f"There is no version {version!r}. `musicai models list` lists them.")
    if info.problem:
        raise ModelError(info.problem)
    if profile not in info.profiles:
        raise ModelError(
            f"Version {version} was trained on {', '.join(info.profiles)} and knows nothing of "
            f"{profile!r}. Train a version of this profile."
        )
    store.activate_version(profile, version)


def active(settings: Settings, store: Store, profile: str) -> str | None:
    """The version that serves the profile, by the quick checks; None where none can."""
    for version in candidates(settings, store, profile):
        problem = info_of(settings, store, version).problem
        if problem is None:
            return version
        logger.warning("version %s cannot be used: %s", version, problem)
    return None


def candidates(settings: Settings, store: Store, profile: str) -> list[str]:
    """Versions that may serve a profile, best first: the active one, then those that served before.

    An invented profile takes the bundled one last, if that was trained on the very same data.
    """
    one = store.profile(profile)
    found = [] if one.active_version is None else [one.active_version, *store.list_served(profile)]
    if one.invented and BUNDLED not in found:
        info = info_of(settings, store, BUNDLED)
        if info.problem is None and info.fingerprint == store.fingerprint(profile):
            found.append(BUNDLED)
    return list(dict.fromkeys(found))


def delete(settings: Settings, store: Store, version: str) -> None:
    """Delete a version trained here, for good; a profile it served has none then.

    Raises:
        NotFound: there is no such version.
        ModelError: it is the bundled one.
    """
    if version == BUNDLED:
        raise ModelError("The bundled version belongs to the project and is not deleted.")
    folder = _folder(settings, version)
    if not folder.is_dir():
        raise NotFound(f"There is no version {version!r}. `musicai models list` lists them.")
    gone = folder.with_name(f"{PARTIAL}{version}-deleted")
    folder.rename(gone)
    store.forget_version(version)
    shutil.rmtree(gone, ignore_errors=os.name == "nt")
    logger.info("deleted version %s", version)


def retire_profile(settings: Settings, store: Store, profile: str) -> tuple[str, ...]:
    """Delete every version that contains the profile's data, except the bundled one.

    Returns:
        The names of the deleted versions.
    """
    known = set(store.versions_of(profile))
    known |= {i.version for i in list_versions(settings, store) if profile in i.profiles}
    gone = sorted(known - {BUNDLED})
    for version in gone:
        if _folder(settings, version).is_dir():
            delete(settings, store, version)
        store.forget_version(version)
    return tuple(gone)
