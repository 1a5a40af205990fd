"""Which names are one recording."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from musicai.matching import first_artist, guests, name_id, normalise, recording_key, title_key

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
