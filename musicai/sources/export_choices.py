"""What a person decided, read back from musicai's own export."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from musicai.data.feedback import (
    EXCLUSION_KINDS,
    VERDICTS,
    Choices,
    Exclusion,
    Feedback,
    MatchDecision,
)
from musicai.data.parsed import ParsedFile
from musicai.sources.export_rows import NAME, Bad, Rows, track_id
from musicai.sources.values import clean, iso_seconds, latest, yes


class ChoiceRows(Rows):
    """``exclusions``, ``matches`` and ``feedback``: what the person decided."""

    def __init__(self, file: str, unit: str) -> None:
        super().__init__(file, unit)
        self._made: dict[str, list[Any]] = {name: [] for name in _CHOICES}

    def _sort(self, table: str, get: dict[str, Sequence[str]]) -> Bad:
        bad: Bad = {}
        for place, fields in enumerate(zip(*get.values(), strict=True)):
            made = _CHOICES[table](*(field.strip() for field in fields))
            if isinstance(made, str):
                bad[place] = made
            else:
                self._made[table].append(made)
        return bad

    def parts(self) -> list[ParsedFile]:
        """One part of kind "choices"."""
        made = self._made
        choices = Choices(
            tuple(made["exclusions"]), tuple(made["matches"]), tuple(made["feedback"])
        )
        part = replace(self.empty(), choices=choices, read=len(choices))
        return self._counted([part] if len(choices) else [])

    def empty(self) -> ParsedFile:
        """A part without rows."""
        return ParsedFile(file=self.file, format=NAME, kind="choices")


def _second(text: str) -> int:
    return int(iso_seconds([text])[0]) if text else -1


def _exclusion(kind: str, value: str, since: str, until: str) -> Exclusion | str:
    if kind not in EXCLUSION_KINDS:
        return f"excludes neither of {', '.join(EXCLUSION_KINDS)}"
    if kind == "period":
        start, end = _second(since), _second(until)
        return Exclusion("period", "", start, end) if 0 <= start < end else "is no period of time"
    value = track_id(value) if kind == "track" else clean(value)
    return Exclusion(kind, value) if value else f"does not say which {kind} is meant"  # type: ignore[arg-type]


def _decision(first: str, second: str, same: str) -> MatchDecision | str:
    one, other, answer = track_id(first), track_id(second), yes(same)
    if not one or not other or one == other or answer < 0:
        return "is no decision on two tracks"
    return MatchDecision.of(one, other, bool(answer))


def _verdict(track: str, verdict: str, given_at: str) -> Feedback | str:
    one, given = track_id(track), _second(given_at)
    if not one or verdict not in VERDICTS or not 0 <= given <= latest():
        return "is no verdict on a track at a time"
    return Feedback(one, verdict, given)  # type: ignore[arg-type]


_CHOICES: dict[str, Callable[..., object]] = {
    "exclusions": _exclusion,
    "matches": _decision,
    "feedback": _verdict,
}
