"""Open data: what each step would send and bring, the person's leave, the token, the work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from musicai.core.errors import QueryError
from musicai.integrations import enrichment
from musicai.integrations.enrichment import EnrichmentStep, Preview
from musicai.integrations.metabrainz import Credentials, credentials
from musicai.ui import state, wording
from musicai.ui.components import job_panel
from musicai.ui.library import enrichment_dumps

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI

USUAL = ("similar", "top", "tags", "fresh")
"""Steps that are ticked at first; nothing is asked before the button is pressed."""

CREDIT = (
    "Data by [MusicBrainz](https://musicbrainz.org), [ListenBrainz](https://listenbrainz.org) and "
    "[AcousticBrainz](https://acousticbrainz.org), projects of the MetaBrainz Foundation. Names, "
    "ids and measures are CC0, tags CC BY-NC-SA 3.0; listening counts are for non-commercial use."
)

TOKEN_HELP = (
    "A free ListenBrainz account has one, under Settings. With it artists are recognised fifty at "
    "a time and their most played recordings are known; without it musicai asks for one name a "
    "second and chooses among a hundred recordings of an artist."
)

_TOKEN_FIELD = "open_data_token"


def draw(ai: MusicAI, profile: str) -> None:
    """The steps with what they send, and the way to allow them.

    Args:
        ai: The loaded profile; an invented one has no such part.
        profile: Its name.
    """
    if ai.library.invented:
        return
    st.subheader("Open data", anchor=False)
    st.caption(
        "musicai can ask MusicBrainz and ListenBrainz for artists like yours, more of yours, and "
        "new releases; nothing is sent before you allow it."
    )
    plan = state.get_open_data_plan(ai)
    if not plan.artists:
        st.markdown("There is too little music yet: it needs an artist that you played twice.")
        return
    allowed = enrichment.list_allowed_steps(state.get_store(), profile)
    with st.container(border=True):
        steps = _choose_steps(profile, allowed)
        if steps:
            token = credentials.load(state.get_settings()).token
            _preview(enrichment.preview(plan, steps, has_token=token is not None))
        ready = enrichment_dumps.canonical_field()
        _buttons(profile, steps, allowed, ready=ready)
    enrichment_dumps.draw_measured(ai, profile)
    panel = st.expander("ListenBrainz token", icon=":material/key:", key="open_data_account")
    with panel:
        state.run_guarded(_token)
    st.caption(CREDIT)


# --- steps ----------------------------------------------------------------------------


def _choose_steps(profile: str, allowed: Sequence[str]) -> tuple[EnrichmentStep, ...]:
    """The ticked steps with those that they need; none, with a word, where nothing is found."""
    ticked = []
    for step in enrichment.STEPS[1:]:
        on = step.name in (allowed or USUAL)
        if st.checkbox(
            f"**{step.label}**: {step.brings}", value=on, key=f"open_{profile}_{step.name}"
        ):
            ticked.append(step.name)
    try:
        return enrichment.order_steps(ticked)
    except QueryError:
        st.caption("Choose at least one step that finds music.")
        return ()


def _preview(shown: Preview) -> None:
    longest = wording.format_count(shown.minutes, "minute")
    st.markdown(
        f"At most **{shown.requests:,} requests**, one a second, so up to {longest}; answers that "
        "are here already cost none."
    )
    with st.expander("What would leave this machine", icon=":material/outbound:"):
        st.markdown(
            "Names and ids, in an order drawn by chance. **Never** when or how often you played "
            "something, your name, or a path. The hosts see your internet address, as every site "
            "does, and your token if you enter one."
        )
        for one in shown.steps:
            text = (
                f"- **{one.step.label}**, to {wording.join_list(one.step.hosts)}: "
                f"{one.step.leaves}."
            )
            if one.examples:
                examples = ", ".join(wording.escape_markdown(name) for name in one.examples)
                text += f" For instance: {examples}."
            st.markdown(text)


def _buttons(
    profile: str, steps: Sequence[EnrichmentStep], allowed: Sequence[str], *, ready: bool
) -> None:
    names = [step.name for step in steps]
    known = bool(names) and set(names) <= set(allowed)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Look again" if known else "Allow and find music",
            key="open_data_run",
            type="secondary" if known else "primary",
            icon=":material/travel_explore:",
            disabled=not (steps and ready) or job_panel.find_running() is not None,
            on_click=_start,
            args=(profile, names),
        )
        if allowed:
            st.button(
                "Allow nothing any more",
                key="open_data_refuse",
                type="tertiary",
                on_click=_refuse,
                args=(profile,),
                help="What was found stays until you remove its catalogue.",
            )


def _start(profile: str, names: Sequence[str]) -> None:
    command = ["open-data", "run", "--profile", profile, "--yes", "--train"]
    for name in names:
        command += ["--step", name]
    state.attempt(
        lambda: job_panel.start_job("enrich", [*command, *enrichment_dumps.canonical_option()])
    )


def _refuse(profile: str) -> None:
    state.attempt(lambda: enrichment.allow(state.get_store(), profile, ()))
    for step in enrichment.STEPS:
        st.session_state.pop(f"open_{profile}_{step.name}", None)


# --- token ----------------------------------------------------------------------------


def _token() -> None:
    kept = credentials.load(state.get_settings())
    st.caption(TOKEN_HELP)
    if kept.token:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"Kept, readable by you alone: `{credentials.mask_token(kept.token)}`")
            st.button("Remove", key="open_data_token_remove", on_click=_keep, args=(None,))
        return
    with st.form("open_data_token_form", border=False, clear_on_submit=True):
        st.text_input("Token", type="password", key=_TOKEN_FIELD, autocomplete="off")
        st.form_submit_button("Keep", on_click=_read_typed)


def _read_typed() -> None:
    _keep(str(st.session_state[_TOKEN_FIELD]).strip())


def _keep(token: str | None) -> None:
    def save() -> None:
        settings = state.get_settings()
        kept = credentials.load(settings) if token else Credentials()
        credentials.save(settings, replace(kept, token=token))

    state.attempt(save)
