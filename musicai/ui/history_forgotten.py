"""Forgotten favourites: much played once, and not for long; on their way into a list."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import streamlit as st

from musicai.ui import staging, track_rows, words

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.insights.history import Forgotten, ListeningHistory

_FIRST = 8


def draw(ai: MusicAI, told: ListeningHistory) -> None:
    """The most missed ones, and the button that takes them all."""
    st.subheader("Forgotten favourites", anchor="forgotten")
    found = told.forgotten
    if not found:
        st.caption("None: nothing that you played five times or more has rested for half a year.")
        return
    st.caption("Played much once, and not for half a year. From all of your history.")
    every = (
        st.toggle(f"Show all {len(found)}", key="history_forgotten_all", value=False)
        if len(found) > _FIRST
        else False
    )
    shown = found if every else found[:_FIRST]
    rows = [one.row for one in shown]
    track_rows.draw(ai, rows, [sentence(one) for one in shown], key="history_forgotten")
    ids = [ai.library.vocabulary.id(row) for row in rows]
    staging.button(
        ids, "history_forgotten_add", f"Add {words.count(len(ids), 'track')} to the list"
    )


def sentence(one: Forgotten) -> str:
    """What was, in words: "You played this 60 times in 2023 and not since."."""
    last = date.fromisoformat(one.last_day)
    if one.only_then and one.in_year == one.plays:
        return f"You played this {words.count(one.plays, 'time')} in {one.year} and not since."
    return (
        f"You played this {words.count(one.plays, 'time')}, {one.in_year} of them in {one.year}, "
        f"and last on {last.day} {last:%B %Y}."
    )
