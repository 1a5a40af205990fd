"""musicai's own export, read back: its CSV tables and its one JSON object.

The JSON is written one row a line, and such a file is read line by line: a damaged
line costs itself alone, and no second copy of the file is held. A file that another
program has laid out anew is read whole.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import orjson

from musicai.core.errors import UnreadableFile
from musicai.data.parsed import ParsedFile, ReadOptions, Source
from musicai.library.formats.csv_text import (
    CHUNK_ROWS,
    CsvChunk,
    CsvHeader,
    CsvReading,
    decode_text,
    normalise_header,
    read_csv_header,
)
from musicai.library.formats.musicai_rows import (
    LATER,
    NAME,
    TABLES,
    ChoiceRows,
    ItemRows,
    PlayRows,
    Rows,
    TrackFacts,
)

FORMAT = 2
"""Version of the export, in its manifest and in its JSON; raised when a column changes."""

_HEADERS = {
    frozenset(normalise_header(column) for column in columns if column not in lacking): name
    for name, columns in TABLES.items()
    for lacking in {(), LATER.get(name, ())}
}
_OBJECT = re.compile(r'\{\s*"musicai_export"\s*:\s*(\d{1,9})\b')
_SECTION = re.compile(rb'"(\w+)"\s*:\s*\[\s*(\]?)\s*,?')


def sniff(head: bytes) -> bool:
    """A header with exactly the columns of one table, or an object that says what it is."""
    return bool(_OBJECT.match(decode_text(head).lstrip()) or _find_table(read_csv_header(head)))


def parse(data: bytes, file: str, options: ReadOptions) -> ParsedFile:
    """All that the file holds: a part for each kind of rows, plays one for each source.

    Raises:
        UnreadableFile: it is no export, is damaged as a whole, or a newer musicai wrote it.
    """
    table = _find_table(read_csv_header(data))
    if table:
        reading = _Reading(file, "line")
        rows = reading.get_rows(table)
        lines = CsvReading(data, rows.complaints)
        for chunk in lines.read_chunks():
            rows.take(table, chunk)
        rows.rejected += lines.rejected
        return reading.build_result(table)
    if not data.lstrip().startswith(b"{"):  # saved again in another encoding
        data = decode_text(data).encode("utf-8", "replace")
    return _read_object(data.lstrip(), file)


def _find_table(header: CsvHeader | None) -> str:
    """Name of the table with this header, "" for none."""
    if header is None:
        return ""
    names = frozenset(header.names)
    return _HEADERS.get(names, "") if len(names) == len(header.names) else ""


class _Reading:
    """The rows of one file by table."""

    def __init__(self, file: str, unit: str) -> None:
        self._tracks = TrackFacts(file, unit)
        self._plays = PlayRows(file, unit)
        self._items = ItemRows(file, unit)
        self.choices = ChoiceRows(file, unit)

    def get_rows(self, table: str) -> Rows:
        """Where the rows of a table go."""
        by_name = {"tracks": self._tracks, "plays": self._plays, "playlists": self._items}
        return by_name.get(table, self.choices)

    def build_result(self, table: str = "") -> ParsedFile:
        """The parts that have rows or problems; where none has, an empty one for ``table``."""
        every = (self._tracks, self._plays, self._items, self.choices)
        parts = [part for rows in every for part in rows.build_parts()]
        first, *further = parts or [self.get_rows(table).create_empty()]
        return replace(first, further=tuple(further))


# --- JSON -----------------------------------------------------------------------------

_Row = tuple[str, int, object]
"""Table, line or number in the table, and the row; None for a damaged line."""


def _read_object(data: bytes, file: str) -> ParsedFile:
    match = _OBJECT.match(data[:1000].decode("utf-8", "replace"))
    if match is None:
        raise UnreadableFile(
            "This is no export of musicai. Hand in the zip or the JSON that `musicai export` made."
        )
    if int(match[1]) > FORMAT:
        raise UnreadableFile(
            f"A newer musicai wrote this export (format {match[1]}; this one reads up to "
            f"{FORMAT}). Update musicai, then import it again."
        )
    by_line = data[: data.find(b"\n") + 1].rstrip().endswith(b",")
    reading = _Reading(file, "line" if by_line else "row")
    _take_rows(reading, _read_row_lines(data, reading) if by_line else _load_other_rows(data))
    return reading.build_result()


def _read_row_lines(data: bytes, reading: _Reading) -> Iterator[_Row]:
    """The rows of a file with one row a line."""
    table, ended = "", False
    for number, line in enumerate(io.BytesIO(data), 1):
        text = line.strip()
        opening = _SECTION.fullmatch(text)
        if opening:
            table = "" if opening[2] else opening[1].decode()
        elif text in (b"]", b"],"):
            table = ""
        elif text in (b"}", b"]}"):
            ended = True
        elif text and number > 1:
            yield table, number, _load_json(text.removesuffix(b","))
    if not ended:
        why = "The file is cut off here; the rows before were read. Export it again."
        reading.choices.complaints.add("the end", why)


def _load_json(text: bytes) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _load_other_rows(data: bytes) -> Iterator[_Row]:
    """The rows of a file that is laid out in another way."""
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise UnreadableFile(
            f"The export is damaged or cut off ({error}). Hand it in as musicai wrote it."
        ) from error
    for table, rows in found.items():
        if isinstance(rows, list):
            for number, row in enumerate(rows, 1):
                yield table, number, row


def _take_rows(reading: _Reading, rows: Iterable[_Row]) -> None:
    """Hand the rows on in chunks of one table."""
    waiting: list[tuple[int, dict[str, Any]]] = []
    current = ""
    for table, number, row in rows:
        if waiting and (table != current or len(waiting) == CHUNK_ROWS):
            reading.get_rows(current).take(current, _build_chunk(current, waiting))
            waiting = []
        current = table
        if table not in TABLES:
            why = "stands in no table that this musicai knows"
            reading.choices.reject(table or "no table", number, why)
        elif not isinstance(row, dict) or any(isinstance(v, list | dict) for v in row.values()):
            reading.get_rows(table).reject(table, number, "is damaged or none of this table")
        else:
            waiting.append((number, row))
    if waiting:
        reading.get_rows(current).take(current, _build_chunk(current, waiting))


def _build_chunk(table: str, rows: Sequence[tuple[int, dict[str, Any]]]) -> CsvChunk:
    """JSON rows as the fields that a CSV would have."""
    return CsvChunk(
        [number for number, _ in rows],
        {
            normalise_header(name): [_to_field(row.get(name)) for _, row in rows]
            for name in TABLES[table]
        },
    )


def _to_field(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


SOURCE = Source(
    name=NAME, label="musicai's own export (zip, CSV or JSON)", sniff=sniff, parse=parse
)
