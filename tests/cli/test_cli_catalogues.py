"""``python -m musicai catalogues``: every action, its JSON, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from musicai.cli import main
from musicai.core.settings import Settings
from musicai.store import Store
from tests.store.test_catalogue_store import links_of, row, some_tracks, table

Run = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], home: Path) -> Run:
    """Run a command with ``--json``; its exit code and the object it printed."""
    with Store(Settings(home=home)) as store:
        store.create_profile("me")

    def command(*argv: str) -> tuple[int, dict[str, Any]]:
        code = main(["catalogues", *argv, "--json"])
        return code, json.loads(capsys.readouterr().out.splitlines()[-1])

    return command


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    path = tmp_path / "songs.csv"
    path.write_bytes(table(row(1, "One"), row(2, "Two"), row(3, "")))
    return path


def test_a_table_goes_in_is_changed_and_goes_out(run: Run, songs: Path, tmp_path: Path) -> None:
    code, added = run("add", str(songs), "--name", "Mine", "--licence", "CC0", "--origin", "a site")
    assert code == 0
    assert added["rows"] == {"read": 3, "kept": 2, "duplicate": 0, "rejected": 1}
    assert "line 4" in [one["where"] for one in added["problems"]]
    [one] = run("list")[1]["catalogues"]
    assert (one["name"], one["licence"], one["origin"]) == ("Mine", "CC0", "a site")
    assert (one["tracks"], one["enabled"], one["updated"]) == (2, True, None)
    assert run("rename", "Mine", "Ours")[1]["catalogue"]["name"] == "Ours"
    assert run("describe", "Ours", "--licence", "CC BY")[1]["catalogue"]["licence"] == "CC BY"
    assert not run("disable", "Ours", "--profile", "me")[1]["catalogues"][0]["enabled"]
    newer = tmp_path / "newer.csv"
    newer.write_bytes(table(row(5, "Five")))
    changed = run("update", "Ours", str(newer))[1]["catalogue"]
    assert (changed["tracks"], changed["tracks_before"], changed["licence"]) == (1, 2, "CC BY")
    [one] = run()[1]["catalogues"]
    assert (one["enabled"], one["origin"]) == (False, "newer.csv")
    assert one["updated"]
    assert run("enable", "Ours")[1]["catalogues"][0]["enabled"]
    assert run("remove", "Ours")[1] == {"removed": "Ours"}
    assert run()[1]["catalogues"] == []


def test_the_list_says_what_each_covers(
    run: Run, songs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("add", str(songs))
    result = run("--profile", "me")[1]
    assert result["coverage"]["artists"] == result["coverage"]["plays"] == 0
    assert result["catalogues"][0]["coverage"]["alone"]["artists_share"] is None  # of nothing
    assert "coverage" not in run("list", "--no-coverage")[1]
    assert main(["catalogues"]) == 0
    shown = capsys.readouterr().out
    assert "songs.csv" in shown
    assert "Enabled together" in shown


@pytest.mark.parametrize(
    ("argv", "code", "word"),
    [
        (["add", "{songs}"], 2, "already"),
        (["add", "{other}", "--name", "songs"], 2, "already"),
        (["add", "/no/such.csv"], 1, "such.csv"),
        (["rename", "none", "x"], 2, "songs"),
        (["rename", "songs", "your history"], 1, "own music"),
        (["describe", "songs"], 2, "--licence"),
        (["update", "songs", "/no/such.csv"], 1, "such.csv"),
        (["remove", "none"], 2, "none"),
        (["enable", "none", "--profile", "me"], 2, "none"),
    ],
)
def test_what_cannot_be_done_says_so(
    run: Run, songs: Path, tmp_path: Path, argv: list[str], code: int, word: str
) -> None:
    run("add", str(songs))
    other = tmp_path / "other.csv"
    other.write_bytes(table(row(9, "Nine")))
    failed, result = run(*(text.format(songs=songs, other=other) for text in argv))
    assert failed == code
    assert word in result["error"]
    assert [one["name"] for one in run()[1]["catalogues"]] == ["songs"]


def test_with_several_listeners_a_new_table_is_enabled_for_none(
    run: Run, songs: Path, home: Path
) -> None:
    with Store(Settings(home=home)) as store:
        store.create_profile("ann")
    assert not run("add", str(songs))[1]["catalogue"]["enabled"]
    assert not run("--profile", "ann")[1]["catalogues"][0]["enabled"]


def test_what_open_data_found_for_another_listener_is_not_listed(run: Run, home: Path) -> None:
    with Store(Settings(home=home)) as store:
        store.create_profile("ann")
        store.put_personal_catalogue("ann", "Open", some_tracks("One"), links_of(), "CC0")
    assert run("--profile", "me")[1]["catalogues"] == []
    assert run("--profile", "ann")[1]["catalogues"][0]["kind"] == "open"
    assert run("enable", "Open", "--profile", "me")[0] == 2
