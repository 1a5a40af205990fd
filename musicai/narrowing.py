"""From the candidates of a mode to those that one request leaves, or why it leaves none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from musicai.candidates import Candidates
from musicai.core.errors import NoCandidates, QueryError
from musicai.data.library import RowArray
from musicai.models.base import Query
from musicai.requests import Filters, Request

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


def asked_for(candidates: Candidates, rows: RowArray, query: Query) -> RowArray:
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
    kept = candidates.filtered(rows, filters)
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
        and len(candidates.filtered(rows, replace(filters, **{name: getattr(none, name)})))
    ]
    what = " or ".join(helps) if helps else "several of them"
    return f"No track passes these filters together. Lift {what}."
