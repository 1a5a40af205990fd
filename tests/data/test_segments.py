"""Listeners by how much is known of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicai.data.sessions import HEAVY_FROM, LIGHT_FROM, SEGMENTS, segment_of
from musicai.training.evaluation.splits import MIN_EVENTS


@pytest.mark.parametrize(
    ("n_events", "segment"),
    [(0, "new"), (49, "new"), (50, "light"), (499, "light"), (500, "heavy"), (10**7, "heavy")],
)
def test_the_thresholds(n_events: int, segment: str) -> None:
    assert segment_of(n_events) == segment


def test_a_listener_stops_being_new_where_measuring_begins() -> None:
    assert LIGHT_FROM == MIN_EVENTS < HEAVY_FROM


@given(a=st.integers(0, 2_000), b=st.integers(0, 2_000))
def test_more_events_never_lead_back(a: int, b: int) -> None:
    low, high = sorted((a, b))
    assert SEGMENTS.index(segment_of(low)) <= SEGMENTS.index(segment_of(high))
