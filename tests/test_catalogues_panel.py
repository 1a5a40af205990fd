"""The part "New music" of the Library page: catalogues, what they cover, and their changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from musicai.settings import Settings
from musicai.store import Store
from musicai.ui import catalogues_panel, library_panel
from tests.test_catalogue_store import digest, links_of, some_tracks
from tests.test_ui_library import (
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

NEW_MUSIC = library_panel.PARTS[1]


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
    assert library_panel.PARTS[:2] == ("Your music", "New music")


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
    from musicai.ui import catalogues_panel, state  # noqa: PLC0415 (runs as a script of its own)

    for one in state.store().catalogues("me"):
        catalogues_panel._confirm_removal(one, "me")


@pytest.mark.parametrize(("answer", "left"), [("yes", 0), ("no", 1)])
def test_the_answer_decides(store: Store, answer: str, left: int) -> None:
    store.create_profile("ann")
    store.enable_catalogue("ann", "features", True)
    app = run(AppTest.from_function(asking, default_timeout=60))
    assert "These listeners use it too: ann" in texts(app)
    run(app.button(key=f"catalogue_remove_{answer}").click())
    assert len(store.catalogues()) == left


def test_a_table_is_added_with_its_name_and_licence(store: Store) -> None:
    app = opened(NEW_MUSIC)
    assert app.button(key="catalogue_add").disabled
    tracks = [(n, f"New {n}", "Artist 1", "Album") for n in range(100, 105)]
    bad = b"\n" + table([(1, "", "Nobody", "")]).split(b"\n")[1]
    run(app.file_uploader(key="catalogue_file_0").upload("more.csv", table(tracks) + bad))
    app.text_input(key="catalogue_new_name").set_value("More")
    app.text_input(key="catalogue_new_licence").set_value("CC0")
    run(app.button(key="catalogue_add").click())
    assert not app.error, [one.value for one in app.error]
    one = store.catalogue("More", "me")
    assert (one.n_tracks, one.licence, one.origin, one.enabled) == (5, "CC0", "more.csv", True)
    assert "6 rows read" in app.success[0].value.replace("\\", "")
    assert "no name" in texts(app)
    run(app)
    assert not app.success


def test_what_is_no_table_is_refused_with_the_reason(store: Store) -> None:
    app = opened(NEW_MUSIC)
    run(app.file_uploader(key="catalogue_file_0").upload("x.csv", b"one,two\n1,2\n"))
    run(app.button(key="catalogue_add").click())
    assert "not a format" in app.error[0].value
    assert len(store.catalogues()) == 1


def test_newer_tracks_replace_the_old_ones(store: Store) -> None:
    app = change(opened(NEW_MUSIC))
    newer = table([(n, f"Newer {n}", "Artist 1", "Album") for n in range(3)])
    run(app.file_uploader(key="catalogue_newer_1_0").upload("newer.csv", newer))
    run(app.button(key="catalogue_update_1").click())
    assert not app.error, [one.value for one in app.error]
    one = store.catalogue("features", "me")
    assert (one.n_tracks, one.origin, one.enabled) == (3, "newer.csv", True)
    assert "3 tracks" in texts(app)
    assert "updated" in texts(app)


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
