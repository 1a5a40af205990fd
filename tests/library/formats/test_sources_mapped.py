"""Tables that no reader knows: the guess, the check, and reading by what the person said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicai.core.errors import UnreadableFile
from musicai.core.progress import no_progress
from musicai.data.parsed import NOMINAL_MS, TABLE_KINDS, ColumnMapping, ParsedFile, ReadOptions
from musicai.data.text_keys import name_id
from musicai.library.formats import HEAD_BYTES, mapped_table, recognise_format
from musicai.library.formats.csv_text import CsvHeader, read_csv_header
from musicai.library.formats.dates import DayOrder, parse_times
from musicai.library.formats.mapped_table import (
    MEANINGS,
    NEEDED,
    WORDS,
    check_mapping,
    guess_columns,
    parse_lengths,
    propose_mapping,
    read_preview,
)
from tests.conftest import ROOT

SAMPLES = ROOT / "tests" / "files" / "exports" / "mapped_table"
ID = "7ATyvp3TmYBmGW7YuC8DJ3"
T = 1_699_999_980
"""14 November 2023, 22:13 UTC."""


def mapping(header: str, kind: Any = "plays", **columns: str) -> ColumnMapping:
    names = CsvHeader(tuple(header.split(",")), ",").names
    return ColumnMapping(names, kind, tuple(columns.items()))


BASE = "who,what,at"
PLAYS = mapping(BASE, artist="who", title="what", played_at="at")


def read(text: str, *mappings: ColumnMapping, file: str = "a › my_list.csv") -> ParsedFile:
    data, options = text.encode(), ReadOptions(mappings=mappings)
    assert recognise_format(data) is None
    source = recognise_format(data, options)
    assert source is mapped_table.SOURCE
    parsed = source.parse(data, file, options)
    tables = (parsed.plays, parsed.playlist_items, parsed.tracks)
    kept = len(tables[TABLE_KINDS.index(parsed.kind)])
    assert parsed.read == kept + parsed.rejected + parsed.duplicate
    return parsed


def times(*texts: str) -> ParsedFile:
    return read(f"{BASE}\n" + "".join(f'A,B,"{text}"\n' for text in texts), PLAYS)


# --- recognising --------------------------------------------------------------------------


def test_a_table_is_known_by_its_whole_header() -> None:
    options = ReadOptions(mappings=(PLAYS,))
    assert recognise_format(b"who,what,at\n1,2,3\n", options) is mapped_table.SOURCE
    assert recognise_format(b"WHO;What;at\n1;2;3\n", options) is mapped_table.SOURCE
    assert recognise_format(b"who,what,at,more\n1,2,3,4\n", options) is None
    assert recognise_format(b"who,what,at\n1,2,3\n") is None


def test_a_reader_that_knows_the_table_comes_first() -> None:
    header = "listener,track_id,played_at"
    names = tuple(name.replace("_", " ") for name in header.split(","))
    said = ColumnMapping(names, "plays", (("artist", names[0]), ("title", names[1])))
    source = recognise_format(
        f"{header}\na,{ID},1700000000\n".encode(), ReadOptions(mappings=(said,))
    )
    assert source is not None
    assert source.name == "listeners"


def test_without_a_usable_mapping_nothing_is_read() -> None:
    broken = replace(PLAYS, columns=PLAYS.columns[:2])
    assert recognise_format(b"who,what,at\n1,2,3\n", ReadOptions(mappings=(broken,))) is None
    for options in (ReadOptions(), ReadOptions(mappings=(broken,))):
        with pytest.raises(UnreadableFile, match="Library page"):
            mapped_table.parse(b"who,what,at\n1,2,3\n", "x.csv", options)


def test_the_first_mapping_for_a_header_counts() -> None:
    other = replace(PLAYS, kind="playlist")
    assert read(f"{BASE}\nA,B,2023-11-14\n", other, PLAYS).kind == "playlist"


# --- what is wrong with a mapping ------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        (mapping(BASE, "plays", artist="who", title="what"), "When it was played"),
        (mapping(BASE, "catalogue", title="what"), "Artist"),
        (mapping(BASE, "playlist"), "Artist, Title"),
        (mapping(BASE, "film", artist="who", title="what"), "plays, playlist, catalogue"),
        (mapping(BASE, "playlist", artist="who", title="else"), "no column"),
        (mapping(BASE, "playlist", artist="who", title="what", colour="at"), "no meaning"),
        (ColumnMapping(("a", "b"), "playlist", (("artist", "a"), ("artist", "b"))), "two columns"),
        (
            mapping(
                "a,b,c,d,e", artist="a", title="b", played_at="c", ms_played="d", seconds_played="e"
            ),
            "milliseconds or in seconds",
        ),
    ],
)
def test_what_a_check_finds(bad: ColumnMapping, word: str) -> None:
    why = check_mapping(bad)
    assert why is not None
    assert word in why


def test_good_mappings_pass() -> None:
    assert check_mapping(PLAYS) is None
    assert set(NEEDED) == set(TABLE_KINDS)
    for needed in NEEDED.values():
        assert set(needed) <= set(MEANINGS)


# --- the guess ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "kind", "expected"),
    [
        (
            "Künstler;Titel;Gespielt am",
            "plays",
            {"artist": "künstler", "title": "titel", "played_at": "gespielt am"},
        ),
        (
            "Artista,Canción,Lista,Añadido el",
            "playlist",
            {
                "artist": "artista",
                "title": "canción",
                "playlist": "lista",
                "added_at": "añadido el",
            },
        ),
        ("Исполнитель\tНазвание", "playlist", {"artist": "исполнитель", "title": "название"}),
        (
            "アーティスト,曲名,再生日時",
            "plays",
            {"artist": "アーティスト", "title": "曲名", "played_at": "再生日時"},
        ),
        (
            "artist_name,track_name,energy,release_date",
            "catalogue",
            {
                "artist": "artist name",
                "title": "track name",
                "energy": "energy",
                "year": "release date",
            },
        ),
        (
            "Artist,Title,Date,Time,ms_played,seconds_played",
            "plays",
            {"artist": "artist", "title": "title", "played_at": "time", "ms_played": "ms played"},
        ),
    ],
)
def test_proposals(header: str, kind: str, expected: dict[str, str]) -> None:
    names = read_csv_header(header.encode())
    assert names is not None
    proposal = propose_mapping(names)
    assert proposal is not None
    assert (proposal.kind, dict(proposal.columns)) == (kind, expected)
    assert proposal.header == names.names


@pytest.mark.parametrize("header", ["a,b", "artist,album", "title,date", ",,"])
def test_no_proposal_without_artist_and_title(header: str) -> None:
    names = read_csv_header(header.encode())
    assert names is not None
    assert propose_mapping(names) is None


def test_words_are_of_meanings() -> None:
    assert set(WORDS) == set(MEANINGS)
    assert guess_columns(("name", "name", "track name")) == {"title": "track name"}


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from([word for words in WORDS.values() for word in words]), min_size=2))
def test_every_proposal_passes_the_check(names: list[str]) -> None:
    proposal = propose_mapping(CsvHeader(tuple(names), ","))
    assert proposal is None or check_mapping(proposal) is None


# --- the preview ---------------------------------------------------------------------------


def test_a_preview_shows_names_as_they_are() -> None:
    text = "sep=;\nKünstler_Name;Titel\n" + "".join(f'A{n};"x\ny"\n' for n in range(9)) + "z\n"
    for data in (text.encode(), text.encode("utf-16"), text.encode("cp1252")):
        seen = read_preview(data)
        assert seen.names == ("Künstler_Name", "Titel")
        assert seen.header == ("künstler name", "titel")
        assert seen.rows == tuple((f"A{n}", "x y") for n in range(5))


def test_a_preview_of_few_and_ragged_rows() -> None:
    assert read_preview(b"a,b\n1\n1,2,3\n\n").rows == (("1", ""), ("1", "2"))
    assert read_preview(b"a,b\n").rows == ()
    assert read_preview(b"a,b\n" + b"x" * 90_000 + b",1").rows == (("x" * 80, ""),)
    with pytest.raises(UnreadableFile):
        read_preview(b"{}")


# --- times ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        str(T),
        f"{T}.5",
        f"{T}000",
        f"{T}789",
        "2023-11-14T22:13:00Z",
        "2023-11-14T23:13:00+01:00",
        "2023-11-14 22:13",
        "2023-11-14 22:13:00.123",
        "14 Nov 2023, 22:13",
        "14 Nov 2023 22:13:00",
        "14. November 2023 22:13",
        "November 14, 2023 at 10:13PM",
        "Nov 14, 2023 10:13 p.m.",
        "14.11.2023 22:13",
        "14.11.23, 22:13:00",
        "14/11/2023 22:13",
        "14-11-2023 22:13 UTC",
        " 14/11/2023 10:13 PM ",
    ],
)
def test_ways_to_write_one_time(text: str) -> None:
    assert parse_times([text], day_first=True).tolist() == [T]


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "31.02.2023 10:00", "14 Foo 2023", "22:13", "13/13/2023", "1.70E+09", "NaN"),
        *("14.11.2023 13:00 PM", "14.11.2023 25:00", "14.11/2023", "9" * 50, "-5", "1e400", "٢٠٢٣"),
        "1" * 100_000,
        " " * 100_000 + "x",
        "1/" * 50_000,
    ],
)
def test_what_is_no_time(text: str) -> None:
    assert parse_times([text], day_first=True).tolist() == [-1]


def test_midnight_and_noon() -> None:
    twelve = parse_times(["1/2/2023 12:00 AM", "1/2/2023 12:00 PM", "1/2/2023"], day_first=False)
    assert (twelve - twelve[0]).tolist() == [0, 12 * 3600, 0]
    assert twelve[0] == 1_672_617_600  # 2 January 2023


def test_the_column_says_which_is_the_day() -> None:
    # 3 April and 25 December
    plays = times("03/04/2023 10:00", "25/12/2023 10:00")
    assert plays.plays["played_at"].tolist() == [1_680_516_000, 1_703_498_400]
    plays = times("04/03/2023 10:00", "12/25/2023 10:00")
    assert plays.plays["played_at"].tolist() == [1_680_516_000, 1_703_498_400]
    assert not plays.problems


def test_a_column_that_does_not_say_is_read_day_first_and_told() -> None:
    parsed = times("03/04/2023 10:00", "05/06/2023 10:00")
    assert parsed.plays["played_at"].tolist()[0] == 1_680_516_000
    assert [(p.where, "day first" in p.why) for p in parsed.problems] == [("", True)]
    parsed = times("04/03/2023 10:00 AM", "06/05/2023 10:00 AM")
    assert parsed.plays["played_at"].tolist()[0] == 1_680_516_000
    assert "month first" in parsed.problems[0].why


def test_the_day_is_decided_over_all_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "musicai.library.formats.csv_text.CsvReading.read_chunks.__defaults__", (2, no_progress)
    )
    parsed = times(*["04/03/2023"] * 6, "12/25/2023")
    assert parsed.plays["played_at"].tolist() == [1_680_480_000] * 6 + [1_703_462_400]


def test_dates_with_points_are_day_first_without_a_word() -> None:
    parsed = times("03.04.2023 10:00")
    assert parsed.plays["played_at"].tolist() == [1_680_516_000]
    assert not parsed.problems
    assert not DayOrder().is_guessed


# --- plays --------------------------------------------------------------------------------

FULL = "who,what,record,at,ms,skip,link,code,genre,year,long"
FULL_PLAYS = mapping(
    FULL,
    artist="who",
    title="what",
    album="record",
    played_at="at",
    ms_played="ms",
    skipped="skip",
    spotify_id="link",
    isrc="code",
    genres="genre",
    year="year",
    duration_ms="long",
)


def test_a_play_in_full() -> None:
    row = (
        f'A;B,T,R,{T},5000,yes,https://open.spotify.com/track/{ID},gb-aaa-98-00001,"Pop, Rock",'
        "1998-04-20,330000"
    )
    parsed = read(f"{FULL}\n{row}\n", FULL_PLAYS)
    assert parsed.plays.iloc[0].to_dict() == {
        "track": 0,
        "listener": "",
        "played_at": T,
        "ms_played": 5000,
        "skipped": 1,
        "reason_start": "",
        "reason_end": "",
        "shuffle": -1,
    }
    names = ["track_id", "artists", "name", "album", "isrc", "genres", "year", "duration_ms"]
    assert parsed.tracks.iloc[0][names].tolist() == [
        *(ID, "A;B", "T", "R", "GBAAA9800001", "pop;rock", 1998.0, 330_000.0)
    ]


def test_the_time_played_is_the_length_or_nominal_where_it_is_not_said() -> None:
    rows = f"A,T,,{T},,,,,,,330000\nA,U,,{T},,,,,,,\nA,U,,{T},0,no,,,,,\n"
    parsed = read(f"{FULL}\n{rows}", FULL_PLAYS)
    assert parsed.plays["ms_played"].tolist() == [330_000, NOMINAL_MS, 0]
    assert parsed.plays["skipped"].tolist() == [-1, -1, 0]
    assert times(str(T)).plays["ms_played"].tolist() == [NOMINAL_MS]


@pytest.mark.parametrize(
    "row",
    [
        f",T,,{T},1,,,,,,",
        f"A,,,{T},1,,,,,,",
        "A,T,,soon,1,,,,,,",
        "A,T,,,1,,,,,,",
        "A,T,,4102444800,1,,,,,,",
        "A,T,,1000000,1,,,,,,",
        f"A,T,,{T},-1,,,,,,",
        f"A,T,,{T},1e400,,,,,,",
        f"A,T,,{T},long,,,,,,",
        f"A,T,,{T}",
    ],
)
def test_bad_rows_cost_themselves_alone(row: str) -> None:
    good = f"A,T,,{T},1,,,,,,"
    parsed = read(f"{FULL}\n{good}\n{row}\n{good}\n", FULL_PLAYS)
    assert (len(parsed.plays), parsed.rejected) == (2, 1)
    assert [problem.where for problem in parsed.problems] == ["line 3"]


def test_lengths() -> None:
    texts = ["3:45", "1:02:03", "12", "0,5", "", "x", "-1", "99999999", "3:4"]
    in_seconds = parse_lengths(texts, in_seconds=True, decimal_comma=True)
    assert in_seconds[[0, 1, 2, 3]].tolist() == [225_000, 3_723_000, 12_000, 500]
    assert in_seconds[5:].tolist() == [-1, -1, -1, -1]
    assert str(in_seconds[4]) == "nan"
    assert parse_lengths(["3:45"], in_seconds=False, decimal_comma=False).tolist() == [-1]


# --- playlists and catalogues -----------------------------------------------------------------


def test_playlists_by_column_and_by_file_name() -> None:
    said = mapping("who,what,list,on", "playlist", artist="who", title="what", playlist="list")
    said = replace(said, columns=(*said.columns, ("added_at", "on")))
    rows = "A,T,One,2023-11-14 22:13\nA,U,,\nA,T,One,soon\nA,T,,\n"
    items = read(f"who,what,list,on\n{rows}", said).playlist_items
    assert items["playlist"].tolist() == ["One", "my_list", "One", "my_list"]
    assert items["position"].tolist() == [0, 0, 1, 1]
    assert items["track"].tolist() == [0, 1, 0, 0]
    assert items["added_at"].tolist() == [T, -1, -1, -1]


def test_a_catalogue_keeps_one_row_a_track() -> None:
    said = mapping(
        "who,what,genre,power",
        "catalogue",
        artist="who",
        title="what",
        genres="genre",
        energy="power",
    )
    rows = "A,T,pop,0.4\nA,T,rock,0.9\nB,T,,7\n,T,,\n"
    parsed = read(f"who,what,genre,power\n{rows}", said)
    assert parsed.tracks["track_id"].tolist() == [name_id("A", "T"), name_id("B", "T")]
    assert parsed.tracks["genres"].tolist() == ["pop;rock", ""]
    assert parsed.tracks["energy"].tolist()[0] == pytest.approx(0.4)
    assert (parsed.duplicate, parsed.rejected) == (1, 1)
    assert "energy 7" in parsed.problems[0].why


def test_an_empty_table_says_so() -> None:
    parsed = read(f"{BASE}\n", PLAYS)
    assert "no rows" in parsed.problems[0].why


@pytest.mark.parametrize(
    ("file", "kind", "n_read", "kept"),
    [
        ("my_plays.csv", "plays", 4, 2),
        ("my_list.csv", "playlist", 3, 3),
        ("my_tracks.tsv", "catalogue", 3, 2),
    ],
)
def test_the_samples(file: str, kind: str, n_read: int, kept: int) -> None:
    data = (SAMPLES / file).read_bytes()
    header = read_csv_header(data[:HEAD_BYTES])
    assert header is not None
    proposal = propose_mapping(header)
    assert proposal is not None
    parsed = read(data.decode(), proposal)
    tables = {"plays": parsed.plays, "playlist": parsed.playlist_items, "catalogue": parsed.tracks}
    assert (parsed.kind, parsed.read, len(tables[parsed.kind])) == (kind, n_read, kept)


cells = st.one_of(st.text(max_size=10), st.sampled_from(["A", str(T), "03/04/2023", "0.5", "3:45"]))


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(TABLE_KINDS), st.lists(st.lists(cells, min_size=11, max_size=11), max_size=5)
)
def test_any_cells_add_up(kind: Any, rows: list[list[str]]) -> None:
    body = "\n".join(",".join('"' + cell.replace('"', "") + '"' for cell in row) for row in rows)
    read(f"{FULL}\n{body}".encode("utf-8", "replace").decode(), replace(FULL_PLAYS, kind=kind))
