"""The History page as a person uses it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from musicai.insights.history import Days, ForgottenTrack, Place
from musicai.ui import charts, state
from musicai.ui.components import links
from musicai.ui.history import charts as history_tops
from musicai.ui.history import page as history_forgotten
from musicai.ui.history import plays
from tests.pages import opened, run


def told(app: AppTest) -> str:
    return " ".join(e.value for e in (*app.markdown, *app.caption, *app.info))


def figure(app: AppTest, label: str) -> str:
    return next(str(metric.value) for metric in app.metric if metric.label == label)


def test_figures_of_the_own_history(own_history: Path) -> None:
    app = opened("history.py")
    assert figure(app, "Full plays") == "360"
    assert figure(app, "Days with music") == "60 of 60"
    assert "60 days in a row, 1 January 2024 to 29 February 2024" in told(app)
    assert "No mood can be told" in told(app)


def test_a_period_shows_how_it_differs_from_the_one_before(own_history: Path) -> None:
    app = opened("history.py")
    run(app.selectbox(key="period").select("4-weeks"))
    changes = {m.label: m.delta for m in app.metric}
    assert changes["Full plays"] == "no change"
    assert changes["New to you"] in ("", "−100 %")
    table = next(f.value for f in app.dataframe if "Change" in f.value.columns)
    assert set(table["Change"]) <= {"same", "new"} | {
        f"{sign} {n}" for sign in "▲▼" for n in range(1, 50)
    }


def test_three_plays_are_enough_for_a_page(three_plays: Path) -> None:
    app = opened("history.py")
    assert figure(app, "Full plays") == "3"
    assert "None: nothing that you played five times" in told(app)


def test_a_click_on_a_day_lists_its_tracks(own_history: Path) -> None:
    app = opened("history.py")
    app.session_state[plays._CHOSEN] = ("day", "2024-01-02")
    run(app)
    assert "Tuesday, 2 January 2024" in told(app)
    assert sum((b.key or "").startswith("history_played_open_") for b in app.button) == 6
    run(app.button(key="history_close").click())
    assert "Tuesday, 2 January 2024" not in told(app)


def test_a_click_on_an_hour_lists_what_is_played_then(own_history: Path) -> None:
    app = opened("history.py")
    app.session_state[plays._CHOSEN] = ("hour", "0-18")
    run(app)
    assert "Mondays, 18:00 to 19:00" in told(app)
    app.session_state[plays._CHOSEN] = ("hour", "0-3")
    run(app)
    assert "Nothing was listened to" in told(app)


def test_a_click_on_a_length_lists_its_longest_sessions(own_history: Path) -> None:
    app = opened("history.py")
    app.session_state["history_session_length"] = "15 to 30 min"
    run(app)
    assert "The longest of 15 to 30 min" in told(app)
    found = [b for b in app.button if (b.key or "").startswith("history_session_")]
    assert len(found) == 5
    assert "6 plays" in found[0].label
    run(found[0].click())
    assert app.session_state[plays._CHOSEN][0] == "day"


@pytest.mark.slow
def test_every_list_can_be_shown(with_sample: Path) -> None:
    app = opened("history.py")
    for kind in ("Artists", "Albums", "Genres", "Tracks"):
        run(app.segmented_control(key="history_tops").set_value(kind))
        column = kind.removesuffix("s")
        assert any(column in frame.value.columns for frame in app.dataframe)


def test_all_forgotten_ones_are_shown_on_demand(with_sample: Path) -> None:
    app = opened("history.py")
    few = sum((b.key or "").startswith("history_forgotten_open_") for b in app.button)
    run(app.toggle(key="history_forgotten_all").set_value(True))
    many = sum((b.key or "").startswith("history_forgotten_open_") for b in app.button)
    assert few == 8 < many


# --- words and charts -----------------------------------------------------------------


def place(rank: int, before: int | None) -> Place:
    return Place(rank, "x", "y", 3.0, 1.0, 0.1, before, 0)


@pytest.mark.parametrize(
    ("rank", "before", "words"), [(1, 1, "same"), (2, 5, "▲ 3"), (5, 2, "▼ 3"), (1, None, "new")]
)
def test_a_change_of_rank_in_a_sign_and_a_number(rank: int, before: int | None, words: str) -> None:
    assert history_tops.describe_change(place(rank, before)) == words


def test_forgotten_in_words() -> None:
    one = ForgottenTrack(0, 60, 2023, 60, "2023-09-01")
    assert (
        history_forgotten.describe_forgotten(one)
        == "You played this 60 times in 2023 and not since."
    )
    other = ForgottenTrack(0, 60, 2022, 40, "2023-09-01")
    assert history_forgotten.describe_forgotten(other) == (
        "You played this 60 times, 40 of them in 2022, and last on 1 September 2023."
    )


DAYS = Days("2024-12-30", (1, 0, 2, *[0] * 20, 4), (0.5, 0.0, 1.0, *[0.0] * 20, 2.0))
"""24 days from Monday, 30 December 2024."""


def test_buckets_by_hand() -> None:
    weeks = charts.sum_buckets(DAYS, "week")
    assert [(b.first, b.plays) for b in weeks] == [
        (date(2024, 12, 30), 3),
        (date(2025, 1, 6), 0),
        (date(2025, 1, 13), 0),
        (date(2025, 1, 20), 4),
    ]
    months = charts.sum_buckets(DAYS, "month")
    assert [(b.first, b.last, b.plays) for b in months] == [
        (date(2024, 12, 30), date(2024, 12, 31), 1),
        (date(2025, 1, 1), date(2025, 1, 22), 6),
    ]
    for step in charts.STEPS:
        found = charts.sum_buckets(DAYS, step)
        assert sum(b.plays for b in found) == 7
        assert sum(b.hours for b in found) == 3.5
        assert charts.plot_timeline(found, step).figure.data[0].customdata[0][0] == found[0].key


@pytest.mark.parametrize("upright", [False, True])
def test_the_calendar_has_a_square_a_day_at_its_place(upright: bool) -> None:
    assert charts.list_years(DAYS) == [2025, 2024]
    chart = charts.plot_calendar(DAYS, 2025, upright=upright)
    (marks,) = chart.figure.data
    assert len(marks.x) == 22
    week, weekday = (marks.y, marks.x) if upright else (marks.x, marks.y)
    assert (week[0], weekday[0]) == (0, 2)  # 1 January 2025 was a Wednesday
    assert (week[-1], weekday[-1]) == (3, 2)
    assert marks.customdata[-1][0] == "2025-01-22"
    assert max(marks.marker.size) == marks.marker.size[-1]
    assert "2 days of 2025" in chart.alt
    assert charts.plot_calendar(DAYS, 2023).alt == "No full play in 2023."


def test_a_line_opens_what_it_is_about(own_history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    went: list[tuple[str, dict[str, str]]] = []
    monkeypatch.setattr(state, "go_to", lambda page, address: went.append((page, dict(address))))

    class Ai:
        class library:  # noqa: N801
            class vocabulary:  # noqa: N801
                @staticmethod
                def id(row: int) -> str:
                    return f"id{row}"

    places = [
        Place(1, "Ann", "", 1, 1, 1, None, None),
        Place(1, "Song", "Bob, Cy", 1, 1, 1, None, 7),
    ]
    history_tops._open_place(Ai, "Artists", places, 0)  # type: ignore[arg-type]
    history_tops._open_place(Ai, "Tracks", places, 1)  # type: ignore[arg-type]
    history_tops._open_place(Ai, "Albums", places, 1)  # type: ignore[arg-type]
    history_tops._open_place(Ai, "Genres", places, 0)  # type: ignore[arg-type]
    assert went == [
        (links.PAGE, {"artist": "Ann"}),
        (links.PAGE, {"track": "id7"}),
        (links.PAGE, {"artist": "Bob"}),
    ]
