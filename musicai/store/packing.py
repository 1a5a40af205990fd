"""Neighbour packs: rows of ``catalogues`` of their own kind, and Parquet files beside them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert

from musicai.core.settings import Settings
from musicai.data.neighbour_data import Pack, PackTables, write_pack
from musicai.store import cataloguing, schema


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


def prepare(
    settings: Settings, name: str, tables: PackTables, *, origin: str, licence: str, digest: str
) -> NewPack:
    """Write the files."""
    write_pack(cataloguing.file_of(settings, digest), tables)
    return NewPack(name, origin, licence, len(tables.items), tables.n_listeners, digest)


def insert_new(connection: Connection, new: NewPack) -> None:
    """Its row; a digest that is there already stays, a name that is taken gets a number."""
    if cataloguing.by_digest(connection, new.digest) is not None:
        return
    connection.execute(
        insert(schema.catalogues).values(
            name=cataloguing.free_name(connection, new.name),
            origin=new.origin,
            licence=new.licence,
            invented=False,
            n_tracks=new.n_items,
            digest=new.digest,
            created_at=int(time.time()),
            kind=cataloguing.NEIGHBOURS,
            n_listeners=new.n_listeners,
        )
    )


def enabled_packs(connection: Connection, settings: Settings, profile: str) -> tuple[Pack, ...]:
    """The packs whose listeners count as a profile's neighbours; nothing of them is read yet."""
    return tuple(
        Pack(one.name, one.path, one.n_listeners)
        for one in cataloguing.listing(connection, settings, profile)
        if one.enabled and one.kind == cataloguing.NEIGHBOURS
    )
