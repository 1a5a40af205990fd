"""What a reason names is what moved the score: take it away, and the score falls.

For every component in ``COMPONENTS``, through the real ``MusicAI``: the named seed or played
track leaves the query, the named artist's plays are dropped, or the named feature of the track is
blanked, and the component's score of that track falls, further than for others of the same kind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from musicai import data_processor as dp
from musicai.ai_model import MusicAI
from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.arrays import History, Links, Query, TrainingData
from musicai.data.frames import conform
from musicai.data.library import AUDIO_FEATURES, LINK_COLUMNS, Library
from musicai.models import COMPONENTS
from musicai.models.base import Component, Reason
from musicai.ranking.request import Request
from tests import worlds

N_OWN, N_NEW = 90, 90
GENRES = ("hard rock", "bebop", "deep house", "classical piano", "trap", "indie folk")
LOOKED_AT = 8
"""Best tracks of a component whose reasons are put to the test."""


def _library() -> Library:
    """Six camps of three artists; every track with its own sound, genre and popularity."""
    rng = np.random.default_rng(4)
    rows: list[dict[str, Any]] = []
    for row in range(N_OWN + N_NEW):
        camp = row % len(GENRES)
        middle = np.random.default_rng(camp).uniform(0.2, 0.8, 7)
        sound = np.clip(middle + rng.normal(0, 0.12, 7), 0.01, 0.99)
        rows.append(
            {
                "track_id": f"t{row:03d}",
                "name": f"{GENRES[camp].split()[-1]} song {row}",
                "artists": f"Artist {camp}-{row // len(GENRES) % 3}",
                "album": f"Album {row // 9}",
                "genres": GENRES[camp],
                "popularity": float(rng.integers(0, 100)),
                **dict(
                    zip(
                        AUDIO_FEATURES,
                        [*sound, 70 + 110 * sound[1], -20 + 18 * sound[1]],
                        strict=True,
                    )
                ),
                "own": row < N_OWN,
                "in_catalogue": row >= N_OWN,
            }
        )
    liking = rng.gamma(0.6, size=N_OWN)
    events: list[tuple[Any, ...]] = [
        (int(row), 24.0 * step / 6 + step % 6 / 15)
        for step, row in enumerate(rng.choice(N_OWN, 500, p=liking / liking.sum()))
    ]
    for other in range(1, 30):
        mine = np.flatnonzero(np.arange(N_OWN + N_NEW) % len(GENRES) == other % len(GENRES))
        events += [
            (int(row), 24.0 * (step // 5) + step % 5 / 15 + other / 10, 200_000, False, other)
            for step, row in enumerate(rng.choice(mine, 25))
        ]
    names = ("you", *(f"listener-{k}" for k in range(1, 30)))
    return replace(worlds.library(rows, events, listeners=names), links=_links(rng))


def _links(rng: np.random.Generator) -> pd.DataFrame:
    """Three ways to every new track: two artists, one of them twice, and a tag of a third camp."""
    rows = []
    for row in range(N_OWN, N_OWN + N_NEW):
        camp = row % len(GENRES)
        other = (camp + 1) % len(GENRES)
        for kind, via in (
            ("similar artist", f"Artist {camp}-0"),
            ("similar recording", f"Artist {camp}-0"),
            ("similar artist", f"Artist {other}-1"),
            ("tag", GENRES[(camp + 2) % len(GENRES)]),
        ):
            strength = float(rng.uniform(0.1, 1.0))
            rows.append((f"t{row:03d}", kind, via, "", strength))
    frame = pd.DataFrame(rows, columns=["track_id", "kind", "via", "through", "strength"])
    return conform(frame, LINK_COLUMNS, "links")


@dataclass(frozen=True)
class World:
    ai: MusicAI
    data: TrainingData


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> World:
    library = _library()
    features = dp.build_features(library)
    data = dp.build_training_data(library, features, seed=1)
    trained = {
        name: kind().fit(data, no_progress)
        for name, kind in COMPONENTS.items()
        if kind.trained and not kind.optional
    }
    settings = Settings(home=tmp_path_factory.mktemp("reasons"))
    ai = MusicAI(settings=settings, library=library, features=features, components=trained)
    return World(ai, data)


# --- taking things away ---------------------------------------------------------------


def without_tracks(query: Query, rows: np.ndarray) -> Query:
    """The query of someone who never met these tracks."""
    past = query.history
    kept = ~np.isin(past.rows, rows)
    history = History(
        past.rows[kept],
        past.confidence[kept],
        past.plays[kept],
        past.last_played[kept],
        past.now,
        recent=past.recent[~np.isin(past.recent, rows)],
        recent_heard=past.recent_heard[~np.isin(past.recent, rows)],
        occasions={name: one[kept] for name, one in past.occasions.items()},
    )
    return replace(query, history=history, seeds=query.seeds[~np.isin(query.seeds, rows)])


def blanked(component: Component, data: TrainingData, track: int, feature: str) -> Component:
    """The component as it would be if this were not known of the track."""
    known = data.features
    interactions = data.interactions
    if feature in AUDIO_FEATURES:
        audio = known.audio.copy()
        audio[track, AUDIO_FEATURES.index(feature)] = np.nan
        known = replace(known, audio=audio)
    elif feature == "listeners":
        interactions = interactions.tolil()
        interactions[:, track] = 0
        interactions = interactions.tocsr()
    else:
        column = {"genre": "genres", "popularity": "popularity"}[feature]
        values = getattr(known, column).copy()
        values[track] = np.nan
        known = replace(known, **{column: values})
    changed = replace(data, features=known, interactions=interactions)
    return type(component)(component.config).fit(changed, no_progress)


Taken = Callable[[], float]
"""The score of a track with something taken away."""


def causes(
    here: World, component: Component, query: Query, track: int, reason: Reason
) -> tuple[Taken, list[Taken]]:
    """The score without what the reason names, and without others of its kind."""
    features = here.data.features
    met = np.unique(np.concatenate([query.history.rows, query.seeds]))

    def rows_gone(rows: np.ndarray) -> Taken:
        return lambda: score_of(component, without_tracks(query, rows), track)

    def feature_gone(name: str) -> Taken:
        return lambda: score_of(blanked(component, here.data, track, name), query, track)

    if reason.seed is not None:
        others = [row for row in met if row != reason.seed]
        return rows_gone(np.array([reason.seed])), [rows_gone(np.array([r])) for r in others[::7]]
    tag = (reason.feature or "").startswith("tag:")
    if reason.artist is not None or tag:
        links = here.data.links
        mine = links.track == track
        ways = {artist: met[features.artist[met] == artist] for artist in links.artist[mine]}
        ways |= {f"tag:{name}": _tagged(here, met, name) for name in _tags(links, mine)}
        named = ways.pop(reason.feature if tag else reason.artist)
        return rows_gone(named), [rows_gone(rows) for way, rows in ways.items() if way != -1]
    assert reason.feature is not None, f"{reason.text!r} names nothing that can be taken away"
    all_kinds = AUDIO_FEATURES if reason.feature in AUDIO_FEATURES else ("popularity", "listeners")
    others = [name for name in all_kinds if name != reason.feature and reason.feature in all_kinds]
    return feature_gone(reason.feature), [feature_gone(name) for name in others]


def _tags(links: Links, mine: np.ndarray) -> set[str]:
    return {links.tags[tag] for tag in links.tag[mine] if tag >= 0}


def _tagged(here: World, rows: np.ndarray, tag: str) -> np.ndarray:
    column = here.data.features.terms.index(f"g:{tag}")
    return rows[here.data.features.tfidf[rows][:, [column]].toarray().ravel() > 0]


def score_of(component: Component, query: Query, track: int) -> float:
    """No opinion is the neutral 0."""
    return float(np.nan_to_num(component.score(query)[track]))


# --- the tests ------------------------------------------------------------------------

REQUESTS = {
    "history": Request(mode="mix"),
    "seeds": Request(user_id="nobody", seed_tracks=("t000", "t007", "t014", "t027"), mode="mix"),
    "mood": Request(mood={"chill": 1.0}, mode="mix"),
    "moods": Request(mood={"party": 0.5, "melancholic": 0.5}, mode="mix"),
    "genre": Request(genre={"jazz": 1.0}, mode="mix"),
    "moment": Request(mode="mix", moment=0),
}


ASKED = {"rules": ("mood", "moods", "genre"), "context": ("moment",)}
"""Component → what must be asked for, so that it speaks."""

CASES = [
    (name, asked)
    for name, kind in COMPONENTS.items()
    if not kind.optional  # the deep sequence has a test of its own
    for asked in ASKED.get(name, ("history", "seeds"))
    if (name, asked) != ("history", "seeds")  # which speaks of the listener's past alone
]


@pytest.mark.parametrize(("name", "asked"), CASES)
def test_without_what_a_reason_names_the_score_falls(here: World, name: str, asked: str) -> None:
    component = here.ai.components[name]
    scored = here.ai.score(REQUESTS[asked])
    query, rows = scored.query, scored.candidates
    scores = component.score(query)[rows]
    assert not np.isnan(scores).all(), "this world gives every component something to say"
    named, others = [], []
    order = np.argsort(-np.nan_to_num(scores, nan=-np.inf), kind="stable")
    for track in rows[order][:LOOKED_AT].tolist():
        whole = score_of(component, query, track)
        reasons = component.reasons(query, track)
        assert reasons, f"track {track} stands high without a reason"
        mine, rest = causes(here, component, query, track, reasons[0])
        fall = whole - mine()
        assert fall > 0, f"{reasons[0].text!r} is taken away and the score does not fall"
        falls = [whole - taken() for taken in rest]
        if reasons[0].seed is None:  # few enough to be the first of all, not of a sample
            assert fall >= max(falls, default=0.0) - 1e-6, f"{reasons[0].text!r} is not the first"
        named.append(fall)
        others += falls
    if others:
        assert np.mean(named) > np.mean(others), "others of the kind move the score as much"
