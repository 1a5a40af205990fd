"""What is noted of model versions: whose data they hold, and the hashes of their files."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from musicai.store import schema
from musicai.store.connection import OpenStore


@dataclass(frozen=True)
class VersionMark:
    """What the person says of a version."""

    name: str = ""
    """A name of its own; "" where it has none."""
    pinned: bool = False
    """Kept, however many newer ones there are."""


class VersionStore(OpenStore):
    """The part of the store that keeps account of trained versions."""

    def record_artifacts(self, version: str, hashes: Mapping[str, str]) -> None:
        """Note the SHA-256 of each file of a version trained here."""
        rows = [{"version": version, "file": f, "sha256": s} for f, s in hashes.items()]
        table = schema.artifacts
        with self.writing() as connection:
            connection.execute(delete(table).where(table.c.version == version))
            if rows:
                connection.execute(insert(table), rows)

    def artifact_hashes(self, version: str) -> dict[str, str]:
        """File → SHA-256; empty for a version that was not trained here."""
        table = schema.artifacts.c
        query = select(table.file, table.sha256).where(table.version == version)
        with self.reading() as connection:
            return {row.file: row.sha256 for row in connection.execute(query)}

    def record_version(self, profile: str, version: str) -> None:
        """Note that a version was trained on the profile's data."""
        values = {"profile": profile, "version": version}
        with self.writing() as connection:
            connection.execute(
                upsert(schema.profile_versions).values(**values).on_conflict_do_nothing()
            )

    def versions_of(self, profile: str) -> list[str]:
        """The versions that contain the profile, by name."""
        table = schema.profile_versions.c
        query = select(table.version).where(table.profile == profile).order_by(table.version)
        with self.reading() as connection:
            return list(connection.execute(query).scalars())

    def activate_version(self, profile: str, version: str) -> None:
        """Note the version that serves a profile from now on, and that it came upon the last."""
        with self.writing() as connection:
            _serve(connection, profile, version)
            connection.execute(
                insert(schema.activations).values(
                    profile=profile, version=version, at=int(time.time())
                )
            )

    def list_served(self, profile: str) -> list[str]:
        """The versions that served a profile, the last one first; none twice in a row."""
        table = schema.activations.c
        query = select(table.version).where(table.profile == profile).order_by(table.id.desc())
        with self.reading() as connection:
            names = list(connection.execute(query).scalars())
        return [name for name, before in zip(names, [None, *names], strict=False) if name != before]

    def roll_back_to(self, profile: str, version: str) -> None:
        """Let an earlier version serve again; what came upon it is taken off."""
        table = schema.activations
        mine = table.c.profile == profile
        last = select(func.max(table.c.id)).where(mine, table.c.version == version)
        with self.writing() as connection:
            at = connection.execute(last).scalar_one()
            connection.execute(delete(table).where(mine, table.c.id > (at or 0)))
            _serve(connection, profile, version)

    def version_marks(self) -> dict[str, VersionMark]:
        """Version → its mark, of those that have one."""
        with self.reading() as connection:
            rows = connection.execute(select(schema.version_marks)).all()
        return {row.version: VersionMark(row.name, row.pinned) for row in rows}

    def mark_version(
        self, version: str, *, name: str | None = None, pinned: bool | None = None
    ) -> None:
        """Name a version, or pin it; None leaves what is."""
        table = schema.version_marks
        given = {"name": name, "pinned": pinned}
        changes = {key: value for key, value in given.items() if value is not None}
        if not changes:
            return
        values = {"version": version, "name": "", "pinned": False} | changes
        with self.writing() as connection:
            connection.execute(
                upsert(table)
                .values(**values)
                .on_conflict_do_update(index_elements=[table.c.version], set_=changes)
            )

    def forget_version(self, version: str) -> None:
        """Remove all that is noted of a version; profiles that it served have none then."""
        profiles = schema.profiles
        with self.writing() as connection:
            for table in _ABOUT_A_VERSION:
                connection.execute(delete(table).where(table.c.version == version))
            connection.execute(
                update(profiles)
                .where(profiles.c.active_version == version)
                .values(active_version=None)
            )


_ABOUT_A_VERSION = (
    schema.artifacts,
    schema.profile_versions,
    schema.version_marks,
    schema.activations,
)


def _serve(connection: Connection, profile: str, version: str) -> None:
    profiles = schema.profiles
    connection.execute(
        update(profiles).where(profiles.c.name == profile).values(active_version=version)
    )
