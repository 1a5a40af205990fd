"""The course of a session: energy and tempo from track to track."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from musicai.ui.charts.base import Chart, build_figure, place_legend_above
from musicai.ui.theme import ACCENT, NEUTRAL


def plot_course(
    names: Sequence[str],
    energy: Sequence[float],
    wanted: Sequence[float],
    tempo: Sequence[float],
    key: Sequence[str] | None = None,
) -> Chart:
    """Energy of each track beside what the arc wants.

    Args:
        names: (n,) titles for the hover, made inert.
        energy: (n,) 0 to 1; NaN where it is not known.
        wanted: (n,) what the arc wants; NaN where it cannot tell.
        tempo: (n,) beats a minute for the hover; NaN where it is not known.
        key: (n,) names of keys for the hover; "" where it is not known.
    """
    places = list(range(1, len(names) + 1))
    notes = [
        f"{name}, {'tempo not known' if math.isnan(beats) else f'{beats:.0f} BPM'}"
        + (f", {called}" if called else "")
        for name, beats, called in zip(names, tempo, key or [""] * len(names), strict=True)
    ]
    traces = [
        go.Scatter(
            x=places,
            y=list(wanted),
            name="The arc",
            mode="lines",
            line={"color": NEUTRAL, "dash": "dot", "width": 2},
            hoverinfo="skip",
        ),
        go.Scatter(
            x=places,
            y=list(energy),
            name="Energy",
            mode="lines+markers",
            line={"color": ACCENT, "width": 2},
            marker={"size": 8},
            text=notes,
            hovertemplate="%{x}. %{text}: energy %{y:.2f}<extra></extra>",
        ),
    ]
    figure = build_figure(traces, 240, showlegend=True, legend=place_legend_above())
    figure.update_xaxes(title={"text": "Track", "standoff": 10}, showgrid=False, nticks=10)
    figure.update_yaxes(title={"text": "Energy", "standoff": 14}, range=[-0.02, 1.02], nticks=5)
    known = [value for value in energy if not math.isnan(value)]
    told = (
        f"energy from {known[0]:.2f} to {known[-1]:.2f}, {min(known):.2f} to "
        f"{max(known):.2f} in all"
        if known
        else "no energy is known"
    )
    return Chart(figure, f"The course of {len(names)} tracks: {told}.")
