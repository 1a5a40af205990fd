"""Updating: the active version goes on with the data as they are now.

A fraction of a training's time: the trained components begin with what they learned, the
weights and the config stay, and nothing is measured anew. What that costs in likeness to
a full training is measured by ``benchmarks.drift``.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from musicai.core.errors import ModelError, NotFound
from musicai.core.progress import Progress, no_progress, part
from musicai.core.settings import Settings
from musicai.data.arrays import TrainingData
from musicai.data.feedback import Feedback
from musicai.data.library import IntArray, Library
from musicai.data_processor import build_training_data, fit_vectorizer, load_features
from musicai.library.assemble import load_library
from musicai.models import COMPONENTS
from musicai.models.base import Component
from musicai.models.collaborative import Collaborative
from musicai.models.music_map import MusicMap, extend_map
from musicai.models.registry.artifacts import NMF_PICKLE, VECTORIZER_PICKLE, Trained
from musicai.models.registry.freshness import (
    Update,
    behind,
    count_training_rows,
    first_of,
    read_trained_sizes,
)
from musicai.models.registry.registry import (
    BUNDLED,
    LoadedVersion,
    VersionInfo,
    activate,
    info_of,
    load,
    load_map,
    save,
)
from musicai.models.registry.versions import prune
from musicai.ranking.feedback import resolve, taught
from musicai.ranking.serving import MIN_VOCABULARY
from musicai.store import Store
from musicai.training.fit import TrainingConfig, notes_of
from musicai.training.train import TrainingResult, data_sizes, result_of, train

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class UpdateResult(TrainingResult):
    """What an update made; of a full training instead, ``update`` is empty."""

    update: Mapping[str, Any] = field(default_factory=dict)
    """``freshness.Update.to_json()``."""
    advice: str = ""
    """Why a full training is recommended; "" where it is not."""

    def to_json(self) -> dict[str, Any]:
        """As of a training; the metrics are those of the version ``metrics_of``."""
        told = self.update
        return super().to_json() | {
            "updated_from": told.get("updated_from"),
            "metrics_of": told.get("trained_as", self.version),
            "update": dict(told) or None,
            "advice": self.advice,
        }


@dataclass(frozen=True)
class _Source:
    """The version to go on from."""

    loaded: LoadedVersion
    info: VersionInfo
    rows: IntArray
    """(n_tracks,) for each row of the library its row in the version, -1 for a new track."""
    music_map: MusicMap | None
    """Its map over the library's rows; None where it has none."""


def update(
    store: Store,
    settings: Settings,
    profile: str,
    progress: Progress = no_progress,
    config: TrainingConfig | None = None,
) -> UpdateResult:
    """Update the profile's active version and make the new one active.

    Where that cannot be gone on from (there is none, it is the bundled one, it cannot be
    read, or it knows less than half of the own tracks) it trains in full, and says so.

    Args:
        store: The database.
        settings: Where versions go.
        profile: Whose data.
        progress: Called often; raising ``Cancelled`` from it stops the run, and nothing of
            it is kept.
        config: Choices of a full training, if it comes to that; the defaults if None.

    Raises:
        NotFound: there is no such profile.
        NoCandidates: the profile holds no track.
        Cancelled: passed on from ``progress``.
    """
    started = time.perf_counter()
    progress(0.0, "Reading your library…")
    library = load_library(store, settings, profile)
    try:
        source = _source(store, settings, library)
    except (ModelError, NotFound) as error:
        logger.info("a full training instead of an update: %s", type(error).__name__)
        note = f"Trained in full instead of updated. {error}"
        made = train(store, settings, profile, config, part(progress, 0.01, 1.0), notes=(note,))
        return _as_update(made)
    feedback = store.feedback(profile)
    trained = _update_one(settings, library, source, feedback, part(progress, 0.02, 0.95), started)
    progress(0.95, "Saving the updated version…")
    version = save(settings, store, trained)
    activate(settings, store, profile, version)
    prune(settings, store, profile)
    progress(1.0, "The updated version is active.")
    info = replace(source.info, version=version, sizes=trained.sizes, update=trained.update)
    made = result_of(version, trained, started)
    return _as_update(made, update=trained.update, advice=behind(info, library).advice)


def _as_update(made: TrainingResult, **more: Any) -> UpdateResult:
    return UpdateResult(**{one.name: getattr(made, one.name) for one in fields(made)}, **more)


def update_components(
    components: Mapping[str, Component], data: TrainingData, progress: Progress = no_progress
) -> dict[str, Component]:
    """The trained ones of ``components``, updated with ``data`` of the same vocabulary."""
    slow = {name: one for name, one in components.items() if one.trained}
    found: dict[str, Component] = {}
    for number, (name, component) in enumerate(slow.items()):
        first, last = number / len(slow), (number + 1) / len(slow)
        progress(first, f"{component.label}…")
        found[name] = component.update(data, part(progress, first, last))
    return found


# --- the version to go on from --------------------------------------------------------


def _source(store: Store, settings: Settings, library: Library) -> _Source:
    """The active version, verified and read.

    Raises:
        ModelError: it cannot be gone on from; the message says why.
        NotFound: its folder is gone.
    """
    version = store.profile(library.profile).active_version
    if version is None or version == BUNDLED:
        raise ModelError("There is no version of your own yet.")
    loaded = load(settings, store, version)
    for name, kind in COMPONENTS.items():
        if kind.trained and not kind.optional and name not in loaded.components:
            raise ModelError(f"Version {version} was made before there was “{kind.label}”.")
    rows = loaded.vocabulary.rows(library.vocabulary.ids)
    own = library.tracks["own"].to_numpy(dtype=bool)
    if not own.any() or float((rows[own] >= 0).mean()) < MIN_VOCABULARY:
        raise ModelError(f"Version {version} knows less than half of your tracks.")
    music_map = load_map(settings, store, version, library.vocabulary)
    return _Source(loaded, info_of(settings, store, version), rows, music_map)


# --- going on -------------------------------------------------------------------------


def _update_one(
    settings: Settings,
    library: Library,
    source: _Source,
    feedback: Sequence[Feedback],
    progress: Progress,
    started: float,
) -> Trained:
    began = time.perf_counter()
    progress(0.0, "Reading artists, titles and genres…")
    # through the side file, so that serving finds it warm
    features = load_features(settings, library)
    pickles: dict[str, object] = {VECTORIZER_PICKLE: fit_vectorizer(library)}
    progress(0.3, "Gathering listeners, sessions and playlists…")
    loaded, info = source.loaded, source.info
    data = build_training_data(library, features, seed=_seed(info))
    data = taught(data, resolve(library, features, feedback, now=0))
    aligned = {name: one.align(source.rows) for name, one in loaded.components.items()}
    components = update_components(aligned, data, part(progress, 0.4, 0.85))
    train_s = time.perf_counter() - began
    music_map = source.music_map
    if music_map is not None:
        drawing = part(progress, 0.85, 0.97)
        music_map = extend_map(music_map, features, components, _seed(info), drawing)
    collaborative = components[Collaborative.name]
    assert isinstance(collaborative, Collaborative)
    told = _describe_update(library, source, components, collaborative.sweeps_)
    if collaborative.sklearn_model_ is not None:  # an update of ALS makes no NMF beside it
        pickles[NMF_PICKLE] = collaborative.sklearn_model_
    note = (
        f"Updated from version {told.updated_from}. Weights and settings are those of version "
        f"{told.trained_as}, the latest that was trained in full."
    )
    progress(1.0)
    return Trained(
        profile=library.profile,
        invented=library.invented,
        fingerprint=library.fingerprint,
        sizes=data_sizes(library, data) | {"feedback": len(feedback)},
        vocabulary=library.vocabulary,
        # the untrained ones are fitted when served; here they only stand in the manifest
        components={
            name: components.get(name) or kind()
            for name, kind in COMPONENTS.items()
            if name in components or not kind.trained
        },
        weights=loaded.weights,
        stacked=loaded.stacked,
        metrics=info.metrics,
        notes=(note, *notes_of(components)),
        seconds=time.perf_counter() - started,
        train_s=train_s,
        config=info.config,
        pickles=pickles,
        update=told.to_json(),
        music_map=music_map,
    )


def _seed(info: VersionInfo) -> int:
    return int(info.config.get("seed", 0))


def _describe_update(
    library: Library, source: _Source, components: Mapping[str, Component], sweeps: int
) -> Update:
    """What the manifest says of the update."""
    first, learned_from, in_a_row = first_of(source.info)
    own = library.tracks["own"].to_numpy(dtype=bool)
    return Update(
        updated_from=source.info.version,
        trained_as=first,
        in_a_row=in_a_row + 1,
        sweeps=sweeps,
        refitted=tuple(name for name, one in components.items() if not one.goes_on),
        new_plays=count_training_rows(library) - read_trained_sizes(source.info.sizes),
        new_tracks=int((source.rows[own] < 0).sum()),
        trained_on=learned_from,
        now=count_training_rows(library),
    )
