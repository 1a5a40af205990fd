"""Taste: the shape of what somebody hears, its genres, its hours, and what stands out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pandas as pd
import streamlit as st

from musicai.genres import GENRE_LABELS
from musicai.tables import AUDIO_FEATURES, FEATURE_SOURCES
from musicai.taste.wording import amount, capital, verdict
from musicai.ui import charts, state, widgets, words
from musicai.ui.rings import ring_svg

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.taste import ListeningPatterns, TasteProfile, Top

_PERIODS: dict[str, tuple[str, int | None]] = {
    "all": ("All time", None),
    "year": ("Year", 365),
    "half-year": ("6 months", 182),
    "month": ("4 weeks", 28),
}
"""Periods by their name in the address: what the screen calls them, and their days."""

_SHOWN = 10
"""Favourites shown of each kind."""

_FINDINGS = 6
"""Insights shown; the profile holds a few more."""

_RING = 36
"""Width of a ring in a table, pixels."""


def draw() -> None:
    """The whole page for the chosen profile."""
    ai = state.current_ai()
    widgets.invented_note(ai.library.invented)
    taste = _profile(ai, _period(ai))
    if taste.missing:
        st.info("  \n".join(words.plain(line, 500) for line in taste.missing))
    if not taste.amount:
        return
    _figures(taste)
    _insights(taste)
    _sound(taste)
    _genres(taste)
    if taste.listening_patterns is not None:
        _listening(taste.listening_patterns, taste.timezone)
    _favourites(ai, taste)


def _period(ai: MusicAI) -> datetime | None:
    """The first moment of the chosen period, counted back from the listener's last play."""
    mine = ai.library.plays["played_at"][ai.library.plays["listener"] == 0]
    if mine.empty:
        return None
    chosen = st.segmented_control(
        "Period",
        list(_PERIODS),
        format_func=lambda name: _PERIODS[name][0],
        default="all",
        required=True,
        key="taste_period",
        bind="query-params",
        label_visibility="collapsed",
    )
    last = cast(datetime, mine.iloc[-1].to_pydatetime())
    days = _PERIODS[chosen][1]
    if days is None:
        return None
    st.caption(f"Counted back from your last play on {words.date(last)}.")
    return last - timedelta(days=days)


def _profile(ai: MusicAI, since: datetime | None) -> TasteProfile:
    """The taste in the browser's time zone.

    The invented listener lives in UTC, wherever the person who looks at it lives.
    """
    zone = "UTC" if ai.library.invented else st.context.timezone or "UTC"
    return state.taste(ai, since, zone)


def _chart(chart: charts.Chart, key: str) -> None:
    st.plotly_chart(chart.figure, alt=chart.alt, key=f"taste_{key}", config=charts.CONFIG)


# --- figures and findings -------------------------------------------------------------


def _figures(taste: TasteProfile) -> None:
    patterns = taste.listening_patterns
    values = {
        "Tracks": f"{taste.distinct_tracks:,}",
        "Artists": f"{taste.distinct_artists:,}",
    }
    if patterns is not None:
        values = {
            "Listened": words.hours(patterns.hours * 3_600_000),
            "Full plays": f"{patterns.completed:,}",
            **values,
            "Skipped": "–" if patterns.skip_rate is None else words.share(patterns.skip_rate),
        }
    elif taste.basis == "playlists":
        values = {"Playlist entries": f"{taste.amount:,.0f}", **values}
    widgets.stats(values)
    if patterns is not None and patterns.first_play and patterns.last_play:
        first, last = (
            words.date(datetime.fromisoformat(iso))
            for iso in (patterns.first_play, patterns.last_play)
        )
        st.caption(
            f"{first} to {last}, {words.count(patterns.plays, 'play')} in all. A full play is "
            "30 seconds or more without a skip; only those count below."
        )


def _insights(taste: TasteProfile) -> None:
    if not taste.insights:
        return
    st.subheader("What stands out", anchor=False)
    with st.grid(2, min_column_width=300):
        for one in taste.insights[:_FINDINGS]:
            with st.container(border=True, height="stretch"):
                st.markdown(f"**{words.plain(one.text, 500)}**")
                st.caption(words.plain(one.evidence, 500))


# --- sound ----------------------------------------------------------------------------


def _sound(taste: TasteProfile) -> None:
    st.subheader("How it sounds", anchor=False)
    known = taste.coverage.features_known
    if known == 0:
        st.caption("No audio features are known for this music.")
        return
    left, right = st.columns([6, 5], vertical_alignment="center")
    with left:
        _chart(charts.radar(taste), "radar")
    with right:
        _axis_words(taste)
    st.caption(
        f"{_basis(taste)} The band holds about two thirds of it. Tempo runs from 60 to 180 "
        "beats a minute."
    )
    with st.expander("The same as a table", icon=":material/table:"):
        _feature_table(taste)


def _axis_words(taste: TasteProfile) -> None:
    """One plain sentence an axis, beside the radar."""
    lines = []
    for name in charts.RADAR_AXES:
        one = taste.audio_features[name]
        if one.mean is None:
            continue
        if one.catalogue is None:
            lines.append(words.plain(one.sentence))
            continue
        word = capital(verdict(name, one.mean, one.catalogue, one.catalogue_spread))
        figures = f"{name} {amount(name, one.mean)} against {amount(name, one.catalogue)}"
        lines.append(f"**{word}**: {words.plain(figures)}.")
    if taste.compared_with:
        st.caption(f"You, against {taste.compared_with}:")
    st.markdown("\n".join(f"- {line}" for line in lines))


def _basis(taste: TasteProfile) -> str:
    """What the radar stands on."""
    parts = [
        f"{words.share(taste.coverage.features[source])} {label}"
        for source, label in (
            ("file", "from your files"),
            ("matched", "matched in a catalogue"),
            ("estimated", "estimated from the same artist or genre"),
        )
        if taste.coverage.features[source] > 0
    ]
    known = words.share(taste.coverage.features_known)
    return f"Stands on {known} of your listening: {words.listing(parts)}."


def _feature_table(taste: TasteProfile) -> None:
    def text(name: str, value: float | None) -> str:
        return "–" if value is None else amount(name, value)

    rows = [
        {
            "Feature": name.capitalize(),
            "You": text(name, one.mean),
            "Spread": text(name, one.spread),
            "Catalogue": text(name, one.catalogue),
            "Known of your listening": words.share(one.coverage),
        }
        for name in AUDIO_FEATURES
        for one in [taste.audio_features[name]]
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        key="taste_features",
        alt="Mean and spread of each audio feature beside the catalogue's mean",
    )


# --- genres ---------------------------------------------------------------------------


def _genres(taste: TasteProfile) -> None:
    st.subheader("Genres", anchor=False)
    if not any(taste.genre_shares.values()):
        st.caption("No genre of this music is known.")
        return
    left, right = st.columns([6, 5])
    with left:
        _chart(charts.genres(taste), "genres")
        if taste.unknown_genre_share >= 0.001:
            st.caption(
                f"Of the listening with a known genre; {words.share(taste.unknown_genre_share)}"
                " has none."
            )
    with right:
        st.markdown(f"**Diversity.** {words.plain(taste.genre_diversity.sentence)}")
        _chart(charts.diversity(taste.genre_diversity), "diversity")
        chance = taste.genre_diversity.gini_simpson
        if chance is not None:
            st.caption(
                f"Two of your plays, drawn at random, differ in genre {words.share(chance)} "
                "of the time."
            )
        _micro_genres(taste)


def _micro_genres(taste: TasteProfile) -> None:
    by_share = sorted(taste.micro_genres, key=lambda name: -taste.genre_shares[name])
    if not by_share:
        return
    chosen = st.selectbox(
        "Look inside a genre",
        by_share,
        format_func=lambda name: GENRE_LABELS[name],
        key="taste_genre",
    )
    lines = [
        f"- {words.plain(name)} · {words.share(share)}"
        for name, share in taste.micro_genres[chosen]
    ]
    st.markdown("\n".join(lines))
    st.caption("Shares of all your listening.")


# --- listening ------------------------------------------------------------------------


def _listening(patterns: ListeningPatterns, timezone: str) -> None:
    st.subheader("When you listen", anchor=False)
    left, right = st.columns([4, 7], vertical_alignment="center")
    with left:
        _chart(charts.clock(patterns), "clock")
    with right:
        _chart(charts.week(patterns), "week")
    st.caption(f"{_session_words(patterns)} Hours are {words.plain(_zone_words(timezone))}.")
    st.subheader("New to you, month by month", anchor=False)
    _chart(charts.discoveries(patterns), "discoveries")
    if patterns.repeat_share is not None:
        st.caption(
            f"{words.share(patterns.repeat_share)} of your plays are of tracks you had "
            "already heard in this period."
        )


def _session_words(patterns: ListeningPatterns) -> str:
    sessions = patterns.sessions
    if sessions.median_minutes is None or sessions.median_plays is None:
        return ""
    return (
        f"{words.count(sessions.count, 'session')}, half of them longer than "
        f"{words.hours(sessions.median_minutes * 60_000)} and "
        f"{words.count(round(sessions.median_plays), 'play')}."
    )


def _zone_words(timezone: str) -> str:
    return "in UTC" if timezone == "UTC" else f"those of {timezone.replace('_', ' ')}"


# --- favourites -----------------------------------------------------------------------


def _favourites(ai: MusicAI, taste: TasteProfile) -> None:
    lists: dict[str, Sequence[Top]] = {
        "Tracks": taste.top_tracks,
        "Artists": taste.top_artists,
        "Albums": taste.top_albums,
    }
    st.subheader("What you play most", anchor=False)
    shown = st.segmented_control(
        "What you play most",
        [name for name, tops in lists.items() if tops],
        default="Tracks",
        required=True,
        key="taste_favourites",
        label_visibility="collapsed",
    )
    _favourite_table(ai, shown, lists[shown][:_SHOWN], taste.basis)
    _eras(taste)


def _favourite_table(ai: MusicAI, kind: str, tops: Sequence[Top], basis: str) -> None:
    count = "Plays" if basis == "plays" else "Entries"
    frame = pd.DataFrame(
        {
            "Ring": [_ring(ai, top.track) for top in tops],
            kind[:-1]: [words.literal(top.name) for top in tops],
            "By": [words.literal(top.artists) for top in tops],
            count: [round(top.plays) for top in tops],
            "Share": [100 * top.share for top in tops],
        }
    )
    hidden = {"Ring", "By"} if kind == "Artists" else set()
    most = max(top.share for top in tops)
    st.dataframe(
        frame[[name for name in frame.columns if name not in hidden]],
        hide_index=True,
        key=f"taste_top_{kind.lower()}",
        row_height=44 if kind != "Artists" else None,
        height="content",
        alt=f"Your most played {kind.lower()}, first {words.literal(tops[0].name, 60)}",
        column_config={
            "Ring": st.column_config.ImageColumn("", width=44),
            "Share": st.column_config.ProgressColumn(
                "Share", format="%.1f %%", min_value=0, max_value=100 * most
            ),
        },
    )


def _ring(ai: MusicAI, row: int | None) -> str | None:
    if row is None:
        return None
    source = FEATURE_SOURCES[int(ai.features.feature_source[row])]
    return ring_svg(ai.features.audio[row], source, _RING)


def _eras(taste: TasteProfile) -> None:
    parts: list[Any] = []
    if taste.eras:
        decade = max(taste.eras, key=lambda name: taste.eras[name])
        parts.append(f"{words.share(taste.eras[decade])} of it is from the {decade}.")
    if taste.mainstream is not None:
        line = f"Mean popularity {taste.mainstream:.0f} of 100"
        if taste.mainstream_catalogue is not None:
            line += f", against {taste.mainstream_catalogue:.0f} for {taste.compared_with}"
        parts.append(line + ".")
    if parts:
        st.caption(" ".join(parts))
