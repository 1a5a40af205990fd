"""The same play in two sources counts once, whichever came first and whatever is undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from musicai.matching import name_id
from musicai.settings import Settings
from musicai.sources.base import PLAY_SOURCES, SOURCE_PLAY_COLUMNS, ParsedFile
from musicai.sources.track_rows import tracks_frame
from musicai.store import Store
from musicai.store.superseding import Played, repeated
from musicai.tables import conform

NOON = 1_699_963_200
"""2023-11-14 12:00 UTC."""


def file_of(source: str, plays: Sequence[tuple[str, int, int]], *, by: str = "Björk") -> ParsedFile:
    """Plays as (title, start, ms); Spotify's extended history has ids, the others names."""
    titles = list(dict.fromkeys(title for title, _, _ in plays))
    own_ids = source == "spotify_extended"
    ids = [title.ljust(22, "x")[:22] if own_ids else name_id(by, title) for title in titles]
    frame = pd.DataFrame(
        {
            "track": [titles.index(title) for title, _, _ in plays],
            "played_at": [start for _, start, _ in plays],
            "ms_played": [ms for _, _, ms in plays],
        }
    ).assign(listener="", skipped=0, reason_start="", reason_end="", shuffle=-1)
    return ParsedFile(
        file=f"{source} {len(plays)} {plays[:1]}",
        format=source,
        kind="plays",
        tracks=tracks_frame({"track_id": ids, "name": titles, "artists": [by] * len(titles)}),
        plays=conform(frame, SOURCE_PLAY_COLUMNS, "plays"),
        read=len(plays),
    )


def put(store: Store, *files: ParsedFile) -> tuple[list[tuple[int, int]], int]:
    """Import; (imported, duplicate) of each file, and how many older plays were replaced."""
    with store.begin_import("p") as writer:
        for parsed in files:
            writer.add_rows(parsed, parsed.file)
        writer.finish()
        counts = [record.counts for record in writer.records]
        assert all(count.adds_up for count in counts)
        return [(count.imported, count.duplicate) for count in counts], writer.superseded


def seen(store: Store) -> list[tuple[str, str]]:
    """(title, source) of the plays that count."""
    own = store.own_data("p")
    names = own.tracks["name"].to_numpy()[own.plays["track"].to_numpy()]
    return sorted(zip(names, own.plays["source"].astype(str), strict=True))


EXTENDED = file_of(
    "spotify_extended", [("Jóga", NOON, 305_000), ("Hunter", NOON + 306, 255_000)], by="Various"
)
# ends at 12:05:05 and 12:09:21, written as 12:05 and 12:09
ACCOUNT = file_of("spotify_account", [("Jóga", NOON - 5, 305_000), ("Hunter", NOON + 285, 255_000)])
SCROBBLES = file_of("lastfm", [("Jóga", NOON + 2, 180_000), ("Bachelorette", NOON + 900, 180_000)])


@pytest.fixture
def store(settings: Settings) -> Store:
    return Store(settings)


def test_the_weaker_source_that_comes_later_is_a_duplicate(store: Store) -> None:
    put(store, EXTENDED)
    assert put(store, ACCOUNT) == ([(0, 2)], 0)
    assert seen(store) == [("Hunter", "spotify_extended"), ("Jóga", "spotify_extended")]


def test_the_stronger_source_that_comes_later_replaces(store: Store) -> None:
    assert put(store, ACCOUNT) == ([(2, 0)], 0)
    assert put(store, EXTENDED) == ([(2, 0)], 2)
    assert seen(store) == [("Hunter", "spotify_extended"), ("Jóga", "spotify_extended")]


@pytest.mark.parametrize("order", list(permutations([EXTENDED, ACCOUNT, SCROBBLES])))
def test_in_one_import_the_order_of_the_files_does_not_matter(
    store: Store, order: tuple[ParsedFile, ...]
) -> None:
    counts, superseded = put(store, *order)
    by_file = dict(zip((parsed.format for parsed in order), counts, strict=True))
    assert by_file == {"spotify_extended": (2, 0), "spotify_account": (0, 2), "lastfm": (1, 1)}
    assert superseded == 0
    assert [title for title, _ in seen(store)] == ["Bachelorette", "Hunter", "Jóga"]


def test_undoing_the_stronger_brings_the_weaker_back(store: Store) -> None:
    put(store, ACCOUNT)
    put(store, SCROBBLES)
    put(store, EXTENDED)
    store.undo_import(store.imports("p")[0].id)
    assert seen(store) == [
        ("Bachelorette", "lastfm"),
        ("Hunter", "spotify_account"),
        ("Jóga", "spotify_account"),
    ]


def test_a_repeat_of_what_was_replaced_is_nothing_new(store: Store) -> None:
    put(store, ACCOUNT)
    put(store, EXTENDED)
    again = replace(ACCOUNT, file="the same plays in other bytes")
    assert put(store, again) == ([(0, 2)], 0)
    assert len(seen(store)) == 2


def test_another_minute_another_length_or_another_title_is_another_play(store: Store) -> None:
    put(store, EXTENDED)
    others = [("Jóga", NOON + 600, 305_000), ("Jóga", NOON - 5, 200_000), ("Pluto", NOON, 305_000)]
    assert put(store, file_of("spotify_account", others))[0] == [(3, 0)]


def test_a_song_heard_twice_in_a_row_stays_twice(store: Store) -> None:
    twice = [("Jóga", NOON, 100_000), ("Jóga", NOON + 100, 100_000)]
    put(store, file_of("spotify_extended", twice))
    near = [("Jóga", NOON + 1, 180_000), ("Jóga", NOON + 99, 180_000), ("Jóga", NOON + 61, 180_000)]
    assert put(store, file_of("lastfm", near))[0] == [(1, 2)]


def test_two_exports_of_one_service_count_once(store: Store) -> None:
    exact = file_of("lastfm", [("Jóga", NOON + 23, 180_000), ("Hunter", NOON + 300, 180_000)])
    minute = file_of("lastfm", [("Jóga", NOON, 180_000), ("Pluto", NOON + 240, 180_000)])
    other = file_of("lastfm", [("Hunter", NOON + 300, 255_000)])
    assert put(store, exact) == ([(2, 0)], 0)
    assert put(store, minute) == ([(1, 1)], 0)
    assert put(store, other) == ([(0, 1)], 0)
    assert [title for title, _ in seen(store)] == ["Hunter", "Jóga", "Pluto"]


def test_other_listeners_never_take_part(store: Store) -> None:
    other = file_of("listeners", [("Jóga", NOON, 305_000)])
    other = replace(other, plays=other.plays.assign(listener="somebody"))
    put(store, EXTENDED)
    assert put(store, other)[0] == [(1, 0)]


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 600)),
        max_size=30,
        unique=True,
    )
)
@hypothesis_settings(max_examples=100, deadline=None)
def test_each_row_is_repeated_once_by_one_source_and_only_by_weaker_ones(
    rows: list[tuple[int, int, int]],
) -> None:
    n = len(rows)
    source, title, start = np.array(rows, dtype=np.int64).reshape(n, 3).T
    source = np.array([0, 2, 9])[source] if n else source
    plays = Played(
        np.arange(n), np.zeros(n, dtype=np.int64), source, title, start, np.full(n, 1_000)
    )
    found = repeated(plays)
    pairs = [(int(source[row]), int(found[row])) for row in np.flatnonzero(found >= 0)]
    assert len(set(pairs)) == len(pairs)
    for row in np.flatnonzero(found >= 0):
        partner = found[row]
        assert source[partner] < source[row]
        assert title[partner] == title[row]
        assert abs(start[partner] - start[row]) <= 120
    # nothing that could pair is left: a free weak row has no free strong row near
    free = np.flatnonzero(found < 0)
    for weak in free:
        for strong in free:
            near = title[weak] == title[strong] and abs(start[weak] - start[strong]) <= 120
            if source[strong] < source[weak] and near:
                assert (int(source[weak]), int(strong)) in pairs


def test_the_order_of_the_sources_is_what_the_database_keeps() -> None:
    assert PLAY_SOURCES[:2] == ("spotify_extended", "spotify_account")
    assert PLAY_SOURCES[11] == "listeners"
