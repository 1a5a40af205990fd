"""Invented listeners of known taste who judge interleaved lists: does the better model win?

One judgement is one request. Its tracks have true relevances, drawn evenly between 0 and 1;
each model sees them through an error of its own, and lists the tracks that look best to it.
The two lists are interleaved, and the listener judges a shown track with a certain chance: a
like with the chance of the track's relevance, else a dislike. The model with the smaller error
is the better one; with equal errors both are equally good, whatever they list.

Nothing here is real: it checks the interleaving and the test, and says nothing of any model.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musicai.core.errors import QueryError
from musicai.data.library import BoolArray
from musicai.training.experiments.sequential_test import ALPHA, log_e_value

Float64Array = npt.NDArray[np.float64]
Int64Array = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Scenario:
    """Two models, and how they are judged."""

    error_a: float = 0.15
    """Standard deviation of what model a gets wrong about a relevance."""
    error_b: float = 0.5
    """Likewise of model b."""
    tracks: int = 40
    """Candidates of one request, at least ``k``."""
    k: int = 10
    """Length of each list and of the common one."""
    judged: float = 0.3
    """0 to 1: chance that a shown track gets a verdict."""
    judgements: int = 200
    """Requests before the comparison is given up."""

    def __post_init__(self) -> None:
        if min(self.error_a, self.error_b) < 0 or not 0 <= self.judged <= 1:
            raise QueryError("An error must be 0 or more, and the share judged from 0 to 1.")
        if not 1 <= self.k <= self.tracks or self.judgements < 1:
            raise QueryError("A list needs 1 track or more, no more than there are, and 1 request.")


BETTER = Scenario()
"""Model a is clearly better."""

EQUAL = Scenario(error_a=0.3, error_b=0.3)
"""Neither is better."""


@dataclass(frozen=True)
class Runs:
    """How many comparisons ended, one entry a comparison."""

    winner: Int64Array
    """(n,) +1: a was named, −1: b was named, 0: nobody."""
    decided_at: Int64Array
    """(n,) the judgement, ties among them, at which that was; 0 where nobody was named."""

    def share(self, winner: int) -> float:
        """Share of the comparisons that ended so (+1, −1 or 0)."""
        return float((self.winner == winner).mean())

    @property
    def median_judgements(self) -> float:
        """Median of judgements over the comparisons in which somebody was named; NaN for none."""
        named = self.decided_at[self.winner != 0]
        return float(np.median(named)) if len(named) else float("nan")


def simulate(
    scenario: Scenario, runs: int, random: np.random.Generator, alpha: float = ALPHA
) -> Runs:
    """Run many comparisons, each looked at after every judgement and ended by the first winner.

    Args:
        scenario: The models, and how they are judged.
        runs: Comparisons, at least 1.
        random: Of everything; the same state gives the same figures.
        alpha: As in :func:`musicai.training.experiments.sequential_test.decide`.

    Raises:
        QueryError: there is no run.
    """
    if runs < 1:
        raise QueryError(f"{runs} runs show nothing; ask for 1 or more.")
    wins, losses = np.zeros(runs, dtype=np.int64), np.zeros(runs, dtype=np.int64)
    winner, decided_at = np.zeros(runs, dtype=np.int64), np.zeros(runs, dtype=np.int64)
    for judgement in range(1, scenario.judgements + 1):
        going = np.flatnonzero(winner == 0)
        if not len(going):
            break
        outcome = outcomes(scenario, len(going), random)
        wins[going] += outcome > 0
        losses[going] += outcome < 0
        named = log_e_value(wins[going], losses[going]) >= math.log(1 / alpha)
        ended = going[named]
        winner[ended] = np.sign(wins[ended] - losses[ended])
        decided_at[ended] = judgement
    return Runs(winner, decided_at)


def outcomes(scenario: Scenario, n: int, random: np.random.Generator) -> Int64Array:
    """(n,) one judgement for each of ``n`` listeners: +1 for a, −1 for b, 0 for a tie."""
    relevance = random.random((n, scenario.tracks))
    lists = [
        _best(relevance + error * random.standard_normal(relevance.shape), scenario.k)
        for error in (scenario.error_a, scenario.error_b)
    ]
    coins = random.random((n, (scenario.k + 1) // 2)) < 0.5
    shown, of_a = draft_many(lists[0], lists[1], coins, scenario.tracks)
    liked = random.random(shown.shape) < np.take_along_axis(relevance, shown, axis=1)
    judged = random.random(shown.shape) < scenario.judged
    credit = np.where(liked, 1, -1) * np.where(of_a, 1, -1) * judged
    found: Int64Array = np.sign(credit.sum(axis=1)).astype(np.int64)
    return found


def _best(scores: Float64Array, k: int) -> Int64Array:
    found: Int64Array = np.argsort(-scores, axis=1)[:, :k]
    return found


def draft_many(
    a: Int64Array, b: Int64Array, coins: BoolArray, tracks: int
) -> tuple[Int64Array, BoolArray]:
    """:func:`musicai.training.experiments.interleaving.draft` of many pairs of lists at once.

    Args:
        a: (n, k) rows, best first, none twice in a line.
        b: (n, k) likewise.
        coins: (n, at least half of k) true where a picks first in a round.
        tracks: Rows are below it.

    Returns:
        (n, k) the common lists, and (n, k) whether a drafted each place.
    """
    n, k = a.shape
    lines = np.arange(n)
    taken = np.zeros((n, tracks), dtype=bool)
    shown = np.empty((n, k), dtype=np.int64)
    of_a = np.empty((n, k), dtype=bool)
    for place in range(k):
        first = coins[:, place // 2]
        of_a[:, place] = first if place % 2 == 0 else ~first
        picking = np.where(of_a[:, place, None], a, b)
        free = ~np.take_along_axis(taken, picking, axis=1)
        shown[:, place] = picking[lines, free.argmax(axis=1)]
        taken[lines, shown[:, place]] = True
    return shown, of_a
