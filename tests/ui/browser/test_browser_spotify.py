"""The whole way to Spotify and back in a real browser, against a stub on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="the browser tests need playwright")

from playwright.sync_api import Browser, Page

from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.parsed import ReadOptions
from musicai.library.importing import import_files
from musicai.store import Store
from tests import browser as real
from tests.browser import Story
from tests.histories import history, unknown_tracks
from tests.open_data_stub import Stub
from tests.spotify_stub import CLIENT_ID, SpotifyWorld, track

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


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    with Stub() as running:
        monkeypatch.setenv("MUSICAI_SPOTIFY_HOST", running.address)
        yield running


@pytest.fixture
def world(stub: Stub) -> SpotifyWorld:
    """Top lists with some of the profile's own tracks, told with other ids."""
    own = [track(n, f"Song {n - 1}", f"Nobody Known {n % 7}") for n in range(1, 13)]
    return SpotifyWorld(stub, songs=[*own, track(90, "Far Away", "Nobody Here")], saved=130)


@pytest.fixture
def address(home: Path, settings: Settings, stub: Stub) -> Iterator[str]:
    with Store(settings) as store:
        files = [("Streaming_History_Audio_2024.json", history(unknown_tracks(), 360))]
        import_files(store, settings, "me", files, ReadOptions(), no_progress)
    with real.server(home) as found:
        yield found


def through(walk: Story, key: str, name: str) -> Story:
    """Sign in: Spotify opens in a new tab and comes back in it, which is another session."""
    with walk.page.context.expect_page() as opening:
        walk.page.locator(f"{walk.key(key)} a").first.click()
    back: Page = opening.value
    back.set_default_timeout(real.PATIENCE)
    after = Story(back, name, Path(PICTURES) if PICTURES else None)
    back.get_by_role("heading").first.wait_for()
    after.settle()
    assert "code=" not in back.url
    assert "state=" not in back.url
    return after


@pytest.mark.parametrize("width", [1280, 400])
def test_from_the_set_up_to_the_way_out(
    width: int, world: SpotifyWorld, address: str, home: Path
) -> None:
    with real.chromium() as browser:
        _walked(browser, width, world, address, home)


def _walked(browser: Browser, width: int, world: SpotifyWorld, address: str, home: Path) -> None:
    scheme = "dark" if width == 400 else "light"
    with real.page(browser, width=width, scheme=scheme) as first:
        page = first
        walk = Story(page, f"spotify-{width}", Path(PICTURES) if PICTURES else None)
        page.goto(f"{address}/connect")
        page.locator(walk.key("connect_client_id")).wait_for()
        walk.settle()
        walk.shot("set-up")
        page.locator(f"{walk.key('connect_client_id')} input").fill(f"  {CLIENT_ID} ")
        page.get_by_role("button", name="Keep").click()
        page.locator(walk.key("connect_sign_in")).wait_for()
        walk.settle()
        walk.shot("sign-in")

        walk = through(walk, "connect_sign_in", f"spotify-{width}-signed")
        page = walk.page
        page.get_by_text("Connected as").wait_for()
        walk.shot("connected")
        walk.press("spotify_read_all")
        page.get_by_text("12 of 13").first.wait_for()
        walk.settle()
        walk.shot("lists")
        walk.press("spotify_seeds")
        page.get_by_role("heading", name="Discover", exact=True).wait_for()
        walk.settle()
        assert walk.listed()
        page.get_by_role("button", name="Export").click()
        walk.press("discover_send")
        page.get_by_role("heading", name="Send", exact=True).wait_for()
        page.locator(walk.key("send_allow")).wait_for()
        walk.settle()
        walk.shot("allow")

        walk = through(walk, "send_allow", f"spotify-{width}-writing")
        page = walk.page
        page.get_by_role("heading", name="Send", exact=True).wait_for()
        page.locator(f"{walk.key('send_name')} input").fill("For the evening")
        walk.press("send_now")
        page.get_by_text("is in your account with").wait_for()
        walk.settle()
        walk.shot("sent")
        (made,) = world.made
        assert (made.name, made.public) == ("For the evening", False)
        assert made.uris
        assert len(set(made.uris)) == len(made.uris)

        made.uris = []
        page.goto(f"{address}/connect")  # a reload ends the session, as it is meant to
        walk.settle()
        assert page.get_by_text("Connected as").count() == 0
        walk = through(walk, "connect_sign_in", f"spotify-{width}-again")
        page = walk.page
        walk.press(f"connect_update_{made.playlist_id}")
        page.get_by_role("heading", name="Send", exact=True).wait_for()
        walk = through(walk, "send_allow", f"spotify-{width}-update")
        page = walk.page
        walk.press("send_now")
        page.get_by_text("is in your account with").wait_for()
        assert made.uris
        assert len(world.made) == 1

        _leave(walk)
    _nothing_is_left(home)


def _leave(walk: Story) -> None:
    opener = walk.page.get_by_test_id("stExpandSidebarButton")
    folded = opener.count() > 0
    if folded:
        opener.click()
        walk.page.wait_for_timeout(500)
    walk.go("Connect")
    if folded:
        walk.page.get_by_test_id("stSidebarCollapseButton").locator("button").click()
        walk.page.wait_for_timeout(500)
    walk.shot("made-from-here")
    walk.press("connect_disconnect")
    walk.page.get_by_text("Disconnect from Spotify?").wait_for()
    walk.shot("way-out")
    walk.press("connect_leave")
    walk.page.locator(walk.key("connect_sign_in")).wait_for()
    walk.settle()
    assert walk.page.get_by_text("Connected as").count() == 0


def _nothing_is_left(home: Path) -> None:
    with Store(Settings(home=home)) as store:
        assert not store.list_sent("me", "acc-stub-user")
    held = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    for word in (b"secret-", b"Far Away", b"stub-user"):
        assert word not in held, word
