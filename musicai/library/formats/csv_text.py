"""From bytes to text, and from text to rows of CSV.

Files come from many hands: UTF-8 with and without a mark, UTF-16 and cp1252 from
spreadsheets, commas, semicolons and tabs, a ``sep=;`` line on top.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from musicai.core.errors import UnreadableFile
from musicai.core.progress import Progress, no_progress
from musicai.library.formats.fields import Complaints

DELIMITERS = (",", ";", "\t")
"""Between fields; the one that gives the most header fields wins."""

CHUNK_ROWS = 20_000
"""Rows converted at a time, so that memory follows the tracks kept, not the file."""

_HEAD_BYTES = 64 * 1024

_Encoding = tuple[str, str]


def detect_encoding(data: bytes) -> _Encoding:
    """Name of the encoding, and what to do with bytes it does not know.

    A UTF-8 file that was cut inside a character, or holds a few damaged bytes,
    stays UTF-8; only where damaged places outnumber good ones is it cp1252.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", "replace"
    if data.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig", "replace"
    sample = data[:2048]
    if len(sample) >= 4:
        half = len(sample) // 2
        if sample[1::2].count(0) > 0.4 * half and sample[0::2].count(0) < 0.1 * half:
            return "utf-16-le", "replace"
        if sample[0::2].count(0) > 0.4 * half and sample[1::2].count(0) < 0.1 * half:
            return "utf-16-be", "replace"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        cut_off = error.start >= len(data) - 3
        text = data.decode("utf-8", "replace")
        damaged = text.count("\ufffd")
        good = len(text) - len(text.encode("ascii", "ignore")) - damaged
        if damaged > good and not cut_off:
            return "cp1252", "replace"
    return "utf-8-sig", "replace"


def decode_text(data: bytes) -> str:
    """The text of a file, without a byte order mark."""
    encoding, errors = detect_encoding(data)
    return data.decode(encoding, errors).removeprefix("\ufeff")


def normalise_header(text: str) -> str:
    """A column name as it is compared: lower case, single blanks, "-" and "_" as blanks."""
    plain = text.replace("\ufeff", "").replace("_", " ").replace("-", " ")
    return " ".join(plain.casefold().split())


@dataclass(frozen=True)
class CsvHeader:
    """The first row of a CSV file and how its fields are parted."""

    names: tuple[str, ...]
    """Column names through :func:`normalise_header`."""
    delimiter: str

    @property
    def decimal_comma(self) -> bool:
        """Whether numbers may be written with a comma: a spreadsheet that parts by ";" does."""
        return self.delimiter == ";"


def read_csv_header(data: bytes) -> CsvHeader | None:
    """The header of a CSV file, or None where there is not one with two fields."""
    text = decode_text(data[:_HEAD_BYTES])
    if text.lstrip()[:1] in ("{", "[", "<", ""):
        return None
    lines = io.StringIO(text, newline="")
    best: CsvHeader | None = None
    try:
        start = _skip_hint(lines)
        for delimiter in DELIMITERS:
            lines.seek(start)
            row = next((row for row in csv.reader(lines, delimiter=delimiter) if row), [])
            names = tuple(normalise_header(name) for name in row)
            if len(names) > (len(best.names) if best else 1):
                best = CsvHeader(names, delimiter)
    except csv.Error:
        return None
    return best


def _skip_hint(lines: io.StringIO | io.TextIOWrapper) -> int:
    """Pass over Excel's ``sep=;`` line; returns the place after it."""
    start = lines.tell()
    first = lines.readline().strip().removeprefix("\ufeff").strip('"').casefold()
    if first.startswith("sep=") and len(first) <= 5:
        return lines.tell()
    lines.seek(start)
    return start


@dataclass(frozen=True)
class CsvChunk:
    """Some rows of a CSV file, each with as many fields as the header."""

    lines: Sequence[int]
    """The line of the file in which each row begins, from 1."""
    columns: dict[str, Sequence[str]]
    """Fields by header name; of two columns of one name the first counts."""

    def __len__(self) -> int:
        return len(self.lines)

    def get_column(self, name: str | None) -> Sequence[str]:
        """The fields of a column; empty text for a column that is not there."""
        return [""] * len(self) if name is None else self.columns[name]


@dataclass
class CsvReading:
    """Reads one CSV file in chunks and counts the rows that are none."""

    data: bytes
    complaints: Complaints
    quoted: bool = True
    """Whether a quotation mark at the begin of a field encloses it."""
    rejected: int = 0
    """Rows with too few or too many fields so far."""

    def __post_init__(self) -> None:
        header = read_csv_header(self.data)
        if header is None:
            raise UnreadableFile(
                "The file has no header row of column names. Export it again and hand it in "
                "without changing it."
            )
        self.header = header

    def read_chunks(
        self, size: int = CHUNK_ROWS, progress: Progress = no_progress
    ) -> Iterator[CsvChunk]:
        """The rows after the header; blank lines are passed over.

        Args:
            size: Rows of a chunk at most.
            progress: Told the share of the file that is read, chunk by chunk.
        """
        encoding, errors = detect_encoding(self.data)
        raw = io.BytesIO(self.data)
        with io.TextIOWrapper(raw, encoding=encoding, errors=errors, newline="") as stream:
            skipped = 1 if _skip_hint(stream) else 0
            lines: list[int] = []
            rows: list[list[str]] = []
            for line, row in self._read_rows(stream, skipped):
                lines.append(line)
                rows.append(row)
                if len(rows) == size:
                    progress(raw.tell() / len(self.data), f"Reading line {line:,}")
                    yield self._build_chunk(lines, rows)
                    lines, rows = [], []
            if rows:
                yield self._build_chunk(lines, rows)

    def _read_rows(self, stream: io.TextIOWrapper, skipped: int) -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(
            stream,
            delimiter=self.header.delimiter,
            quoting=csv.QUOTE_MINIMAL if self.quoted else csv.QUOTE_NONE,
        )
        expected = len(self.header.names)
        header_seen = False
        while True:
            line = reader.line_num + skipped + 1
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                self._reject(line, reader.line_num + skipped, f"cannot be parted ({error})")
                continue
            if not row or (len(row) == 1 and not row[0].strip()):
                continue
            if not header_seen:
                header_seen = True
                continue
            if len(row) > expected and not any(field.strip() for field in row[expected:]):
                del row[expected:]
            if len(row) == expected:
                yield line, row
            else:
                count = f"has {len(row)} fields where the header has {expected}"
                self._reject(line, reader.line_num + skipped, count)

    def _reject(self, first: int, last: int, what: str) -> None:
        self.rejected += 1
        where = f"line {first}" if last <= first else f"lines {first} to {last}"
        self.complaints.add(
            where, f"The row {what}. Perhaps a quote or a delimiter is missing, or it was cut."
        )

    def _build_chunk(self, lines: list[int], rows: list[list[str]]) -> CsvChunk:
        columns: dict[str, Sequence[str]] = {}
        for name, fields in zip(self.header.names, zip(*rows, strict=True), strict=True):
            columns.setdefault(name, fields)
        return CsvChunk(lines, columns)
