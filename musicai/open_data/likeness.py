"""Whether an answer is the recording or artist that was asked for.

A host's search finds something for almost any name, so both the artist and the title of an
answer must be like those asked, and it must be no other version of the recording.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from musicai.data.text_keys import normalise, title_key
from musicai.library.matching import versions

ALIKE = 0.9
"""Likeness, 0 to 1, of the artist and of the title from which an answer is taken."""

_NUMBERS = re.compile(r"\d+")


def likeness(one: str, other: str) -> float:
    """Normalised indel similarity of two normalised names, 0 to 1; 0 where one is empty."""
    if not one or not other:
        return 0.0
    return fuzz.ratio(normalise(one), normalise(other)) / 100.0


def same_title(asked: str, told: str) -> bool:
    """Whether two titles are alike, apart from guests and marks of a re-issue.

    Another number ("Part 2") or version ("Live") is another recording however alike the rest is.
    """
    one, other = title_key(asked), title_key(told)
    return (
        fuzz.ratio(one, other) >= ALIKE * 100.0
        and _NUMBERS.findall(one) == _NUMBERS.findall(other)
        and versions(asked) == versions(told)
    )


def same_artist(asked: str, told: Sequence[str]) -> bool:
    """Whether one of the names under which the artist is credited is alike."""
    return any(likeness(asked, name) >= ALIKE for name in told)
