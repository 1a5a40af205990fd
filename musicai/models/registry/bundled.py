"""The version that ships with the project: written by developers, trusted by a constant."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from musicai.core.errors import ModelError
from musicai.core.settings import Settings
from musicai.models.registry import trusted
from musicai.models.registry.artifacts import Trained, write_version
from musicai.models.registry.registry import BUNDLED, PARTIAL


def save_bundled(settings: Settings, trained: Trained, source: Path | None = None) -> str:
    """Replace the version that ships with the project, and the constant that trusts it.

    Args:
        settings: Its ``bundled_models`` is where the version goes.
        trained: A training run on the invented sample.
        source: The module that holds the constant; ``trusted.py`` if None.

    Returns:
        The manifest's SHA-256.

    Raises:
        ModelError: the run holds a person's own data.
    """
    if not trained.invented:
        raise ModelError(
            f"Profile {trained.profile!r} holds real data, and the bundled model is published "
            "with the project. Train it on the sample."
        )
    source = Path(trusted.__file__) if source is None else source
    target = settings.bundled_models / BUNDLED
    partial = settings.bundled_models / f"{PARTIAL}{BUNDLED}"
    shutil.rmtree(partial, ignore_errors=True)
    digests = write_version(partial, BUNDLED, trained)
    # git must not touch line ends: the digests are of the bytes
    (partial / ".gitattributes").write_bytes(b"* -text\n")
    shutil.rmtree(target, ignore_errors=True)
    partial.rename(target)
    digest = digests["manifest.json"]
    lines = re.sub(
        r'^BUNDLED_SHA256 = ".*"$',
        f'BUNDLED_SHA256 = "{digest}"',
        source.read_text("utf-8"),
        flags=re.MULTILINE,
    )
    source.write_text(lines, "utf-8", newline="\n")
    return digest
