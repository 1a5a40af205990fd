"""What would leave the machine, to whom, and for how long: computed before the first call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from musicai.enrichment.picks import (
    BROWSED,
    FURTHER_ARTISTS,
    FURTHER_SEEDS,
    SIMILAR_ARTISTS,
    SIMILAR_SEEDS,
    TAGS_ASKED,
    TOP_SEEDS,
)
from musicai.enrichment.plan import Plan
from musicai.enrichment.steps import (
    FRESH,
    FURTHER,
    RECOGNISE,
    SIMILAR,
    SPOTIFY,
    TAGS,
    TOP,
    Step,
)

EXAMPLES = 5
"""Names that a preview lists of many."""

_BATCH = 50
"""Names or ids of one request, at worst."""


@dataclass(frozen=True)
class StepPreview:
    """One step before it is done."""

    step: Step
    examples: tuple[str, ...]
    """Some of what leaves, as it is sent; empty where that follows from earlier answers."""
    n_known: int
    """Names and ids that are known now to be sent."""
    requests: int
    """At most; what was answered before costs none."""


@dataclass(frozen=True)
class Preview:
    """All steps before they are done."""

    steps: tuple[StepPreview, ...]

    @property
    def requests(self) -> int:
        """At most, over all steps."""
        return sum(step.requests for step in self.steps)

    @property
    def minutes(self) -> int:
        """At most, at one request a second."""
        return ceil(self.requests / 60)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Who is asked, each once."""
        return tuple(dict.fromkeys(host for one in self.steps for host in one.step.hosts))


def preview(plan: Plan, steps: Sequence[Step], *, has_token: bool) -> Preview:
    """What the steps would send for a plan; asks nobody."""
    return Preview(tuple(_of(step, plan, has_token) for step in steps))


def _of(step: Step, plan: Plan, has_token: bool) -> StepPreview:
    names = tuple(artist.name for artist in plan.artists)
    if step is RECOGNISE:
        tracks = plan.tracks
        sent = tuple(f"{track.named.artist}: {track.named.title}" for track in tracks)
        known = len(tracks) + sum(bool(track.spotify) for track in tracks) + len(names)
        by_name = len(names) if not has_token else ceil(len(names) / _BATCH)
        requests = ceil(len(tracks) / _BATCH) + 2 * by_name + ceil(len(tracks) / 500)
        return StepPreview(step, sent[:EXAMPLES], known, requests)
    seeds, requests = {
        SIMILAR: (SIMILAR_SEEDS, 1 + SIMILAR_ARTISTS * BROWSED),
        TOP: (TOP_SEEDS, BROWSED),
        TAGS: (0, 0),
        FRESH: (len(names), 1),
        FURTHER: (FURTHER_SEEDS, 1 + FURTHER_ARTISTS * BROWSED),
        SPOTIFY: (0, 0),
    }[step]
    seeds = min(seeds, len(names))
    if step is TAGS:
        return StepPreview(step, (), 0, TAGS_ASKED + 4)
    if step is SPOTIFY:
        return StepPreview(step, (), 0, 40)
    return StepPreview(step, names[: min(EXAMPLES, seeds)], seeds, seeds * requests + 1)
