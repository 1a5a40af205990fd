"""How the taste changed: genres and sound by month, and the moments of change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from musicai.ui import chart_box, charts, period_panel, state, words

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.data.periods import Period
    from musicai.insights.history.drift import Drift

_VIEWS = {
    "Genres": (),
    "Mood": ("energy", "valence", "danceability"),
    "Sound": ("acousticness", "instrumentalness", "liveness", "speechiness"),
}


def draw(ai: MusicAI, period: Period, zone: str) -> None:
    """The timeline of the chosen period with its changes in words."""
    st.subheader("How your taste changed", anchor="drift")
    told = state.drift(ai, period, zone)
    if len(told.months) < 2:
        st.caption("This takes two months of listening or more; choose a longer period.")
        return
    view = st.segmented_control(
        "Show",
        list(_VIEWS),
        default="Genres",
        required=True,
        key="history_drift",
        label_visibility="collapsed",
    )
    names = _VIEWS[view]
    chart = charts.drift_features(told, names) if names else charts.drift_genres(told)
    chart_box.draw(
        chart,
        f"history_drift_{view.lower()}",
        data=_rows(told),
        on_click=period_panel.choose_month,
        hint="Click a month to look into it.",
    )
    if told.changes:
        lines = [f"{n}. {words.plain(one.text, 300)}" for n, one in enumerate(told.changes, 1)]
        st.markdown("\n".join(lines))
        st.caption(
            "A moment is marked where the months before and after differ more than in 99 of 100 "
            "shuffled orders of the same months."
        )
    else:
        st.caption(told.missing or "No moment of change stands out from the usual ups and downs.")


def _rows(told: Drift) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"month": one.month, "full_plays": one.plays, **one.features, **one.genres}
            for one in told.months
        ]
    )
