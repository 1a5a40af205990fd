"""A public split as data for the product's components, and lists of what they rank."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from musicai.data.arrays import History, Query, TrackFeatures, TrainingData
from musicai.data.library import BoolArray, FloatArray
from musicai.models.base import Component
from musicai.ranking import rerank
from musicai.training.evaluation.metrics import ndcg_of_hits

CUTOFFS = (10, 20, 100)
NO_SEEDS = np.zeros(0, dtype=np.int32)


@dataclass(frozen=True)
class Times:
    """A setting so many times what it was in the best settings so far."""

    factor: float


@dataclass(frozen=True)
class Problem:
    """One public split, as data for the product's components."""

    name: str
    split: str
    """Where the split comes from, in words."""
    train: csr_matrix
    """(n_users, n_items) float32 confidences, > 0 where a pair is in the training part."""
    test: csr_matrix
    """(n_users, n_items) 1 for a pair of the test part."""
    features: Callable[[csr_matrix], TrackFeatures]
    """Items as features, without what belongs to the given hidden pairs (n_users, n_items)."""
    valid: csr_matrix | None = None
    """A validation part of the split's own; else one is cut from the training part."""
    users_are_listeners: bool = True
    """False where they are baskets, such as playlists."""
    friends: csr_matrix | None = None
    """(n_users, n_users) 1 for a friend."""
    search: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    """Component → settings to choose among on validation, tried one after another; a value may
    be :class:`Times`."""
    weights: Mapping[str, float] | None = None
    """Fixed weights of the blend; None to learn them on validation."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Sizes, and what was left out, for the report."""

    def data(self, train: csr_matrix, hidden: csr_matrix) -> TrainingData:
        """What components are fitted on."""
        names = tuple(f"u{k}" for k in range(train.shape[0])) if self.users_are_listeners else ()
        return TrainingData(
            features=self.features(hidden),
            interactions=train,
            listeners=names,
            friends=self.friends,
        )


def history_of(problem: Problem, train: csr_matrix, user: int) -> History:
    """A user's training items as a history; without times, as the splits have none."""
    start, stop = train.indptr[user], train.indptr[user + 1]
    rows, order = np.unique(train.indices[start:stop], return_index=True)
    friends = NO_SEEDS
    if problem.friends is not None:
        friends = problem.friends[user].indices.astype(np.int32)
    return History(
        rows=rows.astype(np.int32),
        confidence=train.data[start:stop][order].astype(np.float32),
        plays=np.ones(len(rows), dtype=np.int32),
        last_played=np.zeros(len(rows), dtype=np.int64),
        now=0,
        friends=friends,
    )


@dataclass(frozen=True)
class Scored:
    """One user's scores by the components."""

    user: int
    seen: npt.NDArray[np.integer]
    """Rows of the user's training items."""
    raw: dict[str, FloatArray]
    """Component → (n_items,), NaN for no opinion and for training items; only who speaks."""
    scaled: FloatArray
    """(n_components, n_items) as the blend has them, likewise; all NaN for who does not speak."""


def score_users(
    problem: Problem, components: Mapping[str, Component], train: csr_matrix, users: Iterable[int]
) -> Iterator[Scored]:
    """The components' scores, user by user."""
    for user in users:
        query = Query(history_of(problem, train, int(user)), NO_SEEDS)
        seen = query.history.rows
        scaled = np.full((len(components), train.shape[1]), np.nan, dtype=np.float32)
        spoken = {}
        for place, (name, component) in enumerate(components.items()):
            raw = component.score(query).copy()
            raw[seen] = np.nan
            if rerank.is_silent(raw):
                continue
            spoken[name] = raw
            scaled[place] = rerank.anchor(raw) if component.scaling == "anchored" else raw
        yield Scored(int(user), seen, spoken, scaled)


def top(scores: FloatArray, k: int) -> npt.NDArray[np.intp]:
    """Places of the ``k`` best, best first, the first of equal ones before the others.

    NaN and −inf are never among them.
    """
    values = rerank.top_values(scores, k)
    if not len(values):
        return np.zeros(0, dtype=np.intp)
    best = np.flatnonzero(scores >= values[-1])
    best = best[np.argsort(-scores[best], kind="stable")][:k]
    return best[np.isfinite(scores[best])]


@dataclass
class Lists:
    """Hits of one method, user by user."""

    hits: list[BoolArray] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)

    def add(self, ranked: npt.NDArray[np.integer], wanted: npt.NDArray[np.integer]) -> None:
        """Take in one user's list and targets."""
        row = np.zeros(max(CUTOFFS), dtype=bool)
        row[: len(ranked)] = (ranked[:, None] == wanted).any(axis=1)
        self.hits.append(row)
        self.targets.append(len(wanted))

    def per_user(self) -> dict[str, npt.NDArray[np.float64]]:
        """Metric → (n_users,)."""
        hits = np.array(self.hits, dtype=bool).reshape(len(self.hits), max(CUTOFFS))
        targets = np.array(self.targets, dtype=np.int64)
        found = {}
        for k in CUTOFFS:
            count = hits[:, :k].sum(axis=1)
            found[f"precision@{k}"] = count / k
            found[f"recall@{k}"] = count / np.maximum(targets, 1)
            found[f"ndcg@{k}"] = ndcg_of_hits(hits[:, :k], targets)
        return found

    def mean(self, metric: str) -> float:
        """Over the users; 0 without any."""
        return float(self.per_user()[metric].mean()) if self.hits else 0.0


def rank_all(
    problem: Problem,
    components: Mapping[str, Component],
    weights: Mapping[str, Mapping[str, float]],
    train: csr_matrix,
    targets: csr_matrix,
) -> dict[str, Lists]:
    """Lists of every blend in ``weights`` and of every component, for users with targets."""
    users = np.flatnonzero(np.diff(targets.indptr))
    vectors = {
        name: np.array([blend.get(c, 0.0) for c in components], dtype=np.float32)
        for name, blend in weights.items()
    }
    found: dict[str, Lists] = {name: Lists() for name in (*weights, *components)}
    nothing = np.zeros(0, dtype=np.intp)
    for scored in score_users(problem, components, train, users):
        wanted = targets.indices[targets.indptr[scored.user] : targets.indptr[scored.user + 1]]
        spoken = [place for place, name in enumerate(components) if name in scored.raw]
        filled = np.nan_to_num(scored.scaled[spoken], nan=0.0)
        for name, vector in vectors.items():
            blended = vector[spoken] @ filled
            blended[scored.seen] = -np.inf
            found[name].add(top(blended, max(CUTOFFS)), wanted)
        for name in components:
            own = top(scored.raw[name], max(CUTOFFS)) if name in scored.raw else nothing
            found[name].add(own, wanted)
    return found
