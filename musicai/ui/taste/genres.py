"""The genres of a taste: shares, what is inside them, diversity, and how it moved."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from musicai.data.genres import GENRE_LABELS, GENRES
from musicai.ui import charts, wording
from musicai.ui.components import chart_box, links, period_picker, track_list

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.insights.taste import TasteProfile

_GENRE = "taste_genre"
_SHOWN = 5


def draw(ai: MusicAI, taste: TasteProfile) -> None:
    """The genre shares, what is inside a genre, and how widely they spread."""
    st.subheader("Genres", anchor="genres")
    if not any(taste.genre_shares.values()):
        st.caption(
            "No genre of this music is known. A table of tracks with genres, or open data, "
            "both in the Library, would add them."
        )
        return
    left, right = st.columns([6, 5])
    with left:
        shares = pd.DataFrame(taste.genre_shares.items(), columns=["genre", "share"])
        chart_box.draw(
            charts.plot_genres(taste),
            "taste_genres",
            data=shares,
            on_click=look_inside,
            hint="Click a genre to look inside.",
        )
        if taste.unknown_genre_share >= 0.001:
            st.caption(
                "Of the listening with a known genre; "
                f"{wording.format_share(taste.unknown_genre_share)}"
                " has none."
            )
    with right:
        _inside(ai, taste)
    _diversity(taste)


def look_inside(genre: str) -> None:
    """Show what is inside a genre; for callbacks."""
    st.session_state[_GENRE] = genre


def _inside(ai: MusicAI, taste: TasteProfile) -> None:
    by_share = sorted(GENRES, key=lambda name: -taste.genre_shares[name])
    offered = [name for name in by_share if taste.genre_shares[name] > 0]
    chosen = st.selectbox(
        "Look inside a genre", offered, format_func=GENRE_LABELS.__getitem__, key=_GENRE
    )
    micro = taste.micro_genres.get(chosen, ())
    if micro:
        lines = [
            f"- {wording.escape_markdown(name)} · {wording.format_share(share)}"
            for name, share in micro
        ]
        st.markdown("\n".join(lines))
        st.caption("Shares of all your listening.")
    member = ai.features.genres[:, GENRES.index(chosen)] >= 0.5
    past = ai.history(0)
    inside = member[past.rows] & (past.plays > 0)
    best = np.argsort(-past.plays[inside], kind="stable")[:_SHOWN]
    rows, plays = past.rows[inside][best], past.plays[inside][best]
    if len(rows):
        st.markdown(f"**Your most played {GENRE_LABELS[chosen]}**")
        notes = [wording.format_count(int(n), "play") for n in plays]
        track_list.draw(ai, rows, notes, key="taste_genre_tracks")
        st.button(
            f"Find more {GENRE_LABELS[chosen]}",
            key="taste_genre_more",
            icon=":material/explore:",
            on_click=links.find_genre,
            args=(chosen,),
        )


def _diversity(taste: TasteProfile) -> None:
    st.subheader("Genre diversity", anchor="diversity")
    left, right = st.columns(2)
    with left:
        st.markdown(wording.escape_markdown(taste.genre_diversity.sentence, 400))
        figures = pd.DataFrame([asdict(taste.genre_diversity)])
        chart_box.draw(
            charts.plot_diversity(taste.genre_diversity), "taste_diversity", data=figures
        )
        chance = taste.genre_diversity.gini_simpson
        if chance is not None:
            st.caption(
                "Two of your plays, drawn at random, differ in genre "
                f"{wording.format_share(chance)} "
                "of the time (Gini-Simpson)."
            )
        _peers(taste)
    with right:
        quarters = taste.diversity_over_time
        if len(quarters) < 2:
            st.caption("How it moved takes two quarters with 30 plays or more.")
            return
        st.markdown("How it moved, quarter by quarter")
        chart_box.draw(
            charts.plot_diversity_over_time(quarters),
            "taste_diversity_time",
            data=pd.DataFrame([asdict(one) for one in quarters]),
            on_click=period_picker.choose_quarter,
            hint="Click a quarter to look into it.",
        )


def _peers(taste: TasteProfile) -> None:
    peers = taste.diversity_peers
    if peers is None:
        return
    st.caption(
        f"Of {peers.n:,} other listeners here, {wording.format_share(peers.below)} spread less "
        "widely; "
        f"the middle one spreads as widely as {peers.median:.1f} genres."
    )
