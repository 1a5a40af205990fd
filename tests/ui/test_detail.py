"""One artist, one track: every figure by hand, and the page that shows them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from musicai.core.errors import NotFound
from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.parsed import ReadOptions
from musicai.data_processor import build_features
from musicai.insights.history import Detail, charts, detail
from musicai.insights.taste.plays import list_timed_plays
from musicai.library.importing import import_files
from musicai.library.sample import SAMPLE_PROFILE
from musicai.store import Store
from tests.conftest import ROOT
from tests.histories import NASTY
from tests.pages import run
from tests.worlds import library

TRACKS: list[dict[str, Any]] = [
    {"track_id": "a", "name": "Alpha", "artists": "Ann", "album": "One"},
    {"track_id": "a2", "name": "Alpha", "artists": "Ann", "album": "Best of"},
    {"track_id": "b", "name": "Beta", "artists": "Ann"},
    {"track_id": "c", "name": "Gamma", "artists": "Bob;Ann"},
    {"track_id": "d", "name": "Delta", "artists": "Cy", "own": False},
]
DATA = library(
    TRACKS,
    [(0, 1), (1, 25), (2, 26, 10_000), (2, 27, 200_000, True), (3, 49), (3, 50), (3, 51.0)],
)
FEATURES = build_features(DATA)
CODES = charts.codes(DATA, FEATURES)


def artist(name: str, timezone: str = "UTC") -> Detail:
    return detail.artist_detail(DATA, FEATURES, CODES, list_timed_plays(DATA, 0, timezone), name)


def track(track_id: str) -> Detail:
    return detail.track_detail(DATA, FEATURES, CODES, list_timed_plays(DATA, 0, "UTC"), track_id)


def test_an_artist_by_hand() -> None:
    told = artist("Ann")
    assert (told.name, told.rows, told.plays) == ("Ann", (0, 1, 2), 2)
    assert told.hours == pytest.approx((200 + 200 + 10 + 200) / 3600)
    assert (told.skipped, told.skip_known) == (1, 4)
    assert (told.first, told.last) == ("2025-01-01", "2025-01-02")
    assert (told.rank, told.of) == (2, 2)
    assert told.top == ((0, 2),)  # both releases of Alpha
    assert (told.by_hour[1], sum(told.by_hour)) == (2, 2)
    assert told.days is not None
    assert told.days.plays == (1, 1)


def test_letter_case_does_not_matter_and_a_zone_moves_the_days() -> None:
    assert artist("ANN").rows == artist("Ann").rows
    assert artist("Ann", "America/New_York").first == "2024-12-31"


def test_a_track_counts_with_all_its_releases() -> None:
    for track_id in ("a", "a2"):
        told = track(track_id)
        assert (told.name, told.artists, told.rows) == ("Alpha", "Ann", (0, 1))
        assert (told.plays, told.rank, told.of) == (2, 2, 2)
    assert track("c").artists == "Bob, Ann"


def test_what_was_never_played_has_no_days_and_no_rank() -> None:
    told = track("d")
    assert (told.plays, told.first, told.last, told.rank, told.days) == (0, None, None, None, None)
    assert told.top == ()
    assert isinstance(told.to_dict(), dict)
    # played, but never in full
    beta = track("b")
    assert (beta.plays, beta.rank, beta.first) == (0, None, "2025-01-02")


def test_unknown_ones_are_told() -> None:
    with pytest.raises(NotFound, match="'Zed'"):
        artist("Zed")
    with pytest.raises(NotFound, match="'zzz'"):
        track("zzz")


# --- the page -------------------------------------------------------------------------


def opened(**address: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    run(app)
    for name, value in address.items():
        app.query_params[name] = value
    return run(app.switch_page("pages/detail.py"))


def told(app: AppTest) -> str:
    elements = (*app.subheader, *app.markdown, *app.caption, *app.info, *app.error)
    return " ".join(str(element.value) for element in elements)


def test_a_track_page_and_the_way_to_its_artist(own_history: Path) -> None:
    with Store(Settings(home=own_history)) as store:
        tracks = store.own_data("me").tracks
    track_id = str(tracks.loc[tracks["name"] == NASTY, "track_id"].iloc[0])
    app = opened(track=track_id)
    assert "First played on 1 January 2024" in told(app)
    assert "Its audio features are not known." in told(app)
    run(app.button(key="detail_add").click())
    with Store(Settings(home=own_history)) as store:
        assert [one.track_id for one in store.list_tracks("me")] == [track_id]
    run(app.button(key="detail_artist").click())
    assert app.query_params["artist"] in ("Nobody Known 0", ["Nobody Known 0"])
    assert "Its tracks" in told(app)


def test_the_key_is_shown_where_it_is_known(own_history: Path) -> None:
    """Here, and in the steps of Autoplay."""
    settings = Settings(home=own_history)
    with Store(settings) as store:
        own = store.own_data("me").tracks
        rows = [
            f'{at:022d},"{name}","{artists}",0.4,0.5,110,{9 if at % 2 else 0},{(at + 1) % 2}'
            for at, (name, artists) in enumerate(zip(own["name"], own["artists"], strict=True))
        ]
        header = "track_id,track_name,artists,danceability,energy,tempo,key,mode"
        files = [("keys.csv", "\n".join([header, *rows]).encode())]
        import_files(store, settings, "me", files, ReadOptions(), no_progress)
    app = opened(track=str(own["track_id"].iloc[1]))
    shown = app.table[0].value
    assert shown.to_numpy().tolist()[-1] == ["Key", "A minor"]
    assert "Key matched in a catalogue." in told(app)
    app = run(app.switch_page("pages/autoplay.py"))
    steps = [c.value for c in app.caption if "BPM after" in c.value]
    assert steps
    keyed = ("in A minor as before", "in C major as before", "its relative")
    assert all(any(words in step for words in keyed) for step in steps)


def test_discover_starts_from_an_artist(with_sample: Path) -> None:
    with Store(Settings(home=with_sample)) as store:
        name = str(store.own_data(SAMPLE_PROFILE).tracks["artists"].iloc[0]).split(";")[0]
    app = opened(artist=name)
    assert "Goes with it" in told(app)
    run(app.button(key="detail_seeds").click())
    assert app.title[0].value == "Discover"
    assert app.session_state["discover_start"] == "picked"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ({}, "Click an artist or a track"),
        ({"track": "../../etc"}, "There is no track"),
        ({"artist": "<b>x</b>"}, "No track in this profile"),
    ],
)
def test_nothing_or_nonsense_is_told(
    own_history: Path, address: dict[str, str], words: str
) -> None:
    assert words in told(opened(**address))
