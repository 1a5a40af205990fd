"""The files of one version: what is written, and how they are verified before they are read.

``manifest.json`` (what it is, configs, metrics, library versions, the SHA-256 of each
file), ``vocabulary.npz`` (track ids in row order), ``components/<name>/`` (npz and JSON
of each trained component; the untrained ones are fitted anew on the data as they are),
``map.npz`` (the music map, where one was made) and two scikit-learn pickles for use outside.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from musicai.core.errors import UntrustedArtifact
from musicai.data.library import Vocabulary
from musicai.models.base import Component
from musicai.models.blend import LearnedWeights, StackedBlend

if TYPE_CHECKING:
    from musicai.models.music_map import MusicMap

FORMAT = 1
"""Raised when a version's layout changes in a way that older code cannot read."""

VOCABULARY = "vocabulary.npz"
MUSIC_MAP = "map.npz"
VECTORIZER_PICKLE = "tfidf_vectorizer.pkl"
NMF_PICKLE = "nmf_model.pkl"

_LIBRARIES = ("numpy", "scipy", "scikit-learn", "implicit")


@dataclass(frozen=True)
class Trained:
    """What a training run hands over to be kept."""

    profile: str
    invented: bool
    fingerprint: str
    """The library's, so that a version can be told from one of other data."""
    sizes: Mapping[str, int]
    """Tracks, plays, listeners, interactions and so on."""
    vocabulary: Vocabulary
    components: Mapping[str, Component]
    """All that were fitted; only those that need training are written."""
    weights: LearnedWeights
    metrics: Mapping[str, Any]
    """``Evaluation.to_json()``; empty where nothing could be measured."""
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    """The whole run, evaluation included."""
    train_s: float = 0.0
    """One fit of the components."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """The training configuration."""
    pickles: Mapping[str, object] = field(default_factory=dict)
    """File name → scikit-learn estimator, for use outside musicai."""
    update: Mapping[str, Any] = field(default_factory=dict)
    """``freshness.Update.to_json()`` of a version that was updated from another; else empty."""
    gate: Mapping[str, Any] = field(default_factory=dict)
    """``experiments.Gate.to_json()``: whether it may serve, and why; empty where not asked."""
    stacked: Mapping[str, StackedBlend] = field(default_factory=dict)
    """Mode → the learned blend of its lists."""
    music_map: MusicMap | None = None
    """The tracks in two dimensions; None where it was left out."""


# --- writing --------------------------------------------------------------------------


def write_version(folder: Path, version: str, trained: Trained) -> dict[str, str]:
    """The whole version into a new folder; the SHA-256 of each file, manifest included."""
    folder.mkdir(parents=True)
    ids = "\n".join(map(str, trained.vocabulary.ids)).encode("utf-8")
    np.savez_compressed(folder / VOCABULARY, ids=np.frombuffer(ids, dtype=np.uint8))
    for name, component in trained.components.items():
        if not component.trained:
            continue
        (folder / "components" / name).mkdir(parents=True)
        component.save(folder / "components" / name)
    if trained.music_map is not None:
        from musicai.models.music_map import pack_map  # noqa: PLC0415 (only a training needs it)

        (folder / MUSIC_MAP).write_bytes(pack_map(trained.music_map))
    for name, estimator in trained.pickles.items():
        import joblib  # noqa: PLC0415 (serving never needs it)

        joblib.dump(estimator, folder / name, compress=3)
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    manifest = _manifest(version, trained)
    manifest["files"] = {
        name: {"sha256": sha256(data), "bytes": len(data)} for name, data in files.items()
    }
    text = json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False).encode("utf-8")
    (folder / "manifest.json").write_bytes(text)
    digests = {name: sha256(data) for name, data in files.items()}
    return {**digests, "manifest.json": sha256(text)}


def _manifest(version: str, trained: Trained) -> dict[str, Any]:
    updated = {"updated_from": trained.update.get("updated_from"), "update": dict(trained.update)}
    return {
        **(updated if trained.update else {}),
        **({"music_map": dict(trained.music_map.told)} if trained.music_map else {}),
        "format": FORMAT,
        "version": version,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "profiles": [trained.profile],
        "invented": trained.invented,
        "fingerprint": trained.fingerprint,
        "sizes": dict(trained.sizes),
        "vocabulary": {
            "tracks": len(trained.vocabulary),
            "fingerprint": trained.vocabulary.fingerprint,
        },
        "components": {
            name: {"config": c.config.to_json(), "saved": c.trained}
            for name, c in trained.components.items()
        },
        "default_weights": trained.weights.everyone,
        "segment_weights": trained.weights.segments,
        "mode_weights": {mode: own.to_json() for mode, own in trained.weights.modes.items()},
        "stacked": {mode: one.to_json() for mode, one in trained.stacked.items()},
        "metrics": dict(trained.metrics),
        "gate": dict(trained.gate),
        "libraries": library_versions(),
        "notes": list(trained.notes),
        "seconds": round(trained.seconds, 2),
        "train_s": round(trained.train_s, 2),
        "config": dict(trained.config),
    }


def library_versions() -> dict[str, str]:
    """Python and the libraries whose version decides whether a pickle can be opened."""
    return {"python": platform.python_version()} | {n: metadata.version(n) for n in _LIBRARIES}


# --- reading --------------------------------------------------------------------------


def sha256(data: bytes) -> str:
    """The digest in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def read_verified(folder: Path, name: str, digest: str | None) -> bytes:
    """The file's bytes, if they are the ones that were recorded.

    Raises:
        UntrustedArtifact: the file is absent, or its SHA-256 is another one.
    """
    try:
        data = (folder / name).read_bytes()
    except OSError as error:
        raise UntrustedArtifact(
            f"Version {folder.name}: the file {name} cannot be read. Train a new version."
        ) from error
    if digest is None or sha256(data) != digest:
        raise UntrustedArtifact(
            f"Version {folder.name}: the file {name} is not the one that was written when the "
            "version was trained (its SHA-256 differs), so it is not opened. Delete the version "
            "and train a new one."
        )
    return data


def read_vocabulary(folder: Path, digests: Mapping[str, str]) -> Vocabulary:
    """The track ids, verified."""
    data = read_verified(folder, VOCABULARY, digests.get(VOCABULARY))
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        text = stored["ids"].tobytes().decode("utf-8")
    return Vocabulary(text.split("\n") if text else [])


def verify_component(folder: Path, name: str, digests: Mapping[str, str]) -> None:
    """Every recorded file of the component is as recorded, and there is no other."""
    prefix = f"components/{name}/"
    found = {
        path.relative_to(folder).as_posix()
        for path in (folder / prefix).rglob("*")
        if path.is_file()
    }
    for file in sorted(found | {file for file in digests if file.startswith(prefix)}):
        read_verified(folder, file, digests.get(file))


def pickle_problem(manifest: Mapping[str, Any]) -> str | None:
    """Why this version's pickles are not opened here; None if they are."""
    made, here = manifest["libraries"]["scikit-learn"], metadata.version("scikit-learn")
    if made.split(".")[:2] == here.split(".")[:2]:
        return None
    return (
        f"its .pkl files were made by scikit-learn {made} and this is {here}, so they are not "
        "opened. The version itself works; train a new one to have them again."
    )
