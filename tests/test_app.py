"""The pages, run as Streamlit runs them: with the sample, with hostile names, with nothing."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from musicai.ai_model import MusicAI
from musicai.genres import GENRES
from musicai.sample import SAMPLE_PROFILE, load_sample
from musicai.settings import Settings
from musicai.store import Store
from musicai.ui import library_panel, words

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(path.name for path in (ROOT / "pages").glob("*.py"))
LIST_KEYS = "more_"


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the invented sample, loaded once; side files made."""
    home = tmp_path_factory.mktemp("prepared")
    settings = Settings(home=home)
    with Store(settings) as store:
        load_sample(store, settings)
    return home


@pytest.fixture
def with_sample(sample_home: Path, home: Path) -> Path:
    """This test's home, as if the sample had just been loaded."""
    shutil.copytree(sample_home, home, dirs_exist_ok=True)
    return home


def run(stirred: Any) -> AppTest:
    """One run of the app, or of a widget that was just used; it must not crash."""
    app: AppTest = stirred.run()
    assert not app.exception, [e.value for e in app.exception]
    return app


def opened(page: str = "home.py", **params: Any) -> AppTest:
    """The app on a page, as after a click in the navigation."""
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    if page == "home.py":
        return run(app)
    run(app)
    for name, value in params.items():
        app.query_params[name] = value
    return run(app.switch_page(f"pages/{page}"))


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
    assert words.SAMPLE_LABEL in app.selectbox(key="profile").options
    assert any(words.SAMPLE_LABEL in c.value for c in app.caption)
    assert any("Played" in c.value and "times" in c.value for c in app.caption)


# --- with the sample ------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_every_page_draws_with_the_sample(with_sample: Path, page: str) -> None:
    app = opened(page)
    assert not app.error, [e.value for e in app.error]
    assert any(words.SAMPLE_LABEL in c.value for c in app.caption)


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


def test_familiar_and_variety_move_the_list(with_sample: Path) -> None:
    app = opened("discover.py")
    before = listed(app)
    run(app.slider(key="discover_novelty").set_value(-1.0))
    familiar = listed(app)
    assert familiar != before
    run(app.slider(key="discover_variety").set_value(1.0))
    assert listed(app) != familiar


def test_presets_set_the_sliders(with_sample: Path) -> None:
    app = opened("discover.py")
    before = {s.key: s.value for s in app.slider}
    run(app.button(key="preset_Deep cuts").click())
    after = {s.key: s.value for s in app.slider}
    assert after["discover_w_popularity"] == 0.0
    assert after["discover_novelty"] > 0.5
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
    hits = [b for b in app.button if (b.key or "").startswith("add_")]
    assert 1 <= len(hits) <= 20
    run(hits[0].click())
    assert [b.key for b in app.button if (b.key or "").startswith("drop_")] == [
        hits[0].key.replace("add_", "drop_")
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
        discover_start="My picks",
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


def test_deleting_a_profile_leaves_an_empty_app(with_sample: Path) -> None:
    app = opened("library.py")
    run(app.button(key="delete_profile").click())
    assert "Delete" in [b.label for b in app.button]
    library_panel.delete(SAMPLE_PROFILE)
    app = opened("library.py")
    assert "Try the sample listener" in [b.label for b in app.button]
