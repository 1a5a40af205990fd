"""What was shown, and the experiments it was shown in, as the database keeps them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from musicai.core.errors import DataError, NotFound
from musicai.core.settings import Settings
from musicai.data.feedback import Impression
from musicai.store import Store, impressions


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with Store(settings) as opened:
        opened.create_profile("p")
        opened.create_profile("q")
        yield opened


def seen(track: str, at: int, **more: object) -> Impression:
    return Impression(track, at, 1, "mix", "v", **more)  # type: ignore[arg-type]


def test_lists_are_remembered_as_they_were_shown(store: Store) -> None:
    first = [seen("a", 5, propensity=0.25), seen("b", 5)]
    store.note_shown("p", first)
    store.note_shown("p", [seen("a", 9, experiment=3, team="b")])
    store.note_shown("q", [seen("z", 1)])
    store.note_shown("p", [])
    assert store.impressions("p")[:2] == first
    assert [one.shown_at for one in store.impressions("p", since=6)] == [9]
    assert [one.team for one in store.impressions("p", experiment=3)] == ["b"]


def test_the_oldest_go(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(impressions, "MOST_SHOWN", 3)
    for at in range(4):
        store.note_shown("p", [seen("a", at), seen("b", at)])
    store.note_shown("q", [seen("z", 1)])
    kept = [(one.track_id, one.shown_at) for one in store.impressions("p")]
    assert kept == [("b", 2), ("a", 3), ("b", 3)]
    assert len(store.impressions("q")) == 1


def test_one_experiment_at_a_time(store: Store) -> None:
    number = store.begin_experiment("p", {"version": "x"}, {"version": "y"})
    with pytest.raises(DataError, match="going on already"):
        store.begin_experiment("p", {"version": "x"}, {"version": "z"})
    store.begin_experiment("q", {"version": "x"}, {"version": "z"})
    running = store.running_experiment("p")
    assert running is not None
    assert (running.id, running.a, running.b) == (number, {"version": "x"}, {"version": "y"})
    store.end_experiment("p", number, {"winner": "a"})
    assert store.running_experiment("p") is None
    [ended] = store.experiments("p")
    assert ended.verdict == {"winner": "a"}
    assert ended.ended_at is not None
    with pytest.raises(NotFound, match="no experiment"):
        store.end_experiment("p", number, {})
    assert store.begin_experiment("p", {}, {}) > number


def test_a_deleted_profile_leaves_nothing(store: Store) -> None:
    store.note_shown("p", [seen("a", 1)])
    store.begin_experiment("p", {}, {})
    store.delete_profile("p")
    assert store.impressions("p") == []
    assert store.experiments("p") == []
