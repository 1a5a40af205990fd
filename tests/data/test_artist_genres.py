"""The hand-written micro-genres of well-known artists."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from musicai.core.settings import PACKAGE_DATA
from musicai.data.genres import GENRES, artist_genres, genre_shares, genre_vector, top_genre
from musicai.data.text_keys import normalise

EXPECTED = {
    "pop": "Taylor Swift, Ed Sheeran, ABBA, BTS, YOASOBI, Shakira, Édith Piaf, Arijit Singh, "
    "Tarkan, Eros Ramazzotti, Helene Fischer",
    "rock": "Queen, Led Zeppelin, Pink Floyd, Metallica, AC/DC, Slayer, Chuck Berry",
    "hip-hop": "Eminem, Drake, 2Pac, Kendrick Lamar, MF DOOM, Stormzy, Bad Bunny, MC Solaar",
    "electronic": "Avicii, Daft Punk, Aphex Twin, Skrillex, Brian Eno, Armin van Buuren",
    "jazz": "Miles Davis, John Coltrane, Ella Fitzgerald, Louis Armstrong, João Gilberto",
    "classical": "Johann Sebastian Bach, Ludovico Einaudi, Hans Zimmer, Maria Callas, Ravi Shankar",
    "country": "Johnny Cash, Dolly Parton, Garth Brooks, Alison Krauss",
    "r&b": "Aretha Franklin, James Brown, Beyoncé, Frank Ocean, B.B. King, Bob Marley",
    "indie": "Bon Iver, Vampire Weekend, The National, Phoebe Bridgers",
    "alternative": "Radiohead, Nirvana, Joy Division, My Chemical Romance, Oasis",
}


@pytest.fixture(scope="module")
def rows() -> list[tuple[str, str]]:
    with (PACKAGE_DATA / "artist_genres.csv").open(encoding="utf-8", newline="") as file:
        return [(row["artist"], row["genres"]) for row in csv.DictReader(file)]


def test_there_are_many_sorted_by_name_and_each_once(rows: list[tuple[str, str]]) -> None:
    names = [artist for artist, _ in rows]
    assert len(names) >= 1_500
    assert names == sorted(names, key=lambda name: (name.casefold(), name))
    assert len({normalise(name) for name in names}) == len(names)
    assert all(name == name.strip() and name for name in names)


def test_every_label_maps(rows: list[tuple[str, str]]) -> None:
    for artist, genres in rows:
        labels = genres.split(";")
        assert 1 <= len(labels) <= 3, artist
        assert genres == genres.lower(), artist
        for label in labels:
            assert genre_shares(label), f"{artist}: {label}"
        assert np.isfinite(genre_vector(genres)).all(), artist


def test_every_genre_has_its_artists(rows: list[tuple[str, str]]) -> None:
    tops = [top_genre(genre_vector(genres)) for _, genres in rows]
    assert all(tops.count(genre) >= 50 for genre in GENRES)


@pytest.mark.parametrize(
    ("artist", "genre"),
    [(name.strip(), genre) for genre, names in EXPECTED.items() for name in names.split(",")],
)
def test_well_known_artists(artist: str, genre: str) -> None:
    assert top_genre(genre_vector(artist_genres()[normalise(artist)])) == genre


def test_found_by_normalised_name(rows: list[tuple[str, str]]) -> None:
    known = artist_genres()
    assert len(known) == len(rows)
    assert all(known[normalise(artist)] == genres for artist, genres in rows)
    assert known[normalise("beyonce")] == known[normalise("BEYONCÉ")]
