"""Blind lists become judgements: whose track was judged, and which list it is owed to."""

from __future__ import annotations

import numpy as np
import pytest

from musicai.core.errors import QueryError
from musicai.core.settings import Settings
from musicai.data.feedback import Feedback, Impression
from musicai.store import Store
from musicai.training.experiments.online import PLAYED_WITHIN, outcomes, plays_since, sides, so_far
from tests import worlds


def listed(at: int, tracks: str, teams: str) -> list[Impression]:
    return [
        Impression(track, at, rank, "mix", "", None, 1, team)
        for rank, (track, team) in enumerate(zip(tracks, teams, strict=True), 1)
    ]


def test_a_like_counts_for_the_team_that_drafted_the_track() -> None:
    shown = listed(10, "xy", "ab") + listed(20, "yz", "ab")
    assert outcomes(shown, [Feedback("x", "like", 12)]) == [1]
    assert outcomes(shown, [Feedback("y", "like", 12)]) == [-1]
    assert outcomes(shown, [Feedback("y", "like", 22)]) == [1], "the later list is owed it"
    assert outcomes(shown, [Feedback("y", "dislike", 22)]) == [-1]
    assert outcomes(shown, [Feedback("q", "like", 22), Feedback("x", "like", 5)]) == []


def test_one_list_is_one_judgement() -> None:
    shown = listed(10, "wxyz", "abab")
    said = [Feedback("w", "like", 11), Feedback("y", "like", 12), Feedback("z", "like", 13)]
    assert outcomes(shown, said) == [1]
    assert outcomes(shown, said[1:]) == [0]
    assert outcomes(shown, [Feedback("w", "not_now", 11)]) == [0]


def test_a_later_play_counts_and_a_verdict_goes_before_it() -> None:
    shown = listed(10, "xy", "ab")
    assert outcomes(shown, [], [("y", 15)]) == [-1]
    assert outcomes(shown, [], [("y", 10 + PLAYED_WITHIN + 1)]) == []
    assert outcomes(shown, [], [("y", 9)]) == []
    assert outcomes(shown, [Feedback("y", "dislike", 12)], [("y", 15)]) == [1]


def test_plays_are_the_owners_and_heard_out() -> None:
    library = worlds.library(
        [{"track_id": "a", "name": "A", "artists": "X"}, {"track_id": "b", "name": "B"}],
        [
            (0, 1.0, 200_000, False, 0),
            (1, 2.0, 2_000, True, 0),
            (1, 3.0, 200_000, False, 1),
            (1, 0.5, 200_000, False, 0),
        ],
        listeners=("you", "other"),
    )
    start = int(worlds.START.timestamp())
    assert plays_since(library, start) == [("b", start + 1800), ("a", start + 3600)]
    assert plays_since(library, start + 2000) == [("a", start + 3600)]


def test_two_equal_sides_are_refused() -> None:
    with pytest.raises(QueryError, match="same"):
        sides("v", "v")
    assert sides("v", "v", "", "Safe")[1] == {"version": "v", "preset": "Safe"}


def test_eight_lists_for_one_side_decide(settings: Settings) -> None:
    library = worlds.two_camps(4)
    with Store(settings) as store:
        store.create_profile("p")
        number = store.begin_experiment("p", *sides("v", "w"))
        running = store.running_experiment("p")
        assert running is not None
        for at in range(8):
            rows = listed(running.started_at + 10 * at, f"{at}x", "ab")
            shown = [Impression(**{**vars(one), "experiment": number}) for one in rows]
            store.note_shown("p", shown)
            assert so_far(store, "p", running, library).winner is None
            store.add_feedback("p", Feedback(str(at), "like", running.started_at + 10 * at + 1))
        found = so_far(store, "p", running, library)
    assert (found.wins, found.losses, found.winner) == (8, 0, "a")
    assert np.isclose(found.p_a_better, 1 - 2.0**-9)
