"""The project's colours, defined once: components, genres, the mood plane, provenance.

The component and genre sets were chosen by search: among colours of moderate
chroma that stand out from both grounds, the set whose closest pair is furthest
apart in OKLab, seen with normal vision and with simulated protanopia,
deuteranopia and tritanopia (Machado et al. 2009, "A Physiologically-based Model
for Simulation of Color Vision Deficiency"). ``tests/test_rings.py`` measures both
properties. Even so, colour is never the only carrier: a label stands beside it.
"""

from __future__ import annotations

LIGHT_GROUND = "#FAFAF7"
"""Ground of the light theme."""

DARK_GROUND = "#121416"
"""Ground of the dark theme."""

ACCENT = "#0F8B8D"
"""The one accent, a deep teal."""

NEUTRAL = "#80868B"
"""Lines and marks that carry no meaning of their own; readable on both grounds."""

COMPONENT_COLOURS: dict[str, str] = {
    "content": ACCENT,
    "collaborative": "#7860CA",
    "item_item": "#BE3759",
    "rules": "#C48029",
    "history": "#95926F",
    "popularity": "#06746B",
    "sequence": "#0B9BCB",
    "transformer": "#E75AB8",
    "autoencoder": "#874B9B",
    "context": "#DA0B0B",
    "novelty": "#626B00",
    "verdicts": "#BD61FF",
    "surprise": "#AC05FF",
}
"""One colour for each part of a score, wherever it appears; at least 3 : 1 on both grounds."""

GENRE_COLOURS: dict[str, str] = {
    "pop": "#B185F2",
    "rock": "#A62E24",
    "hip-hop": "#C35603",
    "electronic": "#02AE9D",
    "jazz": "#2C8EAF",
    "classical": "#66499F",
    "country": "#9A6A69",
    "r&b": "#864666",
    "indie": "#6D65D3",
    "alternative": "#E87343",
}
"""One colour for each genre, in the order of ``genres.GENRES``; at least 2.6 : 1 on both."""

MOOD_CORNERS: dict[tuple[int, int], str] = {
    (0, 0): "#4A62B8",
    (0, 1): "#B0479A",
    (1, 0): "#1E8A62",
    (1, 1): "#D1700F",
}
"""Corners of the mood plane, (valence, energy): sad blue, tense purple, serene green, joyful
orange. Low energy is darker than high energy, so the plane also reads without hue."""

PROVENANCE_COLOURS: dict[str, str] = {
    "file": ACCENT,
    "matched": "#7C8ED0",
    "estimated": "#D87829",
    "artist": "#7C63D2",
    "none": NEUTRAL,
}
"""Where features and genres come from, best known first."""

OTHER_COMPONENT = NEUTRAL
"""For a component that has no colour of its own yet."""


def component_colour(name: str) -> str:
    """The colour of a component; neutral for one that is not in the table."""
    return COMPONENT_COLOURS.get(name, OTHER_COMPONENT)


def rgb(colour: str) -> tuple[float, float, float]:
    """``#RRGGBB`` as three numbers from 0 to 1."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def translucent(colour: str, opacity: float) -> str:
    """``rgba(...)`` of a ``#RRGGBB`` colour, for fills that let the ground through."""
    red, green, blue = (round(255 * part) for part in rgb(colour))
    return f"rgba({red},{green},{blue},{opacity:g})"
