"""One list that the person made: its tracks in order, and everything that can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from musicai.data.playlists import ListEntry, artists_of, duplicates, list_entries, total_ms
from musicai.ranking import playlists
from musicai.ranking.playlists import more_like
from musicai.store.playlists import STAGING
from musicai.ui import state, wording
from musicai.ui.components import playlist_download, seeds, widgets
from musicai.ui.spotify import send_request

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI

_MORE = 5
"""Tracks that "More like these" adds."""

_SHOWN = 100
"""Tracks drawn with their buttons; a longer list is told to be longer."""


def draw(ai: MusicAI, name: str, place: str) -> None:
    """The list.

    Args:
        ai: The profile it belongs to.
        name: Of the list; "" for the one being put together.
        place: What the keys begin with: the same list may stand on a page and in a dialog.
    """
    tracks = state.get_store().list_tracks(ai.profile, name)
    if not tracks:
        st.markdown("Nothing in it yet.")
        st.caption("“Add to list” on Discover, Taste, History and the Map puts tracks here.")
        return
    _summary(ai, tracks)
    with st.container(gap="xsmall"):
        for track in tracks[:_SHOWN]:
            _row(ai, name, track, place)
    if len(tracks) > _SHOWN:
        st.caption(f"And {wording.format_count(len(tracks) - _SHOWN, 'more track')}.")
    _duplicates(ai, name, tracks, place)
    _actions(ai, name, tracks, place)
    if name == STAGING:
        _save(ai, tracks, place)


def _summary(ai: MusicAI, tracks: Sequence[ListEntry]) -> None:
    length, unknown = total_ms(ai.library, tracks)
    parts = [wording.format_count(len(tracks), "track")]
    if length:
        parts.append(("more than " if unknown else "") + wording.format_duration(length))
    st.markdown(f"**{' · '.join(parts)}**")


def _row(ai: MusicAI, name: str, track: ListEntry, place: str) -> None:
    row = int(ai.library.vocabulary.rows([track.track_id])[0])
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        if row >= 0:
            widgets.draw_ring(ai, row, 28)
        with st.container(gap=None):
            st.markdown(widgets.format_title(track.track_id, track.name, artists_of(track)))
            if row < 0:
                st.caption("No longer in your library")
        for label, icon, action in (
            ("Up", "keyboard_arrow_up", lambda: _move(ai, name, track, -1)),
            ("Down", "keyboard_arrow_down", lambda: _move(ai, name, track, 1)),
            ("Remove", "close", lambda: _drop(ai, name, [track.track_id])),
        ):
            st.button(
                f":material/{icon}:",
                key=f"{place}_{label.lower()}_{track.track_id}",
                type="tertiary",
                help=f"{label}: {wording.escape_markdown(track.name, 60)}",
                on_click=action,
            )


def _move(ai: MusicAI, name: str, track: ListEntry, by: int) -> None:
    state.attempt(lambda: state.get_store().move_in_list(ai.profile, track.track_id, by, name))


def _drop(ai: MusicAI, name: str, track_ids: Sequence[str]) -> None:
    state.attempt(lambda: state.get_store().take_from_list(ai.profile, track_ids, name))


def _duplicates(ai: MusicAI, name: str, tracks: Sequence[ListEntry], place: str) -> None:
    """Told at once, with the button that drops the later ones; silent where there are none."""
    found = duplicates(ai.library, tracks)
    if not found:
        st.caption(":material/check: No recording is in it twice.")
        return
    titles = {track.track_id: track.name for track in tracks}
    twice = wording.join_list(
        [f"“{wording.escape_markdown(titles[one.track_id], 60)}”" for one in found[:5]]
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f":material/content_copy: In it twice, from another release: {twice}.")
        st.button(
            f"Drop {wording.format_count(len(found), 'duplicate')}",
            key=f"{place}_drop_duplicates",
            on_click=_drop,
            args=(ai, name, [one.track_id for one in found]),
        )


def _actions(ai: MusicAI, name: str, tracks: Sequence[ListEntry], place: str) -> None:
    ids = [track.track_id for track in tracks if track.track_id in ai.library.vocabulary]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "More like these",
            key=f"{place}_more",
            icon=":material/auto_awesome:",
            disabled=not ids,
            on_click=_extend,
            args=(ai, name, tracks),
            help=f"Adds {_MORE} tracks that go with the list.",
        )
        started = st.button(
            "Start from these",
            key=f"{place}_seeds",
            icon=":material/explore:",
            disabled=not ids,
            on_click=_start_from,
            args=(ids,),
            help="Discover starts from the last ten of them.",
        )
        if started:  # in a dialog the frame, which changes the page, is not drawn by itself
            st.rerun()
        title = name or "My list"
        with st.popover("Export", icon=":material/download:", key=f"{place}_export_open"):
            send_request.button(
                title,
                tracks,
                playlists.of_list(name),
                f"{place}_send",
                invented=ai.library.invented,
            )
            playlist_download.draw_buttons(ai, title, lambda: tracks, f"{place}_export")
        if name == STAGING:
            st.button(
                "Clear",
                key=f"{place}_clear",
                icon=":material/delete_sweep:",
                type="tertiary",
                on_click=_drop,
                args=(ai, name, [track.track_id for track in tracks]),
            )


def _extend(ai: MusicAI, name: str, tracks: Sequence[ListEntry]) -> None:
    def act() -> None:
        found = more_like(ai, tracks, _MORE)
        added = state.get_store().add_to_list(ai.profile, list_entries(ai.library, found), name)
        st.toast(f"{wording.format_count(added, 'track')} added.", icon=":material/auto_awesome:")

    state.attempt(act)


def _start_from(ids: Sequence[str]) -> None:
    seeds.set_seeds(*ids)
    state.go_to("pages/discover.py", {})


def _save(ai: MusicAI, tracks: Sequence[ListEntry], place: str) -> None:
    with (
        st.form(f"{place}_save_form", border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        name = st.text_input("Name of the playlist", max_chars=100, key=f"{place}_name")
        replace = st.checkbox("Replace one of that name", key=f"{place}_replace")
        pressed = st.form_submit_button(
            "Save as playlist", key=f"{place}_save", type="primary", icon=":material/save:"
        )
    if pressed:
        state.run_guarded(_saver(ai, name, tracks, replace=replace))


def _saver(
    ai: MusicAI, name: str, tracks: Sequence[ListEntry], *, replace: bool
) -> Callable[[], None]:
    def act() -> None:
        state.get_store().save_list(ai.profile, name, tracks, replace=replace)
        st.success(f"Saved as “{wording.escape_markdown(name, 100)}”; it is on Playlists.")

    return act
