"""Every component's scores over the candidates of one request, scaled and ready to blend."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from musicai.data.arrays import Query
from musicai.data.library import FloatArray, RowArray
from musicai.models.base import Component
from musicai.ranking import rerank


def score_all(
    components: Mapping[str, Component], query: Query, rows: RowArray, passing: RowArray
) -> tuple[dict[str, FloatArray], FloatArray]:
    """The components' scores, scaled over all candidates.

    Args:
        components: Fitted ones by name.
        query: What was asked.
        rows: (m,) ascending track rows over which scores are scaled.
        passing: (n,) those of ``rows`` that pass the filters: filters choose tracks and do not
            change their scores.

    Returns:
        Component → (n,) float32 scaled scores, NaN for no opinion; and the same as
        (n_components, n) with the neutral 0 for no opinion.
    """
    places = None if passing is rows else np.searchsorted(rows, passing)
    scaled = np.empty((len(components), len(passing)), dtype=np.float32)
    stacked = np.empty_like(scaled)

    for at, component in enumerate(components.values()):
        _score_into(component, query, rows, places, scaled[at])
        _neutral_into(component, scaled[at], stacked[at])
    return dict(zip(components, scaled, strict=True)), stacked


def _score_into(
    component: Component, query: Query, rows: RowArray, places: RowArray | None, out: FloatArray
) -> None:
    """One component's scaled scores, written where they are wanted."""
    raw = component.score(query)
    whole = out if places is None else np.empty(len(rows), dtype=np.float32)
    # rows are in bounds; "clip" spares the copy that checking them costs
    np.take(raw, rows, out=whole, mode="clip")
    if component.scaling == "anchored":
        rerank.anchor(whole, whole)
    if places is not None:
        np.take(whole, places, out=out, mode="clip")


def _neutral_into(component: Component, scaled: FloatArray, out: FloatArray) -> None:
    """Scaled scores with the neutral 0 for no opinion."""
    if component.scaling == "anchored":  # never below 0: the larger of both, a tenth of the time
        np.fmax(scaled, np.float32(0.0), out=out)
    else:
        out[:] = scaled
        out[np.isnan(scaled)] = 0.0
