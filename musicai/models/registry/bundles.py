"""A version as one file, to take to another machine.

A bundle is a zip of the version's manifest, npz and JSON files. Pickles stay behind: what
this machine did not make is never unpickled, so a bundle holds nothing that could be
executed. On import every file is checked against the manifest, unpacked within limits and
read once on trial; only then does the version appear, trusted by digests of its own.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from musicai.core.errors import (
    IncompatibleModel,
    ModelError,
    MusicAIError,
    UnreadableFile,
    UnsafeFile,
)
from musicai.core.files import atomic_write
from musicai.core.settings import Settings
from musicai.models import COMPONENTS
from musicai.models.registry.artifacts import FORMAT, read_verified, read_vocabulary, sha256
from musicai.models.registry.registry import keep, open_trusted
from musicai.store import Store

BUNDLE = 1
"""Raised when the layout of bundles changes in a way that older code cannot read."""

SUFFIX = ".musicai-model"
_MANIFEST = "manifest.json"
_MANIFEST_BYTES = 16 * 1024**2
_KINDS = {".npz", ".json"}
"""Files that hold numbers and texts only."""

_NEVER_CHANGES = (1980, 1, 1, 0, 0, 0)
"""Date of every member, so that the same version gives the same bytes."""


def export_version(settings: Settings, store: Store, version: str, target: Path) -> Path:
    """Write a version as one file, beside first and then renamed.

    Raises:
        NotFound: there is no such version.
        UntrustedArtifact: one of its files is absent or altered.
        ModelError: the file cannot be written.
    """
    folder, manifest, digests = open_trusted(settings, store, version)
    manifest["bundle"] = BUNDLE
    manifest["files"] = {n: e for n, e in manifest["files"].items() if _plain(n)}
    try:
        with atomic_write(target) as beside, zipfile.ZipFile(beside, "w") as archive:
            _add(archive, _MANIFEST, json.dumps(manifest, indent=1, sort_keys=True).encode())
            for name in sorted(manifest["files"]):
                _add(archive, name, read_verified(folder, name, digests.get(name)))
    except OSError as error:
        raise ModelError(
            f"Version {version} cannot be written to {target.name}: {error.strerror}. "
            "Free some space or choose another folder."
        ) from error
    return target


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    member = zipfile.ZipInfo(name, _NEVER_CHANGES)
    member.external_attr = 0o644 << 16
    # npz is compressed already
    kind = zipfile.ZIP_STORED if name.endswith(".npz") else zipfile.ZIP_DEFLATED
    archive.writestr(member, data, kind)


def import_version(settings: Settings, store: Store, profile: str, source: Path) -> str:
    """Let a bundle's version appear among those of a profile; it is not activated.

    Args:
        settings: Where versions go, and the limits of what is unpacked.
        store: Where its digests are recorded.
        profile: The profile it shall serve.
        source: The bundle.

    Returns:
        The new version's name.

    Raises:
        NotFound: there is no such profile.
        UnreadableFile: the file is no bundle, or a part of it is damaged; the message names it.
        UnsafeFile: it is larger than the limits, or holds something else than numbers and texts.
        IncompatibleModel: its layout or one of its components is not known here.
        ModelError: it was trained on invented music and the profile is real, or the reverse.
    """
    invented = store.profile(profile).invented
    files, manifest = _open_bundle(settings, source)
    if bool(manifest["invented"]) is not invented:
        kinds = ("invented", "real") if manifest["invented"] else ("real", "invented")
        raise ModelError(
            f"{source.name} was trained on {kinds[0]} music and profile {profile!r} holds "
            f"{kinds[1]} music; the two stay apart."
        )
    files.pop(_MANIFEST)
    manifest = _adopt_manifest(manifest, profile)

    def write(folder: Path, version: str) -> dict[str, str]:
        for name, data in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        _try_out(folder, manifest, source)
        text = json.dumps({**manifest, "version": version}, indent=1, sort_keys=True).encode()
        (folder / _MANIFEST).write_bytes(text)
        return {n: sha256(data) for n, data in {**files, _MANIFEST: text}.items()}

    return keep(settings, store, profile, write)


def _open_bundle(settings: Settings, source: Path) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Every member, and the manifest; checked, nothing of it interpreted yet."""
    try:
        with zipfile.ZipFile(source) as archive:
            _check_members(settings, archive, source)
            files = {info.filename: archive.read(info) for info in archive.infolist()}
        manifest = json.loads(files[_MANIFEST])
        listed = {name: str(entry["sha256"]) for name, entry in manifest["files"].items()}
        problem = _problem(manifest)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError) as error:
        raise _build_damage_error(source, str(error) or type(error).__name__) from error
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise _build_damage_error(source, str(error)) from error
    if problem:
        raise IncompatibleModel(f"{source.name}: {problem}")
    if set(listed) != set(files) - {_MANIFEST}:
        odd = sorted(set(listed) ^ (set(files) - {_MANIFEST}))[0]
        raise _build_damage_error(source, f"{odd} is not both listed and there")
    for name, digest in listed.items():
        if sha256(files[name]) != digest:
            raise _build_damage_error(source, f"{name} is not what the manifest lists")
    return files, manifest


def _check_members(settings: Settings, archive: zipfile.ZipFile, source: Path) -> None:
    """Sizes as the zip declares them; reading stops there by itself."""
    total = 0
    for info in archive.infolist():
        total += info.file_size
        if not _plain(info.filename):
            raise UnsafeFile(
                f"{source.name} holds {info.filename!r}, which is not one of the numbers and "
                "texts that a bundle is made of; nothing was imported."
            )
        if info.filename == _MANIFEST and info.file_size > _MANIFEST_BYTES:
            total = settings.max_unpacked_bytes + 1
        if total <= settings.max_unpacked_bytes and info.filename.endswith(".npz"):
            with zipfile.ZipFile(io.BytesIO(archive.read(info))) as arrays:
                total += sum(array.file_size for array in arrays.infolist())
        if total > settings.max_unpacked_bytes:
            raise UnsafeFile(
                f"{source.name} unpacks to more than {settings.max_unpacked_bytes // 1024**2} MB; "
                "nothing was imported."
            )


def _plain(name: str) -> bool:
    """A file of numbers or texts, at a place where a version has such files."""
    path = PurePosixPath(name)
    inside = path.parts[:1] == ("components",) and len(path.parts) == 3
    safe = ".." not in path.parts and "\\" not in name and ":" not in name and str(path) == name
    return safe and path.suffix in _KINDS and (len(path.parts) == 1 or inside)


def _problem(manifest: Mapping[str, Any]) -> str | None:
    if manifest.get("bundle") != BUNDLE or manifest["format"] != FORMAT:
        return (
            f"it has the layout {manifest.get('bundle')}/{manifest['format']}, and this musicai "
            f"reads {BUNDLE}/{FORMAT}. Export it again from a newer or older musicai."
        )
    for name, entry in manifest["components"].items():
        if entry["saved"] and name not in COMPONENTS:
            return f"it holds a component {name!r} that is not known here. Update musicai."
    return None


def _adopt_manifest(manifest: Mapping[str, Any], profile: str) -> dict[str, Any]:
    """The manifest as that of a version of this machine."""
    kept = {name: value for name, value in manifest.items() if name != "bundle"}
    return kept | {
        "profiles": [profile],
        "imported": {
            "version": manifest["version"],
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
        },
    }


def _try_out(folder: Path, manifest: Mapping[str, Any], source: Path) -> None:
    """Read everything as serving would; what cannot be read must not become a version."""
    listed = {name: entry["sha256"] for name, entry in manifest["files"].items()}
    part = "vocabulary.npz"
    try:
        read_vocabulary(folder, listed)
        for name, entry in manifest["components"].items():
            if entry["saved"]:
                part = f"component {name}"
                kind = COMPONENTS[name]
                config = kind.config_class.from_json(entry["config"])
                kind.load(folder / "components" / name, config)
    except (MusicAIError, OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise _build_damage_error(
            source, f"{part} cannot be read ({type(error).__name__})"
        ) from error


def _build_damage_error(source: Path, what: str) -> UnreadableFile:
    return UnreadableFile(
        f"{source.name} cannot be read as a bundle: {what}. Nothing was imported; export it again."
    )
