"""What the colours of the map say: a mood, or a component's score."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import streamlit as st

from musicai.data.library import FEATURE_SOURCES, BoolArray, FloatArray
from musicai.data.moods import MOOD_LABELS, MOODS, mood_matrix
from musicai.models import COMPONENTS
from musicai.models.music_map import over_tracks
from musicai.ranking.request import Request
from musicai.ui import discover_seeds, state, type_ahead, words

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI

_ESTIMATED = FEATURE_SOURCES.index("estimated")


class Colours(NamedTuple):
    """A score of every track, and how it is told."""

    score: FloatArray
    guessed: BoolArray
    name: str
    silent: str
    """What a track without a score is called."""


def chosen(ai: MusicAI, kind: str) -> Colours | None:
    """The chosen score of every track; None for genres."""
    if kind == "mood":
        return _mood(ai)
    if kind == "score":
        return _component(ai)
    return None


def _mood(ai: MusicAI) -> Colours:
    mood = st.selectbox(
        "Mood", MOODS, format_func=MOOD_LABELS.__getitem__, key="map_mood", bind="query-params"
    )
    score = mood_matrix(ai.features.audio)[:, MOODS.index(mood)]
    if not np.isfinite(score).any():
        st.info(
            "No track's mood can be told: audio features are not known. A catalogue that knows "
            "your tracks brings them; the Library page shows how.",
            icon=":material/info:",
        )
    guessed = ai.features.feature_source == _ESTIMATED
    return Colours(score, guessed, MOOD_LABELS[mood], "Mood not known")


def _component(ai: MusicAI) -> Colours | None:
    names = [name for name in ai.components if name != "rules"]
    name = st.selectbox(
        "Component",
        names,
        format_func=lambda one: COMPONENTS[one].label,
        key="map_component",
        bind="query-params",
        help="What this part of the blend says of every track, for the seeds of Discover, or "
        "for all you play where there are none. 0 is the middle track, 1 the 11th best.",
    )
    modes = ai.modes()
    mode = next((mode for mode in ("mix", "rediscover", "discover") if not modes[mode]), None)
    if mode is None:
        st.info(words.plain(modes["mix"] or "", 500), icon=":material/info:")
        return None
    seeds = discover_seeds.current(ai)
    scored = state.scored(ai, Request(seed_tracks=seeds, mode=mode))
    values = scored.scaled[name]
    score = over_tracks(ai.library.n_tracks, scored.candidates.astype(np.int32), values)
    st.caption(_for_whom(ai, seeds))
    label = COMPONENTS[name].label
    return Colours(score, np.zeros(len(score), dtype=bool), label, "No opinion")


def _for_whom(ai: MusicAI, seeds: tuple[str, ...]) -> str:
    """Whom the scores are for."""
    if not seeds:
        return "For all you play."
    first = type_ahead.named(ai, int(ai.library.vocabulary.rows([seeds[0]])[0]))[0]
    more = f" and {words.count(len(seeds) - 1, 'other seed')}" if len(seeds) > 1 else ""
    return f"For {words.plain(first, 40)}{more}."
