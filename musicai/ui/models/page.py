"""Models: the version in use, how well it does, training a new one, and going back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import streamlit as st

from musicai.models.registry.registry import list_versions
from musicai.ui import state, wording
from musicai.ui.components import job_panel, widgets
from musicai.ui.models import experiments, health, metrics, training
from musicai.ui.models import versions as versions_panel

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.models.registry.registry import VersionInfo


def draw() -> None:
    """The whole page for the chosen profile."""
    ai = state.get_current_ai()
    widgets.draw_invented_note(ai.library.invented)
    job_panel.draw_progress()
    versions = list_versions(state.get_settings(), state.get_store())
    info = next((v for v in versions if v.version == ai.version), None)
    if info is None:
        _draw_untrained(ai)
    else:
        _in_use(ai, info)
    training.draw(ai)
    training.draw_update(ai, info)
    # the bundled version serves the invented listener only, and its figures are no one's quality
    usable = [
        v for v in versions if (ai.library.invented if v.bundled else ai.profile in v.profiles)
    ]
    training.draw_schedule(ai.profile)
    sound = sorted(
        (v for v in usable if v.problem is None), key=lambda v: v.created_at, reverse=True
    )
    experiments.draw(ai, sound)
    versions_panel.draw(ai, usable)
    health.draw(ai, sound)


def _draw_untrained(ai: MusicAI) -> None:
    with st.container(border=True):
        st.markdown(
            "**No trained version yet.** What needs no training answers already; a trained "
            "version adds what is played together, and weights tuned on your own history."
        )
        for note in ai.notes:
            st.caption(f":material/info: {wording.escape_markdown(note, 500)}")


def _in_use(ai: MusicAI, info: VersionInfo) -> None:
    collaborative = ai.components.get("collaborative")
    method = str(collaborative.config.to_json().get("method", "")) if collaborative else ""
    widgets.draw_stats(
        {
            "In use": "Bundled" if info.bundled else "Trained here",
            "Method": training.METHODS.get(method, method) or "–",
            "Updated" if info.update else "Trained": when(info.created_at),
            "Size": wording.format_size(info.size_bytes),
        }
    )
    st.caption(
        f"Version {wording.escape_markdown(info.version)}. "
        f"{'Updated' if info.update else 'Trained'} on {_sizes(info)} in "
        f"{wording.format_seconds(info.seconds)}."
    )
    notes = [
        *info.notes,
        *([f"Of this version, {info.pickle_problem}"] if info.pickle_problem else []),
    ]
    for note in notes:
        st.caption(f":material/info: {wording.escape_markdown(note, 500)}")
    st.subheader("How well it does", anchor=False)
    training.whose_figures(info)
    metrics.draw(info)


def _sizes(info: VersionInfo) -> str:
    parts = [
        wording.format_count(int(info.sizes[key]), noun)
        for key, noun in (("tracks", "track"), ("plays", "play"), ("listeners", "listener"))
        if info.sizes.get(key)
    ]
    return wording.join_list(parts) or "data of unknown size"


def when(iso: str) -> str:
    """A short date of an ISO 8601 moment; a dash where there is none."""
    try:
        moment = datetime.fromisoformat(iso)
    except ValueError:
        return "–"
    return wording.format_short_date(moment.astimezone(UTC))
