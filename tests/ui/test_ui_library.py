"""The Library page: adding music, matches, what is left out, and taking everything along."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from musicai import cli
from musicai.core import jobs
from musicai.core.jobs import JobStatus
from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.feedback import Exclusion, MatchDecision
from musicai.data.library import AUDIO_FEATURES
from musicai.data.parsed import ReadOptions
from musicai.data.text_keys import normalise
from musicai.insights.taste.profile import FeatureTaste
from musicai.library.feature_estimates import EstimateError
from musicai.library.importing import import_files
from musicai.library.match_review import MatchReview
from musicai.store import Store
from musicai.ui import charts
from musicai.ui.components import job_panel
from musicai.ui.library import column_mapping, exclusions, export, match_review, page, provenance
from tests import histories
from tests.conftest import ROOT
from tests.histories import Track

FEATURES = (
    "danceability,energy,valence,acousticness,instrumentalness,liveness,speechiness,tempo,loudness"
)


SONGS: tuple[Track, ...] = tuple((n, f"Song {n}", f"Artist {n % 8}", "Album") for n in range(40))


def history(tracks: Sequence[Track] = SONGS) -> bytes:
    """Sixty days of these tracks in turn."""
    return histories.history(lambda place: tracks[place % len(tracks)])


def table(tracks: Sequence[Track] = SONGS[:30]) -> bytes:
    """A track table with features."""
    lines = [f"track_id,track_name,artists,track_genre,duration_ms,popularity,{FEATURES}"]
    for n, name, artist, _ in tracks:
        unit = ",".join(f"0.{(n * k) % 9 + 1}" for k in range(1, 8))
        lines.append(f"{n:022d},{name},{artist},rock,200000,50,{unit},{90 + n % 80},-7.5")
    return "\n".join(lines).encode()


def imported(home: Path, *files: tuple[str, bytes]) -> None:
    """Take files into the profile "me"."""
    settings = Settings(home=home)
    with Store(settings) as store:
        import_files(store, settings, "me", list(files), ReadOptions(), no_progress)


@pytest.fixture(scope="session")
def own_music_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the profile "me", imported once; copy it, never write to it."""
    home = tmp_path_factory.mktemp("own_music")
    imported(home, ("Streaming_History_Audio_2024.json", history()), ("features.csv", table()))
    return home


@pytest.fixture
def own_music(own_music_home: Path, home: Path) -> Path:
    """A profile "me" with 360 plays of 40 tracks, 30 of them with features from a table."""
    shutil.copytree(own_music_home, home, dirs_exist_ok=True)
    return home


def run(stirred: Any) -> AppTest:
    """One run of the app, or of a widget that was just used; it must not crash."""
    app: AppTest = stirred.run()
    assert not app.exception, [e.value for e in app.exception]
    return app


def opened(part: str = page.PARTS[0]) -> AppTest:
    """The Library page on one of its parts."""
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    run(app)
    app.query_params["library_part"] = part
    return run(app.switch_page("pages/library.py"))


def has(app: AppTest, key: str) -> bool:
    return key in [b.key for b in app.button]


def texts(app: AppTest) -> str:
    return "\n".join(e.value for e in [*app.markdown, *app.caption, *app.subheader])


# --- the parts ------------------------------------------------------------------------


def test_without_data_the_page_takes_files() -> None:
    app = opened()
    assert has(app, "empty_sample")
    assert app.file_uploader(key="library_files_0")
    assert not app.error


@pytest.mark.parametrize("part", page.PARTS)
def test_each_part_draws_with_the_sample(with_sample: Path, part: str) -> None:
    app = opened(part)
    assert not app.error, [e.value for e in app.error]
    drawn = {
        page.PARTS[0]: "Add music",
        page.PARTS[1]: "Catalogues",
        page.PARTS[2]: "Matches to confirm",
        page.PARTS[3]: "Leave out of your taste",
        page.PARTS[4]: "Take everything with you",
    }
    found = [s.value for s in app.subheader]
    assert drawn[part] in found
    assert not (set(drawn.values()) - {drawn[part]}) & set(found)  # only the part that is open


@pytest.mark.parametrize("part", page.PARTS)
def test_each_part_draws_with_an_own_history(own_music: Path, part: str) -> None:
    app = opened(part)
    assert not app.error, [e.value for e in app.error]


def test_the_drop_zone_adds_to_the_chosen_listener(
    own_music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(job_panel, "start_job", lambda kind, command: started.append(command))
    with Store(Settings(home=own_music)) as store:
        store.create_profile("zoe")
    app = opened()
    assert app.text_input(key="library_profile").value == "me"
    run(app.selectbox(key="profile").set_value("zoe"))
    assert app.text_input(key="library_profile").value == "zoe"
    run(app.file_uploader(key="library_files_0").upload("a.json", b"[]"))
    run(app.button(key="library_start").click())
    (command,) = started
    assert command[command.index("--profile") + 1] == "zoe"


def test_a_running_import_shows_how_far_it_is_and_can_be_cancelled(
    own_music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancelled: list[str] = []
    going = JobStatus("import-x", "import", "me", "running", fraction=0.3, note="Reading file 2")
    monkeypatch.setattr(jobs, "find_latest", lambda settings: going)
    monkeypatch.setattr(jobs, "read_status", lambda settings, job_id: going)
    monkeypatch.setattr(jobs, "cancel", lambda settings, job_id: cancelled.append(job_id))
    app = opened()
    assert any("30" in p.text and "Reading file 2" in p.text for p in app.progress)
    assert app.button(key="library_start").disabled
    run(app.button(key="cancel_main").click())
    assert cancelled == ["import-x"]


def test_an_import_says_what_became_of_each_file_and_can_be_undone(own_music: Path) -> None:
    app = opened()
    app.session_state["import_1"] = True
    run(app)
    (by_file,) = [d.value for d in app.dataframe if "Rejected" in d.value]
    assert by_file["Rows are"].tolist() == ["plays", "catalogue rows"]
    assert by_file["Read"].tolist() == [360, 30]
    run(app.button(key="undo_1").click())
    assert "Undo" in [b.label for b in app.button]


def test_how_tracks_were_found_is_counted(own_music: Path) -> None:
    app = opened()
    found = [t.value for t in app.table if "Found by" in t.value]
    assert [t["Tracks"].tolist() for t in found] == [["30"]]
    assert found[0]["Found by"].tolist() == ["The same Spotify id"]


# --- a table that no reader knows -----------------------------------------------------

STRANGE = b"""when,who,what,album
2024-01-02 10:00,Artist 1,Song 1,One
2024-01-03 11:00,Artist 2,Song 2,Two
"""


def box(app: AppTest, meaning: str) -> Any:
    """The select box of a meaning."""
    return next(b for b in app.selectbox if (b.key or "").endswith(f"_{meaning}"))


def test_the_columns_of_an_unknown_table_are_asked_and_kept(own_music: Path) -> None:
    app = opened()
    run(app.file_uploader(key="library_files_0").upload("../log.csv", STRANGE))
    assert "What is in" in texts(app)
    assert app.button(key="library_map_use").disabled
    for meaning, place in (("artist", 1), ("title", 2), ("played_at", 0)):
        assert "When it was played" in texts(app)
        run(box(app, meaning).set_value(place))
    assert box(app, "album").options[:2] == ["not there", "when"]
    run(app.button(key="library_map_use").click())
    with Store(Settings(home=own_music)) as store:
        (mapping,) = store.mappings()
    assert mapping.header == ("when", "who", "what", "album")
    assert mapping.kind == "plays"
    assert {("artist", "who"), ("title", "what"), ("played_at", "when")} <= set(mapping.columns)
    assert "as you said" in texts(app)
    imported(own_music, ("log.csv", STRANGE))  # and the import takes it
    with Store(Settings(home=own_music)) as store:
        assert store.imports("me")[0].plays.imported == 2
    (change,) = [b for b in app.button if (b.key or "").startswith("library_unmap_")]
    run(change.click())
    assert has(app, "library_map_use")


def test_known_and_packed_files_are_not_asked_about() -> None:
    files = [
        ("a.json", history()[:1000]),
        ("t.csv", table()),
        ("z.zip", b"PK\x03\x04,,,a,b\n1,2"),
        ("picture.png", b"\x89PNG\r\n\x1a\n\0\0,\0;,"),
        ("log.csv", STRANGE),
        ("log 2.csv", STRANGE),
    ]
    found = column_mapping.unknown(files)
    assert {header: names for header, (names, _) in found.items()} == {
        ("when", "who", "what", "album"): ["log.csv", "log 2.csv"]
    }


# --- estimates ------------------------------------------------------------------------


def test_an_estimate_is_measured_beside_a_guess() -> None:
    errors = [
        EstimateError("artist", "energy", 0.1, 0.2, 50),
        EstimateError("artist", "valence", 0.2, 0.4, 60),
        EstimateError("artist", "tempo", 20.0, 25.0, 60),
        EstimateError("genre", "energy", 0.15, 0.2, 0),
    ]
    shown = provenance.estimates_table({"artist": 1200, "genre": 3}, errors)
    assert shown["Estimated from"] == ["The same artist's other tracks", "Tracks of the same genre"]
    assert shown["Tracks"] == ["1,200", "3"]
    assert shown["Off by"] == ["0.150", "–"]  # tempo has another unit and stays out of the mean
    assert shown["A guess is off by"] == ["0.300", "–"]
    assert shown["Measured on"] == ["60", "0, too few"]
    by_feature = provenance.features_table(errors)
    assert [row["Off by"] for row in by_feature] == [".10", ".20", "20\u00a0BPM"]


# --- left out -------------------------------------------------------------------------

LEFT_OUT = page.PARTS[3]


def rules(home: Path) -> tuple[Exclusion, ...]:
    with Store(Settings(home=home)) as store:
        return store.exclusions("me")


def test_an_artist_is_left_out_and_brought_back(own_music: Path) -> None:
    app = opened(LEFT_OUT)
    assert "Nothing is left out" in texts(app)
    run(app.text_input(key="exclude_search_artist").set_value("artist 3"))
    (hit,) = [b for b in app.button if (b.key or "").startswith("exclude_artist_")]
    assert "45 plays" in hit.label
    run(hit.click())
    assert rules(own_music) == (Exclusion("artist", "Artist 3"),)
    app = run(app)
    assert "45 plays in all" in texts(app)
    assert "45 plays are left out of your taste" in texts(opened())
    assert "Your shape, before and after" in texts(app)
    (back,) = [b for b in app.button if (b.key or "").startswith("include_")]
    run(back.click())
    assert rules(own_music) == ()
    assert "Nothing is left out" in texts(run(app))


def test_a_period_is_left_out_with_its_last_day(own_music: Path) -> None:
    app = opened(LEFT_OUT)
    run(app.get_by_key("exclude_kind").set_value("period"))
    app.date_input(key="exclude_since").set_value(date(2024, 1, 2))
    run(app.date_input(key="exclude_until").set_value(date(2024, 1, 3)))
    assert "Takes 12 plays away" in texts(app)
    run(app.button(key="exclude_add").click())
    (rule,) = rules(own_music)
    assert rule.since == datetime(2024, 1, 2, tzinfo=UTC).timestamp()
    assert rule.until == datetime(2024, 1, 4, tzinfo=UTC).timestamp()
    assert "12 plays in all" in texts(run(app))


def test_days_the_wrong_way_round_are_told(own_music: Path) -> None:
    app = opened(LEFT_OUT)
    run(app.get_by_key("exclude_kind").set_value("period"))
    app.date_input(key="exclude_since").set_value(date(2024, 1, 5))
    run(app.date_input(key="exclude_until").set_value(date(2024, 1, 3)))
    assert "turn them round" in texts(app)
    assert app.button(key="exclude_add").disabled


def test_retrain_after_leaving_out_starts_a_training(
    own_music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store(Settings(home=own_music)) as store:
        store.add_exclusion("me", Exclusion("track", f"{3:022d}"))
    started: list[list[str]] = []
    monkeypatch.setattr(job_panel, "start_job", lambda kind, command: started.append(command))
    app = opened(LEFT_OUT)
    assert "Song 3" in texts(app)
    run(app.button(key="exclude_retrain").click())
    assert started == [["train", "--profile", "me"]]


PLAYLIST = b"""Track URI,Track Name,Artist Name(s),Album Name,Added At
spotify:track:0000000000000000000001,Song 1,Artist 1,Album,2024-01-05T10:00:00Z
spotify:track:0000000000000000000002,Song 2,Artist 2,Album,2024-01-05T10:00:00Z
"""


def test_a_playlist_is_left_out_wherever_it_was_played(own_music: Path) -> None:
    imported(own_music, ("Sleep.csv", PLAYLIST))
    app = opened(LEFT_OUT)
    run(app.get_by_key("exclude_kind").set_value("playlist"))
    run(app.selectbox(key="exclude_playlist").set_value("Sleep"))
    assert "Takes 18 plays and 2 playlist rows away" in texts(app)
    run(app.button(key="exclude_add").click())
    assert rules(own_music) == (Exclusion("playlist", "Sleep"),)
    app = run(app)
    assert app.selectbox(key="exclude_playlist").options == []  # it is left out already
    assert "18 plays in all" in texts(app)


def shape(energy: float, tempo: float) -> Any:
    """A taste of three known axes, two of which are given."""
    nothing = FeatureTaste(None, None, None, None, None, None, None, 0.0, "")
    known = dict.fromkeys(AUDIO_FEATURES, nothing)
    values = {"energy": (energy, energy), "valence": (0.5, 0.5), "tempo": (tempo, tempo / 200)}
    for name, (mean, axis) in values.items():
        known[name] = replace(nothing, mean=mean, axis=axis, coverage=1.0)
    return SimpleNamespace(audio_features=known)


def test_the_radar_lays_two_shapes_over_each_other_and_names_the_change() -> None:
    chart = charts.plot_radar_change(shape(0.5, 100), shape(0.8, 110))
    before, after = chart.figure.data
    assert (before.name, after.name) == ("With everything", "Without what you left out")
    assert list(after.r) == [0.8, 0.5, 0.55, 0.8]  # closed
    assert chart.alt == "Changed most: energy, from .50 to .80."
    assert "none" in charts.plot_radar_change(shape(0.5, 100), shape(0.5, 100)).alt
    unknown = shape(0.5, 100)
    unknown.audio_features["tempo"] = replace(unknown.audio_features["tempo"], axis=None)
    assert not charts.plot_radar_change(unknown, shape(0.5, 100)).figure.data


def test_names_are_found_by_all_their_words_in_any_order() -> None:
    names = [
        exclusions.ExcludableItem("a", "Björk", 3, normalise("Björk")),
        exclusions.ExcludableItem("b", "One — Two", 2, normalise("One — Two")),
    ]
    assert exclusions.find(names, "BJORK", 8) == names[:1]
    assert exclusions.find(names, "two one", 8) == names[1:]
    assert exclusions.find(names, "two three", 8) == []
    assert exclusions.find(names, "o", 1) == names[:1]


# --- matches --------------------------------------------------------------------------

MATCHES = page.PARTS[2]


def doubts(number: int) -> tuple[MatchReview, ...]:
    """Doubts about the first songs, each with a track that is not here."""
    return tuple(
        MatchReview(
            track_id=f"{n:022d}",
            name=f"Song {n}",
            artists=f"Artist {n % 8}",
            other_id=f"{900 + n:022d}",
            other_name=f"Sonq {n}",
            other_artists=f"Artist {n % 8}",
            other_origin="a catalogue",
            score=0.93,
            why="the titles differ by one letter",
            plays=9,
        )
        for n in range(number)
    )


@pytest.fixture
def doubtful(own_music: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The profile "me" with twelve doubtful matches."""
    monkeypatch.setattr(
        match_review, "list_match_reviews", lambda store, settings, name: doubts(12)
    )
    return own_music


def decisions(home: Path) -> tuple[MatchDecision, ...]:
    with Store(Settings(home=home)) as store:
        return store.decisions("me")


def answers(app: AppTest, word: str) -> list[Any]:
    return [b for b in app.button if (b.key or "").startswith(f"{word}_")]


def test_ten_doubts_are_asked_at_a_time(doubtful: Path) -> None:
    app = opened(MATCHES)
    assert "12 matches left" in texts(app)
    assert len(answers(app, "same")) == 10
    run(app.get_by_key("matches_page").set_value(2))
    assert len(answers(app, "same")) == 2


def test_a_doubt_is_confirmed_and_taken_back(doubtful: Path) -> None:
    app = opened(MATCHES)
    run(answers(app, "same")[0].click())
    expected = MatchDecision(f"{0:022d}", f"{900:022d}", same=True)
    assert decisions(doubtful) == (expected,)
    assert "11 matches left" in texts(app)
    run(app.button(key="matches_undo").click())
    assert decisions(doubtful) == ()
    assert "12 matches left" in texts(app)
    assert not has(app, "matches_undo")


def test_a_past_decision_can_be_taken_back(doubtful: Path) -> None:
    app = opened(MATCHES)
    run(answers(app, "different")[1].click())
    assert [d.same for d in decisions(doubtful)] == [False]
    app.session_state["matches_past"] = True
    run(app)
    (forget,) = answers(app, "forget")
    run(forget.click())
    assert decisions(doubtful) == ()


def test_a_likely_match_of_real_files_is_asked_and_applied(home: Path) -> None:
    own = [(1, "Night Harbour", "The Quays", "One"), (2, "Low Tide", "The Quays", "One")]
    other = [(3, "Night Harbors", "The Quays", ""), (4, "Somewhere Else", "Nobody", "")]
    imported(home, ("a.json", history(own)), ("features.csv", table(other)))
    app = opened(MATCHES)
    assert "1 match left" in texts(app)
    assert "Night Harbors" in texts(app)
    run(answers(app, "same")[0].click())
    assert "Nothing to confirm" in texts(app)
    app = opened()  # the whole page again: the match is in the library now
    (found,) = [t.value for t in app.table if "Found by" in t.value]
    assert found["Found by"].tolist() == ["You confirmed it"]


def test_releases_of_one_recording_are_listed_with_their_plays(home: Path) -> None:
    own = [
        (1, "Night Harbour", "The Quays", "One"),
        (1, "Night Harbour", "The Quays", "One"),
        (2, "Night Harbour - Remastered 2011", "The Quays", "Best of"),
    ]
    imported(home, ("a.json", history(own)))
    app = opened(MATCHES)
    app.session_state["audit_merged"] = True
    run(app)
    (listed,) = [d.value for d in app.dataframe if "Releases, with plays" in d.value]
    assert listed["Releases, with plays"].tolist() == ["One (240), Best of (120)"]
    assert listed["Plays"].tolist() == [360]
    assert listed["One because"].tolist() == ["same title and artist"]


# --- taking everything along ----------------------------------------------------------

LEAVING = page.PARTS[4]


def test_a_small_profile_is_written_at_once_and_can_be_fetched(own_music: Path) -> None:
    app = opened(LEAVING)
    assert not app.download_button
    run(app.button(key="export_prepare").click())
    assert [b.key for b in app.download_button] == ["export_download"]
    (path,) = (own_music / "exports").iterdir()
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    assert {"csv", "parquet"} <= {name.rpartition(".")[2] for name in names}


def test_one_json_file_is_offered_too(own_music: Path) -> None:
    app = opened(LEAVING)
    run(app.get_by_key("export_kind").set_value("json"))
    run(app.button(key="export_prepare").click())
    (path,) = (own_music / "exports").iterdir()
    assert len(json.loads(path.read_bytes())["plays"]) == 360
    run(app.get_by_key("export_kind").set_value("zip"))
    assert not app.download_button  # each kind is prepared by itself


def test_a_large_profile_is_written_by_a_job(
    own_music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(
        job_panel, "start_job", lambda kind, command: started.append([kind, *command])
    )
    monkeypatch.setattr(export, "AT_ONCE", 10)
    app = opened(LEAVING)
    run(app.button(key="export_prepare").click())
    (command,) = started
    assert command[:2] == ["export", "export"]
    assert Path(command[2]).parent == own_music / "exports"
    assert command[3:] == ["--format", "zip", "--profile", "me"]
    options = cli.build_parser().parse_args(command[1:])  # the command line takes it
    assert options.profile == "me"


def test_deleting_a_listener_takes_the_prepared_files_along(own_music: Path) -> None:
    app = opened(LEAVING)
    run(app.button(key="export_prepare").click())
    run(app.button(key="delete_profile").click())
    assert "Delete" in [b.label for b in app.button]
    page.delete("me")
    assert list((own_music / "exports").iterdir()) == []
