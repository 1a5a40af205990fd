"""The part "New music" of the Library page: catalogues, what they cover, and their changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from musicai.cli import main
from musicai.core import jobs
from musicai.core.jobs.status import JobStatus, write
from musicai.core.settings import Settings
from musicai.library import catalogs
from musicai.store import Store
from musicai.ui.components import job_panel
from musicai.ui.library import catalogs as catalogues_panel
from musicai.ui.library import page
from tests.store.test_catalogue_store import digest, links_of, some_tracks
from tests.ui.test_ui_library import (
    has,
    history,
    imported,
    opened,
    own_music,
    own_music_home,
    run,
    table,
    texts,
)

__all__ = ["own_music", "own_music_home"]  # fixtures

NEW_MUSIC = page.PARTS[1]


@pytest.fixture
def store(own_music: Path) -> Iterator[Store]:
    """The store of a profile "me" with one catalogue, "features"."""
    with Store(Settings(home=own_music)) as opened_store:
        yield opened_store


def change(app: AppTest, catalogue: int = 1) -> AppTest:
    """The page with one catalogue's "Change" unfolded."""
    app.session_state[f"catalogue_change_{catalogue}"] = True
    return run(app)


def test_it_stands_after_your_music() -> None:
    assert page.PARTS[:2] == ("Your music", "New music")


def test_without_data_the_page_draws(home: Path) -> None:
    app = opened(NEW_MUSIC)
    assert has(app, "empty_sample")
    assert not app.error


def test_the_sample_shows_its_catalogue_and_takes_no_real_one(with_sample: Path) -> None:
    app = opened(NEW_MUSIC)
    assert not app.error
    assert "100" in texts(app)
    assert "of your artists" in texts(app)
    assert not has(app, "catalogue_add")
    assert not [one for one in app.expander if one.label == "Where to get one"]


def test_a_listener_without_catalogue_is_told_where_to_get_one(home: Path) -> None:
    imported(home, ("Streaming_History_Audio_2024.json", history()))
    app = opened(NEW_MUSIC)
    said = texts(app)
    assert "No catalogue yet" in said
    for name, _ in catalogues_panel.WHERE:
        assert name in said
    assert "collected from Spotify" in said


def test_origin_licence_and_coverage_are_shown_with_their_numbers(store: Store) -> None:
    store.describe_catalogue("features", licence="CC0")
    said = texts(opened(NEW_MUSIC)).replace("\u00a0", " ")
    assert "30 tracks" in said
    assert "features\\.csv" in said
    assert "licence: CC0" in said
    # 30 of the 40 songs stand in the table; all 8 artists do; each is played 9 times
    assert "100 % of your artists, 100 % of your plays by artist, 75 % by track" in said
    assert "Without it, all that are switched on: 0 % of your artists" in said
    assert "8 of your 8 artists" in said
    assert "of your 360 plays, 360 are by them and 270" in said


def test_the_switch_changes_what_is_said(store: Store) -> None:
    app = opened(NEW_MUSIC)
    run(app.toggle(key="catalogue_me_1").set_value(False))
    assert not store.catalogue("features", "me").enabled
    said = texts(app).replace("\u00a0", " ")
    assert "With it, all that are switched on: 100 % of your artists" in said
    assert "0 of your 8 artists" in said


def test_name_licence_and_origin_are_saved(store: Store) -> None:
    app = change(opened(NEW_MUSIC))
    app.text_input(key="catalogue_name_1").set_value("Songs *of* mine")
    app.text_input(key="catalogue_licence_1").set_value("CC BY 4.0")
    app.text_input(key="catalogue_from_1").set_value("a friend")
    run(app.button(key="catalogue_save_1").click())
    assert not app.error
    one = store.catalogue("Songs *of* mine", "me")
    assert (one.licence, one.origin, one.enabled) == ("CC BY 4.0", "a friend", True)
    assert app.toggle(key="catalogue_me_1").label == "Songs \\*of\\* mine"


def test_a_name_that_is_taken_is_refused_on_the_page(store: Store) -> None:
    store.add_catalogue("other", some_tracks("One"), origin="x", digest=digest("other"))
    app = change(opened(NEW_MUSIC))
    app.text_input(key="catalogue_name_1").set_value("OTHER")
    run(app.button(key="catalogue_save_1").click())
    assert "already" in app.error[0].value
    assert store.catalogue("features").name == "features"


def test_removing_asks_first(store: Store) -> None:
    app = change(opened(NEW_MUSIC))
    run(app.button(key="catalogue_remove_1").click())
    assert has(app, "catalogue_remove_yes")
    assert "30 tracks go from this machine" in texts(app)
    assert [one.name for one in store.catalogues()] == ["features"]


def asking() -> None:
    """The question alone: in AppTest a dialog does not outlive the click that opened it."""
    from musicai.ui import state  # noqa: PLC0415 (runs as a script of its own)
    from musicai.ui.library import catalogs as catalogues_panel  # noqa: PLC0415 (runs as a script of its own)

    for one in state.get_store().catalogues("me"):
        catalogues_panel._confirm_removal(one, "me")


@pytest.mark.parametrize(("answer", "left"), [("yes", 0), ("no", 1)])
def test_the_answer_decides(store: Store, answer: str, left: int) -> None:
    store.create_profile("ann")
    store.enable_catalogue("ann", "features", True)
    app = run(AppTest.from_function(asking, default_timeout=60))
    assert "These listeners use it too: ann" in texts(app)
    run(app.button(key=f"catalogue_remove_{answer}").click())
    assert len(store.catalogues()) == left


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Jobs run in this process, before the page goes on; the commands that were started."""
    started: list[list[str]] = []

    def start(settings: Settings, kind: jobs.Kind, argv: list[str]) -> jobs.Job:
        started.append(argv)
        job = f"{kind}-20260101-1200{len(started):02d}-0000abcd"
        profile = argv[argv.index("--profile") + 1]
        settings.jobs.mkdir(parents=True, exist_ok=True)
        write(settings, JobStatus(job, kind, profile, "queued"))
        end = argv.index("--") if "--" in argv else len(argv)
        main([*argv[:end], "--job", job, *argv[end:]])
        return jobs.Job(job, kind, profile)

    monkeypatch.setattr(jobs, "start", start)
    return started


def test_a_table_is_added_with_its_name_and_licence(store: Store, at_once: list[list[str]]) -> None:
    app = opened(NEW_MUSIC)
    assert app.button(key="catalogue_add").disabled
    tracks = [(n, f"New {n}", "Artist 1", "Album") for n in range(100, 105)]
    bad = b"\n" + table([(1, "", "Nobody", "")]).split(b"\n")[1]
    run(app.file_uploader(key="catalogue_file_0").upload("more.csv", table(tracks) + bad))
    app.text_input(key="catalogue_new_name").set_value("-More")
    app.text_input(key="catalogue_new_licence").set_value("CC0")
    run(app.button(key="catalogue_add").click())
    assert not app.error, [one.value for one in app.error]
    one = store.catalogue("-More", "me")
    assert (one.n_tracks, one.licence, one.origin, one.enabled) == (5, "CC0", "more.csv", True)
    assert "-More” has 5 tracks. 1 row of 6 left out." in app.success[0].value
    run(app.button(key="close_outcome").click())
    assert not app.success
    # the report stays: it is read from the job, not from the session
    (rows, covered) = [t.value for t in opened(NEW_MUSIC).table][:2]
    assert rows.iloc[0].tolist() == ["6", "5", "0", "1"]
    told = dict(zip(covered["All that are switched on"], covered["Now"], strict=True))
    assert told["Tracks of your artists that are new to you"] == "5"
    assert covered["Before"].tolist()[-1] == "0"
    (problems,) = [t.value for t in app.table if "Why" in t.value]
    assert problems["Where"].tolist() == ["line 7"]
    assert "has no name" in problems["Why"][0]
    assert not list(Settings(home=store.settings.home).jobs.glob("spool-*"))


def test_what_is_no_table_is_refused_with_the_reason(
    store: Store, at_once: list[list[str]]
) -> None:
    app = opened(NEW_MUSIC)
    run(app.file_uploader(key="catalogue_file_0").upload("x.csv", b"one,two\n1,2\n"))
    run(app.button(key="catalogue_add").click())
    assert "not a format" in app.error[0].value
    assert len(store.catalogues()) == 1


def test_newer_tracks_replace_the_old_ones(store: Store, at_once: list[list[str]]) -> None:
    store.rename_catalogue("features", "-features")  # no option of the command line
    app = change(opened(NEW_MUSIC))
    newer = table([(n, f"Newer {n}", "Artist 1", "Album") for n in range(3)])
    run(app.file_uploader(key="catalogue_newer_1_0").upload("newer.csv", newer))
    run(app.button(key="catalogue_update_1").click())
    assert not app.error, [one.value for one in app.error]
    one = store.catalogue("-features", "me")
    assert (one.n_tracks, one.origin, one.enabled) == (3, "newer.csv", True)
    assert "3 tracks" in texts(app)
    assert "updated" in texts(app)
    assert "has 3 tracks now; it had 30." in app.success[0].value


# --- a large library --------------------------------------------------------------------


@pytest.fixture
def large(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The 30 tracks count as many, and nothing was joined yet."""
    monkeypatch.setattr(catalogs, "LARGE", 30)
    assert not list(store.settings.cache.glob("features-*"))
    return store


def test_a_large_library_is_joined_by_a_job_before_any_page(
    large: Store, at_once: list[list[str]]
) -> None:
    app = opened(NEW_MUSIC)
    assert at_once == [["catalogues", "prepare", "--profile", "me"]]
    run(app)
    assert "30 tracks" in texts(app)
    assert "being joined" not in texts(app)
    run(app.toggle(key="catalogue_me_1").set_value(False))
    run(app.toggle(key="catalogue_me_1").set_value(True))
    assert len(at_once) == 1, "what was joined once is there"


def test_meanwhile_its_progress_stands_in_the_pages_place(
    large: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    going = JobStatus("prepare-x", "prepare", "me", "running", fraction=0.4, note="Reading")
    monkeypatch.setattr(jobs, "find_latest", lambda *_: going)
    monkeypatch.setattr(jobs, "read_status", lambda *_: going)
    monkeypatch.setattr(jobs, "start", lambda *_, **__: pytest.fail("one is enough"))
    app = opened(NEW_MUSIC)
    assert "being joined with your music" in texts(app)
    assert any("Joining your catalogues" in bar.text for bar in app.progress)
    assert has(app, "cancel_instead")
    assert not has(app, "catalogue_add")
    assert "You can use the other pages" not in texts(app)
    run(app.switch_page("pages/discover.py"))
    assert "being joined with your music" in texts(app)


def test_stopped_it_waits_for_a_word(large: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    ended = JobStatus("prepare-x", "prepare", "me", "cancelled")
    monkeypatch.setattr(jobs, "find_latest", lambda *_: ended)
    monkeypatch.setattr(job_panel, "start_job", lambda kind, argv: started.append(kind))
    app = opened(NEW_MUSIC)
    assert not started
    assert "not joined with your music yet" in texts(app)
    run(app.button(key="prepare_again").click())
    assert started == ["prepare"]
    run(app.button(key="prepare_without_1").click())
    assert not large.catalogue("features", "me").enabled
    assert has(app, "catalogue_add")


def test_where_no_side_file_can_be_kept_the_page_is_drawn(
    large: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the job would be started again and again."""
    joined = large.compute_joined_name("me")
    ended = JobStatus("prepare-x", "prepare", "me", "done", result={"joined": joined})
    monkeypatch.setattr(jobs, "find_latest", lambda *_: ended)
    monkeypatch.setattr(job_panel, "start_job", lambda *_: pytest.fail("it was done"))
    assert has(opened(NEW_MUSIC), "catalogue_add")


def test_what_open_data_found_is_shown_and_takes_no_table(store: Store) -> None:
    made = store.put_personal_catalogue("me", "Open data", some_tracks("One"), links_of(), "CC0")
    app = change(opened(NEW_MUSIC), made.id)
    assert "found for you through open data" in texts(app)
    assert f"catalogue_newer_{made.id}_0" not in [one.key for one in app.file_uploader]


def test_a_lost_file_is_said_and_can_be_removed(store: Store) -> None:
    opened(NEW_MUSIC)  # the joined tables lie ready
    store.catalogue("features").path.unlink()
    for kept in store.settings.cache.glob("coverage-*"):
        kept.unlink()
    app = opened(NEW_MUSIC)
    assert "gone or damaged" in texts(app)
