"""Models: when a model is trained without being asked."""

from __future__ import annotations

import time

import streamlit as st

from musicai.training import schedule
from musicai.ui import jobs_panel, state

_LOOKED = "schedule_looked"
"""Session key: when this session last looked whether a training is due."""

_EVERY_S = 600


def draw(profile: str) -> None:
    """The two choices of a profile."""
    values = state.store().settings_of(profile)
    with st.expander("Keep it fresh", icon=":material/event_repeat:"):
        left, right = st.columns(2)
        hows, intervals = list(schedule.HOWS), list(schedule.INTERVALS)
        left.selectbox(
            "After an import",
            hows,
            index=hows.index(schedule.after_import(values)),
            format_func=schedule.HOWS.__getitem__,
            key="schedule_after",
            on_change=_save,
            args=(profile,),
        )
        kept = int(values.get(schedule.EVERY_DAYS) or 0)
        right.selectbox(
            "Train again by itself",
            intervals,
            index=intervals.index(kept) if kept in intervals else 0,
            format_func=schedule.INTERVALS.__getitem__,
            key="schedule_days",
            on_change=_save,
            args=(profile,),
            help="Looked at while the dashboard is open, and by `musicai train --if-due`. "
            "Nothing is trained where nothing is new.",
        )
        st.caption(schedule.due(state.store(), state.settings(), profile).why)


def _save(profile: str) -> None:
    chosen = {
        schedule.AFTER_IMPORT: st.session_state["schedule_after"],
        schedule.EVERY_DAYS: st.session_state["schedule_days"],
    }
    state.attempt(lambda: state.store().change_settings(profile, chosen))


def start_due() -> None:
    """Start a training that is due; looked at every ten minutes of a session's use."""
    profile = state.current_profile()
    if profile is None or time.time() - st.session_state.get(_LOOKED, 0.0) < _EVERY_S:
        return
    st.session_state[_LOOKED] = time.time()
    if jobs_panel.running() is None and schedule.due(state.store(), state.settings(), profile).due:
        jobs_panel.start("train", ["train", "--profile", profile])
