"""Background jobs on the screen: starting one, its progress, its end.

A job is a child process with a status file; the page only reads that, so it survives a
reload. The fragment that watches it has a timer while there is something to watch, and
redraws the page once when the job is over.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from musicai.core import jobs
from musicai.core.errors import NotFound
from musicai.core.jobs import JobStatus, Kind
from musicai.library.catalogs import find_unprepared
from musicai.library.sample import SAMPLE_PROFILE, load_sample
from musicai.store.catalogs import NEIGHBOURS
from musicai.ui import state, wording

EVERY = "1s"
"""How often a running job is looked at."""

_DOING = {
    "import": "Importing",
    "train": "Training",
    "export": "Writing your export",
    "enrich": "Asking open data",
    "measure": "Reading dumps",
    "catalogue": "Taking in the tracks",
    "prepare": "Joining your catalogues",
    "duel": "Comparing",
}
_FAILED = {
    "import": "The import failed",
    "train": "The training failed",
    "export": "The export failed",
    "enrich": "Finding music through open data failed",
    "measure": "Reading the dumps failed",
    "catalogue": "The tracks were not taken in",
    "prepare": "Joining your catalogues failed",
    "duel": "The comparison failed",
}
_KEPT = {
    "enrich": ". The answers so far are kept, and the next run goes on from them.",
    "measure": ". The dumps that were read to their end count, and the next run skips them.",
}
_KNOWN_FROM = 0.1
"""Share of the work from which on the rest is estimated."""
_SAID_FROM_S = 3.0
_SAMPLE_WISH = "sample_wish"
_SHOWN = "shown_import"
"""Session key: the import job whose rows the pages were redrawn for."""


def find_running() -> JobStatus | None:
    """The job that works now on this data folder, whoever started it."""
    job = jobs.find_latest(state.get_settings())
    return job if job is not None and not job.is_finished else None


def start_job(kind: Kind, command: Sequence[str]) -> None:
    """Start a job and remember it in this session.

    Raises:
        JobError: the process could not be started.
    """
    st.session_state[state.JOB] = jobs.start(state.get_settings(), kind, list(command)).id


def _cancel_job(job_id: str) -> None:
    state.attempt(lambda: jobs.cancel(state.get_settings(), job_id))


# --- progress -------------------------------------------------------------------------


def draw_sidebar() -> None:
    """The running job in the side bar, on every page."""
    _watch_job("side")


def draw_progress(*, instead: bool = False) -> None:
    """The running job, large, on the pages that start one, or ``instead`` of any page."""
    _watch_job("instead" if instead else "main")


def _watch_job(place: str) -> None:
    if find_running() is None:
        return
    st.fragment(_draw_job, run_every=EVERY, key=f"job_{place}")(place)


def _draw_job(place: str) -> None:
    """One look at the job; ends its own timer with a redraw of the whole page."""
    job = find_running()
    if job is None:
        st.rerun()
    st.session_state[state.JOB] = job.id
    imported = job.kind in ("import", "enrich") and bool(job.result)
    if imported and st.session_state.get(_SHOWN) != job.id:
        st.session_state[_SHOWN] = job.id  # the music is here: the pages can show it already
        st.rerun()
    label = "Cancelling" if job.cancelling else _DOING["train" if imported else job.kind]
    note = job.note or "Starting"
    with st.container(border=place != "side"):
        st.progress(
            job.fraction, text=f"**{label}** {job.fraction:.0%} · {wording.escape_markdown(note)}"
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            if place != "side":
                so_far = f"{wording.format_seconds(job.seconds)} so far{_describe_remaining(job)}."
                st.caption(so_far + (" You can use the other pages." if place == "main" else ""))
            st.button(
                "Cancel",
                key=f"cancel_{place}",
                icon=":material/cancel:",
                type="tertiary" if place == "side" else "secondary",
                disabled=job.cancelling,
                on_click=_cancel_job,
                args=(job.id,),
            )
        if place != "side":
            _draw_log(job)


def _describe_remaining(job: JobStatus) -> str:
    """About how long it will take still, as soon as that can be said."""
    if job.fraction < _KNOWN_FROM or job.seconds < _SAID_FROM_S:
        return ""
    left = job.seconds * (1 - job.fraction) / job.fraction
    return f", about {wording.format_seconds(left)} left"


def _draw_log(job: JobStatus) -> None:
    """What a job did and when, folded."""
    if job.stages:
        with st.expander("Log", icon=":material/article:"):
            lines = [f"{seconds:8.1f} s  {note}" for seconds, note in job.stages]
            st.code("\n".join(lines), language=None, wrap_lines=True)


# --- the end --------------------------------------------------------------------------


def draw_outcome() -> None:
    """How the session's last job ended, until it is closed or another starts."""
    job_id = st.session_state.get(state.JOB)
    if job_id is None:
        return
    try:
        job = jobs.read_status(state.get_settings(), job_id)
    except NotFound:
        _forget_job()
        return
    if not job.is_finished:
        return
    if job.kind == "prepare" and job.state == "done":
        _forget_job()  # the page itself is what was waited for
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        _draw_message(job)
        st.button("Close", key="close_outcome", icon=":material/close:", on_click=_forget_job)
    if job.kind == "train":
        _draw_log(job)


def _draw_message(job: JobStatus) -> None:
    if job.state == "failed":
        text = wording.escape_markdown(
            job.error or "It stopped unexpectedly; nothing half-done was kept. Start it again.",
            1_000,
        )
        st.error(text, title=_FAILED.get(job.kind, "The job failed"), icon=":material/error:")
    elif job.state == "cancelled":
        kept = _KEPT.get(job.kind, "; nothing half-done was kept.")
        st.info(f"Stopped as you asked{kept}", icon=":material/block:")
    elif job.kind == "train" and _is_held_back(job):
        reason = wording.escape_markdown(str(job.result["gate"].get("reason", "")), 500)
        st.warning(
            f"{reason} The version in use stays; under Versions you can let the new one serve.",
            title="The new version waits for your word",
            icon=":material/front_hand:",
        )
    elif job.kind == "train":
        done = "updated" if job.result.get("updated_from") else "trained"
        st.success(
            f"The new version is {done} and in use. It took {wording.format_seconds(job.seconds)}.",
            icon=":material/check_circle:",
        )
    elif job.kind == "enrich":
        _report_enrichment(job)
    elif job.kind == "measure":
        _report_measures(job)
    elif job.kind == "catalogue":
        st.success(_describe_catalogue(job), icon=":material/check_circle:")
    elif job.kind == "duel":
        st.success("The comparison is done; it stands on Models.", icon=":material/balance:")
    elif job.kind == "export":
        st.success("Your export is written; take it on Library.", icon=":material/check_circle:")
    else:
        st.success(_describe_import(job), icon=":material/check_circle:")


def _is_held_back(job: JobStatus) -> bool:
    """Whether the trained version was held back."""
    gate = job.result.get("gate")
    return isinstance(gate, dict) and gate.get("promote") is False


def _report_enrichment(job: JobStatus) -> None:
    told = job.result
    found, artists = int(told.get("tracks") or 0), int(told.get("artists") or 0)
    text = "Nothing new was found."
    if found:
        by = f"{told.get('recognised', 0)} of {wording.format_count(artists, 'artist')}"
        text = f"Found {wording.format_count(found, 'track')} that you never played, through {by}."
    if told.get("complete"):
        st.success(text, icon=":material/check_circle:")
        return
    text += " Some questions had no answer; run it again later, and it goes on from there."
    if told.get("problem"):
        text += f" {wording.escape_markdown(str(told['problem']), 300)}"
    st.warning(text, icon=":material/warning:")


def _report_measures(job: JobStatus) -> None:
    told = job.result
    tracks = wording.format_count(int(told.get("tracks") or 0), "recognised track")
    text = f"AcousticBrainz measured {int(told.get('measured') or 0):,} of {tracks}."
    problems = int(told.get("problems") or 0)
    if not problems:
        st.success(text, icon=":material/check_circle:")
        return
    first = wording.escape_markdown(str(told.get("problem")), 300)
    st.warning(
        f"{text} {wording.format_count(problems, 'problem')}: {first}", icon=":material/warning:"
    )


def _describe_catalogue(job: JobStatus) -> str:
    told, rows = job.result, job.result["rows"]
    name, tracks = (
        f"“{wording.escape_markdown(str(told['catalogue']))}”",
        wording.format_count(rows["kept"], "track"),
    )
    text = f"{name} has {tracks}"
    text += "." if told["replaced"] is None else f" now; it had {int(told['replaced']):,}."
    left = int(rows["rejected"])
    text += f" {wording.format_count(left, 'row')} of {rows['read']:,} left out." if left else ""
    return f"{text} The whole report stands under New music on Library."


def _describe_import(job: JobStatus) -> str:
    counts = job.result
    kinds = (
        ("plays", "play", ""),
        ("playlist_rows", "playlist row", ""),
        ("tracks", "catalogue track", ""),
        ("neighbours", "row of other listeners", "rows of other listeners"),
    )
    parts = [
        wording.format_count(int(counts[key]["imported"]), noun, several)
        for key, noun, several in kinds
        if isinstance(counts.get(key), dict) and counts[key].get("imported")
    ]
    problems = int(counts.get("n_problems") or 0)
    text = f"Imported {wording.join_list(parts)}" if parts else "Nothing new was in these files"
    text += f" in {wording.format_seconds(job.seconds)}, with training." if parts else "."
    if problems:
        text += f" {wording.format_count(problems, 'problem')}: see the last import on Home."
    replaced = int(counts.get("superseded") or 0)
    if replaced:
        text += f" {wording.format_count(replaced, 'play')} of less exact sources no longer count "
        "twice."
    return text


def has_just_imported() -> bool:
    """Whether the last job of this session was an import."""
    return str(st.session_state.get(state.JOB, "")).startswith("import")


def _forget_job() -> None:
    st.session_state.pop(state.JOB, None)


# --- the sample -----------------------------------------------------------------------


def open_sample() -> None:
    """Load the invented sample with the next draw; for callbacks."""
    st.session_state[_SAMPLE_WISH] = True


def take_sample_wish() -> None:
    """Load the sample if a button asked for it, with a word on the screen meanwhile."""
    if not st.session_state.pop(_SAMPLE_WISH, False):
        return
    with st.spinner("Opening the sample listener…"):
        state.attempt(lambda: load_sample(state.get_store(), state.get_settings()))
    if state.get_store().has_profile(SAMPLE_PROFILE):
        state.choose_profile(SAMPLE_PROFILE)


def draw_preparation() -> bool:
    """Draw what is going on instead of the page, where the chosen profile is not ready for it.

    Raises:
        JobError: the job could not be started.
    """
    profile = state.get_current_profile()
    if profile is None:
        return False
    joined = find_unprepared(state.get_store(), state.get_settings(), profile)
    if joined is None:
        return False
    last = _find_last_join(profile, joined)
    if last is not None and last.state == "done":
        return False  # done, and yet no side file: the disk keeps none, so the page must wait
    if last is None and find_running() is None:
        _start_join(profile)
    stopped = find_running() is None
    st.markdown(
        "**Your catalogues are "
        + ("not joined with your music yet.** " if stopped else "being joined with your music.** ")
        + "Each of your tracks is looked for among theirs, once after every change; then the pages "
        "open at once."
    )
    if stopped:
        _draw_retry(profile)
    draw_progress(instead=True)
    return True


def _find_last_join(profile: str, joined: str) -> JobStatus | None:
    """The last job that was to join exactly this, if it is over."""
    job = jobs.find_latest(state.get_settings(), profile, "prepare")
    fits = job is not None and job.is_finished and job.result.get("joined") in (None, joined)
    return job if fits else None


def _start_join(profile: str) -> None:
    start_job("prepare", ["catalogues", "prepare", "--profile", profile])


def _draw_retry(profile: str) -> None:
    """It was stopped, or failed: once more, or without one of the large catalogues."""
    with st.container(border=True):
        st.markdown("The joining was stopped. Do it now, or go on without one of them.")
        with st.container(horizontal=True):
            st.button(
                "Join them now",
                key="prepare_again",
                type="primary",
                icon=":material/join:",
                on_click=lambda: state.attempt(lambda: _start_join(profile)),
            )
            for one in state.get_store().catalogues(profile):
                if one.enabled and one.kind != NEIGHBOURS:
                    st.button(
                        f"Switch off {wording.escape_markdown(one.name)} ({one.n_tracks:,} tracks)",
                        key=f"prepare_without_{one.id}",
                        on_click=_disable_catalogue,
                        args=(profile, one.name),
                    )


def _disable_catalogue(profile: str, name: str) -> None:
    state.attempt(lambda: state.get_store().enable_catalogue(profile, name, False))
