"""The part "Open data" of Library's "New music": preview, leave, token, start."""

from __future__ import annotations

from pathlib import Path

import pytest

from musicai.core.jobs import JobStatus
from musicai.core.settings import Settings
from musicai.integrations.enrichment import allow, list_allowed_steps, order_steps
from musicai.integrations.metabrainz import Credentials, credentials
from musicai.store import Store
from musicai.ui import state
from musicai.ui.components import job_panel
from musicai.ui.library import page
from tests.library.test_neighbours import history
from tests.ui.test_ui_library import has, imported, opened, run, texts

NEW_MUSIC = page.PARTS[1]


def only_profile(home: Path) -> str:
    with Store(Settings(home=home)) as store:
        return store.profiles()[0].name


def test_nothing_is_allowed_and_everything_is_told_before(home: Path) -> None:
    imported(home, ("h.json", history("Björk", "Radiohead")))
    app = opened(NEW_MUSIC)
    assert not app.error
    said = texts(app)
    assert "nothing is sent before you allow it" in said
    assert "requests**, one a second" in said
    assert "**Never** when or how often" in said
    assert "Björk" in said
    assert "MetaBrainz" in said
    with Store(Settings(home=home)) as store:
        assert list_allowed_steps(store, only_profile(home)) == ()


def test_the_ticked_steps_are_what_is_started(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported(home, ("h.json", history("Björk", "Radiohead")))
    started: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(
        job_panel, "start_job", lambda kind, command: started.append((kind, command))
    )
    app = opened(NEW_MUSIC)
    profile = only_profile(home)
    before = texts(app)
    run(app.checkbox(key=f"open_{profile}_similar").uncheck())
    assert texts(app) != before  # fewer requests
    run(app.button(key="open_data_run").click())
    ((kind, command),) = started
    assert kind == "enrich"
    assert command[:2] == ["open-data", "run"]
    assert {"--yes", "top", "tags", "fresh"} <= set(command)
    assert "similar" not in command


def test_without_a_step_that_finds_music_there_is_nothing_to_start(home: Path) -> None:
    imported(home, ("h.json", history("Björk")))
    app = opened(NEW_MUSIC)
    for box in list(app.checkbox):
        if box.value and str(box.key).startswith("open_"):
            box.uncheck()
    run(app)
    assert app.button(key="open_data_run").disabled
    assert "Choose at least one step" in texts(app)


def test_leave_can_be_taken_back(home: Path) -> None:
    imported(home, ("h.json", history("Björk")))
    profile = only_profile(home)
    with Store(Settings(home=home)) as store:
        allow(store, profile, order_steps(["tags"]))
    app = opened(NEW_MUSIC)
    assert [str(b.key) for b in app.checkbox if b.value] == [f"open_{profile}_tags"]
    run(app.button(key="open_data_refuse").click())
    with Store(Settings(home=home)) as store:
        assert list_allowed_steps(store, profile) == ()
    assert not has(app, "open_data_refuse")


def test_a_token_is_kept_masked_and_removed(home: Path) -> None:
    imported(home, ("h.json", history("Björk")))
    app = opened(NEW_MUSIC)
    app.text_input(key="open_data_token").set_value("0123456789abcdef-secret")
    run(app.button[[b.label for b in app.button].index("Keep")].click())
    assert credentials.load(Settings(home=home)).token == "0123456789abcdef-secret"
    assert "…cret" in texts(app)
    assert "0123456789abcdef" not in texts(app)
    run(app.button(key="open_data_token_remove").click())
    assert credentials.load(Settings(home=home)) == Credentials()


def test_a_word_that_is_no_token_is_refused(home: Path) -> None:
    imported(home, ("h.json", history("Björk")))
    app = opened(NEW_MUSIC)
    app.text_input(key="open_data_token").set_value("no token!")
    run(app.button[[b.label for b in app.button].index("Keep")].click())
    assert "no ListenBrainz token" in " ".join(error.value for error in app.error)
    assert credentials.load(Settings(home=home)).token is None


def test_the_sample_asks_nobody(with_sample: Path) -> None:
    app = opened(NEW_MUSIC)
    assert not has(app, "open_data_run")


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ({"tracks": 7, "recognised": 3, "artists": 4, "complete": True}, "Found 7 tracks"),
        (
            {"tracks": 0, "recognised": 0, "artists": 4, "complete": False, "problem": "Down"},
            "Nothing new was found. Some questions had no answer; run it again later, and it goes "
            "on from there. Down",
        ),
    ],
)
def test_the_end_of_a_search_is_told(
    home: Path, monkeypatch: pytest.MonkeyPatch, result: dict[str, object], said: str
) -> None:
    imported(home, ("h.json", history("Björk")))
    ended = JobStatus(
        id="enrich-20260101-000000-00000000",
        kind="enrich",
        profile="p",
        state="done",
        fraction=1.0,
        note="",
        result=result,
    )
    monkeypatch.setattr(job_panel.jobs, "read_status", lambda settings, job_id: ended)
    app = opened(NEW_MUSIC)
    app.session_state[state.JOB] = ended.id
    run(app)
    shown = " ".join(e.value for e in [*app.success, *app.warning])
    assert said in shown
