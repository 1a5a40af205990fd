"""Models: is everything as it should be, and how did the model do in use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from musicai.training.health import Health, examine
from musicai.training.monitoring import ServingDay, ShownDay, serving_days, summarize_days
from musicai.ui import charts, state, wording
from musicai.ui.charts.models import ChartSeries
from musicai.ui.components import chart_box
from musicai.ui.models import versions as versions_panel

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.models.registry.registry import VersionInfo

_STATES = {
    "ok": ":material/check_circle: in order",
    "warning": ":material/warning: look at it",
    "problem": ":material/error: does not work",
}

_LOOKED_FOR = 300
"""Seconds for which a look counts."""

_VERSIONS = 10
"""Newest versions whose training time is drawn."""


def draw(ai: MusicAI, versions: Sequence[VersionInfo]) -> None:
    """The checks, and the model in use over time.

    Args:
        ai: The profile.
        versions: Those of the profile that can be used, newest first.
    """
    st.subheader("Health", anchor=False)
    found = _examine(str(state.get_settings().home), ai.profile, ai.library.fingerprint, ai.version)
    icon = _STATES[found.state].split(" ")[0]
    st.markdown(f"{icon} {wording.escape_markdown(found.summary)}")
    with st.expander("What was looked at", expanded=found.state != "ok"):
        st.table(
            {
                "Check": [wording.escape_markdown(one.name, 60) for one in found.checks],
                "State": [_STATES[one.state] for one in found.checks],
                "Found": [wording.escape_markdown(one.detail, 500) for one in found.checks],
            },
            hide_index=True,
            border="horizontal",
            alt="The checks and what they found",
        )
        st.button(
            "Look again",
            key="health_again",
            icon=":material/refresh:",
            type="tertiary",
            on_click=_examine.clear,
        )
    # reads the log and all impressions: only when it is asked for
    use = st.expander(
        "In use over time", key="health_use", icon=":material/monitoring:", on_change="rerun"
    )
    if use.open:
        with use:
            _in_use(ai, versions)


@st.cache_data(ttl=_LOOKED_FOR, max_entries=4, show_spinner="Looking whether all is in order…")
def _examine(home: str, profile: str, fingerprint: str, version: str | None) -> Health:
    return examine(state.get_settings(), state.get_store(), profile)


def _in_use(ai: MusicAI, versions: Sequence[VersionInfo]) -> None:
    served = serving_days(state.get_settings())
    store = state.get_store()
    shown = summarize_days(
        ai.library, ai.features, store.impressions(ai.profile), store.feedback(ai.profile)
    )
    if not served and not shown:
        st.caption("No list was made yet; Discover makes them.")
    if served:
        _serving(served)
    if shown:
        _draw_shown(
            shown,
            "**How varied the lists are**: different artists for 100 different tracks",
            [ChartSeries("artists", [100 * one.artists for one in shown])],
            "artists for 100 tracks",
            "health_variety",
        )
        accepted = [100 * one.accepted / one.tracks for one in shown]
        refused = [100 * one.refused / one.tracks for one in shown]
        _draw_shown(
            shown,
            "**What became of the tracks**: liked or heard out later, and refused",
            [ChartSeries("accepted", accepted), ChartSeries("refused", refused, "dot", "diamond")],
            "of 100 tracks",
            "health_acceptance",
        )
    trained = [one for one in versions[:_VERSIONS] if one.seconds > 0][::-1]
    if trained:
        _training(trained)


def _serving(served: Sequence[ServingDay]) -> None:
    st.markdown("**How long a list takes** on the server, all listeners of this data folder")
    chart = charts.plot_by_day(
        [one.day for one in served],
        [
            ChartSeries("half of the lists within", [one.p50_ms for one in served]),
            ChartSeries("19 of 20 within", [one.p95_ms for one in served], "dot", "diamond"),
        ],
        "ms",
        [wording.format_count(one.n, "list") for one in served],
    )
    chart_box.draw(chart, "health_serving", data=pd.DataFrame(served))


def _draw_shown(
    shown: Sequence[ShownDay], title: str, lines: Sequence[ChartSeries], unit: str, key: str
) -> None:
    """One chart about what was shown."""
    st.markdown(title)
    notes = [wording.format_count(one.tracks, "different track") for one in shown]
    chart = charts.plot_by_day([one.day for one in shown], lines, unit, notes)
    chart_box.draw(chart, key, data=pd.DataFrame(shown))


def _training(trained: Sequence[VersionInfo]) -> None:
    st.markdown("**How long a training took**")
    labels = [_label(one) for one in trained]
    chart = charts.plot_by_version(labels, [one.seconds for one in trained], "seconds")
    data = pd.DataFrame({"version": labels, "seconds": [one.seconds for one in trained]})
    chart_box.draw(chart, "health_training", data=data)


def _label(info: VersionInfo) -> str:
    """Short enough for an axis, and not twice the same for two of one minute."""
    if info.bundled:
        return "bundled"
    if info.name:
        return versions_panel.label(info)
    try:
        return f"{datetime.fromisoformat(info.created_at):%-d %b %H:%M:%S}"
    except ValueError:
        return info.version
