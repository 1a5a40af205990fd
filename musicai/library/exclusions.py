"""Listening that a person leaves out of their taste: by artist, track, playlist or period.

Nothing is deleted. The library is made without these plays and playlist rows, so
that whatever looks at taste (recommendations, profile, training) cannot see them;
taking the rule back brings them back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from musicai.data.feedback import Exclusion
from musicai.data.library import ARTIST_SEPARATOR, BoolArray, Library
from musicai.data.text_keys import normalise


@dataclass(frozen=True)
class ExcludedRows:
    """What one rule concerns."""

    tracks: BoolArray
    """(n_tracks,) tracks that the rule names; none for a period."""
    plays: BoolArray
    """(n_plays,) plays of the owner that it takes away."""
    items: BoolArray
    """(n_playlist_items,) playlist rows that it takes away."""


def find_excluded(library: Library, rule: Exclusion) -> ExcludedRows:
    """The tracks, plays and playlist rows that a rule concerns.

    An artist counts also as a guest. A track stands for every release of its
    recording. A playlist stands for its tracks wherever they were played: a
    history does not tell from which playlist a play came.
    """
    mine = library.plays["listener"].to_numpy() == 0
    listed = library.playlist_items["track"].to_numpy()
    if rule.kind == "period":
        at = library.plays["played_at"].to_numpy(dtype="datetime64[s]").astype(np.int64)
        nothing = np.zeros(library.n_tracks, dtype=bool)
        within = (at >= rule.since) & (at < rule.until)
        return ExcludedRows(nothing, mine & within, np.zeros(len(listed), dtype=bool))
    tracks = _mark_tracks(library, rule)
    played = tracks[library.plays["track"].to_numpy()]
    if rule.kind == "playlist":
        rows = (library.playlist_items["playlist"] == rule.value).to_numpy(dtype=bool)
    else:
        rows = tracks[listed]
    return ExcludedRows(tracks, mine & played, rows)


def _mark_tracks(library: Library, rule: Exclusion) -> BoolArray:
    tracks = library.tracks
    if rule.kind == "artist":
        wanted = normalise(rule.value)
        every = tracks["artists"].astype(object)
        return np.array(
            [
                bool(names) and wanted in map(normalise, names.split(ARTIST_SEPARATOR))
                for names in every
            ],
            dtype=bool,
        )
    chosen = np.zeros(library.n_tracks, dtype=bool)
    if rule.kind == "track":
        rows = library.vocabulary.rows([rule.value])
        chosen[rows[rows >= 0]] = True
    else:
        items = library.playlist_items
        chosen[items.loc[items["playlist"] == rule.value, "track"].to_numpy()] = True
    recording = tracks["recording"].to_numpy()
    return np.isin(recording, recording[chosen])


def count_excluded(library: Library, rule: Exclusion) -> int:
    """The owner's plays that one rule alone takes away from a whole library."""
    return int(find_excluded(library, rule).plays.sum())


def leave_out(library: Library, rules: Sequence[Exclusion]) -> Library:
    """The library without what the rules name; with no rule, the very same library.

    Tracks of which nothing is left are marked ``excluded``, so that they are
    neither recommended again nor taken for new ones.
    """
    if not rules:
        return library
    found = [find_excluded(library, rule) for rule in rules]
    plays = np.logical_or.reduce([one.plays for one in found])
    items = np.logical_or.reduce([one.items for one in found])
    excluded = np.logical_or.reduce([one.tracks for one in found])
    kept_plays = library.plays[~plays].reset_index(drop=True)
    kept_items = library.playlist_items[~items].reset_index(drop=True)
    touched, left = np.zeros_like(excluded), np.zeros_like(excluded)
    touched[library.plays["track"].to_numpy()[plays]] = True
    left[_select_own(kept_plays)] = True
    left[kept_items["track"].to_numpy()] = True
    return replace(
        library,
        tracks=library.tracks.assign(excluded=excluded | (touched & ~left)),
        plays=kept_plays,
        playlist_items=kept_items,
        excluded_plays=int(plays.sum()),
    )


def _select_own(plays: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return plays.loc[plays["listener"] == 0, "track"].to_numpy(dtype=np.int32)
