"""What every reader promises, whatever bytes it is given."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from musicai.core.errors import UnreadableFile
from musicai.core.settings import Settings
from musicai.data.library import AUDIO_FEATURES
from musicai.data.parsed import ReadOptions, Source
from musicai.library.archives import Member, open_inputs
from musicai.library.formats import SOURCES, exportify, recognise_format, track_table
from musicai.library.formats.csv_text import decode_text
from musicai.library.formats.fields import clean_text, parse_genres, parse_spotify_id
from tests.conftest import ROOT
from tests.reader_contract import holds

MANY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

KEYS = (
    "ts",
    "ms_played",
    "master_metadata_track_name",
    "master_metadata_album_artist_name",
    "master_metadata_album_album_name",
    "spotify_track_uri",
    "episode_name",
    "offline",
    "offline_timestamp",
    "skipped",
    "shuffle",
    "reason_end",
    "incognito_mode",
)
"""Of the extended history, those that decide what becomes of a row."""

HEADERS = (
    "Track URI,Track Name,Artist Name(s),Added At,Energy,Tempo,Genres,Popularity",
    "track_id,track_name,track_artist,danceability,energy,tempo,playlist_genre,explicit",
    "listener,track_id,played_at,ms_played,skipped",
)

cells = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["", "spotify:track:7ATyvp3TmYBmGW7YuC8DJ3", "0.5", "1.7", "2020-01-01T00:00:00Z", "NA"]
    ),
    st.floats().map(str),
    st.integers().map(str),
)

values: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["2023-05-01T12:00:00Z", "spotify:track:7ATyvp3TmYBmGW7YuC8DJ3"]),
    st.lists(st.integers(), max_size=2),
)

rows = st.one_of(
    values,
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(KEYS, values),
    ),
)


def source_named(name: str) -> Source:
    return next(source for source in SOURCES if source.name == name)


def try_all(data: bytes) -> None:
    recognised = recognise_format(data)
    for source in SOURCES:
        try:
            holds(source.parse(data, "x.csv", ReadOptions()))
        except UnreadableFile:
            continue
    if recognised:
        assert recognised.sniff(data)


def test_names_are_unique_and_labels_are_words() -> None:
    assert len({source.name for source in SOURCES}) == len(SOURCES)
    assert all(source.label for source in SOURCES)


@pytest.mark.slow
@MANY
@given(st.binary(max_size=400))
def test_arbitrary_bytes(data: bytes) -> None:
    try_all(data)


@pytest.mark.slow
@MANY
@given(st.sampled_from(HEADERS), st.binary(max_size=300), st.sampled_from(["utf-8", "utf-16"]))
def test_a_known_header_and_arbitrary_bytes(header: str, data: bytes, encoding: str) -> None:
    try_all(f"{header}\n".encode(encoding) + data)


@MANY
@given(st.sampled_from(HEADERS), st.data())
def test_arbitrary_cells(header: str, data: st.DataObject) -> None:
    width = header.count(",") + 1
    table = data.draw(st.lists(st.lists(cells, min_size=width, max_size=width), max_size=5))
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([header.split(","), *table])
    content = stream.getvalue().encode("utf-8", "replace")
    source = recognise_format(content)
    assert source is not None
    holds(source.parse(content, "x.csv", ReadOptions()))


@MANY
@given(st.lists(rows, max_size=6), st.booleans(), st.integers(0, 400))
def test_arbitrary_json(content: list[Any], private: bool, cut: int) -> None:
    data = json.dumps(content).encode()
    spotify = source_named("spotify_extended")
    for piece in (data, data[: max(len(data) - cut, 0)]):
        try:
            holds(spotify.parse(piece, "x.json", ReadOptions(include_private=private)))
        except UnreadableFile:
            continue


def test_each_real_file_belongs_to_one_reader(shared: Path, settings: Settings) -> None:
    paths = [shared / "exports", shared / "tracks", *sorted((ROOT / "sample_data").glob("*.*z*"))]
    seen = set()
    for member in open_inputs(paths, settings):
        if isinstance(member, Member):
            takers = [source.name for source in SOURCES if source.sniff(member.data[:65536])]
            assert len(takers) <= 1, member.file
            seen.update(takers)
    assert seen >= {"spotify_extended", "exportify", "itunes", "track_table", "listeners"}


def test_readers_are_asked_in_the_agreed_order() -> None:
    names = [source.name for source in SOURCES]
    agreed = [
        *("musicai_export", "spotify_extended", "spotify_account", "spotify_api"),
        *("exportify", "listenbrainz"),
        *("pano_scrobbler", "maloja", "lastfm", "librefm", "rockbox", "itunes", "apple_music"),
        *("listeners", "neighbours", "track_table", "mapped_table"),
    ]
    assert names == [name for name in agreed if name in names]


def test_the_sample_history_is_read_whole(settings: Settings) -> None:
    path = ROOT / "sample_data" / "my_spotify_data_sample.zip"
    with zipfile.ZipFile(path) as archive:
        n_json = sum(name.endswith(".json") for name in archive.namelist())
    members = [m for m in open_inputs([path], settings) if isinstance(m, Member)]
    assert len(members) == n_json
    for member in members:
        parsed = source_named("spotify_extended").parse(member.data, member.file, ReadOptions())
        holds(parsed)
        assert parsed.rejected == 0
        assert parsed.tracks["track_id"].str.startswith("invented").all()


@settings(deadline=None)
@given(st.text(max_size=60))
def test_clean_is_one_line_and_settles(text: str) -> None:
    once = clean_text(text)
    assert clean_text(once) == once
    assert not any(ch in once for ch in "\n\r\t\0")
    once.encode()


@settings(deadline=None)
@given(st.text(max_size=60))
def test_genres_settle(text: str) -> None:
    assert parse_genres(parse_genres(text)) == parse_genres(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7ATyvp3TmYBmGW7YuC8DJ3", True),
        (" spotify:track:7ATyvp3TmYBmGW7YuC8DJ3 ", True),
        ("https://open.spotify.com/track/7ATyvp3TmYBmGW7YuC8DJ3?si=1", True),
        ("spotify:local:a:b:c:1", False),
        ("spotify:episode:7ATyvp3TmYBmGW7YuC8DJ3", False),
        ("7ATyvp3TmYBmGW7YuC8DJ", False),
        ("7ATyvp3TmYBmGW7YuC8DJ33", False),
        ("7ATyvp3TmYBmGW7YuC8DJ-", False),
    ],
)
def test_spotify_id(text: str, expected: bool) -> None:
    assert parse_spotify_id(text) == ("7ATyvp3TmYBmGW7YuC8DJ3" if expected else "")


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff")))
def test_utf8_is_read_back(text: str) -> None:
    if "\0" not in text:
        assert decode_text(text.encode()) == text
    assert decode_text(text.encode("utf-8-sig")) == text
    assert decode_text(text.encode("utf-16")) == text


def test_features_named_here_are_the_tables() -> None:
    for aliases in (exportify.ALIASES, track_table.ALIASES):
        assert set(AUDIO_FEATURES) <= set(aliases)
