"""How the taste changed: genres and sound by month, and the moments of change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from musicai.insights.history.summary import longest
from musicai.ui import charts, state, wording
from musicai.ui.components import chart_box, links, period_picker, playlist_draft, widgets
from musicai.ui.history import plays as history_plays

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.data.periods import Period
    from musicai.insights.history import ListeningHistory, Place, SessionSummary
    from musicai.insights.history.drift import Drift

_VIEWS = {
    "Genres": (),
    "Mood": ("energy", "valence", "danceability"),
    "Sound": ("acousticness", "instrumentalness", "liveness", "speechiness"),
}


def draw_drift(ai: MusicAI, period: Period, zone: str) -> None:
    """The timeline of the chosen period with its changes in words."""
    st.subheader("How your taste changed", anchor="drift")
    told = state.get_drift(ai, period, zone)
    if len(told.months) < 2:
        st.caption("This takes two months of listening or more; choose a longer period.")
        return
    view = st.segmented_control(
        "Show",
        list(_VIEWS),
        default="Genres",
        required=True,
        key="history_drift",
        label_visibility="collapsed",
    )
    names = _VIEWS[view]
    chart = charts.plot_feature_drift(told, names) if names else charts.plot_genre_drift(told)
    chart_box.draw(
        chart,
        f"history_drift_{view.lower()}",
        data=_build_rows(told),
        on_click=period_picker.choose_month,
        hint="Click a month to look into it.",
    )
    if told.changes:
        lines = [
            f"{n}. {wording.escape_markdown(one.text, 300)}"
            for n, one in enumerate(told.changes, 1)
        ]
        st.markdown("\n".join(lines))
        st.caption(
            "A moment is marked where the months before and after differ more than in 99 of 100 "
            "shuffled orders of the same months."
        )
    else:
        st.caption(told.missing or "No moment of change stands out from the usual ups and downs.")


def _build_rows(told: Drift) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"month": one.month, "full_plays": one.plays, **one.features, **one.genres}
            for one in told.months
        ]
    )


_MINUTE = 60_000
_LENGTH = "history_session_length"
"""Session key: the class of length whose longest sessions are shown."""


def draw_sessions(ai: MusicAI, sessions: SessionSummary, period: Period, zone: str) -> None:
    """The summary in a line, the lengths, the hours they begin in, and the moods."""
    st.subheader("Sessions", anchor="sessions")
    if not sessions.count:
        st.caption("No sessions in this period.")
        return
    longest = date.fromisoformat(sessions.longest_day)
    st.markdown(
        f"**{wording.format_count(sessions.count, 'session')}**, half of them longer than "
        f"{wording.format_duration(sessions.median_minutes * _MINUTE)} and "
        f"{wording.format_count(round(sessions.median_plays), 'play')}. The longest took "
        f"{wording.format_duration(sessions.longest_minutes * _MINUTE)}, on {longest.day} "
        f"{longest:%B %Y}."
    )
    left, right = st.columns(2)
    with left:
        st.markdown("**How long**")
        lengths = pd.DataFrame(sessions.lengths.items(), columns=["length", "sessions"])
        chart_box.draw(
            charts.plot_counts(sessions.lengths, "session"),
            "history_lengths",
            data=lengths,
            on_click=_show_longest,
            hint="Click a bar to see its longest sessions.",
        )
    with right:
        st.markdown("**When they begin**")
        hours = {f"{hour}:00": count for hour, count in enumerate(sessions.begin_hours)}
        begun = pd.DataFrame(hours.items(), columns=["hour", "sessions"])
        chart_box.draw(
            charts.plot_hours(sessions.begin_hours),
            "history_begin",
            data=begun,
            on_click=history_plays.show_clock,
            hint="Click an hour to see what you play then.",
        )
    _draw_longest(ai, period, zone)
    _draw_moods(sessions)
    st.caption("A session ends where you pause for more than 30 minutes.")


def _show_longest(length: str) -> None:
    st.session_state[_LENGTH] = length


def _draw_longest(ai: MusicAI, period: Period, zone: str) -> None:
    """The longest sessions of the length that was clicked, each with the way to its day."""
    length = st.session_state.get(_LENGTH)
    if length is None:
        return
    found = longest(state.get_plays(ai, zone).between(period.since, period.until), length)
    st.markdown(f"**The longest of {wording.escape_markdown(length)}**")
    for day, minutes, plays in found:
        one = date.fromisoformat(day)
        st.button(
            f"{one:%A}, {one.day} {one:%B %Y} · {wording.format_duration(minutes * _MINUTE)} · "
            f"{wording.format_count(plays, 'play')}",
            key=f"history_session_{day}_{minutes:.1f}",
            type="tertiary",
            icon=":material/chevron_right:",
            on_click=history_plays.show_day,
            args=(day,),
        )
    if not found:
        st.caption("None in this period.")


def _draw_moods(sessions: SessionSummary) -> None:
    st.markdown("**In what mood**")
    if not sessions.moods:
        st.caption(
            "No mood can be told: the audio features of this music are not known. A table of "
            "tracks that holds them, loaded in the Library, would help."
        )
        return
    moods = pd.DataFrame(sessions.moods.items(), columns=["mood", "sessions"])
    named = {mood.capitalize(): count for mood, count in sessions.moods.items()}
    chart_box.draw(
        charts.plot_counts(named, "session"),
        "history_moods",
        data=moods,
        on_click=lambda name: links.find_mood(str(name).lower()),
        hint="Click a mood to find more of it.",
    )
    if sessions.mood_unknown:
        st.caption(
            f"Of {wording.format_count(sessions.mood_unknown, 'further session')} too little is "
            "known."
        )


_SHOWN = 15


def draw_top_items(ai: MusicAI, told: ListeningHistory) -> None:
    """A table of tracks, artists, albums or genres."""
    lists = {
        "Tracks": told.top_tracks,
        "Artists": told.top_artists,
        "Albums": told.top_albums,
        "Genres": told.top_genres,
    }
    offered = [name for name, places in lists.items() if places]
    if not offered:
        return
    st.subheader("What you played most", anchor="tops")
    kind = st.segmented_control(
        "What you played most",
        offered,
        default=offered[0],
        required=True,
        key="history_tops",
        label_visibility="collapsed",
    )
    places = lists[kind][:_SHOWN]
    compared = told.before is not None
    chart_box.draw_clickable_table(
        _build_frame(ai, kind, places, compared=compared),
        f"history_top_{kind.lower()}",
        alt=f"Your most played {kind.lower()}, first {wording.clean_text(places[0].name, 60)}",
        open_row=partial(_open_place, ai, kind, places),
        row_height=44 if places[0].row is not None else None,
        columns={
            "Ring": st.column_config.ImageColumn("", width=44),
            "#": st.column_config.NumberColumn("#", width=40),
            "Share": st.column_config.ProgressColumn(
                "Share", format="%.1f %%", min_value=0, max_value=100 * places[0].share
            ),
        },
    )
    line = "Click a line to open it." if kind != "Genres" else ""
    if compared:
        line += " Up and down are against the period of the same length before."
    st.caption(line.strip() or "Of the plays of which the genre is known.")
    if kind == "Tracks":
        ids = [ai.library.vocabulary.id(place.row) for place in places if place.row is not None]
        playlist_draft.draw_button(
            ids, "history_tops_all", f"Add {wording.format_count(len(ids), 'track')} to the list"
        )


def _build_frame(
    ai: MusicAI, kind: str, places: Sequence[Place], *, compared: bool
) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "#": [place.rank for place in places],
            "Change": [describe_change(place) for place in places],
            "Ring": [widgets.build_ring_image(ai, p.row) for p in places],
            kind.removesuffix("s"): [wording.clean_text(place.name) for place in places],
            "By": [wording.clean_text(place.artists) for place in places],
            "Plays": [round(place.plays) for place in places],
            "Time": [wording.format_duration(place.hours * 3_600_000) for place in places],
            "Share": [100 * place.share for place in places],
        }
    )
    hidden = set() if compared else {"Change"}
    if kind in ("Artists", "Genres"):
        hidden |= {"Ring", "By"}
    return frame[[name for name in frame.columns if name not in hidden]]


def describe_change(place: Place) -> str:
    """How a rank differs from that of before, in a sign and a number or a word."""
    if place.before is None:
        return "new"
    moved = place.before - place.rank
    return "same" if moved == 0 else f"▲ {moved}" if moved > 0 else f"▼ {-moved}"


def _open_place(ai: MusicAI, kind: str, places: Sequence[Place], at: int) -> None:
    place = places[at]
    if kind == "Artists":
        links.open_artist(place.name)
    elif place.row is not None and kind == "Tracks":
        links.open_track(ai.library.vocabulary.id(place.row))
    elif kind == "Albums":
        links.open_artist(place.artists.split(", ")[0])
