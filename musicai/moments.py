"""Moments of the week: sixteen slots, three hours each, on weekdays and at weekends.

Slots are counted in UTC, for what was played and for what is asked alike: a listener's evening is
the same slot all year, but for the hour of daylight saving.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from musicai.periods import zone

HOURS = 3
"""Length of a slot."""

A_DAY = 24 // HOURS
SLOTS = 2 * A_DAY
"""Weekday slots from midnight on, then those of Saturday and Sunday."""

_DAY = 86_400
_SINCE_MONDAY = 3
"""1 January 1970 was a Thursday."""


def slots(seconds: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
    """(n,) the slot of each moment, given in seconds since 1970."""
    day, within = np.divmod(np.asarray(seconds, dtype=np.int64), _DAY)
    weekend = (day + _SINCE_MONDAY) % 7 >= 5
    return np.asarray(weekend * A_DAY + within // (3600 * HOURS), dtype=np.int32)


def slot_of(moment: datetime) -> int:
    """The slot of one moment."""
    return int(slots(np.array([moment.timestamp()]))[0])


def named(slot: int, timezone: str, near: datetime | None = None) -> str:
    """A slot in a listener's own hours: "weekdays, 18:00 to 21:00".

    Args:
        slot: 0 to ``SLOTS`` − 1.
        timezone: Of the listener, such as "Europe/Berlin".
        near: When it is asked, which decides on daylight saving; now if left out.

    Raises:
        QueryError: there is no such zone.
    """
    now = datetime.now(UTC) if near is None else near
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    begins = today + timedelta(hours=HOURS * (slot % A_DAY))
    local = begins.astimezone(zone(timezone))
    ends = local + timedelta(hours=HOURS)
    days = "weekends" if slot >= A_DAY else "weekdays"
    return f"{days}, {local:%H:%M} to {ends:%H:%M}"
