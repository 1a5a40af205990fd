"""Which playlists at Spotify were made from here.

A playlist is noted as soon as it is made, before any track is in it: when writing fails half-way,
the next try goes on with it and makes no second one.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert, select, update

from musicai.core.errors import NotFound
from musicai.data.playlists import SentPlaylist
from musicai.store import schema
from musicai.store.opened import OpenStore

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

    def sent(self, profile: str, account_id: str) -> list[SentPlaylist]:
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
