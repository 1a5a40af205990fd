"""From files to the store: walk, recognise, read, keep apart, write, report."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from musicai.errors import Cancelled, MusicAIError, StoreError
from musicai.logs import timed
from musicai.progress import Progress
from musicai.settings import Settings
from musicai.sources import recognise
from musicai.sources.archives import ARROW, Input, Member, base_name, open_inputs
from musicai.sources.base import ParsedFile, Problem, ReadOptions
from musicai.store import Counts, FileRecord, ImportWriter, Store
from musicai.store.records import counts_of_kind
from musicai.tables import INVENTED_PREFIX

logger = logging.getLogger(__name__)

READING = 0.9
"""Share of the progress that reading and writing the files takes."""

ZIP_GROWTH = 8
"""How much larger a history is unpacked, for the progress alone."""


@dataclass(frozen=True)
class ImportReport:
    """What became of every row. Each ``Counts`` adds up: ``read`` is the sum of the rest."""

    profile: str
    files: tuple[FileRecord, ...]
    """Files of a known format, in the order they were met."""
    problems: tuple[Problem, ...]
    """Files and rows that were not taken in, with place and reason."""
    seconds: float
    first_import: bool
    """True if the profile held nothing before."""
    new_tracks: int
    """Tracks that the profile did not know before."""
    fingerprint_changed: bool
    """Whether the profile's data are others now, so that training again is worth it."""
    consent_needed: bool
    """The profile holds rows that came through Spotify's API, and the person has not yet been
    asked whether models may be trained on them; until then they are not."""

    @property
    def plays(self) -> Counts:
        """Rows of files of plays."""
        return counts_of_kind(self.files, "plays")

    @property
    def playlist_rows(self) -> Counts:
        """Rows of playlists."""
        return counts_of_kind(self.files, "playlist")

    @property
    def tracks(self) -> Counts:
        """Rows of track tables, which become catalogues."""
        return counts_of_kind(self.files, "catalogue")

    @property
    def new_plays(self) -> int:
        """Plays that were not there before."""
        return self.plays.imported

    def summary(self) -> dict[str, Any]:
        """The numbers alone, without file names: fit for a job's status file."""
        return {
            "profile": self.profile,
            "plays": self.plays.to_json(),
            "playlist_rows": self.playlist_rows.to_json(),
            "tracks": self.tracks.to_json(),
            "n_files": len(self.files),
            "n_problems": len(self.problems),
            "new_tracks": self.new_tracks,
            "new_plays": self.new_plays,
            "seconds": round(self.seconds, 3),
            "first_import": self.first_import,
            "fingerprint_changed": self.fingerprint_changed,
            "consent_needed": self.consent_needed,
        }

    def to_json(self) -> dict[str, Any]:
        """The object that the command line prints."""
        return {
            **self.summary(),
            "problems": [{"file": p.file, "where": p.where, "why": p.why} for p in self.problems],
            "files": [
                {
                    "file": record.file,
                    "format": record.format,
                    "kind": record.kind,
                    "repeated": record.repeated,
                    **record.counts.to_json(),
                }
                for record in self.files
            ],
        }


def import_inputs(
    store: Store,
    settings: Settings,
    profile: str,
    inputs: Sequence[Input],
    options: ReadOptions,
    progress: Progress,
    *,
    consent: bool | None = None,
    invented: bool = False,
) -> ImportReport:
    """Take files, folders and archives into a profile, which is made if it is not there.

    All of it becomes visible at the end, or nothing: a process that is killed
    leaves no trace. A file that cannot be read is a problem in the report and
    never costs the others.

    Args:
        store: Where to.
        settings: Limits of what is unpacked.
        profile: Whose data these are.
        inputs: Paths, or uploaded names with their bytes.
        options: Choices of the person.
        progress: Raises ``Cancelled`` to stop; then nothing is kept.
        consent: The answer to whether rows that came through Spotify's API may
            be trained on; None leaves the question open.
        invented: True only for the sample world, and only for a new profile.

    Raises:
        JobRunning: another import is being written.
        StoreError: the database cannot be written; nothing was kept.
    """
    known = store.has_profile(profile)
    before = store.fingerprint(profile) if known else None
    first = not (known and store.imports(profile))
    if known:
        invented = store.profile(profile).invented
    with (
        timed(logger, "import"),
        store.begin_import(profile, include_private=options.include_private) as writer,
    ):
        drop = _Drop(writer, options, invented)
        drop.take_all(inputs, settings, progress)
        progress(READING, "Saving")
        seconds = writer.finish(consent=consent, invented=invented)
        new_tracks = writer.new_tracks
    after: str | None = None
    if store.has_profile(profile):
        after = store.fingerprint(profile)
        if after != before:
            progress(READING + 0.05, "Preparing the tables")
            started = time.perf_counter()
            store.own_data(profile)
            seconds += time.perf_counter() - started
    progress(1.0, "Imported")
    return ImportReport(
        profile=profile,
        files=tuple(writer.records),
        problems=tuple(writer.problems),
        seconds=seconds,
        first_import=first,
        new_tracks=new_tracks,
        fingerprint_changed=after != before,
        consent_needed=after is not None and store.consent_needed(profile),
    )


@dataclass(frozen=True)
class _Drop:
    """The files of one import on their way into the writer."""

    writer: ImportWriter
    options: ReadOptions
    invented: bool

    def take_all(self, inputs: Sequence[Input], settings: Settings, progress: Progress) -> None:
        expected, done, number = max(_expected_bytes(inputs), 1), 0, 0
        for member in open_inputs(inputs, settings):
            if isinstance(member, Problem):
                self.writer.problems.append(member)
                continue
            number += 1
            progress(READING * min(done / expected, 1.0), f"Reading file {number}")
            self.take(member)
            done += len(member.data)

    def take(self, member: Member) -> None:
        """One file: known bytes are a look-up, all others are read."""
        try:
            record = self.writer.known(member.digest)
            if record is not None:
                self.writer.repeat(member.file, record)
                return
            parsed = self.parse(member)
            if parsed is not None:
                self.write(parsed, member.digest)
        except (Cancelled, StoreError):
            raise
        except MusicAIError as error:
            self.writer.problems.append(Problem(member.file, "", str(error)))

    def parse(self, member: Member) -> ParsedFile | None:
        """The rows, without those that belong to the other kind of profile."""
        source = recognise(member.data)
        if source is None:
            self.writer.problems.append(
                Problem(
                    member.file,
                    "",
                    "This is not a format musicai knows. It reads Spotify's streaming history "
                    "(the zip or its JSON files), exportify.net playlists (CSV) and track tables "
                    "with audio features (CSV).",
                )
            )
            return None
        try:
            with timed(logger, f"reading {source.name}"):
                parsed = source.parse(member.data, member.file, self.options)
        except MusicAIError:
            raise
        except Exception as error:  # a reader's bug must not cost the other files
            logger.exception("reader %s failed on %d bytes", source.name, len(member.data))
            self.writer.problems.append(
                Problem(
                    member.file,
                    "",
                    f"Reading it as {source.label} failed ({type(error).__name__}). The file may "
                    "be damaged: download it again. If it is whole, this is a fault of musicai.",
                )
            )
            return None
        return keep_apart(parsed, invented=self.invented)

    def write(self, parsed: ParsedFile, digest: str) -> None:
        if parsed.kind != "catalogue":
            self.writer.add_rows(parsed, digest)
        elif len(parsed.tracks):
            name = catalogue_name(parsed.file, invented=self.invented)
            self.writer.add_catalogue(parsed, digest, name, invented=self.invented)
        else:
            self.writer.add_empty(parsed, digest)


def keep_apart(parsed: ParsedFile, *, invented: bool) -> ParsedFile:
    """The file without rows of invented tracks, or, in the sample's profile, of real ones.

    Such rows count as rejected.
    """
    marked = parsed.tracks["track_id"].str.startswith(INVENTED_PREFIX).to_numpy(dtype=bool)
    fits = marked == invented
    if fits.all():
        return parsed
    place = np.where(fits, np.cumsum(fits) - 1, -1).astype(np.int32)
    tables: dict[str, Any] = {"tracks": parsed.tracks[fits].reset_index(drop=True)}
    for name in ("plays", "playlist_items"):
        rows = getattr(parsed, name)
        track = place[rows["track"].to_numpy()]
        tables[name] = rows.assign(track=track)[track >= 0].reset_index(drop=True)
    if parsed.kind == "catalogue":
        lost = int((~fits).sum())
    else:
        lost = len(parsed.plays) + len(parsed.playlist_items)
        lost -= len(tables["plays"]) + len(tables["playlist_items"])
    real_rows = (
        f"{lost} rows name real tracks, and this profile is the invented sample world. "
        "Import them into a profile of your own."
    )
    invented_rows = (
        f"{lost} rows name tracks of the invented sample world, which never enters a profile "
        "with real data. Load the sample on its own instead."
    )
    problem = Problem(parsed.file, f"{lost} rows", real_rows if invented else invented_rows)
    return replace(
        parsed,
        **tables,
        rejected=parsed.rejected + lost,
        problems=(*parsed.problems, problem) if lost else parsed.problems,
    )


SAMPLE_CATALOGUE = "Sample world (invented)"
"""Name of the catalogue of the sample world."""


def catalogue_name(file: str, *, invented: bool = False) -> str:
    """What a track table is called: its file name without folder, archive and ending."""
    if invented:
        return SAMPLE_CATALOGUE
    name = base_name(file.rsplit(ARROW, 1)[-1])
    for ending in (".gz", ".csv", ".tsv", ".txt", ".json"):
        name = name.removesuffix(ending)
    clean = "".join(ch for ch in name if ch.isprintable()).strip(". ")
    return clean[:80] or "Track table"


def _expected_bytes(inputs: Sequence[Input]) -> int:
    """About how much there is to read, for the progress alone."""
    total = 0
    for given in inputs:
        if isinstance(given, tuple):
            total += _grown(given[0], len(given[1]))
        elif given.is_dir():
            total += sum(_size(path) for path in given.rglob("*"))
        else:
            total += _size(given)
    return total


def _size(path: Path) -> int:
    try:
        return _grown(path.name, path.stat().st_size) if path.is_file() else 0
    except OSError:
        return 0


def _grown(name: str, size: int) -> int:
    return size * ZIP_GROWTH if name.lower().endswith((".zip", ".gz")) else size
