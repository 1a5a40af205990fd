"""The time of the week that Discover lists music for: any, now, or one set by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import streamlit as st

from musicai.moments import SLOTS, named, slot_of
from musicai.recommenders.context import Context
from musicai.ui import period_panel, words

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.requests import Recommendations, Scored, Tuning

KEY = "discover_when"

_ANY, _NOW = "any", "now"


def panel(ai: MusicAI) -> int | None:
    """The choice of a time; None for any, and where too little is known of hours."""
    if not known(ai):
        return None
    zone = period_panel.timezone(ai)
    now = slot_of(datetime.now(UTC))
    options = [_ANY, _NOW, *map(str, range(SLOTS))]
    labels = {
        _ANY: "Any time",
        _NOW: "Now",
        **{str(slot): words.sentence(named(slot, zone)).rstrip(".") for slot in range(SLOTS)},
    }
    chosen = st.selectbox(
        "When",
        options,
        format_func=labels.__getitem__,
        key=KEY,
        bind="query-params",
        help="What you play at that time of the week more than at others comes first, as far as "
        "“The hour” weighs. It is learned from your own plays.",
    )
    return None if chosen == _ANY else now if chosen == _NOW else int(chosen)


def known(ai: MusicAI) -> bool:
    """Whether there are plays enough to tell hours apart."""
    component = ai.components.get(Context.name)
    fewest = component.config.fewest if isinstance(component, Context) else 0
    return bool(component) and int(ai.history(0).when.sum()) >= fewest


def changed(ai: MusicAI, scored: Scored, tuning: Tuning, found: Recommendations) -> None:
    """The time that is used, and how much of the list it brought; nothing where none is."""
    moment = scored.request.moment
    if moment is None:
        return
    without = {**found.weights, Context.name: 0.0}
    plain = ai.rank(scored, replace(tuning, weights=without)) if any(without.values()) else found
    there = {item.track_id for item in plain}
    brought = sum(item.track_id not in there for item in found)
    when = named(moment, period_panel.timezone(ai))
    told = f"{brought:,} of {words.count(len(found), 'track')} are here because of it"
    if not brought:
        told = "it changed no track of the list"
    st.caption(f":material/schedule: For {words.plain(when)}: {told}.")
