"""Tables inside the dumps that MetaBrainz offers for download: read as a stream, never unpacked.

A dump is a tar archive packed with Zstandard, of gigabytes. Its members are read where they
stand; their names are compared and never become paths.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

import pyarrow as pa
import pyarrow.csv as pa_csv
import zstandard

from musicai.core.errors import UnreadableFile
from musicai.core.progress import Progress, no_progress
from musicai.data.parsed import Problem

WINDOW_BYTES = 2**27
"""Memory that unpacking may take; an archive that asks for more is refused."""

BLOCK_BYTES = 2**22
"""Bytes of a table that are parsed at once; no row is longer."""

PIECE_BYTES = 2**16
"""Bytes that are unpacked at once; so many at most are lost before a damage."""

MAX_PROBLEMS = 20
"""Bad rows that are listed; further ones are counted."""

ENDINGS = (".tar.zst", ".tar", ".csv.zst", ".csv")
"""How the names of dumps end; the last two are a table without an archive around it."""

_ZSTD = bytes.fromhex("28b52ffd")
"""How every file packed with Zstandard begins."""

_DAMAGED = "The archive is damaged; what stands before the damage counts."

DAMAGE = (zstandard.ZstdError, tarfile.TarError, pa.ArrowException, EOFError, OSError, ValueError)
"""What reading a damaged archive raises."""


@dataclass
class DumpReport:
    """What became of the rows of a dump."""

    file: str
    read: int = 0
    rejected: int = 0
    """Rows of another shape than the header tells."""
    problems: list[Problem] = field(default_factory=list)

    damaged: bool = False
    """Whether the archive, or a table of it, ends before its end."""

    def damage(self, error: BaseException, where: str = "") -> None:
        """Keep where an archive ends before its end; once, for every reader above notices."""
        if not self.damaged:
            self.problems.append(Problem(self.file, where, f"{_DAMAGED} ({error})"))
        self.damaged = True

    def note(self, where: str, why: str) -> None:
        """Keep a problem, unless there are many."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(self.file, where, why))


def check_dump_path(path: Path) -> Path:
    """The whole path of a dump that a person named; nothing but its first bytes is read.

    Raises:
        UnreadableFile: it is no file, is empty, or is of no kind that dumps are.
    """
    path = path.expanduser().resolve()
    if path.is_dir():
        raise UnreadableFile(f"{path} is a folder. Name the dump file itself.")
    if not path.name.endswith(ENDINGS):
        raise UnreadableFile(
            f"{path.name} is no dump: its name must end with {', '.join(ENDINGS)}. Take the file "
            "as MetaBrainz offers it."
        )
    try:
        with path.open("rb") as opened:
            first = opened.read(len(_ZSTD))
    except FileNotFoundError as error:
        raise UnreadableFile(
            f"There is no file {path}. Give the whole path of the dump."
        ) from error
    except OSError as error:
        raise UnreadableFile(
            f"{path} cannot be opened ({error.strerror}). Check that you may read it."
        ) from error
    if not first or (path.suffix == ".zst" and first != _ZSTD):
        what = "packed with Zstandard, as its name says" if first else "there yet: it is empty"
        raise UnreadableFile(f"{path.name} is not {what}. Download it again.")
    return path


def rows(
    path: Path,
    member: str,
    columns: Sequence[str],
    report: DumpReport,
    progress: Progress = no_progress,
) -> Iterator[pa.Table]:
    """The table of that name inside a dump; see :func:`tables`."""
    for _, part in tables(path, {member: columns}, report, progress):
        yield part


def tables(
    path: Path,
    members: Mapping[str, Sequence[str]],
    report: DumpReport,
    progress: Progress = no_progress,
) -> Iterator[tuple[str, pa.Table]]:
    """The tables of these names inside a dump, in its order, in parts of some 10,000 rows.

    A damaged archive gives what stands before the damage, a damaged table too, and then the
    tables after it; ``report`` says where. The archive may also be one table, plain or packed.

    Args:
        path: A file with one of ``ENDINGS``.
        members: How a wanted member's name ends → which of its columns; all are text, "" where
            a cell is empty.
        report: Takes counts and problems.
        progress: Told of the packed bytes that were read.

    Yields:
        The key in ``members``, and some rows.

    Raises:
        UnreadableFile: the file cannot be opened, or holds no such table or not its columns.
    """
    try:
        size = max(path.stat().st_size, 1)
        with ExitStack() as stack:
            packed = stack.enter_context(path.open("rb"))
            found = False
            for member, table in _tables(stack, packed, path, tuple(members)):
                found = True
                for part in _whole_parts(table, member, members[member], report):
                    progress(min(packed.tell() / size, 1.0), f"reading {path.name}")
                    yield member, part
            if not found and not report.problems:
                raise UnreadableFile(
                    f"{path.name} holds no {' or '.join(members)}. Take the dump that MetaBrainz "
                    "offers under this name, as it was downloaded."
                )
    except FileNotFoundError as error:
        raise UnreadableFile(f"There is no file {path}.") from error
    except DAMAGE as error:
        report.damage(error)


def archive(stack: ExitStack, packed: IO[bytes], path: Path) -> tarfile.TarFile:
    """The archive as a stream: each member is to be read before the next is asked for."""
    return stack.enter_context(tarfile.open(fileobj=_unpack_stream(stack, packed, path), mode="r|"))


def stream_members(opened: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """The members as they stream by; an archive keeps all of them, and some have a million."""
    for one in opened:
        cast(Any, opened).members = []
        yield one


def _unpack_stream(stack: ExitStack, packed: IO[bytes], path: Path) -> IO[bytes]:
    if path.suffix != ".zst":
        return packed
    unpack = zstandard.ZstdDecompressor(max_window_size=WINDOW_BYTES)
    stream = cast(IO[bytes], unpack.stream_reader(packed, read_across_frames=True))
    return stack.enter_context(stream)


def _tables(
    stack: ExitStack, packed: IO[bytes], path: Path, members: tuple[str, ...]
) -> Iterator[tuple[str, IO[bytes]]]:
    """The wanted members, each to be read before the next is asked for."""
    if ".tar" not in path.suffixes:
        plain = path.name.removesuffix(".zst")
        member = next((member for member in members if plain.endswith(member)), members[0])
        yield member, _unpack_stream(stack, packed, path)
        return
    opened = archive(stack, packed, path)
    for one in stream_members(opened):
        name = one.name.rsplit("/", 1)[-1]
        wanted = [member for member in members if name.endswith(member)]
        inside = opened.extractfile(one) if wanted and one.isfile() else None
        if inside is not None:
            yield wanted[0], inside


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
            data = self._stream.read(min(len(buffer), PIECE_BYTES))
        except DAMAGE as error:
            self._ended = True
            self._report.damage(error)
            return 0
        buffer[: len(data)] = data
        return len(data)


def _whole_parts(
    table: IO[bytes], member: str, columns: Sequence[str], report: DumpReport
) -> Iterator[pa.Table]:
    """The parts up to where the table itself is damaged; the archive may go on behind it."""
    try:
        yield from _parts(table, columns, report)
    except pa.ArrowKeyError as error:
        raise UnreadableFile(
            f"{member} of {report.file} has not the columns {', '.join(columns)}. Take the dump "
            "that MetaBrainz offers under this name, as it was downloaded."
        ) from error
    except pa.ArrowException as error:
        report.damage(error, member)


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
