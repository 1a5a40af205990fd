"""The steps of finding new music through open data, and which of them a person allowed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from musicai.core.errors import QueryError
from musicai.store import Store

_SETTING = "open_data"
"""Key of the allowed steps in a profile's settings."""


@dataclass(frozen=True)
class Step:
    """Something that a person may allow."""

    name: str
    label: str
    brings: str
    """What it is good for, one sentence."""
    leaves: str
    """What leaves the machine for it."""
    hosts: tuple[str, ...]
    """Who is asked."""


_MUSICBRAINZ, _LISTENBRAINZ = "MusicBrainz", "ListenBrainz"
_LABS = "ListenBrainz labs"

RECOGNISE = Step(
    "artists",
    "Recognise your artists",
    "Tells your artists from others of their names; every other step needs it.",
    "names and Spotify ids of your most played artists and of three tracks of each",
    (_MUSICBRAINZ, _LISTENBRAINZ),
)
SIMILAR = Step(
    "similar",
    "Similar artists",
    "Tracks of artists whom listeners of yours play too.",
    "ids of your artists, of artists like them, and of their tracks",
    (_LABS, _LISTENBRAINZ, _MUSICBRAINZ),
)
TOP = Step(
    "top",
    "More of your artists",
    "What others play most of your artists and you never did.",
    "ids of your artists and of their tracks",
    (_LISTENBRAINZ, _MUSICBRAINZ),
)
TAGS = Step(
    "tags",
    "Your genres",
    "Tracks that carry the genres that your most played tracks carry.",
    "names of genres, and ids of tracks",
    (_LISTENBRAINZ,),
)
FRESH = Step(
    "fresh",
    "Fresh releases",
    "What your artists released in the last 90 days.",
    "ids of new releases by your artists",
    (_LISTENBRAINZ, _MUSICBRAINZ),
)
FURTHER = Step(
    "further",
    "One step further",
    "Tracks of artists similar to the similar ones.",
    "ids of artists like yours, of artists like those, and of their tracks",
    (_LABS, _LISTENBRAINZ, _MUSICBRAINZ),
)
SPOTIFY = Step(
    "spotify",
    "Links to Spotify",
    "Spotify ids of what was found, so that it opens in Spotify.",
    "ids of the tracks that were found",
    (_LABS,),
)

STEPS: tuple[Step, ...] = (RECOGNISE, SIMILAR, TOP, TAGS, FRESH, FURTHER, SPOTIFY)
"""In the order in which they are done."""

_NAMES = tuple(step.name for step in STEPS)


def checked(names: Iterable[str]) -> tuple[Step, ...]:
    """The steps of these names in their order, with those that they need.

    Raises:
        QueryError: a name is no step's, or none of them brings tracks.
    """
    wanted = set(names)
    unknown = sorted(wanted - set(_NAMES))
    if unknown:
        raise QueryError(f"There is no step {unknown[0]!r}; the steps are {', '.join(_NAMES)}.")
    if not wanted - {RECOGNISE.name, SPOTIFY.name}:
        raise QueryError(
            "Choose at least one step that finds music: similar, top, tags, fresh or further."
        )
    wanted.add(RECOGNISE.name)
    if FURTHER.name in wanted:
        wanted.add(SIMILAR.name)
    return tuple(step for step in STEPS if step.name in wanted)


def allowed(store: Store, profile: str) -> tuple[str, ...]:
    """The names of the steps that the person allowed for a profile; none at first."""
    kept = store.settings_of(profile).get(_SETTING)
    return tuple(name for name in _NAMES if isinstance(kept, list) and name in kept)


def allow(store: Store, profile: str, steps: Sequence[Step]) -> None:
    """Remember what the person allowed; an empty one takes it all back."""
    store.change_settings(profile, {_SETTING: [step.name for step in steps]})
