"""Doubtful matches are listed most played first, until they are decided."""

from __future__ import annotations

import pandas as pd
import pytest

from musicai.core.settings import Settings
from musicai.data.feedback import MatchDecision
from musicai.data.frames import conform
from musicai.data.parsed import SOURCE_PLAY_COLUMNS, ParsedFile
from musicai.library.assemble import load_library
from musicai.library.match_review import list_match_reviews
from musicai.store import Store
from tests import worlds

OWN = [
    {"track_id": "o" * 22, "name": "Girl from the North Country", "artists": "Bob Dylan"},
    {"track_id": "p" * 22, "name": "Roads", "artists": "Portishead", "duration_ms": 300_000},
    {"track_id": "q" * 22, "name": "Nothing like it", "artists": "Nobody"},
]
CATALOGUE = [
    {"track_id": "O" * 22, "name": "Girl from the South Country", "artists": "Bob Dylan"},
    {"track_id": "P" * 22, "name": "Roads", "artists": "Portishead", "duration_ms": 100_000},
]


@pytest.fixture
def store(settings: Settings) -> Store:
    made = Store(settings)
    plays = pd.DataFrame(
        {"track": [0, 1, 1, 2], "played_at": [1_600_000_000 + i * 1000 for i in range(4)]}
    ).assign(ms_played=200_000, listener="", skipped=0, reason_start="", reason_end="", shuffle=-1)
    history = ParsedFile(
        file="h",
        format="spotify_extended",
        kind="plays",
        read=4,
        tracks=worlds.source_tracks(OWN),
        plays=conform(plays, SOURCE_PLAY_COLUMNS, "plays"),
    )
    rows = [{**row, **worlds.LOUD} for row in CATALOGUE]
    table = ParsedFile(
        file="c", format="track_table", kind="catalogue", read=2, tracks=worlds.source_tracks(rows)
    )
    with made.begin_import("p") as writer:
        writer.add_rows(history, "h")
        writer.add_catalogue(table, "c", "C", invented=False)
        writer.finish()
    return made


def test_doubts_wait_and_are_decided(store: Store, settings: Settings) -> None:
    found = list_match_reviews(store, settings, "p")
    assert [(one.name, one.plays, one.other_origin) for one in found] == [
        ("Roads", 2, "C"),
        ("Girl from the North Country", 1, "C"),
    ]
    assert list_match_reviews(store, settings, "p") == found  # from the side file
    before = load_library(store, settings, "p").tracks
    assert "matched" not in set(before["feature_source"].astype(str))
    store.decide("p", MatchDecision.of(found[0].track_id, found[0].other_id, same=True))
    store.decide("p", MatchDecision.of(found[1].track_id, found[1].other_id, same=False))
    assert list_match_reviews(store, settings, "p") == ()
    tracks = load_library(store, settings, "p").tracks.set_index("track_id")
    assert tracks.loc["p" * 22, "match"] == "confirmed"
    assert tracks.loc["p" * 22, "feature_source"] == "matched"
    assert tracks.loc["o" * 22, "match"] == ""
