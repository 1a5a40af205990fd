"""A few tracks one under the other: ring, title, a note, and what can be done with each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from musicai.ui import wording
from musicai.ui.components import feedback_buttons, links, playlist_draft, track_picker, widgets

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.data.library import IntArray, RowArray


def draw(
    ai: MusicAI, rows: Sequence[int] | RowArray | IntArray, notes: Sequence[str], key: str
) -> None:
    """One line a track.

    Args:
        ai: Whose library the rows are of.
        rows: Track rows.
        notes: What stands under each title.
        key: Unique on the page; the keys of the buttons begin with it.
    """
    with st.container(gap="xsmall"):
        for row, note in zip(rows, notes, strict=True):
            _draw_row(ai, int(row), note, key)


def _draw_row(ai: MusicAI, row: int, note: str, key: str) -> None:
    track_id = ai.library.vocabulary.id(row)
    name, artists = track_picker.name_row(ai, row)
    # columns stand below each other on a phone, so that the actions leave the text its width
    left, right = st.columns([3, 2], vertical_alignment="center", gap="small")
    with left.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        widgets.draw_ring(ai, row, 36)
        with st.container(gap=None):
            st.markdown(widgets.format_title(track_id, name, artists))
            st.caption(wording.escape_markdown(note))
    with right.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.button(
            "Open",
            key=f"{key}_open_{track_id}",
            icon=":material/chevron_right:",
            type="tertiary",
            on_click=links.open_track,
            args=(track_id,),
        )
        playlist_draft.draw_button([track_id], f"{key}_add_{track_id}", "Add")
        feedback_buttons.draw_buttons(ai, track_id, f"{key}_{track_id}")
