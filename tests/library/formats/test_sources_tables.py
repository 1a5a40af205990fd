"""Tables of tracks, and plays of many listeners."""

from __future__ import annotations

import gzip
import time
from pathlib import Path

import numpy as np
import pytest

from musicai.core.progress import no_progress
from musicai.data.library import AUDIO_FEATURES, SOURCE_TRACK_COLUMNS
from musicai.data.parsed import SOURCE_PLAY_COLUMNS, ParsedFile, ReadOptions
from musicai.data.text_keys import name_id
from musicai.library.formats import recognise_format
from musicai.library.formats.track_table import parse_artists, sniff
from tests.conftest import ROOT

ID = "7ATyvp3TmYBmGW7YuC8DJ3"
OTHER = "1GrLfs4TEvAZ86HVzXHchS"

TIDY = (
    "track_id,track_name,track_artist,track_popularity,track_album_id,track_album_name,"
    "track_album_release_date,playlist_name,playlist_id,playlist_genre,playlist_subgenre,"
    "danceability,energy,key,loudness,mode,speechiness,acousticness,instrumentalness,liveness,"
    "valence,tempo,duration_ms\n"
)
TIDY_ROW = (
    "{id},{name},{artist},66,x,Album,2019-06,List,y,pop,{genre},0.748,0.916,6,-2.634,1,0.0583,"
    "0.102,0,0.0653,0.518,122.036,194754\n"
)
SAMPLE = (
    "track_id,track_name,artists,album_name,release_date,popularity,duration_ms,explicit,"
    "danceability,energy,key,loudness,mode,speechiness,acousticness,instrumentalness,liveness,"
    "valence,tempo,genres\n"
)


def read(data: bytes, name: str = "track_table") -> ParsedFile:
    source = recognise_format(data)
    assert source is not None
    assert source.name == name
    parsed = source.parse(data, "table.csv", ReadOptions())
    adds_up(parsed)
    return parsed


def adds_up(parsed: ParsedFile) -> None:
    kept = len(parsed.tracks) if parsed.kind == "catalogue" else len(parsed.plays)
    assert parsed.read == kept + parsed.rejected + parsed.duplicate
    assert parsed.tracks.dtypes.astype(str).to_dict() == SOURCE_TRACK_COLUMNS
    assert parsed.plays.dtypes.astype(str).to_dict() == SOURCE_PLAY_COLUMNS
    assert parsed.tracks["track_id"].is_unique


def tidy(**changes: str) -> str:
    values = {"id": ID, "name": "Title", "artist": "Somebody", "genre": "dance pop"}
    return TIDY_ROW.format(**{**values, **changes})


def test_tidytuesday() -> None:
    parsed = read((TIDY + tidy()).encode())
    track = parsed.tracks.iloc[0]
    assert track[["track_id", "name", "artists", "album", "genres"]].tolist() == [
        ID,
        "Title",
        "Somebody",
        "Album",
        "dance pop;pop",
    ]
    assert track[["year", "duration_ms", "popularity"]].tolist() == [2019.0, 194754.0, 66.0]
    assert track["tempo"] == pytest.approx(122.036)
    assert parsed.kind == "catalogue"
    assert not parsed.api_born
    assert not parsed.problems


def test_a_track_on_several_rows_merges_its_genres() -> None:
    rows = tidy() + tidy(id=OTHER, genre="indie") + tidy(genre="electropop") + tidy()
    parsed = read((TIDY + rows).encode())
    assert parsed.tracks["track_id"].tolist() == [ID, OTHER]
    assert parsed.tracks["genres"].tolist() == ["dance pop;pop;electropop", "indie;pop"]
    assert (parsed.read, parsed.duplicate) == (4, 2)


def test_measures_stay_with_their_rows_across_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "musicai.library.formats.csv_text.CsvReading.read_chunks.__defaults__", (3, no_progress)
    )
    rows = "".join(
        f"{n:022},T{n},A,B,2001,{n % 100},{1000 + n},,0.{n:02},0.5,,-5,,,,,,,{60 + n},\n"
        if n % 4
        else ",,,,,,,,,,,,,,,,,,,\n"
        for n in range(40)
    )
    tracks = read((SAMPLE + rows).encode()).tracks
    number = tracks["name"].str[1:].astype(int)
    assert len(tracks) == 30
    assert (tracks["duration_ms"] == 1000 + number).all()
    assert (tracks["tempo"] == 60 + number).all()
    assert np.allclose(tracks["danceability"], number / 100)


def test_the_sample_header() -> None:
    row = f'{ID},Title,"A;B, C",Al,1995-03-15,61,225087,True,0.9,0.6,3,-7,0,0.1,0.3,0,0.2,0.3,99,'
    row += "Synthpop;x\n"
    track = read((SAMPLE + row).encode()).tracks.iloc[0]
    assert track["artists"] == "A;B, C"
    assert (track["key"], track["mode"]) == (3.0, 0.0)
    assert track["genres"] == "synthpop;x"
    assert track["explicit"] is True or track["explicit"] == np.True_


def test_an_unnamed_first_column() -> None:
    header = ",track_id,artists,album_name,track_name,danceability,energy,tempo,track_genre\n"
    parsed = read(f"{header}0,{ID},A;B,Al,T,0.1,0.2,120,acoustic\n".encode())
    assert parsed.tracks["genres"].tolist() == ["acoustic"]


def test_a_decade_table_with_uri() -> None:
    header = "track,artist,uri,danceability,energy,key,loudness,tempo,duration_ms,target\n"
    parsed = read(f"{header}T,A,spotify:track:{ID},0.1,0.2,3,-8,120,1000,1\n".encode())
    assert parsed.tracks["track_id"].tolist() == [ID]


def test_artists_as_a_list_and_a_year() -> None:
    header = "valence,year,acousticness,artists,danceability,id,name,popularity,tempo\n"
    row = f'0.1,1921,0.9,"[\'Rachmaninoff\', ""James O\'Neil""]",0.2,{ID},T,4,80\n'
    track = read((header + row).encode()).tracks.iloc[0]
    assert track["artists"] == "Rachmaninoff;James O'Neil"
    assert track["year"] == 1921.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A;B", "A;B"),
        ("[A]", "[A]"),
        ("['A']", "A"),
        (r"['it\'s', 'b']", "it's;b"),
        ("['A; B']", "A, B"),
        ("[[[[", "[[[["),
        ("[A'B]", "[A'B]"),
        ("['A', 'B]", "['A', 'B]"),
        ("['A' 'B']", "A;B"),
        ('["A\'s", "B;C"]', "A's;B,C"),
        ("", ""),
    ],
)
def test_artists_of(text: str, expected: str) -> None:
    assert parse_artists(text) == expected


SAMPLES = ROOT / "tests" / "files" / "exports" / "track_table"
BOTH = [ID, OTHER]
LAYOUTS = [
    # file, read, duplicate, rejected, ids, artists, genres and years as they are in the file
    (
        "spotify_songs.csv",
        *(4, 1, 1, BOTH, ["Massive Attack", "Nina Simone"]),
        *(["trip hop;electronic;downtempo;pop", "soul;jazz"], [1998.0, 1965.0]),
    ),
    (
        "dataset.csv",
        *(3, 1, 0, BOTH, ["Gen Hoshino;Ed Sheeran", "Ben Woodward"]),
        *(["acoustic;j-pop", "acoustic"], [None, None]),
    ),
    (
        "dataset-of-60s.csv",
        *(2, 0, 0, BOTH, ["Garland Green", "Lord Melody"], ["", ""], [None, None]),
    ),
    (
        "data.csv",
        *(2, 0, 0, BOTH, ["Sergei Rachmaninoff;James Levine;Sinead O'Connor", "Dennis Day"]),
        *(["", ""], [1921.0, 1921.0]),
    ),
    (
        "with_isrc.tsv",
        *(2, 0, 0, [name_id("Massive Attack", "Teardrop"), name_id("Nina Simone", "Feeling Good")]),
        *(["Massive Attack", "Nina Simone"], ["", ""], [None, None]),
    ),
]


@pytest.mark.parametrize(
    ("file", "n_read", "duplicate", "rejected", "ids", "artists", "genres", "years"),
    LAYOUTS,
    ids=[layout[0] for layout in LAYOUTS],
)
def test_each_layout(
    file: str,
    n_read: int,
    duplicate: int,
    rejected: int,
    ids: list[str],
    artists: list[str],
    genres: list[str],
    years: list[float | None],
) -> None:
    parsed = read((SAMPLES / file).read_bytes())
    assert (parsed.read, parsed.duplicate, parsed.rejected) == (n_read, duplicate, rejected)
    tracks = parsed.tracks
    assert tracks["track_id"].tolist() == ids
    assert tracks["artists"].tolist() == artists
    assert tracks["genres"].tolist() == genres
    assert [None if np.isnan(year) else year for year in tracks["year"]] == years
    assert tracks["energy"].notna().all()
    assert tracks["tempo"].notna().all()


def test_a_code_is_kept_only_if_it_is_one() -> None:
    tracks = read((SAMPLES / "with_isrc.tsv").read_bytes()).tracks
    assert tracks["isrc"].tolist() == ["GBAAA9800001", ""]


@pytest.mark.timeout(30)
@pytest.mark.parametrize("inside", ["\\'", "'", "'\"", "\\", "\\\\'", "['"])
def test_a_list_of_artists_made_to_be_slow(inside: str) -> None:
    started = time.perf_counter()
    parse_artists("['" + inside * (100_000 // len(inside)) + "]")
    assert time.perf_counter() - started < 5


def test_rows_without_names_are_rejected() -> None:
    rows = tidy(name="") + tidy(artist=" ") + tidy(id="", name="X") + tidy(id="x", name="Y")
    parsed = read((TIDY + rows).encode())
    assert parsed.rejected == 2
    assert [problem.where for problem in parsed.problems] == ["line 2", "line 3"]
    assert parsed.tracks["track_id"].tolist() == [name_id("Somebody", n) for n in ("X", "Y")]


def test_na_is_a_name_but_not_three_times() -> None:
    rows = tidy(name="NA") + tidy(id=OTHER, artist="NA")
    assert read((TIDY + rows).encode()).rejected == 0
    gone = tidy(name="NA", artist="NA").replace("Album", "NA")
    assert read((TIDY + gone).encode()).rejected == 1


def test_a_range_is_kept_and_the_row_too() -> None:
    bad = tidy().replace("0.748", "1.748").replace("122.036", "-3")
    parsed = read((TIDY + bad).encode())
    assert parsed.tracks[["danceability", "tempo"]].isna().to_numpy().all()
    assert parsed.rejected == 0
    assert "danceability 1.748, tempo -3" in parsed.problems[0].why


def test_all_zero_was_not_measured() -> None:
    zero = f"{ID},T,A,B,2001,5,1000,,0,0,0,0,0,0,0,0,0,0,0,\n"
    parsed = read((SAMPLE + zero).encode())
    assert parsed.tracks[list(AUDIO_FEATURES)].isna().to_numpy().all()
    assert not parsed.problems


def test_loudness_above_zero_occurs() -> None:
    row = f"{ID},T,A,B,2001,5,1000,,0.1,0.1,0,1.2,0,0,0,0,0,0,90,\n"
    assert read((SAMPLE + row).encode()).tracks["loudness"].tolist() == pytest.approx([1.2])


@pytest.mark.parametrize("date", ["0000", "", "soon", "99", "٢٠٢٠"])
def test_years_that_are_none(date: str) -> None:
    row = f"{ID},T,A,B,{date},5,1000,,0.1,0.1,0,-2,0,0,0,0,0,0,90,\n"
    assert read((SAMPLE + row).encode()).tracks["year"].isna().all()


def test_a_table_without_rows() -> None:
    parsed = read(TIDY.encode())
    assert len(parsed.tracks) == 0
    assert "no rows" in parsed.problems[0].why


@pytest.mark.parametrize(
    "header",
    [
        "genres,acousticness,danceability,duration_ms,energy,tempo",  # no tracks
        "playlist_id,track_id",
        "track_name,artists,album_name",  # no features
        "Track URI,Track Name,Artist Name(s),Added At,Danceability,Energy,Tempo",  # Exportify
    ],
)
def test_other_tables_are_not_taken(header: str) -> None:
    assert not sniff(f"{header}\n1,2,3,4,5,6\n".encode())


REAL = [
    # file, read, tracks, rejected, duplicate; counted apart with csv.DictReader
    ("spotify_songs/spotify_songs.csv", 32_833, 28_352, 5, 4_476),
    ("spotify_by_genre/spotify_by_genre.csv", 6_000, 5_849, 0, 151),
]


@pytest.mark.parametrize(("file", "n_read", "tracks", "rejected", "duplicate"), REAL)
def test_real_tables(
    shared: Path, file: str, n_read: int, tracks: int, rejected: int, duplicate: int
) -> None:
    parsed = read((shared / "tracks" / file).read_bytes())
    assert (parsed.read, len(parsed.tracks)) == (n_read, tracks)
    assert (parsed.rejected, parsed.duplicate) == (rejected, duplicate)
    assert len(parsed.problems) == rejected
    assert parsed.tracks["danceability"].notna().mean() > 0.999


@pytest.mark.parametrize(
    "file", ["genres/data_by_genres.csv", "spotify_songs/playlist_split_seed7/test.csv"]
)
def test_real_tables_of_something_else(shared: Path, file: str) -> None:
    assert recognise_format((shared / "tracks" / file).read_bytes()) is None


# --- plays of many listeners ----------------------------------------------------------

HEADER = "listener,track_id,played_at,ms_played,skipped\n"


def plays_of(*rows: str) -> ParsedFile:
    return read((HEADER + "".join(f"{row}\n" for row in rows)).encode(), "listeners")


def test_a_listener_in_full() -> None:
    parsed = plays_of(f"listener-001,{ID},2024-09-29T17:54:37Z,82046,true")
    assert parsed.plays.iloc[0].to_dict() == {
        "track": 0,
        "listener": "listener-001",
        "played_at": 1727632477,
        "ms_played": 82046,
        "skipped": 1,
        "reason_start": "",
        "reason_end": "",
        "shuffle": -1,
    }
    assert parsed.tracks.iloc[0][["track_id", "name", "artists"]].tolist() == [ID, "", ""]
    assert parsed.kind == "plays"


@pytest.mark.parametrize(
    "time",
    ["2024-09-29T17:54:37Z", "2024-09-29 17:54:37", "1727632477", "1727632477000"],
)
def test_ways_to_write_a_time(time: str) -> None:
    mixed = plays_of(f"a,{ID},{time},1,", f"a,{ID},2024-09-29T17:54:38+00:00,1,0")
    assert mixed.plays["played_at"].tolist() == [1727632477, 1727632478]
    assert mixed.plays["skipped"].tolist() == [-1, 0]


@pytest.mark.parametrize(
    "row",
    [
        f",{ID},2024-09-29T17:54:37Z,1,true",
        "a,,2024-09-29T17:54:37Z,1,true",
        "a,short,2024-09-29T17:54:37Z,1,true",
        f"a,{ID},soon,1,true",
        f"a,{ID},,1,true",
        f"a,{ID},-5,1,true",
        f"a,{ID},99999999999999999999,1,true",
        f"a,{ID},2024-09-29T17:54:37Z,-1,true",
        f"a,{ID},2024-09-29T17:54:37Z,,true",
        f"a,{ID},2024-09-29T17:54:37Z,1e12,true",
        f"a,{ID},2024-09-29T17:54:37Z",
    ],
)
def test_a_bad_row_of_a_listener(row: str) -> None:
    good = f"a,{ID},2024-09-29T17:54:37Z,1,true"
    parsed = plays_of(good, row, good)
    assert (len(parsed.plays), parsed.rejected) == (2, 1)
    assert [problem.where for problem in parsed.problems] == ["line 3"]


def test_optional_columns() -> None:
    data = f"track_id,played_at,listener\n{ID},1727632477,a\n".encode()
    assert read(data, "listeners").plays["ms_played"].tolist() == [0]


def test_no_listeners() -> None:
    parsed = plays_of()
    assert len(parsed.plays) == 0
    assert parsed.problems


SAMPLE_FILES = [
    ("catalogue_sample.csv.gz", "track_table"),
    ("listeners_sample.csv.gz", "listeners"),
]


@pytest.mark.parametrize(("file", "name"), SAMPLE_FILES)
def test_the_sample_world_is_read_whole(file: str, name: str) -> None:
    parsed = read(gzip.decompress((ROOT / "sample_data" / file).read_bytes()), name)
    assert parsed.read > 2_000
    assert (parsed.rejected, parsed.duplicate, parsed.problems) == (0, 0, ())
    assert parsed.tracks["track_id"].str.startswith("invented").all()
