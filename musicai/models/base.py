"""The seam: what a component is given, and what it must give back.

A component scores every track for a query. NaN means "no opinion"; 0 is an
opinion. Absent knowledge never raises; misuse always does.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from musicai.core.errors import QueryError
from musicai.core.progress import Progress
from musicai.data.arrays import (
    Query,
    TrainingData,
)
from musicai.data.library import FloatArray, IntArray


@dataclass(frozen=True)
class Reason:
    """Why one component moved one track."""

    component: str
    """The component's name."""
    text: str
    """A clause that completes "because …", in plain words, with its numbers."""
    strength: float
    """How much it moved the component's own score; comparable within the component."""
    seed: int | None = None
    """Track row of the seed or played track that moved it most, where one did."""
    artist: int | None = None
    """Position in ``TrackFeatures.artist_names`` of the played artist that did."""
    feature: str | None = None
    """What is known of the track that did: an audio feature, "genre", "popularity",
    "listeners", or "tag:" and a tag that the track shares with the query."""


@dataclass(frozen=True)
class ComponentConfig:
    """Base of the configs: frozen, validated in ``__post_init__``, JSON round trip."""

    def to_json(self) -> dict[str, Any]:
        """Plain values only."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The config of ``to_json``.

        Raises:
            QueryError: a name is not a setting of this component.
        """
        known = {f.name for f in fields(cls)}
        strange = sorted(set(values) - known)
        if strange:
            raise QueryError(
                f"{cls.__name__} has no setting {strange[0]!r}; it has {', '.join(sorted(known))}."
            )
        return cls(**values)


class Component(ABC):
    """One way of scoring tracks. Subclasses: one file, one line in ``COMPONENTS``."""

    name: ClassVar[str]
    """Key in weights, contributions and manifests."""
    label: ClassVar[str]
    """What the screen calls it."""
    help: ClassVar[str]
    """What raising its slider does to the list, in one sentence."""
    trained: ClassVar[bool]
    """True if it only speaks after a training job; False if ``fit`` is instant."""
    scaling: ClassVar[Literal["anchored", "calibrated"]] = "anchored"
    """``anchored``: the blend scales the scores within the query (``ranking.anchor``).
    ``calibrated``: they are already 0 (neutral) to about 2."""
    config_class: ClassVar[type[ComponentConfig]]
    goes_on: ClassVar[bool] = False
    """True if :meth:`update` begins with what is learned here; False if it fits anew."""
    optional: ClassVar[bool] = False
    """True if it needs what the default install lacks; versions go on without it."""
    notes_: tuple[str, ...] = ()
    """What the last fit or update has to say to the person, in sentences."""

    def __init__(self, config: ComponentConfig | None = None) -> None:
        self.config = config if config is not None else self.config_class()
        self.token = object()
        """Key of this very component in ``Query.memo``; the memo keeps it from being reused."""

    @property
    def silent(self) -> bool:
        """True where it has no opinion on anything, whatever is asked."""
        return False

    @abstractmethod
    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Learn from the data; returns itself."""

    def update(self, data: TrainingData, progress: Progress) -> Self:
        """A new component of the same config for newer data; this one stays as it is.

        Here a full fit. A component that ``goes_on`` begins with what is learned here.

        Args:
            data: Of the vocabulary of this component; :meth:`align` it first.
            progress: As in :meth:`fit`.
        """
        return type(self)(self.config).fit(data, progress)

    @abstractmethod
    def score(self, query: Query) -> FloatArray:
        """(n_tracks,) float32; NaN where there is no opinion."""

    @abstractmethod
    def reasons(self, query: Query, track: int) -> list[Reason]:
        """Why ``track`` (a row) got its score, strongest first; empty without an opinion."""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write the learned state as npz and JSON into an existing empty folder."""

    @classmethod
    @abstractmethod
    def load(cls, folder: Path, config: ComponentConfig) -> Self:
        """Read what ``save`` wrote. Never unpickles."""

    @abstractmethod
    def align(self, rows: IntArray) -> Self:
        """The same component for another vocabulary.

        Args:
            rows: (n_new,) for each new row its row here, −1 where it is not known;
                such rows get no opinion.
        """


def write_json(path: Path, value: object) -> None:
    """JSON, indented, keys sorted: equal values give equal bytes."""
    path.write_text(json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False), "utf-8")
