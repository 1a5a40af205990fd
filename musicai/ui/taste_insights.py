"""What stands out in a taste: findings with their evidence, each with a way to its chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from musicai.ui import words

if TYPE_CHECKING:
    from musicai.insights.taste import TasteProfile

_FINDINGS = 6
"""Insights shown; the profile holds a few more."""


def draw(taste: TasteProfile) -> None:
    """The findings, most surprising first."""
    if not taste.insights:
        return
    st.subheader("What stands out", anchor=False)
    with st.grid(2, min_column_width=300):
        for one in taste.insights[:_FINDINGS]:
            with st.container(border=True, height="stretch"):
                st.markdown(f"**{words.plain(one.text, 500)}**")
                way = f" [See the chart](#{one.chart})" if one.chart else ""
                st.caption(f"{words.plain(one.evidence, 500)}{way}")
