"""Which recordings of MusicBrainz the tracks are, and what AcousticBrainz measured of them."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, delete, func, select, union, update
from sqlalchemy.dialects.sqlite import insert as upsert

from musicai.data.audio_descriptors import AudioDescriptor
from musicai.store import deletion, schema
from musicai.store.connection import OpenStore

BATCH = 5_000
"""Rows of one write transaction."""

AT_ONCE = 500
"""Ids of one query; SQLite bounds the number of its parameters."""


class MeasureStore(OpenStore):
    """The part of the store that keeps recording ids and what was measured of recordings."""

    # --- recordings -------------------------------------------------------------------

    def put_recordings(
        self, profile: str, recordings: Mapping[str, str], *, replace: bool = True
    ) -> None:
        """Note which recordings tracks are.

        Args:
            profile: Whose tracks.
            recordings: Track id → recording id; other ids become the canonical one.
            replace: False keeps what was noted of a track before.
        """
        aliases = self._aliases(recordings.values())
        now = int(time.time())
        new = upsert(schema.recordings)
        query = (
            new.on_conflict_do_update(
                set_={"mbid": new.excluded.mbid, "noted_at": new.excluded.noted_at}
            )
            if replace
            else new.on_conflict_do_nothing()
        )
        rows = [
            {"profile": profile, "track_id": track, "mbid": aliases.get(one, one), "noted_at": now}
            for track, one in recordings.items()
        ]
        for some in _parts(rows):
            with self.writing() as connection:
                connection.execute(query, some)

    def recordings(self, profile: str) -> dict[str, str]:
        """Track id → recording id, as far as known."""
        table = schema.recordings.c
        query = select(table.track_id, table.mbid).where(table.profile == profile)
        with self.reading() as connection:
            return {str(track): str(mbid) for track, mbid in connection.execute(query)}

    def keep_recordings(self, profile: str, track_ids: Collection[str]) -> None:
        """Forget the recordings of all other tracks of a profile, and what was measured of them."""
        table = schema.recordings.c
        gone = sorted(self.recordings(profile).keys() - set(track_ids))
        for some in _parts(gone, AT_ONCE):
            query = delete(schema.recordings).where(
                table.profile == profile, table.track_id.in_(some)
            )
            with self.writing() as connection:
                connection.execute(query)
        if gone:
            with self.writing() as connection:
                deletion.sweep_measures(connection)

    def put_aliases(self, aliases: Mapping[str, str]) -> None:
        """Note other ids of recordings; what stood under them moves to the canonical ones.

        Args:
            aliases: Other id → canonical id.
        """
        rows = [{"alias_": alias, "to": mbid} for alias, mbid in aliases.items()]
        for some in _parts(rows):
            with self.writing() as connection:
                _move(connection, some)

    def _aliases(self, mbids: Iterable[str]) -> dict[str, str]:
        table = schema.aliases.c
        found: dict[str, str] = {}
        with self.reading() as connection:
            for some in _parts(list(dict.fromkeys(mbids)), AT_ONCE):
                query = select(table.alias, table.mbid).where(table.alias.in_(some))
                found |= {str(alias): str(mbid) for alias, mbid in connection.execute(query)}
        return found

    def list_wanted_recordings(self, profile: str) -> dict[str, str]:
        """Every id under which something may be measured of a profile's tracks → recording id."""
        mine, others = schema.recordings.c, schema.aliases.c
        query = union(
            select(mine.mbid, mine.mbid).where(mine.profile == profile),
            select(others.alias, others.mbid).where(
                others.mbid.in_(select(mine.mbid).where(mine.profile == profile))
            ),
        )
        with self.reading() as connection:
            return {str(one): str(mbid) for one, mbid in connection.execute(query)}

    # --- measures ---------------------------------------------------------------------

    def put_measures(self, measures: Sequence[AudioDescriptor]) -> None:
        """Keep measures, each in place of an earlier one from the same source; one transaction."""
        if not measures:
            return
        now = int(time.time())
        rows = [
            {
                "mbid": one.recording,
                "feature": one.feature,
                "source": one.source,
                "value": None if math.isnan(one.value) else one.value,
                "word": one.word,
                "n": one.n,
                "spread": one.spread,
                "dated": one.dated,
                "noted_at": now,
            }
            for one in measures
        ]
        new = upsert(schema.measures)
        told = ("value", "word", "n", "spread", "dated", "noted_at")
        query = new.on_conflict_do_update(set_={name: new.excluded[name] for name in told})
        with self.writing() as connection:
            connection.execute(query, rows)

    def measures(
        self, profile: str, track_ids: Sequence[str] | None = None
    ) -> list[tuple[str, AudioDescriptor]]:
        """(track id, measure) for a profile's tracks, all or some."""
        mine, table = schema.recordings.c, schema.measures.c
        query = (
            select(
                mine.track_id, table.mbid, table.feature, table.value, table.word, table.n,
                table.spread, table.source, table.dated,
            )
            .join(schema.measures, table.mbid == mine.mbid)
            .where(mine.profile == profile)
            .order_by(mine.track_id, table.feature, table.source)
        )  # fmt: skip
        found: list[tuple[str, AudioDescriptor]] = []
        with self.reading() as connection:
            for some in [None] if track_ids is None else _parts(track_ids, AT_ONCE):
                chosen = query if some is None else query.where(mine.track_id.in_(some))
                for track, mbid, feature, value, *told in connection.execute(chosen):
                    number = math.nan if value is None else value
                    found.append((track, AudioDescriptor(mbid, feature, number, *told)))
        return found

    def list_measured_tracks(self, profile: str) -> dict[str, list[str]]:
        """Feature → ids of the profile's tracks of which it is measured."""
        mine, table = schema.recordings.c, schema.measures.c
        query = (
            select(table.feature, mine.track_id)
            .join(schema.measures, table.mbid == mine.mbid)
            .where(mine.profile == profile)
            .distinct()
            .order_by(table.feature, mine.track_id)
        )
        found: dict[str, list[str]] = {}
        with self.reading() as connection:
            for feature, track in connection.execute(query):
                found.setdefault(feature, []).append(track)
        return found

    def measures_state(self, profile: str) -> str:
        """A text that changes with what is measured and recognised, for caches."""
        mine, table = schema.recordings.c, schema.measures.c
        known = select(func.count(), func.max(mine.noted_at)).where(mine.profile == profile)
        told = select(func.count(), func.max(table.noted_at))
        with self.reading() as connection:
            return repr([tuple(connection.execute(query).one()) for query in (known, told)])

    # --- dumps that were read ---------------------------------------------------------

    def dump_state(self, profile: str, file: str) -> str:
        """The state in which a dump was read to its end; "" for one that was not."""
        table = schema.read_dumps.c
        query = select(table.state).where(table.profile == profile, table.file == file)
        with self.reading() as connection:
            return str(connection.execute(query).scalar_one_or_none() or "")

    def note_dump(self, profile: str, file: str, state: str) -> None:
        """Note that a dump was read to its end."""
        new = upsert(schema.read_dumps)
        values = {"profile": profile, "file": file, "state": state, "read_at": int(time.time())}
        query = new.values(**values).on_conflict_do_update(
            set_={"state": new.excluded.state, "read_at": new.excluded.read_at}
        )
        with self.writing() as connection:
            connection.execute(query)


def _parts(rows: Sequence[Any], size: int = BATCH) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _move(connection: Connection, rows: Sequence[Mapping[str, str]]) -> None:
    aliases = schema.aliases
    alias: BindParameter[str] = bindparam("alias_")
    to: BindParameter[str] = bindparam("to")
    new = upsert(aliases).values(alias=alias, mbid=to)
    statements = [
        new.on_conflict_do_update(set_={"mbid": new.excluded.mbid}),
        # what was canonical before and is not any more takes its other ids along
        update(aliases).where(aliases.c.mbid == alias).values(mbid=to),
        delete(aliases).where(aliases.c.alias == to),
        update(schema.recordings).where(schema.recordings.c.mbid == alias).values(mbid=to),
        update(schema.measures)
        .prefix_with("OR REPLACE")
        .where(schema.measures.c.mbid == alias)
        .values(mbid=to),
    ]
    for statement in statements:
        connection.execute(statement, rows)
