"""Tables inside the dumps that MetaBrainz offers for download: read as a stream, never unpacked.

A dump is a tar archive packed with Zstandard, of gigabytes. Its members are read where they
stand; their names are compared and never become paths.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

import pyarrow as pa
import pyarrow.csv as pa_csv
import zstandard

from musicai.errors import UnreadableFile
from musicai.progress import Progress, no_progress
from musicai.sources.base import Problem

WINDOW_BYTES = 2**27
"""Memory that unpacking may take; an archive that asks for more is refused."""

BLOCK_BYTES = 2**22
"""Bytes of a table that are parsed at once; no row is longer."""

MAX_PROBLEMS = 20
"""Bad rows that are listed; further ones are counted."""

_DAMAGED = "The archive is damaged; what stands before the damage counts."

_DAMAGE = (zstandard.ZstdError, tarfile.TarError, pa.ArrowException, EOFError, OSError, ValueError)


@dataclass
class DumpReport:
    """What became of the rows of a dump."""

    file: str
    read: int = 0
    rejected: int = 0
    """Rows of another shape than the header tells."""
    problems: list[Problem] = field(default_factory=list)

    def damage(self, error: BaseException) -> None:
        """Keep where an archive ends before its end; once, for every reader above notices."""
        if not any(problem.why.startswith(_DAMAGED) for problem in self.problems):
            self.problems.append(Problem(self.file, "", f"{_DAMAGED} ({error})"))

    def note(self, where: str, why: str) -> None:
        """Keep a problem, unless there are many."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(self.file, where, why))


def rows(
    path: Path,
    member: str,
    columns: Sequence[str],
    report: DumpReport,
    progress: Progress = no_progress,
) -> Iterator[pa.Table]:
    """The table of that name inside a dump, in parts of some 10,000 rows.

    A damaged archive gives what stands before the damage; ``report`` says where it ends. The
    archive may also be the table itself, plain or packed.

    Args:
        path: ``*.tar.zst``, ``*.csv.zst`` or ``*.csv``.
        member: How the wanted member's name ends.
        columns: Which columns; all are text, "" where a cell is empty.
        report: Takes counts and problems.
        progress: Told of the packed bytes that were read.

    Raises:
        UnreadableFile: the file cannot be opened, or holds no such table.
    """
    try:
        size = max(path.stat().st_size, 1)
        with ExitStack() as stack:
            packed = stack.enter_context(path.open("rb"))
            found = False
            for table in _tables(stack, packed, path, member, report):
                found = True
                for part in _parts(table, columns, report):
                    progress(min(packed.tell() / size, 1.0), f"reading {path.name}")
                    yield part
            if not found and not report.problems:
                raise UnreadableFile(
                    f"{path.name} holds no {member}. Take the dump that MetaBrainz offers under "
                    "this name, as it was downloaded."
                )
    except FileNotFoundError as error:
        raise UnreadableFile(f"There is no file {path}.") from error
    except _DAMAGE as error:
        report.damage(error)


def _tables(
    stack: ExitStack, packed: IO[bytes], path: Path, member: str, report: DumpReport
) -> Iterator[IO[bytes]]:
    """The wanted members, each to be read before the next is asked for."""
    opened: IO[bytes] = packed
    if path.suffix == ".zst":
        unpack = zstandard.ZstdDecompressor(max_window_size=WINDOW_BYTES)
        opened = stack.enter_context(
            cast(IO[bytes], unpack.stream_reader(packed, read_across_frames=True))
        )
    if ".tar" not in path.suffixes:
        yield opened
        return
    archive = stack.enter_context(tarfile.open(fileobj=opened, mode="r|"))  # noqa: SIM115
    for one in archive:
        if one.isfile() and one.name.rsplit("/", 1)[-1].endswith(member):
            inside = archive.extractfile(one)
            if inside is not None:
                yield inside


class _UpToDamage(io.RawIOBase):
    """A stream that ends where it is damaged: its reader reads ahead, and would lose the rest."""

    def __init__(self, stream: IO[bytes], report: DumpReport) -> None:
        self._stream = stream
        self._report = report
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._ended:
            return 0
        try:
            data = self._stream.read(len(buffer))
        except _DAMAGE as error:
            self._ended = True
            self._report.damage(error)
            return 0
        buffer[: len(data)] = data
        return len(data)


def _parts(table: IO[bytes], columns: Sequence[str], report: DumpReport) -> Iterator[pa.Table]:
    def skip(row: pa_csv.InvalidRow) -> str:
        report.rejected += 1
        report.read += 1
        report.note(
            f"row {row.number}" if row.number else "",
            f"It has {row.actual_columns} columns instead of {row.expected_columns}.",
        )
        return "skip"

    reader = pa_csv.open_csv(
        io.BufferedReader(_UpToDamage(table, report), BLOCK_BYTES),
        read_options=pa_csv.ReadOptions(block_size=BLOCK_BYTES, use_threads=False),
        parse_options=pa_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=skip),
        convert_options=pa_csv.ConvertOptions(
            include_columns=list(columns),
            column_types=dict.fromkeys(columns, pa.string()),
            strings_can_be_null=False,
        ),
    )
    with reader:
        for batch in reader:
            report.read += batch.num_rows
            yield pa.Table.from_batches([batch])
