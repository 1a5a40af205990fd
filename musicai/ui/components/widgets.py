"""Small pieces that several pages draw: empty states, rings, links, chosen-profile notes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from musicai.data.library import AUDIO_FEATURES, FEATURE_SOURCES, UNIT_FEATURES
from musicai.data.playlists import search_address
from musicai.ui import state, wording
from musicai.ui.components.job_panel import open_sample
from musicai.ui.theme import build_ring_svg, get_component_colour

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI

SOURCE_WORDS = {
    "file": "from your file",
    "matched": "matched in a catalogue",
    "estimated": "estimated from the same artist or genre",
    "none": "not known",
}


def draw_sample_button(key: str, kind: str = "primary") -> None:
    """One click that loads the invented sample and shows it."""
    st.button(
        "Try the sample listener",
        key=key,
        type="primary" if kind == "primary" else "secondary",
        icon=":material/play_circle:",
        on_click=open_sample,
        help="An invented person with two years of invented music. Nothing about it is real.",
    )


def draw_empty_state(what: str) -> None:
    """A page without any profile: what will be here, and the one next step."""
    with st.container(border=True):
        st.markdown(f"**Nothing here yet.** {what}")
        st.caption("See it with invented music first, or bring your own on Home.")
        with st.container(horizontal=True, vertical_alignment="center"):
            draw_sample_button("empty_sample")
            st.page_link("pages/home.py", label="Import on Home", icon=":material/upload_file:")


def check_profile(what: str) -> bool:
    """Whether there is a profile to show; draws the empty state if not.

    Args:
        what: One sentence that says what the page will show.
    """
    if state.get_current_profile() is not None:
        return True
    draw_empty_state(what)
    return False


def draw_invented_note(invented: bool) -> None:
    """The mark that the sample carries on every page."""
    if invented:
        st.caption(
            f":material/science: {wording.SAMPLE_LABEL}. No person, artist or track is real."
        )


def draw_ring(ai: MusicAI, row: int, size: int = 44) -> None:
    """The taste ring of a track; its alt text says the shape in words."""
    audio = ai.features.audio[row]
    source = FEATURE_SOURCES[int(ai.features.feature_source[row])]
    st.image(build_ring_svg(audio, source, size), width=size, alt=_describe_ring(audio, source))


def build_ring_image(ai: MusicAI, row: int | None, size: int = 36) -> str | None:
    """The taste ring of a track as a picture for a table's cell; None for no track."""
    if row is None:
        return None
    source = FEATURE_SOURCES[int(ai.features.feature_source[row])]
    return build_ring_svg(ai.features.audio[row], source, size)


def _describe_ring(audio: Sequence[float], source: str) -> str:
    if source == "none":
        return "Taste ring: features not known"
    unit = dict(zip(AUDIO_FEATURES, audio, strict=True))
    known = ", ".join(f"{n} {unit[n]:.2f}" for n in UNIT_FEATURES if not math.isnan(unit[n]))
    return f"Taste ring, {SOURCE_WORDS[source]}: {known}"


def find_link(track_id: str, name: str, artists: Sequence[str]) -> str | None:
    """Where the track can be heard: its page, a search where it has no id, None if invented."""
    wanted = f"{artists[0]} {name}" if artists else name
    return search_address(track_id, wording.clean_text(wanted))


def format_title(track_id: str, name: str, artists: Sequence[str], *, linked: bool = True) -> str:
    """Markdown of "**Title** — Artist", with a link out where there is one."""
    text = (
        f"**{wording.escape_markdown(name) or 'Untitled'}** — "
        f"{wording.escape_markdown(wording.join_artists(artists))}"
    )
    url = find_link(track_id, name, artists) if linked else None
    return f"{text} [:material/open_in_new:]({url})" if url else text


def format_swatch(component: str) -> str:
    """Markdown of a small square in a component's colour."""
    return f':color[■]{{foreground="{get_component_colour(component)}"}}'


def draw_stats(values: Mapping[str, str], changes: Mapping[str, str] | None = None) -> None:
    """A row of figures in equal cards.

    Args:
        values: Label → figure.
        changes: Label → how it changed, with a sign; none where left out.
    """
    with st.grid(3 if len(values) == 6 else max(len(values), 1), min_column_width=130):
        for label, value in values.items():
            change = (changes or {}).get(label)
            st.metric(label, value, change, delta_color="off", border=True, height="stretch")
