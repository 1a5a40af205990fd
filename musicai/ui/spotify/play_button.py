"""Playing tracks on the device where Spotify is open."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from musicai.core.errors import SpotifyError
from musicai.integrations.spotify import auth
from musicai.integrations.spotify.client import PIECE
from musicai.integrations.spotify.parsing import ApiTrack
from musicai.ui import state
from musicai.ui.spotify import session as spotify_session


def button(tracks: Sequence[ApiTrack], key: str) -> None:
    """Play tracks of the Web API; nothing where none of them has an address."""
    uris(list(filter(None, (track.uri for track in tracks))), key)


def uris(wanted: Sequence[str], key: str) -> None:
    """Play tracks, or ask for the permission that this needs; nothing without a connection.

    Args:
        wanted: Addresses such as "spotify:track:…".
        key: Unique on the page.
    """
    session = spotify_session.current()
    if session is None or not wanted:
        return
    if not spotify_session.is_allowed(session, *auth.PLAYING):
        spotify_session.sign_in_link(
            "Allow playing on your device",
            auth.PLAYING,
            spotify_session.CONNECT,
            f"{key}_allow",
            kind="secondary",
        )
        return
    st.button(
        "Play on Spotify",
        key=key,
        icon=":material/play_arrow:",
        on_click=_play,
        args=(list(wanted)[:PIECE],),
        help="On the device where Spotify is open; needs Premium.",
    )


def _play(wanted: Sequence[str]) -> None:
    session = spotify_session.current()
    if session is None:
        return
    try:
        session.client.play(wanted)
    except SpotifyError as error:
        state.keep_error(error)
    else:
        st.toast("It plays on your device.", icon=":material/play_arrow:")
