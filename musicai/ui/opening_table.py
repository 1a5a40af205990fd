"""A table in which a click on a line opens what the line is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st


def draw(
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
        on_select=lambda: _opened(key, open_row),
        selection_mode="single-cell",
    )


def _opened(key: str, open_row: Callable[[int], None]) -> None:
    cells = st.session_state[key]["selection"]["cells"]
    if cells:
        open_row(int(cells[0][0]))
