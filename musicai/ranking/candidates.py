"""Which tracks may be recommended: the three modes, and what can be asked of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property

import numpy as np
import pandas as pd

from musicai.core.errors import NoCandidates, QueryError
from musicai.data.arrays import Query, TrackFeatures
from musicai.data.genres import GENRE_LABELS, GENRES
from musicai.data.library import BoolArray, IntArray, Library, RowArray
from musicai.data.moods import MOODS, mood_matrix
from musicai.ranking.request import MODES, Filters, Request

MIN_COVERAGE = 0.10
"""Share of candidates whose mood or genre must be known before it may be asked for."""

MEMBER = 0.5
"""A track counts as one of a genre from this membership on."""

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
    def _showable(self) -> BoolArray:
        """(n_tracks,) fit to be shown: with a name, and not left out of the listener's taste."""
        tracks = self._library.tracks
        return np.asarray((tracks["name"] != "") & ~tracks["excluded"], dtype=bool)

    @cached_property
    def _is_offered(self) -> BoolArray:
        """(n_tracks,) in an enabled catalogue, and fit to be shown."""
        return self._library.tracks["in_catalogue"].to_numpy(dtype=bool) & self._showable

    def rows(self, own: BoolArray, mode: str) -> RowArray:
        """Candidate rows, ascending.

        Discover leaves out every track that shares its recording with an own one.
        """
        if mode == "rediscover":
            return np.flatnonzero(own & self._showable)
        if mode == "mix":
            return np.flatnonzero((own & self._showable) | self._is_offered)
        recording = self._features.recording
        met = np.zeros(int(recording.max(initial=-1)) + 1, dtype=bool)
        met[recording[own]] = True
        return np.flatnonzero(self._is_offered & ~own & ~met[recording])

    def without(self, rows: RowArray, tracks: IntArray) -> RowArray:
        """``rows`` less every track that shares its recording with one of ``tracks``."""
        order, ordered = self._by_recording
        wanted = np.unique(self._features.recording[tracks])
        low = np.searchsorted(ordered, wanted, side="left")
        high = np.searchsorted(ordered, wanted, side="right")
        drop = np.concatenate([order[a:b] for a, b in zip(low, high, strict=True)])
        places = np.minimum(np.searchsorted(rows, drop), max(len(rows) - 1, 0))
        return np.delete(rows, places[rows[places] == drop]) if len(rows) else rows

    @cached_property
    def _by_recording(self) -> tuple[RowArray, IntArray]:
        """Rows in the order of their recording numbers, and those numbers."""
        order = np.argsort(self._features.recording, kind="stable")
        return order, self._features.recording[order]

    def modes(self, own: BoolArray, new: RowArray) -> dict[str, str | None]:
        """Mode → None where it can be used, else why not and what helps.

        Args:
            own: (n_tracks,) the tracks the listener has met.
            new: The rows of mode "discover".
        """
        found: dict[str, str | None] = dict.fromkeys(MODES)
        if not (own & self._showable).any():
            found["rediscover"] = (
                "There is no listening history here yet. Import an export on Home, or discover."
            )
        if not len(new):
            found["discover"] = (
                "An export names only what you have played, so there is nothing new to choose "
                "from. Add a catalogue (any table of tracks) on the Library page, or rediscover."
            )
        if found["rediscover"] and found["discover"]:
            found["mix"] = "There are no tracks here yet. Import an export or a catalogue first."
        return found

    def mood(self, mood: str, rows: RowArray) -> str | None:
        """None where ``rows`` can be asked for the mood, else why not and what helps."""
        known = self._mood_known[MOODS.index(mood)]
        return _too_few(known, rows, "the audio features it needs")

    def genre(self, genre: str, rows: RowArray) -> str | None:
        """None where ``rows`` can be asked for the genre, else why not and what helps."""
        why_not = _too_few(self._genre_known, rows, "a known genre")
        if why_not is None and not self._genre_members[GENRES.index(genre)][rows].any():
            return f"None of these {len(rows):,} tracks is {GENRE_LABELS[genre]}."
        return why_not

    def members(self, rows: RowArray, genres: Iterable[str]) -> RowArray:
        """Those of ``rows`` that count as one of the genres."""
        wanted = [GENRES.index(genre) for genre in genres]
        member: BoolArray = np.logical_or.reduce(self._genre_members[wanted], axis=0)
        return rows[member[rows]]

    def apply_filters(self, rows: RowArray, filters: Filters) -> RowArray:
        """Those of ``rows`` that pass every filter.

        Raises:
            QueryError: an origin is not one of these candidates'.
        """
        if filters.origins:
            known = self.origins(rows)
            strange = next((name for name in filters.origins if name not in known), None)
            if strange is not None:
                raise QueryError(
                    f"No track here is known from {strange!r}; choose from {', '.join(known)}."
                )
            origin = self._library.tracks["origin"]
            rows = rows[origin.isin(filters.origins).to_numpy()[rows]]
        if filters.years is not None:
            year = self._library.tracks["year"].to_numpy()[rows]
            rows = rows[(year >= filters.years[0]) & (year <= filters.years[1])]
        if filters.only_genres:
            rows = self.members(rows, filters.only_genres)
        return rows[self._fresh[rows]] if filters.fresh else rows

    def origins(self, rows: RowArray) -> dict[str, int]:
        """Origin → how many of ``rows`` are known from it, most first."""
        codes, names = self._origin
        here = codes[rows]
        # a comparison a name is faster than bincount, which waits for itself where most are equal
        counts = np.array([np.count_nonzero(here == code) for code in range(len(names))])
        order = np.argsort(-counts, kind="stable")
        return {names[k]: int(counts[k]) for k in order if counts[k]}

    @cached_property
    def _origin(self) -> tuple[IntArray, list[str]]:
        """(n_tracks,) number of each track's origin; the names."""
        origin = self._library.tracks["origin"].cat
        return np.asarray(origin.codes, dtype=np.int32), [str(name) for name in origin.categories]

    def years(self, rows: RowArray) -> tuple[int, int] | None:
        """First and last known year of ``rows``; None where none is known."""
        year = self._library.tracks["year"].to_numpy()[rows]
        year = year[~np.isnan(year)]
        return (int(year.min()), int(year.max())) if len(year) else None

    def without_year(self, rows: RowArray) -> int:
        """How many of ``rows`` have no known year."""
        return int(np.isnan(self._library.tracks["year"].to_numpy()[rows]).sum())

    def has_fresh(self, rows: RowArray) -> bool:
        """Whether any of ``rows`` is a fresh release of a loved artist."""
        return bool(self._fresh[rows].any())

    @cached_property
    def _fresh(self) -> BoolArray:
        """(n_tracks,) found by open data among the fresh releases of loved artists."""
        return self._mark_linked(self._library.links["kind"] == "fresh release")

    @cached_property
    def further(self) -> BoolArray:
        """(n_tracks,) found by a second step alone: similar to the similar."""
        second = self._library.links["through"] != ""
        return self._mark_linked(second) & ~self._mark_linked(~second)

    def _mark_linked(self, chosen: pd.Series) -> BoolArray:
        """(n_tracks,) tracks of the chosen links."""
        mask = np.zeros(self._library.n_tracks, dtype=bool)
        rows = self._library.vocabulary.rows(self._library.links["track_id"][chosen])
        mask[rows[rows >= 0]] = True
        return mask

    @cached_property
    def _mood_known(self) -> BoolArray:
        """(8, n_tracks) whether a mood's score is known."""
        return np.ascontiguousarray(~np.isnan(mood_matrix(self._features.audio)).T)

    @cached_property
    def _genre_known(self) -> BoolArray:
        return np.asarray(~np.isnan(self._features.genres).any(axis=1), dtype=bool)

    @cached_property
    def _genre_members(self) -> BoolArray:
        """(10, n_tracks) whether a track counts as one of the genre."""
        return np.ascontiguousarray(np.nan_to_num(self._features.genres).T >= MEMBER)


def _too_few(known: BoolArray, rows: RowArray, what: str) -> str | None:
    share = float(known[rows].mean()) if len(rows) else 0.0
    if share >= MIN_COVERAGE:
        return None
    return (
        f"Only {share:.0%} of these {len(rows):,} tracks have {what}; "
        f"{MIN_COVERAGE:.0%} are needed. {_REMEDY}"
    )


_FILTERS = {
    "origins": "the origin",
    "years": "the years",
    "only_genres": "the genres",
    "fresh": "“fresh releases”",
}
"""Field of the filters → how it is called when it is to be lifted."""


def check_coverage(candidates: Candidates, request: Request, rows: RowArray) -> None:
    """Whether the mood and genre asked for are known of enough of ``rows``.

    Raises:
        QueryError: the mood or genre is known of too few; the message says what helps.
    """
    _refuse({mood: candidates.mood(mood, rows) for mood in request.mood}, "mood")
    _refuse({genre: candidates.genre(genre, rows) for genre in request.genre}, "genre")


def _refuse(asked: Mapping[str, str | None], what: str) -> None:
    for name, why_not in asked.items():
        if why_not:
            raise QueryError(f"The {what} {name!r} cannot be used here. {why_not}")


def drop_seeds(candidates: Candidates, rows: RowArray, query: Query) -> RowArray:
    """``rows`` without the seeds' recordings; at full genre strength, of that genre only.

    Raises:
        NoCandidates: nothing is left.
    """
    if len(query.seeds):
        rows = candidates.without(rows, query.seeds)
    if query.genre and query.genre_strength >= 1:
        rows = candidates.members(rows, query.genre)
    if not len(rows):
        raise NoCandidates(
            "No track is left after the seeds and the genre filter. "
            "Lower the genre's strength, or choose fewer seeds."
        )
    return rows


def passing(
    candidates: Candidates, rows: RowArray, filters: Filters
) -> tuple[RowArray, tuple[str, ...]]:
    """The rows that pass the filters, and what is to be known of the others.

    Raises:
        QueryError: an origin is not one of these candidates'.
        NoCandidates: nothing passes; the message says which filter to lift.
    """
    if not filters:
        return rows, ()
    kept = candidates.apply_filters(rows, filters)
    if not len(kept):
        raise NoCandidates(_why_none(candidates, rows, filters))
    if filters.years is None:
        return kept, ()
    unknown = candidates.without_year(rows)
    note = f"The years leave out {unknown:,} tracks whose year is not known."
    return kept, (note,) if unknown else ()


def _why_none(candidates: Candidates, rows: RowArray, filters: Filters) -> str:
    """Which single filter to lift so that something is left; else that it takes several."""
    none = Filters()
    helps = [
        words
        for name, words in _FILTERS.items()
        if getattr(filters, name) != getattr(none, name)
        and len(candidates.apply_filters(rows, replace(filters, **{name: getattr(none, name)})))
    ]
    what = " or ".join(helps) if helps else "several of them"
    return f"No track passes these filters together. Lift {what}."
