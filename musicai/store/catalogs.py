"""Catalogues: a row in the database and a Parquet file beside it."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection, Row, delete, func, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from musicai.core.errors import DataError, NotFound
from musicai.core.files import atomic_write
from musicai.core.settings import Settings
from musicai.data.frames import conform
from musicai.data.library import INVENTED_PREFIX, KEY_COLUMNS, SOURCE_TRACK_COLUMNS
from musicai.data.neighbour_data import Pack, PackTables, write_pack
from musicai.store import schema
from musicai.store.records import Catalogue, moment

_c = schema.catalogues.c
_on = schema.profile_catalogues

_NAMES = ["name", "artists", "album", "isrc"]

TRACKS, NEIGHBOURS, OPEN = "tracks", "neighbours", "open"
"""The kinds of catalogues; those of ``NEIGHBOURS`` hold no tracks to recommend from."""

RESERVED = ("your history", "your playlists")
"""No catalogue's names: the library calls the origin of own tracks so."""


@dataclass(frozen=True)
class NewCatalogue:
    """A catalogue whose file is written and whose row is not."""

    name: str
    origin: str
    licence: str
    invented: bool
    n_tracks: int
    digest: str
    kind: str = TRACKS
    owner: str = ""

    def assign_owner(self, profile: str) -> NewCatalogue:
        """The same, as what open data found for that profile."""
        return replace(self, kind=OPEN, owner=profile)


def file_of(settings: Settings, digest: str) -> Path:
    """The Parquet file; its name comes from the digest, never from a person's file name."""
    return settings.catalogues / f"{digest[:32]}.parquet"


def files_of(settings: Settings, digest: str) -> list[Path]:
    """Every file of a catalogue that is there: its tracks, and what lies beside them."""
    return sorted(settings.catalogues.glob(f"{digest[:32]}*.parquet"))


def prepare(
    settings: Settings,
    name: str,
    frame: pd.DataFrame,
    *,
    origin: str,
    licence: str,
    invented: bool,
    digest: str,
) -> NewCatalogue:
    """Check the tracks and write the file.

    Raises:
        DataError: there is no track, an id occurs twice, or invented and real
            tracks meet.
    """
    frame = conform(frame, SOURCE_TRACK_COLUMNS, name)
    if not len(frame):
        raise DataError(f"The catalogue {name!r} has no tracks; nothing was added.")
    if not frame["track_id"].is_unique:
        raise DataError(f"The catalogue {name!r} names a track id twice.")
    if not (frame["track_id"].str.startswith(INVENTED_PREFIX) == invented).all():
        raise DataError(f"The catalogue {name!r} would mix invented sample tracks with real ones.")
    with atomic_write(file_of(settings, digest)) as beside:
        table = pa.Table.from_pandas(frame, preserve_index=False)
        pq.write_table(table, beside, write_page_checksum=True)
    return NewCatalogue(name, origin, licence, invented, len(frame), digest)


def insert_new(connection: Connection, new: NewCatalogue) -> None:
    """Its row; a digest that is there already stays, a name that is taken gets a number."""
    if by_digest(connection, new.digest) is not None:
        return
    connection.execute(
        insert(schema.catalogues).values(
            name=free_name(connection, new.name),
            origin=new.origin,
            licence=new.licence,
            invented=new.invented,
            n_tracks=new.n_tracks,
            digest=new.digest,
            created_at=int(time.time()),
            kind=new.kind,
            owner=new.owner,
        )
    )


def free_name(connection: Connection, wanted: str) -> str:
    """The name, with a number where another catalogue has it."""
    taken = {*connection.execute(select(_c.name)).scalars(), *RESERVED}
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted} ({number})", number + 1
    return name


def by_digest(connection: Connection, digest: str) -> int | None:
    """The catalogue's id, if it is there."""
    return connection.execute(select(_c.id).where(_c.digest == digest)).scalar_one_or_none()


def enable_digest(connection: Connection, profile: str, digest: str) -> None:
    """Enable a catalogue that an import brought."""
    catalogue = by_digest(connection, digest)
    if catalogue is not None:
        set_enabled(connection, profile, catalogue, True)


def set_enabled(connection: Connection, profile: str, catalogue: int, on: bool) -> None:
    """Note whether the profile recommends from the catalogue."""
    values = {"profile": profile, "catalogue": catalogue, "enabled": on}
    connection.execute(upsert(_on).values(**values).on_conflict_do_update(set_={"enabled": on}))


def users(connection: Connection, catalogue: int) -> list[str]:
    """The profiles that have the catalogue, enabled or not."""
    return list(
        connection.execute(select(_on.c.profile).where(_on.c.catalogue == catalogue)).scalars()
    )


def listing(connection: Connection, settings: Settings, profile: str | None) -> list[Catalogue]:
    """Catalogues in the order they were added, with ``enabled`` as that profile has it.

    Those that open data made for another profile are left out; without a profile all are there.
    """
    enabled: set[int] = set()
    if profile is not None:
        chosen = select(_on.c.catalogue).where(_on.c.profile == profile, _on.c.enabled)
        enabled = set(connection.execute(chosen).scalars())
    query = select(schema.catalogues).order_by(_c.id)
    if profile is not None:
        query = query.where(_c.owner.in_(("", profile)))
    rows = connection.execute(query)
    return [_record(settings, row, row.id in enabled) for row in rows]


def _record(settings: Settings, row: Row[tuple[object, ...]], enabled: bool) -> Catalogue:
    return Catalogue(
        id=row.id,
        name=row.name,
        origin=row.origin,
        licence=row.licence,
        invented=bool(row.invented),
        n_tracks=row.n_tracks,
        digest=row.digest,
        created_at=moment(row.created_at),
        path=file_of(settings, row.digest),
        enabled=enabled,
        kind=row.kind,
        owner=row.owner,
        n_listeners=row.n_listeners,
        updated_at=moment(row.updated_at) if row.updated_at else None,
    )


def read_tracks(catalogue: Catalogue, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """``SOURCE_TRACK_COLUMNS`` of the file, or some of them; only these are read.

    Raises:
        NotFound: the file is gone or damaged.
    """
    wanted = {name: SOURCE_TRACK_COLUMNS[name] for name in columns or SOURCE_TRACK_COLUMNS}
    try:
        there = set(pq.read_schema(catalogue.path).names)
        # a file that an older musicai wrote has no keys
        lacking = {name: np.nan for name in wanted if name in KEY_COLUMNS and name not in there}
        table = pq.read_table(
            catalogue.path,
            columns=[name for name in wanted if name not in lacking],
            page_checksum_verification=True,
        )
        return conform(table.to_pandas().assign(**lacking), wanted, catalogue.name)
    except (OSError, pa.ArrowException, DataError) as error:
        raise NotFound(
            f"The tracks of the catalogue {catalogue.name!r} are gone or damaged. "
            f"Import {catalogue.origin!r} again to bring them back, or remove the catalogue."
        ) from error


def is_whole(path: Path) -> bool:
    """Whether the file can be read, judged by its footer."""
    try:
        pq.read_metadata(path)
    except (OSError, pa.ArrowException):
        return False
    return True


def drop_unused(connection: Connection, settings: Settings, catalogue: int) -> None:
    """Remove a catalogue that no profile has; another profile keeps it alive."""
    users = select(func.count()).select_from(_on).where(_on.c.catalogue == catalogue)
    if connection.execute(users).scalar_one() == 0:
        drop(connection, settings, catalogue)


def drop(connection: Connection, settings: Settings, catalogue: int) -> None:
    """Remove the row, then the files; one left over goes with the next change (``sweep``)."""
    digest = connection.execute(select(_c.digest).where(_c.id == catalogue)).scalar_one()
    connection.execute(delete(schema.catalogues).where(_c.id == catalogue))
    for path in files_of(settings, digest):
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def names_found(
    connection: Connection, settings: Settings, profile: str, importing: int, digests: Sequence[str]
) -> pd.DataFrame:
    """Names that catalogues have for tracks known only by their id.

    Args:
        connection: A transaction.
        settings: Where the catalogues' files are.
        profile: Whose tracks; catalogues enabled for it are asked, the oldest first.
        importing: The import that is being written; its tracks are looked at, too.
        digests: Further catalogues to ask, whose rows need not be written yet.

    Returns:
        ``id`` and ``row`` of the track's row in the database, and its names.
    """
    tracks, imports = schema.tracks, schema.imports
    mine = select(imports.c.id).where(
        imports.c.profile == profile,
        (imports.c.state == "visible") | (imports.c.id == importing),
    )
    bare = connection.execute(
        select(tracks.c.id, tracks.c.row, tracks.c.track_id).where(
            tracks.c.name == "", tracks.c.import_id.in_(mine)
        )
    ).all()
    wanted = pd.DataFrame(bare, columns=["id", "row", "track_id"])
    found = [pd.DataFrame(columns=["id", "row", *_NAMES])]
    for path in _to_ask(connection, settings, profile, digests) if bare else ():
        named = pq.read_table(path, columns=["track_id", *_NAMES]).to_pandas()
        found.append(wanted.merge(named[named["name"] != ""], on="track_id"))
        wanted = wanted[~wanted["id"].isin(found[-1]["id"])]
    some = [part for part in found if len(part)]
    return pd.concat(some, ignore_index=True) if some else found[0]


def _to_ask(
    connection: Connection, settings: Settings, profile: str, digests: Sequence[str]
) -> list[Path]:
    there = listing(connection, settings, profile)
    new = [digest for digest in digests if digest not in {c.digest for c in there}]
    paths = [c.path for c in there if c.enabled or c.digest in digests]
    paths += [file_of(settings, digest) for digest in dict.fromkeys(new)]
    return [path for path in paths if _has_names(path)]


def _has_names(path: Path) -> bool:
    """Whether the file can be read and holds tracks, which a neighbour pack does not."""
    try:
        return {"track_id", *_NAMES} <= set(pq.read_schema(path).names)
    except (OSError, pa.ArrowException):
        return False


def fill_names(connection: Connection, found: pd.DataFrame) -> None:
    """Give tracks the names that were found for them."""
    values = found[[*_NAMES, "id"]].astype(object).to_numpy().tolist()
    if values:
        connection.exec_driver_sql(
            "UPDATE tracks SET name = ?, artists = ?, album = ?, isrc = ? WHERE id = ?",
            [tuple(row) for row in values],
        )


@dataclass(frozen=True)
class NewPack:
    """A pack whose files are written and whose row is not."""

    name: str
    origin: str
    licence: str
    n_items: int
    n_listeners: int
    digest: str


def digest_of(files: Sequence[str]) -> str:
    """SHA-256 that names a pack by the digests of its files, in any order."""
    return hashlib.sha256(("pack\n" + "\n".join(sorted(set(files)))).encode()).hexdigest()


def prepare_pack(
    settings: Settings, name: str, tables: PackTables, *, origin: str, licence: str, digest: str
) -> NewPack:
    """Write the files."""
    write_pack(file_of(settings, digest), tables)
    return NewPack(name, origin, licence, len(tables.items), tables.n_listeners, digest)


def insert_new_pack(connection: Connection, new: NewPack) -> None:
    """Its row; a digest that is there already stays, a name that is taken gets a number."""
    if by_digest(connection, new.digest) is not None:
        return
    connection.execute(
        insert(schema.catalogues).values(
            name=free_name(connection, new.name),
            origin=new.origin,
            licence=new.licence,
            invented=False,
            n_tracks=new.n_items,
            digest=new.digest,
            created_at=int(time.time()),
            kind=NEIGHBOURS,
            n_listeners=new.n_listeners,
        )
    )


def list_enabled_packs(
    connection: Connection, settings: Settings, profile: str
) -> tuple[Pack, ...]:
    """The packs whose listeners count as a profile's neighbours; nothing of them is read yet."""
    return tuple(
        Pack(one.name, one.path, one.n_listeners)
        for one in listing(connection, settings, profile)
        if one.enabled and one.kind == NEIGHBOURS
    )
