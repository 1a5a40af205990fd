"""One call to a host: spacing, headers, tries, and what each kind of failure means.

    answer in JSON                        returned
    404                                   None: the host knows nothing of it
    400 and the like                      BadQuestion: nothing to try again
    401                                   NeedsToken; the token is sent no more
    403, HTML, a redirect                 Refused, and no host is asked again by this client
    429, 503                              waits as long as told, three tries, HostUnavailable
    other 5xx, timeout, cut or no JSON    waits longer each time, three tries, Failing
    no connection                         likewise, HostUnavailable
    five such failures in a row           HostUnavailable without asking for 15 minutes

No exception carries the one of ``requests`` with it, whose text holds the names asked for.
"""

from __future__ import annotations

import http.cookiejar
import logging
import math
import random
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final, Protocol

import orjson
import requests
import urllib3

from musicai.core.errors import HostUnavailable, NeedsToken, Refused, SettingsError
from musicai.core.settings import Settings
from musicai.core.version import __version__
from musicai.integrations.metabrainz.credentials import check_contact


class Clock(Protocol):
    """A watch, a calendar and a pause."""

    def now(self) -> float:
        """Seconds on a watch that never goes back."""

    def wall(self) -> float:
        """Seconds since 1970."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's own time."""

    def now(self) -> float:
        """Seconds on a watch that never goes back."""
        return time.monotonic()

    def wall(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


_LOOPBACK = re.compile(r"http://127\.0\.0\.1:[0-9]{1,5}(?:/[a-z0-9/]*)?")


@dataclass(frozen=True)
class Hosts:
    """Base addresses without a final "/".

    Raises:
        SettingsError: an address is neither the official one nor a port of this machine.
    """

    listenbrainz: str = "https://api.listenbrainz.org"
    labs: str = "https://labs.api.listenbrainz.org"
    musicbrainz: str = "https://musicbrainz.org/ws/2"

    def __post_init__(self) -> None:
        for host in fields(self):
            address = getattr(self, host.name)
            if address != host.default and not _LOOPBACK.fullmatch(address):
                raise SettingsError(
                    f"{address!r} is no address of open data ({host.name}). Use "
                    f"{host.default}, or http://127.0.0.1:<port> for a stub on this machine."
                )

    @property
    def local(self) -> bool:
        """Whether every address is on this machine, so that no proxy has a part in it."""
        return all(getattr(self, f.name).startswith("http://127.0.0.1:") for f in fields(self))


def hosts_of(settings: Settings) -> Hosts:
    """The official hosts, or the stub that ``MUSICAI_OPEN_DATA_HOST`` names."""
    base = settings.open_data_host
    if not base:
        return Hosts()
    return Hosts(f"{base}/listenbrainz", f"{base}/labs", f"{base}/musicbrainz")


logger = logging.getLogger(__name__)

SPACING = 1.0
"""Seconds between the starts of two requests, whichever the hosts."""

TRIES = 3
"""Requests for one call before it is given up."""

FAILURES = 5
"""Calls in a row that fail before a host is left alone."""

OFF_SECONDS = 900.0
"""How long a host is left alone."""

LONGEST_WAIT = 120.0
"""Seconds that a host may make one request wait, whatever it says."""

TIMEOUT = (10.0, 60.0)
"""Seconds to connect, and between two parts of an answer."""

LONGEST_ANSWER = 120.0
"""Seconds for one whole answer, so that a host which drips cannot hold the work."""

LARGEST_ANSWER = 32 * 1024**2
"""Bytes of one unpacked answer."""

_NAMES = {"listenbrainz": "ListenBrainz", "labs": "ListenBrainz Labs", "musicbrainz": "MusicBrainz"}
_OK, _UNAUTHORISED, _FORBIDDEN, _MISSING = 200, 401, 403, 404
_OVERLOADED = (429, 503)
_WAITS = ("X-RateLimit-Reset-In", "Retry-After")
_CHUNK: Final = 64 * 1024


class Failing(HostUnavailable):
    """The host fails on this very call; a smaller one may succeed."""


class BadQuestion(Refused):
    """The host takes the call for malformed; one with fewer items may succeed."""


@dataclass(frozen=True)
class Call:
    """What is asked of a host."""

    host: str
    """A field of :class:`Hosts`."""
    path: str
    """Begins with "/"."""
    query: Sequence[tuple[str, str]] = ()
    body: Any = None
    """Sent as JSON by POST; None for GET."""
    needs_token: bool = False


@dataclass
class _State:
    """How it stands with one host."""

    failures: int = 0
    off_until: float = 0.0
    not_before: float = 0.0


@dataclass(frozen=True)
class _Reply:
    status: int
    headers: requests.structures.CaseInsensitiveDict[str]
    body: bytes


class _Again(Exception):
    """A try failed in a way that another may not."""

    def __init__(
        self, why: str, kind: type[HostUnavailable] = Failing, wait: float | None = None
    ) -> None:
        super().__init__(why)
        self.why = why
        self.kind = kind
        self.wait = wait


class _TokenAuth(requests.auth.AuthBase):
    """Adds the token or nothing; set always, else requests would look into a ``.netrc``."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            request.headers["Authorization"] = f"Token {self._token}"
        return request


@dataclass
class Transport:
    """Calls, one after the other.

    Args:
        hosts: Where to.
        contact: Stands in the User-Agent.
        token: Sent to ListenBrainz alone; set to None when it is not accepted.
        clock: Time.
        chance: Jitter of the waits.
        waiting: Called before each request and each second of a wait with a plain line; what it
            raises stops the work.
    """

    hosts: Hosts
    contact: str
    token: str | None
    clock: Clock
    chance: random.Random
    waiting: Callable[[str], None]
    token_refused: bool = False
    _refused: str = ""
    _next: float = float("-inf")
    _states: dict[str, _State] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_contact(self.contact)
        self._session = requests.Session()
        self._session.trust_env = not self.hosts.local
        self._session.headers["User-Agent"] = f"musicai/{__version__} ( {self.contact} )"
        self._session.headers["Accept"] = "application/json"
        no_cookies = http.cookiejar.DefaultCookiePolicy(allowed_domains=[])
        self._session.cookies.set_policy(no_cookies)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def call(self, call: Call) -> Any:
        """The answer, parsed; None for what the host does not know.

        Raises:
            NeedsToken: it needs a token, and there is none or it is not accepted.
            BadQuestion: the host takes it for malformed.
            Refused: the host wants no more of this program, or something else answered.
            Failing: the host failed on it three times.
            HostUnavailable: the host cannot be reached, is overloaded or is left alone.
        """
        self._check_consent(call)
        state = self._states.setdefault(call.host, _State())
        last = _Again("it gave no answer", HostUnavailable)
        for attempt in range(1, TRIES + 1):
            try:
                answer = self._once(call, state)
            except _Again as again:
                last = again
                if attempt < TRIES:
                    backoff = 2.0**attempt * (1.0 + self.chance.random())
                    self._wait(call, again.wait if again.wait is not None else backoff)
            except BadQuestion:
                self._count_failure(call, state)
                raise
            else:
                state.failures = 0
                return answer
        self._count_failure(call, state)
        raise last.kind(
            f"{self._name(call)} could not answer: {last.why}, {TRIES} times. "
            "What came before is kept; go on later."
        )

    def refuse_token(self) -> None:
        """Send the token no more: it is not accepted."""
        self.token, self.token_refused = None, True
        logger.warning("open data: the token is not accepted")

    # --- before -------------------------------------------------------------------------

    def _check_consent(self, call: Call) -> None:
        if self._refused:
            raise Refused(self._refused)
        if call.needs_token and self.token is None:
            raise self._needs_token(call)
        state = self._states.get(call.host)
        if state and state.off_until > self.clock.now():
            minutes = math.ceil((state.off_until - self.clock.now()) / 60)
            raise HostUnavailable(
                f"{self._name(call)} failed {FAILURES} times in a row and is left alone for "
                f"another {minutes} minutes. What came before is kept; go on later."
            )

    def _needs_token(self, call: Call) -> NeedsToken:
        if self.token_refused:
            return NeedsToken(
                f"{self._name(call)} does not accept the token. Copy it again from your "
                "ListenBrainz settings, or remove it to do without."
            )
        return NeedsToken(
            f"{self._name(call)} answers this only with a token, which a free ListenBrainz account "
            "has. Enter it under the open data settings, or leave this step out."
        )

    def _name(self, call: Call) -> str:
        return f"{_NAMES[call.host]} ({getattr(self.hosts, call.host).split('/')[2]})"

    def _wait(self, call: Call, seconds: float) -> None:
        """Sleep in pieces of at most a second, so that the person can stop it."""
        until = self.clock.now() + seconds
        while (left := until - self.clock.now()) > 0:
            if seconds > SPACING:
                self.waiting(f"waiting {left:.0f} s for {_NAMES[call.host]}")
            self.clock.sleep(min(left, 1.0))

    def _count_failure(self, call: Call, state: _State) -> None:
        state.failures += 1
        if state.failures >= FAILURES:
            state.failures = 0
            state.off_until = self.clock.now() + OFF_SECONDS
            logger.warning("open data: %s is left alone for a while", call.host)

    # --- one request --------------------------------------------------------------------

    def _once(self, call: Call, state: _State) -> Any:
        self._wait(call, max(self._next, state.not_before) - self.clock.now())
        self.waiting(f"asking {_NAMES[call.host]}")
        started = self._next = self.clock.now()
        self._next += SPACING
        token = self.token if call.host == "listenbrainz" else None
        reply = self._send(call, token)
        logger.info(
            "open data: %s answered %d with %d bytes in %.2f s",
            call.host,
            reply.status,
            len(reply.body),
            self.clock.now() - started,
        )
        reset = self._reset(call, reply)
        if reset is not None and reply.headers.get("X-RateLimit-Remaining", "").strip() == "0":
            state.not_before = self.clock.now() + reset
        if reply.status == _UNAUTHORISED and token is not None:
            self.refuse_token()
            if not call.needs_token:
                return self._once(call, state)
        return self._judge_answer(call, reply, reset)

    def _send(self, call: Call, token: str | None) -> _Reply:
        data = None if call.body is None else orjson.dumps(call.body)
        until = self.clock.now() + LONGEST_ANSWER
        try:
            with self._session.request(
                "GET" if data is None else "POST",
                getattr(self.hosts, call.host) + call.path,
                params=list(call.query),
                data=data,
                headers=None if data is None else {"Content-Type": "application/json"},
                auth=_TokenAuth(token),
                timeout=TIMEOUT,
                allow_redirects=False,
                stream=True,
            ) as response:
                body = self._read(response.raw, until)
                return _Reply(response.status_code, response.headers, body)
        except (requests.exceptions.ReadTimeout, urllib3.exceptions.ReadTimeoutError):
            raise _Again("it took too long") from None
        except (urllib3.exceptions.ProtocolError, urllib3.exceptions.DecodeError):
            raise _Again("its answer was cut off") from None
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as error:
            # the class alone: the text of the error holds what was asked
            why = f"it cannot be reached ({type(error).__name__}; is this machine online?)"
            raise _Again(why, HostUnavailable) from None

    def _read(self, raw: urllib3.BaseHTTPResponse, until: float) -> bytes:
        """The unpacked body, piece by piece as it comes, so that dripping is noticed."""
        body = bytearray()
        while piece := raw.read1(_CHUNK, decode_content=True):
            body += piece
            if len(body) > LARGEST_ANSWER or self.clock.now() > until:
                raise _Again("its answer is too large or too slow")
        return bytes(body)

    def _reset(self, call: Call, reply: _Reply) -> float | None:
        """Seconds until the host takes requests again, or None where it does not tell."""
        # MusicBrainz counts all its visitors in these headers, so they say nothing of us there
        names = ("Retry-After",) if call.host == "musicbrainz" else _WAITS
        for name in names:
            told = reply.headers.get(name, "").strip()
            if told.isascii() and told.isdigit() and len(told) < 7:
                return min(float(told) + 1.0, LONGEST_WAIT)
        return None

    def _judge_answer(self, call: Call, reply: _Reply, reset: float | None) -> Any:
        if reply.status == _MISSING:
            return None
        if reply.status == _UNAUTHORISED and call.host == "listenbrainz":
            raise self._needs_token(call)
        if reply.status == _FORBIDDEN or 300 <= reply.status < 400:
            raise self._stop(call, f"answered {reply.status}")
        if reply.status in _OVERLOADED:
            raise _Again("it is overloaded", HostUnavailable, reset)
        if reply.status >= 500:
            raise _Again(f"it failed ({reply.status})")
        if reply.status != _OK:
            raise BadQuestion(
                f"{self._name(call)} did not understand the call ({reply.status}). "
                "It may have changed; an update of musicai may help."
            )
        try:
            return orjson.loads(reply.body)
        except ValueError:
            if "html" in reply.headers.get("Content-Type", "").lower():
                raise self._stop(call, "sent a web page instead of data") from None
            raise _Again("its answer was cut off") from None

    def _stop(self, call: Call, what: str) -> Refused:
        """Remember that nothing more is to be asked: a block, or a network that wants a login."""
        self._refused = (
            f"{self._name(call)} {what}, so nothing more was asked of any host. Check in a browser "
            "whether the network wants a login, and wait a day before you try again."
        )
        logger.warning("open data: %s refused; all calls stop", call.host)
        return Refused(self._refused)
