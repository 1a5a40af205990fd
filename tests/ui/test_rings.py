"""Rings and bars: true to scale, safe to show, telling apart on both grounds and for all eyes."""

from __future__ import annotations

import base64
import re
import time
from itertools import combinations
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from musicai.data.genres import GENRES
from musicai.data.library import AUDIO_FEATURES, FEATURE_SOURCES, UNIT_FEATURES
from musicai.ui.theme import (
    ACCENT,
    COMPONENT_COLOURS,
    DARK_GROUND,
    GENRE_COLOURS,
    LIGHT_GROUND,
    NEUTRAL,
    build_contribution_svg,
    build_logo_svg,
    build_ring_svg,
    build_swatch_svg,
    mix_mood_colour,
    to_rgb,
)

SVG = "{http://www.w3.org/2000/svg}"
ROW = np.array([0.7, 0.6, 0.5, 0.2, 0.0, 0.1, 0.05, 120, -8], dtype=np.float32)


def tree(uri: str) -> ET.Element:
    """The SVG of a data URI; parsing fails on markup that is not well formed."""
    head, _, body = uri.partition(",")
    assert head == "data:image/svg+xml;base64"
    return ET.fromstring(base64.b64decode(body))


def parts(uri: str, tag: str) -> list[ET.Element]:
    return list(tree(uri).iter(SVG + tag))


def curve(path: str) -> list[float]:
    """Both coordinates at many places of a path of cubic Bézier curves."""
    numbers = [float(number) for number in re.findall(r"-?\d+\.?\d*", path)]
    points = np.array(numbers).reshape(-1, 2)
    places = []
    for start in range(0, len(points) - 1, 3):
        for t in np.linspace(0, 1, 9):
            weights = [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3]
            places += list(weights @ points[start : start + 4])
    return places


# --- rings ------------------------------------------------------------------------------


def test_known_features_are_a_solid_shape() -> None:
    fill, edge = parts(build_ring_svg(ROW, "file"), "path")
    assert fill.get("fill-rule") == "evenodd"
    assert float(fill.get("fill-opacity", "0")) > 0.5
    assert edge.get("stroke-dasharray") is None
    assert build_ring_svg(ROW, "file") == build_ring_svg(ROW, "matched")


def test_estimated_features_are_pale_and_dashed() -> None:
    fill, edge = parts(build_ring_svg(ROW, "estimated"), "path")
    assert float(fill.get("fill-opacity", "1")) < 0.5
    assert edge.get("stroke-dasharray")


@pytest.mark.parametrize("source", FEATURE_SOURCES)
def test_unknown_features_are_an_empty_thin_circle(source: str) -> None:
    uri = build_ring_svg(np.full(9, np.nan), source)
    (circle,) = parts(uri, "circle")
    assert circle.get("fill") == "none"
    assert not parts(uri, "path")


def test_source_none_shows_no_shape_even_with_numbers() -> None:
    assert parts(build_ring_svg(ROW, "none"), "circle")


def test_a_missing_feature_is_not_drawn_as_known() -> None:
    row = ROW.copy()
    row[UNIT_FEATURES.index("liveness")] = np.nan
    _, edge = parts(build_ring_svg(row, "file"), "path")
    assert edge.get("stroke-dasharray")


def test_without_a_mood_the_ring_is_neutral() -> None:
    row = ROW.copy()
    row[AUDIO_FEATURES.index("valence")] = np.nan
    assert parts(build_ring_svg(row, "file"), "path")[0].get("fill") == NEUTRAL


def test_a_larger_feature_reaches_further_in_its_direction() -> None:
    top = [
        float(re.match(r"M[\d.]+ ([\d.]+)", edge.get("d", "")).group(1))  # type: ignore[union-attr]
        for value in (0.1, 0.5, 0.9)
        for edge in [parts(build_ring_svg([value, *ROW[1:]], "file"), "path")[1]]
    ]
    assert top[0] > top[1] > top[2] >= 0


def test_size_is_that_asked_for_and_text_never_enters() -> None:
    root = tree(build_ring_svg(ROW, "file", 120))
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == (
        "120",
        "120",
        "0 0 44 44",
    )
    assert not "".join(root.itertext()).strip()


def test_too_few_features_is_misuse() -> None:
    with pytest.raises(ValueError, match="needs 9 features"):
        build_ring_svg([0.5, 0.5], "file")


@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True, width=32), min_size=9, max_size=9),
    st.sampled_from(FEATURE_SOURCES),
)
@hypothesis_settings(max_examples=150, deadline=None)
def test_any_numbers_give_a_drawing_inside_its_canvas(values: list[float], source: str) -> None:
    uri = build_ring_svg(np.array(values, dtype=np.float32), source)
    assert uri == build_ring_svg(np.array(values, dtype=np.float32), source)
    drawn = parts(uri, "path")
    if drawn:
        assert all(0.7 <= number <= 43.3 for number in curve(drawn[1].get("d", "")))


def test_a_ring_is_made_in_a_fifth_of_a_millisecond() -> None:
    rows = np.random.default_rng(0).random((400, 9))
    rounds = []
    for part in np.split(rows, 4):
        started = time.thread_time()
        for row in part:
            build_ring_svg(row, "file")
        rounds.append((time.thread_time() - started) / len(part))
    assert min(rounds) < 0.2e-3


# --- bars -------------------------------------------------------------------------------


def test_the_bar_is_to_scale() -> None:
    bars = parts(build_contribution_svg({"content": 0.5, "rules": 0.25}, 1.0, width=160), "rect")
    assert [float(bar.get("x", "")) for bar in bars] == [0, 80]
    assert [float(bar.get("width", "")) for bar in bars] == [79, 39]
    assert [bar.get("fill") for bar in bars] == [
        COMPONENT_COLOURS["content"],
        COMPONENT_COLOURS["rules"],
    ]


def test_negative_parts_are_hatched_and_left_of_zero() -> None:
    uri = build_contribution_svg({"content": 0.6, "novelty": -0.2}, 0.6, width=160)
    content, pattern, novelty = parts(uri, "rect")
    assert float(content.get("x", "")) == 40
    assert float(novelty.get("x", "")) == 0
    assert novelty.get("fill") == "url(#h1)"
    assert pattern.get("fill") == COMPONENT_COLOURS["novelty"]
    assert parts(uri, "path")[0].get("d") == "M40.0 0V14"


def test_zero_lines_stand_under_each_other() -> None:
    one = build_contribution_svg({"content": 0.5}, 1.0, total_min=-0.25)
    other = build_contribution_svg({"content": 1.0, "novelty": -0.1}, 1.0, total_min=-0.25)
    lines = [parts(uri, "path")[0].get("d") for uri in (one, other)]
    assert lines[0] == lines[1] == "M32.0 0V14"


def test_names_in_a_bar_are_escaped() -> None:
    uri = build_contribution_svg({"<script>alert(1)</script>": 0.5}, 1.0)
    root = tree(uri)
    assert not list(root.iter(SVG + "script"))
    assert root.find(f".//{SVG}title").text == "<script>alert(1)</script> +0.50"  # type: ignore[union-attr]


@pytest.mark.parametrize("values", [{}, {"content": 0.0}, {"content": float("nan")}])
def test_an_empty_bar_is_empty(values: dict[str, float]) -> None:
    assert not parts(build_contribution_svg(values, 0.0), "rect")


@given(
    st.dictionaries(st.sampled_from(sorted(COMPONENT_COLOURS)), st.floats(-2, 2)),
    st.floats(0, 5),
)
@hypothesis_settings(max_examples=100, deadline=None)
def test_a_bar_never_leaves_its_width(values: dict[str, float], most: float) -> None:
    for bar in parts(build_contribution_svg(values, most), "rect"):
        if bar.get("x") is not None:
            assert float(bar.get("x", "")) >= -0.1
            assert float(bar.get("x", "")) + float(bar.get("width", "")) <= 160.5


def test_swatch_and_logo_are_drawings() -> None:
    assert parts(build_swatch_svg(ACCENT), "rect")[0].get("fill") == ACCENT
    assert parts(build_logo_svg(), "path")[0].get("fill") == ACCENT


# --- colours ----------------------------------------------------------------------------


def linear(colour: str) -> np.ndarray:
    values = np.array(to_rgb(colour))
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    light, dark = sorted((linear(c) @ weights for c in (one, other)), reverse=True)
    return float((light + 0.05) / (dark + 0.05))


VISION = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
"""Machado, Oliveira and Fernandes 2009, severity 1."""


def oklab(light: np.ndarray) -> np.ndarray:
    """Ottosson 2020, "A perceptual color space for image processing"."""
    lms = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    lab = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return lab @ np.cbrt(lms @ np.clip(light, 0, 1))


@pytest.mark.parametrize("ground", [LIGHT_GROUND, DARK_GROUND])
def test_colours_stand_out_from_both_grounds(ground: str) -> None:
    assert all(contrast(colour, ground) >= 3 for colour in COMPONENT_COLOURS.values())
    assert all(contrast(colour, ground) >= 2.6 for colour in GENRE_COLOURS.values())
    assert contrast(NEUTRAL, ground) >= 3
    moods = [mix_mood_colour(v, e) for v in np.linspace(0, 1, 9) for e in np.linspace(0, 1, 9)]
    assert all(contrast(colour, ground) >= 2.9 for colour in moods)


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize(
    "palette", [COMPONENT_COLOURS, GENRE_COLOURS], ids=["components", "genres"]
)
def test_colours_differ_for_all_eyes(palette: dict[str, str], vision: str) -> None:
    places = {name: oklab(VISION[vision] @ linear(colour)) for name, colour in palette.items()}
    for one, other in combinations(places, 2):
        assert np.linalg.norm(places[one] - places[other]) >= 0.07, (one, other)


def test_every_genre_has_a_colour_in_order() -> None:
    assert tuple(GENRE_COLOURS) == GENRES


def test_similar_moods_have_similar_colours_and_joy_is_not_sorrow() -> None:
    near = oklab(linear(mix_mood_colour(0.5, 0.5))) - oklab(linear(mix_mood_colour(0.53, 0.5)))
    far = oklab(linear(mix_mood_colour(0.9, 0.9))) - oklab(linear(mix_mood_colour(0.1, 0.1)))
    assert np.linalg.norm(near) < 0.03
    assert np.linalg.norm(far) > 0.15
