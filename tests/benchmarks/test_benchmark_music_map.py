"""The benchmark of the music map: it runs, and its figures are those of the product."""

from __future__ import annotations

import json

import pytest

from benchmarks import music_map


@pytest.fixture(autouse=True)
def no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(music_map, "paint", lambda text: None)


def test_it_measures_what_the_issue_asks_for() -> None:
    found = music_map.measure(200)
    assert found["tracks"] == 200
    assert 0 < found["map_train_s"] < 60
    assert found["map_draw_s"] == found["map_figure_s"] > 0
    assert found["map_paint_s"] is None
    assert found["trustworthiness"] > found["trustworthiness_pca"]


def test_a_paint_counts_as_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(music_map, "paint", lambda text: 5.0 if '"customdata"' in text else 0.0)
    found = music_map.measure(100)
    assert found["map_draw_s"] == pytest.approx(found["map_figure_s"] + 5.0)


def test_the_last_line_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert music_map.main(["--tracks", "100", "--json"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["tracks"] == 100
    assert {"map_train_s", "map_draw_s"} <= found.keys()
