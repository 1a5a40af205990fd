"""When a model is trained without being asked: after an import, and every so many days.

Nothing runs in the background for it: the dashboard looks when it is open, and
``musicai train --if-due`` can be called by whatever starts programs at a time. A training is
due when the last one is old enough and there is anything new to learn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from musicai.core.settings import Settings
from musicai.models.registry.registry import BUNDLED, info_of
from musicai.store import Store

AFTER_IMPORT = "after_import"
"""Profile setting: one of ``HOWS``."""

EVERY_DAYS = "retrain_days"
"""Profile setting: days from one training to the next; 0 for never."""

How = Literal["train", "update", "nothing"]
HOWS: Mapping[How, str] = {
    "train": "Train in full",
    "update": "Update with new plays",
    "nothing": "Leave it as it is",
}
INTERVALS: Mapping[int, str] = {0: "never", 7: "every week", 30: "every month"}


@dataclass(frozen=True)
class Due:
    """Whether a training is due."""

    due: bool
    why: str
    """One sentence."""


def after_import(values: Mapping[str, Any]) -> How:
    """What happens after an import, by a profile's settings."""
    chosen = values.get(AFTER_IMPORT)
    return next((how for how in HOWS if how == chosen), "train")


def due(store: Store, settings: Settings, profile: str, now: datetime | None = None) -> Due:
    """Whether the profile's schedule asks for a training now.

    Args:
        store: The database.
        settings: Where versions are.
        profile: Whose.
        now: The clock if None.
    """
    days = int(store.settings_of(profile).get(EVERY_DAYS) or 0)
    if days <= 0:
        return Due(False, "No schedule is set.")
    version = store.profile(profile).active_version
    if version in (None, BUNDLED):
        return Due(False, "Nothing was trained yet; the first training is started by hand.")
    info = info_of(settings, store, str(version))
    if info.problem:
        return Due(True, "The version in use cannot be used.")
    moment = datetime.fromisoformat(info.created_at)
    age = (now or datetime.now(UTC)) - moment
    if age < timedelta(days=days):
        return Due(False, f"The last training was {age.days} days ago.")
    said = int(info.sizes.get("feedback", 0)) != len(store.feedback(profile))
    if info.fingerprint == store.fingerprint(profile) and not said:
        return Due(False, "There is nothing new to learn.")
    return Due(True, f"The last training was {age.days} days ago, and there is something new.")
