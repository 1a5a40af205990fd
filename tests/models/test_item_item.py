"""Item to item: the contract for both ways to the weights, and answers known by construction."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from musicai.core.errors import DataError, QueryError
from musicai.core.progress import no_progress
from musicai.data.arrays import Query, TrainingData
from musicai.models import item_item
from musicai.models.item_item import ItemItem, ItemItemConfig
from tests.component_contract import STRANGER, ComponentContract, world
from tests.models.test_collaborative import checkerboard, features, seeds

EASE, KNN = ItemItemConfig(method="ease"), ItemItemConfig(method="knn")
BOTH = pytest.mark.parametrize("method", ["ease", "knn"])


class TestEase(ComponentContract):
    component = ItemItem
    config = EASE
    floor = 0.65


class TestKnn(ComponentContract):
    component = ItemItem
    config = KNN
    floor = 0.65


def train(matrix: object, **config: object) -> ItemItem:
    values = sparse.csr_matrix(np.asarray(matrix, dtype=np.float32))
    names = tuple(f"l{k}" for k in range(values.shape[0]))
    settings_ = {
        "artist_weight": 0.0,
        "genre_weight": 0.0,
        "shrinkage": 0.0,
        "presence": 0.0,
        **config,
    }
    data = TrainingData(features(values.shape[1]), values, names)
    return ItemItem(ItemItemConfig(**settings_)).fit(data, no_progress)  # type: ignore[arg-type]


def closed_form(matrix: np.ndarray, regularization: float, dropout: float) -> np.ndarray:
    """Steck's own three lines, with the dropout's diagonal."""
    gram = matrix.T @ matrix
    ridge = regularization + dropout / (1 - dropout) * np.diag(gram)
    inverse = np.linalg.inv(gram + np.diag(ridge))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return weights


@pytest.mark.parametrize("shape", [(30, 12), (12, 30)], ids=["over columns", "over rows"])
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_ease_is_the_closed_form(shape: tuple[int, int], dropout: float) -> None:
    rng = np.random.default_rng(0)
    values = rng.random(shape) * (rng.random(shape) < 0.5)
    values[0] = 0.5  # every column holds something
    model = train(values, method="ease", regularization=2.0, dropout=dropout, neighbours=999)
    expected = np.maximum(closed_form(values, 2.0, dropout), 0)
    np.testing.assert_allclose(model.weights_.toarray(), expected, atol=2e-3)


def test_knn_is_the_cosine_of_columns() -> None:
    rng = np.random.default_rng(1)
    values = rng.random((25, 10)) * (rng.random((25, 10)) < 0.6)
    model = train(values, method="knn", neighbours=999)
    unit = values / np.linalg.norm(values, axis=0)
    expected = unit.T @ unit
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(model.weights_.toarray(), expected, atol=2e-3)


@BOTH
def test_only_the_strongest_weights_are_kept(method: str) -> None:
    rng = np.random.default_rng(2)
    values = rng.random((60, 20)) * (rng.random((60, 20)) < 0.6)
    all_, few = (train(values, method=method, neighbours=k) for k in (999, 4))
    for track in range(20):
        full = all_.weights_[:, [track]].toarray().ravel()
        kept = few.weights_[:, [track]].toarray().ravel()
        assert (kept > 0).sum() == min(4, (full > 0).sum())
        np.testing.assert_allclose(np.sort(kept)[-4:], np.sort(full)[-4:], atol=1e-3)


@BOTH
def test_what_was_held_out_comes_first(method: str) -> None:
    board = checkerboard(40)
    for row in range(40):
        board[row, row] = 0
    model = train(board, method=method, regularization=1.0)
    for row in range(40):
        known = np.flatnonzero(board[row])
        scores = model.score(seeds(*known))
        scores[known] = -np.inf
        assert int(np.argmax(scores)) == row


@BOTH
@settings(max_examples=20)
@given(listener=st.integers(0, 23), track=st.integers(0, 79), seeded=st.booleans())
def test_the_parts_sum_to_the_score(method: str, listener: int, track: int, seeded: bool) -> None:
    model = _fitted(method)
    query = world().queries[listener]
    if seeded:
        query = dataclasses.replace(query, seeds=np.array([track], dtype=np.int32))
    score = model.score(query)[track]
    _, parts = model.contributions(query, track)
    assert float(parts.sum()) == pytest.approx(float(score), rel=1e-4, abs=1e-5)


_FITTED: dict[str, ItemItem] = {}


def _fitted(method: str) -> ItemItem:
    if method not in _FITTED:
        _FITTED[method] = ItemItem(ItemItemConfig(method=method)).fit(world().data, no_progress)
    return _FITTED[method]


@BOTH
def test_without_the_named_seed_the_score_falls(method: str) -> None:
    rng = np.random.default_rng(3)
    values = np.repeat(checkerboard(20), 3, axis=0) * (rng.random((60, 20)) < 0.7)
    model = train(values, method=method, regularization=5.0)
    asked = [0, 2, 4, 6, 8]
    for track in (10, 12, 14):
        named = model.reasons(seeds(*asked), track)[0].seed
        fall = {
            seed: model.score(seeds(*asked))[track]
            - model.score(seeds(*(s for s in asked if s != seed)))[track]
            for seed in asked
        }
        assert fall[named] > 0
        assert fall[named] == max(fall.values())


def test_friends_pull_towards_what_they_play() -> None:
    """Listeners 0 and 1 share no track; a friend of 1 gets what 1's circle plays."""
    board = np.kron(np.eye(2), np.ones((10, 6))).astype(np.float32)
    friends = sparse.csr_matrix(np.kron(np.eye(2), np.ones((10, 10)) - np.eye(10)))
    names = tuple(f"l{k}" for k in range(20))
    data = TrainingData(
        features(12), sparse.csr_matrix(board), names, friends=friends.astype(np.float32)
    )
    config = ItemItemConfig(artist_weight=0, genre_weight=0, friend_weight=1, regularization=1)
    model = ItemItem(config).fit(data, no_progress)
    befriended = dataclasses.replace(STRANGER, friends=np.array([12, 13], dtype=np.int32))
    scores = model.score(Query(befriended, np.zeros(0, dtype=np.int32)))
    assert scores[6:].min() > scores[:6].max()


def test_the_way_follows_from_the_size(monkeypatch: pytest.MonkeyPatch) -> None:
    assert train(checkerboard(20)).method_ == "ease"
    assert train(checkerboard(20), ease_side=10).method_ == "knn"
    monkeypatch.setattr(item_item, "MAX_COLUMNS", 10)
    assert train(checkerboard(20)).method_ == "knn"


def test_long_rows_are_shortened_to_their_heaviest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten short rows pair tracks 0 and 1; one endless row pairs everything, weakly."""
    monkeypatch.setattr(item_item, "MAX_ROW", 5)
    rows = [[1, 1, *[0] * 18]] * 10 + [list(np.linspace(1, 0.1, 20))]
    model = train(rows, method="knn")
    assert model.weights_[0, 1] > 0.9
    assert model.weights_[18, 19] == 0


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
        np.eye(5),
        [[0, 0, 0], [1, 1, 0], [0, 0, 0]],
    ],
    ids=lambda m: "x".join(map(str, np.shape(m))),
)
@BOTH
def test_degenerate_data_are_survived(method: str, matrix: object) -> None:
    model = train(matrix, method=method)
    heard = np.asarray(matrix).sum(axis=0) > 0
    for track in range(np.shape(matrix)[1]):
        scores = model.score(seeds(track))
        assert np.isnan(scores).all() if not heard[track] else not np.isnan(scores[heard]).any()
        model.reasons(seeds(track), 0)


def test_wrong_settings_are_refused() -> None:
    for wrong in (
        {"method": "svd"},
        {"regularization": 0},
        {"dropout": 1.0},
        {"neighbours": 0},
        {"shrinkage": -1},
        {"basket_weight": 0},
        {"artist_share": 0},
        {"presence": 1.5},
        {"ease_side": 0},
        {"genre_weight": -1},
    ):
        with pytest.raises(QueryError):
            ItemItemConfig(**wrong)  # type: ignore[arg-type]
