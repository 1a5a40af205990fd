"""Content: tracks alike in artist, release, genre (terms by field) and in sound (Gaussians)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np
from scipy import sparse

from musicai.core.errors import QueryError
from musicai.core.progress import Progress
from musicai.data.arrays import Query, TrainingData
from musicai.data.library import FloatArray, IntArray
from musicai.models.audio_similarity import AudioSimilarity, Centres, LeaveOneOut, rank_normal
from musicai.models.base import Component, ComponentConfig, Reason, write_json
from musicai.models.text_similarity import Losses, TextSimilarity, Wanted, worth_of

FIELDS = ("artist", "artists", "release", "album", "genre", "title", "any")
"""Settings that weigh a field."""


@dataclass(frozen=True)
class ContentConfig(ComponentConfig):
    """Settings of :class:`Content`.

    The weights were chosen on the continuation of public playlists (460, of 28,356 tracks), on
    random fifths of the training part, where most tracks to be found are in no playlist.
    Recall at 10 / nDCG at 10 / recall at 100 there:

    - first artist alone, without other releases of a recording: .122 / .143 / .318
      (with them: .115 / .135 / .312)
    - and release: .140 / .165 / .337
    - and album's words, genres, all artists: .140 / .164 / .354
    - and sound, the default: .151 / .175 / .399 (sound alone: .025 / .029 / .160)

    Words of the title add nothing. Near the chosen values the figures are flat.
    """

    artist: float = 1.0
    """Weight (≥ 0) of the first artist."""
    artists: float = 0.3
    """Weight of any artist, with guests and remixers that titles name."""
    release: float = 0.6
    """Weight of the very release: the album's name and year."""
    album: float = 0.1
    """Weight of a word of the album's name."""
    genre: float = 0.3
    """Weight of a micro-genre."""
    title: float = 0.0
    """Weight of a word of the title."""
    any: float = 3.0
    """Weight (> 0) of what all tracks share: how much sound can lift a track by itself."""
    saturation: float = 0.7
    """Power (above 0 to 1) of how often the query holds a term."""
    rarity: float = 0.75
    """Power (0 to 1) of how many tracks hold a term, which it is divided by."""
    sound: float = 0.17
    """Power (0 to 1) of the sound's likelihood ratio; its columns hang together, and would be
    counted several times at 1."""
    centres: int = 3
    """At most so many (≥ 1) sound centres a listener's tracks are gathered in."""
    profile_tracks: int = 400
    """At most this many of the query's heaviest tracks define it."""

    def __post_init__(self) -> None:
        if self.centres < 1 or self.profile_tracks < 1:
            raise QueryError("centres and profile_tracks must be at least 1.")
        if min(getattr(self, name) for name in FIELDS) < 0 or self.any <= 0:
            raise QueryError(f"{', '.join(FIELDS)} must be 0 or more, and any above 0.")
        if not 0 < self.saturation <= 1 or not 0 <= self.rarity <= 1 or not 0 <= self.sound <= 1:
            raise QueryError(
                "saturation must be above 0 and at most 1, rarity and sound between 0 and 1."
            )


@dataclass(frozen=True)
class _Apart:
    """A query without each of its tracks."""

    words: Losses
    sound: LeaveOneOut | None


@dataclass(frozen=True)
class _Asked:
    """A query, worked out once."""

    rows: IntArray
    """(k,) the tracks that define it."""
    counts: FloatArray
    """(k,) their weights, the heaviest 1."""
    held: sparse.csr_matrix
    """(k, …) their terms and artists."""
    wanted: Wanted
    centres: Centres | None
    again: IntArray
    """Rows of other releases of its recordings."""
    memo: dict[str, _Apart] = field(default_factory=dict)
    """What reasons need, worked out at the first one."""


class Content(Component):
    """What a track shares with the query in words, times how likely it sounds beside it.

    Score = words · exp(γ · ratio): :class:`Words` gives what its artists, release,
    album and genres have in common with the query's tracks, as a guess of how likely
    one of theirs comes next; :class:`Sound` the log-likelihood ratio of its audio
    features, year, popularity and length between the query and the catalogue. In a
    naive Bayes classifier that would be the posterior up to a factor, at γ = 1. A
    track of which one part is not known is judged by the other.

    Another release of a recording that the query holds gets no opinion: it is the
    same, not alike, and no list of a listener has it twice.
    """

    name = "content"
    label = "Sounds alike"
    help = "Lifts tracks like yours in artist, genre, words and sound."
    trained = False
    config_class = ContentConfig
    config: ContentConfig

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Rank the sound's columns and count the terms; O(tracks · log tracks)."""
        features = data.features
        self.tfidf_: sparse.csr_matrix = features.tfidf
        self.terms_ = features.terms
        self.names_ = features.names
        self.artist_ = features.artist
        self.artist_names_ = features.artist_names
        self.recording_ = features.recording
        self.sound_: FloatArray = rank_normal(features).astype(np.float16).astype(np.float32)
        weights = {name: float(getattr(self.config, name)) for name in FIELDS}
        self.worth_ = worth_of(self.tfidf_, self.terms_, self.artist_, weights, self.config.rarity)
        self._prepare()
        progress(1.0, "Compared words and sounds")
        return self

    def _prepare(self) -> None:
        """What every query needs again, computed once."""
        self._words = TextSimilarity(
            self.tfidf_, self.terms_, self.artist_, self.worth_, self.config.saturation
        )
        self._sound = AudioSimilarity(self.sound_)
        order = np.argsort(self.recording_, kind="stable").astype(np.int32)
        self._by_recording = order
        self._recordings = self.recording_[order].astype(np.int32)
        nameless = (np.diff(self.tfidf_.indptr) == 0) & (self.artist_ < 0)
        self._silent = self._sound.deaf & nameless
        self._mute = np.flatnonzero(self._silent)

    # --- scoring ----------------------------------------------------------------------

    def _read_query(self, query: Query) -> _Asked | None:
        """The query's heaviest tracks and what they stand for; None for a query without any."""
        if self.token not in query.memo:
            rows, weights = query.profile()
            if len(rows) > self.config.profile_tracks:
                heaviest = np.argpartition(-weights, self.config.profile_tracks)
                keep = np.sort(heaviest[: self.config.profile_tracks])
                rows, weights = rows[keep], weights[keep]
            query.memo[self.token] = self._work_out(rows, weights) if len(rows) else None
        found: _Asked | None = query.memo[self.token]
        return found

    def _work_out(self, rows: IntArray, weights: FloatArray) -> _Asked:
        counts = np.asarray(weights / weights.max(), dtype=np.float32)
        held = self._words.holding(rows)
        return _Asked(
            rows,
            counts,
            held,
            self._words.collect_query_terms(held, counts),
            self._sound.centres(rows, counts, self.config.centres),
            self._releases(rows),
        )

    def _releases(self, rows: IntArray) -> IntArray:
        """Rows of the same recordings as these, without these."""
        wanted = np.unique(self.recording_[rows])
        first = np.searchsorted(self._recordings, wanted, side="left")
        count = np.searchsorted(self._recordings, wanted, side="right") - first
        begin = np.repeat(first - np.cumsum(count) + count, count)
        found = self._by_recording[begin + np.arange(int(count.sum()))]
        return np.setdiff1d(found, rows).astype(np.int32)

    def score(self, query: Query) -> FloatArray:
        """(n_tracks,) ≥ 0; NaN everywhere for a query without any track."""
        asked = self._read_query(query)
        if asked is None:
            return np.full(self.tfidf_.shape[0], np.nan, dtype=np.float32)
        scores = self._words.score(asked.wanted)
        if asked.centres is not None and self.config.sound > 0:
            ratio = self._sound.score(asked.centres)
            ratio *= np.float32(self.config.sound)
            scores *= np.exp(ratio, out=ratio)
        scores[asked.again] = np.nan
        scores[self._mute] = np.nan
        return scores

    # --- reasons ----------------------------------------------------------------------

    def pulls(self, query: Query, track: int) -> FloatArray:
        """(k,) by how much the score of a track falls without each of the query's tracks.

        k are the tracks that define the query, in the order of their rows; the weight of
        the heaviest one stays the unit of counts.
        """
        asked = self._read_query(query)
        if asked is None:
            return np.zeros(0, dtype=np.float32)
        return self._leave_each_out(asked, track)[0]

    def _leave_each_out(
        self, asked: _Asked, track: int
    ) -> tuple[FloatArray, dict[str, FloatArray]]:
        """What a track's score loses without each of the query's tracks.

        Returns:
            (k,) what it loses; and by field, and ``sound``, (k,) the logarithm of the factor
            by which it falls, as words and sound are multiplied.
        """
        apart = self._apart(asked)
        lost, fields = self._words.without(apart.words, track)
        words = self._words.of(asked.wanted, track)
        gamma, here, left = self.config.sound, 0.0, np.zeros(len(lost), dtype=np.float32)
        if asked.centres is not None and apart.sound is not None:
            here, left = self._sound.without(asked.centres, apart.sound, track)
        rest = np.maximum(words - lost, 0.0)
        pulls = words * np.exp(gamma * here) - rest * np.exp(gamma * left)
        # what nothing in common is worth keeps the logarithm of a lone seed finite
        fallen = np.log(words / np.maximum(rest, min(self._words.any, words)))
        share = fallen / np.maximum(lost, np.float32(1e-30))
        parts = {name: np.asarray(part * share, dtype=np.float32) for name, part in fields.items()}
        parts["sound"] = np.asarray(gamma * (here - left), dtype=np.float32)
        return np.asarray(pulls, dtype=np.float32), parts

    def _apart(self, asked: _Asked) -> _Apart:
        if "apart" not in asked.memo:
            sound = None
            if asked.centres is not None:
                sound = self._sound.leave_each_out(asked.rows, asked.counts, asked.centres)
            words = self._words.losses(asked.held, asked.counts)
            asked.memo["apart"] = _Apart(words, sound)
        return asked.memo["apart"]

    def reasons(self, query: Query, track: int) -> list[Reason]:
        """The query's track without which the score would fall most, and in what they meet."""
        asked = self._read_query(query)
        if asked is None or self._silent[track] or track in asked.again:
            return []
        pulls, parts = self._leave_each_out(asked, track)
        pulls[asked.rows == track] = 0.0
        place = int(np.argmax(pulls))
        if pulls[place] <= 0:
            return []
        seed = int(asked.rows[place])
        moved = {name: float(part[place]) for name, part in parts.items()}
        return [Reason(self.name, self._clause(seed, track, moved), float(pulls[place]), seed)]

    def _clause(self, seed: int, track: int, moved: dict[str, float]) -> str:
        """In what a seed and a track meet, the part that moves the score most first.

        Args:
            seed: A row.
            track: A row.
            moved: By how much the score falls without the seed, by field, and for sound.
        """
        title = f"“{self.names_[seed]}”"
        near = " and ".join(self._sound.near(seed, track)) if moved["sound"] > 0 else ""
        # the first artist is one of the artists as well
        by = moved["artist"] > 0
        worth = {
            **moved,
            "artist": moved["artist"] + moved["artists"] if by else 0.0,
            "artists": 0.0 if by else moved["artists"],
            "sound": moved["sound"] if near else 0.0,
            "any": 0.0,
        }
        best = max(worth, key=lambda name: worth[name])
        if worth[best] <= 0:
            return f"of your tracks {title} is nearest to it"
        if best == "artist":
            return f"it is by {self._maker(track)}, like {title}"
        if best == "artists":
            return f"{self._find_shared_terms(seed, track, 'a:')} is on it, as on {title}"
        if best == "genre":
            alike = f", and close to it in {near}" if near else ""
            return f"like {title} it is {self._find_shared_terms(seed, track, 'g:')}{alike}"
        return {
            "release": f"it is from the same release as {title}",
            "sound": f"it sounds like {title}: close in {near}",
            "album": f"its album is called much like that of {title}",
            "title": f"its name is much like {title}",
        }[best]

    def _maker(self, track: int) -> str:
        artist = int(self.artist_[track])
        return self.artist_names_[artist] if artist >= 0 else ""

    def _find_shared_terms(self, seed: int, track: int, mark: str) -> str:
        """The terms of one field that two tracks have in common, the longest two."""
        common = np.intersect1d(self._terms_of(seed), self._terms_of(track))
        found = [self.terms_[term][2:] for term in common if self.terms_[term].startswith(mark)]
        return " and ".join(sorted(found, key=lambda name: (-len(name), name))[:2])

    def _terms_of(self, track: int) -> IntArray:
        start, stop = self.tfidf_.indptr[track], self.tfidf_.indptr[track + 1]
        return np.asarray(self.tfidf_.indices[start:stop], dtype=np.int32)

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
            recording=self.recording_,
            worth=self.worth_,
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
            component.recording_ = stored["recording"]
            component.worth_ = stored["worth"]
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
        # a track that is not known is a recording of its own
        other.recording_ = np.where(known, self.recording_[rows], -1 - np.arange(len(rows)))
        other.recording_ = other.recording_.astype(np.int32)
        other.names_ = tuple(self.names_[row] if row >= 0 else "" for row in rows)
        other.terms_, other.artist_names_ = self.terms_, self.artist_names_
        other.worth_ = self.worth_
        other._prepare()
        return other
