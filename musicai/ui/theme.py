"""The project's colours, defined once: components, genres, the mood plane, provenance.

The component and genre sets were chosen by search: among colours of moderate
chroma that stand out from both grounds, the set whose closest pair is furthest
apart in OKLab, seen with normal vision and with simulated protanopia,
deuteranopia and tritanopia (Machado et al. 2009, "A Physiologically-based Model
for Simulation of Color Vision Deficiency"). ``tests/ui/test_rings.py`` measures both
properties. Even so, colour is never the only carrier: a label stands beside it.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from html import escape

from musicai.data.library import AUDIO_FEATURES, UNIT_FEATURES, FloatArray

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


def get_component_colour(name: str) -> str:
    """The colour of a component; neutral for one that is not in the table."""
    return COMPONENT_COLOURS.get(name, OTHER_COMPONENT)


def to_rgb(colour: str) -> tuple[float, float, float]:
    """``#RRGGBB`` as three numbers from 0 to 1."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def to_rgba(colour: str, opacity: float) -> str:
    """``rgba(...)`` of a ``#RRGGBB`` colour, for fills that let the ground through."""
    red, green, blue = (round(255 * part) for part in to_rgb(colour))
    return f"rgba({red},{green},{blue},{opacity:g})"


__all__ = [
    "COMPONENT_COLOURS",
    "GENRE_COLOURS",
    "build_contribution_svg",
    "build_logo_svg",
    "build_ring_svg",
    "build_swatch_svg",
    "mix_mood_colour",
]

Point = tuple[float, float]
"""x and y, y downwards."""

_UNIT = len(UNIT_FEATURES)
_ENERGY = UNIT_FEATURES.index("energy")
_VALENCE = UNIT_FEATURES.index("valence")
_HOLE = 8.0
"""Radius of the ring's hole, on a canvas of 44."""
_REACH = 11.4
"""How far a feature of 1 pushes the outer edge beyond the thinnest ring."""
_THIN = 1.3
"""Thickness of the ring where a feature is 0."""
_STRETCHED = (UNIT_FEATURES.index("liveness"), UNIT_FEATURES.index("speechiness"))
"""Axes drawn by their square root: music seldom goes beyond 0.3 there, and would look alike."""
_LEAST_KNOWN = 3
"""Fewer known features than this draw no shape: it would be a guess."""
_DIRECTIONS = tuple(
    (math.sin(2 * math.pi * at / _UNIT), -math.cos(2 * math.pi * at / _UNIT)) for at in range(_UNIT)
)
_LOGO_SHAPE = (0.78, 0.62, 0.9, 0.45, 0.7, 0.35, 0.55)


def build_ring_svg(audio_row: Iterable[float] | FloatArray, source: str, size: int = 44) -> str:
    """The taste ring of one track.

    A ring whose outer edge is a closed smooth curve: clockwise from the top,
    danceability, energy, valence, acousticness, instrumentalness, liveness and
    speechiness push it outwards. Its colour is the track's place on the mood
    plane. Estimated or incomplete features are drawn pale with a dashed edge,
    unknown ones as a thin empty circle.

    Args:
        audio_row: (9,) ``tables.AUDIO_FEATURES`` in their own units; NaN where not known.
        source: One of ``tables.FEATURE_SOURCES``.
        size: Width and height in pixels.

    Returns:
        A data URI, ``data:image/svg+xml;base64,…``.
    """
    values = [float(value) for value in audio_row]
    if len(values) < _UNIT:
        raise ValueError(f"a ring needs {len(AUDIO_FEATURES)} features, not {len(values)}")
    shape = tuple(
        None if math.isnan(value) else round(min(max(value, 0.0), 1.0), 2)
        for value in values[:_UNIT]
    )
    return _build_ring(shape, source, size)


@lru_cache(maxsize=32_768)
def _build_ring(shape: tuple[float | None, ...], source: str, size: int) -> str:
    known = [value for value in shape if value is not None]
    if source == "none" or len(known) < _LEAST_KNOWN:
        return _wrap_svg(
            f'<circle cx="22" cy="22" r="14" fill="none" stroke="{NEUTRAL}" '
            'stroke-width="1" opacity="0.75"/>',
            size,
        )
    middle = sum(known) / len(known)
    full = tuple(middle if value is None else value for value in shape)
    sure = source in ("file", "matched") and len(known) == _UNIT
    energy, valence = shape[_ENERGY], shape[_VALENCE]
    colour = NEUTRAL if energy is None or valence is None else mix_mood_colour(valence, energy)
    return _wrap_svg(_build_ring_body(full, colour, sure=sure), size)


def _build_ring_body(shape: Sequence[float], colour: str, *, sure: bool) -> str:
    hole = (
        f"M22 {22 - _HOLE:g}A{_HOLE:g} {_HOLE:g} 0 1 0 22 {22 + _HOLE:g}"
        f"A{_HOLE:g} {_HOLE:g} 0 1 0 22 {22 - _HOLE:g}Z"
    )
    outline = _build_outline(shape)
    dashes = "" if sure else ' stroke-dasharray="2.6 2.2"'
    return (
        f'<path d="{outline}{hole}" fill="{colour}" fill-rule="evenodd" '
        f'fill-opacity="{0.82 if sure else 0.2:g}"/>'
        f'<path d="{outline}" fill="none" stroke="{colour}" stroke-width="1.5" '
        f'stroke-linejoin="round"{dashes}/>'
    )


def _build_outline(shape: Sequence[float]) -> str:
    """A closed Catmull-Rom curve through the seven points, as cubic Béziers."""
    curves = list(_build_curves(shape))
    (x, y), *_ = curves[0]
    parts = [
        f"C{one[0]:.1f} {one[1]:.1f} {two[0]:.1f} {two[1]:.1f} {end[0]:.1f} {end[1]:.1f}"
        for _, one, two, end in curves
    ]
    return f"M{x:.1f} {y:.1f}" + "".join(parts) + "Z"


def _build_curves(shape: Sequence[float]) -> Iterator[tuple[Point, Point, Point, Point]]:
    """Start, two control points and end of each Bézier, in a square of 44."""
    points: list[Point] = []
    for axis, ((x, y), value) in enumerate(zip(_DIRECTIONS, shape, strict=True)):
        reach = math.sqrt(value) if axis in _STRETCHED else value
        radius = _HOLE + _THIN + _REACH * reach
        points.append((22 + x * radius, 22 + y * radius))
    for at in range(_UNIT):
        (bx, by), (sx, sy) = points[at - 1], points[at]
        (ex, ey), (ax, ay) = points[(at + 1) % _UNIT], points[(at + 2) % _UNIT]
        yield (
            (sx, sy),
            (sx + (ex - bx) / 6, sy + (ey - by) / 6),
            (ex - (ax - sx) / 6, ey - (ay - sy) / 6),
            (ex, ey),
        )


def list_ring_points(shape: Sequence[float], steps: int = 16) -> list[Point]:
    """The outline of a ring as a closed polygon, for pictures that are not SVG.

    Args:
        shape: ``UNIT_FEATURES`` from 0 to 1, all known.
        steps: Points on each of the seven curves.

    Returns:
        Points in a square of 44, whose middle is (22, 22).
    """
    found = []
    for curve in _build_curves(shape):
        for step in range(steps):
            t = step / steps
            share = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
            x, y = (sum(s * p[axis] for s, p in zip(share, curve, strict=True)) for axis in (0, 1))
            found.append((x, y))
    return found


RING_HOLE = _HOLE
"""Radius of a ring's hole, in the same square."""


@lru_cache(maxsize=16_384)
def mix_mood_colour(valence: float, energy: float) -> str:
    """The colour at a place on the mood plane, ``#RRGGBB``.

    The four corners are mixed in linear light. Most music lies between 0.15 and
    0.85 on both axes, so that range is stretched over the plane; beyond it the
    colour stays that of the edge.
    """
    right, up = (min(max((value - 0.15) / 0.7, 0.0), 1.0) for value in (valence, energy))
    mixed = [0.0, 0.0, 0.0]
    for (x, y), colour in MOOD_CORNERS.items():
        share = (right if x else 1 - right) * (up if y else 1 - up)
        for channel, value in enumerate(to_rgb(colour)):
            mixed[channel] += share * value**2.2
    return "#" + "".join(f"{round(255 * value ** (1 / 2.2)):02X}" for value in mixed)


def build_contribution_svg(
    contributions: Mapping[str, float],
    total_max: float,
    width: int = 160,
    height: int = 14,
    *,
    total_min: float | None = None,
) -> str:
    """The parts of one score as a stacked bar in the components' colours.

    Positive parts stack to the right of the zero line in the mapping's order,
    negative ones to its left, hatched. The bar is to scale: ``total_max`` fills it.

    Args:
        contributions: Component → its part of the score.
        total_max: The largest sum of positive parts among the rows shown together.
        width: Pixels.
        height: Pixels.
        total_min: The smallest sum of negative parts among those rows, at most 0, so
            that their zero lines stand under each other; None takes this row's own.

    Returns:
        A data URI, ``data:image/svg+xml;base64,…``.
    """
    parts = tuple(
        (name, round(float(value), 4))
        for name, value in contributions.items()
        if math.isfinite(value)
    )
    least = None if total_min is None else round(float(total_min), 4)
    return _build_bar(parts, round(float(total_max), 4), least, width, height)


@lru_cache(maxsize=8_192)
def _build_bar(
    parts: tuple[tuple[str, float], ...],
    total_max: float,
    total_min: float | None,
    width: int,
    height: int,
) -> str:
    up = sum(value for _, value in parts if value > 0)
    down = sum(value for _, value in parts if value < 0)
    least = min(down, 0.0 if total_min is None else total_min)
    span = max(total_max, up, 0.0) - least
    per_unit = width / span if span > 0 else 0.0
    right = left = -least * per_unit
    zero, body = right, []
    for at, (name, value) in enumerate(parts):
        length = abs(value) * per_unit
        if length < 0.05:
            continue
        label = f"<title>{escape(name)} {value:+.2f}</title>"
        colour = get_component_colour(name)
        if value > 0:
            body.append(_build_segment(right, length, height, colour, label))
            right += length
        else:
            left -= length
            body.append(_build_hatching(at, colour))
            body.append(_build_segment(left, length, height, f"url(#h{at})", label))
    if zero > 0:
        body.append(f'<path d="M{zero:.1f} 0V{height}" stroke="{NEUTRAL}" stroke-width="1"/>')
    return _encode_svg(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}">{"".join(body)}</svg>'
    )


def _build_segment(x: float, length: float, height: int, fill: str, label: str) -> str:
    """One part; a hair of ground stays between neighbours so that edges show without hue."""
    drawn = max(length - 1.0, 0.4)
    return (
        f'<rect x="{x:.1f}" y="1" width="{drawn:.1f}" height="{height - 2}" rx="1.5" '
        f'fill="{fill}">{label}</rect>'
    )


def _build_hatching(at: int, colour: str) -> str:
    return (
        f'<pattern id="h{at}" width="4" height="4" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><rect width="1.8" height="4" fill="{colour}"/></pattern>'
    )


@lru_cache(maxsize=64)
def build_swatch_svg(colour: str, size: int = 14) -> str:
    """A small rounded square of one colour, as a data URI."""
    return _encode_svg(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" '
        f'viewBox="0 0 14 14"><rect x="1" y="1" width="12" height="12" rx="3" '
        f'fill="{escape(colour)}"/></svg>'
    )


@lru_cache(maxsize=8)
def build_logo_svg(size: int = 44) -> str:
    """The app's mark, a taste ring in the accent colour, as a data URI."""
    return _wrap_svg(_build_ring_body(_LOGO_SHAPE, ACCENT, sure=True), size)


def _wrap_svg(body: str, size: int) -> str:
    return _encode_svg(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" '
        f'viewBox="0 0 44 44">{body}</svg>'
    )


def _encode_svg(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
