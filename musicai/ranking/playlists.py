"""The lists that a person makes: from ids to lines, duplicates, and more of the same kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from musicai.core.errors import QueryError
from musicai.data.playlists import (
    ListEntry,
    list_entries,
)
from musicai.ranking.autoplay import AutoplayOptions, autoplay
from musicai.ranking.request import Filters, Recommender, Request, Tuning
from musicai.store import Store
from musicai.store.playlists import STAGING

MOST_SEEDS = 50
"""Of a longer list, the last so many say what more shall be like."""


def more_like(ai: Recommender, tracks: Sequence[ListEntry], n: int) -> list[str]:
    """Ids of ``n`` tracks that go with a list and are not in it, best first.

    Raises:
        QueryError: none of the list's tracks is in this profile any more.
        NoCandidates: there is nothing to choose from.
    """
    there = {track.track_id for track in tracks}
    seeds = [track.track_id for track in tracks if track.track_id in ai.library.vocabulary]
    if not seeds:
        raise QueryError(
            "None of the list's tracks is in this profile any more, so there is nothing to go by. "
            "Add a track that is, or import the music again."
        )
    request = Request(seed_tracks=tuple(dict.fromkeys(seeds[-MOST_SEEDS:])), mode="mix")
    found = ai.rank(ai.score(request), Tuning(n_recommendations=min(n + len(there), 1_000)))
    return [item.track_id for item in found if item.track_id not in there][:n]


Recipe = Mapping[str, Any]


def of_list(name: str) -> dict[str, Any]:
    """The tracks of a list of the person's own."""
    return {"list": name}


def of_request(request: Request, tuning: Tuning) -> dict[str, Any]:
    """What the recommender answers to a request."""
    return {"request": _plain(request), "tuning": _plain(tuning)}


def of_session(request: Request, wish: AutoplayOptions) -> dict[str, Any]:
    """A session along an arc."""
    return {"request": _plain(request), "session": asdict(wish)}


def describe_recipe(recipe: Recipe) -> str:
    """What a recipe makes, in words."""
    if "list" in recipe:
        return "your list" if recipe["list"] == STAGING else f"the playlist “{recipe['list']}”"
    if "session" in recipe:
        return f"a session ({recipe['session'].get('arc', '')})"
    request = recipe.get("request", {})
    parts = [*request.get("mood", {}), *request.get("genre", {})]
    if request.get("seed_tracks"):
        parts.append("from your picks")
    return f"recommendations ({', '.join(parts)})" if parts else "recommendations"


def make_list(recipe: Recipe, ai: Recommender, store: Store) -> list[ListEntry]:
    """The tracks that a recipe makes now.

    Args:
        recipe: Of this module, or as the database kept it.
        ai: The profile's recommender.
        store: Where the lists are.

    Raises:
        QueryError: the recipe is damaged, or asks for what is not there any more.
        NotFound: its list is not there any more.
        NoCandidates: there is nothing to choose from.
    """
    if "list" in recipe:
        return store.list_tracks(ai.profile, str(recipe["list"]))
    try:
        request = _request(recipe["request"])
        if "session" in recipe:
            steps = autoplay(ai, request, AutoplayOptions(**recipe["session"])).steps
            return list_entries(
                ai.library, [ai.library.vocabulary.id(step.track) for step in steps]
            )
        tuning = Tuning(**recipe["tuning"])
    except (KeyError, TypeError) as error:
        raise QueryError(
            "What this playlist was made from cannot be read any more. Send a new list to it."
        ) from error
    found = ai.rank(ai.score(request), tuning)
    return list_entries(ai.library, [item.track_id for item in found])


def _request(told: Mapping[str, Any]) -> Request:
    values = dict(told)
    filters = dict(values.pop("filters"))
    years = filters.pop("years")
    return Request(
        **{**values, "seed_tracks": tuple(values["seed_tracks"])},
        filters=Filters(
            **{
                **filters,
                "origins": tuple(filters["origins"]),
                "only_genres": tuple(filters["only_genres"]),
            },
            years=(int(years[0]), int(years[1])) if years else None,
        ),
    )


def _plain(value: Any) -> Any:
    """Frozen values as JSON; the mappings in them are read-only views, which nothing copies."""
    if isinstance(value, Request | Tuning | Filters):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value
