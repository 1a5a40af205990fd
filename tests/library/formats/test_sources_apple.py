"""What Apple gives away: the iTunes library, and Apple Music's play activity."""

from __future__ import annotations

import plistlib
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from musicai.core.errors import UnreadableFile
from musicai.data.parsed import NOMINAL_MS, ParsedFile, Problem, ReadOptions
from musicai.data.text_keys import name_id
from musicai.library.formats import apple_music, itunes, recognise_format
from tests.conftest import ROOT

SAMPLES = ROOT / "tests" / "files" / "exports"


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


# --- the iTunes library ----------------------------------------------------------------


def track(**changes: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "Track ID": 7,
        "Name": "Teardrop",
        "Artist": "Massive Attack",
        "Album": "Mezzanine",
        "Genre": "Trip Hop",
        "Kind": "MPEG audio file",
        "Total Time": 330_000,
        "Year": 1998,
        "Date Added": datetime(2013, 6, 19, 8, 7, 24),
        "Play Count": 1,
        "Play Date UTC": datetime(2017, 3, 21, 20, 5, 30),
        "Location": "file:///Users/somebody/Music/Teardrop.m4a",
    }
    facts.update({name.replace("_", " "): value for name, value in changes.items()})
    return {name: value for name, value in facts.items() if value is not None}


def library(*tracks: Any, playlists: Any = ()) -> bytes:
    content = {str(number): one for number, one in enumerate(tracks)}
    return plistlib.dumps({"Tracks": content, "Playlists": list(playlists)})


def read(data: bytes) -> tuple[ParsedFile, ParsedFile]:
    """The plays and the playlists."""
    source = recognise_format(data)
    assert source is itunes.SOURCE
    parsed = source.parse(data, "Library.xml", ReadOptions())
    (lists,) = parsed.further
    assert parsed.read == len(parsed.plays) + parsed.not_music + parsed.rejected
    assert lists.read == len(lists.playlist_items) + lists.not_music + lists.rejected
    assert (parsed.kind, lists.kind) == ("plays", "playlist")
    return parsed, lists


def test_the_last_play_began_a_track_length_before_its_date() -> None:
    plays, lists = read(library(track()))
    assert plays.plays.iloc[0].to_dict() == {
        "track": 0,
        "listener": "",
        "played_at": seconds("2017-03-21T20:00:00"),
        "ms_played": 330_000,
        "skipped": 0,
        "reason_start": "",
        "reason_end": "",
        "shuffle": -1,
    }
    assert not plays.problems
    facts = lists.tracks.iloc[0]
    assert facts[["track_id", "name", "artists", "album", "genres"]].tolist() == [
        name_id("Massive Attack", "Teardrop"),
        "Teardrop",
        "Massive Attack",
        "Mezzanine",
        "trip hop",
    ]
    assert facts[["year", "duration_ms"]].tolist() == [1998.0, 330_000.0]
    assert lists.playlist_items.iloc[0].to_dict() == {
        "playlist": "iTunes library",
        "track": 0,
        "position": 0,
        "added_at": seconds("2013-06-19T08:07:24"),
    }


@pytest.mark.parametrize(
    ("changes", "undated"),
    [
        ({"Play_Count": None, "Play_Date_UTC": None}, 0),
        ({"Play_Count": 0}, 0),
        ({"Play_Count": None, "Play_Date_UTC": datetime(2040, 2, 6, 4, 28, 16)}, 0),
        ({"Play_Count": 4, "Play_Date_UTC": datetime(2040, 2, 6, 4, 28, 16)}, 4),
        ({"Play_Count": 4, "Play_Date_UTC": datetime(1904, 1, 1)}, 4),
        ({"Play_Count": 4, "Play_Date_UTC": None}, 4),
        ({"Play_Count": 2**63, "Play_Date_UTC": None}, 1),
    ],
)
def test_tracks_without_a_dated_play(changes: dict[str, Any], undated: int) -> None:
    plays, lists = read(library(track(**changes)))
    assert (plays.read, len(plays.plays)) == (0, 0)
    assert len(lists.playlist_items) == 1
    said = [problem.why.split()[0] for problem in plays.problems]
    assert said == ([str(undated)] if undated else [])


def test_further_plays_are_named_once() -> None:
    plays, _ = read(library(track(Play_Count=1000), track(Name="Angel", Play_Count=3), track()))
    why = (
        "1,001 further plays have no date in this file, only their number; they were not taken in."
    )
    assert plays.problems == (Problem("Library.xml", "", why),)
    assert len(plays.plays) == 3


@pytest.mark.parametrize("date", [datetime(2001, 5, 1), datetime(2039, 1, 1), datetime(1970, 1, 1)])
def test_unbelievable_dates_are_rejected(date: datetime) -> None:
    plays, _ = read(library(track(Play_Date_UTC=date), track()))
    assert (plays.rejected, len(plays.plays)) == (1, 1)
    assert [problem.where for problem in plays.problems] == ["track 0"]


def test_a_track_without_a_length_counts_the_nominal_one() -> None:
    plays, _ = read(library(track(Total_Time=None)))
    assert plays.plays["ms_played"].tolist() == [NOMINAL_MS]
    assert plays.plays["played_at"].tolist() == [seconds("2017-03-21T20:05:30")]


@pytest.mark.parametrize(
    "changes",
    [
        {"Podcast": True},
        {"Movie": True, "Has_Video": True},
        {"TV_Show": True},
        {"Has_Video": True},
        {"Audiobook": True},
        {"Kind": "Audible file"},
        {"Kind": "Protected book"},
        {"Kind": "PDF document"},
        {"Genre": "Audiobook"},
        {"Track_Type": "URL", "Kind": "Internet audio stream"},
    ],
)
def test_what_is_no_music(changes: dict[str, Any]) -> None:
    item = [{"Name": "List", "Playlist Items": [{"Track ID": 0}]}]
    plays, lists = read(library(track(**changes), playlists=item))
    assert (plays.not_music, plays.read) == (1, 1)
    assert (lists.not_music, lists.read) == (2, 2)


def test_a_music_video_is_music() -> None:
    plays, _ = read(library(track(Has_Video=True, Music_Video=True)))
    assert len(plays.plays) == 1


def test_playlists_keep_order_and_repeats_and_say_what_is_lost() -> None:
    playlists = [
        {"Master": True, "Name": "Library", "Playlist Items": [{"Track ID": 0}, {"Track ID": 1}]},
        {"Name": "Sommer", "Playlist Items": [{"Track ID": n} for n in (1, 0, 1, 9, 2)]},
        {"Name": "Smart", "Smart Info": b"\0", "Playlist Items": [{"Track ID": 0}]},
        {"Name": "Folder", "Folder": True, "Playlist Items": [{"Track ID": 0}, "nothing"]},
        {"Playlist Items": [{"Track ID": 1}]},
        {"Name": "Empty"},
        "nothing",
    ]
    _, lists = read(library(track(), track(Name="Angel"), track(Artist=None), playlists=playlists))
    names = lists.tracks["name"].to_numpy()
    items = lists.playlist_items
    assert [
        (name, names[row], place)
        for name, row, place in zip(
            items["playlist"], items["track"], items["position"], strict=True
        )
    ] == [
        ("iTunes library", "Teardrop", 0),
        ("iTunes library", "Angel", 1),
        ("Sommer", "Angel", 0),
        ("Sommer", "Teardrop", 1),
        ("Sommer", "Angel", 2),
        ("Smart", "Teardrop", 0),
        ("Folder", "Teardrop", 0),
        ("Playlist 5", "Angel", 0),
    ]
    assert [problem.where for problem in lists.problems] == [
        "track 2",
        "playlist 2 (Sommer), item 4",
        "playlist 2 (Sommer), item 5",
        "playlist 4 (Folder), item 2",
    ]


def test_the_album_artist_stands_in() -> None:
    _, lists = read(library(track(Artist=None, Album_Artist="Various Artists")))
    assert lists.tracks["artists"].tolist() == ["Various Artists"]


def test_wrong_types_cost_their_row_alone() -> None:
    odd = track(Name=5, Artist=["x"], Genre=b"x", Year="1998", Total_Time=2**63)
    plays, lists = read(library(odd, "text", 7, [], track(Genre=True, Kind=3, Album=1.5)))
    assert (len(plays.plays), plays.rejected) == (1, 1)
    assert (len(lists.playlist_items), lists.rejected) == (1, 4)


def test_no_path_is_kept() -> None:
    plays, lists = read(library(track(Comments="somebody")))
    for part in (plays, lists):
        for name in (one.name for one in fields(part) if one.name != "further"):
            assert "somebody" not in str(getattr(part, name))
        assert not part.tracks.apply(lambda column: column.astype(str).str.contains("file:")).any(
            axis=None
        )


XML = (
    '<?xml version="1.0"?>\n{doctype}<plist version="1.0"><dict><key>Tracks</key>{tracks}</dict>'
    "</plist>"
)
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha" * 10}">' for n in range(12))


@pytest.mark.timeout(10)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    "doctype",
    [
        f"<!DOCTYPE plist [{LAUGHS}]>",
        '<!DOCTYPE plist [<!ENTITY l11 SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE plist [<!ENTITY % l11 SYSTEM "http://127.0.0.1:9/x.dtd"> %l11;]>',
    ],
)
def test_entities_are_refused(doctype: str, encoding: str) -> None:
    tracks = "<dict><key>1</key><dict><key>Name</key><string>&l11;</string></dict></dict>"
    data = XML.format(doctype=doctype, tracks=tracks).encode(encoding)
    with pytest.raises(UnreadableFile, match="entities"):
        itunes.parse(data, "x.xml", ReadOptions())


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    ("opening", "closing"), [("<array>", "</array>"), ("<dict><key>a</key>", "</dict>")]
)
def test_deep_nesting_is_refused(opening: str, closing: str) -> None:
    data = XML.format(doctype="", tracks=opening * 100_000 + closing * 100_000).encode()
    with pytest.raises(UnreadableFile, match="nested"):
        itunes.parse(data, "x.xml", ReadOptions())


@pytest.mark.timeout(10)
def test_deep_nesting_in_another_encoding_does_no_harm() -> None:
    nested = "<array>" * 50_000 + "</array>" * 50_000
    data = XML.format(doctype="", tracks=nested).encode("utf-16")
    with pytest.raises(UnreadableFile):
        itunes.parse(data, "x.xml", ReadOptions())


def test_a_library_with_its_playlists_first_is_known() -> None:
    playlist = {"Name": "Long", "Playlist Items": [{"Track ID": 0}] * 3_000}
    data = library(track(), playlists=[playlist])
    assert data.find(b"<key>Tracks</key>") > 65_536
    assert read(data)[1].read == 3_001


def test_other_property_lists_are_not_taken() -> None:
    assert not itunes.sniff(plistlib.dumps({"CFBundleName": "Music", "Items": [1]}))


def test_a_cut_library_names_the_place() -> None:
    data = library(track(), track())
    for end in range(0, len(data) - 10, 97):
        with pytest.raises(UnreadableFile, match=r"line \d+, column \d+"):
            itunes.parse(data[:end], "x.xml", ReadOptions())


@pytest.mark.parametrize(
    "tracks",
    [
        "<date>no date</date>",
        "<date>2020-13-41T99:00:00Z</date>",
        f"<integer>{'9' * 5000}</integer>",
        "<integer>five</integer>",
        "<real>1e400</real>",
        "<data>*</data>",
        "<dict><key>1</key></dict>",
        "<dict><string>1</string></dict>",
        "<array/>",
        "",
    ],
)
def test_no_library(tracks: str) -> None:
    with pytest.raises(UnreadableFile):
        itunes.parse(XML.format(doctype="", tracks=tracks).encode(), "x.xml", ReadOptions())


@pytest.mark.parametrize("encoding", ["idna", "no-such", "utf-7", "hex"])
def test_strange_encodings_are_damage(encoding: str) -> None:
    data = f'<?xml version="1.0" encoding="{encoding}"?><plist><key>Tracks</key></plist>'.encode()
    with pytest.raises(UnreadableFile):
        itunes.parse(data, "x.xml", ReadOptions())


def test_the_sample_library() -> None:
    plays, lists = read((SAMPLES / "itunes" / "iTunes Music Library.xml").read_bytes())
    assert (plays.read, len(plays.plays), plays.not_music) == (3, 2, 1)
    # 6 tracks (2 not music, 1 without names) and 8 items (1 not music, 2 point at nothing)
    assert (lists.read, len(lists.playlist_items), lists.not_music, lists.rejected) == (14, 8, 3, 3)


def test_the_real_library(shared: Path) -> None:
    path = shared / "exports" / "itunes" / "iTunes Music Library.xml"
    plays, lists = read(path.read_bytes())
    assert (plays.read, plays.rejected, lists.rejected) == (len(plays.plays), 0, 0)
    assert lists.tracks["artists"].str.contains("Amy Winehouse").any()
    played = plays.plays["played_at"]
    assert played.between(seconds("2006-01-01"), seconds("2017-03-28")).all()


# --- Apple Music -------------------------------------------------------------------------

OLD = ("Apple ID Number", "Artist Name", "Client IP Address", "Content Name", "Device Identifier")
OLD += ("End Reason Type", "Event End Timestamp", "Event Start Timestamp", "Event Type")
OLD += ("Item Type", "Media Duration In Milliseconds", "Media Type", "Play Duration Milliseconds")
OLD += ("User’s Audio Quality",)
SONG = {
    "Apple ID Number": "123456",
    "Artist Name": "Massive Attack",
    "Client IP Address": "203.0.113.7",
    "Content Name": "Teardrop",
    "Device Identifier": "f00f",
    "End Reason Type": "NATURAL_END_OF_TRACK",
    "Event End Timestamp": "2018-03-01T12:05:30.500Z",
    "Event Start Timestamp": "2018-03-01T12:00:00.000Z",
    "Event Type": "PLAY_END",
    "Item Type": "ITUNES_STORE_CONTENT",
    "Media Duration In Milliseconds": "330000",
    "Media Type": "AUDIO",
    "Play Duration Milliseconds": "330500.0",
}


def activity(*rows: dict[str, str], header: tuple[str, ...] = OLD) -> ParsedFile:
    table = [header, *(tuple(row.get(name, "") for name in header) for row in rows)]
    data = "\n".join(",".join(f'"{cell}"' for cell in row) for row in table).encode()
    source = recognise_format(data)
    assert source is apple_music.SOURCE
    parsed = source.parse(data, "Apple Music Play Activity.csv", ReadOptions())
    assert parsed.read == len(parsed.plays) + parsed.not_music + parsed.rejected
    return parsed


def song(**changes: str) -> dict[str, str]:
    return SONG | {name.replace("_", " "): value for name, value in changes.items()}


def test_a_play_of_apple_music() -> None:
    parsed = activity(song())
    assert parsed.plays.iloc[0].to_dict() == {
        "track": 0,
        "listener": "",
        "played_at": seconds("2018-03-01T12:00:00"),
        "ms_played": 330_500,
        "skipped": 0,
        "reason_start": "",
        "reason_end": "natural_end_of_track",
        "shuffle": -1,
    }
    assert parsed.tracks.iloc[0][["name", "artists", "duration_ms"]].tolist() == [
        "Teardrop",
        "Massive Attack",
        330_000.0,
    ]
    for private in ("203.0.113.7", "f00f", "123456"):
        assert private not in parsed.tracks.to_csv() + parsed.plays.to_csv()


@pytest.mark.parametrize(
    ("reason", "skipped"),
    [
        ("NATURAL_END_OF_TRACK", 0),
        ("TRACK_SKIPPED_FORWARDS", 1),
        ("TRACK_SKIPPED_BACKWARDS", 1),
        ("MANUALLY_SELECTED_PLAYBACK_OF_A_DIFF_ITEM", 1),
        ("PLAYBACK_MANUALLY_PAUSED", -1),
        ("SCRUB_END", -1),
        ("NOT_APPLICABLE", -1),
        ("", -1),
    ],
)
def test_why_a_play_ended(reason: str, skipped: int) -> None:
    plays = activity(song(End_Reason_Type=reason)).plays
    assert plays[["skipped", "reason_end"]].iloc[0].tolist() == [skipped, reason.casefold()]


@pytest.mark.parametrize(
    "changes",
    [
        {"Event_Type": "LYRIC_DISPLAY"},
        {"Event_Type": "PLAY_START"},
        {"Item_Type": "AGGREGATE_NON_CATALOG_PLAY_TIME", "Artist_Name": "", "Content_Name": ""},
        {"Item_Type": "STREAM"},
        {"Item_Type": "TIMED_METADATA_PING"},
        {"Item_Type": "ORIGINAL_CONTENT_SHOWS"},
        {"Media_Type": "VIDEO"},
        {"Media_Type": "Podcast"},
    ],
)
def test_events_that_are_no_plays_of_songs(changes: dict[str, str]) -> None:
    parsed = activity(song(**changes), song())
    assert (parsed.not_music, len(parsed.plays)) == (1, 1)
    assert not parsed.problems


@pytest.mark.parametrize(
    "changes",
    [
        {"Play_Duration_Milliseconds": "-48"},
        {"Play_Duration_Milliseconds": ""},
        {"Play_Duration_Milliseconds": "1e400"},
        {"Play_Duration_Milliseconds": "86400001"},
        {"Event_Start_Timestamp": "soon", "Event_End_Timestamp": "later"},
        {"Event_Start_Timestamp": "1999-01-01T00:00:00Z"},
        {"Event_Start_Timestamp": "2999-01-01T00:00:00Z"},
        {"Artist_Name": " "},
        {"Content_Name": ""},
    ],
)
def test_rows_of_apple_music_that_are_rejected(changes: dict[str, str]) -> None:
    parsed = activity(song(), song(**changes), song())
    assert (parsed.rejected, len(parsed.plays)) == (1, 2)
    assert [problem.where for problem in parsed.problems] == ["line 3"]


def test_zero_is_a_play_and_repeated_rows_stay() -> None:
    parsed = activity(song(Play_Duration_Milliseconds="0"), song(), song())
    assert parsed.plays["ms_played"].tolist() == [0, 330_500, 330_500]


def test_where_the_time_comes_from() -> None:
    header = (*OLD, "Event Received Timestamp")
    none = {"Event Start Timestamp": "", "Event Received Timestamp": "2018-03-01T13:00:00Z"}
    parsed = activity(song() | none, song() | none | {"Event End Timestamp": ""}, header=header)
    assert parsed.plays["played_at"].tolist() == [
        seconds("2018-03-01T12:00:00"),  # its end, 12:05:30, less 330.5 s
        seconds("2018-03-01T12:54:30"),
    ]


def test_newer_names_and_the_artist_of_the_container() -> None:
    header = ("Album Name", "Container Artist Name", "Container Type", "End Reason Type")
    header += ("Event Start Timestamp", "Event Type", "Item Type", "Play Duration Milliseconds")
    header += ("SONG NAME",)
    row = {
        "Album Name": "Mezzanine",
        "Container Artist Name": "Massive Attack",
        "Container Type": "ALBUM",
        "Event Start Timestamp": "2024-05-01T08:00:00.000Z",
        "Event Type": "PLAY_END",
        "Item Type": "ITUNES_STORE_CONTENT",
        "Play Duration Milliseconds": "1000",
        "SONG NAME": "Teardrop",
    }
    curated = row | {"Container Type": "PLAYLIST", "Container Artist Name": "Apple Music Chill"}
    parsed = activity(row, curated, row | {"Container Artist Name": ""}, header=header)
    assert parsed.tracks["artists"].tolist() == ["Massive Attack"]
    assert parsed.tracks["album"].tolist() == ["Mezzanine"]
    assert parsed.rejected == 2
    assert all("artist" in problem.why for problem in parsed.problems)


def test_a_blank_artist_name_falls_back_row_by_row() -> None:
    header = (*OLD, "Container Artist Name", "Song Name")
    rows = (song() | {"Container Artist Name": "Else"}, song(Artist_Name="", Song_Name="Angel"))
    parsed = activity(rows[0], rows[1] | {"Container Artist Name": "Else"}, header=header)
    assert list(zip(parsed.tracks["artists"], parsed.tracks["name"], strict=True)) == [
        ("Massive Attack", "Teardrop"),
        ("Else", "Angel"),
    ]


def test_the_samples_of_apple_music() -> None:
    counts = {}
    for path in (SAMPLES / "apple_music").glob("*.csv"):
        data = path.read_bytes()
        assert recognise_format(data) is apple_music.SOURCE
        parsed = apple_music.parse(data, path.name, ReadOptions())
        counts[path.name] = (parsed.read, len(parsed.plays), parsed.not_music, parsed.rejected)
    assert counts == {
        "Apple Music Play Activity.csv": (9, 5, 3, 1),
        "Play Activity without artists.csv": (3, 1, 1, 1),
    }


def test_start_times() -> None:
    unknown = np.array([-1, -1, -1])
    ends, received = np.array([500, -1, -1]), np.array([900, 900, -1])
    played = np.array([100_000, 100_999, 5])
    assert apple_music.compute_start_times(unknown, ends, received, played).tolist() == [
        400,
        800,
        -1,
    ]
