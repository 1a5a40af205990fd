"""Library: what you have, what is known of it, what is left out, and the way out again.

One part of the page is drawn at a time, for each looks through the whole library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from musicai.core import jobs
from musicai.core.errors import JobRunning
from musicai.library import export
from musicai.models.registry.registry import retire_profile
from musicai.store import ImportRecord
from musicai.ui import state, wording
from musicai.ui.components import job_panel, widgets
from musicai.ui.library import (
    catalogs,
    enrichment,
    exclusions,
    importing,
    match_review,
    neighbour_data,
    provenance,
)
from musicai.ui.library import export as export_panel

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI

PARTS = ("Your music", "New music", "Matches", "Left out", "Export & delete")
"""The parts of the page, as the tabs and the address name them."""


def draw() -> None:
    """The whole page for the chosen profile."""
    name = state.get_current_profile()
    assert name is not None  # the page has checked
    ai = state.get_current_ai()
    widgets.draw_invented_note(ai.library.invented)
    job_panel.draw_progress()
    music, new, matches, left_out, leaving = st.tabs(
        list(PARTS), key="library_part", on_change="rerun", bind="query-params"
    )
    if music.open:
        with music:
            _music(ai, name)
    elif new.open:
        with new:
            _new_music(ai, name)
    elif matches.open:
        with matches:
            state.run_guarded(lambda: match_review.draw(ai))
    elif left_out.open:
        with left_out:
            state.run_guarded(lambda: exclusions.draw(ai))
    elif leaving.open:
        with leaving:
            _leaving(ai, name)


def draw_empty() -> None:
    """The page before there is any music: the way to bring some."""
    job_panel.draw_progress()
    _add_music()


def _music(ai: MusicAI, name: str) -> None:
    _figures(ai)
    _add_music()
    provenance.draw(ai)
    _imports(name)
    if importing.has_api_rows(name):
        _consent(name)


def _new_music(ai: MusicAI, name: str) -> None:
    state.run_guarded(lambda: catalogs.show_catalogues(ai, name))
    state.run_guarded(lambda: neighbour_data.draw(ai, name))
    state.run_guarded(lambda: enrichment.draw(ai, name))


def _leaving(ai: MusicAI, name: str) -> None:
    state.run_guarded(lambda: export_panel.draw(ai))
    _delete(name, ai.library.invented)


def _add_music() -> None:
    st.subheader("Add music", anchor=False)
    st.caption(
        "Histories, playlists and tables of tracks, from any of the formats below. "
        "What is here already is not counted twice."
    )
    with st.container(border=True):
        state.run_guarded(lambda: importing.drop_zone("library"))
    importing.formats()


def _figures(ai: MusicAI) -> None:
    library = ai.library
    mine = library.plays[library.plays["listener"] == 0]
    own = library.tracks[library.tracks["own"]]
    artists = own["artists"].str.split(";").str[0].str.strip()
    values = {
        "Your plays": f"{len(mine):,}",
        "Your tracks": f"{len(own):,}",
        "Artists": f"{artists[artists != ''].nunique():,}",
        "Listened": wording.format_duration(float(mine["ms_played"].sum())),
    }
    if len(library.playlist_items):
        values["Playlists"] = f"{library.playlist_items['playlist'].nunique():,}"
    new = int((library.tracks["in_catalogue"] & ~library.tracks["own"]).sum())
    values["New to discover"] = f"{new:,}"
    widgets.draw_stats(
        {name: value for name, value in values.items() if value not in ("0", "0 min")}
    )
    if len(mine):
        first, last = mine["played_at"].iloc[0], mine["played_at"].iloc[-1]
        st.caption(f"Plays from {wording.format_date(first)} to {wording.format_date(last)}, UTC.")
    if library.excluded_plays:
        plays = wording.format_count(library.excluded_plays, "play")
        verb = "is" if library.excluded_plays == 1 else "are"
        st.caption(f":material/visibility_off: {plays} {verb} left out of your taste.")
    others = len(library.listeners) - 1
    if others:
        st.caption(
            f"Beside yours, the plays of {wording.format_count(others, 'other listener')} are here."
        )


# --- imports --------------------------------------------------------------------------


def _imports(profile: str) -> None:
    st.subheader("Imports", anchor=False)
    records = state.get_store().imports(profile)
    if not records:
        st.markdown("Nothing was imported yet. “Add music” takes your files.")
    for record in records:
        _import(record)


def _import(record: ImportRecord) -> None:
    title = (
        f"{wording.format_date_time(record.created_at)}: "
        f"{wording.format_count(len(record.files), 'file')}, "
        f"{wording.format_count(importing.count_imported_rows(record), 'row')} imported, "
        f"{wording.format_count(len(record.problems), 'problem')}"
    )
    panel = st.expander(title, key=f"import_{record.id}", on_change="rerun")
    if not panel.open:
        return
    with panel:
        importing.report(record, key=str(record.id))
        st.caption(f"Took {wording.format_seconds(record.seconds)}.")
        if st.button("Undo this import", key=f"undo_{record.id}", icon=":material/undo:"):
            _confirm_undo(record)


@st.dialog("Undo this import?")
def _confirm_undo(record: ImportRecord) -> None:
    st.markdown(
        "Its plays, playlists and catalogues go. What other imports hold too stays. "
        "The files themselves are not touched; you can import them again."
    )
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep it", key="undo_no"):
            st.rerun()
        if st.button("Undo", key="undo_yes", type="primary"):
            state.attempt(lambda: state.get_store().undo_import(record.id))
            st.rerun()


# --- consent and deletion -------------------------------------------------------------


def _consent(profile: str) -> None:
    st.subheader("Training on Exportify rows", anchor=False)
    allowed = state.read_profile(profile).train_on_api_rows
    key = f"consent_{profile}"
    st.toggle(
        "Train on rows that came through Spotify's API",
        value=bool(allowed),
        key=key,
        on_change=_switch_consent,
        args=(profile, key),
    )
    st.caption(f"Spotify's terms for developers: “{wording.CLAUSE}”")
    if allowed is None:
        st.caption("Until you say yes, they are left out.")


def _switch_consent(profile: str, key: str) -> None:
    importing.set_consent(profile, bool(st.session_state[key]))


def _delete(profile: str, invented: bool) -> None:
    st.subheader("Delete", anchor=False)
    label = wording.label_profile(profile, invented)
    st.markdown(
        "Plays, playlists, what you decided, catalogues that only this listener uses, and models "
        "that learned from them. The files you imported are not touched."
    )
    if st.button(
        f"Delete {wording.escape_markdown(label)}…", key="delete_profile", icon=":material/delete:"
    ):
        _confirm_delete(profile, label)


@st.dialog("Delete this listener?")
def _confirm_delete(profile: str, label: str) -> None:
    st.markdown(
        f"Everything of **{wording.escape_markdown(label)}** on this machine goes, with every "
        "model version "
        "that learned from it. This cannot be undone; the files you imported are not touched."
    )
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep it", key="delete_no"):
            st.rerun()
        if st.button("Delete", key="delete_yes", type="primary"):
            state.attempt(lambda: delete(profile))
            st.rerun()


def delete(profile: str) -> None:
    """Retire the versions that contain the profile, then delete it and its traces.

    Raises:
        JobRunning: a job works on this profile.
    """
    job = job_panel.find_running()
    if job is not None and job.profile == profile:
        raise JobRunning("A job works on this listener. Cancel it, or wait until it ends.")
    retire_profile(state.get_settings(), state.get_store(), profile)
    state.get_store().delete_profile(profile)
    jobs.forget(state.get_settings(), profile)
    export.delete_export(state.get_settings(), profile)
