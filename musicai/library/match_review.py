"""What is there more than once: releases of one recording, and repeats in playlists."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from musicai.core.files import atomic_write
from musicai.core.settings import Settings
from musicai.data.feedback import MatchDecision
from musicai.data.library import Library
from musicai.data.text_keys import recording_key, recordings
from musicai.library.assemble import load_own_and_catalogue
from musicai.library.matching import find_similar_titles, match_records
from musicai.store import Store


@dataclass(frozen=True)
class RecordingRelease:
    """One of several own tracks of a recording."""

    track_id: str
    name: str
    artists: str
    album: str
    plays: int


@dataclass(frozen=True)
class MergedRecording:
    """A recording with several own tracks: one for taste, apart in the history."""

    releases: tuple[RecordingRelease, ...]
    """The most played first."""
    how: str
    """``isrc``, ``name`` or ``confirmed``: what made them one."""

    @property
    def plays(self) -> int:
        """Of all releases together."""
        return sum(release.plays for release in self.releases)


@dataclass(frozen=True)
class RepeatedRecording:
    """A recording that a playlist holds more than once."""

    playlist: str
    track_id: str
    name: str
    artists: str
    times: int


@dataclass(frozen=True)
class DuplicateReport:
    """All of it, the most played and the most repeated first."""

    merged: tuple[MergedRecording, ...]
    repeated: tuple[RepeatedRecording, ...]


def find_duplicates(library: Library) -> DuplicateReport:
    """Look through the own tracks and playlists of a library."""
    return DuplicateReport(tuple(_find_merged(library)), tuple(_find_repeated(library)))


def _find_merged(library: Library) -> list[MergedRecording]:
    tracks = library.tracks
    own = np.flatnonzero(tracks["own"].to_numpy(dtype=bool))
    number = tracks["recording"].to_numpy()
    recording = number[own]
    unique, count = np.unique(recording, return_counts=True)
    several = own[np.isin(recording, unique[count > 1])]
    mine = library.plays.loc[library.plays["listener"] == 0, "track"].to_numpy()
    plays = np.bincount(mine, minlength=library.n_tracks)
    groups: dict[int, list[int]] = {}
    for row in several.tolist():
        groups.setdefault(int(number[row]), []).append(row)
    found = []
    for rows in groups.values():
        rows.sort(key=lambda row: (-int(plays[row]), row))
        releases = tuple(_build_release(tracks, row, int(plays[row])) for row in rows)
        found.append(MergedRecording(releases, _explain_merge(library, rows)))
    return sorted(found, key=lambda one: (-one.plays, one.releases[0].track_id))


def _build_release(tracks: pd.DataFrame, row: int, plays: int) -> RecordingRelease:
    track_id, name, artists, album = (
        str(tracks[column].iat[row]) for column in ("track_id", "name", "artists", "album")
    )
    return RecordingRelease(track_id, name, artists, album, plays)


def _explain_merge(library: Library, rows: list[int]) -> str:
    tracks = library.tracks
    keys = {recording_key(str(tracks["artists"].iat[r]), str(tracks["name"].iat[r])) for r in rows}
    if len(keys) == 1:
        return "name"
    codes = {str(tracks["isrc"].iat[row]) for row in rows}
    return "isrc" if len(codes) == 1 and codes != {""} else "confirmed"


def _find_repeated(library: Library) -> list[RepeatedRecording]:
    items = library.playlist_items
    if items.empty:
        return []
    recording = library.tracks["recording"].to_numpy()[items["track"].to_numpy()]
    rows = items.assign(recording=recording).groupby(["playlist", "recording"], observed=True)
    counted = rows["track"].agg(["size", "first"])
    counted = counted[counted["size"] > 1].sort_values("size", ascending=False, kind="stable")
    found = []
    for (playlist, _), size, first in counted.itertuples():
        one = _build_release(library.tracks, int(first), 0)
        found.append(
            RepeatedRecording(str(playlist), one.track_id, one.name, one.artists, int(size))
        )
    return found


LISTED = 500
"""Doubts that are listed, the most played first."""


@dataclass(frozen=True)
class MatchReview:
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


def list_match_reviews(store: Store, settings: Settings, profile: str) -> tuple[MatchReview, ...]:
    """What the person has not decided yet, the most played first, at most ``LISTED``.

    Kept in a side file by fingerprint, so only the first call after a change looks.
    """
    path = settings.cache / f"doubts-{store.fingerprint(profile)[:32]}.json"
    try:
        return tuple(MatchReview(**row) for row in json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        pass
    found = tuple(_find_match_reviews(store, profile))
    with contextlib.suppress(OSError), atomic_write(path) as beside:
        beside.write_text(json.dumps([asdict(doubt) for doubt in found]), "utf-8")
    return found


def _find_match_reviews(store: Store, profile: str) -> Iterator[MatchReview]:
    data, catalogue = load_own_and_catalogue(store, profile)
    own = data.tracks.reset_index(drop=True)
    decisions = store.decisions(profile)
    pairs = match_records(own, catalogue, decisions)
    mine = data.plays.loc[data.plays["listener"] == 0, "track"].to_numpy()
    plays = np.bincount(mine, minlength=len(own))
    names = (own[name].astype(object).tolist() for name in ("artists", "name", "track_id"))
    every = [(doubt, catalogue, True) for doubt in pairs.doubts]
    every += [(doubt, own, False) for doubt in find_similar_titles(own, recordings(*names))]
    decided = {(one.first, one.second) for one in decisions}
    every.sort(key=lambda one: (-int(plays[one[0].own]), -one[0].score, one[0].own))
    listed = 0
    for doubt, frame, foreign in every:
        left, right = own.loc[doubt.own], frame.loc[doubt.other]
        key = MatchDecision.of(str(left["track_id"]), str(right["track_id"]), same=True)
        if (key.first, key.second) in decided or key.first == key.second:
            continue
        yield MatchReview(
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
