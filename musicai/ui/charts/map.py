"""The music map: every track a mark, the listener's own large, near is alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from musicai.data.genres import GENRE_LABELS, GENRES
from musicai.data.library import BoolArray, FloatArray, IntArray
from musicai.insights.taste.wording import percent
from musicai.ui.charts.base import CONFIG, INK, Chart, build_figure, place_legend_above
from musicai.ui.theme import ACCENT, GENRE_COLOURS, NEUTRAL, to_rgba
from musicai.ui.wording import format_count, join_list

MAP_CONFIG: dict[str, Any] = {
    **CONFIG,
    "modeBarButtons": [["zoomIn2d", "zoomOut2d", "resetScale2d"], ["toImage"]],
    "displayModeBar": True,
    "toImageButtonOptions": {"format": "png", "scale": 2, "filename": "music_map"},
}
"""For ``st.plotly_chart(config=…)``: closer, farther, and the picture."""

_SYMBOLS = (
    "circle",
    "square",
    "diamond",
    "cross",
    "x",
    "triangle-up",
    "triangle-down",
    "pentagon",
    "star",
    "hexagram",
)
"""One shape a genre, in their order: colour is not the only carrier."""

_UNKNOWN = "Not known"
_UNKNOWN_SYMBOL = "circle-open"

_SCALE = ((0.0, "#6E66B8"), (0.5, "#2F9AA0"), (1.0, "#E0A020"))
"""Low to high, apart on both grounds and to every kind of eye; lightness rises with it."""

_SMALL = 4.0
_OWN = (7.0, 20.0)
"""Diameters of a track of one's own, from no play to the most played, pixels."""


class Dots(NamedTuple):
    """The tracks to draw; arrays over marks."""

    xy: FloatArray
    """(m, 2) places."""
    rows: IntArray
    """(m,) track rows, handed back by a click."""
    labels: npt.NDArray[np.object_]
    """(m,) what stands beside the pointer, safe for Plotly's hover."""
    mine: BoolArray
    """(m,) the listener's tracks."""
    plays: IntArray
    """(m,) plays of each."""


class MapOverlay(NamedTuple):
    """What is marked on the map, each may be empty, and how one marks."""

    outline: Sequence[tuple[float, float]] = ()
    """Corners of the region."""
    point: tuple[float, float] | None = None
    """The chosen track's place."""
    path: FloatArray | None = None
    """(steps, 2) places along a path."""
    drag: str = "pan"
    """What dragging does: "pan", "lasso" or "select" (a box)."""


def plot_map_by_genre(dots: Dots, genre: IntArray, marked: MapOverlay, height: int) -> Chart:
    """Coloured by genre; each has its shape and its legend.

    Args:
        dots: The tracks.
        genre: (m,) position in ``GENRES``, −1 not known.
        marked: What is marked.
        height: In pixels.
    """
    traces: list[Any] = []
    present = [place for place in range(len(GENRES)) if (genre == place).any()]
    for place in [*present, *([-1] if (genre < 0).any() else [])]:
        known = place >= 0
        name = GENRE_LABELS[GENRES[place]] if known else _UNKNOWN
        colour = GENRE_COLOURS[GENRES[place]] if known else NEUTRAL
        symbol = _SYMBOLS[place] if known else _UNKNOWN_SYMBOL
        for mine in (False, True):
            chosen = (genre == place) & (dots.mine == mine)
            if chosen.any():
                marker = {"color": colour, "symbol": symbol}
                traces.append(_build_marks(dots, chosen, marker, mine=mine, legendgroup=name))
        traces.append(_build_legend_entry(name, colour, symbol))
    # what is one's own lies on top
    traces.sort(key=lambda trace: trace.meta or 0)
    figure = _build_map(traces, marked, height)
    return Chart(figure, f"{_describe_tracks(dots)} {_describe_genres(dots, genre)}".strip())


def plot_map_by_score(
    dots: Dots,
    score: FloatArray,
    guessed: BoolArray,
    name: str,
    silent: str,
    marked: MapOverlay,
    height: int,
) -> Chart:
    """Coloured by a score; the number stands beside the pointer and on the scale.

    Args:
        dots: The tracks.
        score: (m,) NaN where there is none.
        guessed: (m,) whether it rests on estimated features; those marks are open.
        name: What the score is, for the scale.
        silent: What the legend calls tracks without a score.
        marked: What is marked.
        height: In pixels.
    """
    known = np.isfinite(score)
    low, high = _find_range(score[known])
    traces: list[Any] = []
    if not known.all():
        for mine in (False, True):
            chosen = ~known & (dots.mine == mine)
            if chosen.any():
                marker = {"color": NEUTRAL, "symbol": "x-thin-open"}
                traces.append(_build_marks(dots, chosen, marker, mine=mine, legendgroup=silent))
        traces.append(_build_legend_entry(silent, NEUTRAL, "x-thin-open"))
    for mine in (False, True):
        for open_mark in (False, True):
            chosen = known & (dots.mine == mine) & (guessed == open_mark)
            if not chosen.any():
                continue
            marker = {
                "color": score[chosen],
                "coloraxis": "coloraxis",
                "symbol": "circle-open" if open_mark else "circle",
            }
            extra = f"<br>{name}: %{{marker.color:.2f}}{', estimated' if open_mark else ''}"
            group = "Estimated" if open_mark else ""
            traces.append(
                _build_marks(dots, chosen, marker, mine=mine, extra=extra, legendgroup=group)
            )
    if (known & guessed).any():
        traces.append(
            _build_legend_entry("From estimated features", NEUTRAL, "circle-open", "Estimated")
        )
    traces.sort(key=lambda trace: trace.meta or 0)
    figure = _build_map(traces, marked, height)
    figure.update_layout(
        coloraxis={
            "colorscale": _SCALE,
            "cmin": low,
            "cmax": high,
            "colorbar": {
                "title": {"text": name, "side": "top", "font": {"color": INK, "size": 13}},
                "orientation": "h",
                "x": 0.5,
                "y": -0.06 if guessed.any() or not known.all() else -0.01,
                "yanchor": "top",
                "thickness": 10,
                "tickfont": {"color": INK, "size": 12},
                "nticks": 5,
                "outlinewidth": 0,
            },
        },
        margin={"l": 4, "r": 4, "t": 34, "b": 84},
    )
    return Chart(
        figure, f"{_describe_tracks(dots)} {_describe_scores(dots, score, known, name)}".strip()
    )


# --- marks ----------------------------------------------------------------------------


def _build_marks(
    dots: Dots,
    chosen: BoolArray,
    marker: dict[str, Any],
    *,
    mine: bool,
    extra: str = "",
    **more: Any,
) -> go.Scattergl:
    """One trace; ``meta`` is 1 for the listener's own."""
    rows = np.flatnonzero(chosen)
    size: Any = _SMALL
    if mine:
        most = max(int(dots.plays.max(initial=0)), 1)
        size = _OWN[0] + (_OWN[1] - _OWN[0]) * np.sqrt(dots.plays[rows] / most)
    return go.Scattergl(
        x=dots.xy[rows, 0],
        y=dots.xy[rows, 1],
        mode="markers",
        marker={
            **marker,
            "size": size,
            "opacity": 0.95 if mine else 0.4,
            "line": {"width": 0.6 if mine else 0, "color": to_rgba(NEUTRAL, 0.7)}
            if "open" not in marker["symbol"]
            else {"width": 1.5 if mine else 0.8},
        },
        customdata=dots.rows[rows],
        text=dots.labels[rows].tolist(),
        hovertemplate=f"%{{text}}{extra}<extra></extra>",
        showlegend=False,
        meta=int(mine),
        unselected={"marker": {"opacity": 0.45 if mine else 0.2}},
        **more,
    )


def _build_legend_entry(
    name: str, colour: str, symbol: str, group: str | None = None
) -> go.Scattergl:
    """An entry of the legend at a size that can be read."""
    return go.Scattergl(
        x=[None],
        y=[None],
        mode="markers",
        marker={"color": colour, "symbol": symbol, "size": 10},
        name=name,
        legendgroup=group or name,
        showlegend=True,
        hoverinfo="skip",
    )


def _build_map(traces: Sequence[Any], marked: MapOverlay, height: int) -> go.Figure:
    """The traces with what is marked, on axes without ticks: they have no unit."""
    figure = build_figure(
        [*traces, *_build_overlay(marked)],
        height,
        showlegend=True,
        # below, because the buttons are above
        legend={**place_legend_above(), "y": -0.01, "yanchor": "top", "itemsizing": "trace"},
        modebar={
            "bgcolor": "rgba(0,0,0,0)",
            "color": NEUTRAL,
            "activecolor": ACCENT,
            "orientation": "h",
        },
        margin={"l": 4, "r": 4, "t": 34, "b": 4},
        dragmode=marked.drag,
        hovermode="closest",
        newselection={"line": {"color": ACCENT, "width": 2, "dash": "dot"}},
    )
    figure.update_xaxes(visible=False, fixedrange=False)
    figure.update_yaxes(visible=False, fixedrange=False, scaleanchor="x", scaleratio=1)
    if len(marked.outline) > 2:
        corners = [f"{x:.5g},{y:.5g}" for x, y in marked.outline]
        figure.add_shape(
            type="path",
            path=f"M{'L'.join(corners)}Z",
            line={"color": ACCENT, "width": 2, "dash": "dot"},
            fillcolor=to_rgba(ACCENT, 0.1),
        )
    return figure


def _build_overlay(marked: MapOverlay) -> list[Any]:
    traces: list[Any] = []
    if marked.path is not None and len(marked.path):
        steps = [str(step) for step in range(1, len(marked.path) + 1)]
        traces.append(
            go.Scattergl(
                x=marked.path[:, 0],
                y=marked.path[:, 1],
                mode="lines+markers+text",
                line={"color": INK, "width": 2},
                marker={"size": 17, "color": ACCENT, "line": {"color": "#FFFFFF", "width": 1}},
                text=steps,
                textfont={"color": "#FFFFFF", "size": 11},
                hoverinfo="skip",
                showlegend=False,
            )
        )
    if marked.point is not None:
        traces.append(
            go.Scattergl(
                x=[marked.point[0]],
                y=[marked.point[1]],
                mode="markers",
                marker={"size": 26, "symbol": "circle-open", "color": INK, "line": {"width": 2.5}},
                hoverinfo="skip",
                showlegend=False,
            )
        )
    return traces


def _find_range(values: FloatArray) -> tuple[float, float]:
    """The ends of the scale: all but the outermost hundredth."""
    if not len(values):
        return 0.0, 1.0
    low, high = (float(end) for end in np.percentile(values, (1, 99)))
    return (low, high) if high > low else (low - 0.5, low + 0.5)


# --- words ----------------------------------------------------------------------------


def _describe_tracks(dots: Dots) -> str:
    mine = int(dots.mine.sum())
    others = len(dots.mine) - mine
    yours = format_count(mine, "track") + " of yours"
    return f"{yours} among {format_count(others, 'other')}." if others else f"{yours}."


def _describe_genres(dots: Dots, genre: IntArray) -> str:
    """The largest genres of the listener's tracks, else of all."""
    some = genre[dots.mine] if dots.mine.any() else genre
    known = some[some >= 0]
    if not len(known):
        return "No genre is known."
    sizes = np.bincount(known, minlength=len(GENRES))
    top = [place for place in np.argsort(-sizes, kind="stable")[:3] if sizes[place]]
    parts = [f"{GENRE_LABELS[GENRES[at]]} {percent(sizes[at] / len(some))}" for at in top]
    whose = "yours" if dots.mine.any() and not dots.mine.all() else "them"
    return f"Most of {whose}: {join_list(parts)}."


def _describe_scores(dots: Dots, score: FloatArray, known: BoolArray, name: str) -> str:
    if not known.any():
        return f"{name}: no track has a score."
    words = f"{name} from {np.nanmin(score):.2f} to {np.nanmax(score):.2f}"
    mine = known & dots.mine
    if mine.any() and (known & ~dots.mine).any():
        yours, others = score[mine].mean(), score[known & ~dots.mine].mean()
        words += f", {yours:.2f} on average for yours and {others:.2f} for the others"
    return f"{words}.".replace("-", "−")
