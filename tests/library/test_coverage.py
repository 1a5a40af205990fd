"""What catalogues know of one's own music, and what they add: checked against plain counting."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import musicai.library.coverage
from benchmarks import catalogues as benchmark
from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.feedback import MatchDecision
from musicai.data.parsed import ReadOptions
from musicai.data.text_keys import first_artist, normalise, recording_key
from musicai.library.coverage import Reach, measure_coverage
from musicai.library.importing import import_files
from musicai.store import Store
from tests import worlds
from tests.store.test_catalogue_store import links_of, some_tracks

NOTHING = Reach(0, 0, 0, 0)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with Store(settings) as opened:
        yield opened


def play(store: Store, *played: tuple[str, str], profile: str = "p") -> None:
    """One play of each (title, artist), five minutes apart."""
    rows = [
        {
            "ts": f"2024-01-{1 + k // 200:02d}T{k % 200 // 12:02d}:{5 * (k % 12):02d}:00Z",
            "ms_played": 200_000,
            "master_metadata_track_name": name,
            "master_metadata_album_artist_name": by,
            "master_metadata_album_album_name": "Album",
            "spotify_track_uri": f"spotify:track:{number(by, name):022d}",
            "reason_start": "trackdone",
            "reason_end": "trackdone",
            "shuffle": False,
            "skipped": False,
            "offline": False,
            "incognito_mode": False,
        }
        for k, (name, by) in enumerate(played)
    ]
    given = ("Streaming_History_Audio_2024.json", json.dumps(rows).encode())
    import_files(store, store.settings, profile, [given], ReadOptions(), no_progress)


def number(by: str, name: str) -> int:
    return int(hashlib.sha256(f"{by}\t{name}".encode()).hexdigest()[:12], 16)


def catalogue(store: Store, name: str, *tracks: tuple[str, str], on: bool = False) -> None:
    """A table of (title, artist) with ids of its own, for the profile "p"."""
    rows = [
        {"track_id": f"{name}{k}", "name": title, "artists": by}
        for k, (title, by) in enumerate(tracks)
    ]
    digest = hashlib.sha256(name.encode()).hexdigest()
    store.add_catalogue(name, worlds.source_tracks(rows), origin="x", digest=digest)
    store.enable_catalogue("p", name, on)


def test_a_catalogue_by_itself(store: Store, settings: Settings) -> None:
    play(store, ("One", "Ada"), ("One", "Ada"), ("Two", "Ada"), ("Three", "Bo"), ("Four", "Cy"))
    catalogue(
        store,
        "C",
        ("One - Remastered 2011", "ADA"),
        ("Five", "Ada;Di"),
        ("FIVE", "Ada"),
        ("Six", "Bo"),
        ("Seven", "Ed"),
        ("Eight", "Ed;Cy"),
    )
    found = measure_coverage(store, settings, "p")
    assert (found.n_artists, found.n_plays) == (3, 5)
    alone = found.each["C"].alone
    assert alone == Reach(artists=2, plays_matched=2, plays_of_artists=4, new_tracks=2)
    assert (found.enabled, found.each["C"].without) == (NOTHING, NOTHING)
    assert found.each["C"].together == alone


def test_several_together_count_nothing_twice(store: Store, settings: Settings) -> None:
    play(store, ("One", "Ada"), ("Two", "Bo"), ("Three", "Cy"))
    catalogue(store, "A", ("One", "Ada"), ("New", "Ada"), on=True)
    catalogue(store, "B", ("One", "Ada"), ("Two", "Bo"), ("NEW", "ada"), ("Other", "Bo"), on=True)
    catalogue(store, "C", ("Three", "Cy"), ("Last", "Cy"))
    found = measure_coverage(store, settings, "p")
    assert found.enabled == Reach(2, 2, 2, 2)
    assert found.each["A"].without == found.each["B"].alone == Reach(2, 2, 2, 2)
    assert found.each["A"].together == found.enabled
    assert found.each["B"].without == Reach(1, 1, 1, 1)
    assert found.each["C"].without == found.enabled
    assert found.each["C"].together == Reach(3, 3, 3, 3)


def test_the_persons_word_counts_and_is_looked_at_again(store: Store, settings: Settings) -> None:
    play(store, ("One", "Ada"))
    catalogue(store, "C", ("Uno", "Adda"))
    assert measure_coverage(store, settings, "p").each["C"].alone == NOTHING
    [own] = store.own_data("p").tracks["track_id"]
    store.decide("p", MatchDecision.of(own, "C0", True))
    assert measure_coverage(store, settings, "p").each["C"].alone == Reach(0, 1, 0, 0)
    store.undecide("p", own, "C0")
    assert measure_coverage(store, settings, "p").each["C"].alone == NOTHING


def test_playlists_count_for_artists_and_not_for_plays(store: Store, settings: Settings) -> None:
    header = "Track URI,Track Name,Artist Name(s),Album Name,Added At"
    line = f"spotify:track:{1:022d},One,Ada,Album,2024-01-01T00:00:00Z"
    given = ("road.csv", f"{header}\n{line}\n".encode())
    import_files(store, settings, "p", [given], ReadOptions(), no_progress)
    catalogue(store, "C", ("One", "Ada"), ("Two", "Ada"))
    found = measure_coverage(store, settings, "p")
    assert (found.n_artists, found.n_plays) == (1, 0)
    assert found.each["C"].alone == Reach(1, 0, 0, 1)


def test_without_music_everything_is_nought(store: Store, settings: Settings) -> None:
    store.create_profile("p")
    catalogue(store, "C", ("One", "Ada"))
    found = measure_coverage(store, settings, "p")
    assert (found.n_artists, found.n_plays) == (0, 0)
    assert found.each["C"].alone == NOTHING


def test_it_is_looked_at_once(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    play(store, ("One", "Ada"))
    catalogue(store, "C", ("One", "Ada"), on=True)
    first = measure_coverage(store, settings, "p")
    [path] = settings.cache.glob("coverage-*.npz")

    def refuse(*given: object) -> None:
        raise AssertionError("looked again")

    with monkeypatch.context() as patched:
        patched.setattr(musicai.library.coverage, "_match_rows", refuse)
        assert measure_coverage(store, settings, "p") == first
        store.enable_catalogue("p", "C", False)  # a switch is no reason either
        assert measure_coverage(store, settings, "p").each["C"].alone == first.each["C"].alone
    path.write_bytes(path.read_bytes()[:100])
    assert measure_coverage(store, settings, "p").each["C"].alone == first.each["C"].alone
    store.delete_profile("p")
    assert not list(settings.cache.glob("coverage-*.npz"))


def test_other_tracks_are_looked_at_anew(store: Store, settings: Settings) -> None:
    play(store, ("One", "Ada"))
    catalogue(store, "C", ("One", "Ada"))
    assert measure_coverage(store, settings, "p").each["C"].alone.plays_matched == 1
    store.update_catalogue("C", some_tracks("Two"), origin="x", digest="f" * 64)
    assert measure_coverage(store, settings, "p").each["C"].alone == Reach(1, 0, 1, 1)


def test_a_lost_file_and_neighbours_are_left_out(store: Store, settings: Settings) -> None:
    play(store, ("One", "Ada"))
    catalogue(store, "C", ("One", "Ada"), on=True)
    catalogue(store, "D", ("One", "Ada"), on=True)
    store.put_personal_catalogue("p", "Open", some_tracks("One"), links_of(), "")
    store.catalogue("C").path.unlink()
    found = measure_coverage(store, settings, "p")
    assert set(found.each) == {"D", "Open"}
    assert found.enabled.plays_matched == 1


WORDS = st.sampled_from(["Ada", "ADA", "Bo", "Cy & Di", "Cy and Di", "Éva", "Eva"])
TITLES = st.sampled_from(["One", "one", "Two", "Two (Live)", "Three - Remastered", "Three"])
TRACKS = st.lists(st.tuples(TITLES, WORDS), min_size=1, max_size=8)


@hypothesis_settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(mine=TRACKS, theirs=TRACKS)
def test_counts_agree_with_plain_counting(
    tmp_path_factory: pytest.TempPathFactory,
    mine: list[tuple[str, str]],
    theirs: list[tuple[str, str]],
) -> None:
    settings = Settings(home=tmp_path_factory.mktemp("homes"))
    with Store(settings) as store:
        play(store, *mine)
        catalogue(store, "C", *theirs)
        found = measure_coverage(store, settings, "p")

    def artist(by: str) -> str:
        return normalise(first_artist(by))

    own = pd.Series([artist(by) for _, by in mine])
    there = {artist(by) for _, by in theirs}
    keys = {recording_key(by, name) for name, by in theirs}
    own_keys = {recording_key(by, name) for name, by in mine}
    alone = found.each["C"].alone
    assert found.n_artists == own.nunique()
    assert alone.artists == len(set(own) & there)
    assert alone.plays_of_artists == int(own.isin(there).sum())
    assert alone.plays_matched == sum(recording_key(by, name) in keys for name, by in mine)
    new = {recording_key(by, name) for name, by in theirs if artist(by) in set(own)} - own_keys
    assert alone.new_tracks == len(new)


@pytest.mark.slow
def test_the_benchmark_of_catalogues_runs_every_step(capsys: pytest.CaptureFixture[str]) -> None:
    sizes = ["--tracks", "600", "--plays", "400", "--own", "40"]
    assert benchmark.main([*sizes, "--json"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["add"]["tracks"] == 600
    assert found["join"]["tracks"] == found["load"]["tracks"] == 630  # 30 of the 40 have other ids
    assert found["coverage"]["plays_matched_share"] == 0.5
    assert all(found[step]["peak_mb"] > 10 for step in benchmark.STEPS)
