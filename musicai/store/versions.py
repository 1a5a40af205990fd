"""What is noted of model versions: whose data they hold, and the hashes of their files."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from musicai.store import schema
from musicai.store.opened import OpenStore


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

    def forget_version(self, version: str) -> None:
        """Remove all that is noted of a version; profiles that it served have none then."""
        profiles = schema.profiles
        with self.writing() as connection:
            for table in (schema.artifacts, schema.profile_versions):
                connection.execute(delete(table).where(table.c.version == version))
            connection.execute(
                update(profiles)
                .where(profiles.c.active_version == version)
                .values(active_version=None)
            )
