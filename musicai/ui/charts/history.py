"""Charts of a history: plays over time, and a calendar of days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from musicai.insights.taste.wording import day as day_words
from musicai.insights.taste.wording import month as month_words
from musicai.ui.charts.base import Chart, figure_of
from musicai.ui.charts.habits import WEEKDAYS
from musicai.ui.palette import ACCENT, NEUTRAL, translucent

if TYPE_CHECKING:
    from musicai.insights.history import Days

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


def buckets(days: Days, step: str) -> list[Bucket]:
    """The days summed by day, by week from Monday on, or by calendar month."""
    start = date.fromisoformat(days.first)
    end = start + timedelta(days=len(days.plays) - 1)
    edges = [start]
    while (after := _next(edges[-1], step)) <= end:
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


def _next(day: date, step: str) -> date:
    if step == "day":
        return day + timedelta(days=1)
    if step == "week":
        return day + timedelta(days=7 - day.weekday())
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def usual_step(days: Days) -> str:
    """The step that makes a readable number of bars."""
    n = len(days.plays)
    return "day" if n <= 62 else "week" if n <= 2 * 366 else "month"


def timeline(found: Sequence[Bucket], step: str, of: str = "hours") -> Chart:
    """Listening over time, one bar a stretch; a click tells its first and last day.

    Args:
        found: The stretches, in order.
        step: One of ``STEPS``.
        of: What the bars measure: "hours", or "plays" where an hour would be much.
    """
    words = [_span_words(one, step) for one in found]
    values = [one.hours if of == "hours" else one.plays for one in found]
    figure = figure_of(
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
    figure.update_xaxes(type="date", tickformat=_ticks(found), nticks=6, showgrid=False)
    figure.update_yaxes(nticks=5, title={"text": title, "standoff": 14}, rangemode="tozero")
    best = max(range(len(found)), key=lambda at: values[at])
    return Chart(
        figure,
        f"{sum(values):,.0f} {title} by {step}; most in {words[best]} with "
        f"{values[best]:,.1f}.".replace(".0.", "."),
    )


def _ticks(found: Sequence[Bucket]) -> str:
    """Days where few are shown, else months; Plotly would repeat a month on every tick."""
    return "%-d %b" if (found[-1].last - found[0].first).days < 120 else "%b %Y"


def _span_words(one: Bucket, step: str) -> str:
    if step == "month" and one.first.month == one.last.month:
        return month_words(f"{one.first:%Y-%m}")
    if one.first == one.last:
        return day_words(one.first)
    return f"{day_words(one.first)} to {day_words(one.last)}"


def years(days: Days) -> list[int]:
    """The calendar years with a full play, latest first."""
    start = date.fromisoformat(days.first)
    found = {(start + timedelta(days=at)).year for at, count in enumerate(days.plays) if count}
    return sorted(found, reverse=True)


def calendar(days: Days, year: int, *, upright: bool = False) -> Chart:
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
        return Chart(figure_of([], 160), f"No full play in {year}.")
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
            "color": [ACCENT if count else translucent(NEUTRAL, 0.5) for _, count in shown],
            "opacity": 1,
            "line": {"width": 0},
        },
        text=[day_words(day) for day, _ in shown],
        customdata=[[day.isoformat(), count] for day, count in shown],
        hovertemplate="%{text}: %{customdata[1]} full plays<extra></extra>",
    )
    height = 22 * (max(week) - min(week) + 1) + 50 if upright else 190
    figure = figure_of([marks], height)
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
