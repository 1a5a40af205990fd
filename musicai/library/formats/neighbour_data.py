"""What many listeners play: rows of ``listener, artist or track, count``.

Known: any table with such columns, the Last.fm 360K layout without a header (a
listener's SHA-1, an artist's MusicBrainz id, the name, plays), and HetRec 2011's
``lastfm-2k``, whose numbers, names, tags and friends lie in files of their own.
Listeners become numbers while reading: their names are kept nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from musicai.core.errors import UnreadableFile
from musicai.data.neighbour_data import PackTables
from musicai.data.parsed import PackPart, ParsedFile, Problem, ReadOptions, Source
from musicai.data.text_keys import normalise, title_key
from musicai.library.formats.csv_text import CsvChunk, CsvReading, decode_text, read_csv_header
from musicai.library.formats.fields import Complaints, clean_artist, clean_text
from musicai.library.formats.tracks import parse_numbers

NAME = "neighbours"

LISTENER = ("listener", "user", "user id", "userid", "username", "user name", "user sha1")
ARTIST = ("artist", "artist name", "artistname", "artists")
TITLE = ("track", "track name", "trackname", "title", "song", "recording name")
COUNT = ("plays", "count", "playcount", "play count", "total plays", "weight", "listens")

HETREC: dict[tuple[str, ...], str] = {
    ("userid", "artistid", "weight"): "listens",
    ("id", "name", "url"): "names",
    ("tagid", "tagvalue"): "tag names",
    ("userid", "artistid", "tagid"): "tagged",
    ("userid", "friendid"): "friends",
}
"""First columns of the files of HetRec's layout, and what the rows of each say."""

MAX_COUNT = 1e7
"""More plays of one thing by one listener are taken for a mistake."""

HEADERLESS = ("user sha1", "artist mbid", "artist name", "plays")
"""The columns of the Last.fm 360K layout."""

_HEADERLESS_ROW = re.compile(r"[0-9a-f]{40}\t[0-9a-f-]{0,36}\t[^\t\r\n]*\t\d+\r?")

_NOT_NUMBERS = "holds something else than whole numbers where the ids belong"


# --- recognising ----------------------------------------------------------------------


def _find_hetrec_role(names: Sequence[str]) -> str | None:
    return next(
        (role for first, role in HETREC.items() if tuple(names[: len(first)]) == first), None
    )


def _map_columns(names: Sequence[str]) -> dict[str, str | None] | None:
    """Column by meaning of a table of counts; None for any other table."""
    there = set(names)

    def find_first(aliases: Iterable[str]) -> str | None:
        return next((alias for alias in aliases if alias in there), None)

    found = {
        "listener": find_first(LISTENER),
        "artist": find_first(ARTIST),
        "title": find_first(TITLE),
        "count": find_first(COUNT),
    }
    needed = all(found[name] for name in ("listener", "artist", "count"))
    return found if needed and len(there) <= len(HEADERLESS) + 2 else None


def _is_headerless(head: bytes) -> bool:
    return _HEADERLESS_ROW.fullmatch(decode_text(head[:4096]).split("\n", 1)[0]) is not None


def sniff(head: bytes) -> bool:
    """A table of counts, or one of HetRec's files."""
    if _is_headerless(head):
        return True
    header = read_csv_header(head)
    if header is None:
        return False
    return _find_hetrec_role(header.names) is not None or _map_columns(header.names) is not None


# --- reading --------------------------------------------------------------------------


def parse(data: bytes, file: str, options: ReadOptions) -> ParsedFile:
    """The rows as one part of a pack.

    Raises:
        UnreadableFile: the file has no header and is not in a layout without one.
    """
    complaints = Complaints(file)
    if _is_headerless(data):
        data = "\t".join(HEADERLESS).encode() + b"\n" + data
    # names in these files hold single quotation marks that open nothing
    tabs = (header := read_csv_header(data)) is not None and header.delimiter == "\t"
    reading = CsvReading(data, complaints, quoted=not tabs)
    role = _find_hetrec_role(reading.header.names)
    rows = _Counts(complaints, reading) if role is None else _HetrecRows(complaints, reading, role)
    for chunk in reading.read_chunks():
        rows.take(chunk)
    if not rows.read + reading.rejected:
        complaints.add("", "The table has no rows below its header. Download it again.")
    return ParsedFile(
        file=file,
        format=NAME,
        kind="neighbours",
        pack=PackPart(role or "counts", rows.build_frame()),
        read=rows.read + reading.rejected,
        rejected=rows.rejected + reading.rejected,
        problems=complaints.list_problems(),
    )


@lru_cache(maxsize=200_000)
def _clean_artist_field(text: str) -> str:
    return clean_artist(text)


@lru_cache(maxsize=200_000)
def _clean_title(text: str) -> str:
    return clean_text(text)


class _Rows:
    """Rows of one file as they come, and those that are none."""

    def __init__(self, complaints: Complaints, reading: CsvReading) -> None:
        self.complaints = complaints
        self.decimal_comma = reading.header.decimal_comma
        self.read = 0
        self.rejected = 0
        self.parts: list[pd.DataFrame] = []

    def keep(self, chunk: CsvChunk, values: pd.DataFrame, checks: dict[str, np.ndarray]) -> None:
        """Keep the rows that pass all checks; name the others."""
        self.read += len(chunk)
        bad = np.zeros(len(chunk), dtype=bool)
        for what, failed in checks.items():
            for place in np.flatnonzero(failed & ~bad).tolist():
                self.complaints.add(
                    f"line {chunk.lines[place]}", f"The row {what}; it was left out."
                )
            bad |= failed
        self.rejected += int(bad.sum())
        self.parts.append(values[~bad])

    def build_frame(self) -> pd.DataFrame:
        """The rows that were kept."""
        return pd.concat(self.parts, ignore_index=True) if self.parts else pd.DataFrame()


class _Counts(_Rows):
    """A table of ``listener, artist[, title], count``."""

    def __init__(self, complaints: Complaints, reading: CsvReading) -> None:
        super().__init__(complaints, reading)
        found = _map_columns(reading.header.names)
        if found is None:
            raise UnreadableFile(
                "The table has no columns for a listener, an artist and a count. Name its columns "
                "listener, artist and plays, then import it again."
            )
        self.columns = found
        self.listeners: dict[str, int] = {}

    def take(self, chunk: CsvChunk) -> None:
        """Sort the rows of a chunk out."""
        who = [text.strip() for text in chunk.get_column(self.columns["listener"])]
        artists = [_clean_artist_field(text) for text in chunk.get_column(self.columns["artist"])]
        titles = [_clean_title(text) for text in chunk.get_column(self.columns["title"])]
        counts = parse_numbers(
            chunk.get_column(self.columns["count"]), decimal_comma=self.decimal_comma
        )
        checks = {
            "names no listener": np.array([not text for text in who], dtype=bool),
            "names no artist": np.array([not text for text in artists], dtype=bool),
            f"has no believable count (above 0, at most {MAX_COUNT:,.0f})": ~(
                (counts > 0) & (counts <= MAX_COUNT)
            ),
        }
        if self.columns["title"]:
            checks["names no track"] = np.array([not text for text in titles], dtype=bool)
        codes = [self.listeners.setdefault(text, len(self.listeners)) for text in who]
        values = pd.DataFrame(
            {"listener": codes, "artist": artists, "title": titles, "count": counts}
        )
        self.keep(chunk, values, checks)


class _HetrecRows(_Rows):
    """One of HetRec's files: ids, and what they stand for."""

    def __init__(self, complaints: Complaints, reading: CsvReading, role: str) -> None:
        super().__init__(complaints, reading)
        first = next(columns for columns, name in HETREC.items() if name == role)
        self.role = role
        self.columns = first

    def take(self, chunk: CsvChunk) -> None:
        """Sort the rows of a chunk out."""
        if self.role in ("names", "tag names"):
            return self._take_names(chunk)
        values = pd.DataFrame(
            {
                name: parse_numbers(chunk.get_column(name), decimal_comma=self.decimal_comma)
                for name in self.columns
            }
        )
        ids = [name for name in self.columns if name != "weight"]
        whole = (values[ids] >= 0) & (values[ids] % 1 == 0) & (values[ids] < 2**31)
        checks = {_NOT_NUMBERS: ~whole.all(axis=1).to_numpy()}
        if self.role == "listens":
            weight = values["weight"].to_numpy()
            checks[f"has no believable count (above 0, at most {MAX_COUNT:,.0f})"] = ~(
                (weight > 0) & (weight <= MAX_COUNT)
            )
        return self.keep(chunk, values, checks)

    def _take_names(self, chunk: CsvChunk) -> None:
        ids = parse_numbers(chunk.get_column(self.columns[0]), decimal_comma=False)
        make = _clean_artist_field if self.role == "names" else _clean_title
        names = [make(text) for text in chunk.get_column(self.columns[1])]
        checks = {
            _NOT_NUMBERS: ~((ids >= 0) & (ids % 1 == 0) & (ids < 2**31)),
            "holds no name": np.array([not text for text in names], dtype=bool),
        }
        self.keep(chunk, pd.DataFrame({"id": ids, "name": names}), checks)


# --- putting together -----------------------------------------------------------------


def assemble_pack(parts: Sequence[ParsedFile]) -> tuple[PackTables | None, tuple[ParsedFile, ...]]:
    """One pack from the files of one folder, or from a table of counts alone.

    Returns:
        The pack, None where nothing of it can be used; and the files, those rows
        rejected that name what no other file explains.
    """
    by_role = {one.pack.role: one for one in parts if one.pack is not None}
    if "counts" in by_role:
        one = by_role["counts"]
        assert one.pack is not None
        return _build_from_counts(one.pack.rows), (one,)
    return _Hetrec(by_role).build_pack()


def _build_from_counts(rows: pd.DataFrame) -> PackTables | None:
    if rows.empty:
        return None
    titled = bool((rows["title"] != "").any())
    keys = [normalise(name) for name in rows["artist"]]
    if titled:
        keys = [f"{by}\t{title_key(t)}" for by, t in zip(keys, rows["title"], strict=True)]
    item, uniques = pd.factorize(np.array(keys, dtype=object))
    first = np.full(len(uniques), len(rows), dtype=np.intp)
    np.minimum.at(first, item, np.arange(len(rows)))
    items = rows.iloc[first][["artist", "title"]]
    return PackTables.validate(
        items, _sum_listens(rows["listener"].to_numpy(), item, rows["count"])
    )


def _sum_listens(listener: np.ndarray, item: np.ndarray, count: pd.Series) -> pd.DataFrame:
    """One row a listener and item; listeners numbered from 0 on in the order of their codes."""
    _, codes = np.unique(listener, return_inverse=True)
    frame = pd.DataFrame({"listener": codes, "item": item, "count": count.to_numpy()})
    return frame.groupby(["listener", "item"])["count"].sum().reset_index()


class _Hetrec:
    """HetRec's files, joined by their numbers."""

    def __init__(self, files: dict[str, ParsedFile]) -> None:
        self.files = dict(files)

    def get_rows(self, role: str) -> pd.DataFrame:
        """The rows of a file; empty where there is none."""
        one = self.files.get(role)
        if one is None or one.pack is None or one.pack.rows.empty:
            columns = next(columns for columns, name in HETREC.items() if name == role)
            named = ("id", "name") if role in ("names", "tag names") else columns
            return pd.DataFrame({name: pd.Series(dtype=float) for name in named})
        return one.pack.rows

    def build_pack(self) -> tuple[PackTables | None, tuple[ParsedFile, ...]]:
        names = self.get_rows("names").drop_duplicates("id")
        key, uniques = pd.factorize(
            np.array([normalise(str(name)) for name in names["name"]], dtype=object)
        )
        item_of = pd.Series(key, index=names["id"].to_numpy())
        listens = self._keep_known("listens", "artistid", item_of, "artists.dat")
        if listens.empty:
            for role in self.files:
                self._reject_all(role, "user_artists.dat with artists.dat")
            return None, tuple(self.files.values())
        people = np.unique(listens["userid"].to_numpy())
        counts = _sum_listens(
            listens["userid"].to_numpy(), listens["item"].to_numpy(), listens["weight"]
        )
        first = names.assign(item=key).drop_duplicates("item")
        items = pd.DataFrame({"artist": first["name"].to_numpy(), "title": ""})
        assert len(items) == len(uniques)
        pack = PackTables.validate(
            items, counts, self._build_tags(item_of), self._build_friends(people)
        )
        return pack, tuple(self.files.values())

    def _build_tags(self, item_of: pd.Series) -> pd.DataFrame:
        tags = self.get_rows("tag names").drop_duplicates("id").set_index("id")["name"]
        tagged = self._keep_known("tagged", "artistid", item_of, "artists.dat")
        known = tagged["tagid"].isin(tags.index)
        self._reject("tagged", int((~known).sum()), "tags.dat")
        tagged = tagged[known]
        said = pd.DataFrame(
            {
                "item": tagged["item"],
                "tag": tagged["tagid"].map(tags).astype(str).str.casefold(),
                "who": tagged["userid"],
            }
        )
        return said.groupby(["item", "tag"])["who"].nunique().reset_index(name="listeners")

    def _build_friends(self, people: np.ndarray) -> pd.DataFrame:
        rows = self.get_rows("friends")
        known = rows["userid"].isin(people) & rows["friendid"].isin(people)
        self._reject("friends", int((~known).sum()), "user_artists.dat")
        ends = np.searchsorted(people, rows[known][["userid", "friendid"]].to_numpy())
        ends = np.sort(ends.reshape(-1, 2), axis=1)
        pairs = pd.DataFrame(ends, columns=["listener", "friend"])
        return pairs[pairs["listener"] != pairs["friend"]].drop_duplicates(ignore_index=True)

    def _keep_known(self, role: str, column: str, known: pd.Series, where: str) -> pd.DataFrame:
        """The rows whose id is explained, with the ``item`` it stands for."""
        rows = self.get_rows(role)
        there = rows[column].isin(known.index)
        self._reject(role, int((~there).sum()), where)
        rows = rows[there]
        return rows.assign(item=rows[column].map(known).astype(np.int64))

    def _reject_all(self, role: str, lacking: str) -> None:
        one = self.files[role]
        kept = one.read - one.rejected
        self._reject(role, kept, lacking)

    def _reject(self, role: str, lost: int, where: str) -> None:
        """Note rows that name what no other file explains."""
        if not lost or role not in self.files:
            return
        one = self.files[role]
        why = (
            f"They name what {where} does not explain. Hand in all files of the pack together, in "
            "one folder or zip."
        )
        self.files[role] = replace(
            one,
            rejected=one.rejected + lost,
            problems=(*one.problems, Problem(one.file, f"{lost:,} rows", why)),
        )


SOURCE = Source(name=NAME, label="What other listeners play", sniff=sniff, parse=parse)
