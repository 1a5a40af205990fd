from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import psutil
import pytest

from musicai.core.errors import Cancelled, JobRunning, StoreError, UnreadableFile
from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.feedback import Choices, Exclusion, Feedback, MatchDecision
from musicai.data.parsed import ParsedFile, Problem, ReadOptions, Source
from musicai.library import importing, reader
from musicai.library.import_report import ImportReport
from musicai.library.importing import get_catalogue_name, import_files, keep_apart
from musicai.store import Counts, Store
from tests.store.test_store import (
    digest,
    playlist_file,
    plays_file,
    put,
    rows_of,
    track_frame,
)

INVENTED = "invented" + "x" * 14


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with Store(settings) as opened:
        yield opened


def history(n: int, start: int = 0, private: bool = False) -> bytes:
    """``n`` plays in the layout of Spotify's extended history."""
    rows = [
        {
            "ts": f"2024-01-{1 + i // 1440:02d}T{i // 60 % 24:02d}:{i % 60:02d}:00Z",
            "platform": "ios",
            "ms_played": 45_000,
            "conn_country": "ZZ",
            "ip_addr": "203.0.113.7",
            "master_metadata_track_name": f"Song {i % 50}",
            "master_metadata_album_artist_name": f"Band {i % 7}",
            "master_metadata_album_album_name": f"Album {i % 9}",
            "spotify_track_uri": f"spotify:track:{i % 50:022d}",
            "episode_name": None,
            "episode_show_name": None,
            "spotify_episode_uri": None,
            "reason_start": "trackdone",
            "reason_end": "trackdone",
            "shuffle": False,
            "skipped": False,
            "offline": False,
            "offline_timestamp": None,
            "incognito_mode": private,
        }
        for i in range(start, start + n)
    ]
    return json.dumps(rows).encode()


PLAYLIST = (
    "Track URI,Track Name,Album Name,Artist Name(s),Release Date,Duration (ms),Popularity,"
    "Explicit,Added By,Added At,Genres,Record Label,Danceability,Energy,Key,Loudness,Mode,"
    "Speechiness,Acousticness,Instrumentalness,Liveness,Valence,Tempo,Time Signature\n"
    "spotify:track:" + "p" * 22 + ",Paper Boat,Tides,The Harbour,2019-04-05,201000,61,false,u,"
    "2023-02-01T10:00:00Z,indie rock,Label,0.5,0.6,1,-7.5,1,0.04,0.2,0.0,0.1,0.4,120.0,4\n"
).encode()

TABLE = (
    "track_id,track_name,track_artist,track_popularity,track_album_name,playlist_genre,"
    "danceability,energy,key,loudness,mode,speechiness,acousticness,instrumentalness,liveness,"
    "valence,tempo,duration_ms\n"
    f"{1:022d},Song 1,Band 1,50,Album 1,pop,0.5,0.6,1,-7.5,1,0.04,0.2,0.0,0.1,0.4,120.0,201000\n"
    f"{9:021d}x,New Song,New Band,70,New,pop,0.5,0.6,1,-7.5,1,0.04,0.2,0.0,0.1,0.4,99.0,201000\n"
).encode()


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def take(
    store: Store,
    *inputs: importing.Input,
    profile: str = "p",
    options: ReadOptions | None = None,
    **more: bool | None,
) -> ImportReport:
    report = import_files(
        store,
        store.settings,
        profile,
        inputs,
        options or ReadOptions(),
        no_progress,
        **more,  # type: ignore[arg-type]
    )
    for counts in (report.plays, report.tracks, report.playlist_rows):
        assert counts.adds_up
    assert all(record.counts.adds_up for record in report.files)
    return report


# --- the whole way ----------------------------------------------------------------------


def test_a_zip_a_playlist_and_a_table_go_where_they_belong(store: Store) -> None:
    archive = zipped(**{"My Data/Streaming_History_Audio_2024_0.json": history(120)})
    report = take(
        store,
        ("my_spotify_data.zip", archive),
        ("Road_trip.csv", PLAYLIST),
        ("spotify_songs.csv", TABLE),
    )
    assert report.problems == ()
    assert report.plays == Counts(read=120, imported=120)
    assert report.playlist_rows == Counts(read=1, imported=1)
    assert report.tracks == Counts(read=2, imported=2)
    assert report.first_import
    assert report.fingerprint_changed
    assert report.new_tracks == 51
    assert report.new_plays == 120
    own = store.own_data("p")
    assert (len(own.tracks), len(own.plays), len(own.playlist_items)) == (51, 120, 1)
    [catalogue] = store.catalogues("p")
    assert (catalogue.name, catalogue.enabled, catalogue.n_tracks) == ("spotify_songs", True, 2)
    assert store.imports("p")[0].plays == report.plays


def test_the_report_is_the_object_of_the_command_line(store: Store) -> None:
    report = take(store, ("h.json", history(3)), ("x.bin", b"\0\1\2"))
    said = json.loads(json.dumps(report.to_json()))
    assert said["plays"] == {
        "read": 3,
        "imported": 3,
        "duplicate": 0,
        "not_music": 0,
        "private": 0,
        "rejected": 0,
    }
    assert [set(problem) for problem in said["problems"]] == [{"file", "where", "why"}]
    assert said["problems"][0]["file"] == "x.bin"
    assert said["seconds"] >= 0
    assert said["profile"] == "p"
    summary = json.dumps(report.summarise())
    assert "x.bin" not in summary
    assert "h.json" not in summary


def test_a_repeat_imports_nothing(store: Store) -> None:
    first = take(store, ("h.json", history(30)), ("list.csv", PLAYLIST), ("t.csv", TABLE))
    again = take(store, ("h (1).json", history(30)), ("list.csv", PLAYLIST), ("t.csv", TABLE))
    for before, after in (
        (first.plays, again.plays),
        (first.playlist_rows, again.playlist_rows),
        (first.tracks, again.tracks),
    ):
        assert after.imported == 0
        assert after.duplicate == before.imported
        assert after.read == before.read
    assert not again.fingerprint_changed
    assert not again.first_import
    assert again.new_tracks == 0
    assert len(store.imports("p")) == 1


def test_the_same_file_twice_in_one_drop(store: Store) -> None:
    report = take(store, ("a.json", history(10)), ("b.json", history(10)))
    assert (report.plays.imported, report.plays.duplicate) == (10, 10)
    assert len(store.own_data("p").plays) == 10


def test_overlapping_files_count_duplicates(store: Store) -> None:
    take(store, ("a.json", history(100)))
    report = take(store, ("b.json", history(100, start=60)))
    assert (report.plays.imported, report.plays.duplicate) == (60, 40)
    assert len(store.own_data("p").plays) == 160


def test_private_sessions_come_in_when_asked_for(store: Store) -> None:
    data = ("h.json", history(5, private=True))
    assert take(store, data).plays == Counts(read=5, private=5)
    report = take(store, data, options=ReadOptions(include_private=True))
    assert report.plays == Counts(read=5, imported=5)
    report = take(store, data, options=ReadOptions(include_private=True))
    assert report.plays == Counts(read=5, duplicate=5)


def test_undo_lets_the_file_in_again(store: Store) -> None:
    take(store, ("h.json", history(10)))
    store.undo_import(store.imports("p")[0].id)
    assert take(store, ("h.json", history(10))).plays.imported == 10


def test_a_folder_is_walked(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "Streaming_History_Audio_2024.json").write_bytes(history(5))
    (folder / "notes.pdf").write_bytes(b"%PDF")
    assert take(store, folder).plays.imported == 5


def test_progress_grows_and_names_no_file(store: Store) -> None:
    seen: list[tuple[float, str]] = []
    import_files(
        store,
        store.settings,
        "p",
        [("secret name.json", history(5)), ("other secret.csv", PLAYLIST)],
        ReadOptions(),
        lambda fraction, note="": seen.append((fraction, note)),
    )
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert not any("secret" in note for _, note in seen)


# --- bad input --------------------------------------------------------------------------

BAD = {
    "zero bytes": ("z.json", b""),
    "not a zip": ("my_spotify_data.zip", b"PK\x03\x04 this is no archive"),
    "truncated": ("t.json", history(20)[:-900]),
    "empty array": ("e.json", b"[]"),
    "wrong csv": ("w.csv", b"alpha,beta\n1,2\n"),
    "picture": ("p.png", b"\x89PNG\r\n\x1a\n" + bytes(100)),
    "markup": ("<img src=x onerror=alert(1)>.csv", b"<script>alert(1)</script>"),
    "path": ("../../x", b"nothing"),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_bad_files_are_problems_and_good_ones_come_in(
    store: Store, settings: Settings, bad: tuple[str, bytes]
) -> None:
    before = {path for path in settings.home.parent.rglob("*") if path.is_file()}
    report = take(store, bad, ("good.json", history(7, start=500)))
    assert report.plays.imported >= 7
    assert report.problems
    assert all(problem.why for problem in report.problems)
    after = {path for path in settings.home.parent.rglob("*") if path.is_file()} - before
    assert all(path.is_relative_to(settings.home) for path in after)
    assert store.imports("p")[0].problems == report.problems


def test_nothing_but_bad_files_makes_no_profile(store: Store) -> None:
    report = take(store, ("w.csv", b"alpha,beta\n1,2\n"))
    assert report.files == ()
    assert "not a format musicai knows" in report.problems[0].why
    assert not store.has_profile("p")
    assert not report.fingerprint_changed
    assert not report.consent_needed


def test_a_bug_in_a_reader_costs_one_file_only(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real, said = reader.recognise_format, "the words of the error"

    def parse(data: bytes, file: str, options: ReadOptions) -> None:
        raise (ZeroDivisionError if b"bug" in data else UnreadableFile)(said)

    def recognise(data: bytes, options: ReadOptions) -> Source | None:
        if data.startswith(b"my format"):
            return Source("mine", "My format", lambda _: True, parse)  # type: ignore[arg-type]
        return real(data, options)

    monkeypatch.setattr(reader, "recognise_format", recognise)
    report = take(
        store, ("a.txt", b"my format bug"), ("b.txt", b"my format"), ("h.json", history(4))
    )
    assert report.plays.imported == 4
    bug, refused = report.problems
    assert "My format failed (ZeroDivisionError)" in bug.why
    assert refused == Problem("b.txt", "", said)
    assert "reader mine failed on 13 bytes: ZeroDivisionError" in caplog.text
    assert "in parse" in caplog.text
    assert "a.txt" not in caplog.text
    assert said not in caplog.text


# --- worker processes -------------------------------------------------------------------


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read in two worker processes, however small the files and the machine are."""
    monkeypatch.setattr(importing, "WORKERS_FROM", 0)
    monkeypatch.setattr(importing, "count_workers", lambda: 2)


MIXED: list[importing.Input] = [
    *((f"{n}.json", history(40, start=30 * n)) for n in range(12)),
    ("list.csv", PLAYLIST),
    ("again.json", history(40)),
    ("no.bin", b"\0\1\2"),
    ("broken.json", history(20, start=5000)[:-900]),
    ("none.csv", b"alpha,beta\n1,2\n"),
    ("empty.json", b"[]"),
    ("zero.json", b""),
    ("t.csv", TABLE),
]


def test_workers_change_nothing_but_the_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    here = take(store, *MIXED, profile="here")
    monkeypatch.setattr(importing, "WORKERS_FROM", 0)
    monkeypatch.setattr(importing, "count_workers", lambda: 2)
    there = take(store, *MIXED, profile="there")
    assert there.files == here.files
    assert there.problems == here.problems
    assert there.new_tracks == here.new_tracks
    pd.testing.assert_frame_equal(store.own_data("there").plays, store.own_data("here").plays)
    pd.testing.assert_frame_equal(store.own_data("there").tracks, store.own_data("here").tracks)


@pytest.mark.usefixtures("workers")
def test_the_same_broken_file_twice_while_the_first_is_being_read(store: Store) -> None:
    report = take(store, ("a.json", b"[{}"), ("b.json", b"[{}"), ("c.json", history(3)))
    assert [problem.file for problem in report.problems] == ["a.json", "b.json"]
    assert report.plays.imported == 3


@pytest.mark.usefixtures("workers")
def test_cancel_ends_the_workers_and_leaves_nothing(store: Store, settings: Settings) -> None:
    started: set[int] = set()
    others = {child.pid for child in psutil.Process().children(recursive=True)}

    def stop(fraction: float, note: str = "") -> None:
        now = {child.pid for child in psutil.Process().children(recursive=True)}
        started.update(now - others)
        if fraction > 0.3:
            raise Cancelled("stop")

    inputs: list[importing.Input] = [(f"{n}.json", history(50, start=50 * n)) for n in range(9)]
    with pytest.raises(Cancelled):
        import_files(store, settings, "p", inputs, ReadOptions(), stop)
    assert started
    assert not any(psutil.pid_exists(pid) for pid in started)
    assert rows_of(settings, "imports", "plays", "tracks") == [0, 0, 0]


@pytest.mark.usefixtures("workers")
def test_progress_is_told_while_a_file_is_being_read(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that takes long must not keep the person from stopping it."""
    monkeypatch.setattr(importing, "ASK_EVERY_S", 0.01)
    told: list[str] = []
    inputs: list[importing.Input] = [("h.json", history(2000))]
    import_files(
        store, store.settings, "p", inputs, ReadOptions(), lambda _, note="": told.append(note)
    )
    assert told.count("Reading file 1") > 3  # the worker starts meanwhile


def test_progress_says_file_and_rows(store: Store) -> None:
    told: list[str] = []
    inputs: list[importing.Input] = [("a.json", history(1500)), ("b.json", history(3, 5000))]
    import_files(
        store, store.settings, "p", inputs, ReadOptions(), lambda _, note="": told.append(note)
    )
    assert told[:2] == ["Reading file 1", "Reading file 2, 1,500 rows so far"]


# --- stopping ---------------------------------------------------------------------------


def test_cancel_leaves_nothing(store: Store, settings: Settings) -> None:
    def stop(fraction: float, note: str = "") -> None:
        if fraction > 0.3:
            raise Cancelled("stop")

    inputs: list[importing.Input] = [(f"{n}.json", history(50, start=50 * n)) for n in range(5)]
    with pytest.raises(Cancelled):
        import_files(store, settings, "p", inputs, ReadOptions(), stop)
    assert not store.has_profile("p")
    assert rows_of(settings, "imports", "plays", "tracks") == [0, 0, 0]
    assert take(store, *inputs).plays.imported == 250


def test_a_failing_database_keeps_nothing(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from musicai.store import ImportWriter  # noqa: PLC0415

    def fail(*_: object, **__: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(ImportWriter, "add_rows", fail)
    with pytest.raises(StoreError, match="disk is full"):
        take(store, ("h.json", history(3)))
    assert rows_of(settings, "imports") == [0]


def test_two_imports_at_once_are_refused(store: Store) -> None:
    with store.begin_import("q"), pytest.raises(JobRunning):
        take(store, ("h.json", history(3)))


# --- invented and real --------------------------------------------------------------------


def test_invented_rows_never_enter_a_real_profile(store: Store) -> None:
    mixed = TABLE + TABLE.splitlines()[1].replace(f"{1:022d}".encode(), INVENTED.encode()) + b"\n"
    rows = json.loads(history(4))
    rows[1]["spotify_track_uri"] = f"spotify:track:{INVENTED}"
    report = take(store, ("h.json", json.dumps(rows).encode()), ("t.csv", mixed))
    assert report.plays == Counts(read=4, imported=3, rejected=1)
    assert (report.tracks.imported, report.tracks.rejected) == (2, 1)
    assert [problem.where for problem in report.problems] == ["1 rows", "1 rows"]
    assert "invented" in report.problems[0].why
    assert not store.own_data("p").tracks["track_id"].str.startswith("invented").any()


def test_a_table_of_invented_tracks_alone_adds_no_catalogue(store: Store) -> None:
    lines = TABLE.splitlines()
    only = b"\n".join([lines[0], lines[1].replace(f"{1:022d}".encode(), INVENTED.encode())])
    report = take(store, ("h.json", history(2)), ("t.csv", only))
    assert report.tracks == Counts(read=1, rejected=1)
    assert store.catalogues() == []
    assert take(store, ("t.csv", only)).tracks == Counts(read=1, rejected=1)


def test_real_rows_never_enter_the_sample(store: Store) -> None:
    store.create_profile("sample", invented=True)
    report = take(store, ("h.json", history(4)), ("t.csv", TABLE), profile="sample")
    assert report.plays == Counts(read=4, rejected=4)
    assert report.tracks == Counts(read=2, rejected=2)
    assert len(store.own_data("sample").plays) == 0
    assert store.catalogues() == []


def test_keep_apart_moves_the_rows() -> None:
    ids = [INVENTED, "a" * 22, "b" * 22]
    parsed = plays_file("f", ids, [(0, 1, 1), (2, 2, 2), (1, 3, 3), (0, 4, 4)])
    real = keep_apart(parsed, invented=False)
    assert real.tracks["track_id"].tolist() == ids[1:]
    assert real.plays["track"].tolist() == [1, 0]
    assert real.plays["played_at"].tolist() == [2, 3]
    assert real.rejected == 2
    mine = keep_apart(parsed, invented=True)
    assert mine.tracks["track_id"].tolist() == ids[:1]
    assert mine.rejected == 2
    clean = replace(parsed, tracks=track_frame(["c" * 22, "a" * 22, "b" * 22]))
    assert keep_apart(clean, invented=False) is clean


def test_keep_apart_looks_at_choices() -> None:
    real, other = "a" * 22, "b" * 22
    choices = Choices(
        (Exclusion("track", INVENTED), Exclusion("track", real), Exclusion("artist", "Abba")),
        (MatchDecision.of(real, INVENTED, True), MatchDecision.of(real, other, False)),
        (Feedback(INVENTED, "like", 5), Feedback(other, "like", 5)),
    )
    parsed = ParsedFile("f", "musicai_export", "choices", choices=choices, read=7)
    kept = keep_apart(parsed, invented=False)
    assert kept.choices == Choices(
        choices.exclusions[1:], choices.decisions[1:], choices.feedback[1:]
    )
    assert (kept.rejected, len(kept.problems)) == (3, 1)
    assert len(keep_apart(parsed, invented=True).choices) == 3  # the artist, and two of INVENTED


def test_parts_of_one_file_are_counted_apart(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """An iTunes library holds plays, playlists and facts; an export of ours, choices too."""
    plays = replace(plays_file("f", ["a" * 22], [(0, 1_600_000_000, 9)]), format="itunes", read=1)
    items = replace(playlist_file("f", ["b" * 22], [1]), format="itunes", read=1)
    facts = ParsedFile("f", "itunes", "tracks", tracks=track_frame(["c" * 22]), read=1)
    chosen = Choices(feedback=(Feedback("a" * 22, "like", 5),))
    decided = ParsedFile("f", "itunes", "choices", choices=chosen, read=1)
    whole = replace(plays, further=(items, facts, decided))
    mine = Source("itunes", "Mine", lambda _: True, lambda data, file, options: whole)
    monkeypatch.setattr(reader, "recognise_format", lambda data, options: mine)
    report = take(store, ("f.xml", b"x"))
    one = Counts(read=1, imported=1)
    assert (report.plays, report.playlist_rows, report.track_facts, report.choices) == (one,) * 4
    assert report.tracks == Counts()
    assert store.feedback("p") == chosen.feedback
    again = take(store, ("f.xml", b"x"))
    assert again.choices == again.track_facts == again.plays == Counts(read=1, duplicate=1)


# --- names and consent ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("spotify_songs.csv", "spotify_songs"),
        ("data/tables/spotify_songs.csv.gz", "spotify_songs"),
        ("a.zip › folder/My table.csv", "My table"),
        ("..\\..\\x.csv", "x"),
        ("../../x", "x"),
        ("...", "Track table"),
        ("<b>x</b>.csv", "b>"),
        ("x" * 200, "x" * 80),
    ],
)
def test_a_catalogue_is_named_after_its_file(file: str, name: str) -> None:
    assert get_catalogue_name(file) == name


@pytest.mark.parametrize("answer", [None, True, False])
def test_consent_is_asked_at_the_first_such_import(store: Store, answer: bool | None) -> None:
    assert not take(store, ("h.json", history(3))).consent_needed
    report = take(store, ("list.csv", PLAYLIST), consent=answer)
    assert report.consent_needed == (answer is None)
    assert store.profile("p").train_on_api_rows is answer
    assert store.own_data("p").train_on_api_rows is bool(answer)
    assert store.own_data("p").playlist_items["api_born"].all()


def test_parsed_files_can_cross_processes() -> None:
    parsed = playlist_file("f", ["a" * 22], [1])
    copy = pickle.loads(pickle.dumps(parsed))
    pd.testing.assert_frame_equal(copy.tracks, parsed.tracks)


def test_listeners_tracks_are_named_by_the_catalogue_of_the_drop(store: Store) -> None:
    header = "listener,track_id,played_at,ms_played,skipped"
    listeners = f"{header}\nEve,{1:022d},2024-01-01T00:00:00Z,60000,0\n"
    take(store, ("listeners.csv", listeners.encode()), ("t.csv", TABLE))
    own = store.own_data("p")
    assert own.listeners == ("you", "Eve")
    assert own.tracks["name"].tolist() == ["Song 1"]
    assert own.tracks["artists"].tolist() == ["Band 1"]


# --- public data ----------------------------------------------------------------------------


def test_the_public_history_and_table(store: Store, shared: Path) -> None:
    report = take(store, shared / "exports" / "spotify_extended")
    assert report.plays.read == 1526
    assert report.plays.imported + report.plays.duplicate + report.plays.not_music == 1526
    table = take(store, shared / "tracks" / "spotify_songs" / "spotify_songs.csv").tracks
    assert table.read >= 32_833
    assert table.imported > 28_000
    [catalogue] = store.catalogues("p")
    assert (catalogue.name, catalogue.n_tracks) == ("spotify_songs", table.imported)
    assert len(store.catalogue_tracks("spotify_songs")) == table.imported


def test_a_store_without_files_has_digests_of_none(store: Store) -> None:
    put(store, plays_file("x", ["a" * 22], [(0, 1, 1)]))
    assert store.file_records("p", digest("y")) == ()
