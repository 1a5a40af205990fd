"""Which names are one recording, on pairs labelled by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from musicai.data.feedback import MatchDecision
from musicai.library.matching import (
    RecordMatches,
    apply_decisions,
    can_match_lengths,
    find_similar_titles,
    find_versions,
    match_records,
    split_by_length,
)
from tests import worlds

SAME = [
    ("The Stranglers", "Golden Brown", "Golden Browne"),
    ("Queen", "Bohemian Rhapsody", "Bohemian Rapsody"),
    ("Nirvana", "Smells Like Teen Spirit", "Smells Like Teen Sprit"),
    ("Oasis", "Don't Look Back in Anger", "Dont Look Back In Anger"),
    ("Radiohead", "Paranoid Android", "Paranoid Andriod"),
    ("Björk", "Human Behaviour", "Human Behavior"),
    ("Led Zeppelin", "Stairway to Heaven", "Stairway To Heavan"),
    ("The Beatles", "While My Guitar Gently Weeps", "While My Guitar Gentley Weeps"),
    ("Daft Punk", "Harder, Better, Faster, Stronger", "Harder Better Faster Stronger"),
    ("Kraftwerk", "The Robots", "The Robots (feat. Nobody)"),
    ("Pink Floyd", "Comfortably Numb", "Comfortably Numb - Remastered 2011"),
    ("David Bowie", "Space Oddity", "Space Oddity - 2015 Remaster"),
    ("Fleetwood Mac", "Go Your Own Way", "Go Your Own Way (2004 Remaster)"),
    ("Simon & Garfunkel", "The Sound of Silence", "The Sounds of Silence"),
    ("Gorillaz", "Clint Eastwood", "Clint Eastwod"),
    ("Massive Attack", "Unfinished Sympathy", "Unfinished Sympahty"),
    ("Metallica", "Nothing Else Matters", "Nothing Else Maters"),
    ("Coldplay", "Viva La Vida", "Viva la Vidda"),
    ("R.E.M.", "Losing My Religion", "Loosing My Religion"),
    ("Tracy Chapman", "Talkin' Bout a Revolution", "Talkin Bout A Revolution"),
]
DIFFERENT = [
    ("Pink Floyd", "Another Brick in the Wall, Pt. 1", "Another Brick in the Wall, Pt. 2"),
    ("Nirvana", "Polly", "Polly - Live"),
    ("Radiohead", "Creep", "Creep - Acoustic"),
    ("Led Zeppelin", "Whole Lotta Love", "Whole Lotta Love (Remix)"),
    ("The Beatles", "Revolution 1", "Revolution 9"),
    ("The Beatles", "Help!", "Yesterday"),
    ("Queen", "We Will Rock You", "We Are the Champions"),
    ("Adele", "Someone Like You", "Someone Like Me"),
    ("Daft Punk", "Technologic", "Television Rules the Nation"),
    ("Bob Dylan", "Girl from the North Country", "Girl from the South Country"),
    ("Chopin", "Nocturne No. 1", "Nocturne No. 2"),
    ("Bach", "Prelude in C", "Prelude in D"),
    ("Beyoncé", "Halo", "Hello"),
    ("Oasis", "Wonderwall", "Wonderwall - Demo"),
    ("Portishead", "Roads", "Road"),
    ("Eminem", "Without Me", "Without You"),
    ("Adele", "Hello", "Hello - Karaoke"),
    ("Moby", "Porcelain", "Porcelain - Instrumental"),
    ("Blur", "Song 2", "Song 3"),
    ("Prince", "Kiss", "Kiss Me"),
]


def one(artist: str, name: str, **more: Any) -> dict[str, Any]:
    return {"track_id": f"{artist} {name}", "name": name, "artists": artist, **more}


def found(mine: dict[str, Any], theirs: dict[str, Any]) -> RecordMatches:
    own, other = worlds.source_tracks([mine]), worlds.source_tracks([theirs])
    return match_records(own, other)


@pytest.mark.parametrize(("artist", "mine", "theirs"), SAME)
def test_the_same_recording_is_found_or_asked_about(artist: str, mine: str, theirs: str) -> None:
    pairs = found(one(artist, mine), one(artist, theirs) | {"track_id": "other"})
    assert pairs.method[0] in ("name", "fuzzy") or len(pairs.doubts) == 1


@pytest.mark.parametrize(("artist", "mine", "theirs"), DIFFERENT)
def test_another_recording_is_never_taken(artist: str, mine: str, theirs: str) -> None:
    pairs = found(one(artist, mine), one(artist, theirs) | {"track_id": "other"})
    assert pairs.method == [""]


def test_most_of_the_same_need_no_question() -> None:
    sure = [found(one(a, m), one(a, t) | {"track_id": "other"}).method[0] for a, m, t in SAME]
    assert sum(bool(method) for method in sure) >= 16


def test_a_length_that_does_not_fit_is_a_doubt() -> None:
    near = found(
        one("A", "B", duration_ms=200_000), one("A", "B", duration_ms=205_000) | {"track_id": "x"}
    )
    far = found(
        one("A", "B", duration_ms=200_000), one("A", "B", duration_ms=400_000) | {"track_id": "x"}
    )
    assert near.method == ["name"]
    assert far.method == [""]
    assert far.doubts[0].why.endswith("differ by 200 s")


def test_of_several_releases_the_one_that_fits_is_taken() -> None:
    own = worlds.source_tracks([one("A", "B", duration_ms=200_000)])
    rows = [
        one("A", "B", duration_ms=400_000, **worlds.LOUD) | {"track_id": "long"},
        one("A", "B", duration_ms=201_000) | {"track_id": "fits"},
    ]
    assert match_records(own, worlds.source_tracks(rows)).partner.tolist() == [1]


def test_one_code_and_two_versions_is_a_doubt() -> None:
    code = {"isrc": "GBAYE8100053"}
    pairs = found(one("A", "B", **code), one("C", "B - Live", **code))
    assert pairs.method == [""]
    assert "versions differ" in pairs.doubts[0].why


def test_the_persons_word_comes_first() -> None:
    own = worlds.source_tracks([one("A", "B")])
    other = worlds.source_tracks([one("A", "B") | {"track_id": "x"}, one("C", "D")])
    no = MatchDecision.of("A B", "x", same=False)
    yes = MatchDecision.of("C D", "A B", same=True)
    assert match_records(own, other, [no]).method == [""]
    chosen = match_records(own, other, [yes])
    assert (chosen.partner.tolist(), chosen.method) == ([1], ["confirmed"])


def test_own_tracks_that_are_nearly_one_are_asked_about() -> None:
    own = worlds.source_tracks(
        [
            one("A", "Golden Brown"),
            one("A", "Golden Browne"),
            one("A", "Peaches"),
            one("B", "Golden Brown"),
        ]
    )
    doubts = list(find_similar_titles(own, np.arange(4, dtype=np.int32)))
    assert [(doubt.own, doubt.other) for doubt in doubts] == [(0, 1)]


def test_lengths_and_versions() -> None:
    assert can_match_lengths(200_000, 209_000)
    assert not can_match_lengths(200_000, 220_000)
    assert can_match_lengths(float("nan"), 1.0)
    assert find_versions("Song - Live at Wembley") == {"live"}
    assert find_versions("Song - Remastered 2011") == frozenset()
    assert find_versions("Alive") == frozenset()


def test_numbers_are_merged_through_others_and_split() -> None:
    numbers = np.array([0, 1, 2, 3, 0], dtype=np.int32)
    assert apply_decisions(numbers, [(0, 1), (1, 2)], [(0, 4)]).tolist() == [0, 0, 0, 1, 2]
    assert apply_decisions(numbers, []).tolist() == [0, 1, 2, 3, 0]


def test_what_the_person_told_apart_stays_apart_whatever_else_joins() -> None:
    numbers = np.array([0, 1, 2], dtype=np.int32)
    found = apply_decisions(numbers, [(0, 1), (1, 2)], [(0, 2)])
    assert found[0] != found[2]


def test_a_code_is_compared_without_hyphens_and_only_if_it_is_one() -> None:
    mine = one("A", "B", isrc="GB-AYE-81-00053")
    theirs = one("C", "D", isrc="gbaye8100053") | {"track_id": "other"}
    assert found(mine, theirs).method == ["isrc"]
    assert found(one("A", "B", isrc="0"), one("C", "D", isrc="0")).method == [""]


def test_an_artist_who_is_spelt_nearly_so_is_a_question() -> None:
    pairs = found(one("Radiohaed", "Creep"), one("Radiohead", "Creep"))
    assert pairs.method == [""]
    assert "spelt nearly so" in pairs.doubts[0].why


def test_one_name_and_two_lengths_are_two_recordings() -> None:
    length = np.array([200_000, 400_000, 205_000, np.nan, 405_000, 90_000])
    names = np.array([0, 0, 0, 0, 0, 1], dtype=np.int32)
    assert split_by_length(names, length).tolist() == [0, 1, 0, 0, 1, 2]
