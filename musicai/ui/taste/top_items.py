"""What somebody plays most, and from which years it is."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from musicai.ui import charts, wording
from musicai.ui.components import chart_box, links, playlist_draft, widgets
from musicai.ui.components import chart_box as opening_table

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.insights.taste import TasteProfile, Top

_SHOWN = 10
"""Favourites shown of each kind."""


def draw(ai: MusicAI, taste: TasteProfile) -> None:
    """The most played tracks, artists and albums; the eras in a line."""
    lists: dict[str, Sequence[Top]] = {
        "Tracks": taste.top_tracks,
        "Artists": taste.top_artists,
        "Albums": taste.top_albums,
    }
    st.subheader("What you play most", anchor="favourites")
    shown = st.segmented_control(
        "What you play most",
        [name for name, tops in lists.items() if tops],
        default="Tracks",
        required=True,
        key="taste_favourites",
        label_visibility="collapsed",
    )
    _favourite_table(ai, shown, lists[shown][:_SHOWN], taste.basis)
    _eras(ai, taste)


def _favourite_table(ai: MusicAI, kind: str, tops: Sequence[Top], basis: str) -> None:
    count = "Plays" if basis == "plays" else "Entries"
    frame = pd.DataFrame(
        {
            "Ring": [widgets.build_ring_image(ai, top.track) for top in tops],
            kind[:-1]: [wording.clean_text(top.name) for top in tops],
            "By": [wording.clean_text(top.artists) for top in tops],
            count: [round(top.plays) for top in tops],
            "Share": [100 * top.share for top in tops],
        }
    )
    hidden = {"Ring", "By"} if kind == "Artists" else set()
    most = max(top.share for top in tops)
    opening_table.draw_clickable_table(
        frame[[name for name in frame.columns if name not in hidden]],
        f"taste_top_{kind.lower()}",
        alt=f"Your most played {kind.lower()}, first {wording.clean_text(tops[0].name, 60)}",
        open_row=partial(_open, ai, kind, tops),
        row_height=44 if kind != "Artists" else None,
        columns={
            "Ring": st.column_config.ImageColumn("", width=44),
            "Share": st.column_config.ProgressColumn(
                "Share", format="%.1f %%", min_value=0, max_value=100 * most
            ),
        },
    )
    st.caption("Click a line to open it.")
    if kind == "Tracks":
        ids = [ai.library.vocabulary.id(top.track) for top in tops if top.track is not None]
        playlist_draft.draw_button(
            ids, "taste_top_add", f"Add {wording.format_count(len(ids), 'track')} to the list"
        )


def _open(ai: MusicAI, kind: str, tops: Sequence[Top], at: int) -> None:
    top = tops[at]
    if kind == "Tracks" and top.track is not None:
        links.open_track(ai.library.vocabulary.id(top.track))
    else:
        links.open_artist(top.name if kind == "Artists" else top.artists.split(", ")[0])


def _find_decade(ai: MusicAI, decade: str) -> None:
    """More of a decade on Discover, as far as its slider of years goes."""
    known, first = ai.years(), int(decade.removesuffix("s"))
    if known is None or first > known[1] or first + 9 < known[0]:
        st.toast(f"There is nothing to discover from the {decade}.")
        return
    links.find_years(max(first, known[0]), min(first + 9, known[1]))


def _eras(ai: MusicAI, taste: TasteProfile) -> None:
    left, right = st.columns(2)
    with left:
        st.markdown("**Decades**")
        if taste.eras:
            rows = pd.DataFrame(taste.eras.items(), columns=["decade", "share"])
            chart = charts.plot_shares(taste.eras, "Decades of your listening", "year of release")
            chart_box.draw(
                chart,
                "taste_eras",
                data=rows,
                on_click=partial(_find_decade, ai),
                hint="Click a decade to find more of it.",
            )
        else:
            st.caption("No year of release is known.")
    with right:
        st.markdown("**Mainstream or obscure**")
        if taste.popularity and taste.mainstream is not None:
            bins = {f"{10 * at}–{10 * at + 9}": one for at, one in enumerate(taste.popularity)}
            rows = pd.DataFrame(bins.items(), columns=["popularity", "share"])
            chart = charts.plot_shares(bins, "Popularity of your listening", "popularity, 0 to 100")
            chart_box.draw(
                chart,
                "taste_popularity",
                data=rows,
                on_click=links.find_popularity,
                hint="Click a bar to find music about so well known.",
            )
            line = f"Mean popularity {taste.mainstream:.0f} of 100"
            if taste.mainstream_catalogue is not None:
                line += f", against {taste.mainstream_catalogue:.0f} for {taste.compared_with}"
            st.caption(f"{line}.")
        else:
            st.caption("No popularity is known; a track table that has it would tell.")
