"""The evaluation, with components whose answers are given: everything can be worked out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest

from musicai import data_processor as dp
from musicai.core.errors import Cancelled
from musicai.core.progress import no_progress
from musicai.data.arrays import Query, TrainingData
from musicai.data.library import FloatArray, IntArray, Library
from musicai.models import COMPONENTS, DEFAULT_WEIGHTS
from musicai.models.base import Component, ComponentConfig, Reason
from musicai.models.blend import LearnedWeights
from musicai.training.blend_weights import learn_by_mode
from musicai.training.evaluation import Evaluation, evaluate, make_units, temporal_split
from musicai.training.evaluation.methods import top_places
from musicai.training.evaluation.splits import Unit, Units
from tests import worlds

CUT = worlds.START + np.timedelta64(1000, "h")
NAN = float("nan")


class Given(Component):
    """Answers with the scores it was made with."""

    name, label, help, trained = "given", "Given", "Given.", False
    config_class = ComponentConfig

    def __init__(self, scores: Sequence[float]) -> None:
        super().__init__()
        self.scores = np.array(scores, dtype=np.float32)
        self.asked = 0

    def fit(self, data: TrainingData, progress: Any) -> Self:
        return self

    def score(self, query: Query) -> FloatArray:
        self.asked += 1
        return self.scores

    def reasons(self, query: Query, track: int) -> list[Reason]:
        return []

    def save(self, folder: Path) -> None: ...

    @classmethod
    def load(cls, folder: Path, config: ComponentConfig) -> Self:
        raise NotImplementedError

    def align(self, rows: IntArray) -> Self:
        return self


def shop() -> Library:
    """Tracks 0–3 played before the cut; 4–7 in the catalogue; 8–9 only met after it."""
    rows = [
        {
            "track_id": f"t{k}",
            "name": f"Song {k}",
            "artists": f"Artist {k}",
            "in_catalogue": 4 <= k < 8,
            "own": k < 4 or k >= 8,
        }
        for k in range(10)
    ]
    played = [(k, k * 10.0 + n, 200_000, False) for k in range(4) for n in range(k + 1)]
    return worlds.library(rows, played)


def measured(
    components: Mapping[str, Component],
    targets: Sequence[Sequence[int]],
    *,
    library: Library | None = None,
    **options: Any,
) -> Evaluation:
    """Evaluate on hand-made units of the owner."""
    library = library if library is not None else shop()
    units = Units(CUT, "week", tuple(Unit(0, np.array(sorted(t), dtype=np.int32)) for t in targets))
    options = {"weights": dict.fromkeys(components, 1.0), "k": 2, **options}
    features = dp.build_features(library)
    return evaluate(library.before(CUT), features, components, units, **options)


RISING = Given(range(10))


# --- candidates and targets -----------------------------------------------------------


def test_each_task_has_its_own_candidates() -> None:
    """RISING likes the highest row: 7 and 6 are the best new ones, 3 and 2 the best known."""
    found = measured({"one": RISING}, [[7, 3]])
    assert found.tasks["new"].metrics["one"]["recall@2"] == 1.0
    assert found.tasks["repeat"].metrics["one"]["recall@2"] == 1.0
    assert found.tasks["all"].metrics["one"]["recall@2"] == pytest.approx(0.5), "7 and 6 lead"
    assert found.tasks["new"].metrics["one"]["precision@2"] == pytest.approx(0.5)


def test_a_track_known_only_from_the_future_is_no_candidate() -> None:
    """8 and 9 score highest but stand in no catalogue: they are never listed."""
    found = measured({"one": RISING}, [[8, 9, 7], [9, 6]])
    assert found.reachable == pytest.approx(2 / 5)
    assert found.tasks["new"].metrics["one"]["recall@2"] == 1.0, "of the reachable ones"
    assert found.tasks["new"].metrics["one"]["coverage"] == pytest.approx(2 / 4)
    assert found.tasks["all"].reachable == pytest.approx(2 / 5)


def test_the_library_must_be_cut_by_the_caller_and_then_hides_the_future() -> None:
    """Whatever is played after the cut changes no list."""
    library = shop()
    late = [(5, 1_100.0), (5, 1_101.0), (8, 1_102.0)]
    known = [
        (int(t), float(h), 200_000, False)
        for t, h in zip(
            library.plays["track"],
            (library.plays["played_at"] - worlds.START).dt.total_seconds() / 3600,
            strict=True,
        )
    ]
    rows = library.tracks.drop(columns=["feature_source", "genre_source", "origin"])
    longer = worlds.library(
        rows[["track_id", "name", "artists", "own", "in_catalogue"]].to_dict("records"),
        [*known, *((t, h, 200_000, False) for t, h in late)],
    )
    a = measured({"one": RISING}, [[7, 3, 5]])
    b = measured({"one": RISING}, [[7, 3, 5]], library=longer)
    assert a.to_json() == b.to_json()


def test_the_headline_is_new_only_where_enough_is_reachable() -> None:
    assert measured({"one": RISING}, [[4, 0]]).task == "new"
    assert measured({"one": RISING}, [[8, 9, 4, 0]]).task == "new", "a third"
    assert measured({"one": RISING}, [[8, 9, 0]]).task == "repeat"
    assert measured({"one": RISING}, [[0, 1]]).task == "repeat"


def test_another_release_of_a_known_recording_is_not_new() -> None:
    """Discover would not show it, so it is neither candidate nor target."""
    rows = [
        {"track_id": "a", "name": "Song", "artists": "Ada"},
        {"track_id": "b", "name": "Song", "artists": "Ada", "own": False, "in_catalogue": True},
        {"track_id": "c", "name": "Other", "artists": "Ada", "own": False, "in_catalogue": True},
    ]
    library = worlds.library(rows, [(0, 0.0, 200_000, False)])
    found = measured({"one": Given([0, 2, 1])}, [[1, 2]], library=library, k=1)
    assert found.tasks["new"].reachable == 1.0
    assert found.tasks["new"].metrics["one"]["recall@1"] == 1.0, "only c counts"


def test_units_without_a_reachable_target_are_left_out() -> None:
    found = measured({"one": RISING}, [[7], [8], [0]])
    assert found.tasks["new"].n == 1
    assert found.tasks["repeat"].n == 1
    assert found.tasks["all"].n == 2


def test_nothing_to_measure_is_said_not_raised() -> None:
    for targets in ([], [[8, 9]]):
        found = measured({"one": RISING}, targets)
        assert found.n == 0
        assert found.headline is None
        assert found.mean_ndcg("hybrid") == 0.0
        assert found.to_json()["metrics"] == {}


# --- methods --------------------------------------------------------------------------


def test_ndcg_of_the_hybrid_by_hand() -> None:
    """Two opposed components; the heavier one wins, its second place holds the target."""
    up, down = Given(range(10)), Given(range(10, 0, -1))
    found = measured({"up": up, "down": down}, [[6]], weights={"up": 6, "down": 1})
    result = found.tasks["new"]
    assert result.metrics["hybrid"]["ndcg@2"] == pytest.approx(1 / np.log2(3))
    assert result.metrics["hybrid"]["mrr@2"] == pytest.approx(0.5)
    assert result.metrics["down"]["ndcg@2"] == 0.0
    flipped = measured({"up": up, "down": down}, [[6]], weights={"up": 1, "down": 6})
    assert flipped.tasks["new"].metrics["hybrid"]["ndcg@2"] == 0.0


def test_tracks_without_an_opinion_are_not_ranked() -> None:
    silent = Given([NAN] * 10)
    partly = Given([NAN] * 6 + [1.0] + [NAN] * 3)
    found = measured({"silent": silent, "partly": partly}, [[6, 7]])
    metrics = found.tasks["new"].metrics
    assert metrics["silent"]["opinions"] == 0.0
    assert set(metrics["silent"].values()) == {0.0}
    assert metrics["partly"]["recall@2"] == pytest.approx(0.5)
    assert metrics["partly"]["precision@2"] == pytest.approx(0.5)


def test_own_top_ranks_by_plays_and_says_nothing_of_new_tracks() -> None:
    """Track k was played k + 1 times."""
    found = measured({"one": Given([0.0] * 10)}, [[3, 2, 7]])
    assert found.tasks["repeat"].metrics["own_top"]["ndcg@2"] == pytest.approx(1.0)
    assert found.tasks["new"].metrics["own_top"]["opinions"] == 0.0


def test_equal_scores_do_not_follow_the_rows() -> None:
    """Own tracks stand first in a library, future ones too: row order would leak."""
    rows = [
        {
            "track_id": f"t{k}",
            "name": f"Song {k}",
            "artists": "A",
            "own": k == 0,
            "in_catalogue": k > 0,
        }
        for k in range(201)
    ]
    library = worlds.library(rows, [(0, 0.0, 200_000, False)])
    first = [list(range(1, 21))]
    found = [
        measured({"flat": Given([1.0] * 201)}, first, library=library, k=20, seed=seed)
        for seed in range(20)
    ]
    mean = np.mean([f.tasks["new"].metrics["flat"]["recall@20"] for f in found])
    assert mean == pytest.approx(0.1, abs=0.05), "chance, not 1"


def test_components_are_asked_once_a_listener() -> None:
    component = Given(range(10))
    measured({"one": component}, [[7, 3], [6, 2], [5]], learning=True)
    assert component.asked == 1


def test_chance_is_at_chance() -> None:
    library = shop()
    found = measured({"one": RISING}, [[7]] * 400, library=library)
    assert found.tasks["new"].metrics["random"]["recall@2"] == pytest.approx(0.5, abs=0.08)


def test_serendipity_leaves_out_what_is_played_most_anyway() -> None:
    """Played most are 3 and 2: a hit on 0 is a surprise, a hit on 3 is none."""
    falling = Given(range(10, 0, -1))
    found = measured({"up": RISING, "down": falling}, [[0, 3]]).tasks["repeat"].metrics
    assert found["up"]["precision@2"] == found["down"]["precision@2"] == 0.5
    assert found["up"]["serendipity@2"] == 0.0
    assert found["down"]["serendipity@2"] == 0.5
    assert found["own_top"]["serendipity@2"] == 0.0
    new = measured({"one": RISING}, [[7]]).tasks["new"].metrics["one"]
    assert new["serendipity@2"] == new["precision@2"] == 0.5, "own top tracks hold nothing new"
    popular = {"popularity": RISING, "other": RISING}
    assert measured(popular, [[7]]).tasks["new"].metrics["other"]["serendipity@2"] == 0.0


def test_mean_average_precision_and_gini_of_the_lists() -> None:
    """Two units on the same two tracks out of four: 7 then 6."""
    found = measured({"one": RISING}, [[7], [6]]).tasks["new"].metrics["one"]
    assert found["map@2"] == pytest.approx((1 + 1 / 2) / 2)
    assert found["gini"] == pytest.approx((1 * 0.5 + 3 * 0.5) / 3)


def genre_shop(known: bool = True) -> Library:
    """The shop with genres: 0–2 and 6 are jazz, 3 is half rock, 7 is rock."""
    genres = ["jazz", "jazz", "jazz", "jazz;rock", "", "", "jazz", "rock", "", ""]
    rows = [
        {
            "track_id": f"t{k}",
            "name": f"Song {k}",
            "artists": f"Artist {k}",
            "genres": genres[k] if known or k >= 4 else "",
            "in_catalogue": 4 <= k < 8,
            "own": k < 4 or k >= 8,
        }
        for k in range(10)
    ]
    played = [(k, k * 10.0 + n, 200_000, False) for k in range(4) for n in range(k + 1)]
    return worlds.library(rows, played)


def test_calibration_by_hand() -> None:
    """Ten plays: 8 of jazz and 2 of rock, as track 3 is half of each. 7 and 6: half and half."""
    found = measured({"one": RISING}, [[7]], library=genre_shop()).tasks["new"]
    jazz, rock = 0.99 * 0.5 + 0.01 * 0.8, 0.99 * 0.5 + 0.01 * 0.2
    expected = 0.8 * np.log(0.8 / jazz) + 0.2 * np.log(0.2 / rock)
    assert found.metrics["one"]["calibration_error"] == pytest.approx(expected)
    low, high = found.intervals["one"]["calibration_error"]
    assert low == pytest.approx(high)


def test_calibration_is_left_out_where_genres_are_not_known() -> None:
    for library in (shop(), genre_shop(known=False)):
        result = measured({"one": RISING}, [[7]], library=library).tasks["new"]
        assert "calibration_error" not in result.metrics["one"]
        assert "calibration_error" not in result.intervals["one"]
    silent = measured({"none": Given([NAN] * 10)}, [[7]], library=genre_shop()).tasks["new"]
    assert "calibration_error" not in silent.metrics["none"], "no list, no mix"
    assert "calibration_error" in silent.metrics["random"]


# --- segments -------------------------------------------------------------------------


def test_segments_part_the_units_and_add_up() -> None:
    """The owner has 10 plays before the cut, the two others 60 and 600."""
    library = shop()
    known = [(k, k * 10.0 + n, 200_000, False, 0) for k in range(4) for n in range(k + 1)]
    others = [
        (e % 4, 50.0 + e, 200_000, False, who) for who, n in ((1, 60), (2, 600)) for e in range(n)
    ]
    columns = ["track_id", "name", "artists", "own", "in_catalogue"]
    library = worlds.library(
        library.tracks[columns].to_dict("records"), [*known, *others], listeners=["you", "b", "c"]
    )
    targets = {0: [[7], [6]], 1: [[7]], 2: [[5], [4], [7]]}
    units = Units(
        CUT,
        "listener",
        tuple(
            Unit(who, np.array(t, dtype=np.int32)) for who, each in targets.items() for t in each
        ),
    )
    features = dp.build_features(library)
    found = evaluate(
        library.before(CUT), features, {"one": RISING}, units, weights={"one": 1.0}, k=2
    ).tasks["new"]
    assert {name: part.n for name, part in found.segments.items()} == {
        "new": 2,
        "light": 1,
        "heavy": 3,
    }
    mean = {name: part.metrics["one"]["ndcg@2"] for name, part in found.segments.items()}
    assert mean["light"] == 1.0
    assert mean["new"] == pytest.approx((1 + 1 / np.log2(3)) / 2)
    assert mean["heavy"] == pytest.approx(1 / 3)
    for metric, whole in found.metrics["one"].items():
        if metric in ("coverage", "gini"):
            assert metric not in found.segments["new"].metrics["one"]
            continue
        parts = [part.n * part.metrics["one"][metric] for part in found.segments.values()]
        assert sum(parts) / found.n == pytest.approx(whole), metric
    low, high = found.segments["heavy"].intervals["one"]["ndcg@2"]
    assert low <= mean["heavy"] <= high
    assert (low, high) != found.intervals["one"]["ndcg@2"]


def test_one_listener_is_in_one_segment() -> None:
    found = measured({"one": RISING, "none": Given([NAN] * 10)}, [[7], [6], [3]])
    assert set(found.tasks["new"].segments["new"].metrics) == {"hybrid", "one", "random"}
    assert set(found.tasks["new"].segments) == {"new"}
    assert found.tasks["new"].segments["new"].n == found.tasks["new"].n == 2
    assert found.tasks["new"].segments["new"].metrics["one"]["ndcg@2"] == pytest.approx(
        found.tasks["new"].metrics["one"]["ndcg@2"]
    )


# --- results --------------------------------------------------------------------------


def test_json_has_the_agreed_keys_and_nothing_json_cannot_say() -> None:
    found = measured({"one": RISING, "two": Given([NAN] * 10)}, [[7, 3], [6], [5, 8]])
    value = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert value["task"] == "new"
    assert value["n"] == 3
    assert value["cut"] == CUT.isoformat()
    assert value["reachable"] == pytest.approx(0.75)
    assert set(value["metrics"]) == {"hybrid", "one", "two", "random", "own_top"}
    for method, metrics in value["metrics"].items():
        expected = {"recall@2", "ndcg@2", "precision@2", "hit_rate@2", "diversity", "coverage"}
        expected |= {"map@2", "mrr@2", "novelty", "serendipity@2", "gini"}
        assert expected <= set(metrics)
        for name, ends in value["intervals"][method].items():
            assert ends[0] <= metrics[name] + 1e-5
            assert metrics[name] <= ends[1] + 1e-5
    assert set(value["paired_difference"]) == {
        "hybrid-vs-one",
        "hybrid-vs-two",
        "hybrid-vs-random",
        "hybrid-vs-own_top",
    }
    assert set(value["tasks"]) == {"all", "new", "repeat"}
    (segment,) = value["tasks"]["new"]["segments"].values()
    assert segment["n"] == 3
    assert segment["metrics"]["one"]["ndcg@2"] == value["metrics"]["one"]["ndcg@2"]
    assert segment["intervals"]["one"]["ndcg@2"] == value["intervals"]["one"]["ndcg@2"]


def test_paired_differences_are_over_the_same_units() -> None:
    found = measured({"one": RISING, "none": Given([NAN] * 10)}, [[7], [6], [4], [7]])
    result = found.tasks["new"]
    mean, low, high = result.compute_differences()["hybrid-vs-none"]
    assert mean == pytest.approx(result.ndcg["hybrid"].mean(), abs=1e-5)
    assert low <= mean <= high
    assert result.compute_differences()["hybrid-vs-one"] == [0.0, 0.0, 0.0]


def test_the_same_seed_measures_the_same() -> None:
    a, b = (measured({"one": RISING}, [[7], [5, 3]], seed=2).to_json() for _ in range(2))
    assert a == b


def test_progress_can_cancel() -> None:
    def stop(fraction: float, note: str = "") -> None:
        raise Cancelled("stop")

    with pytest.raises(Cancelled):
        measured({"one": RISING}, [[7]], progress=stop)


@pytest.mark.parametrize("n", [3, 50, 5_000])
def test_top_places_are_those_of_a_full_sort(n: int) -> None:
    rng = np.random.default_rng(n)
    for levels in (2, 30, 10**6):
        scores = rng.integers(0, levels, n).astype(np.float32)
        scores[rng.random(n) < 0.2] = np.nan
        order = np.lexsort((np.arange(n), -np.nan_to_num(scores, nan=-1.0)))
        expected = order[: min(20, int((~np.isnan(scores)).sum()))]
        np.testing.assert_array_equal(top_places(scores, 20), expected)
    assert not len(top_places(np.full(n, np.nan, dtype=np.float32), 20))


# --- the whole way --------------------------------------------------------------------


def test_the_whole_protocol_on_two_camps() -> None:
    """Cut, fit, choose and measure; what knows the camps must beat chance and popularity."""
    library = worlds.two_camps(60, catalogue=60, listeners=25)
    cuts = temporal_split(library)
    assert cuts is not None
    features = dp.build_features(library)
    found = {}
    for cut, until in ((cuts.validation, cuts.test), (cuts.test, None)):
        before = library.before(cut)
        data = dp.build_training_data(before, features)
        fitted = {name: kind().fit(data, no_progress) for name, kind in COMPONENTS.items()}
        first = until is not None
        seen = None if first else found["validation"]
        weights = (
            learn_by_mode(seen.pools, seen.mode, DEFAULT_WEIGHTS)
            if seen
            else LearnedWeights(DEFAULT_WEIGHTS)
        )
        found["test" if until is None else "validation"] = evaluate(
            before,
            features,
            fitted,
            make_units(library, cut, until=until),
            weights=weights,
            learning=first,
        )
    test = found["test"]
    assert test.units == "listener"
    assert test.task == "new"
    assert test.mean_ndcg("hybrid") > 1.3 * test.mean_ndcg("random")
    assert test.mean_ndcg("hybrid") > test.mean_ndcg("popularity")
    assert not test.pools
    assert weights.modes
    for mode, pools in found["validation"].pools.items():
        learned = weights.of("", mode)
        assert pools.mean_ndcg(learned) >= pools.mean_ndcg(DEFAULT_WEIGHTS)
        for name in COMPONENTS.keys() - pools.silent:
            assert pools.mean_ndcg(learned) >= pools.mean_ndcg({name: 1.0}), (mode, name)
