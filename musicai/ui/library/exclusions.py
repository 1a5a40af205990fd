"""What is left out of taste: adding a rule, the list of rules, and the shape before and after.

A rule takes plays away from everything that looks at taste; nothing is deleted. How many
plays a rule concerns is counted on the whole library, so that the numbers of rules which
overlap do not depend on the order in which they were made.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from musicai.data.feedback import Exclusion
from musicai.data.library import ARTIST_SEPARATOR, Library
from musicai.data.text_keys import normalise
from musicai.insights.taste import TasteProfile, taste_profile
from musicai.library.assemble import load_library
from musicai.library.exclusions import find_excluded
from musicai.ui import state, wording
from musicai.ui.components import job_panel
from musicai.ui.library.column_mapping import key_of

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI

_KINDS = {
    "artist": "An artist",
    "track": "A track",
    "playlist": "A playlist",
    "period": "Some days",
}
"""What can be left out, as the choice above the search calls it."""

_HITS = 8
_LONGEST_SEARCH = 200


class ExcludableItem(NamedTuple):
    """Something of one's own that can be left out."""

    value: str
    """What the rule holds: an artist's name, a track's id, a playlist's name."""
    label: str
    amount: int
    """Plays, or playlist rows where there are no plays."""
    words: str
    """The label, normalised, for searching."""


def draw(ai: MusicAI) -> None:
    """The whole part of the page."""
    st.subheader("Leave out of your taste", anchor=False)
    st.markdown(
        "A child's songs, a sleep playlist, a party: what you leave out here no longer counts "
        "for your taste and your recommendations. Nothing is deleted, and you can bring it back."
    )
    rules = state.get_store().exclusions(ai.profile)
    whole = _whole(
        str(state.get_settings().home), ai.profile, ai.library.fingerprint, bool(rules), ai
    )
    _add(ai.profile, whole, rules)
    _draw_rules(ai, whole, rules)
    if rules:
        _before_and_after(ai, whole)
        _retrain(ai.profile)


@st.cache_resource(max_entries=2, show_spinner="Opening all of your music…")
def _whole(home: str, profile: str, fingerprint: str, less: bool, _ai: MusicAI) -> Library:
    """The library as if nothing were left out; the very one in use if nothing is."""
    if not less:
        return _ai.library
    return load_library(state.get_store(), state.get_settings(), profile, whole=True)


# --- adding ---------------------------------------------------------------------------


def _add(profile: str, whole: Library, rules: Sequence[Exclusion]) -> None:
    kinds = [kind for kind in _KINDS if _possible(kind, whole)]
    kind = st.segmented_control(
        "What to leave out",
        kinds,
        format_func=_KINDS.__getitem__,
        default=kinds[0],
        required=True,
        key="exclude_kind",
    )
    if kind == "period":
        _period(profile, whole)
    elif kind == "playlist":
        _playlist(profile, whole, rules)
    else:
        _search(kind, profile, whole, rules)


def _possible(kind: str, whole: Library) -> bool:
    if kind == "playlist":
        return len(whole.playlist_items) > 0
    return kind != "period" or bool((whole.plays["listener"] == 0).any())


@st.fragment(key="exclude_type_ahead")
def _search(kind: str, profile: str, whole: Library, rules: Sequence[Exclusion]) -> None:
    text = st.text_input(
        "Find an artist" if kind == "artist" else "Find a track",
        type="search",
        live="250ms",
        key=f"exclude_search_{kind}",
        placeholder="Type a name…" if kind == "artist" else "Type a title or an artist…",
    )[:_LONGEST_SEARCH]
    if not text.strip():
        return
    taken = {rule.value for rule in rules if rule.kind == kind}
    names = _artists if kind == "artist" else _tracks
    found = [one for one in names(whole.fingerprint, whole) if one.value not in taken]
    hits = find(found, text, _HITS)
    if not hits:
        st.caption("Nothing of yours has these words that is not left out already.")
    with st.container(gap=None):
        for hit in hits:
            st.button(
                f"Leave out {wording.escape_markdown(hit.label, 90)} · "
                f"{_amount(hit.amount, whole)}",
                key=f"exclude_{kind}_{key_of(hit.value)}",
                icon=":material/visibility_off:",
                type="tertiary",
                on_click=_add_hit,
                args=(profile, Exclusion("artist" if kind == "artist" else "track", hit.value)),
            )


def _playlist(profile: str, whole: Library, rules: Sequence[Exclusion]) -> None:
    taken = {rule.value for rule in rules if rule.kind == "playlist"}
    names = [str(name) for name in sorted(whole.playlist_items["playlist"].astype(str).unique())]
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    chosen = left.selectbox(
        "Playlist",
        [name for name in names if name not in taken],
        index=None,
        format_func=wording.clean_text,
        key="exclude_playlist",
        placeholder="Choose one of your playlists",
        help="Its tracks are left out wherever you played them: a history does not say from "
        "which playlist a play came.",
    )
    rule = Exclusion("playlist", chosen) if chosen is not None else None
    _leave_out_button(right, profile, rule)
    if rule is not None:
        st.caption(f"Takes {_draw_taken(whole, rule)} away.")


def _period(profile: str, whole: Library) -> None:
    mine = whole.plays.loc[whole.plays["listener"] == 0, "played_at"]
    ends = {"min_value": mine.iloc[0].date(), "max_value": mine.iloc[-1].date()}
    first, last, button = st.columns([2, 2, 1], vertical_alignment="bottom")
    since = first.date_input("From", None, key="exclude_since", **ends)
    until = last.date_input("To, with that day", None, key="exclude_until", **ends)
    rule = None
    if isinstance(since, date) and isinstance(until, date):
        rule = period(since, until) if since <= until else None
        st.caption(
            f"Takes {_draw_taken(whole, rule)} away. Days are in UTC."
            if rule
            else "The first day comes after the last one; turn them round."
        )
    _leave_out_button(button, profile, rule)


def period(since: date, until: date) -> Exclusion:
    """The rule for all of these days, the last one with them, in UTC."""
    first, last = (datetime.combine(day, time(), UTC) for day in (since, until))
    end = last + timedelta(days=1)
    return Exclusion("period", "", int(first.timestamp()), int(end.timestamp()))


def _leave_out_button(place: DeltaGenerator, profile: str, rule: Exclusion | None) -> None:
    place.button(
        "Leave out",
        key="exclude_add",
        type="primary",
        icon=":material/visibility_off:",
        disabled=rule is None,
        on_click=_add_rule,
        args=(profile, rule),
    )


def _add_rule(profile: str, rule: Exclusion) -> None:
    state.attempt(lambda: state.get_store().add_exclusion(profile, rule))
    for key in ("exclude_playlist", "exclude_since", "exclude_until"):
        if key in st.session_state:
            st.session_state[key] = None


def _add_hit(profile: str, rule: Exclusion) -> None:
    state.attempt(lambda: state.get_store().add_exclusion(profile, rule))
    st.session_state[f"exclude_search_{rule.kind}"] = ""
    st.rerun()  # the button is in the search's own fragment, and the list is outside it


def _remove_rule(profile: str, rule: Exclusion) -> None:
    state.attempt(lambda: state.get_store().remove_exclusion(profile, rule))


# --- finding one's own ----------------------------------------------------------------


@st.cache_resource(max_entries=2, show_spinner=False)
def _artists(fingerprint: str, _library: Library) -> list[ExcludableItem]:
    return own_artists(_library)


@st.cache_resource(max_entries=2, show_spinner=False)
def _tracks(fingerprint: str, _library: Library) -> list[ExcludableItem]:
    return own_tracks(_library)


def own_artists(library: Library) -> list[ExcludableItem]:
    """The listener's own artists, guests too, the most played first."""
    counts = _weights(library)
    total: dict[str, int] = {}
    label: dict[str, str] = {}
    for row, artists in library.tracks.loc[library.tracks["own"], "artists"].items():
        for name in (part.strip() for part in str(artists).split(ARTIST_SEPARATOR)):
            if key := normalise(name):
                label.setdefault(key, name)
                total[key] = total.get(key, 0) + counts.get(row, 0)
    found = [ExcludableItem(label[key], label[key], plays, key) for key, plays in total.items()]
    return sorted(found, key=lambda one: (-one.amount, one.words))


def own_tracks(library: Library) -> list[ExcludableItem]:
    """The listener's own recordings, one line each, the most played first."""
    counts = _weights(library)
    own = library.tracks.loc[library.tracks["own"], ["track_id", "name", "artists", "recording"]]
    most: dict[int, tuple[int, str, str]] = {}
    total: dict[int, int] = {}
    for row, track_id, name, artists, recording in own.itertuples():
        plays = counts.get(row, 0)
        total[recording] = total.get(recording, 0) + plays
        by = wording.join_artists(
            [part.strip() for part in artists.split(ARTIST_SEPARATOR) if part.strip()]
        )
        if recording not in most or plays > most[recording][0]:
            most[recording] = (plays, track_id, f"{name or 'Untitled'} — {by}")
    found = [
        ExcludableItem(track_id, label, total[recording], normalise(label))
        for recording, (_, track_id, label) in most.items()
    ]
    return sorted(found, key=lambda one: (-one.amount, one.words))


def _weights(library: Library) -> dict[object, int]:
    """Track row → the owner's plays of it, or its playlist rows where nothing was played."""
    mine = library.plays.loc[library.plays["listener"] == 0, "track"]
    counted = mine if len(mine) else library.playlist_items["track"]
    return {row: int(number) for row, number in counted.value_counts().items()}


def find(names: Sequence[ExcludableItem], text: str, limit: int) -> list[ExcludableItem]:
    """The first ``limit`` names that hold every word of the text, in any order."""
    wanted = normalise(text).split()
    hits = (one for one in names if all(word in one.words for word in wanted))
    return [one for one, _ in zip(hits, range(limit), strict=False)]


# --- what is left out -----------------------------------------------------------------


def _draw_rules(ai: MusicAI, whole: Library, rules: Sequence[Exclusion]) -> None:
    if not rules:
        st.caption("Nothing is left out: all of your music counts.")
        return
    together = wording.format_count(ai.library.excluded_plays, "play")
    st.markdown(f"**Left out now**: {together} in all")
    with st.container(border=True):
        for rule in rules:
            with st.container(
                horizontal=True,
                vertical_alignment="center",
                horizontal_alignment="distribute",
            ):
                st.markdown(
                    f"{_title(rule, whole)}  \n:small[{_draw_taken(whole, rule)}]", width="content"
                )
                parts = (rule.kind, rule.value, str(rule.since), str(rule.until))
                st.button(
                    "Bring back",
                    key=f"include_{key_of(chr(0).join(parts))}",
                    icon=":material/undo:",
                    on_click=_remove_rule,
                    args=(ai.profile, rule),
                )


def _title(rule: Exclusion, whole: Library) -> str:
    """What a rule leaves out, in words."""
    if rule.kind == "period":
        last = datetime.fromtimestamp(rule.until - 1, UTC)
        first = datetime.fromtimestamp(rule.since, UTC)
        return f"**{wording.format_date(first)}** to **{wording.format_date(last)}**"
    if rule.kind == "track":
        row = int(whole.vocabulary.rows([rule.value])[0])
        if row < 0:
            return "A track that is no longer here"
        name, artists = whole.tracks.loc[row, ["name", "artists"]]
        by = wording.join_artists([part.strip() for part in str(artists).split(ARTIST_SEPARATOR)])
        return f"Track **{wording.escape_markdown(str(name))}** — {wording.escape_markdown(by)}"
    return f"{rule.kind.capitalize()} **{wording.escape_markdown(rule.value)}**"


def _draw_taken(whole: Library, rule: Exclusion) -> str:
    plays, items = _count_concerned(whole.fingerprint, rule, whole)
    parts = [wording.format_count(plays, "play")] if plays or not items else []
    if items:
        parts.append(wording.format_count(items, "playlist row"))
    return wording.join_list(parts)


@st.cache_data(max_entries=256, show_spinner=False)
def _count_concerned(fingerprint: str, rule: Exclusion, _whole: Library) -> tuple[int, int]:
    """The plays and the playlist rows that one rule concerns."""
    found = find_excluded(_whole, rule)
    return int(found.plays.sum()), int(found.items.sum())


def _amount(number: int, whole: Library) -> str:
    played = bool((whole.plays["listener"] == 0).any())
    return wording.format_count(number, "play" if played else "playlist row")


# --- before and after -----------------------------------------------------------------


def _before_and_after(ai: MusicAI, whole: Library) -> None:
    from musicai.ui import charts  # noqa: PLC0415 (plotly is slow to import)

    st.markdown("**Your shape, before and after**")
    chart = charts.plot_radar_change(
        _shape(whole.fingerprint, True, ai, whole), _shape(ai.library.fingerprint, False, ai, whole)
    )
    st.plotly_chart(chart.figure, alt=chart.alt, key="exclude_radar", config=charts.CONFIG)
    st.caption(wording.escape_markdown(chart.alt))


@st.cache_resource(max_entries=4, show_spinner=False)
def _shape(fingerprint: str, everything: bool, _ai: MusicAI, _whole: Library) -> TasteProfile:
    """The taste with everything, or as it counts now; both know the same tracks."""
    return taste_profile(_whole if everything else _ai.library, _ai.features, listener=0)


def _retrain(profile: str) -> None:
    st.caption(
        "Your taste and your lists follow at once. What a model learned before, it keeps: "
        "it learns without what you left out from the next training on."
    )
    st.button(
        "Retrain now",
        key="exclude_retrain",
        icon=":material/model_training:",
        disabled=job_panel.find_running() is not None,
        on_click=partial(_train, profile),
    )


def _train(profile: str) -> None:
    state.attempt(lambda: job_panel.start_job("train", ["train", "--profile", profile]))
