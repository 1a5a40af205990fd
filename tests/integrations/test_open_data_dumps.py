"""The canonical dump: tiny archives made here, whole and damaged."""

from __future__ import annotations

import csv
import io
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from musicai.core.errors import Cancelled, UnreadableFile
from musicai.integrations.metabrainz import RecordingName, canonical_dump, dumps
from tests.open_data_stub import made_id

HEADER = (
    "id", "artist_credit_id", "artist_mbids", "artist_credit_name", "release_mbid",
    "release_name", "recording_mbid", "recording_name", "combined_lookup", "score",
)  # fmt: skip
MEMBER = f"musicbrainz-canonical-dump-20260101/canonical/{canonical_dump.MEMBER}"


def row(credit: str, title: str, album: str = "Album", score: int = 5) -> list[str]:
    artists = ",".join(made_id("artist", name) for name in credit.split(" feat. "))
    recording = made_id("recording", credit, title, album)
    release = made_id("release", album)
    return ["1", "2", artists, credit, release, album, recording, title, "key", str(score)]


def table(*rows: Sequence[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([HEADER, *rows])
    return text.getvalue().encode()


def archive(*members: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, data in members:
            one = tarfile.TarInfo(name)
            one.size = len(data)
            tar.addfile(one, io.BytesIO(data))
    return zstandard.compress(packed.getvalue())


def dump(path: Path, *rows: Sequence[str]) -> Path:
    file = path / "musicbrainz-canonical-dump.tar.zst"
    file.write_bytes(archive(("x/README", b"words"), (MEMBER, table(*rows))))
    return file


def found(path: Path, *names: RecordingName) -> dict[RecordingName, str]:
    answers = canonical_dump.resolve(path, names)
    return {named: one.recording for named, one in answers.found.items()}


def mbid(credit: str, title: str, album: str = "Album") -> str:
    return made_id("recording", credit, title, album)


@pytest.mark.parametrize(
    ("artist", "title", "credit", "told"),
    [
        ("Foo", "Bar", "Foo", "Bar"),
        ("FOO", "bar - Remastered 2011", "Foo", "Bar"),
        ("Foo", "Don't Stop", "Foo", "Don’t Stop"),
        ("Foo", "Bar (feat. Guest)", "Foo feat. Guest", "Bar"),
        ("Foo;Guest", "Bar", "Foo & Guest", "Bar"),
        ("Кино", "Группа крови", "Кино", "Группа крови"),
        ("椎名林檎", "丸の内サディスティック", "椎名林檎", "丸の内サディスティック"),
        ("فيروز", "نسم علينا الهوى", "فيروز", "نسم علينا الهوى"),
    ],
)
def test_names_are_found(tmp_path: Path, artist: str, title: str, credit: str, told: str) -> None:
    path = dump(tmp_path, row("Another", "Another"), row(credit, told))
    assert found(path, RecordingName(artist, title)) == {
        RecordingName(artist, title): mbid(credit, told)
    }


@pytest.mark.parametrize(
    ("artist", "title", "credit", "told"),
    [
        ("Foo", "Bar", "Food", "Bar"),
        ("Foo", "Bar", "Foo Fighters", "Bar"),
        ("Foo", "Bar", "Foo", "Bar (live)"),
        ("Foo", "Part 1", "Foo", "Part 2"),
    ],
)
def test_others_are_not(tmp_path: Path, artist: str, title: str, credit: str, told: str) -> None:
    assert found(dump(tmp_path, row(credit, told)), RecordingName(artist, title)) == {}


def test_of_several_the_artist_alone_then_the_album_then_the_score(tmp_path: Path) -> None:
    rows = [
        row("Foo feat. Guest", "Bar", "Asked", 1),
        row("Foo", "Bar", "Hits", 2),
        row("Foo", "Bar", "Other", 3),
        row("Foo", "Bar", "Asked", 9),
    ]
    path = dump(tmp_path, *rows)
    plain, asked = RecordingName("Foo", "Bar"), RecordingName("Foo", "Bar", "Asked")
    assert found(path, plain, asked) == {
        plain: mbid("Foo", "Bar", "Hits"),
        asked: mbid("Foo", "Bar", "Asked"),
    }


def test_a_plain_or_packed_table_is_read_too(tmp_path: Path) -> None:
    data = table(row("Foo", "Bar"))
    (tmp_path / "a.csv").write_bytes(data)
    (tmp_path / "b.csv.zst").write_bytes(zstandard.compress(data))
    for name in ("a.csv", "b.csv.zst"):
        assert len(found(tmp_path / name, RecordingName("Foo", "Bar"))) == 1


def test_rows_of_another_shape_are_told_and_the_others_kept(tmp_path: Path) -> None:
    path = dump(
        tmp_path, ["too", "short"], row("Foo", "Bar"), [*row("No", "id")[:6], "", "", "", ""]
    )
    answers = canonical_dump.resolve(path, [RecordingName("Foo", "Bar")])
    assert len(answers.found) == 1
    assert (answers.report.read, answers.report.rejected) == (3, 1)
    assert "columns" in answers.report.problems[0].why


@pytest.mark.slow
def test_what_stands_before_the_damage_counts(tmp_path: Path) -> None:
    many = [row(f"Artist {n}", f"Song {n}") for n in range(60_000)]
    packed = dump(tmp_path, row("Foo", "Bar"), *many).read_bytes()
    cut = tmp_path / "cut.tar.zst"
    cut.write_bytes(packed[: len(packed) * 2 // 3])
    answers = canonical_dump.resolve(
        cut, [RecordingName("Foo", "Bar"), RecordingName("Artist 59999", "Song 59999")]
    )
    assert list(answers.found) == [RecordingName("Foo", "Bar")]
    (problem,) = [one for one in answers.report.problems if "damaged" in one.why]
    assert problem.file == "cut.tar.zst"


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.tar.zst"
    path.write_bytes(archive(("../../etc/passwd", b"x"), ("readme.txt", b"words")))
    with pytest.raises(UnreadableFile, match=r"holds no canonical_musicbrainz_data\.csv"):
        found(path, RecordingName("Foo", "Bar"))
    with pytest.raises(UnreadableFile, match="no file"):
        found(tmp_path / "nowhere.csv", RecordingName("Foo", "Bar"))
    assert not (tmp_path / "etc").exists()


def test_a_row_that_never_ends_is_damage_and_no_hang(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_bytes(table(row("Foo", "Bar")) + b"x" * (3 * dumps.BLOCK_BYTES))
    report = canonical_dump.resolve(path, [RecordingName("Foo", "Bar")]).report
    assert report.problems


def test_cancelling_ends_it(tmp_path: Path) -> None:
    def stop(fraction: float, note: str = "") -> None:
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        canonical_dump.resolve(
            dump(tmp_path, row("Foo", "Bar")), [RecordingName("Foo", "Bar")], stop
        )


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["a.tar.zst", "a.csv.zst", "a.csv"]), st.booleans())
def test_any_bytes_end_in_a_report_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str, pack: bool
) -> None:
    path = tmp_path_factory.mktemp("dump") / name
    path.write_bytes(zstandard.compress(data) if pack else data)
    try:
        answers = canonical_dump.resolve(path, [RecordingName("Foo", "Bar")])
    except UnreadableFile:
        return
    assert answers.found == {}
    assert answers.report.problems


# --- merged ids -----------------------------------------------------------------------


def redirect_table(*rows: tuple[str, str]) -> bytes:
    text = io.StringIO()
    header = ("recording_mbid", "canonical_recording_mbid", "canonical_release_mbid")
    csv.writer(text).writerows([header, *((*row, made_id("release", "x")) for row in rows)])
    return text.getvalue().encode()


@pytest.mark.parametrize("first", ["names", "redirects"])
def test_other_ids_of_a_found_recording_are_told(tmp_path: Path, first: str) -> None:
    old, older, strange = (made_id("recording", name) for name in ("old", "older", "strange"))
    here = mbid("Foo", "Bar")
    members = [
        (MEMBER, table(row("Foo", "Bar"), row("Foo", "Else"))),
        (
            f"x/canonical/{canonical_dump.MEMBER_redirects}",
            redirect_table((old, here), (older, here), (strange, mbid("Foo", "Else")), ("?", here)),
        ),
    ]
    path = tmp_path / "d.tar.zst"
    path.write_bytes(archive(*(members if first == "names" else reversed(members))))
    answers = canonical_dump.resolve(path, [RecordingName("Foo", "Bar")])
    assert answers.found[RecordingName("Foo", "Bar")].recording == here
    assert answers.aliases == {old: here, older: here}


def test_a_merged_id_becomes_the_canonical_one(tmp_path: Path) -> None:
    """Both one that the names lead to and one known before, with all the others of it."""
    here, far, old = mbid("Foo", "Bar"), made_id("recording", "far"), made_id("recording", "old")
    known = made_id("recording", "known")
    path = tmp_path / "d.tar.zst"
    # "old" stands before the row that tells what it has to do with the known one
    redirected = redirect_table((old, far), (here, far), (made_id("recording", "other"), old))
    path.write_bytes(
        archive((MEMBER, table(row("Foo", "Bar"))), (canonical_dump.MEMBER_redirects, redirected))
    )
    answers = canonical_dump.resolve(path, [RecordingName("Foo", "Bar")], known=[known])
    assert answers.found[RecordingName("Foo", "Bar")].recording == far
    assert answers.aliases == {here: far, old: far}
    assert canonical_dump.resolve(path, [], known=[here]).aliases == {here: far, old: far}


def test_a_damaged_table_leaves_the_next_one_readable(tmp_path: Path) -> None:
    here, old = mbid("Foo", "Bar"), made_id("recording", "old")
    broken = table(row("Foo", "Bar")) + b"x" * (3 * dumps.BLOCK_BYTES)
    path = tmp_path / "d.tar.zst"
    path.write_bytes(
        archive((MEMBER, broken), (canonical_dump.MEMBER_redirects, redirect_table((old, here))))
    )
    answers = canonical_dump.resolve(path, [], known=[here])
    assert answers.aliases == {old: here}
    assert answers.report.damaged
    assert answers.report.problems[0].where == canonical_dump.MEMBER


def test_a_table_with_other_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_bytes(b"a,b\n1,2\n")
    with pytest.raises(UnreadableFile, match="has not the columns artist_mbids"):
        canonical_dump.resolve(path, [RecordingName("Foo", "Bar")])


# --- at the border --------------------------------------------------------------------


def test_a_dump_is_checked_by_its_first_bytes(tmp_path: Path) -> None:
    good = dump(tmp_path, row("Foo", "Bar"))
    assert dumps.check_dump_path(good) == good
    (tmp_path / "plain.csv").write_bytes(b"a,b")
    assert dumps.check_dump_path(tmp_path / "x" / ".." / "plain.csv") == tmp_path / "plain.csv"


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("nowhere.tar.zst", None, "There is no file"),
        ("song.mp3", b"x", "its name must end with"),
        ("empty.csv", b"", "it is empty"),
        ("page.tar.zst", b"<html>", "not packed with Zstandard"),
    ],
)
def test_what_is_no_dump_is_refused_before(
    tmp_path: Path, name: str, data: bytes | None, why: str
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(UnreadableFile, match=why):
        dumps.check_dump_path(tmp_path / name)


def test_a_folder_is_no_dump(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="is a folder"):
        dumps.check_dump_path(tmp_path)
