"""One artist or one track: plays from the first to the last, what it is, and what goes with it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from musicai.core.errors import NoCandidates
from musicai.data import musical_keys
from musicai.data.genres import GENRE_LABELS, GENRES
from musicai.data.library import AUDIO_FEATURES, FEATURE_SOURCES, KEY_COLUMNS
from musicai.data.playlists import address
from musicai.insights.history import detail as history_detail
from musicai.insights.taste.wording import amount
from musicai.ui import charts, state, wording
from musicai.ui.components import (
    chart_box,
    feedback_buttons,
    links,
    period_picker,
    playlist_draft,
    seeds,
    track_list,
    widgets,
)
from musicai.ui.spotify import send_request

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.insights.history import Detail

_SIMILAR = 5
_ALL_OF_IT = 50
"""Tracks of an artist that "Add to list" takes, at most."""


def draw() -> None:
    """The artist or track of the address."""
    ai = state.get_current_ai()
    widgets.draw_invented_note(ai.library.invented)
    wanted = links.read_address()
    if wanted is None:
        st.info("Click an artist or a track on Taste, History or the Map to see it here.")
        return
    kind, value = wanted
    zone = period_picker.get_timezone(ai)
    find = history_detail.track_detail if kind == links.TRACK else history_detail.artist_detail
    told = find(ai.library, ai.features, state.get_codes(ai), state.get_plays(ai, zone), value)
    _draw_head(ai, kind, told)
    _draw_figures(kind, told, zone)
    if told.days is not None:
        _draw_timeline(told, zone)
    if kind == links.TRACK:
        _draw_facts(ai, told)
    else:
        _draw_tracks(ai, told)
    _draw_similar(ai, told)


def _draw_head(ai: MusicAI, kind: str, told: Detail) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if kind == links.TRACK:
            widgets.draw_ring(ai, told.rows[0], 64)
        with st.container(gap=None):
            st.subheader(wording.escape_markdown(told.name) or "Untitled", anchor=False)
            if told.artists:
                st.caption(f"by {wording.escape_markdown(told.artists)}")
    ids = _list_ids(ai, kind, told)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Start from this",
            key="detail_seeds",
            icon=":material/explore:",
            type="primary",
            on_click=_set_seeds,
            args=(ids[: seeds.MAX_SEEDS],),
            help="Discover lists what goes with it.",
        )
        if kind == links.TRACK:
            feedback_buttons.draw_buttons(ai, ids[0], "detail")
        label = "Add to list" if kind == links.TRACK else "Add its tracks to list"
        playlist_draft.draw_button(ids, "detail_add", label)
        if kind == links.TRACK:
            artist = told.artists.split(", ")[0]
            st.button(
                f"More by {wording.escape_markdown(artist, 40)}",
                key="detail_artist",
                icon=":material/person:",
                type="tertiary",
                disabled=not artist,
                on_click=links.open_artist,
                args=(artist,),
            )
            link = widgets.find_link(ids[0], told.name, told.artists.split(", "))
            if link:
                st.link_button("Open in Spotify", link, icon=":material/open_in_new:")
            _draw_play_button(ids[0])


def _draw_play_button(track_id: str) -> None:
    """Play the track on a device, where Spotify is connected and knows it."""
    if send_request.SESSION in st.session_state and address(track_id):
        from musicai.ui.spotify import play_button  # noqa: PLC0415 (loads the client of Spotify)

        play_button.uris([f"spotify:track:{track_id}"], "detail_play")


def _list_ids(ai: MusicAI, kind: str, told: Detail) -> list[str]:
    """The track itself; of an artist the most played tracks, then the others."""
    rows = [row for row, _ in told.top]
    rows += [row for row in told.rows if row not in set(rows)]
    rows = rows[: 1 if kind == links.TRACK else _ALL_OF_IT]
    return [ai.library.vocabulary.id(row) for row in rows]


def _set_seeds(ids: list[str]) -> None:
    seeds.set_seeds(*ids)
    state.go_to("pages/discover.py", {})


# --- plays ----------------------------------------------------------------------------


def _draw_figures(kind: str, told: Detail, zone: str) -> None:
    if told.first is None or told.last is None:
        st.caption("You have never played it.")
        return
    of_all = "tracks" if kind == links.TRACK else "artists"
    skipped = "–"
    if told.skip_known:
        skipped = wording.format_share(told.skipped / told.skip_known)
    widgets.draw_stats(
        {
            "Full plays": f"{told.plays:,}",
            "Listened": wording.format_duration(told.hours * 3_600_000),
            "Rank": "–" if told.rank is None else f"{told.rank:,} of {told.of:,}",
            "Skipped": skipped,
        }
    )
    first, last = (date.fromisoformat(day) for day in (told.first, told.last))
    line = f"First played on {first.day} {first:%B %Y}"
    line += f", last on {last.day} {last:%B %Y}." if first != last else ", and only then."
    st.markdown(line)
    st.caption(
        f"From all of your history. Rank is among the {of_all} you played in full; days are "
        f"{wording.escape_markdown(wording.describe_zone(zone))}."
    )


def _draw_timeline(told: Detail, zone: str) -> None:
    if told.days is None:
        return
    st.markdown("**Over time**")
    step = charts.choose_step(told.days)
    found = charts.sum_buckets(told.days, step)
    rows = pd.DataFrame(
        [(one.first, one.last, one.plays, one.hours) for one in found],
        columns=["first_day", "last_day", "full_plays", "hours"],
    )
    chart_box.draw(
        charts.plot_timeline(found, step, "plays"),
        "detail_timeline",
        data=rows,
        on_click=_look_into,
        hint="Click a bar to see those days on History.",
    )
    if told.plays:
        st.markdown("**By hour of the day**")
        hours = pd.DataFrame({"hour": range(24), "full_plays": told.by_hour})
        chart_box.draw(charts.plot_hours(told.by_hour), "detail_hours", data=hours)


def _look_into(key: str) -> None:
    first, last = (date.fromisoformat(day) for day in key.split("/"))
    period_picker.choose_days(first, last)
    state.go_to("pages/history.py", {})


# --- what it is -----------------------------------------------------------------------


def _draw_facts(ai: MusicAI, told: Detail) -> None:
    st.markdown("**What is known of it**")
    row = told.rows[0]
    tracks = ai.library.tracks
    source = FEATURE_SOURCES[int(ai.features.feature_source[row])]
    facts = {
        "Album": str(tracks["album"].iat[row]),
        "Year": _format_number(float(ai.features.year[row])),
        "Genre": _name_genres(ai, row),
        "Tags": ", ".join(part for part in str(tracks["genres"].iat[row]).split(";") if part),
        "Known from": str(tracks["origin"].iat[row]),
        "Releases here": str(len(told.rows)),
    }
    lines = [f"- {name}: {wording.escape_markdown(text)}" for name, text in facts.items() if text]
    st.markdown("\n".join(lines))
    known = [
        (name.capitalize(), amount(name, float(value)))
        for name, value in zip(AUDIO_FEATURES, ai.features.audio[row], strict=True)
        if value == value  # noqa: PLR0124 (NaN is not itself)
    ]
    told_of = f"Audio features {widgets.SOURCE_WORDS[source]}." if known else ""
    key = musical_keys.name(*(float(tracks[name].to_numpy()[row]) for name in KEY_COLUMNS))
    if key:
        known.append(("Key", key))
        told_of += f" Key {widgets.SOURCE_WORDS[str(tracks['key_source'].iat[row])]}."
    if not known:
        st.caption("Its audio features are not known.")
        return
    st.table(
        pd.DataFrame(known, columns=["Audio feature", "Value"]),
        hide_index=True,
        border="horizontal",
        alt="The audio features of this track",
        width=360,
    )
    st.caption(told_of.strip())


def _format_number(value: float) -> str:
    return "" if pd.isna(value) else f"{value:.0f}"


def _name_genres(ai: MusicAI, row: int) -> str:
    shares = ai.features.genres[row]
    named = [GENRE_LABELS[name] for name, one in zip(GENRES, shares, strict=True) if one >= 0.5]
    return ", ".join(named)


def _draw_tracks(ai: MusicAI, told: Detail) -> None:
    st.markdown("**Its tracks**")
    if told.top:
        notes = [wording.format_count(plays, "full play") for _, plays in told.top]
        track_list.draw(ai, [row for row, _ in told.top], notes, key="detail_top")
    rest = len(told.rows) - len(told.top)
    if rest > 0:
        st.caption(
            f"{wording.format_count(rest, 'further track')} of it in your library and catalogues."
        )


def _draw_similar(ai: MusicAI, told: Detail) -> None:
    st.markdown("**Goes with it**")
    rows = [row for row, _ in told.top[:3]] or list(told.rows[:3])
    try:
        found = ai.get_hybrid_recommendations(
            seed_tracks=[ai.library.vocabulary.id(row) for row in rows],
            mode="mix",
            n_recommendations=min(_SIMILAR + len(told.rows), 100),
            diversity=0.1,
        )
    except NoCandidates as error:
        st.caption(wording.escape_markdown(str(error), 300))
        return
    own = set(told.rows)
    others = [item for item in found if item.track not in own][:_SIMILAR]
    if not others:
        st.caption("Nothing else is known here that goes with it.")
        return
    track_list.draw(
        ai, [item.track for item in others], [item.reason for item in others], key="detail_similar"
    )
