"""Dumps of open data that lie on this machine: where they are, and what they are read for.

They have gigabytes, more than an upload takes, so the person names their paths. A path is
looked at before it is used, and only its first bytes are read here; the rest is a job's.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from musicai.core.errors import InputError, UnreadableFile
from musicai.data.audio_descriptors import CAUTION
from musicai.integrations.metabrainz import dumps
from musicai.ui import jobs_panel, state, words

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI

CANONICAL = "open_data_canonical"
MEASURED = "open_data_measured"

_OFFERED = "https://data.metabrainz.org/pub/musicbrainz"

CANONICAL_HELP = (
    "A file such as musicbrainz-canonical-dump-20260103.tar.zst, about 2 GB. It holds the names of "
    "all recordings, so that yours can be looked up on this machine."
)

MEASURED_HELP = (
    "acousticbrainz-lowlevel-features-20220623-rhythm.tar.zst has tempo, the one that ends with "
    "tonal has key and scale, the one with lowlevel loudness. Archives of "
    "acousticbrainz-highlevel-json have moods, as probabilities."
)


def given(text: str) -> Path:
    """The dump at a path as a person types or pastes it.

    Raises:
        UnreadableFile: it is no whole path, or no dump is there.
    """
    path = Path(text.strip().strip("\"'")).expanduser()
    if not path.is_absolute():
        raise UnreadableFile(
            f"{words.literal(text)} is not a whole path. Give it from the root of the disk on, "
            "such as /home/me/Downloads/dump.tar.zst."
        )
    return dumps.checked(path)


def canonical_field() -> bool:
    """The field for the canonical dump.

    Returns:
        Whether work may start: no path, or one of a dump. With a wrong one it may not, for names
        would leave this machine that were meant to be looked up here.
    """
    text = st.text_input(
        "MusicBrainz's canonical dump, if you have it (path on this machine)",
        key=CANONICAL,
        help=CANONICAL_HELP,
        placeholder="/home/me/Downloads/musicbrainz-canonical-dump-….tar.zst",
        persist_state="session",
    )
    if not text.strip():
        st.caption(
            f"With [this file]({_OFFERED}/canonical_data/) the names of your tracks are looked up "
            "here, and those that it holds leave nowhere."
        )
        return True
    found = _shown(text)
    if found:
        st.caption(f":material/hard_drive: {found}. The names that it holds are looked up here.")
    return bool(found)


def canonical_option() -> list[str]:
    """What a command is told of the canonical dump; for callbacks.

    Raises:
        UnreadableFile: there is no such dump any more.
    """
    text = str(st.session_state.get(CANONICAL) or "")
    return ["--canonical", str(given(text))] if text.strip() else []


def measured_part(ai: MusicAI, profile: str) -> None:
    """AcousticBrainz's dumps: what they know of the own tracks, and the way to read them."""
    with st.expander("Tempo and key from AcousticBrainz", icon=":material/graphic_eq:"):
        st.caption(
            "AcousticBrainz measured millions of recordings until 2022. Its "
            f"[dumps]({_OFFERED}/acousticbrainz/dumps/) are read on this machine; nothing is sent. "
            f"What they tell is shown beside the features of your tracks and not mixed with them. "
            f"{CAUTION}"
        )
        known = state.measured(ai)
        if known.recognised:
            st.markdown(
                f"The recordings of **{known.recognised:,}** of your {known.own:,} tracks are "
                f"known; AcousticBrainz measured **{known.measured:,}**."
            )
        text = st.text_area(
            "Dump files, one path a line",
            key=MEASURED,
            help=MEASURED_HELP,
            height=100,
            persist_state="session",
        )
        good = [bool(_shown(line)) for line in text.splitlines() if line.strip()]
        canonical = bool(str(st.session_state.get(CANONICAL) or "").strip())
        enough = bool(known.recognised) or canonical
        if not enough:
            st.caption(
                "It is not known yet which recordings your tracks are: give the canonical dump "
                "above, or let open data recognise your artists first."
            )
        st.button(
            "Read the dumps",
            key="open_data_measure",
            icon=":material/hard_drive:",
            disabled=not (good and all(good) and enough) or jobs_panel.running() is not None,
            on_click=_start,
            args=(profile,),
        )


def _shown(text: str) -> str:
    """The dump's name and size; "" with a message on the screen where there is none."""
    try:
        path = given(text)
        size = path.stat().st_size
    except (InputError, OSError) as error:
        st.error(words.plain(str(error), 600), icon=":material/error:")
        return ""
    shown = f"{size / 1e9:.1f} GB" if size >= 1e9 else words.size(size)
    return f"{words.plain(path.name)}, {shown}"


def _start(profile: str) -> None:
    def begin() -> None:
        lines = str(st.session_state[MEASURED]).splitlines()
        paths = [str(given(line)) for line in lines if line.strip()]
        command = ["open-data", "acousticbrainz", *paths, "--profile", profile]
        jobs_panel.start("measure", [*command, *canonical_option()])

    state.attempt(begin)
