"""A list of tracks -> a playlist at Spotify, made from here or brought up to date in place.

Only playlists that this profile made in this account are ever written: the database knows them,
and Spotify is asked whose they are. The first hundred tracks replace what is there, the others
follow in order, and where an answer is lost the playlist is asked before anything is sent twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from musicai.core.errors import NotAllowed, QueryError
from musicai.core.progress import Progress, no_progress
from musicai.data.playlists import SentPlaylist
from musicai.integrations.spotify.client import PIECE, Account, Client
from musicai.store import Store

LONGEST_NAME = 100
LONGEST_DESCRIPTION = 300
"""Characters that Spotify takes."""

MOST = 10_000
"""Tracks that a playlist at Spotify holds."""


def check_playlist(name: str, description: str, uris: Sequence[str]) -> tuple[str, str, list[str]]:
    """Name and description as Spotify takes them, and each track once.

    Raises:
        QueryError: there is no name, or no track, or too many.
    """
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise QueryError(f"A playlist's name needs 1 to {LONGEST_NAME} characters.")
    once = list(dict.fromkeys(uri for uri in uris if uri))
    if not once:
        raise QueryError(
            "None of these tracks is known at Spotify, so there is nothing to send. Choose among "
            "the candidates, or send another list."
        )
    if len(once) > MOST:
        raise QueryError(
            f"A playlist at Spotify holds at most {MOST:,} tracks; these are {len(once):,}."
        )
    return name, " ".join(description.split())[:LONGEST_DESCRIPTION], once


def make(
    client: Client,
    store: Store,
    profile: str,
    account: Account,
    name: str,
    recipe: Mapping[str, Any],
    *,
    description: str = "",
    public: bool = False,
) -> SentPlaylist:
    """Make an empty playlist and remember that it is ours; fill it with :func:`fill`.

    Raises:
        SpotifyError: Spotify did not make it.
        StoreError: it cannot be remembered; it then stays empty, and is never touched again.
    """
    made = client.create(name, description, public=public)
    return store.note_sent(profile, str(made["id"]), account.account_id, name, recipe)


def fill(
    client: Client,
    store: Store,
    profile: str,
    account: Account,
    sent: SentPlaylist,
    uris: Sequence[str],
    recipe: Mapping[str, Any],
    progress: Progress = no_progress,
) -> None:
    """Let a playlist of ours hold exactly these tracks.

    Doing it again after a failure writes it anew, in place, without doubles.

    Args:
        client: Of this session.
        store: Which remembers the playlist.
        profile: Whose list it is.
        account: Who is signed in.
        sent: Made by :func:`make`, now or earlier.
        uris: Each once, as :func:`check_playlist` gives them.
        recipe: What they were made from.
        progress: Told after each hundred.

    Raises:
        NotAllowed: the playlist is not ours, or not there any more.
        SpotifyError: Spotify did not take all of it.
    """
    _ours(client, store, profile, account, sent)
    total = len(uris)
    client.replace(sent.playlist_id, uris[:PIECE])
    for start in range(PIECE, total, PIECE):
        progress(start / total, f"{start:,} of {total:,} tracks sent")
        client.append(sent.playlist_id, uris[start : start + PIECE], start)
    store.note_written(profile, sent.playlist_id, recipe, total)
    progress(1.0, "All sent")


def _ours(client: Client, store: Store, profile: str, account: Account, sent: SentPlaylist) -> None:
    known = {one.playlist_id for one in store.list_sent(profile, account.account_id)}
    owner = client.head(sent.playlist_id).get("owner")
    theirs = owner.get("id") if isinstance(owner, Mapping) else None
    if sent.playlist_id not in known or theirs != account.user_id:
        raise NotAllowed(
            f"The playlist “{sent.name}” was not made from here in this account, so it is left as "
            "it is. Send the list as a new playlist."
        )
