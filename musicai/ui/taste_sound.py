"""How a taste sounds: the radar, and the audio features in words and as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from musicai.tables import AUDIO_FEATURES
from musicai.taste.wording import amount, capital, verdict
from musicai.ui import chart_box, charts, words

if TYPE_CHECKING:
    from musicai.taste import TasteProfile


def draw(taste: TasteProfile) -> None:
    """The radar, its axes in words, and the same as a table."""
    st.subheader("How it sounds", anchor=False)
    known = taste.coverage.features_known
    if known == 0:
        st.caption("No audio features are known for this music.")
        return
    left, right = st.columns([6, 5], vertical_alignment="center")
    with left:
        chart_box.draw(charts.radar(taste), "taste_radar", data=_feature_rows(taste))
    with right:
        _axis_words(taste)
    st.caption(
        f"{_basis(taste)} The band holds about two thirds of it. Tempo runs from 60 to 180 "
        "beats a minute."
    )
    with st.expander("The same as a table", icon=":material/table:"):
        _feature_table(taste)


def _axis_words(taste: TasteProfile) -> None:
    """One plain sentence an axis, beside the radar."""
    lines = []
    for name in charts.RADAR_AXES:
        one = taste.audio_features[name]
        if one.mean is None:
            continue
        if one.catalogue is None:
            lines.append(words.plain(one.sentence))
            continue
        word = capital(verdict(name, one.mean, one.catalogue, one.catalogue_spread))
        figures = f"{name} {amount(name, one.mean)} against {amount(name, one.catalogue)}"
        lines.append(f"**{word}**: {words.plain(figures)}.")
    if taste.compared_with:
        st.caption(f"You, against {taste.compared_with}:")
    st.markdown("\n".join(f"- {line}" for line in lines))


def _basis(taste: TasteProfile) -> str:
    """What the radar stands on."""
    parts = [
        f"{words.share(taste.coverage.features[source])} {label}"
        for source, label in (
            ("file", "from your files"),
            ("matched", "matched in a catalogue"),
            ("estimated", "estimated from the same artist or genre"),
        )
        if taste.coverage.features[source] > 0
    ]
    known = words.share(taste.coverage.features_known)
    return f"Stands on {known} of your listening: {words.listing(parts)}."


def _feature_rows(taste: TasteProfile) -> pd.DataFrame:
    """The audio features as numbers: name, mean, spread, catalogue and coverage."""
    return pd.DataFrame(
        {
            "feature": name,
            "mean": one.mean,
            "spread": one.spread,
            "catalogue": one.catalogue,
            "catalogue_spread": one.catalogue_spread,
            "share_of_listening": one.coverage,
        }
        for name, one in taste.audio_features.items()
    )


def _feature_table(taste: TasteProfile) -> None:
    def text(name: str, value: float | None) -> str:
        return "–" if value is None else amount(name, value)

    rows = [
        {
            "Feature": name.capitalize(),
            "You": text(name, one.mean),
            "Spread": text(name, one.spread),
            "Catalogue": text(name, one.catalogue),
            "Known of your listening": words.share(one.coverage),
        }
        for name in AUDIO_FEATURES
        for one in [taste.audio_features[name]]
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        key="taste_features",
        alt="Mean and spread of each audio feature beside the catalogue's mean",
    )
