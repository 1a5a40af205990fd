"""Taking everything with you: one file with all that a listener imported and decided."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import streamlit as st

from musicai.core.progress import no_progress
from musicai.library import export
from musicai.library.export import export_profile
from musicai.ui import state, wording
from musicai.ui.components import job_panel

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI

Kind = Literal["zip", "json"]

FORMATS: dict[Kind, tuple[str, str, str]] = {
    "zip": (
        "Tables in a zip",
        "application/zip",
        "Each table as CSV, for spreadsheets, and as Parquet, for data tools.",
    ),
    "json": ("One JSON file", "application/json", "The same as one file, for programs."),
}
"""The kinds of file: what the screen calls them, their type, and what they are for."""

AT_ONCE = 100_000
"""Plays that are written while one waits; more are written by a job."""


def draw(ai: MusicAI) -> None:
    """The choice of format, the button that prepares the file, and the download."""
    st.subheader("Take everything with you", anchor=False)
    st.markdown(
        "All your plays, playlists and tracks, and what you decided about them, in one file. "
        "musicai reads it again, so it is also the way to another machine."
    )
    kind = st.segmented_control(
        "Kind of file",
        list(FORMATS),
        format_func=lambda one: FORMATS[one][0],
        default="zip",
        required=True,
        key="export_kind",
    )
    st.caption(FORMATS[kind][2])
    path = export.get_export_path(state.get_settings(), ai.profile, ai.library.fingerprint, kind)
    if path.is_file():
        _download(path, kind)
    _prepare_button(ai, path, kind)


def _download(path: Path, kind: Kind) -> None:
    made = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    st.download_button(
        f"Download ({wording.format_size(path.stat().st_size)})",
        path.read_bytes,
        file_name=f"musicai-{made:%Y-%m-%d}.{kind}",
        mime=FORMATS[kind][1],
        key="export_download",
        type="primary",
        icon=":material/download:",
        on_click="ignore",
    )
    st.caption(f"Prepared on {wording.format_date_time(made)} UTC.")


def _prepare_button(ai: MusicAI, path: Path, kind: Kind) -> None:
    busy = job_panel.find_running() is not None
    large = len(ai.library.plays) > AT_ONCE
    again = path.is_file()
    if st.button(
        "Prepare it again" if again else "Prepare the file",
        key="export_prepare",
        type="tertiary" if again else "primary",
        icon=":material/inventory_2:",
        disabled=large and busy,
        help="Another job is running; this waits for it." if large and busy else None,
    ):
        prepare(ai.profile, path, kind, as_job=large)
        st.rerun()


def prepare(profile: str, path: Path, kind: Kind, *, as_job: bool) -> None:
    """Write the file, at once or as a job; older ones of the listener go.

    Raises:
        MusicAIError: it cannot be written, or the job cannot start.
    """
    export.delete_export(state.get_settings(), profile)
    path.parent.mkdir(parents=True, exist_ok=True)
    if as_job:
        command = ["export", str(path), "--format", kind, "--profile", profile]
        job_panel.start_job("export", command)
        return
    with st.spinner("Writing the file…"):
        export_profile(state.get_store(), state.get_settings(), profile, path, kind, no_progress)
