"""Folders, zips and gz files: everything is offered once, and nothing harmful is done."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import struct
import time
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from musicai.core.settings import Settings
from musicai.data.parsed import Problem
from musicai.library.archives import (
    ARROW,
    Input,
    Member,
    clean_name,
    is_passed_over,
    is_personal,
    open_inputs,
)

DATA = b'[{"ts": "x"}]'


def zip_of(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def walk(inputs: Sequence[Input], settings: Settings) -> tuple[list[Member], list[Problem]]:
    found = list(open_inputs(inputs, settings))
    members = [item for item in found if isinstance(item, Member)]
    return members, [item for item in found if isinstance(item, Problem)]


def only_problem(inputs: Sequence[Input], settings: Settings) -> Problem:
    members, problems = walk(inputs, settings)
    assert not members
    assert len(problems) == 1
    return problems[0]


def test_a_file_comes_with_its_digest(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_bytes(DATA)
    assert list(open_inputs([path], settings)) == [
        Member("one.json", DATA, hashlib.sha256(DATA).hexdigest())
    ]


def test_uploads_and_paths_are_alike(settings: Settings, tmp_path: Path) -> None:
    data = zip_of({"a/b.json": DATA})
    path = tmp_path / "x.zip"
    path.write_bytes(data)
    assert list(open_inputs([path], settings)) == list(open_inputs([("x.zip", data)], settings))


def test_a_folder_is_walked_in_order(settings: Settings, tmp_path: Path) -> None:
    for name in ("export/b.json", "export/a/z.csv", "export/a/.hidden.csv", "export/.git/c.json"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(DATA)
    members, problems = walk([tmp_path / "export"], settings)
    assert [member.file for member in members] == ["export/b.json", "export/a/z.csv"]
    assert not problems


def test_a_folder_with_a_loop_of_links_ends(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "one.json").write_bytes(DATA)
    (tmp_path / "x" / "again").symlink_to(tmp_path / "x", target_is_directory=True)
    assert len(walk([tmp_path / "x"], settings)[0]) == 1


def test_nested_folders_and_names_of_other_scripts(settings: Settings) -> None:
    names = ["Spotify Extended Streaming History/a.json", "樂舒簡.csv", "ü/é/z.json"]
    members, _ = walk([("x.zip", zip_of(dict.fromkeys(names, DATA)))], settings)
    assert [member.file for member in members] == [f"x.zip{ARROW}{name}" for name in names]


def test_utf8_names_without_the_flag_are_understood(settings: Settings) -> None:
    data = zip_of({"AAAAAAAAA.csv": DATA}).replace(b"AAAAAAAAA", "樂舒簡".encode())
    members, _ = walk([("x.zip", data)], settings)
    assert members[0].file.endswith("樂舒簡.csv")


@pytest.mark.parametrize("name", ["../../x.json", "/etc/x.json", "..\\..\\x.json", "C:\\x.json"])
def test_a_name_that_climbs_is_only_shown(
    name: str, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    members, problems = walk([("x.zip", zip_of({name: DATA, "good.json": DATA}))], settings)
    assert [member.data for member in members] == [DATA, DATA]
    assert not problems
    assert sorted(tmp_path.rglob("*")) == before


def test_markup_and_control_characters_in_names() -> None:
    assert clean_name("<b>x</b>.json") == "<b>x</b>.json"
    assert clean_name("a\x1b[31m\nb.json") == "a\ufffd[31m\ufffdb.json"
    assert len(clean_name("x" * 5000)) <= 200


def test_what_systems_leave_is_passed_over(settings: Settings) -> None:
    members, problems = walk(
        [
            (
                "x.zip",
                zip_of(
                    {
                        "__MACOSX/._a.json": b"\0\0",
                        "._a.json": b"\0",
                        ".DS_Store": b"\0",
                        "Read_Me_First.pdf": b"%PDF",
                        "cover.jpg": b"\xff\xd8",
                        "README.txt": b"hello",
                        "a.json": DATA,
                        "notes.txt": b"a,b",
                    }
                ),
            )
        ],
        settings,
    )
    assert [member.file for member in members] == [f"x.zip{ARROW}a.json", f"x.zip{ARROW}notes.txt"]
    assert not problems


PRIVATE = (
    "Identity",
    "Identifiers",
    "Userdata",
    "UserAddress",
    "Payments",
    "Inferences",
    "SearchQueries",
    "VoiceInput",
    "Marquee",
    "Follow",
    "Wrapped2023",
    "DuoNewFamily",
    "PodcastInteractivityVotedPollOption",
)
"""Of the files in an account zip, those about the person."""

COPIES = (
    "{}.json",
    "{} (1).json",
    "{}(2).JSON",
    "{}_1.json",
    "{} 2.json",
    "{} - Copy.json",
    "{} copy 3.json",
    "Copy of {}.json",
    "Kopie von {}.json",
    "{}.json.gz",
)
"""What browsers, systems and people make of a file's name."""


def private_names() -> list[str]:
    spelt = [spelling for name in PRIVATE for spelling in (name, name.lower(), name.upper())]
    return [copy.format(name) for copy in COPIES for name in spelt]


def test_files_about_the_person_are_never_opened(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = ("", "Spotify Account Data/", "my spotify data/MyData/deep/", "a\\b\\")
    names = [folder + name for folder in folders for name in private_names()]
    inner = zip_of({"Spotify Account Data/Identity.json": b"secret", "inner.json": DATA})
    data = zip_of({**dict.fromkeys(names, b"secret"), "in.zip": inner, "a.json": DATA})
    opened: list[str] = []
    real_open = zipfile.ZipFile.open

    def spy(self: zipfile.ZipFile, member: zipfile.ZipInfo, *args: object) -> object:
        opened.append(member.filename)
        return real_open(self, member, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(zipfile.ZipFile, "open", spy)
    members, problems = walk([("x.zip", data)], settings)
    assert opened == ["in.zip", "inner.json", "a.json"]
    assert [member.data for member in members] == [DATA, DATA]
    assert not problems


def test_files_about_the_person_in_a_folder_are_never_opened(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "my_spotify_data"
    for name in (*private_names(), "StreamingHistory_music_0.json"):
        path = root / "Spotify Account Data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(DATA)
    opened: list[str] = []
    real_open = Path.open

    def spy(self: Path, *args: object, **more: object) -> object:
        opened.append(self.name)
        return real_open(self, *args, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", spy)
    members, problems = walk([root], settings)
    assert opened == ["StreamingHistory_music_0.json"]
    assert len(members) == 1
    assert not problems


def test_a_file_about_the_person_that_is_uploaded_is_refused(settings: Settings) -> None:
    names = private_names()
    members, problems = walk([(name, DATA) for name in names], settings)
    assert not members
    assert [problem.file for problem in problems] == names
    assert all("was not opened" in problem.why for problem in problems)


ACCOUNT = {
    "Spotify Account Data/Identity.json": b"secret",
    "Spotify Account Data/Playlist1.json": DATA,
    "Spotify Account Data/Read_Me_First.pdf": b"%PDF",
    "Spotify Account Data/StreamingHistory_music_0 (1).json": DATA,
    "Spotify Account Data/YourLibrary.json": DATA,
    "__MACOSX/Spotify Account Data/._Identity.json": b"\0\x05\x16\x07",
    "__MACOSX/Spotify Account Data/._YourLibrary.json": b"\0\x05\x16\x07",
    "spotify_playlists/r\u00e9tro (1).csv": DATA,
    "spotify_playlists/樂舒簡.csv": DATA,
}
"""An account zip as a Mac re-zips it, with Exportify's playlists beside."""


def test_an_account_zip_gives_its_music(settings: Settings) -> None:
    members, problems = walk([("my_spotify_data (1).zip", zip_of(ACCOUNT))], settings)
    assert [member.file.removeprefix(f"my_spotify_data (1).zip{ARROW}") for member in members] == [
        "Spotify Account Data/Playlist1.json",
        "Spotify Account Data/StreamingHistory_music_0 (1).json",
        "Spotify Account Data/YourLibrary.json",
        "spotify_playlists/rétro (1).csv",
        "spotify_playlists/樂舒簡.csv",
    ]
    assert not problems


def test_a_very_long_name_is_decided_at_once() -> None:
    for filler in ("copy", "1", "a", " ", "podcastinteractivity"):
        name = "PodcastInteractivity" + filler * (256_000 // len(filler)) + ".json"
        begun = time.perf_counter()
        assert not is_personal(name)
        assert time.perf_counter() - begun < 5


def test_a_private_file_by_itself_is_refused_unread(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "Userdata (1).json").write_bytes(b"secret")
    assert "no file that musicai reads" in only_problem([tmp_path / "export"], settings).why
    lone = tmp_path / "identity.JSON"
    lone.write_bytes(b"secret")
    assert "was not opened" in only_problem([lone], settings).why
    assert "was not opened" in only_problem([("Payments.json", b"secret")], settings).why


@pytest.mark.parametrize(
    "name",
    [
        "my_identity_crisis.csv",
        "followers.json",
        "Follow the leader.json",
        "Wrapped up.json",
        "identity.csv",
        "Streaming_History_Audio_2023.json",
        "StreamingHistory_music_0.json",
        "StreamingHistory_podcast_0 (1).json",
        "Playlist1.json",
        "YourLibrary.json",
    ],
)
def test_other_names_are_opened(name: str) -> None:
    assert not is_personal(name)
    assert not is_passed_over(name)


def test_missing_path(settings: Settings, tmp_path: Path) -> None:
    problem = only_problem([tmp_path / "nowhere.zip"], settings)
    assert problem.file == "nowhere.zip"
    assert "no such file" in problem.why


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_a_pipe_is_not_waited_for(settings: Settings, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    assert "neither a file" in only_problem([tmp_path / "pipe.json"], settings).why


def test_zero_bytes(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "a.json").touch()
    assert "0 bytes" in only_problem([tmp_path / "a.json"], settings).why
    assert "0 bytes" in only_problem([("x.zip", zip_of({"a.json": b""}))], settings).why


def test_a_zip_that_is_none(settings: Settings) -> None:
    problem = only_problem([("my_spotify_data.zip", b"<html>Log in</html>")], settings)
    assert problem.file == "my_spotify_data.zip"
    assert "not a zip" in problem.why


def test_a_zip_that_was_cut_off(settings: Settings) -> None:
    data = zip_of({"a.json": DATA * 100})
    assert "cut off" in only_problem([("x.zip", data[:-30])], settings).why


def test_a_zip_without_data_says_so(settings: Settings) -> None:
    problem = only_problem([("x.zip", zip_of({"a.pdf": b"%PDF"}))], settings)
    assert "no file that musicai reads" in problem.why
    assert "no file that musicai reads" in only_problem([("x.zip", zip_of({}))], settings).why


def test_a_damaged_member_does_not_cost_the_others(settings: Settings) -> None:
    data = zip_of({"a.json": b"A" * 500, "b.json": DATA}, zipfile.ZIP_STORED)
    data = data.replace(b"A" * 500, b"A" * 250 + b"B" + b"A" * 249)
    members, problems = walk([("x.zip", data)], settings)
    assert [member.data for member in members] == [DATA]
    assert [problem.file for problem in problems] == [f"x.zip{ARROW}a.json"]
    assert "damaged" in problems[0].why


def test_a_member_without_a_name_does_not_cost_the_others(settings: Settings) -> None:
    data = zip_of({"a.json": DATA, "b.json": DATA}).replace(b"a.json", b"\0.json")
    members, problems = walk([("x.zip", data)], settings)
    assert [member.file for member in members] == [f"x.zip{ARROW}b.json"]
    assert not problems


def test_an_encrypted_member_does_not_cost_the_others(settings: Settings) -> None:
    data = bytearray(zip_of({"a.json": DATA, "b.json": DATA}))
    data[6] |= 1  # local header of the first member
    data[data.index(b"PK\x01\x02") + 8] |= 1
    members, problems = walk([("x.zip", bytes(data))], settings)
    assert len(members) == 1
    assert "encrypted" in problems[0].why


def test_a_bomb_is_left_while_reading(settings: Settings) -> None:
    bomb = zip_of({"bomb.json": b"0" * (60 * 1024**2), "good.json": DATA * 50_000})
    assert len(bomb) < 200_000
    members, problems = walk([("x.zip", bomb), ("fine.json", DATA)], settings)
    assert [member.file for member in members][-1] == "fine.json"
    assert problems[0].file == f"x.zip{ARROW}bomb.json"
    assert "bomb" in problems[0].why


def test_a_bomb_in_many_small_parts(settings: Settings) -> None:
    data = zip_of({f"{n}.json": b"0" * (12 * 1024**2) for n in range(5)})
    members, problems = walk([("x.zip", data)], settings)
    assert len(members) == 1
    assert "bomb" in problems[0].why
    assert "rest of the archive" in problems[1].why


def test_a_bomb_in_gz(settings: Settings) -> None:
    data = gzip.compress(b"0" * (60 * 1024**2))
    assert "bomb" in only_problem([("x.csv.gz", data)], settings).why


def test_a_bomb_that_lies_about_its_size(settings: Settings) -> None:
    """The header says 10 bytes; whatever comes is either cut or refused, never 60 MB."""
    data = bytearray(zip_of({"bomb.json": b"0" * (60 * 1024**2)}))
    central = data.index(b"PK\x01\x02")
    data[central + 24 : central + 28] = struct.pack("<L", 10)
    members, problems = walk([("x.zip", bytes(data))], settings)
    assert problems
    assert sum(len(member.data) for member in members) <= 10


def test_limit_of_one_member(settings: Settings) -> None:
    small = replace(settings, max_member_bytes=1000)
    data = zip_of({"big.json": os.urandom(2000), "good.json": DATA})
    members, problems = walk([("x.zip", data)], small)
    assert [member.data for member in members] == [DATA]
    assert "more than 0 MB" in problems[0].why


def test_limit_of_all_members(settings: Settings) -> None:
    small = replace(settings, max_unpacked_bytes=3000)
    data = zip_of({f"{n}.json": os.urandom(1000) for n in range(9)})
    members, problems = walk([("x.zip", data), ("good.json", DATA)], small)
    assert len(members) == 4
    assert members[-1].file == "good.json"
    assert "rest of the archive" in problems[-1].why


def test_limit_counts_what_is_inside_an_inner_zip(settings: Settings) -> None:
    small = replace(settings, max_unpacked_bytes=5000)
    inner = zip_of({f"{n}.json": os.urandom(1000) for n in range(9)})
    members, problems = walk([("x.zip", zip_of({"a.zip": inner, "b.zip": inner}))], small)
    assert len(members) < 9
    assert problems


def test_limit_of_members(settings: Settings, tmp_path: Path) -> None:
    small = replace(settings, max_members=5)
    names = [f"{n}.json" for n in range(6)]
    assert (
        "more than 5 files"
        in only_problem([("x.zip", zip_of(dict.fromkeys(names, DATA)))], small).why
    )
    for name in names:
        (tmp_path / name).write_bytes(DATA)
    members, problems = walk([tmp_path], small)
    assert len(members) == 5
    assert "more than 5 files" in problems[0].why


def test_a_vast_table_of_contents_is_not_even_read(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = zip_of({f"{n:06}.pdf": b"" for n in range(400)})

    def never(*args: object) -> None:
        pytest.fail("the table of contents was read")

    monkeypatch.setattr(zipfile.ZipFile, "__init__", never)
    problem = only_problem([("x.zip", data)], replace(settings, max_members=5))
    assert "more than 5 files" in problem.why


def test_limit_of_a_single_file(settings: Settings, tmp_path: Path) -> None:
    small = replace(settings, max_upload_bytes=10)
    path = tmp_path / "a.json"
    path.write_bytes(b"x" * 11)
    assert "larger than" in only_problem([path], small).why
    assert "larger than" in only_problem([("a.json", b"x" * 11)], small).why


def test_a_zip_inside_a_zip_one_level(settings: Settings) -> None:
    inner = zip_of({"deep.json": DATA})
    members, problems = walk([("x.zip", zip_of({"in.zip": inner}))], settings)
    assert [member.file for member in members] == [f"x.zip{ARROW}in.zip{ARROW}deep.json"]
    assert not problems
    problem = only_problem([("x.zip", zip_of({"y.zip": zip_of({"in.zip": inner})}))], settings)
    assert "Unpack the outer ones" in problem.why


def test_gz_by_itself_and_in_a_zip(settings: Settings) -> None:
    packed = gzip.compress(DATA)
    members, _ = walk([("a.csv.gz", packed), ("x.zip", zip_of({"b.json.gz": packed}))], settings)
    assert [member.data for member in members] == [DATA, DATA]
    assert [member.file for member in members] == ["a.csv.gz", f"x.zip{ARROW}b.json.gz"]


def test_a_gz_that_was_cut_off(settings: Settings) -> None:
    data = gzip.compress(os.urandom(5000))
    assert "cut off" in only_problem([("a.csv.gz", data[:-2000])], settings).why


def test_a_spreadsheet_is_named_as_such(settings: Settings) -> None:
    problem = only_problem([("plays.xlsx", zip_of({"xl/a.xml": b"<x/>"}))], settings)
    assert "Save it as CSV" in problem.why


def test_one_at_a_time(settings: Settings) -> None:
    walker = open_inputs([("a.json", DATA), ("broken.zip", b"x")], settings)
    assert isinstance(next(walker), Member)
    assert isinstance(next(walker), Problem)


def test_real_zips(shared: Path, settings: Settings) -> None:
    members, problems = walk([shared / "exports" / "zips"], settings)
    assert [member.file.rsplit(ARROW)[-1].rsplit("/")[-1] for member in members] == [
        "6.jsonl",
        "8.jsonl",
        "feedback.jsonl",
        "endsong_0.json",
        "Streaming_History_Audio_2022.json",
        "Streaming_History_Video_2023.json",
    ]
    assert [problem.file.rsplit(ARROW, 1)[-1] for problem in problems] == ["pinned_recording.jsonl"]


@examples(deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["x.zip", "x.json", "x.gz", "x"]))
def test_no_bytes_break_the_walk(data: bytes, name: str) -> None:
    for prefix in (b"", b"PK\x03\x04", b"\x1f\x8b\x08"):
        assert list(open_inputs([(name, prefix + data)], Settings(home=Path("unused"))))


@examples(deadline=None)
@given(st.data())
def test_no_damage_breaks_the_walk(data: st.DataObject) -> None:
    whole = bytearray(zip_of({"a.json": DATA * 3, "b/ü.csv": b"x,y\n1,2"}))
    for place in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=6)):
        whole[place] = data.draw(st.integers(0, 255))
    assert list(open_inputs([("x.zip", bytes(whole))], Settings(home=Path("unused"))))
