"""One artist or one track in somebody's history."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from musicai.core.errors import NotFound
from musicai.data.arrays import TrackFeatures
from musicai.data.library import BoolArray, Library
from musicai.data.text_keys import normalise
from musicai.insights.history.charts import Codes
from musicai.insights.history.model import Days
from musicai.insights.history.summary import HOUR_MS, days
from musicai.insights.taste import top_items
from musicai.insights.taste.plays import DAY, Long, Plays

TOP = 10
"""Tracks of an artist told."""


@dataclass(frozen=True)
class Detail:
    """What a listener has had to do with one artist or recording."""

    name: str
    artists: str
    """Who made it, joined by ", "; of an artist, empty."""
    rows: tuple[int, ...]
    """Its track rows in the library: of a recording its releases, of an artist all tracks."""
    plays: int
    """Full plays."""
    hours: float
    """Of all plays."""
    skipped: int
    """Plays that were skipped, of those that say so."""
    skip_known: int
    """Plays that say whether they were skipped."""
    first: str | None
    """``YYYY-MM-DD`` of the first play of any length, in the listener's zone; None without."""
    last: str | None
    rank: int | None
    """Among all that was played in full, 1 for the most; None without a full play."""
    of: int
    """How many artists or recordings were played in full."""
    days: Days | None
    """Its plays by day; None without any."""
    by_hour: tuple[int, ...]
    """(24,) full plays by local hour."""
    top: tuple[tuple[int, int], ...]
    """Track row and full plays of its most played recordings; of a track only itself."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values only."""
        return asdict(self)


def artist_detail(
    library: Library, features: TrackFeatures, codes: Codes, plays: Plays, name: str
) -> Detail:
    """One first artist.

    Args:
        library: The data.
        features: What is known of its tracks.
        codes: ``tops.codes(library, features)``.
        plays: All of the listener's.
        name: As the library spells it; letter case and accents do not matter.

    Raises:
        NotFound: no track of the library is by such an artist first.
    """
    number = _artist(features, name)
    return _detail(codes.artists, number, features.artist_names[number], "", codes, plays)


def track_detail(
    library: Library, features: TrackFeatures, codes: Codes, plays: Plays, track_id: str
) -> Detail:
    """One recording with all its releases.

    Raises:
        NotFound: there is no such track in the library.
    """
    row = int(library.vocabulary.rows([track_id])[0])
    if row < 0:
        raise NotFound(
            f"There is no track {track_id!r} in this profile or its catalogues. "
            "Look for it by name on Discover."
        )
    artists = top_items.artists_of(library.tracks["artists"].iat[row])
    number = int(codes.tracks[row])
    return _detail(codes.tracks, number, features.names[row], artists, codes, plays)


def _artist(features: TrackFeatures, name: str) -> int:
    if name in features.artist_names:
        return features.artist_names.index(name)
    wanted = normalise(name)
    for number, known in enumerate(features.artist_names):
        if wanted and normalise(known) == wanted:
            return number
    raise NotFound(
        f"No track in this profile or its catalogues is by {name!r}. "
        "Look for the artist by name on Discover."
    )


def _detail(code: Long, number: int, name: str, artists: str, codes: Codes, plays: Plays) -> Detail:
    member: BoolArray = np.asarray(code == number, dtype=np.bool_)
    mine = plays.only(member[plays.track])
    rank, of = _rank(code, number, plays)
    return Detail(
        name=name,
        artists=artists,
        rows=tuple(np.flatnonzero(member).tolist()),
        plays=int(mine.done.sum()),
        hours=float(mine.ms.sum()) / HOUR_MS,
        skipped=int((mine.skipped == 1).sum()),
        skip_known=int((mine.skipped >= 0).sum()),
        first=_day(mine, 0),
        last=_day(mine, -1),
        rank=rank,
        of=of,
        days=days(mine),
        by_hour=tuple(np.bincount(mine.hour[mine.done], minlength=24).tolist()),
        top=_top(codes, mine),
    )


def _rank(code: Long, number: int, plays: Plays) -> tuple[int | None, int]:
    """The place among all codes by full plays, and how many have any."""
    counted = code[plays.track[plays.done]]
    counts = np.bincount(counted[counted >= 0], minlength=number + 1)
    mine = int(counts[number])
    return (int((counts > mine).sum()) + 1 if mine else None), int((counts > 0).sum())


def _top(codes: Codes, mine: Plays) -> tuple[tuple[int, int], ...]:
    track = mine.track[mine.done].astype(np.int64)
    if not len(track):
        return ()
    recording = codes.tracks[track]
    unique, first, counts = np.unique(recording, return_index=True, return_counts=True)
    best = np.lexsort((unique, -counts))[:TOP]
    return tuple((int(track[first[at]]), int(counts[at])) for at in best)


def _day(plays: Plays, at: int) -> str | None:
    return str(np.datetime64(int(plays.local[at] // DAY), "D")) if len(plays) else None
