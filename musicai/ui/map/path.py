"""Beside the map: a path between two tracks, as a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from musicai.models.music_map import path_between
from musicai.ui import state, wording
from musicai.ui.components import playlist_draft, track_picker, widgets
from musicai.ui.map import state as map_marks

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.models.music_map import MusicMap

LENGTH = "map_steps"
THROUGH = "map_through"

_THROUGH = {"all": "Any track", "mine": "Mine", "new": "New to me"}

_RING = 28


def draw(ai: MusicAI, found: MusicMap) -> None:
    """The two ends, how to walk, and the path that was found."""
    now = map_marks.marks(ai)
    with st.container(border=True):
        st.markdown("**A path between two tracks**")
        st.caption("A list that walks from one to the other in small steps.")
        _end(ai, "start", "From", now.start)
        _end(ai, "end", "To", now.end)
        st.slider("Tracks", 3, 30, 12, key=LENGTH, bind="query-params")
        st.segmented_control(
            "On the way",
            list(_THROUGH),
            format_func=_THROUGH.__getitem__,
            default="all",
            required=True,
            key=THROUGH,
            bind="query-params",
        )
        st.button(
            "Find the path",
            key="map_find",
            type="primary",
            icon=":material/route:",
            disabled=not (now.start and now.end),
            on_click=_find,
            args=(ai, found),
            help=None if now.start and now.end else "Choose both ends first.",
        )
        if now.path:
            _path(ai, now)


def _end(ai: MusicAI, end: str, label: str, track_id: str) -> None:
    """One end: the chosen track, or the field to search for it."""
    row = map_marks.row_of(ai, track_id)
    if row is None:
        track_picker.draw(ai, f"map_{end}", label, lambda one: map_marks.change(ai, **{end: one}))
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        _line(ai, row, f"{label} ")
        st.button(
            "Change",
            key=f"map_{end}_change",
            icon=":material/close:",
            type="tertiary",
            on_click=map_marks.change,
            args=(ai,),
            kwargs={end: ""},
        )


def _line(ai: MusicAI, row: int, before: str) -> None:
    name, artists = track_picker.name_row(ai, row)
    widgets.draw_ring(ai, row, _RING)
    title = widgets.format_title(ai.library.vocabulary.id(row), name, artists, linked=False)
    st.markdown(f"{before}{title}")


def _find(ai: MusicAI, found: MusicMap) -> None:
    state.attempt(lambda: _walk(ai, found))


def _walk(ai: MusicAI, found: MusicMap) -> None:
    """Find the path and keep it.

    Raises:
        QueryError: an end cannot be used.
        NoCandidates: there is no such path.
    """
    now = map_marks.marks(ai)
    start, end = (map_marks.row_of(ai, one) for one in (now.start, now.end))
    if start is None or end is None:
        return
    steps = int(st.session_state[LENGTH])
    own = ai.library.tracks["own"].to_numpy(dtype=bool)
    allowed = {"mine": own, "new": ~own}.get(st.session_state[THROUGH])
    if allowed is None:
        allowed = np.ones(len(own), dtype=bool)
    rows = path_between(
        found,
        start,
        end,
        steps,
        artist=ai.features.artist,
        recording=ai.features.recording,
        allowed=allowed & ~ai.library.tracks["excluded"].to_numpy(dtype=bool),
    )
    ids = tuple(ai.library.vocabulary.id(int(row)) for row in rows)
    map_marks.change(ai, path=ids, asked=steps)


def _path(ai: MusicAI, now: map_marks.MapMarks) -> None:
    """The tracks in order, as numbered on the map."""
    rows = map_marks.rows_of(ai, now.path)
    if len(now.path) < now.asked:
        st.caption(
            f":material/info: {wording.format_count(len(now.path), 'track')} instead of "
            f"{now.asked}: "
            "there are not enough tracks of other artists on the way."
        )
    with st.container(gap="xsmall"):
        for step, row in enumerate(rows.tolist(), 1):
            with st.container(horizontal=True, vertical_alignment="center", wrap=False):
                _line(ai, row, f"{step}. ")
    with st.container(horizontal=True, gap="xsmall"):
        playlist_draft.draw_button(now.path, "map_add_path", "Add the path to list")
        st.button(
            "Clear the path",
            key="map_path_clear",
            icon=":material/close:",
            type="tertiary",
            on_click=map_marks.change,
            args=(ai,),
            kwargs={"path": ()},
        )
