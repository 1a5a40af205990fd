r"""What each source of new music is worth on one's own history.

    python -m benchmarks.discovery --history extended.zip --catalogue spotify_songs.csv \
        --neighbours hetrec_lastfm2k --json
    python -m benchmarks.discovery --sample --json

The history is cut by time. Targets are the tracks (recordings) first played after
the cut. For every set of sources: the share of the targets that is among the
candidates at all, recall@20 and @100 over *all* new targets, reachable or not, and
the mean rank of those reachable among the candidates as a percentile (0.5 is
chance, 1 the very top). ``cold_start`` is the same over the targets that only a
catalogue knows: nobody in the data, listeners of packs included, had played them
before the cut. ``compare_paired`` says what a source adds, over the same targets
with and without it.

Nothing after the cut is seen: tracks are matched, estimated and learned from as they
would have been at the cut. Intervals are 95 % bootstraps, over listeners where there
are many, over targets where there is one. Weights are the defaults, components and
blend those of the dashboard; nothing is tuned here.

The sample is invented: its figures check the machinery and say nothing of quality. Its
tracks serve as a catalogue and its other listeners, up to the cut, as a neighbour pack
of artists, so that each can be switched; its ids are renamed for that, or it would be
kept apart from them.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.sample_sources import sample_catalogue, sample_history, sample_pack
from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.arrays import TrainingData
from musicai.data.library import Library
from musicai.data.parsed import ReadOptions
from musicai.data_processor import build_features, build_training_data
from musicai.library.archives import Input
from musicai.library.assemble import (
    collect_tagged_genres,
    join_tracks,
    load_library,
    load_own_and_catalogue,
)
from musicai.library.importing import import_files
from musicai.library.sample import SAMPLE_PROFILE, load_sample
from musicai.models import COMPONENTS, DEFAULT_WEIGHTS
from musicai.models.blend import LearnedWeights
from musicai.store import Store
from musicai.training.evaluation.methods import HYBRID, Ranker
from musicai.training.evaluation.metrics import bootstrap_interval, compare_paired
from musicai.training.evaluation.splits import Unit, Units, make_units, temporal_split
from musicai.training.fit import TrainingConfig, configs, fit_components

Floats = npt.NDArray[np.float64]

METHODS = (HYBRID, "content", "collaborative", "popularity", "random")
"""Whose lists are told; ``random`` draws from the same candidates."""

DEPTHS = (20, 100)

NO_SOURCE, CATALOGUE, NEIGHBOURS = "history alone", "catalogue", "neighbours"
BOTH = "catalogue and neighbours"
"""The sets of sources."""

ADDED = {
    CATALOGUE: (NO_SOURCE, CATALOGUE),
    "neighbours without catalogue": (NO_SOURCE, NEIGHBOURS),
    "neighbours beside the catalogue": (CATALOGUE, BOTH),
}
"""What a source adds: the set without it and the set with it."""

PROFILE = "benchmark"


# --- one set of sources -----------------------------------------------------------------


@dataclass(frozen=True)
class Placed:
    """Where one listener's new targets stand in one list."""

    ids: tuple[str, ...]
    """(n,) of the targets, reachable or not."""
    places: Floats
    """(n,) from 0 on; infinite where not reachable, or where the method has no opinion."""
    reachable: npt.NDArray[np.bool_]
    """(n,) whether it is among the candidates."""
    cold: npt.NDArray[np.bool_]
    """(n,) reachable, and known from a catalogue alone."""
    n_listed: int
    """Candidates that the method has an opinion on."""
    n_candidates: int

    def hits(self, depth: int) -> Floats:
        """(n,) 1 where the target is among the first ``depth``."""
        return (self.places < depth).astype(np.float64)

    def percentiles(self) -> Floats:
        """(n_reachable,) 1 at the top and 0 at the end.

        What a method has no opinion on is taken to stand below the rest in any order.
        """
        middle = (self.n_listed + self.n_candidates - 1) / 2
        places = self.places[self.reachable]
        places = np.where(np.isfinite(places), places, middle)
        return 1.0 - places / max(self.n_candidates - 1, 1)


@dataclass(frozen=True)
class Measured:
    """One set of sources: what is printed, and the single targets it stands on."""

    told: dict[str, Any]
    placed: Mapping[str, Sequence[Placed]]
    """Method → one entry a listener."""


def as_known(store: Store, library: Library, cut: pd.Timestamp) -> Library:
    """The library as it would have been made at the cut, with the rows of ``library``.

    Tracks that were first played later are neither own nor, unless a catalogue has them,
    candidates; they match nothing, and no session after the cut estimates a feature.
    """
    own, catalogue = load_own_and_catalogue(store, library.profile)
    earlier = replace(
        own,
        plays=own.plays[own.plays["played_at"] < cut].reset_index(drop=True),
        playlist_items=own.playlist_items[own.playlist_items["added_at"] < cut],
    )
    tags = collect_tagged_genres(library.neighbours)
    tracks = join_tracks(earlier, catalogue, store.decisions(library.profile), tags)
    assert tracks["track_id"].equals(library.tracks["track_id"])
    before = library.before(cut)
    return replace(before, tracks=tracks.assign(own=before.tracks["own"]))


def measure(store: Store, library: Library, *, seed: int = 0) -> Measured:
    """Reach and recall of tracks first played after the cut.

    Raises:
        SystemExit: there is too little history to cut.
    """
    cuts = temporal_split(library)
    if cuts is None:
        raise SystemExit("There is too little history to hold any of it out.")
    before = as_known(store, library, cuts.test)
    features = build_features(before)
    data = build_training_data(before, features, seed=seed)
    components = fit_components(data, configs(TrainingConfig(seed=seed), "als"), no_progress)
    weights = LearnedWeights(DEFAULT_WEIGHTS)
    ranker = Ranker(before, features, components, weights, library.n_tracks, seed)
    units = make_units(library, cuts.test, seed=seed)
    heard = _heard(data)
    placed: dict[str, list[Placed]] = {name: [] for name in METHODS}
    n_candidates = 0
    for unit in _whole(units):
        # targets go by recordings as they were told apart at the cut
        now = Unit(unit.listener, np.unique(before.canonical[unit.targets]).astype(np.int32))
        found = _place(ranker, now, heard, before)
        n_candidates = max(n_candidates, found[HYBRID].n_candidates)
        for name, one in found.items():
            placed[name] += [one] if one.ids else []
    return Measured(
        {
            "cut": cuts.test.isoformat(),
            "unit": "listener" if units.kind == "listener" else "all new tracks of the owner",
            "n_units": len(placed[HYBRID]),
            "n_targets": sum(len(one.ids) for one in placed[HYBRID]),
            "n_candidates": n_candidates,
            "n_neighbours": data.n_neighbours,
            "reachable": _mean([one.reachable for one in placed[HYBRID]])[0],
            "methods": {name: _figures(placed[name]) for name in METHODS},
            "cold_start": {
                "n": int(sum(one.cold.sum() for one in placed[HYBRID])),
                "methods": {name: _figures(_cold(placed[name])) for name in METHODS},
            },
        },
        placed,
    )


def _whole(units: Units) -> tuple[Unit, ...]:
    """The listeners; of one person all that comes after the cut is one list."""
    if units.kind == "listener" or not len(units):
        return units.units
    return (Unit(0, np.unique(np.concatenate([unit.targets for unit in units.units]))),)


def _heard(data: TrainingData) -> npt.NDArray[np.bool_]:
    """(n_tracks,) whether anybody in the data had played a track."""
    counts = np.asarray((data.interactions > 0).sum(axis=0)).ravel()
    if data.neighbours is not None:
        counts = counts + np.asarray((data.neighbours.tracks > 0).sum(axis=0)).ravel()
    return np.asarray(counts > 0, dtype=bool)


def _place(
    ranker: Ranker, unit: Unit, heard: npt.NDArray[np.bool_], library: Library
) -> dict[str, Placed]:
    """Every method's list for one listener, and where the targets stand in it."""
    asked = ranker.ask(unit.listener, [unit])
    rows = asked.rows["new"]
    past = np.zeros(library.n_tracks, dtype=bool)
    past[asked.history.rows] = True
    met = np.isin(ranker.recording, ranker.recording[past])
    new = unit.targets[~met[unit.targets]]
    assert len(new) == asked.found["new"][0].asked
    reachable = np.isin(new, rows)
    raw = ranker.raw(asked.history)
    lists = ranker.lists(raw, asked, "new", ranker.scale_scores(raw, asked, "new"))
    found = {}
    for name in METHODS:
        full = ranker.draw(rows) if name == "random" else lists[ranker.methods.index(name)]
        place = {int(row): number for number, row in enumerate(full)}
        found[name] = Placed(
            ids=tuple(library.vocabulary.ids[new]),
            places=np.array([place.get(row, np.inf) for row in new.tolist()], dtype=np.float64),
            reachable=reachable,
            cold=reachable & ~heard[new],
            n_listed=len(full),
            n_candidates=len(rows),
        )
    return found


def _cold(placed: Sequence[Placed]) -> list[Placed]:
    """The targets that only a catalogue knows, of listeners who have any."""
    kept = [
        replace(
            one,
            ids=tuple(np.array(one.ids, dtype=object)[one.cold]),
            places=one.places[one.cold],
            reachable=one.reachable[one.cold],
            cold=one.cold[one.cold],
        )
        for one in placed
    ]
    return [one for one in kept if one.ids]


def _figures(placed: Sequence[Placed]) -> dict[str, Any]:
    """Recall over all targets, and the percentile of those reachable."""
    values = {f"recall@{depth}": [one.hits(depth) for one in placed] for depth in DEPTHS}
    values["percentile"] = [one.percentiles() for one in placed]
    found = {name: _mean(parts) for name, parts in values.items()}
    return {
        **{name: mean for name, (mean, _, _) in found.items()},
        "intervals": {name: interval for name, (_, interval, _) in found.items()},
        "n": {name: n for name, (_, _, n) in found.items()},
    }


def _mean(parts: Sequence[npt.NDArray[Any]]) -> tuple[float | None, list[float] | None, int]:
    """Mean over listeners of the mean over their targets, its interval, and n of what it is over.

    Of one listener the interval is over the targets.
    """
    some = [np.asarray(part, dtype=np.float64) for part in parts if len(part)]
    if not some:
        return None, None, 0
    values = some[0] if len(parts) == 1 else np.array([part.mean() for part in some])
    low, high = bootstrap_interval(values)
    return round(float(values.mean()), 4), [round(low, 4), round(high, 4)], len(values)


def added(sets: Mapping[str, Measured]) -> dict[str, Any]:
    """What each source adds to the dashboard's list, over the targets that both sets ask for."""
    found: dict[str, Any] = {}
    for source, (without, with_it) in ADDED.items():
        one, other = (sets[name].placed[HYBRID] for name in (without, with_it))
        if not one or not other:
            continue
        common = sorted(set(one[0].ids) & set(other[0].ids))
        row: dict[str, Any] = {"n": len(common)}
        for depth in DEPTHS:
            before, after = (
                np.array([dict(zip(p.ids, p.hits(depth), strict=True))[key] for key in common])
                for p in (one[0], other[0])
            )
            figures = compare_paired(after, before)
            row[f"recall@{depth}"] = [round(value, 4) for value in figures]
        found[source] = row
    return found


# --- histories and the sample -------------------------------------------------------------


def on_sources(
    history: Sequence[Input], catalogues: Sequence[Input], neighbours: Sequence[Input]
) -> dict[str, Any]:
    """The same history with no source, with each, and with all."""
    sets = {
        NO_SOURCE: [],
        CATALOGUE: [*catalogues],
        NEIGHBOURS: [*neighbours],
        BOTH: [*catalogues, *neighbours],
    }
    found = {name: _with(history, further) for name, further in sets.items()}
    return {
        **{name: one.told for name, one in found.items()},
        "paired_difference": added(found),
    }


def _with(history: Sequence[Input], further: Sequence[Input]) -> Measured:
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home))
        with Store(settings) as store:
            given = [*history, *further]
            import_files(store, settings, PROFILE, given, ReadOptions(), no_progress)
            return measure(store, load_library(store, settings, PROFILE))


def on_sample() -> dict[str, Any]:
    """The invented sample: a check of the machinery, never quality."""
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home))
        with Store(settings) as store:
            load_sample(store, settings, no_progress)
            listeners = measure(store, load_library(store, settings, SAMPLE_PROFILE)).told
        history, catalogue = sample_history(settings), sample_catalogue(settings)
        # of its own, for the owner's plays alone decide where the history is cut
        with Store(replace(settings, home=Path(home) / "alone")) as store:
            import_files(store, store.settings, PROFILE, [history], ReadOptions(), no_progress)
            cuts = temporal_split(load_library(store, store.settings, PROFILE))
        assert cuts is not None  # two years of plays
        pack = sample_pack(settings, cuts.test)
    return {"all listeners": listeners, **on_sources([history], [catalogue], [pack])}


# --- the command line ---------------------------------------------------------------------


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; the last line is one JSON object."""
    parser = argparse.ArgumentParser(description="What each source of new music is worth.")
    parser.add_argument("--history", type=Path, nargs="+", default=[])
    parser.add_argument("--catalogue", type=Path, nargs="*", default=[])
    parser.add_argument("--neighbours", type=Path, nargs="*", default=[])
    parser.add_argument("--sample", action="store_true", help="measure on the invented sample")
    parser.add_argument("--json", action="store_true", help="print one line of JSON alone")
    options = parser.parse_args(argv)
    if not options.history and not options.sample:
        parser.error("name a history, or --sample")
    found = {"sample (invented)": on_sample()} if options.sample else {}
    if options.history:
        found["history"] = on_sources(options.history, options.catalogue, options.neighbours)
    assert set(METHODS) <= {HYBRID, "random", *COMPONENTS}
    if not options.json:
        for data, sets in found.items():
            _show(data, sets)
    print(json.dumps(found))
    return 0


def _show(data: str, sets: Mapping[str, Any]) -> None:
    for name, one in sets.items():
        if name == "paired_difference":
            continue
        print(f"{data}, {name}: reachable {one['reachable']} of {one['n_targets']} new tracks")
        for part, figures in (("all", one), ("cold", one["cold_start"])):
            for method, row in figures["methods"].items():
                numbers = ", ".join(f"{key} {row[key]} {row['intervals'][key]}" for key in _SHOWN)
                print(f"  {part} {method}: {numbers}")
    print(f"  added: {sets['paired_difference']}")


_SHOWN = (*(f"recall@{depth}" for depth in DEPTHS), "percentile")


if __name__ == "__main__":
    raise SystemExit(main())
