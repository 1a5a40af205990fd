"""What a session has marked on the map: a region, a track, the ends of a path and the path.

Tracks are kept by id. Everything is forgotten with another listener or version, whose map is
another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from musicai.data.library import RowArray

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI

CHART = "music_map"
"""Key of the chart."""

_MARKS = "map_marks"
_DRAWN = "map_drawn"


@dataclass(frozen=True)
class MapMarks:
    """What is marked; empty at first."""

    outline: tuple[tuple[float, float], ...] = ()
    """Corners of the region; two opposite ones for a rectangle."""
    point: str = ""
    """Id of the chosen track."""
    start: str = ""
    """Id of the path's first track."""
    end: str = ""
    """Id of its last."""
    path: tuple[str, ...] = ()
    """Ids along the path."""
    asked: int = 0
    """How many tracks the path was asked to have."""
    edits: int = 0
    """Raised by every change that did not come from the chart, which shows its own."""


def marks(ai: MusicAI) -> MapMarks:
    """What is marked on the map of this listener and version."""
    owner, found = st.session_state.get(_MARKS, (None, MapMarks()))
    return found if owner == _owner(ai) else MapMarks()


def change(ai: MusicAI, **values: Any) -> None:
    """Mark something else; for callbacks. Another end of the path takes the path away."""
    before = marks(ai)
    if {"start", "end"} & values.keys() and "path" not in values:
        values["path"] = ()
    _keep(ai, replace(before, **values, edits=before.edits + 1))


def to_draw(ai: MusicAI, settings: tuple[Any, ...]) -> MapMarks:
    """The marks that the figure is to show.

    A selection is shown by the chart itself. Drawn into the figure as well, it would make
    another chart of it, which begins anew: zoom and selection would be lost. So marks are drawn
    when the figure changes for another reason, or the page was left, and they go with the next
    selection, once.

    Args:
        ai: The profile.
        settings: All else that the figure depends on.
    """
    now = marks(ai)
    reason = (_owner(ai), settings, now.edits)
    drawn: MapMarks
    known, drawn = st.session_state.get(_DRAWN, (None, now))
    if known != reason or CHART not in st.session_state:
        drawn = now
    elif (drawn.outline or drawn.point) and (drawn.outline, drawn.point) != (
        now.outline,
        now.point,
    ):
        # the chart begins anew, and would not show this first region itself
        drawn = now if now.outline else replace(now, point="")
    st.session_state[_DRAWN] = (reason, drawn)
    return drawn


def _keep(ai: MusicAI, found: MapMarks) -> None:
    st.session_state[_MARKS] = (_owner(ai), found)


def _owner(ai: MusicAI) -> tuple[str, str | None]:
    return ai.profile, ai.version


def rows_of(ai: MusicAI, track_ids: Sequence[str]) -> RowArray:
    """Rows of those of the tracks that are still here."""
    rows = ai.library.vocabulary.rows(list(track_ids)).astype(np.intp)
    return rows[rows >= 0]


def row_of(ai: MusicAI, track_id: str) -> int | None:
    """Row of a track; None for none, or one that is gone."""
    rows = rows_of(ai, [track_id]) if track_id else np.zeros(0, dtype=np.intp)
    return int(rows[0]) if len(rows) else None


def take_selection(ai: MusicAI) -> None:
    """Mark what was selected on the chart: its callback.

    An outline wins over points, since a region hands back the points in it too. An empty
    selection takes the region away and leaves the rest.
    """
    selection = st.session_state[CHART]["selection"]
    outlines = [*selection.get("lasso", ()), *selection.get("box", ())]
    if outlines:
        last = outlines[-1]
        corners = zip(last["x"], last["y"], strict=True)
        outline = tuple((float(x), float(y)) for x, y in corners)
        _keep(ai, replace(marks(ai), outline=outline, point=""))
        return
    rows = [point.get("customdata") for point in selection.get("points", ())]
    found = [row[0] if isinstance(row, list | tuple) else row for row in rows if row is not None]
    if found:
        track_id = ai.library.vocabulary.id(int(found[0]))
        _keep(ai, replace(marks(ai), point=track_id, outline=()))
    elif marks(ai).outline:
        change(ai, outline=())
