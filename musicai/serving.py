"""Which profile and version serve: the active one, if it knows enough of the library's tracks."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from musicai.errors import ModelError
from musicai.progress import no_progress
from musicai.recommenders.base import Component
from musicai.registry import LoadedVersion, active, load
from musicai.sample import SAMPLE_PROFILE, load_sample
from musicai.settings import Settings
from musicai.store import Store
from musicai.tables import IntArray, Library
from musicai.weights import LearnedWeights

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
            tracks. An active one of which that is true serves nothing, and a note says so.
    """
    version = asked or active(settings, store, library.profile)
    if version is None:
        return Serving()
    try:
        loaded = load(settings, store, version)
    except ModelError as error:
        if asked is not None:
            raise
        logger.warning("active version cannot be used: %s", type(error).__name__)
        return Serving(notes=(f"{error} Until then the untrained components answer.",))
    rows = loaded.vocabulary.rows(library.vocabulary.ids)
    own = library.tracks["own"].to_numpy()
    if own.any() and float((rows[own] >= 0).mean()) < MIN_VOCABULARY:
        if asked is not None:
            raise ModelError(
                f"Version {version} does not know most tracks of profile "
                f"{library.profile!r}. Choose another version, or retrain."
            )
        return Serving()
    return Serving(
        version,
        _aligned(loaded, library, rows),
        loaded.weights,
    )


def _aligned(loaded: LoadedVersion, library: Library, rows: IntArray) -> dict[str, Component]:
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
    load_sample(store, settings, no_progress)
    return SAMPLE_PROFILE
