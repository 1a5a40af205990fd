"""History: figures, listening over time, the week, the year, streaks, sessions, and favourites."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from musicai.ui import charts, state, wording
from musicai.ui.components import chart_box, period_picker, playlist_draft, track_list, widgets
from musicai.ui.history import charts as history_drift
from musicai.ui.history import charts as history_sessions
from musicai.ui.history import charts as history_tops
from musicai.ui.history import plays as history_plays
from musicai.ui.history import recap

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.insights.history import Days, Figures, ForgottenTrack, ListeningHistory, Streak

_FIRST = 8


def draw_forgotten(ai: MusicAI, told: ListeningHistory) -> None:
    """The most missed ones, and the button that takes them all."""
    st.subheader("Forgotten favourites", anchor="forgotten")
    found = told.forgotten
    if not found:
        st.caption("None: nothing that you played five times or more has rested for half a year.")
        return
    st.caption("Played much once, and not for half a year. From all of your history.")
    every = (
        st.toggle(f"Show all {len(found)}", key="history_forgotten_all", value=False)
        if len(found) > _FIRST
        else False
    )
    shown = found if every else found[:_FIRST]
    rows = [one.row for one in shown]
    track_list.draw(ai, rows, [describe_forgotten(one) for one in shown], key="history_forgotten")
    ids = [ai.library.vocabulary.id(row) for row in rows]
    playlist_draft.draw_button(
        ids, "history_forgotten_add", f"Add {wording.format_count(len(ids), 'track')} to the list"
    )


def describe_forgotten(one: ForgottenTrack) -> str:
    """What was, in words: "You played this 60 times in 2023 and not since."."""
    last = date.fromisoformat(one.last_day)
    if one.only_then and one.in_year == one.plays:
        return (
            f"You played this {wording.format_count(one.plays, 'time')} in {one.year} and not "
            "since."
        )
    return (
        f"You played this {wording.format_count(one.plays, 'time')}, {one.in_year} of them in "
        f"{one.year}, "
        f"and last on {last.day} {last:%B %Y}."
    )


def draw() -> None:
    """The whole page for the chosen profile and period."""
    ai = state.get_current_ai()
    widgets.draw_invented_note(ai.library.invented)
    period = period_picker.get_chosen_period(ai)
    period_picker.draw_caption(period)
    zone = period_picker.get_timezone(ai)
    told = state.get_history(ai, period, zone)
    if told.missing:
        st.info("  \n".join(wording.escape_markdown(line, 500) for line in told.missing))
    if told.days is None:
        return
    _draw_figures(told.figures, told.before)
    _draw_streaks(told)
    if told.figures.plays:
        _draw_timeline(told.days)
        _draw_week(ai, told)
        _draw_calendar(ai, told.days)
        history_plays.draw(ai, zone)
        history_sessions.draw_sessions(ai, told.sessions, period, zone)
        history_tops.draw_top_items(ai, told)
        history_drift.draw_drift(ai, period, zone)
    draw_forgotten(ai, told)
    recap.draw(ai, zone)


# --- figures --------------------------------------------------------------------------


def _draw_figures(now: Figures, before: Figures | None) -> None:
    shown = {
        "Listened": (wording.format_duration(now.hours * 3_600_000), "hours"),
        "Full plays": (f"{now.plays:,}", "plays"),
        "Tracks": (f"{now.tracks:,}", "tracks"),
        "Artists": (f"{now.artists:,}", "artists"),
        "New to you": (wording.format_count(now.new_tracks, "track"), "new_tracks"),
        "Days with music": (f"{now.active_days:,} of {now.days:,}", "active_days"),
    }
    changes = {}
    if before is not None:
        changes = {
            label: _format_change(getattr(now, name), getattr(before, name))
            for label, (_, name) in shown.items()
        }
    widgets.draw_stats({label: text for label, (text, _) in shown.items()}, changes)
    line = "A full play is 30 seconds or more without a skip."
    if now.active_days:
        line += f" On a day with music, {now.plays_a_day:.0f} of them."
    if before is not None:
        line += " The change is against the period of the same length before."
    st.caption(line)


def _format_change(now: float, before: float) -> str:
    """A change in percent, with its sign; nothing where there was nothing before."""
    if not before:
        return ""
    percent = round(100 * (now - before) / before)
    return f"{percent:+d} %".replace("-", "−") if percent else "no change"


def _draw_streaks(told: ListeningHistory) -> None:
    if told.longest_streak is None:
        return
    parts = [f"Your longest streak: **{_describe_streak(told.longest_streak)}**."]
    current = told.current_streak
    if current is not None and current != told.longest_streak:
        parts.append(f"The one you are in: **{_describe_streak(current)}**.")
    elif current is not None:
        parts.append("You are in it.")
    st.markdown(" ".join(parts))


def _describe_streak(streak: Streak) -> str:
    first, last = (date.fromisoformat(day) for day in (streak.first, streak.last))
    if streak.days == 1:
        return f"1 day, {_format_day(first)}"
    return (
        f"{wording.format_count(streak.days, 'day')} in a row, {_format_day(first)} to "
        f"{_format_day(last)}"
    )


def _format_day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


# --- over time ------------------------------------------------------------------------


def _draw_timeline(days: Days) -> None:
    st.subheader("Over time", anchor="over-time")
    usual = charts.choose_step(days)
    step = st.segmented_control(
        "Bars for each",
        list(charts.STEPS),
        format_func=charts.STEPS.__getitem__,
        default=usual,
        required=True,
        key=f"history_step_{usual}",
        label_visibility="collapsed",
    )
    found = charts.sum_buckets(days, step)
    rows = pd.DataFrame(
        [(one.first, one.last, one.plays, one.hours) for one in found],
        columns=["first_day", "last_day", "full_plays", "hours"],
    )
    chart_box.draw(
        charts.plot_timeline(found, step),
        f"history_timeline_{step}",
        data=rows,
        on_click=_look_into,
        hint="Click a bar to look into it.",
    )


def _look_into(key: str) -> None:
    first, last = key.split("/")
    if first == last:
        history_plays.show_day(first)
    else:
        period_picker.choose_days(date.fromisoformat(first), date.fromisoformat(last))


def _draw_week(ai: MusicAI, told: ListeningHistory) -> None:
    st.subheader("Your week", anchor="week")
    cells = [
        (day, hour, plays)
        for day, row in zip(charts.WEEKDAYS, told.by_weekday_hour, strict=True)
        for hour, plays in enumerate(row)
    ]
    chart_box.draw(
        charts.plot_week(told.by_weekday_hour),
        "history_week",
        data=pd.DataFrame(cells, columns=["weekday", "hour", "full_plays"]),
        on_click=history_plays.show_hour,
        hint="Click an hour to see what you play then.",
    )
    st.caption(f"Hours are {wording.escape_markdown(wording.describe_zone(told.timezone))}.")


def _draw_calendar(ai: MusicAI, days: Days) -> None:
    st.subheader("Day by day", anchor="days")
    offered = charts.list_years(days)
    if not offered:
        st.caption("No day with a full play.")
        return
    year = offered[0]
    if len(offered) > 1:
        year = st.selectbox("Year", offered, key="history_year", width=140)
    start = date.fromisoformat(days.first)
    rows = pd.DataFrame(
        {
            "day": pd.date_range(start, periods=len(days.plays)).date,
            "full_plays": days.plays,
            "hours": days.hours,
        }
    )
    chart_box.draw(
        charts.plot_calendar(days, year, upright=state.is_on_phone()),
        f"history_calendar_{year}",
        data=rows,
        on_click=history_plays.show_day,
        hint="Click a day to see what you played.",
    )
