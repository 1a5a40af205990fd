"""A file of tracks taken in as a whole: read, kept, and all made that the pages need of it.

Large ones take a minute, so this is what the job ``catalogues add|update|prepare`` does. It is
done entirely or not at all: who stops it, or an error, leaves the catalogues as they were.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from musicai.core.errors import QueryError, UnreadableFile
from musicai.core.progress import Progress, no_progress, part
from musicai.core.settings import Settings
from musicai.data.parsed import ColumnMapping, ParsedFile, Problem, ReadOptions
from musicai.data_processor import get_features_path, load_features
from musicai.library.archives import Input, open_inputs
from musicai.library.assemble import get_joined_path, load_library
from musicai.library.coverage import CatalogCoverage, measure_coverage
from musicai.library.formats import exportify
from musicai.library.importing import get_catalogue_name, keep_apart
from musicai.library.reader import limit_garbage_collection, read_file
from musicai.store import Catalogue, Store
from musicai.store.catalogs import NEIGHBOURS, read_tracks

LONGEST_ORIGIN = 200
"""Characters of a file's name that are kept as a catalogue's origin."""


@dataclass(frozen=True)
class CatalogueFile:
    """The tracks of one file, and what became of its rows."""

    file: str
    """As the person knows it."""
    digest: str
    """SHA-256 of its bytes."""
    tracks: pd.DataFrame
    """``SOURCE_TRACK_COLUMNS``, each track once; at least one."""
    read: int
    """Rows of the file: those kept, repeated ones (``duplicate``), and others (``rejected``)."""
    duplicate: int
    rejected: int
    problems: tuple[Problem, ...]

    @property
    def origin(self) -> str:
        """The file's name as a catalogue notes it: one line, not too long."""
        line = "".join(ch if ch.isprintable() else " " for ch in self.file).strip()
        return line[-LONGEST_ORIGIN:].strip() or "a file"


def read_catalogue(
    settings: Settings,
    given: Input,
    *,
    mappings: Sequence[ColumnMapping] = (),
    invented: bool = False,
    progress: Progress = no_progress,
) -> CatalogueFile:
    """Read the one track table that a file, or an archive around it, holds.

    A playlist that Exportify wrote counts as one: here its tracks are not taken for the person's.

    Rows without a name and repeated ones are left out and counted; numbers out of their range
    count as not known. Both are in ``problems``, with their lines.

    Args:
        settings: Limits of what is unpacked.
        given: A path, or an uploaded name with its bytes.
        mappings: What the person said of tables that no reader knows.
        invented: Whether invented tracks are wanted, or real ones.
        progress: Raises ``Cancelled`` to stop.

    Raises:
        UnreadableFile: it cannot be read, holds no table of tracks or several, or no track of
            it can be used; the message says which, and why.
    """
    options = ReadOptions(mappings=tuple(mappings), progress=progress)
    found: list[tuple[ParsedFile, str]] = []
    problems: list[Problem] = []
    for member in open_inputs([given], settings):
        if isinstance(member, Problem):
            problems.append(member)
            continue
        with limit_garbage_collection():
            reading = read_file(member.data, member.file, options)
        if reading.parsed is None:
            problems += [reading.problem] if reading.problem else []
        elif _is_table(reading.parsed):
            found.append((keep_apart(reading.parsed, invented=invented), member.digest))
        else:
            why = "This is no table of tracks that a catalogue can be made of. Import it instead."
            problems.append(Problem(member.file, "", why))
    if len(found) > 1:
        names = ", ".join(parsed.file for parsed, _ in found[:3])
        raise UnreadableFile(
            f"There are {len(found)} tables of tracks in it ({names}). Give one file a catalogue."
        )
    if not found or not len(found[0][0].tracks):
        problems += found[0][0].problems if found else []
        raise UnreadableFile(_explain_failure(problems))
    parsed, digest = found[0]
    left_out = parsed.rejected + parsed.not_music
    return CatalogueFile(
        file=parsed.file,
        digest=digest,
        tracks=parsed.tracks,
        read=parsed.read,
        duplicate=parsed.read - left_out - len(parsed.tracks),
        rejected=left_out,
        problems=(*problems, *parsed.problems),
    )


def _is_table(parsed: ParsedFile) -> bool:
    """A table of tracks, or somebody's public playlist from Exportify, which is one as well."""
    return parsed.kind == "catalogue" or (
        parsed.kind == "playlist" and parsed.format == exportify.NAME
    )


def _explain_failure(problems: Sequence[Problem]) -> str:
    if not problems:
        return "The file holds no tracks. A table needs a header and a row for each track."
    first = problems[0]
    place = f"{first.file}, {first.where}" if first.where else first.file
    return f"{place}: {first.why}"


LARGE = 100_000
"""Tracks of enabled catalogues from which joining them for the first time is a job: it takes some
4 s for so many, and features and pages come on top."""

MAX_PROBLEMS = 100
"""Problems of a file that ``Taken.summary`` lists; the rest are counted."""

_READING, _KEEPING = 0.35, 0.4
"""Share of the progress after the file is read, and after its tracks are kept."""


@dataclass(frozen=True)
class CatalogueChange:
    """A catalogue that was added or has other tracks, and what became of the file."""

    catalogue: Catalogue
    """``enabled`` as the profile has it."""
    file: CatalogueFile
    replaced: int | None
    """Tracks it had before; None for a new one."""
    before: CatalogCoverage | None
    after: CatalogCoverage | None
    """What the enabled catalogues cover of the profile's music; None without a profile."""

    def summarise(self) -> dict[str, Any]:
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
            "coverage": self._compare_coverage(),
        }

    def _compare_coverage(self) -> dict[str, Any] | None:
        if self.before is None or self.after is None:
            return None
        return {
            "artists": self.after.n_artists,
            "plays": self.after.n_plays,
            "before": asdict(self.before.enabled),
            "after": asdict(self.after.enabled),
        }


def add_catalogue(
    store: Store,
    settings: Settings,
    given: Input,
    *,
    profile: str | None,
    name: str = "",
    licence: str = "",
    origin: str | None = None,
    progress: Progress = no_progress,
) -> CatalogueChange:
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
    before = _measure_coverage(store, settings, profile)
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
        name.strip() or get_catalogue_name(file.file),
        file.tracks,
        origin=file.origin if origin is None else origin,
        licence=licence,
        digest=file.digest,
    )
    with _undo_on_failure(lambda: store.remove_catalogue(added.name)):
        if profile is not None:
            store.enable_catalogue(profile, added.name, True)
        after = _prepare_and_measure(store, settings, profile, part(progress, _KEEPING, 1.0))
    return CatalogueChange(store.catalogue(added.name, profile), file, None, before, after)


def update_catalogue(
    store: Store,
    settings: Settings,
    name: str,
    given: Input,
    *,
    profile: str | None,
    licence: str | None = None,
    progress: Progress = no_progress,
) -> CatalogueChange:
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
    before = _measure_coverage(store, settings, profile)
    file = read_catalogue(
        settings,
        given,
        mappings=store.mappings(),
        invented=old.invented,
        progress=part(progress, 0.0, _READING),
    )
    progress(_READING, f"Keeping {len(file.tracks):,} tracks")
    with _set_aside(store, settings, old) as put_back, _undo_on_failure(put_back):
        store.update_catalogue(
            name, file.tracks, origin=file.origin, licence=licence, digest=file.digest
        )
        after = _prepare_and_measure(store, settings, profile, part(progress, _KEEPING, 1.0))
    return CatalogueChange(store.catalogue(name, profile), file, old.n_tracks, before, after)


@contextlib.contextmanager
def _undo_on_failure(undo: Callable[[], object]) -> Iterator[None]:
    """Undo where the block does not end well, whatever stopped it."""
    try:
        yield
    except BaseException:
        undo()
        raise


@contextlib.contextmanager
def _set_aside(store: Store, settings: Settings, old: Catalogue) -> Iterator[Callable[[], None]]:
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


def _measure_coverage(
    store: Store, settings: Settings, profile: str | None
) -> CatalogCoverage | None:
    return None if profile is None else measure_coverage(store, settings, profile)


def _prepare_and_measure(
    store: Store, settings: Settings, profile: str | None, progress: Progress
) -> CatalogCoverage | None:
    """Side files made, then what is covered now."""
    if profile is None:
        return None
    prepare_library(store, settings, profile, part(progress, 0.0, 0.95))
    progress(0.95, "Looking at what it covers")
    return measure_coverage(store, settings, profile)


# --- side files -----------------------------------------------------------------------


def prepare_library(
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


def find_unprepared(store: Store, settings: Settings, profile: str) -> str | None:
    """The name of the joined tracks, if they are many and opening them would take long.

    Reads no tracks: it looks whether side files are there.

    Raises:
        NotFound: there is no such profile.
    """
    enabled = [c for c in store.catalogues(profile) if c.enabled and c.kind != NEIGHBOURS]
    if sum(c.n_tracks for c in enabled) < LARGE:
        return None
    joined = store.compute_joined_name(profile)
    files = (get_joined_path(settings, joined), get_features_path(settings, joined))
    return None if all(path.is_file() for path in files) else joined
