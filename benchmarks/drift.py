"""How far updated versions drift from full trainings, and how quickly a new listener is served.

    python -m benchmarks.drift --json
    python -m benchmarks.drift --data my_spotify_data/ --json

The trained components learn from the first 80 % of the events and are then updated four
times with 5 % each (``updating.refreshed``, what `train --update` does). Each time stand
beside them: ``stale``, those of the first 80 %, left alone; ``retrained``, a full fit of
the same data and seed; ``reseeded``, a full fit with another seed. ``likeness`` is of
each to ``retrained``; that of ``reseeded`` is what chance alone does, and the measure of
all others. A list is of 20, over the candidates that are new to the listener where there
are any, else over all: the share in common, Jaccard's index, rank-biased overlap
(p = .9, extrapolated; Webber, Moffat and Zobel, "A similarity measure for indefinite
rankings", 2010); and the correlation of the scores over the candidates, which no rotation
of the factors changes. Of one person the lists begin at single tracks of theirs.

nDCG@20 is on the events of the next 5 %, with default weights; the last step has none.
Words and sounds of the tracks are those of the whole library throughout, so that a new
track is one that nobody had played. Seconds are of the trained components alone; a
training as the dashboard does it also chooses and measures. Only one new listener is
folded in at a time, and every figure of it includes the scores of all tracks.

The sample is invented: its figures check the machinery and say nothing of quality.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import threadpool_limits

from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.arrays import Query, TrackFeatures, TrainingData
from musicai.data.library import FloatArray, IntArray, Library
from musicai.data.parsed import ReadOptions
from musicai.data_processor import build_features, build_history, build_training_data
from musicai.library.assemble import load_library
from musicai.library.importing import import_files
from musicai.library.sample import SAMPLE_PROFILE, load_sample
from musicai.models import COMPONENTS, DEFAULT_WEIGHTS
from musicai.models.base import Component
from musicai.models.blend import LearnedWeights
from musicai.models.collaborative import Collaborative, CollaborativeConfig
from musicai.store import Store
from musicai.training.evaluation import Evaluation, evaluate
from musicai.training.evaluation.methods import HYBRID, Ranker
from musicai.training.evaluation.metrics import bootstrap_interval, compare_paired
from musicai.training.evaluation.splits import MIN_EVENTS, MIN_LISTENERS, events, make_units
from musicai.training.update import update_components

SHARES = (0.8, 0.85, 0.9, 0.95, 1.0)
"""Of the events: where it begins, and the end of each step."""

K = 20
PERSISTENCE = 0.9
"""p of rank-biased overlap: the first ten places have 86 % of the weight."""

MOST_QUERIES = 200

METHODS = (HYBRID, Collaborative.name)
"""Whose lists and metrics are told; "item_item" is fitted anew in an update, hence the same."""

Components = Mapping[str, Component]


@dataclass(frozen=True)
class Asked:
    """The queries of one step, and among which tracks each chooses."""

    queries: tuple[tuple[int, IntArray], ...]
    """Listener, and seeds; without seeds the listener's past is the query."""
    task: str
    """"new" where there are new candidates, else "all"."""


# --- one step -------------------------------------------------------------------------


def rank_biased_overlap(one: IntArray, other: IntArray) -> float:
    """1 for equal lists, 0 for lists without a common track; the top counts most."""
    depth = min(len(one), len(other))
    if not depth:
        return 1.0
    common = [len(np.intersect1d(one[:d], other[:d])) / d for d in range(1, depth + 1)]
    weights = PERSISTENCE ** np.arange(1, depth + 1)
    tail = common[-1] * PERSISTENCE**depth
    return float(tail + (1 - PERSISTENCE) / PERSISTENCE * (weights @ np.array(common)))


def lists(
    library: Library, features: TrackFeatures, components: Components, asked: Asked
) -> list[tuple[dict[str, IntArray], FloatArray]]:
    """For each query the list of each method, and the collaborative scores of its candidates."""
    ranker = Ranker(library, features, components, LearnedWeights(DEFAULT_WEIGHTS), K, 0)
    found = []
    for listener, seeds in asked.queries:
        one = ranker.ask(listener, [])
        query = Query(one.history, seeds)
        raw = {name: component.score(query) for name, component in components.items()}
        nothing = np.full(library.n_tracks, np.nan, dtype=np.float32)
        scaled = ranker.scale_scores(raw, one, asked.task)
        made = ranker.lists(raw | {"own_top": nothing}, one, asked.task, scaled)
        by_name = {name: made[ranker.methods.index(name)] for name in METHODS}
        found.append((by_name, raw[Collaborative.name][one.rows[asked.task]]))
    return found


def likeness(one: list[Any], other: list[Any]) -> dict[str, Any]:
    """Means over the queries of how alike the lists and scores of two models are."""
    told: dict[str, Any] = {"n": len(one)}
    for method in METHODS:
        pairs = [(a[method], b[method]) for (a, _), (b, _) in zip(one, other, strict=True)]
        common = np.array([len(np.intersect1d(a, b)) for a, b in pairs], dtype=np.float64)
        size = np.array([max(len(a), len(b), 1) for a, b in pairs])
        union = np.array([max(len(np.union1d(a, b)), 1) for a, b in pairs])
        told[method] = {
            f"overlap@{K}": _mean(common / size),
            "jaccard": _mean(common / union),
            "rbo": _mean(np.array([rank_biased_overlap(a, b) for a, b in pairs])),
        }
    related = [_correlation(a, b) for (_, a), (_, b) in zip(one, other, strict=True)]
    told[Collaborative.name]["correlation"] = _mean(np.array(related))
    return told


def _correlation(one: FloatArray, other: FloatArray) -> float:
    both = ~np.isnan(one) & ~np.isnan(other)
    if both.sum() < 3 or not one[both].std() or not other[both].std():
        return float("nan")
    return float(np.corrcoef(one[both], other[both])[0, 1])


def _mean(values: npt.NDArray[np.float64]) -> float | None:
    known = values[~np.isnan(values)]
    return round(float(known.mean()), 4) if len(known) else None


def ask(library: Library, features: TrackFeatures) -> Asked:
    """Listeners with a past; of fewer than 20 the owner's most played tracks as seeds."""
    past = [len(build_history(library, one).rows) for one in range(len(library.listeners))]
    known = np.flatnonzero(np.array(past) > 0)[:MOST_QUERIES]
    nothing = np.zeros(0, dtype=np.int32)
    queries = [(int(one), nothing) for one in known]
    if len(known) < MIN_LISTENERS:
        own = build_history(library, 0)
        top = own.rows[np.argsort(-own.confidence, kind="stable")[:MOST_QUERIES]]
        queries = [(0, np.array([row], dtype=np.int32)) for row in top]
    ranker = Ranker(library, features, {}, LearnedWeights({}), K, 0)
    new = all(len(ranker.ask(one, []).rows["new"]) >= K for one in {one for one, _ in queries})
    return Asked(tuple(queries), "new" if new else "all")


def ndcg(seen: Mapping[str, Evaluation]) -> dict[str, Any] | None:
    """Mean and 95 % interval by model and method, and updated less retrained, paired."""
    some = seen["retrained"]
    if some.headline is None:
        return None
    told: dict[str, Any] = {"n": some.n, "units": some.units, "task": some.task}
    for model, evaluation in seen.items():
        assert evaluation.headline is not None
        values = evaluation.headline.ndcg
        told[model] = {
            name: _rounded(float(values[name].mean()), *bootstrap_interval(values[name]))
            for name in METHODS
        }
    for model in ("stale", "updated"):
        one = seen[model].headline
        assert one is not None
        told[f"{model}_minus_retrained"] = {
            name: _rounded(*compare_paired(one.ndcg[name], some.headline.ndcg[name]))
            for name in METHODS
        }
    return told


def _rounded(*values: float) -> list[float]:
    return [round(value, 4) for value in values]


# --- the whole way --------------------------------------------------------------------


def timed(make: Mapping[str, Callable[[], Component]]) -> tuple[dict[str, float], Components]:
    """Seconds by component and in all, and the components."""
    seconds, made = {}, {}
    for name, one in make.items():
        started = time.perf_counter()
        made[name] = one()
        seconds[name] = round(time.perf_counter() - started, 3)
    return seconds | {"all": round(sum(seconds.values()), 3)}, made


def in_full(data: TrainingData) -> tuple[dict[str, float], Components]:
    """Every component that needs training, fitted anew."""
    # the deep sequence is optional: the figures are those of the default install
    kinds = {n: kind for n, kind in COMPONENTS.items() if kind.trained and not kind.optional}
    return timed({n: partial(kind().fit, data, no_progress) for n, kind in kinds.items()})


def in_part(components: Components, data: TrainingData) -> tuple[dict[str, float], Components]:
    """The same, updated one by one."""
    return timed(
        {
            n: partial(lambda n, one: update_components({n: one}, data)[n], n, one)
            for n, one in components.items()
        }
    )


def measure(library: Library) -> dict[str, Any]:
    """All steps, and the fold-in of a new listener.

    Raises:
        SystemExit: there is too little history to cut it.
    """
    times = np.sort(events(library)["time"].to_numpy())
    if len(times) < MIN_EVENTS:
        raise SystemExit("There is too little history to cut it in steps.")
    places = [min(int(len(times) * share), len(times) - 1) for share in SHARES]
    cuts = [pd.Timestamp(int(times[place]), unit="s", tz="UTC") for place in places]
    cuts[-1] += pd.Timedelta(seconds=1)
    features = build_features(library)
    begun, stale = in_full(build_training_data(library.before(cuts[0]), features))
    updated = stale
    steps = []
    for number in range(1, len(SHARES)):
        end = cuts[number + 1] if number + 1 < len(cuts) else None
        step, updated = _step(library, features, cuts[number], end, stale, updated)
        new = places[number] - places[number - 1]
        steps.append({"share": SHARES[number], "new_events": new, **step})
    return {
        "tracks": library.n_tracks,
        "events": len(times),
        "listeners": len(library.listeners),
        "first_training_s": begun,
        "steps": steps,
        "fold_in_ms": fold_in(library, updated),
        "fold_in_one_thread_ms": fold_in(library, updated, threads=1),
    }


def _step(
    library: Library,
    features: TrackFeatures,
    cut: pd.Timestamp,
    end: pd.Timestamp | None,
    stale: Components,
    updated: Components,
) -> tuple[dict[str, Any], Components]:
    """What is told of one step, and the components as updated by it."""
    before = library.before(cut)
    data = build_training_data(before, features)
    instant = {
        n: kind().fit(data, no_progress) for n, kind in COMPONENTS.items() if not kind.trained
    }
    update_s, now = in_part(updated, data)
    retrain_s, full = in_full(data)
    models: dict[str, Components] = {"stale": stale, "updated": now, "retrained": full}
    other = Collaborative(CollaborativeConfig(seed=1)).fit(data, no_progress)
    models["reseeded"] = {**full, other.name: other}
    whole = {
        name: {n: (instant | dict(one))[n] for n in COMPONENTS if n in instant or n in dict(one)}
        for name, one in models.items()
    }
    asked = ask(before, features)
    made = {name: lists(before, features, one, asked) for name, one in whole.items()}
    told: dict[str, Any] = {
        "cut": cut.isoformat(),
        "update_s": update_s,
        "retrain_s": retrain_s,
        "task": asked.task,
        "likeness": {
            name: likeness(made[name], made["retrained"])
            for name in ("stale", "updated", "reseeded")
        },
        f"ndcg@{K}": None,
    }
    if end is not None:
        units = make_units(library, cut, until=end)
        told[f"ndcg@{K}"] = ndcg(
            {
                name: evaluate(before, features, one, units, weights=DEFAULT_WEIGHTS, k=K)
                for name, one in whole.items()
            }
        )
    return told, now


def fold_in(library: Library, components: Components, threads: int | None = None) -> dict[str, Any]:
    """Milliseconds from a new listener's past to the scores of all tracks.

    Args:
        library: Whose listeners come as if they were new.
        components: The trained ones.
        threads: Of linear algebra; None leaves them as they are. On a busy machine threads
            wait for each other longer than such small matrices take.
    """
    pasts = [
        build_history(library, one) for one in range(min(len(library.listeners), MOST_QUERIES))
    ]
    pasts = [past for past in pasts if len(past.rows)]
    rounds = max(1, MOST_QUERIES // max(len(pasts), 1))
    told: dict[str, Any] = {
        "n": rounds * len(pasts),
        "tracks_of_a_listener": int(np.median([len(past.rows) for past in pasts])),
    }
    nothing = np.zeros(0, dtype=np.int32)
    for name, component in components.items():
        component.score(Query(replace(pasts[0]), nothing))
        with threadpool_limits(threads, "blas"):
            # a copy of a past remembers nothing of earlier queries
            spent = [
                1e3 * _spent(component, Query(replace(past), nothing))
                for _ in range(rounds)
                for past in pasts
            ]
        p50, p95 = np.percentile(spent, [50, 95])
        told[name] = {"p50": round(float(p50), 3), "p95": round(float(p95), 3)}
    return told


def _spent(component: Component, query: Query) -> float:
    started = time.perf_counter()
    component.score(query)
    return time.perf_counter() - started


# --- the command line -----------------------------------------------------------------


def on(data: Path | None) -> dict[str, Any]:
    """The figures of a real history, or of the invented sample."""
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home))
        with Store(settings) as store:
            profile = SAMPLE_PROFILE if data is None else "benchmark"
            if data is None:
                load_sample(store, settings, no_progress)
            else:
                import_files(store, settings, profile, [data], ReadOptions(), no_progress)
            world = "sample (invented)" if data is None else "history"
            return {"world": world, **measure(load_library(store, settings, profile))}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; with ``--json`` one object as the last line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.drift", description=main.__doc__)
    parser.add_argument(
        "--data", type=Path, metavar="FOLDER", help="exports; without it the sample"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    found = on(options.data)
    if options.json:
        print(json.dumps(found))
        return 0
    for step in found["steps"]:
        print(f"{step['share']:.0%}: seconds of an update {step['update_s']}")
        print(f"  and of a full training {step['retrain_s']}")
        for name, alike in step["likeness"].items():
            print(f"  {name} and retrained: {alike[HYBRID]}, alone {alike[Collaborative.name]}")
        print(f"  nDCG@{K} of what came next: {step[f'ndcg@{K}']}")
    for kind in ("fold_in_ms", "fold_in_one_thread_ms"):
        print(f"{kind}: {found[kind]}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
