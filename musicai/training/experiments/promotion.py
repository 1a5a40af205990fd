"""Whether a newly trained version goes into service, or the one before it stays.

A new version is held back only where it is worse beyond chance: where the whole interval of the
difference (new − active) lies below 0. It knows the latest plays and the active one does not,
which the comparison cannot see, as both are fitted on the same part; so that doubt speaks for
the new one. What the gate keeps out is a change of settings or weights that does harm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from musicai.training.experiments.results import FEWEST_UNITS, TASK_WORDS, PairedComparison

NO_ACTIVE = "There was no version in service to compare it with."


@dataclass(frozen=True)
class PromotionEvidence:
    """The figures that the gate looked at."""

    task: str
    metric: str
    units: str
    """What a unit is: "listener", "week" or "day"."""
    cut: str
    """ISO date and time; both were fitted on what was before it."""
    n: int
    """Units."""
    new: float
    """Mean over units."""
    active: float
    difference: float
    """Mean of new − active over the units."""
    low: float
    """Ends of its 95 % paired bootstrap interval."""
    high: float


@dataclass(frozen=True)
class Gate:
    """The decision, and why."""

    promote: bool
    """Whether the new version goes into service."""
    reason: str
    """One plain sentence."""
    evidence: PromotionEvidence | None = None
    """None where nothing was compared."""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The gate of ``to_json``."""
        seen = values.get("evidence")
        evidence = PromotionEvidence(**seen) if seen is not None else None
        return cls(bool(values["promote"]), str(values["reason"]), evidence)


NOT_COMPARED = Gate(True, "It was not compared with another version.")


def gate(found: PairedComparison | None) -> Gate:
    """Decide on a new version.

    Args:
        found: ``duel(…, new, active)``, in this order; None where no version was in service.
    """
    if found is None:
        return Gate(True, NO_ACTIVE)
    head = found.headline
    if head is None:
        return Gate(
            True, "It could not be compared with the version in service: nothing to foretell."
        )
    figures = head.ndcg
    evidence = PromotionEvidence(
        task=head.task,
        metric=figures.metric,
        units=found.units,
        cut=found.cut,
        n=head.n,
        new=figures.a,
        active=figures.b,
        difference=figures.difference,
        low=figures.low,
        high=figures.high,
    )
    return Gate(head.better != "b", _reason(evidence, head.better), evidence)


def _reason(seen: PromotionEvidence, better: str | None) -> str:
    words = TASK_WORDS[seen.task]
    figures = (
        f"{seen.metric} {seen.new:.3f} instead of {seen.active:.3f}, difference "
        f"{seen.difference:+.3f} (95 % {seen.low:+.3f} to {seen.high:+.3f}, n {seen.n})"
    )
    if better == "b":
        return f"It foretells {words} worse than the version in service: {figures}."
    if better == "a":
        return f"It foretells {words} better than the version in service: {figures}."
    if seen.n < FEWEST_UNITS:
        return f"Too little was held out to tell it from the version in service: {figures}."
    return f"It foretells {words} no worse than the version in service, beyond chance: {figures}."
