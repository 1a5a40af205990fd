"""Charts of what is known, of the parts of a score, and of how well models do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from musicai.insights.taste.wording import capital, decimal, percent
from musicai.ui.charts.base import INK, Chart, build_figure, place_legend_above
from musicai.ui.charts.metric_labels import MEASURES, get_metric_key, label_method, list_methods
from musicai.ui.theme import ACCENT, NEUTRAL, PROVENANCE_COLOURS, get_component_colour
from musicai.ui.wording import format_count

if TYPE_CHECKING:
    from musicai.insights.highlights import ProvenanceShares

PROVENANCE_LABELS = {
    "file": "In your files",
    "matched": "Matched",
    "artist": "By artist",
    "estimated": "Estimated",
    "none": "Not known",
}
"""What the screen calls where knowledge is from."""

_SYMBOLS = {"hybrid": "diamond", "own_top": "square", "random": "x"}
"""Marks of what is no component, beside the colour; components are circles."""

_PATTERNS = {"estimated": "/", "artist": "/", "none": "."}
"""Hatching of what is less than known, so that it reads without colour."""


def plot_coverage(known: ProvenanceShares) -> Chart:
    """How much is known of the profile's music, by plays and by tracks."""
    rows = {
        "Features, by plays": known.features_by_plays,
        "Features, by tracks": known.features_by_tracks,
        "Genres, by plays": known.genres_by_plays,
        "Genres, by tracks": known.genres_by_tracks,
    }
    if not known.n_plays:
        rows = {name: shares for name, shares in rows.items() if "plays" not in name}
    return plot_provenance(rows)


def plot_provenance(rows: Mapping[str, Mapping[str, float]]) -> Chart:
    """Stacked shares by where knowledge is from, one bar a row.

    Args:
        rows: Label → provenance (``PROVENANCE_LABELS``) → share; shares sum to 1.
    """
    traces = []
    for source, label in PROVENANCE_LABELS.items():
        shares = [row.get(source, 0.0) for row in rows.values()]
        if not any(shares):
            continue
        traces.append(
            go.Bar(
                x=shares,
                y=list(rows),
                orientation="h",
                name=label,
                marker={
                    "color": PROVENANCE_COLOURS[source],
                    "pattern": {
                        "shape": _PATTERNS.get(source, ""),
                        "fillmode": "overlay",
                        "fgcolor": "rgba(255,255,255,0.55)",
                        "size": 6,
                        "solidity": 0.25,
                    },
                },
                text=[percent(share) if share >= 0.12 else "" for share in shares],
                customdata=[percent(share) for share in shares],
                textposition="inside",
                insidetextanchor="middle",
                textangle=0,
                textfont={"color": "#000000", "size": 13},
                hovertemplate=f"%{{y}}: %{{customdata}} {label.lower()}<extra></extra>",
            )
        )
    figure = build_figure(
        traces,
        70 + 38 * len(rows),
        barmode="stack",
        showlegend=True,
        legend={**place_legend_above(), "traceorder": "normal"},
        margin={"l": 4, "r": 4, "t": 44, "b": 4},
    )
    figure.update_xaxes(visible=False, range=[0, 1])
    figure.update_yaxes(showgrid=False, ticks="", autorange="reversed")
    parts = [
        f"{name} {percent(1 - row.get('none', 0.0) if any(row.values()) else 0.0)} known"
        for name, row in rows.items()
    ]
    return Chart(figure, "; ".join(parts) + ".")


def plot_contributions(
    parts: Mapping[str, float], labels: Mapping[str, str] | None = None
) -> Chart:
    """The parts of one score, largest first; negative parts are hatched.

    Args:
        parts: Component → its contribution.
        labels: Component → what the screen calls it.
    """
    names = labels or {}
    if not parts:
        return Chart(build_figure([], 60), "This score has no parts.")
    shown = sorted(parts.items(), key=lambda one: one[1])
    figure = build_figure(
        [
            go.Bar(
                x=[value for _, value in shown],
                y=[names.get(name, capital(name)) for name, _ in shown],
                orientation="h",
                marker={
                    "color": [get_component_colour(name) for name, _ in shown],
                    "pattern": {"shape": ["/" if value < 0 else "" for _, value in shown]},
                    "cornerradius": 3,
                },
                text=[_format_signed(value) for _, value in shown],
                textposition="outside",
                outsidetextfont={"color": INK, "size": 13},
                cliponaxis=False,
                hovertemplate="%{y}: %{text}<extra></extra>",
            )
        ],
        40 + 32 * len(shown),
    )
    reach = max(abs(value) for value in parts.values()) or 1.0
    low = min(parts.values())
    figure.update_xaxes(
        visible=False, range=[min(low, 0.0) - (0.3 * reach if low < 0 else 0.0), reach * 1.25]
    )
    figure.update_yaxes(showgrid=False, ticks="")
    words = ", ".join(f"{names.get(n, capital(n))} {_format_signed(v)}" for n, v in reversed(shown))
    return Chart(figure, f"Score {sum(parts.values()):.2f}: {words}.")


def plot_metrics(
    evaluation: Mapping[str, Any],
    measure: str = "ndcg",
    *,
    task: str | None = None,
    invented: bool = False,
) -> Chart:
    """Every method's value of one measure with its 95 % interval, the best on top.

    Methods that had nothing to say are left out.

    Args:
        evaluation: ``Evaluation.to_json()``, of older versions too.
        measure: One of ``MEASURES``.
        task: A task of it; None for the headline.
        invented: Whether it was measured on invented data, which picture and alt text then say.
    """
    result = evaluation.get("tasks", {}).get(task, {}) if task else evaluation
    key = get_metric_key(measure, int(evaluation.get("k", 20)))
    metrics = result.get("metrics", {})
    values = {
        method: float(metrics[method][key])
        for method in list_methods(metrics)
        if key in metrics[method] and metrics[method].get("opinions", 1.0)
    }
    if not values:
        return Chart(build_figure([], 120), "Nothing could be measured.")
    about = MEASURES[measure]
    sign = -1 if about.better == "less" else 1
    shown = sorted(values.items(), key=lambda one: sign * one[1])
    figure = build_figure(
        [_build_dots(shown, result.get("intervals", {}), key)],
        80 + 27 * len(shown) + (20 if invented else 0),
    )
    basis = _describe_basis(evaluation, result)
    lower = "Lower is better. " if about.better == "less" else ""
    lines = [f"{about.label} · {basis}", f"{lower}Bars: 95 % interval"]
    if invented:
        lines.append("Invented data: no measure of quality")
    figure.update_xaxes(rangemode="tozero", nticks=6, title={"text": "<br>".join(lines)})
    # room between the names and a mark at 0
    figure.update_yaxes(ticks="", ticklabelstandoff=10, range=[-0.5, len(shown) - 0.2])
    first = f"{_FIRST[about.better]} {_lower_label(about.label)}"
    words = ", ".join(f"{label_method(m)} {_format_figure(v)}" for m, v in reversed(shown))
    made_up = " Invented data." if invented else ""
    alt = f"{first}: {label_method(shown[-1][0])}. {words}. Over {basis}.{made_up}"
    return Chart(figure, alt)


_FIRST = {"more": "Best in", "less": "Lowest, which is best, in", "": "Highest in"}


def _lower_label(label: str) -> str:
    """A label inside a sentence; names such as nDCG keep their letters."""
    return label if label.isupper() or not label[1:].islower() else label.lower()


def _build_dots(
    shown: Sequence[tuple[str, float]], ends: Mapping[str, Any], key: str
) -> go.Scatter:
    """One mark a method, in its component's colour, with its interval."""
    plus, minus = [], []
    for method, value in shown:
        low, high = ends.get(method, {}).get(key) or (value, value)
        plus.append(max(high - value, 0.0))
        minus.append(max(value - low, 0.0))
    return go.Scatter(
        x=[value for _, value in shown],
        y=[label_method(method) for method, _ in shown],
        mode="markers+text",
        marker={
            "size": [13 if method == "hybrid" else 10 for method, _ in shown],
            "symbol": [_SYMBOLS.get(method, "circle") for method, _ in shown],
            "color": [
                INK if method == "hybrid" else get_component_colour(method) for method, _ in shown
            ],
            "opacity": 1,
        },
        error_x={
            "type": "data",
            "array": plus,
            "arrayminus": minus,
            "color": NEUTRAL,
            "thickness": 1.5,
            "width": 5,
        },
        text=[_format_figure(value) for _, value in shown],
        textposition="top center",
        textfont={"color": INK, "size": 13},
        cliponaxis=False,
        hovertemplate="%{y}: %{text}<extra></extra>",
    )


def _describe_basis(evaluation: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """What the figures rest on: "n = 301 listeners"."""
    unit = str(evaluation.get("units", "")) or "unit"
    return f"n = {format_count(int(result.get('n', 0)), unit)}"


def _format_signed(value: float) -> str:
    """With its sign, a true minus."""
    return f"{value:+.2f}".replace("-", "−")


def _format_figure(value: float) -> str:
    """Two decimals, three below 0.1, where methods would look alike otherwise."""
    return f"{value:.3f}".removeprefix("0") if abs(value) < 0.1 else decimal(value)


@dataclass(frozen=True)
class ChartSeries:
    """One series over days."""

    name: str
    values: Sequence[float]
    dash: str = "solid"
    """Of the line, so that colour is not the only carrier: "solid" or "dot"."""
    symbol: str = "circle"


def plot_by_day(
    days: Sequence[date], lines: Sequence[ChartSeries], unit: str, notes: Sequence[str]
) -> Chart:
    """Values day by day.

    Args:
        days: (n,) in order.
        lines: Each with (n,) values.
        unit: What stands on the axis.
        notes: (n,) what a mark says besides.
    """
    traces = [
        go.Scatter(
            x=[day.isoformat() for day in days],
            y=list(line.values),
            name=line.name,
            mode="lines+markers",
            line={"color": ACCENT if at == 0 else NEUTRAL, "dash": line.dash, "width": 2},
            marker={"symbol": line.symbol, "size": 8},
            text=list(notes),
            hovertemplate=f"%{{x|%-d %b %Y}}: {line.name} %{{y:.3g}} {unit}, %{{text}}"
            "<extra></extra>",
        )
        for at, line in enumerate(lines)
    ]
    figure = build_figure(traces, 240, showlegend=len(lines) > 1, legend=place_legend_above())
    figure.update_xaxes(type="date", nticks=6, showgrid=False, tickformat="%-d %b")
    figure.update_yaxes(nticks=5, title={"text": unit, "standoff": 14}, rangemode="tozero")
    told = "; ".join(
        f"{line.name} {line.values[-1]:.3g} on the last day, {min(line.values):.3g} to "
        f"{max(line.values):.3g} in all"
        for line in lines
    )
    return Chart(figure, f"{len(days)} days, in {unit}: {told}.")


def plot_by_version(labels: Sequence[str], values: Sequence[float], unit: str) -> Chart:
    """One bar a version, oldest first."""
    figure = build_figure(
        [
            go.Bar(
                x=list(labels),
                y=list(values),
                marker={"color": ACCENT, "cornerradius": 2},
                text=[f"{value:.3g}" for value in values],
                textposition="outside",
                cliponaxis=False,
                hovertemplate="%{x}: %{y:.3g} " + unit + "<extra></extra>",
            )
        ],
        240,
    )
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(nticks=4, title={"text": unit, "standoff": 14}, rangemode="tozero")
    return Chart(
        figure,
        f"{len(values)} versions, in {unit}: the last {values[-1]:.3g}, "
        f"{min(values):.3g} to {max(values):.3g} in all.",
    )
