"""The deep sequence: its contract, the same figures with and without torch, and bad input."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence as Listed
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicai import data_processor as dp
from musicai.core.errors import Cancelled, QueryError
from musicai.core.progress import no_progress
from musicai.data.arrays import History, Query, Sequences, TrainingData
from musicai.data.context import SLOTS
from musicai.data.library import IntArray
from musicai.models.deep import session_features, transformer
from musicai.models.deep.config import TransformerConfig
from musicai.models.deep.spectral import carry_vectors, item_vectors
from musicai.models.deep.transformer import Transformer
from musicai.models.deep.transformer_numpy import (
    CONTENT,
    Served,
    SessionInput,
    ahead,
    content_of,
    unit,
    with_new,
)
from tests import worlds
from tests.component_contract import STRANGER, ComponentContract, world

SMALL = TransformerConfig(size=16, epochs=6, length=8, dropout=0.1)


@pytest.mark.deep
class TestTransformer(ComponentContract):
    component = Transformer
    config = SMALL
    floor = 0.4


def rows(*found: int) -> IntArray:
    return np.array(found, dtype=np.int32)


def seconds(*found: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.array(found, dtype=np.int64)


def data_of(
    played: Listed[Listed[int]],
    n_tracks: int = 12,
    times: Listed[int] = (),
    skipped: Listed[int] = (),
) -> TrainingData:
    tracks = [
        {"track_id": f"t{n:02d}", "name": f"Song {n}", "artists": f"Artist {n % 3}"}
        for n in range(n_tracks)
    ]
    library = worlds.library(tracks)
    data = dp.build_training_data(library, dp.build_features(library))
    flat = [row for one in played for row in one]
    heard = np.ones(len(flat), dtype=bool)
    heard[list(skipped)] = False
    starts = np.concatenate([[0], np.cumsum([len(one) for one in played])]).astype(np.int64)
    own = np.ones(len(played), dtype=bool)
    found = Sequences(rows(*flat), starts, heard, own, seconds(*times))
    return replace(data, sequences=found)


CHAIN = [[n % 10, (n + 1) % 10, (n + 2) % 10, (n + 3) % 10] for n in range(400)]
"""Each track is followed by the next one; 10 and 11 are never played."""


def random_arrays(config: TransformerConfig, seed: int = 4) -> dict[str, Any]:
    """Arrays of a network that nobody trained, without the item tables."""
    rng = np.random.default_rng(seed)
    d = config.size

    def some(*shape: int) -> Any:
        return rng.normal(scale=0.3, size=shape).astype(np.float32)

    arrays = {
        "items.content.weight": some(d, CONTENT),
        "gap.weight": some(session_features.GAPS, d),
        "slot.weight": some(SLOTS + 1, d),
        "skip.weight": some(2, d),
        "norm.weight": some(d),
        "norm.bias": some(d),
        "copy_distance": some(config.length),
        "copy_gate": some(1),
    }
    for name in ("copy_query", "copy_key"):
        arrays |= {f"{name}.weight": some(d, d), f"{name}.bias": some(d)}
    for number in range(config.layers):
        block = f"blocks.{number}."
        shapes = {"qkv": (3 * d, d), "out": (d, d), "up": (4 * d, d), "down": (d, 4 * d)}
        for name, (out, into) in shapes.items():
            arrays |= {f"{block}{name}.weight": some(out, into), f"{block}{name}.bias": some(out)}
        for name in ("norm1", "norm2"):
            arrays |= {f"{block}{name}.weight": some(d), f"{block}{name}.bias": some(d)}
        arrays[f"{block}distance"] = some(config.heads, config.length)
    return arrays


def untrained(n_tracks: int = 12, config: TransformerConfig = SMALL) -> Transformer:
    """A served network of random arrays that knows all tracks but the last two."""
    rng = np.random.default_rng(9)
    m = n_tracks - 2
    model = Transformer(config)
    model.n_tracks_ = n_tracks
    model.learned_ = Served(
        arrays=random_arrays(config),
        rows=np.arange(m, dtype=np.int32),
        vectors=rng.normal(size=(m, config.size)).astype(np.float16),
        bias=rng.normal(size=m).astype(np.float32),
        played=np.ones(m, dtype=bool),
        artists=("artist 0", "artist 1"),
        artist=rng.normal(size=(2, config.size)).astype(np.float16),
    )
    model.names_ = {n: f"Song {n}" for n in range(m)}
    return model


def after(*seeds: int) -> Query:
    return Query(STRANGER, rows(*seeds))


# --- what the network reads -----------------------------------------------------------


def test_gaps_by_hand() -> None:
    times = seconds(0, 100, 101, 101, 1_101, 50, 10**9)
    # unknown before, 1 s, the same second, 1,000 s (2⁹ to 2¹⁰), the clock went back, far ahead
    assert session_features.gap_kinds(times).tolist() == [
        0,
        0,
        1,
        1,
        10,
        0,
        session_features.GAPS - 1,
    ]


def test_a_slot_is_known_where_the_time_is() -> None:
    assert session_features.slot_kinds(seconds(0, 86_400 * 4)).tolist() == [
        0,
        1,
    ]  # a Monday, midnight


def test_long_sessions_are_cut_without_losing_a_step() -> None:
    plays = session_features.read(
        rows(*range(8), 20, 30, 31),
        seconds(0, 8, 9, 11),
        np.ones(11, dtype=bool),
        seconds(),
        longest=3,
    )
    found = [
        plays.items[a:b].tolist() for a, b in zip(plays.starts[:-1], plays.starts[1:], strict=True)
    ]
    assert found == [[0, 1, 2, 3], [3, 4, 5, 6], [6, 7], [30, 31]]


@given(st.lists(st.integers(0, 12), max_size=20), st.integers(2, 5))
def test_every_step_is_read_once(lengths: list[int], longest: int) -> None:
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    items = np.arange(starts[-1])
    plays = session_features.read(
        items, starts, np.ones(len(items), dtype=bool), seconds(), longest
    )
    size = plays.length
    assert ((size >= 2) & (size <= longest + 1)).all()
    steps = sum(max(n - 1, 0) for n in lengths)
    assert int((size - 1).sum()) == steps


def test_ten_thousand_plays_in_one_session_and_one_play_in_another() -> None:
    items = np.arange(10_001) % 50
    plays = session_features.read(
        items, seconds(0, 10_000, 10_001), np.ones(10_001, dtype=bool), seconds(), 50
    )
    assert len(plays) == 200
    assert plays.length.max() == 51


def test_a_batch_marks_what_comes_for_the_first_time() -> None:
    plays = session_features.read(
        rows(5, 6, 5, 7, 8), seconds(0, 3, 5), np.array([1, 0, 1, 1, 1], bool), seconds(), 9
    )
    found = session_features.batch(plays, np.array([0, 1]))
    assert found.items.tolist() == [[5, 6, 5], [7, 8, -1]]
    assert found.first.tolist() == [[True, True, False], [True, True, False]]
    assert found.skip.tolist() == [[0, 1, 0], [0, 0, 0]]


@given(st.integers(1, 40), st.integers(2, 60), st.integers(0, 9))
def test_groups_hold_every_session_once(n: int, most: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    length = rng.integers(2, 9, n)
    starts = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    plays = session_features.read(
        np.arange(starts[-1]), starts, np.ones(starts[-1], dtype=bool), seconds(), 9
    )
    found = list(session_features.groups(plays, np.arange(n), most, rng))
    assert sorted(np.concatenate(found).tolist()) == list(range(n))


# --- vectors to begin with ------------------------------------------------------------


def test_tracks_of_one_company_are_alike() -> None:
    items = np.array([0, 1, 2, 3, 4, 5] * 30)
    starts = np.arange(0, len(items) + 1, 3)
    vectors = item_vectors(items, starts, 7, 2, seed=0)
    alike = vectors @ vectors.T
    assert alike[0, 1] > 10 * abs(alike[0, 4])
    assert alike[3, 4] > 10 * abs(alike[3, 1])
    assert not vectors[6].any(), "nobody played it"


def test_vectors_of_nothing_are_nothing() -> None:
    assert not item_vectors(np.zeros(0, int), np.zeros(1, int), 1, 4, 0).any()
    assert item_vectors(np.zeros(0, int), np.zeros(1, int), 0, 4, 0).shape == (0, 4)


def test_new_items_are_carried_along() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(200, 3)).astype(np.float32)
    turned = vectors @ np.array([[0, 1, 0], [1, 0, 0], [0, 0, -1]], dtype=np.float32)
    there = np.arange(200) < 150
    found = carry_vectors(vectors, np.where(there[:, None], turned, 0), there)
    np.testing.assert_array_equal(found[there], turned[there])
    np.testing.assert_allclose(found[~there], turned[~there], atol=0.05)


# --- serving --------------------------------------------------------------------------


def test_scores_are_probabilities() -> None:
    scores = untrained().score(after(0, 3, 5))
    assert np.isnan(scores[10:]).all()
    assert float(np.nansum(scores)) == pytest.approx(1.0, abs=1e-5)


def test_a_session_of_unknown_tracks_has_no_opinion() -> None:
    model = untrained()
    assert np.isnan(model.score(after(10, 11))).all()
    assert np.isnan(model.score(Query(STRANGER, rows()))).all()
    assert model.reasons(after(10), 0) == []
    assert model.reasons(after(0), 11) == []


def test_the_order_counts_and_so_do_skips_times_and_the_hour() -> None:
    model = untrained()
    assert not np.allclose(model.score(after(1, 2))[:10], model.score(after(2, 1))[:10])

    def of(**changed: Any) -> Any:
        past = replace(STRANGER, recent=rows(1, 2), recent_heard=np.ones(2, dtype=bool))
        return model.score(Query(replace(past, **changed), rows()))[:10]

    plain = of()
    np.testing.assert_allclose(plain, model.score(after(1, 2))[:10])
    assert not np.allclose(plain, of(recent_heard=np.array([True, False])))
    timed = of(recent_at=seconds(1_000, 1_200))
    assert not np.allclose(plain, timed)
    assert not np.allclose(timed, of(recent_at=seconds(1_000, 900_000)))
    asked = model.score(Query(STRANGER, rows(1, 2), moment=7))[:10]
    assert not np.allclose(plain, asked)


def test_only_the_last_plays_are_seen() -> None:
    model = untrained(40)
    long = list(range(30))
    np.testing.assert_array_equal(
        model.score(after(*long)), model.score(after(*long[-SMALL.length :]))
    )


def test_a_reason_is_what_the_score_rests_on() -> None:
    """The play named is the one whose absence costs the track most; the ratio is right."""
    model = untrained()
    query = after(0, 4, 7)
    learned = model.learned_
    assert learned is not None
    track = int(np.nanargmax(model.score(query)))
    vectors = unit(learned.vectors.astype(np.float32))

    def odds(absent: Listed[bool]) -> float:
        shown = SessionInput(vectors[[0, 4, 7]], np.array([absent]), *(np.zeros((3, 3), dtype=int)))
        found = ahead(learned.arrays, SMALL, shown)
        copies = found.copies[0][np.array([0, 4, 7]) == track].sum()
        return float(found.pointed[0] @ (vectors[track] - vectors.mean(axis=0)) + copies)

    whole = odds([False] * 3)
    less = [whole - odds([place == hidden for place in range(3)]) for hidden in range(3)]
    reason = model.reasons(query, track)[0]
    if max(less) < np.log(transformer.TELLING):
        assert reason.seed is None
    else:
        assert reason.seed == (0, 4, 7)[int(np.argmax(less))]
        told = min(np.exp(max(less)), transformer.MUCH)
        assert f"{told:.1f}" in reason.text or f"{told:.0f}" in reason.text


def test_new_tracks_are_placed_by_their_artist() -> None:
    model = untrained()
    features = data_of([]).features  # 10 is of "Artist 1", 11 of "Artist 2", who has no vector
    learned = with_new(model.learned_, features)  # type: ignore[arg-type]
    assert learned.rows.tolist() == list(range(11))
    assert learned.played.tolist() == [True] * 10 + [False]
    np.testing.assert_array_equal(learned.vectors[10], learned.artist[1])


def test_content_says_what_is_known() -> None:
    features = data_of([]).features
    year = np.where(np.arange(12) == 0, 2020.0, np.nan).astype(np.float32)
    features = replace(features, year=year)
    found = content_of(features)
    assert found.shape == (12, CONTENT)
    assert found[0, 19] == pytest.approx(1.0)
    assert found[0, -1] == 1.0
    assert not found[1].any()


def test_without_torch_it_says_what_to_install_and_stays_silent(tmp_path: Path) -> None:
    model = Transformer().fit(data_of(CHAIN), no_progress)
    assert model.silent
    assert "requirements-deep.txt" in model.notes_[0]
    assert np.isnan(model.score(after(0))).all()
    model.save(tmp_path)
    assert Transformer.load(tmp_path, model.config).silent


def test_torch_is_imported_by_training_alone() -> None:
    code = "import sys, musicai, musicai.models; print('torch' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


def test_without_torch_an_update_keeps_what_is_learned() -> None:
    model = untrained()
    updated = model.update(data_of(CHAIN), no_progress)
    assert "requirements-deep.txt" in updated.notes_[0]
    before, now = model.score(after(0, 1)), updated.score(after(0, 1))
    assert np.isnan(before[10])
    assert now[10] > 0
    np.testing.assert_allclose(now[:10] / now[:10].sum(), before[:10], rtol=1e-4)


def test_it_is_read_back_as_it_was(tmp_path: Path) -> None:
    model = untrained()
    folder = tmp_path / "saved"
    folder.mkdir()
    model.save(folder)
    assert sorted(path.name for path in folder.iterdir()) == [
        "transformer.json",
        "transformer.npz",
    ]
    again = Transformer.load(folder, model.config)
    np.testing.assert_array_equal(model.score(after(2, 3)), again.score(after(2, 3)))
    assert json.loads((folder / "transformer.json").read_text())["artists"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": 15},
        {"layers": 0},
        {"dropout": 1.0},
        {"hide": -0.1},
        {"temperature": 0.0},
        {"recency": -1.0},
        {"most_plays": 0},
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(QueryError):
        TransformerConfig(**wrong)


# --- training, with torch -------------------------------------------------------------


@pytest.mark.deep
def test_the_numpy_pass_equals_torch() -> None:
    import torch

    from musicai.models.deep.transformer_torch import Input, TransformerNetwork

    torch.manual_seed(1)
    config = TransformerConfig(size=32, heads=4, layers=3, length=12)
    network = TransformerNetwork(20, 3, config).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.3)
    arrays = {name: value.numpy() for name, value in network.state_dict().items()}
    rng = np.random.default_rng(0)
    place = rng.integers(0, 20, 9)
    gap, slot, skip = rng.integers(0, 17, 9), rng.integers(0, 17, 9), rng.integers(0, 2, 9)
    absent = rng.random((5, 9)) < 0.3
    vectors = unit(rng.normal(size=(20, 32)).astype(np.float32))
    found = ahead(arrays, config, SessionInput(vectors[place], absent, gap, slot, skip))
    with torch.no_grad():
        given_ = Input(
            torch.from_numpy(np.tile(place, (5, 1))),
            torch.from_numpy(absent),
            *(torch.from_numpy(np.tile(one, (5, 1))) for one in (gap, slot, skip)),
        )
        table = torch.from_numpy(vectors)
        states = network.states(table, given_)
        scores = network.scores(states[:, -1], table, torch.zeros(20)).numpy()
        last = torch.full((5,), 8)
        copies = network.copies(states, torch.arange(5), last, given_.absent).numpy()
    np.testing.assert_allclose(found.pointed @ vectors.T, scores, atol=1e-4)
    np.testing.assert_allclose(found.copies, copies, atol=1e-4)


@pytest.mark.deep
def test_what_always_follows_comes_first() -> None:
    model = Transformer(SMALL).fit(data_of(CHAIN), no_progress)
    assert not model.notes_
    for row in range(10):
        scores = np.nan_to_num(model.score(after((row - 1) % 10, row)))
        assert int(np.argmax(scores)) == (row + 1) % 10


@pytest.mark.deep
def test_sampled_candidates_learn_the_same() -> None:
    few = replace(SMALL, negatives=3)
    model = Transformer(few).fit(data_of(CHAIN), no_progress)
    scores = np.nan_to_num(model.score(after(3, 4)))
    assert int(np.argmax(scores)) == 5


@pytest.mark.deep
def test_skipped_plays_are_never_foretold() -> None:
    """Between two tracks that always follow each other stands one that is always skipped."""
    played = [[n % 8, 9, (n + 1) % 8] for n in range(300)]
    skipped = [3 * n + 1 for n in range(300)]
    model = Transformer(SMALL).fit(data_of(played, skipped=skipped), no_progress)
    scores = np.nan_to_num(model.score(after(0)))
    assert scores[9] < 0.5 * scores[:8].mean()


@pytest.mark.deep
def test_equal_and_jumping_times_train_on() -> None:
    n = sum(map(len, CHAIN))
    rng = np.random.default_rng(0)
    for times in ([1_600_000_000] * n, rng.integers(-5, 2**40, n).tolist()):
        model = Transformer(replace(SMALL, epochs=1)).fit(data_of(CHAIN, times=times), no_progress)
        assert np.isfinite(model.score(after(0, 1))[:10]).all()


@pytest.mark.deep
@pytest.mark.parametrize("played", [[], [[1]], [[1], [2]], [[1, 2]], [[1, 1, 1]]])
def test_hardly_anything_to_learn_from(played: list[list[int]]) -> None:
    model = Transformer(SMALL).fit(data_of(played), no_progress)
    scores = model.score(after(1))
    if max(map(len, played), default=0) < 2:
        assert model.silent
        assert model.notes_
    else:
        assert np.isfinite(scores[1])


@pytest.mark.deep
def test_nan_ends_training_with_the_last_good_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    from musicai.models.deep import transformer_training

    real, calls = transformer_training._Training._loss, []

    def broken(self: Any, given_: Any) -> Any:
        loss = real(self, given_)
        calls.append(1)
        return loss * float("nan") if len(calls) > 60 else loss

    monkeypatch.setattr(transformer_training._Training, "_loss", broken)
    model = Transformer(SMALL).fit(data_of(CHAIN), no_progress)
    assert "NaN" in model.notes_[0]
    assert np.isfinite(model.score(after(0, 1))[:10]).all()


@pytest.mark.deep
def test_a_card_without_memory_gives_way_to_the_processor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import torch

    from musicai.models.deep import transformer_training

    real = transformer_training._Training.__init__

    def full(self: Any, *args: Any) -> None:
        if args[-1] == "cuda":
            raise torch.OutOfMemoryError("CUDA out of memory")
        real(self, *args)

    monkeypatch.setattr(transformer_training._Training, "__init__", full)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    model = Transformer(SMALL).fit(data_of(CHAIN), no_progress)
    assert "processor" in model.notes_[0]
    assert not model.silent


@pytest.mark.deep
def test_it_is_cancelled_between_two_steps() -> None:
    calls = []

    def enough(fraction: float, note: str = "") -> None:
        calls.append(fraction)
        if len(calls) > 20:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        Transformer(SMALL).fit(data_of(CHAIN), enough)
    assert calls == sorted(calls)


@pytest.mark.deep
def test_tracks_that_came_later_join_in_an_update() -> None:
    model = Transformer(SMALL).fit(data_of(CHAIN), no_progress)
    more = [*CHAIN, *([[9, 10, 11]] * 80)]
    updated = model.update(data_of(more), no_progress)
    scores = np.nan_to_num(updated.score(after(9, 10)))
    assert int(np.argmax(scores)) == 11
    still = np.nan_to_num(updated.score(after(2, 3)))
    assert int(np.argmax(still)) == 4


@pytest.mark.deep
def test_tracks_of_a_known_sound_are_placed_near_it() -> None:
    """A camp's unplayed twin, known by artist and sound alone, goes with the camp."""
    data = world().data
    model = Transformer(SMALL).fit(data, no_progress)
    unplayed = np.flatnonzero(~np.isin(np.arange(80), np.unique(data.sequences.tracks)))
    past: History = world().queries[0].history
    scores = model.score(Query(past, past.recent))
    assert np.isfinite(scores[unplayed]).all()
