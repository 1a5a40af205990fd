"""Models: two versions or weightings against each other, on the history or blind on new lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from musicai.core import jobs
from musicai.models import PRESETS
from musicai.models.registry import registry
from musicai.training.experiments import Verdict
from musicai.training.experiments.online import sides, so_far
from musicai.ui import state, wording
from musicai.ui.charts.metric_labels import MEASURES
from musicai.ui.components import job_panel
from musicai.ui.models import versions as versions_panel

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.data.feedback import Experiment
    from musicai.models.registry.registry import VersionInfo

OWN = "its own"
"""What the screen calls the weights that a version learned."""

_PAST = 5
"""Ended experiments that are listed."""


def draw(ai: MusicAI, versions: Sequence[VersionInfo]) -> None:
    """Both comparisons.

    Args:
        ai: The profile.
        versions: Those of the profile that can be used, newest first.
    """
    st.subheader("Which one is better for you?", anchor=False)
    running = state.get_store().running_experiment(ai.profile)
    with st.container(border=True):
        st.markdown("**Blind, on new lists**")
        if running is None:
            _start(ai, versions)
        else:
            _status(ai, running, versions)
        _past(ai, versions)
    if len(versions) > 1:
        with st.container(border=True):
            st.markdown("**On your latest weeks**")
            _duel(ai, versions)


# --- blind ----------------------------------------------------------------------------


def _start(ai: MusicAI, versions: Sequence[VersionInfo]) -> None:
    st.caption(
        "Discover then shows one list drafted from both, and does not say which track is whose. "
        "Your thumbs, and plays in later imports, decide."
    )
    if not versions:
        st.caption(":material/info: Train a version first.")
        return
    labels = {one.version: versions_panel.label(one) for one in versions}
    names = list(labels)
    with st.form("experiment", border=False):
        chosen: dict[str, str] = {}
        for side, column in zip("AB", st.columns(2), strict=True):
            chosen[f"version_{side}"] = column.selectbox(
                f"{side}: version",
                names,
                index=min(1, len(names) - 1) if side == "A" else 0,
                format_func=labels.__getitem__,
                key=f"experiment_version_{side}",
            )
            preset = column.selectbox(
                f"{side}: weights",
                [OWN, *(name for name in PRESETS if name != "Balanced")],
                key=f"experiment_preset_{side}",
                index=0 if side == "A" or len(names) > 1 else 1,
            )
            chosen[f"preset_{side}"] = "" if preset == OWN else preset
        pressed = st.form_submit_button(
            "Start a blind test", key="experiment_start", icon=":material/visibility_off:"
        )
    if pressed:
        state.attempt(lambda: _begin(ai.profile, chosen))
        st.rerun()


def _begin(profile: str, chosen: Mapping[str, str]) -> None:
    a, b = sides(chosen["version_A"], chosen["version_B"], chosen["preset_A"], chosen["preset_B"])
    state.get_store().begin_experiment(profile, a, b)


def _status(ai: MusicAI, running: Experiment, versions: Sequence[VersionInfo]) -> None:
    verdict = so_far(state.get_store(), ai.profile, running, ai.library)
    st.markdown(f"A: {_side(running.a, versions)}  \nB: {_side(running.b, versions)}")
    st.table(_figures(verdict), border="horizontal", alt="What the blind test says so far")
    st.markdown(wording.escape_markdown(verdict.describe(), 400))
    st.caption(
        "The chance is shown, not decided on. A winner is named when the evidence reaches "
        f"{1 / verdict.alpha:.0f}: among equals that ever happens in at most "
        f"{wording.format_share(verdict.alpha)} of such tests, however often you look."
    )
    with st.container(horizontal=True):
        if verdict.winner is not None:
            st.button(
                f"End it and let {verdict.winner.upper()} serve",
                key="experiment_promote",
                type="primary",
                icon=":material/check_circle:",
                on_click=_end,
                args=(ai.profile, running, verdict, True),
            )
        st.button(
            "End the test",
            key="experiment_end",
            icon=":material/stop_circle:",
            on_click=_end,
            args=(ai.profile, running, verdict, False),
        )


def _figures(verdict: Verdict) -> dict[str, list[str]]:
    left = "–" if verdict.more is None else str(verdict.more)
    return {
        "": ["Lists won by A", "Lists won by B", "Ties", "Chance that A is better", "Evidence",
             "Lists still needed, about"],
        "So far": [
            str(verdict.wins),
            str(verdict.losses),
            str(verdict.ties),
            wording.format_share(verdict.p_a_better),
            f"{verdict.e_value:.2g} of {1 / verdict.alpha:.0f}",
            left,
        ],
    }  # fmt: skip


def _side(side: Mapping[str, Any], versions: Sequence[VersionInfo]) -> str:
    """A side in words."""
    known = {one.version: versions_panel.label(one) for one in versions}
    name = known.get(str(side.get("version")), "a version that is gone")
    weights = f"weights “{side['preset']}”" if side.get("preset") else "its own weights"
    return f"**{wording.escape_markdown(name)}**, {weights}"


def _end(profile: str, running: Experiment, verdict: Verdict, promote: bool) -> None:
    def end() -> None:
        store, settings = state.get_store(), state.get_settings()
        if promote and verdict.winner is not None:
            side = running.a if verdict.winner == "a" else running.b
            registry.activate(settings, store, profile, str(side["version"]))
            preset = str(side.get("preset", ""))
            store.change_settings(profile, {state.PRESET_SETTING: preset or None})
        store.end_experiment(profile, running.id, {**verdict.to_json(), "promoted": promote})

    state.attempt(end)


def _past(ai: MusicAI, versions: Sequence[VersionInfo]) -> None:
    ended = [one for one in state.get_store().experiments(ai.profile) if one.ended_at is not None]
    if not ended:
        return
    with st.expander("Earlier tests", icon=":material/history:"):
        for one in ended[:_PAST]:
            told = str(one.verdict.get("sentence", ""))
            st.markdown(
                f"A: {_side(one.a, versions)} · B: {_side(one.b, versions)}  \n"
                f"{wording.escape_markdown(told, 400)}"
            )


# --- on the history -------------------------------------------------------------------


def _duel(ai: MusicAI, versions: Sequence[VersionInfo]) -> None:
    st.caption(
        "Both are fitted anew on what was before your latest weeks and foretell these weeks; the "
        "interval is of the difference over the same weeks."
    )
    labels = {one.version: versions_panel.label(one) for one in versions}
    left, right = st.columns(2)
    a = left.selectbox("A", list(labels), index=1, format_func=labels.__getitem__, key="duel_a")
    b = right.selectbox("B", list(labels), index=0, format_func=labels.__getitem__, key="duel_b")
    busy = job_panel.find_running() is not None
    st.button(
        "Compare on my history",
        key="duel_start",
        icon=":material/balance:",
        disabled=busy or a == b,
        on_click=_compare,
        args=(ai.profile, a, b),
    )
    last = jobs.find_latest(state.get_settings(), ai.profile, "duel")
    if last is not None and last.state == "done" and last.result.get("tasks") is not None:
        _result(last.result, labels)


def _compare(profile: str, a: str, b: str) -> None:
    command = ["models", "duel", a, b, "--profile", profile]
    state.attempt(lambda: job_panel.start_job("duel", command))


def _result(told: Mapping[str, Any], labels: Mapping[str, str]) -> None:
    """The figures of the last comparison, its splits, and where the lists differ most."""
    names = {side: labels.get(str(told[side]), str(told[side])) for side in "ab"}
    sentence = str(told["sentence"]).replace("ndcg@", "nDCG@")
    for side, name in names.items():
        sentence = sentence.replace(str(told[side]), f"“{name}”")
    st.markdown(wording.escape_markdown(sentence, 600))
    for note in told["notes"]:
        st.caption(f":material/info: {wording.escape_markdown(str(note), 400)}")
    rows = []
    for task, found in told["tasks"].items():
        for metric in found["metrics"].values():
            measure = MEASURES.get(str(metric["metric"]).split("@")[0])
            rows.append(
                {
                    "Tracks": {"new": "New to you", "repeat": "Played before"}.get(task, "All"),
                    "Measure": measure.label if measure else str(metric["metric"]),
                    f"A: {names['a']}": f"{metric['a']:.3f}",
                    f"B: {names['b']}": f"{metric['b']:.3f}",
                    "Difference": f"{metric['difference']:+.3f}",
                    "95 % interval": f"{metric['low']:+.3f} to {metric['high']:+.3f}",
                    "n": str(found["n"]),
                }
            )
    if rows:
        st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Both versions on the same weeks")
    head = told["tasks"].get(told["task"])
    if head:
        _splits(head)
        _examples(head)


def _splits(head: Mapping[str, Any]) -> None:
    parts = {"all": head["whole"], **head["segments"]}
    st.caption(
        "Units won by A, by B, and ties: "
        + "; ".join(
            f"{name} {part['wins']}, {part['losses']}, {part['ties']}"
            for name, part in parts.items()
        )
        + "."
    )


def _examples(head: Mapping[str, Any]) -> None:
    if not head["examples"]:
        return
    with st.expander("Where their lists differ most", icon=":material/compare_arrows:"):
        for one in head["examples"]:
            st.markdown(
                f"**{wording.escape_markdown(str(one['listener']))}**, {one['in_common']} in common"
            )
            for side, column in zip("ab", st.columns(2), strict=True):
                lines = [
                    f"{n}. {wording.escape_markdown(row['name'])} — "
                    f"{wording.escape_markdown(row['artists'])}"
                    + (" :material/check: played" if row["hit"] else "")
                    for n, row in enumerate(one[f"top_{side}"], 1)
                ]
                column.markdown(f"{side.upper()}  \n" + "  \n".join(lines))
