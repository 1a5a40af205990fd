"""Picking a track by typing a part of its title or artist."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from musicai.ui import wording

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI

_HITS = 20
_LONGEST = 100


def draw(ai: MusicAI, key: str, label: str, on_pick: Callable[[str], None]) -> None:
    """A search field that lists what it finds as one types.

    Args:
        ai: Whose tracks and catalogues are searched.
        key: Unique on the page; the field is ``<key>_search``, a hit ``<key>_pick_<track id>``.
        label: Of the field.
        on_pick: Called with the id of the track that is picked; then the page is drawn again.
    """
    st.fragment(_draw_search, key=f"{key}_type_ahead")(ai, key, label, on_pick)


def _draw_search(ai: MusicAI, key: str, label: str, on_pick: Callable[[str], None]) -> None:
    text = st.text_input(
        label,
        type="search",
        live="250ms",
        key=f"{key}_search",
        placeholder="Type a title or an artist…",
    )[:_LONGEST]
    if not text.strip():
        return
    hits = ai.search(text, _HITS)
    if not hits:
        st.caption("Nothing here has these words. Only your tracks and catalogues are searched.")
        return
    with st.container(height=min(48 * len(hits) + 24, 260), gap=None):
        for track_id in hits:
            name, artists = name_row(ai, int(ai.library.vocabulary.rows([track_id])[0]))
            st.button(
                f"{wording.escape_markdown(name, 60)} — "
                f"{wording.escape_markdown(wording.join_artists(artists), 40)}",
                key=f"{key}_pick_{track_id}",
                icon=":material/add:",
                type="tertiary",
                on_click=_apply_pick,
                args=(key, track_id, on_pick),
            )


def _apply_pick(key: str, track_id: str, on_pick: Callable[[str], None]) -> None:
    on_pick(track_id)
    st.session_state[f"{key}_search"] = ""
    st.rerun()  # the button is in the search's own fragment, and what it changes is outside it


def name_row(ai: MusicAI, row: int) -> tuple[str, tuple[str, ...]]:
    """Title and artists of a track row."""
    name, artists = ai.library.tracks.loc[row, ["name", "artists"]]
    return str(name), tuple(part.strip() for part in str(artists).split(";") if part.strip())
