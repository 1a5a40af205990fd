r"""What each source of new music is worth on one's own history.

    python -m benchmarks.discovery --history extended.zip --catalogue spotify_songs.csv \
        --neighbours hetrec_lastfm2k --json
    python -m benchmarks.discovery --sample --json

The history is cut by time. Targets are the tracks (recordings) first played after
the cut. For every set of sources: the share of the targets that is among the
candidates at all, recall@20 and @100 over *all* new targets, reachable or not, and
the mean rank of those reachable among the candidates as a percentile (0.5 is
chance, 1 the very top): none of them was ever played before the cut, so that is
the quality of tracks known from a catalogue alone. Weights are the defaults,
components and blend those of the dashboard; nothing is tuned here.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from musicai.catalogues import load_library
from musicai.contenders import HYBRID, Ranker
from musicai.data_processor import build_features, training_data
from musicai.fitting import TrainingConfig, configs, fit_components
from musicai.holdout import Unit, make_units, temporal_split
from musicai.importing import import_inputs
from musicai.metrics import bootstrap_interval
from musicai.progress import no_progress
from musicai.recommenders import COMPONENTS, DEFAULT_WEIGHTS
from musicai.sample import SAMPLE_PROFILE, load_sample
from musicai.settings import Settings
from musicai.sources.base import ReadOptions
from musicai.store import Store
from musicai.tables import Library

METHODS = (HYBRID, "content", "collaborative", "popularity", "random")
"""Whose lists are told; ``random`` draws from the same candidates."""

DEPTHS = (20, 100)


def measure(library: Library, *, seed: int = 0) -> dict[str, Any]:
    """Reach and recall of tracks first played after the cut.

    Raises:
        SystemExit: there is too little history to cut.
    """
    cuts = temporal_split(library)
    if cuts is None:
        raise SystemExit("There is too little history to hold any of it out.")
    features, before = build_features(library), library.before(cuts.test)
    data = training_data(before, features, seed=seed)
    components = fit_components(data, configs(TrainingConfig(seed=seed), "als"), no_progress)
    ranker = Ranker(before, features, components, DEFAULT_WEIGHTS, {}, library.n_tracks, seed)
    units = make_units(library, cuts.test, seed=seed)
    if units.kind != "listener":  # one person: all that comes after the cut is one list
        units_of = (Unit(0, np.unique(np.concatenate([u.targets for u in units.units]))),)
    else:
        units_of = units.units
    tallies: dict[str, list[dict[str, float]]] = {name: [] for name in METHODS}
    reach, n_targets, n_candidates = [], 0, 0
    for unit in units_of:
        asked = ranker.ask(unit.listener, [unit])
        found, rows = asked.found["new"][0], asked.rows["new"]
        n_targets, n_candidates = n_targets + found.asked, max(n_candidates, len(rows))
        if not found.asked:
            continue
        reach.append(len(found.targets) / found.asked)
        lists = ranker.lists(ranker.raw(asked.history), asked, "new", with_blends=False)
        for name in METHODS:
            full = ranker.draw(rows) if name == "random" else lists[ranker.methods.index(name)]
            tallies[name].append(_figures(full, found.targets, found.asked, len(rows)))
    return {
        "cut": cuts.test.isoformat(),
        "unit": "listener" if units.kind == "listener" else "all new tracks of the owner",
        "n_units": len(reach),
        "n_targets": n_targets,
        "n_candidates": n_candidates,
        "n_neighbours": data.n_neighbours,
        "reachable": _mean(reach),
        "methods": {name: _averaged(rows) for name, rows in tallies.items()},
    }


def _figures(
    ranked: np.ndarray[Any, Any], targets: np.ndarray[Any, Any], asked: int, n: int
) -> dict[str, float]:
    """One list: recall over all targets, and where the reachable ones stand."""
    place = {int(row): number for number, row in enumerate(ranked)}
    places = np.array([place.get(int(row), n - 1) for row in targets], dtype=float)
    figures = {f"recall@{k}": float((places < k).sum()) / asked for k in DEPTHS}
    if len(targets) and n > 1:
        figures["percentile"] = float(1.0 - (places / (n - 1)).mean())
        # of one person there is one list: the interval is then over the tracks
        figures["low"], figures["high"] = bootstrap_interval(1.0 - places / (n - 1))
    return figures


def _averaged(rows: Sequence[dict[str, float]]) -> dict[str, Any]:
    names = [*(f"recall@{k}" for k in DEPTHS), "percentile"]
    found: dict[str, Any] = {}
    for name in names:
        values = [row[name] for row in rows if name in row]
        found[name] = _mean(values)
        if len(values) > 1:
            found[f"{name} interval"] = [
                round(end, 4) for end in bootstrap_interval(np.array(values))
            ]
    if len(rows) == 1 and "low" in rows[0]:
        found["percentile interval"] = [round(rows[0]["low"], 4), round(rows[0]["high"], 4)]
    return found


def _mean(values: Sequence[float]) -> float | None:
    return round(float(np.mean(values)), 4) if values else None


def on_history(
    history: Sequence[Path], catalogues: Sequence[Path], neighbours: Sequence[Path]
) -> dict[str, Any]:
    """The same history with no source, with each, and with all."""
    sets = {
        "history alone": [],
        "catalogue": [*catalogues],
        "neighbours": [*neighbours],
        "catalogue and neighbours": [*catalogues, *neighbours],
    }
    found = {}
    for name, further in sets.items():
        with tempfile.TemporaryDirectory() as home:
            settings = Settings(home=Path(home))
            with Store(settings) as store:
                given = [*history, *further]
                import_inputs(store, settings, "p", given, ReadOptions(), no_progress)
                found[name] = measure(load_library(store, settings, "p"))
    return found


def on_sample() -> dict[str, Any]:
    """The invented sample: a check of the machinery, never quality."""
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home))
        with Store(settings) as store:
            load_sample(store, settings, no_progress)
            return {"sample (invented)": measure(load_library(store, settings, SAMPLE_PROFILE))}


def main() -> None:
    """The command line; the last line is one JSON object."""
    parser = argparse.ArgumentParser(description="What each source of new music is worth.")
    parser.add_argument("--history", type=Path, nargs="+", default=[])
    parser.add_argument("--catalogue", type=Path, nargs="*", default=[])
    parser.add_argument("--neighbours", type=Path, nargs="*", default=[])
    parser.add_argument("--sample", action="store_true", help="measure on the invented sample")
    parser.add_argument("--json", action="store_true", help="print one line of JSON alone")
    options = parser.parse_args()
    if not options.history and not options.sample:
        parser.error("name a history, or --sample")
    found = on_sample() if options.sample else {}
    if options.history:
        found |= on_history(options.history, options.catalogue, options.neighbours)
    assert set(METHODS) <= {HYBRID, "random", *COMPONENTS}
    if not options.json:
        for name, one in found.items():
            print(f"{name}: reachable {one['reachable']} of {one['n_targets']} new tracks")
            for method, figures in one["methods"].items():
                print(f"  {method}: {figures}")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
