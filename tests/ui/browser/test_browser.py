"""Three first-time stories in a real browser: the sample, a bare history, a playlist file."""

from __future__ import annotations

import csv
import io
import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("playwright", reason="the browser tests need playwright")

from playwright.sync_api import Browser

from benchmarks.generate import extended_history
from tests import browser as real
from tests.browser import Story
from tests.integrations.test_enrichment import world
from tests.library.test_neighbours import history
from tests.open_data_stub import Stub

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(400),
    pytest.mark.skipif(
        real.CHROMIUM is None, reason="no chromium here; apt-get install chromium to run this"
    ),
    # asyncio's and the browser pipe's own leftovers are not ours to close
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

PICTURES = os.environ.get("MUSICAI_SCREENSHOTS")
UPLOADER = "[class*='st-key-import_files'] input[type=file]"
TRAINED_SECONDS = 240

EXPORTIFY_HEADER = (
    "Track URI,Track Name,Album Name,Artist Name(s),Release Date,Duration (ms),Popularity,"
    "Explicit,Added By,Added At,Genres,Record Label,Danceability,Energy,Key,Loudness,Mode,"
    "Speechiness,Acousticness,Instrumentalness,Liveness,Valence,Tempo,Time Signature"
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with real.chromium() as opened:
        yield opened


@pytest.fixture
def address(home: Path) -> Iterator[str]:
    with real.server(home) as found:
        yield found


def story(name: str, page: real.Page) -> Story:
    return Story(page, name, Path(PICTURES) if PICTURES else None)


def the_sidebar_job_ends(walk: Story) -> None:
    """Wait until no job is shown any more."""
    walk.page.wait_for_function(
        "!document.querySelector('.st-key-cancel_side')", timeout=TRAINED_SECONDS * 1000
    )
    walk.settle()


def versions(home: Path) -> set[str]:
    folder = home / "models"
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def import_file(walk: Story, address: str, name: str, data: bytes) -> None:
    walk.page.goto(address)
    walk.settle()
    walk.shot("first-start")
    walk.page.locator(UPLOADER).set_input_files(
        files=[{"name": name, "mimeType": "application/octet-stream", "buffer": data}]
    )
    button = walk.page.locator(f"{walk.key('import_start')} button:not([disabled])")
    button.wait_for()
    walk.shot("file-chosen")
    button.click()
    walk.page.get_by_text("You have not heard these").first.wait_for(timeout=90_000)
    walk.settle()
    walk.shot("imported")


def a_slider_moves_the_list(walk: Story, key: str) -> None:
    walk.go("Discover")
    before = walk.listed()
    assert before
    walk.shot("discover")
    before, after = walk.moved_list(key)
    assert after != before, "the slider moved nothing"
    walk.shot("slider-moved")


def a_retrain_brings_a_new_version(walk: Story, home: Path) -> None:
    the_sidebar_job_ends(walk)
    walk.go("Models")
    walk.shot("models")
    before = versions(home)
    walk.press("retrain_start")
    walk.page.locator(walk.key("cancel_side")).first.wait_for()
    walk.shot("training")
    the_sidebar_job_ends(walk)
    assert versions(home) - before, "no new version"
    walk.shot("trained")


def test_no_data_yet_the_sample(chromium: Browser, address: str, home: Path) -> None:
    with real.page(chromium) as page:
        walk = story("sample", page)
        page.goto(address)
        walk.settle()
        walk.shot("first-start")
        walk.press("home_sample")
        page.get_by_text("You have not heard these").first.wait_for(timeout=90_000)
        walk.settle()
        walk.shot("home")
        assert page.get_by_text("invented").count()
        a_slider_moves_the_list(walk, "discover_w_popularity")
        for label in ("Taste", "History", "Map", "Library", "Settings"):
            walk.go(label)
            walk.shot(label.lower())
        a_verdict_moves_the_list_and_is_taken_back(walk)
        a_list_becomes_a_playlist(walk)
        a_click_opens_and_a_period_holds(walk)
        a_session_follows_an_arc(walk)
        a_retrain_brings_a_new_version(walk, home)


def a_verdict_moves_the_list_and_is_taken_back(walk: Story) -> None:
    """A thumb down takes the first track out at once; Feedback lists it, and takes it back."""
    walk.go("Discover")
    page, before = walk.page, walk.listed()
    track = before[0].removeprefix("st-key-why_")
    page.locator(f"{walk.key(f'discover_{track}_thumbs')} button").nth(1).click()
    page.get_by_text("counts less").wait_for()
    walk.settle()
    assert before[0] not in walk.listed()
    walk.shot("judged")
    walk.go("Feedback")
    page.get_by_text("Disliked,").first.wait_for()
    walk.shot("feedback")
    walk.press(f"feedback_undo_{track}")
    page.get_by_text("Nothing said yet").wait_for()
    walk.go("Discover")
    assert walk.listed() == before


def a_list_becomes_a_playlist(walk: Story) -> None:
    """Everything of Discover into the list, the list under a name, the name on Playlists."""
    walk.go("Discover")
    walk.press("discover_add_all")
    page = walk.page
    page.get_by_role("button", name="Your list · 20 tracks").click()
    page.get_by_role("dialog").get_by_label("Name of the playlist").fill("By the sea")
    page.get_by_role("dialog").get_by_role("button", name="Save as playlist").click()
    page.get_by_text("Saved as “By the sea”").wait_for()
    walk.shot("list")
    page.keyboard.press("Escape")
    walk.go("Playlists")
    page.get_by_text("Changed last on").wait_for()
    walk.shot("playlists")


def a_session_follows_an_arc(walk: Story) -> None:
    """The slider of what comes next moves the list, and Autoplay goes on from the last session."""
    walk.go("Discover")
    before, after = walk.moved_list("discover_w_sequence")
    assert before != after
    walk.page.locator(f"{walk.key('discover_when')} input").click()
    walk.page.get_by_role("option", name="Now", exact=True).click()
    walk.page.get_by_text(re.compile(r"For week(days|ends), ")).wait_for()
    walk.settle()
    walk.shot("now")
    walk.go("Autoplay")
    page = walk.page
    page.get_by_text("You heard last:").wait_for()
    walk.settle()
    walk.shot("autoplay")
    first = page.locator("[class*='st-key-autoplay_open_']").first.get_attribute("class")
    page.get_by_role("radio", name="Winding down").click()
    page.wait_for_function(
        "first => document.querySelector(\"[class*='st-key-autoplay_open_']\").className !== first"
        " || document.querySelectorAll(\"[class*='st-key-autoplay_open_']\").length !== 15",
        arg=first,
    )
    walk.settle()
    walk.shot("winding-down")


def a_click_opens_and_a_period_holds(walk: Story) -> None:
    """A mark of the week shows what is played then; the period chosen is that of the next page."""
    walk.go("History")
    page = walk.page
    week = page.locator(f"{walk.key('history_week')} .scatterlayer .point")
    week.nth(20).click(force=True)
    page.get_by_text(re.compile(r"s, \d+:00 to \d+:00")).first.wait_for()
    walk.settle()
    walk.shot("hour")
    page.locator(f"{walk.key('period')} input").click()
    page.get_by_role("option", name="6 months").click()
    page.get_by_text("counted back from the last play").wait_for()
    walk.settle()
    walk.go("Taste")
    page.get_by_text("counted back from the last play").wait_for()
    assert "period=6+months" in page.url
    walk.shot("taste-period")


def test_a_history_without_features(chromium: Browser, address: str, home: Path) -> None:
    """40,000 plays of 4,000 tracks that are in no table."""
    data = extended_history(plays=40_000, tracks=4_000, seed=1)
    with real.page(chromium) as page:
        walk = story("history", page)
        import_file(walk, address, "my_spotify_data.zip", data)
        a_slider_moves_the_list(walk, "discover_w_history")
        a_retrain_brings_a_new_version(walk, home)


def test_a_real_history(chromium: Browser, address: str, home: Path, shared: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((shared / "exports" / "spotify_extended").glob("Streaming*.json")):
            archive.write(path, f"Spotify Extended Streaming History/{path.name}")
    with real.page(chromium) as page:
        walk = story("real", page)
        import_file(walk, address, "my_spotify_data.zip", packed.getvalue())
        a_slider_moves_the_list(walk, "discover_w_history")
        walk.go("Taste")
        walk.shot("taste")
        a_retrain_brings_a_new_version(walk, home)


@pytest.fixture
def open_data(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    with Stub() as stub:
        world().serve(stub)
        monkeypatch.setenv("MUSICAI_OPEN_DATA_HOST", stub.address)
        yield stub


def test_open_data_from_leave_to_list(
    open_data: Stub, chromium: Browser, address: str, home: Path
) -> None:
    """One zip and a click: nothing is asked before it, and what is found is in the list."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("Streaming_History_Audio_2024_0.json", history("Foo", "Bar"))
    with real.page(chromium) as page:
        walk = story("open-data", page)
        page.goto(address)
        walk.settle()
        page.locator(UPLOADER).set_input_files(
            files=[{"name": "my.zip", "mimeType": "application/zip", "buffer": packed.getvalue()}]
        )
        start = page.locator(f"{walk.key('import_start')} button:not([disabled])")
        start.wait_for()
        start.click()
        page.locator(walk.key("cancel_side")).first.wait_for()
        the_sidebar_job_ends(walk)
        walk.go("Library")
        page.get_by_role("tab", name="New music").click()
        page.get_by_text("What would leave this machine").click()
        page.get_by_text("Never", exact=True).wait_for()
        walk.settle()
        walk.shot("preview")
        assert not open_data.seen, "asked before it was allowed"
        walk.press("open_data_run")
        page.get_by_text("that you never played, through 1 of 2 artists").wait_for(
            timeout=TRAINED_SECONDS * 1000
        )
        assert open_data.seen
        walk.settle()
        walk.shot("found")
        walk.go("Discover")
        walk.settle()
        walk.shot("discover")
        assert len(walk.listed()) > 1
        page.get_by_text("Zed Song 4").first.wait_for()
        page.get_by_text("similar to Foo, whom you played").first.wait_for()
        page.locator(walk.key("discover_filters")).locator("button").first.click()
        page.get_by_text("Fresh releases from artists you love").click()
        page.get_by_text("Only fresh releases.").first.wait_for()
        walk.settle()
        walk.shot("fresh")
        assert len(walk.listed()) == 1
        page.get_by_text("Brand New").first.wait_for()


def test_a_playlist_file_with_features(chromium: Browser, address: str, home: Path) -> None:
    with real.page(chromium) as page:
        walk = story("playlist", page)
        page.goto(address)
        walk.settle()
        page.locator(UPLOADER).set_input_files(
            files=[{"name": "Liked_Songs.csv", "mimeType": "text/csv", "buffer": exportify()}]
        )
        page.locator(f"{walk.key('import_start')} button:not([disabled])").click()
        consent = page.locator(f"{walk.key('consent_yes')} button")
        consent.wait_for(timeout=90_000)
        walk.settle()
        walk.shot("consent")
        consent.click()
        walk.settle()
        a_slider_moves_the_list(walk, "discover_novelty")
        a_retrain_brings_a_new_version(walk, home)


@pytest.mark.parametrize(
    "name", ["discover", "playlists", "taste", "history", "map", "library", "models", "settings"]
)
def test_a_cold_deep_link_shows_the_frame(chromium: Browser, address: str, name: str) -> None:
    with real.page(chromium, width=400, scheme="dark") as page:
        walk = story(f"cold-{name}", page)
        page.goto(f"{address}/{name}")
        page.get_by_role("heading", name=name.capitalize(), exact=True).first.wait_for()
        page.get_by_role("button", name="Try the sample listener").first.wait_for()
        walk.settle()
        walk.shot("cold")


def exportify(rows: int = 120) -> bytes:
    """A Liked Songs file as exportify.net writes it: BOM, ";" between artists, some blanks."""
    rng = np.random.default_rng(5)
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, lineterminator="\n")
    sink.write(EXPORTIFY_HEADER + "\n")
    for row in range(rows):
        unit = np.round(rng.uniform(0.05, 0.95, 7), 3).tolist()
        features: list[object] = [*unit[:2], row % 12, -round(rng.uniform(3, 20), 2), row % 2]
        features += [*unit[2:], round(rng.uniform(70, 180), 2), 4]
        if row % 10 == 0:
            features = [""] * len(features)
        artist = f"Artist {row % 23}" + (";Guest, the Second" if row % 9 == 0 else "")
        genre = ("indie pop,dream pop", "hard rock", "bebop", "")[row % 4]
        names = [f"spotify:track:{row:022d}", f"Song number {row}", f"Album {row // 6}", artist]
        facts = [f"{1990 + row % 30}-05-01", 180_000 + row, row % 100, "false", ""]
        added = f"2025-{1 + row // 12:02d}-{1 + row % 28:02d}T10:00:00Z"
        writer.writerow([*names, *facts, added, genre, "A label", *features])
    return ("\ufeff" + sink.getvalue()).encode()
