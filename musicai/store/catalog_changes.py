"""What is done to a catalogue once it is there: another name, other tracks, what open data found.

New files are written beside the old ones and one small transaction changes the row, so that a
process that is killed leaves the old state or the new one, never less. Every function here is
called with the import lock held: then a file that no row names is nobody's.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection, select, update

from musicai.core.errors import DataError, NotFound
from musicai.core.files import atomic_write
from musicai.core.settings import Settings
from musicai.data.frames import conform, empty_frame
from musicai.data.library import KEY_COLUMNS, LINK_COLUMNS, LINK_KINDS, SOURCE_TRACK_COLUMNS
from musicai.store import catalogs, own_data, schema
from musicai.store.connection import OpenStore
from musicai.store.records import Catalogue

LONGEST_NAME = 80
LONGEST_NOTE = 200
"""Characters of a catalogue's name, and of its origin or licence."""

_LINKS = "links"
"""Ends the name of the file that says how open data found the tracks."""

_OPEN_ORIGIN = "open data"

_c = schema.catalogues.c


# --- names ----------------------------------------------------------------------------


def check_catalog_name(name: str) -> str:
    """The name without blanks around it.

    Raises:
        DataError: it is empty, too long, has control characters, or means one's own music.
    """
    wanted = name.strip()
    if not wanted or len(wanted) > LONGEST_NAME or not wanted.isprintable():
        raise DataError(
            f"A catalogue's name needs 1 to {LONGEST_NAME} visible characters on one line; "
            f"{wanted[:LONGEST_NAME]!r} is not one."
        )
    if wanted.casefold() in catalogs.RESERVED:
        raise DataError(f"{wanted!r} means your own music here. Choose another name.")
    return wanted


def check_note(text: str, what: str) -> str:
    """An origin or a licence without blanks around it; "" is one.

    Raises:
        DataError: it is too long or has control characters.
    """
    wanted = text.strip()
    if len(wanted) > LONGEST_NOTE or not wanted.isprintable():
        raise DataError(
            f"The {what} of a catalogue takes at most {LONGEST_NOTE} visible characters on one "
            "line."
        )
    return wanted


def check_free(connection: Connection, name: str, besides: int | None = None) -> None:
    """Refuse a name that another catalogue has, whatever its capitals.

    Raises:
        DataError: it is taken.
    """
    for row in connection.execute(select(_c.id, _c.name)):
        if row.id != besides and row.name.casefold() == name.casefold():
            raise DataError(f"There is a catalogue {row.name!r} already; choose another name.")


def rename(connection: Connection, settings: Settings, catalogue: Catalogue, name: str) -> None:
    """Give it another name, also in the joined tables that are kept in side files.

    Raises:
        DataError: the name is taken or cannot be one.
    """
    wanted = check_catalog_name(name)
    check_free(connection, wanted, catalogue.id)
    _change(connection, catalogue.id, name=wanted)
    used = schema.profile_catalogues.c
    users = connection.execute(select(used.profile).where(used.catalogue == catalogue.id))
    for profile in users.scalars().all():
        for fingerprint in own_data.list_noted_states(connection, profile):
            with contextlib.suppress(OSError):
                path = settings.cache / f"joined-{fingerprint[:32]}.parquet"
                path.unlink(missing_ok=True)


def describe(
    connection: Connection, catalogue: Catalogue, *, origin: str | None, licence: str | None
) -> None:
    """Say where it came from and under which licence; None leaves either as it is.

    Raises:
        DataError: a text is too long, or the origin is empty.
    """
    values: dict[str, Any] = {}
    if origin is not None:
        values["origin"] = check_note(origin, "origin")
        if not values["origin"]:
            raise DataError("Say where the catalogue came from: a file, a site, or who made it.")
    if licence is not None:
        values["licence"] = check_note(licence, "licence")
    if values:
        _change(connection, catalogue.id, **values)


def _change(connection: Connection, catalogue: int, **values: object) -> None:
    connection.execute(update(schema.catalogues).where(_c.id == catalogue).values(**values))


# --- other tracks ---------------------------------------------------------------------


def put_tracks(
    store: OpenStore,
    catalogue: Catalogue,
    frame: pd.DataFrame,
    *,
    origin: str,
    licence: str | None,
    digest: str,
) -> None:
    """Replace the tracks of a table; who recommends from it stays as it was.

    Raises:
        DataError: it is no table of tracks, another catalogue holds these tracks already, or
            the tracks are refused (``cataloguing.prepare``); nothing was changed.
    """
    if catalogue.kind != catalogs.TRACKS:
        raise DataError(f"{catalogue.name!r} is no table of tracks; it cannot be updated by one.")
    with store.reading() as connection:
        twin = connection.execute(select(_c.name).where(_c.digest == digest)).scalar_one_or_none()
    if twin is not None and twin != catalogue.name:
        raise DataError(f"These very tracks are the catalogue {twin!r} already; nothing changed.")
    new = catalogs.prepare(
        store.settings,
        catalogue.name,
        frame,
        origin=check_note(origin, "origin"),
        licence=catalogue.licence if licence is None else check_note(licence, "licence"),
        invented=catalogue.invented,
        digest=digest,
    )
    with store.writing() as connection:
        _replace(connection, catalogue.id, new)
    sweep(store)


def _replace(connection: Connection, catalogue: int, new: catalogs.NewCatalogue) -> None:
    _change(
        connection,
        catalogue,
        digest=new.digest,
        n_tracks=new.n_tracks,
        origin=new.origin,
        licence=new.licence,
        updated_at=int(time.time()),
    )


def sweep(store: OpenStore) -> None:
    """Remove files that no catalogue names: of earlier tracks, and of work that was cut off."""
    with store.reading() as connection:
        known = {digest[:32] for digest in connection.execute(select(_c.digest)).scalars()}
    for path in store.settings.catalogues.iterdir():
        if path.suffix == ".tmp" or (path.suffix == ".parquet" and path.stem[:32] not in known):
            with contextlib.suppress(OSError):
                path.unlink()


# --- what open data found for one profile ---------------------------------------------


def put_personal(
    store: OpenStore,
    profile: str,
    name: str,
    frame: pd.DataFrame,
    links: pd.DataFrame,
    *,
    licence: str,
) -> str:
    """Write the profile's own catalogue in place of its earlier one; returns the digest.

    A new one is enabled; one that is replaced keeps its name and whether it is enabled.

    Raises:
        DataError: the tracks are refused (``cataloguing.prepare``), or a link is of an unknown
            kind, of a strength outside 0 to 1, or of a track that is not there.
    """
    frame = conform(frame, SOURCE_TRACK_COLUMNS, name)
    links = _check_links(links, frame, name)
    digest = _digest_of(profile, frame, links)
    path = _links_file(store.settings, digest)
    with atomic_write(path) as beside:
        table = pa.Table.from_pandas(links, preserve_index=False)
        pq.write_table(table, beside, write_page_checksum=True)
    new = catalogs.prepare(
        store.settings,
        name,
        frame,
        origin=_OPEN_ORIGIN,
        licence=check_note(licence, "licence"),
        invented=False,
        digest=digest,
    )
    with store.writing() as connection:
        earlier = connection.execute(
            select(_c.id).where(_c.kind == catalogs.OPEN, _c.owner == profile)
        ).scalar_one_or_none()
        if earlier is not None:
            _replace(connection, earlier, new)
        else:
            catalogs.insert_new(connection, new.assign_owner(profile))
            catalogs.enable_digest(connection, profile, digest)
    sweep(store)
    return digest


def _check_links(links: pd.DataFrame, frame: pd.DataFrame, name: str) -> pd.DataFrame:
    links = conform(links, LINK_COLUMNS, f"links of {name}")
    if not links["kind"].isin(LINK_KINDS).all():
        raise DataError(f"A link of {name!r} is of no known kind: {', '.join(LINK_KINDS)}.")
    if not links["strength"].between(0.0, 1.0).all():
        raise DataError(f"A link of {name!r} has a strength that is not between 0 and 1.")
    if not links["track_id"].isin(frame["track_id"]).all():
        raise DataError(f"A link of {name!r} is of a track that the catalogue does not hold.")
    return links


def _digest_of(profile: str, frame: pd.DataFrame, links: pd.DataFrame) -> str:
    """SHA-256 over the contents; over whose they are, too, for two may be found the same."""
    digest = hashlib.sha256(f"open\n{profile}\n".encode())
    # open data tells no key; without these columns what was found before keeps its digest
    for table in (frame.drop(columns=list(KEY_COLUMNS)), links):
        digest.update(table.to_csv(index=False).encode())
    return digest.hexdigest()


def _links_file(settings: Settings, digest: str) -> Path:
    tracks = catalogs.file_of(settings, digest)
    return tracks.with_name(f"{tracks.stem}-{_LINKS}{tracks.suffix}")


def read_links(settings: Settings, catalogue: Catalogue) -> pd.DataFrame:
    """``LINK_COLUMNS`` of a catalogue; no rows for one that has none.

    Raises:
        NotFound: the file is damaged.
    """
    path = _links_file(settings, catalogue.digest)
    if not path.is_file():
        return empty_frame(LINK_COLUMNS)
    try:
        table = pq.read_table(path, page_checksum_verification=True)
        return conform(table.to_pandas(), LINK_COLUMNS, catalogue.name)
    except (OSError, pa.ArrowException, DataError) as error:
        raise NotFound(
            f"How the tracks of {catalogue.name!r} were found is damaged. Fetch open data again, "
            "or remove the catalogue."
        ) from error
