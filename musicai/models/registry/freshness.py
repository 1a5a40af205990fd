"""How far a version is behind the data it serves, and whether an update is enough.

An update goes on from a version instead of learning anew. It measures nothing, keeps the
weights, and drifts from what a full training would give; so after some of them, or after
much new listening, a full training is recommended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from musicai.data.library import Library
from musicai.models.registry.registry import VersionInfo

MOST_UPDATES = 5
"""After so many updates in a row a full training is recommended."""

MOST_NEW = 0.2
"""Share of new plays, of what was trained on, beyond which a full training is recommended."""


@dataclass(frozen=True)
class Update:
    """How a version came from another; kept in its manifest as ``update``."""

    updated_from: str
    """The version it went on from."""
    trained_as: str
    """The version at the beginning of the row, which was trained and measured in full."""
    in_a_row: int
    """Updates since then, this one included."""
    sweeps: int
    """Over the data, from the factors of before."""
    refitted: tuple[str, ...]
    """Components that were fitted anew, as nothing cheaper is exact."""
    new_plays: int
    """Plays and playlist rows more than ``updated_from`` had; below 0 for fewer."""
    new_tracks: int
    """Own tracks that ``updated_from`` did not know."""
    trained_on: int
    """Plays and playlist rows of ``trained_as``."""
    now: int
    """Plays and playlist rows of this version."""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self) | {"refitted": list(self.refitted)}


@dataclass(frozen=True)
class Behind:
    """What a library has that a version was not trained on."""

    changed: bool
    """Whether the data are others at all."""
    new_plays: int
    """Plays and playlist rows more than the version had; below 0 for fewer."""
    new_tracks: int
    """Own tracks more than the version had; below 0 for fewer."""
    in_a_row: int
    """Updates that the version is away from a full training."""
    share: float
    """Plays and playlist rows more or fewer than that training had, as a share of them."""

    @property
    def advice(self) -> str:
        """Why a full training is recommended rather than an update; "" where it is not."""
        if self.in_a_row >= MOST_UPDATES:
            return (
                f"{self.in_a_row} updates in a row: a full training is recommended, which also "
                "measures again and learns the weights again."
            )
        if self.share > MOST_NEW:
            return (
                f"{self.share:.0%} of what it was trained on is new or gone: a full training is "
                "recommended, which also measures again and learns the weights again."
            )
        return ""


def count_training_rows(library: Library) -> int:
    """Plays and playlist rows that a training learns from."""
    return len(library.plays) + len(library.training_items())


def read_trained_sizes(sizes: Mapping[str, int]) -> int:
    """The same of the sizes in a manifest."""
    return int(sizes.get("plays", 0)) + int(sizes.get("playlist_rows", 0))


def first_of(info: VersionInfo) -> tuple[str, int, int]:
    """The training at the beginning: its version, what it learned from, and updates since."""
    told = info.update
    return (
        str(told.get("trained_as", info.version)),
        int(told.get("trained_on", read_trained_sizes(info.sizes))),
        int(told.get("in_a_row", 0)),
    )


def behind(info: VersionInfo, library: Library) -> Behind:
    """How far a version is behind a library of its profile."""
    _, first, in_a_row = first_of(info)
    now = count_training_rows(library)
    own = int(library.tracks["own"].sum())
    return Behind(
        changed=info.fingerprint != library.fingerprint,
        new_plays=now - read_trained_sizes(info.sizes),
        new_tracks=own - int(info.sizes.get("own_tracks", own)),
        in_a_row=in_a_row,
        share=abs(now - first) / max(first, 1),
    )


def verdicts_since(info: VersionInfo, feedback: int) -> int:
    """Verdicts on tracks more than a version has learned from; below 0 for fewer."""
    return feedback - int(info.sizes.get("feedback", 0))


def why_not(info: VersionInfo | None, library: Library, feedback: int = 0) -> str:
    """Why this version cannot be updated, and what helps; "" where it can.

    Args:
        info: The version in use; None for none.
        library: The data as they are.
        feedback: Verdicts on tracks, in all.
    """
    if info is None:
        return "There is no version of your own to go on from yet. “Retrain” makes one."
    if info.bundled:
        return (
            "The version in use came with musicai, and an update needs one of your own. "
            "“Retrain” makes one."
        )
    if info.fingerprint == library.fingerprint and not verdicts_since(info, feedback):
        return "Nothing is new since the version in use was made."
    return ""
