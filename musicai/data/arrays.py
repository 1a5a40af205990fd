"""The arrays that components are given: features, histories, interactions, and one query."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from scipy.sparse import csr_matrix

from musicai.data.library import BoolArray, FloatArray, IntArray, Vocabulary

Seconds = np.ndarray[Any, np.dtype[np.int64]]


_NO_ROWS: IntArray = np.zeros(0, dtype=np.int32)


_NO_TIMES: Seconds = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class TrackFeatures:
    """What is known of each track, as arrays aligned to the vocabulary's rows."""

    vocabulary: Vocabulary
    """Track id ↔ row; n_tracks rows."""
    names: tuple[str, ...]
    """(n_tracks,) titles, for reasons."""
    artist_names: tuple[str, ...]
    """(n_artists,) first artists."""
    artist: IntArray
    """(n_tracks,) position of the first artist in ``artist_names``; −1 unknown."""
    recording: IntArray
    """(n_tracks,) tracks with the same normalised artist and title share a number."""
    tfidf: csr_matrix
    """(n_tracks, n_terms) float32, rows of unit length."""
    terms: tuple[str, ...]
    """(n_terms,) columns of ``tfidf``: ``a:`` artist, ``t:`` title, ``l:`` album, ``g:`` genre,
    ``r:`` release."""
    idf: FloatArray
    """(n_terms,) inverse document frequencies."""
    audio: FloatArray
    """(n_tracks, 9) ``tables.AUDIO_FEATURES`` in their own units; NaN where not known."""
    feature_source: IntArray
    """(n_tracks,) position in ``tables.FEATURE_SOURCES``."""
    genres: FloatArray
    """(n_tracks, 10) membership in ``genres.GENRES``, 0 to 1; a row of NaN where not known."""
    popularity: FloatArray
    """(n_tracks,) 0 to 100 as the file says; NaN where not known."""
    year: FloatArray
    """(n_tracks,) year of release; NaN where not known."""
    duration: FloatArray
    """(n_tracks,) milliseconds; NaN where not known."""

    @property
    def n_tracks(self) -> int:
        """Number of rows."""
        return len(self.vocabulary)


@dataclass(frozen=True)
class History:
    """What one listener has played, summed over plays; empty for a stranger."""

    rows: IntArray
    """(k,) track rows, unique, ascending."""
    confidence: FloatArray
    """(k,) confidence of each, > 0: completed plays, skips, repeats and recency."""
    plays: IntArray
    """(k,) number of plays that were not skipped; 0 for tracks only in a playlist."""
    last_played: np.ndarray[Any, np.dtype[np.int64]]
    """(k,) seconds since 1970 of the last play; 0 where there is none."""
    now: int
    """Seconds since 1970: the end of the data, not the clock on the wall."""
    friends: IntArray = field(default_factory=lambda: _NO_ROWS)
    """(f,) positions in ``TrainingData.listeners`` of this listener's friends, where any are
    known."""
    liked: IntArray = field(default_factory=lambda: _NO_ROWS)
    """(l,) track rows that the listener said to like, ascending; they are among ``rows``."""
    recent: IntArray = field(default_factory=lambda: _NO_ROWS)
    """(r,) track rows of the listener's last session, the latest play last."""
    recent_heard: BoolArray = field(default_factory=lambda: _NO_ROWS.astype(bool))
    """(r,) False where that play was skipped."""
    recent_at: Seconds = field(default_factory=lambda: _NO_TIMES)
    """(r,) when it began, in seconds since 1970; (0,) where no times are known."""
    occasions: Mapping[str, IntArray] = field(default_factory=dict)
    """Occasion (``musicai.data.context``) → (k, its kinds) completed plays of each track; without
    those of which nothing is known, such as hours where no times are."""
    memo: dict[object, Any] = field(init=False, default_factory=dict, compare=False, repr=False)
    """See ``Query.memo``."""


@dataclass(frozen=True)
class Links:
    """How tracks were found from the listener's own music; see ``tables.LINK_COLUMNS``."""

    track: IntArray
    """(n_links,) track rows; a track may have several links."""
    kind: IntArray
    """(n_links,) position in ``tables.LINK_KINDS``."""
    artist: IntArray
    """(n_links,) where it begins: position in ``TrackFeatures.artist_names``; −1 for a tag."""
    tag: IntArray
    """(n_links,) where it begins: position in ``tags``; −1 for an artist."""
    strength: FloatArray
    """(n_links,) 0 to 1."""
    via: tuple[str, ...]
    """(n_links,) the artist or tag it begins at."""
    through: tuple[str, ...]
    """(n_links,) the artist between, of a second step; "" of a first."""
    tags: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.track)

    def of(self, kept: BoolArray, track: IntArray) -> Links:
        """The links of a mask, with other track rows."""
        places = np.flatnonzero(kept)
        return Links(
            track=track,
            kind=self.kind[kept],
            artist=self.artist[kept],
            tag=self.tag[kept],
            strength=self.strength[kept],
            via=tuple(self.via[place] for place in places),
            through=tuple(self.through[place] for place in places),
            tags=self.tags,
        )


NO_LINKS = Links(_NO_ROWS, _NO_ROWS, _NO_ROWS, _NO_ROWS, _NO_ROWS.astype(np.float32), (), (), ())
"""For a library that open data has not been asked about."""


@dataclass(frozen=True)
class NeighbourRows:
    """What the listeners of neighbour packs play, as confidences; one row a listener."""

    tracks: csr_matrix
    """(n_neighbours, n_tracks) float32."""
    artists: csr_matrix
    """(n_neighbours, n_artists + n_further) float32: first ``TrackFeatures.artist_names``, then
    artists whom only the packs know."""
    friends: csr_matrix | None = None
    """(n_neighbours, n_neighbours) float32, 1 for a friend; None where none is known."""

    def n_listeners(self, n_artists: int) -> int:
        """Listeners who play anything that the library knows."""
        known = np.diff(self.tracks.indptr) + np.diff(self.artists[:, :n_artists].indptr)
        return int((known > 0).sum())


@dataclass(frozen=True)
class Sequences:
    """Tracks in the order in which they were played, session after session, older ones first."""

    tracks: IntArray
    """(n_events,) track rows."""
    starts: np.ndarray[Any, np.dtype[np.int64]]
    """(n_sessions + 1,) where each session begins among the events, and the end of the last."""
    heard: BoolArray
    """(n_events,) False where the play was skipped or broken off."""
    own: BoolArray
    """(n_sessions,) True for sessions of the profile's owner."""
    times: Seconds = field(default_factory=lambda: _NO_TIMES)
    """(n_events,) seconds since 1970; (0,) where no times are known."""


NO_SEQUENCES = Sequences(
    _NO_ROWS, np.zeros(1, dtype=np.int64), _NO_ROWS.astype(bool), _NO_ROWS.astype(bool)
)
"""For data without any order."""


@dataclass(frozen=True)
class TrainingData:
    """What ``fit`` may see."""

    features: TrackFeatures
    interactions: csr_matrix
    """(n_rows, n_tracks) float32 confidences. The first ``len(listeners)`` rows are listeners
    in order; the rest are baskets (listening sessions, then playlists)."""
    listeners: tuple[str, ...]
    """Names of the listener rows."""
    seed: int = 0
    """Same data, config and seed give the same bytes."""
    neighbours: NeighbourRows | None = None
    """Listeners of neighbour packs; None without any."""
    links: Links = NO_LINKS
    """How open data came to tracks."""
    friends: csr_matrix | None = None
    """(len(listeners), len(listeners)) float32, 1 for a friend; None where none is known."""
    sequences: Sequences = NO_SEQUENCES
    """The plays in their order."""
    occasions: Callable[[], Mapping[str, IntArray]] = dict
    """Gives occasion → (n_tracks, its kinds) completed plays by listeners other than the owner,
    empty without any. They are counted when they are first asked for, not at every start."""

    @property
    def n_listeners(self) -> int:
        """Listener rows with anything in them; "listeners like you" needs at least 20."""
        counts = np.diff(self.interactions.indptr[: len(self.listeners) + 1])
        return int((counts > 0).sum())

    @property
    def n_neighbours(self) -> int:
        """Listeners of packs who play anything that the library knows."""
        others = self.neighbours
        return others.n_listeners(len(self.features.artist_names)) if others else 0


@dataclass(frozen=True)
class Query:
    """One request, resolved to rows."""

    history: History
    """The listener's past."""
    seeds: IntArray
    """(s,) track rows to start from; may be empty."""
    mood: Mapping[str, float] = field(default_factory=dict)
    """Mood → share; shares sum to 1; empty for no mood."""
    genre: Mapping[str, float] = field(default_factory=dict)
    """Genre → share; shares sum to 1; empty for any genre."""
    mood_strength: float = 0.5
    """0 to 1: how hard the mood pulls; 0.5 is normal, 0 not at all."""
    genre_strength: float = 0.5
    """0 to 1: how hard the genre pulls; at 1 only that genre is shown."""
    moment: int | None = None
    """Slot of the week (``moments``) that is asked for; None for any time."""
    occasion: Mapping[str, int] = field(default_factory=dict)
    """Occasion (``musicai.data.context``) → the kind of it that is asked for."""

    HISTORY_SHARE: ClassVar[float] = 0.25
    """Weight of the listener's past beside explicit seeds, which have 1."""

    _memo: dict[object, Any] = field(init=False, default_factory=dict, compare=False, repr=False)

    @property
    def memo(self) -> dict[object, Any]:
        """What components worked out from :meth:`profile` and need again, by their own keys.

        Without seeds the profile is the history, so its memo serves every query of
        the listener, whatever the mood.
        """
        return self._memo if len(self.seeds) else self.history.memo

    def session(self) -> tuple[IntArray, BoolArray]:
        """What the query goes on from: the seeds in their order, else the last session.

        Returns:
            rows (s,), the latest last; heard (s,), False where skipped.
        """
        if len(self.seeds):
            return self.seeds, np.ones(len(self.seeds), dtype=bool)
        return self.history.recent, self.history.recent_heard

    def session_times(self) -> Seconds:
        """(s,) when each of :meth:`session` was played, seconds since 1970; 0 where unknown."""
        rows, _ = self.session()
        known = not len(self.seeds) and len(self.history.recent_at) == len(rows)
        return self.history.recent_at if known else np.zeros(len(rows), dtype=np.int64)

    def profile(self) -> tuple[IntArray, FloatArray]:
        """Rows and weights the query stands for.

        Without seeds, the history's confidences. With seeds, each seed has the
        largest confidence of the history (1 for a stranger), and the history is
        scaled so that its sum is ``HISTORY_SHARE`` of the seeds' sum.

        Returns:
            rows (k,) unique and ascending; weights (k,) float32, > 0.
        """
        if "profile" not in self.memo:
            self.memo["profile"] = self._profile()
        found: tuple[IntArray, FloatArray] = self.memo["profile"]
        return found

    def _profile(self) -> tuple[IntArray, FloatArray]:
        rows, weights = self.history.rows, self.history.confidence
        if not len(self.seeds):
            return rows, weights
        top = float(weights.max()) if len(weights) else 1.0
        seed_rows = np.unique(self.seeds).astype(np.int32)
        seed_weights = np.full(len(seed_rows), top, dtype=np.float32)
        if not len(rows):
            return seed_rows, seed_weights
        scale = self.HISTORY_SHARE * float(seed_weights.sum()) / float(weights.sum())
        all_rows = np.concatenate([seed_rows, rows])
        all_weights = np.concatenate([seed_weights, weights * np.float32(min(scale, 1.0))])
        unique, inverse = np.unique(all_rows, return_inverse=True)
        summed = np.zeros(len(unique), dtype=np.float32)
        np.add.at(summed, inverse, all_weights)
        return unique.astype(np.int32), summed
