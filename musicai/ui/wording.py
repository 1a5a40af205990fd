"""The words on the screen: names made inert, numbers, dates and durations in plain English."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

import pandas as pd

SAMPLE_LABEL = "Sample listener (invented)"
"""What the invented sample is called wherever it appears."""

MODE_LABELS = {"rediscover": "Rediscover", "discover": "Discover", "mix": "Mix"}
"""The three modes as the screen calls them, in order."""

MODE_HELP = {
    "rediscover": "Only tracks you have: forgotten favourites, played once, deep cuts.",
    "discover": "Only tracks you have never played, from the catalogues you switched on.",
    "mix": "Both, side by side.",
}

_HIDDEN = re.compile("[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")
"""Control characters and those that reorder or hide text."""

_JOINER = "\u2060"
"""A word joiner: it has no width, and it breaks the patterns that survive escaping."""

_SHORTCODE = re.compile(r"(:)(?=[\w+\-/])|(@)(?=\w)")
_WWW = re.compile(r"(www)(?=\.)", re.IGNORECASE)
_ARROW = re.compile(r"(?<=[-<>~])(?=[-=>])")
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")

CLAUSE = (
    "Do not use the Spotify Platform or any Spotify Content to train a machine learning or AI "
    "model or otherwise ingest Spotify Content into a machine learning or AI model."
)
"""Spotify's Developer Terms, IV.2.a.i (version of 15 May 2025)."""


def escape_markdown(text: str, longest: int = 200) -> str:
    r"""A name as it is, for use inside Streamlit's markdown.

    Track and artist names are other people's text. Escaping punctuation keeps them
    from becoming emphasis, links, formulas or HTML. Emoji shortcodes, icons, arrows and
    bare addresses are replaced after escapes are resolved, so those are broken by an
    invisible joiner.

    Args:
        text: The name, as imported.
        longest: Longer names are cut, with an ellipsis.

    Returns:
        One line of markdown that shows the name literally.
    """
    line = " ".join(_HIDDEN.sub(" ", text).split())
    if len(line) > longest:
        line = line[: longest - 1].rstrip() + "…"
    line = _SHORTCODE.sub(lambda match: match.group(0) + _JOINER, line)
    line = _WWW.sub(lambda match: match.group(0) + _JOINER, line)
    line = _ARROW.sub(_JOINER, line)
    return _PUNCTUATION.sub(r"\\\1", line)


def clean_text(text: str, longest: int = 200) -> str:
    """A name for places that show text as it is, such as chips, options and alt texts."""
    line = " ".join(_HIDDEN.sub(" ", text).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def format_hovers(names: pd.Series, artists: pd.Series, longest: int = 60) -> list[str]:
    """Title and artist of many tracks, for Plotly, which reads a little HTML in hover texts."""
    shown = []
    for column in (names, artists):
        text = column.reset_index(drop=True).str.replace(_HIDDEN, " ", regex=True)
        text = text.where(text.str.len() <= longest, text.str.slice(0, longest - 1) + "…")
        for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
            text = text.str.replace(sign, entity, regex=False)
        shown.append(text)
    return list(shown[0] + " — " + shown[1])


def join_artists(artists: Sequence[str]) -> str:
    """Artists in one line."""
    return ", ".join(artists) or "Unknown artist"


def label_profile(name: str, invented: bool) -> str:
    """A profile's name on the screen; the sample always carries its mark."""
    return SAMPLE_LABEL if invented else clean_text(name, 40)


def format_count(number: int, noun: str, plural: str = "") -> str:
    """A count with its noun: "1 track", "1,204 tracks"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def format_duration(milliseconds: float) -> str:
    """A duration: "1 h 14 min", "3 min"; from 10 hours on, whole hours."""
    minutes = round(milliseconds / 60_000)
    if minutes >= 60 * 10:
        return f"{round(minutes / 60):,} h"
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min"


def format_seconds(number: float) -> str:
    """A short duration: "40 s", "2 min 5 s"."""
    whole = max(round(number), 0)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"


def format_date(moment: datetime) -> str:
    """A day in words: "14 March 2024"."""
    return f"{moment.day} {moment:%B %Y}"


def format_short_date(moment: datetime) -> str:
    """A day where there is little room: "14 Mar 2024"."""
    return f"{moment.day} {moment:%b %Y}"


def format_date_time(moment: datetime) -> str:
    """A day and a time: "14 March 2024, 09:05"."""
    return f"{format_date(moment)}, {moment:%H:%M}"


def format_share(fraction: float) -> str:
    """A share: "41 %", "0.4 %", "under 0.1 %"."""
    percent = fraction * 100
    if percent == 0 or percent >= 9.95:
        return f"{percent:.0f}\u00a0%"
    return f"{percent:.1f}\u00a0%" if percent >= 0.1 else "under\u00a00.1\u00a0%"


def format_score(number: float) -> str:
    """A score or contribution with two decimals and a true minus sign."""
    text = f"{number:.2f}"
    return "0.00" if text == "-0.00" else text.replace("-", "−")


def format_signed(number: float) -> str:
    """A contribution with its sign: "+0.31", "−0.04"."""
    text = format_score(number)
    return text if text.startswith("−") or text == "0.00" else "+" + text


def format_size(number_of_bytes: float) -> str:
    """A file size: "4.2 MB"."""
    megabytes = number_of_bytes / 1e6
    return f"{megabytes:.1f} MB" if megabytes >= 0.1 else f"{number_of_bytes / 1e3:.0f} kB"


def join_list(items: Sequence[str], last: str = "and") -> str:
    """A list in a sentence: "a, b and c"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def to_sentence(clause: str) -> str:
    """A clause with a capital and a full stop."""
    clause = clause.strip()
    if not clause:
        return ""
    return clause[0].upper() + clause[1:] + ("" if clause.endswith((".", "?", "…")) else ".")


def format_difference(number: float) -> str:
    """A small difference with its sign and three decimals: "+0.031"."""
    return f"{number:+.3f}".replace("-", "−")


def describe_zone(timezone: str) -> str:
    """Which zone hours are in, after "Hours are": "in UTC", "those of Europe/Berlin"."""
    return "in UTC" if timezone == "UTC" else f"those of {timezone.replace('_', ' ')}"
