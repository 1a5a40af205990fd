"""From kept contributions and reasons to one true sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from musicai.models.base import Reason

SECOND_SHARE = 0.6
"""A second reason is told if its contribution is at least this share of the first's."""


def sentence(
    contributions: Mapping[str, float],
    reasons: Callable[[str], list[Reason]],
    novelty: float = 0.0,
) -> str:
    """Why a track stands in the list, from what moved its score most.

    Args:
        contributions: Component, "verdicts" or a dial → part of the score.
        reasons: Gives a component's reasons, strongest first; asked only for those told.
        novelty: The familiar ↔ obscure dial, −1 to 1.
    """
    ordered = sorted(contributions.items(), key=lambda item: -item[1])
    told: list[str] = []
    first = 0.0
    for name, value in ordered:
        if value <= 0 or len(told) == 2 or (told and value < SECOND_SHARE * first):
            break
        clause = _dial(name, novelty) or _strongest(reasons(name))
        if clause:
            told.append(clause)
            first = first or value
    if not told:
        return "Nothing known speaks for or against it; it fills the list."
    # a name may end with a full stop of its own
    return f"Because {'; and '.join(told).removesuffix('.')}."


def _strongest(reasons: list[Reason]) -> str:
    return reasons[0].text if reasons else ""


def _dial(name: str, novelty: float) -> str:
    """What a dial says for itself; "" for what has reasons."""
    if name == "surprise":
        return "you asked to be surprised, and this is a guess at what else you may like"
    if name == "novelty":
        known = "little" if novelty > 0 else "well"
        return f"it is {known} known, as you asked"
    return ""
