"""Exportify's playlists, of both makers and all their headers."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from musicai.matching import name_id
from musicai.sources import recognise
from musicai.sources.base import SOURCE_ITEM_COLUMNS, ParsedFile, ReadOptions
from musicai.sources.exportify import parse, playlist_name, sniff
from musicai.tables import AUDIO_FEATURES, SOURCE_TRACK_COLUMNS

ID = "7ATyvp3TmYBmGW7YuC8DJ3"
OTHER = "1GrLfs4TEvAZ86HVzXHchS"

FIELDS = {
    "Track URI": f"spotify:track:{ID}",
    "Track Name": "One Twos",
    "Album Name": "Peanut Butter Blues",
    "Artist Name(s)": "Ghostpoet;Tyler, The Creator",
    "Release Date": "2011-02-07",
    "Duration (ms)": "241346",
    "Popularity": "22",
    "Explicit": "false",
    "Added By": "user01",
    "Added At": "2020-11-03T15:19:04Z",
    "Genres": "UK Hip Hop,nhạc phim",
    "Record Label": "Brownswood",
    "Danceability": "0.5",
    "Energy": "0.6",
    "Key": "1",
    "Loudness": "-7.5",
    "Mode": "1",
    "Speechiness": "0.1",
    "Acousticness": "0.2",
    "Instrumentalness": "0",
    "Liveness": "0.3",
    "Valence": "0.4",
    "Tempo": "120.5",
    "Time Signature": "4",
}


def table(*rows: dict[str, str], delimiter: str = ",", quoting: int = csv.QUOTE_MINIMAL) -> bytes:
    """A file of exportify.net; each row says what differs from ``FIELDS``."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, quoting=quoting)  # type: ignore[arg-type]
    writer.writerow(FIELDS)
    writer.writerows([{**FIELDS, **row}.values() for row in rows])
    return stream.getvalue().encode()


def read(data: bytes, file: str = "Liked_Songs.csv") -> ParsedFile:
    source = recognise(data)
    assert source is not None
    assert source.name == "exportify"
    parsed = source.parse(data, file, ReadOptions())
    adds_up(parsed)
    return parsed


def adds_up(parsed: ParsedFile) -> None:
    kept = len(parsed.playlist_items)
    assert parsed.read == kept + parsed.not_music + parsed.private + parsed.rejected
    assert parsed.playlist_items.dtypes.astype(str).to_dict() == SOURCE_ITEM_COLUMNS
    assert parsed.tracks.dtypes.astype(str).to_dict() == SOURCE_TRACK_COLUMNS
    assert parsed.tracks["track_id"].is_unique
    assert parsed.playlist_items["track"].between(0, len(parsed.tracks) - 1).all()


def test_a_row_in_full() -> None:
    parsed = read(table({}))
    track = parsed.tracks.iloc[0].to_dict()
    features = {name: track.pop(name) for name in AUDIO_FEATURES}
    assert track == {
        "track_id": ID,
        "name": "One Twos",
        "artists": "Ghostpoet;Tyler, The Creator",
        "album": "Peanut Butter Blues",
        "genres": "uk hip hop;nhạc phim",
        "isrc": "",
        "year": 2011.0,
        "duration_ms": 241346.0,
        "popularity": 22.0,
        "explicit": False,
    }
    assert features == pytest.approx(
        {
            "danceability": 0.5,
            "energy": 0.6,
            "valence": 0.4,
            "acousticness": 0.2,
            "instrumentalness": 0.0,
            "liveness": 0.3,
            "speechiness": 0.1,
            "tempo": 120.5,
            "loudness": -7.5,
        }
    )
    assert parsed.playlist_items.iloc[0].to_dict() == {
        "playlist": "Liked Songs",
        "track": 0,
        "position": 0,
        "added_at": int(datetime(2020, 11, 3, 15, 19, 4, tzinfo=UTC).timestamp()),
    }
    assert parsed.kind == "playlist"
    assert parsed.api_born
    assert not parsed.problems


def test_who_added_a_row_is_dropped() -> None:
    parsed = read(table({"Added By": "spotify:user:secret"}))
    kept = parsed.tracks.astype(str).to_csv() + parsed.playlist_items.astype(str).to_csv()
    assert "secret" not in kept


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_what_spreadsheets_make_of_it(encoding: str, delimiter: str, ending: str) -> None:
    text = table({"Track Name": "Jóga"}, delimiter=delimiter).decode().replace("\r\n", ending)
    parsed = read(text.encode(encoding))
    assert parsed.tracks["name"].tolist() == ["Jóga"]


def test_cp1252() -> None:
    parsed = read(table({"Track Name": "Jóga", "Genres": ""}).decode().encode("cp1252"))
    assert parsed.tracks["name"].tolist() == ["Jóga"]


def test_a_separator_hint_and_decimal_commas() -> None:
    data = b"sep=;\r\n" + table({"Energy": "0,25"}, delimiter=";")
    parsed = read(data)
    assert parsed.tracks["energy"].tolist() == [0.25]
    parsed = read(b"sep=;\r\n" + table({"Track Name": ""}, delimiter=";"))
    assert parsed.problems[0].where == "line 3"


def test_quoted_numbers() -> None:
    parsed = read(table({}, quoting=csv.QUOTE_ALL))
    assert parsed.tracks["tempo"].tolist() == [120.5]


def test_blank_features_are_not_known() -> None:
    blank = dict.fromkeys([name.title() for name in AUDIO_FEATURES], "")
    parsed = read(table(blank, {"Track URI": f"spotify:track:{OTHER}"}))
    assert parsed.tracks[list(AUDIO_FEATURES)].isna().all(axis=1).tolist() == [True, False]
    assert not parsed.problems


def test_values_out_of_range_are_not_known_and_said() -> None:
    parsed = read(table({"Danceability": "1.7", "Energy": "loud", "Valence": "inf"}))
    track = parsed.tracks.iloc[0]
    assert np.isnan(track[["danceability", "energy", "valence"]].astype(float)).all()
    assert track["tempo"] == 120.5
    assert (parsed.rejected, len(parsed.playlist_items)) == (0, 1)
    assert parsed.problems[0].where == "line 2"
    assert "danceability 1.7" in parsed.problems[0].why


def test_a_tempo_of_zero_was_not_measured() -> None:
    parsed = read(table({"Tempo": "0"}))
    assert parsed.tracks["tempo"].isna().all()
    assert not parsed.problems


@pytest.mark.parametrize("name", ["1119", "NA", "null", "1e5", "007", "True", "=1+1", "<b>"])
def test_names_that_look_like_something_else(name: str) -> None:
    parsed = read(table({"Track Name": name, "Artist Name(s)": name, "Album Name": name}))
    assert parsed.tracks.iloc[0][["name", "artists", "album"]].tolist() == [name] * 3


def test_names_are_cleaned() -> None:
    parsed = read(
        table({"Artist Name(s)": "A\t;  B ", "Track Name": 'The "Best"\nof\x00', "Genres": " ,A,a"})
    )
    assert parsed.tracks.iloc[0][["artists", "name", "genres"]].tolist() == [
        "A;B",
        'The "Best" of',
        "a",
    ]


@pytest.mark.parametrize(
    ("added", "expected", "n_problems"),
    [
        ("1970-01-01T00:00:00Z", -1, 0),
        ("", -1, 0),
        ("2023-01-05 12:00", 1672920000, 0),
        ("2023-01-05T14:00:00+02:00", 1672920000, 0),
        ("yesterday", -1, 1),
        ("2999-01-05T12:00:00Z", -1, 1),
        ("1999-01-05T12:00:00Z", -1, 1),
    ],
)
def test_added_at(added: str, expected: int, n_problems: int) -> None:
    parsed = read(table({"Added At": added}))
    assert parsed.playlist_items["added_at"].tolist() == [expected]
    assert len(parsed.problems) == n_problems
    assert parsed.rejected == 0


def test_one_odd_time_does_not_cost_the_others() -> None:
    parsed = read(table({}, {"Added At": "soon"}, {}))
    added = parsed.playlist_items["added_at"].tolist()
    assert added[0] == added[2] > 0
    assert added[1] == -1


def test_what_is_no_music_and_what_is_no_row() -> None:
    parsed = read(
        table(
            {"Track URI": "spotify:episode:4rOoJ6Egrf8K2IrywzwOMk"},
            {"Track URI": "", "Track Name": ""},
            {"Track Name": ""},
            {"Track URI": "", "Artist Name(s)": ""},
            {},
        )
    )
    assert (parsed.not_music, parsed.rejected, len(parsed.playlist_items)) == (2, 2, 1)
    assert [problem.where for problem in parsed.problems] == ["line 4", "line 5"]
    assert parsed.playlist_items["position"].tolist() == [4]


def test_rows_with_too_many_or_too_few_fields() -> None:
    good = table({}).splitlines()
    data = b"\r\n".join([*good, b"a,b", b"", good[1] + b",,", good[1] + b",x", good[1][:60]])
    parsed = read(data)
    assert (parsed.read, len(parsed.playlist_items), parsed.rejected) == (5, 2, 3)
    assert [problem.where for problem in parsed.problems] == ["line 3", "line 6", "line 7"]
    assert "has 2 fields where the header has 24" in parsed.problems[0].why


def test_a_quote_that_never_ends_costs_what_it_swallowed() -> None:
    good = table({"Artist Name(s)": "A", "Genres": ""}).splitlines()
    data = b"\r\n".join([*good, b'"' + good[1], good[1]])
    parsed = read(data)
    assert (len(parsed.playlist_items), parsed.rejected) == (1, 1)
    assert parsed.problems[0].where == "lines 3 to 4"


def test_a_track_twice_is_one_track_and_two_rows() -> None:
    parsed = read(table({}, {}, {"Track URI": f"spotify:track:{OTHER}"}))
    assert parsed.tracks["track_id"].tolist() == [ID, OTHER]
    assert parsed.playlist_items["track"].tolist() == [0, 0, 1]
    assert parsed.playlist_items["position"].tolist() == [0, 1, 2]


def test_local_files_go_by_their_names() -> None:
    parsed = read(table({"Track URI": "spotify:local:A:B:C:128", "Popularity": "0"}))
    assert parsed.tracks["track_id"].tolist() == [
        name_id("Ghostpoet;Tyler, The Creator", "One Twos")
    ]
    assert parsed.tracks["popularity"].isna().all()


def test_an_empty_playlist_is_said() -> None:
    parsed = read(table())
    assert parsed.read == 0
    assert "no rows" in parsed.problems[0].why


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("Liked_Songs.csv", "Liked Songs"),
        ("x.zip › folder/my_mix (1).csv", "my mix (1)"),
        ("folder/樂舒簡.csv", "樂舒簡"),
        ("a\\b.CSV", "b"),
        ("cafe\u0301.csv.gz", "café"),
        (".csv", "Playlist"),
        ("<b>.csv", "<b>"),
    ],
)
def test_playlist_name(file: str, name: str) -> None:
    assert playlist_name(file) == name


@pytest.mark.parametrize(
    ("artists", "ids", "expected"),
    [
        ("A,B", "1,2", "A;B"),
        ("Tyler, The Creator,B", "1,2", "Tyler, The Creator;B"),
        ("Earth,Wind", "1", "Earth,Wind"),
        ("10,000 Maniacs", "1", "10,000 Maniacs"),
        ("A", "", "A"),
        ("Crosby, Stills,Nash", "", "Crosby, Stills;Nash"),
    ],
)
def test_artists_of_older_files(artists: str, ids: str, expected: str) -> None:
    data = (
        "Spotify ID,Artist IDs,Track Name,Album Name,Artist Name(s),Added At\n"
        f'{ID},"{ids}",T,A,"{artists}",2020-11-03T15:19:04Z\n'
    )
    assert read(data.encode()).tracks["artists"].tolist() == [expected]


@pytest.mark.parametrize(
    ("artists", "expected"),
    [
        ("Six by Seven", "Six by Seven"),
        ("A, B", "A;B"),
        (r"Tyler\, The Creator, B", "Tyler, The Creator;B"),
        (r"Tyler\, The Creator", "Tyler, The Creator"),
    ],
)
def test_artists_of_watsonbox(artists: str, expected: str) -> None:
    data = (
        "Track URI,Track Name,Artist URI(s),Artist Name(s),Album Name,Added At\n"
        f'spotify:track:{ID},T,spotify:artist:x,"{artists}",A,2020-11-03T15:19:04Z\n'
    )
    assert read(data.encode()).tracks["artists"].tolist() == [expected]


def test_every_header_that_was_met(shared: Path) -> None:
    lines = (shared / "exports/exportify/HEADER_VARIANTS.txt").read_text("utf-8").splitlines()
    headers = [line for line in lines if not line.startswith("#")]
    assert len(headers) == 6
    for header in headers:
        names = header.split(",")
        values = {**FIELDS, "Spotify ID": ID, "Added At": "2020-11-03T15:19:04Z"}
        stream = io.StringIO(newline="")
        csv.writer(stream).writerows([names, [values.get(name, "") for name in names]])
        parsed = read(stream.getvalue().encode())
        assert parsed.tracks["track_id"].tolist() == [ID], header
        assert not parsed.problems


def test_the_oldest_header() -> None:
    data = (
        "Spotify URI,Track Name,Artist Name,Album Name,Disc Number,Track Number,"
        "Track Duration (ms),Added By,Added At\n"
        f"spotify:track:{ID},T,A,B,1,1,1000,u,2015-11-03T15:19:04Z\n"
    )
    assert read(data.encode()).tracks["duration_ms"].tolist() == [1000.0]


REAL = [
    # file, rows, tracks, year of the first
    ("watsonbox_test_liked_base.csv", 1, 1, 2017.0),
    ("watsonbox_test_liked_all_options.csv", 1, 1, 2017.0),
    ("watsonbox_test_local_and_duplicates.csv", 4, 3, float("nan")),
]


@pytest.mark.parametrize(("file", "rows", "tracks", "year"), REAL)
def test_real_files(shared: Path, file: str, rows: int, tracks: int, year: float) -> None:
    parsed = read((shared / "exports/exportify" / file).read_bytes(), file)
    assert (parsed.read, len(parsed.playlist_items), len(parsed.tracks)) == (rows, rows, tracks)
    assert parsed.tracks["year"].tolist()[0] == pytest.approx(year, nan_ok=True)
    assert not parsed.problems


def test_real_features_and_genres(shared: Path) -> None:
    path = shared / "exports/exportify/watsonbox_test_liked_all_options.csv"
    track = parse(path.read_bytes(), path.name, ReadOptions()).tracks.iloc[0]
    assert track["genres"] == "nottingham indie"
    assert track["isrc"] == "UK4UP1300002"
    assert track["energy"] == pytest.approx(0.971)


@pytest.mark.parametrize(
    "data",
    [b"", b"a,b\n1,2", b"Track Name,Artist Name(s)\nx,y", b'{"Track URI": 1}', b"\0" * 100],
)
def test_other_files_are_not_taken(data: bytes) -> None:
    assert not sniff(data)
