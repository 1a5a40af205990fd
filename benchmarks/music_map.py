"""How long the music map takes: to make at training, and to draw.

    python -m benchmarks.music_map --tracks 100000 --json

Everything timed is the product's own code on an invented library in memory
(``benchmarks.generate``). ``map_train_s`` is ``music_map.build`` on fitted components.
``map_draw_s`` is from the map in memory to its marks on the screen: what is drawn and its
hover texts, the figure and its JSON (``map_figure_s``), and where a Chromium is found,
Plotly's drawing of it in a headless one without a graphics card (``map_paint_s``). Beside them:
a path of 12 tracks, the tracks in a region, the file, and how true the picture is.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import plotly
import plotly.graph_objects as go

from benchmarks.generate import library as make_library
from musicai.ai_model import MusicAI
from musicai.data.periods import ALL
from musicai.models.music_map import MusicMap, build, main_genre, pack_map, path_between, within
from musicai.training.fit import TrainingConfig, fit_all
from musicai.ui import charts
from musicai.ui.map import page as map_panel

ROUNDS = 3
"""Drawings and questions are timed so often; the median counts."""

PATHS = 5

_SCRIPT = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"

_PAINT = """async (text) => {
    const began = performance.now();
    const figure = JSON.parse(text);
    await Plotly.newPlot('map', figure.data, figure.layout, {});
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    return (performance.now() - began) / 1000;
}"""


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what the work returned."""
    started = time.perf_counter()
    value = work()
    return time.perf_counter() - started, value


def median(work: Callable[[], Any]) -> float:
    """Median seconds of some rounds."""
    return statistics.median(timed(work)[0] for _ in range(ROUNDS))


def figure_of(music: MusicAI, music_map: MusicMap) -> go.Figure:
    """The page's figure, coloured by genre, with nothing kept from before."""
    view = map_panel.view(music, music_map, ALL)
    genre = main_genre(music.features.genres)[view.dots.rows]
    chart = charts.plot_map_by_genre(view.dots, genre, charts.MapOverlay(), map_panel.HEIGHT)
    return chart.figure


def paint(text: str) -> float | None:
    """Seconds until a headless Chromium shows the figure; None where there is none."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        return None
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 (only for the paint)

    flags = ["--no-sandbox", "--use-gl=swiftshader", "--enable-webgl", "--ignore-gpu-blocklist"]
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=browser, args=flags)
        page = opened.new_page(viewport={"width": 1280, "height": 900})
        page.set_content("<div id='map' style='width:700px'></div>")
        page.add_script_tag(path=str(_SCRIPT))
        seconds = [float(page.evaluate(_PAINT, text)) for _ in range(ROUNDS)]
        opened.close()
    return seconds[0]  # the first: a person waits for that one


def walks(music: MusicAI, music_map: MusicMap) -> float:
    """Median seconds of a path of 12 tracks between two at random."""
    random = np.random.default_rng(0)
    taken = []
    while len(taken) < PATHS:
        start, end = (int(row) for row in random.choice(len(music_map.xy), 2, replace=False))
        if music.features.recording[start] == music.features.recording[end]:
            continue
        seconds, _ = timed(
            lambda start=start, end=end: path_between(
                music_map,
                start,
                end,
                12,
                artist=music.features.artist,
                recording=music.features.recording,
            )
        )
        taken.append(seconds)
    return statistics.median(taken)


def measure(tracks: int, seed: int = 0) -> dict[str, Any]:
    """All figures of one size; see the module for what each is."""
    library = make_library(tracks, 10 * tracks, seed)
    fitted = fit_all(library, TrainingConfig(method="als"))
    features = fitted.described.features
    train_s, music_map = timed(lambda: build(features, fitted.components, seed))
    music = MusicAI(library=library, features=features, components=fitted.components)
    figure_s = median(lambda: figure_of(music, music_map).to_json())
    text = figure_of(music, music_map).to_json()
    paint_s = paint(text)
    outline = [(-0.5, -0.5), (0.5, -0.4), (0.4, 0.5), (-0.4, 0.4)]
    return {
        "tracks": tracks,
        "map_train_s": train_s,
        "map_draw_s": figure_s + (paint_s or 0.0),
        "map_figure_s": figure_s,
        "map_paint_s": paint_s,
        "map_path_s": walks(music, music_map),
        "map_region_s": median(lambda: within(music_map, outline)),
        "map_json_mb": len(text) / 2**20,
        "map_file_mb": len(pack_map(music_map)) / 2**20,
        **{
            name: music_map.told[name]
            for name in ("trustworthiness", "trustworthiness_pca", "kept", "kept_pca")
        },
    }


def main(argv: list[str] | None = None) -> int:
    """Measure one size and print it; with ``--json``, one object as the last line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.music_map", description=main.__doc__
    )
    parser.add_argument("--tracks", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    figures = measure(options.tracks, options.seed)
    shown = {k: round(v, 4) if isinstance(v, float) else v for k, v in figures.items()}
    if options.json:
        print(json.dumps(shown))
    else:
        for name, value in shown.items():
            print(f"{name:20} {value}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
