"""The year on one page: shown, and to take away as a picture or a PDF."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from musicai.insights.history.recap import recap, recap_years
from musicai.ui import state, wording

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.ui.history.recap_image import Picture


def draw(ai: MusicAI, zone: str) -> None:
    """The choice of a year, its page, and the downloads."""
    st.subheader("Your year on a page", anchor="recap")
    years = recap_years(state.get_plays(ai, zone))
    if not years:
        st.caption("This takes a full play or more.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        year = st.selectbox("Year", years, key="history_recap_year", width=140)
        wanted = st.toggle("Show it", key="history_recap_show")
    if not wanted:
        st.caption("Figures, favourites and what stands out, to keep or to show.")
        return
    picture, alt = _draw_picture(ai.library.fingerprint, int(year), zone, ai)
    st.image(picture.image, alt=alt, width=540)
    with st.container(horizontal=True):
        for label, make, ending, mime in (
            ("Picture (PNG)", picture.to_png, "png", "image/png"),
            (
                "One page (PDF)",
                lambda: picture.to_pdf(f"{year} in music"),
                "pdf",
                "application/pdf",
            ),
        ):
            st.download_button(
                label,
                make,
                f"musicai-{year}.{ending}",
                mime,
                key=f"history_recap_{ending}",
                icon=":material/download:",
                on_click="ignore",
            )
    if picture.replaced:
        named = wording.escape_markdown(" ".join(sorted(picture.replaced)[:20]))
        st.caption(
            f"The fonts of this machine cannot draw these characters, so “?” stands in their "
            f"place: {named}. A font that has them, such as Noto Sans, would help."
        )


@st.cache_resource(max_entries=8, show_spinner="Drawing…")
def _draw_picture(fingerprint: str, year: int, zone: str, _ai: MusicAI) -> tuple[Picture, str]:
    from musicai.ui.history import recap_image  # noqa: PLC0415 (only the recap draws pictures)

    told = recap(
        _ai.library, _ai.features, state.get_codes(_ai), state.get_plays(_ai, zone), year, zone
    )
    figures = told.figures
    alt = (
        f"{year} in music: {figures.hours:,.0f} hours, "
        f"{wording.format_count(figures.tracks, 'track')} by "
        f"{wording.format_count(figures.artists, 'artist')}; most played "
        f"{wording.clean_text(told.tracks[0].name, 60)} and "
        f"{wording.clean_text(told.artists[0].name, 60)}."
    )
    return recap_image.draw(told), alt
