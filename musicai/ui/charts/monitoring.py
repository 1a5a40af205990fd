"""Charts of a model in use: how fast its lists are, how varied, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import plotly.graph_objects as go

from musicai.ui.charts.base import Chart, figure_of, legend_above
from musicai.ui.palette import ACCENT, NEUTRAL


@dataclass(frozen=True)
class Line:
    """One series over days."""

    name: str
    values: Sequence[float]
    dash: str = "solid"
    """Of the line, so that colour is not the only carrier: "solid" or "dot"."""
    symbol: str = "circle"


def by_day(days: Sequence[date], lines: Sequence[Line], unit: str, notes: Sequence[str]) -> Chart:
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
    figure = figure_of(traces, 240, showlegend=len(lines) > 1, legend=legend_above())
    figure.update_xaxes(type="date", nticks=6, showgrid=False, tickformat="%-d %b")
    figure.update_yaxes(nticks=5, title={"text": unit, "standoff": 14}, rangemode="tozero")
    told = "; ".join(
        f"{line.name} {line.values[-1]:.3g} on the last day, {min(line.values):.3g} to "
        f"{max(line.values):.3g} in all"
        for line in lines
    )
    return Chart(figure, f"{len(days)} days, in {unit}: {told}.")


def by_version(labels: Sequence[str], values: Sequence[float], unit: str) -> Chart:
    """One bar a version, oldest first."""
    figure = figure_of(
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
