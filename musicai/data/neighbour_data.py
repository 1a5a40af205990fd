"""Neighbour packs: what other, real listeners play, by artist or by track.

A pack is handed in by the person as files of ``listener, artist or track, count``;
it never ships with musicai. It has no times and no names of listeners.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from musicai.core.errors import DataError, NotFound
from musicai.core.files import atomic_write
from musicai.data.frames import conform, empty_frame

PACK_TABLES: Mapping[str, dict[str, str]] = {
    "items": {"artist": "str", "title": "str"},
    "listens": {"listener": "int32", "item": "int32", "count": "float32"},
    "tags": {"item": "int32", "tag": "str", "listeners": "int32"},
    "friends": {"listener": "int32", "friend": "int32"},
}
"""Columns of a pack's tables.

``items``: what is played; ``title`` is "" where the pack knows artists only. ``listens``:
``listener`` is a number from 0 on, ``item`` a row of ``items``, ``count`` > 0. ``tags``: how many
listeners gave a tag to an item. ``friends``: pairs of listeners, each once, the smaller first."""


@dataclass(frozen=True)
class PackTables:
    """The tables of one pack; see ``PACK_TABLES``."""

    items: pd.DataFrame
    listens: pd.DataFrame
    tags: pd.DataFrame
    friends: pd.DataFrame

    @classmethod
    def validate(
        cls,
        items: pd.DataFrame,
        listens: pd.DataFrame,
        tags: pd.DataFrame | None = None,
        friends: pd.DataFrame | None = None,
    ) -> PackTables:
        """The tables in their dtypes.

        Raises:
            DataError: a column is missing, or a row points outside its table.
        """
        given = {"items": items, "listens": listens, "tags": tags, "friends": friends}
        tables = {
            name: conform(
                empty_frame(columns) if (frame := given[name]) is None else frame,
                columns,
                f"neighbours' {name}",
            )
            for name, columns in PACK_TABLES.items()
        }
        for name in ("listens", "tags"):
            rows = tables[name]["item"]
            if len(rows) and not rows.between(0, len(items) - 1).all():
                raise DataError(
                    f"Table {name!r} of the neighbours names an item that is not there."
                )
        return cls(**tables)

    @property
    def n_listeners(self) -> int:
        """Listeners with at least one entry."""
        return int(self.listens["listener"].nunique())


def path_of(base: Path, table: str) -> Path:
    """Where a table of a pack lies; ``base`` is the path of its listens."""
    return base if table == "listens" else base.with_name(f"{base.stem}-{table}{base.suffix}")


def write_pack(base: Path, tables: PackTables) -> None:
    """Write the tables, each beside and renamed; the listens come last and make it whole."""
    for name in ("items", "tags", "friends", "listens"):
        frame: pd.DataFrame = getattr(tables, name)
        with atomic_write(path_of(base, name)) as beside:
            table = pa.Table.from_pandas(frame, preserve_index=False)
            pq.write_table(table, beside, write_page_checksum=True)


@dataclass(frozen=True)
class Pack:
    """A pack on disk; its tables are read when they are first asked for."""

    name: str
    base: Path
    """The Parquet file of its listens; the other tables lie beside it."""
    n_listeners: int

    @cached_property
    def tables(self) -> PackTables:
        """The tables.

        Raises:
            NotFound: a file is gone or damaged.
        """
        try:
            found = {
                name: pq.read_table(
                    path_of(self.base, name), page_checksum_verification=True
                ).to_pandas()
                for name in PACK_TABLES
            }
            return PackTables.validate(**found)
        except (OSError, pa.ArrowException, DataError) as error:
            raise NotFound(
                f"The neighbour pack {self.name!r} is gone or damaged. Import its files again to "
                "bring it back, or remove it on the Library page."
            ) from error
