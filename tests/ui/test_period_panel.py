"""Listener, period and time zone: chosen once, the same on every page and in the address."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from musicai.core.settings import Settings
from musicai.library.sample import SAMPLE_PROFILE
from musicai.store import Store
from musicai.ui import wording
from musicai.ui.components import period_picker
from tests.conftest import ROOT
from tests.pages import opened, run


def figure(app: AppTest, label: str) -> str:
    return next(str(metric.value) for metric in app.metric if metric.label == label)


def test_a_shorter_period_shows_fewer_plays_and_says_which_days(own_history: Path) -> None:
    app = opened("taste.py")
    everything = int(figure(app, "Full plays"))
    run(app.selectbox(key="period").select("4-weeks"))
    # six plays a day, the last on 29 February 2024: 28 days of them
    assert everything == 360
    assert figure(app, "Full plays") == "168"
    assert any("2 February 2024 to 29 February 2024" in c.value for c in app.caption)


def test_days_chosen_by_hand_bound_both_ends(own_history: Path) -> None:
    app = opened("taste.py")
    run(app.selectbox(key="period").select("custom"))
    assert figure(app, "Full plays") == "360"
    run(app.date_input(key="period_from").set_value(date(2024, 1, 10)))
    assert figure(app, "Full plays") == "306"  # 9 of 60 days are gone
    run(app.date_input(key="period_to").set_value(date(2024, 1, 11)))
    assert figure(app, "Full plays") == "12"
    run(app.date_input(key="period_to").set_value(date(2024, 1, 1)))
    assert "before it begins" in app.error[0].value


def test_the_period_stays_on_the_next_page(own_history: Path) -> None:
    app = opened("taste.py")
    run(app.selectbox(key="period").select("year"))
    run(app.switch_page("pages/library.py"))
    assert app.selectbox(key="period").value == "year"


def test_a_link_brings_listener_and_period(own_history: Path) -> None:
    with Store(Settings(home=own_history)) as store:
        store.create_profile("second")
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    app.query_params["profile"] = "second"
    app.query_params["period"] = "6 months"
    run(app)
    assert app.selectbox(key="profile").value == "second"
    assert app.selectbox(key="period").value == "6-months"


@pytest.mark.parametrize("link", ["", "nobody", "../../etc/passwd"])
def test_a_nonsense_listener_falls_back(own_history: Path, link: str) -> None:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    app.query_params["profile"] = link
    run(app)
    assert app.selectbox(key="profile").value == "me"


def test_the_time_zone_is_kept_and_moves_the_days(own_history: Path) -> None:
    app = opened("settings.py")
    run(app.selectbox(key="settings_timezone").select("Pacific/Auckland"))
    with Store(Settings(home=own_history)) as store:
        assert store.settings_of("me") == {"timezone": "Pacific/Auckland"}
    run(app.switch_page("pages/taste.py"))
    assert any("Auckland" in c.value for c in app.caption)
    run(app.switch_page("pages/settings.py"))
    run(app.selectbox(key="settings_timezone").select(""))
    with Store(Settings(home=own_history)) as store:
        assert store.settings_of("me") == {}


def test_the_invented_listener_lives_in_utc(with_sample: Path) -> None:
    app = opened("settings.py")
    assert not any(box.key == "settings_timezone" for box in app.selectbox)
    assert app.selectbox(key="profile").value == SAMPLE_PROFILE
    assert any(wording.SAMPLE_LABEL in c.value for c in app.caption)


@pytest.mark.parametrize(
    ("choose", "what", "first", "last"),
    [
        (period_picker.choose_month, "2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        (period_picker.choose_month, "2025-12", date(2025, 12, 1), date(2025, 12, 31)),
        (period_picker.choose_quarter, "2025-Q1", date(2025, 1, 1), date(2025, 3, 31)),
        (period_picker.choose_quarter, "2024-Q4", date(2024, 10, 1), date(2024, 12, 31)),
    ],
)
def test_a_month_or_quarter_becomes_its_days(
    monkeypatch: pytest.MonkeyPatch,
    choose: Callable[[str], None],
    what: str,
    first: date,
    last: date,
) -> None:
    chosen: list[tuple[date, date]] = []
    monkeypatch.setattr(period_picker, "choose_days", lambda *days: chosen.append(days))
    choose(what)
    assert chosen == [(first, last)]
