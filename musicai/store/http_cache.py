"""What open data hosts answered, kept so that nothing is asked twice."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.sqlite import insert as upsert

from musicai.store import schema
from musicai.store.connection import OpenStore

AT_ONCE = 500
"""Questions of one query; SQLite bounds the number of its parameters."""


class AnswerStore(OpenStore):
    """The part of the store that keeps answers of open data; they belong to no profile."""

    def answers_get(
        self, endpoint: str, questions: Sequence[str]
    ) -> dict[str, tuple[str | None, int]]:
        """Question → body (JSON, None where the host knows nothing) and epoch seconds it came.

        Questions that were never answered are absent.
        """
        table = schema.answers.c
        found: dict[str, tuple[str | None, int]] = {}
        with self.reading() as connection:
            for start in range(0, len(questions), AT_ONCE):
                query = select(table.question, table.body, table.fetched_at).where(
                    table.endpoint == endpoint,
                    table.question.in_(questions[start : start + AT_ONCE]),
                )
                for question, body, fetched_at in connection.execute(query):
                    found[question] = (body, fetched_at)
        return found

    def answers_put(
        self, endpoint: str, answers: Sequence[tuple[str, str | None]], *, fetched_at: int
    ) -> None:
        """Keep answers in one transaction; a later one replaces an earlier one.

        Args:
            endpoint: What was asked.
            answers: Pairs of question and body (JSON, None where the host knows nothing).
            fetched_at: When they came, epoch seconds.
        """
        rows = [
            {"endpoint": endpoint, "question": question, "body": body, "fetched_at": fetched_at}
            for question, body in answers
        ]
        if not rows:
            return
        new = upsert(schema.answers)
        replacing = new.on_conflict_do_update(
            set_={"body": new.excluded.body, "fetched_at": new.excluded.fetched_at}
        )
        with self.writing() as connection:
            connection.execute(replacing, rows)

    def answers_counts(self) -> dict[str, tuple[int, int]]:
        """Endpoint → how many questions were answered, and for how many nothing is known."""
        table = schema.answers.c
        query = (
            select(table.endpoint, func.count(), func.count(table.body))
            .group_by(table.endpoint)
            .order_by(table.endpoint)
        )
        with self.reading() as connection:
            return {
                endpoint: (known, total - known)
                for endpoint, total, known in connection.execute(query)
            }

    def answers_forget(self, *, older_than: int | None = None) -> int:
        """Delete answers, all or those that came before ``older_than`` (epoch seconds).

        Returns:
            How many were deleted.
        """
        query = delete(schema.answers)
        if older_than is not None:
            query = query.where(schema.answers.c.fetched_at < older_than)
        with self.writing() as connection:
            return int(connection.execute(query).rowcount)
