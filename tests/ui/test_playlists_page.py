"""The list on every page, and the Playlists page, as a person uses them."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from musicai.core.settings import Settings
from musicai.data.playlists import ListEntry
from musicai.library.sample import SAMPLE_PROFILE
from musicai.store import Store
from musicai.ui.playlists import page as playlists_panel
from tests.pages import PAGES, opened, run


def told(app: AppTest) -> str:
    return " ".join(e.value for e in (*app.markdown, *app.caption, *app.info, *app.success))


def kept(home: Path, profile: str = SAMPLE_PROFILE, name: str = "") -> list[str]:
    with Store(Settings(home=home)) as store:
        return [track.track_id for track in store.list_tracks(profile, name)]


@pytest.mark.parametrize("page", PAGES)
def test_the_list_is_on_every_page(with_sample: Path, page: str) -> None:
    assert opened(page).button(key="staging_open").label == "Your list · 0 tracks"


def test_a_whole_list_of_discover_goes_into_the_list(with_sample: Path) -> None:
    app = opened("discover.py")
    run(app.button(key="discover_add_all").click())
    assert len(kept(with_sample)) == 20
    assert app.button(key="staging_open").label == "Your list · 20 tracks"
    run(app.button(key="discover_add_all").click())
    assert len(kept(with_sample)) == 20


def filled(home: Path) -> tuple[AppTest, list[str]]:
    """The page with three tracks in the list."""
    app = opened("history.py")
    keys = [b.key for b in app.button if (b.key or "").startswith("history_forgotten_add_")][:3]
    for key in keys:
        run(app.button(key=key).click())
    return run(app.switch_page("pages/playlists.py")), kept(home)


@pytest.mark.slow
def test_tracks_are_moved_removed_and_cleared(with_sample: Path) -> None:
    app, (first, second, third) = filled(with_sample)
    run(app.button(key=f"playlists_staging_down_{first}").click())
    assert kept(with_sample) == [second, first, third]
    run(app.button(key=f"playlists_staging_up_{third}").click())
    assert kept(with_sample) == [second, third, first]
    run(app.button(key=f"playlists_staging_remove_{third}").click())
    assert kept(with_sample) == [second, first]
    run(app.button(key="playlists_staging_clear").click())
    assert kept(with_sample) == []
    assert "Nothing in it yet." in told(app)


@pytest.mark.slow
def test_more_like_these_adds_five(with_sample: Path) -> None:
    app, tracks = filled(with_sample)
    run(app.button(key="playlists_staging_more").click())
    assert len(kept(with_sample)) == 8
    assert kept(with_sample)[:3] == tracks


def test_a_list_is_saved_opened_renamed_and_deleted(with_sample: Path) -> None:
    app, tracks = filled(with_sample)
    app.text_input(key="playlists_staging_name").set_value("Summer *2026*")
    run(app.button(key="playlists_staging_save").click())
    assert kept(with_sample, name="Summer *2026*") == tracks
    run(app.button(key="playlists_staging_save").click())
    assert any("already" in e.value for e in app.error)
    app = opened("playlists.py")
    run(app.button(key=f"playlists_saved_remove_{tracks[0]}").click())
    assert kept(with_sample, name="Summer *2026*") == tracks[1:]
    run(app.text_input(key="playlists_name_Summer *2026*").set_value("Autumn"))
    run(app.button(key="playlists_rename").click())
    assert kept(with_sample, name="Autumn") == tracks[1:]

    class Ai:
        profile = SAMPLE_PROFILE

    playlists_panel.delete(Ai, "Autumn")  # type: ignore[arg-type]
    assert "None yet. Put a list together" in told(opened("playlists.py"))


@pytest.mark.slow
def test_discover_starts_from_a_list(with_sample: Path) -> None:
    app, tracks = filled(with_sample)
    run(app.button(key="playlists_staging_seeds").click())
    assert app.title[0].value == "Discover"
    assert list(app.session_state["discover_seeds"]) == tracks


def test_a_track_that_is_gone_can_still_be_removed(own_history: Path) -> None:
    with Store(Settings(home=own_history)) as store:
        store.add_to_list("me", [ListEntry("gone", "Lost *song*", "Nobody")])
    app = opened("playlists.py")
    assert "No longer in your library" in told(app)
    assert app.button(key="playlists_staging_more").disabled
    run(app.button(key="playlists_staging_remove_gone").click())
    assert kept(own_history, "me") == []


def test_without_imported_playlists_the_page_says_what_brings_them(own_history: Path) -> None:
    assert "Spotify's account data and Exportify" in told(opened("playlists.py"))
