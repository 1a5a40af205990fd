"""How long until the first page can be used, beside the same for a one-line Streamlit page.

    python -m benchmarks.first_page --rounds 5 --json

Each round starts a fresh server with an empty data folder, waits until it is healthy, and
opens its first page in a headless Chromium that has no cache: time runs from the address to
a heading on the screen, with the page's script run to its end. The dashboard and the one-line
page (``st.title``) take turns, so that a busy machine disturbs both. ``ratio`` is that of the
medians. ``start_*`` adds the start of the server's process.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 120.0
"""Seconds after which a server or a page counts as failed."""

ONE_LINE = 'import streamlit as st; st.title("One line")\n'

USEFUL = """() => {
    const app = document.querySelector("[data-testid=stApp]");
    const heading = document.querySelector("[data-testid=stMain] h1, [data-testid=stMain] h2");
    return app && app.dataset.testScriptState === "notRunning" && heading
        && heading.getBoundingClientRect().height > 0;
}"""
"""A heading is on the screen, and the script has run to its end."""


def main(argv: list[str] | None = None) -> int:
    """Measure and print; with ``--json``, one object as the last line. 2 without Chromium."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.first_page", description=main.__doc__
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("benchmarks.first_page: there is no chromium here; install it.", file=sys.stderr)
        return 2
    if options.rounds < 1:
        parser.error("--rounds must be 1 or more")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            found = measure(browser, options.rounds)
        finally:
            browser.close()
    for name, value in found.items():
        print(f"{name:18} {value}")
    if options.json:
        print(json.dumps(found))
    return 0


def measure(browser: Browser, rounds: int) -> dict[str, Any]:
    """Seconds of both pages in turns, their medians, and the ratios of these."""
    taken: dict[str, list[tuple[float, float]]] = {"app": [], "one_line": []}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            plain = Path(folder) / "one_line.py"
            plain.write_text(ONE_LINE, "utf-8")
            for name, script in (("one_line", plain), ("app", ROOT / "streamlit_app.py")):
                home = Path(folder) / f"home-{name}"
                home.mkdir()
                taken[name].append(_first_page(browser, script, home))
    return summary(taken)


def summary(taken: dict[str, list[tuple[float, float]]]) -> dict[str, Any]:
    """Medians of (seconds to the first page, the same with the server's start), and ratios."""
    found: dict[str, Any] = {"rounds": len(taken["app"])}
    for at, prefix in enumerate(("", "start_")):
        app, one_line = (
            statistics.median(one[at] for one in taken[name]) for name in ("app", "one_line")
        )
        found |= {
            f"{prefix}app_s": round(app, 3),
            f"{prefix}one_line_s": round(one_line, 3),
            f"{prefix}ratio": round(app / one_line, 3),
        }
    return found


def _first_page(browser: Browser, script: Path, home: Path) -> tuple[float, float]:
    """Seconds from the address to a useful page, and from the start of the process."""
    started = time.perf_counter()
    with _server(script, home) as address:
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        try:
            page = context.new_page()
            opened = time.perf_counter()
            page.goto(address, wait_until="commit")
            page.wait_for_function(USEFUL, timeout=1e3 * PATIENCE, polling=10)
            done = time.perf_counter()
        finally:
            context.close()
    return done - opened, done - started


@contextmanager
def _server(script: Path, home: Path) -> Iterator[str]:
    """A server on a port of its own, healthy; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    command += ["--server.headless", "true", "--server.port", str(port)]
    command += ["--browser.gatherUsageStats", "false"]
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "MUSICAI_HOME": str(home)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _await_health(f"http://127.0.0.1:{port}/_stcore/health", process, home)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=30)


def _await_health(url: str, process: subprocess.Popen[bytes], home: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.02)
    told = (home / "server.log").read_text("utf-8", "replace")[-2000:]
    raise RuntimeError(f"the server did not start:\n{told}")


if __name__ == "__main__":
    sys.exit(main())
