"""The playlists that a person makes here, the one being put together among them.

Every change is one transaction that reads what it changes: of two windows that add at the
same moment, both are heard. They say nothing about taste: nothing here is ever trained on.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select, update

from musicai.core.errors import DataError, NotFound
from musicai.data.playlists import ListEntry, MadeList, SentPlaylist
from musicai.store import schema
from musicai.store.connection import OpenStore

STAGING = ""
"""Name of the list that is being put together."""

LONGEST_NAME = 100
LONGEST_LIST = 10_000
"""Tracks of a list, at most: as many as other programs take."""

_LISTS, _TRACKS = schema.lists, schema.list_tracks


class ListStore(OpenStore):
    """The part of the store that keeps the lists a person makes."""

    def list_playlists(self, profile: str) -> list[MadeList]:
        """The named lists of a profile, by name."""
        query = (
            select(_LISTS, func.count(_TRACKS.c.list).label("tracks"))
            .outerjoin(_TRACKS, _TRACKS.c.list == _LISTS.c.id)
            .where(_LISTS.c.profile == profile, _LISTS.c.name != STAGING)
            .group_by(_LISTS.c.id)
            .order_by(func.lower(_LISTS.c.name))
        )
        with self.reading() as connection:
            rows = connection.execute(query).all()
        return [MadeList(row.name, row.tracks, row.made_at, row.changed_at) for row in rows]

    def list_tracks(self, profile: str, name: str = STAGING) -> list[ListEntry]:
        """The tracks of a list in order; of the one being put together, none at first.

        Raises:
            NotFound: there is no list of that name.
        """
        with self.reading() as connection:
            return _tracks(connection, _id(connection, profile, name))

    def add_to_list(self, profile: str, tracks: Iterable[ListEntry], name: str = STAGING) -> int:
        """Put tracks at the end of a list; those that are in it stay where they are.

        Returns:
            How many were added.

        Raises:
            NotFound: there is no list of that name.
            DataError: the list would grow too long; nothing is added.
        """
        with self.writing() as connection:
            known = _tracks(connection, _id(connection, profile, name))
            there = {track.track_id for track in known}
            new = {track.track_id: track for track in tracks if track.track_id not in there}
            if new:
                _put(connection, profile, name, [*known, *new.values()])
        return len(new)

    def take_from_list(self, profile: str, track_ids: Iterable[str], name: str = STAGING) -> int:
        """Take tracks out of a list; how many were in it.

        Raises:
            NotFound: there is no list of that name.
        """
        gone = set(track_ids)
        with self.writing() as connection:
            known = _tracks(connection, _id(connection, profile, name))
            left = [track for track in known if track.track_id not in gone]
            if len(left) < len(known):
                _put(connection, profile, name, left)
        return len(known) - len(left)

    def move_in_list(self, profile: str, track_id: str, by: int, name: str = STAGING) -> None:
        """Move a track up (``by`` < 0) or down, at most to the end; an absent one moves nothing.

        Raises:
            NotFound: there is no list of that name.
        """
        with self.writing() as connection:
            tracks = _tracks(connection, _id(connection, profile, name))
            place = next((n for n, one in enumerate(tracks) if one.track_id == track_id), None)
            if place is None:
                return
            track = tracks.pop(place)
            tracks.insert(min(max(place + by, 0), len(tracks)), track)
            _put(connection, profile, name, tracks)

    def save_list(
        self, profile: str, name: str, tracks: Sequence[ListEntry], *, replace: bool = False
    ) -> None:
        """Keep tracks as a named list.

        Args:
            profile: Whose.
            name: 1 to 100 visible characters on one line.
            tracks: In order.
            replace: Take the place of a list of that name.

        Raises:
            DataError: the name cannot be one, or is taken; or the list is too long.
        """
        name = check_list_name(name)
        with self.writing() as connection:
            if _find_list(connection, profile, name) is not None and not replace:
                raise DataError(
                    f"There is a playlist {name!r} already. Choose another name, or replace it."
                )
            _put(connection, profile, name, tracks)

    def rename_list(self, profile: str, name: str, new: str) -> None:
        """Give a named list another name.

        Raises:
            NotFound: there is no list of that name.
            DataError: the new name cannot be one, or is taken.
        """
        new = check_list_name(new)
        with self.writing() as connection:
            which = _id(connection, profile, name)
            other = _find_list(connection, profile, new)
            if other is not None and other != which:
                raise DataError(f"There is a playlist {new!r} already; choose another name.")
            connection.execute(
                update(_LISTS)
                .where(_LISTS.c.id == which)
                .values(name=new, changed_at=int(time.time()))
            )

    def delete_list(self, profile: str, name: str = STAGING) -> None:
        """Delete a list with its tracks.

        Raises:
            NotFound: there is no list of that name.
        """
        with self.writing() as connection:
            which = _id(connection, profile, name)
            connection.execute(delete(_TRACKS).where(_TRACKS.c.list == which))
            connection.execute(delete(_LISTS).where(_LISTS.c.id == which))


def check_list_name(name: str) -> str:
    """A playlist's name, without blanks at its ends.

    Raises:
        DataError: it is empty, too long, or holds control characters.
    """
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise DataError(
            f"A playlist's name needs 1 to {LONGEST_NAME} visible characters on one line."
        )
    return name


def _find_list(connection: Connection, profile: str, name: str) -> int | None:
    """A list's id; None where there is none."""
    query = select(_LISTS.c.id).where(_LISTS.c.profile == profile, _LISTS.c.name == name)
    return connection.execute(query).scalar()


def _id(connection: Connection, profile: str, name: str) -> int | None:
    """A list's id; None only for the one being put together, which begins without any."""
    found = _find_list(connection, profile, name)
    if found is None and name != STAGING:
        raise NotFound(f"There is no playlist {name!r} here. `musicai playlists list` lists them.")
    return found


def _tracks(connection: Connection, which: int | None) -> list[ListEntry]:
    query: Select[tuple[str, str, str]] = (
        select(_TRACKS.c.track_id, _TRACKS.c.name, _TRACKS.c.artists)
        .where(_TRACKS.c.list == which)
        .order_by(_TRACKS.c.position)
    )
    rows = connection.execute(query).all()
    return [ListEntry(row.track_id, row.name, row.artists) for row in rows]


def _put(connection: Connection, profile: str, name: str, tracks: Sequence[ListEntry]) -> None:
    """Write a list as a whole: it is short, and its order stays free of gaps."""
    if len(tracks) > LONGEST_LIST:
        raise DataError(
            f"A list holds at most {LONGEST_LIST:,} tracks; this would have {len(tracks):,}."
        )
    now = int(time.time())
    which = _find_list(connection, profile, name)
    if which is None:
        done = connection.execute(
            insert(_LISTS).values(profile=profile, name=name, made_at=now, changed_at=now)
        )
        which = done.lastrowid
    connection.execute(update(_LISTS).where(_LISTS.c.id == which).values(changed_at=now))
    connection.execute(delete(_TRACKS).where(_TRACKS.c.list == which))
    if tracks:
        connection.execute(
            insert(_TRACKS),
            [
                {
                    "list": which,
                    "position": position,
                    "track_id": track.track_id,
                    "name": track.name,
                    "artists": track.artists,
                }
                for position, track in enumerate(tracks)
            ],
        )


_SENT = schema.sent_playlists
_FIELDS = tuple(SentPlaylist.__dataclass_fields__)


class SendingStore(OpenStore):
    """The part of the store that remembers playlists at Spotify."""

    def note_sent(
        self, profile: str, playlist_id: str, account_id: str, name: str, recipe: Mapping[str, Any]
    ) -> SentPlaylist:
        """Remember a playlist that was just made and is still empty."""
        sent = SentPlaylist(playlist_id, account_id, name, recipe, 0, int(time.time()), 0)
        values = {column: getattr(sent, column) for column in _FIELDS}
        with self.writing() as connection:
            connection.execute(
                insert(_SENT).values(
                    **values | {"recipe": json.dumps(dict(recipe))}, profile=profile
                )
            )
        return sent

    def note_written(
        self, profile: str, playlist_id: str, recipe: Mapping[str, Any], tracks: int
    ) -> None:
        """Remember that a playlist holds so many tracks of a recipe now.

        Raises:
            NotFound: it is not one that was made from here.
        """
        with self.writing() as connection:
            done = connection.execute(
                update(_SENT)
                .where(_SENT.c.profile == profile, _SENT.c.playlist_id == playlist_id)
                .values(recipe=json.dumps(dict(recipe)), tracks=tracks, written_at=int(time.time()))
            )
        if not done.rowcount:
            raise NotFound("This playlist was not made from here, so it is left as it is.")

    def list_sent(self, profile: str, account_id: str) -> list[SentPlaylist]:
        """A profile's playlists in an account, the latest first."""
        query = (
            select(*[_SENT.c[name] for name in _FIELDS])
            .where(_SENT.c.profile == profile, _SENT.c.account_id == account_id)
            .order_by(_SENT.c.made_at.desc(), _SENT.c.playlist_id)
        )
        with self.reading() as connection:
            rows = connection.execute(query).all()
        return [SentPlaylist(**{**row._mapping, "recipe": json.loads(row.recipe)}) for row in rows]

    def forget_sent(self, profile: str, playlist_id: str) -> None:
        """Forget one playlist; it stays at Spotify and is never written again."""
        with self.writing() as connection:
            connection.execute(
                delete(_SENT).where(_SENT.c.profile == profile, _SENT.c.playlist_id == playlist_id)
            )

    def forget_account(self, account_id: str) -> int:
        """Forget all playlists of an account, of whatever profile; how many there were.

        What was deleted before, here or elsewhere, is then gone from the disk too.
        """
        with self.writing() as connection:
            done = connection.execute(delete(_SENT).where(_SENT.c.account_id == account_id))
        self.clear_log()
        return int(done.rowcount)
