"""Remembers which lists were on the screen, for acceptance over time and for experiments."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import streamlit as st

from musicai.core.errors import StoreError
from musicai.data.feedback import Impression
from musicai.ui import state

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.ranking.request import Recommendations
    from musicai.ui.discover.blind_test import BlindDraft

logger = logging.getLogger(__name__)

_NOTED = "shown_noted"
"""Session key: the list noted last."""


def record_impressions(
    ai: MusicAI, found: Recommendations, drafted: BlindDraft | None = None
) -> None:
    """Remember a list once for as long as it stays on the screen.

    Args:
        ai: Whose.
        found: The list.
        drafted: The blind experiment that it was drafted in, if any.

    A database that cannot be written costs the memory of it, not the list.
    """
    test = drafted.experiment.id if drafted else None
    key = (ai.profile, found.version, found.mode, test, tuple(item.track_id for item in found))
    if not len(found) or st.session_state.get(_NOTED) == key:
        return
    st.session_state[_NOTED] = key
    now = int(time.time())
    rows = [
        Impression(
            track_id=item.track_id,
            shown_at=now,
            rank=item.rank,
            mode=found.mode,
            version="" if drafted else found.version or "",
            propensity=item.propensity,
            experiment=drafted.experiment.id if drafted else None,
            team=drafted.teams[item.track_id] if drafted else "",
        )
        for item in found
    ]
    try:
        state.get_store().note_shown(ai.profile, rows)
    except StoreError as error:
        logger.warning("a list could not be noted: %s", type(error).__name__)
