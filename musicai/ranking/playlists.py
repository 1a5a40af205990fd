"""The lists that a person makes: from ids to lines, duplicates, and more of the same kind."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any
from urllib.parse import quote

from musicai.ai_model import MusicAI
from musicai.core.errors import QueryError
from musicai.data.feedback import Listed
from musicai.data.library import ARTIST_SEPARATOR, INVENTED_PREFIX, Library
from musicai.data.playlists import FORMATS, Line
from musicai.ranking.autoplay import Wish, autoplay
from musicai.ranking.request import Filters, Request, Tuning
from musicai.store import Store
from musicai.store.playlists import STAGING

MOST_SEEDS = 50
"""Of a longer list, the last so many say what more shall be like."""

_SPOTIFY_ID = 22
"""Length of a Spotify track id."""


@dataclass(frozen=True)
class Duplicate:
    """A track of a list that is the same recording as one before it."""

    track_id: str
    """The later one."""
    first: str
    """Id of the one before it."""


def listed(library: Library, track_ids: Sequence[str]) -> list[Listed]:
    """Tracks as a list keeps them; ids that are not here are left out."""
    rows = library.vocabulary.rows(track_ids)
    names = library.tracks["name"].to_numpy(dtype=object)
    artists = library.tracks["artists"].to_numpy(dtype=object)
    return [
        Listed(track_id, str(names[row]), str(artists[row]))
        for track_id, row in zip(track_ids, rows, strict=True)
        if row >= 0
    ]


def duplicates(library: Library, tracks: Sequence[Listed]) -> list[Duplicate]:
    """Tracks that are a recording which the list has before: the same song, released again."""
    rows = library.vocabulary.rows([track.track_id for track in tracks])
    recording = library.tracks["recording"].to_numpy()
    first: dict[int, str] = {}
    found = []
    for track, row in zip(tracks, rows, strict=True):
        if row < 0:
            continue
        known = first.setdefault(int(recording[row]), track.track_id)
        if known != track.track_id:
            found.append(Duplicate(track.track_id, known))
    return found


def more_like(ai: MusicAI, tracks: Sequence[Listed], n: int) -> list[str]:
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
    found = ai.get_hybrid_recommendations(
        seed_tracks=seeds[-MOST_SEEDS:], mode="mix", n_recommendations=min(n + len(there), 1_000)
    )
    return [item.track_id for item in found if item.track_id not in there][:n]


def lines(library: Library, tracks: Sequence[Listed]) -> list[Line]:
    """What a file says of each track of a list."""
    rows = library.vocabulary.rows([track.track_id for track in tracks])
    albums = library.tracks["album"].to_numpy(dtype=object)
    lengths = library.tracks["duration_ms"].to_numpy()
    return [
        Line(
            track.track_id,
            track.name,
            artists_of(track),
            str(albums[row]) if row >= 0 else "",
            None if row < 0 or math.isnan(lengths[row]) else float(lengths[row]),
            address(track.track_id),
        )
        for track, row in zip(tracks, rows, strict=True)
    ]


def total_ms(library: Library, tracks: Sequence[Listed]) -> tuple[float, int]:
    """The length of a list in milliseconds, and of how many of its tracks none is known."""
    known = [line.milliseconds for line in lines(library, tracks)]
    return sum(length for length in known if length is not None), known.count(None)


def artists_of(track: Listed) -> tuple[str, ...]:
    """The artists of a track, one by one."""
    return tuple(part.strip() for part in track.artists.split(ARTIST_SEPARATOR) if part.strip())


def address(track_id: str) -> str | None:
    """The track's page at Spotify; None where the id is not one of Spotify's."""
    if track_id.startswith(INVENTED_PREFIX):
        return None
    if len(track_id) == _SPOTIFY_ID and track_id.isalnum():
        return f"https://open.spotify.com/track/{track_id}"
    return None


def search_address(track_id: str, words: str) -> str | None:
    """The track's page, or a search for it where it has none; None if it is invented."""
    if track_id.startswith(INVENTED_PREFIX):
        return None
    found = f"https://open.spotify.com/search/{quote(words, safe='')}"
    return address(track_id) or found


def written(library: Library, name: str, tracks: Sequence[Listed], ending: str) -> bytes:
    """A list as a file.

    Args:
        library: Where lengths and albums are known from.
        name: The playlist's title.
        tracks: In order.
        ending: One of ``playlist_formats.FORMATS``.

    Raises:
        QueryError: there is no such format.
    """
    if ending not in FORMATS:
        raise QueryError(f"There is no format {ending!r}; choose from {', '.join(FORMATS)}.")
    return FORMATS[ending][2](name, lines(library, tracks))


Recipe = Mapping[str, Any]


def of_list(name: str) -> dict[str, Any]:
    """The tracks of a list of the person's own."""
    return {"list": name}


def of_request(request: Request, tuning: Tuning) -> dict[str, Any]:
    """What the recommender answers to a request."""
    return {"request": _plain(request), "tuning": _plain(tuning)}


def of_session(request: Request, wish: Wish) -> dict[str, Any]:
    """A session along an arc."""
    return {"request": _plain(request), "session": asdict(wish)}


def told(recipe: Recipe) -> str:
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


def made(recipe: Recipe, ai: MusicAI, store: Store) -> list[Listed]:
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
            steps = autoplay(ai, request, Wish(**recipe["session"])).steps
            return listed(ai.library, [ai.library.vocabulary.id(step.track) for step in steps])
        tuning = Tuning(**recipe["tuning"])
    except (KeyError, TypeError) as error:
        raise QueryError(
            "What this playlist was made from cannot be read any more. Send a new list to it."
        ) from error
    found = ai.rank(ai.score(request), tuning)
    return listed(ai.library, [item.track_id for item in found])


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
