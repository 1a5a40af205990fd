"""Your list in the side bar of every page, and the dialog where it is edited."""

from __future__ import annotations

import streamlit as st

from musicai.store.playlists import STAGING
from musicai.ui import state, wording
from musicai.ui.components import playlist_draft
from musicai.ui.playlists import editor

_TOLD = 3
"""Titles named in the side bar: those added last."""


def sidebar() -> None:
    """The list in the side bar of every page, and the way into it."""
    profile = state.get_current_profile()
    if profile is None:
        return
    told = st.session_state.pop(playlist_draft.ADDED_NOTE, None)
    if told:
        st.toast(told, icon=":material/playlist_add_check:")
    tracks = state.get_store().list_tracks(profile, STAGING)
    if st.button(
        f"Your list · {wording.format_count(len(tracks), 'track')}",
        key="staging_open",
        icon=":material/queue_music:",
        width="stretch",
        help="Put tracks together from any page; reorder, extend, save and export them here.",
    ):
        _manage()
    if tracks:
        titles = [wording.escape_markdown(track.name, 40) for track in tracks[-_TOLD:]]
        more = len(tracks) - len(titles)
        st.caption(f"{'… ' if more else ''}{' · '.join(titles)}")


@st.dialog("Your list", width="large")
def _manage() -> None:
    state.show_kept_error()
    state.run_guarded(lambda: editor.draw(state.get_current_ai(), STAGING, "staging"))
