"""A file of tracks taken in as a whole: read, kept, and all made that the pages need of it.

Large ones take a minute, so this is what the job ``catalogues add|update|prepare`` does. It is
done entirely or not at all: who stops it, or an error, leaves the catalogues as they were.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from musicai.catalogue_files import CatalogueFile, read_catalogue
from musicai.catalogues import joined_file, load_library
from musicai.core.errors import QueryError
from musicai.core.progress import Progress, no_progress, part
from musicai.core.settings import Settings
from musicai.coverage import Coverage, coverage
from musicai.data_processor import features_file, load_features
from musicai.importing import catalogue_name
from musicai.sources.archives import Input
from musicai.store import Catalogue, Store
from musicai.store.catalogs import NEIGHBOURS, read_tracks

LARGE = 100_000
"""Tracks of enabled catalogues from which joining them for the first time is a job: it takes some
4 s for so many, and features and pages come on top."""

MAX_PROBLEMS = 100
"""Problems of a file that ``Taken.summary`` lists; the rest are counted."""

_READING, _KEEPING = 0.35, 0.4
"""Share of the progress after the file is read, and after its tracks are kept."""


@dataclass(frozen=True)
class Taken:
    """A catalogue that was added or has other tracks, and what became of the file."""

    catalogue: Catalogue
    """``enabled`` as the profile has it."""
    file: CatalogueFile
    replaced: int | None
    """Tracks it had before; None for a new one."""
    before: Coverage | None
    after: Coverage | None
    """What the enabled catalogues cover of the profile's music; None without a profile."""

    def summary(self) -> dict[str, Any]:
        """Plain values, fit for a job's status file."""
        return {
            "catalogue": self.catalogue.name,
            "enabled": self.catalogue.enabled,
            "tracks": self.catalogue.n_tracks,
            "replaced": self.replaced,
            "rows": {
                "read": self.file.read,
                "kept": len(self.file.tracks),
                "duplicate": self.file.duplicate,
                "rejected": self.file.rejected,
            },
            "problems": [asdict(problem) for problem in self.file.problems[:MAX_PROBLEMS]],
            "n_problems": len(self.file.problems),
            "coverage": self._coverage(),
        }

    def _coverage(self) -> dict[str, Any] | None:
        if self.before is None or self.after is None:
            return None
        return {
            "artists": self.after.n_artists,
            "plays": self.after.n_plays,
            "before": asdict(self.before.enabled),
            "after": asdict(self.after.enabled),
        }


def add(
    store: Store,
    settings: Settings,
    given: Input,
    *,
    profile: str | None,
    name: str = "",
    licence: str = "",
    origin: str | None = None,
    progress: Progress = no_progress,
) -> Taken:
    """Make a file of tracks a catalogue, enabled for the profile, and prepare that library.

    Args:
        store: Where to.
        settings: Limits of what is unpacked, and where side files go.
        given: A path, or an uploaded name with its bytes.
        profile: Who recommends from it; None for nobody yet.
        name: What it is called; "" for the file's name.
        licence: As the person noted it.
        origin: Where it is from; None for the file's name.
        progress: Raises ``Cancelled`` to stop; then nothing was added.

    Raises:
        UnreadableFile: it is no table of tracks; the message says why.
        QueryError: these very tracks, or a catalogue of that name, are there already.
        DataError: the name, licence or origin cannot be one.
    """
    before = _covered(store, settings, profile)
    file = read_catalogue(
        settings, given, mappings=store.mappings(), progress=part(progress, 0.0, _READING)
    )
    known = {one.digest: one.name for one in store.catalogues()}
    if file.digest in known:
        raise QueryError(f"These very tracks are the catalogue {known[file.digest]!r} already.")
    if name.strip() in known.values():
        raise QueryError(
            f"There is a catalogue {name.strip()!r} already. Choose another name, or replace its "
            "tracks by these."
        )
    progress(_READING, f"Keeping {len(file.tracks):,} tracks")
    added = store.add_catalogue(
        name.strip() or catalogue_name(file.file),
        file.tracks,
        origin=file.origin if origin is None else origin,
        licence=licence,
        digest=file.digest,
    )
    with _or_back(lambda: store.remove_catalogue(added.name)):
        if profile is not None:
            store.enable_catalogue(profile, added.name, True)
        after = _prepared(store, settings, profile, part(progress, _KEEPING, 1.0))
    return Taken(store.catalogue(added.name, profile), file, None, before, after)


def update(
    store: Store,
    settings: Settings,
    name: str,
    given: Input,
    *,
    profile: str | None,
    licence: str | None = None,
    progress: Progress = no_progress,
) -> Taken:
    """Replace the tracks of a catalogue by those of a newer file, and prepare the library.

    Args:
        store: Where to.
        settings: Limits of what is unpacked, and where side files go.
        name: Which catalogue.
        given: A path, or an uploaded name with its bytes.
        profile: Whose library is prepared; None for nobody's.
        licence: None keeps what was noted.
        progress: Raises ``Cancelled`` to stop; then it has its old tracks.

    Raises:
        NotFound: there is no such catalogue.
        UnreadableFile: the file is no table of tracks; the message says why.
        DataError: the tracks are refused, or are another catalogue already.
    """
    old = store.catalogue(name, profile)
    before = _covered(store, settings, profile)
    file = read_catalogue(
        settings,
        given,
        mappings=store.mappings(),
        invented=old.invented,
        progress=part(progress, 0.0, _READING),
    )
    progress(_READING, f"Keeping {len(file.tracks):,} tracks")
    with _aside(store, settings, old) as put_back, _or_back(put_back):
        store.update_catalogue(
            name, file.tracks, origin=file.origin, licence=licence, digest=file.digest
        )
        after = _prepared(store, settings, profile, part(progress, _KEEPING, 1.0))
    return Taken(store.catalogue(name, profile), file, old.n_tracks, before, after)


@contextlib.contextmanager
def _or_back(undo: Callable[[], object]) -> Iterator[None]:
    """Undo where the block does not end well, whatever stopped it."""
    try:
        yield
    except BaseException:
        undo()
        raise


@contextlib.contextmanager
def _aside(store: Store, settings: Settings, old: Catalogue) -> Iterator[Callable[[], None]]:
    """The old tracks are kept until the block ends; what is given brings them back.

    Of a catalogue whose file is gone there is nothing to bring back.
    """
    settings.cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.cache, prefix="aside-") as folder:
        copy = Path(folder) / "tracks.parquet"
        with contextlib.suppress(FileNotFoundError):
            shutil.copyfile(old.path, copy)

        def put_back() -> None:
            if copy.is_file() and store.catalogue(old.name).digest != old.digest:
                store.update_catalogue(
                    old.name,
                    read_tracks(replace(old, path=copy)),
                    origin=old.origin,
                    licence=old.licence,
                    digest=old.digest,
                )

        yield put_back


def _covered(store: Store, settings: Settings, profile: str | None) -> Coverage | None:
    return None if profile is None else coverage(store, settings, profile)


def _prepared(
    store: Store, settings: Settings, profile: str | None, progress: Progress
) -> Coverage | None:
    """Side files made, then what is covered now."""
    if profile is None:
        return None
    prepare(store, settings, profile, part(progress, 0.0, 0.95))
    progress(0.95, "Looking at what it covers")
    return coverage(store, settings, profile)


# --- side files -----------------------------------------------------------------------


def prepare(
    store: Store, settings: Settings, profile: str, progress: Progress = no_progress
) -> str:
    """Make the side files of a profile's library where they are not there.

    Args:
        store: Where the data are.
        settings: Where the side files are.
        profile: Whose library.
        progress: Raises ``Cancelled`` to stop; a side file that is whole stays.

    Returns:
        The name of the joined tracks that they are of.

    Raises:
        NotFound: there is no such profile, or a catalogue's file is gone.
    """
    library = load_library(store, settings, profile, progress=part(progress, 0.0, 0.5))
    load_features(settings, library, part(progress, 0.5, 1.0))
    return library.joined


def unprepared(store: Store, settings: Settings, profile: str) -> str | None:
    """The name of the joined tracks, if they are many and opening them would take long.

    Reads no tracks: it looks whether side files are there.

    Raises:
        NotFound: there is no such profile.
    """
    enabled = [c for c in store.catalogues(profile) if c.enabled and c.kind != NEIGHBOURS]
    if sum(c.n_tracks for c in enabled) < LARGE:
        return None
    joined = store.joined_fingerprint(profile)
    files = (joined_file(settings, joined), features_file(settings, joined))
    return None if all(path.is_file() for path in files) else joined
