"""Which of two models is better, from judgements that come one at a time.

One may look after every judgement and stop when one likes. A test made for one look would
then err far more often than it says; this one does not. It bets against "either wins with
chance 1/2": the wealth of a fair bet is a martingale that begins at 1, and Ville's inequality
(1939) bounds the chance that it *ever* reaches 1/α by α (Shafer, 2021, "Testing by Betting";
Ramdas et al., 2023, "Game-Theoretic Statistics and Safe Anytime-Valid Inference"). The bet is
a mixture over all chances p that a wins, spread evenly (Beta(1, 1), as in Robbins, 1970,
"Statistical Methods Related to the Law of the Iterated Logarithm"; a Krichevsky–Trofimov
mixture is its neighbour with Beta(1/2, 1/2)). After w wins and l losses it is worth

    E = 2^(w+l) · ∫ p^w (1−p)^l dp = 2^(w+l) · w! l! / (w+l+1)!

Ties say nothing about which is better and are dropped. The coins of
:mod:`~musicai.training.experiments.interleaving` are thrown anew for each list, so that of two
models whose lists please alike each wins with chance 1/2, whatever came before.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from musicai.core.errors import QueryError
from musicai.training.experiments.interleaving import Team

Float64Array = npt.NDArray[np.float64]

ALPHA = 0.05
"""At most this chance of ever naming a winner among equals."""

FAR = 2_000
"""Judgements further ahead than this are not counted out: no winner is in sight."""

_LARGEST_LOG = 700.0
"""exp of more is no number any more."""


@dataclass(frozen=True)
class Verdict:
    """What the judgements say so far."""

    wins: int
    """Judgements for a."""
    losses: int
    """Judgements for b."""
    ties: int
    """Judgements for neither; dropped."""
    p_a_better: float
    """Posterior chance that a wins more often than b, with an even (Beta(1, 1)) prior. For
    display: nothing is decided on it, as it passes any bound by chance if one looks long enough.
    """
    e_value: float
    """The bet's worth now; 1 at the start."""
    alpha: float
    """A winner is named once the bet is worth 1/alpha."""
    winner: Team | None
    """Who was ahead when the bet first was worth 1/alpha; it stays named from then on."""
    decided_at: int | None
    """The judgement, ties among them, at which that was; 1 for the first."""
    more: int | None
    """About how many judgements, ties among them, are still needed if they go on as so far;
    0 once a winner is named, None where none is in sight."""

    @property
    def n(self) -> int:
        """Judgements that told the two apart."""
        return self.wins + self.losses

    def describe(self, a: str = "A", b: str = "B") -> str:
        """What may be said, in a sentence that claims no more than that."""
        count = f"{self.wins} : {self.losses}"
        if self.winner is not None:
            better, worse = (a, b) if self.winner == "a" else (b, a)
            return (
                f"{better} is better than {worse}: {count} for {a}, decided at judgement "
                f"{self.decided_at}. Among equals this would happen in at most "
                f"{self.alpha:.0%} of such comparisons, however often one looks."
            )
        if not self.n:
            return (
                f"Not enough yet: no judgement so far tells {a} and {b} apart. At least "
                f"{fewest(self.alpha)} that do are needed."
            )
        if self.more is None:
            return (
                f"Not enough yet: {count} for {a}. As it goes, {a} and {b} are about equally "
                "good, and no winner is in sight."
            )
        return (
            f"Not enough yet: {count} for {a}. If it goes on like this, about {self.more} more "
            f"{'judgement' if self.more == 1 else 'judgements'} would decide."
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values, and the sentence about "A" and "B"."""
        return {**asdict(self), "n": self.n, "sentence": self.describe()}


def decide(outcomes: Sequence[int], alpha: float = ALPHA) -> Verdict:
    """What a sequence of judgements says, looked at after each of them.

    Args:
        outcomes: In order: +1 for a, −1 for b, 0 for a tie.
        alpha: Chance, above 0 and below 1, of ever naming a winner among equals.

    Raises:
        QueryError: an outcome or ``alpha`` is not such a number.
    """
    if not 0 < alpha < 1:
        raise QueryError(f"alpha is {alpha}; it must lie between 0 and 1, such as 0.05.")
    values = np.asarray(outcomes, dtype=np.float64)
    strange = values[~np.isin(values, (-1, 0, 1))]
    if len(strange):
        raise QueryError(f"An outcome is {strange[0]:g}; it must be 1 (a), −1 (b) or 0 (a tie).")
    wins, losses = np.cumsum(values > 0), np.cumsum(values < 0)
    reached = np.flatnonzero(log_e_value(wins, losses) >= math.log(1 / alpha))
    first = int(reached[0]) if len(reached) else None
    won, lost = (int(count[-1]) if len(count) else 0 for count in (wins, losses))
    winner: Team | None = None
    if first is not None:
        winner = "a" if wins[first] > losses[first] else "b"
    return Verdict(
        wins=won,
        losses=lost,
        ties=len(values) - won - lost,
        p_a_better=chance_a_better(won, lost),
        e_value=e_value(won, lost),
        alpha=alpha,
        winner=winner,
        decided_at=None if first is None else first + 1,
        more=0 if winner else _more(won, lost, len(values), alpha),
    )


def log_e_value(wins: npt.ArrayLike, losses: npt.ArrayLike) -> Float64Array:
    """Natural logarithm of the bet's worth.

    Args:
        wins: (...) judgements for a, 0 or more.
        losses: (...) judgements for b, broadcastable.
    """
    won, lost = np.asarray(wins, dtype=np.float64), np.asarray(losses, dtype=np.float64)
    n = won + lost
    found: Float64Array = n * math.log(2) + gammaln(won + 1) + gammaln(lost + 1) - gammaln(n + 2)
    return found


def e_value(wins: int, losses: int) -> float:
    """The bet's worth after so many judgements for a and for b."""
    return math.exp(min(float(log_e_value(wins, losses)), _LARGEST_LOG))


def chance_a_better(wins: int, losses: int) -> float:
    """P(p > 1/2) where p, the chance that a wins, has the posterior Beta(wins + 1, losses + 1).

    For whole numbers this is the chance of at most ``wins`` heads in ``wins + losses + 1``
    throws of a fair coin.
    """
    n = wins + losses + 1
    return float(sum(math.comb(n, heads) for heads in range(wins + 1)) / 2**n)


def fewest(alpha: float = ALPHA) -> int:
    """Judgements, all for the same side, that decide at the earliest; 8 for alpha .05."""
    ahead = np.arange(1, FAR + 1)
    return int(ahead[np.argmax(log_e_value(ahead, 0) >= math.log(1 / alpha))])


def _more(wins: int, losses: int, judgements: int, alpha: float) -> int | None:
    n = wins + losses
    if not n:
        return None
    ahead = np.arange(1, FAR + 1)
    later = log_e_value(wins + ahead * (wins / n), losses + ahead * (losses / n))
    reached = np.flatnonzero(later >= math.log(1 / alpha))
    if not len(reached):
        return None
    # as many ties will come between as came so far
    return math.ceil(int(ahead[reached[0]]) * judgements / n)
