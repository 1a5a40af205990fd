"""Dumps on this machine: their paths on Library's "New music", their values on "Your music"."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from musicai.core.jobs import JobStatus
from musicai.core.settings import Settings
from musicai.data.audio_descriptors import AudioDescriptor
from musicai.integrations import enrichment
from musicai.library.assemble import load_library
from musicai.store import Store
from musicai.ui import state
from musicai.ui.components import job_panel
from musicai.ui.library import enrichment_dumps, page
from tests.integrations.test_measuring import canonical_dump, me, names_of
from tests.integrations.test_open_data_acoustic import document, feature_dump, high, rhythm, tonal
from tests.integrations.test_open_data_dumps import mbid
from tests.ui.test_ui_library import has, opened, run, texts

__all__ = ["me"]  # a fixture

YOUR_MUSIC, NEW_MUSIC = page.PARTS[:2]

Started = list[tuple[str, list[str]]]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    found: Started = []
    monkeypatch.setattr(job_panel, "start_job", lambda kind, command: found.append((kind, command)))
    return found


def names(home: Path) -> list[tuple[str, str]]:
    settings = Settings(home=home)
    with Store(settings) as store:
        return names_of(load_library(store, settings, "me"))


def typed(app: AppTest, key: str, text: str) -> AppTest:
    fields = app.text_area if key == enrichment_dumps.MEASURED else app.text_input
    return run(fields(key=key).set_value(text))


def wrong(app: AppTest) -> str:
    return " ".join(error.value for error in app.error)


def test_a_dump_is_handed_to_the_search(me: Path, tmp_path: Path, started: Started) -> None:
    path = canonical_dump(tmp_path, names(me))
    app = typed(opened(NEW_MUSIC), enrichment_dumps.CANONICAL, f' "{path}" ')
    assert not app.error
    assert "are looked up here" in texts(app)
    run(app.button(key="open_data_run").click())
    ((kind, command),) = started
    assert kind == "enrich"
    assert command[command.index("--canonical") + 1] == str(path)


def test_without_a_path_no_dump_is_read(me: Path, started: Started) -> None:
    run(opened(NEW_MUSIC).button(key="open_data_run").click())
    assert "--canonical" not in started[0][1]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("dump.tar.zst", "is not a whole path"),
        ("/nowhere/at/all.tar.zst", "There is no file"),
        ("{folder}", "is a folder"),
        ("{folder}/song.mp3", "its name must end with"),
        ("{folder}/page.tar.zst", "is not packed with Zstandard"),
    ],
)
def test_a_wrong_path_is_told_and_nothing_is_asked(
    me: Path, tmp_path: Path, started: Started, text: str, why: str
) -> None:
    (tmp_path / "song.mp3").write_bytes(b"x")
    (tmp_path / "page.tar.zst").write_bytes(b"<html>")
    app = opened(NEW_MUSIC)
    typed(app, enrichment_dumps.CANONICAL, text.format(folder=tmp_path))
    assert why in wrong(app).replace("\\", "")
    # without the dump, names would be sent that were meant to be looked up here
    assert app.button(key="open_data_run").disabled
    assert not started


def test_a_dump_that_went_away_is_told(me: Path, tmp_path: Path, started: Started) -> None:
    path = canonical_dump(tmp_path, names(me))
    app = typed(opened(NEW_MUSIC), enrichment_dumps.CANONICAL, str(path))
    path.unlink()
    run(app.button(key="open_data_run").click())
    assert "There is no file" in wrong(app)
    assert not started


def test_acousticbrainz_needs_to_know_the_recordings(me: Path, tmp_path: Path) -> None:
    path = feature_dump(tmp_path, "rhythm", rhythm(mbid("Björk", "Song 0"), 0, 100))
    app = typed(opened(NEW_MUSIC), enrichment_dumps.MEASURED, str(path))
    assert "not known yet which recordings" in texts(app)
    assert app.button(key="open_data_measure").disabled
    typed(app, enrichment_dumps.CANONICAL, str(canonical_dump(tmp_path, names(me))))
    assert not app.button(key="open_data_measure").disabled


def test_dumps_of_acousticbrainz_are_handed_to_a_job(
    me: Path, tmp_path: Path, started: Started
) -> None:
    with Store(Settings(home=me)) as store:
        store.put_recordings("me", {"a" * 21 + "0": mbid("Björk", "Song 0")})
    one = feature_dump(tmp_path, "rhythm", rhythm(mbid("Björk", "Song 0"), 0, 100))
    two = feature_dump(tmp_path, "tonal", tonal(mbid("Björk", "Song 0"), 0, "A", "minor"))
    app = typed(opened(NEW_MUSIC), enrichment_dumps.MEASURED, f"{one}\n\n{two}\n{tmp_path}/no.csv")
    assert "There is no file" in wrong(app)
    assert app.button(key="open_data_measure").disabled
    typed(app, enrichment_dumps.MEASURED, f"{one}\n\n{two}\n")
    run(app.button(key="open_data_measure").click())
    assert started == [
        ("measure", ["open-data", "acousticbrainz", str(one), str(two), "--profile", "me"])
    ]


def test_without_measures_nothing_is_told_of_them(me: Path) -> None:
    assert "AcousticBrainz" not in texts(opened(YOUR_MUSIC))


def test_the_sample_reads_no_dump(with_sample: Path) -> None:
    assert not has(opened(NEW_MUSIC), "open_data_measure")
    assert "AcousticBrainz" not in texts(opened(YOUR_MUSIC))


def test_measures_are_shown_beside_the_features_and_labelled(me: Path, tmp_path: Path) -> None:
    known = names(me)
    settings = Settings(home=me)
    mine = mbid(*known[0])
    paths = [
        feature_dump(tmp_path, "rhythm", rhythm(mine, 0, 100), rhythm(mine, 1, 110)),
        feature_dump(tmp_path, "tonal", tonal(mine, 0, "C#", "minor")),
        high(tmp_path, (mine, 0, document(happy=0.75))),
    ]
    with Store(settings) as store:
        library = load_library(store, settings, "me")
        whole = canonical_dump(tmp_path, known)
        enrichment.measure(store, "me", library, paths, canonical=whole)
    app = opened(YOUR_MUSIC)
    assert not app.error
    said = texts(app)
    assert "**1 track measured by AcousticBrainz**" in said
    assert "Tempo may be doubled or halved" in said
    assert "no part of the features above" in said
    (shown,) = [frame.value for frame in app.dataframe if "Tempo ±" in frame.value]
    (line,) = shown.to_dict("records")
    assert line["Tempo, beats a minute"] == 105
    assert line["Key"] == "C# minor"
    assert line["n"] == 2
    assert line["Probability of “happy”"] == 0.75
    assert "Probability of “sad”" not in line
    assert f"**{len(known)}** of your {len(known)} tracks" in texts(opened(NEW_MUSIC))


def test_a_line_has_only_what_some_track_has() -> None:
    bpm = AudioDescriptor("m", "bpm", 99.6, "", 3, 0.24, "rhythm", "2022-06-23")
    key = AudioDescriptor("k", "key_key", math.nan, "A", 5, 0.2, "tonal", "2022-06-23")
    lines = enrichment_dumps.build_measured_table([("Song", "One", [bpm]), ("Other", "Two", [key])])
    assert lines == [
        {"Track": "Song", "Artist": "One", "n": 3, "Tempo, beats a minute": 100.0, "Tempo ±": 0.2},
        {"Track": "Other", "Artist": "Two", "n": 5, "Tempo, beats a minute": None, "Tempo ±": None},
    ]  # fmt: skip  # a key without its scale is none


@pytest.mark.parametrize(
    ("ended", "result", "said"),
    [
        ("done", {"tracks": 40, "measured": 12, "problems": 0},
         "AcousticBrainz measured 12 of 40 recognised tracks."),
        ("done", {"tracks": 1, "measured": 1, "problems": 2, "problem": "r: damaged"},
         "1 of 1 recognised track. 2 problems: r"),
        ("cancelled", {}, "The dumps that were read to their end count"),
    ],
)  # fmt: skip
def test_the_end_of_a_reading_is_told(
    me: Path,
    monkeypatch: pytest.MonkeyPatch,
    ended: str,
    result: dict[str, object],
    said: str,
) -> None:
    job = JobStatus(
        id="measure-20260101-000000-00000000",
        kind="measure",
        profile="me",
        state=ended,  # type: ignore[arg-type]
        fraction=1.0,
        note="",
        result=result,
    )
    monkeypatch.setattr(job_panel.jobs, "read_status", lambda settings, job_id: job)
    app = opened(NEW_MUSIC)
    app.session_state[state.JOB] = job.id
    run(app)
    shown = " ".join(e.value for e in [*app.success, *app.warning, *app.info])
    assert said in shown
