"""Who takes part in a comparison: the settings and weights that make a model, not its factors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from musicai.core.errors import IncompatibleModel, ModelError, QueryError
from musicai.models import COMPONENTS, DEFAULT_WEIGHTS
from musicai.models.base import ComponentConfig
from musicai.models.blend import LearnedWeights, StackedBlend
from musicai.models.registry.registry import VersionInfo
from musicai.training.fit import TrainingConfig, configs


@dataclass(frozen=True)
class Variant:
    """What is needed to fit a model anew on any library, and to blend its components."""

    name: str
    """What reports call it."""
    components: Mapping[str, ComponentConfig]
    """Component → its settings."""
    weights: LearnedWeights
    """Component → weight (0 or more) for everyone, and for segments that differ."""
    stacked: Mapping[str, StackedBlend] = field(default_factory=dict)
    """Mode → learned blend; lists are made with it where it is the default."""
    chosen_before: str = ""
    """ISO moment before which the plays lie that its weights were chosen on; "" for weights that
    were chosen on no plays."""
    profiles: tuple[str, ...] = ()
    """Profiles whose plays these were."""

    def __post_init__(self) -> None:
        for weights in self._sets():
            for name, weight in weights.items():
                if not np.isfinite(weight) or weight < 0:
                    raise QueryError(
                        f"The weight of {name!r} in {self.name!r} is {weight}; give it 0 or more."
                    )
            if not any(weight > 0 and name in self.components for name, weight in weights.items()):
                raise QueryError(
                    f"No component of {self.name!r} has a weight above 0, so that it cannot rank "
                    "anything; give one a weight."
                )

    def _sets(self) -> tuple[Mapping[str, float], ...]:
        every = (self.weights, *self.weights.modes.values())
        straight = (own for one in every for own in (one.everyone, *one.segments.values()))
        return (*straight, *(one.weights for one in self.stacked.values() if one.better))

    @property
    def used_components(self) -> tuple[str, ...]:
        """Components with a weight for anyone, in the order of ``COMPONENTS``.

        Only they are fitted, as the others change no list.
        """
        heard = {name for weights in self._sets() for name, weight in weights.items() if weight > 0}
        return tuple(name for name in COMPONENTS if name in heard and name in self.components)

    def key(self, component: str) -> tuple[str, str]:
        """Equal for components that would be fitted alike."""
        return component, json.dumps(self.components[component].to_json(), sort_keys=True)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "name": self.name,
            "components": {name: self.components[name].to_json() for name in self.used_components},
            "weights": self.weights.to_json(),
            "stacked": {mode: one.to_json() for mode, one in self.stacked.items()},
        }


def alike(a: Variant, b: Variant) -> bool:
    """Whether two contestants make the same lists of the same data."""
    return [a.key(name) for name in a.used_components] == [
        b.key(name) for name in b.used_components
    ] and (
        a.weights,
        a.stacked,
    ) == (b.weights, b.stacked)


def contestant(
    name: str,
    config: TrainingConfig,
    weights: Mapping[str, float] | LearnedWeights = DEFAULT_WEIGHTS,
    *,
    method: str | None = None,
) -> Variant:
    """A contestant from the choices of a training.

    Args:
        name: What reports call it.
        config: Choices.
        weights: Component → weight for everyone, or such by segment.
        method: The collaborative method; the first of the config's if None.

    Raises:
        QueryError: a weight is negative, or all are 0.
    """
    learned = weights if isinstance(weights, LearnedWeights) else LearnedWeights(dict(weights))
    return Variant(name, configs(config, method or config.methods()[0]), learned)


def contestant_of(info: VersionInfo) -> Variant:
    """A contestant with the settings and weights of a saved version.

    A component that came after the version has no weight in it and takes no part; one that is
    no more takes none either, unless it was trained: that version cannot be used at all.

    Raises:
        ModelError: the version cannot be used.
        IncompatibleModel: a setting of it is not known here.
    """
    if info.problem:
        raise ModelError(f"Version {info.version} cannot take part. {info.problem}")
    try:
        components = {
            name: COMPONENTS[name].config_class.from_json(config)
            for name, config in info.components.items()
            if name in COMPONENTS
        }
    except QueryError as error:
        raise IncompatibleModel(f"Version {info.version}: {error} Train a new version.") from error
    return Variant(
        name=info.name or info.version,
        components=components,
        weights=info.weights,
        stacked=info.stacked,
        chosen_before=str(info.metrics.get("cut", "")),
        profiles=info.profiles,
    )
