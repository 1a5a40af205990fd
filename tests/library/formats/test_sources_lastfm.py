"""Last.fm, Libre.fm and Rockbox: tables and logs of scrobbles as text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from musicai.core.errors import UnreadableFile
from musicai.data.parsed import NOMINAL_MS, ReadOptions
from musicai.library.formats import lastfm, librefm, recognise_format, rockbox
from tests.scrobble_files import AT, only, read

# Last.fm

GHAN = "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\n"


def test_ghan_trusts_the_seconds() -> None:
    text = GHAN + '"1700000600","01 Jan 1970, 00:00","Air","","Moon Safari","","Talisman",""\n'
    parsed = read(text, lastfm)
    assert parsed.plays["played_at"].tolist() == [1_700_000_600]
    assert parsed.plays["ms_played"].tolist() == [NOMINAL_MS]
    assert only(parsed)["album"] == "Moon Safari"


def test_rows_of_ghan_that_are_none() -> None:
    text = GHAN + '"","","Air","","","","Now",""\n"12","","Air","","","","Early",""\nAir,Talisman\n'
    parsed = read(text, lastfm)
    assert sorted(p.where for p in parsed.problems) == ["line 2", "line 3", "line 4"]
    assert len(parsed.tracks) == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("14 Nov 2023 22:13", 1_699_999_980),
        ("14 Nov 2023, 22:13", 1_699_999_980),
        (" 1 Jan 1970 00:01 ", 60),
        ("14 nov 2023 22:13", 1_699_999_980),
        ("31 Feb 2023 22:13", -1),
        ("14 Nov 0000 22:13", -1),
        ("14 Nov 2023", -1),
        ("yesterday", -1),
        ("", -1),
    ],
)
def test_written_time(text: str, expected: int) -> None:
    assert lastfm.parse_written_time(text) == expected


def test_headless_rows() -> None:
    text = (
        "Now Playing,,Track,\n"
        'Air,Moon Safari,Talisman,"14 Nov 2023, 22:13"\n'
        '"Earth, Wind & Fire",,September,14 Nov 2023 22:14\n'
        "Air,Moon Safari,Talisman\n"
        "Air,,Talisman,14 Foo 2023 22:14\n"
    )
    parsed = read(text, lastfm)
    assert parsed.plays["played_at"].tolist() == [1_699_999_980, 1_700_000_040]
    assert parsed.tracks["artists"].tolist() == ["Air", "Earth, Wind & Fire"]
    assert parsed.tracks["album"].tolist() == ["Moon Safari", ""]
    assert [p.where for p in parsed.problems] == ["line 1", "line 4", "line 5"]
    assert "playing" in parsed.problems[0].why


@pytest.mark.parametrize(
    "text",
    [
        "Air,Moon Safari,Talisman,14 Nov 2023 22:13\n",
        "Now,,Playing,\nAir,Moon Safari,Talisman,14 Nov 2023 22:13\n",
        "\ufeffAir,Moon Safari,Talisman,14 Nov 2023 22:13\r\nAir,,Talisman,14 Nov 2023 22:16\r\n",
    ],
)
def test_headless_is_recognised(text: str) -> None:
    assert len(read(text, lastfm).plays) >= 1


@pytest.mark.parametrize(
    "text",
    [
        "Title,Artist,Album,Played\nTalisman,Air,Moon Safari,14 Nov 2023 22:13\n" * 1,
        "a,b,c,d\n1,2,3,4\n",
        "Air,Moon Safari,Talisman,\n",
        "Air,Moon Safari,Talisman,2023-11-14\n",
        "Air,Moon Safari,Talisman,14 Nov 2023 22:13,more\n",
        "Air,Moon Safari,Talisman,14 Nov 2023 22:13\nAir,Moon Safari,Talisman,x\nAir,a,b,c\n",
        "artist,track,album,date\nAir,Talisman,Moon Safari,1998-01-16\n",
        "artist,album,date\nAir,Moon Safari,1700000000000\n",
        '[{"name": "Talisman", "artist": "Air"}]',
        '[{"name": "Talisman", "artist": {"#text": "Air"}}]',
        '[{"track": []}]',
        '{"username": "person", "scrobbles": []}',
        "[]",
        "",
        "\n",
    ],
)
def test_what_is_not_of_lastfm(text: str) -> None:
    assert not lastfm.sniff(text.encode())


@pytest.mark.parametrize("delimiter", [";", ","])
@pytest.mark.parametrize("date", ["Date", "Date#person"])
def test_lastfmstats(delimiter: str, date: str) -> None:
    rows = [
        ["Artist", "Album", "AlbumId", "Track", date],
        ["Air", "Moon Safari", "", "Talisman", "1700000600123"],
        ["Air", "", "", "Remember", "14 Nov 2023, 22:13"],
        ["Air", "", "", "Kelly", "2023-11-14 22:14:00"],
        ["Air", "", "", "Sexy Boy", "soon"],
    ]
    text = "\ufeff" + "\n".join(
        delimiter.join(f'"{field}"' for field in row) if i else delimiter.join(row)
        for i, row in enumerate(rows)
    )
    parsed = read(text, lastfm)
    assert parsed.plays["played_at"].tolist() == [1_700_000_600, 1_699_999_980, 1_700_000_040]
    assert [p.where for p in parsed.problems] == ["line 5"]
    assert "person" not in parsed.tracks.to_string()


def api_track(name: str, at: int | None = AT, **changes: Any) -> dict[str, Any]:
    """A track as the API gives it."""
    when = {"@attr": {"nowplaying": "true"}} if at is None else {"date": {"uts": str(at)}}
    names = {"artist": {"mbid": "", "#text": "Air"}, "album": {"#text": "Moon Safari"}}
    return {"name": name, **names, **when, **changes}


@pytest.mark.parametrize(
    "content",
    [
        [{"track": [api_track("Now", None), api_track("Talisman")]}, {"track": api_track("Kelly")}],
        [api_track("Now", None), api_track("Talisman"), api_track("Kelly")],
        [[api_track("Now", None), api_track("Talisman")], [api_track("Kelly")]],
    ],
)
def test_json_of_lastfm(content: Any) -> None:
    parsed = read(json.dumps(content), lastfm)
    assert parsed.tracks["name"].tolist() == ["Talisman", "Kelly"]
    assert set(parsed.tracks["album"]) == {"Moon Safari"}
    assert (parsed.rejected, parsed.problems[0].where[:5]) == (1, "row 1")
    assert "playing" in parsed.problems[0].why


def test_a_page_longer_than_the_head_is_recognised() -> None:
    page = [{"track": [api_track(f"Track {i}", AT + i) for i in range(1000)]}]
    assert len(read(json.dumps(page), lastfm).plays) == 1000


def test_json_of_lastfm_of_wrong_types() -> None:
    tracks: list[Any] = [
        api_track("Talisman"),
        {**api_track("A"), "name": {"x": 1}},
        api_track("B", artist=["Air"]),
        api_track("C", date=[AT]),
        api_track("D", date={"uts": {}}),
        None,
        5,
    ]
    parsed = read(json.dumps([{"track": tracks}, 5, None, {"track": 7}, {}]), lastfm)
    assert parsed.tracks["name"].tolist() == ["Talisman"]
    assert parsed.rejected == 10


def test_json_of_lastfmstats() -> None:
    rows = [
        {"track": f"Track {i}", "artist": "Air", "album": "", "date": (AT + i) * 1000}
        for i in range(2000)
    ]
    content = json.dumps({"username": "person", "scrobbles": rows})
    parsed = read(content, lastfm)
    assert parsed.plays["played_at"].tolist() == [AT + i for i in range(2000)]
    cut = read(content[:-30], lastfm)
    assert (len(cut.plays), cut.rejected) == (1999, 1)


# Libre.fm


def test_libre_fm_comments_in_any_number_and_the_users_column() -> None:
    text = (
        "+ACM- Data export from Libre.fm,,,\n# secret.host\n" * 30
        + "userid,ARTIST,track,Album,TIME\n1,Air,Talisman,Moon Safari,1700000600\n"
        + "1,Air,,,1700000700\n1,Air\n1,Air,Kelly,,soon\n"
    )
    parsed = read(text, librefm)
    assert (only(parsed)["name"], only(parsed)["album"]) == ("Talisman", "Moon Safari")
    assert sorted(p.where for p in parsed.problems) == ["line 63", "line 64", "line 65"]


def test_plus_signs_below_the_comments_are_letters() -> None:
    text = "+ACM- x,,\nArtist,Track,Time\n+44,When Your Heart +AC0- Stops,1700000600\n"
    assert only(read(text, librefm))["name"] == "When Your Heart +AC0- Stops"


def test_libre_fm_without_a_header_is_never_plays(shared: Path) -> None:
    data = (shared / "exports/scrobble_formats/librefm_no_header.csv").read_bytes()
    assert recognise_format(data) is None
    with pytest.raises(UnreadableFile, match="header"):
        librefm.parse(data, "x", ReadOptions())


def test_a_table_with_more_than_libre_fm_has_is_not_its() -> None:
    assert not librefm.sniff(b"artist,track,time,energy\nAir,Talisman,3:20,0.5\n")


# Rockbox

LOG = "#AUDIOSCROBBLER/1.1\n#TZ/UTC\n#CLIENT/Rockbox\n"


def test_rockbox(shared: Path) -> None:
    path = shared / "exports/scrobble_formats/rockbox.scrobbler.log"
    parsed = read(path.read_bytes(), rockbox)
    assert parsed.tracks["name"].tolist() == ["Come Together", "YELLOW ALERT", "The Model"]
    assert parsed.plays["played_at"].tolist() == [1577836800, 1577840400, 1260358094]
    assert parsed.plays["skipped"].tolist() == [0, 0, 1]
    assert parsed.plays["ms_played"].tolist() == [259_000, 185_000, 0]
    assert [p.where for p in parsed.problems] == ["line 7"]


def test_rockbox_lines_that_are_none() -> None:
    play = f"Air\tMoon Safari\tTalisman\t1\t256\tL\t{AT}\t\n"
    text = (
        LOG
        + play
        + f"#1 Dads\t\tSo Soldier\t1\t200\tl\t{AT + 600}\r\n"
        + "#a comment of some program\n\n"
        + "Air\tMoon Safari\n"
        + play.replace("\tL\t", "\tX\t")
        + play.replace(str(AT), "0")
        + play.replace(str(AT), "-5")
        + play.replace("256", "unknown").replace("Talisman", "Kelly")
    )
    parsed = read(text, rockbox)
    assert parsed.tracks["artists"].tolist() == ["Air", "#1 Dads", "Air"]
    assert parsed.plays["ms_played"].tolist() == [256_000, 200_000, NOMINAL_MS]
    assert [p.where for p in parsed.problems] == ["line 8", "line 9", "line 10", "line 11"]
