"""Signing in with PKCE (RFC 7636) through spotipy, and the token of one session.

spotipy's defaults would write the token to a ``.cache`` file that all share, and ask on the
terminal where there is none: here the token lives in a :class:`Token` and nothing ever asks.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any, NoReturn

import requests
from spotipy.cache_handler import CacheHandler
from spotipy.exceptions import SpotifyOauthError
from spotipy.oauth2 import SpotifyPKCE

from musicai.core.errors import SignInNeeded, SignInRefused
from musicai.spotify import failures
from musicai.spotify.application import Application
from musicai.spotify.waiting import Pending, WaitingRoom

# at DEBUG spotipy logs tokens, at ERROR the words that were searched for
logging.getLogger("spotipy").setLevel(logging.CRITICAL)

READING = (
    "user-top-read",
    "user-library-read",
    "user-read-recently-played",
    "playlist-read-private",
    "playlist-read-collaborative",
)
"""Asked for at the first sign-in."""

WRITING = ("playlist-modify-private", "playlist-modify-public")
"""Asked for when a playlist is to be sent for the first time."""

PLAYING = ("user-modify-playback-state", "user-read-playback-state")
"""Asked for when a track is to be played on a device for the first time."""

TIMEOUT = 10.0
"""Seconds that the token endpoint may take."""


@dataclass
class Token:
    """The token of one session; its text shows in no log and no traceback."""

    told: dict[str, Any] | None = field(default=None, repr=False)
    """As spotipy keeps it; None after a sign-out."""

    @property
    def scopes(self) -> frozenset[str]:
        """What the person allowed."""
        return frozenset(str((self.told or {}).get("scope") or "").split())


class _InMemory(CacheHandler):  # type: ignore[misc]  # spotipy has no types
    """Where spotipy looks for the token and leaves the new one."""

    def __init__(self, token: Token) -> None:
        self._token = token

    def get_cached_token(self) -> dict[str, Any] | None:
        return self._token.told

    def save_token_to_cache(self, token_info: dict[str, Any]) -> None:
        before = self._token.told or {}
        # a refresh may leave the scope out, and spotipy takes a token without one for none
        scope = token_info.get("scope") or before.get("scope") or ""
        self._token.told = {**token_info, "scope": scope}


class Manager(SpotifyPKCE):  # type: ignore[misc]  # spotipy has no types
    """spotipy's PKCE for one session, which never asks anybody."""

    def __init__(
        self, application: Application, token: Token, scopes: tuple[str, ...] = ()
    ) -> None:
        super().__init__(
            client_id=application.client_id,
            redirect_uri=application.redirect_uri,
            scope=list(scopes) or None,
            requests_timeout=TIMEOUT,
            requests_session=requests.Session(),
            open_browser=False,
            cache_handler=_InMemory(token),
        )
        self.OAUTH_AUTHORIZE_URL = application.authorize_url
        self.OAUTH_TOKEN_URL = application.token_url

    def get_authorization_code(self, response: str | None = None) -> NoReturn:
        """Called by spotipy where there is no token: it would ask on the terminal."""
        raise SignInNeeded("There is no connection to Spotify. Sign in on Connect.")


@dataclass(frozen=True)
class SignedIn:
    """A sign-in that worked."""

    pending: Pending
    token: Token


def begin(
    room: WaitingRoom, application: Application, scopes: tuple[str, ...], carried: Any = None
) -> tuple[str, str]:
    """Begin a sign-in.

    Args:
        room: Where it waits for the return.
        application: The person's app.
        scopes: What to ask for; the more is asked, the less is granted lightly.
        carried: What the session after the return shall find.

    Returns:
        Its ``state``, and the address at Spotify to send the person to.
    """
    manager = Manager(application, Token(), scopes)
    manager.get_pkce_handshake_parameters()
    state = room.put(Pending(application, scopes, manager.code_verifier, carried))
    return state, str(manager.get_authorize_url(state))


def finish(room: WaitingRoom, state: str, code: str | None, error: str | None) -> SignedIn:
    """Finish the sign-in with which the browser came back.

    Args:
        room: Where it waits.
        state: As Spotify sent it back.
        code: Spotify's, for the token endpoint; None where it sent an error.
        error: Spotify's, such as "access_denied".

    Raises:
        SignInRefused: it is unknown, used, too old, or the person said no.
        SignInNeeded: Spotify does not take the code.
        SpotifyUnavailable: the token endpoint fails.
    """
    pending = room.take(state)
    if error or not code:
        raise SignInRefused(_DENIED if error == "access_denied" else _NO_CODE)
    token = Token()
    manager = Manager(pending.application, token, pending.scopes)
    manager.code_verifier = pending.verifier
    # restoring the verifier alone would make spotipy invent both anew
    manager.code_challenge = manager._get_code_challenge()
    try:
        manager.get_access_token(code, check_cache=False)
    except SpotifyOauthError as refused:
        if refused.error == "invalid_grant":
            raise SignInRefused(
                "Spotify did not accept this sign-in; its code serves once and not for long. "
                "Sign in again on Connect."
            ) from None
        raise failures.oauth(refused) from None
    except (requests.RequestException, ValueError, KeyError, TypeError):
        raise failures.unavailable("signing in") from None
    if token.told is None or not token.scopes:  # an answer that does not say: what was asked for
        token.told = {**(token.told or {}), "scope": " ".join(pending.scopes)}
    return SignedIn(pending, token)


_DENIED = "You said no at Spotify, so nothing is connected. musicai works without it as well."
_NO_CODE = "Spotify sent you back without a sign-in. Sign in again on Connect."
