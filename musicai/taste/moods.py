"""Where the listening lies between sad and happy, calm and energetic, and near which moods."""

from __future__ import annotations

import numpy as np

from musicai.data.library import AUDIO_FEATURES
from musicai.data.moods import MOODS, mood_matrix, mood_worth
from musicai.models.base import TrackFeatures
from musicai.taste.listening import Double
from musicai.taste.model import MoodMap

CELLS = 20
"""Cells of the plane on either side."""

_VALENCE, _ENERGY = AUDIO_FEATURES.index("valence"), AUDIO_FEATURES.index("energy")


def mood_map(features: TrackFeatures, weights: Double) -> MoodMap | None:
    """The listening on the plane of valence and energy (Russell's circumplex, 1980).

    A track is counted to the mood of which it is the clearest case (``moods.mood_worth``);
    a mood's place is the mean of what is counted to it.

    Args:
        features: What is known of the tracks.
        weights: (n_tracks,) the listening.
    """
    heard = np.flatnonzero(weights > 0)
    valence, energy = (features.audio[heard, at].astype(float) for at in (_VALENCE, _ENERGY))
    known = np.isfinite(valence) & np.isfinite(energy)
    if not known.any():
        return None
    valence, energy, weight = valence[known], energy[known], weights[heard][known]
    total = float(weight.sum())
    mean_v, mean_e = float(valence @ weight) / total, float(energy @ weight) / total
    spread = (
        float(np.sqrt((valence - mean_v) ** 2 @ weight / total)),
        float(np.sqrt((energy - mean_e) ** 2 @ weight / total)),
    )
    column, row = (np.clip((v * CELLS + 1e-6).astype(int), 0, CELLS - 1) for v in (valence, energy))
    cells = np.bincount(row * CELLS + column, weights=weight, minlength=CELLS**2)
    shares, places = _by_mood(features.audio[heard][known], valence, energy, weight)
    return MoodMap(
        known=total / float(weights.sum()),
        valence=mean_v,
        energy=mean_e,
        spread=spread,
        cells=tuple(tuple(line) for line in np.rint(cells).astype(int).reshape(CELLS, -1).tolist()),
        moods=shares,
        places=places,
    )


def _by_mood(
    audio: np.ndarray, valence: Double, energy: Double, weight: Double
) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
    worth = mood_worth(mood_matrix(audio))
    told = ~np.isnan(worth).all(axis=1)
    best = np.full(len(worth), -1)
    best[told] = np.nanargmax(worth[told], axis=1)
    sums = np.bincount(best[told], weights=weight[told], minlength=len(MOODS))
    total = float(sums.sum()) or 1.0
    places = {}
    for at, mood in enumerate(MOODS):
        if sums[at]:
            mine = best == at
            part = weight[mine]
            places[mood] = (
                float(valence[mine] @ part / part.sum()),
                float(energy[mine] @ part / part.sum()),
            )
    return {mood: float(sums[at]) / total for at, mood in enumerate(MOODS)}, places
