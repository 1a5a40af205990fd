"""AcousticBrainz's dumps: tiny archives made here, whole, damaged and strange."""

from __future__ import annotations

import csv
import io
import json
import math
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from musicai.core.errors import Cancelled, UnreadableFile
from musicai.data.audio_descriptors import FEATURES, PROBABILITY, AudioDescriptor
from musicai.integrations.metabrainz import acousticbrainz, dumps
from tests.integrations.test_open_data_dumps import archive
from tests.open_data_stub import made_id

RHYTHM = ("mbid", "submission_offset", "bpm", "bpm_histogram_first_peak_bpm_mean",
          "bpm_histogram_first_peak_bpm_median", "bpm_histogram_second_peak_bpm_mean",
          "bpm_histogram_second_peak_bpm_median", "danceability", "onset_rate")  # fmt: skip
TONAL = ("mbid", "submission_offset", "key_key", "key_scale", "tuning_frequency",
         "tuning_equal_tempered_deviation")  # fmt: skip

MINE, ALIAS, OTHER = (made_id("recording", name) for name in ("mine", "alias", "other"))
WANTED = {MINE: MINE, ALIAS: MINE}


def rhythm(mbid: str, offset: object, bpm: object, dance: object = "1.1") -> list[str]:
    return [mbid, str(offset), str(bpm), "1", "2", "3", "4", str(dance), "3.5"]


def tonal(mbid: str, offset: int, key: str, scale: str) -> list[str]:
    return [mbid, str(offset), key, scale, "440.5", "0.1"]


def table(header: Sequence[str], *rows: Sequence[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode()


def feature_dump(folder: Path, part: str, *rows: Sequence[str]) -> Path:
    """As it is offered: one table in an archive, and a licence before it."""
    name = f"acousticbrainz-lowlevel-features-20220623-{part}"
    path = folder / f"{name}.tar.zst"
    header = RHYTHM if part == "rhythm" else TONAL
    path.write_bytes(archive(("x/COPYING", b"CC0"), (f"x/{name}.csv", table(header, *rows))))
    return path


def told(answers: acousticbrainz.AcousticAnswers) -> dict[tuple[str, str], AudioDescriptor]:
    return {(one.recording, one.feature): one for one in answers.measures}


def test_several_submissions_become_a_median_with_spread(tmp_path: Path) -> None:
    path = feature_dump(
        tmp_path, "rhythm",
        rhythm(MINE, 0, 100), rhythm(OTHER, 0, 77), rhythm(MINE.upper(), 1, 200),
        rhythm(ALIAS, 0, 104, ""), rhythm(ALIAS, 0, 104, ""),
    )  # fmt: skip
    answers = acousticbrainz.read(path, WANTED)
    found = told(answers)
    assert {recording for recording, _ in found} == {MINE}
    bpm = found[MINE, "bpm"]
    # 100, 104 and 200: the repeated row counts once, and the median is 4 from its neighbours
    assert (bpm.value, bpm.n, bpm.spread) == (104.0, 3, 4.0)
    assert (bpm.source, bpm.dated, bpm.word) == ("rhythm", "2022-06-23", "")
    dance = found[MINE, "danceability"]
    assert (dance.n, dance.value) == (2, pytest.approx(1.1))  # an empty cell is not 0
    assert (answers.report.read, answers.report.problems, answers.recordings) == (5, [], 1)


def test_the_key_is_the_most_frequent_pair(tmp_path: Path) -> None:
    """C and minor are each most frequent alone, and nobody heard C minor most."""
    heard = [("C", "major")] * 3 + [("A", "minor")] * 2 + [("E", "minor")] * 2
    path = feature_dump(tmp_path, "tonal", *(tonal(MINE, n, *pair) for n, pair in enumerate(heard)))
    found = told(acousticbrainz.read(path, WANTED))
    key, scale = found[MINE, "key_key"], found[MINE, "key_scale"]
    assert (key.word, scale.word, key.n) == ("C", "major", 7)
    assert key.spread == scale.spread == pytest.approx(4 / 7)
    assert math.isnan(key.value)
    assert found[MINE, "tuning_frequency"].value == 440.5


def test_cells_that_cannot_be_are_told_and_left_out(tmp_path: Path) -> None:
    path = feature_dump(
        tmp_path, "rhythm",
        rhythm(MINE, 0, "inf"), rhythm(MINE, 1, "fast"), rhythm(MINE, 2, -5), rhythm(MINE, 3, 90),
        rhythm(MINE, "?", 95),
    )  # fmt: skip
    answers = acousticbrainz.read(path, WANTED)
    bpm = told(answers)[MINE, "bpm"]
    assert (bpm.value, bpm.n) == (90.0, 1)
    assert answers.report.rejected == 1
    whys = [one.why for one in answers.report.problems]
    assert "bpm cannot be 'fast'." in whys
    assert "Its submission has no number." in whys
    strange = feature_dump(tmp_path, "tonal", tonal(MINE, 0, "H", "major"))
    assert (MINE, "key_key") not in told(acousticbrainz.read(strange, WANTED))


def test_foreign_members_are_passed_over_and_never_become_paths(tmp_path: Path) -> None:
    path = tmp_path / "acousticbrainz-lowlevel-features-20220623-rhythm.tar.zst"
    path.write_bytes(
        archive(
            ("../../etc/rhythm.csv.sh", b"x"),
            ("/abs/other.csv", b"a,b\n1,2\n"),
            ("../up/rhythm.csv", table(RHYTHM, rhythm(MINE, 0, 90))),
        )
    )
    before = sorted(tmp_path.rglob("*"))
    assert told(acousticbrainz.read(path, WANTED))[MINE, "bpm"].value == 90.0
    assert sorted(tmp_path.rglob("*")) == before
    assert not (tmp_path.parent / "up").exists()


def test_a_table_alone_goes_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "x-20220623-tonal.csv"
    path.write_bytes(table(TONAL, tonal(MINE, 0, "F#", "minor")))
    assert told(acousticbrainz.read(path, WANTED))[MINE, "key_key"].word == "F#"
    wrong = tmp_path / "x-rhythm.csv"
    wrong.write_bytes(table(TONAL, tonal(MINE, 0, "F#", "minor")))
    with pytest.raises(UnreadableFile, match=r"rhythm\.csv of x-rhythm\.csv has not the columns"):
        acousticbrainz.read(wrong, WANTED)


def test_another_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "acousticbrainz-lowlevel-json-20220623-0.tar.zst"
    path.write_bytes(archive(("lowlevel/0/0/x-0.json", b"{}")))
    with pytest.raises(UnreadableFile, match=r"holds no lowlevel\.csv or rhythm\.csv or tonal"):
        acousticbrainz.read(path, WANTED)


def test_a_truncated_archive_gives_what_stands_before(tmp_path: Path) -> None:
    many = [rhythm(made_id("recording", str(n)), 0, 60 + n % 90) for n in range(60_000)]
    last = rhythm(ALIAS, 0, 90)
    packed = feature_dump(tmp_path, "rhythm", rhythm(MINE, 0, 100), *many, last).read_bytes()
    cut = tmp_path / "cut-rhythm.tar.zst"
    cut.write_bytes(packed[: len(packed) * 2 // 3])
    answers = acousticbrainz.read(cut, WANTED)
    assert told(answers)[MINE, "bpm"].n == 1
    assert answers.report.damaged
    assert 0 < answers.report.read < 60_000


def test_a_corrupt_member_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x-rhythm.tar.zst"
    good = table(RHYTHM, rhythm(MINE, 0, 100))
    path.write_bytes(archive(("x-rhythm.csv", good + b"\xff\xfe" + b"y" * 3 * dumps.BLOCK_BYTES)))
    answers = acousticbrainz.read(path, WANTED)
    assert answers.report.damaged
    assert "rhythm.csv" in answers.report.problems[0].where


def test_a_hundred_thousand_rows_stay_lean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = (rhythm(made_id("recording", str(n // 4)), n % 4, 60 + n % 90) for n in range(100_000))
    path = feature_dump(tmp_path, "rhythm", *rows, rhythm(MINE, 0, 90))
    monkeypatch.setattr(dumps, "BLOCK_BYTES", 2**16)
    columns = [pa.total_allocated_bytes()]
    tracemalloc.start()
    answers = acousticbrainz.read(
        path, WANTED, lambda fraction, note="": columns.append(pa.total_allocated_bytes())
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (answers.report.read, answers.recordings) == (100_001, 1)
    assert len(columns) > 50
    # the table has 7 MB; a few of its blocks are held at a time
    assert max(columns) - columns[0] < 20 * dumps.BLOCK_BYTES
    assert peak < 4_000_000


def test_progress_ends_it(tmp_path: Path) -> None:
    def stop(fraction: float, note: str = "") -> None:
        raise Cancelled("Stopped.")

    path = feature_dump(tmp_path, "rhythm", rhythm(MINE, 0, 100))
    with pytest.raises(Cancelled):
        acousticbrainz.read(path, WANTED, stop)
    with pytest.raises(Cancelled):
        acousticbrainz.read(high(tmp_path, (MINE, 0, document(happy=0.5))), WANTED, stop)


# --- probabilities --------------------------------------------------------------------


def document(**classes: Any) -> bytes:
    """As AcousticBrainz writes it; ``happy=0.7``."""
    told = {
        model: {"all": {name: classes[feature], f"not_{name}": 0.1}, "value": name}
        for feature, (model, name) in acousticbrainz._CLASSES.items()
        if feature in classes
    }
    return json.dumps({"metadata": {"tags": {}}, "highlevel": told}).encode()


def high(folder: Path, *documents: tuple[str, int, bytes], number: str = "3") -> Path:
    path = folder / f"acousticbrainz-highlevel-json-20220623-{number}.tar.zst"
    members = [
        (f"{path.stem}/highlevel/{mbid[0]}/{mbid[:2]}/{mbid}-{offset}.json", data)
        for mbid, offset, data in documents
    ]
    path.write_bytes(archive(("COPYING", b"CC0"), *members))
    return path


def test_probabilities_are_means_over_the_submissions(tmp_path: Path) -> None:
    path = high(
        tmp_path,
        (MINE, 0, document(happy=0.2, instrumental=0.9)),
        (OTHER, 0, document(happy=1.0)),
        (ALIAS, 0, document(happy=0.6, sad="much", party=7, relaxed=True)),
        (MINE, 1, b"{cut"),
    )
    answers = acousticbrainz.read(path, WANTED)
    found = told(answers)
    assert {feature for _, feature in found} == {"happy", "instrumental"}
    happy = found[MINE, "happy"]
    assert (happy.value, happy.n, happy.spread) == (pytest.approx(0.4), 2, pytest.approx(0.2))
    assert (happy.source, happy.dated) == ("highlevel 3", "2022-06-23")
    assert (answers.report.read, answers.report.rejected) == (4, 1)
    assert answers.report.problems[0].why == "Its submission is no JSON."


def test_a_truncated_archive_of_documents_counts_as_far(tmp_path: Path) -> None:
    others = [(made_id("recording", str(n)), 0, document(happy=n / 3000)) for n in range(3_000)]
    packed = high(tmp_path, (MINE, 0, document(happy=0.5)), *others).read_bytes()
    cut = tmp_path / "acousticbrainz-highlevel-json-20220623-4.tar.zst"
    cut.write_bytes(packed[: len(packed) // 2])
    answers = acousticbrainz.read(cut, WANTED)
    assert told(answers)[MINE, "happy"].n == 1
    assert answers.report.damaged


def test_an_archive_without_a_document_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="holds no submission"):
        acousticbrainz.read(high(tmp_path), WANTED)


def test_every_probability_is_one_of_a_class() -> None:
    named = {name for name, one in FEATURES.items() if one.part == PROBABILITY}
    assert named == set(acousticbrainz._CLASSES)
    assert all("robability" in FEATURES[name].label for name in named)


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from(["a-rhythm.tar.zst", "tonal.csv.zst", "a-highlevel-1.tar.zst", "a-tonal.tar"]),
    st.booleans(),
)
def test_any_bytes_end_in_a_report_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str, pack: bool
) -> None:
    path = tmp_path_factory.mktemp("dump") / name
    path.write_bytes(zstandard.compress(data) if pack else data)
    try:
        answers = acousticbrainz.read(path, WANTED)
    except UnreadableFile:
        return
    assert answers.measures == []
    assert answers.report.problems
