"""Every file of the public collection of exports, counted by hand, beside what the import says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from musicai import cli
from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.parsed import ReadOptions
from musicai.library.archives import open_inputs
from musicai.library.import_report import ImportReport
from musicai.library.importing import import_files
from musicai.store import Store


class Row(NamedTuple):
    """What one file, or one member of an archive, holds."""

    member: str
    format: str
    kind: str
    read: int
    imported: int
    duplicate: int = 0
    not_music: int = 0
    private: int = 0
    rejected: int = 0


def plays(format_name: str, read: int, imported: int, **others: int) -> Row:
    return Row("", format_name, "plays", read, imported, **others)


def playlist(format_name: str, read: int, imported: int, **others: int) -> Row:
    return Row("", format_name, "playlist", read, imported, **others)


EXPECTED: dict[str, tuple[Row, ...]] = {
    # no data: a list of headers, the origin of the files, translations
    "SOURCES.txt": (),
    "exportify/HEADER_VARIANTS.txt": (),
    "exportify/watsonbox_header_translations.json": (),
    # one song each; the other holds two local files and one song twice, added in one second
    "exportify/watsonbox_header_german.csv": (playlist("exportify", 1, 1),),
    "exportify/watsonbox_test_liked_all_options.csv": (playlist("exportify", 1, 1),),
    "exportify/watsonbox_test_liked_base.csv": (playlist("exportify", 1, 1),),
    "exportify/watsonbox_test_local_and_duplicates.csv": (
        playlist("exportify", 4, 3, duplicate=1),
    ),
    # two of the four tracks have a play with a date; the library of four, and a list of two
    "itunes/iTunes Music Library.xml": (plays("itunes", 2, 2), playlist("itunes", 6, 6)),
    # the fourth row was playing during the export and has no time
    "lastfm_csv/lastfm_to_csv_user01.csv": (plays("lastfm", 4, 3, rejected=1),),
    "lastfm_csv/recenttracks-user01-1700000600.csv": (plays("lastfm", 3, 3),),
    "scrobble_formats/librefm.csv": (plays("librefm", 3, 3),),
    "scrobble_formats/librefm_no_album_column.csv": (plays("librefm", 2, 2),),
    "scrobble_formats/librefm_no_header.csv": (),
    "scrobble_formats/librefm_via_maloja.csv": (plays("librefm", 3, 3),),
    "scrobble_formats/librefm_with_comments.csv": (plays("librefm", 3, 3),),
    # rows without an artist or a title
    "scrobble_formats/listenbrainz_all_invalid.jsonl": (plays("listenbrainz", 3, 0, rejected=3),),
    "scrobble_formats/listenbrainz_listens.jsonl": (plays("listenbrainz", 2, 2),),
    "scrobble_formats/listenbrainz_mixed_validity.jsonl": (
        plays("listenbrainz", 5, 3, rejected=2),
    ),
    "scrobble_formats/maloja.json": (plays("maloja", 2, 2),),
    "scrobble_formats/maloja_malformed.json": (plays("maloja", 3, 0, rejected=3),),
    "scrobble_formats/panoscrobbler.jsonl": (plays("pano_scrobbler", 2, 2),),
    # the third is <Untagged>; the fourth was skipped, which is a play all the same
    "scrobble_formats/rockbox.scrobbler.log": (plays("rockbox", 4, 3, rejected=1),),
    "spotify_endsong_old/endsong_0.json": (plays("spotify_extended", 5, 5),),
    # two rows of length 0 agree in song and second
    "spotify_extended/Streaming_History_Audio_2022.json": (
        plays("spotify_extended", 35, 34, duplicate=1),
    ),
    # thirteen episodes
    "spotify_extended/Streaming_History_Audio_2023.json": (
        plays("spotify_extended", 1470, 1457, not_music=13),
    ),
    # music videos with a song's id
    "spotify_extended/Streaming_History_Video_2023.json": (plays("spotify_extended", 16, 16),),
    "spotify_extended/listenbrainz_fixture_Streaming_History_Audio_2023.json": (
        plays("spotify_extended", 5, 5),
    ),
    # the first listen of the second file is the second one of the first; the verdict names an id
    # of MusicBrainz alone
    "zips/listenbrainz_user01_1754000000.zip": (
        Row("listens/2025/6.jsonl", "listenbrainz", "plays", 2, 2),
        Row("listens/2025/8.jsonl", "listenbrainz", "plays", 5, 2, duplicate=1, rejected=2),
        Row("feedback.jsonl", "listenbrainz", "choices", 1, 0, rejected=1),
    ),
    "zips/my_spotify_data_MyData_old.zip": (
        Row("MyData/endsong_0.json", "spotify_extended", "plays", 5, 5),
    ),
    "zips/my_spotify_data_extended_small.zip": (
        Row(
            "Spotify Extended Streaming History/Streaming_History_Audio_2022.json",
            "spotify_extended", "plays", 35, 34, duplicate=1,
        ),
        Row(
            "Spotify Extended Streaming History/Streaming_History_Video_2023.json",
            "spotify_extended", "plays", 16, 16,
        ),
    ),
}  # fmt: skip
"""The rows of each file, imported alone into an empty profile; none for files that are no data."""

EMPTY_MEMBER = "pinned_recording.jsonl"
"""In ListenBrainz's zip, 0 bytes: nobody pinned anything."""

USER_MEMBER = "user.json"
"""In ListenBrainz's zip: the user's name and number."""

LISTENBRAINZ_ZIP = "zips/listenbrainz_user01_1754000000.zip"


def records(report: ImportReport) -> tuple[Row, ...]:
    found = []
    for record in report.files:
        _, _, member = record.file.partition(" › ")
        counts = record.counts.to_json()
        found.append(Row(member, record.format, record.kind, **counts))
    return tuple(found)


@pytest.mark.parametrize("name", EXPECTED)
def test_each_file_alone(name: str, shared: Path, settings: Settings) -> None:
    with Store(settings) as store:
        report = import_files(
            store, settings, "p", [shared / "exports" / name], ReadOptions(), no_progress
        )
    assert records(report) == EXPECTED[name]
    for row in EXPECTED[name]:
        assert row.read == sum(row[4:])
    told = {problem.file for problem in report.problems if not problem.where}
    if not EXPECTED[name]:
        assert told == {Path(name).name}, "a file that is no data is told, once"
        assert "not a format" in report.problems[0].why
    rejected = sum(row.rejected for row in EXPECTED[name])
    assert sum(1 for problem in report.problems if problem.where) >= rejected
    assert all(problem.why for problem in report.problems)


def test_no_file_is_forgotten(shared: Path) -> None:
    folder = shared / "exports"
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert there == set(EXPECTED)


def test_who_listened_is_never_opened(shared: Path, settings: Settings) -> None:
    members = open_inputs([shared / "exports" / LISTENBRAINZ_ZIP], settings)
    assert not any(member.file.endswith(USER_MEMBER) for member in members)


@pytest.fixture
def whole(shared: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """The command on the whole folder; gives its exit code and JSON."""

    def run() -> tuple[int, Any]:
        code = cli.main(["import", str(shared / "exports"), "--profile", "p", "--json"])
        return code, json.loads(capsys.readouterr().out.splitlines()[-1])

    return run


COUNTS = ("imported", "duplicate", "not_music", "private", "rejected")
KINDS = {"plays": "plays", "playlist": "playlist_rows"}


def test_the_whole_folder_in_one_go(whole: Any) -> None:
    code, result = whole()
    assert code == 0
    expected = {
        (f"exports/{name}" + (f" › {row.member}" if row.member else ""), row.kind): row
        for name, rows in EXPECTED.items()
        for row in rows
    }
    assert {(file["file"], file["kind"]) for file in result["files"]} == set(expected)
    for file in result["files"]:
        assert file["read"] == sum(file[name] for name in COUNTS), file
        row = expected[file["file"], file["kind"]]
        # what else is in the folder decides what is there already, never what a row is
        assert file["imported"] + file["duplicate"] == row.imported + row.duplicate, file
        for name in ("read", "not_music", "private", "rejected"):
            assert file[name] == getattr(row, name), file
    for kind, key in KINDS.items():
        for name in ("read", *COUNTS):
            of_kind = sum(file[name] for file in result["files"] if file["kind"] == kind)
            assert result[key][name] == of_kind, (key, name)
        assert result[key]["imported"] > 0
    no_data = {f"exports/{name}" for name, rows in EXPECTED.items() if not rows}
    no_data -= {"exports/SOURCES.txt"}  # inside a folder it is passed over by its name
    zipped = "exports/zips/listenbrainz_user01_1754000000.zip › "
    told = {problem["file"] for problem in result["problems"] if not problem["where"]}
    assert told == no_data | {zipped + EMPTY_MEMBER}


def test_the_whole_folder_twice_imports_nothing_new(whole: Any) -> None:
    _, first = whole()
    code, second = whole()
    assert code == 0
    for key in KINDS.values():
        assert second[key]["imported"] == 0
        assert second[key]["read"] == first[key]["read"]
        assert second[key]["duplicate"] == first[key]["imported"] + first[key]["duplicate"]
        assert second[key]["rejected"] == first[key]["rejected"]
    assert not second["fingerprint_changed"]
