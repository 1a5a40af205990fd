"""Spotify's account data: plays by the minute, playlists, the library, and what is wrong there."""

from __future__ import annotations

import io
import json
import math
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from musicai.core.errors import UnreadableFile
from musicai.core.settings import Settings
from musicai.data.library import SOURCE_TRACK_COLUMNS
from musicai.data.parsed import SOURCE_ITEM_COLUMNS, SOURCE_PLAY_COLUMNS, ParsedFile, ReadOptions
from musicai.data.text_keys import name_id
from musicai.library.archives import Member, open_inputs
from musicai.library.formats import recognise_format
from musicai.library.formats.spotify_account import (
    compute_play_starts,
    make_unique_names,
    parse,
    sniff,
    unescape_html,
)
from musicai.library.formats.tracks import LocalTrack, parse_local_track
from tests.conftest import ROOT

SAMPLES = ROOT / "tests" / "files" / "exports" / "spotify_account"
ID = "67Hna13dNDkZvBpTXRIaOJ"


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def play(**changes: Any) -> dict[str, Any]:
    """A row as Spotify writes it."""
    return {
        "endTime": "2025-03-01 08:14",
        "artistName": "Massive Attack",
        "trackName": "Teardrop",
        "msPlayed": 330_773,
        **changes,
    }


def item(**changes: Any) -> dict[str, Any]:
    """An item of a playlist as Spotify writes it."""
    return {
        "track": {
            "trackName": "Teardrop",
            "artistName": "Massive Attack",
            "albumName": "Mezzanine",
            "trackUri": f"spotify:track:{ID}",
        },
        "episode": None,
        "audiobook": None,
        "localTrack": None,
        "addedDate": "2024-01-31",
        **changes,
    }


def playlist(*items: Any, **changes: Any) -> dict[str, Any]:
    return {
        "name": "Mix",
        "lastModifiedDate": "2024-12-24",
        "items": list(items),
        "description": None,
        "numberOfFollowers": 0,
        **changes,
    }


LIBRARY: dict[str, Any] = {
    "tracks": [
        {"artist": "Björk", "album": "Post", "track": "Hyperballad", "uri": f"spotify:track:{ID}"}
    ],
    "albums": [{"artist": "Portishead", "album": "Dummy", "uri": "spotify:album:x"}],
    "shows": [{"name": "99% Invisible", "publisher": "Roman Mars", "uri": "spotify:show:x"}],
    "episodes": [{"name": "The Blue Yarn", "show": "99% Invisible", "uri": "spotify:episode:x"}],
    "bannedTracks": [],
    "artists": [{"name": "Björk", "uri": "spotify:artist:x"}],
    "bannedArtists": [],
    "other": [],
}


def read(content: Any, file: str = "x.json") -> ParsedFile:
    return read_bytes(json.dumps(content, indent=2).encode(), file)


def read_bytes(data: bytes, file: str = "x.json") -> ParsedFile:
    source = recognise_format(data)
    assert source is not None
    assert source.name == "spotify_account"
    parsed = source.parse(data, file, ReadOptions())
    adds_up(parsed)
    return parsed


def playlists(*lists: Any) -> ParsedFile:
    return read({"playlists": list(lists)})


def adds_up(parsed: ParsedFile) -> None:
    kept = len(parsed.plays) + len(parsed.playlist_items)
    assert parsed.read == kept + parsed.not_music + parsed.private + parsed.rejected
    assert parsed.plays.dtypes.astype(str).to_dict() == SOURCE_PLAY_COLUMNS
    assert parsed.playlist_items.dtypes.astype(str).to_dict() == SOURCE_ITEM_COLUMNS
    assert parsed.tracks.dtypes.astype(str).to_dict() == SOURCE_TRACK_COLUMNS
    assert parsed.tracks["track_id"].is_unique
    for rows in (parsed.plays, parsed.playlist_items):
        assert rows["track"].between(0, len(parsed.tracks) - 1).all()
    assert not parsed.api_born


# --- plays ------------------------------------------------------------------------------


def test_a_play_in_full() -> None:
    parsed = read([play()])
    assert parsed.kind == "plays"
    # the end is 08:14 in UTC; 330 whole seconds before it is 08:08:30
    assert parsed.plays.iloc[0].to_dict() == {
        "track": 0,
        "listener": "",
        "played_at": moment("2025-03-01 08:08:30"),
        "ms_played": 330_773,
        "skipped": -1,
        "reason_start": "",
        "reason_end": "",
        "shuffle": -1,
    }
    track = parsed.tracks.iloc[0]
    assert track["track_id"] == name_id("Massive Attack", "Teardrop")
    assert track[["name", "artists", "album"]].tolist() == ["Teardrop", "Massive Attack", ""]
    assert not parsed.problems


def test_a_blank_before_the_colon_and_no_blank_at_all() -> None:
    spaced = json.dumps([play(), play()], indent=2, separators=(",", " : ")).encode()
    tight = json.dumps([play(), play()], separators=(",", ":")).encode()
    assert b'"endTime" : "2025' in spaced
    assert len(read_bytes(spaced).plays) == len(read_bytes(tight).plays) == 2


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_a_file_that_was_saved_again(encoding: str) -> None:
    text = json.dumps([play(artistName="Sigur Rós")], indent=2, ensure_ascii=False)
    parsed = read_bytes(text.replace("\n", "\r\n").encode(encoding))
    assert parsed.tracks["artists"].tolist() == ["Sigur Rós"]


def test_podcasts_and_audiobooks_are_counted_and_not_taken() -> None:
    podcast = {"podcastName": "99% Invisible", "episodeName": "The Blue Yarn"}
    book = {"audiobookName": "Moby-Dick", "chapterName": "Loomings", "authorName": "Melville"}
    rest = {"endTime": "2025-03-03 07:01", "msPlayed": 1000}
    parsed = read([{**podcast, **rest}, {**book, **rest}, play()])
    assert (parsed.kind, parsed.not_music, len(parsed.plays)) == ("plays", 2, 1)
    assert not parsed.problems


def test_what_was_gone_at_the_export_is_rejected_by_name() -> None:
    gone = play(artistName="Unknown Artist", trackName="Unknown Track")
    kept = play(trackName="Unknown Track")
    parsed = read([gone, kept])
    assert (parsed.rejected, parsed.tracks["name"].tolist()) == (1, ["Unknown Track"])
    assert parsed.problems[0].where == "row 1"
    assert "gone from Spotify" in parsed.problems[0].why


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"msPlayed": None}, "msPlayed"),
        ({"msPlayed": -1}, "msPlayed"),
        ({"msPlayed": 1.5}, "msPlayed"),
        ({"msPlayed": True}, "msPlayed"),
        ({"msPlayed": 10**30}, "msPlayed"),
        ({"msPlayed": 24 * 3_600_000 + 1}, "msPlayed"),
        ({"endTime": None}, "no time"),
        ({"endTime": 1700000000}, "no time"),
        ({"endTime": "yesterday"}, "no believable time"),
        ({"endTime": "2005-12-31 23:59"}, "no believable time"),
        ({"endTime": "2006-01-01 00:00"}, "no believable time"),
        ({"endTime": "2999-01-01 00:00"}, "no believable time"),
        ({"artistName": ""}, "artist and a title"),
        ({"artistName": None}, "artist and a title"),
        ({"artistName": ["x"]}, "artist and a title"),
        ({"trackName": "\u0000 "}, "artist and a title"),
        ({"trackName": {"a": 1}}, "artist and a title"),
    ],
)
def test_a_row_that_cannot_be_taken(changes: dict[str, Any], why: str) -> None:
    parsed = read([play(), play(**changes), play(trackName="Angel")])
    assert (parsed.rejected, len(parsed.plays)) == (1, 2)
    assert parsed.problems[0].where == "row 2"
    assert why in parsed.problems[0].why


def test_rows_that_are_no_objects() -> None:
    parsed = read([play(), None, 5, "x", [play()]])
    assert (parsed.read, parsed.rejected, len(parsed.plays)) == (5, 4, 1)


def test_a_play_of_nothing_is_a_play() -> None:
    parsed = read([play(msPlayed=0)])
    assert parsed.plays["played_at"].tolist() == [moment("2025-03-01 08:14")]


def test_a_play_over_midnight_at_the_turn_of_the_year() -> None:
    parsed = read([play(endTime="2025-01-01 00:01", msPlayed=180_000)])
    assert parsed.plays["played_at"].tolist() == [moment("2024-12-31 23:58")]


def test_the_same_names_are_one_track() -> None:
    parsed = read([play(), play(trackName="Teardrop - Remastered 2019"), play(trackName="Angel")])
    assert parsed.plays["track"].tolist() == [0, 0, 1]
    assert parsed.tracks["name"].tolist() == ["Teardrop", "Angel"]


def test_names_are_kept_as_they_are() -> None:
    artists = ["1119", "NA", "null", "<b>", "Tom\tTom", "A;B"]
    parsed = read([play(artistName=name, trackName=f"R&amp;B {name}") for name in artists])
    assert parsed.tracks["artists"].tolist() == ["1119", "NA", "null", "<b>", "Tom Tom", "A,B"]
    assert parsed.tracks["name"].tolist()[0] == "R&amp;B 1119"


def starts(*rows: tuple[str, int]) -> list[int]:
    """Starts of plays (end, seconds), in seconds after 08:00."""
    ends = np.array([moment(f"2025-03-01 {end}") for end, _ in rows], dtype=np.int64)
    lengths = np.array([seconds * 1000 for _, seconds in rows], dtype=np.int64)
    return (compute_play_starts(ends, lengths) - moment("2025-03-01 08:00")).tolist()


def test_a_song_and_a_skip_in_one_minute() -> None:
    assert starts(("08:10", 200), ("08:10", 5)) == [400, 595]


def test_a_skip_stays_before_the_song_that_follows_it() -> None:
    # the song's own start, 08:09:20, would put it before the skip at 08:09:55; pushed there it
    # ends at 08:10:35, which is in the minute 08:10
    assert starts(("08:10", 5), ("08:10", 40)) == [595, 595]
    # the same over the minute: skip 08:10:55, song 08:14:00 − 200 s = 08:10:40
    assert starts(("08:11", 5), ("08:14", 200)) == [655, 655]


def test_three_in_one_minute_keep_their_order() -> None:
    assert starts(("08:10", 1), ("08:10", 20), ("08:10", 10)) == [599, 599, 599]


def test_two_devices_at_once_are_left_alone() -> None:
    # pushed to 08:09:55, 200 s would end at 08:13:15, another minute than it ended in
    assert starts(("08:10", 5), ("08:10", 200)) == [595, 400]
    assert starts(("08:10", 5), ("08:10", 200), ("08:10", 10)) == [595, 400, 595]


def test_an_unsorted_file_is_not_pushed_about() -> None:
    assert starts(("08:20", 0), ("08:10", 30), ("08:10", 20)) == [1200, 570, 580]


@examples(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400_000)), min_size=1, max_size=30),
    st.booleans(),
)
def test_starts_keep_their_minute_and_order_where_they_can(
    rows: list[tuple[int, int]], is_sorted: bool
) -> None:
    rows = sorted(rows) if is_sorted else rows
    end = np.array([minute * 60 + 10**9 // 60 * 60 for minute, _ in rows], dtype=np.int64)
    ms = np.array([length for _, length in rows], dtype=np.int64)
    start = compute_play_starts(end, ms)
    assert ((start * 1000 + ms) // 60_000 == end // 60).all()
    natural = end - ms // 1000
    assert ((start >= natural) & (start - natural < 60)).all()
    if is_sorted:
        furthest = np.maximum.accumulate(start)[:-1]
        earlier = start[1:] < furthest
        assert ((furthest + ms[1:] // 1000) // 60 > end[1:] // 60)[earlier].all()


@examples(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 400_000)), min_size=1, max_size=30))
def test_plays_one_after_the_other_stay_so(plays: list[tuple[int, int]]) -> None:
    """Plays that do not overlap, cut down to minutes: none changes its place or comes late."""
    clock = 10**9
    begun, ends, lengths = [], [], []
    for pause, ms in plays:
        begun.append(clock + pause)
        clock = begun[-1] + -(-ms // 1000)
        ends.append(clock // 60 * 60)
        lengths.append(ms)
    start = compute_play_starts(np.array(ends, dtype=np.int64), np.array(lengths, dtype=np.int64))
    assert (np.diff(start) >= 0).all()
    late = start - np.array(begun)
    assert late.max() <= 1  # a part of a second is lost between ms and s
    assert late.min() > -61


def test_a_year_of_real_plays_cut_down_to_minutes(shared: Path) -> None:
    path = shared / "exports/spotify_extended/Streaming_History_Audio_2023.json"
    rows = sorted(json.loads(path.read_bytes()), key=lambda row: row["ts"])
    end = np.array([moment(row["ts"][:19]) for row in rows], dtype=np.int64)
    ms = np.array([row["ms_played"] for row in rows], dtype=np.int64)
    near = np.diff(end) < 3600
    minute = end // 60 * 60
    assert int(((np.diff(minute - ms // 1000) < 0) & near).sum()) == 187
    start = compute_play_starts(minute, ms)
    assert not ((np.diff(start) < 0) & near).any()
    assert (start - (end * 1000 - ms) // 1000).max() <= 2


def test_a_history_that_breaks_off_gives_what_is_before() -> None:
    data = json.dumps([play(trackName=f"t{n}") for n in range(5)], indent=2).encode()
    parsed = read_bytes(data[: len(data) - 60])
    assert (parsed.read, len(parsed.plays), parsed.rejected) == (5, 4, 1)
    assert "cut off" in parsed.problems[0].why
    broken = data.replace(b'"t2",', b'"t2"')
    parsed = read_bytes(broken)
    assert (parsed.read, len(parsed.plays), parsed.rejected) == (5, 4, 1)


def test_half_characters_and_nan_cost_only_their_row() -> None:
    data = json.dumps([play(trackName="Smile \ud83d"), play(msPlayed=math.nan)]).encode()
    parsed = read_bytes(data)
    assert parsed.tracks["name"].tolist() == ["Smile"]
    assert parsed.rejected == 1


# --- playlists --------------------------------------------------------------------------


def test_a_playlist_in_full() -> None:
    parsed = playlists(playlist(item()))
    assert (parsed.kind, parsed.read) == ("playlist", 1)
    assert parsed.playlist_items.iloc[0].to_dict() == {
        "playlist": "Mix",
        "track": 0,
        "position": 0,
        "added_at": moment("2024-01-31"),
    }
    assert parsed.tracks.iloc[0][["track_id", "name", "artists", "album"]].tolist() == [
        ID,
        "Teardrop",
        "Massive Attack",
        "Mezzanine",
    ]
    assert not parsed.problems


def test_what_else_stands_in_a_playlist() -> None:
    episode = {"episodeName": "e", "showName": "s", "episodeUri": "spotify:episode:x"}
    parsed = playlists(
        playlist(
            item(track=None, episode=episode),
            item(track=None, audiobook={"chapterName": "c"}),
            item(track={"trackName": "e", "artistName": "s", "trackUri": "spotify:episode:x"}),
            item(),
        )
    )
    assert (parsed.not_music, parsed.playlist_items["position"].tolist()) == (3, [3])
    assert not parsed.problems


@pytest.mark.parametrize(
    "nothing",
    [
        None,
        7,
        "x",
        item(track=None),
        item(track={}),
        item(track=5),
        {"addedDate": "2024-01-31"},
        item(track={"trackName": "T", "artistName": None}),
        item(track=None, localTrack={"uri": "spotify:local:::Song+From+Computer:180"}),
        item(track=None, localTrack={"uri": None}),
    ],
)
def test_an_item_that_names_nothing_is_rejected_with_its_place(nothing: Any) -> None:
    parsed = playlists(playlist(item(), name="A"), playlist(item(), nothing, name="B"))
    assert (parsed.read, parsed.rejected, len(parsed.playlist_items)) == (3, 1, 2)
    assert parsed.problems[0].where == "playlist “B”, row 2"
    assert "left out" in parsed.problems[0].why


def test_local_files_go_by_the_names_in_their_uri() -> None:
    uri = "spotify:local:The+Waymores:Heart+of+Stone:Caf%C3%A9+%2B+Cr%C3%A8me%3A+Live:128"
    parsed = playlists(playlist(item(track=None, localTrack={"uri": uri})))
    track = parsed.tracks.iloc[0]
    assert track["track_id"] == name_id("The Waymores", "Café + Crème: Live")
    assert track[["name", "artists", "album", "duration_ms"]].tolist() == [
        "Café + Crème: Live",
        "The Waymores",
        "Heart of Stone",
        128_000.0,
    ]


def test_a_local_uri_where_a_track_belongs() -> None:
    track = {"trackName": "T", "artistName": "A", "trackUri": "spotify:local:x:y:z:9"}
    parsed = playlists(playlist(item(track=track)))
    assert parsed.tracks["track_id"].tolist() == [name_id("A", "T")]


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("spotify:local:A:B:C:128", LocalTrack("C", "A", "B", 128_000.0)),
        (" spotify:local:A::C:0", LocalTrack("C", "A", "", math.nan)),
        ("spotify:local:A:B:C:D:9", LocalTrack("C:D", "A", "B", 9_000.0)),
        ("spotify:local:A:B:99", LocalTrack("99", "A", "B", math.nan)),
        ("spotify:local:A:B:C:long", LocalTrack("C:long", "A", "B", math.nan)),
        ("spotify:local:A:B:C:9999999999999", LocalTrack("C", "A", "B", math.nan)),
        ("spotify:local:", LocalTrack("", "", "", math.nan)),
        ("spotify:local:%FF%00:B:C:1", LocalTrack("C", "\ufffd", "B", 1_000.0)),
        (f"spotify:track:{ID}", None),
        ("", None),
    ],
)
def test_local_uris(uri: str, expected: LocalTrack | None) -> None:
    found = parse_local_track(uri)
    if expected is None or found is None:
        assert found is expected
        return
    assert (found.name, found.artists, found.album) == (
        expected.name,
        expected.artists,
        expected.album,
    )
    assert found.duration_ms == pytest.approx(expected.duration_ms, nan_ok=True)


@examples(deadline=None)
@given(st.text(max_size=60))
def test_any_local_uri_is_read(rest: str) -> None:
    assert parse_local_track(f"spotify:local:{rest}") is not None


@pytest.mark.parametrize(
    ("date", "expected", "n_problems"),
    [
        ("2024-01-31", moment("2024-01-31"), 0),
        ("2024-01-31T10:00:00Z", moment("2024-01-31 10:00"), 0),
        ("1970-01-01", -1, 0),
        (None, -1, 0),
        ("", -1, 0),
        (20240131, -1, 0),
        ("2999-01-01", -1, 1),
        ("soon", -1, 1),
    ],
)
def test_dates_of_adding(date: Any, expected: int, n_problems: int) -> None:
    parsed = playlists(playlist(item(), item(addedDate=date)))
    assert parsed.playlist_items["added_at"].tolist() == [moment("2024-01-31"), expected]
    assert [problem.where for problem in parsed.problems] == ["playlist “Mix”, row 2"] * n_problems
    assert parsed.rejected == 0


def test_files_from_before_there_were_dates_and_uris() -> None:
    names = {"trackName": "Roads", "artistName": "Portishead", "albumName": "Dummy"}
    old = playlist({"track": names, "episode": None, "localTrack": None}, collaborators=[])
    older = {"name": "Old", "lastModifiedDate": "2018-01-01", "tracks": [names]}
    parsed = playlists(old, older)
    assert parsed.tracks["track_id"].tolist() == [name_id("Portishead", "Roads")]
    assert parsed.playlist_items["playlist"].tolist() == ["Mix", "Old"]
    assert parsed.playlist_items["added_at"].tolist() == [-1, -1]


def test_entities_in_names_are_read() -> None:
    track = {"trackName": "Rock &amp; Roll", "artistName": "Led Zeppelin", "albumName": "&#39;71"}
    parsed = playlists(playlist(item(track=track), name="Dad&#x27;s &lt;3 “mix”"))
    assert parsed.playlist_items["playlist"].tolist() == ["Dad's <3 “mix”"]
    assert parsed.tracks.iloc[0][["name", "album"]].tolist() == ["Rock & Roll", "'71"]


def test_a_bare_ampersand_is_no_entity() -> None:
    assert unescape_html("AT&T &copy R&B; &notit &amp;") == "AT&T &copy R&B; &notit &"


def test_playlists_of_one_name_stay_apart_and_stay_the_same() -> None:
    lists = [playlist(item(), name=name) for name in ("Road", "Road", "Road (2)", "Road", "")]
    first, again = playlists(*lists), playlists(*lists)
    names = first.playlist_items["playlist"].tolist()
    assert names == ["Road", "Road (3)", "Road (2)", "Road (4)", "Playlist"]
    assert again.playlist_items["playlist"].tolist() == names


@examples(deadline=None)
@given(st.lists(st.sampled_from(["a", "a (2)", "a (2) (2)", "b", " a", ""]), max_size=12))
def test_no_two_playlists_share_a_name(names: list[str]) -> None:
    given_names = make_unique_names(names)
    assert len(set(given_names)) == len(names)
    for name in set(names):  # a name that is borne is given to one that bears it
        shown = name.strip() or "Playlist"
        assert names[given_names.index(shown)].strip() in ("", shown)


def test_a_name_ten_thousand_times() -> None:
    assert len(set(make_unique_names(["a"] * 10_000))) == 10_000


@pytest.mark.parametrize("broken", [None, 5, "x", [], {"name": "A", "items": 7}])
def test_a_playlist_that_is_none(broken: Any) -> None:
    parsed = playlists(playlist(item()), broken)
    assert (parsed.read, parsed.rejected) == (2, 1)
    assert parsed.problems[0].where == "playlist 2"


def test_the_same_track_twice_is_two_rows() -> None:
    parsed = playlists(playlist(item(), item(addedDate="2024-02-01")))
    assert parsed.playlist_items["track"].tolist() == [0, 0]
    assert parsed.playlist_items["position"].tolist() == [0, 1]


@pytest.mark.parametrize(
    "empty", [{"playlists": []}, {"playlists": [playlist()]}, {"tracks": [], "albums": []}]
)
def test_nothing_listed_is_said(empty: Any) -> None:
    parsed = read(empty)
    assert parsed.read == 0
    assert "lists no tracks" in parsed.problems[0].why


# --- library ----------------------------------------------------------------------------


def test_the_library_in_full() -> None:
    parsed = read(LIBRARY)
    assert (parsed.kind, parsed.read, parsed.not_music) == ("playlist", 3, 2)
    assert parsed.playlist_items.iloc[0].to_dict() == {
        "playlist": "Liked Songs",
        "track": 0,
        "position": 0,
        "added_at": -1,
    }
    assert parsed.tracks.iloc[0][["track_id", "name", "artists", "album"]].tolist() == [
        ID,
        "Hyperballad",
        "Björk",
        "Post",
    ]
    assert not parsed.problems


def test_a_library_without_ids_and_with_broken_rows() -> None:
    tracks = [
        {"artist": "Taylor Swift", "album": 1989, "track": "Style"},
        None,
        {"artist": "A", "track": None},
        {"artist": "B", "album": None, "track": "T"},
    ]
    parsed = read({**LIBRARY, "tracks": tracks, "shows": None, "episodes": {"a": 1}})
    assert parsed.tracks["track_id"].tolist() == [
        name_id("Taylor Swift", "Style"),
        name_id("B", "T"),
    ]
    assert parsed.tracks["album"].tolist() == ["1989", ""]
    assert parsed.playlist_items["position"].tolist() == [0, 3]
    assert [problem.where for problem in parsed.problems] == [
        "playlist “Liked Songs”, row 2",
        "playlist “Liked Songs”, row 3",
        "episodes",
    ]


def test_what_is_banned_is_neither_taken_nor_counted() -> None:
    banned = {"bannedTracks": [{"track": "x", "artist": "y"}], "bannedArtists": [{"name": "z"}]}
    assert read({**LIBRARY, **banned}).read == read(LIBRARY).read


def test_a_library_in_another_order() -> None:
    turned = dict(reversed(LIBRARY.items()))
    assert len(read(turned).playlist_items) == 1
    assert len(read({"albums": LIBRARY["albums"], "tracks": LIBRARY["tracks"]}).tracks) == 1


# --- which files ------------------------------------------------------------------------


@pytest.mark.parametrize("content", [{"playlists": [playlist(item())]}, LIBRARY])
def test_an_object_that_breaks_off_cannot_be_read(content: Any) -> None:
    data = json.dumps(content).encode()[:-20]
    assert sniff(data)
    with pytest.raises(UnreadableFile, match="cut off"):
        parse(data, "x.json", ReadOptions())


@pytest.mark.parametrize(
    "content",
    [
        {"playlists": {"a": 1}},
        {"playlists": [{"Playlist ID": 1}]},
        {"tracks": [{"album": {"name": "of the web API"}}]},
        {"tracks": {"1": {}}},
        {"maloja": {"export_time": 1}, "scrobbles": []},
        [{"ts": "2023-05-01T12:00:00Z", "ms_played": 1}],
        [{"track_metadata": {"track_name": "x"}}],
        [],
        {},
        "endTime msPlayed",
    ],
)
def test_other_files_are_not_taken(content: Any) -> None:
    assert not sniff(json.dumps(content).encode())


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b"null", b"5", b'"x"', b"[" * 100_000, b'{"a":' * 100_000, b"[1"]
)
def test_what_is_none_of_it_is_unreadable_or_rejected(data: bytes) -> None:
    try:
        parsed = parse(data, "x.json", ReadOptions())
    except UnreadableFile:
        return
    assert parsed.read == parsed.rejected > 0


def test_a_file_longer_than_its_head_is_known_by_it() -> None:
    data = json.dumps([play(trackName="é" * 30)] * 1_000, ensure_ascii=False).encode()
    for cut in range(65_530, 65_540):
        assert sniff(data[:cut])
    tracks = [{"artist": "A", "album": "B", "track": f"t{n}"} for n in range(3_000)]
    assert sniff(json.dumps({"tracks": tracks}).encode()[:65_536])


REAL = [
    # file, kind, read, kept, not music, rejected
    ("StreamingHistory_music_0.json", "plays", 5, 4, 0, 1),
    ("StreamingHistory0.json", "plays", 2, 2, 0, 0),  # a podcast of old times bears no mark
    ("StreamingHistory_podcast_0.json", "plays", 1, 0, 1, 0),
    ("StreamingHistory_audiobook_0.json", "plays", 1, 0, 1, 0),
    ("Playlist1.json", "playlist", 5, 3, 1, 1),
    ("YourLibrary.json", "playlist", 3, 2, 1, 0),
]


@pytest.mark.parametrize(("file", "kind", "n_read", "kept", "not_music", "rejected"), REAL)
def test_files_as_spotify_sends_them(
    file: str, kind: str, n_read: int, kept: int, not_music: int, rejected: int
) -> None:
    parsed = read_bytes((SAMPLES / file).read_bytes(), file)
    found = len(parsed.plays) + len(parsed.playlist_items)
    assert (parsed.kind, parsed.read, found) == (kind, n_read, kept)
    assert (parsed.not_music, parsed.rejected) == (not_music, rejected)


def test_an_account_zip_as_people_hand_it_in(settings: Settings) -> None:
    """Nested folders, names with (1), what a Mac leaves, and files that are nobody's business."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path in sorted(SAMPLES.glob("*.json")):
            archive.write(path, f"Téléchargements/Spotify Account Data/{path.stem} (1).json")
            archive.writestr(f"__MACOSX/Spotify Account Data/._{path.name}", b"\0\x05\x16\x07")
        archive.writestr("Téléchargements/Spotify Account Data/Userdata.json", b'{"a": 1}')
    found = list(open_inputs([("my_spotify_data.zip", stream.getvalue())], settings))
    members = [member for member in found if isinstance(member, Member)]
    assert len(members) == len(found) == len(REAL)
    parts = [read_bytes(member.data, member.file) for member in members]
    assert sum(part.read for part in parts) == sum(n_read for _, _, n_read, _, _, _ in REAL)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=5,
)


def either(value: Any) -> st.SearchStrategy[Any]:
    """A value as it should be, or anything at all."""
    return st.just(value) | anything


rows = st.fixed_dictionaries(
    {}, optional={key: either(value) for key, value in play(podcastName=None).items()}
)
entries = st.fixed_dictionaries(
    {},
    optional={
        **{key: either(value) for key, value in item().items()},
        "localTrack": either({"uri": "spotify:local:A:B:C:1"}),
    },
)
lists = st.fixed_dictionaries(
    {}, optional={"name": either("Mix"), "items": st.lists(entries | anything, max_size=4)}
)
contents = st.one_of(
    st.lists(rows | anything, min_size=1, max_size=6),
    st.fixed_dictionaries({"playlists": st.lists(lists | anything, max_size=3)}),
    st.fixed_dictionaries(
        {}, optional={key: either(value) for key, value in LIBRARY.items()}
    ).filter(bool),
)


@pytest.mark.slow
@examples(deadline=None, max_examples=200)
@given(contents, st.integers(0, 80))
def test_anything_in_any_place_is_read_or_refused(content: Any, cut: int) -> None:
    data = json.dumps(content).encode()
    for piece in (data, data[: max(len(data) - cut, 0)]):
        try:
            adds_up(parse(piece, "x.json", ReadOptions()))
        except UnreadableFile:
            continue


@examples(deadline=None)
@given(st.sampled_from(sorted(SAMPLES.glob("*.json"))), st.data())
def test_no_damage_breaks_the_reader(path: Path, data: st.DataObject) -> None:
    content = bytearray(path.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=6)):
        content[place] = data.draw(st.integers(0, 255))
    try:
        adds_up(parse(bytes(content), path.name, ReadOptions()))
    except UnreadableFile:
        return
