"""Models: taking in new plays without training anew, and when that is not enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from musicai.models.registry import freshness
from musicai.ui import jobs_panel, state, words

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.models.registry.freshness import Behind
    from musicai.models.registry.registry import VersionInfo

KEY = "update_start"


def draw(ai: MusicAI, info: VersionInfo | None) -> None:
    """The button, what it would take in, and why it may be dead.

    Args:
        ai: The profile, with its library as it is now.
        info: The version that serves it; None for none.
    """
    feedback = len(state.store().feedback(ai.profile))
    why_not = freshness.why_not(info, ai.library, feedback)
    st.caption(
        "**Update with new plays** is quicker: it goes on from the version in use instead of "
        "beginning anew, and keeps its weights and settings. It measures nothing anew."
    )
    st.button(
        "Update with new plays",
        key=KEY,
        icon=":material/update:",
        disabled=bool(why_not) or jobs_panel.running() is not None,
        on_click=_start,
        args=(ai.profile,),
    )
    if info is None or info.bundled:
        st.caption(f":material/info: {why_not}")
        return
    found = freshness.behind(info, ai.library)
    said = freshness.verdicts_since(info, feedback)
    st.caption(f":material/info: {why_not or _new(found, said)}")
    if found.advice:
        st.warning(f"{found.advice} Use “Retrain” for it.", icon=":material/model_training:")


def _new(found: Behind, said: int) -> str:
    """What changed since the version was made, in words.

    Args:
        found: In the data.
        said: New verdicts on tracks.
    """
    parts = [
        words.count(number, noun, several)
        for number, noun, several in (
            (found.new_plays, "new play or playlist row", "new plays and playlist rows"),
            (found.new_tracks, "new track", ""),
            (said, "new verdict", ""),
        )
        if number > 0
    ]
    if not parts:
        return "Your data changed since the version in use was made."
    return f"Since the version in use was made: {words.listing(parts)}."


def _start(profile: str) -> None:
    command = ["train", "--profile", profile, "--update"]
    state.attempt(lambda: jobs_panel.start("train", command))


def whose_figures(info: VersionInfo) -> None:
    """Whose figures those of an updated version are."""
    if not info.update or not info.metrics:
        return
    first, _, in_a_row = freshness.first_of(info)
    st.caption(
        f":material/info: These figures are of version {words.plain(first)}, from which this one "
        f"was updated ({words.count(in_a_row, 'update')} since). Nothing was measured anew."
    )
