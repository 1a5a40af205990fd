"""What all charts share: the pair of figure and alt text, and the house style.

Backgrounds are transparent and fonts inherited, so that the theme shows through in
light and dark.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import plotly.graph_objects as go

from musicai.ui.theme import NEUTRAL, to_rgba

CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "modeBarButtons": [["toImage"]],
    "toImageButtonOptions": {"format": "png", "scale": 2, "filename": "musicai"},
    "scrollZoom": False,
}
"""For ``st.plotly_chart(config=…)``: only the button that saves a PNG, shown on hover."""

INK = "#000037"
"""Text. Streamlit's Plotly theme replaces this colour by the ink of the theme in use; its own
axis labels would be grey, under 4.5 : 1 on our grounds. Without that theme it is near black."""

GRID = to_rgba(NEUTRAL, 0.3)
"""Lines of axes and grids, on both grounds."""


class Chart(NamedTuple):
    """A figure and the text that stands for it."""

    figure: go.Figure
    """Plotly figure."""
    alt: str
    """What it shows, in one or two sentences."""


def build_figure(traces: Sequence[Any], height: int, **layout: Any) -> go.Figure:
    """A figure in the house style: transparent, no zoom, small margins."""
    figure = go.Figure(list(traces))
    figure.update_layout(
        height=height,
        margin={"l": 4, "r": 4, "t": 12, "b": 4, "pad": 2},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        showlegend=False,
        dragmode=False,
        hoverlabel={"align": "left"},
        bargap=0.25,
        font={"color": INK, "size": 13},
        legend_font={"color": INK, "size": 13},
    )
    axis = {
        "automargin": True,
        "fixedrange": True,
        "gridcolor": GRID,
        "zeroline": False,
        "tickfont": {"color": INK, "size": 13},
        "title_font": {"color": INK, "size": 13},
    }
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    figure.update_layout(**layout)
    return figure


def place_legend_above() -> dict[str, Any]:
    """A legend in one line above the plot."""
    return {"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"}
