"""Charts of a history: plays over time, and a calendar of days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from musicai.data.genres import GENRE_LABELS, GENRES
from musicai.insights.taste.wording import day as day_words
from musicai.insights.taste.wording import month as month_words
from musicai.insights.taste.wording import percent
from musicai.ui.charts.base import GRID, INK, Chart, build_figure, place_legend_above
from musicai.ui.theme import ACCENT, GENRE_COLOURS, NEUTRAL, to_rgba

if TYPE_CHECKING:
    from musicai.insights.history import Days
    from musicai.insights.history.drift import Drift
    from musicai.insights.taste import ListeningPatterns

_LINES = (
    ("solid", "circle", ACCENT),
    ("dash", "square", "#D87829"),
    ("dot", "diamond", "#7C63D2"),
    ("dashdot", "triangle-up", "#B82060"),
)
"""Dash, marker and colour of each line: no line is told by its colour alone."""


def plot_genre_drift(told: Drift) -> Chart:
    """Genre shares of each month as stacked bars, with the months of change marked."""
    months = [one for one in told.months if one.genres]
    if not months:
        return Chart(build_figure([], 160), "No genre of this listening is known.")
    shown = [name for name in GENRES if max(one.genres[name] for one in months) >= 0.01]
    figure = build_figure(
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
        legend={**place_legend_above(), "y": 1.09, "traceorder": "normal"},
        margin={"l": 4, "r": 4, "t": 100, "b": 4},
    )
    figure.update_yaxes(range=[0, 1], tickformat=".0%", nticks=5, title={"text": "share of plays"})
    return _mark_changes(figure, told, "Genre shares by month")


def plot_feature_drift(told: Drift, names: Sequence[str]) -> Chart:
    """The means of a few audio features from 0 to 1 by month, with the months of change marked.

    Args:
        told: The months.
        names: At most four of the features whose values lie between 0 and 1.
    """
    known = [one for one in told.months if any(one.features[name] is not None for name in names)]
    if not known:
        return Chart(build_figure([], 160), "No audio feature of this listening is known.")
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
    figure = build_figure(
        traces,
        320,
        showlegend=True,
        legend={**place_legend_above(), "y": 1.1},
        margin={"l": 4, "r": 4, "t": 76, "b": 4},
    )
    figure.update_yaxes(range=[0, 1], nticks=5, title={"text": "mean, 0 to 1"})
    return _mark_changes(figure, told, "Audio features by month")


def _mark_changes(figure: go.Figure, told: Drift, what: str) -> Chart:
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


WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def plot_clock(patterns: ListeningPatterns) -> Chart:
    """Completed plays by hour of the day, on a face of 24 hours with midnight at the top."""
    counts = list(patterns.by_hour)
    total = sum(counts)
    if not total:
        return Chart(build_figure([], 320), "No completed plays, so there is no clock.")
    best = max(range(24), key=lambda hour: counts[hour])
    figure = build_figure(
        [
            go.Barpolar(
                r=counts,
                theta=[15 * hour + 7.5 for hour in range(24)],
                width=[13.5] * 24,
                marker={
                    "color": [
                        ACCENT if hour == best else to_rgba(ACCENT, 0.6) for hour in range(24)
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


def plot_week(by_weekday_hour: Sequence[Sequence[int]]) -> Chart:
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
        return Chart(build_figure([], 200), "No completed plays, so there is no week.")
    most = max(count for _, _, count in cells)
    figure = build_figure(
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


def plot_counts(counts: Mapping[str, int], noun: str) -> Chart:
    """A bar for each of a few classes, in the order given, with its number beside it."""
    total = sum(counts.values())
    if not total:
        return Chart(build_figure([], 120), f"No {noun}s.")
    names = list(counts)[::-1]
    figure = build_figure(
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


def plot_hours(counts: Sequence[int]) -> Chart:
    """A bar for each hour of the day."""
    total = sum(counts)
    figure = build_figure(
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


STEPS = {"day": "Day", "week": "Week", "month": "Month"}
"""How finely a timeline is cut: name → what the screen calls it."""


@dataclass(frozen=True)
class Bucket:
    """A stretch of days on the timeline."""

    first: date
    last: date
    plays: int
    hours: float

    @property
    def key(self) -> str:
        """``first/last`` in ISO 8601, as a click on it tells."""
        return f"{self.first}/{self.last}"


def sum_buckets(days: Days, step: str) -> list[Bucket]:
    """The days summed by day, by week from Monday on, or by calendar month."""
    start = date.fromisoformat(days.first)
    end = start + timedelta(days=len(days.plays) - 1)
    edges = [start]
    while (after := _step_forward(edges[-1], step)) <= end:
        edges.append(after)
    edges.append(end + timedelta(days=1))
    found = []
    for first, after in pairwise(edges):
        inside = slice((first - start).days, (after - start).days)
        found.append(
            Bucket(
                first,
                after - timedelta(days=1),
                sum(days.plays[inside]),
                sum(days.hours[inside]),
            )
        )
    return found


def _step_forward(day: date, step: str) -> date:
    if step == "day":
        return day + timedelta(days=1)
    if step == "week":
        return day + timedelta(days=7 - day.weekday())
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def choose_step(days: Days) -> str:
    """The step that makes a readable number of bars."""
    n = len(days.plays)
    return "day" if n <= 62 else "week" if n <= 2 * 366 else "month"


def plot_timeline(found: Sequence[Bucket], step: str, of: str = "hours") -> Chart:
    """Listening over time, one bar a stretch; a click tells its first and last day.

    Args:
        found: The stretches, in order.
        step: One of ``STEPS``.
        of: What the bars measure: "hours", or "plays" where an hour would be much.
    """
    words = [_describe_span(one, step) for one in found]
    values = [one.hours if of == "hours" else one.plays for one in found]
    figure = build_figure(
        [
            go.Bar(
                x=[one.first.isoformat() for one in found],
                y=values,
                marker={"color": ACCENT, "cornerradius": 2},
                text=words,
                textposition="none",
                customdata=[[one.key, one.plays, one.hours] for one in found],
                hovertemplate="%{text}: %{customdata[2]:.1f} h, %{customdata[1]} full plays"
                "<extra></extra>",
            )
        ],
        260,
        bargap=0.12,
    )
    title = "hours" if of == "hours" else "full plays"
    figure.update_xaxes(
        type="date", tickformat=_choose_tick_format(found), nticks=6, showgrid=False
    )
    figure.update_yaxes(nticks=5, title={"text": title, "standoff": 14}, rangemode="tozero")
    best = max(range(len(found)), key=lambda at: values[at])
    return Chart(
        figure,
        f"{sum(values):,.0f} {title} by {step}; most in {words[best]} with "
        f"{values[best]:,.1f}.".replace(".0.", "."),
    )


def _choose_tick_format(found: Sequence[Bucket]) -> str:
    """Days where few are shown, else months; Plotly would repeat a month on every tick."""
    return "%-d %b" if (found[-1].last - found[0].first).days < 120 else "%b %Y"


def _describe_span(one: Bucket, step: str) -> str:
    if step == "month" and one.first.month == one.last.month:
        return month_words(f"{one.first:%Y-%m}")
    if one.first == one.last:
        return day_words(one.first)
    return f"{day_words(one.first)} to {day_words(one.last)}"


def list_years(days: Days) -> list[int]:
    """The calendar years with a full play, latest first."""
    start = date.fromisoformat(days.first)
    found = {(start + timedelta(days=at)).year for at, count in enumerate(days.plays) if count}
    return sorted(found, reverse=True)


def plot_calendar(days: Days, year: int, *, upright: bool = False) -> Chart:
    """A square for each day of a year, its area the number of full plays; a click tells the day.

    Args:
        days: Of the whole period.
        year: The one to draw.
        upright: Weeks from top to bottom, for narrow screens.
    """
    start = date.fromisoformat(days.first)
    shown = [
        (start + timedelta(days=at), count)
        for at, count in enumerate(days.plays)
        if (start + timedelta(days=at)).year == year
    ]
    most = max((count for _, count in shown), default=0)
    if not most:
        return Chart(build_figure([], 160), f"No full play in {year}.")
    monday = date(year, 1, 1) - timedelta(days=date(year, 1, 1).weekday())
    week = [(day - monday).days // 7 for day, _ in shown]
    weekday = [day.weekday() for day, _ in shown]
    largest = 13 if not upright else 20
    sizes = [max(largest * (count / most) ** 0.5, 3) if count else 2 for _, count in shown]
    marks = go.Scatter(
        x=weekday if upright else week,
        y=week if upright else weekday,
        mode="markers",
        marker={
            "symbol": "square",
            "size": sizes,
            "color": [ACCENT if count else to_rgba(NEUTRAL, 0.5) for _, count in shown],
            "opacity": 1,
            "line": {"width": 0},
        },
        text=[day_words(day) for day, _ in shown],
        customdata=[[day.isoformat(), count] for day, count in shown],
        hovertemplate="%{text}: %{customdata[1]} full plays<extra></extra>",
    )
    height = 22 * (max(week) - min(week) + 1) + 50 if upright else 190
    figure = build_figure([marks], height)
    months = [date(year, number, 1) for number in range(1, 13)]
    of_weeks = {
        "tickvals": [(day - monday).days / 7 for day in months],
        "ticktext": [f"{day:%b}" for day in months],
        "range": [-0.8, 53.2],
    }
    of_days = {
        "tickvals": list(range(7)),
        "ticktext": [name[:3] for name in WEEKDAYS],
        "range": [6.6, -0.6],
    }
    if upright:
        figure.update_xaxes(showgrid=False, side="top", **{**of_days, "range": [-0.6, 6.6]})
        figure.update_yaxes(
            showgrid=False, **{**of_weeks, "range": [max(week) + 0.8, min(week) - 0.8]}
        )
    else:
        figure.update_xaxes(showgrid=False, **of_weeks)
        figure.update_yaxes(showgrid=False, ticks="", **of_days)
    best = max(shown, key=lambda one: one[1])
    active = sum(1 for _, count in shown if count)
    return Chart(
        figure,
        f"{active} days of {year} with a full play; most on {day_words(best[0])} with {best[1]}.",
    )
