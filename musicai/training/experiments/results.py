"""What came out of an offline comparison, as frozen values.

Differences are a − b throughout, over the same units. Swapping a and b changes every sign.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from musicai.data.sessions import Segment
from musicai.training.experiments.interleaving import Team

FEWEST_UNITS = 6
"""With fewer units nothing is said to be better: of 5 equally good weeks all fall on one given
side once in 32, more often than the 2.5 % that an interval of 95 % leaves there."""

TASK_WORDS = {
    "new": "what is new to the listener",
    "repeat": "what comes back",
    "all": "what is played",
}


@dataclass(frozen=True)
class Paired:
    """One metric of both."""

    metric: str
    """Such as "ndcg@20"."""
    a: float
    """Mean over units, 0 to 1."""
    b: float
    difference: float
    """Mean of a − b over the units."""
    low: float
    """Ends of the 95 % paired bootstrap interval of the difference."""
    high: float


@dataclass(frozen=True)
class UnitSplit:
    """Who foretold how many units better, by nDCG."""

    n: int
    """Units: ``wins + losses + ties``."""
    wins: int
    """Units on which a is better."""
    losses: int
    """Units on which b is better."""
    ties: int
    difference: float
    """Mean of a − b in nDCG."""
    low: float
    """Ends of its 95 % paired bootstrap interval."""
    high: float


@dataclass(frozen=True)
class ListPlace:
    """One place of a list."""

    track_id: str
    name: str
    artists: str
    """As in the library's tables, joined by ";"."""
    hit: bool
    """Whether it was played in the unit."""


@dataclass(frozen=True)
class Example:
    """One unit on which the lists differ much."""

    listener: str
    number: int
    """Of this listener's units, 0 for the first."""
    in_common: int
    """Tracks that stand in both of the lists below."""
    ndcg_a: float
    """Of the whole list, not only of what is shown here."""
    ndcg_b: float
    top_a: tuple[ListPlace, ...]
    """The first ten."""
    top_b: tuple[ListPlace, ...]


@dataclass(frozen=True)
class TaskDuel:
    """The comparison on one task; units without a reachable target are not in it."""

    task: str
    n: int
    """Units."""
    metrics: Mapping[str, Paired]
    """Metric → both: nDCG first, recall, precision."""
    whole: UnitSplit
    segments: Mapping[Segment, UnitSplit]
    """The same by segment of listeners; only those that occur."""
    examples: tuple[Example, ...]
    """The units whose first ten have least in common, most different first."""

    @property
    def ndcg(self) -> Paired:
        """The metric that decides."""
        return next(iter(self.metrics.values()))

    @property
    def better(self) -> Team | None:
        """Who is better beyond chance: the whole interval lies on one side of 0."""
        if self.n < FEWEST_UNITS:
            return None
        return "a" if self.ndcg.low > 0 else "b" if self.ndcg.high < 0 else None

    def to_json(self) -> dict[str, Any]:
        """Plain values, rounded to five places."""
        told: dict[str, Any] = _round_values({**asdict(self), "better": self.better})
        return told


@dataclass(frozen=True)
class PairedComparison:
    """Two contestants on what neither had seen."""

    a: str
    """Name."""
    b: str
    k: int
    """Length of the lists."""
    cut: str = ""
    """ISO date and time; both were fitted on what was before it. "" where nothing was held out."""
    units: str = ""
    """What a unit is: "listener", "week" or "day"."""
    task: str = ""
    """The headline: "new" where enough new targets are reachable, else "repeat"."""
    tasks: Mapping[str, TaskDuel] = field(default_factory=dict)
    """Every task that has units."""
    notes: tuple[str, ...] = ()
    """Plain sentences: why nothing was measured, or what makes it less than fair."""

    @property
    def headline(self) -> TaskDuel | None:
        """The headline task's result; None if no unit could be measured."""
        return self.tasks.get(self.task)

    def describe(self) -> str:
        """What may be said, in a sentence that claims no more than that."""
        head = self.headline
        if head is None:
            return f"{self.a} and {self.b} could not be compared: nothing held out was reachable."
        found = head.ndcg
        figures = (
            f"{found.metric} {found.a:.3f} and {found.b:.3f}, difference {found.difference:+.3f} "
            f"(95 % {found.low:+.3f} to {found.high:+.3f}, n {head.n})"
        )
        if head.better is None:
            return (
                f"No difference beyond chance between {self.a} and {self.b} in foretelling "
                f"{TASK_WORDS[head.task]}: {figures}."
            )
        first, second = (self.a, self.b) if head.better == "a" else (self.b, self.a)
        return (
            f"{first} foretells {TASK_WORDS[head.task]} better than {second}. "
            f"{self.a} and {self.b}: {figures}."
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values, rounded to five places, and the sentence."""
        told = {name: task.to_json() for name, task in self.tasks.items()}
        own = {name: getattr(self, name) for name in ("a", "b", "k", "cut", "units", "task")}
        return {**own, "tasks": told, "notes": list(self.notes), "sentence": self.describe()}


def _round_values(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 5)
    if isinstance(value, Mapping):
        return {key: _round_values(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_round_values(item) for item in value]
    return value
