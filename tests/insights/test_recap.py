"""The year on one page: its figures by hand, its picture within its frame, its PDF one page."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from musicai.core.errors import NotFound
from musicai.data_processor import build_features
from musicai.insights.history import Place, Streak, charts
from musicai.insights.history.recap import Recap, recap, recap_years
from musicai.insights.taste.plays import list_timed_plays
from musicai.ui.history import recap_image
from musicai.ui.theme import LIGHT_GROUND
from tests.pages import opened, run
from tests.worlds import CALM, LOUD, library

TRACKS: list[dict[str, Any]] = [
    {"track_id": "a", "name": "Alpha", "artists": "Ann", "album": "One", "genres": "jazz", **CALM},
    {"track_id": "b", "name": "Beta", "artists": "Bob", "genres": "techno", **LOUD},
    {"track_id": "c", "name": "Gamma", "artists": "Cy", **LOUD},
]
DAY = 24.0
PLAYS = [
    *[(0, DAY * n) for n in range(3)],  # 1 to 3 January 2025
    (1, DAY * 2 + 1),
    (1, DAY * 40, 3_600_000),  # 10 February
    (2, DAY * 364.5),  # 31 December
    (0, DAY * 370),  # 6 January 2026
    (1, DAY * 371, 1_000),
]
DATA = library(TRACKS, PLAYS)


def of(year: int, timezone: str = "UTC") -> Recap:
    features = build_features(DATA)
    codes = charts.codes(DATA, features)
    return recap(DATA, features, codes, list_timed_plays(DATA, 0, timezone), year, timezone)


def test_a_year_by_hand() -> None:
    told = of(2025)
    figures = told.figures
    assert (figures.plays, figures.tracks, figures.artists, told.new_artists) == (6, 3, 3, 3)
    assert figures.hours == pytest.approx((5 * 200 + 3600) / 3600)
    assert told.months[0] == pytest.approx(4 * 200 / 3600)
    assert told.months[1] == pytest.approx(1)
    assert told.months[11] == pytest.approx(200 / 3600)
    assert sum(told.months) == pytest.approx(figures.hours)
    assert [(p.name, p.plays) for p in told.tracks] == [("Alpha", 3), ("Beta", 2), ("Gamma", 1)]
    assert [p.name for p in told.genres] == ["Jazz", "Electronic"]
    assert (told.busiest_day, told.busiest_plays) == ("2025-01-03", 2)
    assert told.longest_streak == Streak(3, "2025-01-01", "2025-01-03")
    assert (told.first_day, told.last_day, told.whole) == ("2025-01-01", "2025-12-31", True)
    assert told.shape["energy"] == pytest.approx((3 * CALM["energy"] + 3 * LOUD["energy"]) / 6)
    assert isinstance(told.to_dict(), dict)


def test_a_part_of_a_year_says_so_and_knows_who_is_new() -> None:
    told = of(2026)
    assert (told.figures.plays, told.new_artists, told.whole) == (1, 0, False)
    assert (told.first_day, told.last_day) == ("2026-01-06", "2026-01-07")


def test_years_are_those_with_a_full_play_in_the_listeners_zone() -> None:
    assert recap_years(list_timed_plays(DATA, 0, "UTC")) == [2026, 2025]
    assert recap_years(list_timed_plays(DATA, 0, "America/New_York")) == [2026, 2025, 2024]
    with pytest.raises(NotFound, match="2019"):
        of(2019)


def drawn(told: Recap) -> Image.Image:
    return Image.open(io.BytesIO(recap_image.draw(told).to_png()))


def clean_margins(image: Image.Image) -> bool:
    """Whether nothing is drawn in the outer 40 pixels left and right."""
    ground = Image.new("RGB", image.size, LIGHT_GROUND)
    box = ImageChops.difference(image.convert("RGB"), ground).getbbox()
    assert box is not None
    return box[0] >= 40 and box[2] <= image.width - 40


def test_the_picture_has_its_size_and_the_pdf_one_page() -> None:
    picture = recap_image.draw(of(2025))
    image = Image.open(io.BytesIO(picture.to_png()))
    assert image.size == (recap_image.WIDTH, recap_image.HEIGHT)
    assert clean_margins(image)
    assert not image.info  # nothing about who or where
    pdf = picture.to_pdf("2025 in music")
    assert pdf.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type /Page\b(?!s)", pdf)) == 1
    assert b"/root" not in pdf


def test_other_years_make_other_pictures() -> None:
    assert drawn(of(2025)).tobytes() != drawn(of(2026)).tobytes()
    marked = replace(of(2025), invented=True)
    assert drawn(marked).tobytes() != drawn(of(2025)).tobytes()


def test_without_features_and_genres_there_is_a_page_all_the_same() -> None:
    bare = replace(of(2025), shape={}, genres=(), surprise="", longest_streak=None)
    assert clean_margins(drawn(bare))


LONG = Place(1, "W" * 300, "M" * 300, 1e6, 1.0, 0.5, None, 0)


def test_long_names_stay_within_their_column() -> None:
    told = replace(of(2025), tracks=(LONG,) * 5, artists=(LONG,) * 5, surprise="W" * 500)
    assert clean_margins(drawn(told))


@pytest.mark.slow
@given(st.text(max_size=40))
@hypothesis_settings(max_examples=15, deadline=None)
def test_any_name_can_be_drawn(name: str) -> None:
    told = of(2025)
    place = replace(told.tracks[0], name=name.encode("utf-8", "ignore").decode())
    assert clean_margins(drawn(replace(told, tracks=(place,))))


def test_characters_without_a_font_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recap_image, "_list_fonts", lambda: ("",))
    told = of(2025)
    place = replace(told.tracks[0], name="夜の歌 ok")
    picture = recap_image.draw(replace(told, tracks=(place,)))
    assert picture.replaced == {"夜", "の", "歌"}
    assert recap_image.draw(told).replaced == set()


def test_the_page_offers_picture_and_pdf(own_history: Path) -> None:
    app = opened("history.py")
    assert app.selectbox(key="history_recap_year").value == 2024
    run(app.toggle(key="history_recap_show").set_value(True))
    labels = [button.label for button in app.get("download_button")]
    assert "Picture (PNG)" in labels
    assert "One page (PDF)" in labels
