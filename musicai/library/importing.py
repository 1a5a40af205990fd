"""From files to the store: walk, read, keep apart, write, report.

Large inputs are read by the worker processes of ``reader`` while this one unpacks and writes.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from musicai.core.errors import Cancelled, DataError, MusicAIError, StoreError
from musicai.core.logging import log_duration
from musicai.core.progress import Progress
from musicai.core.settings import Settings, child_environment
from musicai.data.feedback import Choices
from musicai.data.library import INVENTED_PREFIX
from musicai.data.parsed import ParsedFile, Problem, ReadOptions
from musicai.library.archives import ARROW, Input, Member, get_base_name, open_inputs
from musicai.library.formats.neighbour_data import assemble_pack
from musicai.library.import_report import ImportReport
from musicai.library.reader import (
    Reading,
    Workers,
    count_workers,
    limit_garbage_collection,
    read_file,
)
from musicai.store import FileRecord, ImportWriter, Store


def keep_apart(parsed: ParsedFile, *, invented: bool) -> ParsedFile:
    """The part without rows of invented tracks, or, in the sample's profile, of real ones.

    Such rows count as rejected.
    """
    marked = parsed.tracks["track_id"].str.startswith(INVENTED_PREFIX).to_numpy(dtype=bool)
    fits = marked == invented
    choices = _filter_choices(parsed.choices, invented=invented)
    if fits.all() and len(choices) == len(parsed.choices):
        return parsed
    place = np.where(fits, np.cumsum(fits) - 1, -1).astype(np.int32)
    tables: dict[str, Any] = {"tracks": parsed.tracks[fits].reset_index(drop=True)}
    for name in ("plays", "playlist_items"):
        rows = getattr(parsed, name)
        track = place[rows["track"].to_numpy()]
        tables[name] = rows.assign(track=track)[track >= 0].reset_index(drop=True)
    kept = replace(parsed, **tables, choices=choices)
    lost = _count_rows(parsed) - _count_rows(kept)
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
        kept,
        rejected=parsed.rejected + lost,
        problems=(*parsed.problems, problem) if lost else parsed.problems,
    )


def _count_rows(parsed: ParsedFile) -> int:
    """The rows that a part counts."""
    if parsed.kind in ("catalogue", "tracks"):
        return len(parsed.tracks)
    return len(parsed.plays) + len(parsed.playlist_items) + len(parsed.choices)


def _filter_choices(choices: Choices, *, invented: bool) -> Choices:
    """The choices that name no track of the other world."""

    def is_same_world(*track_ids: str) -> bool:
        return all(one.startswith(INVENTED_PREFIX) == invented for one in track_ids)

    return Choices(
        tuple(one for one in choices.exclusions if one.kind != "track" or is_same_world(one.value)),
        tuple(one for one in choices.decisions if is_same_world(one.first, one.second)),
        tuple(one for one in choices.feedback if is_same_world(one.track_id)),
    )


logger = logging.getLogger(__name__)

READING = 0.9
"""Share of the progress that reading and writing the files takes."""

ZIP_GROWTH = 8
"""How much larger a history is unpacked, for the progress alone."""

WORKERS_FROM = 8 * 1024**2
"""From so many bytes on worker processes read faster than they take to start."""

BYTES_AHEAD = 64 * 1024**2
"""Files that wait to be read or written hold together at most this, or are one."""

FILES_AHEAD = 6
"""Files that wait to be read or written at most."""

ASK_EVERY_S = 0.2
"""While a file is being read, the person's wish to stop is looked for this often, seconds."""


def import_files(
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
        log_duration(logger, "import"),
        store.begin_import(profile, include_private=options.include_private) as writer,
    ):
        options = replace(options, mappings=(*options.mappings, *store.mappings()))
        expected = _estimate_bytes(inputs)
        with limit_garbage_collection(), _start_workers(expected, settings) as workers:
            drop = _ImportRun(writer, options, invented, workers, progress, expected)
            members = open_inputs(inputs, settings)
            for member in _read_ahead(members) if workers else members:
                drop.take(member)
            drop.write_rest()
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
        superseded=writer.superseded,
        consent_needed=after is not None and store.consent_needed(profile),
    )


@contextlib.contextmanager
def _start_workers(expected: int, settings: Settings) -> Iterator[Workers | None]:
    count = count_workers()
    if expected < WORKERS_FROM or not count:
        yield None
        return
    with Workers(count, child_environment(settings)) as workers:
        yield workers


def _read_ahead(members: Iterator[Member | Problem]) -> Iterator[Member | Problem]:
    """The same, each unpacked while the one before it is being dealt with."""
    with ThreadPoolExecutor(1, thread_name_prefix="unpacking") as thread:
        coming = thread.submit(next, members, None)
        while (member := coming.result()) is not None:
            coming = thread.submit(next, members, None)
            yield member


@dataclass(frozen=True)
class _PendingFile:
    """A file on its way: a problem already, being read, or of bytes that are being read."""

    size: int
    found: Problem | Member | None = None
    """Why it is not read, or the file where it is read in its turn."""
    reading: Future[Reading] | None = None
    file: str = ""
    digest: str = ""

    @property
    def is_ready(self) -> bool:
        return self.reading is None or self.reading.done()


@dataclass
class _ImportRun:
    """The files of one import on their way into the writer, in the order they were met."""

    writer: ImportWriter
    options: ReadOptions
    invented: bool
    workers: Workers | None
    progress: Progress
    expected: int
    """About how many bytes will come."""
    done: int = 0
    number: int = 0
    waiting: deque[_PendingFile] = field(default_factory=deque)
    packs: dict[str, list[tuple[ParsedFile, str]]] = field(default_factory=dict)
    """Files of neighbour packs with their digests, by the folder they lie in."""

    def take(self, member: Member | Problem) -> None:
        """Begin with one file, and write those before it that are read."""
        self.waiting.append(self.begin_file(member))
        while self.waiting and (self.waiting[0].is_ready or self.has_too_many()):
            self.write_first()

    def write_rest(self) -> None:
        """Write the rest, and the packs, which need all their files."""
        while self.waiting:
            self.write_first()
        for folder, files in self.packs.items():
            tables, parts = assemble_pack([parsed for parsed, _ in files])
            by_file = {parsed.file: digest for parsed, digest in files}
            named = [(parsed, by_file[parsed.file]) for parsed in parts]
            self.writer.add_pack(tables, named, get_pack_name(folder))

    def begin_file(self, member: Member | Problem) -> _PendingFile:
        if isinstance(member, Problem):
            return _PendingFile(0, member)
        size, twin = len(member.data), member.digest
        if (
            self.workers is None
            or self.find_known_parts(twin)
            or any(waiting.digest == twin for waiting in self.waiting)
        ):
            return _PendingFile(size, member, digest=twin)
        reading = self.workers.submit(member.data, member.file, self.options)
        return _PendingFile(size, None, reading, member.file, twin)

    def has_too_many(self) -> bool:
        held = sum(waiting.size for waiting in self.waiting)
        return len(self.waiting) > FILES_AHEAD or held > BYTES_AHEAD

    def write_first(self) -> None:
        first = self.waiting[0]
        if isinstance(first.found, Problem):
            self.writer.problems.append(first.found)
        else:
            self.number += 1
            self.report_progress()
            if first.found is not None:
                self.take_here(first.found)
            else:
                self.keep(self.wait_for(first), first.file, first.digest)
            self.done += first.size
        self.waiting.popleft()

    def report_progress(self) -> None:
        """Report how far the import is; raises ``Cancelled`` to stop."""
        rows = sum(record.counts.read for record in self.writer.records)
        note = f"Reading file {self.number}" + (f", {rows:,} rows so far" if rows else "")
        self.progress(READING * min(self.done / max(self.expected, 1), 1.0), note)

    def wait_for(self, waiting: _PendingFile) -> Reading:
        assert waiting.reading is not None  # a file without one is read here
        while True:
            try:
                return waiting.reading.result(timeout=ASK_EVERY_S)
            except TimeoutError:
                self.report_progress()

    def take_here(self, member: Member) -> None:
        """One file in this process: known bytes are a look-up, all others are read."""
        known = self.find_known_parts(member.digest)
        if known:
            self.writer.repeat(member.file, known)
        else:
            reading = read_file(member.data, member.file, self.options)
            self.keep(reading, member.file, member.digest)

    def find_known_parts(self, digest: str) -> tuple[FileRecord, ...]:
        """The parts of bytes that were taken in before; those of packs are read again.

        One of a pack's files may be new, and then all of them are needed.
        """
        parts = self.writer.find_known_parts(digest)
        return () if any(part.kind == "neighbours" for part in parts) else parts

    def keep(self, reading: Reading, file: str, digest: str) -> None:
        """Write what was read of one file, each part by itself."""
        if reading.fault:
            logger.error("%s", reading.fault)
        if reading.problem is not None:
            self.writer.problems.append(reading.problem)
        if reading.parsed is None:
            return
        try:
            for part in (reading.parsed, *reading.parsed.further):
                self.write(keep_apart(part, invented=self.invented), digest)
        except (Cancelled, StoreError):
            raise
        except MusicAIError as error:
            self.writer.problems.append(Problem(file, "", str(error)))

    def write(self, parsed: ParsedFile, digest: str) -> None:
        if parsed.kind == "neighbours":
            self.gather(parsed, digest)
        elif parsed.kind == "choices":
            self.writer.add_choices(parsed, digest)
        elif parsed.kind != "catalogue":
            self.writer.add_rows(parsed, digest)
        elif len(parsed.tracks):
            name = get_catalogue_name(parsed.file, invented=self.invented)
            self.writer.add_catalogue(parsed, digest, name, invented=self.invented)
        else:
            self.writer.add_empty(parsed, digest)

    def gather(self, parsed: ParsedFile, digest: str) -> None:
        """Keep a file of a pack until the others of its folder are there."""
        assert parsed.pack is not None  # its kind says so
        if self.invented:
            raise DataError(
                f"{parsed.file} tells what real listeners play, and this profile is the invented "
                "sample world. Import it into a profile of your own."
            )
        alone = parsed.pack.role == "counts"
        folder = parsed.file if alone else get_folder(parsed.file)
        self.packs.setdefault(folder, []).append((parsed, digest))


SAMPLE_CATALOGUE = "Sample world (invented)"
"""Name of the catalogue of the sample world."""


def get_catalogue_name(file: str, *, invented: bool = False) -> str:
    """What a track table is called: its file name without folder, archive and ending."""
    if invented:
        return SAMPLE_CATALOGUE
    name = get_base_name(file.rsplit(ARROW, 1)[-1])
    for ending in (".gz", ".csv", ".tsv", ".txt", ".json"):
        name = name.removesuffix(ending)
    clean = "".join(ch for ch in name if ch.isprintable()).strip(". ")
    return clean[:80] or "Track table"


def get_folder(file: str) -> str:
    """The folder or archive that a file lies in, as the person knows it; "" for a bare name."""
    outer, arrow, inner = file.rpartition(ARROW)
    parent = "/".join(inner.replace("\\", "/").split("/")[:-1])
    return f"{outer}{arrow}{parent}" if arrow and parent else parent or outer


def get_pack_name(folder: str) -> str:
    """What a pack is called: the name of its folder, archive or file, without the ending."""
    name = get_catalogue_name(folder.rsplit("/", 1)[-1]) if folder else ""
    name = name.removesuffix(".dat").removesuffix(".zip")
    return name if name and name != "Track table" else "Neighbours"


def _estimate_bytes(inputs: Sequence[Input]) -> int:
    """About how much there is to read, for the progress alone."""
    total = 0
    for given in inputs:
        if isinstance(given, tuple):
            total += _estimate_unpacked(given[0], len(given[1]))
        elif given.is_dir():
            total += sum(_estimate_file(path) for path in given.rglob("*"))
        else:
            total += _estimate_file(given)
    return total


def _estimate_file(path: Path) -> int:
    with contextlib.suppress(OSError):
        return _estimate_unpacked(path.name, path.stat().st_size) if path.is_file() else 0
    return 0


def _estimate_unpacked(name: str, size: int) -> int:
    return size * ZIP_GROWTH if name.lower().endswith((".zip", ".gz")) else size
