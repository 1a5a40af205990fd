"""Occasions beside the hour: seasons, places in a session, activities, and what they lift."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from musicai import data_processor as dp
from musicai.core.errors import QueryError
from musicai.core.progress import no_progress
from musicai.data import context
from musicai.data.arrays import Query
from musicai.data.context import ACTIVITIES, ACTIVITY, FEWEST_TRACKS, PLACE, SEASON
from musicai.data.library import Library
from musicai.models.context import CEILING, Context
from musicai.ranking.request import Request
from tests import worlds

NONE = np.zeros(0, dtype=np.int32)
DAY = 24.0
GYM, SUPPER = ACTIVITIES.index("workout"), ACTIVITIES.index("cooking")


def world() -> Library:
    """Tracks 0–5 are in “Gym ’24”, 6–11 in “Songs to cook to”, 12 in neither; 13 is new.

    The first are of rock and played in January, the others of jazz and played in July; each
    session of five plays begins with the same track. ``worlds.START`` is 1 January.
    """
    tracks = [
        {
            "track_id": f"t{n:02d}",
            "name": f"Song {n}",
            "artists": f"Artist {n}",
            "genres": "rock" if n < 6 or n == 13 else "jazz",
            "in_catalogue": True,
        }
        for n in range(14)
    ]
    plays = []
    for day in range(20):
        for half, months in ((0, 0), (1, 182)):
            first = 6 * half
            order = [first, *(first + 1 + (day + k) % 5 for k in range(4))]
            plays += [
                (track, (months + day) * DAY + place / 12) for place, track in enumerate(order)
            ]
    items = [
        *(("Gym ’24", track, place) for place, track in enumerate(range(6))),
        *(("Songs to cook to", track, place) for place, track in enumerate(range(6, 12))),
        ("Plain", 12, 0),
    ]
    frame = pd.DataFrame(items, columns=["playlist", "track", "position"])
    frame["added_at"] = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[s, UTC]")
    frame["api_born"] = False
    return worlds.library(tracks, plays, items=frame)


def asked(**occasion: int) -> tuple[Context, Query]:
    library = world()
    features = dp.build_features(library)
    model = Context().fit(dp.build_training_data(library, features), no_progress)
    return model, Query(dp.build_history(library), NONE, occasion=occasion)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Gym", ("workout",)),
        ("GYM 2024 💪", ("workout",)),
        ("Workout!!", ("workout",)),
        ("Road Trip", ("commute",)),
        ("Soirée & fête", ("party",)),
        ("Deep Focus / study", ("focus",)),
        ("Einschlafen", ("sleep",)),
        ("Songs to cook to", ("cooking",)),
        ("Cooking party", ("party", "cooking")),
        ("Training day in the kitchen", ("workout", "cooking")),
        ("Gymnopédies", ()),
        ("Autobahn", ()),
        ("", ()),
    ],
)
def test_names_say_what_a_playlist_is_for(name: str, found: tuple[str, ...]) -> None:
    assert context.activities_of(name) == found


def test_seasons_are_told_by_months() -> None:
    months = [1, 2, 3, 5, 6, 8, 9, 11, 12]
    found = [context.season_of(datetime(2024, month, 15, tzinfo=UTC)) for month in months]
    assert found == [0, 0, 1, 1, 2, 2, 3, 3, 0]


def test_plays_are_counted_by_season_and_place() -> None:
    past = dp.build_history(world())
    season, place = past.occasions[SEASON], past.occasions[PLACE]
    assert season.sum() == place.sum() == past.plays.sum() == 200
    assert season[:6, 0].sum() == 100
    assert season[6:12, 2].sum() == 100
    assert place[0].tolist() == [20, 0, 0], "the first track of each session"
    assert place[:, 0].sum() == 3 * 40
    assert place[:, 1].sum() == 2 * 40


def test_activities_are_counted_by_playlist() -> None:
    past = dp.build_history(world())
    kept = past.occasions[ACTIVITY]
    assert (kept[:6, GYM] == past.plays[:6]).all()
    assert (kept[6:12, SUPPER] == past.plays[6:12]).all()
    assert kept[12].sum() == 0, "in no playlist of an activity, and never played"
    assert context.list_known_activities(kept) == ("workout", "cooking")
    few = kept.copy()
    few[FEWEST_TRACKS - 1 : 6, GYM] = 0
    assert context.list_known_activities(few) == ("cooking",)


def test_an_activity_is_inferred_from_the_last_session() -> None:
    past = dp.build_history(world())
    kept = np.tile(past.occasions[ACTIVITY], (4, 1))
    kept[len(past.rows) :] = 0  # a larger library, most of it for nothing
    rows = np.arange(len(kept), dtype=np.int32)
    assert context.infer_activity(kept, rows, np.array([1, 2, 3], dtype=np.int32)) == "workout"
    assert context.infer_activity(kept, rows, np.array([7, 20, 21, 22], dtype=np.int32)) is None
    assert context.infer_activity(kept, rows, NONE) is None
    assert context.infer_activity(kept[:0], NONE, NONE) is None


@pytest.mark.parametrize(
    ("occasion", "kind", "lifted", "lowered"),
    [
        (SEASON, 0, range(6), range(6, 12)),
        (SEASON, 2, range(6, 12), range(6)),
        (PLACE, 0, (0, 6), (1, 7)),
        (ACTIVITY, GYM, range(6), range(6, 12)),
        (ACTIVITY, SUPPER, range(6, 12), range(6)),
    ],
)
def test_an_occasion_lifts_what_is_played_on_it(
    occasion: str, kind: int, lifted: range, lowered: range
) -> None:
    model, query = asked(**{occasion: kind})
    scores = model.score(query)
    assert scores[list(lifted)].min() > max(0.0, float(scores[list(lowered)].max()))


def test_a_new_track_goes_with_its_genre() -> None:
    model, query = asked(activity=GYM)
    assert model.score(query)[13] > 0
    model, query = asked(activity=SUPPER)
    assert model.score(query)[13] < 0


def test_occasions_add_up() -> None:
    model, both = asked(season=0, place=0)
    one, other = (model.score(replace(both, occasion={k: 0})) for k in (SEASON, PLACE))
    expected = np.clip(one + other, -CEILING, CEILING)
    np.testing.assert_allclose(model.score(both), expected, rtol=1e-5)
    strengths = [reason.strength for reason in model.reasons(both, 0)]
    assert strengths == sorted([float(one[0]), float(other[0])], reverse=True)


def test_reasons_count_what_they_say() -> None:
    model, query = asked(season=0)
    assert (
        "20 of your 20 plays of it fall on the months December" in model.reasons(query, 0)[0].text
    )
    model, query = asked(place=0)
    assert "come at the start of a session" in model.reasons(query, 0)[0].text
    model, query = asked(activity=GYM)
    assert model.reasons(query, 0)[0].text == "your playlists for workout hold it"
    assert "no more for workout" in model.reasons(query, 7)[0].text


def test_the_next_play_has_a_place() -> None:
    library = world()
    last = int(library.plays["played_at"].iloc[-1].timestamp())
    assert context.session_place(library.plays, last + 300) == 1, "five plays are behind it"
    assert context.session_place(library.plays, last + 86_400) == 0
    assert context.session_place(library.plays.iloc[:0], last) == 0


@pytest.mark.parametrize("occasion", [{"weather": 0}, {"season": 4}, {"activity": -1}])
def test_an_occasion_that_is_none(occasion: dict[str, int]) -> None:
    with pytest.raises(QueryError):
        Request(occasion=occasion)
    assert Request(occasion={"season": 1}).key() != Request(occasion={"season": 2}).key()
