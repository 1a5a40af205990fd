"""Text for a terminal: plain tables, figures, and one line of JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

WIDEST = 60
"""Characters of a table's cell; longer text is cut."""


def json_line(value: object) -> str:
    """Strict JSON on one line; what is not a number (NaN) becomes null."""
    return json.dumps(_strict(value), allow_nan=False)


def _strict(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _strict(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(item) for item in value]
    return value


def figure(value: float | None) -> str:
    """Three places; a dash for what is not known."""
    return "–" if value is None or math.isnan(value) else f"{value:.3f}"


def table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """Lines of a plain table with columns as wide as they need to be; none without rows."""
    if not rows:
        return []
    cells = [list(headers), *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(headers))]
    return [
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells
    ]


def _cell(value: object) -> str:
    if isinstance(value, list | tuple):
        value = ", ".join(map(str, value))
    # a name with line breaks or control characters must not break the table or the terminal
    text = "".join(c if c.isprintable() else " " for c in str("" if value is None else value))
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"
