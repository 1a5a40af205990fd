"""Taking data away: invisible at once, deleted in short batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from sqlalchemy import Connection, Table, delete, func, select, update

from musicai.core.errors import NotFound
from musicai.store import catalogs, deduplication, feedback, own_data, schema

if TYPE_CHECKING:
    from musicai.store.connection import OpenStore

BATCH = 50_000
"""Rows deleted in one transaction."""


def any_pending(store: OpenStore) -> bool:
    """Whether an import is being written, or was cut off."""
    query = select(func.count()).where(schema.imports.c.state == "pending")
    with store.reading() as connection:
        return connection.execute(query).scalar_one() > 0


def purge(store: OpenStore) -> None:
    """Delete pending imports. The caller holds the import lock."""
    imports = schema.imports
    query = select(imports.c.id).where(imports.c.state == "pending")
    with store.reading() as connection:
        pending = list(connection.execute(query).scalars())
    for import_id in pending:
        for table in (schema.plays, schema.tracks, schema.playlist_items):
            _delete_rows(store, table, import_id)
        with store.writing() as connection:  # the rest goes with it by cascade
            connection.execute(delete(imports).where(imports.c.id == import_id))


def _delete_rows(store: OpenStore, table: Table, import_id: int) -> None:
    some = select(table.c.id).where(table.c.import_id == import_id).limit(BATCH)
    while True:
        with store.writing() as connection:
            done = connection.execute(delete(table).where(table.c.id.in_(some.scalar_subquery())))
        if done.rowcount < BATCH:
            return


def undo_import(store: OpenStore, import_id: int) -> None:
    """One small transaction hides the import and mends the others; then its rows go."""
    imports, files = schema.imports.c, schema.import_files.c
    with store.writing() as connection:
        profile = connection.execute(
            select(imports.profile).where(imports.id == import_id, imports.state == "visible")
        ).scalar_one_or_none()
        if profile is None:
            raise NotFound(f"There is no import number {import_id}; it may be undone already.")
        brought = set(
            connection.execute(
                select(files.catalogue).where(
                    files.import_id == import_id, files.catalogue.is_not(None)
                )
            ).scalars()
        )
        _hide(connection, import_id)
        for table, keys in (
            (schema.plays, ["source", "listener", "track", "played_at", "ms_played"]),
            (schema.playlist_items, ["playlist", "track", "added_at", "position"]),
        ):
            _bring_to_light(connection, table, keys, profile, import_id)
        if deduplication.is_needed(connection, profile):
            deduplication.write(connection, deduplication.changes(connection, profile))
        for digest in brought - _still_brought(connection, profile):
            _disconnect(store, connection, profile, digest)
        own_data.forget_all(connection, store.settings, profile)
    purge(store)


def _hide(connection: Connection, import_id: int) -> None:
    connection.execute(
        update(schema.imports).where(schema.imports.c.id == import_id).values(state="pending")
    )


def _still_brought(connection: Connection, profile: str) -> set[str]:
    files = schema.import_files.c
    query = select(files.catalogue).where(
        files.import_id.in_(schema.visible_imports(profile)), files.catalogue.is_not(None)
    )
    return {str(digest) for digest in connection.execute(query).scalars()}


def _disconnect(store: OpenStore, connection: Connection, profile: str, digest: str) -> None:
    catalogue = catalogs.by_digest(connection, digest)
    if catalogue is None:
        return
    table = schema.profile_catalogues
    connection.execute(
        delete(table).where(table.c.profile == profile, table.c.catalogue == catalogue)
    )
    catalogs.drop_unused(connection, store.settings, catalogue)


def _bring_to_light(
    connection: Connection, table: Table, keys: list[str], profile: str, import_id: int
) -> None:
    """Rows that the undone import held as well: the earliest of each now holds."""
    columns = ["id", "import_id", *keys]
    same = [table.c.superseded_by == import_id]
    if "duplicate" in table.c:
        same.append(table.c.duplicate == 1)
    rows = schema.raw_rows(
        connection,
        select(*(table.c[name] for name in columns))
        .where(*same, table.c.import_id.in_(schema.visible_imports(profile)))
        .order_by(table.c.id),
    )
    if not rows:
        return
    frame = pd.DataFrame(rows, columns=columns)
    if "position" in keys:
        frame["position"] = frame["position"].where(frame["added_at"] <= 0, 0)
    first = frame.groupby(keys, sort=False)["import_id"].transform("first")
    held = (frame["import_id"] != first).tolist()
    holder = [int(one) if there else None for one, there in zip(first, held, strict=True)]
    ids = frame["id"].tolist()
    connection.exec_driver_sql(
        f"UPDATE {table.name} SET superseded_by = ? WHERE id = ?",
        list(zip(holder, ids, strict=True)),
    )
    if "duplicate" in table.c:
        lit = [(row,) for row, there in zip(ids, held, strict=True) if not there]
        connection.exec_driver_sql("UPDATE plays SET duplicate = 0 WHERE id = ?", lit)


def delete_profile(store: OpenStore, name: str) -> None:
    """Everything of a profile. The caller holds the import lock."""
    profiles, imports = schema.profiles.c, schema.imports
    with store.writing() as connection:
        own_data.forget_all(connection, store.settings, name)
        connection.execute(update(imports).where(imports.c.profile == name).values(state="pending"))
        used = schema.profile_catalogues
        mine = list(
            connection.execute(select(used.c.catalogue).where(used.c.profile == name)).scalars()
        )
        connection.execute(delete(used).where(used.c.profile == name))
        for catalogue in mine:
            catalogs.drop_unused(connection, store.settings, catalogue)
        feedback.forget(connection, name)
        _forget_lists(connection, name)
        _forget_recordings(connection, name)
        for table in (
            schema.profile_versions,
            schema.activations,
            schema.impressions,
            schema.experiments,
            schema.sent_playlists,
        ):
            connection.execute(delete(table).where(table.c.profile == name))
        connection.execute(delete(schema.profiles).where(profiles.name == name))
    purge(store)
    store.clear_log()


def _forget_lists(connection: Connection, profile: str) -> None:
    """Delete the playlists that the person made."""
    lists, tracks = schema.lists, schema.list_tracks
    mine = select(lists.c.id).where(lists.c.profile == profile)
    connection.execute(delete(tracks).where(tracks.c.list.in_(mine)))
    connection.execute(delete(lists).where(lists.c.profile == profile))


def _forget_recordings(connection: Connection, profile: str) -> None:
    """Delete what is known of a profile's recordings."""
    for table in (schema.recordings, schema.read_dumps):
        connection.execute(delete(table).where(table.c.profile == profile))
    sweep_measures(connection)


def sweep_measures(connection: Connection) -> None:
    """Delete aliases and measures of recordings that no profile has."""
    kept = select(schema.recordings.c.mbid)
    for table in (schema.aliases, schema.measures):
        connection.execute(delete(table).where(table.c.mbid.not_in(kept)))
