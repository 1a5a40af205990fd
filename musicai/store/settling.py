"""Which plays count, where several sources tell of the owner's: reading and marking them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, Connection, ScalarSelect, func, select

from musicai.data.text_keys import title_key
from musicai.store import schema
from musicai.store.dedupe import Int64
from musicai.store.superseding import Played, is_possible, superseded

FEW_TRACKS = 5_000
"""So many tracks are named in the query; of more, the plays of all are read."""


@dataclass(frozen=True)
class Marks:
    """Plays whose mark is another one now: arrays of one length."""

    id: Int64
    import_id: Int64
    before: Int64
    """The import whose source was better so far, 0 where the play counted."""
    after: Int64
    """The import whose source is better now, 0 where the play counts."""

    def __len__(self) -> int:
        return len(self.id)

    def of(self, which: npt.NDArray[np.bool_] | slice) -> Marks:
        """Some of them."""
        return Marks(self.id[which], self.import_id[which], self.before[which], self.after[which])


_NONE = np.zeros(0, dtype=np.int64)

NO_MARKS = Marks(_NONE, _NONE, _NONE, _NONE)


def is_needed(connection: Connection, profile: str) -> bool:
    """Whether one of the owner's plays can be there twice, or was so far."""
    plays = schema.plays.c
    seen = connection.execute(
        select(plays.source, plays.superseded_by.is_not(None))
        .where(*_of_owner(_mine(profile, 0)))
        .distinct()
    ).all()
    return is_possible({source for source, _ in seen}) or any(marked for _, marked in seen)


def changes(
    connection: Connection,
    profile: str,
    importing: int = 0,
    tracks: Collection[int] | None = None,
    names: Mapping[int, str] | None = None,
) -> Marks:
    """What marking the owner's plays afresh changes.

    Args:
        connection: A transaction.
        profile: Whose plays.
        importing: The import that is being written, whose rows count already.
        tracks: Numbers of tracks of which something new is known: only plays of their titles
            can be concerned. None for all.
        names: Names that tracks without one are about to get.
    """
    mine = _mine(profile, importing)
    titles, places = _titles(connection, mine, names or {})
    plays = schema.plays.c
    where = _of_owner(mine)
    concerned = np.ones(len(titles), dtype=bool)
    if tracks is not None:
        concerned = np.isin(titles, titles[np.fromiter(tracks, dtype=np.int64)])
        if concerned.sum() <= FEW_TRACKS:
            where.append(plays.track.in_(np.flatnonzero(concerned).tolist()))
    holder = func.coalesce(plays.superseded_by, 0)
    columns = (plays.id, plays.import_id, holder, plays.source, plays.track, plays.played_at)
    table = schema.raw_integers(connection, select(*columns, plays.ms_played).where(*where))
    ids, imports, before, source, track, start, ms = table[:, concerned[table[4]]]
    best = superseded(Played(source, titles[track], start, ms, places[track]))
    after = np.where(best >= 0, imports[best], 0)
    return Marks(ids, imports, before, after).of(before != after)


def write(connection: Connection, marks: Marks) -> None:
    """Note the marks."""
    if len(marks):
        after = [value or None for value in marks.after.tolist()]
        connection.exec_driver_sql(
            "UPDATE plays SET superseded_by = ? WHERE id = ?",
            list(zip(after, marks.id.tolist(), strict=True)),
        )


def _mine(profile: str, importing: int) -> ScalarSelect[int]:
    imports = schema.imports.c
    mine = (imports.state == "visible") | (imports.id == importing)
    return select(imports.id).where(imports.profile == profile, mine).scalar_subquery()


def _of_owner(mine: ScalarSelect[int]) -> list[ColumnElement[bool]]:
    """Plays of the profile's owner, each row once."""
    plays, listeners = schema.plays.c, schema.listeners.c
    owner = select(listeners.code).where(listeners.name == "", listeners.import_id.in_(mine))
    return [
        plays.import_id.in_(mine),
        plays.duplicate == 0,
        plays.listener.in_(owner.distinct().scalar_subquery()),
    ]


def _titles(
    connection: Connection, mine: ScalarSelect[int], names: Mapping[int, str]
) -> tuple[Int64, Int64]:
    """By track number: a number for its normalised title, and its place among all by id.

    A track without a name has a title of its own.
    """
    c = schema.tracks.c
    rows = schema.raw_rows(
        connection,
        select(c.row, c.track_id, c.name).where(c.import_id.in_(mine)).order_by(c.import_id, c.id),
    )
    ids = {row: track_id for row, track_id, _ in rows}
    called: dict[int, str] = {}
    for row, _, name in rows:
        if name:
            called.setdefault(row, name)
    numbers: dict[str, int] = {}
    titles = np.full(max(ids, default=-1) + 1, -1, dtype=np.int64)
    for row, track_id in ids.items():
        name = called.get(row) or names.get(row, "")
        key = f"title {title_key(name)}" if name else f"id {track_id}"
        titles[row] = numbers.setdefault(key, len(numbers))
    places = np.full(len(titles), -1, dtype=np.int64)
    places[sorted(ids, key=lambda row: str(ids[row]))] = np.arange(len(ids))
    return titles, places
