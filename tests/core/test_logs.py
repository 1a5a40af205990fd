from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from musicai.core.logging import log_duration, setup_logging
from musicai.core.settings import Settings

logger = logging.getLogger("musicai.test")


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Take the handlers away again, so that the next test has its own file."""
    root = logging.getLogger("musicai")
    level, before = root.level, list(root.handlers)
    yield
    for handler in list(root.handlers):
        if handler not in before:
            root.removeHandler(handler)
            handler.close()
    root.setLevel(level)


def test_lines_go_to_one_file_once(settings: Settings) -> None:
    path = setup_logging(settings)
    assert setup_logging(settings) == path == settings.logs / "musicai.log"
    logger.info("hello %d", 1)
    logger.debug("not this")
    [line] = path.read_text("utf-8").splitlines()
    told = json.loads(line)
    assert re.fullmatch(r"\d{4}-.*\+00:00", told.pop("time"))
    assert isinstance(told.pop("process"), int)
    assert told == {"level": "INFO", "logger": "musicai.test", "message": "hello 1"}


def test_fields_and_the_kind_of_an_exception_are_told(settings: Settings) -> None:
    path = setup_logging(settings)
    try:
        raise KeyError("a secret")
    except KeyError:
        logger.warning("broken", exc_info=True, extra={"fields": {"seconds": 0.5, "event": "x"}})
    text = path.read_text("utf-8")
    told = json.loads(text)
    assert (told["seconds"], told["event"], told["exception"]) == (0.5, "x", "KeyError")
    assert "secret" not in text


def test_another_home_has_its_own_file(settings: Settings, tmp_path: Path) -> None:
    first = setup_logging(settings)
    second = setup_logging(Settings(home=tmp_path / "other"))
    logger.info("there")
    assert json.loads(second.read_text("utf-8"))["message"] == "there"
    assert not first.exists()


def test_the_file_is_rotated(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("musicai.core.logging.LOG_BYTES", 300)
    path = setup_logging(settings)
    for number in range(60):
        logger.info("line %d", number)
    files = sorted(p.name for p in path.parent.iterdir())
    assert files == ["musicai.log", *(f"musicai.log.{n}" for n in range(1, 6))]
    assert path.stat().st_size <= 300
    assert "line 59" in path.read_text("utf-8")


def test_a_file_held_by_others_goes_on(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("musicai.core.logging.LOG_BYTES", 50)

    def refuse(*_: object) -> None:
        raise PermissionError

    path = setup_logging(settings)
    monkeypatch.setattr("os.rename", refuse)
    for number in range(3):
        logger.info("line %d", number)
    lines = [json.loads(line)["message"] for line in path.read_text("utf-8").splitlines()]
    assert lines == ["line 0", "line 1", "line 2"]


def test_an_unwritable_home_costs_the_log_alone(settings: Settings) -> None:
    settings.logs.write_text("in the way")
    setup_logging(settings)
    logger.info("still here")


def test_timed_tells_how_long_and_how_it_ended(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        with log_duration(logger, "reading"):
            raise KeyError("a secret")

    with caplog.at_level(logging.INFO, "musicai"):
        with log_duration(logger, "work"):
            pass
        with pytest.raises(KeyError):
            fail()
    first, second = caplog.messages
    assert re.fullmatch(r"work took \d+\.\d{3} s", first)
    assert re.fullmatch(r"reading stopped after \d+\.\d{3} s \(KeyError\)", second)
