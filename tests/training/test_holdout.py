"""Cuts in time and units: nothing of the future gets in."""

from __future__ import annotations

import numpy as np
import pandas as pd

from musicai.data.frames import conform
from musicai.data.library import PLAYLIST_COLUMNS, Library
from musicai.training.evaluation.splits import (
    MAX_UNITS,
    events,
    listener_segments,
    make_units,
    temporal_split,
)
from tests import worlds

HOURS = np.timedelta64(1, "h")


def songs(n: int) -> list[dict[str, object]]:
    return [{"track_id": f"t{k}", "name": f"Song {k}", "artists": "A"} for k in range(n)]


def steady(n_plays: int, *, every: float = 1.0, listeners: int = 1) -> Library:
    """Listeners take turns; track k mod 10 at hour ``every``·k."""
    played = [(k % 10, k * every, 200_000, False, k % listeners) for k in range(n_plays)]
    names = [f"l{k}" for k in range(listeners)]
    return worlds.library(songs(10), played, listeners=names)


def test_events_are_completed_plays() -> None:
    played = [(0, 0, 200_000, False), (1, 1, 20_000, False), (2, 2, 200_000, True), (3, 3, 30_000)]
    found = events(worlds.library(songs(4), played))
    assert found["track"].tolist() == [0, 3]
    assert found["time"].tolist() == [worlds.START.timestamp(), worlds.START.timestamp() + 10_800]


def test_without_plays_dated_playlist_rows_are_the_events() -> None:
    items = worlds.playlist("mine", range(60))
    items.loc[3, "added_at"] = pd.NaT
    library = worlds.library(songs(60), items=conform(items, PLAYLIST_COLUMNS, "items"))
    assert len(events(library)) == 59
    cuts = temporal_split(library)
    assert cuts is not None
    units = make_units(library, cuts.test)
    assert units.kind == "day"
    later = library.playlist_items["added_at"] >= cuts.test
    targets = np.concatenate([unit.targets for unit in units.units])
    assert sorted(targets) == sorted(library.playlist_items.loc[later, "track"])
    assert not library.before(cuts.test).playlist_items["track"].isin(targets).any()


def test_the_cuts_keep_their_shares() -> None:
    library = steady(1_000)
    cuts = temporal_split(library, share=0.2)
    assert cuts is not None
    assert cuts.validation < cuts.test
    times = library.plays["played_at"]
    assert int((times >= cuts.test).sum()) == 200
    assert int(((times >= cuts.validation) & (times < cuts.test)).sum()) == 160


def test_too_little_is_none() -> None:
    assert temporal_split(worlds.library([])) is None
    assert temporal_split(steady(49)) is None
    assert temporal_split(steady(50)) is not None
    assert temporal_split(steady(100, every=0.0)) is None, "one moment cannot be cut"


def test_few_listeners_give_weeks_of_the_owner() -> None:
    """19 listeners are not enough; the others' plays are no targets."""
    library = steady(10_000, listeners=19)
    cuts = temporal_split(library)
    assert cuts is not None
    units = make_units(library, cuts.test)
    assert units.kind == "week"
    assert {unit.listener for unit in units.units} == {0}
    span = library.plays["played_at"].max() - cuts.test
    assert len(units) == span.days // 7 + 1


def test_few_weeks_become_days() -> None:
    library = steady(500)
    cuts = temporal_split(library)
    assert cuts is not None
    units = make_units(library, cuts.test)
    assert units.kind == "day"
    assert len(units) == 5, "100 hours"


def test_enough_listeners_are_the_units() -> None:
    library = steady(4_000, listeners=20)
    cuts = temporal_split(library)
    assert cuts is not None
    units = make_units(library, cuts.test)
    assert units.kind != "listener", "each listener has two tracks only, three are needed"
    played = [(k % 7, k * 0.5, 200_000, False, k % 20) for k in range(4_000)]
    library = worlds.library(songs(10), played, listeners=[f"l{k}" for k in range(20)])
    cuts = temporal_split(library)
    assert cuts is not None
    units = make_units(library, cuts.test)
    assert units.kind == "listener"
    assert [unit.listener for unit in units.units] == list(range(20))
    for unit in units.units:
        assert unit.targets.tolist() == sorted(set(unit.targets.tolist()))


def test_validation_units_end_where_the_test_begins() -> None:
    played = [(k // 10, float(k), 200_000, False) for k in range(1_000)]
    library = worlds.library(songs(100), played)
    cuts = temporal_split(library)
    assert cuts is not None
    validation = make_units(library, cuts.validation, until=cuts.test)
    test = make_units(library, cuts.test)
    chosen = {int(t) for unit in validation.units for t in unit.targets}
    held = {int(t) for unit in test.units for t in unit.targets}
    assert chosen
    assert held
    assert not chosen & held, "each track is played in one stretch only"
    assert max(chosen) < min(held)


def test_many_units_are_sampled_the_same_way_each_time() -> None:
    played = [(k % 10, k * 24.0, 200_000, False) for k in range(MAX_UNITS * 10)]
    library = worlds.library(songs(10), played)
    cut = worlds.START + 24 * HOURS
    first, again = (make_units(library, cut, limit=50, seed=4) for _ in range(2))
    assert len(first) == 50
    assert [u.targets.tolist() for u in first.units] == [u.targets.tolist() for u in again.units]
    other = make_units(library, cut, limit=50, seed=5)
    assert [u.targets.tolist() for u in first.units] != [u.targets.tolist() for u in other.units]
    assert len(make_units(library, cut)) == MAX_UNITS


def test_segments_count_full_plays_before_the_cut() -> None:
    """60 full plays and 600 skipped ones are a light listener; what follows does not count."""
    full = [(k % 10, float(k), 200_000, False, 0) for k in range(60)]
    skipped = [(k % 10, float(k) / 10, 200_000, True, 0) for k in range(600)]
    later = [(k % 10, 100.0 + k, 200_000, False, 1) for k in range(600)]
    played = [*full, *skipped, *later]
    library = worlds.library(songs(10), played, listeners=["you", "b", "c"])
    before = library.before(worlds.START + 100 * HOURS)
    assert listener_segments(before) == ("light", "new", "new")
    assert listener_segments(library) == ("light", "heavy", "new")


def test_no_targets_no_units() -> None:
    library = steady(100)
    late = library.plays["played_at"].max() + 1_000 * HOURS
    assert len(make_units(library, late)) == 0
