"""What was played on one day, or at one hour of the week: chosen by a click on a chart."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from musicai.insights.history import summary
from musicai.ui import charts, state, wording
from musicai.ui.components import period_picker, playlist_draft, track_list

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.insights.history import TopTracks

_CHOSEN = "history_chosen"
"""Session key: ("day", ISO date), ("hour", "weekday-hour") or ("clock", hour)."""

_SHOWN = 20


def show_day(day: str) -> None:
    """Show the plays of a day beneath the charts; for callbacks."""
    st.session_state[_CHOSEN] = ("day", day)


def show_hour(cell: str) -> None:
    """Show what is played at an hour of the week beneath the charts; for callbacks."""
    st.session_state[_CHOSEN] = ("hour", cell)


def show_clock(hour: str) -> None:
    """Show what is played at an hour of any day beneath the charts; for callbacks."""
    st.session_state[_CHOSEN] = ("clock", str(hour))


def _clear_choice() -> None:
    st.session_state.pop(_CHOSEN, None)


def draw(ai: MusicAI, zone: str) -> None:
    """The plays of the day or hour that was clicked; nothing before a click."""
    chosen = st.session_state.get(_CHOSEN)
    if chosen is None:
        return
    kind, what = chosen
    everything = state.get_plays(ai, zone)
    if kind == "day":
        day = date.fromisoformat(what)
        title, found = f"{day:%A}, {day.day} {day:%B %Y}", summary.on_day(everything, day)
    else:
        period = period_picker.get_chosen_period(ai)
        *weekday, hour = (int(part) for part in what.split("-"))
        days = f"{charts.WEEKDAYS[weekday[0]]}s" if weekday else "Any day"
        title = f"{days}, {hour}:00 to {(hour + 1) % 24}:00"
        inside = everything.between(period.since, period.until)
        found = summary.at_hour(inside, weekday[0] if weekday else None, hour)
    with st.container(border=True):
        _draw_plays(ai, title, found)


def _draw_plays(ai: MusicAI, title: str, found: TopTracks) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{title}** · {wording.format_count(int(found.plays.sum()), 'full play')}")
        st.button(
            "Close",
            key="history_close",
            icon=":material/close:",
            type="tertiary",
            on_click=_clear_choice,
        )
    if not len(found.rows):
        st.caption("Nothing was listened to for 30 seconds without a skip.")
        return
    shown = found.rows[:_SHOWN]
    notes = [wording.format_count(int(n), "play") for n in found.plays[:_SHOWN]]
    track_list.draw(ai, shown, notes, key="history_played")
    more = len(found.rows) - len(shown)
    if more:
        st.caption(f"And {wording.format_count(more, 'more track')}, played less.")
    ids = [ai.library.vocabulary.id(int(row)) for row in np.asarray(shown)]
    playlist_draft.draw_button(
        ids, "history_played_all", f"Add {wording.format_count(len(ids), 'track')} to the list"
    )
