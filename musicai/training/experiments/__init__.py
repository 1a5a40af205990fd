"""Comparing two models: by what was held out, and by what a person says to a common list.

Offline (:func:`duel`): both are fitted anew on the part of the history before a cut and foretell
the rest; :func:`gate` decides by it whether a new version goes into service. Online: a list of
each is drafted into a common one (:func:`interleave`), the person's verdicts on it are one
judgement (:func:`judge`), and :func:`decide` says after each whether there is a winner.
"""

from __future__ import annotations

from musicai.training.experiments.interleaving import Interleaved, ListOutcome, interleave, judge
from musicai.training.experiments.offline import duel
from musicai.training.experiments.promotion import Gate, PromotionEvidence, gate
from musicai.training.experiments.results import (
    Example,
    Paired,
    PairedComparison,
    TaskDuel,
    UnitSplit,
)
from musicai.training.experiments.sequential_test import Verdict, decide
from musicai.training.experiments.variants import Variant, alike, contestant, contestant_of

__all__ = [
    "Example",
    "Gate",
    "Interleaved",
    "ListOutcome",
    "Paired",
    "PairedComparison",
    "PromotionEvidence",
    "TaskDuel",
    "UnitSplit",
    "Variant",
    "Verdict",
    "alike",
    "contestant",
    "contestant_of",
    "decide",
    "duel",
    "gate",
    "interleave",
    "judge",
]
