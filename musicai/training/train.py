"""Training: data -> features -> choice and measurement -> fit on everything -> version.

The command line and the app both come through :func:`train`. The hold-out is cut by
time; the collaborative method and the weights are chosen on a validation slice before
it, so the test part is read once. What goes into service is then fitted on everything.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib.util import find_spec
from typing import Any

from musicai.core.errors import ModelError, NoCandidates, QueryError
from musicai.core.progress import Progress, no_progress, part
from musicai.core.settings import Settings
from musicai.data.arrays import TrackFeatures, TrainingData
from musicai.data.feedback import Feedback
from musicai.data.library import Library
from musicai.data_processor import fit_vectorizer, load_features
from musicai.library.assemble import load_library
from musicai.models import DEFAULT_WEIGHTS
from musicai.models.blend import LearnedWeights
from musicai.models.collaborative import Collaborative
from musicai.models.music_map import build
from musicai.models.registry.artifacts import NMF_PICKLE, VECTORIZER_PICKLE, Trained
from musicai.models.registry.bundled import save_bundled
from musicai.models.registry.registry import (
    BUNDLED,
    VersionInfo,
    activate,
    info_of,
    save,
)
from musicai.models.registry.versions import prune
from musicai.store import Store
from musicai.training.experiments import Gate, Variant, contestant_of, duel, gate
from musicai.training.experiments.promotion import NOT_COMPARED
from musicai.training.fit import (
    Described,
    Fitted,
    TrainingConfig,
    describe,
    fit_all,
    notes_of,
    select_kept,
)
from musicai.training.selection import NOT_ASKED, Choice, choose

logger = logging.getLogger(__name__)

NO_MAP = (
    "The version has no music map: openTSNE is not installed. `pip install openTSNE` brings it."
)

NMF_BUDGET_ENTRIES = 2_500_000
"""Up to this many interactions the NMF pickle is made beside ALS too: a few seconds."""


@dataclass(frozen=True)
class TrainingResult:
    """What a run made."""

    version: str
    seconds: float
    """The whole run."""
    train_s: float
    """One fit of the components."""
    method: str
    """The collaborative method in use."""
    default_weights: Mapping[str, float]
    metrics: Mapping[str, Any] = field(default_factory=dict)
    """``Evaluation.to_json()``; empty where nothing could be measured."""
    notes: tuple[str, ...] = ()
    gate: Gate = NOT_COMPARED
    """Whether the version serves now, and why."""

    def to_json(self) -> dict[str, Any]:
        """The object that the command line prints."""
        return {
            "version": self.version,
            "seconds": round(self.seconds, 2),
            "train_s": round(self.train_s, 2),
            "method": self.method,
            "default_weights": dict(self.default_weights),
            **self.metrics,
            "gate": self.gate.to_json(),
            "notes": list(self.notes),
        }


def train(
    store: Store,
    settings: Settings,
    profile: str,
    config: TrainingConfig | None = None,
    progress: Progress = no_progress,
    *,
    notes: tuple[str, ...] = (),
    gated: bool = True,
) -> TrainingResult:
    """Train a version of a profile, and let it serve unless it does worse than the one before.

    Args:
        store: The database.
        settings: Where versions go.
        profile: Whose data.
        config: Choices; the defaults if None.
        progress: Called often; raising ``Cancelled`` from it stops the run, and
            nothing of it is kept.
        notes: What else is to be said of the version, before its own notes.
        gated: Compare it with the version in service on the same hold-out, and let it wait
            where it is worse beyond chance (:mod:`musicai.training.experiments.promotion`).

    Raises:
        NotFound: there is no such profile.
        Cancelled: passed on from ``progress``.
    """
    started = time.perf_counter()
    against = _in_service(store, settings, profile) if gated else None
    within = part(progress, 0.0, 0.97)
    trained = _train_components(store, settings, profile, config, within, started, against)
    trained = replace(trained, notes=(*notes, *trained.notes))
    progress(0.97, "Saving the new version…")
    version = save(settings, store, trained)
    result = result_of(version, trained, started)
    if result.gate.promote:
        activate(settings, store, profile, version)
    prune(settings, store, profile)
    serves = "is active" if result.gate.promote else "waits for your word"
    progress(1.0, f"The new version {serves}.")
    logger.info("trained %s in %.1f s", version, time.perf_counter() - started)
    return result


def _in_service(store: Store, settings: Settings, profile: str) -> VersionInfo | None:
    """The version that a new one is compared with; None without one of the profile's own."""
    version = store.profile(profile).active_version
    if version in (None, BUNDLED):
        return None
    info = info_of(settings, store, str(version))
    return None if info.problem else info


def result_of(version: str, trained: Trained, started: float) -> TrainingResult:
    """What a run made that began at ``started`` (``time.perf_counter()``)."""
    return TrainingResult(
        version=version,
        seconds=time.perf_counter() - started,
        train_s=trained.train_s,
        method=str(trained.components[Collaborative.name].config.to_json()["method"]),
        default_weights=trained.weights.everyone,
        metrics=trained.metrics,
        notes=trained.notes,
        gate=Gate.from_json(trained.gate) if trained.gate else NOT_COMPARED,
    )


def train_bundled(
    store: Store, settings: Settings, profile: str, progress: Progress = no_progress
) -> str:
    """Train the version that ships with the project; returns its manifest's SHA-256.

    Raises:
        ModelError: the profile is not the invented sample.
    """
    plain = TrainingConfig(deep=False)  # what the default install makes, wherever it is made
    trained = _train_components(store, settings, profile, plain, progress, time.perf_counter())
    return save_bundled(settings, trained)


def _train_components(
    store: Store,
    settings: Settings,
    profile: str,
    config: TrainingConfig | None,
    progress: Progress,
    started: float,
    against: VersionInfo | None = None,
) -> Trained:
    progress(0.0, "Reading your library…")
    library = load_library(store, settings, profile)
    if not library.n_tracks:
        raise NoCandidates(
            f"Profile {profile!r} holds no track yet, so there is nothing to learn. Import a "
            "history, a playlist or a track table."
        )
    progress(0.03, "Reading artists, titles and genres…")
    began = time.perf_counter()
    # through the side file, so that serving finds it warm
    features = load_features(settings, library)
    described = Described(fit_vectorizer(library), features, time.perf_counter() - began)
    config = config if config is not None else TrainingConfig()
    measured = against is not None and config.evaluate
    trained = prepare(
        library,
        config,
        part(progress, 0.1, 0.8 if measured else 1.0),
        described=described,
        started=started,
        feedback=store.feedback(profile),
    )
    if against is None or not config.evaluate:
        return trained
    within = part(progress, 0.8, 1.0)
    return replace(trained, gate=_gate(library, features, trained, against, within).to_json())


def _gate(
    library: Library,
    features: TrackFeatures,
    trained: Trained,
    against: VersionInfo,
    progress: Progress,
) -> Gate:
    """Whether the new version may take the place of the one in service."""
    new = Variant(
        "the new version",
        {name: component.config for name, component in trained.components.items()},
        trained.weights,
        trained.stacked,
    )
    try:
        active = contestant_of(against)
    except (ModelError, QueryError) as error:
        return Gate(True, f"It could not be compared with the version in service. {error}")
    progress(0.0, "Comparing with the version in use…")
    seed = int(trained.config.get("seed", 0))
    return gate(duel(library, features, new, active, seed=seed, progress=progress))


def prepare(
    library: Library,
    config: TrainingConfig,
    progress: Progress = no_progress,
    *,
    described: Described | None = None,
    fitted: Fitted | None = None,
    started: float | None = None,
    feedback: Sequence[Feedback] = (),
) -> Trained:
    """Everything but the disk: measure, choose, and fit on all of the library.

    Args:
        library: The data.
        config: Choices.
        progress: As in :func:`train`.
        described: From :func:`describe`; made here if None.
        fitted: Components already fitted on this very library with this config.
        started: ``time.perf_counter()`` when the whole run began.
        feedback: What the owner said of tracks. It is learned from, and never measured on:
            a verdict may be younger than the cut.
    """
    started = time.perf_counter() if started is None else started
    described = fitted.described if fitted else described or describe(library, progress)
    if config.evaluate:
        choice = choose(library, described.features, config, part(progress, 0.05, 0.6))
    else:
        choice = Choice(
            config.methods()[0], LearnedWeights(dict(DEFAULT_WEIGHTS)), {}, (NOT_ASKED,)
        )
    config = choice.config or config
    if fitted is None:
        within = part(progress, 0.6 if config.evaluate else 0.05, 0.75)
        fitted = fit_all(
            library,
            config,
            within,
            method=choice.method,
            described=described,
            feedback=feedback,
        )
    music_map, notes = None, [*choice.notes, *notes_of(fitted.components)]
    if config.music_map and find_spec("openTSNE") is None:
        notes.append(NO_MAP)
    elif config.music_map:
        drawing = part(progress, 0.75, 0.93)
        music_map = build(described.features, fitted.components, config.seed, drawing)
    pickles, pickle_notes = _pickles(fitted, config, part(progress, 0.93, 1.0))
    return Trained(
        profile=library.profile,
        invented=library.invented,
        fingerprint=library.fingerprint,
        sizes=data_sizes(library, fitted.data) | {"feedback": len(feedback)},
        vocabulary=library.vocabulary,
        components=select_kept(fitted.components),
        weights=choice.weights,
        stacked=choice.stacked,
        metrics=choice.metrics,
        notes=(*notes, *pickle_notes),
        seconds=time.perf_counter() - started,
        train_s=fitted.train_s,
        config=asdict(config),
        pickles=pickles,
        music_map=music_map,
    )


def _pickles(
    fitted: Fitted, config: TrainingConfig, progress: Progress
) -> tuple[dict[str, object], list[str]]:
    """The two scikit-learn estimators for use outside, and what is to be said of them."""
    pickles: dict[str, object] = {VECTORIZER_PICKLE: fitted.described.vectorizer}
    collaborative = fitted.components[Collaborative.name]
    assert isinstance(collaborative, Collaborative)
    model, notes = collaborative.sklearn_model_, []
    if model is None and fitted.data.interactions.nnz > NMF_BUDGET_ENTRIES:
        notes.append(f"{NMF_PICKLE} was left out: it would take long on this much data.")
    elif model is None:
        progress(0.2, "Learning the documented alternative (NMF)…")
        other = Collaborative(config.collaborative("nmf")).fit(
            fitted.data, part(progress, 0.2, 1.0)
        )
        model = other.sklearn_model_
        if model is not None:
            notes.append(
                f"{NMF_PICKLE} holds the documented alternative; the version serves with ALS."
            )
    if model is not None:
        pickles[NMF_PICKLE] = model
    progress(1.0)
    return pickles, notes


def data_sizes(library: Library, data: TrainingData) -> dict[str, int]:
    """The manifest's ``sizes``: how much there was to learn from."""
    return {
        "tracks": library.n_tracks,
        "own_tracks": int(library.tracks["own"].sum()),
        "plays": len(library.plays),
        "playlist_rows": len(library.training_items()),
        "listeners": len(library.listeners),
        "training_rows": int(data.interactions.shape[0]),
        "interactions": int(data.interactions.nnz),
        "neighbours": data.neighbours.artists.shape[0] if data.neighbours else 0,
    }
