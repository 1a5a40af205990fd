"""The generator makes what it says, and the speed benchmark runs the product."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from benchmarks import generate, importing, speed
from musicai.data.library import AUDIO_FEATURES

SPOTIFY_KEYS = (
    "ts platform ms_played conn_country ip_addr master_metadata_track_name "
    "master_metadata_album_artist_name master_metadata_album_album_name spotify_track_uri "
    "episode_name episode_show_name spotify_episode_uri audiobook_title audiobook_uri "
    "audiobook_chapter_uri audiobook_chapter_title reason_start reason_end shuffle skipped "
    "offline offline_timestamp incognito_mode"
)
"""In Spotify's order, from FORMATS.md."""

ISSUE_KEYS = (
    "tracks interactions train_s all_s als_s als_alone_s recommend_p50_ms recommend_p95_ms "
    "matvec_ms reblend_p95_ms model_mb resident_mb"
)


@pytest.fixture(scope="module")
def packed() -> bytes:
    return generate.extended_history(3_000, 300, seed=5, rows_per_file=1_000)


def read(packed: bytes) -> list[dict[str, Any]]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        names = [name for name in archive.namelist() if name.endswith(".json")]
        assert len(names) == 3
        for name in names:
            assert re.fullmatch(
                r"Spotify Extended Streaming History/Streaming_History_Audio_\d{4}_\d\.json", name
            )
        return [row for name in names for row in json.loads(archive.read(name))]


def test_history_has_spotifys_layout(packed: bytes) -> None:
    rows = read(packed)
    assert len(rows) == 3_000
    assert {" ".join(row) for row in rows} == {SPOTIFY_KEYS}
    tracks = {row["spotify_track_uri"] for row in rows} - {None}
    assert 290 <= len(tracks) <= 300
    assert all(re.fullmatch(r"spotify:track:[0-9A-Za-z]{22}", uri) for uri in tracks)
    assert not any(uri.startswith("spotify:track:invented") for uri in tracks)
    podcasts = [row for row in rows if row["spotify_track_uri"] is None]
    assert podcasts
    assert all(row["episode_name"] and not row["master_metadata_track_name"] for row in podcasts)
    assert any(row["incognito_mode"] for row in rows)
    assert 0.05 < sum(row["skipped"] for row in rows) / len(rows) < 0.5


def test_same_arguments_same_bytes(packed: bytes) -> None:
    assert generate.extended_history(3_000, 300, seed=5, rows_per_file=1_000) == packed
    assert generate.extended_history(3_000, 300, seed=6, rows_per_file=1_000) != packed


def test_a_library_of_any_size() -> None:
    library = generate.library(400, 8_000, seed=1)
    again = generate.library(400, 8_000, seed=1)
    assert (library.n_tracks, len(library.plays)) == (400, 8_000)
    assert library.tracks.equals(again.tracks)
    assert library.plays.equals(again.plays)
    assert library.tracks[list(AUDIO_FEATURES)].notna().all(axis=None)
    own = library.plays.loc[library.plays["listener"] == 0, "track"].unique()
    assert library.tracks["own"].sum() == len(own) > 20
    assert library.plays["listener"].nunique() > 20


def test_listeners_have_tastes_of_their_own() -> None:
    """Else there would be nothing to learn, and training times would mean little."""
    library = generate.library(400, 8_000, seed=1)
    genre = library.tracks["genres"].to_numpy()[library.plays["track"]]
    shares = (
        library.plays.assign(genre=genre).groupby("listener")["genre"].value_counts(normalize=True)
    )
    top_four = shares.groupby(level=0).nlargest(4).groupby(level=0).sum()
    assert top_four.median() > 0.4  # of 40 micro-genres


def test_the_file_command(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "my_spotify_data.zip"
    assert generate.main([str(file), "--plays", "100", "--tracks", "20"]) == 0
    assert "100 rows" in capsys.readouterr().out
    assert zipfile.is_zipfile(file)


@pytest.mark.slow
def test_speed_prints_the_keys_of_the_issue(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speed, "QUERIES", 10)
    assert speed.main(["--tracks", "300", "--interactions", "4000", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert set(ISSUE_KEYS.split()) <= set(figures)
    assert all(figures[key] > 0 for key in ISSUE_KEYS.split() if key != "resident_mb")
    # the goal for a model of 1,000 tracks
    assert figures["resident_mb"] < 50


IMPORT_KEYS = "plays bytes import_s orjson_s ratio peak_mb load_s repeat_s cpu_s"


@pytest.mark.slow
def test_importing_prints_the_keys_of_the_issue(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    options = ["--plays", "2000", "--rounds", "1", "--folder", str(folder), "--json"]
    assert importing.main(options) == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert all(figures[key] > 0 for key in IMPORT_KEYS.split())
    assert figures["plays"] == 2000
    [made] = folder.iterdir()  # the zip stays, the home does not
    with zipfile.ZipFile(made) as archive:
        sizes = [i.file_size for i in archive.infolist() if i.filename.endswith(".json")]
    assert figures["bytes"] == sum(sizes)
    assert figures["ratio"] == pytest.approx(figures["import_s"] / figures["orjson_s"], rel=0.5)
    assert figures["ready_s"] >= figures["import_s"]
    assert 50 < figures["peak_mb"] < 1000
