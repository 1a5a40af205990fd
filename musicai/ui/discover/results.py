"""The list of Discover: one row a track, with its ring, its bar, its reason and the arithmetic."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from musicai.data.genres import GENRE_LABELS
from musicai.data.playlists import list_entries, plain_cell
from musicai.models import COMPONENTS
from musicai.models.context import ContextConfig
from musicai.ranking.playlists import Recipe
from musicai.ui import wording
from musicai.ui.components import (
    feedback_buttons,
    job_panel,
    playlist_download,
    playlist_draft,
    seeds,
    widgets,
)
from musicai.ui.spotify import send_request
from musicai.ui.theme import build_contribution_svg

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.ranking.request import Recommendation, Recommendations

_BAR = 250
"""Width of the contribution bar, pixels."""

_GENRES_TOLD = 4
"""Genres of a mix named in a line."""

_REST_TOLD = 0.005
"""Smallest share that is still told."""

_BOX = 310
"""Width of the bar with its score, pixels."""


def draw_summary(ai: MusicAI, found: Recommendations, recipe: Recipe) -> None:
    """One line about the whole list, what is to be known of it, and its export.

    Args:
        ai: Whose library the tracks are in.
        found: The list.
        recipe: What makes such a list anew.
    """
    rows = [item.track for item in found]
    durations = ai.library.tracks["duration_ms"].to_numpy()[rows]
    own = ai.library.tracks["own"].to_numpy(dtype=bool)[rows]
    parts = [wording.format_count(len(found), "track")]
    if rows and not np.isnan(durations).all():
        about = "about " if np.isnan(durations).any() else ""
        parts.append(about + wording.format_duration(float(np.nanmean(durations)) * len(rows)))
    new = int((~own).sum())
    parts.append(f"{new} new to you" if new else "all from your own music")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{' · '.join(parts)}**")
        with st.container(horizontal=True, horizontal_alignment="right", gap="xsmall"):
            _draw_export(ai, found, recipe)
    mixed = ", or when its genre has had its share" if found.genres_wanted else ""
    st.caption(
        "Ranked with variety, not sorted by score: a track steps back when one like it is "
        f"above{mixed}. The bar is the score; its parts add up to it."
    )
    feedback_buttons.draw_change([item.track_id for item in found], [item.name for item in found])
    _draw_origins(found)
    _draw_genre_mix(found)
    _draw_notes(found)


def _draw_genre_mix(found: Recommendations) -> None:
    """Whose mix the list was asked to follow, and how near it came."""
    if found.genres_wanted:
        st.caption(
            f"Your mix: {_describe_mix(found.genres_wanted)}. "
            f"This list: {_describe_mix(found.genres_listed)}."
        )


def _describe_mix(mix: Mapping[str, float]) -> str:
    """The largest shares of a genre mix, and what is left."""
    largest = list(mix.items())[:_GENRES_TOLD]
    rest = 1.0 - sum(share for _, share in largest)
    parts = [f"{GENRE_LABELS[name]} {wording.format_share(share)}" for name, share in largest]
    if mix and rest >= _REST_TOLD:
        parts.append(f"others {wording.format_share(rest)}")
    return ", ".join(parts) or "no genre is known of these tracks"


def _draw_origins(found: Recommendations) -> None:
    """Where the tracks to choose from are known, and those that were chosen."""
    whole = sum(found.origins.values())
    listed = Counter(item.origin for item in found)
    parts = [
        f"{wording.escape_markdown(name)} {wording.format_share(n / whole)} ({listed[name]} in "
        "the list)"
        for name, n in found.origins.items()
    ]
    if parts:
        st.caption(f"Chosen from {wording.format_count(whole, 'track')}: {', '.join(parts)}.")


def _draw_notes(found: Recommendations) -> None:
    if found.untrained:
        _draw_untrained([COMPONENTS[name].label for name in found.untrained])
    _draw_no_opinion([name for name in found.silent if name not in found.untrained])
    for note in found.notes:
        st.caption(f":material/info: {wording.escape_markdown(note, 500)}")


def _draw_no_opinion(names: Sequence[str]) -> None:
    """Whose sliders change nothing in this list, and why."""
    if "rules" in names:
        st.caption(
            f":material/info: “{label_part('rules')}” waits until you choose a mood or genre."
        )
    if "context" in names:
        st.caption(
            f":material/info: “{label_part('context')}” waits until you choose a time, season or "
            f"activity; times are offered from {ContextConfig().fewest} plays on, activities where "
            "your playlists are named for them."
        )
    others = [f"“{label_part(name)}”" for name in names if name not in ("rules", "context")]
    if others:
        verb, its = (
            ("has", "its slider changes") if len(others) == 1 else ("have", "their sliders change")
        )
        st.caption(
            f":material/info: {wording.join_list(others)} {verb} no opinion on any of these "
            "tracks, "
            f"so {its} nothing here."
        )


def _draw_untrained(labels: Sequence[str]) -> None:
    """What does not speak yet, and when it will."""
    names = wording.join_list([f"“{label}”" for label in labels])
    joins, is_ = ("joins", "is") if len(labels) == 1 else ("join", "are")
    if job_panel.find_running() is not None:
        st.info(
            f"Training goes on. {names} {joins} the list when it is done; the rest answers "
            "already.",
            icon=":material/hourglass_top:",
        )
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f":material/info: {names} {is_} not trained yet; the rest answers already.")
        st.page_link("pages/models.py", label="Train it", icon=":material/model_training:")


def _draw_export(ai: MusicAI, found: Recommendations, recipe: Recipe) -> None:
    ids = [item.track_id for item in found]
    playlist_draft.draw_button(ids, "discover_add_all", "Add all to list", in_fragment=True)
    with st.popover("Export", icon=":material/download:", disabled=not ids):
        send_request.button(
            "Recommended by musicai",
            list_entries(ai.library, ids),
            recipe,
            "discover_send",
            invented=ai.library.invented,
        )
        st.download_button(
            "CSV with scores",
            lambda: build_csv(found),
            "musicai.csv",
            "text/csv",
            key="export_scores",
            on_click="ignore",
            help="A table with scores, parts and reasons.",
        )
        playlist_download.draw_buttons(
            ai, "musicai", lambda: list_entries(ai.library, ids), "export"
        )


def build_csv(found: Recommendations) -> bytes:
    """The list as CSV. A cell that a spreadsheet would run as a formula gets an apostrophe."""
    frame = found.to_frame()
    for column in ("name", "artists", "reason", "origin"):
        frame[column] = [plain_cell(str(value)) for value in frame[column]]
    buffer = io.StringIO()
    frame.to_csv(buffer, index=False, lineterminator="\r\n")
    return buffer.getvalue().encode("utf-8-sig")


def draw_rows(
    ai: MusicAI, found: Recommendations, sources: Mapping[str, Recommendations] | None = None
) -> None:
    """All rows, with bars on one scale.

    Args:
        ai: Whose library the tracks are in.
        found: The list.
        sources: Track id → the list that a track comes from, where it is not this one.
    """
    ups = [sum(v for v in item.contributions.values() if v > 0) for item in found]
    downs = [sum(v for v in item.contributions.values() if v < 0) for item in found]
    scale = (max(ups, default=1.0), min(downs, default=0.0))
    with st.container(gap="small"):
        for item in found:
            _draw_row(ai, item, (sources or {}).get(item.track_id, found), scale)


def _draw_row(
    ai: MusicAI, item: Recommendation, found: Recommendations, scale: tuple[float, float]
) -> None:
    """One track. Few elements: twenty rows are redrawn with every move of a slider."""
    bar = build_contribution_svg(item.contributions, scale[0], _BAR, total_min=scale[1])
    left, right = st.columns([3, 2], vertical_alignment="center", gap="medium")
    with left.container(horizontal=True, wrap=False, vertical_alignment="center"):
        widgets.draw_ring(ai, item.track)
        st.markdown(
            f"{item.rank}. {widgets.format_title(item.track_id, item.name, item.artists)}  \n"
            f":small[{wording.escape_markdown(item.reason, 400)} :gray[From "
            f"{wording.escape_markdown(item.origin)}.]]"
        )
    with right.container(gap=None):
        st.markdown(
            f"![{_describe_bar(item)}]({bar})\u2002**{wording.format_score(item.score)}**",
            width=_BOX,
        )
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            _draw_actions(ai, item, found)


def _draw_actions(ai: MusicAI, item: Recommendation, found: Recommendations) -> None:
    why = st.popover(
        "Why",
        icon=":material/calculate:",
        type="tertiary",
        key=f"why_{item.track_id}",
        on_change="rerun",
    )
    if why.open:
        with why:
            draw_explanation(item, found)
    st.button(
        "Similar",
        key=f"more_{item.track_id}",
        icon=":material/adjust:",
        type="tertiary",
        on_click=seeds.set_seeds,
        args=(item.track_id,),
        help="Start a new list from this track: more like it.",
    )
    playlist_draft.draw_button(
        [item.track_id], f"discover_add_{item.track_id}", "Add", in_fragment=True
    )
    feedback_buttons.draw_buttons(ai, item.track_id, f"discover_{item.track_id}", in_fragment=True)


_ADDED = {
    "novelty": "Familiar ↔ obscure",
    "verdicts": "Your verdicts",
    "surprise": "Surprise",
}
"""What the screen calls the parts of a score that are no component's."""


def label_part(component: str) -> str:
    """What the screen calls a part of the score."""
    return _ADDED.get(component) or COMPONENTS[component].label


def _describe_bar(item: Recommendation) -> str:
    parts = [
        f"{label_part(name)} {wording.format_signed(v)}" for name, v in item.contributions.items()
    ]
    return f"Score {wording.format_score(item.score)}: {', '.join(parts)}"


def draw_explanation(item: Recommendation, found: Recommendations) -> None:
    """The full arithmetic of one row: strength × weight for each part, and the sum."""
    st.markdown(
        f"**{wording.escape_markdown(item.name)}** — {wording.escape_markdown(item.reason, 400)}"
    )
    st.table(
        build_score_table(item, found.weights),
        hide_index=True,
        border="horizontal",
        alt=f"The parts of the score of place {item.rank}",
    )
    silent = [COMPONENTS[name].label for name, spoke in item.opinions.items() if not spoke]
    if silent:
        st.caption(f"No opinion, so 0: {wording.join_list(silent)}.")
    if item.propensity is not None:
        st.caption(
            f"Chance: {wording.format_share(item.propensity)} of all surprises at this setting "
            "would "
            "bring this track into the list."
        )
    if found.untrained:
        waiting = [COMPONENTS[name].label for name in found.untrained]
        st.caption(f"Waits for training: {wording.join_list(waiting)}.")
    st.caption(
        "Strength: 0 is the middle of all candidates, 1 the eleventh best, 2 the most it can say. "
        + ("Bent by the learned curves. " if found.curved else "")
        + f"Known from: {wording.escape_markdown(item.origin)}."
    )


def _describe_weight(name: str, share: float) -> str:
    if name not in _ADDED:
        return wording.format_share(share)
    return "feedback" if name == "verdicts" else "dial"


def build_score_table(
    item: Recommendation, weights: Mapping[str, float]
) -> dict[str, Sequence[str]]:
    """The table of :func:`draw_explanation`, column by column; its last row is the sum."""
    names = list(item.contributions)
    strength, weight = [], []
    for name in names:
        share = float(weights.get(name, 0.0))
        spoke = item.opinions.get(name, True)
        weight.append(_describe_weight(name, share))
        if name in _ADDED:
            strength.append("")
        elif not spoke or share <= 0:
            strength.append("no opinion" if not spoke else "–")
        else:
            strength.append(wording.format_score(item.contributions[name] / share))
    return {
        "Part": [f"{widgets.format_swatch(n)} {label_part(n)}" for n in names] + ["**Score**"],
        "Strength": [*strength, ""],
        "× Weight": [*weight, ""],
        "= Adds": [wording.format_signed(item.contributions[n]) for n in names]
        + [f"**{wording.format_score(item.score)}**"],
    }
