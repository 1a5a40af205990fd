"""The way to an artist's or a track's own page, from any click."""

from __future__ import annotations

import streamlit as st

from musicai.ui import state

PAGE = "pages/detail.py"
ARTIST = "artist"
"""In the address: the name of the artist shown."""
TRACK = "track"
"""In the address: the id of the track shown."""


def open_artist(name: str) -> None:
    """Show an artist next; for callbacks."""
    state.go_to(PAGE, {ARTIST: name})


def open_track(track_id: str) -> None:
    """Show a track next; for callbacks."""
    state.go_to(PAGE, {TRACK: track_id})


def wanted() -> tuple[str, str] | None:
    """(``ARTIST`` or ``TRACK``, its name or id) of the address; None where it names neither."""
    for kind in (TRACK, ARTIST):
        value = st.query_params.get(kind)
        if value:
            return kind, value
    return None
