"""Spotify's extended history, both layouts, and everything that can be wrong with it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicai.core.errors import UnreadableFile
from musicai.data.library import SOURCE_TRACK_COLUMNS
from musicai.data.parsed import SOURCE_PLAY_COLUMNS, ParsedFile, ReadOptions
from musicai.data.text_keys import name_id
from musicai.library.formats import fields, recognise_format, spotify_extended
from musicai.library.formats.fields import (
    MAX_LISTED,
    MAX_NAME,
    clean_artist,
    clean_text,
    parse_iso_times,
)
from musicai.library.formats.json_rows import MAX_BREAKS
from musicai.library.formats.spotify_extended import parse, sniff

ID = "7ATyvp3TmYBmGW7YuC8DJ3"


def row(**changes: Any) -> dict[str, Any]:
    """A row as Spotify writes it."""
    return {
        "ts": "2023-05-01T12:00:00Z",
        "platform": "android",
        "ms_played": 60_000,
        "conn_country": "ZZ",
        "ip_addr": "203.0.113.7",
        "master_metadata_track_name": "One Twos",
        "master_metadata_album_artist_name": "Ghostpoet",
        "master_metadata_album_album_name": "Peanut Butter Blues",
        "spotify_track_uri": f"spotify:track:{ID}",
        "episode_name": None,
        "episode_show_name": None,
        "spotify_episode_uri": None,
        "audiobook_title": None,
        "audiobook_uri": None,
        "audiobook_chapter_uri": None,
        "audiobook_chapter_title": None,
        "reason_start": "trackdone",
        "reason_end": "fwdbtn",
        "shuffle": False,
        "skipped": True,
        "offline": False,
        "offline_timestamp": 1682942339,
        "incognito_mode": False,
        **changes,
    }


PODCAST = {
    "master_metadata_track_name": None,
    "master_metadata_album_artist_name": None,
    "master_metadata_album_album_name": None,
    "spotify_track_uri": None,
}


def read(*rows: Any, private: bool = False) -> ParsedFile:
    data = json.dumps(list(rows), indent=2).encode()
    source = recognise_format(data)
    assert source is not None
    assert source.name == "spotify_extended"
    parsed = source.parse(data, "history.json", ReadOptions(include_private=private))
    adds_up(parsed)
    return parsed


def adds_up(parsed: ParsedFile) -> None:
    assert parsed.read == (len(parsed.plays) + parsed.not_music + parsed.private + parsed.rejected)
    assert parsed.plays.dtypes.astype(str).to_dict() == SOURCE_PLAY_COLUMNS
    assert parsed.tracks.dtypes.astype(str).to_dict() == SOURCE_TRACK_COLUMNS
    assert parsed.tracks["track_id"].is_unique
    assert parsed.plays["track"].between(0, len(parsed.tracks) - 1).all()


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def test_a_row_in_full() -> None:
    parsed = read(row())
    assert parsed.tracks.iloc[0][["track_id", "name", "artists", "album"]].tolist() == [
        ID,
        "One Twos",
        "Ghostpoet",
        "Peanut Butter Blues",
    ]
    assert parsed.plays.iloc[0].to_dict() == {
        "track": 0,
        "listener": "",
        "played_at": moment("2023-05-01T11:59:00"),  # ts is the end
        "ms_played": 60_000,
        "skipped": 1,
        "reason_start": "trackdone",
        "reason_end": "fwdbtn",
        "shuffle": 0,
    }
    assert parsed.kind == "plays"
    assert not parsed.api_born
    assert not parsed.problems


def test_nothing_personal_is_kept() -> None:
    parsed = read(row(username="user01", user_agent_decrypted="agent", city="Town"))
    kept = parsed.tracks.astype(str).to_csv() + parsed.plays.astype(str).to_csv()
    for word in ("203.0.113.7", "android", "user01", "agent", "Town", "ZZ"):
        assert word not in kept


@pytest.mark.parametrize(("skipped", "code"), [(True, 1), (False, 0), (None, 0), ("yes", -1)])
def test_skipped(skipped: object, code: int) -> None:
    assert read(row(skipped=skipped)).plays["skipped"].tolist() == [code]


def test_absent_keys_of_old_files() -> None:
    old = row()
    for key in ("skipped", "shuffle", "reason_start", "audiobook_title", "offline"):
        del old[key]
    play = read(old).plays.iloc[0]
    assert (play["skipped"], play["shuffle"], play["reason_start"]) == (0, -1, "")


@pytest.mark.parametrize(
    ("changes", "start"),
    [
        ({}, "2023-05-01T11:59:00"),
        ({"offline_timestamp": None}, "2023-05-01T11:59:00"),
        ({"offline_timestamp": 0}, "2023-05-01T11:59:00"),
        # a pause: the device's clock says when the stream began, ts − ms when it mattered
        ({"offline_timestamp": moment("2023-05-01T09:00:00")}, "2023-05-01T11:59:00"),
        ({"offline": True, "offline_timestamp": moment("2023-05-01T09:00:00")}, "2023-05-01T09:00"),
        # sent in a week later, in seconds and in the milliseconds of endsong files
        ({"offline_timestamp": moment("2023-04-24T09:00:00")}, "2023-04-24T09:00:00"),
        ({"offline_timestamp": moment("2023-04-24T09:00:00") * 1000 + 7}, "2023-04-24T09:00:00"),
        # a clock that runs wrong
        ({"offline": True, "offline_timestamp": 12}, "2023-05-01T11:59:00"),
        ({"offline": True, "offline_timestamp": 10**10}, "2023-05-01T11:59:00"),
        ({"offline": True, "offline_timestamp": 10**40}, "2023-05-01T11:59:00"),
        ({"offline": True, "offline_timestamp": True}, "2023-05-01T11:59:00"),
        ({"offline": True, "offline_timestamp": "1682942339"}, "2023-05-01T11:59:00"),
    ],
)
def test_when_a_play_began(changes: dict[str, Any], start: str) -> None:
    assert read(row(**changes)).plays["played_at"].tolist() == [moment(start)]


def test_podcasts_and_audiobooks_are_not_music() -> None:
    parsed = read(
        row(**PODCAST, episode_name="E", spotify_episode_uri="spotify:episode:1"),
        row(**PODCAST, audiobook_title="B", audiobook_uri="spotify:show:1"),
        row(),
    )
    assert (parsed.not_music, parsed.rejected, len(parsed.plays)) == (2, 0, 1)


def test_a_track_of_a_show_is_music() -> None:
    assert len(read(row(episode_show_name="Music + Talk")).plays) == 1


def test_private_sessions_stay_private_unless_asked_for() -> None:
    rows = (row(incognito_mode=True), row(incognito_mode=None))
    assert (read(*rows).private, len(read(*rows).plays)) == (1, 1)
    assert (read(*rows, private=True).private, len(read(*rows, private=True).plays)) == (0, 2)


@pytest.mark.parametrize(
    "bad",
    [
        7,
        None,
        [],
        "row",
        {},
        row(ms_played=-1),
        row(ms_played=True),
        row(ms_played="60000"),
        row(ms_played=None),
        row(ms_played=1.5),
        row(ms_played=24 * 3600 * 1000 + 1),
        row(master_metadata_track_name=5),
        row(master_metadata_track_name=["x"]),
        row(master_metadata_track_name=""),
        row(master_metadata_track_name=" \t"),
        row(master_metadata_album_artist_name=5),
        row(master_metadata_album_artist_name=["x"]),
        row(master_metadata_album_artist_name=None, spotify_track_uri=None),
        row(**PODCAST),
        row(ts=None),
        row(ts=1682942400),
        row(ts=""),
        row(ts="yesterday"),
        row(ts="2023-13-01T00:00:00Z"),
        row(ts="2005-12-31T23:59:59Z"),
        row(ts="2999-01-01T00:00:00Z"),
        row(ts="NaT"),
    ],
)
def test_a_bad_row_is_reported_and_costs_no_other(bad: Any) -> None:
    parsed = read(row(), bad, row())
    assert (parsed.read, parsed.rejected, len(parsed.plays)) == (3, 1, 2)
    assert [(problem.file, problem.where) for problem in parsed.problems] == [
        ("history.json", "row 2")
    ]


def test_problems_are_counted_beyond_the_listed() -> None:
    parsed = read(row(), *([1] * (MAX_LISTED + 5)))
    assert parsed.rejected == MAX_LISTED + 5
    assert len(parsed.problems) == MAX_LISTED + 1
    assert parsed.problems[-1].where == "5 more places"


def test_a_track_without_an_id_goes_by_its_names() -> None:
    local = row(spotify_track_uri="spotify:local:Ghostpoet:Album:One+Twos:241")
    bare = row(spotify_track_uri=None)
    wrong = row(spotify_track_uri="spotify:track:short")
    parsed = read(local, bare, wrong, row(spotify_track_uri=[1]))
    assert parsed.tracks["track_id"].tolist() == [name_id("Ghostpoet", "One Twos")]
    assert parsed.plays["track"].tolist() == [0, 0, 0, 0]


def test_an_id_without_an_artist_is_enough() -> None:
    parsed = read(row(master_metadata_album_artist_name=None))
    assert parsed.tracks["artists"].tolist() == [""]


def test_one_track_whose_name_changed_is_one_row() -> None:
    parsed = read(row(), row(master_metadata_track_name="One Twos (Remastered)"))
    assert parsed.tracks["name"].tolist() == ["One Twos"]
    assert parsed.plays["track"].tolist() == [0, 0]


def test_names_are_text() -> None:
    parsed = read(
        row(
            master_metadata_track_name="<script>alert(1)</script>",
            master_metadata_album_artist_name="Steins;Gate\t",
            master_metadata_album_album_name="a\x00b\nc",
        )
    )
    assert parsed.tracks.loc[0, ["name", "artists", "album"]].tolist() == [
        "<script>alert(1)</script>",
        "Steins,Gate",
        "ab c",
    ]


def test_unsorted_rows_and_equal_times_are_all_kept() -> None:
    rows = [row(ts=f"2023-05-0{day}T12:00:00Z") for day in (3, 1, 2, 2)]
    assert len(read(*rows).plays) == 4


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings(encoding: str) -> None:
    data = json.dumps([row(master_metadata_track_name="Jóga 樂")], ensure_ascii=False)
    parsed = parse(data.replace("\n", "\r\n").encode(encoding), "x", ReadOptions())
    assert parsed.tracks["name"].tolist() == ["Jóga 樂"]
    assert sniff(data.encode(encoding))


@pytest.mark.parametrize("data", [b"[]", b" [ \n ] ", b"\xef\xbb\xbf[]"])
def test_an_empty_array_holds_no_plays(data: bytes) -> None:
    assert sniff(data)
    with pytest.raises(UnreadableFile, match="holds no plays"):
        parse(data, "x", ReadOptions())


@pytest.mark.parametrize(
    "data", [b'{"ts": 1, "ms_played": 2}', b'{"ts": 1, "ms_pl', b"null", b"[", b"[{", b"x", b""]
)
def test_what_is_no_array_holds_no_plays(data: bytes) -> None:
    with pytest.raises(UnreadableFile, match="holds no plays"):
        parse(data, "x", ReadOptions())


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(UnreadableFile):
        parse(b'[{"ts":"ms_played"},' + b"[" * 200_000, "x", ReadOptions())


@pytest.mark.parametrize("indent", [None, 2])
def test_every_cut_gives_the_rows_before_it(indent: int | None) -> None:
    whole = json.dumps([row(), row(**{"ts": "2023-05-02T12:00:00Z"}), row()], indent=indent)
    first = whole.index("}") + 1
    for cut in range(first, len(whole) - 1, 31):
        parsed = parse(whole[:cut].encode(), "x.json", ReadOptions())
        adds_up(parsed)
        complete = whole[:cut].count("}")
        assert len(parsed.plays) == complete
        assert parsed.rejected == 1
        assert parsed.problems[0].where.startswith(f"row {complete + 1}, byte ")
        assert "cut off" in parsed.problems[0].why


def test_a_cut_inside_a_letter() -> None:
    data = json.dumps([row(), row(master_metadata_track_name="Ünder")], ensure_ascii=False).encode()
    cut = data.index("Ü".encode()) + 1
    parsed = parse(data[:cut], "x", ReadOptions())
    assert (len(parsed.plays), parsed.rejected) == (1, 1)


def test_damage_in_the_middle_costs_one_row() -> None:
    parts = [json.dumps(row()) for _ in range(4)]
    parts[1] = parts[1].replace('"ms_played": 60000', '"ms_played": 60')[:-40] + "}"
    data = f"[{', '.join(parts)}]".encode()
    parsed = parse(data, "x", ReadOptions())
    adds_up(parsed)
    assert (parsed.read, len(parsed.plays), parsed.rejected) == (4, 3, 1)
    assert "went on at the next row" in parsed.problems[0].why


def test_a_file_of_rubble_is_given_up() -> None:
    data = f"[{json.dumps(row())}, {'{@},' * (MAX_BREAKS + 50)} {json.dumps(row())}]".encode()
    parsed = parse(data, "x", ReadOptions())
    adds_up(parsed)
    assert (len(parsed.plays), parsed.rejected) == (1, MAX_BREAKS)
    assert "Everything after it is missing" in parsed.problems[-1].why


def test_the_byte_of_a_break_is_a_byte() -> None:
    start = json.dumps([row(master_metadata_track_name="樂舒簡")], ensure_ascii=False)[:-1]
    data = f"{start}, @@@".encode()
    parsed = parse(data, "x", ReadOptions())
    assert parsed.problems[0].where == f"row 2, byte {data.index(b'@')}"


# --- blocks -------------------------------------------------------------------------------


def many(n: int = 300) -> list[dict[str, Any]]:
    """Rows of which some are podcasts, private, without names, damaged or with other keys."""
    kinds: list[dict[str, Any]] = [
        {},
        {"spotify_track_uri": None},
        {**PODCAST, "episode_name": "E"},
        {"incognito_mode": True},
        {"ms_played": -1},
        {"master_metadata_track_name": 'a "}, {" in a name'},
        {"master_metadata_track_name": "}\\n  },\\n  {", "spotify_track_uri": "spotify:track:x"},
        {"more": {"deep": [{"a": 1}, {"b": 2}]}},
    ]
    rows = [
        row(ts=f"2023-05-01T{i // 60:02d}:{i % 60:02d}:00Z", **kinds[i % len(kinds)])
        for i in range(n)
    ]
    for i in range(0, n, 11):
        del rows[i]["skipped"]
    return rows


@pytest.mark.parametrize("indent", [None, 0, 2, "\t"])
@pytest.mark.parametrize("block", [1, 700, 3_000, 10**9])
def test_blocks_give_what_the_whole_gives(
    monkeypatch: pytest.MonkeyPatch, indent: Any, block: int
) -> None:
    data = json.dumps(many(), indent=indent).encode()
    monkeypatch.setattr(spotify_extended, "_take_blocks", lambda data, found: False)
    whole = parse(data, "x", ReadOptions())
    monkeypatch.undo()
    monkeypatch.setattr(spotify_extended, "BLOCK_BYTES", block)
    parsed = parse(data, "x", ReadOptions())
    adds_up(parsed)
    assert (whole.read, whole.not_music, whole.private, whole.rejected) == (300, 38, 38, 37)
    for field in ("read", "not_music", "private", "rejected", "problems"):
        assert getattr(parsed, field) == getattr(whole, field)
    pd.testing.assert_frame_equal(parsed.tracks, whole.tracks)
    pd.testing.assert_frame_equal(parsed.plays, whole.plays)


def test_rows_are_read_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    take = spotify_extended._StreamColumns.take
    monkeypatch.setattr(spotify_extended, "BLOCK_BYTES", 5_000)
    monkeypatch.setattr(
        spotify_extended._StreamColumns,
        "take",
        lambda self, rows: (sizes.append(len(rows)), take(self, rows))[1],
    )
    assert len(parse(json.dumps([row()] * 100, indent=2).encode(), "x", ReadOptions()).plays) == 100
    assert len(sizes) > 10
    assert max(sizes) < 12


@pytest.mark.parametrize("between", ["},{", "}, {", "},\n  {", "} , {", "}\r\n,\r\n{"])
def test_a_cut_inside_a_name_or_a_list_is_none(
    monkeypatch: pytest.MonkeyPatch, between: str
) -> None:
    """Every place that looks like the end of a row is tried; none may change what is read."""
    monkeypatch.setattr(spotify_extended, "BLOCK_BYTES", 1)
    name = between if between.isprintable() else "},{"
    rows = [row(master_metadata_track_name=f"{name}{i}", more=[{"a": 1}, {"b": 2}]) for i in (1, 2)]
    text = "[" + between.join(json.dumps(one)[1:-1] for one in rows).join("{}") + "]"
    parsed = parse(text.encode(), "x", ReadOptions(include_private=True))
    assert not parsed.problems
    assert (parsed.read, len(parsed.plays)) == (2, 2)
    assert parsed.tracks["name"].tolist() == [f"{name}1"]


@pytest.mark.parametrize("cut", [0.2, 0.5, 0.9])
def test_damage_in_a_late_block_loses_nothing_before_it(
    monkeypatch: pytest.MonkeyPatch, cut: float
) -> None:
    monkeypatch.setattr(spotify_extended, "BLOCK_BYTES", 2_000)
    data = json.dumps([row()] * 200).encode()
    place = data.index(b"}", int(cut * len(data)))
    parsed = parse(data[:place] + b"}}" + data[place + 1 :], "x", ReadOptions())
    adds_up(parsed)
    assert len(parsed.plays) + parsed.rejected == parsed.read
    assert len(parsed.plays) >= 198
    assert parsed.problems


@pytest.mark.parametrize(
    ("uris", "ids"),
    [
        ([f"spotify:track:{ID}"] * 2, [ID, ID]),
        ([f"spotify:track:{ID}", ID], [ID, ID]),
        ([f"spotify:track:{ID[:-1]}!", f"spotify:track:{ID}"], ["", ID]),
        ([f"spotify:track:{ID}x", f"spotify:track:{ID[:-1]}"], ["", ""]),
        ([f"spotify:album:{ID}"] * 2, ["", ""]),
        ([f"spotify:track:{ID[:-1]}ß", f"spotify:track:{ID}"], ["", ID]),
        ([None, 5, [1], {"a": 1}, ""], ["", "", "", "", ""]),
        ([], []),
    ],
)
def test_ids_together_are_the_ids_apart(uris: list[Any], ids: list[str]) -> None:
    assert fields.parse_all_spotify_ids(uris) == ids


@given(st.lists(st.text(max_size=8), max_size=30))
def test_names_together_are_the_names_apart(names: list[str]) -> None:
    assert fields.clean_all(names, clean_text) == [clean_text(name) for name in names]
    assert fields.clean_all(names, clean_artist) == [clean_artist(name) for name in names]


def test_long_names_are_cut_among_others() -> None:
    names = ["short", "x" * (MAX_NAME + 5), "a;b"]
    assert fields.clean_all(names, clean_artist) == ["short", "x" * MAX_NAME, "a,b"]


@given(st.lists(st.datetimes(datetime(1970, 1, 1), datetime(2099, 1, 1)), max_size=5), st.text())
def test_times_together_are_the_times_apart(times: list[datetime], other: str) -> None:
    texts = [f"{time:%Y-%m-%dT%H:%M:%S}Z" for time in times]
    assert fields.parse_all_times(texts).tolist() == parse_iso_times(texts).tolist()
    mixed = [*texts, other]
    assert fields.parse_all_times(mixed).tolist() == parse_iso_times(mixed).tolist()


REAL = [
    # file, read, kept, not music, tracks
    ("spotify_extended/Streaming_History_Audio_2022.json", 35, 35, 0, 31),
    ("spotify_extended/Streaming_History_Audio_2023.json", 1470, 1457, 13, 571),
    ("spotify_extended/Streaming_History_Video_2023.json", 16, 16, 0, 16),
    ("spotify_extended/listenbrainz_fixture_Streaming_History_Audio_2023.json", 5, 5, 0, 5),
    ("spotify_endsong_old/endsong_0.json", 5, 5, 0, 5),
]


@pytest.mark.parametrize(("file", "n_read", "kept", "not_music", "tracks"), REAL)
def test_real_files(
    shared: Path, file: str, n_read: int, kept: int, not_music: int, tracks: int
) -> None:
    data = (shared / "exports" / file).read_bytes()
    parsed = parse(data, file, ReadOptions())
    adds_up(parsed)
    assert (parsed.read, len(parsed.plays), parsed.not_music) == (n_read, kept, not_music)
    assert len(parsed.tracks) == tracks
    assert not parsed.problems


def test_a_late_upload_in_a_real_old_file(shared: Path) -> None:
    data = (shared / "exports/spotify_endsong_old/endsong_0.json").read_bytes()
    plays = parse(data, "x", ReadOptions()).plays
    assert plays["played_at"].tolist()[2] == 1647540919  # ts is five days later
