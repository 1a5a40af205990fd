"""Charts of how a taste changed, month by month."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from musicai.data.genres import GENRE_LABELS, GENRES
from musicai.insights.taste.wording import month as month_words
from musicai.insights.taste.wording import percent
from musicai.ui.charts.base import INK, Chart, figure_of, legend_above
from musicai.ui.palette import ACCENT, GENRE_COLOURS, NEUTRAL

if TYPE_CHECKING:
    from musicai.insights.history.drift import Drift

_LINES = (
    ("solid", "circle", ACCENT),
    ("dash", "square", "#D87829"),
    ("dot", "diamond", "#7C63D2"),
    ("dashdot", "triangle-up", "#B82060"),
)
"""Dash, marker and colour of each line: no line is told by its colour alone."""


def drift_genres(told: Drift) -> Chart:
    """Genre shares of each month as stacked bars, with the months of change marked."""
    months = [one for one in told.months if one.genres]
    if not months:
        return Chart(figure_of([], 160), "No genre of this listening is known.")
    shown = [name for name in GENRES if max(one.genres[name] for one in months) >= 0.01]
    figure = figure_of(
        [
            go.Bar(
                x=[f"{one.month}-01" for one in months],
                y=[one.genres[name] for one in months],
                name=GENRE_LABELS[name],
                marker={"color": GENRE_COLOURS[name]},
                customdata=[
                    [one.month, percent(one.genres[name]), month_words(one.month), one.plays]
                    for one in months
                ],
                hovertemplate="%{customdata[2]}: %{customdata[1]} of %{customdata[3]} plays"
                f"<extra>{GENRE_LABELS[name]}</extra>",
            )
            for name in shown
        ],
        360,
        barmode="stack",
        bargap=0.05,
        showlegend=True,
        legend={**legend_above(), "y": 1.09, "traceorder": "normal"},
        margin={"l": 4, "r": 4, "t": 100, "b": 4},
    )
    figure.update_yaxes(range=[0, 1], tickformat=".0%", nticks=5, title={"text": "share of plays"})
    return _marked(figure, told, "Genre shares by month")


def drift_features(told: Drift, names: Sequence[str]) -> Chart:
    """The means of a few audio features from 0 to 1 by month, with the months of change marked.

    Args:
        told: The months.
        names: At most four of the features whose values lie between 0 and 1.
    """
    known = [one for one in told.months if any(one.features[name] is not None for name in names)]
    if not known:
        return Chart(figure_of([], 160), "No audio feature of this listening is known.")
    traces = []
    for name, (dash, symbol, colour) in zip(names, _LINES, strict=False):
        months = [one for one in told.months if one.features[name] is not None]
        traces.append(
            go.Scatter(
                x=[f"{one.month}-01" for one in months],
                y=[one.features[name] for one in months],
                mode="lines+markers",
                name=name.capitalize(),
                line={"color": colour, "dash": dash, "width": 2},
                marker={"symbol": symbol, "size": 7, "color": colour},
                customdata=[[one.month, month_words(one.month), one.plays] for one in months],
                hovertemplate="%{customdata[1]}: %{y:.2f}, %{customdata[2]} plays"
                f"<extra>{name}</extra>",
            )
        )
    figure = figure_of(
        traces,
        320,
        showlegend=True,
        legend={**legend_above(), "y": 1.1},
        margin={"l": 4, "r": 4, "t": 76, "b": 4},
    )
    figure.update_yaxes(range=[0, 1], nticks=5, title={"text": "mean, 0 to 1"})
    return _marked(figure, told, "Audio features by month")


def _marked(figure: go.Figure, told: Drift, what: str) -> Chart:
    """With a dashed line at each change, numbered as in the list beneath."""
    figure.update_xaxes(type="date", tickformat="%b %Y", nticks=6, showgrid=False)
    for number, change in enumerate(told.changes, start=1):
        figure.add_vline(
            x=f"{change.month}-01", line={"color": INK, "width": 1.5, "dash": "dash"}, layer="above"
        )
        figure.add_annotation(
            x=f"{change.month}-01",
            y=1,
            yref="paper",
            yanchor="bottom",
            text=f"<b>{number}</b>",
            showarrow=False,
            font={"color": INK, "size": 13},
            bordercolor=NEUTRAL,
            borderpad=2,
        )
    found = " ".join(change.text for change in told.changes)
    return Chart(figure, f"{what}. {found or 'No moment of change stands out.'}")
