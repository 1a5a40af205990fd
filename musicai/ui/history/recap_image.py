"""The yearly recap as a picture, and as a PDF of one page.

Drawn with the fonts of this machine where they have a name's characters, else with the one
that Pillow brings; a character that none has is drawn as "?", and the caller is told.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from fpdf import FPDF
from PIL import Image, ImageDraw, ImageFont

from musicai.data.library import UNIT_FEATURES
from musicai.insights.history.recap import Recap
from musicai.ui import wording
from musicai.ui.theme import (
    ACCENT,
    GENRE_COLOURS,
    LIGHT_GROUND,
    NEUTRAL,
    RING_HOLE,
    list_ring_points,
    mix_mood_colour,
)

WIDTH, HEIGHT = 1080, 1350
"""Pixels of the picture."""

_MARGIN = 72
_INK = "#121416"
_MUTED = "#5F6468"
_PALE = "#E6E8E3"
_SMOOTH = 3
"""The ring is drawn so many times larger and scaled down: Pillow's polygons have steps."""

_FONTS = (
    "DejaVuSans.ttf",
    "LiberationSans-Regular.ttf",
    "Arial Unicode.ttf",
    "arial.ttf",
    "NotoSans-Regular.ttf",
    "NotoSansCJK-Regular.ttc",
    "NotoSansJP-Regular.otf",
    "YuGothM.ttc",
    "msgothic.ttc",
    "msyh.ttc",
    "malgun.ttf",
    "Hiragino Sans GB.ttc",
    "AppleSDGothicNeo.ttc",
    "PingFang.ttc",
)
"""Fonts that systems have, looked for by name; the first that has all characters is taken."""


@dataclass
class Picture:
    """A recap as it is drawn."""

    image: Image.Image
    replaced: set[str] = field(default_factory=set)
    """Characters that no font here has."""

    def to_png(self) -> bytes:
        """The picture as PNG, without anything about who or where."""
        buffer = io.BytesIO()
        self.image.save(buffer, "PNG", optimize=True)
        return buffer.getvalue()

    def to_pdf(self, title: str) -> bytes:
        """One A4 page with the picture on it."""
        page = FPDF(unit="mm", format="A4")
        page.set_title(title)
        page.set_margin(0)
        page.set_auto_page_break(False)
        page.add_page()
        width = 190.0
        height = width * self.image.height / self.image.width
        page.image(self.image, (210 - width) / 2, (297 - height) / 2, width, height, alt_text=title)
        return bytes(page.output())


def draw(told: Recap) -> Picture:
    """The whole page."""
    picture = Picture(Image.new("RGB", (WIDTH, HEIGHT), LIGHT_GROUND))
    pen = _Pen(picture)
    _draw_head(pen, told)
    _draw_numbers(pen, told)
    _draw_months(pen, told)
    _draw_lists(pen, told)
    _draw_genres(pen, told)
    _draw_facts(pen, told)
    _draw_foot(pen, told)
    return picture


# --- parts ----------------------------------------------------------------------------


def _draw_head(pen: _Pen, told: Recap) -> None:
    pen.write_text((_MARGIN, 66), f"{told.year} in music", 76, bold=True)
    first, last = (_format_day(date.fromisoformat(day)) for day in (told.first_day, told.last_day))
    line = "" if told.whole else f"From {first} to {last}"
    if told.invented:
        line = f"{wording.SAMPLE_LABEL}. {line}".strip()
    if line:
        pen.write_text((_MARGIN, 160), line, 26, _MUTED)
    if told.shape:
        _draw_ring(pen, told)


def _draw_ring(pen: _Pen, told: Recap) -> None:
    size = 220 * _SMOOTH
    layer = Image.new("RGBA", (size, size), (0, 0, 0, 0))
    brush = ImageDraw.Draw(layer)
    scale = size / 44
    shape = [told.shape[name] for name in UNIT_FEATURES]
    colour = mix_mood_colour(told.shape["valence"], told.shape["energy"])
    brush.polygon([(x * scale, y * scale) for x, y in list_ring_points(shape)], fill=colour)
    low, high = (22 - RING_HOLE) * scale, (22 + RING_HOLE) * scale
    brush.ellipse((low, low, high, high), fill=LIGHT_GROUND)
    layer = layer.resize((size // _SMOOTH, size // _SMOOTH), Image.Resampling.LANCZOS)
    pen.picture.image.paste(layer, (WIDTH - _MARGIN - 220, 30), layer)


def _draw_numbers(pen: _Pen, told: Recap) -> None:
    figures = told.figures
    shown = (
        (f"{figures.hours:,.0f}", "hours" if round(figures.hours) != 1 else "hour"),
        (f"{figures.tracks:,}", "tracks"),
        (f"{figures.artists:,}", "artists"),
        (f"{told.new_artists:,}", "new artists"),
    )
    step = (WIDTH - 2 * _MARGIN) / len(shown)
    for at, (value, label) in enumerate(shown):
        x = _MARGIN + at * step
        pen.write_text((x, 250), value, 66, ACCENT, bold=True, room=step - 20)
        pen.write_text((x, 330), label, 26, _MUTED)


def _draw_months(pen: _Pen, told: Recap) -> None:
    top, height = 400, 120
    step = (WIDTH - 2 * _MARGIN) / 12
    most = max(told.months) or 1.0
    for at, hours in enumerate(told.months):
        x = _MARGIN + at * step
        tall = height * hours / most
        pen.brush.rounded_rectangle(
            (x, top + height - max(tall, 3), x + step - 14, top + height),
            radius=5,
            fill=ACCENT if hours else _PALE,
        )
        pen.write_text((x + 8, top + height + 10), f"{date(2000, at + 1, 1):%b}", 22, _MUTED)


def _draw_lists(pen: _Pen, told: Recap) -> None:
    half = (WIDTH - 2 * _MARGIN - 40) / 2
    for at, (title, places) in enumerate((("Tracks", told.tracks), ("Artists", told.artists))):
        x = _MARGIN + at * (half + 40)
        pen.write_text((x, 600), title, 34, bold=True)
        for line, place in enumerate(places):
            y = 658 + line * 68
            pen.write_text((x, y), str(place.rank), 30, ACCENT, bold=True)
            pen.write_text((x + 44, y), place.name or "Untitled", 30, room=half - 44)
            plays = wording.format_count(round(place.plays), "play")
            below = f"{place.artists} · {plays}" if place.artists else plays
            pen.write_text((x + 44, y + 35), below, 22, _MUTED, room=half - 44)


def _draw_genres(pen: _Pen, told: Recap) -> None:
    y, whole = 1020, WIDTH - 2 * _MARGIN
    pen.write_text((_MARGIN, y), "Genres", 34, bold=True)
    if not told.genres:
        pen.write_text((_MARGIN, y + 56), "No genre of this music is known.", 26, _MUTED)
        return
    x = float(_MARGIN)
    known = sum(place.share for place in told.genres)
    for place in told.genres:
        wide = whole * place.share / max(known, 1e-9)
        colour = GENRE_COLOURS.get(place.name.lower(), NEUTRAL)
        pen.brush.rectangle((x, y + 58, x + max(wide - 4, 1), y + 86), fill=colour)
        x += wide
    named = " · ".join(f"{place.name} {wording.format_share(place.share)}" for place in told.genres)
    pen.write_text((_MARGIN, y + 98), named, 24, _MUTED, room=whole)


def _draw_facts(pen: _Pen, told: Recap) -> None:
    lines = []
    if told.busiest_day:
        day = _format_day(date.fromisoformat(told.busiest_day))
        lines.append(f"Busiest day: {day}, {wording.format_count(told.busiest_plays, 'play')}.")
    streak = told.longest_streak
    if streak is not None and streak.days > 1:
        lines.append(f"Longest streak: {streak.days} days with music in a row.")
    if told.surprise:
        lines.append(told.surprise)
    for at, line in enumerate(lines):
        pen.write_text((_MARGIN, 1168 + at * 40), line, 27, room=WIDTH - 2 * _MARGIN)


def _draw_foot(pen: _Pen, told: Recap) -> None:
    pen.brush.line((_MARGIN, 1296, WIDTH - _MARGIN, 1296), fill=_PALE, width=2)
    pen.write_text((_MARGIN, 1306), "Made by musicai, on the listener's own machine", 20, _MUTED)


def _format_day(day: date) -> str:
    return f"{day.day} {day:%B}"


# --- text -----------------------------------------------------------------------------


class _Pen:
    """Writes text that keeps to its room."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.brush = ImageDraw.Draw(picture.image)

    def write_text(
        self,
        at: tuple[float, float],
        text: str,
        size: int,
        colour: str = _INK,
        *,
        bold: bool = False,
        room: float | None = None,
    ) -> None:
        """Write one line from its upper left corner.

        Args:
            at: Pixels.
            text: What; a text wider than ``room`` ends in "…".
            size: Height of the font in pixels.
            colour: ``#RRGGBB``.
            bold: Drawn with a stroke, as not every font has a bold face here.
            room: Width in pixels; to the right margin where left out.
        """
        shown = wording.clean_text(text, 300)
        font, missing = _choose_font(shown, size)
        if missing:
            self.picture.replaced |= missing
            shown = "".join("?" if one in missing else one for one in shown)
        stroke = max(size // 40, 1) if bold else 0
        limit = WIDTH - _MARGIN - at[0] if room is None else room
        shown = _shorten_text(font, shown, limit - 2 * stroke)
        self.brush.text(at, shown, fill=colour, font=font, stroke_width=stroke, stroke_fill=colour)


def _shorten_text(font: Any, text: str, room: float) -> str:
    """The text, or as much of its beginning as there is room for."""
    if font.getlength(text) <= room:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if font.getlength(text[:middle].rstrip() + "…") <= room:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…"


def _choose_font(text: str, size: int) -> tuple[Any, set[str]]:
    """A font that has all the characters, or the best one and those that it has not."""
    wanted = {one for one in text if not one.isspace()}
    best: tuple[int, Any, set[str]] | None = None
    for name in _list_fonts():
        missing = wanted - _read_characters(name)
        if best is None or len(missing) < best[0]:
            best = (len(missing), name, missing)
        if not missing:
            break
    assert best is not None
    return _load_font(best[1], size), best[2]


@lru_cache(maxsize=1)
def _list_fonts() -> Sequence[str]:
    """The fonts of this machine; "" is the one that Pillow brings."""
    found = []
    for name in _FONTS:
        try:
            ImageFont.truetype(name, 12)
        except OSError:
            continue
        found.append(name)
    return (*found, "")


@lru_cache(maxsize=64)
def _load_font(name: str, size: int) -> Any:
    return ImageFont.truetype(name, size) if name else ImageFont.load_default(size)


@lru_cache(maxsize=32)
def _read_characters(name: str) -> frozenset[str]:
    """The characters that a font can draw, by its character map."""
    from fontTools.ttLib import TTCollection, TTFont  # noqa: PLC0415 (only the recap needs it)

    font = _load_font(name, 12)
    source = font.path if isinstance(font.path, str) else io.BytesIO(font.font_bytes)
    if isinstance(source, io.BytesIO):
        source.seek(0)
    if isinstance(source, str) and source.lower().endswith(".ttc"):
        opened = TTCollection(source).fonts[0]
    else:
        opened = TTFont(source, fontNumber=0)
    return frozenset(map(chr, opened.getBestCmap() or {}))
