"""What AcousticBrainz measured of one's tracks: beside their features, and labelled as such."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from musicai.data.audio_descriptors import CAUTION, FEATURES, PROBABILITY, Measure, combined
from musicai.ui import state, words

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI

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
    known = state.measured(ai)
    if not known.measured:
        return
    st.markdown(f"**{words.count(known.measured, 'track')} measured by AcousticBrainz**")
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
        if known.measured > len(rows):
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
    measured = state.measured(ai).tracks
    tracks, plays = library.tracks, library.plays
    heard = np.bincount(plays.loc[plays["listener"] == 0, "track"], minlength=len(tracks))
    mine = tracks["own"] & tracks["track_id"].isin(measured)
    rows = sorted(np.flatnonzero(mine).tolist(), key=lambda row: (-heard[row], row))[:SHOWN]
    ids = tracks["track_id"].iloc[rows].tolist()
    told: dict[str, list[Measure]] = {}
    for track, one in state.store().measures(library.profile, ids):
        told.setdefault(track, []).append(one)
    names = zip(ids, tracks["name"].iloc[rows], tracks["artists"].iloc[rows], strict=True)
    return measured_table([(name, artists, told[track]) for track, name, artists in names])


def measured_table(
    tracks: Sequence[tuple[str, str, Sequence[Measure]]],
) -> list[dict[str, object]]:
    """One line a track; a column stands only where some track has it.

    Args:
        tracks: Title, artists and measures of each.
    """
    lines: list[dict[str, object]] = []
    for name, artists, measures in tracks:
        by_feature = {feature: one for (_, feature), one in combined(measures).items()}
        line: dict[str, object] = {
            "Track": words.literal(name),
            "Artist": words.literal(artists),
            "n": max(one.n for one in by_feature.values()),
        }
        lines.append(line | _cells(by_feature))
    columns = [
        column
        for column in dict.fromkeys(column for line in lines for column in line)
        if any(line[column] is not None for line in lines)
    ]
    return [{column: line[column] for column in columns} for line in lines]


def _cells(measures: Mapping[str, Measure]) -> dict[str, object]:
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
