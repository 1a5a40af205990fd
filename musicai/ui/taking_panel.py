"""A file for a catalogue on its way in: the job that takes it, and what became of its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from musicai.core import jobs
from musicai.core.errors import MusicAIError
from musicai.core.jobs import JobStatus
from musicai.data.parsed import Problem
from musicai.ui import import_panel, jobs_panel, state, words

_TAKEN = "catalogues_started"
"""Session key: how many files this session handed to a job; uploaders are emptied by a new key."""

_FATES = {"read": "Read", "kept": "Kept", "duplicate": "Repeated", "rejected": "Left out"}
"""What became of a row; all but the first add up to the first."""

_REACH = {
    "artists": ("Your artists in them", "artists"),
    "plays_of_artists": ("Your plays by these artists", "plays"),
    "plays_matched": ("Your plays of a track that is matched", "plays"),
    "new_tracks": ("Tracks of your artists that are new to you", None),
}
"""What is covered: what the screen calls it, and the whole that it is a share of."""


def upload_key(base: str) -> str:
    """The uploader's key; it changes with every file that is taken."""
    return f"{base}_{st.session_state.get(_TAKEN, 0)}"


def start(
    upload: import_panel.Upload, profile: str, *command: str, name: str | None = None
) -> None:
    """Spool the file and start ``catalogues COMMAND…`` on it as a job.

    Args:
        upload: The file.
        profile: Whose library is prepared with it.
        command: The action, and its options as one word each.
        name: The catalogue that the action is about, if there is one already.

    Raises:
        JobError: the job could not be started; the file is not kept then.
    """
    spool = jobs.spool(state.settings(), [(upload.name, upload.getvalue())])
    argv = ["catalogues", *command, "--profile", profile, "--spool", str(spool)]
    argv += [] if name is None else ["--", name]
    try:
        jobs_panel.start("catalogue", argv)
    except MusicAIError:
        jobs.discard_spool(state.settings(), spool)
        raise
    st.session_state[_TAKEN] = st.session_state.get(_TAKEN, 0) + 1


def report(profile: str) -> None:
    """What became of the file that was taken last, while its catalogue has these tracks."""
    job = jobs.latest(state.settings(), profile, "catalogue")
    if job is None or job.state != "done" or not job.result.get("catalogue"):
        return
    fresh = st.session_state.get(state.JOB) == job.id
    title = f"The last file, {words.date_and_time(job.started_at)}"
    with st.expander(title, expanded=fresh, icon=":material/fact_check:"):
        st.markdown(f"{done(job)} It took {words.seconds(job.seconds)}.")
        _rows(job.result["rows"])
        if job.result.get("coverage"):
            _coverage(job.result["coverage"])
        problems = [Problem(p["file"], p["where"], p["why"]) for p in job.result["problems"]]
        import_panel.problem_list(problems, int(job.result["n_problems"]), key=f"taken_{job.id}")


def done(job: JobStatus) -> str:
    """What a finished job did, in one sentence of Markdown."""
    told = job.result
    name = f"“{words.plain(str(told['catalogue']))}”"
    tracks = words.count(int(told["tracks"]), "track")
    if told["replaced"] is None:
        return f"{name} is added with {tracks}" + (" and switched on." if told["enabled"] else ".")
    return f"{name} has {tracks} now; it had {int(told['replaced']):,}."


def _rows(rows: Mapping[str, int]) -> None:
    st.table(
        {label: [f"{int(rows[fate]):,}"] for fate, label in _FATES.items()},
        hide_index=True,
        border="horizontal",
        alt="What became of every row of the file",
    )


def _coverage(found: Mapping[str, Any]) -> None:
    st.table(
        coverage_table(found),
        hide_index=True,
        border="horizontal",
        alt="What the catalogues that are switched on cover, before this file and with it",
    )


def coverage_table(found: Mapping[str, Any]) -> dict[str, Sequence[str]]:
    """What all catalogues that are switched on covered before, and cover now."""
    columns: dict[str, list[str]] = {"All that are switched on": [], "Before": [], "Now": []}
    for what, (label, whole) in _REACH.items():
        columns["All that are switched on"].append(label)
        for column, when in (("Before", "before"), ("Now", "after")):
            number = int(found[when][what])
            of = int(found[whole]) if whole else 0
            share = f" ({words.share(number / of)})" if of else ""
            columns[column].append(f"{number:,}{share}")
    return dict(columns)
