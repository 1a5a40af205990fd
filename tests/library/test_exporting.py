"""What is taken away can be brought back: CSV, Parquet and JSON, table for table."""

from __future__ import annotations

import csv
import io
import json
import math
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import orjson
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from musicai.core.errors import Cancelled, NotFound, QueryError, SettingsError, UnreadableFile
from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.audio_descriptors import AudioDescriptor
from musicai.data.feedback import Choices, Exclusion, Feedback, MatchDecision
from musicai.data.library import AUDIO_FEATURES, KEY_COLUMNS
from musicai.data.parsed import PLAY_SOURCES, ParsedFile, ReadOptions
from musicai.library import export
from musicai.library.export import MEASURES, export_profile
from musicai.library.formats import SOURCES, musicai_export, recognise_format
from musicai.library.formats.fields import clean_text
from musicai.library.formats.musicai_rows import TABLES
from musicai.library.import_report import ImportReport
from musicai.library.importing import import_files
from musicai.store import Store
from tests.conftest import ROOT

SAMPLES = ROOT / "tests" / "files" / "exports" / "musicai_export"

Kind = Literal["zip", "json"]
both: Any = pytest.mark.parametrize("kind", ["zip", "json"])

HAND_ID = "7ATyvp3TmYBmGW7YuC8DJ3"
NAME_ID = "name:0123456789abcdef"

EXTENDED = [
    {
        "ts": f"2024-03-{day:02d}T10:0{day % 7}:30Z",
        "ms_played": 61_000 + day,
        "master_metadata_track_name": title,
        "master_metadata_album_artist_name": artist,
        "master_metadata_album_album_name": 'The "Best", Vol. 1',
        "spotify_track_uri": f"spotify:track:{name:0>22}",
        "reason_start": "clickrow",
        "reason_end": "trackdone" if day % 2 else "fwdbtn",
        "shuffle": bool(day % 3),
        "skipped": not day % 2,
    }
    for day, (name, title, artist) in enumerate(
        [
            ("1", "Jóga", "Björk"),
            ("2", 'Say "Hello", Wave Goodbye', "Earth, Wind & Fire"),
            ("3", "三倉 🎻", "菅野祐悟"),
            ("1", "Jóga", "Björk"),
        ],
        1,
    )
]
ACCOUNT = [
    {
        "endTime": f"2024-05-0{day} 08:15",
        "artistName": "The Horrors",
        "trackName": f"New Ice Age {day}",
        "msPlayed": 100_000 + day,
    }
    for day in (1, 2, 3)
]
LASTFM = (
    "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\n"
    '"1720000600","3 Jul 2024, 09:56","The Wombats","","A Guide","","Kill The Director",""\n'
    '"1720000000","3 Jul 2024, 09:46","Nina Simone","","","","Sinnerman",""\n'
)
EXPORTIFY = (
    "Track URI,Track Name,Album Name,Artist Name(s),Release Date,Duration (ms),Popularity,"
    "Explicit,Added By,Added At,Genres,Record Label,Danceability,Energy,Key,Loudness,Mode,"
    "Speechiness,Acousticness,Instrumentalness,Liveness,Valence,Tempo,Time Signature\n"
    f"spotify:track:{HAND_ID},Paper Boat,Tides,The Harbour,2019-04-05,201000,61,false,u,"
    '2023-02-01T10:00:00Z,"indie rock,folk",Label,0.416,0.6,1,-7.5,1,0.0575,0.00104,0.0,0.1,0.4,'
    "131.988,4\n"
    f"spotify:track:{'p' * 22},Undated,Tides,The Harbour,2019,,,true,,,,,,,,,,,,,,,,\n"
)
ACCOUNT_PLAYLIST = {
    "playlists": [
        {
            "name": "Evening “quiet”, mix",
            "lastModifiedDate": "2024-02-02",
            "items": [
                {
                    "track": {
                        "trackName": "Storm",
                        "artistName": "Godspeed You! Black Emperor",
                        "albumName": "Lift",
                        "trackUri": "spotify:track:" + "s" * 22,
                    },
                    "episode": None,
                    "localTrack": None,
                    "addedDate": "2024-02-01",
                }
            ],
            "description": None,
            "numberOfFollowers": 0,
        }
    ]
}
LISTENERS = (
    f"listener,track_id,played_at,ms_played,skipped\nEve,{HAND_ID},2024-08-01T00:00:00Z,5,true\n"
)

FILES = [
    ("Streaming_History_Audio_2024.json", json.dumps(EXTENDED).encode()),
    ("StreamingHistory_music_0.json", json.dumps(ACCOUNT).encode()),
    ("recenttracks.csv", LASTFM.encode()),
    ("Road.csv", EXPORTIFY.encode()),
    ("Playlist1.json", json.dumps(ACCOUNT_PLAYLIST).encode()),
    ("listeners.csv", LISTENERS.encode()),
]
EXCLUSIONS = (
    Exclusion("artist", "Björk"),
    Exclusion("track", HAND_ID),
    Exclusion("playlist", "Evening “quiet”, mix"),
    Exclusion("period", "", 1_700_000_000, 1_700_086_400),
)
DECISIONS = (
    MatchDecision.of(HAND_ID, NAME_ID, same=True),
    MatchDecision.of("p" * 22, NAME_ID, same=False),
)
FEEDBACK = (
    Feedback(HAND_ID, "like", 1_720_000_001),
    Feedback("p" * 22, "never_artist", 1_720_000_002),
)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with Store(settings) as opened:
        yield opened


def take(store: Store, profile: str, *inputs: Any) -> ImportReport:
    report = import_files(store, store.settings, profile, list(inputs), ReadOptions(), no_progress)
    assert all(record.counts.adds_up for record in report.files)
    return report


@pytest.fixture
def filled(store: Store) -> Store:
    """A profile "p" with plays of four sources, playlists of both kinds, and choices."""
    report = take(store, "p", *FILES)
    assert report.problems == ()
    for rule in EXCLUSIONS:
        store.add_exclusion("p", rule)
    for decision in DECISIONS:
        store.decide("p", decision)
    for verdict in FEEDBACK:
        store.add_feedback("p", verdict)
    return store


def write(store: Store, folder: Path, kind: Kind, profile: str = "p") -> Path:
    target = folder / f"{profile}.{kind}"
    return export_profile(store, store.settings, profile, target, kind, no_progress)


def plain(frame: pd.DataFrame, names: Any = None) -> list[tuple[Any, ...]]:
    """The rows in an order of their own, with tracks by id: fit to be compared."""
    frame = frame.copy()
    if names is not None:
        frame["track"] = names.to_numpy()[frame["track"].to_numpy()]
    rows = frame.astype(object).where(frame.notna(), None)
    return sorted(map(tuple, rows.to_numpy().tolist()), key=repr)


def everything(store: Store, profile: str) -> dict[str, Any]:
    own = store.own_data(profile)
    listeners = own.plays.assign(
        listener=[own.listeners[code] for code in own.plays["listener"].tolist()]
    )
    return {
        "tracks": plain(own.tracks),
        "plays": plain(listeners, own.tracks["track_id"]),
        "playlists": plain(own.playlist_items, own.tracks["track_id"]),
        "exclusions": sorted(store.exclusions(profile), key=repr),
        "decisions": sorted(store.decisions(profile), key=repr),
        "feedback": sorted(store.feedback(profile), key=repr),
    }


# --- round trip -----------------------------------------------------------------------


@both
def test_all_of_it_comes_back(filled: Store, tmp_path: Path, kind: Kind) -> None:
    path = write(filled, tmp_path, kind)
    report = take(filled, "q", path)
    assert report.problems == ()
    assert sum(record.counts.imported for record in report.files) > 0
    before, after = everything(filled, "p"), everything(filled, "q")
    for name in before:
        assert after[name] == before[name], name
    assert len(before["plays"]) == 10
    assert len(before["playlists"]) == 3
    assert filled.consent_needed("q")  # rows from Spotify's API are known as such again
    again = take(filled, "q", path)
    assert sum(record.counts.imported for record in again.files) == 0
    assert everything(filled, "q") == before


@both
def test_sources_of_plays_are_kept(filled: Store, tmp_path: Path, kind: Kind) -> None:
    take(filled, "q", write(filled, tmp_path, kind))
    plays = filled.own_data("q").plays
    assert plays["source"].value_counts()[lambda n: n > 0].to_dict() == {
        "spotify_extended": 4,
        "spotify_account": 3,
        "lastfm": 2,
        "listeners": 1,
    }


@both
def test_bringing_it_back_to_where_it_came_from_changes_nothing(
    filled: Store, tmp_path: Path, kind: Kind
) -> None:
    before = everything(filled, "p")
    report = take(filled, "p", write(filled, tmp_path, kind))
    assert report.plays.imported == report.playlist_rows.imported == 0
    assert everything(filled, "p") == before


def test_an_empty_profile(store: Store, tmp_path: Path) -> None:
    store.create_profile("p")
    with zipfile.ZipFile(write(store, tmp_path, "zip")) as archive:
        assert archive.namelist() == [
            "README.txt",
            "musicai.json",
            "tracks.csv",
            "plays.csv",
            "parquet/tracks.parquet",
            "parquet/plays.parquet",
        ]
    for kind in export.KINDS:
        report = take(
            store, kind, tmp_path / "p.zip" if kind == "zip" else write(store, tmp_path, "json")
        )
        assert report.problems == ()
        assert all(record.counts.read == 0 for record in report.files)


# --- what lies in it ------------------------------------------------------------------


def test_the_zip_holds_what_its_manifest_says(filled: Store, tmp_path: Path) -> None:
    with zipfile.ZipFile(write(filled, tmp_path, "zip")) as archive:
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_DEFLATED}
        about = json.loads(archive.read("musicai.json"))
        assert about["musicai_export"] == musicai_export.FORMAT
        assert about["profile"] == "p"
        assert about["counts"] == {
            "tracks": 11, "plays": 10, "playlists": 3, "exclusions": 4, "matches": 2, "feedback": 2,
        }  # fmt: skip
        time.strptime(about["created_at"], "%Y-%m-%dT%H:%M:%SZ")
        assert str(tmp_path) not in archive.read("musicai.json").decode()
        readme = archive.read("README.txt").decode()
        for table, columns in TABLES.items():
            assert f"{table}.csv" in readme
            assert [name for name in columns if name not in readme] == []
            text = archive.read(f"{table}.csv").decode("utf-8")
            rows = list(csv.DictReader(io.StringIO(text, newline="")))
            assert tuple(rows[0]) == columns
            parquet = pq.read_table(io.BytesIO(archive.read(f"parquet/{table}.parquet")))
            assert tuple(parquet.column_names) == columns
            assert parquet.num_rows == len(rows) == about["counts"][table]


def test_a_play_reads_as_one_would_write_it(filled: Store, tmp_path: Path) -> None:
    with zipfile.ZipFile(write(filled, tmp_path, "zip")) as archive:
        plays = list(csv.DictReader(io.StringIO(archive.read("plays.csv").decode(), newline="")))
        items = list(
            csv.DictReader(io.StringIO(archive.read("playlists.csv").decode(), newline=""))
        )
        rules = list(csv.reader(io.StringIO(archive.read("exclusions.csv").decode(), newline="")))
    # ended 2024-03-02T10:02:30Z after 61.002 s; began in the second 10:01:28
    assert plays[1] == {
        "played_at": "2024-03-02T10:01:28Z",
        "ms_played": "61002",
        "track_id": "0" * 21 + "2",
        "name": 'Say "Hello", Wave Goodbye',
        "artists": "Earth, Wind & Fire",
        "album": 'The "Best", Vol. 1',
        "skipped": "true",
        "reason_start": "clickrow",
        "reason_end": "fwdbtn",
        "shuffle": "true",
        "listener": "",
        "source": "spotify_extended",
    }
    assert [play["listener"] for play in plays if play["listener"]] == ["Eve"]
    scrobble = next(play for play in plays if play["name"] == "Sinnerman")
    assert (scrobble["played_at"], scrobble["shuffle"], scrobble["reason_end"]) == (
        "2024-07-03T09:46:40Z", "", "",
    )  # fmt: skip
    by_name = {item["name"]: item for item in items}
    assert by_name["Paper Boat"]["added_at"] == "2023-02-01T10:00:00Z"
    assert by_name["Undated"]["added_at"] == ""
    assert {name: item["api_born"] for name, item in by_name.items()} == {
        "Paper Boat": "true", "Undated": "true", "Storm": "false",
    }  # fmt: skip
    assert rules[1:3] == [["artist", "Björk", "", ""], ["track", HAND_ID, "", ""]]
    assert rules[4] == ["period", "", "2023-11-14T22:13:20Z", "2023-11-15T22:13:20Z"]


def test_numbers_are_the_shortest_that_are_the_same(filled: Store, tmp_path: Path) -> None:
    found = json.loads(write(filled, tmp_path, "json").read_bytes())
    [track] = [one for one in found["tracks"] if one["track_id"] == HAND_ID]
    assert track["danceability"] == 0.416
    assert track["tempo"] == 131.988
    assert track["year"] == 2019
    assert track["genres"] == "indie rock;folk"
    assert track["explicit"] is False
    assert next(iter(found)) == "musicai_export"
    assert set(found) >= set(TABLES)
    assert "name" not in found["plays"][0]  # tracks, in the same object, has it


def test_no_member_of_the_zip_is_a_problem(filled: Store, tmp_path: Path) -> None:
    report = take(filled, "q", write(filled, tmp_path, "zip"))
    names = {record.file.rsplit(" › ", 1)[-1] for record in report.files}
    assert names == {f"{table}.csv" for table in TABLES} | {"musicai.json"}


def test_what_acousticbrainz_measured_goes_along(filled: Store, tmp_path: Path) -> None:
    """As Parquet, which importing passes over, and in no other table."""
    filled.put_recordings("p", {HAND_ID: "m"})
    filled.put_measures(
        [
            AudioDescriptor("m", "bpm", 120.5, "", 3, 0.5, "rhythm", "2022-06-23"),
            AudioDescriptor("m", "key_key", math.nan, "C#", 3, 0.0, "tonal", "2022-06-23"),
        ]
    )
    target = write(filled, tmp_path, "zip")
    with zipfile.ZipFile(target) as archive:
        data = archive.read("parquet/acousticbrainz.parquet")
        assert "acousticbrainz.csv" not in archive.namelist()
        assert "acousticbrainz.parquet" in archive.read("README.txt").decode()
    tempo, key = pq.read_table(io.BytesIO(data)).to_pylist()
    assert (tempo["track_id"], tempo["feature"], tempo["value"]) == (HAND_ID, "bpm", 120.5)
    assert (tempo["submissions"], tempo["source"]) == (3, "AcousticBrainz rhythm")
    assert (key["value"], key["word"]) == (None, "C#")
    report = take(filled, "q", target)
    assert all(record.counts.rejected == 0 for record in report.files)
    found = json.loads(write(filled, tmp_path, "json").read_bytes())
    assert MEASURES not in found
    assert MEASURES not in found["counts"]


# --- large, stopped, refused ----------------------------------------------------------


def many(store: Store, n: int) -> None:
    rows = "".join(
        f"2024-01-01T{i // 60:02d}:{i % 60:02d}:07Z,{i},{i % 7:022d},Song,Band,,,,,,,lastfm\n"
        for i in range(n)
    )
    head = ",".join(TABLES["plays"])
    assert take(store, "p", ("plays.csv", f"{head}\n{rows}".encode())).plays.imported == n


@both
def test_chunks_and_further_files(
    store: Store, tmp_path: Path, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(store, 103)
    monkeypatch.setattr(export, "CHUNK", 10)
    monkeypatch.setattr(export, "ROWS_A_CSV", 50)
    steps: list[float] = []
    target = tmp_path / f"p.{kind}"
    export_profile(
        store, store.settings, "p", target, kind, lambda fraction, note="": steps.append(fraction)
    )
    assert steps == sorted(steps)
    assert steps[-1] == 1.0
    assert len(steps) > 103 / 10
    if kind == "zip":
        with zipfile.ZipFile(target) as archive:
            lines = [
                len(archive.read(n).splitlines())
                for n in archive.namelist()
                if "plays" in n and n.endswith("csv")
            ]
        assert lines == [51, 51, 4]
    take(store, "q", target)
    assert everything(store, "q") == everything(store, "p")


@both
def test_cancelled_leaves_what_was_there(store: Store, tmp_path: Path, kind: Kind) -> None:
    many(store, 20)

    def stop(fraction: float, note: str = "") -> None:
        if fraction > 0:
            raise Cancelled("Stopped.")

    target = tmp_path / f"p.{kind}"
    target.write_text("before")
    with pytest.raises(Cancelled):
        export_profile(store, store.settings, "p", target, kind, stop)
    assert target.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [target.name]


def test_what_cannot_be_written_is_told(store: Store, tmp_path: Path) -> None:
    store.create_profile("p")
    with pytest.raises(NotFound, match="nobody"):
        write(store, tmp_path, "zip", "nobody")
    with pytest.raises(SettingsError, match="no folder"):
        write(store, tmp_path / "none", "zip")
    (tmp_path / "p.zip").mkdir()
    with pytest.raises(SettingsError, match="cannot be written"):
        write(store, tmp_path, "zip")
    with pytest.raises(QueryError, match="zip, json"):
        export_profile(store, store.settings, "p", tmp_path / "x", "xlsx", no_progress)  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="database"):
        export_profile(store, store.settings, "p", store.settings.database, "json", no_progress)
    assert store.has_profile("p")


# --- the invented world ---------------------------------------------------------------

INVENTED = (
    ",".join(TABLES["plays"])
    + f"\n2024-01-01T00:00:00Z,60000,invented{'x' * 14},Song,Band,,,,,,,spotify_extended\n"
)


@both
def test_invented_rows_stay_in_their_world(store: Store, tmp_path: Path, kind: Kind) -> None:
    for profile in ("p", "q"):
        store.create_profile(profile, invented=True)
    assert take(store, "p", ("plays.csv", INVENTED.encode())).plays.imported == 1
    invented_id = "invented" + "x" * 14
    store.add_exclusion("p", Exclusion("track", invented_id))
    store.add_feedback("p", Feedback(invented_id, "like", 1_720_000_000))
    path = write(store, tmp_path, kind)
    take(store, "q", path)
    assert everything(store, "q") == everything(store, "p")
    report = take(store, "real", path)
    assert report.plays.read == report.plays.rejected == 1
    own = store.own_data("real")
    assert len(own.tracks) == len(own.plays) == 0


# --- the reader -----------------------------------------------------------------------


def read(data: bytes, file: str = "x.csv") -> ParsedFile:
    assert musicai_export.sniff(data[:65536])
    return musicai_export.parse(data, file, ReadOptions())


def every(parsed: ParsedFile) -> list[ParsedFile]:
    return [parsed, *parsed.further]


def kept(part: ParsedFile) -> int:
    return {
        "plays": len(part.plays),
        "playlist": len(part.playlist_items),
        "tracks": len(part.tracks),
        "choices": len(part.choices),
    }[part.kind]


def holds(parsed: ParsedFile) -> None:
    for part in every(parsed):
        assert part.format == musicai_export.NAME
        assert part.read == kept(part) + part.duplicate + part.rejected
        assert part.further == () or part is parsed


@pytest.mark.parametrize("path", sorted(SAMPLES.iterdir()), ids=lambda path: path.name)
def test_samples_are_read_whole(path: Path) -> None:
    data = path.read_bytes()
    assert recognise_format(data) is musicai_export.SOURCE
    parsed = read(data, path.name)
    holds(parsed)
    assert parsed.problems == ()
    assert sum(part.read for part in every(parsed)) > 0


def test_one_part_for_each_source_and_for_rows_from_the_api() -> None:
    parts = every(read((SAMPLES / "plays.csv").read_bytes()))
    assert [(p.kind, p.play_source, p.read) for p in parts] == [
        ("plays", "spotify_extended", 2),
        ("plays", "lastfm", 1),
    ]
    assert parts[0].tracks["name"].tolist() == ["Jóga", "Kill The Director"]
    assert parts[1].plays["skipped"].tolist() == [-1]
    parts = every(read((SAMPLES / "playlists.csv").read_bytes()))
    assert [(p.kind, p.api_born, p.read) for p in parts] == [
        ("playlist", False, 1),
        ("playlist", True, 2),
    ]


def test_choices_are_read() -> None:
    rules = read((SAMPLES / "exclusions.csv").read_bytes()).choices.exclusions
    assert rules == (
        Exclusion("artist", "Björk"),
        Exclusion("period", "", 1_704_067_200, 1_704_153_600),
    )
    assert read((SAMPLES / "matches.csv").read_bytes()).choices == Choices(
        decisions=(MatchDecision.of(HAND_ID, NAME_ID, same=True),)
    )
    assert read((SAMPLES / "feedback.csv").read_bytes()).choices == Choices(
        feedback=(Feedback(HAND_ID, "like", 1_704_067_200),)
    )


PLAY = ["2024-01-01T00:00:00Z", "60000", HAND_ID, "Song", "Band", "", "", "", "", "", "", "lastfm"]


@pytest.mark.parametrize(
    ("column", "value", "word"),
    [
        ("track_id", "spotify:local:a:b:c:1", "track id"),
        ("track_id", "", "track id"),
        ("track_id", "name:xyz", "track id"),
        ("played_at", "yesterday", "played_at"),
        ("played_at", "2999-01-01T00:00:00Z", "played_at"),
        ("ms_played", "-1", "ms_played"),
        ("ms_played", "NaN", "ms_played"),
        ("ms_played", "1e300", "ms_played"),
        ("source", "radio", "source"),
    ],
)
def test_a_bad_play_is_named_with_its_line(column: str, value: str, word: str) -> None:
    bad = [
        value if name == column else field
        for name, field in zip(TABLES["plays"], PLAY, strict=True)
    ]
    text = "\n".join(",".join(row) for row in (TABLES["plays"], PLAY, bad, PLAY))
    [part] = every(read(text.encode()))
    assert (part.read, part.rejected, len(part.plays)) == (3, 1, 2)
    [problem] = part.problems
    assert problem.where == "line 3"
    assert word in problem.why


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("exclusions", "mood,sad,,"),
        ("exclusions", "artist,,,"),
        ("exclusions", "track,Jóga,,"),
        ("exclusions", "period,,2024-01-02T00:00:00Z,2024-01-01T00:00:00Z"),
        ("exclusions", "period,,,2024-01-01T00:00:00Z"),
        ("matches", f"{HAND_ID},{HAND_ID},true"),
        ("matches", f"{HAND_ID},{NAME_ID},perhaps"),
        ("feedback", f"{HAND_ID},love,2024-01-01T00:00:00Z"),
        ("feedback", f"{HAND_ID},like,soon"),
        ("playlists", f"Road,-1,,{HAND_ID},,,,false"),
        ("playlists", f",1,,{HAND_ID},,,,false"),
        ("playlists", f"Road,1,long ago,{HAND_ID},,,,false"),
        ("tracks", "Jóga" + "," * (len(TABLES["tracks"]) - 1)),
    ],
)
def test_a_bad_row_of_another_table(table: str, row: str) -> None:
    [part] = every(read(f"{','.join(TABLES[table])}\n{row}\n".encode()))
    assert (part.read, part.rejected, kept(part)) == (1, 1, 0)
    assert [problem.where for problem in part.problems] == ["line 2"]


def test_a_playlist_row_that_does_not_say_waits_for_consent() -> None:
    text = f"{','.join(TABLES['playlists'])}\nRoad,0,,{HAND_ID},Song,Band,,\n"
    assert read(text.encode()).api_born


def test_a_track_twice_is_a_duplicate() -> None:
    row = HAND_ID + ",Song" + "," * (len(TABLES["tracks"]) - 2)
    [part] = every(read(f"{','.join(TABLES['tracks'])}\n{row}\n{row}\n".encode()))
    assert (part.kind, part.read, part.duplicate) == ("tracks", 2, 1)


def test_numbers_out_of_range_are_not_known() -> None:
    values = {"track_id": HAND_ID, "energy": "1.5", "tempo": "nan", "year": "12", "valence": "0"}
    values |= {"key": "12", "mode": "0.5"}
    row = ",".join(values.get(name, "") for name in TABLES["tracks"])
    tracks = read(f"{','.join(TABLES['tracks'])}\n{row}\n".encode()).tracks
    assert tracks["valence"].tolist() == [0.0]
    assert tracks[["energy", "tempo", "year", "key", "mode"]].isna().all(axis=None)


def test_the_key_goes_along(filled: Store, tmp_path: Path) -> None:
    with zipfile.ZipFile(write(filled, tmp_path, "zip")) as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("tracks.csv").decode())))
    [song] = [row for row in rows if row["track_id"] == HAND_ID]
    assert (song["key"], song["mode"]) == ("1", "1")


def test_tracks_of_an_export_before_keys_are_facts_and_no_catalogue() -> None:
    older = [name for name in TABLES["tracks"] if name not in KEY_COLUMNS]
    values = {"track_id": HAND_ID, "name": "Song", "artists": "Band", "energy": "0.5"}
    text = f"{','.join(older)}\n{','.join(values.get(name, '') for name in older)}\n"
    [part] = every(read(text.encode()))
    assert part.kind == "tracks"
    assert part.tracks["energy"].tolist() == [0.5]
    assert part.tracks[list(KEY_COLUMNS)].isna().all(axis=None)


def test_other_headers_are_not_ours() -> None:
    for table, columns in TABLES.items():
        head = ",".join(columns)
        assert musicai_export.sniff(f"{head}\n".encode()), table
        assert not musicai_export.sniff(f"{head},more\n".encode())
        assert not musicai_export.sniff(f"{','.join(columns[:-1])}\n".encode())
    assert not musicai_export.sniff(b'{"playlists": []}')
    assert not musicai_export.sniff(b'[{"musicai_export": 1}]')


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_saved_again_by_a_spreadsheet(encoding: str, delimiter: str) -> None:
    rows = csv.reader(io.StringIO((SAMPLES / "plays.csv").read_text("utf-8"), newline=""))
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter).writerows(rows)
    parsed = read(stream.getvalue().encode(encoding))
    assert [part.read for part in every(parsed)] == [2, 1]
    assert parsed.problems == ()


# --- JSON -----------------------------------------------------------------------------


def small() -> bytes:
    return (SAMPLES / "everything.json").read_bytes()


def test_json_in_any_layout() -> None:
    expected = every(read(small()))
    assert [(p.kind, p.play_source, p.api_born, p.read) for p in expected] == [
        ("tracks", "", False, 2),
        ("plays", "spotify_extended", False, 2),
        ("playlist", "", True, 1),
        ("choices", "", False, 3),
    ]
    document = json.loads(small())
    for data in (
        json.dumps(document).encode(),
        json.dumps(document, indent=2).encode("utf-16"),
        b"\xef\xbb\xbf" + small(),
        small().replace(b"\n", b"\r\n"),
    ):
        for one, other in zip(every(read(data)), expected, strict=True):
            assert one.read == other.read
            assert one.choices == other.choices
            pd.testing.assert_frame_equal(one.tracks, other.tracks)
            pd.testing.assert_frame_equal(one.plays, other.plays)
            pd.testing.assert_frame_equal(one.playlist_items, other.playlist_items)


def test_a_damaged_line_costs_itself_alone() -> None:
    lines = small().split(b"\n")
    place = next(i for i, line in enumerate(lines) if b'"played_at"' in line)
    lines[place] = lines[place][:40]
    parts = {part.kind: part for part in every(read(b"\n".join(lines)))}
    assert (parts["plays"].read, parts["plays"].rejected) == (2, 1)
    assert [problem.where for problem in parts["plays"].problems] == [f"line {place + 1}"]
    assert parts["choices"].problems == ()


def test_a_cut_file_keeps_what_stands_before_and_says_so() -> None:
    data = small()
    cut = data[: data.index(b'"playlists": [')]
    parts = {part.kind: part for part in every(read(cut))}
    assert parts["plays"].read == 2
    assert "cut off" in parts["choices"].problems[0].why
    with pytest.raises(UnreadableFile, match="cut off"):
        read(json.dumps(json.loads(data)).encode()[:-5])


def test_a_damaged_heading_loses_no_row_silently() -> None:
    parts = {p.kind: p for p in every(read(small().replace(b'"plays": [', b'"plxys": [')))}
    assert "plays" not in parts
    assert (parts["choices"].read, parts["choices"].rejected) == (5, 2)


@pytest.mark.parametrize("row", ["5", "null", "[]", '{"played_at": {}}', '{"played_at": []}', "{}"])
def test_json_rows_of_the_wrong_shape(row: str) -> None:
    for text in (
        f'{{"musicai_export": 1, "plays": [{row}]}}',
        f'{{"musicai_export": 1,\n"plays": [\n{row}\n]\n}}\n',
    ):
        [part] = every(read(text.encode()))
        assert (part.kind, part.read, part.rejected) == ("plays", 1, 1)


def test_json_from_a_newer_musicai_is_refused() -> None:
    with pytest.raises(UnreadableFile, match="newer"):
        read(b'{"musicai_export": 3, "plays": []}')


def test_nested_json_is_refused() -> None:
    with pytest.raises(UnreadableFile, match="damaged"):
        read(b'{"musicai_export": 1, "plays": ' + b"[" * 100_000)


@pytest.mark.parametrize(
    ("data", "rejected"),
    [
        (b'{"musicai_export": 1, "plays": [' + b"9" * 300 + b"]}", 1),
        (b'{"musicai_export": 1,\n' + b"[" * 100_000, 1),
        (b'{"musicai_export": 1,\n' + b"\n" * 100_000, 0),
        (b'{"musicai_export": 1,\n"plays": [\n' + b'{"a":' * 50_000, 1),
        (b'{"musicai_export": 1,\n"plays": [\n' + b"5\n" * 5_000, 5_000),
    ],
    ids=["number", "brackets", "blank", "objects", "rows"],
)
def test_hostile_json_is_counted(data: bytes, rejected: int) -> None:
    parsed = read(data)
    holds(parsed)
    assert sum(part.rejected for part in every(parsed)) == rejected


# --- any table ------------------------------------------------------------------------

ids = st.one_of(
    st.from_regex(r"[0-9A-Za-z]{22}", fullmatch=True).filter(
        lambda text: not text.startswith("invented")
    ),
    st.from_regex(r"name:[0-9a-f]{16}", fullmatch=True),
)
words = st.one_of(
    st.text(max_size=12).map(clean_text),
    st.sampled_from(
        ['"', "a,b", "it's; two", "=1+1", "🎻", "שלום \u200f!", "NA", "null", "  ", "\\,", "1e5"]
    ).map(clean_text),
)
artists = st.lists(
    words.map(lambda text: clean_text(text.replace(";", ","))).filter(bool), max_size=2
).map(";".join)
small_float = st.floats(0, 1, width=32)
flags = st.sampled_from([True, False, None])
times = st.integers(1_136_073_600, 1_700_000_000)

facts = st.fixed_dictionaries(
    {
        "track_id": ids,
        "name": words,
        "artists": artists,
        "album": words,
        "genres": st.sampled_from(["", "indie rock", "jazz;latin jazz", "nhạc phim"]),
        "isrc": st.sampled_from(["", "GBAYE8100053"]),
        "year": st.none() | st.integers(1900, 2026),
        "duration_ms": st.none() | st.floats(1, 8e7, width=32),
        "popularity": st.none() | st.integers(0, 100),
        "explicit": flags,
        **{
            name: st.none() | small_float
            for name in AUDIO_FEATURES
            if name not in ("tempo", "loudness")
        },
        "tempo": st.none() | st.floats(1, 400, width=32),
        "loudness": st.none() | st.floats(-100, 20, width=32),
        "key": st.none() | st.integers(0, 11),
        "mode": st.none() | st.integers(0, 1),
    }
)
worlds = st.fixed_dictionaries(
    {
        "tracks": st.lists(facts, max_size=5, unique_by=lambda row: row["track_id"]),
        "plays": st.lists(
            st.fixed_dictionaries(
                {
                    "track": st.integers(0, 4),
                    "played_at": times,
                    "ms_played": st.integers(0, 86_400_000),
                    "skipped": flags,
                    "reason_start": words.map(lambda text: clean_text(text[:10])),
                    "reason_end": st.sampled_from(["", "trackdone"]),
                    "shuffle": flags,
                    "listener": words,
                    "source": st.sampled_from(PLAY_SOURCES),
                }
            ),
            max_size=8,
        ),
        "playlists": st.lists(
            st.fixed_dictionaries(
                {
                    "track": st.integers(0, 4),
                    "playlist": words.filter(bool),
                    "position": st.integers(0, 2**31 - 1),
                    "added_at": st.none() | times,
                    "api_born": st.booleans(),
                }
            ),
            max_size=5,
        ),
    }
)


def iso(second: int | None) -> str | None:
    if second is None:
        return None
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))


def rows_of(world: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The tables of a world as an export would hold them."""
    tracks = [{name: row[name] for name in TABLES["tracks"]} for row in world["tracks"]]
    rows: dict[str, list[dict[str, Any]]] = {"tracks": tracks, "plays": [], "playlists": []}
    for table, when in (("plays", "played_at"), ("playlists", "added_at")):
        for row in world[table]:
            if tracks:
                track = tracks[row["track"] % len(tracks)]
                names = {name: track[name] for name in ("track_id", "name", "artists", "album")}
                full = {**row, **names, when: iso(row[when])}
                rows[table].append({name: full[name] for name in TABLES[table]})
    return rows


def as_csv(table: str, rows: list[dict[str, Any]]) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(TABLES[table])
    for row in rows:
        writer.writerow(
            [
                str(v).lower() if isinstance(v, bool) else "" if v is None else v
                for v in row.values()
            ]
        )
    return stream.getvalue().encode()


def back(parsed: ParsedFile) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of all parts as plain tuples, the way ``rows_of`` has them."""
    found: dict[str, list[tuple[Any, ...]]] = {"tracks": [], "plays": [], "playlists": []}
    three = {1: True, 0: False, -1: None}
    for part in every(parsed):
        assert part.problems == ()
        names = part.tracks[["track_id", "name", "artists", "album"]]
        if part.kind == "tracks":
            facts = part.tracks.astype(object).where(part.tracks.notna(), None)
            found["tracks"] += map(tuple, facts.to_numpy().tolist())
        for row in part.plays.to_dict("records"):
            found["plays"].append(
                (
                    iso(row["played_at"]),
                    row["ms_played"],
                    *names.iloc[row["track"]],
                    three[row["skipped"]],
                    row["reason_start"],
                    row["reason_end"],
                    three[row["shuffle"]],
                    row["listener"],
                    part.play_source,
                )
            )
        for row in part.playlist_items.to_dict("records"):
            added = None if row["added_at"] < 0 else iso(row["added_at"])
            one = (row["playlist"], row["position"], added, *names.iloc[row["track"]])
            found["playlists"].append((*one, part.api_born))
    return {table: sorted(rows, key=repr) for table, rows in found.items()}


@pytest.mark.slow
@hypothesis_settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(worlds)
def test_any_tables_come_back_from_csv_and_from_json(world: dict[str, Any]) -> None:
    rows = rows_of(world)
    expected = {
        table: sorted((tuple(row.values()) for row in some), key=repr)
        for table, some in rows.items()
    }
    for table, some in rows.items():
        parsed = read(as_csv(table, some))
        holds(parsed)
        assert back(parsed)[table] == expected[table]
    by_line = b'{"musicai_export":1' + b"".join(
        b',\n"%s": [\n%s\n]' % (table.encode(), b",\n".join(map(orjson.dumps, some)))
        for table, some in rows.items()
    )
    for data in (by_line + b"\n}\n", orjson.dumps({"musicai_export": 1, **rows})):
        parsed = read(data)
        holds(parsed)
        assert back(parsed) == expected


@hypothesis_settings(max_examples=80, deadline=None)
@given(st.sampled_from(sorted(SAMPLES.iterdir())), st.data())
def test_mutated_samples_never_crash(path: Path, data: st.DataObject) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    cut = bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        holds(musicai_export.parse(cut, "x", ReadOptions()))
    except UnreadableFile:
        return


def test_no_other_reader_is_asked_first() -> None:
    assert SOURCES[0] is musicai_export.SOURCE
