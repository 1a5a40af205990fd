"""Settings: what holds for a listener on every page."""

from __future__ import annotations

from zoneinfo import available_timezones

import streamlit as st

from musicai.ui import state, wording
from musicai.ui.components import widgets

_KEY = "settings_timezone"


def draw() -> None:
    """The settings of the chosen profile."""
    ai = state.get_current_ai()
    widgets.draw_invented_note(ai.library.invented)
    st.subheader("Time zone", anchor=False)
    if ai.library.invented:
        st.caption("The invented listener lives in UTC. Your own profiles can be set here.")
        return
    profile = ai.library.profile
    browser = st.context.timezone or "UTC"
    options = ["", *sorted(available_timezones())]
    saved = state.get_timezone_setting(profile) or ""
    st.selectbox(
        "Hours, days and months are those of",
        options,
        index=options.index(saved) if saved in options else 0,
        format_func=lambda name: name or f"This browser ({browser})",
        key=_KEY,
        on_change=_save_timezone,
        args=(profile,),
        help="Where you lived while you listened. Daylight saving is taken into account.",
    )
    st.caption(
        "It moves the clock, the calendar and the ends of periods. "
        "Plays are stored in UTC and stay as they are. Holds for "
        f"{wording.escape_markdown(profile, 40)}."
    )


def _save_timezone(profile: str) -> None:
    state.attempt(lambda: state.set_timezone(profile, st.session_state[_KEY] or None))
