"""The list that is being put together: on every page, one click away."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from musicai.data.playlists import list_entries
from musicai.ui import state, wording

ADDED_NOTE = "staging_told"
"""Session key: what adding came to, to be said with the next draw."""


def add_tracks(track_ids: Sequence[str]) -> None:
    """Put tracks at the end of the list; for callbacks."""
    state.attempt(lambda: _store_tracks(track_ids))


def _store_tracks(track_ids: Sequence[str]) -> None:
    ai = state.get_current_ai()
    wanted = list_entries(ai.library, list(track_ids))
    added = state.get_store().add_to_list(ai.profile, wanted)
    there = len(wanted) - added
    told = f"{wording.format_count(added, 'track')} added to your list." if added else ""
    if there:
        told += f" {wording.format_count(there, 'track')} {'was' if there == 1 else 'were'} in it "
        "already."
    # told by the side bar, which is drawn next: a callback of a fragment may draw nothing
    st.session_state[ADDED_NOTE] = told.strip() or "Nothing to add."


def draw_button(
    track_ids: Sequence[str], key: str, label: str = "Add to list", *, in_fragment: bool = False
) -> None:
    """A button that puts tracks at the end of the list.

    Args:
        track_ids: In order.
        key: Unique on the page.
        label: What it says.
        in_fragment: The button is in a part that is drawn alone; the list in the side bar,
            which is outside it, is then drawn too.
    """
    pressed = st.button(
        label,
        key=key,
        icon=":material/playlist_add:",
        type="tertiary",
        disabled=not track_ids,
        on_click=add_tracks,
        args=(list(track_ids),),
    )
    if pressed and in_fragment:
        st.rerun()
