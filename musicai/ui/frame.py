"""The frame around every page: configuration, navigation, side bar, title.

A folder named ``pages`` beside the entry script puts a fresh Streamlit process into its
old multipage mode, where a page's address runs that page file alone. The frame is
therefore idempotent: :func:`run_app` draws it and runs the page, and :func:`begin_page`,
the first line of each page, calls it when the page was reached without it.
"""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from musicai.core.settings import PROJECT_ROOT
from musicai.ui import state, wording
from musicai.ui.components import job_panel, links, period_picker
from musicai.ui.models import training
from musicai.ui.playlists import sidebar as playlist_sidebar
from musicai.ui.spotify import send_request
from musicai.ui.theme import build_logo_svg

_FRAMED = "_framed"
"""True between the drawing of the frame and the start of the page."""

_GROUPS: dict[str, list[tuple[str, str, str, str]]] = {
    "Listen": [
        (
            "home.py",
            "Home",
            ":material/home:",
            "What this is. Load the invented sample in one click, or drop your own export.",
        ),
        (
            "discover.py",
            "Discover",
            ":material/explore:",
            "Your list, and the sliders that move it. Every track says why it is there.",
        ),
        (
            "autoplay.py",
            "Autoplay",
            ":material/playlist_play:",
            "A session that goes on from what you heard last, along an arc, step by step.",
        ),
        (
            "playlists.py",
            "Playlists",
            ":material/queue_music:",
            "The list you are putting together, the ones you saved, and those you imported.",
        ),
    ],
    "Know": [
        (
            "taste.py",
            "Taste",
            ":material/radar:",
            "What you listen to, as numbers: features, genres, and what stands out.",
        ),
        (
            "history.py",
            "History",
            ":material/history:",
            "When you listened, what you played most, and what you have forgotten.",
        ),
        (
            "map.py",
            "Map",
            ":material/scatter_plot:",
            "All tracks by likeness, yours among them: mark a region, or walk a path.",
        ),
    ],
    "Manage": [
        (
            "feedback.py",
            "Feedback",
            ":material/thumbs_up_down:",
            "What you liked, disliked and hid; take any of it back.",
        ),
        (
            "library.py",
            "Library",
            ":material/library_music:",
            "What was imported, what is known of it, and which catalogues you draw from.",
        ),
        (
            "models.py",
            "Models",
            ":material/model_training:",
            "How well the model does on your own history. Retrain it, or go back a version.",
        ),
        (
            "connect.py",
            "Connect",
            ":material/link:",
            "Optional: connect Spotify to read your lists and send playlists back.",
        ),
        (
            "settings.py",
            "Settings",
            ":material/settings:",
            "Your time zone, and other things that hold on every page.",
        ),
    ],
}


def list_pages() -> dict[str, list[StreamlitPage]]:
    """The navigation: groups of pages, only those whose file is there."""
    folder = PROJECT_ROOT / "pages"
    return {
        group: found
        for group, entries in _GROUPS.items()
        if (
            found := [
                st.Page(folder / file, title=title, icon=icon, help=text, default=file == "home.py")
                for file, title, icon, text in entries
                if (folder / file).is_file()
            ]
        )
    }


_HIDDEN = (
    (
        links.PAGE,
        "Detail",
        ":material/info:",
        "One artist or track: its plays, from the first to the last.",
    ),
    (send_request.PAGE, "Send", ":material/send:", "A list of yours becomes a playlist."),
)
"""Pages that are reached by a click or an address, not by the menu."""


def _list_hidden_pages() -> list[StreamlitPage]:
    return [
        st.Page(PROJECT_ROOT / file, title=title, icon=icon, visibility="hidden", help=text)
        for file, title, icon, text in _HIDDEN
    ]


def _finish_sign_in() -> None:
    """Finish a sign-in, where Spotify has sent the browser back here."""
    address = st.query_params
    if "state" in address and ("code" in address or "error" in address):
        from musicai.ui.spotify import session  # noqa: PLC0415 (loads the client, here alone)

        session.finish()


def run_app() -> None:
    """Draw the frame, then the page that was asked for."""
    # an icon given by name would be fetched from a font server: the mark is drawn here
    st.set_page_config(
        page_title="musicai", page_icon=build_logo_svg(64), layout="wide", menu_items={}
    )
    st.logo(build_logo_svg(), size="large")
    groups = list_pages()
    groups["Know"].extend(_list_hidden_pages())
    page = st.navigation(groups, position="sidebar", expanded=True)
    _finish_sign_in()
    state.follow_wish()
    job_panel.take_sample_wish()
    state.run_guarded(training.start_due)
    with st.sidebar:
        state.run_guarded(_draw_sidebar)
    st.title(page.title, anchor=False)
    state.show_kept_error()
    state.run_guarded(job_panel.draw_outcome)
    if not _is_waiting():
        st.session_state[_FRAMED] = True
        page.run()


def _is_waiting() -> bool:
    """Whether a job must be done before any page of the chosen profile can be drawn."""
    found: list[bool] = []
    state.run_guarded(lambda: found.append(job_panel.draw_preparation()))
    return found == [True]


def begin_page() -> None:
    """Make sure the frame is there; the first call of every page file."""
    if not st.session_state.pop(_FRAMED, False):
        run_app()
        st.stop()


def _draw_sidebar() -> None:
    records = state.list_profiles()
    if records:
        labels = {r.name: wording.label_profile(r.name, r.invented) for r in records}
        state.settle_profile(labels)
        st.selectbox(
            "Listener",
            list(labels),
            format_func=lambda name: labels.get(name, name),
            key=state.PROFILE,
            bind="query-params",
            persist_state="session",
            help="Whose music the pages show. Each listener's data stays apart.",
        )
        period_picker.draw_selector()
    else:
        st.caption("No music yet. Home has two ways to begin.")
    playlist_sidebar.sidebar()
    job_panel.draw_sidebar()
