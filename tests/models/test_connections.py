"""Connections: links become scores, and reasons with the listener's own numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from musicai import data_processor as dp
from musicai.core.progress import no_progress
from musicai.data.arrays import Query
from musicai.data.frames import conform
from musicai.data.library import LINK_COLUMNS, Library
from musicai.models.graph_links import Connections
from tests import worlds

NONE = np.zeros(0, dtype=np.int32)


def library(links: list[tuple[str, str, str, str, float]]) -> Library:
    """Two played artists, the second less and with a genre; three tracks never played."""
    tracks = [
        {"track_id": "a", "name": "A", "artists": "Loved", "genres": "dub"},
        {"track_id": "b", "name": "B", "artists": "Liked", "genres": "ska"},
        *(
            {"track_id": f"n{n}", "name": f"New {n}", "artists": f"Other {n}", "in_catalogue": True}
            for n in range(3)
        ),
    ]
    plays = [(0, float(hour), 200_000, False, 0) for hour in range(9)]
    plays += [(1, 20.0, 200_000, False, 0)]
    made = worlds.library(tracks, plays)
    frame = pd.DataFrame(links, columns=["track_id", "kind", "via", "through", "strength"])
    return replace(made, links=conform(frame, LINK_COLUMNS, "links"))


def fitted(made: Library) -> tuple[Connections, Query]:
    data = dp.build_training_data(made, dp.build_features(made), baskets=False)
    return Connections().fit(data, no_progress), Query(dp.build_history(made), NONE)


def test_links_add_up_by_strength_and_by_how_much_the_artist_is_played() -> None:
    made = library(
        [
            ("n0", "similar artist", "loved", "", 0.5),
            ("n0", "similar artist", "Liked", "", 0.5),
            ("n1", "similar artist", "Liked", "", 1.0),
        ]
    )
    model, query = fitted(made)
    past = query.history
    liked = np.log1p(past.confidence[1]) / np.log1p(past.confidence[0])
    assert 0 < liked < 1
    expected = [np.nan, np.nan, 0.5 + 0.5 * liked, liked, np.nan]
    np.testing.assert_allclose(model.score(query), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("link", "words"),
    [
        (("similar artist", "Loved", ""), "Other 0 is similar to Loved, whom you played 9 times"),
        (
            ("similar artist", "Liked", "Bridge"),
            "Other 0 is similar to Bridge, who is similar to Liked, whom you played once",
        ),
        (
            ("top recording", "Loved", ""),
            "it is among the most played of Loved, whom you played 9 times",
        ),
        (("fresh release", "Loved", ""), "it is a new release of Loved, whom you played 9 times"),
        (
            ("similar recording", "Loved", ""),
            "it is played beside tracks of Loved, whom you played 9 times",
        ),
    ],
)
def test_the_reason_names_the_way_and_the_plays(link: tuple[str, str, str], words: str) -> None:
    model, query = fitted(library([("n0", *link, 1.0)]))
    (reason,) = model.reasons(query, 2)
    assert reason.text == words
    assert reason.strength == pytest.approx(float(model.score(query)[2]))


def test_a_tag_counts_by_its_share_of_the_music() -> None:
    model, query = fitted(library([("n0", "tag", "dub", "", 1.0), ("n1", "tag", "ska", "", 1.0)]))
    weights = query.history.confidence / query.history.confidence.sum()
    np.testing.assert_allclose(model.score(query)[2:4], weights, rtol=1e-5)
    (reason,) = model.reasons(query, 2)
    assert reason.text == f"it is tagged “dub”, like {weights[0]:.0%} of your music here"


def test_a_seed_turns_the_links() -> None:
    """What begins at the seed's artist rises above what begins at the most played one."""
    links = [("n0", "similar artist", "Loved", "", 1.0), ("n1", "similar artist", "Liked", "", 1.0)]
    model, query = fitted(library(links))
    seeded = Query(query.history, np.array([1], dtype=np.int32))
    scores, turned = model.score(query), model.score(seeded)
    assert scores[2] > scores[3]
    assert turned[3] > turned[2]


def test_links_of_unknown_artists_and_tracks_are_left_out() -> None:
    model, query = fitted(
        library([("n0", "similar artist", "Nobody", "", 1.0), ("zz", "tag", "dub", "", 1.0)])
    )
    assert np.isnan(model.score(query)).all()
    assert model.reasons(query, 2) == []
