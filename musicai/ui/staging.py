"""The list that is being put together, on every page."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st


def add(track_ids: Sequence[str]) -> None:
    """Put tracks at the end of the list; for callbacks."""


def button(track_ids: Sequence[str], key: str, label: str = "Add to list") -> None:
    """A button that puts tracks at the end of the list."""
    st.button(label, key=key, icon=":material/playlist_add:", on_click=add, args=(track_ids,))
