"""The lists of one session, read page by page: what was read stays when a page fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from musicai.core.errors import QuotaSpent, RateLimited, SignInNeeded, SpotifyError
from musicai.core.progress import Progress, no_progress
from musicai.integrations.spotify.client import RANGES, Account, Client, Page, Telling
from musicai.integrations.spotify.parsing import (
    ApiArtist,
    ApiPlaylist,
    ApiTrack,
    SkippedRow,
    artist_of,
    playlist_of,
    track_of,
)

Row = ApiTrack | ApiArtist | ApiPlaylist
Kind = Literal["tracks", "artists", "playlists"]

SPANS = dict(zip(RANGES, ("the last weeks", "half a year", "about a year"), strict=True))
"""Range → what the screen calls it."""

PLAYLIST = "playlist:"
"""Key of a playlist's rows: this and its id."""

LISTS: dict[str, tuple[Kind, str]] = {
    **{f"top_tracks_{span}": ("tracks", f"Top tracks, {told}") for span, told in SPANS.items()},
    **{f"top_artists_{span}": ("artists", f"Top artists, {told}") for span, told in SPANS.items()},
    "recent": ("tracks", "Recent plays"),
    "saved": ("tracks", "Saved tracks"),
    "playlists": ("playlists", "Playlists"),
}
"""Key → what it holds, and its name; in the order in which they are read."""

_READ: dict[Kind, Callable[[object], Row | SkippedRow]] = {
    "tracks": track_of,
    "artists": artist_of,
    "playlists": playlist_of,
}

_ENDS_ALL = (QuotaSpent, RateLimited, SignInNeeded)
"""What one list fails on, the next will fail on too."""


@dataclass
class Listing:
    """One list, as far as it was read."""

    key: str
    kind: Kind
    label: str
    rows: dict[str, Row] = field(default_factory=dict)
    """By id, or by place where a row has none; a row that two pages bring counts once."""
    left_out: Counter[str] = field(default_factory=Counter)
    """Why a row was not taken → how many."""
    read: int = 0
    """Rows that came, taken or not; where the next page begins."""
    total: int | None = None
    """Rows of the whole list, where Spotify tells."""
    done: bool = False
    failure: str = ""
    """Why reading stopped before the end; "" if it did not."""

    @property
    def tracks(self) -> list[ApiTrack]:
        """Its tracks in order."""
        return [row for row in self.rows.values() if isinstance(row, ApiTrack)]

    @property
    def artists(self) -> list[ApiArtist]:
        """Its artists in order."""
        return [row for row in self.rows.values() if isinstance(row, ApiArtist)]

    @property
    def playlists(self) -> list[ApiPlaylist]:
        """Its playlists in order."""
        return [row for row in self.rows.values() if isinstance(row, ApiPlaylist)]

    def take(self, page: Page) -> None:
        """Take a page in."""
        for place, raw in enumerate(page.rows, self.read):
            row = _READ[self.kind](raw)
            if isinstance(row, SkippedRow):
                self.left_out[row.why] += 1
            else:
                self.rows.setdefault(_key(row) or f"at {place}", row)
        self.read += len(page.rows)
        self.total = page.total if page.total is not None else self.total
        self.done = page.last


def _key(row: Row) -> str:
    if isinstance(row, ApiTrack):
        return row.track_id
    return row.artist_id if isinstance(row, ApiArtist) else row.playlist_id


@dataclass
class Shelf:
    """Everything that one session read through the Web API; it is never written anywhere."""

    account: Account
    listings: dict[str, Listing] = field(default_factory=dict)

    def own_playlists(self) -> list[ApiPlaylist]:
        """Playlists whose rows Spotify tells: the person's own, and those they work on."""
        found = self.listings.get("playlists")
        return [
            one
            for one in (found.playlists if found else [])
            if one.owner_id == self.account.user_id or one.collaborative
        ]

    def tracks(self) -> Iterator[ApiTrack]:
        """Every track that was read."""
        for listing in self.listings.values():
            yield from listing.tracks

    def list_unfinished(self) -> list[str]:
        """Keys of the lists of which a part is missing."""
        return [key for key, listing in self.listings.items() if not listing.done]


def read(
    client: Client, shelf: Shelf, keys: Iterable[str], progress: Progress = no_progress
) -> None:
    """Read lists from where they stopped; one that is done is read anew.

    A list that fails keeps what came, and says why; the others are read all the same, unless
    they would fail for the same reason.

    Args:
        client: Of this session.
        shelf: Where the rows go.
        keys: Of ``LISTS``, or ``PLAYLIST`` and an id.
        progress: Told the share that is read; what it raises stops the reading, and what was
            read stays.
    """
    wanted = list(keys)
    for place, key in enumerate(wanted):
        listing = _open_list(shelf, key)

        def tell(text: str, place: int = place, listing: Listing = listing) -> None:
            share = listing.read / listing.total if listing.total else 0.0
            progress((place + min(share, 1.0)) / len(wanted), f"{listing.label}: {text}")

        try:
            while not listing.done:
                tell(_so_far(listing))
                listing.take(_page(client, listing, tell))
        except SpotifyError as error:
            listing.failure = str(error)
            if isinstance(error, _ENDS_ALL):
                for further in wanted[place + 1 :]:
                    _open_list(shelf, further).failure = str(error)
                return
    progress(1.0, "All read")


def _open_list(shelf: Shelf, key: str) -> Listing:
    """The list to go on with: a new one where there is none, or where it was read to its end."""
    known = shelf.listings.get(key)
    if known is None or known.done:
        known = shelf.listings[key] = Listing(key, *_name_list(shelf, key))
    known.failure = ""
    return known


def _name_list(shelf: Shelf, key: str) -> tuple[Kind, str]:
    if key in LISTS:
        return LISTS[key]
    playlist_id = key.removeprefix(PLAYLIST)
    names = {one.playlist_id: one.name for one in shelf.own_playlists()}
    return "tracks", names.get(playlist_id, "Playlist")


def _so_far(listing: Listing) -> str:
    return f"{listing.read:,} of {listing.total:,}" if listing.total else f"{listing.read:,} rows"


def _page(client: Client, listing: Listing, tell: Telling) -> Page:
    key, offset = listing.key, listing.read
    if key.startswith("top_"):
        kind, _, span = key.removeprefix("top_").partition("_")
        return client.top(kind, span, offset, tell)
    if key.startswith(PLAYLIST):
        return client.playlist_rows(key.removeprefix(PLAYLIST), offset, tell)
    if key == "recent":
        return client.recent(tell)
    return (
        client.read_saved_tracks(offset, tell) if key == "saved" else client.playlists(offset, tell)
    )
