"""Fitting: a library as arrays, and every component fitted on it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from musicai.core.errors import QueryError
from musicai.core.progress import Progress, no_progress, part
from musicai.data.arrays import TrackFeatures, TrainingData
from musicai.data.feedback import Feedback
from musicai.data.library import Library
from musicai.data_processor import build_features, build_training_data, fit_vectorizer
from musicai.models import COMPONENTS
from musicai.models.base import Component, ComponentConfig
from musicai.models.collaborative import METHODS, Collaborative, CollaborativeConfig
from musicai.models.hyperparameters import Settings
from musicai.ranking.feedback import resolve, taught

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer


MOST_TUNING_S = 4 * 3600.0
"""Longest tuning."""


@dataclass(frozen=True)
class TrainingConfig:
    """What a person may choose about a training run."""

    method: str = "auto"
    """``als``, ``nmf``, or ``auto``: the better of both on the validation slice."""
    factors: int | None = None
    """Size of the item factors; None for the method's own default."""
    epochs: int | None = None
    """Sweeps over the data; None for the default."""
    regularization: float | None = None
    """Pull of the factors towards 0; None for the default."""
    alpha: float | None = None
    """Weight of a confidence (ALS); None for the default."""
    seed: int = 0
    """Same data, config and seed give the same factors."""
    evaluate: bool = True
    """Measure on a temporal hold-out, and choose method and weights on validation."""
    music_map: bool = True
    """Draw the music map of the version."""
    settings: Settings = field(default_factory=dict)
    """Component → name → value of further hyper-parameters (:mod:`musicai.models.hyperparameters`);
    the four above go before them."""
    tune_s: float = 0.0
    """Seconds in which better hyper-parameters are looked for; 0 for none."""
    deep: bool = True
    """Train the optional deep components, where what they need is installed."""

    def __post_init__(self) -> None:
        if self.method not in ("auto", *METHODS):
            raise QueryError(f"method is {self.method!r}; choose from auto, {', '.join(METHODS)}.")
        if not 0 <= self.tune_s <= MOST_TUNING_S:
            raise QueryError(f"Tuning takes 0 to {MOST_TUNING_S / 60:.0f} minutes.")
        for name in self.settings:
            if name not in COMPONENTS or not COMPONENTS[name].trained:
                raise QueryError(f"There is no trained component {name!r} to set anything of.")
        configs(self, "als")  # their values are checked where they are used

    def collaborative(self, method: str) -> CollaborativeConfig:
        """The collaborative component's config for a method."""
        return CollaborativeConfig(
            method=method, seed=self.seed, **self.list_chosen(method).get(Collaborative.name, {})
        )

    def list_chosen(self, method: str) -> dict[str, dict[str, Any]]:
        """Component → name → value of all that was chosen, for a collaborative method."""
        chosen: dict[str, Any] = {
            "epochs": self.epochs,
            "regularization": self.regularization,
            "alpha": self.alpha,
            "factors" if method == "als" else "nmf_factors": self.factors,
        }
        given = {name: value for name, value in chosen.items() if value is not None}
        found = {name: dict(own) for name, own in self.settings.items()}
        if given:
            found[Collaborative.name] = {**found.get(Collaborative.name, {}), **given}
        return found

    def settle(self, settings: Settings) -> TrainingConfig:
        """The same with these settings in place of all that was chosen."""
        return replace(
            self, settings=settings, factors=None, epochs=None, regularization=None, alpha=None
        )

    def methods(self) -> tuple[str, ...]:
        """The methods to compare."""
        return METHODS if self.method == "auto" else (self.method,)


@dataclass(frozen=True)
class Described:
    """The tracks of a library as arrays, and the text model behind them."""

    vectorizer: TfidfVectorizer
    features: TrackFeatures
    seconds: float


@dataclass(frozen=True)
class Fitted:
    """Components fitted on a whole library."""

    data: TrainingData
    components: dict[str, Component]
    described: Described
    train_s: float
    """Seconds from the library in memory to the fitted components, features included."""


def describe(library: Library, progress: Progress = no_progress) -> Described:
    """The tracks as arrays, and the text model behind them."""
    started = time.perf_counter()
    progress(0.0, "Reading artists, titles and genres…")
    text_model = fit_vectorizer(library)
    features = build_features(library, text_model)
    return Described(text_model, features, time.perf_counter() - started)


def fit_all(
    library: Library,
    config: TrainingConfig,
    progress: Progress = no_progress,
    *,
    method: str | None = None,
    described: Described | None = None,
    feedback: Sequence[Feedback] = (),
) -> Fitted:
    """Every component, fitted on the whole library.

    Args:
        library: The data.
        config: Choices.
        progress: As in :func:`train`.
        method: The collaborative method; the first of the config's if None.
        described: From :func:`describe`; made here if None.
        feedback: What the owner said of tracks.
    """
    described = described or describe(library, part(progress, 0.0, 0.15))
    started = time.perf_counter()
    progress(0.15, "Gathering listeners, sessions and playlists…")
    data = build_training_data(library, described.features, seed=config.seed)
    data = taught(data, resolve(library, described.features, feedback, now=0))
    wanted = configs(config, method or config.methods()[0])
    components = fit_components(data, wanted, part(progress, 0.2, 1.0))
    seconds = described.seconds + time.perf_counter() - started
    return Fitted(data, components, described, seconds)


def configs(config: TrainingConfig, method: str) -> dict[str, ComponentConfig]:
    """Each component's config; without the optional ones where they are not wanted."""
    chosen = config.list_chosen(method)
    made: dict[str, ComponentConfig] = {
        name: kind.config_class(**chosen.get(name, {}))
        for name, kind in COMPONENTS.items()
        if config.deep or not kind.optional
    }
    made[Collaborative.name] = config.collaborative(method)
    return made


def fit_components(
    data: TrainingData, wanted: Mapping[str, ComponentConfig], progress: Progress
) -> dict[str, Component]:
    """The components of ``wanted`` on the same data; those to be trained take most of the time."""
    kinds = {name: COMPONENTS[name] for name in wanted}
    slow = sum(kind.trained for kind in kinds.values())
    fitted: dict[str, Component] = {}
    done = 0.0
    for name, kind in kinds.items():
        share = 0.9 / slow if kind.trained else 0.1 / max(len(kinds) - slow, 1)
        note = "Learning which tracks are played together…" if kind.trained else ""
        progress(done, note or f"{kind.label}…")
        fitted[name] = kind(wanted[name]).fit(data, part(progress, done, done + share))
        done += share
    return fitted


def select_kept(components: Mapping[str, Component]) -> dict[str, Component]:
    """Those that belong in a version: an optional one that learned nothing does not."""
    return {n: one for n, one in components.items() if not (one.optional and one.silent)}


def notes_of(components: Mapping[str, Component]) -> tuple[str, ...]:
    """What the components have to say of their training."""
    return tuple(dict.fromkeys(note for one in components.values() for note in one.notes_))
