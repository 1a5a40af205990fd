"""The benchmark of new music: its keys, its intervals, and that it sees nothing of the future."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks import discovery, sample_sources
from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.parsed import ReadOptions
from musicai.library.assemble import load_library
from musicai.library.importing import import_files
from musicai.store import Store
from musicai.training.evaluation.splits import temporal_split
from tests.histories import Track, history
from tests.ui.test_ui_library import SONGS, table

LATER: tuple[Track, ...] = tuple(
    (n, f"Later {n}", f"Artist {n % 8}", "Album") for n in range(100, 112)
)
"""First played in the last fifth; the catalogue knows all but the last four."""

KNOWN = LATER[:8]


HEARD: tuple[Track, ...] = (
    *SONGS[:30],
    *((n, f"Song {n}", f"Solo {n}", "Album") for n in range(30, 40)),
)
"""Of the last ten the catalogue knows neither track nor artist: what is played beside them is
all that their features can be estimated from."""


def then(place: int) -> Track:
    """The 40 songs in turn; in the last fifth every second play is of a later track."""
    late = place >= 288 and place % 2
    return LATER[place // 2 % 12] if late else HEARD[place % 40]


def written(folder: Path, **files: bytes) -> list[Path]:
    paths = []
    for name, data in files.items():
        path = folder / name.replace("_", ".", 1)
        path.write_bytes(data)
        paths.append(path)
    return paths


CATALOGUE = table([*HEARD[:30], *KNOWN, *((n, f"Other {n}", f"Artist {n % 20}", "A")
                                          for n in range(200, 260))])  # fmt: skip
PACK = (
    "user,artist,plays\n"
    + "".join(f"u{n},Artist {(n + k) % 20},{3 + k}\n" for n in range(40) for k in range(5))
).encode()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the command prints of a small history."""
    folder = tmp_path_factory.mktemp("given")
    paths = written(folder, h_json=history(then), table_csv=CATALOGUE, pack_csv=PACK)
    given = [str(path) for path in paths]
    lines: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("builtins.print", lines.append)
        options = ["--history", given[0], "--catalogue", given[1], "--neighbours", given[2]]
        assert discovery.main([*options, "--json"]) == 0
    (line,) = lines
    found: dict[str, Any] = json.loads(line)
    assert set(found) == {"history"}
    return found["history"]


SETS = (discovery.NO_SOURCE, discovery.CATALOGUE, discovery.NEIGHBOURS, discovery.BOTH)


@pytest.mark.slow
def test_every_set_of_sources_has_every_figure(told: dict[str, Any]) -> None:
    assert set(told) == {*SETS, "paired_difference"}
    for name in SETS:
        one = told[name]
        assert one["n_units"] == 1
        for part in (one, one["cold_start"]):
            assert set(part["methods"]) == set(discovery.METHODS)
            for row in part["methods"].values():
                figures = {"recall@20", "recall@100", "percentile"}
                assert set(row) == figures | {"intervals", "n"}
                assert set(row["intervals"]) == set(row["n"]) == figures
                for figure in figures:
                    if row[figure] is None:
                        assert (row["intervals"][figure], row["n"][figure]) == (None, 0)
                        continue
                    low, high = row["intervals"][figure]
                    assert 0 <= low <= row[figure] <= high <= 1
                    assert row["n"][figure] > 0


def test_reach_counts_all_new_targets(told: dict[str, Any]) -> None:
    assert {told[name]["n_targets"] for name in SETS} == {12}
    assert told[discovery.NO_SOURCE]["reachable"] == 0
    assert told[discovery.NEIGHBOURS]["reachable"] == 0, "a pack offers nothing"
    for name in (discovery.CATALOGUE, discovery.BOTH):
        one = told[name]
        assert one["reachable"] == pytest.approx(8 / 12, abs=1e-4)
        assert one["n_candidates"] == 68
        hybrid = one["methods"]["hybrid"]
        assert hybrid["n"] == {"recall@20": 12, "recall@100": 12, "percentile": 8}
        assert hybrid["recall@100"] == one["reachable"], "there are fewer candidates than 100"
    assert told[discovery.BOTH]["n_neighbours"] == 40
    assert told[discovery.CATALOGUE]["n_neighbours"] == 0


def test_cold_start_is_over_targets_that_only_the_catalogue_knows(told: dict[str, Any]) -> None:
    for name, n in zip(SETS, (0, 8, 0, 8), strict=True):
        cold = told[name]["cold_start"]
        assert cold["n"] == n
        assert cold["methods"]["content"]["n"]["recall@20"] == n
    cold = told[discovery.CATALOGUE]["cold_start"]["methods"]
    assert cold["hybrid"]["recall@100"] == 1
    # nobody has played them: what they are, artist and genre, gives them factors all the same
    assert cold["collaborative"]["recall@20"] > 0
    assert cold["collaborative"]["percentile"] > cold["random"]["percentile"]


def test_what_a_source_adds_is_paired(told: dict[str, Any]) -> None:
    assert set(told["paired_difference"]) == set(discovery.ADDED)
    catalogue = told["paired_difference"][discovery.CATALOGUE]
    assert catalogue["n"] == 12
    difference, low, high = catalogue["recall@100"]
    assert difference == pytest.approx(8 / 12, abs=1e-4)
    assert 0 < low < difference < high <= 1
    alone = told["paired_difference"]["neighbours without catalogue"]
    assert alone["recall@20"] == [0, 0, 0]


def measured(home: Path, data: bytes, *further: tuple[str, bytes]) -> Any:
    settings = Settings(home=home)
    with Store(settings) as store:
        given = [("h.json", data), *further]
        import_files(store, settings, "p", given, ReadOptions(), no_progress)
        library = load_library(store, settings, "p")
        cuts = temporal_split(library)
        assert cuts is not None
        known = discovery.as_known(store, library, cuts.test)
        return library, known, cuts.test, discovery.measure(store, library)


def test_targets_are_first_played_after_the_cut(tmp_path: Path) -> None:
    library, known, cut, found = measured(tmp_path, history(then), ("t.csv", CATALOGUE))
    plays = library.plays
    ids = library.tracks["track_id"].to_numpy()
    early = set(ids[plays.loc[plays["played_at"] < cut, "track"]])
    late = set(ids[plays.loc[plays["played_at"] >= cut, "track"]])
    (one,) = found.placed["hybrid"]
    assert set(one.ids) == late - early
    assert (known.plays["played_at"] < cut).all()
    assert not known.tracks.loc[known.tracks["track_id"].isin(one.ids), "own"].any()


def test_nothing_after_the_cut_is_known(tmp_path: Path) -> None:
    """Ten songs have no features; what they are played beside later must not estimate them."""

    def otherwise(place: int) -> Track:
        """The same tracks and times; after the cut beside each other in another order."""
        return then(place) if place < 288 else then(288 + (place - 288) * 7 % 72)

    tables = [
        measured(tmp_path / str(n), history(order), ("t.csv", CATALOGUE))[1].tracks.sort_values(
            "track_id", ignore_index=True
        )
        for n, order in enumerate((then, otherwise))
    ]
    assert (tables[0]["estimate"] == "neighbours").sum() >= 3
    columns = ["track_id", "energy", "tempo", "feature_source", "estimate", "match", "own"]
    pd.testing.assert_frame_equal(tables[0][columns], tables[1][columns])


def test_places_by_hand() -> None:
    one = discovery.Placed(
        ids=("a", "b", "c", "d"),
        places=np.array([0.0, 20.0, np.inf, np.inf]),
        reachable=np.array([True, True, True, False]),
        cold=np.array([False, True, True, False]),
        n_listed=41,
        n_candidates=101,
    )
    assert one.hits(20).tolist() == [1, 0, 0, 0]
    assert one.hits(100).tolist() == [1, 1, 0, 0]
    # the third stands anywhere between place 41 and place 100
    assert one.percentiles().tolist() == pytest.approx([1.0, 0.8, 1 - 70.5 / 100])
    (cold,) = discovery._cold([one, replace(one, cold=np.zeros(4, dtype=bool))])
    assert (cold.ids, cold.percentiles().tolist()) == (("b", "c"), pytest.approx([0.8, 0.295]))


def test_of_many_listeners_each_counts_once() -> None:
    parts: Sequence[Any] = [np.ones(10), np.zeros(2), np.array([])]
    value, interval, n = discovery._mean(parts)
    assert (value, n) == (0.5, 2)
    assert interval == [0.0, 1.0]
    assert discovery._mean([]) == (None, None, 0)


def test_too_little_history_says_so(settings: Settings) -> None:
    with Store(settings) as store:
        given = [("h.json", history(then, plays=12))]
        import_files(store, settings, "p", given, ReadOptions(), no_progress)
        with pytest.raises(SystemExit, match="too little history"):
            discovery.measure(store, load_library(store, settings, "p"))


# --- the sample as sources --------------------------------------------------------------


def test_the_sample_becomes_a_history_a_catalogue_and_a_pack(settings: Settings) -> None:
    cut = pd.Timestamp("2025-06-01", tz="UTC")
    pack = sample_sources.sample_pack(settings, cut)
    later = sample_sources.sample_pack(settings, cut + pd.Timedelta(days=30))
    assert pack[1].count(b"\n") <= later[1].count(b"\n")

    def plays(text: bytes) -> int:
        return sum(int(line.rsplit(b",", 1)[1]) for line in text.splitlines()[1:])

    assert 0 < plays(pack[1]) < plays(later[1]), "nothing after the cut is in the pack"
    catalogue = sample_sources.sample_catalogue(settings)
    assert b"\ninvented" not in catalogue[1]
    with Store(settings) as store:
        given = [sample_sources.sample_history(settings), catalogue, pack]
        report = import_files(store, settings, "p", given, ReadOptions(), no_progress)
        assert not report.problems
        library = load_library(store, settings, "p")
    assert not library.invented
    own = library.tracks[library.tracks["own"]]
    assert own["in_catalogue"].mean() > 0.95, "the ids still meet"
    assert library.neighbours[0].n_listeners == 300
