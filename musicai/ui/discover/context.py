"""The occasion that Discover lists music for: a time, a season, an activity; any, or by hand."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from musicai.data import context
from musicai.data.context import (
    ACTIVITIES,
    ACTIVITY,
    HOUR,
    PLACE,
    PLACES,
    SEASON,
    SEASONS,
    SLOTS,
    name_slot,
    slot_of,
)
from musicai.data.library import IntArray
from musicai.models.context import Context
from musicai.ui import wording
from musicai.ui.components import period_picker

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.ranking.request import Recommendations, Request, Scored, Tuning

KEY = "discover_when"
DOING = "discover_doing"
SEASON_KEY = "discover_season"

_ANY, _NOW, _SEEMS = "any", "now", "seems"


@dataclass(frozen=True)
class ChosenContext:
    """What was chosen."""

    moment: int | None = None
    kinds: dict[str, int] = field(default_factory=dict)


def draw_panel(ai: MusicAI) -> ChosenContext:
    """The choice of a time, a season and an activity, of those that are known of the listener."""
    timed, activities = has_known_hours(ai), context.list_known_activities(_count_activities(ai))
    if not timed and not activities:
        return ChosenContext()
    moment, kinds = None, {}
    with st.grid(2, min_column_width=140):
        if timed:
            moment, place = _draw_time(ai)
            kinds = place | _draw_season()
        if activities:
            kinds |= _draw_activity(ai, activities)
    return ChosenContext(moment, kinds)


def _draw_time(ai: MusicAI) -> tuple[int | None, dict[str, int]]:
    """The time of the week; now, the place in the session goes with it."""
    zone = period_picker.get_timezone(ai)
    labels = {
        _ANY: "Any time",
        _NOW: "Now",
        **{
            str(slot): wording.to_sentence(name_slot(slot, zone)).rstrip(".")
            for slot in range(SLOTS)
        },
    }
    chosen = st.selectbox(
        "When",
        list(labels),
        format_func=labels.__getitem__,
        key=KEY,
        bind="query-params",
        help="What you play at that time of the week more than at others comes first, as far as "
        "“The occasion” weighs. It is learned from your own plays. Now: and at that place of a "
        "session, its start unless one is going on.",
    )
    if chosen != _NOW:
        return (None if chosen == _ANY else int(chosen)), {}
    return get_current_context(ai)


def get_current_context(ai: MusicAI) -> tuple[int, dict[str, int]]:
    """The time of the week and the place in the session of this very moment."""
    at = datetime.now(UTC)
    return slot_of(at), {PLACE: ai.session_place(int(at.timestamp()))}


def _draw_season() -> dict[str, int]:
    labels = {_ANY: "Any season", _NOW: "This season"}
    labels |= {str(kind): name for kind, name in enumerate(SEASONS)}
    chosen = st.selectbox(
        "Season",
        list(labels),
        format_func=labels.__getitem__,
        key=SEASON_KEY,
        bind="query-params",
        help="What you play in those months more than in others. It takes a year of plays to tell.",
    )
    if chosen == _ANY:
        return {}
    return {SEASON: context.season_of(datetime.now(UTC)) if chosen == _NOW else int(chosen)}


def _draw_activity(ai: MusicAI, activities: tuple[str, ...]) -> dict[str, int]:
    past = ai.history(0)
    seems = context.infer_activity(_count_activities(ai), past.rows, past.recent)
    labels = {_ANY: "Anything"}
    if seems:
        labels[_SEEMS] = f"As it seems: {seems}"
    labels |= {name: wording.to_sentence(name).rstrip(".") for name in activities}
    chosen = st.selectbox(
        "Doing",
        list(labels),
        format_func=labels.__getitem__,
        key=DOING,
        bind="query-params",
        help="Learned from your own playlists whose names say what they are for, such as “Gym” or "
        "“Songs to cook to”. “As it seems” goes by your last session.",
    )
    if chosen == _ANY:
        return {}
    return {ACTIVITY: ACTIVITIES.index(str(seems if chosen == _SEEMS else chosen))}


def _count_activities(ai: MusicAI) -> IntArray:
    return _get_counts(ai, ACTIVITY)


def _get_counts(ai: MusicAI, occasion: str) -> IntArray:
    return ai.history(0).occasions.get(occasion, np.zeros((0, 1), dtype=np.int32))


def has_known_hours(ai: MusicAI) -> bool:
    """Whether there are plays enough to tell hours apart."""
    component = ai.components.get(Context.name)
    fewest = component.config.fewest if isinstance(component, Context) else 0
    return bool(component) and int(_get_counts(ai, HOUR).sum()) >= fewest


def describe_context(request: Request, ai: MusicAI) -> str:
    """The occasion of a request in words; "" for any."""
    parts = []
    if request.moment is not None:
        parts.append(name_slot(request.moment, period_picker.get_timezone(ai)))
    names = {PLACE: PLACES, SEASON: SEASONS, ACTIVITY: ACTIVITIES}
    parts += [names[occasion][kind] for occasion, kind in request.occasion.items()]
    return " · ".join(parts)


def draw_effect(ai: MusicAI, scored: Scored, tuning: Tuning, found: Recommendations) -> None:
    """The occasion that is used, and how much of the list it brought; nothing where none is."""
    occasion = describe_context(scored.request, ai)
    if not occasion:
        return
    without = {**found.weights, Context.name: 0.0}
    plain = ai.rank(scored, replace(tuning, weights=without)) if any(without.values()) else found
    there = {item.track_id for item in plain}
    brought = sum(item.track_id not in there for item in found)
    words_of = f"{brought:,} of {wording.format_count(len(found), 'track')} are here because of it"
    if not brought:
        words_of = "it changed no track of the list"
    st.caption(f":material/schedule: For {wording.escape_markdown(occasion, 200)}: {words_of}.")
