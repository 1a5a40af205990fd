"""Filters of Discover: what passes, what is told, and the second step on the familiar dial."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicai import data_processor as dp
from musicai.ai_model import MusicAI
from musicai.core.errors import NoCandidates, QueryError
from musicai.core.settings import Settings
from musicai.data.frames import conform
from musicai.data.genres import GENRES
from musicai.data.library import LINK_COLUMNS, Library
from musicai.ranking import rerank
from musicai.ranking.candidates import Candidates
from musicai.ranking.request import Filters, Request, Tuning
from tests import worlds

ALL = Tuning(n_recommendations=1_000, artist_cap=1_000)


def library() -> Library:
    """60 tracks never played in two catalogues, of the years 1980 to 2009 and of none."""
    made = worlds.two_camps(40, catalogue=60, listeners=30)
    tracks = made.tracks.copy()
    number = np.arange(len(tracks))
    tracks["year"] = np.where(number % 4 == 3, np.nan, 1980.0 + number % 30).astype(np.float32)
    origin = tracks["origin"].astype(object)
    origin[(number >= 40) & (number % 3 == 0)] = "Another"
    tracks["origin"] = origin.astype("category")
    links = pd.DataFrame(
        [
            ("t040", "fresh release", "Loud artist 0", "", 1.0),
            ("t042", "similar artist", "Loud artist 0", "Near", 0.5),
            ("t044", "similar artist", "Loud artist 0", "Near", 0.5),
            ("t044", "similar artist", "Loud artist 0", "", 0.5),
        ],
        columns=list(LINK_COLUMNS),
    )
    return replace(made, tracks=tracks, links=conform(links, LINK_COLUMNS, "links"))


LIBRARY = library()
CANDIDATES = Candidates(LIBRARY, dp.build_features(LIBRARY))
NEW = CANDIDATES.rows(LIBRARY.tracks["own"].to_numpy(dtype=bool), "discover")


@pytest.fixture
def ai(settings: Settings) -> MusicAI:
    return MusicAI(settings=settings, library=LIBRARY)


@given(
    st.builds(
        Filters,
        origins=st.lists(st.sampled_from(["A catalogue", "Another"]), unique=True).map(tuple),
        years=st.none()
        | st.tuples(st.integers(1970, 2020), st.integers(1970, 2020)).map(
            lambda pair: (min(pair), max(pair))
        ),
        only_genres=st.lists(st.sampled_from(GENRES), unique=True, max_size=3).map(tuple),
        fresh=st.booleans(),
    )
)
def test_what_passes_is_part_of_all_and_each_filter_holds(filters: Filters) -> None:
    rows = CANDIDATES.apply_filters(NEW, filters)
    assert set(rows) <= set(NEW)
    tracks = LIBRARY.tracks.iloc[rows]
    if filters.origins:
        assert tracks["origin"].isin(filters.origins).all()
    if filters.years:
        assert tracks["year"].between(*filters.years).all()
    if filters.fresh:
        assert set(tracks["track_id"]) <= {"t040"}
    # nothing that fits is lost: the filters one after another give the same
    one_by_one = NEW
    for name in ("origins", "years", "only_genres", "fresh"):
        alone = replace(Filters(), **{name: getattr(filters, name)})
        if alone.origins and not set(alone.origins) <= set(CANDIDATES.origins(one_by_one)):
            return
        one_by_one = CANDIDATES.apply_filters(one_by_one, alone)
    np.testing.assert_array_equal(rows, one_by_one)


def test_counts_by_hand() -> None:
    assert len(CANDIDATES.apply_filters(NEW, Filters(origins=("Another",)))) == 20
    assert len(CANDIDATES.apply_filters(NEW, Filters(only_genres=("rock",)))) == 30
    # rows 40…99: those of year 1990 are 40, 70 and 100; 40 % 4 and 70 % 4 are not 3
    assert list(CANDIDATES.apply_filters(NEW, Filters(years=(1990, 1990)))) == [40, 70]
    assert CANDIDATES.origins(NEW) == {"A catalogue": 40, "Another": 20}
    assert CANDIDATES.years(NEW) == (1980, 2009)


def test_no_filter_changes_nothing(ai: MusicAI) -> None:
    plain = ai.rank(ai.score(Request(mode="discover")), Tuning())
    off = ai.get_hybrid_recommendations(mode="discover", filters=Filters())
    assert plain == off
    assert plain.origins == {"A catalogue": 40, "Another": 20}


def test_the_list_keeps_to_the_filters_and_says_what_it_chose_from(ai: MusicAI) -> None:
    found = ai.get_hybrid_recommendations(
        mode="discover", filters=Filters(origins=("Another",), years=(1980, 1999))
    )
    assert len(found)
    years = LIBRARY.tracks["year"].to_numpy()[[item.track for item in found]]
    assert ((years >= 1980) & (years <= 1999)).all()
    assert {item.origin for item in found} == {"Another"}
    assert list(found.origins) == ["Another"]
    assert "whose year is not known" in " ".join(found.notes)


def test_what_leaves_nothing_is_told_with_the_filter_to_lift(ai: MusicAI) -> None:
    with pytest.raises(NoCandidates, match="Lift the years"):
        ai.score(Request(mode="discover", filters=Filters(years=(1900, 1910))))
    with pytest.raises(NoCandidates, match="Lift several"):
        ai.score(
            Request(mode="discover", filters=Filters(years=(1900, 1910), only_genres=("jazz",)))
        )
    with pytest.raises(QueryError, match=r"'Nowhere'.*A catalogue, Another"):
        ai.score(Request(mode="discover", filters=Filters(origins=("Nowhere",))))


def test_what_cannot_be_meant_is_refused() -> None:
    with pytest.raises(QueryError, match="no span"):
        Filters(years=(2000, 1990))
    with pytest.raises(QueryError, match="no genre 'polka'"):
        Filters(only_genres=("polka",))


def test_fresh_releases_alone(ai: MusicAI) -> None:
    found = ai.rank(ai.score(Request(mode="discover", filters=Filters(fresh=True))), Tuning())
    assert [item.track_id for item in found] == ["t040"]
    assert ai.has_fresh("discover")
    assert not ai.has_fresh("rediscover")


def test_a_filter_chooses_and_does_not_change_scores(ai: MusicAI) -> None:
    whole = ai.rank(ai.score(Request(mode="discover")), ALL)
    some = ai.rank(ai.score(Request(mode="discover", filters=Filters(origins=("Another",)))), ALL)
    parts = {item.track_id: item.contributions for item in whole}
    assert len(some)
    for item in some:
        assert item.contributions == pytest.approx(parts[item.track_id], abs=1e-6)


# --- one step further -----------------------------------------------------------------


def test_only_what_is_not_nearer_is_one_step_further() -> None:
    assert list(np.flatnonzero(CANDIDATES.further)) == [42]


def test_a_second_step_is_more_obscure_but_no_more_than_the_most_obscure() -> None:
    obscurity = np.array([-1.0, 0.0, 0.8], dtype=np.float32)
    further = np.array([True, False, True])
    np.testing.assert_allclose(rerank.shift_obscurity(obscurity, further), [-0.5, 0.0, 1.0])


def test_the_dial_moves_a_second_step_and_the_parts_still_add_up(
    ai: MusicAI, settings: Settings
) -> None:
    without = MusicAI(settings=settings, library=replace(LIBRARY, links=LIBRARY.links.iloc[:0]))
    request = Request(mode="discover")

    def part(model: MusicAI, novelty: float) -> float:
        found = model.rank(model.score(request), replace(ALL, novelty=novelty))
        (item,) = [one for one in found if one.track_id == "t042"]
        assert item.score == pytest.approx(sum(item.contributions.values()), abs=1e-6)
        return item.contributions["novelty"]

    moved = part(ai, 1.0) - part(without, 1.0)
    assert moved == pytest.approx(rerank.NOVELTY_WEIGHT * rerank.FURTHER, abs=1e-6)
    assert part(ai, -1.0) - part(without, -1.0) == pytest.approx(-moved, abs=1e-6)
