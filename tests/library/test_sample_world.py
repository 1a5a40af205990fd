"""The invented sample world: well-formed, plausible, and the same each time it is made."""

from __future__ import annotations

import gzip
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sample_data.catalogue import make_catalogue
from sample_data.make_sample_world import (
    CATALOGUE_COLUMNS,
    CATALOGUE_FILE,
    EXPORT_FILE,
    LISTENER_COLUMNS,
    LISTENERS_FILE,
    make_world,
    write_gzip,
    write_zip,
)
from sample_data.names import Namer
from sample_data.sounds import FEATURES, GENRES, MICRO
from sample_data.words import ALBUM_SHAPES, ARTIST_SHAPES, POOLS, TITLE_SHAPES, TITLES
from tests.conftest import ROOT

FOLDER = ROOT / "sample_data"
GENRE_OF = {label: genre for genre, labels in MICRO.items() for label in labels}

EXPORT_KEYS = [
    "ts",
    "platform",
    "ms_played",
    "conn_country",
    "ip_addr",
    "master_metadata_track_name",
    "master_metadata_album_artist_name",
    "master_metadata_album_album_name",
    "spotify_track_uri",
    "episode_name",
    "episode_show_name",
    "spotify_episode_uri",
    "audiobook_title",
    "audiobook_uri",
    "audiobook_chapter_uri",
    "audiobook_chapter_title",
    "reason_start",
    "reason_end",
    "shuffle",
    "skipped",
    "offline",
    "offline_timestamp",
    "incognito_mode",
]


def members(path: Path) -> dict[str, bytes]:
    """The unpacked content of an archive; how it was packed may differ between machines."""
    if path.suffix == ".gz":
        return {path.name: gzip.decompress(path.read_bytes())}
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def catalogue() -> pd.DataFrame:
    return pd.read_csv(FOLDER / CATALOGUE_FILE, dtype={"release_date": "str"})


@pytest.fixture(scope="module")
def plays() -> pd.DataFrame:
    frame = pd.read_csv(FOLDER / LISTENERS_FILE)
    frame["played_at"] = pd.to_datetime(frame["played_at"], format="%Y-%m-%dT%H:%M:%SZ", utc=True)
    return frame


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    """All rows of the main listener's export, in the order of the files."""
    found: list[dict[str, Any]] = []
    for name, data in members(FOLDER / EXPORT_FILE).items():
        if name.endswith(".json"):
            found += json.loads(data)
    return found


@pytest.fixture(scope="module")
def music(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """The rows of the export that are tracks, by time."""
    frame = pd.DataFrame([row for row in rows if row["spotify_track_uri"]])
    frame["track_id"] = frame["spotify_track_uri"].str.removeprefix("spotify:track:")
    frame["ended"] = pd.to_datetime(frame["ts"], format="%Y-%m-%dT%H:%M:%SZ", utc=True)
    return frame.sort_values("ended", ignore_index=True)


@pytest.fixture(scope="module")
def made_again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    make_world(folder)
    return folder


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", [CATALOGUE_FILE, LISTENERS_FILE, EXPORT_FILE])
def test_committed_world_is_what_the_script_makes(made_again: Path, name: str) -> None:
    assert members(made_again / name) == members(FOLDER / name)


def test_catalogue_is_the_same_each_time_and_another_with_another_seed() -> None:
    first, again, other = make_catalogue(11), make_catalogue(11), make_catalogue(12)
    assert first.ids == again.ids
    assert first.titles == again.titles
    np.testing.assert_array_equal(np.stack(first.audio), np.stack(again.audio))
    assert not set(first.ids) & set(other.ids)


def test_archives_carry_no_time_of_making(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_gzip(tmp_path / f"{name}.gz", ("x", "y"), [(1, "ä;b"), (2, None)])
        write_zip(tmp_path / f"{name}.zip", {"folder/one.txt": b"1"})
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_world_is_small_enough_to_commit() -> None:
    files = [FOLDER / name for name in (CATALOGUE_FILE, LISTENERS_FILE, EXPORT_FILE)]
    assert sum(file.stat().st_size for file in files) < 4_000_000


def test_catalogue_has_the_columns_and_sizes(catalogue: pd.DataFrame) -> None:
    assert tuple(catalogue.columns) == CATALOGUE_COLUMNS
    assert len(catalogue) == 3000
    assert catalogue["artists"].str.split(";").str[0].nunique() == 400
    assert catalogue["track_id"].is_unique
    assert catalogue["track_id"].str.fullmatch(r"invented[0-9A-Za-z]{14}").all()
    assert catalogue["release_date"].str.fullmatch(r"\d{4}(-\d\d-\d\d)?").all()
    assert catalogue["release_date"].max() < "2026-09"


def test_catalogue_gaps_are_as_meant(catalogue: pd.DataFrame) -> None:
    gaps = catalogue[list(FEATURES)].isna()
    assert (gaps.all(axis=1) == gaps.any(axis=1)).all(), "features are missing together"
    assert gaps["energy"].mean() == pytest.approx(0.04)
    assert catalogue["genres"].isna().mean() == pytest.approx(0.03)


def test_features_are_in_range_and_belong_together(catalogue: pd.DataFrame) -> None:
    known = catalogue.dropna(subset=["energy"])
    for name in set(FEATURES) - {"tempo", "loudness"}:
        assert known[name].between(0, 1).all(), name
    assert known["tempo"].between(50, 210).all()
    assert known["loudness"].between(-35, 0).all()
    assert known["key"].isin(range(12)).all()
    assert known["mode"].isin([0, 1]).all()
    assert catalogue["duration_ms"].between(60_000, 1_000_000).all()
    assert known["energy"].corr(known["loudness"]) > 0.5
    assert known["energy"].corr(known["acousticness"]) < -0.5
    sound = known.groupby(known["genres"].str.split(";").str[0].map(GENRE_OF))[list(FEATURES)]
    means = sound.mean()
    assert set(means.index) == set(GENRES)
    assert means.loc["classical", "acousticness"] > means.loc["electronic", "acousticness"] + 0.4
    assert means["speechiness"].idxmax() == "hip-hop"
    within = sound.transform(lambda column: column - column.mean())
    artist = known["artists"].str.split(";").str[0]
    assert within["energy"].groupby(artist).std().mean() < 0.9 * within["energy"].std()


def test_popularity_has_a_long_tail(catalogue: pd.DataFrame) -> None:
    popularity = catalogue["popularity"]
    assert popularity.between(0, 100).all()
    assert (popularity < 40).mean() > 0.6
    assert 0.005 < (popularity > 70).mean() < 0.1


def test_genres_are_micro_genres_the_world_knows(catalogue: pd.DataFrame) -> None:
    labels = catalogue["genres"].dropna().str.split(";").explode()
    assert set(labels) <= set(GENRE_OF)
    assert labels.nunique() > 100
    assert (labels.groupby(level=0).size() > 1).mean() > 0.5


def test_names_are_varied(catalogue: pd.DataFrame) -> None:
    assert catalogue["track_name"].nunique() > 0.98 * len(catalogue)
    assert not catalogue.duplicated(["track_name", "artists"]).any()
    artists = catalogue["artists"].str.split(";").explode().unique()
    assert len(artists) == len({name.lower() for name in artists}) == 400
    words = pd.Series([w for name in artists for w in name.split() if len(w) > 3]).value_counts()
    assert words.drop(["Trio", "Quartet"], errors="ignore").max() <= 8
    text = " ".join([*artists, *catalogue["track_name"], *catalogue["album_name"]])
    assert not re.search(r"[{}|]|\s{2}", text)
    assert not re.search(r"\b[Aa] [AEIO]|zs\b|[^aeiou]ys\b", text)


@pytest.mark.parametrize("genre", GENRES)
def test_grammar_fills_every_slot(genre: str) -> None:
    shapes = [*ARTIST_SHAPES[genre], *ALBUM_SHAPES[genre], *TITLE_SHAPES[genre]]
    slots = {slot for shape in shapes for slot in re.findall(r"{([^}]*)}", shape)}
    assert all(slot in POOLS or f"{genre}.{slot}" in POOLS for slot in slots)
    assert len(set(TITLES[genre])) == len(TITLES[genre])
    namer = Namer(np.random.default_rng(3))
    names = [namer.artist(genre) for _ in range(30)]
    assert len(set(names)) == 30


def test_album_tracks_share_artist_and_date(catalogue: pd.DataFrame) -> None:
    artist = catalogue["artists"].str.split(";").str[0]
    albums = catalogue.assign(artist=artist).groupby(["artist", "album_name"])
    assert (albums["release_date"].nunique() == 1).all()
    assert (albums.size() >= 4).mean() > 0.25


def test_listeners_are_as_many_and_as_active_as_meant(
    plays: pd.DataFrame, music: pd.DataFrame
) -> None:
    assert tuple(plays.columns) == LISTENER_COLUMNS
    counts = plays["listener"].value_counts()
    assert sorted(counts.index) == [f"listener-{n:03d}" for n in range(1, 301)]
    assert counts.min() >= 70
    assert 1200 < counts.max() <= 2100
    assert 140_000 < len(plays) + len(music) < 160_000


def test_plays_point_to_the_catalogue_and_follow_each_other(
    plays: pd.DataFrame, catalogue: pd.DataFrame
) -> None:
    assert plays["track_id"].isin(catalogue["track_id"]).all()
    assert plays["played_at"].min() >= pd.Timestamp("2024-09-01", tz="UTC")
    assert plays["played_at"].max() < pd.Timestamp("2026-09-01", tz="UTC")
    start = plays["played_at"].astype("int64") // 10**6
    assert start.max() < 2e9, "the clock counts seconds here"
    gap = start.groupby(plays["listener"]).diff().dropna()
    ended_before = plays["ms_played"].shift()[gap.index] / 1000
    assert (gap >= ended_before).all(), "a listener hears one track at a time"
    duration = plays["track_id"].map(catalogue.set_index("track_id")["duration_ms"])
    assert (plays["ms_played"] <= duration).all()


def test_skips_are_short_and_plausibly_many(plays: pd.DataFrame) -> None:
    assert plays["skipped"].dtype == bool
    assert 0.10 < plays["skipped"].mean() < 0.35
    short = plays.loc[plays["skipped"], "ms_played"].median()
    assert short < 30_000 < plays.loc[~plays["skipped"], "ms_played"].median()


def test_days_and_sessions_have_a_shape(plays: pd.DataFrame) -> None:
    hours = plays["played_at"].dt.hour.value_counts(normalize=True).reindex(range(24), fill_value=0)
    assert hours.max() > 4 * hours.median() / 3
    assert hours[3] < 0.01 < 0.05 < hours[18]
    weekend = plays["played_at"].dt.day_of_week >= 5
    mornings = (plays["played_at"].dt.hour == 8).groupby(weekend).mean()
    assert mornings[False] > 3 * mornings[True]
    gap = plays.groupby("listener")["played_at"].diff() > pd.Timedelta(minutes=30)
    assert 4 < len(plays) / gap.sum() < 20


def test_calm_nights_and_lively_evenings(plays: pd.DataFrame, catalogue: pd.DataFrame) -> None:
    energy = plays["track_id"].map(catalogue.set_index("track_id")["energy"])
    hour = plays["played_at"].dt.hour
    evening, night = energy[(hour >= 18) & (hour < 21)], energy[(hour >= 23) | (hour < 2)]
    assert evening.mean() > night.mean() + 0.03


def test_listeners_keep_discovering(plays: pd.DataFrame) -> None:
    month = plays["played_at"].dt.strftime("%Y-%m")
    first = month.groupby([plays["listener"], plays["track_id"]]).transform("min")
    seen = plays.assign(month=month, new=first == month)
    seen = seen.drop_duplicates(["listener", "track_id", "month"])
    later = seen[seen["month"] >= "2025-03"].groupby("month")["new"].mean()
    assert later.between(0.36, 0.55).all()


def test_scenes_are_shared_across_genres(plays: pd.DataFrame, catalogue: pd.DataFrame) -> None:
    """Who plays an artist tells more about an artist of another genre than chance does."""
    world = make_catalogue(7)
    artist = pd.Series(world.artist, index=world.ids)
    table = pd.crosstab(plays["listener"], plays["track_id"].map(artist)).to_numpy()
    table = np.log1p(table)
    close = np.corrcoef(table.T)
    scene = np.array([a.scenes.argmax() for a in world.artists])
    genre = np.array([a.genre for a in world.artists])
    across = genre[:, None] != genre[None, :]
    together = scene[:, None] == scene[None, :]
    assert close[across & together].mean() > close[across & ~together].mean() + 0.1


def test_export_has_the_layout_of_the_real_one(rows: list[dict[str, Any]]) -> None:
    names = set(members(FOLDER / EXPORT_FILE))
    folder = "Spotify Extended Streaming History"
    assert names == {
        f"{folder}/ReadMeFirst_ExtendedStreamingHistory.pdf",
        f"{folder}/Streaming_History_Audio_2024-2025_0.json",
        f"{folder}/Streaming_History_Audio_2025-2026_1.json",
        f"{folder}/Streaming_History_Video_2025.json",
    }
    assert all(list(row) == EXPORT_KEYS for row in rows)
    kinds = ("spotify_track_uri", "spotify_episode_uri", "audiobook_uri")
    assert all(sum(row[kind] is not None for kind in kinds) == 1 for row in rows)
    assert {row["ip_addr"] for row in rows} == {"203.0.113.7"}
    assert {row["conn_country"] for row in rows} == {"ZZ"}
    times = [row["ts"] for row in rows]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", ts) for ts in times)
    assert times != sorted(times)


def test_export_keys_are_those_of_a_real_file(shared: Path) -> None:
    real = shared / "exports" / "spotify_extended" / "Streaming_History_Audio_2023.json"
    for row in json.loads(real.read_text(encoding="utf-8")):
        assert list(row) == EXPORT_KEYS


def test_export_has_every_kind_of_row(rows: list[dict[str, Any]]) -> None:
    assert 4000 <= sum(row["spotify_track_uri"] is not None for row in rows) <= 6000
    assert sum(row["spotify_episode_uri"] is not None for row in rows) > 20
    assert sum(row["audiobook_uri"] is not None for row in rows) > 3
    assert 10 < sum(row["incognito_mode"] for row in rows) < 150
    assert sum(row["ms_played"] == 0 for row in rows) >= 10
    assert any(row["offline"] for row in rows)
    assert {row["shuffle"] for row in rows} == {True, False}
    ends = {row["reason_end"] for row in rows}
    assert {"trackdone", "fwdbtn", "endplay", "backbtn", "logout"} <= ends
    assert 0.10 < sum(row["skipped"] for row in rows) / len(rows) < 0.35
    ended = pd.to_datetime([row["ts"] for row in rows], utc=True).as_unit("s").astype("int64")
    lag = ended - np.array([row["offline_timestamp"] + row["ms_played"] / 1000 for row in rows])
    assert ((lag > -2) & (lag < 3)).all()


def test_export_names_are_those_of_the_catalogue(
    music: pd.DataFrame, catalogue: pd.DataFrame
) -> None:
    table = catalogue.set_index("track_id").loc[music["track_id"]]
    assert (table["track_name"].to_numpy() == music["master_metadata_track_name"]).all()
    assert (table["album_name"].to_numpy() == music["master_metadata_album_album_name"]).all()
    main = table["artists"].str.split(";").str[0].to_numpy()
    assert (main == music["master_metadata_album_artist_name"]).all()
    assert 700 < music["track_id"].nunique() < 1100


def test_main_listener_has_forgotten_favourites(music: pd.DataFrame) -> None:
    turn = pd.Timestamp("2025-03-01", tz="UTC")
    early = music[music["ended"] < turn]["track_id"].value_counts()
    late = set(music[music["ended"] >= turn]["track_id"])
    loved = early[(early >= 20) & (early <= 65)]
    assert sum(track not in late for track in loved.index) >= 3


def test_main_listener_has_a_personality(music: pd.DataFrame, catalogue: pd.DataFrame) -> None:
    table = catalogue.set_index("track_id")
    genre = music["track_id"].map(table["genres"].str.split(";").str[0].map(GENRE_OF))
    start = music["ended"] - pd.to_timedelta(music["ms_played"], unit="ms")
    hour, workday = start.dt.hour, start.dt.day_of_week < 5
    night = genre[(hour >= 22) | (hour < 1)]
    assert night.isin(["jazz", "electronic"]).mean() > 0.6
    assert (genre[workday & (hour >= 9) & (hour < 17)] == "indie").mean() > 0.4
    energy = music["track_id"].map(table["energy"])
    workout = energy[workday & (hour == 18)].mean()
    assert workout > energy[(hour >= 22) | (hour < 1)].mean() + 0.1
    half = start < pd.Timestamp("2025-09-01", tz="UTC")
    rock = genre.isin(["rock", "alternative"])
    assert rock[half].mean() > 1.5 * rock[~half].mean()
