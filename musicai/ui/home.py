"""Home: what this is, the two ways to begin, and what one had forgotten."""

from __future__ import annotations

import streamlit as st

from musicai.ui import state, wording
from musicai.ui.components import feedback_buttons, job_panel, widgets
from musicai.ui.library import importing

INTRO = (
    "musicai turns your listening history into recommendations that say why each track is there "
    "and move as you move the sliders. It runs on this machine alone: nothing is uploaded, and "
    "no account is needed."
)


def draw() -> None:
    """The page, for somebody new or for somebody who has music here."""
    st.markdown(INTRO)
    job_panel.draw_progress()
    name = state.get_current_profile()
    if name is None:
        _draw_two_ways()
    else:
        _draw_welcome(name)
    st.subheader("Where to get your data", anchor=False)
    importing.clocks()
    st.caption("Start with the quick one and add the others when they come; nothing counts twice.")
    importing.formats()


def _draw_two_ways() -> None:
    left, right = st.columns([2, 3], gap="medium")
    with left.container(border=True, height="stretch"):
        st.subheader("Look around first", anchor=False)
        st.markdown(
            "Two years of an invented listener among 3,000 invented tracks. It recommends at once."
        )
        widgets.draw_sample_button("home_sample")
    with right.container(border=True, height="stretch"):
        st.subheader("Bring your own music", anchor=False)
        state.run_guarded(importing.drop_zone)


def _draw_welcome(name: str) -> None:
    record = state.read_profile(name)
    if _needs_consent(name):
        importing.consent_question(name)
    state.run_guarded(_draw_forgotten)
    if not record.invented:
        _draw_last_import(name)
    title = "Bring your own music" if record.invented else "Add more"
    with st.container(border=True):
        st.subheader(title, anchor=False)
        state.run_guarded(importing.drop_zone)


def _needs_consent(name: str) -> bool:
    """Whether there are rows from the API and the person was not asked yet."""
    record = state.read_profile(name)
    return record.train_on_api_rows is None and importing.has_api_rows(name)


def _draw_forgotten() -> None:
    """First of all, three favourites that were not played for long; then the way on."""
    ai = state.get_current_ai()
    found = ai.list_forgotten(3)
    widgets.draw_invented_note(ai.library.invented)
    if found:
        st.subheader("You have not heard these for a while", anchor=False)
    else:
        st.caption("Forgotten favourites come with a streaming history; this listener has none.")
    for column, item in zip(st.columns(3), found, strict=False):
        with column.container(border=True, height="stretch"):
            row = int(ai.library.vocabulary.rows([item.track_id])[0])
            widgets.draw_ring(ai, row, 64)
            st.markdown(widgets.format_title(item.track_id, item.name, item.artists))
            st.caption(
                f"Played {wording.format_count(item.plays, 'time')}, "
                f"last on {wording.format_date(item.last_played)}."
            )
            with st.container(horizontal=True, vertical_alignment="center"):
                feedback_buttons.draw_buttons(ai, item.track_id, f"home_{item.track_id}")
    if ai.untrained_components:
        st.caption(
            ":material/hourglass_top: Discover answers already from what needs no training; "
            "the rest joins when training is done."
        )
    if st.button("Open Discover", key="home_discover", type="primary", icon=":material/explore:"):
        st.switch_page("pages/discover.py")


def _draw_last_import(name: str) -> None:
    records = state.get_store().imports(name)
    if not records:
        return
    last = max(records, key=lambda record: record.id)
    kept = wording.format_count(importing.count_imported_rows(last), "row")
    with st.expander(
        f"Last import: {kept} on {wording.format_date(last.created_at)}, "
        f"{wording.format_count(len(last.problems), 'problem')}",
        icon=":material/receipt_long:",
        expanded=job_panel.has_just_imported() and bool(last.problems),
    ):
        importing.report(last, key=f"home_{last.id}")
