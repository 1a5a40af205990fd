"""How the model does in use: lists made, how fast, how varied, and what became of them.

How long a list took stands in the log (``musicai.log``, one JSON object a line); what was
shown stands in the database. Both are read here, day by day. Nothing is measured that is not
there anyway, and nothing leaves the machine.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from musicai.core.settings import Settings
from musicai.data.arrays import TrackFeatures
from musicai.data.feedback import Feedback, Impression
from musicai.data.genre_mix import divergence, mix_of, mixes
from musicai.data.library import Library
from musicai.data.sessions import mark_completed, seconds

logger = logging.getLogger(__name__)

EVENT = "list"
"""``event`` of the log lines that tell of a list."""

ENOUGH = 50
"""Plays on each side below which a shift of taste is not told from chance."""


# --- noting ---------------------------------------------------------------------------


def note_list(taken: float, length: int, mode: str, version: str | None) -> None:
    """Write one list to the log.

    Args:
        taken: Seconds.
        length: Tracks.
        mode: The list's mode.
        version: The model version that answered.
    """
    told = {"event": EVENT, "seconds": round(taken, 4), "n": length, "mode": mode}
    logger.info("list", extra={"fields": {**told, "version": version or ""}})


# --- reading --------------------------------------------------------------------------


@dataclass(frozen=True)
class ServingDay:
    """The lists of one day (UTC)."""

    day: date
    n: int
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True)
class ShownDay:
    """What was shown on one day (UTC)."""

    day: date
    shown: int
    """Places of lists."""
    tracks: int
    """Different tracks."""
    artists: float
    """Different artists among them, as a share of the tracks; 0 to 1."""
    accepted: int
    """Of the tracks: liked, or played to the end later."""
    refused: int
    """Of the tracks: disliked, or their artist ruled out."""


def serving_days(settings: Settings) -> list[ServingDay]:
    """How long lists took, day by day, oldest first; as far back as the log goes."""
    taken: dict[date, list[float]] = {}
    for line in log_lines(settings):
        if line.get("event") == EVENT:
            try:
                day = datetime.fromisoformat(str(line["time"])).date()
                taken.setdefault(day, []).append(1e3 * float(line["seconds"]))
            except (KeyError, ValueError):
                continue
    return [
        ServingDay(day, len(ms), float(np.percentile(ms, 50)), float(np.percentile(ms, 95)))
        for day, ms in sorted(taken.items())
    ]


def log_lines(settings: Settings) -> Iterator[Mapping[str, Any]]:
    """The log, oldest first; lines that are no JSON object are passed over."""
    paths = sorted(settings.logs.glob("musicai.log*"), key=lambda path: path.name, reverse=True)
    for path in paths:
        try:
            text = path.read_text("utf-8", errors="replace")
        except OSError:
            continue
        for line in text.splitlines():
            try:
                found = json.loads(line)
            except ValueError:
                continue
            if isinstance(found, dict):
                yield found


def summarize_days(
    library: Library,
    features: TrackFeatures,
    shown: Sequence[Impression],
    feedback: Iterable[Feedback],
) -> list[ShownDay]:
    """What was shown and what became of it, day by day, oldest first.

    A verdict or a play counts for every day before it on which the track was shown.

    Args:
        library: For plays after a track was shown.
        features: For artists.
        shown: Impressions.
        feedback: All verdicts of the profile.
    """
    days: dict[date, Counter[str]] = {}
    for one in shown:
        day = datetime.fromtimestamp(one.shown_at, UTC).date()
        days.setdefault(day, Counter())[one.track_id] += 1
    liked, refused = (
        _last_said(feedback, ("like",)),
        _last_said(feedback, ("dislike", "never_artist")),
    )
    played = _last_played(library)
    return [
        _summarize_day(day, tracks, library, features, (liked, played, refused))
        for day, tracks in sorted(days.items())
    ]


def _summarize_day(
    day: date,
    tracks: Counter[str],
    library: Library,
    features: TrackFeatures,
    known: tuple[Mapping[str, int], Mapping[str, int], Mapping[str, int]],
) -> ShownDay:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
    liked, played, refused = known
    rows = library.vocabulary.rows(list(tracks))
    artists = features.artist[rows[rows >= 0]]
    accepted = sum(max(liked.get(t, -1), played.get(t, -1)) >= start for t in tracks)
    return ShownDay(
        day=day,
        shown=tracks.total(),
        tracks=len(tracks),
        artists=len(np.unique(artists)) / len(artists) if len(artists) else 0.0,
        accepted=accepted,
        refused=sum(refused.get(track, -1) >= start for track in tracks),
    )


def _last_said(feedback: Iterable[Feedback], verdicts: Sequence[str]) -> dict[str, int]:
    """Track id → when one of these verdicts was last given."""
    found: dict[str, int] = {}
    for one in feedback:
        if one.verdict in verdicts:
            found[one.track_id] = max(one.given_at, found.get(one.track_id, 0))
    return found


def _last_played(library: Library) -> dict[str, int]:
    """Track id → when the owner last heard it out."""
    plays = library.plays
    wanted = (plays["listener"].to_numpy() == 0) & mark_completed(plays)
    rows, at = plays["track"].to_numpy()[wanted], seconds(plays["played_at"])[wanted]
    last = np.zeros(library.n_tracks, dtype=np.int64)
    np.maximum.at(last, rows, at)
    ids = library.vocabulary.ids
    return {str(ids[row]): int(last[row]) for row in np.flatnonzero(last)}


# --- how far the data moved -----------------------------------------------------------


@dataclass(frozen=True)
class Moved:
    """The listening since a version was trained beside that before."""

    before: int
    """Plays before, of tracks of known genre."""
    since: int
    divergence: float | None
    """Kullback–Leibler divergence (nats, smoothed) of the genre mix since from that before; None
    with fewer than ``ENOUGH`` plays on either side."""


def measure_drift(library: Library, features: TrackFeatures, since: datetime) -> Moved:
    """How far the owner's genre mix has moved since a moment."""
    plays = library.plays
    mine = plays["listener"].to_numpy() == 0
    late = seconds(plays["played_at"]) >= since.timestamp()
    rows = plays["track"].to_numpy()
    known = ~np.isnan(features.genres[:, 0])[rows] & mine
    shares = mixes(features.genres)
    old, new = (np.bincount(rows[known & part], minlength=len(shares)) for part in (~late, late))
    n_old, n_new = int(old.sum()), int(new.sum())
    if min(n_old, n_new) < ENOUGH:
        return Moved(n_old, n_new, None)
    wanted, found = mix_of(shares, new), mix_of(shares, old)
    return Moved(n_old, n_new, float(divergence(wanted, found)))
