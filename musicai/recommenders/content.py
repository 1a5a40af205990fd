"""Content: tracks alike in artist, words, genre (TF-IDF, cosine) and sound (audio features)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from scipy import sparse

from musicai.errors import QueryError
from musicai.progress import Progress
from musicai.recommenders.base import (
    Component,
    ComponentConfig,
    Query,
    Reason,
    TrackFeatures,
    TrainingData,
    write_json,
)
from musicai.tables import AUDIO_FEATURES, FloatArray, IntArray


@dataclass(frozen=True)
class ContentConfig(ComponentConfig):
    """Settings of :class:`Content`."""

    text_share: float = 0.65
    """0 to 1: weight of the text's cosine; the rest is the sound's likeness."""
    centres: int = 3
    """Number (≥ 1) of sound centres a listener's tracks are gathered in."""
    profile_tracks: int = 400
    """At most this many of the query's heaviest tracks define it."""

    def __post_init__(self) -> None:
        if not 0 <= self.text_share <= 1 or self.centres < 1 or self.profile_tracks < 1:
            raise QueryError(
                "text_share must be between 0 and 1, centres and profile_tracks at least 1."
            )


class Content(Component):
    """Cosine of TF-IDF documents, and a Gaussian of the distance to the nearest sound centre.

    Text: cosine between a track's document and the weighted sum of the query's
    documents (the vector space model of Salton and Buckley, 1988). Sound: audio
    features in standard deviations; missing ones are left out of the distance,
    which is a mean over the features both sides have. Each part is divided by
    its best value in the query before they are added.
    """

    name = "content"
    label = "Sounds alike"
    help = "Lifts tracks like yours in artist, genre, words and sound."
    trained = False
    config_class = ContentConfig
    config: ContentConfig

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Standardise the audio features; O(tracks)."""
        features = data.features
        self.tfidf_: sparse.csr_matrix = features.tfidf
        self.terms_ = features.terms
        self.names_ = features.names
        self.artist_ = features.artist
        self.artist_names_ = features.artist_names
        self._standardise(features)
        self._prepare()
        progress(1.0, "Compared texts and sounds")
        return self

    def _standardise(self, features: TrackFeatures) -> None:
        audio = features.audio.astype(np.float64)
        known = ~np.isnan(audio)
        count = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, audio, 0.0).sum(axis=0) / count
        spread = np.sqrt(np.where(known, (audio - mean) ** 2, 0.0).sum(axis=0) / count)
        spread[spread == 0] = 1.0
        standard = np.clip((audio - mean) / spread, -4.0, 4.0)
        self.sound_: FloatArray = standard.astype(np.float16).astype(np.float32)

    def _prepare(self) -> None:
        """What every query needs again, computed once."""
        self._known = (~np.isnan(self.sound_)).astype(np.float32)
        self._sound0 = np.nan_to_num(self.sound_)
        # features by tracks: a row of distances is then one pass over memory
        self._sound_t = np.ascontiguousarray(self._sound0.T)
        self._known_t = np.ascontiguousarray(self._known.T)
        self._square = (self._sound0**2).sum(axis=1)
        self._n_known = self._known.sum(axis=1)
        deaf = self._n_known == 0
        self._deaf = np.flatnonzero(deaf)
        self._heard = np.flatnonzero(~deaf)[::16]
        self._mute = np.flatnonzero(deaf & (np.diff(self.tfidf_.indptr) == 0))
        self._complete = bool((self._n_known == self.sound_.shape[1]).all())
        self._scale = np.float32(-0.5) / np.maximum(self._n_known, 1).astype(np.float32)

    # --- scoring ----------------------------------------------------------------------

    def _profile(self, query: Query) -> tuple[IntArray, FloatArray, sparse.csr_matrix]:
        """Rows, weights and documents of the tracks that define the query."""
        if self.token not in query.memo:
            rows, weights = self._heaviest(query)
            query.memo[self.token] = rows, weights, self.tfidf_[rows]
        found: tuple[IntArray, FloatArray, sparse.csr_matrix] = query.memo[self.token]
        return found

    def _heaviest(self, query: Query) -> tuple[IntArray, FloatArray]:
        rows, weights = query.profile()
        if len(rows) > self.config.profile_tracks:
            heaviest = np.argpartition(-weights, self.config.profile_tracks)
            keep = np.sort(heaviest[: self.config.profile_tracks])
            rows, weights = rows[keep], weights[keep]
        return rows, weights

    def score(self, query: Query) -> FloatArray:
        """(n_tracks,) NaN everywhere for a query without any track."""
        rows, weights, documents = self._profile(query)
        if not len(rows):
            return np.full(self.tfidf_.shape[0], np.nan, dtype=np.float32)
        share = np.float32(self.config.text_share)
        scores = self._text(documents, weights)
        scores *= share
        sound = self._sound(rows, weights)
        if sound is not None:
            sound *= np.float32(1.0) - share
            scores += sound
        if len(self._mute):
            scores[self._mute] = np.nan
        return scores

    def _text(self, documents: sparse.csr_matrix, weights: FloatArray) -> FloatArray:
        wanted = np.asarray(documents.T @ weights, dtype=np.float32)
        cosine = np.asarray(self.tfidf_ @ wanted, dtype=np.float32)
        best = float(cosine.max(initial=0.0))
        if best > 0:
            cosine /= np.float32(best)
        return cosine

    def _sound(self, rows: IntArray, weights: FloatArray) -> FloatArray | None:
        """(n_tracks,) likeness to the nearest centre, 0 to 1; the median where not known."""
        heard = self._n_known[rows] > 0
        if not heard.any():
            return None
        centres = _centres(
            self._sound0[rows[heard]], self._known[rows[heard]], weights[heard], self.config.centres
        )
        distance = (np.float32(-2.0) * centres) @ self._sound_t
        if self._complete:
            distance += (centres**2).sum(axis=1)[:, None]
        else:
            distance += (centres**2) @ self._known_t
        nearest = distance.min(axis=0)
        nearest += self._square
        nearest *= self._scale
        np.exp(nearest, out=nearest)
        if len(self._deaf):
            nearest[self._deaf] = np.median(nearest[self._heard])
        best = float(nearest.max())
        if best > 0:
            nearest /= np.float32(best)
        return np.asarray(nearest, dtype=np.float32)

    # --- reasons ----------------------------------------------------------------------

    def reasons(self, query: Query, track: int) -> list[Reason]:
        """The query's track that is most alike, and in what."""
        rows, weights, documents = self._profile(query)
        if not (rows != track).any():
            return []
        text = documents @ self._document(track)
        sound = self._likeness(rows, track)
        share = self.config.text_share
        pull = weights * (share * text + (1 - share) * np.nan_to_num(sound))
        pull[rows == track] = 0.0
        seed = int(np.argmax(pull))
        if pull[seed] <= 0:
            return []
        clause = self._clause(int(rows[seed]), track, float(text[seed]), float(sound[seed]))
        return [Reason(self.name, clause, float(pull[seed]), int(rows[seed]))]

    def _terms_of(self, track: int) -> IntArray:
        start, stop = self.tfidf_.indptr[track], self.tfidf_.indptr[track + 1]
        return np.asarray(self.tfidf_.indices[start:stop], dtype=np.int32)

    def _document(self, track: int) -> FloatArray:
        """(n_terms,) the track's document, dense."""
        document = np.zeros(self.tfidf_.shape[1], dtype=np.float32)
        start, stop = self.tfidf_.indptr[track], self.tfidf_.indptr[track + 1]
        document[self.tfidf_.indices[start:stop]] = self.tfidf_.data[start:stop]
        return document

    def _likeness(self, rows: IntArray, track: int) -> FloatArray:
        """(k,) likeness in sound of ``rows`` to ``track``, NaN where it cannot be told."""
        both = self._known[rows] * self._known[track]
        count = both.sum(axis=1)
        square = (((self._sound0[rows] - self._sound0[track]) ** 2) * both).sum(axis=1)
        distance = np.divide(
            square, count, out=np.full(len(rows), np.nan, dtype=np.float32), where=count > 0
        )
        return np.asarray(np.exp(np.float32(-0.5) * distance), dtype=np.float32)

    def _clause(self, seed: int, track: int, text: float, sound: float) -> str:
        title = f"“{self.names_[seed]}”"
        artist = int(self.artist_[track])
        if artist >= 0 and artist == self.artist_[seed]:
            return f"it is by {self.artist_names_[artist]}, like {title}"
        alike = not np.isnan(sound) and sound >= 0.5
        closest = self._closest(seed, track) if alike else ""
        shared = self._shared_genres(seed, track)
        if shared and alike:
            return f"like {title} it is {shared}, and close to it in {closest}"
        if shared:
            return f"like {title} it is {shared}"
        if alike:
            return f"it sounds like {title}: close in {closest}"
        return f"it is alike {title}" if text > 0 else f"of your tracks {title} is nearest to it"

    def _shared_genres(self, seed: int, track: int) -> str:
        common = set(self._terms_of(seed).tolist()) & set(self._terms_of(track).tolist())
        genres = [self.terms_[term][2:] for term in common if self.terms_[term].startswith("g:")]
        return " and ".join(sorted(genres, key=lambda genre: (-len(genre), genre))[:2])

    def _closest(self, seed: int, track: int) -> str:
        gap = np.abs(self.sound_[seed] - self.sound_[track])
        order = np.argsort(np.where(np.isnan(gap), np.inf, gap), kind="stable")[:2]
        return " and ".join(AUDIO_FEATURES[int(place)] for place in order)

    # --- disk -------------------------------------------------------------------------

    def save(self, folder: Path) -> None:
        """Documents as sparse npz, sound as float16, names as JSON."""
        np.savez_compressed(
            folder / "content.npz",
            data=self.tfidf_.data,
            indices=self.tfidf_.indices,
            indptr=self.tfidf_.indptr,
            sound=self.sound_.astype(np.float16),
            artist=self.artist_,
        )
        texts = {"names": self.names_, "artist_names": self.artist_names_, "terms": self.terms_}
        write_json(folder / "content.json", texts)

    @classmethod
    def load(cls, folder: Path, config: ComponentConfig) -> Self:
        """Read what ``save`` wrote."""
        component = cls(config)
        texts = json.loads((folder / "content.json").read_text("utf-8"))
        component.names_ = tuple(texts["names"])
        component.artist_names_ = tuple(texts["artist_names"])
        component.terms_ = tuple(texts["terms"])
        with np.load(folder / "content.npz", allow_pickle=False) as stored:
            component.tfidf_ = sparse.csr_matrix(
                (stored["data"], stored["indices"], stored["indptr"]),
                shape=(len(component.names_), len(component.terms_)),
            )
            component.sound_ = stored["sound"].astype(np.float32)
            component.artist_ = stored["artist"]
        component._prepare()
        return component

    def align(self, rows: IntArray) -> Self:
        """The same documents for another vocabulary; new tracks have none."""
        other = type(self)(self.config)
        known = rows >= 0
        keep = sparse.diags_array(known.astype(np.float32)).tocsr()
        other.tfidf_ = sparse.csr_matrix(keep @ self.tfidf_[rows])
        other.sound_ = self.sound_[rows].copy()
        other.sound_[~known] = np.nan
        other.artist_ = np.where(known, self.artist_[rows], -1).astype(np.int32)
        other.names_ = tuple(self.names_[row] if row >= 0 else "" for row in rows)
        other.terms_, other.artist_names_ = self.terms_, self.artist_names_
        other._prepare()
        return other


def _centres(sound: FloatArray, known: FloatArray, weights: FloatArray, k: int) -> FloatArray:
    """(≤ k, 9) weighted k-means centres; missing values count as the mean, 0.

    Deterministic: it begins with the weighted mean's farthest tracks, and takes
    five Lloyd steps, after which the centres of a listener hardly move.
    """
    mean = (weights @ sound) / np.maximum(weights @ known, np.float32(1e-9))
    k = min(k, len(sound))
    if k == 1:
        return np.asarray(mean[None, :], dtype=np.float32)
    picked = [int(np.argmax(weights * ((sound - mean) ** 2).sum(axis=1)))]
    nearest = ((sound - sound[picked[0]]) ** 2).sum(axis=1)
    for _ in range(k - 1):
        picked.append(int(np.argmax(weights * nearest)))
        nearest = np.minimum(nearest, ((sound - sound[picked[-1]]) ** 2).sum(axis=1))
    centres = sound[picked]
    for _ in range(5):
        distance = (centres**2).sum(axis=1) - 2.0 * sound @ centres.T
        group = (distance.argmin(axis=1)[:, None] == np.arange(k)).astype(np.float32)
        pull = group * weights[:, None]
        total = pull.T @ known
        moved = np.divide(pull.T @ sound, total, out=centres.copy(), where=total > 0)
        centres = moved.astype(np.float32)
    return centres
