"""Small hand-made libraries for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from musicai.data.frames import conform, empty_frame
from musicai.data.library import (
    AUDIO_FEATURES,
    PLAY_COLUMNS,
    PLAYLIST_COLUMNS,
    SOURCE_TRACK_COLUMNS,
    TRACK_COLUMNS,
    Library,
)
from musicai.data.text_keys import recordings

START = pd.Timestamp("2025-01-01T00:00:00Z")

LOUD = dict(zip(AUDIO_FEATURES, (0.7, 0.9, 0.7, 0.05, 0.0, 0.2, 0.1, 150.0, -4.0), strict=True))
CALM = dict(zip(AUDIO_FEATURES, (0.4, 0.15, 0.3, 0.9, 0.6, 0.1, 0.03, 75.0, -18.0), strict=True))


def source_tracks(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Tracks as a reader gives them; anything not named is unknown."""
    text = {"name": "", "artists": "", "album": "", "genres": "", "isrc": ""}
    full = [{**text, **dict.fromkeys(SOURCE_TRACK_COLUMNS, None), **text, **row} for row in rows]
    frame = pd.DataFrame(full, columns=list(SOURCE_TRACK_COLUMNS))
    return conform(frame, SOURCE_TRACK_COLUMNS, "tracks")


def tracks(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Tracks of a library; own unless said otherwise."""
    if not rows:
        return empty_frame(TRACK_COLUMNS)
    extra = [
        {
            "feature_source": row.get("feature_source", "file" if "energy" in row else "none"),
            "genre_source": row.get("genre_source", "file" if row.get("genres") else "none"),
            "key_source": "file" if "key" in row else "none",
            "origin": row.get("origin", "your history"),
            "own": row.get("own", True),
            "in_catalogue": row.get("in_catalogue", False),
            "match": "",
            "estimate": "",
            "excluded": row.get("excluded", False),
        }
        for row in rows
    ]
    known = [{k: v for k, v in row.items() if k in SOURCE_TRACK_COLUMNS} for row in rows]
    frame = pd.concat([source_tracks(known), pd.DataFrame(extra)], axis=1)
    frame["recording"] = recordings(frame["artists"], frame["name"], frame["track_id"])
    return conform(frame, TRACK_COLUMNS, "tracks")


def plays(rows: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    """Plays from (track row, hours after START[, ms_played[, skipped[, listener]]])."""
    if not rows:
        return empty_frame(PLAY_COLUMNS)
    full = [(*row, *(200_000, False, 0)[len(row) - 2 :]) for row in rows]
    frame = pd.DataFrame(full, columns=["track", "hours", "ms_played", "skipped", "listener"])
    frame["played_at"] = START + pd.to_timedelta(frame.pop("hours").astype(float), unit="h")
    frame = frame.assign(reason_start="trackdone", reason_end="trackdone", shuffle=False)
    return conform(frame.sort_values("played_at", kind="stable"), PLAY_COLUMNS, "plays")


def playlist(name: str, rows: Sequence[int], *, api_born: bool = False) -> pd.DataFrame:
    """One playlist, a track an hour from START on."""
    frame = pd.DataFrame(
        {
            "playlist": name,
            "track": list(rows),
            "position": np.arange(len(rows)),
            "added_at": START + pd.to_timedelta(np.arange(len(rows)), unit="h"),
            "api_born": api_born,
        }
    )
    return conform(frame, PLAYLIST_COLUMNS, "playlist_items")


def library(
    track_rows: Sequence[Mapping[str, Any]],
    play_rows: Sequence[tuple[Any, ...]] = (),
    *,
    items: pd.DataFrame | None = None,
    listeners: Sequence[str] = ("you",),
    consent: bool = False,
    fingerprint: str = "test",
) -> Library:
    """A validated library."""
    return Library.validate(
        profile="p",
        invented=False,
        tracks=tracks(track_rows),
        plays=plays(play_rows),
        playlist_items=items if items is not None else empty_frame(PLAYLIST_COLUMNS),
        listeners=listeners,
        fingerprint=fingerprint,
        train_on_api_rows=consent,
    )


def two_camps(n: int = 40, *, catalogue: int = 20, listeners: int = 1) -> Library:
    """Loud rock and calm classical tracks, half and half; the owner plays mostly loud ones.

    Rows 0..n−1 are own, even rows loud; the rest come from a catalogue, even rows loud.
    Other listeners play one camp each.
    """
    rows = []
    for row in range(n + catalogue):
        loud = row % 2 == 0
        own = row < n
        rows.append(
            {
                "track_id": f"t{row:03d}",
                "name": f"{'Roar' if loud else 'Hush'} number {row}",
                "artists": f"{'Loud' if loud else 'Calm'} artist {row % 10}",
                "album": f"Album {row // 4}",
                "genres": "hard rock" if loud else "classical piano",
                "popularity": float(row % 100),
                **{k: v * (1 + 0.002 * (row % 7)) for k, v in (LOUD if loud else CALM).items()},
                "own": own,
                "in_catalogue": not own,
                "origin": "your history" if own else "A catalogue",
            }
        )
    rng = np.random.default_rng(3)
    events: list[tuple[Any, ...]] = []
    for step in range(6 * n):
        row = int(rng.integers(0, n))
        keep = row % 2 == 0
        events.append((row, step // 4 * 12 + step % 4 / 10, 200_000 if keep else 9_000, not keep))
    for other in range(1, listeners):
        for step in range(40):
            row = 2 * int(rng.integers(0, (n + catalogue) // 2)) + other % 2
            events.append((row, step * 5 + other / 10, 200_000, False, other))
    names = ("you", *(f"listener-{k}" for k in range(1, listeners)))
    return library(rows, events, listeners=names)
