"""The controls of Discover: where to start from, and how to blend.

Every control is bound to the address, so that a copied link brings the same list.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from typing import TYPE_CHECKING

import streamlit as st

from musicai.models import COMPONENTS, PRESETS
from musicai.ranking.request import MODES, Filters, Request, Tuning
from musicai.ui import state, wording
from musicai.ui.components import seeds as discover_seeds
from musicai.ui.components import widgets
from musicai.ui.discover import context
from musicai.ui.discover import filters as discover_filters

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI

FRAGMENT = "discover"
"""Key of the fragment that holds the whole page."""

WEIGHT_STEP = 0.01
"""Step of a weight's slider: coarser, a small learned weight would stand at 0 and still count."""

MAX_MOODS = 3

_DRAW = "discover_draw"
"""Session key: which guess the surprise dial follows."""

_DEFAULTS_SHOWN = "discover_defaults_shown"
"""Session key: the default weights that untouched sliders stand at."""

_DIALS: Mapping[str, tuple[float, float]] = {
    "Balanced": (0.2, 0.0),
    "Safe": (0.1, -0.4),
    "Adventurous": (0.5, 0.3),
    "Deep cuts": (0.3, 0.8),
}
"""Preset → (variety, familiar ↔ obscure)."""


# --- start from -----------------------------------------------------------------------


def draw_start_panel(ai: MusicAI) -> Request:
    """Mode, seeds, mood and genre: everything that decides the components' scores."""
    mode = _draw_mode(ai)
    seeds = discover_seeds.draw_panel(ai)
    usable = ai.modes()[mode] is None
    moods = _draw_moods(ai, mode) if usable else {}
    mood_strength = _draw_strength("mood", bool(moods))
    genres = _draw_genres(ai, mode) if usable else {}
    genre_strength = _draw_strength("genre", bool(genres))
    filters = discover_filters.draw_panel(ai, mode) if usable else Filters()
    occasion = context.draw_panel(ai)
    return Request(
        seed_tracks=seeds,
        mood=moods,
        genre=genres,
        mode=mode,
        mood_strength=mood_strength,
        genre_strength=genre_strength,
        filters=filters,
        moment=occasion.moment,
        occasion=occasion.kinds,
    )


def _draw_mode(ai: MusicAI) -> str:
    mode = st.segmented_control(
        "Find",
        MODES,
        format_func=wording.MODE_LABELS.__getitem__,
        default=ai.mode(),
        required=True,
        key="discover_mode",
        bind="query-params",
        help="  \n".join(f"**{wording.MODE_LABELS[m]}**: {wording.MODE_HELP[m]}" for m in MODES),
    )
    return str(mode or ai.mode())


def draw_unusable_mode(mode: str, why_not: str, key: str = "discover_mode") -> None:
    """A mode with nothing to choose from: why, and the ways on, instead of a list.

    Args:
        mode: The mode.
        why_not: Why it cannot be used, and what helps.
        key: Of the widget that chooses the mode.
    """
    st.info(
        wording.escape_markdown(why_not, 600),
        title=f"{wording.MODE_LABELS[mode]} has nothing to choose from yet",
        icon=":material/info:",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        if mode != "rediscover":
            st.button(
                "Rediscover instead",
                key="discover_instead",
                type="primary",
                icon=":material/history:",
                on_click=_set_rediscover,
                args=(key,),
            )
        st.page_link("pages/library.py", label="Add a catalogue", icon=":material/library_add:")
        st.page_link("pages/home.py", label="Import an export", icon=":material/upload_file:")


def _set_rediscover(key: str) -> None:
    st.session_state[key] = "rediscover"


# --- mood and genre -------------------------------------------------------------------


def _draw_moods(ai: MusicAI, mode: str) -> dict[str, float]:
    chosen = _draw_pills("Mood", "discover_moods", ai.mood_availability(mode))
    if len(chosen) < 2:
        return dict.fromkeys(chosen, 1.0)
    with st.container(border=True):
        return {
            mood: st.slider(
                f"How much {mood}",
                0,
                100,
                50,
                5,
                key=f"discover_mix_{mood}",
                format="%d",
                bind="query-params",
            )
            / 100.0
            for mood in chosen
        }


def _draw_genres(ai: MusicAI, mode: str) -> dict[str, float]:
    return dict.fromkeys(_draw_pills("Genre", "discover_genres", ai.genre_availability(mode)), 1.0)


def _draw_pills(label: str, key: str, availability: Mapping[str, str | None]) -> list[str]:
    """Options that can be asked for, and those that cannot with the reason and the remedy."""
    usable = [name for name, why_not in availability.items() if why_not is None]
    missing = {name: why_not for name, why_not in availability.items() if why_not}
    chosen: list[str] = []
    if usable:
        chosen = st.pills(
            label,
            usable,
            selection_mode="multi",
            key=key,
            bind="query-params",
            wrap=True,
            on_change=_keep_three,
            args=(key,),
            help=f"Up to {MAX_MOODS}. None means any.",
        )
    if missing:
        st.pills(
            f"{label} not available",
            list(missing),
            disabled=True,
            key=f"{key}_missing",
            wrap=True,
            label_visibility="collapsed" if usable else "visible",
        )
        for line in explain_missing(missing, len(availability)):
            st.caption(f":material/lock: {wording.escape_markdown(line, 500)}")
    return chosen[-MAX_MOODS:]


def explain_missing(missing: Mapping[str, str], of: int) -> list[str]:
    """Few lines that say what cannot be asked for, why, and what helps.

    Args:
        missing: Name → reason with its remedy.
        of: How many names there are in all.
    """
    grouped: dict[str, list[str]] = {}
    for name, reason in missing.items():
        grouped.setdefault(reason, []).append(name)
    alone = [names[0] for names in grouped.values() if len(names) == 1]
    lines = []
    for reason, names in grouped.items():
        if len(names) == of:
            lines.append(reason)
        elif len(names) > 1 or len(alone) == 1:
            lines.append(f"{wording.join_list(names).capitalize()}: {reason}")
    if len(alone) > 1:
        lines.append(
            f"Too few of these tracks for {wording.join_list(alone, 'or')}. A catalogue that has "
            "them helps: add one on Library."
        )
    return lines


def _keep_three(key: str) -> None:
    """Choosing a fourth lets the first go."""
    st.session_state[key] = st.session_state[key][-MAX_MOODS:]


def _draw_strength(what: str, shown: bool) -> float:
    if not shown:
        return 0.5
    return st.slider(
        f"{what.capitalize()} strength",
        0.0,
        1.0,
        0.5,
        0.05,
        key=f"discover_{what}_strength",
        bind="query-params",
        help=(
            "How hard the mood pulls the list."
            if what == "mood"
            else "How hard the genre pulls the list; at 1 only that genre is shown."
        ),
    )


# --- tune -----------------------------------------------------------------------------


def draw_tune_panel(ai: MusicAI, mode: str) -> Tuning:
    """Weights, variety, genre mix, familiar ↔ obscure, artist cap, length: the blend alone."""
    preset = state.get_store().settings_of(ai.profile).get(state.PRESET_SETTING)
    by_hand = PRESETS.get(str(preset))
    curves = _draw_curves_toggle(ai, mode, chosen=by_hand is None)
    blend = ai.stacked[mode].weights if curves else ai.weights_for(mode=mode)
    learned = by_hand or blend
    names = [
        name for name in COMPONENTS if name in ai.components or name in ai.untrained_components
    ]
    defaults = {name: _round_to_step(learned.get(name, 0.0)) for name in names}
    _move_untouched(defaults)
    presets = st.container(horizontal=True, gap="xsmall")
    cells = cycle(st.columns(2, gap="medium"))
    weights = {}
    for name in names:
        with next(cells):
            weights[name] = _draw_weight(ai, name, defaults[name])
    with next(cells):
        novelty = _draw_novelty()
    with next(cells):
        variety = _draw_variety()
    with next(cells):
        calibration = _draw_calibration()
    # the last of an odd number of sliders has a row of its own
    with next(cells) if len(names) % 2 == 0 else st.container():
        surprise, draw = _draw_surprise()
    left, right = st.columns(2, gap="medium", vertical_alignment="bottom")
    cap = left.number_input(
        "Per artist",
        1,
        20,
        3,
        key="discover_cap",
        bind="query-params",
        help="Most tracks of one artist in the list.",
    )
    length = right.number_input(
        "Tracks", 5, 100, 20, 5, key="discover_n", bind="query-params", help="Length of the list."
    )
    with presets:  # drawn last, because the sliders know by now what the address says
        _draw_presets(defaults, {**weights, "variety": variety, "novelty": novelty})
    return Tuning(
        weights=None if weights == defaults and preset not in PRESETS else weights,
        curves=curves,
        diversity=variety,
        novelty=novelty,
        artist_cap=int(cap),
        n_recommendations=int(length),
        calibration=calibration,
        surprise=surprise,
        draw=draw,
    )


def _draw_curves_toggle(ai: MusicAI, mode: str, *, chosen: bool) -> bool:
    """Whether the learned curves are used; without any there is nothing to choose."""
    learned = ai.stacked.get(mode)
    if learned is None:
        return False
    mean, low, high = learned.gain
    default = chosen and learned.better
    return st.toggle(
        "Learned curves",
        default,
        key=f"discover_curves_{mode}",
        bind="query-params",
        help="What each part says is bent by a curve that never falls, learned on your history "
        "together with weights of its own, before the sliders weigh it. Against straight weights "
        f"it changed nDCG on held-out plays by {mean:+.3f} ({low:+.3f} to {high:+.3f}, "
        f"n = {learned.n:,}).",
    )


def _move_untouched(defaults: dict[str, float]) -> None:
    """Sliders that nobody moved stand at the new defaults when the mode or the version changes."""
    before = st.session_state.get(_DEFAULTS_SHOWN)
    keys = {f"discover_w_{name}": name for name in defaults}
    if before not in (None, defaults):
        now = {name: st.session_state.get(key) for key, name in keys.items()}
        if now == before:
            for key, name in keys.items():
                st.session_state[key] = defaults[name]
    st.session_state[_DEFAULTS_SHOWN] = defaults


def _draw_weight(ai: MusicAI, name: str, default: float) -> float:
    kind = COMPONENTS[name]
    waiting = name in ai.untrained_components
    return st.slider(
        f"{widgets.format_swatch(name)} {kind.label}",
        0.0,
        1.0,
        default,
        WEIGHT_STEP,
        key=f"discover_w_{name}",
        bind="query-params",
        disabled=waiting,
        help="Waits for training. Models starts one." if waiting else kind.help,
    )


def _draw_novelty() -> float:
    return st.slider(
        f"{widgets.format_swatch('novelty')} Familiar ↔\ufe0e obscure",
        -1.0,
        1.0,
        0.0,
        0.1,
        key="discover_novelty",
        bind="query-params",
        help="Left brings well-known tracks up, right brings little-known ones up.",
    )


def _draw_surprise() -> tuple[float, int]:
    """How far a guess leads the list, and which guess."""
    dial = st.slider(
        f"{widgets.format_swatch('surprise')} Surprise me",
        0.0,
        1.0,
        0.0,
        0.1,
        key="discover_surprise",
        bind="query-params",
        help="Lets a guess at what else you may like lead the list. Your likes and dislikes make "
        "the next guess better.",
    )
    if dial:
        st.button(
            "Another surprise",
            key="discover_draw_next",
            icon=":material/casino:",
            type="tertiary",
            on_click=_advance_surprise,
        )
    return dial, int(st.session_state.get(_DRAW, 0))


def _advance_surprise() -> None:
    st.session_state[_DRAW] = int(st.session_state.get(_DRAW, 0)) + 1


def _draw_variety() -> float:
    return st.slider(
        "Variety",
        0.0,
        1.0,
        0.2,
        0.05,
        key="discover_variety",
        bind="query-params",
        help="Spreads the list: neighbours sound less alike. It only changes the order.",
    )


def _draw_calibration() -> float:
    return st.slider(
        "Follow my genre mix",
        0.0,
        1.0,
        0.0,
        0.05,
        key="discover_calibration",
        bind="query-params",
        help="At 0 genres come as they score. To the right the list takes on the mix of genres "
        "you play, so that your smaller ones get their place too. It changes which tracks are "
        "chosen and their order, not their scores.",
    )


def _round_to_step(weight: float) -> float:
    """To the slider's step, so that an untouched slider is known to be untouched.

    Only a weight of 0 stands at 0: any other counts in the list.
    """
    steps = max(round(weight / WEIGHT_STEP), 1 if weight > 0 else 0)
    return min(round(steps * WEIGHT_STEP, 2), 1.0)


def _draw_presets(defaults: Mapping[str, float], now: Mapping[str, float]) -> None:
    """A button for each preset; the one that the sliders show stands out."""
    for name in PRESETS:
        st.button(
            name,
            key=f"preset_{name}",
            type="primary" if _get_preset(name, defaults) == now else "secondary",
            on_click=_apply_preset,
            args=(name, defaults),
            help=_explain_preset(name),
        )


def _get_preset(name: str, defaults: Mapping[str, float]) -> dict[str, float]:
    """Component → weight, and the two dials."""
    wanted = defaults if name == "Balanced" else PRESETS[name]
    variety, novelty = _DIALS.get(name, _DIALS["Balanced"])
    weights = {component: _round_to_step(wanted.get(component, 0.0)) for component in defaults}
    return {**weights, "variety": variety, "novelty": novelty}


def _apply_preset(name: str, defaults: Mapping[str, float]) -> None:
    for what, value in _get_preset(name, defaults).items():
        key = f"discover_w_{what}" if what in COMPONENTS else f"discover_{what}"
        st.session_state[key] = value


def _explain_preset(name: str) -> str:
    return {
        "Balanced": "As the model was tuned on your history, for this kind of list.",
        "Safe": "Closer to what you and many others play.",
        "Adventurous": "Further out, and more varied.",
        "Deep cuts": "Little-known tracks that sound like yours.",
    }.get(name, "")
