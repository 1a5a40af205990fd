"""What comes next: what is played around the tracks of a session, and in sessions like it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from musicai.core.errors import QueryError
from musicai.core.progress import Progress
from musicai.data.arrays import Query, Sequences, TrainingData
from musicai.data.library import BoolArray, FloatArray, IntArray
from musicai.models.base import Component, ComponentConfig, Reason, write_json

MAX_EVENTS = 4_000_000
"""Plays that are kept, the latest ones."""

LONGEST = 200
"""Plays of one session; a longer one (a radio that ran all night) is cut into such pieces."""

_NONE: npt.NDArray[np.int64] = np.zeros(0, dtype=np.int64)

OTHERS = 20
"""From so many other listeners on a reason may speak of listeners."""


@dataclass(frozen=True)
class SequenceConfig(ComponentConfig):
    """Settings of :class:`Sequence`."""

    session_tracks: int = 20
    """The last so many (≥ 1) tracks of the query's session count."""
    decay: float = 0.6
    """Above 0 to 1: weight of a track of the session beside the one after it."""
    window: int = 6
    """How many plays (≥ 1) before and after a track are its surroundings."""
    distance: float = 1.0
    """≥ 0: a play d places away counts d^−distance."""
    backward: float = 0.5
    """0 to 1: what was played before a track counts so much of what was played after it."""
    neighbours: int = 100
    """Sessions (≥ 1) most like the query's that are asked."""
    neighbour_share: float = 0.5
    """0 to 1: part of the score that comes from those sessions; the rest from surroundings."""
    length_penalty: float = 0.2
    """≥ 0: a session of n plays counts n^−length_penalty."""
    skip_weight: float = 0.25
    """0 to 1: how far a skipped track of the session speaks against what comes around it."""
    occurrences: int = 1_000
    """The latest so many (≥ 1) plays of each track of the session are looked at."""

    def __post_init__(self) -> None:
        if min(self.session_tracks, self.window, self.neighbours, self.occurrences) < 1:
            raise QueryError(
                "session_tracks, window, neighbours and occurrences must be at least 1."
            )
        if not 0 < self.decay <= 1:
            raise QueryError("decay must be above 0 and at most 1.")
        for name in ("backward", "neighbour_share", "skip_weight"):
            if not 0 <= getattr(self, name) <= 1:
                raise QueryError(f"{name} must be between 0 and 1.")
        if self.distance < 0 or self.length_penalty < 0:
            raise QueryError("distance and length_penalty must be at least 0.")


@dataclass(frozen=True)
class _Session:
    """The tracks that a query goes on from, where they are known here."""

    rows: IntArray
    """(s,) track rows, the latest last."""
    weights: FloatArray
    """(s,) how much each counts; below 0 where it was skipped."""


@dataclass(frozen=True)
class _Near:
    """Plays around those of the session's tracks."""

    place: IntArray
    """(m,) of which track of the session, as a place in it."""
    events: npt.NDArray[np.int64]
    """(m,) the play, as a place among all plays."""
    tracks: IntArray
    """(m,) its track row."""
    given: FloatArray
    """(m,) what it gives to that track."""

    def of(self, places: npt.NDArray[np.intp]) -> _Near:
        """Some of them."""
        return _Near(
            self.place[places], self.events[places], self.tracks[places], self.given[places]
        )


class Sequence(Component):
    """Surroundings of the session's tracks, and the sessions most like it.

    *Surroundings* are sequential rules with a window, in both directions (Kamehkhosh et al.,
    "A comparison of frequent pattern techniques and a deep learning method for session-based
    recommendation", 2017): P(track | near q) = Σ d^−distance over the plays d places away from
    the plays of q, by their sum; a play that was skipped counts in the sum alone. *Sessions like
    it* are V-SKNN (Ludewig and Jannach, "Evaluation of session-based recommendation algorithms",
    2018): sessions weighed by the idf of the tracks they share with the query's, later tracks
    more. Either sums to 1 over all tracks; the score is their weighted sum.

    The session is the query's seeds in their order, else the last one of the listener. Nothing is
    fitted: the plays themselves are the model, looked up by track, so that an update is a fit.
    """

    name = "sequence"
    label = "What comes next"
    help = "Lifts tracks that are played after those you heard last, or after your seeds."
    trained = True
    config_class = SequenceConfig
    config: SequenceConfig

    # --- training ---------------------------------------------------------------------

    def fit(self, data: TrainingData, progress: Progress) -> Self:
        """Keep the plays in order; sessions of a single track tell nothing and are left out."""
        found = _cut(data.sequences)
        self.others_ = data.n_listeners - 1 >= OTHERS
        names = {int(row): data.features.names[row] for row in np.unique(found.tracks)}
        return self._keep(found, names, data.features.n_tracks)

    def _keep(self, found: Sequences, names: dict[int, str], n_tracks: int) -> Self:
        self.sequences_ = found
        self.names_ = names
        """Track row -> title, of tracks that were in a session."""
        self._n_tracks = n_tracks
        length = np.diff(found.starts)
        self._session = np.repeat(np.arange(len(length), dtype=np.int32), length)
        self._at = np.argsort(found.tracks, kind="stable").astype(np.int32)
        """(n_events,) plays by track, the latest of a track last."""
        counts = np.bincount(found.tracks, minlength=n_tracks)
        self._first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self._idf = np.log1p(len(length) / np.maximum(counts, 1)).astype(np.float32)
        self._length_weight = (np.maximum(length, 1) ** -self.config.length_penalty).astype(
            np.float32
        )
        self._unknown: BoolArray = counts == 0
        return self

    # --- scoring ----------------------------------------------------------------------

    def _session_of(self, query: Query) -> _Session:
        rows, heard = query.session()
        rows, heard = rows[-self.config.session_tracks :], heard[-self.config.session_tracks :]
        age = np.arange(len(rows))[::-1]
        weights = self.config.decay**age * np.where(heard, 1.0, -self.config.skip_weight)
        known = ~self._unknown[rows] & (weights != 0)
        return _Session(rows[known], weights[known].astype(np.float32))

    def score(self, query: Query) -> FloatArray:
        """(n_tracks,) NaN where a track, or all of the session, was in no session."""
        if self.token not in query.memo:
            query.memo[self.token] = self._compute_scores(query)
        found: FloatArray = query.memo[self.token]
        return found.copy()

    def _compute_scores(self, query: Query) -> FloatArray:
        session = self._session_of(query)
        scores = np.full(self._n_tracks, np.nan, dtype=np.float32)
        if not len(session.rows):
            return scores
        share = self.config.neighbour_share
        near = self._near(query, session)
        around = np.bincount(near.tracks, weights=near.given, minlength=self._n_tracks)
        found = (1.0 - share) * _normal(around.astype(np.float32))
        if share:
            found = found + share * _normal(self._alike(session))
        scores[:] = np.where(self._unknown, np.nan, found)
        return scores

    def _plays_of(self, row: int) -> IntArray:
        """The latest plays of a track, as places among all plays."""
        start, stop = self._first[row], self._first[row + 1]
        return self._at[max(start, stop - self.config.occurrences) : stop]

    def _near(self, query: Query, session: _Session) -> _Near:
        """What is played around the session's tracks: looked up once for scores and reasons."""
        key = self.token, "near"
        if key not in query.memo:
            query.memo[key] = self._around(session)
        found: _Near = query.memo[key]
        return found

    def _around(self, session: _Session) -> _Near:
        """What is played around the session's tracks."""
        plays = [self._plays_of(int(row)) for row in session.rows]
        place = np.repeat(np.arange(len(plays)), [len(found) for found in plays])
        play = np.concatenate(plays).astype(np.int64)
        total = np.zeros(len(plays))
        who: list[npt.NDArray[Any]] = [_NONE]
        near: list[npt.NDArray[Any]] = [_NONE]
        given: list[npt.NDArray[Any]] = [np.zeros(0)]
        for step in range(1, self.config.window + 1):
            for other, worth in ((play + step, 1.0), (play - step, self.config.backward)):
                inside = (other >= 0) & (other < len(self._session))
                inside[inside] = self._session[other[inside]] == self._session[play[inside]]
                value = worth * step**-self.config.distance
                total += np.bincount(place[inside], minlength=len(plays)) * value
                who.append(place[inside])
                near.append(other[inside])
                given.append(self.sequences_.heard[other[inside]] * value)
        scale = session.weights / np.maximum(total, 1e-9)
        place, events = np.concatenate(who), np.concatenate(near)
        return _Near(
            place.astype(np.int32),
            events,
            self.sequences_.tracks[events],
            (np.concatenate(given) * scale[place]).astype(np.float32),
        )

    def _alike(self, session: _Session) -> FloatArray:
        """(n_tracks,) what the sessions most like the query's hold."""
        plays = [self._plays_of(int(row)) for row in session.rows]
        worth = np.maximum(session.weights, 0.0) * self._idf[session.rows]
        weight = np.repeat(worth, [len(found) for found in plays])
        which, place = np.unique(self._session[np.concatenate(plays)], return_inverse=True)
        alike = np.bincount(place, weights=weight) * self._length_weight[which]
        if len(which) > self.config.neighbours:
            best = np.argpartition(-alike, self.config.neighbours - 1)[: self.config.neighbours]
            which, alike = which[best], alike[best]
        start, stop = self.sequences_.starts[which], self.sequences_.starts[which + 1]
        events = _ranges(start, stop)
        value = np.repeat(alike, stop - start) * self.sequences_.heard[events]
        found = np.bincount(self.sequences_.tracks[events], weights=value, minlength=self._n_tracks)
        return found.astype(np.float32)

    # --- reasons ----------------------------------------------------------------------

    def reasons(self, query: Query, track: int) -> list[Reason]:
        """The track of the session that it is played around most, and how often."""
        session = self._session_of(query)
        if not len(session.rows) or self._unknown[track]:
            return []
        near = self._near(query, session)
        near = near.of(np.flatnonzero(near.tracks == track))
        # a track that was played twice in the session gives twice
        rows, place = np.unique(session.rows[near.place], return_inverse=True)
        parts = np.bincount(place, weights=near.given, minlength=len(rows))
        if not len(parts) or parts.max() <= 0:
            return self._of_sessions(query, session, track)
        best = int(np.argmax(parts))
        row = int(rows[best])
        sessions = np.unique(self._session[near.events[place == best]])
        return [
            Reason(self.name, self._explain_pair(row, track, sessions), float(parts[best]), row)
        ]

    def _of_sessions(self, query: Query, session: _Session, track: int) -> list[Reason]:
        """Where nothing of the session was played near it: that sessions like it hold it."""
        score = float(self.score(query)[track])
        if not score > 0:
            return []
        row = int(session.rows[int(np.argmax(session.weights))])
        text = f"it is in sessions like the one with {self._keep_titles(row)}"
        return [Reason(self.name, text, score, row)]

    def _keep_titles(self, row: int) -> str:
        return f"“{self.names_[row]}”" if self.names_.get(row) else "an untitled track"

    def _explain_pair(self, row: int, track: int, sessions: IntArray) -> str:
        """How often a track was played near one of the session's, and by whom."""
        own = int(self.sequences_.own[sessions].sum())
        n = own or len(sessions)
        who = "you" if own else "listeners" if self.others_ else "others"
        times = "one session" if n == 1 else f"{n:,} sessions"
        again = "again " if row == track else ""
        return f"{who} played it {again}near {self._keep_titles(row)} in {times}"

    # --- disk and vocabularies --------------------------------------------------------

    def save(self, folder: Path) -> None:
        """The plays as npz, titles as JSON."""
        kept = self.sequences_
        np.savez_compressed(
            folder / "sequence.npz",
            tracks=kept.tracks,
            lengths=np.diff(kept.starts).astype(np.int32),
            heard=np.packbits(kept.heard),
            own=np.packbits(kept.own),
            n_tracks=np.int64(self._n_tracks),
        )
        rows = sorted(self.names_)
        write_json(
            folder / "sequence.json",
            {"names": [self.names_[row] for row in rows], "others": self.others_},
        )

    @classmethod
    def load(cls, folder: Path, config: ComponentConfig) -> Self:
        """Read what ``save`` wrote."""
        component = cls(config)
        texts = json.loads((folder / "sequence.json").read_text("utf-8"))
        with np.load(folder / "sequence.npz", allow_pickle=False) as stored:
            tracks, lengths = stored["tracks"], stored["lengths"]
            found = Sequences(
                tracks=tracks,
                starts=_starts(lengths),
                heard=np.unpackbits(stored["heard"], count=len(tracks)).astype(bool),
                own=np.unpackbits(stored["own"], count=len(lengths)).astype(bool),
            )
            n_tracks = int(stored["n_tracks"])
        component.others_ = bool(texts["others"])
        names = dict(zip(np.unique(tracks).tolist(), map(str, texts["names"]), strict=True))
        return component._keep(found, names, n_tracks)

    def align(self, rows: IntArray) -> Self:
        """The same plays for another vocabulary; plays of tracks that are gone are left out."""
        there = np.flatnonzero(rows >= 0)
        place = np.full(self._n_tracks, -1, dtype=np.int32)
        place[rows[there]] = there
        moved = place[self.sequences_.tracks]
        kept = moved >= 0
        length = np.bincount(self._session[kept], minlength=len(self.sequences_.own))
        other = type(self)(self.config)
        other.others_ = self.others_
        found = Sequences(
            tracks=moved[kept].astype(np.int32),
            starts=_starts(length[length > 0]),
            heard=self.sequences_.heard[kept],
            own=self.sequences_.own[length > 0],
        )
        names = {int(place[row]): name for row, name in self.names_.items() if place[row] >= 0}
        return other._keep(found, names, len(rows))


def _cut(found: Sequences) -> Sequences:
    """Sessions of 2 to ``LONGEST`` plays, the latest of them."""
    length = np.diff(found.starts)
    within = np.arange(len(found.tracks)) - np.repeat(found.starts[:-1], length)
    begins = within % LONGEST == 0
    session = np.cumsum(begins) - 1
    owner = np.repeat(found.own, length)[begins]
    size = np.bincount(session) if len(session) else np.zeros(0, dtype=np.int64)
    last = np.cumsum(size[::-1])[::-1] <= MAX_EVENTS
    good = (size > 1) & last
    kept = good[session] if len(session) else np.zeros(0, dtype=bool)
    return Sequences(
        tracks=found.tracks[kept].astype(np.int32),
        starts=_starts(size[good]),
        heard=found.heard[kept],
        own=owner[good],
    )


def _starts(length: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(length)]).astype(np.int64)


def _ranges(start: npt.NDArray[np.int64], stop: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The whole numbers of all half-open ranges, one after the other."""
    length = stop - start
    before = np.cumsum(length) - length
    return np.asarray(np.arange(int(length.sum())) + np.repeat(start - before, length))


def _normal(values: FloatArray) -> FloatArray:
    """Positive values as shares; all 0 where there is none. Negative ones keep their scale."""
    total = float(values[values > 0].sum())
    return values / np.float32(total) if total > 0 else values
