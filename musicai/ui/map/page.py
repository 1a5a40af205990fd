"""Map: all tracks by likeness, one's own among them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from musicai.data.genres import GENRE_LABELS, GENRES
from musicai.data.library import FEATURE_SOURCES, BoolArray, FloatArray, IntArray
from musicai.data.moods import MOOD_LABELS, MOODS, mood_matrix
from musicai.data.periods import ALL, Period
from musicai.data.playlists import plain_cell
from musicai.models import COMPONENTS
from musicai.models.music_map import choose_drawn, count_full_plays, main_genre, over_tracks
from musicai.ranking.request import Request
from musicai.ui import charts, state, wording
from musicai.ui.components import chart_box, job_panel, period_picker, seeds, track_picker, widgets
from musicai.ui.components import seeds as discover_seeds
from musicai.ui.map import path as map_path
from musicai.ui.map import selection
from musicai.ui.map import state as map_marks

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.models.music_map import MusicMap

_ESTIMATED = FEATURE_SOURCES.index("estimated")


class Colours(NamedTuple):
    """A score of every track, and how it is told."""

    score: FloatArray
    guessed: BoolArray
    name: str
    silent: str
    """What a track without a score is called."""


def get_chosen_score(ai: MusicAI, kind: str) -> Colours | None:
    """The chosen score of every track; None for genres."""
    if kind == "mood":
        return _mood(ai)
    if kind == "score":
        return _component(ai)
    return None


def _mood(ai: MusicAI) -> Colours:
    mood = st.selectbox(
        "Mood", MOODS, format_func=MOOD_LABELS.__getitem__, key="map_mood", bind="query-params"
    )
    score = mood_matrix(ai.features.audio)[:, MOODS.index(mood)]
    if not np.isfinite(score).any():
        st.info(
            "No track's mood can be told: audio features are not known. A catalogue that knows "
            "your tracks brings them; the Library page shows how.",
            icon=":material/info:",
        )
    guessed = ai.features.feature_source == _ESTIMATED
    return Colours(score, guessed, MOOD_LABELS[mood], "Mood not known")


def _component(ai: MusicAI) -> Colours | None:
    names = [name for name in ai.components if name != "rules"]
    name = st.selectbox(
        "Component",
        names,
        format_func=lambda one: COMPONENTS[one].label,
        key="map_component",
        bind="query-params",
        help="What this part of the blend says of every track, for the seeds of Discover, or "
        "for all you play where there are none. 0 is the middle track, 1 the 11th best.",
    )
    modes = ai.modes()
    mode = next((mode for mode in ("mix", "rediscover", "discover") if not modes[mode]), None)
    if mode is None:
        st.info(wording.escape_markdown(modes["mix"] or "", 500), icon=":material/info:")
        return None
    seeds = discover_seeds.get_active_seeds(ai)
    scored = state.get_scores(ai, Request(seed_tracks=seeds, mode=mode))
    values = scored.scaled[name]
    score = over_tracks(ai.library.n_tracks, scored.candidates.astype(np.int32), values)
    st.caption(_for_whom(ai, seeds))
    label = COMPONENTS[name].label
    return Colours(score, np.zeros(len(score), dtype=bool), label, "No opinion")


def _for_whom(ai: MusicAI, seeds: tuple[str, ...]) -> str:
    """Whom the scores are for."""
    if not seeds:
        return "For all you play."
    first = track_picker.name_row(ai, int(ai.library.vocabulary.rows([seeds[0]])[0]))[0]
    more = f" and {wording.format_count(len(seeds) - 1, 'other seed')}" if len(seeds) > 1 else ""
    return f"For {wording.escape_markdown(first, 40)}{more}."


MOST_OTHERS = 20_000
"""Tracks beside one's own that are drawn: more are no clearer, and a browser takes seconds."""

HEIGHT = 580
PHONE_HEIGHT = 420

COLOUR = "map_colour"
"""Session key and address: what the colours say."""

DRAG = "map_drag"
"""Session key: what dragging on the map does. While it marks a region Streamlit passes no clicks
on, so it begins with moving."""

_DRAGS = {"pan": "Move", "lasso": "Lasso", "select": "Box"}

_HINTS = {
    "pan": "Click a track to see it.",
    "lasso": "Draw round a region to list its tracks.",
    "select": "Draw a box over a region to list its tracks.",
}

_COLOURS = {"genre": "Genre", "mood": "Mood", "score": "Score"}


class View(NamedTuple):
    """The drawn tracks of a listener in a period."""

    dots: charts.Dots
    plays: IntArray
    """(n_tracks,) full plays in the period."""
    mine: int
    """How many tracks count as the listener's."""
    lost: int
    """How many of those have no place on the map."""
    others: int
    """Further tracks on the map, drawn or not."""
    period: Period


def draw() -> None:
    """The whole page for the chosen profile and period."""
    ai = state.get_current_ai()
    widgets.draw_invented_note(ai.library.invented)
    job_panel.draw_progress()
    found = state.get_music_map(ai)
    if found is None or not found.is_placed.any():
        _without(ai)
        return
    period = period_picker.get_chosen_period(ai)
    period_picker.draw_caption(period)
    view = _view_of(ai, found, period)
    left, right = st.columns([5, 3], gap="medium")
    with left:
        _chart(ai, found, view)
        _draw_legend(ai, found, view)
    with right:
        selection.draw(ai, found, view.plays)
        map_path.draw(ai, found)


def _without(ai: MusicAI) -> None:
    """A version without a map, or none at all: what will be here, and how it comes."""
    why = (
        f"Version {wording.escape_markdown(ai.version)} was made without one."
        if ai.version
        else "It is made when a version is trained, and there is none yet."
    )
    with st.container(border=True):
        st.markdown(
            f"**No map yet.** {why} Training draws it: under a minute for 100,000 tracks, with "
            "everything else staying as it is meanwhile."
        )
        st.button(
            "Retrain" if ai.version else "Train a version",
            key="map_train",
            type="primary",
            icon=":material/model_training:",
            disabled=job_panel.find_running() is not None,
            on_click=_train,
            args=(ai.profile,),
        )


def _train(profile: str) -> None:
    state.attempt(lambda: job_panel.start_job("train", ["train", "--profile", profile]))


# --- what is drawn --------------------------------------------------------------------


def _view_of(ai: MusicAI, found: MusicMap, period: Period) -> View:
    """Which tracks are drawn, and what stands beside them; computed once."""
    library = ai.library
    return _view(library.fingerprint, ai.version or "", period.since, period.until, ai, found)


@st.cache_resource(max_entries=8, show_spinner=False)
def _view(
    fingerprint: str,
    version: str,
    since: datetime | None,
    until: datetime | None,
    _ai: MusicAI,
    _map: MusicMap,
) -> View:
    return view(_ai, _map, Period(since, until))


def view(ai: MusicAI, found: MusicMap, period: Period) -> View:
    """Which tracks are drawn, and what stands beside them."""
    plays = count_full_plays(ai.library, period)
    mine = plays > 0
    if period == ALL:
        mine |= ai.library.tracks["own"].to_numpy(dtype=bool)
    rows = choose_drawn(found, mine, MOST_OTHERS)
    tracks = ai.library.tracks
    labels = wording.format_hovers(tracks["name"].iloc[rows], tracks["artists"].iloc[rows])
    genres = np.array(["", *(f"<br>{GENRE_LABELS[name]}" for name in GENRES)], dtype=object)
    counted = np.array(["", "<br>1 full play"], dtype=object)[np.minimum(plays[rows], 1)]
    several = plays[rows] > 1
    counted[several] = [f"<br>{n:,} full plays" for n in plays[rows][several].tolist()]
    text = np.array(labels, dtype=object) + genres[main_genre(ai.features.genres[rows]) + 1]
    dots = charts.Dots(found.xy[rows], rows, text + counted, mine[rows], plays[rows])
    return View(
        dots,
        plays,
        int(mine.sum()),
        int((mine & ~found.is_placed).sum()),
        int((found.is_placed & ~mine).sum()),
        period,
    )


def _chart(ai: MusicAI, found: MusicMap, view: View) -> None:
    """The controls above the map, the map, and its data."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.segmented_control(
            "Colour by",
            list(_COLOURS),
            format_func=_COLOURS.__getitem__,
            default="genre",
            required=True,
            key=COLOUR,
            bind="query-params",
        )
        st.segmented_control(
            "Drag to",
            list(_DRAGS),
            format_func=_DRAGS.__getitem__,
            default="pan",
            required=True,
            key=DRAG,
            persist_state="session",
            help="Lasso and box mark a region, whose tracks are then listed. Tracks can be "
            "clicked while dragging moves the map.",
        )
        colours = get_chosen_score(ai, str(kind))
    height = PHONE_HEIGHT if state.is_on_phone() else HEIGHT
    told = (kind, colours.name if colours else "", seeds.get_active_seeds(ai), view.period)
    dots, marked = view.dots, _find_marked(ai, found, told)
    if colours is None:
        genre = main_genre(ai.features.genres)
        chart = charts.plot_map_by_genre(dots, genre[dots.rows], marked, height)
    else:
        rows = dots.rows
        chart = charts.plot_map_by_score(
            dots,
            colours.score[rows],
            colours.guessed[rows],
            colours.name,
            colours.silent,
            marked,
            height,
        )
    st.plotly_chart(
        chart.figure,
        alt=chart.alt,
        key=map_marks.CHART,
        config=charts.MAP_CONFIG,
        on_select=lambda: map_marks.take_selection(ai),
        selection_mode=("points", "box", "lasso"),
    )
    chart_box.draw_download(
        map_marks.CHART,
        lambda: _data(ai, found, view.plays, colours),
        _HINTS[st.session_state[DRAG]],
    )


def _find_marked(ai: MusicAI, found: MusicMap, told: tuple[Any, ...]) -> charts.MapOverlay:
    """What the session has marked, as places on this map."""
    now = map_marks.to_draw(ai, (*told, st.session_state[DRAG]))
    outline = now.outline
    if len(outline) == 2:
        (x0, y0), (x1, y1) = outline
        outline = ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
    row = map_marks.row_of(ai, now.point)
    point = None
    if row is not None and found.is_placed[row]:
        point = (float(found.xy[row, 0]), float(found.xy[row, 1]))
    path = map_marks.rows_of(ai, now.path)
    walked = found.xy[path] if len(path) else None
    return charts.MapOverlay(outline, point, walked, st.session_state[DRAG])


def _draw_legend(ai: MusicAI, found: MusicMap, view: View) -> None:
    """How the map is to be read, and what is not on it."""
    dots = view.dots
    shown = int((~dots.mine).sum())
    lines = [
        "Near each other is alike; the directions have no meaning. Large marks are yours, "
        "larger the more you played them."
    ]
    if shown < view.others:
        lines.append(
            f"Drawn are {shown:,} of {wording.format_count(view.others, 'other track')}, chosen at "
            "random, and all of yours; a region counts every track in it."
        )
    if view.lost:
        lines.append(
            f"{wording.format_count(view.lost, 'track')} of yours "
            f"{'is' if view.lost == 1 else 'are'} not on it: too little is known of them, or they "
            "came after the version was made. Update or retrain on Models."
        )
    if not view.mine:
        lines.append("None of your plays lie in this period.")
    elif view.mine < 20:
        lines.append(f"Only {wording.format_count(view.mine, 'track')} of yours so far.")
    trust, kept = found.told.get("trustworthiness"), found.told.get("kept")
    st.caption(" ".join(lines))
    if trust is not None and kept is not None:
        made_of = wording.join_list([str(part) for part in found.told.get("made_of", [])])
        st.caption(
            f":material/info: Made of {made_of}. Two dimensions cannot keep all of it: "
            f"trustworthiness {trust:.3f} of 1, and {wording.format_share(kept)} of each track's "
            "12 "
            "nearest are among its 12 nearest here."
        )


def _data(ai: MusicAI, found: MusicMap, plays: IntArray, colours: Colours | None) -> pd.DataFrame:
    """All tracks on the map, drawn or not."""
    rows = np.flatnonzero(found.is_placed)
    tracks = ai.library.tracks
    names = np.array(["", *(GENRE_LABELS[name] for name in GENRES)], dtype=object)
    data = pd.DataFrame(
        {
            "track_id": tracks["track_id"].to_numpy()[rows],
            **{
                name: [plain_cell(str(text)) for text in tracks[name].to_numpy()[rows]]
                for name in ("name", "artists")
            },
            "x": found.xy[rows, 0],
            "y": found.xy[rows, 1],
            "genre": names[main_genre(ai.features.genres)[rows] + 1],
            "full_plays": plays[rows],
        }
    )
    if colours is not None:
        data[colours.name] = colours.score[rows]
        data["estimated"] = colours.guessed[rows]
    return data
