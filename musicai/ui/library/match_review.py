"""Matches to confirm, the decisions made, and what is there more than once.

Confirming is a fragment of its own: a decision changes the library, and loading that anew
after each of forty answers would make them slow. The list is the one that was found with
the library on the screen, less what was decided since.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from musicai.data.feedback import MatchDecision
from musicai.data.library import ARTIST_SEPARATOR
from musicai.library.match_review import (
    DuplicateReport,
    MatchReview,
    MergedRecording,
    RepeatedRecording,
    find_duplicates,
    list_match_reviews,
)
from musicai.ui import state, wording
from musicai.ui.components import widgets
from musicai.ui.library.column_mapping import key_of

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI

A_PAGE = 10
"""Doubtful matches on the screen at once."""

_LAST = "matches_last"
"""Session key: profile and decision of the last answer, so that it can be taken back."""


def draw(ai: MusicAI) -> None:
    """The whole part of the page."""
    st.subheader("Matches to confirm", anchor=False)
    st.markdown(
        "These pairs look like one recording, but not surely so. Those that are count as one for "
        "your taste, and yours takes over from the catalogue how it sounds."
    )
    _answers(ai)
    _twice(ai)


@st.fragment(key="matches_answers")
def _answers(ai: MusicAI) -> None:
    decisions = state.get_store().decisions(ai.profile)
    decided = {(one.first, one.second) for one in decisions}
    found = _draw_found(str(state.get_settings().home), ai.profile, ai.library.fingerprint)
    open_ones = [doubt for doubt in found if _pair(doubt) not in decided]
    _take_back(ai.profile, {_pair(doubt) for doubt in found})
    if open_ones:
        st.caption(
            f"{wording.format_count(len(open_ones), 'match', 'matches')} left, most played first."
        )
    else:
        st.caption(":material/check: Nothing to confirm.")
    for doubt in _on_page(open_ones):
        _question(ai, doubt)
    _past(ai, decisions)


@st.cache_resource(max_entries=4, show_spinner="Looking for doubtful matches…")
def _draw_found(home: str, profile: str, fingerprint: str) -> tuple[MatchReview, ...]:
    return list_match_reviews(state.get_store(), state.get_settings(), profile)


def _pair(doubt: MatchReview) -> tuple[str, str]:
    decision = MatchDecision.of(doubt.track_id, doubt.other_id, True)
    return decision.first, decision.second


def _on_page(doubts: Sequence[MatchReview]) -> Sequence[MatchReview]:
    pages = ceil(len(doubts) / A_PAGE)
    if pages < 2:
        return doubts
    page = st.pagination(pages, key="matches_page")
    return doubts[(page - 1) * A_PAGE : page * A_PAGE]


def _question(ai: MusicAI, doubt: MatchReview) -> None:
    key = key_of("\0".join(_pair(doubt)))
    with st.container(border=True, key=f"match_{key}"):
        left, right = st.columns(2, gap="medium")
        with left:
            st.caption("In your music")
            _side(ai, doubt.track_id, doubt.name, doubt.artists)
        with right:
            st.caption(f"In {wording.escape_markdown(doubt.other_origin)}")
            _side(ai, doubt.other_id, doubt.other_name, doubt.other_artists)
        with st.container(
            horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
        ):
            st.caption(
                f"{wording.to_sentence(wording.escape_markdown(doubt.why, 300))} Alike by "
                f"{wording.format_share(doubt.score)}. "
                f"{wording.format_count(doubt.plays, 'play')} of yours.",
                width="content",
            )
            with st.container(horizontal=True, width="content"):
                _answer(ai.profile, doubt, same=True, key=f"same_{key}")
                _answer(ai.profile, doubt, same=False, key=f"different_{key}")


def _side(ai: MusicAI, track_id: str, name: str, artists: str) -> None:
    row = int(ai.library.vocabulary.rows([track_id])[0])
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        if row >= 0:
            widgets.draw_ring(ai, row, 36)
        st.markdown(widgets.format_title(track_id, name, _artists(artists)))


def _answer(profile: str, doubt: MatchReview, *, same: bool, key: str) -> None:
    st.button(
        "Same recording" if same else "Different",
        key=key,
        icon=":material/link:" if same else ":material/link_off:",
        on_click=_decide,
        args=(profile, MatchDecision.of(doubt.track_id, doubt.other_id, same)),
    )


def _decide(profile: str, decision: MatchDecision) -> None:
    state.attempt(lambda: state.get_store().decide(profile, decision))
    st.session_state[_LAST] = (profile, decision)


# --- taking back ----------------------------------------------------------------------


def _take_back(profile: str, listed: set[tuple[str, str]]) -> None:
    whose, last = st.session_state.get(_LAST, (None, None))
    if last is None or whose != profile:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Noted: {'the same recording' if last.same else 'different'}.", width="content")
        st.button(
            "Undo",
            key="matches_undo",
            icon=":material/undo:",
            type="tertiary",
            on_click=_undecide,
            args=(profile, last, (last.first, last.second) in listed),
        )


def _undecide(profile: str, decision: MatchDecision, listed: bool) -> None:
    state.attempt(lambda: state.get_store().undecide(profile, decision.first, decision.second))
    if st.session_state.get(_LAST) == (profile, decision):
        del st.session_state[_LAST]
    if not listed:
        st.rerun()  # it was decided before this list was made: the whole page looks again


def _past(ai: MusicAI, decisions: Sequence[MatchDecision]) -> None:
    if not decisions:
        return
    panel = st.expander(
        f"What you decided: {wording.format_count(len(decisions), 'match', 'matches')}",
        key="matches_past",
        on_change="rerun",
        icon=":material/history:",
    )
    if not panel.open:
        return
    with panel:
        for decision in decisions:
            with st.container(
                horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
            ):
                word = "Same recording" if decision.same else "Different"
                st.markdown(
                    f"{_name_release(ai, decision.first)}  \n"
                    f"{_name_release(ai, decision.second)}  \n"
                    f":small[{word}]",
                    width="content",
                )
                st.button(
                    "Take back",
                    key=f"forget_{key_of(decision.first + chr(0) + decision.second)}",
                    icon=":material/undo:",
                    type="tertiary",
                    on_click=_undecide,
                    args=(ai.profile, decision, False),
                )


def _name_release(ai: MusicAI, track_id: str) -> str:
    row = int(ai.library.vocabulary.rows([track_id])[0])
    if row < 0:
        return "A track that is no longer here"
    name, artists = ai.library.tracks.loc[row, ["name", "artists"]]
    return widgets.format_title(track_id, str(name), _artists(str(artists)), linked=False)


def _artists(joined: str) -> list[str]:
    return [part.strip() for part in joined.split(ARTIST_SEPARATOR) if part.strip()]


# --- what is there more than once -----------------------------------------------------

LISTED = 500
"""Lines of the audit's tables."""

_ONE_BY = {
    "isrc": "same recording code",
    "name": "same title and artist",
    "confirmed": "you said so",
}
"""What made releases one recording, as the screen calls it."""


def _twice(ai: MusicAI) -> None:
    st.subheader("There more than once", anchor=False)
    found = _audit(ai.library.fingerprint, ai)
    if not found.merged and not found.repeated:
        st.caption(":material/check: No recording is here in several releases or lists twice.")
    if found.merged:
        _table(
            f"{wording.format_count(len(found.merged), 'recording')} in several releases",
            "Each counts once for your taste; in your history the releases stay apart.",
            build_merged_table(found.merged[:LISTED]),
            key="audit_merged",
        )
    if found.repeated:
        _table(
            f"{wording.format_count(len(found.repeated), 'track')} more than once in a playlist",
            "Your playlists are left as they are; only you can say whether it is meant.",
            build_repeated_table(found.repeated[:LISTED]),
            key="audit_repeated",
        )


@st.cache_resource(max_entries=2, show_spinner=False)
def _audit(fingerprint: str, _ai: MusicAI) -> DuplicateReport:
    return find_duplicates(_ai.library)


def _table(title: str, what: str, rows: list[dict[str, object]], *, key: str) -> None:
    panel = st.expander(title, key=key, on_change="rerun", icon=":material/content_copy:")
    if not panel.open:
        return
    with panel:
        st.caption(what + (f" The first {LISTED} are shown." if len(rows) == LISTED else ""))
        st.dataframe(pd.DataFrame(rows), hide_index=True, key=f"{key}_table", alt=title)


def build_merged_table(found: Sequence[MergedRecording]) -> list[dict[str, object]]:
    """One line a recording, with the plays of each of its releases."""
    return [
        {
            "Track": wording.clean_text(one.releases[0].name),
            "Artist": wording.clean_text(wording.join_artists(_artists(one.releases[0].artists))),
            "Plays": one.plays,
            "One because": _ONE_BY.get(one.how, one.how),
            "Releases, with plays": wording.clean_text(
                ", ".join(f"{r.album or r.name} ({r.plays:,})" for r in one.releases), 300
            ),
        }
        for one in found
    ]


def build_repeated_table(found: Sequence[RepeatedRecording]) -> list[dict[str, object]]:
    """One line for each playlist and track in it more than once."""
    return [
        {
            "Playlist": wording.clean_text(one.playlist),
            "Track": wording.clean_text(one.name),
            "Artist": wording.clean_text(wording.join_artists(_artists(one.artists))),
            "Times": one.times,
        }
        for one in found
    ]
