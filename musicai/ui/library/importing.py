"""Bringing music in: the drop zone, the consent question, and the report that adds up."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from musicai.core import jobs
from musicai.core.errors import MusicAIError, QueryError
from musicai.data.parsed import Problem
from musicai.library.formats import SOURCES
from musicai.store import Counts, FileRecord, ImportRecord
from musicai.store.records import counts_of_kind
from musicai.ui import state, wording
from musicai.ui.components import job_panel
from musicai.ui.library import column_mapping
from musicai.ui.library.column_mapping import Upload

CLOCKS = (
    (
        "About 2 minutes",
        "Playlists, with audio features",
        "Open [exportify.net](https://exportify.net), log in, and save each playlist or "
        "“Export All”. You get CSV files.",
    ),
    (
        "About 5 days",
        "Account data",
        "Ask on [Spotify's privacy page](https://www.spotify.com/account/privacy/) for "
        "“Account data”: the last year of plays, your playlists and what you saved. Drop the zip "
        "here as it came.",
    ),
    (
        "Up to 30 days",
        "Extended streaming history",
        "On the same page, tick “Extended streaming history”: every play since you joined, with "
        "skips. Drop the zip here as it came.",
    ),
)
"""How long each export takes, what it is, and where to ask for it."""


API_FORMATS = ("exportify", "spotify_api")
"""Readers whose name begins so give rows that came through Spotify's API."""

_TAKEN = "imports_started"
"""Session key: how many imports this session started."""

PROBLEMS_SHOWN = 200
_FEW = 12


def clocks() -> None:
    """Three ways to get one's own data, by how long they take."""
    for column, (time, what, how) in zip(st.columns(3), CLOCKS, strict=True):
        with column.container(border=True, height="stretch"):
            st.markdown(f":material/schedule: **{time}**")
            st.markdown(what)
            st.markdown(f":small[{how}]")


def formats() -> None:
    """Everything that can be read, folded away."""
    with st.expander("Everything musicai can read", icon=":material/folder_open:"):
        st.markdown("\n".join(f"- {wording.escape_markdown(source.label)}" for source in SOURCES))
        st.caption(
            "Files are recognised by what is in them, not by their names. Zip files, several "
            "files at once and folders inside a zip are fine."
        )


# --- the drop zone --------------------------------------------------------------------


def drop_zone(place: str = "import") -> None:
    """Files, the profile they go to, and the button that starts the import.

    Args:
        place: What the keys begin with; a page that draws the zone has its own.
    """
    uploads = st.file_uploader(
        "Your files",
        accept_multiple_files=True,
        key=upload_key(f"{place}_files"),
        help="Zip files as received, JSON, CSV, or tables of tracks. Several at once. "
        "Up to 300 MB each. They stay on this machine.",
    )
    column_mapping.draw(uploads, place)
    left, right = st.columns(2, vertical_alignment="bottom")
    _follow_listener(f"{place}_profile")
    profile = left.text_input(
        "Name of the listener",
        max_chars=40,
        key=f"{place}_profile",
        help="Only a label on this machine. An existing name adds to that listener.",
    )
    private = right.toggle(
        "Include private sessions",
        key=f"{place}_private",
        help="Plays that Spotify marked as private are left out unless you switch this on.",
    )
    busy = job_panel.find_running() is not None
    if st.button(
        "Import",
        key=f"{place}_start",
        type="primary",
        icon=":material/upload_file:",
        disabled=not uploads or busy,
        help="Another job is running; this waits for it." if busy else None,
    ):
        name = check_typed_name(profile)
        start(uploads, name, include_private=private)
        st.rerun()


def upload_key(base: str) -> str:
    """The uploader's key; it changes with every import, so that the files are gone then."""
    return f"{base}_{st.session_state.get(_TAKEN, 0)}"


def _follow_listener(key: str) -> None:
    """Put the chosen listener's name into the field, again whenever another one is chosen."""
    name = _suggest_name([p.name for p in state.list_profiles() if not p.invented])
    if key not in st.session_state or st.session_state.get(f"{key}_of") != name:
        st.session_state[key] = st.session_state[f"{key}_of"] = name


def _suggest_name(real: Sequence[str]) -> str:
    current = state.get_current_profile()
    if current is not None and current in real:
        return current
    return real[0] if real else "me"


def check_typed_name(name: str) -> str:
    """The profile's name as typed, one line.

    Raises:
        QueryError: it is empty, or it belongs to the invented sample.
    """
    clean = wording.clean_text(name, 40).strip()
    if not clean:
        raise QueryError("The listener needs a name. Type any, such as “me”.")
    if any(p.invented and p.name == clean for p in state.list_profiles()):
        raise QueryError(
            f"“{clean}” is the invented sample, and real music never mixes with it. "
            "Choose another name."
        )
    return clean


def start(uploads: Sequence[Upload], profile: str, *, include_private: bool) -> None:
    """Spool the files and start the import job, which trains afterwards.

    Raises:
        JobError: the job could not be started; the files are not kept then.
    """
    spool = jobs.spool(state.get_settings(), [(u.name, u.getvalue()) for u in uploads])
    command = ["import", "--spool", str(spool), "--profile", profile, "--train"]
    try:
        job_panel.start_job("import", command + (["--include-private"] if include_private else []))
    except MusicAIError:
        jobs.discard_spool(state.get_settings(), spool)
        raise
    st.session_state[_TAKEN] = st.session_state.get(_TAKEN, 0) + 1
    state.choose_profile(profile)


# --- the report -----------------------------------------------------------------------


_KINDS = {
    "plays": "Plays",
    "playlist": "Playlist rows",
    "catalogue": "Catalogue rows",
    "neighbours": "Rows of other listeners",
    "tracks": "Facts about tracks",
    "choices": "Your choices",
}
"""What the screen calls the kinds of rows, in this order."""

_FATES = {
    "read": "Read",
    "imported": "Imported",
    "duplicate": "Had already",
    "not_music": "Not music",
    "private": "Private",
    "rejected": "Rejected",
}
"""What became of a row; all but the first add up to the first."""


def counts_table(record: ImportRecord) -> dict[str, list[str]]:
    """What became of every row, kind by kind; each line adds up to "Read"."""
    found = {label: counts_of_kind(record.files, kind) for kind, label in _KINDS.items()}
    kinds = {label: counts for label, counts in found.items() if counts.read} or {"Rows": Counts()}
    table = {"": list(kinds)}
    for fate, name in _FATES.items():
        table[name] = [f"{getattr(counts, fate):,}" for counts in kinds.values()]
    return table


def count_imported_rows(record: ImportRecord) -> int:
    """Rows of any kind that an import brought."""
    return sum(f.counts.imported for f in record.files)


def report(record: ImportRecord, *, key: str) -> None:
    """One import: its counts, its files, and everything that was not taken in."""
    st.table(
        counts_table(record),
        hide_index=True,
        border="horizontal",
        alt="What became of every row that was read",
    )
    _files(record, key)
    problems(record, key=key)


def file_label(file: str) -> str:
    """A file as the person knows it; of a member's path in an archive only the end."""
    archive, mark, member = wording.clean_text(file, 1_000).rpartition(" › ")
    return wording.clean_text(f"{archive}{mark}{member.rsplit('/', 1)[-1]}", 90)


def _files(record: ImportRecord, key: str) -> None:
    if not record.files:
        return
    st.dataframe(
        pd.DataFrame(files_table(record.files)),
        hide_index=True,
        key=f"files_{key}",
        alt="Files of this import, and what became of the rows of each",
    )


def files_table(files: Sequence[FileRecord]) -> dict[str, list[object]]:
    """What became of every row, file by file; each line adds up to "Read"."""
    labels = {source.name: source.label for source in SOURCES}
    columns: dict[str, list[object]] = {
        "File": [file_label(f.file) for f in files],
        "Format": [labels.get(f.format, f.format.replace("_", " ")) for f in files],
        "Rows are": [_KINDS.get(f.kind, f.kind).lower() for f in files],
    }
    for fate, name in _FATES.items():
        columns[name] = [getattr(f.counts, fate) for f in files]
    if any(f.repeated for f in files):
        columns["Note"] = ["had this file already" if f.repeated else "" for f in files]
    return columns


def problems(record: ImportRecord, *, key: str) -> None:
    """Rows and files that were not taken in, each with its place and the reason."""
    problem_list(record.problems, len(record.problems), key=key)


def problem_list(found: Sequence[Problem], total: int, *, key: str) -> None:
    """The first of ``total`` problems, each with its file, place and reason."""
    if not total:
        st.caption(":material/check: No problems.")
        return
    shown = found[:PROBLEMS_SHOWN]
    st.caption(
        f":material/report: {wording.format_count(total, 'problem')}"
        + (f", the first {len(shown)} shown." if total > len(shown) else ".")
    )
    alt = "What was not taken in, and why"
    if len(shown) <= _FEW:  # a table wraps long reasons; many rows need one that scrolls
        table = {
            "File": [wording.escape_markdown(file_label(p.file)) for p in shown],
            "Where": [wording.escape_markdown(p.where) for p in shown],
            "Why": [wording.escape_markdown(p.why, 400) for p in shown],
        }
        st.table(table, hide_index=True, border="horizontal", alt=alt)
        return
    frame = pd.DataFrame(
        {
            "File": [file_label(p.file) for p in shown],
            "Where": [wording.clean_text(p.where) for p in shown],
            "Why": [wording.clean_text(p.why, 400) for p in shown],
        }
    )
    st.dataframe(frame, hide_index=True, key=f"problems_{key}", alt=alt)


# --- consent --------------------------------------------------------------------------


def consent_question(profile: str) -> None:
    """Ask once whether rows from Spotify's API may be trained on; the text says why."""
    with st.container(border=True):
        st.markdown("**One question about your Exportify files**")
        st.markdown(
            "These playlists came through Spotify's API, whose terms for developers say: "
            f"“{wording.CLAUSE}” Whether that binds your own files on your own machine is for you "
            "to judge. Without your yes they still show, serve as starting points and give "
            "features; the model does not learn from them."
        )
        with st.container(horizontal=True):
            st.button(
                "Leave them out of training",
                key="consent_no",
                type="primary",
                on_click=set_consent,
                args=(profile, False),
            )
            st.button(
                "Train on them too", key="consent_yes", on_click=set_consent, args=(profile, True)
            )
        st.caption("You can change this on Library at any time.")


def has_api_rows(profile: str) -> bool:
    """Whether any import of the profile came through Spotify's API."""
    records = state.get_store().imports(profile)
    return any(f.format.startswith(API_FORMATS) for record in records for f in record.files)


def set_consent(profile: str, allowed: bool) -> None:
    """Record the answer, and train again if there is more to learn from; for callbacks."""

    def act() -> None:
        state.get_store().set_consent(profile, allowed)
        if allowed and job_panel.find_running() is None:
            job_panel.start_job("train", ["train", "--profile", profile])

    state.attempt(act)
