"""The command line: shapes of its JSON, exit codes, and what it says when it cannot."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.generate import extended_history
from musicai import cli
from musicai.ai_model import MusicAI
from musicai.cli.output import json_line, table
from musicai.core import jobs
from musicai.core.errors import Cancelled
from musicai.core.settings import Settings
from musicai.data.genres import GENRES
from musicai.data.moods import MOODS
from musicai.data.playlists import ListEntry
from musicai.models import COMPONENTS
from musicai.models.registry import registry
from musicai.store import Store
from musicai.training.checks import EXPECTED, ModelCheck, Report
from tests.conftest import ROOT

Run = Callable[..., tuple[int, Any]]


@pytest.fixture(scope="module")
def trained_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the sample and one version trained on it, made once."""
    home = tmp_path_factory.mktemp("sample")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MUSICAI_HOME", str(home))
        assert cli.main(["sample", "--json"]) == 0
        assert cli.main(["train", "--method", "als", "--no-evaluation"]) == 0
    return home


@pytest.fixture
def sample(trained_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MUSICAI_HOME", str(trained_home))
    return trained_home


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Run a command with ``--json``; its exit code and the object on the last line."""

    def call(*argv: object) -> tuple[int, Any]:
        code = cli.main([*map(str, argv), "--json"])
        return code, json.loads(capsys.readouterr().out.splitlines()[-1])

    return call


@pytest.fixture
def history(tmp_path: Path) -> Path:
    path = tmp_path / "my_spotify_data.zip"
    path.write_bytes(extended_history(600, 90, seed=4))
    return path


# --- asking ---------------------------------------------------------------------------


def test_recommend(sample: Path, run: Run) -> None:
    code, result = run("recommend", "--profile", "sample", "-n", 15, "--mood", "chill")
    assert code == 0
    rows = result["recommendations"]
    assert [row["rank"] for row in rows] == list(range(1, 16))
    for row in rows:
        assert set(row) == {
            "rank", "track_id", "name", "artists", "score", "contributions", "reason", "origin",
            "propensity",
        }  # fmt: skip
        assert isinstance(row["artists"], list)
        assert row["artists"]
        assert row["reason"]
        there = {name for name, kind in COMPONENTS.items() if not kind.optional}
        assert set(row["contributions"]) >= there
        assert sum(row["contributions"].values()) == pytest.approx(row["score"], abs=1e-6)
    assert len({row["track_id"] for row in rows}) == 15
    assert result["version"]
    assert result["mode"] in ("rediscover", "discover", "mix")


def test_autoplay(sample: Path, run: Run) -> None:
    code, result = run("autoplay", "--profile", "sample", "-n", 8, "--arc", "rising")
    assert code == 0
    rows = result["session"]
    assert [row["place"] for row in rows] == list(range(1, 9))
    assert all(row["why"] and row["name"] and row["artists"] for row in rows)
    keyed = [row for row in rows if row["key"]]
    assert keyed, "the sample tells most keys"
    assert all(row["key"].endswith((" major", " minor")) for row in keyed)
    assert any(row["key"] in row["why"] for row in keyed)
    _, other = run("autoplay", "--profile", "sample", "-n", 8, "--arc", "winding down")
    assert [r["track_id"] for r in other["session"]] != [r["track_id"] for r in rows]
    again = run("autoplay", "--profile", "sample", "--seed", rows[3]["track_id"], "-n", 3)
    assert again[0] == 0
    assert again[1]["session"][0]["track_id"] != rows[3]["track_id"]
    assert run("autoplay", "--profile", "sample", "--arc", "zigzag")[0] == 2


def test_recommend_filtered(sample: Path, run: Run) -> None:
    code, result = run("recommend", "--profile", "sample", "--mode", "discover")
    assert code == 0
    (name,) = result["origins"]
    assert result["origins"][name]["listed"] == 20
    flags = ("--years", "1990-1999", "--only-genre", "rock", "--origin", name)
    code, some = run("recommend", "--profile", "sample", "--mode", "discover", *flags)
    assert code == 0
    assert 0 < some["origins"][name]["candidates"] < result["origins"][name]["candidates"]
    code, told = run("recommend", "--profile", "sample", "--mode", "discover", "--fresh")
    assert code == 1
    assert "fresh releases" in told["error"]


def test_every_control_reaches_the_list(
    sample: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    music = MusicAI("sample", settings=Settings(home=sample))
    monkeypatch.setattr(cli.recommend, "MusicAI", lambda profile, **options: music)

    def ids(*argv: object) -> list[str]:
        code, result = run("recommend", "--profile", "sample", "--mode", "mix", *argv)
        assert code == 0, result
        return [row["track_id"] for row in result["recommendations"]]

    plain = ids()
    seed = plain[7]
    changed = {
        "mood": ids("--mood", "party"),
        "mix": ids("--mood", "chill=.7,romantic=.3"),
        "mood strength": ids("--mood", "party", "--mood-strength", 1),
        "genre": ids("--genre", "jazz"),
        "seed": ids("--seed", seed),
        "weight": ids("--weight", "popularity=1"),
        "weights": ids("--weight", "content=1", "--weight", "history=0.2"),
        "diversity": ids("--diversity", 1),
        "novelty": ids("--novelty", 1),
        "calibration": ids("--calibration", 1),
        "artist cap": ids("--artist-cap", 1),
        "mode": ids("--mode", "rediscover"),
    }
    assert [name for name, other in changed.items() if other == plain] == []
    assert len(ids("-n", 5)) == 5
    assert ids() == plain


def test_taste(sample: Path, run: Run) -> None:
    code, result = run("taste", "--profile", "sample")
    assert code == 0
    assert set(result) >= {
        "audio_features", "genre_shares", "genre_diversity", "listening_patterns", "insights",
    }  # fmt: skip


def test_without_a_profile_the_sample_serves(sample: Path, run: Run) -> None:
    code, result = run("recommend", "-n", 3)
    assert code == 0
    assert result["profile"] == "sample"


@pytest.mark.slow
def test_the_first_start_is_served_by_the_bundled_version(run: Run) -> None:
    """A fresh home: nothing is trained, and the list is personal all the same."""
    code, result = run("recommend", "-n", 5)
    assert code == 0
    assert result["profile"] == "sample"
    assert result["version"] == registry.BUNDLED, (
        "the sample or its import changed: run `python -m musicai train-bundled`"
    )
    [info] = run("models")[1]["versions"]
    assert info["problem"] is None
    assert info["mb"] < 5


def test_people_get_a_table(sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["recommend", "--profile", "sample", "-n", "4"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["track", "artist", "score", "why", "from"]
    assert [line.split()[0] for line in lines[1:5]] == ["1", "2", "3", "4"]
    assert cli.main(["taste", "--profile", "sample"]) == 0
    assert "danceability" in capsys.readouterr().out
    assert cli.main(["models"]) == 0
    assert "version" in capsys.readouterr().out


def test_names_cannot_break_the_table() -> None:
    lines = table(("name", "why"), [["a\x1b[2Jb\nc", None], ["x" * 99, ["one", "two"]]])
    assert len(lines) == 3
    assert all(line.isprintable() for line in lines)
    assert lines[2].endswith("…  one, two")


def test_json_is_strict() -> None:
    assert (
        json_line({"a": float("nan"), "b": [1.5, float("inf")]}) == '{"a": null, "b": [1.5, null]}'
    )


# --- errors ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "code", "word"),
    [
        (["recommend", "--profile", "nobody"], 1, "nobody"),
        (["recommend", "--profile", "sample", "--mood", "hangry"], 2, "energetic"),
        (["recommend", "--profile", "sample", "--genre", "noise=1"], 2, "hip-hop"),
        (["recommend", "--profile", "sample", "-n", "0"], 2, "n_recommendations"),
        (["recommend", "--profile", "sample", "--weight", "magic=1"], 2, "magic"),
        (["recommend", "--profile", "sample", "--mode", "sideways"], 2, "discover"),
        (["recommend", "--profile", "sample", "--version", "../x"], 1, "version"),
        (["models", "activate", "2000-01-01", "--profile", "sample"], 1, "2000-01-01"),
        (["models", "delete", "bundled"], 1, "bundled"),
        (["models", "show", "winter"], 1, "models list"),
        (["models", "compare", "bundled", "none"], 1, "none"),
        (["models", "rename", "bundled", "x"], 1, "bundled"),
        (["models", "prune", "--keep", "0", "--profile", "sample"], 2, "At least 1"),
        (["models", "import", "/no/such.file", "--profile", "sample"], 1, "such.file"),
        (["catalogues", "enable", "none", "--profile", "sample"], 2, "none"),
        (["import", "--profile", "x"], 2, "import"),
        (["import", "/no/such/file.zip", "--profile", "x"], 1, "file.zip"),
        (["import", "x.csv", "--profile", "x", "--mapping", "/no/such.json"], 2, "such.json"),
        (["export", "all.zip", "--profile", "nobody"], 1, "nobody"),
        (["export", "all.xlsx", "--profile", "sample"], 2, "--format"),
        (["export", "/no/such/folder/all.zip", "--profile", "sample"], 1, "/no/such/folder"),
        (["export", "/", "--format", "zip", "--profile", "sample"], 2, "folder"),
        (["backup", "/no/such/folder/all.zip"], 1, "/no/such/folder"),
        (["restore", "/no/such/file.zip", "--yes"], 2, "file.zip"),
        (["exclude", "add", "--profile", "sample"], 2, "--artist"),
        (["exclude", "list", "--artist", "x", "--profile", "sample"], 2, "--artist"),
        (["exclude", "add", "--artist", " ", "--profile", "sample"], 2, "--artist"),
        (["exclude", "add", "--track", "x", "--profile", "sample"], 2, "--track"),
        (["exclude", "add", "--from", "2024-01-01", "--profile", "sample"], 2, "--to"),
        (["exclude", "add", "--from", "soon", "--to", "2024", "--profile", "sample"], 2, "period"),
        (["exclude", "remove", "--artist", "nobody", "--profile", "sample"], 2, "nobody"),
    ],
)
def test_errors_are_one_line_and_a_code(
    sample: Path, capsys: pytest.CaptureFixture[str], argv: list[str], code: int, word: str
) -> None:
    assert cli.main([*argv, "--json"]) == code
    printed = capsys.readouterr()
    result = json.loads(printed.out.splitlines()[-1])
    told = printed.err if "error" in result else json.dumps(result)
    assert word in told
    assert len(printed.err.splitlines()) == (1 if "error" in result else 0)
    assert "Traceback" not in printed.err


@pytest.mark.parametrize("argv", [["dance"], ["recommend", "--weight", "x"], ["import", "a"]])
def test_misuse_is_code_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(argv)
    assert stop.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_alone_it_starts_the_dashboard(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calls: list[tuple[list[str], Path]] = []

    def run(command: list[str], *, cwd: Path, **_: object) -> subprocess.CompletedProcess[bytes]:
        calls.append((command, cwd))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr("musicai.cli.dashboard.subprocess.run", run)
    monkeypatch.chdir(tmp_path)
    assert cli.main([]) == 0
    ((command, cwd),) = calls
    assert command[1:] == ["-m", "streamlit", "run", "streamlit_app.py"]
    assert (cwd / ".streamlit" / "config.toml").is_file()  # without it, it would face every network
    assert (cwd / "streamlit_app.py").is_file()


def test_several_real_profiles_must_be_named(settings: Settings, history: Path, run: Run) -> None:
    for name in ("a", "b"):
        assert run("import", history, "--profile", name)[0] == 0
    code, result = run("recommend")
    assert code == 2
    assert "a, b" in result["error"]


# --- import ---------------------------------------------------------------------------


def test_import_counts_add_up(history: Path, run: Run) -> None:
    code, result = run("import", history, "--profile", "p")
    assert code == 0
    plays = result["plays"]
    assert list(plays) == ["read", "imported", "duplicate", "not_music", "private", "rejected"]
    assert plays["read"] == 600 == sum(plays.values()) - plays["read"]
    assert result["tracks"]["read"] == 0
    assert result["problems"] == []
    assert result["seconds"] > 0
    again = run("import", history, "--profile", "p")[1]["plays"]
    assert again["imported"] == 0
    assert again["duplicate"] == plays["imported"]
    private = run("import", history, "--profile", "q", "--include-private")[1]["plays"]
    assert private["imported"] == plays["imported"] + plays["private"]


def test_a_bad_file_is_told_and_does_not_cost_the_good_one(
    history: Path, tmp_path: Path, run: Run
) -> None:
    bad = tmp_path / "broken.zip"
    bad.write_bytes(b"PK\x03\x04 no zip")
    code, result = run("import", bad, history, "--profile", "p")
    assert code == 0
    assert result["plays"]["imported"] > 500
    assert [problem["file"] for problem in result["problems"]] == ["broken.zip"]
    code, result = run("import", bad, "--profile", "q")
    assert code == 1
    assert set(result["problems"][0]) == {"file", "where", "why"}


def test_from_drop_to_personal_list(history: Path, run: Run) -> None:
    """Import and train in one command; then every track of the list is the profile's own."""
    code, result = run("import", history, "--profile", "p", "--train")
    assert code == 0
    assert result["training"]["version"]
    code, listed = run("recommend", "--profile", "p", "-n", 20)
    assert code == 0
    assert listed["version"] == result["training"]["version"]
    assert len(listed["recommendations"]) == 20
    assert {row["origin"] for row in listed["recommendations"]} == {"your history"}
    assert not any(row["track_id"].startswith("invented") for row in listed["recommendations"])


def test_an_upload_is_taken_from_its_spool_and_deleted(
    settings: Settings, history: Path, run: Run
) -> None:
    folder = jobs.spool(settings, [("drop.zip", history.read_bytes())])
    code, result = run("import", "--spool", folder, "--profile", "p")
    assert code == 0
    assert result["plays"]["imported"] > 500
    assert not folder.exists()


def test_a_profile_is_deleted_with_its_versions(
    settings: Settings, history: Path, run: Run
) -> None:
    run("import", history, "--profile", "p", "--train")
    code, result = run("delete-profile", "p")
    assert code == 0
    assert len(result["versions"]) == 1
    assert list(settings.models.iterdir()) == []
    assert run("profiles")[1]["profiles"] == []


# --- export, backup, exclude ----------------------------------------------------------


@pytest.mark.parametrize("name", ["all.zip", "all.json", "plays"])
def test_export_and_import_again(history: Path, tmp_path: Path, run: Run, name: str) -> None:
    imported = run("import", history, "--profile", "p")[1]["plays"]["imported"]
    target = tmp_path / name
    options = () if "." in name else ("--format", "json")
    code, result = run("export", target, "--profile", "p", *options)
    assert code == 0
    assert result == {
        "profile": "p",
        "file": str(target),
        "format": "zip" if name == "all.zip" else "json",
        "bytes": target.stat().st_size,
    }
    code, back = run("import", target, "--profile", "q")
    assert code == 0
    assert back["plays"]["imported"] == imported
    assert back["problems"] == []
    code, result = run("export", target, "--profile", "q", *options)
    assert code == 2
    assert "--force" in result["error"]
    assert run("export", target, "--profile", "q", "--force", *options)[0] == 0


def test_export_tells_people_where_it_is(
    history: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["import", str(history), "--profile", "p"]) == 0
    target = tmp_path / "all.zip"
    assert cli.main(["export", str(target)]) == 0
    assert str(target) in capsys.readouterr().out


def test_export_does_not_wait_for_a_training(
    settings: Settings, history: Path, tmp_path: Path, run: Run
) -> None:
    run("import", history, "--profile", "p")
    with jobs.exclusive(settings, "train", "p"):
        assert run("export", tmp_path / "all.zip", "--profile", "p")[0] == 0


def test_export_shows_how_far_it_is(
    history: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("import", history, "--profile", "p")
    told: list[float] = []
    monkeypatch.setattr(
        cli.output, "_terminal_progress", lambda fraction, note="": told.append(fraction)
    )
    assert run("export", tmp_path / "all.zip", "--profile", "p")[0] == 0
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_backup_and_restore(history: Path, tmp_path: Path, run: Run) -> None:
    run("import", history, "--profile", "p")
    copy = tmp_path / "copy.zip"
    code, result = run("backup", copy)
    assert code == 0
    assert result == {"file": str(copy), "bytes": copy.stat().st_size}
    assert run("backup", copy)[0] == 2
    assert run("backup", copy, "--force")[0] == 0
    run("delete-profile", "p")
    code, result = run("restore", copy)
    assert code == 2
    assert "--yes" in result["error"]
    assert run("profiles")[1]["profiles"] == []
    code, result = run("restore", copy, "--yes")
    assert code == 0
    assert result["profiles"] == ["p"]
    assert Path(result["before"]).is_file()
    assert run("profiles")[1]["profiles"][0]["imports"] == 1
    copy.write_bytes(b"no zip")
    code, result = run("restore", copy, "--yes")
    assert code == 1
    assert "nothing was changed" in result["error"]


def test_leaving_out_and_taking_back(history: Path, run: Run) -> None:
    code, result = run("import", history, "--profile", "p")
    plays = result["plays"]["imported"]
    code, result = run(
        "exclude", "add", "--profile", "p", "--from", "2000-01-01", "--to", "2099-12-31"
    )
    assert code == 0
    [rule] = result["exclusions"]
    assert rule == {
        "kind": "period",
        "value": "",
        "from": "2000-01-01T00:00:00Z",
        "to": "2100-01-01T00:00:00Z",  # all of the last day
        "plays": plays,
    }
    track = "spotify:track:7ATyvp3TmYBmGW7YuC8DJ3"
    names = ("--artist", "Nobody", "--track", track, "--playlist", "Road")
    rules = run("exclude", "add", "--profile", "p", *names)[1]["exclusions"]
    assert [(r["kind"], r["value"], r["plays"]) for r in rules[1:]] == [
        ("artist", "Nobody", 0),
        ("track", "7ATyvp3TmYBmGW7YuC8DJ3", 0),
        ("playlist", "Road", 0),
    ]
    assert len(run("exclude", "add", "--profile", "p", "--artist", "Nobody")[1]["exclusions"]) == 4
    left = run(
        "exclude", "remove", "--profile", "p", "--from", "2000-01-01", "--to", "2100-01-01T00:00"
    )[1]["exclusions"]
    assert left == rules[1:]
    assert run("exclude", "list", "--profile", "p")[1]["exclusions"] == rules[1:]


def test_what_columns_mean_is_kept(settings: Settings, tmp_path: Path, run: Run) -> None:
    said = {"header": ["Song Title", "By", "When"], "kind": "plays"}
    columns = {"title": "Song Title", "artist": "By", "played_at": "When"}
    file = tmp_path / "mapping.json"
    file.write_text(json.dumps([{**said, "columns": columns}]), "utf-8")
    row = "Jóga,Björk,2024-05-01T12:00:00Z\n"
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text(f"Song Title,By,When\n{row}", "utf-8")
    second.write_text(f"Song Title,By,When\n{row.replace('01T', '02T')}", "utf-8")
    assert run("import", first, "--profile", "p")[1]["plays"]["imported"] == 0
    code, result = run("import", first, "--profile", "p", "--mapping", file)
    assert code == 0
    assert result["plays"]["imported"] == 1
    assert run("import", second, "--profile", "p")[1]["plays"]["imported"] == 1
    with Store(settings) as store:
        [mapping] = store.mappings()
    assert mapping.header == ("song title", "by", "when")
    assert dict(mapping.columns) == {"title": "song title", "artist": "by", "played_at": "when"}


@pytest.mark.parametrize(
    "said",
    [
        "{",
        "5",
        "[5]",
        '{"header": ["a"], "kind": "dance", "columns": {"name": "a"}}',
        '{"header": ["a"], "kind": "plays", "columns": {"title": "b"}}',
        '{"header": ["a"], "kind": "plays", "columns": {"title": "a"}}',
        '{"header": ["a"], "kind": "plays", "columns": {}}',
        '{"header": "a", "kind": ["plays"], "columns": {"name": "a"}}',
    ],
)
def test_a_mapping_that_cannot_be_meant(history: Path, tmp_path: Path, run: Run, said: str) -> None:
    file = tmp_path / "mapping.json"
    file.write_text(said, "utf-8")
    code, result = run("import", history, "--profile", "p", "--mapping", file)
    assert code == 2
    assert "mapping.json" in result["error"]
    assert run("profiles")[1]["profiles"] == []


def test_people_are_told_what_counts_once_now(capsys: pytest.CaptureFixture[str]) -> None:
    counts = {"read": 3, "imported": 3}
    result = {
        "plays": counts,
        "playlist_rows": counts,
        "tracks": counts,
        "track_facts": {"read": 0, "imported": 0},
        "neighbours": {"read": 0, "imported": 0},
        "choices": counts,
        "superseded": 2,
        "problems": [],
        "consent_needed": False,
    }
    cli.data._show_import(result)
    told = capsys.readouterr().out
    assert "2 plays of earlier imports" in told
    assert "choices: 3 read, 3 imported" in told
    assert "track facts" not in told
    cli.data._show_import({**result, "superseded": 0})
    assert "earlier imports" not in capsys.readouterr().out


# --- versions, catalogues, profiles ---------------------------------------------------


def test_what_there_is(sample: Path, run: Run) -> None:
    [profile] = run("profiles")[1]["profiles"]
    assert profile["name"] == "sample"
    assert profile["invented"]
    versions = run("models", "--profile", "sample")[1]["versions"]
    assert profile["version"] in [version["version"] for version in versions]
    catalogues = run("catalogues", "--profile", "sample")[1]["catalogues"]
    assert all(c["invented"] and c["enabled"] and c["tracks"] > 1_000 for c in catalogues)
    name = catalogues[0]["name"]
    off = run("catalogues", "disable", name, "--profile", "sample")[1]["catalogues"]
    assert not off[0]["enabled"]
    on = run("catalogues", "enable", name, "--profile", "sample")[1]["catalogues"]
    assert on[0]["enabled"]


@pytest.mark.slow
def test_roll_back(sample: Path, run: Run) -> None:
    [profile] = run("profiles")[1]["profiles"]
    code, result = run("train", "--method", "nmf", "--no-evaluation", "--profile", "sample")
    assert code == 0
    assert result["method"] == "nmf"
    assert run("profiles")[1]["profiles"][0]["version"] == result["version"]
    assert run("models", "activate", profile["version"], "--profile", "sample")[0] == 0
    assert run("profiles")[1]["profiles"][0]["version"] == profile["version"]
    assert run("models", "delete", result["version"])[0] == 0


def test_taste_and_history_of_a_period(sample: Path, run: Run) -> None:
    whole = run("taste", "--profile", "sample")[1]
    year = run("taste", "--profile", "sample", "--period", "year")[1]
    assert whole["amount"] > year["amount"] > 0
    assert whole["clusters"]
    days = ["--since", "2025-01-01", "--until", "2025-01-31", "--timezone", "Europe/Berlin"]
    code, told = run("history", "--profile", "sample", *days)
    assert code == 0
    assert told["timezone"] == "Europe/Berlin"
    assert told["days"]["first"] >= "2025-01-01"
    assert len(told["days"]["plays"]) <= 31
    assert sum(told["days"]["plays"]) == told["figures"]["plays"]
    assert run("taste", "--profile", "sample", "--user", "nobody")[0] == 1
    assert (
        run("history", "--profile", "sample", "--period", "year", "--since", "2025-01-01")[0] == 2
    )
    assert run("history", "--profile", "sample", "--timezone", "Mars")[0] == 2


def test_playlists_are_listed_shown_renamed_written_and_deleted(
    sample: Path, run: Run, tmp_path: Path
) -> None:
    settings = Settings(home=sample)
    tracks = [ListEntry("a", "Alpha", "Ann;Bob"), ListEntry("b", "Beta", "")]
    with Store(settings) as store:
        store.save_list("sample", "Summer", tracks)
    told = run("playlists", "--profile", "sample")[1]
    assert [(one["name"], one["tracks"]) for one in told["playlists"]] == [("Summer", 2)]
    shown = run("playlists", "show", "Summer", "--profile", "sample")[1]["tracks"]
    assert [one["name"] for one in shown] == ["Alpha", "Beta"]
    assert run("playlists", "rename", "Summer", "Autumn", "--profile", "sample")[0] == 0
    file = tmp_path / "autumn.xspf"
    assert run("playlists", "export", "Autumn", str(file), "--profile", "sample")[1]["tracks"] == 2
    assert b"Alpha" in file.read_bytes()
    assert run("playlists", "export", "Autumn", "a.exe", "--profile", "sample")[0] == 2
    assert run("playlists", "delete", "Autumn", "--profile", "sample")[0] == 0
    assert run("playlists", "show", "Autumn", "--profile", "sample")[0] == 1


@pytest.mark.slow
def test_models_can_be_named_kept_compared_and_taken_along(
    sample: Path, run: Run, tmp_path: Path
) -> None:
    [profile] = run("profiles")[1]["profiles"]
    made = run("train", "--method", "nmf", "--no-evaluation", "--profile", "sample")[1]["version"]
    assert run("models", "rename", made, "mine")[1] == {"version": made, "name": "mine"}
    assert run("models", "pin", "mine")[1] == {"version": made, "pinned": True}
    listed = {v["version"]: v for v in run("models", "list")[1]["versions"]}
    assert (listed[made]["name"], listed[made]["pinned"]) == ("mine", True)
    assert listed[made]["in_use"]
    assert run("models", "show", "mine")[1]["config"]["method"] == "nmf"
    told = run("models", "compare", profile["version"], "mine")[1]
    assert {"what": "training.method", "before": "als", "after": "nmf"} in told["config"]
    file = tmp_path / "mine.musicai-model"
    assert run("models", "export", "mine", str(file))[1]["bytes"] == file.stat().st_size
    code, taken = run("models", "import", str(file), "--profile", "sample")
    assert code == 0
    assert run("models", "rollback", "--profile", "sample")[1]["version"] == profile["version"]
    assert run("profiles")[1]["profiles"][0]["version"] == profile["version"]
    assert run("models", "unpin", "mine")[0] == 0
    gone = run("models", "prune", "--keep", "1", "--profile", "sample")[1]["deleted"]
    assert gone == [made]
    assert run("models", "delete", taken["version"])[0] == 0


@pytest.mark.slow
def test_an_update_goes_on_from_the_active_version(sample: Path, run: Run) -> None:
    [profile] = run("profiles")[1]["profiles"]
    code, result = run("train", "--update", "--profile", "sample")
    assert code == 0
    assert result["updated_from"] == result["metrics_of"] == profile["version"]
    assert result["update"]["in_a_row"] == 1
    assert result["method"] == "als"
    assert {"version", "seconds", "train_s", "default_weights", "notes", "advice"} <= set(result)
    assert run("profiles")[1]["profiles"][0]["version"] == result["version"]
    assert run("models", "activate", profile["version"], "--profile", "sample")[0] == 0
    assert run("models", "delete", result["version"])[0] == 0


@pytest.mark.slow
def test_an_update_is_told_in_words(
    sample: Path, run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    [profile] = run("profiles")[1]["profiles"]
    monkeypatch.setattr("musicai.models.registry.freshness.MOST_UPDATES", 1)
    assert cli.main(["train", "--update", "--profile", "sample"]) == 0
    printed = capsys.readouterr().out
    assert f"Updated from version {profile['version']}, 3 sweeps; new: 0 plays" in printed
    assert "a full training is recommended" in printed
    [made] = [p["version"] for p in run("profiles")[1]["profiles"]]
    run("models", "activate", profile["version"], "--profile", "sample")
    run("models", "delete", made)


def test_all_cannot_update(sample: Path) -> None:
    """It measures and tests, which an update does not."""
    with pytest.raises(SystemExit):
        cli.main(["all", "--update"])


# --- test -----------------------------------------------------------------------------


def test_the_active_version_is_checked(sample: Path, run: Run) -> None:
    code, result = run("test", "--profile", "sample")
    failed = [check for check in result["checks"] if check["passed"] is False]
    assert failed == []
    assert code == 0
    names = {check["name"] for check in result["checks"]}
    assert {f"mood {mood}" for mood in MOODS} <= names
    assert {f"genre {genre}" for genre in GENRES} <= names
    assert {"tfidf_vectorizer.pkl", "nmf_model.pkl"} <= names
    assert len(result["lists"]) > 10
    assert all(len(ids) == 10 for ids in result["lists"].values())


def test_every_mood_has_an_expectation() -> None:
    assert tuple(EXPECTED) == MOODS


def test_a_failed_check_is_exit_code_1(
    sample: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = Report("v", (ModelCheck("mood happy", False, "valence .2 (above .5)"),))
    monkeypatch.setattr(cli.training, "check_model", lambda music, store: report)
    code, result = run("test", "--profile", "sample")
    assert code == 1
    assert result["passed"] is False


def test_an_altered_pickle_fails_the_test_command(
    sample: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "copy"
    shutil.copytree(sample, home)
    monkeypatch.setenv("MUSICAI_HOME", str(home))
    for path in (home / "models").glob("*/tfidf_vectorizer.pkl"):
        path.write_bytes(path.read_bytes()[::-1])
    code, result = run("test", "--profile", "sample")
    assert code == 1
    assert "tfidf_vectorizer.pkl" in result["error"]


def test_a_mood_without_features_is_skipped_with_the_reason(history: Path, run: Run) -> None:
    run("import", history, "--profile", "p", "--train")
    code, result = run("test", "--profile", "p")
    assert code == 0
    moods = [check for check in result["checks"] if check["name"].startswith("mood ")]
    assert all(check["passed"] is None and check["detail"] for check in moods)


# --- jobs -----------------------------------------------------------------------------


@pytest.mark.slow
def test_a_job_leaves_its_result(settings: Settings, history: Path) -> None:
    job = jobs.start(
        settings, "import", ["import", str(history), "--profile", "p", "--train", "--json"]
    )
    status = jobs.read_status(settings, job.id)
    while not status.is_finished:
        time.sleep(0.2)
        status = jobs.read_status(settings, job.id)
    assert (status.state, status.error) == ("done", None)
    assert status.result["plays"]["imported"] > 500
    with Store(settings) as store:
        assert registry.active(settings, store, "p") == status.result["version"]


def test_one_job_at_a_time(settings: Settings, history: Path, run: Run) -> None:
    with jobs.exclusive(settings, "train", "someone"):
        code, result = run("import", history, "--profile", "p")
    assert code == 1
    assert "running" in result["error"]


def test_cancelled_is_130(sample: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*args: object, **kwargs: object) -> None:
        raise Cancelled("Stopped as you asked.")

    monkeypatch.setattr(cli.training, "run_training", stop)
    assert run("train") == (130, {"error": "Stopped as you asked."})


# --- the scripts ----------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "words"),
    [(["-m", "musicai", "--help"], "recommend"), (["train_model.py", "all", "--help"], "--method")],
)
def test_the_scripts_start(script: list[str], words: str) -> None:
    done = subprocess.run(
        [sys.executable, *script],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert words in done.stdout


@pytest.mark.slow
def test_feedback_is_given_listed_and_taken_back(run: Run) -> None:
    run("sample")
    ids = [one["track_id"] for one in run("recommend", "--profile", "sample")[1]["recommendations"]]
    assert run("feedback", "dislike", ids[0], "--profile", "sample")[0] == 0
    assert run("feedback", "never-artist", ids[1], "--profile", "sample")[0] == 0
    told = run("feedback", "--profile", "sample")[1]["feedback"]
    assert {one["track_id"]: one["verdict"] for one in told} == {
        ids[0]: "dislike",
        ids[1]: "never_artist",
    }
    assert all(one["name"] for one in told)
    after = run("recommend", "--profile", "sample")[1]["recommendations"]
    assert not {ids[0], ids[1]} & {one["track_id"] for one in after}
    assert all("verdicts" in one["contributions"] for one in after)
    assert run("feedback", "undo", *ids[:2], "--profile", "sample")[0] == 0
    again = run("recommend", "--profile", "sample")[1]["recommendations"]
    assert [one["track_id"] for one in again] == ids
    assert run("feedback", "undo", ids[0], "--profile", "sample")[0] == 1
    assert run("feedback", "like", ids[0], "no-such-track", "--profile", "sample")[0] == 1
    assert run("feedback", "--profile", "sample")[1]["feedback"] == [], "all or nothing"


@pytest.mark.slow
def test_a_surprise_from_the_command_line_is_the_same_each_time(run: Run) -> None:
    run("sample")
    first, again, other = (
        run("recommend", "--profile", "sample", "--surprise", "1", "--draw", draw)[1]
        for draw in ("1", "1", "2")
    )
    assert first == again != other
    assert all(one["propensity"] is not None for one in first["recommendations"])


@pytest.mark.slow
def test_an_experiment_is_started_shown_and_ended(run: Run) -> None:
    run("sample")
    assert run("experiments", "--profile", "sample")[0] == 1
    assert run("experiments", "start", "bundled", "bundled", "--profile", "sample")[0] == 2
    begin = ("experiments", "start", "bundled", "bundled", "--profile", "sample", "--weights-b")
    assert run(*begin, "Sage")[0] == 2
    assert run(*begin, "Safe")[0] == 0
    assert run(*begin, "Safe")[0] == 1, "one at a time"
    shown = run("experiments", "--profile", "sample")[1]
    assert (shown["wins"], shown["winner"]) == (0, None)
    assert shown["experiment"]["b"] == {"version": "bundled", "preset": "Safe"}
    assert run("experiments", "end", "--profile", "sample")[0] == 0
    [ended] = run("experiments", "list", "--profile", "sample")[1]["experiments"]
    assert ended["ended_at"] is not None
