"""Taste: the shape of what somebody hears, its genres, its hours, and what stands out."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import streamlit as st

from musicai.ui import state, wording
from musicai.ui.components import period_picker, widgets
from musicai.ui.taste import clusters, genres, habits, sound, top_items

if TYPE_CHECKING:
    from musicai.insights.taste import TasteProfile

_FINDINGS = 6
"""Insights shown; the profile holds a few more."""


def draw_findings(taste: TasteProfile) -> None:
    """The findings, most surprising first."""
    if not taste.insights:
        return
    st.subheader("What stands out", anchor=False)
    with st.grid(2, min_column_width=300):
        for one in taste.insights[:_FINDINGS]:
            with st.container(border=True, height="stretch"):
                st.markdown(f"**{wording.escape_markdown(one.text, 500)}**")
                way = f" [See the chart](#{one.chart})" if one.chart else ""
                st.caption(f"{wording.escape_markdown(one.evidence, 500)}{way}")


def draw() -> None:
    """The whole page for the chosen profile and period."""
    ai = state.get_current_ai()
    widgets.draw_invented_note(ai.library.invented)
    period = period_picker.get_chosen_period(ai)
    period_picker.draw_caption(period)
    taste = state.get_taste(ai, period, period_picker.get_timezone(ai))
    if taste.missing:
        st.info("  \n".join(wording.escape_markdown(line, 500) for line in taste.missing))
    if not taste.amount:
        return
    _figures(taste)
    draw_findings(taste)
    clusters.draw(ai, taste)
    sound.draw(ai, taste, period)
    genres.draw(ai, taste)
    habits.draw(taste)
    top_items.draw(ai, taste)


def _figures(taste: TasteProfile) -> None:
    patterns = taste.listening_patterns
    values = {
        "Tracks": f"{taste.distinct_tracks:,}",
        "Artists": f"{taste.distinct_artists:,}",
    }
    if patterns is not None:
        values = {
            "Listened": wording.format_duration(patterns.hours * 3_600_000),
            "Full plays": f"{patterns.completed:,}",
            **values,
            "Skipped": "–"
            if patterns.skip_rate is None
            else wording.format_share(patterns.skip_rate),
        }
    elif taste.basis == "playlists":
        values = {"Playlist entries": f"{taste.amount:,.0f}", **values}
    widgets.draw_stats(values)
    if patterns is not None and patterns.first_play and patterns.last_play:
        first, last = (
            wording.format_date(datetime.fromisoformat(iso))
            for iso in (patterns.first_play, patterns.last_play)
        )
        st.caption(
            f"{first} to {last}, {wording.format_count(patterns.plays, 'play')} in all. A full "
            "play is "
            "30 seconds or more without a skip; only those count below."
        )
