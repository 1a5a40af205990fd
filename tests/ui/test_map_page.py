"""The Map page: with a map, with little on it, without one; what is marked and what it gives."""

from __future__ import annotations

import io
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from musicai.ai_model import MusicAI
from musicai.core.errors import JobRunning
from musicai.core.settings import Settings
from musicai.data.library import Library
from musicai.data.moods import MOODS, mood_matrix
from musicai.data.periods import ALL, Period
from musicai.library.sample import SAMPLE_PROFILE
from musicai.models.music_map import MusicMap, within
from musicai.models.registry import registry
from musicai.store import Store
from musicai.store.playlists import STAGING
from musicai.training.fit import TrainingConfig
from musicai.training.train import train
from musicai.ui import charts, wording
from musicai.ui.components import job_panel
from musicai.ui.components import seeds as discover_seeds
from musicai.ui.map import page, selection, state
from musicai.ui.map.state import MapMarks
from tests import worlds
from tests.pages import opened, run

pytestmark = pytest.mark.slow

QUICK = TrainingConfig(method="als", factors=8, epochs=3, evaluate=False)


def trained(home: Path, profile: str, config: TrainingConfig = QUICK) -> None:
    settings = Settings(home=home)
    with Store(settings) as store:
        train(store, settings, profile, config)


@pytest.fixture(scope="module")
def sample_map_home(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the sample and a version of it with a map."""
    home = tmp_path_factory.mktemp("mapped")
    shutil.copytree(sample_home, home, dirs_exist_ok=True)
    trained(home, SAMPLE_PROFILE)
    return home


@pytest.fixture
def sample_map(sample_map_home: Path, home: Path) -> Path:
    shutil.copytree(sample_map_home, home, dirs_exist_ok=True)
    return home


@pytest.fixture
def own_map(own_history: Path) -> Path:
    """Forty tracks of which nothing but title, artist and plays is known."""
    trained(own_history, "me")
    return own_history


def the_map(ai: MusicAI) -> MusicMap:
    assert ai.version is not None
    with Store(ai.settings) as store:
        found = registry.load_map(ai.settings, store, ai.version, ai.library.vocabulary)
    assert found is not None
    return found


def figure(app: AppTest) -> Any:
    [chart] = app.get("plotly_chart")
    return chart.proto


def texts(app: AppTest) -> str:
    return "\n".join([*(m.value for m in app.markdown), *(c.value for c in app.caption)])


def mark(app: AppTest, ai: MusicAI, **values: Any) -> AppTest:
    app.session_state["map_marks"] = ((ai.profile, ai.version), replace(MapMarks(), **values))
    return run(app)


def key(app: AppTest, name: str) -> Any:
    return app.button(key=name)


# --- with and without -----------------------------------------------------------------


def test_without_any_music_it_says_what_will_be_here() -> None:
    app = opened("map.py")
    assert "alike ones near each other" in texts(app)
    assert not app.get("plotly_chart")


def test_without_a_version_one_button_trains(
    own_history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(job_panel, "start_job", lambda kind, command: started.append(command))
    app = opened("map.py")
    assert "No map yet" in texts(app)
    assert not app.get("plotly_chart")
    run(key(app, "map_train").click())
    assert started == [["train", "--profile", "me"]]


def test_a_version_without_a_map_says_retrain(own_history: Path) -> None:
    trained(own_history, "me", replace(QUICK, music_map=False))
    app = opened("map.py")
    assert "was made without one" in texts(app)
    assert key(app, "map_train").label == "Retrain"


def test_a_job_that_cannot_start_is_told(
    own_history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(kind: str, command: list[str]) -> None:
        raise JobRunning("Something else is being trained.")

    monkeypatch.setattr(job_panel, "start_job", busy)
    app = opened("map.py")
    run(key(app, "map_train").click())
    assert "Something else" in app.error[0].value


def test_the_bundled_version_shows_its_map_or_says_that_it_has_none(with_sample: Path) -> None:
    app = opened("map.py")
    mapped = registry.info_of(
        Settings(home=with_sample), Store(Settings(home=with_sample)), "bundled"
    )
    assert bool(app.get("plotly_chart")) == bool(mapped.music_map)
    assert ("No map yet" in texts(app)) == (not mapped.music_map)


def test_the_sample_is_drawn_with_its_genres(sample_map: Path) -> None:
    app = opened("map.py")
    alt = figure(app).alt
    assert "tracks of yours among" in alt
    assert "%" in alt
    for genre in ("Jazz", "Rock", "Electronic"):
        assert f'"name":"{genre}"' in figure(app).spec
    assert "directions have no meaning" in texts(app)
    assert "trustworthiness" in texts(app)


def test_without_features_there_are_places_and_no_moods(own_map: Path) -> None:
    app = opened("map.py")
    assert "40 tracks of yours." in figure(app).alt
    run(app.get_by_key("map_colour").set_value("mood"))
    assert "No track's mood can be told" in app.info[0].value
    assert "no track has a score" in figure(app).alt
    assert "Mood not known" in figure(app).spec


def test_three_plays_make_a_small_map(three_plays: Path) -> None:
    trained(three_plays, "me")
    app = opened("map.py")
    assert "3 tracks of yours." in figure(app).alt
    assert "Only 3 tracks of yours so far." in texts(app)
    run(app.get_by_key("map_colour").set_value("score"))
    run(app.get_by_key("map_colour").set_value("mood"))


def test_hostile_names_stay_text() -> None:
    names = pd.Series(["<a href='http://x'>click</a>", "a\u202eb", "n" * 100])
    artists = pd.Series(["A & B", "", "x"])
    found = wording.format_hovers(names, artists)
    assert found[0] == "&lt;a href='http://x'&gt;click&lt;/a&gt; — A &amp; B"
    assert "\u202e" not in found[1]
    assert len(found[2]) == 60 + len(" — x")


# --- colours --------------------------------------------------------------------------


def test_moods_colour_every_track_and_say_what_is_estimated(sample_map: Path) -> None:
    app = opened("map.py")
    run(app.get_by_key("map_colour").set_value("mood"))
    run(app.selectbox(key="map_mood").select("chill"))
    assert figure(app).alt.count("Chill from 0.") == 1
    assert "From estimated features" in figure(app).spec
    assert "Chill: %{marker.color:.2f}" in figure(app).spec


def test_scores_follow_the_seeds_of_discover(sample_map: Path) -> None:
    ai = MusicAI()
    app = opened("map.py")
    run(app.get_by_key("map_colour").set_value("score"))
    assert "For all you play." in texts(app)
    before = figure(app).spec
    seed = ai.favourites(1)[0]
    app.session_state[discover_seeds.SEEDS] = (seed,)
    app.session_state[discover_seeds.START] = "picked"
    run(app)
    name = str(ai.library.tracks["name"][ai.library.vocabulary.rows([seed])[0]])
    assert f"For {wording.escape_markdown(name, 40)}." in texts(app)
    assert figure(app).spec != before
    labels = app.selectbox(key="map_component").options
    assert len(labels) == len(ai.components) - 1, "moods and genres are asked for elsewhere"


# --- what is drawn --------------------------------------------------------------------


def library_of(others: int) -> Library:
    rows = [
        {"track_id": f"t{i}", "name": f"n{i}", "artists": f"a{i}", "own": i < 3}
        for i in range(3 + others)
    ]
    return worlds.library(rows, [(0, 0), (0, 48), (1, 500), (2, 500, 1_000)])


def spread(n: int) -> MusicMap:
    xy = np.random.default_rng(0).uniform(-1, 1, (n, 2)).astype(np.float32)
    return MusicMap(xy, xy, np.zeros((n, 0), dtype=np.int32))


def test_ones_own_are_all_drawn_and_the_rest_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "MOST_OTHERS", 50)
    ai = MusicAI(library=library_of(200))
    found = spread(203)
    view = page.view(ai, found, ALL)
    assert len(view.dots.rows) == 53
    assert view.dots.mine.sum() == view.mine == 3
    assert (view.others, view.lost) == (200, 0)
    # two full plays, one, and one that was broken off after a second
    assert view.dots.plays[:3].tolist() == [2, 1, 0]
    assert view.dots.labels[:3].tolist() == [
        "n0 — a0<br>2 full plays",
        "n1 — a1<br>1 full play",
        "n2 — a2",
    ]


def test_a_period_shows_what_was_heard_in_it() -> None:
    ai = MusicAI(library=library_of(5))
    day = worlds.START.to_pydatetime()
    first_week = Period(day, day + pd.Timedelta(days=7))
    view = page.view(ai, spread(8), first_week)
    assert view.dots.mine.tolist() == [True] + [False] * 7
    assert view.dots.plays.tolist() == [2] + [0] * 7
    until_second_play = Period(None, day + pd.Timedelta(hours=48))
    assert page.view(ai, spread(8), until_second_play).plays[0] == 1


def test_tracks_without_a_place_are_counted() -> None:
    ai = MusicAI(library=library_of(5))
    found = spread(8)
    found.xy[[1, 7]] = np.nan
    view = page.view(ai, found, ALL)
    assert (view.mine, view.lost, view.others) == (3, 1, 4)
    assert 1 not in view.dots.rows


def dots(n: int = 6) -> charts.Dots:
    return charts.Dots(
        spread(n).xy,
        np.arange(10, 10 + n, dtype=np.int32),
        np.array([f"<b>{i}" for i in range(n)], dtype=object),
        np.arange(n) < 3,
        np.array([0, 4, 16, *([0] * (n - 3))], dtype=np.int32),
    )


def test_each_genre_has_a_shape_a_legend_and_gives_its_rows_back() -> None:
    genre = np.array([0, 4, -1, 0, 4, 4], dtype=np.int32)
    chart = charts.plot_map_by_genre(dots(), genre, charts.MapOverlay(), 300)
    legend = {t.name: t.marker for t in chart.figure.data if t.showlegend}
    assert list(legend) == ["Pop", "Jazz", "Not known"]
    assert len({m.symbol for m in legend.values()}) == len({m.color for m in legend.values()}) == 3
    drawn = [t for t in chart.figure.data if not t.showlegend]
    assert sorted(row for t in drawn for row in t.customdata) == list(range(10, 16))
    # one's own lie on top, larger with more plays
    assert [t.meta for t in drawn] == sorted(t.meta for t in drawn)
    sizes = [float(t.marker.size[0]) for t in drawn if t.meta]
    assert sorted(sizes) == pytest.approx([7.0, 13.5, 20.0])
    assert (
        chart.alt
        == "3 tracks of yours among 3 others. Most of yours: Pop 33\xa0% and Jazz 33\xa0%."
    )


def test_a_score_says_low_high_and_unknown() -> None:
    score = np.array([0.0, 1.0, np.nan, 0.5, 0.5, np.nan], dtype=np.float32)
    guessed = np.array([False, True, False, False, False, False])
    chart = charts.plot_map_by_score(
        dots(), score, guessed, "Calm", "No opinion", charts.MapOverlay(), 300
    )
    assert [t.name for t in chart.figure.data if t.showlegend] == [
        "No opinion",
        "From estimated features",
    ]
    assert chart.alt.endswith(
        "Calm from 0.00 to 1.00, 0.50 on average for yours and 0.50 for the others."
    )
    open_marks = [t for t in chart.figure.data if t.marker.symbol == "circle-open" and t.meta]
    assert [list(t.customdata) for t in open_marks] == [[11]]
    assert "estimated" in open_marks[0].hovertemplate


def test_what_is_marked_is_drawn() -> None:
    path = np.array([[0, 0], [0.5, 0.5]], dtype=np.float32)
    marked = charts.MapOverlay(((0, 0), (1, 0), (1, 1)), (0.2, 0.3), path, "lasso")
    genre = np.zeros(6, dtype=np.int32)
    drawn = charts.plot_map_by_genre(dots(), genre, marked, 300).figure
    plain = charts.plot_map_by_genre(dots(), genre, charts.MapOverlay(), 300).figure
    assert drawn.layout.shapes[0].path == "M0,0L1,0L1,1Z"
    assert drawn.layout.dragmode == "lasso"
    assert len(drawn.data) == len(plain.data) + 2
    assert list(drawn.data[-2].text) == ["1", "2"]
    assert not plain.layout.shapes


# --- what is marked -------------------------------------------------------------------


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    found: dict[str, Any] = {}
    monkeypatch.setattr(state.st, "session_state", found)
    return found


def selected(**parts: Any) -> dict[str, Any]:
    return {"selection": {"points": [], "lasso": [], "box": [], **parts}}


def test_a_selection_becomes_a_mark(session: dict[str, Any]) -> None:
    ai = MusicAI(library=library_of(5))
    inside = [{"customdata": 2}, {"customdata": 4}]
    session["music_map"] = selected(points=inside, lasso=[{"x": [0, 1, 1], "y": [0, 0, 1]}])
    state.take_selection(ai)
    assert state.marks(ai) == MapMarks(outline=((0, 0), (1, 0), (1, 1)))
    session["music_map"] = selected(points=[{"customdata": [4]}])
    state.take_selection(ai)
    assert state.marks(ai) == MapMarks(point="t4")
    session["music_map"] = selected(box=[{"x": [0, 1], "y": [1, 0]}])
    state.take_selection(ai)
    assert state.marks(ai) == MapMarks(outline=((0, 1), (1, 0)))
    session["music_map"] = selected(points=[{"x": 1}])
    state.take_selection(ai)
    assert state.marks(ai) == MapMarks(edits=1)


def test_a_selection_leaves_the_figure_as_it_is(session: dict[str, Any]) -> None:
    """Else each click would make another chart, and zoom and selection would be lost."""
    ai = MusicAI(library=library_of(5))
    nothing = state.to_draw(ai, ("genre",))
    session["music_map"] = selected(points=[{"customdata": 4}])
    state.take_selection(ai)
    assert state.to_draw(ai, ("genre",)) == nothing
    assert state.to_draw(ai, ("mood",)).point == "t4", "another figure shows it"
    session["music_map"] = selected(points=[{"customdata": 1}])
    state.take_selection(ai)
    assert state.to_draw(ai, ("mood",)) == MapMarks(), "it does not stay on another track"
    session["music_map"] = selected(points=[{"customdata": 3}])
    state.take_selection(ai)
    assert state.to_draw(ai, ("mood",)) == MapMarks()
    session["music_map"] = selected(points=[{"customdata": 1}])
    state.take_selection(ai)
    state.change(ai, start="t1")
    assert state.to_draw(ai, ("mood",)).point == "t1"
    session["music_map"] = selected(points=[{"customdata": 2}])
    state.take_selection(ai)
    del session["music_map"]  # the page was left
    assert state.to_draw(ai, ("mood",)).point == "t2"


def test_another_listener_has_nothing_marked(session: dict[str, Any]) -> None:
    ai = MusicAI(library=library_of(5))
    state.change(ai, start="t1", end="t2", path=("t1", "t2"))
    state.change(ai, point="t3")
    assert state.marks(ai).path == ("t1", "t2")
    state.change(ai, end="t4")
    assert state.marks(ai) == MapMarks(point="t3", start="t1", end="t4", edits=3)
    ai.version = "another"
    assert state.marks(ai) == MapMarks()


def on_the_list(home: Path, profile: str) -> list[str]:
    with Store(Settings(home=home)) as store:
        return [track.track_id for track in store.list_tracks(profile, STAGING)]


def test_a_region_lists_its_tracks_and_starts_discover(sample_map: Path) -> None:
    ai = MusicAI()
    app = opened("map.py")
    outline = ((-0.5, -0.5), (0.5, 0.5))
    mark(app, ai, outline=outline)
    rows = np.flatnonzero(within(the_map(ai), outline))
    assert f"**{len(rows):,} tracks** here" in texts(app)
    [table] = app.dataframe
    assert len(table.value) == 100
    assert table.value["Plays"].is_monotonic_decreasing
    run(key(app, "map_add_region").click())
    assert len(on_the_list(sample_map, SAMPLE_PROFILE)) == 100
    run(key(app, "map_seeds").click())
    seeds = app.session_state[discover_seeds.SEEDS]
    assert len(seeds) == 10
    assert set(ai.library.vocabulary.rows(list(seeds)).tolist()) <= set(rows.tolist())
    assert app.session_state[discover_seeds.START] == "picked"
    assert any(b.key and b.key.startswith("drop_") for b in app.button), "it opened Discover"


def test_an_empty_region_and_clearing(own_map: Path) -> None:
    ai = MusicAI()
    app = opened("map.py")
    mark(app, ai, outline=((5.0, 5.0), (6.0, 6.0)))
    assert "An empty region" in texts(app)
    run(key(app, "map_clear").click())
    assert "Nothing marked" in texts(app)


def test_a_track_shows_its_face_and_its_ways_on(own_map: Path) -> None:
    ai = MusicAI()
    first, last = ai.library.vocabulary.id(0), ai.library.vocabulary.id(30)
    app = opened("map.py")
    mark(app, ai, point=first)
    assert "Nearest:" in texts(app)
    assert "full play" in texts(app)
    run(key(app, "map_start_here").click())
    marks = app.session_state["map_marks"][1]
    assert (marks.start, marks.point) == (first, first)
    mark(app, ai, point=last, start=first)
    run(key(app, "map_end_here").click())
    run(key(app, "map_find").click())
    path = app.session_state["map_marks"][1].path
    assert (path[0], path[-1]) == (first, last)
    assert 2 < len(path) <= 12
    assert "1. **" in texts(app)
    run(key(app, "map_add_path").click())
    assert on_the_list(own_map, "me") == list(path)
    run(key(app, "map_path_clear").click())
    assert app.session_state["map_marks"][1].path == ()


def test_ends_are_found_by_typing(own_map: Path) -> None:
    app = opened("map.py")
    name = str(MusicAI().library.tracks["name"][0])
    assert key(app, "map_find").disabled
    run(app.text_input(key="map_start_search").set_value(name[:12]))
    hit = next(b for b in app.button if (b.key or "").startswith("map_start_pick_"))
    run(hit.click())
    assert app.session_state["map_marks"][1].start == hit.key.removeprefix("map_start_pick_")
    run(key(app, "map_start_change").click())
    assert app.session_state["map_marks"][1].start == ""


def test_no_path_is_told_and_not_a_crash(own_map: Path) -> None:
    ai = MusicAI()
    track = ai.library.vocabulary.id(0)
    app = opened("map.py")
    mark(app, ai, start=track, end=track)
    run(key(app, "map_find").click())
    assert "same music" in app.error[0].value


def test_a_track_of_a_region_leads_back_to_it(own_map: Path) -> None:
    ai = MusicAI()
    app = opened("map.py")
    mark(app, ai, outline=((-2.0, -2.0), (2.0, 2.0)), point=ai.library.vocabulary.id(3))
    assert "Nearest:" in texts(app)
    run(key(app, "map_back").click())
    assert "**40 tracks** here" in texts(app)


def test_a_row_of_the_table_shows_its_track(session: dict[str, Any]) -> None:
    ai = MusicAI(library=library_of(5))
    state.change(ai, outline=((0, 0), (1, 1)))
    session["map_region"] = {"selection": {"rows": [1]}}
    selection._row_chosen(ai, np.array([4, 2]))
    assert state.marks(ai) == MapMarks(outline=((0, 0), (1, 1)), point="t2", edits=2)
    session["map_region"] = {"selection": {"rows": []}}
    selection._row_chosen(ai, np.array([4, 2]))
    assert state.marks(ai).point == "t2"


def test_the_data_hold_every_track_on_the_map(sample_map: Path) -> None:
    ai = MusicAI()
    found = the_map(ai)
    plays = np.zeros(ai.library.n_tracks, dtype=np.int32)
    score = mood_matrix(ai.features.audio)[:, MOODS.index("chill")]
    colours = page.Colours(score, np.zeros(len(score), dtype=bool), "Chill", "")
    data = page._data(ai, found, plays, colours)
    assert len(data) == found.is_placed.sum()
    read = pd.read_csv(io.StringIO(data.to_csv(index=False)))
    assert list(read.columns) == [
        *("track_id", "name", "artists", "x", "y", "genre", "full_plays"),
        *("Chill", "estimated"),
    ]
    tracks = ai.library.tracks
    tracks.loc[int(np.flatnonzero(found.is_placed)[0]), "name"] = "=1+1"
    assert page._data(ai, found, plays, None)["name"][0] == "'=1+1"
