"""Verdicts as a person gives them: on Discover, on Home, and the page that keeps them."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from musicai.core.settings import Settings
from musicai.data.feedback import Feedback, Impression
from musicai.library.sample import SAMPLE_PROFILE
from musicai.ranking.feedback import REST_DAYS
from musicai.store import Store
from musicai.ui.components.feedback_buttons import describe_difference
from tests.pages import opened, run
from tests.ui.test_app import listed


def told(app: AppTest) -> str:
    return " ".join(e.value for e in (*app.markdown, *app.caption, *app.info, *app.toast))


def kept(home: Path) -> dict[str, str]:
    with Store(Settings(home=home)) as store:
        return {one.track_id: one.verdict for one in store.feedback(SAMPLE_PROFILE)}


def said(home: Path, *given: Feedback) -> None:
    with Store(Settings(home=home)) as store:
        for one in given:
            store.add_feedback(SAMPLE_PROFILE, one)


def test_a_dislike_takes_the_track_out_says_so_and_can_be_undone(with_sample: Path) -> None:
    app = opened("discover.py")
    before = listed(app)
    run(app.feedback(key=f"discover_{before[2]}_thumbs").set_value(0))
    assert kept(with_sample) == {before[2]: "dislike"}
    after = listed(app)
    assert before[2] not in after
    assert "goes, and what is like it counts less" in told(app)
    assert "came into the list" in told(app)
    run(app.button(key="verdict_undo").click())
    assert kept(with_sample) == {}
    assert listed(app) == before
    assert "came into the list" not in told(app)


def test_a_like_moves_the_list_and_its_part_is_in_the_arithmetic(with_sample: Path) -> None:
    app = opened("discover.py")
    before = listed(app)
    run(app.feedback(key=f"discover_{before[0]}_thumbs").set_value(1))
    after = listed(app)
    assert after != before
    assert before[0] not in after, "it is no longer new"
    assert "You like" in told(app)
    bars = [m.value for m in app.markdown if m.value.startswith("![Score")]
    assert all("Your verdicts" in bar for bar in bars)


def test_the_message_goes_with_the_next_move(with_sample: Path) -> None:
    app = opened("discover.py")
    run(app.feedback(key=f"discover_{listed(app)[0]}_thumbs").set_value(0))
    assert "counts less" in told(app)
    run(app.slider(key="discover_novelty").set_value(1.0))
    assert "counts less" not in told(app)


def test_the_menu_rests_a_track_and_bans_an_artist(with_sample: Path) -> None:
    app = opened("discover.py")
    first, second = listed(app)[:2]
    rest, ban = app.menu_button(key=f"discover_{first}_hide").options
    run(app.menu_button(key=f"discover_{first}_hide").click(rest))
    assert kept(with_sample) == {first: "not_now"}
    assert first not in listed(app)
    assert f"rests for {REST_DAYS} days" in told(app)
    run(app.menu_button(key=f"discover_{second}_hide").click(ban))
    assert kept(with_sample)[second] == "never_artist"
    assert "is not shown again" in told(app)


def test_thumbs_on_other_pages_say_it_in_a_toast_and_show_what_stands(with_sample: Path) -> None:
    app = opened()
    key = next(f.key for f in app.feedback if f.key and f.key.startswith("home_"))
    run(app.feedback(key=key).set_value(1))
    assert list(kept(with_sample).values()) == ["like"]
    assert "Your next list follows it." in told(app)
    again = opened()
    assert again.feedback(key=key).value == 1
    run(again.feedback(key=key).set_value(None))
    assert kept(with_sample) == {}


def test_the_page_of_feedback_lists_filters_and_takes_back(with_sample: Path) -> None:
    ids = listed(opened("discover.py"))
    said(
        with_sample,
        Feedback(ids[0], "like", 1_700_000_000),
        Feedback(ids[1], "dislike", 1_700_000_100),
        Feedback("gone-from-here", "like", 1_700_000_200),
    )
    app = opened("feedback.py")
    assert [m.value for m in app.metric] == ["2", "1", "0", "0"]
    assert "no longer here" in told(app)
    assert "gone-from-here" not in told(app)
    run(app.button(key="feedback_add").click())
    assert app.button(key="staging_open").label == "Your list · 1 track"
    run(app.pills(key="feedback_kinds").set_value(["dislike"]))
    undo = [b.key for b in app.button if (b.key or "").startswith("feedback_undo_")]
    assert undo == [f"feedback_undo_{ids[1]}"]
    run(app.button(key=undo[0]).click())
    assert ids[1] not in kept(with_sample)


def test_the_page_without_feedback_says_where_it_comes_from(with_sample: Path) -> None:
    assert "Thumbs stand beside every recommended track" in told(opened("feedback.py"))


def test_a_long_list_of_feedback_is_paged(with_sample: Path) -> None:
    said(with_sample, *(Feedback(f"gone{n}", "like", 1_700_000_000 + n) for n in range(60)))
    app = opened("feedback.py")
    assert sum((b.key or "").startswith("feedback_undo_") for b in app.button) == 25


def test_the_surprise_dial_moves_the_list_and_each_draw_is_another(with_sample: Path) -> None:
    app = opened("discover.py")
    plain = listed(app)
    run(app.slider(key="discover_surprise").set_value(1.0))
    first = listed(app)
    run(app.button(key="discover_draw_next").click())
    second = listed(app)
    assert len({tuple(plain), tuple(first), tuple(second)}) == 3
    with Store(Settings(home=with_sample)) as store:
        shown = store.impressions(SAMPLE_PROFILE)
    lists = [shown[start : start + 20] for start in range(0, len(shown), 20)]
    assert [[one.track_id for one in one_list] for one_list in lists] == [plain, first, second]
    assert all(one.propensity is None for one in lists[0])
    assert all(one.propensity is not None and 0 <= one.propensity <= 1 for one in lists[1])


def test_a_list_is_noted_once(with_sample: Path) -> None:
    app = opened("discover.py")
    run(app)
    with Store(Settings(home=with_sample)) as store:
        shown: list[Impression] = store.impressions(SAMPLE_PROFILE)
    assert [one.rank for one in shown] == list(range(1, 21))


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("abc", "abc", "The list stays as it was."),
        ("abcd", "dabc", "The order changed; “D” rose from 4 to 1."),
        ("abc", "bcx", "1 track came into the list, first “X” at 3."),
        ("abcd", "xyda", "2 tracks came into the list, first “X” at 1."),
        ("abc", "ab", "One track less."),
    ],
)
def test_what_changed_in_words(before: str, after: str, words: str) -> None:
    assert describe_difference(before, after, after.upper()) == words
