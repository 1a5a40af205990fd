"""Musical keys: names, and nearness on the circle of fifths."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicai.data import musical_keys

MAJOR, MINOR = 1.0, 0.0
NAN = float("nan")
C, D, E, F, F_SHARP, G, A, B = 0.0, 2.0, 4.0, 5.0, 6.0, 7.0, 9.0, 11.0

Key = tuple[float, float]
every = st.tuples(st.sampled_from([float(n) for n in range(12)]), st.sampled_from([MINOR, MAJOR]))

CAMELOT = {
    "A": (8, 3, 10, 5, 0, 7, 2, 9, 4, 11, 6, 1),
    "B": (11, 6, 1, 8, 3, 10, 5, 0, 7, 2, 9, 4),
}
"""Pitch classes of the minor (A) and major (B) keys 1 to 12 of the wheel, as it is printed:
1A is A♭ minor and 1B B major."""


def away(one: Key, other: Key) -> float:
    return float(musical_keys.distances(*one, *other))


@pytest.mark.parametrize(
    ("one", "other", "steps"),
    [
        ((C, MAJOR), (C, MAJOR), 0),
        ((C, MAJOR), (G, MAJOR), 1),
        ((C, MAJOR), (F, MAJOR), 1),
        ((C, MAJOR), (A, MINOR), 1),
        ((C, MAJOR), (E, MINOR), 2),
        ((C, MAJOR), (D, MAJOR), 2),
        ((C, MAJOR), (C, MINOR), 4),
        ((C, MAJOR), (B, MAJOR), 5),
        ((C, MAJOR), (F_SHARP, MAJOR), 6),
        ((C, MAJOR), (3.0, MINOR), 6),
        ((A, MINOR), (E, MINOR), 1),
        ((A, MINOR), (3.0, MINOR), 6),
        ((B, MAJOR), (F_SHARP, MAJOR), 1),
    ],
)
def test_steps_counted_by_hand_on_the_circle(one: Key, other: Key, steps: int) -> None:
    assert away(one, other) == pytest.approx(steps / 6)


@pytest.mark.parametrize("number", range(12))
def test_neighbours_on_the_camelot_wheel_are_one_step_apart(number: int) -> None:
    minor, major = (CAMELOT[letter][number] for letter in "AB")
    assert away((minor, MINOR), (major, MAJOR)) == pytest.approx(1 / 6)
    for letter, mode in (("A", MINOR), ("B", MAJOR)):
        here, on = CAMELOT[letter][number], CAMELOT[letter][(number + 1) % 12]
        assert away((here, mode), (on, mode)) == pytest.approx(1 / 6)
        across = CAMELOT[letter][(number + 6) % 12]
        assert away((here, mode), (across, mode)) == 1.0


@given(every, every, every)
def test_it_is_a_distance_between_0_and_1(one: Key, other: Key, third: Key) -> None:
    assert 0.0 <= away(one, other) <= 1.0
    assert away(one, other) == away(other, one)
    assert (away(one, other) == 0.0) == (one == other)
    assert away(one, third) <= away(one, other) + away(other, third) + 1e-12


@given(every, every, st.integers(1, 11))
def test_moving_both_keys_keeps_their_distance(one: Key, other: Key, by: int) -> None:
    moved = [((key + by) % 12, mode) for key, mode in (one, other)]
    assert away(*moved) == pytest.approx(away(one, other))


def test_what_is_not_known_has_no_distance_and_no_name() -> None:
    found = musical_keys.distances([C, NAN, C, G], [MAJOR, MAJOR, NAN, MAJOR], C, MAJOR)
    np.testing.assert_allclose(found, [0.0, NAN, NAN, 1 / 6])
    assert np.isnan(musical_keys.distances([C], [MAJOR], NAN, MINOR)).all()
    assert musical_keys.name(NAN, MAJOR) == musical_keys.name(C, NAN) == ""
    assert (
        musical_keys.change(C, MAJOR, NAN, MAJOR) == musical_keys.change(NAN, NAN, C, MAJOR) == ""
    )


def test_names_and_changes_in_words() -> None:
    assert [musical_keys.name(key, MAJOR) for key in (C, 1.0, B)] == [
        "C major",
        "C♯/D♭ major",
        "B major",
    ]
    assert musical_keys.name(A, MINOR) == "A minor"
    assert musical_keys.change(C, MAJOR, A, MINOR) == "from A minor to C major, its relative"
    assert musical_keys.change(A, MINOR, A, MINOR) == "in A minor as before"
    assert musical_keys.change(G, MAJOR, C, MAJOR) == "from C major to G major, a fifth away"
    far = "from C major to F♯/G♭ major, six steps on the circle of fifths"
    assert musical_keys.change(F_SHARP, MAJOR, C, MAJOR) == far
