"""Team-draft interleaving and credit, by hand and by properties."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicai.core.errors import QueryError
from musicai.data.feedback import VERDICTS
from musicai.training.experiments.interleaving import Interleaved, draft, interleave, judge

ranked = st.lists(st.integers(0, 14), unique=True, max_size=12)
coins = st.lists(st.booleans(), min_size=12, max_size=12)


# --- drafting -------------------------------------------------------------------------


def test_drafting_by_hand() -> None:
    """Round 1, a first: 1, 2. Round 2, b first: 3 (2 is taken), then a: 4 (2 and 3 are)."""
    found = draft([1, 2, 3, 4], [2, 3, 5, 6], 4, [True, False])
    assert found.tracks == (1, 2, 3, 4)
    assert found.teams == ("a", "b", "b", "a")
    assert found.team_of(2) == "b", "both hold it, b drafted it"
    assert found.team_of(9) is None
    assert json.loads(json.dumps(found.to_json())) == {
        "tracks": [1, 2, 3, 4],
        "teams": ["a", "b", "b", "a"],
    }


def test_a_shared_beginning_belongs_to_who_drafted_it() -> None:
    """The coin alone decides over x and y; each team has each of them equally often."""
    seen = {draft("xyp", "xyq", 2, [coin]).teams for coin in (True, False)}
    assert seen == {("a", "b"), ("b", "a")}
    assert {draft("xyp", "xyq", 2, [coin]).tracks for coin in (True, False)} == {("x", "y")}


def test_the_same_generator_gives_the_same_list_and_both_sides_of_the_coin() -> None:
    a, b = range(10), range(5, 15)
    lists = [interleave(a, b, 10, np.random.default_rng(4)) for _ in range(2)]
    assert lists[0] == lists[1]
    assert len(lists[0]) == 10
    random = np.random.default_rng(4)
    first = [interleave(a, b, 1, random).teams[0] for _ in range(400)]
    assert first.count("a") == pytest.approx(200, abs=40)


def test_rows_of_an_array_become_plain_numbers() -> None:
    rows = np.array([3, 1], dtype=np.int32)
    found = interleave(rows, rows, 2, np.random.default_rng(0))
    assert json.loads(json.dumps(found.to_json()))["tracks"] == [3, 1]


def test_a_list_that_has_nothing_left_ends_it() -> None:
    assert draft([1], [2, 3, 4], 4, [True, True]).tracks == (1, 2)
    assert draft([1], [2, 3, 4], 4, [True, False]).tracks == (1, 2, 3), "b was first"
    assert draft([], [2, 3], 4, [True]).tracks == ()
    assert len(draft([1], [1], 0, [True])) == 0
    with pytest.raises(QueryError, match="-1"):
        draft([1], [1], -1, [True])


@given(ranked, ranked, st.integers(0, 14), coins)
def test_no_track_twice_and_the_teams_take_turns(
    a: list[int], b: list[int], k: int, thrown: list[bool]
) -> None:
    found = draft(a, b, k, thrown)
    assert len(set(found.tracks)) == len(found) <= k
    for size in range(len(found) + 1):
        lead = found.teams[:size].count("a") - found.teams[:size].count("b")
        assert abs(lead) <= size % 2, "whole rounds are even"
    for ranking, team in ((a, "a"), (b, "b")):
        own = [t for t, drafted in zip(found.tracks, found.teams, strict=True) if drafted == team]
        assert own == sorted(own, key=ranking.index), "each team drafts in its own order"
    if k >= 2 and a and b:
        assert found.tracks[0] == (a if thrown[0] else b)[0]
        assert {a[0], b[0]} <= set(found.tracks[:2]), "the best of both"


@given(st.permutations(range(12)), st.permutations(range(12)), st.integers(0, 12), coins)
def test_full_lists_give_full_lists(a: list[int], b: list[int], k: int, thrown: list[bool]) -> None:
    assert len(draft(a[:k], b[:k], k, thrown)) == k


@given(ranked, ranked, st.integers(0, 14), coins)
def test_swapping_the_lists_and_the_coins_mirrors_the_draft(
    a: list[int], b: list[int], k: int, thrown: list[bool]
) -> None:
    one, other = draft(a, b, k, thrown), draft(b, a, k, [not coin for coin in thrown])
    assert one.tracks == other.tracks
    assert all(x != y for x, y in zip(one.teams, other.teams, strict=True))


def test_over_all_coins_swapping_the_lists_only_swaps_the_teams() -> None:
    a, b = [1, 2, 3, 4], [2, 5, 1, 6]
    sides = list(itertools.product((True, False), repeat=2))
    flip = {"a": "b", "b": "a"}
    plain = {(d.tracks, d.teams) for d in (draft(a, b, 4, c) for c in sides)}
    swapped = {
        (d.tracks, tuple(flip[team] for team in d.teams))
        for d in (draft(b, a, 4, c) for c in sides)
    }
    assert plain == swapped
    assert len(plain) > 1


# --- credit ---------------------------------------------------------------------------

SHOWN = Interleaved(("p", "q", "r", "s"), ("a", "b", "b", "a"))


@pytest.mark.parametrize(
    ("events", "credit"),
    [
        ([], (0, 0)),
        ([("p", "like")], (1, 0)),
        ([("q", "like")], (0, 1)),
        ([("p", "dislike")], (-1, 0)),
        ([("q", "never_artist")], (0, -1)),
        ([("p", "not_now"), ("q", "not_now")], (0, 0)),
        ([("p", "like"), ("s", "dislike")], (0, 0)),
        ([("p", "like"), ("q", "like"), ("r", "dislike")], (1, 0)),
        ([("p", "like"), ("p", "dislike")], (-1, 0)),
        ([("elsewhere", "like")], (0, 0)),
    ],
)
def test_credit_by_hand(events: list[tuple[str, str]], credit: tuple[int, int]) -> None:
    found = judge(SHOWN, events)
    assert (found.credit_a, found.credit_b) == credit
    assert found.outcome == np.sign(credit[0] - credit[1])
    assert found.to_json()["outcome"] == found.outcome


def test_only_what_was_on_the_screen_is_judged() -> None:
    assert judge(SHOWN, [("s", "like")], seen=3).outcome == 0
    assert judge(SHOWN, [("s", "like")], seen=4).outcome == 1


def test_an_unknown_verdict_is_said() -> None:
    with pytest.raises(QueryError, match="'love'"):
        judge(SHOWN, [("p", "love")])


@given(
    st.lists(st.tuples(st.sampled_from("pqrs"), st.sampled_from(VERDICTS)), max_size=8),
)
def test_swapping_the_teams_mirrors_the_outcome(events: list[tuple[str, str]]) -> None:
    mirrored = Interleaved(SHOWN.tracks, ("b", "a", "a", "b"))
    one, other = judge(SHOWN, events), judge(mirrored, events)
    assert (one.credit_a, one.credit_b) == (other.credit_b, other.credit_a)
    assert one.outcome == -other.outcome
