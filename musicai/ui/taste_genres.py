"""The genres of a taste: shares, micro-genres and diversity."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from musicai.genres import GENRE_LABELS
from musicai.ui import chart_box, charts, words

if TYPE_CHECKING:
    from musicai.taste import TasteProfile


def draw(taste: TasteProfile) -> None:
    """The genre shares, what is inside a genre, and how widely they spread."""
    st.subheader("Genres", anchor=False)
    if not any(taste.genre_shares.values()):
        st.caption("No genre of this music is known.")
        return
    left, right = st.columns([6, 5])
    with left:
        shares = pd.DataFrame(taste.genre_shares.items(), columns=["genre", "share"])
        chart_box.draw(charts.genres(taste), "taste_genres", data=shares)
        if taste.unknown_genre_share >= 0.001:
            st.caption(
                f"Of the listening with a known genre; {words.share(taste.unknown_genre_share)}"
                " has none."
            )
    with right:
        st.markdown(f"**Diversity.** {words.plain(taste.genre_diversity.sentence)}")
        figures = pd.DataFrame([asdict(taste.genre_diversity)])
        chart_box.draw(charts.diversity(taste.genre_diversity), "taste_diversity", data=figures)
        chance = taste.genre_diversity.gini_simpson
        if chance is not None:
            st.caption(
                f"Two of your plays, drawn at random, differ in genre {words.share(chance)} "
                "of the time."
            )
        _micro_genres(taste)


def _micro_genres(taste: TasteProfile) -> None:
    by_share = sorted(taste.micro_genres, key=lambda name: -taste.genre_shares[name])
    if not by_share:
        return
    chosen = st.selectbox(
        "Look inside a genre",
        by_share,
        format_func=lambda name: GENRE_LABELS[name],
        key="taste_genre",
    )
    lines = [
        f"- {words.plain(name)} · {words.share(share)}"
        for name, share in taste.micro_genres[chosen]
    ]
    st.markdown("\n".join(lines))
    st.caption("Shares of all your listening.")
