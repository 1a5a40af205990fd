"""The person's ListenBrainz token and the contact, in a file that only they can read."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from musicai.core.errors import SettingsError
from musicai.core.files import atomic_write, read_private
from musicai.core.settings import Settings

FILE = "open-data.json"
"""Name of the file in the home."""

DEFAULT_CONTACT = "the musicai project"
"""What the hosts are told where no contact is set. They want to be able to reach who wrote a
program that misbehaves; the person who uses it is nobody's business."""

_TOKEN = re.compile(r"[0-9A-Za-z][0-9A-Za-z\-]{7,127}")
_CONTACT = re.compile(r"[ -'*-~]{1,200}")  # ASCII without parentheses, which enclose it


@dataclass(frozen=True)
class Credentials:
    """What the client is made with; the token does not show in logs and tracebacks.

    Raises:
        SettingsError: the token or the contact cannot be one.
    """

    token: str | None = field(default=None, repr=False)
    contact: str = DEFAULT_CONTACT

    def __post_init__(self) -> None:
        if self.token is not None and not _TOKEN.fullmatch(self.token):
            raise SettingsError(
                "This is no ListenBrainz token: it has 8 to 128 letters, digits and hyphens. "
                "Copy it from your ListenBrainz settings."
            )
        check_contact(self.contact)


def check_contact(contact: str) -> str:
    """The contact, if it can stand in a header.

    Raises:
        SettingsError: it is empty, too long, or has other than plain characters.
    """
    if not _CONTACT.fullmatch(contact):
        raise SettingsError(
            f"The contact {contact[:40]!r} cannot be sent: use up to 200 plain ASCII characters "
            "without parentheses, such as an address of the project."
        )
    return contact


def mask_token(token: str | None) -> str:
    """The token as it may be shown: its last four characters; "" for none."""
    if not token:
        return ""
    return f"…{token[-4:]}" if len(token) >= 16 else "…"


def path_of(settings: Settings) -> Path:
    """Where the file is."""
    return settings.home / FILE


def save(settings: Settings, credentials: Credentials) -> None:
    """Write the file beside its place, readable by its owner alone, and rename it.

    Raises:
        SettingsError: it cannot be written.
    """
    path = path_of(settings)
    body = json.dumps({"token": credentials.token, "contact": credentials.contact})
    try:
        with atomic_write(path) as beside:
            beside.write_text(body, "utf-8")
    except OSError as error:
        raise SettingsError(
            f"The token cannot be kept in {path} ({error.strerror}). "
            "Make the folder writable, then enter it again."
        ) from error


def load(settings: Settings) -> Credentials:
    """What was saved; no token and the usual contact where nothing was.

    Raises:
        SettingsError: the file is damaged or cannot be read.
    """
    path = path_of(settings)
    try:
        told = json.loads(read_private(path))
        token, contact = told["token"], told["contact"]
        if not isinstance(token, str | None) or not isinstance(contact, str):
            raise TypeError("not text")
        return Credentials(token, contact)
    except FileNotFoundError:
        return Credentials()
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read ({error.strerror}). Check its permissions."
        ) from error
    except (ValueError, KeyError, TypeError, RecursionError, SettingsError):
        # from None: the damaged text may hold the token
        raise SettingsError(f"{path} is damaged. Remove the token and enter it again.") from None


def remove(settings: Settings) -> None:
    """Forget token and contact; nothing happens where there is none.

    Raises:
        SettingsError: the file cannot be deleted.
    """
    try:
        path_of(settings).unlink(missing_ok=True)
    except OSError as error:
        raise SettingsError(
            f"{path_of(settings)} cannot be deleted ({error.strerror}). Delete it by hand."
        ) from error
