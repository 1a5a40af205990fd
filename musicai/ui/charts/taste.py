"""Charts of a taste: the plane of moods, diversity over time, decades, popularity, discovery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

import plotly.graph_objects as go

from musicai.data.genres import GENRE_LABELS, GENRES
from musicai.data.library import UNIT_FEATURES
from musicai.insights.taste.wording import QUALITY, amount, decimal, percent
from musicai.insights.taste.wording import month as month_words
from musicai.ui.charts.base import GRID, INK, Chart, build_figure, place_legend_above
from musicai.ui.theme import ACCENT, GENRE_COLOURS, NEUTRAL, mix_mood_colour, to_rgba

if TYPE_CHECKING:
    from musicai.insights.taste import (
        FeatureTaste,
        GenreDiversity,
        Month,
        MoodMap,
        Quarter,
        SkipHabits,
        TasteProfile,
    )


def plot_moods(told: MoodMap) -> Chart:
    """The listening on valence and energy; squares are plays, circles the moods it fits.

    A click on a mood tells its name.
    """
    n = len(told.cells)
    cells = [
        ((column + 0.5) / n, (row + 0.5) / n, count)
        for row, line in enumerate(told.cells)
        for column, count in enumerate(line)
        if count
    ]
    most = max((count for _, _, count in cells), default=1)
    squares = go.Scatter(
        x=[x for x, _, _ in cells],
        y=[y for _, y, _ in cells],
        mode="markers",
        name="Your plays",
        marker={
            "symbol": "square",
            "size": [max(15 * (count / most) ** 0.5, 3) for _, _, count in cells],
            "color": to_rgba(NEUTRAL, 0.55),
            "line": {"width": 0},
        },
        customdata=[None for _ in cells],
        text=[f"{count:,}" for _, _, count in cells],
        hovertemplate="valence %{x:.2f}, energy %{y:.2f}: %{text} plays<extra></extra>",
    )
    named = [mood for mood in told.places if told.moods[mood] >= 0.005]
    circles = go.Scatter(
        x=[told.places[mood][0] for mood in named],
        y=[told.places[mood][1] for mood in named],
        mode="markers+text",
        name="Moods",
        marker={
            "size": [16 + 40 * told.moods[mood] ** 0.5 for mood in named],
            "color": [to_rgba(mix_mood_colour(*told.places[mood]), 0.75) for mood in named],
            "line": {"width": 1.5, "color": INK},
        },
        text=[f"<b>{mood}</b>" for mood in named],
        textposition=_place_labels([(*told.places[mood], mood) for mood in named]),
        textfont={"color": INK, "size": 13},
        customdata=[[mood, percent(told.moods[mood])] for mood in named],
        hovertemplate="%{customdata[0]}: %{customdata[1]} of your listening<extra></extra>",
    )
    figure = build_figure([squares, circles], 460, margin={"l": 4, "r": 12, "t": 12, "b": 4})
    (v, e), (sv, se) = (told.valence, told.energy), told.spread
    figure.add_shape(
        type="circle",
        x0=v - sv,
        x1=v + sv,
        y0=e - se,
        y1=e + se,
        line={"color": ACCENT, "dash": "dash", "width": 2},
    )
    figure.update_xaxes(range=[0, 1.02], title={"text": "valence: sad to happy"}, nticks=6)
    figure.update_yaxes(range=[0, 1.08], title={"text": "energy: calm to energetic"}, nticks=6)
    best = max(told.moods, key=lambda mood: told.moods[mood])
    return Chart(
        figure,
        f"Your listening lies at valence {decimal(v)} and energy {decimal(e)} on the mean; most of "
        f"it, {percent(told.moods[best])}, fits {best} best.",
    )


_AROUND = {
    "top center": (0.0, 0.07),
    "bottom center": (0.0, -0.07),
    "middle right": (1.0, 0.0),
    "middle left": (-1.0, 0.0),
}
"""Where a label may stand: its middle from the mark, in label widths and in units of the axis."""


_TALL = 0.055
"""Height of a label, in units of the axis."""


def _place_labels(marks: Sequence[tuple[float, float, str]]) -> list[str]:
    """A place for each label, on none of those before it as far as there is one."""
    taken: list[tuple[float, float, float]] = []
    found = []
    for x, y, text in marks:
        wide = 0.012 * len(text) + 0.02
        spots = {
            name: (x + side * (wide / 2 + 0.03), y + up, wide)
            for name, (side, up) in _AROUND.items()
        }
        best = min(spots, key=lambda name: sum(_measure_overlap(spots[name], one) for one in taken))
        found.append(best)
        taken += [spots[best], (x, y, 0.04)]
    return found


def _measure_overlap(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    """The area that two labels share; each is its middle and its width."""
    wide = (one[2] + other[2]) / 2 - abs(one[0] - other[0])
    return max(wide, 0.0) * max(_TALL - abs(one[1] - other[1]), 0.0)


def plot_diversity_over_time(quarters: Sequence[Quarter]) -> Chart:
    """The effective number of genres of each quarter."""
    if len(quarters) < 2:
        return Chart(build_figure([], 120), "Diversity over time takes two quarters or more.")
    figure = build_figure(
        [
            go.Scatter(
                x=[one.quarter.replace("-", " ") for one in quarters],
                y=[one.effective_genres for one in quarters],
                mode="lines+markers",
                line={"color": ACCENT, "width": 2},
                marker={"size": 8, "color": ACCENT},
                customdata=[[one.quarter, one.plays] for one in quarters],
                hovertemplate="%{x}: %{y:.1f} genres, %{customdata[1]} plays<extra></extra>",
            )
        ],
        220,
    )
    figure.update_xaxes(type="category", showgrid=False, nticks=8)
    top = max(one.effective_genres for one in quarters)
    figure.update_yaxes(
        range=[0, min(top * 1.2, len(GENRES))], nticks=5, title={"text": "effective genres"}
    )
    first, last = quarters[0], quarters[-1]
    return Chart(
        figure,
        f"Effective genres went from {first.effective_genres:.1f} in {first.quarter} to "
        f"{last.effective_genres:.1f} in {last.quarter}.",
    )


def plot_shares(parts: Mapping[str, float], what: str, axis: str) -> Chart:
    """Upright bars of shares in the order given, each with its share above it.

    Args:
        parts: Class → share, 0 to 1.
        what: What is shared out, for the alt text.
        axis: Title of the axis of classes.
    """
    if not parts:
        return Chart(build_figure([], 120), f"{what}: not known.")
    figure = build_figure(
        [
            go.Bar(
                x=list(parts),
                y=list(parts.values()),
                marker={"color": ACCENT, "cornerradius": 3},
                text=[percent(value) for value in parts.values()],
                textposition="outside",
                outsidetextfont={"color": INK, "size": 12},
                cliponaxis=False,
                customdata=list(parts),
                hovertemplate="%{x}: %{text}<extra></extra>",
            )
        ],
        240,
    )
    figure.update_xaxes(type="category", showgrid=False, title={"text": axis})
    figure.update_yaxes(visible=False, range=[0, max(parts.values()) * 1.2])
    best = max(parts, key=lambda name: parts[name])
    return Chart(figure, f"{what}: most {best}, {percent(parts[best])}.")


def plot_discovery(months: Sequence[Month]) -> Chart:
    """First listens of each month: those that stayed, those that did not, and those too recent."""
    if not months:
        return Chart(build_figure([], 220), "No completed plays, so there are no months.")
    parts = (
        ("Stayed", [one.stayed for one in months], ACCENT, ""),
        ("Did not", [one.settled - one.stayed for one in months], to_rgba(NEUTRAL, 0.6), "/"),
        (
            "Too recent to say",
            [one.first_listens - one.settled for one in months],
            to_rgba(NEUTRAL, 0.25),
            ".",
        ),
    )
    figure = build_figure(
        [
            go.Bar(
                x=[f"{one.month}-01" for one in months],
                y=counts,
                name=name,
                text=[month_words(one.month) for one in months],
                textposition="none",
                customdata=[one.month for one in months],
                marker={"color": colour, "pattern": {"shape": shape, "size": 6, "solidity": 0.25}},
                hovertemplate="%{text}: %{y} tracks<extra>" + name + "</extra>",
            )
            for name, counts, colour, shape in parts
        ],
        260,
        barmode="stack",
        showlegend=True,
        legend={**place_legend_above(), "traceorder": "normal"},
        margin={"l": 4, "r": 4, "t": 40, "b": 4},
    )
    figure.update_xaxes(type="date", tickformat="%b %Y", nticks=6, showgrid=False)
    figure.update_yaxes(nticks=5, title={"text": "first listens"}, tickformat=",d")
    fresh, settled, stayed = (
        sum(getattr(one, name) for one in months) for name in ("first_listens", "settled", "stayed")
    )
    kept = f"; of {settled:,} long enough ago {stayed:,} stayed" if settled else ""
    return Chart(figure, f"{fresh:,} tracks heard for the first time{kept}.")


def plot_skips(told: SkipHabits, labels: Mapping[str, str]) -> Chart:
    """The share of plays skipped in each genre with enough plays."""
    parts = [(labels[name], gone / n, n, name) for name, gone, n in told.by_genre]
    if not parts:
        return Chart(build_figure([], 120), "Too few plays of any genre to tell what is skipped.")
    parts = parts[::-1]
    figure = build_figure(
        [
            go.Bar(
                x=[share for _, share, _, _ in parts],
                y=[name for name, _, _, _ in parts],
                orientation="h",
                marker={"color": ACCENT, "cornerradius": 3},
                text=[f"{percent(share)} of {n:,}" for _, share, n, _ in parts],
                customdata=[key for *_, key in parts],
                textposition="outside",
                outsidetextfont={"color": INK, "size": 13},
                cliponaxis=False,
                hovertemplate="%{y}: %{text} plays skipped<extra></extra>",
            )
        ],
        40 + 30 * len(parts),
    )
    figure.update_xaxes(
        visible=False, range=[0, max(share for _, share, _, _ in parts) * 1.45 or 1]
    )
    figure.update_yaxes(showgrid=False, ticks="")
    return Chart(figure, f"Skipped most: {parts[-1][0]}, {percent(parts[-1][1])} of its plays.")


_T = TypeVar("_T")

RADAR_AXES = (*UNIT_FEATURES, "tempo")
"""Features on the radar, clockwise from the top."""


def plot_radar(
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
        return Chart(build_figure([], 320), "Audio features are not known, so there is no shape.")
    taste = [profile.audio_features[name] for name in axes]
    mean = [one.axis or 0.0 for one in taste]
    spread = [one.axis_spread or 0.0 for one in taste]
    other = [
        profile.audio_features[name].axis_catalogue if beside is None else beside[name].axis
        for name in axes
    ]
    labels = [QUALITY[name] for name in axes]
    closed = [*labels, labels[0]]
    high = _close_shape([min(m + s, 1.0) for m, s in zip(mean, spread, strict=True)])
    low = _close_shape([max(m - s, 0.0) for m, s in zip(mean, spread, strict=True)])
    traces = [
        go.Scatterpolar(
            r=[*high, *reversed(low)],
            theta=[*closed, *reversed(closed)],
            mode="lines",
            fill="toself",
            fillcolor=to_rgba(ACCENT, 0.16),
            line={"width": 0},
            name="Two thirds of it",
            hoverinfo="skip",
        )
    ]
    if all(value is not None for value in other):
        shape = _close_shape([value or 0.0 for value in other])
        traces.append(_build_outline(shape, closed, label or "Catalogue", NEUTRAL, "dash"))
    texts = [amount(name, profile.audio_features[name].mean or 0.0) for name in axes]
    traces.append(
        _build_outline(_close_shape(mean), closed, "You", ACCENT, "solid", [*texts, texts[0]])
    )
    return Chart(_build_radar(traces), _describe_radar(profile, axes))


def plot_radar_change(before: TasteProfile, after: TasteProfile) -> Chart:
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
        return Chart(
            build_figure([], 320), "Too few audio features are known to compare two shapes."
        )
    labels = _close_shape([QUALITY[name] for name in axes])
    traces = []
    for name, profile, colour, dash in (
        ("With everything", before, NEUTRAL, "dash"),
        ("Without what you left out", after, ACCENT, "solid"),
    ):
        known = [profile.audio_features[axis] for axis in axes]
        texts = [amount(a, one.mean or 0.0) for a, one in zip(axes, known, strict=True)]
        shape = _close_shape([one.axis or 0.0 for one in known])
        traces.append(_build_outline(shape, labels, name, colour, dash, _close_shape(texts)))
    return Chart(_build_radar(traces), _describe_radar_change(before, after, axes))


def _describe_radar_change(before: TasteProfile, after: TasteProfile, axes: Sequence[str]) -> str:
    def measure_move(name: str) -> float:
        ends = (after.audio_features[name].axis, before.audio_features[name].axis)
        return abs((ends[0] or 0.0) - (ends[1] or 0.0))

    most = max(axes, key=measure_move)
    was, now = (amount(most, one.audio_features[most].mean or 0.0) for one in (before, after))
    if was == now:
        return "Leaving these out changes none of the audio features by much."
    return f"Changed most: {most}, from {was} to {now}."


def _build_radar(traces: Sequence[go.Scatterpolar]) -> go.Figure:
    figure = build_figure(
        traces,
        430,
        showlegend=True,
        legend={**place_legend_above(), "x": 0.5, "xanchor": "center", "y": 1.1},
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


def _close_shape(values: Sequence[_T]) -> list[_T]:
    return [*values, values[0]]


def _build_outline(
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


def _describe_radar(profile: TasteProfile, axes: Sequence[str]) -> str:
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


def plot_genres(profile: TasteProfile) -> Chart:
    """The shares of the genres, largest first, each with its name and share beside it."""
    shown = sorted(
        ((name, share) for name, share in profile.genre_shares.items() if share > 0),
        key=lambda one: one[1],
    )
    if not shown:
        return Chart(build_figure([], 160), "No genre of your listening is known.")
    shares = [share for _, share in shown]
    figure = build_figure(
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


def plot_diversity(known: GenreDiversity, of: int = len(GENRES)) -> Chart:
    """The effective number of genres on a scale from 1 to all of them."""
    value = known.effective_genres
    if value is None:
        return Chart(build_figure([], 96), known.sentence)
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
    figure = build_figure(
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
