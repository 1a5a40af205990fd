"""Charts of how a taste sounds: its shape and its genres."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

import plotly.graph_objects as go

from musicai.data.genres import GENRE_LABELS, GENRES
from musicai.data.library import UNIT_FEATURES
from musicai.insights.taste.wording import QUALITY, amount, percent
from musicai.ui.charts.base import GRID, INK, Chart, figure_of, legend_above
from musicai.ui.palette import ACCENT, GENRE_COLOURS, NEUTRAL, translucent

if TYPE_CHECKING:
    from musicai.insights.taste import FeatureTaste, GenreDiversity, TasteProfile

_T = TypeVar("_T")

RADAR_AXES = (*UNIT_FEATURES, "tempo")
"""Features on the radar, clockwise from the top."""


def radar(
    profile: TasteProfile, beside: Mapping[str, FeatureTaste] | None = None, label: str = ""
) -> Chart:
    """The audio features of the listening on axes from 0 to 1, against something else.

    The band is one standard deviation to either side of the mean. Features that are
    not known leave the shape; fewer than three make an empty chart.

    Args:
        profile: The listening.
        beside: Another listening's features; the catalogue where left out.
        label: What that other listening is.
    """
    axes = [name for name in RADAR_AXES if profile.audio_features[name].axis is not None]
    if len(axes) < 3:
        return Chart(figure_of([], 320), "Audio features are not known, so there is no shape.")
    taste = [profile.audio_features[name] for name in axes]
    mean = [one.axis or 0.0 for one in taste]
    spread = [one.axis_spread or 0.0 for one in taste]
    other = [
        profile.audio_features[name].axis_catalogue if beside is None else beside[name].axis
        for name in axes
    ]
    labels = [QUALITY[name] for name in axes]
    closed = [*labels, labels[0]]
    high = _closed([min(m + s, 1.0) for m, s in zip(mean, spread, strict=True)])
    low = _closed([max(m - s, 0.0) for m, s in zip(mean, spread, strict=True)])
    traces = [
        go.Scatterpolar(
            r=[*high, *reversed(low)],
            theta=[*closed, *reversed(closed)],
            mode="lines",
            fill="toself",
            fillcolor=translucent(ACCENT, 0.16),
            line={"width": 0},
            name="Two thirds of it",
            hoverinfo="skip",
        )
    ]
    if all(value is not None for value in other):
        shape = _closed([value or 0.0 for value in other])
        traces.append(_outline(shape, closed, label or "Catalogue", NEUTRAL, "dash"))
    texts = [amount(name, profile.audio_features[name].mean or 0.0) for name in axes]
    traces.append(_outline(_closed(mean), closed, "You", ACCENT, "solid", [*texts, texts[0]]))
    return Chart(_on_axes(traces), _radar_alt(profile, axes))


def radar_change(before: TasteProfile, after: TasteProfile) -> Chart:
    """The shape of a taste with everything, and without what was left out.

    Features that either does not know leave both shapes; fewer than three make an
    empty chart.
    """
    axes = [
        name
        for name in RADAR_AXES
        if before.audio_features[name].axis is not None
        and after.audio_features[name].axis is not None
    ]
    if len(axes) < 3:
        return Chart(figure_of([], 320), "Too few audio features are known to compare two shapes.")
    labels = _closed([QUALITY[name] for name in axes])
    traces = []
    for name, profile, colour, dash in (
        ("With everything", before, NEUTRAL, "dash"),
        ("Without what you left out", after, ACCENT, "solid"),
    ):
        known = [profile.audio_features[axis] for axis in axes]
        texts = [amount(a, one.mean or 0.0) for a, one in zip(axes, known, strict=True)]
        shape = _closed([one.axis or 0.0 for one in known])
        traces.append(_outline(shape, labels, name, colour, dash, _closed(texts)))
    return Chart(_on_axes(traces), _change_alt(before, after, axes))


def _change_alt(before: TasteProfile, after: TasteProfile, axes: Sequence[str]) -> str:
    def moved(name: str) -> float:
        ends = (after.audio_features[name].axis, before.audio_features[name].axis)
        return abs((ends[0] or 0.0) - (ends[1] or 0.0))

    most = max(axes, key=moved)
    was, now = (amount(most, one.audio_features[most].mean or 0.0) for one in (before, after))
    if was == now:
        return "Leaving these out changes none of the audio features by much."
    return f"Changed most: {most}, from {was} to {now}."


def _on_axes(traces: Sequence[go.Scatterpolar]) -> go.Figure:
    figure = figure_of(
        traces,
        430,
        showlegend=True,
        legend={**legend_above(), "x": 0.5, "xanchor": "center", "y": 1.1},
        margin={"l": 56, "r": 56, "t": 64, "b": 30},
    )
    figure.update_polars(
        bgcolor="rgba(0,0,0,0)",
        radialaxis={
            "range": [0, 1],
            "tickvals": [0.25, 0.5, 0.75],
            "showticklabels": False,
            "ticks": "",
            "gridcolor": GRID,
            "showline": False,
        },
        angularaxis={
            "rotation": 90,
            "direction": "clockwise",
            "gridcolor": GRID,
            "linecolor": GRID,
            "tickfont": {"color": INK, "size": 13},
        },
    )
    return figure


def _closed(values: Sequence[_T]) -> list[_T]:
    return [*values, values[0]]


def _outline(
    radius: Sequence[float],
    labels: Sequence[str],
    name: str,
    colour: str,
    dash: str,
    texts: Sequence[str] | None = None,
) -> go.Scatterpolar:
    return go.Scatterpolar(
        r=radius,
        theta=labels,
        mode="lines+markers" if dash == "solid" else "lines",
        line={"color": colour, "width": 2.5 if dash == "solid" else 1.5, "dash": dash},
        marker={"size": 6, "color": colour},
        name=name,
        text=texts,
        hovertemplate=f"%{{theta}}: %{{text}}<extra>{name}</extra>"
        if texts
        else f"%{{theta}}: %{{r:.2f}}<extra>{name}</extra>",
    )


def _radar_alt(profile: TasteProfile, axes: Sequence[str]) -> str:
    known = profile.audio_features
    values = ", ".join(f"{name} {amount(name, known[name].mean or 0.0)}" for name in axes)
    apart = [
        name
        for name in axes
        if known[name].axis_catalogue is not None and known[name].catalogue_spread
    ]
    if not apart:
        return f"Your listening: {values}."
    furthest = max(
        apart,
        key=lambda name: (
            abs((known[name].mean or 0.0) - (known[name].catalogue or 0.0))
            / (known[name].catalogue_spread or 1.0)
        ),
    )
    return f"Your listening: {values}. Furthest from the catalogue: {known[furthest].sentence}"


def genres(profile: TasteProfile) -> Chart:
    """The shares of the genres, largest first, each with its name and share beside it."""
    shown = sorted(
        ((name, share) for name, share in profile.genre_shares.items() if share > 0),
        key=lambda one: one[1],
    )
    if not shown:
        return Chart(figure_of([], 160), "No genre of your listening is known.")
    shares = [share for _, share in shown]
    figure = figure_of(
        [
            go.Bar(
                x=shares,
                y=[GENRE_LABELS[name] for name, _ in shown],
                orientation="h",
                marker={"color": [GENRE_COLOURS[name] for name, _ in shown], "cornerradius": 3},
                text=[percent(share) for share in shares],
                textposition="outside",
                outsidetextfont={"color": INK, "size": 13},
                cliponaxis=False,
                customdata=[name for name, _ in shown],
                hovertemplate="%{y}: %{text}<extra></extra>",
            )
        ],
        40 + 32 * len(shown),
    )
    figure.update_xaxes(visible=False, range=[0, max(shares) * 1.2])
    figure.update_yaxes(showgrid=False, ticks="")
    first = [f"{GENRE_LABELS[name]} {percent(share)}" for name, share in reversed(shown)]
    return Chart(figure, f"Genres of your listening: {', '.join(first)}.")


def diversity(known: GenreDiversity, of: int = len(GENRES)) -> Chart:
    """The effective number of genres on a scale from 1 to all of them."""
    value = known.effective_genres
    if value is None:
        return Chart(figure_of([], 96), known.sentence)
    bars = [
        go.Bar(x=[of], y=[""], orientation="h", marker={"color": GRID, "cornerradius": 4}),
        go.Bar(
            x=[value],
            y=[""],
            orientation="h",
            marker={"color": ACCENT, "cornerradius": 4},
            text=f"<b>{value:.1f}</b>",
            textposition="inside" if value >= 2 else "outside",
            insidetextanchor="end",
            insidetextfont={"color": "#FFFFFF", "size": 19},
            outsidetextfont={"color": INK, "size": 19},
        ),
    ]
    figure = figure_of(
        bars, 96, barmode="overlay", bargap=0.1, margin={"l": 8, "r": 8, "t": 4, "b": 44}
    )
    figure.update_traces(hoverinfo="skip")
    figure.update_xaxes(
        range=[0, of],
        tickvals=list(range(1, of + 1)),
        showgrid=False,
        title={"text": "equally loved genres", "standoff": 4},
    )
    figure.update_yaxes(showticklabels=False, showgrid=False)
    return Chart(figure, known.sentence)
