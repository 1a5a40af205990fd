"""Recordings that MusicBrainz merged, or takes for one: their ids → the canonical one.

The canonical dump's table ``canonical_recording_redirect.csv`` (CC0) has a row for each id that
is not canonical. What is measured of a recording may stand under any of its ids.
"""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from musicai.open_data import values

MEMBER = "canonical_recording_redirect.csv"
COLUMNS = ("recording_mbid", "canonical_recording_mbid")


class Redirects:
    """Collects the ids of wanted recordings from the table as it streams by.

    Args:
        wanted: Ids, canonical or not.
    """

    def __init__(self, wanted: Iterable[str] = ()) -> None:
        self.aliases: dict[str, str] = {}
        """Id → the canonical one, for every other id of a wanted recording."""
        self.met = False
        """Whether the dump has the table."""
        self.again = False
        """Whether rows that went by may have been wanted: the table is to be read once more."""
        self._wanted = set(wanted)
        self._value_set: pa.Array | None = None

    def want(self, ids: Iterable[str]) -> None:
        """Look for these as well from now on."""
        new = set(ids) - self._wanted
        if new:
            self._wanted |= new
            self._value_set = None
            self.again = self.again or self.met

    def take(self, table: pa.Table) -> None:
        """Keep what concerns the wanted ones; columns ``COLUMNS``."""
        self.met = True
        if self._value_set is None:
            self._value_set = pa.array(sorted(self._wanted), pa.string())
        alias, canonical = (pc.is_in(table[name], value_set=self._value_set) for name in COLUMNS)
        for row in table.filter(pc.or_(alias, canonical)).to_pylist():
            one, to = (values.mbid(row[name]) for name in COLUMNS)
            if one and to and one != to:
                self.aliases[one] = to
                self.want([to])  # its other ids may have stood before this row

    def canonical(self, mbid: str) -> str:
        """The canonical id; the id itself where no row speaks of it."""
        return self.aliases.get(mbid, mbid)
