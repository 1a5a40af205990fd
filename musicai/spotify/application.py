"""The client id of the person's own app at Spotify, and the addresses that are asked.

A client id is no secret (PKCE needs none), but it names the person's app: it is kept in a file
that only they can read.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from musicai.core.errors import SettingsError
from musicai.core.files import read_private, write_private
from musicai.core.settings import Settings

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
        checked(self.client_id)

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


def checked(client_id: str) -> str:
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


def masked(client_id: str) -> str:
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
    body = json.dumps({"client_id": checked(client_id)})
    path = path_of(settings)
    try:
        write_private(path, body)
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
        return checked(str(json.loads(read_private(path))["client_id"]))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read ({error.strerror}). Check its permissions."
        ) from error
    except (ValueError, KeyError, TypeError, RecursionError, SettingsError) as error:
        raise SettingsError(f"{path} is damaged. Enter the client id again.") from error
