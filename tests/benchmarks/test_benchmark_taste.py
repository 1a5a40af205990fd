"""The benchmark of taste and history prints what it says."""

from __future__ import annotations

import json

import pytest

from benchmarks import music_map, taste


def test_it_prints_every_figure(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        music_map, "measure", lambda tracks, seed: {"map_train_s": 1.5, "map_draw_s": 0.5}
    )
    assert taste.main(["--plays", "3000", "--tracks", "300", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["plays"] == 3000
    assert (told["map_train_s"], told["map_draw_s"]) == (1.5, 0.5)
    assert all(told[name] > 0 for name in ("cold_s", "cached_ms", "period_ms", "history_cold_s"))


def test_all_plays_are_the_owners() -> None:
    made = taste.own_library(2_000, 200, 0)
    assert made.listeners == ("you",)
    assert (made.plays["listener"] == 0).all()
    assert taste.measure(2_000, 200, maps=False)["map_train_s"] is None
