"""The wish to send tracks to Spotify, from any page; the page Send fulfils it.

Nothing here imports the client of Spotify: pages that only have the button stay as fast as before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import streamlit as st

from musicai.ui import state

if TYPE_CHECKING:
    from musicai.data.playlists import ListEntry

PAGE = "pages/send.py"

SESSION = "spotify"
"""Session key: the connection (``spotify_session.Session``)."""

WISH = "spotify_wish"
"""Session key: what is to be sent."""


@dataclass(frozen=True)
class SendRequest:
    """Tracks to send."""

    title: str
    tracks: tuple[ListEntry, ...]
    recipe: Mapping[str, Any] = field(hash=False, compare=False)
    """What they were made from (``musicai.ranking.playlists``)."""
    target: str = ""
    """Id of the playlist to write in place; "" for a new one."""


def button(
    title: str, tracks: Sequence[ListEntry], recipe: Mapping[str, Any], key: str, *, invented: bool
) -> None:
    """A button that opens the page Send with these tracks.

    Args:
        title: Proposed as the playlist's name.
        tracks: In order.
        recipe: What they were made from.
        key: Unique on the page.
        invented: The tracks are of the sample world, which no service knows.
    """
    pressed = st.button(
        "Send to Spotify",
        key=key,
        icon=":material/send:",
        disabled=not tracks or invented,
        on_click=send,
        args=(SendRequest(title, tuple(tracks), recipe),),
        help="Invented tracks are at no service."
        if invented
        else "As a playlist in your account. Needs a connection, which you set up once.",
    )
    if pressed:  # in a dialog or fragment the frame, which changes the page, is not drawn by itself
        st.rerun()


def send(wish: SendRequest) -> None:
    """Open the page Send; for callbacks."""
    st.session_state[WISH] = wish
    state.go_to(PAGE, {})
