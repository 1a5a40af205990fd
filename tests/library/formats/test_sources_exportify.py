"""Exportify's playlists, of both makers and all their headers."""

from __future__ import annotations

import csv
import io
import itertools
import json
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from musicai.core.errors import UnreadableFile
from musicai.core.settings import PACKAGE_DATA
from musicai.data.library import AUDIO_FEATURES, KEY_COLUMNS, SOURCE_TRACK_COLUMNS, UNIT_FEATURES
from musicai.data.parsed import SOURCE_ITEM_COLUMNS, ParsedFile, ReadOptions
from musicai.data.text_keys import name_id
from musicai.library.formats import recognise_format
from musicai.library.formats.exportify import (
    ALIASES,
    _load_translations,
    get_playlist_name,
    parse,
    sniff,
)
from tests.conftest import ROOT

SAMPLES = ROOT / "tests" / "files" / "exports" / "exportify"

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
    source = recognise_format(data)
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
        "key": 1.0,
        "mode": 1.0,
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


@pytest.mark.parametrize(
    ("key", "mode", "expected", "complained"),
    [
        ("0", "0", (0.0, 0.0), ""),
        ("11", "1", (11.0, 1.0), ""),
        ("11.0", "1.0", (11.0, 1.0), ""),
        ("-1", "0", (np.nan, 0.0), ""),
        ("", "", (np.nan, np.nan), ""),
        ("-1", "-1", (np.nan, np.nan), ""),
        ("12", "1", (np.nan, 1.0), "key 12"),
        ("H", "1", (np.nan, 1.0), "key H"),
        ("3.5", "1", (np.nan, 1.0), "key 3.5"),
        ("3", "2", (3.0, np.nan), "mode 2"),
        ("-2", "0.5", (np.nan, np.nan), "key -2, mode 0.5"),
    ],
)
def test_a_key_is_one_of_twelve_and_a_mode_one_of_two(
    key: str, mode: str, expected: tuple[float, float], complained: str
) -> None:
    parsed = read(table({"Key": key, "Mode": mode}))
    track = parsed.tracks.iloc[0]
    assert (track["key"], track["mode"]) == pytest.approx(expected, nan_ok=True)
    assert track["energy"] == pytest.approx(0.6)
    told = [problem.why for problem in parsed.problems]
    if complained:
        assert told[0].startswith(f"Out of range or no number: {complained}. The row was kept")
    else:
        assert not told


def test_a_row_that_was_not_measured_has_no_key() -> None:
    empty = dict.fromkeys((name.title() for name in UNIT_FEATURES), "0")
    track = read(table({**empty, "Key": "0", "Mode": "0"})).tracks.iloc[0]
    assert track[[*AUDIO_FEATURES, *KEY_COLUMNS]].isna().all()


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
    assert get_playlist_name(file) == name


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


HEADERS = {
    "net with ISRC": "Track URI,ISRC,Track Name,Album Name,Artist Name(s),Release Date,"
    "Duration (ms),Popularity,Explicit,Added By,Added At,Genres,Record Label,Danceability,Energy,"
    "Key,Loudness,Mode,Speechiness,Acousticness,Instrumentalness,Liveness,Valence,Tempo,"
    "Time Signature",
    "net with AcousticBrainz": "Track URI,Track Name,Album Name,Artist Name(s),Release Date,"
    "Duration (ms),Popularity,Explicit,Added By,Added At,Genres,Record Label,ISRC,Deezer BPM,"
    "Deezer Gain,MB Recording ID,MB Tags,AB BPM,AB Key,AB Average Loudness,AB Dynamic Complexity,"
    "AB Danceability,AB Mood Happy,AB Mood Sad,AB Mood Aggressive,AB Mood Relaxed,AB Mood Party,"
    "AB Voice/Instrumental,AB Tonal/Atonal,AB Timbre,AB Genre (Dortmund),AB Genre (Rosamerica),"
    "AB Gender",
    "net": ",".join(FIELDS),
    "net without features": "Track URI,Track Name,Album Name,Artist Name(s),Release Date,"
    "Duration (ms),Popularity,Explicit,Added By,Added At,Genres,Record Label",
    "net with ids": "Spotify ID,Artist IDs,Track Name,Album Name,Artist Name(s),Release Date,"
    "Duration (ms),Popularity,Added By,Added At,Genres,Danceability,Energy,Key,Loudness,Mode,"
    "Speechiness,Acousticness,Instrumentalness,Liveness,Valence,Tempo,Time Signature",
    "watsonbox": "Track URI,Track Name,Artist URI(s),Artist Name(s),Album URI,Album Name,"
    "Album Artist URI(s),Album Artist Name(s),Album Release Date,Album Image URL,Disc Number,"
    "Track Number,Track Duration (ms),Track Preview URL,Explicit,Popularity,ISRC,Added By,Added At",
    "watsonbox 2020": "Track URI,Track Name,Artist URI,Artist Name,Album URI,Album Name,"
    "Disc Number,Track Number,Track Duration (ms),Added By,Added At",
    "watsonbox 2015": "Spotify URI,Track Name,Artist Name,Album Name,Disc Number,Track Number,"
    "Track Duration (ms),Added By,Added At",
}
"""Header lines that were met; the first six are those of the list of variants."""

VALUES = {
    **{name: f"of another: {name}" for header in HEADERS.values() for name in header.split(",")},
    **{name: "0.987" for name in HEADERS["net with AcousticBrainz"].split(",") if "AB " in name},
    **FIELDS,
    "ISRC": "gb-aaa-98-00322",
    "Spotify ID": ID,
    "Spotify URI": f"spotify:track:{ID}",
    "Artist IDs": "1,2",
    "Artist URI": "spotify:artist:1, spotify:artist:2",
    "Artist URI(s)": "spotify:artist:1, spotify:artist:2",
    "Album Release Date": "2011-02",
    "Track Duration (ms)": "241346",
}
"""What stands in each column; whatever belongs to no meaning can be told from what does."""

JOINED = {
    "net": "Ghostpoet;Tyler, The Creator",
    "net with ids": "Ghostpoet,Tyler, The Creator",
    "watsonbox": r"Ghostpoet, Tyler\, The Creator",
    "watsonbox 2015": "Ghostpoet",
}
"""The artists as each maker joins them; others as the nearest name here."""


def check_every_column(name: str, header: str) -> None:
    names = header.split(",")
    joined = next(text for kind, text in reversed(JOINED.items()) if name.startswith(kind))
    values = {**VALUES, "Artist Name(s)": joined, "Artist Name": joined}
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([names, [values[column] for column in names]])
    parsed = read(stream.getvalue().encode())
    track = parsed.tracks.iloc[0].to_dict()
    has = set(names)
    assert track["track_id"] == ID
    assert (track["name"], track["album"]) == ("One Twos", "Peanut Butter Blues")
    assert track["artists"] == ("Ghostpoet" if joined == "Ghostpoet" else JOINED["net"])
    assert track["duration_ms"] == 241346
    assert track["isrc"] == ("GBAAA9800322" if "ISRC" in has else "")
    assert track["genres"] == ("uk hip hop;nhạc phim" if "Genres" in has else "")
    dated = has & {"Release Date", "Album Release Date"}
    assert track["year"] == pytest.approx(2011 if dated else np.nan, nan_ok=True)
    assert track["popularity"] == pytest.approx(22 if "Popularity" in has else np.nan, nan_ok=True)
    assert (track["explicit"] is False) == ("Explicit" in has)
    for feature in (*AUDIO_FEATURES, *KEY_COLUMNS):
        known = float(FIELDS[feature.title()]) if feature.title() in has else np.nan
        assert track[feature] == pytest.approx(known, nan_ok=True), feature
    assert parsed.playlist_items["added_at"].tolist() == [1604416744]
    assert not parsed.problems


@pytest.mark.parametrize("name", HEADERS)
def test_every_column_of_every_header(name: str) -> None:
    check_every_column(name, HEADERS[name])


def test_the_headers_that_were_met_are_these(shared: Path) -> None:
    lines = (shared / "exports/exportify/HEADER_VARIANTS.txt").read_text("utf-8").splitlines()
    headers = [line for line in lines if not line.startswith("#")]
    assert headers == list(HEADERS.values())[:6]


def test_other_scales_of_the_same_name_are_not_taken() -> None:
    data = (SAMPLES / "acousticbrainz.csv").read_bytes()
    track = read(data).tracks.iloc[0]
    assert track[list(AUDIO_FEATURES)].isna().all()
    assert (track["isrc"], track["genres"]) == ("GBAAA9800322", "trip hop")


def test_a_question_mark_in_the_header_of_a_time() -> None:
    header = HEADERS["watsonbox"].replace("Explicit,", "Explicit?,")
    values = [VALUES[name.removesuffix("?")] for name in header.split(",")]
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([header.split(","), values])
    assert read(stream.getvalue().encode()).tracks["explicit"].tolist() == [False]


# --- watsonbox in other languages -------------------------------------------------------------

WATSONBOX = {
    "uri": f"spotify:track:{ID}",
    "name": "Jóga",
    "artist_uris": "spotify:artist:1, spotify:artist:2",
    "artists": r"Tyler\, The Creator, Björk",
    "album uri": "spotify:album:1",
    "album": "Homogenic",
    "album artist uris": "spotify:artist:3",
    "album artists": "Various Artists",
    "date": "1997",
    "image": "https://i.scdn.co/image/1",
    "disc": "1",
    "number": "2",
    "duration_ms": "304093",
    "preview": "",
    "explicit": "true",
    "popularity": "55",
    "isrc": "GBAAA9700001",
    "added by": "spotify:user:secret",
    "added_at": "2020-07-19T09:24:39Z",
}
"""The row of a file of watsonbox's 19 columns, by what the columns mean."""

GENRES = {"genres": "art pop,trip hop"}
FEATURES = {
    "danceability": "0.416",
    "energy": "0.971",
    "key": "5",
    "loudness": "-5.55",
    "mode": "1",
    "speechiness": "0.0575",
    "acousticness": "0.00104",
    "instrumentalness": "0.0391",
    "liveness": "0.44",
    "valence": "0.19",
    "tempo": "131.988",
    "time": "4",
}
ALBUM = {"album genres": "rock", "label": "One Little Indian", "copyrights": "C, P"}

LANGUAGES: dict[str, dict[str, str]] = json.loads(
    (PACKAGE_DATA / "exportify_headers.json").read_text("utf-8")
)
TRANSLATED = ("ar", "de", "el", "es", "fr", "it", "ja", "nl", "pt", "sv", "tr")


def watsonbox(names: dict[str, str], *groups: dict[str, str], delimiter: str = ",") -> str:
    """A file with every field quoted; ``names`` says what a column is called, else "?"."""
    columns = dict(itertools.chain(*(group.items() for group in (WATSONBOX, *groups))))
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow([names.get(meaning, "?") for meaning in columns])
    writer.writerow(columns.values())
    return stream.getvalue()


def is_understood(data: bytes, *groups: dict[str, str], points: str = ".") -> None:
    parsed = read(data)
    track = parsed.tracks.iloc[0].to_dict()
    features = {name: track.pop(name) for name in (*AUDIO_FEATURES, *KEY_COLUMNS)}
    assert track == {
        "track_id": ID,
        "name": "Jóga",
        "artists": "Tyler, The Creator;Björk",
        "album": "Homogenic",
        "genres": "art pop;trip hop" if GENRES in groups else "",
        "isrc": "GBAAA9700001",
        "year": 1997.0,
        "duration_ms": 304093.0,
        "popularity": 55.0,
        "explicit": True,
    }
    known = {name: float(FEATURES[name]) for name in features}
    unknown = dict.fromkeys(features, float("nan"))
    assert features == pytest.approx(known if FEATURES in groups else unknown, nan_ok=True)
    assert parsed.playlist_items["added_at"].tolist() == [1595150679]
    assert "secret" not in parsed.tracks.to_csv() + parsed.playlist_items.to_csv()
    assert not parsed.problems


GROUPS = [
    groups
    for size in range(4)
    for groups in itertools.combinations((GENRES, FEATURES, ALBUM), size)
]


def test_the_languages_are_all_there_and_complete() -> None:
    assert tuple(LANGUAGES) == TRANSLATED
    meanings = {*WATSONBOX, *GENRES, *FEATURES} & {*ALIASES}
    for names in LANGUAGES.values():
        assert set(names) == meanings


def test_no_two_columns_of_a_language_are_alike_once_folded() -> None:
    for names, folded in zip(LANGUAGES.values(), _load_translations(), strict=True):
        assert len(folded) == len(names)


def test_the_translations_are_those_of_the_site(shared: Path) -> None:
    path = shared / "exports/exportify/watsonbox_header_translations.json"
    site = json.loads(path.read_text("utf-8"))
    assert set(LANGUAGES) == set(site) - {"en"}
    keys = {"uri": "track_uri", "artists": "artist_names", "added_at": "added_at"}
    for language, names in LANGUAGES.items():
        for meaning, key in keys.items():
            assert names[meaning] == site[language][key]
        assert names["tempo"] == site[language]["audio_features"]["tempo"]
        assert names["genres"] == site[language]["artist"]["artist_genres"]


@pytest.mark.parametrize("language", TRANSLATED)
def test_headers_in_every_language(language: str) -> None:
    for groups in GROUPS:
        is_understood(watsonbox(LANGUAGES[language], *groups).encode(), *groups)


@pytest.mark.parametrize("language", TRANSLATED)
def test_an_empty_playlist_in_every_language(language: str) -> None:
    """No row proves the layout here: the names alone decide."""
    header = watsonbox(LANGUAGES[language]).splitlines()[0]
    parsed = read(header.encode())
    assert parsed.read == 0
    assert "no rows" in parsed.problems[0].why


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_headers_in_every_language_saved_again(language: str, encoding: str) -> None:
    text = watsonbox(LANGUAGES[language], GENRES, FEATURES).replace("\n", "\r\n")
    is_understood(text.encode(encoding), GENRES, FEATURES)
    decomposed = unicodedata.normalize("NFD", text.split("\r\n", 1)[0])
    is_understood(f"{decomposed}\r\n{text.split(chr(10), 1)[1]}".encode(encoding), GENRES, FEATURES)


@pytest.mark.parametrize("language", ["de", "es", "fr", "it", "nl", "pt", "sv"])
def test_a_spreadsheet_of_western_europe(language: str) -> None:
    text = watsonbox(LANGUAGES[language], GENRES, FEATURES, delimiter=";")
    for feature in FEATURES.values():
        text = text.replace(f'"{feature}"', f'"{feature.replace(".", ",")}"')
    assert '"0,416"' in text
    is_understood(text.encode("cp1252"), GENRES, FEATURES)
    is_understood(b"sep=;\r\n" + text.encode("cp1252"), GENRES, FEATURES)


@pytest.mark.parametrize("groups", GROUPS)
def test_a_language_that_nobody_knows_goes_by_place(groups: tuple[dict[str, str], ...]) -> None:
    is_understood(watsonbox({}, *groups).encode(), *groups)
    names = {meaning: f"列 {n}" for n, meaning in enumerate((*WATSONBOX, *GENRES, *FEATURES))}
    is_understood(watsonbox(names, *groups).encode(), *groups)


def test_names_that_a_spreadsheet_has_spoilt_go_by_place() -> None:
    text = watsonbox(LANGUAGES["fr"], GENRES, FEATURES)
    header, rows = text.split("\n", 1)
    spoilt = header.encode().decode("cp1252", "replace")  # read as if it were cp1252
    assert "Énergie" not in spoilt
    is_understood(f"{spoilt}\n{rows}".encode(), GENRES, FEATURES)


def test_whether_a_track_can_be_played_is_one_column_more() -> None:
    """Files of 2026 have it between the ISRC and who added the track."""
    for names in ({}, LANGUAGES["de"]):
        for groups in GROUPS:
            columns = list(csv.reader(io.StringIO(watsonbox(names, *groups))))
            stream = io.StringIO(newline="")
            more = zip(columns, ("Ist abspielbar", "true"), strict=True)
            csv.writer(stream).writerows([*row[:17], extra, *row[17:]] for row, extra in more)
            is_understood(stream.getvalue().encode(), *groups)


@pytest.mark.parametrize(
    ("column", "value"),
    [("uri", "67Hna13dNDkZvBpTXRIaOJ"), ("uri", ""), ("added_at", "19"), ("added_at", "")],
)
def test_nothing_goes_by_place_that_the_first_row_does_not_prove(column: str, value: str) -> None:
    text = watsonbox({}).replace(WATSONBOX[column], value)
    assert not sniff(text.encode())
    with pytest.raises(UnreadableFile, match="no playlist of Exportify"):
        parse(text.encode(), "x.csv", ReadOptions())
    assert not sniff(watsonbox({}, {"one more": "x", "and more": "y"}).encode())


def test_local_files_get_what_their_uri_says() -> None:
    uri = "spotify:local:The+Waymores:Heart+of+Stone:Caf%C3%A9:128"
    parsed = read(
        table(
            {"Track URI": uri, "Track Name": "", "Artist Name(s)": "", "Album Name": ""},
            {"Track URI": uri, "Track Name": "Other"},
            {"Track URI": "spotify:local:::Nobody:9", "Track Name": "", "Artist Name(s)": ""},
        )
    )
    assert parsed.tracks["track_id"].tolist() == [
        name_id("The Waymores", "Café"),
        name_id("Ghostpoet", "Other"),
    ]
    assert parsed.tracks["album"].tolist() == ["Heart of Stone", "Peanut Butter Blues"]
    assert (parsed.rejected, parsed.problems[0].where) == (1, "line 4")


SAMPLE_FILES = [
    # file, rows, not music, tracks
    ("liked_german.csv", 2, 0, 2),
    ("樂舒簡.csv", 2, 1, 1),
    ("oldest.csv", 1, 0, 1),
    ("acousticbrainz.csv", 1, 0, 1),
    ("resaved.csv", 1, 0, 1),
    ("unknown_language.csv", 1, 0, 1),
]


@pytest.mark.parametrize(("file", "n_rows", "not_music", "n_tracks"), SAMPLE_FILES)
def test_samples(file: str, n_rows: int, not_music: int, n_tracks: int) -> None:
    parsed = read((SAMPLES / file).read_bytes(), file)
    assert (parsed.read, parsed.not_music, len(parsed.tracks)) == (n_rows, not_music, n_tracks)
    assert not parsed.problems


def test_what_exportify_net_really_writes() -> None:
    """A tab at the end of an artist, quotes in a name, a name of digits, localised genres."""
    track = read((SAMPLES / "樂舒簡.csv").read_bytes()).tracks.iloc[0]
    assert track[["name", "artists", "album", "genres"]].tolist() == [
        "1119",
        "Six by Seven;Tyler, The Creator",
        'An "Album"',
        "nhạc phim;indie",
    ]


REAL = [
    # file, rows, tracks, year of the first
    ("watsonbox_test_liked_base.csv", 1, 1, 2017.0),
    ("watsonbox_test_liked_all_options.csv", 1, 1, 2017.0),
    ("watsonbox_test_local_and_duplicates.csv", 4, 3, float("nan")),
    ("watsonbox_header_german.csv", 1, 1, 2017.0),
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
