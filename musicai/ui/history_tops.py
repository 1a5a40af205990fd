"""What was played most in a period, and how that differs from the period before."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from musicai.ui import details, opening_table, staging, widgets, words

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.insights.history import ListeningHistory, Place

_SHOWN = 15


def draw(ai: MusicAI, told: ListeningHistory) -> None:
    """A table of tracks, artists, albums or genres."""
    lists = {
        "Tracks": told.top_tracks,
        "Artists": told.top_artists,
        "Albums": told.top_albums,
        "Genres": told.top_genres,
    }
    offered = [name for name, places in lists.items() if places]
    if not offered:
        return
    st.subheader("What you played most", anchor="tops")
    kind = st.segmented_control(
        "What you played most",
        offered,
        default=offered[0],
        required=True,
        key="history_tops",
        label_visibility="collapsed",
    )
    places = lists[kind][:_SHOWN]
    compared = told.before is not None
    opening_table.draw(
        _frame(ai, kind, places, compared=compared),
        f"history_top_{kind.lower()}",
        alt=f"Your most played {kind.lower()}, first {words.literal(places[0].name, 60)}",
        open_row=partial(_open, ai, kind, places),
        row_height=44 if places[0].row is not None else None,
        columns={
            "Ring": st.column_config.ImageColumn("", width=44),
            "#": st.column_config.NumberColumn("#", width=40),
            "Share": st.column_config.ProgressColumn(
                "Share", format="%.1f %%", min_value=0, max_value=100 * places[0].share
            ),
        },
    )
    line = "Click a line to open it." if kind != "Genres" else ""
    if compared:
        line += " Up and down are against the period of the same length before."
    st.caption(line.strip() or "Of the plays of which the genre is known.")
    if kind == "Tracks":
        ids = [ai.library.vocabulary.id(place.row) for place in places if place.row is not None]
        staging.button(ids, "history_tops_all", f"Add {words.count(len(ids), 'track')} to the list")


def _frame(ai: MusicAI, kind: str, places: Sequence[Place], *, compared: bool) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "#": [place.rank for place in places],
            "Change": [change(place) for place in places],
            "Ring": [widgets.small_ring(ai, p.row) for p in places],
            kind.removesuffix("s"): [words.literal(place.name) for place in places],
            "By": [words.literal(place.artists) for place in places],
            "Plays": [round(place.plays) for place in places],
            "Time": [words.hours(place.hours * 3_600_000) for place in places],
            "Share": [100 * place.share for place in places],
        }
    )
    hidden = set() if compared else {"Change"}
    if kind in ("Artists", "Genres"):
        hidden |= {"Ring", "By"}
    return frame[[name for name in frame.columns if name not in hidden]]


def change(place: Place) -> str:
    """How a rank differs from that of before, in a sign and a number or a word."""
    if place.before is None:
        return "new"
    moved = place.before - place.rank
    return "same" if moved == 0 else f"▲ {moved}" if moved > 0 else f"▼ {-moved}"


def _open(ai: MusicAI, kind: str, places: Sequence[Place], at: int) -> None:
    place = places[at]
    if kind == "Artists":
        details.open_artist(place.name)
    elif place.row is not None and kind == "Tracks":
        details.open_track(ai.library.vocabulary.id(place.row))
    elif kind == "Albums":
        details.open_artist(place.artists.split(", ")[0])
