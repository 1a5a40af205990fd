"""Sign-ins under way.

The way to Spotify and back ends the browser's session, so what the return needs waits here, in the
memory of the process, under a name that cannot be guessed and serves once (RFC 6749, 10.12).
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from musicai.core.errors import SignInRefused
from musicai.spotify.application import Application

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
