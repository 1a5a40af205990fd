"""Autoplay: a session from a start, along an arc, with the reason of each step."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from musicai.data.context import name_slot, slot_of
from musicai.data.playlists import list_entries
from musicai.ranking import autoplay, playlists
from musicai.ranking.request import MODES, Request
from musicai.ui import charts, state, wording
from musicai.ui.components import (
    chart_box,
    period_picker,
    playlist_download,
    playlist_draft,
    track_list,
    track_picker,
    widgets,
)
from musicai.ui.components import seeds as discover_seeds
from musicai.ui.discover import context, controls
from musicai.ui.spotify import send_request

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI

START = "autoplay_start"
_MODE = "autoplay_mode"
SEED = "autoplay_seed"
"""Session key: id of the track to start from."""

_STARTS = {"now": "Now: my last session", "track": "A track", "picked": "My picks on Discover"}
_ARCS = {"steady": "Steady", "rising": "Rising", "winding down": "Winding down"}


def draw() -> None:
    """The whole page for the chosen profile."""
    ai = state.get_current_ai()
    widgets.draw_invented_note(ai.library.invented)
    request, wish = _draw_controls(ai)
    why_not = ai.modes()[request.mode]
    if why_not:
        controls.draw_unusable_mode(request.mode, why_not, _MODE)
        return
    found = state.get_session(ai, request, wish)
    for note in found.notes:
        st.caption(f":material/info: {wording.escape_markdown(note, 500)}")
    if found.steps:
        if any(not math.isnan(step.energy) for step in found.steps):
            _draw_course(ai, found)
        _draw_actions(ai, found, request, wish)
        _draw_tracks(ai, found)


# --- what is asked --------------------------------------------------------------------


def _draw_controls(ai: MusicAI) -> tuple[Request, autoplay.AutoplayOptions]:
    left, right = st.columns(2, gap="medium")
    with left.container(border=True):
        start = st.segmented_control(
            "Start from",
            list(_STARTS),
            format_func=_STARTS.__getitem__,
            default="now",
            required=True,
            key=START,
            bind="query-params",
        )
        seeds = _draw_seeds(ai, str(start))
        mode = st.segmented_control(
            "Play",
            MODES,
            format_func=wording.MODE_LABELS.__getitem__,
            default=ai.mode(),
            required=True,
            key=_MODE,
            bind="query-params",
            help="  \n".join(
                f"**{wording.MODE_LABELS[m]}**: {wording.MODE_HELP[m]}" for m in MODES
            ),
        )
    with right.container(border=True):
        n = st.slider("Tracks", 5, autoplay.MOST, 15, key="autoplay_n", bind="query-params")
        arc = st.segmented_control(
            "Arc",
            list(autoplay.ARCS),
            format_func=_ARCS.__getitem__,
            default="steady",
            required=True,
            key="autoplay_arc",
            bind="query-params",
            help="Where the energy goes from the first track to the last.",
        )
        apart = st.slider(
            "No artist twice within",
            1,
            10,
            3,
            key="autoplay_apart",
            bind="query-params",
            format="%d tracks",
        )
    timed = start == "now" and context.has_known_hours(ai)
    moment, occasion = context.get_current_context(ai) if timed else (None, {})
    request = Request(seed_tracks=seeds, mode=str(mode), moment=moment, occasion=occasion)
    return request, autoplay.AutoplayOptions(n, str(arc), apart)


def _draw_seeds(ai: MusicAI, start: str) -> tuple[str, ...]:
    """Ids to start from; none for the last session."""
    if start == "picked":
        found = discover_seeds.get_kept_seeds(ai)
        if not found:
            st.caption("Nothing is picked on Discover yet, so it goes on from your last session.")
        return found
    if start == "track":
        chosen = st.session_state.get(SEED, "")
        if chosen in ai.library.vocabulary:
            row = int(ai.library.vocabulary.rows([chosen])[0])
            name, artists = track_picker.name_row(ai, row)
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                widgets.draw_ring(ai, row, 28)
                st.markdown(widgets.format_title(chosen, name, artists, linked=False))
        track_picker.draw(ai, "autoplay", "Track to start from", _set_seed)
        if chosen in ai.library.vocabulary:
            return (chosen,)
        st.caption("Until you choose one, it goes on from your last session.")
        return ()
    _draw_last_session(ai)
    return ()


def _set_seed(track_id: str) -> None:
    st.session_state[SEED] = track_id


def _draw_last_session(ai: MusicAI) -> None:
    """What "now" is: the latest tracks of the last session."""
    recent = ai.history(0).recent[-3:]
    if not len(recent):
        st.caption("There are no plays to go on from, so it begins with what you like.")
        return
    titles = [wording.escape_markdown(track_picker.name_row(ai, int(row))[0], 40) for row in recent]
    hour = ""
    if context.has_known_hours(ai):
        when = name_slot(slot_of(datetime.now(UTC)), period_picker.get_timezone(ai))
        hour = f" The occasion counts too: {when}."
    st.caption(f"You heard last: {' · '.join(titles)}.{hour}")


# --- what comes -----------------------------------------------------------------------


def _draw_course(ai: MusicAI, found: autoplay.AutoplaySession) -> None:
    rows = [step.track for step in found.steps]
    tracks = ai.library.tracks.loc[rows]
    names = wording.format_hovers(tracks["name"], tracks["artists"])
    frame = pd.DataFrame(
        {
            "track": tracks["name"].tolist(),
            "artists": tracks["artists"].tolist(),
            "energy": [step.energy for step in found.steps],
            "wanted": [step.wanted for step in found.steps],
            "tempo": [step.tempo for step in found.steps],
        }
    )
    keys = [step.key for step in found.steps]
    if any(keys):
        frame["key"] = keys
    chart = charts.plot_course(
        names, frame["energy"].tolist(), frame["wanted"].tolist(), frame["tempo"].tolist(), keys
    )
    chart_box.draw(chart, "autoplay_course", data=frame)


def _draw_actions(
    ai: MusicAI, found: autoplay.AutoplaySession, request: Request, wish: autoplay.AutoplayOptions
) -> None:
    ids = [ai.library.vocabulary.id(step.track) for step in found.steps]
    length = ai.library.tracks["duration_ms"].to_numpy()[[step.track for step in found.steps]]
    told = wording.format_count(len(ids), "track")
    if not pd.isna(length).any():
        told += f" · {wording.format_duration(float(length.sum()))}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{told}**")
        with st.container(horizontal=True, horizontal_alignment="right", gap="xsmall"):
            playlist_draft.draw_button(ids, "autoplay_add_all", "Add all to list")
            with st.popover("Export", icon=":material/download:", key="autoplay_export_open"):
                send_request.button(
                    "A session by musicai",
                    list_entries(ai.library, ids),
                    playlists.of_session(request, wish),
                    "autoplay_send",
                    invented=ai.library.invented,
                )
                playlist_download.draw_buttons(
                    ai, "musicai session", lambda: list_entries(ai.library, ids), "autoplay"
                )


def _draw_tracks(ai: MusicAI, found: autoplay.AutoplaySession) -> None:
    notes = [f"{place}. {step.why}" for place, step in enumerate(found.steps, 1)]
    track_list.draw(ai, [step.track for step in found.steps], notes, key="autoplay")
