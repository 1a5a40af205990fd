"""The tracks that Discover starts from: favourites, or picked by type-ahead.

Seeds have no widget of their own: they are kept in the session, and by hand in the address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from musicai.ui.components import track_picker, widgets

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI

SEEDS = "discover_seeds"
"""Session key: ids of the tracks to start from."""

SEED_PARAM = "discover_seed"
"""The same, in the address; repeated for each."""

START = "discover_start"
MAX_SEEDS = 10

_STARTS = ("everything", "session", "favourites", "picked")
_START_LABELS = {
    "everything": "All I play",
    "session": "Last session",
    "favourites": "Favourites",
    "picked": "Picks",
}


def draw_panel(ai: MusicAI) -> tuple[str, ...]:
    """The choice of what to start from; ids of the seeds, none for the whole history."""
    start = st.segmented_control(
        "Based on",
        _STARTS,
        format_func=_START_LABELS.__getitem__,
        default="everything",
        required=True,
        key=START,
        bind="query-params",
        help="All I play weighs your whole history. Otherwise the list follows your last session, "
        "in its order, or your favourites or picks, and your history counts a quarter.",
    )
    return _draw_seeds(ai, str(start))


def _draw_seeds(ai: MusicAI, start: str) -> tuple[str, ...]:
    if start == "session":
        return _draw_fixed_seeds(
            ai, ai.last_session(MAX_SEEDS), "There are no plays to go on from yet."
        )
    if start == "favourites":
        none = "There are no plays to choose favourites from yet."
        return _draw_fixed_seeds(ai, tuple(ai.favourites(5)), none)
    if start == "picked":
        chosen = _get_chosen_seeds(ai)
        with st.container(gap="xsmall"):
            for track_id in chosen:
                _draw_seed(ai, track_id, removable=True)
        track_picker.draw(ai, "discover", "Add a track or artist", _add_seed)
        if not chosen:
            st.caption("Until you pick one, the list follows all you play.")
        return chosen
    return ()


def _draw_fixed_seeds(ai: MusicAI, found: tuple[str, ...], none: str) -> tuple[str, ...]:
    """Seeds that are not picked one by one."""
    with st.container(gap="xsmall"):
        for track_id in found:
            _draw_seed(ai, track_id, removable=False)
    if not found:
        st.caption(none)
    return found


def _get_chosen_seeds(ai: MusicAI) -> tuple[str, ...]:
    """Seeds of the session, at first those of the address; only tracks that are here."""
    if SEEDS not in st.session_state:
        st.session_state[SEEDS] = tuple(st.query_params.get_all(SEED_PARAM))
    known = [t for t in dict.fromkeys(st.session_state[SEEDS]) if t in ai.library.vocabulary]
    chosen = tuple(known[:MAX_SEEDS])
    if tuple(st.query_params.get_all(SEED_PARAM)) != chosen:
        st.query_params[SEED_PARAM] = list(chosen)
    return chosen


def get_active_seeds(ai: MusicAI) -> tuple[str, ...]:
    """The picked seeds, for other pages; none where Discover starts from something else."""
    if st.session_state.get(START) != "picked":
        return ()
    return tuple(t for t in st.session_state.get(SEEDS, ()) if t in ai.library.vocabulary)


def get_kept_seeds(ai: MusicAI) -> tuple[str, ...]:
    """The picked seeds that are still here, whatever Discover starts from just now."""
    return tuple(t for t in st.session_state.get(SEEDS, ()) if t in ai.library.vocabulary)


def set_seeds(*track_ids: str) -> None:
    """Start from these tracks; for callbacks."""
    st.session_state[SEEDS] = track_ids[-MAX_SEEDS:]
    st.session_state[START] = "picked"


def _add_seed(track_id: str) -> None:
    set_seeds(*dict.fromkeys((*st.session_state.get(SEEDS, ()), track_id)))


def _drop_seed(track_id: str) -> None:
    set_seeds(*(t for t in st.session_state.get(SEEDS, ()) if t != track_id))


def _draw_seed(ai: MusicAI, track_id: str, *, removable: bool) -> None:
    row = int(ai.library.vocabulary.rows([track_id])[0])
    name, artists = track_picker.name_row(ai, row)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        widgets.draw_ring(ai, row, 28)
        st.markdown(widgets.format_title(track_id, name, artists, linked=False))
        if removable:
            st.button(
                "Remove",
                key=f"drop_{track_id}",
                icon=":material/close:",
                type="tertiary",
                on_click=_drop_seed,
                args=(track_id,),
            )
