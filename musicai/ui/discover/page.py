"""Discover as a whole: controls above, the list below, in one fragment."""

from __future__ import annotations

import time

import streamlit as st

from musicai.ranking import playlists
from musicai.training.monitoring import note_list
from musicai.ui import state
from musicai.ui.components import widgets
from musicai.ui.discover import blind_test, context, controls, impressions, results


@st.fragment(key=controls.FRAGMENT)
def draw() -> None:
    """Controls and list; a slider redraws this and nothing else of the page."""
    state.run_guarded(_draw_page)


def _draw_page() -> None:
    ai = state.get_current_ai()
    widgets.draw_invented_note(ai.library.invented)
    left, right = st.columns(2, gap="medium")
    with left.expander("Start from", expanded=True, icon=":material/flag:"):
        request = controls.draw_start_panel(ai)
    with right.expander("Tune", expanded=not state.is_on_phone(), icon=":material/tune:"):
        tuning = controls.draw_tune_panel(ai, request.mode)
    why_not = ai.modes()[request.mode]
    if why_not:
        controls.draw_unusable_mode(request.mode, why_not)
        return
    started = time.perf_counter()
    drafted = blind_test.draft_list(ai, request, tuning)
    found = drafted.found if drafted else ai.rank(state.get_scores(ai, request), tuning)
    note_list(time.perf_counter() - started, len(found), found.mode, found.version)
    if drafted:
        blind_test.draw_status()
    if not drafted:
        context.draw_effect(ai, state.get_scores(ai, request), tuning, found)
    results.draw_summary(ai, found, playlists.of_request(request, tuning))
    results.draw_rows(ai, found, drafted.sources if drafted else None)
    impressions.record_impressions(ai, found, drafted)
