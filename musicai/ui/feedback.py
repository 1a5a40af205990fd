"""The page of all feedback: every verdict that stands, and the way to take it back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import streamlit as st

from musicai.ranking.feedback import LIKE_PLAYS, REST_DAYS, WORDS
from musicai.ui import state, wording
from musicai.ui.components import feedback_buttons, links, playlist_draft, track_picker, widgets

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.data.feedback import Feedback

_PAGE = 25
"""Verdicts on one page of the list."""

_GONE = "A track that is no longer here"

_ICONS = {
    "like": ":material/thumb_up:",
    "dislike": ":material/thumb_down:",
    "not_now": ":material/snooze:",
    "never_artist": ":material/block:",
}

_MEANS = {
    "like": f"heard like {LIKE_PLAYS} plays of today by every part of the score",
    "dislike": "left out of lists and of your taste; what is like it counts less",
    "not_now": f"held back for {REST_DAYS} days, nothing else",
    "never_artist": "no track of the artist is shown, as a guest neither",
}


def draw() -> None:
    """Figures, a filter, and the verdicts, newest first."""
    ai = state.get_current_ai()
    widgets.draw_invented_note(ai.library.invented)
    st.caption(
        "What you said on any page. A verdict moves the next list at once and enters the next "
        "training; taking it back does the same."
    )
    told = sorted(ai.said.values(), key=lambda one: one.given_at, reverse=True)
    if not told:
        st.info(
            "Thumbs stand beside every recommended track; what you say there is kept here.",
            title="Nothing said yet",
            icon=":material/thumbs_up_down:",
        )
        st.page_link("pages/discover.py", label="Open Discover", icon=":material/explore:")
        return
    counts = {name: sum(one.verdict == name for one in told) for name in WORDS}
    widgets.draw_stats({WORDS[name]: str(n) for name, n in counts.items()})
    kinds = [name for name, n in counts.items() if n]
    chosen = st.pills(
        "Show",
        kinds,
        format_func=lambda name: f"{_ICONS[name]} {WORDS[name]}",
        selection_mode="multi",
        key="feedback_kinds",
        bind="query-params",
    )
    wanted = [one for one in told if not chosen or one.verdict in chosen]
    for name in chosen or kinds:
        st.caption(f"{_ICONS[name]} {WORDS[name]}: {_MEANS[name]}.")
    liked = [one.track_id for one in told if one.verdict == "like" and _find_row(ai, one) >= 0]
    if liked:
        playlist_draft.draw_button(liked, "feedback_add", "Add all liked to your list")
    _draw_list(ai, wanted)


def _draw_list(ai: MusicAI, told: list[Feedback]) -> None:
    pages = -(-len(told) // _PAGE)
    page = 1
    if pages > 1:
        page = st.pagination(pages, key="feedback_page")
    for one in told[(page - 1) * _PAGE : page * _PAGE]:
        _draw_line(ai, one)


def _draw_line(ai: MusicAI, one: Feedback) -> None:
    row = _find_row(ai, one)
    name, artists = track_picker.name_row(ai, row) if row >= 0 else (_GONE, ())
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.container(gap=None, width="stretch"):
            st.markdown(widgets.format_title(one.track_id, name, artists, linked=row >= 0))
            when = wording.format_date(datetime.fromtimestamp(one.given_at, UTC))
            st.caption(f"{_ICONS[one.verdict]} {WORDS[one.verdict]}, {when}")
        if row >= 0:
            st.button(
                "Open",
                key=f"feedback_open_{one.track_id}",
                icon=":material/chevron_right:",
                type="tertiary",
                on_click=links.open_track,
                args=(one.track_id,),
            )
        st.button(
            "Take back",
            key=f"feedback_undo_{one.track_id}",
            icon=":material/undo:",
            type="tertiary",
            on_click=_take_back,
            args=(one.track_id,),
        )


def _take_back(track_id: str) -> None:
    state.attempt(lambda: feedback_buttons.remove_feedback(track_id))


def _find_row(ai: MusicAI, one: Feedback) -> int:
    return int(ai.library.vocabulary.rows([one.track_id])[0])
