"""Keeping what was read: off until the person has read what Spotify's terms say of it."""

from __future__ import annotations

import streamlit as st

from musicai.integrations.spotify import consent
from musicai.library.importing import ImportReport
from musicai.ui import import_panel, spotify_session, state, words
from musicai.ui.spotify_session import Session

_TOLD = "spotify_kept"
"""Session key: what keeping came to, to be said once."""


def draw(session: Session, profile: str) -> None:
    """The clause, the switch, and the button that works only when it is on; not for the sample."""
    if state.profile_record(profile).invented:
        return
    with st.expander("Keep it in your profile, and learn from it", icon=":material/gavel:"):
        st.markdown(
            "What musicai reads through Spotify's API it forgets with this tab, and learns "
            "nothing from it. Spotify's terms for developers say: "
            f"“{import_panel.CLAUSE}” They also forbid keeping it for ever. Whether that binds "
            "your own lists on your own machine is for you to judge."
        )
        allowed = bool(state.profile_record(profile).train_on_api_rows)
        key = f"spotify_consent_{profile}"
        st.toggle(
            "I have read this. Keep my lists here, and train on them",
            value=allowed,
            key=key,
            on_change=_switch,
            args=(profile, key),
        )
        _keep_button(session, profile, allowed=allowed)


def _switch(profile: str, key: str) -> None:
    state.attempt(lambda: state.store().set_consent(profile, bool(st.session_state[key])))


def _keep_button(session: Session, profile: str, *, allowed: bool) -> None:
    listings = consent.worth_keeping(session.shelf)
    rows = sum(len(listing.rows) for listing in listings)
    st.button(
        f"Keep {words.count(len(listings), 'list')} with {words.count(rows, 'track')}",
        key="spotify_keep",
        icon=":material/save:",
        disabled=not (allowed and listings),
        on_click=_keep,
        args=(profile,),
    )
    if not listings:
        st.caption("Read your saved tracks, top lists or playlists first.")
    told = st.session_state.pop(_TOLD, None)
    if told:
        st.success(told)
    imports = consent.kept(state.store(), profile)
    if imports:
        st.caption(
            "Kept now: they stand among your imports on Library, and “Disconnect” deletes them. "
            "The next training learns from them while the switch is on."
        )


def _keep(profile: str) -> None:
    session = spotify_session.current()
    if session is None:
        return

    def act() -> None:
        report = consent.keep(state.store(), state.settings(), profile, session.shelf)
        state.forget_loaded()
        st.session_state[_TOLD] = _words(report)

    state.attempt(act)


def _words(report: ImportReport) -> str:
    counts = report.playlist_rows
    parts = [f"{words.count(counts.imported, 'row')} kept"]
    if counts.duplicate:
        parts.append(f"{counts.duplicate:,} were here already")
    return f"{', '.join(parts)}."
