"""Playlists: the list being put together, those saved here, and those that were imported."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from musicai.store.playlists import STAGING
from musicai.ui import state, wording
from musicai.ui.components import playlist_draft, track_list, widgets
from musicai.ui.playlists import editor

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.data.library import RowArray

_SHOWN = 50


def draw() -> None:
    """The whole page for the chosen profile."""
    ai = state.get_current_ai()
    widgets.draw_invented_note(ai.library.invented)
    st.subheader("Being put together", anchor=False)
    editor.draw(ai, STAGING, "playlists_staging")
    _draw_saved(ai)
    _draw_imported(ai)


# --- saved here -----------------------------------------------------------------------


def _draw_saved(ai: MusicAI) -> None:
    st.subheader("Saved here", anchor=False)
    made = state.get_store().list_playlists(ai.profile)
    if not made:
        st.caption("None yet. Put a list together and save it under a name.")
        return
    counts = {one.name: one for one in made}
    name = st.selectbox(
        "Playlist",
        list(counts),
        format_func=lambda one: (
            f"{wording.clean_text(one, 60)} · {wording.format_count(counts[one].tracks, 'track')}"
        ),
        key="playlists_saved",
    )
    changed = datetime.fromtimestamp(counts[name].changed_at, UTC)
    st.caption(f"Changed last on {wording.format_date(changed)}.")
    editor.draw(ai, name, "playlists_saved")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        tracks = state.get_store().list_tracks(ai.profile, name)
        playlist_draft.draw_button([one.track_id for one in tracks], "playlists_saved_add")
        new = st.text_input("New name", name, max_chars=100, key=f"playlists_name_{name}")
        st.button(
            "Rename",
            key="playlists_rename",
            disabled=new.strip() in ("", name),
            on_click=_rename,
            args=(ai, name, new),
        )
        if st.button("Delete…", key="playlists_delete", icon=":material/delete:"):
            _confirm_delete(ai, name)


def _rename(ai: MusicAI, name: str, new: str) -> None:
    state.attempt(lambda: state.get_store().rename_list(ai.profile, name, new))


@st.dialog("Delete this playlist?")
def _confirm_delete(ai: MusicAI, name: str) -> None:
    st.markdown(
        f"**{wording.escape_markdown(name, 100)}** goes for good. Its tracks stay in your library."
    )
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep it", key="playlists_delete_no"):
            st.rerun()
        if st.button("Delete", key="playlists_delete_yes", type="primary"):
            delete(ai, name)
            st.rerun()


def delete(ai: MusicAI, name: str) -> None:
    """Delete a saved playlist; an error is shown with the next draw."""
    state.attempt(lambda: state.get_store().delete_list(ai.profile, name))


# --- imported -------------------------------------------------------------------------


def _draw_imported(ai: MusicAI) -> None:
    st.subheader("Imported", anchor=False)
    items = ai.library.playlist_items
    names = [str(name) for name in items["playlist"].cat.categories]
    if items.empty or not names:
        st.caption(
            "None. Spotify's account data and Exportify files bring playlists; they count for "
            "your taste, and stay as they were."
        )
        return
    name = st.selectbox(
        "Imported playlist",
        names,
        format_func=lambda one: wording.clean_text(one, 60),
        key="playlists_imported",
    )
    rows = _rows_of(ai, name)
    shown = rows[:_SHOWN]
    track_list.draw(ai, shown, [""] * len(shown), key="playlists_imported")
    if len(rows) > len(shown):
        st.caption(f"And {wording.format_count(len(rows) - len(shown), 'more track')}.")
    ids = [ai.library.vocabulary.id(int(row)) for row in rows]
    playlist_draft.draw_button(
        ids, "playlists_imported_add", f"Add {wording.format_count(len(ids), 'track')} to list"
    )


def _rows_of(ai: MusicAI, name: str) -> RowArray:
    """The rows of an imported playlist in its order, none twice."""
    items = ai.library.playlist_items
    mine = items[items["playlist"] == name].sort_values("position")
    return np.asarray(mine["track"].drop_duplicates().to_numpy())
