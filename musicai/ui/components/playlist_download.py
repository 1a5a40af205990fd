"""The buttons that write a list of tracks as a file for a player or a spreadsheet."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from musicai.data.playlists import FORMATS, write_playlist

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI
    from musicai.data.playlists import ListEntry

_HELP = {
    "csv": "A table for a spreadsheet.",
    "m3u8": "A playlist file for a music player.",
    "xspf": "A playlist as XML, which names each track by artist, title and album.",
    "jspf": "The same as JSON, as ListenBrainz takes it.",
}


def draw_buttons(
    ai: MusicAI, name: str, tracks: Callable[[], Sequence[ListEntry]], key: str
) -> None:
    """One button a format; the file is made when it is pressed.

    Args:
        ai: Where lengths and albums are known from.
        name: The playlist's title, and the file's.
        tracks: Gives the tracks in order.
        key: What the keys of the buttons begin with.
    """
    file = re.sub(r"[^\w -]", "_", name).strip() or "musicai"
    for ending, (label, mime, _) in FORMATS.items():
        st.download_button(
            label,
            partial(_write_file, ai, name, tracks, ending),
            f"{file}.{ending}",
            mime,
            key=f"{key}_{ending}",
            icon=":material/download:",
            on_click="ignore",
            help=_HELP[ending],
        )


def _write_file(
    ai: MusicAI, name: str, tracks: Callable[[], Sequence[ListEntry]], ending: str
) -> bytes:
    return write_playlist(ai.library, name, tracks(), ending)
