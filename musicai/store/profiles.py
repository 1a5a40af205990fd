"""Profiles: who there is, and what each chose for themselves."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from musicai.core.errors import DataError, NotFound
from musicai.data.neighbour_data import Pack
from musicai.store import catalogs, deletion, import_rows, schema
from musicai.store.connection import OpenStore
from musicai.store.records import Profile, moment

LONGEST_NAME = 80
"""Characters of a profile's name."""


class ProfileStore(OpenStore):
    """The part of the store that keeps profiles."""

    def profiles(self) -> list[Profile]:
        """All profiles, oldest first."""
        query = select(schema.profiles).order_by(
            schema.profiles.c.created_at, schema.profiles.c.name
        )
        with self.reading() as connection:
            return [_profile(row) for row in connection.execute(query)]

    def has_profile(self, name: str) -> bool:
        """Whether there is a profile of that name."""
        query = select(schema.profiles.c.name).where(schema.profiles.c.name == name)
        with self.reading() as connection:
            return connection.execute(query).first() is not None

    def profile(self, name: str) -> Profile:
        """One profile.

        Raises:
            NotFound: there is none of that name.
        """
        query = select(schema.profiles).where(schema.profiles.c.name == name)
        with self.reading() as connection:
            row = connection.execute(query).first()
        if row is None:
            names = [profile.name for profile in self.profiles()]
            there = f"There are: {', '.join(names)}." if names else "There are none yet."
            raise NotFound(f"There is no profile {name!r}. {there} Import files to make a new one.")
        return _profile(row)

    def create_profile(self, name: str, label: str = "", invented: bool = False) -> Profile:
        """A new, empty profile.

        Raises:
            DataError: the name is taken or cannot be one.
        """
        check_name(name)
        values = {"name": name, "label": label, "invented": invented}
        with self.writing() as connection:
            done = connection.execute(
                upsert(schema.profiles)
                .values(**values, created_at=int(time.time()))
                .on_conflict_do_nothing()
            )
        if done.rowcount == 0:
            raise DataError(f"There is a profile {name!r} already; choose another name.")
        return self.profile(name)

    def delete_profile(self, name: str) -> None:
        """Delete a profile with all its data and side files.

        Model versions that contain it are listed by :meth:`versions_of`; ask before.

        Raises:
            NotFound: there is no profile of that name.
            JobRunning: an import is being written.
        """
        self.profile(name)
        with self.exclusive("deleting a profile"):
            deletion.delete_profile(self, name)

    def set_consent(self, profile: str, consent: bool) -> None:
        """Note whether rows that came through Spotify's API may be trained on."""
        self._set(profile, train_on_api_rows=consent)

    def consent_needed(self, profile: str) -> bool:
        """Whether there are rows from Spotify's API and the person was not asked about them."""
        if self.profile(profile).train_on_api_rows is not None:
            return False
        with self.reading() as connection:
            return import_rows.has_api_rows(connection, profile)

    def neighbours(self, profile: str) -> tuple[Pack, ...]:
        """The neighbour packs enabled for a profile; nothing of them is read yet."""
        with self.reading() as connection:
            return catalogs.list_enabled_packs(connection, self.settings, profile)

    def settings_of(self, profile: str) -> dict[str, Any]:
        """The profile's own settings, plain JSON values."""
        self.profile(profile)
        query = select(schema.profiles.c.settings).where(schema.profiles.c.name == profile)
        with self.reading() as connection:
            values: dict[str, Any] = json.loads(connection.execute(query).scalar_one())
        return values

    def change_settings(self, profile: str, changes: Mapping[str, Any]) -> None:
        """Set some of the profile's own settings and leave the rest; None takes one away.

        Read and written in one transaction: nobody else's change is lost.
        """
        self.profile(profile)
        mine = schema.profiles.c.name == profile
        with self.writing() as connection:
            stored = connection.execute(select(schema.profiles.c.settings).where(mine))
            values = {**json.loads(stored.scalar_one()), **changes}
            kept = {name: value for name, value in values.items() if value is not None}
            connection.execute(
                update(schema.profiles).where(mine).values(settings=json.dumps(kept))
            )

    def _set(self, profile: str, **values: object) -> None:
        self.profile(profile)
        with self.writing() as connection:
            connection.execute(
                update(schema.profiles).where(schema.profiles.c.name == profile).values(**values)
            )


def check_name(name: str) -> None:
    """A profile's name: something to read, on one line; it never becomes a path.

    Raises:
        DataError: it is empty, too long, or holds control characters.
    """
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise DataError(
            f"A profile's name needs 1 to {LONGEST_NAME} visible characters on one line; "
            f"{name[:LONGEST_NAME]!r} is not one."
        )


def _profile(row: Row[Any]) -> Profile:
    consent = row.train_on_api_rows
    return Profile(
        name=row.name,
        label=row.label or row.name,
        invented=bool(row.invented),
        created_at=moment(row.created_at),
        active_version=row.active_version,
        train_on_api_rows=None if consent is None else bool(consent),
    )
