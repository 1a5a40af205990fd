"""Lists that a person makes: kept, ordered, checked, extended and written as files."""

from __future__ import annotations

import csv
import io
import json
import threading
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from musicai.ai_model import MusicAI
from musicai.core.errors import DataError, NotFound, QueryError
from musicai.core.settings import Settings
from musicai.data.playlists import (
    FORMATS,
    Duplicate,
    ListEntry,
    PlaylistLine,
    csv_file,
    duplicates,
    jspf_file,
    lines,
    list_entries,
    m3u8_file,
    total_ms,
    write_playlist,
    xspf_file,
)
from musicai.ranking import playlists
from musicai.store import Store
from musicai.store.playlists import LONGEST_LIST, STAGING
from tests.worlds import library

A, B, C = (ListEntry(name, name.upper(), "Ann") for name in "abc")


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with Store(settings) as opened:
        opened.create_profile("p")
        opened.create_profile("q")
        yield opened


def ids(store: Store, name: str = STAGING) -> list[str]:
    return [track.track_id for track in store.list_tracks("p", name)]


# --- the store ------------------------------------------------------------------------


def test_tracks_are_added_once_moved_and_taken_out(store: Store) -> None:
    assert ids(store) == []
    assert store.add_to_list("p", [A, B, A]) == 2
    assert store.add_to_list("p", [B, C]) == 1
    assert ids(store) == ["a", "b", "c"]
    store.move_in_list("p", "c", -1)
    assert ids(store) == ["a", "c", "b"]
    store.move_in_list("p", "a", -5)
    store.move_in_list("p", "a", 99)
    store.move_in_list("p", "absent", 1)
    assert ids(store) == ["c", "b", "a"]
    assert store.take_from_list("p", ["b", "absent"]) == 1
    assert store.list_tracks("p") == [C, A]
    assert store.list_tracks("q") == []


def test_a_list_is_saved_renamed_replaced_and_deleted(store: Store) -> None:
    store.save_list("p", "  Summer ", [A, B])
    with pytest.raises(DataError, match="already"):
        store.save_list("p", "Summer", [C])
    store.save_list("p", "Summer", [C], replace=True)
    store.save_list("p", "autumn", [])
    assert [(one.name, one.tracks) for one in store.list_playlists("p")] == [
        ("autumn", 0),
        ("Summer", 1),
    ]
    store.rename_list("p", "Summer", "Winter")
    with pytest.raises(DataError, match="already"):
        store.rename_list("p", "Winter", "autumn")
    assert ids(store, "Winter") == ["c"]
    store.delete_list("p", "Winter")
    for act in (
        lambda: store.list_tracks("p", "Winter"),
        lambda: store.delete_list("p", "Winter"),
        lambda: store.add_to_list("p", [A], "Winter"),
        lambda: store.rename_list("p", "Winter", "x"),
    ):
        with pytest.raises(NotFound, match="Winter"):
            act()


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "two\nlines", "nul\0"])
def test_a_name_that_cannot_be_one_is_refused(store: Store, name: str) -> None:
    with pytest.raises(DataError, match="visible characters"):
        store.save_list("p", name, [A])


def test_a_list_that_would_grow_too_long_stays_as_it_is(store: Store) -> None:
    store.add_to_list("p", [A])
    many = [ListEntry(str(n), "", "") for n in range(LONGEST_LIST)]
    with pytest.raises(DataError, match="at most 10,000"):
        store.add_to_list("p", many)
    assert ids(store) == ["a"]


def test_two_that_add_at_once_lose_nothing(settings: Settings, store: Store) -> None:
    def work(letter: str) -> None:
        with Store(settings) as own:
            for number in range(15):
                own.add_to_list("p", [ListEntry(f"{letter}{number}", "", "")])

    threads = [threading.Thread(target=work, args=(letter,)) for letter in "xyz"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ids(store)) == sorted(f"{x}{n}" for x in "xyz" for n in range(15))


def test_a_deleted_profile_leaves_no_list(store: Store) -> None:
    store.add_to_list("p", [A])
    store.save_list("p", "Summer", [A])
    store.save_list("q", "Summer", [B])
    store.delete_profile("p")
    store.create_profile("p")
    assert store.list_tracks("p") == []
    assert store.list_playlists("p") == []
    assert [one.name for one in store.list_playlists("q")] == ["Summer"]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(-7, 7)), max_size=12))
@hypothesis_settings(max_examples=20, deadline=None)
def test_any_moves_keep_every_track_once(
    tmp_path_factory: pytest.TempPathFactory, moves: list[tuple[int, int]]
) -> None:
    with Store(Settings(home=tmp_path_factory.mktemp("home"))) as store:
        store.create_profile("p")
        store.add_to_list("p", [ListEntry(str(n), "", "") for n in range(6)])
        expected = [str(n) for n in range(6)]
        for which, by in moves:
            place = expected.index(str(which))
            expected.insert(min(max(place + by, 0), 5), expected.pop(place))
            store.move_in_list("p", str(which), by)
        assert ids(store) == expected


# --- what is known of a list ----------------------------------------------------------

TRACKS = [
    {
        "track_id": "a" * 22,
        "name": "Song",
        "artists": "Ann;Bob",
        "album": "One",
        "duration_ms": 65_400,
    },
    {"track_id": "b" * 22, "name": "Song", "artists": "Ann", "album": "Best of"},
    {"track_id": "name:00ff", "name": "Other", "artists": "Cy", "duration_ms": 100_000},
]


def test_another_release_of_a_recording_is_a_duplicate() -> None:
    data = library(TRACKS)
    tracks = list_entries(data, ["b" * 22, "name:00ff", "a" * 22, "gone"])
    assert [track.name for track in tracks] == ["Song", "Other", "Song"]
    gone = ListEntry("gone", "x", "y")
    assert duplicates(data, [*tracks, gone, gone]) == [Duplicate("a" * 22, "b" * 22)]
    assert duplicates(data, tracks[:2]) == []


def test_lengths_and_addresses_are_those_known() -> None:
    data = library(TRACKS)
    tracks = [*list_entries(data, [row["track_id"] for row in TRACKS]), ListEntry("gone", "G", "")]
    assert total_ms(data, tracks) == (165_400.0, 2)
    first, _, other, gone = lines(data, tracks)
    assert first.artists == ("Ann", "Bob")
    assert first.address == f"https://open.spotify.com/track/{'a' * 22}"
    assert (other.address, gone.milliseconds, gone.album) == (None, None, "")


def test_more_like_these_are_not_in_the_list(with_sample: Path) -> None:
    ai = MusicAI(settings=Settings(home=with_sample))
    seeds = ai.favourites(3)
    found = playlists.more_like(ai, list_entries(ai.library, seeds), 5)
    assert len(set(found)) == 5
    assert not set(found) & set(seeds)
    with pytest.raises(QueryError, match="None of the list's tracks"):
        playlists.more_like(ai, [ListEntry("gone", "", "")], 5)


# --- files ----------------------------------------------------------------------------

LINE = PlaylistLine(
    "a" * 22, "Song", ("Ann", "Bob"), "One", 65_400.0, "https://example.org/track/a"
)
NASTY = PlaylistLine("x", "=1+1 <&\n\x00\u2028é", (), "", None, None)


def test_csv_by_hand() -> None:
    rows = list(csv.reader(io.StringIO(csv_file("n", [LINE, NASTY]).decode("utf-8-sig"))))
    assert rows[1] == [
        "1",
        "Song",
        "Ann; Bob",
        "One",
        "65",
        "a" * 22,
        "https://example.org/track/a",
    ]
    assert rows[2][1].startswith("'=1+1")
    assert rows[2][4] == ""


def test_m3u8_has_two_lines_a_track_whatever_its_name() -> None:
    hostile = replace(NASTY, title="a\n#EXTM3U\n/etc/passwd")
    text = m3u8_file("My\nlist", [LINE, hostile]).decode()
    assert text.split("\n") == [
        "#EXTM3U",
        "#PLAYLIST:My list",
        "#EXTINF:65,Ann, Bob - Song",
        "https://example.org/track/a",
        "#EXTINF:-1, - a #EXTM3U /etc/passwd",
        " - a #EXTM3U -etc-passwd.mp3",
        "",
    ]


def test_xspf_by_hand() -> None:
    root = ET.fromstring(xspf_file("My <list>", [LINE, NASTY]))
    space = {"x": "http://xspf.org/ns/0/"}
    assert root.attrib == {"version": "1"}
    assert root.findtext("x:title", namespaces=space) == "My <list>"
    first, second = root.findall("x:trackList/x:track", space)
    assert [(e.tag.split("}")[1], e.text) for e in first] == [
        ("location", "https://example.org/track/a"),
        ("identifier", f"spotify:track:{'a' * 22}"),
        ("title", "Song"),
        ("creator", "Ann, Bob"),
        ("album", "One"),
        ("duration", "65400"),
    ]
    assert [e.tag.split("}")[1] for e in second] == ["title"]


def test_jspf_by_hand() -> None:
    made = json.loads(jspf_file("n", [LINE]))["playlist"]
    assert made["title"] == "n"
    assert made["track"] == [
        {
            "location": ["https://example.org/track/a"],
            "identifier": [f"spotify:track:{'a' * 22}"],
            "title": "Song",
            "creator": "Ann, Bob",
            "album": "One",
            "duration": 65400,
        }
    ]


@given(title=st.text(max_size=30), artist=st.text(min_size=1, max_size=30))
@hypothesis_settings(max_examples=60, deadline=None)
def test_any_name_makes_readable_files(title: str, artist: str) -> None:
    title, artist = (t.encode("utf-8", "ignore").decode() for t in (title, artist))
    line = replace(NASTY, title=title, artists=(artist,))
    for ending, (_, _, write) in FORMATS.items():
        data = write("n", [line])
        if ending == "xspf":
            ET.fromstring(data)
        elif ending == "jspf":
            json.loads(data)
        elif ending == "m3u8":
            assert data.decode().count("\n") == 4
        else:
            assert len(list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))) == 2


def test_an_unknown_format_is_told() -> None:
    with pytest.raises(QueryError, match="csv, m3u8, xspf, jspf"):
        write_playlist(library(TRACKS), "n", [], "exe")
