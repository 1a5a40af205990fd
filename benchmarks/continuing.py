"""Whether order and occasion help: the rest of a sitting, from its first tracks.

python -m benchmarks.continuing --sample --json
python -m benchmarks.continuing --history ZIP --json

The history is cut by time. A unit is one session of a listener after the cut with four
different tracks or more; the first half of them are the seeds, as Discover's "Last session" has
it, the others are to be found. Both lists are of the same components, fitted on what was before
the cut; one leaves out "What comes next", "Deep sequence" and "The occasion". How much these weigh
in the other is chosen on the sessions of the validation slice, with components of before that.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.context import FEWEST, K, loaded
from musicai.ai_model import MusicAI
from musicai.core.errors import DataError, MusicAIError, NoCandidates
from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.context import slots
from musicai.data.library import IntArray, Library, RowArray
from musicai.data.sessions import mark_completed, seconds, sessions
from musicai.data_processor import build_features, build_training_data
from musicai.models import DEFAULT_WEIGHTS
from musicai.ranking.request import Request, Tuning
from musicai.training.evaluation.metrics import bootstrap_interval, compare_paired, ndcg_at
from musicai.training.evaluation.splits import temporal_split
from musicai.training.fit import TrainingConfig, configs, fit_components

IN_CHOICE, IN_TEST = 400, 2_000
"""Sessions of the validation slice, and after the cut; of more, so many are drawn by chance."""

SHARES = {"sequence": (0.0, 0.1, 0.3), "context": (0.0, 0.1, 0.2), "transformer": (0.0, 0.1, 0.3)}
"""Weights to choose from, beside those of the others, which sum to 1."""


@dataclass(frozen=True)
class Sitting:
    """One session."""

    listener: str
    seeds: RowArray
    targets: IntArray
    slot: int


def sittings(
    library: Library, begin: pd.Timestamp, end: pd.Timestamp | None, most: int, seed: int = 0
) -> list[Sitting]:
    """The sessions that begin within a time, of every listener."""
    plays = library.plays[library.plays["played_at"] >= begin]
    if end is not None:
        plays = plays[plays["played_at"] < end]
    plays = plays[mark_completed(plays)]
    order = np.argsort(sessions(plays), kind="stable")
    number = sessions(plays)[order]
    track = library.canonical[plays["track"].to_numpy()[order]]
    start, listener = seconds(plays["played_at"])[order], plays["listener"].to_numpy()[order]
    found = []
    for places in np.split(np.arange(len(number)), np.flatnonzero(np.diff(number)) + 1):
        rows = np.array(list(dict.fromkeys(track[places].tolist())), dtype=np.int32)
        if len(rows) >= FEWEST + 1:
            half = len(rows) // 2
            at = int(slots(start[places[half : half + 1]])[0])
            who = library.listeners[listener[places[0]]]
            found.append(Sitting(who, rows[:half][-10:], rows[half:], at))
    if len(found) > most:
        drawn = np.random.default_rng(seed).choice(len(found), most, replace=False)
        found = [found[place] for place in np.sort(drawn)]
    return found


def _model(library: Library, cut: pd.Timestamp, settings: Settings, deep: bool) -> MusicAI:
    before = library.before(cut)
    features = build_features(library)
    data = build_training_data(before, features)
    fitted = fit_components(data, configs(TrainingConfig(deep=deep), "als"), no_progress)
    return MusicAI(settings=settings, library=before, features=features, components=fitted)


def _lists(
    music: MusicAI, asked: Sequence[Sitting], choices: Sequence[Mapping[str, float]]
) -> np.ndarray[Any, Any]:
    """(n_choices, n_sittings) nDCG of each choice of weights."""
    found = np.zeros((len(choices), len(asked)))
    vocabulary = music.library.vocabulary
    for place, sitting in enumerate(asked):
        seeds = tuple(vocabulary.id(int(row)) for row in sitting.seeds)
        request = Request(sitting.listener, seeds, mode="rediscover", moment=sitting.slot)
        try:
            scored = music.score(request)
        except NoCandidates:  # nothing was played before the cut, so there is nothing to find
            continue
        for at, weights in enumerate(choices):
            tuning = Tuning(weights=weights, diversity=0.0, artist_cap=K)
            listed = np.array([item.track for item in music.rank(scored, tuning)], dtype=np.int32)
            found[at, place] = ndcg_at(listed, sitting.targets, K)
    return found


def _choices(music: MusicAI) -> list[dict[str, float]]:
    """Weights to choose from; the first leaves order and occasion out."""
    base = {name: w for name, w in DEFAULT_WEIGHTS.items() if name not in SHARES}
    whole = sum(base.values())
    base = {name: weight / whole for name, weight in base.items()}
    there = [n for n in SHARES if n in music.components and not music.components[n].silent]
    return [
        base | dict(zip(there, shares, strict=True))
        for shares in product(*(SHARES[name] for name in there))
    ]


def measure(library: Library, settings: Settings, *, deep: bool = False) -> dict[str, Any]:
    """Both lists for each sitting after the cut, with the deep sequence or without.

    Raises:
        DataError: the history is too short to be cut.
    """
    cuts = temporal_split(library)
    if cuts is None:
        raise DataError("The history is too short to hold anything out.")
    earlier = _model(library, cuts.validation, settings, deep)
    choices = _choices(earlier)
    valid = _lists(earlier, sittings(library, cuts.validation, cuts.test, IN_CHOICE), choices)
    best = int(valid.mean(axis=1).argmax()) if valid.shape[1] else len(choices) - 1
    music = _model(library, cuts.test, settings, deep)
    asked = sittings(library, cuts.test, None, IN_TEST)
    without, found = _lists(music, asked, [choices[0], choices[best]])
    values = {"with": found, "without": without}
    return {
        "n": len(asked),
        "n_validation": valid.shape[1],
        "metric": f"ndcg@{K}",
        "metrics": {name: round(float(each.mean()), 5) for name, each in values.items()}
        if asked
        else {},
        "intervals": {
            name: [round(end, 5) for end in bootstrap_interval(each)]
            for name, each in values.items()
            if asked
        },
        "paired_difference": [round(end, 5) for end in compare_paired(found, without)]
        if asked
        else None,
        "weights": {name: round(weight, 4) for name, weight in choices[best].items()},
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure one history; 0, or 2 with a message where it cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.continuing", description=__doc__)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--sample", action="store_true", help="the invented listener")
    which.add_argument("--history", type=Path, help="an export, zip or folder")
    parser.add_argument("--deep", action="store_true", help="with the deep sequence; needs torch")
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    asked = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as folder:
            settings = Settings(home=Path(folder))
            result = measure(loaded(settings, asked.history), settings, deep=asked.deep)
    except (MusicAIError, OSError) as error:
        print(f"benchmarks.continuing: {error}", file=sys.stderr)
        return 2
    result["history"] = asked.history.name if asked.history else "the invented sample"
    for name, value in result["metrics"].items():
        print(f"{name:10}{result['metric']} {value}")
    if asked.json:
        print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
