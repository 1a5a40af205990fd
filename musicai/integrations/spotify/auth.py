"""Signing in with PKCE (RFC 7636) through spotipy, and the token of one session.

spotipy's defaults would write the token to a ``.cache`` file that all share, and ask on the
terminal where there is none: here the token lives in a :class:`Token` and nothing ever asks.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import requests
from spotipy.cache_handler import CacheHandler
from spotipy.exceptions import SpotifyOauthError
from spotipy.oauth2 import SpotifyPKCE

from musicai.core.errors import SettingsError, SignInNeeded, SignInRefused
from musicai.core.files import atomic_write, read_private
from musicai.core.settings import Settings
from musicai.integrations.spotify import errors

FILE = "spotify.json"
"""Name of the file in the home."""

_CLIENT_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Application:
    """An app registered at Spotify.

    Raises:
        SettingsError: the client id cannot be one.
    """

    client_id: str
    redirect_uri: str
    """Where Spotify sends the browser back to, exactly as it is registered."""
    host: str = ""
    """A stub that stands in for Spotify; "" for Spotify."""

    def __post_init__(self) -> None:
        check_client_id(self.client_id)

    @property
    def authorize_url(self) -> str:
        """Where the person signs in."""
        return f"{self.host or 'https://accounts.spotify.com'}/authorize"

    @property
    def token_url(self) -> str:
        """Where a code or a refresh token becomes an access token."""
        return f"{self.host or 'https://accounts.spotify.com'}/api/token"

    @property
    def api_prefix(self) -> str:
        """Of every call to the Web API."""
        return f"{self.host or 'https://api.spotify.com'}/v1/"


def redirect_uri(port: int) -> str:
    """The address to register: Spotify takes the loopback number, not ``localhost``."""
    return f"http://127.0.0.1:{port}"


def check_client_id(client_id: str) -> str:
    """The client id without the blanks that copying brings along.

    Raises:
        SettingsError: it is not of the form of one.
    """
    found = "".join(client_id.split()).lower()
    if not _CLIENT_ID.fullmatch(found):
        raise SettingsError(
            "This is no client id: it has 32 digits and letters from a to f. Copy it from your "
            "app's page in Spotify's developer dashboard (not the client secret, which is not "
            "needed)."
        )
    return found


def mask_client_id(client_id: str) -> str:
    """The client id as it may be shown."""
    return f"…{client_id[-4:]}"


def path_of(settings: Settings) -> Path:
    """Where the file is."""
    return settings.home / FILE


def save(settings: Settings, client_id: str) -> None:
    """Write the file beside its place, readable by its owner alone, and rename it.

    Raises:
        SettingsError: the client id cannot be one, or the file cannot be written.
    """
    body = json.dumps({"client_id": check_client_id(client_id)})
    path = path_of(settings)
    try:
        with atomic_write(path) as beside:
            beside.write_text(body, "utf-8")
    except OSError as error:
        raise SettingsError(
            f"The client id cannot be kept in {path} ({error.strerror}). "
            "Make the folder writable, then enter it again."
        ) from error


def load(settings: Settings) -> str | None:
    """The client id that was saved; None where none was.

    Raises:
        SettingsError: the file is damaged or cannot be read.
    """
    path = path_of(settings)
    try:
        return check_client_id(str(json.loads(read_private(path))["client_id"]))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read ({error.strerror}). Check its permissions."
        ) from error
    except (ValueError, KeyError, TypeError, RecursionError, SettingsError) as error:
        raise SettingsError(f"{path} is damaged. Enter the client id again.") from error


LASTS = 600.0
"""Seconds that a sign-in may take."""

MOST = 256
"""Sign-ins that wait at once; the oldest gives way."""


@dataclass(frozen=True)
class Pending:
    """What the return of one sign-in needs."""

    application: Application
    scopes: tuple[str, ...]
    verifier: str = field(repr=False)
    """PKCE's secret; Spotify was given its hash."""
    carried: Any = field(default=None, repr=False)
    """What the session that began it wants to find again."""


class WaitingRoom:
    """Shared by all sessions; each entry is known by its ``state`` alone.

    Args:
        now: Seconds that only go forward, whatever happens to the clock.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._waiting: OrderedDict[str, tuple[float, Pending]] = OrderedDict()

    def put(self, pending: Pending) -> str:
        """Let a sign-in wait; its ``state``."""
        state = secrets.token_urlsafe(32)
        with self._lock:
            self._forget_old()
            while len(self._waiting) >= MOST:
                self._waiting.popitem(last=False)
            self._waiting[state] = self._now(), pending
        return state

    def has(self, state: str) -> bool:
        """Whether a sign-in still waits."""
        with self._lock:
            self._forget_old()
            return state in self._waiting

    def take(self, state: str) -> Pending:
        """The sign-in of this ``state``, which nobody can take again.

        Raises:
            SignInRefused: it is not known, was taken before, or waited too long.
        """
        with self._lock:
            self._forget_old()
            found = self._waiting.pop(state, None)
        if found is None:
            raise SignInRefused(
                "This sign-in is not known here: it was used before, began more than "
                f"{LASTS / 60:.0f} minutes ago, or musicai was started anew since. "
                "Sign in again on Connect."
            )
        return found[1]

    def forget(self, states: Iterable[str]) -> None:
        """Let sign-ins wait no longer, with all that they carry."""
        with self._lock:
            for state in states:
                self._waiting.pop(state, None)

    def _forget_old(self) -> None:
        while self._waiting:
            state, (begun, _) = next(iter(self._waiting.items()))
            if self._now() - begun <= LASTS:
                return
            del self._waiting[state]


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
        raise errors.oauth(refused) from None
    except (requests.RequestException, ValueError, KeyError, TypeError):
        raise errors.unavailable("signing in") from None
    if token.told is None or not token.scopes:  # an answer that does not say: what was asked for
        token.told = {**(token.told or {}), "scope": " ".join(pending.scopes)}
    return SignedIn(pending, token)


_DENIED = "You said no at Spotify, so nothing is connected. musicai works without it as well."
_NO_CODE = "Spotify sent you back without a sign-in. Sign in again on Connect."
