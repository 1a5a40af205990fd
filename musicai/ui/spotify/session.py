"""Spotify in one browser session: who is signed in, what was read, and the ways to sign in.

Everything is in the session's own state and gone with it. Only sign-ins under way wait outside it,
as the way to Spotify and back ends the session.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from musicai.core.errors import MusicAIError, SpotifyError
from musicai.integrations.spotify import auth, consent
from musicai.integrations.spotify.auth import Application, Token
from musicai.integrations.spotify.client import Account, Client
from musicai.integrations.spotify.matching import Addressed, Matched
from musicai.integrations.spotify.session_library import Shelf
from musicai.ui import state, wording
from musicai.ui.spotify import send_request

CONNECT = "pages/connect.py"

GONE = "spotify_gone"
"""Session key: the connection was just ended, which is to be said once."""

_LINKS = "spotify_links"
"""Session key: scopes -> (``state``, address) of sign-ins that were offered and still wait."""

_SEEN = {
    "user-top-read": "what you play most",
    "user-library-read": "your saved tracks",
    "user-read-recently-played": "your last plays",
    "playlist-read-private": "your playlists",
    "playlist-read-collaborative": "those you share",
}
"""Scope -> what it lets musicai see."""

_DONE = {
    "playlist-modify-private": "make private playlists and write those it made",
    "playlist-modify-public": "make public playlists and write those it made",
    "user-modify-playback-state": "start a track on your device",
    "user-read-playback-state": "ask which device is ready",
}
"""Scope -> what it lets musicai do."""


@dataclass
class SpotifySession:
    """One connection; it is never shared with another session."""

    auth: Application
    token: Token
    account: Account
    shelf: Shelf
    client: Client = field(repr=False)
    addresses: dict[str, Addressed] = field(default_factory=dict)
    """Track id -> what was found of it at Spotify."""
    matches: dict[tuple[str, int, str], Matched] = field(default_factory=dict)
    """(List, rows read, library) -> where its tracks are in the library."""


@dataclass(frozen=True)
class Carried:
    """What the session after a sign-in finds again."""

    page: str
    profile: str | None
    wish: send_request.SendRequest | None = None
    session: SpotifySession | None = None


def permissions(scopes: Iterable[str]) -> str:
    """What scopes let musicai do, after "may"."""
    asked = set(scopes)
    seen = [told for scope, told in _SEEN.items() if scope in asked]
    parts = [f"see {wording.join_list(seen)}"] if seen else []
    parts += [told for scope, told in _DONE.items() if scope in asked]
    return "; ".join(parts) or "nothing"


def current() -> SpotifySession | None:
    """The connection of this session; None where there is none, or where it no longer holds."""
    session = st.session_state.get(send_request.SESSION)
    if session is None or session.token.told is None:
        return None
    found: SpotifySession = session
    return found


def client_id() -> str | None:
    """The client id of the person's app; None where none was entered."""
    return auth.load(state.get_settings())


def app_of(found: str) -> Application:
    """The app with this client id and this server's address."""
    uri = auth.redirect_uri(int(st.get_option("server.port")))
    return Application(found, uri, state.get_settings().spotify_host)


# --- signing in -----------------------------------------------------------------------


def sign_in_link(
    label: str, scopes: Iterable[str], page: str, key: str, *, kind: str = "primary"
) -> None:
    """The way to Spotify, in a new tab; without a client id, the way to set one up.

    Args:
        label: What the button says.
        scopes: What to ask for; what is allowed already is asked for again.
        page: Where to come back to.
        key: Unique on the page.
        kind: "primary" or "secondary".
    """
    found = client_id()
    if found is None:
        st.page_link(CONNECT, label="Set up Spotify on Connect", icon=":material/link:")
        return
    session = current()
    wanted = {*scopes, *(session.token.scopes if session else ())}
    ordered = tuple(scope for scope in (*_SEEN, *_DONE) if scope in wanted)
    st.link_button(
        label,
        _address(app_of(found), ordered, page),
        key=key,
        type="primary" if kind == "primary" else "secondary",
        icon=":material/open_in_new:",
    )


def _address(app: Application, scopes: tuple[str, ...], page: str) -> str:
    """The address of a sign-in that waits; the same one until it is used or too old."""
    room = state.get_waiting_room()
    links: dict[Any, tuple[str, str]] = st.session_state.setdefault(_LINKS, {})
    wish = st.session_state.get(send_request.WISH)
    key = (app, scopes, page, state.get_current_profile(), wish)
    offered = links.get(key)
    if offered is None or not room.has(offered[0]):
        # one that no longer holds is handed on too: what it read is still there
        held: SpotifySession | None = st.session_state.get(send_request.SESSION)
        carried = Carried(page, state.get_current_profile(), wish, held)
        offered = links[key] = auth.begin(room, app, scopes, carried)
    return offered[1]


def finish() -> None:
    """Take the return from Spotify in the address; called by the frame before anything is drawn.

    The code serves once and is taken out of the address at once.
    """
    told: dict[str, str] = {}
    for name in ("state", "code", "error"):
        if name in st.query_params:
            told[name] = st.query_params[name]
            del st.query_params[name]
    try:
        _sign_in(told)
    except MusicAIError as error:
        state.keep_error(error)
        state.go_to(CONNECT, {})


def _sign_in(told: Mapping[str, str]) -> None:
    signed = auth.finish(
        state.get_waiting_room(), told.get("state", ""), told.get("code"), told.get("error")
    )
    app, carried = signed.pending.application, signed.pending.carried
    client = Client(app, signed.token)
    account = client.account()
    session = SpotifySession(app, signed.token, account, Shelf(account), client)
    before: SpotifySession | None = carried.session
    if before is not None and before.account.account_id == account.account_id:
        session.shelf = copy.deepcopy(before.shelf)
        session.addresses = dict(before.addresses)
    st.session_state[send_request.SESSION] = session
    if carried.wish is not None:
        st.session_state[send_request.WISH] = carried.wish
    if carried.profile is not None:
        state.choose_profile(carried.profile)
    state.go_to(carried.page, {})


def disconnect() -> None:
    """Sign out, and delete everything that came through the API; for callbacks."""

    def act() -> None:
        session = st.session_state.pop(send_request.SESSION, None)
        offered: dict[Any, tuple[str, str]] = st.session_state.pop(_LINKS, {})
        # what they carry came through the API too
        state.get_waiting_room().forget(waiting for waiting, _ in offered.values())
        if session is None:
            return
        session.token.told = None
        undone = consent.delete_all(state.get_store(), session.account.account_id)
        if undone:
            state.forget_loaded()
        # told with the next draw: a callback of a dialog may draw nothing
        st.session_state[GONE] = True

    state.attempt(act)


def is_allowed(session: SpotifySession, *scopes: str) -> bool:
    """Whether the person granted all of these."""
    return set(scopes) <= session.token.scopes


def draw_error(error: SpotifyError) -> None:
    """An error of Spotify's, with the way to mend it."""
    state.show_error(error)
    if current() is None:
        sign_in_link("Sign in again", auth.READING, CONNECT, "spotify_again")
