"""Matches that are only likely, for the person to confirm or to reject."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np

from musicai.catalogues import own_and_catalogue
from musicai.core.settings import Settings
from musicai.data.feedback import MatchDecision
from musicai.data.text_keys import recordings
from musicai.pairing import alike, pair
from musicai.store import Store

LISTED = 500
"""Doubts that are listed, the most played first."""


@dataclass(frozen=True)
class Doubt:
    """Two tracks that may be one recording."""

    track_id: str
    """The own track."""
    name: str
    artists: str
    other_id: str
    other_name: str
    other_artists: str
    other_origin: str
    """The catalogue's name, or "your music" for two own tracks."""
    score: float
    """Likeness, 0 to 1."""
    why: str
    plays: int
    """Plays of the own track."""


def doubtful(store: Store, settings: Settings, profile: str) -> tuple[Doubt, ...]:
    """What the person has not decided yet, the most played first, at most ``LISTED``.

    Kept in a side file by fingerprint, so only the first call after a change looks.
    """
    path = settings.cache / f"doubts-{store.fingerprint(profile)[:32]}.json"
    try:
        return tuple(Doubt(**row) for row in json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        pass
    found = tuple(_search(store, profile))
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(".tmp")
        beside.write_text(json.dumps([asdict(doubt) for doubt in found]), "utf-8")
        beside.replace(path)
    return found


def _search(store: Store, profile: str) -> Iterator[Doubt]:
    data, catalogue = own_and_catalogue(store, profile)
    own = data.tracks.reset_index(drop=True)
    decisions = store.decisions(profile)
    pairs = pair(own, catalogue, decisions)
    mine = data.plays.loc[data.plays["listener"] == 0, "track"].to_numpy()
    plays = np.bincount(mine, minlength=len(own))
    names = (own[name].astype(object).tolist() for name in ("artists", "name", "track_id"))
    every = [(doubt, catalogue, True) for doubt in pairs.doubts]
    every += [(doubt, own, False) for doubt in alike(own, recordings(*names))]
    decided = {(one.first, one.second) for one in decisions}
    every.sort(key=lambda one: (-int(plays[one[0].own]), -one[0].score, one[0].own))
    listed = 0
    for doubt, frame, foreign in every:
        left, right = own.loc[doubt.own], frame.loc[doubt.other]
        key = MatchDecision.of(str(left["track_id"]), str(right["track_id"]), same=True)
        if (key.first, key.second) in decided or key.first == key.second:
            continue
        yield Doubt(
            track_id=str(left["track_id"]),
            name=str(left["name"]),
            artists=str(left["artists"]),
            other_id=str(right["track_id"]),
            other_name=str(right["name"]),
            other_artists=str(right["artists"]),
            other_origin=str(right["origin"]) if foreign else OWN_ORIGIN,
            score=doubt.score,
            why=doubt.why,
            plays=int(plays[doubt.own]),
        )
        listed += 1
        if listed == LISTED:
            return


OWN_ORIGIN = "your music"
"""What the second of two own tracks comes from."""
