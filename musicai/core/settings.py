"""Where things live and how much is taken in. The only module that reads the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path

from musicai.core.errors import SettingsError

_PACKAGE = Path(__file__).resolve().parents[1]

IN_CHECKOUT = (_PACKAGE.parent / "streamlit_app.py").is_file()
"""Whether the code runs where it is developed, not where ``pip install`` put it."""

PROJECT_ROOT = _PACKAGE.parent if IN_CHECKOUT else _PACKAGE / "app"
"""The folder of ``streamlit_app.py``, ``pages``, ``.streamlit``, ``models/saved`` and
``sample_data``: the checkout, or the folder of the package that a wheel puts them into."""

PACKAGE_DATA = _PACKAGE / "data"
"""Tables that ship with the package, such as ``artist_genres.csv``."""

_LOOPBACK = re.compile(r"http://127\.0\.0\.1:[0-9]{1,5}")


@dataclass(frozen=True)
class Settings:
    """Paths and limits. Frozen; made by :func:`load_settings` or directly in tests."""

    home: Path
    """Everything a person's data becomes lives under this folder (``MUSICAI_HOME``)."""
    bundled_models: Path = PROJECT_ROOT / "models" / "saved"
    """The version that ships with the project, trained on the invented sample."""
    sample_data: Path = PROJECT_ROOT / "sample_data"
    """The invented world, in real export formats."""
    max_upload_bytes: int = 300 * 1024**2
    """Largest single file taken in, bytes."""
    max_unpacked_bytes: int = 2 * 1024**3
    """Largest sum of unpacked members of one archive, bytes."""
    max_member_bytes: int = 500 * 1024**2
    """Largest single unpacked member of an archive, bytes."""
    max_members: int = 2_000
    """Most members of one archive."""
    open_data_host: str = ""
    """A stub of the open data hosts on this machine (``MUSICAI_OPEN_DATA_HOST``), for tests;
    "" for the official hosts."""
    spotify_host: str = ""
    """A stub of Spotify on this machine (``MUSICAI_SPOTIFY_HOST``), for tests; "" for Spotify."""

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.home / "musicai.db"

    @property
    def models(self) -> Path:
        """Versions trained on this machine."""
        return self.home / "models"

    @property
    def catalogues(self) -> Path:
        """Catalogue tables, one Parquet file each."""
        return self.home / "catalogues"

    @property
    def cache(self) -> Path:
        """Side files that can be rebuilt from the database at any time."""
        return self.home / "cache"

    @property
    def jobs(self) -> Path:
        """Status files and locks of background jobs."""
        return self.home / "jobs"

    @property
    def logs(self) -> Path:
        """Rotated log files, without personal data."""
        return self.home / "logs"


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment.

    ``MUSICAI_HOME`` names the folder for everything personal; without it, ``data/`` in the
    checkout, which git ignores, or, where musicai is installed, the folder that the operating
    system gives a program for a person's data. ``MUSICAI_OPEN_DATA_HOST`` and
    ``MUSICAI_SPOTIFY_HOST`` name stubs of those hosts, which can only be ports of this machine.

    Raises:
        SettingsError: the folder is a file, or cannot be made; the stub is elsewhere.
    """
    environ = os.environ if environ is None else environ
    home = Path(environ.get("MUSICAI_HOME") or _default_home()).expanduser().resolve()
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"The data folder {home} cannot be used ({error.strerror}). "
            "Set MUSICAI_HOME to a folder you can write to."
        ) from error
    return Settings(
        home=home,
        open_data_host=_stub(environ, "MUSICAI_OPEN_DATA_HOST"),
        spotify_host=_stub(environ, "MUSICAI_SPOTIFY_HOST"),
    )


def _default_home() -> Path:
    return PROJECT_ROOT / "data" if IN_CHECKOUT else user_data_path("musicai", appauthor=False)


def _stub(environ: Mapping[str, str], name: str) -> str:
    stub = environ.get(name) or ""
    if stub and not _LOOPBACK.fullmatch(stub):
        raise SettingsError(
            f"{name} cannot be {stub!r}: only http://127.0.0.1:<port> may stand in "
            "for the official hosts. Unset it to ask those."
        )
    return stub


def child_environment(settings: Settings) -> dict[str, str]:
    """The environment of a child process of ours: it uses the same home and writes UTF-8."""
    return {**os.environ, "MUSICAI_HOME": str(settings.home), "PYTHONUTF8": "1"}
