"""From kept contributions and reasons to one true sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from musicai.recommenders.base import Reason

SECOND_SHARE = 0.6
"""A second reason is told if its contribution is at least this share of the first's."""


def sentence(
    contributions: Mapping[str, float],
    reasons: Callable[[str], list[Reason]],
    novelty: float = 0.0,
) -> str:
    """Why a track stands in the list, from what moved its score most.

    Args:
        contributions: Component (or "novelty") → part of the score.
        reasons: Gives a component's reasons, strongest first; asked only for those told.
        novelty: The familiar ↔ obscure dial, −1 to 1.
    """
    ordered = sorted(contributions.items(), key=lambda item: -item[1])
    told: list[str] = []
    first = 0.0
    for name, value in ordered:
        if value <= 0 or len(told) == 2 or (told and value < SECOND_SHARE * first):
            break
        clause = _novelty(novelty) if name == "novelty" else _strongest(reasons(name))
        if clause:
            told.append(clause)
            first = first or value
    if not told:
        return "Nothing known speaks for or against it; it fills the list."
    # a name may end with a full stop of its own
    return f"Because {'; and '.join(told).removesuffix('.')}."


def _strongest(reasons: list[Reason]) -> str:
    return reasons[0].text if reasons else ""


def _novelty(dial: float) -> str:
    return "it is little known, as you asked" if dial > 0 else "it is well known, as you asked"
