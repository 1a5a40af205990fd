"""Charts of when somebody listens: hours, weekdays and months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from musicai.insights.taste.wording import percent
from musicai.ui.charts.base import GRID, INK, Chart, figure_of
from musicai.ui.palette import ACCENT, translucent

if TYPE_CHECKING:
    from musicai.insights.taste import ListeningPatterns

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def clock(patterns: ListeningPatterns) -> Chart:
    """Completed plays by hour of the day, on a face of 24 hours with midnight at the top."""
    counts = list(patterns.by_hour)
    total = sum(counts)
    if not total:
        return Chart(figure_of([], 320), "No completed plays, so there is no clock.")
    best = max(range(24), key=lambda hour: counts[hour])
    figure = figure_of(
        [
            go.Barpolar(
                r=counts,
                theta=[15 * hour + 7.5 for hour in range(24)],
                width=[13.5] * 24,
                marker={
                    "color": [
                        ACCENT if hour == best else translucent(ACCENT, 0.6) for hour in range(24)
                    ],
                    "line": {"width": 0},
                },
                text=[f"{hour}:00 to {(hour + 1) % 24}:00" for hour in range(24)],
                customdata=[percent(count / total) for count in counts],
                hovertemplate="%{text}: %{r} plays, %{customdata}<extra></extra>",
            )
        ],
        340,
        margin={"l": 30, "r": 30, "t": 26, "b": 26},
    )
    figure.update_polars(
        bgcolor="rgba(0,0,0,0)",
        hole=0.22,
        radialaxis={
            "showticklabels": False,
            "ticks": "",
            "gridcolor": GRID,
            "showline": False,
            "nticks": 4,
        },
        angularaxis={
            "rotation": 90,
            "direction": "clockwise",
            "tickvals": [0, 45, 90, 135, 180, 225, 270, 315],
            "ticktext": ["0", "3", "6", "9", "12", "15", "18", "21"],
            "gridcolor": GRID,
            "linecolor": GRID,
            "tickfont": {"color": INK, "size": 13},
        },
    )
    return Chart(
        figure,
        f"Plays by hour of the day, most between {best}:00 and {(best + 1) % 24}:00 with "
        f"{percent(counts[best] / total)}.",
    )


def week(by_weekday_hour: Sequence[Sequence[int]]) -> Chart:
    """Completed plays by weekday and hour: one square each, its area the number of plays.

    A click tells weekday and hour, as ``day-hour`` with Monday 0.
    """
    cells = [
        (hour, day, count)
        for day, row in enumerate(by_weekday_hour)
        for hour, count in enumerate(row)
        if count
    ]
    if not cells:
        return Chart(figure_of([], 200), "No completed plays, so there is no week.")
    most = max(count for _, _, count in cells)
    figure = figure_of(
        [
            go.Scatter(
                x=[hour for hour, _, _ in cells],
                y=[WEEKDAYS[day][:3] for _, day, _ in cells],
                mode="markers",
                marker={
                    "symbol": "square",
                    "size": [max(13 * (count / most) ** 0.5, 2.5) for _, _, count in cells],
                    "color": ACCENT,
                    "opacity": 1,
                    "line": {"width": 0},
                },
                text=[f"{WEEKDAYS[day]} {hour}:00" for hour, day, _ in cells],
                customdata=[[f"{day}-{hour}", count] for hour, day, count in cells],
                hovertemplate="%{text}: %{customdata[1]} plays<extra></extra>",
            )
        ],
        250,
    )
    figure.update_xaxes(
        range=[-0.7, 23.7],
        tickvals=[0, 6, 12, 18, 23],
        ticktext=["0:00", "6:00", "12:00", "18:00", "23:00"],
        showgrid=False,
    )
    figure.update_yaxes(
        categoryorder="array",
        categoryarray=[day[:3] for day in reversed(WEEKDAYS)],
        range=[-0.6, 6.6],
        showgrid=False,
        ticks="",
    )
    hour, day, count = max(cells, key=lambda cell: cell[2])
    return Chart(
        figure,
        f"Plays by weekday and hour; the busiest is {WEEKDAYS[day]} from {hour}:00 with "
        f"{count:,} plays.",
    )


def counted_bars(counts: Mapping[str, int], noun: str) -> Chart:
    """A bar for each of a few classes, in the order given, with its number beside it."""
    total = sum(counts.values())
    if not total:
        return Chart(figure_of([], 120), f"No {noun}s.")
    names = list(counts)[::-1]
    figure = figure_of(
        [
            go.Bar(
                x=[counts[name] for name in names],
                y=names,
                orientation="h",
                marker={"color": ACCENT, "cornerradius": 3},
                text=[f"{counts[name]:,} · {percent(counts[name] / total)}" for name in names],
                textposition="outside",
                outsidetextfont={"color": INK, "size": 13},
                cliponaxis=False,
                customdata=names,
                hovertemplate="%{y}: %{text}<extra></extra>",
            )
        ],
        40 + 30 * len(names),
    )
    figure.update_xaxes(visible=False, range=[0, max(counts.values()) * 1.45])
    figure.update_yaxes(showgrid=False, ticks="")
    best = max(counts, key=lambda name: counts[name])
    return Chart(figure, f"{total:,} {noun}s; most {best} with {counts[best]:,}.")


def hour_bars(counts: Sequence[int]) -> Chart:
    """A bar for each hour of the day."""
    total = sum(counts)
    figure = figure_of(
        [
            go.Bar(
                x=list(range(24)),
                y=list(counts),
                marker={"color": ACCENT, "cornerradius": 2},
                text=[f"{hour}:00 to {(hour + 1) % 24}:00" for hour in range(24)],
                textposition="none",
                customdata=[str(hour) for hour in range(24)],
                hovertemplate="%{text}: %{y}<extra></extra>",
            )
        ],
        220,
        bargap=0.12,
    )
    figure.update_xaxes(
        tickvals=[0, 6, 12, 18, 23],
        ticktext=["0:00", "6:00", "12:00", "18:00", "23:00"],
        range=[-0.7, 23.7],
        showgrid=False,
    )
    step = {"dtick": 1} if max(counts, default=0) <= 4 else {"nticks": 4}
    figure.update_yaxes(rangemode="tozero", tickformat=",d", **step)
    best = max(range(24), key=lambda hour: counts[hour])
    return Chart(
        figure, f"{total:,} by hour of the day, most from {best}:00 with {counts[best]:,}."
    )
