"""Logs of scrobbles: every layout, and everything that can be wrong with one."""

from __future__ import annotations

import contextlib
import itertools
import json
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicai.core.errors import UnreadableFile
from musicai.data.feedback import Feedback
from musicai.data.parsed import NOMINAL_MS, ReadOptions
from musicai.data.text_keys import name_id
from musicai.library.formats import (
    lastfm,
    librefm,
    listenbrainz,
    maloja,
    pano_scrobbler,
    recognise_format,
    rockbox,
)
from musicai.library.formats.json_rows import MAX_LINE, read_lines
from musicai.library.formats.scrobbles import EARLIEST_SCROBBLE, parse_epoch, parse_length
from tests.conftest import ROOT
from tests.scrobble_files import AT, checked, listen, only, read

ID = "7ATyvp3TmYBmGW7YuC8DJ3"
READERS = (listenbrainz, pano_scrobbler, maloja, lastfm, librefm, rockbox)

SHARED_COUNTS = {  # format, rows read, plays, rejected, tracks: counted by hand
    "lastfm_csv/lastfm_to_csv_user01.csv": ("lastfm", 4, 3, 1, 3),
    "lastfm_csv/recenttracks-user01-1700000600.csv": ("lastfm", 3, 3, 0, 3),
    "scrobble_formats/librefm.csv": ("librefm", 3, 3, 0, 3),
    "scrobble_formats/librefm_no_album_column.csv": ("librefm", 2, 2, 0, 2),
    "scrobble_formats/librefm_via_maloja.csv": ("librefm", 3, 3, 0, 3),
    "scrobble_formats/librefm_with_comments.csv": ("librefm", 3, 3, 0, 3),
    "scrobble_formats/listenbrainz_all_invalid.jsonl": ("listenbrainz", 3, 0, 3, 0),
    "scrobble_formats/listenbrainz_listens.jsonl": ("listenbrainz", 2, 2, 0, 2),
    "scrobble_formats/listenbrainz_mixed_validity.jsonl": ("listenbrainz", 5, 3, 2, 3),
    "scrobble_formats/maloja.json": ("maloja", 2, 2, 0, 2),
    "scrobble_formats/maloja_malformed.json": ("maloja", 3, 0, 3, 0),
    "scrobble_formats/panoscrobbler.jsonl": ("pano_scrobbler", 2, 2, 0, 2),
    "scrobble_formats/rockbox.scrobbler.log": ("rockbox", 4, 3, 1, 3),
}

OWN_COUNTS = {  # format, kind, rows read, rows kept, rejected, of the first part
    "listenbrainz/11.jsonl": ("plays", 4, 4, 0),
    "listenbrainz/person_lb-2023-11-15.json": ("plays", 2, 2, 0),
    "listenbrainz/feedback.jsonl": ("choices", 3, 2, 1),
    "lastfm/lastfmstats-person.csv": ("plays", 2, 2, 0),
    "lastfm/lastfmstats-person.json": ("plays", 1, 1, 0),
    "lastfm/person.csv": ("plays", 3, 2, 1),
    "lastfm/recenttracks-person-1700001300.csv": ("plays", 2, 2, 0),
    "lastfm/recenttracks-person-1700001300.json": ("plays", 3, 2, 1),
    "librefm/scrobbles.csv": ("plays", 2, 2, 0),
    "librefm/without_album.csv": ("plays", 1, 1, 0),
    "maloja/maloja_export.json": ("plays", 2, 2, 0),
    "pano_scrobbler/scrobbles.jsonl": ("plays", 2, 2, 0),
    "rockbox/scrobbler.log": ("plays", 3, 2, 1),
}


@pytest.mark.parametrize("file", SHARED_COUNTS)
def test_real_files_give_what_was_counted_by_hand(shared: Path, file: str) -> None:
    name, n_read, plays, rejected, tracks = SHARED_COUNTS[file]
    reader = next(reader for reader in READERS if name == reader.NAME)
    parsed = read((shared / "exports" / file).read_bytes(), reader)
    assert (parsed.read, len(parsed.plays), parsed.rejected) == (n_read, plays, rejected)
    assert len(parsed.tracks) == tracks


def test_every_real_file_is_in_the_table(shared: Path) -> None:
    folders = ("lastfm_csv", "scrobble_formats")
    found = {f"{f}/{path.name}" for f in folders for path in (shared / "exports" / f).iterdir()}
    assert found - set(SHARED_COUNTS) == {"scrobble_formats/librefm_no_header.csv"}


def test_the_archive_of_listenbrainz(shared: Path) -> None:
    with zipfile.ZipFile(shared / "exports/zips/listenbrainz_user01_1754000000.zip") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    assert len(read(members["listens/2025/6.jsonl"], listenbrainz).plays) == 2
    assert len(read(members["listens/2025/8.jsonl"], listenbrainz).plays) == 3
    feedback = read(members["feedback.jsonl"], listenbrainz)
    assert (feedback.kind, feedback.read, feedback.rejected) == ("choices", 1, 1)
    assert "by an id alone" in feedback.problems[0].why
    assert recognise_format(members["user.json"]) is None


@pytest.mark.parametrize("file", OWN_COUNTS)
def test_the_samples(file: str) -> None:
    kind, n_read, kept, rejected = OWN_COUNTS[file]
    path = ROOT / "tests/files/exports" / file
    parsed = read(path.read_bytes(), next(r for r in READERS if path.parent.name == r.NAME))
    rows = parsed.choices if kind == "choices" else parsed.plays
    assert (parsed.kind, parsed.read, len(rows), parsed.rejected) == (kind, n_read, kept, rejected)
    everything = f"{parsed.tracks.to_string()} {parsed.plays.to_string()} {parsed.problems}"
    assert "person" not in everything  # who listened


def test_a_listen_of_listenbrainz(shared: Path) -> None:
    parsed = read(
        (shared / "exports/scrobble_formats/listenbrainz_listens.jsonl").read_bytes(), listenbrainz
    )
    first = parsed.tracks.iloc[0]
    assert first["track_id"] == "2AX5E86cn9n2dgioZEjirI"
    assert (first["name"], first["artists"]) == ("Golden Brown", "The Stranglers")
    assert (first["album"], first["isrc"]) == ("La Folie", "GBAYE8100053")
    assert first["duration_ms"] == 206_760
    assert parsed.plays["played_at"].tolist() == [1748964167, 1748967954]
    assert parsed.plays["ms_played"].tolist() == [206_760, 162_373]
    assert parsed.plays["skipped"].tolist() == [0, 0]


CREDIT = {"artists": [{"artist_credit_name": "Queen"}, {"artist_credit_name": "David Bowie"}]}


@pytest.mark.parametrize(
    ("artist", "metadata", "expected"),
    [
        ("Queen & David Bowie", {}, "Queen & David Bowie"),
        ("Queen & David Bowie", {"mbid_mapping": CREDIT}, "Queen;David Bowie"),
        ("Air", {"mbid_mapping": CREDIT}, "Air"),  # mapped to somebody else's recording
        ("Queens feat. David Bowie", {"mbid_mapping": CREDIT}, "Queens feat. David Bowie"),
        ("A & B", {"additional_info": {"artist_names": ["A", "B"]}}, "A;B"),
        ("A & B", {"additional_info": {"artist_names": []}}, "A & B"),
        ("A & B", {"additional_info": {"artist_names": [None, 3, ""]}}, "A & B"),
        ("A & B", {"additional_info": [], "mbid_mapping": {"artists": ["A", "B"]}}, "A & B"),
        ("A;B", {}, "A,B"),
    ],
)
def test_artists_of_listenbrainz(artist: str, metadata: dict[str, Any], expected: str) -> None:
    assert only(read(listen(artist, **metadata), listenbrainz))["artists"] == expected


@pytest.mark.parametrize(
    ("info", "track_id", "duration", "heard"),
    [
        ({"spotify_id": f"https://open.spotify.com/track/{ID}"}, ID, None, NOMINAL_MS),
        ({"spotify_id": ID, "duration": 200}, ID, 200_000, 200_000),
        ({"spotify_id": 7, "origin_url": f"spotify:track:{ID}"}, ID, None, NOMINAL_MS),
        ({"duration_ms": 1000, "duration": 200}, name_id("Air", "Talisman"), 1000, 1000),
        ({"duration_ms": "210000"}, name_id("Air", "Talisman"), 210_000, 210_000),
        ({"duration": 200, "duration_played": 50}, name_id("Air", "Talisman"), 200_000, 50_000),
        ({"duration_ms": -5, "isrc": 3}, name_id("Air", "Talisman"), None, NOMINAL_MS),
    ],
)
def test_additional_info(
    info: dict[str, Any], track_id: str, duration: float | None, heard: int
) -> None:
    parsed = read(listen(additional_info=info), listenbrainz)
    track = only(parsed)
    assert track["track_id"] == track_id
    assert track["duration_ms"] == duration or (
        duration is None and track["duration_ms"] != track["duration_ms"]
    )
    assert parsed.plays["ms_played"].tolist() == [heard]


def test_one_track_of_two_rows_has_the_facts_of_both() -> None:
    text = (
        listen(at=AT)
        + listen("AIR", at=AT + 600, release_name="Moon Safari")
        + listen(at=AT + 900, additional_info={"duration": 256, "isrc": "FRZ119800450"})
    )
    parsed = read(text, listenbrainz)
    track = only(parsed)
    assert (track["artists"], track["album"], track["isrc"]) == (
        "Air",
        "Moon Safari",
        "FRZ119800450",
    )
    assert track["duration_ms"] == 256_000
    assert parsed.plays["ms_played"].tolist() == [256_000] * 3  # known of the track, if not here


def test_the_older_array_of_listenbrainz() -> None:
    rows = [json.loads(listen(at=AT)), json.loads(listen(track="Remember", at="1700000300"))]
    whole = json.dumps(rows, indent=1)
    assert read(whole, listenbrainz).plays["played_at"].tolist() == [AT, AT + 300]
    cut = read(whole[:-40], listenbrainz)
    assert (len(cut.plays), cut.rejected) == (1, 1)
    assert cut.problems[0].where.startswith("row 2, byte")


def test_bad_lines_cost_themselves_alone() -> None:
    text = (
        '{"listened_at": 17000\n'
        + listen(at=AT)
        + "[[[[\n\n"
        + listen(at=AT + 600)[:-30]
        + "\n"
        + "[" * 100_000
        + "\n"
        + listen(at=float("nan"))
        + listen(at=10**30)
        + listen("Half \ud800 of one", at=AT + 900)
    )
    parsed = read(text, listenbrainz)
    assert parsed.plays["played_at"].tolist() == [AT, AT + 900]
    where = [problem.where for problem in parsed.problems]
    assert where == ["line 1", "line 3", "line 5", "line 6", "line 7", "line 8"]
    assert "damaged" in parsed.problems[0].why
    assert "time" in parsed.problems[-1].why
    assert set(parsed.tracks["artists"]) == {"Air", "Half of one"}


def test_damaged_characters_cost_the_field_alone() -> None:
    text = json.dumps(json.loads(listen("Björk Guðmundsdóttir")), ensure_ascii=False)
    data = text.encode().replace(b"Talisman", b"Tal\xffisman") + b"\n" + b"\0" * 40
    assert only(read(data, listenbrainz))["name"] == "Tal\ufffdisman"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_lines_in_other_encodings(encoding: str) -> None:
    text = json.dumps(json.loads(listen("Björk", "Jóga")), ensure_ascii=False)
    assert only(read(text.replace("\n", "\r\n").encode(encoding), listenbrainz))["name"] == "Jóga"


@pytest.mark.parametrize(
    "text",
    [
        '{"user_id": 1, "username": "user01"}',
        '{"created": 1700000000, "recording_mbid": "x", "blurb_content": "!", "pinned_until": 1}',
        '{"payload": {"listens": [{"listened_at": 1, "track_metadata": {}}]}}',
        "",
    ],
)
def test_what_else_listenbrainz_holds_is_no_listens(text: str) -> None:
    assert not listenbrainz.sniff(text.encode())
    assert len(listenbrainz.parse(text.encode(), "x", ReadOptions()).plays) == 0


def test_verdicts_of_listenbrainz() -> None:
    named = {"artist_name": "Air", "track_name": "Talisman"}
    rows: list[Any] = [
        {"score": 1, "recording_msid": "a", "created": AT, "track_metadata": named},
        {"score": -1, "recording_msid": "b", "created": None, "track_metadata": {
            **named, "track_name": "Remember"}},
        {"score": 0, "recording_msid": "c", "created": AT, "track_metadata": {
            **named, "track_name": "Never kept"}},
        {"score": True, "recording_msid": "c", "created": AT, "track_metadata": named},
        {"score": 1, "recording_mbid": "d", "created": AT},
        7,
    ]  # fmt: skip
    parsed = read("\n".join(map(json.dumps, rows)), listenbrainz)
    assert parsed.kind == "choices"
    assert parsed.choices.feedback == (
        Feedback(name_id("Air", "Talisman"), "like", AT),
        Feedback(name_id("Air", "Remember"), "dislike", 0),
    )
    assert parsed.tracks["name"].tolist() == ["Talisman", "Remember"]
    assert [p.where for p in parsed.problems] == ["line 3", "line 4", "line 5", "line 6"]


@pytest.mark.timeout(10)
def test_a_log_of_many_lines_is_read_in_linear_time() -> None:
    """In a second or so; were each line to cost as much as all before it, in minutes."""
    data = b"".join(listen(at=AT + i).encode() for i in range(60_000))
    assert len(listenbrainz.parse(data, "x", ReadOptions()).plays) == 60_000


def test_lines_are_in_memory_one_at_a_time() -> None:
    data = b'{"a": 1}\n' * 1_000_000
    tracemalloc.start()
    assert next(itertools.islice(read_lines(data), 5, None)) == ("line 6", {"a": 1})
    assert tracemalloc.get_traced_memory()[1] < 4_000_000
    tracemalloc.stop()


def test_a_line_without_end_is_not_parsed() -> None:
    ((place, value),) = read_lines(b'{"a": "' + b"x" * MAX_LINE + b'"}')
    assert place == "line 1"
    assert isinstance(value, ValueError)


# Maloja


def test_maloja(shared: Path) -> None:
    parsed = read((shared / "exports/scrobble_formats/maloja.json").read_bytes(), maloja)
    first, second = parsed.tracks.to_dict("records")
    assert (first["artists"], first["album"]) == (
        "Alabaster Deplume",
        "To Cy & Lee: Instrumentals Vol. 1",
    )
    assert first["duration_ms"] == 220_000
    assert second["duration_ms"] != second["duration_ms"]  # 245 s were heard, of how many is open
    assert parsed.plays["ms_played"].tolist() == [220_000, 245_000]


def test_maloja_rows_of_wrong_types() -> None:
    track = {"artists": ["Queen", "David Bowie", None, ""], "title": "Under Pressure", "album": []}
    rows: list[Any] = [
        {"time": AT, "track": track, "duration": "x"},
        {"time": None, "track": track},
        {"time": AT, "track": None},
        [],
        {"time": AT, "track": {**track, "title": ["x"]}},
    ]
    whole = json.dumps({"maloja": {"export_time": 1}, "scrobbles": rows})
    parsed = read(whole, maloja)
    assert only(parsed)["artists"] == "Queen;David Bowie"
    assert [p.where for p in parsed.problems] == ["row 2", "row 3", "row 4", "row 5"]


def test_maloja_cut_off_keeps_what_is_before() -> None:
    row = {"time": AT, "track": {"artists": ["Air"], "title": "Talisman"}}
    whole = json.dumps({"maloja": {"export_time": 1}, "scrobbles": [row] * 3})
    cut = read(whole[:-20], maloja)
    assert (len(cut.plays), cut.rejected) == (2, 1)
    broken = read(whole.replace("Talisman", "Tal\x00isman", 1), maloja)
    assert (len(broken.plays), broken.rejected) == (2, 1)
    with pytest.raises(UnreadableFile):
        maloja.parse(b'{"maloja": {}, "scrobbles": 5}', "x", ReadOptions())


# Pano Scrobbler


def pano(event: str | None, at: Any, artist: str = "Air", track: str = "Talisman") -> str:
    """A line as Pano Scrobbler writes it."""
    row = {"timeMs": at, "artist": artist, "track": track, "album": "", "durationMs": 256_000}
    return json.dumps({**row, "event": event} if event else row) + "\n"


def test_pano_scrobbler() -> None:
    text = (
        pano("scrobble", AT * 1000 + 999)
        + pano("love", AT * 1000)
        + pano(None, (AT + 600) * 1000)
        + pano("love", AT * 1000, track="Kelly")
        + pano("unlove", (AT + 5) * 1000, track="KELLY")
        + pano("unlove", (AT - 5) * 1000)
        + pano("nowplaying", AT * 1000)
        + "{\n"
        + "7\n"
    )
    parsed = read(text, pano_scrobbler)
    assert parsed.plays["played_at"].tolist() == [AT, AT + 600]
    assert parsed.plays["ms_played"].tolist() == [256_000] * 2
    assert [p.where for p in parsed.problems] == ["line 7", "line 8", "line 9"]
    (loves,) = parsed.further
    assert loves.kind == "choices"
    assert loves.choices.feedback == (Feedback(name_id("Air", "Talisman"), "like", AT),)
    assert only(loves)["name"] == "Talisman"
    assert [p.where for p in loves.problems] == ["line 4", "line 5", "line 6"]
    assert (parsed.read, loves.read) == (5, 4)


def test_pano_scrobbler_of_scrobbles_alone_has_one_part() -> None:
    assert read(pano("scrobble", AT * 1000), pano_scrobbler).further == ()


# what all share


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (AT, AT),
        (AT * 1000 + 999, AT),
        (float(AT) + 0.5, AT),
        (f" {AT} ", AT),
        ("²", -1),
        ("1" * 5000, -1),
        (True, -1),
        (float("nan"), -1),
        (float("inf"), -1),
        (10**400, -1),
        (-1, -1),
        (None, -1),
        ([], -1),
    ],
)
def test_epoch(value: object, expected: int) -> None:
    assert parse_epoch(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(3, 3000), ("2.5", 2500), (86_400, 86_400_000), (86_401, 0), (0, 0), (-1, 0), ("nan", 0),
     ("x", 0), (None, 0), (True, 0), (float("inf"), 0), (10**400, 0)],
)  # fmt: skip
def test_length(value: object, expected: int) -> None:
    assert parse_length(value, unit_ms=1000) == expected


def test_nobody_scrobbled_before_november_2002() -> None:
    text = listen(at=EARLIEST_SCROBBLE - 1) + listen(at=1_036_108_800) + listen(at=9_999_999_999)
    parsed = read(text, listenbrainz)
    assert parsed.plays["played_at"].tolist() == [1_036_108_800]
    assert [p.where for p in parsed.problems] == ["line 1", "line 3"]


KEYS = (
    *("listened_at", "track_metadata", "score", "recording_msid", "created", "timeMs", "artist"),
    *("track", "event", "durationMs", "album", "name", "date", "time", "duration", "@attr"),
)

anything: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.floats(), st.text(max_size=6)
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional=dict.fromkeys(KEYS, anything),
        ),
        max_size=4,
    )
)
def test_values_of_any_type(rows: list[Any]) -> None:
    metadata = [{"listened_at": AT, "track_metadata": row} for row in rows]
    by_line = "\n".join(map(json.dumps, [*rows, *metadata]))
    scrobbles = [*rows, *({"time": AT, "track": row} for row in rows)]
    for reader, content in (
        (listenbrainz, by_line),
        (listenbrainz, json.dumps([*rows, *metadata])),
        (pano_scrobbler, by_line),
        (maloja, json.dumps({"maloja": {}, "scrobbles": scrobbles})),
        (lastfm, json.dumps([*rows, {"track": rows}])),
    ):
        checked(reader.parse(content.encode(), "x", ReadOptions()))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(OWN_COUNTS)), st.data())
def test_damaged_files(file: str, draw: st.DataObject) -> None:
    path = ROOT / "tests/files/exports" / file
    data = path.read_bytes()
    place = draw.draw(st.integers(0, len(data) - 1))
    patch = draw.draw(st.binary(max_size=4) | st.sampled_from([b"\n", b'"', b"[" * 50, b"\0"]))
    damaged = data[:place] + patch + data[place + draw.draw(st.integers(0, 6)) :]
    recognise_format(damaged)
    reader = next(reader for reader in READERS if path.parent.name == reader.NAME)
    with contextlib.suppress(UnreadableFile):
        checked(reader.parse(damaged, "x", ReadOptions()))
