"""Deep taste: its contract, scores that come apart, and bad input."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from musicai import data_processor as dp
from musicai.core.errors import Cancelled, QueryError
from musicai.core.progress import no_progress
from musicai.data.arrays import History, Query
from musicai.models.deep import availability
from musicai.models.deep.autoencoder import NO_ROWS, Autoencoder
from musicai.models.deep.autoencoder_arrays import TABLES, AutoencoderNetwork
from musicai.models.deep.config import AutoencoderConfig
from musicai.models.item_index import ItemIndex
from tests import worlds
from tests.component_contract import NO_SEEDS, STRANGER, ComponentContract, world
from tests.models.test_transformer import data_of

SMALL = AutoencoderConfig(size=8, steps=150, rows_a_step=16, learning_rate=0.02)


@pytest.mark.deep
class TestAutoencoder(ComponentContract):
    component = Autoencoder
    config = SMALL
    floor = 0.4


def untrained(seed: int = 2) -> Autoencoder:
    """A network of random arrays over the first ten of twelve tracks."""
    rng = np.random.default_rng(seed)
    model = Autoencoder(SMALL)
    model.n_tracks_ = 12
    model.items_ = ItemIndex(
        n_tracks=12,
        tracks=np.arange(10, dtype=np.int32),
        played=np.ones(10, dtype=bool),
        names=tuple(f"Song {n}" for n in range(10)),
        artists=(),
        artist_of=np.zeros(0, dtype=np.int32),
        named=np.zeros(0, dtype=bool),
        n_friends=0,
        shared=True,
        n_listeners=30,
        artist_share=0.5,
        friend_weight=0.3,
        slot=np.array([*range(10), -1, -1], dtype=np.int32),
    )

    def some(*shape: int) -> Any:
        return rng.normal(size=shape).astype(np.float16).astype(np.float32)

    model.network_ = AutoencoderNetwork(some(10, 8), some(8), some(10, 8), some(10))
    return model


def profile(rows: list[int], confidence: list[float]) -> Query:
    n = len(rows)
    past = History(
        rows=np.array(rows, dtype=np.int32),
        confidence=np.array(confidence, dtype=np.float32),
        plays=np.ones(n, dtype=np.int32),
        last_played=np.zeros(n, dtype=np.int64),
        now=0,
    )
    return Query(past, NO_SEEDS)


# --- scores ---------------------------------------------------------------------------


def test_scores_by_hand() -> None:
    model = untrained()
    network = model.network_
    assert network is not None
    entering = np.array([1.0, 4.0]) ** 0.25
    entering /= np.sqrt((entering**2).sum())
    state = np.tanh(entering @ network.encoder[[2, 5]] + network.hidden)
    logits = network.decoder @ state + network.bias
    scores = model.score(profile([2, 5], [1.0, 4.0]))
    np.testing.assert_allclose(scores[:10], logits - logits.mean(), rtol=1e-4, atol=1e-5)
    assert np.isnan(scores[10:]).all()


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=6, unique=True),
    st.integers(0, 9),
    st.floats(0.05, 50.0),
)
def test_a_score_comes_apart(rows: list[int], track: int, confidence: float) -> None:
    """The parts sum to how far the query moved the track from where an empty row leaves it."""
    model = untrained()
    network = model.network_
    assert network is not None
    query = profile(sorted(rows), [confidence] * len(rows))
    empty = network.decoder @ np.tanh(network.hidden) + network.bias
    told, parts = model.contributions(query, track)
    assert told.tolist() == sorted(rows)
    moved = model.score(query)[track] - (empty[track] - empty.mean())
    assert parts.sum() == pytest.approx(moved, abs=1e-3)


def test_the_reason_is_the_largest_part() -> None:
    model = untrained()
    query = profile([1, 4, 6], [1.0, 1.0, 1.0])
    for track in range(10):
        rows, parts = model.contributions(query, track)
        parts[rows == track] = -np.inf
        for reason in model.reasons(query, track):
            if reason.seed != track:
                assert reason.seed == rows[np.argmax(parts)]
                assert "listeners like you who play “Song" in reason.text


def test_strangers_and_unknown_tracks_have_no_opinion() -> None:
    model = untrained()
    assert np.isnan(model.score(Query(STRANGER, NO_SEEDS))).all()
    assert np.isnan(model.score(profile([11], [1.0]))).all()
    assert model.reasons(profile([1], [1.0]), 11) == []
    assert Autoencoder().reasons(profile([1], [1.0]), 1) == []


def test_disk_and_another_vocabulary_keep_the_scores(tmp_path: Path) -> None:
    model, query = untrained(), profile([1, 4], [1.0, 2.0])
    expected = model.score(query)
    model.save(tmp_path)
    again = Autoencoder.load(tmp_path, SMALL)
    np.testing.assert_array_equal(again.score(query), expected)
    rows = np.array([11, 4, 1, -1, *range(5, 10), 0, 2, 3], dtype=np.int32)
    moved = model.align(rows).score(profile([1, 2], [2.0, 1.0]))
    there = (rows >= 0) & (rows < 10)
    np.testing.assert_allclose(moved[there], expected[rows[there]], rtol=1e-4, atol=1e-5)
    assert np.isnan(moved[~there]).all()


def test_a_silent_one_survives_disk(tmp_path: Path) -> None:
    model = Autoencoder().fit(world().data, no_progress)
    assert model.silent
    assert model.notes_ == (availability.WITHOUT_TORCH,)
    model.save(tmp_path)
    again = Autoencoder.load(tmp_path, SMALL)
    assert again.silent
    assert np.isnan(again.align(np.arange(3, dtype=np.int32)).score(world().queries[0])).all()


def test_without_torch_an_update_keeps_what_is_learned() -> None:
    model, query = untrained(), profile([1, 4], [1.0, 2.0])
    again = model.update(data_of([[0, 1]]), no_progress)
    np.testing.assert_array_equal(again.score(query), model.score(query))
    assert "learned nothing from the new plays" in again.notes_[0]


def test_serving_imports_no_torch() -> None:
    code = "import musicai.models.deep.autoencoder, sys; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": 0},
        {"dropout": 1.0},
        {"presence": 1.1},
        {"artist_share": 0.0},
        {"learning_rate": 0.0},
        {"weight_decay": -1.0},
        {"most_products": 0.0},
        {"steps": 0},
    ],
)
def test_settings_that_cannot_be(wrong: dict[str, Any]) -> None:
    with pytest.raises(QueryError, match=next(iter(wrong))):
        AutoencoderConfig(**wrong)


# --- training -------------------------------------------------------------------------


def camps(n_rows: int = 120, n_columns: int = 40, seed: int = 1) -> csr_matrix:
    """Rows that play eight of the columns of their half."""
    rng = np.random.default_rng(seed)
    half = n_columns // 2
    found = np.zeros((n_rows, n_columns), dtype=np.float32)
    for row in range(n_rows):
        found[row, rng.choice(half, 8, replace=False) + half * (row % 2)] = 1.0
    return csr_matrix(found)


@pytest.mark.deep
@pytest.mark.parametrize("negatives", [20_000, 10])
def test_it_learns_who_plays_what_from_all_columns_or_drawn_ones(negatives: int) -> None:
    from musicai.models.deep import autoencoder_training

    config = AutoencoderConfig(
        size=8, steps=200, rows_a_step=32, learning_rate=0.02, negatives=negatives
    )
    learned = autoencoder_training.learn(camps(), None, config, 0, no_progress)
    weights = learned.network
    one = np.zeros(40)
    one[:3] = 1 / np.sqrt(3)
    state = np.tanh(one @ weights.encoder + weights.hidden)
    scores = weights.decoder @ state + weights.bias
    assert scores[3:20].mean() > scores[20:].mean() + 1.0
    assert learned.ndcg > 0.2
    assert 0 < learned.steps <= 200
    again = autoencoder_training.learn(camps(), None, config, 0, no_progress)
    for name in TABLES:
        np.testing.assert_array_equal(getattr(again.network, name), getattr(weights, name))


@pytest.mark.deep
def test_nan_ends_training_with_the_last_good_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from musicai.models.deep import autoencoder_training

    real, calls = autoencoder_training._Training._loss, []

    def failing(self: Any, rows: Any) -> Any:
        calls.append(1)
        return real(self, rows) * (float("nan") if len(calls) == 10 else 1.0)

    monkeypatch.setattr(autoencoder_training._Training, "_loss", failing)
    learned = autoencoder_training.learn(camps(), None, SMALL, 0, no_progress)
    assert "became NaN in step 10" in learned.notes[0]
    assert all(np.isfinite(getattr(learned.network, name)).all() for name in TABLES)
    assert 0 < learned.steps < 10
    assert torch.is_grad_enabled()


@pytest.mark.deep
def test_a_card_without_memory_gives_way_to_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from musicai.models.deep import autoencoder_training

    real = autoencoder_training._Training.__init__

    def full(
        self: Any, matrix: Any, before: Any, config: Any, seed: Any, device: str, *more: Any
    ) -> None:
        if device != "cpu":
            raise torch.OutOfMemoryError("no memory")
        real(self, matrix, before, config, seed, device, *more)

    monkeypatch.setattr(autoencoder_training._Training, "__init__", full)
    learned = autoencoder_training.learn(camps(), None, SMALL, 0, no_progress, device="cuda")
    assert "too little memory" in learned.notes[0]


@pytest.mark.deep
def test_one_track_each_is_nothing_to_learn_from() -> None:
    library = worlds.library([{"track_id": "t0", "name": "S", "artists": "A"}], [(0, 1.0)])
    data = dp.build_training_data(library, dp.build_features(library))
    model = Autoencoder(SMALL).fit(data, no_progress)
    assert model.silent
    assert model.notes_ == (NO_ROWS,)


@pytest.mark.deep
def test_progress_can_cancel() -> None:
    def stop(share: float, note: str) -> None:
        if share > 0.2:
            raise Cancelled

    with pytest.raises(Cancelled):
        Autoencoder(SMALL).fit(world().data, stop)


@pytest.mark.deep
def test_the_time_is_bounded() -> None:
    from musicai.models.deep import autoencoder_training

    few = AutoencoderConfig(size=8, rows_a_step=100, most_products=6 * 100 * 40 * 8 * 7.5)
    assert autoencoder_training.learn(camps(), None, few, 0, no_progress).steps <= 7
