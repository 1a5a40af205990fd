"""What others measured of recordings: AcousticBrainz, 2015 to 2022, computed from people's files.

These values are **not** the audio features of ``tables.AUDIO_FEATURES``: other algorithms, other
scales. They are kept under AcousticBrainz's own names, in a table of their own, and shown with
where they come from; no component reads them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

SOURCE = "AcousticBrainz"

CAUTION = "Tempo may be doubled or halved, and probabilities are guesses of small models."
"""What is said wherever such values are shown."""

PROBABILITY = "probability"
"""Part of the features that are probabilities of a class, as a small trained model gives them."""


@dataclass(frozen=True)
class MeasuredFeature:
    """One thing that is measured."""

    part: str
    """``lowlevel``, ``rhythm``, ``tonal`` or ``probability``: the kind of dump that tells it."""
    label: str
    """What the screen calls it, with its unit."""
    least: float = -math.inf
    most: float = math.inf
    """Values outside are errors, and are not taken."""
    words: tuple[str, ...] = ()
    """What it may be, where it is no number."""


_KEYS = ("C", "C#", "Db", "D", "D#", "Eb", "E", "F", "F#", "Gb", "G", "G#", "Ab", "A", "A#", "Bb",
         "B")  # fmt: skip


def _tempo(which: str) -> MeasuredFeature:
    return MeasuredFeature("rhythm", f"{which}, beats a minute", 1.0, 1_000.0)


def _probability(what: str) -> MeasuredFeature:
    return MeasuredFeature(PROBABILITY, f"Probability of “{what}”", 0.0, 1.0)


FEATURES: dict[str, MeasuredFeature] = {
    "average_loudness": MeasuredFeature("lowlevel", "Average loudness, 0 to 1", 0.0, 1.0),
    "dynamic_complexity": MeasuredFeature("lowlevel", "Dynamic complexity, dB", 0.0, 200.0),
    "mfcc_zero_mean": MeasuredFeature("lowlevel", "First timbre coefficient (MFCC)"),
    "bpm": _tempo("Tempo"),
    "bpm_histogram_first_peak_bpm_mean": _tempo("Most frequent tempo (mean)"),
    "bpm_histogram_first_peak_bpm_median": _tempo("Most frequent tempo (median)"),
    "bpm_histogram_second_peak_bpm_mean": _tempo("Second tempo (mean)"),
    "bpm_histogram_second_peak_bpm_median": _tempo("Second tempo (median)"),
    "danceability": MeasuredFeature("rhythm", "Danceability, 0 to about 3", 0.0, 10.0),
    "onset_rate": MeasuredFeature("rhythm", "Onsets a second", 0.0, 100.0),
    "key_key": MeasuredFeature("tonal", "Key", words=_KEYS),
    "key_scale": MeasuredFeature("tonal", "Scale", words=("major", "minor")),
    "tuning_frequency": MeasuredFeature("tonal", "Tuning, Hz", 400.0, 480.0),
    "tuning_equal_tempered_deviation": MeasuredFeature("tonal", "Distance from equal temperament"),
    "danceable": _probability("danceable"),
    "acoustic": _probability("acoustic"),
    "aggressive": _probability("aggressive"),
    "electronic": _probability("electronic"),
    "happy": _probability("happy"),
    "party": _probability("party"),
    "relaxed": _probability("relaxed"),
    "sad": _probability("sad"),
    "instrumental": _probability("instrumental"),
}
"""By AcousticBrainz's own name. Tempo is often doubled or halved."""


@dataclass(frozen=True)
class AudioDescriptor:
    """One feature of one recording, over all submissions of it."""

    recording: str
    """MusicBrainz's id."""
    feature: str
    """A key of ``FEATURES``."""
    value: float
    """Median over the submissions, of a probability the mean; NaN for words."""
    word: str
    """The most frequent word; "" for numbers."""
    n: int
    """Submissions."""
    spread: float
    """Median absolute deviation, of a probability the standard deviation; of words the share of
    submissions that say another."""
    source: str
    """``rhythm`` and so on: the dump that told it."""
    dated: str
    """The day of the dump, YYYY-MM-DD, or ""."""


def combine_measures(measures: Iterable[AudioDescriptor]) -> dict[tuple[str, str], AudioDescriptor]:
    """(recording, feature) → one measure.

    Only probabilities come from several archives, each with other submissions: their means and
    variances are joined exactly. The sample archives repeat a full one and are left out beside it.
    """
    found: dict[tuple[str, str], AudioDescriptor] = {}
    for one in sorted(measures, key=lambda m: ("sample" in m.source, m.source)):
        key = one.recording, one.feature
        before = found.get(key)
        if before is None:
            found[key] = one
        elif "sample" not in one.source:
            found[key] = _join_submissions(before, one)
    return found


def _join_submissions(one: AudioDescriptor, two: AudioDescriptor) -> AudioDescriptor:
    n = one.n + two.n
    mean = (one.n * one.value + two.n * two.value) / n
    square = sum(m.n * (m.spread**2 + m.value**2) for m in (one, two)) / n
    spread = math.sqrt(max(square - mean**2, 0.0))
    return replace(one, value=mean, n=n, spread=spread, dated=max(one.dated, two.dated))
