"""What a track of the list must be: known from where, from when, of which genre, how new."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from musicai.data.genres import GENRE_LABELS, GENRES
from musicai.ranking.request import Filters
from musicai.ui import wording

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI


def draw_panel(ai: MusicAI, mode: str) -> Filters:
    """The filters; those that could rule nothing out here are not shown.

    Args:
        ai: The loaded profile.
        mode: The mode in use.
    """
    origins, years = ai.origins(mode), ai.years(mode)
    label = "Filter"
    with st.popover(label, icon=":material/filter_alt:", key="discover_filters"):
        chosen = _draw_origins(list(origins))
        span = _draw_years(years)
        genres = _draw_genres(ai, mode)
        fresh = ai.has_fresh(mode) and st.toggle(
            "Fresh releases from artists you love",
            key="discover_fresh",
            bind="query-params",
            help="What open data found that they released in the last 90 days.",
        )
        if not (len(origins) > 1 or years or genres or fresh):
            st.caption("Nothing here tells these tracks apart by origin, year or genre.")
    filters = Filters(chosen, span, genres, fresh)
    if filters:
        st.caption(f":material/filter_alt: {_describe_filters(filters)}")
    return filters


def _draw_origins(known: list[str]) -> tuple[str, ...]:
    if len(known) < 2:
        return ()
    return tuple(
        st.multiselect(
            "Known from",
            known,
            format_func=wording.escape_markdown,
            key="discover_origins",
            placeholder="Anywhere",
            bind="query-params",
        )
    )


def _draw_years(known: tuple[int, int] | None) -> tuple[int, int] | None:
    if known is None or known[0] == known[1]:
        return None
    first, last = st.slider(
        "Years", *known, known, key="discover_years", format="%d", bind="query-params"
    )
    return None if (first, last) == known else (int(first), int(last))


def _draw_genres(ai: MusicAI, mode: str) -> tuple[str, ...]:
    usable = [name for name, why_not in ai.genre_availability(mode).items() if why_not is None]
    if not usable:
        return ()
    chosen = st.multiselect(
        "Only these genres",
        [genre for genre in GENRES if genre in usable],
        format_func=GENRE_LABELS.__getitem__,
        key="discover_only",
        placeholder="Any",
        bind="query-params",
        help="Leaves all others out; the genre above only lifts.",
    )
    return tuple(chosen)


def _describe_filters(filters: Filters) -> str:
    """The filters in use, in words."""
    parts = []
    if filters.origins:
        parts.append(
            "from "
            + wording.join_list([wording.escape_markdown(name) for name in filters.origins], "or")
        )
    if filters.years:
        parts.append(f"{filters.years[0]} to {filters.years[1]}")
    if filters.only_genres:
        parts.append(wording.join_list([GENRE_LABELS[name] for name in filters.only_genres], "or"))
    if filters.fresh:
        parts.append("fresh releases")
    return f"Only {', '.join(parts)}."
