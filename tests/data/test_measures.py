"""Recordings of tracks, their other ids, and what was measured of them, in the store."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import pytest

from musicai.core.settings import Settings
from musicai.data.audio_descriptors import FEATURES, AudioDescriptor, combine_measures
from musicai.store import Store


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with Store(settings) as store:
        store.create_profile("p")
        store.create_profile("q")
        yield store


def measure(
    recording: str, feature: str = "bpm", value: float = 120.0, n: int = 1
) -> AudioDescriptor:
    part = FEATURES[feature].part
    return AudioDescriptor(recording, feature, value, "", n, 0.0, part, "2022-06-23")


def test_measures_come_back_as_they_were_kept(store: Store) -> None:
    word = replace(measure("m", "key_key"), value=math.nan, word="C#", spread=0.25, n=4)
    store.put_recordings("p", {"a": "m", "b": "m", "c": "other"})
    store.put_measures([measure("m"), word])
    told = store.measures("p")
    assert [(track, one.feature) for track, one in told] == [
        ("a", "bpm"), ("a", "key_key"), ("b", "bpm"), ("b", "key_key"),
    ]  # fmt: skip
    assert told[0][1] == measure("m")
    assert math.isnan(told[1][1].value)
    assert replace(told[1][1], value=0.0) == replace(word, value=0.0)
    assert [track for track, _ in store.measures("p", ["b", "x"])] == ["b", "b"]
    assert store.measures("q") == []
    assert store.list_measured_tracks("p") == {"bpm": ["a", "b"], "key_key": ["a", "b"]}


def test_a_later_measure_replaces_the_earlier_one(store: Store) -> None:
    store.put_recordings("p", {"a": "m"})
    store.put_measures([measure("m", value=60.0)])
    store.put_measures([measure("m", value=61.0, n=2)])
    assert store.measures("p") == [("a", measure("m", value=61.0, n=2))]


def test_a_merged_id_takes_everything_along(store: Store) -> None:
    store.put_recordings("p", {"a": "old", "b": "new"})
    store.put_aliases({"older": "old"})
    store.put_measures([measure("old"), measure("new", "danceability", 1.1)])
    store.put_aliases({"old": "new"})
    assert store.recordings("p") == {"a": "new", "b": "new"}
    assert store.list_wanted_recordings("p") == {"new": "new", "old": "new", "older": "new"}
    assert {one.feature for track, one in store.measures("p", ["a"])} == {"bpm", "danceability"}
    store.put_recordings("p", {"c": "older"})
    assert store.recordings("p")["c"] == "new"


def test_what_was_noted_can_stay(store: Store) -> None:
    store.put_recordings("p", {"a": "exact"})
    store.put_recordings("p", {"a": "by name", "b": "by name"}, replace=False)
    assert store.recordings("p") == {"a": "exact", "b": "by name"}


def test_what_no_profile_has_is_deleted(store: Store) -> None:
    store.put_recordings("p", {"a": "m", "b": "mine"})
    store.put_recordings("q", {"a": "m"})
    store.put_aliases({"my old": "mine"})
    store.put_measures([measure("m"), measure("mine")])
    store.keep_recordings("p", ["a"])
    assert store.recordings("p") == {"a": "m"}
    store.put_recordings("q", {"b": "mine"})
    assert [track for track, _ in store.measures("q")] == ["a"]
    assert store.list_wanted_recordings("q") == {"m": "m", "mine": "mine"}
    store.delete_profile("p")
    assert [track for track, _ in store.measures("q")] == ["a"]
    store.note_dump("q", "rhythm.csv", "s")
    store.delete_profile("q")
    store.create_profile("q")
    store.put_recordings("q", {"a": "m"})
    assert store.measures("q") == []
    assert store.dump_state("q", "rhythm.csv") == ""


def test_a_dump_is_known_by_its_state(store: Store) -> None:
    assert store.dump_state("p", "rhythm.csv") == ""
    store.note_dump("p", "rhythm.csv", "s")
    store.note_dump("p", "rhythm.csv", "t")
    assert store.dump_state("p", "rhythm.csv") == "t"


def test_archives_are_joined_by_their_submissions() -> None:
    values = [0.2, 0.4, 0.9]
    mean = sum(values) / 3
    spread = math.sqrt(sum((v - mean) ** 2 for v in values) / 3)
    one = AudioDescriptor("m", "happy", 0.3, "", 2, 0.1, "highlevel 1", "2022-06-23")
    two = AudioDescriptor("m", "happy", 0.9, "", 1, 0.0, "highlevel 2", "2022-07-01")
    sample = AudioDescriptor("m", "happy", 0.0, "", 9, 0.0, "highlevel sample", "")
    joined = combine_measures([sample, two, one])["m", "happy"]
    assert (joined.n, joined.dated) == (3, "2022-07-01")
    assert joined.value == pytest.approx(mean)
    assert joined.spread == pytest.approx(spread)
    assert combine_measures([sample])["m", "happy"] == sample
