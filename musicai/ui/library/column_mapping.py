"""What is in a table that no reader knows: asked once, before it is imported.

Only the top of each file is looked at. What the person says is kept for every table with
the same columns, and the import takes it from there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

import pandas as pd
import streamlit as st

from musicai.core.errors import UnreadableFile
from musicai.data.library import AUDIO_FEATURES, KEY_COLUMNS
from musicai.data.parsed import ColumnMapping
from musicai.library.formats import HEAD_BYTES, recognise_format
from musicai.library.formats.csv_text import read_csv_header
from musicai.library.formats.mapped_table import (
    MEANINGS,
    NEEDED,
    CsvPreview,
    check_mapping,
    propose_mapping,
    read_preview,
)
from musicai.ui import state, wording


class Upload(Protocol):
    """What the uploader hands over."""

    name: str

    def getvalue(self) -> bytes:
        """The bytes."""


if TYPE_CHECKING:
    pass

Kind = Literal["plays", "playlist", "catalogue"]

KINDS: dict[Kind, str] = {
    "plays": "Plays",
    "playlist": "Playlists",
    "catalogue": "Tracks",
}
"""What the rows can be, as the screen calls it."""

_PLAYED = ("played_at", "ms_played", "seconds_played", "skipped")
_LISTED = ("playlist", "added_at")

UNFIT: dict[Kind, tuple[str, ...]] = {
    "plays": _LISTED,
    "playlist": _PLAYED,
    "catalogue": (*_PLAYED, *_LISTED),
}
"""Meanings that a column of such rows cannot have."""

NOT_THERE = -1
"""The choice that no column has a meaning."""

_HELP: dict[str, str] = {
    **dict.fromkeys(AUDIO_FEATURES, "A measure of how the track sounds."),
    **dict.fromkeys(KEY_COLUMNS, "The musical key needs both columns, as numbers: key and mode."),
}

_PACKED = (b"PK", b"\x1f\x8b")
"""How zip and gzip files begin; what is in them is not asked about."""

_WIDE = (b"\xff\xfe", b"\xfe\xff")
"""How UTF-16 text begins, the only text that holds zero bytes."""


def draw(uploads: Sequence[Upload], place: str) -> None:
    """The question about the first unknown table among the chosen files, and what is settled.

    Args:
        uploads: The chosen files.
        place: What the keys begin with.
    """
    tables = unknown([(upload.name, upload.getvalue()[:HEAD_BYTES]) for upload in uploads])
    if not tables:
        return
    said = {mapping.header: mapping for mapping in state.get_store().mappings()}
    for header, (files, _) in tables.items():
        if header in said:
            _settle_mapping(files, said[header], place)
    asked = [(files, head) for header, (files, head) in tables.items() if header not in said]
    if asked:
        _question(*asked[0], place=place, further=len(asked) - 1)


def unknown(files: Sequence[tuple[str, bytes]]) -> dict[tuple[str, ...], tuple[list[str], bytes]]:
    """The tables that no reader knows: columns → the files with exactly these, and a top.

    Args:
        files: Name and first bytes of each.
    """
    found: dict[tuple[str, ...], tuple[list[str], bytes]] = {}
    for name, head in files:
        if head[:2] in _PACKED or (b"\0" in head and head[:2] not in _WIDE):
            continue
        if recognise_format(head) is None and (header := read_csv_header(head)) is not None:
            found.setdefault(header.names, ([], head))[0].append(name)
    return found


def _settle_mapping(files: Sequence[str], mapping: ColumnMapping, place: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f":material/check: {_files(files)}: {KINDS[mapping.kind].lower()}, as you said.",
            width="content",
        )
        st.button(
            "Change",
            key=f"{place}_unmap_{key_of(chr(0).join(mapping.header))}",
            type="tertiary",
            on_click=_forget,
            args=(mapping.header,),
        )


def _forget(header: tuple[str, ...]) -> None:
    state.attempt(lambda: state.get_store().remove_mapping(header))


def _files(files: Sequence[str]) -> str:
    first = wording.escape_markdown(files[0], 60)
    return first if len(files) == 1 else f"{first} and {len(files) - 1} more like it"


# --- the question ---------------------------------------------------------------------


def _question(files: Sequence[str], head: bytes, *, place: str, further: int) -> None:
    try:
        top = read_preview(head)
    except UnreadableFile:
        return  # the import says what is wrong with it
    header = read_csv_header(head)
    proposal = propose_mapping(header) if header is not None else None
    key = f"{place}_map_{key_of(chr(0).join(top.header))}"
    with st.container(border=True):
        st.markdown(f"**What is in {_files(files)}?**")
        st.caption(
            "No reader knows this table. Say what its columns hold, and it is read, now and the "
            "next time. Otherwise it is left out of the import."
        )
        _top(top, key)
        kind = _kind(proposal, key)
        mapping = ColumnMapping(top.header, kind, _columns(top, kind, proposal, key))
        reason = check_mapping(mapping)
        if reason:
            st.caption(f":material/info: {wording.escape_markdown(reason, 400)}")
        if st.button(
            "Use these columns",
            key=f"{place}_map_use",
            icon=":material/check:",
            disabled=reason is not None,
        ):
            state.get_store().save_mapping(mapping)
            st.rerun()
        if further:
            st.caption(f"{wording.format_count(further, 'more table')} to describe after this one.")


def _top(top: CsvPreview, key: str) -> None:
    names: dict[str, int] = {}
    for place, name in enumerate(top.names):
        label = wording.clean_text(name, 40) or f"Column {place + 1}"
        names[label if label not in names else f"{label} ({place + 1})"] = place
    frame = pd.DataFrame(
        {
            label: [wording.clean_text(row[at], 80) for row in top.rows]
            for label, at in names.items()
        }
    )
    st.dataframe(frame, hide_index=True, key=f"{key}_top", alt="The first rows of the table")


def _kind(proposal: ColumnMapping | None, key: str) -> Kind:
    return st.segmented_control(
        "Its rows are",
        list(KINDS),
        format_func=KINDS.__getitem__,
        default=proposal.kind if proposal else "plays",
        required=True,
        key=f"{key}_kind",
        help="Plays: one row each time you heard something. Playlists: one row a track in a list. "
        "Tracks: one row a track, to recommend from and to learn how yours sound.",
    )


def _columns(
    top: CsvPreview, kind: Kind, proposal: ColumnMapping | None, key: str
) -> tuple[tuple[str, str], ...]:
    """(meaning, column) as the boxes say; those needed or guessed first, the others folded."""
    guessed = dict(proposal.columns) if proposal else {}
    fitting = [meaning for meaning in MEANINGS if meaning not in UNFIT[kind]]
    shown = [meaning for meaning in fitting if meaning in NEEDED[kind] or meaning in guessed]
    said = _boxes(shown, top, kind, guessed, key)
    rest = [meaning for meaning in fitting if meaning not in shown]
    with st.expander("More that a column can hold", icon=":material/view_column:"):
        said |= _boxes(rest, top, kind, guessed, key)
    return tuple((meaning, top.header[at]) for meaning, at in said.items() if at != NOT_THERE)


def _boxes(
    meanings: Sequence[str], top: CsvPreview, kind: Kind, guessed: Mapping[str, str], key: str
) -> dict[str, int]:
    """Meaning → place of its column, one select box each."""

    def label(at: int) -> str:
        if at == NOT_THERE:
            return "not there"
        return wording.clean_text(top.names[at], 40) or f"Column {at + 1}"

    said: dict[str, int] = {}
    with st.grid(3, min_column_width=180):
        for meaning in meanings:
            column = guessed.get(meaning)
            needed = " (needed)" if meaning in NEEDED[kind] else ""
            said[meaning] = st.selectbox(
                MEANINGS[meaning] + needed,
                range(NOT_THERE, len(top.header)),
                index=top.header.index(column) + 1 if column in top.header else 0,
                format_func=label,
                key=f"{key}_{meaning}",
                help=_HELP.get(meaning),
            )
    return said


def key_of(value: str) -> str:
    """A short stable name for a widget's key, whatever the value holds."""
    return hashlib.sha256(value.encode()).hexdigest()[:12]
