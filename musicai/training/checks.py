"""Does the active version do what its controls say? The checks of ``train_model.py test``.

A short list for each mood and each genre: no two may be equal, the sound of a mood's
list must lean to where the mood's name points, and a genre's list must hold more of
that genre than its candidates do. What a mood's name means is stated here on its own,
not read from the weights that make the lists.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from musicai.ai_model import MusicAI
from musicai.core.errors import IncompatibleModel, MusicAIError, NotFound
from musicai.data.genres import GENRES
from musicai.data.library import AUDIO_FEATURES, RowArray
from musicai.data.moods import MOODS
from musicai.data_processor import build_documents
from musicai.models.collaborative import Collaborative
from musicai.models.registry.artifacts import MUSIC_MAP, NMF_PICKLE, VECTORIZER_PICKLE
from musicai.models.registry.registry import LoadedVersion, load, load_map, load_pickle
from musicai.ranking.request import Recommendations, Request, Tuning
from musicai.store import Store

logger = logging.getLogger(__name__)

EXPECTED: Mapping[str, Mapping[str, int]] = {
    "energetic": {"energy": 1},
    "chill": {"energy": -1},
    "happy": {"valence": 1},
    "melancholic": {"valence": -1},
    "party": {"danceability": 1, "energy": 1},
    "focused": {"speechiness": -1, "instrumentalness": 1},
    "romantic": {"energy": -1, "acousticness": 1},
    "workout": {"energy": 1, "tempo": 1},
}
"""Mood → feature → +1 where the list's mean must be above the candidates', −1 below."""

LENGTH = 10
STRENGTH = 0.9
_ROWS_COMPARED = 200


@dataclass(frozen=True)
class ModelCheck:
    """One thing that was looked at."""

    name: str
    passed: bool | None
    """None if it could not be looked at; ``detail`` says why."""
    detail: str

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"name": self.name, "passed": self.passed, "detail": self.detail}


@dataclass(frozen=True)
class Report:
    """All checks of one version, and the lists they looked at."""

    version: str
    checks: tuple[ModelCheck, ...]
    lists: Mapping[str, Recommendations] = field(default_factory=dict)

    @property
    def has_passed(self) -> bool:
        """Whether no check failed."""
        return all(check.passed is not False for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        """Plain values; lists as track ids."""
        return {
            "version": self.version,
            "passed": self.has_passed,
            "checks": [check.to_json() for check in self.checks],
            "lists": {
                name: [item.track_id for item in items] for name, items in self.lists.items()
            },
        }


def check_model(music: MusicAI, store: Store) -> Report:
    """Check the version that serves a profile.

    Raises:
        NotFound: no version serves it.
    """
    if music.version is None:
        raise NotFound(
            f"No trained version serves profile {music.profile!r}. Train one with "
            f"`python train_model.py all --profile {music.profile}`."
        )
    checks = [*_pickles(music, store, music.version), _map_check(music, store, music.version)]
    lists: dict[str, Recommendations] = {}
    kinds = {
        "mood": (MOODS, music.mood_availability("auto"), _mood_check),
        "genre": (GENRES, music.genre_availability("auto"), _genre_check),
    }
    for kind, (names, availability, look) in kinds.items():
        made: dict[str, Recommendations] = {}
        for name in names:
            label = f"{kind} {name}"
            why_not = availability.get(name)
            if why_not:
                checks.append(ModelCheck(label, None, why_not))
                continue
            try:
                made[label], candidates = _list(music, kind, name)
            except MusicAIError as error:
                checks.append(ModelCheck(label, False, str(error)))
                continue
            checks.append(look(music, name, made[label], candidates))
        checks.append(_distinct(f"{kind} lists differ", made))
        lists |= made
    return Report(version=music.version, checks=tuple(checks), lists=lists)


def _list(music: MusicAI, kind: str, name: str) -> tuple[Recommendations, RowArray]:
    """A list for one mood or genre near full strength, and the rows it was chosen from."""
    request = (
        Request(mood={name: 1.0}, mood_strength=STRENGTH)
        if kind == "mood"
        else Request(genre={name: 1.0}, genre_strength=STRENGTH)
    )
    items = music.rank(music.score(request), Tuning(n_recommendations=LENGTH))
    return items, music.candidates("auto")


def _mood_check(
    music: MusicAI, mood: str, items: Recommendations, candidates: RowArray
) -> ModelCheck:
    rows = np.array([item.track for item in items], dtype=np.int32)
    if not len(rows):
        return ModelCheck(f"mood {mood}", False, "The list is empty.")
    parts, passed = [], True
    for feature, side in EXPECTED[mood].items():
        values = music.features.audio[:, AUDIO_FEATURES.index(feature)]
        mean, usual = float(np.nanmean(values[rows])), float(np.nanmean(values[candidates]))
        spread = float(np.nanstd(values[candidates]))
        # where all candidates are alike, no list can lean anywhere
        passed &= spread < 1e-6 or side * (mean - usual) > 0
        parts.append(f"{feature} {mean:.2f} ({'above' if side > 0 else 'below'} {usual:.2f})")
    return ModelCheck(f"mood {mood}", passed, ", ".join(parts))


def _genre_check(
    music: MusicAI, genre: str, items: Recommendations, candidates: RowArray
) -> ModelCheck:
    members = np.nan_to_num(music.features.genres[:, GENRES.index(genre)])
    rows = np.array([item.track for item in items], dtype=np.int32)
    if not len(rows):
        return ModelCheck(f"genre {genre}", False, "The list is empty.")
    share, usual = float((members[rows] > 0).mean()), float((members[candidates] > 0).mean())
    return ModelCheck(
        f"genre {genre}",
        share > usual or share == 1.0,
        f"{share:.0%} of the list, {usual:.0%} of the candidates",
    )


def _distinct(name: str, lists: Mapping[str, Recommendations]) -> ModelCheck:
    if len(lists) < 2:
        return ModelCheck(name, None, "Fewer than two lists could be made.")
    ids = {label: [item.track_id for item in items] for label, items in lists.items()}
    same = [f"{a} = {b}" for a, b in combinations(ids, 2) if ids[a] == ids[b]]
    shared = [len(set(ids[a]) & set(ids[b])) / LENGTH for a, b in combinations(ids, 2)]
    detail = ", ".join(same) or f"on average two lists share {np.mean(shared):.0%} of their tracks"
    return ModelCheck(name, not same, detail)


def _pickles(music: MusicAI, store: Store, version: str) -> list[ModelCheck]:
    """The two pickles open after verification, and the vectorizer gives the stored rows."""
    try:
        vectorizer = load_pickle(music.settings, store, version, VECTORIZER_PICKLE)
    except IncompatibleModel as error:
        return [ModelCheck(VECTORIZER_PICKLE, None, str(error))]
    loaded = load(music.settings, store, version)
    checks = [_vectorizer_check(music, loaded, vectorizer)]
    try:
        nmf = load_pickle(music.settings, store, version, NMF_PICKLE)
    except NotFound as error:
        return [*checks, ModelCheck(NMF_PICKLE, None, str(error))]
    factors, tracks = nmf.components_.shape
    collaborative = loaded.components["collaborative"]
    # both were fitted on the tracks that anyone played
    same = isinstance(collaborative, Collaborative) and tracks == len(collaborative.items_.tracks)
    return [*checks, ModelCheck(NMF_PICKLE, same, f"{factors} factors of {tracks:,} played tracks")]


def _map_check(music: MusicAI, store: Store, version: str) -> ModelCheck:
    """The music map opens after verification, and has a place for most of the own tracks."""
    try:
        found = load_map(music.settings, store, version, music.library.vocabulary)
    except MusicAIError as error:
        return ModelCheck(MUSIC_MAP, False, str(error))
    if found is None:
        return ModelCheck(MUSIC_MAP, None, "the version was made without a map")
    own = music.library.tracks["own"].to_numpy(dtype=bool)
    share = float(found.is_placed[own].mean()) if own.any() else 1.0
    detail = f"{share:.0%} of the own tracks have a place"
    if "trustworthiness" in found.told:
        detail += f", trustworthiness {found.told['trustworthiness']:.3f}"
    return ModelCheck(MUSIC_MAP, share >= 0.5, detail)


def _vectorizer_check(music: MusicAI, loaded: LoadedVersion, vectorizer: Any) -> ModelCheck:
    if loaded.manifest["fingerprint"] != music.library.fingerprint:
        detail = "the data changed since training, so its rows cannot be compared"
        return ModelCheck(VECTORIZER_PICKLE, None, detail)
    step = max(music.library.n_tracks // _ROWS_COMPARED, 1)
    rows = np.arange(0, music.library.n_tracks, step)
    made = vectorizer.transform(build_documents(music.library.tracks.iloc[rows]))
    stored = music.features.tfidf[rows]
    same = made.shape == stored.shape and abs(made - stored).max() < 1e-5
    return ModelCheck(VECTORIZER_PICKLE, bool(same), f"reproduces {len(rows)} stored TF-IDF rows")
