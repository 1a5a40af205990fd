"""What is known of one's music: from where, matched how, and how far estimates are off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from musicai.data.library import ESTIMATES, MATCHES, UNIT_FEATURES
from musicai.insights.taste.wording import amount
from musicai.library.feature_estimates import LEAST_HIDDEN, EstimateError, load_estimate_errors
from musicai.ui import state, wording
from musicai.ui.library import enrichment_dumps

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI

METHODS = {
    "neighbours": "Tracks you play together",
    "artist": "The same artist's other tracks",
    "genre": "Tracks of the same genre",
}
"""What estimates are made from, as the screen calls it; best first."""

HOW = {
    "id": "The same Spotify id",
    "isrc": "The same recording code (ISRC)",
    "name": "The same title, artist and length",
    "fuzzy": "Nearly the same title and artist",
    "confirmed": "You confirmed it",
}
"""How tracks were found in a catalogue, as the screen calls it; surest first."""


def draw(ai: MusicAI) -> None:
    """Coverage, matches, estimates, and what AcousticBrainz measured."""
    from musicai.ui import charts  # noqa: PLC0415 (plotly is slow to import)

    st.subheader("What is known of your music", anchor=False)
    figure, alt = charts.plot_coverage(ai.coverage())
    st.plotly_chart(figure, alt=alt, key="library_coverage", config={"displayModeBar": False})
    st.caption(
        "Features are how a track sounds, such as its energy and tempo. By plays, what you hear "
        "often counts more. Add a table of tracks to know more."
    )
    _draw_matched(ai)
    _draw_estimated(ai)
    enrichment_dumps.draw(ai)


def _draw_matched(ai: MusicAI) -> None:
    own = ai.library.tracks[ai.library.tracks["own"]]
    counts = own["match"].value_counts()
    found = {HOW[kind]: int(counts.get(kind, 0)) for kind in MATCHES if kind}
    found = {label: number for label, number in found.items() if number}
    if not found:
        return
    with st.expander(
        f"{wording.format_count(sum(found.values()), 'track')} of yours found in a catalogue: how",
        icon=":material/join_inner:",
    ):
        st.table(
            {"Found by": list(found), "Tracks": [f"{number:,}" for number in found.values()]},
            hide_index=True,
            border="horizontal",
            alt="How your tracks were found in the catalogues",
        )


# --- estimates ------------------------------------------------------------------------


def _draw_estimated(ai: MusicAI) -> None:
    counts = ai.library.tracks.loc[ai.library.tracks["own"], "estimate"].value_counts()
    made = {kind: int(counts.get(kind, 0)) for kind in ESTIMATES if kind}
    if not any(made.values()):
        return
    errors = _errors(ai.library.fingerprint, ai)
    st.markdown(f"**{wording.format_count(sum(made.values()), 'track')} with estimated features**")
    st.table(
        estimates_table(made, errors),
        hide_index=True,
        border="horizontal",
        alt="How estimated features were made, and how far off they are",
    )
    st.caption(
        "Measured by hiding features that are known and estimating them again. “Off by” is the "
        "mean error over the features from 0 to 1; “a guess” takes the mean of all tracks."
    )
    by_feature = features_table(errors)
    if by_feature:
        with st.expander("Feature by feature", icon=":material/table:"):
            st.dataframe(
                pd.DataFrame(by_feature),
                hide_index=True,
                key="estimates_by_feature",
                alt="The error of each way of estimating, for each feature",
            )


@st.cache_resource(max_entries=4, show_spinner="Measuring the estimates…")
def _errors(fingerprint: str, _ai: MusicAI) -> tuple[EstimateError, ...]:
    return tuple(load_estimate_errors(state.get_settings(), _ai.library))


def estimates_table(made: dict[str, int], errors: Sequence[EstimateError]) -> dict[str, list[str]]:
    """One line for each way of estimating: tracks, error, the guess's error, tracks measured on."""
    table: dict[str, list[str]] = {
        name: []
        for name in ("Estimated from", "Tracks", "Off by", "A guess is off by", "Measured on")
    }
    for method, label in METHODS.items():
        measured = [e for e in errors if e.method == method and e.feature in UNIT_FEATURES and e.n]
        if not made.get(method) and not measured:
            continue
        tested = max((e.n for e in measured), default=0)
        cells = ["–", "–", f"{tested:,}, too few"]
        if tested >= LEAST_HIDDEN:
            means = (
                sum(getattr(e, name) for e in measured) / len(measured)
                for name in ("error", "baseline")
            )
            cells = [*(f"{mean:.3f}" for mean in means), f"{tested:,}"]
        row = [label, f"{made.get(method, 0):,}", *cells]
        for column, cell in zip(table.values(), row, strict=True):
            column.append(cell)
    return table


def features_table(errors: Sequence[EstimateError]) -> list[dict[str, object]]:
    """One line for each way of estimating and feature, in the feature's own unit."""
    return [
        {
            "Feature": error.feature.capitalize(),
            "Estimated from": METHODS.get(error.method, error.method),
            "Off by": amount(error.feature, error.error),
            "A guess is off by": amount(error.feature, error.baseline),
            "Measured on": error.n,
        }
        for error in errors
        if error.n >= LEAST_HIDDEN
    ]
