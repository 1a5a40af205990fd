"""One artist or one track."""

from __future__ import annotations

import streamlit as st

from musicai.ui import details, state, widgets, words


def draw() -> None:
    """The artist or track of the address."""
    ai = state.current_ai()
    widgets.invented_note(ai.library.invented)
    found = details.wanted()
    if found is None:
        st.info("Click an artist or a track on Taste, History or the Map to see it here.")
        return
    st.subheader(words.plain(found[1]), anchor=False)
