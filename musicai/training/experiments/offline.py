"""Two contestants on the same hold-out, both fitted anew on what was before it.

A saved version has seen all plays up to its training, the ones that are held out now among
them: measuring its factors would reward the version that saw most. What is compared is what it
was made by, its settings and its weights. Everything else is the same for both: the cut in
time, the units, the candidates and the order of ties. The comparison is paired: the interval is
of the difference over the same units, which is far narrower than what two intervals side by
side would leave open.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from musicai.core.progress import Progress, no_progress, part
from musicai.data.arrays import History, Query, TrackFeatures, TrainingData
from musicai.data.library import FloatArray, IntArray, Library
from musicai.data.sessions import SEGMENTS, Segment
from musicai.data_processor import build_training_data
from musicai.models import COMPONENTS
from musicai.models.base import Component
from musicai.training.evaluation import by_listener, headline_task, reachable
from musicai.training.evaluation.methods import TASKS, Asked, Ranker
from musicai.training.evaluation.metrics import Float64Array, compare_paired
from musicai.training.evaluation.report import accuracy_of_hits
from musicai.training.evaluation.splits import make_units, temporal_split
from musicai.training.experiments.results import (
    Example,
    ListPlace,
    Paired,
    PairedComparison,
    TaskDuel,
    UnitSplit,
)
from musicai.training.experiments.variants import Variant, alike

logger = logging.getLogger(__name__)

TOO_LITTLE = (
    "Nothing could be measured: a hold-out needs at least 50 dated plays or playlist rows over "
    "some time."
)

INVENTED = "The listeners are invented: the figures check the machinery and say nothing of quality."

SAME = "Both have the same settings and weights, so that their lists are the same."

EXAMPLES = 5
"""Units shown for each task."""

SHOWN = 10
"""Places of a list shown, and compared to find the examples."""


def duel(
    library: Library,
    features: TrackFeatures,
    a: Variant,
    b: Variant,
    *,
    k: int = 20,
    seed: int = 0,
    progress: Progress = no_progress,
) -> PairedComparison:
    """Compare two contestants.

    A component with the same settings in both is fitted once.

    Args:
        library: All of the data; it is cut here.
        features: Of the library's tracks; their words and sounds are not of the future.
        a: One contestant.
        b: The other; differences are a − b.
        k: Length of the lists, 1 or more.
        seed: Of the training rows, of ties and of the bootstrap.
        progress: Called often; raising ``Cancelled`` from it stops the comparison.

    Returns:
        A result without tasks, whose notes say why, where nothing could be measured.
    """
    started = time.perf_counter()
    cuts = temporal_split(library)
    if cuts is None:
        return PairedComparison(a.name, b.name, k, notes=(TOO_LITTLE,))
    before = library.before(cuts.test)
    progress(0.0, "Gathering listeners, sessions and playlists…")
    data = build_training_data(before, features, seed=seed)
    fitted = fit_both(data, a, b, part(progress, 0.05, 0.6))
    rankers = [
        Ranker(before, features, components, one.weights, k, seed, one.stacked)
        for components, one in zip(fitted, (a, b), strict=True)
    ]
    units = make_units(library, cuts.test, seed=seed)
    asked = by_listener(units, rankers[0])
    sheets = _sheets(rankers, asked, part(progress, 0.6, 1.0))
    results = {task: sheet.result(library, task, seed) for task, sheet in sheets.items()}
    progress(1.0, f"Compared on {len(units)} units")
    logger.info("compared on %d units in %.2f s", len(units), time.perf_counter() - started)
    return PairedComparison(
        a=a.name,
        b=b.name,
        k=k,
        cut=cuts.test.isoformat(),
        units=units.kind,
        task=headline_task({task: reachable(asked, task) for task in TASKS}),
        tasks=results,
        notes=_notes(library, cuts.test, a, b),
    )


def fit_both(
    data: TrainingData, a: Variant, b: Variant, progress: Progress = no_progress
) -> tuple[dict[str, Component], dict[str, Component]]:
    """The components that each contestant uses, those with the same settings fitted once."""
    wanted = {one.key(name): (one, name) for one in (a, b) for name in one.used_components}
    costs = [1.0 if COMPONENTS[name].trained else 0.05 for _, name in wanted.values()]
    ends = np.cumsum([0.0, *costs]) / sum(costs)
    made: dict[tuple[str, str], Component] = {}
    for place, (key, (one, name)) in enumerate(wanted.items()):
        kind = COMPONENTS[name]
        step = part(progress, float(ends[place]), float(ends[place + 1]))
        step(0.0, f"{kind.label}…")
        made[key] = kind(one.components[name]).fit(data, step)
    first, second = ({name: made[one.key(name)] for name in one.used_components} for one in (a, b))
    return first, second


# --- the lists, unit by unit ----------------------------------------------------------


class _Sheet:
    """The lists of both on one task."""

    def __init__(self, k: int, segments: tuple[Segment, ...]) -> None:
        self.k, self.segments = k, segments
        self.top: list[IntArray] = []
        self.targets: list[IntArray] = []
        self.listeners: list[int] = []
        self.numbers: list[int] = []

    def add(self, lists: Sequence[IntArray], targets: IntArray, listener: int, number: int) -> None:
        """Take in one unit."""
        top = np.full((2, self.k), -1, dtype=np.int32)
        for line, ranked in enumerate(lists):
            top[line, : len(ranked)] = ranked
        self.top.append(top)
        self.targets.append(targets)
        self.listeners.append(listener)
        self.numbers.append(number)

    def result(self, library: Library, task: str, seed: int) -> TaskDuel:
        """Paired differences, splits and examples."""
        hits = np.stack(
            [np.isin(top, targets) for top, targets in zip(self.top, self.targets, strict=True)]
        )
        n_targets = np.array([len(targets) for targets in self.targets])[:, None]
        columns = accuracy_of_hits(hits, n_targets)
        order = [f"{name}@{self.k}" for name in ("ndcg", "recall", "precision")]
        ndcg = columns[order[0]]
        segment = np.array([self.segments[listener] for listener in self.listeners])
        return TaskDuel(
            task=task,
            n=len(ndcg),
            metrics={name: _compare_pairs(name, columns[name], seed) for name in order},
            whole=_split(ndcg, seed),
            segments={
                name: _split(ndcg[segment == name], seed) for name in SEGMENTS if name in segment
            },
            examples=tuple(self._examples(library, ndcg)),
        )

    def _examples(self, library: Library, ndcg: Float64Array) -> list[Example]:
        common = np.array([_in_common(top) for top in self.top])
        apart = np.array([_select_shown(top) for top in self.top]) - common
        gap = np.abs(ndcg[:, 0] - ndcg[:, 1])
        order = np.lexsort((np.arange(len(gap)), -gap, -apart))
        return [
            self._example(library, int(at), int(common[at]), ndcg[at])
            for at in order[:EXAMPLES]
            if apart[at]
        ]

    def _example(self, library: Library, at: int, common: int, ndcg: Float64Array) -> Example:
        first, second = (_build_places(library, rows, self.targets[at]) for rows in self.top[at])
        return Example(
            listener=library.listeners[self.listeners[at]],
            number=self.numbers[at],
            in_common=common,
            ndcg_a=float(ndcg[0]),
            ndcg_b=float(ndcg[1]),
            top_a=first,
            top_b=second,
        )


def _sheets(rankers: Sequence[Ranker], asked: list[Asked], progress: Progress) -> dict[str, _Sheet]:
    """Task → the lists of its units; only tasks that have any."""
    sheets: dict[str, _Sheet] = {}
    for done, one in enumerate(asked):
        progress(done / len(asked), f"Comparing: {done} of {len(asked)}")
        scores = _scores([ranker.components for ranker in rankers], one.history)
        for task in TASKS:
            found = [entry for entry in one.found[task] if len(entry.targets)]
            if not found:
                continue
            lists = [
                ranker.rank_blend(one, task, ranker.scale_scores(raw, one, task))
                for ranker, raw in zip(rankers, scores, strict=True)
            ]
            sheet = sheets.setdefault(task, _Sheet(rankers[0].k, rankers[0].segments))
            for number, entry in enumerate(one.found[task]):
                if len(entry.targets):
                    sheet.add(lists, entry.targets, one.listener, number)
    return sheets


def _scores(
    fitted: Sequence[Mapping[str, Component]], past: History
) -> list[dict[str, FloatArray]]:
    """Component → scores of all tracks, for each contestant; what both share is asked once."""
    query = Query(history=past, seeds=np.zeros(0, dtype=np.int32))
    known = {id(one): one for components in fitted for one in components.values()}
    scores = {key: one.score(query) for key, one in known.items()}
    return [{name: scores[id(one)] for name, one in each.items()} for each in fitted]


# --- figures --------------------------------------------------------------------------


def _compare_pairs(metric: str, values: Float64Array, seed: int) -> Paired:
    """Of (n, 2) values."""
    difference, low, high = compare_paired(values[:, 0], values[:, 1], seed)
    a, b = values.mean(axis=0)
    return Paired(metric, float(a), float(b), difference, low, high)


def _split(ndcg: Float64Array, seed: int) -> UnitSplit:
    """Of (n, 2) values."""
    wins, losses = int((ndcg[:, 0] > ndcg[:, 1]).sum()), int((ndcg[:, 0] < ndcg[:, 1]).sum())
    figures = compare_paired(ndcg[:, 0], ndcg[:, 1], seed)
    return UnitSplit(len(ndcg), wins, losses, len(ndcg) - wins - losses, *figures)


def _in_common(top: IntArray) -> int:
    first, second = top[:, :SHOWN]
    return len(np.intersect1d(first[first >= 0], second[second >= 0]))


def _select_shown(top: IntArray) -> int:
    """Places of the longer of the two lists."""
    lengths: npt.NDArray[np.intp] = (top[:, :SHOWN] >= 0).sum(axis=1)
    return int(lengths.max())


def _build_places(library: Library, rows: IntArray, targets: IntArray) -> tuple[ListPlace, ...]:
    shown = rows[:SHOWN][rows[:SHOWN] >= 0]
    tracks = library.tracks.iloc[shown]
    columns = (tracks[name].astype(str) for name in ("track_id", "name", "artists"))
    hits = np.isin(shown, targets).tolist()
    return tuple(ListPlace(*values) for values in zip(*columns, hits, strict=True))


def _notes(library: Library, cut: pd.Timestamp, a: Variant, b: Variant) -> tuple[str, ...]:
    notes = [INVENTED] if library.invented else []
    notes += [SAME] if alike(a, b) else []
    for one in (a, b):
        seen = one.chosen_before and library.profile in one.profiles
        if seen and pd.Timestamp(one.chosen_before) > cut:
            notes.append(
                f"The weights of {one.name} were chosen on plays some of which are held out here, "
                "which favours it a little."
            )
    return tuple(notes)
