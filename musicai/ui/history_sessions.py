"""Listening sessions: how many, how long, when, and in what mood."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from musicai.insights.history.summary import longest
from musicai.ui import chart_box, charts, details, history_plays, state, words

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.data.periods import Period
    from musicai.insights.history import SessionSummary

_MINUTE = 60_000
_LENGTH = "history_session_length"
"""Session key: the class of length whose longest sessions are shown."""


def draw(ai: MusicAI, sessions: SessionSummary, period: Period, zone: str) -> None:
    """The summary in a line, the lengths, the hours they begin in, and the moods."""
    st.subheader("Sessions", anchor="sessions")
    if not sessions.count:
        st.caption("No sessions in this period.")
        return
    longest = date.fromisoformat(sessions.longest_day)
    st.markdown(
        f"**{words.count(sessions.count, 'session')}**, half of them longer than "
        f"{words.hours(sessions.median_minutes * _MINUTE)} and "
        f"{words.count(round(sessions.median_plays), 'play')}. The longest took "
        f"{words.hours(sessions.longest_minutes * _MINUTE)}, on {longest.day} {longest:%B %Y}."
    )
    left, right = st.columns(2)
    with left:
        st.markdown("**How long**")
        lengths = pd.DataFrame(sessions.lengths.items(), columns=["length", "sessions"])
        chart_box.draw(
            charts.counted_bars(sessions.lengths, "session"),
            "history_lengths",
            data=lengths,
            on_click=_show_longest,
            hint="Click a bar to see its longest sessions.",
        )
    with right:
        st.markdown("**When they begin**")
        hours = {f"{hour}:00": count for hour, count in enumerate(sessions.begin_hours)}
        begun = pd.DataFrame(hours.items(), columns=["hour", "sessions"])
        chart_box.draw(
            charts.hour_bars(sessions.begin_hours),
            "history_begin",
            data=begun,
            on_click=history_plays.show_clock,
            hint="Click an hour to see what you play then.",
        )
    _longest(ai, period, zone)
    _moods(sessions)
    st.caption("A session ends where you pause for more than 30 minutes.")


def _show_longest(length: str) -> None:
    st.session_state[_LENGTH] = length


def _longest(ai: MusicAI, period: Period, zone: str) -> None:
    """The longest sessions of the length that was clicked, each with the way to its day."""
    length = st.session_state.get(_LENGTH)
    if length is None:
        return
    found = longest(state.plays(ai, zone).between(period.since, period.until), length)
    st.markdown(f"**The longest of {words.plain(length)}**")
    for day, minutes, plays in found:
        one = date.fromisoformat(day)
        st.button(
            f"{one:%A}, {one.day} {one:%B %Y} · {words.hours(minutes * _MINUTE)} · "
            f"{words.count(plays, 'play')}",
            key=f"history_session_{day}_{minutes:.1f}",
            type="tertiary",
            icon=":material/chevron_right:",
            on_click=history_plays.show_day,
            args=(day,),
        )
    if not found:
        st.caption("None in this period.")


def _moods(sessions: SessionSummary) -> None:
    st.markdown("**In what mood**")
    if not sessions.moods:
        st.caption(
            "No mood can be told: the audio features of this music are not known. A table of "
            "tracks that holds them, loaded in the Library, would help."
        )
        return
    moods = pd.DataFrame(sessions.moods.items(), columns=["mood", "sessions"])
    named = {mood.capitalize(): count for mood, count in sessions.moods.items()}
    chart_box.draw(
        charts.counted_bars(named, "session"),
        "history_moods",
        data=moods,
        on_click=lambda name: details.find_mood(str(name).lower()),
        hint="Click a mood to find more of it.",
    )
    if sessions.mood_unknown:
        st.caption(
            f"Of {words.count(sessions.mood_unknown, 'further session')} too little is known."
        )
