"""Health on the Models page, with and without anything to show."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from musicai.core.logging import setup_logging
from musicai.core.settings import Settings
from musicai.ui.models import health
from tests.core.test_logs import quiet
from tests.pages import opened, run
from tests.ui.test_app import listed

__all__ = ["quiet"]


@pytest.fixture(autouse=True)
def looked_anew() -> None:
    health._examine.clear()


def in_use() -> AppTest:
    """Models with the part on use over time unfolded, which is drawn only then."""
    app = opened("models.py")
    app.session_state["health_use"] = True
    return run(app)


def told(app: AppTest) -> str:
    return " ".join(e.value for e in (*app.markdown, *app.caption))


def test_all_in_order_is_one_line_and_a_table(with_sample: Path) -> None:
    app = opened("models.py")
    assert "checks are in order" in told(app)
    table = next(t.value for t in app.table if "Found" in t.value.columns)
    assert {"library", "model", "database", "privacy"} <= set(table["Check"])
    assert "No list was made yet" not in told(app), "folded"
    assert "No list was made yet" in told(in_use())


def test_a_problem_is_counted_and_named(
    with_sample: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("musicai.training.health.PROJECT_ROOT", tmp_path)
        app = opened("models.py")
    assert "1 problem in" in told(app)
    table = next(t.value for t in app.table if "Found" in t.value.columns)
    [row] = table[table["Check"] == "privacy"].to_dict("records")
    assert "does not work" in row["State"]
    run(app.button(key="health_again").click())
    assert "checks are in order" in told(app)


@pytest.mark.slow
def test_lists_and_what_became_of_them_are_drawn(with_sample: Path) -> None:
    setup_logging(Settings(home=with_sample))
    discover = opened("discover.py")
    run(discover.feedback(key=f"discover_{listed(discover)[0]}_thumbs").set_value(1))
    app = in_use()
    assert "No list was made yet" not in told(app)
    drawn = {b.key for b in app.get("download_button")}
    assert {
        "health_serving_data",
        "health_variety_data",
        "health_acceptance_data",
        "health_training_data",
    } <= drawn
