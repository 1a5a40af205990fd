"""Last.fm as people export it: three kinds of CSV, and two of JSON.

* lastfm.ghan.nl: ``uts,utc_time,artist,…``; the epoch seconds count. Its JSON is an array of
  pages, each with tracks, as ``user.getRecentTracks`` of the API gives them.
* lastfm-to-csv (benjaminbenben): no header, ``artist,album,track,date``; UTC, to the minute.
* lastfmstats.com: ``Artist;Album;AlbumId;Track;Date#user``, epoch milliseconds; or the same
  fields as JSON, ``{"username": …, "scrobbles": […]}``.

Who listened is never taken.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from typing import Any

from musicai.data.parsed import ParsedFile, ReadOptions, Source
from musicai.library.formats.csv_text import CsvReading, decode_text, read_csv_header
from musicai.library.formats.fields import Complaints
from musicai.library.formats.json_rows import read_array_rows, read_first_object
from musicai.library.formats.scrobbles import Scrobbles, parse_epoch, read_table_rows

NAME = "lastfm"

HEADLESS = ("artist", "album", "track", "date")
"""The columns of a file without a header."""

_LOOKS = 4
"""Rows that are looked at to tell what a file is."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WRITTEN = re.compile(r"(\d{1,2}) (\w{3}) (\d{4}),? (\d{1,2}):(\d{2})", re.ASCII)
_OF_STATS = re.compile(r'\{\s*"username"\s*:\s*"[^"]{0,200}"\s*,\s*"scrobbles"\s*:\s*(?=\[)')
_ISO = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d)?(?:Z|\+00:00)?", re.ASCII)


@lru_cache(maxsize=20_000)
def parse_written_time(text: str) -> int:
    """Seconds since 1970 of "14 Nov 2023, 22:13" in UTC; −1 for none."""
    match = _WRITTEN.fullmatch(text.strip())
    if match is None or match[2].lower() not in _MONTHS:
        return -1
    day, year, hour, minute = (int(match[part]) for part in (1, 3, 4, 5))
    try:
        month = _MONTHS.index(match[2].lower()) + 1
        return int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp())
    except ValueError:
        return -1


def parse_time(text: str) -> int:
    """Seconds since 1970 of a date in any form that tables of scrobbles have; −1 for none."""
    seconds = parse_epoch(text)
    if seconds < 0:
        seconds = parse_written_time(text)
    if seconds < 0 and _ISO.fullmatch(text.strip()):
        try:
            seconds = int(datetime.fromisoformat(text.strip()).replace(tzinfo=UTC).timestamp())
        except ValueError:
            return -1
    return seconds


def sniff(head: bytes) -> bool:
    """A header of one of the exporters, rows of four whose last is a date, or the JSON."""
    header = read_csv_header(head)
    columns = _map_columns(header.names) if header else None
    if columns is not None:
        return columns[-1] == "uts" or _has_times(head, columns)
    return _is_headless(head) or _is_json(head)


def _map_columns(names: Sequence[str]) -> tuple[str | None, ...] | None:
    """The columns of artist, album, track and time; None if the header is no such one.

    lastfmstats.com writes the user's name behind the time's: "Date#name".
    """
    times = [name for name in names if name in ("uts", "date") or name.startswith("date#")]
    if not times or not {"artist", "track"} <= set(names):
        return None
    time = "uts" if "uts" in times else times[0]
    return ("artist", "album" if "album" in names else None, "track", time)


def _has_times(head: bytes, columns: Sequence[str | None]) -> bool:
    """Whether the dates are times of plays: a table of tracks may have days of release."""
    reading = CsvReading(head, Complaints(""))
    rows = list(islice(read_table_rows(reading, columns), _LOOKS))
    return not rows or any(parse_time(fields[-1]) > 0 for _, fields in rows)


def _is_headless(head: bytes) -> bool:
    text = decode_text(head)
    if text.lstrip()[:1] in ("{", "[", "<", "#", ""):
        return False
    try:
        rows = list(islice(filter(None, csv.reader(io.StringIO(text, newline=""))), _LOOKS))
    except csv.Error:
        return False
    dates = [row[3].strip() for row in rows if len(row) == len(HEADLESS)]
    if not rows or len(rows[0]) != len(HEADLESS) or 2 * len(dates) <= len(rows):
        return False
    if dates[0] and parse_written_time(dates[0]) < 0:
        return False  # a header of other columns
    dated = [date for date in dates if date]
    return sum(parse_written_time(date) > 0 for date in dated) >= max(1, min(2, len(dated)))


def _is_json(head: bytes) -> bool:
    text = decode_text(head).lstrip("\0 \t\r\n")
    if text.startswith("{"):
        begin = _OF_STATS.match(text)
        text = text[begin.end() :] if begin else ""
    value = read_first_object(text.encode("utf-8", "replace")) if text.startswith("[") else None
    first = _list_tracks(value)[0] if value and value.get("track") != [] else None
    if not isinstance(first, dict):
        return False
    of_api = "name" in first and isinstance(first.get("artist"), dict)
    of_stats = isinstance(first.get("track"), str) and isinstance(first.get("artist"), str)
    return (of_api and ("date" in first or "@attr" in first)) or (of_stats and "date" in first)


def parse(data: bytes, file: str, options: ReadOptions) -> ParsedFile:
    """The scrobbles; a row without a time is the one that was playing at the export.

    Raises:
        UnreadableFile: JSON that holds no array.
    """
    rows = Scrobbles(file, NAME, Complaints(file))
    if decode_text(data[:256]).lstrip("\0 \t\r\n")[:1] in ("[", "{"):
        for where, value in read_array_rows(data, rows, "scrobbles"):
            _take_page(rows, where, value)
        return rows.build_file()
    header = read_csv_header(data)
    columns = _map_columns(header.names) if header else None
    if columns is None:
        _take_headless(rows, data)
        return rows.build_file()
    reading = CsvReading(data, rows.complaints)
    for where, (artist, album, title, at) in read_table_rows(reading, columns):
        _take(rows, where, artist, title, at, album)
    rows.read += reading.rejected
    rows.rejected += reading.rejected
    return rows.build_file()


def _take_headless(rows: Scrobbles, data: bytes) -> None:
    reader = csv.reader(io.StringIO(decode_text(data), newline=""))
    while True:
        where = f"line {reader.line_num + 1}"
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            rows.refuse(where, f"cannot be parted ({error})")
            continue
        if len(row) == len(HEADLESS):
            artist, album, title, at = row
            _take(rows, where, artist, title, at, album)
        elif any(cell.strip() for cell in row):
            what = f"has {len(row)} fields where artist, album, track and date belong"
            rows.refuse(where, what)


def _take(rows: Scrobbles, where: str, artist: str, title: str, at: str, album: str) -> None:
    if at.strip():
        rows.add(where, artist, title, parse_time(at), album=album)
    else:
        rows.refuse(where, "has no time: it was playing while the list was exported")


def _take_page(rows: Scrobbles, where: str, page: Any) -> None:
    """One row of the array: a track, or a page of several."""
    tracks = _list_tracks(page)
    places = (f"{where}, track {number}" for number in range(1, len(tracks) + 1))
    for place, track in zip(places if len(tracks) > 1 else (where,), tracks, strict=False):
        if isinstance(track, dict):
            artist, album = _get_name(track.get("artist")), _get_name(track.get("album"))
            title = _get_name(track.get("name", track.get("track")))
            _take(rows, place, artist, title, _get_time(track), album)
        else:
            rows.refuse(place, "is no scrobble")


def _list_tracks(page: Any) -> list[Any]:
    inner = page.get("track") if isinstance(page, dict) else page
    if isinstance(inner, list):
        return inner
    return [inner if isinstance(inner, dict) else page]  # a page of one track has no list


def _get_time(track: dict[str, Any]) -> str:
    """The time as it is written; "" for the track that was playing."""
    marks, date = track.get("@attr"), track.get("date")
    if isinstance(marks, dict) and "nowplaying" in marks:
        return ""
    if isinstance(date, dict):
        date = date.get("uts")
    return str(date) if isinstance(date, str | int) and not isinstance(date, bool) else ""


def _get_name(value: Any) -> str:
    """A name, which the API wraps in an object."""
    if isinstance(value, dict):
        value = value.get("#text") or value.get("name")
    return value if isinstance(value, str) else ""


SOURCE = Source(name=NAME, label="Last.fm", sniff=sniff, parse=parse)
