"""Whether the hour helps: lists for the moments of a hold-out, with and without "The hour".

python -m benchmarks.context --sample --json
python -m benchmarks.context --history ZIP --json

The history is cut by time. A unit is one sitting of the listener after the cut: the completed
plays of a day in one slot of the week (``musicai.data.context``), three tracks or more. The
components are fitted on what was before the cut. Both lists are of the same components and weights;
one is asked for the slot, the other for any time. All that was played before the cut and tracks of
the catalogue are candidates.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from musicai.ai_model import MusicAI
from musicai.core.errors import DataError, MusicAIError
from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.context import slots
from musicai.data.library import Library
from musicai.data.parsed import ReadOptions
from musicai.data_processor import build_features, build_training_data
from musicai.library.assemble import load_library
from musicai.library.importing import import_files
from musicai.library.sample import SAMPLE_PROFILE, load_sample
from musicai.ranking.request import Request, Tuning
from musicai.store import Store
from musicai.training.evaluation.metrics import bootstrap_interval, compare_paired, ndcg_at
from musicai.training.evaluation.splits import events, temporal_split
from musicai.training.fit import TrainingConfig, configs, fit_components

MOST = 400
"""Sittings that are asked for; of more, so many are drawn by chance."""

FEWEST = 3
"""Tracks of a sitting."""

K = 20


def sittings(library: Library, cut: pd.Timestamp, seed: int = 0) -> list[tuple[int, Any]]:
    """(slot, track rows) of the owner's sittings after a moment."""
    found = events(library)
    found = found[(found["time"] >= cut.timestamp()) & (found["listener"] == 0)]
    time = found["time"].to_numpy()
    slot = slots(time)
    told = [
        (int(part["slot"].iloc[0]), np.unique(part["track"].to_numpy(dtype=np.int32)))
        for _, part in found.assign(slot=slot, day=time // 86_400).groupby(["day", "slot"])
    ]
    told = [one for one in told if len(one[1]) >= FEWEST]
    if len(told) > MOST:
        drawn = np.random.default_rng(seed).choice(len(told), MOST, replace=False)
        told = [told[place] for place in np.sort(drawn)]
    return told


def measure(library: Library, settings: Settings) -> dict[str, Any]:
    """Both lists for each sitting.

    Raises:
        DataError: the history is too short to be cut.
    """
    cuts = temporal_split(library)
    if cuts is None:
        raise DataError("The history is too short to hold anything out.")
    before = library.before(cuts.test)
    features = build_features(library)
    fitted = fit_components(
        build_training_data(before, features), configs(TrainingConfig(), "als"), no_progress
    )
    music = MusicAI(settings=settings, library=before, features=features, components=fitted)
    asked = sittings(library, cuts.test)
    rows: dict[str, list[float]] = {"with": [], "without": []}
    for slot, targets in asked:
        for name, moment in (("with", slot), ("without", None)):
            request = Request(mode="rediscover", moment=moment)
            found = music.rank(music.score(request), Tuning(diversity=0.0, artist_cap=K))
            listed = np.array([item.track for item in found], dtype=np.int32)
            rows[name].append(ndcg_at(listed, targets, K))
    values = {name: np.array(each) for name, each in rows.items()}
    return {
        "n": len(asked),
        "metrics": {name: _mean(each) for name, each in values.items()},
        "intervals": {
            name: [round(end, 5) for end in bootstrap_interval(each)] if len(each) else None
            for name, each in values.items()
        },
        "paired_difference": [
            round(end, 5) for end in compare_paired(values["with"], values["without"])
        ]
        if asked
        else None,
        "metric": f"ndcg@{K}",
        "weights": {name: round(w, 4) for name, w in music.weights_for().items()},
    }


def loaded(settings: Settings, history: Path | None) -> Library:
    """The library of an export, or of the invented sample."""
    with Store(settings) as store:
        if history is None:
            load_sample(store, settings)
            return load_library(store, settings, SAMPLE_PROFILE)
        import_files(store, settings, "benchmark", [history], ReadOptions(), no_progress)
        return load_library(store, settings, "benchmark")


def _mean(values: np.ndarray[Any, Any]) -> float | None:
    return round(float(values.mean()), 5) if len(values) else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure one history; 0, or 2 with a message where it cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.context", description=__doc__)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--sample", action="store_true", help="the invented listener")
    which.add_argument("--history", type=Path, help="an export, zip or folder")
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    asked = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as folder:
            settings = Settings(home=Path(folder))
            result = measure(loaded(settings, asked.history), settings)
    except (MusicAIError, OSError) as error:
        print(f"benchmarks.context: {error}", file=sys.stderr)
        return 2
    result["history"] = "the invented sample" if asked.sample else asked.history.name
    for name, value in result["metrics"].items():
        print(f"{name:10}{result['metric']} {value}")
    if asked.json:
        print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
