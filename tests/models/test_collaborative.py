"""Collaborative: the contract for both methods, and answers known by construction."""

from __future__ import annotations

import dataclasses
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from implicit.cpu.als import AlternatingLeastSquares
from scipy import sparse
from threadpoolctl import threadpool_limits

from musicai import data_processor as dp
from musicai.core.errors import Cancelled, DataError, QueryError
from musicai.core.progress import no_progress
from musicai.data.arrays import Query, TrackFeatures, TrainingData
from musicai.models.collaborative import Collaborative, CollaborativeConfig
from tests import worlds
from tests.component_contract import NO_SEEDS, STRANGER, ComponentContract, saved_bytes, world

NMF = CollaborativeConfig(method="nmf")
BOTH = pytest.mark.parametrize("method", ["als", "nmf"])


class TestALS(ComponentContract):
    component = Collaborative
    floor = 0.7


class TestNMF(ComponentContract):
    component = Collaborative
    config = NMF
    floor = 0.75


def features(n: int) -> TrackFeatures:
    rows = [{"track_id": f"t{k}", "name": f"Song {k}", "artists": "A"} for k in range(n)]
    return dp.build_features(worlds.library(rows))


def train(matrix: object, *, listeners: int | None = None, **config: object) -> Collaborative:
    """Fit on a dense matrix of confidences; all rows are listeners unless said otherwise."""
    values = sparse.csr_matrix(np.asarray(matrix, dtype=np.float32))
    count = values.shape[0] if listeners is None else listeners
    names = tuple(f"l{k}" for k in range(count))
    config = {"artist_weight": 0.0, "genre_weight": 0.0, **config}  # all songs are by one artist
    data = TrainingData(features(values.shape[1]), values, names)
    return Collaborative(CollaborativeConfig(**config)).fit(data, no_progress)  # type: ignore[arg-type]


def seeds(*rows: int) -> Query:
    return Query(STRANGER, np.array(rows, dtype=np.int32))


def checkerboard(n: int) -> np.ndarray:
    """Even rows like even tracks, odd rows odd ones (as implicit's own tests do)."""
    board = np.zeros((n, n), dtype=np.float32)
    board[::2, ::2] = board[1::2, 1::2] = 1.0
    return board


# --- quality by construction ----------------------------------------------------------


@BOTH
def test_a_checkerboard_is_learned_exactly(method: str) -> None:
    model = train(checkerboard(40), method=method, factors=8, nmf_factors=4)
    for seed in (0, 1, 17):
        scores = model.score(seeds(seed))
        same = scores[seed % 2 :: 2]
        other = scores[1 - seed % 2 :: 2]
        assert same.min() > other.max()


@BOTH
def test_what_was_held_out_comes_first(method: str) -> None:
    """Each row lacks one track of its colour; that one must lead the rest."""
    board = checkerboard(40)
    for row in range(40):
        board[row, row] = 0
    model = train(board, method=method, factors=8, nmf_factors=4)
    for row in range(40):
        known = np.flatnonzero(board[row])
        scores = model.score(seeds(*known))
        scores[known] = -np.inf
        best = int(np.argmax(scores))
        assert best == row


def test_folding_in_is_implicits_own_user_factor() -> None:
    """The closed form of Hu et al. against the library's, on a listener not in training."""
    rng = np.random.default_rng(0)
    values = rng.random((30, 50)).astype(np.float32) * (rng.random((30, 50)) < 0.2)
    model = train(values, factors=6, regularization=2.0, alpha=5.0)
    with threadpool_limits(1, "blas"):
        theirs = AlternatingLeastSquares(factors=6, regularization=2.0, alpha=1.0)
        theirs.item_factors = np.zeros((50, 6), dtype=np.float32)
        theirs.item_factors[model.items_.tracks] = model.factors_
        past = dataclasses.replace(
            STRANGER,
            rows=np.array([3, 7, 20], dtype=np.int32),
            confidence=np.array([0.5, 1.0, 2.0], dtype=np.float32),
            plays=np.ones(3, dtype=np.int32),
            last_played=np.zeros(3, dtype=np.int64),
        )
        row = sparse.csr_matrix((1 + 5.0 * past.confidence, ([0, 0, 0], past.rows)), (1, 50))
        user = theirs.recalculate_user(0, row.astype(np.float32))
    expected = theirs.item_factors @ user
    scores = model.score(Query(past, NO_SEEDS))
    known = ~np.isnan(scores)
    np.testing.assert_allclose(scores[known], expected[known], rtol=1e-3, atol=1e-5)


def test_non_negative_fold_in_is_the_best_fit() -> None:
    """No non-negative listener vector near the answer fits the query better."""
    rng = np.random.default_rng(1)
    values = rng.random((30, 20)).astype(np.float32) * (rng.random((30, 20)) < 0.4)
    model = train(values, method="nmf", nmf_factors=5)
    rows = np.array([2, 5, 11], dtype=np.int32)
    listener = model._fold_query(seeds(*rows))
    assert listener is not None
    x = listener.x
    assert (x >= 0).all()
    wanted = np.zeros(len(model.items_.tracks))
    wanted[np.searchsorted(model.items_.tracks, rows)] = 1.0

    def loss(vector: np.ndarray) -> float:
        return float(((wanted - model.factors_ @ vector) ** 2).sum())

    for _ in range(200):
        near = np.maximum(x + rng.normal(0, 0.05, len(x)), 0)
        assert loss(near) >= loss(x) - 1e-6


# --- opinions -------------------------------------------------------------------------


@BOTH
def test_tracks_never_played_have_no_opinion(method: str) -> None:
    board = checkerboard(20)
    board[:, [4, 9]] = 0
    model = train(board, method=method)
    scores = model.score(seeds(0))
    assert np.flatnonzero(np.isnan(scores)).tolist() == [4, 9]
    assert np.isnan(model.score(seeds(4))).all(), "a query of unknown tracks says nothing"
    assert model.reasons(seeds(0), 4) == []
    assert model.reasons(seeds(4), 0) == []


def test_few_known_tracks_score_like_many() -> None:
    """The two layouts of the factors, spread and gathered, agree."""
    board = checkerboard(20)
    wide = np.zeros((20, 60), dtype=np.float32)
    wide[:, 10:30] = board
    narrow, gathered = train(board), train(wide)
    a, b = narrow.score(seeds(3)), gathered.score(seeds(13))
    np.testing.assert_allclose(a, b[10:30], rtol=1e-3, atol=1e-5)
    assert np.isnan(b[30:]).all()


@BOTH
def test_more_played_tracks_pull_harder(method: str) -> None:
    model = train(checkerboard(20), method=method)
    past = dataclasses.replace(
        STRANGER,
        rows=np.array([0, 1], dtype=np.int32),
        confidence=np.array([3.0, 0.3], dtype=np.float32),
        plays=np.ones(2, dtype=np.int32),
        last_played=np.zeros(2, dtype=np.int64),
    )
    scores = model.score(Query(past, NO_SEEDS))
    assert scores[2::2].mean() > scores[3::2].mean()


def test_the_basket_weight_decides_between_listeners_and_sessions() -> None:
    """A listener plays 0 with 1; a basket holds 0 with 2."""
    rows = [[1, 1, 0], [0, 0, 0]] * 5 + [[1, 0, 1]] * 5
    few = train(rows, listeners=10, basket_weight=0.1, factors=1, regularization=1.0, alpha=5.0)
    many = train(rows, listeners=10, basket_weight=10.0, factors=1, regularization=1.0, alpha=5.0)
    for model, first, second in ((few, 1, 2), (many, 2, 1)):
        scores = model.score(seeds(0))
        assert scores[first] > scores[second]


# --- reasons --------------------------------------------------------------------------


@BOTH
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(listener=st.integers(0, 23), track=st.integers(0, 79), seeded=st.booleans())
def test_the_parts_sum_to_the_score(method: str, listener: int, track: int, seeded: bool) -> None:
    model = fitted(method)
    query = world().queries[listener]
    if seeded:
        query = dataclasses.replace(query, seeds=np.array([track], dtype=np.int32))
    score = model.score(query)[track]
    rows, parts = model.contributions(query, track)
    if np.isnan(score):
        assert not len(rows)
    else:
        assert float(parts.sum()) == pytest.approx(float(score), rel=1e-4, abs=1e-5)


_FITTED: dict[str, Collaborative] = {}


def fitted(method: str) -> Collaborative:
    if method not in _FITTED:
        config = CollaborativeConfig(method=method)
        _FITTED[method] = Collaborative(config).fit(world().data, no_progress)
    return _FITTED[method]


def test_the_reason_names_the_track_that_moved_it_most() -> None:
    board = checkerboard(30)
    model = train(board)
    reason = model.reasons(seeds(1, 4, 7), 8)[0]
    assert reason.seed == 4
    assert reason.text == "listeners like you who play “Song 4” also play it"


def test_with_few_listeners_the_words_are_about_sessions() -> None:
    """House rule 10: no "listeners like you" below 20 real listeners."""
    board = checkerboard(30)
    few = train(board, listeners=19).reasons(seeds(0), 2)[0].text
    assert few == "it goes together with “Song 0” in your sessions"
    assert "listeners like you" in train(board, listeners=20).reasons(seeds(0), 2)[0].text


def test_listeners_without_plays_do_not_count() -> None:
    board = np.vstack([checkerboard(10), np.zeros((30, 10))])
    assert "listeners" not in train(board).reasons(seeds(0), 2)[0].text


def test_a_track_is_not_explained_by_itself() -> None:
    model = train(checkerboard(20))
    assert model.reasons(seeds(0, 2), 2)[0].seed == 0
    assert model.reasons(seeds(2), 2)[0].text == "you start from it"
    past = dataclasses.replace(
        STRANGER,
        rows=np.array([2], dtype=np.int32),
        confidence=np.ones(1, dtype=np.float32),
        plays=np.ones(1, dtype=np.int32),
        last_played=np.zeros(1, dtype=np.int64),
    )
    assert model.reasons(Query(past, NO_SEEDS), 2)[0].text == "you play it yourself"


# --- same bytes, no noise -------------------------------------------------------------


@BOTH
def test_threads_do_not_change_the_result(method: str, tmp_path: Path) -> None:
    one, two = (
        Collaborative(CollaborativeConfig(method=method, threads=k)).fit(world().data, no_progress)
        for k in (1, 2)
    )
    assert saved_bytes(one, tmp_path / "a") == saved_bytes(two, tmp_path / "b")


def test_another_seed_gives_other_factors() -> None:
    a, b = (
        Collaborative(CollaborativeConfig(seed=k)).fit(world().data, no_progress) for k in (0, 1)
    )
    assert not np.array_equal(a.factors_, b.factors_)
    data = dataclasses.replace(world().data, seed=world().data.seed + 1)
    c = Collaborative().fit(data, no_progress)
    assert np.array_equal(b.factors_, c.factors_), "the data's seed counts as much"


@BOTH
def test_training_is_silent(method: str, capfd: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Collaborative(CollaborativeConfig(method=method, epochs=1)).fit(world().data, no_progress)
    assert not [str(w.message) for w in caught]
    assert capfd.readouterr() == ("", "")


def test_progress_rises_and_can_cancel() -> None:
    told: list[float] = []

    def note(fraction: float, note: str = "") -> None:
        told.append(fraction)

    Collaborative().fit(world().data, note)
    assert told == sorted(told)
    assert told[-1] == 1.0

    def stop(fraction: float, note: str = "") -> None:
        raise Cancelled("stop")

    for config in (CollaborativeConfig(), NMF):
        with pytest.raises(Cancelled):
            Collaborative(config).fit(world().data, stop)


def test_the_scikit_learn_model_is_kept_for_others() -> None:
    model = fitted("nmf")
    assert model.sklearn_model_.components_.shape == (20, len(model.items_.tracks))
    assert fitted("als").sklearn_model_ is None


def test_factors_on_disk_are_half_precision(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    values = sparse.random(200, 4_000, density=0.02, random_state=rng, dtype=np.float32)
    model = train(values.toarray())
    model.save(tmp_path)
    with np.load(tmp_path / "collaborative.npz", allow_pickle=False) as stored:
        assert stored["factors"].dtype == np.float16
    size = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert size * 25 < 50e6, "100,000 tracks would not fit in 50 MB"


# --- strange input --------------------------------------------------------------------


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0, 1e9])
def test_wrong_confidences_are_refused(value: float) -> None:
    board = checkerboard(6)
    board[0, 0] = value
    with pytest.raises(DataError):
        train(board)


@pytest.mark.parametrize(
    "matrix",
    [
        np.zeros((0, 5)),
        np.zeros((3, 5)),
        np.ones((1, 1)),
        np.ones((1, 5)),
        np.ones((5, 1)),
        np.ones((6, 6)),
        np.full((4, 4), 1e-4),
        np.eye(5),
        [[0, 0, 0], [1, 1, 0], [0, 0, 0]],
        [[1e6, 1e-6], [0, 1e6]],
    ],
    ids=lambda m: "x".join(map(str, np.shape(m))),
)
@pytest.mark.parametrize("regularization", [0.01, 30.0])
@BOTH
def test_degenerate_data_are_survived(method: str, regularization: float, matrix: object) -> None:
    model = train(matrix, method=method, regularization=regularization)
    n = np.shape(matrix)[1]
    heard = np.asarray(matrix).sum(axis=0) > 0
    for track in range(n):
        scores = model.score(seeds(track))
        assert scores.dtype == np.float32
        assert np.isnan(scores).all() if not heard[track] else not np.isnan(scores[heard]).any()
        model.reasons(seeds(track), 0)


def test_wrong_settings_are_refused() -> None:
    for wrong in (
        {"method": "svd"},
        {"factors": 0},
        {"nmf_factors": 10_000},
        {"epochs": 0},
        {"alpha": 0},
        {"basket_weight": -1},
        {"regularization": 0},
        {"threads": -1},
    ):
        with pytest.raises(QueryError):
            CollaborativeConfig(**wrong)  # type: ignore[arg-type]
