"""The measures of an evaluation as the screen names and explains them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from musicai.models import COMPONENTS


@dataclass(frozen=True)
class MetricLabel:
    """One measure, in words."""

    label: str
    """Short, as the head of a column."""
    text: str
    """What it says, a sentence after the label: "is …"."""
    whole_list: bool = False
    """Stored without the length of the list."""
    better: str = "more"
    """Which end is good: "more", "less", or "" where neither is."""

    @property
    def sentence(self) -> str:
        """The label and what it says."""
        return f"**{self.label}** {self.text}"


MEASURES: dict[str, MetricLabel] = {
    "ndcg": MetricLabel("nDCG", "counts the hits, those near the top more; 1 is perfect."),
    "recall": MetricLabel("Recall", "is the share of the tracks played that the list held."),
    "hit_rate": MetricLabel("Any hit", "is the share of lists with at least one hit."),
    "precision": MetricLabel("Precision", "is the share of the list that was played."),
    "map": MetricLabel(
        "MAP",
        "(mean average precision) is the precision at the place of each hit, over all tracks "
        "that were to be found.",
    ),
    "mrr": MetricLabel(
        "MRR",
        "(mean reciprocal rank) is 1 divided by the place of the first hit: 0.5 for second.",
    ),
    "serendipity": MetricLabel(
        "Serendipity",
        "is the share of the list that was played and that neither the most popular tracks nor "
        "your own top tracks would have shown: hits that surprise.",
    ),
    "calibration_error": MetricLabel(
        "Calibration error",
        "is how far the genres of a list are from those you play (Kullback-Leibler divergence): 0 "
        "is the same mix, 4.6 nothing in common.",
        whole_list=True,
        better="less",
    ),
    "diversity": MetricLabel(
        "Diversity", "is how unlike the tracks of a list are, 0 to 1.", whole_list=True
    ),
    "novelty": MetricLabel(
        "Novelty",
        "is how little played the tracks of a list are, in bits: one more is half as often.",
        whole_list=True,
        better="",
    ),
    "coverage": MetricLabel(
        "Coverage", "is the share of all tracks that some list held.", whole_list=True
    ),
    "gini": MetricLabel(
        "Gini",
        "is how unevenly the lists draw on all tracks: 0 is all equally often, 1 always the same.",
        whole_list=True,
        better="less",
    ),
}
"""All measures, in the order in which they are offered."""

METHODS = {
    "hybrid": "The blend in use",
    "own_top": "Your own top tracks",
    "popularity": "Popularity",
    "random": "Chance",
}
"""The methods that are no component or are a baseline besides; others go by their component."""

BASELINES = ("popularity", "own_top", "random")
"""Methods to beat, in order."""


def get_metric_key(measure: str, k: int) -> str:
    """Its key in the metrics of an evaluation of lists of ``k``."""
    return measure if MEASURES[measure].whole_list else f"{measure}@{k}"


def list_methods(metrics: Mapping[str, Any]) -> list[str]:
    """Those measured, in order: the blend, the baselines, then each component."""
    order = ["hybrid", *BASELINES, *(name for name in COMPONENTS if name not in BASELINES)]
    return [method for method in order if method in metrics]


def label_method(method: str) -> str:
    """What the screen calls a method."""
    return METHODS.get(method) or f"{COMPONENTS[method].label} alone"
