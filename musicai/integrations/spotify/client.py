"""The calls to the Web API, each with its limits.

A session of our own keeps the answers' headers and reasons, and never sleeps for as long as a
header says: spotipy's default would sleep for hours. Only reading is tried again by itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import requests
import spotipy
import urllib3
from requests.adapters import HTTPAdapter
from spotipy.exceptions import SpotifyException, SpotifyOauthError

from musicai.core.errors import NotAllowed, SignInNeeded, SpotifyUnavailable
from musicai.integrations.spotify import errors
from musicai.integrations.spotify.auth import Application, Manager, Token

PAGE = 50
"""Rows of one answer, the most that Spotify gives."""

FOUND = 10
"""Hits of one search, the most that Spotify gives since February 2026."""

PIECE = 100
"""Tracks that one call may put into a playlist."""

LONGEST_WAIT = 30.0
"""Seconds that a call waits when it is told to; told to wait longer, it is given up."""

TIMEOUT = 10.0
"""Seconds that one answer may take."""

_NO_ANSWER = (requests.RequestException, urllib3.exceptions.HTTPError, KeyError, TypeError)
"""What spotipy lets through where there is no answer, or one that is not what it should be."""

RANGES = ("short_term", "medium_term", "long_term")
"""About four weeks, six months, and a year."""


@dataclass(frozen=True)
class Account:
    """Whose token it is."""

    account_id: str
    """Does not change, where Spotify tells it; else the user's name in the system."""
    user_id: str
    """As playlists name their owner."""
    name: str


@dataclass(frozen=True)
class Page:
    """One answer of a list."""

    rows: Sequence[Any]
    total: int | None
    """Rows of the whole list, where it is told."""
    last: bool
    """No further page follows."""


Telling = Callable[[str], None]
"""Told while a call waits; raises to stop it."""


def _untold(text: str) -> None:
    """Nobody listens."""


class Client:
    """Spotify for one session. Never shared between sessions, never cached.

    Args:
        application: The person's app.
        token: Of this session; renewed in place, emptied when it no longer holds.
        sleep: Seconds to wait, one at a time.
    """

    def __init__(
        self, application: Application, token: Token, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._token = token
        self._sleep = sleep
        self._manager = Manager(application, token)
        self._last_status = 0
        self._api = spotipy.Spotify(
            auth_manager=self._manager,
            requests_session=self._session(),
            requests_timeout=TIMEOUT,
        )
        self._api.prefix = application.api_prefix

    def __repr__(self) -> str:
        return "Client()"

    def _session(self) -> requests.Session:
        retry = urllib3.Retry(
            total=2,
            connect=2,
            read=False,
            status=2,
            backoff_factor=0.5,
            status_forcelist=(500, 502, 503, 504),
            allowed_methods={"GET"},
            respect_retry_after_header=False,
            raise_on_status=False,
        )
        session = requests.Session()
        for scheme in ("https://", "http://"):
            session.mount(scheme, HTTPAdapter(max_retries=retry))
        session.hooks["response"].append(self._note_status)
        return session

    def _note_status(self, answer: requests.Response, **_: Any) -> None:
        self._last_status = answer.status_code

    # --- one call -----------------------------------------------------------------------

    def _call(self, doing: str, call: Callable[[], Any], tell: Telling = _untold) -> Any:
        """What a call answers; waits once if it is told to, renews the token once."""
        waited = renewed = False
        while True:
            if self._token.told is None:
                raise SignInNeeded("There is no connection to Spotify. Sign in on Connect.")
            try:
                return call()
            except SpotifyException as error:
                wait = errors.retry_after(error)
                short = wait is not None and wait <= LONGEST_WAIT and not errors.is_quota(error)
                if error.http_status == errors.UNAUTHORISED and not renewed:
                    renewed = True
                    self._renew(doing)
                elif error.http_status == errors.TOO_MANY and short and not waited:
                    waited = True
                    self._wait(wait or 0.0, tell)
                else:
                    if error.http_status == errors.UNAUTHORISED:
                        self._token.told = None
                    raise errors.convert_error(error, doing) from None
            except SpotifyOauthError as error:
                raise self._build_refusal(error) from None
            except AttributeError:  # spotipy cannot read an error that is plain text
                unread = SpotifyException(self._last_status or errors.FAILING, -1, "")
                raise errors.convert_error(unread, doing) from None
            except _NO_ANSWER:
                raise errors.unavailable(doing) from None

    def _renew(self, doing: str) -> None:
        """A new access token, whatever our clock says of the old one."""
        refresh = (self._token.told or {}).get("refresh_token")
        if not refresh:
            self._token.told = None
            raise errors.build_signed_out_error(doing)
        try:
            self._manager.refresh_access_token(refresh)
        except SpotifyOauthError as error:
            raise self._build_refusal(error) from None
        except _NO_ANSWER:
            raise errors.unavailable(doing) from None

    def _build_refusal(self, error: SpotifyOauthError) -> Exception:
        """What to raise; the dead token goes, which spotipy would use for ever."""
        found = errors.oauth(error)
        if isinstance(found, SignInNeeded):
            self._token.told = None
        return found

    def _wait(self, seconds: float, tell: Telling) -> None:
        left = max(seconds, 0.0)
        while left > 0:
            tell(f"Spotify asks to wait {left:.0f} s")
            step = min(left, 1.0)
            self._sleep(step)
            left -= step

    # --- reading ------------------------------------------------------------------------

    def account(self) -> Account:
        """Whose token it is; the first call of a session, which tells whether any will work.

        Raises:
            SpotifyError: Spotify does not answer, or not to this account.
        """
        told = self._call("reading who you are", self._api.me) or {}
        user_id = str(told.get("id") or "")
        if not user_id:
            raise errors.unavailable("reading who you are", "its answer names nobody")
        return Account(
            account_id=str(told.get("account_id") or user_id),
            user_id=user_id,
            name=str(told.get("display_name") or user_id),
        )

    def top(self, kind: str, span: str, offset: int, tell: Telling = _untold) -> Page:
        """Tracks or artists ("tracks", "artists") played most in a span of ``RANGES``."""
        calls = {
            "tracks": self._api.current_user_top_tracks,
            "artists": self._api.current_user_top_artists,
        }
        ask = calls[kind]
        return self._page(
            f"reading your top {kind}",
            lambda: ask(limit=PAGE, offset=offset, time_range=span),
            offset,
            tell,
        )

    def read_saved_tracks(self, offset: int, tell: Telling = _untold) -> Page:
        """Saved ("liked") tracks, the latest first."""
        return self._page(
            "reading your saved tracks",
            lambda: self._api.current_user_saved_tracks(limit=PAGE, offset=offset),
            offset,
            tell,
        )

    def recent(self, tell: Telling = _untold) -> Page:
        """The newest plays; Spotify tells about fifty in all."""
        found = self._page(
            "reading your recent plays",
            lambda: self._api.current_user_recently_played(limit=PAGE),
            0,
            tell,
        )
        return Page(found.rows, None, last=True)

    def playlists(self, offset: int, tell: Telling = _untold) -> Page:
        """Playlists of the person's own and followed ones."""
        return self._page(
            "reading your playlists",
            lambda: self._api.current_user_playlists(limit=PAGE, offset=offset),
            offset,
            tell,
        )

    def playlist_rows(self, playlist_id: str, offset: int, tell: Telling = _untold) -> Page:
        """Rows of a playlist of the person's own."""
        return self._page(
            "reading a playlist",
            lambda: self._api.playlist_items(playlist_id, limit=PAGE, offset=offset),
            offset,
            tell,
        )

    def _page(self, doing: str, call: Callable[[], Any], offset: int, tell: Telling) -> Page:
        told = self._call(doing, call, tell)
        if not isinstance(told, Mapping) or not isinstance(told.get("items"), list):
            raise errors.unavailable(doing, "its answer is no list")
        rows, total = told["items"], told.get("total")
        whole = total if isinstance(total, int) and total >= 0 else None
        # an address of the next page is not followed: it could lead anywhere
        more = told.get("next") is not None or (whole is not None and offset + len(rows) < whole)
        return Page(rows, whole, last=not rows or not more)

    def search(self, words: str, tell: Telling = _untold) -> list[Any]:
        """Tracks that Spotify finds for words or for field filters, best first."""
        doing = "searching for a track"
        told = self._call(doing, lambda: self._api.search(words, limit=FOUND, type="track"), tell)
        tracks = (told or {}).get("tracks")
        rows = tracks.get("items") if isinstance(tracks, Mapping) else None
        return list(rows) if isinstance(rows, list) else []

    # --- writing ------------------------------------------------------------------------

    def create(self, name: str, description: str, *, public: bool) -> Mapping[str, Any]:
        """Make an empty playlist; its head. Never tried again by itself: there would be two."""
        doing = "making the playlist"
        made = self._call(
            doing,
            lambda: self._api.current_user_playlist_create(
                name, public=public, description=description
            ),
        )
        if not isinstance(made, Mapping) or not made.get("id"):
            raise errors.unavailable(doing, "its answer names no playlist")
        return made

    def head(self, playlist_id: str) -> Mapping[str, Any]:
        """What a playlist says of itself.

        Raises:
            NotAllowed: it is not there any more, or not for this account.
        """
        told = self._call("looking at the playlist", lambda: self._api.playlist(playlist_id))
        return told if isinstance(told, Mapping) else {}

    def replace(self, playlist_id: str, uris: Sequence[str]) -> None:
        """Let a playlist hold these tracks alone, at most ``PIECE``; doing it twice is the same."""
        doing = "writing the playlist"

        def put() -> Any:
            return self._api.playlist_replace_items(playlist_id, list(uris))

        try:
            self._call(doing, put)
        except SpotifyUnavailable:
            self._call(doing, put)

    def append(self, playlist_id: str, uris: Sequence[str], after: int) -> None:
        """Put at most ``PIECE`` tracks after the first ``after`` of a playlist, once.

        Where it is not sure whether they arrived, the playlist itself is asked.

        Raises:
            NotAllowed: somebody else changed the playlist meanwhile.
        """
        doing = "writing the playlist"
        body = {"uris": list(uris), "position": after}
        for last in (False, True):
            try:
                self._call(doing, lambda: self._api._post(_items(playlist_id), payload=body))
                return
            except SpotifyUnavailable:
                there = self.length(playlist_id)
                if there == after + len(uris):
                    return
                if there != after:
                    raise NotAllowed(
                        "The playlist was changed by somebody else while it was written. Press "
                        "again to write it anew."
                    ) from None
                if last:
                    raise

    def length(self, playlist_id: str) -> int:
        """How many rows a playlist has now."""
        return int(self.playlist_rows(playlist_id, 0).total or 0)

    # --- playing ------------------------------------------------------------------------

    def play(self, uris: Sequence[str]) -> None:
        """Play tracks on the device that is active.

        Raises:
            NotAllowed: none is, or the account has no Premium.
        """
        self._call("playing", lambda: self._api.start_playback(uris=list(uris)[:PIECE]))


def _items(playlist_id: str) -> str:
    return f"playlists/{playlist_id}/items"
