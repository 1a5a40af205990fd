"""The several tastes of a listener, each with what it is made of and what one can do with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from musicai.data.genres import GENRE_LABELS
from musicai.data.library import AUDIO_FEATURES
from musicai.ui import state, wording
from musicai.ui.components import playlist_draft, seeds
from musicai.ui.theme import build_ring_svg

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.insights.taste import Cluster, TasteProfile


def draw(ai: MusicAI, taste: TasteProfile) -> None:
    """A card for each; a line where there are not several."""
    st.subheader("Your several tastes", anchor="tastes")
    told = taste.clusters
    if not told:
        st.caption("This takes a dozen tracks of which sound or genre are known.")
        return
    if len(told) == 1:
        st.caption("Your music does not part into several tastes: it is alike all through.")
    with st.grid(3 if len(told) > 2 else 2, min_column_width=240):
        for number, one in enumerate(told):
            with st.container(border=True, height="stretch"):
                _card(ai, one, number)
    st.caption(
        "Your most played recordings, gathered by sound and genre. Shares are of the listening "
        "of which either is known."
    )


def _card(ai: MusicAI, one: Cluster, number: int) -> None:
    ring = build_ring_svg([_draw_known(one.audio[name]) for name in AUDIO_FEATURES], "file", 56)
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        st.image(ring, width=56, alt=f"Ring of this taste: {wording.clean_text(one.name)}")
        st.markdown(
            f"**{wording.escape_markdown(one.name)}**  \n{wording.format_share(one.share)} of "
            "your listening"
        )
    parts = [wording.format_count(one.tracks, "track")]
    if one.genre:
        parts.append(f"most of all {GENRE_LABELS[one.genre]}")
    if one.artists:
        parts.append(f"by {wording.escape_markdown(wording.join_list(list(one.artists)))}")
    st.caption(", ".join(parts) + ".")
    ids = [ai.library.vocabulary.id(row) for row in one.rows]
    with st.container(horizontal=True):
        st.button(
            "Start from this",
            key=f"taste_cluster_{number}",
            icon=":material/explore:",
            on_click=_start_from,
            args=(ids[: seeds.MAX_SEEDS],),
        )
        playlist_draft.draw_button(ids, f"taste_cluster_add_{number}", "Add")


def _draw_known(value: float | None) -> float:
    return float("nan") if value is None else value


def _start_from(ids: list[str]) -> None:
    seeds.set_seeds(*ids)
    state.go_to("pages/discover.py", {})
