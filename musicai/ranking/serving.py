"""Which profile and version serve: the active one, if it knows enough of the library's tracks."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from musicai.core.errors import ModelError, NotFound
from musicai.core.settings import Settings
from musicai.data.library import IntArray, Library
from musicai.models.base import Component
from musicai.models.blend import LearnedWeights, StackedBlend
from musicai.models.registry.registry import LoadedVersion, candidates, load
from musicai.store import Store

logger = logging.getLogger(__name__)

MIN_VOCABULARY = 0.5
"""Share of the own tracks a version must know to serve a profile."""


@dataclass(frozen=True)
class Serving:
    """What a version brings to a library; nothing where none serves it."""

    version: str | None = None
    components: Mapping[str, Component] = field(default_factory=dict)
    """The trained ones, in the rows of the library."""
    weights: LearnedWeights | None = None
    stacked: Mapping[str, StackedBlend] = field(default_factory=dict)
    """Mode → the learned blend of its lists."""
    notes: tuple[str, ...] = ()
    """Why none serves, where that is not as it should be."""


def serving(settings: Settings, store: Store, library: Library, asked: str | None) -> Serving:
    """The version that serves a library.

    Args:
        settings: Where versions live.
        store: Which one is active, and their digests.
        library: The data to serve.
        asked: A version's name; the active one if None.

    Raises:
        NotFound: there is no such version.
        ModelError: the version asked for cannot be used, or does not know most of the own
            tracks. In place of an active one of which that is true the latest that served before
            it serves, and where there is none nothing; a note says why.
    """
    if asked is not None:
        found = _open_version(load(settings, store, asked), library)
        if found is None:
            raise ModelError(
                f"Version {asked} does not know most tracks of profile "
                f"{library.profile!r}. Choose another version, or retrain."
            )
        return found
    problems: list[str] = []
    for version in candidates(settings, store, library.profile):
        try:
            found = _open_version(load(settings, store, version), library)
        except (ModelError, NotFound) as error:
            logger.warning("version %s cannot be used: %s", version, type(error).__name__)
            problems.append(f"Version {version} cannot be used. {error}")
            continue
        if found is not None:
            instead = f"Until then version {version} serves."
            return replace(found, notes=tuple(f"{one} {instead}" for one in problems))
    without = "Until then the untrained components answer."
    return Serving(notes=tuple(f"{one} {without}" for one in problems))


def _open_version(loaded: LoadedVersion, library: Library) -> Serving | None:
    """A version over the library; None where it does not know most of the own tracks."""
    rows = loaded.vocabulary.rows(library.vocabulary.ids)
    own = library.tracks["own"].to_numpy()
    if own.any() and float((rows[own] >= 0).mean()) < MIN_VOCABULARY:
        return None
    components = _align_components(loaded, library, rows)
    return Serving(loaded.version, components, loaded.weights, loaded.stacked)


def _align_components(
    loaded: LoadedVersion, library: Library, rows: IntArray
) -> dict[str, Component]:
    """The trained components in the rows of the library."""
    same = loaded.vocabulary.fingerprint == library.vocabulary.fingerprint
    return {
        name: component if same else component.align(rows)
        for name, component in loaded.components.items()
        if component.trained
    }


def choose_profile(store: Store, settings: Settings) -> str:
    """The newest profile with real data, else the sample, loaded if need be."""
    real = [p for p in store.profiles() if not p.invented and store.imports(p.name)]
    if real:
        return max(real, key=lambda profile: profile.created_at).name
    # only where there is nothing else: the importer is much to load for a recommender
    from musicai.library.sample import SAMPLE_PROFILE, load_sample  # noqa: PLC0415

    load_sample(store, settings)
    return SAMPLE_PROFILE
