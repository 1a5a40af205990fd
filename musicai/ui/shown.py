"""Remembers which lists were on the screen, for acceptance over time and for experiments."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import streamlit as st

from musicai.errors import StoreError
from musicai.impressions import Impression
from musicai.ui import state

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.requests import Recommendations

logger = logging.getLogger(__name__)

_NOTED = "shown_noted"
"""Session key: the list noted last."""


def note(ai: MusicAI, found: Recommendations) -> None:
    """Remember a list once for as long as it stays on the screen.

    A database that cannot be written costs the memory of it, not the list.
    """
    key = (ai.profile, found.version, found.mode, tuple(item.track_id for item in found))
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
            version=found.version or "",
            propensity=item.propensity,
        )
        for item in found
    ]
    try:
        state.store().note_shown(ai.profile, rows)
    except StoreError as error:
        logger.warning("a list could not be noted: %s", type(error).__name__)
