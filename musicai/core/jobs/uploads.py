"""Uploaded files on their way to the job that imports them."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from musicai.core.errors import InputError, NotFound
from musicai.core.jobs.status import write_text
from musicai.core.settings import Settings


def spool(settings: Settings, files: Sequence[tuple[str, bytes]]) -> Path:
    """Put uploads where a job finds them: numbered files and a list of their shown names.

    A shown name is never part of a path. :func:`discard_spool` takes the folder
    away; the import does that when it ends.

    Raises:
        InputError: there is no file.
    """
    if not files:
        raise InputError("No file was given. Choose at least one.")
    settings.jobs.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="spool-", dir=settings.jobs))
    for number, (_, data) in enumerate(files):
        (folder / f"{number:04d}").write_bytes(data)
    names = [name for name, _ in files]
    write_text(folder / "names.json", json.dumps(names))
    return folder


def read_spool(settings: Settings, folder: Path) -> list[tuple[str, bytes]]:
    """The uploads, each under the person's own file name.

    Raises:
        NotFound: it is not a folder of :func:`spool`, or it was taken already.
    """
    try:
        names = json.loads((_spool_folder(settings, folder) / "names.json").read_text("utf-8"))
        return [
            (str(name), (folder / f"{number:04d}").read_bytes())
            for number, name in enumerate(names)
        ]
    except (OSError, ValueError) as error:
        raise NotFound("The uploaded files are not there any more; choose them again.") from error


def discard_spool(settings: Settings, folder: Path) -> None:
    """Delete the uploads; a folder that is not of :func:`spool` is left alone."""
    with contextlib.suppress(NotFound):
        shutil.rmtree(_spool_folder(settings, folder), ignore_errors=True)


def _spool_folder(settings: Settings, folder: Path) -> Path:
    whole = folder.resolve()
    if whole.parent != settings.jobs.resolve() or not whole.name.startswith("spool-"):
        raise NotFound(f"{folder} is not a folder of uploaded files.")
    return whole
