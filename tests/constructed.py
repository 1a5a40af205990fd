"""A listener made by rule, of whom one knows what must come out."""

from __future__ import annotations

from typing import Any

import numpy as np

from musicai.data.library import AUDIO_FEATURES, Library
from tests.worlds import library

GENRES = ("jazz", "techno", "classical")
_SOUND = {
    "jazz": (0.5, 0.3, 0.4, 0.8, 0.4, 0.2, 0.05, 95.0, -15.0),
    "techno": (0.8, 0.9, 0.6, 0.02, 0.8, 0.1, 0.05, 130.0, -6.0),
    "classical": (0.2, 0.1, 0.2, 0.95, 0.9, 0.1, 0.04, 80.0, -22.0),
}
TRACKS_A_GENRE = 30


def night_and_weekend(months: int = 24, switch: int = 14) -> Library:
    """60 % jazz at night, 40 % techno at weekend noons, from January 2024 on; in March 2025 (month
    ``switch``) classical music takes the place of jazz.

    Every week has 8 plays of techno on Saturday and Sunday from noon on (UTC), and 12 plays at
    night from 22:00 on over its seven days. Tracks of a genre scatter a little around its sound;
    each genre has 30 tracks by 10 artists, the first ones played most.
    """
    random = np.random.default_rng(5)
    tracks: list[dict[str, Any]] = []
    for genre in GENRES:
        for number in range(TRACKS_A_GENRE):
            sound = np.array(_SOUND[genre])
            sound[:7] = np.clip(sound[:7] + random.normal(0, 0.03, 7), 0, 1)
            tracks.append(
                {
                    "track_id": f"{genre}{number}",
                    "name": f"{genre.capitalize()} {number}",
                    "artists": f"{genre.capitalize()} artist {number % 10}",
                    "album": f"{genre} album {number % 10}",
                    "genres": genre,
                    "year": 1960.0 if genre == "jazz" else 2015.0,
                    **dict(zip(AUDIO_FEATURES, sound.tolist(), strict=True)),
                }
            )
    start = np.datetime64("2025-01-01T00:00")  # the clock of ``worlds.library``
    first, last = np.datetime64("2024-01"), np.datetime64("2024-01") + months
    turned = (first + switch).astype("datetime64[D]")
    rows: list[tuple[Any, ...]] = []
    for day in np.arange(first.astype("datetime64[D]"), last.astype("datetime64[D]")):
        weekday = int((day.astype(np.int64) + 3) % 7)
        night = "classical" if day >= turned else "jazz"
        plan = [(night, 22, 2 if weekday < 5 else 1)]
        if weekday >= 5:
            plan.append(("techno", 12, 4))
        for genre, hour, count in plan:
            for k in range(count):
                # skewed towards the first tracks, as listening is
                number = int(TRACKS_A_GENRE * random.random() ** 2)
                moment = day + np.timedelta64(hour * 60 + 4 * k, "m")
                hours = (moment - start) / np.timedelta64(1, "h")
                rows.append((GENRES.index(genre) * TRACKS_A_GENRE + number, float(hours)))
    return library(tracks, rows)
