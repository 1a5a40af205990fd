"""Models: the version in use, how well it does, training a new one, and going back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import streamlit as st

from musicai.registry import list_versions
from musicai.ui import (
    jobs_panel,
    metrics_table,
    state,
    update_panel,
    versions_panel,
    widgets,
    words,
)

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.registry import VersionInfo

METHODS = {
    "auto": "Automatic",
    "als": "ALS",
    "nmf": "NMF",
}
_METHOD_HELP = (
    "**Automatic** takes the better of both on a part of your history it has not seen.  \n"
    "**ALS** is implicit-feedback matrix factorisation.  \n"
    "**NMF** is non-negative factorisation, as in the original design."
)


def draw() -> None:
    """The whole page for the chosen profile."""
    ai = state.current_ai()
    widgets.invented_note(ai.library.invented)
    jobs_panel.progress()
    versions = list_versions(state.settings(), state.store())
    info = next((v for v in versions if v.version == ai.version), None)
    if info is None:
        _untrained(ai)
    else:
        _in_use(ai, info)
    _retrain(ai)
    update_panel.draw(ai, info)
    # the bundled version serves the invented listener only, and its figures are no one's quality
    usable = [
        v for v in versions if (ai.library.invented if v.bundled else ai.profile in v.profiles)
    ]
    versions_panel.draw(ai, usable)


def _untrained(ai: MusicAI) -> None:
    with st.container(border=True):
        st.markdown(
            "**No trained version yet.** What needs no training answers already; a trained "
            "version adds what is played together, and weights tuned on your own history."
        )
        for note in ai.notes:
            st.caption(f":material/info: {words.plain(note, 500)}")


def _in_use(ai: MusicAI, info: VersionInfo) -> None:
    collaborative = ai.components.get("collaborative")
    method = str(collaborative.config.to_json().get("method", "")) if collaborative else ""
    widgets.stats(
        {
            "In use": "Bundled" if info.bundled else "Trained here",
            "Method": METHODS.get(method, method) or "–",
            "Updated" if info.update else "Trained": when(info.created_at),
            "Size": words.size(info.size_bytes),
        }
    )
    st.caption(
        f"Version {words.plain(info.version)}. "
        f"{'Updated' if info.update else 'Trained'} on {_sizes(info)} in "
        f"{words.seconds(info.seconds)}."
    )
    notes = [
        *info.notes,
        *([f"Of this version, {info.pickle_problem}"] if info.pickle_problem else []),
    ]
    for note in notes:
        st.caption(f":material/info: {words.plain(note, 500)}")
    st.subheader("How well it does", anchor=False)
    update_panel.whose_figures(info)
    metrics_table.draw(info)


def _sizes(info: VersionInfo) -> str:
    parts = [
        words.count(int(info.sizes[key]), noun)
        for key, noun in (("tracks", "track"), ("plays", "play"), ("listeners", "listener"))
        if info.sizes.get(key)
    ]
    return words.listing(parts) or "data of unknown size"


def when(iso: str) -> str:
    """A short date of an ISO 8601 moment; a dash where there is none."""
    try:
        moment = datetime.fromisoformat(iso)
    except ValueError:
        return "–"
    return words.short_date(moment.astimezone(UTC))


# --- training -------------------------------------------------------------------------


def _retrain(ai: MusicAI) -> None:
    st.subheader("Train a new version", anchor=False)
    st.caption(
        "Learns from everything you imported, measures itself on your latest weeks, and becomes "
        "active when it is done. You can go on listening meanwhile, and cancel at any time."
    )
    busy = jobs_panel.running() is not None
    with st.form("retrain", border=False):
        with st.expander("Settings", icon=":material/tune:"):
            method = st.segmented_control(
                "Method",
                list(METHODS),
                format_func=METHODS.__getitem__,
                default="auto",
                required=True,
                key="models_method",
                help=_METHOD_HELP,
            )
            left, right = st.columns(2)
            factors = left.number_input(
                "Factors",
                2,
                256,
                None,
                key="models_factors",
                placeholder="the method's own",
                help="How many hidden tastes it may tell apart. More is slower.",
            )
            epochs = right.number_input(
                "Epochs",
                1,
                200,
                None,
                key="models_epochs",
                placeholder="the method's own",
                help="How often it goes over your history. More is slower.",
            )
        pressed = st.form_submit_button(
            "Retrain",
            key="retrain_start",
            type="primary",
            icon=":material/model_training:",
            disabled=busy,
        )
    if busy:
        st.caption("A job is running; one at a time.")
    if pressed:
        start_training(ai.profile, str(method), factors, epochs)
        st.rerun()


def start_training(profile: str, method: str, factors: int | None, epochs: int | None) -> None:
    """Start a training job with these choices."""
    command = ["train", "--profile", profile, "--method", method]
    for name, value in (("--factors", factors), ("--epochs", epochs)):
        if value is not None:
            command += [name, str(int(value))]
    jobs_panel.start("train", command)
