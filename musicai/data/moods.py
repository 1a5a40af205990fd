"""The 8 moods as weights on audio features.

A mood is a list of :class:`Rule`. Each rule says where on a feature's axis the mood lives
and gives a track a membership from 0 to 1; the mood's score is the weighted mean of its
rules. What the rules lean on:

- Russell's circumplex (1980): moods lie on valence (sad to glad) and arousal (calm to
  excited). Spotify's ``valence`` and ``energy`` stand for the two. Energetic, chill, happy
  and melancholic are its corners.
- Studies of expression in music (Juslin and Laukka 2004 sum them up): happy goes with fast
  and moderately loud; sad and tender with slow, soft and low in energy.
- Studies of music in sport (Karageorghis and others) find tempos of about 120 to 140 beats a
  minute preferred in training; runners' steps go on to about 165.
- Sung or spoken words disturb reading and memory; focused therefore asks for music without
  voices, neither sleepy nor driving.
- Names that people gave to playlists and genres ("Chillout & Remixes", "focus beats"), as weak
  labels: ``benchmarks.moods``. Weights were moved on one half of the names, where these agreed
  with the above or had nothing against them, and measured on the other.

How often a track so named scores above one that is not (AUC, .5 is chance), on the half of the
names that no weight has seen, tracks of playlists and means of genres, with the number of
names; before and after the weights were moved, and on what each mood stands:

- energetic, .81 → .81 of 16 playlists, .86 → .86 of 31 genres: energy, loudness, no acoustic
  sound. Well borne out by names that speak of force.
- chill, .77 → .79 of 3, .77 → .78 of 13: low energy and loudness, slow; named ones are danceable,
  and no more acoustic than others.
- happy, .53 → .53 of 2, .84 → .83 of 12: valence, and danceability, which parted the names of
  the other half. The playlists are too few to tell anything.
- melancholic, .59 → .60 of 1, .71 → .64 of 1: hardly a name speaks of it, so that it stands on the
  literature: low valence, low energy, acoustic.
- party, .64 of 14, .86 of 9, as before: danceable, lively, glad. A change that helped on one half
  did not on the other, and was taken back.
- focused, none, .93 → .96 of 6: instrumental, soft, low in energy.
- romantic, .81 → .82 of 2, .62 → .66 of 4: soft, acoustic, sung. Power ballads, which playlists
  call love songs, are its counterexample.
- workout, .64 → .69 of 8, .87 → .90 of 1: energy, loudness and tempo; people train to rock and rap
  that is not danceable, so that danceability weighs little.

The ramps end at the ends of the axes wherever that makes sense, so that few tracks tie.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musicai.core.errors import QueryError
from musicai.data.library import AUDIO_FEATURES, FloatArray

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
    usual: float
    """Mean membership over broad music (see ``MOOD_ANCHORS``): what counts where the feature is
    not known, and what a track must exceed for the feature to speak for it."""
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

    def member(self, value: float) -> float:
        """:meth:`membership` of one value, without the price of an array."""
        rising = math.inf if self.low is None else (value - self.low) / self.fall + 1
        falling = math.inf if self.high is None else (self.high - value) / self.fall + 1
        return min(max(min(rising, falling), 0.0), 1.0)


MOOD_WEIGHTS: dict[str, tuple[Rule, ...]] = {
    "energetic": (
        Rule("energy", 0.45, 0.42, low=1.0, fall=0.6, essential=True),
        Rule("loudness", 0.20, 0.42, low=0.0, fall=14),
        Rule("acousticness", 0.15, 0.54, high=0.0, fall=0.5),
        Rule("tempo", 0.20, 0.44, low=170, fall=90),
    ),
    "chill": (
        Rule("energy", 0.35, 0.49, low=0.20, high=0.45, fall=0.4, essential=True),
        Rule("valence", 0.10, 0.77, low=0.40, high=0.65, fall=0.35),
        Rule("danceability", 0.20, 0.82, low=0.60, high=0.80, fall=0.4),
        Rule("loudness", 0.15, 0.76, high=-9, fall=8),
        Rule("tempo", 0.20, 0.60, low=75, high=105, fall=40),
    ),
    "happy": (
        Rule("valence", 0.60, 0.32, low=1.0, fall=0.7, essential=True),
        Rule("danceability", 0.25, 0.50, low=0.85, fall=0.5),
        Rule("energy", 0.15, 0.84, low=0.50, high=0.80, fall=0.4),
    ),
    "melancholic": (
        Rule("valence", 0.40, 0.24, high=0.0, fall=0.6, essential=True),
        Rule("energy", 0.25, 0.31, high=0.20, fall=0.6, essential=True),
        Rule("acousticness", 0.15, 0.32, low=0.90, fall=0.9),
        Rule("tempo", 0.05, 0.35, high=75, fall=65),
        Rule("danceability", 0.05, 0.33, high=0.25, fall=0.5),
        Rule("instrumentalness", 0.10, 0.77, high=0.0, fall=0.5),
    ),
    "party": (
        Rule("danceability", 0.40, 0.33, low=0.95, fall=0.5, essential=True),
        Rule("energy", 0.25, 0.71, low=0.70, high=0.90, fall=0.4, essential=True),
        Rule("valence", 0.20, 0.65, low=0.65, high=0.90, fall=0.5),
        Rule("tempo", 0.15, 0.80, low=100, high=128, fall=30),
    ),
    "focused": (
        Rule("instrumentalness", 0.45, 0.14, low=0.95, fall=0.9, essential=True),
        Rule("energy", 0.20, 0.45, low=0.15, high=0.45, fall=0.35),
        Rule("loudness", 0.15, 0.42, high=-14, fall=10),
        Rule("speechiness", 0.10, 0.66, high=0.03, fall=0.15),
        Rule("liveness", 0.10, 0.77, high=0.10, fall=0.4),
    ),
    "romantic": (
        Rule("acousticness", 0.30, 0.28, low=0.95, fall=0.9, essential=True),
        Rule("energy", 0.25, 0.48, low=0.20, high=0.50, fall=0.3),
        Rule("valence", 0.15, 0.82, low=0.30, high=0.65, fall=0.3, essential=True),
        Rule("tempo", 0.10, 0.71, low=60, high=110, fall=45),
        Rule("speechiness", 0.10, 0.71, high=0.04, fall=0.15),
        Rule("instrumentalness", 0.10, 0.74, high=0.0, fall=0.4),
    ),
    "workout": (
        Rule("tempo", 0.25, 0.63, low=125, high=160, fall=30, essential=True),
        Rule("energy", 0.35, 0.42, low=1.0, fall=0.6, essential=True),
        Rule("loudness", 0.15, 0.46, low=-3.0, fall=9),
        Rule("danceability", 0.15, 0.67, low=0.75, fall=0.5),
        Rule("acousticness", 0.10, 0.49, high=0.0, fall=0.4),
    ),
}
"""The rules of each mood; the weights of a mood sum to 1."""

MOOD_ANCHORS: dict[str, tuple[float, float]] = {
    "energetic": (0.466, 0.796),
    "chill": (0.661, 0.934),
    "happy": (0.441, 0.811),
    "melancholic": (0.293, 0.695),
    "party": (0.575, 0.843),
    "focused": (0.318, 0.771),
    "romantic": (0.512, 0.864),
    "workout": (0.550, 0.858),
}
"""Mood → the score of the middle one of all tracks, and of one that clearly fits.

"Clearly" is as rare in every mood: 1 track in 20 scores as high. All tracks are here a broad
reference, half 28,356 tracks of playlists (pop, rap, rock, latin, r&b, electronic), half the
means of 2,663 genres from all over the world; ``benchmarks.moods`` measures both figures anew.
"""

_COLUMN = {name: column for column, name in enumerate(AUDIO_FEATURES)}
_WORDS_FOR_LITTLE = {
    "acousticness": "electric sound",
    "instrumentalness": "a voice",
    "liveness": "no audience",
    "speechiness": "little speech",
}
"""Where little of a feature is wanted, what that sounds like."""
_NAMED = 3
"""Features named in a sentence, at most."""


def mood_matrix(audio: FloatArray) -> FloatArray:
    """Score tracks for the 8 moods; O(tracks).

    A feature that is not known counts as it usually does (``Rule.usual``): who knows less of a
    track says less for it. A mood whose essential feature (``Rule.essential``) is not known has
    no score. A tempo of 0 is how Spotify says that it found none.

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
    complete = np.asarray(~np.isnan(features).any(axis=0))
    scores = np.empty((len(features), len(MOODS)), dtype=np.float32, order="F")
    for column, mood in enumerate(MOODS):
        scores[:, column] = _score(mood, features, complete)
    return np.clip(scores, 0, 1, out=scores)


def _score(mood: str, features: FloatArray, complete: npt.NDArray[np.bool_]) -> FloatArray:
    total = np.zeros(len(features), dtype=np.float32)
    for rule in MOOD_WEIGHTS[mood]:
        column = _COLUMN[rule.feature]
        part = rule.membership(features[:, column])
        if not (complete[column] or rule.essential):
            part[np.isnan(part)] = np.float32(rule.usual)
        part *= np.float32(rule.weight)
        total += part
    return total


def mood_worth(scores: FloatArray) -> FloatArray:
    """(n, 8) scores of :func:`mood_matrix` on one scale: 0 the middle track, 1 a clear case.

    Below 0 where a track is less like the mood than the middle one of broad music.
    """
    anchors = np.array([MOOD_ANCHORS[mood] for mood in MOODS], dtype=np.float32)
    centre, clear = anchors[:, 0], anchors[:, 1]
    return np.asarray((scores - centre) / (clear - centre), dtype=np.float32)


def mood_fit(mood: str, audio_row: FloatArray) -> float:
    """:func:`mood_worth` of one track and mood; its essential features must be known.

    Args:
        mood: one of ``MOODS``.
        audio_row: (9,) ``AUDIO_FEATURES`` of one track in their own units.
    """
    centre, clear = MOOD_ANCHORS[mood]
    usual = sum(rule.weight * rule.usual for rule in MOOD_WEIGHTS[mood])
    score = usual + sum(lift for _, _, lift in _lifts(mood, audio_row))
    return (score - centre) / (clear - centre)


def mood_features(mood: str, audio_row: FloatArray) -> list[str]:
    """The features that lift a track's mood score above the usual, the strongest first.

    Without an essential one the mood has no score at all, so those come before the others.

    Args:
        mood: one of ``MOODS``.
        audio_row: (9,) ``AUDIO_FEATURES`` of one track in their own units.

    Raises:
        QueryError: there is no such mood.
    """
    return [rule.feature for rule, _, _ in _speaking(mood, audio_row)]


def mood_sentence(mood: str, audio_row: FloatArray) -> str:
    """The one to three features that speak most for a mood, with their numbers.

    Args:
        mood: one of ``MOODS``.
        audio_row: (9,) ``AUDIO_FEATURES`` of one track in their own units.

    Returns:
        A clause such as "energy .91 and 128 beats a minute"; empty where no feature speaks
        for the mood.

    Raises:
        QueryError: there is no such mood.
    """
    parts = _speaking(mood, audio_row)
    enough = [part for part in parts if part[2] >= parts[0][2] / 4][:_NAMED]
    words = [_words(rule, value) for rule, value, _ in enough]
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def _speaking(mood: str, audio_row: FloatArray) -> list[tuple[Rule, float, float]]:
    """(rule, value, lift above the usual) of what speaks for a mood, the strongest first."""
    parts = [(rule, value, lift) for rule, value, lift in _lifts(mood, audio_row) if lift > 0]
    return sorted(parts, key=lambda part: (not part[0].essential, -part[2]))


def _lifts(mood: str, audio_row: FloatArray) -> list[tuple[Rule, float, float]]:
    """(rule, value, what it adds to the usual score) of the features that are known."""
    if mood not in MOOD_WEIGHTS:
        raise QueryError(f"There is no mood {mood!r}; the moods are {', '.join(MOODS)}.")
    row = np.asarray(audio_row).tolist()
    found = []
    for rule in MOOD_WEIGHTS[mood]:
        value = row[_COLUMN[rule.feature]]
        if not (math.isnan(value) or (rule.feature == "tempo" and value <= 0)):
            found.append((rule, value, rule.weight * (rule.member(value) - rule.usual)))
    return found


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
