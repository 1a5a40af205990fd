"""Models: training a new version by a preset, by hand, or by a search for better settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from musicai.models import COMPONENTS
from musicai.models.deep import device
from musicai.models.hyperparameters import HYPERPARAMETERS, PRESETS, Hyperparameter
from musicai.ui import jobs_panel

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI

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
    busy = jobs_panel.running() is not None
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
        jobs_panel.start("train", ["train", "--profile", ai.profile, *command])
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
        if COMPONENTS[component].optional and not (deep and device.installed()):
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
    if not device.installed():
        st.caption(f":material/info: {device.WITHOUT_TORCH}")
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
