"""The habits behind a taste: loyalty, what is new and what of it stays, repeats and skips."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from musicai.data.genres import GENRE_LABELS
from musicai.insights.taste.plays import SETTLED_DAYS, STAY_DAYS
from musicai.ui import charts, wording
from musicai.ui.components import chart_box, period_picker
from musicai.ui.history import plays
from musicai.ui.taste import genres

if TYPE_CHECKING:
    from musicai.insights.taste import ListeningPatterns, Loyalty, SkipHabits, TasteProfile


def draw(taste: TasteProfile) -> None:
    """What takes plays with times; nothing for playlists alone."""
    patterns = taste.listening_patterns
    if patterns is None or not patterns.completed:
        return
    _when(patterns, taste.timezone)
    _discovery(patterns)
    if taste.loyalty is not None:
        _loyalty(taste.loyalty)
    _skips(taste.skips)


def _when(patterns: ListeningPatterns, timezone: str) -> None:
    st.subheader("When you listen", anchor="habits")
    hours = pd.DataFrame({"hour": range(24), "plays": patterns.by_hour})
    left, right = st.columns([5, 6], vertical_alignment="center")
    with left:
        chart_box.draw(charts.plot_clock(patterns), "taste_clock", data=hours)
    with right:
        st.markdown(_session_words(patterns))
        if patterns.repeat_share is not None:
            st.markdown(
                f"{wording.format_share(patterns.repeat_share)} of your plays are of tracks you "
                "had "
                "already heard in this period."
            )
        hour = st.selectbox(
            "See what you play at",
            range(24),
            format_func=lambda hour: f"{hour}:00 to {(hour + 1) % 24}:00",
            index=None,
            placeholder="an hour…",
            key="taste_hour",
            width=240,
        )
        if hour is not None:
            plays.show_clock(str(hour))
            st.page_link(
                "pages/history.py", label=f"{hour}:00 on History", icon=":material/history:"
            )
        st.caption(
            f"Hours are {wording.escape_markdown(wording.describe_zone(timezone))}. Week, "
            "calendar and sessions are "
            "on History."
        )


def _session_words(patterns: ListeningPatterns) -> str:
    sessions = patterns.sessions
    if sessions.median_minutes is None or sessions.median_plays is None:
        return ""
    return (
        f"{wording.format_count(sessions.count, 'session')}, half of them longer than "
        f"{wording.format_duration(sessions.median_minutes * 60_000)} and "
        f"{wording.format_count(round(sessions.median_plays), 'play')}."
    )


def _discovery(patterns: ListeningPatterns) -> None:
    st.subheader("New to you, and what stayed", anchor="discovery")
    months = patterns.months
    rows = pd.DataFrame([asdict(month) for month in months])
    chart_box.draw(
        charts.plot_discovery(months),
        "taste_discovery",
        data=rows,
        on_click=period_picker.choose_month,
        hint="Click a month to look into it.",
    )
    fresh = sum(one.first_listens for one in months)
    settled, stayed = (sum(getattr(one, name) for one in months) for name in ("settled", "stayed"))
    line = f"{wording.format_count(fresh, 'first listen')}"
    if settled:
        line += (
            f"; of {settled:,} that can be told, {wording.format_share(stayed / settled)} stayed"
        )
    st.markdown(f"{line}.")
    st.caption(
        f"A track stayed if you played it again in full {STAY_DAYS} days or more after the first "
        f"time; it is too early to say within {SETTLED_DAYS} days of your last play."
    )


def _loyalty(told: Loyalty) -> None:
    st.subheader("Artists you keep to", anchor="loyalty")
    widgets_values = {
        "Top artist": wording.format_share(told.top_1),
        "Top 5": wording.format_share(told.top_5),
        "Top 10": wording.format_share(told.top_10),
    }
    with st.grid(3, min_column_width=110):
        for label, value in widgets_values.items():
            st.metric(label, value, border=True, height="stretch")
    lines = [
        f"Shares of your plays, of {wording.format_count(told.artists, 'artist')}: as many as if "
        f"{told.effective_artists:.0f} were played equally."
    ]
    if told.settled:
        lines.append(
            f"Of {wording.format_count(told.settled, 'artist')} who were new in this period, "
            f"{wording.format_share(told.kept / told.settled)} were played again a month or more "
            "later."
        )
    st.caption(" ".join(lines))


def _skips(told: SkipHabits | None) -> None:
    st.subheader("What you skip", anchor="skips")
    if told is None:
        st.caption(
            "Your files do not say what was skipped. Spotify's extended history does, since 2015 "
            "for most plays."
        )
        return
    parts = [f"You skip {wording.format_share(told.skipped / told.n)} of your plays"]
    known = told.n - told.first_n
    if told.first_n >= 30 and known >= 30:
        parts.append(
            f"{wording.format_share(told.first_skipped / told.first_n)} of tracks you had not "
            "heard out "
            f"before, {wording.format_share((told.skipped - told.first_skipped) / known)} of the "
            "others"
        )
    if told.median_seconds is not None:
        parts.append(
            f"half of the skipped ones within {wording.format_seconds(told.median_seconds)}"
        )
    st.markdown(f"{'; '.join(parts)}.")
    if told.by_genre:
        rows = pd.DataFrame(told.by_genre, columns=["genre", "skipped", "plays"])
        chart_box.draw(
            charts.plot_skips(told, GENRE_LABELS),
            "taste_skips",
            data=rows,
            on_click=genres.look_inside,
            hint="Click a genre to look inside it, under Genres.",
        )
    if told.ends:
        total = sum(told.ends.values())
        ordered = sorted(told.ends.items(), key=lambda one: -one[1])
        ended = wording.join_list(
            [f"{name} {wording.format_share(n / total)}" for name, n in ordered]
        )
        st.caption(f"How plays ended, where it is said: {ended}.")
    st.caption(f"Of {wording.format_count(told.n, 'play')} that say whether they were skipped.")
