"""Models: training a new version by a preset, by hand, or by a search for better settings."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from musicai.models import COMPONENTS
from musicai.models.deep import availability
from musicai.models.hyperparameters import HYPERPARAMETERS, PRESETS, Hyperparameter
from musicai.models.registry import freshness
from musicai.training import schedule
from musicai.ui import state, wording
from musicai.ui.components import job_panel

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.models.registry.freshness import Behind
    from musicai.models.registry.registry import VersionInfo

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
_PRESET_HELP = (
    "**Standard**: the components' own settings.  \n"
    "**Quick**: smaller, without a music map; for a first look.  \n"
    "**Fine**: larger, and looks for better settings for five minutes."
)
_MINUTES = (0, 1, 5, 15, 60)
"""Budgets of the search that can be chosen."""


def draw(ai: MusicAI) -> None:
    """What a training does, its choices, and the button."""
    st.subheader("Train a new version", anchor=False)
    st.caption(
        "Learns from everything you imported and said, measures itself on your latest weeks, and "
        "becomes active unless it does worse there. You can go on listening meanwhile, and cancel "
        "at any time."
    )
    busy = job_panel.find_running() is not None
    preset = st.segmented_control(
        "Preset",
        list(PRESETS),
        default="Standard",
        required=True,
        key="models_preset",
        help=_PRESET_HELP,
        on_change=_apply,
    )
    chosen = PRESETS[preset or "Standard"]
    with st.form("retrain", border=False):
        with st.expander("Settings", icon=":material/tune:"):
            command = _choices(chosen)
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
        job_panel.start_job("train", ["train", "--profile", ai.profile, *command])
        st.rerun()


def _choices(preset: Mapping[str, Any]) -> list[str]:
    """The widgets, and what they say as the command line has it."""
    left, right = st.columns(2)
    method = left.segmented_control(
        "Method",
        list(METHODS),
        format_func=METHODS.__getitem__,
        default=preset.get("method", "auto"),
        required=True,
        key="models_method",
        help=_METHOD_HELP,
    )
    minutes = right.select_slider(
        "Look for better settings",
        _MINUTES,
        value=int(preset.get("tune_s", 0) // 60),
        format_func=lambda n: f"{n} min" if n else "no",
        key="models_tune",
        help="Tries settings for so long on a part of your history that no figure is measured "
        "on, and keeps what is better beyond chance.",
    )
    with_map = st.toggle(
        "Draw the music map",
        preset.get("music_map", True),
        key="models_map",
        help="The Map page needs it; about half a minute for 100,000 tracks.",
    )
    deep = _deep(preset)
    command = ["--method", str(method), "--tune", str(minutes)]
    command += [] if with_map else ["--no-map"]
    command += [] if deep else ["--no-deep"]
    for component in dict.fromkeys(one.component for one in HYPERPARAMETERS):
        if COMPONENTS[component].optional and not (deep and availability.is_installed()):
            continue
        st.markdown(f"**{COMPONENTS[component].label}**")
        mine = [one for one in HYPERPARAMETERS if one.component == component]
        with st.grid(3, min_column_width=150):
            for one in mine:
                value = _number(one, preset.get("settings", {}).get(component, {}).get(one.name))
                if value is not None:
                    command += ["--set", f"{one.key}={value:g}"]
    return command


def _deep(preset: Mapping[str, Any]) -> bool:
    """Whether to train the deep components; a line on what they need where that is not there."""
    if not availability.is_installed():
        st.caption(f":material/info: {availability.WITHOUT_TORCH}")
        return True
    return st.toggle(
        "Train the deep components",
        preset.get("deep", True),
        key="models_deep",
        help="Neural networks that learn the order of your plays, and what listeners have in "
        "common. They take longest: minutes for 100,000 plays, without a graphics card.",
    )


def _number(one: Hyperparameter, value: float | None) -> float | None:
    """A field that is empty for the component's own value."""
    told = f"{one.help} {one.low:g} to {one.high:g}; {one.default:g} where left empty."
    if one.whole:
        return st.number_input(
            one.label,
            int(one.low),
            int(one.high),
            None if value is None else int(value),
            key=_key(one),
            placeholder=f"{one.default:g}",
            help=told,
        )
    return st.number_input(
        one.label,
        float(one.low),
        float(one.high),
        None if value is None else float(value),
        format="%g",
        key=_key(one),
        placeholder=f"{one.default:g}",
        help=told,
    )


def _key(one: Hyperparameter) -> str:
    return f"models_{one.component}_{one.name}"


def _apply() -> None:
    """Set every field as the preset has it."""
    preset = PRESETS[st.session_state["models_preset"]]
    st.session_state["models_method"] = preset.get("method", "auto")
    st.session_state["models_tune"] = int(preset.get("tune_s", 0) // 60)
    st.session_state["models_map"] = preset.get("music_map", True)
    for one in HYPERPARAMETERS:
        value = preset.get("settings", {}).get(one.component, {}).get(one.name)
        st.session_state[_key(one)] = value


_LOOKED = "schedule_looked"
"""Session key: when this session last looked whether a training is due."""

_EVERY_S = 600


def draw_schedule(profile: str) -> None:
    """The two choices of a profile."""
    values = state.get_store().settings_of(profile)
    with st.expander("Keep it fresh", icon=":material/event_repeat:"):
        left, right = st.columns(2)
        hows, intervals = list(schedule.HOWS), list(schedule.INTERVALS)
        left.selectbox(
            "After an import",
            hows,
            index=hows.index(schedule.after_import(values)),
            format_func=schedule.HOWS.__getitem__,
            key="schedule_after",
            on_change=_save,
            args=(profile,),
        )
        kept = int(values.get(schedule.EVERY_DAYS) or 0)
        right.selectbox(
            "Train again by itself",
            intervals,
            index=intervals.index(kept) if kept in intervals else 0,
            format_func=schedule.INTERVALS.__getitem__,
            key="schedule_days",
            on_change=_save,
            args=(profile,),
            help="Looked at while the dashboard is open, and by `musicai train --if-due`. "
            "Nothing is trained where nothing is new.",
        )
        st.caption(schedule.due(state.get_store(), state.get_settings(), profile).why)


def _save(profile: str) -> None:
    chosen = {
        schedule.AFTER_IMPORT: st.session_state["schedule_after"],
        schedule.EVERY_DAYS: st.session_state["schedule_days"],
    }
    state.attempt(lambda: state.get_store().change_settings(profile, chosen))


def start_due() -> None:
    """Start a training that is due; looked at every ten minutes of a session's use."""
    profile = state.get_current_profile()
    if profile is None or time.time() - st.session_state.get(_LOOKED, 0.0) < _EVERY_S:
        return
    st.session_state[_LOOKED] = time.time()
    if (
        job_panel.find_running() is None
        and schedule.due(state.get_store(), state.get_settings(), profile).due
    ):
        job_panel.start_job("train", ["train", "--profile", profile])


KEY = "update_start"


def draw_update(ai: MusicAI, info: VersionInfo | None) -> None:
    """The button, what it would take in, and why it may be dead.

    Args:
        ai: The profile, with its library as it is now.
        info: The version that serves it; None for none.
    """
    feedback = len(state.get_store().feedback(ai.profile))
    why_not = freshness.why_not(info, ai.library, feedback)
    st.caption(
        "**Update with new plays** is quicker: it goes on from the version in use instead of "
        "beginning anew, and keeps its weights and settings. It measures nothing anew."
    )
    st.button(
        "Update with new plays",
        key=KEY,
        icon=":material/update:",
        disabled=bool(why_not) or job_panel.find_running() is not None,
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
        wording.format_count(number, noun, several)
        for number, noun, several in (
            (found.new_plays, "new play or playlist row", "new plays and playlist rows"),
            (found.new_tracks, "new track", ""),
            (said, "new verdict", ""),
        )
        if number > 0
    ]
    if not parts:
        return "Your data changed since the version in use was made."
    return f"Since the version in use was made: {wording.join_list(parts)}."


def _start(profile: str) -> None:
    command = ["train", "--profile", profile, "--update"]
    state.attempt(lambda: job_panel.start_job("train", command))


def whose_figures(info: VersionInfo) -> None:
    """Whose figures those of an updated version are."""
    if not info.update or not info.metrics:
        return
    first, _, in_a_row = freshness.first_of(info)
    st.caption(
        f":material/info: These figures are of version {wording.escape_markdown(first)}, from "
        "which this one "
        f"was updated ({wording.format_count(in_a_row, 'update')} since). Nothing was measured "
        "anew."
    )
