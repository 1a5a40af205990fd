"""Dumps of open data that lie on this machine: where they are, and what they are read for.

They have gigabytes, more than an upload takes, so the person names their paths. A path is
looked at before it is used, and only its first bytes are read here; the rest is a job's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from musicai.core.errors import InputError, UnreadableFile
from musicai.data.audio_descriptors import (
    CAUTION,
    FEATURES,
    PROBABILITY,
    AudioDescriptor,
    combine_measures,
)
from musicai.integrations.metabrainz import dumps
from musicai.ui import state, wording
from musicai.ui.components import job_panel

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


def ask_for_dump(text: str) -> Path:
    """The dump at a path as a person types or pastes it.

    Raises:
        UnreadableFile: it is no whole path, or no dump is there.
    """
    path = Path(text.strip().strip("\"'")).expanduser()
    if not path.is_absolute():
        raise UnreadableFile(
            f"{wording.clean_text(text)} is not a whole path. Give it from the root of the disk "
            "on, "
            "such as /home/me/Downloads/dump.tar.zst."
        )
    return dumps.check_dump_path(path)


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
    found = _describe_dump(text)
    if found:
        st.caption(f":material/hard_drive: {found}. The names that it holds are looked up here.")
    return bool(found)


def canonical_option() -> list[str]:
    """What a command is told of the canonical dump; for callbacks.

    Raises:
        UnreadableFile: there is no such dump any more.
    """
    text = str(st.session_state.get(CANONICAL) or "")
    return ["--canonical", str(ask_for_dump(text))] if text.strip() else []


def draw_measured(ai: MusicAI, profile: str) -> None:
    """AcousticBrainz's dumps: what they know of the own tracks, and the way to read them."""
    with st.expander("Tempo and key from AcousticBrainz", icon=":material/graphic_eq:"):
        st.caption(
            "AcousticBrainz measured millions of recordings until 2022. Its "
            f"[dumps]({_OFFERED}/acousticbrainz/dumps/) are read on this machine; nothing is sent. "
            f"What they tell is shown beside the features of your tracks and not mixed with them. "
            f"{CAUTION}"
        )
        known = state.get_descriptor_coverage(ai)
        if known.recognised:
            st.markdown(
                f"The recordings of **{known.recognised:,}** of your {known.own:,} tracks are "
                f"known; AcousticBrainz measured **{known.n_measured:,}**."
            )
        text = st.text_area(
            "Dump files, one path a line",
            key=MEASURED,
            help=MEASURED_HELP,
            height=100,
            persist_state="session",
        )
        good = [bool(_describe_dump(line)) for line in text.splitlines() if line.strip()]
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
            disabled=not (good and all(good) and enough) or job_panel.find_running() is not None,
            on_click=_start,
            args=(profile,),
        )


def _describe_dump(text: str) -> str:
    """The dump's name and size; "" with a message on the screen where there is none."""
    try:
        path = ask_for_dump(text)
        size = path.stat().st_size
    except (InputError, OSError) as error:
        st.error(wording.escape_markdown(str(error), 600), icon=":material/error:")
        return ""
    shown = f"{size / 1e9:.1f} GB" if size >= 1e9 else wording.format_size(size)
    return f"{wording.escape_markdown(path.name)}, {shown}"


def _start(profile: str) -> None:
    def begin() -> None:
        lines = str(st.session_state[MEASURED]).splitlines()
        paths = [str(ask_for_dump(line)) for line in lines if line.strip()]
        command = ["open-data", "acousticbrainz", *paths, "--profile", profile]
        job_panel.start_job("measure", [*command, *canonical_option()])

    state.attempt(begin)


_COLUMNS = {
    "n": st.column_config.NumberColumn(help="Submissions: files of it that were measured."),
    "Tempo ±": st.column_config.NumberColumn(
        format="%.1f",
        help="How far the submissions lie from their median. Large where some tell half or twice.",
    ),
    "Danceability, 0 to about 3": st.column_config.NumberColumn(format="%.2f"),
}

SHOWN = 50
"""Tracks in the list, those that are played most."""


def draw(ai: MusicAI) -> None:
    """How many tracks are measured, and the most played ones with their values; else nothing."""
    known = state.get_descriptor_coverage(ai)
    if not known.n_measured:
        return
    st.markdown(f"**{wording.format_count(known.n_measured, 'track')} measured by AcousticBrainz**")
    st.caption(
        f"Values of other people's files of the same recording, until 2022. {CAUTION} They are "
        "no part of the features above, and no list is made with them."
    )
    with st.expander("Measured by AcousticBrainz, track by track", icon=":material/graphic_eq:"):
        rows = _rows(ai)
        st.dataframe(
            pd.DataFrame(rows),
            hide_index=True,
            key="measured_tracks",
            column_config=_COLUMNS,
            alt="What AcousticBrainz measured of your most played tracks",
        )
        if known.n_measured > len(rows):
            st.caption(f"Your {len(rows)} most played of them.")
        st.table(
            {
                "Measured by AcousticBrainz": [FEATURES[name].label for name in known.features],
                "Tracks": [f"{number:,}" for number in known.features.values()],
            },
            hide_index=True,
            border="horizontal",
            alt="How many of your tracks have each measured value",
        )


def _rows(ai: MusicAI) -> list[dict[str, object]]:
    library = ai.library
    measured = state.get_descriptor_coverage(ai).tracks
    tracks, plays = library.tracks, library.plays
    heard = np.bincount(plays.loc[plays["listener"] == 0, "track"], minlength=len(tracks))
    mine = tracks["own"] & tracks["track_id"].isin(measured)
    rows = sorted(np.flatnonzero(mine).tolist(), key=lambda row: (-heard[row], row))[:SHOWN]
    ids = tracks["track_id"].iloc[rows].tolist()
    told: dict[str, list[AudioDescriptor]] = {}
    for track, one in state.get_store().measures(library.profile, ids):
        told.setdefault(track, []).append(one)
    names = zip(ids, tracks["name"].iloc[rows], tracks["artists"].iloc[rows], strict=True)
    return build_measured_table([(name, artists, told[track]) for track, name, artists in names])


def build_measured_table(
    tracks: Sequence[tuple[str, str, Sequence[AudioDescriptor]]],
) -> list[dict[str, object]]:
    """One line a track; a column stands only where some track has it.

    Args:
        tracks: Title, artists and measures of each.
    """
    lines: list[dict[str, object]] = []
    for name, artists, measures in tracks:
        by_feature = {feature: one for (_, feature), one in combine_measures(measures).items()}
        line: dict[str, object] = {
            "Track": wording.clean_text(name),
            "Artist": wording.clean_text(artists),
            "n": max(one.n for one in by_feature.values()),
        }
        lines.append(line | _cells(by_feature))
    columns = [
        column
        for column in dict.fromkeys(column for line in lines for column in line)
        if any(line[column] is not None for line in lines)
    ]
    return [{column: line[column] for column in columns} for line in lines]


def _cells(measures: Mapping[str, AudioDescriptor]) -> dict[str, object]:
    def number(feature: str, digits: int) -> float | None:
        one = measures.get(feature)
        return round(one.value, digits) if one else None

    tempo, key, scale = (measures.get(name) for name in ("bpm", "key_key", "key_scale"))
    cells: dict[str, object] = {
        "Tempo, beats a minute": number("bpm", 0),
        "Tempo ±": round(tempo.spread, 1) if tempo else None,
        "Key": f"{key.word} {scale.word}" if key and scale else None,
        "Danceability, 0 to about 3": number("danceability", 2),
    }
    for name, feature in FEATURES.items():
        if feature.part == PROBABILITY:
            cells[feature.label] = number(name, 2)
    return cells
