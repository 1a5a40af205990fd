"""Which names are one recording."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from musicai.data import text_keys
from musicai.data.text_keys import (
    artist_keys,
    first_artist,
    guests,
    name_id,
    normalise,
    recording_key,
    recording_keys,
    title_key,
)

SAME = [
    ("Here Comes The Sun - Remastered 2009", "Here Comes the Sun"),
    ("Heroes (2017 Remaster)", "“Heroes”"),
    ("Under Pressure - Remastered", "Under Pressure"),
    ("Señorita (feat. Camila)", "Senorita"),
    ("Stay (with Justin Bieber)", "Stay"),
    ("Get Lucky feat. Pharrell Williams", "Get Lucky"),
    ("Rock & Roll", "Rock and Roll"),
    ("Song - Mono", "Song"),
]

DIFFERENT = [
    ("Layla - Live", "Layla"),
    ("Layla (Acoustic)", "Layla"),
    ("One More Time - Remix", "One More Time"),
    ("Part 1", "Part 2"),
    ("東京", "大阪"),
    ("!!!", "???"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_one_recording(one: str, other: str) -> None:
    assert title_key(one) == title_key(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_two_recordings(one: str, other: str) -> None:
    assert title_key(one) != title_key(other)


def test_first_artist_and_ids() -> None:
    assert first_artist("Dan + Shay;Justin Bieber") == "Dan + Shay"
    assert name_id("Björk", "Jóga") == name_id("bjork;someone", "Joga")
    assert name_id("Björk", "Jóga") != name_id("Björk", "Hunter")
    assert name_id("a", "b").startswith("name:")


@given(st.text())
@example("𝓐")
@example("ΐ")
@example("¨")
def test_normalise_settles_and_never_loses_a_name(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert bool(once) == bool(text.strip())


@given(st.text(min_size=1), st.text(min_size=1))
def test_keys_hold_together(artist: str, title: str) -> None:
    assert recording_key(artist, title) == recording_key(artist, title)
    assert name_id(artist, title) == name_id(artist, title)


MARKED = st.lists(
    st.sampled_from(["a", " ", "(", "[", ")", "-", "–", "feat. ", "FT ", "Featuring ", "with b",
                     "Remaster", "2011", "Mono", "ſ", "İ"]), max_size=9,
).map("".join)  # fmt: skip


@given(MARKED | st.text(max_size=30))
@example("Aﬀeat. b")
@example("x FEAT. y")
def test_titles_that_need_no_pattern_are_told_rightly(title: str) -> None:
    """The short way for plain titles gives what the patterns would."""
    bare = text_keys._BRACKETED_GUEST.sub("", title)
    bare = text_keys._REISSUE.sub("", text_keys._TRAILING_GUEST.sub("", bare))
    assert title_key(title) == (normalise(bare) or normalise(title))


@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=12)), max_size=8))
def test_keys_of_many_are_those_of_each(rows: list[tuple[str, str]]) -> None:
    artists, names = [by for by, _ in rows], [name for _, name in rows]
    assert artist_keys(artists) == [normalise(first_artist(by)) for by in artists]
    assert recording_keys(artists, names) == [
        recording_key(by, name) if name else "" for by, name in rows
    ]


def test_guests_and_remixers_whom_a_title_names() -> None:
    for title, names in (
        ("One (feat. Ada & Bo)", ["Ada", "Bo"]),
        ("One ft. Ada", ["Ada"]),
        ("One (with Ada)", ["Ada"]),
        ("One feat. Ada - Cy Remix", ["Ada", "Cy"]),
        ("One - Cy Remix", ["Cy"]),
        ("One (Cy x Di Remix) [feat. Ada, Bo]", ["Ada", "Bo", "Cy", "Di"]),
        ("One - Radio Edit", []),
        ("With or Without You", []),
        ("Left Alone", []),
        ("", []),
    ):
        assert guests(title) == names, title
