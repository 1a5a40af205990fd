"""Micro-genres onto the 10 genres."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicai.data.genres import (
    GENRE_LABELS,
    GENRES,
    genre_matrix,
    genre_shares,
    genre_vector,
    top_genre,
)

EXPECTED = {
    "pop": "pop, dance pop, k-pop, swedish pop, synthpop, latin pop, schlager, chanson, mandopop, "
    "teen pop, bollywood, italian pop",
    "rock": "rock, hard rock, thrash metal, classic rock, punk, garage rock, death metal, "
    "blues rock, progressive rock, metalcore, hardcore, finnish metal",
    "hip-hop": "hip hop, rap, trap, gangster rap, boom bap, drill, grime, conscious hip hop, "
    "southern hip hop, crunk, jazz rap, cloud rap",
    "electronic": "edm, house, techno, ambient, drum and bass, dubstep, idm, trance, "
    "deep house, downtempo, trip hop, brostep",
    "jazz": "jazz, bebop, cool jazz, swing, hard bop, big band, vocal jazz, nu jazz, "
    "jazz fusion, bossa nova",
    "classical": "classical, baroque, opera, orchestra, romantic era, soundtrack, choral, "
    "classical piano, string quartet, early music",
    "country": "country, outlaw country, bluegrass, americana, honky tonk, nashville sound, "
    "alt-country, western swing",
    "r&b": "r&b, soul, neo soul, funk, motown, gospel, contemporary r&b, blues, quiet storm",
    "indie": "indie pop, indie folk, indie rock, dream pop, bedroom pop, chamber pop, lo-fi, folk",
    "alternative": "alternative rock, grunge, post-punk, emo, new wave, gothic rock, shoegaze, "
    "industrial",
}


@pytest.mark.parametrize(
    ("micro", "genre"),
    [(micro, genre) for genre, line in EXPECTED.items() for micro in line.split(", ")],
)
def test_the_main_genre_is_the_one_a_listener_would_name(micro: str, genre: str) -> None:
    shares = genre_shares(micro)
    # shared firsts ("indie rock", "synthpop") may go either way
    assert shares.get(genre, 0.0) >= 0.4, shares


@pytest.mark.parametrize("micro", ["comedy", "asmr", "reading", "", "qzx", "nature sounds"])
def test_what_is_no_music_genre_is_not_guessed(micro: str) -> None:
    assert genre_shares(micro) == {}


def test_a_label_between_two_belongs_to_both() -> None:
    assert set(genre_shares("jazz rap")) == {"hip-hop", "jazz"}
    assert set(genre_shares("country rock")) == {"country", "rock"}
    assert set(genre_shares("indie pop")) >= {"indie", "pop"}


@given(st.text(max_size=60))
def test_shares_sum_to_one_or_are_absent(micro: str) -> None:
    shares = genre_shares(micro)
    assert set(shares) <= set(GENRES)
    assert not shares or sum(shares.values()) == pytest.approx(1.0)


def test_a_vector_is_membership() -> None:
    vector = genre_vector("bebop;hard bop")
    assert vector[GENRES.index("jazz")] == pytest.approx(1.0)
    assert top_genre(vector) == "jazz"
    assert np.isnan(genre_vector("comedy")).all()
    assert top_genre(genre_vector("")) is None
    mixed = genre_vector("bebop;techno")
    assert mixed[GENRES.index("jazz")] == mixed[GENRES.index("electronic")] >= 0.5


def test_the_matrix_is_the_vectors() -> None:
    labels = ["bebop", "", "techno;house", "comedy", "bebop"]
    matrix = genre_matrix(pd.Series(labels, dtype="str"))
    assert matrix.shape == (5, 10)
    assert matrix.dtype == np.float32
    np.testing.assert_array_equal(matrix, np.stack([genre_vector(label) for label in labels]))
    assert genre_matrix(pd.Series([], dtype="str")).shape == (0, 10)


def test_every_genre_has_a_label() -> None:
    assert tuple(GENRE_LABELS) == GENRES


def test_most_of_spotifys_names_are_mapped(shared: Path) -> None:
    names = pd.read_csv(shared / "tracks" / "genres" / "data_by_genres.csv")["genres"]
    mapped = np.mean([bool(genre_shares(name)) for name in names])
    assert mapped >= 0.85
