"""The same play in two sources counts once, whichever came first and whatever is undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from itertools import combinations, permutations
from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from musicai.core.settings import Settings
from musicai.data.frames import conform
from musicai.data.parsed import PLAY_SOURCES, SOURCE_PLAY_COLUMNS, ParsedFile
from musicai.data.text_keys import name_id
from musicai.library.formats.tracks import build_tracks_frame
from musicai.store import Store
from musicai.store.deduplication import ListenerPlays, find_superseded

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
        tracks=build_tracks_frame({"track_id": ids, "name": titles, "artists": [by] * len(titles)}),
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


TO_THE_SECOND = file_of("lastfm", [("Jóga", NOON + 23, 180_000), ("Hunter", NOON + 300, 180_000)])
TO_THE_MINUTE = file_of("lastfm", [("Jóga", NOON, 180_000), ("Pluto", NOON + 240, 180_000)])
WITH_LENGTHS = file_of("lastfm", [("Hunter", NOON + 300, 255_000)])


@pytest.mark.parametrize("order", list(permutations([TO_THE_SECOND, TO_THE_MINUTE, WITH_LENGTHS])))
def test_exports_of_one_service_count_once(store: Store, order: tuple[ParsedFile, ...]) -> None:
    """The exact time and the known length count, whichever came first."""
    counts = [put(store, parsed) for parsed in order]
    new = sum(imported for files, _ in counts for imported, _ in files)
    assert new - sum(superseded for _, superseded in counts) == 3
    own = store.own_data("p")
    assert own.plays["played_at"].astype("int64").tolist() == [NOON + 23, NOON + 240, NOON + 300]
    assert own.plays["ms_played"].tolist() == [180_000, 180_000, 255_000]


def test_other_listeners_never_take_part(store: Store) -> None:
    other = file_of("listeners", [("Jóga", NOON, 305_000)])
    other = replace(other, plays=other.plays.assign(listener="somebody"))
    put(store, EXTENDED)
    assert put(store, other)[0] == [(1, 0)]


def test_an_owner_who_came_after_other_listeners_is_still_the_owner(store: Store) -> None:
    first = replace(ACCOUNT, plays=ACCOUNT.plays.assign(listener="somebody"), file="first")
    put(store, first)
    put(store, ACCOUNT)
    assert put(store, EXTENDED) == ([(2, 0)], 2)
    sources = store.own_data("p").plays["source"].astype(str).tolist()
    assert sorted(sources) == ["listeners"] * 2 + ["spotify_extended"] * 2


def test_one_play_told_alike_by_two_sources_is_the_better_ones(store: Store) -> None:
    weak, strong = (file_of(s, [("Pluto", NOON, 180_000)]) for s in ("maloja", "listenbrainz"))
    put(store, weak)
    assert put(store, strong) == ([(1, 0)], 1)
    assert seen(store) == [("Pluto", "listenbrainz")]
    store.undo_import(store.imports("p")[0].id)
    assert seen(store) == [("Pluto", "maloja")]


def test_tracks_without_a_name_are_the_same_by_their_id_alone(store: Store) -> None:
    files = []
    for source in ("spotify_extended", "mapped_table"):
        made = file_of("spotify_extended", [("Pluto", NOON, 180_000), ("Jóga", NOON, 180_000)])
        nameless = made.tracks.assign(name="", artists="")
        files.append(replace(made, format=source, tracks=nameless, file=source))
    assert put(store, *files) == ([(2, 0), (0, 2)], 0)


def test_a_name_that_comes_later_settles_earlier_plays(store: Store) -> None:
    """The account history names what another file knew by its id alone."""
    told = file_of("spotify_extended", [("Pluto", NOON, 180_000)])
    bare = replace(told, tracks=told.tracks.assign(name="", artists=""), file="bare")
    put(store, bare)
    put(store, file_of("lastfm", [("Pluto", NOON + 1, 180_000)]))
    assert len(seen(store)) == 2
    facts = replace(told, kind="tracks", plays=told.plays[:0], read=1, file="facts")
    assert put(store, facts) == ([(1, 0)], 1)
    assert seen(store) == [("Pluto", "spotify_extended")]
    store.undo_import(store.imports("p")[0].id)
    assert len(seen(store)) == 2


def test_a_name_from_a_catalogue_settles_earlier_plays(store: Store) -> None:
    told = file_of("spotify_extended", [("Pluto", NOON, 180_000)])
    put(store, replace(told, tracks=told.tracks.assign(name="", artists=""), file="bare"))
    put(store, file_of("lastfm", [("Pluto", NOON + 1, 180_000)]))
    assert len(seen(store)) == 2
    songs = ParsedFile("songs", "test", "catalogue", tracks=told.tracks, read=1)
    with store.begin_import("p") as writer:
        writer.add_catalogue(songs, "songs", "songs", invented=False)
        writer.finish()
        assert writer.superseded == 1
    assert seen(store) == [("Pluto", "spotify_extended")]


def test_earlier_plays_stay_as_they_are_until_the_import_is_visible(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, ACCOUNT)
    before = seen(store)

    def broken(*_: object) -> None:
        assert seen(store) == before
        raise ZeroDivisionError

    monkeypatch.setattr("musicai.store.imports.ImportWriter._write_records", broken)
    with pytest.raises(ZeroDivisionError):
        put(store, EXTENDED)
    assert seen(store) == before
    monkeypatch.undo()
    assert put(store, EXTENDED) == ([(2, 0)], 2)


def test_one_source_alone_is_never_looked_through(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("looked for other sources")

    monkeypatch.setattr("musicai.store.deduplication.changes", never)
    put(store, EXTENDED)
    put(store, replace(EXTENDED, file="again"))
    store.undo_import(store.imports("p")[0].id)
    assert len(seen(store)) == 2


def played(rows: Sequence[tuple[str, str, int, int]]) -> ListenerPlays:
    """Plays from (source, title, start, ms)."""
    titles = sorted({row[1] for row in rows})
    return ListenerPlays(
        np.array([PLAY_SOURCES.index(row[0]) for row in rows], dtype=np.int64),
        np.array([titles.index(row[1]) for row in rows], dtype=np.int64),
        np.array([row[2] for row in rows], dtype=np.int64),
        np.array([row[3] for row in rows], dtype=np.int64),
        np.arange(len(rows), dtype=np.int64),
    )


def best(*rows: tuple[str, str, int, int]) -> list[int]:
    return find_superseded(played(rows)).tolist()


def test_no_plays_at_all() -> None:
    assert best() == []


@pytest.mark.parametrize(("away", "same"), [(-120, True), (120, True), (-121, False), (121, False)])
def test_starts_may_be_two_minutes_apart(away: int, same: bool) -> None:
    found = best(("lastfm", "a", NOON, 180_000), ("maloja", "a", NOON + away, 180_000))
    assert found == [-1, 0 if same else -1]


@pytest.mark.parametrize("source", ["itunes", "rockbox"])
@pytest.mark.parametrize(("away", "same"), [(360, True), (-360, True), (361, False)])
def test_a_stamp_of_the_end_may_be_a_length_and_a_minute_away(
    source: str, away: int, same: bool
) -> None:
    found = best(("lastfm", "a", NOON, 180_000), (source, "a", NOON + away, 300_000))
    assert found == [-1, 0 if same else -1]


@pytest.mark.parametrize(
    ("end", "ms", "same"),
    [
        (0, 100_000, True),
        (59, 100_000, True),
        (60, 100_000, True),
        (120, 100_000, True),  # half a minute and a minute from the middle of 12:00
        (121, 100_000, False),
        (-60, 100_000, True),
        (-61, 100_000, False),
        (30, 101_000, True),
        (30, 101_001, False),
    ],
)
def test_account_data_know_the_minute_of_the_end(end: int, ms: int, same: bool) -> None:
    extended = ("spotify_extended", "a", NOON + end - ms // 1000, ms)
    assert best(extended, ("spotify_account", "a", NOON - 100, 100_000)) == [-1, 0 if same else -1]


def test_an_account_start_moved_within_its_minute_changes_nothing() -> None:
    """The reader keeps the order of the file by moving starts; the end's minute stays."""
    for moved in (0, 30, 59):
        rows = ("spotify_account", "a", NOON - 100 + moved, 100_000)
        assert best(("spotify_extended", "a", NOON + 20, 100_000), rows) == [-1, 0]


def test_the_nearest_are_one_play_and_the_rest_stay() -> None:
    found = best(
        ("lastfm", "a", NOON, 1),
        ("maloja", "a", NOON - 100, 1),
        ("maloja", "a", NOON + 3, 1),
    )
    assert found == [-1, -1, 0]


def test_a_chain_of_three_sources_is_one_play() -> None:
    """The third is near the second alone, which is the first's play already."""
    found = best(
        ("listenbrainz", "a", NOON, 1),
        ("lastfm", "a", NOON + 100, 1),
        ("maloja", "a", NOON + 200, 1),
    )
    assert found == [-1, 0, 0]


def test_a_chain_of_four_sources_is_one_play_of_the_best() -> None:
    sources = ("listenbrainz", "lastfm", "librefm", "maloja")
    found = best(*((source, "a", NOON + 100 * i, 1) for i, source in enumerate(sources)))
    assert found == [-1, 0, 0, 0]


def test_a_play_of_three_sources_takes_one_of_each() -> None:
    """The third source's second play is another one, though the second source is near it too."""
    found = best(
        ("listenbrainz", "a", NOON, 1),
        ("lastfm", "a", NOON + 50, 1),
        ("maloja", "a", NOON + 10, 1),
        ("maloja", "a", NOON + 60, 1),
    )
    assert found == [-1, 0, 0, -1]


def test_a_loop_is_paired_throughout() -> None:
    """Every second play lies half-way between two of the other source."""
    rows = [("lastfm", "a", NOON + 100 * i, 1) for i in range(500)]
    rows += [("maloja", "a", NOON + 50 + 100 * i, 1) for i in range(500)]
    found = find_superseded(played(rows))
    assert (found[500:] >= 0).all()
    assert len(set(found[500:].tolist())) == 500


def rows_of(*sources: str) -> st.SearchStrategy[list[tuple[str, str, int, int]]]:
    return st.lists(
        st.tuples(
            st.sampled_from(sources),
            st.sampled_from(["a", "b"]),
            st.integers(0, 30).map(lambda step: NOON + 30 * step),  # equally near ones are common
            st.sampled_from([0, 1_500, 180_000, 200_000]),
        ),
        max_size=30,
        unique=True,
    )


@given(rows_of("spotify_extended", "spotify_account", "apple_music", "mapped_table", "itunes"))
@hypothesis_settings(max_examples=200, deadline=None)
def test_each_play_has_at_most_one_row_of_each_source_and_the_best_one_counts(
    rows: list[tuple[str, str, int, int]],
) -> None:
    plays, found = played(rows), find_superseded(played(rows))
    for row, top in enumerate(found.tolist()):
        if top >= 0:
            assert found[top] == -1
            assert plays.source[top] < plays.source[row]
            assert plays.title[top] == plays.title[row]
    members = [(top, rows[row][0]) for row, top in enumerate(found.tolist()) if top >= 0]
    assert len(set(members)) == len(members)
    for weak, strong in combinations(np.flatnonzero(found < 0).tolist(), 2):
        one, other = sorted((rows[weak], rows[strong]), key=lambda row: PLAY_SOURCES.index(row[0]))
        if one[0] == other[0] or one[1] != other[1] or other[0] == "spotify_account":
            continue
        top = weak if rows[weak] == one else strong
        near = abs(one[2] - other[2]) <= 120
        assert not near or (top, other[0]) in members


@given(
    rows_of("spotify_extended", "spotify_account", "lastfm", "itunes"),
    st.randoms(use_true_random=False),
)
@hypothesis_settings(max_examples=200, deadline=None)
def test_the_order_of_the_rows_does_not_matter(
    rows: list[tuple[str, str, int, int]], chance: Random
) -> None:
    plays = played(rows)
    order = np.array(chance.sample(range(len(rows)), len(rows)), dtype=np.int64)
    mixed = find_superseded(
        ListenerPlays(*(getattr(plays, f.name)[order] for f in fields(ListenerPlays)))
    )
    plain = find_superseded(plays)
    assert mixed.tolist() == [
        int(np.flatnonzero(order == plain[row])[0]) if plain[row] >= 0 else -1 for row in order
    ]


FILES = st.lists(
    st.tuples(
        st.sampled_from(["spotify_extended", "spotify_account", "lastfm", "maloja"]),
        st.lists(
            st.tuples(
                st.sampled_from(["Jóga", "Hunter"]),
                st.integers(NOON, NOON + 400),
                st.sampled_from([1_000, 200_000]),
            ),
            min_size=1,
            max_size=5,
        ),
    ),
    min_size=2,
    max_size=5,
)


def visible(store: Store) -> list[tuple[str, str, str, int]]:
    own = store.own_data("p")
    ids = own.tracks["track_id"].to_numpy()[own.plays["track"].to_numpy()]
    at = own.plays["played_at"].astype("int64")
    return sorted(
        zip(
            ids,
            own.plays["source"].astype(str),
            at.astype(str),
            own.plays["ms_played"],
            strict=True,
        )
    )


@pytest.mark.slow
@given(FILES, st.data())
@hypothesis_settings(max_examples=25, deadline=None)
def test_any_order_of_importing_and_undoing_gives_the_same_plays(
    tmp_path_factory: pytest.TempPathFactory,
    given_files: list[tuple[str, list[tuple[str, int, int]]]],
    data: st.DataObject,
) -> None:
    files = [
        replace(file_of(source, rows), file=str(number))
        for number, (source, rows) in enumerate(given_files)
    ]
    home = tmp_path_factory.mktemp("homes")
    undone = data.draw(st.sets(st.sampled_from(range(len(files)))))
    order = data.draw(st.permutations(range(len(files))))
    with Store(Settings(home=home / "a")) as one, Store(Settings(home=home / "b")) as other:
        other.create_profile("p")
        left = [parsed for number, parsed in enumerate(files) if number not in undone]
        if left:
            put(other, *left)  # all at once
        for number in order:
            put(one, files[number])
        for record in one.imports("p"):
            if int(record.files[0].file) in undone:
                one.undo_import(record.id)
        assert visible(one) == visible(other)


def test_the_order_of_the_sources_is_what_the_database_keeps() -> None:
    assert PLAY_SOURCES[:2] == ("spotify_extended", "spotify_account")
    assert PLAY_SOURCES[11] == "listeners"
