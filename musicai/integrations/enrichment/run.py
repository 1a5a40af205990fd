"""The work itself: the allowed steps one after another, and what they found as a catalogue."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import TypeVar

from musicai.core.errors import HostUnavailable, NeedsToken, OpenDataError
from musicai.core.progress import Progress, no_progress, part
from musicai.data.library import LINK_KINDS
from musicai.integrations.enrichment.artist_matching import Recognised, recognise
from musicai.integrations.enrichment.catalog import LICENCE, tables, track_id
from musicai.integrations.enrichment.discovery import CandidateFinder
from musicai.integrations.enrichment.plan import (
    FRESH,
    FURTHER,
    RECOGNISE,
    SIMILAR,
    SPOTIFY,
    TAGS,
    TOP,
    EnrichmentStep,
    Plan,
)
from musicai.integrations.metabrainz import OpenData, RecordingName, Resolved
from musicai.store import Store

logger = logging.getLogger(__name__)

CATALOGUE = "Open data"
"""What a new personal catalogue is called."""

DETAILS = "details"
"""Names, years, genres and popularity of what the steps found; belongs to all of them."""

_T = TypeVar("_T")

_MINUTES = {RECOGNISE: 3.0, SIMILAR: 4.0, TOP: 2.0, TAGS: 0.5, FRESH: 1.0, FURTHER: 1.0}
"""How long a step takes beside the others."""


@dataclass
class StepOutcome:
    """How a step ended."""

    step: str
    found: int = 0
    """Recordings that it brought first."""
    failures: int = 0
    """Questions without an answer."""
    problem: str = ""
    """What stopped the first of them, and what to do; "" where nothing did."""


@dataclass
class Enrichment:
    """What came of it all."""

    artists: int
    """Asked about."""
    recognised: int
    catalogue: str = ""
    """The personal catalogue's name; "" where nothing was found and it was left as it was."""
    tracks: int = 0
    """New tracks in the catalogue."""
    links: dict[str, int] = field(default_factory=dict)
    """Kind of link → how many."""
    steps: list[StepOutcome] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether every question was answered."""
        return not any(one.failures for one in self.steps)


class _Guarded:
    """Keeps what stopped a step, so that the other steps and what came before are not lost."""

    def __init__(self, outcome: StepOutcome) -> None:
        self.outcome = outcome

    def __call__(self, do: Callable[[], _T]) -> _T | None:
        try:
            return do()
        except OpenDataError as error:
            self.outcome.failures += 1
            # a host that is out of order tells more than the token that one call lacked
            first = not self.outcome.problem
            if first or (isinstance(error, HostUnavailable) and not isinstance(error, NeedsToken)):
                self.outcome.problem = str(error)
            return None


def enrich(
    store: Store,
    profile: str,
    plan: Plan,
    steps: Sequence[EnrichmentStep],
    client: OpenData,
    progress: Progress = no_progress,
    *,
    today: date | None = None,
    chance: random.Random | None = None,
    offline: Mapping[RecordingName, Resolved] = MappingProxyType({}),
) -> Enrichment:
    """Do the steps and keep what they found as the profile's personal catalogue.

    Every answer is kept as it comes: run again, it goes on where it was stopped. Where a host
    fails, the other steps are done and what was found counts. Nothing found changes nothing.

    Args:
        store: Where the catalogue goes.
        profile: Whose it is.
        plan: ``plan_for`` of the profile's library.
        steps: What the person allowed (``steps.checked``).
        client: Asks the hosts.
        progress: Told of every request.
        today: Later releases are left out; the machine's date unless given.
        chance: Draws the order in which is asked.
        offline: Recordings of planned tracks that a dump named; they are not asked for.

    Raises:
        Cancelled: as ``progress`` does; the answers so far are kept, the catalogue as it was.
        DataError: the catalogue cannot be written.
    """
    guard = _Guarded(StepOutcome(RECOGNISE.name))
    outcomes = [guard.outcome]
    progress = _onwards(progress)
    spans = _spans(steps, progress)
    known = recognise(plan, client, guard, spans[RECOGNISE], offline)
    finder = CandidateFinder(
        plan, client, guard, known, today or date.today(), chance or random.Random()
    )
    for step in steps:
        if step in (RECOGNISE, SPOTIFY):
            continue
        guard.outcome = StepOutcome(step.name)
        outcomes.append(guard.outcome)
        finder.progress = client.progress = spans[step]
        before = len(finder.candidates)
        _WORK[step](finder)
        guard.outcome.found = len(finder.candidates) - before
    client.progress = part(progress, 0.9, 1.0)
    guard.outcome = StepOutcome(DETAILS)
    outcomes.append(guard.outcome)
    finder.describe()
    guard.outcome.found = sum(one.facts is not None for one in finder.candidates.values())
    if SPOTIFY in steps:
        guard.outcome = StepOutcome(SPOTIFY.name)
        outcomes.append(guard.outcome)
        finder.spotify()
        guard.outcome.found = sum(bool(one.spotify) for one in finder.candidates.values())
    done = Enrichment(len(plan.artists), len(known.artists), steps=outcomes)
    _keep(store, profile, finder, known, done)
    return done


def _onwards(progress: Progress) -> Progress:
    """A progress that never goes back: calls within a step each tell of themselves alone."""
    reached = 0.0

    def report(fraction: float, note: str = "") -> None:
        nonlocal reached
        reached = max(reached, fraction)
        progress(reached, note)

    return report


def _spans(steps: Sequence[EnrichmentStep], progress: Progress) -> dict[EnrichmentStep, Progress]:
    """The part of the progress that belongs to each step; the last tenth describes the finds."""
    timed = [step for step in steps if step in _MINUTES]
    whole = sum(_MINUTES[step] for step in timed)
    spans: dict[EnrichmentStep, Progress] = {}
    at = 0.0
    for step in timed:
        upto = at + 0.9 * _MINUTES[step] / whole
        spans[step] = part(progress, at, upto)
        at = upto
    return spans


_WORK: dict[EnrichmentStep, Callable[[CandidateFinder], None]] = {
    SIMILAR: CandidateFinder.similar,
    TOP: CandidateFinder.top,
    TAGS: CandidateFinder.tags,
    FRESH: CandidateFinder.fresh,
    FURTHER: CandidateFinder.further,
}


def _keep(
    store: Store, profile: str, finder: CandidateFinder, known: Recognised, done: Enrichment
) -> None:
    store.put_recordings(profile, known.recordings)
    frame, links = tables(finder.candidates.values(), known.own, finder.plan.played)
    if not len(links):
        logger.info("open data: nothing new was found")
        return
    kept = store.put_personal_catalogue(profile, CATALOGUE, frame, links, LICENCE)
    best_last = sorted(finder.candidates.values(), key=lambda one: one.listeners or 0)
    by_track = {track_id(one): one.listened.recording for one in best_last}
    found = by_track.keys() & set(links["track_id"])
    store.put_recordings(profile, {track: by_track[track] for track in sorted(found)})
    done.catalogue = kept.name
    done.tracks = int(links["track_id"].nunique())
    counts = links["kind"].value_counts()
    done.links = {kind: int(counts[kind]) for kind in LINK_KINDS if counts.get(kind)}
