"""What hosts answered before, so that nothing is asked twice within its age."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from musicai.integrations.metabrainz.transport import Clock, SystemClock
from musicai.store import Store

Answer = tuple[str | None, int]
"""The JSON text of an answer, None where the host knows nothing; the epoch second it came."""


class AnswerCache(Protocol):
    """Answers by endpoint and question, both plain text."""

    def get(self, endpoint: str, question: str) -> Answer | None:
        """What was answered; None where it was never asked."""

    def get_many(self, endpoint: str, questions: Sequence[str]) -> dict[str, Answer]:
        """The same for many questions at once; those never asked are absent."""

    def put(self, endpoint: str, answers: Sequence[tuple[str, str | None]]) -> None:
        """Keep answers, all of them or none; a later one replaces an earlier one."""


class StoredAnswers:
    """The cache in the database of musicai."""

    def __init__(self, store: Store, clock: Clock | None = None) -> None:
        self._store = store
        self._clock = SystemClock() if clock is None else clock

    def get(self, endpoint: str, question: str) -> Answer | None:
        """What was answered; None where it was never asked."""
        return self._store.answers_get(endpoint, [question]).get(question)

    def get_many(self, endpoint: str, questions: Sequence[str]) -> dict[str, Answer]:
        """The answers that are there."""
        return self._store.answers_get(endpoint, questions)

    def put(self, endpoint: str, answers: Sequence[tuple[str, str | None]]) -> None:
        """Keep answers in one transaction."""
        self._store.answers_put(endpoint, answers, fetched_at=int(self._clock.wall()))
