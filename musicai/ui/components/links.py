"""The ways onward from a click: to an artist or a track, or to more of a mood, genre or decade."""

from __future__ import annotations

import streamlit as st

from musicai.ui import state

PAGE = "pages/detail.py"
DISCOVER = "pages/discover.py"
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


def find_mood(mood: str) -> None:
    """Let Discover list music of a mood next; for callbacks."""
    st.session_state["discover_moods"] = [mood]
    state.go_to(DISCOVER, {})


def find_genre(genre: str) -> None:
    """Let Discover list music of a genre next; for callbacks."""
    st.session_state["discover_genres"] = [genre]
    state.go_to(DISCOVER, {})


def find_years(first: int, last: int) -> None:
    """Let Discover list music of some years next; for callbacks. Both must be on its slider."""
    st.session_state["discover_years"] = (first, last)
    state.go_to(DISCOVER, {})


def find_popularity(popularity: str) -> None:
    """Let Discover list music about so well known next, such as "30–39"; for callbacks."""
    middle = (int(popularity.split("–", maxsplit=1)[0]) + 5) / 100
    st.session_state["discover_novelty"] = round(1 - 2 * middle, 1)
    state.go_to(DISCOVER, {})


def read_address() -> tuple[str, str] | None:
    """(``ARTIST`` or ``TRACK``, its name or id) of the address; None where it names neither."""
    for kind in (TRACK, ARTIST):
        value = st.query_params.get(kind)
        if value:
            return kind, value
    return None
