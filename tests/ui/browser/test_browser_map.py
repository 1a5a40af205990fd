"""The map in a real browser: a click shows a track, a lasso a region, and zoom stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from musicai.core.settings import Settings
from musicai.store import Store
from musicai.training.fit import TrainingConfig
from musicai.training.train import train
from tests import browser as real

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        real.CHROMIUM is None, reason="no chromium here; apt-get install chromium to run this"
    ),
    # asyncio's and the browser pipe's own leftovers are not ours to close
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

_SPOT = """() => {
    const graph = document.querySelector('.js-plotly-plot'), all = graph._fullLayout;
    const trace = graph._fullData.find(one => one.meta === 1 && one.x.length > 1);
    const box = graph.getBoundingClientRect();
    return [box.x + all.xaxis._offset + all.xaxis.l2p(trace.x[0]),
            box.y + all.yaxis._offset + all.yaxis.l2p(trace.y[0])];
}"""
"""Where one of the listener's marks is on the screen."""

_RANGE = "() => document.querySelector('.js-plotly-plot')._fullLayout.xaxis.range"


@pytest.fixture
def address(own_history: Path) -> Iterator[str]:
    settings = Settings(home=own_history)
    with Store(settings) as store:
        train(store, settings, "me", TrainingConfig(method="als", evaluate=False))
    with real.server(own_history) as found:
        yield found


@pytest.fixture
def chromium() -> Iterator[Browser]:
    with real.chromium() as opened:
        yield opened


def drawn(page: Page) -> dict[str, Any]:
    """The map's ground, once marks are on it."""
    ground = page.locator(".js-plotly-plot .nsewdrag").first
    ground.wait_for()
    page.wait_for_timeout(1_000)
    box = ground.bounding_box()
    assert box is not None
    return dict(box)


def test_a_click_and_a_lasso(chromium: Browser, address: str) -> None:
    with real.page(chromium) as page:
        page.goto(f"{address}/map")
        drawn(page)
        at_first = page.evaluate(_RANGE)
        page.locator('.modebar-btn[data-title="Zoom out"]').click()
        page.wait_for_timeout(500)
        whole = page.evaluate(_RANGE)
        assert whole[1] > 1.5 * at_first[1]
        x, y = page.evaluate(_SPOT)
        page.mouse.move(x - 3, y - 3)
        page.mouse.move(x, y, steps=4)
        page.wait_for_timeout(500)
        page.mouse.down()
        page.mouse.up()
        expect(page.get_by_text("Nearest:")).to_be_visible()
        assert page.evaluate(_RANGE) == pytest.approx(whole), "the view stays as it was"
        page.get_by_role("radio", name="Lasso").click()
        expect(page.get_by_text("Draw round a region to list its tracks.")).to_be_visible()
        box = drawn(page)
        left, top = box["x"] + 5, box["y"] + 5
        right, low = left + box["width"] - 10, top + box["height"] - 10
        page.mouse.move(left, top)
        page.mouse.down()
        for corner in ((right, top), (right, low), (left, low), (left, top)):
            page.mouse.move(*corner, steps=5)
        page.mouse.up()
        expect(page.get_by_text("40 tracks", exact=True)).to_be_visible()
        page.get_by_role("button", name="Start from the top 10").first.click()
        page.wait_for_url("**/discover**")
