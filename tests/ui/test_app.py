"""The pages, run as Streamlit runs them: with the sample, with hostile names, with nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from musicai.ai_model import MusicAI
from musicai.cli import build_parser
from musicai.core import jobs
from musicai.core.errors import JobRunning
from musicai.core.jobs import JobStatus
from musicai.core.progress import no_progress
from musicai.core.settings import Settings
from musicai.data.genres import GENRES
from musicai.data.parsed import ReadOptions
from musicai.library.importing import import_files
from musicai.library.sample import SAMPLE_PROFILE
from musicai.models.registry import freshness
from musicai.store import Store
from musicai.training.fit import TrainingConfig
from musicai.training.train import train
from musicai.training.update import update
from musicai.ui import wording
from musicai.ui.components import job_panel
from musicai.ui.discover import controls
from musicai.ui.library import page as library_panel
from tests.conftest import ROOT
from tests.histories import NASTY, history
from tests.pages import PAGES, opened, run

LIST_KEYS = "more_"


def listed(app: AppTest) -> list[str]:
    """Ids of the tracks in the list, in order."""
    return [
        b.key.removeprefix(LIST_KEYS) for b in app.button if (b.key or "").startswith(LIST_KEYS)
    ]


# --- nothing here ---------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_a_page_without_data_offers_the_sample(page: str) -> None:
    app = opened(page)
    assert [t.value for t in app.title] == [page.removesuffix(".py").capitalize()]
    assert "Try the sample listener" in [b.label for b in app.button]
    assert not app.error


def test_one_click_loads_the_sample_and_marks_it(home: Path) -> None:
    app = opened()
    run(app.button(key="home_sample").click())
    assert app.selectbox(key="profile").value == SAMPLE_PROFILE
    assert wording.SAMPLE_LABEL in app.selectbox(key="profile").options
    assert any(wording.SAMPLE_LABEL in c.value for c in app.caption)
    assert any("Played" in c.value and "times" in c.value for c in app.caption)


# --- with the sample ------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_every_page_draws_with_the_sample(with_sample: Path, page: str) -> None:
    app = opened(page)
    assert not app.error, [e.value for e in app.error]
    assert any(wording.SAMPLE_LABEL in c.value for c in app.caption)


def test_home_shows_forgotten_favourites_with_counts_and_dates(with_sample: Path) -> None:
    app = opened()
    lines = [c.value for c in app.caption if c.value.startswith("Played")]
    assert len(lines) == 3
    assert all("last on" in line for line in lines)


def test_a_weight_slider_moves_the_list(with_sample: Path) -> None:
    app = opened("discover.py")
    before = listed(app)
    assert len(before) == 20
    run(app.slider(key="discover_w_content").set_value(0.0))
    assert listed(app) != before


def test_the_sliders_show_the_weights_in_use(with_sample: Path) -> None:
    """None stands at 0 whose part is in the bars."""
    learned = MusicAI().weights_for()
    app = opened("discover.py")
    for name, weight in learned.items():
        shown = app.slider(key=f"discover_w_{name}").value
        assert shown == pytest.approx(weight, abs=0.01), name
        assert (shown > 0) == (weight > 0), name


def test_untouched_sliders_go_along_with_the_mode(
    with_sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slider that was moved holds them where they are."""

    def learned(self: MusicAI, user_id: str | None = None, mode: str = "auto") -> dict[str, float]:
        return {"content": 0.2, "history": 0.8} if mode == "rediscover" else {"content": 1.0}

    monkeypatch.setattr(MusicAI, "weights_for", learned)
    monkeypatch.setattr(controls, "_draw_curves_toggle", lambda *given, **more: False)
    app = opened("discover.py")

    def shown() -> tuple[float, float]:
        slider = app.slider
        return slider(key="discover_w_content").value, slider(key="discover_w_history").value

    assert shown() == (1.0, 0.0)
    run(app.segmented_control(key="discover_mode").set_value("rediscover"))
    assert shown() == (0.2, 0.8)
    run(app.segmented_control(key="discover_mode").set_value("mix"))
    assert shown() == (1.0, 0.0)
    run(app.slider(key="discover_w_history").set_value(0.5))
    run(app.segmented_control(key="discover_mode").set_value("rediscover"))
    assert shown() == (1.0, 0.5)


def test_familiar_and_variety_move_the_list(with_sample: Path) -> None:
    app = opened("discover.py")
    before = listed(app)
    run(app.slider(key="discover_novelty").set_value(-1.0))
    familiar = listed(app)
    assert familiar != before
    run(app.slider(key="discover_variety").set_value(1.0))
    assert listed(app) != familiar


def test_following_the_genre_mix_moves_the_list_and_shows_both_mixes(with_sample: Path) -> None:
    app = opened("discover.py")
    before = listed(app)
    assert not any(c.value.startswith("Your mix") for c in app.caption), "off unless asked for"
    run(app.slider(key="discover_calibration").set_value(1.0))
    assert sorted(listed(app)) != sorted(before)
    [line] = [c.value for c in app.caption if c.value.startswith("Your mix: ")]
    yours, here = line.removeprefix("Your mix: ").split(" This list: ")
    assert yours.count("%") >= 2
    assert here.split(" ")[0] == yours.split(" ")[0], "the largest genre is the same"


def test_presets_set_the_sliders(with_sample: Path) -> None:
    app = opened("discover.py")
    before = {s.key: s.value for s in app.slider}
    run(app.button(key="preset_Deep cuts").click())
    after = {s.key: s.value for s in app.slider}
    assert after["discover_w_popularity"] == 0.0
    assert after["discover_novelty"] > 0.5
    shown = [b.key for b in app.button if "preset_" in (b.key or "") and b.proto.type == "primary"]
    assert shown == ["preset_Deep cuts"]
    run(app.button(key="preset_Balanced").click())
    assert {s.key: s.value for s in app.slider} == before


def test_all_weights_at_nought_is_told_and_not_a_crash(with_sample: Path) -> None:
    app = opened("discover.py")
    for slider in app.slider:
        if (slider.key or "").startswith("discover_w_") and not slider.disabled:
            slider.set_value(0.0)
    run(app)
    untrained = any(s.disabled for s in app.slider)
    assert app.error or untrained


def test_moods_mix_with_sliders_and_only_three(with_sample: Path) -> None:
    app = opened("discover.py")
    plain = listed(app)
    run(app.pills(key="discover_moods").set_value(["chill"]))
    one = listed(app)
    assert one != plain
    assert "discover_mix_chill" not in [s.key for s in app.slider]
    run(app.pills(key="discover_moods").set_value(["chill", "romantic"]))
    assert "discover_mix_chill" in [s.key for s in app.slider]
    even = listed(app)
    run(app.slider(key="discover_mix_chill").set_value(0))
    assert listed(app) != even
    run(app.pills(key="discover_moods").set_value(["chill", "romantic", "party", "happy"]))
    assert len(app.pills(key="discover_moods").value) == 3


def test_genre_at_full_strength_shows_that_genre_only(with_sample: Path) -> None:
    app = opened("discover.py")
    run(app.pills(key="discover_genres").set_value(["jazz"]))
    run(app.slider(key="discover_genre_strength").set_value(1.0))
    ai = MusicAI(SAMPLE_PROFILE)
    rows = ai.library.vocabulary.rows(listed(app))
    assert (ai.features.genres[rows, GENRES.index("jazz")] > 0).all()


def test_modes_change_what_is_offered(with_sample: Path) -> None:
    app = opened("discover.py")
    run(app.get_by_key("discover_mode").set_value("rediscover"))
    own = listed(app)
    assert any("all from your own music" in m.value for m in app.markdown)
    run(app.get_by_key("discover_mode").set_value("discover"))
    assert not set(own) & set(listed(app))


def test_filters_choose_among_the_candidates(with_sample: Path) -> None:
    app = opened("discover.py")
    run(app.get_by_key("discover_mode").set_value("discover"))
    before = listed(app)
    run(app.multiselect(key="discover_only").set_value(["jazz"]))
    only = listed(app)
    assert only != before
    assert any("Only Jazz." in c.value for c in app.caption)
    ai = MusicAI(SAMPLE_PROFILE)
    rows = ai.library.vocabulary.rows(only)
    assert (ai.features.genres[rows, GENRES.index("jazz")] >= 0.5).all()
    low, high = app.slider(key="discover_years").value
    run(app.slider(key="discover_years").set_value((low + 5, high)))
    assert any(f"{low + 5} to {high}" in c.value for c in app.caption)
    years = ai.library.tracks["year"].to_numpy()[ai.library.vocabulary.rows(listed(app))]
    assert (years >= low + 5).all()
    assert any(c.value.startswith("Chosen from") for c in app.caption)


def test_more_like_this_starts_from_that_track(with_sample: Path) -> None:
    app = opened("discover.py")
    first = listed(app)[0]
    run(app.button(key=f"more_{first}").click())
    assert f"drop_{first}" in [b.key for b in app.button]
    assert first not in listed(app)
    assert app.query_params["discover_seed"] in (first, [first])
    run(app.button(key=f"drop_{first}").click())
    assert f"drop_{first}" not in [b.key for b in app.button]


def test_type_ahead_finds_and_adds_a_seed(with_sample: Path) -> None:
    app = opened("discover.py")
    run(app.get_by_key("discover_start").set_value("picked"))
    run(app.text_input(key="discover_search").set_value("the"))
    hits = [b for b in app.button if (b.key or "").startswith("discover_pick_")]
    assert 1 <= len(hits) <= 20
    run(hits[0].click())
    assert [b.key for b in app.button if (b.key or "").startswith("drop_")] == [
        hits[0].key.replace("discover_pick_", "drop_")
    ]
    assert app.text_input(key="discover_search").value == ""


def test_why_adds_up(with_sample: Path) -> None:
    app = opened("discover.py")
    first = listed(app)[0]
    app.session_state[f"why_{first}"] = True
    run(app)
    (table,) = app.table
    adds = [v.replace("−", "-").strip("*") for v in table.value["= Adds"]]
    assert sum(float(v) for v in adds[:-1]) == pytest.approx(float(adds[-1]), abs=0.03)


def test_a_deep_link_brings_the_same_list(with_sample: Path) -> None:
    app = opened("discover.py")
    run(app.slider(key="discover_w_content").set_value(0.9))
    run(app.pills(key="discover_moods").set_value(["party"]))
    run(app.number_input(key="discover_n").set_value(10))
    seed = listed(app)[3]
    run(app.button(key=f"more_{seed}").click())
    again = opened(
        "discover.py",
        discover_w_content="0.9",
        discover_moods="party",
        discover_n="10",
        discover_start="Picks",
        discover_seed=seed,
    )
    assert again.slider(key="discover_w_content").value == 0.9
    assert len(listed(again)) == 10
    assert listed(again) == listed(app)


def test_a_nonsense_link_falls_back(with_sample: Path) -> None:
    app = opened(
        "discover.py",
        discover_w_content="loud",
        discover_moods="furious",
        discover_mode="psychic",
        discover_seed="../../etc/passwd",
        discover_n="100000",
    )
    assert len(listed(app)) == 20


def test_models_names_the_machinery_check_on_the_sample(with_sample: Path) -> None:
    app = opened("models.py")
    assert "Retrain" in [b.label for b in app.button]
    assert any("Bundled with musicai" in m.value for m in app.markdown)


def test_deleting_a_profile_leaves_an_empty_app(with_sample: Path) -> None:
    app = opened("library.py", library_part="Export & delete")
    run(app.button(key="delete_profile").click())
    assert "Delete" in [b.label for b in app.button]
    library_panel.delete(SAMPLE_PROFILE)
    app = opened("library.py")
    assert "Try the sample listener" in [b.label for b in app.button]


# --- a person's own files -------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_every_page_draws_with_three_plays(three_plays: Path, page: str) -> None:
    app = opened(page)
    assert not app.error, [e.value for e in app.error]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_draws_with_a_bare_history(own_history: Path, page: str) -> None:
    app = opened(page)
    assert not app.error, [e.value for e in app.error]
    assert not any(wording.SAMPLE_LABEL in c.value for c in app.caption)


def test_a_name_with_markup_shows_as_it_is(own_history: Path) -> None:
    app = opened("discover.py", discover_n="40", discover_cap="20")
    texts = [m.value for m in app.markdown if "Bold" in m.value]
    assert texts
    for text in texts:
        assert wording.escape_markdown(NASTY) in text
        assert "](http://e.org)" not in text
        assert "<b>" not in text


def test_unknown_moods_are_disabled_with_the_reason_and_the_remedy(own_history: Path) -> None:
    app = opened("discover.py")
    assert app.pills(key="discover_moods_missing").disabled
    assert any("audio features" in c.value and "Library" in c.value for c in app.caption)
    assert listed(app)


def test_discover_without_a_catalogue_says_why_and_offers_rediscover(own_history: Path) -> None:
    app = opened("discover.py")
    assert listed(app)
    run(app.get_by_key("discover_mode").set_value("discover"))
    assert not listed(app)
    assert any("catalogue" in i.value for i in app.info)
    run(app.button(key="discover_instead").click())
    assert listed(app)


def test_rows_link_to_spotify(own_history: Path) -> None:
    app = opened("discover.py")
    first = listed(app)[0]
    assert any(f"https://open.spotify.com/track/{first}" in m.value for m in app.markdown)


def test_a_real_listener_is_not_shown_the_invented_version(own_history: Path) -> None:
    app = opened("models.py")
    assert not any("Bundled" in m.value for m in app.markdown)


def test_discover_names_the_sliders_that_change_nothing(own_history: Path) -> None:
    app = opened("discover.py")
    assert any("waits until you choose a mood" in c.value for c in app.caption)


def test_the_sample_and_a_real_profile_stay_apart(own_history: Path) -> None:
    app = opened()
    assert app.selectbox(key="profile").options == ["me"]
    assert any("bring" in s.value.lower() or "add more" in s.value.lower() for s in app.subheader)


def test_dropping_files_starts_one_job(own_history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(job_panel, "start_job", lambda kind, command: started.append(command))
    app = opened()
    assert app.button(key="import_start").disabled
    run(app.file_uploader(key="import_files_0").upload("../../evil.json", b"[]"))
    run(app.button(key="import_start").click())
    (command,) = started
    assert command[command.index("--profile") + 1] == "me"


def test_an_empty_name_is_told(own_history: Path) -> None:
    app = opened()
    run(app.file_uploader(key="import_files_0").upload("a.json", b"[]"))
    app.text_input(key="import_profile").set_value(" ")
    run(app.button(key="import_start").click())
    assert any("needs a name" in e.value for e in app.error)


def test_the_library_reports_an_import_and_can_undo_it(own_history: Path) -> None:
    app = opened("library.py")
    app.session_state["import_1"] = True
    run(app)
    read = [t.value for t in app.table if "Read" in t.value]
    assert read
    assert read[0]["Read"].iloc[0] == "360"
    run(app.button(key="undo_1").click())
    assert "Undo" in [b.label for b in app.button]


def test_a_failed_job_is_told_until_it_is_closed(
    own_history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = JobStatus("train-x", "train", "me", "failed", error="The disk is *full*.")
    monkeypatch.setattr(jobs, "read_status", lambda settings, job_id: failed)
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    app.session_state["job"] = "train-x"
    run(app)
    assert any("disk is" in e.value for e in app.error)
    run(app.button(key="close_outcome").click())
    assert not app.error


def test_a_running_job_shows_its_progress_and_can_be_cancelled(
    own_history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancelled: list[str] = []
    going = JobStatus("train-x", "train", "me", "running", fraction=0.4, note="Measuring: 2 of 5")
    monkeypatch.setattr(jobs, "find_latest", lambda settings: going)
    monkeypatch.setattr(jobs, "read_status", lambda settings, job_id: going)
    monkeypatch.setattr(jobs, "cancel", lambda settings, job_id: cancelled.append(job_id))
    app = opened("models.py")
    assert any("40" in p.text and "Measuring" in p.text for p in app.progress)
    assert app.button(key="retrain_start").disabled
    run(app.button(key="cancel_side").click())
    assert cancelled == ["train-x"]


def has(app: AppTest, key: str) -> bool:
    """Whether a button of that key is drawn."""
    return key in [b.key for b in app.button]


def test_retrain_starts_a_job_with_the_choices(
    own_history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(job_panel, "start_job", lambda kind, command: started.append(command))
    app = opened("models.py")
    app.get_by_key("models_method").set_value("nmf")
    app.number_input(key="models_collaborative_nmf_factors").set_value(12)
    app.get_by_key("models_tune").set_value(5)
    (submit,) = [b for b in app.button if b.label == "Retrain"]
    run(submit.click())
    chosen = ["--method", "nmf", "--tune", "5", "--set", "collaborative.nmf_factors=12"]
    assert started == [["train", "--profile", "me", *chosen]]
    options = build_parser().parse_args(started[0])
    assert (options.tune, options.set) == (5.0, [("collaborative.nmf_factors", 12.0)])


def test_a_preset_fills_the_fields(own_history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(job_panel, "start_job", lambda kind, command: started.append(command))
    app = opened("models.py")
    run(app.segmented_control(key="models_preset").set_value("Quick"))
    assert app.number_input(key="models_collaborative_factors").value == 32
    (submit,) = [b for b in app.button if b.label == "Retrain"]
    run(submit.click())
    assert started[0][3:] == [
        *("--method", "als", "--tune", "0", "--no-map"),
        *("--set", "collaborative.factors=32", "--set", "collaborative.epochs=5"),
    ]
    run(app.segmented_control(key="models_preset").set_value("Standard"))
    assert app.number_input(key="models_collaborative_factors").value is None


def update_words(app: AppTest) -> str:
    """All that the page says in small print and boxes."""
    return " ".join(one.value for one in (*app.caption, *app.warning))


def test_update_waits_for_a_version_of_ones_own(own_history: Path) -> None:
    app = opened("models.py")
    assert app.button(key="update_start").disabled
    assert "no version of your own to go on from" in update_words(app)


def test_update_waits_on_the_sample_too(with_sample: Path) -> None:
    app = opened("models.py")
    assert app.button(key="update_start").disabled
    assert "came with musicai" in update_words(app)


@pytest.mark.slow
def test_update_says_what_is_new_and_whose_the_figures_are(
    own_history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(job_panel, "start_job", lambda kind, command: started.append(command))
    settings = Settings(home=own_history)
    with Store(settings) as store:
        config = TrainingConfig(method="als", factors=4, epochs=2)
        trained = train(store, settings, "me", config).version
        app = opened("models.py")
        assert app.button(key="update_start").disabled
        assert "Nothing is new since" in update_words(app)
        newer = history(lambda n: (n % 8, f"Newer {n % 8}", f"Nobody {n % 8}", "Album"), plays=18)
        newer = newer.replace(b'"2024-', b'"2025-').replace(b"track:0000", b"track:1111")
        given = [("Streaming_History_Audio_2025.json", newer)]
        import_files(store, settings, "me", given, ReadOptions(), no_progress)
        app = opened("models.py")
        assert not app.button(key="update_start").disabled
        assert re.search(
            r"[1-9]\d* new plays and playlist rows and 8 new tracks", update_words(app)
        )
        assert "measures nothing anew" in update_words(app)
        run(app.button(key="update_start").click())
        assert started == [["train", "--profile", "me", "--update"]]
        update(store, settings, "me")
    app = opened("models.py")
    assert f"These figures are of version {wording.escape_markdown(trained)}" in update_words(app)
    assert "1 update since" in update_words(app)
    assert any("an update, not measured" in m.value for m in app.markdown)
    assert "full training is recommended" not in update_words(app)
    monkeypatch.setattr(freshness, "MOST_UPDATES", 1)
    assert "full training is recommended" in update_words(opened("models.py"))


def test_consent_is_asked_once_for_exportify_rows(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = (
        "Track URI,Track Name,Album Name,Artist Name(s),Release Date,Duration (ms),Popularity,"
        "Explicit,Added By,Added At,Genres,Record Label,Danceability,Energy,Key,Loudness,Mode,"
        "Speechiness,Acousticness,Instrumentalness,Liveness,Valence,Tempo,Time Signature"
    )
    rows = [
        f"spotify:track:{n:022d},Song {n},Album,Artist {n % 9},2020-01-01,200000,{n},false,me,"
        f"2023-01-{n % 28 + 1:02d}T10:00:00Z,rock,,0.5,0.{n % 9},1,-7,1,0.05,0.2,0,0.1,0.4,120,4"
        for n in range(40)
    ]
    settings = Settings(home=home)
    with Store(settings) as store:
        import_files(
            store,
            settings,
            "me",
            [("list.csv", "\ufeff".encode() + "\n".join([header, *rows]).encode())],
            ReadOptions(),
            no_progress,
        )
    started: list[list[str]] = []
    monkeypatch.setattr(job_panel, "start_job", lambda kind, command: started.append(command))
    app = opened()
    assert has(app, "consent_yes")
    run(app.button(key="consent_no").click())
    assert not has(app, "consent_yes")
    assert not started
    with Store(settings) as store:
        assert store.profile("me").train_on_api_rows is False
    app = opened("library.py")
    run(app.toggle(key="consent_me").set_value(True))
    with Store(settings) as store:
        assert store.profile("me").train_on_api_rows is True
    assert started == [["train", "--profile", "me"]]


def test_a_profile_is_not_deleted_under_a_running_job(
    own_history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    going = JobStatus("train-x", "train", "me", "running")
    monkeypatch.setattr(jobs, "find_latest", lambda settings: going)
    with pytest.raises(JobRunning):
        library_panel.delete("me")
    with Store(Settings(home=own_history)) as store:
        assert store.has_profile("me")
