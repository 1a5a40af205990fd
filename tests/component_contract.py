"""What every component must keep to, as tests to inherit (after lenskit's idea).

Use::

    class TestThing(ComponentContract):
        component = Thing
        floor = 0.3

The world has four camps of tracks that differ in genre and sound, and 24 listeners who
each keep to one camp. ``floor`` is the least mean nDCG@10 over listeners, ranking all
tracks for what they play later; chance is about .16.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from musicai import data_processor as dp
from musicai.core.errors import QueryError
from musicai.core.progress import no_progress
from musicai.data.arrays import History, Query, TrainingData
from musicai.data.frames import conform
from musicai.data.library import LINK_COLUMNS, FloatArray, IntArray, Library
from musicai.models.base import Component, ComponentConfig
from musicai.training.evaluation.metrics import ndcg_at
from tests import worlds

CAMPS = ("hard rock", "classical piano", "bebop", "deep house")
ASKED = ("rock", "classical", "jazz", "electronic")
PER_CAMP = 20
N_TRACKS = PER_CAMP * len(CAMPS)
N_LISTENERS = 24
CUT_HOURS = 1_000.0

NO_SEEDS: IntArray = np.zeros(0, dtype=np.int32)
STRANGER = History(
    rows=np.zeros(0, dtype=np.int32),
    confidence=np.zeros(0, dtype=np.float32),
    plays=np.zeros(0, dtype=np.int32),
    last_played=np.zeros(0, dtype=np.int64),
    now=0,
)


@dataclass(frozen=True)
class World:
    """What is learned from, and what came after."""

    library: Library
    data: TrainingData
    queries: tuple[Query, ...]
    targets: tuple[IntArray, ...]


def _tracks() -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for row in range(N_TRACKS):
        camp = row % len(CAMPS)
        base = worlds.LOUD if camp in (0, 3) else worlds.CALM
        sound = {
            name: value * (1 + 0.01 * camp + 0.002 * (row % 7)) for name, value in base.items()
        }
        rows.append(
            {
                "track_id": f"t{row:03d}",
                "name": f"Song number {row}",
                "artists": f"Artist {camp}-{row % 5}",
                "album": f"Album {row // 8}",
                "genres": CAMPS[camp],
                **sound,
                "in_catalogue": True,
            }
        )
    return rows


def _plays(rng: np.random.Generator) -> list[tuple[int, float, int, bool, int]]:
    """Sessions of six tracks of the listener's camp, the first of a camp played most."""
    liking = 1.0 / np.arange(1, PER_CAMP + 1) ** 0.7
    found = []
    for listener in range(N_LISTENERS):
        taste = liking * rng.gamma(1.0, size=PER_CAMP)
        for session in range(14):
            start = session * 100.0 + listener * 2
            picked = rng.choice(PER_CAMP, 6, replace=False, p=taste / taste.sum())
            for place, track in enumerate(picked):
                row = int(track) * len(CAMPS) + listener % len(CAMPS)
                found.append((row, start + place / 15, 200_000, False, listener))
    return found


def _links() -> pd.DataFrame:
    """From each camp's second artist to the tracks of its others, the first camp by tag."""
    rows = [
        {
            "track_id": f"t{row:03d}",
            "kind": "similar artist" if row % len(CAMPS) else "tag",
            "via": f"Artist {row % len(CAMPS)}-1" if row % len(CAMPS) else CAMPS[0],
            "through": "",
            "strength": 1.0 / (1 + row // len(CAMPS)) ** 0.5,
        }
        for row in range(N_TRACKS)
    ]
    return conform(pd.DataFrame(rows), LINK_COLUMNS, "links")


@cache
def world() -> World:
    """The world, made once."""
    names = [f"listener-{k}" for k in range(N_LISTENERS)]
    library = worlds.library(_tracks(), _plays(np.random.default_rng(5)), listeners=names)
    library = replace(library, links=_links())
    cut = worlds.START + np.timedelta64(int(CUT_HOURS * 3600), "s")
    before = library.before(cut)
    queries = tuple(
        Query(dp.build_history(before, k), NO_SEEDS, genre={ASKED[k % len(CAMPS)]: 1.0}, moment=5)
        for k in range(N_LISTENERS)
    )
    later = library.plays[library.plays["played_at"] >= cut]
    targets = tuple(
        np.unique(later["track"].to_numpy()[later["listener"].to_numpy() == k])
        for k in range(N_LISTENERS)
    )
    features = dp.build_features(library)
    return World(before, dp.build_training_data(before, features, seed=3), queries, targets)


def saved_bytes(component: Component, folder: Path) -> dict[str, bytes]:
    """File name → bytes."""
    folder.mkdir()
    component.save(folder)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


class ComponentContract:
    """Inherit, and set ``component`` and ``floor``; ``config`` where not the default."""

    component: ClassVar[type[Component]]
    floor: ClassVar[float]
    config: ClassVar[ComponentConfig | None] = None

    @pytest.fixture(scope="class")
    @classmethod
    def fitted(cls) -> Component:
        """Fitted once for all tests of the class."""
        return cls.component(cls.config).fit(world().data, no_progress)

    def check_scores(self, scores: FloatArray, n: int = N_TRACKS) -> None:
        assert scores.dtype == np.float32
        assert scores.shape == (n,)
        assert not np.isinf(scores).any()

    # --- config -----------------------------------------------------------------------

    def test_a_default_config_exists(self) -> None:
        component = self.component()
        assert isinstance(component.config, self.component.config_class)
        assert component.config == self.component.config_class()

    def test_config_survives_json(self) -> None:
        config = self.config if self.config is not None else self.component.config_class()
        again = self.component.config_class.from_json(json.loads(json.dumps(config.to_json())))
        assert again == config

    def test_an_unknown_setting_is_refused(self) -> None:
        with pytest.raises(QueryError, match="no_such_setting"):
            self.component.config_class.from_json({"no_such_setting": 1})

    def test_it_says_what_it_is(self) -> None:
        assert self.component.name.isidentifier()
        assert self.component.label
        assert self.component.help.endswith(".")
        assert self.component.scaling in ("anchored", "calibrated")

    # --- scoring ----------------------------------------------------------------------

    def test_fit_returns_itself_and_leaves_the_data_alone(self) -> None:
        data = world().data
        before = data.interactions.copy()
        component = self.component(self.config)
        assert component.fit(data, no_progress) is component
        assert (before != data.interactions).nnz == 0

    def test_an_update_is_a_new_component_that_says_much_the_same(self, fitted: Component) -> None:
        query = world().queries[0]
        before = fitted.score(query).copy()
        updated = fitted.update(world().data, no_progress)
        assert type(updated) is type(fitted)
        assert updated is not fitted
        assert updated.config == fitted.config
        np.testing.assert_array_equal(before, fitted.score(query))
        after = updated.score(query)
        np.testing.assert_array_equal(np.isnan(before), np.isnan(after))
        known = ~np.isnan(before)
        if known.sum() > 2 and before[known].std() > 0:
            assert np.corrcoef(before[known], after[known])[0, 1] > 0.99

    def test_scores_are_one_float32_a_track(self, fitted: Component) -> None:
        for query in world().queries[:4]:
            self.check_scores(fitted.score(query))

    def test_the_same_query_scores_the_same(self, fitted: Component) -> None:
        first = fitted.score(world().queries[0]).copy()
        fitted.score(world().queries[1])
        np.testing.assert_array_equal(first, fitted.score(world().queries[0]))

    def test_a_stranger_without_seeds_never_raises(self, fitted: Component) -> None:
        query = Query(STRANGER, NO_SEEDS)
        scores = fitted.score(query)
        self.check_scores(scores)
        for track in (0, N_TRACKS - 1):
            assert isinstance(fitted.reasons(query, track), list)

    def test_any_query_is_answered(self, fitted: Component) -> None:
        rng = np.random.default_rng(11)
        for size in (1, 2, 7, N_TRACKS):
            seeds = rng.choice(N_TRACKS, size, replace=False).astype(np.int32)
            for past in (STRANGER, world().queries[size % N_LISTENERS].history):
                query = Query(past, seeds, mood={"chill": 1.0}, genre={"jazz": 0.5, "pop": 0.5})
                scores = fitted.score(query)
                self.check_scores(scores)
                fitted.reasons(query, int(rng.integers(N_TRACKS)))

    def test_it_is_good_enough(self, fitted: Component) -> None:
        found = []
        for query, targets in zip(world().queries, world().targets, strict=True):
            scores = fitted.score(query)
            order = np.argsort(-scores, kind="stable")[: int((~np.isnan(scores)).sum())]
            found.append(ndcg_at(order.astype(np.int32), targets, 10))
        assert np.mean(found) >= self.floor, f"nDCG@10 is {np.mean(found):.3f}"

    # --- reasons ----------------------------------------------------------------------

    def test_the_best_track_has_a_reason(self, fitted: Component) -> None:
        for query in world().queries[:8]:
            top = int(np.nanargmax(fitted.score(query)))
            reasons = fitted.reasons(query, top)
            assert reasons, f"track {top} leads without a reason"
            for reason in reasons:
                assert reason.component == fitted.name
                assert reason.text.strip() == reason.text != ""
                assert not reason.text.endswith("."), "a reason is a clause, not a sentence"
                assert np.isfinite(reason.strength)
                assert reason.seed is None or 0 <= reason.seed < N_TRACKS
            strengths = [reason.strength for reason in reasons]
            assert strengths == sorted(strengths, reverse=True)

    def test_without_an_opinion_there_is_no_reason(self, fitted: Component) -> None:
        for query in (world().queries[0], Query(STRANGER, NO_SEEDS)):
            for track in np.flatnonzero(np.isnan(fitted.score(query)))[:5]:
                assert fitted.reasons(query, int(track)) == []

    # --- disk and vocabularies --------------------------------------------------------

    def test_a_loaded_one_scores_the_same(self, fitted: Component, tmp_path: Path) -> None:
        fitted.save(tmp_path)
        assert not list(tmp_path.glob("*.pkl")), "serving never unpickles"
        loaded = self.component.load(tmp_path, fitted.config)
        for query in world().queries[:4]:
            np.testing.assert_array_equal(fitted.score(query), loaded.score(query))
            top = int(np.nanargmax(fitted.score(query)))
            assert loaded.reasons(query, top) == fitted.reasons(query, top)

    def test_saving_again_gives_the_same_bytes(self, fitted: Component, tmp_path: Path) -> None:
        first = saved_bytes(fitted, tmp_path / "a")
        loaded = self.component.load(tmp_path / "a", fitted.config)
        assert first == saved_bytes(loaded, tmp_path / "b")

    def test_the_same_seed_gives_the_same_bytes(self, fitted: Component, tmp_path: Path) -> None:
        again = self.component(self.config).fit(world().data, no_progress)
        first, second = saved_bytes(fitted, tmp_path / "a"), saved_bytes(again, tmp_path / "b")
        assert first == second

    def test_aligned_rows_keep_their_scores(self, fitted: Component) -> None:
        """Another vocabulary: the tracks in another order, and five that are not known."""
        order = np.random.default_rng(2).permutation(N_TRACKS)
        rows = np.concatenate([[-1, -1], order, [-1, -1, -1]]).astype(np.int32)
        aligned = fitted.align(rows)
        for query in world().queries[:4]:
            past = query.history
            place = np.empty(N_TRACKS, dtype=np.int32)
            place[order] = np.arange(2, N_TRACKS + 2)
            moved = np.argsort(place[past.rows])
            there = History(
                rows=place[past.rows][moved],
                confidence=past.confidence[moved],
                plays=past.plays[moved],
                last_played=past.last_played[moved],
                now=past.now,
                recent=place[past.recent],
                recent_heard=past.recent_heard,
                recent_at=past.recent_at,
                occasions={name: one[moved] for name, one in past.occasions.items()},
            )
            scores = aligned.score(Query(there, NO_SEEDS, genre=query.genre, moment=query.moment))
            self.check_scores(scores, len(rows))
            assert np.isnan(scores[rows < 0]).all(), "unknown rows have no opinion"
            expected = fitted.score(query)[order]
            np.testing.assert_allclose(scores[rows >= 0], expected, rtol=1e-4, atol=1e-5)

    def test_a_query_of_unknown_rows_never_raises(self, fitted: Component) -> None:
        aligned = fitted.align(np.array([-1, 0, -1, 1], dtype=np.int32))
        for seeds in ([0], [0, 2], [0, 1]):
            query = Query(STRANGER, np.array(seeds, dtype=np.int32), genre={"rock": 1.0})
            self.check_scores(aligned.score(query), 4)
            for track in range(4):
                aligned.reasons(query, track)

    # --- nothing to learn from --------------------------------------------------------

    def test_empty_data_never_crash(self, tmp_path: Path) -> None:
        one = {"track_id": "t", "name": "T", "artists": "A"}
        for number, library in enumerate(
            (worlds.library([]), worlds.library([one]), worlds.library([one], [(0, 0.0)]))
        ):
            data = dp.build_training_data(library, dp.build_features(library))
            component = self.component(self.config).fit(data, no_progress)
            query = Query(dp.build_history(library), NO_SEEDS, mood={"chill": 1.0})
            self.check_scores(component.score(query), library.n_tracks)
            folder = tmp_path / str(number)
            folder.mkdir()
            component.save(folder)
            loaded = self.component.load(folder, component.config)
            np.testing.assert_array_equal(component.score(query), loaded.score(query))
