"""What stands in a page's place while a large catalogue is being joined for the first time.

The joining takes longer than a page may, so it is a job. It starts by itself: whatever changed
the library, a switch, an import, a removed catalogue, made it worth doing.
"""

from __future__ import annotations

import streamlit as st

from musicai.core import jobs
from musicai.core.jobs import JobStatus
from musicai.library.catalogs import unprepared
from musicai.store.catalogs import NEIGHBOURS
from musicai.ui import jobs_panel, state, words


def stands_in() -> bool:
    """Draw what is going on instead of the page, where the chosen profile is not ready for it.

    Raises:
        JobError: the job could not be started.
    """
    profile = state.current_profile()
    if profile is None:
        return False
    joined = unprepared(state.store(), state.settings(), profile)
    if joined is None:
        return False
    last = _last(profile, joined)
    if last is not None and last.state == "done":
        return False  # done, and yet no side file: the disk keeps none, so the page must wait
    if last is None and jobs_panel.running() is None:
        _start(profile)
    stopped = jobs_panel.running() is None
    st.markdown(
        "**Your catalogues are "
        + ("not joined with your music yet.** " if stopped else "being joined with your music.** ")
        + "Each of your tracks is looked for among theirs, once after every change; then the pages "
        "open at once."
    )
    if stopped:
        _again(profile)
    jobs_panel.progress(instead=True)
    return True


def _last(profile: str, joined: str) -> JobStatus | None:
    """The last job that was to join exactly this, if it is over."""
    job = jobs.latest(state.settings(), profile, "prepare")
    fits = job is not None and job.finished and job.result.get("joined") in (None, joined)
    return job if fits else None


def _start(profile: str) -> None:
    jobs_panel.start("prepare", ["catalogues", "prepare", "--profile", profile])


def _again(profile: str) -> None:
    """It was stopped, or failed: once more, or without one of the large catalogues."""
    with st.container(border=True):
        st.markdown("The joining was stopped. Do it now, or go on without one of them.")
        with st.container(horizontal=True):
            st.button(
                "Join them now",
                key="prepare_again",
                type="primary",
                icon=":material/join:",
                on_click=lambda: state.attempt(lambda: _start(profile)),
            )
            for one in state.store().catalogues(profile):
                if one.enabled and one.kind != NEIGHBOURS:
                    st.button(
                        f"Switch off {words.plain(one.name)} ({one.n_tracks:,} tracks)",
                        key=f"prepare_without_{one.id}",
                        on_click=_switch_off,
                        args=(profile, one.name),
                    )


def _switch_off(profile: str, name: str) -> None:
    state.attempt(lambda: state.store().enable_catalogue(profile, name, False))
