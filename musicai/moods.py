"""The 8 moods as weights on audio features.

A mood is a list of :class:`Rule`. Each rule says where on a feature's axis the mood lives
and gives a track a membership from 0 to 1; the mood's score is the weighted mean of its
rules. The weights lean on what is known, and on nothing finer:

- Russell's circumplex (1980): moods lie on valence (sad to glad) and arousal (calm to
  excited). Spotify's ``valence`` and ``energy`` stand for the two. Energetic, chill, happy
  and melancholic are its corners.
- Studies of expression in music (Juslin and Laukka 2004 sum them up): happy goes with fast
  and moderately loud; sad and tender with slow, soft and low in energy.
- Studies of music in sport (Karageorghis and others) find tempos of about 120 to 140 beats a
  minute preferred in training; runners' steps go on to about 165.
- Sung or spoken words disturb reading and memory; focused therefore asks for music without
  voices, neither sleepy nor driving.
- Party and romantic follow how people name their playlists: the one danceable, glad and at
  the tempo of dance floors; the other acoustic, sung, soft and warm.

The ramps end at the ends of the axes wherever that makes sense, so that few tracks tie.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musicai.errors import QueryError
from musicai.tables import AUDIO_FEATURES, FloatArray

MOODS: tuple[str, ...] = (
    "energetic",
    "chill",
    "happy",
    "melancholic",
    "party",
    "focused",
    "romantic",
    "workout",
)
"""The moods a person can ask for, in the order of every mood matrix."""

MOOD_LABELS: dict[str, str] = {mood: mood.capitalize() for mood in MOODS}
"""What the screen calls each mood."""

MOOD_HELP: dict[str, str] = {
    "energetic": "Loud, dense and driving, glad or not.",
    "chill": "Calm and even, at an easy tempo, neither sad nor exuberant.",
    "happy": "Bright and cheerful, whatever the style.",
    "melancholic": "Sad in tone, slow and soft.",
    "party": "Made for dancing: steady, glad and lively.",
    "focused": "Hardly any voice, even in energy; stays in the background.",
    "romantic": "Acoustic, sung, slow and warm.",
    "workout": "High energy on a steady beat of 120 to 165 a minute.",
}
"""What each mood asks of a track, in one sentence."""

MOOD_PLANE: dict[str, tuple[float, float]] = {
    "energetic": (0.50, 0.95),
    "chill": (0.52, 0.28),
    "happy": (0.92, 0.66),
    "melancholic": (0.12, 0.24),
    "party": (0.78, 0.80),
    "focused": (0.32, 0.42),
    "romantic": (0.62, 0.14),
    "workout": (0.66, 0.92),
}
"""Where each mood is drawn on the plane of (valence, energy), both 0 to 1."""

Bound = float | None


@dataclass(frozen=True)
class Rule:
    """One feature of a mood: full membership from ``low`` to ``high``, falling off outside.

    ``low`` None means that less is never too little, ``high`` None that more is never too
    much.
    """

    feature: str
    """One of ``AUDIO_FEATURES``."""
    weight: float
    """Its share of the mood; the weights of a mood sum to 1."""
    low: Bound = None
    """From here on up membership is full."""
    high: Bound = None
    """Up to here membership is full."""
    fall: float = 0.5
    """Distance outside the band at which membership has fallen to 0."""
    essential: bool = False
    """Without this feature the mood has no score."""

    def membership(self, values: FloatArray) -> FloatArray:
        """Membership of each value, 0 to 1; NaN stays NaN."""
        slope = np.float32(1 / self.fall)
        if self.low is not None:
            member = (values - np.float32(self.low - self.fall)) * slope
            if self.high is not None:
                np.minimum(member, (np.float32(self.high + self.fall) - values) * slope, out=member)
        else:
            top = self.high if self.high is not None else math.inf
            member = (np.float32(top + self.fall) - values) * slope
        return np.asarray(np.clip(member, 0, 1, out=member), dtype=np.float32)


MOOD_WEIGHTS: dict[str, tuple[Rule, ...]] = {
    "energetic": (
        Rule("energy", 0.50, low=1.0, fall=0.6, essential=True),
        Rule("loudness", 0.20, low=0.0, fall=14),
        Rule("acousticness", 0.10, high=0.0, fall=0.5),
        Rule("tempo", 0.20, low=170, fall=90),
    ),
    "chill": (
        Rule("energy", 0.40, low=0.25, high=0.40, fall=0.35, essential=True),
        Rule("valence", 0.20, low=0.40, high=0.65, fall=0.35),
        Rule("danceability", 0.15, low=0.60, high=0.80, fall=0.4),
        Rule("loudness", 0.10, high=-10, fall=8),
        Rule("tempo", 0.15, low=70, high=105, fall=40),
    ),
    "happy": (
        Rule("valence", 0.65, low=1.0, fall=0.7, essential=True),
        Rule("energy", 0.15, low=0.50, high=0.80, fall=0.4),
        Rule("danceability", 0.10, low=0.55, high=0.80, fall=0.5),
        Rule("speechiness", 0.10, high=0.05, fall=0.3),
    ),
    "melancholic": (
        Rule("valence", 0.45, high=0.0, fall=0.6, essential=True),
        Rule("energy", 0.25, high=0.20, fall=0.6, essential=True),
        Rule("tempo", 0.10, high=75, fall=65),
        Rule("danceability", 0.10, high=0.25, fall=0.5),
        Rule("instrumentalness", 0.10, high=0.0, fall=0.5),
    ),
    "party": (
        Rule("danceability", 0.40, low=0.95, fall=0.5, essential=True),
        Rule("energy", 0.25, low=0.70, high=0.90, fall=0.4, essential=True),
        Rule("valence", 0.20, low=0.65, high=0.90, fall=0.5),
        Rule("tempo", 0.15, low=100, high=128, fall=30),
    ),
    "focused": (
        Rule("instrumentalness", 0.50, low=0.95, fall=0.9, essential=True),
        Rule("speechiness", 0.20, high=0.03, fall=0.15),
        Rule("energy", 0.20, low=0.30, high=0.60, fall=0.3),
        Rule("liveness", 0.10, high=0.10, fall=0.4),
    ),
    "romantic": (
        Rule("acousticness", 0.30, low=0.95, fall=0.9, essential=True),
        Rule("energy", 0.20, low=0.20, high=0.45, fall=0.3),
        Rule("valence", 0.20, low=0.30, high=0.60, fall=0.3, essential=True),
        Rule("tempo", 0.10, low=60, high=100, fall=45),
        Rule("speechiness", 0.10, high=0.04, fall=0.15),
        Rule("instrumentalness", 0.10, high=0.0, fall=0.4),
    ),
    "workout": (
        Rule("tempo", 0.35, low=125, high=160, fall=30, essential=True),
        Rule("energy", 0.35, low=1.0, fall=0.6, essential=True),
        Rule("danceability", 0.20, low=0.75, fall=0.5),
        Rule("acousticness", 0.10, high=0.0, fall=0.4),
    ),
}
"""The rules of each mood; the weights of a mood sum to 1."""

_COLUMN = {name: column for column, name in enumerate(AUDIO_FEATURES)}
_WORDS_FOR_LITTLE = {
    "acousticness": "electric sound",
    "instrumentalness": "a voice",
    "liveness": "no audience",
    "speechiness": "little speech",
}
"""Where little of a feature is wanted, what that sounds like."""
_CLEAR = 0.5
"""Membership from which a feature speaks for a mood in a sentence."""
_NAMED = 3
"""Features named in a sentence, at most."""


def mood_matrix(audio: FloatArray) -> FloatArray:
    """Score tracks for the 8 moods; O(tracks).

    A feature that is not known drops out and the other weights grow to fill its place; a
    mood whose essential feature (``Rule.essential``) is not known has no score. A tempo of
    0 is how Spotify says that it found none.

    Args:
        audio: (n, 9) ``AUDIO_FEATURES`` in their own units, NaN where not known.

    Returns:
        (n, 8) float32, 0 to 1, in the order of ``MOODS``; NaN where a mood cannot be told.
    """
    features = np.array(audio, dtype=np.float32, order="F", copy=True)
    if features.ndim != 2 or features.shape[1] != len(AUDIO_FEATURES):
        raise QueryError(
            f"Moods need a table of {len(AUDIO_FEATURES)} audio features a track, "
            f"not one of shape {features.shape}."
        )
    tempo = features[:, _COLUMN["tempo"]]
    tempo[tempo <= 0] = np.nan
    known = ~np.isnan(features)
    complete = np.asarray(known.all(axis=0))
    features[~known] = 0
    scores = np.empty((len(features), len(MOODS)), dtype=np.float32, order="F")
    for column, mood in enumerate(MOODS):
        scores[:, column] = _score(mood, features, known, complete)
    return scores


def _score(
    mood: str, features: FloatArray, known: npt.NDArray[np.bool_], complete: npt.NDArray[np.bool_]
) -> FloatArray:
    total = np.zeros(len(features), dtype=np.float32)
    weight = np.zeros(len(features), dtype=np.float32)
    told = np.ones(len(features), dtype=bool)
    for rule in MOOD_WEIGHTS[mood]:
        column = _COLUMN[rule.feature]
        part = rule.membership(features[:, column])
        part *= np.float32(rule.weight)
        if complete[column]:
            weight += np.float32(rule.weight)
        else:
            part *= known[:, column]
            weight += known[:, column] * np.float32(rule.weight)
            if rule.essential:
                told &= known[:, column]
        total += part
    out = np.full(len(features), np.nan, dtype=np.float32)
    return np.divide(total, weight, out=out, where=told & (weight > 0))


def mood_sentence(mood: str, audio_row: FloatArray) -> str:
    """The one to three features that speak most for a mood, with their numbers.

    Args:
        mood: one of ``MOODS``.
        audio_row: (9,) ``AUDIO_FEATURES`` of one track in their own units.

    Returns:
        A clause such as "energy .91 and 128 beats a minute"; empty where no feature of the
        mood is known.

    Raises:
        QueryError: there is no such mood.
    """
    if mood not in MOOD_WEIGHTS:
        raise QueryError(f"There is no mood {mood!r}; the moods are {', '.join(MOODS)}.")
    row = np.asarray(audio_row, dtype=np.float32)
    parts: list[tuple[float, float, Rule, float]] = []
    for rule in MOOD_WEIGHTS[mood]:
        value = float(row[_COLUMN[rule.feature]])
        if math.isnan(value) or (rule.feature == "tempo" and value <= 0):
            continue
        member = float(rule.membership(np.array([value], dtype=np.float32))[0])
        parts.append((rule.weight * member, member, rule, value))
    parts.sort(key=lambda part: -part[0])
    clear = [part for part in parts if part[1] >= _CLEAR] or parts[:1]
    enough = [part for part in clear if part[0] >= clear[0][0] / 4][:_NAMED]
    words = [_words(rule, value) for _, _, rule, value in enough]
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def _words(rule: Rule, value: float) -> str:
    """A feature and its number: "energy .91", "valence only .12", "128 beats a minute"."""
    if rule.feature == "tempo":
        return f"{value:.0f} beats a minute"
    if rule.feature == "loudness":
        return f"loudness {value:.0f} dB".replace("-", "−")
    number = f"{value:.2f}"
    number = number.removeprefix("0") if value < 1 else number
    if rule.low is not None:
        return f"{rule.feature} {number}"
    plain = _WORDS_FOR_LITTLE.get(rule.feature)
    return f"{plain} ({rule.feature} {number})" if plain else f"{rule.feature} only {number}"
