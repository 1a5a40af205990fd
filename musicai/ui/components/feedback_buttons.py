"""Like, dislike, not now, never this artist: on every recommended track, everywhere.

A verdict is in the database before anything on the screen changes. The list that is drawn
next has heard it, and Discover says what it changed.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from musicai.data.feedback import Feedback
from musicai.ranking.feedback import REST_DAYS, Verdict
from musicai.ui import state, wording
from musicai.ui.components import track_picker

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI

_THUMBS: dict[Verdict, int] = {"dislike": 0, "like": 1}
"""Verdict → its place in the pair of thumbs."""

_HIDING: dict[str, Verdict] = {
    f"Not now: rest it for {REST_DAYS} days": "not_now",
    "Never this artist": "never_artist",
}

_LAST = "verdict_last"
"""Session key: the verdict given last, and the list that it was given in."""

_LISTED = "verdict_listed"
"""Session key: the ids of the list that is on the screen."""

_NAMED = 40
"""Letters of a title in a message."""


@dataclass(frozen=True)
class GivenFeedback:
    """A verdict, and what it did to the list."""

    feedback: Feedback
    title: str
    artist: str
    before: tuple[str, ...]
    """Ids of the list that it was given in; empty on other pages."""
    after: tuple[str, ...] | None = None
    """Ids of the list that came then; None until it is drawn."""


# --- giving ---------------------------------------------------------------------------


def draw_buttons(ai: MusicAI, track_id: str, key: str, *, in_fragment: bool = False) -> None:
    """A pair of thumbs that shows what was said, and a menu to hide a track or an artist.

    Args:
        ai: Whose library the track is in.
        track_id: What is judged.
        key: Unique on the page.
        in_fragment: The list is drawn alone; the verdict shows in it and needs no toast.
    """
    known = ai.said.get(track_id)
    # what the database says is what the thumbs show, whatever was pressed elsewhere
    st.session_state[f"{key}_thumbs"] = _THUMBS.get(known.verdict) if known else None
    st.feedback(
        "thumbs",
        key=f"{key}_thumbs",
        on_change=_apply_thumb,
        args=(track_id, f"{key}_thumbs", in_fragment),
    )
    st.menu_button(
        "Hide",
        list(_HIDING),
        key=f"{key}_hide",
        type="tertiary",
        on_click=_apply_hide,
        args=(track_id, f"{key}_hide", in_fragment),
        help="Hold this track back for a while, or never show this artist again.",
    )


def _apply_thumb(track_id: str, key: str, in_fragment: bool) -> None:
    pressed = st.session_state[key]
    verdict = next((name for name, place in _THUMBS.items() if place == pressed), None)
    if verdict is None:
        state.attempt(lambda: remove_feedback(track_id))
    else:
        state.attempt(lambda: _give_feedback(track_id, verdict, in_fragment))


def _apply_hide(track_id: str, key: str, in_fragment: bool) -> None:
    chosen = st.session_state[key]
    if chosen is not None:
        state.attempt(lambda: _give_feedback(track_id, _HIDING[chosen], in_fragment))


def _give_feedback(track_id: str, verdict: Verdict, in_fragment: bool) -> None:
    ai = state.get_current_ai()
    feedback = Feedback(track_id, verdict, int(time.time()))
    state.get_store().add_feedback(ai.profile, feedback)
    row = int(ai.library.vocabulary.rows([track_id])[0])
    name, artists = track_picker.name_row(ai, row)
    before = tuple(st.session_state.get(_LISTED, ())) if in_fragment else ()
    given = GivenFeedback(feedback, name, artists[0] if artists else "", before)
    st.session_state[_LAST] = given
    if not in_fragment:
        st.toast(
            f"{_describe_change(given)} Your next list follows it.",
            icon=":material/thumbs_up_down:",
        )


def remove_feedback(track_id: str) -> None:
    """Forget every verdict on a track."""
    profile = state.get_current_profile()
    if profile is None:
        return
    for one in state.get_store().feedback(profile):
        if one.track_id == track_id:
            state.get_store().remove_feedback(profile, one)
    last = st.session_state.get(_LAST)
    if isinstance(last, GivenFeedback) and last.feedback.track_id == track_id:
        del st.session_state[_LAST]


def _apply_undo() -> None:
    state.attempt(_undo_last)


def _undo_last() -> None:
    """The verdict before the last one on that track, if any, counts again."""
    last, profile = st.session_state.pop(_LAST, None), state.get_current_profile()
    if isinstance(last, GivenFeedback) and profile is not None:
        state.get_store().remove_feedback(profile, last.feedback)


# --- what it changed ------------------------------------------------------------------


def draw_change(ids: Sequence[str], titles: Sequence[str]) -> None:
    """What the last verdict did to the list that is about to be drawn, with a way back.

    The line goes with the next change of the list that is not a verdict.

    Args:
        ids: Of the list, best first.
        titles: Theirs.
    """
    listed = tuple(ids)
    st.session_state[_LISTED] = listed
    given = st.session_state.get(_LAST)
    if not isinstance(given, GivenFeedback) or not given.before:
        return
    if given.after is None:
        given = replace(given, after=listed)
        st.session_state[_LAST] = given
    if given.after != listed:
        del st.session_state[_LAST]
        return
    with st.container(horizontal=True, vertical_alignment="center", key="verdict_said"):
        what = f"{_describe_change(given)} {describe_difference(given.before, listed, titles)}"
        st.markdown(f":material/thumbs_up_down: {what}")
        st.button(
            "Undo",
            key="verdict_undo",
            icon=":material/undo:",
            type="tertiary",
            on_click=_apply_undo,
        )


def describe_difference(before: Sequence[str], after: Sequence[str], titles: Sequence[str]) -> str:
    """How a list changed, in a sentence or two.

    Args:
        before: Ids of the list as it was.
        after: Ids of the list as it is.
        titles: Those of ``after``.
    """
    came = [place for place, track in enumerate(after) if track not in before]
    shared = [track for track in before if track in after]
    if not came and shared == list(after):
        return "The list stays as it was." if len(shared) == len(before) else "One track less."
    told = (
        f"{wording.format_count(len(came), 'track')} came into the list"
        if came
        else "The order changed"
    )
    if came:
        told += f", first “{wording.escape_markdown(titles[came[0]], _NAMED)}” at {came[0] + 1}"
    rises = {track: before.index(track) - after.index(track) for track in shared}
    best = max(rises, key=lambda track: rises[track], default=None)
    if best is not None and rises[best] > 1:
        title = wording.escape_markdown(titles[after.index(best)], _NAMED)
        told += f"; “{title}” rose from {before.index(best) + 1} to {after.index(best) + 1}"
    return f"{told}."


def _describe_change(given: GivenFeedback) -> str:
    title = wording.escape_markdown(given.title, _NAMED)
    return {
        "like": f"You like “{title}”.",
        "dislike": f"“{title}” goes, and what is like it counts less.",
        "not_now": f"“{title}” rests for {REST_DAYS} days.",
        "never_artist": (
            f"{wording.escape_markdown(given.artist, _NAMED) or 'This artist'} is not shown again."
        ),
    }[given.feedback.verdict]
