"""The habits behind a taste: hours, weekdays, sessions and new music."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from musicai.ui import chart_box, charts, words

if TYPE_CHECKING:
    from musicai.taste import ListeningPatterns


def draw(patterns: ListeningPatterns, timezone: str) -> None:
    """When somebody listens, and what was new to them."""
    st.subheader("When you listen", anchor=False)
    left, right = st.columns([4, 7], vertical_alignment="center")
    with left:
        hours = pd.DataFrame({"hour": range(24), "plays": patterns.by_hour})
        chart_box.draw(charts.clock(patterns), "taste_clock", data=hours)
    with right:
        cells = [
            (day, hour, plays)
            for day, row in zip(charts.WEEKDAYS, patterns.by_weekday_hour, strict=True)
            for hour, plays in enumerate(row)
        ]
        week = pd.DataFrame(cells, columns=["weekday", "hour", "plays"])
        chart_box.draw(charts.week(patterns.by_weekday_hour), "taste_week", data=week)
    st.caption(f"{_session_words(patterns)} Hours are {words.plain(words.zone(timezone))}.")
    st.subheader("New to you, month by month", anchor=False)
    months = pd.DataFrame([asdict(month) for month in patterns.months])
    chart_box.draw(charts.discoveries(patterns), "taste_discoveries", data=months)
    if patterns.repeat_share is not None:
        st.caption(
            f"{words.share(patterns.repeat_share)} of your plays are of tracks you had "
            "already heard in this period."
        )


def _session_words(patterns: ListeningPatterns) -> str:
    sessions = patterns.sessions
    if sessions.median_minutes is None or sessions.median_plays is None:
        return ""
    return (
        f"{words.count(sessions.count, 'session')}, half of them longer than "
        f"{words.hours(sessions.median_minutes * 60_000)} and "
        f"{words.count(round(sessions.median_plays), 'play')}."
    )
