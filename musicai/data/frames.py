"""Data frames with exactly the columns and dtypes that a table has."""

from __future__ import annotations

import pandas as pd

from musicai.core.errors import DataError


def empty_frame(columns: dict[str, str]) -> pd.DataFrame:
    """A frame with no rows and exactly these columns and dtypes."""
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in columns.items()})


def conform(frame: pd.DataFrame, columns: dict[str, str], table: str) -> pd.DataFrame:
    """The frame with exactly these columns, in order, each in its dtype.

    Raises:
        DataError: a column is missing or holds values its dtype cannot.
    """
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise DataError(f"Table {table!r} lacks the columns {', '.join(missing)}.")
    try:
        return frame[list(columns)].astype(columns).reset_index(drop=True)
    except (ValueError, TypeError) as error:
        raise DataError(f"Table {table!r} holds a value of the wrong type: {error}") from error
