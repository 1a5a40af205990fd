"""A chart on a page: the figure, what a click on it does, and its data to take away.

The picture is saved by the button that Plotly shows on the chart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from musicai.ui.charts import CONFIG, Chart


def draw(
    chart: Chart,
    key: str,
    *,
    data: pd.DataFrame,
    on_click: Callable[[Any], None] | None = None,
    hint: str = "",
) -> None:
    """Draw a chart with its data beneath.

    Args:
        chart: Figure and alt text.
        key: Unique on the page; also the name of the file.
        data: The numbers of the chart, as the CSV to download.
        on_click: Called, before the page is drawn again, with the ``customdata`` of the mark
            that was clicked (its first value where there are several). Marks without are idle.
        hint: What a click does, in a few words beside the download.
    """
    if on_click is None:
        st.plotly_chart(chart.figure, alt=chart.alt, key=key, config=CONFIG)
    else:
        st.plotly_chart(
            chart.figure,
            alt=chart.alt,
            key=key,
            config=CONFIG,
            on_select=lambda: _read_click(key, on_click),
            selection_mode="points",
        )
    if not data.empty:
        draw_download(key, lambda: data, hint)


def draw_download(key: str, data: Callable[[], pd.DataFrame], hint: str = "") -> None:
    """The line beneath a chart: a hint, and its numbers to download.

    Args:
        key: Of the chart.
        data: Its numbers, made when they are asked for.
        hint: What a click on the chart does.
    """
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        if hint:
            st.caption(hint)
        st.download_button(
            "Data",
            lambda: data().to_csv(index=False).encode("utf-8"),
            file_name=f"{key}.csv",
            mime="text/csv",
            key=f"{key}_data",
            icon=":material/download:",
            type="tertiary",
            on_click="ignore",
            help="The numbers of this chart, as CSV. The picture is saved by the camera on it.",
        )


def _read_click(key: str, on_click: Callable[[Any], None]) -> None:
    points = st.session_state[key]["selection"]["points"]
    marked = [point["customdata"] for point in points if point.get("customdata") is not None]
    if marked:
        first = marked[0]
        on_click(first[0] if isinstance(first, list | tuple) else first)


def draw_clickable_table(
    frame: pd.DataFrame,
    key: str,
    *,
    alt: str,
    open_row: Callable[[int], None],
    columns: Mapping[str, Any] | None = None,
    row_height: int | None = None,
) -> None:
    """Draw the table.

    Args:
        frame: What is shown.
        key: Unique on the page.
        alt: What it says, for those who do not see it.
        open_row: Called, before the page is drawn again, with the number of the line clicked.
        columns: Streamlit's column configuration.
        row_height: Pixels; taller where pictures are shown.
    """
    st.dataframe(
        frame,
        hide_index=True,
        key=key,
        row_height=row_height,
        height="content",
        alt=alt,
        column_config=dict(columns or {}),
        on_select=lambda: _open_detail(key, open_row),
        selection_mode="single-cell",
    )


def _open_detail(key: str, open_row: Callable[[int], None]) -> None:
    cells = st.session_state[key]["selection"]["cells"]
    if cells:
        open_row(int(cells[0][0]))
