"""Exports that lie ready for the download, a file for each state of a listener's data."""

from __future__ import annotations

import hashlib
from pathlib import Path

from musicai.core.settings import Settings


def file_of(settings: Settings, profile: str, fingerprint: str, kind: str) -> Path:
    """Where the export of this state is put; a profile's name never becomes a path."""
    return _folder(settings) / f"{_key(profile)}-{fingerprint[:16]}.{kind}"


def forget(settings: Settings, profile: str) -> None:
    """Delete what was prepared for a profile."""
    for path in _folder(settings).glob(f"{_key(profile)}-*"):
        path.unlink(missing_ok=True)


def _key(profile: str) -> str:
    return hashlib.sha256(profile.encode()).hexdigest()[:12]


def _folder(settings: Settings) -> Path:
    return settings.home / "exports"
