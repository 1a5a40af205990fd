"""Virtual environments for peers: they need other versions of NumPy and pandas than ours."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

logger = logging.getLogger(__name__)

INSTALL_SECONDS = 1_200
"""LensKit brings PyTorch, a download of some gigabytes."""


class NotInstalledError(Exception):
    """A peer could not be installed, and why."""


@dataclass(frozen=True)
class Family:
    """Peers that share an environment."""

    name: str
    packages: tuple[str, ...]
    """As pip is asked for them; no versions, so that what is compared is what one gets."""
    imports: tuple[str, ...]


FAMILIES = {
    "implicit": Family("implicit", ("implicit", "pandas"), ("implicit",)),
    "rectools": Family("rectools", ("RecTools",), ("rectools",)),
    "lenskit": Family("lenskit", ("lenskit",), ("lenskit",)),
}


def prepared(family: Family, folder: Path) -> Path:
    """The Python of the family's environment, made where it is not there yet.

    Raises:
        NotInstalledError: with what pip said.
    """
    home = folder / family.name
    python = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if python.is_file() and versions(python, family):
        return python
    logger.info("installing %s in %s", ", ".join(family.packages), home)
    try:
        venv.create(home, with_pip=True, clear=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotInstalledError(f"no environment could be made in {home}: {error}") from error
    # no building from source: it would need compilers, and hide which build was compared
    command = [str(python), "-m", "pip", "install", "--only-binary", ":all:", "--quiet"]
    done = _ran([*command, *family.packages], INSTALL_SECONDS)
    if done.returncode:
        raise NotInstalledError(_reason(done.stderr))
    if not versions(python, family):
        raise NotInstalledError("pip installed it, but it cannot be imported")
    return python


def versions(python: Path, family: Family) -> dict[str, str]:
    """Versions of the packages, and of what they stand on; empty where one cannot be imported."""
    code = (
        "import importlib, importlib.metadata as m, json\n"
        f"for name in {family.imports!r}: importlib.import_module(name)\n"
        f"names = {[*family.packages, 'numpy', 'scipy', 'pandas', 'torch']!r}\n"
        "have = {d.metadata['Name'].lower(): d.version for d in m.distributions()}\n"
        "print(json.dumps({n: have[n.lower()] for n in names if n.lower() in have}))"
    )
    done = _ran([str(python), "-c", code], 300)
    if done.returncode:
        return {}
    found: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return found


def _ran(command: Sequence[str], seconds: float) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", f"ERROR: over {seconds:.0f} s")
    except OSError as error:
        return subprocess.CompletedProcess(command, 1, "", f"ERROR: {error}")


def _reason(said: str) -> str:
    """The last of pip's lines that tell an error."""
    lines = [line for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")]
    return (errors or lines or ["pip failed without a word"])[-1].strip()
