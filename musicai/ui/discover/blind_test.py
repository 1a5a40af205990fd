"""Discover during a blind experiment: one list drafted from two models, without a word on whose.

The coins are thrown anew for each list, and once: while nothing changes the list stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from musicai.core.errors import ModelError, NotFound
from musicai.data.feedback import Experiment
from musicai.models import PRESETS
from musicai.training.experiments import Interleaved, interleave
from musicai.ui import state, wording

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.ranking.request import Recommendations, Request, Tuning

_DRAFT = "blind_draft"
"""Session key: what the last draft was made of, and the draft."""


@dataclass(frozen=True)
class BlindDraft:
    """A common list, and what each track is owed to."""

    experiment: Experiment
    found: Recommendations
    sources: Mapping[str, Recommendations]
    """Track id → the list of the side that drafted it."""
    teams: Mapping[str, str]
    """Track id → "a" or "b"."""


def draft_list(ai: MusicAI, request: Request, tuning: Tuning) -> BlindDraft | None:
    """The common list of the experiment that is going on; None without one.

    A side that cannot be used pauses the experiment, and the page says so.
    """
    running = state.get_store().running_experiment(ai.profile)
    if running is None:
        return None
    try:
        a, b = (_rank_side(ai, dict(side), request, tuning) for side in (running.a, running.b))
    except (ModelError, NotFound) as error:
        st.warning(
            f"The blind test pauses: {wording.escape_markdown(str(error), 400)} End it on Models.",
            icon=":material/visibility_off:",
        )
        return None
    ids_a, ids_b = (tuple(item.track_id for item in one) for one in (a, b))
    drawn = _get_draft((running.id, ids_a, ids_b), tuning.n_recommendations)
    sources = {
        track: a if team == "a" else b
        for track, team in zip(drawn.tracks, drawn.teams, strict=True)
    }
    items = tuple(
        replace(next(item for item in sources[track] if item.track_id == track), rank=rank)
        for rank, track in enumerate(drawn.tracks, 1)
    )
    found = replace(a, items=items, notes=tuple(dict.fromkeys((*a.notes, *b.notes))))
    return BlindDraft(running, found, sources, dict(zip(drawn.tracks, drawn.teams, strict=True)))


def _rank_side(
    ai: MusicAI, side: dict[str, str], request: Request, tuning: Tuning
) -> Recommendations:
    """One side's list: its version and weights, and everything else as asked."""
    one = state.get_ai_at_version(ai, side["version"])
    weights = PRESETS[side["preset"]] if side.get("preset") else None
    return one.rank(state.get_scores(one, request), replace(tuning, weights=weights))


def _get_draft(key: tuple[object, ...], k: int) -> Interleaved[str]:
    """The draft of two lists: the same for as long as they are."""
    kept = st.session_state.get(_DRAFT)
    if kept is not None and kept[0] == (*key, k):
        drawn: Interleaved[str] = kept[1]
        return drawn
    _, ids_a, ids_b = key
    assert isinstance(ids_a, tuple)  # as draft() makes them
    assert isinstance(ids_b, tuple)
    # true coins: what was shown before must not foretell them
    drawn = interleave(ids_a, ids_b, k, np.random.default_rng())
    st.session_state[_DRAFT] = ((*key, k), drawn)
    return drawn


def draw_status() -> None:
    """What is going on, above the list."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            ":material/visibility_off: A blind test is on: this list is drafted from two models, "
            "and your thumbs decide. Weights are theirs; every other control holds for both."
        )
        st.page_link("pages/models.py", label="How it stands", icon=":material/balance:")
