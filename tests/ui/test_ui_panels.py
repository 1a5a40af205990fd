"""Pieces of the pages that are plain functions: exports, tables, names of uploads."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from musicai.core.errors import QueryError
from musicai.data.parsed import Problem
from musicai.ranking.request import Recommendation, Recommendations
from musicai.store import Counts, FileRecord, ImportRecord, Store
from musicai.ui import state
from musicai.ui.components import job_panel, widgets
from musicai.ui.discover import controls, results
from musicai.ui.library import importing


def item(**changes: Any) -> Recommendation:
    values: dict[str, Any] = {
        "rank": 1,
        "track_id": "4uLU6hMCjMI75M1A2tKUQC",
        "name": "A title",
        "artists": ("One", "Two"),
        "score": 0.5,
        "contributions": {"content": 0.6, "popularity": 0.0, "novelty": -0.1},
        "reason": "Because.",
        "origin": "your history",
        "track": 0,
        "opinions": {"content": True, "popularity": False},
    }
    return Recommendation(**{**values, **changes})


def found(*items: Recommendation) -> Recommendations:
    return Recommendations(items=items, mode="mix", weights={"content": 0.75, "popularity": 0.25})


# --- the list -------------------------------------------------------------------------


def test_the_arithmetic_multiplies_and_adds_up() -> None:
    table = results.build_score_table(item(), found(item()).weights)
    assert table["Strength"] == ["0.80", "no opinion", "", ""]
    assert table["= Adds"] == ["+0.60", "0.00", "−0.10", "**0.50**"]
    assert [cell.replace("\u00a0", " ") for cell in table["× Weight"]] == [
        "75 %",
        "25 %",
        "dial",
        "",
    ]


def test_a_cell_that_is_a_formula_is_defused_in_csv() -> None:
    text = results.build_csv(found(item(name="=HYPERLINK(1)"))).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["name"] == "'=HYPERLINK(1)"
    assert row["artists"] == "One, Two"
    assert float(row["score"]) == 0.5


def np_column(values: list[float]) -> Any:
    class Column:
        def to_numpy(self) -> np.ndarray[Any, Any]:
            return np.array(values)

    return Column()


def test_links_go_to_the_track_or_to_a_search_or_nowhere() -> None:
    assert widgets.find_link("4uLU6hMCjMI75M1A2tKUQC", "x", ()) == (
        "https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC"
    )
    assert widgets.find_link("name:ab", "A/B?", ("C&D",)) == (
        "https://open.spotify.com/search/C%26D%20A%2FB%3F"
    )
    assert widgets.find_link("inventedjyXsLE6j0P4n9y", "x", ("y",)) is None


def test_reasons_for_missing_genres_are_few_lines() -> None:
    everything = {"a": "No features.", "b": "No features."}
    assert controls.explain_missing(everything, 2) == ["No features."]
    each = {"jazz": "None is jazz.", "country": "None is country."}
    (line,) = controls.explain_missing(each, 10)
    assert "jazz or country" in line
    assert "Library" in line
    assert controls.explain_missing({"jazz": "None is jazz."}, 10) == ["Jazz: None is jazz."]


# --- imports --------------------------------------------------------------------------


def record(**changes: Any) -> ImportRecord:
    counts = Counts(read=10, imported=6, duplicate=1, not_music=1, private=1, rejected=1)
    values: dict[str, Any] = {
        "id": 1,
        "profile": "me",
        "created_at": datetime(2026, 1, 2, tzinfo=UTC),
        "seconds": 1.5,
        "files": (FileRecord("a.json", "0" * 64, "spotify_extended", "plays", counts),),
        "problems": (Problem("a.json", "row 3", "No time."),),
    }
    return ImportRecord(**{**values, **changes})


def test_the_counts_of_an_import_add_up_on_the_screen() -> None:
    table = importing.counts_table(record())
    numbers = {name: int(values[0]) for name, values in table.items() if name}
    assert numbers.pop("Read") == sum(numbers.values()) == 10


def test_each_kind_of_row_has_a_line_and_each_file_its_own_counts() -> None:
    files = (
        FileRecord("a.json", "0" * 64, "spotify_extended", "plays", Counts(4, 3, 1, 0, 0, 0)),
        FileRecord("b.json", "1" * 64, "unheard_of", "tracks", Counts(5, 2, 0, 0, 0, 3)),
        FileRecord("b.json", "1" * 64, "unheard_of", "choices", Counts(1, 1), repeated=True),
    )
    table = importing.counts_table(record(files=files))
    assert table[""] == ["Plays", "Facts about tracks", "Your choices"]
    assert table["Read"] == ["4", "5", "1"]
    by_file = importing.files_table(files)
    assert by_file["Format"] == ["Spotify extended streaming history", "unheard of", "unheard of"]
    assert by_file["Note"] == ["", "", "had this file already"]
    fates = ("Imported", "Had already", "Not music", "Private", "Rejected")
    for place, read in enumerate(by_file["Read"]):
        assert read == sum(by_file[fate][place] for fate in fates)
    assert importing.count_imported_rows(record(files=files)) == 6


def test_only_the_end_of_a_members_path_is_shown() -> None:
    assert importing.file_label("my.zip › Spotify History/a_2023.json") == "my.zip › a_2023.json"
    assert importing.file_label("plain.csv") == "plain.csv"


class Uploaded:
    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self.data = data

    def getvalue(self) -> bytes:
        return self.data


def test_an_import_is_a_job_on_spooled_files(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(
        job_panel, "start_job", lambda kind, command: started.append([kind, *command])
    )
    monkeypatch.setattr(state, "choose_profile", lambda name: None)
    hostile = Uploaded("../../evil.csv", b"x")
    importing.start([hostile], "me", include_private=True)
    (command,) = started
    assert command[:2] == ["import", "import"]
    assert command[command.index("--profile") + 1] == "me"
    assert {"--train", "--include-private"} <= set(command)
    spool = command[command.index("--spool") + 1]
    assert spool.startswith(str(settings.jobs))
    assert not (settings.home.parent / "evil.csv").exists()


def test_files_are_not_kept_when_the_job_cannot_start(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(kind: str, command: list[str]) -> None:
        raise QueryError("no")

    monkeypatch.setattr(job_panel, "start_job", refuse)
    with pytest.raises(QueryError):
        importing.start([Uploaded("a.csv", b"x")], "me", include_private=False)
    assert not list(settings.jobs.glob("spool-*"))


def test_a_name_is_needed_and_the_samples_is_taken(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store(settings) as store:
        store.create_profile("sample", "Sample", invented=True)
        monkeypatch.setattr(state, "get_store", lambda: store)
        assert importing.check_typed_name("  Ann\n ") == "Ann"
        for wrong in ("", "   ", "sample"):
            with pytest.raises(QueryError):
                importing.check_typed_name(wrong)
