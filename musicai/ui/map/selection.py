"""Beside the map: the track that was clicked, or the tracks of a region."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from musicai.data.genres import GENRE_LABELS, GENRES
from musicai.data.library import FEATURE_SOURCES, IntArray, RowArray
from musicai.models.music_map import foremost, main_genre, within
from musicai.ui import state, wording
from musicai.ui.components import links, playlist_draft, track_picker, widgets
from musicai.ui.components import seeds as discover_seeds
from musicai.ui.map import state as map_marks
from musicai.ui.theme import build_ring_svg

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.models.music_map import MusicMap

LISTED = 100
"""Tracks of a region that are listed."""

_TABLE = "map_region"
_NEAREST = 4
_RING = 32


def draw(ai: MusicAI, found: MusicMap, plays: IntArray) -> None:
    """The chosen track, the chosen region, or how to choose either.

    Args:
        ai: The profile.
        found: Its map.
        plays: (n_tracks,) full plays in the chosen period.
    """
    now = map_marks.marks(ai)
    row = map_marks.row_of(ai, now.point)
    with st.container(border=True):
        if row is not None:
            _track(ai, found, row, int(plays[row]))
        elif now.outline:
            _region(ai, np.flatnonzero(within(found, now.outline)), found, plays)
        else:
            st.markdown("**Nothing marked**")
            st.caption(
                "Click a mark for its track. Choose the lasso or the box above the map and draw "
                "round a region to see what lives there."
            )


# --- one track ------------------------------------------------------------------------


def _track(ai: MusicAI, found: MusicMap, row: int, plays: int) -> None:
    track_id = ai.library.vocabulary.id(row)
    name, artists = track_picker.name_row(ai, row)
    with st.container(horizontal=True, wrap=False, vertical_alignment="center"):
        widgets.draw_ring(ai, row, 72)
        st.markdown(
            f"{widgets.format_title(track_id, name, artists)}  \n:small[{_about(ai, row, plays)}]"
        )
    near = [other for other in found.neighbours[row].tolist() if other >= 0][:_NEAREST]
    if near:
        st.caption(f"Nearest: {wording.join_list([_short(ai, other) for other in near])}.")
    with st.container(horizontal=True, gap="xsmall"):
        _seeds_button([track_id], "map_seed", "Start from it")
        playlist_draft.draw_button([track_id], "map_add_track")
        st.button(
            "Open",
            key="map_open",
            icon=":material/open_in_full:",
            on_click=links.open_track,
            args=(track_id,),
            help="Its own page: first and last play, and how often.",
        )
        for label, end in (("Path from here", "start"), ("Path to here", "end")):
            st.button(
                label,
                key=f"map_{end}_here",
                icon=":material/route:",
                type="tertiary",
                on_click=map_marks.change,
                args=(ai,),
                kwargs={end: track_id},
            )
    if map_marks.marks(ai).outline:
        st.button(
            "Back to the region",
            key="map_back",
            icon=":material/arrow_back:",
            type="tertiary",
            on_click=map_marks.change,
            args=(ai,),
            kwargs={"point": ""},
        )
    _clear_button(ai)


def _about(ai: MusicAI, row: int, plays: int) -> str:
    """Genre, year, plays, and where what is known is from."""
    features = ai.features
    genre = int(main_genre(features.genres[[row]])[0])
    year = float(features.year[row])
    parts = [
        GENRE_LABELS[GENRES[genre]] if genre >= 0 else "Genre not known",
        *([] if np.isnan(year) else [f"{year:.0f}"]),
        wording.format_count(plays, "full play") if plays else "no full play",
    ]
    if FEATURE_SOURCES[int(features.feature_source[row])] == "estimated":
        parts.append("sound estimated")
    return wording.escape_markdown(" · ".join(parts))


def _short(ai: MusicAI, row: int) -> str:
    name, artists = track_picker.name_row(ai, row)
    return (
        f"{wording.escape_markdown(name, 40)} by "
        f"{wording.escape_markdown(wording.join_artists(artists), 30)}"
    )


# --- a region -------------------------------------------------------------------------


def _region(ai: MusicAI, rows: RowArray, found: MusicMap, plays: IntArray) -> None:
    if not len(rows):
        st.markdown("**An empty region**")
        st.caption("No track lies in it. Draw round some marks.")
        _clear_button(ai)
        return
    played = int((plays[rows] > 0).sum())
    st.markdown(
        f"**{wording.format_count(len(rows), 'track')}** here, {played:,} of them played by you"
    )
    st.caption(_genres(ai, rows))
    listed = foremost(found, rows, plays, LISTED)
    _table(ai, listed, plays)
    if len(rows) > LISTED:
        st.caption(f"The {LISTED} you play most, and those nearest the middle of the region.")
    ids = [ai.library.vocabulary.id(int(row)) for row in listed]
    seeds = ids[: discover_seeds.MAX_SEEDS]
    with st.container(horizontal=True, gap="xsmall"):
        _seeds_button(
            seeds,
            "map_seeds",
            "Start from these" if len(seeds) == len(rows) else f"Start from the top {len(seeds)}",
        )
        label = "Add to list" if len(ids) == 1 else f"Add {len(ids)} to list"
        playlist_draft.draw_button(ids, "map_add_region", label)
    _clear_button(ai)


def _genres(ai: MusicAI, rows: RowArray) -> str:
    """The region's largest genres."""
    genre = main_genre(ai.features.genres[rows])
    sizes = np.bincount(genre[genre >= 0], minlength=len(GENRES))
    top = [int(place) for place in np.argsort(-sizes, kind="stable")[:3] if sizes[place]]
    if not top:
        return "No genre is known here."
    parts = [
        f"{GENRE_LABELS[GENRES[at]]} {wording.format_share(sizes[at] / len(rows))}" for at in top
    ]
    return f"{wording.join_list(parts)}."


def _table(ai: MusicAI, rows: RowArray, plays: IntArray) -> None:
    features, tracks = ai.features, ai.library.tracks
    rings = [
        build_ring_svg(
            features.audio[row], FEATURE_SOURCES[int(features.feature_source[row])], _RING
        )
        for row in rows
    ]
    frame = pd.DataFrame(
        {
            "": rings,
            "Track": [wording.clean_text(str(name)) for name in tracks["name"].to_numpy()[rows]],
            "Plays": plays[rows],
            "Artist": [
                wording.clean_text(str(name)) for name in tracks["artists"].to_numpy()[rows]
            ],
        }
    )
    st.dataframe(
        frame,
        key=_TABLE,
        height=min(36 * (len(rows) + 1) + 3, 300),
        hide_index=True,
        column_config={
            "": st.column_config.ImageColumn("", width=_RING + 12),
            "Track": st.column_config.TextColumn("Track", width=120),
            "Plays": st.column_config.NumberColumn("Plays", format="localized", width=50),
        },
        on_select=lambda: _row_chosen(ai, rows),
        selection_mode="single-row",
        alt=f"{wording.format_count(len(rows), 'track')} of the region, the most played first.",
    )


def _row_chosen(ai: MusicAI, rows: RowArray) -> None:
    """A row of the table was clicked: its track is shown, the region is kept."""
    chosen = st.session_state[_TABLE]["selection"]["rows"]
    if chosen:
        map_marks.change(ai, point=ai.library.vocabulary.id(int(rows[chosen[0]])))


# --- what one can do ------------------------------------------------------------------


def _seeds_button(track_ids: list[str], key: str, label: str) -> None:
    st.button(
        label,
        key=key,
        icon=":material/flag:",
        type="primary",
        on_click=_start_from,
        args=(track_ids,),
        help="Opens Discover with a list that follows these.",
    )


def _start_from(track_ids: list[str]) -> None:
    discover_seeds.set_seeds(*track_ids)
    state.go_to("pages/discover.py", {})


def _clear_button(ai: MusicAI) -> None:
    st.button(
        "Clear",
        key="map_clear",
        icon=":material/close:",
        type="tertiary",
        on_click=map_marks.change,
        args=(ai,),
        kwargs={"outline": (), "point": ""},
    )
