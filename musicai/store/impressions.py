"""What was shown to the listener, and the experiments that it was shown in.

Impressions are written in one transaction a list; the oldest go when there are more than
``MOST_SHOWN`` of a profile, so that years of lists do not slow anything down.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from musicai.core.errors import DataError, NotFound
from musicai.data.feedback import Experiment, Impression
from musicai.store import schema
from musicai.store.connection import OpenStore

MOST_SHOWN = 200_000
"""Impressions kept of a profile, and at most a thousandth part more."""

_SHOWN, _EXPERIMENTS = schema.impressions, schema.experiments
_FIELDS = tuple(Impression.__dataclass_fields__)


class ShowingStore(OpenStore):
    """The part of the store that remembers lists and experiments."""

    def note_shown(self, profile: str, shown: Sequence[Impression]) -> None:
        """Remember one list."""
        if not shown:
            return
        rows = [{"profile": profile, **asdict(one)} for one in shown]
        with self.writing() as connection:
            connection.execute(insert(_SHOWN), rows)
            newest = connection.execute(select(func.max(_SHOWN.c.id))).scalar_one()
            # counting them walks all of a profile: once for every thousandth part of them
            if newest % max(MOST_SHOWN // 1_000, 1) < len(rows):
                _clear_out(connection, profile)

    def impressions(
        self, profile: str, *, since: int = 0, experiment: int | None = None
    ) -> list[Impression]:
        """What was shown since a moment (in seconds since 1970) or in an experiment, in order."""
        query: Select[Any] = (
            select(*[_SHOWN.c[name] for name in _FIELDS])
            .where(_SHOWN.c.profile == profile, _SHOWN.c.shown_at >= since)
            .order_by(_SHOWN.c.id)
        )
        if experiment is not None:
            query = query.where(_SHOWN.c.experiment == experiment)
        with self.reading() as connection:
            return [Impression(*row) for row in connection.execute(query)]

    # --- experiments ------------------------------------------------------------------

    def begin_experiment(self, profile: str, a: Mapping[str, Any], b: Mapping[str, Any]) -> int:
        """Begin to compare two sides blind; its id.

        Raises:
            DataError: one is going on already.
        """
        values = {
            "profile": profile,
            "a": json.dumps(dict(a), sort_keys=True),
            "b": json.dumps(dict(b), sort_keys=True),
            "started_at": int(time.time()),
        }
        going_on = select(func.count()).where(
            _EXPERIMENTS.c.profile == profile, _EXPERIMENTS.c.ended_at.is_(None)
        )
        with self.writing() as connection:
            if connection.execute(going_on).scalar():
                raise DataError("A blind experiment is going on already. End it first.")
            made = connection.execute(insert(_EXPERIMENTS), values).inserted_primary_key
        assert made is not None  # of an insert of one row
        return int(made[0])

    def end_experiment(self, profile: str, number: int, verdict: Mapping[str, Any]) -> None:
        """End an experiment with what was found.

        Raises:
            NotFound: there is none of that number, or it has ended.
        """
        with self.writing() as connection:
            ended = connection.execute(
                update(_EXPERIMENTS)
                .where(
                    _EXPERIMENTS.c.profile == profile,
                    _EXPERIMENTS.c.id == number,
                    _EXPERIMENTS.c.ended_at.is_(None),
                )
                .values(ended_at=int(time.time()), verdict=json.dumps(dict(verdict)))
            )
            if not ended.rowcount:
                raise NotFound(f"There is no experiment {number} going on in profile {profile!r}.")

    def experiments(self, profile: str) -> list[Experiment]:
        """All of a profile, newest first."""
        query = (
            select(_EXPERIMENTS)
            .where(_EXPERIMENTS.c.profile == profile)
            .order_by(_EXPERIMENTS.c.id.desc())
        )
        with self.reading() as connection:
            return [_experiment(row) for row in connection.execute(query)]

    def running_experiment(self, profile: str) -> Experiment | None:
        """The one that is going on; None without one."""
        return next((one for one in self.experiments(profile) if one.ended_at is None), None)


def _clear_out(connection: Connection, profile: str) -> None:
    """Delete the oldest impressions of a profile beyond ``MOST_SHOWN``."""
    mine = _SHOWN.c.profile == profile
    newest_first = select(_SHOWN.c.id).where(mine).order_by(_SHOWN.c.id.desc())
    last = connection.execute(newest_first.offset(MOST_SHOWN).limit(1)).scalar()
    if last is not None:
        connection.execute(delete(_SHOWN).where(mine, _SHOWN.c.id <= last))


def _experiment(row: Row[Any]) -> Experiment:
    verdict = json.loads(row.verdict) if row.verdict else {}
    return Experiment(
        row.id, json.loads(row.a), json.loads(row.b), row.started_at, row.ended_at, verdict
    )
