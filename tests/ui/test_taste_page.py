"""The Taste page as a person uses it: comparisons, drill-down, and where clicks lead."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from musicai.core.settings import Settings
from musicai.store import Store
from musicai.ui.components import links
from musicai.ui.taste import genres, top_items
from tests.pages import opened, run


def told(app: AppTest) -> str:
    elements = (*app.subheader, *app.markdown, *app.caption, *app.info)
    return " ".join(str(element.value) for element in elements)


@pytest.mark.slow
def test_the_radar_is_held_against_what_is_chosen(with_sample: Path) -> None:
    with Store(Settings(home=with_sample)) as store:
        store.create_profile("nobody yet")
    app = opened("taste.py")
    run(app.selectbox(key="profile").select("sample"))
    assert app.selectbox(key="taste_beside").options == ["The catalogue", "nobody yet"]
    run(app.selectbox(key="period").select("6-months"))
    assert "The period before" in app.selectbox(key="taste_beside").options
    against = told(app)
    run(app.selectbox(key="taste_beside").select("before"))
    assert "You, against: The period before." in told(app)
    assert told(app) != against
    run(app.selectbox(key="taste_beside").select("all"))
    assert "You, against: All time." in told(app)
    run(app.selectbox(key="taste_beside").select("profile nobody yet"))
    assert "Nothing is known of the sound of: nobody yet." in told(app)


@pytest.mark.slow
def test_a_genre_shows_what_is_inside_and_leads_on(with_sample: Path) -> None:
    app = opened("taste.py")
    run(app.selectbox(key="taste_genre").select("electronic"))
    assert "Your most played Electronic" in told(app)
    run(app.button(key="taste_genre_more").click())
    assert app.title[0].value == "Discover"
    assert app.pills(key="discover_genres").value == ["electronic"]


@pytest.mark.slow
def test_a_taste_becomes_seeds_or_goes_into_the_list(with_sample: Path) -> None:
    app = opened("taste.py")
    run(app.button(key="taste_cluster_add_0").click())
    with Store(Settings(home=with_sample)) as store:
        assert len(store.list_tracks("sample")) == 10
    run(app.button(key="taste_cluster_0").click())
    assert app.title[0].value == "Discover"
    assert app.session_state["discover_start"] == "picked"


def test_every_part_says_what_it_stands_on(with_sample: Path) -> None:
    text = told(opened("taste.py"))
    for words in ("Stands on", "that say whether they were skipped", "other listeners here"):
        assert words in text


def test_without_features_each_part_says_what_is_missing(own_history: Path) -> None:
    text = told(opened("taste.py"))
    for words in (
        "No audio features are known for this music.",
        "No genre of this music is known.",
        "No year of release is known.",
        "No popularity is known",
        "This takes a dozen tracks",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("act", "key", "value"),
    [
        (lambda: links.find_mood("chill"), "discover_moods", ["chill"]),
        (lambda: links.find_genre("jazz"), "discover_genres", ["jazz"]),
        (lambda: links.find_years(1990, 1999), "discover_years", (1990, 1999)),
        (lambda: links.find_popularity("0–9"), "discover_novelty", 0.9),
        (lambda: links.find_popularity("90–99"), "discover_novelty", -0.9),
        (lambda: genres.look_inside("rock"), "taste_genre", "rock"),
    ],
)
def test_clicks_set_what_the_next_page_shows(
    monkeypatch: pytest.MonkeyPatch, act: object, key: str, value: object
) -> None:
    session: dict[str, object] = {}
    monkeypatch.setattr("streamlit.session_state", session)
    act()  # type: ignore[operator]
    assert session[key] == value


def test_an_hour_of_the_clock_leads_to_history(with_sample: Path) -> None:
    app = opened("taste.py")
    run(app.selectbox(key="taste_hour").select(18))
    run(app.switch_page("pages/history.py"))
    assert "Any day, 18:00 to 19:00" in told(app)


def test_a_decade_is_cut_to_the_years_on_offer(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[tuple[int, int]] = []
    monkeypatch.setattr(links, "find_years", lambda *years: found.append(years))
    monkeypatch.setattr("streamlit.toast", lambda text: found.append((0, 0)))

    class Ai:
        @staticmethod
        def years() -> tuple[int, int]:
            return 1964, 1993

    for decade in ("1960s", "1970s", "1990s", "2000s"):
        top_items._find_decade(Ai, decade)  # type: ignore[arg-type]
    assert found == [(1964, 1969), (1970, 1979), (1990, 1993), (0, 0)]
