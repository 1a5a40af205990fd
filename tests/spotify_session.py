"""A client that is signed in at the stub of Spotify, as the sign-in itself makes it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from musicai.integrations.spotify import auth
from musicai.integrations.spotify.auth import Application, SignedIn, WaitingRoom
from musicai.integrations.spotify.client import Client
from tests.open_data_stub import Stub
from tests.spotify_stub import CLIENT_ID

ALL = (*auth.READING, *auth.WRITING, *auth.PLAYING)


def app_at(stub: Stub) -> Application:
    return Application(CLIENT_ID, "http://127.0.0.1:8501", stub.address)


def visited(address: str) -> dict[str, str]:
    """What the browser brings back after the sign-in page."""
    answer = requests.get(address, allow_redirects=False, timeout=10)
    assert answer.status_code == 302
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    return {name: values[0] for name, values in query.items()}


def signed_in(stub: Stub, scopes: tuple[str, ...] = ALL, carried: Any = None) -> SignedIn:
    room = WaitingRoom()
    _, address = auth.begin(room, app_at(stub), scopes, carried)
    back = visited(address)
    return auth.finish(room, back["state"], back.get("code"), back.get("error"))


class Sleeps(list[float]):
    """How long was slept, without sleeping."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def client_at(stub: Stub, scopes: tuple[str, ...] = ALL, sleeps: Sleeps | None = None) -> Client:
    signed = signed_in(stub, scopes)
    return Client(app_at(stub), signed.token, sleep=sleeps if sleeps is not None else Sleeps())
