"""Words on the screen: names stay names, numbers read as numbers."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicai.ui import wording

NASTY = [
    "*bold* _and_ `code`",
    "[link](http://example.org)",
    "$E=mc^2$ $$x$$",
    "<script>alert(1)</script>",
    ":red[alarm] :material/home: :tada:",
    "# heading",
    "1. list",
    "a | b\n--- | ---",
    "https://example.org www.example.org me@example.org",
    "a -> b <- c",
    "![x](y)",
    "&lt;b&gt;",
    "~~gone~~",
    "\\*",
]


def shown(markdown: str) -> str:
    """What CommonMark shows of text in which every special character is escaped."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown).replace("\u2060", "")


@pytest.mark.parametrize("name", NASTY)
def test_plain_shows_the_name_itself(name: str) -> None:
    assert shown(wording.escape_markdown(name)) == " ".join(name.split())


@given(st.text(max_size=120))
def test_plain_leaves_no_unescaped_punctuation_and_one_line(name: str) -> None:
    markdown = wording.escape_markdown(name)
    assert "\n" not in markdown
    # every backslash starts an escape, and nothing special stands without one
    bare = re.sub(r"\\[!-/:-@\[-`{-~]", "", markdown)
    assert not re.search(r"[!-/:-@\[-`{-~]", bare)


@given(st.text(max_size=60))
def test_plain_breaks_what_is_replaced_after_escapes(name: str) -> None:
    text = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", wording.escape_markdown(name))
    assert not re.search(r":[\w+-][\w+/-]*:?", text)
    assert "www." not in text.lower()
    assert not re.search(r"@\w", text)


def test_plain_cuts_long_names_and_hidden_characters() -> None:
    assert len(shown(wording.escape_markdown("x" * 500, 100))) == 100
    assert wording.escape_markdown("a\u202eb\u0000c") == "a b c"


def test_literal_keeps_the_name_for_places_without_markdown() -> None:
    assert wording.clean_text(" *a*\n b ") == "*a* b"


def test_counts_and_durations() -> None:
    assert wording.format_count(1, "track") == "1 track"
    assert wording.format_count(1204, "track") == "1,204 tracks"
    assert wording.format_duration(74 * 60_000) == "1 h 14 min"
    assert wording.format_duration(3 * 60_000) == "3 min"
    assert wording.format_duration(1_234 * 3_600_000) == "1,234 h"
    assert wording.format_seconds(125) == "2 min 5 s"


def test_dates_are_words() -> None:
    moment = datetime(2024, 3, 4, 9, 5, tzinfo=UTC)
    assert wording.format_date(moment) == "4 March 2024"
    assert wording.format_date_time(moment) == "4 March 2024, 09:05"


def test_shares_and_scores() -> None:
    assert wording.format_share(0.41) == "41\u00a0%"
    assert wording.format_share(0.004) == "0.4\u00a0%"
    assert wording.format_share(0.0004) == "under\u00a00.1\u00a0%"
    assert wording.format_share(0) == "0\u00a0%"
    assert wording.format_share(0.0996) == "10\u00a0%"
    assert wording.format_score(-0.001) == "0.00"
    assert wording.format_signed(-0.25) == "−0.25"
    assert wording.format_signed(0.25) == "+0.25"


def test_sentences_and_lists() -> None:
    assert wording.join_list(["a", "b", "c"]) == "a, b and c"
    assert wording.join_list(["a"]) == "a"
    assert wording.join_list([]) == ""
    assert wording.to_sentence("you played it") == "You played it."


def test_the_sample_always_carries_its_mark() -> None:
    assert wording.label_profile("sample", invented=True) == "Sample listener (invented)"
    assert wording.label_profile("me", invented=False) == "me"
