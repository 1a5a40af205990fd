"""Connect: the set-up of the person's own app, the sign-in, what was allowed, and the way out."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from musicai.data.playlists import SentPlaylist
from musicai.integrations.spotify import auth, consent
from musicai.ranking import playlists
from musicai.ui import state, wording
from musicai.ui.components import widgets
from musicai.ui.spotify import lists, send_request
from musicai.ui.spotify import session as spotify_session
from musicai.ui.spotify.session import CONNECT, SpotifySession

DASHBOARD = "https://developer.spotify.com/dashboard"
APPS = "https://www.spotify.com/account/apps"

_FIELD = "connect_client_id"
_CHANGING = "connect_changing"


def draw() -> None:
    """The whole page."""
    profile = state.get_current_profile()
    if profile is not None:
        widgets.draw_invented_note(state.read_profile(profile).invented)
    session = spotify_session.current()
    if session is None:
        _before()
    else:
        _connection(session)
        lists.draw(session)
    if profile is None:
        widgets.draw_empty_state(
            "Lists from Spotify are matched with the music that you bring here."
        )
    elif session is not None:
        lists.draw_consent(session, profile)
        _draw_sent(session, profile)


# --- before ---------------------------------------------------------------------------


def _before() -> None:
    if st.session_state.pop(spotify_session.GONE, False):
        st.success("Disconnected. Everything that came from Spotify is deleted here.")
    _intro()
    found = spotify_session.client_id()
    if found is None or st.session_state.get(_CHANGING):
        _set_up(found)
    else:
        _sign_in(found)


def _intro() -> None:
    st.markdown(
        "musicai is whole without Spotify: your export, imported on Home, says more than Spotify "
        "tells apps today. Connected, it also shows your top lists, saved tracks and playlists, "
        "starts from them, and sends playlists to your account."
    )
    st.caption(
        "Spotify answers apps of this kind only if the account that made them has Premium, and "
        "for at most five accounts that you name. It tells no audio features and recommends "
        "nothing to them."
    )


def _set_up(known: str | None) -> None:
    """The steps, with everything that has to be copied."""
    st.subheader("Set up once", anchor=False)
    uri = auth.redirect_uri(int(st.get_option("server.port")))
    st.markdown(
        f"1. Open [Spotify's developer dashboard]({DASHBOARD}), sign in, and press *Create app*.\n"
        "2. Give it any name and description.\n"
        "3. As *Redirect URI* paste exactly this, and press *Add*:"
    )
    st.code(uri, language=None, width="content")
    st.markdown(
        "4. Tick *Web API*, accept the terms, and press *Save*.\n"
        "5. For another account than your own: add it under *User Management*.\n"
        "6. Copy the *Client ID* and paste it here. A client secret is not needed."
    )
    with st.form("connect_form", border=False):
        st.text_input("Client ID", key=_FIELD, autocomplete="off", max_chars=100)
        st.form_submit_button("Keep", type="primary", on_click=_keep)
    st.caption(
        "It is kept in a file that only you can read. It names your app and opens nothing by "
        "itself."
    )
    if known is not None:
        st.button(
            "Leave it as it is",
            key="connect_back",
            type="tertiary",
            on_click=_change,
            args=(False,),
        )


def _keep() -> None:
    def act() -> None:
        auth.save(state.get_settings(), str(st.session_state[_FIELD]))
        _change(False)

    state.attempt(act)


def _change(changing: bool) -> None:
    st.session_state[_CHANGING] = changing


def _sign_in(found: str) -> None:
    st.subheader("Sign in", anchor=False)
    asked = spotify_session.permissions(auth.READING)
    st.markdown(
        f"At Spotify you will be asked whether musicai may {asked}. It cannot change anything with "
        "that; making playlists is asked for when you send the first one."
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        spotify_session.sign_in_link("Sign in at Spotify", auth.READING, CONNECT, "connect_sign_in")
        st.button(
            f"Change the client ID ({auth.mask_client_id(found)})",
            key="connect_change",
            type="tertiary",
            on_click=_change,
            args=(True,),
        )
    st.caption(
        "Spotify opens in a new tab and comes back in it; this one can be closed. The connection "
        "lasts as long as that tab, and what it reads is in memory alone."
    )


# --- connected ------------------------------------------------------------------------


def _connection(session: SpotifySession) -> None:
    with st.container(border=True):
        name = wording.escape_markdown(session.account.name, 60)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                f":material/check_circle: **Connected as {name}**",
                width="stretch",
            )
            if st.button("Disconnect…", key="connect_disconnect", icon=":material/link_off:"):
                _confirm()
        granted = spotify_session.permissions(session.token.scopes)
        st.caption(f"musicai may {granted}. The connection lasts as long as this tab.")


@st.dialog("Disconnect from Spotify?")
def _confirm() -> None:
    session = spotify_session.current()
    if session is None:
        st.rerun()
    imports = sum(
        len(consent.list_api_imports(state.get_store(), profile.name))
        for profile in state.get_store().profiles()
    )
    st.markdown(
        "The sign-in, the lists that were read, and musicai's note of the playlists it made go at "
        "once. The playlists themselves stay in your account, and are not written any more."
    )
    if imports:
        st.markdown(
            f"What you kept from Spotify in your profiles goes too "
            f"({wording.format_count(imports, 'import')}). Models that learned from it stay until "
            "you "
            "delete them on Models."
        )
    st.markdown(f"To withdraw the permission at Spotify as well, open [your apps there]({APPS}).")
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Stay connected", key="connect_stay"):
            st.rerun()
        if st.button(
            "Disconnect", key="connect_leave", type="primary", on_click=spotify_session.disconnect
        ):
            st.rerun()


# --- playlists made from here ---------------------------------------------------------


def _draw_sent(session: SpotifySession, profile: str) -> None:
    st.subheader("Playlists made from here", anchor=False)
    made = state.get_store().list_sent(profile, session.account.account_id)
    if not made:
        st.caption(
            "None yet. “Send to Spotify” stands under Export on Discover and on each list of yours."
        )
        return
    st.caption("Only these are ever written, each in its place.")
    for one in made:
        _draw_sent_row(profile, one)


def _draw_sent_row(profile: str, one: SentPlaylist) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        written = (
            f"{wording.format_count(one.tracks, 'track')}, written on "
            f"{wording.format_date(datetime.fromtimestamp(one.written_at, UTC))}"
            if one.written_at
            else "made, and not filled yet"
        )
        st.markdown(
            f"**{wording.escape_markdown(one.name, 60)}** [:material/open_in_new:]({one.url})  \n"
            f":small[From {wording.escape_markdown(playlists.describe_recipe(one.recipe), 80)}: "
            f"{written}.]",
            width="stretch",
        )
        st.button(
            "Bring up to date",
            key=f"connect_update_{one.playlist_id}",
            icon=":material/sync:",
            on_click=_update,
            args=(one,),
            help="Makes the list anew from the same source and writes it in place.",
        )
        st.button(
            "Leave it alone",
            key=f"connect_forget_{one.playlist_id}",
            type="tertiary",
            on_click=_forget,
            args=(profile, one),
            help="musicai forgets it; it stays in your account as it is.",
        )


def _update(one: SentPlaylist) -> None:
    def act() -> None:
        ai = state.get_current_ai()
        tracks = playlists.make_list(one.recipe, ai, state.get_store())
        send_request.send(
            send_request.SendRequest(one.name, tuple(tracks), one.recipe, one.playlist_id)
        )

    state.attempt(act)


def _forget(profile: str, one: SentPlaylist) -> None:
    state.attempt(lambda: state.get_store().forget_sent(profile, one.playlist_id))
