"""Marking the plays that a stronger source has too."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sqlalchemy import Connection, select

from musicai.matching import title_key
from musicai.store import schema
from musicai.store.dedupe import Int64
from musicai.store.superseding import NEAR, SCROBBLES, Played, repeated

LONGEST = 24 * 3600
"""Seconds around an import's plays in which a repeated play can lie: the longest play."""


def settle(connection: Connection, profile: str, importing: int = 0) -> Int64:
    """Mark every play of the owner that another row has too; one that is marked stays so.

    Args:
        connection: A write transaction.
        profile: Whose plays.
        importing: The import that is being written, whose plays count already; only the
            time that it touches is looked at.

    Returns:
        (n,) ids of the plays that were marked.
    """
    plays = schema.plays.c
    imports = schema.imports.c
    mine = select(imports.id).where(
        imports.profile == profile, (imports.state == "visible") | (imports.id == importing)
    )
    current = [plays.import_id.in_(mine), plays.listener == 0, plays.superseded_by.is_(None)]
    sources = connection.execute(select(plays.source).where(*current).distinct()).scalars()
    there = set(sources)
    if len(there) < 2 and not there & set(SCROBBLES):
        return np.zeros(0, dtype=np.int64)
    if importing:
        own = pd.DataFrame(
            schema.raw_rows(
                connection,
                select(plays.played_at).where(plays.import_id == importing, plays.listener == 0),
            )
        )
        if own.empty:
            return np.zeros(0, dtype=np.int64)
        current += [plays.played_at >= int(own[0].min()) - LONGEST - NEAR]
        current += [plays.played_at <= int(own[0].max()) + LONGEST + NEAR]
    columns = (
        plays.id,
        plays.import_id,
        plays.source,
        plays.track,
        plays.played_at,
        plays.ms_played,
    )
    table = schema.raw_integers(connection, select(*columns).where(*current).order_by(plays.id))
    titles = _titles(connection, profile, importing, table[3])
    found = repeated(Played(table[0], table[1], table[2], titles, table[4], table[5]))
    weak = np.flatnonzero(found >= 0)
    if len(weak):
        values = zip(table[1][found[weak]].tolist(), table[0][weak].tolist(), strict=True)
        connection.exec_driver_sql("UPDATE plays SET superseded_by = ? WHERE id = ?", list(values))
    marked: Int64 = table[0][weak]
    return marked


def _titles(connection: Connection, profile: str, importing: int, track: Int64) -> Int64:
    """(n,) a number for the normalised title of each track, −1 where no name is known."""
    tracks, imports = schema.tracks.c, schema.imports.c
    mine = select(imports.id).where(
        imports.profile == profile, (imports.state == "visible") | (imports.id == importing)
    )
    rows = connection.execute(
        select(tracks.row, tracks.name)
        .where(tracks.import_id.in_(mine), tracks.name != "")
        .order_by(tracks.import_id.desc(), tracks.id.desc())
    )
    names = {int(row): str(name) for row, name in rows}
    numbers: dict[str, int] = {}
    used = np.unique(track)
    codes = [
        numbers.setdefault(title_key(names[row]), len(numbers)) if row in names else -1
        for row in used.tolist()
    ]
    return np.array(codes, dtype=np.int64)[np.searchsorted(used, track)]
