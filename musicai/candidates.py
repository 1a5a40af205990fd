"""Which tracks may be recommended: the three modes, and what can be asked of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from musicai.genres import GENRE_LABELS, GENRES
from musicai.moods import MOODS
from musicai.recommenders.base import TrackFeatures
from musicai.requests import MODES
from musicai.tables import BoolArray, FloatArray, IntArray, Library

MIN_COVERAGE = 0.10
"""Share of candidates whose mood or genre must be known before it may be asked for."""

_REMEDY = (
    "Add a table of tracks with audio features and genres on the Library page, "
    "or an Exportify file that has them."
)


class Candidates:
    """The candidate rows of one library, for any listener's own tracks.

    ``own`` is always a (n_tracks,) mask of the tracks the listener has met.
    """

    def __init__(self, library: Library, features: TrackFeatures) -> None:
        self._library = library
        self._features = features

    @cached_property
    def _named(self) -> BoolArray:
        return np.asarray(self._library.tracks["name"] != "", dtype=bool)

    @cached_property
    def _offered(self) -> BoolArray:
        """(n_tracks,) in an enabled catalogue, and with a name to show."""
        return self._library.tracks["in_catalogue"].to_numpy(dtype=bool) & self._named

    def rows(self, own: BoolArray, mode: str) -> IntArray:
        """Candidate rows, ascending.

        Discover leaves out every track that shares its recording with an own one.
        """
        if mode == "rediscover":
            return np.flatnonzero(own & self._named).astype(np.int32)
        if mode == "mix":
            return np.flatnonzero((own & self._named) | self._offered).astype(np.int32)
        recording = self._features.recording
        met = np.zeros(int(recording.max(initial=-1)) + 1, dtype=bool)
        met[recording[own]] = True
        return np.flatnonzero(self._offered & ~own & ~met[recording]).astype(np.int32)

    def modes(self, own: BoolArray) -> dict[str, str | None]:
        """Mode → None where it can be used, else why not and what helps."""
        found: dict[str, str | None] = dict.fromkeys(MODES)
        if not (own & self._named).any():
            found["rediscover"] = (
                "There is no listening history here yet. Import an export on Home, or discover."
            )
        if not len(self.rows(own, "discover")):
            found["discover"] = (
                "An export names only what you have played, so there is nothing new to choose "
                "from. Add a catalogue (any table of tracks) on the Library page, or rediscover."
            )
        if found["rediscover"] and found["discover"]:
            found["mix"] = "There are no tracks here yet. Import an export or a catalogue first."
        return found

    def moods(self, rows: IntArray, scores: FloatArray) -> dict[str, str | None]:
        """Mood → None where ``rows`` can be asked for it, else why not.

        Args:
            rows: Candidate rows.
            scores: (n_tracks, 8) mood scores, NaN where features are missing.
        """
        return _available(MOODS, scores[rows], "the audio features it needs")

    def genres(self, rows: IntArray) -> dict[str, str | None]:
        """Genre → None where ``rows`` can be asked for it, else why not."""
        members = self._features.genres[rows]
        found = _available(GENRES, members, "a known genre")
        best = np.nan_to_num(members).max(axis=0, initial=0.0)
        for place, genre in enumerate(GENRES):
            if found[genre] is None and best[place] < 0.5:
                found[genre] = f"None of these {len(rows):,} tracks is {GENRE_LABELS[genre]}."
        return found


def _available(names: Sequence[str], values: FloatArray, what: str) -> dict[str, str | None]:
    share: Mapping[int, float] = dict(enumerate((~np.isnan(values)).mean(axis=0)))
    if not len(values):
        share = dict.fromkeys(range(len(names)), 0.0)
    return {
        name: None
        if share[place] >= MIN_COVERAGE
        else (
            f"Only {share[place]:.0%} of these {len(values):,} tracks have {what}; "
            f"{MIN_COVERAGE:.0%} are needed. {_REMEDY}"
        )
        for place, name in enumerate(names)
    }
