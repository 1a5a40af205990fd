"""What somebody plays most, and from which years it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from musicai.ui import widgets, words

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.taste import TasteProfile, Top

_SHOWN = 10
"""Favourites shown of each kind."""


def draw(ai: MusicAI, taste: TasteProfile) -> None:
    """The most played tracks, artists and albums; the eras in a line."""
    lists: dict[str, Sequence[Top]] = {
        "Tracks": taste.top_tracks,
        "Artists": taste.top_artists,
        "Albums": taste.top_albums,
    }
    st.subheader("What you play most", anchor=False)
    shown = st.segmented_control(
        "What you play most",
        [name for name, tops in lists.items() if tops],
        default="Tracks",
        required=True,
        key="taste_favourites",
        label_visibility="collapsed",
    )
    _favourite_table(ai, shown, lists[shown][:_SHOWN], taste.basis)
    _eras(taste)


def _favourite_table(ai: MusicAI, kind: str, tops: Sequence[Top], basis: str) -> None:
    count = "Plays" if basis == "plays" else "Entries"
    frame = pd.DataFrame(
        {
            "Ring": [widgets.small_ring(ai, top.track) for top in tops],
            kind[:-1]: [words.literal(top.name) for top in tops],
            "By": [words.literal(top.artists) for top in tops],
            count: [round(top.plays) for top in tops],
            "Share": [100 * top.share for top in tops],
        }
    )
    hidden = {"Ring", "By"} if kind == "Artists" else set()
    most = max(top.share for top in tops)
    st.dataframe(
        frame[[name for name in frame.columns if name not in hidden]],
        hide_index=True,
        key=f"taste_top_{kind.lower()}",
        row_height=44 if kind != "Artists" else None,
        height="content",
        alt=f"Your most played {kind.lower()}, first {words.literal(tops[0].name, 60)}",
        column_config={
            "Ring": st.column_config.ImageColumn("", width=44),
            "Share": st.column_config.ProgressColumn(
                "Share", format="%.1f %%", min_value=0, max_value=100 * most
            ),
        },
    )


def _eras(taste: TasteProfile) -> None:
    parts: list[Any] = []
    if taste.eras:
        decade = max(taste.eras, key=lambda name: taste.eras[name])
        parts.append(f"{words.share(taste.eras[decade])} of it is from the {decade}.")
    if taste.mainstream is not None:
        line = f"Mean popularity {taste.mainstream:.0f} of 100"
        if taste.mainstream_catalogue is not None:
            line += f", against {taste.mainstream_catalogue:.0f} for {taste.compared_with}"
        parts.append(line + ".")
    if parts:
        st.caption(" ".join(parts))
