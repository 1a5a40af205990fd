"""The sample world, in one call: the person's first look, and everybody's test data."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from musicai.core.errors import DataError, JobRunning, NotFound
from musicai.core.progress import Progress, no_progress
from musicai.core.settings import Settings
from musicai.data.parsed import ReadOptions
from musicai.library.import_report import ImportReport
from musicai.library.importing import import_files
from musicai.store import Store

SAMPLE_PROFILE = "sample"
"""Name of the profile that holds the sample world."""

SAMPLE_LABEL = "Sample listener (invented)"
"""What the screen calls it."""

FILES = ("catalogue_sample.csv.gz", "my_spotify_data_sample.zip", "listeners_sample.csv.gz")
"""In this order: the fingerprint, and with it the bundled model, depends on it."""

WAIT_S = 30.0
"""How long to wait for an import that is being written already, seconds."""


def load_sample(
    store: Store, settings: Settings, progress: Progress = no_progress
) -> ImportReport | None:
    """Import the invented world into its own profile; None if it is there already.

    It goes through the same importer as a person's own files.

    Raises:
        NotFound: the sample files are not where they belong.
    """
    if is_loaded(store):
        return None
    paths = [settings.sample_data / name for name in FILES]
    missing = [path.name for path in paths if not path.is_file()]
    if missing:
        raise NotFound(
            f"The sample file {missing[0]} is not in {settings.sample_data}. Run "
            "python -m sample_data.make_sample_world to make it again."
        )
    until = time.monotonic() + WAIT_S
    while True:
        try:
            report = _import_sample(store, settings, paths, progress)
            return report if report.new_plays else None
        except JobRunning:  # two windows that start at once: one imports, the other waits
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        if is_loaded(store):
            return None


def _import_sample(
    store: Store, settings: Settings, paths: list[Path], progress: Progress
) -> ImportReport:
    if not store.has_profile(SAMPLE_PROFILE):
        with contextlib.suppress(DataError):  # another process was faster
            store.create_profile(SAMPLE_PROFILE, SAMPLE_LABEL, invented=True)
    return import_files(store, settings, SAMPLE_PROFILE, paths, ReadOptions(), progress)


def is_loaded(store: Store) -> bool:
    """Whether the sample world is in the store."""
    return store.has_profile(SAMPLE_PROFILE) and bool(store.imports(SAMPLE_PROFILE))
