"""A real server and a real browser for the tests that need them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import ROOT

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
"""The system's browser; the tests are skipped where there is none."""

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""No sandbox, as tests may run as root; no traffic of the browser's own."""

PATIENCE = 60_000
"""Milliseconds to wait for a thing on the screen before the test fails."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(home: Path) -> Iterator[str]:
    """The dashboard on a fresh process and port; its address."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
    command += ["--server.headless", "true", "--server.port", str(port)]
    environment = {**os.environ, "MUSICAI_HOME": str(home)}
    log = home.parent / "server.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=sink, stderr=subprocess.STDOUT
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _await_health(f"{address}/_stcore/health", process, log)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=30)


def _await_health(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"the server did not start:\n{log.read_text('utf-8')[-2000:]}")


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def page(browser: Browser, *, width: int = 1280, scheme: str = "light") -> Iterator[Page]:
    """A page that refuses every address but loopback and fails on a script error."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        accept_downloads=True,
    )
    strangers: list[str] = []
    context.on(
        "request",
        lambda request: (
            strangers.append(request.url)
            if request.url.startswith("http") and "127.0.0.1" not in request.url
            else None
        ),
    )
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE)
    try:
        yield opened
        assert not strangers, f"the page called {strangers[:3]}"
    finally:
        context.close()


class Story:
    """One walk through the dashboard, with a screenshot of each step."""

    def __init__(self, opened: Page, name: str, folder: Path | None) -> None:
        self.page = opened
        self.name = name
        self._folder = folder
        self._step = 0

    def settle(self) -> None:
        """Wait until the script has run, and fail on an exception box."""
        self.page.wait_for_selector("[data-testid=stMain]")
        self.page.wait_for_function(
            "!document.querySelector('[data-testid=stStatusWidget]')"
            " && !document.querySelector('[data-testid=stSkeleton]')"
            " && !document.querySelector('[data-testid=stSpinner]')"
        )
        self.page.wait_for_timeout(400)
        assert self.page.locator("[data-testid=stException]").count() == 0

    def shot(self, what: str) -> None:
        """Keep the whole page as a picture, where the run asks for pictures."""
        self._step += 1
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        size = self.page.viewport_size or {"width": 1280, "height": 900}
        whole = "document.querySelector('[data-testid=stMain]').scrollHeight"
        height = min(int(self.page.evaluate(whole)) + 60, 4_000)
        self.page.set_viewport_size({"width": size["width"], "height": max(height, 900)})
        self.page.wait_for_timeout(500)
        path = self._folder / f"{self.name}-{self._step:02d}-{what}.png"
        self.page.screenshot(path=str(path))
        self.page.set_viewport_size({"width": size["width"], "height": size["height"]})

    def go(self, label: str) -> None:
        """Choose a page in the navigation."""
        links = self.page.locator("[data-testid=stSidebarNavLink]")
        links.filter(has_text=label).first.click()
        self.page.get_by_role("heading", name=label, exact=True).first.wait_for()
        self.settle()

    def key(self, key: str) -> str:
        """The selector of the element with this Streamlit key."""
        return f".st-key-{key}"

    def press(self, key: str) -> None:
        """Click the button with this key; one with a help is there twice, for phones and others."""
        self.page.locator(f"{self.key(key)} button:visible").first.click()

    def listed(self) -> list[str]:
        """Keys of the recommended tracks, in the order on the screen."""
        self.page.wait_for_selector("[class*='st-key-why_']")
        return list(
            self.page.eval_on_selector_all(
                "[class*='st-key-why_']",
                "all => all.map(one => [...one.classList].find(c => c.startsWith('st-key-why_')))",
            )
        )

    def slide(self, key: str, press: str) -> None:
        """Move the slider with this key by pressing a key on its handle."""
        handle = self.page.locator(f"{self.key(key)} input[type=range]").first
        handle.focus()
        handle.press(press)
        self.page.wait_for_timeout(300)
        self.settle()

    def moved_list(self, key: str) -> tuple[list[str], list[str]]:
        """The list before and after a slider goes to its end."""
        before = self.listed()
        self.slide(key, "End")
        deadline = time.monotonic() + 20
        while self.listed() == before and time.monotonic() < deadline:
            self.page.wait_for_timeout(200)
        return before, self.listed()
