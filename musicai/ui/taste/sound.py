"""How a taste sounds: the radar beside something else, each axis in words, and the moods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from musicai.data.library import AUDIO_FEATURES
from musicai.data.periods import ALL, Period
from musicai.insights.taste.wording import amount, capital, verdict
from musicai.ui import charts, state, wording
from musicai.ui.components import chart_box, links, period_picker

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.insights.taste import FeatureTaste, TasteProfile

_CATALOGUE, _BEFORE, _ALL = "catalogue", "before", "all"


def draw(ai: MusicAI, taste: TasteProfile, period: Period) -> None:
    """The radar, its axes in words, the same as a table, and the map of moods."""
    st.subheader("How it sounds", anchor="sound")
    if taste.coverage.features_known == 0:
        st.caption(
            "No audio features are known for this music. A table of tracks that holds them, "
            "loaded in the Library, would draw the shape of your taste here."
        )
        return
    label, beside = _beside(ai, taste, period)
    left, right = st.columns([6, 5], vertical_alignment="center")
    with left:
        chart = charts.plot_radar(taste, beside, label)
        chart_box.draw(chart, "taste_radar", data=_feature_rows(taste, beside))
    with right:
        _axis_words(taste, beside, label)
    st.caption(
        f"{_basis(taste)} The band holds about two thirds of it. Tempo runs from 60 to 180 "
        "beats a minute."
    )
    with st.expander("The same as a table", icon=":material/table:"):
        _feature_table(taste)
    _moods(taste)


# --- what it is held against ----------------------------------------------------------


def _beside(
    ai: MusicAI, taste: TasteProfile, period: Period
) -> tuple[str, Mapping[str, FeatureTaste] | None]:
    """What the radar is held against: its name, and its features; None for the catalogue."""
    offered = {_CATALOGUE: "The catalogue"}
    if period.before() is not None:
        offered[_BEFORE] = "The period before"
    if period != ALL:
        offered[_ALL] = "All time"
    others = {record.name: record for record in state.list_profiles() if record.name != ai.profile}
    for name, record in others.items():
        offered[f"profile {name}"] = wording.label_profile(name, record.invented)
    chosen = st.selectbox(
        "Compare with",
        list(offered),
        format_func=offered.__getitem__,
        key="taste_beside",
        width=280,
    )
    if chosen == _CATALOGUE:
        return "Catalogue", None
    other = _other(ai, str(chosen), period)
    if not other.amount or other.coverage.features_known == 0:
        st.caption(f"Nothing is known of the sound of: {wording.escape_markdown(offered[chosen])}.")
        return "Catalogue", None
    return offered[chosen], other.audio_features


def _other(ai: MusicAI, chosen: str, period: Period) -> TasteProfile:
    zone = period_picker.get_timezone(ai)
    before = period.before()
    if chosen == _BEFORE and before is not None:
        return state.get_taste(ai, before, zone)
    if chosen == _ALL:
        return state.get_taste(ai, ALL, zone)
    other = state.get_ai(chosen.removeprefix("profile "))
    return state.get_taste(other, ALL, period_picker.get_timezone(other))


def _axis_words(taste: TasteProfile, beside: Mapping[str, FeatureTaste] | None, label: str) -> None:
    """One plain sentence an axis, beside the radar."""
    lines = []
    for name in charts.RADAR_AXES:
        one = taste.audio_features[name]
        if one.mean is None:
            continue
        mean, spread = one.catalogue, one.catalogue_spread
        if beside is not None:
            mean, spread = beside[name].mean, beside[name].spread
        if mean is None:
            lines.append(wording.escape_markdown(one.sentence))
            continue
        word = capital(verdict(name, one.mean, mean, spread))
        figures = f"{name} {amount(name, one.mean)} against {amount(name, mean)}"
        lines.append(f"**{word}**: {wording.escape_markdown(figures)}.")
    if beside is not None:
        st.caption(f"You, against: {wording.escape_markdown(label)}.")
    elif taste.compared_with:
        st.caption(f"You, against {taste.compared_with}:")
    st.markdown("\n".join(f"- {line}" for line in lines))


def _basis(taste: TasteProfile) -> str:
    """What the radar stands on."""
    parts = [
        f"{wording.format_share(taste.coverage.features[source])} {label}"
        for source, label in (
            ("file", "from your files"),
            ("matched", "matched in a catalogue"),
            ("estimated", "estimated from the same artist or genre"),
        )
        if taste.coverage.features[source] > 0
    ]
    known = wording.format_share(taste.coverage.features_known)
    return f"Stands on {known} of your listening: {wording.join_list(parts)}."


def _feature_rows(taste: TasteProfile, beside: Mapping[str, FeatureTaste] | None) -> pd.DataFrame:
    """The audio features as numbers: name, mean, spread, what they are held against."""
    return pd.DataFrame(
        {
            "feature": name,
            "mean": one.mean,
            "spread": one.spread,
            "compared_mean": one.catalogue if beside is None else beside[name].mean,
            "compared_spread": one.catalogue_spread if beside is None else beside[name].spread,
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
            "Known of your listening": wording.format_share(one.coverage),
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


# --- moods ----------------------------------------------------------------------------


def _moods(taste: TasteProfile) -> None:
    st.subheader("Moods", anchor="moods")
    told = taste.moods
    if told is None:
        st.caption("Valence and energy of this music are not known, so it has no place here.")
        return
    rows = pd.DataFrame(
        {
            "mood": mood,
            "share": share,
            "valence": told.places.get(mood, (None, None))[0],
            "energy": told.places.get(mood, (None, None))[1],
        }
        for mood, share in told.moods.items()
    )
    chart_box.draw(
        charts.plot_moods(told),
        "taste_moods",
        data=rows,
        on_click=links.find_mood,
        hint="Click a mood to find more of it.",
    )
    ordered = sorted(told.moods.items(), key=lambda one: -one[1])
    named = [f"{mood} {wording.format_share(share)}" for mood, share in ordered if share >= 0.005]
    st.markdown(f"{capital(wording.join_list(named))}.")
    st.caption(
        f"Each play counts for the mood it fits best. Squares are plays; the dashed ring holds "
        f"about 4 in 10 of them. Stands on {wording.format_share(told.known)} of your listening."
    )
