"""Files of user–item pairs, in the layouts that public splits come in.

*Pairs*: one pair a line, user and item in the first two columns, apart by spaces, tabs or
commas, with a header or without one; further columns (ratings, times, titles) are not read.

*Lists*, as LightGCN's code has them: one line a user, ``user item item item …``. A file is
read so where its lines differ in their number of columns, none of its first 1,000 users has
two lines, and the cells after the user look alike (digits, or a prefix and digits, or ids of
one length); a table of pairs with a title that holds commas is none of that. The layout is
told from the training file and serves the other files, too, as each user may have equally
many test items.
"""

from __future__ import annotations

import csv
import logging
import re
from array import array
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from musicai.core.errors import DataError
from musicai.data.library import IntArray

logger = logging.getLogger(__name__)

SAMPLE = 1_000
"""Lines from which a layout is told."""

CHUNK = 1_000_000
"""Rows that are read at once: texts are wide, codes are not."""

_NAMES = re.compile(
    r"[#%]?\s*(org|remap|orig|raw)?_?(users?|listeners?|members?|accounts?|customers?|sessions?"
    r"|playlists?|reviewers?|items?|artists?|tracks?|songs?|movies?|books?|products?|business"
    r"|[uis])?[ _-]?(ids?|idx|index|names?|key|no)?(:\w+)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Layout:
    """How a file is to be read."""

    separator: str
    """A comma, a tab, or ``\\s+``."""
    lists: bool
    """Whether a line is a user and all of the user's items."""


@dataclass(frozen=True)
class Pairs:
    """The pairs of a file, each once, in the order of the file."""

    users: tuple[str, ...]
    items: tuple[str, ...]
    user: IntArray
    """(n,) positions in ``users``."""
    item: IntArray
    """(n,) positions in ``items``."""

    def __len__(self) -> int:
        return len(self.user)


def layout_of(path: Path) -> Layout:
    """What the file's first lines look like."""
    lines = _first_lines(path)
    first = lines[0] if lines else ""
    separator = "," if "," in first else "\t" if "\t" in first else r"\s+"
    rows = [_cells(line, separator) for line in lines]
    users = {row[0] for row in rows}
    lengths = {len(row) for row in rows}
    varied = len(lengths) > 1 and max(lengths) > 2
    lists = (
        varied and len(users) == len(rows) and _alike([cell for row in rows for cell in row[1:]])
    )
    return Layout(separator, lists)


def read_pairs(path: Path, layout: Layout | None = None) -> Pairs:
    """The file's pairs; rows without two values are counted and left out.

    Raises:
        DataError: the file holds no pair.
    """
    layout = layout or layout_of(path)
    ids = _Ids()
    if layout.lists:
        _read_lists(path, layout.separator, ids)
    else:
        _read_table(path, layout.separator, ids)
    user, item = (np.frombuffer(codes, dtype=np.int32) for codes in (ids.user, ids.item))
    if not len(user):
        raise DataError(f"{path} holds no pair of user and item in its first two columns.")
    key = user.astype(np.int64) * len(ids.items) + item
    once = np.sort(np.unique(key, return_index=True)[1])
    logger.info(
        "%s: %d pairs, %d rows without two values, %d repeated",
        path.name,
        len(once),
        ids.incomplete,
        len(key) - len(once),
    )
    return Pairs(tuple(ids.users), tuple(ids.items), user[once], item[once])


class _Ids:
    """Codes of ids in the order in which they come."""

    def __init__(self) -> None:
        self.users: dict[str, int] = {}
        self.items: dict[str, int] = {}
        self.user, self.item = array("i"), array("i")
        self.incomplete = 0

    def add(self, user: pd.Series, item: pd.Series) -> None:
        """Take in rows of a table."""
        coded = [_codes(user, self.users), _codes(item, self.items)]
        whole = (coded[0] >= 0) & (coded[1] >= 0)
        self.incomplete += int((~whole).sum())
        self.user.frombytes(coded[0][whole].tobytes())
        self.item.frombytes(coded[1][whole].tobytes())


def _codes(values: pd.Series, known: dict[str, int]) -> npt.NDArray[np.int32]:
    """(n,) codes, −1 for an empty value; ``known`` grows."""
    code, texts = pd.factorize(values)
    place = np.full(len(texts) + 1, -1, dtype=np.int32)  # the last for what is missing
    for at, text in enumerate(texts):
        cleaned = str(text).strip().strip('"').strip()
        if cleaned:
            place[at] = known.setdefault(cleaned, len(known))
    return place[code]


def _read_table(path: Path, separator: str, ids: _Ids) -> None:
    lines = [_cells(line, separator) for line in _first_lines(path)]
    reader = pd.read_csv(
        path,
        sep=separator,
        header=None,
        skiprows=1 if _has_header(lines) else 0,
        usecols=[0, 1],
        names=["user", "item"],
        dtype=str,
        keep_default_na=False,
        encoding="utf-8-sig",
        encoding_errors="replace",
        on_bad_lines="skip",
        quoting=csv.QUOTE_MINIMAL if separator == "," else csv.QUOTE_NONE,
        chunksize=CHUNK,
    )
    try:
        with reader:
            for frame in reader:
                ids.add(frame["user"], frame["item"])
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise DataError(f"{path} cannot be read as a table of user and item: {error}.") from error


def _read_lists(path: Path, separator: str, ids: _Ids) -> None:
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        for line in file:
            cells = _cells(line, separator)
            if len(cells) < 2:
                ids.incomplete += bool(cells)
                continue
            user = ids.users.setdefault(cells[0], len(ids.users))
            ids.user.extend([user] * (len(cells) - 1))
            ids.item.extend([ids.items.setdefault(c, len(ids.items)) for c in cells[1:]])


# --- telling layouts apart ------------------------------------------------------------


def _first_lines(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        return [line for line in islice(file, SAMPLE) if line.strip()]


def _cells(line: str, separator: str) -> list[str]:
    if separator == r"\s+":
        return line.split()
    cells = [cell.strip() for cell in line.strip().split(separator)]
    return [cell for cell in cells if cell] if separator == "\t" else cells


def _has_header(rows: list[list[str]]) -> bool:
    """Whether the first row names columns: in known words, or alone without digits."""
    if not rows or len(rows[0]) < 2:
        return False
    first = [cell.strip('"') for cell in rows[0][:2]]
    if all(cell and _NAMES.fullmatch(cell) for cell in first):
        return True
    digits = [all(re.search(r"\d", cell) for cell in row[:2]) for row in rows[1:]]
    return bool(digits) and all(digits) and not any(re.search(r"\d", cell) for cell in first)


def _alike(cells: list[str]) -> bool:
    """Whether all cells have one shape: ids of one kind, and no titles or comments."""
    shapes = {re.sub(r"\d+", "0", cell) for cell in cells}
    return len(shapes) == 1 or len({len(cell) for cell in cells}) == 1
