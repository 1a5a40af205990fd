"""The period that Taste, History and the Map show: chosen in the side bar, kept in the address."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import streamlit as st

from musicai.data import periods
from musicai.data.periods import ALL, Period
from musicai.ui import state, wording

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI

PERIOD = "period"
"""Session key and address: the name of the period."""

FROM = "period_from"
"""Session key and address: first day of a period chosen by hand."""

TO = "period_to"
"""Session key and address: last day of a period chosen by hand."""

_LABELS = {
    "all": "All time",
    "year": "Year",
    "6-months": "6 months",
    "4-weeks": "4 weeks",
    periods.CUSTOM: "Custom…",
}


def draw_selector() -> None:
    """The selector of the side bar."""
    chosen = st.selectbox(
        "Period",
        list(_LABELS),
        format_func=_LABELS.__getitem__,
        key=PERIOD,
        bind="query-params",
        persist_state="session",
        help="What Taste, History and the Map show, counted back from the last play. "
        "Recommendations learn from everything, whatever is chosen here.",
    )
    if chosen == periods.CUSTOM:
        for label, key in (("From", FROM), ("To, that day included", TO)):
            st.date_input(
                label,
                value=None,
                min_value=date(1970, 1, 1),
                key=key,
                bind="query-params",
                persist_state="session",
            )


def get_timezone(ai: MusicAI) -> str:
    """The time zone of the profile: its setting, else the browser's.

    The invented listener lives in UTC, wherever the person who looks at it lives.
    """
    if ai.library.invented:
        return "UTC"
    return state.get_timezone_setting(ai.library.profile) or st.context.timezone or "UTC"


def get_chosen_period(ai: MusicAI) -> Period:
    """The chosen period of the profile's owner; everything where there are no plays.

    Raises:
        QueryError: the days chosen by hand cannot be meant.
    """
    name = st.session_state.get(PERIOD, "all")
    if name == periods.CUSTOM:
        first, last = (st.session_state.get(key) for key in (FROM, TO))
        return periods.between(first, last, get_timezone(ai))
    length = periods.LENGTHS.get(name)
    newest = state.get_newest_play(ai)
    if length is None or newest is None:
        return ALL
    return periods.ending_with(newest, length, get_timezone(ai))


def choose_days(first: date, last: date) -> None:
    """Show the days from one to another on every page; for callbacks."""
    st.session_state[PERIOD] = periods.CUSTOM
    st.session_state[FROM], st.session_state[TO] = first, last


def choose_month(month: str) -> None:
    """Show a month, ``YYYY-MM``, on every page; for callbacks."""
    _choose_months(int(month[:4]), int(month[5:]), 1)


def choose_quarter(quarter: str) -> None:
    """Show three months, ``YYYY-Qn``, on every page; for callbacks."""
    _choose_months(int(quarter[:4]), 3 * int(quarter[-1]) - 2, 3)


def _choose_months(year: int, first: int, count: int) -> None:
    after = year * 12 + first - 1 + count
    end = date(after // 12, after % 12 + 1, 1)
    choose_days(date(year, first, 1), end - timedelta(days=1))


def draw_caption(period: Period) -> None:
    """What the chosen period is, in a line; nothing for all time."""
    if period == ALL:
        return
    first, last = (
        None if m is None else wording.format_date(m)
        for m in (period.since, _find_last_day(period))
    )
    between = f"{first} to {last}" if first and last else ""
    line = between or (f"From {first}" if first else f"Up to {last}")
    if st.session_state.get(PERIOD) != periods.CUSTOM:
        line += ", counted back from the last play"
    st.caption(f"{line}. The period is chosen in the side bar.")


def _find_last_day(period: Period) -> datetime | None:
    """The last day of a period, as a moment in it."""
    return None if period.until is None else period.until - datetime.resolution
