"""The part "Other listeners" of Library's "New music": packs, what they cover, their switches."""

from __future__ import annotations

from pathlib import Path

import pytest

from musicai.core.jobs import JobStatus
from musicai.core.settings import Settings
from musicai.store import Store
from musicai.ui.components import job_panel
from musicai.ui.library import page
from tests.library.test_neighbours import catalogue, counts, history
from tests.ui.test_ui_library import has, imported, opened, run, texts

NEW_MUSIC = page.PARTS[1]


def stocked(home: Path) -> None:
    imported(
        home,
        ("h.json", history("Björk", "Radiohead")),
        ("table.csv", catalogue("Portishead", "Slayer")),
        ("counts.csv", counts()),
    )


def test_a_pack_is_shown_with_its_coverage(home: Path) -> None:
    stocked(home)
    app = opened(NEW_MUSIC)
    assert not app.error
    said = texts(app)
    assert "30 listeners" in said
    assert "**50%** of your 2 artists" in said
    assert "**50%** of your 12 plays" in said
    assert "15 of its listeners play" in said
    assert "4 tracks of your catalogues" in said
    assert "From 20 such listeners on" in said


def test_the_switch_takes_the_pack_out_of_the_data(home: Path) -> None:
    stocked(home)
    app = opened(NEW_MUSIC)
    (switch,) = [one for one in app.toggle if one.label == "counts"]
    assert switch.value
    switch.set_value(False)
    run(app)
    with Store(Settings(home=home)) as store:
        assert store.neighbours(store.profiles()[0].name) == ()
    assert "of its listeners" not in texts(app)


def test_without_a_pack_it_says_how_to_get_one(home: Path) -> None:
    imported(home, ("h.json", history("Björk")))
    app = opened(NEW_MUSIC)
    assert "No pack yet" in texts(app)
    assert "HetRec" in texts(app)
    assert "non-commercial" in texts(app)


def test_the_sample_has_no_part_for_real_listeners(with_sample: Path) -> None:
    app = opened(NEW_MUSIC)
    assert not app.error
    assert "Other listeners" not in texts(app)
    assert not has(app, "pack_yes")


def test_a_pack_is_added_here_as_a_job(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(
        job_panel, "start_job", lambda kind, command: started.append([kind, *command])
    )
    imported(home, ("h.json", history("Björk")))
    app = opened(NEW_MUSIC)
    assert app.button(key="pack_add").disabled
    run(app.file_uploader(key="pack_files_0").upload("counts.csv", counts()))
    run(app.button(key="pack_add").click())
    (command,) = started
    assert command[:2] == ["import", "import"]
    assert "--train" in command
    spool = Path(command[command.index("--spool") + 1])
    assert (spool / "0000").read_bytes() == counts()


def test_what_became_of_its_rows_is_told(home: Path) -> None:
    stocked(home)
    imported(home, ("more.csv", counts() + b"u1,Slayer,-4\n"))
    app = opened(NEW_MUSIC)
    assert not app.error
    (rows,) = [t.value for t in app.table if "Rejected" in t.value]
    assert rows[""].tolist() == ["Rows of other listeners"]
    assert rows["Rejected"].tolist() == ["1"]
    (problems,) = [t.value for t in app.table if "Why" in t.value]
    assert problems["Where"].tolist() == ["line 62"]
    assert "no believable count" in problems["Why"][0]


def test_a_second_pack_says_what_it_adds_to_the_first(home: Path) -> None:
    stocked(home)
    imported(home, ("second.csv", counts().replace(b"Bj\xc3\xb6rk", b"Radiohead")))
    said = texts(opened(NEW_MUSIC))
    assert "your other packs name 50% of your artists; with it, 100%" in said


def test_the_end_of_the_job_says_what_was_taken() -> None:
    result = {
        "neighbours": {"read": 3, "imported": 2, "rejected": 1},
        "plays": {"read": 0, "imported": 0},
        "n_problems": 1,
    }
    job = JobStatus("import-x", "import", "me", "done", seconds=4, result=result)
    said = job_panel._describe_import(job)
    assert said.startswith("Imported 2 rows of other listeners in 4 s, with training. 1 problem")
