"""Musical keys: what they are called, and how far they are from each other.

A key is a pitch class (0 to 11, C = 0, in semitones) and a mode (1 major, 0 minor), as in
``tables.KEY_COLUMNS``. Nearness is that of the circle of fifths (Heinichen 1728; the textbook
picture of which keys share most of their notes), with each minor key at the place of its relative
major. DJs know the same picture as the Camelot wheel (Mark Davis): twelve numbers for the places,
A and B for minor and major. C major is 8B there, A minor 8A, and G major 9B.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

NAMES = ("C", "C♯/D♭", "D", "D♯/E♭", "E", "F", "F♯/G♭", "G", "G♯/A♭", "A", "A♯/B♭", "B")
"""Pitch class → its name; a number cannot tell C♯ from D♭."""

_OPPOSITE = 6
"""Steps to the other side of the circle."""

_STEPS = ("", "one step", "two steps", "three steps", "four steps", "five steps", "six steps")


def name(key: float, mode: float) -> str:
    """What people call the key, such as "C♯/D♭ major"; "" where either is not known (NaN)."""
    if np.isnan(key) or np.isnan(mode):
        return ""
    return f"{NAMES[int(key)]} {'major' if mode else 'minor'}"


def distances(
    key: npt.ArrayLike, mode: npt.ArrayLike, other_key: npt.ArrayLike, other_mode: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    """How far keys are apart: 0 for the same one, 1 for the other side of the circle.

    A step to a neighbour on the circle costs 1/6, and so does one between relative major and
    minor. At most six steps are counted, so that the other side is 1 in either mode.

    Args:
        key: (n,) or one pitch class, NaN where it is not known; all broadcast.
        mode: 1 major, 0 minor, NaN where it is not known.
        other_key: Of the keys compared with.
        other_mode: Of the keys compared with.

    Returns:
        (n,) float64, NaN where any of the four is not known.
    """
    around = np.abs(_place(key, mode) - _place(other_key, other_mode))
    around = np.minimum(around, 12 - around)
    changed = np.abs(np.asarray(mode, dtype=np.float64) - np.asarray(other_mode, dtype=np.float64))
    return np.asarray(np.minimum(around + changed, _OPPOSITE) / _OPPOSITE, dtype=np.float64)


def change(key: float, mode: float, from_key: float, from_mode: float) -> str:
    """How one key follows another, in words; "" where one of them is not known.

    Examples: "in A minor as before", "from A minor to C major, its relative", "from C major to
    G major, a fifth away", "from C major to D major, two steps on the circle of fifths".
    """
    now, before = name(key, mode), name(from_key, from_mode)
    if not now or not before:
        return ""
    if now == before:
        return f"in {now} as before"
    steps = round(float(distances(key, mode, from_key, from_mode)) * _OPPOSITE)
    relation = f"{_STEPS[steps]} on the circle of fifths"
    if steps == 1:
        relation = "a fifth away" if mode == from_mode else "its relative"
    return f"from {before} to {now}, {relation}"


def _place(key: npt.ArrayLike, mode: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """0 to 11, the place on the circle: fifths up from C major and A minor; NaN if not known."""
    tonic, major = np.asarray(key, dtype=np.float64), np.asarray(mode, dtype=np.float64)
    relative_major = tonic + 3 * (1 - major)
    return np.asarray(relative_major * 7 % 12, dtype=np.float64)
