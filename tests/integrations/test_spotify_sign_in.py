"""Signing in: what is sent, what is refused, and that no token gets out."""

from __future__ import annotations

import logging
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from musicai.core.errors import (
    NotAllowed,
    SettingsError,
    SignInNeeded,
    SignInRefused,
    SpotifyUnavailable,
)
from musicai.core.settings import Settings, load_settings
from musicai.integrations.spotify import auth
from musicai.integrations.spotify.auth import READING, Application, Pending, Token, WaitingRoom
from musicai.integrations.spotify.client import Client
from tests.open_data_stub import Reply, Stub
from tests.spotify_session import app_at, client_at, signed_in, visited
from tests.spotify_stub import CLIENT_ID, SpotifyWorld, failure, secrets_of


@pytest.fixture
def stub() -> Iterator[Stub]:
    with Stub() as running:
        yield running


@pytest.fixture
def world(stub: Stub) -> SpotifyWorld:
    return SpotifyWorld(stub)


# --- the way there and back -----------------------------------------------------------


def test_only_reading_is_asked_for_at_first(stub: Stub) -> None:
    _, address = auth.begin(WaitingRoom(), app_at(stub), READING)
    asked = parse_qs(urlsplit(address).query)
    assert set(asked["scope"][0].split()) == set(READING)
    assert "modify" not in asked["scope"][0]
    assert asked["code_challenge_method"] == ["S256"]
    assert "client_secret" not in asked
    assert len(asked["state"][0]) >= 43


def test_the_verifier_of_the_beginning_is_sent_at_the_end(stub: Stub, world: SpotifyWorld) -> None:
    signed = signed_in(stub, READING, carried="the list")
    assert signed.pending.carried == "the list"
    assert signed.token.scopes == set(READING)
    sent = parse_qs(stub.asked("/api/token")[0].raw.decode())
    assert sent["code_verifier"] == [signed.pending.verifier]
    assert "client_secret" not in sent


def test_a_state_serves_once(stub: Stub, world: SpotifyWorld) -> None:
    room = WaitingRoom()
    _, address = auth.begin(room, app_at(stub), READING)
    back = visited(address)
    auth.finish(room, back["state"], back["code"], None)
    with pytest.raises(SignInRefused, match="not known here"):
        auth.finish(room, back["state"], back["code"], None)
    assert len(stub.asked("/api/token")) == 1


def test_an_unknown_state_asks_nobody(stub: Stub, world: SpotifyWorld) -> None:
    with pytest.raises(SignInRefused, match="Sign in again on Connect"):
        auth.finish(WaitingRoom(), "made-up", "code", None)
    assert not stub.seen


def test_a_state_of_another_session_takes_only_its_own_sign_in(
    stub: Stub, world: SpotifyWorld
) -> None:
    room = WaitingRoom()
    first, _ = auth.begin(room, app_at(stub), READING, "of one")
    second, _ = auth.begin(room, app_at(stub), READING, "of two")
    assert room.take(second).carried == "of two"
    assert room.take(first).carried == "of one"


def test_a_sign_in_waits_ten_minutes_whatever_the_clock_says() -> None:
    now = [1000.0]
    room = WaitingRoom(lambda: now[0])
    state = room.put(_pending())
    now[0] += auth.LASTS
    assert room.has(state)
    now[0] += 1
    assert not room.has(state)
    with pytest.raises(SignInRefused, match="10 minutes"):
        room.take(state)


def test_the_oldest_gives_way_where_too_many_wait() -> None:
    room = WaitingRoom()
    states = [room.put(_pending()) for _ in range(auth.MOST + 1)]
    assert not room.has(states[0])
    assert all(map(room.has, states[1:]))


def test_a_sign_in_can_be_let_go_with_what_it_carries() -> None:
    room = WaitingRoom()
    gone, stays = room.put(_pending()), room.put(_pending())
    room.forget([gone, "unknown"])
    assert not room.has(gone)
    assert room.has(stays)


def _pending() -> Pending:
    return Pending(Application(CLIENT_ID, "http://127.0.0.1:8501"), READING, "secret-verifier")


def test_a_no_at_spotify_is_a_no(stub: Stub, world: SpotifyWorld) -> None:
    world.denies = "access_denied"
    with pytest.raises(SignInRefused, match="You said no"):
        signed_in(stub)
    assert not stub.asked("/api/token")


def test_another_error_of_the_sign_in_page_is_told(stub: Stub, world: SpotifyWorld) -> None:
    world.denies = "server_error"
    with pytest.raises(SignInRefused, match="without a sign-in"):
        signed_in(stub)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply({"error": "invalid_grant"}, 400), SignInRefused),
        (Reply({"error": "invalid_client"}, 400), NotAllowed),
        (Reply(None, 503, body=b"<html>down</html>"), SpotifyUnavailable),
        (Reply(None, 200, body=b"no json"), SpotifyUnavailable),
        (Reply(None, 200, body=b""), SpotifyUnavailable),
        (Reply({}, 200), SpotifyUnavailable),
        (Reply([], 200), SpotifyUnavailable),
    ],
)
def test_what_the_token_endpoint_may_answer(
    stub: Stub, world: SpotifyWorld, reply: Reply, kind: type[Exception]
) -> None:
    stub.on("POST", "/api/token", reply)
    with pytest.raises(kind):
        signed_in(stub)


def test_a_token_endpoint_that_is_down(stub: Stub, world: SpotifyWorld) -> None:
    room = WaitingRoom()
    with Stub() as gone:
        dead = Application(CLIENT_ID, "http://127.0.0.1:8501", gone.address)
        state, _ = auth.begin(room, dead, READING)
    with pytest.raises(SpotifyUnavailable, match="try again"):
        auth.finish(room, state, "code", None)


def test_an_answer_without_a_scope_grants_what_was_asked_for(
    stub: Stub, world: SpotifyWorld
) -> None:
    told = world.grant(" ".join(READING))
    del told["scope"]
    stub.on("POST", "/api/token", told)
    assert signed_in(stub, READING).token.scopes == set(READING)


# --- the token ------------------------------------------------------------------------


def test_an_expired_token_is_renewed_and_keeps_its_scope(stub: Stub, world: SpotifyWorld) -> None:
    client = client_at(stub)
    world.expire()
    told = world.grant("x")
    del told["scope"], told["refresh_token"]  # as Spotify may answer
    stub.on("POST", "/api/token", told)
    scopes = client._token.scopes
    assert client.account().user_id == "stub-user"
    assert client._token.scopes == scopes
    assert client._token.told is not None
    assert client._token.told["refresh_token"].startswith("refresh-secret-")


@pytest.mark.parametrize("ahead", [3600, -3600])
def test_a_clock_off_by_an_hour(
    stub: Stub, world: SpotifyWorld, monkeypatch: pytest.MonkeyPatch, ahead: int
) -> None:
    """Set while the token is in use; the token is dead at Spotify either way."""
    client = client_at(stub)
    world.expire()
    import spotipy.oauth2  # noqa: PLC0415

    real = spotipy.oauth2.time.time
    with monkeypatch.context() as patch:
        patch.setattr(spotipy.oauth2.time, "time", lambda: real() + ahead)
        assert client.account().user_id == "stub-user"


def test_a_revoked_connection_is_forgotten(stub: Stub, world: SpotifyWorld) -> None:
    client = client_at(stub)
    world.revoke()
    with pytest.raises(SignInNeeded, match="six months"):
        client.account()
    assert client._token.told is None
    asked = len(stub.seen)
    with pytest.raises(SignInNeeded):
        client.account()
    assert len(stub.seen) == asked, "a dead token was sent again"


@pytest.mark.parametrize(
    "reply", [Reply(None, 503, body=b"down"), Reply(None, 200, body=b"x"), Reply({}), Reply([])]
)
def test_a_token_endpoint_that_fails_while_renewing_costs_no_connection(
    stub: Stub, world: SpotifyWorld, reply: Reply
) -> None:
    client = client_at(stub)
    world.expire()
    stub.on("POST", "/api/token", reply, times=1)
    with pytest.raises(SpotifyUnavailable):
        client.account()
    assert client.account().user_id == "stub-user"


def test_a_token_that_stays_refused_is_forgotten(stub: Stub, world: SpotifyWorld) -> None:
    client = client_at(stub)
    stub.on("GET", "/v1/me/", failure(401, "The access token expired"))
    with pytest.raises(SignInNeeded):
        client.account()
    assert client._token.told is None


def test_nothing_ever_asks_on_the_terminal(
    stub: Stub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("asked on the terminal"))
    manager = auth.Manager(app_at(stub), Token())
    with pytest.raises(SignInNeeded):
        manager.get_access_token()
    assert list(tmp_path.iterdir()) == [tmp_path / "home"]


def test_no_token_reaches_a_log_a_text_or_a_file(
    stub: Stub,
    world: SpotifyWorld,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    caplog.set_level(logging.DEBUG)
    client = client_at(stub)
    client.account()
    client.search("a private wish")
    world.expire()
    client.account()
    stub.on("GET", "/v1/search", failure(500, "broken"))
    with pytest.raises(SpotifyUnavailable) as failed:
        client.search("a private wish")
    secrets = [*secrets_of(stub), "private wish", "secret-verifier"]
    assert len(secrets) > 4
    texts = [caplog.text, repr(client), repr(client._token), str(failed.value), repr(_pending())]
    for secret in secrets:
        for text in texts:
            assert secret not in text
        for path in tmp_path.rglob("*"):
            assert path.is_dir() or secret.encode() not in path.read_bytes()
    assert not list(tmp_path.rglob(".cache*"))


# --- the client id --------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed", [CLIENT_ID, f"  {CLIENT_ID}\n", CLIENT_ID.upper(), f"{CLIENT_ID[:8]} {CLIENT_ID[8:]}"]
)
def test_a_client_id_with_blanks_is_taken(settings: Settings, typed: str) -> None:
    auth.save(settings, typed)
    assert auth.load(settings) == CLIENT_ID
    assert stat.S_IMODE(auth.path_of(settings).stat().st_mode) == 0o600


@pytest.mark.parametrize("typed", ["", "   ", "abc", CLIENT_ID + "0", "g" * 32, "ä" * 32])
def test_what_is_no_client_id_is_not_kept(settings: Settings, typed: str) -> None:
    with pytest.raises(SettingsError, match="32 digits"):
        auth.save(settings, typed)
    assert auth.load(settings) is None


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"client_id": 7}', b"\xff", b"[" * 5000])
def test_a_damaged_file_says_so(settings: Settings, body: bytes) -> None:
    auth.path_of(settings).write_bytes(body)
    with pytest.raises(SettingsError, match="damaged"):
        auth.load(settings)


def test_only_a_port_of_this_machine_stands_in_for_spotify(home: Path) -> None:
    told = {"MUSICAI_HOME": str(home), "MUSICAI_SPOTIFY_HOST": "http://elsewhere.example:80"}
    with pytest.raises(SettingsError, match="MUSICAI_SPOTIFY_HOST"):
        load_settings(told)


def test_without_a_stub_spotify_itself_is_asked() -> None:
    app = Application(CLIENT_ID, "http://127.0.0.1:8501")
    assert app.api_prefix == "https://api.spotify.com/v1/"
    assert app.token_url == "https://accounts.spotify.com/api/token"
    client = Client(app, Token())
    with pytest.raises(SignInNeeded):
        client.account()
