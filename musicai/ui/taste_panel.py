"""Taste: the shape of what somebody hears, its genres, its hours, and what stands out."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import streamlit as st

from musicai.ui import (
    period_panel,
    state,
    taste_clusters,
    taste_favourites,
    taste_genres,
    taste_habits,
    taste_insights,
    taste_sound,
    widgets,
    words,
)

if TYPE_CHECKING:
    from musicai.insights.taste import TasteProfile


def draw() -> None:
    """The whole page for the chosen profile and period."""
    ai = state.current_ai()
    widgets.invented_note(ai.library.invented)
    period = period_panel.chosen(ai)
    period_panel.caption(period)
    taste = state.taste(ai, period, period_panel.timezone(ai))
    if taste.missing:
        st.info("  \n".join(words.plain(line, 500) for line in taste.missing))
    if not taste.amount:
        return
    _figures(taste)
    taste_insights.draw(taste)
    taste_clusters.draw(ai, taste)
    taste_sound.draw(ai, taste, period)
    taste_genres.draw(ai, taste)
    taste_habits.draw(taste)
    taste_favourites.draw(ai, taste)


def _figures(taste: TasteProfile) -> None:
    patterns = taste.listening_patterns
    values = {
        "Tracks": f"{taste.distinct_tracks:,}",
        "Artists": f"{taste.distinct_artists:,}",
    }
    if patterns is not None:
        values = {
            "Listened": words.hours(patterns.hours * 3_600_000),
            "Full plays": f"{patterns.completed:,}",
            **values,
            "Skipped": "–" if patterns.skip_rate is None else words.share(patterns.skip_rate),
        }
    elif taste.basis == "playlists":
        values = {"Playlist entries": f"{taste.amount:,.0f}", **values}
    widgets.stats(values)
    if patterns is not None and patterns.first_play and patterns.last_play:
        first, last = (
            words.date(datetime.fromisoformat(iso))
            for iso in (patterns.first_play, patterns.last_play)
        )
        st.caption(
            f"{first} to {last}, {words.count(patterns.plays, 'play')} in all. A full play is "
            "30 seconds or more without a skip; only those count below."
        )
