"""The trained versions: which serves, going back, comparing, naming, keeping, taking along."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from musicai.models.registry import bundles, registry
from musicai.models.registry import versions as versioning
from musicai.models.registry.compare import VersionComparison, compare
from musicai.ui import state, wording
from musicai.ui.charts.metric_labels import MEASURES
from musicai.ui.models import metrics

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.models.registry.registry import VersionInfo

_MOST_KEPT = 100
_MENU = {
    "rename": "Name it…",
    "pin": "Always keep",
    "unpin": "No longer always keep",
    "export": "Take it along…",
    "delete": "Delete…",
}


def draw(ai: MusicAI, versions: Sequence[VersionInfo]) -> None:
    """The list of versions of the chosen profile, newest first, and what can be done."""
    st.subheader("Versions", anchor=False)
    if not versions:
        st.markdown("Your trained versions will be listed here, so that you can go back.")
    else:
        _roll_back(ai)
    ordered = sorted(versions, key=lambda v: v.created_at, reverse=True)
    for info in ordered:
        _version(ai, info)
    sound = [info for info in ordered if info.problem is None]
    if len(sound) > 1:
        _compare(ai, sound)
    _keep(ai)
    _take_in(ai)


def label(info: VersionInfo) -> str:
    """What a version is called on the screen."""
    if info.bundled:
        return "Bundled with musicai"
    return wording.clean_text(info.name, 60) or moment(info.created_at)


def moment(iso: str) -> str:
    """A day and time in words of an ISO 8601 moment."""
    try:
        return wording.format_date_time(datetime.fromisoformat(iso).astimezone(UTC)) + " UTC"
    except ValueError:
        return "Unknown date"


def _roll_back(ai: MusicAI) -> None:
    target = versioning.rollback_target(state.get_settings(), state.get_store(), ai.profile)
    if target is None:
        return
    st.button(
        f"Go back to {wording.escape_markdown(label(target))}",
        key="models_rollback",
        icon=":material/undo:",
        on_click=_act,
        args=("rollback", ai.profile, target.version),
        help="The version that served before this one serves again, at once.",
    )


def _version(ai: MusicAI, info: VersionInfo) -> None:
    with st.container(
        border=True,
        horizontal=True,
        vertical_alignment="center",
        horizontal_alignment="distribute",
    ):
        active = info.version == ai.version
        held = not active and info.gate.get("promote") is False
        badges = "".join(
            f" :gray-badge[{text}]"
            for text, shown in (
                ("in use", active),
                (":material/keep: kept", info.pinned),
                (":material/front_hand: waits for your word", held),
            )
            if shown
        )
        st.markdown(
            f"**{wording.escape_markdown(label(info))}**{badges}  \n:small[{_summary(info)}]",
            width="content",
        )
        if held:
            st.caption(wording.escape_markdown(str(info.gate.get("reason", "")), 500))
        if info.problem:
            st.caption(f":material/warning: {wording.escape_markdown(info.problem, 400)}")
        elif not active:
            st.button(
                "Use this one",
                key=f"activate_{info.version}",
                icon=":material/check_circle:",
                on_click=_act,
                args=("activate", ai.profile, info.version),
            )
        if not info.bundled:
            _menu(ai, info, active)


def _menu(ai: MusicAI, info: VersionInfo, active: bool) -> None:
    hidden = {"pin" if info.pinned else "unpin"}
    if info.problem:
        hidden |= {"rename", "pin", "unpin", "export"}
    if active:
        hidden.add("delete")
    options = [name for name in _MENU if name not in hidden]
    chosen = st.menu_button(
        "More",
        options,
        format_func=_MENU.__getitem__,
        key=f"version_menu_{info.version}",
        type="tertiary",
    )
    if chosen in ("pin", "unpin"):
        _act(chosen, ai.profile, info.version)
        st.rerun()
    elif chosen == "rename":
        _rename(info)
    elif chosen == "export":
        _take_along(info)
    elif chosen == "delete":
        _confirm_delete(info)


def _act(action: str, profile: str, version: str) -> None:
    settings, store = state.get_settings(), state.get_store()
    actions = {
        "activate": lambda: registry.activate(settings, store, profile, version),
        "rollback": lambda: versioning.roll_back(settings, store, profile),
        "pin": lambda: versioning.pin(settings, store, version),
        "unpin": lambda: versioning.pin(settings, store, version, pinned=False),
        "delete": lambda: registry.delete(settings, store, version),
    }
    state.attempt(actions[action])


def _summary(info: VersionInfo) -> str:
    parts = [moment(info.created_at)] if info.name else []
    parts.append(wording.format_size(info.size_bytes))
    ndcg = metrics.headline(info.metrics)
    if info.update:
        parts.append("an update, not measured")
    elif ndcg is not None:
        parts.append(f"nDCG@20 {ndcg:.3f}")
    if info.sizes.get("tracks"):
        parts.append(wording.format_count(int(info.sizes["tracks"]), "track"))
    if info.imported:
        parts.append("from another machine")
    return " · ".join(parts)


# --- dialogs --------------------------------------------------------------------------


@st.dialog("Name this version")
def _rename(info: VersionInfo) -> None:
    name = st.text_input("Name", info.name, max_chars=60, key="version_name")
    if st.button("Save", key="version_rename", type="primary"):
        state.attempt(
            lambda: versioning.rename(state.get_settings(), state.get_store(), info.version, name)
        )
        st.rerun()


@st.dialog("Take it along")
def _take_along(info: VersionInfo) -> None:
    st.markdown(
        "One file that musicai on another machine takes in. It holds what was learned from your "
        "listening, the ids of your tracks among it, so give it only to whom you trust with that."
    )
    st.download_button(
        "Download",
        lambda: _bundle(info.version),
        file_name=f"{info.version}{bundles.SUFFIX}",
        mime="application/octet-stream",
        key="version_export",
        type="primary",
        icon=":material/download:",
        on_click="ignore",
    )


def _bundle(version: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "bundle"
        return bundles.export_version(
            state.get_settings(), state.get_store(), version, target
        ).read_bytes()


@st.dialog("Delete this version?")
def _confirm_delete(info: VersionInfo) -> None:
    st.markdown(
        f"**{wording.escape_markdown(label(info))}** goes for good. Your music is not touched."
    )
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep it", key="version_delete_no"):
            st.rerun()
        if st.button("Delete", key="version_delete_yes", type="primary"):
            _act("delete", "", info.version)
            st.rerun()


# --- comparing ------------------------------------------------------------------------


def _compare(ai: MusicAI, versions: Sequence[VersionInfo]) -> None:
    with st.expander("Compare two versions", icon=":material/compare_arrows:"):
        known = {info.version: info for info in versions}
        names = list(known)
        left, right = st.columns(2)
        serving = names.index(ai.version) if ai.version in known else 0
        before = left.selectbox(
            "From",
            names,
            index=1 if serving == 0 else 0,
            format_func=lambda name: label(known[name]),
            key="models_before",
        )
        after = right.selectbox(
            "To",
            names,
            index=serving,
            format_func=lambda name: label(known[name]),
            key="models_after",
        )
        if before == after:
            st.caption("Choose two different versions.")
            return
        _draw_comparison(compare(known[before], known[after]), invented=ai.library.invented)


def _draw_comparison(told: VersionComparison, *, invented: bool) -> None:
    if told.metrics:
        st.table(
            pd.DataFrame(
                {
                    "": MEASURES[one.metric.split("@")[0]].label,
                    "From": _figure(one.before, one.before_interval),
                    "To": _figure(one.after, one.after_interval),
                }
                for one in told.metrics
            ),
            hide_index=True,
            border="horizontal",
            alt="Measured quality of both versions, with 95 % intervals",
        )
    st.caption(wording.escape_markdown(told.note, 300))
    if invented and told.metrics:
        st.caption(f":material/science: {metrics.MACHINERY}")
    changes = [*told.data, *told.config]
    if not changes:
        st.caption("Data and settings are the same.")
        return
    rows = [
        {"Changed": one.what, "From": _value(one.before), "To": _value(one.after)}
        for one in changes
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        key="models_changes",
        alt="What differs in data and settings",
    )


def _figure(value: float, interval: tuple[float, float] | None) -> str:
    return f"{value:.3f}" + (f" ({interval[0]:.3f} to {interval[1]:.3f})" if interval else "")


def _value(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else wording.clean_text(str(value))


# --- keeping and taking in ------------------------------------------------------------


def _keep(ai: MusicAI) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.number_input(
            "Newest versions to keep",
            1,
            _MOST_KEPT,
            versioning.keep_number(state.get_store(), ai.profile),
            key="models_keep",
            on_change=_set_keep,
            args=(ai.profile,),
            width=220,
            help="Older ones are deleted after each training. The one in use, the one to go "
            "back to and those you always keep stay.",
        )
        gone = versioning.prunable(state.get_settings(), state.get_store(), ai.profile, int(number))
        if gone:
            st.button(
                f"Delete {wording.format_count(len(gone), 'older version')}",
                key="models_prune",
                icon=":material/delete_sweep:",
                on_click=lambda: state.attempt(
                    lambda: versioning.prune(state.get_settings(), state.get_store(), ai.profile)
                ),
            )


def _set_keep(profile: str) -> None:
    number = int(st.session_state["models_keep"])
    state.attempt(lambda: versioning.set_keep_number(state.get_store(), profile, number))


def _take_in(ai: MusicAI) -> None:
    with st.expander("Take in a version from another machine", icon=":material/upload_file:"):
        upload = st.file_uploader(
            "A file that “Take it along” made",
            key="models_bundle",
            help="Every file in it is checked, and nothing in it is ever executed.",
        )
        if upload is not None and st.button("Take it in", key="models_take_in", type="primary"):
            state.attempt(lambda: _import(ai.profile, upload.name, upload.getvalue()))
            st.rerun()


def _import(profile: str, name: str, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        # an upload's name may hold anything; what is left of it serves the messages
        source = Path(folder) / (re.sub(r"[^\w.-]", "_", name)[-80:].lstrip(".") or "bundle")
        source.write_bytes(data)
        version = bundles.import_version(state.get_settings(), state.get_store(), profile, source)
    st.toast(f"{wording.escape_markdown(name)} is version {version} now; it is not in use yet.")
