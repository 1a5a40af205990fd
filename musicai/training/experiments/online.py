"""A blind experiment on the lists that a person sees: what was shown, and what it says so far.

Each list that was shown is one judgement at most. It is credited by the verdicts given on its
tracks, and by what later imports show was played to its end after it was listed; a verdict goes
before a play. Both count for the last list before them that held the track.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np

from musicai.core.errors import QueryError
from musicai.data.feedback import Experiment, Feedback, Impression
from musicai.data.library import Library
from musicai.data.sessions import mark_completed
from musicai.models import PRESETS
from musicai.store import Store
from musicai.training.experiments.interleaving import Interleaved, Team, judge
from musicai.training.experiments.sequential_test import Verdict, decide

PLAYED_WITHIN = 30 * 86_400
"""Seconds after a list was shown in which a play may be owed to it."""


def sides(a: str, b: str, preset_a: str = "", preset_b: str = "") -> tuple[Mapping[str, str], ...]:
    """The two sides of an experiment.

    Args:
        a: A version's name.
        b: Another's, or the same with another preset.
        preset_a: A preset of weights (``recommenders.PRESETS``); "" for the version's own.
        preset_b: Likewise.

    Raises:
        QueryError: both sides are the same, or there is no such preset.
    """
    for preset in (preset_a, preset_b):
        if preset and preset not in PRESETS:
            raise QueryError(f"There is no preset {preset!r}; choose from {', '.join(PRESETS)}.")
    found = ({"version": a, "preset": preset_a}, {"version": b, "preset": preset_b})
    if found[0] == found[1]:
        raise QueryError("Both sides are the same; choose another version or other weights.")
    return found


def plays_since(library: Library, since: int) -> list[tuple[str, int]]:
    """(track id, seconds since 1970) of the owner's plays that were heard out, in order."""
    plays = library.plays
    at = plays["played_at"].to_numpy(dtype="datetime64[s]").astype(np.int64)
    wanted = (plays["listener"].to_numpy() == 0) & mark_completed(plays) & (at >= since)
    ids = library.vocabulary.ids
    rows = plays["track"].to_numpy()[wanted]
    return sorted(
        ((str(ids[row]), int(when)) for row, when in zip(rows, at[wanted], strict=True)),
        key=lambda play: play[1],
    )


def outcomes(
    shown: Sequence[Impression], feedback: Iterable[Feedback], plays: Iterable[tuple[str, int]] = ()
) -> list[int]:
    """One outcome for each list on which anything was said: +1 for a, −1 for b, 0 for a tie.

    Args:
        shown: The experiment's impressions in the order in which they were shown.
        feedback: All verdicts of the profile.
        plays: (track id, seconds since 1970) of plays that were heard out.
    """
    starts = [place for place, one in enumerate(shown) if one.rank == 1]
    lists = [
        (shown[start].shown_at, shown[start:end]) for start, end in pairwise([*starts, len(shown)])
    ]
    events: list[list[tuple[str, str]]] = [[] for _ in lists]
    held: dict[str, list[int]] = {}
    for number, (_, rows) in enumerate(lists):
        for one in rows:
            held.setdefault(one.track_id, []).append(number)

    def last_with(track: str, when: int) -> int | None:
        """Place of the last list up to a moment that held a track."""
        places = held.get(track, [])
        at = bisect_right(places, when, key=lambda place: lists[place][0])
        return places[at - 1] if at else None

    for track, when in plays:
        place = last_with(track, when)
        if place is not None and when - lists[place][0] <= PLAYED_WITHIN:
            events[place].append((track, "like"))
    for verdict in sorted(feedback, key=lambda one: one.given_at):
        place = last_with(verdict.track_id, verdict.given_at)
        if place is not None:
            events[place].append((verdict.track_id, verdict.verdict))
    return [
        judge(_list(rows), said).outcome
        for (_, rows), said in zip(lists, events, strict=True)
        if said
    ]


def _list(rows: Sequence[Impression]) -> Interleaved[str]:
    teams: tuple[Team, ...] = tuple("a" if one.team == "a" else "b" for one in rows)
    return Interleaved(tuple(one.track_id for one in rows), teams)


def so_far(store: Store, profile: str, running: Experiment, library: Library) -> Verdict:
    """What an experiment says now."""
    shown = store.impressions(profile, experiment=running.id)
    plays = plays_since(library, running.started_at)
    return decide(outcomes(shown, store.feedback(profile), plays))
