"""Two contestants on one hold-out: paired, mirrored, fair, and the same as the evaluation's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.generate import library as make_library
from musicai.core.errors import Cancelled, IncompatibleModel, ModelError, QueryError
from musicai.core.progress import no_progress
from musicai.data.arrays import TrackFeatures
from musicai.data.library import Library
from musicai.data_processor import build_features, build_training_data
from musicai.models import COMPONENTS, DEFAULT_WEIGHTS
from musicai.models.blend import LearnedWeights, StackedBlend
from musicai.models.registry.registry import VersionInfo
from musicai.training.evaluation import evaluate, make_units, temporal_split
from musicai.training.evaluation.methods import TASKS
from musicai.training.experiments import (
    PairedComparison,
    Variant,
    alike,
    contestant,
    contestant_of,
    duel,
)
from musicai.training.experiments.offline import INVENTED, SAME, TOO_LITTLE, _Sheet, fit_both
from musicai.training.experiments.results import FEWEST_UNITS, Paired
from musicai.training.fit import TrainingConfig, configs, fit_components
from tests import worlds

QUICK = TrainingConfig(method="als", factors=8, epochs=3)
BLEND = contestant("blend", QUICK)
POPULAR = contestant("popular", QUICK, {"popularity": 1.0})
CONTENT = contestant("content", QUICK, {"content": 1.0})


@pytest.fixture(scope="module")
def world() -> Library:
    """Forty listeners with tastes, in memory."""
    return make_library(300, 10_000, seed=7)


@pytest.fixture(scope="module")
def features(world: Library) -> TrackFeatures:
    return build_features(world)


@pytest.fixture(scope="module")
def found(world: Library, features: TrackFeatures) -> PairedComparison:
    return duel(world, features, BLEND, POPULAR)


# --- by hand --------------------------------------------------------------------------


def sheet_of(units: Sequence[tuple[list[int], list[int], list[int]]]) -> Any:
    """A sheet of (list a, list b, targets), lists of two, about one listener."""
    rows = [{"track_id": f"t{k}", "name": f"Song {k}", "artists": f"Ann {k}"} for k in range(9)]
    sheet = _Sheet(2, ("light",))
    for number, (a, b, targets) in enumerate(units):
        lists = [np.array(a, dtype=np.int32), np.array(b, dtype=np.int32)]
        sheet.add(lists, np.array(targets, dtype=np.int32), 0, number)
    return sheet.result(worlds.library(rows), "new", 0)


def test_the_figures_by_hand() -> None:
    """Unit 1: a has its one target first, b second. Unit 2: a finds none of two, b one, second.
    Unit 3: the same lists."""
    second = 1 / np.log2(3)
    told = sheet_of([([1, 2], [2, 1], [1]), ([3, 4], [5, 6], [6, 7]), ([8, 7], [8, 7], [7])])
    assert told.n == 3
    assert list(told.metrics) == ["ndcg@2", "recall@2", "precision@2"]
    differences = [1 - second, -second / (1 + second), 0.0]
    assert told.ndcg.difference == pytest.approx(np.mean(differences))
    assert told.ndcg.a - told.ndcg.b == pytest.approx(told.ndcg.difference)
    assert told.ndcg.low <= told.ndcg.difference <= told.ndcg.high
    assert told.metrics["recall@2"].a == pytest.approx((1 + 0 + 1) / 3)
    assert told.metrics["recall@2"].b == pytest.approx((1 + 0.5 + 1) / 3)
    assert told.metrics["precision@2"].difference == pytest.approx(-1 / 6)
    assert (told.whole.wins, told.whole.losses, told.whole.ties, told.whole.n) == (1, 1, 1, 3)
    assert told.segments == {"light": told.whole}


def test_examples_are_the_units_whose_lists_differ_most() -> None:
    told = sheet_of([([1, 2], [2, 1], [1]), ([3, 4], [5, 6], [6, 7]), ([8, 7], [8, 1], [7])])
    assert [one.number for one in told.examples] == [1, 2], "unit 0 lists the same two tracks"
    first, other = told.examples
    assert (first.in_common, other.in_common) == (0, 1)
    assert [(one.track_id, one.name, one.artists, one.hit) for one in first.top_b] == [
        ("t5", "Song 5", "Ann 5", False),
        ("t6", "Song 6", "Ann 6", True),
    ]
    assert first.ndcg_a == 0.0 < first.ndcg_b
    assert first.listener == "you"


def test_a_short_list_is_padded_with_misses_and_lists_nothing_else() -> None:
    told = sheet_of([([], [1], [1])])
    assert told.ndcg.a == 0.0
    assert told.ndcg.b == 1.0
    assert told.examples[0].top_a == ()
    assert len(told.examples[0].top_b) == 1


def test_few_units_prove_nothing() -> None:
    """Every unit is for a: six are enough to say so, five are not."""
    unit = ([1, 2], [3, 4], [1])
    assert sheet_of([unit] * (FEWEST_UNITS - 1)).better is None
    assert sheet_of([unit] * FEWEST_UNITS).better == "a"
    assert sheet_of([(unit[1], unit[0], unit[2])] * FEWEST_UNITS).better == "b"


# --- on a world -----------------------------------------------------------------------


def test_it_measures_what_the_evaluation_measures(
    world: Library, features: TrackFeatures, found: PairedComparison
) -> None:
    cuts = temporal_split(world)
    assert cuts is not None
    before = world.before(cuts.test)
    fitted = fit_components(
        build_training_data(before, features), configs(QUICK, "als"), no_progress
    )
    units = make_units(world, cuts.test)
    for side, weights in (("a", DEFAULT_WEIGHTS), ("b", {"popularity": 1.0})):
        expected = evaluate(before, features, fitted, units, weights=weights)
        assert (found.cut, found.units) == (expected.cut, expected.units)
        assert found.task == expected.task
        assert found.tasks.keys() == expected.tasks.keys()
        for task, result in expected.tasks.items():
            assert found.tasks[task].n == result.n
            for metric, paired in found.tasks[task].metrics.items():
                theirs = result.metrics["hybrid"][metric]
                assert getattr(paired, side) == pytest.approx(theirs, abs=1e-9)
            for name, part in result.segments.items():
                assert found.tasks[task].segments[name].n == part.n


def test_the_better_one_is_called_better(found: PairedComparison) -> None:
    head = found.tasks["all"]
    assert head.better == "a", "popularity knows no listener"
    assert head.whole.wins > head.whole.losses
    for task in found.tasks.values():
        parts = list(task.segments.values())
        for name in ("n", "wins", "losses", "ties"):
            assert sum(getattr(one, name) for one in parts) == getattr(task.whole, name)
        assert task.whole.n == task.n == task.whole.wins + task.whole.losses + task.whole.ties
        assert 0 < len(task.examples) <= 5
        common = [one.in_common for one in task.examples]
        assert common == sorted(common)


def test_swapping_the_two_mirrors_everything(
    world: Library, features: TrackFeatures, found: PairedComparison
) -> None:
    other = duel(world, features, POPULAR, BLEND)
    assert (other.a, other.b, other.task, other.cut) == (found.b, found.a, found.task, found.cut)
    flip = {"a": "b", "b": "a", None: None}
    for task, here in found.tasks.items():
        there = other.tasks[task]
        assert there.better == flip[here.better]
        for one, two in zip(here.metrics.values(), there.metrics.values(), strict=True):
            mirrored = Paired(two.metric, two.b, two.a, -two.difference, -two.high, -two.low)
            assert list(vars(mirrored).values())[1:] == pytest.approx(list(vars(one).values())[1:])
        pairs = [(here.whole, there.whole)]
        pairs += [(here.segments[name], there.segments[name]) for name in here.segments]
        for mine, theirs in pairs:
            assert (mine.wins, mine.losses, mine.ties) == (theirs.losses, theirs.wins, theirs.ties)
        for shown, mirror in zip(here.examples, there.examples, strict=True):
            assert (shown.top_a, shown.top_b) == (mirror.top_b, mirror.top_a)
            assert (shown.ndcg_a, shown.number) == (mirror.ndcg_b, mirror.number)


def test_a_contestant_against_itself_differs_nowhere(
    world: Library, features: TrackFeatures
) -> None:
    told = duel(world, features, BLEND, replace(BLEND, name="twin"))
    assert told.notes == (SAME,)
    for task in told.tasks.values():
        assert (task.ndcg.difference, task.ndcg.low, task.ndcg.high) == (0.0, 0.0, 0.0)
        assert task.whole.ties == task.n > 0
        assert task.examples == ()
        assert task.better is None
    assert "No difference beyond chance" in told.describe()


def test_what_is_alike_is_fitted_once_and_what_has_no_weight_never(
    world: Library, features: TrackFeatures, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = build_training_data(world, features)
    fits: list[str] = []
    for kind in COMPONENTS.values():
        original = kind.fit

        def counted(self: Any, *given: Any, original: Any = original) -> Any:
            fits.append(self.name)
            return original(self, *given)

        monkeypatch.setattr(kind, "fit", counted)
    a = contestant("a", QUICK, {"content": 0.5, "collaborative": 0.5})
    b = contestant(
        "b", replace(QUICK, factors=4), {"content": 0.1, "collaborative": 0.9, "rules": 0}
    )
    first, second = fit_both(data, a, b)
    assert sorted(fits) == ["collaborative", "collaborative", "content"]
    assert first["content"] is second["content"]
    assert first["collaborative"] is not second["collaborative"]
    assert set(first) == set(second) == {"content", "collaborative"}


def test_both_see_only_what_was_before_the_cut(world: Library, features: TrackFeatures) -> None:
    """What each listener plays after the cut, told to another listener, changes no list."""
    cuts = temporal_split(world)
    assert cuts is not None
    told = duel(world, features, BLEND, CONTENT)
    late = (world.plays["played_at"] >= cuts.test).to_numpy()
    plays = world.plays.copy()
    plays.loc[late, "track"] = plays.loc[late, "track"].to_numpy()[::-1]
    other = duel(replace(world, plays=plays), features, BLEND, CONTENT)
    shown = {
        (task, one.listener): (
            [place.track_id for place in one.top_a],
            [place.track_id for place in one.top_b],
        )
        for task, result in told.tasks.items()
        for one in result.examples
    }
    same = 0
    for task, result in other.tasks.items():
        for one in result.examples:
            if (task, one.listener) in shown:
                first, second = shown[task, one.listener]
                assert [place.track_id for place in one.top_a] == first
                assert [place.track_id for place in one.top_b] == second
                same += 1
    assert same > 0
    assert told.tasks["all"].ndcg.a != other.tasks["all"].ndcg.a


def test_progress_rises_and_can_cancel(world: Library, features: TrackFeatures) -> None:
    seen: list[float] = []

    def keep(fraction: float, note: str = "") -> None:
        seen.append(fraction)

    duel(world, features, POPULAR, CONTENT, progress=keep)
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0.0, 1.0)

    for stop_at in (0.0, 0.1, 0.7):

        def stop(fraction: float, note: str = "", at: float = stop_at) -> None:
            if fraction >= at:
                raise Cancelled("stop")

        with pytest.raises(Cancelled):
            duel(world, features, POPULAR, CONTENT, progress=stop)


def test_json_says_it_all_in_plain_values(found: PairedComparison) -> None:
    told = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert told["a"] == "blend"
    assert told["tasks"].keys() == found.tasks.keys()
    task = told["tasks"]["all"]
    assert task["better"] == "a"
    assert task["metrics"]["ndcg@20"]["difference"] == pytest.approx(
        found.tasks["all"].ndcg.difference, abs=1e-5
    )
    assert len(task["examples"][0]["top_a"]) == 10
    assert told["sentence"] == found.describe()


def test_too_little_is_said_not_raised() -> None:
    library = worlds.two_camps(6, catalogue=2)
    told = duel(library, build_features(library), BLEND, POPULAR)
    assert told.notes == (TOO_LITTLE,)
    assert told.headline is None
    assert told.tasks == {}
    assert "could not be compared" in told.describe()
    json.dumps(told.to_json(), allow_nan=False)


# --- contestants ----------------------------------------------------------------------

VERSION = VersionInfo(
    version="v1",
    created_at="2026-01-01T00:00:00+00:00",
    profiles=("p",),
    metrics={"cut": "2025-12-01T00:00:00+00:00"},
    weights=LearnedWeights(
        {"content": 0.4, "collaborative": 0.6},
        {"new": {"content": 1.0, "collaborative": 0.0}},
    ),
    config={"method": "auto"},
    components={
        "content": {"artist": 2.0},
        "collaborative": {"method": "nmf", "factors": 16},
        "gone": {"x": 1},
    },
)


def test_a_version_becomes_a_contestant() -> None:
    one = contestant_of(VERSION)
    assert one.used_components == ("content", "collaborative")
    assert one.components["collaborative"].to_json()["method"] == "nmf", "chosen, not “auto”"
    assert one.components["content"].to_json()["artist"] == 2.0
    assert one.weights.of("heavy") == {"content": 0.4, "collaborative": 0.6}
    assert one.weights.of("new") == {"content": 1.0, "collaborative": 0.0}
    assert (one.name, one.profiles) == ("v1", ("p",))
    assert contestant_of(replace(VERSION, name="mine")).name == "mine"
    json.dumps(one.to_json(), allow_nan=False)


def test_a_version_that_cannot_be_used_cannot_take_part() -> None:
    with pytest.raises(ModelError, match=r"v1 cannot take part\. It is damaged"):
        contestant_of(replace(VERSION, problem="It is damaged."))
    with pytest.raises(IncompatibleModel, match=r"v1.*'warp'"):
        contestant_of(replace(VERSION, components={"content": {"warp": 1}}))


def test_weights_that_cannot_be_meant() -> None:
    for weights in ({"content": -1.0}, {"content": 0.0}, {}, {"unknown": 1.0}):
        with pytest.raises(QueryError, match="'x'"):
            contestant("x", QUICK, weights)
    with pytest.raises(QueryError):
        contestant("x", QUICK, LearnedWeights({"content": 1.0}, {"new": {"content": 0.0}}))


def test_the_method_that_a_training_chose_can_be_named() -> None:
    auto = TrainingConfig()
    for method in ("als", "nmf"):
        chosen = contestant("x", auto, method=method).components["collaborative"]
        assert chosen.to_json()["method"] == method


def test_figures_of_invented_listeners_are_called_so(
    world: Library, features: TrackFeatures
) -> None:
    told = duel(replace(world, invented=True), features, POPULAR, CONTENT)
    assert told.notes == (INVENTED,)


def test_alike_is_what_makes_the_same_lists() -> None:
    assert alike(BLEND, replace(BLEND, name="other"))
    assert not alike(BLEND, POPULAR)
    assert not alike(BLEND, contestant("other", replace(QUICK, factors=9)))
    only = {"popularity": 1.0}
    assert alike(contestant("a", QUICK, only), contestant("b", replace(QUICK, factors=9), only)), (
        "settings of what has no weight change nothing"
    )


CURVED = StackedBlend(
    {"content": 1.0}, {"content": (0.0, 0.4, 0.9, 1.3, 2.0)}, (0.02, 0.01, 0.03), 200
)


def test_a_learned_blend_takes_part_where_it_is_the_default(
    world: Library, features: TrackFeatures
) -> None:
    """Content alone by its curves, though the straight weights know popularity alone."""
    learned = replace(POPULAR, stacked=dict.fromkeys(TASKS.values(), CURVED))
    assert learned.used_components == ("content", "popularity")
    assert not alike(learned, POPULAR)
    told = duel(world, features, learned, CONTENT).tasks
    for one in told.values():
        assert one.whole.ties == one.n, "a curve that rises keeps the order"
    chance = replace(CURVED, gain=(0.01, -0.01, 0.03))
    unused = replace(POPULAR, stacked=dict.fromkeys(TASKS.values(), chance))
    assert unused.used_components == ("popularity",)
    assert all(
        one.whole.ties == one.n for one in duel(world, features, unused, POPULAR).tasks.values()
    )


def test_weights_chosen_on_what_is_held_out_are_told(
    world: Library, features: TrackFeatures
) -> None:
    cuts = temporal_split(world)
    assert cuts is not None
    later = (cuts.test + pd.Timedelta(days=1)).isoformat()

    def noted(moment: str, profile: str) -> bool:
        one: Variant = replace(POPULAR, chosen_before=moment, profiles=(profile,))
        told = duel(world, features, one, CONTENT)
        return any("popular" in note and "held out" in note for note in told.notes)

    assert noted(later, world.profile)
    assert not noted(later, "somebody else")
    assert not noted(cuts.test.isoformat(), world.profile), "chosen before the same cut"
    assert not noted("", world.profile)
