"""Other listeners: the neighbour packs of a profile, and what each says about its music."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from musicai.models.item_index import ENOUGH_LISTENERS
from musicai.store import Catalogue
from musicai.ui import state, wording
from musicai.ui.components import job_panel
from musicai.ui.library import importing
from musicai.ui.library.column_mapping import Upload

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI

WHERE_TO_GET = """
A pack is any table with a row for each listener and artist (or track) and a number of plays:
`listener, artist, plays`. The listeners may be numbers; their names are dropped while reading.

- **HetRec 2011 lastfm-2k** (GroupLens): 1,892 listeners of Last.fm, 17,600 artists, tags and
  friends. Free for non-commercial use only; cite it as its readme asks. Drop the whole folder or
  zip.
- **Last.fm 360K** (M. Oscar Celma): 359,000 listeners, also for non-commercial use. musicai learns
  from the 20,000 of them who share most artists with you.
- Play counts that friends exported for you, one table.

musicai ships no pack, and what you add stays on this machine.
"""


def draw(ai: MusicAI, name: str) -> None:
    """The packs with their switches and coverage, and where to get one."""
    if ai.library.invented:
        return
    st.subheader("Other listeners", anchor=False)
    st.caption(
        "One person's history has no neighbours. From a pack of what others play, “Played "
        "together” learns which artists go together, and finds their tracks in your catalogues."
    )
    packs = [one for one in state.get_store().catalogues(name) if one.kind == "neighbours"]
    for pack in packs:
        _pack(ai, name, pack)
    if not packs:
        st.markdown("No pack yet.")
    _add(name)
    _report(name)
    with st.expander("Where to get one", icon=":material/help:"):
        st.markdown(WHERE_TO_GET)


def _add(profile: str) -> None:
    with st.container(border=True):
        files = st.file_uploader(
            "Files of a pack (all of them at once, or a zip)",
            accept_multiple_files=True,
            key=importing.upload_key("pack_files"),
        )
        st.button(
            "Add the pack",
            key="pack_add",
            icon=":material/group_add:",
            disabled=not files or job_panel.find_running() is not None,
            on_click=_take,
            args=(profile, files),
            help="A job reads it and trains on it; you can stop it.",
        )


def _take(profile: str, files: Sequence[Upload]) -> None:
    state.attempt(lambda: importing.start(files, profile, include_private=False))


def _report(profile: str) -> None:
    """What became of the rows of the pack that was taken last, folded away."""
    records = state.get_store().imports(profile)
    last = next((one for one in records if one.neighbours.read), None)
    if last is not None:
        title = f"The last files of a pack, {wording.format_date_time(last.created_at)}"
        fresh = last is records[0] and job_panel.has_just_imported()
        with st.expander(title, expanded=fresh, icon=":material/fact_check:"):
            importing.report(last, key=f"pack_{last.id}")


def _pack(ai: MusicAI, profile: str, pack: Catalogue) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            key = f"pack_{profile}_{pack.id}"
            st.toggle(
                wording.escape_markdown(pack.name),
                value=pack.enabled,
                key=key,
                on_change=_switch,
                args=(profile, pack.name, key),
            )
            st.space("stretch")
            if st.button("Remove…", key=f"drop_{key}", icon=":material/delete:", type="tertiary"):
                _confirm_removal(pack.name)
        parts = [
            wording.format_count(pack.n_listeners, "listener"),
            f"{pack.n_tracks:,} artists or tracks",
            f"from {wording.escape_markdown(pack.origin)}",
        ]
        if pack.licence:
            parts.append(f"licence: {wording.escape_markdown(pack.licence)}")
        st.caption(" · ".join(parts))
        if pack.enabled:
            state.run_guarded(lambda: _coverage(ai, pack.name))


def _coverage(ai: MusicAI, pack: str) -> None:
    found = state.get_pack_coverage(ai, pack)
    if found is None:
        return
    plays = wording.format_count(found.sharing, "of its listeners plays", "of its listeners play")
    st.markdown(
        f"It names **{found.artists:.0%}** of your {found.n_artists:,} artists, of whom you have "
        f"**{found.plays:.0%}** of your {found.n_plays:,} plays. {plays} one of them, and "
        f"{wording.format_count(found.new_tracks, 'track')} of your catalogues that you never "
        "played can be scored through it."
    )
    if found.artists_before:
        st.markdown(
            f"Without it, your other packs name {found.artists_before:.0%} of your artists; with "
            f"it, {found.artists_together:.0%}."
        )
    if found.sharing < ENOUGH_LISTENERS:
        st.caption(
            f"From {ENOUGH_LISTENERS} such listeners on, a reason may say “listeners like you”."
        )
    st.caption("It counts in versions that were trained since you added it: see Models.")


def _switch(profile: str, name: str, key: str) -> None:
    state.attempt(
        lambda: state.get_store().enable_catalogue(profile, name, bool(st.session_state[key]))
    )


@st.dialog("Remove this pack?")
def _confirm_removal(name: str) -> None:
    st.markdown(
        f"**{wording.escape_markdown(name)}** goes from every listener on this machine. Its files "
        "where you "
        "got them are not touched; versions that were trained with it stay as they are."
    )
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep it", key="pack_no"):
            st.rerun()
        if st.button("Remove", key="pack_yes", type="primary"):
            state.attempt(lambda: state.get_store().remove_catalogue(name))
            st.rerun()
