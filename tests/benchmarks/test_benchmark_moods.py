"""The benchmark of the moods, on invented names and rows, and its constants on real ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import moods as benchmark
from benchmarks.moods import Named
from musicai.data.library import AUDIO_FEATURES
from musicai.data.moods import MOOD_ANCHORS, MOOD_WEIGHTS, MOODS, mood_matrix
from tests import worlds

NAMES = ("Chillout one", "Chillout two", "Hard Rock A", "Hard Rock B", "A list", "B list")


def named() -> Named:
    """Three rows a name: chillout ones are calm, the others loud; no two rows are equal."""
    rows, unit = [], []
    for place, name in enumerate(NAMES):
        base = worlds.CALM if name.startswith("Chill") else worlds.LOUD
        for step in range(3):
            row = [base[feature] for feature in AUDIO_FEATURES]
            rows.append([value * (1 + 0.003 * place + 0.001 * step) for value in row])
            unit.append(place)
    return Named(np.array(rows, dtype=np.float32), np.array(unit), NAMES)


def test_names_speak_of_moods() -> None:
    assert benchmark.moods_of("Chillout & Remixes") == ("chill",)
    assert set(benchmark.moods_of("HARD ROCK workout")) == {"energetic", "workout"}
    assert benchmark.moods_of("The Sound of Southern Hip Hop") == ()


def test_halves_part_every_mood_evenly_and_share_no_row() -> None:
    halves = benchmark.halves(NAMES)
    for first in (0, 2, 4):
        assert set(halves[first : first + 2]) == set(benchmark.HALVES)
    assert halves == benchmark.halves(NAMES)
    whole = named()
    twice = Named(np.vstack([whole.audio, whole.audio]), np.tile(whole.unit, 2)[::-1], NAMES)
    seen = {row.tobytes() for row in twice.part("tune").audio}
    assert not seen & {row.tobytes() for row in twice.part("held-out").audio}


def test_auc_by_hand() -> None:
    scores = np.array([1, 2, 3, 3], dtype=np.float32)
    assert benchmark.auc(scores, np.array([False, True, False, True])) == pytest.approx(0.625)
    assert benchmark.auc(scores, np.array([False, False, False, True])) == pytest.approx(5 / 6)


def test_moods_that_follow_their_names_are_found_to() -> None:
    found = benchmark.measure({"playlists": named(), "genres": named()}, "held-out")
    chill = found["playlists"]["auc"]["chill"]
    assert chill["n_names"] == 1
    assert chill["auc"] == chill["auc_among_moods"] == 1.0
    assert found["playlists"]["auc"]["party"]["auc"] is None, "no name speaks of it"
    for bands in found["genres"]["reliability"].values():
        assert all(0 <= cell["share"] <= 1 for cell in bands.values())
    assert found["tracks"]["n"] == len(np.unique(named().audio, axis=0))


def test_the_loud_are_not_called_chill(shared: Path) -> None:
    """In a library of loud music alone, its own order calls the mildest a clear case."""
    songs = benchmark.playlists(shared / "tracks" / "spotify_songs" / "spotify_songs.csv")
    loud = songs.audio[benchmark.labels(songs)["energetic"]]
    loud = loud[loud[:, AUDIO_FEATURES.index("energy")] > 0.8]
    found = benchmark.narrow(Named(loud, np.zeros(len(loud), dtype=np.intp), ("Hard Rock",)))
    assert found["own order"] == pytest.approx(1, abs=0.01)
    assert found["said"] is not None
    assert found["said"] < 0.8


def test_the_constants_are_what_the_tables_say(shared: Path) -> None:
    tables = shared / "tracks"
    found = benchmark.reference(
        {
            "playlists": benchmark.playlists(tables / "spotify_songs" / "spotify_songs.csv"),
            "genres": benchmark.genres(tables / "genres" / "data_by_genres.csv"),
        }
    )
    for mood in MOODS:
        assert MOOD_ANCHORS[mood] == pytest.approx(found[mood]["anchors"], abs=0.002)
        for rule in MOOD_WEIGHTS[mood]:
            assert rule.usual == pytest.approx(found[mood]["usual"][rule.feature], abs=0.0055)


def test_one_track_in_twenty_is_a_clear_case() -> None:
    """The reference weighs its sources alike, however long they are."""
    one = named()
    calm = Named(one.audio[:6], one.unit[:6], NAMES)
    loud = Named(one.audio[6:], one.unit[6:], NAMES)
    centre, clear = benchmark.reference({"a": calm, "b": loud})["chill"]["anchors"]
    scores = mood_matrix(one.audio)[:, MOODS.index("chill")]
    assert scores[6:].max() <= centre + 1e-3 < scores[:6].max()
    assert clear == pytest.approx(scores[:6].max(), abs=1e-3)
