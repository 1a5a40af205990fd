"""How the invented genres sound: audio features, micro-genres, moods and eras."""

from __future__ import annotations

import numpy as np

GENRES = (
    "pop", "rock", "hip-hop", "electronic", "jazz",
    "classical", "country", "r&b", "indie", "alternative",
)  # fmt: skip
"""The ten genres; the order is used as their number."""

FEATURES = (
    "danceability", "energy", "loudness", "speechiness", "acousticness",
    "instrumentalness", "liveness", "valence", "tempo",
)  # fmt: skip
"""Order of the columns of every table of sounds here."""

SOUND: dict[str, tuple[float, ...]] = {
    "pop": (0.66, 0.68, -6.2, 0.07, 0.20, 0.02, 0.17, 0.54, 118.0),
    "rock": (0.51, 0.74, -7.3, 0.06, 0.15, 0.08, 0.21, 0.52, 125.0),
    "hip-hop": (0.73, 0.63, -6.9, 0.22, 0.19, 0.04, 0.20, 0.50, 108.0),
    "electronic": (0.66, 0.69, -7.9, 0.07, 0.13, 0.55, 0.16, 0.38, 123.0),
    "jazz": (0.52, 0.36, -13.2, 0.05, 0.68, 0.42, 0.19, 0.47, 112.0),
    "classical": (0.30, 0.19, -20.5, 0.04, 0.92, 0.76, 0.14, 0.22, 101.0),
    "country": (0.57, 0.58, -7.6, 0.04, 0.38, 0.02, 0.17, 0.56, 122.0),
    "r&b": (0.67, 0.54, -7.9, 0.09, 0.30, 0.03, 0.16, 0.50, 109.0),
    "indie": (0.54, 0.55, -8.6, 0.05, 0.38, 0.15, 0.16, 0.46, 119.0),
    "alternative": (0.52, 0.72, -7.2, 0.06, 0.14, 0.12, 0.20, 0.41, 126.0),
}
"""Typical values by genre, in the order of ``FEATURES``."""

SPREAD = np.array([0.13, 0.15, 1.6, 0.05, 0.18, 0.16, 0.11, 0.17, 19.0])
"""Spread around the typical values; artist and chance each take a part of it."""

MOODS: tuple[dict[str, float], ...] = (
    {"energy": 0.14, "valence": 0.06, "tempo": 8.0, "danceability": 0.03},
    {"energy": -0.16, "acousticness": 0.08, "tempo": -8.0},
    {"valence": 0.2, "danceability": 0.06, "energy": 0.05},
    {"valence": -0.18, "energy": -0.08, "acousticness": 0.06},
    {"danceability": 0.12, "energy": 0.09, "valence": 0.1},
    {"instrumentalness": 0.14, "speechiness": -0.02, "energy": -0.1, "valence": -0.04},
    {"acousticness": 0.12, "energy": -0.1, "valence": 0.05, "danceability": 0.02},
    {},
)
"""What a track's own mood adds; one of these is drawn for each track."""

MICRO: dict[str, tuple[str, ...]] = {
    "pop": (
        "pop", "dance pop", "electropop", "synthpop", "art pop", "bedroom pop", "indie pop",
        "europop", "power pop", "acoustic pop", "teen pop", "post-teen pop",
    ),
    "rock": (
        "rock", "classic rock", "hard rock", "blues rock", "garage rock", "southern rock",
        "psychedelic rock", "heartland rock", "soft rock", "glam rock", "stoner rock", "roots rock",
    ),
    "hip-hop": (
        "hip hop", "rap", "boom bap", "alternative hip hop", "conscious hip hop", "trap",
        "jazz rap", "underground hip hop", "southern hip hop", "lo-fi beats", "drill", "cloud rap",
    ),
    "electronic": (
        "deep house", "house", "techno", "electronica", "ambient", "downtempo", "tech house",
        "drum and bass", "minimal techno", "trip hop", "future garage", "progressive house",
        "chillwave", "dubstep",
    ),
    "jazz": (
        "jazz", "bebop", "hard bop", "cool jazz", "vocal jazz", "jazz trio", "jazz fusion",
        "nu jazz", "soul jazz", "contemporary jazz", "latin jazz", "swing", "jazz piano",
    ),
    "classical": (
        "classical", "neo-classical", "romantic era", "classical piano", "minimalism", "baroque",
        "string quartet", "impressionism", "compositional ambient", "choral", "chamber ensemble",
    ),
    "country": (
        "country", "outlaw country", "contemporary country", "country road", "alt-country",
        "americana", "bluegrass", "honky tonk", "country rock", "texas country", "red dirt",
        "nashville sound",
    ),
    "r&b": (
        "r&b", "neo soul", "soul", "alternative r&b", "contemporary r&b", "quiet storm", "funk",
        "indie soul", "motown", "new jack swing", "urban contemporary",
    ),
    "indie": (
        "indie rock", "indie folk", "indie pop", "chamber pop", "lo-fi indie", "dream pop",
        "slowcore", "jangle pop", "shoegaze", "stomp and holler", "chamber folk", "freak folk",
    ),
    "alternative": (
        "alternative rock", "post-punk", "modern rock", "grunge", "art rock", "post-rock",
        "new wave", "emo", "noise rock", "gothic rock", "alternative metal", "dance-punk",
    ),
}  # fmt: skip
"""Micro-genres by genre, the commoner ones first."""

MICRO_SHIFT: dict[str, dict[str, float]] = {
    "ambient": {
        "energy": -0.38,
        "danceability": -0.3,
        "acousticness": 0.4,
        "instrumentalness": 0.3,
    },
    "downtempo": {"energy": -0.18, "tempo": -18.0, "acousticness": 0.12},
    "trip hop": {"energy": -0.14, "tempo": -20.0, "instrumentalness": -0.15},
    "drum and bass": {"energy": 0.16, "tempo": 48.0, "danceability": -0.08},
    "dubstep": {"energy": 0.12, "tempo": 17.0, "danceability": -0.08},
    "techno": {"energy": 0.1, "instrumentalness": 0.18, "valence": -0.1, "tempo": 6.0},
    "deep house": {"danceability": 0.08, "valence": 0.05},
    "chillwave": {"energy": -0.1, "tempo": -10.0},
    "acoustic pop": {"energy": -0.22, "acousticness": 0.4, "danceability": -0.06},
    "bedroom pop": {"energy": -0.18, "acousticness": 0.2},
    "dance pop": {"danceability": 0.08, "energy": 0.08, "valence": 0.06},
    "hard rock": {"energy": 0.14, "acousticness": -0.08},
    "stoner rock": {"energy": 0.08, "valence": -0.12, "tempo": -10.0},
    "soft rock": {"energy": -0.22, "acousticness": 0.22},
    "lo-fi beats": {"energy": -0.28, "instrumentalness": 0.5, "speechiness": -0.1, "tempo": -20.0},
    "trap": {"energy": 0.06, "tempo": 25.0, "valence": -0.08},
    "bebop": {"energy": 0.1, "tempo": 22.0},
    "hard bop": {"energy": 0.08, "tempo": 12.0},
    "jazz fusion": {"energy": 0.24, "acousticness": -0.3, "danceability": 0.06},
    "nu jazz": {"energy": 0.2, "acousticness": -0.25, "danceability": 0.12},
    "vocal jazz": {"instrumentalness": -0.35, "energy": -0.06},
    "swing": {"valence": 0.14, "energy": 0.06, "instrumentalness": -0.1},
    "choral": {"instrumentalness": -0.45, "energy": -0.05},
    "baroque": {"valence": 0.16, "energy": 0.06},
    "bluegrass": {"acousticness": 0.35, "tempo": 15.0, "loudness": -2.5},
    "americana": {"acousticness": 0.18, "energy": -0.12},
    "country rock": {"energy": 0.14, "acousticness": -0.15},
    "funk": {"energy": 0.16, "danceability": 0.1, "valence": 0.2},
    "quiet storm": {"energy": -0.16, "acousticness": 0.12},
    "indie folk": {"energy": -0.2, "acousticness": 0.32},
    "chamber folk": {"energy": -0.2, "acousticness": 0.35},
    "slowcore": {"energy": -0.25, "tempo": -15.0, "valence": -0.14},
    "shoegaze": {"energy": 0.18, "acousticness": -0.25, "instrumentalness": 0.15},
    "jangle pop": {"energy": 0.12, "valence": 0.14},
    "post-rock": {"instrumentalness": 0.5, "danceability": -0.15, "energy": -0.08},
    "alternative metal": {"energy": 0.16, "valence": -0.08},
    "dance-punk": {"danceability": 0.14, "energy": 0.08, "valence": 0.12},
    "new wave": {"danceability": 0.1, "valence": 0.15},
}
"""What a micro-genre adds to its genre's sound."""

ERAS: dict[str, tuple[int, int, int]] = {
    "pop": (1984, 2016, 2024),
    "rock": (1966, 1984, 2020),
    "hip-hop": (1990, 2014, 2024),
    "electronic": (1991, 2014, 2024),
    "jazz": (1955, 1968, 2022),
    "classical": (1965, 2010, 2022),
    "country": (1968, 2004, 2023),
    "r&b": (1972, 2012, 2024),
    "indie": (1996, 2015, 2024),
    "alternative": (1982, 2002, 2023),
}
"""First, most usual and last year in which artists of a genre begin."""
