"""Sentences from what moved the score."""

from __future__ import annotations

from musicai.models.base import Reason
from musicai.ranking.recommend import sentence

REASONS = {
    "content": [Reason("content", "it is like X", 1.0), Reason("content", "weaker", 0.1)],
    "rules": [Reason("rules", "it fits chill", 1.0)],
    "popularity": [],
}


def told(parts: dict[str, float], novelty: float = 0.0) -> str:
    return sentence(parts, lambda name: REASONS.get(name, []), novelty)


def test_the_strongest_contribution_speaks() -> None:
    assert told({"content": 0.5, "rules": 0.1}) == "Because it is like X."
    assert told({"content": 0.1, "rules": 0.5}) == "Because it fits chill."


def test_a_close_second_speaks_too() -> None:
    assert told({"content": 0.5, "rules": 0.4}) == "Because it is like X; and it fits chill."


def test_what_did_not_help_is_not_a_reason() -> None:
    assert told({"content": 0.0, "rules": -0.2}).startswith("Nothing known")
    assert told({}).startswith("Nothing known")
    assert told({"popularity": 0.9, "content": 0.8}) == "Because it is like X."


def test_the_dial_can_be_the_reason() -> None:
    assert "little known" in told({"novelty": 0.5}, 1.0)
    assert "well known" in told({"novelty": 0.5}, -1.0)


def test_a_name_that_ends_with_a_full_stop_needs_no_second() -> None:
    told = sentence({"a": 1.0}, lambda name: [Reason("a", "you play Ruth B.", 1.0)])
    assert told == "Because you play Ruth B."
