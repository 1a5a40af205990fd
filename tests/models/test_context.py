"""The hour: slots of the week, and what is learned of them, by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks import context as benchmark
from musicai import data_processor as dp
from musicai.core.errors import QueryError
from musicai.core.progress import no_progress
from musicai.data import context
from musicai.data.arrays import Query
from musicai.data.library import IntArray, Library
from musicai.models.context import CEILING, Context, ContextConfig
from musicai.ranking.feedback import LatestFeedback, apply_feedback
from musicai.ranking.request import Request
from tests import worlds
from tests.component_contract import STRANGER, ComponentContract
from tests.pages import opened, run

NONE: IntArray = np.zeros(0, dtype=np.int32)


class TestContext(ComponentContract):
    component = Context
    floor = 0.1


# --- slots ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "slot"),
    [
        (datetime(2026, 11, 23, 0, 0, tzinfo=UTC), 0),  # a Monday
        (datetime(2026, 11, 23, 2, 59, tzinfo=UTC), 0),
        (datetime(2026, 11, 27, 23, 59, tzinfo=UTC), 7),  # Friday
        (datetime(2026, 11, 28, 0, 0, tzinfo=UTC), 8),  # Saturday
        (datetime(2026, 11, 29, 21, 0, tzinfo=UTC), 15),
        (datetime(1970, 1, 1, 3, 0, tzinfo=UTC), 1),  # a Thursday
    ],
)
def test_slots_of_the_week(when: datetime, slot: int) -> None:
    assert context.slot_of(when) == slot


def test_a_slot_in_the_listeners_own_hours() -> None:
    winter = datetime(2026, 1, 5, 12, tzinfo=UTC)
    summer = datetime(2026, 7, 6, 12, tzinfo=UTC)
    assert context.name_slot(6, "UTC", winter) == "weekdays, 18:00 to 21:00"
    assert context.name_slot(6, "Europe/Berlin", winter) == "weekdays, 19:00 to 22:00"
    assert context.name_slot(14, "Europe/Berlin", summer) == "weekends, 20:00 to 23:00"


# --- what is learned ------------------------------------------------------------------


def world() -> Any:
    """Jazz by one artist on weekday evenings, rock by another in the mornings; 60 plays each."""
    tracks = [
        {
            "track_id": f"t{n}",
            "name": f"Song {n}",
            "artists": "Evening" if n < 4 else "Morning" if n < 8 else f"New {n}",
            "genres": (
                "bebop" if n < 4 else "hard rock" if n < 8 else ["bebop", "hard rock", ""][n - 8]
            ),
            "in_catalogue": n >= 8,
            "own": n < 8,
        }
        for n in range(11)
    ]
    start = worlds.START
    plays = []
    for day in range(60):
        base = day * 24.0 - start.hour
        plays += [(day % 4, base + 19.0 + 24), (4 + day % 4, base + 8.0 + 24)]
    return worlds.library(tracks, plays)


def asked(slot: int | None) -> tuple[Context, Query]:
    library = world()
    features = dp.build_features(library)
    model = Context().fit(dp.build_training_data(library, features), no_progress)
    return model, Query(dp.build_history(library), NONE, moment=slot)


EVENING, MORNING, NIGHT = 6, 2, 0


def test_plays_are_counted_by_slot() -> None:
    past = dp.build_history(world())
    assert past.occasions["hour"].shape == (8, context.SLOTS)
    assert past.occasions["hour"].sum() == 120
    weekday = past.occasions["hour"][:, :8].sum(axis=0)
    assert weekday[EVENING] + weekday[MORNING] == weekday.sum()


def test_the_evening_lifts_what_is_played_in_the_evening() -> None:
    model, query = asked(EVENING)
    scores = model.score(query)
    assert scores[:4].min() > 0.3 > 0 > scores[4:8].max()
    assert scores[8] > 0 > scores[9], "a genre's hours hold for new tracks"
    assert np.isnan(scores[10]), "neither artist nor genre is known"
    other, query = asked(MORNING)
    assert other.score(query)[4:8].min() > 0 > other.score(query)[:4].max()
    assert np.abs(scores[~np.isnan(scores)]).max() <= CEILING


def test_by_hand() -> None:
    """One track of an artist: its share is drawn towards the artist's, that towards the genre's."""
    model, query = asked(EVENING)
    past = query.history
    here, all_ = (
        past.occasions["hour"][:, EVENING].astype(float),
        past.occasions["hour"].sum(axis=1).astype(float),
    )
    average = here.sum() / all_.sum()
    config = model.config
    genre = (here[:4].sum() + config.genre_plays * average) / (all_[:4].sum() + config.genre_plays)
    artist = (here[:4].sum() + config.artist_plays * genre) / (all_[:4].sum() + config.artist_plays)
    track = (here[0] + config.track_plays * artist) / (all_[0] + config.track_plays)
    assert model.score(query)[0] == pytest.approx(np.log(track / average), rel=1e-5)


def test_reasons_say_how_many_plays_fall_there() -> None:
    model, query = asked(EVENING)
    here, all_ = (
        query.history.occasions["hour"][0, EVENING],
        query.history.occasions["hour"][0].sum(),
    )
    (reason,) = model.reasons(query, 0)
    assert reason.text.startswith(
        f"{here} of your {all_} plays of it fall on this time on weekdays"
    )
    assert reason.seed == 0
    assert "no more at this time" in model.reasons(query, 4)[0].text
    (reason,) = model.reasons(query, 8)
    assert reason.feature == "genre"


def test_without_a_moment_or_enough_plays_there_is_no_opinion() -> None:
    model, query = asked(None)
    assert np.isnan(model.score(query)).all()
    assert model.reasons(query, 0) == []
    few = replace(query.history, occasions={"hour": query.history.occasions["hour"][:1] // 10})
    assert np.isnan(model.score(Query(replace(few), NONE, moment=EVENING))).all()
    assert np.isnan(model.score(Query(STRANGER, NONE, moment=EVENING))).all()


def test_hours_without_a_habit_say_next_to_nothing() -> None:
    rng = np.random.default_rng(1)
    tracks = [{"track_id": f"t{n}", "name": f"S {n}", "artists": f"A {n % 5}"} for n in range(20)]
    plays = [(int(rng.integers(20)), float(hour)) for hour in rng.uniform(0, 24 * 300, 3_000)]
    library = worlds.library(tracks, plays)
    features = dp.build_features(library)
    model = Context().fit(dp.build_training_data(library, features), no_progress)
    scores = model.score(Query(dp.build_history(library), NONE, moment=EVENING))
    assert np.quantile(np.abs(scores), 0.9) < 0.7
    assert np.abs(scores).mean() < 0.3


def test_verdicts_keep_the_hours_of_what_stays() -> None:
    past = dp.build_history(world())
    again = apply_feedback(past, LatestFeedback(disliked=np.array([0], dtype=np.int32)))
    assert again.rows.tolist() == past.rows[1:].tolist()
    np.testing.assert_array_equal(again.occasions["hour"], past.occasions["hour"][1:])


# --- other listeners ------------------------------------------------------------------


def among_others() -> tuple[Context, Query, Context]:
    """The owner of :func:`world`; others play New 10, of no genre, on weekday evenings alone.

    Returns:
        The component with the others, the owner's query for an evening, and it without them.
    """
    base = world()
    evenings = [(10, day * 24.0 - worlds.START.hour + 43.0) for day in range(60)]
    mornings = [(7, day * 24.0 - worlds.START.hour + 32.0) for day in range(60)]
    plays = [(*play, 180_000, False, 1) for play in 20 * sorted(evenings + mornings)]
    rows = pd.concat([base.plays, worlds.plays(plays)], ignore_index=True)
    rows = rows.sort_values("played_at", kind="stable", ignore_index=True)
    library = Library.validate(
        profile="p",
        invented=False,
        tracks=base.tracks,
        plays=rows,
        playlist_items=base.playlist_items,
        listeners=("you", "other"),
        fingerprint="test",
        train_on_api_rows=False,
    )
    features = dp.build_features(library)
    data = dp.build_training_data(library, features)
    alone = Context().fit(replace(data, occasions=dict), no_progress)
    query = Query(dp.build_history(library), NONE, moment=EVENING)
    return Context().fit(data, no_progress), query, alone


def test_others_say_when_a_track_is_played_that_the_owner_never_met() -> None:
    model, query, alone = among_others()
    assert np.isnan(alone.score(query)[10]), "neither artist nor genre is known"
    assert model.score(query)[10] > 0.3
    (reason,) = model.reasons(query, 10)
    assert "of other listeners' plays of it" in reason.text
    assert reason.feature == "listeners"


def test_own_plays_outweigh_those_of_others() -> None:
    """Others hear track 7 in the mornings too, so there is nothing that they change about it."""
    model, query, alone = among_others()
    assert model.score(query)[0] == pytest.approx(alone.score(query)[0], abs=0.35)
    assert model.score(query)[0] > 0.3
    assert "of your" in model.reasons(query, 0)[0].text


def test_others_by_hand() -> None:
    model, query, _ = among_others()
    config = model.config
    theirs = model.others_["hour"]
    here, all_ = theirs[10, EVENING], theirs[10].sum()
    average = theirs[:, EVENING].sum() / theirs.sum()
    artist = (here + config.others_plays * average) / (all_ + config.others_plays)
    lift = (here + config.others_plays * artist) / (all_ + config.others_plays) / average
    assert model.score(query)[10] == pytest.approx(min(np.log(lift), CEILING), rel=1e-5)


def test_too_few_plays_of_others_say_nothing() -> None:
    model, query, alone = among_others()
    few = {name: counts // 50 for name, counts in model.others_.items()}
    model.others_ = few
    np.testing.assert_array_equal(model.score(query), alone.score(query))


def test_others_survive_disk_and_another_vocabulary(tmp_path: Path) -> None:
    model, query, _ = among_others()
    expected = model.score(query)
    model.save(tmp_path)
    again = Context.load(tmp_path, model.config)
    np.testing.assert_array_equal(again.score(query), expected)
    rows = np.array([*range(11), -1], dtype=np.int32)
    moved = again.align(rows).score(Query(query.history, NONE, moment=EVENING))
    np.testing.assert_allclose(moved[:11], expected, rtol=1e-5)
    assert np.isnan(moved[11])


@pytest.mark.parametrize("moment", [-1, context.SLOTS])
def test_a_moment_that_is_none(moment: int) -> None:
    with pytest.raises(QueryError, match="moment"):
        Request(moment=moment)


@pytest.mark.parametrize(
    "config", [{"track_plays": 0}, {"artist_plays": -1}, {"genre_plays": 0}, {"fewest": 0}]
)
def test_settings_that_cannot_be(config: dict[str, Any]) -> None:
    with pytest.raises(QueryError):
        ContextConfig(**config)


# --- on the screen --------------------------------------------------------------------


def test_discover_lists_for_a_time_and_says_what_it_changed(with_sample: Path) -> None:
    app = opened("discover.py")
    when = app.selectbox(key="discover_when")
    assert when.value == "any"
    assert len(when.options) == 2 + context.SLOTS
    assert when.options[:2] == ["Any time", "Now"]
    assert not any("For week" in c.value for c in app.caption)
    assert any("waits until you choose a time" in c.value for c in app.caption)
    before = [b.key for b in app.button if (b.key or "").startswith("more_")]
    run(app.selectbox(key="discover_when").set_value("6"))
    assert not any("waits until you choose a time" in c.value for c in app.caption)
    told = next(c.value for c in app.caption if "For weekdays" in c.value)
    after = [b.key for b in app.button if (b.key or "").startswith("more_")]
    assert ("changed no track" in told) == (set(before) == set(after))
    run(app.slider(key="discover_w_context").set_value(1.0))
    told = next(c.value for c in app.caption if "For weekdays" in c.value)
    assert "are here because of it" in told
    run(app.slider(key="discover_w_context").set_value(0.0))
    assert any("changed no track of the list" in c.value for c in app.caption)


def test_without_plays_enough_no_time_is_offered(three_plays: Path) -> None:
    app = opened("discover.py")
    assert "discover_when" not in [box.key for box in app.selectbox]


def test_the_benchmark_measures_both_lists(capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmark.main(["--history", "absent.zip", "--json"]) == 2
    cut = pd.Timestamp(worlds.START) + pd.Timedelta(days=30)
    found = benchmark.sittings(world(), cut)
    assert all(len(targets) >= benchmark.FEWEST for _, targets in found)
